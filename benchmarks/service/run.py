"""The service's speed beside servers of one epoll loop: two that do the limit program's work, reading fields in any order or by the
remembered shape of the line before, and one that only echoes.

    run.py REMIT [--seconds S] [--rounds N]

`remit` is the service as it starts, with an event loop for each core; `one loop` has one, as the others have. `logged` and `1 logged` are
the same with a decision log; they run under the first load alone, as a log grows by some 300 MB a second. Each load is run in turn on each
server, a few rounds; the best round counts, as others may use the machine too. The last columns are the ratios to the server that reads
in any order. `1x1 pinned` has client and server on one core, so that waking another is not measured.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import programs  # noqa: E402  (in the folder above)

AT = "2025-06-15T08:00:00Z"
POLICY = "benchmark.natural"
# Connections, requests under way on each, whether client and server share one core.
LOADS = [(32, 64, False), (1, 512, False), (512, 8, False), (32, 1, False), (1, 1, True)]


def remit_server(options, *more):
    command = [options.remit, "serve", "--listen", "127.0.0.1:0", "--policies", programs.POLICIES, *more]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    while True:
        said = process.stderr.readline().decode()
        found = re.search(r"listening on (\S+)", said)
        if found:
            return process, found.group(1)
        if not said:
            sys.exit("remit serve does not start")


def small_server(*arguments):
    process = subprocess.Popen([HERE / "server", *arguments], stdout=subprocess.PIPE)
    return process, "127.0.0.1:" + process.stdout.readline().decode().strip()


def check(address, requests, file, remit):
    """The first answers must be those of a batch."""
    import socket
    host, port = address.rsplit(":", 1)
    batch = subprocess.run(programs.remit(remit, POLICY, file), capture_output=True, check=True).stdout.splitlines()
    with socket.create_connection((host, int(port))) as connection, open(requests, "rb") as source:
        lines = connection.makefile("rwb")
        for wanted in batch[:200]:
            lines.write(source.readline())
            lines.flush()
            if json.loads(lines.readline())["result"]["decision"] != json.loads(wanted)["decision"]:
                sys.exit("the service decides otherwise than a batch")


def measure(load, servers, requests, options):
    """The lines of a load: the best round of each server."""
    connections, window, pinned = load
    best = {}
    for _ in range(options.rounds):
        for name, (process, address) in servers.items():
            pin(process, {0} if pinned else os.sched_getaffinity(0))
            command = [HERE / "load", address, requests, str(connections), str(window), str(options.seconds)]
            done = subprocess.run(["taskset", "-c", "0", *command] if pinned else command, capture_output=True, check=True)
            rate, middle, slow = (float(word) for word in done.stdout.split())
            known = best.get(name, (0, middle, slow))
            best[name] = max(known[0], rate), min(known[1], middle), min(known[2], slow)
    title = f"{connections}x{window}" + (" pinned" if pinned else "")
    for name, (rate, middle, slow) in best.items():
        other = best["natural"]
        ratios = f"{rate / other[0]:.2f} {middle / other[1]:.2f} {slow / other[2]:.2f}"
        yield f"{title:>10}  {name:<8} {rate:>10.0f} {middle:>8.1f} {slow:>8.1f}  {ratios:>15}"


def stop(process):
    process.terminate()
    process.wait()


def pin(process, cores):
    for thread in os.listdir(f"/proc/{process.pid}/task"):
        os.sched_setaffinity(int(thread), cores)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("remit")
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = programs.input_file(pathlib.Path(folder), 2000, 1)
        requests = pathlib.Path(folder) / "requests"
        with open(file, encoding="utf-8") as source, open(requests, "w", encoding="utf-8") as out:
            for line in source:
                out.write('{"jsonrpc":"2.0","id":1,"method":"decide","params":{"policy":"%s","at":"%s","input":%s}}\n'
                          % (POLICY, AT, line.rstrip("\n")))
        servers = {"remit": remit_server(options), "one loop": remit_server(options, "--loops", "1"), "natural": small_server("--natural", programs.LIMIT_POLICY),
                   "learned": small_server("--learned", programs.LIMIT_POLICY), "echo": small_server("--echo"),
                   "logged": remit_server(options, "--log", f"{folder}/log"),
                   "1 logged": remit_server(options, "--loops", "1", "--log", f"{folder}/log1")}
        try:
            check(servers["remit"][1], requests, file, options.remit)
            print(f"{'load':>10}  {'server':<8} {'replies/s':>10} {'p50 us':>8} {'p99 us':>8}  {'against natural':>15}")
            for load in LOADS:
                if load != LOADS[0] and "logged" in servers:
                    for name, log in (("logged", "log"), ("1 logged", "log1")):
                        stop(servers.pop(name)[0])
                        shutil.rmtree(f"{folder}/{log}")
                for row in measure(load, servers, requests, options):
                    print(row, flush=True)
        finally:
            for process, _ in servers.values():
                stop(process)


if __name__ == "__main__":
    main()
