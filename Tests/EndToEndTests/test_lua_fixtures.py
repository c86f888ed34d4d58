"""The fixtures of the Lua libraries, evaluated inside policies: every expression must have the value that stands beside it.

Tests/RemitLuaTests/Fixtures holds lists of { expression, value }. Stock Lua reads them (the values are Lua, after all) and hands
them over; each becomes a function of its own in a policy, so that one that fails hides no other.
"""
import os
import re
import shutil
import subprocess
import unittest

from support import ROOT, Folder, policy

FIXTURES = os.path.join(ROOT, "Tests", "RemitLuaTests", "Fixtures")
IN_ONE_POLICY = 40

# `differences` holds what is not as it should be: the pair's number and what came instead.
PRELUDE = r"""
local function show(value)
  if type(value) == "string" then
    return '"' .. value:gsub('[%c"\\\128-\255]', function(c) return "\\" .. c:byte() end) .. '"'
  end
  return tostring(value)
end

local pairs_of_fixture = {
ROWS
}
"""
DECIDE = r"""
    local differences = {}
    for i, pair in ipairs(pairs_of_fixture) do
      local fine, value = pcall(pair.run)
      if not fine then
        differences[#differences + 1] = { i, "error: " .. show(value) }
      elseif type(value) ~= type(pair.value) or value ~= pair.value then
        differences[#differences + 1] = { i, show(value) }
      end
    end
    return { outcome = "approve", reasons = { "ok" }, compared = #pairs_of_fixture, differences = differences }
"""


def fixture(name):
    """The pairs as (expression, literal); the literal is Lua text."""
    done = subprocess.run(["lua5.4", os.path.join(FIXTURES, "literals.lua"), os.path.join(FIXTURES, name)],
                          capture_output=True, timeout=60, check=True)
    found = []
    for line in done.stdout.decode("ascii").splitlines():
        quoted, literal = re.fullmatch(r'\{("(?:[^"\\]|\\\d{3})*"),(.*)\}', line).groups()
        expression = re.sub(rb"\\(\d{3})", lambda escape: bytes([int(escape[1])]), quoted[1:-1].encode())
        found.append((expression.decode(), literal))
    return found


def policies(pairs):
    for start in range(0, len(pairs), IN_ONE_POLICY):
        rows = "\n".join("  { run = function() return (%s) end, value = %s }," % pair for pair in pairs[start:start + IN_ONE_POLICY])
        yield start, policy(DECIDE, prelude=PRELUDE.replace("ROWS", rows))


@unittest.skipUnless(shutil.which("lua5.4"), "lua5.4 is not installed")
class Fixtures(unittest.TestCase):
    def differences(self, pairs):
        """Index and what came instead, of each pair that is not as it should be."""
        parts, found = dict(policies(pairs)), []
        with Folder({f"policies/fixtures/part_{start}.lua": text for start, text in parts.items()}) as folder:
            for start in parts:
                results, done = folder.batch(f"fixtures.part_{start}", [{}])
                self.assertEqual(done.returncode, 0, f"{done.stderr.decode()} {results}")
                decision = results[0]["decision"]
                self.assertEqual(decision["compared"], min(IN_ONE_POLICY, len(pairs) - start))
                found += [(start + number - 1, got) for number, got in decision["differences"]]
        return found

    def check(self, name):
        pairs = fixture(name)
        self.assertGreater(len(pairs), 100)
        for index, got in self.differences(pairs):
            expression, expected = pairs[index]
            with self.subTest(expression):
                self.fail(f"expected {expected}, got {got}")

    def test_base(self):
        self.check("base.lua")

    def test_strings(self):
        self.check("strings.lua")

    def test_a_difference_is_seen(self):
        pairs = [("1 + 1", "2"), ("1 + 1", "3"), ("1 + 1", '"2"'), ("'é'", '"\\195\\169"'), ("error('no', 0)", "1"), ("nil", "false"), ("nil", "nil")]
        self.assertEqual(self.differences(pairs * 20), [(i + 7 * n, got) for n in range(20) for i, got in (
            (1, "2"), (2, "2"), (4, 'error: "no"'), (5, "nil"))])


if __name__ == "__main__":
    unittest.main()
