"""docs/testing.md: its files are written and its commands run in a new folder, in the order in which they stand."""
import os
import subprocess
import tempfile
import unittest

from support import REMIT, ROOT
from test_readme import blocks


class TestingPage(unittest.TestCase):
    def test_as_written(self):
        with open(os.path.join(ROOT, "docs/testing.md"), encoding="utf-8") as file:
            parts = list(blocks(file.read()))
        expected, commands, files = None, 0, 0
        with tempfile.TemporaryDirectory() as folder:
            bin_folder = os.path.join(folder, ".bin")
            os.mkdir(bin_folder)
            os.symlink(REMIT, os.path.join(bin_folder, "remit"))
            environment = {**os.environ, "PATH": bin_folder + os.pathsep + os.environ["PATH"]}
            for (mark, value), language, content in parts:
                if expected is not None:
                    self.assertEqual(language, "text", "what follows a command is its output")
                    self.assertEqual(expected, content)
                    expected = None
                elif mark == "file":
                    path = os.path.join(folder, value)
                    os.makedirs(os.path.dirname(path), exist_ok=True)
                    with open(path, "w", encoding="utf-8") as file:
                        file.write(content)
                    files += 1
                else:
                    self.assertEqual(language, "sh", content)
                    done = subprocess.run(["bash", "-o", "pipefail", "-c", content], cwd=folder, env=environment,
                                          capture_output=True, text=True, timeout=120, check=False)
                    self.assertEqual(done.returncode, int(value) if mark == "exit" else 0, done.stderr)
                    expected = done.stdout
                    commands += 1
        self.assertIsNone(expected, "the last command's output is not shown")
        self.assertGreaterEqual(commands, 3)
        self.assertGreaterEqual(files, 4)


if __name__ == "__main__":
    unittest.main()
