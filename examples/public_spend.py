"""Maps payments of British public bodies to the input of procurement.split_purchase and authority.limit, one JSON object a payment.

    python3 public_spend.py public_spend.csv.gz [KIND] > payments.ndjson

KIND is card or invoice; both unless told. See docs/case-studies.md for the mapping.
"""

import csv
import gzip
import hashlib
import json
import sys
from decimal import Decimal

LONGEST = 64  # as the policies' inputs declare


def identifier(text):
    """The text in capitals, as one name is written in several ways; of one that is too long, its beginning and a digest of all of it."""
    text = " ".join(text.upper().split())
    if len(text.encode()) <= LONGEST:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return text.encode()[:LONGEST - 9].decode(errors="ignore") + "~" + digest


def payments(rows, kind):
    """Key → id and amount of each payment, in the order of the file.

    A payment that is booked on several accounts is several rows of one number; on several departments, it is several payments.
    """
    found = {}
    seen = set()
    for number, row in enumerate(rows, 1):
        if kind and row["kind"] != kind:
            continue
        if row["supplier"].upper().startswith("REDACTED"):
            continue  # many payees under one word: no vendor
        if row["kind"] == "card":
            # A card transaction is one row: the same one again is the file's repetition.
            whole = tuple(row.values())
            if whole in seen:
                continue
            seen.add(whole)
        key = (row["body"], row["kind"], row["department"], row["supplier_id"] or row["supplier"], row["date"],
               row["transaction_no"] or number)
        payment = found.setdefault(key, [f"row-{number}", Decimal(0)])
        payment[1] += Decimal(row["net_gbp"])
    return found


def mapped(found):
    for (body, _, department, supplier, day, _), (name, amount) in found.items():
        if amount <= 0:
            continue  # a credit buys nothing
        yield {
            "id": name,
            "amount": format(amount, "f"),
            "category": "expense",
            "date": day,
            "at_date": day,
            "requester": {"id": identifier(f"{body}: {department}")},
            "vendor": {"id": identifier(supplier)},
            "approver": {"id": "not recorded", "role": "department_head", "active": True},
        }


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["card"], ["invoice"]):
        sys.exit("usage: public_spend.py public_spend.csv.gz [card|invoice]")
    with gzip.open(sys.argv[1], "rt", encoding="utf-8", newline="") as file:
        found = payments(csv.DictReader(file), sys.argv[2] if len(sys.argv) == 3 else None)
    for payment in mapped(found):
        print(json.dumps(payment, ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    main()
