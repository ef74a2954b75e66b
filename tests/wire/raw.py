"""HTTP as bytes on a socket, for what no client library would send."""

import json
import socket
import ssl
from dataclasses import dataclass

from server import DEADLINE


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    def json(self):
        return json.loads(self.body)


class Connection:
    def __init__(self, server, context=None, unix=None):
        if unix:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(unix)
        else:
            self.socket = socket.create_connection((server.host, server.port))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(DEADLINE)
        if context:
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """A server that has refused early may have closed already; its answer is still there."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            pass
        return self

    def more(self):
        data = self.socket.recv(65536)
        self.buffer += data
        return data

    def until(self, mark):
        while mark not in self.buffer:
            if not self.more():
                raise EOFError(f"closed after {self.buffer!r}")
        head, _, self.buffer = self.buffer.partition(mark)
        return head

    def exactly(self, count):
        while len(self.buffer) < count:
            if not self.more():
                raise EOFError(f"closed after {len(self.buffer)} of {count} bytes")
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def head(self):
        lines = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        version, status, *_ = lines[0].split(" ")
        assert version == "HTTP/1.1", lines[0]
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            assert name.lower() not in headers or name.lower() == "set-cookie", f"{name} twice"
            headers[name.lower()] = value.strip()
        return Answer(int(status), headers, b"")

    def answer(self, method="GET"):
        """The next final answer."""
        answer = self.head()
        bodiless = method == "HEAD" or answer.status in (101, 204, 304) or answer.status < 200
        if not bodiless and answer.headers.get("transfer-encoding") == "chunked":
            answer.body = self.chunks()
        elif not bodiless:
            answer.body = self.exactly(int(answer.headers["content-length"]))
        return answer

    def chunks(self):
        body = b""
        while size := int(self.until(b"\r\n"), 16):
            body += self.exactly(size)
            assert self.exactly(2) == b"\r\n"
        assert self.until(b"\r\n") == b""
        return body

    def closed(self):
        """The rest, up to the server's close; a reset counts as one."""
        try:
            while self.more():
                pass
        except (ConnectionResetError, ssl.SSLError):
            pass
        return self.buffer


def exchange(server, data, method="GET"):
    """One request on a connection of its own."""
    with Connection(server) as connection:
        return connection.send(data).answer(method)


def request(method, path, key=None, body=None, headers=()):
    """A well-formed request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: test"]
    if key:
        lines.append(f"Authorization: Bearer {key}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + (body or b"")
