"""What is declared sensitive is not shown by any error."""
import json
import unittest

from support import Folder, policy

APPROVE = 'return { outcome = "approve", reasons = { "ok" } }'
FIELDS = """
    pin = optional(text { sensitive = true }), salary = optional(money { sensitive = true }), how = text {},
    who = optional(record { name = text { sensitive = true } }), list = optional(list { of = text {}, sensitive = true }),
"""
WAYS = {
    "error": "error(tx.pin)", "table": "error({ tx.pin })", "quoted": 'error(("%q"):format(tx.pin))', "outcome": "return { outcome = tx.pin, reasons = { 'ok' } }",
    "reason": "return { outcome = 'approve', reasons = { tx.pin } }",
    "number": "error('it is ' .. tx.salary)", "inner": "error(tx.who.name .. '!')", "element": "error(tx.list[2])", "arithmetic": "return tx.pin + 1",
    "cut": "error(('x'):rep(990) .. tx.pin)",
}
ROW = {"pin": "SECRETPIN-0123456789-0123456789", "salary": 734.560, "who": {"name": "Ada \u00e9"}, "list": ["one", "Lovelace"]}
SECRETS = ["SECRETPIN", "734.56", "Ada", "Lovelace"]


class Sensitive(unittest.TestCase):
    def test_no_message_shows_it(self):
        code = " ".join(f"if tx.how == '{how}' then do {text} end end" for how, text in WAYS.items())
        with Folder({"policies/x/secret.lua": policy(code + " " + APPROVE, FIELDS)}) as folder:
            results, done = folder.batch("x.secret", [ROW | {"how": how} for how in WAYS] + [ROW | {"how": "fine"}, {"how": "error", "pin": 5}])
        self.assertIn("decision", results[len(WAYS)])
        for how, result in zip(WAYS, results):
            with self.subTest(how):
                self.assertEqual(result["error"]["code"], "policy_error", result)
                self.assertRegex(result["error"]["message"], r"^x/secret\.lua:\d+: ")
        for secret in SECRETS:
            self.assertNotIn(secret, done.stdout.decode())

    def test_a_time_is_not_shown_as_policies_see_it(self):
        fields = "how = text {}, seen = optional(timestamp { sensitive = true }), list = optional(list { of = timestamp {}, sensitive = true }), open = optional(timestamp {}),"
        code = """if tx.how == "whole" then error("seen at " .. tx.seen) elseif tx.how == "list" then error("seen at " .. tx.list[1])
          elseif tx.how == "day" then error("seen on " .. tx.seen:sub(1, 10)) elseif tx.how == "open" then error("seen at " .. tx.open) end """
        times = {"1987-06-05T01:02:03Z": "1987-06-05T01:02:03Z", "1987-06-05t01:02:03z": "1987-06-05T01:02:03Z", "1987-06-05T01:02:03.500Z": "1987-06-05T01:02:03.5Z",
                 "1987-06-05T01:02:03.000+00:00": "1987-06-05T01:02:03Z", "1987-06-05 01:02:03+02:00": "1987-06-04T23:02:03Z", "1987-06-05T01:02:03-23:59": "1987-06-06T01:01:03Z"}
        with Folder({"policies/x/time.lua": policy(code + APPROVE, fields)}) as folder:
            for written, canonical in times.items():
                rows = [{"how": how, "seen": written, "list": [written]} for how in ("whole", "list", "day")]
                # Another time, and the same one in a field that is open to all.
                rows += [{"how": "open", "seen": written, "open": "2001-01-01T00:00:00Z"}, {"how": "open", "open": written}]
                results, _ = folder.batch("x.time", rows)
                messages = [result["error"]["message"] for result in results]
                for message in messages[:3]:
                    self.assertRegex(message, r"^x/time\.lua:\d+: the error's message shows a sensitive field, and is left out$", written)
                self.assertRegex(messages[3], "seen at 2001-01-01T00:00:00Z$")
                self.assertRegex(messages[4], f"seen at {canonical}$")

    def test_other_messages_stay(self):
        with Folder({"policies/x/secret.lua": policy(f"if tx.how == 'error' then error('no ' .. tx.how) end {APPROVE}", FIELDS)}) as folder:
            results, _ = folder.batch("x.secret", [ROW | {"how": "error", "pin": "o"}])
        self.assertRegex(results[0]["error"]["message"], r"^x/secret\.lua:\d+: no error$")

    def test_what_stands_in_the_place_of_a_record(self):
        with Folder({"policies/x/secret.lua": policy(APPROVE, FIELDS)}) as folder:
            results, done = folder.batch("x.secret", ["\"SECRETPIN\"", {"how": "fine", "who": "Ada"}, {"how": "fine", "list": "Lovelace"}])
        self.assertEqual([result["error"]["path"] for result in results], ["", "/who", "/list"])
        self.assertIn("who: expected a record", results[1]["error"]["message"])
        for secret in SECRETS:
            self.assertNotIn(secret, done.stdout.decode())

    def test_groups(self):
        text = policy("", FIELDS).replace("decide = function(tx, params, context)", 'group = { by = { "how" } }, decide_group = function(rows)\n'
                                          "if rows[1].how == 'error' then error(rows[2].pin) end return { { outcome = 'approve', reasons = { rows[1].pin } } }")
        with Folder({"policies/x/secret.lua": text}) as folder:
            results, done = folder.batch("x.secret", [{"how": "error"}, ROW | {"how": "error"}, ROW | {"how": "reason"}])
        self.assertEqual([result["error"]["code"] for result in results], ["policy_error"] * 3)
        self.assertNotIn("SECRETPIN", done.stdout.decode())


if __name__ == "__main__":
    unittest.main()
