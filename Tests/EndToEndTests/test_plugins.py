"""Plugins: what they declare, what they get, what happens where they do otherwise; settings, versions, tests."""
import json
import os
import re
import shutil
import tempfile
import unittest

from support import Folder, ROOT, policy, run

DECLARED = """plugin { name = "p", version = "1.0.0", %s
  provides = { %s },
}
"""
ADD = "add = { summary = \"The sum.\", takes = { { \"a\", number {} }, { \"b\", optional(number {}) } }, gives = number {} }"
ADD_BODY = "local function add(a, b) return a + (b or 0) end\nreturn { add = add }\n"


def plugin(provides=ADD, body=ADD_BODY, extra=""):
    return DECLARED % (extra, provides) + body


def calling(expression, prelude=""):
    """A policy that puts what the expression gives into its decision."""
    return policy(f'return {{ outcome = "approve", reasons = {{ "ok" }}, got = {expression} }}',
                  fields="id = optional(text {}), a = optional(number {}), text = optional(text {}), day = optional(date {})",
                  prelude=f'local p = require "plugin.p"\n{prelude}')


class Plugin(unittest.TestCase):
    """Runs a policy with one plugin, p."""

    def decide(self, files, rows=({},), policy_text=None):
        files = {f"plugins/p/{name}" if "/" not in name else name: text for name, text in files.items()}
        files["policies/x/y.lua"] = policy_text or calling("p.add(1, 2)")
        with Folder(files) as folder:
            return folder.batch("x.y", rows)

    def refused(self, files, pattern, policy_text=None):
        """The policy does not load, and a line of standard error matches."""
        results, done = self.decide(files, policy_text=policy_text)
        text = done.stderr.decode()
        self.assertEqual((done.returncode, results), (4, []), text)
        self.assertRegex(text, pattern)
        self.assertNotIn("Optional", text)
        for line in text.splitlines():
            self.assertLess(len(line), 700)

    def got(self, files, policy_text=None, row=None):
        results, done = self.decide(files, [row or {}], policy_text)
        self.assertEqual(done.returncode, 0, (done.stdout, done.stderr))
        return results[0]["decision"].get("got")

    def error(self, files, policy_text=None, row=None):
        results, done = self.decide(files, [row or {}], policy_text)
        self.assertEqual(done.returncode, 3, (done.stdout, done.stderr))
        return results[0]["error"]


class Declaration(Plugin):
    def test_a_declared_plugin_is_called(self):
        self.assertEqual(self.got({"plugin.lua": plugin()}), 3)
        self.assertEqual(self.got({"plugin.lua": "-- A comment may stand before it.\n\n" + plugin()}), 3)
        self.assertEqual(self.got({"plugin.lua": b"\xef\xbb\xbf" + plugin().replace("\n", "\r\n").encode()}), 3)

    def test_it_must_stand_first(self):
        first = r"plugins/p/plugin\.lua:%d: a plugin begins with its declaration: plugin \{"
        for text, line in (("return {}", 1), ("", 1), ("\n\nlocal x = 1\n" + plugin(), 3), ("plugin 'p'\nreturn {}", 1),
                           ("local t = { name = 'p' }\nplugin(t)\nreturn {}", 1), ("plugin()\nreturn {}", 1),
                           ("local plugin = function() end\nplugin {}\nreturn {}", 1), ("return plugin {}", 1),
                           ("plugin {}.x = 1\nreturn {}", 1), ("if true then plugin {} end", 1)):
            with self.subTest(text):
                self.refused({"plugin.lua": text}, first % line)

    def test_it_is_data(self):
        for text, line in (('plugin { name = "p",\n version = "1" .. ".0.0" }', 2), ("plugin { name = tostring('p') }", 1),
                           ("plugin { name = 'p',\n\n provides = { add = { takes = {}, gives = function() end } } }", 3),
                           ("plugin { name = _VERSION }", 1), ("plugin { [dataset 'x.csv' {}] = 1 }", 1),
                           ("plugin { files = ('x'):rep(3) }", 1), ("plugin { name = 'p', files = dataset 'x.csv' { a = text {} } }", 1)):
            with self.subTest(text):
                self.refused({"plugin.lua": text + "\nreturn {}", "x.csv": "a\n1\n"},
                             rf"plugins/p/plugin\.lua:{line}: a plugin's declaration is data")

    def test_what_is_wrong_is_said_with_its_line(self):
        cases = {
            "unknown key": ('plugin {\n name = "p",\n version = "1.0.0",\n file = {},\n provides = { %s } }' % ADD,
                            r"plugin\.lua:1: plugin: unknown key 'file' \(it has: name, version, summary, files, settings, provides\)"),
            "no name": ('plugin { version = "1.0.0", provides = {} }', "'name' is missing: name = \"p\""),
            "another name": ('plugin {\n version = "1.0.0",\n name = "q", provides = { %s } }' % ADD,
                             r"plugin\.lua:3: name: the plugin calls itself 'q', but its folder is plugins/p"),
            "no version": ('plugin { name = "p", provides = {} }', "'version' is missing"),
            "odd version": ('plugin { name = "p",\n version = "1.0", provides = {} }',
                            r'plugin\.lua:2: version: expected three numbers such as "1\.0\.0", got "1\.0"'),
            "version is a number": ('plugin { name = "p", version = 1, provides = {} }', "version: expected a text, got a number"),
            "nothing provided": ('plugin { name = "p", version = "1.0.0" }', "'provides' is missing"),
            "empty provides": ('plugin { name = "p", version = "1.0.0",\nprovides = {} }', r":2: provides: a plugin provides something"),
            "unknown key of a function": ('plugin { name = "p", version = "1.0.0", provides = {\n\n f = { takes = {}, give = text {} } } }',
                                          r"plugin\.lua:3: provides\.f: unknown key 'give' \(it has: summary, takes, gives, value\)"),
            "takes missing": ('plugin { name = "p", version = "1.0.0", provides = { f = { gives = text {} } } }',
                              r"provides\.f: 'takes' is missing"),
            "gives missing": ('plugin { name = "p", version = "1.0.0", provides = { f = { takes = {} } } }',
                              r"provides\.f: 'gives' is missing"),
            "function and value": ('plugin { name = "p", version = "1.0.0", provides = { f = { takes = {}, value = text {} } } }',
                                   r"provides\.f: either a function"),
            "takes named": ('plugin { name = "p", version = "1.0.0", provides = { f = { takes = { a = text {} }, gives = text {} } } }',
                            r"provides\.f\.takes: expected a list of \{ \"name\", type \}"),
            "takes no type": ('plugin { name = "p", version = "1.0.0", provides = { f = { takes = { { "a", "text" } }, gives = text {} } } }',
                              r"provides\.f\.takes\.a: expected a type such as text \{\}"),
            "takes twice": ('plugin { name = "p", version = "1.0.0", provides = { f = { takes = { { "a", text {} }, { "a", text {} } }, gives = text {} } } }',
                            r"provides\.f\.takes: two arguments are called 'a'"),
            "gives a number": ('plugin { name = "p", version = "1.0.0", provides = { f = { takes = {}, gives = 5 } } }',
                               r"provides\.f\.gives: expected a type"),
            "no list of files": ('plugin { name = "p", version = "1.0.0", files = "x.csv", provides = { %s } }' % ADD, "files: expected a list of names"),
            "bad type option": ('plugin { name = "p", version = "1.0.0", provides = { f = { takes = {}, gives = text { mx = 1 } } } }',
                                r"text has no option 'mx'"),
            "many arguments": ('plugin { name = "p", version = "1.0.0", provides = { f = { takes = { %s }, gives = text {} } } }'
                               % ", ".join('{ "a%d", text {} }' % i for i in range(17)), "at most 16 arguments"),
            "many names": ('plugin { name = "p", version = "1.0.0", provides = { %s } }'
                           % ", ".join("f%d = { value = text {} }" % i for i in range(257)), "provides: a plugin provides at most 256 names"),
            "many files": ('plugin { name = "p", version = "1.0.0", files = { %s } }' % ", ".join(f'"{i}.csv"' for i in range(257)),
                           "files: a plugin reads at most 256"),
            "many settings": ('plugin { name = "p", version = "1.0.0", provides = { %s }, settings = { %s } }'
                              % (ADD, ", ".join("s%d = optional(text {})" % i for i in range(257))), "settings: a plugin has at most 256"),
            "name of a function": ('plugin { name = "p", version = "1.0.0", provides = { ["f-g"] = { takes = {}, gives = text {} } } }',
                                   "'f-g' cannot be written as a name"),
        }
        for name, (text, pattern) in cases.items():
            with self.subTest(name):
                self.refused({"plugin.lua": text + "\n" + ADD_BODY}, pattern)

    def test_what_is_returned_is_what_is_provided(self):
        cases = {
            "missing": ("return {}", r"plugin\.lua:2: provides\.add: the file does not return it"),
            "nothing": ("local x = 1", r"plugin\.lua:1: a plugin returns what it provides"),
            "a function": ("return function() end", r"plugin\.lua:1: a plugin returns what it provides"),
            "more": ("return { add = function() end, sub = function() end }", "provides: the file returns 'sub', which is not declared"),
            "a list": ("return { function() end }", "a plugin returns a table of names"),
            "no function": ("return { add = 5 }", r"provides\.add: expected a function in what the file returns, got a number"),
        }
        for name, (body, pattern) in cases.items():
            with self.subTest(name):
                self.refused({"plugin.lua": plugin(body=body)}, pattern)

    def test_values_are_held_to_their_types(self):
        provides = "codes = { summary = \"Codes.\", value = list { of = text {} } }"
        self.assertEqual(self.got({"plugin.lua": plugin(provides, 'return { codes = { "a", "b" } }')}, calling("p.codes")), ["a", "b"])
        self.refused({"plugin.lua": plugin(provides, 'return { codes = { "a", 5 } }')},
                     r"plugin\.lua:2: provides\.codes: its value\[2\]: expected text, got 5", calling("p.codes"))
        self.refused({"plugin.lua": plugin(provides, "return {}")}, r"provides\.codes: the file does not return it", calling("p.codes"))
        error = self.error({"plugin.lua": plugin(provides, 'return { codes = { "a" } }')}, policy(
            'p.codes[1] = "x"', prelude='local p = require "plugin.p"\n'))
        self.assertIn("read-only", error["message"])

    def test_only_a_plugin_declares_itself_and_once(self):
        self.refused({"plugin.lua": plugin()}, r"x/y\.lua:2: plugin: only plugins/<name>/plugin\.lua declares a plugin",
                     'local p = require "plugin.p"\nplugin { name = "x" }\n' + calling("1"))
        self.refused({"plugin.lua": plugin(body='plugin { name = "p" }\n' + ADD_BODY)}, r"plugin\.lua:4: plugin: a plugin declares itself once")
        error = self.error({"plugin.lua": plugin()}, policy('plugin { name = "x" }'))
        self.assertIn("declarations are made while a file is loaded", error["message"])


class Access(Plugin):
    """Without its declaration a plugin gets nothing."""

    SECRET = {"secret.csv": "a\nsecret\n", "policies/data/d.csv": "a\nsecret\n", "plugins/q/q.csv": "a\nsecret\n", "plugins/top.csv": "a\nsecret\n"}

    def reading(self, name, files="", how='dataset "%s" { a = text {} }'):
        body = f'local rows = {how % name}\nlocal function add() return #rows end\nreturn {{ add = add }}\n'
        return plugin(body=body, extra=f"files = {{ {files} }},")

    def test_a_declared_file_is_read(self):
        self.assertEqual(self.got({"plugin.lua": self.reading("data/x.csv", '"data/x.csv"'), "plugins/p/data/x.csv": "a\n1\n2\n"}), 2)

    def test_an_undeclared_one_is_not(self):
        for how in ('dataset "%s" { a = text {} }', 'decision_table "%s"', 'dataset("%s", { a = text {} })', 'select(2, pcall(dataset, "%s", { a = text {} })) or error()'):
            with self.subTest(how):
                text = self.reading("secret.csv", '"other.csv"', how)
                results, done = self.decide({"plugin.lua": text, "other.csv": "a\n", **self.SECRET})
                self.assertNotIn(b"secret\n", done.stdout)
                if "pcall" in how:  # it has the words of the refusal in its hands, and nothing else
                    self.assertGreater(results[0]["decision"]["got"], len("secret"))
                else:
                    self.assertRegex(done.stderr.decode(), r"plugin\.lua:4: plugin\.p may not read 'secret\.csv': its declaration's 'files' does not name it")

    def test_no_declaration_leads_out(self):
        for name in ("../q/q.csv", "/etc/passwd", "./x.csv", "a//b.csv", "", "data/../../q/q.csv", "..", "../../policies/data/d.csv"):
            with self.subTest(name):
                self.refused({"plugin.lua": self.reading(name, f'"{name}"'), **self.SECRET}, r"files: '.*' is not inside the plugin's folder")

    def test_no_symbolic_link_leads_out(self):
        for target in ("../q/q.csv", "../top.csv", "../../policies/data/d.csv", "/etc/hostname"):
            with self.subTest(target), Folder({"policies/x/y.lua": calling("p.add(1)"), "plugins/p/plugin.lua": self.reading("x.csv", '"x.csv"'),
                                               **self.SECRET}) as folder:
                os.symlink(target, os.path.join(folder.path, "plugins/p/x.csv"))
                results, done = folder.batch("x.y", [{}])
                self.assertEqual((done.returncode, results), (4, []))
                self.assertIn(b"plugins/p/x.csv: the file is a symbolic link that leaves its folder", done.stderr)
        with Folder({"policies/x/y.lua": calling("p.add(1)"), "plugins/p/plugin.lua": self.reading("x.csv", '"x.csv"'),
                     "plugins/p/data/real.csv": "a\n1\n"}) as folder:
            os.symlink("data/real.csv", os.path.join(folder.path, "plugins/p/x.csv"))
            self.assertEqual(folder.batch("x.y", [{}])[0][0]["decision"]["got"], 1)

    def test_no_other_file_is_one(self):
        """A pipe, a folder, a device: none is waited for."""
        with Folder({"policies/x/y.lua": calling("p.add(1)"), "plugins/p/plugin.lua": self.reading("x.csv", '"x.csv"')}) as folder:
            os.mkfifo(os.path.join(folder.path, "plugins/p/x.csv"))
            _, done = folder.batch("x.y", [{}], timeout=20)
            self.assertEqual(done.returncode, 4)
            self.assertIn(b"not a regular file", done.stderr)

    def test_a_large_file_is_refused(self):
        with Folder({"policies/x/y.lua": calling("p.add(1)"), "plugins/p/plugin.lua": self.reading("x.csv", '"x.csv"')}) as folder:
            with open(os.path.join(folder.path, "plugins/p/x.csv"), "wb") as file:
                file.truncate((256 << 20) + 1)
            _, done = folder.batch("x.y", [{}], timeout=20)
            self.assertEqual(done.returncode, 4)
            self.assertIn(b"plugins/p/x.csv: larger than 268435456 bytes", done.stderr)

    def test_the_plugin_asks_whoever_calls_it(self):
        """A policy that calls a plugin while it is loaded lends it none of its rights, nor the other way round."""
        reader = 'count = { takes = { { "file", text {} } }, gives = integer {} }'
        for body in ('local rows = dataset(file, { a = text {} }) return #rows', 'return #dataset(file, { a = text {} })',
                     'local ok, rows = pcall(dataset, file, { a = text {} }) if not ok then error(rows) end return #rows'):
            text = plugin(reader, f"local function count(file) {body} end\nreturn {{ count = count }}\n", extra='files = { "own.csv" },')
            files = {"plugin.lua": text, "own.csv": "a\n1\n2\n3\n", "policies/own.csv": "a\n1\n", "policies/data/d.csv": "a\n1\n"}
            with self.subTest(body):
                self.assertEqual(self.got(files, calling("n", 'local n = p.count("own.csv")\n')), 3)
                self.refused(files, "plugin.p may not read 'data/d.csv'", calling("n", 'local n = p.count("data/d.csv")\n'))
        handed = plugin("dataset = { takes = { { \"file\", text {} }, { \"columns\", map { of = map { of = text {} } } } }, gives = optional(text {}) }",
                        "return { dataset = dataset }", extra='files = { "own.csv" },')
        _, done = self.decide({"plugin.lua": handed, **self.SECRET}, policy_text=calling("1", 'local _ = p.dataset("data/d.csv", {})\n'))
        self.assertIn(b"plugin.p may not read 'data/d.csv'", done.stderr)

    def test_modules(self):
        part = {"part.lua": "return { two = 2 }", "policies/lib/l.lua": "return { two = 2 }", "plugins/q/plugin.lua": plugin().replace('"p"', '"q"')}
        uses = plugin(body='local part = require "plugin.p.part"\nlocal function add() return part.two end\nreturn { add = add }\n')
        self.assertEqual(self.got({"plugin.lua": uses, **part}), 2)
        for name in ("lib.l", "plugin.q", "plugin.q.part", "plugin.p", "x.y"):
            for call in ('require "%s"', 'require("%s")', 'require(("%s"):sub(1))', 'select(2, pcall(require, "%s")).x.y'):
                with self.subTest(name=name, call=call):
                    text = plugin(body=f"local part = {call % name}\n{ADD_BODY}")
                    self.refused({"plugin.lua": text, **part}, r"plugin\.lua:4: " + ("attempt to index" if "pcall" in call else "plugin.p may require its own modules only"))
        self.refused({"plugin.lua": plugin(), **part}, r'x/y\.lua:2: "plugin\.p\.part" belongs to its plugin alone: require plugin\.p',
                     'local p = require "plugin.p"\nlocal q = require "plugin.p.part"\n' + policy("return nil"))
        error = self.error({"plugin.lua": uses, **part}, policy('local q = require("plugin.p." .. "part")', prelude='local p = require "plugin.p"\n'))
        self.assertIn("'plugin.p.part' belongs to its plugin alone: require plugin.p", error["message"])
        late = plugin("late = { takes = { { \"name\", text {} } }, gives = number {} }",
                      "local function late(name) return require(name).two end\nreturn { late = late }\n")
        error = self.error({"plugin.lua": late, **part}, calling('p.late("lib.l")', 'local l = require "lib.l"\n'))
        self.assertIn("plugin.p may require its own modules only", error["message"])

    def test_a_part_reads_the_files_of_its_plugin(self):
        files = {"plugin.lua": plugin(body='local rows = require "plugin.p.rows"\nlocal function add() return #rows end\nreturn { add = add }\n',
                                      extra='files = { "x.csv" },'), "x.csv": "a\n1\n2\n"}
        self.assertEqual(self.got({**files, "rows.lua": 'return dataset "x.csv" { a = text {} }'}), 2)
        self.refused({**files, "rows.lua": 'return dataset "y.csv" { a = text {} }', "y.csv": "a\n"}, r"plugins/p/rows\.lua:1: plugin\.p may not read 'y\.csv'")

    def test_a_family_of_policies_cannot_pass_for_plugins(self):
        files = {"policies/plugins/x.lua": policy("return nil"), "policies/x/y.lua": policy("return nil", prelude='local p = require "plugins.x"\n')}
        with Folder(files) as folder:
            self.assertEqual(folder.batch("plugins.x", [{}])[1].returncode, 2)
            _, done = folder.batch("x.y", [{}])
            self.assertIn(b'x/y.lua:1: module "plugins.x" not found', done.stderr)


class Hostile(Plugin):
    """A plugin is held as a policy is."""

    def test_a_call_ends_in_the_budget_of_its_decision(self):
        bodies = {"loop": "while true do end", "recursion": "local function f() return f() end f()",
                  "pcall": "pcall(function() while true do end end) return 1", "steps": "local n = 0 for i = 1, 1e9 do n = i end return n"}
        for name, body in bodies.items():
            with self.subTest(name):
                error = self.error({"plugin.lua": plugin(body=f"local function add() {body} end\nreturn {{ add = add }}\n")})
                self.assertEqual((error["code"], error["budget"]), ("budget_exceeded", "instructions"))
        error = self.error({"plugin.lua": plugin(body="local function add() local s = 'x' while true do s = s .. s end end\nreturn { add = add }\n")})
        self.assertEqual((error["code"], error["budget"]), ("budget_exceeded", "memory"))

    def test_checks_cost_steps(self):
        """A large argument is not checked for nothing."""
        provides = "f = { takes = { { \"list\", list { of = number {} } } }, gives = optional(number {}) }"
        text = plugin(provides, "local function f() end\nreturn { f = f }\n")
        error = self.error({"plugin.lua": text}, policy(
            "local t = {} for i = 1, 20000 do t[i] = i end for i = 1, 100 do p.f(t) end", prelude='local p = require "plugin.p"\n'))
        self.assertEqual((error["code"], error["budget"]), ("budget_exceeded", "instructions"))

    def test_refusals_cost_steps(self):
        """A policy that catches one after the other ends by its steps, well before the clock."""
        for call in ("pcall(p.add)", "pcall(p.add, 'x')", "pcall(p.add, 1, 2, 3)", "pcall(p.bad)", "pcall(p.add, ('x'):rep(100))"):
            text = plugin(ADD + ", bad = { takes = {}, gives = text {} }", "local function add(a) return a end\nreturn { add = add, bad = function() end }\n")
            with self.subTest(call):
                error = self.error({"plugin.lua": text}, policy(f"while true do {call} end", prelude='local p = require "plugin.p"\n'))
                self.assertEqual((error["code"], error["budget"]), ("budget_exceeded", "instructions"))

    def test_loading_has_its_budget(self):
        self.refused({"plugin.lua": plugin(body="while true do end\n" + ADD_BODY)}, "budget of instructions is spent")
        self.refused({"plugin.lua": plugin(body="local s = 'x' while true do s = s .. s end\n" + ADD_BODY)}, "budget of memory is spent")

    def test_no_state_remains(self):
        self.refused({"plugin.lua": plugin(body="local n = 0\nlocal function add() n = n + 1 return n end\nreturn { add = add }\n")},
                     r"plugin\.lua:5: a function assigns to 'n'")
        self.refused({"plugin.lua": plugin(body="local function make() local n = 0 return function() n = n + 1 return n end end\nreturn { add = make() }\n")},
                     r"plugin\.lua:4: this function assigns to a local variable")
        self.refused({"plugin.lua": plugin(body='local words = ("a b"):gmatch("%a")\nlocal function add() words() return 1 end\nreturn { add = add }\n')},
                     "iterator")
        self.refused({"plugin.lua": plugin(body='return { add = ("a b"):gmatch("%a") }\n')}, "iterator")
        for body in ("seen[1] = 1", "table.insert(seen, 1)", "setmetatable(seen, {})", "settings.x = 1", "string.x = 1"):
            with self.subTest(body):
                text = plugin(body=f"local seen = {{}}\nlocal function add() {body} return 1 end\nreturn {{ add = add }}\n")
                error = self.error({"plugin.lua": "local settings = " + text})
                self.assertIn("read-only", error["message"])
                self.assertEqual(error["line"], 5)

    def test_what_it_hands_out_stays_as_it_is(self):
        text = plugin("t = { takes = {}, gives = list { of = integer {} } }", "local list = { 1, 2 }\nlocal function t() return list end\nreturn { t = t }\n")
        error = self.error({"plugin.lua": text}, policy("p.t()[1] = 5", prelude='local p = require "plugin.p"\n'))
        self.assertIn("read-only", error["message"])
        error = self.error({"plugin.lua": text}, policy("p.t = 5", prelude='local p = require "plugin.p"\n'))
        self.assertIn("read-only", error["message"])

    def test_fresh_tables_are_not_taken_for_its_own(self):
        """What was frozen and is dropped leaves its address to a table that a decision makes."""
        code = ("local all = {} for i = 1, 40 do local t = {} for k = 1, i % 9 do t['k' .. k] = i end t[1] = p.add(1) all[i] = t end"
                " return { outcome = 'approve', reasons = { 'ok' } }")
        for text in (plugin(), "local settings = " + plugin(), plugin(body="local t = {}\nfor i = 1, 50 do t['x' .. i] = {} end\n" + ADD_BODY)):
            results, done = self.decide({"plugin.lua": text}, [{}] * 3000, policy(code, prelude='local p = require "plugin.p"\n'))
            self.assertEqual(done.returncode, 0, [line for line in results if "error" in line][:3])

    def test_names_that_are_not_provided_are_not_there(self):
        for name in ("name", "version", "files", "rate"):
            error = self.error({"plugin.lua": plugin()}, calling(f"p.{name}()"))
            self.assertIn(f"attempt to call a nil value (field '{name}')", error["message"])

    def test_the_rows_around_it_do_not_notice(self):
        text = plugin(body="local function add(a) if a == 2 then while true do end end if a == 3 then error('three') end return a end\nreturn { add = add }\n")
        rows = [{"id": str(i), "a": i % 5} for i in range(300)]
        files = {"plugins/p/plugin.lua": text, "policies/x/y.lua": calling("p.add(tx.a)")}
        with Folder(files) as folder:
            outputs = [folder.batch("x.y", rows, "--jobs", jobs, "--at", "2025-01-01") for jobs in ("1", "2", "4")]
        self.assertEqual(outputs[0][1].stdout, outputs[1][1].stdout)
        self.assertEqual(outputs[0][1].stdout, outputs[2][1].stdout)
        for row, result in zip(rows, outputs[0][0]):
            if row["a"] == 2:
                self.assertEqual(result["error"]["budget"], "instructions")
            elif row["a"] == 3:
                self.assertEqual(result["error"]["message"], "plugins/p/plugin.lua:4: three")
            else:
                self.assertEqual(result["decision"]["got"], row["a"])


class Calls(Plugin):
    """Arguments and results are held to what is declared."""

    def call(self, takes, arguments, gives="optional(text {})", body="return nil", row=None):
        text = plugin(f"f = {{ takes = {{ {takes} }}, gives = {gives} }}", f"local function f(...) {body} end\nreturn {{ f = f }}\n")
        results, _ = self.decide({"plugin.lua": text}, [row or {"a": "1.5", "text": "t", "day": "2025-01-02"}], calling(f"p.f({arguments})"))
        return results[0].get("error", {}).get("message") or results[0]["decision"].get("got")

    def test_arguments(self):
        cases = [
            ("text {}", "nil", "expected text, got nil"), ("text {}", "5", "expected text, got 5"), ("text {}", "{}", "expected text, got a table"),
            ("text {}", "print", "expected text, got nil"), ("text {}", "type", "expected text, got a function"), ("text {}", "true", "expected text, got true"),
            ("text { max = 2 }", '"äöü"', "must have at most 2 characters"), ("text { max = 3 }", '"äöü"', None), ("text { min = 1 }", '""', "must have at least 1 characters"),
            ("date {}", '"2025-02-29"', 'expected date (YYYY-MM-DD), got "2025-02-29"'), ("date {}", "tx.day", None), ("date {}", "context.at", None),
            ("date {}", "20250102", "expected date (YYYY-MM-DD), got 20250102"), ("timestamp {}", "context.at", None),
            ("timestamp {}", '"2025-01-02"', "expected timestamp"), ("integer {}", "1", None), ("integer {}", "1.0", None), ("integer {}", "1.5", "expected integer, got 1.5"),
            ("integer {}", "tx.a * 2", None), ("integer {}", "1e20", "expected integer, got 100000000000000000000"), ("integer {}", '"1"', 'expected integer, got "1"'),
            ("integer { min = 2 }", "1", "must be at least 2"), ("integer { max = 2 }", "3", "must be at most 2"), ("number {}", "1e20", None),
            ("number {}", "0.1", None), ("number { max = 0.5 }", "0.50", None), ("number { max = 0.5 }", "0.51", "must be at most 0.5"),
            ("number { max = 0.5 }", "0.500000000000000000000000001", "must be at most 0.5"),
            ("number { min = 12345678901234567890.5 }", "12345678901234567890.4", "must be at least 12345678901234567890.5"),
            ("number { min = 12345678901234567890.5 }", "12345678901234567890.5", None),
            ("money { min = 0 }", "-0.01", "must be at least 0"), ("boolean {}", "false", None), ("boolean {}", "nil", "expected boolean, got nil"),
            ("boolean {}", "0", "expected boolean, got 0"), ('enum { "a", "b" }', '"a"', None), ('enum { "a", "b" }', '"c"', 'expected one of "a", "b", got "c"'),
            ("optional(number {})", "nil", None), ("optional(number {})", '"x"', 'expected number, got "x"'), ("optional(number {})", "", None),
            ("list { of = integer {} }", "{ 1, 2 }", None), ("list { of = integer {} }", '{ 1, "x" }', '[2]: expected integer, got "x"'),
            ("list { of = integer {}, max = 1 }", "{ 1, 2 }", "must have at most 1 elements"), ("list { of = integer {} }", "{}", None),
            ("list { of = integer {} }", "{ a = 1 }", "expected list, got a table"), ("list { of = integer {} }", "5", "expected list, got 5"),
            ("map { of = integer {} }", "{ a = 1 }", None), ("map { of = integer {} }", "{ a = 1, b = 0.5 }", '["b"]: expected integer, got 0.5'),
            ("map { of = integer {} }", "{ 1 }", "expected map, whose keys are texts"), ("record { a = text {} }", '{ a = "x", b = 1 }', None),
            ("record { a = record { b = text {} } }", "{ a = { b = 1 } }", ".a.b: expected text, got 1"), ("record { a = text {} }", "{}", ".a: expected text, got nil"),
            ("record { a = list { of = record { b = date {} } } }", '{ a = { { b = "2025-01-01" }, { b = "x" } } }', '.a[2].b: expected date (YYYY-MM-DD), got "x"'),
            ("record { a = optional(text {}) }", "tx", '.a: expected text, got 1.5'), ("record { text = text {} }", "tx", None),
            ("text {}", '"' + "x" * 200 + '"', None), ("text { max = 5 }", '"' + "x" * 200 + '"', "must have at most 5 characters"),
            ("integer {}", '"' + "ä" * 100 + '"', 'expected integer, got "' + "ä" * 30 + '…"'), ("integer {}", '"\\xff"', "expected integer, got a text that is not UTF-8"),
            ("integer {}", '"a\\0b"', "expected integer, got a text with a zero byte"),
            ("text { sensitive = true, max = 1 }", "5", "expected text, got a number"),
            ("text {}", '"a", nil, nil', None), ("text {}", '"a", 1', "takes 1 argument, got 2"),
        ]
        for type_, argument, expected in cases:
            with self.subTest(type=type_, argument=argument):
                message = self.call(f'{{ "it", {type_} }}', argument)
                if expected is None:
                    self.assertIsNone(message)
                    continue
                self.assertTrue(message.startswith("x/y.lua:"), message)
                name = "p.f: " if "takes" in expected else "p.f: it" if expected[0] in ".[" else "p.f: it: "
                self.assertIn(name + expected, message)

    def test_a_time_becomes_its_day(self):
        self.assertEqual(self.call('{ "day", date {} }', '"2025-06-15T23:30:00-02:00"', body="return (...)"), "2025-06-16")

    def test_metamethods_do_not_run(self):
        trap = 'setmetatable({}, { __index = function() error("ran") end, __len = function() error("ran") end })'
        self.assertIsNone(self.call('{ "it", list { of = text {} } }', trap))
        self.assertIn(".a: expected text, got nil", self.call('{ "it", record { a = text {} } }', trap))

    def test_results(self):
        for gives, body, expected in (("number {}", 'return "x"', 'p.f: its result: expected number, got "x": the plugin breaks its own declaration'),
                                      ("number {}", "return", "p.f: its result: expected number, got nil"),
                                      ("list { of = record { a = text {} } }", "return { { a = 1 } }", "p.f: its result[1].a: expected text, got 1"),
                                      ("number {}", "return 5, 6", 5), ("optional(number {})", "return nil", None), ("optional(number {})", "", None)):
            with self.subTest(gives=gives, body=body):
                message = self.call("", "", gives, body)
                self.assertEqual(message, expected) if not isinstance(expected, str) else self.assertIn(expected, message)

    def test_an_error_names_the_line_of_the_plugin(self):
        text = plugin(body="local function inner(a)\n  return a.b.c\nend\nlocal function add(a)\n  local x = inner({})\n  return x\nend\nreturn { add = add }\n")
        error = self.error({"plugin.lua": text})
        self.assertEqual((error["code"], error["line"]), ("policy_error", 5))
        self.assertTrue(error["message"].startswith("plugins/p/plugin.lua:5: attempt to index"), error)

    def test_an_error_can_be_caught(self):
        self.assertEqual(self.got({"plugin.lua": plugin()}, calling("select(2, pcall(p.add))")), "p.add: a: expected number, got nil")


class Settings(Plugin):
    TEXT = plugin("get = { takes = {}, gives = optional(map { of = text {} }) }",
                  "local function get() return { base = settings.base, days = tostring(settings.days), kind = settings.kind,"
                  " note = settings.note, list = table.concat(settings.list or {}, ' ') } end\nreturn { get = get }\n",
                  'settings = {\n base = text { default = "CNY", min = 3, summary = "s" },\n days = integer { default = 7, min = 0 },\n'
                  ' kind = enum { "a", "b", default = "a" }, note = optional(text {}), list = optional(list { of = text {}, max = 2 }) },')
    TEXT = "local settings = " + TEXT

    def files(self, settings):
        return {"plugin.lua": self.TEXT, **({} if settings is None else {"plugins/settings.json": settings})}

    def test_defaults_and_values(self):
        default = {"base": "CNY", "days": "7", "kind": "a", "list": ""}
        for settings, changed in ((None, {}), ("{}", {}), ('{"p":{}}', {}), ('{"p":{"base":"EUR"}}', {"base": "EUR"}),
                                  ('{"p":{"days":0,"kind":"b","note":"x","list":["u","v"]}}', {"days": "0", "kind": "b", "note": "x", "list": "u v"}),
                                  ('{"p":{"note":null,"base":"\\u4e2d\\u6587\\u5b57"}}', {"base": "中文字"}), (b'\xef\xbb\xbf{"p":{"days":1}}', {"days": "1"})):
            with self.subTest(settings):
                self.assertEqual(self.got(self.files(settings), calling("p.get()")), {**default, **changed})

    def test_what_is_wrong_is_said_with_line_and_path(self):
        where = r"plugins/settings\.json:%d: %s"
        for settings, line, words in (
                ('{"p":{"bas":"EUR"}}', 1, r"/p/bas: no such setting \(the plugin has: .*base"), ('{\n\n "q": {}}', 3, "/q: no such plugin\n"),
                ('{"p":{\n"base":5}}', 2, "/p/base: expected text, got 5"), ('{"p":{"base":"EU"}}', 1, "/p/base: must have at least 3 characters"),
                ('{"p":{"days":"x"}}', 1, "/p/days: expected integer"), ('{"p":{"days":-1}}', 1, "/p/days: must be at least 0"),
                ('{"p":{"kind":"c"}}', 1, '/p/kind: expected one of "a", "b"'), ('{"p":{"base":null}}', 1, "/p/base: expected text, got null"),
                ('{"p":{"list":["a",\n"b",\n5]}}', 3, "/p/list/2: expected text, got 5"), ('{"p":{"list":["a","b","c"]}}', 1, "/p/list: must have at most 2 elements"),
                ('{"p":{"list":"a"}}', 1, "/p/list: expected a list, got \"a\""), ('{"p":{"base":{}}}', 1, "/p/base: expected text, got a record"),
                ('{"p":5}', 1, "/p: expected an object of settings"), ("[]", 1, "expected an object of plugins"), ('{"p":{},"p":{}}', 1, "/p: stands there twice"),
                ('{"p":{"base":"EUR",\n"base":"USD"}}', 2, "/p/base: stands there twice"), ("", 1, "not JSON"), ('{"p":{\n"base":"EUR",}}', 2, "not JSON: unexpected character"),
                (b'{"p":{"base":"\xff"}}', 1, "not JSON")):
            with self.subTest(settings):
                self.refused(self.files(settings), where % (line, words), calling("p.get()"))

    def test_a_large_file_of_settings(self):
        """Wrong in a hundred thousand places, it is refused at once."""
        text = "{" + ",".join(f'"q{i}":{{}}' for i in range(70000)) + "}"
        with Folder({"policies/x/y.lua": calling("p.get()"), "plugins/p/plugin.lua": self.TEXT, "plugins/settings.json": text}) as folder:
            _, done = folder.batch("x.y", [{}], timeout=20)
            self.assertEqual((done.returncode, done.stderr.count(b"no such plugin")), (4, 50))
        many = json.dumps({"p": {"list": ["x"] * 200000}})
        self.refused(self.files(many), "/p/list: must have at most 2 elements", calling("p.get()"))
        self.refused(self.files("[" * 100000), "not JSON", calling("p.get()"))
        with Folder({"policies/x/y.lua": calling("p.get()"), "plugins/p/plugin.lua": self.TEXT, "plugins/settings.json": " " * (1 << 20) + "{}"}) as folder:
            self.assertIn(b"plugins/settings.json: larger than 1048576 bytes", folder.batch("x.y", [{}])[1].stderr)

    def test_a_declaration_of_settings(self):
        for settings, words in (("base = text {}", r"settings\.base: a default is missing: text \{ default = … \}, or optional\(text \{\}\)"),
                                ('days = integer { default = "x" }', r"settings\.days: the default x is not a integer within its bounds"),
                                ("base = 5", r"settings\.base: expected a type"), ("r = optional(record { a = text {} })", "a setting is a single value or a list of them"),
                                ("text {}", "settings: expected a text, got a number")):
            with self.subTest(settings):
                self.refused({"plugin.lua": plugin(extra=f"settings = {{ {settings} }},")}, words)

    def test_a_plugin_without_settings(self):
        self.refused({"plugin.lua": plugin(), "plugins/settings.json": '{"p":{"x":1}}'}, "/p/x: the plugin has no settings")

    def test_policies_without_plugins_do_not_care(self):
        with Folder({"policies/x/y.lua": policy('return { outcome = "approve", reasons = { "ok" } }'), "plugins/settings.json": "broken"}) as folder:
            self.assertEqual(folder.batch("x.y", [{}])[1].returncode, 0)


class Versions(unittest.TestCase):
    FILES = {"policies/x/y.lua": calling("p.add(1)"), "policies/x/z.lua": policy("return nil"),
             "plugins/p/plugin.lua": plugin(extra='files = { "x.csv", "other.csv" }, settings = { n = integer { default = 1 } },',
                                            body='local rows = dataset "x.csv" { a = text {} }\n' + ADD_BODY),
             "plugins/p/x.csv": "a\n1\n", "plugins/p/other.csv": "a\n1\n", "plugins/q/plugin.lua": plugin().replace('"p"', '"q"'),
             "plugins/settings.json": '{"p":{"n":2}}'}

    def versions(self, changes=None):
        with Folder({name: text for name, text in {**self.FILES, **(changes or {})}.items() if text is not None}) as folder:
            done = folder.run("policies", "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            return {each["name"]: each["version"] for each in json.loads(done.stdout)}

    def test_what_changes_them(self):
        base = self.versions()
        self.assertEqual(self.versions(), base)
        changing = [{"plugins/p/x.csv": "a\n2\n"}, {"plugins/p/plugin.lua": self.FILES["plugins/p/plugin.lua"] + "\n"}, {"plugins/settings.json": '{"p":{"n":3}}'},
                    {"plugins/settings.json": None}, {"plugins/settings.json": "{}"}, {"plugins/settings.json": '{"p":{}}'}]
        seen = {base["x.y"]}
        for change in changing:
            with self.subTest(change):
                now = self.versions(change)
                self.assertEqual(now["x.z"], base["x.z"])
                seen.add(now["x.y"])
        self.assertEqual(len(seen), 1 + len(changing) - 1, "without settings and with none are one version, all others differ")
        for change in ({"plugins/p/other.csv": "a\n2\n"}, {"plugins/p/README.md": "x"}, {"plugins/p/plugin_test.lua": "x"},
                       {"plugins/settings.json": '{"q":{},\n "p":{"n":2} }'}, {"plugins/q/plugin.lua": "broken"}):
            with self.subTest(change):
                self.assertEqual(self.versions(change), base)


class Tests(unittest.TestCase):
    """`remit test` runs the plugins' tests with the policies'."""

    FILES = {"policies/x/y.lua": policy('return { outcome = "approve", reasons = { "ok" } }'),
             "policies/x/y_test.lua": 'return test "x.y" { { name = "n", input = {}, expect = { outcome = "approve" } } }',
             "plugins/p/plugin.lua": plugin(ADD + ", get = { takes = { { \"a\", optional(text {}) }, { \"b\", text {} } }, gives = optional(record { a = text {}, b = list { of = number {} } }) },"
                                            " ten = { value = integer {} }, base = { takes = {}, gives = text {} }",
                                            "local function add(a, b) return a + (b or 0) end\n"
                                            'local function get(a, b) if b == "none" then return nil end return { a = b, b = { 1, 0.5 } } end\n'
                                            "local function base() return settings.base end\nreturn { add = add, get = get, ten = 10, base = base }\n",
                                            'settings = { base = text { default = "CNY", max = 3 } },').replace("plugin {", "local settings = plugin {", 1)}

    def run_cases(self, cases, *arguments, settings=None, files=None, head='return test "plugin.p" '):
        files = {**self.FILES, "plugins/p/plugin_test.lua": head + "{ " + cases + " }", **(files or {})}
        if settings:
            files["plugins/settings.json"] = settings
        with Folder(files) as folder:
            done = folder.run("test", *[a.replace("@", folder.path) for a in arguments])
            return done.returncode, done.stdout.decode(), done.stderr.decode()

    def test_passing(self):
        passing = ['call = "add", with = { 1, 2 }, expect = 3', 'call = "add", with = { 0.1, 0.2 }, expect = "0.3" ~= nil and 0.3', 'call = "add", with = { 1 }, expect = 1.0',
                   'call = "get", with = { nil, "x" }, expect = { a = "x" }', 'call = "get", with = { "u", "x" }, expect = { b = { 1, 0.50 } }',
                   'call = "get", with = { nil, "none" }, expect_nil = true', 'get = "ten", expect = 10', 'call = "base", expect = "CNY"',
                   'call = "base", settings = { base = "EUR" }, expect = "EUR"', 'call = "base", settings = {}, expect = "CNY"',
                   'call = "base", settings = { base = "LONG" }, error = "/p/base: must have at most 3 characters"',
                   'call = "base", settings = { bas = "X" }, error = "no such setting"',
                   'call = "add", with = {}, error = "p.add: a: expected number, got nil"', 'call = "nothing", error = "provides no \'nothing\'"']
        cases = ", ".join(f'{{ name = "{i}", {case} }}' for i, case in enumerate(passing))
        self.assertEqual(self.run_cases(cases), (0, f"{len(passing) + 1} passed, 0 failed\n", ""))
        self.assertEqual(self.run_cases(cases, settings='{"p":{"base":"XYZ"}}')[:2], (0, f"{len(passing) + 1} passed, 0 failed\n"))

    def test_failing(self):
        for case, words in (('call = "add", with = { 1, 2 }, expect = 4', "expected 4, got 3"), ('call = "add", with = { 1, 2 }, expect_nil = true', "expected nil, got 3"),
                            ('call = "get", with = { nil, "none" }, expect = { a = "x" }', 'expected {"a":"x"}, got nil'), ('get = "ten", expect = 11', "expected 11, got 10"),
                            ('call = "get", with = { nil, "x" }, expect = { a = "y" }', 'a: expected "y", got "x"'), ('call = "add", with = { 1, 2 }, error = "x"', "got 3"),
                            ('call = "get", with = { nil, "x" }, expect = { c = "y" }', 'c: expected "y", got nothing'),
                            ('call = "add", with = {}, expect = 1', "got the error "), ('call = "add", with = {}, error = "other"', 'expected an error with "other"'),
                            ('call = "add", with = { 1 }', "nothing is expected"), ('call = "add", with = { 1 }, expct = 1', 'unknown key "expct": did you mean "expect"?'),
                            ('expect = 1', "nothing is called"), ('call = "add", get = "ten", expect = 1', "call and get stand both there"), ('call = "add", with = 5, expect = 1', "with: expected the list"),
                            ('get = "ten", with = { 1 }, expect = 10', "a value takes no arguments"), ('call = "add", with = { 1 }, expect = 1, error = "x"', "one of them says"),
                            ('call = "add", with = { a = 1 }, expect = 1', "with: expected the list"), ('call = "add", with = { 1 }, error = ""', "error: expected a part of its message"),
                            ('call = "add", with = { 1 }, expect_nil = false', "expect_nil: expected true"), ('call = "add", with = { 1 }, settings = 5, expect = 1', "settings: expected a table")):
            with self.subTest(case):
                status, out, _ = self.run_cases('{ name = "it", ' + case + " }", "plugin.p")
                self.assertEqual(status, 1, out)
                self.assertTrue(out.startswith("plugin.p: it\n  "), out)
                self.assertIn(words, out)
                self.assertTrue(out.endswith("\n0 passed, 1 failed\n"), out)

    def test_files_that_do_not_load(self):
        good = '{ name = "n", call = "add", with = { 1 }, expect = 1 }'
        for head, cases, words in (("return ", good, "a test file must end with return test"), ('return test "plugin.q" ', good, 'expected test "plugin.p", got test "plugin.q"'),
                                   ('return test "x.y" ', good, 'expected test "plugin.p"'), ('return test "plugin.p" ', "", "has no cases"),
                                   ('local d = dataset "x.csv" { a = text {} }\nreturn test "plugin.p" ', good, "plugins/p/plugin_test.lua:1: plugin.p gets nothing"),
                                   ('local l = require "lib.l"\nreturn test "plugin.p" ', good, "plugin_test.lua:1: plugin.p may require its own modules only")):
            with self.subTest(head):
                status, out, _ = self.run_cases(cases, "plugin.p", head=head, files={"plugins/p/x.csv": "a\n", "policies/lib/l.lua": "return {}"})
                self.assertEqual(status, 1)
                self.assertIn("plugin.p: its tests cannot be loaded\n  plugins/p/plugin_test.lua", out)
                self.assertIn(words, out)
        status, out, _ = self.run_cases(good, files={"plugins/p/plugin.lua": plugin(body="return {}")})
        self.assertEqual((status, out.splitlines()[-1]), (1, "1 passed, 1 failed"))
        self.assertIn("plugins/p/plugin.lua:2: provides.add: the file does not return it", out)
        status, out, _ = self.run_cases(good + ", " + good, "plugin.p")
        self.assertIn("another case of the file has this name", out)

    def test_which_are_run(self):
        good = '{ name = "n", call = "add", with = { 1 }, expect = 1 }'
        for argument, passed in ((None, 2), ("plugin.p", 1), ("@/plugins/p", 1), ("@/plugins", 1), ("@/plugins/p/plugin_test.lua", 1), ("@/plugins/p/plugin.lua", 1),
                                 ("x.y", 1), ("@/policies", 1), ("@/policies/x", 1)):
            with self.subTest(argument):
                status, out, error = self.run_cases(good, *([argument] if argument else []))
                self.assertEqual((status, out), (0, f"{passed} passed, 0 failed\n"), error)
        for argument in ("plugin.q", "plugin.", "@/plugins/p/README.md", "@/plugins/q"):
            with self.subTest(argument):
                status, _, error = self.run_cases(good, argument, files={"plugins/p/README.md": "x", "plugins/q/plugin.lua": plugin()})
                self.assertEqual(status, 2)
                self.assertIn("no tests ", error)

    def test_a_machine_of_its_own_for_each_case(self):
        cases = ", ".join(f'{{ name = "{i}", call = "base", settings = {{ base = "{i}" }}, expect = "{i}" }}' for i in range(50))
        self.assertEqual(self.run_cases(cases, "plugin.p")[:2], (0, "50 passed, 0 failed\n"))


class Shipped(unittest.TestCase):
    def test_each_plugin_has_tests_and_says_what_it_is(self):
        folder = os.path.join(ROOT, "plugins")
        for name in sorted(os.listdir(folder)):
            if not os.path.isdir(os.path.join(folder, name)):
                continue
            with self.subTest(name):
                for file in ("plugin.lua", "plugin_test.lua", "README.md"):
                    self.assertTrue(os.path.exists(os.path.join(folder, name, file)), file)
                done = run("test", f"plugin.{name}")
                self.assertEqual(done.returncode, 0, done.stdout.decode())

    def test_the_reference_rates_are_as_published(self):
        """Every figure of the file through the plugin, against the file itself."""
        with open(os.path.join(ROOT, "plugins/ecb/rates.csv"), encoding="utf-8") as file:
            header, *rows = [line.strip().split(",") for line in file]
        text = policy('local got = {} for _, c in ipairs(ecb.currencies) do got[c] = ecb.rate(c, tx.day) end'
                      ' return { outcome = "approve", reasons = { "ok" }, got = got }', fields="day = date {}", prelude='local ecb = require "plugin.ecb"\n')
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(os.path.join(folder, "policies/x"))
            with open(os.path.join(folder, "policies/x/y.lua"), "w", encoding="utf-8") as file:
                file.write(text)
            lines = "".join(json.dumps({"day": row[0]}) + "\n" for row in rows)
            done = run("batch", "--policy", "x.y", "--policies", os.path.join(folder, "policies"), data=lines)
        results = [json.loads(line, parse_float=str, parse_int=str)["decision"]["got"] for line in done.stdout.decode().splitlines()]
        self.assertEqual(len(results), len(rows))
        for row, got in zip(rows, results):
            want = {c: re.sub(r"\.?0+$", "", v) if "." in v else v for c, v in zip(header[1:], row[1:])}
            self.assertEqual(got, {**want, "EUR": "1"}, row[0])


if __name__ == "__main__":
    unittest.main()
