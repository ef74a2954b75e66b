"""Load: wrk for throughput, and connections that only stay open."""

import http.client
import json
import select
import socket
import struct
import subprocess

from measure import Sample, cpu_seconds
from programs import DEADLINE, HERE, pinned

CONNECTIONS = 64


def wrk(program, core, seconds, script, *arguments, key=None):
    """A Sample of a program under load from one wrk thread on `core`."""
    command = ["wrk", "-t", 1, "-c", CONNECTIONS, "-d", f"{seconds}s", "--timeout", "10s"]
    command += ["-H", f"Authorization: Bearer {key}", "-H", "Content-Type: application/json"] if key else []
    command += ["-s", HERE / "wrk" / script, f"http://127.0.0.1:{program.port}", "--", *arguments]
    before = cpu_seconds(program.pid)
    done = subprocess.run(pinned(core, command), capture_output=True, text=True, timeout=seconds + DEADLINE)
    cpu = cpu_seconds(program.pid) - before
    if done.returncode != 0:
        raise SystemExit(f"bench: wrk: {done.stderr or done.stdout}")
    told = json.loads(done.stdout.strip().splitlines()[-1])
    if told["errors"] or not told["requests"]:
        raise SystemExit(f"bench: {program.name}: {told['errors']} of {told['requests']} requests failed")
    return Sample(told["requests"], told["seconds"], cpu)


class Client:
    """One keep-alive connection."""

    def __init__(self, port, key):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def request(self, method, path, body=None):
        """The body of an answer, which must be of 2xx."""
        data = None if body is None else json.dumps(body)
        self.connection.request(method, path, data, self.headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status // 100 != 2:
            raise SystemExit(f"bench: {method} {path}: {answer.status} {content[:500]!r}")
        return content


class IdleConnections:
    """Keep-alive connections that have each had one answer and then stay silent."""

    SOURCES = [f"127.0.0.{last}" for last in range(2, 10)]  # each has ports of its own

    def __init__(self, program, key, path, count):
        request = f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
        self.program, self.sockets = program, []
        for number in range(count):
            self.sockets.append(self.connect(self.SOURCES[number % len(self.SOURCES)]))
            self.sockets[-1].sendall(request)
        for each in self.sockets:
            if not each.recv(4096).startswith(b"HTTP/1.1 200 "):
                raise SystemExit("bench: an idle connection was refused")

    def connect(self, source):
        connection = socket.socket()
        # Closed by a reset, so that no port waits for the next round.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.settimeout(DEADLINE)
        connection.bind((source, 0))
        connection.connect(("127.0.0.1", self.program.port))
        return connection

    def check(self):
        """All must still be open."""
        poll = select.poll()
        for each in self.sockets:
            poll.register(each, select.POLLIN)
        if poll.poll(0):
            raise SystemExit("bench: idle connections were closed while they were needed")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in self.sockets:
            each.close()
