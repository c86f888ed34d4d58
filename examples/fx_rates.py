"""Makes rates.csv of the plugin fx, CNY for one unit of a currency, of the European Central Bank's rates for one euro.

    python3 fx_rates.py fx_rates.csv USD > rates.csv

A rate is the quotient of two of theirs, half up to six places.
"""

import csv
import sys
from decimal import ROUND_HALF_UP, Decimal


def main():
    if len(sys.argv) < 3:
        sys.exit("usage: fx_rates.py fx_rates.csv CURRENCY...")
    with open(sys.argv[1], encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        for currency in sys.argv[2:]:
            if currency not in rows.fieldnames[1:]:
                sys.exit(f"fx_rates.py: {sys.argv[1]} has no currency {currency}")
        print("date,currency,rate")
        for row in rows:
            for currency in sys.argv[2:]:
                if row["CNY"] and row[currency]:
                    rate = (Decimal(row["CNY"]) / Decimal(row[currency])).quantize(Decimal("0.000001"), ROUND_HALF_UP)
                    print(f"{row['date']},{currency},{rate}")


if __name__ == "__main__":
    main()
