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


class FakeCamera:
    """The tests' V4L2 device, which a daemon's process gets with `environment`.

    It logs every frame that it hands over: that log outlasts the daemon's end.
    """

    address = "/dev/video0"
    _SOURCE = REPOSITORY / "Tests/FakeVideoDevice/FakeVideoDevice.c"

    def __init__(self, folder: pathlib.Path, count: int = 1, **settings):
        """With `count` above one: as many cameras, /dev/video0 and so on, that do alike, without a
        log."""
        self._control = folder / "camera.conf"
        self._log = folder / "camera.log"
        self._settings = {}
        library = folder / "libfakecamera.so"
        if not library.exists():
            subprocess.run(
                ["cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(self._SOURCE), "-ldl"],
                check=True, timeout=60)
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAKE_CAMERA_CONTROL": str(self._control),
            "FAKE_CAMERA_LOG": str(self._log),
        }
        self.addresses = [f"/dev/video{number}" for number in range(count)]
        if count > 1:
            self.environment |= {
                "FAKE_CAMERA_PATHS": ":".join(self.addresses), "FAKE_CAMERA_SEPARATE": "1"}
            # All cameras would wait while one writes.
            del self.environment["FAKE_CAMERA_LOG"]
        self.set(**settings)

    def set(self, **settings) -> None:
        """Changes how the camera does (FakeVideoDevice.c says what there is), at once and whole."""
        self._settings |= settings
        partial = self._control.with_suffix(".partial")
        partial.write_text("".join(f"{key} {value}\n" for key, value in self._settings.items()))
        partial.rename(self._control)

    def forget(self) -> None:
        """Empties the log, while no daemon runs."""
        self._log.unlink()

    def frames(self) -> list[tuple[int, int]]:
        """Sequence and time stamp (microseconds, monotonic) of each frame that was handed over."""
        lines = self._log.read_text().split("\n")[:-1] if self._log.exists() else []
        return [(int(sequence), int(stamp)) for sequence, stamp in map(str.split, lines)]


def motion_jpeg(folder: pathlib.Path) -> pathlib.Path:
    """The clip as JPEG files after one another, for a camera of format mjpeg; made once."""
    target = folder / "talking.mjpeg"
    if not target.exists():
        _ffmpeg("-i", _CLIP, "-an", "-c:v", "mjpeg", "-q:v", "3", "-f", "mjpeg", target)
    return target


def raw_frames(folder: pathlib.Path, count: int = 75) -> pathlib.Path:
    """The clip's first frames, there and back, as a camera of format yuyv has them; made once.

    Shown in turn they have no cut: no camera has one.
    """
    target = folder / "talking.yuyv"
    if not target.exists():
        _ffmpeg(
            "-i", _CLIP, "-filter_complex",
            f"[0:v]trim=end_frame={count},split[there][a];[a]reverse[back];[there][back]concat",
            "-pix_fmt", "yuyv422", "-f", "rawvideo", target)
    return target
