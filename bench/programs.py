"""The programs that are measured: started on the server's core, stopped at the end."""

import json
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
DEADLINE = 30  # seconds for anything at all


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until(condition, what):
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"bench: not within {DEADLINE} s: {what}")
        time.sleep(0.02)


def pinned(core, command):
    return ["taskset", "-c", str(core), *map(str, command)] if core is not None else list(map(str, command))


class Program:
    """A child process with a log; a context manager that ends it."""

    def __init__(self, name, command, directory, core=None, env=None):
        self.name, self.directory = name, directory
        self.log_path = directory / f"{name}.log"
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                pinned(core, command), stdout=subprocess.PIPE, stderr=log, env={**os.environ, **(env or {})}
            )
        self.pid = self.process.pid

    def fail(self, what):
        raise SystemExit(f"bench: {self.name}: {what}\n{self.log_path.read_text(errors='replace')[-2000:]}")

    def read_line(self):
        line = self.process.stdout.readline().decode().strip()
        return line or self.fail("ended before it was ready")

    def wait_port(self, port):
        def answers():
            if self.process.poll() is not None:
                self.fail("ended before it was ready")
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        wait_until(answers, f"{self.name} listens")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Deskfleet(Program):
    """`deskfleet serve`. It logs as it does for an operator."""

    def __init__(self, build, data_dir, core=None, unix=None):
        listen = ["--listen", "127.0.0.1:0", *(["--listen", f"unix:{unix}"] if unix else [])]
        command = [build / "src/cli/deskfleet", "serve", "--data-dir", data_dir, *listen]
        command += ["--operator-listen", "127.0.0.1:0"]
        super().__init__(f"deskfleet-{data_dir.name}", command, data_dir.parent, core)
        words = [word.partition("=") for word in self.read_line().split()]
        self.port = next(int(value.rpartition(":")[2]) for key, _, value in words if key == "listen")
        self.operator = next(value for key, _, value in words if key == "operator")

    def metric(self, name):
        with urllib.request.urlopen(f"http://{self.operator}/metrics", timeout=DEADLINE) as answer:
            lines = answer.read().decode().splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


def init_data_dir(build, data_dir):
    """A new data directory; returns its credentials."""
    command = [build / "src/cli/deskfleet", "init", "--data-dir", data_dir, "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=DEADLINE).stdout)


def start_fastapi(database, core):
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--app-dir", HERE / "reference", "fastapi_app:app"]
    command += ["--port", port, "--workers", 1, "--no-access-log", "--log-level", "warning"]
    program = Program("fastapi", command, database.parent, core, {"REFERENCE_DATABASE": str(database)})
    program.port = port
    program.wait_port(port)
    return program


def start_nginx(directory, core):
    """Serves directory/root."""
    port = free_port()
    (directory / "tmp").mkdir(exist_ok=True)
    words = {"@DIR@": str(directory), "@PORT@": str(port), "@USER@": pwd.getpwuid(os.getuid()).pw_name}
    text = (HERE / "reference" / "nginx.conf").read_text()
    for word, value in words.items():
        text = text.replace(word, value)
    (directory / "nginx.conf").write_text(text)
    command = ["/usr/sbin/nginx", "-c", directory / "nginx.conf", "-p", directory, "-e", directory / "nginx.err"]
    program = Program("nginx", command, directory, core)
    program.port = port
    program.wait_port(port)
    return program
