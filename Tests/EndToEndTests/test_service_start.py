"""`remit serve` where an address, a socket's file or the system does not let it start: told in a line, at once, and nothing is left."""
import fcntl
import os
import resource
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from service import Client, line, request
from support import REMIT, FolderCase, policy


class StartCase(FolderCase):
    files = {"policies/a/quick.lua": policy('return { outcome = "approve", reasons = { "ok" } }', fields="id = optional(text {}), n = integer {}")}

    def setUp(self):
        self.place = self.enterContext(tempfile.TemporaryDirectory())

    def command(self, *options):
        return [REMIT, "serve", *options, "--policies", os.path.join(self.folder.path, "policies")]

    def check_refused(self, words, *options, timeout=30, **how):
        done = subprocess.run(self.command(*options), stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False, cwd=self.place, **how)
        said = done.stderr.decode()
        self.assertEqual((done.returncode, done.stdout), (2, b""), said)
        self.assertRegex(said, f"(?m)^remit: {words}\n\\Z")
        self.assertNotIn("ERROR", said)
        self.assertEqual([name for name in os.listdir(self.place) if name.startswith("s")], [])
        return said

    def start(self, *options, **how):
        """A service that is up; it is ended with the test."""
        process = subprocess.Popen(self.command(*options), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=self.place, **how)
        self.addCleanup(self.end, process)
        said = b""
        while b"ready" not in said:
            more = process.stderr.readline()
            self.assertTrue(more, said)
            said += more
        return said.decode()

    def end(self, process):
        process.terminate()
        process.stderr.read()
        process.stderr.close()
        self.assertEqual(process.wait(30), 0)


class AddressTests(StartCase):
    def test_what_is_no_address(self):
        for text in ("*:7400", "127.0.0.1:+80", "127.0.0.1:", ":7400", "[]:7400", "127.0.0.1: 80", "[::1]", "::1:7400", "127.0.0.1:65536", "127.0.0.1:-1"):
            for option in ("--listen", "--http"):
                with self.subTest(text, option=option):
                    self.check_refused(f"{option}: expected HOST:PORT, .*", option, text)
        self.check_refused("--unix-mode: expected .*", "--unix", "s", "--unix-mode", "+660")

    def test_names_that_nobody_knows(self):
        for option in ("--listen", "--http"):
            with self.subTest(option):
                self.check_refused(r"cannot listen on nobody.invalid:7400: [a-z ]+", option, "nobody.invalid:7400")
                self.check_refused(f"{option}: 999.1.1.1 is no IPv4 address", option, "999.1.1.1:7400")

    def test_what_is_given_twice(self):
        twice = ".*: {} is given (twice|to .* already)"
        for address, options in (("127.0.0.1:7499", ["--listen", "127.0.0.1:7499", "--listen", "127.0.0.1:7499"]),
                                 (r"\[::1\]:7499", ["--listen", "[::1]:7499", "--http", "[::1]:7499"]),
                                 ("s", ["--unix", "s", "--unix", "s"]), ("s", ["--unix", "s", "--admin-unix", "s"]), (r"\./s", ["--unix", "s", "--unix", "./s"])):
            with self.subTest(options):
                self.check_refused(twice.format(address), *options)
        self.start("--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0")

    def test_an_address_of_version_6_is_named_as_it_is_written(self):
        with socket.socket(socket.AF_INET6) as taken:
            taken.bind(("::1", 0))
            taken.listen()
            self.check_refused(r"cannot listen on \[::1\]:\d+: address already in use", "--unix", "s", "--listen", f"[::1]:{taken.getsockname()[1]}")

    def test_a_loopback_address_of_version_4_in_one_of_6_is_not_warned_of(self):
        said = self.start("--listen", "[::ffff:127.0.0.1]:0")
        self.assertNotIn("warning", said)


class SocketTests(StartCase):
    def path(self, name):
        return os.path.join(self.place, name)

    def test_folders_that_are_not_there(self):
        open(self.path("file"), "w", encoding="ascii").close()
        self.check_refused("cannot listen on nowhere/s: no such file or directory", "--unix", "nowhere/s")
        self.check_refused("cannot listen on file/s: not a directory", "--unix", "file/s")

    def test_one_that_accepts_nobody_is_not_waited_for(self):
        with socket.socket(socket.AF_UNIX) as taken, socket.socket(socket.AF_UNIX) as first, socket.socket(socket.AF_UNIX) as second:
            taken.bind(self.path("full"))
            taken.listen(0)
            for client in (first, second):
                client.setblocking(False)
                client.connect_ex(self.path("full"))
            self.check_refused("cannot listen on full: another process does", "--unix", "full")

    def test_one_of_another_kind(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as taken:
            taken.bind(self.path("datagrams"))
            self.check_refused("cannot listen on datagrams: another process does", "--unix", "datagrams")

    @unittest.skipUnless(os.geteuid() == 0, "only the superuser can become another user")
    def test_one_of_another_user(self):
        for folder in (self.place, self.folder.path):
            os.chmod(folder, 0o755)
        with socket.socket(socket.AF_UNIX) as taken:
            taken.bind(self.path("theirs"))
            os.chmod(self.path("theirs"), 0o600)
            self.check_refused("cannot listen on theirs: a socket is there, and not for this user: permission denied", "--unix", "theirs", user=65534)
        self.check_refused("cannot listen on s: permission denied", "--unix", "s", user=65534)

    def test_a_folder_that_somebody_else_has_locked(self):
        folder = os.open(self.place, os.O_RDONLY)
        self.addCleanup(os.close, folder)
        fcntl.flock(folder, fcntl.LOCK_EX)
        start = time.monotonic()
        self.start("--unix", "s")
        self.assertLess(time.monotonic() - start, 30)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.path("s"))
            client = Client(connection)
            client.send(line(request("decide", 1, policy="a.quick", input={"n": 1})))
            self.assertIn(b'"id":1,"result"', client.line())

    def test_the_folder_of_the_log_is_none_to_spill_to(self):
        for spill in ("log", "./log/", self.path("log")):
            for options in (["--log-full", "spill", "--log-spill", spill], ["--log-full", f"spill {spill}"]):
                with self.subTest(options):
                    os.makedirs(self.path("log"), exist_ok=True)
                    self.check_refused(rf"--log-(spill|full): {spill} is the folder of the log itself, and it goes on in another", "--stdio", "--log", "log", *options)


    def test_a_mode_of_no_socket_is_warned_of(self):
        words = "remit: warning: --unix-mode: means nothing without --unix PATH"
        for options, warns in ((["--admin-unix", "s", "--unix-mode", "660"], True), (["--unix", "s", "--unix-mode", "660"], False)):
            with self.subTest(options):
                self.assertEqual(words in self.start("--listen", "127.0.0.1:0", *options), warns)
                self.doCleanups()
                self.place = self.enterContext(tempfile.TemporaryDirectory())
        self.assertNotIn(words, self.start("--listen", "127.0.0.1:0", env={**os.environ, "REMIT_UNIX_MODE": "660"}))


class EarlyClientTests(StartCase):
    def test_nobody_is_let_in_by_a_service_that_does_not_start(self):
        """A client that connects to the first address while the second cannot be had gets no answer, and disturbs nothing."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            stop = threading.Event()
            got = []
            ended = []

            def talk():
                while not stop.is_set():
                    with socket.socket(socket.AF_UNIX) as connection:
                        try:
                            connection.connect(os.path.join(self.place, "s"))
                            connection.sendall(line(request("health")))
                            got.append(connection.recv(1000))
                        except OSError as problem:
                            ended.append(problem)
            threads = [threading.Thread(target=talk) for _ in range(4)]
            for thread in threads:
                thread.start()
            try:
                for option in ("--http", "--admin-unix"):
                    address = f"127.0.0.1:{taken.getsockname()[1]}" if option == "--http" else "nowhere/t"
                    for _ in range(5):
                        self.check_refused(f"cannot listen on {address}: .*", "--unix", "s", option, address, "--loops", "4")
            finally:
                stop.set()
                for thread in threads:
                    thread.join()
            self.assertEqual([text for text in got if text], [])


class SystemTests(StartCase):
    def test_too_few_files(self):
        def few(files):
            return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
        for files in (8, 16, 29):
            with self.subTest(files):
                self.check_refused(rf"the system lets this process have {files} files, and it needs 30 \(see ulimit -n\)", "--stdio", "--unix", "s",
                                   "--loops", "2", preexec_fn=few(files))
        self.start("--stdio", "--unix", "s", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--loops", "2", preexec_fn=few(30))

    def test_signals_that_were_blocked_or_ignored_before(self):
        signals = [signal.SIGHUP, signal.SIGTERM, signal.SIGINT]

        def ignore():
            for number in signals:
                signal.signal(number, signal.SIG_IGN)
        for before in (lambda: signal.pthread_sigmask(signal.SIG_BLOCK, signals), ignore):
            for end in (signal.SIGTERM, signal.SIGINT):
                process = subprocess.Popen(self.command("--listen", "127.0.0.1:0"), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=before)
                late = threading.Timer(30, process.kill)
                late.start()
                self.addCleanup(late.cancel)
                for number, words in ((None, b"ready"), (signal.SIGHUP, b"reloaded"), (end, b"ended")):
                    if number:
                        process.send_signal(number)
                    text = b""
                    while words not in text:
                        text = process.stderr.readline()
                        self.assertTrue(text, words)
                self.assertEqual(process.wait(30), 0)
                late.cancel()
                process.stderr.close()


if __name__ == "__main__":
    unittest.main()
