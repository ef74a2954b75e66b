"""Pools: all seven operations and the rules for their machines."""

import uuid

import pytest


def path(pool, *more):
    return "/".join(["/v1/pools", pool["id"], *more])


def assign(api, pool, *machine_ids, status=200):
    return api.post(path(pool, "machines"), {"machine_ids": list(machine_ids)}, status)


def test_create_and_get(api):
    pool = api.post("/v1/pools", {"name": "Claims"})
    assert pool["name"] == "Claims" and pool["description"] is None and pool["machine_count"] == 0
    assert pool["organization_id"] == api.organization_id and pool["created_at"] == pool["updated_at"]
    assert "machines" not in pool and "included" not in pool
    assert api.get(path(pool)) == pool


def test_a_name_is_taken_once_in_an_organization(api, other):
    first, second = api.pool(name="same"), api.pool(name="other")
    api.post("/v1/pools", {"name": "same"}, 400)
    api.patch(path(second), {"name": "same"}, 400)
    assert api.patch(path(first), {"name": "same"})["name"] == "same"
    other.pool(name="same")
    api.delete(path(first))
    api.pool(name="same")


def test_update_tells_absent_from_null(api):
    pool = api.pool(name="a", description="d")
    assert api.patch(path(pool), {})["description"] == "d"
    changed = api.patch(path(pool), {"name": "b"})
    assert changed["name"] == "b" and changed["description"] == "d" and changed["updated_at"] > pool["updated_at"]
    assert api.patch(path(pool), {"name": None, "description": None})["description"] is None
    assert api.get(path(pool))["name"] == "b"


def test_delete_leaves_the_machines(api):
    machine = api.machine()
    pool = api.pool(machine)
    api.delete(path(pool))
    api.get(path(pool), 404)
    api.delete(path(pool), 404)
    assert api.get(f"/v1/machines/{machine['id']}")["pools"] == []


def test_machines_inside_a_pool(api):
    machines = [api.machine(name=f"m{i}") for i in range(3)]
    pool = api.pool()
    assigned = assign(api, pool, *(m["id"] for m in machines))
    assert assigned["machine_count"] == 3
    assert {m["id"] for m in assigned["machines"]} == {m["id"] for m in machines}
    assert all(m["pools"] is None for m in assigned["machines"])
    with_machines = api.get(path(pool), include_machines="true")
    assert with_machines["machines"] == assigned["machines"] and "included" not in with_machines
    assert "machines" not in api.get(path(pool), include_machines="false")


def test_include_machines(api):
    first, second = api.machine(), api.machine()
    pools = [api.pool(first, second), api.pool(first)]
    page = api.get("/v1/pools", include="machines")
    assert sorted(m["id"] for m in page["included"]) == sorted([first["id"], second["id"]])
    assert all(m["type"] == "machine" and m["unkey_key_id"] for m in page["included"])
    assert [m["id"] for m in api.get(path(pools[1]), include="machines")["included"]] == [first["id"]]
    assert api.get(path(api.pool()), include="machines")["included"] == []


@pytest.mark.parametrize("include", ["pools", "machines,nonsense"])
def test_an_unknown_include_is_400(api, include):
    api.get("/v1/pools", 400, include=include)
    api.get(path(api.pool()), 400, include=include)


def test_adding_again_is_no_error(api):
    first, second = api.machine(), api.machine()
    pool = api.pool(first)
    assert assign(api, pool, first["id"], first["id"], second["id"], second["id"])["machine_count"] == 2
    assert assign(api, pool, first["id"])["machine_count"] == 2


def test_adding_is_all_or_nothing(api, other):
    known, foreign = api.machine(), other.machine()
    pool = api.pool()
    assign(api, pool, known["id"], str(uuid.uuid4()), status=404)
    assign(api, pool, known["id"], foreign["id"], status=404)
    assert api.get(path(pool))["machine_count"] == 0


def test_adding_a_hundred(api):
    machines = [api.machine() for _ in range(100)]
    assert len(assign(api, api.pool(), *(m["id"] for m in machines))["machines"]) == 100


def test_removing(api):
    first, second, outside = api.machine(), api.machine(), api.machine()
    pool = api.pool(first, second)
    api.delete(path(pool, "machines"), json={"machine_ids": [first["id"], outside["id"], first["id"]]})
    assert [m["id"] for m in api.get(path(pool), include_machines="true")["machines"]] == [second["id"]]
    api.get(f"/v1/machines/{first['id']}")


def test_removing_needs_a_body(api):
    api.delete(path(api.pool(), "machines"), 422)


def test_a_pool_that_does_not_exist(api):
    ghost = {"id": str(uuid.uuid4())}
    assign(api, ghost, api.machine()["id"], status=404)
    api.delete(path(ghost, "machines"), 404, json={"machine_ids": [api.machine()["id"]]})
    api.patch(path(ghost), {"name": "x"}, 404)
    api.get(path(ghost), 404)
