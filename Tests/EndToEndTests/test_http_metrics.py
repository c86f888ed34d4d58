"""`GET /metrics`: a valid page, and its numbers are those of the requests that were sent."""
import json
import os
import re
import threading
import time
import unittest

from http_service import HTTPServer, Metrics
from service import line, request
from support import FolderCase, policy

FIELDS = "id = optional(text {}), n = integer {}"
POLICIES = {
    "policies/a/first.lua": policy(
        """if tx.n < 0 then error("no way") end
           return { outcome = tx.n > 10 and "reject" or "approve", reasons = { "ok" } }""", fields=FIELDS),
    "policies/a/second.lua": policy('return { outcome = "reject", reasons = { "ok" } }', fields=FIELDS),
    "policies/a/together.lua": """
return policy {
  summary = "A test.", outcomes = { "approve", "reject" }, input = record { id = text {}, n = integer {} },
  reasons = { ok = { en = "Fine.", zh = "好。" } }, group = { by = { "id" } },
  decide_group = function(rows)
    local out = {}
    for i = 1, #rows do out[i] = { outcome = rows[i].n > 10 and "reject" or "approve", reasons = { "ok" } } end
    return out
  end,
}
""",
}


class ParserTests(unittest.TestCase):
    def test_the_parser_refuses_what_is_no_page(self):
        good = '# HELP a b\n# TYPE a counter\na{x="y"} 1\na{x="z\\n\\"\\\\"} 2\n'
        self.assertEqual(Metrics(good).value("a"), 3)
        histogram = ('# HELP h b\n# TYPE h histogram\nh_bucket{le="1"} %s\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n')
        self.assertEqual(Metrics(histogram % 1).value("h_count"), 2)
        for bad in (good[:-1], good + "a 1 \n", good + 'a{x="y"} 1\n', good + "b 1\n", good + "a{x=y} 1\n", good + 'a{x="\\t"} 1\n',
                    good + 'a{x="1",x="2"} 1\n', "# TYPE a counter\na 1\n", "# HELP a b\na 1\n", good + "a -1\n", good + "a one\n",
                    histogram % 3, histogram.replace("+Inf", "2") % 1):
            with self.subTest(bad), self.assertRaises((AssertionError, ValueError, AttributeError, KeyError)):
                Metrics(bad)


class MetricsTests(FolderCase):
    files = POLICIES

    def server(self, *options):
        return HTTPServer(*options, policies=os.path.join(self.folder.path, "policies"))

    def test_decisions_and_errors_of_every_way_in(self):
        with self.server() as service:
            for connect in (service.tcp, service.unix):
                with connect() as client:
                    for n in range(1, 21):
                        client.call("decide", policy="a.first", input={"n": n})
                    client.call("decide", policy="a.first", input={"n": "x"})
                    client.call("decide", policy="a.first", input={"n": -1})
                    client.call("decide", policy="a.nothing", input={"n": 1})
                    client.call("decide", policy="a.first", input={"n": 1}, at="soon")
                    client.call("decide", policy="a.first", input={"n": 1}, explain=True)
                    client.call("decide", input={})
                    client.call("health")
                    client.call("policies")
                    client.call("nothing")
                    client.ask(b"nonsense\n")
                    client.call("decide_batch", policy="a.second", inputs=[{"n": 1}, {"n": 2}, {"n": "x"}])
                    client.call("decide_batch", policy="a.together", inputs=[{"id": "x", "n": n} for n in (1, 11, 12)] + [{"id": 5}])
                    client.call("decide", policy="a.together", input={"id": "x", "n": 1})
                    # A notification is decided too.
                    client.send(line({"jsonrpc": "2.0", "method": "decide", "params": {"policy": "a.second", "input": {"n": 1}}}))
                    client.call("health")
            for n in range(5):
                service.decide(policy="a.first", input={"n": n})
            service.decide(policy="a.first", input={})
            service.ask("POST", "/v1/decide", b"nonsense", {"Content-Type": "application/json"})
            service.batch("policy=a.second", b'{"n":1}\n{"n":2}\n\nnonsense\n{"n":"x"}\n' + b"x" * (1 << 20) + b"x\n")
            service.batch("policy=a.nothing", b"")
            page = service.metrics()

        def decisions(name, outcome):
            return page.value("remit_decisions_total", policy=name, outcome=outcome)

        def errors(code, name=""):
            return page.value("remit_errors_total", code=code, policy=name)

        def requests(method, transport):
            return page.value("remit_requests_total", method=method, transport=transport)
        self.assertEqual(decisions("a.first", "approve"), 2 * 11 + 5)
        self.assertEqual(decisions("a.first", "reject"), 2 * 10)
        self.assertEqual(decisions("a.second", "reject"), 2 * 3 + 2)
        self.assertEqual(decisions("a.second", "approve"), 0)
        self.assertEqual(decisions("a.together", "approve"), 2 * 2)
        self.assertEqual(decisions("a.together", "reject"), 2 * 2)
        self.assertEqual(errors("invalid_input", "a.first"), 2 + 1)
        self.assertEqual(errors("policy_error", "a.first"), 2)
        self.assertEqual(errors("invalid_params", "a.first"), 2)
        self.assertEqual(errors("invalid_input", "a.second"), 2 + 1)
        self.assertEqual(errors("parse_error", "a.second"), 1)
        self.assertEqual(errors("line_too_long", "a.second"), 1)
        self.assertEqual(errors("invalid_input", "a.together"), 2)
        self.assertEqual(errors("unknown_policy"), 2 + 1)
        self.assertEqual(errors("invalid_params"), 2)
        self.assertEqual(errors("parse_error"), 2 + 1)
        self.assertEqual(page.value("remit_errors_total"), 3 + 2 + 2 + 3 + 1 + 1 + 2 + 3 + 2 + 3)
        for transport in ("tcp", "unix"):
            self.assertEqual(requests("decide", transport), 20 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1)
            self.assertEqual(requests("decide_batch", transport), 2)
            self.assertEqual(requests("health", transport), 2)
            self.assertEqual(requests("policies", transport), 1)
            self.assertEqual(requests("other", transport), 1)
        self.assertEqual(requests("decide", "http"), 6)
        self.assertEqual(requests("batch", "http"), 2)
        # Each request for one decision but those that are explained or are no request for one, and each element and line that is
        # decided by itself.
        measured = 2 * (28 - 2 + 3) + 6 + 4
        self.assertEqual(page.value("remit_decision_duration_seconds_count"), measured)
        self.assertGreater(page.value("remit_decision_duration_seconds_sum"), 0)
        self.assertLess(page.value("remit_decision_duration_seconds_sum"), 10)
        self.assertEqual(page.value("remit_policies"), 3)
        self.assertEqual(page.value("remit_http_responses_total", status="200"), 5 + 1)
        self.assertEqual(page.value("remit_http_responses_total", status="404"), 1)
        self.assertEqual(page.kinds["remit_decision_duration_seconds"], "histogram")

    def test_all_errors_over_http_are_counted(self):
        with self.server() as service:
            text = {"Content-Type": "text/plain"}
            for arguments, status in [
                    (("GET", "/nothing"), 404), (("GET", "/v1/decide"), 405), (("POST", "/v1/decide", b"{}", text), 415), (("POST", "/v1/batch?policy=a.first", b"{}", text), 415),
                    (("POST", "/v1/decide?x=1", b"{}"), 400), (("POST", "/v1/batch?x=1", b""), 400), (("POST", "/v1/decide", b"[1]"), 400)]:
                self.assertEqual(service.ask(*arguments)[0], status, arguments)
            self.assertEqual(service.metrics().value("remit_errors_total"), 7)
            self.assertEqual(service.metrics().value("remit_errors_total", code="invalid_params", policy=""), 7)
            # Whom they are about is told where it is known.
            for query in ("policy=a.first&param.zz=1", "policy=a.first&at=soon", "policy=a.together"):
                self.assertEqual(service.batch(query, b"")[0], 400)
            self.assertEqual(service.decide(policy="a.first", input={"n": 1}, params={"zz": 1})[0], 400)
            page = service.metrics()
            self.assertEqual(page.value("remit_errors_total", code="invalid_params", policy="a.first"), 3)
            self.assertEqual(page.value("remit_errors_total", code="invalid_params", policy="a.together"), 1)
            self.assertEqual(page.value("remit_errors_total"), 7 + 4)

    def test_a_batch_that_was_answered_is_over(self):
        with self.server("--streams", "1") as service:
            for _ in range(100):
                status, _, _ = service.batch("policy=a.first", b'{"n":1}\n')
                self.assertEqual(status, 200)
                self.assertEqual(service.metrics().value("remit_batches_open"), 0)

    def test_no_label_is_a_client_s(self):
        with self.server() as service:
            with service.tcp() as client:
                client.call('x"y\\z\n' * 3)
                client.call("decide", policy='evil"}', input={})
            service.ask("GET", "/evil")
            service.batch("policy=evil", b"")
            for (_, labels) in service.metrics().samples:
                for _, value in labels:
                    self.assertNotIn("evil", value)

    def test_connections_and_process(self):
        with self.server("--connections", "3") as service:
            with service.tcp() as first, service.unix() as second:
                first.call("health")
                second.call("health")
                files = len(os.listdir(f"/proc/{service.process.pid}/fd"))
                page = service.metrics()
                self.assertEqual(page.value("remit_connections_open"), 3)
                self.assertEqual(page.value("remit_connections_total"), 3)
                # The connection that asked counts until the service has seen its end.
                deadline = time.monotonic() + 20
                while len(os.listdir(f"/proc/{service.process.pid}/fd")) > files:
                    self.assertLess(time.monotonic(), deadline)
                    time.sleep(0.01)
                time.sleep(0.1)
                with service.tcp() as third, service.tcp() as fourth:
                    replies = []
                    for client in (third, fourth):
                        client.send(line(request("health")))
                        replies.append(client.line())
                    self.assertEqual(sum(b"overloaded" in reply for reply in replies), 1)
            page = service.metrics()
            deadline = time.monotonic() + 20
            # The files of connections that have gone are closed a little later.
            while page.value("process_open_fds") != len(os.listdir(f"/proc/{service.process.pid}/fd")) + 1:
                self.assertLess(time.monotonic(), deadline)
                page = service.metrics()
            self.assertEqual(page.value("remit_connections_refused_total"), 1)
            self.assertGreater(page.value("process_resident_memory_bytes"), 1 << 20)
            self.assertGreater(page.value("process_virtual_memory_bytes"), page.value("process_resident_memory_bytes"))
            self.assertGreater(page.value("process_max_fds"), 100)
            self.assertLess(abs(page.value("process_start_time_seconds") - time.time()), 60)
            self.assertGreater(page.value("process_cpu_seconds_total"), 0)
            build = [labels for name, labels in page.samples if name == "remit_build_info"]
            self.assertTrue(re.fullmatch(r"\d+\.\d+\.\d+", dict(build[0])["version"]))
            with service.tcp() as client:
                snapshot = client.call("health")["result"]["snapshot"]
            self.assertEqual(page.value("remit_snapshot_info", snapshot=snapshot), 1)

    def test_scrapes_under_load(self):
        """Numbers never fall, and every page is valid."""
        with self.server() as service:
            stopped = threading.Event()

            def load():
                with service.tcp() as client:
                    asked = b"".join(line(request("decide", n, policy="a.first", input={"n": n})) for n in range(500))
                    while not stopped.is_set():
                        client.send(asked)
                        for _ in range(500):
                            client.line()
            threads = [threading.Thread(target=load) for _ in range(2)]
            for thread in threads:
                thread.start()
            last = {}
            for _ in range(30):
                page = service.metrics()
                for (name, labels), value in page.samples.items():
                    if name.endswith(("_total", "_bucket", "_count")):
                        self.assertGreaterEqual(value, last.get((name, labels), 0))
                        last[name, labels] = value
            stopped.set()
            for thread in threads:
                thread.join()
            page = service.metrics()
            self.assertEqual(page.value("remit_decisions_total") % 500, 0)
            self.assertEqual(page.value("remit_decision_duration_seconds_count"), page.value("remit_decisions_total"))


if __name__ == "__main__":
    unittest.main()
