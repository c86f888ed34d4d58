"""What some clients ask for does not take from others: long work, answers that nobody reads, all the connections there may be, and requests
that are not done when the service ends."""
import json
import os
import socket
import time
import unittest

from service import Client, Server
from support import Folder, policy

SLOW = {
    "policies/t/slow.lua": policy(
        'local sum = 0 for i = 1, tx.n do sum = sum + i end return { outcome = "approve", reasons = { "ok" } }', "n = integer {}"),
    "policies/t/quick.lua": policy('return { outcome = "approve", reasons = { "ok" }, n = tx.n }', "n = integer {}"),
}


def batch(identity, rows, name="t.slow", n=40_000):
    inputs = ",".join(f'{{"n":{n}}}' for _ in range(rows))
    return f'{{"jsonrpc":"2.0","id":{identity},"method":"decide_batch","params":{{"policy":"{name}","inputs":[{inputs}]}}}}\n'.encode()


def decide(identity, n=1, more=""):
    params = f'{{"policy":"t.quick","input":{{"n":{n}}}{more}}}'
    return f'{{"jsonrpc":"2.0","id":{identity},"method":"decide","params":{params}}}'.encode()


class FairnessTests(unittest.TestCase):
    def serve(self, *options):
        folder = self.enterContext(Folder(SLOW))
        return self.enterContext(
            Server(*options, policies=os.path.join(folder.path, "policies"), plugins=os.path.join(folder.path, "plugins")))

    def client(self, server):
        return self.enterContext(server.tcp())

    def test_long_work_of_some_does_not_hold_up_short_work_of_others(self):
        server = self.serve("--workers", "1", "--loops", "1")
        hogs = [self.client(server) for _ in range(3)]
        for number, hog in enumerate(hogs):
            hog.send(batch(number, 2_000))
        time.sleep(0.3)
        asked = {
            "an array": b"[" + decide(1) + b"]\n",
            "a batch": batch(1, 1, "t.quick", 1),
            "an empty batch": batch(1, 0),
            "an explanation": decide(1, more=',"explain":true') + b"\n",
            "a long line": decide(1)[:-1] + b" " * 40_000 + b"}\n",
        }
        for what, line in asked.items():
            with self.client(server) as client:
                start = time.monotonic()
                client.send(line)
                reply = client.line()
                took = time.monotonic() - start
                self.assertIn(b'"result"', reply, what)
                self.assertLess(took, 1, what)
        # The long work goes on meanwhile, and comes to its end.
        for hog in hogs:
            hog.socket.settimeout(0)
            with self.assertRaises(BlockingIOError, msg="the long work was over too early to be in the way"):
                hog.socket.recv(1, 2)  # MSG_PEEK
            hog.socket.settimeout(120)
        for number, hog in enumerate(hogs):
            reply = json.loads(hog.line())
            self.assertEqual((reply["id"], len(reply["result"]["results"])), (number, 2_000))
        # Threads that were added are gone.
        end = time.monotonic() + 5
        while len(os.listdir(f"/proc/{server.process.pid}/task")) > 12 and time.monotonic() < end:
            time.sleep(0.05)
        self.assertLessEqual(len(os.listdir(f"/proc/{server.process.pid}/task")), 12)

    def test_who_reads_no_answers_does_not_take_the_memory_of_all(self):
        server = self.serve()
        line = b"[" + b",".join([b"1"] * 500_000) + b"]\n"
        silent = []
        for _ in range(40):
            client = self.client(server)
            client.socket.settimeout(5)
            silent.append(client)
            try:
                for _ in range(2):
                    client.send(line)
            except TimeoutError:
                pass  # It is not read from: what it has sent waits.
        with self.client(server) as honest:
            for number in range(20):
                honest.send(decide(number, number) + b"\n")
                self.assertEqual(json.loads(honest.line())["result"]["decision"]["n"], number)
                time.sleep(0.1)
            self.assertLess(server.resident(), 800 << 10)
            honest.send(b"[" + decide(1) + b"]\n")
            refusal, = json.loads(honest.line())
            self.assertEqual(refusal["error"]["data"]["code"], "overloaded", refusal)
            self.assertIn("clients have not read 256 MiB of answers", refusal["error"]["message"])
            honest.send(batch(7, 1, "t.quick", 1))
            self.assertEqual(json.loads(honest.line())["id"], 7)
            for client in silent:
                client.close()
            # Once they have gone there is room again.
            end = time.monotonic() + 10
            reply = {}
            while "result" not in reply and time.monotonic() < end:
                time.sleep(0.1)
                honest.send(batch(8, 1, "t.quick", 1))
                reply = json.loads(honest.line())
            self.assertEqual(len(reply["result"]["results"]), 1)

    def test_an_answer_to_nonsense_is_no_longer_than_the_limit(self):
        server = self.serve()
        with self.client(server) as client:
            client.send(b"[" + b",".join([b"1"] * 500_000) + b"," + decide(5) + b"]\n")
            reply = client.line()
            self.assertLess(len(reply), (16 << 20) + 1000)
            answers = json.loads(reply)
            self.assertEqual(answers[0]["error"]["code"], -32600)
            self.assertEqual((answers[-1]["id"], answers[-1]["error"]["data"]["code"]), (5, "overloaded"))

    def test_what_is_not_done_at_the_end_is_answered_with_an_error(self):
        server = self.serve("--drain", "1")
        with self.client(server) as client, self.client(server) as late:
            client.send(batch(4711, 5_000) + decide(1) + b"\n" + batch(4712, 1))
            late.send(b"[" + b",".join(decide(number) for number in range(3)) + b"," + batch(4, 5_000).strip() + b"]\n")
            time.sleep(0.3)
            start = time.monotonic()
            server.terminate()
            answers = [json.loads(line) for line in client.lines()]
            self.assertEqual([each["id"] for each in answers], [4711, 1, 4712])
            self.assertEqual(answers[0]["error"]["data"]["code"], "overloaded")
            self.assertEqual(answers[0]["error"]["message"], "the service ends before the request is done: ask again")
            self.assertIn("result", answers[1])
            self.assertEqual(answers[2]["error"]["data"]["code"], "overloaded")
            answers = json.loads(late.line())
            self.assertEqual([(each["id"], each["error"]["data"]["code"]) for each in answers],
                             [(identity, "overloaded") for identity in (0, 1, 2, 4)])
            self.assertIsNone(late.line())
            self.assertEqual(server.wait(), 0)
            self.assertLess(time.monotonic() - start, 4)
        said = server.said().decode()
        self.assertIn("gave up 2 requests that took longer than 1 s: answered with an error", said)
        self.assertNotIn("have not read", said)
        self.assertNotIn("shut down", said)

    def test_who_has_not_sent_all_is_told_apart_from_who_has_not_read(self):
        server = self.serve("--drain", "1", "--http", "127.0.0.1:0")
        port = int(server.wait_for(rb"listening on http://127\.0\.0\.1:(\d+)").group(1))
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"POST /v1/decide HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            time.sleep(0.2)
            server.terminate()
            self.assertEqual(server.wait(), 0)
        self.assertIn("cut 1 connection: clients have not sent the rest of their requests within 1 s", server.said().decode())

    def test_administrators_get_in_when_nobody_else_does(self):
        folder = self.enterContext(Folder({}))
        path = os.path.join(folder.path, "admin")
        server = self.serve("--connections", "3", "--admin-unix", path)
        everybody = [self.client(server) for _ in range(3)]
        for number, client in enumerate(everybody):
            client.send(decide(number) + b"\n")
            client.line()
        with self.client(server) as refused:
            self.assertIn(b"there are 3 connections already", refused.line())
        admins = []
        for _ in range(17):
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(path)
            admins.append(self.enterContext(Client(connection)))
        admins[0].send(b'{"jsonrpc":"2.0","id":1,"method":"admin.reload"}\n')
        self.assertIn("result", json.loads(admins[0].line()))
        self.assertIn(b"there are 16 connections already", admins[16].line())
        self.assertIn(b"there are 3 connections already", self.client(server).line())


if __name__ == "__main__":
    unittest.main()
