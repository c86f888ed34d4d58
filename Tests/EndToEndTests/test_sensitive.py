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
