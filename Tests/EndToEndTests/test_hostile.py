"""Hostile policies between good rows: each must end in its budget's error, and the rows around it must not notice."""
import json
import os
import subprocess
import threading
import unittest

from support import Folder, REMIT, policy, resident_peak

APPROVE = 'return { outcome = "approve", reasons = { "ok" } }'

# What a policy does with a row that says "bad", by the error that must come of it.
INSTRUCTIONS = {
    "while": "while true do end",
    "repeat": "repeat until false",
    "goto": "::again:: goto again",
    "goto_inner": "local i = 0 ::again:: i = i + 1 do local x = i goto again end",
    "numeric_for": "for i = 1, 1e9 do local x = i end",
    "numeric_for_break": "for i = 1, 1e9 do if i < 0 then break end end",
    "fractional_for": "for i = 0.5, 1e9, 0.25 do local x = i end",
    "generic_for": "for _ in function() return 1 end do end",
    "recursion_tail": "local function f() return f() end f()",
    "mutual": "local g local function f() return g() end g = function() return f() end f()",
    "pcall_loop": "while true do pcall(error) end",
    "pcall_nested": "local function f() pcall(f) while true do end end f()",
    "pcall_swallow": "for i = 1, 1e6 do pcall(function() while true do end end) end",
    "metamethod_index": "local t = setmetatable({}, { __index = function(t, k) while true do end end }) local x = t.y",
    "metamethod_chain": "local t = {} setmetatable(t, { __add = function(a, b) while true do end end }) local x = t + 1",
    "metamethod_eq": "local m = { __eq = function() while true do end end } local x = setmetatable({}, m) == setmetatable({}, m)",
    "metamethod_concat": "local t = setmetatable({}, { __concat = function() while true do end end }) local x = t .. 'a'",
    "metamethod_tostring": "local t = setmetatable({}, { __tostring = function() while true do end end }) tostring(t)",
    "metamethod_call": "local t t = setmetatable({}, { __call = function() return t() end }) t()",
    "metamethod_pairs": "local t = setmetatable({}, { __pairs = function() return function() return 1 end end }) for _ in pairs(t) do end",
    "sort_comparator": "table.sort({ 3, 2, 1 }, function() while true do end end)",
    "sort_large": "local t = {} for i = 1, 60000 do t[i] = 60000 - i end for i = 1, 50 do table.sort(t, function(a, b) return a < b end) end",
    "gsub_callback": "('x'):gsub('.', function() while true do end end)",
    "gsub_table": "('x'):gsub('.', setmetatable({}, { __index = function() while true do end end }))",
    "gmatch": "for _ in (('x'):rep(100000)):gmatch('()') do for i = 1, 100 do local y = i + i end end",
    "pattern_backtrack": "local s = ('a'):rep(30) .. 'b' local p = ('a?'):rep(30) .. ('a'):rep(31) .. 'c' return s:find(p)",
    "pattern_star": "return (('a'):rep(50000)):find('.-.-.-b')",
    "pattern_nested": "return (('a'):rep(3000)):match('(.*)(.*)(.*)(.*)b')",
    "pattern_balance": "return (('('):rep(60000)):find('%b()')",
    "unpack_loop": "local t = {} for i = 1, 200 do t[i] = i end while true do local x = select('#', table.unpack(t)) end",
    "move_huge": "table.move({}, 1, 1e9, 2)",
    "concat_range": "pcall(table.concat, setmetatable({}, { __index = function() return 'x' end }), '', 1, 1e12) while true do end",
    "big_numbers": "local x = 1.000000000000000000001 while true do x = x * 1 end",
    "next_loop": "local t = { 1, 2, 3 } while true do for k in pairs(t) do end end",
    "tostring_loop": "while true do local s = tostring(12.5) end",
    "string_methods": "while true do local s = ('abc'):upper() end",
    "ipairs_endless": "for i in ipairs(setmetatable({}, { __index = function(_, i) return i end })) do end",
    "decimal_loop": "while true do decimal.round(1.255, 2) end",
    "format_loop": "while true do string.format('%99.99f', 1.5) end",
}
MEMORY = {
    "rep": "return ('x'):rep(1e9)",
    "rep_twice": "return ('x'):rep(9e6):rep(2)",
    "rep_double": "local s = 'x' while true do s = s .. s end",
    "table_grow": "local t = {} for i = 1, 9000 do t[i] = ('x'):rep(2000) .. i end",
    "concat_grow": "local t = {} for i = 1, 1500 do t[i] = ('x'):rep(10000) .. i end return table.concat(t)",
    "pcall_memory": "local t = {} for i = 1, 100 do pcall(function() for i = 1, 9000 do t[#t + 1] = ('x'):rep(2000) .. #t end end) end",
}
# Ends in some budget's error or a policy_error, whichever bites first.
EITHER = {
    "table_grow": "local t = {} for i = 1, 4e5 do t[i] = { i } end",
    "closure_grow": "local f for i = 1, 3e5 do local g = f f = function() return g, i end end",
    "metamethod_len": "local t = setmetatable({}, { __len = function() return 1e9 end }) table.concat(t)",
    "recursion": "local function f(n) return 1 + f(n + 1) end return f(1)",
    "recursion_pcall": "local function f() return pcall(f) end f() error('x')",
    "gsub_repeat": "local s = 'x' for i = 1, 40 do s = s:gsub('.', '%0%0') end",
    "format_width": "string.format('%1000000000d', 1)",
    "unpack_huge": "table.unpack({}, 1, 1e8)",
    "pack_huge": "string.pack('c1000000000', 'x')",
    "select_huge": "select(-1)",
    "string_char": "string.char(-1)",
    "deep_concat": "local t = setmetatable({}, {}) getmetatable(t).__concat = function(a, b) return a .. b end local x = t .. t",
    "deep_index": "local t = {} for i = 1, 1e4 do t = setmetatable({}, { __index = t }) end return t.x",
    "sort_invalid": "local t = {} for i = 1, 100 do t[i] = i end table.sort(t, function() return true end) error('x')",
    "decision_cycle": "local t = { outcome = 'approve', reasons = { 'ok' } } t.t = t return t",
    "decision_large": "local t = {} for i = 1, 200000 do t[i] = 'xxxxxxxxxx' end return { outcome = 'approve', reasons = { 'ok' }, t = t }",
    "decision_shared": "local t = {} for i = 1, 30 do t = { t, t } end return { outcome = 'approve', reasons = { 'ok' }, t = t }",
    "decision_function": "return { outcome = 'approve', reasons = { 'ok' }, f = function() end }",
    "decision_utf8": "return { outcome = 'approve', reasons = { 'ok' }, s = '\\xff' }",
    "decision_outcome": "return { outcome = 'maybe', reasons = { 'ok' } }",
    "decision_reason": "return { outcome = 'approve', reasons = { 'nope' } }",
    "decision_no_reason": "return { outcome = 'approve', reasons = {} }",
    "decision_nothing": "return nil",
    "error_table": "error({ code = 1 })",
    "error_nil": "error(nil)",
    "error_binary": "error('\\xff\\0')",
    "error_long": "error(('x'):rep(100000))",
    "write_global": "local _ = 0 string.x = 1",
    "write_input": "tx.id = 'other'",
    "write_params": "params.x = 1",
    "write_context": "context.at = 1",
    "insert_library": "table.insert(math, 1)",
    "metatable_string": "getmetatable('').__index = nil",
    "gc": "setmetatable({}, { __gc = function() end })",
    "close": "setmetatable({}, { __close = function() end })",
    "mode": "setmetatable({}, { __mode = 'k' })",
    "metatable_lock": "setmetatable({}, { __metatable = 1 })",
    "late_mode": "local m = {} local t = setmetatable({}, m) local k = '__mode' m[k] = 'k'",
    "newindex_library": "local t = setmetatable({}, { __newindex = string }) t.x = 1",
    "division": "return 1 / 3",
    "division_zero": "return 1 / 0",
    "overflow": "local x = 9007199254740991 return x + tonumber('1')",
}


def run_all(case, snippets, check):
    files = {f"policies/hostile/{name}.lua": policy(f"if tx.id == 'bad' then {code} end {APPROVE}"
                                                    if not code.startswith("return") else
                                                    f"if tx.id == 'bad' then do {code} end end {APPROVE}")
             for name, code in snippets.items()}
    with Folder(files) as folder:
        for name in snippets:
            with case.subTest(name):
                rows = [{"id": "good"}, {"id": "bad"}, {"id": "good"}, {"id": "bad"}, {"id": "good"}]
                results, done = folder.batch(f"hostile.{name}", rows)
                case.assertEqual(done.returncode, 3, done.stderr.decode())
                case.assertEqual(len(results), 5)
                for index in (0, 2, 4):
                    case.assertEqual(results[index].get("decision"), {"outcome": "approve", "reasons": ["ok"]})
                case.assertEqual(results[1]["error"], results[3]["error"])
                check(results[1]["error"])
                case.assertNotIn("0x", results[1]["error"]["message"])


class Hostile(unittest.TestCase):
    def test_instruction_budget(self):
        def check(error):
            self.assertEqual((error["code"], error.get("budget")), ("budget_exceeded", "instructions"), error)
        run_all(self, INSTRUCTIONS, check)

    def test_memory_budget(self):
        def check(error):
            self.assertEqual((error["code"], error.get("budget")), ("budget_exceeded", "memory"), error)
        run_all(self, MEMORY, check)

    def test_either(self):
        def check(error):
            self.assertIn(error["code"], ("budget_exceeded", "policy_error"), error)
            self.assertLessEqual(len(error["message"].encode()), 1024)
        run_all(self, EITHER, check)


class NothingRemains(unittest.TestCase):
    """No decision leaves a trace that another can see."""

    def test_refused_at_load(self):
        refused = {
            "counter": ("local n = 0\n", "n = n + 1 " + APPROVE),
            "nested_counter": ("local n = 0\n", "local function f() n = n + 1 end f() " + APPROVE),
            "closure": ("local function make() local n = 0 return function() n = n + 1 return n end end local f = make()\n",
                        "f() " + APPROVE),
            "global": ("", "count = 1 " + APPROVE),
            "environment": ("", "_ENV = {} " + APPROVE),
            "close": ("", "local x <close> = nil " + APPROVE),
            "iterator": ("local f = ('abc'):gmatch('.')\n", "f() " + APPROVE),
        }
        files = {f"policies/trace/{name}.lua": policy(code, prelude=prelude) for name, (prelude, code) in refused.items()}
        with Folder(files) as folder:
            for name in refused:
                with self.subTest(name):
                    results, done = folder.batch(f"trace.{name}", [{}])
                    self.assertEqual((done.returncode, results), (4, []), done.stderr.decode())
                    self.assertIn(f"trace/{name}.lua:".encode(), done.stderr)

    def test_refused_when_it_happens(self):
        writes = {
            "list": ("local seen = {}\n", "seen[#seen + 1] = tx.id"),
            "insert": ("local seen = {}\n", "table.insert(seen, tx.id)"),
            "remove": ("local seen = { 1 }\n", "table.remove(seen)"),
            "sort": ("local seen = { 2, 1 }\n", "table.sort(seen)"),
            "move": ("local seen = {}\n", "table.move({ 1 }, 1, 1, 1, seen)"),
            "metatable": ("local seen = {}\n", "setmetatable(seen, {})"),
            "module": ("local m = require 'lib.m'\n", "m.x = 1"),
            "module_nested": ("local m = require 'lib.m'\n", "m.list[1] = 1"),
            "inherited": ("local m = require 'lib.m'\n", "local t = setmetatable({}, { __newindex = m }) t.x = 1"),
            "method": ("local m = { n = 0 } function m:add() self.n = self.n + 1 end\n", "m:add()"),
            "multiple": ("local m = {}\n", "local a a, m.x = 1, 2"),
            "swap": ("local m = { 1, 2 }\n", "m[1], m[2] = m[2], m[1]"),
            "input": ("", "tx.extra = 1"),
            "input_list": ("", "tx.list[1] = 5"),
        }
        fields = "id = optional(text {}), list = optional(list { of = integer {} })"
        files = {f"policies/trace/{name}.lua": policy(f"{code} {APPROVE}", fields=fields, prelude=prelude)
                 for name, (prelude, code) in writes.items()}
        files["policies/lib/m.lua"] = "return { list = {} }"
        with Folder(files) as folder:
            for name in writes:
                with self.subTest(name):
                    results, _ = folder.batch(f"trace.{name}", [{"id": "1", "list": [1]}, {"id": "2", "list": [2]}])
                    self.assertEqual([r.get("error", {}).get("code") for r in results], ["policy_error"] * 2, results)
                    self.assertIn("read-only", results[0]["error"]["message"])

    def test_memory_stays_where_it_was(self):
        """10,000 failing decisions in a row: the process does not grow."""
        kinds = {"budget": "while true do end", "error": "error('no')", "memory": "return ('x'):rep(1e9)", "type": "return nil + 1"}
        code = " ".join(f"if tx.id == '{name}' then do {code} end end" for name, code in kinds.items())
        with Folder({"policies/fail/all.lua": policy(code + " " + APPROVE)}) as folder:
            names = ["error", "type"] * 4900 + ["budget", "memory"] * 100
            rows = "".join(json.dumps({"id": name}) + "\n" for name in names).encode()
            command = [REMIT, "batch", "--policy", "fail.all", "--policies", os.path.join(folder.path, "policies"), "--jobs", "1"]
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
                writer = threading.Thread(target=lambda: (process.stdin.write(rows), process.stdin.close()))
                writer.start()
                failed, peak = 0, 0
                for line in process.stdout:
                    failed += b'"error"' in line
                    if failed % 500 == 0:
                        peak = max(peak, resident_peak(process.pid))
                writer.join()
            self.assertEqual(failed, len(names))
            self.assertGreater(peak, 0)
            self.assertLess(peak, 60 * 1024, "KiB at the most")


class Compiling(unittest.TestCase):
    def test_a_text_that_the_compiler_is_slow_with_ends_with_the_time_of_loading(self):
        branches = "".join(f"elseif tx.n == {i} then tx.n = {i} " for i in range(60_000))
        with Folder({"policies/x/long.lua": policy(f"local tx = {{ n = 1 }} if tx.n == 0 then return {branches} end {APPROVE}")}) as folder:
            done = folder.run("batch", "--policy", "x.long", data="{}\n", timeout=15)
        self.assertEqual(done.returncode, 4)
        self.assertRegex(done.stderr.decode(), r"x/long\.lua:\d+: the budget of time is spent")


class Forbidden(unittest.TestCase):
    def test_nothing_of_the_machine_is_in_reach(self):
        names = ["os", "io", "debug", "package", "load", "loadstring", "dofile", "loadfile", "coroutine", "collectgarbage", "print",
                 "rawset", "_G", "string.dump", "math.random", "math.randomseed", "xpcall", "warn"]
        code = "local seen = {} " + " ".join(
            f"if {name} ~= nil then seen[#seen + 1] = '{name}' end" for name in names) + \
            " return { outcome = 'approve', reasons = { 'ok' }, seen = seen }"
        with Folder({"policies/x/names.lua": policy(code)}) as folder:
            results, done = folder.batch("x.names", [{}])
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(results[0]["decision"]["seen"], [])

    def test_no_address_shows(self):
        values = ["{}", "print", "string.format", "function() end", "setmetatable({}, { __name = 'x' })", "1234567890.12345678905"]
        code = "local s = '' " + " ".join(f"s = s .. tostring({value}) .. ' '" for value in values) + \
            " local ok, e = pcall(string.format, '%p', {}) s = s .. tostring(e)" + \
            " local ok, e = pcall(error, setmetatable({}, {})) s = s .. tostring(e)" + \
            " return { outcome = 'approve', reasons = { 'ok' }, s = s }"
        with Folder({"policies/x/names.lua": policy(code)}) as folder:
            results, _ = folder.batch("x.names", [{}])
            self.assertNotRegex(results[0]["decision"]["s"], "0x|[0-9a-f]{12}")


if __name__ == "__main__":
    unittest.main()
