"""The built programs, run as an operator would run them."""

import json
import os
import re
import selectors
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DESKFLEET = os.environ.get("DESKFLEET", str(ROOT / "build" / "deskfleet"))
DEADLINE = float(os.environ.get("DESKFLEET_TEST_DEADLINE", "20"))  # seconds for anything at all
SANITIZER = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|detected memory leaks")
LOG_FIELD = re.compile(r' ([a-z_]+)=("(?:[^"\\]|\\.)*"|[^ "]*)')
LOG_HEAD = r"(?P<time>\S+Z) (?P<level>debug|info|warn|error) (?P<event>\S+)"
LOG_LINE = re.compile(f"{LOG_HEAD}(?P<fields>(?:{LOG_FIELD.pattern})*)")
started = []  # every server process of this run


def kill_leftovers():
    """A test that fails may leave its server behind."""
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait(DEADLINE)


def unquote(text):
    """A field's value as it was before it went into the log."""

    def plain(match):
        escaped = match[1]
        return chr(int(escaped[1:], 16)) if len(escaped) == 3 else {"n": "\n"}.get(escaped, escaped)

    return re.sub(r"\\(x[0-9a-f]{2}|.)", plain, text[1:-1]) if text[:1] == '"' else text


def run(*arguments, check=True, env=None, user=None):
    """Runs a verb of the command line to its end."""
    done = subprocess.run(
        [DESKFLEET, *map(str, arguments)],
        capture_output=True, text=True, timeout=60, env={**os.environ, **(env or {})}, user=user,
    )  # fmt: skip
    assert not SANITIZER.search(done.stderr), done.stderr
    if check:
        assert done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stderr}"
    return done


def run_json(*arguments):
    return json.loads(run(*arguments, "--json").stdout)


def wait_until(condition, what, deadline=DEADLINE):
    """Polls until the condition holds; returns its value."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"not within {deadline} s: {what}"
        time.sleep(0.01)


class Server:
    """`deskfleet serve` on a data directory. Leaving the context drains it and checks how it went."""

    def __init__(self, data_dir, *options, config=None, listen=("127.0.0.1:0",), operator=True, env=None):
        self.data_dir = Path(data_dir)
        self.log_path = self.data_dir.parent / f"{self.data_dir.name}.log"
        settings = {"low-disk-watermark": 0, **(config or {})}
        config_path = self.data_dir.parent / f"{self.data_dir.name}.conf"
        config_path.write_text("".join(f"{k} = {v}\n" for k, v in settings.items()))
        self.command = [DESKFLEET, "serve", "--data-dir", str(data_dir), "--config", str(config_path)]
        for address in listen:
            self.command += ["--listen", address]
        if operator:
            self.command += ["--operator-listen", "127.0.0.1:0"]
        self.command += list(map(str, options))
        self.env = {**os.environ, **(env or {})}
        self.process = None

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=log, env=self.env)
        started.append(self.process)
        line = self.ready_line()
        assert line.startswith("ready "), f"ready line {line!r}\n{self.log()[-3000:]}"
        pairs = [word.split("=", 1) for word in line.split()[1:]]
        self.listeners = [value for key, value in pairs if key == "listen"]
        self.operator = next((value for key, value in pairs if key == "operator"), None)
        tcp = [address for address in self.listeners if not address.startswith("unix:")]
        if tcp:
            self.host, _, port = tcp[0].rpartition(":")
            self.port = int(port)
        return self

    def ready_line(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if not selector.select(DEADLINE):
                self.kill()
                raise AssertionError(f"no ready line\n{self.log()[-3000:]}")
        return self.process.stdout.readline().decode().strip()

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        return self.log_path.read_text(errors="replace")

    def log_records(self):
        """The log as [{"time", "level", "event", further fields}]; every line must be one of these."""
        records = []
        for line in self.log().splitlines():
            match = LOG_LINE.fullmatch(line)
            assert match, f"not a log line: {line!r}"
            fields = {key: unquote(text) for key, text in LOG_FIELD.findall(match["fields"])}
            records.append({**fields, "time": match["time"], "level": match["level"], "event": match["event"]})
        return records

    def drain(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(DEADLINE)
        self.process.stdout.close()
        return code

    def kill(self):
        self.process.kill()
        self.process.wait(DEADLINE)
        self.process.stdout.close()

    def stop(self):
        if self.process is None:
            return
        died = self.process.poll()
        try:
            code = self.drain() if died is None else died
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not drain\n{self.log()[-3000:]}") from None
        report = SANITIZER.search(self.log())
        assert not report, self.log()[max(report.start() - 500, 0) :][:6000]
        assert code == 0, f"exit code {code}\n{self.log()[-3000:]}"

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        elif self.process and self.process.poll() is None:
            self.kill()


def init(data_dir):
    """A new data directory; returns its first organization's credentials."""
    return run_json("init", "--data-dir", data_dir)
