"""Row 6: a desktop through the API and the tunnel."""

import io
import itertools
import json
import math
import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageGrab, ImageStat

from load import Client
from measure import Row, memory_kib, percentile
from programs import Deskfleet, Program, init_data_dir, wait_until
from screen import Painter, Xvnc, light_desktop, text_desktop

PICTURE = (1024, 768)
FRAMES = 8  # that take turns on the screen
TEXT_LENGTH = 20
SMALL = 32 * 1024  # bytes of a picture that need not be compared


@dataclass
class Computer:
    """A joined desktop."""

    name: str
    path: str
    driver: Program


def reference_screenshot(display):
    """The same with Pillow: capture, resize, PNG."""
    picture = ImageGrab.grab(xdisplay=display).convert("RGB").resize(PICTURE, Image.Resampling.LANCZOS)
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


def psnr(png, frame):
    """dB between a screenshot and Pillow's Lanczos of the frame that was on the screen."""
    ours = Image.open(io.BytesIO(png)).convert("RGB")
    wanted = frame.resize(PICTURE, Image.Resampling.LANCZOS)
    if ours.size != PICTURE:
        raise SystemExit(f"bench: a screenshot of {ours.size}")
    squares = sum(ImageStat.Stat(ImageChops.difference(ours, wanted)).sum2)
    error = squares / (3 * PICTURE[0] * PICTURE[1])
    return 10 * math.log10(255**2 / error) if error else math.inf


def milliseconds(times):
    return f"p50 {statistics.median(times):.1f}, p95 {percentile(times, 0.95):.1f} ms"


def flat(rounds):
    return [each for taken in rounds for each in taken]


def clock(act):
    """Milliseconds of one call."""
    start = time.perf_counter()
    act()
    return (time.perf_counter() - start) * 1000


class Shots:
    """Screenshots of one kind of desktop; the screen changes before each."""

    def __init__(self, painter, draw):
        self.painter = painter
        self.frames = [draw(number) for number in range(FRAMES)]
        self.pixels = [frame.tobytes("raw", "BGRX") for frame in self.frames]
        self.turn = itertools.cycle(range(FRAMES))

    def take(self, shoot, count):
        """(milliseconds of each, {frame: last PNG})"""
        times, pictures = [], {}
        for _ in range(count):
            number = next(self.turn)
            self.painter.put(self.pixels[number])
            start = time.perf_counter()
            pictures[number] = shoot()
            times.append((time.perf_counter() - start) * 1000)
        return times, pictures


class Desktop:
    def __init__(self, plan):
        self.plan = plan
        self.directory = plan.directory / "desktop"
        self.directory.mkdir()
        self.shots = 8 if plan.quick else 16  # in one round

    def start_driver(self, name, url, key, display):
        command = [self.plan.build / "src/driver/deskfleet-driver", "join", "--url", url, "--name", name]
        command += ["--display", display, "--config-dir", self.directory / name]
        return Program(f"driver-{name}", command, self.directory, env={"DESKFLEET_SECRET": key})

    def join(self, stack, client, name, url, key, display):
        driver = stack.enter_context(self.start_driver(name, url, key, display))

        def joined():
            machines = json.loads(client.request("GET", "/v1/machines"))["items"]
            return [m["id"] for m in machines if m["name"] == name and m["status"] == "connected"]

        wait_until(joined, f"driver {name} joins")
        return Computer(name, f"/v1/computer/{joined()[0]}", driver)

    def screenshot_rows(self, client, painter, computers, display, kind, draw, target):
        shots = Shots(painter, draw)
        ways = {c.name: (lambda path=c.path: client.request("GET", f"{path}/display/screenshot")) for c in computers}
        ways["Pillow"] = lambda: reference_screenshot(display)
        times, pictures = {way: [] for way in ways}, {way: {} for way in ways}
        for _ in range(self.plan.rounds):
            for way, shoot in ways.items():
                taken, seen = shots.take(shoot, self.shots)
                times[way].append(taken)
                pictures[way].update(seen)
        for computer in computers:
            name = f"6  screenshot, {kind}, {computer.name}"
            yield self.time_row(name, times[computer.name], times["Pillow"], target)
        yield from self.picture_rows(kind, pictures[computers[0].name], pictures["Pillow"], shots.frames)

    def time_row(self, name, ours, reference, target):
        """The target is for the p50 of ours; the ratio to Pillow stands in a row of its own."""
        medians = [statistics.median(taken) for taken in ours]
        told = [milliseconds(flat(side)) for side in (ours, reference)]
        return Row(name, *told, medians, target, at_most=True, unit=" ms", samples=[ours, reference])

    def picture_rows(self, kind, ours, theirs, frames):
        quality = [psnr(png, frames[number]) for number, png in ours.items()]
        sizes, bigger = [len(png) for png in ours.values()], [len(ours[n]) / len(theirs[n]) for n in ours]
        kib = [f"{statistics.median(map(len, side.values())) / 1024:.0f} KiB" for side in (ours, theirs)]
        yield Row(f"6  PSNR, {kind}", f"worst {min(quality):.1f} dB", "Pillow Lanczos", quality, 40, unit=" dB")
        small = max(sizes) < SMALL
        yield Row(f"6  bytes, {kind}", kib[0], kib[1], bigger, None if small else 1.25, at_most=True)

    def input_rows(self, client, computer):
        numbers = itertools.count()

        def click():
            at = next(numbers)
            client.request("POST", f"{computer.path}/input/mouse/click", {"x": 100 + at % 900, "y": 100 + at % 500})

        def type_text():
            text = f"{next(numbers):010d} deskfleet"
            client.request("POST", f"{computer.path}/input/keyboard/type", {"text": text[:TEXT_LENGTH]})

        yield self.input_row(f"6  click, {computer.name}", click, 3)
        yield self.input_row(f"6  type {TEXT_LENGTH} characters, {computer.name}", type_text, 8)

    def input_row(self, name, act, target):
        rounds = [[clock(act) for _ in range(self.shots)] for _ in range(self.plan.rounds)]
        medians = [statistics.median(taken) for taken in rounds]
        told = milliseconds(flat(rounds))
        return Row(name, told, "", medians, target, at_most=True, unit=" ms", samples=rounds)

    def rows(self):
        data_dir, unix = self.directory / "data", self.directory / "api.sock"
        key = init_data_dir(self.plan.build, data_dir)["api_key"]
        with ExitStack() as stack:
            server = stack.enter_context(Deskfleet(self.plan.build, data_dir, unix=unix))
            display = stack.enter_context(Xvnc(self.directory)).display
            painter = stack.enter_context(Painter(display))
            client = Client(server.port, key)
            urls = {"tcp": f"http://127.0.0.1:{server.port}", "unix": f"unix:{unix}"}
            computers = [self.join(stack, client, name, url, key, display) for name, url in urls.items()]
            for kind, draw, target in (("light", light_desktop, 15), ("text", text_desktop, 30)):
                yield from self.screenshot_rows(client, painter, computers, display, kind, draw, target)
            for computer in computers:
                yield from self.input_rows(client, computer)
            rss, pss = memory_kib(computers[0].driver.pid)
            yield Row("6  driver memory after that", f"RSS {rss / 1024:.1f} MiB, PSS {pss / 1024:.1f} MiB")
