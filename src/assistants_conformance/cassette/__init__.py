"""Cassettes: traffic of one scenario each, kept in the form of vcrpy, and given again without key and network."""
