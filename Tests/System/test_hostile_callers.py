"""The HTTP side beside callers who would keep others out, have memory used up, or read for others."""

import os
import time

import processes
import rows
from daemon import Daemon, stream
from hostile_caller import Crowd, ask, request, status, statuses
from sources import HTTPSource
from system_test import SystemTest

LIMIT_SECONDS = {"system": 300, "long": 600}

_TOKEN = "0123456789abcdef-"
_RATE = 15
# A machine that does other things answers later than the milliseconds that this takes.
_ANSWER_SECONDS = 3
_CROWD = 200


class HostileCallers(SystemTest):
    def start(self, prefix: list[str] | None = None, **http) -> Daemon:
        self.source = self.until_the_end(HTTPSource(self.folder, rate=_RATE))
        self.source.start()
        self.daemon = self.until_the_end(
            Daemon(self.folder, stream("face", self.source.address), http=http))
        self.daemon.prefix += prefix or []
        self.daemon.start()
        self.headers = [f"Authorization: Bearer {http['token']}"] if "token" in http else []
        processes.wait_until(self._is_tracking, 60, "a face")
        return self.daemon

    def _is_tracking(self) -> bool:
        return b'"trackingState":"tracking"' in self.ask("/api/streams")

    def ask(self, path: str, *headers: str, **how) -> bytes:
        """An answer to who may ask."""
        return ask(
            self.daemon.port, request(path, "Connection: close", *self.headers, *headers, **how))

    def received(self) -> int:
        """Frames that the stream has received so far."""
        answer = self.ask("/metrics")
        self.assertEqual(status(answer), 200, answer[:200])
        line = next(
            line for line in answer.decode().splitlines()
            if line.startswith('landmarkd_frames_received_total{stream="face"}'))
        return int(line.rsplit(" ", 1)[1])

    def withstand(self, crowd: Crowd, seconds: float, mebibytes: float) -> None:
        """Who may ask is answered while the crowd does what it does; memory and frames are as
        before."""
        pid = self.daemon.process.pid
        memory = processes.resident_kilobytes(pid)
        frames = self.received()
        begin = time.monotonic()
        slowest, most = 0.0, memory
        while time.monotonic() < begin + seconds:
            crowd.keep()
            for path in ("/healthz", "/metrics", "/api/streams"):
                asked = time.monotonic()
                answer = self.ask(path)
                slowest = max(slowest, time.monotonic() - asked)
                self.assertEqual(status(answer), 200, (path, answer[:200]))
            most = max(most, processes.resident_kilobytes(pid))
            time.sleep(0.1)
        rate = (self.received() - frames) / (time.monotonic() - begin)
        self.figure(
            f"{crowd.made} hostile connections: answered within {1e3 * slowest:.0f} ms, "
            f"{(most - memory) / 1024:.0f} MiB more, {rate:.1f} frames/s")
        self.assertLess(slowest, _ANSWER_SECONDS)
        self.assertLess(most - memory, 1024 * mebibytes)
        self.assertGreater(rate, 0.8 * _RATE)

    def test_few_open_files(self):
        """Callers have a quarter of the limit of open files. A reload, which opens some, goes on beside
        them."""
        limit = 64
        daemon = self.start(prefix=["prlimit", f"--nofile={limit}:{limit}"])
        folder = f"/proc/{daemon.process.pid}/fd"
        before = len(os.listdir(folder))
        crowd = self.until_the_end(Crowd(daemon.port, _CROWD, b"G"))
        self.withstand(crowd, 3, 64)
        crowd.keep()
        self.assertLessEqual(len(os.listdir(folder)) - before, limit // 4)
        address = self.source.address
        daemon.configure(stream("face", address), stream("second", address))
        daemon.reload()
        processes.wait_until(
            lambda: b'"name":"second"' in self.ask("/api/streams")
            and daemon.status("second")["framesTracked"] > 0, 60, "the second stream")
        refused = next(
            line for line in self.ask("/metrics").decode().splitlines()
            if line.startswith('landmarkd_http_refused_total{cause="connections"}'))
        self.assertGreater(int(refused.rsplit(" ", 1)[1]), _CROWD - limit)

    def test_slow_callers(self):
        """A byte each, nothing, and half a head."""
        self.start()
        for says in (b"G", b"", b"GET /healthz HTTP/1.1\r\nHost: x"):
            crowd = self.until_the_end(Crowd(self.daemon.port, _CROWD, says))
            self.withstand(crowd, 4, 64)
            crowd.kill()

    def test_slow_callers_beside_the_token(self):
        self.start(token=_TOKEN)
        for says in (b"G", request("/")):
            crowd = self.until_the_end(Crowd(self.daemon.port, _CROWD, says))
            self.withstand(crowd, 4, 64)
            crowd.kill()

    def test_callers_who_wait(self):
        self.start()
        crowd = self.until_the_end(
            Crowd(self.daemon.port, 64, request("/api/pictures?wait=20")))
        self.withstand(crowd, 5, 64)

    def test_pictures_that_nobody_reads(self):
        """One stream asked for a thousand times, by callers who do not read."""
        self.start()
        wanted = "&".join(["of=0:face"] * 800)
        crowd = self.until_the_end(
            Crowd(self.daemon.port, 30, request(f"/api/pictures?wait=5&{wanted}"), 4096))
        self.withstand(crowd, 8, 96)
        answer = self.ask(f"/api/pictures?wait=5&{wanted}")
        self.assertEqual(status(answer), 200)
        self.assertEqual(answer.count(b"\xff\xd8\xff"), 1)
        many = "&".join(f"of=0:s{number}" for number in range(41))
        self.assertEqual(status(self.ask(f"/api/pictures?{many}")), 400)

    def test_whole_pages_that_nobody_reads(self):
        self.start()
        crowd = self.until_the_end(
            Crowd(self.daemon.port, _CROWD, request("/api/history") * 16, 4096))
        self.withstand(crowd, 5, 96)

    def test_heads(self):
        """Endless ones, those that are none, and several at a time."""
        port = self.start().port
        self.assertEqual(status(ask(port, b"GET /" + b"x" * 100_000)), 431)
        self.assertEqual(status(ask(port, b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20_000)), 431)
        self.assertEqual(status(ask(port, b"\x16\x03\x01\x02\x00\x01\r\n\r\n")), 400)
        waits = request("/api/pictures?wait=1") * 2 + request("/healthz", "Connection: close")
        self.assertEqual(statuses(ask(port, waits)), [200, 200, 200])
        self.assertEqual(status(self.ask("/healthz")), 200)

    def test_other_sites(self):
        """Pages that make a browser ask, and names that are not the service's."""
        port = self.start(hosts=["cameras.example"]).port
        for host in ("localhost", f"127.0.0.1:{port}", "[::1]", "cameras.example"):
            self.assertEqual(status(self.ask("/api/streams", host=host)), 200, host)
        for host, expected in (
            ("evil.example", 403), ("localhost.evil.example", 403), ("[::1].evil.com", 400),
            ("localhost:80@evil", 400),
        ):
            self.assertEqual(status(self.ask("/api/streams", host=host)), expected, host)
        for target, expected in (
            (f"http://localhost:{port}/healthz", 200), ("http://evil.example/healthz", 403),
            ("http://user@localhost/healthz", 400),
        ):
            self.assertEqual(status(self.ask(target)), expected, target)
        for header in ("Origin: http://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site",
                       "Sec-Fetch-Site: same-site"):
            self.assertEqual(status(self.ask("/api/pictures?of=0:face", header)), 403, header)
        for header in ("Origin: http://localhost", "Sec-Fetch-Site: same-origin"):
            self.assertEqual(status(self.ask("/api/streams", header)), 200, header)

    def test_the_last_row_is_there(self):
        """What the crowd did is no reason to lose a row."""
        daemon = self.start()
        self.withstand(self.until_the_end(Crowd(daemon.port, _CROWD, b"G")), 3, 64)
        drops = daemon.status("face")["drops"]
        daemon.stop()
        found = rows.read_all(self.folder, "face")
        self.assertGreater(len(found), 20)
        numbers = [int(row["frame"]) for row in found]
        missing = numbers[-1] - numbers[0] + 1 - len(numbers)
        self.assertLessEqual(missing, sum(drops.values()))


if __name__ == "__main__":
    import unittest

    unittest.main(verbosity=2)
