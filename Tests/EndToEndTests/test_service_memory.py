"""The memory of `remit serve`: flat over a million requests and many connections, given back after a burst, and hardly asked for per
request. REMIT_MEMORY_REQUESTS makes it longer."""
import json
import os
import struct
import subprocess
import tempfile
import threading
import time
import unittest

from service import Server, line, request
from support import Folder, policy

REQUESTS = int(os.environ.get("REMIT_MEMORY_REQUESTS", "1000000"))
POLICIES = {f"policies/a/{name}.lua": policy(
    'return { outcome = "approve", reasons = { "ok" }, n = tx.n, limit = params.limit, at = context.at }',
    fields="id = optional(text {}), n = integer {}, note = optional(text { max = 2000000 })",
    extra='params = { limit = integer { default = 7 } },') for name in ("one", "two", "three")}
HERE = os.path.dirname(os.path.abspath(__file__))


def block(first, count, name="one", **more):
    return b"".join(line(request("decide", n, policy=f"a.{name}", input={"n": n}, **more)) for n in range(first, first + count))


def exchange(client, data, count):
    """Sends so many requests and takes their answers; all are decisions."""
    client.send(data)
    lines = 0
    while lines < count:
        more = client.socket.recv(1 << 18)
        assert more, "the connection was closed"
        assert b'"error"' not in more, more[:500]
        lines += more.count(b"\n")


class MemoryTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder(POLICIES).__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.folder.__exit__()

    def server(self, *options, **more):
        return Server("--loops", "1", "--workers", "1", *options, policies=self.folder.path + "/policies", **more)

    def check_flat(self, server, before, what):
        after = server.resident()
        print(f"memory: {what}: {before} KiB, then {after} KiB", flush=True)
        self.assertLess(after, before * 1.03 + 1024, what)

    def test_a_million_requests(self):
        data = block(0, 500)
        with self.server() as server, server.tcp() as first, server.unix() as second:
            def ask(client, count):
                for _ in range(count // 500):
                    exchange(client, data, 500)

            def ask_both(count):
                threads = [threading.Thread(target=ask, args=(client, count // 2)) for client in (first, second)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()

            ask_both(REQUESTS // 5)
            before = server.resident()
            ask_both(REQUESTS - REQUESTS // 5)
            self.check_flat(server, before, f"{REQUESTS} requests")

    def test_requests_that_are_all_different(self):
        def ask(client, first, count):
            for start in range(first, first + count, 250):
                data = b"".join(
                    block(n, 1, ("one", "two", "three")[n % 3], params={"limit": n}, at=f"2025-{n % 12 + 1:02}-{n % 28 + 1:02}")
                    for n in range(start, start + 250))
                exchange(client, data, 250)

        with self.server() as server, server.tcp() as client:
            ask(client, 0, 10_000)
            before = server.resident()
            ask(client, 10_000, 60_000)
            self.check_flat(server, before, "60,000 requests with names, params and times of their own")

    def test_many_short_connections(self):
        with self.server() as server:
            def connect(count):
                for number in range(count):
                    with server.tcp() if number % 2 else server.unix() as client:
                        exchange(client, block(number, 1), 1)

            connect(3000)
            before = server.resident()
            files = server.file_count()
            connect(20_000)
            self.check_flat(server, before, "20,000 connections")
            self.assertLessEqual(server.file_count(), files + 1)

    def test_a_burst_of_big_lines_is_given_back(self):
        big = line(request("decide", 1, policy="a.one", input={"n": 1, "note": "x" * 1_000_000}))
        with self.server() as server, server.tcp() as client:
            exchange(client, block(0, 100), 100)
            before = server.resident()
            clients = [server.tcp() for _ in range(64)]
            for other in clients:
                other.send(big[:-1])
            # All have arrived: each has its bytes in the service, or in the system's buffers.
            end = time.monotonic() + 10
            while server.resident() < before + (40 << 10) and time.monotonic() < end:
                time.sleep(0.02)
            peak = server.resident()
            for other in clients:
                other.send(b"\n")
                self.assertIn(b'"outcome":"approve"', other.line())
            # Not by closing: a connection that stays keeps little.
            kept = 64 * 256
            end = time.monotonic() + 10
            while server.resident() > before + kept and time.monotonic() < end:
                exchange(client, block(0, 100), 100)
            after = server.resident()
            print(f"memory: 64 lines of 1 MB: {before} KiB, at most {peak} KiB, then {after} KiB", flush=True)
            for other in clients:
                other.close()
            self.assertLess(after, before + kept)

    def test_a_request_asks_for_no_memory(self):
        with tempfile.TemporaryDirectory() as folder:
            library = os.path.join(folder, "count.so")
            source = os.path.join(HERE, "programs", "count_allocations.c")
            subprocess.run(["cc", "-O2", "-fPIC", "-shared", "-fno-builtin", source, "-o", library], check=True, timeout=60)
            count = os.path.join(folder, "count")
            with open(count, "wb") as file:
                file.write(bytes(8))

            def calls():
                with open(count, "rb") as file:
                    return struct.unpack("=Q", file.read(8))[0]

            def per_read(client, requests, reads):
                data = block(0, requests)
                for _ in range(200):
                    exchange(client, data, requests)
                before = calls()
                for _ in range(reads):
                    exchange(client, data, requests)
                return (calls() - before) / reads

            with self.server(environment={"LD_PRELOAD": library, "REMIT_COUNT": count}) as server, server.tcp() as client:
                self.assertGreater(calls(), 1000, "nothing is counted")
                one = per_read(client, 1, 1000)
                many = per_read(client, 64, 500)
            each = (many - one) / 63
            print(f"memory: {one:.2f} allocations for a read of 1 request, {many:.2f} for one of 64: {each:.3f} a request", flush=True)
            self.assertLess(each, 0.1)
            self.assertLess(one, 12)


if __name__ == "__main__":
    unittest.main()
