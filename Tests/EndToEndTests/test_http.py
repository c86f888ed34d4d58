"""HTTP of `remit serve`: decisions one at a time, what HTTP/1.1 asks for, limits, bad clients, and the end."""
import http.client
import json
import os
import select
import socket
import struct
import threading
import time
import unittest

from http_service import HTTPServer, answers, head, received
from service import request
from support import Folder, policy, run

AT = "2025-06-15T08:00:00Z"
LIMIT = {"amount": "1200.00", "category": "expense", "approver": {"id": "M-1", "role": "manager", "active": True},
         "requester": {"id": "U-1"}, "at_date": "2025-06-15"}
POLICIES = {
    "policies/a/quick.lua": policy(
        'return { outcome = "approve", reasons = { "ok" }, n = tx.n }', fields="id = optional(text {}), n = integer {}"),
    "policies/a/faulty.lua": policy(
        'if tx.n > 1 then while true do end end error("no way")', fields="id = optional(text {}), n = integer {}"),
    "policies/a/slow.lua": policy(
        """local x = 0
           for i = 1, tx.n do x = (x * 7 + i) % 1000 end
           return { outcome = "approve", reasons = { "ok" }, x = x }""", fields="id = optional(text {}), n = integer {}"),
}
JSON = {"Content-Type": "application/json"}


def post(body, *lines):
    """A whole request for a decision, as bytes."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return head("POST", "/v1/decide", "Content-Type: application/json", f"Content-Length: {len(data)}", *lines) + data


QUICK = {"policy": "a.quick", "input": {"n": 1}}


class HTTPTest(unittest.TestCase):
    options = ()

    @classmethod
    def setUpClass(cls):
        cls.folder = Folder(POLICIES).__enter__()
        cls.policies = os.path.join(cls.folder.path, "policies")
        cls.service = HTTPServer(*cls.options, policies=cls.policies).__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.service.__exit__()
        cls.folder.__exit__()

    def tearDown(self):
        """Whatever a test has done, the service goes on."""
        status, _, body = self.service.decide(**QUICK)
        self.assertEqual((status, json.loads(body)["decision"]["n"]), (200, 1))

    def exchange(self, data, end=False):
        """Sends bytes, and returns the answers up to the end of the connection."""
        with self.service.raw() as connection:
            connection.sendall(data)
            if end:
                connection.shutdown(socket.SHUT_WR)
            return answers(received(connection))

    def check_error(self, answer, status, code, *words):
        self.assertEqual(answer[0], status, answer)
        error = json.loads(answer[2])["error"]
        self.assertEqual(error["code"], code)
        for word in words:
            self.assertIn(word, error["message"])
        return error


class DecideTests(HTTPTest):
    def test_the_answer_is_the_result_of_json_rpc_byte_for_byte(self):
        with HTTPServer() as service, service.tcp() as client:
            for extra in ({}, {"params": {}}, {"explain": True}, {"explain": False}):
                params = {"policy": "authority.limit", "input": LIMIT, "at": AT, **extra}
                client.send(json.dumps(request("decide", **params)).encode() + b"\n")
                reply = client.line()
                status, headers, body = service.decide(**params)
                self.assertEqual(status, 200)
                self.assertEqual(headers["content-type"], "application/json")
                self.assertEqual(reply, b'{"jsonrpc":"2.0","id":1,"result":' + body + b"}")

    def test_the_decision_is_that_of_a_batch(self):
        done = run("batch", "--policy", "authority.limit", "--at", AT, data=json.dumps(LIMIT) + "\n")
        with HTTPServer() as service:
            _, _, body = service.decide(policy="authority.limit", input=LIMIT, at=AT)
        self.assertEqual(json.loads(body)["decision"], json.loads(done.stdout)["decision"])

    def test_long_bodies_are_decided_by_workers(self):
        with HTTPServer(policies=self.policies) as service:
            status, _, body = service.decide(policy="a.quick", input={"n": 7, "more": "x" * 200_000})
            self.assertEqual((status, json.loads(body)["decision"]["n"]), (200, 7))

    def test_each_error_has_its_status(self):
        table = [
            ({"policy": "a.quick", "input": {"n": "x"}}, 422, "invalid_input"),
            ({"policy": "a.nothing", "input": {}}, 404, "unknown_policy"),
            ({"policy": "a.quick"}, 400, "invalid_params"),
            ({"policy": 5, "input": {}}, 400, "invalid_params"),
            ({"policy": "a.quick", "input": {"n": 1}, "at": "soon"}, 400, "invalid_params"),
            ({"policy": "a.quick", "input": {"n": 1}, "params": {"x": 1}}, 400, "invalid_params"),
            ({"policy": "a.quick", "input": {"n": 1}, "parms": {}}, 400, "invalid_params"),
            ({"policy": "a.faulty", "input": {"n": 1}}, 422, "policy_error"),
            ({"policy": "a.faulty", "input": {"n": 2}}, 422, "budget_exceeded"),
        ]
        for params, status, code in table:
            with self.subTest(params):
                self.check_error(self.service.decide(**params), status, code)

    def test_an_error_has_the_members_of_a_result_line(self):
        for name, rows in (("a.quick", [{"n": "x"}, {}]), ("a.faulty", [{"n": 1}, {"n": 2}])):
            lines, _ = self.folder.batch(name, rows)
            for row, line in zip(rows, lines):
                _, _, body = self.service.decide(policy=name, input=row)
                self.assertEqual(body.decode(), json.dumps({"error": line["error"]}, separators=(",", ":")))

    def test_a_body_is_one_json_object(self):
        table = [b"", b"x", b"{", b'{"policy":"a.quick","input":{"n":1}} {}', b'{"policy":"a.quick","input":{"n":1}},"id":5',
                 b'{}, "params": {}', b'{"policy":"a.quick","input":{"n":1}}}', b'{"policy":"a.quick","input":{"n":01}}',
                 b'{"policy":"a.quick","input":' + b"[" * 65 + b"]" * 65 + b"}"]
        for body in table:
            with self.subTest(body):
                self.check_error(self.service.ask("POST", "/v1/decide", body, JSON), 400, "parse_error", "byte ")
        for body in (b"[]", b"5", b" \nnull", b'"x"', b'[{"policy":"a.quick","input":{"n":1}}]'):
            with self.subTest(body):
                error = self.check_error(self.service.ask("POST", "/v1/decide", body, JSON), 400, "invalid_params")
                self.assertEqual(error["message"], "body: expected an object")
        for body, words in ((b' {"input":{}}', "policy: missing in the body ("), (b'{"policy":"a.quick"}', "input: missing in the body ("),
                            (b'{"policy":"a.quick","input":{},"x":1}', "x: no such member of the body (")):
            error = self.check_error(self.service.ask("POST", "/v1/decide", body, JSON), 400, "invalid_params")
            self.assertTrue(error["message"].startswith(words), error)
        twice = b'{"policy":"a.quick","policy":"a.slow","input":{"n":1}}'
        self.check_error(self.service.ask("POST", "/v1/decide", twice, JSON), 400, "invalid_params", "twice")

    def test_parse_errors_name_the_byte_of_the_body(self):
        answer = self.service.ask("POST", "/v1/decide", b'{"policy": x}', JSON)
        self.check_error(answer, 400, "parse_error", "byte 12:")

    def test_members_of_a_request_of_json_rpc_are_no_way_in(self):
        for body in ({"jsonrpc": "2.0", "id": 1, "method": "health"}, {**QUICK, "method": "health"}, {**QUICK, "id": 1}):
            self.check_error(self.service.decide(**body), 400, "invalid_params")

    def test_content_types(self):
        for kind in ("application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8", "application/x-www-form-urlencoded", None):
            headers = {"Content-Type": kind} if kind else {}
            status, _, _ = self.service.ask("POST", "/v1/decide", json.dumps(QUICK), headers)
            self.assertEqual(status, 200, kind)
        for kind in ("text/plain", "multipart/form-data", "application/jsonp", ""):
            answer = self.service.ask("POST", "/v1/decide", json.dumps(QUICK), {"Content-Type": kind})
            self.check_error(answer, 415, "invalid_params", "application/json")
        answer = self.service.ask("POST", "/v1/decide", json.dumps(QUICK), {**JSON, "Content-Encoding": "gzip"})
        self.check_error(answer, 415, "invalid_params", "gzip")

    def test_a_query_is_refused(self):
        self.check_error(self.service.ask("POST", "/v1/decide?at=x", json.dumps(QUICK), JSON), 400, "invalid_params")


class RouteTests(HTTPTest):
    def test_what_there_is_not(self):
        for path in ("/", "/v1", "/v1/decide/", "/v1/DECIDE", "/v1/%64ecide", "/../healthz", "/metrics/x"):
            answer = self.service.ask("GET", path)
            self.check_error(answer, 404, "invalid_params", "/v1/decide")

    def test_other_methods_are_told_which_there_are(self):
        table = [("GET", "/v1/decide", "POST"), ("HEAD", "/v1/batch", "POST"), ("PUT", "/v1/decide", "POST"),
                 ("POST", "/healthz", "GET, HEAD"), ("DELETE", "/metrics", "GET, HEAD"), ("OPTIONS", "/readyz", "GET, HEAD")]
        for method, path, allowed in table:
            status, headers, body = self.service.ask(method, path)
            self.assertEqual((status, headers["allow"]), (405, allowed))
            self.assertEqual(len(body) == 0, method == "HEAD")

    def test_health(self):
        self.assertEqual(self.service.ask("GET", "/healthz")[::2], (200, b'{"status":"ok"}'))
        self.assertEqual(self.service.ask("GET", "/readyz")[::2], (200, b'{"status":"ready"}'))
        self.assertEqual(self.service.ask("GET", "/healthz?x=1")[0], 200)

    def test_head_is_get_without_its_body(self):
        for path in ("/healthz", "/readyz", "/metrics"):
            connection = self.service.http()
            status, headers, body = self.service.ask("HEAD", path, connection=connection)
            self.assertEqual((status, body), (200, b""))
            self.assertGreater(int(headers["content-length"]), 0)
            self.assertEqual(self.service.ask("GET", "/healthz", connection=connection)[0], 200)
            connection.close()

    def test_the_date(self):
        _, headers, _ = self.service.ask("GET", "/healthz")
        said = time.mktime(time.strptime(headers["date"], "%a, %d %b %Y %H:%M:%S GMT")) - time.timezone
        self.assertLess(abs(time.time() - said), 5)
        self.assertEqual(headers["date"], time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(said)))


class ProtocolTests(HTTPTest):
    def test_a_connection_answers_many_requests(self):
        connection = self.service.http()
        for number in range(200):
            status, headers, body = self.service.decide(connection, policy="a.quick", input={"n": number})
            self.assertEqual((status, json.loads(body)["decision"]["n"]), (200, number))
            self.assertNotIn("connection", headers)
        connection.close()

    def test_pipelined_requests_are_answered_in_order(self):
        data = [post({"policy": "a.quick", "input": {"n": n, "more": "x" * (40_000 if n % 7 == 0 else 0)}}) for n in range(300)]
        found = self.exchange(b"".join(data) + head("GET", "/healthz", "Connection: close"))
        self.assertEqual([status for status, _, _ in found], [200] * 301)
        self.assertEqual([json.loads(body)["decision"]["n"] for _, _, body in found[:-1]], list(range(300)))

    def test_every_split_point(self):
        data = post({"policy": "a.quick", "input": {"n": 3}})
        with self.service.raw() as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for point in range(1, len(data), 3):
                connection.sendall(data[:point])
                time.sleep(0.001)
                connection.sendall(data[point:])
                answer = connection.recv(65536)
                self.assertEqual(answers(answer)[0][0], 200)

    def test_chunked_bodies(self):
        body = json.dumps(QUICK).encode()
        chunks = b"".join(b"%x;name=value\r\n%s\r\n" % (1, body[at:at + 1]) for at in range(len(body)))
        data = head("POST", "/v1/decide", "Transfer-Encoding: chunked") + chunks + b"0\r\nTrailer: x\r\n\r\n"
        found = self.exchange(data + head("GET", "/healthz", "Connection: close"))
        self.assertEqual([status for status, _, _ in found], [200, 200])

    def test_a_client_that_expects_to_be_told_to_go_on(self):
        body = json.dumps(QUICK).encode()
        with self.service.raw() as connection:
            lines = ("Content-Type: application/json", "Expect: 100-continue", "Connection: close")
            connection.sendall(head("POST", "/v1/decide", f"Content-Length: {len(body)}", *lines))
            self.assertEqual(connection.recv(65536), b"HTTP/1.1 100 Continue\r\n\r\n")
            connection.sendall(body)
            self.assertEqual(answers(received(connection))[0][0], 200)
        with self.service.raw() as connection:
            connection.sendall(head("POST", "/v1/decide", "Content-Length: 9000000", "Expect: 100-continue"))
            found = answers(received(connection))
            self.assertEqual([status for status, _, _ in found], [413])
        self.check_error(self.exchange(post(QUICK, "Expect: miracles", "Connection: close"))[0], 417, "invalid_params")

    def test_two_lengths_are_no_request(self):
        """What one server takes for a body and another for the next request has been used to smuggle some."""
        body = json.dumps(QUICK).encode()
        length = f"Content-Length: {len(body)}"
        smuggled = b"0\r\n\r\n" + head("GET", "/healthz")
        table = [
            head("POST", "/v1/decide", "Transfer-Encoding: chunked", length) + smuggled,
            head("POST", "/v1/decide", length, "Transfer-Encoding: chunked") + smuggled,
            head("POST", "/v1/decide", length, "Content-Length: 5") + body,
            head("POST", "/v1/decide", "Content-Length: 5, 6") + body,
            head("POST", "/v1/decide", "Content-Length: +5") + body,
            head("POST", "/v1/decide", "Content-Length: -5") + body,
            head("POST", "/v1/decide", "Content-Length: 0x5") + body,
            head("POST", "/v1/decide", "Content-Length: 99999999999999999999999") + body,
            head("POST", "/v1/decide", "Transfer-Encoding: chunked, identity") + smuggled,
            head("POST", "/v1/decide", "Transfer-Encoding: chunked, chunked") + smuggled,
            head("POST", "/v1/decide", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked") + smuggled,
            head("POST", "/v1/decide", "Transfer-Encoding: identity", "Transfer-Encoding: gzip") + smuggled,
            head("POST", "/v1/decide", "Transfer-Encoding : chunked") + smuggled,
            head("POST", "/v1/decide", "Transfer-Encoding: xchunked") + smuggled,
            head("POST", "/v1/decide", "X: 1\nContent-Length: 3") + body,
        ]
        for data in table:
            with self.subTest(data):
                found = self.exchange(data)
                self.assertEqual([status for status, _, _ in found], [400])
                self.assertEqual(found[0][1].get("connection"), "close")

    def test_other_codings_of_bodies(self):
        """What is left of one when the chunks are put together must not be taken for the body."""
        body = json.dumps(QUICK).encode()
        chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        for lines in (["Transfer-Encoding: gzip, chunked"], ["Transfer-Encoding: gzip", "Transfer-Encoding: chunked"]):
            for path in ("/v1/decide", "/v1/batch?policy=a.quick"):
                found = self.exchange(head("POST", path, *lines) + chunks)
                self.assertEqual(len(found), 1)
                error = self.check_error(found[0], 415, "invalid_params", "Transfer-Encoding: expected chunked, got ")
                self.assertEqual(error["message"].rpartition("got ")[2], ", ".join(line.partition(": ")[2] for line in lines))
        for line in ("Transfer-Encoding: Chunked", "transfer-encoding:chunked"):
            found = self.exchange(head("POST", "/v1/decide", line, "Connection: close") + chunks)
            self.assertEqual([status for status, _, _ in found], [200])

    def test_garbage(self):
        table = [b"garbage\r\n\r\n", b"\x00\x01\x02\x03\r\n", b"GET\r\n\r\n", b"GET /healthz\r\n\r\n", b"GET /healthz HTTP/9.9\r\n\r\n",
                 b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b'{"jsonrpc":"2.0","id":1,"method":"health"}\n',
                 b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
                 b"GET / HTTP/1.1\r\nHo st: x\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nA: \x01\r\n\r\n"]
        for data in table:
            with self.subTest(data):
                self.check_error(self.exchange(data, end=True)[0], 400, "parse_error")

    def test_garbage_behind_requests_is_told_behind_their_answers(self):
        slow = post({"policy": "a.slow", "input": {"n": 20_000}})
        found = self.exchange(slow + post(QUICK) + b"garbage\r\n\r\n" + post(QUICK))
        self.assertEqual([status for status, _, _ in found], [200, 200, 400])

    def test_garbage_inside_of_a_body(self):
        data = head("POST", "/v1/decide", "Transfer-Encoding: chunked") + b"5\r\n{\"pol\r\nzz\r\n"
        found = self.exchange(data)
        self.check_error(found[0], 400, "parse_error")
        self.assertEqual(len(found), 1)

    def test_half_requests(self):
        whole = post(QUICK)
        for length in (10, 40, whole.index(b"\r\n\r\n") + 4, len(whole) - 1):
            with self.subTest(length):
                found = self.exchange(whole[:length], end=True)
                self.assertEqual([status for status, _, _ in found], [400])

    def test_a_client_that_ends_its_half_is_answered(self):
        found = self.exchange(post({"policy": "a.slow", "input": {"n": 20_000}}) + post(QUICK), end=True)
        self.assertEqual([status for status, _, _ in found], [200, 200])

    def test_one_host(self):
        for lines in ([], ["Host: a", "Host: b"]):
            found = self.exchange(head("GET", "/healthz", *lines, host=False))
            self.check_error(found[0], 400, "parse_error", "Host")

    def test_http_1_0(self):
        found = self.exchange(b"GET /healthz HTTP/1.0\r\n\r\n")
        self.assertEqual((found[0][0], found[0][2], found[0][1]["connection"]), (200, b'{"status":"ok"}', "close"))
        body = json.dumps(QUICK).encode()
        found = self.exchange(b"POST /v1/decide HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        self.assertEqual(found[0][0], 200)

    def test_the_client_says_which_request_is_its_last(self):
        found = self.exchange(post(QUICK) + post(QUICK, "Connection: close") + post(QUICK))
        self.assertEqual([status for status, _, _ in found], [200, 200])
        self.assertEqual(found[1][1]["connection"], "close")

    def test_resets(self):
        for length in (5, 60, None):
            for _ in range(20):
                connection = self.service.raw()
                connection.sendall(post({"policy": "a.slow", "input": {"n": 50_000}})[:length])
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()
        end = time.monotonic() + 20
        while self.service.metrics().value("remit_connections_open") > 1:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)


class LimitTests(HTTPTest):
    options = ("--line-bytes", "1000", "--idle", "1", "--connections", "8", "--nesting", "5")

    def test_bytes_of_a_body(self):
        def body(length):
            text = json.dumps(QUICK)
            return (text + " " * (length - len(text))).encode()
        self.assertEqual(self.exchange(post(body(1000), "Connection: close"))[0][0], 200)
        self.check_error(self.exchange(post(body(1001)))[0], 413, "line_too_long", "1000 bytes")
        chunks = head("POST", "/v1/decide", "Transfer-Encoding: chunked")
        self.assertEqual(self.exchange(chunks + b"3e8\r\n" + body(1000) + b"\r\n0\r\n\r\n" + head("GET", "/", "Connection: close"))[0][0], 200)
        self.check_error(self.exchange(chunks + b"3e9\r\n" + body(1001) + b"\r\n0\r\n\r\n")[0], 413, "line_too_long")
        # The answer comes while there is more to send.
        self.check_error(self.exchange(chunks + b"fffffff\r\n" + b"x" * 200_000)[0], 413, "line_too_long")
        self.check_error(self.exchange(head("POST", "/v1/decide", "Content-Length: 100000000") + b"x" * 50_000)[0], 413, "line_too_long")

    def test_nesting(self):
        def deep(levels):
            return {"policy": "a.quick", "input": {"n": 1, "x": json.loads("[" * levels + "]" * levels)}}
        self.assertEqual(self.service.decide(**deep(4))[0], 200)
        self.check_error(self.service.decide(**deep(5)), 400, "parse_error")

    def test_heads(self):
        self.assertEqual(self.exchange(head("GET", "/healthz", "A: " + "x" * 20_000, "Connection: close"))[0][0], 200)
        for lines, words in ((["A: " + "x" * 40_000], "more than 32768"), ([f"A{n}: {'x' * 1000}" for n in range(40)], "more than 32768"),
                             ([f"A{n}: x" for n in range(100)], "101 fields, more than 100"), ([f"A{n}: x" for n in range(1000)], "100 fields"),
                             (["A: " + "x" * 400_000], "32768 bytes")):
            found = self.exchange(head("GET", "/healthz", *lines))
            self.check_error(found[0], 431, "line_too_long", words)
            self.assertEqual((len(found), found[0][1]["connection"]), (1, "close"))
        self.check_error(self.exchange(head("GET", "/" + "x" * 40_000))[0], 414, "line_too_long", "32768 bytes")
        # So long that the parser gives up before it is told what it was.
        self.check_error(self.exchange(head("GET", "/" + "x" * 400_000))[0], 431, "line_too_long", "32768 bytes")

    def test_the_edges_of_heads(self):
        def ask(target, *lines):
            return self.exchange(head("GET", target, "Connection: close", *lines))[0]
        self.assertEqual(ask("/healthz", *[f"A{n}: x" for n in range(98)])[0], 200)
        self.check_error(ask("/healthz", *[f"A{n}: x" for n in range(99)]), 431, "line_too_long", "101 fields")
        used = len("/healthz" "Host" "x" "Connection" "close" "A")
        self.assertEqual(ask("/healthz", "A: " + "x" * (32768 - used))[0], 200)
        self.check_error(ask("/healthz", "A: " + "x" * (32769 - used)), 431, "line_too_long", "32769 bytes")
        used = len("Host" "x" "Connection" "close")
        self.check_error(ask("/" + "x" * 32767), 431, "line_too_long", f"{32768 + used} bytes")
        self.check_error(ask("/" + "x" * 32768), 414, "line_too_long", "32768 bytes")

    def test_a_long_head_behind_requests_is_told_behind_their_answers(self):
        slow = post({"policy": "a.slow", "input": {"n": 20_000}})
        found = self.exchange(slow + post(QUICK) + head("GET", "/" + "x" * 40_000) + post(QUICK))
        self.assertEqual([status for status, _, _ in found], [200, 200, 414])

    def test_clients_that_do_nothing(self):
        """A client that says nothing, one that has begun a head, one that dribbles it, and one in the middle of a body."""
        whole = post(QUICK)
        with self.service.raw() as silent, self.service.raw() as begun, self.service.raw() as slow, self.service.raw() as half:
            start = time.monotonic()
            begun.sendall(whole[:20])
            half.sendall(whole[:-3])
            stopped = threading.Event()

            def dribble():
                for byte in whole[:-3]:
                    if stopped.wait(0.1):
                        return
                    try:
                        slow.sendall(bytes([byte]))
                    except OSError:
                        return
            thread = threading.Thread(target=dribble)
            thread.start()
            self.assertEqual([received(silent), received(begun)], [b"", b""])
            self.check_error(answers(received(half))[0], 408, "overloaded", "1 s")
            self.assertEqual(received(slow), b"")
            self.assertLess(time.monotonic() - start, 5)
            stopped.set()
            thread.join()

    def test_a_dribbled_body_has_its_time_too(self):
        whole = post(QUICK)
        with self.service.raw() as slow:
            split = whole.index(b"\r\n\r\n") + 4
            slow.sendall(whole[:split])
            start = time.monotonic()
            while not select.select([slow], [], [], 0.1)[0]:
                slow.sendall(b" ")
                self.assertLess(time.monotonic() - start, 5)
            self.check_error(answers(received(slow))[0], 408, "overloaded")

    def test_connections_are_counted_with_those_of_json_rpc(self):
        held = [self.service.tcp() for _ in range(4)] + [self.service.raw() for _ in range(4)]
        try:
            for client in held[:4]:
                client.call("health")
            with self.service.raw() as one_too_many:
                one_too_many.sendall(post(QUICK))
                found = answers(received(one_too_many))
                self.check_error(found[0], 503, "overloaded", "8 connections")
                self.assertIn("retry-after", found[0][1])
            with self.service.tcp() as one_too_many:
                self.assertEqual(json.loads(one_too_many.line())["error"]["data"]["code"], "overloaded")
        finally:
            for client in held:
                client.close()
        end = time.monotonic() + 10
        while True:
            try:
                if self.service.metrics().value("remit_connections_open") == 1:
                    break
            except (AssertionError, http.client.HTTPException, OSError):
                pass
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)
        self.assertEqual(self.service.metrics().value("remit_connections_refused_total") > 1, True)


class ReserveTests(unittest.TestCase):
    """Where connections are used up, a few more may ask how the service is."""
    HEALTH = head("GET", "/healthz")

    def statuses(self, service, data):
        with service.raw() as connection:
            connection.sendall(data)
            found = answers(received(connection))
        self.assertTrue(all(fields["connection"] == "close" for _, fields, _ in found), found)
        return [status for status, _, _ in found]

    def test_health_is_told_and_nothing_else(self):
        with HTTPServer("--connections", "1", "--loops", "1") as service, service.raw() as held:
            held.sendall(self.HEALTH)
            self.assertEqual(answers(held.recv(65536))[0][0], 200)
            for _ in range(20):
                self.assertEqual(self.statuses(service, self.HEALTH), [200])
            self.assertEqual(self.statuses(service, head("GET", "/readyz", "Connection: keep-alive")), [200])
            self.assertEqual(service.ask("HEAD", "/readyz")[0], 200)
            self.assertEqual(self.statuses(service, head("GET", "/healthz", "Content-Length: 5")), [200])
            # One answer each, whatever follows.
            self.assertEqual(self.statuses(service, self.HEALTH + post(QUICK) + self.HEALTH), [200])
            page = service.metrics()
            self.assertEqual(page.value("remit_connections_open"), 1)
            self.assertGreater(page.value("remit_connections_refused_total"), 20)
            for data in (post(QUICK), head("POST", "/v1/batch?policy=authority.limit"), head("GET", "/nothing")):
                self.assertEqual(self.statuses(service, data), [503])
            self.assertEqual(self.statuses(service, b"garbage\r\n\r\n"), [400])

    def test_the_reserve_is_small_and_comes_back(self):
        with HTTPServer("--connections", "1", "--loops", "1") as service, service.raw() as held:
            held.sendall(self.HEALTH)
            held.recv(65536)
            for _ in range(10):
                silent = [service.raw() for _ in range(4)]
                silent[0].sendall(b"GET /heal")
                # They are accepted a little later than they are there; who asks before takes the place of one.
                time.sleep(0.3)
                found = self.statuses(service, self.HEALTH)
                for connection in silent:
                    self.assertEqual([status for status, _, _ in answers(received(connection))], [503])
                    connection.close()
                if found == [503]:
                    break
            self.assertEqual(found, [503])
            end = time.monotonic() + 5
            while self.statuses(service, self.HEALTH) != [200]:
                self.assertLess(time.monotonic(), end)

    def test_the_service_ends_with_guests(self):
        with HTTPServer("--connections", "1", "--loops", "1") as service, service.raw() as held, service.raw() as guest:
            held.sendall(self.HEALTH)
            held.recv(65536)
            start = time.monotonic()
            service.terminate()
            received(held)
            received(guest)
            self.assertEqual(service.wait(), 0)
            self.assertLess(time.monotonic() - start, 5)


class EndTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder(POLICIES).__enter__()
        cls.policies = os.path.join(cls.folder.path, "policies")

    @classmethod
    def tearDownClass(cls):
        cls.folder.__exit__()

    def test_what_was_sent_is_answered(self):
        with HTTPServer(policies=self.policies) as service:
            connections = [service.raw() for _ in range(20)]
            data = post({"policy": "a.slow", "input": {"n": 20_000}})
            for connection in connections:
                connection.sendall(data * 5)
            service.terminate()
            for connection in connections:
                found = answers(received(connection))
                self.assertEqual([status for status, _, _ in found], [200] * 5)
                connection.close()
            self.assertEqual(service.wait(), 0)

    def test_idle_connections_are_closed(self):
        with HTTPServer(policies=self.policies) as service:
            connection = service.raw()
            connection.sendall(head("GET", "/healthz"))
            self.assertEqual(answers(connection.recv(65536))[0][0], 200)
            start = time.monotonic()
            service.terminate()
            self.assertEqual(received(connection), b"")
            self.assertEqual(service.wait(), 0)
            self.assertLess(time.monotonic() - start, 5)

    def test_readiness_ends_first(self):
        """While a batch is still under way, others are told that this one ends; it is answered to its end."""
        with HTTPServer(policies=self.policies) as service:
            batch = service.raw()
            batch.sendall(head("POST", "/v1/batch?policy=a.quick", "Transfer-Encoding: chunked") + b"9\r\n{\"n\": 1}\n\r\n")
            first = batch.recv(65536)
            service.terminate()
            end = time.monotonic() + 5
            while service.ask("GET", "/readyz")[0] != 503:
                self.assertLess(time.monotonic(), end)
            self.assertEqual(service.ask("GET", "/readyz")[2], b'{"status":"ending"}')
            self.assertEqual(service.ask("GET", "/healthz")[0], 200)
            # What was on its way is still decided.
            while (answer := service.decide(**QUICK))[0] == 200:
                self.assertLess(time.monotonic(), end)
            status, headers, body = answer
            self.assertEqual((status, json.loads(body)["error"]["code"]), (503, "overloaded"))
            self.assertIn("retry-after", headers)
            self.assertEqual(headers["connection"], "close")
            batch.sendall(b"9\r\n{\"n\": 2}\n\r\n0\r\n\r\n")
            found = answers(first + received(batch))
            self.assertEqual([json.loads(line)["decision"]["n"] for line in found[0][2].splitlines()], [1, 2])
            batch.close()
            self.assertEqual(service.wait(), 0)

    def test_an_address_that_others_reach_is_warned_of(self):
        with HTTPServer("--http", "0.0.0.0:0", policies=self.policies) as service:
            service.wait_for(rb"warning: 0\.0\.0\.0:\d+ is no loopback address")
            service.wait_for(rb"listening on http://0\.0\.0\.0:\d+")

    def test_a_loopback_address_is_none_that_others_reach(self):
        with HTTPServer("--http", "[::ffff:127.0.0.1]:0", policies=self.policies) as service:
            said = service.wait_for(rb"((?:.|\n)*)listening on http://\[::ffff:127\.0\.0\.1\]:\d+")
            self.assertNotIn(b"warning", said.group(0))

    def test_http_alone(self):
        done = self.folder.run("serve", "--http", "nonsense")
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"--http: expected HOST:PORT", done.stderr)
        with HTTPServer(policies=self.policies) as service:
            done = self.folder.run("serve", "--http", f"127.0.0.1:{service.http_port}")
            self.assertEqual(done.returncode, 2)
            self.assertIn(b"cannot listen on 127.0.0.1", done.stderr)


if __name__ == "__main__":
    unittest.main()
