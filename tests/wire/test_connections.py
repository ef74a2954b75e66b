"""Connections: the history of drivers' tunnels."""

import uuid

from server import wait_until


def test_record_and_list(api):
    machine = api.machine()
    fields = {"websocket_id": "ws-é", "ip_address": "192.0.2.1", "user_agent": "driver/1.0"}
    connection = api.connection(machine, **fields)
    assert {key: connection[key] for key in fields} == fields and connection["machine_id"] == machine["id"]
    assert connection["disconnected_at"] is None
    assert api.get("/v1/connections")["items"] == [connection]


def test_recording_connects_nothing(api):
    machine = api.machine()
    api.connection(machine)
    after = api.get(f"/v1/machines/{machine['id']}")
    assert after["status"] == "disconnected" and after["physical_server_id"] is None


def test_an_unknown_machine_is_404(api):
    api.post("/v1/connections", {"websocket_id": "w", "machine_id": str(uuid.uuid4())}, 404)


def test_a_driver_leaves_its_trace(api, join):
    driver = join(api, headers={"User-Agent": "Python/3.11 websockets/15.0.1"})
    [machine] = api.get("/v1/machines")["items"]
    [row] = api.get("/v1/connections", machine_id=machine["id"])["items"]
    assert row["status"] == "connected" and row["disconnected_at"] is None and row["websocket_id"]
    assert row["ip_address"] == "127.0.0.1" and row["user_agent"] == "Python/3.11 websockets/15.0.1"
    driver.stop()
    wait_until(lambda: api.get("/v1/connections", status="disconnected")["total"] == 1, "the row closed")
    [row] = api.get("/v1/connections")["items"]
    assert row["connected_at"] <= row["last_ping"] <= row["disconnected_at"]


def test_filters(api, join):
    join(api)
    idle = api.machine()
    [joined] = [m for m in api.get("/v1/machines")["items"] if m["id"] != idle["id"]]
    recorded = api.connection(idle)
    assert [c["id"] for c in api.get("/v1/connections", machine_id=idle["id"])["items"]] == [recorded["id"]]
    assert api.get("/v1/connections", machine_id=joined["id"], status="connected")["total"] == 1
    assert api.get("/v1/connections", machine_id=joined["id"], status="error")["total"] == 0
    assert api.get("/v1/connections", machine_id=str(uuid.uuid4()))["total"] == 0
