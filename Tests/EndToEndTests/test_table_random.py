"""Decision tables: random ones against a plain evaluator, small and large."""
import unittest

from support import Folder, policy
from table_model import Crowd, Maker, expected, plain
from tables import ANY, PARAMS, PICK, SEED, Base, results_of, wrap


HITS = ["U", "A", "P", "F", "R", "O", "C", "C+", "C<", "C>", "C#"]


class Random(Base):
    def check(self, tables, rows_each):
        """Asks each of the tables, (maker, hit), about random rows, and holds every answer against the plain evaluator's."""
        files, rows, wanted = {}, [], []
        for number, (maker, hit) in enumerate(tables):
            inputs, domains, rules = maker.table(hit)
            files[f"policies/data/m{number}.csv"] = maker.sheet(hit, inputs, domains, rules)
            for _ in range(rows_each):
                values = [maker.value(kind) for kind in inputs]
                rows.append({"which": number + 1, **{f"i{i}": wrap(value) for i, value in enumerate(values)}})
                wanted.append((number, values, expected(hit, domains, rules, values)))
        prelude = PICK + "local tables = { " + ", ".join(f'decision_table "data/m{i}.csv"' for i in range(len(tables))) + " }\n"
        decide = """local out, rows = tables[tx.which]({ i0 = pick(tx.i0), i1 = pick(tx.i1), i2 = pick(tx.i2) }, params)
    return { outcome = "approve", reasons = { "ok" }, out = out, rows = rows }"""
        files["policies/x/y.lua"] = policy(decide, fields=f"which = integer {{}}, i0 = {ANY}, i1 = {ANY}, i2 = {ANY}", extra=PARAMS, prelude=prelude)
        with Folder(files) as folder:
            results, done = results_of(folder, rows)
        self.assertEqual(len(results), len(rows), done.stderr.decode())
        matched = 0
        for (number, values, want), result in zip(wanted, results):
            with self.subTest(seed=SEED, table=files[f"policies/data/m{number}.csv"][:2000], hit=tables[number][1], values=values):
                if want == "error":
                    self.assertIn(f"data/m{number}.csv: rules ", result.get("error", {}).get("message", ""))
                    continue
                self.assertIn("decision", result)
                decision = result["decision"]
                self.assertEqual((plain(decision.get("out")), decision["rows"]), (plain(want[0]), want[1]))
                matched += bool(want[1])
        self.assertGreater(matched, len(rows) // 4)

    def test_random_tables(self):
        maker = Maker(SEED)
        self.check([(maker, hit) for hit in HITS * 10], 50)

    def test_many_rules(self):
        """Several blocks of rules, and more places where cells end than the index has buckets for."""
        for number, shape in enumerate(["plain", "prefix", "wide"]):
            maker = Crowd(SEED + number, 3000, 2500, shape)
            self.check([(maker, hit) for hit in ["F", "C", HITS[3 * number], HITS[3 * number + 1]]], 25)

    def test_a_hundred_thousand_rules(self):
        self.check([(Crowd(SEED, 40000, 100000, "plain"), "F")], 12)


if __name__ == "__main__":
    unittest.main()
