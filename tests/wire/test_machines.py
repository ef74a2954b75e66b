"""Machines: all seven operations, their filters, and the rules that bind their fields."""

import datetime
import uuid

import pytest

from api import details, message

OPTIONAL = ["name", "version", "hostname", "os_info"]


def path(machine, *more):
    return "/".join(["/v1/machines", machine["id"], *more])


def ids(page):
    return [item["id"] for item in page["items"]]


def when(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def shifted(text, **delta):
    return (when(text) + datetime.timedelta(**delta)).isoformat().replace("+00:00", "Z")


# -- create and get


def test_create_with_the_least(api):
    fingerprint = str(uuid.uuid4())
    machine = api.post("/v1/machines", {"fingerprint": fingerprint, "unkey_key_id": "key_x"})
    assert machine["status"] == "disconnected" and machine["is_available"] is False
    assert machine["fingerprint"] == fingerprint and machine["unkey_key_id"] == "key_x"
    assert machine["organization_id"] == api.organization_id
    assert machine["pools"] == [] and machine["seat_number"] is None and machine["user_id"] is None
    assert all(machine[field] is None for field in OPTIONAL)
    for field in ("reserved_session_id", "physical_server_id", "linked_keepalive_machine_id"):
        assert machine[field] is None
    assert "included" not in machine


def test_create_with_everything(api):
    fields = {"name": "n" * 255, "version": "v" * 50, "hostname": "h" * 255, "os_info": "Windows 11"}
    fields["machine_parameters"] = {"a": {"b": [1]}}
    machine = api.machine(**fields)
    assert {key: machine[key] for key in fields} == fields
    assert api.get(path(machine)) == machine


def test_create_with_nulls_is_create_without(api):
    nulls = dict.fromkeys([*OPTIONAL, "machine_parameters", "machine_sensitive_parameters"])
    machine = api.machine(**nulls)
    assert all(machine[field] is None for field in OPTIONAL)


def test_a_fingerprint_is_taken_once_in_an_organization(api, other):
    machine = api.machine()
    api.post("/v1/machines", {"fingerprint": machine["fingerprint"], "unkey_key_id": "k"}, 400)
    assert other.post("/v1/machines", {"fingerprint": machine["fingerprint"], "unkey_key_id": "k"})["id"] != machine["id"]
    assert api.get("/v1/machines")["total"] == 1


def test_get_an_unknown_machine(api):
    unknown = str(uuid.uuid4())
    assert "not found" in message(api.get(f"/v1/machines/{unknown}", 404))


# -- include


def test_include_pools(api):
    machine = api.machine()
    pool = api.pool(machine, description="d")
    got = api.get(path(machine), include="pools")
    [included] = got["included"]
    assert included == {"type": "pool", **api.get(f"/v1/pools/{pool['id']}")}
    assert [p["id"] for p in got["pools"]] == [pool["id"]]
    assert api.get(path(machine))["pools"] == got["pools"]


def test_included_pools_come_once_for_a_page(api):
    machines = [api.machine() for _ in range(3)]
    shared, single = api.pool(*machines), api.pool(machines[0])
    page = api.get("/v1/machines", include="pools,pools")
    assert sorted(p["id"] for p in page["included"]) == sorted([shared["id"], single["id"]])
    assert all(p["machine_count"] == (3 if p["id"] == shared["id"] else 1) for p in page["included"])
    assert "included" not in api.get("/v1/machines")


def test_include_without_anything_to_include(api):
    assert api.get(path(api.machine()), include="pools")["included"] == []


@pytest.mark.parametrize("include", ["machines", "pools,nonsense", "Pools"])
def test_an_unknown_include_is_400(api, include):
    api.get("/v1/machines", 400, include=include)
    api.get(path(api.machine()), 400, include=include)


# -- filters


def test_search_finds_in_name_and_hostname_in_any_case(api):
    by_name, by_host = api.machine(name="Front DESK"), api.machine(hostname="desk-7.example")
    api.machine(name="other", os_info="desk")
    assert ids(api.get("/v1/machines", search="dEsK")) == [by_host["id"], by_name["id"]]
    assert ids(api.get("/v1/machines", search="front d")) == [by_name["id"]]
    assert api.get("/v1/machines", search="nowhere")["total"] == 0


@pytest.mark.parametrize("text", ["%", "_", "\\", "100%", "a_b", "*", "[a]", "'"])
def test_search_takes_every_character_as_it_is(api, text):
    machine = api.machine(name=f"x{text}y")
    api.machine(name="x-y 100 aXb")
    assert ids(api.get("/v1/machines", search=text)) == [machine["id"]]


def test_filter_by_status(api, join):
    connected, broken, idle = join(api), api.machine(), api.machine()
    api.patch(path(broken), {"status": "error"})
    assert [m["fingerprint"] for m in api.get("/v1/machines", status="connected")["items"]] == [connected.fingerprint]
    assert ids(api.get("/v1/machines", status="error")) == [broken["id"]]
    assert ids(api.get("/v1/machines", status="disconnected")) == [idle["id"]]


def test_filter_by_creation_time_takes_both_ends(api):
    first, second, third = (api.machine() for _ in range(3))
    page = api.get("/v1/machines", created_at_from=second["created_at"], created_at_to=second["created_at"])
    assert second["id"] in ids(page)
    assert ids(api.get("/v1/machines", created_at_from=shifted(third["created_at"], seconds=1))) == []
    assert ids(api.get("/v1/machines", created_at_to=shifted(first["created_at"], seconds=-1))) == []
    everything = api.get("/v1/machines", created_at_from=first["created_at"], created_at_to=third["created_at"])
    assert ids(everything) == [third["id"], second["id"], first["id"]]


def test_creation_time_filters_know_time_zones(api):
    machine = api.machine()
    zone = datetime.timezone(datetime.timedelta(hours=5))
    local = (when(machine["created_at"]) + datetime.timedelta(seconds=1)).astimezone(zone).isoformat()
    assert api.get("/v1/machines", created_at_to=local)["total"] == 1
    assert api.get("/v1/machines", created_at_from=local)["total"] == 0


def test_filters_hold_together(api):
    api.machine(name="a")
    wanted = api.machine(name="a")
    api.patch(path(wanted), {"status": "error"})
    page = api.get("/v1/machines", search="a", status="error", created_at_from=wanted["created_at"])
    assert ids(page) == [wanted["id"]]


# -- update: absent, null, given


def test_update_changes_only_what_it_names(api):
    fields = {"name": "n", "version": "1", "hostname": "h", "os_info": "o", "machine_parameters": {"a": 1}}
    machine = api.machine(**fields)
    changes = {"name": "N", "version": "2", "hostname": "H", "os_info": "O", "machine_parameters": {"b": 2}}
    for field, value in changes.items():
        before = api.get(path(machine))
        assert api.patch(path(machine), {field: value}) == {**before, field: value}
    unchanged = api.get(path(machine))
    assert api.patch(path(machine), {}) == unchanged


@pytest.mark.parametrize("field", OPTIONAL)
def test_null_clears_texts(api, field):
    machine = api.machine(**{field: "x"})
    assert api.patch(path(machine), {field: None})[field] is None
    assert api.get(path(machine))[field] is None


@pytest.mark.parametrize(
    "field", ["status", "is_available", "last_seen", "machine_parameters", "machine_sensitive_parameters"]
)
def test_null_changes_nothing_else(api, field):
    machine = api.machine(machine_parameters={"a": 1}, machine_sensitive_parameters={"s": "v"})
    api.patch(path(machine), {"status": "error", "is_available": False})
    before = api.get(path(machine))
    assert api.patch(path(machine), {field: None}) == before


def test_a_parameter_object_replaces_the_whole(api):
    machine = api.machine(machine_parameters={"a": 1, "b": 2})
    assert api.patch(path(machine), {"machine_parameters": {"c": None}})["machine_parameters"] == {"c": None}
    assert not api.patch(path(machine), {"machine_parameters": {}})["machine_parameters"]


def test_update_ignores_what_it_does_not_know(api):
    machine = api.machine()
    body = {"id": str(uuid.uuid4()), "organization_id": "org_x", "fingerprint": "f", "seat_number": 5}
    body["created_at"] = "2020-01-01T00:00:00Z"
    assert api.patch(path(machine), body) == machine


def test_an_update_with_one_bad_field_changes_nothing(api):
    machine = api.machine(name="before")
    api.patch(path(machine), {"name": "after", "version": 5}, 422)
    assert api.get(path(machine))["name"] == "before"


# -- update: what the server observes wins


@pytest.mark.parametrize("status", ["connected", "disconnected"])
def test_status_connects_nothing(api, status):
    machine = api.machine()
    assert api.patch(path(machine), {"status": status})["status"] == "disconnected"


def test_status_error_takes_out_of_service(api, join):
    join(api)
    [machine] = api.get("/v1/machines")["items"]
    assert machine["is_available"] is True
    broken = api.patch(path(machine), {"status": "error"})
    assert broken["status"] == "error" and broken["is_available"] is False
    for status in ("disconnected", "connected"):
        api.patch(path(machine), {"status": "error"})
        back = api.patch(path(machine), {"status": status})
        assert back["status"] == "connected" and back["is_available"] is True


def test_an_out_of_service_machine_keeps_its_tunnel(api, join):
    driver = join(api)
    [machine] = api.get("/v1/machines")["items"]
    api.patch(path(machine), {"status": "error"})
    assert api.get(f"/v1/computer/{machine['id']}/display/dimensions") == {"width": 1280, "height": 800}
    assert driver.close_code is None


def test_is_available_says_whether_runs_are_accepted(api, join):
    driver = join(api)
    [machine] = api.get("/v1/machines")["items"]
    assert api.patch(path(machine), {"is_available": False})["is_available"] is False
    driver.stop()
    join(api, fingerprint=driver.fingerprint)
    assert api.get(path(machine))["is_available"] is False, "it survives a reconnect"
    assert api.patch(path(machine), {"is_available": True})["is_available"] is True


def test_a_disconnected_machine_is_not_available(api):
    assert api.patch(path(api.machine()), {"is_available": True})["is_available"] is False


def test_last_seen_is_stored_while_nothing_is_observed(api):
    machine = api.machine()
    past = "2024-05-06T07:08:09Z"
    assert when(api.patch(path(machine), {"last_seen": past})["last_seen"]) == when(past)
    tomorrow = shifted(machine["created_at"], days=1)
    assert when(api.patch(path(machine), {"last_seen": tomorrow})["last_seen"]) == when(past)


def test_last_seen_of_a_connected_machine_is_observed(api, join):
    join(api)
    [machine] = api.get("/v1/machines")["items"]
    patched = api.patch(path(machine), {"last_seen": "2024-05-06T07:08:09Z"})
    assert when(patched["last_seen"]) >= when(machine["last_seen"])


# -- reservation


def test_reserving_and_freeing(api, join):
    join(api)
    [machine] = api.get("/v1/machines")["items"]
    session, another = str(uuid.uuid4()), str(uuid.uuid4())
    reserved = api.patch(path(machine), {"reserved_session_id": session})
    assert reserved["reserved_session_id"] == session and reserved["is_available"] is False
    assert api.patch(path(machine), {"reserved_session_id": session})["reserved_session_id"] == session
    api.patch(path(machine), {"reserved_session_id": another, "name": "not stored"}, 400)
    assert api.patch(path(machine), {"version": "1"})["reserved_session_id"] == session, "absent is not null"
    assert api.get(path(machine))["name"] is None
    freed = api.patch(path(machine), {"reserved_session_id": None})
    assert freed["reserved_session_id"] is None and freed["is_available"] is True
    assert api.patch(path(machine), {"reserved_session_id": another})["reserved_session_id"] == another


def test_freeing_a_free_machine(api):
    assert api.patch(path(api.machine()), {"reserved_session_id": None})["reserved_session_id"] is None


# -- names


def test_a_driver_names_a_machine_nobody_has_named(api, join):
    driver = join(api, headers={"X-Cyberdriver-Name": "by driver"})
    [machine] = api.get("/v1/machines")["items"]
    assert machine["name"] == "by driver"
    api.patch(path(machine), {"name": "by api"})
    driver.stop()
    again = join(api, fingerprint=driver.fingerprint, headers={"X-Cyberdriver-Name": "by driver again"})
    assert api.get(path(machine))["name"] == "by api"
    assert api.patch(path(machine), {"name": None})["name"] is None
    again.stop()
    join(api, fingerprint=driver.fingerprint, headers={"X-Cyberdriver-Name": "by driver at last"})
    assert api.get(path(machine))["name"] == "by driver at last"


def test_names_need_not_differ(api):
    assert api.machine(name="same")["id"] != api.machine(name="same")["id"]


# -- pools of a machine


def test_the_pools_of_a_machine_are_replaced(api):
    machine = api.machine()
    one, two, three = (api.pool() for _ in range(3))
    put = api.put(path(machine, "pools"), {"pool_ids": [one["id"], two["id"], one["id"]]})
    assert {p["id"] for p in put["pools"]} == {one["id"], two["id"]}
    put = api.put(path(machine, "pools"), {"pool_ids": [three["id"], two["id"]]})
    assert {p["id"] for p in put["pools"]} == {three["id"], two["id"]}
    listed = api.get(path(machine, "pools"))
    assert {p["id"]: p["machine_count"] for p in listed} == {three["id"]: 1, two["id"]: 1}
    assert api.get(f"/v1/pools/{one['id']}")["machine_count"] == 0
    assert api.put(path(machine, "pools"), {"pool_ids": []})["pools"] == [] == api.get(path(machine, "pools"))


def test_an_unknown_pool_replaces_nothing(api):
    machine = api.machine()
    pool = api.pool(machine)
    api.put(path(machine, "pools"), {"pool_ids": [str(uuid.uuid4())]}, 404)
    assert [p["id"] for p in api.get(path(machine, "pools"))] == [pool["id"]]


# -- delete


def test_delete_takes_what_belongs_to_the_machine(api, join):
    driver = join(api)
    [machine] = api.get("/v1/machines")["items"]
    pool, log = api.pool(machine), api.request_log(machine)
    api.connection(machine)
    api.delete(path(machine))
    driver.wait_closed()
    api.get(path(machine), 404)
    api.get(f"/v1/request-logs/{log['id']}", 404)
    assert api.get("/v1/connections")["total"] == api.get("/v1/request-logs")["total"] == 0
    assert api.get(f"/v1/pools/{pool['id']}")["machine_count"] == 0
    api.delete(path(machine), 404)
    api.get(f"/v1/computer/{machine['id']}/display/dimensions", 404)


def test_a_deleted_machine_may_come_back_as_a_new_one(api, join):
    driver = join(api)
    [machine] = api.get("/v1/machines")["items"]
    api.delete(path(machine))
    driver.wait_closed()
    join(api, fingerprint=driver.fingerprint)
    [again] = api.get("/v1/machines")["items"]
    assert again["id"] != machine["id"]


def test_deleting_leaves_the_other_machines(api):
    first, second = api.machine(), api.machine()
    pool = api.pool(first, second)
    api.delete(path(first))
    assert ids(api.get("/v1/machines")) == [second["id"]]
    assert api.get(f"/v1/pools/{pool['id']}")["machine_count"] == 1


def test_the_error_of_a_bad_id_says_where(api):
    assert details(api.get("/v1/machines/x", 422)) == {("path", "machine_id"): "uuid_parsing"}
