"""The decision log of a real service: everything that was answered stands in it, whatever happens to the process or the disk."""
import contextlib
import ctypes
import hashlib
import json
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from service import Client, Server, line, request, stdio
from support import REMIT, ROOT, Folder, policy, run

INPUT = {"amount": "1200.00", "category": "expense", "approver": {"id": "M-1", "role": "manager", "active": True},
         "requester": {"id": "U-1"}, "at_date": "2025-06-15"}
SENSITIVE = policy('if tx.how == "error" then error("no " .. tx.pin) end return { outcome = "approve", reasons = { "ok" } }',
                   "how = optional(text {}), pin = optional(text { sensitive = true }), list = optional(list { of = text { sensitive = true } }),")
ZEROS = "0" * 64


def decide(number, **more):
    return request("decide", number, policy="authority.limit", input=INPUT, **more)


def lines(*folders):
    """All lines, parsed, in the order of the segments; the chain is checked on the way, by nothing of the service's."""
    found = []
    segments = sorted((name, folder) for folder in folders for name in os.listdir(folder) if name.endswith(".ndjson"))
    previous = ZEROS
    for name, folder in segments:
        with open(os.path.join(folder, name), "rb") as file:
            for number, raw in enumerate(file.read().splitlines()):
                parsed = json.loads(raw)
                if number == 0:
                    assert int(name.split(".")[0]) == parsed["n"], name
                body, _, rest = raw.rpartition(b',"hash":"')
                assert parsed["previous"] == previous and hashlib.sha256(body).hexdigest() == parsed["hash"] == rest[:-2].decode()
                previous = parsed["hash"]
                found.append(parsed)
    assert [each["n"] for each in found] == list(range(1, len(found) + 1))
    return found


def verify(*folders, status=0):
    done = run("log", "verify", *folders)
    assert done.returncode == status, done.stderr.decode() + done.stdout.decode()
    return done


class LogCase(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.log = os.path.join(self.temporary.name, "log")

    def serve(self, *options, **more):
        return Server("--log", self.log, *options, **more)


class Content(LogCase):
    def test_everything_that_is_decided(self):
        batch = request("decide_batch", "b", policy="authority.limit", inputs=[INPUT, 5], at="2025-06-15")
        nothing = {"jsonrpc": "2.0", "method": "decide", "params": {"policy": "authority.limit", "input": INPUT}}
        messages = [decide(1, at="2025-06-15T08:00:00Z"), decide("x", params={"nothing": 1}), nothing, batch,
                    request("decide", 3, policy="no.such", input=[1]), request("decide_batch", 4, policy="no.such", inputs=[1]),
                    request("health", 5), [decide(6), decide(7)]]
        with self.serve() as server, server.tcp() as client:
            for message in messages:
                client.send(line(message))
            client.end()
            replies = [json.loads(each) for each in client.lines()]
            server.terminate()
            self.assertEqual(server.wait(), 0, server.said())
        found = lines(self.log)
        self.assertEqual(len(found), 9)
        one = found[0]
        self.assertEqual(one["request"], {"id": 1, "method": "decide", "input": INPUT})
        self.assertEqual((one["at"], one["policy"], one["version"], one["decision"]),
                         ("2025-06-15T08:00:00Z", "authority.limit", replies[0]["result"]["version"], replies[0]["result"]["decision"]))
        self.assertNotIn("params", one)
        by_id = {json.dumps([each["request"].get("id"), each["request"].get("row")]): each for each in found}
        refused = by_id['["x", null]']
        self.assertEqual((refused["params"], refused["error"]["code"]), ({"nothing": 1}, "invalid_params"))
        self.assertEqual(refused["error"]["message"], replies[1]["error"]["message"])
        self.assertIn("decision", by_id["[null, null]"])
        self.assertEqual(by_id['["b", 0]']["decision"], replies[2]["result"]["results"][0]["decision"])
        self.assertEqual(by_id['["b", 1]']["error"], replies[2]["result"]["results"][1]["error"])
        self.assertEqual((by_id["[3, null]"]["policy"], by_id["[3, null]"]["error"]["code"]), ("no.such", "unknown_policy"))
        self.assertNotIn("version", by_id["[3, null]"])
        self.assertEqual(by_id["[4, null]"]["request"], {"id": 4, "method": "decide_batch"})
        self.assertIn("9 lines in 1 segment, from ", verify(self.log).stdout.decode())

    def test_what_is_no_question_for_a_policy(self):
        """An id of null is not that of a notification; what is refused for its members alone is no decision."""
        about = {"policy": "authority.limit", "input": INPUT}
        notification = request("decide", **about)
        del notification["id"]
        asked = [request("decide", None, **about), notification, request("decide", 3, policy="authority.limit"), request("decide", 4, **about, explain=1),
                 request("decide", 5, **about, other=1), request("decide_batch", 6, policy="authority.limit", inputs=[]), {"jsonrpc": "2.0", "id": 7}]
        stdio(b"".join(line(each) for each in asked), "--log", self.log)
        first, second = lines(self.log)
        self.assertEqual((first["request"]["id"], "id" in second["request"]), (None, False))

    def test_standard_input(self):
        done = stdio(b"".join(line(decide(number)) for number in range(2000)), "--log", self.log)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([each["request"]["id"] for each in lines(self.log)], list(range(2000)))

    def test_segments(self):
        done = stdio(b"".join(line(decide(number)) for number in range(500)), "--log", self.log, "--log-segment-bytes", "20000")
        self.assertEqual(done.returncode, 0, done.stderr)
        sizes = [os.path.getsize(os.path.join(self.log, name)) for name in sorted(os.listdir(self.log)) if name.endswith(".ndjson")]
        self.assertTrue(len(sizes) > 10 and max(sizes) <= 20000 and min(sizes[:-1]) > 19000, sizes)
        self.assertEqual(len(lines(self.log)), 500)

    def test_cat_and_stats(self):
        with self.serve() as server, server.tcp() as client:
            for number in range(5):
                client.call("decide", number, policy="authority.limit", input=INPUT | {"id": f"T-{number}"})
            client.call("decide", "x", policy="no.such", input={})
        whole = run("log", "cat", self.log).stdout
        self.assertEqual([json.loads(each) for each in whole.splitlines()], lines(self.log))

        def cat(*options):
            done = run("log", "cat", *options, self.log)
            self.assertEqual(done.returncode, 0, done.stderr)
            return [json.loads(each)["n"] for each in done.stdout.splitlines()]
        self.assertEqual(cat("--id", "T-2"), [3])
        self.assertEqual(cat("--id", "x"), [6])
        self.assertEqual(cat("--policy", "authority.limit", "--id", "3"), [4])
        self.assertEqual(cat("--error", "unknown_policy"), [6])
        outcome = lines(self.log)[0]["decision"]["outcome"]
        self.assertEqual(cat("--outcome", outcome), [1, 2, 3, 4, 5])
        today = time.strftime("%Y-%m-%d", time.gmtime())
        self.assertEqual(cat("--from", "2020-01-01", "--to", "2020-01-02T00:00:00Z"), [])
        self.assertEqual(cat("--from", "2020-01-01T00:00:00Z", "--to", "2999-01-01"), [1, 2, 3, 4, 5, 6])
        third = lines(self.log)[2]["time"]
        self.assertTrue(set(cat("--from", third)) >= {3, 4, 5, 6} and today[:2] == "20")
        self.assertEqual(run("log", "cat", "--from", "yesterday", self.log).returncode, 2)
        stats = json.loads(run("log", "stats", "--json", self.log).stdout)
        self.assertEqual((stats["lines"], stats["segments"], stats["masked"]), (6, 1, 1))
        self.assertEqual([each["policy"] for each in stats["policies"]], ["authority.limit", "no.such"])
        self.assertEqual(stats["policies"][0]["outcomes"], {outcome: 5})
        self.assertEqual(stats["policies"][1]["errors"], {"unknown_policy": 1})
        text = run("log", "stats", self.log).stdout.decode()
        self.assertIn("6 lines, ", text)
        self.assertIn(f"  {outcome}: 5\n", text)

    def test_damage_is_told_with_segment_and_line(self):
        stdio(b"".join(line(decide(number)) for number in range(20)), "--log", self.log)
        path = os.path.join(self.log, "0000000000000001.ndjson")
        with open(path, "rb") as file:
            whole = file.read()
        place = whole.index(b'"id":16') + 6
        with open(path, "wb") as file:
            file.write(whole[:place] + b"9" + whole[place + 1:])
        done = verify(self.log, status=1)
        self.assertEqual(done.stderr.decode(), "remit: 0000000000000001.ndjson:17: the hash is not that of the line\n")
        done = run("log", "cat", self.log)
        self.assertEqual((done.returncode, len(done.stdout.splitlines())), (1, 16))
        os.truncate(path, whole.rindex(b'{"n":19,'))
        with open(path, "r+b") as file:
            file.write(whole[:place + 1])
        self.assertEqual(verify(self.log, status=1).stderr.decode(), "remit: lines 19 to 20 were acknowledged and are missing at the end\n")

    def test_a_line_that_is_missing_at_the_end_stops_every_reader(self):
        stdio(b"".join(line(decide(number)) for number in range(9)), "--log", self.log)
        path = os.path.join(self.log, "0000000000000001.ndjson")
        with open(path, "rb") as file:
            whole = file.read()
        last = whole.rindex(b'{"n":9,')

        def expect(message):
            self.assertIn(f"remit: {message}", verify(self.log, status=1).stderr.decode())
            message = f"remit: {message} (see remit log verify)\n"
            done = run("log", "cat", self.log)
            self.assertEqual((done.returncode, done.stdout, done.stderr.decode()), (1, whole[:last], message))
            done = run("log", "stats", self.log)
            self.assertEqual((done.returncode, done.stderr.decode()), (1, message))
            done = run("replay", "--log", self.log)
            self.assertEqual((done.returncode, done.stderr.decode().splitlines(keepends=True)[-1]), (2, message))
            self.assertIn("remit: 8 lines, 8 equal", done.stderr.decode())
            return done.stderr.decode()

        os.truncate(path, last)
        expect("line 9 was acknowledged and is missing at the end")
        # Torn, though it was acknowledged: nobody is at it, and nobody says that it was not answered.
        with open(path, "wb") as file:
            file.write(whole[:-5])
        self.assertNotIn("torn", expect("line 9 was acknowledged and is missing at the end"))
        self.assertNotIn(b"not answered", verify(self.log, status=1).stderr)
        # Another decision, and a hash that is right.
        body = whole[last:-76].replace(b'"outcome":"', b'"outcome":"x', 1)
        self.assertNotEqual(body, whole[last:-76])
        with open(path, "wb") as file:
            file.write(whole[:last] + body + b',"hash":"' + hashlib.sha256(body).hexdigest().encode() + b'"}\n')
        expect(f"0000000000000001.ndjson:9: line 9 is not the one that {self.log}/head has seen")

    def test_readers_beside_a_service_that_writes(self):
        """Whatever it is at: no reader ever finds anything wrong."""
        ended = threading.Event()

        def ask(client):
            number = 0
            while not ended.is_set():
                client.send(line(decide(number)))
                client.line()
                number += 1

        with self.serve("--log-segment-bytes", "20000") as server, server.tcp() as client:
            thread = threading.Thread(target=ask, args=(client,))
            thread.start()
            try:
                counts = []
                for _ in range(5):
                    for command in (("log", "verify"), ("log", "cat"), ("replay", "--log")):
                        done = run(*command, self.log)
                        self.assertEqual(done.returncode, 0, done.stderr.decode())
                    counts.append(json.loads(run("log", "stats", "--json", self.log).stdout)["lines"])
            finally:
                ended.set()
                thread.join()
            self.assertGreater(counts[-1], counts[0])

    def test_what_cannot_be_read(self):
        for arguments in [("verify", self.log), ("cat", self.log), ("stats", self.temporary.name), ("verify",), ("verify", "--first", "0", self.log)]:
            done = run("log", *arguments)
            self.assertEqual((done.returncode, done.stderr.count(b"\n")), (2, 1), done.stderr)


    def test_a_log_without_a_line(self):
        with self.serve() as server:
            server.terminate()
            self.assertEqual(server.wait(), 0)
        self.assertEqual(verify(self.log).stdout, b"0 lines in 0 segments\n")
        self.assertEqual(json.loads(run("log", "stats", "--json", self.log).stdout)["lines"], 0)
        for arguments in [("log", "stats", self.log), ("log", "cat", self.log), ("replay", "--log", self.log, "--policies", os.path.join(ROOT, "policies"))]:
            done = run(*arguments)
            self.assertEqual(done.returncode, 0, done.stderr)


class Masking(LogCase):
    def requests(self):
        inputs = [{"pin": "SECRET-1", "how": "fine"}, {"pin": 771237712377123, "pinn": "SECRET-2"}, {"how": "error", "pin": "SECRET-3"},
                  {"list": ["SECRET-4", 5]}, "SECRET-5"]
        raw = [line(request("decide", number, policy="x.secret", input=each)) for number, each in enumerate(inputs)]
        raw.append(b'{"jsonrpc":"2.0","id":9,"method":"decide","params":{"policy":"x.secret","input":{"p\\u0069n":"SECRET-6","pin":"SECRET-7"}}}\n')
        raw.append(line(request("decide_batch", 10, policy="x.secret", inputs=inputs)))
        return b"".join(raw)

    def test_without_a_key(self):
        with Folder({"policies/x/secret.lua": SENSITIVE}) as folder:
            done = stdio(self.requests(), "--log", self.log, policies=os.path.join(folder.path, "policies"))
            self.assertEqual(done.returncode, 0, done.stderr)
        found = lines(self.log)
        self.assertEqual(len(found), 11)
        text = json.dumps(found)
        self.assertNotIn("SECRET", text)
        self.assertNotIn("771237712377123", text)
        self.assertEqual(found[0]["request"]["input"], {"pin": {"masked": True}, "how": "fine"})
        self.assertEqual(json.loads(run("log", "stats", "--json", self.log).stdout)["masked"], 11)

    def test_a_policy_that_is_not_known(self):
        inputs = [{"card": "SECRET-1"}, ["SECRET-2"], "SECRET-3"]
        raw = b"".join(line(request("decide", number, policy="x.secert", input=each)) for number, each in enumerate(inputs))
        key = os.path.join(self.temporary.name, "key")
        with open(key, "w", encoding="ascii") as file:
            file.write("ab" * 32)
        os.chmod(key, 0o600)
        with Folder({"policies/x/secret.lua": SENSITIVE}) as folder:
            policies = os.path.join(folder.path, "policies")
            for options in ((), ("--log-key", key)):
                self.log = os.path.join(self.temporary.name, f"log{len(options)}")
                stdio(raw, "--log", self.log, *options, policies=policies)
                found = lines(self.log)
                self.assertEqual([each["error"]["code"] for each in found], ["unknown_policy"] * 3)
                self.assertNotIn("SECRET", json.dumps(found))
                self.assertEqual([list(each["request"]["input"]) for each in found], [["masked"]] * 3)
                self.assertEqual(["sealed" in each["request"] for each in found], [bool(options)] * 3)
                for with_key in ((), options):
                    done = run("replay", "--log", self.log, *with_key, "--policies", policies, "--plugins", os.path.join(ROOT, "plugins"))
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                    self.assertIn(b"3 lines, 3 equal", done.stderr)
        # It is known now: without its input nothing can be said.
        with Folder({"policies/x/secert.lua": SENSITIVE}) as folder:
            for options, status, words in (((), 0, b"0 equal, 0 differing, 3 masked"), (("--log-key", key), 1, b"0 equal, 3 differing, 0 masked")):
                done = run("replay", "--log", self.log, *options, "--policies", os.path.join(folder.path, "policies"), "--plugins", os.path.join(ROOT, "plugins"))
                self.assertEqual(done.returncode, status, done.stdout + done.stderr)
                self.assertIn(words, done.stderr)
        shown = [json.loads(each)["request"] for each in run("log", "cat", "--log-key", key, self.log).stdout.splitlines()]
        self.assertEqual([each["input"] for each in shown], inputs)

    def test_with_a_key(self):
        key = os.path.join(self.temporary.name, "key")
        with open(key, "w", encoding="ascii") as file:
            file.write(os.urandom(32).hex() + "\n")
        os.chmod(key, 0o600)
        with Folder({"policies/x/secret.lua": SENSITIVE}) as folder:
            done = stdio(self.requests(), "--log", self.log, "--log-key", key, policies=os.path.join(folder.path, "policies"))
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("SECRET", json.dumps(lines(self.log)))
        done = run("log", "cat", "--log-key", key, self.log)
        shown = [json.loads(each) for each in done.stdout.splitlines()]
        self.assertEqual(shown[0]["request"], {"id": 0, "method": "decide", "input": {"pin": "SECRET-1", "how": "fine"}})
        self.assertEqual([f"SECRET-{number}" in done.stdout.decode() for number in range(1, 8)], [True] * 7)
        self.assertEqual(done.stderr, b"")
        other = os.path.join(self.temporary.name, "other")
        shutil.copy(key, other)
        with open(other, "w", encoding="ascii") as file:
            file.write("00" * 32)
        # What another key has sealed stays as it is; of several keys each is tried.
        whole = run("log", "cat", self.log).stdout
        done = run("log", "cat", "--log-key", other, self.log)
        self.assertEqual((done.returncode, done.stdout), (0, whole))
        self.assertRegex(done.stderr.decode(), r"^remit: \d+ lines with values sealed under another key: they stay masked")
        done = run("log", "cat", "--log-key", other, "--log-key", key, self.log)
        self.assertEqual(([json.loads(each) for each in done.stdout.splitlines()], done.stderr), (shown, b""))
        os.chmod(key, 0o644)
        done = stdio(b"", "--log", self.log, "--log-key", key)
        self.assertEqual((done.returncode, done.stderr.decode()), (2, f"remit: {key}: every user may read or change this key (chmod 600 {key})\n"))


def load(client, count=100_000):
    """Sends decisions, many at a time, until the connection breaks; returns the ids that were answered."""
    answered = []
    number = 0
    try:
        while number < count:
            client.send(b"".join(line(decide(number + each)) for each in range(64)))
            number += 64
            for _ in range(64):
                reply = client.line()
                if reply is None:
                    return answered
                answered.append(json.loads(reply)["id"])
    except (OSError, AssertionError):
        pass
    return answered


class Crashes(LogCase):
    def kill_under_load(self, *options):
        answered = {}
        with self.serve(*options) as server:
            def work(name):
                with server.tcp() as client:
                    answered[name] = load(Tagged(client, name))
            threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
            for thread in threads:
                thread.start()
            time.sleep(0.7)
            server.process.send_signal(signal.SIGKILL)
            for thread in threads:
                thread.join()
        return {(name, number) for name, numbers in answered.items() for number in numbers}

    def logged(self):
        found = []
        for name in sorted(os.listdir(self.log)):
            if name.endswith(".ndjson"):
                with open(os.path.join(self.log, name), "rb") as file:
                    found += [json.loads(each)["request"]["id"] for each in file.read().split(b"\n")[:-1]]
        return {tuple(int(part) for part in each.split("-")) for each in found if isinstance(each, str)}

    def test_kill_loses_no_answered_decision(self):
        total = 0
        for options in [(), ("--log-sync", "always"), ("--log-segment-bytes", "100000"), ("--loops", "4")]:
            with self.subTest(options):
                answered = self.kill_under_load(*options)
                total += len(answered)
                self.assertTrue(answered)
                self.assertEqual(answered - self.logged(), set())
                verify(self.log)
                # It goes on behind that, and says what it has cut off.
                with self.serve() as server, server.tcp() as client:
                    client.call("decide", 1, policy="authority.limit", input=INPUT)
                    server.terminate()
                    self.assertEqual(server.wait(), 0)
                verify(self.log)
                lines(self.log)
        self.assertGreater(total, 1000)

    def test_torn_line_is_cut_off_and_said(self):
        stdio(line(decide(1)), "--log", self.log)
        path = os.path.join(self.log, "0000000000000001.ndjson")
        with open(path, "ab") as file:
            file.write(b'{"n":2,"previous":"')
        self.assertIn("note: ", verify(self.log).stderr.decode())
        done = stdio(line(decide(2)), "--log", self.log)
        self.assertIn("the last line was torn: cut off 19 bytes of a decision that was not answered", done.stderr.decode())
        self.assertEqual([each["request"]["id"] for each in lines(self.log)], [1, 2])

    def test_two_services_and_a_folder(self):
        with self.serve():
            done = stdio(b"", "--log", self.log)
            self.assertEqual((done.returncode, done.stderr.decode()),
                             (2, f'remit: another service writes its decision log in "{self.log}": each needs a folder of its own\n'))
            verify_running = run("log", "verify", self.log)
            self.assertEqual(verify_running.returncode, 0)

    def test_broken_log_is_not_continued(self):
        stdio(line(decide(1)) + line(decide(2)), "--log", self.log)
        path = os.path.join(self.log, "0000000000000001.ndjson")
        with open(path, "r+b") as file:
            data = file.read().replace(b'"id":2,', b'"id":3,')
            file.seek(0)
            file.write(data)
        done = stdio(b"", "--log", self.log)
        self.assertEqual(done.returncode, 2)
        self.assertIn("the last line is not what was written", done.stderr.decode())

    def test_folders_that_cannot_be(self):
        with open(os.path.join(self.temporary.name, "file"), "w", encoding="ascii"):
            pass
        for folder in ["file", "no/such"]:
            done = stdio(b"", "--log", os.path.join(self.temporary.name, folder))
            self.assertEqual((done.returncode, done.stderr.count(b"\n")), (2, 1), done.stderr)
        for options in [("--log-sync", "always"), ("--log", self.log, "--log-full", "spill"), ("--log", self.log, "--log-spill", "x"),
                        ("--log", self.log, "--log-full", "never"), ("--log", self.log, "--log-sync", "often"),
                        ("--log", self.log, "--log-full", "spill x", "--log-spill", "y")]:
            done = stdio(b"", *options)
            self.assertEqual((done.returncode, done.stderr.count(b"\n")), (2, 1), done.stderr)


class Tagged:
    """A client whose ids are texts that name it."""

    def __init__(self, client, name):
        self.client = client
        self.name = name

    def send(self, data):
        self.client.send(b"".join(line(json.loads(each) | {"id": f"{self.name}-{json.loads(each)['id']}"}) for each in data.splitlines()))

    def line(self):
        reply = self.client.line()
        if reply is None:
            return None
        parsed = json.loads(reply)
        return json.dumps({"id": int(parsed["id"].split("-")[1])}).encode()


class Gone(LogCase):
    """The log's files are taken away while the service writes them."""

    def under_load(self, server, change):
        """Decides all the while; returns how many were answered."""
        answered = []
        with server.tcp(timeout=60) as client:
            thread = threading.Thread(target=lambda: answered.extend(load(client, 40_000)))
            thread.start()
            time.sleep(0.3)
            change()
            thread.join()
        self.assertEqual(answered, list(range(len(answered))))
        server.terminate()
        self.assertEqual(server.wait(), 0)
        return len(answered)

    def test_a_folder_that_comes_back(self):
        other = self.log + ".old"
        with self.serve() as server:
            def change():
                os.rename(self.log, other)
                server.wait_for(rb"warning: cannot write .*: no such file or directory: answers wait until it can be\n")
                time.sleep(0.3)
                os.rename(other, self.log)
            count = self.under_load(server, change)
            self.assertIn(b"is there again: the decision log goes on in it", server.said())
        self.assertEqual([each["request"]["id"] for each in lines(self.log)], list(range(count)))
        verify(self.log)

    def test_a_folder_that_is_emptied_or_moved(self):
        for is_moved, options in ((False, ()), (True, ()), (True, ("--log-sync", "always"))):
            with self.subTest(is_moved=is_moved, options=options):
                self.log = os.path.join(self.temporary.name, f"log-{is_moved}-{len(options)}")
                other = self.log + ".old"
                with self.serve(*options) as server:
                    def change():
                        os.rename(self.log, other)
                        os.mkdir(self.log)
                        if not is_moved:
                            shutil.rmtree(other)
                    count = self.under_load(server, change)
                    self.assertRegex(server.said(), rb"was deleted, moved or cut while the decision log was written to it: lines 1 to \d+ were in it")
                    self.assertIn(b"what a running service has there was gone, and is made anew", server.said())
                self.assertEqual(sorted(os.listdir(self.log))[1:], ["head", "lock"])
                kept = [json.loads(each) for each in run("log", "cat", self.log).stdout.splitlines()]
                first = kept[0]["n"]
                self.assertEqual([each["request"]["id"] for each in kept], list(range(first - 1, count)))
                verify("--first", str(first), self.log)
                if is_moved:
                    self.assertEqual(len(lines(self.log, other)), count)


LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 1 << 18


@contextlib.contextmanager
def small_disk(megabytes, options=""):
    """A tmpfs of that size; `SkipTest` where this process may not mount one."""
    folder = tempfile.mkdtemp(prefix="remit-disk-")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m{options}", "tmpfs", folder], capture_output=True, check=False)
    if done.returncode:
        os.rmdir(folder)
        raise unittest.SkipTest("a small disk cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
        os.rmdir(folder)


class FullDisk(LogCase):
    """The same on a small disk, and under a limit of the size of files."""

    def fill(self, folder, leave):
        """Leaves so many bytes."""
        status = os.statvfs(folder)
        with open(os.path.join(folder, "ballast"), "wb") as file:
            file.write(bytes(max(0, status.f_bavail * status.f_bsize - leave)))

    def check_block(self, server, make_room, *folders):
        """Answers stop at some decision, and come once there is room, with nothing lost; other methods are answered meanwhile."""
        with server.tcp(timeout=60) as client:
            sent = 4000
            thread = threading.Thread(target=lambda: client.send(b"".join(line(decide(number)) for number in range(sent))))
            thread.start()
            server.wait_for(rb"warning: cannot write .*: answers wait until it can be\n")
            with server.tcp() as other:
                self.assertEqual(other.call("health")["result"]["status"], "ok")
            time.sleep(0.3)
            make_room()
            ids = [json.loads(client.line())["id"] for _ in range(sent)]
            self.assertEqual(ids, list(range(sent)))
            thread.join()
        self.assertEqual(server.said().count(b"answers wait"), 1)
        server.wait_for(rb"the decision log is written again")
        server.terminate()
        self.assertEqual(server.wait(), 0)
        self.assertEqual([each["request"]["id"] for each in lines(*folders)], list(range(sent)))

    def test_block_on_a_small_disk(self):
        with small_disk(8) as disk:
            self.log = os.path.join(disk, "log")
            with self.serve("--log-full", "block") as server:
                self.fill(disk, 600_000)
                self.check_block(server, lambda: os.unlink(os.path.join(disk, "ballast")), self.log)
            verify(self.log)

    def test_block_under_a_limit(self):
        with self.serve() as server:
            unlimited = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (100_000, unlimited[1]))
            self.check_block(server, lambda: resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, unlimited), self.log)
        verify(self.log)

    def check_spill(self, server, other):
        with server.tcp() as client:
            ids = load(client, 4096)
            self.assertEqual(ids, list(range(4096)))
        server.wait_for(rb"warning: cannot write .*: the decision log goes on in ")
        server.terminate()
        self.assertEqual(server.wait(), 0)
        self.assertEqual(len(lines(self.log, other)), 4096)
        verify(self.log, other)
        self.assertIn(f"the decision log goes on in {other}", verify(self.log, status=1).stderr.decode())

    def test_spill_on_a_small_disk(self):
        other = os.path.join(self.temporary.name, "other")
        with small_disk(8) as disk:
            self.log = os.path.join(disk, "log")
            with self.serve("--log-full", "spill", "--log-spill", other) as server:
                self.fill(disk, 600_000)
                self.check_spill(server, other)
            done = stdio(b"", "--log", self.log)
            self.assertEqual(done.returncode, 2)
            self.assertIn(f"goes on in {other}: name that with --log-full spill --log-spill DIR", done.stderr.decode())

    def test_spill_in_one_word(self):
        other = os.path.join(self.temporary.name, "other")
        with small_disk(8) as disk:
            self.log = os.path.join(disk, "log")
            with self.serve("--log-full", f"spill {other}", "--log-sync", "always") as server:
                self.fill(disk, 600_000)
                self.check_spill(server, other)

    def check_refuse(self, server, make_room):
        with server.tcp(timeout=60) as client:
            client.send(b"".join(line(decide(number)) for number in range(4000)))
            replies = [json.loads(client.line()) for _ in range(4000)]
            refused = {each["id"] for each in replies if "error" in each}
            decided = [each["id"] for each in replies if "result" in each]
            self.assertTrue(refused and decided)
            for each in replies:
                if "error" in each:
                    self.assertEqual((each["error"]["code"], each["error"]["data"]["code"]), (-32000, "overloaded"))
            self.assertEqual(client.call("health")["result"]["status"], "ok")
            make_room()
            end = time.monotonic() + 20
            while "error" in client.call("decide", 5000, policy="authority.limit", input=INPUT):
                self.assertLess(time.monotonic(), end)
                time.sleep(0.05)
        server.terminate()
        self.assertEqual(server.wait(), 0)
        self.assertEqual([each["request"]["id"] for each in lines(self.log)], [*decided, 5000])
        self.assertIn(b"decisions are refused", server.said())
        verify(self.log)

    def test_no_new_segment(self):
        with small_disk(8, ",nr_inodes=8") as disk:
            self.log = os.path.join(disk, "log")
            with self.serve("--log-segment-bytes", "4096") as server, server.tcp() as client:
                self.assertEqual(len(load(client, 256)), 256)
                server.wait_for(rb"warning: cannot write .*: no space left on device: no new segment begins, and .*ndjson goes on until one can\n")
                segments = len(os.listdir(self.log))
                subprocess.run(["mount", "-o", "remount,nr_inodes=10000", disk], check=True)
                time.sleep(1.1)
                self.assertEqual(len(load(client, 128)), 128)
                server.wait_for(rb"a new segment of the decision log has begun: ")
                self.assertGreater(len(os.listdir(self.log)), segments)
                self.assertEqual(server.said().count(b"no new segment begins"), 1)
            verify(self.log)

    def test_refuse_on_a_small_disk(self):
        with small_disk(8) as disk:
            self.log = os.path.join(disk, "log")
            with self.serve("--log-full", "refuse") as server:
                self.fill(disk, 600_000)
                self.check_refuse(server, lambda: os.unlink(os.path.join(disk, "ballast")))

    def test_refuse_under_a_limit(self):
        with self.serve("--log-full", "refuse", "--log-sync", "always") as server:
            unlimited = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (400_000, unlimited[1]))
            self.check_refuse(server, lambda: resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, unlimited))

    def test_an_end_on_a_full_disk(self):
        with self.serve("--drain", "1") as server:
            unlimited = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (100_000, unlimited[1]))
            with server.tcp() as client:
                client.send(b"".join(line(decide(number)) for number in range(1000)))
                server.wait_for(rb"answers wait")
                server.terminate()
                server.wait()
                answered = [json.loads(each)["id"] for each in client.lines()]
            self.assertIn(b"they were not answered", server.said())
        logged = [each["request"]["id"] for each in lines(self.log)]
        self.assertEqual(logged[:len(answered)], answered)
        verify(self.log)


if __name__ == "__main__":
    unittest.main()
