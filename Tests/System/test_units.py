"""The unit files: nothing that systemd does not understand, and little that the service may do."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

_UNITS = pathlib.Path(__file__).parents[2] / "systemd"
_MOST_EXPOSURE = 2.0


class Units(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="landmarkd-units-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        # verify wants the program there; which one does not matter to it.
        program = self.folder / "landmarkd"
        shutil.copy("/bin/true", program)
        for unit in _UNITS.iterdir():
            text = unit.read_text().replace("/usr/local/bin/landmarkd", str(program))
            (self.folder / unit.name).write_text(text)
        (self.folder / "landmarkd@.service").rename(self.folder / "landmarkd@door.service")

    def systemd_analyze(self, *arguments):
        # No pager, no colours, and never the units of the host.
        environment = {**os.environ, "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0"}
        return subprocess.run(
            ["systemd-analyze", *map(str, arguments)],
            capture_output=True, text=True, timeout=60, env=environment,
        )

    def units(self):
        return sorted(self.folder.glob("*.service"))

    def test_verify_is_silent(self):
        self.assertEqual(len(self.units()), 2)
        for unit in self.units():
            result = self.systemd_analyze("verify", "--man=no", unit)
            self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""), unit.name)

    def test_verify_tells_an_unknown_key(self):
        """The check above can fail: verify itself exits with 0 here."""
        unit = self.folder / "landmarkd.service"
        unit.write_text(unit.read_text().replace("[Service]", "[Service]\nRestrat=always"))
        self.assertIn("Restrat", self.systemd_analyze("verify", "--man=no", unit).stderr)

    def test_memory_is_bounded(self):
        for unit in self.units():
            text = unit.read_text()
            self.assertRegex(text, r"(?m)^MemoryMax=\d+(%|[KMG])$", unit.name)
            self.assertRegex(text, r"(?m)^MemorySwapMax=0$", unit.name)

    def test_exposure(self):
        for unit in self.units():
            result = self.systemd_analyze(
                "security", "--offline=yes", f"--threshold={_MOST_EXPOSURE * 10:g}", unit)
            self.assertEqual(result.returncode, 0, result.stdout)
            exposure = re.search(r"exposure level for \S+: ([0-9.]+)", result.stdout)
            self.assertIsNotNone(exposure, result.stdout)
            print(f"{unit.name}: exposure {exposure[1]}")
            self.assertLessEqual(float(exposure[1]), _MOST_EXPOSURE)

    def test_both_units_differ_only_in_names(self):
        """What is learned of one has to be done to the other."""
        one = (_UNITS / "landmarkd.service").read_text()
        each = (_UNITS / "landmarkd@.service").read_text()
        unlike = re.compile(r"^(#.*|Description=.*|)\n", re.MULTILINE)
        each = each.replace("/etc/landmarkd/%i.yaml", "/etc/landmarkd/landmarkd.yaml")
        each = each.replace("landmarkd/%i", "landmarkd")
        self.assertEqual(unlike.sub("", one), unlike.sub("", each))


if __name__ == "__main__":
    unittest.main(verbosity=2)
