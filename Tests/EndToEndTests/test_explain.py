"""`remit explain`: what it says is held to `remit batch`, change by change, and to all values between where these are few."""
import json
import os
import random
import re
import sys
import time
import unittest
from decimal import Decimal

from support import ROOT, Folder, policy, run

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "reference"))
import compare  # noqa: E402

AT = "2025-06-15T08:00:00Z"
ROWS = 8            # of each shipped policy
AROUND = 40         # values to each side that are decided one by one


class Raw(str):
    """A JSON number as it is written."""


def raw(text):
    return json.loads(text, parse_int=Raw, parse_float=Raw)


def text(value):
    """The value as JSON, numbers as they were written."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{text(member)}" for key, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(text, value)) + "]"
    return json.dumps(value)


def names_of(path):
    return [name.replace("~1", "/").replace("~0", "~") for name in path.split("/")[1:]]


def step_into(value, name):
    return value[int(name)] if isinstance(value, list) else value.get(name)


def changed(row, path, value):
    """The row with that value there."""
    copy = raw(text(row))
    names, inside = names_of(path), copy
    for name in names[:-1]:
        inside = step_into(inside, name)
    inside[int(names[-1]) if isinstance(inside, list) else names[-1]] = value
    return copy


def value_at(row, path):
    for name in names_of(path):
        row = step_into(row, name)
        if row is None:
            return None
    return row


def places(value):
    return max(0, -Decimal(value).normalize().as_tuple().exponent)


def shifted(written, distance):
    """The amount so many cents, or smaller steps, away; written as that one is."""
    grid = max(2, places(written))
    value = format(Decimal(written) + Decimal(distance).scaleb(-grid), "f")
    return Raw(value) if isinstance(written, Raw) else value


def plain(line):
    """A result line's decision as it stands there, its outcome, its reasons."""
    result = raw(line)
    decision = result.get("decision")
    return (None, None, None) if decision is None else (decision, decision["outcome"], decision["reasons"])


class Explained(unittest.TestCase):
    maxDiff = None

    def explained(self, folder, name, row, *arguments, status=0):
        done = folder("explain", "--policy", name, "--json", *arguments, data=row if isinstance(row, (str, bytes)) else text(row))
        self.assertEqual(done.returncode, status, done.stderr.decode())
        return raw(done.stdout.decode())

    def decided(self, folder, name, rows, *arguments):
        if not rows:
            return []
        done = folder("batch", "--policy", name, *arguments, data="".join(text(row) + "\n" for row in rows))
        lines = done.stdout.decode().splitlines()
        self.assertEqual(len(lines), len(rows))
        return [plain(line) for line in lines]

    def hold(self, folder, name, row, explanation, *arguments):
        """Every claim about changes, against the batch."""
        outcome = explanation["decision"]["outcome"]
        changes, expected = [], []
        for turn in explanation["turns"]:
            changes.append(changed(row, turn["path"], turn["to"]))
            expected.append((turn["outcome"], turn["reasons"]))
            self.assertNotEqual(turn["outcome"], outcome)
            if "keeps" in turn:
                changes.append(changed(row, turn["path"], turn["keeps"]))
                expected.append((outcome, None))
        for change, (decision, got, reasons), (wanted, cited) in zip(changes, self.decided(folder, name, changes, *arguments), expected):
            self.assertEqual(got, wanted, f"{name}: {text(change)}")
            if cited is not None:
                self.assertEqual(reasons, cited)
        relative = [Decimal(turn["relative"]) for turn in explanation["turns"]]
        self.assertEqual(relative, sorted(relative))


class ShippedPolicies(Explained):
    """Random transactions of every policy that is shipped."""

    def test_each_claim_about_a_shipped_policy_is_true(self):
        declared = {each["name"]: each for each in json.loads(run("policies", "--json").stdout)}
        turns = 0
        for name in sorted(compare.RUNS):
            if "group" in declared[name]:
                continue
            with self.subTest(policy=name):
                turns += self.check(name, declared[name]["input"])
        self.assertGreater(turns, 100)

    def check(self, name, declared):
        rows, turns = [], 0
        for line in compare.generate.rows(name, 200, 11):
            try:
                row = raw(line)
            except ValueError:
                continue
            if text(raw(text(row))) == text(row):
                rows.append(row)
        decisions = self.decided(run, name, rows, "--at", AT)
        # As many different outcomes as there are, then whatever comes.
        chosen = {decision[1]: (row, decision) for row, decision in zip(rows, decisions) if decision[0]}
        chosen = list(chosen.values()) + [pair for pair in zip(rows, decisions) if pair[1][0]]
        for row, (decision, outcome, _) in chosen[:ROWS]:
            explanation = self.explained(run, name, row, "--at", AT)
            self.assertEqual(explanation["decision"], decision)
            self.assertNotIn("cut", explanation)
            self.hold(run, name, row, explanation, "--at", AT)
            self.hold_near(name, row, explanation, outcome, declared)
            turns += len(explanation["turns"])
        self.assertTrue(chosen, name)
        return turns

    def hold_near(self, name, row, explanation, outcome, declared):
        """No change nearer than the one that is told: all of them are decided, for amounts, booleans and enums."""
        tries = []
        for read in explanation["read"]:
            path, kind = read["path"], read.get("type")
            if path.startswith("$") or path in explanation["untried"]:
                continue
            written = value_at(row, path)
            if kind == "money":
                tries += [(path, distance, shifted(written, distance)) for distance in range(-AROUND, AROUND + 1) if distance]
            elif kind == "boolean":
                tries += [(path, None, value) for value in (True, False) if value != written]
            elif kind == "enum":
                tries += [(path, None, value) for value in self.values(declared, path) if value != written]
        results = self.decided(run, name, [changed(row, path, value) for path, _, value in tries], "--at", AT)
        turned = {}
        for (path, distance, value), (_, got, _) in zip(tries, results):
            if got is None or got == outcome:
                continue
            side = None if distance is None else distance > 0
            if distance is None:
                turned.setdefault((path, side), []).append(value)
            elif (path, side) not in turned or abs(distance) < abs(turned[path, side]):
                turned[path, side] = distance
        told = {}
        for turn in explanation["turns"]:
            if turn["type"] in ("boolean", "enum"):
                told.setdefault((turn["path"], None), []).append(turn["to"])
            elif turn["type"] == "money":
                grid = max(2, places(turn["from"]))
                distance = int(Decimal(turn["change"]).scaleb(grid))
                if abs(distance) <= AROUND:
                    told[turn["path"], distance > 0] = distance
        self.assertEqual({key: sorted(value, key=str) if isinstance(value, list) else value for key, value in told.items()},
                         {key: sorted(value, key=str) if isinstance(value, list) else value for key, value in turned.items()},
                         f"{name}: {text(row)}")

    def values(self, declared, path):
        for name in names_of(path):
            if declared["type"] == "record":
                declared = next(field["type"] for field in declared["fields"] if field["name"] == name)
            else:
                declared = declared["of"]
        return declared["values"]


# Outcomes that turn back and forth along a number.
FORTH_AND_BACK = {
    "window": "if tx.n >= 700 and tx.n <= 703 then return no end",
    "narrow": "local x = tx.n * 3 + tx.m if x > 2100 and x < 2104 then return no end",
    "equal": "if tx.n == 777 then return no end",
    "param": "if tx.n == params.special then return no end",
    "modulo": "if tx.n % 1000 == 0 and tx.n > 0 then return no end",
    "bits": "if tx.n // 64 % 2 == 1 then return no end",
    "steps": "local sum = 0 for i = 1, tx.n // 100 do sum = sum + i end if sum > 50 then return no end",
    "failing": "if tx.n > 300 and tx.n < 900 then error('no') end if tx.n >= 900 then return no end",
    "spread": "if ({ [5] = true, [1234] = true })[tx.n] then return no end",
    "product": "if tx.n * tx.n > tx.m * 5000 then return no end",
    "none": "",
}
FIELDS = "id = optional(text {}), n = integer { min = 0, max = 3000 }, m = integer {}"


def number_policy(body):
    return policy(f"local no = {{ outcome = 'reject', reasons = {{ 'ok' }} }} {body} return {{ outcome = 'approve', reasons = {{ 'ok' }} }}",
                  FIELDS, extra="params = { special = integer { default = 2222 } },")


class AgainstAllValues(Explained):
    """All 3,001 values of a number are decided, and none nearer than the one that is told turns the outcome."""

    def test_the_nearest_of_all_values_is_told(self):
        rng = random.Random(5)
        files = {f"policies/a/{name}.lua": number_policy(body) for name, body in FORTH_AND_BACK.items()}
        with Folder(files) as folder:
            for name in FORTH_AND_BACK:
                outcomes = [each[1] for each in self.decided(folder.run, f"a.{name}", [{"n": n, "m": 10} for n in range(3001)])]
                for n in [0, 3000, 699, 700, 704, 776, *rng.sample(range(3001), 6)]:
                    if outcomes[n] is None:
                        continue
                    with self.subTest(policy=name, n=n):
                        explanation = self.explained(folder.run, f"a.{name}", {"n": n, "m": 10})
                        told = {turn["change"].startswith("-"): turn for turn in explanation["turns"] if turn["path"] == "/n"}
                        for down in (True, False):
                            walk = range(n - 1, -1, -1) if down else range(n + 1, 3001)
                            nearest = next((v for v in walk if outcomes[v] not in (None, outcomes[n])), None)
                            self.assertEqual(told[down]["to"] if down in told else None, None if nearest is None else str(nearest))
                            if down in told:
                                self.assertEqual(told[down]["outcome"], outcomes[nearest])
                                self.assertEqual(told[down]["checked"], "every_value")
                        self.hold(folder.run, f"a.{name}", {"n": n, "m": 10}, explanation)

    def test_a_narrow_window_far_away_is_found_through_the_conditions(self):
        body = """if tx.amount >= 7000000.01 and tx.amount < 7000000.03 then return { outcome = "reject", reasons = { "ok" } } end
            return { outcome = "approve", reasons = { "ok" } }"""
        with Folder({"policies/a/x.lua": policy(body, "amount = money {}")}) as folder:
            turn = self.explained(folder.run, "a.x", {"amount": "1.00"})["turns"][0]
            self.assertEqual((turn["to"], turn["keeps"], turn["checked"]), ("7000000.01", "7000000.00", "conditions"))
            turn = self.explained(folder.run, "a.x", {"amount": Raw("8e6")})["turns"][0]
            self.assertEqual((turn["to"], turn["keeps"]), ("7000000.02", "7000000.03"))

    def test_a_narrow_window_of_a_decision_table_is_found(self):
        table = 'F,amount,=>,outcome\n1,< 5000,,"""approve"""\n2,[low..70000.03],,"""reject"""\n3,[80000.01..80000.02],,"""reject"""\n4,-,,"""approve"""\n'
        body = "return { outcome = matrix(tx, params).outcome, reasons = { 'ok' } }"
        with Folder({"policies/t.csv": table, "policies/a/x.lua": policy(
                body, "amount = money {}", extra='params = { low = money { default = "70000.01" } },',
                prelude='local matrix = decision_table "t.csv"\n')}) as folder:
            for amount, wanted in (("1.00", {"70000.01"}), ("75000", {"70000.03", "80000.01"}), ("70000.02", {"70000.00", "70000.04"}),
                                   ("90000", {"80000.02"})):
                explanation = self.explained(folder.run, "a.x", {"amount": amount})
                self.assertEqual({turn["to"] for turn in explanation["turns"]}, wanted)
                self.assertIn("/amount", [read["path"] for read in explanation["read"]])
                self.assertIn("$params/low", [read["path"] for read in explanation["read"]])
                row = next(read for read in explanation["read"] if read["path"].startswith("$data/t.csv/"))
                self.assertRegex(row["path"], r"^\$data/t\.csv/[2-5]$")


class Fields(Explained):
    """What is changed, how, and what is left alone."""

    def turns(self, body, fields, row, *arguments, extra=""):
        with Folder({"policies/a/x.lua": policy(body, fields, extra=extra)}) as folder:
            explanation = self.explained(folder.run, "a.x", row, *arguments)
            self.hold(folder.run, "a.x", raw(row), explanation, *arguments)
            return explanation, [(turn["path"], turn["from"], turn["to"], turn["outcome"]) for turn in explanation["turns"]]

    @staticmethod
    def body(condition):
        return f"if {condition} then return {{ outcome = 'reject', reasons = {{ 'ok' }} }} end return {{ outcome = 'approve', reasons = {{ 'ok' }} }}"

    def test_a_number_is_written_as_it_was(self):
        for written, to in (("99", "100.01"), ("99.5", "100.01"), ('"99"', '"100.01"'), ("99.123", "100.001"), ("0.99e2", "100.01"), ('"99.0000"', '"100.0001"')):
            with self.subTest(written=written):
                row = f'{{"a": {written}}}'
                _, turns = self.turns(self.body("tx.a > 100"), "a = money {}", row)
                wanted = raw(to)
                if written == '"99.0000"':
                    wanted = "100.0100"
                self.assertEqual(turns, [("/a", raw(written), wanted, "reject")])

    def test_a_number_keeps_to_its_bounds(self):
        explanation, turns = self.turns(self.body("tx.a > 100"), 'a = money { max = "100.00" }', '{"a": 5}')
        self.assertEqual((turns, explanation["indifferent"]), ([], ["/a"]))
        _, turns = self.turns(self.body("tx.a > 100"), 'a = money { max = "100.01" }', '{"a": 5}')
        self.assertEqual(turns[0][2], "100.01")
        _, turns = self.turns(self.body("tx.a > 99"), 'a = integer { max = 100 }', '{"a": 5}')
        self.assertEqual(turns[0][2], "100")
        _, turns = self.turns(self.body("tx.a > 0.25"), 'a = number { min = 0, max = 1 }', '{"a": 0}')
        self.assertEqual(turns[0][2], "0.26")

    def test_dates_go_day_by_day(self):
        explanation, turns = self.turns(self.body("tx.d > '2024-02-28'"), "d = date {}", '{"d": "2023-12-31"}')
        self.assertEqual(turns, [("/d", "2023-12-31", "2024-02-29", "reject")])
        self.assertEqual(explanation["turns"][0]["change"], "60")
        _, turns = self.turns(self.body("tx.d > '2400-01-01'"), "d = date {}", '{"d": "2023-12-31"}')
        self.assertEqual(turns, [])
        _, turns = self.turns(self.body("tx.d < '0002-01-01'"), "d = date {}", '{"d": "0002-01-01"}')
        self.assertEqual(turns[0][2], "0001-12-31")

    def test_what_is_absent_is_given_where_it_is_a_boolean_or_an_enum(self):
        fields = "b = optional(boolean {}), e = optional(enum { 'x', 'y' }), m = optional(money {}), r = optional(record { b = boolean {} }), q = optional(record { b = optional(boolean {}) })"
        condition = "tx.b or tx.e == 'y' or (tx.m or 0) > 5 or (tx.r and tx.r.b) or (tx.q and tx.q.b)"
        for row in ('{}', '{"b":null}', '{ }', '{"q":{}}'):
            with self.subTest(row=row):
                explanation, turns = self.turns(self.body(condition), fields, row)
                wanted = [("/b", None, True, "reject"), ("/e", None, "y", "reject")]
                self.assertEqual(turns, wanted + ([("/q/b", None, True, "reject")] if "q" in row else []))
                self.assertEqual(explanation["untried"], ["/m"])

    def test_fields_inside_lists_maps_and_odd_names(self):
        fields = "lines = list { of = record { ['a/b~'] = money {}, ok = boolean {} } }, m = map { of = integer {} }"
        row = r'{"lines":[{"a/b~":1,"ok":true},{"ok":true,"a\/b\u007e":2}],"m":{"k\"":1, "z":3}}'
        condition = "tx.lines[1]['a/b~'] + tx.lines[2]['a/b~'] + tx.m['k\"'] > 10"
        explanation, turns = self.turns(self.body(condition), fields, row)
        self.assertEqual(sorted(turns), [("/lines/0/a~1b~0", "1", "7.01", "reject"), ("/lines/1/a~1b~0", "2", "8.01", "reject"),
                                         ('/m/k"', "1", "8", "reject")])

    def test_names_that_are_hard_to_name(self):
        fields = "m = map { of = boolean {} }"
        for key in ("a\0b", "0", "", "a\nb", "\u202e", '"', "~1", "x" * 5000):
            with self.subTest(key=key):
                condition = "(function() local any = false for _, v in pairs(tx.m) do any = any or v end return any end)()"
                row = json.dumps({"m": {key: False, "z": False}})
                explanation, turns = self.turns(self.body(condition), fields, row)
                path = "/m/" + key.replace("~", "~0").replace("/", "~1")
                wanted = {"/m/z"} if "\0" in key else {"/m/z", path}
                self.assertEqual({turn[0] for turn in turns}, wanted)

    def test_an_input_as_deep_as_may_be(self):
        for depth in (62, 63, 64, 65):
            row = '{"a":5,"x":' + "[" * (depth - 1) + "]" * (depth - 1) + "}"
            with Folder({"policies/a/x.lua": policy(self.body("tx.a > 99"), "a = integer {}")}) as folder:
                decided = folder.run("batch", "--policy", "a.x", data=row)
                done = folder.run("explain", "--policy", "a.x", data=row)
                self.assertEqual(done.returncode, decided.returncode)
                self.assertEqual(done.stdout == decided.stdout, decided.returncode == 3)

    def test_a_turn_does_not_tell_a_sensitive_value_that_it_is_compared_with(self):
        fields = "amount = money {}, day = date {}, urgent = boolean {}, salary = money { sensitive = true }"
        text = policy("""local over = tx.amount > tx.salary and tx.day > "2025-01-01" and not tx.urgent
            return { outcome = over and "reject" or "approve", reasons = { "ok" } }""", fields)
        row = {"amount": 800, "day": "2025-02-01", "urgent": False, "salary": 734.56}
        with Folder({"policies/x/pay.lua": text}) as folder:
            for words in ([], ["--json"]):
                done = folder.run("explain", "--policy", "x.pay", *words, data=json.dumps(row))
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertNotIn(b"734.5", done.stdout)
            explained = json.loads(done.stdout)
            self.assertLessEqual({"/amount", "/day"}, set(explained["untried"]))

    def test_sensitive_values_are_masked_and_not_tried(self):
        fields = "id = text {}, pay = money { sensitive = true }, who = record { age = integer { sensitive = true } }"
        row = '{"id":"s","pay":"6789.12","who":{"age":57}}'
        with Folder({"policies/a/x.lua": policy(self.body("tx.pay > 7000 or tx.who.age > 60"), fields)}) as folder:
            for arguments in ((), ("--json",), ("--lang", "zh")):
                done = folder.run("explain", "--policy", "a.x", *arguments, data=row)
                self.assertEqual(done.returncode, 0)
                self.assertNotIn(b"6789", done.stdout)
                self.assertIn("•••".encode() if "--json" not in arguments else b'"masked":true', done.stdout)
            explanation = self.explained(folder.run, "a.x", row)
            self.assertEqual(explanation["turns"], [])
            self.assertEqual(sorted(explanation["untried"]), ["/pay", "/who/age"])
            self.assertEqual([read for read in explanation["read"] if read.get("value") in ("57", "6789.12")], [])

    def test_rows_of_a_dataset_stand_with_what_was_read_of_them(self):
        body = """local row = limits:find { role = tx.role }
            if tx.amount > row.most then return { outcome = "reject", reasons = { "ok" } } end
            return { outcome = "approve", reasons = { "ok" } }"""
        rules = policy(body, "amount = money {}, role = enum { 'clerk', 'chief' }",
                       prelude='local limits = dataset "limits.csv" { role = text {}, most = money {}, note = text {} }\n')
        with Folder({"policies/a/x.lua": rules, "policies/limits.csv": "role,most,note\nchief,5000,x\nclerk,100.50,y\n"}) as folder:
            explanation = self.explained(folder.run, "a.x", '{"amount":4380,"role":"clerk"}')
            reads = {read["path"]: read.get("value") for read in explanation["read"]}
            self.assertEqual((reads["$data/limits.csv/3/most"], "$data/limits.csv/3/note" in reads), ("100.5", False))
            self.assertEqual([turn["to"] for turn in explanation["turns"]], ["100.50", "chief"])
            shown = folder.run("explain", "--policy", "a.x", data='{"amount":4380,"role":"clerk"}').stdout.decode()
            self.assertRegex(shown, r"\n  limits\.csv row 3 +most 100\.5\n")

    def test_the_row_of_a_decision_table_that_matched_stands_with_what_was_read(self):
        rules = policy('local out = matrix(tx, params) return { outcome = out.outcome, reasons = { "ok" } }', "amount = money {}",
                       prelude='local matrix = decision_table "t.csv"\n')
        table = 'F,amount,=>,outcome\n,< 5000,,"""approve"""\nbig,>= 5000,,"""reject"""\n'
        with Folder({"policies/a/x.lua": rules, "policies/t.csv": table}) as folder:
            for amount, row, outcome in ((4999, 2, "approve"), (7000, 3, "reject")):
                explanation = self.explained(folder.run, "a.x", json.dumps({"amount": amount}))
                rows = {read["path"]: read.get("value") for read in explanation["read"] if read["path"].startswith("$data/")}
                self.assertEqual(rows, {f"$data/t.csv/{row}": None, f"$data/t.csv/{row}/outcome": outcome})
                shown = folder.run("explain", "--policy", "a.x", data=json.dumps({"amount": amount})).stdout.decode()
                self.assertRegex(shown, rf"\n  t\.csv row {row} +outcome {outcome}\n")

    def test_the_statement_that_decided_is_named_not_one_that_it_called(self):
        body = """local function route(n)
            return { n }
          end
          local function last(n)
            return { outcome = "approve", reasons = { "ok" },
              route = route(n) }
          end
          if tx.n > 5 then return last(tx.n) end
          return { outcome = "reject", reasons = { "ok" }, route = route(tx.n) }"""
        with Folder({"policies/a/x.lua": policy(body, "n = integer {}")}) as folder:
            lines = folder.files["policies/a/x.lua"].splitlines()
            for n, start in ((6, 'return { outcome = "approve"'), (5, 'return { outcome = "reject"')):
                place = self.explained(folder.run, "a.x", {"n": n})["decided_by"]
                self.assertEqual(place["file"], "a/x.lua")
                self.assertTrue(lines[int(place["line"]) - 1].strip().startswith(start), lines[int(place["line"]) - 1])


class Bounds(Explained):
    """Policies and inputs that would make the search long."""

    def timed(self, body, fields, row, seconds, prelude=""):
        with Folder({"policies/a/x.lua": policy(body, fields, prelude=prelude)}) as folder:
            start = time.monotonic()
            explanation = self.explained(folder.run, "a.x", row)
            self.assertLess(time.monotonic() - start, seconds)
            self.hold(folder.run, "a.x", row if not isinstance(row, str) else raw(row), explanation)
            return explanation

    def test_an_expensive_policy_is_searched_within_a_bound(self):
        body = """local x = 0 for i = 1, 60000 do x = x + i % 7 end
            if tx.a + tx.b + tx.c > 1000 then return { outcome = "reject", reasons = { "ok" } } end return { outcome = "approve", reasons = { "ok" } }"""
        explanation = self.timed(body, "a = money {}, b = money {}, c = money {}", {"a": 1, "b": 2, "c": 3}, 60)
        self.assertEqual(len(explanation["turns"]), 3)
        # Each takes some 480,000 steps, so that it counts as 49.
        self.assertLess(int(explanation["evaluations"]), 500)

    def test_a_policy_whose_every_value_goes_another_way(self):
        body = """local x = 0 for i = 1, tx.n % 1000 do if i % 2 == 0 then x = x + 1 end end
            if x > 600 or tx.n > 1000000 then return { outcome = "reject", reasons = { "ok" } } end return { outcome = "approve", reasons = { "ok" } }"""
        explanation = self.timed(body, "n = integer { min = 0 }", {"n": 0}, 60)
        turn = explanation["turns"][0]
        self.assertEqual((turn["to"], turn["checked"]), ("1000001", "neighbour"))

    def test_many_lines(self):
        body = """local sum = 0 for _, line in ipairs(tx.lines) do sum = sum + line.qty * line.price end
            if sum > 100000 then return { outcome = "reject", reasons = { "ok" } } end return { outcome = "approve", reasons = { "ok" } }"""
        lines = [{"qty": i % 7 + 1, "price": f"{i}.50"} for i in range(100)]
        explanation = self.timed(body, "lines = list { of = record { qty = number { min = 0 }, price = money {} } }", {"lines": lines}, 60)
        self.assertTrue(explanation.get("cut"))
        self.assertTrue(explanation["turns"])
        self.assertTrue(explanation["untried"])
        self.assertLess(int(explanation["evaluations"]), 20001)

    def test_a_large_input(self):
        row = {"n": 5, "ignored": "x" * 900000}
        explanation = self.timed("if tx.n > 1000 then return { outcome = 'reject', reasons = { 'ok' } } end return { outcome = 'approve', reasons = { 'ok' } }",
                                 "n = integer {}", row, 60)
        self.assertEqual(explanation["turns"][0]["to"], "1001")

    def test_policies_that_fill_the_memory_or_run_out_of_steps_elsewhere(self):
        body = """if tx.n > 100 and tx.n < 200 then local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(1000) .. i end end
            if tx.n >= 200 and tx.n < 300 then while true do end end
            if tx.n >= 300 then return { outcome = "reject", reasons = { "ok" } } end return { outcome = "approve", reasons = { "ok" } }"""
        explanation = self.timed(body, "n = integer { min = 0, max = 100000 }", {"n": 50}, 120)
        self.assertEqual([turn["to"] for turn in explanation["turns"]], ["300"])

    def test_long_numbers(self):
        for value in ("1234567890123456789012345678901234", "0.0000000000000000000000000000001", "-99999999999999999999999999999999.99", "1e30"):
            with self.subTest(value=value):
                self.timed("if tx.a > 100 then return { outcome = 'reject', reasons = { 'ok' } } end return { outcome = 'approve', reasons = { 'ok' } }",
                           "a = money {}", f'{{"a":{value}}}', 30)

    def test_the_same_bytes_again(self):
        with Folder({"policies/a/x.lua": number_policy(FORTH_AND_BACK["bits"])}) as folder:
            first = folder.run("explain", "--policy", "a.x", "--json", "--at", AT, data='{"n":1500,"m":3}').stdout
            for _ in range(3):
                self.assertEqual(folder.run("explain", "--policy", "a.x", "--json", "--at", AT, data='{"n":1500,"m":3}').stdout, first)


class Errors(Explained):
    FILES = {"policies/a/x.lua": policy("if tx.n == 5 then error('five') end return { outcome = 'approve', reasons = { 'ok' } }", "id = optional(text {}), n = integer {}"),
             "policies/a/broken.lua": "return policy {"}

    def setUp(self):
        self.folder = Folder(self.FILES)
        self.folder.__enter__()
        self.addCleanup(self.folder.__exit__)

    def test_an_error_is_the_line_of_the_batch(self):
        for row in ('{"id":"q","n":"x"}', '{"n":5}', '{"n":', 'null', '[]', '{"n":1}x', '{"n":1,"n":2}'):
            with self.subTest(row=row):
                batch = self.folder.run("batch", "--policy", "a.x", data=row)
                for arguments in ((), ("--json",), ("--lang", "zh")):
                    done = self.folder.run("explain", "--policy", "a.x", *arguments, data=row)
                    self.assertEqual((done.returncode, done.stdout, done.stderr), (3, batch.stdout, b""))

    def test_an_input_too_long(self):
        row = '{"n":1,"x":"' + "y" * (1 << 20) + '"}'
        done = self.folder.run("explain", "--policy", "a.x", data=row)
        self.assertEqual((done.returncode, done.stdout), (3, self.folder.run("batch", "--policy", "a.x", data=row).stdout))

    def test_the_input_may_stand_on_several_lines_with_white_space_around(self):
        for row in ('{\n "n": 1\n}\n', '\ufeff{"n":1}', '\r\n\r\n{"n":1}\r\n\r\n', '{"n":\r\n1}'):
            with self.subTest(row=row):
                self.assertEqual(self.explained(self.folder.run, "a.x", row)["decision"]["outcome"], "approve")

    def test_the_command_line(self):
        for arguments, data, status, words in (
                (("--policy", "a.x"), "", 2, "there is no transaction in standard input"),
                (("--policy", "a.x"), " \n\t\n", 2, "there is no transaction in standard input"),
                (("--policy", "a.x"), '{"n":1}\n{"n":2}\n', 2, "standard input holds more than one transaction: give one, such as what head -n 1 prints of it"),
                (("--policy", "a.x", "nothing.json"), "", 2, "cannot read nothing.json: no such file or directory"),
                (("--policy", "a.y"), '{"n":1}', 2, 'unknown policy "a.y"'),
                (("--policy", "a.broken"), '{"n":1}', 4, "a/broken.lua:1:"),
                (("--policy", "a.x", "--at", "noon"), '{"n":1}', 2, "at: expected a date"),
                (("--policy", "a.x", "--param", "k=1"), '{"n":1}', 2, "k: the policy has no params"),
                (("--policy", "a.x", "--lang", "fr"), '{"n":1}', 2, "'fr' is invalid for '--lang"),
                ((), '{"n":1}', 2, "--policy")):
            with self.subTest(arguments=arguments):
                done = self.folder.run("explain", *arguments, data=data)
                self.assertEqual((done.returncode, done.stdout), (status, b""), done.stderr)
                self.assertIn(words, done.stderr.decode())

    def test_a_file_and_a_param(self):
        path = os.path.join(self.folder.path, "row.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write('{"n":4}')
        done = self.folder.run("explain", "--policy", "a.x", path)
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"a.x: approve", done.stdout)

    def test_a_group_policy_is_refused(self):
        text_of = policy("", "id = text {}, who = text {}").replace("decide = function(tx, params, context)", "group = { by = { 'who' } },\n  decide_group = function(rows)")
        with Folder({"policies/a/g.lua": text_of}) as folder:
            done = folder.run("explain", "--policy", "a.g", data='{"id":"1","who":"w"}')
            self.assertEqual((done.returncode, done.stdout), (2, b""))
            self.assertIn("a.g decides rows together", done.stderr.decode())


class Page(Explained):
    """docs/explain.md: its example is run, its words are compared."""

    def test_the_example_is_what_it_prints(self):
        with open(os.path.join(ROOT, "docs", "explain.md"), encoding="utf-8") as file:
            blocks = re.findall(r"^```(\w+)\n(.*?)^```", file.read(), re.DOTALL | re.MULTILINE)
        (_, lua), (_, row), (_, english), (_, chinese), (_, machine) = blocks
        with Folder({"policies/travel/advance.lua": lua}) as folder:
            for arguments, wanted in (((), english), (("--lang", "zh"), chinese), (("--json",), machine)):
                done = folder.run("explain", "--policy", "travel.advance", "--at", "2025-06-15", *arguments, data=row)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(done.stdout.decode(), wanted)


if __name__ == "__main__":
    unittest.main()
