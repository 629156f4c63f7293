"""Runs the system tests, each file in a process of its own with a time limit, two at a time.

    python3 run.py [WORD]...       only files whose names have one of the words

A file may say how long it takes at most, LIMIT_SECONDS = {"system": 120, "long": 3600}, and that
nothing else may run meanwhile, ALONE = True. What a file prints comes when it has ended.
Prints which tests were skipped and why; the last line counts. Exit status 1 if anything failed.
"""

import concurrent.futures
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
_LOG_CHARACTERS = 2000


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
        self._say("FAIL", test, "\n" + self.failures[-1][1] + self._logs(test))

    def addError(self, test, err):
        super().addError(test, err)
        self._say("FAIL", test, "\n" + self.errors[-1][1] + self._logs(test))

    @staticmethod
    def _logs(test) -> str:
        """The ends of what the test's processes said."""
        folder = getattr(test, "folder", None)
        files = sorted(folder.rglob("*.log")) if folder and folder.exists() else []
        return "".join(
            f"{file.relative_to(folder)}:\n{file.read_text(errors='replace')[-_LOG_CHARACTERS:]}\n"
            for file in files)

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


class _Outcome:
    """What came of a file."""

    def __init__(self, name: str):
        begin = time.monotonic()
        report = pathlib.Path(f"/proc/self/fd/{os.memfd_create('report')}")
        process = subprocess.run(
            [sys.executable, __file__, "--file", name, str(report)],
            cwd=_HERE, pass_fds=[int(report.name)], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace",
        )
        counts = json.loads(report.read_text() or "null")
        self.text = f"-- {name} ({time.monotonic() - begin:.0f} s)\n{process.stdout.rstrip()}"
        if process.returncode != 0 or counts is None:
            self.text += f"\nFAIL {name} ended with {process.returncode}"
            counts = {"passed": 0, "failed": 1, "skipped": []}
        self.passed, self.failed = counts["passed"], counts["failed"]
        self.skipped = counts["skipped"]


def _run_all(names: list[str]) -> list[_Outcome]:
    alone = [name for name in names if "\nALONE = True\n" in (_HERE / f"{name}.py").read_text()]
    outcomes = []
    for group, width in ((set(names) - set(alone), 2), (alone, 1)):
        with concurrent.futures.ThreadPoolExecutor(width) as pool:
            runs = [pool.submit(_Outcome, name) for name in sorted(group)]
            for run in concurrent.futures.as_completed(runs):
                print(run.result().text, flush=True)
                outcomes.append(run.result())
    return outcomes


def main() -> int:
    if len(sys.argv) == 4 and sys.argv[1] == "--file":
        _run_file(sys.argv[2], sys.argv[3])
        return 0
    words = sys.argv[1:]
    names = [file.stem for file in sorted(_HERE.glob("test_*.py"))]
    outcomes = _run_all(
        [name for name in names if not words or any(word in name for word in words)])
    skipped = [reason for outcome in outcomes for reason in outcome.skipped]
    if skipped:
        print(f"Tests skipped: {len(skipped)}")
        for reason in sorted(set(skipped)):
            print(f"  {skipped.count(reason)}: {reason}")
    else:
        print("No tests were skipped.")
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(outcome.failed for outcome in outcomes)
    print(f"{passed} passed, {failed} failed, {len(skipped)} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
