"""Callers that do to a service what they should not, byte for byte, from 127.0.0.1."""

import select
import socket
import time


def request(path: str, *headers: str, host: str = "localhost", method: str = "GET") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def status(answer: bytes) -> int | None:
    """The status of an answer's first line; None where there is none."""
    words = answer.split(b"\r\n", 1)[0].split()
    return int(words[1]) if len(words) > 1 and words[0] == b"HTTP/1.1" else None


def ask(port: int, sent: bytes, within: float = 20) -> bytes:
    """What a service answers to some bytes until it closes, or until `within` seconds are over."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=within) as connection:
        deadline = time.monotonic() + within
        try:
            connection.sendall(sent)
            while True:
                ready, _, _ = select.select(
                    [connection], [], [], max(0, deadline - time.monotonic()))
                more = connection.recv(65536) if ready else b""
                if not more:
                    return answer
                answer += more
        except ConnectionError:
            return answer


def statuses(answer: bytes) -> list[int]:
    """Of answers that follow one another."""
    found = []
    while answer:
        head, _, rest = answer.partition(b"\r\n\r\n")
        found.append(status(head))
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:"))
        answer = rest[length:]
    return found


class Crowd:
    """Connections that say something and read nothing; as many as wanted are there all the time."""

    def __init__(self, port: int, count: int, says: bytes, receive_buffer: int | None = None):
        self._port, self._count, self._says = port, count, says
        self._receive_buffer = receive_buffer
        self._connections: list[socket.socket] = []
        self.made = 0
        self.keep()

    def keep(self) -> None:
        """Replaces those that the service has closed."""
        alive = []
        for connection in self._connections:
            if self._is_closed(connection):
                connection.close()
            else:
                alive.append(connection)
        self._connections = alive
        while len(self._connections) < self._count:
            self._connections.append(self._connect())
            self.made += 1

    def _connect(self) -> socket.socket:
        connection = socket.socket()
        if self._receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
        connection.settimeout(20)
        connection.connect(("127.0.0.1", self._port))
        try:
            connection.sendall(self._says)
        except ConnectionError:
            pass
        return connection

    @staticmethod
    def _is_closed(connection: socket.socket) -> bool:
        watch = select.poll()
        # What was sent to a caller that does not read stays unread: it is not asked for.
        watch.register(connection, select.POLLHUP | select.POLLERR | select.POLLRDHUP)
        return bool(watch.poll(0))

    def kill(self) -> None:
        for connection in self._connections:
            connection.close()
        self._connections = []
