"""The server's end of the tunnel, with every frame in the test's hands."""
import asyncio
import http
import io
import json
import queue
import threading

import websockets

DEADLINE = 20  # seconds for anything at all


class Answer:
    def __init__(self, meta, body, frames):
        self.id = meta["requestId"]
        self.status = meta["status"]
        self.headers = meta["headers"]
        self.body = body
        self.frames = frames  # sizes of the binary frames

    def json(self):
        return json.loads(self.body)

    def image(self):
        from PIL import Image

        return Image.open(io.BytesIO(self.body))


class Connection:
    """One driver that has connected."""

    def __init__(self, loop, socket):
        self.loop = loop
        self.socket = socket
        self.headers = socket.request_headers
        self.path = socket.path

    def _run(self, coroutine, timeout=DEADLINE):
        return asyncio.run_coroutine_threadsafe(
            asyncio.wait_for(coroutine, timeout), self.loop).result(timeout + 5)

    def send(self, *frames):
        for frame in frames:
            self._run(self.socket.send(frame))

    def receive(self, timeout=DEADLINE):
        return self._run(self.socket.recv(), timeout)

    def is_silent(self, seconds):
        try:
            self.receive(seconds)
        except asyncio.TimeoutError:
            return True
        return False

    def answer(self):
        """The next complete answer."""
        meta = json.loads(self.receive())
        frames = []
        while isinstance(frame := self.receive(), bytes):
            frames.append(frame)
        assert frame == "end"
        return Answer(meta, b"".join(frames), [len(frame) for frame in frames])

    def request(self, method, path, body=None, query="", id="r1"):
        meta = {"requestId": id, "method": method, "path": path, "query": query, "headers": {}}
        self.send(json.dumps(meta))
        if body is not None:
            self.send(body if isinstance(body, bytes) else json.dumps(body).encode())
        self.send("end")
        return self.answer()

    def get(self, path, query=""):
        return self.request("GET", path, query=query)

    def post(self, path, body):
        return self.request("POST", path, body)

    def ping(self):
        async def ping():
            await (await self.socket.ping())

        self._run(ping())

    def close(self, code, reason=""):
        self._run(self.socket.close(code, reason))

    def abort(self):
        self.loop.call_soon_threadsafe(self.socket.transport.abort)

    def closed(self):
        """The code of the driver's close frame."""
        self._run(self.socket.wait_closed())
        return self.socket.close_code


class FakeServer:
    def __init__(self, unix_path=None):
        self.unix_path = unix_path
        self.connections = queue.Queue()
        self.refusals = queue.Queue()  # HTTP statuses for the next upgrades
        self.attempts = queue.Queue()  # the headers of every upgrade
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    async def _serve(self, socket, path=None):
        self.connections.put(Connection(self.loop, socket))
        await socket.wait_closed()

    async def _upgrade(self, path, headers):
        self.attempts.put(headers)
        if not self.refusals.empty():
            return http.HTTPStatus(self.refusals.get()), [], b""
        return None

    async def _listen(self):
        options = {"process_request": self._upgrade, "max_size": None, "ping_interval": None}
        if self.unix_path:
            return await websockets.unix_serve(self._serve, self.unix_path, **options)
        return await websockets.serve(self._serve, "127.0.0.1", 0, **options)

    def __enter__(self):
        self.thread.start()
        self.listener = asyncio.run_coroutine_threadsafe(self._listen(), self.loop).result(DEADLINE)
        if self.unix_path:
            self.url = f"unix:{self.unix_path}"
        else:
            self.url = "http://127.0.0.1:%d" % self.listener.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_):
        async def end():
            self.listener.close()
            await self.listener.wait_closed()

        asyncio.run_coroutine_threadsafe(end(), self.loop).result(DEADLINE)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(DEADLINE)

    def accept(self, timeout=DEADLINE):
        return self.connections.get(timeout=timeout)
