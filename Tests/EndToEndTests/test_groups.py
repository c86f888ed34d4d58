"""Group policies as their users see them: which rows go together, in which order, what happens to a group that fails, how large
a group may be, and the two shipped ones against a reference of their own."""
import csv
import io
import json
import os
import random
import re
import subprocess
import tempfile
import unittest
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

from support import REMIT, ROOT, Folder, FolderCase, resident_peak, run

GROUP = """
return policy {
  outcomes = { "seen", "other" },
  input = record { %s },
  %s
  reasons = { ok = { en = "Fine.", zh = "好。" } },
  group = %s,
  decide_group = function(rows, params, context)
%s
  end,
}
"""
# Each row is told which place it has in its group, and the ids of all.
EACH = """
    local ids, decisions = {}, {}
    for i = 1, #rows do ids[i] = rows[i].id end
    for i = 1, #rows do decisions[i] = { outcome = "seen", reasons = { "ok" }, place = i, ids = ids } end
    return decisions
"""
OK = '{ outcome = "seen", reasons = { "ok" } }'
FIELDS = "id = text {}, k = optional(text {})"


def group(body=EACH, fields=FIELDS, by='{ by = { "k" } }', extra="", prelude=""):
    return prelude + GROUP % (fields, extra, by, body)


def results(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


class Case(FolderCase):
    def batch(self, name, data, *arguments, status=None):
        """Runs one worker and three: the same bytes. `data` is a text, bytes, or a list of rows."""
        if isinstance(data, list):
            data = "".join((row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)) + "\n" for row in data)
        done = self.folder.run("batch", "--policy", name, "--jobs", "1", *arguments, data=data)
        many = self.folder.run("batch", "--policy", name, "--jobs", "3", *arguments, data=data)
        self.assertEqual(done.stdout, many.stdout)
        self.assertEqual(done.returncode, many.returncode, many.stderr)
        if status is not None:
            self.assertEqual(done.returncode, status, done.stderr.decode())
        return done

    def ids(self, name, rows, *arguments):
        """For each row its place in its group and the ids of that."""
        done = self.batch(name, rows, *arguments, status=0)
        return [(line["decision"]["place"], "".join(line["decision"]["ids"])) for line in results(done)]


def scalar(field, order=None):
    return group(fields=f"id = text {{}}, {field}", by='{ by = { "k" }%s }' % (f', order = "{order}"' if order else ""))


class Keys(Case):
    """Rows are a group where their keys have the same values."""
    files = {
        "policies/x/text.lua": scalar("k = optional(text {})"),
        "policies/x/money.lua": scalar("k = optional(money {})"),
        "policies/x/integer.lua": scalar("k = optional(integer {})"),
        "policies/x/boolean.lua": scalar("k = optional(boolean {})"),
        "policies/x/enum.lua": scalar('k = optional(enum { "a", "b" })'),
        "policies/x/timestamp.lua": scalar("k = optional(timestamp {})"),
        "policies/x/two.lua": group(fields="id = text {}, a = optional(text {}), b = optional(text {})", by='{ by = { "a", "b" } }'),
        "policies/x/nested.lua": group(
            fields="id = text {}, vendor = optional(record { id = optional(text {}), deep = optional(record { n = integer {} }) })",
            by='{ by = { "vendor.id", "vendor.deep.n" } }'),
        "policies/x/strict.lua": group(extra="strict = true,"),
    }

    def together(self, name, values, groups):
        """`groups` has a letter for each value: the same letter, the same group. A value is JSON text, "" an absent field."""
        rows = [f'{{"id":"{i % 10}"' + (f',"k":{value}' if value else "") + "}" for i, value in enumerate(values)]
        expected = ["".join(str(i % 10) for i, other in enumerate(groups) if other == letter) for letter in groups]
        self.assertEqual([ids for _, ids in self.ids(name, rows)], expected)

    def test_texts(self):
        values = ['"a"', '"A"', '"\\u0061"', '""', "", "null", '"a "', '"a\\u0000"', '"a\\u0000b"', '"a\\u0000"', '"é"', '"e\\u0301"']
        self.together("x.text", values, "abaceefghgij")

    def test_numbers_by_value(self):
        values = ["5", "5.00", '"5"', '"5.00"', "0.5e1", "50e-1", "-5", "5.000000000000000000001", "0", "-0", "0.0", "", "null",
                  "12345678901234567890.5", "1234567890123456789050e-2", "1e30", "1" + "0" * 30]
        self.together("x.money", values, "aaaaaabcdddeeffgg")
        self.together("x.integer", ["5", "5.0", "50e-1", "-5", "9007199254740991", "9007199254740990", "0", "-0"], "aaabcdee")

    def test_other_scalars(self):
        self.together("x.boolean", ["true", "false", "", "true", "null", "false"], "abcacb")
        self.together("x.enum", ['"a"', '"b"', "", '"a"'], "abca")
        times = ['"2025-01-01T00:00:00Z"', '"2025-01-01T01:00:00+01:00"', '"2025-01-01T00:00:00.000Z"', '"2025-01-01T00:00:00.001Z"']
        self.together("x.timestamp", times, "aaab")

    def test_two_keys_do_not_run_into_each_other(self):
        pairs = [("ab", "c"), ("a", "bc"), ("", "abc"), ("abc", ""), (None, "abc"), ("abc", None), ("a\0b", "c"), ("a", "\0bc"),
                 ("a\0", "bc"), ("ab", "c")]
        rows = [{"id": str(i), **({} if a is None else {"a": a}), **({} if b is None else {"b": b})} for i, (a, b) in enumerate(pairs)]
        found = [ids for _, ids in self.ids("x.two", rows)]
        self.assertEqual(found, ["09", "1", "2", "3", "4", "5", "6", "7", "8", "09"])

    def test_nested_keys(self):
        rows = [{"id": "0", "vendor": {"id": "V", "deep": {"n": 1}}}, {"id": "1", "vendor": {"id": "V"}}, {"id": "2"},
                {"id": "3", "vendor": {}}, {"id": "4", "vendor": None}, {"id": "5", "vendor": {"deep": {"n": 1.0}, "id": "V"}},
                {"id": "6", "vendor": {"id": "V", "deep": None}}]
        self.assertEqual([ids for _, ids in self.ids("x.nested", rows)], ["05", "16", "234", "234", "234", "05", "16"])

    def test_a_large_key(self):
        large = "k" * 500000
        rows = [{"id": "0", "k": large}, {"id": "1", "k": large + "x"}, {"id": "2", "k": large}, {"id": "3", "k": "\0" * 150000}]
        self.assertEqual([ids for _, ids in self.ids("x.text", rows)], ["02", "1", "02", "3"])

    def test_strict(self):
        done = self.batch("x.strict", [{"id": "a"}, {"id": "b", "more": 1}, {"id": "c"}], status=3)
        self.assertEqual([line.get("error", line.get("decision")).get("path") for line in results(done)], [None, "/more", None])
        self.assertEqual(results(done)[2]["decision"]["ids"], ["a", "c"])


class Order(Case):
    """What the policy sees first; the results stay in the order of the input."""
    files = {f"policies/x/{name}.lua": scalar("k = optional(text {}), " + f"o = optional({declared})", "o") for name, declared in {
        "text": "text {}", "money": "money {}", "integer": "integer {}", "boolean": "boolean {}", "date": "date {}",
        "timestamp": "timestamp {}", "enum": 'enum { "z", "a" }'}.items()} | {
        "policies/x/none.lua": scalar("k = optional(text {})"),
        "policies/x/nested.lua": group(fields="id = text {}, k = optional(text {}), r = optional(record { o = integer {} })",
                                       by='{ by = { "k" }, order = "r.o" }')}

    def sorted(self, name, values, expected, field="o"):
        """`expected` lists the places in `values`, from 0, in the order in which the policy sees them."""
        rows = [f'{{"id":"{i:x}"' + (f',"{field}":{value}' if value else "") + "}" for i, value in enumerate(values)]
        found = self.ids(name, rows)
        self.assertEqual(found[0][1], "".join(f"{i:x}" for i in expected))
        self.assertEqual([place for place, _ in found], [expected.index(i) + 1 for i in range(len(values))])

    def test_the_order_of_the_input(self):
        self.assertEqual(self.ids("x.none", [{"id": "c"}, {"id": "a"}, {"id": "b"}]), [(1, "cab"), (2, "cab"), (3, "cab")])

    def test_numbers(self):
        values = ["10", "9", "-1", "0", "-10", "9.5", "", "-9.5", "1e20", "-1e20", "0.001", "-0.001", "9.50"]
        self.sorted("x.money", values, [9, 4, 7, 2, 11, 3, 10, 1, 5, 12, 0, 8, 6])
        self.sorted("x.integer", ["3", "", "-3", "20", "3", "100"], [2, 0, 4, 3, 5, 1])

    def test_random_numbers(self):
        random.seed(5)
        values = [f"{random.choice(['', '-'])}{random.randrange(10 ** random.randrange(1, 20))}.{random.randrange(10 ** random.randrange(1, 9))}"
                  for _ in range(300)]
        rows = [{"id": value + " ", "o": value} for value in values]
        found = results(self.batch("x.money", rows, status=0))[0]["decision"]["ids"]
        self.assertEqual(found, [value + " " for value in sorted(values, key=Decimal)])

    def test_texts(self):
        self.sorted("x.text", ['"b"', '"a"', '"B"', '""', '"ab"', '"a\\u0000"', '"中"', '"é"', "null"], [3, 2, 1, 5, 4, 0, 7, 6, 8])

    def test_others(self):
        self.sorted("x.date", ['"2025-02-01"', '"2024-12-31"', "", '"2025-01-31"', '"2024-12-31"'], [1, 4, 3, 0, 2])
        self.sorted("x.boolean", ["true", "false", "true", "null", "false"], [1, 4, 0, 2, 3])
        self.sorted("x.enum", ['"z"', '"a"', '"z"'], [1, 0, 2])
        # As times, not as texts: a whole second comes before its parts.
        self.sorted("x.timestamp", ['"2025-01-01T00:00:00.5Z"', '"2025-01-01T00:00:00Z"', '"2025-01-01T00:00:01Z"',
                                    '"2025-01-01T01:00:00.25+01:00"', '"2024-12-31T23:59:59.999Z"'], [4, 1, 3, 0, 2])

    def test_ties_keep_the_order_of_the_input(self):
        self.sorted("x.integer", ["1", "0", "1", "0", "1"], [1, 3, 0, 2, 4])

    def test_a_nested_order(self):
        rows = [{"id": "a"}, {"id": "b", "r": {"o": 2}}, {"id": "c", "r": {"o": 1}}]
        self.assertEqual(self.ids("x.nested", rows), [(3, "cba"), (2, "cba"), (1, "cba")])


class Lines(Case):
    files = {"policies/x/p.lua": group()}

    def test_results_in_the_order_of_the_input(self):
        rows = [{"id": f"r{i}", "k": f"k{i * 7 % 5}"} for i in range(40)]
        done = self.batch("x.p", rows, status=0)
        self.assertEqual([line["id"] for line in results(done)], [row["id"] for row in rows])
        for line, row in zip(results(done), rows):
            self.assertEqual(line["decision"]["ids"], [other["id"] for other in rows if other["k"] == row["k"]])
        self.assertRegex(done.stderr.decode(), r"^remit: 40 rows, 40 seen, 0 errors, ")

    def test_the_shape_of_a_line(self):
        done = self.batch("x.p", '{"id":"a"}\n{"id":1.50}\n', status=3)
        version = results(done)[0]["version"]
        good, bad = done.stdout.decode().splitlines()
        self.assertEqual(good, '{"id":"a","policy":"x.p","version":"%s","decision":{"outcome":"seen","reasons":["ok"],"ids":["a"],"place":1}}' % version)
        self.assertTrue(bad.startswith('{"id":1.50,"line":2,"policy":"x.p","version":"%s","error":{"code":"invalid_input",' % version), bad)

    def test_errors_between_rows_are_in_no_group(self):
        data = b'\xef\xbb\xbf{"id":"a"}\r\n\n{"id":7}\n{"id":"b"\n  \n{"id":"c","k":1}\n' + b'{"id":"x","k":"' + b"x" * (1 << 20) + \
            b'"}\n{"id":"\xff"}\n{"id":"b"}\n[]\n{"id":"c"}'
        done = self.batch("x.p", data, status=3)
        lines = results(done)
        self.assertEqual([(line["id"], line.get("line"), line.get("error", {}).get("code")) for line in lines],
                         [("a", None, None), (7, 3, "invalid_input"), (4, 4, "parse_error"), ("c", 6, "invalid_input"),
                          (None, 7, "line_too_long"), (8, 8, "parse_error"), ("b", None, None), (10, 10, "invalid_input"),
                          ("c", None, None)])
        for line in lines:
            if "decision" in line:
                self.assertEqual(line["decision"]["ids"], ["a", "b", "c"])
        self.assertIn(b"remit: 9 rows, 3 seen, 6 errors, ", done.stderr)

    def test_nothing_at_all(self):
        for data in ("", "\n", " \n\t\r\n", "\ufeff"):
            done = self.batch("x.p", data, status=0)
            self.assertEqual(done.stdout, b"")
            self.assertIn(b"remit: 0 rows, 0 errors", done.stderr)

    def test_only_errors(self):
        done = self.batch("x.p", "x\ny\n", status=3)
        self.assertEqual([line["error"]["code"] for line in results(done)], ["parse_error"] * 2)

    def test_an_id_is_echoed_as_written(self):
        for written in ('"a\\u0041\\n"', '"\\/"', '"中"', '""', '"' + "i" * 5000 + '"'):
            done = self.batch("x.p", f'{{"k":"1", "id" : {written} }}\n{{"k":"1","\\u0069d":{written}}}\n', status=0)
            self.assertEqual(done.stdout.count(b'{"id":' + written.encode() + b',"policy"'), 2)

    def test_an_input_that_cannot_be_read_to_its_end_has_no_decisions(self):
        done = self.folder.run("batch", "--policy", "x.p", self.folder.path)
        self.assertEqual((done.returncode, done.stdout), (2, b""))

    def test_many_rows(self):
        """More than one chunk, more than one sorted run on disk, and more groups than rows of one."""
        random.seed(11)
        text = "t" * 150
        rows = [{"id": f"r{i}", "k": f"{random.randrange(60000)}", "text": text} for i in range(150000)]
        lines = "".join(f'{{"id":"{row["id"]}","k":"{row["k"]}","text":"{text}"}}\n' for row in rows)
        done = self.batch("x.p", lines, status=0)
        members = {}
        for row in rows:
            members.setdefault(row["k"], []).append(row["id"])
        found = results(done)
        self.assertEqual(len(found), len(rows))
        for line, row in zip(found, rows):
            ids = members[row["k"]]
            self.assertEqual((line["id"], line["decision"]["ids"], line["decision"]["place"]),
                             (row["id"], ids, ids.index(row["id"]) + 1))

    def test_memory_does_not_grow_with_the_input(self):
        """600,000 rows with their keys and results are 140 MB."""
        command = [REMIT, "batch", "--policy", "x.p", "--jobs", "2", "--policies", os.path.join(self.folder.path, "policies")]
        count, read, most = 600000, 0, 0
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            for i in range(0, count, 1000):
                process.stdin.write("".join(f'{{"id":"r{k}","k":"{k // 3}"}}\n' for k in range(i, i + 1000)).encode())
            process.stdin.close()
            for _ in process.stdout:
                read += 1
                if read % 10000 == 1:
                    most = max(most, resident_peak(process.pid))
        self.assertEqual(read, count)
        self.assertGreater(most, 0)
        self.assertLess(most, 80 * 1024)

    def test_a_temporary_file_that_cannot_be_made(self):
        data = "".join(f'{{"id":"{i}","x":"{"x" * 900}"}}\n' for i in range(20000))
        command = [REMIT, "batch", "--policy", "x.p", "--policies", os.path.join(self.folder.path, "policies")]
        for jobs in ("1", "3"):
            done = subprocess.run([*command, "--jobs", jobs], input=data.encode(), capture_output=True, check=False, timeout=60,
                                  env={**os.environ, "TMPDIR": "/nowhere"})
            self.assertEqual((done.returncode, done.stdout), (2, b""))
            self.assertIn(b"remit: cannot make a temporary file in /nowhere: no such file or directory\n", done.stderr)

    def test_a_closed_pipe_ends_it_quietly(self):
        data = "".join(f'{{"id":"{i}","k":"{i // 2}"}}\n' for i in range(50000))
        with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
            file.write(data)
            file.flush()
            command = f'"{REMIT}" batch --policy x.p --policies "{self.folder.path}/policies" "{file.name}" | head -1'
            done = subprocess.run(["bash", "-c", command + "; exit ${PIPESTATUS[0]}"], capture_output=True, check=False, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(done.stdout.count(b"\n"), 1)

    def test_params_and_time(self):
        with Folder({"policies/x/q.lua": group(
                'local all = {} for i = 1, #rows do all[i] = { outcome = "seen", reasons = { "ok" }, n = params.n, at = context.at } end return all',
                extra="params = { n = integer { default = 1, max = 5 } },")}) as folder:
            lines, done = folder.batch("x.q", [{"id": "a"}], "--param", "n=3", "--at", "2025-01-02")
            self.assertEqual((lines[0]["decision"]["n"], lines[0]["decision"]["at"]), (3, "2025-01-02T00:00:00Z"))
            done = folder.run("batch", "--policy", "x.q", "--param", "n=9", data='{"id":"a"}\n')
            self.assertEqual((done.returncode, done.stdout), (2, b""))


class Csv(Case):
    files = {"policies/x/p.lua": group("""
    local decisions = {}
    for i = 1, #rows do
      decisions[i] = { outcome = "seen", reasons = { "ok" }, count = #rows, ["first"] = rows[1].id, [rows[i].k or "none"] = rows[i].n.v }
    end
    return decisions
""", fields="id = text {}, k = optional(text {}), n = record { v = money {} }", by='{ by = { "k" }, order = "n.v" }')}

    def table(self, data, status):
        done = self.batch("x.p", data, "--format", "csv", status=status)
        return list(csv.reader(io.StringIO(done.stdout.decode(), newline="")))

    def test_rows_and_columns(self):
        rows = self.table('id,note,k,n.v\na,"x, ""y""",A,5\nb,,A,x\nc,\n\nd,,B,7.50\ne,"two\nlines",A,4.0\n', 3)
        self.assertEqual(rows[0], ["id", "note", "k", "n.v", "decision.outcome", "decision.reasons", "decision.A", "decision.B",
                                   "decision.count", "decision.first", "error.code", "error.message"])
        self.assertEqual(rows[1], ["a", 'x, "y"', "A", "5", "seen", "ok", "5", "", "2", "e", "", ""])
        self.assertEqual(rows[2][:4] + rows[2][4:11], ["b", "", "A", "x", "", "", "", "", "", "", "invalid_input"])
        self.assertEqual(rows[3][:2] + rows[3][10:11], ["c", "", "parse_error"])
        self.assertEqual(rows[4], ["d", "", "B", "7.50", "seen", "ok", "", "7.5", "1", "d", "", ""])
        self.assertEqual(rows[5], ["e", "two\nlines", "A", "4.0", "seen", "ok", "4", "", "2", "e", "", ""])
        self.assertEqual(len(rows), 6)

    def test_the_same_as_ndjson(self):
        random.seed(3)
        rows = [(f"r{i}", random.choice("ABC"), str(Decimal(random.randrange(10000)).scaleb(-2)), "t" * 100) for i in range(6000)]
        lines = results(self.batch("x.p", [{"id": i, "k": k, "n": {"v": v}} for i, k, v, _ in rows], status=0))
        table = self.table("id,k,n.v,text\n" + "".join(",".join(row) + "\n" for row in rows), 0)
        self.assertEqual(len(table), len(rows) + 1)
        for cells, row, line in zip(table[1:], rows, lines):
            self.assertEqual(tuple(cells[:4]), row)
            self.assertEqual((cells[9], cells[10]), (str(line["decision"]["count"]), line["decision"]["first"]))

    def test_no_header(self):
        done = self.folder.run("batch", "--policy", "x.p", "--format", "csv", data="")
        self.assertEqual((done.returncode, done.stdout), (2, b""))

    def test_a_header_alone(self):
        self.assertEqual(len(self.table("id,k,n.v\n", 0)), 1)


LIST = "local all = {} for i = 1, #rows do all[i] = " + OK + " end "


class Failures(Case):
    """A group that fails: every row of it has the error, and no row of another."""
    files = {f"policies/x/{name}.lua": group('if rows[1].k ~= "bad" then ' + LIST + " return all end\n" + body) for name, body in {
        "raises": 'error("no such vendor")',
        "table": "error({})",
        "nothing": "return",
        "number": "return 5",
        "one": "return " + OK,
        "few": f"return {{ {OK}, {OK} }}",
        "none": "return {}",
        "many": LIST + f"all[4] = {OK} return all",
        "hole": f"return {{ {OK}, nil, {OK} }}",
        "last": f"return {{ {OK}, {OK}, [4] = {OK} }}",
        "zero": LIST + f"all[0] = {OK} return all",
        "key": LIST + f"all.x = {OK} return all",
        "fraction": LIST + f"all[1.5] = {OK} return all",
        "nested": LIST + f"all[{{}}] = {OK} return all",
        "outcome": LIST + 'all[2] = { outcome = "x", reasons = { "ok" } } return all',
        "reasons": LIST + 'all[3] = { outcome = "seen", reasons = {} } return all',
        "text": LIST + 'all[1] = "seen" return all',
        "value": LIST + 'all[2].f = print or function() end return all',
        "loops": "while true do end",
        "caught": "while true do pcall(function() while true do end end) end",
        "memory": 'local all = {} for i = 1, 200 * #rows do all[i] = ("x"):rep(100000 + i) end',
        "large": LIST + 'all[2].x = ("x"):rep(1048576) return all',
        "utf8": LIST + 'all[2].x = "\\xff" return all',
        "cycle": LIST + "all[2].x = all return all",
    }.items()}

    def failed(self, name):
        """The error that the three rows of the failing group share; the others are decided."""
        rows = [{"id": "a", "k": "good"}, {"id": "b", "k": "bad"}, {"id": "c", "k": "bad"}, "{", {"id": "d", "k": "good"},
                {"id": "e", "k": "bad"}, {"id": "f"}]
        done = self.batch(name, rows, status=3)
        lines = results(done)
        self.assertEqual([line["id"] for line in lines], ["a", "b", "c", 4, "d", "e", "f"])
        self.assertEqual([line["id"] for line in lines if "decision" in line], ["a", "d", "f"])
        errors = [lines[i]["error"] for i in (1, 2, 5)]
        self.assertEqual([lines[i]["line"] for i in (1, 2, 5)], [2, 3, 6])
        self.assertEqual(errors[0], errors[1])
        self.assertEqual(errors[0], errors[2])
        self.assertIn(b"remit: 7 rows, 3 seen, 4 errors, ", done.stderr)
        return errors[0]

    def test_errors_of_the_policy(self):
        wanted = {
            "raises": r"^x/raises.lua:10: no such vendor$",
            "table": r"^x/table.lua:10: the error is a table value, not a text$",
            "nothing": r"^x/nothing.lua:8: decide_group gave nil: expected a list with one decision for each row$",
            "number": r"^x/number.lua:8: decide_group gave number: expected a list with one decision for each row$",
            "one": r"^x/one.lua:8: decide_group gave a table with the key '(outcome|reasons)': expected a list",
            "few": r"^x/few.lua:8: decide_group gave 2 decisions for 3 rows: expected one for each, in the order of the rows$",
            "none": r"^x/none.lua:8: decide_group gave 0 decisions for 3 rows: ",
            "many": r"^x/many.lua:8: decide_group gave 4 decisions for 3 rows: ",
            "hole": r"^x/hole.lua:8: decide_group gave no decision for row 2 of 3$",
            "last": r"^x/last.lua:8: decide_group gave no decision for row 3 of 3$",
            "zero": r"^x/zero.lua:8: decide_group gave a table with the key '0': ",
            "key": r"^x/key.lua:8: decide_group gave a table with the key 'x': ",
            "fraction": r"^x/fraction.lua:8: decide_group gave a table with the key '1.5': ",
            "nested": r"^x/nested.lua:8: decide_group gave a table with the key 'table': ",
            "outcome": r"^x/outcome.lua:8: decision 2 of 3, for the row of line 3: the decision's outcome 'x' is not one of the declared outcomes$",
            "reasons": r"^x/reasons.lua:8: decision 3 of 3, for the row of line 6: the decision cites no reason: at least one declared code is needed$",
            "text": r"^x/text.lua:8: decision 1 of 3, for the row of line 2: decide_group gave string: expected a table with outcome and reasons$",
            "value": r"^x/value.lua:8: decision 2 of 3, for the row of line 3: the decision holds a function, which JSON cannot$",
            "large": r"^x/large.lua:8: decision 2 of 3, for the row of line 3: the decision is too large as JSON$",
            "utf8": r"^x/utf8.lua:8: decision 2 of 3, for the row of line 3: the decision holds a text that is not UTF-8$",
            "cycle": r"^x/cycle.lua:8: decision 2 of 3, for the row of line 3: the decision is nested too deep \(or holds itself\)$",
        }
        for name, pattern in wanted.items():
            with self.subTest(name):
                error = self.failed("x." + name)
                self.assertEqual(error["code"], "policy_error")
                self.assertRegex(error["message"], pattern)
                self.assertEqual(error["line"], int(re.search(r":(\d+):", error["message"]).group(1)))

    def test_budgets(self):
        for name, budget in (("loops", "instructions"), ("caught", "instructions"), ("memory", "memory")):
            with self.subTest(name):
                self.assertEqual(self.failed("x." + name), {
                    "code": "budget_exceeded", "message": f"the budget of {budget} is spent", "budget": budget})


class Budgets(Case):
    files = {
        # About 600,000 and 1,200,000 steps for each row.
        "policies/x/within.lua": group("local n = 0 for i = 1, 200000 * #rows do n = i end\n" + LIST + "return all"),
        "policies/x/past.lua": group("local n = 0 for i = 1, 400000 * #rows do n = i end\n" + LIST + "return all"),
        # 6 MiB for each row.
        "policies/x/holds.lua": group('local held = {} for i = 1, #rows do held[i] = ("x"):rep(6 * 1024 * 1024 + i) end\n' + LIST + "return all"),
        "policies/x/writes.lua": group("local big = {} for i = 1, 40000 do big[i] = {} end\n" + LIST +
                                       "for i = 1, #rows do all[i].big = big end return all"),
    }

    def test_a_group_has_the_steps_of_its_rows(self):
        for count in (1, 2, 7):
            rows = [{"id": str(i)} for i in range(count)]
            self.batch("x.within", rows, status=0)
            done = self.batch("x.past", rows, status=3)
            self.assertEqual([line["error"].get("budget") for line in results(done)], ["instructions"] * count)

    def test_a_group_has_the_memory_of_its_rows_up_to_a_ceiling(self):
        for count, status in ((1, 0), (2, 0), (30, 0), (40, 0), (43, 3), (60, 3)):
            with self.subTest(count):
                done = self.batch("x.holds", [{"id": str(i)} for i in range(count)], status=status)
                found = [line.get("error", {}).get("budget") for line in results(done)]
                self.assertEqual(found, [None if status == 0 else "memory"] * count)

    def test_writing_draws_on_the_same_steps(self):
        """160,000 steps for each decision, so that six of them would fit in the budget of one; all rows are paid for."""
        done = self.batch("x.writes", [{"id": str(i)} for i in range(12)], status=0)
        self.assertEqual(len(done.stdout.splitlines()), 12)


class ReadOnly(Case):
    FIELDS = "id = text {}, k = optional(text {}), r = record { x = integer {} }, l = list { of = record { y = integer {} } }, m = map { of = integer {} }"
    WRITES = {
        "rows": "rows[1] = nil", "append": "rows[#rows + 1] = {}", "insert": "table.insert(rows, {})", "remove": "table.remove(rows)",
        "sort": "table.sort(rows, function(a, b) return a.id < b.id end)", "field": 'rows[1].id = "x"', "new": "rows[1].new = 1",
        "record": "rows[1].r.x = 2", "list": "rows[1].l[1] = nil", "element": "rows[2].l[1].y = 2", "map": "rows[1].m.a = 2",
        "meta": "setmetatable(rows, {})", "rowmeta": "setmetatable(rows[1], {})", "params": "params.n = 1", "context": 'context.at = ""',
        "trace": "seen[1] = 1", "kept": "seen.rows = rows",
    }
    files = {f"policies/x/{name}.lua": group(write + "\n" + LIST + "return all", fields, prelude="local seen = {}\n")
             for (name, write), fields in zip(WRITES.items(), [FIELDS] * len(WRITES))}

    def test_nothing_of_the_input_can_be_changed(self):
        row = {"id": "a", "r": {"x": 1}, "l": [{"y": 1}], "m": {"a": 1}}
        for name in self.WRITES:
            with self.subTest(name):
                done = self.batch("x." + name, [row, {**row, "id": "b"}], status=3)
                for line in results(done):
                    self.assertEqual(line["error"]["code"], "policy_error")
                    self.assertRegex(line["error"]["message"], r"attempt to modify (the input: it is|a) read-only")

    def test_rows_are_tables_of_their_own(self):
        body = """
    local decisions = {}
    for i = 1, #rows do
      decisions[i] = { outcome = rows[i] == rows[1] and "seen" or "other", reasons = { "ok" }, x = rows[i].r.x, y = rows[i].l[1].y, row = rows[i] }
    end
    return decisions
"""
        with Folder({"policies/x/p.lua": group(body, self.FIELDS)}) as folder:
            rows = [{"id": str(i), "r": {"x": i}, "l": [{"y": 10 * i}], "m": {"a": i}} for i in range(5)]
            lines, _ = folder.batch("x.p", rows)
            self.assertEqual([line["decision"]["row"] for line in lines], rows)
            self.assertEqual([line["decision"]["outcome"] for line in lines], ["seen"] + ["other"] * 4)


class Large(Case):
    """Groups at and past the limits."""
    files = {"policies/x/p.lua": group("""
    local decision = { outcome = "seen", reasons = { "ok" }, count = #rows }
    local all = {}
    for i = 1, #rows do all[i] = decision end
    return all
"""), "policies/x/lists.lua": group("""
    local ids = {}
    for i = 1, #rows do ids[i] = rows[i].id end
    local all = {}
    for i = 1, #rows do all[i] = { outcome = "seen", reasons = { "ok" }, ids = ids } end
    if rows[1].k == "bad" then all[#all] = 1 end
    return all
""")}

    def test_rows(self):
        most = 100000
        def lines(count):
            rows = ['{"id":"a","k":"small"}'] + [f'{{"id":{json.dumps(str(i))},"k":"large"}}' for i in range(count)] + ['{"id":"b","k":"small"}']
            return "".join(row + "\n" for row in rows)
        done = self.batch("x.p", lines(most), status=0)
        found = results(done)
        self.assertEqual([found[0]["decision"]["count"], found[1]["decision"]["count"], found[-1]["decision"]["count"]], [2, most, 2])
        self.assertEqual(len(found), most + 2)
        done = self.batch("x.p", lines(most + 1), status=3)
        found = results(done)
        self.assertEqual([found[0]["decision"]["count"], found[-1]["decision"]["count"]], [2, 2])
        self.assertEqual(len(found), most + 3)
        for i, line in enumerate(found[1:-1]):
            self.assertEqual((line["id"], line["line"], line["error"]), (str(i), i + 2, {
                "code": "budget_exceeded", "message": "the group has more than 100000 rows, the most that are decided together", "budget": "memory"}))

    def test_bytes(self):
        most = 32 << 20
        row = lambda i, size: f'{{"id":"{i:04}","k":"large","x":"{"x" * (size - 32)}"}}'
        self.assertEqual(len(row(1, 1000)), 1000)
        rows = [row(i, 1 << 20) for i in range(31)] + [row(31, 1 << 19)]
        last = row(32, 1 << 19)
        done = self.batch("x.p", rows + [last, '{"id":"s"}'], status=0)
        self.assertEqual([line["decision"]["count"] for line in results(done)], [33] * 33 + [1])
        done = self.batch("x.p", ['{"id":"s"}'] + rows + [last.replace("xxx", "xxxx", 1)], status=3)
        found = results(done)
        self.assertEqual(found[0]["decision"]["count"], 1)
        self.assertEqual([line["id"] for line in found[1:]], [f"{i:04}" for i in range(33)])
        for line in found[1:]:
            self.assertEqual(line["error"], {
                "code": "budget_exceeded", "budget": "memory",
                "message": f"the rows of the group have more than {most} bytes, the most that are decided together"})

    def test_csv(self):
        rows = ["id,k"] + [f"{i},large" for i in range(100001)] + ["s,small"]
        done = self.batch("x.p", "\n".join(rows) + "\n", "--format", "csv", status=3)
        table = list(csv.reader(io.StringIO(done.stdout.decode(), newline="")))
        self.assertEqual(table[0], ["id", "k", "decision.outcome", "decision.reasons", "decision.count", "error.code", "error.message"])
        self.assertEqual(table[1][:6], ["0", "large", "", "", "", "budget_exceeded"])
        self.assertEqual(table[-1], ["s", "small", "seen", "ok", "1", "", ""])
        self.assertEqual(len(table), 100003)

    def test_results_that_do_not_fit_in_memory(self):
        """Each decision lists all rows: 1,500 times 1,500 ids are 27 MB. Where the last is at fault none of them leaves."""
        for key, status in (("good", 0), ("bad", 3)):
            rows = [{"id": f"row-{i:05}", "k": key} for i in range(1500)] + [{"id": "s"}]
            done = self.folder.run("batch", "--policy", "x.lists", data="".join(json.dumps(row) + "\n" for row in rows))
            self.assertEqual(done.returncode, status)
            found = results(done)
            self.assertEqual(found[-1]["decision"]["ids"], ["s"])
            self.assertEqual([line["id"] for line in found], [row["id"] for row in rows])
            if key == "good":
                self.assertEqual(found[700]["decision"]["ids"], [row["id"] for row in rows[:-1]])
            else:
                self.assertEqual({line["error"]["message"] for line in found[:-1]}, {
                    "x/lists.lua:8: decision 1500 of 1500, for the row of line 1500: decide_group gave number: expected a table with outcome and reasons"})


class Determinism(Case):
    """What one group did cannot be seen by another, whatever the machine held."""
    files = {"policies/x/p.lua": group("""
    if rows[1].k:sub(1, 1) == "m" then
      local all = {}
      for i = 1, 200 * #rows do all[i] = ("x"):rep(100000 + i) end
    end
    local parts = {}
    for i = 1, #rows do parts[i] = ("x"):rep(900000) .. i end
    local all = {}
    for i = 1, #rows do all[i] = { outcome = "seen", reasons = { "ok" }, length = #table.concat(parts), k = rows[i].k } end
    return all
""", fields="id = text {}, k = text {}")}

    def test_beside_groups_that_meet_their_limits(self):
        random.seed(8)
        keys = [f"g{i}" for i in range(30)] + [f"m{i}" for i in range(5)]
        rows = [{"id": str(i), "k": random.choice(keys)} for i in range(120)]
        together = {line["id"]: line.get("decision", line.get("error")) for line in results(self.batch("x.p", rows))}
        for key in ("g0", "g7", "m1"):
            own = [row for row in rows if row["k"] == key]
            for line in results(self.batch("x.p", own)):
                self.assertEqual(line.get("decision", line.get("error")), together[line["id"]])
        self.assertEqual({r["budget"] for r in together.values() if "budget" in r}, {"memory"})


class Declaration(unittest.TestCase):
    def refused(self, text):
        with Folder({"policies/x/p.lua": text}) as folder:
            done = folder.run("batch", "--policy", "x.p", data="{}")
            self.assertEqual((done.returncode, done.stdout), (4, b""))
            return done.stderr.decode().strip()

    def test_what_does_not_go_together(self):
        both = group().replace("decide_group =", "decide = function() end, decide_group =")
        self.assertIn("'decide' and 'decide_group' stand both there: rows are decided one by one or together", self.refused(both))
        self.assertIn("'decide' is missing (or 'decide_group', for rows that are decided together)",
                      self.refused(re.sub(r"decide_group = .*", "}", group(""), flags=re.S)))
        self.assertIn("'decide_group' needs group = { by = { … } }", self.refused(group().replace('group = { by = { "k" } },', "")))
        self.assertIn("'group' goes with 'decide_group', not with 'decide'", self.refused(group().replace("decide_group =", "decide =")))

    def test_forms(self):
        shape = 'group: expected { by = { "vendor.id", … } } or { by = { "vendor.id", … }, order = "date" }'
        for by in ("{}", "{ by = 5 }", '{ "k" }', '{ by = "k" }', "{ by = { 1 } }", '{ by = { x = "k" } }', '{ by = { "k", x = "k" } }',
                   '{ by = { "k", [3] = "k" } }'):
            with self.subTest(by):
                self.assertIn(shape, self.refused(group(by=by)))
        self.assertIn("group.by names no field", self.refused(group(by="{ by = {} }")))
        self.assertIn("group has no option 'sort' (it has: by, order)", self.refused(group(by='{ by = { "k" }, sort = "k" }')))
        self.assertIn("group.order: expected the path of a field", self.refused(group(by='{ by = { "k" }, order = { "k" } }')))
        self.assertIn("policy: 'group' is not a table", self.refused(group(by='"k"')))

    def test_paths(self):
        fields = """id = text {}, amount = money {}, date = date {}, vendor = record { id = text {}, bank = record { account = text {} } },
            lines = list { of = record { sku = text {} } }, map = map { of = text {} }"""
        wanted = {
            "vendr.id": "'vendr.id' is not a declared field: did you mean 'vendor.id'?",
            "vendor.idd": "'vendor.idd' is not a declared field: did you mean 'vendor.id'?",
            "vendor.bank.acount": "'vendor.bank.acount' is not a declared field: did you mean 'vendor.bank.account'?",
            "Amount": "'Amount' is not a declared field: did you mean 'amount'?",
            "something": "'something' is not a declared field",
            "": "'' is not a declared field",
            "vendor": "'vendor' is a record, not a single value",
            "lines": "'lines' is a list, not a single value",
            "lines.sku": "'lines.sku' leads into a list or map",
            "map.x": "'map.x' leads into a list or map",
            "amount.x": "'amount.x' leads into a field that is no record: did you mean 'amount'?",
            "vendor.": "'vendor.' is not a declared field: did you mean 'vendor.id'?",
            ".id": "'.id' is not a declared field: did you mean 'id'?",
            "vendor..id": "'vendor..id' is not a declared field: did you mean 'vendor.id'?",
            "x" * 300: "is not a declared field",
        }
        for path, words in wanted.items():
            with self.subTest(path):
                for where, by in (("group.by", f'{{ by = {{ "id", "{path}" }} }}'), ("group.order", f'{{ by = {{ "id" }}, order = "{path}" }}')):
                    message = self.refused(group(fields=fields, by=by))
                    self.assertIn(f"x/p.lua:2: {where}: '", message)
                    self.assertIn(words, message)
                    if "?" not in words:
                        self.assertNotIn("did you mean", message)

    def test_changed_after_it_was_made(self):
        for change in ("p.group = 5", "p.group.by = nil", "p.group.by[2] = {}", "p.group.order = 7", 'p.group.by[1] = "none"'):
            message = self.refused(group().replace("return policy", "local p = policy") + f"\n{change}\nreturn p\n")
            self.assertIn("x/p.lua", message)

    def test_remit_policies(self):
        with Folder({"policies/x/p.lua": group(fields="id = text {}, v = record { id = text {} }, d = date {}", by='{ by = { "v.id", "id" }, order = "d" }'),
                     "policies/x/q.lua": group()}) as folder:
            found = json.loads(folder.run("policies", "--json").stdout)
            self.assertEqual([policy["group"] for policy in found], [{"by": ["v.id", "id"], "order": "d"}, {"by": ["k"]}])
            text = folder.run("policies").stdout.decode()
            self.assertIn("\n  group     by v.id, id, in the order of d\n", text)
            self.assertIn("\n  group     by k\n", text)


class Tests(unittest.TestCase):
    """`remit test` of group policies."""
    POLICY = group("""
    local decisions = {}
    for i = 1, #rows do decisions[i] = { outcome = "seen", reasons = { "ok" }, count = #rows, n = params.n } end
    if rows[1].k == "bad" then error("no") end
    return decisions
""", extra="params = { n = integer { default = 1, max = 5 } },")

    def run_cases(self, cases):
        with Folder({"policies/x/p.lua": self.POLICY, "policies/x/p_test.lua": 'return test "x.p" {\n' + cases + "\n}\n"}) as folder:
            done = folder.run("test")
            return done.returncode, done.stdout.decode()

    def test_cases_that_pass(self):
        cases = """
  { name = "decisions", rows = { { id = "a" }, { id = "b" }, { id = "c", k = "x" } }, expect = { { count = 2 }, { outcome = "seen" }, { count = 1, n = 1 } } },
  { name = "an error of a row", rows = { { id = "a" }, {}, { id = "c" } }, expect = { { count = 2 }, { error = { code = "invalid_input", path = "/id" } }, { count = 2 } } },
  { name = "all fail", rows = { { id = "a", k = "bad" }, { id = "b", k = "bad" } }, error = { code = "policy_error", line = 12 } },
  { name = "a group fails", rows = { { id = "a", k = "bad" }, { id = "b" } }, expect = { { error = { code = "policy_error" } }, { count = 1 } } },
  { name = "params", rows = { { id = "a" } }, params = { n = 2 }, expect = { { n = 2 } } },
  { name = "wrong params", rows = { { id = "a" } }, params = { n = 6 }, error = { code = "invalid_params" } },
"""
        self.assertEqual(self.run_cases(cases), (0, "6 passed, 0 failed\n"))

    def test_cases_that_fail(self):
        row = 'rows = { { id = "a" }, { id = "b" } }'
        for case, words in {
            f"{row}, expect = {{ {{ count = 2 }}, {{ count = 3 }} }}": "row 2: decision.count: expected 3, got 2",
            f"{row}, expect = {{ {{ count = 2 }}, {{ other = 3 }} }}": "row 2: decision.other: expected 3, got nothing",
            f'{row}, expect = {{ {{ count = 2 }}, {{ error = {{ code = "policy_error" }} }} }}': "row 2: expected the error",
            f'{row}, error = {{ code = "policy_error" }}': "row 1: expected the error",
            'rows = { { id = 5 } }, expect = { { count = 1 } }': "row 1: got the error invalid_input at /id",
            'rows = { { id = "a", k = "bad" } }, error = { code = "invalid_input" }': 'row 1: error.code: expected "invalid_input", got "policy_error"',
            f"{row}, params = {{ n = 9 }}, expect = {{ {{ count = 2 }}, {{ count = 2 }} }}": "got the error invalid_params",
            # Cases that are none.
            'input = { id = "a" }, expect = { { count = 1 } }': 'unknown key "input"',
            "expect = { { count = 1 } }": "rows: expected a list of at least one row, got nothing",
            "rows = {}, expect = { {} }": "rows: expected a list of at least one row, got []",
            'rows = { id = "a" }, expect = { { count = 1 } }': "rows: expected a list of at least one row",
            'rows = { "a" }, expect = { { count = 1 } }': "rows: row 1: expected a table",
            f"{row}, expect = {{ {{ count = 2 }} }}": "expect: has 1 for 2 rows: expected one for each",
            f"{row}, expect = {{ count = 2 }}": "expect: expected a list with a table for each row",
            f"{row}, expect = {{ {{ count = 2 }}, {{}} }}": "row 2: expect: expected a table with at least one key",
            f'{row}, expect = {{ {{ count = 2 }}, {{ count = 2, error = {{ code = "policy_error" }} }} }}': "row 2: error stands beside other keys",
            f'{row}, expect = {{ {{ count = 2 }}, {{ error = {{ code = "polcy_error" }} }} }}': 'did you mean "policy_error"?',
            row: "nothing is expected",
        }.items():
            with self.subTest(case):
                status, output = self.run_cases(f'  {{ name = "n", {case} }},')
                self.assertEqual(status, 1, output)
                self.assertIn(words, output)
                self.assertTrue(output.endswith("0 passed, 1 failed\n"))

    def test_rows_in_a_case_of_a_row_policy(self):
        text = 'return policy { outcomes = { "a" }, input = record { id = text {} }, reasons = { r = {} }, decide = function() return { outcome = "a", reasons = { "r" } } end }'
        case = 'return test "x.q" { { name = "n", rows = { { id = "a" } }, expect = { { outcome = "a" } } } }'
        with Folder({"policies/x/q.lua": text, "policies/x/q_test.lua": case}) as folder:
            done = folder.run("test")
            self.assertEqual(done.returncode, 1)
            self.assertIn(b'unknown key "rows"', done.stdout)


# ---- The shipped policies against plain Python, with exact numbers of its own.

def cents(value, rounding):
    """A Fraction with two places."""
    return rounded(value, 2, rounding)


def rounded(value, places, rounding):
    whole = value * 10 ** places
    below = whole.numerator // whole.denominator
    rest = whole - below
    if rest > Fraction(1, 2) or rest == Fraction(1, 2) and (rounding == ROUND_HALF_UP or below % 2):
        below += 1
    return Fraction(below, 10 ** places)


def portfolio(rows, max_share):
    losses = [Fraction(row["loss"]) * Fraction(row["probability"]) for row in rows]
    total = sum(losses)
    largest = max(range(len(rows)), key=lambda i: (losses[i], -i))
    top = sum(sorted(losses, reverse=True)[:-(-len(rows) // 10)])
    def share(part):
        return rounded(part / total, 4, ROUND_HALF_UP) if total else None
    for loss in losses:
        flagged = loss > max_share * total
        found = {"outcome": "flag" if flagged else "clear", "reasons": ["concentration" if flagged else "no_concentration"],
                 "total": cents(total, ROUND_HALF_EVEN), "expected_loss": cents(loss, ROUND_HALF_EVEN), "share": share(loss),
                 "largest": rows[largest]["id"], "largest_share": share(losses[largest]), "top_decile_share": share(top)}
        yield {key: value for key, value in found.items() if value is not None}


def split_purchase(rows, params):
    """Word by word: every window of every row within the limit is tried."""
    limit = Fraction(params[rows[0]["category"] + "_limit"])
    order = sorted((row["date"], i) for i, row in enumerate(rows) if Fraction(row["amount"]) <= limit)
    best = {}
    for day, _ in order:
        end = date.fromordinal(min(date.fromisoformat(day).toordinal() + params["window_days"] - 1, date.max.toordinal())).isoformat()
        window = [i for other, i in order if day <= other <= end]
        total = sum(Fraction(rows[i]["amount"]) for i in window)
        if len(window) < params["min_rows"] or total <= limit:
            continue
        for i in window:
            # Days come in order, so an equal sum is that of a later window.
            if i not in best or total > best[i][0]:
                best[i] = (total, window)
    for i in range(len(rows)):
        if i in best:
            yield {"outcome": "flag", "reasons": ["split_purchase"], "group_total": best[i][0], "limit": limit,
                   "rows": [rows[k]["id"] for k in best[i][1]]}
        else:
            yield {"outcome": "clear", "reasons": ["no_split"]}


def decided(rows, key, decide):
    """The decisions of all valid rows, in order; None for the others."""
    members = {}
    for row in rows:
        if row["valid"]:
            members.setdefault(key(row), []).append(row)
    found = {}
    for group_rows in members.values():
        for row, decision in zip(group_rows, decide(group_rows)):
            found[id(row)] = decision
    return [found.get(id(row)) for row in rows]


class Reference(unittest.TestCase):
    SEED = int(os.environ.get("REMIT_SEED", "20250407"))

    def compare(self, policy, rows, lines, expected, *arguments):
        data = "".join(line + "\n" for line in lines)
        outputs = []
        for jobs in ("1", "2"):
            done = run("batch", "--policy", policy, "--jobs", jobs, *arguments, data=data)
            self.assertEqual(done.returncode, 3 if None in expected else 0, done.stderr)
            outputs.append(done.stdout)
        self.assertEqual(outputs[0], outputs[1])
        found = [json.loads(line, parse_int=Fraction, parse_float=Fraction) for line in outputs[0].splitlines()]
        self.assertEqual(len(found), len(rows))
        for number, (line, row, wanted) in enumerate(zip(found, rows, expected), 1):
            context = f"seed {self.SEED}, line {number}: {lines[number - 1]}"
            if wanted is None:
                self.assertEqual(line["error"]["code"], row["code"], context)
                self.assertEqual(line["line"], number, context)
                self.assertEqual(line["id"], row["id"] if row["code"] == "invalid_input" else number, context)
            else:
                self.assertEqual((line["id"], line["decision"]), (row["id"], wanted), context)

    def spoil(self, random_, row, values, line):
        """Now and then a row that is in no group."""
        if random_.random() >= 0.06:
            return line(values)
        row["valid"] = False
        row["code"] = random_.choice(["invalid_input", "parse_error"])
        if row["code"] == "parse_error":
            return line(values)[:-1]
        values = dict(values)
        values.pop(random_.choice([name for name in values if name != "id"]))
        return line(values)

    def number(self, random_, value):
        """The same number, written one way or another."""
        text = str(value)
        return random_.choice([text, text, f'"{text}"', text + ("0" if "." in text else ".00")])

    @staticmethod
    def line(values):
        return "{" + ",".join(f'"{name}":{value}' for name, value in values.items()) + "}"

    def test_portfolio(self):
        for round_, max_share in enumerate(["0.4", "0.25", "0", "1", "0.3333"]):
            random_ = random.Random(self.SEED + round_)
            rows, lines = [], []
            for i in range(4000):
                process = f"process {random_.randrange(2 ** random_.randrange(1, 11))}"
                places = random_.choice([0, 1, 2, 2, 2, 5])
                loss = Decimal(random_.choice([0, random_.randrange(100), random_.randrange(10 ** 7)])).scaleb(-places)
                probability = random_.choice([Decimal(0), Decimal(1), Decimal(random_.randrange(1001)).scaleb(-3), Decimal("0.5")])
                row = {"id": f"K{i}", "process": process, "loss": f"{loss:f}", "probability": f"{probability:f}", "valid": True}
                values = {"id": f'"K{i}"', "process": json.dumps(process), "loss": self.number(random_, row["loss"]),
                          "probability": self.number(random_, row["probability"])}
                names = list(values)
                random_.shuffle(names)
                lines.append(self.spoil(random_, row, {name: values[name] for name in names}, self.line))
                rows.append(row)
            expected = decided(rows, lambda row: row["process"], lambda group_rows: portfolio(group_rows, Fraction(max_share)))
            self.assertIn(None, expected)
            self.compare("risk.portfolio", rows, lines, expected, "--param", f"max_share={max_share}")

    def test_split_purchase(self):
        defaults = {"window_days": 7, "min_rows": 2, "expense_limit": "50000", "fixed_asset_limit": "20000", "construction_limit": "20000"}
        settings = [{}, {"window_days": 1}, {"window_days": 30, "min_rows": 3}, {"expense_limit": "10000.5", "min_rows": 1},
                    {"fixed_asset_limit": "0", "window_days": 1000000}]
        flagged = 0
        for round_, change in enumerate(settings):
            params = {**defaults, **change}
            random_ = random.Random(self.SEED + round_)
            rows, lines = [], []
            for i in range(3000):
                category = random_.choice(["expense", "fixed_asset", "construction"])
                limit = Decimal(params[category + "_limit"])
                places = random_.choice([0, 2, 2, 4])
                share = random_.choice([Decimal("0.5"), Decimal(1), Decimal(random_.randrange(1, 120)).scaleb(-2), Decimal("0.3")])
                amount = limit * share + random_.choice([0, 0, 1, -1]) * Decimal(1).scaleb(-places)
                amount = max(amount, Decimal(0))
                day = (date(2024, 2, 20) + timedelta(days=random_.randrange(random_.choice([3, 20, 60])))).isoformat()
                requester, vendor = f"U{random_.randrange(4)}", f"V{random_.randrange(2 ** random_.randrange(1, 7))}"
                row = {"id": f"T{i}", "requester": requester, "vendor": vendor, "category": category, "amount": f"{amount:f}", "date": day,
                       "valid": True}
                values = {"id": f'"T{i}"', "requester": f'{{"id":"{requester}"}}', "vendor": f'{{"name":"x","id":"{vendor}"}}',
                          "category": f'"{category}"', "amount": self.number(random_, row["amount"]), "date": f'"{day}"'}
                lines.append(self.spoil(random_, row, values, self.line))
                rows.append(row)
            expected = decided(rows, lambda row: (row["requester"], row["vendor"], row["category"]),
                               lambda group_rows: split_purchase(group_rows, params))
            flagged += sum(1 for decision in expected if decision and decision["outcome"] == "flag")
            self.assertIn(None, expected)
            arguments = [part for name, value in change.items() for part in ("--param", f"{name}={value}")]
            self.compare("procurement.split_purchase", rows, lines, expected, *arguments)
        self.assertGreater(flagged, 2000)


if __name__ == "__main__":
    unittest.main()
