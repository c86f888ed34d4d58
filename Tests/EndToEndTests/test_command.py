"""`remit test`, `remit policies`, `--help`, and what the folder of policies may hold."""
import json
import os
import re
import shutil
import subprocess
import unittest

from support import REMIT, ROOT, Folder, policy, run

APPROVE = 'return { outcome = "approve", reasons = { "ok" } }'

GOOD = policy("""if tx.amount > params.limit then return { outcome = "reject", reasons = { "ok" }, excess = tx.amount - params.limit } end
    return { outcome = "approve", reasons = { "ok" }, at = context.at, list = { { role = "a" }, { role = "b" } } }""",
              fields="id = optional(text {}), amount = money { min = 0 }, day = optional(date {})",
              extra='params = { limit = money { default = "100.00", summary = "The limit." } },')


def tests(*cases, name="shop.order"):
    return f'return test "{name}" {{\n' + "".join(f"  {case},\n" for case in cases) + "}\n"


PASSES = [
    '{ name = "small", input = { amount = "100.00" }, expect = { outcome = "approve", reasons = { "ok" } } }',
    '{ name = "large", input = { amount = 100.01 }, expect = { outcome = "reject", excess = 0.01 } }',
    '{ name = "param", input = { amount = 150 }, params = { limit = "200" }, expect = { outcome = "approve" } }',
    '{ name = "time", input = { amount = 1 }, at = "2025-06-15T08:00:00Z", expect = { at = "2025-06-15T08:00:00Z" } }',
    '{ name = "list", input = { amount = 1 }, expect = { list = { { role = "a" }, { role = "b" } } } }',
    '{ name = "absent", input = {}, error = { code = "invalid_input", path = "/amount" } }',
    '{ name = "negative", input = { amount = "-1" }, error = { code = "invalid_input" } }',
    '{ name = "bad param", input = { amount = 1 }, params = { limit = "x" }, error = { code = "invalid_params" } }',
]
# Case → what must stand below it.
FAILS = {
    '{ name = "outcome", input = { amount = 101 }, expect = { outcome = "approve" } }': ['decision.outcome: expected "approve", got "reject"'],
    '{ name = "number", input = { amount = 101 }, expect = { excess = 2 } }': ["decision.excess: expected 2, got 1"],
    '{ name = "two things", input = { amount = 101 }, expect = { outcome = "approve", excess = 0.5 } }':
        ['decision.outcome: expected "approve", got "reject"', "decision.excess: expected 0.5, got 1"],
    '{ name = "nothing there", input = { amount = 1 }, expect = { excess = 0 } }': ["decision.excess: expected 0, got nothing"],
    '{ name = "shorter list", input = { amount = 1 }, expect = { list = { { role = "a" } } } }': ['decision.list[2]: expected nothing, got {"role":"b"}'],
    '{ name = "order of a list", input = { amount = 1 }, expect = { list = { { role = "b" }, { role = "a" } } } }':
        ['decision.list[1].role: expected "b", got "a"', 'decision.list[2].role: expected "a", got "b"'],
    '{ name = "text for number", input = { amount = 101 }, expect = { excess = "1" } }': ['decision.excess: expected "1", got 1'],
    '{ name = "no error", input = { amount = 1 }, error = { code = "invalid_input" } }': ["expected the error", "approve"],
    '{ name = "an error", input = {}, expect = { outcome = "approve" } }': ["got the error invalid_input at /amount"],
    '{ name = "other path", input = {}, error = { code = "invalid_input", path = "/day" } }': ["error.path: expected \"/day\", got \"/amount\""],
    '{ name = "other code", input = {}, error = { code = "policy_error" } }': ["error.code: expected \"policy_error\", got \"invalid_input\""],
}


class TestCommand(unittest.TestCase):
    def test_all_pass(self):
        with Folder({"policies/shop/order.lua": GOOD, "policies/shop/order_test.lua": tests(*PASSES)}) as folder:
            done = folder.run("test")
            self.assertEqual((done.returncode, done.stdout.decode(), done.stderr.decode()), (0, f"{len(PASSES)} passed, 0 failed\n", ""))

    def test_differences_are_readable(self):
        with Folder({"policies/shop/order.lua": GOOD, "policies/shop/order_test.lua": tests(*FAILS, *PASSES)}) as folder:
            done = folder.run("test")
            text = done.stdout.decode()
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertEqual(text.splitlines()[-1], f"{len(PASSES)} passed, {len(FAILS)} failed")
            self.assertNotIn("small", text)
            for case, expected in FAILS.items():
                name = re.search('name = "(.*?)"', case)[1]
                with self.subTest(name):
                    below = re.search(rf"^.*shop\.order.*{name}.*\n((?:  .*\n)*)", text, re.MULTILINE)
                    self.assertTrue(below, text)
                    for each in expected:
                        self.assertIn(each, below[1])

    def test_a_case_must_expect_something(self):
        """A case that cannot fail is a mistake: a forgotten or misspelt `expect`."""
        for case in ('{ name = "none", input = { amount = 1 } }', '{ name = "typo", input = { amount = 1 }, expects = { outcome = "reject" } }',
                     '{ name = "both", input = { amount = 1 }, expect = { outcome = "approve" }, error = { code = "invalid_input" } }',
                     '{ name = "empty error", input = {}, error = {} }', '{ name = "not a table", input = {}, expect = "approve" }',
                     '{ name = "param typo", input = { amount = 1 }, param = { limit = 5 }, expect = { outcome = "approve" } }'):
            with self.subTest(case), Folder({"policies/shop/order.lua": GOOD, "policies/shop/order_test.lua": tests(case)}) as folder:
                done = folder.run("test")
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn(b"1 failed", done.stdout)

    def test_the_time_of_a_case_is_fixed(self):
        with Folder({"policies/shop/order.lua": GOOD, "policies/shop/order_test.lua": tests(
                '{ name = "time", input = { amount = 1 }, expect = { at = "now" } }')}) as folder:
            self.assertEqual(folder.run("test").stdout, folder.run("test").stdout)

    def test_files_that_cannot_be_loaded(self):
        broken = {
            "syntax": (tests(*PASSES) + "}", r"shop/order_test\.lua:\d+: "),
            "unfinished": ('return test "shop.order" {\n  { name = "x", \n', r"shop/order_test\.lua:3: "),
            "run time": ('local t = nil\nreturn test "shop.order" { t.x }', r"shop/order_test\.lua:2: .*index a nil value"),
            "unknown policy": (tests(PASSES[0], name="shop.ordre"), r'shop/order_test\.lua.*unknown policy "shop\.ordre"'),
            "no name": (tests(PASSES[0], name="order"), r"shop/order_test\.lua.*order"),
            "nothing": ("", r"shop\.order: its tests cannot be loaded\n  shop/order_test\.lua:1: a test file must end with return test"),
            "number": ("return 5", r"shop\.order: its tests cannot be loaded\n  shop/order_test\.lua:1: a test file must end with return test"),
            "policy": (GOOD, r"shop\.order: its tests cannot be loaded\n  shop/order_test\.lua:2: a test file must end with return test"),
            "binary": (b"\x1bLua\x54\0\x19\x93\r\n\x1a\n", r"shop/order_test\.lua"),
            "endless": ('while true do end', r"shop\.order: its tests cannot be loaded\n  .*budget"),
            "module": ('local t = require "lib.none"\nreturn test "shop.order" {}', r'shop/order_test\.lua:1: module "lib\.none" not found'),
        }
        for name, (text, expected) in broken.items():
            with self.subTest(name), Folder({"policies/shop/order.lua": GOOD, "policies/shop/order_test.lua": text,
                                             "policies/other/fine.lua": GOOD, "policies/other/fine_test.lua": tests(*PASSES, name="other.fine")}) as folder:
                done = folder.run("test")
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertRegex((done.stdout + done.stderr).decode(), expected)
                self.assertRegex(done.stdout.decode(), rf"(?m)^{len(PASSES)} passed, 1 failed$")

    def test_a_policy_that_cannot_be_loaded(self):
        with Folder({"policies/shop/order.lua": "return policy {", "policies/shop/order_test.lua": tests(*PASSES)}) as folder:
            done = folder.run("test")
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stdout.decode(), r"shop/order\.lua:1: ")

    def test_path(self):
        files = {f"policies/{family}/{name}.lua": GOOD for family in ("shop", "bank") for name in ("one", "two")}
        for path in list(files):
            family, name = path.split("/")[1], path.split("/")[2][:-4]
            files[path.replace(".lua", "_test.lua")] = tests(*PASSES[:{"one": 1, "two": 2}[name] + {"shop": 0, "bank": 4}[family]], name=f"{family}.{name}")
        files["policies/shop/untested.lua"] = GOOD
        with Folder(files) as folder:
            expected = {"shop.one": 1, "bank.two": 6, "policies/shop": 3, "policies/bank": 11, "policies/shop/two_test.lua": 2, "policies/shop/two.lua": 2,
                        "policies": 14, "./policies/shop/": 3, os.path.join(folder.path, "policies", "bank"): 11}
            for path, count in expected.items():
                with self.subTest(path):
                    done = folder.run("test", path)
                    self.assertEqual((done.returncode, done.stdout.decode()), (0, f"{count} passed, 0 failed\n"), done.stderr)
            for path in ("policies/none", "policies/shop/untested.lua", "shop.untested", "shop.none", "/", "", "policies/shop/one_test"):
                with self.subTest(path):
                    done = folder.run("test", path)
                    self.assertEqual((done.returncode, done.stdout), (2, b""), done.stderr)
                    self.assertTrue(done.stderr.startswith(b"remit: "), done.stderr)

    def test_another_folder(self):
        with Folder({"elsewhere/shop/order.lua": GOOD, "elsewhere/shop/order_test.lua": tests(*PASSES), "policies/shop/order.lua": "broken"}) as folder:
            for path in ("elsewhere", "elsewhere/shop/order_test.lua"):
                with self.subTest(path):
                    done = folder.run("test", path)
                    self.assertEqual((done.returncode, done.stdout.decode()), (0, f"{len(PASSES)} passed, 0 failed\n"), done.stderr)

    def test_the_shipped_policies(self):
        done = run("test")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout.decode(), r"^[1-9]\d* passed, 0 failed\n$")


class Policies(unittest.TestCase):
    FILES = {
        "policies/shop/order.lua": GOOD,
        "policies/shop/order_test.lua": tests(*PASSES),
        "policies/all/types.lua": policy(APPROVE, fields="""
            t = text { min = 1, max = 9, sensitive = true }, i = integer { min = -5 }, n = optional(number { max = 0.5 }), m = money {},
            b = boolean {}, d = date {}, s = timestamp {},
            e = enum { "x", "y \\"z\\"" }, r = record { inner = record { deep = text {} } },
            l = list { of = record { sku = text {} }, max = 3 }, o = map { of = integer {} }"""),
        "policies/lib/shared.lua": "return { word = 1 }",
        "policies/meta/ignored.lua": "this is not loaded",
        "policies/data/x.csv": "a\n1\n",
        "policies/README.md": "no policy",
    }

    def test_json(self):
        with Folder(self.FILES) as folder:
            done = folder.run("policies", "--json")
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertEqual(done.stdout.count(b"\n"), 1)
            found = json.loads(done.stdout)
            self.assertEqual([each["name"] for each in found], ["all.types", "shop.order"])
            for each in found:
                self.assertLessEqual({"name", "version", "summary", "outcomes", "input", "params", "reasons"}, set(each))
                self.assertRegex(each["version"], "^[0-9a-f]{12}$")
                self.assertEqual((each["summary"], each["outcomes"]), ("A test.", ["approve", "reject"]))
                self.assertEqual(each["reasons"], [{"code": "ok", "en": "Fine.", "zh": "好。"}])
            types, order = found
            self.assertEqual([param["name"] for param in order["params"]], ["limit"])
            self.assertEqual(order["params"][0]["default"], 100)
            self.assertEqual(order["params"][0]["summary"], "The limit.")
            self.assertEqual(types["params"], [])
            self.assertEqual([field["name"] for field in types["input"]["fields"]], list("tinmbdserlo"))
            by_name = {field["name"]: field["type"] for field in types["input"]["fields"]}
            self.assertEqual([by_name[name]["type"] for name in "tinmbdserlo"],
                             ["text", "integer", "number", "money", "boolean", "date", "timestamp", "enum", "record", "list", "map"])
            self.assertEqual(by_name["e"]["values"], ["x", 'y "z"'])
            self.assertEqual((by_name["n"].get("optional"), by_name["n"]["max"], by_name["i"]["min"]), (True, 0.5, -5))

    def test_no_policies_is_an_empty_list(self):
        with Folder({"policies/README.md": "x"}) as folder:
            done = folder.run("policies", "--json")
            self.assertEqual((done.returncode, done.stdout), (0, b"[]\n"))

    def test_text(self):
        with Folder(self.FILES) as folder:
            done = folder.run("policies")
            versions = {each["name"]: each["version"] for each in json.loads(folder.run("policies", "--json").stdout)}
            text = done.stdout.decode()
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            for word in [*versions, *versions.values(), "limit", "100", "The limit.", "approve", "reject", "ok", "Fine.", "r.inner.deep", "amount"]:
                self.assertIn(word, text)

    def test_a_broken_neighbour(self):
        with Folder({**self.FILES, "policies/shop/broken.lua": "return policy {\n", "policies/all/other.lua": "return 5"}) as folder:
            done = folder.run("policies", "--json")
            self.assertEqual(done.returncode, 4)
            self.assertEqual([each["name"] for each in json.loads(done.stdout)], ["all.types", "shop.order"])
            self.assertRegex(done.stderr.decode(), r"(?m)^remit: all/other\.lua(:\d+)?: [^\n]*\nremit: shop/broken\.lua:\d+: ")
            results, done = folder.batch("shop.order", [{"amount": 1}])
            self.assertEqual(done.returncode, 0)
            self.assertEqual(len(results), 1)

    def test_the_shipped_ones(self):
        found = json.loads(run("policies", "--json").stdout)
        for each in found:
            self.assertTrue(each["source"] and each["summary"] and each["reasons"], each["name"])
            for reason in each["reasons"]:
                self.assertTrue(reason["en"] and reason["zh"], reason)
            for param in each["params"]:
                self.assertTrue(param["summary"], param)


class Versions(unittest.TestCase):
    FILES = {
        "policies/shop/order.lua": policy('return { outcome = "approve", reasons = { "ok" }, n = require("lib.first").n, rows = #require("lib.first").rows }',
                                          prelude='local first = require "lib.first"\n'),
        "policies/shop/order_test.lua": 'return test "shop.order" { { name = "x", input = {}, expect = { outcome = "approve" } } }',
        "policies/lib/first.lua": 'local second = require "lib.deeper.second"\nreturn { n = second.n, rows = dataset "data/rows.csv" { a = integer {} } }',
        "policies/lib/deeper/second.lua": "return { n = 1 }",
        "policies/lib/unused.lua": "return {}",
        "policies/data/rows.csv": "a\n1\n",
        "policies/data/unused.csv": "a\n1\n",
        "policies/shop/other.lua": policy(APPROVE),
    }

    def version(self, changes=None, remove=(), named="shop.order"):
        files = {name: text for name, text in {**self.FILES, **(changes or {})}.items() if name not in remove}
        with Folder(files) as folder:
            done = folder.run("policies", "--json")
            self.assertEqual(done.returncode, 0, done.stderr.decode())
            found = {each["name"]: each["version"] for each in json.loads(done.stdout)}
            results, batch = folder.batch(named, [{}])
            self.assertEqual(results[0].get("version"), found[named], batch.stderr.decode())
            self.assertIn("decision", results[0])
            return found[named]

    def test_the_same_wherever_the_folder_is(self):
        self.assertEqual(self.version(), self.version())

    def test_what_is_part_of_it_changes_it(self):
        seen = {"as it is": self.version()}
        for name in ("policies/shop/order.lua", "policies/lib/first.lua", "policies/lib/deeper/second.lua"):
            seen[name] = self.version({name: self.FILES[name] + "\n"})
            seen[name + " comment"] = self.version({name: "-- " + "\n" + self.FILES[name]})
        seen["value"] = self.version({"policies/lib/deeper/second.lua": "return { n = 2 }"})
        seen["rows"] = self.version({"policies/data/rows.csv": "a\n2\n"})
        seen["more rows"] = self.version({"policies/data/rows.csv": "a\n1\n1\n"})
        self.assertEqual(len(set(seen.values())), len(seen), seen)

    def test_what_is_not_part_of_it_does_not(self):
        before = self.version()
        for name in ("policies/shop/other.lua", "policies/lib/unused.lua", "policies/data/unused.csv", "policies/shop/order_test.lua"):
            with self.subTest(name):
                self.assertEqual(self.version({name: self.FILES[name] + "\n"}), before)
                self.assertEqual(self.version(remove=[name]), before)
        self.assertEqual(self.version({"policies/new/policy.lua": GOOD, "policies/notes.txt": "x", "plugins/new/plugin.lua": "return 1"}), before)
        self.assertNotEqual(self.version(named="shop.other"), before)

    def test_a_required_policy(self):
        files = {"policies/a/user.lua": policy("return require('a.used').decide(tx, params, context)", prelude="local used = require 'a.used'\n"),
                 "policies/a/used.lua": policy(APPROVE)}
        versions = []
        for text in (files["policies/a/used.lua"], files["policies/a/used.lua"] + "--"):
            with Folder({**files, "policies/a/used.lua": text}) as folder:
                results, done = folder.batch("a.user", [{}])
                self.assertEqual(done.returncode, 0, done.stderr.decode() + str(results))
                versions.append(results[0]["version"])
        self.assertNotEqual(*versions)

    def test_which_text_is_whose_counts(self):
        """The same texts under each other's names, or parted elsewhere, are another version."""
        seen = set()
        for one, two in (("return 1", "return 2"), ("return 2", "return 1"), ("return 1 ", "return 2"), ("return 1", " return 2")):
            with Folder({"policies/lib/one.lua": one, "policies/lib/two.lua": two, "policies/x/y.lua": policy(
                    'return { outcome = "approve", reasons = { "ok" }, a = one, b = two }', prelude='local one, two = require "lib.one", require "lib.two"\n')}) as folder:
                results, done = folder.batch("x.y", [{}])
                self.assertEqual(done.returncode, 0, done.stderr.decode())
                seen.add(results[0]["version"])
        self.assertEqual(len(seen), 4)

    def test_plugins_are_part_of_it(self):
        """Of the shipped policies, those that read the plugin's rates change with it, the others do not."""
        def versions(path, change):
            with Folder({}) as folder:
                for name in ("policies", "plugins"):
                    shutil.copytree(os.path.join(ROOT, name), os.path.join(folder.path, name))
                if path:
                    with open(os.path.join(folder.path, path), "r+", encoding="utf-8") as file:
                        text = change(file.read())
                        file.seek(0)
                        file.write(text)
                return {each["name"]: each["version"] for each in json.loads(folder.run("policies", "--json").stdout)}

        before = versions(None, None)
        self.assertEqual(before, {each["name"]: each["version"] for each in json.loads(run("policies", "--json").stdout)})

        def changed(path, change):
            after = versions(path, change)
            return {name for name in before if before[name] != after[name]}

        self.assertEqual(changed("plugins/fx/rates.csv", lambda text: text.replace("7.0770", "7.0771")), {"authority.limit"})
        self.assertEqual(changed("plugins/fx/plugin.lua", lambda text: text + "\n"), {"authority.limit"})
        self.assertEqual(changed("plugins/fx/README.md", lambda text: text + "\n"), set())
        self.assertEqual(changed("policies/data/authority_limits.csv", lambda text: text + "\n"),
                         {"authority.limit", "approval.purchase_order", "approval.purchase_request"})
        self.assertEqual(changed("policies/risk/score.lua", lambda text: text + "\n"), {"risk.score"})


def asking(prelude):
    """The files of a policy x.y that begins so."""
    return {"policies/x/y.lua": policy(APPROVE, prelude=prelude + "\n")}


class Refusals:
    """What both kinds of tests below share."""

    def refused(self, files, expected, name="x.y", links=()):
        with Folder(files) as folder:
            for link, target in links:
                path = os.path.join(folder.path, link)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                os.symlink(target, path)
            results, done = folder.batch(name, [{}])
            self.assertEqual((done.returncode, results), (4, []), done.stderr.decode())
            self.assertRegex(done.stderr.decode(), expected)
            self.assertNotIn(folder.path.encode() + b"/secret", done.stderr)
            return done.stderr.decode()

    def no_file_is_read(self, reader):
        files = {"policies/data/a.csv": "a\n1\n", "secret.csv": "a\nsecret\n", "plugins/p/secret.csv": "a\nsecret\n"}
        for name in ("../secret.csv", "data/../../secret.csv", "/etc/passwd", "./data/a.csv", "data//a.csv", "", "data/a.csv\\0", "data",
                     "../plugins/p/secret.csv", "data\\\\a.csv"):
            with self.subTest(name):
                text = self.refused({**files, **asking(f"local a = {reader % name}")},
                                    r"^remit: (x/y\.lua:1: cannot read|data: not a regular file)")
                self.assertEqual(text.count("\n"), 1)


class Requires(Refusals, unittest.TestCase):
    """What a policy may require and read, and what is said of the rest."""

    def test_cycles(self):
        self.refused({**asking('local a = require "lib.a"'), "policies/lib/a.lua": 'return { b = require "lib.b" }',
                      "policies/lib/b.lua": 'return { a = require "lib.a" }'}, r"(?s)lib/b\.lua:1: .*lib\.a")
        self.refused(asking('local a = require "x.y"'), r"x/y\.lua:1: .*x\.y")

    def test_missing(self):
        self.refused(asking('\nlocal a = require "lib.none"'), r'x/y\.lua:2: module "lib\.none" not found')
        self.refused({**asking('local a = require "lib.a"'), "policies/lib/a.lua": '\n\nreturn require "lib.none"'},
                     r'lib/a\.lua:3: module "lib\.none" not found')
        self.refused(asking('local a = require "plugin.none"'), r'x/y\.lua:1: .*plugin\.none')
        self.refused(asking('local a = dataset "data/none.csv" { a = text {} }'), r"x/y\.lua:1: .*data/none\.csv")

    def test_names_that_leave(self):
        files = {"policies/lib/a.lua": "return {}", "secret.lua": "return {}", "policies/meta/m.lua": "return {}"}
        for name in ("..secret", "lib/../../secret", "../secret", "lib..a", "/etc/passwd", "lib.a.", ".lib.a", "lib", "", "lib.a\\0b", "meta.m",
                     "lib/a", "lib\\\\a", "lib.a.lua",
                     "plugin", "plugin.a.b", "lib. a", "os", "string", "_G", "LIB.a"):
            with self.subTest(name):
                self.refused({**files, **asking(f'local a = require "{name}"')}, r"x/y\.lua:1: ")

    def test_files_that_leave(self):
        self.no_file_is_read('dataset "%s" { a = text {} }')

    def test_links_that_leave(self):
        files = {"secret.lua": "return {}", "secret.csv": "a\n1\n", "elsewhere/y.lua": policy(APPROVE)}
        module = {**files, **asking('local a = require "lib.a"')}
        data = {**files, **asking('local a = dataset "data/a.csv" { a = text {} }')}
        for link, target, begin, expected in (
                ("lib/a.lua", "../../secret.lua", module, r"lib/a\.lua.*link"),
                ("lib/a.lua", "a.lua", module, r'x/y\.lua:1: module "lib\.a" not found'),
                ("lib/a.lua", "gone.lua", module, r'x/y\.lua:1: module "lib\.a" not found'),
                ("lib/a.lua", "/dev/zero", module, r"lib/a\.lua.*link"),
                ("data/a.csv", "../../secret.csv", data, r"data/a\.csv.*link"),
                ("x/y.lua", "../../elsewhere/y.lua", {**files, "policies/z/y.lua": policy(APPROVE)}, r"x/y\.lua.*link")):
            with self.subTest(f"{link} -> {target}"):
                self.refused(begin, expected, links=[("policies/" + link, target)])

    def test_links_inside(self):
        with Folder({"real/x/y.lua": policy(APPROVE, prelude='local a = require "lib.a"\n'), "real/lib/b.lua": "return {}"}) as folder:
            os.symlink("b.lua", os.path.join(folder.path, "real/lib/a.lua"))
            os.symlink("real", os.path.join(folder.path, "policies"))
            results, done = folder.batch("x.y", [{}])
            self.assertEqual(done.returncode, 0, done.stderr.decode())
            self.assertEqual(results[0]["decision"]["outcome"], "approve")

    def test_what_is_no_file(self):
        with Folder(asking('local a = require "lib.a"')) as folder:
            os.makedirs(os.path.join(folder.path, "policies/lib/a.lua"))
            results, done = folder.batch("x.y", [{}])
            self.assertEqual((done.returncode, results), (4, []))
            self.assertIn("lib/a.lua", done.stderr.decode())
        with Folder({**asking('local a = require "lib.a"'), "policies/lib/b.lua": ""}) as folder:
            os.mkfifo(os.path.join(folder.path, "policies/lib/a.lua"))
            results, done = folder.batch("x.y", [{}], timeout=10)
            self.assertEqual((done.returncode, results), (4, []))
            self.assertIn("lib/a.lua", done.stderr.decode())

    def test_all_problems_are_reported(self):
        """Sorted by file and line, those of required modules with those of the policy's own file."""
        modules = {"policies/lib/a.lua": "return {\n\n", "policies/lib/b.lua": "local n = 0\nreturn function() n = n + 1 end"}
        prelude = 'local a, b = require "lib.a", require "lib.b"\nlocal c = require "lib.none"\n'
        of_modules = ["lib/a.lua:3", "lib/b.lua:2", "x/y.lua:2"]
        for own, expected in (("", of_modules), ("unknown_global = 1", [*of_modules, "x/y.lua:3"])):
            with self.subTest(own):
                text = self.refused({**modules, **asking(prelude + own)}, "^remit: ")
                self.assertEqual(re.findall(r"(?m)^remit: ([\w/.]+:\d+): ", text), expected, text)


class DecisionTables(Refusals, unittest.TestCase):
    """The same of decision tables."""

    def test_a_table_is_part_of_the_version(self):
        versions = set()
        for out in (1, 2):
            with Folder({**asking('local matrix = decision_table "data/matrix.csv"'),
                         "policies/data/matrix.csv": f"U,id,=>,out\n,-,,{out}\n"}) as folder:
                results, done = folder.batch("x.y", [{}])
                self.assertEqual(done.returncode, 0, done.stderr.decode())
                versions.add(results[0]["version"])
        self.assertEqual(len(versions), 2)

    def test_tables_that_leave(self):
        self.no_file_is_read('decision_table "%s"')


class CommandLine(unittest.TestCase):
    COMMANDS = {"batch": ["--policy", "--param", "--at", "--jobs", "--format", "--policies", "--plugins"], "test": ["--policies", "--plugins"],
                "policies": ["--json", "--policies", "--plugins"]}

    def test_help(self):
        done = run("--help")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        for command, options in self.COMMANDS.items():
            with self.subTest(command):
                self.assertIn(f"  {command} ", done.stdout.decode())
                explained = run(command, "--help")
                self.assertEqual((explained.returncode, explained.stderr), (0, b""))
                text = explained.stdout.decode()
                self.assertIn(f"USAGE: remit {command}", text)
                self.assertIn("Exit status", text)
                for option in options:
                    self.assertIn(option, text)
                self.assertEqual(run("help", command).stdout, explained.stdout)
                self.assertLessEqual(max(map(len, text.splitlines())), 200)

    def test_usage_errors(self):
        one = ["batch", "--policy", "risk.score"]
        for arguments in (["nonsense"], ["batch"], ["batch", "--policy"], ["policies", "extra"], ["policies", "--jsn"], ["test", "a", "b"],
                          [*one, "--jobs", "0"], [*one, "--jobs", "x"], [*one, "--format", "xml"], [*one, "--nonsense"], [*one, "--at", "yesterday"],
                          [*one, "--param", "low_below"], [*one, "--param", "none=1"], [*one, "--param", "low_below=x"],
                          [*one, "no/such/file"], [*one, "policies"], ["batch", "--policy", "risk.scroe"], ["batch", "--policy", "../etc"],
                          ["batch", "--policy", "lib.authority"], ["batch", "--policy", "risk.score_test"]):
            with self.subTest(arguments):
                done = run(*arguments)
                self.assertEqual((done.returncode, done.stdout), (2, b""), done.stderr.decode())
                self.assertTrue(done.stderr.strip())

    def test_no_folder_of_policies(self):
        with Folder({"x": ""}) as folder:
            for arguments in (["policies"], ["policies", "--json"], ["test"], ["batch", "--policy", "a.b"]):
                with self.subTest(arguments):
                    done = folder.run(*arguments)
                    self.assertEqual((done.returncode, done.stdout), (2, b""), done.stderr.decode())
                    self.assertIn("policies", done.stderr.decode())
            done = folder.run("policies", policies="x")
            self.assertEqual((done.returncode, done.stdout), (2, b""), done.stderr.decode())

    def test_no_plugins_is_fine(self):
        with Folder({"policies/x/y.lua": policy(APPROVE)}) as folder:
            self.assertEqual(folder.run("policies", plugins="nowhere").returncode, 0)

    def test_near_names_are_suggested(self):
        for arguments, suggestion in ((["batch", "--policy", "risk.scroe"], "risk.score"),
                                      (["batch", "--policy", "risk.score", "--param", "low_blow=1"], "low_below")):
            with self.subTest(arguments):
                self.assertIn(suggestion, run(*arguments).stderr.decode())

    def test_a_full_disk_is_said(self):
        """Results that were lost are no success, whatever the command found; a reader who has had enough is none's fault."""
        with Folder({"policies/x/y.lua": policy('return { outcome = "approve", reasons = { "ok" } }')}) as folder:
            for arguments in (["policies"], ["policies", "--json"], ["check"], ["check", "--format", "sarif"], ["test"], ["--version"], ["batch", "--help"],
                              ["explain", "--policy", "x.y"], ["explain", "--policy", "x.y", "--json"], ["explain", "--policy", "x.y", "--lang", "zh"]):
                with self.subTest(arguments), open("/dev/full", "wb") as full:
                    done = subprocess.run([REMIT, *arguments], input=b"{}", stdout=full, stderr=subprocess.PIPE, cwd=folder.path, check=False)
                    self.assertEqual(done.returncode, 2, done.stderr)
                    self.assertTrue(done.stderr.endswith(b"remit: cannot write standard output: no space left on device\n"), done.stderr)
            # Python ignores SIGPIPE, and so does then its child: the write itself fails.
            process = subprocess.Popen([REMIT, "policies"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder.path, restore_signals=False)
            process.stdout.close()
            self.assertEqual((process.stderr.read(), process.wait()), (b"", 0))
            process.stderr.close()

    def test_version(self):
        done = run("--version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout.decode(), r"^\S*\d+\.\d+\S*\n$")


if __name__ == "__main__":
    unittest.main()
