"""The settings of `remit serve`: who stands before whom, what is refused and how, and that docs/configuration.md says what is so."""
import json
import os
import re
import subprocess
import unittest

from support import REMIT, ROOT, Folder, policy
from test_readme import blocks, code, read, tables

DOCUMENT = os.path.join(ROOT, "docs", "configuration.md")
APPROVE = policy('return { outcome = "approve", reasons = { "ok" } }')
FILES = {"policies/a/p.lua": APPROVE, "plugins/keep": "", **{f"{kind}{n}/a/p.lua": APPROVE for kind in ("policies", "plugins") for n in (1, 2, 3)}}


def rows():
    """The settings of the document: key, option, variable, value, default, summary."""
    return [[cell if number > 2 else code(cell) for number, cell in enumerate(row)] for row in tables(read(DOCUMENT), "settings")]


def values(name, expected):
    """Three values that the setting may have, as texts, or two where there are no more."""
    range_ = re.fullmatch(r"a whole number from (\d+) to (\d+)", expected)
    if range_:
        return [str(int(range_.group(1)) + n) for n in range(3)]
    return {"HOST:PORT, such as 127.0.0.1:7400": ["127.0.0.1:1", "[::1]:2", "localhost:3"], "true or false": ["true", "false"],
            "an octal number up to 777, such as 660": ["600", "666", "660"], "NAME=PATH": ["a=x/1", "b=x/2", "c=x/3"],
            "a path": [f"{name}{n}" for n in (1, 2, 3)]}.get(expected) or re.split(", | or ", expected)


def options_of_help(text):
    """The options of a help text with what stands beside each, in one line, in order; whether it may be turned off with --no-…"""
    found = re.findall(r"^  (--[\w-]+)(/--no-[\w-]+)?(?: <[^>]+>)?\s+((?:.|\n(?!  -))*)", text[text.index("OPTIONS:"):], re.MULTILINE)
    return {option: (" ".join(words.split()), bool(no)) for option, no, words in found if option not in ("--config", "--check-config", "--version")}


class ConfigurationCase(unittest.TestCase):
    def setUp(self):
        self.folder = Folder(FILES)
        self.folder.__enter__()
        self.addCleanup(self.folder.__exit__)

    def write(self, content, name="remit.json"):
        path = os.path.join(self.folder.path, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else json.dumps(content).encode())
        return name

    def serve(self, *arguments, environment=None, check=True):
        clean = {key: value for key, value in os.environ.items() if not key.startswith("REMIT_")}
        command = [REMIT, "serve", *(["--check-config"] if check else []), *arguments]
        return subprocess.run(command, cwd=self.folder.path, env={**clean, **(environment or {})}, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60, check=False)

    def table(self, done):
        """What --check-config has printed: (value, from) by setting."""
        lines = done.stdout.decode().split("\n\n")[0].splitlines()
        return {name: (value, place) for name, value, place in (re.split(r"  +", line.rstrip()) for line in lines[1:])}

    def refused(self, *arguments, environment=None):
        """The messages of a start that is refused, which are those of --check-config too."""
        done, checked = (self.serve(*arguments, environment=environment, check=check) for check in (False, True))
        self.assertEqual((done.returncode, done.stdout), (2, b""), done.stderr)
        self.assertEqual((checked.returncode, checked.stderr), (2, done.stderr))
        lines = done.stderr.decode().splitlines()
        self.assertTrue(all(line.startswith("remit: ") for line in lines), lines)
        return [line.removeprefix("remit: ") for line in lines]


class PrecedenceTests(ConfigurationCase):
    def test_every_setting(self):
        """For each row: the default, then the file over it, the environment over both, an option over all; and what wrong values do."""
        settings = rows()
        self.assertGreaterEqual(len(settings), 17)
        for name, option, variable, expected, default, _ in settings:
            with self.subTest(name):
                is_list = expected.startswith("several: ")
                expected = expected.removeprefix("several: ")
                is_boolean, is_number = expected == "true or false", expected.startswith("a whole number")
                some = values(name, expected)
                by_flag, by_variable, by_file = some[0], some[1], some[-1]
                in_file = {"true": True, "false": False}[by_file] if is_boolean else int(by_file) if is_number else [by_file] if is_list else by_file
                config = ["--config", self.write({name: in_file})]
                environment = {variable: by_variable}
                flag = ["--stdio" if by_flag == "true" else "--no-stdio"] if is_boolean else [option, by_flag]

                self.assertEqual(self.table(self.serve())[name], (os_cores() if default == "one for each core" else default.strip("`"), "default"))
                self.assertEqual(self.table(self.serve(*config))[name], (by_file, "remit.json:1"))
                self.assertEqual(self.table(self.serve(*config, environment=environment))[name], (by_variable, variable))
                self.assertEqual(self.table(self.serve(*config, *flag, environment=environment))[name], (by_flag, option))
                self.assertEqual(self.table(self.serve(*flag))[name], (by_flag, option))
                # An empty variable is none.
                self.assertEqual(self.table(self.serve(*config, environment={variable: ""}))[name], (by_file, "remit.json:1"))
                if expected == "a path":
                    continue
                wrong = "maybe"
                self.assertEqual(self.refused(environment={variable: wrong}), [f'{variable}: expected {expected}, got "{wrong}"'])
                if not is_boolean:
                    self.assertEqual(self.refused(option, wrong), [f'{option}: expected {expected}, got "{wrong}"'])
                config = ["--config", self.write({name: [wrong] if is_list else wrong})]
                self.assertEqual(self.refused(*config), [f'remit.json:1: {name}: expected {expected}, got "{wrong}"'])

    def test_the_edges_of_every_range(self):
        for name, option, variable, expected, _, _ in rows():
            range_ = re.fullmatch(r"a whole number from (\d+) to (\d+)", expected)
            if not range_:
                continue
            low, high = (int(text) for text in range_.groups())
            for number in (low, high):
                done = self.serve("--listen", "127.0.0.1:0", "--log", "l", option, str(number))
                self.assertEqual((done.returncode, self.table(done)[name]), (0, (str(number), option)))
            for number in (low - 1, high + 1, 10**30):
                with self.subTest(name, number=number):
                    self.assertEqual(self.refused(f"{option}={number}"), [f'{option}: expected {expected}, got "{number}"'])
                    self.assertEqual(self.refused(environment={variable: str(number)}), [f'{variable}: expected {expected}, got "{number}"'])
                    config = self.write({name: number})
                    self.assertEqual(self.refused("--config", config), [f"remit.json:1: {name}: expected {expected}, got {number}"])

    def test_lists(self):
        config = self.write({"listen": ["127.0.0.1:1", "127.0.0.1:2"]})
        self.assertEqual(self.table(self.serve("--config", config))["listen"], ("127.0.0.1:1, 127.0.0.1:2", "remit.json:1"))
        done = self.serve("--config", config, environment={"REMIT_LISTEN": "127.0.0.1:3, 127.0.0.1:4"})
        self.assertEqual(self.table(done)["listen"], ("127.0.0.1:3, 127.0.0.1:4", "REMIT_LISTEN"))
        done = self.serve("--config", config, "--listen", "[::1]:5", "--listen", "localhost:6", environment={"REMIT_LISTEN": "127.0.0.1:3"})
        self.assertEqual(self.table(done)["listen"], ("[::1]:5, localhost:6", "--listen"))
        self.assertIn('REMIT_LISTEN: expected HOST:PORT, such as 127.0.0.1:7400, got ""', self.refused(environment={"REMIT_LISTEN": "127.0.0.1:1,"}))
        config = self.write({"listen": []})
        (said,) = self.refused("--config", config)
        self.assertTrue(said.startswith("say where to listen: --listen HOST:PORT, "), said)

    def test_the_file_that_the_environment_names(self):
        self.write({"stdio": True, "idle": 7})
        self.write({"stdio": True, "idle": 8}, "other.json")
        environment = {"REMIT_CONFIG": "remit.json"}
        self.assertEqual(self.table(self.serve(environment=environment))["idle"], ("7", "remit.json:1"))
        self.assertEqual(self.table(self.serve("--config", "other.json", environment=environment))["idle"], ("8", "other.json:1"))

    def test_paths_of_the_file_are_from_its_folder(self):
        self.write(APPROVE.encode(), "etc/rules/a/p.lua")
        config = self.write({"policies": "rules", "unix": ["run/s", "/run/s"], "native_plugin": ["x=lib/x.so"]}, "etc/remit.json")
        table = self.table(self.serve("--config", config))
        self.assertEqual(table["policies"][0], "etc/rules")
        self.assertEqual(table["unix"][0], "etc/run/s, /run/s")
        self.assertEqual(table["native_plugin"][0], "x=etc/lib/x.so")
        done = self.serve("--config", config)
        self.assertEqual(done.returncode, 2)
        self.assertIn("etc/remit.json:1: native_plugin x: etc/lib/x.so: ", done.stderr.decode())
        config = self.write({"policies": "rules", "stdio": True}, "etc/remit.json")
        done = self.serve("--config", os.path.join(self.folder.path, config))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("1 policy, snapshot ", done.stdout.decode())


class FileTests(ConfigurationCase):
    def check(self, content, *messages):
        config = self.write(content)
        self.assertEqual(self.refused("--config", config), [f"remit.json:{message}" for message in messages])

    def test_what_is_no_configuration(self):
        for content, message in [
                (b"", " expected an object, got an empty file"), (b" \n ", " expected an object, got an empty file"), (b"[]", "1: expected an object, got a list"), (b"\n7", "2: expected an object, got 7"),
                (b'{"idle": 5,\n "drain": 3\n', "3: "), (b'{"idle": 5}\n{"idle": 6}', "2: "), (b'{"idle": 5} x', "1: "), (b"{'idle': 5}", "1: "),
                (b'{"idle": 5,\n}', "2: "), (b'\xef\xbb\xbf{"idle": 5}', "1: begins with a byte order mark"), (b'{"idle": 05}', "1: "),
                (b'{"idle": 5\x00}', "1: "), (b'{"policies": "\xff"}', "1: "), (b"[" * 1000, "1: "), (b"\x7fELF\x02\x01" * 1000, "1: "),
                (b" " * (1 << 20) + b"{}", " larger than 1048576 bytes")]:
            with self.subTest(content[:40]):
                (said,) = self.refused("--config", self.write(content))
                self.assertTrue(said.startswith("remit.json:" + message), said)

    def test_a_key_that_is_there_twice(self):
        self.check(b'{\n"idle": 5,\n"drain": 1,\n"idle": 5\n}', "4: idle: is set twice")
        self.check(b'{"idle": 5, "\\u0069dle": 6}', "1: idle: is set twice")

    def test_unknown_keys(self):
        self.check({"conections": 5}, "1: conections: there is no such setting; did you mean connections?")
        self.check({"unix-mode": "660"}, "1: unix-mode: there is no such setting; did you mean unix_mode?")
        self.check({"IDLE": 5}, "1: IDLE: there is no such setting; did you mean idle?")
        self.check({"zzzzzzzzzz": 5}, "1: zzzzzzzzzz: there is no such setting")
        self.check({"": 5}, "1: : there is no such setting")
        self.check({"config": "x"}, "1: config: there is no such setting")
        self.check({"a\nb": 5}, "1: a\\nb: there is no such setting")

    def test_wrong_types(self):
        number = "expected a whole number from 1 to 31536000, got"
        for value, said in [("60", f'{number} "60"'), (True, f"{number} true"), (None, f"{number} null"), ([60], f"{number} a list"), ({}, f"{number} an object"),
                            (1.5, f"{number} 1.5"), (10.0, f"{number} 10.0"), ("x" * 200, f"{number} a text")]:
            self.check({"idle": value}, f"1: idle: {said}")
        self.check(b'{"idle": 6e1}', f"1: idle: {number} 6e1")
        self.check({"listen": "127.0.0.1:1"}, '1: listen: expected a list of texts, got "127.0.0.1:1"')
        self.check({"listen": [7400]}, "1: listen: expected HOST:PORT, such as 127.0.0.1:7400, got 7400")
        self.check({"stdio": "true"}, '1: stdio: expected true or false, got "true"')
        self.check({"unix_mode": 600}, '1: unix_mode: expected a text such as "600", got the number 600')
        self.check({"unix_mode": 999}, '1: unix_mode: expected a text such as "660", got the number 999')
        self.check({"policies": ""}, '1: policies: expected a path, got ""')
        self.check({"log_format": "xml"}, '1: log_format: expected text or json, got "xml"')

    def test_all_problems_are_told(self):
        config = self.write(b'{\n"idel": 5,\n"drain": "x",\n"stdio": true,\n"loops": 0}')
        said = self.refused("--config", config, "--nesting", "x", environment={"REMIT_WAITING": "0"})
        self.assertEqual([line.split(": expected")[0].split(": there")[0] for line in said],
                         ["remit.json:2: idel", "remit.json:3: drain", "remit.json:5: loops", "--nesting", "REMIT_WAITING"])

    def test_a_file_that_cannot_be_read(self):
        self.assertEqual(self.refused("--config", "nowhere.json"), ["cannot read nowhere.json: no such file or directory"])
        self.assertEqual(self.refused("--config", "policies"), ["cannot read policies: is a directory"])
        self.assertEqual(self.refused(environment={"REMIT_CONFIG": "nowhere.json"}), ["cannot read nowhere.json: no such file or directory"])

    def test_line_ends_do_not_matter(self):
        config = self.write(b'\r\n{\r\n\t"idle": 5,\r\n"stdio": true}\r\n\r\n')
        self.assertEqual(self.table(self.serve("--config", config))["idle"], ("5", "remit.json:3"))


class PlaceTests(ConfigurationCase):
    """Where nothing can listen is told before anything is opened, to a start as to --check-config."""

    def test_hosts_that_are_none(self):
        for host, said in [("256.1.1.1", "256.1.1.1 is no IPv4 address"), ("1.2.3.4.5", "1.2.3.4.5 is no IPv4 address"), ("[::zz]", "::zz is no IPv6 address"),
                           ("*", 'expected HOST:PORT, with 0.0.0.0 or [::] for all addresses, got "*:0"')]:
            for name in ("listen", "http"):
                with self.subTest(host, name=name):
                    self.assertEqual(self.refused(f"--{name}", f"{host}:0"), [f"--{name}: {said}"])
                    self.assertEqual(self.refused("--config", self.write({name: [f"{host}:0"]})), [f"remit.json:1: {name}: {said}"])

    def test_long_paths_of_sockets(self):
        end = "at most 107 bytes"
        self.assertEqual(self.serve("--unix", "x" * 107).returncode, 0)
        for option in ("--unix", "--admin-unix"):
            self.assertEqual(self.refused(option, "x" * 108), [f"{option}: cannot listen on {'x' * 108}: a socket's path has {end}"])
        # With the folder of the file.
        config = self.write({"unix": ["x" * 104], "stdio": True, "policies": "../policies", "plugins": "../plugins"}, "etc/remit.json")
        self.assertEqual(self.refused("--config", config), [f"etc/remit.json:1: unix: cannot listen on etc/{'x' * 104}: a socket's path has {end}"])

    def test_a_place_is_given_once(self):
        for arguments, said in [
                (["--listen", "127.0.0.1:9", "--listen", "127.0.0.1:9"], "--listen: 127.0.0.1:9 is given twice"),
                (["--listen", "127.0.0.1:9", "--listen", "127.1:9"], "--listen: 127.1:9 is given twice"),
                (["--listen", "[::1]:9", "--listen", "[0:0::1]:9"], "--listen: [0:0::1]:9 is given twice"),
                (["--listen", "localhost:9", "--http", "LOCALHOST:9"], "--http: LOCALHOST:9 is given to --listen already"),
                (["--unix", "a.sock", "--admin-unix", "a.sock"], "--admin-unix: a.sock is given to --unix already"),
                (["--unix", "./run//a", "--unix", "run/a"], "--unix: run/a is given twice")]:
            with self.subTest(arguments):
                self.assertEqual(self.refused(*arguments), [said])
        for arguments in (["--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0"], ["--listen", "127.0.0.1:9", "--http", "127.0.0.1:8"],
                          ["--unix", "a", "--unix", "/a"]):
            self.assertEqual(self.serve(*arguments).returncode, 0)

    def test_addresses_that_others_reach_are_warned_of(self):
        done = self.serve("--listen", "0.0.0.0:9", "--http", "[::]:9", "--listen", "127.0.0.2:9", "--listen", "[::1]:9", "--listen", "localhost:9",
                          "--listen", "[::ffff:127.0.0.1]:8", "--http", "[::ffff:10.0.0.1]:9")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stderr.decode().splitlines(), [
            f"remit: warning: {address} is no loopback address: whoever reaches it may ask for decisions"
            for address in ("0.0.0.0:9", "[::]:9", "[::ffff:10.0.0.1]:9")])

    def test_a_host_that_nobody_knows(self):
        done = self.serve("--listen", "no-such-host.invalid:9", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr.decode(), r"^remit: cannot listen on no-such-host\.invalid:9: [a-z ]+\n$")


class CheckTests(ConfigurationCase):
    def test_policies_that_do_not_load(self):
        self.write(b"return policy {", "policies/a/broken.lua")
        done = self.serve("--stdio")
        self.assertEqual(done.returncode, 4)
        self.assertIn("a/broken.lua:1:", done.stderr.decode())
        self.assertEqual(self.table(done)["stdio"], ("true", "--stdio"))

    def test_it_does_not_listen(self):
        done = self.serve("--unix", "s")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertFalse(os.path.exists(os.path.join(self.folder.path, "s")))

    def test_columns_stand_under_each_other(self):
        done = self.serve("--unix", "s" * 90)
        lines = done.stdout.decode().split("\n\n")[0].splitlines()
        place = lines[0].index("from")
        self.assertTrue(all(line[place - 2:place] == "  " and line[place] != " " for line in lines), lines)

    def test_variables_that_are_misspelt(self):
        done = self.serve("--stdio", environment={"REMIT_IDEL": "5", "REMIT_PORT_7400_TCP_ADDR": "x", "REMITTANCE": "x", "REMIT_": "x"})
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stderr, b"remit: warning: REMIT_IDEL sets nothing; did you mean REMIT_IDLE?\n")


class DocumentTests(ConfigurationCase):
    def table_of_the_program(self):
        """The rows as the program has them: help, and what it says of a value that nothing is."""
        rows_ = []
        for option, (text, is_boolean) in options_of_help(self.serve("--help", check=False).stdout.decode()).items():
            name = option[2:].replace("-", "_")
            text, is_list = re.subn(r" May be given again\.$", "", text)
            summary, _, default = text.partition(" (default: ")
            default = default[:-1] or "none"
            said = self.serve(f"{option}=maybe").stderr.decode()
            expected = re.search(r': expected (.*), got "maybe"$', said, re.MULTILINE)
            expected = "true or false" if is_boolean else expected.group(1) if expected else "a path"
            rows_.append(f"| `{name}` | `{option}` | `REMIT_{name.upper()}` | {'several: ' if is_list else ''}{expected} | "
                         f"{default if default in ('none', 'one for each core') else f'`{default}`'} | {summary} |\n")
        return "".join(rows_)

    def example(self):
        """What --check-config prints for the file of the document."""
        (config,) = [content for (mark, name), _, content in blocks(read(DOCUMENT)) if mark == "file" and name == "remit.json"]
        self.write(config.encode())
        done = self.serve("--config", "remit.json", "--unix-mode", "600", environment={"REMIT_IDLE": "300"})
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode().split("\n\n")[0] + "\n"

    def compare(self, pattern, wanted):
        """The part of the document that the pattern's second group is; REMIT_RECORD=1 writes it anew, and fails."""
        text = read(DOCUMENT)
        found = re.search(pattern, text, re.DOTALL)
        if found.group(2) != wanted and os.environ.get("REMIT_RECORD"):
            with open(DOCUMENT, "w", encoding="utf-8") as file:
                file.write(text[:found.start(2)] + wanted + text[found.end(2):])
        self.assertEqual(found.group(2), wanted, "docs/configuration.md: REMIT_RECORD=1 writes it anew")

    def test_the_settings(self):
        self.compare(r"(<!-- settings -->\n\|[^\n]*\n\|[^\n]*\n)((?:\|[^\n]*\n)*)", self.table_of_the_program())
        self.assertEqual([row[0] for row in rows()], list(self.table(self.serve())))

    def test_the_example(self):
        self.compare(r"(<!-- check-config -->\n```text\n)(.*?)```", self.example())

    def test_the_messages(self):
        (shown,) = [content for _, language, content in blocks(read(DOCUMENT)) if language == "text" and content.startswith("remit: ")]
        first, second = shown.splitlines()
        self.assertEqual(["remit: " + line for line in self.refused(environment={"REMIT_IDLE": "1m"})], [first])
        config = self.write(b'{\n\n\n"conections": 3}')
        self.assertEqual(["remit: " + line for line in self.refused("--config", config)], [second])


def os_cores():
    return str(min(256, os.sysconf("SC_NPROCESSORS_ONLN")))


if __name__ == "__main__":
    unittest.main()
