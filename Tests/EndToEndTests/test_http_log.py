"""Decisions over HTTP in the decision log: each is kept before it is answered, and replay finds the same bytes; and reloads beside them."""
import json
import os
import resource
import tempfile
import time
import unittest

from http_service import HTTPServer
from support import ROOT, Folder, policy, run

FIELDS = "id = optional(text {}), n = integer {}"
POLICY = policy('return { outcome = "approve", reasons = { "ok" }, n = tx.n * params.by }', fields=FIELDS,
                extra='params = { by = integer { default = 1, summary = "x" } },')


class LogTests(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(Folder({"policies/a/quick.lua": POLICY}))
        self.policies = os.path.join(self.folder.path, "policies")
        self.log = os.path.join(self.folder.path, "log")

    def lines(self):
        done = run("log", "cat", self.log)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def check_replay(self, *options):
        self.assertEqual(run("log", "verify", self.log).returncode, 0)
        done = run("replay", "--log", self.log, "--policies", self.policies, "--plugins", os.path.join(ROOT, "plugins"), *options)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_decision_is_kept(self):
        for sync in ("never", "always"):
            with self.subTest(sync):
                self.log = tempfile.mkdtemp(dir=self.folder.path)
                with HTTPServer("--log", self.log, "--log-sync", sync, policies=self.policies) as service:
                    for n in range(50):
                        self.assertEqual(service.decide(policy="a.quick", input={"n": n}, params={"by": 2})[0], 200)
                    self.assertEqual(service.decide(policy="a.quick", input={"n": "x"})[0], 422)
                    self.assertEqual(service.decide(policy="a.quick", input={"n": 7, "more": "x" * 100_000})[0], 200)
                    data = b"".join(b'{"id":"B-%d","n":%d}\n' % (n, n) for n in range(2000)) + b'nonsense\n\n{"id":"last","n":"x"}\n'
                    status, _, body = service.batch("policy=a.quick&param.by=3&at=2025-06-15", data)
                    self.assertEqual((status, body.count(b"\n")), (200, 2002))
                    # Killed, so that nothing is kept later than it was answered.
                    page = service.metrics()
                    service.process.kill()
                    service.process.wait()
                kept = self.lines()
                # What is not JSON is no request for a decision.
                self.assertEqual(len(kept), 50 + 1 + 1 + 2000 + 1)
                self.assertEqual(page.value("remit_log_lines_total"), len(kept))
                self.assertGreater(page.value("remit_log_bytes_total"), 100 * len(kept))
                self.assertEqual(page.value("remit_log_failures_total"), 0)
                self.assertEqual(page.value("remit_log_state", state="writing"), 1)
                self.check_replay()


    def test_an_id_that_is_sensitive_is_not_shown(self):
        secret = "sensitive = true"
        for fields, is_shown in ((f"id = text {{ {secret} }}, n = integer {{}}", False), (f"id = text {{}}, n = integer {{ {secret} }}", True),
                                 (f"n = integer {{ {secret} }}", False), ("id = text {}, n = integer {}", True)):
            for key in (False, True):
                with self.subTest(fields=fields, key=key), Folder({"policies/a/quick.lua": POLICY.replace(FIELDS, fields)}) as folder:
                    self.policies, self.log = os.path.join(folder.path, "policies"), os.path.join(folder.path, "log")
                    path = os.path.join(folder.path, "key")
                    with open(path, "w", opener=lambda name, flags: os.open(name, flags, 0o600), encoding="ascii") as file:
                        file.write("ab" * 32)
                    options = ("--log-key", path) if key else ()
                    with HTTPServer("--log", self.log, *options, policies=self.policies) as service:
                        _, _, body = service.batch("policy=a.quick", b'{"id":"CARD-1","n":1}\n{"id":"CARD-2","n":"x"}\n{"i\\u0064":"CARD-3","n":3}\n')
                        self.assertEqual([json.loads(each)["id"] for each in body.splitlines()], ["CARD-1", "CARD-2", "CARD-3"])
                    kept = self.lines()
                    self.assertEqual(len(kept), 3)
                    self.assertEqual("CARD" in json.dumps(kept), is_shown)
                    self.assertEqual([each["request"].get("id") for each in kept], ["CARD-1", "CARD-2", "CARD-3"] if is_shown else [None] * 3)
                    self.check_replay(*options)

    def test_refusing_is_shown(self):
        with HTTPServer("--log", self.log, "--log-full", "refuse", policies=self.policies) as service:
            unlimited = resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (20_000, unlimited[1]))
            status = 200
            while status == 200:
                status = service.decide(policy="a.quick", input={"n": 1})[0]
            self.assertEqual(status, 503)
            page = service.metrics()
            self.assertEqual([page.value("remit_log_state", state=state) for state in ("refusing", "writing", "waiting", "spilled")], [1, 0, 0, 0])
            self.assertGreater(page.value("remit_log_failures_total"), 0)
            resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, unlimited)
            page = service.metrics()
            self.assertEqual([page.value("remit_log_state", state=state) for state in ("refusing", "writing")], [0, 1])
            self.assertEqual(service.decide(policy="a.quick", input={"n": 1})[0], 200)

    def test_whole_refusals(self):
        with HTTPServer("--log", self.log, policies=self.policies) as service:
            for query, status in (("policy=a.none&param.x=1&at=2025-06-15", 404), ("policy=a.quick&param.by=x", 400), ("policy=a.quick&at=nonsense", 400),
                                  ("policy=a.%22%0A", 404), ("nonsense", 400), ("policy=a.quick&param.none=1", 400)):
                self.assertEqual(service.batch(query, b'{"n":1}\n')[0], status, query)
            page = service.metrics()
            service.process.kill()
            service.process.wait()
        kept = self.lines()
        self.assertEqual([(each["policy"], each["error"]["code"]) for each in kept],
                         [("a.none", "unknown_policy"), ("a.quick", "invalid_params"), ("a.quick", "invalid_params"), ('a."\n', "unknown_policy"),
                          ("a.quick", "invalid_params")])
        self.assertEqual([each["request"] for each in kept], [{"method": "decide_batch"}] * 5)
        self.assertEqual([each.get("params") for each in kept], [{"x": "1"}, {"by": "x"}, None, None, {"none": "1"}])
        self.assertEqual([each["at"] for each in kept][:3:2], ["2025-06-15", "nonsense"])
        self.assertEqual(["version" in each for each in kept], [False, True, True, False, True])
        self.assertEqual(page.value("remit_log_lines_total"), 5)
        self.check_replay()


class ReloadTests(unittest.TestCase):
    def test_reloads_are_counted_and_a_batch_keeps_its_snapshot(self):
        with Folder({"policies/a/quick.lua": POLICY}) as folder, \
                HTTPServer(policies=os.path.join(folder.path, "policies")) as service:
            path = os.path.join(folder.path, "policies/a/quick.lua")
            first = service.metrics()
            self.assertEqual(first.value("remit_reloads_total"), 0)
            versions = {json.loads(service.decide(policy="a.quick", input={"n": 1})[2])["version"]}
            with service.raw() as connection:
                connection.sendall(b"POST /v1/batch?policy=a.quick HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{\"n\":1}\n\r\n")
                data = b""
                while b"version" not in data:
                    data += connection.recv(65536)
                self.replace(path, POLICY.replace("A test.", "Another."))
                self.wait(service, "remit_reloads_total", result="succeeded")
                versions.add(json.loads(service.decide(policy="a.quick", input={"n": 1})[2])["version"])
                self.assertEqual(len(versions), 2)
                connection.sendall(b"8\r\n{\"n\":2}\n\r\n0\r\n\r\n")
                while not data.endswith(b"0\r\n\r\n"):
                    data += connection.recv(65536)
                self.assertEqual(len({line.split(b'"version":"')[1][:12] for line in data.splitlines() if b"version" in line}), 1)
            self.replace(path, "return policy { nonsense")
            self.wait(service, "remit_reloads_total", result="refused")
            page = service.metrics()
            self.assertEqual(page.value("remit_reload_duration_seconds_count"), 2)
            # What was counted under the former version goes on.
            self.assertEqual(page.value("remit_decisions_total", policy="a.quick"), 2 + 2)
            os.remove(path)
            self.replace(os.path.join(folder.path, "policies/a/other.lua"), POLICY)
            self.wait(service, "remit_reloads_total", 2, result="succeeded")
            page = service.metrics()
            self.assertEqual(page.value("remit_decisions_total"), 0)
            self.assertFalse(any(("policy", "a.quick") in labels for _, labels in page.samples))

    @staticmethod
    def replace(path, text):
        with open(path + "~", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(path + "~", path)

    def wait(self, service, name, count=1, **labels):
        end = time.monotonic() + 30
        while service.metrics().value(name, **labels) < count:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)


if __name__ == "__main__":
    unittest.main()
