"""`remit batch` as its users see it: lines in, lines out, every kind of wrong input, params, times, exit statuses, CSV."""
import csv
import io
import json
import os
import re
import subprocess
import tempfile
import unittest
from decimal import Decimal

from support import REMIT, Folder, FolderCase, policy

APPROVE = 'return { outcome = "approve", reasons = { "ok" } }'
LINE_BYTES_MAX = 1 << 20
TYPES = """
    text = optional(text {}), short = optional(text { min = 2, max = 4 }), integer = optional(integer {}), level = optional(integer { min = 1, max = 6 }),
    number = optional(number {}), qty = optional(number { min = 0, max = "99.5" }), money = optional(money {}), amount = optional(money { min = "0.00", max = "1000.00" }),
    flag = optional(boolean {}), day = optional(date {}), time = optional(timestamp {}), choice = optional(enum { "red", "green", "中" }),
    record = optional(record { a = text {}, b = optional(record { c = integer {} }) }),
    list = optional(list { of = integer {}, min = 1, max = 3 }), rows = optional(list { of = record { sku = text {}, qty = number { min = 0 } } }),
    lists = optional(list { of = list { of = boolean {} } }), map = optional(map { of = integer {} }), records = optional(map { of = record { x = money {} } }),
"""
ECHO = """
    local r = { outcome = "approve", reasons = { "ok" } }
    for key, value in pairs(tx) do r[key] = value end
    return r
"""


class Raw(str):
    """A JSON number as it is written."""


def raw(line):
    return json.loads(line, parse_int=Raw, parse_float=Raw)


def decisions(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


class Case(FolderCase):
    def batch(self, name, data, *arguments, status=None):
        done = self.folder.run("batch", "--policy", name, *arguments, data=data)
        if status is not None:
            self.assertEqual(done.returncode, status, done.stderr.decode())
        return done

    def one(self, name, row, *arguments):
        """The error or the decision of one row."""
        done = self.batch(name, row if isinstance(row, (str, bytes)) else json.dumps(row), *arguments)
        lines = decisions(done)
        self.assertEqual(len(lines), 1, done.stderr)
        return lines[0].get("error") or lines[0]["decision"]


class Lines(Case):
    files = {"policies/x/free.lua": policy(APPROVE, "n = optional(integer {})"),
             "policies/x/text_id.lua": policy(APPROVE, "id = text {}, n = optional(integer {})"),
             "policies/x/number_id.lua": policy(APPROVE, "id = number {}, n = optional(integer {})"),
             "policies/x/strict.lua": policy(APPROVE, "id = optional(text {}), n = optional(integer {})", "strict = true,")}

    def test_the_shape_of_a_line(self):
        done = self.batch("x.text_id", '{"id":"PO-17","n":1}\n{"id":"PO-18","n":"x"}\n', status=3)
        good, bad = done.stdout.decode().splitlines()
        version = re.search('"version":"([0-9a-f]{12})"', good).group(1)
        self.assertEqual(good, '{"id":"PO-17","policy":"x.text_id","version":"%s","decision":{"outcome":"approve","reasons":["ok"]}}' % version)
        self.assertTrue(bad.startswith('{"id":"PO-18","line":2,"policy":"x.text_id","version":"%s","error":{"code":"invalid_input","message":"n: expected integer, got \\"x\\"","path":"/n"' % version), bad)
        self.assertTrue(bad.endswith("}}"))

    def test_ids_are_echoed_as_written(self):
        written = ['"PO-17"', '""', '"a\\u0041\\n"', '"\\ud83d\\ude00"', '"中文 é"', '"\\/"', '"/"', "0", "-0", "1", "-1", "1.50",
                   "1.0", "1e5", "1E+05", "-0.0e-0",
                   "12345678901234567890123456789012345678901234567890", "1e999", "0.10", '"' + "x" * 5000 + '"', '"5"', '"\\\\"',
                   '"a\\"b"']
        lines = "".join(f'{{"n":1,"id":{text},"other":[]}}\n' for text in written) + "".join(f'{{"id" :\t{text} ,"n":"x"}}\n' for text in written)
        done = self.batch("x.free", lines, status=3)
        for line, text in zip(done.stdout.decode().splitlines(), written + written):
            self.assertTrue(line.startswith(f'{{"id":{text},"'), (text, line[:300]))

    def test_other_ids_are_the_line_number(self):
        written = ["true", "false", "null", "[]", "[1]", "{}", '{"id":"x"}', '["id"]']
        done = self.batch("x.free", "".join(f'{{"id":{text}}}\n' for text in written) + '{}\n{"n":1}\n{"other":{"id":"inner"}}\n{"Id":1,"ID":2,"id ":3}\n', status=0)
        self.assertEqual([line["id"] for line in decisions(done)], list(range(1, 13)))

    def test_an_id_under_an_escaped_key_is_the_id(self):
        done = self.batch("x.free", '{"\\u0069d":"a"}\n{"i\\u0064":7}\n', status=0)
        self.assertEqual([line["id"] for line in decisions(done)], ["a", 7])

    def test_ids_of_rows_in_error(self):
        """An id of another type than the declared one is still what the row is called."""
        done = self.batch("x.text_id", '{"id":5}\n{"id":1.50e1,"n":"x"}\n{"n":"x","id":"b"}\n{"n":1}\n{"id":null}\n{"id":{}}\n',
                          status=3)
        ids = [line.split(',"line"')[0] for line in done.stdout.decode().splitlines()]
        self.assertEqual(ids, ['{"id":5', '{"id":1.50e1', '{"id":"b"', '{"id":4', '{"id":5', '{"id":6'])
        done = self.batch("x.number_id", '{"id":"x"}\n{"id":"5"}\n{"id":5.0}\n{"id":"1,5"}\n', status=3)
        ids = [re.split(',"(line|policy)"', line)[0] for line in done.stdout.decode().splitlines()]
        self.assertEqual(ids, ['{"id":"x"', '{"id":"5"', '{"id":5.0', '{"id":"1,5"'])

    def test_line_numbers_count_blank_lines(self):
        done = self.batch("x.free", '\n{"n":"x"}\n\n \t \n{"n":"x"}\n\r\n   \r\n{"n":"x"}\n\n', status=3)
        self.assertEqual([(line["id"], line["line"]) for line in decisions(done)], [(2, 2), (5, 5), (8, 8)])
        self.assertIn(b"remit: 3 rows", done.stderr)

    def test_line_only_beside_an_error(self):
        good, bad = decisions(self.batch("x.free", '{"id":1}\n{"id":2,"n":[]}\n', status=3))
        self.assertEqual((list(good), list(bad)), (["id", "policy", "version", "decision"],
                                                   ["id", "line", "policy", "version", "error"]))

    def test_nothing_at_all(self):
        for data in (b"", b"\n", b"\n\n\n", b" ", b"\t\r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"):
            done = self.batch("x.free", data, status=0)
            self.assertEqual(done.stdout, b"", data)
            self.assertIn(b"remit: 0 rows", done.stderr)

    def test_ends_of_lines(self):
        rows = ['{"id":"a"}', '{"id":"b"}', '{"id":"c"}']
        plain = self.batch("x.free", "\n".join(rows) + "\n", status=0).stdout
        for joined in ("\n".join(rows), "\r\n".join(rows), "\r\n".join(rows) + "\r\n", "\ufeff" + "\n".join(rows),
                       "\ufeff" + "\r\n".join(rows) + "\r\n",
                       " \n".join(rows), "\n\t".join(rows)):
            self.assertEqual(self.batch("x.free", joined, status=0).stdout, plain, joined)

    def test_a_mark_of_byte_order_stands_only_at_the_start(self):
        done = self.batch("x.free", '\ufeff{"id":"a"}\n\ufeff{"id":"b"}\n{"id":"c"}\ufeff\n', status=3)
        self.assertEqual([line.get("error", {}).get("code") for line in decisions(done)], [None, "parse_error", "parse_error"])
        done = self.batch("x.free", '\ufeff\ufeff{"id":"a"}\n', status=3)
        self.assertEqual([line["error"]["code"] for line in decisions(done)], ["parse_error"])

    def test_a_carriage_return_inside_is_white_space(self):
        done = self.batch("x.free", '{"id":\r"a"\r}\r\r\n{"id":"b"}', status=0)
        self.assertEqual([line["id"] for line in decisions(done)], ["a", "b"])

    def test_a_last_line_without_a_newline_may_be_wrong_too(self):
        done = self.batch("x.free", '{"id":"a"}\n{"id":"b"', status=3)
        self.assertEqual([line.get("error", {}).get("code") for line in decisions(done)], [None, "parse_error"])
        self.assertEqual(decisions(done)[1]["line"], 2)

    def test_lines_about_as_long_as_may_be(self):
        def line(length):
            return '{"id":"x","other":"' + "a" * (length - 21) + '"}'
        for ending in ("\n", "\r\n"):
            for length, code in ((LINE_BYTES_MAX - 1, None), (LINE_BYTES_MAX, None), (LINE_BYTES_MAX + 1, "line_too_long"),
                                 (LINE_BYTES_MAX + 2, "line_too_long"),
                                 (3 * LINE_BYTES_MAX, "line_too_long")):
                with self.subTest(length=length, ending=ending):
                    self.assertEqual(len(line(length)), length)
                    data = '{"id":"before"}' + ending + line(length) + ending + '{"id":"after"}' + ending + '{"n":"x"}' + ending
                    done = self.batch("x.free", data, status=3)
                    results = decisions(done)
                    self.assertEqual([result.get("error", {}).get("code") for result in results],
                                     [None, code, None, "invalid_input"])
                    self.assertEqual((results[0]["id"], results[2]["id"], results[3]["line"]), ("before", "after", 4))
                    if code:
                        self.assertEqual((results[1]["id"], results[1]["line"]), (None, 2))
                        self.assertNotIn("path", results[1]["error"])
                    else:
                        self.assertEqual(results[1]["id"], "x")

    def test_long_lines_in_odd_places(self):
        long = b"x" * (LINE_BYTES_MAX + 1)
        for data, codes in ((long, ["line_too_long"]), (long + b"\n", ["line_too_long"]),
                            (b"\xef\xbb\xbf" + long, ["line_too_long"]),
                            (long + b"\n" + long + b"\n{}", ["line_too_long", "line_too_long", None]),
                            (b"{}\n\n" + long + b"\n\n{}\n", [None, "line_too_long", None]),
                            (b"\n".join([b"{}"] * 3000 + [long] + [b"{}"] * 3000),
                             [None] * 3000 + ["line_too_long"] + [None] * 3000)):
            done = self.batch("x.free", data, status=3)
            self.assertEqual([line.get("error", {}).get("code") for line in decisions(done)], codes)

    def test_a_long_line_of_white_space_ends_well(self):
        done = self.batch("x.free", b" " * (2 * LINE_BYTES_MAX) + b"\n{}\n")
        self.assertIn(done.returncode, (0, 3))
        self.assertEqual(decisions(done)[-1].get("decision", {}).get("outcome"), "approve")

    def test_what_is_no_object(self):
        for text in ("1", '"x"', "null", "true", "[]", '[{"id":"x"}]'):
            error = self.one("x.free", text)
            self.assertEqual((error["code"], error.get("path")), ("invalid_input", ""), text)

    def test_strict(self):
        self.assertEqual(self.one("x.strict", {"id": "a", "n": 1})["outcome"], "approve")
        for row, path in (({"id": "a", "other": 1}, "/other"), ({"a/b~c": 1, "n": 1}, "/a~1b~0c"), ({"": None}, "/"),
                          ({"Id": "a"}, "/Id")):
            error = self.one("x.strict", row)
            self.assertEqual((error["code"], error["path"]), ("invalid_input", path), error)
        error = self.one("x.strict", {"zz": 1, "n": "x", "aa": 2})
        self.assertEqual(sorted(item["path"] for item in error["errors"]), ["/aa", "/n", "/zz"])
        self.assertEqual(error["path"], error["errors"][0]["path"])

    def test_standard_input_in_every_spelling(self):
        row = b'{"id":"a"}\n'
        expected = self.batch("x.free", row, status=0).stdout
        self.assertEqual(self.batch("x.free", row, "-", status=0).stdout, expected)
        path = os.path.join(self.folder.path, "rows.ndjson")
        with open(path, "wb") as file:
            file.write(row)
        self.assertEqual(self.batch("x.free", b"", path, status=0).stdout, expected)
        self.assertEqual(self.batch("x.free", b"", "rows.ndjson", status=0).stdout, expected)

    def test_a_pipe_that_gives_a_little_at_a_time(self):
        process = subprocess.Popen([REMIT, "batch", "--policy", "x.free", "--policies",
                                    os.path.join(self.folder.path, "policies")], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder.path)
        for piece in (b'{"id', b'":"a"}', b"\n", b'{"id":"b"}\n{"i', b'd":"\xe4', b'\xb8\xad"}', b""):
            process.stdin.write(piece)
            process.stdin.flush()
        out, _ = process.communicate(timeout=30)
        self.assertEqual([json.loads(line)["id"] for line in out.splitlines()], ["a", "b", "中"])


class Inputs(Case):
    files = {"policies/x/types.lua": policy(ECHO, TYPES), "policies/x/needed.lua": policy(APPROVE, """
        b = text {}, a = record { z = integer {}, y = list { of = record { q = integer {}, p = money {} } } }, ["k/~1"] = boolean {}, c = optional(date {})"""),
             "policies/x/keys.lua": policy(ECHO, '["a/b"] = optional(integer {}), ["~"] = optional(integer {}), [""] = optional(integer {}), ["é\\n\\""] = optional(integer {}), ["a.b"] = optional(integer {})')}

    def setUp(self):
        self.claims = []

    def good(self, field, written, expected=None):
        """The field, written so, is taken; as what it comes out again."""
        self.claims.append((f'{{"{field}":{written}}}', field, json.loads(written) if expected is None else expected, None))

    def bad(self, field, written, path=None):
        self.claims.append((f'{{"{field}":{written}}}', field, None, path or f"/{field}"))

    def tearDown(self):
        """All that a test claimed of single fields, in one run."""
        if not self.claims:
            return
        done = self.batch("x.types", "".join(row + "\n" for row, _, _, _ in self.claims))
        results = [raw(line) for line in done.stdout.splitlines()]
        self.assertEqual(len(results), len(self.claims), done.stderr)
        wrong = []
        for (row, field, value, path), result in zip(self.claims, results):
            error = result.get("error", {})
            if path is None:
                good = result.get("decision", {}).get(field) == value
            else:
                good = (error.get("code"), error.get("path")) == ("invalid_input", path) and field in error["message"]
            if not good:
                wrong.append((row[:200], path or value, error or result["decision"]))
        self.assertEqual(wrong[:10], [], f"{len(wrong)} of {len(results)}")

    def test_null_is_absent(self):
        names = ["text", "short", "integer", "number", "money", "flag", "day", "time", "choice", "record", "list", "map"]
        done = self.batch("x.types", "".join(f'{{"{name}":null}}\n' for name in names), status=0)
        self.assertEqual({tuple(line["decision"]) for line in decisions(done)}, {("outcome", "reasons")})
        # … but not what stood there in the row before.
        done = self.batch("x.types", '{"text":"a","list":[1],"record":{"a":"x","b":{"c":1}}}\n{"text":null,"record":{"a":"y"}}\n{}\n', status=0)
        self.assertEqual([{k: v for k, v in line["decision"].items() if k not in ("outcome",
            "reasons")} for line in decisions(done)],
                         [{"list": [1], "record": {"a": "x", "b": {"c": 1}}, "text": "a"}, {"record": {"a": "y"}}, {}])

    def test_texts(self):
        for written in ('""', '"a"', '"中"', '"\\u0000"', '"' + "x" * 100000 + '"'):
            self.good("text", written)
        for written in ("1", "true", "[]", "{}", '["a"]', "1.5"):
            self.bad("text", written)

    def test_text_lengths_are_in_characters(self):
        for written in ('"ab"', '"abcd"', '"中文"', '"中文字符"', '"😀😀"', '"😀😀😀😀"', '"\\u4e2d\\ud83d\\ude00"', '"e\u0301"',
                        '"\\u0000\\u0000"', '"\\"\\"\\"\\""'):
            self.good("short", written)
        for written in ('""', '"a"', '"中"', '"😀"', '"\\ud83d\\ude00"', '"abcde"', '"中文字符号"', '"😀😀😀😀😀"', '"e\u0301e\u0301e\u0301"',
                        '"\\u0041"'):
            self.bad("short", written)

    def test_integers(self):
        for written, expected in (("0", "0"), ("-0", "0"), ("2", "2"), ("2.0", "2"), ("2.000", "2"), ("1e2", "100"),
                                  ("1E2", "100"), ("1.5e1", "15"), ("100e-2", "1"), ("-3.0", "-3"),
                                  ("9007199254740991", "9007199254740991"), ("-9007199254740991", "-9007199254740991"),
                                  ("9007199254740991.0", "9007199254740991"),
                                  ("9.007199254740991e15", "9007199254740991"), ("0e999", "0"), ("0.0e-999", "0"),
                                  ("1e15", "1000000000000000"), ("10e-1", "1"),
                                  ("90071992547409910000000000e-10", "9007199254740991"), ("-0.0", "0")):
            self.good("integer", written, expected)
        for written in ("2.5", "0.1", "1e-1", "15e-1", "9007199254740992", "-9007199254740992", "9007199254740993",
                        "9223372036854775807", "9223372036854775808", "18446744073709551617",
                        "1e16", "1e400", "1e99999999999", "9007199254740991.5", "1e-400", '"2"', '"2.0"', "true", "[2]", "{}",
                        '""', "0.99999999999999999999999999999999999999",
                        "9007199254740991.00000000000000000000000000000000000000001"):
            self.bad("integer", written)
        for written, fits in (("1", True), ("6", True), ("0", False), ("7", False), ("1.0", True), ("6.0", True), ("-1", False),
                              ("0.6e1", True), ("7e0", False)):
            (self.good if fits else self.bad)("level", written, *([str(int(float(written)))] if fits else []))

    NUMBERS = (("0", "0"), ("-0", "0"), ("-0.00", "0"), ("5000.00", "5000"), ("0.50", "0.5"), ("12.5", "12.5"),
               ("-12.50", "-12.5"), ("0.1", "0.1"), ("100", "100"), ("1234567890.123456789", "1234567890.123456789"),
               ("9007199254740993", "9007199254740993"), ("0.30000000000000004", "0.30000000000000004"), ("9" * 34, "9" * 34),
               ("9" * 33 + ".9", "9" * 33 + ".9"), ("0." + "0" * 40 + "1", "0." + "0" * 40 + "1"),
               ("1" + "0" * 60, "1" + "0" * 60), ("9" * 34 + "0" * 10, "9" * 34 + "0" * 10), ("1.0" + "0" * 60, "1"))

    def test_numbers_and_money_as_numbers_and_as_texts(self):
        for field in ("number", "money"):
            for written, expected in self.NUMBERS:
                self.good(field, written, expected)
                self.good(field, f'"{written}"', expected)
            for written, expected in (("1e2", "100"), ("1.5E+3", "1500"), ("25e-2", "0.25"), ("1e30", "1" + "0" * 30),
                                      ("0e99999", "0"), ("1e-10", "0.0000000001"), ("123456789e-9", "0.123456789"),
                                      ("0.1e1", "1"), ("-1.50e0", "-1.5")):
                self.good(field, written, expected)

    def test_texts_of_numbers_hold_digits_one_point_a_sign_and_nothing_else(self):
        for field in ("number", "money"):
            for written, expected in (('"+5"', "5"), ('"-5"', "-5"), ('"+0.50"', "0.5"), ('"007"', "7"), ('"00.5"', "0.5"),
                                      ('"-0"', "0"), ('"\\u0035"', "5"), ('"1\\u002e5"', "1.5")):
                self.good(field, written, expected)
            for text in ("", " ", "12,50", "1 000", " 5", "5 ", "5\\n", "1e2", "1E2", "0x10", "--5", "+-5", "5-", "1.2.3", ".",
                         "-", "+", "-.", "NaN", "nan", "inf", "Infinity", "-inf", "1_000", "１２", "٣", "$5", "5€",
                         "5.0.", "abc", "5a", "\\u0000", "5\\u0000", "1/2", "5%", "(5)", "true", "null", "''", "−5"):
                self.bad(field, f'"{text}"')
            for written in ("true", "false", "[]", "[1]", "{}"):
                self.bad(field, written)

    def test_numbers_past_34_digits(self):
        for field in ("number", "money"):
            for text in ("9" * 35, "1" + "0" * 33 + "1", "0." + "1" * 35, "1." + "0" * 33 + "1", "-" + "1" * 35, "9" * 34 + ".1",
                         "1" * 1000):
                self.bad(field, text)
                self.bad(field, f'"{text}"')

    def test_numbers_past_every_size_are_refused_at_once(self):
        for field in ("number", "money"):
            for written in ("1e99999", "-1e99999", "1e-99999", "1e999999999999999999999", "1e-999999999999999999999"):
                self.bad(field, written)

    def test_bounds_are_exact_and_inclusive(self):
        for field, good, bad in (("amount", ["0", "0.00", "-0.0", "1000", "1000.00", '"1000.00"', "0.0000000001",
                                             "999.9999999999999999999999999999999", "1e3"],
                                  ["-0.01", "1000.01", '"1000.01"', "1000.0000000000000000000000000001", "-1e-30", "1e4",
                                   '"-1"']),
                                 ("qty", ["0", "99.5", "99.50", '"99.5"', "99.4999999999999999999"],
                                  ["-1", "99.51", "99.5000000000000000000000001", "100", "-0.000001"])):
            for written in good:
                value = format(Decimal(written.strip('"')), "f")
                value = value.rstrip("0").rstrip(".") if "." in value else value
                self.good(field, written, "0" if not Decimal(value) else value)
            for written in bad:
                self.bad(field, written)

    def test_booleans(self):
        self.good("flag", "true")
        self.good("flag", "false")
        for written in ("0", "1", '"true"', '"false"', '""', "[]", "{}"):
            self.bad("flag", written)

    def test_enums(self):
        for written in ('"red"', '"green"', '"中"', '"r\\u0065d"', '"\\u4e2d"'):
            self.good("choice", written)
        for written in ('"Red"', '"RED"', '" red"', '"red "', '"re"', '"redd"', '""', "1", "true", "[]", '["red"]',
                        '"red\\u0000"'):
            self.bad("choice", written)
        error = self.one("x.types", {"choice": "blue"})
        for word in ("red", "green", "中", "blue"):
            self.assertIn(word, error["message"])

    def test_dates(self):
        for text in ("2025-01-01", "2024-02-29", "2000-02-29", "1600-02-29", "2025-12-31", "2025-04-30", "0001-01-01",
                     "9999-12-31", "2023-02-28"):
            self.good("day", f'"{text}"')
        self.good("day", '"2024\\u002d02-29"', "2024-02-29")
        for text in ("2023-02-29", "1900-02-29", "2100-02-29", "2025-02-30", "2025-04-31", "2025-06-31", "2025-09-31",
                     "2025-11-31", "2025-13-01", "2025-00-01", "2025-01-00", "2025-01-32", "2025-1-1",
                     "25-01-01", "20250101", "2025/01/01", "2025-01-01T00:00:00Z", "2025-01-01 ", " 2025-01-01", "", "01-01-2025",
                     "2025-01", "2025-W01-1", "+2025-01-01", "-2025-01-01", "12025-01-01",
                     "2025-01-0a", "２０２５-01-01", "2025-01-1", "2025-01-011", "today", "2025–01–01"):
            self.bad("day", f'"{text}"')
        for written in ("20250101", "true", "[]", "{}", "2025"):
            self.bad("day", written)

    def test_timestamps(self):
        for text, expected in (("2025-06-15T08:00:00Z", None), ("2025-06-15T08:00:00.5Z", None),
                               ("2025-06-15T08:00:00.500Z", "2025-06-15T08:00:00.5Z"),
                               ("2025-06-15T08:00:00.000Z", "2025-06-15T08:00:00Z"),
                               ("2025-06-15T08:00:00.123456789Z", None), ("2025-06-15T08:00:00+00:00", "2025-06-15T08:00:00Z"),
                               ("2025-06-15T08:00:00-00:00", "2025-06-15T08:00:00Z"),
                               ("2025-06-15T08:00:00+08:00", "2025-06-15T00:00:00Z"),
                               ("2025-06-15T07:59:59+08:00", "2025-06-14T23:59:59Z"),
                               ("2025-01-01T00:00:00+05:30", "2024-12-31T18:30:00Z"),
                               ("2024-02-29T23:30:00-01:00", "2024-03-01T00:30:00Z"),
                               ("2023-02-28T23:30:00-01:00", "2023-03-01T00:30:00Z"),
                               ("2025-12-31T23:00:00-02:00", "2026-01-01T01:00:00Z"),
                               ("2024-03-01T00:30:00+01:00", "2024-02-29T23:30:00Z"),
                               ("2025-06-15T08:00:00.25-03:30", "2025-06-15T11:30:00.25Z"),
                               ("2025-06-15T23:59:59+23:59", "2025-06-15T00:00:59Z"),
                               ("2024-02-29T00:00:00Z", None)):
            self.good("time", f'"{text}"', expected or text)
        for text in ("2025-06-15", "2025-06-15T08:00Z", "2025-06-15T08:00:00", "2025-06-15T24:00:00Z", "2025-06-15T08:60:00Z",
                     "2025-06-15T08:00:61Z", "2023-02-29T00:00:00Z", "2025-13-01T00:00:00Z",
                     "2025-06-15T08:00:00+8:00", "2025-06-15T08:00:00+0800", "2025-06-15T08:00:00+24:00",
                     "2025-06-15T08:00:00+08:60", "2025-06-15T08:00:00.Z", "2025-06-15T8:00:00Z", "20250615T080000Z",
                     "2025-06-15T08:00:00ZZ", "2025-06-15T08:00:00 Z", " 2025-06-15T08:00:00Z", "2025-06-15T08:00:00Z ", "",
                     "now", "2025-06-15T08:00:00,5Z", "2025-06-15T08:00:00+08", "1750000000",
                     "2025-06-15T-8:00:00Z", "2025-06-15T08:00:00.5+", "2025-06-15T08-00-00Z",
                     "2025-06-15T08:00:00.1234567890123Z\\u0000"):
            self.bad("time", f'"{text}"')
        for written in ("1750000000", "true", "[]", "{}"):
            self.bad("time", written)

    def test_timestamps_in_lower_case_are_the_same_or_refused(self):
        """RFC 3339 lets applications be strict here."""
        for text in ("2025-06-15t08:00:00Z", "2025-06-15T08:00:00z"):
            answer = self.one("x.types", {"time": text})
            self.assertIn(answer.get("time", answer.get("code")), ("2025-06-15T08:00:00Z", "invalid_input"))

    def test_records(self):
        self.good("record", '{"a":"x"}')
        self.good("record", '{"b":{"c":1},"a":"x","other":[1]}', {"a": "x", "b": {"c": "1"}})
        self.good("record", '{"a":"x","b":null}', {"a": "x"})
        for written in ('"x"', "1", "[]", "true", '[{"a":"x"}]'):
            self.bad("record", written)
        self.bad("record", "{}", "/record/a")
        self.bad("record", '{"a":null}', "/record/a")
        self.bad("record", '{"a":"x","b":{}}', "/record/b/c")
        self.bad("record", '{"a":"x","b":{"c":1.5}}', "/record/b/c")
        self.bad("record", '{"a":"x","b":[]}', "/record/b")

    def test_lists(self):
        self.good("list", "[1]", ["1"])
        self.good("list", "[ 1 , 2.0 , 3 ]", ["1", "2", "3"])
        self.good("rows", "[]", [])
        self.good("rows", '[{"sku":"a","qty":0.5},{"qty":"1.50","sku":"b"}]', [{"sku": "a", "qty": "0.5"}, {"sku": "b",
            "qty": "1.5"}])
        self.good("lists", "[[],[true],[false,true]]")
        for written, path in (("[]", "/list"), ("[1,2,3,4]", "/list"), ("1", "/list"), ("{}", "/list"), ('"[1]"', "/list"),
                              ('[1,"x"]', "/list/1"), ("[1.5]", "/list/0"), ("[null]", "/list/0"), ("[1,2,[]]", "/list/2")):
            self.bad("list", written, path)
        for written, path in (('[{"sku":"a","qty":1},{"sku":"b"}]', "/rows/1/qty"), ('[{"sku":1,"qty":1}]', "/rows/0/sku"),
                              ('[{"sku":"a","qty":-1}]', "/rows/0/qty"), ("[1]", "/rows/0"), ("[null]", "/rows/0")):
            self.bad("rows", written, path)
        self.bad("lists", "[[true],[1]]", "/lists/1/0")
        self.bad("lists", "[[true],[true,false,null]]", "/lists/1/2")
        many = list(range(20000))
        self.good("rows", json.dumps([{"sku": "a", "qty": 1}] * 200), [{"sku": "a", "qty": "1"}] * 200)
        self.bad("rows", json.dumps([{"sku": "a", "qty": 1}] * 200 + many[:1]), "/rows/200")

    def test_maps(self):
        self.good("map", '{"b":1,"a":2.0}', {"a": "2", "b": "1"})
        self.good("map", '{"":1,"\\u0061":2,"中":3}', {"": "1", "a": "2", "中": "3"})
        self.good("records", '{"k":{"x":"1.50"}}', {"k": {"x": "1.5"}})
        for written, path in (("[]", "/map"), ("1", "/map"), ('{"a":"x"}', "/map/a"), ('{"a":1,"b":null}', "/map/b"),
                              ('{"a/b":[]}', "/map/a~1b"), ('{"~":1.5}', "/map/~0"), ('{"~1":{}}', "/map/~01"),
                              ('{"":true}', "/map/"),
                              ('{"a":1,"a":1}', "/map/a"), ('{"a":1,"\\u0061":2}', "/map/a")):
            self.bad("map", written, path)
        self.bad("records", '{"k":{}}', "/records/k/x")

    def test_a_declared_field_twice(self):
        for row, path in (('{"text":"a","text":"a"}', "/text"), ('{"text":"a","\\u0074ext":"b"}', "/text"),
                          ('{"text":null,"text":"a"}', "/text"), ('{"text":"a","text":null}', "/text"),
                          ('{"text":null,"text":null}', "/text"),
                          ('{"record":{"a":"x","a":"y"}}', "/record/a"), ('{"rows":[{"sku":"a","qty":1,"sku":"a"}]}',
                              "/rows/0/sku"), ('{"list":[1],"integer":1,"list":[1]}', "/list"),
                          ('{"record":{"a":"x"},"record":{"a":"x"}}', "/record")):
            error = self.one("x.types", row)
            self.assertEqual((error.get("code"), error.get("path")), ("invalid_input", path), row)
        self.assertIn("outcome", self.one("x.types", '{"other":1,"other":2,"record":{"a":"x","z":1,"z":2}}'))

    def test_what_is_missing(self):
        error = self.one("x.needed", "{}")
        self.assertEqual((error["code"], error["path"]), ("invalid_input", "/b"))
        self.assertEqual([item["path"] for item in error["errors"]][:2], ["/b", "/a"])
        self.assertIn("/k~1~01", [item["path"] for item in error["errors"]])
        self.assertNotIn("/c", [item["path"] for item in error["errors"]])

    def test_all_errors_in_the_order_of_the_declaration(self):
        row = {"k/~1": 5, "c": "x", "a": {"y": [{"p": "1,5", "q": 1}, {}, {"p": 1, "q": 2.5}], "z": "x"}, "b": None}
        error = self.one("x.needed", row)
        self.assertEqual([item["path"] for item in error["errors"]],
                         ["/b", "/a/z", "/a/y/0/p", "/a/y/1/q", "/a/y/1/p", "/a/y/2/q", "/k~1~01", "/c"])
        self.assertEqual((error["path"], error["message"]), (error["errors"][0]["path"], error["errors"][0]["message"]))
        for item in error["errors"]:
            self.assertEqual(set(item), {"path", "message"})

    def test_one_error_needs_no_list(self):
        error = self.one("x.needed", {"b": "x", "a": {"z": 1, "y": []}, "k/~1": "no"})
        self.assertEqual((error["path"], "errors" in error), ("/k~1~01", False))

    def test_odd_keys(self):
        done = self.batch("x.keys", '{"a/b":1,"~":2,"":3,"é\\n\\"":4,"a.b":5}', status=0)
        self.assertEqual(decisions(done)[0]["decision"], {"outcome": "approve", "reasons": ["ok"], "": 3, "a.b": 5, "a/b": 1,
                                                          "é\n\"": 4, "~": 2})
        error = self.one("x.keys", '{"a/b":"x","~":"x","":"x","\\u00e9\\n\\"":"x","a.b":"x"}')
        self.assertEqual([item["path"] for item in error["errors"]], ["/a~1b", "/~0", "/", "/é\n\"", "/a.b"])

    def test_many_errors_stay_a_line_of_reasonable_size(self):
        done = self.batch("x.types", json.dumps({"rows": [{"sku": 1, "qty": "x" * 100}] * 7000}) + "\n{}\n", status=3)
        bad, good = decisions(done)
        self.assertEqual((bad["error"]["code"], bad["error"]["path"], "decision" in good), ("invalid_input", "/rows/0/sku", True))
        self.assertLess(len(done.stdout), LINE_BYTES_MAX)
        row = {"rows": [{"sku": 1, "qty": "x"}] * 20}
        self.assertEqual([item["path"] for item in self.one("x.types", row)["errors"]],
                         [f"/rows/{index}/{name}" for index in range(20) for name in ("sku", "qty")])

    def test_messages_are_at_most_a_kibibyte(self):
        for row in ({"integer": "x" * 50000}, {"choice": "é" * 50000}, {"day": "\n" * 50000}, {"number": "1" * 50000},
                    {"map": {"k" * 50000: "x"}}, {"integer": "\0" * 3000}, {"text": [["x"] * 1000]}):
            error = self.one("x.types", row)
            self.assertEqual(error["code"], "invalid_input")
            self.assertLessEqual(len(error["message"].encode()), 1024)


class Fields(unittest.TestCase):
    def test_a_policy_sees_only_what_it_declares(self):
        text = policy('local keys = {} for key in pairs(tx) do keys[#keys + 1] = key end return { outcome = "approve", reasons = { "ok" }, keys = keys, other = tx.other == nil }',
                      "b = optional(text {}), a = optional(integer {}), r = optional(record { x = optional(integer {}) })")
        with Folder({"policies/x/seen.lua": text}) as folder:
            results, _ = folder.batch("x.seen", [{"other": 1, "b": "x", "a": 1, "z": 2, "r": {"y": 1}}, {"other": 1}, {"a": 1}])
            self.assertEqual([result["decision"]["keys"] for result in results], [["a", "b", "r"], [], ["a"]])
            self.assertEqual({result["decision"]["other"] for result in results}, {True})

    def test_equal_whatever_way_it_was_made(self):
        with Folder({"policies/x/equal.lua": policy('return { outcome = tx.amount == 5000 and "approve" or "reject", reasons = { "ok" } }', "amount = money {}")}) as folder:
            results, _ = folder.batch("x.equal", ['{"amount":5000}', '{"amount":5000.00}', '{"amount":"5000.00"}',
                                                  '{"amount":5e3}', '{"amount":"+5000"}', '{"amount":5000.01}'])
            self.assertEqual([result["decision"]["outcome"] for result in results], ["approve"] * 5 + ["reject"])


PARAMS = """params = {
    limit = money { default = "50000.00", min = "0", max = "1000000" }, level = integer { default = 3, min = 1 }, rate = number { default = "0.05" }, word = text { default = "abc", max = 5 },
    flag = boolean { default = false }, start = date { default = "2024-01-01" }, moment = timestamp { default = "2024-01-01T00:00:00Z" }, colour = enum { "red", "green", default = "red" },
    perhaps = optional(integer {}),
  },
  check = function(params)
    if params.limit < params.level then return "limit: must not be below the level" end
  end,"""


class Settings(Case):
    files = {"policies/x/params.lua": policy("""return { outcome = "approve", reasons = { "ok" }, params = { limit = params.limit, level = params.level, rate = params.rate, word = params.word,
        flag = params.flag, start = params.start, moment = params.moment, colour = params.colour, perhaps = params.perhaps, sum = params.limit + params.level * params.rate } }""", extra=PARAMS),
             "policies/x/at.lua": policy('return { outcome = "approve", reasons = { "ok" }, at = context.at, kind = type(context.at), later = context.at > "2025-06-15T08:00:00Z" }'),
             "policies/x/no_params.lua": policy(APPROVE)}

    def params(self, *settings):
        done = self.batch("x.params", "{}", *(part for setting in settings for part in ("--param", setting)), status=0)
        return raw(done.stdout)["decision"]["params"]

    def test_defaults(self):
        self.assertEqual(self.params(), {"limit": "50000", "level": "3", "rate": "0.05", "word": "abc", "flag": False,
                                         "start": "2024-01-01", "moment": "2024-01-01T00:00:00Z", "colour": "red",
                                         "sum": "50000.15"})

    def test_every_type(self):
        for setting, expected in (("limit=80000", "80000"), ("limit=80000.50", "80000.5"), ("limit=0.10", None), ("level=2", "2"),
                                  ("rate=0.125", "0.125"), ("rate=-1", "-1"), ("word=x=y", "x=y"), ("word=", ""),
                                  ("word=中文", "中文"), ("word=\"a\"", '"a"'),
                                  ("word=a\\b", "a\\b"), ("word=5", "5"), ("word=true", "true"), ("flag=true", True),
                                  ("flag=false", False), ("start=2024-02-29", "2024-02-29"),
                                  ("moment=2024-02-29T00:00:00+08:00", "2024-02-28T16:00:00Z"), ("colour=green", "green"),
                                  ("perhaps=7", "7")):
            if expected is not None:
                self.assertEqual(self.params(setting)[setting.split("=")[0]], expected, setting)
        self.assertEqual(self.params("level=2", "rate=0.5", "limit=10", "word=q")["sum"], "11")

    def test_what_is_refused(self):
        for setting in ("limit=x", "limit=", "limit=1,000", "limit=-1", "limit=1000000.01", "limit=1e3x", "level=2.5", "level=0",
                        "level=9007199254740992", "level=x", "rate=abc", "word=abcdef", "flag=yes", "flag=1", "flag=",
                        "start=2023-02-29", "start=today",
                        "moment=2024-01-01", "colour=blue", "colour=", "unknown=1", "Limit=1", "limit =1", "limits=5", "check=1"):
            done = self.batch("x.params", '{"id":"a"}\n', "--param", setting, status=2)
            self.assertEqual(done.stdout, b"", setting)
            self.assertIn(setting.split("=")[0].strip().encode(), done.stderr)
        for setting in ("limit", "", "=5", "="):
            self.assertEqual(self.batch("x.params", "{}", "--param", setting, status=2).stdout, b"")
        self.assertEqual(self.batch("x.params", "{}", "--param", status=2).stdout, b"")
        self.batch("x.no_params", "{}", "--param", "limit=1", status=2)

    def test_an_unknown_param_names_the_known_ones(self):
        done = self.batch("x.params", "{}", "--param", "limitt=1", status=2)
        self.assertIn(b"limit", done.stderr.replace(b"limitt", b""))

    def test_params_that_contradict_each_other(self):
        done = self.batch("x.params", "{}", "--param", "limit=2", status=2)
        self.assertEqual(done.stdout, b"")
        self.assertIn("limit: must not be below the level", done.stderr.decode())
        self.assertIn(b"invalid_params", done.stderr)
        self.batch("x.params", "{}", "--param", "limit=3", status=0)

    def test_at(self):
        for given, expected in (("2025-06-15", "2025-06-15T00:00:00Z"), ("2025-06-15T08:00:00Z", "2025-06-15T08:00:00Z"),
                                ("2025-06-15T08:00:00+08:00", "2025-06-15T00:00:00Z"),
                                ("2024-02-29T23:59:59.5-00:30", "2024-03-01T00:29:59.5Z")):
            done = self.batch("x.at", "{}", "--at", given, status=0)
            self.assertEqual(decisions(done)[0]["decision"]["at"], expected)
        for given in ("", "now", "2025-02-29", "2025-06-15T08:00", "08:00", "1750000000", "2025-6-15", "15.06.2025",
                      "2025-06-15 08:00:00", "2025-06-15T25:00:00Z"):
            done = self.batch("x.at", "{}", "--at", given, status=2)
            self.assertEqual(done.stdout, b"")

    def test_at_is_the_start_of_the_run_where_nothing_is_said(self):
        import datetime
        before = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        done = self.batch("x.at", "{}\n" * 1000, status=0)
        times = {line["decision"]["at"] for line in decisions(done)}
        self.assertEqual(len(times), 1)
        at = datetime.datetime.fromisoformat(times.pop().replace("Z", "+00:00"))
        self.assertLessEqual(before, at)
        self.assertLess(at - before, datetime.timedelta(seconds=30))


class Statuses(unittest.TestCase):
    GOOD = {"policies/x/good.lua": policy(APPROVE, "n = optional(integer {})")}

    def test_statuses(self):
        with Folder(self.GOOD) as folder:
            for arguments, data, status in ((("--policy", "x.good"), "{}\n{}\n", 0), (("--policy", "x.good"), "{}\n{\n", 3),
                                            (("--policy", "x.good"), '{"n":"x"}', 3), (("--policy", "x.none"), "{}", 2),
                                            (("--policy", "y.good"), "{}", 2),
                                            (("--policy", "good"), "{}", 2), (("--policy", ""), "{}", 2),
                                            (("--policy", "x/good"), "{}", 2), (("--policy", "x.good.more"), "{}", 2),
                                            (("--policy", "../x.good"), "{}", 2), (("--policy", "X.good"), "{}", 2),
                                            ((), "{}", 2), (("--policy",), "{}", 2),
                                            (("--policy", "x.good", "--unknown"), "{}", 2),
                                            (("--policy", "x.good", "--jobs", "0"), "{}", 2),
                                            (("--policy", "x.good", "--jobs", "x"), "{}", 2),
                                            (("--policy", "x.good", "--jobs", "-1"), "{}", 2),
                                            (("--policy", "x.good", "--format", "xml"), "{}", 2),
                                            (("--policy", "x.good", "none.ndjson"), "", 2), (("--policy", "x.good", "."), "", 2),
                                            (("--policy", "x.good", "a", "b"), "", 2), (("--policy", "x.good", "--at"), "", 2)):
                with self.subTest(arguments):
                    done = folder.run("batch", *arguments, data=data)
                    self.assertEqual(done.returncode, status, done.stderr.decode())
                    if status == 2:
                        self.assertEqual(done.stdout, b"")
                        self.assertNotEqual(done.stderr, b"")

    def test_an_unknown_name_suggests_one(self):
        with Folder(self.GOOD) as folder:
            done = folder.run("batch", "--policy", "x.goood", data="{}")
            self.assertEqual(done.returncode, 2)
            self.assertIn(b"x.goood", done.stderr)
            self.assertIn(b"x.good", done.stderr.replace(b"x.goood", b""))

    def test_no_folder_of_policies(self):
        with Folder(self.GOOD) as folder:
            done = folder.run("batch", "--policy", "x.good", data="{}", policies="nowhere")
            self.assertIn(done.returncode, (2, 4))
            self.assertIn(b"nowhere", done.stderr)

    def test_unreadable_files(self):
        with Folder(self.GOOD) as folder:
            path = os.path.join(folder.path, "rows.ndjson")
            os.symlink("rows.ndjson", path)
            done = folder.run("batch", "--policy", "x.good", "rows.ndjson")
            self.assertEqual((done.returncode, done.stdout), (2, b""))
            self.assertIn(b"rows.ndjson", done.stderr)
            if os.geteuid() != 0:
                os.remove(path)
                with open(path, "w", encoding="ascii") as file:
                    file.write("{}\n")
                os.chmod(path, 0)
                self.assertEqual(folder.run("batch", "--policy", "x.good", path).returncode, 2)

    def test_a_closed_output_pipe_is_quiet(self):
        with Folder(self.GOOD) as folder:
            path = os.path.join(folder.path, "rows.ndjson")
            with open(path, "w", encoding="ascii") as file:
                file.write("{}\n" * 200000)
            for jobs in ("1", "2"):
                process = subprocess.Popen([REMIT, "batch", "--policy", "x.good", "--jobs", jobs, "--policies",
                                            os.path.join(folder.path, "policies"), path], stdout=subprocess.PIPE,
                                           stderr=subprocess.PIPE)
                self.assertIn(b'"decision"', process.stdout.readline())
                process.stdout.close()
                errors = process.stderr.read()
                process.stderr.close()
                self.assertEqual((errors, process.wait(timeout=30)), (b"", 0))

    def test_a_full_disk_is_said(self):
        with Folder(self.GOOD) as folder:
            for rows in (1, 200000):
                for arguments in ((), ("--format", "csv")):
                    with open("/dev/full", "wb") as full:
                        done = subprocess.run([REMIT, "batch", "--policy", "x.good", *arguments, "--policies",
                                               os.path.join(folder.path, "policies")],
                                              input=b"{}\n" * rows if not arguments else b"n\n" + b"1\n" * rows,
                                              stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
                    self.assertEqual(done.returncode, 2, done.stderr)
                    self.assertIn(b"no space left", done.stderr.lower())

    def test_the_summary(self):
        text = policy('return { outcome = tx.n > 1 and "approve" or "reject", reasons = { "ok" } }', "n = integer {}")
        with Folder({"policies/x/sum.lua": text}) as folder:
            done = folder.run("batch", "--policy", "x.sum", data='{"n":1}\n{"n":2}\n{"n":3}\n{"n":"x"}\n\nx\n')
            summary = done.stderr.decode()
            self.assertEqual(len(summary.splitlines()), 1)
            for words in (r"\b5 rows", r"\b2 approve", r"\b1 reject", r"\b2 errors", r"[0-9.]+ s\b", r"\b[0-9]+ decisions/s"):
                self.assertRegex(summary, words)
            self.assertEqual(folder.run("batch", "--policy", "x.sum", "--jobs", "2",
                                        data='{"n":1}\n').stderr.decode().count("\n"), 1)


class Broken(unittest.TestCase):
    def test_a_broken_neighbour_stops_nothing(self):
        files = {"policies/x/good.lua": policy(APPROVE), "policies/x/broken.lua": "return policy {",
                 "policies/y/worse.lua": b"\xff\x00", "policies/lib/bad.lua": "error('no')",
                 "policies/x/good_test.lua": "broken (",
                 "policies/data/bad.csv": b"\xff", "plugins/p/plugin.lua": "broken ("}
        with Folder(files) as folder:
            done = folder.run("batch", "--policy", "x.good", data="{}\n")
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_every_diagnostic_with_file_and_line(self):
        prelude = "local count = 0\n"
        text = policy("count = count + 1\n    total = 1\n    local x <close> = nil\n    " + APPROVE, prelude=prelude)
        with Folder({"policies/x/broken.lua": text}) as folder:
            done = folder.run("batch", "--policy", "x.broken", data="{}\n")
            self.assertEqual((done.returncode, done.stdout), (4, b""))
            lines = [int(match) for match in re.findall(r"x/broken\.lua:(\d+):", done.stderr.decode())]
            self.assertEqual(lines, [10, 11, 12], done.stderr.decode())

    def test_what_does_not_load(self):
        good = policy(APPROVE)
        broken = {
            "syntax": ("return policy {\n  summary = \n}", 3), "empty": ("", None), "nothing": ("local x = 1", None),
            "no_table": ("return 5", None), "raises": ("local x = nil\nlocal y = x.z\n" + good, 2),
            "requires_nothing": ("local m = require 'lib.none'\n" + good, 1),
            "requires_broken": ("local m = require 'lib.broken'\n" + good, None),
            "no_outcomes": (good.replace('outcomes = { "approve", "reject" },', ""), None),
            "no_input": (good.replace("input = record { id = optional(text {}) },", ""), None),
            "no_reasons": (good.replace('reasons = { ok = { en = "Fine.", zh = "好。" } },', ""), None),
            "no_decide": (good.replace("decide =", "decided ="), None),
            "bad_type": (good.replace("optional(text {})", "texts {}"), None), "bad_option": (good.replace("text {}",
                "text { maximum = 5 }"), None), "unknown_key": (good.replace("summary =", "sumary = 1, summary ="), None),
            "endless": ("while true do end\n" + good, 1), "memory": ("local t = {} for i = 1, 1e7 do t[i] = ('x'):rep(100) .. i end\n" + good, None), "no_default": (good.replace("reasons =", "params = { a = money {} }, reasons ="), None),
            "bad_default": (good.replace("reasons =", "params = { a = money { default = 'x' } }, reasons ="), None),
            "bad_default_bound": (good.replace("reasons =", "params = { a = integer { default = 5, max = 4 } }, reasons ="),
                                  None),
            "binary": (b"\x1bLua" + b"\x00" * 50, None), "not_utf8": (b"return '\xff", None), "nul": (b"return \x00", None),
            "cycle": ("local m = require 'lib.cycle'\n" + good, None), "twice": (good + "\n" + good, None),
            "goto": ("goto nowhere\n" + good, 1), "break": ("break\n" + good, 1),
            "attribute": ("local x <unknown> = 1\n" + good, 1), "const": ("local x <const> = 1\nx = 2\n" + good, 2),
            "number": ("local x = 5x\n" + good, 1),
            "string": ("local x = 'abc\n" + good, 1), "escape": ("local x = '\\q'\n" + good, 1),
            "vararg": ("local f = function() return ... end\n" + good, 1),
        }
        files = {f"policies/x/{name}.lua": text for name, (text, _) in broken.items()}
        files |= {"policies/lib/broken.lua": "\n\nreturn (", "policies/lib/cycle.lua": "return require 'lib.cycle'"}
        with Folder(files) as folder:
            for name, (_, line) in broken.items():
                with self.subTest(name):
                    done = folder.run("batch", "--policy", f"x.{name}", data="{}\n")
                    self.assertEqual((done.returncode, done.stdout), (4, b""), done.stderr)
                    said = done.stderr.decode()
                    file = "lib/broken.lua:3:" if name == "requires_broken" else "cycle.lua" if name == "cycle" else f"x/{name}.lua"
                    self.assertIn(file + (f":{line}:" if line else ""), said)
                    self.assertNotIn("0x", said)

    def test_a_policy_error_has_file_and_line(self):
        library = "local m = {}\nfunction m.fail()\n  error('from the library')\nend\nreturn m\n"
        decide = """if tx.id == "a" then
      error("no")
    elseif tx.id == "b" then
      local x = nil + 1
    elseif tx.id == "c" then
      lib.fail()
    elseif tx.id == "d" then
      return { outcome = "maybe", reasons = { "ok" } }
    elseif tx.id == "e" then
      error({ code = 5 })
    elseif tx.id == "f" then
      return tx.none.field
    end
    return { outcome = "approve", reasons = { "ok" } }"""
        with Folder({"policies/x/fail.lua": policy(decide, prelude="local lib = require 'lib.m'\n"),
                     "policies/lib/m.lua": library}) as folder:
            results, done = folder.batch("x.fail", [{"id": name} for name in "abcdefg"])
            self.assertEqual(done.returncode, 3)
            errors = [result.get("error") for result in results]
            self.assertEqual([error["code"] for error in errors[:6]], ["policy_error"] * 6)
            self.assertIsNone(errors[6])
            for error, file, line in zip(errors, ("x/fail.lua", "x/fail.lua", "lib/m.lua", None, None, "x/fail.lua"),
                                         (11, 13, 3, None, None, 21)):
                if file:
                    self.assertIn(f"{file}:{line}:", error["message"])
                    self.assertEqual(error["line"], line)
            self.assertIn("maybe", errors[3]["message"])

    def test_budgets_are_named(self):
        decide = """if tx.id == "i" then while true do end end
    if tx.id == "m" then local s = ("x"):rep(1e8) end
    return { outcome = "approve", reasons = { "ok" } }"""
        with Folder({"policies/x/spend.lua": policy(decide)}) as folder:
            results, _ = folder.batch("x.spend", [{"id": "i"}, {"id": "m"}, {"id": "x"}])
            self.assertEqual([(r.get("error", {}).get("code"), r.get("error", {}).get("budget")) for r in results],
                             [("budget_exceeded", "instructions"), ("budget_exceeded", "memory"), (None, None)])


class Decisions(unittest.TestCase):
    def decide(self, result, prelude="", extra=""):
        """The text of the decision, or the error."""
        with Folder({"policies/x/shape.lua": policy(f"return {result}", "n = optional(number {})", extra, prelude)}) as folder:
            done = folder.run("batch", "--policy", "x.shape", data='{"id":1,"n":"12345678901234567890.10"}\n')
            self.assertIn(done.returncode, (0, 3), done.stderr)
            line = done.stdout.decode()
            return line.split('"decision":')[1].rstrip("\n")[:-1] if '"decision":' in line else json.loads(line)["error"]

    def with_value(self, value, written):
        self.assertEqual(self.decide(f'{{ outcome = "approve", reasons = {{ "ok" }}, v = {value} }}'),
                         f'{{"outcome":"approve","reasons":["ok"],"v":{written}}}', value)

    def refused(self, result):
        error = self.decide(result)
        self.assertIsInstance(error, dict, (result, error))
        self.assertEqual(error["code"], "policy_error", result)
        return error

    def test_order_of_keys(self):
        self.assertEqual(self.decide('{ zeta = 1, ["Z"] = 2, alpha = 3, reasons = { "ok" }, ["中"] = 4, ["a-b"] = 5, _x = 6, outcome = "approve", ["10"] = 7, ["9"] = 8, ["é"] = 9, [""] = 10, ["~"] = 11 }'),
                         '{"outcome":"approve","reasons":["ok"],"":10,"10":7,"9":8,"Z":2,"_x":6,"a-b":5,"alpha":3,"zeta":1,"~":11,"é":9,"中":4}')
        self.with_value('{ b = { d = 1, c = 2 }, a = { z = { y = 1, x = 2 } }, outcome = 1, reasons = 2, id = 3 }',
                        '{"a":{"z":{"x":2,"y":1}},"b":{"c":2,"d":1},"id":3,"outcome":1,"reasons":2}')
        self.with_value('{ ["\\u{10000}"] = 1, ["\\u{ffff}"] = 2, ab = 3, a = 4, abc = 5, ["a\\0"] = 6 }',
                        '{"a":4,"a\\u0000":6,"ab":3,"abc":5,"\uffff":2,"\U00010000":1}')

    def test_arrays_and_objects(self):
        for value, written in (("{}", "[]"), ("object {}", "{}"), ("object { a = 1 }", '{"a":1}'), ("{ 1, 2, 3 }", "[1,2,3]"),
                               ("{ 1, nil, nil }", "[1]"), ("{ { }, object { } }", "[[],{}]"),
                               ("{ [1] = 'a', [2] = 'b' }", '["a","b"]'),
                               ("{ [2] = 'b', [1] = 'a' }", '["a","b"]'), ("{ [1.0] = 'a' }", '["a"]'),
                               ("{ a = {} }", '{"a":[]}'), ("{ { { {} } } }", "[[[[]]]]"), ("{ a = nil }", "[]"),
                               ("{ true, false }", "[true,false]")):
            self.with_value(value, written)

    def test_scalars(self):
        for value, written in (("5000.00", "5000"), ("0.50", "0.5"), ("-0.0", "0"), ("1e3", "1000"), ("1e-3", "0.001"),
                               ("0.1 + 0.2", "0.3"), ("tx.n", "12345678901234567890.1"), ("tx.n * 0", "0"),
                               ("1e30", "1" + "0" * 30), ("true", "true"),
                               ("false", "false"), ("''", '""'), ("'a\"b\\\\c/d'", '"a\\"b\\\\c/d"'),
                               ("'\\n\\t\\r\\b\\f\\0\\31'", '"\\n\\t\\r\\b\\f\\u0000\\u001f"'), ("'\\127'", '"\x7f"'),
                               ("'中😀'", '"中😀"'), ("10 / 4", "2.5"),
                               ("decimal.format(5000, 2)", '"5000.00"'), ("9007199254740991", "9007199254740991"),
                               ("-9007199254740991", "-9007199254740991")):
            self.with_value(value, written)

    def test_nil_is_absent(self):
        self.assertEqual(self.decide('{ outcome = "approve", reasons = { "ok" }, v = nil }'),
                         '{"outcome":"approve","reasons":["ok"]}')

    def test_reasons_keep_their_order(self):
        with Folder({"policies/x/many.lua": policy('return { reasons = { "b", "a", "b" }, outcome = "reject" }').replace('reasons = { ok = { en = "Fine.", zh = "好。" } }', 'reasons = { a = { en = "A", zh = "A" }, b = { en = "B", zh = "B" } }')}) as folder:
            results, done = folder.batch("x.many", [{}])
            self.assertEqual(results[0]["decision"]["reasons"], ["b", "a", "b"], done.stderr)

    def test_what_is_no_decision(self):
        for result in ("nil", "5", "'approve'", "true", "{}", "{ outcome = 'approve' }", "{ reasons = { 'ok' } }",
                       "{ outcome = 'approve', reasons = {} }", "{ outcome = 'approve', reasons = 'ok' }",
                       "{ outcome = 'approve', reasons = { 5 } }",
                       "{ outcome = 'approve', reasons = { 'other' } }", "{ outcome = 'approve', reasons = { 'ok', 'other' } }",
                       "{ outcome = 'approve', reasons = { x = 'ok' } }", "{ outcome = 'approve', reasons = { [2] = 'ok' } }",
                       "{ outcome = 'Approve', reasons = { 'ok' } }", "{ outcome = '', reasons = { 'ok' } }",
                       "{ outcome = 5, reasons = { 'ok' } }", "{ outcome = { 'approve' }, reasons = { 'ok' } }",
                       "{ outcome = 'approve', reasons = { 'ok', nil, 'ok' } }",
                       "{ outcome = 'approve', reasons = { 'ok' }, [true] = 1 }",
                       "{ outcome = 'approve', reasons = { 'ok' }, [{}] = 1 }", "function() end"):
            self.refused(result)

    def test_values_that_are_no_json(self):
        for value in ("function() end", "string.format", "{ function() end }", "{ [1] = 1, x = 2 }", "{ [1] = 1, [3] = 3 }",
                      "{ [0] = 1 }", "{ [2] = 1 }", "{ [1.5] = 1 }", "{ [-1] = 1 }", "{ [true] = 1 }", "{ [{}] = 1 }",
                      "{ 'a', ['1'] = 'b' }", "'\\xff'", "'\\xed\\xa0\\x80'",
                      "{ a = '\\xc3' }", "{ ['\\xff'] = 1 }", "setmetatable", "{ { a = { b = pairs } } }"):
            answer = self.decide(f'{{ outcome = "approve", reasons = {{ "ok" }}, v = {value} }}')
            # A table with holes, or of numbers other than 1..n: "any other an object" or refused, but never silently shortened.
            if value in ("{ [1] = 1, x = 2 }", "{ [1] = 1, [3] = 3 }", "{ [0] = 1 }", "{ [2] = 1 }", "{ [1.5] = 1 }",
                         "{ [-1] = 1 }", "{ [true] = 1 }"):
                if isinstance(answer, str):
                    self.assertEqual(len(json.loads(answer)["v"]), value.count("="), (value, answer))
                continue
            self.assertIsInstance(answer, dict, (value, answer))
            self.assertEqual(answer["code"], "policy_error", value)

    def test_depth_and_size(self):
        def nested(depth):
            return f"(function() local t = 1 for i = 1, {depth} do t = {{ t }} end return t end)()"
        self.with_value(nested(63), "[" * 63 + "1" + "]" * 63)
        self.refused(f'{{ outcome = "approve", reasons = {{ "ok" }}, v = {nested(64)} }}')
        overhead = len('{"outcome":"approve","reasons":["ok"],"v":""}')
        self.with_value(f"('x'):rep({(1 << 20) - overhead})", '"' + "x" * ((1 << 20) - overhead) + '"')
        self.refused(f'{{ outcome = "approve", reasons = {{ "ok" }}, v = ("x"):rep({(1 << 20) - overhead + 1}) }}')
        self.refused('(function() local t = { outcome = "approve", reasons = { "ok" } } t.v = { t } return t end)()')

    def test_a_shared_table_counts_each_time(self):
        self.assertEqual(self.decide('(function() local s = { a = 1 } return { outcome = "approve", reasons = { "ok" }, v = { s, s }, w = s } end)()'), '{"outcome":"approve","reasons":["ok"],"v":[{"a":1},{"a":1}],"w":{"a":1}}')

    def test_parts_of_input_and_params_may_be_given_back(self):
        with Folder({"policies/x/back.lua": policy('return { outcome = "approve", reasons = { "ok" }, input = tx, params = params, list = tx.list }', "list = list { of = integer {} }, r = record { b = money {}, a = optional(text {}) }",
                                                   'params = { z = integer { default = 1 }, a = money { default = "1.50" } },')}) as folder:
            results, done = folder.batch("x.back", [{"list": [3, 1], "r": {"a": "x", "b": "2.50"}}, {"list": [], "r": {"b": 1}}])
            self.assertEqual([result["decision"] for result in results],
                             [{"outcome": "approve", "reasons": ["ok"], "input": {"list": [3, 1], "r": {"a": "x", "b": 2.5}},
                               "list": [3, 1], "params": {"a": 1.5, "z": 1}},
                              {"outcome": "approve", "reasons": ["ok"], "input": {"list": [], "r": {"b": 1}}, "list": [],
                               "params": {"a": 1.5, "z": 1}}])


class CSV(Case):
    files = {"policies/x/order.lua": policy("""
        return { outcome = tx.amount > 100 and "reject" or "approve", reasons = { "ok", "ok" }, twice = tx.amount * 2, note = tx.note, who = tx.requester, list = tx.list, zero = tx.flag and 0 or nil, unit = "a,b" }""", """
        id = text {}, amount = money { min = "0" }, note = optional(text { max = 20 }), requester = record { level = integer {}, name = optional(text {}) }, list = optional(list { of = integer {} }), flag = optional(boolean {}),
        day = optional(date {}), prices = optional(map { of = money {} })""")}

    def table(self, text, *arguments, status=None):
        done = self.batch("x.order", text, "--format", "csv", *arguments, status=status)
        return list(csv.reader(io.StringIO(done.stdout.decode(), newline=""), strict=True)), done

    def test_columns(self):
        rows, done = self.table('id,amount,requester.level,note\nA,12.50,3,hello\nB,"1000",4,\n', status=0)
        self.assertEqual(rows, [
            ["id", "amount", "requester.level", "note", "decision.outcome", "decision.reasons", "decision.note", "decision.twice",
             "decision.unit", "decision.who", "error.code", "error.message"],
            ["A", "12.50", "3", "hello", "approve", "ok;ok", "hello", "25", "a,b", '{"level":3}', "", ""],
            ["B", "1000", "4", "", "reject", "ok;ok", "", "2000", "a,b", '{"level":4}', "", ""]])
        self.assertRegex(done.stderr.decode(), r"2 rows, 1 approve, 1 reject, 0 errors")

    def test_errors_stand_beside_the_row(self):
        rows, done = self.table("id,amount,requester.level,other\nA,\"12,50\",3,x\nB,1,3,y\nC,,3,z\nD,1,,w\n", status=3)
        head = rows[0]
        self.assertEqual([row[:4] for row in rows[1:]], [["A", "12,50", "3", "x"], ["B", "1", "3", "y"], ["C", "", "3", "z"],
                                                         ["D", "1", "", "w"]])
        codes = [row[head.index("error.code")] for row in rows[1:]]
        self.assertEqual(codes, ["invalid_input", "", "invalid_input", "invalid_input"])
        messages = [row[head.index("error.message")] for row in rows[1:]]
        self.assertIn("12,50", messages[0])
        self.assertIn("amount", messages[2])
        self.assertIn("requester.level", messages[3])
        self.assertEqual([row[head.index("decision.outcome")] for row in rows[1:]], ["", "approve", "", ""])

    def test_quotes_and_newlines_in_cells(self):
        note = 'a "b", c\nd'
        out = io.StringIO()
        csv.writer(out).writerows([["id", "amount", "requester.level", "note", "free"], ["A", "1", "2", note, ' x "y" '],
                                   ["Ünï中", "2", "3", "", "\r\n"]])
        for text in (out.getvalue(), "\ufeff" + out.getvalue(), out.getvalue().rstrip("\r\n")):
            rows, _ = self.table(text, status=0)
            head = rows[0]
            self.assertEqual(rows[1][:5], ["A", "1", "2", note, ' x "y" '])
            self.assertEqual(rows[1][head.index("decision.note")], note)
            self.assertEqual(rows[2][:5], ["Ünï中", "2", "3", "", "\r\n"])
            self.assertEqual(rows[2][head.index("decision.outcome")], "approve")

    def test_types_in_cells(self):
        rows, _ = self.table('id,amount,requester.level,list,flag,day,requester.name\n1,007,2.0,"[1, 2]",true,2024-02-29,N\n"2",0.10,1e0,[],false,,\n3,5,1,,,,\n', status=0)
        head = rows[0]

        def column(name):
            return [row[head.index(name)] for row in rows[1:]]
        self.assertEqual(column("decision.list"), ["[1,2]", "[]", ""])
        self.assertEqual(column("decision.zero"), ["0", "", ""])
        self.assertEqual(column("decision.twice"), ["14", "0.2", "10"])
        self.assertEqual(column("decision.who"), ['{"level":2,"name":"N"}', '{"level":1}', '{"level":1}'])

    def test_bad_cells(self):
        cells = {"amount": ["x", "1 000", "-1", "1e5x", "'5'"], "requester.level": ["1.5", "x"], "flag": ["yes", "1", "TRUE"],
                 "day": ["2023-02-29", "1/2/2023"], "list": ["1", "[1", "x", '["a"]'], "note": ["x" * 21]}
        for name, values in cells.items():
            for value in values:
                with self.subTest(name, value=value):
                    row = {"id": "A", "amount": "1", "requester.level": "1"} | {name: value}
                    out = io.StringIO()
                    csv.writer(out).writerows([list(row), list(row.values())])
                    rows, _ = self.table(out.getvalue(), status=3)
                    self.assertEqual(rows[1][rows[0].index("error.code")], "invalid_input", rows[1])
                    self.assertIn(name, rows[1][rows[0].index("error.message")])

    def test_nested_columns_of_a_map(self):
        rows, _ = self.table("id,amount,requester.level,prices.a,prices.b\nA,1,2,1.50,\n", status=0)
        self.assertEqual(rows[1][rows[0].index("decision.outcome")], "approve")

    def test_rows_with_too_few_or_too_many_cells(self):
        rows, done = self.table("id,amount,requester.level\nA,1,2\nB,1\nC,1,2,3\nD,1,2\n", status=3)
        self.assertEqual(len(rows), 5, done.stdout)
        head = rows[0]
        self.assertEqual([row[0] for row in rows[1:]], ["A", "B", "C", "D"])
        self.assertEqual((rows[1][head.index("decision.outcome")], rows[4][head.index("decision.outcome")]),
                         ("approve", "approve"))
        for row in (rows[2], rows[3]):
            self.assertNotEqual(row[-2], "", row)
            self.assertIn(row[-2], ("parse_error", "invalid_input"))

    def test_a_last_row_that_is_cut_is_an_error_not_nothing(self):
        for torn in ('B,1,"2', 'B,1,"2\n', 'B,1,"2\nC,1,2\nD,1,2\n', 'B,1', "B"):
            rows, done = self.table("id,amount,requester.level\nA,1,2\n" + torn)
            self.assertEqual(done.returncode, 3, (torn, done.stdout))
            self.assertEqual(len(rows), 3, (torn, done.stdout))
            self.assertEqual((rows[1][rows[0].index("decision.outcome")], rows[2][-2]), ("approve", "parse_error"), torn)

    def test_columns_that_are_not_declared_or_nameless(self):
        rows, _ = self.table('id,amount,requester.level,,decision.outcome,"a ""b"", c"\nA,1,2,x,y,z\n', status=0)
        self.assertEqual(rows[0][:8], ["id", "amount", "requester.level", "", "decision.outcome", 'a "b", c', "decision.outcome",
                                       "decision.reasons"])
        self.assertEqual(rows[1][:8], ["A", "1", "2", "x", "y", "z", "approve", "ok;ok"])

    def test_a_row_that_is_too_long(self):
        rows, _ = self.table("id,amount,requester.level\nA,1,2\n" + "x" * (LINE_BYTES_MAX + 1) + ",1,2\nB,1,2\n", status=3)
        self.assertEqual([row[-2] for row in rows[1:]], ["", "line_too_long", ""])
        self.assertEqual((rows[1][0], rows[3][0]), ("A", "B"))

    def test_blank_lines_and_no_rows(self):
        rows, done = self.table("id,amount,requester.level\n\nA,1,2\n\n\nB,1,2\n", status=0)
        self.assertEqual([row[0] for row in rows], ["id", "A", "B"])
        rows, _ = self.table("id,amount,requester.level\n", status=0)
        self.assertEqual(rows, [["id", "amount", "requester.level", "decision.outcome", "decision.reasons", "error.code",
                                 "error.message"]])
        done = self.batch("x.order", "", "--format", "csv")
        self.assertIn(done.returncode, (0, 2))

    def test_a_cell_that_is_not_utf8(self):
        done = self.batch("x.order", b"id,amount,requester.level,note\nA,1,2,\xff\nB,1,2,x\n", "--format", "csv", status=3)
        self.assertIn(b"B,1,2,x,approve", done.stdout)

    def test_the_same_with_one_worker_and_many(self):
        text = "id,amount,requester.level,note\n" + "".join(f'{i},{i % 300}.{i % 7}0,{i % 9},"n{i % 13},"\n' if i % 11 else f"{i},x,,\n" for i in range(20000))
        outputs = {self.batch("x.order", text, "--format", "csv", "--jobs", jobs, status=3).stdout for jobs in ("1", "2", "4")}
        self.assertEqual(len(outputs), 1)
        self.assertEqual(outputs.pop().count(b"\n"), 20001)


class Temporary(unittest.TestCase):
    def test_nothing_is_left_in_the_temporary_folder(self):
        with Folder({"policies/x/good.lua": policy(APPROVE)}) as folder, tempfile.TemporaryDirectory() as temporary:
            done = subprocess.run([REMIT, "batch", "--policy", "x.good", "--format", "csv", "--policies",
                                   os.path.join(folder.path, "policies")], input=b"id\n" + b"a\n" * 300000, capture_output=True,
                                  env=os.environ | {"TMPDIR": temporary}, timeout=60, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(os.listdir(temporary), [])


if __name__ == "__main__":
    unittest.main()
