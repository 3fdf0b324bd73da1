"""What the processes of a run tell each other about single scenarios: who carries one out, and what came of it."""

from __future__ import annotations

import hashlib
import json
import os
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

#: Seconds between two looks at what another process has come to.
_LOOK = 0.05


class Word:
    """The folder where they leave word; None: there is one process, and nobody to be told."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def claim(self, name: str) -> bool:
        """Take a scenario upon this process; say whether nobody has taken it before."""
        file = self._file(name)
        if file is None:
            return True
        unfinished = file.with_name(f"{file.stem}.{os.getpid()}")
        try:
            unfinished.write_text(json.dumps({"pid": os.getpid()}), "utf-8")
            os.link(unfinished, file)
        except FileExistsError:
            return False
        except FileNotFoundError:
            # The run is over and its folder gone.
            return False
        finally:
            unfinished.unlink(missing_ok=True)
        return True

    def release(self, name: str) -> None:
        """Leave a scenario that was claimed to whoever has its turn."""
        if (file := self._file(name)) is not None:
            file.unlink(missing_ok=True)

    def begin(self, name: str) -> None:
        """Say that this process carries a scenario out."""
        self._say(name, {"pid": os.getpid()})

    def end(self, name: str, kind: str, told: str) -> None:
        """Say what came of a scenario."""
        self._say(name, {"pid": os.getpid(), "kind": kind, "told": told})

    def outcome(self, name: str) -> tuple[str, str] | None:
        """Wait for what another process has come to: kind and words. None: nobody carries the scenario out."""
        said = self._said(name)
        while said is not None and "kind" not in said:
            if not _alive(said.get("pid")):
                # It may have ended between the two looks.
                said = self._said(name)
                break
            time.sleep(_LOOK)
            said = self._said(name)
        return (str(said["kind"]), str(said["told"])) if said is not None and "kind" in said else None

    def _file(self, name: str) -> Path | None:
        if self._folder is None:
            return None
        return self._folder / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.json"

    def _say(self, name: str, told: dict[str, Any]) -> None:
        file = self._file(name)
        if file is not None and file.parent.is_dir():
            unfinished = file.with_suffix(".part")
            unfinished.write_text(json.dumps(told), "utf-8")
            unfinished.replace(file)

    def _said(self, name: str) -> dict[str, Any] | None:
        file = self._file(name)
        if file is None:
            return None
        try:
            told: dict[str, Any] = json.loads(file.read_text("utf-8"))
        except FileNotFoundError:
            return None
        return told


def _alive(pid: object) -> bool:
    if not isinstance(pid, int):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


__all__ = ["Word"]
