"""The programs that are compared, as command lines, and the lines that they read."""

import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "natural"))

import generate  # noqa: E402  (in the folder beside this file, no package)

POLICIES = HERE / "natural" / "policies"
LIMIT_POLICY = HERE / "limit" / "policy.lua"


def find(name):
    """The absolute path of a program, or None."""
    found = shutil.which(name)
    return str(pathlib.Path(found).resolve()) if found else None


def remit(program, policy, file, jobs=1):
    return [program, "batch", "--policy", policy, "--policies", POLICIES, "--jobs", str(jobs), "--at", "2025-06-15T08:00:00Z", file]


def limit(program, mode, file):
    return [program, "--mode", mode, "--policy", LIMIT_POLICY, file]


def input_file(folder, rows, seed):
    """A file of so many lines in that folder, written unless it is there."""
    path = folder / f"input-{rows}-{seed}.ndjson"
    if not path.exists():
        with open(path, "w", encoding="utf-8", newline="\n") as out:
            out.writelines(generate.lines(rows, seed))
    return path
