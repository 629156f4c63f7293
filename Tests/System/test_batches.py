"""A study that is tracked by a batch which is killed, finds no room, or is not alone."""

import json
import random
import shutil
import subprocess
import time
import unittest

import batch
from system_test import SystemTest, seed

LIMIT_SECONDS = {"system": 600, "long": 1800}

_COUNT = 1000
_KILLS = 5


class Batches(SystemTest):
    def study(self, count: int) -> batch.Study:
        return batch.Study(self.folder, count)

    def summary(self, path) -> dict:
        return json.loads(path.read_text())

    def undisturbed(self, study: batch.Study):
        out = self.folder / "whole"
        began = time.monotonic()
        self.assertEqual(study.run(out), 0, (self.folder / "whole.log").read_text()[-2000:])
        return out, time.monotonic() - began

    def assert_same(self, out, whole) -> None:
        self.assertEqual(batch.files(out), batch.files(whole))
        self.assertEqual(batch.tables(out), batch.tables(whole))
        self.assertEqual(batch.reports(out), batch.reports(whole))

    def test_kills(self):
        """The same files as without them, and nothing is done twice."""
        study = self.study(_COUNT)
        whole, seconds = self.undisturbed(study)
        self.assertEqual(len(batch.tables(whole)), _COUNT)
        draw = random.Random(seed(20261129))
        out = self.folder / "out"
        out.mkdir()
        before: dict = {}
        made = []
        for kill in range(_KILLS):
            run = self.until_the_end(study.start(out, "--skip-done"))
            time.sleep(seconds / (_KILLS + 1) * draw.uniform(0.5, 1.5))
            self.assertIsNone(run.poll(), "the batch has ended before it was killed")
            run.kill()
            run.wait()
            now = batch.stamps(out)
            self.assertEqual({name: now.get(name) for name in before}, before, "done twice")
            made.append(len(now) - len(before))
            before = now
        self.assertEqual(
            study.run(out, "--skip-done", "--summary", self.folder / "last.json"), 0,
            (self.folder / "out.log").read_text()[-2000:])
        now = batch.stamps(out)
        self.assertEqual({name: now[name] for name in before}, before, "done twice")
        counts = self.summary(self.folder / "last.json")["counts"]
        self.assertEqual(counts, {"done": len(before), "tracked": _COUNT - len(before)})
        self.assert_same(out, whole)
        began = time.monotonic()
        self.assertEqual(
            study.run(out, "--skip-done", "--summary", self.folder / "none.json"), 0)
        idle = time.monotonic() - began
        self.assertEqual(self.summary(self.folder / "none.json")["counts"], {"done": _COUNT})
        self.figure(
            f"{_COUNT} videos in {seconds:.1f} s; killed {_KILLS} times after "
            f"{'+'.join(map(str, made))}, {_COUNT - len(before)} were left; all the same; "
            f"{idle:.2f} s to see that all are done")

    def test_two_at_a_time(self):
        """Each takes what the other has not; one is killed and the other goes on."""
        study = self.study(100)
        whole, seconds = self.undisturbed(study)
        out = self.folder / "out"
        out.mkdir()
        one, other = (
            self.until_the_end(
                study.start(
                    out, "--skip-done", "--summary", self.folder / f"{name}.json",
                    log=self.folder / f"{name}.log"))
            for name in ("one", "other"))
        for run in (one, other):
            self.assertEqual(run.wait(timeout=300), 0)
        counts = [self.summary(self.folder / f"{name}.json")["counts"] for name in ("one", "other")]
        self.assertEqual(sum(count.get("tracked", 0) for count in counts), 100, counts)
        self.assertTrue(all(count.get("tracked", 0) > 0 for count in counts), counts)
        self.assert_same(out, whole)
        self.figure(f"two batches into one folder: {counts}")

    def test_a_full_disk(self):
        """What found no room is said; when there is room the rest is made."""
        study = self.study(60)
        whole, _ = self.undisturbed(study)
        size = sum(path.stat().st_size for path in whole.rglob("*") if path.is_file())
        out = self.folder / "out"
        out.mkdir()
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size // 2048}k", "tmpfs", out], check=True,
            timeout=30)
        self.addCleanup(subprocess.run, ["umount", "-l", str(out)], timeout=30)
        first = self.folder / "first.json"
        self.assertEqual(study.run(out, "--skip-done", "--summary", first), 1)
        counts = self.summary(first)["counts"]
        self.assertGreater(counts["failed"], 0)
        self.assertGreater(counts["tracked"], 0)
        errors = {entry["error"] for entry in self.summary(first)["inputs"] if "error" in entry}
        self.assertTrue(all("No space left" in error for error in errors), errors)
        whole_tables = batch.tables(whole)
        for name, digest in batch.tables(out).items():
            self.assertEqual(digest, whole_tables[name], name)
        subprocess.run(["mount", "-o", "remount,size=64m", out], check=True, timeout=30)
        last = self.folder / "last.json"
        self.assertEqual(
            study.run(out, "--skip-done", "--summary", last), 0,
            (self.folder / "out.log").read_text()[-2000:])
        self.assert_same(out, whole)
        again = self.summary(last)["counts"]
        self.figure(f"full disk: {counts}, then {again}")
        self.assertEqual(again["tracked"], counts["failed"])

    def test_a_list_with_a_missing_file(self):
        study = self.study(4)
        shutil.move(study.folder / study.names[2], self.folder / "gone.mp4")
        names = self.folder / "names"
        names.write_text("".join(f"{study.folder / name}\n" for name in study.names))
        out = self.folder / "out"
        run = subprocess.run(
            [batch.BINARY, "track", "--list", names, "--base", study.folder, "--out-dir", out],
            capture_output=True, text=True, timeout=60)
        self.assertEqual(run.returncode, 1, run)
        self.assertIn(f"{names}:3: cannot open ", run.stderr)
        self.assertEqual(len(batch.tables(out)), 3)


if __name__ == "__main__":
    unittest.main(verbosity=2)
