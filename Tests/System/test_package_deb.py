"""The package for Debian: built, installed as a stranger would, used, removed."""

import functools
import pathlib
import re
import shutil
import tempfile
import time
import unittest

from booted_system import BootedSystem
from daemon import REPOSITORY, configuration, stream
from package_roots import Root, make, tool
from system_test import SystemTest, long_only

LIMIT_SECONDS = {"system": 420, "long": 900}


@functools.cache
def _folder() -> pathlib.Path:
    folder = pathlib.Path(tempfile.mkdtemp(prefix="landmarkd-deb-"))
    unittest.addModuleCleanup(shutil.rmtree, folder, True)
    return folder


@functools.cache
def _deb() -> pathlib.Path:
    return make("make-deb.sh", _folder())


class Documents(unittest.TestCase):
    def test_they_name_this_version(self):
        source = (REPOSITORY / "Sources/BuildInfo/BuildInfo.swift").read_text()
        [version] = re.findall(r'let version = "(.+)"', source)
        for name in ("README.md", "docs/use/install.md", "python/README.md"):
            named = re.findall(r"landmarkd[-_](\d+\.\d+\.\d+)", (REPOSITORY / name).read_text())
            self.assertEqual(set(named), {version}, name)


@tool("dpkg-deb", "lintian", "patchelf", "ffmpeg")
class Deb(SystemTest):
    def test_it_is_the_same_whenever_it_is_made(self):
        first = _deb().read_bytes()
        begin = time.monotonic()
        again = make("make-deb.sh", self.folder)
        self.figure(f"{again.name}: {len(first) / 1e6:.1f} MB, made in {time.monotonic() - begin:.0f} s")
        self.assertTrue(again.read_bytes() == first, "two packages of one program differ")

    def test_debian_12(self):
        root = Root.debian(self, "bookworm")
        before = self.megabytes(root)
        begin = time.monotonic()
        self.install(root)
        seconds = time.monotonic() - begin
        self.figure(
            f"installed with what it depends on: {self.megabytes(root) - before} MB, {seconds:.0f} s")
        for compiler in ("gcc", "cc", "c++", "clang", "swift", "ld"):
            self.assertFalse((root.folder / "usr/bin" / compiler).exists(), compiler)
        self.assert_installed(root)
        root.try_examples(self, "landmarkd")
        root.try_mistakes(self, "landmarkd")
        self.assert_removed(root)

    @staticmethod
    def megabytes(root: Root) -> int:
        """What /usr holds."""
        return int(root.installing("du", "-sm", "/usr").stdout.split()[0])

    def install(self, root: Root) -> None:
        shutil.copy(_deb(), root.folder / "tmp")
        update = root.installing("apt-get", "update", "-qq")
        if update.returncode != 0 or "Failed to fetch" in update.stderr:
            self.skipTest(f"the mirror of Debian cannot be had: {update.stderr.splitlines()[:1]}")
        run = root.installing(
            "apt-get", "install", "-y", "-qq", "--no-install-recommends", f"/tmp/{_deb().name}")
        self.assertEqual(run.returncode, 0, run)

    def assert_installed(self, root: Root) -> None:
        # Nothing is enabled or started, and no configuration is made.
        self.assertEqual(list((root.folder / "etc/systemd/system").rglob("landmarkd*")), [])
        self.assertFalse((root.folder / "etc/landmarkd").exists())
        for unit in ("landmarkd.service", "landmarkd@.service"):
            text = (root.folder / "lib/systemd/system" / unit).read_text()
            self.assertIn("ExecStart=/usr/bin/landmarkd serve", text)
            self.assertNotIn("/usr/local", text)
        files = root.installing("dpkg", "-L", "landmarkd").stdout.split()
        for name in (
                "man/man1/landmarkd.1.gz", "man/man1/landmarkd-track.1.gz", "doc/landmarkd/copyright",
                "man/man1/landmarkd-model-export.1.gz", "doc/landmarkd/NOTICE",
                "doc/landmarkd/changelog.gz", "doc/landmarkd/examples/landmarkd.yaml",
                "zsh/vendor-completions/_landmarkd", "fish/vendor_completions.d/landmarkd.fish"):
            self.assertIn(f"/usr/share/{name}", files)
        sample = root.run("landmarkd", "track", "/usr/share/doc/landmarkd/examples/portrait.mp4", "-o",
                          "sample.csv", "--duration", "1")
        self.assertEqual(sample.returncode, 0, sample)
        # What a shell completes.
        completed = root.run(
            "bash", "-c",
            "source /usr/share/bash-completion/completions/landmarkd; COMP_WORDS=(landmarkd tr);"
            "COMP_CWORD=1; COMP_LINE='landmarkd tr'; COMP_POINT=12;"
            "$(complete -p landmarkd | sed 's/.*-F \\([^ ]*\\) .*/\\1/') landmarkd tr landmarkd;"
            'echo "${COMPREPLY[@]}"')
        self.assertEqual((completed.stdout.split(), completed.returncode), (["track"], 0), completed)

    def assert_removed(self, root: Root) -> None:
        """What an administrator and the service have made stays, and nothing else."""
        kept = [root.folder / "etc/landmarkd/landmarkd.yaml", root.folder / "var/lib/landmarkd/rows.csv"]
        for file in kept:
            file.parent.mkdir(parents=True)
            file.write_text("kept\n")
        link = root.folder / "etc/systemd/system/multi-user.target.wants/landmarkd.service"
        # What `systemctl enable` makes.
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to("/lib/systemd/system/landmarkd.service")
        files = root.installing("dpkg", "-L", "landmarkd").stdout.split()
        for action in ("remove", "purge"):
            run = root.installing("apt-get", action, "-y", "-qq", "landmarkd")
            self.assertEqual(run.returncode, 0, run)
        left = [name for name in files if (root.folder / name[1:]).is_file()]
        self.assertEqual(left, [])
        self.assertFalse((root.folder / "usr/share/doc/landmarkd").exists())
        self.assertFalse(link.is_symlink())
        for file in kept:
            self.assertEqual(file.read_text(), "kept\n")

    def test_the_service_of_a_booted_system(self):
        """Installed it rests; started it runs from /usr/bin; an upgrade restarts it, a removal ends it."""
        system = BootedSystem(self.folder)
        (system.files / "root").mkdir()
        shutil.copy(_deb(), system.files / "root/landmarkd.deb")
        (system.files / "etc/landmarkd").mkdir(parents=True)
        (system.files / "etc/landmarkd/landmarkd.yaml").write_text(
            configuration(stream("door", "/dev/video9")))
        # A policy of a build machine's would keep services from being restarted.
        (system.files / "usr/sbin").mkdir(parents=True)
        policy = system.files / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 0\n")
        policy.chmod(0o755)
        with system:
            def dpkg(*arguments):
                run = system.run("dpkg", *arguments)
                self.assertEqual(run.returncode, 0, run)

            dpkg("-i", "/root/landmarkd.deb")
            rests = system.show("landmarkd", "UnitFileState", "ActiveState")
            self.assertEqual(rests, {"UnitFileState": "disabled", "ActiveState": "inactive"})
            started = system.run("systemctl", "start", "landmarkd")
            self.assertEqual(started.returncode, 0, started)
            first = system.show("landmarkd", "MainPID", "ActiveState")
            self.assertEqual(first["ActiveState"], "active")
            self.assertEqual(
                system.run("readlink", f"/proc/{first['MainPID']}/exe").stdout, "/usr/bin/landmarkd\n")
            dpkg("-i", "/root/landmarkd.deb")
            second = system.show("landmarkd", "MainPID", "ActiveState")
            self.assertEqual(second["ActiveState"], "active")
            self.assertNotEqual(second["MainPID"], first["MainPID"])
            dpkg("-r", "landmarkd")
            self.assertEqual(system.show("landmarkd", "ActiveState")["ActiveState"], "inactive")

    @long_only
    def test_debian_13_says_what_it_lacks(self):
        """Its FFmpeg is another: the package is not installed by half."""
        root = Root.debian(self, "trixie")
        shutil.copy(_deb(), root.folder / "tmp")
        if root.installing("apt-get", "update", "-qq").returncode != 0:
            self.skipTest("the mirror of Debian cannot be had")
        run = root.installing("apt-get", "install", "-y", "-qq", f"/tmp/{_deb().name}")
        self.assertEqual(run.returncode, 100)
        self.assertIn("libavcodec59", run.stderr + run.stdout)
        self.assertFalse((root.folder / "usr/bin/landmarkd").exists())


if __name__ == "__main__":
    unittest.main()
