"""Fuzzing of the whole path of a request, from the bytes of a pipe to the answer, with Python's reader of JSON as the judge: lines are
mutated at random from a small corpus, and each has exactly the answers that it is owed. REMIT_SEED repeats a run, REMIT_FUZZ_LINES
makes it longer."""
import json
import os
import random
import re
import subprocess
import threading
import time
import unittest

from support import REMIT, ROOT, Folder, policy

CORPUS = os.path.join(ROOT, "Tests", "Fixtures", "Fuzz", "requests.ndjson")
SEED = int(os.environ.get("REMIT_SEED", "20250615"))
LINES = int(os.environ.get("REMIT_FUZZ_LINES", "300000"))
LINE_BYTES = 4096
NESTING = 16
POLICIES = {"policies/a/x.lua": policy(
    """if tx.fail then error("as asked") end
       return { outcome = "approve", reasons = { "ok" }, n = tx.n, note = tx.note, lines = tx.lines and #tx.lines }""",
    fields="""n = optional(number {}), note = optional(text { max = 40 }), fail = optional(boolean {}), when = optional(date {}),
              lines = optional(list { of = record { price = money { min = "0" } }, max = 20 }),
              kind = optional(enum { "a", "b" })""",
    extra='params = { limit = money { default = "10" } },')}

TOKENS = [token.encode() for token in (
    "{", "}", "[", "]", ",", ":", '"', "\\", "null", "true", "false", "tru", "0", "-0", "01", "-", "1.5", "1.", ".5", "1e5", "1E+400",
    "1e-400", "9007199254740993", "123456789012345678901234567890123456789", "NaN", "Infinity", '""', '"id"', '"id":1,', '"jsonrpc":"2.0",',
    '"method"', '"decide"', '"params"', '"policy"', '"a.x"', '"input"', '"inputs"', '"decide_batch"', '"health"', '"policies"',
    "\\u0000", "\\ud800", "\\udc00", "\\ud83d\\ude00", "\\uD83D", "\\u00", "\\x41", "\\u0069", " ", "\t", "\r", "\x00", "\x1f", "\x7f",
    "é", "😀", "\ufeff", "{}", "[]", '{"n":1}', '"at":"2025-06-15",', '"explain":false,', '"note":')] + [
    b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\xf0\x9f\x98", b"[" * NESTING, b"]" * NESTING,
    b'{"a":' * (NESTING + 2), b"}" * (NESTING + 2), b"[" * 300, b"1" * 400]


class Duplicates(dict):
    """An object, and whether it has a member twice."""
    twice = ()


def read_object(pairs):
    found = Duplicates(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        found.twice = {name for name in names if names.count(name) > 1}
    return found


class Number(str):
    pass


def refuse(text):
    raise ValueError(text)


DECODER = json.JSONDecoder(object_pairs_hook=read_object, parse_float=Number, parse_int=Number, parse_constant=refuse, strict=True)
# Half of a pair is no character: Python reads it all the same.
LONE = re.compile("[\ud800-\udfff]")


def has_lone(value):
    if isinstance(value, str):
        return bool(LONE.search(value))
    if isinstance(value, dict):
        return any(has_lone(key) or has_lone(item) for key, item in value.items())
    return isinstance(value, list) and any(has_lone(item) for item in value)


def read(data):
    """The value of a line; None where it is no JSON."""
    try:
        text = data.decode("utf-8")
        value, end = DECODER.raw_decode(text.lstrip(" \t\r\n"))
        if text.lstrip(" \t\r\n")[end:].strip(" \t\r\n"):
            return None
    except (ValueError, RecursionError):
        return None
    # A member that is given twice hides the first: what it held is looked for in the text.
    if b"\\u" in data and (has_lone(value) or lone_in_text(text)):
        return None
    return (value,)


def lone_in_text(text):
    text = re.sub(r"\\[^u]", "", text)
    text = re.sub(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}", "", text)
    return bool(re.search(r"\\u[dD][89a-fA-F]", text))


def depth(value):
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


def owed(data):
    """What a line is owed: "none", "one", or "any" where only the service can tell; and the id of its answer, if it is known."""
    line = data[:-1] if data.endswith(b"\r") else data
    if len(line) > LINE_BYTES:
        return "one", "null", {"line_too_long"}
    if not line.strip(b" \t\r"):
        return "none", None, None
    found = read(line)
    # Deeper than the limit is refused as well, where it counts: from the members of params on.
    if found is None:
        return "one", "null", {-32700}
    value = found[0]
    deep = depth(value) > NESTING
    if isinstance(value, list):
        if deep:
            return "any", None, None
        return ("any", None, None) if value else ("one", "null", {-32600})
    if not isinstance(value, dict):
        return "one", "null", {-32600} if not deep else {-32600, -32700}
    if deep:
        return "any", None, None
    twice = value.twice
    wrong = (value.get("jsonrpc") != "2.0" or isinstance(value.get("jsonrpc"), Number) or not isinstance(value.get("method"), str)
             or isinstance(value.get("method"), Number)
             or set(twice) & {"jsonrpc", "id", "method", "params"}
             or ("params" in value and not (value["params"] is None or isinstance(value["params"], (dict, list))))
             or isinstance(value.get("id"), (dict, list, bool)))
    if "id" in twice or isinstance(value.get("id"), (dict, list, bool)):
        identity = "null"
    elif "id" in value:
        identity = value["id"]
    else:
        identity = None
    if wrong:
        return "one", "null" if identity is None else identity, {-32600}
    if "id" not in value:
        return "none", None, None
    return "one", identity, None


def same_id(wanted, answer):
    got = answer.get("id")
    if wanted is None or wanted == "null" and not isinstance(wanted, Number):
        return got is None or got == wanted
    return type(got) is type(wanted) and got == wanted


class Mutator:
    def __init__(self, corpus, seed):
        self.corpus = corpus
        self.random = random.Random(seed)
        self.pick = self.random.choice

    def line(self):
        data = bytearray(self.pick(self.corpus))
        for _ in range(self.pick((0, 1, 1, 1, 2, 3, 8))):
            self.change(data)
        return bytes(data).replace(b"\n", b" ")

    def change(self, data):
        place = self.random.randrange(len(data) + 1)
        kind = self.random.randrange(11)
        if kind == 0 and data:
            data[place % len(data)] ^= 1 << self.random.randrange(8)
        elif kind == 1 and data:
            data[place % len(data)] = self.random.randrange(256)
        elif kind == 2:
            del data[place:]
        elif kind == 3:
            del data[place:place + self.random.randrange(1, 20)]
        elif kind == 4:
            other = self.pick(self.corpus)
            start = self.random.randrange(len(other) + 1)
            data[place:place] = other[start:start + self.random.randrange(1, 60)]
        elif kind == 5:
            data[place:place] = data[place:place + self.random.randrange(1, 60)]
        elif kind == 6:
            # A member again, or another of its kind.
            members = re.findall(rb'"[a-z_]+":(?:"[^"]*"|[0-9.]+|true|false|null)', bytes(data))
            if members:
                at = data.find(b"{") + 1
                data[at:at] = self.pick(members) + b","
        elif kind == 7:
            numbers = list(re.finditer(rb"[0-9]+", bytes(data)))
            if numbers:
                found = self.pick(numbers)
                data[found.start():found.end()] = self.pick((b"0", b"-1", b"1e3", b"0.10", b"9" * 40, b"1e999999999", b"00", b"1.0"))
        elif kind == 8 and self.random.randrange(20) == 0:
            data += b" " * (LINE_BYTES + self.random.randrange(-1, 2) - len(data))
        else:
            data[place:place] = self.pick(TOKENS)


class FuzzTests(unittest.TestCase):
    def test_every_line_has_the_answers_that_it_is_owed(self):
        with open(CORPUS, "rb") as file:
            corpus = file.read().splitlines()
        mutator = Mutator(corpus, SEED)
        with Folder(POLICIES) as folder:
            command = [REMIT, "serve", "--stdio", "--policies", folder.path + "/policies", "--plugins", folder.path + "/plugins",
                       "--line-bytes", str(LINE_BYTES), "--nesting", str(NESTING)]
            self.service = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            try:
                verdicts = {"none": 0, "one": 0, "any": 0}
                done = 0
                while done < LINES:
                    lines = [mutator.line() for _ in range(min(3000, LINES - done))]
                    done += len(lines)
                    for kind, count in self.check(lines, mutator.random, done).items():
                        verdicts[kind] += count
                _, errors = self.service.communicate(timeout=60)
            finally:
                self.service.kill()
        self.assertEqual(self.service.returncode, 0, errors)
        # The corpus does what it is for: much is refused and much is not.
        self.assertGreater(min(verdicts.values()), LINES / 100, verdicts)

    def check(self, lines, generator, done):
        """Sends the lines, each with a request behind it by whose answer one sees where those of the line end."""
        data = b"".join(line + b"\n" + b'{"jsonrpc":"2.0","id":"mark","method":"health"}\n' for line in lines)
        writer = threading.Thread(target=self.write, args=(data, generator.random()))
        writer.start()
        verdicts = {"none": 0, "one": 0, "any": 0}
        for line in lines:
            answers = []
            while True:
                answer = self.service.stdout.readline()
                where = f"REMIT_SEED={SEED}, among the {done} first lines: {line!r}: {answers}, {answer!r}"
                self.assertTrue(answer.endswith(b"\n"), where)
                if answer.startswith(b'{"jsonrpc":"2.0","id":"mark","result":{"status"'):
                    break
                answers.append(answer)
            kind, identity, codes = owed(line)
            verdicts[kind] += 1
            where = f"REMIT_SEED={SEED}: {line!r} is owed {kind}, id {identity!r}, {codes}, and got {answers}"
            self.assertLessEqual(len(answers), 1, where)
            if kind != "any":
                self.assertEqual(len(answers), 1 if kind == "one" else 0, where)
            for answer in answers:
                found = read(answer[:-1])
                self.assertIsNotNone(found, where)
                for one in found[0] if isinstance(found[0], list) else found:
                    self.check_answer(one, where)
                if kind == "one" and isinstance(found[0], dict):
                    self.assertTrue(codes is not None and identity is None or same_id(identity, found[0]), where)
                    if codes:
                        error = found[0].get("error", {})
                        self.assertTrue({int(error.get("code", 0)), error.get("data", {}).get("code")} & codes, where)
                    elif "error" in found[0]:
                        self.assertNotIn(int(found[0]["error"]["code"]), (-32700, -32600), where)
        writer.join()
        return verdicts

    def check_answer(self, answer, where):
        self.assertEqual(answer.get("jsonrpc"), "2.0", where)
        self.assertIn("id", answer, where)
        self.assertEqual(("result" in answer) + ("error" in answer), 1, where)
        self.assertFalse(answer.twice, where)
        if "error" in answer:
            self.assertIn(int(answer["error"]["code"]), (-32700, -32600, -32601, -32602, -32000), where)
            self.assertTrue(answer["error"]["message"], where)
            self.assertNotEqual(answer["error"].get("data", {}).get("code"), "internal_error", where)

    def write(self, data, seed):
        """In pieces that end anywhere."""
        generator = random.Random(seed)
        place = 0
        while place < len(data):
            count = generator.choice((1, 7, 300, 4096, 50_000))
            self.service.stdin.write(data[place:place + count])
            self.service.stdin.flush()
            place += count


if __name__ == "__main__":
    unittest.main()
