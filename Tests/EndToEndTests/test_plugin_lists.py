"""The lists plugin, judged by a reference that folds names with Python's Unicode tables and compares with every row."""
import csv
import io
import os
import random
import unicodedata
import unittest
from datetime import date, timedelta

from plugin_calls import PLUGINS, Failed, call, load, with_data
from support import Folder

SEED = int(os.environ.get("REMIT_SEED", "20250615"))
GONE = set("'`´ʼ‘’′ـ") | {chr(code) for low, high in ((0x300, 0x36F), (0x64B, 0x655), (0x670, 0x670), (0xAD, 0xAD), (0x200B, 0x200F),
                                                   (0x202A, 0x202E), (0x2060, 0x2064), (0xFEFF, 0xFEFF)) for code in range(low, high + 1)}
# Letters that Unicode does not take apart.
LETTERS = {"ß": "ss", "ẞ": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "ŋ": "n", "þ": "th",
           "ŧ": "t", "ĸ": "k", "ƒ": "f", "ə": "e", "ς": "σ", "ی": "ي", "ى": "ي", "ک": "ك", "ة": "ه", "ẚ": "a",
           "Ŀ": "l", "ŀ": "l", "ŉ": "n"}


def character(each):
    if "！" <= each <= "～":
        each = chr(ord(each) - 0xFEE0)
    if each in GONE:
        return ""
    if each == "&":
        return " and "
    if 0x3400 <= ord(each) <= 0x9FFF or 0xAC00 <= ord(each) <= 0xD7A3 or 0x1000 < ord(each) < 0x1E00 or each in "㈱㈲㈜㍿":
        return each
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", LETTERS.get(each, each)).lower())
    parts = "".join(LETTERS.get(part, part) for part in parts if part not in GONE)
    good = parts and all(unicodedata.category(part)[0] in "LNM" for part in parts)
    return parts if good else " "


def is_east_asian(text):
    return 0x3000 <= ord(text[0]) < 0xE000 or ord(text[0]) > 0xFFFF


def words_of(name):
    folded, before = "", " "
    for each in "".join(map(character, name)):
        if each != " " and before != " " and is_east_asian(each) != is_east_asian(before):
            plain = before if is_east_asian(each) else each
            folded += " " if plain.isascii() else ""
        folded, before = folded + each, each
    words = []
    for word in folded.split():
        single = len(word) == 1 and word.isalpha() and not is_east_asian(word)
        words.append((word, single))
    joined = []
    for i, (word, single) in enumerate(words):
        if single and i and words[i - 1][1]:
            joined[-1] += word
        else:
            joined.append(word)
    return joined


class Lists:
    """The rows, and every question answered by folding each name again."""

    def __init__(self, texts):
        rows = {name: list(csv.DictReader(io.StringIO(text))) for name, text in texts.items()}
        self.rows = rows["entries.csv"]
        self.forms = [words_of(row["form"]) for row in rows["legal_forms.csv"]]
        self.glued = [words_of(row["form"])[0] for row in rows["legal_forms.csv"] if row["glued"] == "true"]

    def normalise(self, name):
        words = words_of(name)
        for cut in (lambda form: words[:-len(form)] if words[-len(form):] == form else None,
                    lambda form: words[len(form):] if words[:len(form)] == form else None):
            while True:
                rests = [rest for rest in map(cut, self.forms) if rest]
                if not rests:
                    break
                words = min(rests, key=len)
        spans = []
        for word in words:
            if spans and is_east_asian(word) and is_east_asian(spans[-1]):
                spans[-1] += word
            else:
                spans.append(word)
        for i, word in enumerate(spans):
            again = is_east_asian(word)
            while again:
                again = False
                for form in sorted(self.glued, key=lambda form: -len(form.encode())):
                    if len(word) > len(form) and (word.endswith(form) or word.startswith(form)):
                        word = word[:-len(form)] if word.endswith(form) else word[len(form):]
                        again = True
            spans[i] = word
        return " ".join(sorted(spans, key=str.encode))

    def entries(self, list_, day, test):
        for row in self.rows:
            if row["list"] == list_ and (not row["from"] or row["from"] <= day) and (not row["to"] or day <= row["to"]) and test(row):
                yield {key: row[key] for key in ("list", "id", "name", "from", "to", "note") if row[key]}

    def entry(self, list_, id_, day):
        return next(self.entries(list_, day, lambda row: row["id"] == id_), None)

    def is_listed(self, list_, name, day):
        key = self.normalise(name)
        for match, test in (("exact", lambda row: row["id"] == name), ("exact", lambda row: row["name"] == name),
                            ("normalised", lambda row: self.normalise(row["name"]) == key)):
            for entry in self.entries(list_, day, test):
                return {"match": match, "entry": entry}
        return None

    def matches(self, name, day):
        found = [self.is_listed(list_, name, day) for list_ in sorted({row["list"] for row in self.rows})]
        return [each for each in found if each]


def shipped():
    texts = {}
    for name in ("entries.csv", "legal_forms.csv"):
        with open(os.path.join(PLUGINS, "lists", name), encoding="utf-8", newline="") as file:
            texts[name] = file.read()
    return texts


def full_width(text):
    return "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else "　" if each == " " else each for each in text)


def disguised(chance, name):
    """The name as somebody else would write it."""
    for _ in range(chance.randint(0, 4)):
        name = chance.choice([
            str.upper, str.lower, str.title, full_width, lambda s: unicodedata.normalize("NFD", s), lambda s: unicodedata.normalize("NFKC", s),
            lambda s: " ".join(chance.sample(s.split(), len(s.split()))), lambda s: s.replace(" ", chance.choice(["  ", "-", ", ", "\u00a0", "/"])),
            lambda s: s + chance.choice([" Ltd", " GmbH", "有限公司", " S.A.", " Inc.", ", LLC", "株式会社", " & Co", " ООО", "."]),
            lambda s: chance.choice(["The ", "PT ", "ООО ", "(株)", "주식회사 "]) + s, lambda s: f"«{s}»",
            lambda s: s[:-1], lambda s: s + chance.choice("aя海0"),
            lambda s: "".join(each for each in unicodedata.normalize("NFD", s) if not unicodedata.combining(each))])(name)
    return name


class ListsTests(unittest.TestCase):
    def compare(self, lists, calls, plugins=PLUGINS):
        values = call("lists", calls, plugins=plugins)
        wrong = []
        for (name, *arguments), value in zip(calls, values):
            expected = getattr(lists, name)(*arguments)
            if isinstance(value, Failed) or value != expected:
                wrong.append((name, arguments, expected, value))
        self.assertEqual([repr(each) for each in wrong[:5]], [], f"{len(wrong)} differ (REMIT_SEED={SEED})")
        return values

    def test_every_character(self):
        """Alone, between letters, and between East Asian letters: all that the tables speak of, and what lies around it."""
        codes = [*range(0x01, 0x250), 0x259, *range(0x370, 0x378), *range(0x386, 0x3D0), *range(0x400, 0x530), *range(0x621, 0x656),
                 0x670, 0x6A9, 0x6CC, *range(0x1E00, 0x1F00), *range(0x2000, 0x2070), *range(0x3040, 0x3097), *range(0x30A0, 0x3100),
                 0x3231, *range(0xAC00, 0xAC20), *range(0x4E00, 0x4E40), *range(0xFB00, 0xFB07), *range(0xFF01, 0xFFA0)]
        lists = Lists(shipped())
        texts = [chr(code) for code in codes if unicodedata.name(chr(code), "") or code < 32]
        self.compare(lists, [("normalise", form) for each in texts for form in (each, f"ab{each}CD", f"海{each}")])

    def test_shipped_entries(self):
        chance = random.Random(SEED)
        lists = Lists(shipped())
        names = sorted({row["list"] for row in lists.rows})
        days = sorted({row[side] for row in lists.rows for side in ("from", "to") if row[side]})
        calls = []
        for _ in range(3000):
            row = chance.choice(lists.rows)
            list_ = row["list"] if chance.random() < 0.8 else chance.choice(names)
            day = (date.fromisoformat(row["from"] or chance.choice(days)) + timedelta(days=chance.choice([-1, 0, 1, 400, 900]))).isoformat()
            if row["to"] and chance.random() < 0.5:
                day = (date.fromisoformat(row["to"]) + timedelta(days=chance.randint(-1, 1))).isoformat()
            name = disguised(chance, row["name"])
            calls.append(chance.choice([("is_listed", list_, name, day)] * 4 + [
                ("is_listed", list_, row["id"], day), ("entry", list_, chance.choice([row["id"], name]), day),
                ("matches", name, day), ("normalise", name)]))
        values = self.compare(lists, calls)
        found = [value["match"] for (name, *_), value in zip(calls, values) if name == "is_listed" and value]
        self.assertTrue(min(found.count("normalised"), found.count("exact")) > 200, len(found))

    def test_random_entries(self):
        """Few different names on few days, so that names, ids and periods meet."""
        for number in range(6):
            chance = random.Random(SEED + number)
            pool = ["Acme Ltd", "ACME", "Öko Bau GmbH", "oko bau", "海风有限公司", "海风", "A1", "B2", "Якорь", "P. Q. Shipping"]
            rows, taken = [], set()
            while len(rows) < 40:
                list_, id_, name = chance.choice("xy"), chance.choice(["A1", "B2", "C3"]), chance.choice(pool)
                start = chance.randint(0, 9)
                days = range(start, start + chance.randint(1, 3))
                if any((list_, id_, name, day) in taken for day in days):
                    continue
                taken |= {(list_, id_, name, day) for day in days}
                rows.append(f"{list_},{id_},{name},2024-01-{days[0] + 1:02d},2024-01-{days[-1] + 1:02d},row {len(rows)}")
            texts = shipped() | {"entries.csv": "list,id,name,from,to,note\n" + "\n".join(rows) + "\n"}
            calls = [(kind, list_, name, f"2024-01-{day:02d}") for kind in ("is_listed", "entry") for list_ in "xy"
                     for name in [*pool, "C3", "acme", "OEKO", "якорь", "PQ shipping"] for day in range(1, 13)]
            with self.subTest(number=number), Folder(with_data("lists", texts)) as folder:
                self.compare(Lists(texts), calls, os.path.join(folder.path, "plugins"))

    def test_long_names(self):
        """What a name costs grows with its length, not with the list."""
        lists = Lists(shipped())
        self.assertIn("must have at most 1000 characters", call("lists", [("normalise", "a" * 1001)])[0])
        self.compare(lists, [("normalise", text) for text in ("Acme " * 200, "有限公司" * 250, "Ltd " * 250, "a b " * 250, "é" * 1000, "co 海" * 250)])

    def test_data_errors(self):
        head = {"entries.csv": "list,id,name,from,to,note\n", "letters.csv": "plain,letters\n", "legal_forms.csv": "form,glued\n"}
        for name, rows, said in (
            ("entries.csv", "x,1,Acme,2024-02-01,2024-01-31,\n", "entries.csv: row 2, 1: the period ends on 2024-01-31, before it begins on"),
            ("entries.csv", "x,1,Acme,,,\nx,1,Acme,2024-01-01,,\n", "entries.csv: row 3, 1: another row has the same name on the same days"),
            ("entries.csv", "x,1,...,,,\n", "entries.csv: row 2, 1: the name has no letter and no digit"),
            ("entries.csv", "x,1,,,,\n", "entries.csv:2"),
            ("entries.csv", "x,,Acme,,,\n", "entries.csv:2"),
            ("entries.csv", ",1,Acme,,,\n", "entries.csv:2"),
            ("entries.csv", "x,1,Acme,2024-13-01,,\n", "entries.csv:2"),
            ("entries.csv", b"x,1,Acm\xe9,,,\n", "entries.csv"),
            ("letters.csv", "a,áà\ne,á\n", "letters.csv: the letter á stands there twice"),
            ("letters.csv", "a,A\n", "letters.csv: the letter A stands there twice, or is none"),
            ("letters.csv", "a,\n", "letters.csv:2"),
            ("legal_forms.csv", "...,false\n", 'legal_forms.csv: nothing is left of the form "..."'),
            ("legal_forms.csv", "ltd,perhaps\n", "legal_forms.csv:2"),
        ):
            with self.subTest(said=said):
                data = rows if isinstance(rows, bytes) else rows.encode()
                status, message = load("lists", {name: head[name].encode() + data})
                self.assertEqual(status, 4, message)
                self.assertIn(said, message)

    def test_empty_files(self):
        status, said = load("lists", {"entries.csv": "list,id,name,from,to,note\r\n", "letters.csv": "plain,letters\r\n"})
        self.assertEqual(status, 0, said)
        for name in ("entries.csv", "letters.csv", "legal_forms.csv"):
            status, said = load("lists", {name: b""})
            self.assertEqual(status, 4, said)
            self.assertIn(name, said)


if __name__ == "__main__":
    unittest.main()
