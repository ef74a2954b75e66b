"""Request logs: all five operations, and the rows the server writes itself."""

import uuid

import pytest

from server import wait_until

UPDATES = {
    "status_code": 500,
    "response_size_bytes": 7,
    "duration_ms": 8,
    "error_message": "e",
    "completed_at": "2026-01-02T03:04:05",
}


def path(log):
    return f"/v1/request-logs/{log['id']}"


def test_create_get_delete(api):
    machine = api.machine()
    fields = {"request_id": "r-9", "method": "POST", "path": "/computer/é", "status_code": 204, "duration_ms": 5}
    fields |= {"request_size_bytes": 0, "response_size_bytes": 2**53 - 1, "error_message": "none\nat all"}
    log = api.request_log(machine, **fields)
    assert {key: log[key] for key in fields} == fields
    assert log["machine_id"] == machine["id"] and log["organization_id"] == api.organization_id
    assert api.get(path(log)) == log
    api.delete(path(log))
    api.get(path(log), 404)
    api.delete(path(log), 404)


def test_create_with_the_least(api):
    log = api.request_log(api.machine())
    assert log["request_size_bytes"] is None and all(log[field] is None for field in UPDATES)


def test_an_unknown_machine_is_404(api):
    body = {"request_id": "r", "method": "GET", "path": "/", "machine_id": str(uuid.uuid4())}
    api.post("/v1/request-logs", body, 404)


@pytest.mark.parametrize("field", UPDATES)
def test_update_changes_only_what_it_names(api, field):
    log = api.request_log(api.machine(), request_size_bytes=1)
    changed = api.patch(path(log), {field: UPDATES[field]})
    assert str(changed[field]).startswith(str(UPDATES[field]))
    assert {**changed, field: None, "completed_at": None} == {**log, field: None, "completed_at": None}
    assert api.patch(path(log), {}) == changed
    assert api.patch(path(log), {field: None})[field] is None


def test_filters(api):
    one, two = api.machine(), api.machine()
    get, post = api.request_log(one, status_code=200), api.request_log(two, method="POST", status_code=404)

    def ids(**query):
        return [log["id"] for log in api.get("/v1/request-logs", **query)["items"]]

    assert ids() == [post["id"], get["id"]]
    assert ids(machine_id=one["id"]) == ids(method="GET") == ids(status_code=200) == [get["id"]]
    assert ids(method="POST", status_code=404, machine_id=two["id"]) == [post["id"]]
    assert ids(method="POST", status_code=200) == ids(method="post") == ids(status_code=9) == []


def test_each_request_to_a_machine_is_logged(api, join):
    join(api)
    [machine] = api.get("/v1/machines")["items"]
    base = f"/v1/computer/{machine['id']}"
    api.get(f"{base}/display/screenshot")
    size = len(api.last.content)
    api.post(f"{base}/input/keyboard/type", {"text": "not for the log"}, 204)
    wait_until(lambda: api.get("/v1/request-logs")["total"] == 2, "both requests logged")
    typed, shot = api.get("/v1/request-logs")["items"]
    assert shot["method"] == "GET" and shot["path"] == "/computer/display/screenshot" and shot["status_code"] == 200
    assert shot["response_size_bytes"] == size and shot["duration_ms"] >= 0 and shot["completed_at"]
    assert typed["method"] == "POST" and typed["path"] == "/computer/input/keyboard/type"
    assert typed["request_size_bytes"] > 0 and typed["machine_id"] == machine["id"]
    assert "not for the log" not in str(typed)


def test_a_request_to_a_machine_that_is_away_is_logged(api):
    machine = api.machine()
    api.get(f"/v1/computer/{machine['id']}/display/dimensions", 503)
    wait_until(lambda: api.get("/v1/request-logs")["total"] == 1, "the failed request logged")
    [log] = api.get("/v1/request-logs")["items"]
    assert log["status_code"] == 503 and log["error_message"]
