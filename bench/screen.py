"""An X screen whose pixels the bench decides: frames drawn with Pillow, put on Xvnc's root window
over the X protocol itself."""

import random
import socket
import struct

from PIL import Image, ImageDraw, ImageFont

from programs import DEADLINE, Program

SIZE = WIDTH, HEIGHT = 1280, 800
FONTS = "/usr/share/fonts/truetype/dejavu/"
REQUEST_MAX = 65535 * 4  # bytes of one X request

CREATE_GC, GET_INPUT_FOCUS, PUT_IMAGE, Z_PIXMAP = 55, 43, 72, 2


class Xvnc(Program):
    def __init__(self, directory):
        command = ["Xvnc", "-displayfd", 1, "-geometry", f"{WIDTH}x{HEIGHT}", "-depth", 24]
        command += ["-SecurityTypes", "None", "-rfbport", -1, "-rfbunixpath", directory / "rfb", "-nolisten", "tcp"]
        super().__init__("xvnc", command, directory)
        self.display = f":{self.read_line()}"


class Painter:
    """A connection to an X server that puts whole frames on the root window."""

    def __init__(self, display):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(DEADLINE)
        self.socket.connect(f"/tmp/.X11-unix/X{display.lstrip(':')}")
        self.socket.sendall(struct.pack("<BxHHHHxx", ord("l"), 11, 0, 0, 0))
        accepted, words = struct.unpack("<BxxxxxH", self.read(8))
        setup = self.read(words * 4)
        if accepted != 1:
            raise SystemExit(f"bench: the X server refuses: {setup!r}")
        (base,) = struct.unpack_from("<I", setup, 4)
        vendor_length, _, _, formats = struct.unpack_from("<HHBB", setup, 16)
        screen = 32 + (vendor_length + 3) // 4 * 4 + formats * 8
        (self.root,) = struct.unpack_from("<I", setup, screen)
        self.gc = base
        self.socket.sendall(struct.pack("<BxHIII", CREATE_GC, 4, self.gc, self.root, 0))

    def read(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise SystemExit("bench: the X server is gone")
            data += part
        return data

    def put(self, pixels):
        """Returns when the X server has drawn a frame, given as BGRX bytes."""
        rows = (REQUEST_MAX - 24) // (WIDTH * 4)
        for top in range(0, HEIGHT, rows):
            part = pixels[top * WIDTH * 4 : (top + rows) * WIDTH * 4]
            place = struct.pack("<HHhhBBxx", WIDTH, len(part) // (WIDTH * 4), 0, top, 0, 24)
            words = 6 + len(part) // 4
            self.socket.sendall(struct.pack("<BBHII", PUT_IMAGE, Z_PIXMAP, words, self.root, self.gc) + place + part)
        self.socket.sendall(struct.pack("<BxH", GET_INPUT_FOCUS, 1))
        if self.read(32)[0] != 1:
            raise SystemExit("bench: the X server refused to draw")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def font(name, size):
    return ImageFont.truetype(f"{FONTS}{name}.ttf", size)


def words(generator, count):
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    return " ".join("".join(generator.choices(letters, k=generator.randint(2, 9))) for _ in range(count))


def draw_window(draw, box, title, lines, body):
    left, top, right, _ = box
    draw.rectangle(box, fill="#fafafa", outline="#555555")
    draw.rectangle((left, top, right, top + 24), fill="#4a6984")
    draw.text((left + 8, top + 4), title, fill="white", font=font("DejaVuSans-Bold", 13))
    for number, line in enumerate(lines):
        draw.text((left + 12, top + 34 + 18 * number), line, fill="#222222", font=body)


def light_desktop(number):
    """A plain background, a panel with a clock, two windows with a few lines."""
    generator = random.Random(number)
    image = Image.new("RGB", SIZE, "#5c7a99")
    draw = ImageDraw.Draw(image)
    body = font("DejaVuSans", 13)
    draw.rectangle((0, HEIGHT - 30, WIDTH, HEIGHT), fill="#2b2b2b")
    draw.text((WIDTH - 80, HEIGHT - 23), f"12:{number:02}:07", fill="white", font=body)
    lines = [words(generator, 8)[:60] for _ in range(6)]
    draw_window(draw, (80 + 5 * number, 60, 580 + 5 * number, 400), "Notes", lines, body)
    draw_window(draw, (640, 180, 1180, 620), "Terminal", [f"$ {words(generator, 3)}" for _ in range(8)], body)
    return image


def text_desktop(number):
    """Text from edge to edge."""
    generator = random.Random(number)
    image = Image.new("RGB", SIZE, "#101010")
    draw = ImageDraw.Draw(image)
    body = font("DejaVuSansMono", 12)
    for top in range(2, HEIGHT - 12, 15):
        draw.text((4, top), words(generator, 40)[:176], fill="#d8d8d8", font=body)
    return image
