#!/usr/bin/env python3
"""Runs remit and the limit program side by side on the natural benchmark and prints a table of what they take.

The answers are checked first. Then all run in turn, pinned to one core, as often as --rounds says; what counts is the median of the
CPU time (user and system) of each, less that of a batch of one line, over the number of lines.
"""

import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

import instructions
import programs

import verify  # in the folder that programs has added

LIMIT_MODES = ("frame", "cpp", "learned", "natural", "echo-call")

# The "first" column of the bars: the most (or, for speed-up, the least) that is allowed.
BARS = {
    "ratio": 1.5,           # remit / natural Lua host, one core
    "instructions": 25_000,
    "speed_up": 1.8,        # two workers / one
    "memory_mb": 50,        # two workers
    "start_ms": 30,
}


class Run:
    """One finished process."""

    def __init__(self, command, cores, stdout=None):
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, cores)  # inherited by the child
        try:
            start = time.perf_counter()
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout or subprocess.DEVNULL,
                                       stderr=subprocess.PIPE)
            message = process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)  # this child's own times
            self.wall = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            process.stderr.close()
        finally:
            os.sched_setaffinity(0, before)
        self.cpu = usage.ru_utime + usage.ru_stime
        self.message = message.decode(errors="replace")
        if process.returncode != 0:
            sys.exit(f"compare: {' '.join(map(str, command))} ended with {process.returncode}:\n{self.message}")


def peak_memory(command):
    """The largest resident set of a process, in MB.

    Asked of the system while it runs, because what wait4 tells is at least what this program itself has used.
    """
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        try:
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        except OSError:
            continue
        found = re.search(r"^VmHWM:\s*(\d+) kB", status, re.MULTILINE)
        # Until the program has replaced it, the process is still a copy of this one.
        if found and os.path.basename(os.fspath(command[0])).startswith(re.search(r"^Name:\t(.*)", status)[1]):
            peak = int(found[1])
        time.sleep(0.002)
    if process.returncode != 0 or peak == 0:
        sys.exit(f"compare: {' '.join(map(str, command))} ended with {process.returncode}")
    return peak / 1024


def wait_for_idle_cores(seconds_max=20):
    """True once nothing else has run for a moment, false where that does not come."""
    end = time.monotonic() + seconds_max
    while time.monotonic() < end:
        before = processor_times()
        time.sleep(0.15)
        spent = [after - first for first, after in zip(before, processor_times())]
        if spent[3] >= 0.97 * sum(spent):
            return True
    return False


def processor_times():
    """Ticks of all cores together since the start, the fourth being idle ones."""
    with open("/proc/stat") as file:
        return [int(word) for word in file.readline().split()[1:]]


class Comparison:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.cores = sorted(os.sched_getaffinity(0))
        self.core = {self.cores[-1]}
        self.rows = options.rows
        self.failures = []

    # What is run.

    def remit(self, policy, file, jobs=1):
        return programs.remit(self.options.remit, policy, file, jobs)

    def programs(self, file):
        commands = {f"limit {mode}": programs.limit(self.options.limit, mode, file) for mode in LIMIT_MODES}
        if self.options.remit:
            commands["remit natural"] = self.remit("benchmark.natural", file)
            commands["remit approve"] = self.remit("benchmark.approve", file)
        return commands

    def input(self, rows):
        return programs.input_file(self.folder, rows, self.options.seed)

    # What is measured.

    def check_answers(self):
        file = self.input(min(self.rows, 50_000))
        answers = {}
        for name, command in self.programs(file).items():
            answers[name] = self.folder / (name.replace(" ", "-") + ".out")
            with open(answers[name], "wb") as out:
                Run(command, set(self.cores), out)
        if answers["limit frame"].read_bytes() != file.read_bytes():
            sys.exit("compare: limit frame does not give its input back")
        for mode in ("learned", "cpp"):
            if answers[f"limit {mode}"].read_bytes() != answers["limit natural"].read_bytes():
                sys.exit(f"compare: limit {mode} and limit natural differ")
        try:
            count, otherwise = verify.verify(file, answers.get("remit natural"), answers["limit natural"],
                                             answers.get("remit approve"))
        except AssertionError as problem:
            sys.exit(f"compare: wrong answer: {problem}")
        if self.options.remit and len(self.cores) > 1:
            two = self.folder / "two-jobs.out"
            with open(two, "wb") as out:
                Run(self.remit("benchmark.natural", file, jobs=2), set(self.cores), out)
            if two.read_bytes() != answers["remit natural"].read_bytes():
                sys.exit("compare: two workers answer otherwise than one")
        print(f"Answers checked: {count:,} lines; doubles decide {otherwise} of them, all on a threshold, otherwise than exact "
              "decimals.\n")

    def time_per_line(self):
        """Medians of nanoseconds of CPU a line, by program."""
        one, many = self.programs(self.input(1)), self.programs(self.input(self.rows))
        start_up, whole = ({name: [] for name in many} for _ in range(2))
        for _ in range(self.options.rounds):
            for name in many:
                start_up[name].append(Run(one[name], self.core).cpu)
                whole[name].append(Run(many[name], self.core).cpu)
        seconds = {name: statistics.median(whole[name]) - statistics.median(start_up[name]) for name in many}
        return {name: seconds[name] * 1e9 / (self.rows - 1) for name in many}

    def speed_up(self):
        """Lines a second of two workers over those of one, by wall time, or None where the machine is never idle.

        The best of each counts, since whatever else runs takes a core away."""
        file = self.input(self.rows)
        walls = {1: [], 2: []}
        for _ in range(self.options.rounds):
            if not wait_for_idle_cores():
                break
            for jobs in walls:
                walls[jobs].append(Run(self.remit("benchmark.natural", file, jobs), set(self.cores[:2])).wall)
        return min(walls[1]) / min(walls[2]) if walls[2] else None

    def memory(self, jobs):
        """The most memory in use, in MB, for a quarter of the lines and for all of them."""
        return tuple(peak_memory(self.remit("benchmark.natural", self.input(rows), jobs))
                     for rows in (self.rows // 4, self.rows))

    def start(self):
        command = self.remit("benchmark.natural", self.input(1))
        return statistics.median(Run(command, set(self.cores)).wall for _ in range(max(self.options.rounds, 11))) * 1e3

    # What is printed.

    def bar(self, name, met, words):
        if not met:
            self.failures.append(f"{name}: {words}")
        return f"{words} {'met' if met else 'MISSED'}"

    def report(self):
        line_bytes = self.input(self.rows).stat().st_size / self.rows
        print(f"{machine()}, {len(self.cores)} cores; {self.rows:,} lines of {line_bytes:.0f} bytes, "
              f"medians of {self.options.rounds}.\n")
        self.check_answers()
        times = self.time_per_line()
        counts = instructions.per_line(self.programs, self.input) if self.options.callgrind else {}
        natural = times["limit natural"]
        print("| one core, JSON to JSON | ns a line | × natural Lua host |" + (" instructions |" if counts else ""))
        print("| --- | --: | --: |" + (" --: |" if counts else ""))
        for name, nanoseconds in sorted(times.items(), key=lambda item: item[1]):
            print(f"| {name} | {nanoseconds:,.0f} | {nanoseconds / natural:.2f} |" + (f" {counts[name]:,.0f} |" if counts else ""))
        if not self.options.remit:
            return
        remit = times["remit natural"]
        rows = [
            ("remit / natural Lua host", f"{remit / natural:.2f}",
             self.bar("one core", remit / natural <= BARS["ratio"], f"≤ {BARS['ratio']}")),
            ("remit / Lua host with a learned line shape", f"{remit / times['limit learned']:.2f}", ""),
            ("remit / C++ without Lua", f"{remit / times['limit cpp']:.2f}", ""),
            ("remit approve / Lua host approve", f"{times['remit approve'] / times['limit echo-call']:.2f}", ""),
        ]
        if counts:
            count = counts["remit natural"]
            rows.append(("instructions a decision", f"{count:,.0f}",
                         self.bar("instructions", count <= BARS["instructions"], f"≤ {BARS['instructions']:,}")))
            rows.append(("instructions / natural Lua host", f"{count / counts['limit natural']:.2f}", ""))
        if len(self.cores) > 1:
            speed_up = self.speed_up()
            met = speed_up is not None and speed_up >= BARS["speed_up"]
            rows.append(("two workers on two cores / one", f"{speed_up:.2f}" if speed_up else "not measured: the machine is busy",
                         self.bar("two workers", met, f"≥ {BARS['speed_up']}")))
        for jobs in (1, 2):
            quarter, all_ = self.memory(jobs)
            constant = all_ <= quarter * 1.1 + 2
            met = constant and (jobs == 1 or all_ < BARS["memory_mb"])
            words = "constant" + (f", < {BARS['memory_mb']} MB" if jobs > 1 else "")
            rows.append((f"memory with --jobs {jobs}, a quarter of the lines / all", f"{quarter:.1f} / {all_:.1f} MB",
                         self.bar(f"memory with --jobs {jobs}", met, words)))
        start = self.start()
        rows.append(("start to first decision", f"{start:.1f} ms",
                     self.bar("start", start < BARS["start_ms"], f"< {BARS['start_ms']} ms")))
        print("\n| | | bar |\n| --- | --: | --- |")
        for row in rows:
            print("| " + " | ".join(row) + " |")


def machine():
    """The processor's name."""
    try:
        text = subprocess.run(["lscpu"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        text = ""
    found = re.search(r"^Model name:\s*(.+)$", text, re.MULTILINE)
    return found[1] if found else "unknown processor"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("remit", help="the remit program, or - to run the limit program alone")
    parser.add_argument("limit", help="the limit program")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--callgrind", action="store_true", help="count instructions too (needs valgrind)")
    parser.add_argument("--bars", action="store_true", help="exit with 1 where a bar is missed")
    options = parser.parse_args()
    if options.rows < 100 or options.rounds < 1:
        parser.error("at least 100 rows and one round")
    for name in ("remit", "limit"):
        program = getattr(options, name)
        if name == "remit" and program == "-":
            options.remit = None
        elif not (found := programs.find(program)):
            parser.error(f"{program}: no such program")
        else:
            setattr(options, name, found)
    sys.stdout.reconfigure(line_buffering=True)
    with tempfile.TemporaryDirectory(prefix="remit-compare-") as folder:
        comparison = Comparison(options, pathlib.Path(folder))
        comparison.report()
    if options.bars and comparison.failures:
        sys.exit("compare: missed: " + "; ".join(comparison.failures))


if __name__ == "__main__":
    main()
