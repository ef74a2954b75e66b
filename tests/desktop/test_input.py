"""Keyboard and mouse, as applications feel them."""
import re

import pytest

TYPE = "/computer/input/keyboard/type"
KEY = "/computer/input/keyboard/key"
MOVE = "/computer/input/mouse/move"
CLICK = "/computer/input/mouse/click"
POSITION = "/computer/input/mouse/position"

ASCII = "".join(chr(code) for code in range(32, 127))
OTHERS = "éÉ€漢字🙂ßäöüñ«»…–Жжλ"


@pytest.mark.parametrize("layout", ["us", "de", "fr", "us,de", "de,us", "ru", "gr"])
def test_types_everything_under_any_layout(desktop, tunnel, open_terminal, layout):
    desktop.layout(layout)
    terminal = open_terminal()
    text = ASCII + OTHERS + ASCII
    answer = tunnel.post(TYPE, {"text": text})
    assert (answer.status, answer.json()) == (200, {})
    assert terminal.typed(len(text.encode())).decode() == text


def test_types_while_caps_lock_is_on(us_layout, tunnel, open_terminal):
    terminal = open_terminal()
    tunnel.post(KEY, {"text": "caps_lock"})
    tunnel.post(TYPE, {"text": "aBc"})
    assert terminal.typed(3) == b"aBc"


def test_more_strange_characters_than_spare_keys(us_layout, tunnel, open_terminal):
    terminal = open_terminal()
    text = "".join(chr(0x4E00 + i) for i in range(300))
    assert tunnel.post(TYPE, {"text": text}).status == 200
    assert terminal.typed(len(text.encode())).decode() == text


def test_line_ends_and_tabs(us_layout, tunnel, open_terminal):
    terminal = open_terminal()
    tunnel.post(TYPE, {"text": "a\nb\r\nc\td"})
    assert terminal.typed(7) == b"a\rb\rc\td"


def test_keymap_is_as_before_afterwards(desktop, us_layout, server, driver):
    before = desktop.keymap()
    tunnel = server.accept()
    tunnel.post(TYPE, {"text": OTHERS})
    assert desktop.keymap() != before
    assert driver.stop() == 0
    assert desktop.keymap() == before


@pytest.mark.parametrize("body, status", [
    ({"text": ""}, 400),
    ({"text": "a\0b"}, 422),
    ({"text": "a\x07"}, 400),
    ({}, 422),
    ({"text": None}, 422),
    ({"text": 5}, 422),
    (b"{\"text\":\"\xff\"}", 422),
    (b"", 422),
    (b"[]", 422),
    (b"text", 422),
])
def test_wrong_text_types_nothing(us_layout, tunnel, open_terminal, body, status):
    terminal = open_terminal()
    answer = tunnel.post(TYPE, body)
    assert answer.status == status
    assert answer.json()["detail"]
    tunnel.post(TYPE, {"text": "z"})
    assert terminal.typed(1) == b"z"


@pytest.mark.parametrize("keys, expected", [
    ("ctrl+c", b"\x03"),
    ("Ctrl+C", b"\x03"),
    ("ctrl+a ctrl+b", b"\x01\x02"),
    ("enter", b"\r"),
    ("Return", b"\r"),
    ("tab esc", b"\t\x1b"),
    ("up", b"\x1b[A"),
    ("leftarrow", b"\x1b[D"),
    ("page_up", b"\x1b[5~"),
    ("f5", b"\x1b[15~"),
    ("shift+a", b"A"),
    ("A ? +", b"A?+"),
    ("alt+x", b"\x1bx"),
    ("é 漢", "é漢".encode()),
    ("space delete", b" \x1b[3~"),
])
def test_keys(us_layout, tunnel, open_terminal, keys, expected):
    terminal = open_terminal(setup="\\033[?1036h")
    answer = tunnel.post(KEY, {"text": keys})
    assert (answer.status, answer.json()) == (200, {})
    assert terminal.typed(len(expected)) == expected


def test_control_keys_under_a_layout_without_them(desktop, tunnel, open_terminal):
    desktop.layout("ru")
    terminal = open_terminal()
    tunnel.post(KEY, {"text": "ctrl+c"})
    assert terminal.typed(1) == b"\x03"


@pytest.mark.parametrize("keys", ["", " ", "ctrl+", "ctrl+nokey", "a+b+c+d+e+f+g+h+i", "a " * 65])
def test_wrong_keys(tunnel, keys):
    answer = tunnel.post(KEY, {"text": keys})
    assert answer.status == 400
    assert isinstance(answer.json()["detail"], str)


@pytest.mark.parametrize("to, there", [
    ((300, 250), (300, 250)),
    ((0, 0), (0, 0)),
    ((1279, 799), (1279, 799)),
    ((1280, 900), (1279, 799)),
    ((-7, 5), (0, 5)),
    ((2**62, -2**62), (1279, 0)),
])
def test_moves(tunnel, to, there):
    answer = tunnel.post(MOVE, {"x": to[0], "y": to[1]})
    assert (answer.status, answer.json()) == (200, {})
    assert tunnel.get(POSITION).json() == {"x": there[0], "y": there[1]}


class Clicks:
    """A terminal that reports button events (xterm's SGR mode)."""

    def __init__(self, open_terminal):
        self.terminal = open_terminal(setup="\\033[?1000h\\033[?1006h")
        self.x, self.y = self.terminal.origin()

    def at(self, count):
        """(button, down) of the first events."""
        found = []
        wanted = re.compile(rb"\x1b\[<(\d+);\d+;\d+([Mm])")
        length = 1
        while len(found) < count:
            typed = self.terminal.typed(length)
            found = [(int(button), kind == b"M") for button, kind in wanted.findall(typed)]
            length = len(typed) + (len(found) < count)
        return found


@pytest.mark.parametrize("more, events", [
    ({}, [(0, True), (0, False)]),
    ({"button": "left", "clicks": 1}, [(0, True), (0, False)]),
    ({"button": "middle"}, [(1, True), (1, False)]),
    ({"button": "right"}, [(2, True), (2, False)]),
    ({"clicks": 3}, [(0, True), (0, False)] * 3),
    ({"down": None, "clicks": 2}, [(0, True), (0, False)] * 2),
])
def test_clicks(tunnel, open_terminal, more, events):
    clicks = Clicks(open_terminal)
    x, y = clicks.x + 60, clicks.y + 60
    answer = tunnel.post(CLICK, {"x": x, "y": y, **more})
    assert (answer.status, answer.json()) == (200, {})
    assert clicks.at(len(events)) == events
    assert tunnel.get(POSITION).json() == {"x": x, "y": y}


def test_press_move_release(tunnel, open_terminal):
    clicks = Clicks(open_terminal)
    tunnel.post(CLICK, {"x": clicks.x + 60, "y": clicks.y + 60, "down": True})
    assert clicks.at(1) == [(0, True)]
    tunnel.post(MOVE, {"x": clicks.x + 90, "y": clicks.y + 60})
    tunnel.post(CLICK, {"down": False})
    assert clicks.at(2) == [(0, True), (0, False)]


@pytest.mark.parametrize("path, body, status", [
    (MOVE, {"x": 1}, 422),
    (MOVE, {"x": 1, "y": "up"}, 422),
    (MOVE, {"x": 1.5, "y": 1}, 422),
    (MOVE, b'{"x":99999999999999999999,"y":1}', 422),
    (CLICK, {"x": 1}, 400),
    (CLICK, {"x": 1, "y": 1, "button": "fourth"}, 400),
    (CLICK, {"x": 1, "y": 1, "clicks": 0}, 422),
    (CLICK, {"x": 1, "y": 1, "clicks": 4}, 422),
    (CLICK, {"x": 1, "y": 1, "down": "yes"}, 422),
])
def test_wrong_mouse_fields_move_nothing(tunnel, path, body, status):
    tunnel.post(MOVE, {"x": 640, "y": 400})
    answer = tunnel.post(path, body)
    assert answer.status == status
    assert answer.json()["detail"]
    assert tunnel.get(POSITION).json() == {"x": 640, "y": 400}
