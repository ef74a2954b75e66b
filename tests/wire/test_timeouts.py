"""Desktops that do not answer. The server of this module waits a second for them."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from api import message
from driver import desktop
from server import wait_until

SERVER_CONFIG = {"tunnel-timeout-ms": 1000}


def silent(request):
    return None


def test_a_silent_desktop_is_504_and_named(api, join):
    join(api, answer=silent)
    [machine] = api.get("/v1/machines")["items"]
    begin = time.monotonic()
    body = api.get(f"/v1/computer/{machine['id']}/display/screenshot", 504)
    assert 0.9 < time.monotonic() - begin < 4
    assert machine["id"] in message(body)
    wait_until(lambda: api.get("/v1/request-logs", status_code=504)["total"] == 1, "the timeout logged")


def test_an_answer_that_never_ends_is_504(api, join):
    async def endless(request):
        await driver.socket.send('{"requestId":"%s","status":200,"headers":{}}' % request.id)
        await driver.socket.send(b"x")

    driver = join(api, answer=endless)
    [machine] = api.get("/v1/machines")["items"]
    api.get(f"/v1/computer/{machine['id']}/display/screenshot", 504)


def test_a_late_answer_is_not_taken_for_the_next(api, join):
    held = []

    def slow_first(request):
        if not held:
            held.append(request)
            return None
        return desktop(request)

    driver = join(api, version="1.4.6", answer=slow_first)
    [machine] = api.get("/v1/machines")["items"]
    computer = f"/v1/computer/{machine['id']}"
    api.get(f"{computer}/display/dimensions", 504)
    driver.call(driver.send(held[0].id, desktop(held[0])))
    assert api.get(f"{computer}/input/mouse/position") == {"x": 640, "y": 400}


def test_a_write_that_timed_out_happens_once(api, join):
    """It is not sent again, or it is sent so that the driver can tell it is the same."""
    driver = join(api, version="1.4.6", answer=silent)
    [machine] = api.get("/v1/machines")["items"]
    options = {"json": {"text": "pay"}, "headers": {"Idempotency-Key": str(uuid.uuid4())}}
    path = f"/v1/computer/{machine['id']}/input/keyboard/type"
    first = api.request("POST", path, **options)
    second = api.request("POST", path, **options)
    assert first.status_code == 504 and second.status_code in (502, 504)
    keys = [{name.lower(): value for name, value in r.headers.items()}["x-idempotency-key"] for r in driver.requests]
    assert len(set(keys)) == 1


def test_callers_in_the_queue_of_a_silent_desktop_time_out_too(fleet, api, join):
    join(api, answer=silent)
    [machine] = api.get("/v1/machines")["items"]
    clients = [fleet.api(api.key) for _ in range(5)]
    begin = time.monotonic()
    with ThreadPoolExecutor(5) as executor:
        path = f"/v1/computer/{machine['id']}/display/dimensions"
        statuses = [a.status_code for a in executor.map(lambda client: client.request("GET", path), clients)]
    assert set(statuses) <= {503, 504} and time.monotonic() - begin < 5
