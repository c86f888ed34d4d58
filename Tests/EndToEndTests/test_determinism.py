"""Same input, policy, params and time: the same bytes, with one worker or many, in any order of rows, whatever stood in between."""
import itertools
import json
import os
import random
import subprocess
import tempfile
import time
import unittest

from support import REMIT, ROOT, Folder, policy

AT = "2025-06-15T08:00:00Z"
FIELDS = """
    id = text {}, kind = text {}, a = optional(money {}), b = optional(number {}), n = optional(integer {}), list = optional(list { of = number {} }),
    map = optional(map { of = text {} }), r = optional(record { x = optional(text {}), y = optional(record { z = optional(integer {}), w = optional(list { of = text {} }) }) }),
    rows = optional(list { of = record { sku = text {}, qty = optional(number {}) } }), day = optional(date {}), time = optional(timestamp {}), flag = optional(boolean {}),
"""
MIXED = policy("""
    local kind = tx.kind
    if kind == "loop" then while true do end end
    if kind == "memory" then local t = {} for i = 1, 1e6 do t[i] = ("x"):rep(1000) .. i end end
    if kind == "rep" then return ("x"):rep(1e9) end
    if kind == "deep" then local function f(n) return 1 + f(n + 1) end return f(1) end
    if kind == "error" then error("no " .. tx.id) end
    if kind == "table" then error({ code = tx.id }) end
    if kind == "nil" then return tx.none.field end
    if kind == "bad" then return { outcome = "maybe", reasons = { "ok" } } end
    if kind == "cycle" then local t = { outcome = "approve", reasons = { "ok" } } t.t = t return t end
    if kind == "walk" then for k in next, tx.map or { a = 1, b = 2 } do return { outcome = "approve", reasons = { "ok" }, first = k } end end
    if kind == "caught" then pcall(error, "x") pcall(function() local t = {} t.x.y = 1 end) end
    if kind == "late" then local t = { outcome = "approve", reasons = { "ok" } } for i = 1, 50 do t["k" .. i] = i end t.bad = function() end return t end
    local keys, total = {}, 0
    for key, value in pairs(tx.map or {}) do keys[#keys + 1] = key .. "=" .. value end
    for _, value in ipairs(tx.list or {}) do total = total + value end
    local counts = {}
    for word in ("the quick brown fox jumps over the lazy dog " .. tx.id):gmatch("%a+") do counts[word] = (counts[word] or 0) + 1 end
    local sorted = {}
    for word, count in pairs(counts) do sorted[#sorted + 1] = { word = word, count = count } end
    table.sort(sorted, function(x, y) return x.count > y.count end)
    return { outcome = total > 10 and "approve" or "reject", reasons = { "ok" }, input = tx, keys = keys, total = total, sorted = sorted, at = context.at,
             product = tx.a and tx.b and decimal.round(tx.a * tx.b, 2), text = tostring(tx.a) .. "/" .. tostring({}):sub(1, 5), share = tx.a and decimal.div(tx.a, 7, { places = 3, rounding = "half_even" }) }
""", FIELDS)


def rows(generator, count, failing):
    """Rows with random members, some of which end in an error when `failing`."""
    kinds = ["loop", "memory", "rep", "deep", "error", "table", "nil", "bad", "cycle", "walk", "caught", "late"]
    result = []
    for index in range(count):
        row = {"id": f"R{index}", "kind": "plain"}
        if failing and generator.randrange(4) == 0:
            heavy = generator.randrange(12) == 0
            row["kind"] = generator.choice(kinds[:4] if heavy else kinds[4:])
        members = {
            "a": lambda: f"{generator.randrange(10**6)}.{generator.randrange(100):02}",
            "b": lambda: generator.choice([0.5, 3, 1.25, "0.000000000000000000001"]),
            "n": lambda: generator.randrange(-1000, 1000), "list": lambda: [generator.randrange(100) / 4 for _ in range(generator.randrange(6))],
            "map": lambda: {generator.choice("abcdefghij") * generator.randrange(1,
                60): "v" for _ in range(generator.randrange(6))},
            "r": lambda: generator.choice([{}, {"x": "q"}, {"y": {}}, {"x": "q", "y": {"z": 1, "w": ["u", "v"]}},
                                           {"y": {"w": []}}]),
            "rows": lambda: [generator.choice([{"sku": "s", "qty": 1}, {"sku": "t"}]) for _ in range(generator.randrange(5))],
            "day": lambda: "2024-02-29",
            "time": lambda: "2024-02-29T12:00:00+08:00", "flag": lambda: generator.choice([True, False]),
            "other": lambda: [None, {"deep": [1]}],
        }
        names = [name for name in members if generator.randrange(2)]
        generator.shuffle(names)
        row |= {name: members[name]() for name in names}
        if failing and generator.randrange(15) == 0:
            row[generator.choice(["a", "n", "day", "list"])] = generator.choice(["x", None, {}, [[1]]])
        text = json.dumps(row)
        result.append(text[:generator.randrange(1, len(text))] if failing and generator.randrange(25) == 0 else text)
    return result


def without_line(text):
    """A result line without what names its place."""
    result = json.loads(text)
    if "line" in result:
        if result["id"] == result["line"]:
            del result["id"]
        del result["line"]
    return result


class SameBytes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder({"policies/x/mixed.lua": MIXED})
        cls.folder.__enter__()
        cls.rows = rows(random.Random(1), 3000, failing=True)

    @classmethod
    def tearDownClass(cls):
        cls.folder.__exit__()

    def decide(self, lines, *arguments, status=3):
        done = self.folder.run("batch", "--policy", "x.mixed", "--at", AT, *arguments, data="\n".join(lines) + "\n")
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout

    def test_one_worker_or_many(self):
        first = self.decide(self.rows, "--jobs", "1")
        codes = {json.loads(line).get("error", {}).get("code") for line in first.splitlines()}
        self.assertEqual(codes, {None, "policy_error", "budget_exceeded", "invalid_input", "parse_error"})
        for jobs in ("2", "4", "7"):
            self.assertEqual(self.decide(self.rows, "--jobs", jobs), first, f"with {jobs} workers")

    def test_no_time_budget_bites(self):
        """Only counted budgets may differ from nothing: what they refuse is the same on every machine."""
        budgets = {json.loads(line).get("error", {}).get("budget") for line in self.decide(self.rows, "--jobs", "1").splitlines()}
        self.assertLessEqual(budgets, {None, "instructions", "memory"})

    def test_process_after_process_and_place_after_place(self):
        lines = self.rows[:600]
        first = self.decide(lines)
        for _ in range(3):
            self.assertEqual(self.decide(lines), first)
        with Folder({"elsewhere/policies/x/mixed.lua": MIXED, "elsewhere/policies/y/other.lua": "broken ("}) as other:
            for environment in ({"TZ": "Asia/Shanghai", "LC_ALL": "de_DE.UTF-8", "LANG": "tr_TR.UTF-8"},
                                {"TZ": "America/New_York", "LC_ALL": "C"}, {"PATH": ""}):
                done = subprocess.run([os.path.abspath(REMIT), "batch", "--policy", "x.mixed", "--at", AT, "--policies",
                                       "elsewhere/policies"], input="\n".join(lines).encode(), capture_output=True,
                                      cwd=other.path,
                                      env=environment, timeout=60, check=False)
                self.assertEqual(done.stdout, first, environment)

    def test_any_order_of_rows(self):
        lines = [json.dumps(dict(json.loads(line)) | {"id": f"R{index}"}) if line.endswith("}") and is_json(line) else line for index, line in enumerate(self.rows[:1500])]
        expected = [without_line(line) for line in self.decide(lines, "--jobs", "1").splitlines()]
        generator = random.Random(2)
        for jobs in ("1", "2"):
            order = list(range(len(lines)))
            generator.shuffle(order)
            results = [without_line(line) for line in self.decide([lines[place] for place in order], "--jobs", jobs).splitlines()]
            for place, result in zip(order, results):
                self.assertEqual(result, expected[place], lines[place])

    def test_each_row_is_what_it_is_alone(self):
        generator = random.Random(3)
        chosen = generator.sample(range(len(self.rows)), 40)
        together = self.decide(self.rows, "--jobs", "2").splitlines()
        for place in chosen:
            done = self.folder.run("batch", "--policy", "x.mixed", "--at", AT, data=self.rows[place])
            self.assertEqual(without_line(done.stdout), without_line(together[place]), self.rows[place])

    def test_the_input_comes_back_as_it_came_in(self):
        """No member of one row shows in another, through whatever is reused."""
        lines = rows(random.Random(4), 4000, failing=False)
        mixed = [line for pair in zip(lines, rows(random.Random(5), 4000, failing=True)) for line in pair]
        results = [json.loads(line) for line in self.decide(mixed).splitlines()][::2]
        for line, result in zip(lines, results):
            row = json.loads(line)
            row.pop("other", None)
            if "time" in row:
                row["time"] = "2024-02-29T04:00:00Z"
            if "a" in row:
                row["a"] = float(row["a"])
            if isinstance(row.get("b"), str):
                row["b"] = float(row["b"])
            self.assertEqual(empty_as_list(result["decision"]["input"]), empty_as_list(row), line)

    def test_csv_too(self):
        text = "id,kind,a,b\n" + "".join(f"R{i},{('plain', 'error', 'loop', 'late')[(i % 97 == 0) + (i % 89 == 0) + (i % 83 == 0)]},{i}.50,{i % 7}\n" for i in range(4000))
        outputs = {self.folder.run("batch", "--policy", "x.mixed", "--at", AT, "--format", "csv", "--jobs", jobs,
                                   data=text).stdout for jobs in ("1", "2", "4")}
        self.assertEqual(len(outputs), 1)


def is_json(text):
    try:
        json.loads(text)
        return True
    except ValueError:
        return False


def empty_as_list(value):
    """A table without members is written as a list, whatever it was."""
    if isinstance(value, dict):
        return {key: empty_as_list(item) for key, item in value.items()} or []
    if isinstance(value, list):
        return [empty_as_list(item) for item in value]
    return value


class Order(unittest.TestCase):
    """`pairs`: the array part, then numbers ascending, then texts in byte order, then booleans."""
    POLICY = policy("""
    local t = {}
    for index, key in ipairs(tx.keys) do
      local k = key.t or key.n
      if k == nil then k = key.b end
      t[k] = index
    end
    for _, key in ipairs(tx.gone or {}) do t[key.t or key.n] = nil end
    local by_pairs, by_next, cleared = {}, {}, {}
    for k in pairs(t) do by_pairs[#by_pairs + 1] = type(k) == "number" and k or tostring(k) end
    for k in next, t do by_next[#by_next + 1] = type(k) == "number" and k or tostring(k) end
    for k in pairs(t) do t[k] = nil cleared[#cleared + 1] = type(k) == "number" and k or tostring(k) end
    return { outcome = "approve", reasons = { "ok" }, by_pairs = by_pairs, by_next = by_next, cleared = cleared, left = next(t) == nil }
""", "keys = list { of = record { t = optional(text {}), n = optional(number {}), b = optional(boolean {}) } }, gone = optional(list { of = record { t = optional(text {}), n = optional(number {}) } })")

    def expected(self, keys):
        numbers = sorted({key["n"] for key in keys if "n" in key})
        array = []
        while len(array) + 1 in numbers:
            array.append(len(array) + 1)
        texts = sorted({key["t"] for key in keys if "t" in key}, key=str.encode)
        booleans = sorted({key["b"] for key in keys if "b" in key})
        return array, [n for n in numbers if n not in array], texts, [str(b).lower() for b in booleans]

    def test_order(self):
        generator = random.Random(6)
        cases = []
        for _ in range(1500):
            pool = [{"n": n} for n in generator.sample([*range(1, 12), 0, -1, -7, 0.5, 2.5, 100, 1e6, 3.25, -0.5, 12345678901234],
                                                       generator.randrange(12))] + \
                [{"t": t} for t in generator.sample(["a", "b", "ab", "A", "", "1", "10", "2", "é", "中", "z" * 50, "a\x00",
                                                     "\U0001f600", "~", "_", "-1", "true"], generator.randrange(10))] + \
                [{"b": b} for b in generator.sample([True, False], generator.randrange(3))]
            generator.shuffle(pool)
            gone = generator.sample([key for key in pool if "b" not in key],
                                    generator.randrange(3)) if len([key for key in pool if "b" not in key]) > 3 and generator.randrange(2) else []
            cases.append({"keys": pool, "gone": gone})
        with Folder({"policies/x/order.lua": self.POLICY}) as folder:
            results, done = folder.batch("x.order", cases)
            self.assertEqual(done.returncode, 0, done.stderr)
            for case, result in zip(cases, results):
                decision = result["decision"]
                array, numbers, texts, booleans = self.expected([key for key in case["keys"] if key not in case["gone"]])
                self.assertEqual(decision["by_pairs"], array + numbers + texts + booleans, case)
                self.assertEqual(decision["by_next"], decision["by_pairs"])
                self.assertEqual(decision["cleared"], decision["by_pairs"])
                self.assertTrue(decision["left"])

    def test_other_keys_are_refused_where_they_are_iterated(self):
        for key in ("{}", "function() end", "string", "tx"):
            text = policy(f"local t = {{ a = 1 }} t[{key}] = 2 local x = t.a if tx.id then for k in pairs(t) do end end return {{ outcome = 'approve', reasons = {{ 'ok' }}, x = x }}")
            with Folder({"policies/x/keys.lua": text}) as folder:
                results, _ = folder.batch("x.keys", [{}, {"id": "a"}])
                self.assertEqual((results[0]["decision"]["x"], results[1]["error"]["code"]), (1, "policy_error"), key)

    def test_sorting_is_stable(self):
        text = policy("""local t = {} for i = 1, 400 do t[i] = { key = i * 7919 % 13, place = i } end
    table.sort(t, function(a, b) return a.key < b.key end)
    local wrong = 0
    for i = 2, #t do if t[i].key < t[i - 1].key or t[i].key == t[i - 1].key and t[i].place < t[i - 1].place then wrong = wrong + 1 end end
    return { outcome = "approve", reasons = { "ok" }, wrong = wrong }""")
        with Folder({"policies/x/sort.lua": text}) as folder:
            results, _ = folder.batch("x.sort", [{}])
            self.assertEqual(results[0]["decision"]["wrong"], 0)


class Versions(unittest.TestCase):
    def version(self, files):
        with Folder(files) as folder:
            results, done = folder.batch("x.main", [{}])
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(results[0]["version"], "^[0-9a-f]{12}$")
            return results[0]["version"]

    def test_a_version_is_what_a_policy_is_made_of(self):
        main = policy('local row = levels:find { role = lib.role } return { outcome = "approve", reasons = { "ok" }, limit = row and row.limit }',
                      prelude='local lib = require "lib.a"\nlocal levels = dataset "data/levels.csv" { role = text {}, limit = money {} }\n')
        files = {"policies/x/main.lua": main, "policies/lib/a.lua": 'local b = require "lib.b"\nreturn { role = b.role }',
                 "policies/lib/b.lua": 'return { role = "manager" }', "policies/data/levels.csv": "role,limit\nmanager,5000.00\n"}
        first = self.version(files)
        self.assertEqual(self.version(dict(reversed(files.items()))), first)
        self.assertEqual(self.version(files | {"policies/x/main_test.lua": "return 1", "policies/y/z.lua": main,
                                               "policies/lib/c.lua": "return 1", "policies/data/other.csv": "a\n1\n"}), first)
        changed = [files | {name: text + "\n"} for name, text in files.items()]
        versions = [self.version(each) for each in changed]
        self.assertEqual(len(set(versions + [first])), len(files) + 1)


def peak_of(command, path):
    """Runs a command on a file; its peak of resident memory in KiB, how long it took, and the bytes that it wrote."""
    start = time.monotonic()
    with open(path, "rb") as source:
        process = subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    peak, count = 0, 0
    while True:
        part = process.stdout.read(1 << 20)
        try:
            with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
                for line in status:
                    if line.startswith("VmHWM:"):
                        peak = max(peak, int(line.split()[1]))
        except OSError:
            pass
        if not part:
            break
        count += part.count(b"\n")
    process.stdout.close()
    process.wait(timeout=60)
    return peak, time.monotonic() - start, count


class Memory(unittest.TestCase):
    @unittest.skipUnless(os.path.exists("/proc/self/status"), "reads /proc")
    def test_memory_does_not_grow_with_the_lines(self):
        text = policy('local t = { tx.a } return { outcome = tx.a > 5 and "approve" or "reject", reasons = { "ok" }, t = t }',
                      "a = integer {}")
        with Folder({"policies/x/small.lua": text}) as folder, tempfile.TemporaryDirectory() as place:
            peaks = {}
            for lines in (100_000, 1_000_000):
                path = os.path.join(place, "rows")
                with open(path, "wb") as file:
                    for _ in range(lines // 10_000):
                        file.write(b"".join(b'{"a":%d}\n' % (i % 11) for i in range(10_000)))
                command = [REMIT, "batch", "--policy", "x.small", "--jobs", "2", "--policies",
                           os.path.join(folder.path, "policies")]
                peaks[lines], seconds, count = peak_of(command, path)
                self.assertEqual(count, lines)
                self.assertLess(seconds, 20)
            self.assertGreater(min(peaks.values()), 1000)
            self.assertLess(peaks[1_000_000], 60 * 1024, "KiB")
            self.assertLess(peaks[1_000_000] - peaks[100_000], 8 * 1024, "KiB")

    @unittest.skipUnless(os.path.exists("/proc/self/status"), "reads /proc")
    def test_csv_stays_small_too(self):
        with Folder({"policies/x/small.lua": policy('return { outcome = "approve", reasons = { "ok" }, a = tx.a }',
                                                    "a = integer {}")}) as folder, tempfile.TemporaryDirectory() as place:
            path = os.path.join(place, "rows")
            with open(path, "wb") as file:
                file.write(b"id,a\n" + b"".join(b"R%d,%d\n" % (i, i) for i in range(300_000)))
            peak, _, count = peak_of([REMIT, "batch", "--policy", "x.small", "--format", "csv", "--jobs", "2", "--policies",
                                      os.path.join(folder.path, "policies")], path)
            self.assertEqual(count, 300_001)
            self.assertLess(peak, 80 * 1024, "KiB")


class Holes(unittest.TestCase):
    """Which border `#` finds in a list with holes depends on when its table grew: that must not depend on the process."""
    HOLES = policy("""
        local seed = tx.seed
        local function random(n) seed = (seed * 69069 + 1) % 2147483648 return seed // 65536 % n end
        local lengths = {}
        for round = 1, 40 do
          local t = {}
          for step = 1, 60 do
            local what = random(4)
            if what == 0 then t["k" .. random(30)] = 1 elseif what == 1 then t["k" .. random(30)] = nil
            elseif what == 2 then t[random(20) + 1] = 1 else t[random(20) + 1] = nil end
          end
          lengths[round] = #t
        end
        return { outcome = "approve", reasons = { "ok" }, lengths = lengths }
    """, "seed = integer {}")

    def test_every_process_finds_the_same_border(self):
        answers = set()
        with Folder({"policies/x/holes.lua": self.HOLES}) as folder:
            for jobs in ["1", "2"] * 6:
                _, done = folder.batch("x.holes", [{"seed": seed} for seed in range(60)], "--jobs", jobs, "--at", AT)
                self.assertEqual(done.returncode, 0, done.stderr)
                answers.add(done.stdout)
        self.assertEqual(len(answers), 1)


def colliding(count, pairs=11):
    """Different texts of one length with one hash: each two characters have alternatives that lead to the same state."""
    mask = 0xFFFFFFFF
    state = 0x9E3779B9 ^ 2 * pairs  # the seed in seed.c, and the length
    letters = [code for code in range(0x20, 0x7F) if chr(code) not in '"\\']
    choices = []
    for _ in range(pairs):
        reached = {}
        for first in letters:
            middle = state ^ ((state << 5) + (state >> 2) + first & mask)
            for second in letters:
                reached.setdefault(middle ^ ((middle << 5) + (middle >> 2) + second & mask), []).append(chr(second) + chr(first))
        state, best = max(reached.items(), key=lambda item: len(item[1]))
        choices.append(best)
    # Lua's hash reads a text from its end.
    return ["".join(reversed(parts)) for parts in itertools.islice(itertools.product(*choices), count)]


class Collisions(unittest.TestCase):
    """The hash is the same everywhere, so anybody can write texts that collide: their line ends with its time, no other does."""

    def test_colliding_texts_and_keys_do_not_hold_a_worker(self):
        texts = colliding(40_000)
        self.assertEqual(len(set(texts)), 40_000)
        fields = "id = text {}, list = optional(list { of = text {} }), map = optional(map { of = boolean {} })"
        decide = """local seen = 0
            for word in (tx.words or ""):gmatch("%S+") do seen = seen + 1 end
            (tx.words or ""):gsub("%S+", { a = "b" })
            return { outcome = "approve", reasons = { "ok" }, count = tx.list and #tx.list }"""
        rows = [{"id": "list", "list": texts}, {"id": "plain"}, {"id": "map", "map": dict.fromkeys(texts[:30_000], True)}, {"id": "plain"},
                {"id": "broken map", "map": dict.fromkeys(texts[:30_000], 1)}, {"id": "plain"},
                {"id": "words", "words": " ".join(text.replace(" ", "_") for text in texts)}, {"id": "plain"}]
        with Folder({"policies/x/texts.lua": policy(decide, fields + ", words = optional(text {})")}) as folder:
            start = time.monotonic()
            results, _ = folder.batch("x.texts", [json.dumps(row, separators=(",", ":")) for row in rows], "--jobs", "1")
            self.assertLess(time.monotonic() - start, 5)
        for row, result in zip(rows, results):
            with self.subTest(row["id"]):
                if row["id"] == "plain":
                    self.assertIn("decision", result)
                elif "error" in result:
                    self.assertIn(result["error"]["code"], ("budget_exceeded", "invalid_input"))
        self.assertEqual(results[0]["error"].get("budget"), "time", "the texts do collide, or the test shows nothing")


class Clock(unittest.TestCase):
    """Counted budgets bite, the clock is only the backstop: it is the one thing that differs between machines."""
    # Work that Lua does in one instruction, or a library in one call.
    HEAVY = {
        "compare": "local a = ('a'):rep(100000) local b = a .. 'b' a = a .. 'c' while true do local y = a < b end",
        "compare_zeros": "local a = ('a\\0'):rep(20000) local b = a .. 'b' a = a .. 'c' while true do " + "local y = a < b y = a <= b " * 20 + "end",
        "equal": "local a, b = ('a'):rep(1000000), ('a'):rep(999999) .. 'a' while true do local y = a == b end",
        "raw_equal": "local a, b = ('a'):rep(1000000), ('a'):rep(999999) .. 'a' while true do local y = rawequal(a, b) end",
        "new_key": "local a = ('a'):rep(1000000) while true do local t = {} t[a .. ''] = 1 end",
        "long_key": "local t, a, b = {}, ('a'):rep(1000000), ('a'):rep(999999) .. 'a' t[a] = 1 while true do local y = t[b] end",
        "index_chain": "local t = {} for i = 1, 99 do t = setmetatable({}, { __index = t }) end while true do local y = t.y end",
        "newindex_chain": "local t = {} for i = 1, 99 do t = setmetatable({}, { __newindex = t }) end while true do t.y = nil end",
        "concat_decimals": "local t = {} for i = 1, 100 do t[i] = 1.000000000000000000001 end while true do local y = table.concat(t, ',') end",
        "far_modulo": "local a, b = 1e6144, 1.234567890123456789012345678901234 while true do local y = a % b end",
    }

    @classmethod
    def setUpClass(cls):
        """By name: the two result lines of a heavy row and a plain one, and the seconds that the processor was taken for."""
        cls.results = {}
        with Folder({f"policies/x/{name}.lua": policy(f"if tx.id then {code} end return {{ outcome = 'approve', reasons = {{ 'ok' }} }}") for name, code in cls.HEAVY.items()}) as folder:
            for name in cls.HEAVY:
                process = subprocess.Popen([REMIT, "batch", "--policy", f"x.{name}", "--jobs", "1", "--policies",
                                            os.path.join(folder.path, "policies")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                           stderr=subprocess.DEVNULL)
                process.stdin.write(b'{"id":"a"}\n{}\n')
                process.stdin.close()
                lines = [json.loads(line) for line in process.stdout.read().splitlines()]
                process.stdout.close()
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
                cls.results[name] = lines, usage.ru_utime

    def test_no_policy_holds_a_core(self):
        for name, (lines, seconds) in self.results.items():
            with self.subTest(name):
                self.assertEqual((lines[0]["error"]["code"], "decision" in lines[1]), ("budget_exceeded", True))
                self.assertLess(seconds, 0.4, "seconds of the processor, for a budget of 50 ms")

    # One instruction of stock Lua whose cost is the size of what it works on: docs/sandbox.md says that the clock ends these.
    ONE_INSTRUCTION = {"compare", "compare_zeros", "equal", "new_key", "long_key", "index_chain", "newindex_chain"}

    def test_it_is_a_counted_budget_that_bites(self):
        for name, (lines, _) in self.results.items():
            with self.subTest(name):
                budgets = ("instructions", "memory", "time") if name in self.ONE_INSTRUCTION else ("instructions", "memory")
                self.assertIn(lines[0]["error"]["budget"], budgets)


class Start(unittest.TestCase):
    def test_starts_at_once(self):
        shipped = os.path.join(ROOT, "policies")
        for name in ("approval.purchase_order", "risk.score"):
            best = 9
            for _ in range(7):
                start = time.monotonic()
                done = subprocess.run([REMIT, "batch", "--policy", name, "--policies", shipped], input=b"{}\n",
                                      capture_output=True, timeout=30, check=False)
                best = min(best, time.monotonic() - start)
                self.assertEqual(done.returncode, 3, done.stderr)
            self.assertLess(best, 0.2)


if __name__ == "__main__":
    unittest.main()
