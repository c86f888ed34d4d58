"""What a service has logged is decided again by `remit replay`: the whole way, with nothing made up in between."""
import json
import os
import shutil
import signal
import tempfile
import threading
import unittest

import decision_log
from service import Server, request
from support import ROOT, Folder, run
from test_real_data import mapped
from test_replay import FILES, GROUP, LIMIT, SECRET

AT = "2025-06-15T08:00:00.000Z"


def ask_all(server, streams):
    """Sends each list of requests over a connection of its own, all at the same time; returns the replies, parsed."""
    replies = [[] for _ in streams]

    def ask(index):
        with server.tcp(timeout=120) as client:
            sender = threading.Thread(target=lambda: (client.send("".join(json.dumps(each) + "\n" for each in streams[index]).encode()), client.end()))
            sender.start()
            replies[index] = [json.loads(line) for line in client.lines()]
            sender.join()

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(len(streams))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return replies


class Logged(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="remit-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.log = os.path.join(self.directory, "log")

    def serve(self, streams, *options, policies=None, plugins=None):
        with Server("--log", self.log, "--log-segment-bytes", "1048576", *options, policies=policies, plugins=plugins) as server:
            replies = ask_all(server, streams)
            server.terminate()
            self.assertEqual(server.wait(), 0, server.said())
        return replies

    def replay(self, *options, status=0, policies=os.path.join(ROOT, "policies"), plugins=os.path.join(ROOT, "plugins")):
        done = run("replay", "--log", self.log, "--json", "--policies", policies, "--plugins", plugins, *options)
        self.assertEqual(done.returncode, status, done.stdout.decode()[-2000:] + done.stderr.decode())
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        return lines[:-1], lines[-1]["summary"]


class RealData(Logged):
    def test_the_shipped_policies(self):
        orders = [json.loads(line) for line in mapped("university_orders.py", ["purchase_order_lines.csv", "fx_rates.csv"])]
        purchases = [json.loads(line) for line in mapped("university_purchases.py", ["purchase_order_lines.csv", "fx_rates.csv"])]
        companies = [json.loads(line) for line in mapped("company_eligibility.py", ["company_financials.csv.gz"])]
        items = [json.loads(line) for line in mapped("bpi2019_three_way_match.py", ["p2p_items.csv.gz"])][:3000]
        decide = lambda name, inputs, **more: [request("decide", number, policy=name, input=each, **more) for number, each in enumerate(inputs)]
        batches = lambda name, inputs, size, **more: [request("decide_batch", f"b{start}", policy=name, inputs=inputs[start:start + size], **more)
                                                      for start in range(0, len(inputs), size)]
        mixed = [each for pair in zip(decide("approval.purchase_order", orders), decide("financing.eligibility", companies, at=AT)) for each in pair]
        odd = [request("decide", 1, policy="approval.purchase_orders", input={}), request("decide", None, policy=5, input={}),
               request("decide", "x", policy="approval.purchase_order", input=orders[0], at="noon"), request("decide_batch", 2, policy="nothing.here", inputs=[1, 2]),
               request("decide", 3, policy="approval.purchase_order", input=orders[0], params={"nothing": 1}),
               request("decide", 4, policy="approval.purchase_order", input=orders[0], explain=True), request("decide_batch", 5, policy="approval.purchase_order", inputs=[{}, [], 5])]
        quiet = decide("approval.purchase_order", orders[:200])
        for each in quiet:
            del each["id"]
        streams = [mixed, decide("procurement.three_way_match", items, params={"price_tolerance_pct": "5", "price_tolerance_abs": "0"}), odd + quiet,
                   batches("approval.purchase_order", orders, 100, at="2024-02-29"), batches("procurement.split_purchase", purchases, 150, at=AT),
                   batches("procurement.split_purchase", purchases, 40), decide("procurement.split_purchase", purchases[:50])]
        self.serve(streams)
        expected = len(mixed) + len(items) + 4 + 3 + 1 + 1 + len(quiet) + len(orders) + 2 * len(purchases) + 50
        logged = decision_log.lines(self.log)
        for jobs in ("1", "4"):
            differences, sums = self.replay("--jobs", jobs)
            self.assertEqual(differences, [])
            self.assertEqual((sums["lines"], sums["equal"]), (len(logged), len(logged)))
        self.assertGreaterEqual(len(logged), expected - len(odd))

        # Higher limits for one role: exactly those orders turn that remit batch decides otherwise under the two folders.
        changed = os.path.join(self.directory, "candidate")
        shutil.copytree(os.path.join(ROOT, "policies"), changed)
        path = os.path.join(changed, "data", "authority_limits.csv")
        with open(path, encoding="utf-8") as file:
            limits = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(line.replace(",CNY", "0,CNY") if line.startswith("manager,") else line for line in limits.splitlines(keepends=True)))
        dated = [line for line in logged if line["at"] == "2024-02-29"]
        data = "".join(json.dumps(line["request"]["input"]) + "\n" for line in dated)
        old, new = ([json.loads(line)["decision"] for line in run("batch", "--policy", "approval.purchase_order", "--at", "2024-02-29", "--policies", folder, data=data).stdout.splitlines()]
                    for folder in (os.path.join(ROOT, "policies"), changed))
        expected = {line["n"]: (one["outcome"], other["outcome"]) for line, one, other in zip(dated, old, new) if one != other}
        self.assertGreater(len(expected), 10)
        differences, _ = self.replay("--candidate", changed, "--all", status=1)
        self.assertEqual({each["n"]: (each["from"], each["to"]) for each in differences if each["at"] == "2024-02-29"}, expected)


class Changed(Logged):
    def test_what_turns_is_what_batch_says(self):
        with Folder(FILES) as folder:
            policies = os.path.join(folder.path, "policies")
            inputs = [{"id": f"T-{number}", "amount": f"{number * 37 % 251}.50"} for number in range(1500)]
            self.serve([[request("decide", number, policy="a.limit", input=each, at=AT) for number, each in enumerate(inputs[start::3])] for start in range(3)],
                       policies=policies, plugins="none")
            candidate = os.path.join(folder.path, "candidate")
            shutil.copytree(policies, candidate)
            with open(os.path.join(candidate, "a", "limit.lua"), "w", encoding="utf-8") as file:
                file.write(LIMIT.replace('default = "100"', 'default = "80"').replace("limit = params.limit }", "}"))
            logged = [line["request"]["input"] for line in decision_log.lines(self.log)]
            data = "".join(json.dumps(each) + "\n" for each in logged)
            before, after = ([json.loads(line)["decision"] for line in folder.run("batch", "--policy", "a.limit", "--at", AT, data=data, policies=each).stdout.splitlines()]
                             for each in ("policies", "candidate"))
            turned = {each["id"] for each, old, new in zip(logged, before, after) if old["outcome"] != new["outcome"]}
            other = {each["id"] for each, old, new in zip(logged, before, after) if old["outcome"] == new["outcome"] and old != new}
            self.assertTrue(turned and other and len(turned | other) == 1500)
            differences, sums = self.replay("--candidate", candidate, "--all", status=1, policies=policies)
            self.assertEqual({each["id"] for each in differences if each["from"] != each["to"]}, turned)
            self.assertEqual({each["id"] for each in differences if each["from"] == each["to"]}, other)
            self.assertEqual((sums["turned"], sums["altered"]), (len(turned), len(other)))
            self.replay(policies=policies)


class Masked(Logged):
    policy = """
return policy {
  summary = "A secret.", outcomes = { "approve", "reject" }, input = record { %s },
  reasons = { ok = { en = "Fine." } },
  decide = function(tx)
    if tx.how == "read" and tx.salary > 3000 then return { outcome = "reject", reasons = { "ok" } } end
    if tx.how == "show" then error("no " .. tx.pin) end
    return { outcome = "approve", reasons = { "ok" }, level = tx.level }
  end,
}
""" % SECRET

    def requests(self):
        inputs = []
        for number in range(300):
            inputs.append({"how": ("read", "keep", "show")[number % 3], "level": number, "pin": "1234é\\", "salary": f"{1000 + number * 20}.50", "who": {"name": 'A"da', "level": 1},
                           "list": ["one", {"masked": True}] if number % 30 == 1 else ["one"], "each": ["two", "three"], "map": {"k/~": "v"}, "open": '{"masked":true}',
                           "deep": [{"pin": "x", "open": "y"}], "flag": True, "born": "1999-01-01"})
        inputs[7]["pin"] = 5
        inputs[13]["salary"] = {"masked": "0123456789abcdef0123456789abcdef"}
        inputs[16]["open"] = {"masked": True}
        inputs[19]["who"], inputs[22]["who"], inputs[25]["deep"], inputs[28]["each"] = "Ada", ["Ada"], {"pin": "Ada"}, 5
        together = [{"id": str(number), "vendor": "v", "amount": 5, "pin": f"p{number}"} for number in range(5)]
        return [[request("decide", number, policy="x.secret", input=each) for number, each in enumerate(inputs)],
                [request("decide_batch", 1, policy="x.secret", inputs=inputs[:50]), request("decide_batch", 2, policy="x.group", inputs=together)]]

    def test_with_and_without_the_key(self):
        group = GROUP.replace("vendor = text {}", "vendor = text {}, pin = optional(text { sensitive = true })")
        key = os.path.join(self.directory, "key")
        with open(key, "w", encoding="ascii") as file:
            file.write("0f" * 32 + "\n")
        os.chmod(key, 0o600)
        with Folder({"policies/x/secret.lua": self.policy, "policies/x/group.lua": group}) as folder:
            where = {"policies": os.path.join(folder.path, "policies"), "plugins": "none"}
            self.serve(self.requests(), "--log-key", key, **where)
            self.assertFalse(any("1234é" in json.dumps(line, ensure_ascii=False) for line in decision_log.lines(self.log)))
            _, sums = self.replay("--log-key", key, **where)
            self.assertEqual((sums["lines"], sums["equal"], sums["masked"]), (355, 355, 0))
            _, sums = self.replay(**where)
            # A third reads and a third shows one; those with a mistake in a masked value, and rows that are decided together.
            self.assertEqual(sums["equal"] + sums["masked"], 355)
            self.assertGreater(sums["equal"], 90)
            self.assertGreater(sums["masked"], 220)
            other = os.path.join(self.directory, "other")
            with open(other, "w", encoding="ascii") as file:
                file.write("00" * 32)
            os.chmod(other, 0o600)
            done = run("replay", "--log", self.log, "--log-key", other, "--policies", where["policies"], "--plugins", "none")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"{sums['equal']} equal, 0 differing, {sums['masked']} masked", done.stderr.decode())
            self.assertIn("355 lines with values sealed under another key", done.stderr.decode())
            done = run("replay", "--log", self.log, "--log-key", other, "--log-key", key, "--policies", where["policies"], "--plugins", "none")
            self.assertIn(b"355 equal, 0 differing, 0 masked", done.stderr)
            self.assertNotIn(b"another key", done.stderr)

    def test_a_key_that_was_turned_on_and_changed(self):
        keys = []
        for name, digits in (("one", "0f"), ("two", "1e")):
            keys.append(os.path.join(self.directory, name))
            with open(keys[-1], "w", encoding="ascii") as file:
                file.write(digits * 32)
            os.chmod(keys[-1], 0o600)
        with Folder({"policies/x/secret.lua": self.policy}) as folder:
            where = {"policies": os.path.join(folder.path, "policies"), "plugins": "none"}
            inputs = [{"how": how, "salary": "5000", "level": number} for number, how in enumerate(("read", "keep"))]
            for options in ([], ["--log-key", keys[0]], ["--log-key", keys[1]]):
                self.serve([[request("decide", number, policy="x.secret", input=each) for number, each in enumerate(inputs)]], *options, **where)
            for options, masked in (([], 3), (["--log-key", keys[0]], 2), (["--log-key", keys[1]], 2), (["--log-key", keys[0], "--log-key", keys[1]], 1)):
                differences, sums = self.replay(*options, **where)
                self.assertEqual((differences, sums["equal"], sums["masked"]), ([], 6 - masked, masked), options)

    def test_masked_without_a_key(self):
        with Folder({"policies/x/secret.lua": self.policy, "policies/x/group.lua": GROUP}) as folder:
            where = {"policies": os.path.join(folder.path, "policies"), "plugins": "none"}
            self.serve(self.requests()[:1], **where)
            _, sums = self.replay(**where)
            self.assertEqual(sums["equal"] + sums["masked"], 300)
            self.assertGreater(sums["equal"], 80)

    def test_what_stands_in_the_place_of_a_record(self):
        """A record, list or map with sensitive values that is something else is masked as a whole, and so is a whole input."""
        inputs = ["text", 5, [], [{"how": "keep"}]] + [{"how": "keep", name: value} for name in ("who", "each", "map", "deep", "home", "list") for value in ("Ada", 5, True)]
        inputs += [{"how": "keep", "deep": [5, {"open": 1}]}, {"how": "keep", "each": [[]]}, {"how": "keep", "map": {"k": {"pin": 1}}}, {"how": "keep", "pinn": "1234"}]
        key = os.path.join(self.directory, "key")
        with open(key, "w", encoding="ascii") as file:
            file.write("0f" * 32 + "\n")
        os.chmod(key, 0o600)
        requests = [[request("decide", number, policy="x.secret", input=each) for number, each in enumerate(inputs)],
                    [request("decide_batch", "b", policy="x.secret", inputs=inputs)]]
        with Folder({"policies/x/secret.lua": self.policy}) as folder:
            where = {"policies": os.path.join(folder.path, "policies"), "plugins": "none"}
            self.serve(requests, "--log-key", key, **where)
            _, sums = self.replay("--log-key", key, **where)
            self.assertEqual((sums["equal"], sums["masked"]), (2 * len(inputs), 0))
            _, sums = self.replay(**where)
            # The one with a misspelt name is decided on what is declared.
            self.assertEqual((sums["equal"], sums["masked"]), (2, 2 * len(inputs) - 2))


class Killed(Logged):
    def test_a_log_whose_writer_was_killed(self):
        with Folder(FILES) as folder:
            policies = os.path.join(folder.path, "policies")
            with Server("--log", self.log, policies=policies, plugins="none") as server:
                with server.tcp() as client:
                    for number in range(200):
                        client.call("decide", number, policy="a.limit", input={"amount": number}, at=AT)
                server.process.send_signal(signal.SIGKILL)
                server.process.wait()
            _, sums = self.replay(policies=policies)
            self.assertEqual((sums["lines"], sums["equal"]), (200, 200))


if __name__ == "__main__":
    unittest.main()
