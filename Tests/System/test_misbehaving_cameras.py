"""Cameras by HTTP that do as cameras do, and as nobody should; recordings by HTTP."""

import pathlib
import subprocess
import time
import unittest

import processes
import rows
from daemon import BINARY, REPOSITORY, Daemon, stream
from sources import motion_jpeg
from system_test import SystemTest

LIMIT_SECONDS = {"system": 400, "long": 400}

_SERVER = REPOSITORY / "Tests/Servers/misbehaving_camera.py"
_MULTIPART = ("plain", "nofirst", "nodash", "longlen", "shortlen", "notype", "jpg", "thumbnail")
_HOSTILE = (
    "endless/playlist", "endless/variants", "endless/line", "endless/jpeg", "endless/length",
    "endless/headers", "endless/matroska", "endless/redirects", "many/variants", "silent",
)
# One face, one model, a decoder each: what a stream takes, and what opening a hostile one may add.
_MOST_MEGABYTES = 1200


class Camera:
    def __init__(self, folder: pathlib.Path):
        self.port = processes.free_port()
        self.requests = folder / f"requests-{self.port}"
        self.process = processes.start_server(
            [
                "python3", _SERVER, self.port, motion_jpeg(folder), "--folder", folder,
                "--log", self.requests,
            ],
            folder / f"camera-{self.port}.log")

    def address(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"

    def kill(self) -> None:
        processes.kill(self.process)


def _peak_megabytes(pid: int) -> int:
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    raise AssertionError(f"process {pid} has ended")


class Pictures(SystemTest):
    def setUp(self):
        super().setUp()
        self.camera = self.until_the_end(Camera(self.folder))

    def start(self, *streams: dict) -> Daemon:
        return self.until_the_end(Daemon(self.folder, *streams)).start()

    def rows(self, name: str) -> list[dict]:
        return rows.read_all(self.folder, name, live=True)

    def test_multipart_of_every_kind(self):
        """Every kind gives frames with a face, without a single reconnect."""
        daemon = self.start(
            *(stream(kind, self.camera.address(f"multipart/{kind}/5")) for kind in _MULTIPART))
        for kind in _MULTIPART:
            processes.wait_until(
                lambda: sum(row["success"] == "1" for row in self.rows(kind)) >= 5, 90, kind)
            status = daemon.status(kind)
            self.assertEqual((status["sourceState"], status["reconnects"]), ("live", 0), kind)
        daemon.stop()

    def test_one_picture_an_answer(self):
        """Asked for at its rate, over one connection, and never lost."""
        names = {"named": "snap.jpg", "nameless": "snap", "tagged": "tagged", "flaky": "flaky"}
        daemon = self.start(
            *(
                stream(name, self.camera.address(path), **{"frame-rate": 4})
                for name, path in names.items()))
        for name in names:
            processes.wait_until(lambda: len(self.rows(name)) >= 12, 90, name)
            status = daemon.status(name)
            self.assertEqual((status["sourceState"], status["reconnects"]), ("live", 0), name)
        daemon.stop()
        used = {
            line.split()[0] for line in self.camera.requests.read_text().splitlines()
            if line.split()[1] == "/snap.jpg"}
        self.assertEqual(len(used), 1, "one connection is kept")

    def test_hostile_sources_beside_a_good_one(self):
        """Each says what is wrong; memory is bounded, and the good one goes on."""
        other = self.until_the_end(Camera(self.folder))
        hostile = {f"h{number}": path for number, path in enumerate(_HOSTILE)}
        hostile["redirect"] = f"to?{other.address('multipart/plain/5')}"
        hostile["segment"] = f"leading?{other.address('multipart/plain/5')}"
        daemon = self.start(
            stream("good", self.camera.address("multipart/plain/10")),
            *(
                stream(name, self.camera.address(path), **{"open-deadline": "5s"})
                for name, path in hostile.items()))
        for name, path in hostile.items():
            processes.wait_until(lambda: daemon.status(name)["problem"], 60, path)
            self.assertNotEqual(daemon.status(name)["sourceState"], "live", path)
        before = len(self.rows("good"))
        time.sleep(5)
        self.assertGreater(len(self.rows("good")), before + 10)
        peak = _peak_megabytes(daemon.process.pid)
        self.figure(f"{len(hostile)} hostile sources beside a good one: {peak} MB at the most")
        self.assertLess(peak, _MOST_MEGABYTES)
        daemon.stop()
        self.assertFalse(other.requests.exists(), "the other server was asked")


class Recordings(SystemTest):
    def track(self, source, output: str, *options: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [BINARY, "track", source, "-o", self.folder / output, *options],
            capture_output=True, text=True, timeout=120)

    def test_rows_are_those_of_the_file(self):
        clip = REPOSITORY / "Samples/talking.mp4"
        (self.folder / "clip.mp4").write_bytes(clip.read_bytes())
        camera = self.until_the_end(Camera(self.folder))
        for options in ((), ("--start", "2")):
            local = self.track(clip, "local.csv", "--force", *options)
            remote = self.track(camera.address("file/clip.mp4"), "remote.csv", "--force", *options)
            self.assertEqual((local.returncode, remote.returncode), (0, 0), remote.stderr)
            self.assertEqual(
                (self.folder / "remote.csv").read_bytes(), (self.folder / "local.csv").read_bytes())

    def test_what_breaks_off(self):
        """Status 2 and what there is, as of a file that was cut off."""
        subprocess.run(
            [
                "ffmpeg", "-v", "error", "-i", REPOSITORY / "Samples/talking.mp4", "-c", "copy",
                "-movflags", "+faststart", self.folder / "clip.mp4",
            ],
            check=True, timeout=60)
        camera = self.until_the_end(Camera(self.folder))
        cut = self.track(camera.address("cut/clip.mp4"), "cut.csv")
        self.assertEqual(cut.returncode, 2, cut.stderr)
        self.assertIn("broke off", cut.stderr)
        self.assertTrue((self.folder / "cut.csv").exists())
        missing = self.track(camera.address("nothing.mp4"), "missing.csv")
        self.assertEqual(missing.returncode, 1)
        self.assertIn("404", missing.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
