"""From a frame's capture to its row, on a camera of 640 x 480 and 30 frames a second."""

import time
import unittest

import rows
from daemon import Daemon, stream
from sources import FakeCamera, raw_frames
from system_test import SystemTest, is_long

LIMIT_SECONDS = {"system": 120, "long": 420}
ALONE = True

_SECONDS = 300 if is_long else 30
_FRAMES_PER_SECOND = 30
# A frame's time and 10 ms.
_MOST_SECONDS = 1 / _FRAMES_PER_SECOND + 0.010
# The detector's first search, before there is anything to follow.
_WARM_UP_SECONDS = 3


def quantile(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


class Latency(SystemTest):
    def measure(self, **camera_settings) -> None:
        camera = FakeCamera(
            self.folder, width=640, height=480, rate=_FRAMES_PER_SECOND, **camera_settings)
        # What is measured is landmarkd, not what else this machine does.
        daemon = self.until_the_end(Daemon(
            self.folder, stream("face", camera.address), environment=camera.environment,
            first=True)).start()
        time.sleep(_WARM_UP_SECONDS + _SECONDS)
        status = daemon.status("face")
        daemon.stop()
        found = rows.read_all(self.folder, "face")
        settled = [row for row in found if float(row["timestamp"]) > _WARM_UP_SECONDS]
        seconds = [float(row["latency"]) for row in settled]
        believed = sum(row["success"] == "1" for row in settled) / len(settled)
        p50, p99, most = (1e3 * quantile(seconds, part) for part in (0.5, 0.99, 1))
        self.figure(
            f"{camera_settings['format']}: {len(seconds)} rows, latency p50 {p50:.1f} ms, "
            f"p99 {p99:.1f} ms, most {most:.1f} ms; drops {status['drops']}")
        self.assertGreater(len(seconds), 0.97 * _SECONDS * _FRAMES_PER_SECOND)
        self.assertGreater(believed, 0.95)
        self.assertLess(p99, _MOST_SECONDS * 1e3)

    def test_raw_frames(self):
        self.measure(format="yuyv", frames=raw_frames(self.folder))


if __name__ == "__main__":
    unittest.main(verbosity=2)
