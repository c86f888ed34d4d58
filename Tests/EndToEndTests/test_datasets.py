"""Datasets: look-ups against a plain evaluator, what is refused and where, budgets, memory."""
import datetime
import json
import os
import random
import subprocess
import tempfile
import threading
import unittest
from decimal import Decimal

from support import REMIT, Folder, policy, resident_peak

SEED = int(os.environ.get("REMIT_SEED", "20250615"))
APPROVE = 'return { outcome = "approve", reasons = { "ok" } }'


def numbers(text):
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def canonical_time(text):
    """A time as the machine keeps it: in UTC, no zeros behind the fraction."""
    moment = datetime.datetime.fromisoformat(text).astimezone(datetime.timezone.utc)
    fraction = f"{moment.microsecond:06d}".rstrip("0")
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + ("." + fraction if fraction else "") + "Z"


class Random:
    """Cells of every type: the text in the file, and its value in an answer; (“”, None) for an empty one."""

    KINDS = ("low", "middle", "high")

    def __init__(self, seed, few):
        self.random = random.Random(seed)
        self.few = few

    def text(self):
        word = "".join(self.random.choice("aäb,\"\n 中") for _ in range(self.random.randint(1, 12 if not self.few else 2)))
        return word, word

    def integer(self):
        value = self.random.choice((self.random.randint(-3, 3), self.random.randint(-40000, 40000),
                                    self.random.randint(-2**53 + 1, 2**53 - 1)) if not self.few else (1, 2, 300))
        return self.random.choice((str(value), f"{value}.00")), Decimal(value)

    def number(self):
        if self.few:
            text = self.random.choice(("5", "5.00", "0.5", ".50", "-0", "1000000"))
        else:
            digits = "".join(self.random.choice("0123456789") for _ in range(self.random.choice((1, 3, 8, 15, 16, 34))))
            point = self.random.randint(0, len(digits))
            text = self.random.choice(("", "-", "+")) + digits[:point] + ("." + digits[point:] if point < len(digits) else "")
        return text, Decimal(text)

    def money(self):
        text = f"{self.random.randint(0, 3 if self.few else 10**9)}.{self.random.randint(0, 99):02d}"
        return text, Decimal(text)

    def boolean(self):
        value = self.random.random() < 0.5
        return json.dumps(value), value

    def date(self):
        day = datetime.date(2024, 2, 27) + datetime.timedelta(self.random.randint(0, 4 if self.few else 3000))
        return day.isoformat(), day.isoformat()

    def timestamp(self):
        text = (self.date()[0] + self.random.choice(("T23:30:00", "T00:00:00.50", "T12:00:00.000001"))
                + self.random.choice(("Z", "+02:00", "-05:30")))
        return text.upper(), canonical_time(text)

    def kind(self):
        value = self.random.choice(self.KINDS)
        return value, value

    def cell(self, kind):
        return ("", None) if self.random.random() < 0.2 else getattr(self, kind)()


COLUMNS = {"t": "text", "i": "integer", "n": "number", "m": "money", "b": "boolean", "d": "date", "s": "timestamp",
           "k": "kind"}
TYPES = {name: f"{kind} {{}}" for name, kind in COLUMNS.items()} | {"k": 'enum { "low", "middle", "high" }'}
SETS = ("t", "i", "n", "m", "b", "d", "s", "k", "tk", "in", "bk", "dm", "st", "bdk", "bikmn", "bdikmnst")


def quoted(cell):
    return '"' + cell.replace('"', '""') + '"' if any(c in cell for c in ',"\n\r') else cell


def csv(header, rows):
    return "".join(",".join(map(quoted, row)) + "\n" for row in [header, *rows])


class LookUps(unittest.TestCase):
    """Every look-up written out, which has an index, gives what the same one row by row gives, and both what a plain
    evaluator gives."""

    def policy(self, bounds):
        declared = ", ".join(f"{name} = optional({TYPES[name]})" for name in TYPES)
        prelude = (f'local data = dataset "data/d.csv" {{ number = integer {{}}, {declared}, '
                   f"from = optional({bounds} {{}}), to = optional({bounds} {{}}) }}\n")
        branches = []
        for columns in SETS:
            keys = ", ".join(f"{c} = tx.{c}" for c in columns)
            branches.append(f'if tx.set == "{columns}" then one, all = view:find {{ {keys} }}, view:find_all({{ {keys} }}) end')
        code = f"""
    local view, one, all = data, nil, nil
    for _, day in ipairs(tx.at) do view = view:at(day) end
    {" ".join(branches)}
    local keys = {{}}
    for name in tx.set:gmatch(".") do keys[name] = tx[name] end
    local slow, rows = view:find_all(keys), {{}}
    for row in view:rows() do rows[#rows + 1] = row.number end
    return {{ outcome = "approve", reasons = {{ "ok" }}, one = one, all = all, slow = slow, slow_one = view:find(keys),
             count = #view, rows = rows }}"""
        fields = ", ".join(f"{name} = optional({TYPES[name]})" for name in TYPES)
        return policy(code, fields=f"set = text {{}}, at = list {{ of = text {{}} }}, {fields}", prelude=prelude)

    def expected(self, rows, question):
        in_force = rows
        for day in question["at"]:
            day = day if len(day) == 10 else canonical_time(day)[:10]
            in_force = [r for r in in_force if (r["from"] or day)[:10] <= day <= (r["to"] or day)[:10]]
        found = [r for r in in_force if all(r[c] == question["values"][c] for c in question["set"])]
        shown = [{k: v for k, v in r.items() if v is not None} for r in found]
        return {"all": shown, "slow": shown, "count": len(in_force), "rows": [r["number"] for r in in_force],
                **({"one": shown[0], "slow_one": shown[0]} if shown else {})}

    def check(self, seed, few, count, bounds):
        source = Random(seed, few)
        rows, cells = [], []
        for number in range(1, count + 1):
            made = {name: source.cell(kind) for name, kind in COLUMNS.items()}
            made |= {bound: source.cell(bounds) for bound in ("from", "to")}
            made["number"] = str(number), Decimal(number)
            rows.append({name: value for name, (_, value) in made.items()})
            cells.append([made[name][0] for name in ("number", *COLUMNS, "from", "to")])
        questions = []
        for _ in range(150):
            columns = source.random.choice(SETS)
            near = source.random.choice(rows) if rows else {}
            values = {}
            for c in columns:
                value = near.get(c) if source.random.random() < 0.8 else None
                values[c] = value if value is not None else getattr(source, COLUMNS[c])()[1]
            at = [source.random.choice((source.date, source.timestamp))()[0] for _ in range(source.random.choice((0, 1, 1, 2)))]
            questions.append({"set": columns, "values": values, "at": at})
        lines = [json.dumps({"set": q["set"], "at": q["at"]} | {c: str(v) if isinstance(v, Decimal) and COLUMNS[c] != "integer"
                             else int(v) if isinstance(v, Decimal) else v for c, v in q["values"].items()}) for q in questions]
        files = {"policies/x/a.lua": self.policy(bounds),
                 "policies/data/d.csv": csv(["number", *COLUMNS, "from", "to"], cells)}
        with Folder(files) as folder:
            done = folder.run("batch", "--policy", "x.a", data="\n".join(lines))
        self.assertEqual(done.stderr.decode().count("\n"), 1, done.stderr.decode()[:2000])
        for question, line in zip(questions, done.stdout.decode().splitlines(), strict=True):
            decision = numbers(line).get("decision")
            self.assertIsNotNone(decision, (line, question))
            decision = {k: v for k, v in decision.items() if k not in ("outcome", "reasons")}
            self.assertEqual(decision, self.expected(rows, question), (seed, few, question))

    def test_random_data(self):
        for few, count, bounds in ((True, 200, "date"), (False, 120, "date"), (True, 150, "timestamp"), (True, 1, "date"),
                                   (False, 0, "date")):
            with self.subTest(few=few, count=count, bounds=bounds, seed=SEED):
                self.check(SEED + count, few, count, bounds)

    def test_a_text_of_every_length(self):
        """Enough distinct texts that the column gives up keeping each once, then more of the same."""
        texts = ["x" * (i % 300) + str(i) for i in range(9000)] + ["same", "", "x0"]
        prelude = 'local data = dataset "data/d.csv" { n = integer {}, t = text {} }\n'
        code = 'local row = data:find { t = tx.t } return { outcome = "approve", reasons = { "ok" }, n = row and row.n, t = row and row.t }'
        files = {"policies/x/a.lua": policy(code, fields="t = text {}", prelude=prelude),
                 "policies/data/d.csv": csv(["n", "t"], [[str(i), t] for i, t in enumerate(texts)])}
        with Folder(files) as folder:
            asked = texts[::37] + texts[-3:] + ["x", "y0"]
            results, done = folder.batch("x.a", [{"t": t} for t in asked])
            self.assertEqual(done.returncode, 0, done.stderr)
            for text, result in zip(asked, results, strict=True):
                expected = {"n": texts.index(text), "t": text} if text in texts else {}
                self.assertEqual({k: v for k, v in result["decision"].items() if k in "nt"}, expected)


class Semantics(unittest.TestCase):
    def decisions(self, code, data, declared, rows=({},), prelude="", fields="id = optional(text {})"):
        files = {"policies/x/a.lua": policy(code, fields=fields, prelude=f'local data = dataset "data/d.csv" {{ {declared} }}\n' + prelude),
                 "policies/data/d.csv": data}
        with Folder(files) as folder:
            results, done = folder.batch("x.a", list(rows))
            self.assertEqual(len(results), len(rows), done.stderr)
            return results

    def value(self, expression, data="a,b\nx,1\ny,2\nx,3\n", declared="a = text {}, b = integer {}", **more):
        code = f'return {{ outcome = "approve", reasons = {{ "ok" }}, value = {expression} }}'
        result = self.decisions(code, data, declared, **more)[0]
        self.assertIn("decision", result, result)
        return result["decision"].get("value")

    def message(self, code, data="a,b\nx,1\ny,2\nx,3\n", declared="a = text {}, b = integer {}", **more):
        result = self.decisions(code + " " + APPROVE, data, declared, **more)[0]
        self.assertEqual(result.get("error", {}).get("code"), "policy_error", result)
        return result["error"]["message"]

    def test_plain(self):
        for expression, value in (
                ('data:find { a = "x" }', {"a": "x", "b": 1}), ('data:find { a = "z" }', None), ("#data", 3),
                ('data:find_all { a = "x" }', [{"a": "x", "b": 1}, {"a": "x", "b": 3}]), ('data:find_all { a = "z" }', []),
                ("data:find {}", {"a": "x", "b": 1}), ("#data:find_all {}", 3), ('data:find { b = "2" }', None),
                ("data:find { b = 2.0 }", {"a": "y", "b": 2}), ("data:find { b = 2.5 }", None), ("data:find { b = true }", None),
                ("data:find { b = {} }", None), ('data:at("2025-01-01"):find { a = "y" }', {"a": "y", "b": 2}),
                ("tostring(data)", "dataset"), ("data:find { b = 12345678901234567890 }", None), ("#data:at('2025-01-01')", 3)):
            with self.subTest(expression):
                self.assertEqual(self.value(expression), value)

    def test_a_row_is_a_table_that_cannot_be_written(self):
        self.assertEqual(self.value('(function() local s = "" for k, v in pairs(data:find { a = "x" }) do s = s .. k .. v end return s end)()'),
                         "axb1")
        self.assertEqual(self.value('type(data:find { a = "x" })'), "table")
        self.assertEqual(self.value('getmetatable(data:find { a = "x" }) == nil and getmetatable(data) == nil'), True)
        for code in ('row.b = 5', 'row.c = 5', 'row["a"] = nil', 'table.insert(row, 1)', 'setmetatable(row, {})',
                     'local function put(t, k) t[k] = 1 end put(row, "z")', 'table.move({ 1 }, 1, 1, 1, row)',
                     'for each in data:rows() do each.b = 1 end', 'data:find_all({ a = "x" })[1].a = 1'):
            with self.subTest(code):
                self.assertIn("attempt to modify a read-only table", self.message('local row = data:find { a = "x" } ' + code))
        for code in ("data.x = 1", "data[1] = 1", 'data:at("2025-01-01").x = 1'):
            with self.subTest(code):
                self.assertIn("attempt to modify a dataset: it is read-only", self.message(code))

    def test_a_list_of_rows_is_the_policy_s_own(self):
        self.assertEqual(self.value('(function() local l = data:find_all { a = "x" } table.remove(l) l[3] = 1 return #l end)()'), 1)

    def test_what_is_asked_wrongly(self):
        for code, words in (
                ('data:find { c = 1 }', "the dataset has no column 'c'"), ("data:find { 1 }", "expected columns by name"),
                ("data:find()", "table expected"), ("data.find({ a = 1 })", "expected a dataset: call its methods with a colon"),
                ("data.rows()", "expected a dataset"), ('data:at("2025-13-01")', "expected a date or a time"), ("data:at()", "string expected"),
                ("data:find { b = 9007199254740991 + 1 }", "out of range"), ("local x = data[1]", "a dataset is no list"),
                ("local x = data.size", "a dataset has no 'size'"), ("for i in pairs(data) do end", "table expected"),
                ("for i in ipairs(data) do end", "a dataset is no list"), ("local x = data + 1", "arithmetic on a userdata value"),
                ('return { outcome = "approve", reasons = { "ok" }, d = data }', "which JSON cannot")):
            with self.subTest(code):
                self.assertIn(words, self.message(("local x = " if code.startswith("data") else "") + code if "return" not in code else
                                                  f"if true then {code} end"))

    def test_only_days_bound_days(self):
        self.assertIn("the column 'from' is a text, not a date", self.message(
            'local x = data:at("2025-01-01")', "from\n2025-01-01\n", "from = text {}"))

    def test_edges_of_days(self):
        data = "n,from,to\n1,2025-01-10,2025-01-20\n2,2025-01-20,\n3,,2025-01-09\n4,2025-02-01,2025-01-31\n"
        declared = "n = integer {}, from = optional(date {}), to = optional(date {})"
        for day, rows in (("2025-01-09", [3]), ("2025-01-10", [1]), ("2025-01-19", [1]), ("2025-01-20", [1, 2]), ("2025-01-21", [2]),
                          ("0001-01-01", [3]), ("9999-12-31", [2]), ("2025-01-20T23:59:59Z", [1, 2]),
                          ("2025-01-20T23:59:59-00:01", [2]), ("2025-01-10T00:30:00+01:00", [3])):
            code = f'(function() local l = {{}} for r in data:at("{day}"):rows() do l[#l + 1] = r.n end return l end)()'
            with self.subTest(day):
                self.assertEqual(self.value(code, data, declared), rows)
                self.assertEqual(self.value(f'#data:at("{day}")', data, declared), len(rows))

    def test_the_first_in_the_file_counts_among_periods_that_overlap(self):
        source = random.Random(SEED)
        rows, days = [], [datetime.date(2025, 1, 1) + datetime.timedelta(d) for d in range(40)]
        for n in range(300):
            low, high = source.choice([*days, None]), source.choice([*days, None])
            rows.append((source.choice("abc"), n, low, high))
        data = csv(["g", "n", "from", "to"], [[g, str(n), *("" if d is None else d.isoformat() for d in period)] for g, n, *period in rows])
        questions = [(g, day) for g in "abcd" for day in [days[0] - datetime.timedelta(1), *days, days[-1] + datetime.timedelta(1)]]
        results = self.decisions(
            'local row = data:at(tx.day):find { g = tx.g } return { outcome = "approve", reasons = { "ok" }, n = row and row.n }', data,
            "g = text {}, n = integer {}, from = optional(date {}), to = optional(date {})",
            [{"g": g, "day": day.isoformat()} for g, day in questions], fields="g = text {}, day = date {}")
        for (g, day), result in zip(questions, results, strict=True):
            first = next((n for each, n, low, high in rows if each == g and (low or day) <= day <= (high or day)), None)
            self.assertEqual(result["decision"].get("n"), first, (g, day, SEED))

    def test_long_and_many_column_names(self):
        names = ["column_" + "x" * 60 + str(i) for i in range(256)]
        declared = ", ".join(f"{n} = integer {{}}" for n in names)
        data = ",".join(names) + "\n" + ",".join(map(str, range(256))) + "\n"
        self.assertEqual(self.value(f"data:find({{ {names[255]} = 255 }}).{names[7]}", data, declared), 7)
        self.assertIn("at most 32 columns", self.message("local x = data:find { " + ", ".join(f"{n} = 1" for n in names[:33]) + " }",
                                                         data, declared))

    def test_while_loading(self):
        prelude = 'local one, sum = data:find { a = "y" }, 0\nfor row in data:rows() do sum = sum + row.b end\n'
        self.assertEqual(self.value("{ one.b, sum, #data }", prelude=prelude), [2, 6, 3])

    def test_rows_of_a_long_decimal_compare_by_value(self):
        data = "n,v\n1,1234567890123456789012345678901234\n2,0.00\n3,1e\n".replace("3,1e\n", "3,0.0000000000000000000000000000000005\n")
        declared = "n = integer {}, v = number {}"
        for key, n in (("1234567890123456789012345678901234", 1), ("0", 2), ("0.0000000000000000000000000000000005", 3),
                       ("1234567890123456789012345678901233", None), ("5", None)):
            with self.subTest(key):
                self.assertEqual((self.value(f"data:find {{ v = {key} }}", data, declared) or {}).get("n"), n)

    def test_one_file_under_two_declarations_and_a_table(self):
        prelude = ('local other = dataset("data/d.csv", { b = text {} }, { unique = { "b" } })\n'
                   'local again = dataset "data/d.csv" { a = text {}, b = integer {} }\n')
        self.assertEqual(self.value('{ other:find({ b = "2" }).b, again:find({ b = 2 }).a, data:find({ b = 2 }).a }', prelude=prelude),
                         ["2", "y", "y"])


class Files(unittest.TestCase):
    """What stands in the file."""

    def load(self, data, declared="a = text {}, b = integer {}", options=""):
        call = f'dataset("data/d.csv", {{ {declared} }}{options})'
        code = f'local l = {{}} for r in data:rows() do l[#l + 1] = r end return {{ outcome = "approve", reasons = {{ "ok" }}, rows = l }}'
        with Folder({"policies/x/a.lua": policy(code, prelude=f"\nlocal data = {call}\n"), "policies/data/d.csv": data}) as folder:
            return folder.batch("x.a", [{}])

    def rows(self, data, *arguments):
        results, done = self.load(data, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return results[0]["decision"]["rows"]

    def refused(self, data, *arguments):
        results, done = self.load(data, *arguments)
        self.assertEqual((results, done.returncode), ([], 4), done.stderr)
        message = done.stderr.decode()
        self.assertEqual(message.count("\n"), 1, message)
        return message

    def test_what_is_read(self):
        x = [{"a": "x", "b": 1}]
        for data in ("a,b\nx,1\n", "a,b\nx,1", "\ufeffa,b\r\nx,1\r\n", "c,b,a\n?,1,x\n", '"a","b"\n"x","1"\n', "\n\na,b\n\nx,1\n\n",
                     "b,a,b2\n1,x,zzz\n"):
            with self.subTest(data):
                self.assertEqual(self.rows(data), x)
        self.assertEqual(self.rows("a,b\n"), [])
        self.assertEqual(self.rows("a,b\n,1\n"), [{"a": "", "b": 1}])
        self.assertEqual(self.rows('a,b\n"x,""y""\n z",1\n'), [{"a": 'x,"y"\n z', "b": 1}])
        self.assertEqual(self.rows("a,b\nx\0y,1\n"), [{"a": "x\0y", "b": 1}])
        self.assertEqual(self.rows("a\nx\n\ny\n", "a = optional(text {})"), [{"a": "x"}, [], {"a": "y"}])
        self.assertEqual(self.rows("a,b\nx,\n", "a = text {}, b = optional(integer {})"), [{"a": "x"}])
        self.assertEqual(self.rows("a\n" + "x" * 100000 + "\n", "a = text {}"), [{"a": "x" * 100000}])

    def test_values_of_every_width(self):
        for values in ([1, 127, -127, -128, 128], [0, 32767, -32768, 40000], [1, 2**31, -2**31, -2**31 - 1], [0, 2**53 - 1, 1 - 2**53],
                       [-1], [126, -128, 5]):
            with self.subTest(values):
                data = "b\n" + "".join(f"{v}\n" for v in values)
                self.assertEqual([r["b"] for r in self.rows(data, "b = integer {}")], values)
                self.assertEqual([r["b"] for r in self.rows(data, "b = number {}")], values)

    def test_numbers_of_every_scale(self):
        for values in (["1", "1.5", "1.25", "1000000000000"], ["0.000000000001", "500000"], ["0.1", "9007199254740991"],
                       ["9007199254740991", "0.1"], ["1", "0.0000000000000000000001"], ["999999999999999", "0.1", "12345678901234567890"],
                       ["0.5", "99999999999999.9"], ["1234567890123456.5", "1"], ["-0", "0.0", "-0.10"]):
            with self.subTest(values):
                with Folder({"policies/x/a.lua": policy(
                        'local l = {} for r in data:rows() do l[#l + 1] = r.v end return { outcome = "approve", reasons = { "ok" }, l = l }',
                        prelude='local data = dataset "data/d.csv" { v = number {} }\n'),
                        "policies/data/d.csv": "v\n" + "".join(f"{v}\n" for v in values)}) as folder:
                    done = folder.run("batch", "--policy", "x.a", data="{}\n")
                self.assertEqual(numbers(done.stdout)["decision"]["l"], [Decimal(v) for v in values])

    def test_what_is_refused_and_where(self):
        for data, place in (
                ("", "data/d.csv:1: the file has no header"), ("\n\n", "data/d.csv:1: the file has no header"),
                ("\ufeff", "data/d.csv:1: the file has no header"), ("a\nx\n", "data/d.csv:1: the column 'b' is missing"),
                ("A,b\nx,1\n", "data/d.csv:1: the column 'a' is missing"), ("\na,b,a\nx,1,y\n", "data/d.csv:2: the column 'a' stands there twice"),
                ("a,b\nx,1\ny,z\n", 'data/d.csv:3: b: expected integer, got "z"'), ("a,b\n\n\nx,1.5\n", 'data/d.csv:4: b: expected integer'),
                ("a,b\nx,\n", 'data/d.csv:2: b: expected integer, got ""'), ("a,b\nx\n", "data/d.csv:2: 1 fields instead of 2"),
                ("a,b\nx,1,2\n", "data/d.csv:2: more than 2 fields"), ('a,b\n"x,1\n', "data/d.csv:2: a quote is not closed"),
                ('a,b\nx"y,1\n', "data/d.csv:2: a quote inside a field"), (b"a,b\n\xff,1\n", "data/d.csv:2: text is not UTF-8"),
                ("a,b\rx,1\n", "data/d.csv:1: a carriage return without a newline"), ("a,b\nx,9007199254740992\n", "data/d.csv:2: b: must lie within"),
                ('a,b\n"x\ny",1\nz,q\n', 'data/d.csv:3: b: expected integer, got "q"'), ("a,b\nx,bad\ny\n", "data/d.csv:3: 1 fields"),
                ("a;b\nx;1\n", "data/d.csv:1: the column 'a' is missing"), ("\0", "data/d.csv:1: the column 'a' is missing")):
            with self.subTest(data):
                message = self.refused(data)
                self.assertTrue(message.startswith("remit: " + place), message)

    def test_what_each_type_refuses(self):
        for declared, good, bad, words in (
                ("integer { min = 2 }", "2", "1", "must be at least 2, got"), ("number { max = 2 }", "2.0", "2.01", "must be at most 2, got"),
                ("money { min = \"0.00\" }", "0", "-0.01", "must be at least 0"), ("money {}", "1.5", "1,5", "expected money"),
                ("number {}", "1", "1e3", "expected number"), ("number {}", "1", " 1", "expected number"), ("number {}", "1", "1.", "expected number"),
                ("number {}", "1", "12345678901234567890123456789012345", "more than 34 significant digits"),
                ("number { min = 12345678901234567890 }", "12345678901234567890", "12345678901234567889", "must be at least"),
                ("boolean {}", "true", "yes", "expected boolean"), ("boolean {}", "false", "TRUE", "expected boolean"),
                ("date {}", "2024-02-29", "2025-02-29", "expected date (YYYY-MM-DD)"), ("date {}", "2025-01-01", "2025-1-1", "expected date"),
                ("timestamp {}", "2025-01-01T00:00:00Z", "2025-01-01", "expected timestamp"), ('enum { "a", "b" }', "b", "B", 'expected one of "a", "b"'),
                ("text { min = 2 }", "ää", "ä", "must have at least 2 characters"), ("text { max = 2 }", "中中", "中中中", "must have at most 2 characters")):
            with self.subTest(declared, bad=bad):
                self.assertEqual(len(self.rows(csv(["v"], [[good]]), f"v = {declared}")), 1)
                message = self.refused(csv(["u", "v"], [["", good], ["", bad]]), f"v = {declared}")
                self.assertTrue(message.startswith("remit: data/d.csv:3: v: "), message)
                self.assertIn(words, message)
                self.assertIn("x/a.lua:2", message)

    def test_long_texts_that_come_again(self):
        texts = ["", "x" * 254, "x" * 255, "x" * 256, "ä" * 128, "x" * 100000] * 3
        rows = self.rows(csv(["n", "t"], [[str(i), t] for i, t in enumerate(texts)]), "n = integer {}, t = text {}")
        self.assertEqual([r["t"] for r in rows], texts)

    def test_unique(self):
        unique = ', { unique = { "a", "b" } }'
        declared = "a = text {}, b = optional(number {})"
        self.assertEqual(len(self.rows("a,b\nx,1\nx,2\ny,1\nx,\n", declared, unique)), 4)
        for data, words in (("a,b\nx,1\n\ny,1\nx,1.00\n", "data/d.csv:5: the same key as in line 2"),
                            ("a,b\nx,\ny,\nx,\n", "data/d.csv:4: the same key as in line 2"),
                            ("a,b\nx,1\ny,2\ny,2\nx,1\n", "data/d.csv:4: the same key as in line 3")):
            with self.subTest(data):
                self.assertTrue(self.refused(data, declared, unique).startswith("remit: " + words))
        for options, words in ((', { unique = { "c" } }', "names 'c', which is no declared column"), (', { unique = {} }', "must be a list of columns"),
                               (', { unique = "a" }', "must be a list of columns"), (', { uniqe = { "a" } }', "the only option is 'unique'"),
                               (', "a"', "expected options")):
            with self.subTest(options):
                self.assertIn(words, self.refused("a,b\nx,1\n", declared, options))

    def test_declarations_that_are_refused(self):
        for declared, words in (("text {}", "expected named columns"), ("a = 5", "expected a type"), ("a = list { of = text {} }", "must be a single value"),
                                (", ".join(f"c{i} = text {{}}" for i in range(257)), "at most 256 columns")):
            with self.subTest(declared[:40]):
                self.assertIn(words, self.refused("a\nx\n", declared))


class Budgets(unittest.TestCase):
    DATA = "g,n,from,to\n" + "".join(f"g{i % 50},{i},2025-01-{i % 28 + 1:02d},\n" for i in range(20000))
    PRELUDE = 'local data = dataset "data/d.csv" { g = text {}, n = integer {}, from = date {}, to = optional(date {}) }\n'

    def results(self, code, rows, *arguments):
        files = {"policies/x/a.lua": policy(code, fields="n = integer {}", prelude=self.PRELUDE), "policies/data/d.csv": self.DATA}
        with Folder(files) as folder:
            results, done = folder.batch("x.a", rows, *arguments)
            self.assertEqual(len(results), len(rows), done.stderr)
            return results

    def test_what_is_written_out_costs_the_same_however_many_rows_there_are(self):
        code = "for i = 1, 8000 do local x = data:at('2025-01-15'):find { n = i, g = 'g1' } end " + APPROVE
        self.assertIn("decision", self.results(code, [{"n": 1}])[0])

    def test_what_is_not_is_charged_row_by_row(self):
        code = "local key = {} key.n = -1 for i = 1, tx.n do local x = data:find(key) end " + APPROVE
        results = self.results(code, [{"n": 1}, {"n": 45}, {"n": 55}, {"n": 1}])
        self.assertEqual([r.get("error", {}).get("budget") for r in results], [None, None, "instructions", None])

    def test_walks_are_charged(self):
        for code in ("for i = 1, 60 do local x = #data:at('2025-01-15') end", "for i = 1, 10 do for row in data:rows() do end end",
                     "for i = 1, 400 do local x = data:find_all { g = 'g1' } end",
                     "for i = 1, 100000 do local x = data:at('2025-01-01'):at('2025-01-02'):find { g = 'g1' } end"):
            with self.subTest(code):
                self.assertEqual(self.results(code + " " + APPROVE, [{"n": 1}])[0]["error"].get("budget"), "instructions")

    def test_rows_count_in_the_memory_of_a_decision(self):
        code = "local all = {} for i = 1, tx.n do all[i] = data:find { n = i } end " + APPROVE
        results = self.results(code, [{"n": 10}, {"n": 200000}, {"n": 10}])
        self.assertEqual(["decision" in r for r in results], [True, False, True])
        held = "local all = {} for row in data:rows() do all[#all + 1] = { row.g, row.n, row } end " + APPROVE
        self.assertIn("decision", self.results(held, [{"n": 1}])[0])

    def test_what_was_decided_before_does_not_matter(self):
        code = ("local key = {} key.n = tx.n % 3 local a = tx.n % 2 == 0 and data:find(key) or data:find { n = tx.n } "
                "local k = 0 for i = 1, tx.n * 2000 do local x = data:find { n = i, g = 'g1' } k = k + 1 end "
                'return { outcome = "approve", reasons = { "ok" }, a = a and a.n, k = k }')
        rows = [{"n": i % 23} for i in range(69)]
        expected = [r.get("decision", r.get("error", {}).get("budget")) for r in self.results(code, rows)]
        self.assertIn("instructions", expected)
        for order in (rows[::-1], rows[7:] + rows[:7]):
            got = [r.get("decision", r.get("error", {}).get("budget")) for r in self.results(code, order, "--jobs", "2")]
            self.assertEqual(dict(zip((r["n"] for r in order), map(str, got))), dict(zip((r["n"] for r in rows), map(str, expected))))


class Large(unittest.TestCase):
    """A million rows: seconds to load, and in memory once, however many workers there are."""

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        os.makedirs(os.path.join(cls.temporary.name, "policies/x"))
        path = os.path.join(cls.temporary.name, "policies/d.csv")
        source = random.Random(SEED)
        with open(path, "w", encoding="utf-8") as file:
            file.write("customer,category,limit,from,to\n")
            for customer in range(100_000):
                for category in ("expense", "asset", "construction", "payment", "financing"):
                    for year in (2023, 2024):
                        file.write(f"C{customer:07d},{category},{source.randint(1000, 900000)}.{source.randint(0, 99):02d},"
                                   f"{year}-01-01,{year}-12-31\n")
        cls.size = os.path.getsize(path)
        declared = ('customer = text {}, category = enum { "expense", "asset", "construction", "payment", "financing" }, '
                    "limit = money {}, from = date {}, to = date {}")
        code = ('local row = limits:at(tx.day):find { customer = tx.customer, category = "payment" } '
                'return { outcome = "approve", reasons = { "ok" }, limit = row and row.limit, from = row and row.from }')
        text = policy(code, fields="customer = text {}, day = date {}",
                      prelude=f'local limits = dataset "d.csv" {{ {declared} }}\n')
        with open(os.path.join(cls.temporary.name, "policies/x/a.lua"), "w", encoding="utf-8") as file:
            file.write(text)
        with open(os.path.join(cls.temporary.name, "policies/x/b.lua"), "w", encoding="utf-8") as file:
            file.write(policy(APPROVE, fields="customer = text {}, day = date {}"))

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def measure(self, name, jobs):
        """How many bytes the process holds once all workers are at work, its peak, and its answers."""
        line = '{"customer":"C%07d","day":"2024-06-15"}\n'
        command = [REMIT, "batch", "--policy", name, "--jobs", str(jobs), "--policies", os.path.join(self.temporary.name, "policies")]
        lines = [line % (i % 100_001) for i in range(60_000)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            # Half of the answers are out, so the workers have run, and the process waits for more input.
            reader = _Reader(process.stdout)
            process.stdin.write("".join(lines).encode())
            process.stdin.flush()
            reader.wait(30_000)
            with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
                fields = dict(each.split(":", 1) for each in status)
            resident, threads = int(fields["VmRSS"].split()[0]) * 1024, int(fields["Threads"])
            peak = resident_peak(process.pid) * 1024
            process.stdin.close()
            answers = reader.rest()
            process.stderr.read()
        return resident, peak, threads, answers

    def test_memory(self):
        empty, _, _, _ = self.measure("x.b", 2)
        one, peak, _, first = self.measure("x.a", 1)
        two, _, threads, second = self.measure("x.a", 2)
        self.assertEqual(first, second)
        self.assertEqual(len(first), 60_000)
        self.assertGreaterEqual(threads, 2)
        self.assertIn(b'"from":"2024-01-01"', first[5])
        held = (one - empty) / self.size
        self.assertLess(held, 1.5, "resident memory for a dataset and its index, in sizes of its file")
        self.assertLess(two - one, 0.1 * self.size, "a second worker takes its own machine, not another dataset")
        self.assertLess(peak / self.size, 3.0, "while loading")


class _Reader:
    """Reads lines of a process so that it never waits for its output to be taken."""

    def __init__(self, stream):
        self.lines = []
        self.condition = threading.Condition()
        self.thread = threading.Thread(target=self.read, args=(stream,), daemon=True)
        self.thread.start()

    def read(self, stream):
        for line in stream:
            with self.condition:
                self.lines.append(line)
                self.condition.notify_all()

    def wait(self, count):
        with self.condition:
            if not self.condition.wait_for(lambda: len(self.lines) >= count, timeout=60):
                raise AssertionError(f"only {len(self.lines)} lines came out")

    def rest(self):
        self.thread.join(60)
        return self.lines


if __name__ == "__main__":
    unittest.main()
