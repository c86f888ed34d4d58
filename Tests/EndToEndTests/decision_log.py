"""Writes and reads decision logs by their format alone: no line of it is the service's."""
import hashlib
import json
import os

from support import REMIT


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Raw(str):
    """JSON as it is to stand in the log."""


def text(value):
    return value if isinstance(value, Raw) else compact(value)


class LogWriter:
    """A log in a folder: entries in, segments of so many lines out."""

    def __init__(self, folder, lines_per_segment=1000):
        self.folder, self.lines_per_segment = folder, lines_per_segment
        self.number, self.previous, self.file = 1, "0" * 64, None
        os.makedirs(folder, exist_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.file:
            self.file.close()

    def add(self, policy, result, *, input=None, method="decide", id=None, row=None, rows=None, sealed=None, at="2025-06-15T08:00:00.000Z",
            version="000000000000", params=None):
        """One line; `result` is {"decision": …} or {"error": …}, its value JSON or Raw."""
        request = [f'"id":{text(id)}'] if id is not None else []
        request.append(f'"method":"{method}"')
        request += [f'"{key}":{value}' for key, value in (("row", row), ("rows", rows)) if value is not None]
        request += [f'"input":{text(input)}'] if input is not None else []
        request += [f'"sealed":"{sealed}"'] if sealed else []
        parts = [f'"time":"2025-06-15T08:00:00.100Z"', f'"request":{{{",".join(request)}}}', f'"at":{compact(at)}', f'"policy":{text(policy)}']
        parts += [f'"version":"{version}"'] if version else []
        parts += [f'"params":{text(params)}'] if params is not None else []
        parts += [f'"{key}":{text(value)}' for key, value in result.items()]
        self.line(",".join(parts))

    def line(self, parts):
        body = f'{{"n":{self.number},"previous":"{self.previous}",{parts}'.encode()
        self.previous = hashlib.sha256(body).hexdigest()
        if (self.number - 1) % self.lines_per_segment == 0:
            if self.file:
                self.file.close()
            self.file = open(os.path.join(self.folder, f"{self.number:016}.ndjson"), "wb")
        self.file.write(body + f',"hash":"{self.previous}"}}\n'.encode())
        self.number += 1


def member(line, key):
    """The value of a member of a line of `remit batch`, as it is written there."""
    start = line.index(f'"{key}":{{') + len(key) + 3
    return Raw(line[start:-1])


def add_batch(log, folder, name, rows, *options, at="2025-06-15T08:00:00.000Z", params=None):
    """Decides rows with `remit batch`, and logs what came of each as one `decide`."""
    arguments = [f"{key}={value}" for key, value in (params or {}).items()]
    arguments = [part for argument in arguments for part in ("--param", argument)]
    done = folder.run("batch", "--policy", name, "--at", at, *arguments, *options,
                      data="".join(text(row) + "\n" for row in rows))
    for number, (row, line) in enumerate(zip(rows, done.stdout.decode().splitlines())):
        answer = json.loads(line)
        key = "decision" if "decision" in answer else "error"
        log.add(name, {key: member(line, key)}, input=row, id=number, version=answer["version"], at=at, params=params)
    return done


def lines(folder):
    """All lines of a log, parsed."""
    found = []
    for name in sorted(name for name in os.listdir(folder) if name.endswith(".ndjson")):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            found += [json.loads(line) for line in file]
    return found
