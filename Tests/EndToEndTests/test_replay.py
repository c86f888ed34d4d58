"""`remit replay`: what a decision log says is decided again."""
import json
import os
import random
import shutil
import unittest

from decision_log import LogWriter, Raw, add_batch, compact, member
from support import Folder, policy

LIMIT = """
return policy {
  summary = "A limit.", outcomes = { "approve", "route", "reject" },
  input = record { id = optional(text {}), amount = money { min = "0.00" }, who = optional(record { level = integer {} }) },
  params = { limit = money { default = "100", summary = "Up to here." } },
  reasons = { below = { en = "Below." }, above = { en = "Above." }, late = { en = "Late." } },
  decide = function(tx, params, context)
    if tx.amount == 13 then error("unlucky " .. tx.id) end
    if context.at:sub(1, 4) == "2030" then return { outcome = "reject", reasons = { "late" } } end
    if tx.amount <= params.limit then return { outcome = "approve", reasons = { "below" }, limit = params.limit } end
    return { outcome = "route", reasons = { "above" }, over = tx.amount - params.limit }
  end,
}
"""

GROUP = """
return policy {
  summary = "A sum.", outcomes = { "approve", "reject" },
  input = record { id = text {}, vendor = text {}, amount = money {} },
  group = { by = { "vendor" } },
  reasons = { ok = { en = "Fine." }, much = { en = "Too much." } },
  decide_group = function(rows, params, context)
    local sum = 0
    for _, row in ipairs(rows) do sum = sum + row.amount end
    local decisions = {}
    for place, row in ipairs(rows) do
      if sum <= 100 then decisions[place] = { outcome = "approve", reasons = { "ok" }, sum = sum }
      else decisions[place] = { outcome = "reject", reasons = { "much" }, sum = sum } end
    end
    return decisions
  end,
}
"""

FILES = {"policies/a/limit.lua": LIMIT, "policies/a/sum.lua": GROUP, "policies/b/other.lua": policy('return { outcome = "approve", reasons = { "ok" } }')}


def rows(count, seed=7):
    chance = random.Random(seed)
    kinds = [lambda i: {"id": f"T-{i}", "amount": f"{chance.randrange(0, 20000) / 100:.2f}"}, lambda i: {"amount": chance.randrange(0, 200)},
             lambda i: {"id": i, "amount": 1}, lambda i: {"id": f"é/{i}", "amount": "x"}, lambda i: {"id": f"T-{i}", "amount": 13},
             lambda i: Raw(f'{{ "amount" : {i}.50 , "id":"\\u00e9", "other":[1,{{}}]}}'), lambda i: [], lambda i: {"amount": 5, "who": {"level": "y"}}]
    return [chance.choice(kinds)(i) for i in range(count)]


class Case(unittest.TestCase):
    files = FILES

    def setUp(self):
        self.folder = Folder(self.files)
        self.folder.__enter__()
        self.addCleanup(self.folder.__exit__)
        self.log = os.path.join(self.folder.path, "log")

    def replay(self, *options, status=0, policies="policies"):
        done = self.folder.run("replay", "--log", self.log, *options, policies=policies)
        self.assertEqual(done.returncode, status, done.stdout.decode() + done.stderr.decode())
        return done

    def found(self, *options, status=1, policies="policies"):
        """The differences and the sums."""
        lines = [json.loads(line) for line in self.replay("--json", *options, status=status, policies=policies).stdout.splitlines()]
        return lines[:-1], lines[-1]["summary"]

    def candidate(self, name, text, folder="candidate"):
        shutil.copytree(os.path.join(self.folder.path, "policies"), os.path.join(self.folder.path, folder), dirs_exist_ok=True)
        with open(os.path.join(self.folder.path, folder, name), "w", encoding="utf-8") as file:
            file.write(text)
        return os.path.join(self.folder.path, folder)

    def version(self, name):
        done = self.folder.run("policies", "--json")
        return next(each["version"] for each in json.loads(done.stdout) if each["name"] == name)


class Equal(Case):
    def test_every_line_is_decided_again(self):
        with LogWriter(self.log, lines_per_segment=700) as log:
            add_batch(log, self.folder, "a.limit", rows(900))
            add_batch(log, self.folder, "a.limit", rows(500, 8), params={"limit": "55.5"})
            add_batch(log, self.folder, "a.limit", rows(500, 9), at="2030-01-01T00:00:00+08:00")
            add_batch(log, self.folder, "b.other", [{"id": "x"}, {}, 5])
        for jobs in ("1", "2", "7"):
            done = self.replay("--jobs", jobs)
            self.assertEqual(done.stdout, b"")
            self.assertRegex(done.stderr.decode(), r"^remit: 1903 lines, 1903 equal, 0 differing, 0 masked, 0 not compared \(time\), 0 of other versions, ")
        _, sums = self.found(status=0)
        self.assertEqual([(each["policy"], each["lines"], each["equal"]) for each in sums["policies"]], [("a.limit", 1900, 1900), ("b.other", 3, 3)])

    def test_params_and_times_of_each_line(self):
        with LogWriter(self.log) as log:
            for number in range(60):
                params = {"limit": str(number)} if number % 3 else None
                add_batch(log, self.folder, "a.limit", [{"id": "x", "amount": 30}], params=params, at=f"20{10 + number % 30}-01-01")
        self.replay("--jobs", "1")

    def test_requests_that_came_to_no_policy(self):
        version = self.version("a.limit")
        unknown = {"error": {"code": "unknown_policy", "message": 'unknown policy "a.limits"; did you mean a.limit?'}}
        at = {"error": {"code": "invalid_params", "message": "at: expected a date or an RFC 3339 time, such as 2025-06-15T08:00:00Z"}}
        param = {"error": {"code": "invalid_params", "message": "limit: expected money, got \"x\""}}
        text = {"error": {"code": "invalid_params", "message": "policy: expected a text"}}
        with LogWriter(self.log) as log:
            log.add("a.limits", unknown, input={"amount": 1}, version=None)
            log.add("a.limits", unknown, method="decide_batch", version=None)
            log.add(Raw("5"), text, input={"amount": 1}, version=None)
            log.add(Raw('"a\\u002elimit"'), {"decision": {"outcome": "approve", "reasons": ["below"], "limit": 100}}, input={"amount": 1}, version=version)
            log.add("a.limit", at, input={"amount": 1}, at="yes\"terday", version=version)
            log.add("a.limit", at, method="decide_batch", at="yesterday", version=version)
            log.add("a.limit", param, input={"amount": 1}, params={"limit": "x"}, version=version)
            log.add("a.limit", {"decision": {"outcome": "approve", "reasons": ["below"], "limit": 100}}, input={"amount": 1}, version=version)
        differences, sums = self.found(status=0)
        self.assertEqual(differences, [])
        self.assertEqual((sums["lines"], sums["equal"]), (8, 8))

    def test_rows_that_are_decided_together(self):
        version = self.version("a.sum")
        chance = random.Random(3)
        with LogWriter(self.log, lines_per_segment=11) as log:
            for number in range(40):
                inputs = [{"id": f"{number}-{row}", "vendor": chance.choice("xyz"), "amount": chance.randrange(60)} for row in range(chance.randrange(1, 30))]
                if number % 5 == 0:
                    inputs[-1] = {"id": "bad"}
                done = self.folder.run("batch", "--policy", "a.sum", "--at", "2025-06-15", data="".join(compact(row) + "\n" for row in inputs))
                answers = done.stdout.decode().splitlines()
                for row, (value, line) in enumerate(zip(inputs, answers)):
                    key = "decision" if '"decision":' in line else "error"
                    log.add("a.sum", {key: member(line, key)}, input=value, id=f"r{number}", method="decide_batch", row=row, rows=len(inputs),
                            version=version, at="2025-06-15")
                    if row % 4 == 0:  # of another thread
                        log.add("b.other", {"decision": {"outcome": "approve", "reasons": ["ok"]}}, input={}, version=self.version("b.other") if number == row == 0 else "0" * 12)
            log.add("a.sum", {"decision": {"outcome": "approve", "reasons": ["ok"], "sum": 5}}, input={"id": "1", "vendor": "x", "amount": 5}, version=version)
        for jobs in ("1", "3"):
            differences, sums = self.found("--jobs", jobs, status=0)
            self.assertEqual(differences, [])
            self.assertEqual(sums["equal"], sums["lines"])

    def test_a_group_of_which_rows_are_missing_is_not_compared(self):
        version = self.version("a.sum")
        row = lambda number: {"input": {"id": str(number), "vendor": "x", "amount": 5}, "id": 1, "method": "decide_batch", "row": number, "rows": 3, "version": version}
        answer = {"decision": {"outcome": "approve", "reasons": ["ok"], "sum": 15}}
        with LogWriter(self.log) as log:
            for number in (2, 0, 1, 0, 1, 2):
                log.add("a.sum", answer, **row(number))
        _, sums = self.found(status=0)
        self.assertEqual((sums["equal"], sums["incomplete"]), (3, 3))

    def test_the_clock_is_not_compared(self):
        error = {"error": {"code": "budget_exceeded", "message": "50 ms", "budget": "time"}}
        with LogWriter(self.log) as log:
            log.add("a.limit", error, input={"amount": 1}, version=self.version("a.limit"))
        differences, sums = self.found(status=0)
        self.assertEqual((differences, sums["time"], sums["equal"]), ([], 1, 0))


class Different(Case):
    def test_what_differs_is_told_with_its_place(self):
        version = self.version("a.limit")
        right, wrong = ({"decision": {"outcome": name, "reasons": ["below"], "limit": 100}} for name in ("approve", "route"))
        with LogWriter(self.log, lines_per_segment=2) as log:
            log.add("a.limit", right, input={"amount": 1}, version=version)
            log.add("a.limit", right, input={"id": "T-2", "amount": 1}, version=version)
            log.add("a.limit", wrong, input={"id": "T-3", "amount": 1}, id=7, version=version)
            log.add("a.limit", {"decision": {"outcome": "approve", "reasons": ["below"]}}, input={"amount": 1}, id="q", version=version)
            log.add("a.limit", {"error": {"code": "policy_error", "message": "a/limit.lua:8: oh"}}, input={"amount": 1}, version=version)
        done = self.replay(status=1)
        self.assertEqual(done.stdout.decode().splitlines()[:6], [
            "0000000000000003.ndjson:1: a.limit T-3: route -> approve",
            '  was {"outcome":"route","reasons":["below"],"limit":100}',
            '  is  {"outcome":"approve","reasons":["below"],"limit":100}',
            "0000000000000003.ndjson:2: a.limit q: approve, but not the same decision",
            '  was {"outcome":"approve","reasons":["below"]}',
            '  is  {"outcome":"approve","reasons":["below"],"limit":100}'])
        self.assertIn("error policy_error -> approve", done.stdout.decode())
        differences, sums = self.found()
        self.assertEqual((sums["equal"], sums["turned"], sums["altered"]), (2, 2, 1))
        self.assertEqual(differences[0], {
            "n": 3, "segment": "0000000000000003.ndjson", "line": 1, "id": "T-3", "policy": "a.limit", "at": "2025-06-15T08:00:00.000Z", "from": "route",
            "to": "approve", "was": {"version": version} | wrong, "is": {"version": version} | right})

    def test_another_version_is_said_and_compared(self):
        with LogWriter(self.log) as log:
            add_batch(log, self.folder, "a.limit", rows(300))
        was = self.version("a.limit")
        changed = self.candidate("a/limit.lua", LIMIT.replace('"A limit."', '"The limit."'))
        done = self.replay(policies=changed)
        self.assertIn(f"remit: a.limit: 300 lines of version {was}, which is not the one of now\n", done.stderr.decode())
        self.assertIn("300 equal", done.stderr.decode())
        self.assertIn("300 of other versions", done.stderr.decode())

    def test_few_of_a_kind_are_told_unless_all_are_asked_for(self):
        with LogWriter(self.log, lines_per_segment=400) as log:
            add_batch(log, self.folder, "a.limit", [{"id": str(number), "amount": 60 + number % 2} for number in range(3000)])
        changed = self.candidate("a/limit.lua", LIMIT.replace('default = "100"', 'default = "60"'))
        for jobs in ("1", "4"):
            few, sums = self.found("--jobs", jobs, policies=changed)
            self.assertEqual([each["id"] for each in few], ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])
            self.assertEqual((sums["turned"], sums["altered"]), (1500, 1500))
            everything, _ = self.found("--jobs", jobs, "--all", policies=changed)
            self.assertEqual([each["n"] for each in everything], list(range(1, 3001)))
        done = self.replay(status=1, policies=changed)
        self.assertIn("10 of 3000 differences are shown (--all shows every one)", done.stderr.decode())
        self.assertIn("a.limit: 3000 of 3000 lines\n  1500  approve, other bytes\n  1500  approve -> route\n", done.stdout.decode())

    def test_a_policy_that_has_come_or_gone(self):
        with LogWriter(self.log) as log:
            log.add("b.gone", {"decision": {"outcome": "approve", "reasons": ["ok"]}}, input={"id": "1"}, version="9f2c41d07ab3")
            log.add("b.other", {"error": {"code": "unknown_policy", "message": 'unknown policy "b.other"'}}, input={"id": "2"}, version=None)
            log.add("a.limit", {"error": {"code": "invalid_params", "message": "limit: no"}}, method="decide_batch", params={"limit": 5}, version=self.version("a.limit"))
        differences, sums = self.found()
        self.assertEqual([(each["from"], each["to"]) for each in differences],
                         [("approve", "error unknown_policy"), ("error unknown_policy", "approve"), ("error invalid_params", "accepted")])
        self.assertEqual(sums["turned"], 3)
        self.assertEqual({each["policy"]: each["former_versions"] for each in sums["policies"]}, {"a.limit": {}, "b.gone": {"9f2c41d07ab3": 1}, "b.other": {"none": 1}})
        said = self.replay(status=1).stderr.decode()
        self.assertIn("remit: b.gone: 1 line of version 9f2c41d07ab3, and there is no such policy now\n", said)
        self.assertIn("remit: b.other: 1 line from when there was no such policy\n", said)


class Candidate(Case):
    def test_exactly_what_turns_is_told(self):
        data = rows(2000)
        with LogWriter(self.log) as log:
            add_batch(log, self.folder, "a.limit", data)
            add_batch(log, self.folder, "b.other", [{"id": "x"}] * 10)
        candidate = self.candidate("a/limit.lua", LIMIT.replace("params.limit then", "params.limit + 20 then"))
        lines = "".join((row if isinstance(row, str) else compact(row)) + "\n" for row in data)
        answers = []
        for folder in ("policies", "candidate"):
            done = self.folder.run("batch", "--policy", "a.limit", "--at", "2025-06-15T08:00:00.000Z", data=lines, policies=folder)
            answers.append([json.loads(line) for line in done.stdout.splitlines()])
        label = lambda answer: answer["decision"]["outcome"] if "decision" in answer else "error " + answer["error"]["code"]
        expected = [(number + 1, label(old), label(new)) for number, (old, new) in enumerate(zip(*answers))
                    if old.get("decision", old.get("error")) != new.get("decision", new.get("error"))]
        turned = [each for each in expected if each[1] != each[2]]
        self.assertGreater(len(turned), 10)
        differences, sums = self.found("--candidate", candidate, "--all")
        self.assertEqual([(each["n"], each["from"], each["to"]) for each in differences], expected)
        self.assertEqual((sums["turned"], sums["altered"], sums["lines"]), (len(turned), len(expected) - len(turned), 2010))
        done = self.replay("--candidate", candidate, status=1)
        self.assertRegex(done.stderr.decode(), rf"remit: 2010 lines, \d+ equal, {len(turned)} turned, ")
        self.assertNotIn("not the one of now", done.stderr.decode())

    def test_a_candidate_that_is_the_same_turns_nothing(self):
        with LogWriter(self.log) as log:
            add_batch(log, self.folder, "a.limit", rows(50))
        self.replay("--candidate", self.candidate("b/extra.lua", FILES["policies/b/other.lua"]))

    def test_a_candidate_that_decides_rows_together(self):
        version = self.version("a.limit")
        answer = {"decision": {"outcome": "approve", "reasons": ["below"], "limit": 100}}
        with LogWriter(self.log) as log:
            for row in range(3):
                log.add("a.limit", answer, input={"id": str(row), "vendor": "v", "amount": 5}, id=1, method="decide_batch", row=row, version=version)
            log.add("a.limit", answer, input={"id": "4", "vendor": "v", "amount": 5}, version=version)
        candidate = self.candidate("a/limit.lua", GROUP)
        differences, sums = self.found("--candidate", candidate)
        self.assertEqual(([each["n"] for each in differences], sums["incomplete"], sums["altered"]), ([4], 3, 1))
        said = self.replay("--candidate", candidate, status=1).stderr.decode()
        self.assertIn("remit: 3 rows not compared: decided one by one then, and together now, and which were one batch is not in the log\n", said)
        self.assertNotIn("others that were decided with them", said)

    def test_plugins_of_the_candidate(self):
        plugin = 'plugin { name = "rate", version = "1.0.0", summary = "A rate.", provides = { rate = { summary = "It.", value = money {} } } }\nreturn { rate = "%s" }\n'
        text = policy('return { outcome = "approve", reasons = { "ok" }, rate = rate.rate }', prelude='local rate = require "plugin.rate"\n')
        for folder, rate in (("plugins", 5), ("new", 6)):
            os.makedirs(os.path.join(self.folder.path, folder, "rate"))
            with open(os.path.join(self.folder.path, folder, "rate", "plugin.lua"), "w", encoding="utf-8") as file:
                file.write(plugin.replace('"%s"', str(rate)))
        self.candidate("b/rated.lua", text, folder="policies2")
        candidate = os.path.join(self.folder.path, "policies2")
        with LogWriter(self.log) as log:
            log.add("b.rated", {"decision": {"outcome": "approve", "reasons": ["ok"], "rate": 5}}, input={})
        self.replay("--candidate", candidate)
        differences, _ = self.found("--candidate", candidate, "--candidate-plugins", os.path.join(self.folder.path, "new"))
        self.assertEqual(differences[0]["is"]["decision"]["rate"], 6)


class Refused(Case):
    def write(self, count=40, lines_per_segment=15):
        with LogWriter(self.log, lines_per_segment=lines_per_segment) as log:
            add_batch(log, self.folder, "a.limit", [{"id": str(number), "amount": number} for number in range(count)])

    def test_a_changed_byte_anywhere(self):
        self.write(12, 5)
        names = sorted(os.listdir(self.log))
        chance = random.Random(1)
        for name in names:
            path = os.path.join(self.log, name)
            with open(path, "rb") as file:
                whole = file.read()
            last = whole.rindex(b"\n", 0, -1) + 1 if name == names[-1] else len(whole)
            for place in sorted(chance.sample(range(last), 40)):
                changed = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1:]
                with open(path, "wb") as file:
                    file.write(changed)
                done = self.folder.run("replay", "--log", self.log)
                self.assertEqual(done.returncode, 2, f"{name}, byte {place}: {done.stdout} {done.stderr}")
                line = whole.count(b"\n", 0, place) + 1
                self.assertRegex(done.stderr.decode(), rf"remit: {name}:({line}|{line + 1}): ")
            with open(path, "wb") as file:
                file.write(whole)
        self.replay()

    def test_a_missing_line_or_segment(self):
        self.write()
        names = sorted(os.listdir(self.log))
        os.rename(os.path.join(self.log, names[1]), os.path.join(self.folder.path, "kept"))
        self.assertRegex(self.replay(status=2).stderr.decode(), rf"{names[2]}:1: ")
        os.rename(os.path.join(self.folder.path, "kept"), os.path.join(self.log, names[1]))
        path = os.path.join(self.log, names[1])
        with open(path, "rb") as file:
            lines = file.readlines()
        with open(path, "wb") as file:
            file.writelines(lines[:3] + lines[4:])
        self.assertRegex(self.replay(status=2).stderr.decode(), rf"{names[1]}:4: ")

    def test_a_torn_last_line_is_left_out(self):
        self.write()
        path = os.path.join(self.log, sorted(os.listdir(self.log))[-1])
        with open(path, "r+b") as file:
            size = file.seek(0, 2)
            file.truncate(size - 20)
        done = self.replay()
        self.assertIn("39 lines, 39 equal", done.stderr.decode())
        self.assertIn("the last line is torn", done.stderr.decode())

    def test_what_is_no_log(self):
        self.assertIn(b"cannot read the folder", self.replay(status=2).stderr)
        os.makedirs(self.log)
        self.assertIn(b"there is no decision log in", self.replay(status=2).stderr)
        with open(os.path.join(self.log, "0000000000000001.ndjson"), "wb"):
            pass
        self.replay()
        with LogWriter(self.log) as log:
            log.line('"nothing":5')
        self.assertRegex(self.replay(status=2).stderr.decode(), r"0000000000000001\.ndjson:1: ")

    def test_a_policy_that_does_not_load(self):
        self.write()
        with open(os.path.join(self.folder.path, "policies/a/limit.lua"), "a", encoding="utf-8") as file:
            file.write("oops")
        self.assertIn(b"a/limit.lua:", self.replay(status=4).stderr)

    def test_a_broken_neighbour_stops_nothing(self):
        self.write()
        with open(os.path.join(self.folder.path, "policies/b/other.lua"), "a", encoding="utf-8") as file:
            file.write("oops")
        self.replay()

    def test_usage(self):
        self.write(1)
        for options, words in ((["--jobs", "0"], "--jobs"), (["--nesting", "0"], "--nesting"), (["--candidate-plugins", "x"], "--candidate"),
                               (["--candidate", "nowhere"], "nowhere"), (["--log-key", "nowhere"], "nowhere"), (["more"], "more")):
            self.assertIn(words, self.replay(*options, status=2).stderr.decode())


SECRET = """
    id = optional(text {}), how = text {}, line = optional(record { sku = text {} }), open = optional(text {}), level = optional(integer {}),
    pin = optional(text { sensitive = true, min = 3, max = 8 }), salary = optional(money { sensitive = true, min = "1000" }),
    kind = optional(enum { "a", "b", sensitive = true }), born = optional(date { sensitive = true }), seen = optional(timestamp { sensitive = true }),
    flag = optional(boolean { sensitive = true }), who = optional(record { name = text { sensitive = true }, level = integer {} }),
    home = optional(list { of = record { street = text {}, number = integer { min = 1 } , more = list { of = text {}, min = 2 } }, min = 1, sensitive = true }),
    list = optional(list { of = text {}, sensitive = true }), each = optional(list { of = text { sensitive = true } }),
    map = optional(map { of = text { sensitive = true } }), deep = optional(list { of = record { pin = text { sensitive = true }, open = text {} } }),
    sub = optional(record { list = optional(list { of = text {}, sensitive = true }) }), lists = optional(list { of = list { of = text {}, sensitive = true } }),
"""
MASKED = {"masked": True}
INPUT = {"open": "o", "level": 3, "pin": MASKED, "salary": MASKED, "kind": MASKED, "born": MASKED, "seen": MASKED, "flag": MASKED,
         "who": {"name": {"masked": "0123456789abcdef0123456789abcdef"}, "level": 2}, "home": MASKED, "list": MASKED, "each": [MASKED, MASKED], "map": {"k": MASKED},
         "deep": [{"pin": MASKED, "open": "d"}, {"open": "e", "pin": MASKED}], "sub": {"list": MASKED}, "lists": [MASKED]}
# What a policy does, and whether a masked value has a part in it.
READS = {
    "member": "local x = tx.pin", "compared": "if tx.salary == 5 then error('x') end", "present": "if tx.born then end", "index": "local k = 'pi' .. 'n' local x = tx[k]",
    "nested": "local w = tx.who local x = w.name", "whole list": "local x = #tx.list", "inside of whole": "local x = tx.home[1].number", "element": "local x = tx.each[2]",
    "key": "local x = tx.map.k", "pairs": "for k in pairs(tx.who) do end", "ipairs": "for i, v in ipairs(tx.each) do end", "next": "local k, v = next(tx.map)",
    "unpack": "local a = table.unpack(tx.each)", "concat": "local a = table.concat(tx.each)", "move": "table.move(tx.each, 1, 1, 1, {})",
    "gsub": "local s = ('k'):gsub('k', tx.map)", "find": "local r = rows:find(tx.keyed or tx.map)", "table": "local out = matrix(tx, params)",
    "plugin": "local s = plugin.twice(tx.who)", "echo": "return { outcome = 'approve', reasons = { 'ok' }, who = tx.who }",
    "deep echo": "return { outcome = 'approve', reasons = { 'ok' }, all = { { tx.deep } } }", "stand-in": "local t = setmetatable({}, { __index = tx }) local x = t.pin",
    "stand-in of a stand-in": "local t = setmetatable({}, { __index = setmetatable({}, { __index = tx.each }) }) local x = table.unpack(t, 1, 1)",
    "stand-in in pairs": "local t = setmetatable({}, { __index = tx.each }) for i, v in ipairs(t) do end",
    "deep": "for _, each in ipairs(tx.deep) do local x = each.pin end", "metatable": "setmetatable({}, tx.map)", "options": "pcall(decimal.div, 1, 3, tx.map)",
    "method": "local x = tx.pin:upper()", "caught": "pcall(function() error(tx.pin) end)", "error": "error(tx.open .. tx.pin)",
    "keys": "for k in pairs(tx) do end", "first keys": "local k, v = next(tx.sub)", "inner keys": "for k in pairs(tx.sub) do end", "missing list": "if tx.list == nil then end",
    "truth": "if tx.map and tx.list then end", "echoed list": "return { outcome = 'approve', reasons = { 'ok' }, sub = tx.sub }",
    "echoed lists": "return { outcome = 'approve', reasons = { 'ok' }, lists = tx.lists }", "unpacked lists": "local a, b = table.unpack(tx.lists)",
    "plugin list": "plugin.count(tx.sub)", "names in words": "local _, why = pcall(function() return tx.line.sku end) if why:find('line', 1, true) then return { outcome = 'approve', reasons = { 'ok' }, pin = tx.pin } end",
    "spent": "while true do end", "full": "local s = ('x'):rep(20000000)",
}
KEEPS = {
    "nothing": "", "beside": "local x = tx.who.level + #tx.each + #tx.deep", "open": "local x = tx.open", "deep": "for _, each in ipairs(tx.deep) do local x = each.open end",
    "record": "local w = tx.who", "echo": "return { outcome = 'approve', reasons = { 'ok' }, open = tx.deep[1].open }", "error": "error(tx.open)",
    "outcome": "return { outcome = 'x' }", "absent record": "local x = tx.line.sku", "absent field": "local x = tx.line + 1",
    "absent function": "tx.line()", "caught": "local ok = pcall(function() return tx.line.sku end)", "other rows": "local r = rows:find { role = 'a' }",
}


class Masked(Case):
    files = {
        "policies/x/secret.lua": policy(
            " ".join(f"if tx.how == '{how}' then do {text} end end" for how, text in (READS | {f"k {how}": text for how, text in KEEPS.items()}).items())
            + ' return { outcome = "approve", reasons = { "ok" } }', SECRET,
            prelude='local rows = dataset "x.csv" { role = text {}, k = optional(text {}) }\nlocal matrix = decision_table "x/t.csv"\n'
                    'local plugin = require "plugin.p"\n'),
        "policies/x.csv": "role,k\na,b\n", "policies/x/t.csv": "F,who.level,who.name,=>,x\n,-,\"\"\"a\"\"\",,1\n,-,-,,2\n",
        "plugins/p/plugin.lua": 'plugin { name = "p", version = "1.0.0", summary = "P.", provides = { twice = { summary = "T.", takes = { { "who", record { name = text {}, '
                                'level = integer {} } } }, gives = integer {} }, count = { summary = "C.", takes = { { "sub", record { list = optional(list { of = text {} }) } } }, '
                                'gives = integer {} } } }\nreturn { twice = function(who) return 2 * who.level end, count = function(sub) return sub.list and 1 or 0 end }\n',
        "policies/x/group.lua": GROUP.replace("vendor = text {}", "vendor = text {}, pin = optional(text { sensitive = true })"), "policies/x/open.lua": GROUP,
    }

    def write(self, inputs, name="x.secret"):
        """What the policy makes of true values, logged with masks in their place."""
        true = {"sub": {}, "lists": [["elm"]], "pin": "1234", "salary": "5000.00", "kind": "b", "born": "1999-05-05", "seen": "2020-01-01T00:00:00Z", "flag": False,
                "who": {"name": "Ada", "level": 2}, "home": [{"street": "Elm", "number": 5, "more": ["first", "second"]}], "list": ["list"], "each": ["east", "ford"], "map": {"k": "keep"},
                "deep": [{"pin": "pine", "open": "d"}, {"open": "e", "pin": "quay"}]}
        with LogWriter(self.log) as log:
            for masked in inputs:
                whole = json.dumps({key: true.get(key, value) for key, value in masked.items()})
                done = self.folder.run("batch", "--policy", name, "--at", "2025-06-15T08:00:00.000Z", data=whole + "\n")
                line = done.stdout.decode().splitlines()[0]
                key = "decision" if '"decision":' in line else "error"
                log.add(name, {key: member(line, key)}, input=masked, id=masked.get("how"), version=json.loads(line)["version"])

    def test_what_reads_a_masked_value_is_not_compared(self):
        for how in READS:
            with self.subTest(how):
                self.write([INPUT | {"how": how}])
                _, sums = self.found(status=0)
                self.assertEqual((sums["masked"], sums["equal"]), (1, 0))
                shutil.rmtree(self.log)

    def test_what_reads_none_is_compared(self):
        for how in KEEPS:
            with self.subTest(how):
                self.write([INPUT | {"how": f"k {how}"}])
                _, sums = self.found(status=0)
                self.assertEqual((sums["masked"], sums["equal"]), (0, 1))
                shutil.rmtree(self.log)

    def test_errors(self):
        good = INPUT | {"how": "k nothing"}
        self.write([good | {"open": 5}, {key: value for key, value in good.items() if key != "how"}])
        _, sums = self.found(status=0)
        self.assertEqual((sums["masked"], sums["equal"]), (0, 2))
        shutil.rmtree(self.log)
        with LogWriter(self.log) as log:
            about = {"code": "invalid_input", "message": "pin: expected text", "path": "/pin"}
            version = self.version("x.secret")
            log.add("x.secret", {"error": about}, input=good, version=version)
            log.add("x.secret", {"error": {"code": "invalid_input", "message": "open: expected text", "path": "/open", "errors": [{"message": "open", "path": "/open"}, {"message": "deep", "path": "/deep/0/pin"}]}},
                    input=good, version=version)
            log.add("x.secret", {"error": {"code": "policy_error", "message": "x/secret.lua:9: the error's message shows a sensitive field, and is left out"}}, input=good, version=version)
            log.add("x.secret", {"error": {"code": "policy_error", "message": "x/secret.lua:9: another"}}, input=good, version=version)
            # What looks like a mask, where nothing is sensitive.
            log.add("x.secret", {"error": {"code": "invalid_input", "message": "open: expected text, got a record", "path": "/open"}},
                    input={"how": "k nothing", "open": MASKED}, version=version)
        differences, sums = self.found()
        self.assertEqual((sums["masked"], sums["equal"], sums["turned"]), (3, 1, 1))
        self.assertEqual(differences[0]["n"], 4)

    def test_a_candidate(self):
        good = [INPUT | {"how": "k nothing", "id": str(number), "level": number} for number in range(4)]
        self.write(good)
        text = self.files["policies/x/secret.lua"].replace(
            " return { outcome", " if tx.level == 1 then return { outcome = 'reject', reasons = { 'ok' } } end if tx.level == 2 and tx.pin then end return { outcome", 1)
        text = text.replace("decide = function(tx, params, context)", "decide = function(tx, params, context) if tx.level == 1 then return { outcome = 'reject', reasons = { 'ok' } } end "
                            "if tx.level == 2 and tx.pin then end")
        differences, sums = self.found("--candidate", self.candidate("x/secret.lua", text))
        self.assertEqual([each["id"] for each in differences], ["1"])
        self.assertEqual((sums["masked"], sums["equal"], sums["turned"]), (1, 2, 1))

    def test_a_candidate_that_might_refuse_a_masked_value(self):
        self.write([INPUT | {"how": "k nothing"}])
        text = self.files["policies/x/secret.lua"]
        was = "pin = optional(text { sensitive = true, min = 3, max = 8 })"
        self.assertIn(was, text)
        for now, masked in (("pin = optional(integer { sensitive = true })", 1), ("pin = text { sensitive = true, min = 3, max = 8 }", 1),
                            ("pin = optional(text { sensitive = true, min = 4, max = 8 })", 1), ("pin = optional(text { sensitive = true, min = 3, max = 7 })", 1),
                            ("pin = optional(text { sensitive = true, min = 2, max = 9 })", 0), ("pin = optional(text {})", 0), ("pins = optional(text {})", 0)):
            with self.subTest(now):
                candidate = self.candidate("x/secret.lua", text.replace(was, now))
                _, sums = self.found("--candidate", candidate, status=0)
                self.assertEqual((sums["masked"], sums["equal"]), (masked, 1 - masked))
                done = self.replay("--candidate", candidate)
                self.assertEqual("might be refused now" in done.stderr.decode(), masked == 1, done.stderr)
        # Of a version that is not at hand nobody knows what it accepted.
        _, sums = self.found(status=0, policies=candidate)
        self.assertEqual((sums["masked"], sums["equal"]), (1, 0))
        _, sums = self.found("--candidate", candidate, status=0, policies="nowhere")
        self.assertEqual((sums["masked"], sums["equal"]), (1, 0))
        self.assertIn(b"give the policies of then with --policies, and these with --candidate, or the key", self.replay(policies=candidate).stderr)

    def test_what_looks_like_a_mask_where_nothing_is_sensitive(self):
        version = self.version("x.open")
        refused = {"error": {"code": "invalid_input", "message": "vendor: expected text, got a record", "path": "/vendor"}}
        rows = [{"id": "1", "vendor": "v", "amount": 5, "other": MASKED}, {"id": "2", "vendor": "v", "amount": 5}]
        with LogWriter(self.log) as log:
            for row, each in enumerate(rows):
                log.add("x.open", {"decision": {"outcome": "approve", "reasons": ["ok"], "sum": 10}}, input=each, method="decide_batch", row=row, rows=2, version=version)
            log.add("x.open", refused, input={"id": "1", "vendor": MASKED, "amount": 5}, version=version)
        _, sums = self.found(status=0)
        self.assertEqual((sums["masked"], sums["equal"]), (0, 3))

    def test_rows_that_are_decided_together(self):
        answer = {"decision": {"outcome": "approve", "reasons": ["ok"], "sum": 10}}
        version = self.version("x.group")
        with LogWriter(self.log) as log:
            for row in range(2):
                log.add("x.group", answer, input={"id": str(row), "vendor": "v", "amount": 5} | ({"pin": MASKED} if row else {}), method="decide_batch", row=row, rows=2, version=version)
        _, sums = self.found(status=0)
        self.assertEqual((sums["masked"], sums["equal"]), (2, 0))


if __name__ == "__main__":
    unittest.main()
