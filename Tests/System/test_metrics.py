"""What Prometheus reads, as its own checker sees it."""

import re
import subprocess
import unittest

import processes
from daemon import Daemon, stream
from sources import HTTPSource
from system_test import SystemTest


class Metrics(SystemTest):
    def test_promtool_has_nothing_to_say(self):
        """Of a stream that is live and one that is away."""
        source = self.until_the_end(HTTPSource(self.folder, rate=15))
        source.start()
        away = f"http://127.0.0.1:{processes.free_port()}/none"
        daemon = self.until_the_end(
            Daemon(self.folder, stream("face", source.address), stream("away", away)))
        daemon.start()
        processes.wait_until(lambda: daemon.status("face")["framesTracked"] > 20, 20, "a face")
        text = daemon.get("/metrics")
        result = subprocess.run(
            ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=30)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""), text)
        for name in ("face", "away"):
            self.assertIn(f'stream="{name}"', text)
        # The alarm of a camera that never opened has something to go by.
        age = re.search(r'^landmarkd_last_frame_age_seconds\{stream="away"\} (.+)$', text, re.M)
        self.assertGreater(float(age[1]), 0)
        self.assertIn('landmarkd_tracking_state{stream="away",state="tracking"} 0\n', text)
        self.assertNotIn('landmarkd_confidence{stream="away"}', text)
        # The checker can fail.
        broken = subprocess.run(
            ["promtool", "check", "metrics"], input="a{b=} 1\n", capture_output=True, text=True,
            timeout=30)
        self.assertNotEqual(broken.returncode, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
