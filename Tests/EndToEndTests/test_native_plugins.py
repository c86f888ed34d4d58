"""Native plugins: the examples, and small libraries compiled here that do what a plugin must not."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from support import Folder, REMIT, ROOT, policy

HEADER = os.path.join(ROOT, "Sources/CRemitPlugin/include")
BUILT = os.path.dirname(os.path.realpath(REMIT))
CC = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")

# One function, `f`, which takes what TAKES says and does BODY.
LIBRARY = """
#include <string.h>
#include <stdlib.h>
#include <unistd.h>
#include <time.h>
#include "remit_plugin.h"
%(prelude)s
static int f(const remit_plugin_value *a, size_t n, const remit_plugin_host *h) {
  (void)a, (void)n, (void)h;
  %(body)s
}
static const remit_plugin_argument arguments[] = {%(takes)s};
static const remit_plugin_function functions[] = {
  {"f", "Does it.", arguments, sizeof arguments / sizeof *arguments, %(gives)s, %(cost)s, f},
};
static const remit_plugin plugin = {%(version)s, "%(name)s", "1.0.0", "A test.", functions, 1};
REMIT_PLUGIN_EXPORT const remit_plugin *%(symbol)s(void) { return %(returns)s; }
"""
DEFAULTS = {"prelude": "", "body": 'return h->give_text(h, "x", 1);', "takes": '{"it", REMIT_PLUGIN_TEXT | REMIT_PLUGIN_OPTIONAL}',
            "gives": "REMIT_PLUGIN_TEXT", "cost": "1, 0", "version": "REMIT_PLUGIN_VERSION", "name": "p",
            "symbol": "remit_plugin_v1", "returns": "&plugin"}


class Native(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        assert CC, "these tests need a C compiler: set CC"
        cls.temporary = tempfile.TemporaryDirectory()
        cls.count = 0

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    @classmethod
    def compile(cls, source=None, *flags, **parts):
        """The path of a library made of the source, or of LIBRARY with these parts."""
        cls.count += 1
        path = os.path.join(cls.temporary.name, f"lib{cls.count}")
        with open(path + ".c", "w", encoding="utf-8") as file:
            file.write(source if source is not None else LIBRARY % {**DEFAULTS, **parts})
        subprocess.run([CC, "-std=gnu17", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-I", HEADER, *flags, "-o", path + ".so", path + ".c"],
                       check=True)
        return path + ".so"

    def decide(self, library, expression, rows=({},), name="p", jobs="1", head=""):
        text = policy(f'{head} return {{ outcome = "approve", reasons = {{ "ok" }}, got = {expression} }}',
                      fields="id = optional(text {}), a = optional(text {}), b = optional(text {}), n = optional(number {}), day = optional(date {})",
                      prelude=f'local p = require "plugin.{name}"\n')
        with Folder({"policies/x/y.lua": text}) as folder:
            return folder.batch("x.y", rows, "--native-plugin", f"{name}={library}", "--jobs", jobs, "--at", "2025-01-01")

    def got(self, library, expression="p.f(nil)", row=None, **more):
        results, done = self.decide(library, expression, [row or {}], **more)
        self.assertEqual(done.returncode, 0, (done.stdout, done.stderr))
        return results[0]["decision"].get("got")

    def error(self, library, expression="p.f(nil)", row=None, **more):
        results, done = self.decide(library, expression, [row or {}], **more)
        self.assertEqual(done.returncode, 3, (done.stdout, done.stderr))
        return results[0]["error"]


class Examples(Native):
    SIMILARITY = os.path.join(BUILT, "libremit-similarity.so")
    NAMES = os.path.join(BUILT, "libremit-names.so")

    def setUp(self):
        for path in (self.SIMILARITY, self.NAMES):
            self.assertTrue(os.path.exists(path), f"{path} is not there: make plugins")

    @staticmethod
    def reference(a, b):
        """Jaro and Winkler once more, with fractions."""
        from fractions import Fraction
        if not a and not b:
            return Fraction(1)
        reach = max(max(len(a), len(b)) // 2 - 1, 0)
        taken, first = set(), []
        for i, character in enumerate(a):
            for k in range(max(0, i - reach), min(len(b), i + reach + 1)):
                if k not in taken and b[k] == character:
                    taken.add(k)
                    first.append(character)
                    break
        if not first:
            return Fraction(0)
        m = len(first)
        moved = sum(x != y for x, y in zip(first, [b[k] for k in sorted(taken)]))
        jaro = (Fraction(m, len(a)) + Fraction(m, len(b)) + (m - Fraction(moved, 2)) / m) / 3
        prefix = 0
        while prefix < min(4, len(a), len(b)) and a[prefix] == b[prefix]:
            prefix += 1
        return jaro + Fraction(prefix, 10) * (1 - jaro)

    def test_similarity_in_c(self):
        import random
        generator = random.Random(20250101)
        pairs = [("MARTHA", "MARHTA"), ("DIXON", "DICKSONX"), ("DWAYNE", "DUANE"), ("", ""), ("", "a"), ("a", "a"), ("a", "b"), ("文具", "文具厂"), ("𝄞x", "x𝄞")]
        pairs += [tuple("".join(generator.choice("abcdé中") for _ in range(generator.randrange(12))) for _ in "ab") for _ in range(500)]
        pairs += [("x" * 256, "x" * 255 + "y"), ("ab" * 128, "ba" * 128)]
        rows = [{"a": a, "b": b} for a, b in pairs]
        outputs = []
        for jobs in ("1", "4"):
            results, done = self.decide(self.SIMILARITY, "p.jaro_winkler(tx.a, tx.b)", rows, name="similarity", jobs=jobs)
            self.assertEqual(done.returncode, 0, done.stderr)
            outputs.append(done.stdout)
        self.assertEqual(*outputs)
        for (a, b), line in zip(pairs, outputs[0].decode().splitlines()):
            exact = self.reference(a, b) * 10000
            self.assertEqual(json.loads(line)["decision"]["got"], float((2 * exact.numerator + exact.denominator) // (2 * exact.denominator)) / 10000, (a, b))
        self.assertEqual([json.loads(line)["decision"]["got"] for line in outputs[0].decode().splitlines()[:3]], [0.9611, 0.8133, 0.84])
        error = self.error(self.SIMILARITY, 'p.jaro_winkler(("x"):rep(257), "x")', name="similarity")
        self.assertIn("similarity.jaro_winkler: a name has more than 256 characters", error["message"])

    def test_names_in_swift(self):
        for name, expected in (("Acme Widgets Ltd.", "acme widgets"), ("ACME  WIDGETS, LIMITED", "acme widgets"), ("Büro Müller GmbH & Co. KG", "büro müller"),
                               ("Wonka B.V.", "wonka"), ("Limited", "limited"), ("上海文具有限公司", "上海文具"), ("有限公司", "有限公司"), ("", ""), ("...", "")):
            with self.subTest(name):
                self.assertEqual(self.got(self.NAMES, "p.normalise(tx.a)", {"a": name}, name="names"), expected)
        self.assertTrue(self.got(self.NAMES, "p.same(tx.a, tx.b)", {"a": "Acme Ltd", "b": "ACME, Inc."}, name="names"))
        self.assertFalse(self.got(self.NAMES, "p.same(tx.a, tx.b)", {"a": "Acme Ltd", "b": "Acne Ltd"}, name="names"))
        rows = [{"id": str(i), "a": f"Firm {i % 97} Ltd", "b": f"FIRM {i % 89}"} for i in range(20000)]
        outputs = {self.decide(self.NAMES, "p.same(tx.a, tx.b)", rows, name="names", jobs=jobs)[1].stdout for jobs in ("1", "4")}
        self.assertEqual(len(outputs), 1)


class Header(Native):
    def test_it_stands_alone(self):
        for language, standard in (("c", "c11"), ("c", "c17"), ("c++", "c++11"), ("c++", "c++20")):
            with self.subTest(standard):
                done = subprocess.run([CC, "-x", language, f"-std={standard}", "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only", os.path.join(HEADER, "remit_plugin.h")],
                                      capture_output=True, text=True, check=False)
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_its_example_is_a_plugin(self):
        """The code in the header's first comment."""
        with open(os.path.join(HEADER, "remit_plugin.h"), encoding="utf-8") as file:
            comment = file.read().split(" * process runs:")[1].split(" * Remit loads")[0]
        code = "\n".join(line[7:] for line in comment.splitlines() if line.startswith(" *     "))
        library = self.compile('#include "remit_plugin.h"\n' + code, "-Wno-unused-parameter")
        self.assertEqual(self.got(library, "p.twice(21)", name="twice"), 42)


class Loading(Native):
    def refused(self, path, words, name="p"):
        _, done = self.decide(path, "1", name=name)
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        text = done.stderr.decode()
        self.assertTrue(text.startswith(f"remit: --native-plugin {name}: {path}: "), text)
        self.assertIn(words, text)
        self.assertEqual(text.count("\n"), 1)
        self.assertNotIn("/proc/", text)

    def test_what_is_no_plugin(self):
        self.refused(self.compile(version="2"), "it is made for version 2 of the plugins' interface, this program has version 1")
        self.refused(self.compile(symbol="remit_plugin_v2", prelude="const remit_plugin *remit_plugin_v2(void);"), "it exports no function remit_plugin_v1")
        self.refused(self.compile(name="q"), "the plugin calls itself 'q', not 'p': --native-plugin q=PATH")
        self.refused(self.compile(returns="0 ? &plugin : 0"), "remit_plugin_v1 returns nothing")
        self.refused(self.compile(prelude="int nowhere(void);", body="return nowhere();"), "it cannot be loaded: undefined symbol: nowhere")
        self.refused(self.compile(gives="6"), "f: the result has the unknown type 6")
        self.refused(self.compile(gives="0"), "f: the result has the unknown type 0")
        self.refused(self.compile(takes='{"it", 77}'), "f: the argument 'it' has the unknown type 77")
        self.refused(self.compile(takes='{"no name", 1}'), "f: argument 1 has no proper name")
        self.refused(self.compile(takes=", ".join('{"a%d", 1}' % i for i in range(17))), "f: a function takes at most 16 arguments")
        self.refused(os.path.join(self.temporary.name, "none.so"), "no such file")
        self.refused(self.temporary.name, "not a regular file")
        for content in (b"", b"text", b"x" * 4000, b"\x7fELF", b"\x7fELF" + b"\0" * 4000):
            path = os.path.join(self.temporary.name, "broken.so")
            with open(path, "wb") as file:
                file.write(content)
            self.refused(path, "it is no shared library")
        self.refused(os.path.realpath(shutil.which("true")), "")
        with open(self.compile(), "rb") as file:
            whole = file.read()
        for length in (64, 65, 200, 512, 1000, 4096, 8192, 12288, len(whole) // 2):
            path = os.path.join(self.temporary.name, f"torn{length}.so")
            with open(path, "wb") as file:
                file.write(whole[:length])
            self.refused(path, "it is cut off")

    def test_descriptions_that_cannot_be(self):
        source = LIBRARY % {**DEFAULTS, "returns": "&odd", "prelude": "static const remit_plugin odd;"}
        for odd, words in (('{1, "p", "1.0.0", "s", functions, 0}', "a plugin has from 1 to 256 functions"), ('{1, "p", "1.0.0", "s", 0, 1}', "a plugin has from 1 to 256 functions"),
                           ('{1, "p", "1.0.0", "s", functions, 257}', "a plugin has from 1 to 256 functions"), ('{1, 0, "1.0.0", "s", functions, 1}', "the plugin has no proper name"),
                           ('{1, "p", 0, "s", functions, 1}', "the plugin's own version is missing"), ('{1, "p", "1", "s", twice, 2}', "two functions are called 'f'"),
                           ('{1, "p", "1", "s", nothing, 1}', "f: there is nothing to call"), ('{1, "p", "1", "s", nameless, 1}', "function 1 has no proper name")):
            with self.subTest(odd):
                more = ('static const remit_plugin_function twice[] __attribute__((unused)) = {{"f", "s", 0, 0, 1, 1, 1, f}, {"f", "s", 0, 0, 1, 1, 1, f}};\n'
                        'static const remit_plugin_function nothing[] __attribute__((unused)) = {{"f", "s", 0, 0, 1, 1, 1, 0}};\n'
                        'static const remit_plugin_function nameless[] __attribute__((unused)) = {{"", "s", 0, 0, 1, 1, 1, f}};\n'
                        f'static const remit_plugin odd = {odd};\n')
                text = source.replace("REMIT_PLUGIN_EXPORT const", more + "REMIT_PLUGIN_EXPORT const")
                self.refused(self.compile(text, "-Wno-unused-const-variable"), words)

    def test_the_option(self):
        library = self.compile()
        with Folder({"policies/x/y.lua": policy("return nil", prelude='local p = require "plugin.p"\n'), "plugins/q/plugin.lua": "x"}) as folder:
            for options, words in ((["p"], "expected NAME=PATH, got \"p\""), (["=x"], "expected NAME=PATH"), (["P=x"], "expected NAME=PATH"), (["p="], "no such file"),
                                   ([f"p={library}", f"p={library}"], "p is given twice"), ([f"q={library}"], "q is a plugin in")):
                with self.subTest(options):
                    done = folder.run("policies", *[each for option in options for each in ("--native-plugin", option)])
                    self.assertEqual(done.returncode, 2)
                    self.assertIn(words, done.stderr.decode())
            done = folder.run("batch", "--policy", "x.y")
            self.assertEqual(done.returncode, 4)
            self.assertIn(b'x/y.lua:1: module "plugin.p" not found', done.stderr)
            self.assertEqual(folder.run("policies", "--native-plugin", f"p={library}").returncode, 0)

    def test_every_command_takes_it(self):
        library = self.compile()
        files = {"policies/x/y.lua": policy('return { outcome = "approve", reasons = { "ok" }, got = p.f(nil) }', prelude='local p = require "plugin.p"\n'),
                 "policies/x/y_test.lua": 'return test "x.y" { { name = "n", input = {}, expect = { got = "x" } } }'}
        with Folder(files) as folder:
            self.assertEqual(folder.run("test", "--native-plugin", f"p={library}").stdout, b"1 passed, 0 failed\n")
            self.assertEqual(folder.run("test").returncode, 1)
            self.assertNotIn(b"not found", folder.run("check", "--native-plugin", f"p={library}").stdout)
            self.assertIn(b'module "plugin.p" not found', folder.run("check").stdout)
            done = folder.run("explain", "--policy", "x.y", "--native-plugin", f"p={library}", data="{}")
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_it_is_part_of_the_version(self):
        one, same, other = self.compile(), self.compile(), self.compile(body='return h->give_text(h, "y", 1);')
        shutil.copy(one, same)
        files = {"policies/x/y.lua": policy("return nil", prelude='local p = require "plugin.p"\n'), "policies/x/z.lua": policy("return nil")}
        with Folder(files) as folder:
            versions = [{each["name"]: each["version"] for each in json.loads(folder.run("policies", "--json", "--native-plugin", f"p={path}").stdout)}
                        for path in (one, same, other)]
        self.assertEqual(versions[0], versions[1])
        self.assertNotEqual(versions[0]["x.y"], versions[2]["x.y"])
        self.assertEqual(versions[0]["x.z"], versions[2]["x.z"])


class Calls(Native):
    def test_arguments_arrive(self):
        echo = self.compile(takes='{"t", REMIT_PLUGIN_TEXT}, {"n", REMIT_PLUGIN_NUMBER}, {"i", REMIT_PLUGIN_INTEGER}, {"b", REMIT_PLUGIN_BOOLEAN}, {"d", REMIT_PLUGIN_DATE}, {"o", REMIT_PLUGIN_TEXT | REMIT_PLUGIN_OPTIONAL}',
                            prelude="#include <stdio.h>", body="""char text[512];
            int length = snprintf(text, sizeof text, "%u %.*s|%u %.*s|%u %lld|%u %lld|%u %.*s|%u %d", a[0].type, (int)a[0].length, a[0].bytes, a[1].type, (int)a[1].length, a[1].bytes,
                                  a[2].type, (long long)a[2].integer, a[3].type, (long long)a[3].integer, a[4].type, (int)a[4].length, a[4].bytes, a[5].type, a[5].bytes == 0);
            return n == 6 ? h->give_text(h, text, (size_t)length) : h->fail(h, "count", 5);""")
        self.assertEqual(self.got(echo, 'p.f("中x", 12.50, -7, true, "2025-01-02", nil)'), "1 中x|2 12.5|3 -7|4 1|5 2025-01-02|0 1")
        self.assertEqual(self.got(echo, 'p.f("", 1e20, 9007199254740991, false, context.at, "o")'), "1 |2 100000000000000000000|3 9007199254740991|4 0|5 2025-01-01|1 0")
        self.assertEqual(self.got(echo, 'p.f("", 0.1 + 0.2, 2 * 1.5, false, tx.day)', {"day": "2025-02-28"}), "1 |2 0.3|3 3|4 0|5 2025-02-28|0 1")
        self.assertEqual(self.got(echo, 'p.f("", 1234567890.123456789012345678901234, 0, false, "2025-01-01")'), "1 |2 1234567890.123456789012345678901234|3 0|4 0|5 2025-01-01|0 1")
        for arguments, words in (("5", "p.f: t: expected text, got 5"), ('"", "1"', 'p.f: n: expected number, got "1"'), ('"", 1, 1.5', "p.f: i: expected integer, got 1.5"),
                                 ('"", 1, 1, 0', "p.f: b: expected boolean, got 0"), ('"", 1, 1, true, "x"', "p.f: d: expected date"), ('"", 1, 1, true, "2025-01-01", 5', "p.f: o: expected text, got 5"),
                                 ('"", 1, 1, true, "2025-01-01", "", 1', "p.f: takes 6 arguments, got 7"), ('"\\xff", 1, 1, true, "2025-01-01"', "p.f: t: expected text, got a text that is not UTF-8")):
            with self.subTest(arguments):
                self.assertIn(words, self.error(echo, f"p.f({arguments})")["message"])

    def test_results(self):
        for gives, body, expected in (
                ("REMIT_PLUGIN_TEXT", 'return h->give_text(h, "a\\0b", 3);', "a\0b"), ("REMIT_PLUGIN_TEXT", 'return h->give_text(h, 0, 0);', ""),
                ("REMIT_PLUGIN_TEXT", 'h->give_text(h, "long one", 8); return h->give_text(h, "two", 3);', "two"), ("REMIT_PLUGIN_NUMBER", 'return h->give_text(h, "-12.50", 6);', -12.5),
                ("REMIT_PLUGIN_NUMBER", "return h->give_integer(h, 5);", 5), ("REMIT_PLUGIN_INTEGER", "return h->give_integer(h, -9007199254740991);", -9007199254740991),
                ("REMIT_PLUGIN_BOOLEAN", "return h->give_boolean(h, 7);", True), ("REMIT_PLUGIN_DATE", 'return h->give_text(h, "2024-02-29", 10);', "2024-02-29"),
                ("REMIT_PLUGIN_TEXT | REMIT_PLUGIN_OPTIONAL", "return 0;", None),
                ("REMIT_PLUGIN_TEXT", "char *t = malloc(65536); memset(t, 'x', 65536); h->give_text(h, t, 65536); free(t); return 0;", "x" * 65536)):
            with self.subTest(body):
                self.assertEqual(self.got(self.compile(gives=gives, body=body)), expected)

    def test_broken_results(self):
        blame = ": the plugin breaks its own declaration"
        for gives, body, words in (
                ("TEXT", 'return h->give_text(h, "\\xff", 1);', "its result is not UTF-8"), ("TEXT", "return 0;", "its result is missing"), ("TEXT", "return h->give_integer(h, 1);", "its result is an integer, which is not declared"),
                ("TEXT", "return h->give_boolean(h, 1);", "its result is a boolean, which is not declared"), ("INTEGER", 'return h->give_text(h, "1", 1);', "its result is a text, which is not declared"),
                ("BOOLEAN", 'return h->give_text(h, "true", 4);', "its result is a text, which is not declared"), ("INTEGER", "return h->give_integer(h, 9007199254740992);", "its result is an integer past 2^53 - 1"),
                ("NUMBER", "return h->give_integer(h, INT64_MIN);", "its result is an integer past 2^53 - 1"), ("NUMBER", 'return h->give_text(h, "1e5", 3);', "its result is not the text of a number"),
                ("NUMBER", 'return h->give_text(h, "", 0);', "its result is not the text of a number"), ("NUMBER", 'return h->give_text(h, "nan", 3);', "its result is not the text of a number"),
                ("NUMBER", 'return h->give_text(h, "0x1p3", 5);', "its result is not the text of a number"), ("NUMBER", 'return h->give_text(h, " 1", 2);', "its result is not the text of a number"),
                ("NUMBER", 'return h->give_text(h, "1,5", 3);', "its result is not the text of a number"), ("NUMBER", 'return h->give_text(h, "1\\0", 2);', "its result is not the text of a number"),
                ("NUMBER", 'return h->give_text(h, "1.2345678901234567890123456789012345", 36);', "its result is not the text of a number"),
                ("DATE", 'return h->give_text(h, "2025-02-29", 10);', "its result is not a date"), ("DATE", 'return h->give_text(h, "2025-02-28T00:00:00Z", 20);', "its result is not a date"),
                ("TEXT", "char *t = malloc(65537); memset(t, 'x', 65537); h->give_text(h, t, 65537); free(t); return 0;", "its result has more than 65536 bytes"),
                ("TEXT", "return h->give_text(h, 0, (size_t)-1);", "its result has more than 65536 bytes"),
                ("TEXT", 'h->give_integer(h, 1); return h->give_text(h, "\\xc3", 1);', "its result is not UTF-8")):
            with self.subTest(gives=gives, body=body):
                error = self.error(self.compile(gives=f"REMIT_PLUGIN_{gives}", body=body))
                self.assertEqual(error["code"], "policy_error")
                self.assertTrue(error["message"].startswith("x/y.lua:"), error)
                self.assertIn(f"p.f: {words}", error["message"])
                self.assertTrue(error["message"].endswith(blame), error)

    def test_errors(self):
        for body, words in (('return h->fail(h, "no such name", 12);', "p.f: no such name"), ('h->give_text(h, "x", 1); return h->fail(h, "after all", 9);', "p.f: after all"),
                            ('h->fail(h, "said but not returned", 21); return 0;', "p.f: said but not returned"), ("return 1;", "p.f: it failed and does not say why"), ("return -5;", "p.f: it failed and does not say why"),
                            ("return h->fail(h, 0, 0);", "p.f: it failed and does not say why"), ("return h->fail(h, 0, 10);", "p.f: it failed and does not say why"),
                            ('return h->fail(h, "\\xff", 1);', "p.f: it failed with a message that is not UTF-8"), ('h->give_text(h, "x", 1); return 3;', "p.f: it failed and does not say why"),
                            ('return h->fail(h, "a\\0b", 3);', "p.f: it failed with a message that is not UTF-8")):
            with self.subTest(body):
                library = self.compile(body=body)
                error = self.error(library)
                self.assertEqual(error["code"], "policy_error")
                self.assertTrue(error["message"].endswith(words), error)
                self.assertIn(words, self.got(library, "select(2, pcall(p.f, nil))"))
        long = self.compile(body="char t[4000]; for (int i = 0; i < 4000; i += 2) memcpy(t + i, \"é\", 2); return h->fail(h, t, 4000);")
        self.assertTrue(self.error(long)["message"].endswith("p.f: " + "é" * 256))

    def test_a_result_after_a_failure_takes_its_place(self):
        for gives, body, value in (("TEXT", 'h->fail(h, "no", 2); return h->give_text(h, "x", 1);', "x"), ("INTEGER", 'h->fail(h, "no", 2); return h->give_integer(h, 5);', 5),
                                   ("BOOLEAN", 'h->fail(h, "no", 2); return h->give_boolean(h, 1);', True)):
            with self.subTest(gives):
                self.assertEqual(self.got(self.compile(gives=f"REMIT_PLUGIN_{gives}", body=body), "p.f(nil)"), value)
        error = self.error(self.compile(body='h->fail(h, "no", 2); h->give_text(h, "x", 1); return 1;'))
        self.assertTrue(error["message"].endswith("p.f: it failed and does not say why"), error)

    def test_the_budget(self):
        """The cost is charged before the call: what it does not hold is not called."""
        spent = self.compile(cost="2000000, 0", body="abort();")
        self.assertEqual(self.error(spent)["budget"], "instructions")
        self.assertEqual(self.error(self.compile(cost="UINT64_MAX, UINT64_MAX", body="abort();"), 'p.f("xx")')["budget"], "instructions")
        self.assertEqual(self.error(self.compile(cost="UINT64_MAX, 1", body="abort();"), 'p.f("xx")')["budget"], "instructions")
        each = self.compile(cost="0, 100")
        self.assertEqual(self.got(each, 'p.f(("x"):rep(9000))'), "x")
        self.assertEqual(self.error(each, 'p.f(("x"):rep(10001))')["budget"], "instructions")
        free = self.compile(cost="0, 0")
        self.assertEqual(self.error(free, "1", head="while true do p.f(nil) end")["budget"], "instructions")
        self.assertEqual(self.error(free, "1", head="while true do pcall(p.f, 5) end")["budget"], "instructions")

    def test_a_slow_call(self):
        """Its processor time counts, and is looked at when it has returned."""
        slow = self.compile(prelude="static double now(void) { struct timespec t; clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); return (double)t.tv_sec + (double)t.tv_nsec / 1e9; }",
                            body='double start = now(); if (a[0].length) while (now() - start < 0.15) {} return h->give_text(h, "done", 4);')
        rows = [{"id": str(i), **({"a": "slow"} if i % 3 == 1 else {})} for i in range(9)]
        for head in ("", "pcall(p.f, tx.a)"):
            results, done = self.decide(slow, "p.f(tx.a)", rows, head=head)
            self.assertEqual(done.returncode, 3)
            for i, result in enumerate(results):
                if i % 3 == 1:
                    self.assertEqual((result["error"]["code"], result["error"]["budget"]), ("budget_exceeded", "time"))
                else:
                    self.assertEqual(result["decision"]["got"], "done")

    def test_a_large_result_draws_on_memory(self):
        big = self.compile(body="char *t = malloc(65536); memset(t, 'x', 65536); t[0] = a[0].bytes[0]; h->give_text(h, t, 65536); free(t); return 0;", takes='{"it", REMIT_PLUGIN_TEXT}')
        self.assertEqual(self.error(big, "1", head='local t = {} for i = 1, 1000 do t[i] = p.f("a") .. i end')["budget"], "memory")

    def test_many_threads(self):
        library = self.compile(takes='{"n", REMIT_PLUGIN_NUMBER}', gives="REMIT_PLUGIN_NUMBER", body="return h->give_text(h, a[0].bytes, a[0].length);")
        rows = [{"id": str(i), "n": f"{i}.25"} for i in range(30000)]
        outputs = [self.decide(library, "p.f(tx.n) + 1", rows, jobs=jobs)[1].stdout for jobs in ("1", "4", "8")]
        self.assertEqual(outputs[0], outputs[1])
        self.assertEqual(outputs[0], outputs[2])
        self.assertEqual(json.loads(outputs[0].splitlines()[-1])["decision"]["got"], 30000.25)

    def test_nothing_of_it_can_be_changed(self):
        library = self.compile()
        self.assertIn("read-only", self.error(library, "1", head="p.f = nil")["message"])
        self.assertIn("attempt to call a nil value (field 'g')", self.error(library, "p.g()")["message"])


if __name__ == "__main__":
    unittest.main()
