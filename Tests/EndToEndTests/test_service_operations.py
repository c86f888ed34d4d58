"""What who runs a service sees: its messages as text and as JSON, its end within a stated time, and the scripts of `make`."""
import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from service import Server, line, request
from support import REMIT, ROOT, Folder, policy

POLICIES = {
    "policies/a/p.lua": policy('return { outcome = "approve", reasons = { "ok" } }', fields="id = optional(text {}), n = optional(integer {})"),
    "policies/a/wide.lua": policy('return { outcome = "approve", reasons = { "ok" }, text = string.rep("x", tx.n) }', fields="n = integer {}"),
    "policies/a/slow.lua": policy('local s = 0 for i = 1, tx.n do s = s + i end return { outcome = "approve", reasons = { "ok" } }', fields="n = integer {}"),
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def messages(said):
    """The messages of --log-format json, each looked at; a name that is there twice is a mistake."""
    def members(pairs):
        assert len({name for name, _ in pairs}) == len(pairs), pairs
        return dict(pairs)
    assert not said or said.endswith(b"\n"), said
    found = []
    for text in said.splitlines():
        one = json.loads(text, object_pairs_hook=members)
        assert list(one)[:3] == ["time", "level", "message"], one
        assert TIME.fullmatch(one["time"]), one
        assert one["level"] in ("info", "warning", "error"), one
        found.append(one)
    return found


class OperationsCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder(POLICIES)
        cls.folder.__enter__()
        cls.policies = os.path.join(cls.folder.path, "policies")

    @classmethod
    def tearDownClass(cls):
        cls.folder.__exit__()

    def server(self, *options):
        return Server(*options, policies=self.policies)

    def flood(self, client):
        """Asks for more than what fits on the way to a client that reads nothing."""
        client.send(b"".join(line(request("decide", n, policy="a.wide", input={"n": 900_000})) for n in range(50)))
        time.sleep(0.2)


class MessageTests(OperationsCase):
    def test_a_life_in_objects(self):
        with self.server("--log-format", "json", "--connections", "2", "--drain", "7") as server:
            server.wait_for(b'"ready')
            with server.tcp() as one, server.unix() as two:
                snapshot = one.call("health")["result"]["snapshot"]
                self.assertEqual(two.call("health")["result"]["policies"], 3)
                for _ in range(40):
                    with server.tcp() as refused:
                        self.assertIn(b"overloaded", refused.line())
                server.terminate()
                self.assertEqual(server.wait(), 0)
            said = messages(server.said())
            addresses = [f"127.0.0.1:{server.port}", f"unix:{server.path}"]
        self.assertEqual([one["message"] for one in said[:2]], [f"listening on {address}" for address in addresses])
        self.assertEqual([one["address"] for one in said[:2]], addresses)
        ready, refused, ending, drained, ended = said[2:]
        self.assertEqual(ready["message"], f"ready: remit 0.1.0, 3 policies, snapshot {snapshot}")
        self.assertEqual([ready[name] for name in ("version", "policies", "snapshot", "addresses", "pid")], ["0.1.0", 3, snapshot, addresses, server.process.pid])
        # Forty refusals, one message; the sum comes at the end.
        self.assertEqual((refused["level"], refused["refused"], refused["connections_max"]), ("warning", 1, 2))
        self.assertEqual((ending["level"], ending["connections"], ending["drain_s"]), ("info", 2, 7))
        self.assertEqual((drained["connections"], drained["cut"], drained["refused"]), (2, 0, 40))
        self.assertLess(drained["drain_ms"], 5000)
        self.assertIsInstance(ended["uptime_s"], int)

    def test_in_words(self):
        with self.server() as server:
            server.wait_for(b"ready")
            server.terminate()
            self.assertEqual(server.wait(), 0)
            lines = server.said().decode().splitlines()
        wanted = [r"listening on 127\.0\.0\.1:\d+", "listening on unix:.*", "ready: remit 0.1.0, 3 policies, snapshot [0-9a-f]{12}",
                  "ending: what was received is answered, and clients have 10 s to fetch it", r"drained 0 connections in \d+ ms", r"ended after \d+ s"]
        self.assertEqual(len(lines), len(wanted), lines)
        for text, pattern in zip(lines, wanted):
            self.assertRegex(text, f"^remit: {pattern}$")

    def test_one_is_one(self):
        with Folder({"policies/a/only.lua": next(iter(POLICIES.values()))}) as folder:
            done = folder.run("serve", "--stdio")
            self.assertIn(b", 1 policy, snapshot ", done.stderr)

    def test_levels(self):
        for level, least in [("warning", 1), ("error", 0)]:
            with self.subTest(level), tempfile.TemporaryDirectory() as folder:
                command = [REMIT, "serve", "--unix", os.path.join(folder, "s"), "--listen", "0.0.0.0:0", "--policies", self.policies, "--log-level", level]
                process = subprocess.Popen(command, stderr=subprocess.PIPE)
                while not os.path.exists(os.path.join(folder, "s")):
                    self.assertIsNone(process.poll())
                    time.sleep(0.01)
                # Its listeners are made in turn, the Unix socket last.
                process.terminate()
                said = process.communicate(timeout=30)[1]
                self.assertEqual(process.returncode, 0)
                self.assertEqual(len(said.splitlines()), least, said)
                self.assertNotIn(b"listening", said)

    def test_a_start_that_fails_is_told_in_objects_too(self):
        broken = {**POLICIES, "policies/a/broken.lua": "return policy {", "policies/b/worse.lua": "x ="}
        with Folder(broken) as folder:
            base = [REMIT, "serve", "--log-format", "json", "--policies"]
            for command, status, words in [
                    ([*base, os.path.join(folder.path, "policies"), "--stdio"], 4, ["a/broken.lua:1:", "b/worse.lua:1:"]),
                    ([*base, self.policies, "--stdio", "--idle", "x", "--loops", "0"], 2, ["--loops: ", "--idle: "]),
                    ([*base, self.policies], 2, ["say where to listen"]),
                    ([*base, "/nowhere\n\"", "--stdio"], 2, ["cannot read the folder"]),
                    ([*base, self.policies, "--unix", "/nowhere/at/all"], 2, ["cannot listen on /nowhere/at/all"])]:
                with self.subTest(command[4:]):
                    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
                    self.assertEqual(done.returncode, status, done.stderr)
                    said = messages(done.stderr)
                    self.assertEqual(len(said), len(words), said)
                    for one, word in zip(said, words):
                        self.assertIn(word, one["message"])

    def test_a_file_that_is_no_policy_is_warned_of(self):
        with Folder({**POLICIES, "policies/Odd \"name\".lua": ""}) as folder:
            command = [REMIT, "serve", "--stdio", "--log-format", "json", "--policies", os.path.join(folder.path, "policies")]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
        said = messages(done.stderr)
        self.assertEqual((done.returncode, said[0]["level"]), (0, "warning"))
        self.assertTrue(said[0]["message"].startswith('Odd "name".lua is left out'), said)

    def test_inputs_never_stand_in_messages(self):
        with self.server("--log-format", "json", "--line-bytes", "4096") as server:
            with server.tcp() as client:
                mark = "SECRET-4711"
                for message in [request("decide", mark, policy="a.p", input={"id": mark, "n": mark}), request("decide", 1, policy=mark, input={}),
                                request(mark), request("decide", 1, policy="a.p", input=mark), request("decide", 1, policy="a.p", params={mark: mark}, input={}),
                                request("decide", 1, policy="a.p", at=mark, input={})]:
                    self.assertIn("error", client.ask(message))
                client.send((mark * 1000 + "\n").encode())
                self.assertIn(b"line_too_long", client.line())
                client.send(("{" + mark + "\n" + mark).encode())
                self.assertIn(b"-32700", client.line())
                server.terminate()
                self.assertEqual(server.wait(), 0)
            self.assertNotIn(mark.encode(), server.said())
            self.assertEqual({one["level"] for one in messages(server.said())}, {"info"})


    def test_messages_that_nobody_reads_hold_nothing_up(self):
        """Standard error is a pipe that is full from the start; later it is read."""
        reader, writer = os.pipe()
        size = fcntl.fcntl(writer, fcntl.F_GETPIPE_SZ)
        os.write(writer, b"." * size)
        with tempfile.TemporaryDirectory() as folder, os.fdopen(reader, "rb", buffering=0) as messages_of:
            path = os.path.join(folder, "s")
            process = subprocess.Popen([REMIT, "serve", "--unix", path, "--policies", self.policies, "--log-format", "json"], stderr=writer)
            os.close(writer)
            end = time.monotonic() + 30
            while not os.path.exists(path):
                self.assertLess(time.monotonic(), end)
                time.sleep(0.01)
            client = socket.socket(socket.AF_UNIX)
            client.connect(path)
            client.sendall(line(request("health")))
            self.assertIn(b'"ok"', client.recv(1000))
            client.close()
            self.assertEqual(len(messages_of.read(size)), size)
            process.terminate()
            self.assertEqual(process.wait(30), 0)
            said = messages(messages_of.read())
        self.assertEqual((said[0]["level"], said[0]["lost"]), ("warning", 2))
        self.assertTrue(said[-1]["message"].startswith("ended"), said)

    def test_libraries_say_nothing(self):
        done = subprocess.run([REMIT, "serve", "--stdio", "--policies", self.policies], env={**os.environ, "CONFIG_ACCESS_LOG_FILE": "/nowhere/at/all"},
                              input=line(request("health")), capture_output=True, timeout=30, check=False)
        self.assertEqual(done.returncode, 0)
        for text in done.stderr.decode().splitlines():
            self.assertRegex(text, "^remit: (serving|ready|ending|drained|ended)")


class DrainTests(OperationsCase):
    def check_end(self, server, least, most):
        start = time.monotonic()
        server.terminate()
        self.assertEqual(server.wait(), 0)
        took = time.monotonic() - start
        self.assertGreaterEqual(took, least)
        self.assertLess(took, most)

    def test_a_client_that_never_reads_is_cut(self):
        for seconds in (0, 1, 2):
            with self.subTest(seconds), self.server("--drain", str(seconds), "--log-format", "json") as server, server.tcp() as client, server.tcp() as other:
                other.call("health")
                self.flood(client)
                self.check_end(server, seconds, seconds + 2)
                said = messages(server.said())
                (cut,) = [one for one in said if "cut" in one]
                # Nothing is waited for where there are no seconds, not even those who read.
                self.assertIn(cut["cut"], (1,) if seconds else (1, 2))
                self.assertEqual((cut["level"], cut["connections"]), ("warning", 2))
                self.assertGreaterEqual(cut["drain_ms"], seconds * 1000)

    def test_a_client_that_reads_late_gets_all(self):
        with self.server("--drain", "20") as server, server.tcp() as client:
            self.flood(client)
            server.terminate()
            server.wait_for(b"ending: ")
            time.sleep(0.3)
            lines = client.lines()
            self.assertEqual([json.loads(text)["id"] for text in lines], list(range(len(lines))))
            self.assertEqual(server.wait(), 0)
            self.assertIn(b"drained 1 connection in ", server.said())

    def test_long_work_does_not_hold_it_up(self):
        with self.server("--drain", "1", "--workers", "1") as server, server.tcp() as client:
            client.send(line(request("decide_batch", 1, policy="a.slow", inputs=[{"n": 30_000}] * 9000)))
            time.sleep(0.2)
            self.check_end(server, 1, 4)
            self.assertIn(b"gave up 1 request that took longer than 1 s", server.said())

    def test_standard_output_that_nobody_reads_is_cut(self):
        process = subprocess.Popen([REMIT, "serve", "--stdio", "--policies", self.policies, "--drain", "1"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            process.stdin.write(b"".join(line(request("decide", n, policy="a.wide", input={"n": 900_000})) for n in range(4)))
            process.stdin.flush()
            self.assertIn(b"serving", process.stderr.readline())
            time.sleep(0.3)
            start = time.monotonic()
            process.terminate()
            self.assertEqual(process.wait(30), 0)
            self.assertLess(time.monotonic() - start, 3)
            self.assertIn(b"cut 1 connection: ", process.stderr.read())
        finally:
            process.kill()
            for stream in (process.stdin, process.stdout, process.stderr):
                stream.close()

    def test_a_second_signal_changes_nothing(self):
        with self.server("--drain", "2") as server, server.tcp() as client:
            self.flood(client)
            server.terminate()
            server.wait_for(b"ending: ")
            server.terminate()
            server.process.send_signal(signal.SIGINT)
            self.assertEqual(server.wait(), 0)


class ScriptTests(unittest.TestCase):
    def test_make_run_asks_a_service_of_its_own(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(["scripts/ask-sample", REMIT], cwd=ROOT, env={**os.environ, "TMPDIR": folder}, capture_output=True, timeout=60, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertEqual(os.listdir(folder), [])
        said = done.stdout.decode()
        replies = [json.loads(text) for text in re.findall(r"^< (\{.*)$", said, re.MULTILINE)]
        self.assertEqual([reply["id"] for reply in replies], [1, 2, 3])
        self.assertEqual(replies[0]["result"]["status"], "ok")
        self.assertEqual(replies[1]["result"]["decision"]["outcome"], "approve")
        self.assertEqual(replies[2]["error"]["data"]["path"], "/amount")
        self.assertIn(f"< {replies[0]['result']['policies']} policies", said)
        self.assertTrue(said.endswith("exit status 0\n"), said)

    def test_make_run_cleans_up_when_it_is_interrupted(self):
        """In place of the program stands one that never gets ready."""
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number), tempfile.TemporaryDirectory() as folder:
                program = os.path.join(folder, "remit")
                with open(program, "w", encoding="ascii") as file:
                    file.write('#!/bin/sh\necho "$$" >"$0.pid"\nexec sleep 600\n')
                os.chmod(program, 0o755)
                temporary = os.path.join(folder, "t")
                os.mkdir(temporary)
                process = subprocess.Popen(["scripts/ask-sample", program], cwd=ROOT, env={**os.environ, "TMPDIR": temporary}, start_new_session=True,
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                end = time.monotonic() + 30
                while not os.path.exists(program + ".pid") or not os.path.getsize(program + ".pid"):
                    self.assertLess(time.monotonic(), end)
                    time.sleep(0.01)
                time.sleep(0.1)
                os.killpg(process.pid, number)
                self.assertNotEqual(process.wait(30), 0)
                self.assertEqual(os.listdir(temporary), [])
                with open(program + ".pid", encoding="ascii") as file:
                    self.assertRaises(ProcessLookupError, os.kill, int(file.read()), 0)

    def test_make_serve(self):
        """It listens where it says, and what it says to try works."""
        with socket.socket() as free, socket.socket() as other:
            free.bind(("127.0.0.1", 0))
            other.bind(("127.0.0.1", 0))
            port, http = free.getsockname()[1], other.getsockname()[1]
        with tempfile.TemporaryDirectory() as folder:
            run = os.path.join(folder, "run")
            process = subprocess.Popen(["scripts/serve", REMIT], cwd=ROOT, env={**os.environ, "PORT": str(port), "HTTP_PORT": str(http), "RUN": run},
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            try:
                while b"ready: " not in (said := process.stderr.readline()):
                    self.assertTrue(said)
                commands = []
                while not (text := process.stdout.readline().decode()).startswith("docs/"):
                    if text.startswith("  "):
                        commands.append(text)
                self.assertEqual(len(commands), 5)
                self.assertIn(f" 127.0.0.1 {port}\n", commands[0])
                for number, command in enumerate(commands):
                    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, timeout=30, check=False)
                    self.assertEqual((done.returncode, done.stderr), (0, b""), command)
                    if number < 3:
                        self.assertIn("result", json.loads(done.stdout), command)
                    else:
                        self.assertIn(b"authority.limit", done.stdout)
                process.send_signal(signal.SIGINT)
                self.assertEqual(process.wait(30), 0)
                self.assertEqual(os.listdir(run), ["log"])
            finally:
                process.kill()
                process.wait()
                process.stdout.close()
                process.stderr.close()
        done = subprocess.run(["scripts/serve", REMIT], cwd=ROOT, env={**os.environ, "PORT": "http"}, capture_output=True, timeout=30, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (2, b"", b'serve: PORT is "http": give a number\n'))


if __name__ == "__main__":
    unittest.main()
