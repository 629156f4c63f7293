"""landmarkd.service under a real systemd: start, reload, watchdog, restart, stop, its rights."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import processes
import rows
from booted_system import BootedSystem
from daemon import BINARY, REPOSITORY, configuration, stream
from sources import HTTPSource
from system_test import SystemTest

LIMIT_SECONDS = {"system": 600, "long": 600}

_STATE = "/var/lib/landmarkd"
_CONFIGURATION = "/etc/landmarkd/landmarkd.yaml"
_VIDEO_GROUP = 44


def install(root: pathlib.Path) -> None:
    """The program and its units under `root`, without building anything."""
    subprocess.run(
        [
            "make", "--no-print-directory", "-C", REPOSITORY, "--old-file=build", "install",
            f"PROGRAM={BINARY}", f"DESTDIR={root}",
        ],
        check=True, capture_output=True, timeout=60)


class Service(SystemTest):
    """A system of its own for each test."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="landmarkd-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.installed = pathlib.Path(folder.name)
        install(cls.installed)

    def setUp(self):
        super().setUp()
        self.source = self.until_the_end(HTTPSource(self.folder, rate=15))
        self.source.start()
        self.port = processes.free_port()
        self.system = BootedSystem(self.folder / "system")
        shutil.copytree(self.installed, self.system.files, dirs_exist_ok=True)

    def boot(self, *streams: dict, text: str = "", drop_in: str = "") -> BootedSystem:
        """Boots with a configuration of `streams`, or `text`."""
        self.write(self.system.files, text or self.text(*streams))
        if drop_in:
            folder = self.system.files / "etc/systemd/system/landmarkd.service.d"
            folder.mkdir(parents=True)
            (folder / "test.conf").write_text(drop_in)
        self.system.__enter__()
        self.addCleanup(self.system.__exit__, None, None, None)
        return self.system

    def text(self, *streams: dict) -> str:
        return configuration(*streams, port=self.port)

    def write(self, root: pathlib.Path, text: str) -> None:
        """The configuration may hold passwords: only root and the cameras' group can read it."""
        file = root / _CONFIGURATION.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o640)
        os.chown(file, 0, _VIDEO_GROUP)

    def face(self, name: str = "face", **keys) -> dict:
        return stream(name, self.source.address, **keys)

    def systemctl(self, *arguments: str) -> None:
        result = self.system.run("systemctl", *arguments)
        self.assertEqual(result.returncode, 0, result.stderr + self.journal())

    def journal(self) -> str:
        return self.system.run("journalctl", "--no-pager", "--unit=landmarkd").stdout

    def main_pid(self) -> int:
        """The service's process as this side sees it; 0 while there is none."""
        inside = self.system.show("landmarkd", "MainPID")["MainPID"]
        if inside == "0":
            return 0
        for status in pathlib.Path("/proc").glob("[0-9]*/status"):
            try:
                text = status.read_text()
            except OSError:
                continue
            numbers = re.search(r"^NSpid:\s+(\d+)\s+(\d+)$", text, re.MULTILINE)
            if numbers and numbers[2] == inside and self.is_inside(int(numbers[1])):
                return int(numbers[1])
        return 0

    def is_inside(self, pid: int) -> bool:
        namespace = f"/proc/{self.system.pid}/ns/pid"
        return os.path.samefile(f"/proc/{pid}/ns/pid", namespace)

    def limits(self) -> str:
        return pathlib.Path(f"/proc/{self.main_pid()}/limits").read_text()

    def state(self) -> pathlib.Path:
        # The folder's name is a link, which would be followed from the root of this side.
        return self.system.path("/var/lib/private/landmarkd")

    def rows(self, name: str = "face") -> int:
        return len(rows.read_all(self.state(), name, live=True))

    def wait_for_rows(self, name: str = "face", more: int = 10) -> None:
        before = self.rows(name)
        processes.wait_until(
            lambda: self.rows(name) >= before + more, 60, f"{more} more rows of {name}")


class Start(Service):
    def test_ready_status_and_rights(self):
        system = self.boot(self.face())
        self.systemctl("start", "landmarkd")
        shown = system.show("landmarkd", "ActiveState", "SubState", "NRestarts")
        self.assertEqual(shown, {"ActiveState": "active", "SubState": "running", "NRestarts": "0"})
        self.wait_for_rows()
        text = processes.wait_until(
            lambda: re.search(
                r"face live [1-9][0-9.]* frames/s, .+",
                system.show("landmarkd", "StatusText")["StatusText"]),
            15, "a status text with a rate")
        print(f"  STATUS={text[0]}")
        # What the unit forbids is nothing that the program does.
        journal = self.journal()
        if not re.search(r"Max nice priority +24 ", self.limits()):
            # Where root may not raise limits (in a container), LimitNICE= comes to nothing.
            journal = re.sub(".*Failed to set thread priority.*", "", journal)
        self.assertNotRegex(journal, "(?i)failed|denied|not permitted")

        status = pathlib.Path(f"/proc/{self.main_pid()}/status").read_text()
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        user = fields["Uid"].split()[0]
        self.assertNotEqual(user, "0")
        self.assertIn(str(_VIDEO_GROUP), fields["Groups"].split())
        self.assertEqual((fields["NoNewPrivs"], fields["Seccomp"]), ("1", "2"))
        self.assertEqual(int(fields["CapEff"], 16) | int(fields["CapBnd"], 16), 0)

        # Its folder is its own and nobody else's.
        self.assertEqual(system.run("readlink", "-f", _STATE).stdout.strip(),
                         "/var/lib/private/landmarkd")
        file = rows.files(self.state(), "face")[0]
        for place, mode in ((self.state(), 0o750), (file, 0o640)):
            found = place.stat()
            self.assertEqual((str(found.st_uid), found.st_mode & 0o777), (user, mode), place)

    def test_ready_while_the_source_is_away(self):
        """A camera that is not there is no failure of the service."""
        self.source.kill()
        system = self.boot(self.face())
        self.systemctl("start", "landmarkd")
        self.assertEqual(system.show("landmarkd", "ActiveState")["ActiveState"], "active")
        self.source.start()
        self.wait_for_rows()

    def test_wrong_configuration_is_not_tried_again(self):
        system = self.boot(text=self.text(self.face()).replace('"source"', '"sauce"'))
        self.assertNotEqual(system.run("systemctl", "start", "landmarkd").returncode, 0)
        # Longer than RestartSec.
        time.sleep(3)
        shown = system.show("landmarkd", "ActiveState", "ExecMainStatus", "NRestarts")
        self.assertEqual(
            shown, {"ActiveState": "failed", "ExecMainStatus": "78", "NRestarts": "0"})
        self.assertRegex(self.journal(), r"landmarkd\.yaml:\d+.*sauce")

    def test_instance_of_one_camera(self):
        system = self.boot(self.face())
        configured = system.files / "etc/landmarkd"
        system.path("/etc/landmarkd/door.yaml").write_text(
            (configured / "landmarkd.yaml").read_text())
        self.systemctl("start", "landmarkd@door")
        folder = system.path("/var/lib/private/landmarkd/door")
        processes.wait_until(
            lambda: rows.read_all(folder, "face", live=True), 20, "rows of landmarkd@door")


class Reload(Service):
    def test_new_stream_leaves_the_old_one_alone(self):
        system = self.boot(self.face())
        self.systemctl("start", "landmarkd")
        self.wait_for_rows()
        pid = self.main_pid()
        self.write(system.path("/"), self.text(self.face(), self.face("second")))
        self.systemctl("reload", "landmarkd")
        self.wait_for_rows("second")
        self.wait_for_rows("face")
        self.assertEqual(self.main_pid(), pid)
        # One file, one capture: the frames' numbers go on.
        self.assertEqual(len(rows.files(self.state(), "face")), 1)
        numbers = [int(row["frame"]) for row in rows.read_all(self.state(), "face", live=True)]
        self.assertEqual(numbers, sorted(set(numbers)))
        again = rows.read_all(self.state(), "second", live=True)
        self.assertLess(int(again[0]["frame"]), numbers[-1])

    def test_wrong_configuration_keeps_the_old_one(self):
        system = self.boot(self.face())
        self.systemctl("start", "landmarkd")
        self.wait_for_rows()
        pid = self.main_pid()
        self.write(system.path("/"), self.text(self.face()).replace('"outputs"', '"inputs"'))
        system.run("systemctl", "reload", "landmarkd")
        processes.wait_until(
            lambda: re.search(r"landmarkd\.yaml:\d+.*inputs", self.journal()), 10,
            "the journal names the mistake")
        self.wait_for_rows()
        self.assertEqual(self.main_pid(), pid)
        self.assertEqual(system.show("landmarkd", "ActiveState")["ActiveState"], "active")


class Endings(Service):
    def test_watchdog(self):
        """A process that hangs is killed and started again; its files are whole."""
        self.boot(self.face(), drop_in="[Service]\nWatchdogSec=2\n")
        self.systemctl("start", "landmarkd")
        # While it runs the watchdog is content.
        time.sleep(5)
        self.assertEqual(self.restarts(), 0, self.journal())
        self.wait_for_rows()
        pid = self.main_pid()
        os.kill(pid, signal.SIGSTOP)
        # The unit gives a process 20 s to end by the watchdog's signal before it is killed.
        processes.wait_until(lambda: self.restarts() >= 1, 45, "a restart by the watchdog")
        self.assertIn("watchdog", self.journal().lower())
        processes.wait_until(lambda: self.main_pid() not in (0, pid), 10, "a new process")
        self.wait_for_rows()
        self.systemctl("stop", "landmarkd")
        self.assertTrue(rows.read_all(self.state(), "face"))
        self.assertEqual([file.name for file in self.state().iterdir()], ["rows"])

    def test_watchdog_is_content_while_the_source_is_away(self):
        self.boot(self.face(), drop_in="[Service]\nWatchdogSec=2\n")
        self.systemctl("start", "landmarkd")
        self.wait_for_rows()
        self.source.kill()
        time.sleep(8)
        self.assertEqual(self.restarts(), 0, self.journal())

    def test_killed_and_started_again(self):
        self.boot(self.face())
        self.systemctl("start", "landmarkd")
        self.wait_for_rows()
        pid = self.main_pid()
        os.kill(pid, signal.SIGKILL)
        processes.wait_until(lambda: self.main_pid() not in (0, pid), 15, "a new process")
        self.wait_for_rows()
        self.systemctl("stop", "landmarkd")
        self.assertTrue(rows.read_all(self.state(), "face"))

    def test_stop(self):
        """Soon, as a success, with whole files and every row up to the end."""
        system = self.boot(self.face())
        self.systemctl("start", "landmarkd")
        self.wait_for_rows()
        begin = time.monotonic()
        self.systemctl("stop", "landmarkd")
        took = time.monotonic() - begin
        self.figure(f"systemctl stop took {took:.2f} s")
        self.assertLess(took, 6)
        shown = system.show("landmarkd", "ActiveState", "Result", "ExecMainStatus")
        self.assertEqual(
            shown, {"ActiveState": "inactive", "Result": "success", "ExecMainStatus": "0"})
        numbers = [int(row["frame"]) for row in rows.read_all(self.state(), "face")]
        self.assertGreaterEqual(len(numbers), 10)

    def restarts(self) -> int:
        return int(self.system.show("landmarkd", "NRestarts")["NRestarts"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
