"""What people read: messages on one line, the progress of a batch, files whose names can be no policy's."""
import os
import pty
import re
import select
import subprocess
import time
import unittest

from support import REMIT, Folder, policy

APPROVE = 'return { outcome = "approve", reasons = { "ok" } }'
CASE = 'return test "%s" { { name = "%s", input = {}, expect = { outcome = "%s" } } }'


class Pseudo:
    """`remit batch` with some of its three streams on a pseudo-terminal."""

    def __init__(self, folder, *arguments, terminals):
        self.here, there = pty.openpty()
        ends = [there if name in terminals else subprocess.PIPE for name in ("stdin", "stdout", "stderr")]
        command = [REMIT, "batch", "--policy", "x.y", "--policies", os.path.join(folder.path, "policies"), *arguments]
        self.process = subprocess.Popen(command, stdin=ends[0], stdout=ends[1], stderr=ends[2], bufsize=0)
        os.close(there)
        self.shown = b""

    def see(self, seconds, until=None):
        """Reads what the terminal shows, for so long or until it shows that."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not (until and until in self.shown):
            if not select.select([self.here], [], [], left)[0]:
                break
            try:
                data = os.read(self.here, 65536)
            except OSError:  # the other side is closed
                break
            if not data:
                break
            self.shown += data
        return self.shown

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()
        os.close(self.here)


class Progress(unittest.TestCase):
    files = {"policies/x/y.lua": policy(APPROVE)}
    PROGRESS = rb"\r\x1b\[Kremit: (\d+) rows, (\d+) rows/s"

    def feed(self, run, seconds, row=b'{"id":"1"}\n'):
        """One row now and then."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            run.process.stdin.write(row)
            run.see(0.1)

    def test_shown_after_a_second_and_erased(self):
        for arguments, row in (([], b'{"id":"1"}\n'), (["--format", "csv"], b"1\n")):
            with self.subTest(arguments), Folder(self.files) as folder, Pseudo(folder, *arguments, terminals=["stderr"]) as run:
                if arguments:
                    run.process.stdin.write(b"id\n")
                self.feed(run, 0.6, row)
                self.assertEqual(run.shown, b"")
                self.feed(run, 1.6, row)
                self.assertRegex(run.shown, b"^" + self.PROGRESS)
                self.assertLessEqual(len(re.findall(self.PROGRESS, run.shown)), 10)
                run.process.stdin.close()
                run.see(10, until=b"decisions/s")
                self.assertRegex(run.shown, rb"^(?:" + self.PROGRESS + rb")+\r\x1b\[Kremit: \d+ rows, \d+ approve, 0 errors, [\d.]+ s, \d+ decisions/s\r\n$")

    def test_not_shown_for_a_short_run(self):
        with Folder(self.files) as folder, Pseudo(folder, terminals=["stderr"]) as run:
            run.process.stdin.write(b'{"id":"1"}\n')
            run.process.stdin.close()
            run.see(10, until=b"decisions/s")
            self.assertRegex(run.shown, rb"^remit: 1 row, 1 approve, 0 errors, [^\r]*\r\n$")

    def test_results_do_not_stand_behind_it(self):
        with Folder(self.files) as folder, Pseudo(folder, terminals=["stdout", "stderr"]) as run:
            self.feed(run, 1.8)
            run.process.stdin.close()
            run.see(10, until=b"decisions/s")
            self.assertRegex(run.shown, self.PROGRESS)
            for line in run.shown.split(b"\r\n"):
                # What was there is erased before anything else is written.
                line = line.split(b"\x1b[K")[-1].lstrip(b"\r")
                self.assertRegex(line, rb"^(\{.*\}|remit: \d+ rows, .*decisions/s)?$")


class Input(unittest.TestCase):
    def test_a_terminal_is_told_that_it_is_read(self):
        with Folder({"policies/x/y.lua": policy(APPROVE)}) as folder:
            with Pseudo(folder, terminals=["stdin", "stdout", "stderr"]) as run:
                run.see(10, until=b"\n")
                self.assertRegex(run.shown, rb"^remit: [^\n]*standard input[^\n]*\r\n$")
                os.write(run.here, b'{"id":"7"}\n\x04')
                run.see(10, until=b"decisions/s")
                self.assertIn(b'{"id":"7","policy":"x.y"', run.shown)
            for arguments, terminals in (([], ["stderr"]), (["-"], ["stdin", "stderr"]), ([os.devnull], ["stdin", "stderr"])):
                with self.subTest(arguments), Pseudo(folder, *arguments, terminals=terminals) as run:
                    if "stdin" not in terminals:
                        run.process.stdin.close()
                    elif arguments == ["-"]:
                        os.write(run.here, b"\x04")
                    run.see(10, until=b"decisions/s")
                    self.assertNotIn(b"standard input", run.shown)


class Messages(unittest.TestCase):
    def assert_plain(self, data):
        self.assertNotRegex(data.decode(), "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

    def test_control_characters_are_written_out(self):
        names = {r"a\27[31m\nb": r"a\u{1B}[31m\nb", r"\r\t\0\127": r"\r\t\u{0}\u{7F}", r"\u{9b}2J": r"\u{9B}2J", r"\u{202e}x\u{2028}": r"\u{202E}x\u{2028}", "中 é": "中 é"}
        for name, shown in names.items():
            with self.subTest(name), Folder({"policies/x/y.lua": policy(APPROVE), "policies/x/y_test.lua": CASE % ("x.y", name, "reject")}) as folder:
                done = folder.run("test")
                self.assertEqual(done.stdout.decode().splitlines()[0], "x.y: " + shown)
                self.assert_plain(done.stdout)
        with Folder({"policies/x/y.lua": 'error("a\\27[31m\\nb")'}) as folder:
            for arguments in (["policies"], ["batch", "--policy", "x.y"], ["batch", "--policy", "a\x1b[31m\nb"], ["test", "\x1b[0m"], ["policies", "\x1b\n"]):
                with self.subTest(arguments):
                    done = folder.run(*arguments)
                    self.assertNotEqual(done.returncode, 0)
                    self.assertEqual(done.stderr.count(b"\n"), 1, done.stderr)
                    self.assert_plain(done.stderr)

    def test_a_summary_stays_one_line(self):
        with Folder({"policies/x/y.lua": policy(APPROVE).replace("A test.", r"A\n\27[31mtest.")}) as folder:
            done = folder.run("policies")
            self.assertEqual(done.stdout.decode().splitlines()[1], r"  A\n\u{1B}[31mtest.")


class Names(unittest.TestCase):
    files = {"policies/x/y.lua": policy(APPROVE), "policies/x/y_test.lua": CASE % ("x.y", "n", "approve"), "policies/z/Bad-Name.lua": "", "policies/z/a-b_test.lua": "",
             "policies/Upper/fine.lua": "", "policies/top.lua": "", "policies/lib/Any Name.lua": "", "policies/meta/x-y.lua": "", "policies/z/notes-1.txt": "", "policies/z/.hidden-1.lua": ""}

    def warned(self, *arguments, status=0):
        with Folder(self.files) as folder:
            done = folder.run(*(os.path.join(folder.path, argument[1:]) if argument.startswith("@") else argument for argument in arguments))
            self.assertEqual(done.returncode, status, done.stderr)
            return re.findall(r"(?m)^remit: warning: (\S+) is left out: .*$", done.stderr.decode())

    def test_files_that_cannot_be_policies(self):
        every = ["Upper/fine.lua", "top.lua", "z/Bad-Name.lua", "z/a-b_test.lua"]
        self.assertEqual(self.warned("policies"), every)
        self.assertEqual(self.warned("policies", "--json"), every)
        self.assertEqual(self.warned("test"), every)
        self.assertEqual(self.warned("test", "x.y"), [])
        self.assertEqual(self.warned("test", "@policies/x"), [])
        self.assertEqual(self.warned("test", "@policies/z", status=2), every[2:])
        self.assertEqual(self.warned("test", "@policies/z/a-b_test.lua", status=2), every[3:])


if __name__ == "__main__":
    unittest.main()
