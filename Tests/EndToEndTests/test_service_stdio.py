"""`remit serve --stdio` where standard input or output is closed, full, or no file that can be read."""
import os
import socket
import subprocess
import tempfile
import unittest

from decision_log import lines
from service import Client, line, request
from support import REMIT, FolderCase, policy


def quick(number):
    return line(request("decide", number, policy="a.quick", input={"n": 1}))


class StdioTests(FolderCase):
    files = {
        "policies/a/quick.lua": policy('return { outcome = "approve", reasons = { "ok" } }', fields="id = optional(text {}), n = integer {}"),
        "policies/a/wide.lua": policy('return { outcome = "approve", reasons = { "ok" }, text = string.rep("x", tx.n) }',
                                      fields="id = optional(text {}), n = integer {}"),
    }

    @property
    def policies(self):
        return os.path.join(self.folder.path, "policies")

    def test_standard_output_that_takes_nothing_is_told_of(self):
        """Answers that were lost are no success, and what comes behind them is not decided."""
        with tempfile.TemporaryDirectory() as log:
            command = [REMIT, "serve", "--stdio", "--policies", self.policies, "--log", log]
            data = b"".join(line(request("decide", n, policy="a.wide", input={"n": 100_000})) for n in range(1000))
            with open("/dev/full", "wb") as full:
                done = subprocess.run(command, input=data, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertTrue(done.stderr.endswith(b"remit: cannot write standard output: no space left on device\n"), done.stderr)
            self.assertNotIn(b"drained", done.stderr)
            self.assertLess(len(lines(log)), 10)
            closed = subprocess.run(command, input=data, stderr=subprocess.PIPE, timeout=60, check=False, preexec_fn=lambda: os.close(1))
            self.assertEqual(closed.returncode, 2, closed.stderr)
            self.assertTrue(closed.stderr.endswith(b"remit: cannot write standard output: bad file descriptor\n"), closed.stderr)

    def test_standard_output_that_takes_nothing_ends_no_other_connection(self):
        with open("/dev/full", "wb") as full, tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "s")
            process = subprocess.Popen([REMIT, "serve", "--stdio", "--unix", path, "--policies", self.policies], stdin=subprocess.PIPE, stdout=full,
                                       stderr=subprocess.PIPE)
            process.stdin.write(quick(1))
            process.stdin.close()
            for text in process.stderr:
                if b"cannot write" in text:
                    break
            self.assertEqual(text, b"remit: error: cannot write standard output: no space left on device\n")
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(path)
            with Client(connection) as client:
                client.send(quick(2))
                self.assertIn(b'"id":2,"result"', client.line())
            process.terminate()
            self.assertEqual(process.wait(30), 0)
            process.stderr.close()

    def test_standard_input_that_cannot_be_read_is_told_of(self):
        with tempfile.TemporaryDirectory() as folder:
            file = os.open(folder, os.O_RDONLY)
            done = subprocess.run([REMIT, "serve", "--stdio", "--policies", self.policies], stdin=file, capture_output=True, timeout=60, check=False)
            os.close(file)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertTrue(done.stderr.endswith(b"remit: cannot read standard input: is a directory\n"), done.stderr)

    def test_standard_input_that_is_closed_is_empty(self):
        done = subprocess.run([REMIT, "serve", "--stdio", "--policies", self.policies], capture_output=True, timeout=60, check=False,
                              preexec_fn=lambda: os.close(0))
        self.assertEqual((done.returncode, done.stdout), (0, b""), done.stderr)
        self.assertIn(b"drained", done.stderr)


if __name__ == "__main__":
    unittest.main()
