"""Idempotency-Key: at most once, whatever the client and the server go through."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from api import Api, api_of
from driver import gate
from server import Server, init, wait_until

CLIENTS = 20
VOLATILE = {"date", "x-request-id", "connection"}


def keyed(key=None):
    return {"headers": {"Idempotency-Key": key or str(uuid.uuid4())}}


def seen(response):
    headers = {k: v for k, v in response.headers.items() if k not in VOLATILE}
    return response.status_code, headers, response.content


def twice(api, method, path, **options):
    """The answer to a request and to its repeat, which must be the same."""
    first, second = (api.request(method, path, **options) for _ in range(2))
    assert seen(first) == seen(second)
    return first


def test_a_repeat_gets_the_stored_answer(api):
    first = twice(api, "POST", "/v1/pools", json={"name": "once"}, **keyed())
    assert first.status_code == 201
    assert api.get("/v1/pools")["total"] == 1


def test_every_kind_of_write_happens_once(api):
    machine = twice(api, "POST", "/v1/machines", json={"fingerprint": "f", "unkey_key_id": "k"}, **keyed()).json()
    pool = twice(api, "POST", "/v1/pools", json={"name": "p"}, **keyed()).json()
    path, pool_path = f"/v1/machines/{machine['id']}", f"/v1/pools/{pool['id']}"
    twice(api, "PATCH", path, json={"name": "n"}, **keyed())
    twice(api, "PUT", f"{path}/pools", json={"pool_ids": [pool["id"]]}, **keyed())
    twice(api, "POST", f"{pool_path}/machines", json={"machine_ids": [machine["id"]]}, **keyed())
    twice(api, "DELETE", f"{pool_path}/machines", json={"machine_ids": [machine["id"]]}, **keyed())
    twice(api, "POST", "/v1/connections", json={"websocket_id": "w", "machine_id": machine["id"]}, **keyed())
    body = {"request_id": "r", "method": "GET", "path": "/", "machine_id": machine["id"]}
    log = twice(api, "POST", "/v1/request-logs", json=body, **keyed()).json()
    twice(api, "PATCH", f"/v1/request-logs/{log['id']}", json={"status_code": 200}, **keyed())
    for gone in (f"/v1/request-logs/{log['id']}", pool_path, path):
        assert twice(api, "DELETE", gone, **keyed()).status_code == 204
        api.delete(gone, 404)
    assert api.get("/v1/connections")["total"] == api.get("/v1/machines")["total"] == 0


def test_a_repeat_is_answered_as_of_then(api):
    options = keyed()
    pool = api.post("/v1/pools", {"name": "then"}, **options)
    api.patch(f"/v1/pools/{pool['id']}", {"name": "now"})
    assert api.post("/v1/pools", {"name": "then"}, **options)["name"] == "then"
    api.delete(f"/v1/pools/{pool['id']}")
    assert api.post("/v1/pools", {"name": "then"}, **options)["id"] == pool["id"]
    assert api.get("/v1/pools")["total"] == 0


def test_twenty_clients_at_once(fleet, api):
    clients = [fleet.api(api.key) for _ in range(CLIENTS)]
    options, barrier = keyed(), threading.Barrier(CLIENTS)

    def send(client):
        barrier.wait()
        return client.request("POST", "/v1/pools", json={"name": "contested"}, **options)

    with ThreadPoolExecutor(CLIENTS) as executor:
        answers = list(executor.map(send, clients))
    created = [a for a in answers if a.status_code == 201]
    waiting = [a for a in answers if a.status_code == 409]
    assert created and len(created) + len(waiting) == CLIENTS
    assert all(a.headers["idempotency-status"] == "in_progress" for a in waiting)
    assert len({a.content for a in created}) == 1
    assert api.get("/v1/pools")["total"] == 1
    assert api.request("POST", "/v1/pools", json={"name": "contested"}, **options).content == created[0].content


def test_twenty_clients_with_bodies_of_their_own(fleet, api):
    clients = [fleet.api(api.key) for _ in range(CLIENTS)]
    options, barrier = keyed(), threading.Barrier(CLIENTS)

    def send(pair):
        barrier.wait()
        return pair[1].request("POST", "/v1/pools", json={"name": f"n{pair[0]}"}, **options).status_code

    with ThreadPoolExecutor(CLIENTS) as executor:
        statuses = list(executor.map(send, enumerate(clients)))
    assert statuses.count(201) == 1 and set(statuses) <= {201, 409, 422}
    assert api.get("/v1/pools")["total"] == 1


def test_another_body_is_422(api):
    options = keyed()
    api.post("/v1/pools", {"name": "first"}, **options)
    body = api.post("/v1/pools", {"name": "second"}, 422, **options)
    [entry] = body["detail"]
    assert entry["type"] == "idempotency_key_reused" and entry["loc"] == ["header", "Idempotency-Key"]
    assert entry["input"] is None and entry["msg"]
    assert "idempotency-status" not in api.last.headers
    assert api.get("/v1/pools")["total"] == 1
    api.post("/v1/pools", {"name": "first"}, **options)


def test_the_key_counts_for_one_method_and_path(api):
    options = keyed()
    first, second = api.pool(), api.pool()
    for pool in (first, second):
        api.patch(f"/v1/pools/{pool['id']}", {"description": "d"}, **options)
        api.delete(f"/v1/pools/{pool['id']}", **options)
    assert api.get("/v1/pools")["total"] == 0


def test_keys_are_compared_exactly(api):
    for number, key in enumerate(["a", "A", "a b", "é".encode().decode("latin-1"), "x" * 255]):
        api.post("/v1/pools", {"name": f"n{number}"}, headers={"Idempotency-Key": key.encode("latin-1")})
    assert api.get("/v1/pools")["total"] == 5


@pytest.mark.parametrize("length, kind", [(0, "string_too_short"), (256, "string_too_long"), (4000, "string_too_long")])
def test_a_key_of_bad_length_is_422(api, length, kind):
    body = api.post("/v1/pools", {"name": "x"}, 422, **{"headers": {"Idempotency-Key": "k" * length}})
    assert [(e["type"], e["loc"]) for e in body["detail"]] == [(kind, ["header", "Idempotency-Key"])]
    assert api.get("/v1/pools")["total"] == 0


def test_a_refusal_is_stored_too(api):
    taken, options = api.pool(name="taken"), keyed()
    api.post("/v1/pools", {"name": "taken"}, 400, **options)
    api.delete(f"/v1/pools/{taken['id']}")
    api.post("/v1/pools", {"name": "taken"}, 400, **options)
    api.post("/v1/pools", {"name": "taken"}, 201, **keyed())


def test_not_found_is_stored_too(api):
    twice(api, "DELETE", f"/v1/pools/{uuid.uuid4()}", **keyed())


def test_a_failed_validation_holds_the_key(api):
    options = keyed()
    api.post("/v1/pools", {"name": 5}, 422, **options)
    body = api.post("/v1/pools", {"name": "five"}, 422, **options)
    assert body["detail"][0]["type"] == "idempotency_key_reused"


def test_missing_credentials_and_scope_store_nothing(fleet, api):
    options = keyed()
    fleet.api().post("/v1/pools", {"name": "n"}, 403, **options)
    fleet.api("ak_wrong").post("/v1/pools", {"name": "n"}, 401, **options)
    fleet.scoped(api.organization_id, "read").post("/v1/pools", {"name": "n"}, 403, **options)
    api.post("/v1/pools", {"name": "n"}, 201, **options)


def test_two_keys_of_one_organization_share_their_idempotency_keys(fleet, api):
    options = keyed()
    pool = api.post("/v1/pools", {"name": "n"}, **options)
    assert fleet.scoped(api.organization_id, "control").post("/v1/pools", {"name": "n"}, **options) == pool


def test_a_key_without_scope_gets_no_stored_answer(fleet, api):
    options = keyed()
    api.post("/v1/pools", {"name": "n"}, **options)
    fleet.scoped(api.organization_id, "read").post("/v1/pools", {"name": "n"}, 403, **options)


def test_a_key_on_a_read_means_nothing(api):
    options = keyed()
    assert api.expect(200, "GET", "/v1/pools", **options)["total"] == 0
    api.pool()
    assert api.expect(200, "GET", "/v1/pools", **options)["total"] == 1


def test_after_a_restart(tmp_path):
    data = tmp_path / "data"
    key, options = init(data)["api_key"], keyed()

    def once(server):
        api = api_of(server, key)
        answer = api.request("POST", "/v1/pools", json={"name": "n", "description": "é"}, **options)
        assert api.get("/v1/pools")["total"] == 1
        api.post("/v1/pools", {"name": "other"}, 422, **options)
        return seen(answer)

    with Server(data) as server:
        before = once(server)
    with Server(data) as server:
        assert once(server) == before


# -- operations that go to a desktop


def test_the_first_still_in_progress_is_409(fleet, api, join):
    answer, open_gate = gate()
    driver = join(api, answer=answer)
    [machine] = api.get("/v1/machines")["items"]
    path, options = f"/v1/computer/{machine['id']}/input/keyboard/type", keyed()
    results = []

    def send():
        results.append(fleet.api(api.key).request("POST", path, json={"text": "x"}, **options))

    first = threading.Thread(target=send)
    first.start()
    driver.wait_requests(1)
    conflict = api.request("POST", path, json={"text": "x"}, **options)
    assert conflict.status_code == 409 and conflict.headers["idempotency-status"] == "in_progress"
    open_gate()
    first.join()
    assert results[0].status_code == 204
    api.post(path, {"text": "x"}, 204, **options)
    assert len(driver.requests) == 1, "the desktop saw it once"


def test_a_desktop_that_was_away_may_be_asked_again(api, join):
    """A 503 had no effect, so it is not the key's final answer."""
    machine = api.machine()
    path, options = f"/v1/computer/{machine['id']}/input/keyboard/type", keyed()
    api.post(path, {"text": "x"}, 503, **options)
    driver = join(api, fingerprint=machine["fingerprint"])
    api.post(path, {"text": "x"}, 204, **options)
    assert len(driver.requests) == 1


def test_the_client_leaves_and_comes_back(fleet, api, join):
    answer, open_gate = gate()
    driver = join(api, answer=answer)
    [machine] = api.get("/v1/machines")["items"]
    path, options = f"/v1/computer/{machine['id']}/input/keyboard/type", keyed()
    hasty = Api(fleet.url(), api.key)
    hasty.client.timeout = 0.2
    with pytest.raises(Exception, match="timed out"):
        hasty.post(path, {"text": "x"}, **options)
    open_gate()
    wait_until(lambda: api.request("POST", path, json={"text": "x"}, **options).status_code == 204, "the stored answer")
    assert len(driver.requests) == 1


def test_a_driver_lost_at_work_leaves_the_outcome_unknown(api, join):
    """The request was sent, so a retry must neither send it again nor be told to try again."""
    driver = join(api, answer=lambda request: None)
    [machine] = api.get("/v1/machines")["items"]
    path, headers = f"/v1/computer/{machine['id']}/input/mouse/click", {"Idempotency-Key": "lost at work"}
    with ThreadPoolExecutor(1) as pool:
        click = pool.submit(api.request, "POST", path, json={"x": 1, "y": 1}, headers=headers)
        driver.wait_requests(1)
        driver.abort()
        first = click.result()
    again = join(api, fingerprint=driver.fingerprint)
    second = api.request("POST", path, json={"x": 1, "y": 1}, headers=headers)
    for response in (first, second):
        assert response.status_code == 502 and response.json()["error_code"] == "outcome_unknown"
        assert machine["id"] in response.json()["message"]
    assert again.requests == []


def test_a_machine_that_is_away_burns_no_key(api, join):
    driver = join(api)
    [machine] = api.get("/v1/machines")["items"]
    driver.stop()
    wait_until(lambda: api.get(f"/v1/machines/{machine['id']}")["status"] == "disconnected", "disconnected")
    path, headers = f"/v1/computer/{machine['id']}/input/mouse/click", {"Idempotency-Key": "away"}
    assert api.request("POST", path, json={"x": 1, "y": 1}, headers=headers).status_code == 503
    back = join(api, fingerprint=driver.fingerprint)
    assert api.request("POST", path, json={"x": 1, "y": 1}, headers=headers).status_code == 204
    assert len(back.requests) == 1


def test_one_resource_has_one_scope_however_its_path_is_escaped(api):
    body, headers = {"name": "escaped"}, {"Idempotency-Key": "escaped path"}
    first = api.request("POST", "/v1/pools", json=body, headers=headers)
    second = api.client.post("/v1/%70ools", json=body, headers={**headers, "authorization": f"Bearer {api.key}"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
