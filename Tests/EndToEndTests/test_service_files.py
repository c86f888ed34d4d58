"""`remit serve` where the system has no more files for connections: those that are there go on, others wait, nobody is lost."""
import re
import time
import unittest

from service import Server, line, request
from support import Folder, policy

POLICIES = {
    "policies/a/quick.lua": policy(
        'return { outcome = "approve", reasons = { "ok" }, n = tx.n }', fields="id = optional(text {}), n = integer {}"),
}
FILES = 48


def quick(number):
    return line(request("decide", number, policy="a.quick", input={"n": number}))


class FileTests(unittest.TestCase):
    def test_no_more_files(self):
        with Folder(POLICIES) as folder, Server("--loops", "2", "--workers", "1", "--connections", "1000",
                                                policies=folder.path + "/policies", files=FILES) as server:
            for connect in (server.tcp, server.unix):
                with self.subTest(connect.__name__):
                    self.fill(server, connect)
            server.terminate()
            self.assertEqual(server.wait(), 0)

    def fill(self, server, connect):
        before = server.file_count()
        clients = [connect(timeout=10) for _ in range(FILES * 2)]
        for client in clients:
            client.send(quick(1))
        served = [client for client in clients[:FILES - before - 4]]
        for client in served:
            self.assertIn(b'"id":1,"result"', client.line())
        # It says so, waits without computing, and those that are there notice nothing.
        warning = rb"warning: no more files for connections[^\n]*\n"
        server.wait_for(warning)
        start = server.processor_seconds()
        end = time.monotonic() + 2
        number = 1
        while time.monotonic() < end:
            for client in served:
                number += 1
                client.send(quick(number))
                self.assertIn(b'"id":%d,"result"' % number, client.line())
            time.sleep(0.05)
        self.assertLess(server.processor_seconds() - start, 1)
        self.assertLessEqual(server.file_count(), FILES)
        self.assertEqual(len(re.findall(warning, server.said())), 1, server.said())
        # Others leave, and those that waited get their answers.
        for client in clients[:FILES]:
            client.close()
        start = time.monotonic()
        for client in clients[FILES:FILES * 2 - before]:
            self.assertIn(b'"id":1,"result"', client.line())
        self.assertLess(time.monotonic() - start, 2)
        for client in clients:
            client.close()
        end = time.monotonic() + 5
        while server.file_count() > before and time.monotonic() < end:
            time.sleep(0.01)
        self.assertEqual(server.file_count(), before)


if __name__ == "__main__":
    unittest.main()
