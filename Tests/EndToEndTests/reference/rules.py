"""The shipped policies' rules, written a second time: straight from the business rules, with other means. The first five stand
here with what all of them share, the others in the files beside this one.

`decide(policy, text, params, at)` takes one JSON text and answers what the policy must: a dict with `outcome`, `reasons` and the
outputs, numbers as Decimal, or `Invalid` with the JSON Pointers of the fields at fault, in the order of the declaration.
Nothing here reads the policies' own files; the tables stand below.
"""

import datetime
import decimal
import json
import re
from decimal import Decimal
from fractions import Fraction

decimal.getcontext().prec = 200
decimal.getcontext().traps[decimal.Inexact] = True

ROLES = ["department_head", "manager", "director", "cfo", "board"]
CATEGORIES = ["expense", "fixed_asset", "construction", "payment", "financing"]

LIMITS = [  # from, to, role, then one limit a category
    ("", "2024-12-31", "department_head", "3000 1000 1000 3000 0"),
    ("", "2024-12-31", "manager", "30000 10000 10000 30000 0"),
    ("", "2024-12-31", "director", "300000 100000 100000 300000 100000"),
    ("", "2024-12-31", "cfo", "1000000 1000000 500000 3000000 1000000"),
    ("2025-01-01", "", "department_head", "5000 2000 2000 5000 0"),
    ("2025-01-01", "", "manager", "50000 20000 20000 50000 0"),
    ("2025-01-01", "", "director", "500000 200000 200000 500000 200000"),
    ("2025-01-01", "", "cfo", "2000000 2000000 1000000 5000000 2000000"),
]

RATES = [
    ("2024-01-02", "USD", "7.0770"), ("2024-01-02", "EUR", "7.8096"), ("2024-01-02", "GBP", "9.0070"),
    ("2024-01-02", "JPY", "0.050213"), ("2024-01-02", "HKD", "0.90622"),
    ("2024-07-01", "USD", "7.1265"), ("2024-07-01", "EUR", "7.6617"), ("2024-07-01", "JPY", "0.044738"),
    ("2025-01-02", "USD", "7.1879"), ("2025-01-02", "EUR", "7.4952"), ("2025-01-02", "GBP", "9.0765"),
    ("2025-01-02", "JPY", "0.046233"), ("2025-01-02", "HKD", "0.92604"),
    ("2025-07-01", "USD", "7.1534"), ("2025-07-01", "EUR", "8.4024"), ("2025-07-01", "JPY", "0.049594"),
    ("2025-07-01", "CHF", "8.9721"),
]

# ---- Inputs


class Invalid(Exception):
    def __init__(self, paths):
        super().__init__(", ".join(paths))
        self.paths = paths


def optional(check):
    return ("optional", check)


def text(shortest=0, longest=None):
    return ("text", shortest, longest)


def number(low=None, high=None):
    return ("number", low, high)


def enum(*values):
    return ("enum", values)


def integer(low, high=2 ** 53 - 1):
    return ("integer", low, high)


def record(**fields):
    return ("record", fields)


def array(of):
    return ("list", of)


ID = text(1, 64)
MONEY = number(0)
SIGNED = number()
BOOLEAN = ("boolean",)
DATE = ("date",)
DEMAND = enum("expense", "fixed_asset", "construction")

INPUTS = {
    "authority.limit": record(
        id=optional(ID), amount=MONEY, currency=optional(text()), category=enum(*CATEGORIES),
        approver=record(id=ID, role=enum(*ROLES), active=BOOLEAN), requester=record(id=ID), at_date=DATE,
        delegation=optional(record(from_role=enum(*ROLES), from_id=ID, to_id=ID, from_date=DATE, to_date=DATE,
                                   limit=optional(MONEY))),
        spent_in_period=optional(MONEY), period_limit=optional(MONEY)),
    "approval.purchase_order": record(
        id=ID, amount=MONEY, demand_type=DEMAND, request=record(id=ID, amount=MONEY, approved=BOOLEAN), buyer=record(id=ID),
        vendor=record(id=ID, approved=BOOLEAN, price_source=enum("contract", "quotation", "none")), requester=record(id=ID),
        date=optional(DATE)),
    "risk.score": record(
        id=ID, loss=MONEY, probability=optional(number(0, 1)),
        controls=optional(record(authorisation_clear=BOOLEAN, responsibility_clear=BOOLEAN, objective_clear=BOOLEAN,
                                 time_bounded=BOOLEAN, resources_sufficient=BOOLEAN, information_complete=BOOLEAN)),
        base_probability=optional(number(0, 1))),
    "financing.eligibility": record(
        id=ID,
        applicant=record(legal_person=BOOLEAN, annual_inspection_passed=BOOLEAN, operates_lawfully=BOOLEAN,
                         scope_complies_with_policy=BOOLEAN, can_repay=BOOLEAN, counter_guarantee_available=BOOLEAN,
                         net_assets=SIGNED, total_assets=MONEY, total_liabilities=MONEY),
        requested=MONEY),
    "procurement.three_way_match": record(
        id=ID, order=record(quantity=MONEY, unit_price=MONEY), receipt=optional(record(quantity=MONEY)),
        invoice=optional(record(quantity=MONEY, unit_price=MONEY, amount=MONEY)), receipt_required=BOOLEAN,
        currency=optional(text())),
}

LIMIT_PARAMS = {"department_head_limit": "0", "manager_limit": "0", "director_limit": "0", "cfo_limit": "0"}
PARAMS = {
    "authority.limit": dict(LIMIT_PARAMS),
    "approval.purchase_order": {"tolerance_pct": "5", "buyer_limit": "2000", **LIMIT_PARAMS},
    "risk.score": {
        **{"weight_" + name: "1.5" for name in
           ("authorisation", "responsibility", "objective", "time", "resources", "information")},
        "low_below": "1000", "medium_below": "50000", "high_below": "1000000"},
    "financing.eligibility": {"net_asset_share": "0.5", "max_debt_ratio": "0.7"},
    "procurement.three_way_match": {"qty_tolerance_pct": "0", "price_tolerance_pct": "2", "price_tolerance_abs": "10"},
}


class Members(list):
    """A JSON object as it was written: (name, value) pairs, repeated names included."""


def read(checked, value, path, faults):
    """The value as its type reads it, or None; every fault's path is added to `faults`."""
    kind = checked[0]
    if kind == "text" and isinstance(value, str):
        if len(value) >= checked[1] and (checked[2] is None or len(value) <= checked[2]):
            return value
    elif kind == "number":
        found = None
        if isinstance(value, Decimal):
            found = value
        elif isinstance(value, str) and re.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?", value, re.ASCII):
            found = Decimal(value)
        if found is not None and (checked[1] is None or found >= checked[1]) and (checked[2] is None or found <= checked[2]):
            return found
    elif kind == "integer" and isinstance(value, Decimal):
        if checked[1] <= value <= checked[2] and value == int(value):
            return int(value)
    elif kind == "boolean" and isinstance(value, bool):
        return value
    elif kind == "date" and isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        try:
            datetime.date.fromisoformat(value)
            return value
        except ValueError:
            pass
    elif kind == "enum" and isinstance(value, str) and value in checked[1]:
        return value
    elif kind == "record" and isinstance(value, Members):
        return read_record(checked[1], value, path, faults)
    elif kind == "list" and isinstance(value, list) and not isinstance(value, Members):
        return [read(checked[1], each, "%s/%d" % (path, index), faults) for index, each in enumerate(value)]
    faults.append(path)
    return None


def read_record(fields, members, path, faults):
    found = {}
    for name, checked in fields.items():
        here = path + "/" + name
        values = [value for key, value in members if key == name]
        may_lack = checked[0] == "optional"
        if len(values) > 1:
            faults.append(here)
        elif not values or values[0] is None:
            if not may_lack:
                faults.append(here)
        else:
            found[name] = read(checked[1] if may_lack else checked, values[0], here, faults)
    return found


def parse(line):
    return json.loads(line, parse_float=Decimal, parse_int=Decimal, object_pairs_hook=Members)


def decide(policy, line, params=None, at="2025-06-15T08:00:00Z"):
    faults = []
    members = parse(line)
    tx = read(INPUTS[policy], members, "", faults)
    if faults:
        raise Invalid(faults)
    settings = {name: Decimal(value) for name, value in {**PARAMS[policy], **(params or {})}.items()}
    return RULES[policy](tx, settings, at)


# ---- Shared


def rounded(value, places, rounding):
    with decimal.localcontext() as context:
        context.traps[decimal.Inexact] = False
        return value.quantize(Decimal(1).scaleb(-places), rounding=rounding)


def ratio_half_up(part, whole, places):
    """part / whole for values that are not negative, from the exact quotient."""
    return Decimal(int(Fraction(part) / Fraction(whole) * 10 ** places + Fraction(1, 2))).scaleb(-places)


def limit_of(role, category, day, params):
    """None where there is no limit."""
    if role == "board":
        return None
    if params[role + "_limit"] > 0:
        return params[role + "_limit"]
    for first, last, holder, limits in LIMITS:
        if holder == role and (first == "" or first <= day) and (last == "" or day <= last):
            return Decimal(limits.split()[CATEGORIES.index(category)])
    raise AssertionError("every day has a limit")


def lowest_covering(amount, category, day, params):
    for role in ROLES:
        limit = limit_of(role, category, day, params)
        if limit is None or limit >= amount:
            return role


def rate_of(currency, day):
    if currency == "CNY":
        return Decimal(1)
    known = [(first, rate) for first, code, rate in RATES if code == currency and first <= day]
    return Decimal(max(known)[1]) if known else None


def steps(roles):
    return [{"role": role} for role in roles]


def in_rank_order(roles):
    return steps([role for role in ROLES if role in roles])


# ---- A1


def authority_limit(tx, params, at):
    def reject(code):
        return {"outcome": "reject", "reasons": [code]}

    approver, day, category = tx["approver"], tx["at_date"], tx["category"]
    if not approver["active"]:
        return reject("approver_inactive")
    if approver["id"] == tx["requester"]["id"]:
        return reject("self_approval")
    lent = tx.get("delegation")
    if lent and lent["to_id"] != approver["id"]:
        lent = None
    if lent and not lent["from_date"] <= day <= lent["to_date"]:
        return reject("delegation_expired")
    if lent and lent["from_id"] == tx["requester"]["id"]:
        return reject("self_approval")

    currency = tx.get("currency", "CNY")
    rate = rate_of(currency, day)
    if rate is None:
        return reject("no_rate")
    amount = tx["amount"]
    if currency != "CNY":
        amount = rounded(amount * rate, 2, decimal.ROUND_HALF_UP)

    endless = Decimal("Infinity")

    def limit_or_endless(role):
        limit = limit_of(role, category, day, params)
        return endless if limit is None else limit

    limit, acting = limit_or_endless(approver["role"]), approver["role"]
    if lent:
        lent_limit = min(limit_or_endless(lent["from_role"]), lent.get("limit", endless))
        if lent_limit > limit:
            limit, acting = lent_limit, lent["from_role"]

    answer = {"outcome": "approve", "reasons": ["within_limit"], "amount_cny": amount}
    if limit != endless:
        answer["limit"] = limit
    if amount > limit:
        answer.update(outcome="route", reasons=["over_limit"], route=steps([lowest_covering(amount, category, day, params)]))
    elif "period_limit" in tx and tx.get("spent_in_period", Decimal(0)) + amount > tx["period_limit"]:
        above = ROLES[min(ROLES.index(acting) + 1, len(ROLES) - 1)]
        answer.update(outcome="route", reasons=["period_limit"], route=steps([above]))
    return answer


# ---- A3


def purchase_order(tx, params, at):
    amount = tx["amount"]
    if not tx["request"]["approved"]:
        return {"outcome": "reject", "reasons": ["request_not_approved"], "next": "amend"}
    if amount > tx["request"]["amount"] * (1 + params["tolerance_pct"] / 100):
        return {"outcome": "reject", "reasons": ["exceeds_request"], "next": "amend"}
    if tx["vendor"]["price_source"] == "none":
        return {"outcome": "hold", "reasons": ["no_price_source"], "route": steps(["buyer"])}
    reasons, roles = [], set()
    if not tx["vendor"]["approved"]:
        reasons.append("vendor_not_approved")
        roles.add("manager")
    if tx["buyer"]["id"] == tx["requester"]["id"]:
        reasons.append("segregation_of_duties")
        roles.add("director")
    if amount > params["buyer_limit"]:
        reasons.append("over_limit")
        roles.add(lowest_covering(amount, tx["demand_type"], tx.get("date", at[:10]), params))
    if reasons:
        return {"outcome": "route", "reasons": reasons, "route": in_rank_order(roles)}
    return {"outcome": "approve", "reasons": ["within_limit"], "next": "print_and_send"}


# ---- B1


def risk_score(tx, params, at):
    weights = [("authorisation_clear", "authorisation"), ("responsibility_clear", "responsibility"),
               ("objective_clear", "objective"), ("time_bounded", "time"), ("resources_sufficient", "resources"),
               ("information_complete", "information")]
    controls = tx.get("controls")
    weak = [name for name, _ in weights if controls and not controls[name]]
    missing = ["missing_control"] if weak else []
    if "probability" in tx:
        probability = tx["probability"]
    elif controls and "base_probability" in tx:
        probability = tx["base_probability"]
        for name, weight in weights:
            if name in weak:
                probability *= params["weight_" + weight]
        probability = min(probability, Decimal(1))
    else:
        return {"outcome": "review", "reasons": ["no_probability"] + missing, "weak": weak}
    expected = probability * tx["loss"]
    if expected < params["low_below"]:
        outcome, band, control = "accept", "low", "monitor"
    elif expected < params["medium_below"]:
        outcome, band, control = "review", "medium", "review"
    elif expected < params["high_below"]:
        outcome, band, control = "mitigate", "high", "strengthen"
    else:
        outcome, band, control = "stop", "critical", "stop"
    return {"outcome": outcome, "reasons": [band + "_expected_loss"] + missing, "band": band, "control": control,
            "expected_loss": rounded(expected, 2, decimal.ROUND_HALF_EVEN), "probability": probability, "weak": weak}


# ---- C1


def eligibility(tx, params, at):
    applicant = tx["applicant"]
    conditions = [("legal_person", "not_legal_person"), ("annual_inspection_passed", "inspection_missing"),
                  ("operates_lawfully", "unlawful"), ("scope_complies_with_policy", "scope_violation"),
                  ("can_repay", "cannot_repay"), ("counter_guarantee_available", "no_counter_guarantee")]
    reasons = [code for field, code in conditions if not applicant[field]]
    most = applicant["net_assets"] * params["net_asset_share"]
    if applicant["net_assets"] <= 0 or tx["requested"] > most:
        reasons.append("over_net_asset_share")
    assets, liabilities = applicant["total_assets"], applicant["total_liabilities"]
    if assets == 0 or liabilities > params["max_debt_ratio"] * assets:
        reasons.append("debt_ratio")
    return {"outcome": "ineligible" if reasons else "eligible", "reasons": reasons or ["all_conditions_met"],
            "max_amount": rounded(max(most, Decimal(0)), 2, decimal.ROUND_DOWN),
            "debt_ratio": ratio_half_up(liabilities, assets, 4) if assets else None}


# ---- D2


def three_way_match(tx, params, at):
    order, receipt, invoice = tx["order"], tx.get("receipt"), tx.get("invoice")
    if tx["receipt_required"] and receipt is None:
        return {"outcome": "hold", "reasons": ["no_receipt"]}
    if invoice is None:
        return {"outcome": "hold", "reasons": ["no_invoice"]}
    change = invoice["unit_price"] - order["unit_price"]
    variance = change * invoice["quantity"]
    answer = {"variance": rounded(variance, 2, decimal.ROUND_HALF_UP)}
    quantity_share = params["qty_tolerance_pct"] / 100
    supplied = order["quantity"] if receipt is None else receipt["quantity"]
    if abs(invoice["amount"] - invoice["quantity"] * invoice["unit_price"]) > Decimal("0.01"):
        return {"outcome": "reject", "reasons": ["arithmetic"], **answer}
    if invoice["quantity"] > (1 + quantity_share) * supplied:
        return {"outcome": "reject", "reasons": ["over_billed"], **answer}
    reasons, roles = [], []
    if abs(change) > params["price_tolerance_pct"] / 100 * order["unit_price"] and abs(variance) > params["price_tolerance_abs"]:
        reasons.append("price_variance")
        roles += ["buyer", "finance"]
    if receipt is not None and abs(receipt["quantity"] - order["quantity"]) > quantity_share * order["quantity"]:
        reasons.append("quantity_variance")
        roles += ["warehouse_keeper"] + ([] if roles else ["buyer"])
    if reasons:
        return {"outcome": "route", "reasons": reasons, "route": steps(roles), **answer}
    return {"outcome": "approve", "reasons": ["matched"], **answer}


RULES = {
    "authority.limit": authority_limit,
    "approval.purchase_order": purchase_order,
    "risk.score": risk_score,
    "financing.eligibility": eligibility,
    "procurement.three_way_match": three_way_match,
}
