"""docs/plugins.md: its files are written and its commands run in a new folder, in the order in which they stand."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from support import REMIT, ROOT

CC = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
BLOCK = re.compile(r"<!-- (file|run|refused)(?: (\S+))? -->\n(?:```\w+\n(.*?)```\n|((?:\|[^\n]*\n)+))", re.S)


class PluginsPage(unittest.TestCase):
    def setUp(self):
        with open(os.path.join(ROOT, "docs/plugins.md"), encoding="utf-8") as file:
            self.text = file.read()
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        shutil.copytree(os.path.join(ROOT, "Sources/CRemitPlugin/include"), os.path.join(self.folder, "include"))
        os.mkdir(os.path.join(self.folder, "policies"))

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def run_command(self, command):
        """What it prints, where hints and summaries on standard error are left out and versions are not spelled out."""
        words = command.split()
        words[0] = {"remit": REMIT, "cc": CC}[words[0]]
        done = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, check=False, timeout=60)
        errors = [line for line in done.stderr.splitlines() if not re.match(r"remit: (next: |\d+ rows?, )", line)]
        return re.sub(r'"version":"[0-9a-f]{12}"', '"version":"…"', done.stdout).splitlines() + errors

    def refused(self, rows):
        """Each row's first cell as the whole plugin.lua."""
        os.remove(os.path.join(self.folder, "plugins/settings.json"))
        for row in rows.splitlines()[2:]:
            code, message = re.fullmatch(r"\| `(.*)` \| (.*) \|", row).groups()
            with self.subTest(code):
                self.write("plugins/tax/plugin.lua", code + "\nreturn {}\n" if "takes" in code or "local" in code else code)
                lines = self.run_command("remit policies")
                self.assertTrue(any(line.startswith("remit: plugins/tax/plugin.lua:1: ") and message in line for line in lines), lines)

    def test_the_page(self):
        counts = {"file": 0, "run": 0, "refused": 0}
        for kind, name, block, rows in BLOCK.findall(self.text):
            counts[kind] += 1
            if kind == "file":
                self.write(name, block)
            elif kind == "refused":
                good = os.path.join(self.folder, "plugins/tax/plugin.lua")
                shutil.copy(good, good + ".kept")
                self.refused(rows)
                shutil.move(good + ".kept", good)
            else:
                for part in block.split("$ ")[1:]:
                    command, *expected = part.splitlines()
                    with self.subTest(command):
                        self.assertEqual(self.run_command(command), expected)
        self.assertEqual(counts, {"file": len(re.findall("<!-- file", self.text)), "run": len(re.findall("<!-- run", self.text)), "refused": 1})
        self.assertEqual(len(re.findall(r"^```\w+$", self.text, re.M)), counts["file"] + counts["run"], "every block of code is run")

    def test_its_settings_message(self):
        """The message in the words of the text."""
        files = {name: block for kind, name, block, _ in BLOCK.findall(self.text) if kind == "file"}
        for name in ("plugins/tax/plugin.lua", "plugins/tax/rates.csv", "policies/expense/receipt.lua"):
            self.write(name, files[name])
        self.write("plugins/settings.json", files["plugins/settings.json"].replace("NL", "N"))
        message = re.search(r"`(plugins/settings\.json:\d.*?)`", self.text).group(1)
        self.assertEqual(self.run_command("remit policies"), ["remit: " + message])


if __name__ == "__main__":
    unittest.main()
