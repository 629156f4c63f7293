"""Sources of a face that moves: an RTSP, an HTTP and a UDP one, each made of the sample clip."""

import pathlib
import signal
import socket
import subprocess

import processes
from daemon import REPOSITORY

_CLIP = REPOSITORY / "Samples/talking.mp4"
_FRAMES_PER_SECOND = 30
# PyGObject is Debian's, for Debian's Python.
_PYTHON = "/usr/bin/python3"
_HERE = pathlib.Path(__file__).parent


def _ffmpeg(*arguments) -> None:
    subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments)], check=True, timeout=120)


def pictures(folder: pathlib.Path) -> pathlib.Path:
    """A folder of the clip's frames as JPEG files, made once."""
    target = folder / "pictures"
    if not target.exists():
        target.mkdir()
        _ffmpeg("-i", _CLIP, "-q:v", "3", target / "%03d.jpg")
    return target


def transport_stream(folder: pathlib.Path) -> pathlib.Path:
    """The clip as MPEG-TS with a keyframe every second, made once."""
    target = folder / "talking.ts"
    if not target.exists():
        _ffmpeg(
            "-i", _CLIP, "-an", "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency",
            "-g", _FRAMES_PER_SECOND, "-f", "mpegts", target)
    return target


class Source:
    """A server or sender that can be killed, stopped as by a network that stalls, and return."""

    address = ""

    def __init__(self, folder: pathlib.Path):
        self._folder = folder
        self._log = folder / f"{type(self).__name__}.log"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        raise NotImplementedError

    def kill(self) -> None:
        if self.process:
            processes.kill(self.process)

    def stall(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)


class RTSPSource(Source):
    def __init__(self, folder: pathlib.Path, user: str = "", password: str = ""):
        super().__init__(folder)
        self._port = processes.free_port()
        self._login = ["--user", user, "--password", password] if user else []
        self.address = f"rtsp://127.0.0.1:{self._port}/face"

    def address_with(self, user: str, password: str) -> str:
        return f"rtsp://{user}:{password}@127.0.0.1:{self._port}/face"

    def start(self) -> None:
        self.process = processes.start_server(
            [_PYTHON, _HERE / "rtsp_server.py", self._port, pictures(self._folder), *self._login],
            self._log)


class HTTPSource(Source):
    def __init__(self, folder: pathlib.Path, rate: float = _FRAMES_PER_SECOND):
        super().__init__(folder)
        self._port = processes.free_port()
        self._rate = rate
        self.address = f"http://127.0.0.1:{self._port}/face.mjpeg"

    def start(self) -> None:
        self.process = processes.start_server(
            [
                _PYTHON, _HERE / "mjpeg_server.py", self._port, pictures(self._folder),
                "--rate", self._rate,
            ],
            self._log)


class UDPSource(Source):
    def __init__(self, folder: pathlib.Path):
        super().__init__(folder)
        self._port = processes.free_port(socket.SOCK_DGRAM)
        self.address = f"udp://127.0.0.1:{self._port}"

    def start(self) -> None:
        self.process = processes.start(
            [
                "ffmpeg", "-v", "error", "-nostdin", "-re", "-stream_loop", "-1",
                "-i", transport_stream(self._folder), "-c", "copy", "-f", "mpegts",
                f"{self.address}?pkt_size=1316",
            ],
            self._log)
