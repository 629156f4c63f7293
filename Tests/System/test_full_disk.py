"""A disk that fills and has room again: nothing is lost but what is counted."""

import re
import socket
import subprocess
import time
import unittest

import processes
import rows
from daemon import Daemon, stream
from sources import HTTPSource
from system_test import SystemTest

LIMIT_SECONDS = {"system": 400, "long": 400}

_SIZE = "1m"
_BALLAST_BYTES = 400_000
# Rows wait in memory, 4 MiB of them: twice the usual rate fills it sooner.
_RATE = 60
_STREAMS = ("plain", "turning")


def mount(*arguments) -> None:
    subprocess.run(["mount", *map(str, arguments)], check=True, timeout=30)


class FullDisk(SystemTest):
    def setUp(self):
        super().setUp()
        self.disks = []
        for name in _STREAMS:
            disk = self.folder / name / "rows"
            disk.mkdir(parents=True)
            mount("-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", disk)
            self.addCleanup(subprocess.run, ["umount", "-l", str(disk)], timeout=30)
            self.disks.append(disk)
        self.source = self.until_the_end(HTTPSource(self.folder, rate=_RATE))
        self.source.start()

    def outputs(self) -> list[dict]:
        return [self.daemon.status(name)["outputs"][0] for name in _STREAMS]

    def lost(self) -> list[int]:
        return [sum(output["lost"].values()) for output in self.outputs()]

    def wait_until_full(self) -> None:
        """Both say so, and rows get lost."""
        before = self.lost()
        processes.wait_until(
            lambda: all(output.get("problem") for output in self.outputs())
            and all(now > then for now, then in zip(self.lost(), before)),
            120, "a full disk, and losses")
        for output in self.outputs():
            self.assertIn("space", output["problem"].lower())

    def make_room(self, action, well: bool) -> None:
        """Waits until both have written more, and with `well` have nothing to complain about."""
        written = [output["written"] for output in self.outputs()]
        action()
        processes.wait_until(
            lambda: all(
                output["written"] > before and not (well and output.get("problem"))
                for output, before in zip(self.outputs(), written)),
            30, f"rows where there is room again, after {written}")

    def handled(self, name: str) -> int:
        """Frames that made a row."""
        status = self.daemon.status(name)
        return sum(
            status[key] for key in ("framesTracked", "framesWithoutFace", "framesDoubtful"))

    def read(self, name: str, live: bool = False) -> list[dict[str, str]]:
        return rows.read_all(self.folder / name, name, live)

    def test_rows_and_losses_are_all(self):
        """One stream with one file, one that begins a file every 200 kB; a disk each."""
        csv = {"type": "csv", "path": "{stream}/rows/{stream}-%Y%m%dT%H%M%SZ.csv"}
        turning = csv | {"rotate-size": "200kB"}
        self.daemon = self.until_the_end(Daemon(
            self.folder,
            stream("plain", self.source.address, csv),
            stream("turning", self.source.address, turning)))
        ballast = [disk / "ballast" for disk in self.disks]
        for file in ballast:
            file.write_bytes(b"x" * _BALLAST_BYTES)
        self.daemon.start()

        self.wait_until_full()
        tracked = self.handled("plain")
        time.sleep(1)
        self.assertGreater(self.handled("plain"), tracked, "tracking goes on")
        for name in _STREAMS:
            self.read(name, live=True)
        # Some room, which the rows that waited fill at once; then much.
        self.make_room(lambda: [file.unlink() for file in ballast], well=False)
        self.wait_until_full()
        self.make_room(
            lambda: [mount("-o", "remount,size=64m", disk) for disk in self.disks], well=True)

        # No more frames: then the counts stand still.
        self.source.stall()
        self.wait_for_rest()
        counts = {name: self.counts(name) for name in _STREAMS}
        self.daemon.stop()
        for name, (handled, written, lost) in counts.items():
            found = self.read(name)
            numbers = [int(row["frame"]) for row in found]
            self.assertEqual(numbers, sorted(set(numbers)), name)
            files = len(rows.files(self.folder / name, name))
            self.figure(
                f"{name}: {handled} rows made, {len(found)} in {files} files, "
                f"{lost} counted as lost")
            self.assertEqual((len(found), len(found) + lost), (written, handled), name)
            self.assertGreater(lost, 0)

    def test_stopped_while_full(self):
        """What waits in memory is lost: counted, said, and in the status."""
        csv = {"type": "csv", "path": "{stream}/rows/{stream}.csv", "rotate-every": "off"}
        self.daemon = self.until_the_end(
            Daemon(self.folder, stream("plain", self.source.address, csv)))
        (self.disks[0] / "ballast").write_bytes(b"x" * 2 * _BALLAST_BYTES)
        self.daemon.start()
        output = lambda: self.daemon.status("plain")["outputs"][0]
        processes.wait_until(lambda: output().get("problem"), 60, "a full disk")
        self.assertRegex(self.daemon.get("/metrics"), r"\nlandmarkd_output_failing{.*} 1\n")
        time.sleep(1)
        seconds = self.daemon.stop(expected=1)
        lost, made, at_end = self.closing_line("{stream}.csv: closed, ", "disk full")
        found = rows.read(self.folder / "plain/rows/plain.csv")
        self.figure(f"stopped while full: {made} rows made, {lost} lost, in {seconds:.1f} s")
        self.assertEqual(len(found) + lost, made)
        numbers = [int(row["frame"]) for row in found]
        self.assertEqual(numbers, sorted(set(numbers)))
        self.assertGreater(at_end, 0)
        self.assertLess(seconds, 8, "2 s on a quiet machine")

    def test_a_reader_that_takes_nothing(self):
        """It is said while it lasts; at the end the rest is counted, and nobody waits long."""
        path = self.folder / "rows.sock"
        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.addCleanup(receiver.close)
        receiver.bind(str(path))
        receiver.listen()
        self.daemon = self.until_the_end(Daemon(
            self.folder,
            stream("plain", self.source.address, {"type": "ndjson", "socket": str(path)})))
        self.daemon.start()
        output = lambda: self.daemon.status("plain")["outputs"][0]
        processes.wait_until(
            lambda: sum(output()["lost"].values()) > 0, 120, "rows that are lost")
        self.assertIn("slowly", output()["problem"])
        self.assertRegex(self.daemon.get("/metrics"), r"\nlandmarkd_output_failing{.*} 1\n")
        processes.wait_until(
            lambda: "rows are lost: receiver slow" in self.daemon.log.read_text(), 10,
            "a line in the journal")
        seconds = self.daemon.stop(expected=1)
        lost, made, at_end = self.closing_line("rows.sock: closed, ", "receiver slow")
        connection, _ = receiver.accept()
        connection.settimeout(1)
        taken = 0
        with connection:
            while data := connection.recv(1 << 20):
                taken += data.count(b"\n")
        self.figure(f"stalled reader: {made} rows made, {taken} taken, in {seconds:.1f} s")
        self.assertEqual(taken + lost, made)
        self.assertGreater(at_end, 0)
        self.assertLess(seconds, 8, "2 s on a quiet machine")

    def closing_line(self, beginning: str, cause: str) -> tuple[int, int, int]:
        """Lost, made and lost at the end, as the journal has it."""
        text = self.daemon.log.read_text()
        found = re.search(
            re.escape(beginning)
            + rf"(\d+) of (\d+) rows were lost: {cause} (\d+); (\d+) of them", text)
        self.assertIsNotNone(found, text[-2000:])
        self.assertEqual(found[1], found[3])
        self.assertIn("rows that waited to be written were lost: plain", text)
        return int(found[1]), int(found[2]), int(found[4])

    def counts(self, name: str) -> tuple[int, int, int]:
        output = self.daemon.status(name)["outputs"][0]
        return self.handled(name), output["written"], sum(output["lost"].values())

    def wait_for_rest(self) -> None:
        """Until nothing changes for longer than rows wait to be written."""
        last, since = None, time.monotonic()
        deadline = since + 20
        while time.monotonic() - since < 2.5:
            now = [self.counts(name) for name in _STREAMS]
            if now != last:
                last, since = now, time.monotonic()
            self.assertLess(time.monotonic(), deadline, "counts that stand still")
            time.sleep(0.2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
