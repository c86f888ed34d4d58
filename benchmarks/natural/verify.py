#!/usr/bin/env python3
"""Checks answers to the natural benchmark against a reference in Python's decimals, written apart from both policies.

Remit's lines must be the very bytes that the reference expects. The limit program computes with doubles: its texts and flags
must be the same except where a line lies exactly on a threshold, and its numbers must round to the same.
"""

import argparse
import contextlib
import json
import re
import sys
from decimal import Decimal

LIMITS = {
    "expense": (1000, 5000, 20000, 50000, 500000, 2000000),
    "fixed_asset": (500, 2000, 10000, 20000, 200000, 2000000),
    "construction": (500, 2000, 10000, 20000, 200000, 1000000),
}
SIGNERS = ((0, "department_head"), (5000, "manager"), (50000, "director"), (500000, "cfo"), (2000000, "board"))
BANDS = ((1000, "low"), (10000, "medium"), (100000, "high"))
LEVERAGE = Decimal("0.7")
COVERAGE = Decimal("3.5")
APPROVED = {"outcome": "approve", "reasons": ["approved"]}

HEADER = re.compile(rb'\{"id":("[^"]*"),"policy":"([a-z_.]+)","version":"([0-9a-f]{12})","decision":')


def decide(tx):
    """The decision, and whether the line lies on a threshold where doubles may go the other way."""
    amount = tx["amount"]
    route = []
    if amount > LIMITS[tx["category"]][tx["requester"]["level"] - 1]:
        route = [role for above, role in SIGNERS if amount > above]
    if tx["sole_source"] or not tx["vendor"]["approved"]:
        route.append("buyer")
    if tx["budget"] < amount:
        route.append("finance")
    if tx["category"] == "construction" and not tx["urgent"]:
        route.append("cost_accounting")

    risk = tx["probability"] * tx["exposure"]
    band = next((name for below, name in BANDS if risk < below), "critical")
    debt_max = LEVERAGE * tx["equity"]
    covered = COVERAGE * tx["profit"]
    conditions = (("years", tx["years"] >= 3), ("leverage", tx["debt"] <= debt_max), ("coverage", covered >= tx["debt"]),
                  ("overdue", tx["overdue_days"] <= 30), ("risk", band != "critical"))
    failed = [name for name, met in conditions if not met]

    if tx["vendor"]["id"] == tx["requester"]["id"]:
        outcome, reason = "reject", "self_dealing"
    elif tx["date"] < "2025-01-01":
        outcome, reason = "reject", "period_closed"
    elif route:
        outcome, reason = "route", "approval_required"
    else:
        outcome, reason = "approve", "within_limit"
    tie = tx["debt"] == debt_max or covered == tx["debt"] or any(risk == below for below, _ in BANDS)
    return {"outcome": outcome, "reasons": [reason], "band": band, "eligible": not failed, "failed": failed, "risk": risk,
            "route": route}, tie


def canonical(number):
    """A number as Remit writes it: no exponent, no superfluous zeros."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def compact(value):
    if isinstance(value, Decimal):
        return canonical(value)
    if isinstance(value, dict):
        return "{" + ",".join(f'"{key}":{compact(item)}' for key, item in value.items()) + "}"
    return json.dumps(value, separators=(",", ":"))


def parse(line):
    return json.loads(line, parse_float=Decimal)


def verify(input_path, remit_path=None, limit_path=None, approve_path=None):
    """Raises AssertionError at the first wrong line.

    Returns the number of lines, and of those on a threshold that the doubles decided otherwise.
    """
    count = otherwise = 0
    versions = {}
    with contextlib.ExitStack() as stack:
        lines, remit, approve, limit = (stack.enter_context(open(path, "rb")) if path else None
                                        for path in (input_path, remit_path, approve_path, limit_path))
        for line in lines:
            count += 1
            tx = parse(line)
            expected, tie = decide(tx)
            if remit:
                check_remit(count, tx, next(remit, None), "benchmark.natural", expected, versions)
            if approve:
                check_remit(count, tx, next(approve, None), "benchmark.approve", APPROVED, versions)
            if limit:
                otherwise += check_limit(count, tx, next(limit, None), expected, tie)
        for answers in (remit, approve, limit):
            assert not answers or next(answers, None) is None, f"more answers than the input's {count} lines"
    return count, otherwise


def check_remit(number, tx, line, policy, expected, versions):
    assert line, f"line {number}: no answer"
    header = HEADER.match(line)
    assert header, f"line {number}: not a decision: {line!r}"
    assert json.loads(header[1]) == tx["id"] and header[2].decode() == policy, f"line {number}: {line!r}"
    assert versions.setdefault(policy, header[3]) == header[3], f"line {number}: another version: {line!r}"
    wanted = compact(expected).encode() + b"}\n"
    assert line[header.end():] == wanted, f"line {number}: {line[header.end():]!r}, expected {wanted!r}"


def check_limit(number, tx, line, expected, tie):
    assert line, f"line {number}: no answer"
    got = parse(line)
    assert got["id"] == tx["id"], f"line {number}: {line!r}"
    assert round(Decimal(got["risk"]), 6) == round(expected["risk"], 6), \
        f"line {number}: risk {got['risk']}, expected {expected['risk']}"
    same = all(got[key] == expected[key] for key in ("outcome", "route", "band", "eligible", "failed"))
    assert same or tie, f"line {number}: {line!r}, expected {compact(expected)}"
    return not same


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input")
    parser.add_argument("--remit", help="remit's output for benchmark.natural")
    parser.add_argument("--approve", help="remit's output for benchmark.approve")
    parser.add_argument("--limit", help="the limit program's output")
    options = parser.parse_args()
    try:
        count, otherwise = verify(options.input, options.remit, options.limit, options.approve)
    except AssertionError as problem:
        sys.exit(f"verify: {problem}")
    print(f"{count} lines verified; doubles decide {otherwise} of the lines on a threshold otherwise")


if __name__ == "__main__":
    main()
