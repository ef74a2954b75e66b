"""A small driver that speaks the tunnel protocol, as the two generations of real ones do.

It also watches the server: frames out of order, or more requests at once than the generation
allows, end up in `faults`."""

import asyncio
import contextlib
import json
import struct
import threading
import uuid
import zlib
from dataclasses import dataclass, field

import websockets

from server import DEADLINE, wait_until

LEGACY, MODERN = "0.0.39", "1.4.6"


def png(width=1024, height=768, shade=0x40):
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\0" + bytes([shade]) * (3 * width)) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


SCREEN = png()


@dataclass
class Request:
    id: str
    method: str
    path: str
    query: str
    headers: dict
    body: bytes = b""

    def json(self):
        return json.loads(self.body)


@dataclass
class Answer:
    status: int = 200
    body: bytes = b"{}"
    headers: dict = field(default_factory=lambda: {"content-type": "application/json"})
    chunk: int = 16384


def desktop(request):
    """What a healthy desktop answers."""
    leaf = request.path.removeprefix("/computer/")
    if leaf == "display/screenshot":
        return Answer(body=SCREEN, headers={"content-type": "image/png"})
    if leaf == "display/dimensions":
        return Answer(body=b'{"width":1280,"height":800}')
    if leaf == "input/mouse/position":
        return Answer(body=b'{"x":640,"y":400}')
    return Answer()


class Refused(Exception):
    """The server answered the upgrade with something else than 101."""

    def __init__(self, status):
        super().__init__(status)
        self.status = status


class Driver:
    """`answer` maps a Request to an Answer, to None (no answer, ever) or to a coroutine of either."""

    def __init__(self, base, key, fingerprint=None, version=LEGACY, answer=desktop, headers=None, ssl=None, unix=None):
        self.url, self.ssl, self.unix, self.answer = f"{base}/tunnel/ws", ssl, unix, answer
        self.fingerprint = fingerprint or str(uuid.uuid4())
        self.headers = {"X-PIGLET-FINGERPRINT": self.fingerprint, "X-PIGLET-VERSION": version, **(headers or {})}
        if key:
            self.headers["Authorization"] = f"Bearer {key}"
        self.limit = 1 if version.startswith("0.") else 4
        self.requests, self.faults = [], []
        self.in_flight = self.most_in_flight = 0
        self.close_code = self.close_reason = None
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def start(self):
        self.thread.start()
        try:
            self.call(self.connect())
        except websockets.InvalidStatusCode as refusal:
            self.stop()
            raise Refused(refusal.status_code) from None
        return self

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(DEADLINE)

    async def connect(self):
        options = {"extra_headers": self.headers, "compression": None, "max_size": None, "ssl": self.ssl}
        options["close_timeout"] = 1
        if self.unix:
            self.socket = await websockets.unix_connect(self.unix, self.url, **options)
        else:
            self.socket = await websockets.connect(self.url, **options)
        self.turn = asyncio.Semaphore(self.limit)
        self.writing = asyncio.Lock()
        self.reader = self.loop.create_task(self.read())

    async def read(self):
        with contextlib.suppress(websockets.ConnectionClosedError):
            await self.read_frames()
        self.close_code, self.close_reason = self.socket.close_code, self.socket.close_reason

    async def read_frames(self):
        meta, body = None, []
        async for frame in self.socket:
            if isinstance(frame, bytes):
                if meta is None:
                    self.faults.append("binary before a meta")
                body.append(frame)
            elif frame == "end":
                if meta is None:
                    self.faults.append("end before a meta")
                    continue
                self.take(meta, b"".join(body))
                meta, body = None, []
            else:
                if meta is not None:
                    self.faults.append("meta inside a request")
                meta = json.loads(frame)

    def take(self, meta, body):
        if not isinstance(meta.get("query", ""), str) or not meta["path"].startswith("/"):
            self.faults.append(f"meta {meta}")
        told = (meta["requestId"], meta["method"], meta["path"], meta.get("query", ""), meta.get("headers", {}))
        request = Request(*told, body)
        self.requests.append(request)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        if self.in_flight > self.limit:
            self.faults.append(f"{self.in_flight} requests at once")
        self.loop.create_task(self.respond(request))

    async def respond(self, request):
        async with self.turn:
            answer = self.answer(request)
            if asyncio.iscoroutine(answer):
                answer = await answer
        self.in_flight -= 1
        with contextlib.suppress(websockets.ConnectionClosed):  # the tunnel closed meanwhile
            if answer is not None:
                await self.send(request.id, answer)

    async def send(self, request_id, answer):
        async with self.writing:
            meta = {"requestId": request_id, "status": answer.status, "headers": answer.headers}
            await self.socket.send(json.dumps(meta))
            for at in range(0, len(answer.body), answer.chunk):
                await self.socket.send(answer.body[at : at + answer.chunk])
            await self.socket.send("end")

    def send_raw(self, *frames):
        """Frames as they are, outside any request."""

        async def run():
            for frame in frames:
                await self.socket.send(frame)

        self.call(run())

    def abort(self):
        """The computer's plug is pulled."""
        self.loop.call_soon_threadsafe(self.socket.transport.abort)

    def wait_closed(self):
        wait_until(lambda: self.close_code, "the tunnel closed")
        return self.close_code

    def wait_requests(self, count):
        wait_until(lambda: len(self.requests) >= count, f"{count} requests at the driver")
        return self.requests

    def stop(self):
        if not self.thread.is_alive():
            return

        async def leave():
            if hasattr(self, "socket"):
                await self.socket.close(1011)
                await asyncio.wait([self.reader], timeout=2)

        self.call(leave())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(DEADLINE)
        self.loop.close()


def gate():
    """(answer, open): an answer that waits until open() is called from the test's thread."""
    waiting = threading.Event()

    async def held(request):
        await asyncio.get_running_loop().run_in_executor(None, waiting.wait, DEADLINE)
        return desktop(request)

    return held, waiting.set
