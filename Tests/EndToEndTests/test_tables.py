"""Decision tables: every hit policy, outputs, and where inputs come from."""
import json
import unittest
from decimal import Decimal

from support import Folder
from tables import Base, deciding, sheet


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

    def test_a_question_takes_few_steps_wherever_the_answer_stands(self):
        """So that a table of 20,000 rules can be asked 5,000 times in one decision, which has a million steps."""
        table = sheet(["F", "a", "b", "=>", "n"], *[["", f"[{i}..{i + 1})", "< limit", "", str(i)] for i in range(20000)])
        times = "(function() local out, rows for i = 1, 5000 do out, rows = matrix(record, params) end return out, rows end)()"
        rows = {"a": 0, "b": 1}, {"a": 10000, "b": 1}, {"a": 19999, "b": 1}, {"a": 20000, "b": 1}, {"a": 7, "b": 5000}
        self.assertEqual(self.ask(table, *rows, call=times),
                         [({"n": 0}, [1]), ({"n": 10000}, [10001]), ({"n": 19999}, [20000]), (None, []), (None, [])])

    def test_cells_of_many_tests(self):
        """What ends in more places than the index has room for, and lists that are long and nested."""
        many = ", ".join(f"[{7 * i}..{7 * i + 2}]" for i in range(5000))
        table = sheet(["C", "a", "=>", "n"], ["", many, "", "1"], ["", f"not({many})", "", "2"], ["", "not(" * 14 + many + ")" * 14, "", "3"],
                      *[["", f"not({i}, {i + 10000})", "", ""] for i in range(600)])
        answers = self.ask(table, {"a": 7}, {"a": 9}, {"a": Decimal("9.5")}, {"a": 34995}, {"a": 34996}, {"a": None}, {"a": "x"})
        self.assertEqual([rows[:3] for _, rows in answers], [[1, 3, 4], [1, 3, 4], [2, 4, 5], [1, 3, 4], [2, 4, 5], [2, 4, 5], []])
        self.assertEqual([len(rows) for _, rows in answers], [601, 601, 601, 602, 601, 601, 0])

    def test_a_hundred_thousand_columns(self):
        names = [f"c{i}" for i in range(100000)]
        table = sheet(["F", *names, "=>", "n"], ["", *["1"] * 100000, "", "1"], ["", "2", *["-"] * 99999, "", "2"])
        self.assertEqual(self.ask(table, {"a": 1}, call="matrix({ c0 = 2 }, params)")[0], ({"n": 2}, [2]))

    def test_only_while_loading(self):
        table = sheet(["U", "a", "=>", "n"], ["", "1", "", "2"])
        self.assertRegex(self.ask(table, {"a": 1}, call='decision_table "data/m.csv"')[0], "while a policy is loaded")

    def test_many_columns_and_rules(self):
        names = [f"c{i}" for i in range(300)]
        rules = [[f"r{i}", *[str((i + j) % 7) if j % 50 == 0 else "-" for j in range(300)], "", str(i)] for i in range(2000)]
        record = "{ " + ", ".join(f"{name} = 1" for name in names[:300:50]) + " }"
        expected = [i + 1 for i in range(2000) if all((i + j) % 7 == 1 for j in range(0, 300, 50))]
        self.assertEqual(self.ask(sheet(["C", *names, "=>", "n"], *rules), {"a": 1}, call=f"matrix({record}, params)")[0][1], expected)


if __name__ == "__main__":
    unittest.main()
