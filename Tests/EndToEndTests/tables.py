"""What the tests of decision tables share: sheets, a policy that looks one up, and what it says."""
import csv
import io
import json
import os
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
