"""`remit test`: which cases are run, and what it says of them."""
import json
import os
import re
import unittest
import xml.etree.ElementTree as ElementTree

from support import Folder, policy

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


if __name__ == "__main__":
    unittest.main()
