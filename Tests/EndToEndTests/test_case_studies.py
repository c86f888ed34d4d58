"""docs/case-studies.md: every number on the page is counted again, from the decisions and straight from the source files.

The records are not part of the project; where they are absent the tests are skipped. `facts` makes the rows of tables and the pieces of
sentences that hold numbers; the page must have each of them, and must have no number beside them.
"""
import bisect
import contextlib
import datetime
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from functools import cache

import test_real_data as real
from support import ROOT, run

AT = "2025-06-15"
PAGE = real.text_of(ROOT, "docs", "case-studies.md")
SPLIT, AUTHORITY = "procurement.split_purchase", "authority.limit"
# What the section on times says was measured once; the sources' names have numbers of their own.
UNCOUNTED = ("## How long it takes", "## Sources")


def n(count):
    return f"{count:,}"


def money(amount):
    return f"{amount:,.2f}"


def places(value, digits):
    """A fraction with so many decimals, half up: the module decimal is set to refuse what is inexact."""
    scaled = str(int(Fraction(value) * 10 ** digits + Fraction(1, 2))).rjust(digits + 1, "0")
    return scaled[:-digits] + "." + scaled[-digits:]


def pct(part, whole):
    return places(Fraction(part) / Fraction(whole) * 100, 1) + " %"


def cells(*texts):
    return "| " + " | ".join(map(str, texts)) + " |"


@cache
def lines_of(script, names, *options):
    return tuple(real.mapped(script, names, *options))


@cache
def rows_of(script, names, *options):
    """id → the mapped row; a data set has no id twice."""
    rows = [json.loads(line) for line in lines_of(script, names, *options)]
    by_id = {row["id"]: row for row in rows}
    assert len(by_id) == len(rows)
    return by_id


def decide(name, lines, *more, errors=0, only="", **params):
    """The answers, parsed, or those alone that have an outcome: most of sixty thousand are of no interest. Every line has one."""
    command = ["batch", "--policy", name, "--at", AT, *more]
    for param, value in params.items():
        command += ["--param", f"{param}={value}"]
    done = run(*command, data="".join(line + "\n" for line in lines))
    assert done.returncode == (3 if errors else 0), done.stderr.decode()
    told = done.stdout.decode().splitlines()
    assert len(told) == len(lines) and sum('"error":' in line for line in told) == errors
    wanted = f'"outcome":"{only}' if only else ""
    return [json.loads(line, parse_float=Decimal) for line in told if wanted in line]


def outcomes(answers):
    return Counter(answer["decision"]["outcome"] for answer in answers)


def roles(name, lines, *more, **params):
    """Who must sign instead → decisions; nobody else: approve."""
    found = Counter(answer["decision"]["route"][0]["role"] for answer in decide(name, lines, *more, only="route", **params))
    found["approve"] = len(lines) - found.total()
    return found


def role_of(answer):
    return answer["id"], answer["decision"]["outcome"], answer["decision"].get("route")


def splits(answers):
    """The sets that are flagged: their ids → the set's total."""
    return {tuple(answer["decision"]["rows"]): answer["decision"]["group_total"] for answer in answers if "rows" in answer["decision"]}


def flagged(answers):
    return {answer["id"] for answer in answers if answer["decision"]["outcome"] == "flag"}


def flagged_by_hand(rows, limit, days):
    """The ids that a split holds, written down from the rule: of every day of a purchase, the purchases of that day and those after."""
    groups = {}
    for row in rows.values():
        if Decimal(row["amount"]) <= limit:
            key = row["requester"]["id"], row["vendor"]["id"], row["category"]
            groups.setdefault(key, []).append((datetime.date.fromisoformat(row["date"]).toordinal(), Decimal(row["amount"]), row["id"]))
    found = set()
    for group in groups.values():
        if sum(amount for _, amount, _ in group) <= limit:
            continue
        group.sort()
        for first in {day for day, _, _ in group}:
            window = group[bisect.bisect_left(group, (first,)):bisect.bisect_left(group, (first + days,))]
            if len(window) > 1 and sum(amount for _, amount, _ in window) > limit:
                found.update(name for _, _, name in window)
    return found


class Case(unittest.TestCase):
    def has(self, facts):
        text = " ".join(PAGE.split())
        for fact in facts:
            self.assertIn(" ".join(fact.split()), text)

    def agrees(self, definition, value):
        """The data's README has this count, and the page repeats it."""
        self.assertIn(f"| {definition} | {value} |", real.text_of(real.DATA, "README.md"))

    def explains(self, name, line, *more):
        """The page has, byte for byte, what explain says of this row, but for the version, which changes with the policies."""
        done = run("explain", "--policy", name, "--at", AT, *more, data=line)
        self.assertEqual(done.returncode, 0, done.stderr.decode())

        def plain(text):
            return re.sub(r"version [0-9a-f]{12}", "version …", text)
        self.assertIn(plain(done.stdout.decode()), plain(PAGE))


@cache
def items_facts():
    names = ("p2p_items.csv.gz",)
    lines = lines_of("bpi2019_three_way_match.py", names)
    source = {row["item_id"]: row for row in real.source(*names)}
    facts = []
    for per_cent, absolute in (("0", "0.00"), ("2", "10.00"), ("5", "0.00"), ("50", "0.00"), ("99", "0.00"), ("5", "100.00")):
        answers = decide("procurement.three_way_match", lines, price_tolerance_pct=per_cent, price_tolerance_abs=absolute)
        off = [answer for answer in answers if answer["decision"]["reasons"] == ["price_variance"]]
        paid = sum(int(source[answer["id"]]["payments"]) > 0 for answer in off)
        facts.append(cells(f"{per_cent} %", absolute, n(outcomes(answers)["approve"]), n(len(off)), n(paid)))
        if per_cent == "5" and absolute == "0.00":
            routed = {answer["id"] for answer in off}
    held = Counter(tuple(answer["decision"]["reasons"]) for answer in answers if answer["decision"]["outcome"] == "hold")
    facts.append(f"{n(held['no_invoice',])} items wait for an invoice and {n(held['no_receipt',])} for a receipt")
    ratio = {item: (Fraction(source[item]["po_value_eur"]), Fraction(source[item]["invoice_value_eur"])) for item in routed}
    smallest = min(invoice / order for order, invoice in ratio.values())
    assert smallest == 2
    facts.append("the smallest is exactly twice its order")

    def near_multiple(order, invoice):
        whole = round(invoice / order)
        return abs(invoice - whole * order) * 20 <= order
    large = [pair for pair in ratio.values() if pair[0] >= 1000]
    facts.append(f"Of the {n(len(large))} with an order of 1,000.00 or more, {n(sum(near_multiple(*pair) for pair in large))} are within 5 % of the "
                 "order's value of a whole multiple of it")
    by_receipts = sum(round(invoice / order) == int(source[item]["goods_receipts"]) - int(source[item]["receipts_cancelled"])
                      for item, (order, invoice) in ratio.items())
    facts.append(f"in {n(by_receipts)} of the {n(len(routed))} the multiple is the number of goods receipts")
    for item in sorted(routed, key=lambda each: ratio[each][0] - ratio[each][1])[:3]:
        order, invoice = ratio[item]
        row = source[item]
        facts.append(cells(f"`{item}`", n(int(order)), n(int(invoice)), places(invoice / order, 2), int(row["goods_receipts"]) - int(row["receipts_cancelled"]),
                           int(row["invoices"]) - int(row["invoices_cancelled"]), row["payments"]))
    assert source["2000013600_00001"]["deleted"] == "true"
    by_rule = [row for row in source.values() if row["item_category"] != "Consignment"]
    facts += [cells("items / purchase orders / vendors", f"{n(len(source))} / {n(len({row['po_id'] for row in source.values()}))} / "
                    f"{n(len({row['vendor_id'] for row in source.values()}))}", "the input's rows"),
              cells("items that are no consignment", n(len(by_rule)), "`receipt_required` can be true for these alone"),
              cells("`invoice_value_eur` given", n(sum(bool(row["invoice_value_eur"]) for row in by_rule)),
                    f"{n(sum(bool(row['invoice_value_eur']) and int(row['invoices']) <= int(row['invoices_cancelled']) for row in by_rule))} "
                    "have only cancelled invoices, which the mapping leaves out"),
              cells("invoiced at more than 1.05 × the order", n(len(routed)), "the same items at 5 % and 0.00")]
    return facts, lines, source


class ThreeWayMatch(Case):
    def test_page(self):
        self.has(items_facts()[0])
        self.agrees("p2p_items: items / purchase orders / vendors", "9,612 / 5,665 / 485")
        self.agrees("invoice_value_eur > 1.05 x po_value_eur", "897")
        self.agrees("invoice_value_eur given", "7,019")

    def test_explained(self):
        line = next(line for line in items_facts()[1] if '"2000013600_00001"' in line)
        self.explains("procurement.three_way_match", line)


@cache
def spend_facts():
    names = ("public_spend.csv.gz",)
    source = real.source(*names)
    cards, invoices = (rows_of("public_spend.py", names, kind) for kind in ("card", "invoice"))
    card_lines, invoice_lines = (lines_of("public_spend.py", names, kind) for kind in ("card", "invoice"))
    facts = []

    # From rows to payments.
    redacted = [row for row in source if row["supplier"].upper().startswith("REDACTED")]
    shown = [row for row in source if not row["supplier"].upper().startswith("REDACTED")]
    repeated = sum(count - 1 for count in Counter(tuple(row.values()) for row in shown if row["kind"] == "card").values())
    facts.append(f"{n(len(redacted))} of the {n(len(source))} rows name no payee, {n(repeated)} card rows stand there twice")
    facts.append(f"{n(len(cards))} card payments and {n(len(invoices))} invoice payments")

    # Cards.
    every = sum(Decimal(row["amount"]) for row in cards.values())
    for days in (1, 3, 7, 14):
        answers = decide(SPLIT, card_lines, only="flag", expense_limit=500, window_days=days)
        assert flagged(answers) == flagged_by_hand(cards, 500, days)
        part = sum(Decimal(cards[name]["amount"]) for name in flagged(answers))
        facts.append(cells(f"{days}", n(len(flagged(answers))), n(len(splits(answers))), money(part), pct(part, every)))
        if days == 7:
            sets = splits(answers)
    near = [each for each in sets if all(Decimal(cards[name]["amount"]) >= 400 for name in each)]
    facts.append(f"{n(len(near))} of the {n(len(sets))} sets have only payments of 400.00 or more")
    for each in near:
        first = cards[each[0]]
        facts.append(cells(first["vendor"]["id"], ", ".join(cards[name]["date"] for name in each), ", ".join(money(Decimal(cards[name]["amount"])) for name in each),
                           money(sets[each]), ", ".join(f"`{name}`" for name in each)))
    facts.append(f"{n(sum(len(each) >= 5 for each in sets))} of the sets have five payments or more")
    merchant, most = Counter(cards[each[0]]["vendor"]["id"] for each in sets).most_common(1)[0]
    facts.append(f"{n(most)} are of one merchant, {merchant.title()}")
    over = roles(AUTHORITY, card_lines, department_head_limit=500)
    assert set(over) == {"approve", "manager"}
    facts.append(cells("card, `net_gbp` > 500", n(sum(row["kind"] == "card" and Decimal(row["net_gbp"]) > 500 for row in source)),
                       f"{n(over['manager'])}: agrees"))

    # Invoices.
    for limit in (25000, 100000, 250000):
        counts = []
        for days in (7, 14):
            answers = decide(SPLIT, invoice_lines, only="flag", expense_limit=limit, window_days=days)
            counts += [n(len(flagged(answers))), n(len(splits(answers)))]
            if limit == 100000 and days == 7:
                assert flagged(answers) == flagged_by_hand(invoices, limit, days)
                large = splits(answers)
        facts.append(cells(money(limit), *counts))
    one_day = sum(len({invoices[name]["date"] for name in each}) == 1 for each in large)
    near = [each for each in large if all(Decimal(invoices[name]["amount"]) >= 80000 for name in each)]
    facts.append(f"{n(one_day)} of the {n(len(large))} sets at 100,000.00 and 7 days lie on one day, {n(len(near))} have only payments of 80,000.00 or more")
    payer = Counter(invoices[each[0]]["requester"]["id"] for each in large)
    for who, words in (("GOVERNMENT PROPERTY AGENCY: HEAD LEASE RENT", "rents"), ("MANCHESTER CITY COUNCIL: ADULT SOCIAL CARE", "adult social care")):
        facts.append(f"{n(payer[who])} are {words}")
    example = next(each for each in near if invoices[each[0]]["vendor"]["id"] == "CALDER CONFERENCES")
    facts.append("Crown Commercial Service paid Calder Conferences " + " and ".join(
        f"{money(Decimal(invoices[name]['amount']))} on {invoices[name]['date']}" for name in example) + f", together {money(large[example])}")

    # Signatures.
    signed = roles(AUTHORITY, invoice_lines + card_lines, department_head_limit=100000, manager_limit=250000, director_limit=1000000,
                   cfo_limit=10000000)
    assert all(Decimal(row["amount"]) <= 100000 for row in cards.values())
    by_limit = {limit: sum(signed[role] for role in who) for limit, who in (
        (100000, ("manager", "director", "cfo", "board")), (250000, ("director", "cfo", "board")), (1000000, ("cfo", "board")))}
    booked = {}
    for number, row in enumerate(shown):
        key = [row[name] for name in ("body", "kind", "department", "date")] + [row["supplier_id"] or row["supplier"], row["transaction_no"] or number]
        booked.setdefault(tuple(key), []).append(Decimal(row["net_gbp"]))
    for limit, payments in by_limit.items():
        rows = sum(Decimal(row["net_gbp"]) >= limit for row in source)
        hidden = sum(Decimal(row["net_gbp"]) >= limit for row in redacted)
        with_one = [amounts for amounts in booked.values() if max(amounts) >= limit]
        together = sum(sum(amounts) > limit > max(amounts) for amounts in booked.values())
        not_above = sum(sum(amounts) <= limit for amounts in with_one)
        assert payments == len(with_one) - not_above + together
        facts.append(cells(n(limit), n(rows), n(hidden), n(len(with_one)), n(not_above), n(together), n(payments)))
    facts.append(cells("negative `net_gbp`", n(sum(Decimal(row["net_gbp"]) < 0 for row in source)), "left out: a credit buys nothing"))
    return facts


class PublicSpend(Case):
    def test_page(self):
        self.has(spend_facts())
        payments = sum(len(rows_of("public_spend.py", ("public_spend.csv.gz",), kind)) for kind in ("card", "invoice"))
        self.assertIn(f"{n(payments)} payments of seven British public bodies", real.text_of(real.EXAMPLES, "README.md"))
        for definition, value in (("kind = card and net_gbp > 500", "149"), ("net_gbp >= 100,000", "4,306"), ("net_gbp >= 250,000", "1,755"),
                                  ("net_gbp >= 1,000,000", "384"), ("public_spend: rows / bodies / negative net_gbp", "77,495 / 7 / 3,370")):
            self.agrees(definition, value)


@cache
def orders_facts():
    names = ("purchase_order_lines.csv",)
    orders, lines = rows_of("university_purchases.py", names), lines_of("university_purchases.py", names)
    facts = [f"{n(len(orders))} orders"]
    for limit in (10000, 25000, 50000):
        counts = []
        limits = dict.fromkeys(("expense_limit", "fixed_asset_limit", "construction_limit"), limit)
        for days in (7, 14, 30):
            answers = decide(SPLIT, lines, only="flag", window_days=days, **limits)
            assert flagged(answers) == flagged_by_hand(orders, limit, days)
            counts += [n(len(flagged(answers))), n(len(splits(answers)))]
            if limit == 25000 and days == 7:
                sets = splits(answers)
        facts.append(cells(money(limit), *counts))
    for each, total in sets.items():
        first = orders[each[0]]
        facts.append(cells(first["vendor"]["id"], first["requester"]["id"], len(each), " to ".join(sorted({orders[each[0]]["date"], orders[each[-1]]["date"]})),
                           f"{money(min(Decimal(orders[name]['amount']) for name in each))} to {money(max(Decimal(orders[name]['amount']) for name in each))}",
                           money(total)))
    whole = {name: {**row, "category": "expense"} for name, row in orders.items()}
    assert flagged_by_hand(whole, 25000, 7) == flagged_by_hand(orders, 25000, 7)

    # Who may sign.
    facts_authority = []
    dollars = lines_of("university_purchases.py", names, "USD")
    assert outcomes(decide(AUTHORITY, dollars)) == {"reject": len(orders)}
    facts_authority.append(f"all {n(len(orders))} orders are rejected with `no_rate`")
    with plugins_with_real_rates() as plugins:
        signed = roles(AUTHORITY, dollars, "--plugins", plugins)
        # The same orders in CNY by another road: examples/university_orders.py converts, and the policy sees no currency.
        yuan = [json.dumps({**json.loads(line), "amount": json.loads(other)["amount"]}) for line, other in zip(
            lines, lines_of("university_orders.py", (*names, "fx_rates.csv")), strict=True)]
        assert roles(AUTHORITY, yuan) == signed
        assert [role_of(answer) for answer in decide(AUTHORITY, yuan)] == [role_of(answer) for answer in decide(AUTHORITY, dollars, "--plugins", plugins)]
    stated = roles(AUTHORITY, lines, department_head_limit=10000, manager_limit=25000, director_limit=50000, cfo_limit=1000000)
    for role, words in (("approve", "department head"), ("manager", "manager"), ("director", "director"), ("cfo", "CFO"), ("board", "board")):
        facts_authority.append(cells(words, n(signed[role]), pct(signed[role], len(orders)), n(stated[role]), pct(stated[role], len(orders))))
    amounts = [Decimal(row["amount"]) for row in orders.values()]
    ranks = ("manager", "director", "cfo", "board")
    for rank, limit in enumerate((10000, 25000, 50000)):
        above = sum(stated[role] for role in ranks[rank:])
        least = [amount for amount in amounts if amount >= limit]
        facts_authority.append(cells(f"orders of {n(limit)} USD or more", f"{n(len(least))} of {n(len(amounts))} ({pct(sum(least), sum(amounts))})",
                                     f"{n(above)} above it, {n(amounts.count(limit))} exactly at it"))
        assert above + amounts.count(limit) == len(least)
    return facts + facts_authority, dollars


@contextlib.contextmanager
def plugins_with_real_rates():
    """A copy of the plugins in which fx has the rates that the page's commands make."""
    with tempfile.TemporaryDirectory() as folder:
        plugins = os.path.join(folder, "plugins")
        shutil.copytree(os.path.join(ROOT, "plugins"), plugins)
        with open(os.path.join(plugins, "fx", "rates.csv"), "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines_of("fx_rates.py", ("fx_rates.csv",), "USD"))
        yield plugins


class UniversityOrders(Case):
    def test_page(self):
        self.has(orders_facts()[0])
        for definition, value in (("orders whose non-cancelled lines sum to >= 10,000 USD (share of that money)", "367 of 1,169 (99.0 %)"),
                                  ("orders whose non-cancelled lines sum to >= 25,000 USD (share of that money)", "251 of 1,169 (97.8 %)"),
                                  ("orders whose non-cancelled lines sum to >= 50,000 USD (share of that money)", "182 of 1,169 (96.2 %)")):
            self.agrees(definition, value)

    def test_explained(self):
        self.explains(AUTHORITY, orders_facts()[1][0])


@cache
def company_facts():
    names = ("company_financials.csv.gz",)
    lines = lines_of("company_eligibility.py", names)
    source = {row["company_id"]: row for row in real.source(*names)}
    failed = {name for name, row in source.items() if row["bankrupt"] == "1"}
    name = "financing.eligibility"
    facts = []

    def eligible(errors=4, rows=lines, **params):
        answers = decide(name, rows, errors=errors, **params)
        yes = {answer["id"] for answer in answers if "decision" in answer and answer["decision"]["outcome"] == "eligible"}
        no = {answer["id"] for answer in answers if "decision" in answer} - yes
        return yes, no
    for ratio, share in ((("0.5", "0.5"), ("0.6", "0.5"), ("0.7", "0.5"), ("0.8", "0.5"), ("0.9", "0.5"), ("0.7", "0.25"), ("0.7", "0.1"))):
        yes, no = eligible(max_debt_ratio=ratio, net_asset_share=share)
        facts.append(cells(ratio, share, n(len(yes)), n(len(yes & failed)), pct(len(yes & failed), len(yes)), n(len(no)), n(len(no & failed)),
                           pct(len(no & failed), len(no))))
        if (ratio, share) == ("0.7", "0.5"):
            usual = yes

    def known(row):
        return row["liabilities_to_assets"] and row["current_ratio"] and row["net_assets_kpln"]
    covenant = {each for each, row in source.items() if known(row) and Decimal(row["liabilities_to_assets"]) <= Decimal("0.7")
                and Decimal(row["current_ratio"]) >= Decimal("1.2") and Decimal(row["net_assets_kpln"]) > 0}
    unknown = sum(not source[each]["current_ratio"] for each in usual)
    low = sum(bool(source[each]["current_ratio"]) and Decimal(source[each]["current_ratio"]) < Decimal("1.2") for each in usual)
    assert len(usual - covenant) == low + unknown
    thin = covenant - usual
    assert all(Decimal(source[each]["net_assets_kpln"]) * 5 < Decimal(source[each]["total_assets_kpln"]) for each in thin)
    facts += [cells("companies / bankrupt", f"{n(len(source))} / {n(len(failed))}", "the input's rows"),
              cells("ratio <= 0.7, current ratio >= 1.2, net assets > 0 (bankrupt)", f"{n(len(covenant))} ({n(len(covenant & failed))})",
                    f"{n(len(covenant & usual))} of them are eligible, {n(len(thin))} are not"),
              f"The rule has no current ratio: {n(low)} eligible companies have one below 1.2 and {n(unknown)} an unknown one",
              f"The other {n(len(thin))} have net assets below a fifth of their total assets"]
    return facts


class Companies(Case):
    def test_page(self):
        self.has(company_facts())
        self.agrees("company_financials: companies / bankrupt", "5,910 / 410")
        self.agrees("liabilities_to_assets <= 0.7, current_ratio >= 1.2, net_assets_kpln > 0, all known (bankrupt among them)", "3,803 (117)")


@cache
def loan_facts():
    names = ("sba_loans.csv",)
    lines = lines_of("sba_loans.py", names)
    source = {row["loan_id"]: row for row in real.source(*names)}
    bad = {name for name, row in source.items() if row["status"] == "charged_off"}

    def lost(ids):
        return sum(Decimal(source[each]["charged_off_usd"]) for each in ids)
    facts = []
    for share in ("0.4", "0.2", "0.1"):
        row = [share]
        for column in ("naics", "lender", "approval_fy"):
            answers = decide("risk.portfolio", lines_of("sba_loans.py", names, column), max_share=share)
            row.append(n(len(flagged(answers))))
            if share == "0.4" and column == "naics":
                portfolio = {answer["id"]: answer["decision"] for answer in answers}
            if share == "0.4" and column == "lender":
                sizes = Counter(source[each]["lender"] for each in source)
                alone = sum(sizes[source[each]["lender"]] == 1 for each in flagged(answers))
                facts.append(f"Of the {n(len(flagged(answers)))} loans that stand out by lender, {n(alone)} are the only loan of theirs")
        facts.append(cells(*row))
    for each, decision in portfolio.items():
        if decision["outcome"] == "flag":
            row = source[each]
            facts.append(cells(f"`{each}`", row["naics"], sum(other["naics"] == row["naics"] for other in source.values()), n(int(row["sba_guaranteed_usd"])),
                               money(decision["expected_loss"]), decision["share"], row["status"].replace("_", " ")))
    for backed, words in (("true", "backed by real estate"), ("false", "not backed")):
        ids = {each for each, row in source.items() if row["real_estate_backed"] == backed}
        expected = sum(portfolio[each]["expected_loss"] for each in ids)
        probability = Fraction(len(ids & bad), len(ids))
        facts.append(cells(words, n(len(ids)), n(len(ids & bad)), places(probability, 6), money(expected), n(lost(ids)), pct(lost(ids), expected)))
    expected = sum(decision["expected_loss"] for decision in portfolio.values())
    facts.append(cells("all", n(len(source)), n(len(bad)), "", money(expected), n(lost(source)), pct(lost(source), expected)).replace("|  |", "| |"))
    bands = {answer["id"]: answer["decision"]["band"] for answer in decide("risk.score", lines)}
    for band in ("low", "medium", "high"):
        ids = {each for each in source if bands[each] == band}
        facts.append(cells(band, n(len(ids)), n(len(ids & bad)), pct(len(ids & bad), len(ids)), n(lost(ids)), pct(lost(ids), lost(source))))
    assert set(bands.values()) == {"low", "medium", "high"}
    assert not any(source[each]["real_estate_backed"] == "true" for each, band in bands.items() if band == "high")
    assert Fraction(len(bad & {each for each, band in bands.items() if band == "high"}), list(bands.values()).count("high")) < Fraction(184, 742)
    guaranteed = sum(int(source[each]["sba_guaranteed_usd"]) for each in bad)
    facts.append(f"The loans that were charged off had {n(guaranteed)} guaranteed and lost {n(lost(bad))}")
    assert guaranteed - lost(bad) < expected - guaranteed
    good = {each for each in source if each not in bad and Decimal(source[each]["charged_off_usd"]) > 0}
    facts.append(f"{n(lost(good))} were charged off on {n(len(good))} loans that count as paid in full")
    approved = sum(Decimal(row["approved_usd"]) for row in source.values())
    facts += [cells("loans / charged off / `approved_usd` / `charged_off_usd`", f"{n(len(source))} / {n(len(bad))} / {n(approved)} / {n(lost(source))}", "agrees"),
              cells("charged off: backed / not", " / ".join(
                  f"{sum(row['real_estate_backed'] == backed for each, row in source.items() if each in bad)} of "
                  f"{sum(row['real_estate_backed'] == backed for row in source.values())}" for backed in ("true", "false")),
                    "agrees: these are the two probabilities")]
    return facts


class Loans(Case):
    def test_page(self):
        self.has(loan_facts())
        self.agrees("sba_loans: loans / charged off / approved_usd / charged_off_usd", "1,159 / 186 / 318,045,621 / 11,589,440")
        self.agrees("charged off: real_estate_backed true / false", "2 of 417 / 184 of 742")


class Page(Case):
    def test_no_number_beside_those_counted(self):
        """What is left of the page without code, the counted pieces and two sections has no digit but in the questions' own thresholds."""
        text = PAGE
        for heading in UNCOUNTED:
            text = re.sub(re.escape(heading) + r"\n.*?(?=\n## |\Z)", "", text, flags=re.S)
        text = re.sub(r"```.*?```", "", text, flags=re.S)
        text = " ".join(text.split())
        for facts in (items_facts()[0], spend_facts(), orders_facts()[0], company_facts(), loan_facts()):
            for fact in sorted(facts, key=len, reverse=True):
                text = text.replace(" ".join(fact.split()), " … ")
        text = re.sub(r"`[^`]*`", "", text)
        text = re.sub(r"\[[^]]*\]\([^)]*\)", "", text)
        self.assertEqual(re.findall(r"[^.|]*\d[^.|]*", text), [])

    def test_commands_run(self):
        """All commands of the page, in order, in a folder that holds what they name."""
        blocks = re.findall(r"```sh\n(.*?)```", PAGE, flags=re.S)
        real.data_file("sba_loans.csv")
        with tempfile.TemporaryDirectory() as folder:
            for name in ("examples", "policies", "plugins"):
                os.symlink(os.path.join(ROOT, name), os.path.join(folder, name))
            os.symlink(os.path.abspath(real.DATA), os.path.join(folder, "data"))
            os.makedirs(os.path.join(folder, "bin"))
            os.symlink(os.environ.get("REMIT", os.path.join(ROOT, ".build/release/remit")), os.path.join(folder, "bin", "remit"))
            environment = {**os.environ, "PATH": os.path.join(folder, "bin") + os.pathsep + os.environ["PATH"]}
            for command in (line for block in blocks for line in block.splitlines()):
                done = subprocess.run(["sh", "-c", command], cwd=folder, env=environment, capture_output=True, timeout=120, check=False)
                # Four companies have no amounts, or impossible ones: their lines are errors.
                self.assertEqual(done.returncode, 3 if "companies.ndjson >" in command else 0, command + "\n" + done.stderr.decode())


if __name__ == "__main__":
    unittest.main()
