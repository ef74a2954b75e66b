"""Who may call what: credentials, scopes, and that both are checked before anything else."""

import uuid

import pytest

import contract
from api import message
from driver import Driver, Refused
from server import run, wait_until

GUARDED = [o for o in contract.OPERATIONS if not o.public and not o.websocket]
PUBLIC = [o for o in contract.OPERATIONS if o.public and o.listener == "public"]
SCOPES = ["join", "read", "control", "power", "create", "money", "files", "admin"]


def by_id(operations):
    return {"argvalues": operations, "ids": [o.id for o in operations]}


def some_path(operation):
    path = operation.path
    for parameter in operation.parameters:
        if parameter["in"] == "path":
            path = path.replace("{%s}" % parameter["name"], str(uuid.uuid4()))
    return path


@pytest.fixture(scope="module")
def tenant(fleet):
    return fleet.organization()


@pytest.fixture(scope="module")
def by_scopes(fleet, tenant):
    """The API with a key of just these scopes; each key is made once."""
    made = {}

    def get(*scopes):
        if scopes not in made:
            made[scopes] = fleet.scoped(tenant.organization_id, *scopes)
        return made[scopes]

    return get


@pytest.mark.parametrize("operation", **by_id(GUARDED))
def test_no_credentials_is_403(fleet, operation):
    body = fleet.api().expect(403, operation.method, some_path(operation))
    assert message(body) == "Not authenticated"
    assert body["error"] == "HTTPException" and body["error_code"] is None and body["details"] is None


@pytest.mark.parametrize("operation", **by_id(GUARDED))
def test_a_wrong_key_is_401(fleet, operation):
    fleet.api("ak_wrong").expect(401, operation.method, some_path(operation))


@pytest.mark.parametrize("operation", **by_id(GUARDED))
def test_a_scope_too_little_is_403(by_scopes, operation):
    others = tuple(s for s in SCOPES if s not in (operation.scope, "admin"))
    body = by_scopes(*others).expect(403, operation.method, some_path(operation))
    assert message(body) == "Permission required"


@pytest.mark.parametrize("operation", **by_id(GUARDED))
def test_its_own_scope_is_enough(by_scopes, operation):
    answer = by_scopes(operation.scope).request(operation.method, some_path(operation))
    assert answer.status_code not in (401, 403)


@pytest.mark.parametrize("operation", **by_id(PUBLIC))
@pytest.mark.parametrize("key", [None, "ak_wrong"])
def test_public_operations_ask_for_nothing(fleet, operation, key):
    assert fleet.api(key).request("GET", operation.path).status_code < 400


@pytest.mark.parametrize(
    "value",
    ["", "Bearer", "Basic dXNlcjpwYXNz", "ak_without_scheme", "Token ak_x"],
    ids=["empty", "scheme alone", "basic", "no scheme", "other scheme"],
)
def test_a_header_that_is_not_bearer_is_403(fleet, value):
    body = fleet.api().get("/v1/machines", 403) if value == "" else fleet.api().expect(
        403, "GET", "/v1/machines", headers={"authorization": value}
    )
    assert message(body) == "Not authenticated"


def test_the_scheme_is_taken_in_any_case(fleet, tenant):
    fleet.api().expect(200, "GET", "/v1/machines", headers={"authorization": f"bearer {tenant.key}"})


def test_a_key_is_compared_whole(fleet, tenant):
    for key in (tenant.key[:-1], tenant.key + "x", tenant.key.upper(), f"{tenant.key} {tenant.key}"):
        fleet.api(key).get("/v1/machines", 401)


def test_a_very_long_key_is_refused_calmly(fleet):
    assert fleet.api("ak_" + "x" * 4000).get("/v1/machines", 401)


def test_of_two_authorization_headers_the_same_one_counts_always(fleet, tenant):
    headers = [("authorization", f"Bearer {tenant.key}"), ("authorization", "Bearer ak_wrong")]
    statuses = [fleet.api().client.get("/v1/machines", headers=h).status_code for h in (headers, headers[::-1])]
    assert sorted(statuses) == [200, 401] or statuses == [400, 400]


@pytest.mark.parametrize("body", [b"{", b"[]", b"", b'{"name": 5}'], ids=repr)
def test_an_anonymous_bad_body_is_403(fleet, body):
    fleet.api().expect(403, "POST", "/v1/pools", content=body)


def test_an_anonymous_bad_path_and_query_are_403(fleet):
    fleet.api().get("/v1/machines/nonsense", 403)
    fleet.api().get("/v1/machines", 403, limit=0)


def test_scope_is_checked_before_the_body(by_scopes):
    by_scopes("read").expect(403, "POST", "/v1/pools", content=b"{")


def test_a_revoked_key_is_401(fleet, tenant):
    key = fleet.key(tenant.organization_id, "read")
    api = fleet.api(key["api_key"])
    api.get("/v1/machines")
    run("key", "revoke", key["id"], "--org", tenant.organization_id, "--data-dir", fleet.data_dir)
    wait_until(lambda: api.request("GET", "/v1/machines").status_code == 401, "the revoked key refused")


def test_a_new_key_works_at_once(fleet, tenant):
    fleet.scoped(tenant.organization_id, "read").get("/v1/machines")


def test_the_fingerprint_is_shown_to_control_only(by_scopes, tenant):
    machine = tenant.machine()
    path = f"/v1/machines/{machine['id']}"
    assert by_scopes("control", "read").get(path)["fingerprint"] == machine["fingerprint"]
    assert by_scopes("read").get(path).get("fingerprint") is None
    listed = by_scopes("read").get("/v1/machines", include="pools")["items"]
    assert all(item.get("fingerprint") is None for item in listed)


def test_the_tunnel_refuses_with_403(fleet, by_scopes):
    for key in (None, "ak_wrong", by_scopes(*[s for s in SCOPES if s not in ("join", "admin")]).key):
        with pytest.raises(Refused) as refusal:
            Driver(fleet.url("ws"), key).start()
        assert refusal.value.status == 403


def test_a_join_key_opens_a_tunnel_and_nothing_else(by_scopes, join):
    api = by_scopes("join")
    join(api)
    api.get("/v1/machines", 403)
    api.post("/v1/machines", {}, 403)
