"""WebSocket frames by hand, for what no library sends."""

import base64
import struct
import uuid

from raw import Connection, request

NONCE = base64.b64encode(bytes(16)).decode()
HANDSHAKE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": NONCE,
}
CLOSE, PING, PONG = 0x88, 0x89, 0x8A


def upgrade(server, key):
    """A connection that is a driver's WebSocket from here on."""
    connection = Connection(server)
    headers = {**HANDSHAKE, "X-PIGLET-FINGERPRINT": uuid.uuid4(), "X-PIGLET-VERSION": "0.0.39"}
    lines = [f"{name}: {value}" for name, value in headers.items()]
    connection.send(request("GET", "/tunnel/ws", key, headers=lines))
    assert connection.head().status == 101
    return connection


def frame(first, payload=b"", masked=True):
    mask = 0x80 * masked
    size = len(payload)
    head = bytes([first, mask | size]) if size < 126 else struct.pack(">BBH", first, mask | 126, size)
    return head + bytes(4 * masked) + payload


def receive(connection):
    """The next frame: its first byte and its payload of less than 126 bytes."""
    first, size = connection.exactly(2)
    return first, connection.exactly(size)


def close_code(connection):
    """The code of the close frame that follows."""
    while True:
        first, payload = receive(connection)
        if first == CLOSE:
            return struct.unpack(">H", payload[:2])[0]
