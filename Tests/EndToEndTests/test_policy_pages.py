"""`remit policies NAME` and `--markdown`: the pages in docs/policies are what the declarations say, and hold what any of them may say."""
import json
import os
import re
import tempfile
import unittest

from support import ROOT, Folder, policy, run

PAGES = os.path.join(ROOT, "docs", "policies")
ALL = """
-- First that applies.
local function decide(tx, params)
  return { outcome = "a", reasons = { "r" }, n = tx.amount + params.limit }
end
return policy {
  summary = "What | it *does*, <b>really</b>.\\nYes.",
  source = "`Step` 9 | [handbook](x) &amp;",
  outcomes = { "a", "b|c", "``d" },
  strict = true,
  input = record {
    id = text { min = 1, max = 9, summary = "Its | number." },
    amount = optional(money { min = "-0.50", max = 7, sensitive = true, summary = "编号 of it." }),
    kind = enum { "x", "y|z" },
    tags = list { of = text { max = 3 }, min = 1, summary = "Its tags." },
    more = map { of = record { day = date {}, of_it = list { of = integer {} } }, max = 2 },
    plain = list { of = boolean {} },
  },
  params = { limit = number { default = "2.50", summary = "A | limit." }, none = optional(text {}) },
  reasons = { r = { en = "Yes | no.", zh = "是。" }, s = {} },
  decide = decide,
}
"""
CASES = """
return test "x.p" {
  { name = "refused", input = {}, error = { code = "invalid_input" } },
  { name = "fine | *fine*", at = "2025-06-15", params = { limit = 1 },
    input = { plain = {}, more = {}, tags = { "t" }, kind = "x", amount = 2, id = "I" }, expect = { outcome = "a" } },
  { name = "later", input = { plain = {}, more = {}, tags = { "t" }, kind = "x", amount = 3, id = "J" }, expect = { outcome = "a" } },
}
"""


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def rows(page, title):
    """The rows of the table under a heading, as lists of cells."""
    section = page.split(f"## {title}", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


class Committed(unittest.TestCase):
    def test_pages_are_what_is_generated(self):
        with tempfile.TemporaryDirectory() as folder:
            done = run("policies", "--markdown", "--output", os.path.join(folder, "new", "pages") + "/")
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            fresh = os.path.join(folder, "new", "pages")
            self.assertEqual(sorted(os.listdir(fresh)), sorted(os.listdir(PAGES)), "run: make pages")
            self.assertEqual(done.stdout.decode().splitlines(), [os.path.join(fresh, name) for name in sorted(os.listdir(fresh), key=lambda n: (n == "README.md", n))])
            for name in os.listdir(fresh):
                with self.subTest(name):
                    self.assertEqual(read(os.path.join(PAGES, name)), read(os.path.join(fresh, name)), "run: make pages")

    def test_every_policy_has_its_page_with_an_example(self):
        names = [each["name"] for each in json.loads(run("policies", "--json").stdout)]
        self.assertEqual(sorted(os.listdir(PAGES)), sorted(["README.md", *(f"{name}.md" for name in names)]))
        for name in names:
            page = read(os.path.join(PAGES, f"{name}.md"))
            self.assertIn("\n## Example 示例\n", page)
            self.assertTrue(all(cell for row in rows(page, "Reasons") for cell in row), name)

    def test_examples_are_what_a_batch_decides(self):
        for name in os.listdir(PAGES):
            if name == "README.md":
                continue
            with self.subTest(name):
                example = read(os.path.join(PAGES, name)).split("## Example")[1]
                at = re.search(r"At 时间 `(.*?)`", example).group(1)
                params = re.search(r"params 参数 `(.*?)`", example)
                options = [word for key, value in (json.loads(params.group(1)).items() if params else ()) for word in ("--param", f"{key}={value}")]
                inputs, decisions = (self.values(block) for block in re.findall(r"```json\n(.*?)```", example, re.S))
                lines = "".join(json.dumps(each) + "\n" for each in inputs)
                done = run("batch", "--policy", name[:-3], "--at", at, *options, data=lines)
                self.assertEqual([json.loads(line)["decision"] for line in done.stdout.splitlines()], decisions)

    def values(self, text):
        found, decoder = [], json.JSONDecoder()
        while text := text.strip():
            value, end = decoder.raw_decode(text)
            found.append(value)
            text = text[end:]
        return found


class Pages(unittest.TestCase):
    def setUp(self):
        self.files = {"policies/x/p.lua": ALL, "policies/x/p_test.lua": CASES, "policies/y/q.lua": policy('return { outcome = "approve", reasons = { "ok" } }')}

    def page(self, name="x.p", files=None):
        with Folder(files or self.files) as folder:
            done = folder.run("policies", name, "--markdown")
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            return done.stdout.decode()

    def test_everything_that_is_declared(self):
        page = self.page()
        self.assertIn("\nWhat \\| it \\*does\\*, \\<b\\>really\\</b\\>. Yes.\n", page)
        self.assertIn("| Source 依据 | \\`Step\\` 9 \\| \\[handbook\\](x) \\&amp; |\n", page)
        self.assertIn("| Outcomes 结论 | `a`, `b\\|c`, ``` ``d ``` |\n", page)
        self.assertIn("Other fields are refused.", page)
        self.assertEqual(rows(page, "Input"), [
            ["`id`", "text", "required 必填", "1 … 9 characters 字符", "Its \\| number."],
            ["`amount`", "money", "optional 选填", "-0.5 … 7; sensitive 敏感", "编号 of it."],
            ["`kind`", "enum", "required 必填", "`x`, `y\\|z`", ""],
            ["`tags`", "list of text", "required 必填", "≥ 1 items 项", "Its tags."],
            ["`tags[]`", "text", "", "≤ 3 characters 字符", ""],
            ["`more`", "map of record", "required 必填", "≤ 2 items 项", ""],
            ["`more.*.day`", "date", "required 必填", "", ""],
            ["`more.*.of_it`", "list of integer", "required 必填", "", ""],
            ["`plain`", "list of boolean", "required 必填", "", ""],
        ])
        self.assertEqual(rows(page, "Params"), [["`limit`", "number", "`2.5`", "", "A \\| limit."], ["`none`", "text", "none 无", "", ""]])
        self.assertEqual(rows(page, "Reasons"), [["`r`", "Yes \\| no.", "是。"], ["`s`", "", ""]])

    def test_the_example_is_the_first_case_that_expects_a_decision(self):
        self.assertEqual(self.page().split("## Example 示例\n")[1], """
From its tests 取自测试: **fine \\| \\*fine\\***. At 时间 `2025-06-15`, params 参数 `{ "limit": 1 }`:

```json
{ "id": "I", "amount": 2, "kind": "x", "tags": ["t"], "more": {}, "plain": [] }
```

```json
{ "outcome": "a", "reasons": ["r"], "n": 3 }
```
""")

    def test_without_tests_there_is_no_example(self):
        self.assertNotIn("Example", self.page("y.q"))
        only_errors = 'return test "x.p" { { name = "no", input = {}, error = { code = "invalid_input" } } }'
        self.assertNotIn("Example", self.page(files={**self.files, "policies/x/p_test.lua": only_errors}))

    def test_broken_tests_are_said_and_the_pages_written(self):
        with Folder({**self.files, "policies/x/p_test.lua": "return 5"}) as folder:
            done = folder.run("policies", "--markdown")
            self.assertEqual(done.returncode, 4)
            self.assertIn("x/p_test.lua", done.stderr.decode())
            self.assertEqual(re.findall(r"^# (.*)$", done.stdout.decode(), re.M), ["x.p", "y.q"])

    def test_a_broken_policy_is_said_and_the_others_written(self):
        with Folder({**self.files, "policies/y/r.lua": "return = 1"}) as folder:
            done = folder.run("policies", "--markdown", "--output", os.path.join(folder.path, "out"))
            self.assertEqual(done.returncode, 4)
            self.assertEqual(sorted(os.listdir(os.path.join(folder.path, "out"))), ["README.md", "x.p.md", "y.q.md"])

    def test_one_policy_in_each_form(self):
        with Folder(self.files) as folder:
            self.assertEqual([each["name"] for each in json.loads(folder.run("policies", "y.q", "--json").stdout)], ["y.q"])
            self.assertTrue(folder.run("policies", "x.p").stdout.decode().startswith("x.p  "))
            done = folder.run("policies", "x.p", "--markdown", "--output", os.path.join(folder.path, "out"))
            self.assertEqual((done.returncode, os.listdir(os.path.join(folder.path, "out"))), (0, ["x.p.md"]))

    def test_summaries_of_fields_in_json(self):
        with Folder(self.files) as folder:
            fields = json.loads(folder.run("policies", "x.p", "--json").stdout)[0]["input"]["fields"]
            self.assertEqual([each.get("summary") for each in fields], ["Its | number.", "编号 of it.", None, "Its tags.", None, None])

    def test_no_policies(self):
        with Folder({"policies/lib/a.lua": "return {}"}) as folder:
            self.assertEqual(folder.run("policies", "--markdown").stdout, b"")
            done = folder.run("policies", "--markdown", "--output", os.path.join(folder.path, "out"))
            self.assertEqual((done.returncode, os.listdir(os.path.join(folder.path, "out"))), (0, ["README.md"]))

    def test_wrong_usage(self):
        with Folder(self.files) as folder:
            for arguments, message in (
                (["x.q"], 'unknown policy "x.q"; did you mean x.p or y.q?'),
                (["nothing"], 'unknown policy "nothing"'),
                (["--markdown", "--json"], "--json and --markdown contradict each other"),
                (["--output", "d"], "--output goes with --markdown"),
                (["--markdown", "--output", ""], "--output: expected a folder"),
                (["--markdown", "--output", "policies/x/p.lua"], "cannot write policies/x/p.lua/x.p.md: not a directory"),
                (["--markdown", "--output", "policies/x/p.lua/more"], "cannot make the folder"),
            ):
                with self.subTest(arguments):
                    done = folder.run("policies", *arguments)
                    self.assertEqual((done.returncode, done.stdout), (2, b""))
                    self.assertIn(message, done.stderr.decode())
                    self.assertEqual(done.stderr.count(b"\n"), 1)


if __name__ == "__main__":
    unittest.main()
