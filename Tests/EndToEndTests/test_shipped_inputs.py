"""Every shipped policy decides the inputs of its own tests in the same bytes by `remit batch`, `decide` and `decide_batch`.

Stock Lua reads the test files and hands their cases over; what they expect is not looked at here.
"""
import glob
import json
import os
import shutil
import subprocess
import unittest

from service import Server
from support import ROOT, run

AT = "2025-06-15T08:00:00Z"
READER = r"""
local root = ...
package.path = root .. "/policies/?.lua"
local loaded = require
function require(name) return loaded((name:gsub("%.", "/"))) end
-- Only names and expectations are made with these.
decimal = { format = function(x) return ("%.2f"):format(x) end, div = function(a, b) return a / b end }
local OBJECT = {}
function object(value) return setmetatable(value, OBJECT) end
local function json(value)
  if type(value) == "table" then
    local parts = {}
    if value[1] ~= nil or next(value) == nil and getmetatable(value) ~= OBJECT then
      for i = 1, #value do parts[i] = json(value[i]) end
      return "[" .. table.concat(parts, ",") .. "]"
    end
    for key, inner in pairs(value) do parts[#parts + 1] = json(key) .. ":" .. json(inner) end
    table.sort(parts)
    return "{" .. table.concat(parts, ",") .. "}"
  elseif type(value) == "string" then
    return '"' .. value:gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"'
  elseif math.type(value) == "float" then
    return (("%.12f"):format(value):gsub("%.?0*$", ""))
  end
  return tostring(value)
end
function test(name)
  return function(cases)
    for _, case in ipairs(cases) do
      local inputs = case.rows or { case.input }
      if not case.property and not case.files and #inputs > 0 then
        local params = {}
        for key, value in pairs(case.params or {}) do params[key] = type(value) == "string" and value or json(value) end
        print(json { policy = name, at = case.at or "", params = next(params) and params or "", inputs = inputs })
      end
    end
  end
end
for i = 2, select("#", ...) do dofile((select(i, ...))) end
"""


def cases():
    """Of all test files: the policy, its params as texts, the time, and each input as JSON."""
    files = sorted(glob.glob(os.path.join(ROOT, "policies", "*", "*_test.lua")))
    driver = subprocess.run(["lua5.4", "-", ROOT, *files], input=READER.encode(), capture_output=True, timeout=60, check=False)
    assert driver.returncode == 0, driver.stderr.decode()
    found = []
    for text in driver.stdout.decode().splitlines():
        case = json.loads(text, parse_float=str, parse_int=str)
        place = text.index('"inputs":[') + len('"inputs":[')
        inputs = []
        for _ in case["inputs"]:
            end = json.JSONDecoder().raw_decode(text, place)[1]
            inputs.append(text[place:end])
            place = end + 1
        found.append((case["policy"], case["params"] or {}, case["at"] or AT, inputs))
    return found


def member(text, key):
    """The bytes of a decision, or the members of an error, that `"key":` stands before in the text."""
    place = text.index(f'"{key}":') + len(key) + 3
    value, end = json.JSONDecoder().raw_decode(text, place)
    return text[place:end] if key == "decision" else value


@unittest.skipUnless(shutil.which("lua5.4"), "lua5.4 is not installed")
class ShippedInputTests(unittest.TestCase):
    def batch(self, name, params, at, inputs):
        """What `remit batch` makes of each input: the decision's bytes, or the error's members; a text where it refuses the params."""
        arguments = [argument for key, value in params.items() for argument in ("--param", f"{key}={value}")]
        done = run("batch", "--policy", name, "--at", at, *arguments, data="\n".join(inputs) + "\n")
        if done.returncode == 2:
            return done.stderr.decode()
        lines = done.stdout.decode().splitlines()
        self.assertEqual(len(lines), len(inputs), (name, params))
        return [member(line, "error" if ',"error":{' in line[:line.index('"version"') + 40] else "decision") for line in lines]

    def test_the_same_bytes(self):
        policies = {one["name"]: "group" in one for one in json.loads(run("policies", "--json").stdout)}
        # Rows of a group policy belong together; others may be decided in one run wherever params and time are the same.
        runs, seen = [], {}
        for name, params, at, inputs in cases():
            key = (name, json.dumps(params, sort_keys=True), at)
            if key in seen and not policies[name]:
                seen[key][3].extend(inputs)
            else:
                seen[key] = (name, params, at, list(inputs))
                runs.append(seen[key])
        self.assertEqual({name for name, *_ in runs}, set(policies))
        decided = errors = refused = 0
        with Server() as server, server.tcp() as client:
            for name, params, at, inputs in runs:
                wanted = self.batch(name, params, at, inputs)
                rest = f'"policy":"{name}","at":"{at}","params":{json.dumps(params)}'
                client.send(f'{{"jsonrpc":"2.0","id":1,"method":"decide_batch","params":{{{rest},"inputs":[{",".join(inputs)}]}}}}\n'.encode())
                together = client.line().decode()
                if isinstance(wanted, str):
                    problem = json.loads(together)["error"]
                    self.assertEqual((problem["code"], f"remit: invalid_params: {problem['message']}\n"), (-32602, wanted))
                    refused += 1
                    continue
                place = together.index('"results":[') + len('"results":[')
                for each, value in zip(wanted, inputs):
                    end = json.JSONDecoder().raw_decode(together, place)[1]
                    self.assertEqual(member(together[place:end], "decision" if isinstance(each, str) else "error"), each, (name, params, value))
                    place = end + 1
                    decided += isinstance(each, str)
                    errors += not isinstance(each, str)
                self.assertEqual(together[place - 1:], "]}}")
                if policies[name] and len(inputs) > 1:
                    continue
                client.send("".join(f'{{"jsonrpc":"2.0","id":1,"method":"decide","params":{{{rest},"input":{value}}}}}\n' for value in inputs).encode())
                for each, value in zip(wanted, inputs):
                    reply = client.line().decode()
                    if isinstance(each, str):
                        self.assertEqual(member(reply, "decision"), each, (name, params, value))
                    else:
                        problem = member(reply, "error")
                        self.assertEqual({**problem["data"], "message": problem["message"]}, each, (name, params, value))
        self.assertGreater(decided, 500)
        self.assertGreater(errors, 200)
        self.assertGreater(refused, 5)


if __name__ == "__main__":
    unittest.main()
