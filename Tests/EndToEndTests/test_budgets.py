"""The budgets of a decision are settings of `remit serve`: each bites where it says, after a reload too, and a replay under the same ones agrees."""
import json
import os
import tempfile
import unittest

from service import Server, line, request, stdio
from support import Folder, FolderCase, policy

FIELDS = "n = integer {}"
FILES = {
    "policies/a/loop.lua": policy('local x = 0 for i = 1, tx.n do x = (x + i) % 7 end return { outcome = "approve", reasons = { "ok" }, x = x }', FIELDS),
    "policies/a/fill.lua": policy('local s = ("x"):rep(tx.n) return { outcome = "approve", reasons = { "ok" }, n = #s }', FIELDS),
    "policies/a/sum.lua": """
return policy {
  summary = "A sum.", outcomes = { "approve" }, input = record { n = integer {} }, group = { by = { "n" } }, reasons = { ok = { en = "Fine." } },
  decide_group = function(rows, params, context)
    local decisions = {}
    for place, row in ipairs(rows) do
      local x = 0
      for i = 1, row.n do x = (x + i) % 7 end
      decisions[place] = { outcome = "approve", reasons = { "ok" } }
    end
    return decisions
  end,
}
""",
    "plugins/keep": "",
}
# What a decision needs that fits the defaults, and what it says where the setting does not let it.
CASES = [
    ("instructions", "a.loop", 20_000, ["--instructions", "10000"]),
    ("instructions", "a.sum", 20_000, ["--instructions", "10000"]),
    ("memory", "a.fill", 1 << 20, ["--memory-bytes", "500000"]),
]
# What is beyond the defaults, and what makes room for it.
LARGE = [
    ("instructions", "a.loop", 500_000, ["--instructions", "50000000", "--decision-ms", "60000"]),
    ("memory", "a.fill", 20 << 20, ["--memory-bytes", str(64 << 20), "--instructions", "50000000", "--decision-ms", "60000"]),
]
TIME = ["--instructions", "1000000000", "--decision-ms", "1"]
LONG = 20_000_000


class BudgetTests(FolderCase):
    files = FILES

    def server(self, *options):
        return Server(*options, policies=os.path.join(self.folder.path, "policies"), plugins=os.path.join(self.folder.path, "plugins"))

    def ask(self, server, name, n):
        """The budget that was exceeded, by `decide` and in `decide_batch` alike; None where there is a decision."""
        with server.tcp() as client:
            single = client.call("decide", policy=name, input={"n": n})
            (row,) = client.call("decide_batch", policy=name, inputs=[{"n": n}])["result"]["results"]
        if "result" in single:
            self.assertEqual(single["result"]["decision"], row["decision"])
            return None
        self.assertEqual((single["error"]["code"], single["error"]["data"]["code"]), (-32000, "budget_exceeded"))
        self.assertEqual(row["error"], {**single["error"]["data"], "message": single["error"]["message"]})
        return single["error"]["data"]["budget"]

    def test_each_bites(self):
        with self.server() as server:
            self.assertEqual([self.ask(server, name, n) for _, name, n, _ in CASES], [None] * len(CASES))
            self.assertEqual([self.ask(server, name, n) for _, name, n, _ in LARGE], [budget for budget, *_ in LARGE])
        for budget, name, n, options in CASES:
            with self.subTest(budget, policy=name), self.server(*options) as server:
                self.assertEqual(self.ask(server, name, n), budget)
                self.assertIsNone(self.ask(server, name, 10))
        for budget, name, n, options in LARGE:
            with self.subTest(budget, policy=name), self.server(*options) as server:
                self.assertIsNone(self.ask(server, name, n))

    def test_the_clock(self):
        """It ends a decision on every thread that decides: of the event loops, of the workers, over standard input."""
        with self.server(*TIME) as server:
            self.assertEqual(self.ask(server, "a.loop", LONG), "time")
            self.assertIsNone(self.ask(server, "a.loop", 10))
        asked = line(request("decide", policy="a.loop", input={"n": LONG})) + line(request("decide_batch", policy="a.loop", inputs=[{"n": LONG}]))
        replies = stdio(asked, *TIME, policies=os.path.join(self.folder.path, "policies")).stdout.splitlines()
        self.assertEqual([b'"budget":"time"' in reply for reply in replies], [True, True])

    def test_after_a_reload(self):
        """What changes later is tested and decided under the same budgets."""
        with Folder(FILES) as folder, tempfile.TemporaryDirectory() as place:
            admin = os.path.join(place, "admin")
            with Server("--admin-unix", admin, "--instructions", "10000", policies=os.path.join(folder.path, "policies"),
                        plugins=os.path.join(folder.path, "plugins")) as server:
                server.path = admin
                file = os.path.join(folder.path, "policies/a/loop.lua")
                with open(file, "a", encoding="utf-8") as text:
                    text.write("-- changed\n")
                with server.unix() as client:
                    self.assertIn("snapshot", client.call("admin.reload")["result"])
                self.assertEqual(self.ask(server, "a.loop", 20_000), "instructions")
                with open(file.replace(".lua", "_test.lua"), "w", encoding="utf-8") as text:
                    text.write('return test "a.loop" { { name = "much", input = { n = 20000 }, expect = { outcome = "approve" } } }')
                with server.unix() as client:
                    self.assertIn("a/loop_test.lua:1: ", client.call("admin.reload")["error"]["message"])

    def test_replay(self):
        for budget, name, n, options in [*CASES, *LARGE]:
            with self.subTest(budget, policy=name), tempfile.TemporaryDirectory() as place:
                log = os.path.join(place, "log")
                with self.server("--log", log, *options) as server:
                    self.ask(server, name, n)
                    server.terminate()
                    self.assertEqual(server.wait(), 0)
                self.assertEqual(self.folder.run("replay", "--log", log, *options).returncode, 0)
                self.assertEqual(self.folder.run("replay", "--log", log).returncode, 1)

    def test_usage_of_replay(self):
        for option, expected in (("--instructions", "a whole number from 1000 to 1000000000"), ("--memory-bytes", "a whole number from 65536 to 4294967296"),
                                 ("--decision-ms", "a whole number from 1 to 60000")):
            for value in ("0", "x", "-1", "1e6", str(10**30)):
                done = self.folder.run("replay", "--log", "nowhere", f"{option}={value}")
                self.assertEqual((done.returncode, done.stderr.decode()), (2, f'remit: {option}: expected {expected}, got "{value}"\n'))


if __name__ == "__main__":
    unittest.main()
