"""The command: where it is, how it is run, how it ends."""

from __future__ import annotations

import collections
import os
import pathlib
import shutil
import subprocess
import sys
import threading
from typing import Deque, NoReturn

_OWN = pathlib.Path(__file__).parent / "program" / "bin" / "landmarkd"
_ENDS_WITHIN_SECONDS = 10
_LINES_KEPT = 100


class Error(Exception):
    """The command could not do what was asked.

    `status` is its exit status: 1 an input cannot be used, 2 an input ended early (with
    `strict=True`), 64 wrong options; negative where a signal ended it. `message` is what it said.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message

    def __str__(self) -> str:
        return self.message


class Incomplete(UserWarning):
    """The input ended before what it promised. The rows up to there are given."""


def program() -> str:
    """The command's path: LANDMARKD of the environment, else this package's own, else that on the PATH.

    Raises FileNotFoundError if there is none.
    """
    named = os.environ.get("LANDMARKD")
    if named:
        return named
    if _OWN.exists():
        return str(_OWN)
    # Not the script that pip has made for this very module.
    own_script = pathlib.Path(sys.prefix, "bin", "landmarkd")
    for folder in os.get_exec_path():
        found = shutil.which("landmarkd", path=folder)
        if found and not (own_script.exists() and os.path.samefile(found, own_script)):
            return found
    raise FileNotFoundError("this package was built without the landmarkd program, none is on the PATH")


def main() -> NoReturn:
    """Becomes the command."""
    path = program()
    os.execv(path, ["landmarkd", *sys.argv[1:]])


class Run:
    """A run of the command, whose standard output is read."""

    def __init__(self, arguments: list[str | bytes]) -> None:
        self._process = subprocess.Popen(
            [program(), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        assert self._process.stdout is not None and self._process.stderr is not None
        self.output = self._process.stdout
        # A live source may complain for months: the last lines are kept.
        self._said: Deque[str] = collections.deque(maxlen=_LINES_KEPT)
        self._reader = threading.Thread(target=self._read_messages, daemon=True)
        self._reader.start()

    def _read_messages(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._said.append(line.decode(errors="replace"))

    def finish(self) -> tuple[int, str]:
        """Waits for the end: the exit status and what was said."""
        status = self._process.wait()
        self._reader.join()
        return status, "".join(self._said).strip()

    def end(self) -> None:
        """Ends the command, if it still runs, and lets go of its pipes."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_ENDS_WITHIN_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._reader.join()
        self.output.close()
        assert self._process.stderr is not None
        self._process.stderr.close()
