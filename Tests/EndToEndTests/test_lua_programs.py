"""Whole-number Lua programs do the same in a policy as under stock Lua 5.4.

The programs stand in programs/, several in a file, each headed by a line `--- name`; each is the body of a function that returns a
list. The policy file made of one is what runs in both places, so that the lines in error messages agree, too: stock Lua loads it
with a `policy` that hands the table back.
"""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from support import Folder, policy

PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs")

DRIVER = r"""
policy = function(declared) return declared end
record, text, optional = policy, policy, policy

local function escaped(text)
  return '"' .. text:gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"'
end

local function encode(value)
  local kind = math.type(value) or type(value)
  if kind == "integer" or kind == "boolean" then return tostring(value) end
  if kind == "string" then return escaped(value) end
  assert(kind == "table", "a program answers with a " .. kind)
  local parts = {}
  for i = 1, #value do parts[i] = encode(value[i]) end
  for key in pairs(value) do
    assert(math.type(key) == "integer" and key >= 1 and key <= #value, "a program answers with a list that has holes or names")
  end
  return "[" .. table.concat(parts, ",") .. "]"
end

for _, name in ipairs(arg) do
  local file = assert(io.open(name, "rb"))
  local chunk, message = load(file:read("a"), "@" .. name, "t")
  if not chunk then error(name .. ": " .. message, 0) end
  file:close()
  local fine, line = pcall(function() return encode(chunk().decide({}, {}, {}).values) end)
  if not fine then error(name .. ": " .. tostring(line), 0) end
  print(line)
end
"""

BODY = """local function program(...)
%s
    end
    return { outcome = "approve", reasons = { "ok" }, values = program() }"""

# What stock Lua knows of a value's name is no promise of ours: `(local 'x')`, `(field 'y')`.
VARIABLE = re.compile(r" \((?:local|global|field|upvalue|method|constant|for iterator|metamethod) '[^']*'\)")


def programs():
    """Program name → text, of every file."""
    found = {}
    for file in sorted(os.listdir(PROGRAMS)):
        with open(os.path.join(PROGRAMS, file), encoding="utf-8") as opened:
            for part in re.split(r"^--- ", opened.read(), flags=re.MULTILINE)[1:]:
                name, text = part.split("\n", 1)
                found[f"{file[:-len('.lua')]}_{name}"] = text
    return found


# ---- The same program in other layouts

TOKEN = re.compile(r"""
    (?P<comment>--\[(?P<c>=*)\[.*?\](?P=c)\]|--[^\n]*)
  | (?P<long>\[(?P<l>=*)\[.*?\](?P=l)\])
  | (?P<string>"(?:\\z\s*|\\\r?\n|\\.|[^"\\\n])*"|'(?:\\z\s*|\\\r?\n|\\.|[^'\\\n])*')
  | (?P<word>\w+)
  | (?P<sign>\.\.\.|\.\.|::|<<|>>|//|==|~=|<=|>=|[-+*/%^\#&~|<>=(){}\[\];:,.])
  | (?P<space>\s+)
""", re.VERBOSE | re.DOTALL)


def tokens(text):
    at = 0
    while at < len(text):
        found = TOKEN.match(text, at)
        assert found, text[at:at + 40]
        at = found.end()
        if found.lastgroup not in ("comment", "space") and not found["comment"] and not found["space"]:
            yield found[0]


def one_line(text):
    """All on one line, as far as its texts allow."""
    return " ".join(tokens(text))


SPRAY = ["\n", " --[[ end ]] ", "\n-- ]] end\n", "\t", "\n\n", " --[==[ ]] \n \" ]==] ", "\r\n", " --\n"]


def sprayed(text):
    """Line breaks and comments between all its tokens."""
    return "".join(token + SPRAY[i * i % 7 + i % 2] for i, token in enumerate(tokens(text)))


# ---- Programs at the edge

def edges():
    yield "locals_190", "\n".join(f"local v{i} = {i} * 3" for i in range(190)) + \
        "\nlocal s = v0 + v1 * v2 - v189\n" + "\n".join(f"s = s + v{i} // 2 ~ v{189 - i}" for i in range(190)) + \
        "\nreturn { v0, v1, v94, v188, v189, s .. v7 .. '-' .. v188 }"
    yield "locals_of_blocks", "local s = 0\n" + "\n".join(
        "do " + " ".join(f"local a{i} = {i * j}" for i in range(180)) + f" s = s + a179 + a{j} end" for j in range(5)) + "\nreturn { s }"
    yield "parameters_150", "local function f(" + ", ".join(f"p{i}" for i in range(150)) + \
        ") p3 = p3 + p149 return p0, p3, p149 end\nreturn { f(" + \
        ", ".join(str(i) for i in range(150)) + ") }"
    yield "arguments_240", "return { select('#', " + ", ".join(str(i) for i in range(240)) + "), math.max(" + \
        ", ".join(str(i * 37 % 241) for i in range(240)) + ") }"
    yield "upvalues_180", "\n".join(f"local u{i} = {i}" for i in range(180)) + "\nlocal function f(n) " + " ".join(
        f"u{i} = u{i} + n" for i in range(180)) + " return u0 * u1 + u179 // 2 .. 'x', u90 << 1 end\nf(1)\nreturn { f(2) }"
    yield "upvalues_through_levels", "\n".join(f"local u{i} = {i}" for i in range(100)) + \
        "\nlocal function a() local function b() local function c() " + \
        "return " + " + ".join(f"u{i}" for i in range(100)) + " end return c end return b end\nu5 = 1000\nreturn { a()()() }"
    yield "nested_functions", "local n = 0\n" + "local f = function() n = n + 1 return " + "(function() n = n + 1 return " * 40 + "n" + \
        " end)()" * 40 + \
        " end\nreturn { f(), f(), n }"
    yield "nested_blocks", "local n = 0\n" + "do local x = n n = x + 1 " * 120 + "n = n * 2" + " end" * 120 + "\nreturn { n }"
    yield "nested_ifs", "local n = 0\n" + "if n >= 0 then n = n + 1 " * 120 + "n = -n" + " else n = 1000 end" * 120 + "\nreturn { n }"
    yield "nested_loops", "local n = 0\n" + "for i = 1, 2 do while true do n = n + i " * 9 + "n = n + 1" + " break end end" * 9 + \
        "\nreturn { n }"
    yield "nested_parentheses", "local a, b = 3, 4\nreturn { " + "(" * 120 + "a" + " + b)" * 120 + ", " + "(a * 1 + " * 80 + "b" + \
        ")" * 80 + " }"
    yield "nested_tables", "local t = " + "{ 1, " * 120 + "'in'" + " }" * 120 + \
        "\nlocal n = 0 while type(t) == 'table' do t = t[2] n = n + 1 end return { n, t }"
    yield "nested_calls", "local function f(x) return x + 1 end\nreturn { " + "f(" * 120 + "1" + ")" * 120 + " }"
    yield "unary_chain", "local a, b = 5, true\nreturn { " + "- " * 121 + "a, " + "~ " * 121 + "a, " + "not " * 121 + "b, " + \
        "- ~ " * 60 + "a }"
    yield "power_of_tables", "local t = setmetatable({}, { __pow = function(a, b) return b == nil and 0 or b + 1 end })\nreturn { " + \
        "t ^ " * 120 + "1 }"
    yield "concat_chain", "local a, n = 'x', 7\nreturn { " + " .. ".join(["a", "n", "'-'", "(a .. n)"] * 42) + " }"
    yield "concat_grouped", "local a = 'b'\nreturn { " + " .. ".join("(" + " .. ".join(["a", f"{i}"] * 30) + ")" for i in range(60)) + " }"
    yield "sum_chain", "local a, b = 3, 4\nreturn { " + " + ".join(["a", "b * 2", "7", "-a"] * 24) + " }"
    yield "mixed_chain", "local a, b = 3, 4\nreturn { " + \
        " ".join(["a +", "b *", "7 -", "a //", "2 %", "9 |", "b &", "12 ~", "a <<"] * 30) + " 1 }"
    yield "and_or_chain", "local a, b = nil, 1\nreturn { " + " or ".join(["a and b"] * 300) + " or 'end', " + \
        " and ".join(["b"] * 300) + " }"
    yield "comparison_chain", "local a = 1\nlocal n = 0\n" + \
        "\n".join(f"if a < {i} and a ~= {i + 1} or a == {i} then n = n + {i} end" for i in range(300)) + "\nreturn { n }"
    yield "elseif_chain", "local function f(n) if n == 0 then return 'zero'" + \
        "".join(f" elseif n == {i} then return {i * i}" for i in range(1, 400)) + \
        " end return 'none' end\nreturn { f(0), f(1), f(200), f(399), f(400) }"
    yield "long_table", "local t = { " + ", ".join(f"{i} * 2" for i in range(5000)) + \
        " }\nlocal s = 0 for _, v in ipairs(t) do s = s + v end return { #t, s, t[5000] }"
    yield "many_constants", "local t = { " + ", ".join(f"k{i} = 'v{i}'" for i in range(600)) + " }\nreturn { " + ", ".join(
        f"t.k{i} .. t['k{i}']" for i in range(0, 600, 7)) + " }"
    yield "index_chain", "local t = {} t.t = t t.n = 1 function t:m() self.n = self.n + 1 return self end\nreturn { t" + ".t" * 500 + \
        ".n, t" + ":m()" * 300 + ".n, t" + \
        "['t']" * 200 + ".n }"
    yield "string_calls", "local function f(s) return function(t) return f and s .. (type(t) == 'table' and #t or t) end end\nreturn { f'a''b', f\"a\"[[b]], f'x'{1, 2}, #f'' '' }"
    yield "assignments_100", "local t = {}\n" + ", ".join(f"t[{i}]" for i in range(1, 101)) + " = " + \
        ", ".join(f"{i} * {i}" for i in range(1, 101)) + \
        "\n" + ", ".join(f"t[{i}]" for i in range(1, 101)) + " = " + ", ".join(f"t[{101 - i}]" for i in range(1, 101)) + "\nreturn t"
    yield "labels_100", "local i, s = 0, 0\n::top::\ni = i + 1\n" + \
        "\n".join(f"if i == {n} then goto l{n} end" for n in range(1, 100)) + "\ngoto out\n" + "\n".join(
        f"::l{n}:: s = s + {n} if i == {n} then goto top end" for n in range(1, 100)) + "\n::out:: return { i, s }"
    yield "semicolons", ";;; local a = 1; ; ;;do;;end;if a then;else;end;;;while false do;end;repeat;until true;;for i=1,1 do;end;;return { a };"
    yield "tight", "local a,b=1,2 local t={a,b;n=a}local s='x'..a..'y'..b..[[z]]if a<b then a=b+a*-b-t.n end return{a,s,t[1]..t[2],#t,a==b,not(a)==false,2--[[]]*--\n3}"
    yield "names_like_ours", "local _remit, remit_B, B, add, set, spent = 1, 2, 3, 4, 5, 6\nlocal function big(add, set) return add + set * B end\n" + \
        "return { _remit + remit_B + B + add + set + spent, big(2, 3) }"
    yield "names_of_libraries", "local string, table, math, pcall, type, tostring, decimal, select = 1, 2, 3, 4, 5, 6, 7, 8\n" + \
        "local s = 'a' .. string\nfor i = 1, 2 do s = s .. i * table end\nlocal t = {} t[math] = s t[#t + 1] = 'b'\n" + \
        "return { s, string + table * math - pcall // type % tostring << decimal, t[3], t[1], ('x'):rep(select) }"


# What stock Lua still runs and a policy does not: it must be refused when it is loaded, with the place and what to do about it.
REFUSED = {
    "operations_1000": ("local a = 1\nlocal b = 2\nreturn { " + " + ".join(["a", "b"] * 500) + " }", 12, "divide it"),
    "levels_200": ("local n = 1\nreturn { " + "(" * 190 + "n" + ")" * 190 + " }", 11, "divide it"),
    "reserved_name": ("\nlocal __remit_add = 1\nreturn { 1 }", 11, "reserved"),
    "close": ("local x <close> = nil\nreturn { 1 }", 10, "close"),
    "global": ("local x = 1\nx_y = 2\nreturn { 1 }", 11, "x_y"),
    "syntax": ("return { 1", 11, "}"),
    "locals_201": ("\n".join(f"local v{i}" for i in range(201)) + "\nreturn { 1 }", 211, "local"),
    "goto_nowhere": ("goto nowhere\nreturn { 1 }", 10, "nowhere' for <goto>"),
    "break_outside": ("\n\nbreak", 12, "break outside loop"),
    "constant": ("local c <const> = 1\nc = 2\nreturn { c }", 11, "c"),
}


def all_programs():
    found = {}
    for name, text in programs().items():
        found[name] = text
        found[name + "_on_one_line"] = one_line(text)
        found[name + "_sprayed"] = sprayed(text)
    for name, text in edges():
        found["edge_" + name] = text
    return found


def normal(value):
    if isinstance(value, list):
        return [normal(each) for each in value]
    return VARIABLE.sub("", value) if isinstance(value, str) else value


def same(a, b):
    """Equal and of one type: 1 is not true."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


def first_difference(a, b, place="values"):
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b), 1):
            if not same(x, y):
                return first_difference(x, y, f"{place}[{i}]")
    return f"{place}: stock Lua {a!r}, policy {b!r}"


@unittest.skipUnless(shutil.which("lua5.4"), "lua5.4 is not installed")
class Programs(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.texts = {name: policy(BODY % text) for name, text in all_programs().items()}
        cls.folder = Folder({f"policies/programs/{name}.lua": text for name, text in cls.texts.items()}).__enter__()
        cls.addClassCleanup(cls.folder.__exit__)
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as driver:
            driver.write(DRIVER)
            driver.flush()
            done = subprocess.run(["lua5.4", driver.name, *(f"programs/{name}.lua" for name in cls.texts)], capture_output=True, timeout=120,
                                  check=False, cwd=os.path.join(cls.folder.path, "policies"))
        if done.returncode:
            raise AssertionError(done.stderr.decode())
        cls.expected = dict(zip(cls.texts, (json.loads(line) for line in done.stdout.decode().splitlines()), strict=True))

    def answer(self, name):
        results, done = self.folder.batch(f"programs.{name}", [{}])
        self.assertEqual(done.returncode, 0, done.stderr.decode() + str(results))
        return results[0]["decision"]["values"]

    def check(self, names, ignore_lines=False):
        self.assertTrue(names)
        for name in names:
            with self.subTest(name):
                expected, got = normal(self.expected[name]), normal(self.answer(name))
                if ignore_lines:
                    expected, got = (json.loads(re.sub(r"\.lua:\d+:", ".lua:", json.dumps(each))) for each in (expected, got))
                if not same(expected, got):
                    self.fail(first_difference(expected, got))

    def test_as_written(self):
        self.check(list(programs()))

    def test_on_one_line(self):
        self.check([name + "_on_one_line" for name in programs()])

    def test_sprayed(self):
        self.check([name + "_sprayed" for name in programs()], ignore_lines=True)

    def test_edges(self):
        self.check(["edge_" + name for name, _ in edges()])

    def test_refused(self):
        files = {f"policies/refused/{name}.lua": policy(BODY % text) for name, (text, _, _) in REFUSED.items()}
        with Folder(files) as folder:
            for name, (_, line, word) in REFUSED.items():
                with self.subTest(name):
                    results, done = folder.batch(f"refused.{name}", [{}])
                    self.assertEqual((done.returncode, results), (4, []))
                    self.assertRegex(done.stderr.decode(), rf"(?m)^remit: refused/{name}\.lua:{line}: .*{re.escape(word)}")

    def test_there_are_enough(self):
        self.assertGreaterEqual(len(programs()), 60)


if __name__ == "__main__":
    unittest.main()
