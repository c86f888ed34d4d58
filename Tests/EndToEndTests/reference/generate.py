"""Seeded inputs for the reference comparison: boundaries densely, nonsense now and then.

    python3 generate.py POLICY [--rows N] [--seed S] > rows.ndjson

The same policy, seed and number give the same rows. About one row in eight has a fault (a field missing, mistyped, out of range,
written twice); the reference judges each row for itself, so a fault need not be one.
"""

import argparse
import copy
import json
import random
import sys
from decimal import Decimal

import rules

CENT = Decimal("0.01")
NEAR = [Decimal(text) for text in ("0", "0", "0.01", "-0.01", "0.001", "-0.001", "1", "-1")]
PEOPLE = ["U1", "U2", "U3", "u2", "采购员", "x" * 64]
DAYS = ["2024-01-01", "2024-01-02", "2024-06-30", "2024-07-01", "2024-12-31", "2025-01-01", "2025-01-02", "2025-06-30",
        "2025-07-01", "2024-02-29", "1999-12-31", "2031-05-05"]
CURRENCIES = ["CNY", "USD", "EUR", "GBP", "JPY", "HKD", "CHF", "usd", "XXX", ""]

# A row is nested dicts and lists whose numbers are Decimal; `Twice` marks a field that is written twice.


class Twice:
    def __init__(self, first, second):
        self.first, self.second = first, second


class Raw(str):
    """JSON as it stands."""


def at_least_zero(value):
    return max(value, Decimal(0))


def near(rng, value):
    return at_least_zero(Decimal(value) + rng.choice(NEAR))


def any_amount(rng):
    digits = rng.randint(1, 11)
    return Decimal(rng.randrange(10 ** digits)).scaleb(-rng.choice([0, 0, 1, 2, 2, 2, 3, 5]))


def any_limit(rng, category):
    column = rules.CATEGORIES.index(category)
    return Decimal(rng.choice(rules.LIMITS)[3].split()[column])


def maybe(rng, row, name, chance, value):
    if rng.random() < chance:
        row[name] = value
    elif rng.random() < 0.2:
        row[name] = None


def authority_limit(rng, params):
    category, day = rng.choice(rules.CATEGORIES), rng.choice(DAYS)
    currency = rng.choice(["CNY"] * 10 + CURRENCIES)
    overrides = [Decimal(value) for value in params.values()]
    limit = rng.choice([any_limit(rng, category)] * 3 + overrides)
    rate = rules.rate_of(currency, day) or Decimal(1)
    with rules.decimal.localcontext() as context:
        context.traps[rules.decimal.Inexact] = False
        foreign = (limit / rate).quantize(Decimal(1).scaleb(-rng.randint(2, 5)))
    amount = near(rng, limit if rate == 1 else foreign) if rng.random() < 0.8 else any_amount(rng)
    if rate != 1 and rng.random() < 0.2:
        amount = Decimal(10 * rng.randrange(1, 500))        # 10 × 7.1265 is half a cent over a whole one
    row = {"amount": amount, "category": category, "at_date": day,
           "approver": {"id": rng.choice(PEOPLE), "role": rng.choice(rules.ROLES), "active": rng.random() < 0.95},
           "requester": {"id": rng.choice(PEOPLE)}}
    maybe(rng, row, "id", 0.7, "A-%d" % rng.randrange(1000))
    if currency != "CNY" or rng.random() < 0.3:
        row["currency"] = currency
    if rng.random() < 0.5:
        lent = {"from_role": rng.choice(rules.ROLES), "from_id": rng.choice(PEOPLE),
                "to_id": row["approver"]["id"] if rng.random() < 0.8 else rng.choice(PEOPLE),
                "from_date": rng.choice([day, day, "1990-01-01", "2025-01-01"]),
                "to_date": rng.choice([day, day, "2099-12-31", "2024-12-31"])}
        maybe(rng, lent, "limit", 0.5, rng.choice([near(rng, amount), near(rng, limit), any_amount(rng)]))
        row["delegation"] = lent
    if rng.random() < 0.6:
        spent = any_amount(rng)
        total = rules.rounded(amount * rate, 2, rules.decimal.ROUND_HALF_UP) + spent
        maybe(rng, row, "spent_in_period", 0.8, spent)
        maybe(rng, row, "period_limit", 0.8, rng.choice([near(rng, total), near(rng, amount), any_amount(rng)]))
    return row


def purchase_order(rng, params):
    kind = rng.choice(["expense", "fixed_asset", "construction"])
    tolerance = 1 + Decimal(params["tolerance_pct"]) / 100
    anchors = [any_limit(rng, kind)] * 3 + [Decimal(params["buyer_limit"])] * 2
    anchors += [Decimal(params[role + "_limit"]) for role in rules.ROLES[:-1]]
    amount = near(rng, rng.choice(anchors)) if rng.random() < 0.8 else any_amount(rng)
    asked = amount
    if rng.random() < 0.5:
        asked = rng.choice([near(rng, amount), any_amount(rng)])
        amount = near(rng, asked * tolerance)
    row = {"id": "PO-%d" % rng.randrange(1000), "amount": amount, "demand_type": kind,
           "request": {"id": "PR-1", "amount": asked, "approved": rng.random() < 0.95},
           "buyer": {"id": rng.choice(PEOPLE)}, "requester": {"id": rng.choice(PEOPLE)},
           "vendor": {"id": "V1", "approved": rng.random() < 0.7,
                      "price_source": rng.choice(["contract", "quotation"] * 5 + ["none"])}}
    maybe(rng, row, "date", 0.7, rng.choice(DAYS))
    return row


def risk_score(rng, params):
    row = {"id": "R-%d" % rng.randrange(1000)}
    certain = rng.choice(["0", "1", "0.5", "0.25", "0.1", "0.035", "0.9999", "0.0001", "0.6666", "0.6667"])
    probability = Decimal(certain)
    names = list(rules.INPUTS["risk.score"][1]["controls"][1][1])
    weak = [name for name in names if rng.random() < 0.3]
    if rng.random() < 0.4:
        row["probability"] = probability
    if rng.random() < 0.6:
        row["controls"] = {name: name not in weak for name in names}
    maybe(rng, row, "base_probability", 0.6, probability)
    band = Decimal(params[rng.choice(["low_below", "medium_below", "high_below"])])
    if rng.random() < 0.7 and probability:
        with rules.decimal.localcontext() as context:
            context.traps[rules.decimal.Inexact] = False
            row["loss"] = near(rng, (band / probability).quantize(CENT / rng.choice([1, 1, 10])))
    elif rng.random() < 0.5:
        row["loss"] = Decimal(rng.randrange(1, 4000)) / 200
    else:
        row["loss"] = any_amount(rng)
    return row


def eligibility(rng, params):
    fields = rules.INPUTS["financing.eligibility"][1]["applicant"][1]
    chance = rng.choice([1, 1, 0.9, 0.5])
    applicant = {name: rng.random() < chance for name, checked in fields.items() if checked == rules.BOOLEAN}
    net, assets = any_amount(rng), any_amount(rng)
    if rng.random() < 0.2:
        net = rng.choice([Decimal(0), CENT, -CENT, -net])
    if rng.random() < 0.1:
        assets = Decimal(0)
    applicant["net_assets"], applicant["total_assets"] = net, assets
    line = Decimal(params["max_debt_ratio"]) * assets
    applicant["total_liabilities"] = near(rng, line) if rng.random() < 0.7 else any_amount(rng)
    if rng.random() < 0.1:
        scale = rng.randrange(1, 50)
        applicant["total_assets"] = Decimal(20000 * scale)  # the ratio ends in half a place
        applicant["total_liabilities"] = Decimal(rng.randrange(1, 30000, 2) * scale)
    most = Decimal(params["net_asset_share"]) * net
    return {"id": "F-%d" % rng.randrange(1000), "applicant": applicant,
            "requested": near(rng, most) if rng.random() < 0.7 else any_amount(rng)}


def three_way_match(rng, params):
    quantity = rng.choice([Decimal(1), Decimal(40), Decimal("2.5"), Decimal(0), Decimal(rng.randrange(1, 2000))])
    price = rng.choice([Decimal("12.60"), Decimal(1000), Decimal("0.335"), Decimal(0), Decimal(rng.randrange(1, 10 ** 6)) / 100])
    row = {"id": "M-%d" % rng.randrange(1000), "order": {"quantity": quantity, "unit_price": price},
           "receipt_required": rng.random() < 0.8}
    tolerance = Decimal(params["qty_tolerance_pct"]) / 100
    received = quantity
    if rng.random() < 0.5:
        received = near(rng, quantity * rng.choice([1, 1 + tolerance, 1 - tolerance]))
    maybe(rng, row, "receipt", 0.85, {"quantity": received})
    billed = received if rng.random() < 0.5 else near(rng, received * rng.choice([1, 1 + tolerance]))
    share, most = Decimal(params["price_tolerance_pct"]) / 100, Decimal(params["price_tolerance_abs"])
    billed_price = price
    if rng.random() < 0.4:
        billed_price = at_least_zero(price * rng.choice([1 + share, 1 - share]) + rng.choice(NEAR))
    elif rng.random() < 0.5 and billed:
        with rules.decimal.localcontext() as context:
            context.traps[rules.decimal.Inexact] = False
            step = (most / billed).quantize(Decimal("0.0001"))
        billed_price = at_least_zero(price + rng.choice([1, -1]) * (step + rng.choice(NEAR) / 100))
    if rng.random() < 0.1:
        billed = Decimal(1)
        billed_price = at_least_zero(price + Decimal(rng.randrange(-40, 40)) / 100 + Decimal("0.005"))
    right = billed * billed_price
    amount = right if rng.random() < 0.6 else at_least_zero(right + rng.choice(
        [CENT, -CENT, Decimal("0.0101"), Decimal("-0.0101"), Decimal("0.0099"), Decimal(1)]))
    maybe(rng, row, "invoice", 0.9, {"quantity": billed, "unit_price": billed_price, "amount": amount})
    maybe(rng, row, "currency", 0.2, rng.choice(CURRENCIES))
    return row


MAKERS = {
    "authority.limit": authority_limit,
    "approval.purchase_order": purchase_order,
    "risk.score": risk_score,
    "financing.eligibility": eligibility,
    "procurement.three_way_match": three_way_match,
}

# ---- Faults

NONSENSE = {
    "text": ["", "x" * 65, Decimal(5), True, [], None],
    "number": [Decimal("-0.01"), Decimal("1.01"), "abc", "12,50", "", " 1", "1 ", "1e3", "1.2.3", "--1", "0x10", "1_000", True, [], None,
               Raw("1e3"), Raw("1.5E+2"), Raw("5e-1"), Raw("-0"), "0012.50", "-1"],
    "boolean": ["true", Decimal(0), Decimal(1), None, {}],
    "date": ["2025-02-29", "2025-1-1", "2025-01-01T00:00:00Z", " 2025-01-01", "2025-00-10", "2025-04-31", "20250101",
             Decimal(20250101), None, ""],
    "enum": ["other", "Expense", "", Decimal(1), None, True],
    "record": [[], "x", Decimal(5), False, None],
    "integer": [Decimal("0.5"), Decimal("1.000001"), Decimal(-1), Decimal(0), Decimal(4), Decimal(2 ** 53 - 1), Decimal(2 ** 53), "1", "x", "",
                True, [], None, Raw("1e0"), Raw("10e-1"), Raw("2.0"), Raw("-0"), Raw("1e400")],
    "list": [{}, "", "x", Decimal(5), False, None],
}


def places(checked, value):
    """Every declared field that its record has room for, and every element: (record or list, name or index, type)."""
    inside = []
    if checked[0] == "record" and isinstance(value, dict):
        inside = checked[1].items()
    elif checked[0] == "list" and isinstance(value, list):
        inside = [(index, checked[1]) for index in range(len(value))]
    for name, inner in inside:
        inner = inner[1] if inner[0] == "optional" else inner
        yield value, name, inner
        yield from places(inner, value.get(name) if isinstance(value, dict) else value[name])


def spoil(rng, policy, row):
    declared = rules.INPUTS[policy]
    if rng.random() < 0.1:
        fields = [place for place in places(declared, row) if isinstance(place[0], dict)]
        record, name, _ = rng.choice(fields)
        record[name] = Twice(record.get(name), record.get(name))
        return
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        holder, name, checked = rng.choice(list(places(declared, row)))
        if rng.random() >= 0.3:
            holder[name] = copy.deepcopy(rng.choice(NONSENSE[checked[0]]))
        elif isinstance(holder, dict):
            holder.pop(name, None)
        else:
            holder.pop(name)


# ---- JSON


def number_text(rng, value):
    plain = format(value, "f")
    chance = rng.random()
    if chance < 0.1:
        return json.dumps(plain)
    if chance < 0.2:
        return plain + ("0" * rng.randint(1, 3) if "." in plain else ".00")
    return plain


def write(rng, value):
    space = rng.choice(["", "", "", " ", "\t"])
    if isinstance(value, Raw):
        return value
    if isinstance(value, Decimal):
        return number_text(rng, value)
    if isinstance(value, dict):
        members = []
        for name, member in value.items():
            key = json.dumps(name)
            if isinstance(member, Twice):
                members += [key + ":" + write(rng, member.first), key + ":" + write(rng, member.second)]
            else:
                members.append(key + ":" + space + write(rng, member))
        if rng.random() < 0.1:
            members.append('"note_%d":%s' % (rng.randrange(9), rng.choice(
                ['"x"', "null", "[1,2,{}]", '{"amount":-1,"id":[]}', "1e999", '"\\u00e9\\"}"'])))
        if rng.random() < 0.5:
            rng.shuffle(members)
        return "{" + ("," + space).join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(write(rng, member) for member in value) + "]"
    return json.dumps(value, ensure_ascii=rng.random() < 0.5)


def rows(policy, count, seed, params=None):
    """`count` lines of JSON without their newlines."""
    rng = random.Random("%s %s" % (policy, seed))
    settings = {**rules.PARAMS[policy], **(params or {})}
    for _ in range(count):
        row = MAKERS[policy](rng, settings)
        if rng.random() < 0.12:
            spoil(rng, policy, row)
        yield write(rng, row)


def main():
    import compare  # It alone knows the other families, which need this file.

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("policy", choices=sorted(compare.RUNS))
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for line in compare.generate.rows(options.policy, options.rows, options.seed):
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
