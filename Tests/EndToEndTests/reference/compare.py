"""Compares `remit batch` with the reference on generated rows, value by value.

    python3 compare.py REMIT_BINARY [--rows N] [--seed S] [--policy NAME] [--jobs N]

For every policy of the reference and several sets of params: N rows, each row's outcome, reasons, route and outputs, or its
error's code and paths. Prints the first differences of each run and exits 1 where there is any.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

import generate
import generate_documents
import generate_process
import rules
import rules_documents
import rules_process

ROOT = Path(__file__).resolve().parents[3]
SHOWN = 5

# Params and the decision's time. The first run of each policy has the defaults.
RUNS = {
    "authority.limit": [
        ({}, "2025-06-15T08:00:00Z"),
        ({"manager_limit": "60000"}, "2025-06-15"),
        ({"department_head_limit": "70000.005", "director_limit": "0.01", "cfo_limit": "999999.99"}, "2025-06-15"),
    ],
    "approval.purchase_order": [
        ({}, "2025-06-15T08:00:00Z"),
        ({}, "2024-12-31T23:59:59Z"),
        ({}, "2025-01-01T00:00:00+01:00"),
        ({"tolerance_pct": "0", "buyer_limit": "0", "manager_limit": "20000"}, "2025-06-15"),
        ({"tolerance_pct": "2.5", "buyer_limit": "5000.005", "director_limit": "100", "cfo_limit": "700000"}, "2025-06-15"),
    ],
    "risk.score": [
        ({}, "2025-06-15T08:00:00Z"),
        ({"weight_time": "2.5", "weight_information": "0", "weight_objective": "0.5"}, "2025-06-15"),
        ({"low_below": "10.005", "medium_below": "10.005", "high_below": "500"}, "2025-06-15"),
    ],
    "financing.eligibility": [
        ({}, "2025-06-15T08:00:00Z"),
        ({"net_asset_share": "0.333", "max_debt_ratio": "0.655"}, "2025-06-15"),
        ({"net_asset_share": "0", "max_debt_ratio": "1"}, "2025-06-15"),
    ],
    "procurement.three_way_match": [
        ({}, "2025-06-15T08:00:00Z"),
        ({"qty_tolerance_pct": "2.5", "price_tolerance_pct": "0.5"}, "2025-06-15"),
        ({"qty_tolerance_pct": "10", "price_tolerance_pct": "0", "price_tolerance_abs": "0"}, "2025-06-15"),
        ({"price_tolerance_abs": "99.995"}, "2025-06-15"),
    ],
}

# The other policies, a pair of files for each group: the rules, and rows for them.
FAMILIES = [(rules_documents, generate_documents), (rules_process, generate_process)]

for family_rules, family_rows in FAMILIES:
    rules.INPUTS.update(family_rules.INPUTS)
    rules.PARAMS.update(family_rules.PARAMS)
    rules.RULES.update(family_rules.RULES)
    generate.MAKERS.update(family_rows.MAKERS)
    RUNS.update(family_rows.RUNS)

# Params that a policy must refuse.
REFUSED = generate_process.REFUSED

# A time in words that the reference need not convert: the UTC day of "2025-01-01T00:00:00+01:00".
UTC = {"2025-01-01T00:00:00+01:00": "2024-12-31T23:00:00Z"}

CANONICAL = re.compile(r"0|-?(?:[1-9][0-9]*|0(?=\.))(?:\.[0-9]*[1-9])?")


class Badly(Exception):
    pass


def canonical(text):
    if not CANONICAL.fullmatch(text):
        raise Badly("number not canonical: " + text)
    return Decimal(text)


def members(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise Badly("a name twice: %s" % names)
    return dict(pairs)


class Written(str):
    """A number as its digits stand there."""


AS_WRITTEN = json.JSONDecoder(parse_float=Written, parse_int=Written, object_pairs_hook=list)
RESULT_START = '{"id":'


def read_line(line):
    """A result: its id, which is the input's own and not ours to make canonical, and the other members."""
    if not line.startswith(RESULT_START):
        raise Badly("no id in front")
    identifier, end = AS_WRITTEN.raw_decode(line, len(RESULT_START))
    if line[end:end + 1] != ",":
        raise Badly("nothing behind the id")
    return identifier, json.loads("{" + line[end + 1:], parse_float=canonical, parse_int=canonical, object_pairs_hook=members)


def own_id(text, number):
    """The id that the result of this input must have: the input's, where that is a text or a number, as it is written."""
    for name, value in AS_WRITTEN.decode(text):
        if name == "id":
            return value if isinstance(value, str) else Written(number)
    return Written(number)


def plain(decision):
    """A decision without what means the same as nothing: null and the empty list."""
    return {name: value for name, value in decision.items() if value is not None and value != []}


def expected(policy, text, params, at):
    try:
        return plain(rules.decide(policy, text, params, UTC.get(at, at))), None
    except rules.Invalid as fault:
        return None, fault.paths


def difference(policy, text, number, line, params, at):
    """Why a line of output is wrong, or None."""
    try:
        identifier, answer = read_line(line)
    except (ValueError, Badly) as problem:
        return "unreadable: %s" % problem
    wanted = own_id(text, number)
    if (type(identifier), identifier) != (type(wanted), wanted):
        return "expected the id %s" % wanted
    decision, paths = expected(policy, text, params, at)
    if answer.get("policy") != policy or not re.fullmatch("[0-9a-f]{12}", str(answer.get("version"))):
        return "no policy and version"
    if paths is None:
        if "error" in answer:
            return "expected a decision %s" % decision
        if "line" in answer:
            return "a line number beside a decision"
        names = list(answer["decision"])
        if names[:2] != ["outcome", "reasons"] or names[2:] != sorted(names[2:]):
            return "keys out of order: %s" % names
        if plain(answer["decision"]) != decision:
            return "expected %s" % decision
        return None
    error = answer.get("error")
    if error is None:
        return "expected invalid_input at %s" % paths
    if error.get("code") != "invalid_input" or error.get("path") != paths[0]:
        return "expected invalid_input at %s" % paths[0]
    if answer.get("line") != number:
        return "expected line %d" % number
    if len(paths) > 1:
        told = [each.get("path") for each in error.get("errors", [])]
        if told != paths:
            return "expected errors at %s" % paths
    return None


def printable(value):
    return json.dumps(value, default=str, ensure_ascii=False)


def batch(binary, policy, params, at, lines, jobs):
    """`remit batch` over the lines, as it ended."""
    command = [binary, "batch", "--policies", str(ROOT / "policies"), "--plugins", str(ROOT / "plugins"), "--policy", policy,
               "--at", at, "--jobs", str(jobs)]
    for name, value in params.items():
        command += ["--param", "%s=%s" % (name, value)]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "rows.ndjson")
        Path(path).write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        return subprocess.run(command + [path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def named(policy, params):
    return "%s %s" % (policy, " ".join("%s=%s" % item for item in params.items()) or "(defaults)")


def refuses(binary, policy, params, jobs):
    """Whether params that contradict each other give no decision: none for a good row, and status 2 with the code."""
    done = batch(binary, policy, params, "2025-06-15", list(generate.rows(policy, 10, 1)), jobs)
    good = done.returncode == 2 and done.stdout == b"" and b"invalid_params" in done.stderr
    print("%-4s %s: refused" % ("ok" if good else "FAIL", named(policy, params)))
    if not good:
        print("  exit status %d, expected 2, no output, and invalid_params in: %s" % (
            done.returncode, done.stderr.decode("utf-8", "replace")[-600:]))
    return good


def compare(binary, policy, params, at, count, seed, jobs):
    lines = list(generate.rows(policy, count, seed, params))
    done = batch(binary, policy, params, at, lines, jobs)
    told = done.stdout.decode("utf-8").split("\n")
    label = "%s at %s" % (named(policy, params), at)
    problems, wrong = [], 0
    if told.pop() != "" or len(told) != len(lines):
        problems.append("%d rows gave %d lines; exit %d: %s" % (
            len(lines), len(told), done.returncode, done.stderr.decode("utf-8", "replace")[-600:]))
    tally = {}
    for number, (text, line) in enumerate(zip(lines, told), 1):
        why = difference(policy, text, number, line, params, at)
        if why:
            wrong += 1
            if wrong <= SHOWN:
                problems.append("row %d: %s\n    input    %s\n    answer   %s" % (number, why, text, line))
        answer = json.loads(line) if not why else {}
        key = answer["decision"]["outcome"] if "decision" in answer else "wrong" if why else "invalid_input"
        tally[key] = tally.get(key, 0) + 1
    status = 3 if tally.get("invalid_input") or wrong else 0
    if not wrong and not problems and done.returncode != status:
        problems.append("exit status %d, expected %d" % (done.returncode, status))
    print("%-4s %s: %s" % ("FAIL" if problems else "ok", label, printable(dict(sorted(tally.items())))))
    for problem in problems:
        print("  " + problem)
    return not problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", metavar="REMIT_BINARY")
    parser.add_argument("--rows", type=int, default=2000, help="rows a run (2000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--policy", choices=sorted(RUNS), help="only this one")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    good = True
    print("seed %d, %d rows a run" % (options.seed, options.rows))
    for policy, runs in RUNS.items():
        if options.policy in (None, policy):
            for params, at in runs:
                good &= compare(os.path.abspath(options.binary), policy, params, at, options.rows, options.seed, options.jobs)
            for params in REFUSED.get(policy, []):
                good &= refuses(os.path.abspath(options.binary), policy, params, options.jobs)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
