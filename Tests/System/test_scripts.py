"""The project's own scripts: what they answer and how they end."""

import os
import pathlib
import subprocess
import unittest

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


if __name__ == "__main__":
    unittest.main()
