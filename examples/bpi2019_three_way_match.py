"""Maps purchase-order items of the BPI Challenge 2019 to the input of procurement.three_way_match, one JSON object a line.

    python3 bpi2019_three_way_match.py p2p_items.csv.gz > items.ndjson

The log has values, not quantities, so each item is one unit whose price is the item's value. See README.md for the mapping.
"""

import csv
import gzip
import json
import sys


def standing(row, recorded, cancelled):
    """Whether more of these documents were recorded than were cancelled again."""
    return int(row[recorded]) > int(row[cancelled])


def item(row):
    """The item as JSON text. Values are copied as they are written, so that none passes through a binary number."""
    members = [("id", json.dumps(row["item_id"])),
               ("order", '{"quantity":1,"unit_price":%s}' % row["po_value_eur"])]
    if standing(row, "goods_receipts", "receipts_cancelled"):
        members.append(("receipt", '{"quantity":1}'))
    if row["invoice_value_eur"] and standing(row, "invoices", "invoices_cancelled"):
        value = row["invoice_value_eur"]
        members.append(("invoice", '{"quantity":1,"unit_price":%s,"amount":%s}' % (value, value)))
    by_receipt = row["goods_receipt_expected"] == "true" and row["gr_based_invoice"] == "true"
    members += [("receipt_required", "true" if by_receipt and row["item_category"] != "Consignment" else "false"),
                ("currency", '"EUR"'),
                ("item_category", json.dumps(row["item_category"])),
                ("vendor", json.dumps(row["vendor_id"]))]
    return "{" + ",".join('"%s":%s' % member for member in members) + "}"


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: bpi2019_three_way_match.py p2p_items.csv.gz")
    with gzip.open(sys.argv[1], "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            print(item(row))


if __name__ == "__main__":
    main()
