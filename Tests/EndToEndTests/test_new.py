"""`remit new`: what it writes works, and nothing that is there is written over."""
import os
import stat
import subprocess
import tempfile
import unittest

from support import REMIT


class New(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name

    def remit(self, *arguments):
        done = subprocess.run([REMIT, *arguments], cwd=self.folder, capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def files(self):
        return sorted(os.path.relpath(os.path.join(root, name), self.folder) for root, _, names in os.walk(self.folder) for name in names)

    def test_a_plugin_and_its_tests(self):
        status, out, error = self.remit("new", "plugin", "tax_rates")
        names = ["plugins/tax_rates/plugin.lua", "plugins/tax_rates/plugin_test.lua", "plugins/tax_rates/README.md"]
        self.assertEqual((status, out.splitlines()), (0, names))
        self.assertEqual(error, "remit: next: edit plugins/tax_rates/plugin.lua, then run remit test plugin.tax_rates\n")
        self.assertEqual(self.files(), sorted(names))
        os.mkdir(os.path.join(self.folder, "policies"))
        self.assertEqual(self.remit("test"), (0, "5 passed, 0 failed\n", ""))
        for name in names:
            self.assertFalse(os.stat(os.path.join(self.folder, name)).st_mode & stat.S_IXUSR)

    def test_a_policy_and_its_tests(self):
        status, out, _ = self.remit("new", "policy", "travel.advance")
        self.assertEqual((status, out), (0, "policies/travel/advance.lua\npolicies/travel/advance_test.lua\n"))
        self.assertEqual(self.remit("test"), (0, "4 passed, 0 failed\n", ""))
        self.assertEqual(self.remit("policies")[::2], (0, ""))

    def test_other_folders(self):
        self.assertEqual(self.remit("new", "policy", "a.b", "--policies", "deep/er/rules")[0], 0)
        self.assertEqual(self.remit("new", "plugin", "c", "--plugins", os.path.join(self.folder, "facts"))[0], 0)
        self.assertEqual(self.remit("test", "--policies", "deep/er/rules", "--plugins", "facts")[1], "9 passed, 0 failed\n")

    def test_nothing_is_written_over(self):
        for kind, name, files in (("plugin", "p", ["plugin.lua", "plugin_test.lua", "README.md"]), ("policy", "a.b", ["b.lua", "b_test.lua"])):
            for file in files:
                with self.subTest(file):
                    folder = os.path.join(self.folder, "plugins/p" if kind == "plugin" else "policies/a")
                    os.makedirs(folder, exist_ok=True)
                    path = os.path.join(folder, file)
                    with open(path, "w", encoding="utf-8") as own:
                        own.write("mine")
                    before = self.files()
                    status, out, error = self.remit("new", kind, name)
                    self.assertEqual((status, out), (2, ""))
                    self.assertIn(f"{file} is there already: nothing was written", error)
                    self.assertEqual(self.files(), before)
                    os.remove(path)
                    os.symlink("nowhere", path)
                    self.assertEqual(self.remit("new", kind, name)[0], 2)
                    os.remove(path)

    def test_names_that_are_none(self):
        for kind, names in (("plugin", ("P", "1a", "a.b", "", "../a", "a/b", "plugin.a", "a b", "ä")),
                            ("policy", ("a", "a.b.c", "A.b", "lib.b", "plugin.b", "plugins.b", "meta.x", "a.b_test", "../a.b", "a/b.c", ""))):
            for name in names:
                with self.subTest(name):
                    status, _, error = self.remit("new", kind, name)
                    self.assertEqual(status, 2)
                    self.assertIn(f"\"{name}\" is no {kind}'s name", error)
        self.assertEqual(self.files(), [])

    def test_what_cannot_be_written(self):
        with open(os.path.join(self.folder, "plugins"), "w", encoding="utf-8"):
            pass
        status, _, error = self.remit("new", "plugin", "p")
        self.assertEqual(status, 2)
        self.assertIn("cannot make the folder plugins/p: not a directory", error)


if __name__ == "__main__":
    unittest.main()
