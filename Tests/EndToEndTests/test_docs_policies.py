"""docs/policies.md: its files are written and its commands run in a new folder, in the order in which they stand, and every row of
its marked tables is tried."""
import json
import os
import re
import subprocess
import tempfile
import unittest

from support import REMIT, ROOT, Folder, policy
from test_editor import texts
from test_readme import blocks, code, read, tables

PAGE = os.path.join(ROOT, "docs", "policies.md")
FIELDS = """id = text {}, amount = money {}, note = optional(text {}), day = date {}, tags = list { of = text {} },
  more = optional(record { x = integer {} })"""
ROW = {"id": "E-1", "amount": "1234.50", "day": "2025-06-15", "tags": ["b", "a"]}
OK = 'return { outcome = "approve", reasons = { "ok" } }'


class PoliciesPage(unittest.TestCase):
    def setUp(self):
        self.text = read(PAGE)

    def rows(self, mark, least):
        found = list(tables(self.text, mark))
        self.assertGreaterEqual(len(found), least, mark)
        return found

    def decide(self, body, extra="", prelude="", fields=FIELDS, row=ROW):
        files = {"policies/x/p.lua": policy(body, fields=fields, extra=extra, prelude=prelude)}
        with Folder(files) as folder:
            return folder.batch("x.p", [row], "--at", "2025-06-15T08:00:00Z")

    def test_as_written(self):
        expected, commands, fragments = None, 0, []
        with tempfile.TemporaryDirectory() as folder:
            bin_folder = os.path.join(folder, ".bin")
            os.mkdir(bin_folder)
            os.symlink(REMIT, os.path.join(bin_folder, "remit"))
            environment = {**os.environ, "PATH": bin_folder + os.pathsep + os.environ["PATH"]}
            for (mark, value), language, content in blocks(self.text):
                if expected is not None:
                    self.assertIn(language, ("json", "text"), "what follows a command is its output")
                    self.assertEqual(expected, content)
                    expected = None
                elif mark == "file":
                    path = os.path.join(folder, value)
                    os.makedirs(os.path.dirname(path), exist_ok=True)
                    with open(path, "w", encoding="utf-8") as file:
                        file.write(content)
                elif language == "lua":
                    fragments.append(content)
                else:
                    self.assertEqual(language, "sh", content)
                    done = subprocess.run(["sh", "-c", content], cwd=folder, env=environment, capture_output=True, text=True,
                                          timeout=120, check=False)
                    self.assertEqual(done.returncode, int(value) if mark == "exit" else 0, done.stdout + done.stderr)
                    expected = done.stdout
                    commands += 1
            # A reader's own checks have nothing to say of the policies of this page, but that two of them have no tests.
            done = subprocess.run([REMIT, "check"], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
            self.assertEqual(re.findall(r"\[([\w-]+)\]$", done.stdout, re.M).count("missing-test"), 2, done.stdout)
            self.assertLessEqual(set(re.findall(r"\[([\w-]+)\]$", done.stdout, re.M)), {"missing-test", "missing-source"})
        self.assertIsNone(expected, "the last command's output is not shown")
        self.assertGreaterEqual(commands, 8)
        declared, body = fragments
        results, done = self.decide("local _ = params " + OK, declared, fields="id = text {}", row={"id": "a"})
        self.assertIn("decision", results[0], done.stderr)
        with Folder({"policies/x/p.lua": policy(OK, extra=declared)}) as folder:
            self.assertIn(b"a ceiling above 5000 needs a stamp", folder.batch("x.p", [{}], "--param", "ceiling=6000", "--param", "stamp=false")[1].stderr)
        results, done = self.decide(body + 'return { outcome = "approve", reasons = { "ok" }, sorted = sorted }')
        self.assertEqual(results[0]["decision"]["sorted"], ["a", "b"])

    def test_keys_and_types_are_those_of_the_machine(self):
        keys = {word for row in tables(self.text, "keys") for word in re.findall(r"`(\w+)`", row[0])}
        self.assertEqual(keys, texts("policy_keys"))
        types = {word for row in tables(self.text, "types") for word in re.findall(r"`(\w+)", row[0])}
        source = read(os.path.join(ROOT, "Sources/CRemitLua/declare.c"))
        kinds = set(re.findall(r'"(\w+)"', re.search(r"remit_kind_names\[REMIT_KINDS\] = \{(.*?)\};", source, re.S).group(1)))
        self.assertEqual(types, kinds | {"optional"})

    def test_names_of_libraries_are_those_of_the_editor(self):
        for library in ("string", "utf8", "table", "decimal", "date"):
            text = read(os.path.join(ROOT, "policies", "meta", f"{library}.lua"))
            members = set(re.findall(rf"^(?:function )?{library}\.(\w+)", text, re.M))
            if library in ("decimal", "date"):
                named = set(re.findall(rf"`(?:{{ )?{library}\.(\w+)\(", self.text))
            else:
                named = set(re.search(rf"`{library}`\s+has\s+`([\w ]+)`", self.text).group(1).split())
            self.assertEqual(named, members, library)

    def test_inputs(self):
        for declared, value, said in self.rows("inputs", 20):
            with self.subTest(declared, value=value):
                results, done = self.decide(OK, fields=f"x = {code(declared)}", row=f'{{"x":{code(value)}}}')
                self.assertEqual(len(results), 1, done.stderr)
                if said.startswith("taken"):
                    self.assertIn("decision", results[0])
                else:
                    self.assertEqual(results[0]["error"]["code"], "invalid_input")
                    self.assertIn(said, results[0]["error"]["message"])

    def test_values(self):
        for cell, value, *_ in self.rows("values", 40):
            with self.subTest(cell):
                body = f'local v = {code(cell)} return {{ outcome = "approve", reasons = {{ "ok" }}, v = v }}'
                with Folder({"policies/x/p.lua": policy(body, fields=FIELDS)}) as folder:
                    done = folder.run("batch", "--policy", "x.p", "--at", "2025-06-15T08:00:00Z", data=json.dumps(ROW) + "\n")
                self.assertIn(f'"reasons":["ok"],"v":{code(value)}}}}}\n', done.stdout.decode())

    def test_roundings(self):
        rows = self.rows("roundings", 7)
        for name, *values, _ in rows:
            for x, value in zip(("2.5", "-2.5", "2.51"), values):
                with self.subTest(name, x=x):
                    results, _ = self.decide(f'return {{ outcome = "approve", reasons = {{ "ok" }}, v = decimal.round({x}, 0, "{code(name)}") }}')
                    self.assertEqual(results[0]["decision"]["v"], int(value))
        self.assertEqual({code(row[0]) for row in rows}, texts("rounding_names", "lib_decimal.c"))

    def fails(self, body, message, prelude=""):
        results, done = self.decide(f"{body} {OK}", prelude=prelude)
        self.assertEqual(len(results), 1, done.stderr)
        error = results[0].get("error")
        self.assertIsNotNone(error, results)
        self.assertIn(message, error["message"])
        self.assertIn(error["code"], ("policy_error", "budget_exceeded"))

    def test_refused_and_messages_of_decisions(self):
        for cell, message in self.rows("refused", 8):
            with self.subTest(cell):
                self.fails(f"local _ = {code(cell)}", message)
        for message, cell, _ in self.rows("deciding", 10):
            with self.subTest(cell):
                self.fails(code(cell), message)

    def test_messages_of_loading(self):
        cases = [(message, code(cell), "") for message, cell, _ in self.rows("loading", 4)]
        cases += [(message, "", code(cell)) for message, cell, _ in self.rows("declaring", 4)]
        for message, body, extra in cases:
            with self.subTest(message):
                results, done = self.decide(f"{body} {OK}", extra, prelude="local count = 0\n")
                self.assertEqual((results, done.returncode), ([], 4))
                self.assertRegex(done.stderr.decode(), r"x/p\.lua:\d+: ")
                self.assertIn(message, done.stderr.decode())


if __name__ == "__main__":
    unittest.main()
