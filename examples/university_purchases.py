"""Maps a university's purchase-order lines to the input of procurement.split_purchase and authority.limit, one JSON object an order.

    python3 university_purchases.py purchase_order_lines.csv [CURRENCY] > purchases.ndjson

The amounts are US dollars. With CURRENCY, USD, the orders say so and authority.limit looks for a rate; without, the limits are taken to be
dollars too. See docs/case-studies.md for the mapping.
"""

import json
import sys
from decimal import Decimal

from university_orders import demand_type, orders, read


def mapped(by_number, currency):
    for number, lines in by_number.items():
        day = min(line["approved_at"] for line in lines)[:10]
        order = {
            "id": "PO-" + number,
            "amount": format(sum(Decimal(line["amount_usd"]) for line in lines), "f"),
            "category": demand_type(lines),
            "date": day,
            "at_date": day,
            "requester": {"id": lines[0]["buyer"]},
            "vendor": {"id": lines[0]["supplier"]},
            "approver": {"id": "not recorded", "role": "department_head", "active": True},
        }
        if currency:
            order["currency"] = currency
        yield order


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: university_purchases.py purchase_order_lines.csv [CURRENCY]")
    for order in mapped(orders(read(sys.argv[1])), sys.argv[2] if len(sys.argv) == 3 else None):
        print(json.dumps(order, separators=(",", ":")))


if __name__ == "__main__":
    main()
