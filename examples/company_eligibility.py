"""Maps Polish company financials to the input of financing.eligibility, one JSON object a line.

    python3 company_eligibility.py company_financials.csv.gz [SHARE] > companies.ndjson

SHARE is what each company asks for, as a share of its total assets (0.1 unless told). See README.md for the mapping.
"""

import csv
import gzip
import json
import sys
from decimal import Decimal

# What the data cannot tell is taken as given, so that the two conditions that it can tell decide.
ASSUMED = ["legal_person", "annual_inspection_passed", "operates_lawfully", "scope_complies_with_policy", "can_repay",
           "counter_guarantee_available"]
AMOUNTS = [("net_assets", "net_assets_kpln"), ("total_assets", "total_assets_kpln"),
           ("total_liabilities", "total_liabilities_kpln")]


def in_pln(thousands):
    return Decimal(thousands) * 1000


def company(row, share):
    applicant = ['"%s":true' % name for name in ASSUMED]
    # An unknown amount stays unknown: the field is left out, and the policy refuses the row.
    applicant += ['"%s":%s' % (name, format(in_pln(row[column]), "f")) for name, column in AMOUNTS if row[column]]
    members = ['"id":' + json.dumps(row["company_id"]), '"applicant":{%s}' % ",".join(applicant)]
    if row["total_assets_kpln"]:
        members.append('"requested":' + format(in_pln(row["total_assets_kpln"]) * share, "f"))
    members.append('"bankrupt":' + ("true" if row["bankrupt"] == "1" else "false"))
    return "{" + ",".join(members) + "}"


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: company_eligibility.py company_financials.csv.gz [SHARE]")
    share = Decimal(sys.argv[2] if len(sys.argv) == 3 else "0.1")
    with gzip.open(sys.argv[1], "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            print(company(row, share))


if __name__ == "__main__":
    main()
