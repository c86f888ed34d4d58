"""`remit serve` under everything at once: honest clients among slow, broken and hostile ones, while policies change and decisions are
logged. The honest ones see no error, no wrong answer and none out of order, and the service ends with what it began with. REMIT_SOAK_SECONDS makes it longer, REMIT_SEED repeats the
choices (not the timing)."""
import json
import os
import random
import socket
import struct
import threading
import time
import unittest

from service import Client, Server, line, request
from support import Folder, policy, run

SECONDS = float(os.environ.get("REMIT_SOAK_SECONDS", "15"))
SEED = int(os.environ.get("REMIT_SEED", "20250615"))
CONNECTIONS = 60
POLICIES = {
    "policies/a/quick.lua": policy(
        'return { outcome = tx.n % 2 == 0 and "approve" or "reject", reasons = { "ok" }, n = tx.n, limit = params.limit }',
        fields="id = optional(text {}), n = integer {}", extra='params = { limit = integer { default = 7 } },'),
    "policies/a/wide.lua": policy(
        'return { outcome = "approve", reasons = { "ok" }, text = string.rep("x", tx.n) }',
        fields="id = optional(text {}), n = integer {}"),
    "policies/a/endless.lua": policy("while true do end"),
}


def quick(number, n=1, **more):
    return line(request("decide", number, policy="a.quick", input={"n": n}, **more))


class Soak:
    """The clients, each in a thread of its own until `over`."""

    def __init__(self, server, seed):
        self.server = server
        self.seed = seed
        self.over = threading.Event()
        self.failures = []
        self.times = []
        self.counts = {}
        self.lock = threading.Lock()
        self.threads = []

    def start(self, kind, number):
        generator = random.Random(f"{self.seed} {kind.__name__} {number}")
        thread = threading.Thread(target=self.keep_on, args=(kind, generator))
        self.threads.append(thread)
        thread.start()

    def keep_on(self, kind, generator):
        while not self.over.is_set():
            try:
                kind(generator)
            except (ConnectionError, TimeoutError, BlockingIOError) as error:
                if kind.__name__.startswith("honest"):
                    self.failures.append(f"{kind.__name__}: {error!r}")
                    return
            except AssertionError as error:
                self.failures.append(f"{kind.__name__}: {error}")
                return
            with self.lock:
                self.counts[kind.__name__] = self.counts.get(kind.__name__, 0) + 1

    def connect(self, generator):
        return self.server.tcp() if generator.random() < 0.5 else self.server.unix()

    # Honest clients. There is a connection for each of them: the others cannot have all.

    def honest_pipelining(self, generator):
        with self.admitted(generator) as client:
            for _ in range(200):
                if self.over.is_set():
                    return
                self.ask(client, generator, generator.choice((1, 5, 64, 300)))
                time.sleep(generator.choice((0, 0, 0.002)))

    def honest_slow_reader(self, generator):
        with self.admitted(generator) as client:
            numbers = range(400)
            sender = threading.Thread(target=client.send, args=(b"".join(quick(n, n) for n in numbers),))
            sender.start()
            for number in numbers:
                if number % 40 == 0:
                    time.sleep(0.02)
                self.check(client.line(), number, number, 7)
            sender.join()

    def honest_slow_writer(self, generator):
        with self.admitted(generator) as client:
            for number in range(3):
                for byte in quick(number, number):
                    client.send(bytes([byte]))
                    time.sleep(0.0005)
                self.check(client.line(), number, number, 7)

    def honest_half_closer(self, generator):
        with self.admitted(generator) as client:
            count = generator.choice((1, 2, 100))
            client.send(b"".join(quick(n, n) for n in range(count))[:-generator.choice((0, 1)) or None])
            client.end()
            lines = client.lines()
            assert len(lines) == count, f"{len(lines)} answers of {count}"
            for number, text in enumerate(lines):
                self.check(text, number, number, 7)

    def honest_batch_sender(self, generator):
        with self.admitted(generator) as client:
            for number in range(5):
                count = generator.choice((0, 1, 50, 1000))
                client.send(line(request("decide_batch", number, policy="a.quick", inputs=[{"n": n} for n in range(count)])))
                client.send(line([request("decide", n, policy="a.quick", input={"n": n}) for n in range(1, 4)]))
                result = json.loads(client.line())
                assert result["id"] == number, result
                assert [entry["decision"]["n"] for entry in result["result"]["results"]] == list(range(count))
                for n, answer in zip(range(1, 4), json.loads(client.line()), strict=True):
                    self.check(json.dumps(answer).encode(), n, n, 7)

    def admitted(self, generator):
        """A connection that the service has let in: beside floods that takes more than one try, and each refusal says why."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            client = self.connect(generator)
            client.send(quick(0))
            answer = client.line()
            if answer is not None and b'"result"' in answer:
                return client
            assert answer is not None and b'"code":"overloaded"' in answer, answer
            client.close()
            time.sleep(0.01)
        raise AssertionError("no connection was let in for 20 s")

    def ask(self, client, generator, count):
        first = generator.randrange(1 << 40)
        limits = [generator.choice((7, 8, 9)) for _ in range(count)]
        data = b"".join(quick(first + i, i, **({} if limit == 7 else {"params": {"limit": limit}}))
                        for i, limit in enumerate(limits))
        start = time.monotonic()
        client.send(data)
        for i, limit in enumerate(limits):
            self.check(client.line(), first + i, i, limit)
        with self.lock:
            self.times.append(time.monotonic() - start)

    @staticmethod
    def check(text, number, n, limit):
        assert text is not None, "the connection was closed"
        answer = json.loads(text)
        assert answer["id"] == number and answer.get("result", {}).get("decision") == {
            "outcome": "approve" if n % 2 == 0 else "reject", "reasons": ["ok"], "n": n, "limit": limit}, text[:300]

    # The others.

    def resetter(self, generator):
        client = self.connect(generator)
        client.send(b"".join(quick(n) for n in range(generator.choice((0, 1, 500)))) + b'{"half')
        if generator.random() < 0.5:
            client.socket.recv(100)
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()

    def who_never_reads(self, generator):
        with self.connect(generator) as client:
            client.socket.settimeout(0.5)
            client.send(b"".join(line(request("decide", n, policy="a.wide", input={"n": 20_000})) for n in range(300)))
            time.sleep(1)

    def garbage_sender(self, generator):
        with self.connect(generator) as client:
            client.socket.settimeout(5)
            client.send(b"\n".join(generator.randbytes(generator.randrange(1, 300)) for _ in range(50)) + b"\n")
            client.line()

    def giant(self, generator):
        with self.connect(generator) as client:
            client.socket.settimeout(5)
            for _ in range(generator.choice((1, 40))):
                client.send(b"x" * 100_000)
            client.send(b"\n" + quick(1))
            client.line()

    def endless_asker(self, generator):
        with self.connect(generator) as client:
            client.send(line(request("decide_batch", 1, policy="a.endless", inputs=[{}] * 3)))
            if generator.random() < 0.5:
                client.line()

    def idler(self, generator):
        with self.connect(generator) as client:
            client.socket.settimeout(10)
            answer = client.line()
            assert answer is None or b'"code":"overloaded"' in answer, answer

    def policy_editor(self, generator):
        """Changes a policy, and now and then breaks it, which nobody may notice."""
        path = os.path.join(self.server.policies, "a", "quick.lua")
        text = POLICIES["policies/a/quick.lua"]
        broken = generator.random() < 0.3
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(f"-- {generator.random()}\n" + (text[:len(text) // 2] if broken else text))
        os.replace(path + ".new", path)
        time.sleep(generator.random() * 0.8)

    def flood(self, generator):
        clients = [self.connect(generator) for _ in range(generator.choice((5, 80)))]
        time.sleep(generator.random() * 0.2)
        for client in clients:
            client.close()
        # Between floods the others find their way in.
        time.sleep(0.3)


class SoakTests(unittest.TestCase):
    def test_honest_clients_notice_nothing(self):
        with Folder(POLICIES) as folder:
            log = os.path.join(folder.path, "log")
            with Server("--connections", str(CONNECTIONS), "--idle", "2", "--loops", "2", "--workers", "2", "--log", log,
                        "--log-segment-bytes", "10000000", policies=folder.path + "/policies") as server:
                self.soak(server)
            verified = run("log", "verify", log)
            self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)

    def soak(self, server):
        files = server.file_count()
        soak = Soak(server, SEED)
        for kind in (soak.honest_pipelining, soak.honest_pipelining, soak.honest_pipelining, soak.honest_slow_reader,
                     soak.honest_slow_writer, soak.honest_half_closer, soak.honest_batch_sender, soak.resetter, soak.resetter,
                     soak.who_never_reads, soak.garbage_sender, soak.giant, soak.endless_asker, soak.idler, soak.idler,
                     soak.policy_editor, soak.flood):
            soak.start(kind, len(soak.threads))
        peak = 0
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and not soak.failures:
            peak = max(peak, server.resident())
            time.sleep(0.1)
        soak.over.set()
        for thread in soak.threads:
            thread.join(60)
        self.assertEqual(soak.failures, [], f"REMIT_SEED={SEED}: {server.said()[-2000:]}")
        for kind in ("honest_pipelining", "resetter", "who_never_reads", "garbage_sender", "giant", "endless_asker", "policy_editor",
                     "flood"):
            self.assertGreater(soak.counts.get(kind, 0), 0, f"{kind} did nothing: {soak.counts}")
        times = sorted(soak.times)
        self.assertGreater(len(times), 50)
        slow = times[len(times) * 99 // 100]
        self.assertLess(slow, 5, f"REMIT_SEED={SEED}")
        self.assertLess(peak, 400 << 10, f"REMIT_SEED={SEED}")
        self.assertEqual(self.at_rest(server, files), files, f"REMIT_SEED={SEED}")
        print(f"soak: {soak.counts}, p99 {slow * 1000:.0f} ms, peak {peak >> 10} MiB", flush=True)
        with server.tcp() as client:
            Soak.check(json.dumps(client.call("decide", 5, policy="a.quick", input={"n": 5})).encode(), 5, 5, 7)
        server.terminate()
        self.assertEqual(server.wait(), 0)

    def at_rest(self, server, wanted):
        """How many files the service has once it has let go of all connections."""
        end = time.monotonic() + 15
        while server.file_count() != wanted and time.monotonic() < end:
            time.sleep(0.05)
        return server.file_count()


if __name__ == "__main__":
    unittest.main()
