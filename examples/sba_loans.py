"""Maps guaranteed small-business loans to the input of risk.portfolio and risk.score, one JSON object a loan.

    python3 sba_loans.py sba_loans.csv [COLUMN] > loans.ndjson

COLUMN says what a portfolio is: naics, the industry, unless told. See docs/case-studies.md for the mapping.
"""

import csv
import json
import sys
from decimal import ROUND_HALF_UP, Decimal

SEGMENT = "real_estate_backed"
PLACES = Decimal("0.000001")


def charge_off_shares(rows):
    """Segment → the part of its loans that were charged off, half up to six places."""
    loans, bad = {}, {}
    for row in rows:
        segment = row[SEGMENT]
        loans[segment] = loans.get(segment, 0) + 1
        bad[segment] = bad.get(segment, 0) + (row["status"] == "charged_off")
    return {segment: (Decimal(bad[segment]) / loans[segment]).quantize(PLACES, ROUND_HALF_UP) for segment in loans}


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: sba_loans.py sba_loans.csv [COLUMN]")
    column = sys.argv[2] if len(sys.argv) == 3 else "naics"
    with open(sys.argv[1], encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if rows and column not in rows[0]:
        sys.exit(f"sba_loans.py: {sys.argv[1]} has no column {column}")
    shares = charge_off_shares(rows)
    for row in rows:
        loan = {"id": row["loan_id"], "process": row[column] or "not recorded", "loss": row["sba_guaranteed_usd"],
                "probability": format(shares[row[SEGMENT]], "f")}
        print(json.dumps(loan, separators=(",", ":")))


if __name__ == "__main__":
    main()
