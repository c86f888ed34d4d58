"""The service's speed beside two servers of one epoll loop: one that does the limit program's work, and one that only echoes.

    run.py REMIT [--seconds S] [--rounds N] [--loops N]

Each load is run in turn on each server, a few rounds; the best round counts, as others may use the machine too.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import programs  # noqa: E402  (in the folder above)

AT = "2025-06-15T08:00:00Z"
POLICY = "benchmark.natural"
# Connections, requests under way on each.
LOADS = [(32, 64), (1, 512), (32, 1)]


def remit_server(options):
    command = [options.remit, "serve", "--listen", "127.0.0.1:0", "--policies", programs.POLICIES, "--loops", str(options.loops)]
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("remit")
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--loops", type=int, default=1, help="event loops of the service; the others have one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = programs.input_file(pathlib.Path(folder), 2000, 1)
        requests = pathlib.Path(folder) / "requests"
        with open(file, encoding="utf-8") as source, open(requests, "w", encoding="utf-8") as out:
            for line in source:
                out.write('{"jsonrpc":"2.0","id":1,"method":"decide","params":{"policy":"%s","at":"%s","input":%s}}\n'
                          % (POLICY, AT, line.rstrip("\n")))
        servers = {"remit": remit_server(options), "limit": small_server("--policy", programs.LIMIT_POLICY),
                   "echo": small_server("--echo")}
        try:
            check(servers["remit"][1], requests, file, options.remit)
            print(f"{'load':>8}  {'server':<6} {'replies/s':>10} {'p50 us':>8} {'p99 us':>8}")
            for connections, window in LOADS:
                best = {}
                for _ in range(options.rounds):
                    for name, (_, address) in servers.items():
                        done = subprocess.run([HERE / "load", address, requests, str(connections), str(window), str(options.seconds)],
                                              capture_output=True, check=True)
                        figures = [float(word) for word in done.stdout.split()]
                        best[name] = max(best.get(name, figures), figures)
                for name, (rate, middle, slow) in best.items():
                    print(f"{connections:>4}x{window:<3}  {name:<6} {rate:>10.0f} {middle:>8.1f} {slow:>8.1f}", flush=True)
        finally:
            for process, _ in servers.values():
                process.terminate()
            for process, _ in servers.values():
                process.wait()


if __name__ == "__main__":
    main()
