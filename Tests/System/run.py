"""Runs the system tests, each file in a process of its own with a time limit.

    python3 run.py [WORD]...       only files whose names have one of the words

A file may say how long it takes at most: LIMIT_SECONDS = {"system": 120, "long": 3600}.
Prints which tests were skipped and why; the last line counts. Exit status 1 if anything failed.
"""

import faulthandler
import importlib
import json
import os
import pathlib
import subprocess
import sys
import time
import unittest

import system_test

_HERE = pathlib.Path(__file__).parent
_LIMIT_SECONDS = {"system": 180, "long": 600}


class _Result(unittest.TestResult):
    """A line a test, with its time."""

    def __init__(self):
        super().__init__()
        self.passed = 0
        self._begin = 0.0

    def startTest(self, test):
        super().startTest(test)
        self._begin = time.monotonic()

    def _say(self, mark: str, test, detail: str = "") -> None:
        name = test.id().split(".", 1)[-1]
        print(f"{mark:4} {name} ({time.monotonic() - self._begin:.1f} s) {detail}".rstrip(), flush=True)

    def addSuccess(self, test):
        self.passed += 1
        self._say("ok", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._say("FAIL", test, "\n" + self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self._say("FAIL", test, "\n" + self.errors[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._say("FAIL", subtest, "\n" + "".join(map(str, err[1].args)))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._say("skip", test)


def _run_file(name: str, report: str) -> None:
    module = importlib.import_module(name)
    limits = {**_LIMIT_SECONDS, **getattr(module, "LIMIT_SECONDS", {})}
    # Says where it hangs, then ends the process; what it started ends with it.
    faulthandler.dump_traceback_later(limits[system_test.TIER], exit=True)
    result = _Result()
    unittest.defaultTestLoader.loadTestsFromModule(module).run(result)
    pathlib.Path(report).write_text(
        json.dumps({
            "passed": result.passed,
            "failed": len(result.failures) + len(result.errors),
            "skipped": [reason for _, reason in result.skipped],
        }))


def main() -> int:
    if len(sys.argv) == 4 and sys.argv[1] == "--file":
        _run_file(sys.argv[2], sys.argv[3])
        return 0
    words = sys.argv[1:]
    passed, failed, skipped = 0, 0, []
    for file in sorted(_HERE.glob("test_*.py")):
        if words and not any(word in file.stem for word in words):
            continue
        print(f"-- {file.stem}", flush=True)
        report = pathlib.Path(f"/proc/self/fd/{os.memfd_create('report')}")
        descriptor = int(report.name)
        status = subprocess.run(
            [sys.executable, __file__, "--file", file.stem, str(report)],
            cwd=_HERE, pass_fds=[descriptor],
        ).returncode
        counts = json.loads(report.read_text() or "null")
        if status != 0 or counts is None:
            print(f"FAIL {file.stem} ended with {status}", flush=True)
            failed += 1
            continue
        passed += counts["passed"]
        failed += counts["failed"]
        skipped += counts["skipped"]
    if skipped:
        print(f"Tests skipped: {len(skipped)}")
        for reason in sorted(set(skipped)):
            print(f"  {skipped.count(reason)}: {reason}")
    else:
        print("No tests were skipped.")
    print(f"{passed} passed, {failed} failed, {len(skipped)} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
