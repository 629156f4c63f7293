"""The tarball and the wheel: built, unpacked as a stranger would, used where nothing else is."""

import functools
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest

from daemon import BINARY, REPOSITORY
from package_roots import Root, make, tool
from system_test import SystemTest, is_long, long_only

LIMIT_SECONDS = {"system": 420, "long": 1800}

_FFMPEG = REPOSITORY / ".build/packages/ffmpeg/stamp"
# In the gate nobody waits for an FFmpeg to be built.
ready = unittest.skipUnless(
    is_long or _FFMPEG.exists(), "the tarball's FFmpeg is not built: make package-tools tarball")


@functools.cache
def _folder() -> pathlib.Path:
    folder = pathlib.Path(tempfile.mkdtemp(prefix="landmarkd-bundle-"))
    unittest.addModuleCleanup(shutil.rmtree, folder, True)
    return folder


@functools.cache
def _tarball() -> pathlib.Path:
    return make("make-bundle.sh", _folder())


def _unpacked(folder: pathlib.Path) -> pathlib.Path:
    folder.mkdir(parents=True)
    with tarfile.open(_tarball()) as archive:
        archive.extractall(folder, filter="tar")
    [inside] = folder.iterdir()
    return inside


def _check(bundle: pathlib.Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [REPOSITORY / "scripts/packages/libraries.py", "check", bundle / "bin/landmarkd", bundle / "lib"],
        capture_output=True, text=True, timeout=60)


@ready
@tool("patchelf", "readelf", "ffmpeg", "ip")
class Tarball(SystemTest):
    def test_it_is_the_same_whenever_it_is_made(self):
        first = _tarball().read_bytes()
        begin = time.monotonic()
        again = make("make-bundle.sh", self.folder)
        self.figure(f"{again.name}: {len(first) / 1e6:.1f} MB, made in {time.monotonic() - begin:.0f} s")
        self.assertTrue(again.read_bytes() == first, "two packages of one program differ")

    def test_nothing_but_glibc_is_taken_from_the_system(self):
        bundle = _unpacked(self.folder / "a")
        checked = _check(bundle)
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))
        # The check can fail: a library that is missing is found elsewhere, or nowhere.
        (bundle / "lib/libz.so.1").unlink()
        checked = _check(bundle)
        self.assertEqual(checked.returncode, 1)
        self.assertIn("needs libz.so.1, which is not in", checked.stderr)

    def test_every_library_s_licence_is_there(self):
        bundle = _unpacked(self.folder / "a")
        licences = bundle / "share/licences"
        lines = (licences / "packages.txt").read_text().splitlines()[1:]
        named = {name for line in lines for name in line.split("\t")[4].split()}
        there = {file.name for file in (bundle / "lib").iterdir()}
        self.assertEqual(there, named)
        self.assertIn("snapshot.debian.org", (licences / "README.txt").read_text())
        for line in lines:
            package = line.split("\t")[0]
            self.assertGreater((licences / package / "copyright").stat().st_size, 200, package)
        # FFmpeg says so itself.
        self.assertIn(
            b"libavcodec license: LGPL version 2.1 or later",
            (bundle / "lib/libavcodec.so.59").read_bytes())

    def test_a_system_of_glibc_alone(self):
        root = Root.glibc(self)
        _unpacked(root.folder / "opt").rename(root.folder / "opt/landmarkd")
        root.try_examples(self, "/opt/landmarkd/bin/landmarkd")
        # Another folder, through a link.
        (root.folder / "usr").mkdir()
        (root.folder / "opt/landmarkd").rename(root.folder / "usr/other name")
        (root.folder / "tmp/link").symlink_to("/usr/other name/bin/landmarkd")
        root.try_mistakes(self, "/tmp/link")
        for name in ("seen.mp4", "seen.webm"):
            run = root.run("/tmp/link", "track", "interview.mp4", "-o", "a.csv", "--force", "--duration",
                           "0.5", "--overlay", name)
            self.assertEqual(run.returncode, 0, run)
            self.assertGreater((root.work / name).stat().st_size, 10_000)

    @long_only
    def test_debian_13(self):
        root = Root.debian(self, "trixie")
        _unpacked(root.folder / "opt/a").rename(root.folder / "opt/landmarkd")
        root.try_examples(self, "/opt/landmarkd/bin/landmarkd")


@ready
@tool("patchelf", "readelf")
class Wheel(SystemTest):
    def test_in_a_fresh_environment(self):
        _tarball()
        begin = time.monotonic()
        wheel = self.wheel()
        self.figure(
            f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB, made in {time.monotonic() - begin:.0f} s")
        environment = self.folder / "environment"
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        # As it is, from the file alone: rows without pandas, no network.
        self.pip(environment, "--no-index", wheel)
        clip = REPOSITORY / "Samples/portrait.mp4"
        code = f"import landmarkd; print(sum(1 for _ in landmarkd.stream({str(clip)!r}, duration=1)))"
        alone = subprocess.run(
            ["unshare", "--net", environment / "bin/python", "-c", code], env=self.clean(),
            capture_output=True, text=True, timeout=60)
        self.assertEqual((alone.stdout, alone.stderr), ("30\n", ""))
        command = subprocess.run(
            [environment / "bin/landmarkd", "--version"], env=self.clean(), capture_output=True,
            text=True)
        built = subprocess.run([BINARY, "--version"], capture_output=True, text=True)
        self.assertEqual(command.stdout, built.stdout)
        packages = self.pip(environment, "pytest", "pandas", check=False)
        if packages.returncode != 0:
            self.skipTest(f"pip gets no pytest and pandas: {packages.stderr.splitlines()[-1:]}")
        tests = subprocess.run(
            [environment / "bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider",
             REPOSITORY / "python/tests"],
            env={**self.clean(), "PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True, text=True,
            timeout=180)
        self.assertEqual(tests.returncode, 0, tests.stdout)
        self.assertNotIn("skipped", tests.stdout)
        self.figure(f"python/tests: {tests.stdout.strip().splitlines()[-1]}")

    def wheel(self) -> pathlib.Path:
        backend = subprocess.run(
            [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", self.folder, "hatchling"],
            capture_output=True, text=True, timeout=120)
        if backend.returncode != 0:
            self.skipTest(f"pip gets no hatchling: {backend.stderr.splitlines()[-1:]}")
        return make("make-wheel.sh", _folder())

    @staticmethod
    def clean() -> dict[str, str]:
        """Without the variable that names another program."""
        return {key: value for key, value in os.environ.items() if key != "LANDMARKD"}

    @staticmethod
    def pip(environment: pathlib.Path, *arguments, check=True) -> subprocess.CompletedProcess:
        return subprocess.run(
            [environment / "bin/python", "-m", "pip", "install", "-q", *arguments], check=check,
            capture_output=True, text=True, timeout=300)


@tool("Rscript")
class R(SystemTest):
    def test_the_frame_is_the_command_s_table(self):
        code = f"""
            source("{REPOSITORY}/Samples/landmarkd.R")
            clip <- "{REPOSITORY}/Samples/portrait.mp4"
            rows <- landmarkd(clip, duration = 1, smooth = TRUE, columns = c("pose", "fit"))
            table <- read.csv("{self.folder}/expected.csv", na.strings = "", check.names = FALSE)
            stopifnot(nrow(rows) == 30, identical(rows, table))
            said <- tryCatch(landmarkd("none.mp4"), error = conditionMessage)
            stopifnot(said == "landmarkd: cannot open none.mp4: there is no such file")
            said <- tryCatch(landmarkd(clip, fases = 2), error = conditionMessage)
            stopifnot(grepl("Unknown option '--fases'", said, fixed = TRUE))
            short <- tempfile(fileext = ".mp4")
            writeBin(readBin(clip, "raw", 200000), short)
            said <- tryCatch(landmarkd(short), warning = conditionMessage)
            stopifnot(grepl("ended early", said))
            cat("done")"""
        subprocess.run(
            [BINARY, "track", REPOSITORY / "Samples/portrait.mp4", "-q", "-o",
             self.folder / "expected.csv", "--duration", "1", "--smooth", "--columns", "pose,fit"],
            check=True)
        run = subprocess.run(
            ["Rscript", "-e", code], env={**os.environ, "LANDMARKD": str(BINARY)}, capture_output=True,
            text=True, timeout=60)
        self.assertEqual((run.stdout, run.returncode), ("done", 0), run.stderr)


if __name__ == "__main__":
    unittest.main()
