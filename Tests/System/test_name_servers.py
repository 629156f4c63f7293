"""Name servers that never answer: the stream that asks them is alone in its trouble."""

import os
import socket
import time
import unittest

import processes
from daemon import Daemon, stream
from sources import FakeCamera, raw_frames
from system_test import SystemTest

LIMIT_SECONDS = {"system": 240, "long": 240}

# The unit's, shortened: the watchdog must hear something twice in this.
_WATCHDOG_SECONDS = 10
_SERVERS = 3


@unittest.skipUnless(os.geteuid() == 0, "needs root: it has a resolv.conf of its own")
class NameServers(SystemTest):
    def start(self) -> Daemon:
        """A daemon with one good stream and one whose name nobody answers for."""
        for number in range(_SERVERS):
            server = self.until_the_end_close(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            server.bind((f"127.0.0.{71 + number}", 53))
        resolver = self.folder / "resolv.conf"
        resolver.write_text(
            "search a.example b.example\n"
            + "".join(f"nameserver 127.0.0.{71 + number}\n" for number in range(_SERVERS)))
        camera = FakeCamera(
            self.folder, 1, format="yuyv", width=640, height=480, rate=10,
            frames=raw_frames(self.folder))
        daemon = self.until_the_end(Daemon(
            self.folder, stream("good", camera.addresses[0]),
            stream("bad", "rtsp://camera.example/live", **{"open-deadline": "3s"}),
            environment={
                **camera.environment, "WATCHDOG_USEC": str(_WATCHDOG_SECONDS * 1_000_000)}))
        daemon.prefix = [
            "unshare", "--mount", "sh", "-c",
            f'mount --bind {resolver} /etc/resolv.conf && exec "$@"', "sh"]
        return daemon.start()

    def until_the_end_close(self, server: socket.socket) -> socket.socket:
        self.addCleanup(server.close)
        return server

    def test_only_its_stream_is_away(self):
        daemon = self.start()
        processes.wait_until(
            lambda: "no name server answered" in (daemon.status("bad")["problem"] or ""), 60,
            "the problem")
        self.assertIn("camera.example", daemon.status("bad")["problem"])
        # For longer than the C library's resolver waits for three servers and two domains once.
        heard = [time.monotonic()]
        end = time.monotonic() + 40
        while time.monotonic() < end:
            if daemon.heard("WATCHDOG=1"):
                heard.append(time.monotonic())
            time.sleep(0.2)
        longest = max(after - before for before, after in zip(heard, [*heard[1:], end]))
        self.assertLess(longest, _WATCHDOG_SECONDS)
        good = daemon.status("good")
        self.assertEqual(good["sourceState"], "live")
        self.assertGreater(good["framesIn"], 200)
        self.assertLess(daemon.status("bad")["hangs"], 1)
        # The one lookup that is under way holds nobody.
        self.assertLess(daemon.stop(), 10)


if __name__ == "__main__":
    unittest.main(verbosity=2)
