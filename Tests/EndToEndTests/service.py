"""A service under test, and a client of it that knows JSON-RPC by itself: no line of it is the service's."""
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from support import REMIT, ROOT


class Server:
    """`remit serve` on a free port of 127.0.0.1 and on a Unix socket in a folder of its own; ended at the end of the `with`."""

    def __init__(self, *options, policies=None, plugins=None, files=None, environment=None):
        """`files`: how many the system lets it have; `environment`: what it has beside this process's."""
        self.options = options
        self.files = files
        self.environment = {**os.environ, **(environment or {})}
        self.policies = policies or os.path.join(ROOT, "policies")
        self.plugins = plugins or os.path.join(ROOT, "plugins")

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="remit-")
        self.path = os.path.join(self.folder, "s")
        self.errors = open(os.path.join(self.folder, "errors"), "w+b")
        command = [REMIT, "serve", "--listen", "127.0.0.1:0", "--unix", self.path, "--policies", self.policies,
                   "--plugins", self.plugins, *self.options]
        limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (self.files, self.files))) if self.files else None
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.errors,
                                        preexec_fn=limit, env=self.environment)
        self.port = int(self.wait_for(rb"listening on 127\.0\.0\.1:(\d+)").group(1))
        self.wait_for(rb"listening on unix:")
        return self

    def wait_for(self, pattern):
        """Waits until standard error has it."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            found = re.search(pattern, self.said())
            if found:
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        raise AssertionError(f"the service has not said {pattern}: {self.said()}")

    def said(self):
        with open(self.errors.name, "rb") as file:
            return file.read()

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.errors.close()
        shutil.rmtree(self.folder)

    def tcp(self, **options):
        return Client(socket.create_connection(("127.0.0.1", self.port)), **options)

    def unix(self, **options):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self.path)
        return Client(connection, **options)

    def file_count(self):
        """How many files the process has open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def resident(self):
        """How much memory the process holds now, in KiB."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return next(int(text.split()[1]) for text in status if text.startswith("VmRSS:"))

    def processor_seconds(self):
        """How long the process has been computing."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self, timeout=30):
        return self.process.wait(timeout)


class Client:
    """One connection: lines out, lines in."""

    def __init__(self, connection, timeout=30):
        self.socket = connection
        self.socket.settimeout(timeout)
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def line(self):
        """The next line without its newline; None at the end."""
        chunks = [self.rest]
        while b"\n" not in chunks[-1]:
            try:
                more = self.socket.recv(1 << 18)
            except ConnectionResetError:
                more = b""
            if not more:
                assert not any(chunks), f"the last line has no newline: {b''.join(chunks)[:200]}"
                return None
            chunks.append(more)
        last, _, self.rest = chunks.pop().partition(b"\n")
        return b"".join(chunks) + last

    def lines(self):
        """All lines until the end."""
        chunks = [self.rest]
        self.rest = b""
        while True:
            more = self.socket.recv(1 << 20)
            if not more:
                break
            chunks.append(more)
        data = b"".join(chunks)
        assert not data or data.endswith(b"\n"), "the last line has no newline"
        return data.splitlines()

    def end(self):
        """Says that no more is sent."""
        self.socket.shutdown(socket.SHUT_WR)

    def ask(self, message):
        self.send(message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n")
        return json.loads(self.line())

    def call(self, method, number=1, **params):
        return self.ask(request(method, number, **params))


def request(method, number=1, **params):
    message = {"jsonrpc": "2.0", "id": number, "method": method}
    if params:
        message["params"] = params
    return message


def line(message):
    return json.dumps(message).encode() + b"\n"


def stdio(data, *options, policies=None, timeout=120):
    """Runs `remit serve --stdio` on the bytes; returns the finished process."""
    command = [REMIT, "serve", "--stdio", "--policies", policies or os.path.join(ROOT, "policies"), "--plugins",
               os.path.join(ROOT, "plugins"), *options]
    return subprocess.run(command, input=data, capture_output=True, timeout=timeout, check=False)
