"""Several faces of one stream: rows, numbers of people, what the API, the metrics and the live page say."""

import subprocess
import unittest

import processes
import rows
from browser import Browser
from daemon import REPOSITORY, Daemon, stream
from sources import HTTPSource
from system_test import SystemTest

LIMIT_SECONDS = {"system": 240, "long": 240}

_RATE = 12
# Of a round: both people, the left one alone, both again.
_AWAY = (5, 9)
_SECONDS = 14


def _couple(folder):
    """Pictures of two people side by side; the right one is away for a while."""
    target = folder / "pictures"
    target.mkdir()
    clips = [REPOSITORY / "Samples" / name for name in ("portrait.mp4", "talking.mp4")]
    inputs = [word for clip in clips for word in ("-stream_loop", "-1", "-i", str(clip))]
    away = f"drawbox=x=640:y=0:w=640:h=480:color=gray:t=fill:enable='between(t,{_AWAY[0]},{_AWAY[1]})'"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", *inputs, "-filter_complex",
         f"[0:v]fps={_RATE}[a];[1:v]fps={_RATE}[b];[a][b]hstack,{away}", "-t", str(_SECONDS),
         "-an", "-q:v", "3", str(target / "%03d.jpg")],
        check=True, timeout=120)
    return target


class SeveralFaces(SystemTest):
    def setUp(self):
        super().setUp()
        _couple(self.folder)
        self.source = self.until_the_end(HTTPSource(self.folder, rate=_RATE))
        self.source.start()
        self.daemon = self.until_the_end(
            Daemon(self.folder, stream("office", self.source.address, faces="all")))
        self.daemon.start()

    def _faces(self):
        return self.daemon.status("office")["facesNow"]

    def _wait_for(self, count: int):
        processes.wait_until(lambda: self._faces() == count, 30, f"{count} faces")

    def test_who_leaves_and_returns_keeps_the_number(self):
        for count in (2, 1, 2, 1, 2):
            self._wait_for(count)
        self.assertEqual(self.daemon.status("office")["identities"], 2)
        metrics = self.daemon.get("/metrics")
        self.assertIn('landmarkd_identities_total{stream="office"} 2\n', metrics)
        # The camera goes, and comes again.
        self.source.kill()
        processes.wait_until(lambda: self._faces() is None, 30, "no face")
        self.source.start()
        self._wait_for(2)
        self.daemon.stop()

        written = rows.read_all(self.folder, "office")
        believed = [row for row in written if row["success"] == "1"]
        # Whoever is on the left has one number throughout, and so has the other.
        sides = {row["face_id"]: set() for row in believed}
        for row in believed:
            sides[row["face_id"]].add(float(row["x_30"]) > 640)
        self.assertEqual(sorted(sides), ["0", "1"])
        self.assertEqual(sorted(map(sorted, sides.values())), [[False], [True]])
        # No face has two rows in a frame, and rows of a frame are in order. A frame is told by its
        # moment: numbers begin anew with each file.
        places = [(row["time_utc"], int(row["face_id"])) for row in written]
        self.assertEqual(places, sorted(set(places)))
        both = sum(places[i][0] == places[i + 1][0] for i in range(len(places) - 1))
        self.assertGreater(both, 5 * _RATE)
        self.figure(f"two people: {len(believed)} believed rows, {both} frames with both")

    def test_the_live_page_draws_all(self):
        browser = self.until_the_end(Browser(self.folder))
        browser.open(f"http://127.0.0.1:{self.daemon.port}/")
        # Landmarks are the coloured pixels of a grey picture: on both halves, while both are there.
        coloured = (
            "(() => { const c = document.querySelector('.picture'); if (!c || !c.width) return [0, 0];"
            "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; const n = [0, 0];"
            "for (let i = 0; i < d.length; i += 4)"
            " if (Math.max(d[i], d[i + 1], d[i + 2]) > Math.min(d[i], d[i + 1], d[i + 2]) + 40)"
            " n[(i / 4) % c.width < c.width / 2 ? 0 : 1]++; return n; })()")
        processes.wait_until(lambda: min(browser.value(coloured)) > 100, 40, "two drawn faces")
        processes.wait_until(
            lambda: browser.value(coloured)[0] > 100 and browser.value(coloured)[1] == 0, 40,
            "one drawn face while the other is away")
        # What the browser says of the readings above is not the page's.
        self.assertEqual([c for c in browser.complaints if "getImageData" not in str(c)], [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
