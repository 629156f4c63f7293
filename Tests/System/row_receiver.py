"""Rows as they are made: the other end of an NDJSON output to a Unix socket."""

import json
import pathlib
import socket
import threading
import time


class RowReceiver:
    """Keeps when every row arrived (monotonic seconds) and the time stamp of its frame."""

    def __init__(self, path: pathlib.Path):
        self.rows: list[tuple[float, int]] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(str(path))
        self._socket.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._receive, args=(connection,), daemon=True).start()

    def _receive(self, connection: socket.socket) -> None:
        rest = b""
        with connection:
            while block := connection.recv(1 << 16):
                now = time.monotonic()
                *lines, rest = (rest + block).split(b"\n")
                # A list's append is whole for readers in other threads.
                for line in lines:
                    self.rows.append((now, int(json.loads(line)["pts"])))

    def kill(self) -> None:
        self._socket.close()
