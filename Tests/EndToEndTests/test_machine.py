"""What the policy machine must withstand, beyond its budgets: nothing crashes, hangs, leaks or says what it must not."""
import json
import time
import unittest

from support import Folder, policy

APPROVE = 'return { outcome = "approve", reasons = { "ok" } }'
RATES = 'local rates = dataset "data/rates.csv" { role = text {}, rate = money {} }\n'
RATES_FILE = "role,rate\nclerk,1.50\nmanager,2.50\n"


class Shared(unittest.TestCase):
    """What every decision can reach, none can change."""

    def test_metatables_of_the_machine_are_read_only(self):
        code = "local m = getmetatable(object {}) m.n = (m.n or 0) + 1 " + APPROVE
        with Folder({"policies/x/a.lua": policy(code)}) as folder:
            results, _ = folder.batch("x.a", [{}, {}])
            self.assertEqual([r["error"]["code"] for r in results], ["policy_error"] * 2)
            self.assertIn("read-only", results[0]["error"]["message"])

    def test_metatables_of_types_are_read_only(self):
        prelude = "getmetatable(text {}).__index = { kind = 3 }\n"
        with Folder({"policies/x/a.lua": policy(APPROVE, prelude=prelude)}) as folder:
            _, done = folder.batch("x.a", [{}])
            self.assertEqual(done.returncode, 4)
            self.assertIn(b"read-only", done.stderr)

    def test_a_module_that_failed_cannot_be_caught(self):
        files = {"policies/x/a.lua": policy(APPROVE, prelude="local ok = pcall(require, 'lib.broken')\n"),
                 "policies/lib/broken.lua": "local t = {} t.each = ('abc'):gmatch('.') return t"}
        with Folder(files) as folder:
            _, done = folder.batch("x.a", [{}])
            self.assertEqual(done.returncode, 4)
            self.assertIn(b"iterator", done.stderr)

    def test_a_refused_declaration_freezes_nothing(self):
        prelude = ("for i = 1, 50 do pcall(dataset, 'data/rates.csv', { role = record { a = record {} } }) end\n"
                   "local function put(t) t.x = 1 end\nfor i = 1, 20000 do put({}) end\n")
        with Folder({"policies/x/a.lua": policy(APPROVE, prelude=prelude), "policies/data/rates.csv": RATES_FILE}) as folder:
            results, done = folder.batch("x.a", [{}])
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("decision", results[0])


class Datasets(unittest.TestCase):
    def check(self, prelude, code):
        files = {"policies/x/a.lua": policy(f"if tx.id == 'bad' then {code} end {APPROVE}", prelude=RATES + prelude),
                 "policies/data/rates.csv": RATES_FILE}
        with Folder(files) as folder:
            results, done = folder.batch("x.a", [{"id": "bad"}, {"id": "good"}])
            self.assertEqual(len(results), 2, done.stderr)
            self.assertIn("error", results[0])
            self.assertIn("decision", results[1])

    def test_forged(self):
        for method in ("find { role = 'clerk' }", "find_all { role = 'clerk' }", "at('2025-01-01')"):
            with self.subTest(method):
                self.check("", f"local x = setmetatable({{ 1, 2 }}, getmetatable(rates)):{method} error('reached')")

    def test_nothing_can_be_put_in_a_row_s_place(self):
        for place in ("rates[1]", "rates.find", "getmetatable(rates).__index"):
            with self.subTest(place):
                files = {"policies/x/a.lua": policy(APPROVE, prelude=RATES + place + " = 5\n"),
                         "policies/data/rates.csv": RATES_FILE}
                with Folder(files) as folder:
                    results, done = folder.batch("x.a", [{}])
                    self.assertEqual((results, done.returncode), ([], 4))
                    if place.startswith("rates"):
                        self.assertIn(b"x/a.lua:2: attempt to modify a dataset: it is read-only", done.stderr)


class Work(unittest.TestCase):
    """Work that Lua itself does in one instruction, however much it is, ends in a budget's error all the same."""

    CASES = {
        "compare": "local a, b = ('x'):rep(2500000), ('x'):rep(2499999) .. 'x' while true do if a ~= b then break end end",
        "order": "local a, b = ('x'):rep(2500000), ('x'):rep(2499999) .. 'x' while true do if a < b then break end end",
        "key": "local a, b = ('x'):rep(2500000), ('x'):rep(2499999) .. 'x' local t, n = { [a] = 1 }, 0 "
               "while true do n = n + t[b] end",
        "rehash": "local t, k = {}, 1 while k <= 30000 do t[k * 2] = 1 k = k + 1 end k = 1 "
                  "while true do t[k * 2] = nil t[k * 2 + 70001] = 1 k = k + 1 end",
        "index": "local t, n = { y = 1 }, 0 for i = 1, 1990 do t = setmetatable({}, { __index = t }) end "
                 "while true do n = n + t.y end",
        "error": "local s = ('x'):rep(3000000) while true do pcall(function() error(s) end) end",
        "require": "local s = ('x'):rep(3000000) while true do pcall(require, s) end",
        "date": "local s = ('x'):rep(3000000) while true do pcall(date, s) end",
        "format": "local s = ('x'):rep(5000000) while true do string.format('%.1s', s) end",
        "hexadecimal": "while true do tonumber('0x' .. ('0'):rep(4000000)) end",
        # Charged for all rounds before it starts, so nothing in it counts.
        "prepaid": "local a, b = ('x'):rep(2500000), ('x'):rep(2499999) .. 'x' local n = 0 "
                   "for i = 1, 40000 do if a ~= b then n = n + 1 end end",
        "prepaid_call": "local o = setmetatable({}, { __name = ('x'):rep(3000000) }) for i = 1, 20000 do pcall(o) end",
        "encode": "local t, l = {}, {} for k = 1, 20000 do t[k * 2] = 1 end for k = 1, 20000 do t[k * 2] = nil end "
                  "for i = 1, 60000 do l[i] = t end return { outcome = 'approve', reasons = { 'ok' }, l = l }",
    }

    def test_ends_soon(self):
        files = {f"policies/x/{name}.lua": policy(f"if tx.id == 'bad' then {code} end {APPROVE}")
                 for name, code in self.CASES.items()}
        with Folder(files) as folder:
            for name in self.CASES:
                with self.subTest(name):
                    start = time.monotonic()
                    results, done = folder.batch(f"x.{name}", [{"id": "bad"}, {"id": "good"}])
                    self.assertLess(time.monotonic() - start, 10)
                    self.assertEqual(results[0]["error"]["code"], "budget_exceeded", done.stderr)
                    self.assertIn("decision", results[1])

    def test_no_chain_of_calls(self):
        code = "local t = tostring for i = 1, 20000 do t = setmetatable({}, { __call = t }) end t(1) " + APPROVE
        late = "local m = {} local t = setmetatable({}, m) m.__call = t t() " + APPROVE
        with Folder({"policies/x/a.lua": policy(code), "policies/x/b.lua": policy(late)}) as folder:
            for name in ("x.a", "x.b"):
                results, _ = folder.batch(name, [{}])
                self.assertIn("'__call' must be a function", results[0]["error"]["message"])

    def test_deep_mixed_tables_take_no_longer_than_they_are(self):
        code = "local t = {} for i = 1, 60 do t = { t, x = 1 } end return { outcome = 'approve', reasons = { 'ok' }, t = t }"
        with Folder({"policies/x/a.lua": policy(code)}) as folder:
            results, _ = folder.batch("x.a", [{}])
            inner, depth = results[0]["decision"]["t"], 0
            while inner:
                self.assertEqual(inner["x"], 1)
                inner, depth = inner["1"], depth + 1
            self.assertEqual((inner, depth), ([], 60))

    def test_many_types_are_refused(self):
        prelude = "local r = record { x = text {} } for i = 1, 40 do r = record { a = r, b = r } end\n"
        with Folder({"policies/x/a.lua": policy(APPROVE, prelude=prelude, fields="r = optional(r)")}) as folder:
            start = time.monotonic()
            _, done = folder.batch("x.a", [{}])
            self.assertEqual(done.returncode, 4)
            self.assertLess(time.monotonic() - start, 10)


class Declarations(unittest.TestCase):
    def test_refused(self):
        changed = "(function() local t = text {} t.%s return t end)()"
        cases = {"kind": changed % "kind = 99", "negative": changed % "kind = -5", "spec": changed % "spec = 5",
                 "forged": "setmetatable({ kind = 9, spec = { of = 5 } }, getmetatable(text {}))",
                 "enum": "enum { 'a', '\\xff' }"}
        files = {f"policies/x/{name}.lua": policy(APPROVE, fields=f"id = {code}") for name, code in cases.items()}
        files["policies/x/name.lua"] = policy(APPROVE, fields="['\\xff'] = text {}")
        with Folder(files) as folder:
            for name in [*cases, "name"]:
                with self.subTest(name):
                    results, done = folder.batch(f"x.{name}", [{"id": "a"}])
                    self.assertEqual((done.returncode, results), (4, []), done.stderr)
                    self.assertIn(f"x/{name}.lua:".encode(), done.stderr)

    def test_sensitive_holds_for_what_is_inside(self):
        fields = ("l = optional(list { of = text { max = 2 }, sensitive = true }),"
                  "m = optional(map { of = enum { 'q' }, sensitive = true }),"
                  "r = optional(list { of = record { n = money {} }, sensitive = true })")
        rows = [{"l": ["secret"]}, {"m": {"k": "secret"}}, {"r": [{"n": "secret"}]}, {"r": ["secret"]}]
        with Folder({"policies/x/a.lua": policy(APPROVE, fields=fields)}) as folder:
            _, done = folder.batch("x.a", rows)
            self.assertEqual(done.stdout.count(b"invalid_input"), 4)
            self.assertNotIn(b"secret", done.stdout)

    def test_errors_stay_small(self):
        fields = "m = map { of = record { " + ", ".join(f"f{i} = text {{}}" for i in range(60)) + " } }"
        with Folder({"policies/x/a.lua": policy(APPROVE, fields=fields)}) as folder:
            _, done = folder.batch("x.a", [{"m": {"k" * 100_000: {}}}])
            self.assertEqual(json.loads(done.stdout)["error"]["code"], "invalid_input")
            self.assertLess(len(done.stdout), 500_000)


class Messages(unittest.TestCase):
    def test_functions_have_one_name(self):
        code = ("local r = {} for i, f in ipairs { math.min, decimal.min, math.max, decimal.max, math.abs, decimal.abs } do "
                "r[i] = select(2, pcall(f, {})):match(\"'(.-)'\") end "
                "return { outcome = 'approve', reasons = { 'ok' }, r = r }")
        with Folder({"policies/x/a.lua": policy(code)}) as folder:
            for _ in range(5):
                results, _ = folder.batch("x.a", [{}])
                self.assertEqual(results[0]["decision"]["r"],
                                 ["math.min", "decimal.min", "math.max", "decimal.max", "math.abs", "decimal.abs"])

    def test_a_key_past_the_range_is_an_error(self):
        code = ("local a = 2147483647 * 2147483 local t = { x = 1 } t[a + a + a + a] = 1 "
                "return { outcome = 'approve', reasons = { 'ok' }, t = t }")
        with Folder({"policies/x/a.lua": policy(code)}) as folder:
            results, _ = folder.batch("x.a", [{}])
            self.assertEqual(results[0]["error"]["code"], "policy_error")
            self.assertIn("out of range", results[0]["error"]["message"])


if __name__ == "__main__":
    unittest.main()
