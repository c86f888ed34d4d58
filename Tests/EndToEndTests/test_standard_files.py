"""Standard input, output and error as whoever starts a command has left them: closed, non-blocking, of a limited size."""
import fcntl
import os
import resource
import subprocess
import threading
import time
import unittest

from support import REMIT, Folder, FolderCase, policy


class ClosedTests(unittest.TestCase):
    def test_files_that_whoever_starts_it_has_closed(self):
        """A closed input is an empty one; a closed output takes nothing, which is said; no other file gets their numbers."""
        with Folder({"policies/x/y.lua": policy('return { outcome = "approve", reasons = { "ok" } }')}) as folder:
            def start(*arguments, closed, data=None):
                def close():
                    for file in closed:
                        os.close(file)
                return subprocess.run([REMIT, *arguments], input=data, capture_output=True, cwd=folder.path, check=False, timeout=60, preexec_fn=close)
            for arguments in (["batch", "--policy", "x.y"], ["batch", "--policy", "x.y", "--format", "csv"], ["check"], ["test"], ["policies"]):
                with self.subTest(arguments):
                    empty = start(*arguments, closed=[], data=b"")
                    for closed in ([0], [0, 2], [2]):
                        done = start(*arguments, closed=closed, data=None if 0 in closed else b"")
                        self.assertEqual((done.returncode, done.stdout), (empty.returncode, empty.stdout), done.stderr)
            for arguments in (["batch", "--policy", "x.y"], ["explain", "--policy", "x.y"], ["policies"], ["--version"]):
                for closed in ([1], [1, 2]):
                    with self.subTest(arguments, closed=closed):
                        done = start(*arguments, closed=closed, data=b"{}\n")
                        self.assertEqual(done.returncode, 2, done.stderr)
                        if 2 not in closed:
                            self.assertTrue(done.stderr.endswith(b"remit: cannot write standard output: bad file descriptor\n"), done.stderr)


class NonBlockingTests(FolderCase):
    """A program that has the other end, or a copy, may have made a file non-blocking: that is no failure."""
    files = {"policies/x/y.lua": policy('return { outcome = "approve", reasons = { "ok" } }')}
    ROWS = 20_000

    def run_slowly(self, *arguments, rows):
        """Both files are non-blocking; the input comes in two parts and the output is read late."""
        source, feed = os.pipe()
        drain, target = os.pipe()
        for file in (source, target):
            fcntl.fcntl(file, fcntl.F_SETFL, fcntl.fcntl(file, fcntl.F_GETFL) | os.O_NONBLOCK)
        process = subprocess.Popen([REMIT, *arguments], stdin=source, stdout=target, stderr=subprocess.PIPE, cwd=self.folder.path)
        os.close(source)
        os.close(target)

        def write():
            with open(feed, "wb") as file:
                time.sleep(0.3)
                file.write(rows[:len(rows) // 2])
                file.flush()
                time.sleep(0.3)
                file.write(rows[len(rows) // 2:])
        writer = threading.Thread(target=write)
        writer.start()
        time.sleep(1)
        with open(drain, "rb") as file:
            got = file.read()
        said = process.stderr.read()
        process.stderr.close()
        writer.join()
        return process.wait(60), got, said

    def test_batch(self):
        for options in ([], ["--format", "csv"]):
            with self.subTest(options):
                data = b"id\n" + b"x\n" * self.ROWS if options else b'{"id":"x"}\n' * self.ROWS
                arguments = ["batch", "--policy", "x.y", *options]
                wanted = subprocess.run([REMIT, *arguments], input=data, capture_output=True, cwd=self.folder.path, check=True).stdout
                self.assertGreater(len(wanted), 1 << 18)
                status, got, said = self.run_slowly(*arguments, rows=data)
                self.assertEqual((status, got == wanted), (0, True), said)

    def test_texts(self):
        files = {f"policies/x/y{n}.lua": self.files["policies/x/y.lua"] for n in range(400)}
        with Folder(files) as folder:
            arguments = ["policies", "--json", "--policies", folder.path + "/policies"]
            wanted = subprocess.run([REMIT, *arguments], capture_output=True, check=True).stdout
            self.assertGreater(len(wanted), 1 << 16)
            status, got, said = self.run_slowly(*arguments, rows=b"")
            self.assertEqual((status, got == wanted), (0, True), said)


class SizeTests(FolderCase):
    files = NonBlockingTests.files

    def test_a_file_that_may_grow_no_more_is_told_of(self):
        """The system's signal for it would end the command without a word."""
        path = os.path.join(self.folder.path, "out")
        health = b'{"jsonrpc":"2.0","id":1,"method":"policies"}\n' * 100
        for arguments, data in ((["batch", "--policy", "x.y"], b"{}\n" * 1000), (["serve", "--stdio"], health), (["policies", "--json"], b"")):
            with self.subTest(arguments), open(path, "wb") as out:
                done = subprocess.run([REMIT, *arguments], input=data, stdout=out, stderr=subprocess.PIPE, cwd=self.folder.path, timeout=60, check=False,
                                      preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)))
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertTrue(done.stderr.endswith(b"remit: cannot write standard output: file too large\n"), done.stderr)
                self.assertEqual(os.path.getsize(path), 100)


if __name__ == "__main__":
    unittest.main()
