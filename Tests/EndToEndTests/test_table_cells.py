"""Decision tables: every form of a cell, with values that match and values that do not."""
import unittest
from decimal import Decimal

from tables import Base, sheet


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


if __name__ == "__main__":
    unittest.main()
