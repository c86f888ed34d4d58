"""`remit test`: which cases are run, and what it says of them."""
import json
import os
import re
import signal
import subprocess
import threading
import unittest
import xml.etree.ElementTree as ElementTree

from support import REMIT, Folder, policy

ORDER = policy("""if tx.amount > params.limit then
      return { outcome = "reject", reasons = { "ok" }, route = { { role = "cfo", level = 3 }, { role = "board" } }, ["a-b"] = 1 }
    end
    return { outcome = "approve", reasons = { "ok" }, deep = { list = { 1, { x = "y" } } } }""",
               fields="id = optional(text {}), amount = money { min = 0, max = 1000 }",
               extra='params = { limit = money { default = "100.00" } },')


def suite(cases, name="shop.order"):
    return f'return test "{name}" {{\n{cases}\n}}\n'


def passes(name, amount=1):
    return f'  {{ name = "{name}", input = {{ amount = {amount} }}, expect = {{ outcome = "approve" }} }},'


def shop(cases, order=ORDER, **more):
    return Folder({"policies/shop/order.lua": order, "policies/shop/order_test.lua": cases, **more})


def reported(folder, *arguments):
    """Exit status, and the lines of standard output."""
    done = folder.run("test", *arguments)
    return done.returncode, done.stdout.decode().splitlines()


class Failures(unittest.TestCase):
    def differences(self, expect):
        with shop(suite("  { name = 'it', input = { amount = 101 }, expect = { %s } }," % expect)) as folder:
            status, lines = reported(folder)
            self.assertEqual((status, lines[0], lines[-2:]), (1, "shop.order: it", ["  at shop/order_test.lua:2", "0 passed, 1 failed"]))
            return [line.strip() for line in lines[1:-2]]

    def test_each_field_that_differs_is_named(self):
        for expect, lines in {
            'route = { { role = "manager", level = 3 }, { role = "board" } }': ['decision.route[1].role: expected "manager", got "cfo"'],
            'route = { { role = "cfo" }, { role = "board", level = 4 } }':
                ["decision.route[1].level: expected nothing, got 3", "decision.route[2].level: expected 4, got nothing"],
            'route = { { role = "cfo", level = 3 } }': ['decision.route[2]: expected nothing, got {"role":"board"}'],
            'route = { { role = "cfo", level = 3 }, { role = "board" }, "x" }': ['decision.route[3]: expected "x", got nothing'],
            "route = 1": ['decision.route: expected 1, got [{"level":3,"role":"cfo"},{"role":"board"}]'],
            'outcome = "approve", ["a-b"] = 2': ["decision.a-b: expected 2, got 1", 'decision.outcome: expected "approve", got "reject"'],
        }.items():
            with self.subTest(expect):
                self.assertEqual(self.differences(expect), lines)

    def test_keys_that_are_no_names_stand_in_brackets(self):
        order = policy('return { outcome = "approve", reasons = { "ok" }, m = { ["a b"] = { ["1x"] = 1 }, ["中"] = 2 } }')
        cases = suite('  { name = "it", input = {}, expect = { m = { ["a b"] = { ["1x"] = 2 } } } },')
        with shop(cases, order) as folder:
            self.assertEqual(reported(folder)[1][1:3], ['  decision.m["a b"]["1x"]: expected 2, got 1', '  decision.m["中"]: expected nothing, got 2'])

    def test_long_values_are_cut(self):
        order = policy('return { outcome = "approve", reasons = { "ok" }, x = ("a"):rep(5000) }')
        with shop(suite('  { name = "it", input = {}, expect = { x = 1 } },'), order) as folder:
            line = reported(folder)[1][1]
            self.assertLess(len(line), 500)
            self.assertTrue(line.endswith("… (5002 bytes)"), line)

    def test_the_line_of_a_case(self):
        fails = '{ name = "it", input = { amount = 101 }, expect = { outcome = "approve" } }'
        for name, text, place in (
                ("literal", suite(passes("a") + "\n\n  " + fails), "order_test.lua:4"),
                ("over several lines", suite(passes("a") + "\n  {\n    name = \"it\", input = { amount = 101 },\n    expect = { outcome = 'approve' } },"),
                 "order_test.lua:3"),
                ("in a local", f'local cases = {{\n{passes("a")}\n  {fails},\n}}\nreturn test "shop.order"(cases)', "order_test.lua:3"),
                ("two suites", f'return {{\n  test "shop.order" {{\n  {passes("a")}\n  }},\n  test "shop.order" {{\n  {passes("b")}\n  {fails} }},\n}}',
                 "order_test.lua:7"),
                ("made by a function", f'local function case(name)\n  return {fails}\nend\nreturn test "shop.order" {{\n{passes("a")}\n  case("x"),\n  {passes("b")} }}',
                 "order_test.lua:6"),
                ("made by a loop", f'local cases = {{}}\nfor i = 1, 3 do cases[i] = {{ name = "n" .. i, input = {{ amount = i == 3 and 101 or 1 }}, '
                 f'expect = {{ outcome = "approve" }} }} end\nreturn test "shop.order"(cases)', "order_test.lua, case 3"),
                ("CRLF and a mark", "\ufeff" + suite(passes("a") + "\n  " + fails).replace("\n", "\r\n"), "order_test.lua:3")):
            with self.subTest(name), shop(text) as folder:
                status, lines = reported(folder)
                self.assertEqual((status, lines[-2]), (1, f"  at shop/{place}"), lines)


class Filters(unittest.TestCase):
    FILES = {"policies/bank/loan.lua": ORDER, "policies/bank/loan_test.lua": suite(passes("Small loan") + passes("large"), "bank.loan")}

    def count(self, *arguments):
        with shop(suite(passes("small order") + passes("large order") + passes("wrong", 500)), **self.FILES) as folder:
            return folder.run("test", *arguments)

    def test_only_what_matches_is_run(self):
        for filters, said in ((("small",), "2 passed, 0 failed"), (("SMALL",), "2 passed, 0 failed"), (("order: small",), "1 passed, 0 failed"),
                              (("bank.",), "2 passed, 0 failed"), (("wrong",), "0 passed, 1 failed"), (("",), "4 passed, 1 failed"),
                              (("small", "wrong"), "2 passed, 1 failed"), (("small", "order"), "3 passed, 1 failed")):
            with self.subTest(filters):
                done = self.count(*(word for each in filters for word in ("--filter", each)))
                self.assertEqual(done.stdout.decode().splitlines()[-1], said)
                self.assertEqual(done.returncode, 0 if said.endswith(" 0 failed") else 1)

    def test_nothing_matches(self):
        done = self.count("--filter", "none", "--filter", "nobody")
        self.assertEqual((done.returncode, done.stderr.decode()), (1, 'remit: no case matches "none" or "nobody"\n'))

    def test_not_with_coverage(self):
        done = self.count("--filter", "small", "--coverage")
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn(b"--filter does not go with coverage", done.stderr)


class JUnit(unittest.TestCase):
    def test_results_as_build_servers_read_them(self):
        cases = suite(passes("a < b & \\\"c\\\" \\1 \\t 中") + "\n" + passes("wrong", 500))
        with shop(cases, **{"policies/bank/loan.lua": "broken (", "policies/bank/loan_test.lua": suite(passes("x"), "bank.loan")}) as folder:
            report = os.path.join(folder.path, "report.xml")
            done = folder.run("test", "--junit", report)
            self.assertEqual(done.returncode, 1)
            root = ElementTree.parse(report).getroot()
        self.assertEqual((root.tag, root.get("tests"), root.get("failures"), root.get("errors")), ("testsuites", "3", "1", "1"))
        self.assertRegex(root.get("time"), r"^\d+\.\d{3}$")
        bank, order = root
        self.assertEqual((bank.get("name"), bank.get("errors"), bank[0].get("name")), ("bank.loan", "1", "loading"))
        self.assertIn("bank/loan.lua:1:", bank[0].find("error").text)
        self.assertEqual((order.tag, order.get("name"), order.get("tests"), order.get("failures")), ("testsuite", "shop.order", "2", "1"))
        fine, wrong = order
        self.assertEqual(fine.attrib.keys(), {"classname", "name", "file", "line", "time"})
        self.assertEqual((fine.get("classname"), fine.get("name"), fine.get("line"), len(fine)), ("shop.order", 'a < b & "c" \ufffd \t 中', "2", 0))
        failure = wrong.find("failure")
        self.assertEqual(failure.get("message"), 'decision.outcome: expected "approve", got "reject"')
        self.assertEqual(failure.text, failure.get("message"))

    def test_a_file_that_cannot_be_written(self):
        with shop(suite(passes("a"))) as folder:
            done = folder.run("test", "--junit", os.path.join(folder.path, "none", "report.xml"))
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr.decode(), r"^remit: cannot write .*none/report\.xml: no such file or directory\n$")


class Order(unittest.TestCase):
    def test_output_has_the_order_of_the_files(self):
        """Many cases on any number of threads: failures stand as the files have them."""
        names = [f"p{n:02}" for n in range(12)]
        files = {f"policies/f/{name}.lua": ORDER for name in names}
        for name in names:
            files[f"policies/f/{name}_test.lua"] = suite("\n".join(passes(f"c{n}", 500 if n % 7 == 0 else 1) for n in range(60)), f"f.{name}")
        with Folder(files) as folder:
            outputs = {folder.run("test").stdout for _ in range(3)}
            self.assertEqual(len(outputs), 1)
            found = re.findall(r"^(f\.p\d+): c(\d+)$", outputs.pop().decode(), re.MULTILINE)
            self.assertEqual(found, [(f"f.{name}", str(n)) for name in names for n in range(0, 60, 7)])


class Properties(unittest.TestCase):
    def verdict(self, body, extra="", order=ORDER, arguments=()):
        text = suite("  { name = 'it', %s property = function(tx, decide)\n%s\n  end }," % (extra, body))
        with shop(text, order) as folder:
            return reported(folder, *arguments)

    def counterexample(self, *arguments, **more):
        status, lines = self.verdict(*arguments, **more)
        self.assertEqual(status, 1, lines)
        found = [line for line in lines if line.startswith("  counterexample: ")]
        self.assertEqual(len(found), 1, lines)
        return json.loads(found[0].split(": ", 1)[1]), lines

    def test_one_that_holds(self):
        self.assertEqual(self.verdict("return (decide(tx).outcome == 'approve') == (tx.amount <= 100)"), (0, ["1 passed, 0 failed"]))

    def test_the_smallest_input_that_fails(self):
        """The generator finds the params' neighbours, and shrinking the first cent above them."""
        for body, extra, smallest in (
                ("return decide(tx).outcome == 'approve', 'too much'", "", {"amount": 100.01}),
                ("return decide(tx).outcome == 'approve'", "params = { limit = 7 },", {"amount": 7.01}),
                ("return decide(tx).outcome == 'reject'", "", {"amount": 0}),
                ("return tx.id == nil or not decide(tx)", "", {"id": "", "amount": 0}),
                ("return decide(tx).outcome == 'approve'", "given = { id = 'fixed', more = { 1 } },", {"id": "fixed", "amount": 100.01, "more": [1]})):
            with self.subTest(body + extra):
                self.assertEqual(self.counterexample(body, extra)[0], smallest)

    def test_bounds_are_met(self):
        for bound in (0, 1000):
            self.assertEqual(self.counterexample(f"decide(tx) return tx.amount ~= {bound}", "runs = 500,")[0], {"amount": bound})

    def test_inputs_fit_the_declaration(self):
        fields = """t = text { min = 2, max = 4 }, i = integer { min = -3, max = 3 }, n = number { min = "0.001", max = 2 }, b = boolean {}, d = date {},
          s = timestamp {}, e = enum { "x", "y" }, l = list { of = record { k = optional(money {}) }, min = 1, max = 3 }, m = map { of = text {}, max = 2 }"""
        order = policy('return { outcome = "approve", reasons = { "ok" } }', fields=fields)
        body = "local _, e = decide(tx)\nreturn e == nil, e and e.message"
        self.assertEqual(self.verdict(body, "runs = 3000,", order)[0], 0)
        smallest = self.counterexample("decide(tx) return false", order=order)[0]
        self.assertEqual(smallest, {"t": "aa", "i": 0, "n": 0.001, "b": False, "d": "2025-01-01", "s": "2025-01-01T00:00:00Z", "e": "x", "l": [{}], "m": {}})

    def test_the_seed_repeats_a_failure(self):
        body = "return decide(tx).outcome == 'approve' or tx.amount < 900"
        first = self.counterexample(body, "runs = 2000,")[1]
        self.assertEqual(first, self.counterexample(body, "runs = 2000,")[1])
        self.assertRegex("\n".join(first), r"in run \d+ of 2000, seed 1: repeat it with --seed 1")
        other = self.counterexample(body, "runs = 2000,", arguments=("--seed", "77"))[1]
        self.assertIn("seed 77: repeat it with --seed 77", "\n".join(other))
        self.assertEqual(other, self.counterexample(body, "runs = 2000, seed = 77,")[1])

    def test_what_goes_wrong_in_a_property(self):
        for body, words in (("return nil", "a property returns true, or false and a message: got nil"), ("return 1", "got number"),
                            ("while true do end", "budget"), ("return tx.none.x", r"shop/order_test\.lua:3: .*nil"),
                            ("error('own words')", "own words"), ("pcall(decide, tx) while true do decide(tx) end", "asks for more than 100 decisions"),
                            ("decide(5) return true", "table expected"), ("decide { amount = decide } return true", "the input holds a function, which JSON cannot"),
                            ("return decide({ amount = -1 }).outcome == 'x'", r"decide gave invalid_input: amount"),
                            ("return true", "none of 200 inputs was decided, so nothing was tried: the property never calls decide"),
                            ("local d, e = decide { amount = -1 } return d == nil and e.path == '/amount'", "nothing was tried: the last error was invalid_input")):
            with self.subTest(body):
                status, lines = self.verdict(body)
                self.assertEqual(status, 1, lines)
                self.assertRegex("\n".join(lines), words)

    def test_a_caught_question_is_still_asked(self):
        self.assertEqual(self.verdict("local ok, d = pcall(decide, tx)\nreturn ok and (d.outcome == 'approve') == (tx.amount <= 100)")[0], 0)

    def test_mistakes(self):
        for case, words in (("property = 5", "property: expected function"), ("property = function() return true end, runs = 0", "runs: expected a number from 1 to 10000, got 0"),
                            ("property = function() return true end, expect = {}", 'unknown key "expect"'),
                            ("property = function() return true end, seed = -1", "seed: expected a whole number"),
                            ("property = function() return true end, given = 1", "given: expected a table")):
            with self.subTest(case), shop(suite("  { name = 'it', %s }," % case)) as folder:
                status, lines = reported(folder)
                self.assertEqual(status, 1)
                self.assertIn(words, "\n".join(lines))

    def test_no_run_leaves_a_trace(self):
        text = "local n = 0\n" + suite("  { name = 'it', property = function(tx, decide) n = n + 1 return true end },")
        with shop(text) as folder:
            status, lines = reported(folder)
            self.assertEqual(status, 1)
            self.assertIn("order_test.lua:3: a function assigns to 'n', a local of the file", "\n".join(lines))

    def test_groups(self):
        text = """return policy { summary = "A test.", outcomes = { "a", "b" }, input = record { by = text {}, amount = money { min = 0 } },
          reasons = { ok = { en = "x", zh = "y" } }, group = { by = { "by" } },
          decide_group = function(rows) local out = {} for i = 1, #rows do out[i] = { outcome = #rows > 2 and "b" or "a", reasons = { "ok" } } end return out end }"""
        body = "local all = decide(tx)\nfor i = 1, #tx do if all[i].outcome == 'b' then return false end end\nreturn #all == #tx"
        self.assertEqual(self.counterexample(body, "given = { by = 'g' },", text)[0], [{"by": "g", "amount": 0}] * 3)


class Golden(unittest.TestCase):
    FILE = "policies/shop/order_golden.ndjson"

    def test_recording_and_checking(self):
        lines = '{"input":{"amount":1}}\n\n{"input":{"amount":150}}\n{"input":{}}\n{"input":{"amount":150},"params":{"limit":"200"},"at":"2025-06-15"}'
        with shop(suite(passes("a")), **{self.FILE: lines}) as folder:
            path = os.path.join(folder.path, self.FILE)
            status, output = reported(folder)
            self.assertEqual((status, output[0], output[2], output[-1]), (1, "shop.order: golden line 1", "  at shop/order_golden.ndjson:1", "1 passed, 4 failed"))
            self.assertIn("no decision is recorded: run remit test --record", output[1])
            self.assertEqual(reported(folder, "--record"), (1, ["shop/order_golden.ndjson: recorded, 4 of 4 lines are new or changed", "5 passed, 0 failed"]))
            with open(path, encoding="utf-8") as file:
                recorded = [json.loads(line) for line in file]
            self.assertEqual([line.get("decision", {}).get("outcome") for line in recorded], ["approve", "reject", None, "approve"])
            self.assertEqual((recorded[2]["error"]["path"], recorded[3]["params"]), ("/amount", {"limit": "200"}))
            before = os.stat(path).st_mtime_ns
            self.assertEqual(reported(folder, "--record"), (0, ["5 passed, 0 failed"]))
            self.assertEqual(os.stat(path).st_mtime_ns, before)
            with open(os.path.join(folder.path, "policies/shop/order.lua"), "w", encoding="utf-8") as file:
                file.write(ORDER.replace('"cfo"', '"ceo"'))
            status, output = reported(folder)
            self.assertEqual((status, output[:3]), (1, ["shop.order: golden line 2", '  decision.route[1].role: expected "cfo", got "ceo"', "  at shop/order_golden.ndjson:2"]))
            self.assertEqual(reported(folder, "--record")[1][0], "shop/order_golden.ndjson: recorded, 1 of 4 lines are new or changed")

    def test_lines_that_cannot_be_read(self):
        for line, words in (("{", "the line is no JSON"), ("[1]", "expected an object"), ('{"decision":{}}', "input: expected an object, got nothing"),
                            ('{"input":{},"expect":{}}', 'unknown key "expect"'), ('{"input":{},"decision":{},"error":{}}', "stand both there"),
                            ('{"input":{},"params":1}', "params: expected an object")):
            with self.subTest(line), shop(suite(passes("a")), **{self.FILE: '{"input":{"amount":1}}\n' + line + "\n"}) as folder:
                status, output = reported(folder)
                self.assertEqual(status, 1)
                self.assertIn(words, "\n".join(output))
                done = folder.run("test", "--record")
                self.assertEqual(done.returncode, 1)
                self.assertIn(f"shop/order_golden.ndjson:2: ", done.stderr.decode())
                with open(os.path.join(folder.path, self.FILE), encoding="utf-8") as file:
                    self.assertTrue(file.read().endswith(line + "\n"))


class Watch(unittest.TestCase):
    def test_a_change_is_seen(self):
        files = {"policies/bank/loan.lua": ORDER, "policies/bank/loan_test.lua": suite(passes("b"), "bank.loan")}
        with shop(suite(passes("a")), **files) as folder:
            command = [REMIT, "test", "--watch", "--policies", os.path.join(folder.path, "policies"), "--plugins", os.path.join(folder.path, "plugins")]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            # Whatever goes wrong, the reads below come to an end.
            guard = threading.Timer(60, process.kill)
            guard.start()
            try:
                def line():
                    return process.stdout.readline().decode().rstrip("\n")

                def write(name, text):
                    with open(os.path.join(folder.path, name), "w", encoding="utf-8") as file:
                        file.write(text)
                self.assertRegex(line(), r"^2 passed, 0 failed in \d+ ms$")
                write("policies/shop/order_test.lua", suite(passes("a") + passes("wrong", 500)))
                self.assertRegex(line(), r"^--- .*/policies/shop/order_test\.lua changed$")
                self.assertEqual(line(), "shop.order: wrong")
                for _ in range(2):
                    line()
                self.assertRegex(line(), r"^1 passed, 1 failed in \d+ ms$")
                write("policies/shop/order.lua", ORDER.replace("tx.amount > params.limit", "false"))
                self.assertRegex(line(), r"^--- .*/policies/shop/order\.lua changed$")
                self.assertRegex(line(), r"^3 passed, 0 failed in \d+ ms$")
                write("policies/shop/order.lua", "broken (")
                self.assertRegex(line(), r"^--- ")
                self.assertEqual(line(), "shop.order: its tests cannot be loaded")
                process.send_signal(signal.SIGINT)
                self.assertEqual(process.wait(10), -signal.SIGINT)
            finally:
                guard.cancel()
                process.kill()
                process.communicate()

    def test_not_with_what_ends(self):
        with shop(suite(passes("a"))) as folder:
            done = folder.run("test", "--watch", "--record", timeout=20)
            self.assertEqual((done.returncode, done.stdout), (2, b""))


if __name__ == "__main__":
    unittest.main()
