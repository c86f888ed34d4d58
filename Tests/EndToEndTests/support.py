"""What the black-box tests share: temporary policy folders and runs of the binary."""
import json
import os
import subprocess
import tempfile
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
REMIT = os.environ.get("REMIT", os.path.join(ROOT, ".build/release/remit"))
SHARED = os.path.join(ROOT, "..", "shared")

HEADER = """
return policy {
  summary = "A test.",
  outcomes = { "approve", "reject" },
  input = record { %s },
  %s
  reasons = { ok = { en = "Fine.", zh = "好。" } },
  decide = function(tx, params, context)
    %s
  end,
}
"""


def policy(decide, fields="id = optional(text {})", extra="", prelude=""):
    """The text of a policy with one decide function; `prelude` stands before it."""
    return prelude + HEADER % (fields, extra, decide)


def resident_peak(pid):
    """The most memory that a running process has held, in KiB; 0 where it has ended."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            return max([int(line.split()[1]) for line in status if line.startswith("VmHWM:")], default=0)
    except OSError:
        return 0


class Folder:
    """A temporary folder with policies, deleted at the end of the `with`."""

    def __init__(self, files):
        self.files = files

    def __enter__(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.path = self.temporary.name
        for name, text in self.files.items():
            path = os.path.join(self.path, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(text if isinstance(text, bytes) else text.encode())
        return self

    def __exit__(self, *_):
        self.temporary.cleanup()

    def run(self, *arguments, data=b"", timeout=120, policies="policies", plugins="plugins"):
        """Runs `remit ARGUMENTS` on the folder's policies; standard input is `data`."""
        command = [REMIT, *arguments, "--policies", os.path.join(self.path, policies), "--plugins",
                   os.path.join(self.path, plugins)]
        return subprocess.run(command, input=data if isinstance(data, bytes) else data.encode(), capture_output=True,
                              timeout=timeout, cwd=self.path, check=False)

    def batch(self, name, rows, *arguments, timeout=120):
        """Decides rows (JSON values, or texts as they are); returns the result lines, parsed, and the finished process."""
        lines = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
        done = self.run("batch", "--policy", name, *arguments, data=lines, timeout=timeout)
        return [json.loads(line) for line in done.stdout.decode().splitlines()], done


class FolderCase(unittest.TestCase):
    """Tests of one folder, `files`, which is written once for all of them."""
    files = {}

    @classmethod
    def setUpClass(cls):
        cls.folder = Folder(cls.files)
        cls.folder.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.folder.__exit__()


def run(*arguments, data=b"", timeout=120, cwd=ROOT):
    """Runs `remit ARGUMENTS` in the project's own folder."""
    return subprocess.run([REMIT, *arguments], input=data if isinstance(data, bytes) else data.encode(), capture_output=True,
                          timeout=timeout, cwd=cwd, check=False)
