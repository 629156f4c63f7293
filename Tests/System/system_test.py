"""What every test of a running daemon has: a folder, an end of all processes, and a tier."""

import os
import pathlib
import random
import tempfile
import unittest

TIER = os.environ.get("LANDMARKD_TEST_TIER", "system")
is_long = TIER == "long"
long_only = unittest.skipUnless(is_long, "minutes: only in the long tier (make test-long)")


def seed(fixed: int) -> int:
    """`fixed` in the gate, another one in each run of the long tier; LANDMARKD_SEED repeats a run."""
    given = os.environ.get("LANDMARKD_SEED") or (str(random.randrange(10**9)) if is_long else "")
    if not given:
        return fixed
    print(f"  seeds: of this run; LANDMARKD_SEED={given} repeats them", flush=True)
    return int(given) + fixed


class SystemTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="landmarkd-test-", ignore_cleanup_errors=True)
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def until_the_end(self, thing):
        """`thing`, which is closed or killed when the test ends."""
        self.addCleanup(getattr(thing, "close", thing.kill))
        return thing

    def figure(self, text: str) -> None:
        """Prints a measured figure: the log of a run is where they are taken from."""
        print(f"  figure: {text}", flush=True)
