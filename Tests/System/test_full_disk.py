"""A disk that fills and has room again: nothing is lost but what is counted."""

import subprocess
import time
import unittest

import processes
import rows
from daemon import Daemon, stream
from sources import HTTPSource
from system_test import SystemTest

LIMIT_SECONDS = {"system": 150, "long": 150}

_SIZE = "2m"
_BALLAST_BYTES = 700_000


def mount(*arguments) -> None:
    subprocess.run(["mount", *map(str, arguments)], check=True, timeout=30)


class FullDisk(SystemTest):
    def setUp(self):
        super().setUp()
        self.disk = self.folder / "rows"
        self.disk.mkdir()
        mount("-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", self.disk)
        self.addCleanup(subprocess.run, ["umount", "-l", str(self.disk)], timeout=30)
        self.source = self.until_the_end(HTTPSource(self.folder))
        self.source.start()

    def outputs(self) -> list[dict]:
        return [self.daemon.status(name)["outputs"][0] for name in ("plain", "turning")]

    def lost(self) -> list[int]:
        return [sum(output["lost"].values()) for output in self.outputs()]

    def wait_until_full(self) -> None:
        """Both say so, and rows get lost."""
        before = self.lost()
        processes.wait_until(
            lambda: all(output["problem"] for output in self.outputs())
            and all(now > then for now, then in zip(self.lost(), before)),
            60, f"a full disk; {self.outputs_text()}")
        for output in self.outputs():
            self.assertIn("space", output["problem"].lower())

    def wait_until_well(self) -> None:
        written = [output["written"] for output in self.outputs()]
        processes.wait_until(
            lambda: all(
                output["problem"] is None and output["written"] > before
                for output, before in zip(self.outputs(), written)),
            10, f"rows where there is room again; {self.outputs_text()}")

    def outputs_text(self) -> str:
        return str(self.outputs())

    def handled(self, name: str) -> int:
        """Frames that made a row."""
        status = self.daemon.status(name)
        return sum(
            status[key] for key in ("framesTracked", "framesWithoutFace", "framesDoubtful"))

    def test_rows_and_losses_are_all(self):
        """One stream with one file, one that begins a file every 200 kB."""
        path = "rows/{stream}-%Y%m%dT%H%M%SZ.csv"
        self.daemon = self.until_the_end(Daemon(
            self.folder,
            stream("plain", self.source.address, {"type": "csv", "path": path}),
            stream("turning", self.source.address,
                   {"type": "csv", "path": path, "rotate-size": "200kB"})))
        ballast = self.disk / "ballast"
        ballast.write_bytes(b"x" * _BALLAST_BYTES)
        self.daemon.start()

        self.wait_until_full()
        tracked = self.handled("plain")
        time.sleep(1)
        self.assertGreater(self.handled("plain"), tracked, "tracking goes on")
        for name in ("plain", "turning"):
            rows.read_all(self.folder, name, live=True)
        # Some room, which fills again; then much.
        ballast.unlink()
        self.wait_until_well()
        self.wait_until_full()
        mount("-o", "remount,size=64m", self.disk)
        self.wait_until_well()

        # No more frames: then the counts stand still.
        self.source.stall()
        self.wait_for_rest()
        counts = {name: self.counts(name) for name in ("plain", "turning")}
        self.daemon.stop()
        for name, (handled, written, lost) in counts.items():
            found = rows.read_all(self.folder, name)
            numbers = [int(row["frame"]) for row in found]
            self.assertEqual(numbers, sorted(set(numbers)), name)
            self.figure(
                f"{name}: {handled} rows made, {len(found)} in {len(rows.files(self.folder, name))}"
                f" files, {lost} counted as lost")
            self.assertEqual((len(found), len(found) + lost), (written, handled), name)
            self.assertGreater(lost, 0)

    def counts(self, name: str) -> tuple[int, int, int]:
        output = self.daemon.status(name)["outputs"][0]
        return self.handled(name), output["written"], sum(output["lost"].values())

    def wait_for_rest(self) -> None:
        """Until nothing changes for longer than rows wait to be written."""
        last, since = None, time.monotonic()
        deadline = since + 20
        while time.monotonic() - since < 2.5:
            now = [self.counts(name) for name in ("plain", "turning")]
            if now != last:
                last, since = now, time.monotonic()
            self.assertLess(time.monotonic(), deadline, "counts that stand still")
            time.sleep(0.2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
