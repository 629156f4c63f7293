"""A study of short videos in a tree of folders, and batches of it."""

import hashlib
import json
import os
import pathlib
import subprocess

import processes
from daemon import BINARY, REPOSITORY

_DIFFERENT = 20


class Study:
    """So many short videos, of a few different contents, in folders of 50."""

    def __init__(self, folder: pathlib.Path, count: int, seconds: float = 0.2):
        self.folder = folder / "study"
        made = folder / "made"
        made.mkdir()
        for number in range(_DIFFERENT):
            clip = ("portrait", "talking")[number % 2]
            subprocess.run(
                ["ffmpeg", "-v", "error", "-nostdin", "-ss", f"{number * 0.25:.2f}",
                 "-i", REPOSITORY / f"Samples/{clip}.mp4", "-t", f"{seconds}", "-an", "-c:v", "libx264",
                 "-preset", "veryfast", made / f"{number}.mp4"],
                check=True, timeout=60)
        self.names = [
            f"p{number // 50:03}/day {number % 5}/v{number:05}.mp4" for number in range(count)]
        for number, name in enumerate(self.names):
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes((made / f"{number % _DIFFERENT}.mp4").read_bytes())

    def start(self, out: pathlib.Path, *more, log: pathlib.Path | None = None) -> subprocess.Popen:
        log = log or out.parent / f"{out.name}.log"
        return processes.start(
            [BINARY, "track", self.folder, "--out-dir", out, "-q", *more], log)

    def run(self, out: pathlib.Path, *more, log: pathlib.Path | None = None) -> int:
        return self.start(out, *more, log=log).wait(timeout=1800)


def tables(out: pathlib.Path) -> dict[str, str]:
    """SHA-256 of every table, by its name below `out`."""
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*.csv"))}


def reports(out: pathlib.Path) -> dict[str, dict]:
    """Reports without what differs from run to run."""
    found = {}
    for path in sorted(out.rglob("*.csv.json")):
        report = json.loads(path.read_text())
        del report["times"]["started"], report["times"]["finished"], report["times"]["wallSeconds"]
        found[str(path.relative_to(out))] = report
    return found


def stamps(out: pathlib.Path) -> dict[str, tuple[int, int]]:
    """Which file each published table is: one that is made again is another."""
    return {
        str(path.relative_to(out)): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in out.rglob("*.csv")}


def files(out: pathlib.Path) -> list[str]:
    return sorted(
        os.path.relpath(os.path.join(place, name), out)
        for place, _, names in os.walk(out) for name in names)
