"""What a plugin leaves behind when it is loaded must not be in the way of a decision's own tables."""
import unittest

from support import Folder, policy

# The table that the file returns and the settings are read-only, and nobody holds them any longer once the plugin is loaded.
PLUGIN = """plugin {
  name = "p", version = "1.0.0",
  settings = { a = text { default = "x" } },
  provides = { f = { takes = {}, gives = list { of = integer {} } } },
}
local function f()
  local list = {}
  table.insert(list, 1)
  return list
end
return { f = f }
"""


class FrozenTests(unittest.TestCase):
    def test_tables_of_decisions_stay_writable(self):
        decide = """
        for i = 1, 3000 do
          local record = {}
          rawequal(record, record)
          table.insert(record, i)
          local list = subject.f()
          table.insert(list, i)
        end
        return { outcome = "approve", reasons = { "ok" } }"""
        text = policy(decide, prelude='local subject = require "plugin.p"\n')
        # Where the memory of what was dropped comes back differs with what else is loaded.
        for number in range(20):
            more = "local more = {" + "{ 1 }, " * number * 7 + "}\n"
            files = {"policies/t/t.lua": text, "plugins/p/plugin.lua": PLUGIN.replace("local function", more + "local function")}
            with self.subTest(number=number), Folder(files) as folder:
                results, done = folder.batch("t.t", [{}] * 20, "--jobs", "1")
                self.assertEqual([result["decision"]["outcome"] for result in results if "decision" in result], ["approve"] * 20,
                                 done.stderr.decode() + str(results[:1]))


if __name__ == "__main__":
    unittest.main()
