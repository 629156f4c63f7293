"""The project's own scripts: what they answer and how they end."""

import math
import os
import pathlib
import shutil
import subprocess
import tarfile
import unittest

import yaml

from system_test import SystemTest

_PROJECT = pathlib.Path(__file__).parents[2]


class ScriptTest(SystemTest):
    """Scripts that find the test's own programs first on the PATH."""

    def setUp(self):
        super().setUp()
        self.programs = self.folder / "bin"
        self.programs.mkdir()

    def program(self, name: str, script: str) -> None:
        path = self.programs / name
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)

    def script(self, *arguments, **variables) -> subprocess.CompletedProcess:
        environment = {**os.environ, "PATH": f"{self.programs}:{os.environ['PATH']}", **variables}
        return subprocess.run(
            list(map(str, arguments)), cwd=_PROJECT, env=environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)


class TestTimes(ScriptTest):
    """scripts/compare-times.py, with programs that take a known time."""

    def test_two_programs_in_turn(self):
        self.program("old", f'echo old >> "{self.folder}/calls"; sleep 0.1')
        self.program("new", f'echo new >> "{self.folder}/calls"; sleep 0.3')
        run = self.script("scripts/compare-times.py", self.programs / "old", self.programs / "new", "a.mp4", 2)
        self.assertEqual(run.returncode, 0, run.stderr)
        processor, wall = run.stdout.splitlines()
        self.assertTrue(processor.startswith("processor time: "))
        self.assertGreater(float(wall.rpartition(" ")[2]), 1.5)
        self.assertEqual((self.folder / "calls").read_text().split(), ["old", "new", "new", "old"])

    def test_what_fails_is_named(self):
        self.program("old", "echo cannot read it >&2; exit 1")
        for words in (["old", "old", "a.mp4"], ["none", "old", "a.mp4"]):
            programs = [self.programs / word for word in words[:2]]
            run = self.script("scripts/compare-times.py", *programs, words[2], 1)
            self.assertEqual(run.returncode, 1)
            self.assertIn(words[0], run.stderr)
        for words in ([], ["a", "b", "c", "0"], ["a", "b", "c", "x"]):
            run = self.script("scripts/compare-times.py", *words)
            self.assertEqual(run.returncode, 1)
            self.assertEqual(run.stderr.count("\n"), 1)


class TestCovers(ScriptTest):
    """scripts/measure-covers.py, with the program on the tests' portrait."""

    def test_each_part_is_covered(self):
        program = os.environ["LANDMARKD"]
        run = self.script("scripts/measure-covers.py", program, "Tests/Fixtures/portrait.pgm")
        self.assertEqual(run.returncode, 0, run.stderr)
        rows = [line.strip("| ").split(" | ") for line in run.stdout.splitlines()[2:]]
        self.assertEqual([row[0] for row in rows], ["mouth", "eyes", "nose"])
        for _, before, after, _ in rows:
            self.assertLess(float(after), float(before) - 0.1)

    def test_what_is_no_picture_is_named(self):
        for name in ("README.md", "none.pgm"):
            run = self.script("scripts/measure-covers.py", "landmarkd", name)
            self.assertEqual((run.returncode, run.stderr.count("\n")), (1, 1), run.stderr)
            self.assertIn(name, run.stderr)


class TestTurns(ScriptTest):
    """scripts/measure-turns.py, with a program whose fits are wrong in a known way."""

    # Copies the annotation, but moves 62 sideways by a fifth of the way of the nose's tip.
    _FITS = """import csv, pathlib, sys
pictures = [word for word in sys.argv[2:] if word.endswith(".png")]
with open(sys.argv[sys.argv.index("-o") + 1], "w", newline="") as file:
    table = csv.writer(file)
    table.writerow(["image", "confidence"] + [f"{c}_{i}" for c in "xy" for i in range(68)])
    for picture in pictures:
        rows = pathlib.Path(picture).with_suffix(".pts").read_text().split("{")[1].split("}")[0].split()
        xs, ys = [float(x) - 1 for x in rows[::2]], [float(y) - 1 for y in rows[1::2]]
        xs[62] += 0.2 * (xs[30] - (xs[36] + xs[45]) / 2)
        table.writerow([picture, 1] + xs + ys)
"""

    def face(self, turn: float) -> str:
        """A .pts of points on an ellipse for the jaw, and a row of others, the nose's tip moved to a side."""
        jaw = [(200 - 80 * math.cos(math.pi * i / 16), 200 + 110 * math.sin(math.pi * i / 16)) for i in range(17)]
        others = [(140 + 120 * (i % 7) / 6, 170 + 12 * (i // 7)) for i in range(51)]
        points = jaw + others
        points[36], points[45], points[30] = (150, 190), (250, 190), (200 + 160 * turn, 235)
        return "version: 1\n{\n" + "".join(f"{x} {y}\n" for x, y in points) + "}\n"

    def test_what_moves_with_the_nose_is_told(self):
        pictures = self.folder / "pictures"
        pictures.mkdir()
        for index, turn in enumerate([-0.2, -0.08, 0.01, 0.03, 0.1, 0.18]):
            (pictures / f"{index}.png").write_bytes(b"")
            (pictures / f"{index}.pts").write_text(self.face(turn))
        (self.folder / "fits.py").write_text(self._FITS)
        self.program("fits", f'exec python3 "{self.folder}/fits.py" "$@"')
        run = self.script("scripts/measure-turns.py", self.programs / "fits", pictures)
        self.assertEqual(run.returncode, 0, run.stderr)
        lines = run.stdout.splitlines()
        self.assertEqual(lines[0], "6 good fits of 6")
        self.assertEqual([line.split(" | ")[:2] for line in lines[3:6]], [
            ["| from 0", "2"], ["| from 0.05", "2"], ["| from 0.12", "2"]])
        slopes = [float(word) for word in lines[-1].partition(": ")[2].split()]
        self.assertAlmostEqual(slopes.pop(62), 0.2, places=3)
        self.assertEqual(set(map(abs, slopes)), {0.0})
        jaws = [line for line in lines if line.startswith("jaw")]
        self.assertEqual(len(jaws), 6)
        for line in jaws:
            self.assertEqual(set(map(abs, map(float, line.split()[5:]))), {0.0})

    def test_groups_are_told_by_turn_as_well(self):
        """scripts/measure-groups.py, with the same program; one picture has no points of the mesh, one no fit on its middle."""
        fairface = self.folder / "fairface"
        fairface.mkdir()
        names = [f"{c}_{i}" for c in "xy" for i in range(68)]
        table = ["image,age,origin,gender," + ",".join(names)]
        for index, turn in enumerate([0.02, -0.05, 0.15, -0.25, 0.45, 0.01, 0.01]):
            numbers = [float(word) - 1 for word in self.face(turn).split("{")[1].split("}")[0].split()]
            points = [n / 2 + (300 if index == 6 else 0) for n in numbers]
            (fairface / f"{index}.png").write_bytes(b"")
            (fairface / f"{index}.pts").write_text(
                "version: 1\n{\n" + "".join(f"{x + 1} {y + 1}\n" for x, y in zip(points[::2], points[1::2])) + "}\n")
            mesh = points[::2] + points[1::2] if index != 5 else [""] * 136
            table.append(f"{index}.png,20-29,Black,Male," + ",".join(map(str, mesh)))
        (fairface / "faces.csv").write_text("\n".join(table) + "\n")
        (self.folder / "fits.py").write_text(self._FITS)
        self.program("fits", f'exec python3 "{self.folder}/fits.py" "$@"')
        run = self.script("scripts/measure-groups.py", self.programs / "fits", fairface)
        self.assertEqual(run.returncode, 0, run.stderr)
        rows = [line.strip("| ").split(" | ") for line in run.stdout.splitlines()]
        self.assertIn(["Black", "7", "0.857", "0.857"], rows)
        turned = [row[:3] for row in rows if row[0].startswith("from ")]
        self.assertEqual(turned, [
            ["from 0", "2", "1.000"], ["from 0.1", "1", "1.000"], ["from 0.2", "1", "1.000"], ["from 0.4", "1", "1.000"]])
        # All five are of one group: its distance is that of all.
        far = {row[0]: row for row in rows if len(row) == 5 and row[-1] == "1.00"}
        self.assertEqual(set(far), {"Black", "Male", "age 20-29", "all"})
        self.assertEqual({row[1] for row in far.values()}, {"5"})

    def test_a_folder_without_annotations_is_named(self):
        self.program("fits", "exit 0")
        for script in ("scripts/measure-turns.py", "scripts/measure-parts.py"):
            run = self.script(script, self.programs / "fits", self.folder)
            self.assertEqual((run.returncode, run.stderr.count("\n")), (1, 1), run.stderr)
            self.assertIn(str(self.folder), run.stderr)


class TestRuns(ScriptTest):
    """scripts/run-tests.sh, with a swift that says what `swift test` says."""

    SKIPPED = '\u279c Test camera() skipped: "no camera"\n\u279c Test eyes() skipped.\n'
    PASSED = "\u2714 Test dot() passed after 0.1 seconds.\n"

    def outcome(self, said: str, status: int = 0):
        end = f"\u2714 Test run with {said.count(' Test ')} tests in 1 suite passed after 0.1 seconds."
        (self.folder / "said").write_text(f"\u25c7 Test dot() started.\n{said}{end}\n")
        self.program("swift", f'[[ $1 == build ]] && exit\ncat "{self.folder}/said"\nexit {status}')
        return self.script("scripts/run-tests.sh", "--filter", "Eye")

    def test_skipped_tests_are_counted_by_reason(self):
        run = self.outcome(self.PASSED + 2 * self.SKIPPED)
        self.assertEqual(run.returncode, 0, run)
        self.assertIn("Tests skipped: 4\n  2: no camera\n  2: no reason given\n", run.stdout)
        self.assertNotIn("started", run.stdout)
        self.assertEqual(run.stderr, "")

    def test_no_test_is_a_failure(self):
        for said in ("", self.SKIPPED):
            run = self.outcome(said)
            self.assertEqual(run.returncode, 1, run)
            self.assertEqual(run.stderr, "No test ran with the arguments: --filter Eye.\n")

    def test_the_status_of_the_tests_stays(self):
        self.assertEqual(self.outcome(self.PASSED, status=3).returncode, 3)


class Dependencies(ScriptTest):
    """scripts/install-dependencies.sh, on a machine that lacks packages and writes down what is called."""

    def setUp(self):
        super().setUp()
        self.calls = self.folder / "calls"
        self.calls.touch()
        for name in ("apt-get", "sudo"):
            self.program(name, f'echo "{name} $*" >> "{self.calls}"')

    def lacking(self, *packages: str) -> None:
        cases = "|".join(packages) or "-"
        self.program(
            "dpkg-query", f"case ${{@: -1}} in {cases}) exit 1 ;; esac; printf installed")

    def install(self, *arguments):
        return self.script("scripts/install-dependencies.sh", *arguments)

    def test_nothing_is_done_where_nothing_is_missing(self):
        self.lacking()
        for arguments in ((), ("--check",)):
            run = self.install(*arguments)
            self.assertEqual((run.returncode, run.stdout, run.stderr), (0, "", ""), arguments)
        self.assertEqual(self.calls.read_text(), "")

    def test_a_check_names_what_is_missing_and_the_way_to_it(self):
        self.lacking("libdlib-dev", "ffmpeg")
        run = self.install("--check")
        self.assertEqual(run.returncode, 1)
        self.assertEqual(
            run.stderr,
            "Missing packages: libdlib-dev ffmpeg. To install them: make dependencies\n")
        self.assertEqual(self.calls.read_text(), "")

    def test_only_what_is_missing_is_installed(self):
        self.lacking("libdlib-dev", "ffmpeg")
        run = self.install()
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        install = self.calls.read_text().splitlines()[-1]
        self.assertTrue(install.endswith("--no-install-recommends libdlib-dev ffmpeg"), install)

    def test_packages_that_are_named_are_those(self):
        self.lacking("ffmpeg", "patchelf")
        run = self.install("patchelf", "lintian")
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        install = self.calls.read_text().splitlines()[-1]
        self.assertTrue(install.endswith("--no-install-recommends patchelf"), install)

    def test_without_root_and_sudo_it_is_one_line(self):
        self.lacking("ffmpeg")
        # Where every user may look; the project may lie in a folder of root's.
        self.folder.chmod(0o755)
        script = shutil.copy(_PROJECT / "scripts/install-dependencies.sh", self.folder)
        (self.programs / "sudo").unlink()
        bash = ["/bin/bash", str(script)]
        if os.geteuid() == 0:
            bash = ["/usr/bin/setpriv", "--reuid=65534", "--clear-groups", *bash]
        run = self.script(*bash, PATH=str(self.programs))
        self.assertEqual(run.returncode, 1)
        self.assertEqual(
            run.stderr,
            "Missing packages, and neither root nor sudo to install them with: ffmpeg\n")

    def test_other_arguments_are_wrong(self):
        self.assertEqual(self.install("--chek").returncode, 64)

    def test_without_dpkg_a_check_leaves_it_to_the_compiler(self):
        bash = ["/bin/bash", _PROJECT / "scripts/install-dependencies.sh"]
        for arguments, status in (((), 1), (("--check",), 0)):
            run = self.script(*bash, *arguments, PATH=str(self.programs))
            self.assertEqual(run.returncode, status)
            self.assertIn("needed is what corresponds to: g++ ", run.stderr)

    def test_make_build_installs_nothing_and_make_test_and_demo_do(self):
        """What make does, with a swift that builds and tests nothing."""
        self.lacking("ffmpeg")
        self.program("swift", 'echo "Swift version 6.3 Test a() passed after "')
        run = self.script("make", "build")
        self.assertEqual(run.returncode, 2)
        self.assertIn("To install them: make dependencies\n", run.stderr)
        self.assertNotIn("swift build", run.stdout)
        self.assertEqual(self.calls.read_text(), "")
        run = self.script("make", "test")
        self.assertEqual(run.returncode, 0, run)
        self.assertIn("ffmpeg", self.calls.read_text())
        # Nothing is there that could be run afterwards: it is enough that it would be installed.
        self.assertIn("scripts/install-dependencies.sh\n", self.script("make", "-n", "demo").stdout)


class Commit(ScriptTest):
    """What a build is told of its commit, in a small checkout, and the tarball that is made of it."""

    def setUp(self):
        super().setUp()
        self.checkout = self.folder / "checkout"
        for name in ("scripts/write-commit.sh", "scripts/make-tarball.sh", ".gitignore", "Makefile",
                     "Sources/CBuildInfo/CBuildInfo.c", "Sources/BuildInfo/BuildInfo.swift"):
            copy = self.checkout / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(_PROJECT / name, copy)
        self.header = self.checkout / "Sources/CBuildInfo/commit.h"
        self.git("init", "-q")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "a")

    def git(self, *arguments) -> str:
        named = ("-c", "user.name=a", "-c", "user.email=a@b", "-C", self.checkout)
        return subprocess.run(
            ["git", *map(str, named), *arguments], check=True, text=True,
            stdout=subprocess.PIPE).stdout.strip()

    def write(self, checkout: pathlib.Path | None = None) -> str:
        checkout = checkout or self.checkout
        run = self.script("bash", checkout / "scripts/write-commit.sh")
        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, "", ""))
        header = checkout / "Sources/CBuildInfo/commit.h"
        return header.read_text() if header.exists() else ""

    def pack(self) -> pathlib.Path:
        run = self.script("make", "-C", self.checkout, "dist")
        self.assertEqual(run.returncode, 0, run)
        [tarball] = self.checkout.glob("landmarkd-*.tar.gz")
        return tarball

    def test_the_commit_is_written_once(self):
        commit = self.git("rev-parse", "--short=12", "HEAD")
        self.assertEqual(self.write(), f'#define LANDMARKD_COMMIT "{commit}"\n')
        before = self.header.stat().st_mtime_ns
        source = self.checkout / "Sources/CBuildInfo/CBuildInfo.c"
        compiled = source.stat().st_mtime_ns
        self.write()
        self.assertEqual(self.header.stat().st_mtime_ns, before)
        self.assertEqual(source.stat().st_mtime_ns, compiled)
        # The header itself is no change.
        self.assertEqual(self.git("status", "--porcelain"), "")

    def test_changes_are_said_and_a_commit_takes_them_in(self):
        (self.checkout / "new").touch()
        self.assertIn('+changes"', self.write())
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "b")
        self.assertIn(self.git("rev-parse", "--short=12", "HEAD") + '"', self.write())

    def test_a_tarball_has_the_same_bytes_every_time_and_knows_its_commit(self):
        tarball = self.pack()
        first = tarball.read_bytes()
        # Neither the time nor what is not committed is in it.
        (self.checkout / "new").touch()
        for file in self.checkout.rglob("*.swift"):
            os.utime(file, (1, 1))
        tarball.unlink()
        self.assertEqual(self.pack().read_bytes(), first)
        name = tarball.name.removesuffix(".tar.gz")
        # Within another checkout, whose commit it does not take.
        with tarfile.open(tarball) as archive:
            archive.extractall(self.checkout, filter="data")
        commit = self.git("rev-parse", "--short=12", "HEAD")
        said = self.write(self.checkout / name)
        self.assertEqual(said, f'#define LANDMARKD_COMMIT "{commit}"\n')
        self.assertFalse((self.checkout / name / "new").exists())
        plan = self.script("make", "-C", self.checkout / name, "-n", "build")
        self.assertIn("--product landmarkd", plan.stdout)

    def test_without_a_checkout_and_a_header_it_is_not_known(self):
        shutil.rmtree(self.checkout / ".git")
        self.assertEqual(self.write(), "")



class TestSamples(SystemTest):
    def test_the_job_of_kubernetes(self):
        """YAML; what belongs together; and the shell script in it, with a landmarkd that notes."""
        text = (_PROJECT / "Samples/kubernetes/track.yaml").read_text()
        job = yaml.safe_load(text)
        self.assertEqual((job["apiVersion"], job["kind"]), ("batch/v1", "Job"))
        spec = job["spec"]
        self.assertEqual(spec["completionMode"], "Indexed")
        pod = spec["template"]["spec"]
        container = pod["containers"][0]
        shards = {entry["name"]: entry["value"] for entry in container["env"]}["SHARDS"]
        self.assertEqual(shards, str(spec["completions"]))
        self.assertGreaterEqual(spec["maxFailedIndexes"], spec["completions"])
        self.assertEqual(
            {mount["name"] for mount in container["volumeMounts"]},
            {volume["name"] for volume in pod["volumes"]})
        program = self.folder / "landmarkd"
        for status, expected in ((0, 0), (1, 1), (2, 0), (64, 64), (130, 130)):
            program.write_text(f'#!/bin/sh\necho "$@"\nexit {status}\n')
            program.chmod(0o755)
            run = subprocess.run(
                container["command"] + container["args"], text=True, stdout=subprocess.PIPE,
                env={"PATH": f"{self.folder}:{os.environ['PATH']}", "JOB_COMPLETION_INDEX": "199",
                     "SHARDS": shards})
            self.assertEqual(run.returncode, expected)
            self.assertEqual(
                run.stdout, "track /data/study --out-dir /data/tables --shard 200/200 --skip-done "
                "--retries 2 --jobs 2\n")


if __name__ == "__main__":
    unittest.main()
