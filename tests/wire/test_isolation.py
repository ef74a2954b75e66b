"""Another organization's ids, in every position an id can stand, are as good as no ids."""

import json
import uuid

import pytest

import contract

KINDS = {"machine_id": "machine", "machine_ids": "machine", "pool_id": "pool", "pool_ids": "pool", "log_id": "log"}
NO_OBJECT = {("update_machine", "reserved_session_id")}  # any UUID may name a session


def is_id(document, schema):
    schema = document.resolve(schema)
    options = schema.get("anyOf", [schema])
    return any(o.get("format") == "uuid" or o.get("items", {}).get("format") == "uuid" for o in options)


def positions():
    for operation in contract.CYBERDESK.operations:
        for parameter in operation.parameters:
            if is_id(operation.document, parameter["schema"]):
                yield operation, parameter["in"], parameter["name"]
        body = operation.document.resolve(operation.body["schema"]) if operation.body else {}
        for name, schema in body.get("properties", {}).items():
            if is_id(operation.document, schema) and (operation.id, name) not in NO_OBJECT:
                yield operation, "body", name


POSITIONS = list(positions())


@pytest.fixture(scope="module")
def tenants(fleet):
    """(mine, theirs): two organizations with one object of each kind."""

    def furnish(api):
        machine = api.machine(name="before")
        api.objects = {"machine": machine["id"], "pool": api.pool(machine)["id"], "log": api.request_log(machine)["id"]}
        api.connection(machine)
        return api

    return furnish(fleet.organization()), furnish(fleet.organization())


def state(api):
    included = [api.get("/v1/machines", include="pools"), api.get("/v1/pools", include="machines")]
    return [*included, api.get("/v1/connections"), api.get("/v1/request-logs")]


def ask(api, operation, where, name, value):
    """The operation with `value` in one position and the caller's own objects in all others."""
    path, query = operation.path, {}
    for parameter in operation.parameters:
        own = value if (where, name) == (parameter["in"], parameter["name"]) else None
        if parameter["in"] == "path":
            path = path.replace("{%s}" % parameter["name"], own or api.objects[KINDS[parameter["name"]]])
        elif own:
            query[parameter["name"]] = own
    body = json.loads(json.dumps(operation.body["example"])) if operation.body else None
    for field in KINDS.keys() & (body or {}).keys():
        own = value if (where, name) == ("body", field) else api.objects[KINDS[field]]
        body[field] = [own] if isinstance(body[field], list) else own
    return api.request(operation.method, path, params=query, json=body)


@pytest.mark.parametrize("operation, where, name", POSITIONS, ids=[f"{o.id}-{w}-{n}" for o, w, n in POSITIONS])
def test_a_foreign_id_is_an_unknown_id(tenants, operation, where, name):
    mine, theirs = tenants
    foreign, unknown = theirs.objects[KINDS[name]], str(uuid.uuid4())
    before = state(theirs)
    with_foreign = ask(mine, operation, where, name, foreign)
    with_unknown = ask(mine, operation, where, name, unknown)
    assert with_foreign.status_code == with_unknown.status_code
    assert with_foreign.text.replace(foreign, unknown)[:60] == with_unknown.text[:60]
    if where == "query":
        assert with_foreign.json()["total"] == 0
    elif operation.id != "remove_machines_from_pool" or where == "path":
        assert with_foreign.status_code == 404
    assert state(theirs) == before


def test_lists_hold_only_the_own(tenants):
    mine, theirs = tenants
    for path in ("/v1/machines", "/v1/pools", "/v1/connections", "/v1/request-logs"):
        ids = [{item["id"] for item in api.get(path, limit=1000)["items"]} for api in (mine, theirs)]
        assert ids[0] and ids[1] and not ids[0] & ids[1]


def test_a_foreign_desktop_is_out_of_reach(api, other, join):
    driver = join(other)
    [machine] = other.get("/v1/machines")["items"]
    for operation in contract.CYBERDESK.operations:
        if operation.path.startswith("/v1/computer/"):
            path = operation.path.replace("{machine_id}", machine["id"])
            body = operation.body["example"] if operation.body else None
            assert api.request(operation.method, path, json=body).status_code == 404
    other.get(f"/v1/computer/{machine['id']}/display/dimensions")
    assert len(driver.requests) == 1


def test_a_fingerprint_of_another_organization_is_another_machine(api, other, join):
    driver = join(other)
    join(api, fingerprint=driver.fingerprint)
    assert driver.close_code is None
    assert api.get("/v1/machines")["items"][0]["id"] != other.get("/v1/machines")["items"][0]["id"]


def test_an_idempotency_key_of_another_organization_is_another_key(api, other):
    options = {"headers": {"Idempotency-Key": str(uuid.uuid4())}}
    mine, theirs = (a.post("/v1/pools", {"name": "same"}, **options) for a in (api, other))
    assert mine["id"] != theirs["id"] and theirs["organization_id"] == other.organization_id
