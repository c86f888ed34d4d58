"""`POST /v1/batch`: the bytes of `remit batch`, as a stream in constant memory."""
import csv
import json
import os
import random
import socket
import struct
import sys
import threading
import time
import unittest
import urllib.parse

from http_service import HTTPServer, answers, head, received
from support import ROOT, SHARED, FolderCase, policy, resident_peak, run

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "reference"))
import compare  # noqa: E402

AT = "2025-06-15T08:00:00Z"
FIELDS = "id = optional(text {}), n = integer {}"
POLICIES = {
    "policies/a/quick.lua": policy('return { outcome = "approve", reasons = { "ok" }, n = tx.n * params.by }', fields=FIELDS,
                                   extra='params = { by = integer { default = 1, summary = "x" } },'),
    "policies/a/slow.lua": policy(
        """local x = 0
           for i = 1, tx.n do x = (x * 7 + i) % 1000 end
           return { outcome = "approve", reasons = { "ok" }, x = x }""", fields=FIELDS),
    "policies/a/wide.lua": policy(
        'return { outcome = "approve", reasons = { "ok" }, text = string.rep("x", tx.n) }', fields=FIELDS),
    "policies/a/together.lua": """
return policy {
  summary = "A test.", outcomes = { "approve" }, input = record { id = text {} },
  reasons = { ok = { en = "Fine.", zh = "好。" } }, group = { by = { "id" } },
  decide_group = function(rows)
    local out = {}
    for i = 1, #rows do out[i] = { outcome = "approve", reasons = { "ok" } } end
    return out
  end,
}
""",
}


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class BatchTest(FolderCase):
    files = POLICIES

    def server(self, *options):
        return HTTPServer(*options, policies=os.path.join(self.folder.path, "policies"))

    def check_same(self, service, data, query, *arguments):
        """The stream's results are those of `remit batch`."""
        done = self.folder.run("batch", "--at", AT, *arguments, data=data)
        self.assertIn(done.returncode, (0, 3), done.stderr)
        status, headers, body = service.batch(query + "&at=" + AT, data)
        self.assertEqual((status, headers["content-type"]), (200, "application/x-ndjson"))
        self.assertEqual(body, done.stdout)
        return body


class SameBytesTests(BatchTest):
    def test_lines_of_every_kind(self):
        generator = random.Random(7)
        rows = [b'{"n":1}', b'{"id":"x","n":2}', b'{"id":5,"n":3}', b'{"n":"x"}', b"{}", b"", b"  \t", b"\r", b"nonsense", b'{"n":1}\r',
                b'{"id":"\\u00e9","n":9007199254740991}', b"[1]", b'{"n":1', b"\xff\xfe", b'{"n":1,"n":2}', b'{"x":"' + b"y" * 5000 + b'","n":4}']
        with self.server() as service:
            for ending in (b"\n", b""):
                data = b"\n".join(generator.choice(rows) for _ in range(3000)) + b'\n{"n":8}' + ending
                self.check_same(service, data, "policy=a.quick&param.by=3", "--policy", "a.quick", "--param", "by=3")
            for data in (b"", b"\n", b"\n\n \n", b'{"n":1}', b"\xef\xbb\xbf" + b'{"n":1}\n', b'\n\xef\xbb\xbf{"n":1}\n', b"\r\n\r\n{"):
                self.check_same(service, data, "policy=a.quick", "--policy", "a.quick")

    def test_long_lines(self):
        def long(length):
            return b'{"n":1,"x":"' + b"y" * (length - 14) + b'"}'
        most = 1 << 20
        data = b"\n".join([b'{"n":1}', long(most), long(most + 1), b'{"n":2}', long(3 * most), long(most) + b"\r", b'{"n":3}', long(2 * most)])
        with self.server() as service:
            body = self.check_same(service, data, "policy=a.quick", "--policy", "a.quick")
        self.assertEqual(body.count(b"line_too_long"), 3)

    def test_wide_results(self):
        data = b"".join(b'{"n":%d}\n' % n for n in [1, 500_000, 900_000, 7] * 5)
        with self.server() as service:
            self.check_same(service, data, "policy=a.wide", "--policy", "a.wide")

    def test_chunks_of_any_size(self):
        generator = random.Random(3)
        data = b"".join(b'{"id":"%d","n":%d}\n' % (n, n) for n in range(5000))
        done = self.folder.run("batch", "--policy", "a.quick", "--at", AT, data=data)
        with self.server() as service:
            for _ in range(5):
                at, parts = 0, []
                while at < len(data):
                    size = generator.choice([1, 2, 7, 100, 5000, 70_000])
                    parts.append(chunk(data[at:at + size]))
                    at += size
                with service.raw() as connection:
                    connection.sendall(head("POST", f"/v1/batch?policy=a.quick&at={AT}", "Transfer-Encoding: chunked", "Connection: close"))
                    reader = threading.Thread(target=connection.sendall, args=(b"".join(parts) + b"0\r\n\r\n",))
                    reader.start()
                    found = answers(received(connection))
                    reader.join()
                self.assertEqual(found[0][2], done.stdout)

    def test_every_policy_of_the_reference(self):
        """Generated rows, right and wrong ones, under each set of params."""
        tested = 0
        with HTTPServer() as service:
            for name, runs in compare.RUNS.items():
                data = "".join(row + "\n" for row in compare.generate.rows(name, 200, 5)).encode()
                for params, at in runs:
                    settings = [word for key, value in params.items() for word in ("--param", f"{key}={value}")]
                    done = run("batch", "--policy", name, "--at", at, *settings, data=data)
                    query = urllib.parse.urlencode({"policy": name, "at": at, **{f"param.{k}": v for k, v in params.items()}})
                    status, _, body = service.batch(query, data)
                    if status == 400:
                        self.assertIn(b"decides rows together", body)
                        continue
                    self.assertEqual((status, body), (200, done.stdout), name)
                    tested += 1
        self.assertGreater(tested, 20)

    def test_real_orders(self):
        """What an example makes of the buyers' orders on record, and the credits of a bank as lines that no policy accepts."""
        credits = os.path.join(SHARED, "data", "german_credit.csv")
        if not os.path.exists(credits):
            self.skipTest("the records are not there")
        with open(credits, encoding="utf-8") as file:
            data = "".join(json.dumps(row) + "\n" for row in csv.DictReader(file)).encode()
        with open(os.path.join(ROOT, "examples", "purchase_orders.ndjson"), "rb") as file:
            orders = file.read()
        with HTTPServer() as service:
            for name, lines in (("financing.eligibility", data), ("approval.purchase_order", orders * 20)):
                done = run("batch", "--policy", name, "--at", AT, data=lines)
                self.assertEqual(service.batch(f"policy={name}&at={AT}", lines)[::2], (200, done.stdout))


class RefusalTests(BatchTest):
    def test_before_any_result(self):
        table = [
            ("policy=a.nothing", 404, "unknown_policy", "a.nothing"),
            ("policy=a.quikc", 404, "unknown_policy", "did you mean a.quick"),
            ("", 400, "invalid_params", "policy is missing"),
            ("policy=", 404, "unknown_policy", ""),
            ("policy=a.quick&policy=a.quick", 400, "invalid_params", "twice"),
            ("policy=a.quick&at=soon", 400, "invalid_params", "at:"),
            ("policy=a.quick&param.by=x", 400, "invalid_params", "by"),
            ("policy=a.quick&param.nothing=1", 400, "invalid_params", "nothing"),
            ("policy=a.quick&by=1", 400, "invalid_params", "param.KEY"),
            ("policy=a.quick&param.=1", 400, "invalid_params", "param.KEY"),
            ("policy=a.quick&at=%zz", 400, "invalid_params", "hexadecimal"),
            ("policy=a.quick&at=%2", 400, "invalid_params", "hexadecimal"),
            ("policy=a.quick&at=%ff", 400, "invalid_params", "UTF-8"),
            ("policy=a.together", 400, "invalid_params", "decide_batch"),
        ]
        with self.server() as service:
            for query, status, code, words in table:
                with self.subTest(query):
                    got, headers, body = service.batch(query, b'{"n":1}\n')
                    error = json.loads(body)["error"]
                    self.assertEqual((got, error["code"], headers["content-type"]), (status, code, "application/json"))
                    self.assertIn(words, error["message"])
            status, _, body = service.ask("POST", "/v1/batch?policy=a.quick", b'{"n":1}\n', {"Content-Type": "text/csv"})
            self.assertEqual(status, 415)
            self.assertIn(b"application/x-ndjson", body)

    def test_params_and_times_are_decoded(self):
        with self.server() as service:
            plain = service.batch("policy=a.quick&param.by=2&at=2025-06-15T10:00:00%2B02:00", b'{"n":4}\n')
            coded = service.batch("%70olicy=a%2Equick&param%2eby=%32&at=2025-06-15T10%3a00%3a00%2b02:00&", b'{"n":4}\n')
            self.assertEqual(plain[0], 200)
            self.assertEqual(plain[2], coded[2])
            self.assertEqual(json.loads(plain[2])["decision"]["n"], 8)

    def test_batches_at_a_time(self):
        with self.server("--streams", "2") as service:
            open_ones = [service.raw() for _ in range(2)]
            for connection in open_ones:
                connection.sendall(head("POST", "/v1/batch?policy=a.quick", "Transfer-Encoding: chunked") + chunk(b'{"n":1}\n'))
                self.assertIn(b"200 OK", connection.recv(65536))
            status, headers, body = service.batch("policy=a.quick", b'{"n":1}\n')
            self.assertEqual((status, json.loads(body)["error"]["code"]), (503, "overloaded"))
            self.assertIn("retry-after", headers)
            open_ones[0].sendall(b"0\r\n\r\n")
            received_end = b""
            while not received_end.endswith(b"0\r\n\r\n"):
                received_end += open_ones[0].recv(65536)
            end = time.monotonic() + 10
            while service.batch("policy=a.quick", b'{"n":1}\n')[0] != 200:
                self.assertLess(time.monotonic(), end)
            for connection in open_ones:
                connection.close()


class StreamTests(BatchTest):
    def test_each_line_is_answered_while_others_are_to_come(self):
        with self.server() as service, service.raw() as connection:
            connection.sendall(head("POST", "/v1/batch?policy=a.quick", "Transfer-Encoding: chunked"))
            data = connection.recv(65536)
            self.assertIn(b"200 OK", data)
            rest = b""
            for n in range(200):
                connection.sendall(chunk(b'{"n":%d}\n' % n))
                while rest.count(b"\r\n") < 2:
                    rest += connection.recv(65536)
                size, _, rest = rest.partition(b"\r\n")
                result, rest = rest[:int(size, 16)], rest[int(size, 16) + 2:]
                self.assertEqual(json.loads(result)["decision"]["n"], n)
            connection.sendall(b"0\r\n\r\n" + head("GET", "/healthz", "Connection: close"))
            found = rest + received(connection)
            self.assertTrue(found.startswith(b"0\r\n\r\nHTTP/1.1 200 OK"), found[:100])

    def test_memory_does_not_depend_on_the_length(self):
        rows, written = 300_000, 0
        with self.server() as service, service.raw(timeout=120) as connection:
            service.batch("policy=a.quick", b'{"n":1}\n' * 20_000)
            before = resident_peak(service.process.pid)
            part = b"".join(b'{"id":"%d","n":%d}\n' % (n, n) for n in range(1000))
            connection.sendall(head("POST", "/v1/batch?policy=a.quick", "Transfer-Encoding: chunked", "Connection: close"))

            def send():
                for _ in range(rows // 1000):
                    connection.sendall(chunk(part))
                connection.sendall(b"0\r\n\r\n")
            sender = threading.Thread(target=send)
            sender.start()
            while more := connection.recv(1 << 18):
                written += more.count(b'"outcome":')
                last = more
            sender.join()
            self.assertTrue(last.endswith(b"0\r\n\r\n"))
            # One that was cut in two by the reads may be missed.
            self.assertLess(abs(written - rows), 500)
            self.assertLess(resident_peak(service.process.pid) - before, 12 << 10)

    def test_a_client_that_does_not_read_is_not_read_from(self):
        """And nobody else waits for it; once it reads, all is there."""
        with self.server() as service, service.raw(timeout=60) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
            connection.sendall(head("POST", f"/v1/batch?policy=a.wide&at={AT}", "Transfer-Encoding: chunked", "Connection: close"))
            data = b"".join(b'{"id":"%d","n":%d,"more":"%s"}\n' % (n, 900, b"x" * 250) for n in range(60_000))
            sent = [0]

            def send():
                for at in range(0, len(data), 50_000):
                    connection.sendall(chunk(data[at:at + 50_000]))
                    sent[0] = at
                connection.sendall(b"0\r\n\r\n")
            before = resident_peak(service.process.pid)
            sender = threading.Thread(target=send)
            sender.start()
            last = -1
            while sent[0] != last:
                last = sent[0]
                time.sleep(0.3)
            self.assertLess(sent[0], len(data) - 100_000)
            self.assertLess(resident_peak(service.process.pid) - before, 16 << 10)
            with service.tcp() as other:
                start = time.monotonic()
                for _ in range(100):
                    other.call("decide", policy="a.quick", input={"n": 1})
                self.assertLess(time.monotonic() - start, 2)
                # What takes long is not held up either.
                self.assertEqual(len(other.call("decide_batch", policy="a.quick", inputs=[{"n": 1}] * 10)["result"]["results"]), 10)
            found = answers(received(connection))
            sender.join()
        done = self.folder.run("batch", "--policy", "a.wide", "--at", AT, data=data)
        self.assertEqual(found[0][2], done.stdout)

    def test_a_client_that_goes_ends_the_work(self):
        data = b'{"n":5000}\n' * 200_000
        with self.server("--streams", "3") as service:
            for end in (reset, socket.socket.close, lambda s: s.shutdown(socket.SHUT_RDWR)):
                with self.subTest(end), service.raw() as connection:
                    connection.sendall(head("POST", "/v1/batch?policy=a.slow", f"Content-Length: {len(data)}"))
                    connection.sendall(data[:500_000])
                    came = b""
                    while b'"decision"' not in came:
                        self.assertTrue(piece := connection.recv(1000))
                        came += piece
                    self.assertIn(b"200 OK", came)
                    end(connection)
                    self.wait_for_no_batch(service)
            decided = service.metrics().value("remit_decisions_total", policy="a.slow")
            time.sleep(0.3)
            self.assertEqual(service.metrics().value("remit_decisions_total", policy="a.slow"), decided)
            self.assertGreater(decided, 0)
            self.assertEqual(service.metrics().value("remit_errors_total", policy="a.slow"), 0)
            self.assertLess(decided, 3 * 45_000)

    def test_a_client_that_goes_after_its_last_line(self):
        data = b'{"n":1000}\n' * 20_000
        with self.server() as service, service.raw() as connection:
            connection.sendall(head("POST", "/v1/batch?policy=a.slow", f"Content-Length: {len(data)}"))
            sender = threading.Thread(target=lambda: self.send_quietly(connection, data))
            sender.start()
            connection.recv(1000)
            reset(connection)
            sender.join()
            self.wait_for_no_batch(service)

    @staticmethod
    def send_quietly(connection, data):
        try:
            connection.sendall(data)
        except OSError:
            pass

    def wait_for_no_batch(self, service):
        end = time.monotonic() + 20
        while service.metrics().value("remit_batches_open") > 0:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)

    def test_a_request_that_breaks_off_has_no_whole_answer(self):
        """The last line is torn, and is not decided as if it were whole."""
        torn = [chunk(b'{"n":1}\n{"n":2}') + b"zz\r\n", chunk(b'{"n":1}\n{"n":2}'), chunk(b'{"n":1}\n{"n":2}') + b"5\r\nab"]
        with self.server() as service:
            for data in torn:
                with self.subTest(data), service.raw() as connection:
                    connection.sendall(head("POST", "/v1/batch?policy=a.quick", "Transfer-Encoding: chunked") + data)
                    connection.shutdown(socket.SHUT_WR)
                    found = received(connection)
                    self.assertTrue(found.startswith(b"HTTP/1.1 200 OK"), found)
                    self.assertFalse(found.endswith(b"0\r\n\r\n"), found)
                    self.assertNotIn(b'"n":2', found)
            with service.raw() as connection:
                connection.sendall(head("POST", "/v1/batch?policy=a.quick", "Content-Length: 100") + b'{"n":1}\n{"n":2}')
                connection.shutdown(socket.SHUT_WR)
                found = received(connection)
                self.assertFalse(found.endswith(b"0\r\n\r\n"), found)
                self.assertNotIn(b'"n":2', found)
            self.wait_for_no_batch(service)
            # The torn lines were decided by nobody.
            self.assertLessEqual(service.metrics().value("remit_decisions_total", policy="a.quick"), 4)

    def test_a_client_of_http_1_0(self):
        data = b"".join(b'{"n":%d}\n' % n for n in range(50_000))
        done = self.folder.run("batch", "--policy", "a.quick", "--at", AT, data=data)
        with self.server() as service, service.raw() as connection:
            head10 = b"POST /v1/batch?policy=a.quick&at=%s HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % (AT.encode(), len(data))
            sender = threading.Thread(target=connection.sendall, args=(head10 + data,))
            sender.start()
            found = received(connection)
            sender.join()
            fields, _, body = found.partition(b"\r\n\r\n")
            self.assertTrue(fields.startswith(b"HTTP/1.0 200 OK"))
            self.assertNotIn(b"chunked", fields)
            self.assertEqual(body, done.stdout)

    def test_a_client_that_expects_to_be_told_to_go_on(self):
        with self.server() as service, service.raw() as connection:
            connection.sendall(head("POST", "/v1/batch?policy=a.quick", "Content-Length: 8", "Expect: 100-continue", "Connection: close"))
            found = connection.recv(25)
            self.assertEqual(found, b"HTTP/1.1 100 Continue\r\n\r\n")
            connection.sendall(b'{"n":1}\n')
            self.assertEqual(answers(received(connection))[0][0], 200)

    def test_idle_streams(self):
        """A client that neither sends nor reads is ended; one that is slow and one that waits for us are not."""
        with self.server("--idle", "1") as service:
            with service.raw() as connection:
                connection.sendall(head("POST", "/v1/batch?policy=a.quick", "Transfer-Encoding: chunked") + chunk(b'{"n":1}\n'))
                start = time.monotonic()
                found = received(connection)
                self.assertLess(time.monotonic() - start, 5)
                self.assertFalse(found.endswith(b"0\r\n\r\n"))
            with service.raw() as connection:
                connection.sendall(head("POST", "/v1/batch?policy=a.quick", "Transfer-Encoding: chunked", "Connection: close"))
                for _ in range(6):
                    connection.sendall(chunk(b'{"n":1}\n'))
                    time.sleep(0.4)
                connection.sendall(b"0\r\n\r\n")
                self.assertEqual(answers(received(connection))[0][2].count(b"\n"), 6)
            with service.raw() as connection:
                data = b'{"n":20000}\n' * 500
                connection.sendall(head("POST", "/v1/batch?policy=a.slow", f"Content-Length: {len(data)}", "Connection: close") + data)
                self.assertEqual(answers(received(connection))[0][2].count(b"outcome"), 500)
            with service.raw() as connection:
                data = b'{"n":1000000}\n' * 400
                self.send_unread(connection, data)
                start = time.monotonic()
                self.wait_for_no_batch(service)
                self.assertLess(time.monotonic() - start, 10)

    def send_unread(self, connection, data):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 14)
        connection.sendall(head("POST", "/v1/batch?policy=a.wide", f"Content-Length: {len(data)}") + data)

    def test_a_long_batch_ends_with_the_service(self):
        with self.server() as service, service.raw() as connection:
            data = b'{"n":1000}\n' * 5000
            connection.sendall(head("POST", "/v1/batch?policy=a.slow", f"Content-Length: {len(data)}"))
            sender = threading.Thread(target=connection.sendall, args=(data,))
            sender.start()
            first = connection.recv(65536)
            service.terminate()
            found = answers(first + received(connection))
            sender.join()
            self.assertEqual(found[0][2].count(b"\n"), 5000)
            self.assertEqual(service.wait(), 0)

    def test_one_that_does_not_end_is_ended(self):
        with self.server() as service, service.raw() as connection:
            connection.sendall(head("POST", "/v1/batch?policy=a.quick", "Transfer-Encoding: chunked") + chunk(b'{"n":1}\n'))
            self.assertIn(b"200 OK", connection.recv(65536))
            start = time.monotonic()
            service.terminate()
            self.assertEqual(service.wait(), 0)
            self.assertLess(time.monotonic() - start, 15)
            self.assertFalse(received(connection).endswith(b"0\r\n\r\n"))


if __name__ == "__main__":
    unittest.main()
