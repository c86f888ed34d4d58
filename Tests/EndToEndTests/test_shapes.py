"""Decisions of many shapes in turn: a policy's machine remembers the keys of the last few, and no answer may show it."""
import json
import random
import unittest

from support import Folder, policy

KEYS = ["a", "route", "Band", "_x", "zz", "a b", 'quote"', "back\\slash", "tab\t", "新", "ä", "k" * 28, "k" * 29, "k" * 41, "", "\x7f"]
DECIDE = """
    local decision = { outcome = tx.outcome, reasons = { "ok" } }
    for index, key in ipairs(tx.keys) do
      -- Now and then a text that no constant of the policy holds.
      decision[tx.computed and (key .. tx.tail) or key] = index
    end
    if tx.drop then decision.outcome = nil end
    return decision
"""
FIELDS = "outcome = text {}, keys = list { of = text {} }, computed = optional(boolean {}), tail = optional(text {}), drop = optional(boolean {})"


def expected(row):
    members = {key + (row["tail"] if row.get("computed") else ""): index + 1 for index, key in enumerate(row["keys"])}
    ordered = {"outcome": row["outcome"], "reasons": ["ok"]}
    for key in sorted(members, key=lambda text: text.encode()):
        ordered[key] = members[key]
    return json.dumps(ordered, separators=(",", ":"), ensure_ascii=False)


class Shapes(unittest.TestCase):
    def test_every_order_of_shapes_gives_the_same_bytes(self):
        generator = random.Random(7)
        shapes = [generator.sample(KEYS, generator.randrange(len(KEYS) + 1)) for _ in range(9)]
        shapes += [[f"key{i}" for i in range(count)] for count in (15, 16, 17, 40)]
        rows = []
        for _ in range(3000):
            row = {"outcome": generator.choice(["approve", "reject"]), "keys": generator.choice(shapes)}
            if generator.randrange(5) == 0:
                row |= {"computed": True, "tail": f"-{generator.randrange(50)}"}
            if generator.randrange(20) == 0:
                row["drop"] = True
            rows.append(row)
        with Folder({"policies/x/shapes.lua": policy(DECIDE, FIELDS)}) as folder:
            one, done = folder.batch("x.shapes", rows, "--jobs", "1", "--at", "2025-01-01")
            _, two = folder.batch("x.shapes", rows, "--jobs", "2", "--at", "2025-01-01")
        self.assertEqual(done.stdout, two.stdout)
        self.assertEqual(len(one), len(rows))
        for row, line in zip(rows, done.stdout.decode().splitlines()):
            if row.get("drop"):
                self.assertIn("outcome is missing", json.loads(line)["error"]["message"])
            else:
                written = json.dumps(json.loads(line)["decision"], separators=(",", ":"), ensure_ascii=False)
                self.assertEqual(written, expected(row))


if __name__ == "__main__":
    unittest.main()
