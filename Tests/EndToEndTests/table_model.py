"""A plain evaluator of decision tables, after the contract's words, and a maker of random ones."""
import random
import re
from decimal import Decimal

from tables import VALUES, sheet


def same_type(a, b):
    return isinstance(a, bool) == isinstance(b, bool) and isinstance(a, str) == isinstance(b, str)


def holds(test, value):
    """True, False, or None where the value is of another type."""
    kind = test[0]
    if kind == "null":
        return value is None
    if kind == "not":
        inner = [holds(each, value) for each in test[1]]
        return False if True in inner else None if None in inner else True
    literals = [VALUES[each[1]] if each[0] == "param" else each[1] for each in test[2:]]
    if kind == "is" and literals[0] is None:
        return value is None
    if value is None:
        return False
    if any(each is None or not same_type(value, each) for each in literals):
        return None
    left, right = ([each.encode() if isinstance(each, str) else each for each in pair] for pair in ((value,), literals))
    value = left[0]
    if kind == "is":
        return value == right[0]
    if isinstance(value, bool):
        return None
    if kind == "compare":
        return {"<": value < right[0], "<=": value <= right[0], ">": value > right[0], ">=": value >= right[0]}[test[1]]
    low, high = right
    return (low < value if test[1][0] in "(]" else low <= value) and (value < high if test[1][1] in ")[" else value <= high)


def literal_text(literal, chance):
    kind, value = literal
    if kind == "param":
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value if re.fullmatch(r"\d{4}-\d\d-\d\d", value) and chance.random() < 0.5 else f'"{value}"'
    return f"{value:f}" + (chance.choice(["", ".0", ".00"]) if value == value.to_integral() and "." not in f"{value:f}" else "")


def test_text(test, chance):
    space = chance.choice(["", "", " "])
    if test[0] == "null":
        return "null"
    if test[0] == "not":
        return f"not{space}({','.join(test_text(each, chance) for each in test[1])}{space})"
    texts = [literal_text(each, chance) for each in test[2:]]
    if test[0] == "is":
        return texts[0]
    if test[0] == "compare":
        return test[1] + space + texts[0]
    return f"{test[1][0]}{space}{texts[0]}{space}..{texts[1]}{space}{test[1][1]}"


class Maker:
    """Makes random tables and inputs, small enough that rules overlap."""
    NUMBERS = [Decimal(text) for text in ("-2", "0", "1", "1.5", "2", "5000", "7", "0.1", "12345678901234567890.25", "9007199254740993")]
    TEXTS = ["", "a", "b", "beta", "ab", "é", "2025-03-01", "2025-02-28", "2024-12-31"]

    def __init__(self, seed):
        self.chance = random.Random(seed)

    def literal(self, kind, params=True):
        if params and self.chance.random() < 0.15:
            return "param", self.chance.choice(list(VALUES))
        return "value", {"n": self.chance.choice(self.NUMBERS), "t": self.chance.choice(self.TEXTS), "b": self.chance.random() < 0.5}[kind]

    def test(self, kind, depth=0):
        pick = self.chance.random()
        if self.chance.random() < 0.1:
            kind = self.chance.choice("ntb")
        if pick < 0.08:
            return ("null",)
        if pick < 0.25 and depth < 2:
            return "not", [self.test(kind, depth + 1) for _ in range(self.chance.randint(1, 3))]
        if pick < 0.45 or kind == "b":
            return "is", None, self.literal(kind)
        if pick < 0.7:
            return "compare", self.chance.choice(["<", "<=", ">", ">="]), self.literal(kind)
        return "between", (self.chance.choice("[(]"), self.chance.choice("])[")), self.literal(kind), self.literal(kind)

    def table(self, hit):
        """inputs, outputs with their values, rules: (cells, outputs)"""
        inputs = [self.chance.choice("nntb") for _ in range(self.chance.randint(1, 3))]
        numeric = hit in ("C+", "C<", "C>")
        outputs = [self.chance.choice("n" if numeric else "ntb") for _ in range(1 if hit.startswith("C") and len(hit) == 2 else self.chance.randint(1, 3))]
        domains = [([True, False] if kind == "b" else self.chance.sample(self.NUMBERS if kind == "n" else self.TEXTS, 3))
                   if hit in "PO" and i == 0 or not numeric and self.chance.random() < 0.3 else None for i, kind in enumerate(outputs)]
        rules = []
        for _ in range(self.chance.randint(0, 8)):
            cells = [[] if self.chance.random() < 0.4 else [self.test(kind) for _ in range(self.chance.randint(1, 3))] for kind in inputs]
            out = [None if self.chance.random() < 0.15 else ("value", self.chance.choice(domain)) if domain else
                   ("param", self.chance.choice(["limit", "whole", "none"])) if numeric and self.chance.random() < 0.2 else self.literal(kind, not numeric)
                   for kind, domain in zip(outputs, domains)]
            rules.append((cells, out))
        return inputs, domains, rules

    def sheet(self, hit, inputs, domains, rules):
        lines = [[self.chance.choice(["", "name"]), *[self.cell_text(cell) for cell in cells], "",
                  *["" if each is None else literal_text(each, self.chance) for each in out]] for cells, out in rules]
        if any(domains):
            lines.insert(self.chance.randint(0, len(lines)), ["values", *[""] * len(inputs), "",
                         *[",".join(literal_text(("value", each), self.chance) for each in domain or []) for domain in domains]])
        return sheet([hit, *[f"i{i}" for i in range(len(inputs))], "=>", *[f"o{i}" for i in range(len(domains))]], *lines)

    def cell_text(self, cell):
        return ", ".join(test_text(each, self.chance) for each in cell) or self.chance.choice(["", "-"])

    def value(self, kind):
        if self.chance.random() < 0.15:
            return None
        return self.literal(self.chance.choice("ntb") if self.chance.random() < 0.1 else kind, params=False)[1]


def expected(hit, domains, rules, values):
    """(out, rows), or "error"."""
    known = {}

    def matches(i, cell, value):
        if (i, id(cell)) not in known:
            known[i, id(cell)] = not cell or any(holds(test, value) for test in cell)
        return known[i, id(cell)]

    hits = [(number, [VALUES[each[1]] if each and each[0] == "param" else each and each[1] for each in out]) for number, (cells, out) in enumerate(rules, 1)
            if all(matches(i, cell, value) for i, (cell, value) in enumerate(zip(cells, values)))]
    numbers = [number for number, _ in hits]
    kind = lambda value: (value is None, isinstance(value, bool), isinstance(value, str), value)
    if hit == "U" and len(hits) > 1 or hit == "A" and any([kind(a) for a in out] != [kind(b) for b in hits[0][1]] for _, out in hits):
        return "error"
    if hit in "PO":
        hits.sort(key=lambda each: [len(domain) if value is None else [kind(v) for v in domain].index(kind(value))
                                    for domain, value in zip(domains, each[1]) if domain])
        numbers = [number for number, _ in hits]
    if hit in "UAPF":
        numbers = numbers if hit == "A" else numbers[:1]
    records = [{f"o{i}": value for i, value in enumerate(out) if value is not None} for _, out in hits]
    if hit in "UAPF":
        return (records[0] if records else None), numbers
    if hit in "ROC":
        return records, numbers
    terms = [each["o0"] for each in records if each]
    if hit == "C#":
        return len({kind(each) for each in terms}), numbers
    return ({"C+": sum, "C<": min, "C>": max}[hit](terms) if terms else None), numbers


def plain(value):
    """Numbers as decimals; an empty record is written as an empty list."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()} or []
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value if isinstance(value, (bool, str)) or value is None else ("number", Decimal(value))


class Crowd(Maker):
    """Makes tables of many rules whose cells end in many places: narrow ones, so that few rules match at once."""

    CELLS = 20000  # of one kind; from then on they come again

    def __init__(self, seed, literals, rules, shape):
        super().__init__(seed)
        self.rules, self.cells, self.texts = rules, {"n": [], "t": [], "b": []}, {}
        chance = self.chance
        numbers = {Decimal(chance.randrange(-10 ** 7, 10 ** 7)) / chance.choice([1, 10, 100, 1000]) for _ in range(literals)}
        if shape == "wide":
            numbers |= {each + Decimal(chance.randrange(1, 10 ** 9)).scaleb(-20) for each in list(numbers)[::2]}
        prefix = {"plain": "", "prefix": "a common beginning of them all, ", "wide": ""}[shape]
        texts = {prefix + "".join(chance.choice("abé\0 ~") for _ in range(chance.randrange(12))) for _ in range(literals)}
        texts |= {f"{prefix}20{chance.randrange(10, 40)}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}" for _ in range(literals)}
        self.NUMBERS, self.TEXTS = sorted(numbers), sorted(texts, key=str.encode)

    def literal(self, kind, params=True):
        if params and self.chance.random() < 0.002:
            return "param", self.chance.choice(list(VALUES))
        return super().literal(kind, params=False)

    def test(self, kind, depth=0):
        pick, among = self.chance.random(), self.NUMBERS if kind == "n" else self.TEXTS
        if pick < 0.02:
            return super().test(kind, depth)
        if kind == "b" or pick < 0.3:
            return "is", None, self.literal(kind)
        low = self.chance.randrange(len(among))
        if pick < 0.35:
            return "compare", self.chance.choice(["<", "<=", ">", ">="]), ("value", among[min(low % 50, len(among) - 1) - (pick < 0.33)])
        high = min(low + self.chance.randrange(len(among) // 20 + 2), len(among) - 1)
        return "between", (self.chance.choice("[(]"), self.chance.choice("])[")), ("value", among[low]), ("value", among[high])

    def table(self, hit):
        inputs, domains, _ = super().table(hit)
        return inputs, domains, [self.rule(inputs, domains, hit) for _ in range(self.rules)]

    def cell(self, kind):
        made = self.cells[kind]
        if len(made) < self.CELLS:
            made.append([self.test(kind) for _ in range(self.chance.choice([1, 1, 1, 2, 5]))])
            return made[-1]
        return self.chance.choice(made)

    def cell_text(self, cell):
        if cell and id(cell) not in self.texts:  # those of `cells` live on
            self.texts[id(cell)] = super().cell_text(cell)
        return self.texts[id(cell)] if cell else "-"

    def rule(self, inputs, domains, hit):
        numeric = hit in ("C+", "C<", "C>")
        cells = [[] if self.chance.random() < 0.3 else self.cell(kind) for kind in inputs]
        return cells, [("value", self.chance.choice(domain)) if domain else ("value", self.chance.choice(self.NUMBERS if numeric else self.TEXTS)) for domain in domains]

    def value(self, kind):
        value = super().value(kind)
        if self.chance.random() < 0.3 and isinstance(value, Decimal):
            return value + self.chance.choice([Decimal("0.0001"), Decimal("-0.0001"), Decimal("1e-21")])
        if self.chance.random() < 0.3 and isinstance(value, str):
            return self.chance.choice([value + "\0", value + "x", value[:-1], value[:3]])
        return value
