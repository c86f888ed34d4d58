"""The examples in the plugins' READMEs: each call gives what stands beside it."""
import json
import os
import re
import unittest

from plugin_calls import PLUGINS
from support import Folder, policy

ROW = re.compile(r"\| `([a-z_]+\(.*?\)[^`]*)` \| `([^`]+)` \|")


def value_of(comment):
    """The value at the start of a comment: `7.15: why` is 7.15."""
    depth, quoted = 0, False
    for i, each in enumerate(comment):
        quoted ^= each == '"'
        depth += (each in "{(") - (each in "})") if not quoted else 0
        if each == ":" and not depth and not quoted:
            return comment[:i]
    return comment


def examples(name, text):
    """(expression, value) for each call in the fenced Lua and in the tables."""
    found = []
    for block in re.findall(r"```lua\n(.*?)```", text, re.S):
        lines = block.splitlines()
        for i, line in enumerate(lines):
            if line.startswith(f"{name}."):
                expression, _, comment = line.partition(" -- ")
                following = lines[i + 1] if i + 1 < len(lines) else ""
                found.append((expression.strip(), value_of(comment or following.removeprefix("-- ")).strip()))
    found += [(f"{name}.{expression}", value) for expression, value in ROW.findall(text)]
    return [(expression, value) for expression, value in found if "…" not in value]  # which stands for more


class ReadmeTests(unittest.TestCase):
    def test_examples(self):
        counts = {}
        for name in sorted(os.listdir(PLUGINS)):
            path = os.path.join(PLUGINS, name, "README.md")
            if not os.path.exists(path):
                continue
            with open(path, encoding="utf-8") as file:
                cases = examples(name, file.read())
            counts[name] = len(cases)
            prelude = f'local {name} = require "plugin.{name}"\nlocal cases = {{\n' + "".join(
                f"  function() return {expression}, {value} end,\n" for expression, value in cases) + "}\n"
            text = policy('local got, want = cases[tx.case]() return { outcome = "approve", reasons = { "ok" }, got = got, want = want }',
                          "case = integer {}", prelude=prelude)
            with Folder({"policies/t/t.lua": text}) as folder:
                done = folder.run("batch", "--policy", "t.t", plugins=PLUGINS,
                                  data="".join(json.dumps({"case": i + 1}) + "\n" for i in range(len(cases))))
            lines = done.stdout.decode().splitlines()
            self.assertEqual(len(lines), len(cases), done.stderr.decode())
            for (expression, value), line in zip(cases, lines):
                with self.subTest(plugin=name, expression=expression, value=value):
                    decision = json.loads(line).get("decision") or line
                    self.assertIsInstance(decision, dict)
                    self.assertEqual(decision.get("got"), decision.get("want"))
        for name, least in (("calendar", 20), ("lists", 14), ("org", 14)):
            self.assertGreaterEqual(counts[name], least, "examples are not found any longer")


if __name__ == "__main__":
    unittest.main()
