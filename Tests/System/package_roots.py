"""Small systems that packages are installed into, and README's first examples in them."""

import functools
import glob
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import unittest

from daemon import BINARY, REPOSITORY

_CACHE = REPOSITORY / ".build/packages/roots"
_WHO = "1000"
_CLIP = REPOSITORY / "Samples/portrait.mp4"
# In a network and with mounts of its own; "lo" is up, nothing else is.
_ENTER = (
    'mount -t proc proc "$0/proc" && ip link set lo up && exec unshare --root="$0" --wd=/work '
    f'--setuid={_WHO} --setgid={_WHO} "$@"')


def tool(*names: str):
    """Skips a test class where a command is missing."""
    missing = [name for name in names if shutil.which(name) is None]
    return unittest.skipIf(missing, f"not installed: {', '.join(missing)}")


def make(script: str, folder: pathlib.Path) -> pathlib.Path:
    """Runs a script of scripts/packages on the tested program; the newest file of `folder`."""
    run = subprocess.run(
        [REPOSITORY / "scripts/packages" / script], text=True, capture_output=True, timeout=1800,
        env={**os.environ, "PROGRAM": str(BINARY), "PACKAGES": str(folder)})
    if run.returncode != 0:
        raise AssertionError(f"{script} ended with {run.returncode}:\n{run.stdout}{run.stderr}")
    return max(folder.iterdir(), key=lambda file: file.stat().st_mtime)


@functools.cache
def _base(suite: str) -> pathlib.Path:
    """A system of Debian's smallest variant, kept for the next run; skips where it cannot be had."""
    root = _CACHE / suite
    if root.exists():
        return root
    if shutil.which("debootstrap") is None:
        raise unittest.SkipTest("not installed: debootstrap")
    said = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages"],
        capture_output=True, text=True)
    mirror = next((site for site in said.stdout.split() if site.endswith("/debian")), None)
    if mirror is None:
        raise unittest.SkipTest("apt is not set up for a mirror of Debian")
    _CACHE.mkdir(parents=True, exist_ok=True)
    # Beside the others, so that it appears whole.
    partial = pathlib.Path(tempfile.mkdtemp(prefix=suite, dir=_CACHE))
    partial.chmod(0o755)
    run = subprocess.run(
        ["debootstrap", "--variant=minbase", suite, partial, mirror], capture_output=True, text=True,
        timeout=600)
    if run.returncode != 0:
        shutil.rmtree(partial, ignore_errors=True)
        last = run.stdout.strip().splitlines()[-1:]
        raise unittest.SkipTest(f"debootstrap got no {suite}: {' '.join(last)}")
    partial.rename(root)
    return root


class Root:
    """A system in a folder, which packages are installed into and commands run in."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        # What a user works with: a video, photos, a configuration.
        self.work = folder / "work"
        self.work.mkdir()
        shutil.copy(_CLIP, self.work / "interview.mp4")
        (self.work / "study/day1").mkdir(parents=True)
        shutil.copy(_CLIP, self.work / "study/day1/visit.mp4")
        (self.work / "photos").mkdir()
        subprocess.run(
            ["ffmpeg", "-v", "error", "-i", _CLIP, "-vf", r"select=not(mod(n\,100))", "-vsync", "0",
             self.work / "photos/%d.jpg"], check=True)
        shutil.copy(REPOSITORY / "Samples/landmarkd.yaml", self.work)
        for path in [self.work, *self.work.rglob("*")]:
            os.chown(path, int(_WHO), int(_WHO))

    @classmethod
    def debian(cls, test: unittest.TestCase, suite: str) -> "Root":
        """A fresh copy of a Debian system; it ends with the test."""
        base = _base(suite)
        root = cls._place(test) / suite
        subprocess.run(["cp", "-a", "--reflink=auto", base, root], check=True)
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
        # It does not outlive the test: nothing waits for the disk.
        (root / "etc/dpkg/dpkg.cfg.d/fast").write_text("force-unsafe-io\n")
        return cls(root)

    @classmethod
    def glibc(cls, test: unittest.TestCase) -> "Root":
        """A system that has glibc's libraries and nothing else: no shell, no other library."""
        root = cls._place(test) / "glibc"
        for place in ("lib64", "lib/x86_64-linux-gnu", "proc", "dev", "tmp"):
            (root / place).mkdir(parents=True)
        said = subprocess.run(["dpkg", "-L", "libc6"], check=True, capture_output=True, text=True)
        for name in said.stdout.split():
            if re.search(r"/x86_64-linux-gnu/(lib|ld-)[^/]*\.so[.\d]*$", name):
                shutil.copy(name, root / "lib/x86_64-linux-gnu")
        shutil.copy("/lib64/ld-linux-x86-64.so.2", root / "lib64")
        os.mknod(root / "dev/null", 0o666 | 0o020000, os.makedev(1, 3))
        (root / "dev/null").chmod(0o666)
        return cls(root)

    @staticmethod
    def _place(test: unittest.TestCase) -> pathlib.Path:
        # Not in the test's own folder, whose logs are printed where it fails.
        folder = pathlib.Path(tempfile.mkdtemp(prefix="landmarkd-root-"))
        test.addCleanup(shutil.rmtree, folder, True)
        return folder

    def installing(self, *command: object) -> subprocess.CompletedProcess:
        """A command of root's, with this machine's network."""
        return subprocess.run(
            ["chroot", self.folder, *command], capture_output=True, text=True, timeout=600,
            stdin=subprocess.DEVNULL, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                                           "DEBIAN_FRONTEND": "noninteractive"})

    def start(self, *command: object) -> subprocess.Popen:
        """A command of a user's in /work, without a network; it is the process itself."""
        return subprocess.Popen(
            ["unshare", "--net", "--mount", "bash", "-c", _ENTER, self.folder, *map(str, command)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={"PATH": os.environ["PATH"], "HOME": "/work", "LC_ALL": "C.UTF-8"})

    def run(self, *command: object) -> subprocess.CompletedProcess:
        process = self.start(*command)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def try_examples(self, test: unittest.TestCase, program: str) -> None:
        """README's examples, by a user who knows nothing else."""
        text = (REPOSITORY / "README.md").read_text()
        examples = [
            shlex.split(line)[1:] for line in re.findall(r"^    (landmarkd .+)$", text, re.M)][:6]
        test.assertEqual(
            [words[0] for words in examples], ["track", "track", "track", "fit", "detect", "serve"])
        for words in examples[:5]:
            if words[0] == "track":
                for left in self.work.glob("interview.csv*"):
                    left.unlink()
            # What a shell does.
            words = [found for word in words
                     for found in sorted(glob.glob(word, root_dir=self.work)) or [word]]
            run = self.run(program, *words)
            test.assertEqual(run.returncode, 0, (words, run))
        test.assertEqual(len(list((self.work / "drawn").iterdir())), 3)
        # The tables are those that the program makes where it was built, to the last byte.
        for table, words in (
                ("interview.csv", ["track", "interview.mp4", "--faces", "2"]),
                ("photos.csv", ["fit", "photos/1.jpg", "photos/2.jpg", "photos/3.jpg"]),
                ("faces.csv", ["detect", "photos", "interview.mp4"])):
            expected = subprocess.run(
                [BINARY, *words, "-q", "-o", "-"], cwd=self.work, check=True, capture_output=True,
                text=True).stdout
            test.assertGreater(len(expected.splitlines()), 3)
            test.assertEqual((self.work / table).read_text(), expected, table)
        test.assertTrue((self.work / "tables/day1/visit.csv").exists())
        self._try_serve(test, program, examples[5])

    def _try_serve(self, test, program: str, words: list[str]) -> None:
        process = self.start(program, *words)
        said = []
        for line in process.stderr:
            said.append(line)
            if "HTTP on http://127.0.0.1:8080/" in line:
                break
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=30)[1]
        test.assertEqual(process.returncode, 0, said + [rest])
        test.assertIn("all outputs are closed", rest)

    def try_mistakes(self, test: unittest.TestCase, program: str) -> None:
        """What goes wrong is said in one line, with the right status."""
        wrong = self.run(program, "track", "interview.mp4", "--fases", "2")
        test.assertEqual(wrong.returncode, 64)
        test.assertIn("Unknown option '--fases'", wrong.stderr)
        missing = self.run(program, "track", "none.mp4")
        test.assertEqual(missing.returncode, 1)
        test.assertEqual(
            missing.stderr, "landmarkd: cannot open none.mp4: there is no such file\n")
        # There is no network.
        away = self.run(
            program, "track", "https://192.0.2.1/clip.mp4", "-o", "away.csv", "--open-deadline", "2s")
        test.assertEqual(away.returncode, 1)
        test.assertIn("Network is unreachable", away.stderr)
        test.assertFalse((self.work / "away.csv").exists())
