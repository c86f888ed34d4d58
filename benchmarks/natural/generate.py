#!/usr/bin/env python3
"""Writes the transactions of the natural benchmark as NDJSON: the same bytes for the same seed and number of rows.

A line has about 619 bytes and 30 values, in the order in which one exporting system would write them. The policy declares 18 of
them. One line in 500 lies exactly on a threshold, where binary floating point may decide otherwise than exact decimals do.
"""

import argparse
import random
import sys

FIRST = ("Chen", "Maria", "Ahmed", "Ingrid", "Wei", "Tomasz", "Amara", "Lucas", "Noor", "Elena", "王", "José")
LAST = ("Lindqvist", "Okafor", "Zhang", "Moreau", "Kowalski", "Haddad", "Tanaka", "Whitfield", "Novak", "芳", "Núñez")
VENDORS = ("Northwind Bearings Ltd", "Hafen & Sohn GmbH", "Pacific Seal Works", "Delta Instruments SA", "Ormond Steel plc",
           "Blue Ridge Electric Inc", "Jinshan Hydraulics Co", "Karlsson Verktyg AB")
REMARKS = ("Replacement seals, packing line 4", "Call-off 3 of 4, frame contract",
           "Gearbox failure, see ticket 8812", "Stage 2 of the \\\"north hall\\\"",
           "Office fit-out, second floor", "Test bench upgrade and training",
           "Spare parts, minimum stock raised", "Drainage, first of two instalments")
CATEGORIES = ("expense", "expense", "expense", "fixed_asset", "fixed_asset", "construction")
DEPARTMENTS = ("repair", "plant-2", "site", "logistics", "laboratory")
COUNTRIES = ("CN", "DE", "US", "JP", "SE", "FR", "GB")
METHODS = ("expert", "history", "scenario")
CHANNELS = ("erp-eu-1", "erp-cn-2", "web-shop")
BOOLEAN = ("false", "true")


def money(cents):
    """The text of an amount in cents, two places, as such systems write it."""
    if cents < 0:
        return "-" + money(-cents)
    return f"{cents // 100}.{cents % 100:02d}"


def lines(rows, seed):
    """Yields each line with its newline."""
    random_ = random.Random(seed).random
    for row in range(1, rows + 1):
        month = 1 + int(random_() * 12)
        day = 1 + int(random_() * 28)
        date = f"{2024 if random_() < 0.02 else 2025}-{month:02d}-{day:02d}"
        # Amounts from 10 to 3 million, the small ones far more frequent; nearly all are within a budget.
        amount = int(1000 * 10 ** (random_() ** 2 * 5.5))
        budget = int(amount * (0.95 + random_() * 4))
        requester = 1000 + int(random_() * 9000)
        vendor = requester if random_() < 0.005 else 10000 + int(random_() * 4000)
        exposure = int(1000 * 10 ** (1 + random_() * 4))
        equity = 20_000_000 + int(random_() * 4_000_000_000)
        debt = int(equity * random_() * 0.72)
        profit = int(debt * (0.28 + random_() * 0.6)) - 100_000
        probability = f"0.{1 + int(random_() * 999):03d}"
        if row % 500 == 0:
            equity = equity // 100 * 100
            debt = equity * 7 // 10
            if row % 1000 == 0:
                tie = row // 1000 % 5
                exposure = 12_500_000 >> tie
                probability = ("0.008", "0.016", "0.032", "0.064", "0.128")[tie]
        overdue = 0 if random_() < 0.8 else int(random_() * 60)
        pick = random_()
        remark = int(random_() * 8)
        level = 1 + int(pick * 997 % 1 * 6)
        yield (
            f'{{"id":"TX-{row:08d}","company":{1000 + remark * 100},'
            f'"created_at":"{date}T{8 + remark:02d}:{month * 4:02d}:{day * 2:02d}Z",'
            f'"date":"{date}","category":"{CATEGORIES[int(pick * 6)]}","amount":{money(amount)},"currency":"CNY",'
            f'"requester":{{"id":"U{requester}","name":"{FIRST[requester % 12]} {LAST[requester % 11]}","level":{level},'
            f'"department":"{DEPARTMENTS[requester % 5]}"}},'
            f'"vendor":{{"id":"{"U" if vendor == requester else "V"}{vendor}","name":"{VENDORS[vendor % 8]}",'
            f'"country":"{COUNTRIES[vendor % 7]}",'
            f'"approved":{BOOLEAN[random_() < 0.96]}}},'
            f'"urgent":{BOOLEAN[pick * 1009 % 1 < 0.4]},"sole_source":{BOOLEAN[pick * 1013 % 1 < 0.04]},"budget":{money(budget)},'
            f'"cost_center":"CC-{4000 + vendor % 900}","risk_method":"{METHODS[remark % 3]}","probability":{probability},'
            f'"exposure":{money(exposure)},"years":{1 + int(pick * 1019) % 25},"equity":{money(equity)},"debt":{money(debt)},'
            f'"profit":{money(profit)},"overdue_days":{overdue},'
            f'"remark":"{REMARKS[remark]}","channel":"{CHANNELS[remark % 3]}","revision":{1 + remark % 4}}}\n'
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=int, nargs="?", default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", help="a file; standard output where absent")
    options = parser.parse_args()
    with open(options.output, "w", encoding="utf-8", newline="\n") if options.output else \
            open(sys.stdout.fileno(), "w", encoding="utf-8", newline="\n", closefd=False) as out:
        out.writelines(lines(options.rows, options.seed))


if __name__ == "__main__":
    main()
