"""How long a reload takes, and how much memory, by the number of policies: all of them loaded, one of them changed.

    python3 benchmarks/reload/run.py .build/release/remit [--policies 10,1000,10000] [--reloads 20] [--seconds-max S] [--growth-max G]

Each policy has tests, shares a library with forty-nine others, and reads a dataset and a decision table that all share. Changed is one
policy at a time, by a rename. With bounds, the run fails where a reload takes longer or memory grows by more.
"""
import argparse
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

POLICY = """local band = require "lib.band_{lib}"
local limits = dataset "data/limits.csv" {{ role = text {{}}, limit = money {{}} }}
local matrix = decision_table "data/matrix.csv"

return policy {{
  summary  = "Generated policy {number}.",
  source   = "A benchmark",
  outcomes = {{ "approve", "route", "reject" }},
  input = record {{
    id       = text {{}},
    amount   = money {{ min = "0" }},
    category = enum {{ "travel", "meals", "office" }},
    role     = enum {{ "manager", "director", "cfo" }},
    lines    = list {{ of = record {{ sku = text {{}}, quantity = integer {{ min = 0 }}, price = money {{}} }}, max = 100 }},
    note     = optional(text {{ max = 200 }}),
  }},
  params = {{ factor = number {{ default = "{factor}", summary = "Times the role's limit." }} }},
  reasons = {{
    within_limit = {{ en = "Within the limit.", zh = "在额度内。" }},
    over_limit   = {{ en = "Above the limit.",  zh = "超过额度。" }},
    no_lines     = {{ en = "Without lines.",    zh = "没有明细。" }},
  }},
  decide = function(tx, params, context)
    if #tx.lines == 0 then return {{ outcome = "reject", reasons = {{ "no_lines" }} }} end
    local total = 0
    for _, line in ipairs(tx.lines) do total = total + line.quantity * line.price end
    local row = matrix(tx)
    local limit = limits:find {{ role = tx.role }}.limit * params.factor
    local outcome = total <= limit and "approve" or "route"
    return {{
      outcome = outcome, reasons = {{ outcome == "approve" and "within_limit" or "over_limit" }},
      total = total, band = band.of(total), approver = row and row.approver, edition = {edition},
    }}
  end,
}}
"""
TEST = """return test "{name}" {{
  {{ name = "within", input = {{ id = "1", amount = "10", category = "travel", role = "manager",
      lines = {{ {{ sku = "a", quantity = 2, price = "5" }} }} }}, expect = {{ outcome = "approve", total = 10 }} }},
  {{ name = "above", input = {{ id = "2", amount = "10", category = "meals", role = "manager",
      lines = {{ {{ sku = "a", quantity = 2000, price = "5000" }} }} }}, expect = {{ outcome = "route" }} }},
  {{ name = "none", input = {{ id = "3", amount = "10", category = "meals", role = "cfo", lines = {{}} }},
    expect = {{ outcome = "reject", reasons = {{ "no_lines" }} }} }},
}}
"""
LIBRARY = """local BANDS = {{ {{ 100, "small" }}, {{ 10000, "medium" }}, {{ 1000000, "large" }} }}

--- Which band an amount is in ({lib}).
local function of(amount)
  for _, band in ipairs(BANDS) do
    if amount < band[1] then return band[2] end
  end
  return "huge"
end

return {{ of = of }}
"""


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)


class Policies:
    """A folder of generated policies."""

    def __init__(self, folder, count):
        self.folder = folder
        self.count = count
        self.editions = {}
        for number in range(count):
            self.change(number)
            family, name = self.name(number).split(".")
            write(os.path.join(folder, family, f"{name}_test.lua"), TEST.format(name=f"{family}.{name}"))
        for lib in range((count + 49) // 50):
            write(os.path.join(folder, "lib", f"band_{lib}.lua"), LIBRARY.format(lib=lib))
        write(os.path.join(folder, "data", "limits.csv"), "role,limit\nmanager,50000\ndirector,500000\ncfo,2000000\n")
        rows = ["F,category,amount,=>,approver", ',"""travel""",< 100,,"""nobody"""', ',"""meals""",>= 100,,"""director"""',
                ',-,-,,"""manager"""']
        write(os.path.join(folder, "data", "matrix.csv"), "\n".join(rows) + "\n")

    @staticmethod
    def name(number):
        return f"family_{number // 100}.policy_{number}"

    def change(self, number):
        """Gives a policy another edition, and so another version."""
        edition = self.editions[number] = self.editions.get(number, 0) + 1
        family, name = self.name(number).split(".")
        text = POLICY.format(lib=number // 50, number=number, factor=1 + number % 7, edition=edition)
        write(os.path.join(self.folder, family, f"{name}.lua"), text)


class Service:
    """`remit serve`, and its memory."""

    def __init__(self, remit, folder):
        self.path = os.path.join(folder, "admin")
        self.errors = open(os.path.join(folder, "errors"), "w+b")
        start = time.monotonic()
        self.process = subprocess.Popen(
            [remit, "serve", "--admin-unix", self.path, "--policies", os.path.join(folder, "policies"), "--plugins",
             os.path.join(folder, "plugins")], stderr=self.errors)
        while b"listening on" not in self.said():
            if self.process.poll() is not None:
                sys.exit(f"the service has ended: {self.said().decode()[:2000]}")
            time.sleep(0.001)
        self.load_seconds = time.monotonic() - start
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self.path)
        self.lines = connection.makefile("rwb")

    def said(self):
        with open(self.errors.name, "rb") as file:
            return file.read()

    def ask(self, method, **params):
        request = {"jsonrpc": "2.0", "id": 1, "method": method}
        if params:
            request["params"] = params
        self.lines.write(json.dumps(request).encode() + b"\n")
        self.lines.flush()
        answer = json.loads(self.lines.readline())
        if "result" not in answer:
            sys.exit(f"{method}: {answer}")
        return answer["result"]

    def decide(self, name):
        return self.ask("decide", policy=name, input={
            "id": "1", "amount": "10", "category": "travel", "role": "manager",
            "lines": [{"sku": "a", "quantity": 2, "price": "5"}]})["decision"]["edition"]

    def wait_until_idle(self):
        """Until it has nothing more to look at: it has used no time of a processor for a while."""
        before = None
        while before != (before := self.ticks()):
            time.sleep(0.5)

    def ticks(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    def memory(self, field):
        """In MiB: `VmRSS` now, `VmHWM` at most since `forget_peak`."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(rf"{field}:\s*(\d+)", file.read()).group(1)) / 1024

    def forget_peak(self):
        with open(f"/proc/{self.process.pid}/clear_refs", "w", encoding="ascii") as file:
            file.write("5")

    def end(self):
        self.process.terminate()
        self.process.wait()
        self.errors.close()


def measure(remit, count, reloads):
    """Figures of one folder size."""
    with tempfile.TemporaryDirectory() as folder:
        policies = Policies(os.path.join(folder, "policies"), count)
        # What was written just now is read again in any case.
        time.sleep(2.1)
        service = Service(remit, folder)
        numbers = [(step * 7919) % count for step in range(reloads)]
        for number in numbers[:10]:
            service.decide(policies.name(number))
        service.ask("admin.reload")
        resident = service.memory("VmRSS")
        service.forget_peak()
        unchanged, asked, seen = [], [], []
        for step, number in enumerate(numbers):
            start = time.monotonic()
            service.ask("admin.reload")
            unchanged.append(time.monotonic() - start)
            start = time.monotonic()
            policies.change(number)
            name = policies.name(number)
            if step % 2:
                service.ask("admin.reload")
                asked.append(time.monotonic() - start)
            else:
                # Without being told: by the news of the file.
                while service.decide(name) != policies.editions[number]:
                    time.sleep(0.002)
                seen.append(time.monotonic() - start)
            if service.decide(name) != policies.editions[number]:
                sys.exit(f"{name} is not the new one")
        peak = service.memory("VmHWM")
        service.wait_until_idle()
        start = time.monotonic()
        write(os.path.join(folder, "policies", "lib", "band_0.lua"), LIBRARY.format(lib="other"))
        changed = len(service.ask("admin.reload")["changed"])
        library = time.monotonic() - start
        figures = {
            "load": service.load_seconds, "unchanged": statistics.median(unchanged), "asked": statistics.median(asked),
            "slowest": max(asked), "seen": statistics.median(seen), "library": library, "library_policies": changed,
            "resident": resident, "peak": peak, "after": service.memory("VmRSS"),
        }
        service.end()
        return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("remit")
    parser.add_argument("--policies", default="10,1000,10000")
    parser.add_argument("--reloads", type=int, default=20)
    parser.add_argument("--seconds-max", type=float)
    parser.add_argument("--growth-max", type=float)
    options = parser.parse_args()
    print("reload: one policy changed of so many; seconds, MiB")
    heads = ["policies", "load all", "nothing new", "one changed", "slowest", "by itself", "library of", "MiB", "peak", "growth"]
    print("  ".join(f"{head:>11}" for head in heads))
    failed = False
    for count in map(int, options.policies.split(",")):
        one = measure(os.path.abspath(options.remit), count, options.reloads)
        growth = one["peak"] / one["resident"]
        cells = [f"{count}", f"{one['load']:.3f}", f"{one['unchanged']:.4f}", f"{one['asked']:.4f}", f"{one['slowest']:.4f}",
                 f"{one['seen']:.3f}", f"{one['library_policies']}: {one['library']:.3f}", f"{one['resident']:.0f}",
                 f"{one['peak']:.0f}", f"{growth:.2f}"]
        print("  ".join(f"{cell:>11}" for cell in cells), flush=True)
        if options.seconds_max and one["asked"] > options.seconds_max:
            print(f"a reload takes {one['asked']:.3f} s, more than {options.seconds_max}")
            failed = True
        if options.growth_max and growth > options.growth_max:
            print(f"memory grows to {growth:.2f} of what it was, more than {options.growth_max}")
            failed = True
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
