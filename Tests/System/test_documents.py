"""What an operator reads and copies: the sample configuration, and that the manual has its keys."""

import re
import subprocess
import tempfile
import unittest

from daemon import BINARY, REPOSITORY

_SAMPLE = REPOSITORY / "Samples/landmarkd.yaml"
_MANUAL = REPOSITORY / "docs/use/serve.md"
_REFERENCE = REPOSITORY / "docs/reference/settings.md"


class Documents(unittest.TestCase):
    def check(self, file):
        return subprocess.run(
            [BINARY, "serve", "--check", "--config", file], capture_output=True, text=True,
            timeout=60)

    def test_the_sample_is_right(self):
        result = self.check(_SAMPLE)
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_manual_and_reference_have_every_key(self):
        # Keys of the sample, those in comments too; "#" with a space before the key.
        keys = set(re.findall(r"^ *(?:# )?(?:- )?([a-z]+(?:-[a-z]+)*):(?: |$)", _SAMPLE.read_text(), re.M))
        self.assertGreater(len(keys), 30)
        manual = _MANUAL.read_text()
        # In a sentence, in a block, in the reference's tables.
        code = " ".join(
            re.findall(r"`([^`\n]+)`", manual) + re.findall(r"`([^`\n]+)`", _REFERENCE.read_text())
            + re.findall(r"^    .*$", manual, re.M))
        missing = {key for key in keys if not re.search(rf"(?<![a-z-]){key}(?![a-z-])", code)}
        self.assertEqual(missing, set())

    def test_the_manual_s_first_camera(self):
        """The lines that are to be copied."""
        text = _MANUAL.read_text()
        block = re.search(r"\n((?:    .*\n|\n)*?    streams:\n(?:    .*\n)+)", text)[1]
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(re.sub(r"^    ", "", block, flags=re.M))
            file.flush()
            result = self.check(file.name)
        self.assertEqual((result.returncode, result.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
