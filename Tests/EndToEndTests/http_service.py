"""A service with HTTP under test, and clients of it: Python's own, and bare sockets for what no client would send."""
import http.client
import json
import re
import socket

from service import Server


class HTTPServer(Server):
    """A `Server` that also listens for HTTP."""

    def __init__(self, *options, **folders):
        super().__init__("--http", "127.0.0.1:0", *options, **folders)

    def __enter__(self):
        super().__enter__()
        self.http_port = int(self.wait_for(rb"listening on http://127\.0\.0\.1:(\d+)").group(1))
        return self

    def http(self, timeout=30):
        return http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=timeout)

    def raw(self, timeout=30):
        connection = socket.create_connection(("127.0.0.1", self.http_port))
        connection.settimeout(timeout)
        return connection

    def ask(self, method, path, body=None, headers=None, connection=None):
        """One request; status, headers with lower-case names, and body. By itself it has a connection of its own."""
        client = connection or self.http()
        try:
            client.request(method, path, body, headers or {})
            answer = client.getresponse()
            fields = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, fields, answer.read()
        finally:
            if connection is None:
                client.close()

    def decide(self, connection=None, **params):
        return self.ask("POST", "/v1/decide", json.dumps(params), {"Content-Type": "application/json"}, connection)

    def batch(self, query, body, **headers):
        return self.ask("POST", "/v1/batch?" + query, body, {"Content-Type": "application/x-ndjson", **headers})

    def metrics(self):
        status, headers, body = self.ask("GET", "/metrics")
        assert status == 200, status
        assert headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8", headers
        return Metrics(body.decode())


def received(connection):
    """Everything up to the end of the connection."""
    chunks = []
    while True:
        try:
            more = connection.recv(1 << 16)
        except ConnectionResetError:
            break
        if not more:
            break
        chunks.append(more)
    return b"".join(chunks)


def answers(data):
    """The answers that some bytes are: (status, headers, body) each. They must be whole."""
    found = []
    while data:
        head, end, data = data.partition(b"\r\n\r\n")
        assert end, f"half a head: {head[:200]}"
        first, *lines = head.decode().split("\r\n")
        version, status, _ = first.split(" ", 2)
        assert version in ("HTTP/1.1", "HTTP/1.0"), first
        headers = {line.split(":", 1)[0].lower(): line.split(":", 1)[1].strip() for line in lines}
        if int(status) < 200:
            body = b""
        elif "content-length" in headers:
            length = int(headers["content-length"])
            body, data = data[:length], data[length:]
            assert len(body) == length, "half a body"
        else:
            body, data = unchunked(data)
        found.append((int(status), headers, body))
    return found


def unchunked(data):
    """A body in chunks, and what stands behind it. It must have its end."""
    body = []
    while True:
        size, end, data = data.partition(b"\r\n")
        assert end, "a chunk without a size"
        size = int(size, 16)
        assert data[size:size + 2] == b"\r\n", "a chunk without its end"
        body.append(data[:size])
        data = data[size + 2:]
        if size == 0:
            return b"".join(body), data


def head(method, target, *lines, host=True):
    """The head of a request, as bytes."""
    return "\r\n".join([f"{method} {target} HTTP/1.1", *(["Host: x"] if host else []), *lines, "", ""]).encode()


class Metrics:
    """A page of metrics, read as strictly as Prometheus' text format 0.0.4 is written down."""
    NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
    LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\n"])*"'
    SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\S+)")
    KINDS = ("counter", "gauge", "histogram", "summary", "untyped")

    def __init__(self, text):
        self.samples = {}
        self.kinds = {}
        assert text.endswith("\n") and "\r" not in text
        helped, family = set(), None
        for line in text[:-1].split("\n"):
            if line.startswith("# HELP "):
                name = re.fullmatch(rf"# HELP ({self.NAME}) (?:[^\\]|\\[\\n])*", line).group(1)
                assert name not in helped, f"{name} has its help twice"
                helped.add(name)
            elif line.startswith("# TYPE "):
                family, kind = re.fullmatch(rf"# TYPE ({self.NAME}) (\w+)", line).groups()
                assert kind in self.KINDS and family not in self.kinds, line
                assert family in helped, f"{family} has no help"
                self.kinds[family] = kind
            else:
                self.add(line, family)
        self.check_histograms()

    def add(self, line, family):
        match = self.SAMPLE.fullmatch(line)
        assert match, f"no sample: {line}"
        name, labels, value = match.groups()
        suffixes = ("_bucket", "_sum", "_count") if self.kinds[family] == "histogram" else ("",)
        assert name in [family + suffix for suffix in suffixes], f"{name} stands under {family}"
        pairs = tuple(sorted(re.findall(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"', labels or "")))
        assert len({label for label, _ in pairs}) == len(pairs), f"a label twice: {line}"
        assert (name, pairs) not in self.samples, f"a sample twice: {line}"
        number = float(value)
        if self.kinds[family] == "counter":
            assert number >= 0, line
        self.samples[name, pairs] = number

    def check_histograms(self):
        for family, kind in self.kinds.items():
            if kind != "histogram":
                continue
            series = {}
            for (name, labels), value in self.samples.items():
                if name == family + "_bucket":
                    rest = tuple(pair for pair in labels if pair[0] != "le")
                    series.setdefault(rest, []).append((float(dict(labels)["le"]), value))
            assert series, f"{family} has no bucket"
            for labels, buckets in series.items():
                buckets.sort()
                counts = [count for _, count in buckets]
                assert buckets[-1][0] == float("inf") and counts == sorted(counts), f"{family}: {buckets}"
                assert self.samples[family + "_count", labels] == counts[-1]
                assert (family + "_sum", labels) in self.samples

    def value(self, name, **labels):
        """The sum over the samples that have the labels; 0 where none has."""
        return sum(value for (sample, pairs), value in self.samples.items()
                   if sample == name and set(labels.items()) <= set(pairs))
