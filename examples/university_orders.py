"""Maps a university's purchase-order lines to the input of approval.purchase_order, one JSON object an order.

    python3 university_orders.py purchase_order_lines.csv fx_rates.csv [COUNT] > purchase_orders.ndjson

With COUNT, that many orders, evenly spread over time. See README.md for the mapping.
"""

import bisect
import csv
import json
import sys
from decimal import ROUND_HALF_UP, Decimal

DEMAND = {"Construction": "construction", "Architect/Engineering": "construction", "Equipment": "fixed_asset"}


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class DollarInYuan:
    """CNY for one USD, by the euro reference rates of the day or, where it has none, of the last day before."""

    def __init__(self, rows):
        rows = sorted(rows, key=lambda row: row["date"])
        self.days = [row["date"] for row in rows]
        self.rates = [(Decimal(row["CNY"]), Decimal(row["USD"])) for row in rows]

    def convert(self, dollars, day):
        place = bisect.bisect_right(self.days, day) - 1
        if place < 0:
            raise ValueError("no rate on or before " + day)
        yuan, dollar = self.rates[place]
        return (dollars * yuan / dollar).quantize(Decimal("0.01"), ROUND_HALF_UP)


def orders(lines):
    """Order number → its lines that were not cancelled, orders by time of approval."""
    found = {}
    for line in lines:
        if line["cancelled"] != "true":
            found.setdefault(line["po_no"], []).append(line)
    return dict(sorted(found.items(), key=lambda each: (min(line["approved_at"] for line in each[1]), each[0])))


def demand_type(lines):
    """The kind with the most money; of equal ones the first."""
    money = {}
    for line in lines:
        kind = DEMAND.get(line["line_type"], "expense")
        money[kind] = money.get(kind, 0) + Decimal(line["amount_usd"])
    return max(money, key=money.get)


def mapped(by_number, rates):
    known_suppliers = set()
    for number, lines in by_number.items():
        first = lines[0]
        day = min(line["approved_at"] for line in lines)[:10]
        contract = any(line["contract_no"] for line in lines)
        amount = float_free(rates.convert(sum(Decimal(line["amount_usd"]) for line in lines), day))
        yield {
            "id": "PO-" + number,
            "amount": amount,
            "demand_type": demand_type(lines),
            "request": {"id": "PR-" + number, "amount": amount, "approved": True},
            "buyer": {"id": first["buyer"]},
            "vendor": {"id": first["supplier"], "approved": contract or first["supplier"] in known_suppliers,
                       "price_source": "contract" if contract else "quotation"},
            "requester": {"id": "not recorded"},
            "date": day,
        }
        known_suppliers.add(first["supplier"])


def float_free(amount):
    """As a text, which the policy reads as the same money: json.dumps knows only binary fractions."""
    return format(amount, "f")


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit("usage: university_orders.py purchase_order_lines.csv fx_rates.csv [COUNT]")
    all_orders = list(mapped(orders(read(sys.argv[1])), DollarInYuan(read(sys.argv[2]))))
    count = int(sys.argv[3]) if len(sys.argv) == 4 else len(all_orders)
    for i in range(count):
        print(json.dumps(all_orders[i * len(all_orders) // count], separators=(",", ":")))


if __name__ == "__main__":
    main()
