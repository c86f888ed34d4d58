"""Calls of the shipped plugins' functions, through a policy that makes them."""
import json
import os
from decimal import Decimal

from support import ROOT, Folder, policy

PLUGINS = os.path.join(ROOT, "plugins")
CALLS_PER_POLICY = 1000


class Failed(str):
    """The message of a call that ended in an error."""


def literal(value):
    """A Python value as Lua writes it."""
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return str(value)
    if isinstance(value, str):
        return '"' + "".join(f"\\{ord(each):03d}" if each < " " or each in '"\\\x7f' else each for each in value) + '"'
    if isinstance(value, dict):
        return "{ " + "".join(f"[{literal(key)}] = {literal(each)}, " for key, each in value.items()) + "}"
    return "{ " + "".join(f"{literal(each)}, " for each in value) + "}"


def call(plugin, calls, plugins=PLUGINS):
    """What each of the calls (function, argument, …) gives: a value as JSON has it with exact numbers, or Failed."""
    values = []
    for start in range(0, len(calls), CALLS_PER_POLICY):
        part = calls[start:start + CALLS_PER_POLICY]
        prelude = f'local subject = require "plugin.{plugin}"\nlocal calls = {{}}\n' + "".join(
            f"calls[{i + 1}] = function() return subject.{name}({', '.join(map(literal, arguments))}) end\n"
            for i, (name, *arguments) in enumerate(part))
        text = policy('return { outcome = "approve", reasons = { "ok" }, value = calls[tx.call]() }', "call = integer {}",
                      prelude=prelude)
        with Folder({"policies/t/t.lua": text}) as folder:
            done = folder.run("batch", "--policy", "t.t", plugins=plugins,
                              data="".join(json.dumps({"call": i + 1}) + "\n" for i in range(len(part))))
        lines = [json.loads(line, parse_float=Decimal) for line in done.stdout.decode().splitlines()]
        if len(lines) != len(part):
            raise AssertionError(done.stderr.decode())
        for line in lines:
            if "error" in line and line["error"]["code"] != "policy_error":
                raise AssertionError(line)
            values.append(Failed(line["error"]["message"]) if "error" in line else line["decision"].get("value"))
    return values


def with_data(plugin, files):
    """The files of a folder that holds the shipped plugin with other data files: {name: text or bytes}."""
    own = os.path.join(PLUGINS, plugin)
    held = {}
    for name in sorted(os.listdir(own)):
        if not name.endswith("_test.lua"):
            with open(os.path.join(own, name), "rb") as file:
                held[f"plugins/{plugin}/{name}"] = file.read()
    held.update({f"plugins/{plugin}/{name}": text for name, text in files.items()})
    return held


def load(plugin, files):
    """The exit status and the words of a run where the shipped plugin stands with other data files."""
    held = with_data(plugin, files)
    held["policies/t/t.lua"] = policy('return { outcome = "approve", reasons = { "ok" } }',
                                      prelude=f'local subject = require "plugin.{plugin}"\n')
    with Folder(held) as folder:
        done = folder.run("batch", "--policy", "t.t", data="{}\n")
    return done.returncode, done.stderr.decode()
