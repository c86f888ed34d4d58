"""JSON as RFC 8259 has it, nothing more and nothing less: what is read, what is refused, and what torn or mutated lines come to."""
import json
import random
import unittest

from support import Folder, policy

FIELDS = """
    text = optional(text {}), number = optional(number {}), integer = optional(integer {}), boolean = optional(boolean {}),
    record = optional(record { a = optional(text {}), b = optional(record { c = optional(number {}) }) }),
    list = optional(list { of = integer {} }), texts = optional(list { of = text {} }), map = optional(map { of = text {} }),
    choice = optional(enum { "a", "b" }), day = optional(date {}), time = optional(timestamp {}),
"""
DECIDE = """
    local keys = {}
    for key, value in pairs(tx.map or {}) do keys[#keys + 1] = key .. "=" .. value end
    return { outcome = "approve", reasons = { "ok" }, text = tx.text, texts = tx.texts, keys = keys, list = tx.list }
"""
DECLARED = ["text", "number", "integer", "boolean", "record", "list", "texts", "map", "choice", "day", "time"]

ACCEPT = [
    # Literals and numbers
    b"true", b"false", b"null", b"0", b"-0", b"1", b"-1", b"10", b"123456789", b"0.0", b"-0.0", b"0.5", b"-0.5", b"1.0", b"10.01",
    b"0e0", b"0E0", b"0e1", b"0e+1", b"0e-1", b"0.0e0", b"1e1", b"1E1", b"1e+1", b"1E+1", b"1e-1", b"1E-1", b"1e01", b"1e-00",
    b"1.5e3", b"-1.5E-3", b"1e999", b"-1e999", b"1e-999", b"123e65", b"0.4e00669999999999999999999999999999999999999999999999",
    b"1e99999999999999999999", b"1e-99999999999999999999", b"100000000000000000000", b"-123123123123123123123123123123",
    b"9007199254740993", b"0.1234567890123456789012345678901234567890",
    b"0.000000000000000000000000000000000000000000000000000000001",
    b"-237462374673276894279832749832423479823246327846", b"1" * 400, b"0." + b"3" * 400, b"-" + b"9" * 400 + b"e-400",
    # Arrays
    b"[]", b"[ ]", b"[\t]", b"[\r]", b"[null]", b"[1]", b"[1,2]", b"[ 1 , 2 ]", b"[[]]", b"[[],[]]", b"[[[[]]]]", b"[{}]",
    b"[1,null,true,false,\"a\",[],{}]", b"[\t1\r,\t2\r]", b"[\"\"]", b"[\"a\"]", b"[false]", b"[-0]", b"[1e1]", b" [1]", b"[1] ",
    b"[null,1,\"1\",{}]", b"[1,null,null,null,2]", b"[" * 20 + b"]" * 20,
    # Objects
    b"{}", b"{ }", b"{\"a\":1}", b"{ \"a\" : 1 }", b"{\"\":0}", b"{\"a\":1,\"b\":2}", b"{\"a\":1,\"a\":2}", b"{\"a\":1,\"a\":1}",
    b"{\"a\":[]}", b"{\"a\":{}}", b"{\"a\":{\"b\":{\"c\":{}}}}", b"{\"\\u0061\":1}", b"{\"a\\nb\":1}", b"{\"\xe4\xb8\xad\":1}",
    b"{\"a\\u0000b\":1}", b"{\t\"a\"\r:\t1\r}", b"{\"min\":-1.0e+28,\"max\":1.0e+28}",
    b"{\"x\":[{\"id\":\"" + b"x" * 300 + b"\"}]}",
    b"{\"title\":\"\\u041f\\u043e\\u043b\\u0442\\u043e\\u0440\\u0430\"}",
    # Strings
    b'""', b'" "', b'"a"', b'"abc"', b'"\\""', b'"\\\\"', b'"\\/"', b'"/"', b'"\\b"', b'"\\f"', b'"\\n"', b'"\\r"', b'"\\t"',
    b'"\\b\\f\\n\\r\\t\\"\\\\\\/"', b'"\\\\a"', b'"\\\\u0041"', b'"\\\\\\\\"', b'"\\\\\\""', b'"\\u0041"', b'"\\u0000"',
    b'"\\u000a"',
    b'"\\u0022"', b'"\\u005c"', b'"\\u005C"', b'"\\u00e9"', b'"\\u00E9"', b'"\\uaBcD"', b'"\\u007f"', b'"\\u0080"', b'"\\u07ff"',
    b'"\\u0800"', b'"\\ud7ff"', b'"\\ue000"', b'"\\uFFFF"', b'"\\uFFFE"', b'"\\uFDD0"', b'"\\u2028\\u2029"', b'"\\u200B"',
    b'"\\ud800\\udc00"', b'"\\uD83D\\uDE00"', b'"\\uDBFF\\uDFFF"', b'"\\uDBFF\\uDFFE"', b'"\\ud801\\udc37"', b'"\\ud834\\udd1e"',
    b'"\\ud83d\\ude39\\ud83d\\udc8d"', b'"x\\ud834\\udd1ey"',
    b'"a/*b*/c/*d//e"', b'"asd "', b'"# no comment"', b'"[,]"', b'"{:}"', b'"\x7f"', b'"a\x7fa"',
    b'"\xc2\x80"', b'"\xc3\xa9"', b'"\xdf\xbf"', b'"\xe0\xa0\x80"', b'"\xe2\x80\xa8"', b'"\xe2\x80\xa9"', b'"\xe2\x82\xac"',
    b'"\xe4\xb8\xad\xe6\x96\x87"', b'"\xed\x9f\xbf"', b'"\xee\x80\x80"', b'"\xef\xbb\xbf"', b'"\xef\xbf\xbf"', b'"\xef\xbf\xbe"',
    b'"\xf0\x90\x80\x80"', b'"\xf0\x9f\x98\x80"', b'"\xf4\x8f\xbf\xbf"', b'"\xf3\xbf\xbf\xbf"', b'"\xf0\x9b\xbf\xbf"',
    b'"' + b"a" * 15 + b'"', b'"' + b"a" * 16 + b'"', b'"' + b"a" * 17 + b'"', b'"' + b"a" * 31 + b'\\n"',
    b'"' + b"a" * 63 + b'\xe4\xb8\xad"',
    b'"' + b"a" * 5000 + b'"', b'"' + b"\\\\" * 300 + b'"', b'"' + "é".encode() * 300 + b'"',
]
REJECT = [
    # Literals
    b"True", b"TRUE", b"False", b"FALSE", b"Null", b"NULL", b"nil", b"undefined", b"tru", b"fals", b"nul", b"truee", b"truefalse",
    b"nulll", b"falsey", b"t", b"n", b"f", b"True1", b"nan", b"true1", b"\xef\xbc\x91",
    # Numbers
    b"NaN", b"-NaN", b"Infinity", b"-Infinity", b"+Infinity", b"Inf", b"-Inf", b"inf", b"+1", b"++1", b"--1", b"-", b"+", b"-a",
    b"- 1", b"-01", b"01", b"00", b"-00", b"012", b"-012", b"007", b"01.5", b".", b".5", b"-.5", b".1e1", b"1.", b"-1.", b"0.",
    b"1.e1",
    b"0.e1", b"1e", b"1E", b"1e+", b"1e-", b"0e", b"0E", b"0e+", b"0.3e", b"0.3e+", b"1.0e", b"1.0e-", b"1eE2", b"1e1.5",
    b"1e1e1",
    b"9.e+", b"0x1", b"0x42", b"0X1", b"1a", b"1 2", b"1 000.0", b"1,000", b"1_000", b"1.2.3", b"1..2", b"-1x", b"-123.123foo",
    b"1+2",
    b"1-2", b"-2.", b"2.e3", b"2.e+3", b"2.e-3", b"0.1.2", b"-1.0.", b"1e0x", b"12d", b"1f", b"1L", b"0b1", b"0o7", b"1/2",
    b"(1)", b"1e1a",
    b"123\x00", b"1\xe5", b"0e1\xe5", b"\xe2\x88\x921",
    # Arrays
    b"[", b"]", b"[1", b"[1,", b"[,", b"[,]", b"[,1]", b"[1,]", b"[1,,2]", b"[1,,]", b"[1 2]", b"[1:2]", b"[1;2]", b"[1]]",
    b"[[1]", b"[][]",
    b"[1}", b"[1 true]", b"[a", b"[a]", b"['a']", b"[x,", b"[1,\t1", b"[\"\": 1]", b"[*]", b"[\"a\",", b"[\"a\"", b"[3[4]]",
    b"[-", b"[1\x00]",
    b"[\x0c]", b"[\x0b]", b"[\xc2\xa0]", b"[\xe2\x81\xa0]", b"[\xef\xbb\xbf]", b"[,,1]", b"[{}", b"[\"a]", b"[//]", b"[/**/]",
    b"[1]x", b"[...]",
    b"[undefined]", b"[1,2", b"[\xff]", b"[\\u0020]", b"[#]", b"[true,]", b"[1 ,]", b"[]]",
    # Objects
    b"{", b"}", b"{]", b"{,}", b"{\"a\"}", b"{\"a\":}", b"{\"a\":1,}", b"{\"a\":1,,\"b\":2}", b"{,\"a\":1}", b"{\"a\" 1}",
    b"{\"a\",1}",
    b"{\"a\"::1}", b"{\"a\":1 \"b\":2}", b"{\"a\":1;\"b\":2}", b"{a:1}", b"{'a':1}", b"{\"a\":'b'}", b"{1:1}", b"{null:1}",
    b"{true:1}",
    b"{[]:1}", b"{\"a\":1", b"{\"a\":", b"{\"a\"", b"{\"a", b"{\"a\":1]", b"{\"a\":1}}", b"{\"a\":1}x", b"{}{}", b"{} {}",
    b"{\"a\":1}#",
    b"{\"a\":1}/**/", b"{\"a\":1}//", b"{\"a\":/**/1}", b"{/**/\"a\":1}", b"{\"a\" b}", b"{:1}", b"{\"a\":1:2}",
    b"{\"a\":1,\"b\"}",
    b"{\"a\":1,\"b\":}", b"{\"a\":1,b:2}", b"{\"a\"=1}", b"{\"a\"=>1}", b"{=}", b"{\"a\":01}", b"{\"a\":tru}", b"{\"a\":\"b\"",
    b"{\"\\u00g0\":1}",
    b"{\"\xff\":1}", b"{\"a\tb\":1}", b"{\"a\\x\":1}", b"{\"\\ud800\":1}", b"{{}:1}", b"{{}}", b"{\"a\":[}", b"{\"a\":{]}",
    b"{\xc2\xa0}",
    b"{\"x\":,}", b"{ \"foo\" : \"bar\", \"a\" }", b"{9999E1:1}", b"{key: 'value'}", b"{*:*}",
    # Strings
    b'"', b'"a', b"'a'", b"'a\"", b"a", b"abc", b"`a`", b'"\\"', b'"\\', b'"\\a"', b'"\\x41"', b'"\\0"', b'"\\v"', b'"\\e"',
    b'"\\\'"', b'"\\ "',
    b'"\\u"', b'"\\u0"', b'"\\u00"', b'"\\u004"', b'"\\u004g"', b'"\\u{41}"', b'"\\U0041"', b'"\\u+041"', b'"\\u 041"',
    b'"\\u-041"',
    b'"\\uqqqq"', b'"\\u00A', b'"\\u', b'"\\u12', b'"a\x00b"', b'"\x00"', b'"\x01"', b'"\x1f"', b'"a\tb"', b'"a\rb"', b'"\x08"',
    b'"\x0c"',
    b'"a" "b"', b'"a"b', b'"a""b"', b'"a"x', b'""x', b'"\\\xe4\xb8\xad"', b'"\\\xf0\x9f\x98\x80"', b'"\\u004\xe5"', b'"a\\\\\\"',
    # Half of a surrogate pair means no character
    b'"\\ud800"', b'"\\udc00"', b'"\\uD800\\uD800"', b'"\\udfff\\ud800"', b'"\\ud800a"', b'"\\ud800\\n"', b'"\\ud800\\u0041"',
    b'"\\uDd1e\\uD834"',
    b'"\\ud83d', b'"\\ud83d\\', b'"\\ud83d\\u', b'"\\ud83d\\ude0', b'"\\ud83d\\ude0g"', b'"\\ud83d\\\\ude00"',
    b'"\\ud800 \\udc00"',
    # Bytes that are no UTF-8
    b'"\x80"', b'"\xbf"', b'"\xc0\x80"', b'"\xc0\xaf"', b'"\xc1\xbf"', b'"\xc3"', b'"\xc3("', b'"\xc3\xc3"', b'"\xe0\x80\x80"',
    b'"\xe0\x9f\xbf"',
    b'"\xe2\x82"', b'"\xe2\x28\xa1"', b'"\xe2\x82\x28"', b'"\xe2"', b'"\xed\xa0\x80"', b'"\xed\xbf\xbf"',
    b'"\xed\xa0\x80\xed\xb0\x80"',
    b'"\xf0\x80\x80\x80"', b'"\xf0\x8f\xbf\xbf"', b'"\xf0\x9f\x98"', b'"\xf0\x9f"', b'"\xf0"', b'"\xf0\x28\x8c\xbc"',
    b'"\xf4\x90\x80\x80"',
    b'"\xf5\x80\x80\x80"', b'"\xf8\x88\x80\x80\x80"', b'"\xfc\x83\xbf\xbf\xbf\xbf"', b'"\xfe"', b'"\xff"', b'"\xff\xfe"',
    b'"\xe9"',
    b'"' + b"a" * 15 + b'\xff"', b'"' + b"a" * 16 + b'\xff"', b'"' + b"a" * 31 + b'\x1f"', b'"' + b"a" * 32 + b'\x00"',
    b'"' + b"a" * 63 + b'\xc3"',
    b'"\xe4\xb8\xad\xe6\x96"', b'"\xe4\xb8\xad\xed\xa0\x80"', b"\xff", b"\xe9", b"\x80", b"a\xc3\xa5",
    # Other
    b",", b":", b"#", b"//", b"/**/", b"*", b"<.>", b"<null>", b"@", b"\\u0031", b"\xef\xbb\xbf", b"\xef\xbb\xbf1", b"\xc2\xa0",
    b"\xe2\x81\xa0",
    b"\x0c", b"\x0b", b"\x00", b"1\x0c", b"\x851", b"()", b"1;", b"1,", b"; 1", b"$", b"%", b"&", b"=", b"?", b"!true", b"~",
    b"|",
]
SAMPLE = ('{"id":"PO-17","text":"a \\"q\\" \\u4e2d\\ud83d\\ude00 é中😀","number":-12.50e1, "integer" : 7,"boolean":true,'
          '"record":{"a":null,"b":{"c":0.5}},"list":[1,2, 3],"texts":["x","",{"no":[]}],"map":{"k":"v","\\n":"w"},'
          '"other":[null,{"deep":[[-0.0E-7]]},false,"\\\\"],"choice":"a","day":"2024-02-29","time":"2024-02-29T10:00:00Z"}')
NESTING_MAX = 64


def python_reads(text):
    """The value that Python's json reads in these bytes, without its leniencies; None where they are not JSON."""
    def refuse(word):
        raise ValueError(word)

    def whole(pairs):
        for key, _ in pairs:
            key.encode()
        return {"": pairs} if not pairs else dict(pairs) | {"": [value for _, value in pairs]}

    def check(value, depth):
        if depth > NESTING_MAX:
            raise ValueError("too deep")
        if isinstance(value, str):
            value.encode()  # half of a surrogate pair has no UTF-8
        elif isinstance(value, list):
            for item in value:
                check(item, depth + 1 if isinstance(item, (list, dict)) else depth)
        elif isinstance(value, dict):
            for item in value[""]:
                check(item, depth + 1 if isinstance(item, (list, dict)) else depth)

    try:
        value = json.loads(text.decode(), parse_constant=refuse, parse_int=str.encode, parse_float=str.encode,
                           object_pairs_hook=whole)
        check(value, 1)
        return (value,)
    except (ValueError, RecursionError):
        return None


class Reader(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder({"policies/x/json.lua": policy(DECIDE, FIELDS)})
        cls.folder.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.folder.__exit__()

    def decide(self, lines):
        """One result for each of these lines (bytes without a newline)."""
        done = self.folder.run("batch", "--policy", "x.json", data=b"".join(line + b"\n" for line in lines))
        self.assertIn(done.returncode, (0, 3), done.stderr)
        results = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(len(results), len(lines))
        return results

    def code(self, result):
        if "decision" in result:
            return "decided"
        if result["error"]["code"] == "parse_error":
            self.assertEqual(set(result["error"]), {"code", "message"})
        return result["error"]["code"]

    def check_all(self, lines, expected):
        wrong = []
        for line, result in zip(lines, self.decide(lines)):
            if self.code(result) not in expected:
                wrong.append((line[:200], result.get("error", "decided")))
        self.assertEqual(wrong, [], f"not one of {expected}")

    def test_accepted_where_no_field_is_declared(self):
        self.check_all([b'{"other":' + value + b"}" for value in ACCEPT], {"decided"})
        self.check_all([b'{"text":"a","other": ' + value + b' ,"list":[1]}' for value in ACCEPT], {"decided"})
        self.check_all([b'{"record":{"other":' + value + b',"b":{"other":[' + value + b"]}}}" for value in ACCEPT], {"decided"})

    def test_accepted_as_a_whole_line(self):
        objects = [value for value in ACCEPT if value.startswith(b"{")]
        self.check_all([b"\t" + value + b" " for value in objects if b'"x"' not in value], {"decided"})
        self.check_all([value for value in ACCEPT if not value.startswith(b"{")], {"invalid_input"})

    def test_accepted_in_declared_fields_whatever_their_type(self):
        for name in DECLARED:
            with self.subTest(name):
                self.check_all([b'{"%s":%s}' % (name.encode(), value) for value in ACCEPT], {"decided", "invalid_input"})

    def test_refused_where_no_field_is_declared(self):
        self.check_all([b'{"other":' + value + b"}" for value in REJECT], {"parse_error"})
        self.check_all([b'{"text":"a","other":[' + value + b'],"list":[1]}' for value in REJECT], {"parse_error"})
        self.check_all([b'{"record":{"other":{"a":' + value + b"}}}" for value in REJECT], {"parse_error"})

    def test_refused_as_a_whole_line(self):
        self.check_all([value for value in REJECT if not value.startswith(b"\xef\xbb\xbf")], {"parse_error"})
        self.check_all([b"{}"] + [value for value in REJECT if value.startswith(b"\xef\xbb\xbf")], {"parse_error", "decided"})

    def test_refused_in_declared_fields_whatever_their_type(self):
        for name in DECLARED:
            with self.subTest(name):
                self.check_all([b'{"%s":%s}' % (name.encode(), value) for value in REJECT], {"parse_error"})
        for name in ("list", "texts"):
            with self.subTest(name, inner=True):
                self.check_all([b'{"%s":[%s]}' % (name.encode(), value) for value in REJECT], {"parse_error"})
        with self.subTest("map", inner=True):
            self.check_all([b'{"map":{"a":%s}}' % value for value in REJECT], {"parse_error"})

    def test_what_is_no_json_is_a_parse_error_though_a_field_is_wrong(self):
        before = [b'{"text":5,"other":', b'{"integer":2.5,"integer":', b'{"list":["x",', b'{"record":{"a":1,"b":']
        self.check_all([start + b"}" for start in before], {"parse_error"})
        self.check_all([b'{"day":"no"} x', b'{"day":"no"', b'{"day":"no","other":[1,]}', b'[1', b'"abc', b'{"day":"no"}}'],
                       {"parse_error"})

    def test_texts_mean_what_python_reads(self):
        texts = [value for value in ACCEPT if value.startswith(b'"')]
        lines = [b'{"text":%s,"texts":[%s,%s],"map":{%s:%s}}' % (value, value, value, value, value) for value in texts]
        for value, result in zip(texts, self.decide(lines)):
            meant = json.loads(value)
            decision = result["decision"]
            self.assertEqual((decision["text"], decision["texts"]), (meant, [meant, meant]), value)
            self.assertEqual(decision["keys"], [meant + "=" + meant], value)

    def test_texts_are_written_as_json_whatever_they_hold(self):
        texts = ["".join(map(chr, range(start, start + 64))) for start in range(0, 0x3000, 64)] + \
            ["\ud7ff\ue000\uffff\U00010000\U0010ffff"]
        for text, result in zip(texts, self.decide([json.dumps({"text": text}).encode() for text in texts])):
            self.assertEqual(result["decision"]["text"], text)

    def test_a_declared_key_may_be_escaped(self):
        result, = self.decide([b'{"\\u0074\\u0065xt":"a","\\u006c\\u0069\\u0073\\u0074":[1]}'])
        self.assertEqual((result["decision"]["text"], result["decision"]["list"]), ("a", [1]))

    def test_torn_at_every_byte(self):
        sample = SAMPLE.encode()
        whole, = self.decide([sample.replace(b',{"no":[]}', b"")])
        self.assertIn("decision", whole)
        self.check_all([sample[:end] for end in range(1, len(sample))], {"parse_error"})
        self.check_all([sample[start:] for start in range(1, len(sample))], {"parse_error"})

    def test_a_byte_too_many_anywhere(self):
        sample = SAMPLE.replace(',{"no":[]}', "").encode()
        lines = [sample[:at] + byte + sample[at:] for at in range(len(sample) + 1) for byte in (b"\x00", b"\xff", b"\xc3",
            b"\x1f")]
        self.check_all(lines, {"parse_error"})

    def test_mutations_as_python_judges_them(self):
        generator = random.Random(20240229)
        sample = SAMPLE.encode()
        pieces = [b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u", b"0", b"1", b"-", b".", b"e", b"null", b"true", b" ",
                  b"\t", b"\r",
                  b"\xc3\xa9", b"\xe4", b"\x80", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"\\ud83d", b"\\ude00", b"\x00", b"\x7f",
                  b"u", b"E+"]
        lines = []
        for _ in range(6000):
            line = bytearray(sample)
            for _ in range(generator.choice((1, 1, 1, 2, 3))):
                at = generator.randrange(len(line))
                kind = generator.randrange(5)
                if kind == 0:
                    line[at:at + 1] = generator.choice(pieces)
                elif kind == 1:
                    line[at:at] = generator.choice(pieces)
                elif kind == 2:
                    del line[at:at + generator.choice((1, 1, 2, 5))]
                elif kind == 3:
                    line[at] ^= 1 << generator.randrange(8)
                else:
                    other = generator.randrange(len(line))
                    line[at:at] = line[other:other + generator.randrange(1, 12)]
            if b"\n" not in line and line.strip():
                lines.append(bytes(line))
        wrong, seen = [], {"decided": 0, "invalid_input": 0, "parse_error": 0}
        for line, result in zip(lines, self.decide(lines)):
            code = self.code(result)
            seen[code] += 1
            if (code == "parse_error") != (python_reads(line) is None):
                wrong.append((line, result.get("error")))
        self.assertEqual(wrong, [])
        self.assertGreater(min(seen["parse_error"], seen["invalid_input"]), 300, seen)

    def test_what_a_small_alphabet_makes_as_python_judges_it(self):
        generator = random.Random(64)
        alphabet = [b"{", b"}", b"[", b"]", b",", b":", b'"', b'"a"', b'"text"', b"1", b"0", b"-", b".", b"e", b"true", b"null",
                    b" ", b"\\", b'{"']
        lines = [b"".join(generator.choices(alphabet, k=generator.randrange(1, 9))) for _ in range(15000)]
        lines += [b'{"text":' + line + b"}" for line in lines[:5000]] + [b'{"other":' + line + b"}" for line in lines[5000:10000]]
        lines = [line for line in lines if line.strip()]
        wrong = [(line, result.get("error")) for line, result in zip(lines, self.decide(lines))
                 if (self.code(result) == "parse_error") != (python_reads(line) is None)]
        self.assertEqual(wrong, [])

    def test_nesting(self):
        for start, end in ((b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":', b"}]")):
            step = len(start.replace(b'"a":', b""))
            for depth in (62, 63, 64, 65, 66, 200):
                with self.subTest(depth=depth, start=start):
                    rounds = (depth - 1) // step
                    line = b'{"other":' + start * rounds + b"1" + end * rounds + b"}"
                    expected = "decided" if 1 + rounds * step <= NESTING_MAX else "parse_error"
                    result, after = self.decide([line, b"{}"])
                    self.assertEqual((self.code(result), self.code(after)), (expected, "decided"), result)

    def test_nesting_beyond_measure(self):
        lines = [b"[" * 500000, b'{"a":' * 100000, b'{"list":' + b"[" * 500000, b'{"record":' * 50000,
                 b'{"other":' + b"[" * 100000 + b"]" * 100000 + b"}"]
        self.check_all(lines, {"parse_error"})


if __name__ == "__main__":
    unittest.main()
