"""`landmarkd serve` as a process of a test."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.request

import processes

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("LANDMARKD", REPOSITORY / ".build/release/landmarkd"))


def stream(name: str, source, *outputs: dict, **keys) -> dict:
    """A stream of a configuration; without outputs it writes NAME's rows to rows/."""
    csv = {"type": "csv", "path": "rows/{stream}-%Y%m%dT%H%M%SZ.csv"}
    return {"name": name, "source": str(source), "outputs": list(outputs) or [csv], **keys}


def configuration(*streams: dict, port: int | str = "off", http: dict | None = None) -> str:
    """A configuration file's text. JSON is YAML as well."""
    section = {"port": port, **(http or {})}
    return json.dumps({"http": section, "streams": list(streams)}, indent=2) + "\n"


class Daemon:
    """A daemon that runs in `folder`, with its HTTP side on a port of its own.

    `first`: it runs before whatever else this machine does. `http`: more of the section of that name.
    """

    def __init__(
        self, folder: pathlib.Path, *streams: dict, environment: dict | None = None,
        first: bool = False, http: dict | None = None,
    ):
        self.folder = folder
        self._http = http
        self.prefix = ["chrt", "--rr", "1"] if first else []
        self.port = processes.free_port()
        self.log = folder / "daemon.log"
        self.file = folder / "landmarkd.yaml"
        # Without a service manager: its messages come here.
        self._manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._manager.bind(str(folder / "notify.sock"))
        self._manager.setblocking(False)
        self._environment = {
            **os.environ, "NOTIFY_SOCKET": str(folder / "notify.sock"), **(environment or {})}
        self.process: subprocess.Popen | None = None
        self.configure(*streams)

    def configure(self, *streams: dict) -> None:
        self.file.write_text(configuration(*streams, port=self.port, http=self._http))

    def start(self, ready_within: float = 90) -> "Daemon":
        self._messages()
        self.process = processes.start(
            [*self.prefix, BINARY, "serve", "--config", self.file], self.log,
            cwd=self.folder, env=self._environment,
        )
        processes.wait_until(self._is_ready, ready_within, "landmarkd ready")
        return self

    def _is_ready(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(
                f"landmarkd ended with {self.process.returncode}: {self.log.read_text()[-2000:]}")
        return any("READY=1" in message.split("\n") for message in self._messages())

    def _messages(self) -> list[str]:
        """What it has told its manager since the last call."""
        found = []
        while True:
            try:
                found.append(self._manager.recv(4096).decode())
            except BlockingIOError:
                return found

    def heard(self, message: str) -> bool:
        """Whether it has told its manager this since the last look."""
        return any(message in told.split("\n") for told in self._messages())

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return answer.read().decode()

    def status(self, name: str) -> dict:
        """What /api/streams says of a stream."""
        answer = json.loads(self.get("/api/streams"))
        streams = answer["streams"] if isinstance(answer, dict) else answer
        return next(stream for stream in streams if stream["name"] == name)

    def reload(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    def stop(self, within: float = 20, expected: int = 0) -> float:
        """Ends it as a service manager does; the seconds that it took. Its status must be `expected`."""
        begin = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(within)
        if status != expected:
            raise AssertionError(
                f"landmarkd ended with {status}: {self.log.read_text()[-2000:]}")
        return time.monotonic() - begin

    def kill(self) -> None:
        if self.process:
            processes.kill(self.process)

    def close(self) -> None:
        """Kills it; it cannot be started again."""
        self.kill()
        self._manager.close()
