"""The org plugin, judged by a reference that goes through all rows for every question: on the shipped rows, and on random ones."""
import csv
import io
import os
import random
import unittest
from datetime import date, timedelta
from decimal import Decimal

from plugin_calls import PLUGINS, Failed, call, load, with_data
from support import Folder

SEED = int(os.environ.get("REMIT_SEED", "20250615"))
FILES = ("people.csv", "roles.csv", "delegations.csv", "conflicts.csv")
LEVELS_MAX = 64


def on(row, day):
    return (not row["from"] or row["from"] <= day) and (not row["to"] or day <= row["to"])


class Org:
    """The four files, and every question answered by looking at each row."""

    def __init__(self, texts):
        self.people, self.roles, self.delegations, self.conflicts = (
            list(csv.DictReader(io.StringIO(texts[name]))) for name in FILES)

    def person(self, person, day):
        for row in self.people:
            if row["person"] == person and on(row, day):
                facts = {"id": person, "name": row["name"], "level": int(row["level"]), "unit": row["unit"]}
                return facts | ({"manager": row["manager"]} if row["manager"] else {})
        return None

    def manager_of(self, person, day):
        return self.person(person, day).get("manager")

    def chain(self, person, day, up_to=None):
        up_to = up_to or {}
        found, manager = [], self.manager_of(person, day)
        while manager:
            found.append(manager)
            if "role" in up_to and self.has_role(manager, up_to["role"], day):
                return found
            if "level" in up_to and self.person(manager, day)["level"] >= up_to["level"]:
                return found
            manager = self.manager_of(manager, day)
        return None if up_to else found

    def reports_to(self, person, manager, day):
        return manager in self.chain(person, day)

    def has_role(self, person, role, day):
        return self.person(person, day) is not None and any(
            row["person"] == person and row["role"] == role and on(row, day) for row in self.roles)

    def roles_of(self, person, day):
        return [role for role in sorted({row["role"] for row in self.roles}) if self.has_role(person, role, day)]

    def holders_of(self, role, day):
        return [person for person in sorted({row["person"] for row in self.people}) if self.has_role(person, role, day)]

    def who_may_act_for(self, person, day, category=None):
        found = []
        for row in self.delegations:
            if row["person"] == person and on(row, day) and category in (None, row["category"]) + (() if row["category"] else (category,)):
                if self.person(person, day) and self.person(row["delegate"], day):
                    each = {"person": row["delegate"], "from": row["from"], "to": row["to"]}
                    each |= {"category": row["category"]} if row["category"] else {}
                    found.append(each | ({"limit": Decimal(row["limit"])} if row["limit"] else {}))
        return found

    def may_act_for(self, delegate, person, day, category=None, amount=None):
        if delegate == person:
            return self.person(person, day) is not None
        return any(row["person"] == delegate and (category or "category" not in row) and
                   ("limit" not in row or amount is not None and amount <= row["limit"])
                   for row in self.who_may_act_for(person, day, category))

    def pairs(self, kind, names):
        names = sorted(names)
        found = []
        for i, first in enumerate(names):
            for second in names[i + 1:]:
                found += [{"first": first, "second": second, "reason": row["reason"]} for row in self.conflicts
                          if row["kind"] == kind and {row["first"], row["second"]} == {first, second}]
        return found

    def role_conflicts(self, person, day, added=None):
        return self.pairs("role", set(self.roles_of(person, day)) | ({added} if added else set()))

    def duty_conflicts(self, acts):
        found = []
        actors = {act["person"] for act in acts} | {act["for_person"] for act in acts if "for_person" in act}
        for actor in sorted(actors):
            done = {act["duty"] for act in acts if actor in (act["person"], act.get("for_person"))}
            found += [{"person": actor} | each for each in self.pairs("duty", done)]
        return found

    def has_circle(self):
        """Whether on the first day of any period somebody is above themselves."""
        for day in {row["from"] for row in self.people}:
            above = {row["person"]: row["manager"] for row in self.people if on(row, day)}
            for person in above:
                seen = person
                for _ in above:
                    seen = above.get(seen)
                    if seen == person:
                        return True
        return False


def shipped():
    texts = {}
    for name in FILES:
        with open(os.path.join(PLUGINS, "org", name), encoding="utf-8", newline="") as file:
            texts[name] = file.read()
    return texts


def table(header, rows):
    return header + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)


def random_texts(chance, circles=False):
    """Rows over the days of 2024. Managers have a smaller number and are there all year, unless there may be circles."""
    def day(low=0, high=365):
        return (date(2024, 1, 1) + timedelta(days=chance.randint(low, high))).isoformat()

    people, roles, delegations = [], [], []
    count = chance.randint(2, 8) if circles else 25
    for i in range(count):
        starts = [""]
        if i >= 8 or circles:
            starts = sorted({"2024-01-01", *(day() for _ in range(chance.randint(0, 3)))})
        for j, start in enumerate(starts):
            later = starts[j + 1:j + 2]
            end = (date.fromisoformat(later[0]) - timedelta(days=1)).isoformat() if later else ""
            if not circles and i >= 8 and not later and chance.random() < 0.3:
                end = max(start, day(200))
            choices = [f"P{k}" for k in (range(count) if circles else range(min(i, 8)))] + [""]
            people.append((f"P{i}", f"Name {i}", chance.choice(choices), chance.randint(1, 6), "unit", start, end))
    for i in range(count):
        for role in chance.sample("abcdef", chance.randint(0, 4)):
            start, end = sorted((day(), day()))
            roles.append((f"P{i}", role, chance.choice(["", start]), chance.choice(["", end])))
    for _ in range(60):
        one, other = chance.sample(range(count), 2)
        start, end = sorted((day(), day()))
        delegations.append((f"P{one}", f"P{other}", chance.choice(["", "expense", "payment"]),
                            chance.choice(["", "100", "250.50"]), start, end))
    conflicts = [("role", "a", "b", "r1"), ("role", "c", "a", "r2"), ("role", "e", "f", "r3"), ("duty", "w", "x", "d1"),
                 ("duty", "z", "x", "d2"), ("duty", "y", "z", "d3")]
    chance.shuffle(people)
    return {"people.csv": table("person,name,manager,level,unit,from,to", people), "roles.csv": table("person,role,from,to", roles),
            "delegations.csv": table("person,delegate,category,limit,from,to", delegations),
            "conflicts.csv": table("kind,first,second,reason", conflicts)}


class OrgTests(unittest.TestCase):
    def compare(self, texts, chance, number):
        org = Org(texts)
        persons = sorted({row["person"] for row in org.people}) + ["nobody"]
        bounds = sorted({row[side] for row in org.people + org.roles + org.delegations for side in ("from", "to") if row[side]})
        roles = sorted({row["role"] for row in org.roles})
        duties = sorted({row[side] for row in org.conflicts if row["kind"] == "duty" for side in ("first", "second")})
        calls = []
        for _ in range(number):
            one, other = chance.choice(persons), chance.choice(persons)
            day = (date.fromisoformat(chance.choice(bounds)) + timedelta(days=chance.randint(-1, 1))).isoformat()
            category = chance.choice([None, "expense", "payment", "fixed_asset"])
            amount = chance.choice([None, 0, 100, Decimal("100.01"), Decimal("250.50"), 5000, 90000, 10**6])
            if chance.random() < 0.5 and org.delegations:
                row = chance.choice(org.delegations)
                one, other, day = row["delegate"], row["person"], chance.choice([row["from"], row["to"], day])
            up_to = chance.choice([None, {"role": chance.choice(roles)}, {"level": chance.randint(1, 7)},
                                   {"role": chance.choice(roles), "level": chance.randint(1, 7)}])
            acts = [{"person": chance.choice(persons[:3]), "duty": chance.choice(duties)} for _ in range(chance.randint(0, 4))]
            acts = [act | chance.choice([{}, {}, {"for_person": chance.choice(persons[:3])}]) for act in acts]
            calls.append(chance.choice([
                ("person", one, day), ("manager_of", one, day), ("chain", one, day, up_to), ("reports_to", one, other, day),
                ("has_role", one, chance.choice(roles), day), ("roles_of", one, day), ("holders_of", chance.choice(roles), day),
                ("who_may_act_for", other, day, category), ("may_act_for", one, other, day, category, amount),
                ("may_act_for", one, other, day, category, amount),
                ("role_conflicts", one, day, chance.choice([None, chance.choice(roles)])), ("duty_conflicts", acts)]))
        with Folder(with_data("org", texts)) as folder:
            values = call("org", calls, plugins=os.path.join(folder.path, "plugins"))
        wrong = []
        for (name, *arguments), value in zip(calls, values):
            if name in ("manager_of", "chain", "reports_to") and not org.person(arguments[0], arguments[-1 if name == "reports_to" else 1]):
                if not isinstance(value, Failed) or "there is no person" not in value:
                    wrong.append((name, arguments, "no such person", value))
                continue
            expected = getattr(org, name)(*arguments)
            if isinstance(value, Failed) or value != expected:
                wrong.append((name, arguments, expected, value))
        self.assertEqual(wrong[:3], [], f"{len(wrong)} differ (REMIT_SEED={SEED})")

    def test_shipped_rows(self):
        self.compare(shipped(), random.Random(SEED), 2000)

    def test_random_rows(self):
        for number in range(8):
            with self.subTest(number=number):
                chance = random.Random(SEED + number)
                self.compare(random_texts(chance), chance, 500)

    def test_random_circles(self):
        """Whether there is a circle on some day is seen at loading, in whatever row it stands."""
        chance = random.Random(SEED)
        counts = {True: 0, False: 0}
        for _ in range(60):
            texts = random_texts(chance, circles=True)
            expected = Org(texts).has_circle()
            counts[expected] += 1
            status, said = load("org", texts)
            self.assertEqual((status, "the managers run in a circle" in said), (4, True) if expected else (0, False),
                             texts["people.csv"] + said)
        self.assertTrue(all(counts.values()), counts)

    def test_deep_chains(self):
        for count, good in ((LEVELS_MAX + 1, True), (LEVELS_MAX + 2, False)):
            people = [(f"P{i}", "N", f"P{i - 1}" if i else "", 1, "u", "", "") for i in range(count)]
            texts = shipped() | {"people.csv": table("person,name,manager,level,unit,from,to", people),
                                 "roles.csv": "person,role,from,to\n", "delegations.csv": "person,delegate,category,limit,from,to\n"}
            status, said = load("org", texts)
            self.assertEqual(status, 0 if good else 4, said)
            if not good:
                self.assertIn("there are more than 64 managers above", said)

    def test_data_errors(self):
        head = {name: text.splitlines()[0] + "\n" for name, text in shipped().items()}
        base = "A,Ann,,2,u,,\nB,Bo,A,1,u,2024-01-01,2024-12-31\n"
        for name, rows, said in (
            ("people.csv", "A,Ann,A,1,u,,\n", "people.csv: row 2, A: the managers run in a circle: A, A"),
            ("people.csv", "A,Ann,C,1,u,2024-01-01,\nB,Bo,A,1,u,,\nC,Cy,B,1,u,,\n", "row 2, A: the managers run in a circle: A, C, B, A"),
            ("people.csv", "A,Ann,Z,1,u,,\n", "people.csv: row 2, A: the manager Z has no row"),
            ("people.csv", "A,Ann,,1,u,,2024-06-30\nB,Bo,A,1,u,2024-01-01,\n", "row 3, B: the manager A is not there on every day"),
            ("people.csv", "A,Ann,,1,u,,\nB,Bo,A,1,u,,2024-06-30\nB,Bo,A,2,u,2024-06-30,\n", "people.csv: B: two periods hold on 2024-06-30"),
            ("people.csv", "A,Ann,,1,u,2024-06-30,2024-06-29\n", "people.csv: A: a period ends on 2024-06-29, before"),
            ("people.csv", "A,Ann,,0,u,,\n", "people.csv:2"),
            ("people.csv", "A,,,1,u,,\n", "people.csv:2"),
            ("people.csv", ",Ann,,1,u,,\n", "people.csv:2"),
            ("people.csv", "A,Ann,,1,u,2024-02-30,\n", "people.csv:2"),
            ("people.csv", "A,Ann,,1,u\n", "people.csv:2"),
            ("roles.csv", "Z,manager,,\n", "roles.csv: Z has no row in people.csv"),
            ("roles.csv", "A,manager,,\nA,manager,2024-01-01,\n", "roles.csv: A as manager: two periods hold on 2024-01-01"),
            ("roles.csv", "A,,,\n", "roles.csv:2"),
            ("delegations.csv", "A,Z,,,2024-01-01,2024-01-31\n", "delegations.csv: row 2: Z has no row in people.csv"),
            ("delegations.csv", "A,A,,,2024-01-01,2024-01-31\n", "delegations.csv: row 2: A cannot stand in for itself"),
            ("delegations.csv", "A,B,,,2024-01-31,2024-01-01\n", "delegations.csv: row 2: the period ends on 2024-01-01"),
            ("delegations.csv", "A,B,,,2024-01-31,\n", "delegations.csv:2"),
            ("delegations.csv", "A,B,,-1,2024-01-01,2024-01-31\n", "delegations.csv:2"),
            ("conflicts.csv", "role,a,a,why\n", "conflicts.csv: row 2: a and a are one"),
            ("conflicts.csv", "role,a,b,why\nrole,b,a,why\n", "conflicts.csv: row 3: b and a are one, or stand there twice"),
            ("conflicts.csv", "task,a,b,why\n", "conflicts.csv:2"),
        ):
            with self.subTest(said=said):
                texts = head | {"people.csv": head["people.csv"] + base} | {name: head[name] + rows}
                status, message = load("org", texts)
                self.assertEqual(status, 4, message)
                self.assertIn(said, message)

    def test_empty_files(self):
        status, said = load("org", {name: text.splitlines()[0] + "\r\n" for name, text in shipped().items()})
        self.assertEqual(status, 0, said)
        for name in FILES:
            status, said = load("org", {name: b""})
            self.assertEqual(status, 4, said)
            self.assertIn(name, said)


if __name__ == "__main__":
    unittest.main()
