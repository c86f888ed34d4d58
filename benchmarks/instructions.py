#!/usr/bin/env python3
"""Counts the instructions of one decision with callgrind and prints a table of them.

Each program runs over two inputs of different length; the difference is what the lines between them take, so that starting up and
loading do not count. The number hardly depends on the machine or on what else runs there: regressions are gated on it. Stock Lua hashes
its texts by a number that it takes from the clock, which moves the count of the limit program: each is taken --rounds times, and the
median counts.
"""

import argparse
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

import programs

FEW, MANY = 5_000, 11_000
ROUNDS = 3


def count(command):
    """The instructions of one whole process."""
    run = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command],
                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")
    found = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode == 0 and found:
        return int(found[1])
    hint = ""
    if "debuginfo reader" in run.stderr or "DW_FORM" in run.stderr:
        hint = "\nvalgrind cannot read the program's debug information: link it with -Xlinker -s"
    sys.exit(f"instructions: {' '.join(map(str, command))} ended with {run.returncode}:\n{run.stderr}{hint}")


def per_line(commands, input_file, rounds=ROUNDS):
    """Instructions a line, by program.

    `commands` makes the command lines by name for a file, and `input_file` a file of so many lines.
    """
    few, many = commands(input_file(FEW)), commands(input_file(MANY))
    return {name: (median_count(many[name], rounds) - median_count(few[name], rounds)) / (MANY - FEW) for name in few}


def median_count(command, rounds):
    return statistics.median(count(command) for _ in range(rounds))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("remit", help="the remit program, linked with -Xlinker -s as the Makefile does")
    parser.add_argument("limit", help="the limit program")
    parser.add_argument("--max", type=int, metavar="N", help="exit with 1 where remit takes more for a natural decision")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("at least one round")
    remit, limit = programs.find(options.remit), programs.find(options.limit)
    for name, found in ((options.remit, remit), (options.limit, limit), ("valgrind", programs.find("valgrind"))):
        if not found:
            parser.error(f"{name}: no such program")

    def commands(file):
        lines = {f"remit {name}": programs.remit(remit, f"benchmark.{name}", file) for name in ("natural", "approve")}
        lines |= {f"limit {mode}": programs.limit(limit, mode, file) for mode in ("natural", "learned", "cpp")}
        return lines

    with tempfile.TemporaryDirectory(prefix="remit-instructions-") as folder:
        counts = per_line(commands, lambda rows: programs.input_file(pathlib.Path(folder), rows, options.seed),
                          options.rounds)
    host = counts["limit natural"]
    print("| one decision, JSON to JSON | instructions | × natural Lua host |\n| --- | --: | --: |")
    for name, instructions in sorted(counts.items(), key=lambda item: item[1]):
        print(f"| {name} | {instructions:,.0f} | {instructions / host:.2f} |")
    taken = counts["remit natural"]
    if options.max is not None and taken > options.max:
        sys.exit(f"instructions: remit natural takes {taken:,.0f}, allowed are {options.max:,}")


if __name__ == "__main__":
    main()
