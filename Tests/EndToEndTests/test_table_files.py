"""Decision tables: files as spreadsheets save them, and what is refused, with file, row and column."""
import re
import unittest

from support import Folder, policy
from tables import Base, deciding, results_of, sheet


class Files(Base):
    def test_spreadsheets(self):
        plain = sheet(["U", "a", "#why", "=>", "n"], ["", "1", "x", "", "2"], ["", "2", "", "", '"经"'])
        for name, text in {"as it is": plain, "CRLF": plain.replace("\n", "\r\n"), "BOM": "\ufeff" + plain, "both": "\ufeff" + plain.replace("\n", "\r\n"),
                           "no last newline": plain.rstrip("\n"), "spaces": plain.replace("U,a,", ' U , a ,').replace("=>", " => ")}.items():
            with self.subTest(name):
                self.assertEqual(self.ask(text, {"a": 1}, {"a": 2}), [({"n": 2}, [1]), ({"n": "经"}, [2])])

    def test_hit_policies_with_spaces(self):
        self.assertEqual(self.ask(sheet([" C + ", "a", "=>", "n"], ["", "", "", "2"]), {"a": 1})[0], (2, [1]))

    def test_bad_cells(self):
        """Each is a load error with file, row and column."""
        for cell, words in {
                "expense": 'expense is neither .*; quote it: "expense"', "< expense": 'quote it: "expense"', '"a", b c': 'quote it: "b c"', "净额": 'quote it: "净额"',
                "lim": 'quote it: "lim"', "[1..lim]": "lim", "not(x1)": "x1",
                '"a': "quote at both ends", '"': "quote", '"a" "b"': "expected", "5 6": "neither a number", "1e3": "neither a number", "5.": "neither a number", "1..2": "expected",
                "1.2.3": "neither", "--5": "neither", "5,": "the cell ends", ",5": "expected", "5,,6": "expected", "<": "the cell ends", "<<5": "expected", "=5": "expected",
                "!= 5": "neither", "< = 5": "expected", "-,5": "- has no place", "5,-": "- has no place", "not()": "expected", "not(-)": "- has no place", "not(5": "expected",
                "not 5": "not 5", "(5)": "interval", "[5..10": "end", "[5,10]": "interval", "[..5]": "expected", "[5..]": "expected", "[5...]": "neither",
                "[5..10)x": "expected", "[1..\"a\"]": "two types", "[2025-01-01..5]": "two types", "[true..false]": "neither less nor more", "< true": "neither less nor more",
                "< null": "null", "[null..5]": "null", "2025-02-29": "no day", "2025-13-01": "no day", "2025-1-1": "YYYY-MM-DD", 'date("2025-02-30")': "no day", "date(2025-01-01)": "quotes",
                'date("2025-01-01"': "expected", "2025-01-01T00:00:00Z": "quote", "5)": "expected", "max(1)": "expected", r'"\n"': "backslash",
                "1234567890123456789012345678901234.5": "34 digits", "not(" * 20 + "5" + ")" * 20: "too many not", "nil": 'quote it: "nil"', "TRUE": 'quote it: "TRUE"'}.items():
            with self.subTest(cell):
                text = self.refused(sheet(["U", "a", "=>", "n"], ["", "1", "", "1"], ["", cell, "", "1"]), r"(?m)^remit: data/m\.csv:3: a: ")
                self.assertRegex(text, re.compile(words))

    def test_bad_outputs(self):
        for cell, words in {"expense": 'quote it: "expense"', "1,2": "one literal", "< 5": "expected", "null": "empty cell", "-": "empty cell", "[1..2]": "expected",
                            '"a" x': "one literal", "not(5)": "not", "2025-02-29": "no day"}.items():
            with self.subTest(cell):
                text = self.refused(sheet(["U", "a", "=>", "m", "n"], ["", "1", "", "1", cell]), r"(?m)^remit: data/m\.csv:2: n: ")
                self.assertRegex(text, words)

    def test_outputs_outside_their_values(self):
        for cell in ('"c"', "5", "true", "2025-01-01"):
            with self.subTest(cell):
                self.refused(sheet(["U", "a", "=>", "n"], ["values", "", "", '"a","b"'], ["", "1", "", '"b"'], ["", "1", "", cell]),
                             r"data/m\.csv:4: n: .* is not among the column's values")
        self.refused(sheet(["U", "a", "=>", "n"], ["values", "", "", '"a","b"'], ["", "1", "", "c"]), r'data/m\.csv:3: n: .*quote it: "c"')

    def test_outputs_of_aggregates(self):
        for hit in ("C+", "C<", "C>"):
            with self.subTest(hit):
                self.refused(sheet([hit, "a", "=>", "n"], ["", "1", "", '"a"']), r"data/m\.csv:2: n: .*numbers")
        for hit in ("C+", "C<", "C>", "C#"):
            with self.subTest(hit):
                self.refused(sheet([hit, "a", "=>", "m", "n"], ["", "1", "", "1", "2"]), r"data/m\.csv:1: C. has one output")

    def test_bad_headers(self):
        for header, words in {("X", "a", "=>", "n"): "U A P F R O C", ("", "a", "=>", "n"): "hit policy", ("UU", "a", "=>", "n"): "hit policy", ("C++", "a", "=>", "n"): "hit policy",
                              ("u", "a", "=>", "n"): "hit policy", ("unique", "a", "=>", "n"): "hit policy", ("U", "a", "n"): "=>", ("U", "a", "=>"): "no output", ("U", "a", "=>", "#n"): "no output",
                              ("U", "a", "=>", "n", "=>", "m"): "twice", ("U", "", "=>", "n"): "column 2 has no name", ("U", "a", "=>", "n", ""): "column 5 has no name",
                              ("U", "a", "a", "=>", "n"): "a stands there twice", ("U", "a", "=>", "n", "n"): "n stands there twice", ("U", "a..b", "=>", "n"): "path",
                              ("U", ".a", "=>", "n"): "path", ("U", "a.", "=>", "n"): "path"}.items():
            with self.subTest(header):
                self.assertRegex(self.refused(sheet(header), r"(?m)^remit: data/m\.csv:1: "), words)
        self.refused("", r"(?m)^remit: data/m\.csv:1: ")
        self.assertEqual(self.ask(sheet(["U", "a", "#", "=>", "a", "#"], ["", "1", "x", "", "2", "y"]), {"a": 1})[0], ({"a": 2}, [1]))

    def test_bad_rows(self):
        header = ["U", "a", "=>", "n"]
        self.refused(sheet(header, ["", "1", "x", "1"]), r"data/m\.csv:2: the column => is empty")
        self.refused(sheet(header, ["", "1", "", "1"], ["", "1", ""]), r"data/m\.csv:3: ")
        self.refused(sheet(header, ["", "1", "", "1", ""]), r"data/m\.csv:2: ")
        self.refused(b"U,a,=>,n\n,1,,1\n,\"\"\"\xff\"\"\",,1\n", r"data/m\.csv:3: .*UTF-8")
        self.refused(sheet(header, ["values", "1", "", ""], ["values", "", "", "1"]), r"data/m\.csv:3: .*two rows named values")
        for cell in ("expense", "limit", "< 5", "1,", "[1..2]", "null", '"a" "b"'):
            with self.subTest(cell):
                self.refused(sheet(header, ["values", cell, "", ""]), r"data/m\.csv:2: a: ")
        self.refused("U,a,=>,n\n\n,1,,1\n\n,x,,1\n", r"data/m\.csv:5: a: x is")

    def test_priorities_are_needed(self):
        for hit in "PO":
            with self.subTest(hit):
                self.refused(sheet([hit, "a", "=>", "n"], ["", "1", "", "1"]), r"data/m\.csv:1: .*values")
                self.refused(sheet([hit, "a", "=>", "n"], ["values", "1", "", ""], ["", "1", "", "1"]), r"data/m\.csv:1: .*values")

    def test_the_row_of_checks(self):
        header, values = ["U", "a", "b", "=>", "n"], ["values", "", "", "", '"x","y"']
        for check, words in {("sinks", "", "", "rises"): "a: the row named check says rises or falls", ("rises", "", "", ""): "names an input .* and an output",
                             ("", "", "", "falls"): "names an input .* and an output", ("-", "-", "", "-"): "names an input",
                             ("rises", "", "", "up"): "n: the row named check says"}.items():
            with self.subTest(check):
                self.assertRegex(self.refused(sheet(header, values, ["check", *check], ["", "1", "1", "", "x"]), r"(?m)^remit: data/m\.csv:3: "), words)
        rises = ["check", "rises", "falls", "", "rises"]
        self.refused(sheet(header, values, rises, rises), r"data/m\.csv:4: there are two rows named check")
        for hit in ("R", "O", "C", "C#"):
            with self.subTest(hit):
                self.refused(sheet([hit, *header[1:]], values, rises), r"data/m\.csv:3: .* U, A, P and F")
        self.refused(sheet(header, rises, ["", "1", "1", "", '"x"']), r"data/m\.csv:3: n: .* a row named values must list its values")
        for hit in "UAPF":
            with self.subTest(hit):
                table = sheet([hit, *header[1:]], ["", "1", "-", "", "x"], rises, values, ["check it", "2", "-", "", '"y"'])
                self.assertEqual(self.ask(table, {"a": 1, "b": 2}, {"a": 2, "b": None}), [({"n": "x"}, [1]), ({"n": "y"}, [2])])

    def test_where_the_table_is_read_is_said(self):
        self.refused(sheet(["U", "a", "=>", "n"], ["", "<", "", "1"]), r"read at x/y\.lua:1\)")

    def test_words_of_a_policy_without_params(self):
        self.refused(sheet(["U", "a", "=>", "n"], ["", "limit", "", "1"]), r'^remit: data/m\.csv:2: a: limit is neither a param .*quote it: "limit"', extra="")

    def test_a_word_that_is_both(self):
        self.refused(sheet(["U", "a", "=>", "n"], ["values", '"limit"', "", ""], ["", "limit", "", "1"]), r"data/m\.csv:3: a: limit is a param and one of")
        table = sheet(["U", "a", "=>", "n"], ["values", '"limit"', "", ""], ["", '"limit"', "", "limit"])
        self.assertEqual(self.ask(table, {"a": "limit"})[0], ({"n": 5000}, [1]))

    def test_tables_of_modules(self):
        files = deciding(sheet(["U", "a", "=>", "n"], ["", "< limit", "", "1"]), "a")
        files["policies/lib/m.lua"] = 'return { matrix = decision_table "data/m.csv" }'
        files["policies/x/y.lua"] = files["policies/x/y.lua"].replace('decision_table "data/m.csv"', 'require("lib.m").matrix')
        other = policy('return { outcome = "approve", reasons = { "ok" }, rows = select(2, matrix({ a = 4 }, { limit = 5 })) }',
                       prelude='local matrix = require("x.y") and require("lib.m").matrix\n')
        with Folder({**files, "policies/x/z.lua": other}) as folder:
            self.assertEqual(results_of(folder, [{"a": {"i": 4}}])[0][0]["decision"]["rows"], [1])
            self.assertEqual(results_of(folder, [{}], "x.z")[0][0]["decision"]["rows"], [1])
        files["policies/data/m.csv"] = sheet(["U", "a", "=>", "n"], ["", "< lmit", "", "1"])
        with Folder(files) as folder:
            results, done = results_of(folder, [{}])
            self.assertEqual((results, done.returncode), ([], 4))
            self.assertRegex(done.stderr.decode(), r'^remit: data/m\.csv:2: a: lmit is neither')

    def test_iterators_beside_a_table_are_still_refused(self):
        files = deciding(sheet(["U", "a", "=>", "n"], ["", "1", "", "1"]), "a",
                         prelude='for i = 1, 50 do decision_table "data/m.csv" end\nlocal each = dataset "data/m.csv" { a = text {} }:rows()\n'
                                 'local function leak() return each() end\n', call="matrix(record, leak())")
        with Folder(files) as folder:
            results, done = results_of(folder, [{}])
            self.assertEqual((results, done.returncode), ([], 4))
            self.assertIn("iterator", done.stderr.decode())


if __name__ == "__main__":
    unittest.main()
