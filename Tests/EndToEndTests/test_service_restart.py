"""`remit serve` after an end without warning, and beside another one: the same addresses again, and one owner of each."""
import os
import re
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from service import Client, line, request, Server
from support import REMIT, Folder, policy

HERE = os.path.dirname(os.path.abspath(__file__))
POLICIES = {"policies/a/quick.lua": policy(
    'return { outcome = "approve", reasons = { "ok" }, n = tx.n }', fields="id = optional(text {}), n = integer {}")}


class RestartTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder(POLICIES).__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.folder.__exit__()

    def start(self, *options, **environment):
        command = [REMIT, "serve", "--policies", self.folder.path + "/policies", "--plugins", self.folder.path + "/plugins", *options]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                env={**os.environ, **environment})

    def check_answers(self, path):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(path)
        with Client(connection) as client:
            self.assertEqual(client.call("decide", 3, policy="a.quick", input={"n": 3})["result"]["decision"]["n"], 3)

    def test_killed_under_load_it_starts_again_on_the_same_addresses(self):
        with Server(policies=self.folder.path + "/policies") as server:
            stop = threading.Event()
            broken = []

            def load(connect):
                try:
                    with connect() as client:
                        number = 0
                        while not stop.is_set():
                            client.send(b"".join(line(request("decide", n, policy="a.quick", input={"n": n}))
                                                 for n in range(number, number + 50)))
                            for n in range(number, number + 50):
                                answer = client.line()
                                if answer is None:
                                    return
                                if b'"id":%d,"result"' % n not in answer:
                                    broken.append(answer)
                            number += 50
                except (ConnectionError, AssertionError):
                    # It was killed, and with it what was under way.
                    pass

            threads = [threading.Thread(target=load, args=(connect,)) for connect in (server.tcp, server.unix) * 4]
            for thread in threads:
                thread.start()
            time.sleep(0.5)
            server.process.kill()
            server.process.wait()
            stop.set()
            for thread in threads:
                thread.join()
            self.assertEqual(broken, [])
            self.assertTrue(os.path.exists(server.path), "the file of the socket is left behind, as it is after a kill")
            again = self.start("--listen", f"127.0.0.1:{server.port}", "--unix", server.path)
            try:
                said = again.stderr.readline() + again.stderr.readline()
                self.assertIn(b"listening on 127.0.0.1:%d" % server.port, said)
                self.assertIn(b"listening on unix:", said)
                self.check_answers(server.path)
            finally:
                again.terminate()
                again.stderr.read()
                again.stderr.close()
                self.assertEqual(again.wait(30), 0)

    def test_a_second_service_is_told_and_the_first_goes_on(self):
        with Server(policies=self.folder.path + "/policies") as server:
            for options, words in ((("--listen", f"127.0.0.1:{server.port}"), rb"cannot listen on 127.0.0.1:\d+: address already in use"),
                                   (("--unix", server.path), rb"cannot listen on .*: another process does")):
                second = self.start(*options)
                said = second.communicate(timeout=30)[1]
                self.assertEqual(second.returncode, 2, said)
                self.assertTrue(re.search(words, said), said)
                self.assertEqual(said.count(b"\n"), 1, said)
                self.check_answers(server.path)

    def test_of_many_that_start_at_once_one_has_the_socket(self):
        """Also where a file was left behind, which each of them may take away."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "s")
            slow = os.path.join(folder, "slow.so")
            subprocess.run(["cc", "-fPIC", "-shared", os.path.join(HERE, "programs", "slow_unlink.c"), "-o", slow], check=True, timeout=60)
            for environment in ({}, {"LD_PRELOAD": slow}):
                with self.subTest(environment):
                    if os.path.exists(path):
                        os.unlink(path)
                    left = socket.socket(socket.AF_UNIX)
                    left.bind(path)
                    left.close()
                    all_of_them = [self.start("--unix", path, **environment) for _ in range(4)]
                    end = time.monotonic() + 30
                    # Three give up.
                    while sum(one.poll() is None for one in all_of_them) > 1 and time.monotonic() < end:
                        time.sleep(0.01)
                    alive = [one for one in all_of_them if one.poll() is None]
                    try:
                        self.assertEqual(len(alive), 1)
                        self.assertIn(b"listening on unix:", alive[0].stderr.readline())
                        self.check_answers(path)
                    finally:
                        for one in all_of_them:
                            one.terminate()
                            one.wait(30)
                            one.stderr.close()
                    for one in all_of_them:
                        self.assertEqual(one.returncode, 0 if one in alive else 2)


if __name__ == "__main__":
    unittest.main()
