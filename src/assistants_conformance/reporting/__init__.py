"""From what was seen to verdicts, results and words for a reader."""
