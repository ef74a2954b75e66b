"""Slow, silent and too many peers. The server of this module has short deadlines."""

import contextlib
import threading
import time

import pytest

import contract
from raw import Connection, request
from server import wait_until
from ws import PING, PONG, frame, receive, upgrade

SERVER_CONFIG = {
    "header-timeout-ms": 500,
    "body-timeout-ms": 500,
    "idle-timeout-ms": 800,
    "max-connections": 40,
    "tunnel-ping-ms": 200,
    "tunnel-silence-ms": 1000,
}
HALF = {
    "nothing of a request": b"",
    "half a header": b"GET /v1/health HTTP/1.1\r\nHost: te",
    "half a body": b"POST /v1/pools HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\n{",
    "half a chunk": b"POST /v1/pools HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
}


@pytest.mark.parametrize("name", HALF)
def test_a_request_that_stops_is_408(fleet, name):
    with Connection(fleet.server) as connection:
        begin = time.monotonic()
        rest = connection.send(HALF[name]).closed()
        assert 0.4 < time.monotonic() - begin < 5
        assert rest.startswith(b"HTTP/1.1 408 ") or (name == "nothing of a request" and rest == b"")


def test_a_byte_now_and_then_moves_no_deadline(fleet):
    with Connection(fleet.server) as connection:
        begin = time.monotonic()
        stop = threading.Event()

        def drip():
            while not stop.wait(0.05):
                connection.send(b"a")

        connection.send(b"GET /v1/health HTTP/1.1\r\nX-Drip: ")
        dripping = threading.Thread(target=drip)
        dripping.start()
        answer = connection.answer()
        stop.set()
        dripping.join()
        assert answer.status == 408 and time.monotonic() - begin < 5
        contract.check_error(answer.json())


def test_an_idle_connection_is_closed(fleet):
    with Connection(fleet.server) as connection:
        connection.send(request("GET", "/v1/health")).answer()
        begin = time.monotonic()
        assert connection.closed() == b""
        assert 0.6 < time.monotonic() - begin < 5


def test_too_many_connections_are_503(fleet):
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(Connection(fleet.server)) for _ in range(60)]
        statuses = [c.send(request("GET", "/v1/health")).answer().status for c in held]
        assert set(statuses) == {200, 503} and statuses.count(200) <= 40
        assert all(c.closed() == b"" for c, status in zip(held, statuses) if status == 503)

    def served():
        with Connection(fleet.server) as connection:
            return connection.send(request("GET", "/v1/health")).answer().status == 200

    wait_until(served, "room again")


def test_a_driver_that_falls_silent_is_gone(fleet, api):
    with upgrade(fleet.server, api.key) as connection:
        assert receive(connection)[0] == PING
        begin = time.monotonic()
        assert connection.closed() is not None
        assert time.monotonic() - begin < 5
    wait_until(lambda: api.get("/v1/machines")["items"][0]["status"] == "disconnected", "the machine disconnected")


def test_a_driver_that_answers_pings_stays(fleet, api):
    with upgrade(fleet.server, api.key) as connection:
        begin = time.monotonic()
        while time.monotonic() - begin < 2:
            first, payload = receive(connection)
            assert first == PING
            connection.send(frame(PONG, payload))
        assert api.get("/v1/machines")["items"][0]["status"] == "connected"


def test_a_driver_that_sends_half_a_frame_is_gone(fleet, api):
    with upgrade(fleet.server, api.key) as connection:
        connection.send(frame(0x81, b"half a message")[:8])
        assert connection.closed() is not None
    wait_until(lambda: api.get("/v1/machines")["items"][0]["status"] == "disconnected", "the machine disconnected")
