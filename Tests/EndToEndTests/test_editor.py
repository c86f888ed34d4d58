"""What editors are told of a policy (policies/meta, .luarc.json) is what the machine has."""
import json
import os
import re
import shutil
import subprocess
import unittest

import test_check
from support import ROOT, Folder

META = os.path.join(ROOT, "policies", "meta")

# Runs the definitions, each in the same empty environment, and prints the names that they leave behind.
RUN = """
local names = setmetatable({}, { __index = function(_, name) error("reads the undefined name " .. name) end })
for i = 1, #arg do assert(loadfile(arg[i], "t", names))() end
for name, value in next, names do
  print(name)
  if type(value) == "table" then for member in next, value do print(name .. "." .. member) end end
end
"""


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def fields(class_name):
    """The fields of a class of the definitions."""
    for name in os.listdir(META):
        text = read(os.path.join(META, name))
        found = re.search(rf"^---@class (?:\(exact\) )?{re.escape(class_name)}\b.*\n((?:---@field .*\n)*)", text, re.MULTILINE)
        if found:
            return set(re.findall(r"^---@field (\w+)", found.group(1), re.MULTILINE))
    raise AssertionError(f"no class {class_name}")


def texts(array, file="declare.c"):
    """The texts of a static array of the machine's source."""
    source = read(os.path.join(ROOT, "Sources", "CRemitLua", file))
    body = re.search(rf"\b{array}\[\] = \{{(.*?)\}};", source, re.DOTALL).group(1)
    return set(re.findall(r'"(\w+)"', body))


class Definitions(unittest.TestCase):
    @unittest.skipUnless(shutil.which("lua5.4"), "lua5.4 is not installed")
    def test_name_what_the_machine_has_and_nothing_else(self):
        files = [os.path.join(META, name) for name in sorted(os.listdir(META))]
        done = subprocess.run(["lua5.4", "-", *files], input=RUN.encode(), capture_output=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        known, _ = test_check.Vocabulary().machine_globals()
        expected = set(known)
        for library, members in test_check.Vocabulary().machine_members(known).items():
            expected.update(f"{library}.{member}" for member in members)
        self.assertGreater(len(expected), 80)
        self.assertEqual(set(done.stdout.decode().split()), expected)

    def test_are_marked_as_such(self):
        for name in os.listdir(META):
            self.assertTrue(read(os.path.join(META, name)).startswith("---@meta\n"), name)

    def test_keys_and_options_are_those_of_the_machine(self):
        self.assertEqual(fields("remit.Policy"), texts("policy_keys"))
        self.assertEqual(fields("remit.Plugin"), texts("keys", "plugin.c"))
        self.assertEqual(fields("remit.Provided"), texts("provided_keys", "plugin.c"))
        self.assertEqual(fields("remit.TextOptions"), texts("bounded_options"))
        self.assertEqual(fields("remit.NumberOptions"), texts("bounded_options"))
        self.assertEqual(fields("remit.PlainOptions"), texts("plain_options"))
        self.assertEqual(fields("remit.HolderOptions"), texts("holder_options"))

    def test_are_never_loaded(self):
        files = {"policies/f/p.lua": test_check.draft("local _m = m", 'local m = require "meta.decimal"\n'),
                 "policies/f/p_test.lua": test_check.TESTS, "policies/meta/decimal.lua": "this is = = no Lua"}
        with Folder(files) as place:
            done = place.run("check")
            self.assertEqual(test_check.rules(done), ["unknown-module"])
            self.assertEqual(place.run("batch", "--policy", "f.p").returncode, 4)


class Settings(unittest.TestCase):
    def test_put_aside_what_a_policy_has_not(self):
        settings = json.loads(read(os.path.join(ROOT, ".luarc.json")))
        self.assertEqual(settings["runtime.version"], "Lua 5.4")
        for library in ("basic", "coroutine", "debug", "io", "math", "os", "package", "string", "table", "utf8"):
            self.assertEqual(settings["runtime.builtin"][library], "disable")
        for path in settings["workspace.library"]:
            self.assertTrue(os.path.isdir(os.path.join(ROOT, path)))


if __name__ == "__main__":
    unittest.main()
