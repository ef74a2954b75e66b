import os
import pathlib
import signal
import subprocess

import pytest

from desktop import DEADLINE, Desktop, Terminal
from fake_server import FakeServer

ROOT = pathlib.Path(__file__).resolve().parents[2]
DRIVER = os.environ.get("DESKFLEET_DRIVER", str(ROOT / "build" / "deskfleet-driver"))


class Driver:
    """A running deskfleet-driver."""

    def __init__(self, desktop, folder, *options, secret="ak_test"):
        env = {**desktop.env, "DESKFLEET_SECRET": secret}
        self.log_path = folder / "driver.log"
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [DRIVER, "join", "--config-dir", str(folder / "config"), *options],
                env=env, stdout=log, stderr=log)

    def exit_status(self):
        return self.process.wait(DEADLINE)

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.exit_status()

    def log(self):
        return self.log_path.read_text()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="session")
def desktop(tmp_path_factory):
    made = Desktop(tmp_path_factory.mktemp("desktop"))
    yield made
    made.close()


@pytest.fixture
def us_layout(desktop):
    desktop.layout("us")


@pytest.fixture
def server():
    with FakeServer() as running:
        yield running


@pytest.fixture
def start_driver(desktop, tmp_path):
    """Starts drivers and sees to it that they end."""
    drivers = []

    def start(*options, on=desktop, **more):
        drivers.append(Driver(on, tmp_path, *options, **more))
        return drivers[-1]

    yield start
    for driver in drivers:
        driver.close()


@pytest.fixture
def driver(start_driver, server):
    return start_driver("--url", server.url)


@pytest.fixture
def tunnel(driver, server):
    """The connection of a driver."""
    return server.accept()


@pytest.fixture
def open_terminal(desktop, tmp_path):
    terminals = []

    def start(**options):
        terminals.append(Terminal(desktop, tmp_path, **options))
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.close()
