"""`remit serve` speaks JSON-RPC 2.0 as the standard and the contract say: the same lines over TCP, a Unix socket and standard input."""
import json
import os
import unittest

from service import Server, stdio
from support import Folder, policy

POLICIES = {
    "policies/a/limit.lua": policy(
        """if tx.id == "loop" then while true do end end
           if tx.id == "fail" then error("no \\"way\\"") end
           return { outcome = tx.amount <= params.limit and "approve" or "reject", reasons = { "ok" }, at = context.at,
                    amount = tx.amount, note = tx.note }""",
        fields="id = optional(text {}), amount = money { min = 0 }, note = optional(map { of = map { of = number {} } })",
        extra="""params = { limit = money { default = "100", summary = "The limit." } },
           check = function(params) if params.limit < 0 then return "limit: must not be below zero" end end,"""),
    "policies/a/pair.lua": """
return policy {
  summary = "Rows of one vendor together.", outcomes = { "approve", "reject" },
  input = record { id = text {}, vendor = text {}, amount = money {} },
  params = { limit = money { default = "100", summary = "The limit." } },
  reasons = { ok = { en = "Fine.", zh = "好。" } },
  group = { by = { "vendor" } },
  decide_group = function(rows, params)
    local sum = 0
    for _, row in ipairs(rows) do sum = sum + row.amount end
    local decisions = {}
    for i, row in ipairs(rows) do
      if row.id == "fail" then error("it fails") end
      decisions[i] = { outcome = sum <= params.limit and "approve" or "reject", reasons = { "ok" }, sum = sum }
    end
    return decisions
  end,
}
""",
}

DECIDE = '"method":"decide","params":{"policy":"a.limit","input":{"amount":5}}'
AT = '"at":"2025-06-15"'


def head(number="1"):
    return '{"jsonrpc":"2.0","id":%s,' % number


def decide(params, number="1"):
    return head(number) + '"method":"decide","params":{%s}}' % params


def result(number="1"):
    return ("result", number)


def error(code, number="null", data=None, words=None):
    return ("error", number, code, data, words)


NOTHING = None
IDS = ["0", "1", "-1", "1.50", "-0.0", "1e400", "1E+2", "123456789012345678901234567890", '""', '"a"', '"\\"\\\\\\u0000"', '"采购"',
       '"\\u91c7"', '"\\ud83d\\ude00"', "null", '"' + "x" * 5000 + '"', '"a b"', "0.10", '"null"', '"1"']
BAD_IDS = ["true", "false", "{}", "[]", "[1]", '{"a":1}']
NOT_JSON = ["{", "}", "[", "]", "garbage", '"', '"abc', "{]", "[}", "nul", "truee", "01", "1.", ".5", "+1", "-", "1e", "0x1", "'a'",
            "{'a':1}", '{"a"}', '{"a":}', '{"a":1,}', "[1,]", "[,1]", "[1,2", '{"a":1}}', "{} {}", '{"jsonrpc":"2.0"}x', '"\\x"',
            '"\\u12"', '"\\ud800"', '"\t"', '"\x01"', "\ufeff{}", "\x00", "NaN", "Infinity", "/* */ {}", "// {}", "{a:1}",
            head() + DECIDE, head() + DECIDE + "}}", "\x0c{}", '[{"jsonrpc":"2.0","method"', "GET / HTTP/1.1", "EHLO example.org"]
NOT_REQUESTS = ["1", "0", '"a"', "null", "true", "{}", '{"jsonrpc":"2.0"}', '{"method":"health"}', '{"jsonrpc":"1.0","method":"health"}',
                '{"jsonrpc":2.0,"method":"health"}', '{"jsonrpc":"2.0","method":1}', '{"jsonrpc":"2.0","method":null}',
                '{"jsonrpc":"2.0","method":1,"params":"bar"}', '{"jsonrpc":"2.0","method":"health","params":"bar"}',
                '{"jsonrpc":"2.0","method":"health","params":1}', '{"jsonrpc":"2.0","jsonrpc":"2.0","method":"health"}',
                '{"jsonrpc":"2.0","method":"health","method":"health"}', '{"jsonrpc":"2.0","id":1,"id":1,"method":"health"}',
                '{"jsonrpc":"2.0","method":"health","params":{},"params":{}}', '{"id":1,"id":2}']
METHODS = ["", "Decide", "decide ", "rpc.discover", "admin.reload", "admin.rollback", "admin", "health.x", "x" * 300, "采购", "decid"]


def cases():
    """Pairs of a line and what is due for it."""
    for number in IDS:
        yield head(number) + '"method":"health"}', result(number)
        yield head(number) + DECIDE + "}", result(number)
        yield head(number) + '"method":"nothing"}', error(-32601, number)
        yield decide('"policy":"a.none","input":{}', number), error(-32000, number, "unknown_policy")
        yield decide('"policy":"a.limit","input":{"amount":-1}', number), error(-32000, number, "invalid_input")
        yield head(number) + '"method":"decide_batch","params":{"policy":"a.limit","inputs":[]}}', result(number)
    for number in BAD_IDS:
        yield head(number) + '"method":"health"}', error(-32600)
    for text in NOT_JSON:
        yield text, error(-32700, data="parse_error")
    for text in NOT_REQUESTS:
        yield text, error(-32600)
    yield '{"jsonrpc":"2.0","id":7}', error(-32600, "7")
    yield '{"jsonrpc":"1.0","id":"x","method":"health"}', error(-32600, '"x"')
    for name in METHODS:
        yield head() + '"method":%s}' % json.dumps(name, ensure_ascii=False), error(-32601, "1")
    yield head() + '"method":"whatif","params":{"policy":"a.limit","inputs":[],"changes":{}}}', error(-32601, "1", words="not available")
    # Members in any order, with anything between them, escaped, with strangers that mean nothing.
    yield '{' + DECIDE + ',"id":3,"jsonrpc":"2.0"}', result("3")
    yield ' \t{ "jsonrpc" : "2.0" , "id" : 3 , "method" : "health" , "params" : { } } \t', result("3")
    yield '{"x":{"id":9},"jsonrpc":"2.0","id":3,"method":"health","y":[[]]}', result("3")
    yield '{"\\u006asonrpc":"\\u0032.0","i\\u0064":3,"m\\u0065thod":"h\\u0065alth"}', result("3")
    yield decide('"p\\u006flicy":"a\\u002elimit","input":{"amount":5},"at":"2025\\u002d06-15"'), result()
    yield head() + '"method":"health","params":null}', result()
    yield head() + '"method":"health","params":{}}', result()
    yield head() + DECIDE + "}\r", result()
    # Params.
    for text in ["[]", "[1]", '["a.limit",{"amount":5}]']:
        for name in ["decide", "decide_batch", "health", "policies"]:
            yield head() + '"method":"%s","params":%s}' % (name, text), error(-32602, "1", "invalid_params")
    for text in ["", '"policy":"a.limit"', '"input":{}', '"policy":1,"input":{}', '"policy":null,"input":{}', '"policy":{},"input":{}',
                 '"policy":"a.limit","inputs":[]', '"policy":"a.limit","input":{"amount":5},"imput":1',
                 '"policy":"a.limit","policy":"a.limit","input":{}', '"policy":"a.limit","input":{"amount":5},"input":{"amount":5}',
                 '"policy":"a.limit","input":{"amount":5},"snapshot":"x"']:
        yield decide(text), error(-32602, "1", "invalid_params")
    for text in ["1", "[]", "null", '"x"', "true", '{"limit":"x"}', '{"other":1}', '{"limit":-1}', '{"limit":{}}', '{"limit":null}']:
        yield decide('"policy":"a.limit","input":{"amount":5},"params":%s' % text), error(-32602, "1", "invalid_params")
    for text in ['{"limit":1,"limit":2}', '{"limit":1,"limit":1}', '{"limit":1,"l\\u0069mit":2}']:
        yield decide('"policy":"a.limit","input":{"amount":5},"params":%s' % text), error(-32602, "1", "invalid_params", "limit: stands there twice")
    for text in ["1", "null", '""', '"now"', '"2025-02-30"', '"2025-06-15T25:00:00Z"', '"2025-06-15 08:00:00"', "[]", '"\\u0000"']:
        yield decide('"policy":"a.limit","input":{"amount":5},"at":%s' % text), error(-32602, "1", "invalid_params")
    for text in ["1", "null", '"true"', "[]"]:
        yield decide('"policy":"a.limit","input":{"amount":5},"explain":%s' % text), error(-32602, "1", "invalid_params")
    yield decide('"policy":"a.limit","input":{"amount":5},"explain":false'), result()
    yield decide('"policy":"a.limit","input":{"amount":5},"explain":true'), result()
    yield decide('"policy":"a.limit","input":{"amount":-5},"explain":true'), error(-32000, "1", "invalid_input")
    yield decide('"policy":"a.pair","input":{"id":"x","vendor":"v","amount":5},"explain":true'), error(-32602, "1", "invalid_params")
    yield head() + '"method":"health","params":{"x":1}}', error(-32602, "1", "invalid_params")
    yield head() + '"method":"policies","params":{"policy":"a.limit"}}', error(-32602, "1", "invalid_params")
    for text in ['"policy":"a.limit"', '"policy":"a.limit","inputs":{}', '"policy":"a.limit","inputs":null',
                 '"policy":"a.limit","inputs":[],"explain":false', '"inputs":[]']:
        yield head() + '"method":"decide_batch","params":{%s}}' % text, error(-32602, "1", "invalid_params")
    # Errors of a decision.
    for text in ["{}", "[]", "1", "null", '"x"', '{"amount":"12,50"}', '{"amount":5,"amount":5}', '{"amount":{}}']:
        yield decide('"policy":"a.limit","input":%s' % text), error(-32000, "1", "invalid_input")
    for text in ["a.none", "a", "", "a.limit ", "A.LIMIT", "a/limit", "../a.limit", "a.limit.x", "x" * 3000, "a.lim\\u0000it", "采购.单"]:
        yield decide('"policy":"%s","input":{}' % text), error(-32000, "1", "unknown_policy")
    yield decide('"policy":"a.limit","input":{"id":"loop","amount":5}'), error(-32000, "1", "budget_exceeded")
    yield decide('"policy":"a.limit","input":{"id":"fail","amount":5}'), error(-32000, "1", "policy_error", 'no "way"')
    yield decide('"policy":"a.pair","input":{"id":"x","vendor":"v","amount":5}'), result()
    yield decide('"policy":"a.pair","input":{"id":"x"}'), error(-32000, "1", "invalid_input")
    yield decide('"policy":"a.pair","input":{"id":"fail","vendor":"v","amount":5}'), error(-32000, "1", "policy_error")
    # Notifications.
    for text in ['{"jsonrpc":"2.0","method":"health"}', '{"jsonrpc":"2.0",' + DECIDE + "}", '{"jsonrpc":"2.0","method":"nothing"}',
                 '{"jsonrpc":"2.0","method":"decide"}', '{"jsonrpc":"2.0","method":"decide","params":[]}',
                 '{"jsonrpc":"2.0","method":"decide_batch","params":{"policy":"a.limit","inputs":[{}]}}',
                 '{"jsonrpc":"2.0","method":"decide","params":{"policy":"a.none","input":{}}}', "", " ", "\t \r", "\r"]:
        yield text, NOTHING
    # Batches.
    yield "[]", error(-32600)
    yield "[1]", [error(-32600)]
    yield "[1,2,3]", [error(-32600)] * 3
    yield "[[]]", [error(-32600)]
    yield '[{"jsonrpc":"2.0","method":"health"}]', NOTHING
    yield '[{"jsonrpc":"2.0","method":"health"},{"jsonrpc":"2.0","method":"x"}]', NOTHING
    mixed = [head("1") + '"method":"health"}', '{"jsonrpc":"2.0","method":"health"}', head('"b"') + DECIDE + "}", '{"foo":"boo"}',
             head("3") + '"method":"x"}', head("4") + '"method":"decide_batch","params":{"policy":"a.limit","inputs":[{}]}}']
    yield "[" + " , ".join(mixed) + "]", [result("1"), result('"b"'), error(-32600), error(-32601, "3"), result("4")]
    many = [head(str(n)) + DECIDE + "}" for n in range(200)]
    yield "[" + ",".join(many) + "]", [result(str(n)) for n in range(200)]
    # Nesting.
    for depth, due in [(60, result()), (63, result()), (64, error(-32700, data="parse_error")), (1000, error(-32700, data="parse_error")),
                       (100_000, error(-32700, data="parse_error"))]:
        yield decide('"policy":"a.limit","input":{"amount":5,"x":%s%s}' % ("[" * depth, "]" * depth)), due
    yield "[" * 100_000, error(-32700, data="parse_error")
    # The same alone and in an array, whose own bracket counts for nothing but the byte at fault.
    for depth in [63, 64, 500]:
        deep = "[" * depth + "]" * depth
        for text in [decide('"policy":"a.limit","input":{"amount":5,"x":%s}' % deep), decide('"policy":"a.limit","explain":true,"input":{"amount":5,"x":%s}' % deep),
                     decide('"policy":"a.pair","input":{"id":"x","vendor":"v","amount":5,"x":%s}' % deep),
                     head() + '"method":"decide_batch","params":{"policy":"a.limit","inputs":[{"amount":5,"x":%s}]}}' % deep]:
            byte = text.index(deep) + 64
            due = [result() if depth == 63 else error(-32700, data="parse_error", words=f"byte {byte + bracket}: nested too deeply") for bracket in (0, 1)]
            yield text, due[0]
            yield "[" + text + "," + head("2") + '"method":"health"}]', [due[1], result("2")]
    # Before all of it is read nobody knows that it has no id.
    note = '{"jsonrpc":"2.0","method":"decide","params":{"policy":"a.limit","input":%s}}' % ("[" * 65 + "]" * 65)
    yield note, error(-32700, data="parse_error")
    yield "[" + note + "]", [error(-32700, data="parse_error")]
    for depth in [1, 6, 7, 8, 9, 63]:
        yield (decide('"policy":"a.limit","input":{"amount":5},"params":{"limit":%s%s}' % ("[" * depth, "]" * depth)),
               error(-32602, "1", "invalid_params", "limit: expected money, got a list"))
    yield decide('"policy":"a.limit","input":{"amount":5},"params":{"limit":%s%s}' % ("[" * 64, "]" * 64)), error(-32700, data="parse_error")


def raw_id(reply):
    """The bytes of the id in a reply; a reply begins as ours do."""
    start = '{"jsonrpc":"2.0","id":'
    assert reply.startswith(start), reply[:200]
    _, end = json.JSONDecoder().raw_decode(reply, len(start))
    return reply[len(start):end]


class ProtocolTests(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = Folder(POLICIES).__enter__()
        cls.policies = os.path.join(cls.folder.path, "policies")
        cls.cases = list(cases())
        cls.data = b"".join(text.encode() + b"\n" for text, _ in cls.cases)
        cls.due = [case for case in cls.cases if case[1] is not NOTHING]

    @classmethod
    def tearDownClass(cls):
        cls.folder.__exit__()

    def check_reply(self, reply, due, text):
        """`reply` is the text of one reply."""
        shown = f"{text[:300]} -> {reply[:300]}"
        parsed = json.loads(reply)
        self.assertEqual(parsed["jsonrpc"], "2.0", shown)
        self.assertEqual(raw_id(reply), due[1], shown)
        self.assertEqual(set(parsed), {"jsonrpc", "id", due[0]}, shown)
        if due[0] == "result":
            return
        problem = parsed["error"]
        self.assertEqual(problem["code"], due[2], shown)
        self.assertIsInstance(problem["message"], str, shown)
        self.assertTrue(0 < len(problem["message"].encode()) <= 1024, shown)
        self.assertNotIn("\n", problem["message"])
        self.assertEqual(problem.get("data", {}).get("code"), due[3], shown)
        self.assertNotIn("message", problem.get("data", {}))
        if due[4]:
            self.assertIn(due[4], problem["message"])

    def check_all(self, lines):
        self.assertEqual(len(lines), len(self.due), lines[-1:])
        for reply, (text, due) in zip(lines, self.due):
            reply = reply.decode()
            if isinstance(due, list):
                elements = json.loads(reply)
                self.assertIsInstance(elements, list, text[:200])
                self.assertEqual(len(elements), len(due), text[:200])
                # Taken apart by hand, as an id must be what was written.
                place = 1
                for one in due:
                    _, end = json.JSONDecoder().raw_decode(reply, place)
                    self.check_reply(reply[place:end], one, text)
                    place = end + 1
            else:
                self.check_reply(reply, due, text)

    def test_there_are_a_few_hundred_cases(self):
        self.assertGreater(len(self.cases), 300)

    def test_pipelined_over_tcp(self):
        with Server(policies=self.policies) as server, server.tcp() as client:
            client.send(self.data)
            client.end()
            self.check_all(client.lines())

    def test_pipelined_over_a_unix_socket(self):
        with Server(policies=self.policies) as server, server.unix() as client:
            client.send(self.data)
            client.end()
            self.check_all(client.lines())

    def test_over_standard_input(self):
        done = stdio(self.data, policies=self.policies)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.check_all(done.stdout.splitlines())

    def test_standard_input_may_be_a_file(self):
        import subprocess

        from support import REMIT
        path = os.path.join(self.folder.path, "requests")
        with open(path, "wb") as file:
            file.write(self.data)
        with open(path, "rb") as file, open(path + ".out", "wb") as out:
            done = subprocess.run([REMIT, "serve", "--stdio", "--policies", self.policies], stdin=file, stdout=out,
                                  stderr=subprocess.PIPE, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(path + ".out", "rb") as file:
            self.check_all(file.read().splitlines())

    def test_one_after_the_other(self):
        with Server(policies=self.policies) as server, server.tcp() as client:
            lines = []
            for text, due in self.cases:
                client.send(text.encode() + b"\n")
                if due is not NOTHING:
                    lines.append(client.line())
            client.end()
            self.assertIsNone(client.line())
            self.check_all(lines)

    def test_in_pieces(self):
        """Every split point of the first kilobyte, and pieces of odd sizes from there on."""
        with Server(policies=self.policies) as server:
            data = (head("1") + DECIDE + "}\n" + head("2") + '"method":"health"}\r\n').encode()
            for split in range(len(data) + 1):
                with server.tcp() as client:
                    client.socket.setsockopt(6, 1, 1)
                    client.send(data[:split])
                    client.send(data[split:])
                    client.end()
                    lines = client.lines()
                    self.assertEqual([raw_id(reply.decode()) for reply in lines], ["1", "2"], split)
            with server.tcp() as client:
                import threading

                def send():
                    place, size = 0, 1
                    while place < len(self.data):
                        client.send(self.data[place:place + size])
                        place, size = place + size, size * 7 % 4001 + 1
                    client.end()
                thread = threading.Thread(target=send)
                thread.start()
                lines = client.lines()
                thread.join()
                self.check_all(lines)

    def test_params_and_times_hold_for_their_request_alone(self):
        with Server(policies=self.policies) as server, server.tcp() as client:
            plain = dict(policy="a.limit", input={"amount": 50})
            for number in range(3):
                first = client.call("decide", **plain, params={"limit": 10}, at="2025-06-15T08:00:00Z")["result"]["decision"]
                self.assertEqual((first["outcome"], first["at"]), ("reject", "2025-06-15T08:00:00Z"))
                second = client.call("decide", **plain)["result"]["decision"]
                self.assertEqual(second["outcome"], "approve")
                self.assertRegex(second["at"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$")
                refused = client.call("decide", **plain, params={"limit": -1})
                self.assertEqual(refused["error"]["message"], "limit: must not be below zero")
                third = client.call("decide", **plain)["result"]["decision"]
                self.assertEqual(third["outcome"], "approve")

    def test_an_explanation_is_that_of_the_command(self):
        data = json.dumps({"id": "x", "amount": 50})
        words = self.folder.run("explain", "--policy", "a.limit", "--param", "limit=10", "--at", "2025-06-15", "--json", data=data)
        with Server(policies=self.policies) as server, server.tcp() as client:
            plain = dict(policy="a.limit", input=json.loads(data), params={"limit": "10"}, at="2025-06-15")
            alone = client.call("decide", **plain)["result"]
            result = client.call("decide", **plain, explain=True)["result"]
            self.assertEqual(result.pop("explanation"), json.loads(words.stdout))
            self.assertEqual(result, alone)

    def test_a_batch_has_a_result_for_each_input(self):
        inputs = [{"amount": 5}, {"amount": -1}, {"amount": 500}, {"id": "loop", "amount": 1}, {"id": "fail", "amount": 1}, 7]
        with Server(policies=self.policies) as server, server.tcp() as client:
            reply = client.call("decide_batch", policy="a.limit", inputs=inputs, at="2025-06-15")
            self.assertEqual(set(reply["result"]), {"policy", "version", "results"})
            results = reply["result"]["results"]
            shown = [one["decision"]["outcome"] if "decision" in one else one["error"]["code"] for one in results]
            self.assertEqual(shown, ["approve", "invalid_input", "reject", "budget_exceeded", "policy_error", "invalid_input"])
            self.assertEqual(results[3]["error"]["budget"], "instructions")
            self.assertEqual(results[1]["error"]["path"], "/amount")
            for one, given in zip(results, inputs):
                single = client.call("decide", policy="a.limit", input=given, at="2025-06-15")
                if "decision" in one:
                    self.assertEqual(one["decision"], single["result"]["decision"])
                else:
                    self.assertEqual(one["error"].pop("message"), single["error"]["message"])
                    self.assertEqual(one["error"], single["error"]["data"])

    def test_a_batch_of_a_group_policy_decides_rows_together(self):
        rows = [{"id": "1", "vendor": "a", "amount": 60}, {"id": "2", "vendor": "b", "amount": 60}, {"id": "3"},
                {"id": "4", "vendor": "a", "amount": 60}, {"id": "fail", "vendor": "c", "amount": 1}]
        with Server(policies=self.policies) as server, server.tcp() as client:
            for limit, outcomes in [("100", "reject approve"), ("120", "approve approve"), ("59", "reject reject")]:
                results = client.call("decide_batch", policy="a.pair", inputs=rows, params={"limit": limit})["result"]["results"]
                first, second = outcomes.split()
                self.assertEqual([one.get("decision", {}).get("outcome") for one in results], [first, second, None, first, None])
                self.assertEqual(results[2]["error"]["code"], "invalid_input")
                self.assertEqual(results[4]["error"]["code"], "policy_error")
                self.assertEqual(results[0]["decision"]["sum"], 120)
            alone = client.call("decide", policy="a.pair", input=rows[0])
            self.assertEqual(alone["result"]["decision"], {"outcome": "approve", "reasons": ["ok"], "sum": 60})

    def test_the_service_tells_of_itself(self):
        listed = json.loads(self.folder.run("policies", "--json").stdout)
        with Server(policies=self.policies) as server, server.unix() as client:
            self.assertEqual(client.call("policies")["result"], listed)
            health = client.call("health")["result"]
            self.assertEqual(set(health), {"status", "policies", "snapshot", "uptime_s"})
            self.assertEqual((health["status"], health["policies"]), ("ok", 2))
            self.assertRegex(health["snapshot"], "^[0-9a-f]{12}$")
            self.assertIsInstance(health["uptime_s"], int)


if __name__ == "__main__":
    unittest.main()
