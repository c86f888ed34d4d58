"""The shipped policies on real records: every row that examples/*.py map, and the counts that examples/README.md states.

The records are not part of the project; where they are absent the tests are skipped. Each run is held against four others: the
counts below, the same counts in the README's words, figures counted straight from the source file, and the independent reference of
reference/rules.py, row by row.
"""
import csv
import gzip
import json
import os
import subprocess
import sys
import unittest
from collections import Counter
from decimal import Decimal
from fractions import Fraction

from support import ROOT, SHARED, run

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "reference"))
import compare  # noqa: E402
import rules  # noqa: E402

EXAMPLES = os.path.join(ROOT, "examples")
DATA = os.path.join(SHARED, "data")
AT = "2025-06-15T08:00:00Z"
ERROR = "error"

SECOND_RUN = {"price_tolerance_pct": "5", "price_tolerance_abs": "0"}

# Outcome and reasons → rows: of the two runs.
ITEMS = {
    ("approve", "matched"): (6095, 6093),
    ("hold", "no_invoice"): (2393, 2393),
    ("hold", "no_receipt"): (229, 229),
    ("route", "price_variance"): (895, 897),
}
# → companies.
COMPANIES = {
    ("eligible", "all_conditions_met"): 4619,
    ("ineligible", "over_net_asset_share", "debt_ratio"): 832,
    ("ineligible", "debt_ratio"): 424,
    ("ineligible", "over_net_asset_share"): 31,
    (ERROR, "invalid_input"): 4,
}
# Outcome → companies that went bankrupt.
BANKRUPT = {"eligible": 189, "ineligible": 220, ERROR: 1}
# → all orders, the sample.
ORDERS = {
    ("approve", "within_limit"): (103, 4),
    ("route", "over_limit"): (561, 21),
    ("route", "vendor_not_approved", "over_limit"): (446, 15),
    ("route", "vendor_not_approved"): (59, 0),
}
# The lowest role that covers the amount → orders over the limit, those of new suppliers.
COVERING = {"department_head": (36, 7), "manager": (340, 131), "director": (112, 171), "cfo": (39, 52), "board": (34, 85)}


def text_of(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def data_file(name):
    """Its path, or a skipped test."""
    path = os.path.join(DATA, name)
    if not os.path.exists(path):
        raise unittest.SkipTest(f"{name} is not in {os.path.normpath(DATA)}")
    return path


def source(name):
    """The rows of a data file."""
    path = data_file(name)
    opened = gzip.open(path, "rt", encoding="utf-8", newline="") if name.endswith(".gz") else open(path, encoding="utf-8", newline="")
    with opened as file:
        return list(csv.DictReader(file))


def mapped(script, files, *options):
    """The lines that a script of examples/ makes of these data files."""
    command = [sys.executable, os.path.join(EXAMPLES, script), *map(data_file, files), *options]
    return subprocess.run(command, capture_output=True, timeout=120, check=True).stdout.decode().splitlines()


def key(answer):
    if "error" in answer:
        return ERROR, answer["error"]["code"]
    return (answer["decision"]["outcome"], *answer["decision"]["reasons"])


def thousands(*counts):
    return [f"{count:,}" for count in counts]


def words(name_of_reasons):
    return ", ".join(f"`{reason}`" for reason in name_of_reasons)


class RealData(unittest.TestCase):
    readme = text_of(EXAMPLES, "README.md")

    def decide(self, name, lines, params=None, errors=0):
        """Decides the lines with one worker and with two, compares the bytes, each row with the reference, and gives the answers."""
        data = "".join(line + "\n" for line in lines)
        command = ["batch", "--policy", name, "--at", AT]
        for param, value in (params or {}).items():
            command += ["--param", f"{param}={value}"]
        one, two = run(*command, "--jobs", "1", data=data), run(*command, "--jobs", "2", data=data)
        self.assertEqual((one.returncode, two.returncode), (3 if errors else 0,) * 2, one.stderr.decode())
        self.assertEqual(one.stdout, two.stdout)
        told = one.stdout.decode().splitlines()
        self.assertEqual(len(told), len(lines))
        wrong = []
        for number, (line, answer) in enumerate(zip(lines, told), 1):
            why = compare.difference(name, line, number, answer, params or {}, AT)
            if why:
                wrong.append(f"row {number}: {why}\n  input  {line}\n  answer {answer}")
        self.assertFalse(wrong, f"{len(wrong)} rows differ from the reference; the first:\n" + "\n".join(wrong[:3]))
        answers = [json.loads(answer, parse_float=Decimal) for answer in told]
        self.assertEqual(sum("error" in answer for answer in answers), errors)
        return answers

    def states(self, *cells):
        """The README has a table row with these cells."""
        self.assertIn("|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|", self.readme)

    def says(self, *sentences):
        """The README has these words, however its lines break."""
        text = " ".join(self.readme.split())
        for sentence in sentences:
            self.assertIn(sentence, text)

    def reference_count(self, definition, value):
        """The data's own README has this count."""
        self.assertIn(f"| {definition} | {value} |", text_of(DATA, "README.md"))


class PurchaseOrderItems(RealData):
    NAME = "procurement.three_way_match"

    @classmethod
    def setUpClass(cls):
        cls.rows = source("p2p_items.csv.gz")
        cls.lines = mapped("bpi2019_three_way_match.py", ["p2p_items.csv.gz"])

    def test_counts(self):
        self.assertEqual(len(self.lines), 9612)
        for column, params in enumerate(({}, SECOND_RUN)):
            with self.subTest(params=params):
                counts = Counter(map(key, self.decide(self.NAME, self.lines, params)))
                self.assertEqual(counts, {each: both[column] for each, both in ITEMS.items()})

    def test_the_reference_under_other_params(self):
        self.decide(self.NAME, self.lines, {"qty_tolerance_pct": "2.5", "price_tolerance_pct": "0", "price_tolerance_abs": "99.995"})

    def test_readme(self):
        for (outcome, *reasons), counts in ITEMS.items():
            self.states(outcome, words(reasons), *thousands(*counts))
        self.states("`bpi2019_three_way_match.py`", f"`{self.NAME}`", "9,612 purchase-order items of a paints manufacturer, 2018")
        self.reference_count("p2p_items: items / purchase orders / vendors", "9,612 / 5,665 / 485")
        self.reference_count("items with item_category other than Consignment (all counts below are among these)", "8,363")
        self.reference_count("invoice_value_eur given", "7,019")
        self.reference_count("invoice_value_eur > 1.05 x po_value_eur", "897")

    def test_counted_from_the_file(self):
        decided = {answer["id"]: key(answer) for answer in self.decide(self.NAME, self.lines, SECOND_RUN)}
        by_rule = [row for row in self.rows if row["item_category"] != "Consignment"]
        invoiced = [row for row in by_rule if row["invoice_value_eur"] and int(row["invoices"]) > int(row["invoices_cancelled"])]
        change = {row["item_id"]: Decimal(row["invoice_value_eur"]) - Decimal(row["po_value_eur"]) for row in invoiced}
        high = {row["item_id"] for row in by_rule
                if row["invoice_value_eur"] and Decimal(row["invoice_value_eur"]) > Decimal("1.05") * Decimal(row["po_value_eur"])}
        without = [row for row in self.rows if decided[row["item_id"]] == ("hold", "no_receipt")]
        self.assertEqual([len(self.rows), len(by_rule), sum(bool(row["invoice_value_eur"]) for row in by_rule), len(invoiced)],
                         [9612, 8363, 7019, 6990])
        self.assertEqual(high, {item for item, each in decided.items() if each == ("route", "price_variance")})
        self.assertEqual(sorted(change), sorted(item for item, each in decided.items() if each[0] in ("approve", "route")))
        self.assertEqual([sum(each == 0 for each in change.values()), len(high), sum(each > 0 for each in change.values()),
                          min(change.values()), sum(change[item] <= 10 for item in high)], [6093, 897, 897, 0, 2])
        self.assertEqual([sum(row["deleted"] == "true" for row in without),
                          sum(bool(row["invoice_value_eur"]) for row in without)], [159, 0])
        self.assertEqual(Counter(row["item_category"] == "Consignment" for row in self.rows if decided[row["item_id"]] == ("hold", "no_invoice")),
                         {True: 1249, False: 1144})
        self.assertEqual(sum(int(row["payments"]) > 0 for row in self.rows if row["item_id"] in high), 837)
        self.says("8,363 items are no consignment. Of these 7,019 have an invoice value, 29 of them only cancelled invoices: 6,990 are invoiced",
                  "6,093 of them are invoiced at exactly the order's value, none below it, and 897 at more than 1.05", "two of the 897",
                  "1,373 of the 8,363 are the 229 without a receipt", "159 are deleted", "these 1,144 and the 1,249 consignment items",
                  "837 of the 897 with a price variance were paid all the same")


class Companies(RealData):
    NAME = "financing.eligibility"

    @classmethod
    def setUpClass(cls):
        cls.rows = source("company_financials.csv.gz")
        cls.lines = mapped("company_eligibility.py", ["company_financials.csv.gz"])

    def test_counts(self):
        self.assertEqual(len(self.lines), 5910)
        answers = self.decide(self.NAME, self.lines, errors=4)
        self.assertEqual(Counter(map(key, answers)), COMPANIES)
        bankrupt = Counter(key(answer)[0] for answer, row in zip(answers, self.rows, strict=True) if row["bankrupt"] == "1")
        self.assertEqual(bankrupt, BANKRUPT)

    def test_readme(self):
        for (outcome, *reasons), count in COMPANIES.items():
            if outcome == "eligible":
                self.states(outcome, words(reasons), *thousands(count, BANKRUPT[outcome]))
            elif outcome == "ineligible":
                self.states(outcome, words(reasons), f"{count:,}", "")
        self.states("", "all ineligible", *thousands(sum(n for each, n in COMPANIES.items() if each[0] == "ineligible"), BANKRUPT["ineligible"]))
        self.states("error `invalid_input`", "three rows without any amount, one with negative liabilities", "4", "1")
        self.says("4,619 + 1,287 + 4, and 189 + 220 + 1", "4.1 % of the eligible failed and 17.1 % of the ineligible")
        self.assertEqual([f"{189 / 4619:.1%}", f"{220 / 1287:.1%}"], ["4.1%", "17.1%"])
        self.reference_count("company_financials: companies / bankrupt", "5,910 / 410")
        self.reference_count("net_assets_kpln < 0 (bankrupt among them)", "325 (96)")

    def test_counted_from_the_file(self):
        answers = {answer["id"]: key(answer) for answer in self.decide(self.NAME, self.lines, errors=4)}

        def citing(reason):
            return {company for company, each in answers.items() if reason in each}

        known = [row for row in self.rows if row["total_assets_kpln"]]
        indebted = {row["company_id"] for row in self.rows if row["liabilities_to_assets"] and Decimal(row["liabilities_to_assets"]) > Decimal("0.7")}
        thin = {row["company_id"] for row in known if Decimal(row["net_assets_kpln"]) * 5 < Decimal(row["total_assets_kpln"])}
        negative = {row["company_id"] for row in self.rows if row["net_assets_kpln"] and Decimal(row["net_assets_kpln"]) < 0}
        refused = {row["company_id"] for row in self.rows if not row["total_assets_kpln"] or Decimal(row["total_liabilities_kpln"]) < 0}
        self.assertEqual([len(indebted), len(thin), len(negative), len(refused)], [1256, 863, 325, 4])
        self.assertEqual(citing("debt_ratio"), indebted)
        self.assertEqual(citing("over_net_asset_share"), thin)
        self.assertLessEqual(negative, thin)
        self.assertEqual(citing("invalid_input"), refused)
        self.says("1,256 companies have `liabilities_to_assets` > 0.7: the 832 + 424", "863 have net assets below a fifth", "All 325 with negative net assets")

    def test_outputs_follow_from_the_amounts(self):
        """Without the reference: half the net assets, rounded down to cents, and liabilities / assets to four places."""
        for line, row in zip(self.decide(self.NAME, self.lines, errors=4), self.rows, strict=True):
            if "error" in line:
                continue
            decision, net, total, owed = line["decision"], *(Fraction(row[name]) * 1000 for name in (
                "net_assets_kpln", "total_assets_kpln", "total_liabilities_kpln"))
            self.assertEqual(decision["max_amount"] * 100, max(net, 0) * 50 // 1, line)
            self.assertEqual(decision["debt_ratio"] * 10000, int(owed / total * 10000 + Fraction(1, 2)), line)

    def test_other_shares_and_params(self):
        for share, params in (("0.5", {}), ("0", {"net_asset_share": "0", "max_debt_ratio": "0"}),
                              ("0.333", {"net_asset_share": "0.655", "max_debt_ratio": "0.8125"})):
            with self.subTest(share=share, params=params):
                self.decide(self.NAME, mapped("company_eligibility.py", ["company_financials.csv.gz"], share), params, errors=4)


class UniversityOrders(RealData):
    NAME = "approval.purchase_order"

    @classmethod
    def setUpClass(cls):
        cls.rows = source("purchase_order_lines.csv")
        cls.lines = mapped("university_orders.py", ["purchase_order_lines.csv", "fx_rates.csv"])

    def test_counts(self):
        self.assertEqual(len(self.lines), 1169)
        answers = self.decide(self.NAME, self.lines)
        self.assertEqual(Counter(map(key, answers)), {each: both[0] for each, both in ORDERS.items()})
        covering = {role: Counter() for role in rules.ROLES}
        for line, answer in zip(self.orders(), answers, strict=True):
            if "over_limit" in key(answer):
                roles = [step["role"] for step in answer["decision"]["route"]]
                new = "vendor_not_approved" in key(answer)
                highest = self.lowest_covering(line)
                self.assertEqual(set(roles), {highest, "manager"} if new else {highest}, answer)
                covering[highest][new] += 1
        self.assertEqual({role: (count[False], count[True]) for role, count in covering.items()}, COVERING)

    def orders(self):
        return [json.loads(line) for line in self.lines]

    @staticmethod
    def lowest_covering(order):
        return rules.lowest_covering(Decimal(order["amount"]), order["demand_type"], order["date"],
                                     {name: Decimal(0) for name in rules.LIMIT_PARAMS})

    def test_readme(self):
        for (outcome, *reasons), counts in ORDERS.items():
            self.states(outcome, words(reasons), *thousands(*counts))
        for role, counts in COVERING.items():
            self.states(f"`{role}`", *thousands(*counts))
        self.says("1,169 orders have lines that were not cancelled", "1,007 of them are above 2,000 CNY: 561 + 446", "505 suppliers have an order",
                  "446 + 59", "none of these lines has one")

    def test_counted_from_the_file(self):
        dollars, suppliers = Counter(), set()
        for row in self.rows:
            if row["cancelled"] != "true":
                dollars[row["po_no"]] += Fraction(row["amount_usd"])
                suppliers.add(row["supplier"])
        self.assertEqual([len(dollars), len(suppliers), sum(bool(row["contract_no"]) for row in self.rows)], [1169, 505, 0])
        self.assertEqual(sum(Decimal(order["amount"]) > 2000 for order in self.orders()), 1007)
        total = sum(dollars.values())
        for least, count, share in ((10000, 367, "99.0"), (25000, 251, "97.8"), (50000, 182, "96.2")):
            above = [each for each in dollars.values() if each >= least]
            self.assertEqual((len(above), f"{float(sum(above) / total):.1%}"[:-1]), (count, share))
            self.reference_count(f"orders whose non-cancelled lines sum to >= {least:,} USD (share of that money)", f"{count} of 1,169 ({share} %)")

    def test_amounts_are_the_dollars_at_the_rate_of_the_day(self):
        """Counted again in fractions: the dollars of an order in yuan by the last rates on or before its day, half up to cents."""
        rates = {row["date"]: Fraction(row["CNY"]) / Fraction(row["USD"]) for row in source("fx_rates.csv") if row["CNY"] and row["USD"]}
        dollars, day = Counter(), {}
        for row in self.rows:
            if row["cancelled"] != "true":
                dollars[row["po_no"]] += Fraction(row["amount_usd"])
                day[row["po_no"]] = min(day.get(row["po_no"], "9999"), row["approved_at"][:10])
        for order in self.orders():
            number = order["id"].removeprefix("PO-")
            rate = rates[max(each for each in rates if each <= day[number])]
            self.assertEqual(Fraction(order["amount"]) * 100, (dollars[number] * rate * 100 + Fraction(1, 2)) // 1, order)
            self.assertEqual(order["date"], day[number])

    def test_other_params(self):
        for params in ({"buyer_limit": "0", "manager_limit": "20000"}, {"tolerance_pct": "0", "director_limit": "100", "cfo_limit": "700000.005"}):
            with self.subTest(params=params):
                self.decide(self.NAME, self.lines, params)

    def test_sample(self):
        lines = text_of(EXAMPLES, "purchase_orders.ndjson").splitlines()
        self.assertEqual(lines, mapped("university_orders.py", ["purchase_order_lines.csv", "fx_rates.csv"], "40"))
        self.assertEqual(Counter(map(key, self.decide(self.NAME, lines))), Counter({each: both[1] for each, both in ORDERS.items()}) + Counter())

    def test_authority_agrees(self):
        """authority.limit, asked of every role, lets sign exactly those from the one that approval.purchase_order names upwards."""
        lines, expected = [], []
        for order in self.orders():
            lowest = rules.ROLES.index(self.lowest_covering(order))
            for rank, role in enumerate(rules.ROLES):
                lines.append(json.dumps({"id": f"{order['id']}/{role}", "amount": order["amount"], "category": order["demand_type"], "at_date": order["date"],
                                         "approver": {"id": role, "role": role, "active": True}, "requester": order["requester"]}))
                expected.append(("approve", "within_limit") if rank >= lowest else ("route", "over_limit", rules.ROLES[lowest]))
        answers = self.decide("authority.limit", lines)
        self.assertEqual([key(answer) + tuple(step["role"] for step in answer["decision"].get("route", [])) for answer in answers], expected)


class Readme(RealData):
    def test_commands_name_what_exists(self):
        for name in os.listdir(EXAMPLES):
            if name != "README.md" and not name.startswith("__"):
                self.assertIn(f"`{name}`" if name.endswith(".ndjson") else name, self.readme)

    def test_sample_runs(self):
        """The command that needs no other file."""
        done = run("batch", "--policy", "approval.purchase_order", "examples/purchase_orders.ndjson")
        self.assertEqual(done.returncode, 0, done.stderr)
        counts = Counter(key(json.loads(line)) for line in done.stdout.decode().splitlines())
        self.assertEqual(counts, {each: both[1] for each, both in ORDERS.items() if both[1]})


if __name__ == "__main__":
    unittest.main()
