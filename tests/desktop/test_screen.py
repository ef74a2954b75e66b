"""What a screenshot shows."""
import io
import math

import pytest
from PIL import Image, ImageChops, ImageStat

SCREENSHOT = "/computer/display/screenshot"
LIGHT = 32 * 1024


def psnr(one, other):
    sums = ImageStat.Stat(ImageChops.difference(one, other)).sum2
    error = sum(sums) / (3 * one.width * one.height)
    return math.inf if error == 0 else 10 * math.log10(255 * 255 / error)


def png_size(picture):
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.tell()


@pytest.fixture(params=["", "seq\\040"], ids=["light", "text"])
def screen(request, desktop, open_terminal):
    """A desktop with a terminal, empty or full of coloured text; as Pillow sees it."""
    lines = "".join("\\033[3%dm%s\\r\\n" % (row % 7 + 1, "%0180d" % (7 ** (row + 40)))
                    for row in range(58)) if request.param else ""
    open_terminal(setup="\\033[?25l" + lines, geometry="200x58+0+0")
    previous = None
    while (picture := desktop.picture()).tobytes() != previous:  # until it stands still
        previous = picture.tobytes()
    return picture


def test_default_is_1024x768_like_pillow(tunnel, screen):
    answer = tunnel.get(SCREENSHOT)
    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    assert int(answer.headers["content-length"]) == len(answer.body)
    picture = answer.image()
    assert (picture.size, picture.mode) == ((1024, 768), "RGB")
    reference = screen.resize((1024, 768), Image.Resampling.LANCZOS)
    assert psnr(picture, reference) >= 40
    assert len(answer.body) <= max(LIGHT, 1.25 * png_size(reference))


def test_screen_size_is_exact(tunnel, screen):
    picture = tunnel.get(SCREENSHOT, "width=1280&height=800").image()
    assert picture.tobytes() == screen.tobytes()


def test_colours_of_a_window(tunnel, open_terminal):
    terminal = open_terminal(setup="\\033[?25l")
    x, y = terminal.origin()
    picture = tunnel.get(SCREENSHOT, "width=1280&height=800").image()
    assert picture.getpixel((x + 100, y + 100)) == (0x20, 0x40, 0x80)


@pytest.mark.parametrize("query, size", [
    ("width=640", (640, 800)),
    ("height=100", (1280, 100)),
    ("width=640&height=480&mode=exact", (640, 480)),
    ("width=640&height=480&mode=aspect_fit", (640, 400)),
    ("width=640&height=480&mode=aspect_fill", (768, 480)),
    ("width=640&height=480&mode=other", (640, 480)),
    ("mode=aspect_fit", (1024, 768)),
    ("width=1&height=1", (1, 1)),
    ("width=2560&height=1600", (2560, 1600)),
    ({"width": 300, "height": "200"}, (300, 200)),
    ({}, (1024, 768)),
])
def test_sizes(tunnel, desktop, query, size):
    picture = tunnel.get(SCREENSHOT, query).image()
    assert picture.size == size
    assert psnr(picture, desktop.picture().resize(size, Image.Resampling.LANCZOS)) >= 40


@pytest.mark.parametrize("query, name, type", [
    ("width=0", "width", "greater_than_equal"),
    ("height=-5", "height", "greater_than_equal"),
    ("width=60000", "width", "less_than_equal"),
    ("height=tall", "height", "int_type"),
    ("height=", "height", "int_type"),
])
def test_wrong_sizes(tunnel, query, name, type):
    answer = tunnel.get(SCREENSHOT, query)
    assert answer.status == 422
    assert answer.json()["detail"][0]["loc"] == ["query", name]
    assert answer.json()["detail"][0]["type"] == type


def test_follows_the_screen(tunnel, open_terminal):
    before = tunnel.get(SCREENSHOT).body
    open_terminal(geometry="30x5+700+500")
    assert tunnel.get(SCREENSHOT).body != before


def test_dimensions(tunnel):
    answer = tunnel.get("/computer/display/dimensions")
    assert (answer.status, answer.json()) == (200, {"width": 1280, "height": 800})
