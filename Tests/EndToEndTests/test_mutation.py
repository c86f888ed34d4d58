"""`remit test --mutate`, and what a test file can say: null, absent, contains, files."""
import os
import re
import unittest

from support import Folder, run
from test_coverage import tests

POLICY = """local rates = dataset "data/rates.csv" { code = text {}, rate = number { min = 0 } }
return policy {
  summary = "s", outcomes = { "low", "high" },
  input = record { a = integer { min = 0, max = 9 }, b = optional(text {}) },
  params = { limit = integer { default = 5, min = 0 } },
  reasons = { below = { en = "b", zh = "b" }, above = { en = "a", zh = "a" } },
  decide = function(tx, params)
    local found = rates:find { code = "X" }
    if not found then
      error("rates.csv: no rate")
    end
    if tx.a <= params.limit then
      return { outcome = "low", reasons = { "below" } }
    end
    return { outcome = "high", reasons = { "above" }, rate = found.rate, b = tx.b }
  end,
}
"""
RATES = "code,rate\nX,7\n"
LOW = 'expect = { outcome = "low", reasons = { "below" }, rate = absent }'
HIGH = 'expect = { outcome = "high", reasons = { "above" }, rate = 7, b = absent }'
THOROUGH = [
    '{ name = "none", input = { a = 0 }, %s }' % LOW, '{ name = "at", input = { a = 5 }, %s }' % LOW,
    '{ name = "above", input = { a = 6 }, %s }' % HIGH, '{ name = "most", input = { a = 9 }, %s }' % HIGH,
    '{ name = "past", input = { a = 10 }, error = { code = "invalid_input", path = "/a" } }',
    '{ name = "below", input = { a = -1 }, error = { code = "invalid_input", contains = "a: " } }',
    '{ name = "null is as absent", input = { a = 9, b = null }, %s }' % HIGH,
    '{ name = "text", input = { a = 9, b = "t" }, expect = { b = "t" } }',
    '{ name = "limit", input = { a = 0 }, params = { limit = 0 }, %s }' % LOW,
    '{ name = "limit below", input = { a = 0 }, params = { limit = -1 }, error = { code = "invalid_params" } }',
    '{ name = "no rate", input = { a = 1 }, files = { ["data/rates.csv"] = "code,rate\\nY,1\\n" },'
    ' error = { code = "policy_error", contains = "rates.csv: no rate" } }',
    '{ name = "another rate", input = { a = 9 }, files = { ["data/rates.csv"] = "code,rate\\nX,0\\n" }, expect = { rate = 0 } }',
    '{ name = "a rate below nothing", input = { a = 9 }, files = { ["data/rates.csv"] = "code,rate\\nX,-0.5\\n" },'
    ' error = { code = "policy_error", contains = "data/rates.csv:2" } }',
]


def folder(*cases, **more):
    return Folder({"policies/shop/order.lua": POLICY, "policies/data/rates.csv": RATES,
                   "policies/shop/order_test.lua": tests(*cases), "plugins/.keep": "", **more})


def survivors(done):
    return [line for line in done.stdout.decode().splitlines() if re.match(r"\S+:\d+:\d+: ", line)]


class Mutation(unittest.TestCase):
    def test_thorough_tests_leave_none(self):
        with folder(*THOROUGH) as place:
            done = place.run("test", "--mutate")
            self.assertEqual((done.returncode, survivors(done), done.stderr), (0, [], b""), done.stdout.decode())
            self.assertRegex(done.stdout.decode(), r"\d+ mutants: \d+ killed, \d+ refused, 0 equivalent, 0 survived\n$")

    def test_each_test_is_needed(self):
        """Without one of them a mutant survives, for the tests that say something that no other says."""
        for left_out, survivor in [("at", "`default = 5` → `default = 4`"),
                                   ("past", "`max = 9` → `max = 10`"), ("below", "`min = 0` → `min = -1`"),
                                   ("limit below", "`min = 0` → `min = -1`"), ("no rate", "`error(\"rates.csv: no rate\")` removed"),
                                   ("a rate below nothing", "`min = 0` → `min = -1`")]:
            cases = [case for case in THOROUGH if f'name = "{left_out}"' not in case]
            self.assertEqual(len(cases), len(THOROUGH) - 1)
            with folder(*cases) as place:
                done = place.run("test", "--mutate")
                self.assertEqual(done.returncode, 1, left_out)
                self.assertTrue(any(survivor in line for line in survivors(done)), (left_out, survivors(done)))

    def test_survivors_have_their_places(self):
        with folder('{ name = "low", input = { a = 1 }, expect = { outcome = "low" } }') as place:
            done = place.run("test", "--mutate", "shop.order")
            found = survivors(done)
            self.assertIn("shop/order.lua:12:13: `tx.a <= params.limit` → `tx.a < params.limit`", found)
            self.assertIn("shop/order.lua:15:62: `rate = found.rate` → `rate = nil` (no test runs it)", found)
            places = [tuple(map(int, line.split(":")[1:3])) for line in found]
            self.assertEqual(places, sorted(places))
            self.assertEqual(place.run("test", "--mutate", "shop.order").stdout, done.stdout)

    def test_the_files_on_disk_stay_as_they_are(self):
        with folder(*THOROUGH) as place:
            def files():
                return {name: (os.stat(name).st_mtime_ns, os.stat(name).st_size) for folder, _, names in os.walk(place.path)
                        for name in (os.path.join(folder, each) for each in names)}
            before = files()
            place.run("test", "--mutate")
            self.assertEqual(files(), before)

    def test_equivalent_mutants_are_listed_with_why(self):
        cases = [case for case in THOROUGH if 'name = "at"' not in case]
        mutation = "`default = 5` → `default = 4`"
        rows = f'shop/order.lua,"params = {{ limit = integer {{ default = 5, min = 0 }} }},",{mutation},because\n'
        with folder(*cases, **{"policies/equivalent_mutants.csv": "file,line,mutation,why\n" + rows}) as place:
            done = place.run("test", "--mutate")
            self.assertEqual(done.returncode, 0, done.stdout.decode())
            self.assertIn(f"{mutation}: equivalent (because)\n", done.stdout.decode())
        with folder(*THOROUGH, **{"policies/equivalent_mutants.csv": "file,line,mutation,why\n" + rows}) as place:
            done = place.run("test", "--mutate")
            self.assertEqual(done.returncode, 1)
            self.assertIn("equivalent_mutants.csv:2: no such mutant of shop/order.lua survives: take the row away\n",
                          done.stdout.decode())

    def test_a_list_that_is_not_one_is_refused(self):
        for text, message in [("a,b\n1,2\n", "equivalent_mutants.csv:1: expected the columns file,line,mutation,why"),
                              ("file,line,mutation,why\nx,y,z,\n", "equivalent_mutants.csv:2: why is empty"),
                              ("file,line,mutation,why\nx,y\n", "equivalent_mutants.csv")]:
            with folder(*THOROUGH, **{"policies/equivalent_mutants.csv": text}) as place:
                done = place.run("test", "--mutate")
                self.assertEqual(done.returncode, 1, text)
                self.assertTrue(done.stderr.decode().startswith("remit: " + message), done.stderr)
        with folder(*THOROUGH, **{"policies/equivalent_mutants.csv": ""}) as place:
            self.assertEqual(place.run("test", "--mutate").returncode, 0)

    def test_failing_tests_are_said_first(self):
        with folder('{ name = "x", input = { a = 1 }, expect = { outcome = "high" } }') as place:
            done = place.run("test", "--mutate")
            self.assertEqual(done.returncode, 1)
            self.assertTrue(done.stdout.decode().endswith("0 passed, 1 failed\n"))

    def test_what_runs_for_ever_is_killed(self):
        """A loop that a mutant keeps from ending, in a decision and while loading."""
        text = """local n, list = 0, {}
while n < 3 do
  n = n + 1
  list[n] = n
end
return policy {
  summary = "s", outcomes = { "a", "b" }, input = record { x = integer {} },
  reasons = { r = { en = "r", zh = "r" } },
  decide = function(tx)
    local i = 0
    while i < 3 do i = i + 1 end
    return { outcome = "a", reasons = { "r" }, i = i + tx.x, n = #list }
  end,
}
"""
        case = '{ name = "1", input = { x = 2 }, expect = { outcome = "a", i = 5, n = 3 } }'
        with Folder({"policies/shop/order.lua": text, "policies/shop/order_test.lua": tests(case)}) as place:
            done = place.run("test", "--mutate", timeout=60)
            self.assertFalse([line for line in survivors(done) if "removed" in line or "`n + 1`" in line or "`i + 1`" in line],
                             done.stdout.decode())

    def test_a_library_is_held_by_all_that_require_it(self):
        library = "local lib = {}\nfunction lib.limit(kind)\n  if kind == 1 then\n    return 10\n  end\n  return 20\nend\nreturn lib\n"
        policy = """local lib = require "lib.limits"
return policy { summary = "s", outcomes = { "a", "b" }, input = record { x = integer {} }, reasons = { r = { en = "r", zh = "r" } },
  decide = function(tx) return { outcome = tx.x <= lib.limit(%d) and "a" or "b", reasons = { "r" } } end }
"""
        files = {"policies/lib/limits.lua": library}
        for kind, limit in ((1, 10), (2, 20)):
            files[f"policies/shop/p{kind}.lua"] = policy % kind
            files[f"policies/shop/p{kind}_test.lua"] = tests(
                '{ name = "at", input = { x = %d }, expect = { outcome = "a" } }' % limit,
                '{ name = "above", input = { x = %d }, expect = { outcome = "b" } }' % (limit + 1), name=f"shop.p{kind}")
        with Folder(files) as place:
            done = place.run("test", "--mutate")
            self.assertEqual([line for line in survivors(done) if line.startswith("lib/")], [], done.stdout.decode())
            # One alone does not hold it, and is not asked to.
            alone = place.run("test", "--mutate", "shop.p1")
            self.assertNotIn("lib/", alone.stdout.decode())

    def test_the_shipped_policies_leave_none(self):
        done = run("test", "--mutate", "policies")
        self.assertEqual(done.returncode, 0, done.stdout.decode())
        self.assertRegex(done.stdout.decode(), r"\d{4} mutants: .*, 0 survived\n$")


class Words(unittest.TestCase):
    def failing(self, case):
        with folder(case) as place:
            done = place.run("test")
            self.assertEqual(done.returncode, 1, done.stdout)
            return done.stdout.decode()

    def test_absent_fails_where_the_key_is_there(self):
        self.assertIn("rate: expected nothing, got 7", self.failing('{ name = "x", input = { a = 9 }, expect = { rate = absent } }'))

    def test_null_is_refused_where_the_field_is_not_optional(self):
        with folder('{ name = "x", input = { a = null }, error = { code = "invalid_input", path = "/a" } }') as place:
            self.assertEqual(place.run("test").returncode, 0)

    def test_policies_do_not_have_the_words(self):
        for word in ("null", "absent"):
            text = POLICY.replace("rate = found.rate", f"rate = {word} == nil")
            with Folder({"policies/shop/order.lua": text, "policies/data/rates.csv": RATES, "policies/shop/order_test.lua": tests(
                    '{ name = "x", input = { a = 9 }, expect = { rate = true } }')}) as place:
                self.assertEqual(place.run("test").returncode, 0)
                self.assertIn(f'unknown global "{word}"', place.run("check").stdout.decode())
        with folder(*THOROUGH) as place:
            self.assertNotIn("unknown global", place.run("check").stdout.decode())

    def test_contains_is_a_part_of_the_message(self):
        self.assertIn('error.message: expected "other" in it, got "',
                      self.failing('{ name = "x", input = {}, error = { code = "invalid_input", contains = "other" } }'))
        self.assertIn("error.contains: expected a part of the message, got 1",
                      self.failing('{ name = "x", input = {}, error = { code = "invalid_input", contains = 1 } }'))

    def test_files_that_say_nothing(self):
        high = 'input = { a = 9 }, expect = { outcome = "high" }'
        for files, message in [('{ ["data/other.csv"] = "x" }', "files: data/other.csv: the policy does not read it"),
                               ('{ ["../x.csv"] = "x" }', "files: ../x.csv: the policy does not read it"),
                               ('{ ["shop/order.lua"] = "x" }', "files: shop/order.lua: only data files can be replaced"),
                               ("{}", "files: expected a table from files' names to their texts"),
                               ('{ ["data/rates.csv"] = 1 }', "files: data/rates.csv: expected a text, got 1"),
                               ('"x"', "files: expected a table")]:
            self.assertIn(message, self.failing('{ name = "x", files = %s, %s }' % (files, high)), files)

    def test_files_of_one_case_are_not_those_of_the_next(self):
        cases = ['{ name = "%d", input = { a = 9 }, expect = { rate = %d } %s }' % (
            i, i if i % 2 else 7, ', files = { ["data/rates.csv"] = "code,rate\\nX,%d\\n" }' % i if i % 2 else "") for i in range(8)]
        with folder(*cases) as place:
            done = place.run("test", "--coverage")
            self.assertEqual(done.returncode, 0, done.stdout.decode())
            self.assertRegex(done.stdout.decode(), r"shop\.order +8 ")

    def test_files_of_a_plugin(self):
        plugin = """plugin { name = "p", version = "1.0.0", files = { "x.csv" },
  provides = { most = { summary = "x", takes = {}, gives = number {} } } }
local rows = dataset "x.csv" { v = number { min = 0 } }
local most = 0
for row in rows:rows() do
  if row.v > most then most = row.v end
end
return { most = function() return most end }
"""
        cases = """return test "plugin.p" {
  { name = "own", call = "most", with = {}, expect = 3 },
  { name = "other", call = "most", with = {}, files = { ["x.csv"] = "v\\n1\\n9\\n2\\n" }, expect = 9 },
  { name = "bad", call = "most", with = {}, files = { ["x.csv"] = "v\\n-1\\n" }, error = "plugins/p/x.csv:2" },
}
"""
        with Folder({"policies/.keep": "", "plugins/p/plugin.lua": plugin, "plugins/p/plugin_test.lua": cases,
                     "plugins/p/x.csv": "v\n3\n"}) as place:
            done = place.run("test", "--coverage", "--mutate")
            self.assertIn("3 passed, 0 failed\n", done.stdout.decode())
            self.assertRegex(done.stdout.decode(), r"plugin\.p +3 +100\.0% +100\.0%")


if __name__ == "__main__":
    unittest.main()
