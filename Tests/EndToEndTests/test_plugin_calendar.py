"""The calendar plugin, judged by a reference that walks from day to day with Python's datetime over the same files."""
import csv
import json
import os
import random
import unittest
from calendar import monthrange
from datetime import date, datetime, timedelta
from decimal import Decimal

from plugin_calls import PLUGINS, Failed, call, load, with_data
from support import Folder

SEED = int(os.environ.get("REMIT_SEED", "20250615"))
ONE = timedelta(days=1)
OPEN, CLOSE, EAST = 9 * 3600, 18 * 3600, timedelta(hours=8)


class Outside(Exception):
    """A day that the data does not cover."""


class Calendar:
    """One calendar of the files, and every question answered by looking at one day after another."""

    def __init__(self, rows, worked):
        self.weekend = {int(day) for day in rows[0]["weekend_iso_days"].split("|")}
        self.holidays = {date.fromisoformat(row["date"]): row["name"] for row in rows}
        self.worked = {date.fromisoformat(row["date"]) for row in worked}
        self.first = date(min(self.holidays).year, 1, 1)
        self.last = date(max(self.holidays).year, 12, 31)

    def is_business_day(self, day):
        if not self.first <= day <= self.last:
            raise Outside
        return day in self.worked or day.isoweekday() not in self.weekend and day not in self.holidays

    def holiday_name(self, day):
        self.is_business_day(day)
        return self.holidays.get(day)

    def add_business_days(self, day, count):
        self.is_business_day(day)
        if count == 0:
            return self.roll(day, "following")
        step, left = (ONE if count > 0 else -ONE), abs(count)
        while left:
            day += step
            left -= self.is_business_day(day)
        return day

    def next_business_day(self, day):
        return self.add_business_days(day, 1)

    def previous_business_day(self, day):
        return self.add_business_days(day, -1)

    def business_days_between(self, start, end):
        self.is_business_day(start), self.is_business_day(end)
        if end < start:
            return -self.business_days_between(end, start)
        return sum(self.is_business_day(start + ONE * i) for i in range(1, (end - start).days + 1))

    def roll(self, day, convention):
        self.is_business_day(day)
        if convention == "none":
            return day
        step = ONE if convention.endswith("following") else -ONE
        try:
            rolled = day
            while not self.is_business_day(rolled):
                rolled += step
        except Outside:
            if not convention.startswith("modified"):
                raise
        if convention.startswith("modified") and rolled.month != day.month:
            rolled = day
            while not self.is_business_day(rolled):
                rolled -= step
        return rolled

    def last_business_day(self, day):
        return self.roll(month_end(day), "preceding")

    def due_date(self, day, terms):
        if terms.get("from_month_end"):
            day = month_end(day)
        day = add_months(day, terms.get("months", 0)) + ONE * terms.get("days", 0)
        if "business_days" in terms:
            day = self.add_business_days(day, terms["business_days"])
        if terms.get("to_month_end"):
            day = month_end(day)
        return self.roll(day, terms.get("roll", "following"))

    def instalments(self, cents, plan):
        share = abs(cents) // plan["count"] * (1 if cents > 0 else -1)
        amounts = [share] * plan["count"]
        amounts[0 if plan.get("rest") == "first" else -1] += cents - share * plan["count"]
        months = {"week": 0, "month": 1, "quarter": 3, "year": 12}[plan["every"]]
        days = 7 if plan["every"] == "week" else 0
        first = date.fromisoformat(plan["first"])
        return [{"due": self.roll(add_months(first, months * i) + ONE * days * i, plan.get("roll", "following")).isoformat(),
                 "amount": Decimal(amount) / 100} for i, amount in enumerate(amounts)]

    def sla_seconds_between(self, start, end):
        if end < start:
            return -self.sla_seconds_between(end, start)
        first, last = (start + EAST).date(), (end + EAST).date()
        self.is_business_day(first), self.is_business_day(last)
        total, day = 0, first
        while day <= last:
            if self.is_business_day(day):
                midnight = datetime.combine(day, datetime.min.time()) - EAST
                opens = max(start, midnight + timedelta(seconds=OPEN))
                closes = min(end, midnight + timedelta(seconds=CLOSE))
                total += max(0, int((closes - opens).total_seconds()))
            day += ONE
        return total

    def sla_deadline(self, start, seconds):
        if seconds == 0:
            self.is_business_day((start + EAST).date())
            return start
        day = (start + EAST).date()
        while True:
            if self.is_business_day(day):
                midnight = datetime.combine(day, datetime.min.time()) - EAST
                opens = max(start, midnight + timedelta(seconds=OPEN))
                room = int((midnight + timedelta(seconds=CLOSE) - opens).total_seconds())
                if 0 < seconds <= room:
                    return opens + timedelta(seconds=seconds)
                seconds -= max(0, room)
            day += ONE


def month_end(day):
    return day.replace(day=monthrange(day.year, day.month)[1])


def add_months(day, months):
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, min(day.day, monthrange(count // 12, count % 12 + 1)[1]))


def written(value):
    """A value of the reference as the policy's JSON has it."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat() if isinstance(value, date) else value


def read(name):
    with open(os.path.join(PLUGINS, "calendar", name), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class CalendarTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        rows, worked = read("holidays.csv"), read("working_days.csv")
        cls.calendars = {name: Calendar([row for row in rows if row["calendar"] == name],
                                        [row for row in worked if row["calendar"] == name])
                         for name in {row["calendar"] for row in rows}}

    def compare(self, cases):
        """Each case: the call, and what the reference does."""
        values = call("calendar", [case for case, _ in cases])
        wrong, outside = [], 0
        for (case, reference), value in zip(cases, values):
            try:
                expected = written(reference())
            except Outside:
                outside += 1
                if not isinstance(value, Failed) or "is outside the years" not in value:
                    wrong.append((case, "outside", value))
                continue
            if isinstance(value, Failed) or value != expected or isinstance(value, bool) != isinstance(expected, bool):
                wrong.append((case, expected, value))
        self.assertEqual(wrong[:3], [], f"{len(wrong)} differ (REMIT_SEED={SEED})")
        return outside

    def test_every_day_of_every_calendar(self):
        """All days are enumerated, 31 days past either end of the data included: is it a business day, and what is its name."""
        for name, calendar in sorted(self.calendars.items()):
            with self.subTest(calendar=name):
                days = [calendar.first + ONE * i for i in range(-31, (calendar.last - calendar.first).days + 32)]
                cases = [(("is_business_day", day.isoformat(), name), lambda day=day: calendar.is_business_day(day)) for day in days]
                self.assertEqual(self.compare(cases), 62)

    def test_random_days(self):
        chance = random.Random(SEED)
        cases = []
        for _ in range(4000):
            name = chance.choice(sorted(self.calendars))
            calendar = self.calendars[name]
            span = (calendar.last - calendar.first).days
            # Half of the days lie around a holiday, where things happen.
            if chance.random() < 0.5:
                day = chance.choice(sorted(calendar.holidays)) + ONE * chance.randint(-4, 4)
            else:
                day = calendar.first + ONE * chance.randint(-3, span + 3)
            other = calendar.first + ONE * chance.randint(0, span)
            count = chance.choice([chance.randint(-12, 12), chance.randint(-700, 700)])
            convention = chance.choice(["following", "modified_following", "preceding", "modified_preceding", "none"])
            terms = {"days": chance.choice([0, 10, 14, 30, 60, 90]), "roll": convention}
            for key, value in (("from_month_end", True), ("to_month_end", True), ("months", chance.randint(1, 6)),
                               ("business_days", chance.randint(-3, 10))):
                if chance.random() < 0.3:
                    terms[key] = value
            kind = chance.choice(["holiday_name", "next_business_day", "previous_business_day", "add_business_days",
                                  "business_days_between", "roll", "last_business_day", "due_date"])
            more = {"add_business_days": [count], "business_days_between": [other], "roll": [convention], "due_date": [terms]}
            arguments = [day, *more.get(kind, [])]
            cases.append(((kind, *map(written, arguments), name),
                          lambda kind=kind, calendar=calendar, arguments=arguments: getattr(calendar, kind)(*arguments)))
        outside = self.compare(cases)
        self.assertTrue(0 < outside < 2000, outside)

    def test_service_hours(self):
        chance = random.Random(SEED + 1)
        cases = []
        for _ in range(1500):
            name = chance.choice(sorted(self.calendars))
            calendar = self.calendars[name]
            day = chance.choice(sorted(calendar.holidays)) + ONE * chance.randint(-4, 4)
            # Opening and closing time, a second beside them, or any time.
            second = chance.choice([OPEN, CLOSE, OPEN - 1, CLOSE - 1, OPEN + 1, CLOSE + 1, chance.randrange(86400)])
            start = datetime.combine(day, datetime.min.time()) + timedelta(seconds=second) - EAST
            end = start + timedelta(seconds=chance.choice([chance.randint(-10**6, 10**6), chance.randint(-10**5, 10**5)]))
            seconds = chance.choice([0, 1, 9 * 3600, 45 * 3600, chance.randrange(0, 4 * 10**5, 9)])
            if seconds % 9:
                cases.append((("sla_seconds_between", written(start), written(start + timedelta(seconds=1)), name),
                              lambda c=calendar, s=start: c.sla_seconds_between(s, s + timedelta(seconds=1))))
                continue
            cases.append((("sla_deadline", written(start), Decimal(seconds) / 3600, name),
                          lambda c=calendar, s=start, n=seconds: c.sla_deadline(s, n)))
            cases.append((("sla_seconds_between", written(start), written(end), name),
                          lambda c=calendar, s=start, e=end: c.sla_seconds_between(s, e)))
            cases.append((("sla_hours_between", written(start), written(end), name),
                          lambda c=calendar, s=start, e=end: round(Decimal(c.sla_seconds_between(s, e)) / 3600, 4)))
        self.compare(cases)

    def test_instalments(self):
        chance = random.Random(SEED + 2)
        cases = []
        for _ in range(500):
            calendar = self.calendars["NL"]
            cents = chance.choice([chance.randint(-10**4, 10**4), chance.randint(1, 10**12)])
            plan = {"first": (date(2016, 1, 1) + ONE * chance.randint(0, 1500)).isoformat(), "count": chance.randint(1, 40),
                    "every": chance.choice(["week", "month", "quarter", "year"]),
                    "rest": chance.choice(["first", "last"]), "roll": chance.choice(["none", "following", "modified_following"])}
            cases.append((("instalments", Decimal(cents) / 100, plan, "NL"),
                          lambda cents=cents, plan=plan: calendar.instalments(cents, plan)))
        self.compare(cases)

    def test_month_and_quarter_ends(self):
        days = [date(2023, 12, 25) + ONE * i for i in range(800)]
        cases = [(("month_end", written(day)), lambda day=day: month_end(day)) for day in days]
        cases += [(("quarter_end", written(day)), lambda day=day: month_end(day.replace(day=1, month=(day.month + 2) // 3 * 3)))
                  for day in days]
        self.compare(cases)

    def test_data_errors(self):
        head = "calendar,date,name,weekend_iso_days\n"
        row = "CN,2024-01-01,New Year's Day,6|7\n"
        work = "calendar,date,name\n"
        for holidays, working, said in (
            (head + row + row, work, "CN has two rows of 2024-01-01"),
            (head + row, work + "CN,2024-02-03,Worked\n" * 2, "CN has two rows of 2024-02-03"),
            (head + row + "CN,2024-02-30,Never,6|7\n", work, "holidays.csv:3"),
            (head + row + "CN,2024-02-01,,6|7\n", work, "holidays.csv:3"),
            (head + row + "CN,2024-05-01,Labour Day,5|6\n", work, "CN has another weekend on 2024-05-01"),
            (head + "CN,2024-01-01,New Year's Day,6|8\n", work, 'the weekend of CN is "6|8"'),
            (head + "CN,2024-01-01,New Year's Day,6|6\n", work, 'the weekend of CN is "6|6"'),
            (head + "CN,2024-01-01,New Year's Day,1|2|3|4|5|6|7\n", work, "leaves no day to work on"),
            (head + row + "CN,2026-01-01,New Year's Day,6|7\n", work, "CN has no row in 2025"),
            (head + row, work + "CN,2024-01-02,Worked\n", "2024-01-02 is no weekend day of CN"),
            (head + row + "CN,2024-06-01,Children's Day,6|7\n", work + "CN,2024-06-01,Worked\n", "a holiday on 2024-06-01, too"),
            (head + row, work + "CN,2025-02-01,Worked\n", "no holiday in the year of 2025-02-01"),
            (head + row, work + "NL,2024-02-03,Worked\n", "NL has no row in holidays.csv"),
            (head.replace("name", "title") + row, work, "holidays.csv"),
            (head.replace("CN", "NL") + row.replace("CN", "NL"), work, 'there is no calendar "CN"'),
            (head, work, 'there is no calendar "CN"'),
            (b"", work, "holidays.csv"),
        ):
            with self.subTest(said=said):
                status, message = load("calendar", {"holidays.csv": holidays, "working_days.csv": working})
                self.assertEqual(status, 4, message)
                self.assertIn(said, message)

    def test_settings(self):
        """Country, hours and distance from UTC of the administrator's file, each other than its default."""
        settings = {"country": "NL", "opening_hours": "10:00-12:00,13:30-15:00", "utc_offset": "-02:30"}
        held = with_data("calendar", {}) | {"plugins/settings.json": json.dumps({"calendar": settings})}
        with Folder(held) as folder:
            values = call("calendar", [("is_business_day", "2025-10-01"), ("local_day", "2025-10-01T02:29:00Z"),
                                       ("sla_deadline", "2025-10-02T14:00:00Z", 2), ("sla_hours_between", "2025-10-02T00:00:00Z",
                                                                                     "2025-10-03T00:00:00Z")],
                          plugins=os.path.join(folder.path, "plugins"))
        self.assertEqual(values, [True, "2025-09-30", "2025-10-02T17:30:00Z", Decimal("3.5")])

    def test_rows_in_any_order_with_carriage_returns(self):
        rows = ["CN,2025-01-01,New Year's Day,6|7", "CN,2024-01-01,New Year's Day,6|7", "CN,2024-05-01,Labour Day,6|7"]
        text = b"\xef\xbb\xbf" + "\r\n".join(["calendar,date,name,weekend_iso_days"] + rows).encode()
        status, message = load("calendar", {"holidays.csv": text, "working_days.csv": "calendar,date,name\r\n"})
        self.assertEqual(status, 0, message)


if __name__ == "__main__":
    unittest.main()
