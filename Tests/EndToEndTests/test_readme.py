"""What the documents show is what comes out: README.md's worked example, the tables of docs/sandbox.md, and every link."""
import json
import os
import re
import subprocess
import sys
import unittest

from service import Server
from support import REMIT, ROOT, Folder, policy

README = os.path.join(ROOT, "README.md")
SANDBOX = os.path.join(ROOT, "docs", "sandbox.md")
STEPS_MAX = 1_000_000
APPROVE = 'return { outcome = "approve", reasons = { "ok" } }'


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def blocks(text):
    """The fenced blocks in order: (what the comment in front says, language, content)."""
    pattern = r"(?:<!-- (file|exit|client): (.+?) -->\n)?^```(\w*)\n(.*?)^```$"
    for mark, value, language, content in re.findall(pattern, text, re.MULTILINE | re.DOTALL):
        yield (mark, value), language, content


def tables(text, mark):
    """The rows of the tables behind the comment `mark`, each a list of cells; the header and the rule are left out."""
    for table in re.findall(rf"<!-- {mark} -->\n((?:\|.*\n)+)", text):
        for line in table.splitlines()[2:]:
            yield [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def code(cell):
    return cell[1:-1]


def files(parts):
    """What the blocks that are files hold, by their paths."""
    return {name: content for (mark, name), _, content in parts if mark == "file"}


class WorkedExample(unittest.TestCase):
    def test_as_written(self):
        parts = list(blocks(read(README)))
        expected, commands = None, 0
        # All files first: a reader has them all when the commands are typed.
        with Folder(files(parts)) as written:
            folder = written.path
            bin_folder = os.path.join(folder, ".bin")
            os.mkdir(bin_folder)
            os.symlink(REMIT, os.path.join(bin_folder, "remit"))
            environment = {**os.environ, "PATH": bin_folder + os.pathsep + os.environ["PATH"]}
            for (mark, value), language, content in parts:
                if mark == "client":
                    continue
                if language == "sh":
                    self.assertIsNone(expected, "a command whose output is not shown")
                    with self.subTest(content):
                        done = subprocess.run(["sh", "-c", content], cwd=folder, env=environment, capture_output=True,
                                              timeout=120, check=False)
                        self.assertEqual(done.returncode, int(value) if mark == "exit" else 0, done.stderr.decode())
                    expected = done.stdout
                    commands += 1
                elif expected is not None:
                    self.assertIn(language, ("json", "text"), "what follows a command is its output")
                    self.assertEqual(expected.decode(), content)
                    expected = None
        self.assertIsNone(expected, "the last command's output is not shown")
        self.assertGreaterEqual(commands, 3)

    def test_the_clients(self):
        """Each is run as it stands, but for the port, against the service of the worked example."""
        parts = list(blocks(read(README)))
        clients = {value: content for (mark, value), _, content in parts if mark == "client"}
        command, reply = clients.pop("service"), clients.pop("reply").encode()
        self.assertEqual(command, "remit serve --listen 127.0.0.1:7400\n")
        self.assertEqual(sorted(clients), ["nc", "python", "swift"])
        with Folder(files(parts)) as folder, Server(policies=os.path.join(folder.path, "policies"), plugins=os.path.join(folder.path, "plugins")) as server:
            for name, content in clients.items():
                with self.subTest(name):
                    self.assertEqual(content.count("7400"), 1)
                    content = content.replace("7400", str(server.port))
                    path = os.path.join(folder.path, "client." + name)
                    with open(path, "w", encoding="utf-8") as file:
                        file.write(content)
                    if name == "swift":
                        built = subprocess.run(["swiftc", "-o", path + ".out", path], cwd=folder.path, capture_output=True, timeout=300, check=False)
                        self.assertEqual((built.returncode, built.stderr), (0, b""))
                    call = {"nc": ["sh", path], "python": [sys.executable, path], "swift": [path + ".out"]}[name]
                    done = subprocess.run(call, cwd=folder.path, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
                    self.assertEqual((done.returncode, done.stderr, done.stdout), (0, b"", reply))

    def test_policies_that_are_listed_are_those_that_are_there(self):
        text = read(README)
        listed = re.findall(r"^\| `(\w+\.\w+)` \|", text[text.index("## The policies"):], re.MULTILINE)
        done = subprocess.run([REMIT, "policies", "--json"], cwd=ROOT, capture_output=True, timeout=120, check=True)
        self.assertEqual(listed, [each["name"] for each in json.loads(done.stdout)])


class Sandbox(unittest.TestCase):
    FIELDS = "id = optional(text {}), list = optional(list { of = integer {} }), n = optional(integer {})"
    PARAMS = 'params = { limit = money { default = "1" } },'
    ROW = {"id": "a", "list": [1]}

    def setUp(self):
        self.text = read(SANDBOX)

    def rows(self, mark, least):
        found = list(tables(self.text, mark))
        self.assertGreaterEqual(len(found), least, f"docs/sandbox.md: the table {mark}")
        return found

    def decide(self, body, prelude="", row=None):
        files = {"policies/x/p.lua": policy(body, fields=self.FIELDS, extra=self.PARAMS, prelude=prelude)}
        with Folder(files) as folder:
            return folder.batch("x.p", [row or self.ROW])

    def test_refused_at_load(self):
        cases = [(f"{code(cell)} {APPROVE}", "", message) for cell, message, _ in self.rows("load", 8)]
        cases += [(f"local used = f {APPROVE}", code(cell) + "\n", message) for cell, message, _ in self.rows("file", 3)]
        for body, prelude, message in cases:
            with self.subTest(prelude + body):
                results, done = self.decide(body, prelude)
                self.assertEqual((results, done.returncode), ([], 4))
                self.assertRegex(done.stderr.decode(), r"x/p\.lua:\d+: ")
                self.assertIn(message, done.stderr.decode())

    def test_refused_when_it_happens(self):
        for cell, message, _ in self.rows("run", 15):
            with self.subTest(cell):
                results, done = self.decide(f"do {code(cell)} end {APPROVE}", "local seen = {}\n")
                self.assertEqual(done.returncode, 3, done.stderr.decode())
                error = results[0]["error"]
                self.assertEqual(error["code"], "policy_error")
                self.assertIn(message, error["message"])

    def test_values(self):
        for cell, value in self.rows("value", 10):
            with self.subTest(cell):
                body = f'return {{ outcome = "approve", reasons = {{ "ok" }}, v = {code(cell)} }}'
                files = {"policies/x/p.lua": policy(body)}
                with Folder(files) as folder:
                    done = folder.run("batch", "--policy", "x.p", data="{}\n")
                self.assertIn(f'"reasons":["ok"],"v":{code(value)}}}}}\n', done.stdout.decode())

    def test_steps(self):
        """A fifth fewer rounds than the table allows fit in the budget, a fifth more do not."""
        for cell, steps, _ in self.rows("steps", 10):
            with self.subTest(cell):
                body = f'local a, b, u, t3, long = 1.25, 2.5, "abc", {{ 1, 2, 3 }}, 1.000000000000000000001 for i = 1, tx.n do {code(cell)} end {APPROVE}'
                fits = STEPS_MAX // int(steps)
                for n, outcome in ((fits * 4 // 5, "decision"), (fits * 6 // 5, "error")):
                    results, _ = self.decide(body, "local function f() end\n", {"n": n})
                    self.assertIn(outcome, results[0], results[0])
                self.assertEqual(results[0]["error"].get("budget"), "instructions")


class Links(unittest.TestCase):
    def test_every_link_leads_somewhere(self):
        documents = [os.path.join(folder, name) for top in ("", "docs", "examples", "benchmarks", "plugins")
                     for folder, _, names in os.walk(os.path.join(ROOT, top) if top else ROOT) for name in names
                     if name.endswith(".md") and (top or folder == ROOT)]
        self.assertGreaterEqual(len(documents), 8)
        for document in documents:
            for target in re.findall(r"\]\(([^)\s]+)\)", read(document)):
                if re.match(r"[a-z]+:", target):
                    continue
                path, _, anchor = target.partition("#")
                with self.subTest(os.path.relpath(document, ROOT), link=target):
                    there = os.path.join(os.path.dirname(document), path) if path else document
                    self.assertTrue(os.path.exists(there))
                    if anchor:
                        titles = re.findall(r"^#+ (.+)$", read(there), re.MULTILINE)
                        self.assertIn(anchor, [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles])

    def test_files_that_the_documents_name_are_there(self):
        for document in ("README.md", "docs/sandbox.md", "docs/architecture.md"):
            for name in set(re.findall(r"`((?:Sources|Tests|docs|policies|plugins|scripts|benchmarks|examples)/[\w./+-]*)`", read(os.path.join(ROOT, document)))):
                if name.startswith(("policies/approval/order", "policies/lib")):
                    continue
                with self.subTest(document, name=name):
                    self.assertTrue(os.path.exists(os.path.join(ROOT, name)), name)


if __name__ == "__main__":
    unittest.main()
