"""The tunnel itself: who may open it, which of two connections holds, and what a hostile driver can do."""

import struct
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from api import api_of
from driver import Driver, Refused, desktop
from server import Server, init, run, wait_until
from ws import CLOSE, HANDSHAKE, PING, PONG, close_code, frame, receive, upgrade


def only_machine(api):
    [machine] = api.get("/v1/machines")["items"]
    return machine


def connected(api):
    return [c for c in api.get("/v1/connections")["items"] if c["status"] == "connected"]


# -- joining and leaving


def test_joining_makes_a_machine(api, join):
    driver = join(api, version="1.4.6", headers={"X-Piglet-Hostname": "desk-7"})
    machine = only_machine(api)
    assert machine["status"] == "connected" and machine["is_available"] is True and machine["physical_server_id"]
    assert machine["fingerprint"] == driver.fingerprint and machine["organization_id"] == api.organization_id
    assert machine["version"] == "1.4.6" and machine["hostname"] == "desk-7" and machine["seat_number"] is None
    assert machine["unkey_key_id"]


def test_joining_finds_the_machine_of_the_fingerprint(api, join):
    machine = api.machine(name="made first")
    join(api, fingerprint=machine["fingerprint"])
    assert only_machine(api)["id"] == machine["id"] and only_machine(api)["status"] == "connected"


@pytest.mark.parametrize("way", ["stop", "abort"])
def test_leaving(api, join, way):
    driver = join(api)
    getattr(driver, way)()
    wait_until(lambda: only_machine(api)["status"] == "disconnected", "the machine disconnected")
    machine = only_machine(api)
    assert machine["physical_server_id"] is None and machine["is_available"] is False
    wait_until(lambda: not connected(api), "the connection row closed")


def test_coming_back(api, join):
    driver = join(api)
    machine = only_machine(api)
    driver.stop()
    join(api, fingerprint=driver.fingerprint)
    again = only_machine(api)
    assert again["id"] == machine["id"] and again["status"] == "connected" and again["last_seen"] >= machine["last_seen"]


def test_nothing_is_sent_unasked(api, join):
    driver = join(api)
    api.get(f"/v1/computer/{only_machine(api)['id']}/display/dimensions")
    assert len(driver.requests) == 1 and driver.faults == []


def test_pings_are_answered(api, join):
    driver = join(api)

    async def ping():
        await (await driver.socket.ping(b"1234"))

    driver.call(ping())


def test_a_hundred_machines(fleet, api, join):
    drivers = [join(api) for _ in range(100)]
    page = api.get("/v1/machines", status="connected", limit=1000)
    assert page["total"] == 100
    for machine in page["items"][::10]:
        api.get(f"/v1/computer/{machine['id']}/display/dimensions")
    assert sum(len(d.requests) for d in drivers) == 10


# -- one fingerprint, several connections


def test_the_newest_connection_holds(api, join):
    old = join(api)
    new = join(api, fingerprint=old.fingerprint)
    assert old.wait_closed() not in (4001, 4009), "the old one may come back"
    machine = only_machine(api)
    assert machine["status"] == "connected"
    api.get(f"/v1/computer/{machine['id']}/display/dimensions")
    assert len(new.requests) == 1 and len(old.requests) == 0
    wait_until(lambda: len(connected(api)) == 1, "one open connection row")
    assert only_machine(api)["status"] == "connected"


def test_many_connections_of_one_fingerprint(api, join):
    fingerprint = str(uuid.uuid4())
    drivers = [join(api, fingerprint=fingerprint) for _ in range(10)]
    for old in drivers[:-1]:
        old.wait_closed()
    wait_until(lambda: len(connected(api)) == 1, "one open connection row")
    api.get(f"/v1/computer/{only_machine(api)['id']}/display/dimensions")
    assert len(drivers[-1].requests) == 1


def test_another_key_with_the_fingerprint_is_4001(fleet, api, join):
    owner = fleet.scoped(api.organization_id, "join")
    thief = fleet.scoped(api.organization_id, "join")
    driver = join(owner)
    intruder = join(thief, fingerprint=driver.fingerprint)
    assert intruder.wait_closed() == 4001
    assert driver.close_code is None and only_machine(api)["status"] == "connected"
    driver.stop()
    assert join(thief, fingerprint=driver.fingerprint).wait_closed() == 4001, "also while the owner is away"
    join(owner, fingerprint=driver.fingerprint)


def test_an_admin_key_may_take_over(fleet, api, join):
    driver = join(fleet.scoped(api.organization_id, "join"))
    admin = join(fleet.scoped(api.organization_id, "join", "admin"), fingerprint=driver.fingerprint)
    driver.wait_closed()
    api.get(f"/v1/computer/{only_machine(api)['id']}/display/dimensions")
    assert len(admin.requests) == 1


# -- the upgrade


NO_HANDSHAKE = {
    "nothing": {},
    "another protocol": {"Upgrade": "h2c", "Connection": "Upgrade"},
    "old version": {**HANDSHAKE, "Sec-WebSocket-Version": "12"},
    "short key": {**HANDSHAKE, "Sec-WebSocket-Key": "short"},
    "no upgrade": {**HANDSHAKE, "Connection": "keep-alive"},
}


@pytest.mark.parametrize("name", NO_HANDSHAKE)
def test_what_is_no_websocket_is_refused(api, name):
    headers = {"X-PIGLET-FINGERPRINT": "f", **NO_HANDSHAKE[name]}
    assert api.request("GET", "/tunnel/ws", headers=headers).status_code in (400, 426)
    assert api.get("/v1/machines")["total"] == 0


TOO_LONG = [
    ("X-PIGLET-FINGERPRINT", 0),
    ("X-PIGLET-FINGERPRINT", 256),
    ("X-PIGLET-VERSION", 51),
    ("X-Piglet-Hostname", 256),
    ("X-Cyberdriver-Name", 129),
]


@pytest.mark.parametrize("name, length", TOO_LONG)
def test_headers_have_limits(fleet, api, name, length):
    with pytest.raises(Refused) as refusal:
        Driver(fleet.url("ws"), api.key, headers={name: "x" * length}).start()
    assert refusal.value.status == 422
    assert api.get("/v1/machines")["total"] == 0


def test_a_version_that_is_none_counts_as_old(api, join):
    driver = join(api, version="0.banana")
    api.get(f"/v1/computer/{only_machine(api)['id']}/display/dimensions")
    assert driver.faults == []


# -- hostile drivers

HOSTILE = {
    "text that is not JSON": ["nonsense"],
    "JSON that is no object": ["[1]"],
    "no requestId": ['{"status":200,"headers":{}}', "end"],
    "unknown requestId": ['{"requestId":"r-unknown","status":200,"headers":{}}', b"x", "end"],
    "binary before a meta": [b"\0" * 1000],
    "end before a meta": ["end", "end"],
    "status as text": ['{"requestId":"?","status":"200","headers":{}}', "end"],
    "status past all bounds": ['{"requestId":"?","status":99999999999999999999,"headers":{}}', "end"],
    "negative status": ['{"requestId":"?","status":-200,"headers":{}}', "end"],
    "headers that are none": ['{"requestId":"?","status":200,"headers":[1]}', "end"],
    "deep nesting": ["[" * 50_000],
    "a meta in a meta": ['{"requestId":"?","status":200,"headers":{}}'] * 2 + ["end"],
    "a meta of a megabyte": ['{"requestId":"?","status":200,"headers":{"x":"%s"}}' % ("a" * (1 << 20)), "end"],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_frames_end_in_an_answer(api, join, name):
    """Whatever the driver does, its caller gets an answer soon, and other machines go on."""

    async def answer(request):
        for sent in HOSTILE[name]:
            await driver.socket.send(sent.replace("?", request.id) if isinstance(sent, str) else sent)
        return desktop(request)

    driver = join(api, answer=answer)
    machine = only_machine(api)
    response = api.request("GET", f"/v1/computer/{machine['id']}/display/dimensions")
    assert response.status_code in (200, 502, 503)
    healthy = join(api)
    [other] = [m for m in api.get("/v1/machines")["items"] if m["fingerprint"] == healthy.fingerprint]
    api.get(f"/v1/computer/{other['id']}/display/dimensions")


PROTOCOL_ERRORS = {
    "unmasked": (frame(0x81, b"end", masked=False), 1002),
    "reserved bit": (frame(0xC1, b"end"), 1002),
    "unknown opcode": (frame(0x83, b"end"), 1002),
    "unknown control opcode": (frame(0x8B), 1002),
    "fragmented ping": (frame(0x09), 1002),
    "ping of 126 bytes": (frame(PING, b"x" * 126), 1002),
    "continuation of nothing": (frame(0x80, b"x"), 1002),
    "a new message inside another": (frame(0x01, b"x") + frame(0x81, b"y"), 1002),
    "invalid UTF-8": (frame(0x81, b"\xff\xfe"), 1007),
    "UTF-8 cut off": (frame(0x81, b"\xe2\x82"), 1007),
    "close with one byte": (frame(CLOSE, b"\x03"), 1002),
    "close with a code never sent": (frame(CLOSE, struct.pack(">H", 1005)), 1002),
    "close with invalid UTF-8": (frame(CLOSE, struct.pack(">H", 1000) + b"\xff"), 1007),
    "a message of 2^63 bytes": (b"\x82\xff" + b"\x7f" + b"\xff" * 7 + bytes(4), 1009),
    "a length with the top bit": (b"\x82\xff" + b"\xff" * 8 + bytes(4), 1002),
}


@pytest.mark.parametrize("name", PROTOCOL_ERRORS)
def test_a_break_of_the_websocket_protocol_closes(fleet, api, name):
    data, code = PROTOCOL_ERRORS[name]
    with upgrade(fleet.server, api.key) as connection:
        connection.send(data)
        assert close_code(connection) in ({code, 1009} if "top bit" in name else {code})
    wait_until(lambda: only_machine(api)["status"] == "disconnected", "the machine disconnected")


def test_a_close_is_answered(fleet, api):
    with upgrade(fleet.server, api.key) as connection:
        connection.send(frame(CLOSE, struct.pack(">H", 1000)))
        assert close_code(connection) == 1000
        assert connection.closed() == b""


def test_a_ping_between_fragments_is_answered(fleet, api):
    with upgrade(fleet.server, api.key) as connection:
        connection.send(frame(0x01, b"e") + frame(PING, b"pi") + frame(0x80, b"nd"))
        assert receive(connection) == (PONG, b"pi")


def test_bytes_of_frames_one_by_one(fleet, api):
    with upgrade(fleet.server, api.key) as connection:
        for byte in frame(PING, b"slow"):
            connection.send(bytes([byte]))
        assert receive(connection) == (PONG, b"slow")


# -- the server leaves


def test_a_stopping_server_says_so_and_comes_back_clean(tmp_path):
    data = tmp_path / "data"
    key = init(data)["api_key"]
    with Server(data) as server:
        api = api_of(server, key)
        driver = Driver(f"ws://{server.host}:{server.port}", key).start()
        assert only_machine(api)["status"] == "connected"
    assert driver.wait_closed() in (1001, 1012)
    driver.stop()
    with Server(data) as server:
        api = api_of(server, key)
        assert only_machine(api)["status"] == "disconnected" and not connected(api)


def test_a_killed_server_comes_back_clean(tmp_path):
    data = tmp_path / "data"
    key = init(data)["api_key"]
    server = Server(data).start()
    driver = Driver(f"ws://{server.host}:{server.port}", key).start()
    server.kill()
    driver.wait_closed()
    driver.stop()
    with Server(data) as server:
        api = api_of(server, key)
        machine = only_machine(api)
        assert machine["status"] == "disconnected" and machine["physical_server_id"] is None and not connected(api)


# -- what a driver may not do to the server


def test_an_unknown_answer_frees_no_place(api, join):
    """A driver that takes one request at a time never gets two, whatever else it says."""

    async def answer(request):
        await driver.socket.send('{"requestId":"other","status":200,"headers":{}}')
        await driver.socket.send("end")
        return desktop(request)

    driver = join(api, answer=answer)
    machine = only_machine(api)
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(api.get, f"/v1/computer/{machine['id']}/display/dimensions") for _ in range(8)]:
            done.result()
    assert driver.most_in_flight == 1


def test_a_revoked_key_loses_its_tunnels(fleet, api, join):
    made = fleet.key(api.organization_id, "join")
    driver = Driver(fleet.url("ws"), made["api_key"]).start()
    try:
        run("key", "revoke", made["id"], "--data-dir", fleet.data_dir, "--org", api.organization_id)
        assert driver.wait_closed() == 4001
    finally:
        driver.stop()
    wait_until(lambda: only_machine(api)["status"] == "disconnected", "the machine disconnected")


def test_a_machine_deleted_while_connected_is_gone(api, join):
    driver = join(api)
    api.delete(f"/v1/machines/{only_machine(api)['id']}")
    assert driver.wait_closed() == 4001
    assert api.get("/v1/machines")["total"] == 0


def test_below_the_watermark_no_new_machine_joins(tmp_path):
    key = init(tmp_path / "data")["api_key"]
    with Server(tmp_path / "data", config={"low-disk-watermark": 1 << 60}) as server:
        driver = Driver(f"ws://{server.host}:{server.port}", key)
        with pytest.raises(Refused) as refused:
            driver.start()
        assert refused.value.status == 503
