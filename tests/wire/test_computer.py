"""Seeing and controlling a desktop, through a driver of either generation."""

import asyncio
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from api import message
from driver import LEGACY, MODERN, SCREEN, Answer, desktop, gate, png


@pytest.fixture(params=[LEGACY, MODERN])
def version(request):
    return request.param


def base(api):
    [machine] = api.get("/v1/machines")["items"]
    return f"/v1/computer/{machine['id']}"


def joined(api, join, **options):
    driver = join(api, **options)
    return driver, base(api)


# -- the seven operations


def test_screenshot(api, join, version):
    driver, computer = joined(api, join, version=version)
    assert api.get(f"{computer}/display/screenshot") == SCREEN
    [request] = driver.requests
    assert (request.method, request.path, request.query, request.body) == ("GET", "/computer/display/screenshot", "", b"")


def test_bytes_of_a_desktop_are_served_as_harmless(api, join):
    _, computer = joined(api, join)
    headers = api.request("GET", f"{computer}/display/screenshot").headers
    assert headers["content-type"] == "image/png" and headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]


def test_dimensions_and_position(api, join, version):
    _, computer = joined(api, join, version=version)
    assert api.get(f"{computer}/display/dimensions") == {"width": 1280, "height": 800}
    assert api.get(f"{computer}/input/mouse/position") == {"x": 640, "y": 400}


INPUTS = [
    ("keyboard/type", {"text": 'é\n"\\ 🖥️ \u2028'}),
    ("keyboard/type", {"text": "x" * 100_000}),
    ("keyboard/key", {"text": "ctrl+c alt+tab"}),
    ("mouse/move", {"x": -32768, "y": 32767}),
    ("mouse/click", {"x": 1, "y": 2, "button": "right", "clicks": 3}),
    ("mouse/click", {"x": 1, "y": 2, "down": True}),
    ("mouse/click", {"button": "middle", "down": False}),
]


@pytest.mark.parametrize("leaf, body", INPUTS, ids=[f"{i}-{leaf}" for i, (leaf, _) in enumerate(INPUTS)])
def test_input(api, join, version, leaf, body):
    driver, computer = joined(api, join, version=version)
    api.post(f"{computer}/input/{leaf}", body, 204)
    [request] = driver.requests
    assert (request.method, request.path) == ("POST", f"/computer/input/{leaf}")
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert headers["content-type"] == "application/json"
    assert not {"authorization", "host", "cookie"} & headers.keys()
    assert headers.get("content-length", str(len(request.body))) == str(len(request.body))
    sent = request.json()
    assert {key: sent[key] for key in body} == body


def test_a_click_has_its_defaults(api, join):
    driver, computer = joined(api, join)
    api.post(f"{computer}/input/mouse/click", {}, 204)
    sent = driver.requests[0].json()
    assert sent.get("button", "left") == "left" and sent.get("clicks", 1) == 1
    assert sent.get("x") is sent.get("y") is sent.get("down") is None


def test_the_idempotency_key_reaches_the_driver(api, join):
    driver, computer = joined(api, join)
    api.post(f"{computer}/input/mouse/move", {"x": 1, "y": 1}, 204, headers={"Idempotency-Key": "abc"})
    assert any(name.lower() == "x-idempotency-key" and value for name, value in driver.requests[0].headers.items())


def test_a_driver_gets_what_the_document_names_and_nothing_else(api, join):
    driver, computer = joined(api, join)
    api.post(f"{computer}/input/mouse/move", {"x": "7", "y": 8.0, "down": "unchecked"}, 204)
    assert driver.requests[0].json() == {"x": 7, "y": 8}


def test_a_204_without_headers_will_do(api, join):
    _, computer = joined(api, join, answer=lambda request: Answer(204, b"", {}))
    api.post(f"{computer}/input/mouse/move", {"x": 1, "y": 1}, 204)


def test_header_names_of_a_driver_may_be_in_any_case(api, join):
    headers = {"Content-Type": "image/png", "Content-Length": "3"}
    _, computer = joined(api, join, answer=lambda request: Answer(body=SCREEN, headers=headers, chunk=1 << 20))
    assert api.get(f"{computer}/display/screenshot") == SCREEN


# -- many at once


def many(fleet, api, path, count):
    """`count` callers at once; their statuses, from the shortest wait to the longest."""
    clients = [fleet.api(api.key) for _ in range(count)]
    with ThreadPoolExecutor(count) as executor:
        return [a.status_code for a in executor.map(lambda client: client.request("GET", path), clients)]


def test_a_legacy_driver_gets_one_request_at_a_time(fleet, api, join):
    driver, computer = joined(api, join, version=LEGACY)
    assert many(fleet, api, f"{computer}/display/dimensions", 16) == [200] * 16
    assert driver.most_in_flight == 1 and driver.faults == []


def test_a_modern_driver_gets_up_to_four(fleet, api, join):
    answer, open_gate = gate()
    driver, computer = joined(api, join, version=MODERN, answer=answer)
    statuses = []
    caller = threading.Thread(target=lambda: statuses.extend(many(fleet, api, f"{computer}/display/dimensions", 8)))
    caller.start()
    driver.wait_requests(4)
    open_gate()
    caller.join()
    assert statuses == [200] * 8 and driver.most_in_flight == 4 and driver.faults == []


def test_answers_out_of_order_reach_their_callers(fleet, api, join):
    release = threading.Event()

    async def answer(request):
        if "dimensions" in request.path:
            await asyncio.get_running_loop().run_in_executor(None, release.wait, 10)
        return desktop(request)

    driver, computer = joined(api, join, version=MODERN, answer=answer)
    got = []
    slow = threading.Thread(target=lambda: got.append(fleet.api(api.key).get(f"{computer}/display/dimensions")))
    slow.start()
    driver.wait_requests(1)
    assert api.get(f"{computer}/input/mouse/position") == {"x": 640, "y": 400}
    release.set()
    slow.join()
    assert got == [{"width": 1280, "height": 800}]


def test_machines_do_not_wait_for_each_other(fleet, api, join):
    answer, open_gate = gate()
    slow, slow_path = joined(api, join, answer=answer)
    quick = join(api)
    [machine] = [m for m in api.get("/v1/machines")["items"] if m["fingerprint"] == quick.fingerprint]
    callers = threading.Thread(target=lambda: many(fleet, api, f"{slow_path}/display/dimensions", 12))
    callers.start()
    slow.wait_requests(1)
    begin = time.monotonic()
    for _ in range(20):
        api.get(f"/v1/computer/{machine['id']}/display/dimensions")
        api.get("/v1/machines")
    assert time.monotonic() - begin < 5
    open_gate()
    callers.join()


# -- a desktop that is not there


def test_an_unconnected_machine_is_503_and_named(api):
    machine = api.machine()
    body = api.get(f"/v1/computer/{machine['id']}/display/screenshot", 503)
    assert machine["id"] in message(body)


def test_an_unknown_machine_is_404(api):
    api.get(f"/v1/computer/{uuid.uuid4()}/display/screenshot", 404)


@pytest.mark.parametrize("way", ["abort", "stop"])
def test_a_machine_that_leaves_is_503_at_once(fleet, api, join, way):
    answer, open_gate = gate()
    driver, computer = joined(api, join, answer=answer)
    statuses = []
    caller = threading.Thread(target=lambda: statuses.extend(many(fleet, api, f"{computer}/display/dimensions", 4)))
    caller.start()
    driver.wait_requests(1)
    begin = time.monotonic()
    getattr(driver, way)()
    caller.join()
    open_gate()
    assert statuses == [503] * 4 and time.monotonic() - begin < 3


# -- answers of a driver that are no use

ERRORS = [
    (Answer(400, b'{"detail":"no such key"}'), {400}),
    (Answer(501, b'{"error":"not implemented here"}'), {501}),
    (Answer(500, b"it broke", {"content-type": "text/plain"}), {500, 502}),
    (Answer(500, b'{"detail":"grab failed"}'), {500, 502}),
    (Answer(429, b'{"error":"too many in-flight tunnel requests (limit 4)"}'), {502, 503}),
    (Answer(401, b'{"detail":"who are you"}'), {502}),
    (Answer(403, b'{"detail":"no"}'), {502}),
    (Answer(404, b'{"detail":"Not Found"}'), {404, 501, 502}),
    (Answer(413, b'{"detail":"too large"}'), {413, 502}),
    (Answer(422, b'{"detail":[{"loc":["body"],"msg":"bad","type":"t"}]}'), {400, 502}),
    (Answer(302, b"", {"location": "http://192.0.2.1/"}), {502}),
]


@pytest.mark.parametrize("answer, statuses", ERRORS, ids=[f"{a.status}-{i}" for i, (a, _) in enumerate(ERRORS)])
def test_a_drivers_error_is_told(api, join, answer, statuses):
    _, computer = joined(api, join, answer=lambda request: answer)
    for method, leaf, body in (("GET", "display/screenshot", None), ("POST", "input/mouse/move", {"x": 1, "y": 1})):
        response = api.request(method, f"{computer}/{leaf}", json=body)
        assert response.status_code in statuses
        assert message(response.json())
        assert not {"location", "www-authenticate"} & response.headers.keys()


def test_the_words_of_a_driver_are_passed_on(api, join):
    _, computer = joined(api, join, answer=lambda request: Answer(501, b'{"error":"not on this system"}'))
    body = api.get(f"{computer}/display/screenshot", 501)
    assert message(body).startswith("Machine returned error") and "not on this system" in message(body)


IMAGE = {"content-type": "image/png"}
GARBAGE = {
    "html": Answer(body=b"<html><script>alert(1)</script>", headers={"content-type": "text/html"}),
    "html called png": Answer(body=b"<html>", headers=IMAGE),
    "png called html": Answer(body=SCREEN, headers={"content-type": "text/html"}),
    "nothing": Answer(body=b"", headers=IMAGE),
    "the signature alone": Answer(body=SCREEN[:8], headers=IMAGE),
    "json": Answer(body=b'{"ok":true}'),
    "204": Answer(204, b"", {}),
    "no pixel": Answer(body=png(1, 1)[:16] + bytes(8) + png(1, 1)[24:], headers=IMAGE),
    "two billion pixels wide": Answer(body=SCREEN[:16] + b"\x7f\xff\xff\xff" + SCREEN[20:], headers=IMAGE),
    "no type": Answer(body=b"<html>", headers={}),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_a_screenshot_that_is_none_is_502(api, join, name):
    _, computer = joined(api, join, answer=lambda request: GARBAGE[name])
    api.get(f"{computer}/display/screenshot", 502)


NO_SIZES = [
    b"", b"{", b"[]", b"null", b"\xff", b'{"width":1}', b'{"width":"a","height":1}', b'{"width":1e999,"height":1}', b"[" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("body", NO_SIZES, ids=lambda b: repr(b[:20]))
def test_dimensions_that_are_none_are_502(api, join, body):
    _, computer = joined(api, join, answer=lambda request: Answer(body=body))
    api.get(f"{computer}/display/dimensions", 502)


def test_nothing_of_a_driver_but_status_type_and_body_passes(api, join):
    evil = {"set-cookie": "a=b", "x-evil": "1", "content-length": "999999", "transfer-encoding": "chunked"}
    answer = Answer(body=b'{"width":3,"height":2,"more":1}', headers={"content-type": "application/json", **evil})
    _, computer = joined(api, join, answer=lambda request: answer)
    assert api.get(f"{computer}/display/dimensions") == {"width": 3, "height": 2}
    assert not {"set-cookie", "x-evil", "transfer-encoding"} & api.last.headers.keys()
