"""`remit serve` under bad clients and many: nobody disturbs another, every limit says that it was met, and SIGTERM loses nothing."""
import json
import os
import random
import re
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from service import Server, line, request, stdio
from support import REMIT, ROOT, Folder, FolderCase, policy, resident_peak, run

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "reference"))
import compare  # noqa: E402

AT = "2025-06-15T08:00:00Z"
POLICIES = {
    "policies/a/quick.lua": policy(
        'return { outcome = "approve", reasons = { "ok" }, n = tx.n }', fields="id = optional(text {}), n = integer {}"),
    "policies/a/slow.lua": policy(
        """local x = 0
           for i = 1, tx.n do x = (x * 7 + i) % 1000 end
           return { outcome = "approve", reasons = { "ok" }, x = x }""", fields="id = optional(text {}), n = integer {}"),
    "policies/a/wide.lua": policy(
        'return { outcome = "approve", reasons = { "ok" }, text = string.rep("x", tx.n) }',
        fields="id = optional(text {}), n = integer {}"),
}


def quick(number, n=1):
    return line(request("decide", number, policy="a.quick", input={"n": n}))


class ServiceTest(FolderCase):
    files = POLICIES

    @property
    def policies(self):
        return os.path.join(self.folder.path, "policies")

    def server(self, *options):
        return Server(*options, policies=self.policies)

    def check_answers(self, lines, numbers):
        """Each line is the decision of the request with that number."""
        self.assertEqual([json.loads(text)["id"] for text in lines], list(numbers))
        for text in lines:
            self.assertIn("result", json.loads(text))

    def check_alive(self, server):
        with server.tcp() as client:
            self.check_answers([client_line(client, quick(1))], [1])


def client_line(client, data):
    client.send(data)
    return client.line()


class OrderTests(ServiceTest):
    def test_answers_come_in_the_order_of_the_requests(self):
        """Also behind batches, which other threads decide."""
        generator = random.Random(1)
        with self.server() as server, server.tcp() as client:
            data = []
            for number in range(3000):
                if generator.random() < 0.05:
                    inputs = [{"n": 1}] * generator.randrange(50)
                    data.append(line(request("decide_batch", number, policy="a.quick", inputs=inputs)))
                else:
                    data.append(quick(number))
            thread = threading.Thread(target=lambda: (client.send(b"".join(data)), client.end()))
            thread.start()
            lines = client.lines()
            thread.join()
            self.check_answers(lines, range(3000))

    def test_small_requests_of_others_do_not_wait_for_a_batch(self):
        """One loop and one worker, and a batch of a second and more: a request takes no longer than it does without."""
        with self.server("--loops", "1", "--workers", "1") as server, server.tcp() as long, server.tcp() as short:
            client_line(short, quick(0))
            began = time.monotonic()
            long.send(line(request("decide_batch", 1, policy="a.slow", inputs=[{"n": 20_000}] * 1000)))
            times = []
            for number in range(50):
                start = time.monotonic()
                self.check_answers([client_line(short, quick(number))], [number])
                times.append(time.monotonic() - start)
            self.assertEqual(select.select([long.socket], [], [], 0)[0], [], "the batch was over before it could be in the way")
            self.assertEqual(len(json.loads(long.line())["result"]["results"]), 1000)
            whole = time.monotonic() - began
            self.assertLess(sorted(times)[25], whole / 10)

    def test_pipelined_slow_requests_give_others_their_turn(self):
        with self.server("--loops", "1") as server, server.tcp() as slow, server.tcp() as short:
            client_line(short, quick(0))
            slow.send(b"".join(line(request("decide", n, policy="a.slow", input={"n": 20_000})) for n in range(400)))
            start = time.monotonic()
            for number in range(20):
                self.check_answers([client_line(short, quick(number))], [number])
            between = time.monotonic() - start
            slow.end()
            self.check_answers(slow.lines(), range(400))
            whole = time.monotonic() - start
            self.assertLess(between, whole / 2, "twenty small requests waited for what another had pipelined")

    def test_many_clients_get_their_own_answers(self):
        with self.server() as server:
            failures = []

            def talk(seed):
                generator = random.Random(seed)
                try:
                    with (server.tcp() if seed % 2 else server.unix()) as client:
                        for turn in range(30):
                            numbers = [seed * 1000 + turn * 10 + n for n in range(generator.randrange(1, 10))]
                            client.send(b"".join(quick(number, number) for number in numbers))
                            for number in numbers:
                                reply = json.loads(client.line())
                                if (reply["id"], reply["result"]["decision"]["n"]) != (number, number):
                                    failures.append((number, reply))
                except Exception as problem:  # noqa: BLE001 - told by the thread that waits
                    failures.append(problem)
            threads = [threading.Thread(target=talk, args=(seed,)) for seed in range(40)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(failures, [])


class LimitTests(ServiceTest):
    def test_a_line_may_be_as_long_as_the_limit(self):
        with self.server() as server, server.tcp() as client:
            for size, fits in [((1 << 20) - 1, True), (1 << 20, True), ((1 << 20) + 1, False)]:
                text = quick(size)[:-1]
                for end in [b"\n", b"\r\n"]:
                    reply = json.loads(client_line(client, text + b" " * (size - len(text)) + end))
                    if fits:
                        self.assertEqual(reply["id"], size)
                    else:
                        self.assertIsNone(reply["id"])
                        self.assertEqual(reply["error"]["code"], -32000)
                        self.assertEqual(reply["error"]["data"], {"code": "line_too_long"})

    def test_a_line_without_an_end_is_refused_at_once_and_costs_no_memory(self):
        with self.server() as server, server.tcp() as client:
            client.send(b"x" * ((1 << 20) + 2))
            self.assertEqual(json.loads(client.line())["error"]["data"]["code"], "line_too_long")
            before = resident_peak(server.process.pid)
            for _ in range(64):
                client.send(b"y" * (1 << 20))
            client.send(b"\n" + quick(5))
            self.check_answers([client.line()], [5])
            self.assertLess(resident_peak(server.process.pid) - before, 16 << 10)

    def test_the_limit_of_a_line_is_a_setting(self):
        with self.server("--line-bytes", "200") as server, server.tcp() as client:
            self.assertEqual(json.loads(client_line(client, b"x" * 201 + b"\n"))["error"]["data"]["code"], "line_too_long")
            self.check_answers([client_line(client, quick(1))], [1])

    def test_one_connection_over_the_limit_is_told_so(self):
        with self.server("--connections", "3") as server:
            kept = [server.tcp() for _ in range(3)]
            for client in kept:
                client_line(client, quick(1))
            for _ in range(3):
                with server.tcp() as client:
                    client.send(quick(1))
                    reply = json.loads(client.line())
                    self.assertEqual((reply["id"], reply["error"]["data"]), (None, {"code": "overloaded"}))
                    self.assertIsNone(client.line())
            for client in kept:
                self.check_answers([client_line(client, quick(1))], [1])
            kept.pop().close()
            self.wait_until(lambda: self.is_served(server))
            for client in kept:
                client.close()

    def is_served(self, server):
        with server.tcp() as client:
            client.send(quick(1))
            return "result" in json.loads(client.line())

    def wait_until(self, condition):
        end = time.monotonic() + 20
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)

    def test_1100_connections(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
        try:
            with self.server() as server:
                clients = []
                for number in range(1100):
                    clients.append(server.tcp())
                    clients[-1].send(quick(number))
                served = refused = 0
                for number, client in enumerate(clients):
                    reply = json.loads(client.line())
                    if "result" in reply:
                        self.assertEqual(reply["id"], number)
                        served += 1
                    else:
                        self.assertEqual(reply["error"]["data"]["code"], "overloaded")
                        refused += 1
                self.assertEqual((served, refused), (1024, 76))
                for number in range(0, 1024, 97):
                    self.check_answers([client_line(clients[number], quick(7))], [7])
                for client in clients:
                    client.close()
                self.wait_until(lambda: self.is_served(server))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    def test_who_does_nothing_is_told_and_closed(self):
        with self.server("--idle", "1") as server, server.tcp() as idle, server.tcp() as torn, server.tcp() as busy:
            torn.send(b'{"jsonrpc"')
            end = time.monotonic() + 2.5
            number = 0
            while time.monotonic() < end:
                self.check_answers([client_line(busy, quick(number))], [number])
                number += 1
                time.sleep(0.2)
            for client in [idle, torn]:
                reply = json.loads(client.line())
                self.assertEqual((reply["id"], reply["error"]["data"]["code"]), (None, "overloaded"))
                self.assertIn("idle for 1 s", reply["error"]["message"])
                self.assertIsNone(client.line())

    def test_a_long_batch_is_not_idle(self):
        with self.server("--idle", "1") as server, server.tcp() as client:
            began = time.monotonic()
            reply = client.ask(line(request("decide_batch", 1, policy="a.slow", inputs=[{"n": 20_000}] * 1200)))
            self.assertEqual(len(reply["result"]["results"]), 1200)
            self.assertGreater(time.monotonic() - began, 1.1, "the batch was too short to tell")

    def test_answers_to_one_line_have_a_limit(self):
        with self.server() as server, server.tcp() as client:
            inputs = [{"n": 1_000_000}] * 80
            reply = client.call("decide_batch", policy="a.wide", inputs=inputs)
            self.assertEqual(reply["error"]["data"], {"code": "overloaded"})
            self.assertEqual(len(client.call("decide_batch", policy="a.wide", inputs=inputs[:10])["result"]["results"]), 10)
            client.send(json.dumps([request("decide", n, policy="a.wide", input=one) for n, one in enumerate(inputs)]).encode() + b"\n")
            replies = json.loads(client.line())
            self.assertEqual(len(replies), 80)
            self.assertIn("result", replies[0])
            self.assertEqual(replies[79]["error"]["data"], {"code": "overloaded"})


class BadClientTests(ServiceTest):
    def test_who_reads_nothing_is_not_read_from(self):
        """Its requests cost answers of 60 KB each; what the service keeps of it is bounded, and others go on."""
        with self.server() as server, server.tcp() as client:
            self.check_alive(server)
            before = resident_peak(server.process.pid)
            data = b"".join(line(request("decide", n, policy="a.wide", input={"n": 60_000})) for n in range(2000))
            client.socket.setblocking(False)
            sent = 0
            end = time.monotonic() + 1
            while time.monotonic() < end and sent < len(data):
                if select.select([], [client.socket], [], 0.05)[1]:
                    sent += client.socket.send(data[sent:sent + 4096])
                self.check_alive(server)
            self.assertLess(resident_peak(server.process.pid) - before, 32 << 10)
            client.socket.settimeout(30)
            rest = threading.Thread(target=lambda: (client.send(data[sent:]), client.end()))
            rest.start()
            self.check_answers(client.lines(), range(2000))
            rest.join()

    def test_reading_stops_where_too_much_waits(self):
        """Behind a batch of seconds the system's buffers fill up, not the service."""
        with self.server() as server, server.tcp() as client:
            self.check_alive(server)
            before = resident_peak(server.process.pid)
            client.send(line(request("decide_batch", 0, policy="a.slow", inputs=[{"n": 20_000}] * 1000)))
            many = b"".join(quick(number)[:-1] + b" " * 400 + b"\n" for number in range(1, 30_001))
            client.socket.setblocking(False)
            sent = 0
            while select.select([], [client.socket], [], 0.3)[1] and sent < len(many):
                sent += client.socket.send(many[sent:sent + (1 << 16)])
            self.assertLess(sent, len(many), "all of it was taken")
            self.assertLess(resident_peak(server.process.pid) - before, 32 << 10)
            client.socket.settimeout(60)
            rest = threading.Thread(target=lambda: (client.send(many[sent:]), client.end()))
            rest.start()
            lines = client.lines()
            rest.join()
            self.check_answers(lines, range(30_001))

    def test_a_slow_reader_gets_everything(self):
        with self.server() as server, server.tcp() as client:
            data = b"".join(line(request("decide", n, policy="a.wide", input={"n": 3000})) for n in range(1000))
            sender = threading.Thread(target=lambda: (client.send(data), client.end()))
            sender.start()
            got = b""
            while True:
                more = client.socket.recv(20_000)
                if not more:
                    break
                got += more
                if len(got) < 1_000_000:
                    time.sleep(0.005)
            sender.join()
            self.check_answers(got.splitlines(), range(1000))

    def test_a_slow_writer_is_answered(self):
        with self.server("--idle", "2") as server, server.tcp() as client:
            for byte in quick(1):
                client.send(bytes([byte]))
                time.sleep(0.03)
            self.check_answers([client.line()], [1])

    def test_a_half_closed_connection_is_answered(self):
        with self.server() as server:
            for make in [server.tcp, server.unix]:
                with make() as client:
                    client.send(line(request("decide_batch", 0, policy="a.slow", inputs=[{"n": 20_000}] * 200)))
                    client.send(b"".join(quick(number) for number in range(1, 500)))
                    client.end()
                    self.check_answers(client.lines(), range(500))
                with make() as client:
                    client.send(quick(1) + quick(2)[:-1])
                    client.end()
                    self.check_answers(client.lines(), [1, 2])
                with make() as client:
                    client.send(quick(1) + quick(2)[:-2])
                    client.end()
                    lines = [json.loads(text) for text in client.lines()]
                    self.assertEqual(lines[0]["id"], 1)
                    self.assertEqual(lines[1]["error"]["code"], -32700)
                with make() as client:
                    client.end()
                    self.assertEqual(client.lines(), [])

    def test_garbage_is_answered_with_errors(self):
        generator = random.Random(7)
        with self.server() as server:
            for _ in range(20):
                with server.tcp() as client:
                    data = bytes(generator.randrange(256) for _ in range(5000))
                    client.send(data + b"\n" + quick(9))
                    client.end()
                    lines = [json.loads(text) for text in client.lines()]
                    self.assertEqual(lines[-1]["id"], 9)
                    for reply in lines[:-1]:
                        self.assertEqual((reply["id"], reply["error"]["code"] in (-32700, -32600)), (None, True))
            self.check_alive(server)

    def test_who_goes_away_in_the_middle_disturbs_nobody(self):
        generator = random.Random(8)
        with self.server() as server, server.tcp() as other:
            for turn in range(200):
                client = server.tcp()
                client.send(b"".join(quick(number) for number in range(100)) + quick(1)[:generator.randrange(60)])
                if turn % 3 == 0:
                    client.send(b"\n" + line(request("decide_batch", 0, policy="a.slow", inputs=[{"n": 20_000}] * 100)))
                if turn % 2:
                    # Reset instead of closed.
                    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()
                self.check_answers([client_line(other, quick(turn))], [turn])

    def test_a_batch_that_nobody_waits_for_is_given_up(self):
        with self.server("--workers", "1") as server:
            for _ in range(5):
                with server.tcp() as client:
                    client.send(line(request("decide_batch", 0, policy="a.slow", inputs=[{"n": 20_000}] * 20_000)))
                    time.sleep(0.02)
                    # A connection that is only closed may still be read from.
                    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            start = time.monotonic()
            with server.tcp() as client:
                client.call("decide_batch", policy="a.quick", inputs=[{"n": 1}])
            self.assertLess(time.monotonic() - start, 5)

    def test_memory_stays_over_many_requests(self):
        with self.server("--loops", "1") as server, server.tcp() as client:
            data = b"".join(quick(number) for number in range(500))

            def turn():
                client.send(data)
                for _ in range(500):
                    client.line()
            for _ in range(20):
                turn()
            before = resident_peak(server.process.pid)
            for _ in range(100):
                turn()
            self.assertLess(resident_peak(server.process.pid) - before, 2 << 10)


class EndTests(ServiceTest):
    def test_sigterm_answers_what_was_received(self):
        for load in range(6):
            with self.server() as server:
                clients = [server.tcp() if n % 2 else server.unix() for n in range(20)]
                sent = []
                for number, client in enumerate(clients):
                    client_line(client, quick(0))
                    data = b"".join(quick(n) for n in range(number * 10))
                    if number % 4 == load % 4:
                        data += line(request("decide_batch", number * 10, policy="a.slow", inputs=[{"n": 20_000}] * 50))
                        sent.append(number * 10 + 1)
                    else:
                        sent.append(number * 10)
                    client.send(data)
                server.terminate()
                for count, client in zip(sent, clients):
                    self.check_answers(client.lines(), range(count))
                    client.close()
                self.assertEqual(server.wait(), 0)
                self.assertFalse(os.path.exists(server.path))

    def test_sigterm_under_load(self):
        """Clients that go on sending: what is answered is answered in order, without a gap, and each line is whole."""
        with self.server() as server:
            stop = threading.Event()
            results = []

            def talk():
                client = server.tcp()
                number = 0
                got = []
                try:
                    while not stop.is_set():
                        client.send(b"".join(quick(n) for n in range(number, number + 50)))
                        number += 50
                        for _ in range(50):
                            text = client.line()
                            if text is None:
                                raise ConnectionError
                            got.append(json.loads(text)["id"])
                except (ConnectionError, BrokenPipeError):
                    pass
                results.append((got, number))
                client.close()
            threads = [threading.Thread(target=talk) for _ in range(8)]
            for thread in threads:
                thread.start()
            time.sleep(0.3)
            server.terminate()
            self.assertEqual(server.wait(), 0)
            stop.set()
            for thread in threads:
                thread.join()
            for got, _ in results:
                self.assertGreater(len(got), 0)
                self.assertEqual(got, list(range(len(got))))

    def test_nobody_is_accepted_after_sigterm(self):
        with self.server() as server, server.tcp() as client:
            client_line(client, quick(1))
            client.send(line(request("decide_batch", 2, policy="a.slow", inputs=[{"n": 20_000}] * 800)))
            time.sleep(0.1)
            server.terminate()
            end = time.monotonic() + 10
            while time.monotonic() < end:
                try:
                    server.tcp().close()
                except ConnectionRefusedError:
                    break
                time.sleep(0.01)
            else:
                self.fail("it still accepts")
            self.check_answers(client.lines(), [2])
            self.assertEqual(server.wait(), 0)

    def test_a_client_that_reads_nothing_does_not_hold_the_end_up_for_ever(self):
        with self.server() as server, server.tcp() as client:
            client.send(b"".join(line(request("decide", n, policy="a.wide", input={"n": 900_000})) for n in range(50)))
            time.sleep(0.2)
            server.terminate()
            self.assertEqual(server.wait(), 0)
            self.assertIn(b"have not read their answers", server.said())

    def test_sigterm_over_standard_input(self):
        command = [REMIT, "serve", "--stdio", "--policies", self.policies]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdin.write(b"".join(quick(n) for n in range(100)))
        process.stdin.flush()
        self.assertEqual(json.loads(process.stdout.readline())["id"], 0)
        process.stdin.write(b"".join(quick(n) for n in range(100, 300)))
        process.stdin.flush()
        process.send_signal(signal.SIGTERM)
        lines = process.stdout.read().splitlines()
        self.assertEqual(process.wait(30), 0)
        self.check_answers(lines, range(1, 300))
        process.stdin.close()
        process.stdout.close()
        process.stderr.close()

    def test_standard_output_that_nobody_reads_ends_it(self):
        process = subprocess.Popen([REMIT, "serve", "--stdio", "--policies", self.policies], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.close()
        try:
            process.stdin.write(quick(1))
            process.stdin.flush()
        except BrokenPipeError:
            pass
        self.assertEqual(process.wait(30), 0)
        self.assertNotIn(b"cannot write", process.stderr.read())
        process.stdin.close()
        process.stderr.close()


class StartTests(ServiceTest):
    def start(self, *options, policies=None):
        done = run("serve", *options, "--policies", policies or self.policies, timeout=60)
        self.assertEqual(done.stdout, b"")
        return done.returncode, done.stderr.decode()

    def test_wrong_usage(self):
        for options, words in [
                ([], "say where to listen"), (["--listen", "7400"], "expected HOST:PORT"), (["--listen", "::1:7400"], "expected HOST:PORT"),
                (["--listen", "127.0.0.1:99999"], "expected HOST:PORT"), (["--stdio", "--loops", "0"], "--loops"),
                (["--stdio", "--idle", "0"], "--idle"), (["--stdio", "--unix-mode", "999"], "--unix-mode"),
                (["--listen", "192.0.2.1:7400"], "cannot listen on 192.0.2.1:7400"), (["--unix", "/nowhere/at/all"], "cannot listen on"),
                (["--unix", "/" + "x" * 200], "at most 107 bytes")]:
            status, said = self.start(*options)
            self.assertEqual(status, 2, said)
            self.assertIn(words, said)
            self.assertEqual(said.count("\n"), 1, said)

    def test_a_broken_policy_keeps_it_from_starting(self):
        broken = {**POLICIES, "policies/a/broken.lua": "return policy {", "policies/b/worse.lua": "x ="}
        with Folder(broken) as folder:
            status, said = self.start("--listen", "127.0.0.1:0", policies=os.path.join(folder.path, "policies"))
        self.assertEqual(status, 4, said)
        self.assertIn("a/broken.lua:1:", said)
        self.assertIn("b/worse.lua:1:", said)
        self.assertNotIn("listening", said)

    def test_an_address_that_is_taken(self):
        with self.server() as server:
            status, said = self.start("--listen", f"127.0.0.1:{server.port}")
            self.assertEqual(status, 2)
            self.assertIn("address already in use", said.lower())
            status, said = self.start("--unix", server.path)
            self.assertEqual(status, 2)
            self.assertIn("another process does", said)
            self.check_alive(server)
            with server.unix() as client:
                client_line(client, quick(1))

    def test_a_socket_that_was_left_behind_is_taken_over(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "s")
            left = socket.socket(socket.AF_UNIX)
            left.bind(path)
            left.close()
            process = subprocess.Popen([REMIT, "serve", "--unix", path, "--unix-mode", "600", "--policies", self.policies],
                                       stderr=subprocess.PIPE)
            self.assertIn(b"listening on unix:", process.stderr.readline())
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
            client = socket.socket(socket.AF_UNIX)
            client.connect(path)
            client.sendall(quick(1))
            self.assertIn(b'"id":1', client.recv(1000))
            client.close()
            process.terminate()
            self.assertEqual(process.wait(30), 0)
            process.stderr.close()
            self.assertEqual(os.listdir(folder), [])
            with open(path, "w", encoding="ascii") as file:
                file.write("mine")
            status, said = self.start("--unix", path)
            self.assertEqual(status, 2)
            self.assertIn("it is no socket", said)
            with open(path, encoding="ascii") as file:
                self.assertEqual(file.read(), "mine")

    def test_an_address_that_others_reach_is_warned_of(self):
        process = subprocess.Popen([REMIT, "serve", "--listen", "0.0.0.0:0", "--listen", "[::1]:0", "--listen", "127.0.0.1:0",
                                    "--policies", self.policies], stderr=subprocess.PIPE)
        said = b""
        while said.count(b"listening on") < 3:
            more = process.stderr.readline()
            if not more:
                break
            said += more
        process.terminate()
        self.assertEqual(process.wait(30), 0)
        process.stderr.close()
        self.assertEqual(said.count(b"warning:"), 1, said)
        self.assertRegex(said, rb"warning: 0\.0\.0\.0:\d+ is no loopback address")
        self.assertRegex(said, rb"listening on \[::1\]:\d+")

    def test_it_says_what_it_does(self):
        done = run("serve", "--help")
        self.assertEqual(done.returncode, 0)
        for word in [b"--listen", b"--unix", b"--stdio", b"--connections", b"--idle", b"--waiting", b"--line-bytes", b"1048576", b"1024"]:
            self.assertIn(word, done.stdout)


class DocumentTests(unittest.TestCase):
    """docs/service.md says what is so."""

    @classmethod
    def setUpClass(cls):
        with open(os.path.join(ROOT, "docs/service.md"), encoding="utf-8") as file:
            cls.text = file.read()

    def blocks(self, language):
        return re.findall(rf"```{language}\n(.*?)```", self.text, re.DOTALL)

    def test_the_messages(self):
        asked, refused = self.blocks("json")
        with Server() as server, server.tcp() as client:
            self.assertIn("result", client.ask(asked.encode()))
            reply = client.ask({"jsonrpc": "2.0", "id": 1, "method": "decide", "params": {
                "policy": "authority.limit", "input": {**json.loads(asked)["params"]["input"], "amount": "12,50"}}})
            wanted = json.loads(refused)
            errors = reply["error"]["data"].get("errors", [{"message": reply["error"]["message"], "path": reply["error"]["data"]["path"]}])
            self.assertIn({"message": wanted["error"]["message"], "path": wanted["error"]["data"]["path"]}, errors)

    def test_the_options_and_their_defaults(self):
        said = run("serve", "--help").stdout.decode()
        for option, default in re.findall(r"\| `(--[a-z-]+)` \| (\d+) \|", self.text):
            self.assertRegex(said, rf"(?s){option} .{{0,200}}default: {default}\)", option)


class DecisionTests(unittest.TestCase):
    """Whatever `remit batch` decides, the service decides in the same bytes, one by one and in batches, for every policy."""

    @staticmethod
    def policies():
        listed = json.loads(run("policies", "--json").stdout)
        return [(one["name"], "group" in one) for one in listed]

    @staticmethod
    def of_line(text):
        """What a result line of a batch says, as bytes; of an error, its members."""
        place = text.index(b'"policy":')
        if b',"error":{' not in text[:place + 200]:
            return text[place:-1]
        return json.loads(text)["error"]

    @staticmethod
    def of_reply(text):
        start = text.find(b'"result":{')
        if start >= 0:
            return text[start + len(b'"result":{'):-2]
        problem = json.loads(text)["error"]
        return {**problem["data"], "message": problem["message"]}

    def test_every_policy(self):
        names = self.policies()
        self.assertLessEqual(set(compare.RUNS), {name for name, _ in names})
        self.assertGreater(len(names), 15)
        seen = 0
        with Server() as server:
            for name, is_group in names:
                if name not in compare.RUNS:
                    continue  # the reference has no inputs for it
                rows = [row.encode() for row in compare.generate.rows(name, 150, 3)]
                done = run("batch", "--policy", name, "--at", AT, data=b"\n".join(rows) + b"\n")
                results = done.stdout.splitlines()
                self.assertEqual(len(results), len(rows), name)
                with server.tcp() as client:
                    ask = b"".join(b'{"jsonrpc":"2.0","id":%d,"method":"decide","params":{"policy":"%s","at":"%s","input":%s}}\n'
                                   % (n, name.encode(), AT.encode(), row) for n, row in enumerate(rows))
                    sender = threading.Thread(target=lambda: (client.send(ask), client.end()))
                    sender.start()
                    replies = client.lines()
                    sender.join()
                with server.unix() as client:
                    client.send(b'{"jsonrpc":"2.0","id":1,"method":"decide_batch","params":{"policy":"%s","at":"%s","inputs":[%s]}}\n'
                                % (name.encode(), AT.encode(), b",".join(rows)))
                    together = client.line()
                elements = json.loads(together)["result"]["results"]
                self.assertEqual(len(elements), len(rows))
                place = together.index(b'"results":[') + len(b'"results":[')
                for number, (result, reply, element) in enumerate(zip(results, replies, elements)):
                    wanted, got = self.of_line(result), self.of_reply(reply)
                    if not is_group:
                        self.assertEqual(got, wanted, rows[number])
                    text = together.decode()
                    if isinstance(wanted, bytes):
                        decision = wanted[wanted.index(b'"decision":'):]
                        self.assertEqual(together[place:place + len(decision) + 2], b"{" + decision + b"}", rows[number])
                        place += len(decision) + 3
                    else:
                        problem = {key: value for key, value in wanted.items() if key != "line" or wanted["code"] == "policy_error"}
                        self.assertEqual(element["error"], problem)
                        after = json.JSONDecoder().raw_decode(text, len(together[:place].decode()))[1]
                        place = len(text[:after].encode()) + 1
                    seen += 1
        self.assertGreater(seen, 2000)

    def test_real_orders(self):
        path = os.path.join(ROOT, "examples/purchase_orders.ndjson")
        with open(path, "rb") as file:
            rows = file.read().splitlines()
        results = run("batch", "--policy", "approval.purchase_order", "--at", AT, path).stdout.splitlines()
        done = stdio(b"".join(b'{"jsonrpc":"2.0","id":1,"method":"decide","params":{"policy":"approval.purchase_order","at":"%s","input":%s}}\n'
                              % (AT.encode(), row) for row in rows))
        self.assertEqual([self.of_reply(reply) for reply in done.stdout.splitlines()], [self.of_line(text) for text in results])


if __name__ == "__main__":
    unittest.main()
