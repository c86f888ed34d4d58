"""`remit test --coverage`: what the tests reach, as text, as an LCOV tracefile and as a page."""
import html.parser
import os
import re
import unittest

from support import Folder, run

LIB = """local lib = {}
function lib.half(x)
  if x < 0 then
    return 0
  end
  return x / 2
end
function lib.unused()
  return 1
end
return lib
"""

ORDER = """local lib = require "lib.shared"
return policy {
  summary = "Orders <b>&amp;", outcomes = { "approve", "route", "reject" },
  input = record { amount = money {}, vip = optional(boolean {}) },
  params = { limit = money { default = "100.00", summary = "The limit." } },
  reasons = { small = { en = "Small.", zh = "小" }, large = { en = "Large.", zh = "大" }, never = { en = "N", zh = "无" } },
  decide = function(tx, params)
    local half = lib.half(tx.amount)
    if half > params.limit and not tx.vip then
      return { outcome = "route", reasons = { "large" } }
    end
    for _ = 1, 2 do half = half + 1 end
    if tx.amount < 0 or tx.vip and "<&>" == "'" then
      return { outcome = "reject", reasons = { "large" } }
    end
    return { outcome = "approve", reasons = { "small" } }
  end,
}
"""

SMALL = '{ name = "small", input = { amount = 10 }, expect = { outcome = "approve" } }'
LARGE = '{ name = "large", input = { amount = 201 }, expect = { outcome = "route" } }'
FAILING = '{ name = "wrong", input = { amount = 201 }, expect = { outcome = "approve" } }'


def tests(*cases, name="shop.order"):
    return f'return test "{name}" {{\n' + "".join(f"  {case},\n" for case in cases) + "}\n"


def folder(*cases, **more):
    return Folder({"policies/shop/order.lua": ORDER, "policies/lib/shared.lua": LIB,
                   "policies/shop/order_test.lua": tests(*cases), **more})


def lcov(text):
    """The records of a tracefile: path → {"DA": {line: hits}, "BRDA": [(line, block, branch, taken)], "LF": …}."""
    records, record = {}, None
    for line in text.splitlines():
        kind, _, rest = line.partition(":")
        if kind == "TN":
            continue
        if kind == "SF":
            record = records[rest] = {"DA": {}, "BRDA": []}
        elif kind == "DA":
            number, hits = map(int, rest.split(","))
            assert number not in record["DA"], line
            record["DA"][number] = hits
        elif kind == "BRDA":
            number, block, branch, taken = rest.split(",")
            record["BRDA"].append((int(number), int(block), int(branch), None if taken == "-" else int(taken)))
        elif kind in ("LF", "LH", "BRF", "BRH"):
            record[kind] = int(rest)
        else:
            assert line == "end_of_record", line
    return records


class Page(html.parser.HTMLParser):
    """Reads a page, and fails where its elements are not closed in order or an id stands there twice."""
    VOID = {"meta"}

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.links, self.words, self.marks, self.within, self.elements = [], set(), set(), [], [], [], set()
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.elements.add(tag)
        if "id" in attrs:
            assert attrs["id"] not in self.ids, attrs["id"]
            self.ids.add(attrs["id"])
        if tag == "a":
            self.links.add(attrs["href"])
        if tag == "mark":
            self.marks.append([attrs["title"], ""])
            self.within.append(self.marks[-1])
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, tag
        if tag == "mark":
            self.within.pop()

    def handle_data(self, data):
        self.words.append(data)
        for mark in self.within:
            mark[1] += data


class CoverageTest(unittest.TestCase):
    def test_what_is_missing_is_said_with_its_place(self):
        with folder(SMALL, LARGE) as place:
            done = place.run("test", "--coverage")
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            table, gaps = done.stdout.decode().split("\nnot covered:\n")
            rows = {row.split()[0]: row.split()[1:] for row in table.splitlines()[2:]}
            self.assertEqual(rows["shop.order"], ["2", "2/3", "2/3", "88.8%", "70.0%"])
            self.assertEqual(rows["lib/shared.lua"], ["75.0%", "50.0%"])
            self.assertEqual(rows["all"][:3], ["2", "2/3", "2/3"])
            self.assertEqual([gap.strip() for gap in gaps.splitlines()], [
                "shop.order: reason never never cited",
                "shop.order: outcome reject never decided",
                "shop/order.lua:13: condition `tx.amount < 0` never true",
                "shop/order.lua:13: condition `tx.amount < 0 or tx.vip and \"<&>\" == \"'\"` never true",
                "shop/order.lua:13: condition `tx.vip` never true",
                "shop/order.lua:14: statement never ran: `return { outcome = \"reject\", reasons = { \"large\" } }`",
                "lib/shared.lua:3: condition `x < 0` never true",
                "lib/shared.lua:4: statement never ran: `return 0`",
                "lib/shared.lua:9: statement never ran: `return 1`",
            ])

    def test_a_failing_case_cites_nothing(self):
        with folder(SMALL, FAILING) as place:
            done = place.run("test", "--coverage")
            self.assertEqual(done.returncode, 1)
            self.assertIn("shop.order: reason large never cited\n", done.stdout.decode())
            self.assertIn("1 passed, 1 failed\n", done.stdout.decode())
            self.assertNotIn("order.lua:10:", done.stdout.decode())

    def test_without_the_option_nothing_is_said(self):
        with folder(SMALL) as place:
            self.assertEqual(place.run("test").stdout, b"1 passed, 0 failed\n")

    def test_lcov(self):
        with folder(SMALL, LARGE) as place:
            path = os.path.join(place.path, "out.info")
            done = place.run("test", "--coverage-lcov", path)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(path, encoding="utf-8") as file:
                records = lcov(file.read())
            root = os.path.join(place.path, "policies")
            self.assertEqual(set(records), {os.path.join(root, "shop/order.lua"), os.path.join(root, "lib/shared.lua")})
            order = records[os.path.join(root, "shop/order.lua")]
            self.assertEqual(order["DA"], {1: 1, 2: 1, 8: 2, 9: 2, 10: 1, 12: 1, 13: 1, 14: 0, 16: 1})
            self.assertEqual((order["LF"], order["LH"]), (9, 8))
            self.assertEqual(sorted(order["BRDA"]), [
                (9, 0, 0, 1), (9, 0, 1, 1), (9, 1, 0, 1), (9, 1, 1, 1), (13, 2, 0, 0), (13, 2, 1, 1),
                (13, 3, 0, 0), (13, 3, 1, 1), (13, 4, 0, 0), (13, 4, 1, 1)])
            for record in records.values():
                self.assertEqual(record["LF"], len(record["DA"]))
                self.assertEqual(record["LH"], sum(hits > 0 for hits in record["DA"].values()))
                self.assertEqual(record["BRF"], len(record["BRDA"]))
                self.assertEqual(record["BRH"], sum(bool(taken) for *_, taken in record["BRDA"]))

    def test_page(self):
        with folder(SMALL, LARGE) as place:
            path = os.path.join(place.path, "out.html")
            self.assertEqual(place.run("test", "--coverage-html", path).returncode, 0)
            with open(path, encoding="utf-8") as file:
                text = file.read()
            page = Page(text)
            self.assertNotIn("script", page.elements)
            self.assertNotRegex(text, r"(?:src|href)=\"(?!#)")
            self.assertTrue(page.links)
            self.assertTrue({link[1:] for link in page.links} <= page.ids, page.links)
            words = "".join(page.words)
            for line in (ORDER + LIB).splitlines():
                self.assertIn(line, words)
            self.assertIn(["never true", "tx.amount < 0"], page.marks)
            self.assertIn("shop.order: reason never never cited", words)
            self.assertIn("prefers-color-scheme: dark", text)

    def test_a_minimum(self):
        with folder(SMALL, LARGE) as place:
            for least, status in [("50", 0), ("60%", 0), ("66.7", 1), ("100", 1)]:
                done = place.run("test", "--coverage-min", least)
                self.assertEqual(done.returncode, status, (least, done.stderr))
                if status:
                    self.assertRegex(done.stderr.decode(), r"^remit: coverage is below \S+: .*outcomes 66\.6%" if least == "100" else
                                     r"^remit: coverage is below 66\.7%: reasons 66\.6%, outcomes 66\.6%, branches 66\.6%$")
            for wrong in ["101", "-1", "x", "1.23", "", "%", "1.", "100.1"]:
                self.assertEqual(place.run("test", f"--coverage-min={wrong}").returncode, 2, wrong)

    def test_a_policy_without_tests_counts_with_nothing(self):
        with folder(SMALL, LARGE, **{"policies/shop/other.lua": ORDER}) as place:
            done = place.run("test", "--coverage")
            self.assertEqual(done.returncode, 0, done.stderr)
            row = next(line.split() for line in done.stdout.decode().splitlines() if line.startswith("shop.other"))
            self.assertEqual(row[1:], ["0", "0/3", "0/3", "0.0%", "0.0%"])
            self.assertEqual(place.run("test", "--coverage-min", "50").returncode, 1)

    def test_a_path_counts_what_it_means(self):
        other = ORDER.replace("local half = lib.half(tx.amount)", "local half = tx.amount")
        with folder(SMALL, **{"policies/shop/other.lua": other, "policies/shop/other_test.lua": tests(LARGE, name="shop.other")}) as place:
            text = place.run("test", "--coverage", "shop.other").stdout.decode()
            self.assertIn("shop.other", text)
            self.assertNotIn("shop.order", text)
            self.assertNotIn("lib/", text)

    def test_a_plugin_counts_by_its_own_tests_and_by_policies(self):
        plugin = """local settings = plugin { name = "p", version = "1.0.0", settings = { floor = integer { default = 0 } },
  provides = { half = { summary = "x", takes = { { "x", number {} } }, gives = number {} } } }
local function half(x)
  if x < settings.floor then
    return 0
  end
  return x / 2
end
return { half = half }
"""
        policy = ORDER.replace("lib.shared", "plugin.p")
        cases = 'return test "plugin.p" {\n { name = "below", call = "half", with = { -1 }, expect = 0 } }\n'
        files = {"policies/shop/order.lua": policy, "policies/shop/order_test.lua": tests(SMALL, LARGE),
                 "plugins/p/plugin.lua": plugin, "plugins/p/plugin_test.lua": cases}
        with Folder(files) as place:
            # The policies call it with what its own test does not.
            done = place.run("test", "--coverage")
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertRegex(done.stdout.decode(), r"(?m)^plugin\.p +1 +100\.0% +100\.0%$")
            alone = place.run("test", "--coverage", "plugin.p").stdout.decode()
            self.assertRegex(alone, r"(?m)^plugin\.p +1 +83\.3% +50\.0%$")
            self.assertIn("plugins/p/plugin.lua:4: condition `x < settings.floor` never false", alone)
            self.assertNotIn("plugins/", place.run("test", "--coverage", "shop.order").stdout.decode())

    def test_the_shipped_policies_are_covered(self):
        done = run("test", "policies", "--coverage-min", "100")
        self.assertEqual((done.returncode, done.stderr), (0, b""), done.stdout.decode())

    def test_a_file_that_cannot_be_written(self):
        with folder(SMALL) as place:
            done = place.run("test", "--coverage-html", os.path.join(place.path, "nowhere", "x.html"))
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr.decode(), r"^remit: cannot write .*x\.html: no such file or directory\n$")

    def test_every_way_to_write_a_file(self):
        """Carriage returns, a byte order mark, no newline at the end, and an empty page of lines."""
        for change in [lambda text: text.replace("\n", "\r\n"), lambda text: "\ufeff" + text, str.rstrip,
                       lambda text: text + "-- the end\n" * 3, lambda text: "#!/usr/bin/lua\n" + text]:
            files = {"policies/shop/order.lua": change(ORDER), "policies/lib/shared.lua": LIB,
                     "policies/shop/order_test.lua": tests(SMALL, LARGE)}
            with Folder(files) as place:
                path = os.path.join(place.path, "out.html")
                done = place.run("test", "--coverage-html", path)
                self.assertEqual(done.returncode, 0, done.stderr)
                with open(path, encoding="utf-8", newline="") as file:
                    page = Page(file.read())
                self.assertIn(["never true", "tx.amount < 0"], page.marks)
                self.assertTrue(re.search(r"shop\.order +2 +2/3 +2/3 +88\.8% +70\.0%", done.stdout.decode()))


if __name__ == "__main__":
    unittest.main()
