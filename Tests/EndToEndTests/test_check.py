"""`remit check`: what it finds, what it says of it, and that the shipped policies and plugins are clean."""
import json
import os
import random
import re
import time
import unittest

from support import ROOT, Folder, policy, run

TESTS = 'return test "f.p" { { name = "a", input = {}, expect = { outcome = "approve" } } }\n'
SECONDS_MAX = 20


def draft(body="", head=""):
    """A policy in which nothing is to be found but what the body brings."""
    decide = body + '\n    if tx.id then return { outcome = "approve", reasons = { "ok" } } end' \
        + '\n    return { outcome = "reject", reasons = { "ok" } }'
    return policy(decide, extra='source = "A test.",', prelude=head)


def folder(text, others=None):
    files = {"policies/f/p.lua": text, "policies/f/p_test.lua": TESTS}
    files.update(others or {})
    return Folder(files)


def lines(done):
    return done.stdout.decode().splitlines()


def rules(done):
    return [re.search(r"\[([a-z-]+)\]$", line).group(1) for line in lines(done)]


class Shipped(unittest.TestCase):
    def test_policies_and_plugins_are_clean(self):
        done = run("check")
        self.assertEqual((done.returncode, done.stdout), (0, b""), done.stdout.decode())
        self.assertRegex(done.stderr.decode(), r"^remit: checked \d+ files: clean\n$")

    def test_those_of_the_benchmarks_are_clean(self):
        done = run("check", "--policies", "benchmarks/natural/policies")
        self.assertEqual((done.returncode, done.stdout), (0, b""), done.stdout.decode())

    def test_each_family_alone_is_clean(self):
        for family in sorted(os.listdir(os.path.join(ROOT, "policies"))):
            if family in ("data", "meta") or not os.path.isdir(os.path.join(ROOT, "policies", family)):
                continue
            done = run("check", "policies/" + family)
            self.assertEqual((done.returncode, done.stdout), (0, b""), done.stdout.decode())

    def test_a_wrong_name_in_any_of_them_is_found(self):
        """Every field, param and reason that stands in the function decide, misspelt, one at a time."""
        root = os.path.join(ROOT, "policies")
        files = {}
        for directory, _, names in os.walk(root):
            for name in names:
                path = os.path.join(directory, name)
                with open(path, "rb") as file:
                    files["policies/" + os.path.relpath(path, root)] = file.read()
        mutants = {}
        for name in sorted(files):
            if not name.endswith(".lua") or name.endswith("_test.lua") or name.split("/")[1] in ("lib", "meta"):
                continue
            text = files[name].decode()
            start = text.find("local function decide(")
            end = text.find("\nend\n", start)
            if start < 0:
                continue
            for found in re.finditer(r'\b(?:tx|params|context)\.(\w+)|reasons = \{ "(\w+)" \}|outcome = "(\w+)"', text):
                group = found.lastindex
                if not start < found.start() < end:
                    continue
                place = found.start(group)
                changed = text[:place] + "q" + text[place:]
                line = text.count("\n", 0, place) + 1
                column = place - (text.rfind("\n", 0, place) + 1) + (1 if group == 1 else 0)
                mutants[f"mutant/m{len(mutants) + 1}.lua"] = (changed, line, column, found.group(0), name)
        self.assertGreater(len(mutants), 100)
        files.update({f"policies/{name}": text for name, (text, *_) in mutants.items()})
        with Folder(files) as place:
            done = place.run("check", os.path.join(place.path, "policies", "mutant"), plugins=os.path.join(ROOT, "plugins"))
        expected = {"unknown-field", "unknown-param", "undeclared-reason", "undeclared-outcome"}
        said = set()
        for line in lines(done):
            file, row, column, rest = line.split(":", 3)
            if rest.rsplit("[", 1)[1].rstrip("]") in expected:
                said.add((file, int(row), int(column)))
        missed = [(what, name, row) for file, (_, row, column, what, name) in mutants.items() if (file, row, column) not in said]
        self.assertEqual(missed, [], f"{len(missed)} of {len(mutants)}")


class Vocabulary(unittest.TestCase):
    """The checker's list of names against the machine itself."""

    STOCK = ("_G _VERSION _ENV coroutine debug io os package load loadfile loadstring dofile print warn rawget rawset xpcall "
             "collectgarbage require utf8 string table math jit bit32 unpack").split()

    @staticmethod
    def candidates():
        """Whatever the machine could call a global must stand as a text in its source."""
        names = set(Vocabulary.STOCK)
        source = os.path.join(ROOT, "Sources", "CRemitLua")
        for file in os.listdir(source):
            if file.endswith((".c", ".h")):
                with open(os.path.join(source, file), encoding="utf-8") as text:
                    names.update(re.findall(r'"([A-Za-z_]\w*)"', text.read()))
        keywords = ("and break do else elseif end false for function goto if in local nil not or repeat return then true until "
                    "while").split()
        return sorted(name for name in names - set(keywords) - {"_ENV"} if not name.startswith("__remit"))

    def machine_globals(self):
        names = self.candidates()
        listed = ", ".join(f"type({name})" for name in names)
        text = policy("return { outcome = \"approve\", reasons = { \"ok\" }, types = TYPES }",
                      prelude=f"local TYPES = {{ {listed} }}\n")
        with folder(text) as place:
            results, done = place.batch("f.p", [{}])
        self.assertEqual(done.returncode, 0, done.stderr)
        types = dict(zip(names, results[0]["decision"]["types"], strict=True))
        return {name: types[name] for name in names if types[name] != "nil"}, names

    def test_globals(self):
        known, names = self.machine_globals()
        self.assertGreater(len(known), 30)
        with folder(draft(head="local _all = { " + ", ".join(names) + " }\n")) as place:
            done = place.run("check")
        unknown = set(re.findall(r'(?:global )?"(\w+)"[^\[]*\[unknown-global\]', done.stdout.decode()))
        self.assertEqual(set(names) - unknown, set(known))

    def machine_members(self, known):
        libraries = [name for name, kind in known.items() if kind == "table"]
        self.assertIn("decimal", libraries)
        body = "local all = {} for name, library in pairs({ " + ", ".join(f"{name} = {name}" for name in libraries) + " }) do " \
            "all[name] = {} for member in pairs(library) do all[name][#all[name] + 1] = member end end " \
            'return { outcome = "approve", reasons = { "ok" }, all = all }'
        with folder(policy(body)) as place:
            results, _ = place.batch("f.p", [{}])
        return results[0]["decision"]["all"]

    def test_members_of_libraries(self):
        known, names = self.machine_globals()
        members = self.machine_members(known)
        for library in members:
            every = sorted(set(names).union(*members.values()))
            with folder(draft("local _a = { " + ", ".join(f"{library}.{member}" for member in every) + " }")) as place:
                done = place.run("check")
            refused = set(re.findall(r'(?:has no "|"\w+\.)(\w+)"[^\[]*\[unknown-member\]', done.stdout.decode()))
            self.assertEqual(set(every) - refused, set(members[library]), library)


class Output(unittest.TestCase):
    TWO = draft("local b = tx.amout\n    local a = decimal.rnd(1)")

    def test_text(self):
        with folder(self.TWO) as place:
            done = place.run("check")
        self.assertEqual(done.returncode, 1)
        found = lines(done)
        row = self.TWO[:self.TWO.index("tx.amout")].count("\n") + 1
        self.assertEqual(found, [
            f'f/p.lua:{row}:11: warning: nothing reads the local "b" [unused-local]',
            f'f/p.lua:{row}:18: error: unknown field "amout" of the input [unknown-field]',
            f'f/p.lua:{row + 1}:11: warning: nothing reads the local "a" [unused-local]',
            f'f/p.lua:{row + 1}:23: error: "decimal" has no "rnd" (did you mean "round"?) [unknown-member]',
        ])
        self.assertEqual(done.stderr.decode(), "remit: checked 2 files: 2 errors, 2 warnings\n")

    def test_notes_alone_do_not_fail(self):
        with folder(draft(), others={"policies/lib/spare.lua": "return {}\n"}) as place:
            done = place.run("check")
        self.assertEqual((done.returncode, rules(done)), (0, ["unused-module"]))
        self.assertEqual(done.stderr.decode(), "remit: checked 3 files: 1 note\n")

    def test_columns_count_characters(self):
        first = 'local _a = { "额度😀", "é" } local b = 1'
        for start, end in ((b"", b"\n"), (b"\xef\xbb\xbf", b"\n"), (b"", b"\r\n"), (b"\xef\xbb\xbf", b"\r\n")):
            text = start + (first + "\n" + draft("\tlocal _c = tx.zz")).encode()
            with folder(text.replace(b"\n", end)) as place:
                done = place.run("check")
            column = first.index("b = 1") + 1
            row = text.decode("utf-8-sig").split("tx.zz")[0].count("\n") + 1
            self.assertEqual([line.split(": ")[0] for line in lines(done)], [f"f/p.lua:1:{column}", f"f/p.lua:{row}:20"])

    def test_sarif(self):
        plugin = "local t = {}\nfunction t.f() return table.foo end\nreturn t\n"
        others = {"plugins/a b/plugin.lua": plugin, "plugins/ab/plugin.lua": plugin, "policies/lib/spare.lua": "return {}\n"}
        with folder(self.TWO, others=others) as place:
            text = place.run("check")
            done = place.run("check", "--format", "sarif")
            self.assertEqual((done.returncode, done.stderr), (text.returncode, text.stderr))
            document = json.loads(done.stdout)
            base = "file://" + os.path.join(place.path, "policies") + "/"
        self.assertEqual(document["version"], "2.1.0")
        self.assertTrue(document["$schema"].startswith("https://"))
        (only,) = document["runs"]
        self.assertEqual(only["columnKind"], "unicodeCodePoints")
        self.assertEqual(only["originalUriBaseIds"]["POLICIES"], {"uri": base})
        driver = only["tool"]["driver"]
        self.assertEqual(driver["name"], "remit")
        ids = [rule["id"] for rule in driver["rules"]]
        self.assertEqual(len(ids), len(set(ids)))
        for rule in driver["rules"]:
            self.assertTrue(rule["shortDescription"]["text"].endswith("."))
            self.assertIn(rule["defaultConfiguration"]["level"], ("error", "warning", "note"))
        rebuilt = []
        for result in only["results"]:
            self.assertEqual(ids[result["ruleIndex"]], result["ruleId"])
            (location,) = result["locations"]
            physical = location["physicalLocation"]
            artifact, region = physical["artifactLocation"], physical["region"]
            self.assertGreaterEqual(region["startLine"], 1)
            self.assertGreaterEqual(region["startColumn"], 1)
            self.assertGreater(region.get("endColumn", 1 << 30), region["startColumn"])
            prefix = {"POLICIES": "", "PLUGINS": "plugins/"}[artifact["uriBaseId"]]
            self.assertNotIn(" ", artifact["uri"])
            rebuilt.append(f'{prefix}{artifact["uri"].replace("%20", " ")}:{region["startLine"]}:{region["startColumn"]}: '
                           f'{result["level"]}: {result["message"]["text"]} [{result["ruleId"]}]')
        self.assertEqual(rebuilt, lines(text))
        self.assertIn("unused-module", rules(text))

    def test_sarif_of_nothing_and_of_folders_as_they_are_named(self):
        done = run("check", "--format", "sarif")
        document = json.loads(done.stdout)
        self.assertEqual((done.returncode, document["runs"][0]["results"]), (0, []))
        self.assertEqual(document["runs"][0]["originalUriBaseIds"]["POLICIES"], {"uri": "policies/", "uriBaseId": "ROOT"})

    def test_control_characters_do_not_reach_the_terminal(self):
        with folder(draft('local _a = tx["\\27[31m"]')) as place:
            done = place.run("check")
            self.assertNotIn(b"\x1b", done.stdout)
            sarif = place.run("check", "--format", "sarif")
        self.assertEqual(json.loads(sarif.stdout)["runs"][0]["results"][0]["ruleId"], "unknown-field")


class Documented(unittest.TestCase):
    """docs/check.md: every wrong line is found, every right one is not, and no rule is left out."""

    BASE = {
        "summary": 'summary = "What it decides.",', "source": 'source = "The handbook.",',
        "outcomes": 'outcomes = { "approve", "reject" },',
        "input": 'input = record { id = optional(text {}), amount = money {}, kind = enum { "goods", "services" }, '
                 'vendor = record { name = text {} }, lines = list { of = record { sku = text {} } } },',
        "params": 'params = { limit = money { default = 5, summary = "A limit." } },',
        "reasons": 'reasons = { ok = { en = "Fine.", zh = "好。" } },',
    }

    def text(self, body="", **keys):
        declaration = "\n  ".join({**self.BASE, **keys}.values())
        return f"""return policy {{
  {declaration}
  decide = function(tx, params, context)
    {body}
    local outcome = tx.amount <= params.limit and "approve" or "reject"
    return {{ outcome = outcome, reasons = {{ "ok" }}, at = context.at }}
  end,
}}
"""

    def found(self, files):
        with Folder({"policies/f/p.lua": self.text(), "policies/f/p_test.lua": TESTS, **files}) as place:
            return [rule for rule in rules(place.run("check")) if rule != "unused-module"]

    def test_every_row(self):
        with open(os.path.join(ROOT, "docs", "check.md"), encoding="utf-8") as file:
            document = file.read()
        shown = set()
        for kind, table in re.findall(r"<!-- check: (\w+) -->\n((?:\|.*\n)+)", document):
            for row in table.splitlines()[2:]:
                cells = re.findall(r"`([^`]+)`", row)
                rule, wrong, right = cells[0], *cells[2 if kind == "file" else 1:][:2]
                shown.add(rule)
                for text, expected in ((wrong, [rule]), (right, [])):
                    with self.subTest(rule, text=text):
                        if kind == "body":
                            files = {"policies/f/p.lua": self.text(text)}
                        elif kind == "declaration":
                            files = {"policies/f/p.lua": self.text(**{text.split(" ")[0]: text})}
                        else:
                            files = {"policies/" + cells[1]: text + "\n"}
                        self.assertEqual(self.found(files), expected)
        shown.update(re.findall(r"^- `([a-z-]+)`", document, re.MULTILINE))
        done = run("check", "--format", "sarif")
        every = {rule["id"] for rule in json.loads(done.stdout)["runs"][0]["tool"]["driver"]["rules"]}
        self.assertEqual(shown, every)


class Paths(unittest.TestCase):
    FILES = {
        "policies/a/one.lua": draft("local x = 1"), "policies/b/two.lua": draft("local x = 1"),
        "policies/lib/three.lua": "local x = 1 return {}\n", "plugins/four/plugin.lua": "local x = 1 return {}\n",
        "elsewhere/a/five.lua": draft("local x = 1"),
    }

    def files(self, *arguments):
        done = self.place.run("check", *arguments)
        self.assertEqual(done.returncode, 1, done.stderr)
        return {line.split(":")[0] for line in lines(done)}

    def test_each_kind(self):
        with Folder(self.FILES) as place:
            self.place = place
            every = {"a/one.lua", "b/two.lua", "lib/three.lua", "plugins/four/plugin.lua"}
            self.assertEqual(self.files(), every)
            self.assertEqual(self.files("a.one"), {"a/one.lua"})
            self.assertEqual(self.files("policies/a"), {"a/one.lua"})
            self.assertEqual(self.files("policies/a/one.lua"), {"a/one.lua"})
            self.assertEqual(self.files("./policies/lib/"), {"lib/three.lua"})
            self.assertEqual(self.files("policies"), every - {"plugins/four/plugin.lua"})
            self.assertEqual(self.files("plugins"), {"plugins/four/plugin.lua"})
            self.assertEqual(self.files("plugin.four"), {"plugins/four/plugin.lua"})
            self.assertEqual(self.files("plugins/four"), {"plugins/four/plugin.lua"})
            self.assertEqual(self.files("elsewhere"), {"a/five.lua"})
            self.assertEqual(self.files("elsewhere/a/five.lua"), {"a/five.lua"})
            for wrong in (["nothing"], ["policies/c"], ["a.three"], ["plugin.three"], ["policies/a", "policies/b"], ["--format", "xml"]):
                done = place.run("check", *wrong)
                self.assertEqual((done.returncode, done.stdout), (2, b""), wrong)
                self.assertEqual(done.stderr.count(b"\n"), 1)

    def test_no_folder(self):
        with Folder({"x": ""}) as place:
            self.assertEqual(place.run("check").returncode, 2)
            os.mkdir(os.path.join(place.path, "policies"))
            done = place.run("check")
            self.assertEqual((done.returncode, done.stderr), (0, b"remit: checked 0 files: clean\n"))


class Broken(unittest.TestCase):
    def check(self, text, *expected, others=None):
        with folder(text, others=others or {}) as place:
            done = place.run("check", timeout=SECONDS_MAX)
        self.assertEqual(done.returncode, 1 if expected else 0, done.stderr)
        self.assertEqual([line.split(": ")[0].split(":", 1)[1] + " " + rule for line, rule in zip(lines(done), rules(done))],
                         list(expected), done.stdout.decode())

    def test_texts(self):
        self.check("", "1:1 load-error")
        self.check("return", "1:1 load-error")
        self.check(b"\x1bLua", "1:1 syntax")
        self.check(b"\xff\xfe", "1:1 syntax")
        self.check("return policy {\n  x = = 1\n}", "2:7 syntax")
        self.check("a = 1\nb = 2\nreturn policy {}", "1:1 syntax", "2:1 syntax")
        self.check("return policy {\n  montey = 5,\n}", "1:1 load-error")
        self.check("return polcy {}", "1:8 unknown-global")
        self.check("while true do end return policy {}", "1:1 load-error", "1:19 unreachable-code")
        self.check("error(\"no\")", "1:1 load-error")

    def test_everything_is_said_at_once(self):
        self.check("local x = decimal.rnd\nlocal y = require \"lib.broken\"\nreturn policy { z = foo }", "1:7 unused-local",
                   "1:19 unknown-member", "2:7 unused-local", "3:21 unknown-global", "2:5 syntax",
                   others={"policies/lib/broken.lua": "\nx = = 1"})

    def test_a_broken_module_is_said_once_for_all_that_require_it(self):
        head = 'local m = require "lib.m"\n'
        others = {"policies/lib/m.lua": "return nil + 1\n", "policies/f/q.lua": draft("local _a = m", head),
                  "policies/f/q_test.lua": TESTS.replace("f.p", "f.q")}
        with folder(draft("local _a = m", head), others=others) as place:
            self.assertEqual(len(lines(place.run("check"))), 1)

    def test_files_that_cannot_be_read(self):
        with folder(draft()) as place:
            os.mkdir(os.path.join(place.path, "policies", "f", "folder.lua"))
            os.symlink("/etc/hostname", os.path.join(place.path, "policies", "f", "outside.lua"))
            os.symlink("nowhere", os.path.join(place.path, "policies", "f", "dangling.lua"))
            os.symlink("../f", os.path.join(place.path, "policies", "f", "loop"))
            os.mkfifo(os.path.join(place.path, "policies", "f", "pipe.lua"))
            done = place.run("check", timeout=SECONDS_MAX)
        self.assertEqual(done.returncode, 1)
        found = {line.split(":")[0]: rule for line, rule in zip(lines(done), rules(done))}
        self.assertEqual(found, {"f/folder.lua": "load-error", "f/outside.lua": "load-error", "f/pipe.lua": "load-error",
                                 "f/dangling.lua": "load-error"})


class Hostile(unittest.TestCase):
    """Texts that cost more than they are long, if anything did."""

    def run_on(self, text, others=None):
        with folder(text, others=others or {}) as place:
            start = time.monotonic()
            done = place.run("check", timeout=SECONDS_MAX)
            self.assertLess(time.monotonic() - start, SECONDS_MAX / 2)
        self.assertIn(done.returncode, (0, 1), done.stderr[-300:])
        return done

    def test_many_findings(self):
        done = self.run_on(draft("local _a = {" + "\n".join(f"un{i}known, tx.f{i}, params.p{i}," for i in range(10_000)) + "}"))
        self.assertEqual(len(lines(done)), 30_000)

    def test_the_same_finding_often(self):
        done = self.run_on(draft("local _a = { " + "tx.amout, " * 50_000 + "}"))
        self.assertEqual(len(lines(done)), 50_000)

    def test_long_chains(self):
        for body in ("local _a = tx" + ".id" * 50_000, "local _a = 1" + " + 1" * 100, "local _a = tx" + "[1]" * 20_000,
                     "local _a = tx.id" + ":upper()" * 20_000):
            self.run_on(draft(body))

    def test_deep_nesting(self):
        for open_, close in (("(", ")"), ("{", "}"), ("-", ""), ("f(", ")")):
            for depth in (100, 5_000):
                self.run_on(draft("local f = type local _a = " + (open_ + " ") * depth + "1" + close * depth))
        self.run_on(draft("do " * 5_000 + "end " * 5_000))
        self.run_on(draft("if tx.id then " * 150 + "end " * 150))
        self.run_on("local f = " + "function() return " * 100 + "1" + " end" * 100 + "\n" + draft("local _a = f"))

    def test_functions_that_call_each_other(self):
        count = 150
        head = "local " + ", ".join(f"_v{i}" for i in range(20)) + "\n"
        functions = "\n".join(f"local function f{i}(t) return {'t.id' if i == 0 else f'f{i - 1}(t)'} end" for i in range(count))
        done = self.run_on(draft(f"local _a = f{count - 1}(tx)", head + functions.replace("t.id", "t.idd") + "\n"))
        self.assertTrue(set(rules(done)) <= {"unknown-field"})
        done = self.run_on(draft("local _a = f(tx)", "local function f(t) return t.idd and f(t) end\n"))
        self.assertEqual(rules(done), ["unknown-field"])

    def test_many_names(self):
        reasons = ", ".join(f'r{i} = {{ en = "a", zh = "b" }}' for i in range(5_000))
        fields = ", ".join(f"f{i} = optional(text {{}})" for i in range(250))
        text = draft("local _a = { " + ", ".join(f'"x{i}" .. tx.f{i % 250}q' for i in range(5_000)) + " }")
        text = text.replace("reasons = { ok", "reasons = { " + reasons + ", ok").replace("id = optional(text {})",
                                                                                      "id = optional(text {}), " + fields)
        self.run_on(text)

    def test_branches(self):
        clauses = "".join(f"elseif tx.id == \"{i}\" then local _b = {i} " for i in range(2_000))
        self.run_on(draft("if tx.id == \"x\" then local _b = 1 " + clauses + "end"))

    def test_many_files(self):
        others = {f"policies/lib/m{i}.lua": "local m = {}\nfunction m.f(x) return x end\nreturn m\n" for i in range(300)}
        head = "\n".join(f'local m{i} = require "lib.m{i}"' for i in range(150)) + "\n"
        done = self.run_on(draft("local _a = { " + ", ".join(f"m{i}.g" for i in range(150)) + " }", head), others)
        self.assertEqual(rules(done).count("unknown-member"), 150)
        self.assertEqual(rules(done).count("unused-module"), 150)

    def test_a_decision_table_that_is_too_large_to_search(self):
        chance = random.Random(20250615)
        columns = [f"c{i}" for i in range(8)]

        def cell():
            low = chance.randrange(60)
            return f"[{low}..{low + chance.randrange(20, 60)}]" if chance.random() < 0.8 else "-"

        sheet = "F," + ",".join(columns) + ",=>,n\n"
        for i in range(400):
            sheet += "," + ",".join(cell() for _ in columns) + f",,{i}\n"
        sheet += "," + ",".join("-" for _ in columns) + ",,0\n"
        text = draft("local _out = matrix(tx)", 'local matrix = decision_table "f/p.csv"\n')
        fields = ", ".join(f"{name} = optional(number {{}})" for name in columns)
        done = self.run_on(text.replace("id = optional(text {})", "id = optional(text {}), " + fields), {"policies/f/p.csv": sheet})
        self.assertEqual(rules(done).count("table-incomplete"), 1, done.stdout)

    def test_garbage(self):
        chance = random.Random(20250615)
        with open(os.path.join(ROOT, "policies", "approval", "purchase_order.lua"), "rb") as file:
            good = file.read()
        files = {}
        for i in range(200):
            data = bytearray(good)
            for _ in range(chance.randrange(1, 6)):
                place = chance.randrange(len(data))
                match chance.randrange(3):
                    case 0: data[place] = chance.randrange(256)
                    case 1: del data[place:place + chance.randrange(1, 40)]
                    case _: data[place:place] = good[chance.randrange(len(good)):][:chance.randrange(1, 40)]
            files[f"policies/g/p{i}.lua"] = bytes(data)
        with open(os.path.join(ROOT, "policies", "lib", "authority.lua"), "rb") as file:
            files["policies/lib/authority.lua"] = file.read()
        with open(os.path.join(ROOT, "policies", "data", "authority_limits.csv"), "rb") as file:
            files["policies/data/authority_limits.csv"] = file.read()
        with Folder(files) as place:
            first = place.run("check", timeout=120)
            second = place.run("check", timeout=120)
        self.assertEqual(first.returncode, 1)
        self.assertEqual(first.stdout, second.stdout)
        for line in lines(first):
            self.assertRegex(line, r"^[a-z0-9_/]+\.lua:\d+:\d+: (error|warning|note): .* \[[a-z-]+\]$")


if __name__ == "__main__":
    unittest.main()
