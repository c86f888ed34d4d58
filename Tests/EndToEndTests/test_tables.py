"""Decision tables: every hit policy, every form of a cell, what is refused, and random tables against a plain evaluator."""
import csv
import io
import json
import os
import random
import re
import unittest
from decimal import Decimal, getcontext

from support import Folder, policy

getcontext().prec = 100  # Python sums exactly too
SEED = int(os.environ.get("REMIT_SEED", "20250615"))

# A value of any type comes in as { t = … }, { n = … }, { i = … } or { b = … }; nothing at all is a missing field.
ANY = "optional(record { t = optional(text {}), n = optional(number {}), i = optional(integer {}), b = optional(boolean {}) })"
PICK = """local function pick(v)
  if v == nil then return nil end
  if v.b ~= nil then return v.b end
  return v.t or v.n or v.i
end
"""
PARAMS = """params = { limit = money { default = "5000.00" }, word = text { default = "beta" }, whole = integer { default = 7 },
    since = date { default = "2025-03-01" }, flag = boolean { default = true }, none = optional(money {}) },"""
VALUES = {"limit": Decimal(5000), "word": "beta", "whole": Decimal(7), "since": "2025-03-01", "flag": True, "none": None}


def sheet(*rows):
    """A CSV file of these rows."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def wrap(value):
    if value is None:
        return None
    if isinstance(value, bool):
        return {"b": value}
    return {"t": value} if isinstance(value, str) else {"i": value} if isinstance(value, int) else {"n": str(value)}


def deciding(table, *inputs, extra=PARAMS, prelude="", call="matrix(record, params)"):
    """The files of a policy that looks up the table `data/m.csv`, whose inputs these are, and returns what it says."""
    fields = ", ".join(f"{name} = {ANY}" for name in inputs)
    record = ", ".join(f"{name} = pick(tx.{name})" for name in inputs)
    decide = f"""local record = {{ {record} }}
    local out, rows = {call}
    return {{ outcome = "approve", reasons = {{ "ok" }}, out = out, rows = rows }}"""
    text = policy(decide, fields=fields, extra=extra, prelude=f'local matrix = decision_table "data/m.csv"\n{PICK}{prelude}')
    return {"policies/x/y.lua": text, "policies/data/m.csv": table}


def results_of(folder, rows, name="x.y"):
    done = folder.run("batch", "--policy", name, data="".join(json.dumps(row) + "\n" for row in rows))
    return [json.loads(line, parse_float=Decimal) for line in done.stdout.decode().splitlines()], done


class Base(unittest.TestCase):
    maxDiff = None

    def ask(self, table, *rows, **options):
        """[(out, rows) or the error's message] for each row, a dictionary of inputs."""
        names = sorted({name for row in rows for name in row})
        with Folder(deciding(table, *names, **options)) as folder:
            results, done = results_of(folder, [{name: wrap(value) for name, value in row.items()} for row in rows])
            self.assertEqual(len(results), len(rows), done.stderr.decode())
            return [(each["decision"].get("out"), each["decision"]["rows"]) if "decision" in each else each["error"]["message"]
                    for each in results]

    def refused(self, table, expected, **options):
        with Folder(deciding(table, "a", **options)) as folder:
            results, done = results_of(folder, [{}])
            text = done.stderr.decode()
            self.assertEqual((results, done.returncode), ([], 4), text)
            self.assertRegex(text, expected)
            return text


class HitPolicies(Base):
    RULES = [["one", "< 10", "", "low"], ["", "[5..20]", "", "mid"], ["three", "> 15", "", "high"], ["", "7", "", "low"]]

    def rules(self, hit, values=None):
        return sheet([hit, "a", "=>", "out"], *([["values", "", "", values]] if values else []),
                     *[[name, test, arrow, f'"{out}"'] for name, test, arrow, out in self.RULES])

    def test_unique(self):
        low, high, none, two = self.ask(self.rules("U"), {"a": 2}, {"a": 30}, {"a": "x"}, {"a": 9})
        self.assertEqual((low, high, none), (({"out": "low"}, [1]), ({"out": "high"}, [3]), (None, [])))
        self.assertRegex(two, r'^x/y\.lua:\d+: data/m\.csv: rules 1 "one" and 2 both match')

    def test_any(self):
        low, two, none = self.ask(sheet(["A", "a", "=>", "out"], ["", "< 10", "", "5"], ["", "7", "", "5.00"], ["", "> 5", "", "6"]),
                                  {"a": 2}, {"a": 7}, {"a": None})
        self.assertEqual((low, none), (({"out": 5}, [1]), (None, [])))
        self.assertRegex(two, r"data/m\.csv: rules 1 and 3 both match")
        same = sheet(["A", "a", "=>", "out", "more"], ["", "-", "", "5", ""], ["", "-", "", "5.0", ""], ["", "< 3", "", "limit", ""])
        self.assertEqual(self.ask(same, {"a": 5}, {"a": "x"}), [({"out": 5}, [1, 2])] * 2)
        self.assertRegex(self.ask(same, {"a": 1})[0], "rules 1 and 3")
        differ = sheet(["A", "a", "=>", "out", "more"], ["", "-", "", "5", ""], ["", "-", "", "5", "1"])
        self.assertRegex(self.ask(differ, {"a": 5})[0], "rules 1 and 2")

    def test_first(self):
        self.assertEqual(self.ask(self.rules("F"), {"a": 7}, {"a": 12}, {"a": 18}, {"a": "x"}),
                         [({"out": "low"}, [1]), ({"out": "mid"}, [2]), ({"out": "mid"}, [2]), (None, [])])

    def test_priority_and_output_order(self):
        rows = {"a": 7}, {"a": 18}, {"a": 30}, {"a": "x"}
        self.assertEqual(self.ask(self.rules("P", '"high", "mid", "low"'), *rows),
                         [({"out": "mid"}, [2]), ({"out": "high"}, [3]), ({"out": "high"}, [3]), (None, [])])
        self.assertEqual(self.ask(self.rules("O", '"high","mid","low"'), *rows),
                         [([{"out": "mid"}, {"out": "low"}, {"out": "low"}], [2, 1, 4]), ([{"out": "high"}, {"out": "mid"}], [3, 2]),
                          ([{"out": "high"}], [3]), ([], [])])

    def test_several_priorities_count_from_left_to_right(self):
        rules = [["values", "", "", '"x","y"', "", "2, 1"], ["", "-", "", '"y"', "9", "2"], ["", "-", "", '"x"', "8", "1"],
                 ["", "-", "", '"x"', "7", "2.0"], ["", "-", "", "", "6", "2"], ["", "-", "", '"x"', "5", ""], ["", "-", "", '"x"', "4", "2"]]
        for hit, expected in (("P", [3]), ("O", [3, 6, 2, 5, 1, 4])):
            with self.subTest(hit):
                self.assertEqual(self.ask(sheet([hit, "a", "=>", "p", "free", "q"], *rules), {"a": 1})[0][1], expected)

    def test_priority_of_a_param(self):
        rules = [["values", "", "", '"alpha","beta"'], ["", "-", "", '"alpha"'], ["", "-", "", "word"]]
        self.assertEqual(self.ask(sheet(["O", "a", "=>", "p"], *rules), {"a": 1})[0], ([{"p": "alpha"}, {"p": "beta"}], [1, 2]))
        for hit in "UAPFROC":
            table = sheet([hit, "a", "=>", "p"], ["values", "", "", '"alpha","gamma"'], ["", "1", "", '"alpha"'], ["seven", "1,2", "", "word"])
            with self.subTest(hit):
                self.assertRegex(self.ask(table, {"a": 2})[0], r"data/m\.csv: rule 2: .* p is not one of its values")

    def test_rule_order_and_collect(self):
        for hit in "RC":
            with self.subTest(hit):
                self.assertEqual(self.ask(self.rules(hit), {"a": 7}, {"a": 18}, {"a": "x"}),
                                 [([{"out": "low"}, {"out": "mid"}, {"out": "low"}], [1, 2, 4]),
                                  ([{"out": "mid"}, {"out": "high"}], [2, 3]), ([], [])])

    def test_aggregates(self):
        rules = [["", "< 10", "", "0.1"], ["", "< 20", "", "0.2"], ["", "< 20", "", "0.20"], ["", "< 10", "", "-3"], ["", "1", "", ""],
                 ["", "4", "", "none"]]
        for hit, expected in (("C+", (Decimal("-2.5"), Decimal("0.4"))), ("C<", (-3, Decimal("0.2"))), ("C>", (Decimal("0.2"), Decimal("0.2"))),
                              ("C#", (3, 1))):
            with self.subTest(hit):
                self.assertEqual(self.ask(sheet([hit, "a", "=>", "n"], *rules), {"a": 1}, {"a": 4}, {"a": 12}, {"a": 99}),
                                 [(expected[0], [1, 2, 3, 4, 5]), (expected[0], [1, 2, 3, 4, 6]), (expected[1], [2, 3]),
                                  (0 if hit == "C#" else None, [])])

    def test_left_out_outputs_alone(self):
        for hit, expected in (("C+", None), ("C<", None), ("C>", None), ("C#", 0)):
            with self.subTest(hit):
                self.assertEqual(self.ask(sheet([hit, "a", "=>", "n"], ["", "", "", ""]), {"a": 1})[0], (expected, [1]))

    def test_distinct_outputs_are_counted_by_value(self):
        outputs = ["1", "1.0", '"1"', "true", "2025-01-01", '"2025-01-01"', 'date("2025-01-01")', "12345678901234567890", "12345678901234567890.0",
                   "whole", "7", "word", '"beta"']
        self.assertEqual(self.ask(sheet(["C#", "a", "=>", "n"], *[["", "", "", each] for each in outputs]), {"a": 1})[0][0], 7)

    def test_exact_sums(self):
        huge = "9999999999999999999999999999999999"
        for terms, expected in ((["0.1"] * 3, "0.3"), ([huge, "-1", "1"], huge), (["12345678901234567.01", "0.99"], "12345678901234568"),
                                (["whole", "whole"], "14"), (["whole", "0.5"], "7.5"), ([huge, "1"], "1" + "0" * 34)):
            with self.subTest(terms):
                out = self.ask(sheet(["C+", "a", "=>", "n"], *[["", "", "", term] for term in terms]), {"a": 1})[0]
                self.assertEqual(Decimal(out[0]), Decimal(expected))
        self.assertRegex(self.ask(sheet(["C+", "a", "=>", "n"], ["", "", "", huge], ["", "", "", "0.1"]), {"a": 1})[0], "34 digits")
        self.assertRegex(self.ask(sheet(["C+", "a", "=>", "n"], ["", "", "", "whole"], ["", "", "", "whole"]), {"a": 1},
                                  extra='params = { whole = integer { default = 9007199254740991 } },')[0], "out of range")

    def test_a_text_param_is_no_number(self):
        for hit in ("C+", "C<", "C>"):
            with self.subTest(hit):
                self.assertRegex(self.ask(sheet([hit, "a", "=>", "n"], ["", "", "", "1"], ["", "", "", "word"]), {"a": 1})[0],
                                 r"data/m\.csv: rule 2: .* n is not a number")


class Outputs(Base):
    def test_every_literal(self):
        outputs = {"5": 5, "5.00": 5, "-0.50": Decimal("-0.5"), "+3": 3, ".5": Decimal("0.5"), "- 4": -4, "-0": 0, "007": 7, '"a, b"': "a, b",
                   '" x "': " x ", '"经理"': "经理", '""': "", r'"say \"hi\" \\"': 'say "hi" \\', "true": True, "false": False,
                   "2025-01-01": "2025-01-01", 'date("2024-02-29")': "2024-02-29", ' date ( "2024-02-29" ) ': "2024-02-29", "limit": 5000,
                   " word ": "beta", "flag": True, "1234567890123456789012345678901234": 1234567890123456789012345678901234,
                   "0.1234567890123456789012345678901234": Decimal("0.1234567890123456789012345678901234")}
        table = sheet(["F", "a", "=>", "o"], *[["", str(i), "", text] for i, text in enumerate(outputs)])
        for (text, value), (out, _) in zip(outputs.items(), self.ask(table, *[{"a": i} for i in range(len(outputs))])):
            with self.subTest(text):
                self.assertEqual((out["o"], type(out["o"]) is bool), (value, type(value) is bool))

    def test_left_out(self):
        table = sheet(["U", "a", "=>", "p", "#q", "r"], ["", "1", "", "", "x", "2"], ["", "2", "", "none", "", "false"], ["", "3", "", "", "", ""])
        self.assertEqual(self.ask(table, {"a": 1}, {"a": 2}, {"a": 3}), [({"r": 2}, [1]), ({"r": False}, [2]), ([], [3])])

    def test_they_are_the_callers_own(self):
        table = sheet(["C", "a", "=>", "p"], ["", "-", "", "1"], ["", "-", "", "2"])
        change = "(function() local out, rows = matrix(record, params) out[1].p = 9 out[3] = 1 rows[1] = 5 return out, rows end)()"
        self.assertEqual(self.ask(table, {"a": 1}, {"a": 1}, call=change), [([{"p": 9}, {"p": 2}, 1], [5, 2])] * 2)
        self.assertEqual(self.ask(table, {"a": 1}), [([{"p": 1}, {"p": 2}], [1, 2])])


class Inputs(Base):
    def test_paths(self):
        table = sheet(["C", "who.boss.level", "who . id", "=>", "n"], ["", "3", "-", "", "1"], ["", "null", "", "", "2"], ["", "-", '"u"', "", "3"])
        cases = {'{ who = { boss = { level = 3 }, id = "u" } }': [1, 3], "{ who = { boss = 3 } }": [2], '{ who = "text" }': [2], "{}": [2],
                 "{ who = { boss = {} } }": [2], "{ who = 12345678901234567890 }": [2], '{ ["who.id"] = "u" }': [2],
                 "setmetatable({}, { __index = { who = { boss = { level = 3 } } } })": [1]}
        for record, expected in cases.items():
            with self.subTest(record):
                self.assertEqual(self.ask(table, {"a": 1}, call=f"matrix({record}, params)")[0][1], expected)

    def test_the_table_may_be_asked_from_within(self):
        table = sheet(["U", "a", "b", "=>", "n"], ["", "1", "2", "", "10"], ["", "3", "4", "", "20"])
        record = "setmetatable({ a = 1 }, { __index = function(_, key) if key == 'b' then matrix({ a = 3, b = 4 }) return 2 end end })"
        self.assertEqual(self.ask(table, {"a": 1}, call=f"matrix({record}, params)")[0], ({"n": 10}, [1]))

    def test_no_inputs_and_no_rules(self):
        self.assertEqual(self.ask(sheet(["C", "=>", "n"], ["", "", "1"], ["", "", "2"]), {"a": 1})[0], ([{"n": 1}, {"n": 2}], [1, 2]))
        self.assertEqual(self.ask(sheet(["U", "a", "=>", "n"]), {"a": 1})[0], (None, []))

    def test_no_record(self):
        table = sheet(["U", "a", "=>", "n"], ["", "1", "", "2"])
        self.assertRegex(self.ask(table, {"a": 1}, call="matrix()")[0], "table expected")
        self.assertRegex(self.ask(table, {"a": 1}, call="matrix(5)")[0], "table expected")
        self.assertEqual(self.ask(table, {"a": 1}, call="matrix(record)")[0], ({"n": 2}, [1]))

    def test_params_are_missing(self):
        table = sheet(["U", "a", "=>", "n"], ["", "< limit", "", "2"])
        self.assertRegex(self.ask(table, {"a": 1}, call="matrix(record)")[0], r"data/m\.csv names params: .*\(tx, params\)")

    def test_params_are_turned(self):
        files = deciding(sheet(["U", "a", "=>", "n"], ["", "< limit", "", "whole"]), "a")
        with Folder(files) as folder:
            for limit, expected in (("100", []), ("100.01", [1])):
                done = folder.run("batch", "--policy", "x.y", "--param", f"limit={limit}", data='{"a":{"i":100}}\n')
                self.assertEqual(json.loads(done.stdout)["decision"]["rows"], expected)

    def test_the_budget_bites(self):
        table = sheet(["C", "a", "=>", "n"], *[["", f"< {i}", "", "1"] for i in range(3000)])
        message = self.ask(table, {"a": 3000}, call="(function() while true do matrix(record, params) end end)()")[0]
        self.assertIn("instructions", message)

    def test_only_while_loading(self):
        table = sheet(["U", "a", "=>", "n"], ["", "1", "", "2"])
        self.assertRegex(self.ask(table, {"a": 1}, call='decision_table "data/m.csv"')[0], "while a policy is loaded")

    def test_many_columns_and_rules(self):
        names = [f"c{i}" for i in range(300)]
        rules = [[f"r{i}", *[str((i + j) % 7) if j % 50 == 0 else "-" for j in range(300)], "", str(i)] for i in range(2000)]
        record = "{ " + ", ".join(f"{name} = 1" for name in names[:300:50]) + " }"
        expected = [i + 1 for i in range(2000) if all((i + j) % 7 == 1 for j in range(0, 300, 50))]
        self.assertEqual(self.ask(sheet(["C", *names, "=>", "n"], *rules), {"a": 1}, call=f"matrix({record}, params)")[0][1], expected)


class Cells(Base):
    # cell -> values that match, values that do not; None is a missing field
    CASES = {
        "-": ([1, "x", True, None], []), "": ([1, None], []), "  ": ([1, None], []), " - ": ([None], []),
        "5": ([5, Decimal("5.00")], [4, "5", True, None]), "5.00": ([5], ["5.00"]), '"5"': (["5"], [5]), "-5": ([-5], [5]), "- 5": ([-5], [5]),
        "+5": ([5], []), ".5": ([Decimal("0.5")], [5]), "0": ([0, Decimal("-0.0")], [None, False, ""]),
        '"a","b"': (["a", "b"], ["c", "", "A", None]), ' "a" , 5,true ': (["a", 5, True], [False, "5", "true"]),
        "true": ([True], [False, "true", 1, None]), "false": ([False], [True, None, 0]),
        "< 5": ([4, Decimal("4.999"), -99], [5, 6, "4", None, True]), "<=5": ([5, 4], [Decimal("5.001")]), ">5": ([6], [5, "6"]),
        " >=  5 ": ([5, 6], [4]), "< -5": ([-6], [-5]), ">-5": ([-4], [-5]), '< "b"': (["a", "", "ab", "B"], ["b", "ba", "c", 1, None]),
        '>= "é"': (["é", "ê", "经"], ["e", "z"]),
        "[5..10]": ([5, 7, 10], [4, 11, Decimal("10.01"), "7", None]), "(5..10)": ([6, Decimal("5.01")], [5, 10]), "[5..10)": ([5], [10]),
        "(5..10]": ([10], [5]), "]5..10]": ([10, 6], [5]), "[5..10[": ([5], [10]), "]5..10[": ([6], [5, 10]), "(5..10[": ([6], [5, 10]),
        "[ 5 .. 10 )": ([5], [10]), "[-1.5..-.5]": ([-1, Decimal("-0.5")], [0]), "[.1...5]": ([Decimal("0.3")], [Decimal("0.6")]),
        "[10..5]": ([], [5, 7, 10]), "[5..5]": ([5], [4, 6]), "(5..5)": ([], [5]), '["b".."d")': (["b", "c", "czz"], ["a", "d", 5]),
        "[1..2],[4..5], > 9": ([1, 5, 10], [3, 9, None]),
        "not(5)": ([4, Decimal("5.1"), None], [5, "5", True]), 'not("a","b")': (["c", None], ["a", "b", 5]), "not( < 5 )": ([5, None], [4, "a"]),
        "not([1..3], 7)": ([4, 8, None], [1, 3, 7]), "not (true)": ([False, None], [True, 1]), "not(null)": ([1, "", False, "x"], [None]),
        "null": ([None], [0, "", False, "null"]), 'null, "a"': ([None, "a"], ["b"]), 'not(null, "a")': (["b"], [None, "a"]),
        "not(not(5))": ([5], [4, None, "x"]), 'not("a"), 5': (["b", 5, None], ["a", 6]), "not(2025-01-01)": (["2025-01-02", None], ["2025-01-01", 5]),
        "2025-01-01": (["2025-01-01"], ["2025-01-02", 2025]), 'date("2025-01-01")': (["2025-01-01"], ["2025-1-1"]),
        "< 2025-03-01": (["2025-02-28", "2024-12-31"], ["2025-03-01"]), "[2025-01-01..2025-12-31]": (["2025-06-15"], ["2026-01-01", None]),
        '> date("2025-01-01")': (["2025-01-02", "2025-01-01T00:00:00Z"], ["2025-01-01"]),
        "< limit": ([4999, Decimal("4999.99")], [5000, "x", None]), "limit": ([5000], [1, "limit", None]), "[whole..limit)": ([7, 4999], [6, 5000]),
        "word, 3": (["beta", 3], ["alpha"]), "not(word)": (["alpha", None], ["beta", 5]), ">= since": (["2025-03-01"], ["2025-02-28", 9]),
        "flag": ([True], [False]), "none": ([None], [0, 1, ""]), "not(none)": ([0, ""], [None]), "< none": ([], [0, "a", None]),
        "not(< none)": ([None], [0, "a"]), "< flag": ([], [True, False]), "[none..5]": ([], [1]), "[limit..word]": ([], [5000, "beta", 9999]),
        "12345678901234567890": ([12345678901234567890], [12345678901234567891, Decimal("12345678901234567000")]),
        "< 0.1234567890123456789012345678901234": ([Decimal("0.1234567890123456789012345678901233"), 0], [Decimal("0.1234567890123456789012345678901234"), 1]),
        "[9007199254740991..9007199254740993]": ([9007199254740991, Decimal(9007199254740992)], [9007199254740990, Decimal(9007199254740994)]),
        r'"a\"b", "\\"': (['a"b', "\\"], ["a", ""]), '"a\nb"': (["a\nb"], ["a b"]), '"经理", "a, b"': (["经理", "a, b"], ["a"]),
        '" a "': ([" a "], ["a"]), '\t5 ,\n6 ': ([5, 6], [7]),
    }

    def test_cells(self):
        cells = list(self.CASES)
        table = sheet(["C", "which", "a", "=>", "n"], *[["", str(i), cell, "", str(i)] for i, cell in enumerate(cells)])
        asked = [(cell, value, yes) for cell, (good, bad) in self.CASES.items() for yes, values in ((True, good), (False, bad)) for value in values]
        rows = [{"which": cells.index(cell), "a": self.big(value)} for cell, value, _ in asked]
        for (cell, value, yes), (_, rules) in zip(asked, self.ask(table, *rows)):
            with self.subTest(cell=cell, value=value):
                self.assertEqual(rules, [cells.index(cell) + 1] if yes else [])

    @staticmethod
    def big(value):
        """Whole numbers past 2^53 come in as decimals."""
        return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2 ** 53 else value

    def test_tables_are_of_another_type(self):
        table = sheet(["C", "a", "=>", "n"], *[["", cell, "", "1"] for cell in ("-", "null", "not(null)", "not(5)", '"x"', "< 5", "true", "none", "not(none)")])
        self.assertEqual(self.ask(table, {"a": 1}, call="matrix({ a = {} }, params)")[0][1], [1, 3, 9])
        self.assertEqual(self.ask(table, {"a": 1}, call="matrix({ a = pick }, params)")[0][1], [1, 3, 9])

    def test_bare_words_of_the_values(self):
        table = sheet(["C", "a", "=>", "n"], ["", "expense, 净额", "", "high"], ["values", '"expense","fixed asset", "净额", "30days"', "", '"high","very high"'],
                      ["", "fixed asset", "", "very high"], ["", "not(expense,30days)", "", ""])
        self.assertEqual(self.ask(table, {"a": "expense"}, {"a": "fixed asset"}, {"a": "净额"}, {"a": "30days"}, {"a": None}),
                         [([{"n": "high"}], [1]), ([{"n": "very high"}, []], [2, 3]), ([{"n": "high"}, []], [1, 3]), ([], []), ([[]], [3])])


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


# ---- A plain evaluator of the contract's words, over tables that are made, not read

def same_type(a, b):
    return isinstance(a, bool) == isinstance(b, bool) and isinstance(a, str) == isinstance(b, str)


def holds(test, value):
    """True, False, or None where the value is of another type."""
    kind = test[0]
    if kind == "null":
        return value is None
    if kind == "not":
        inner = [holds(each, value) for each in test[1]]
        return False if True in inner else None if None in inner else True
    literals = [VALUES[each[1]] if each[0] == "param" else each[1] for each in test[2:]]
    if kind == "is" and literals[0] is None:
        return value is None
    if value is None:
        return False
    if any(each is None or not same_type(value, each) for each in literals):
        return None
    left, right = ([each.encode() if isinstance(each, str) else each for each in pair] for pair in ((value,), literals))
    value = left[0]
    if kind == "is":
        return value == right[0]
    if isinstance(value, bool):
        return None
    if kind == "compare":
        return {"<": value < right[0], "<=": value <= right[0], ">": value > right[0], ">=": value >= right[0]}[test[1]]
    low, high = right
    return (low < value if test[1][0] in "(]" else low <= value) and (value < high if test[1][1] in ")[" else value <= high)


def literal_text(literal, chance):
    kind, value = literal
    if kind == "param":
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value if re.fullmatch(r"\d{4}-\d\d-\d\d", value) and chance.random() < 0.5 else f'"{value}"'
    return f"{value:f}" + (chance.choice(["", ".0", ".00"]) if value == value.to_integral() and "." not in f"{value:f}" else "")


def test_text(test, chance):
    space = chance.choice(["", "", " "])
    if test[0] == "null":
        return "null"
    if test[0] == "not":
        return f"not{space}({','.join(test_text(each, chance) for each in test[1])}{space})"
    texts = [literal_text(each, chance) for each in test[2:]]
    if test[0] == "is":
        return texts[0]
    if test[0] == "compare":
        return test[1] + space + texts[0]
    return f"{test[1][0]}{space}{texts[0]}{space}..{texts[1]}{space}{test[1][1]}"


class Maker:
    """Makes random tables and inputs, small enough that rules overlap."""
    NUMBERS = [Decimal(text) for text in ("-2", "0", "1", "1.5", "2", "5000", "7", "0.1", "12345678901234567890.25", "9007199254740993")]
    TEXTS = ["", "a", "b", "beta", "ab", "é", "2025-03-01", "2025-02-28", "2024-12-31"]

    def __init__(self, seed):
        self.chance = random.Random(seed)

    def literal(self, kind, params=True):
        if params and self.chance.random() < 0.15:
            return "param", self.chance.choice(list(VALUES))
        return "value", {"n": self.chance.choice(self.NUMBERS), "t": self.chance.choice(self.TEXTS), "b": self.chance.random() < 0.5}[kind]

    def test(self, kind, depth=0):
        pick = self.chance.random()
        if self.chance.random() < 0.1:
            kind = self.chance.choice("ntb")
        if pick < 0.08:
            return ("null",)
        if pick < 0.25 and depth < 2:
            return "not", [self.test(kind, depth + 1) for _ in range(self.chance.randint(1, 3))]
        if pick < 0.45 or kind == "b":
            return "is", None, self.literal(kind)
        if pick < 0.7:
            return "compare", self.chance.choice(["<", "<=", ">", ">="]), self.literal(kind)
        return "between", (self.chance.choice("[(]"), self.chance.choice("])[")), self.literal(kind), self.literal(kind)

    def table(self, hit):
        """inputs, outputs with their values, rules: (cells, outputs)"""
        inputs = [self.chance.choice("nntb") for _ in range(self.chance.randint(1, 3))]
        numeric = hit in ("C+", "C<", "C>")
        outputs = [self.chance.choice("n" if numeric else "ntb") for _ in range(1 if hit.startswith("C") and len(hit) == 2 else self.chance.randint(1, 3))]
        domains = [([True, False] if kind == "b" else self.chance.sample(self.NUMBERS if kind == "n" else self.TEXTS, 3))
                   if hit in "PO" and i == 0 or not numeric and self.chance.random() < 0.3 else None for i, kind in enumerate(outputs)]
        rules = []
        for _ in range(self.chance.randint(0, 8)):
            cells = [[] if self.chance.random() < 0.4 else [self.test(kind) for _ in range(self.chance.randint(1, 3))] for kind in inputs]
            out = [None if self.chance.random() < 0.15 else ("value", self.chance.choice(domain)) if domain else
                   ("param", self.chance.choice(["limit", "whole", "none"])) if numeric and self.chance.random() < 0.2 else self.literal(kind, not numeric)
                   for kind, domain in zip(outputs, domains)]
            rules.append((cells, out))
        return inputs, domains, rules

    def sheet(self, hit, inputs, domains, rules):
        lines = [[self.chance.choice(["", "name"]), *[", ".join(test_text(each, self.chance) for each in cell) or self.chance.choice(["", "-"]) for cell in cells], "",
                  *["" if each is None else literal_text(each, self.chance) for each in out]] for cells, out in rules]
        if any(domains):
            lines.insert(self.chance.randint(0, len(lines)), ["values", *[""] * len(inputs), "",
                         *[",".join(literal_text(("value", each), self.chance) for each in domain or []) for domain in domains]])
        return sheet([hit, *[f"i{i}" for i in range(len(inputs))], "=>", *[f"o{i}" for i in range(len(domains))]], *lines)

    def value(self, kind):
        if self.chance.random() < 0.15:
            return None
        return self.literal(self.chance.choice("ntb") if self.chance.random() < 0.1 else kind, params=False)[1]


def expected(hit, domains, rules, values):
    """(out, rows), or "error"."""
    hits = [(i + 1, [VALUES[each[1]] if each and each[0] == "param" else each and each[1] for each in out]) for i, (cells, out) in enumerate(rules)
            if all(not cell or any(holds(test, value) for test in cell) for cell, value in zip(cells, values))]
    numbers = [number for number, _ in hits]
    kind = lambda value: (value is None, isinstance(value, bool), isinstance(value, str), value)
    if hit == "U" and len(hits) > 1 or hit == "A" and any([kind(a) for a in out] != [kind(b) for b in hits[0][1]] for _, out in hits):
        return "error"
    if hit in "PO":
        hits.sort(key=lambda each: [len(domain) if value is None else [kind(v) for v in domain].index(kind(value))
                                    for domain, value in zip(domains, each[1]) if domain])
        numbers = [number for number, _ in hits]
    if hit in "UAPF":
        numbers = numbers if hit == "A" else numbers[:1]
    records = [{f"o{i}": value for i, value in enumerate(out) if value is not None} for _, out in hits]
    if hit in "UAPF":
        return (records[0] if records else None), numbers
    if hit in "ROC":
        return records, numbers
    terms = [each["o0"] for each in records if each]
    if hit == "C#":
        return len({kind(each) for each in terms}), numbers
    return ({"C+": sum, "C<": min, "C>": max}[hit](terms) if terms else None), numbers


def plain(value):
    """Numbers as decimals; an empty record is written as an empty list."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()} or []
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value if isinstance(value, (bool, str)) or value is None else ("number", Decimal(value))


class Random(Base):
    TABLES, ROWS = 110, 50

    def test_random_tables(self):
        maker = Maker(SEED)
        hits = ["U", "A", "P", "F", "R", "O", "C", "C+", "C<", "C>", "C#"]
        tables, files, rows, wanted = [], {}, [], []
        for number in range(self.TABLES):
            hit = hits[number % len(hits)]
            inputs, domains, rules = maker.table(hit)
            tables.append((hit, inputs, domains, rules))
            files[f"policies/data/m{number}.csv"] = maker.sheet(hit, inputs, domains, rules)
            for _ in range(self.ROWS):
                values = [maker.value(kind) for kind in inputs]
                rows.append({"which": number + 1, **{f"i{i}": wrap(value) for i, value in enumerate(values)}})
                wanted.append((number, values, expected(hit, domains, rules, values)))
        prelude = PICK + "local tables = { " + ", ".join(f'decision_table "data/m{i}.csv"' for i in range(self.TABLES)) + " }\n"
        decide = """local out, rows = tables[tx.which]({ i0 = pick(tx.i0), i1 = pick(tx.i1), i2 = pick(tx.i2) }, params)
    return { outcome = "approve", reasons = { "ok" }, out = out, rows = rows }"""
        files["policies/x/y.lua"] = policy(decide, fields=f"which = integer {{}}, i0 = {ANY}, i1 = {ANY}, i2 = {ANY}", extra=PARAMS, prelude=prelude)
        with Folder(files) as folder:
            results, done = results_of(folder, rows)
        self.assertEqual(len(results), len(rows), done.stderr.decode())
        matched = 0
        for (number, values, want), result in zip(wanted, results):
            with self.subTest(seed=SEED, table=files[f"policies/data/m{number}.csv"], values=values):
                if want == "error":
                    self.assertIn(f"data/m{number}.csv: rules ", result.get("error", {}).get("message", ""))
                    continue
                self.assertIn("decision", result)
                decision = result["decision"]
                self.assertEqual((plain(decision.get("out")), decision["rows"]), (plain(want[0]), want[1]))
                matched += bool(want[1])
        self.assertGreater(matched, len(rows) // 4)


if __name__ == "__main__":
    unittest.main()
