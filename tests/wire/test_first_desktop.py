"""The main job, with nothing faked: the server, our driver, and an X desktop with a terminal."""

import io
import os
import subprocess
import uuid

import pytest
from PIL import Image

from api import api_of
from server import DEADLINE, ROOT, Server, init, wait_until

DRIVER = os.environ.get("DESKFLEET_DRIVER", str(ROOT / "build" / "deskfleet-driver"))
TERMINAL = {"x": 400, "y": 300}  # a pixel of its window


def end(process):
    process.terminate()
    assert process.wait(DEADLINE) == 0


@pytest.fixture(scope="module")
def desktop(tmp_path_factory):
    """The desktop that `make up` starts; its terminal works in `home`."""
    folder = tmp_path_factory.mktemp("desktop")
    folder.joinpath("home").mkdir()
    environment = {**os.environ, "HOME": str(folder / "home"), "SHELL": "/bin/bash"}
    process = subprocess.Popen([ROOT / "scripts" / "desktop", folder / "run"], env=environment)
    shown = folder / "run" / "display"
    wait_until(lambda: shown.exists() and shown.read_text().strip(), "the desktop")
    yield folder
    end(process)


class Seat:
    """A server and a driver on the desktop."""

    def __init__(self, desktop, folder):
        self.desktop, self.folder = desktop, folder
        self.key = init(folder / "data")["api_key"]
        self.server = Server(folder / "data", listen=["127.0.0.1:0", f"unix:{folder}/socket"])

    def start_server(self):
        self.server.start()
        self.api = api_of(self.server, self.key)

    def start_driver(self):
        run = self.desktop / "run"
        environment = {**os.environ, "DESKFLEET_SECRET": self.key, "XAUTHORITY": str(run / "xauthority")}
        options = ["--url", f"unix:{self.folder}/socket", "--config-dir", self.folder / "driver"]
        options += ["--display", (run / "display").read_text().strip()]
        self.driver = subprocess.Popen([DRIVER, "join", *options], env=environment)
        wait_until(lambda: self.machine()["status"] == "connected", "the driver joined")

    def machine(self):
        machines = self.api.get("/v1/machines")["items"]
        return machines[0] if machines else {"status": "not there"}

    def path(self, leaf):
        return f"/v1/computer/{self.machine()['id']}/{leaf}"

    def screenshot(self):
        return Image.open(io.BytesIO(self.api.get(self.path("display/screenshot"))))

    def type(self, text, **options):
        self.api.post(self.path("input/keyboard/type"), {"text": text}, 204, **options)

    def press(self, keys):
        self.api.post(self.path("input/keyboard/key"), {"text": keys}, 204)

    def written(self, name, text):
        path = self.desktop / "home" / name
        wait_until(lambda: path.exists() and path.read_text() == text, f"{text!r} in {name}")


@pytest.fixture(scope="module")
def seat(desktop, tmp_path_factory):
    made = Seat(desktop, tmp_path_factory.mktemp("seat"))
    made.start_server()
    made.start_driver()
    made.api.post(made.path("input/mouse/click"), TERMINAL, 204)
    yield made
    end(made.driver)
    made.server.stop()


def test_a_screenshot_shows_the_desktop(seat):
    picture = seat.screenshot()
    assert picture.format == "PNG" and picture.size == (1024, 768)
    assert len(picture.convert("RGB").getcolors(1 << 24)) > 20, "more than an empty screen"
    assert seat.api.get(seat.path("display/dimensions")) == {"width": 1280, "height": 800}


def test_typing_reaches_the_terminal(seat):
    before = seat.screenshot().tobytes()
    seat.type("echo it works >typed\n")
    seat.written("typed", "it works\n")
    wait_until(lambda: seat.screenshot().tobytes() != before, "the picture changed")


def test_keys_reach_the_terminal(seat):
    seat.type("echo left out")
    seat.press("ctrl+u")
    seat.type("echo pressed >pressed")
    seat.press("enter")
    seat.written("pressed", "pressed\n")


def test_the_mouse_goes_where_it_is_sent(seat):
    for x, y in ((0, 0), (700, 650), (1279, 799)):
        seat.api.post(seat.path("input/mouse/move"), {"x": x, "y": y}, 204)
        assert seat.api.get(seat.path("input/mouse/position")) == {"x": x, "y": y}
    seat.api.post(seat.path("input/mouse/click"), TERMINAL, 204)


def test_a_retry_types_once(seat):
    options = {"headers": {"Idempotency-Key": str(uuid.uuid4())}}
    for _ in range(3):
        seat.type("printf x >>once\n", **options)
    seat.type("touch after\n")
    seat.written("after", "")
    seat.written("once", "x")


def test_the_driver_comes_back_to_a_restarted_server(seat):
    seat.api.client.close()
    seat.server.stop()
    seat.start_server()
    wait_until(lambda: seat.machine()["status"] == "connected", "the driver came back")
    assert seat.screenshot().size == (1024, 768)


def test_a_driver_that_ends_leaves_its_machine_disconnected(seat):
    end(seat.driver)
    wait_until(lambda: seat.machine()["status"] == "disconnected", "the machine disconnected")
    seat.api.get(seat.path("display/screenshot"), 503)
    before = seat.machine()["id"]
    seat.start_driver()
    assert seat.machine()["id"] == before
