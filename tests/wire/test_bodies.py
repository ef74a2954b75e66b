"""Bodies as hostile as they come: each is refused clearly and quickly, and the server goes on."""

import json
import time
import uuid

import pytest

MACHINE = f"/v1/machines/{uuid.uuid4()}"


def refused(api, content, path="/v1/pools", status=422):
    begin = time.monotonic()
    answer = api.expect(status, "POST", path, content=content, headers={"content-type": "application/json"})
    assert time.monotonic() - begin < 5
    assert len(api.last.content) < 1 << 20
    return answer


@pytest.mark.parametrize(
    "text",
    ["{", "}", '{"name"', '{"name":', '{"name":"x"', '{"name":"x",}', "{'name':'x'}", '{name:"x"}', '{"name":"x"}{}',
     '{"name":"x"} trailing', '{"name":"\t"}', '{"name":"\\x"}', '{"name":"\\ud800"}', '{"name":01}', '{"name":+1}',
     '{"name":NaN}', '{"name":Infinity}', '{"name":.5}', "\ufeff{}", "nul", '"', "/* */ {}"],
    ids=repr,
)  # fmt: skip
def test_malformed_json(api, text):
    [entry] = refused(api, text.encode())["detail"]
    assert entry["type"] == "json_invalid" and entry["msg"] == "JSON decode error" and entry["input"] == {}
    assert entry["loc"][0] == "body" and 0 <= entry["loc"][1] <= len(text.encode())
    assert entry["ctx"]["error"]


@pytest.mark.parametrize(
    "content",
    [b'{"name":"\xff"}', b'{"name":"\xc3"}', b'{"name":"\xc0\x80"}', b'{"name":"\xed\xa0\x80"}',
     b'{"name":"\xf4\x90\x80\x80"}', b'{"\xfe":1}', b"\x00", b'{"a":"\x00"}'],
    ids=repr,
)  # fmt: skip
def test_invalid_utf8(api, content):
    [entry] = refused(api, content)["detail"]
    assert entry["type"] == "json_invalid"


def test_duplicate_keys(api):
    [entry] = refused(api, b'{"name":"a","name":"b"}')["detail"]
    assert entry["type"] == "json_invalid"
    assert api.get("/v1/pools")["total"] == 0


@pytest.mark.parametrize("opening", [b"[", b'{"a":'], ids=["arrays", "objects"])
@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_deep_nesting(api, opening, depth):
    assert refused(api, opening * depth)["detail"][0]["type"] == "json_invalid"
    assert refused(api, b'{"name":' + opening * depth)["detail"][0]["type"] == "json_invalid"


def test_an_array_of_100000(api):
    ids = json.dumps({"machine_ids": ["x"] * 100_000}).encode()
    answer = refused(api, ids, f"/v1/pools/{uuid.uuid4()}/machines")
    assert answer["detail"]
    parameters = json.dumps({"machine_parameters": {"list": list(range(100_000))}}).encode()
    begin = time.monotonic()
    status = api.request("PATCH", MACHINE, content=parameters).status_code
    assert status in (404, 422) and time.monotonic() - begin < 5


def test_an_object_of_50000_keys(api):
    refused(api, json.dumps({f"k{i}": i for i in range(50_000)}).encode())


HUGE = ["9223372036854775808", "-9223372036854775809", "1" + "0" * 400, "1e400", "-1e400", "1" * 5000]


@pytest.mark.parametrize("number", HUGE, ids=lambda n: n[:24])
def test_numbers_past_64_bits(api, number):
    path = f"/v1/computer/{uuid.uuid4()}/input/mouse/move"
    assert refused(api, b'{"x":%s,"y":1}' % number.encode(), path)["detail"]
    assert refused(api, b'{"x":"%s","y":1}' % number.encode(), path)["detail"]
    assert api.get("/v1/machines", 422, skip=number)["detail"][0]["loc"] == ["query", "skip"]


@pytest.mark.parametrize("size", [1 << 20, 10 << 20])
def test_a_body_too_large(api, size):
    refused(api, b'{"name":"' + b"x" * size + b'"}', status=413)
    assert api.get("/v1/pools")["total"] == 0


def test_a_body_just_under_the_limit(api):
    filler = "d" * ((1 << 20) - 100)
    pool = api.post("/v1/pools", {"name": "large", "description": filler})
    assert api.get(f"/v1/pools/{pool['id']}")["description"] == filler


def test_an_operation_without_a_body_takes_none(api):
    machine = api.machine()
    answer = api.client.request("GET", f"/v1/machines/{machine['id']}", content=b"x" * 100_000)
    assert answer.status_code in (200, 413)


NAMES = [
    "two\nlines", "tab\tand\rreturn", 'quote " and \\ backslash', "'; DROP TABLE machines; --", "emoji 🖥️👩‍💻",
    "\u202eright to left", "line\u2028separator", "<script>alert(1)</script>", "\u0001control\u001f", "\x7f", "null",
    "__proto__", "percent %s %n %00", "combining e\u0301", "\U0010ffff", " spaces around ", "汉字" * 100,
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_names_come_back_as_sent(api, name):
    machine = api.machine(name=name, hostname=name)
    assert machine["name"] == machine["hostname"] == name
    assert api.get(f"/v1/machines/{machine['id']}")["name"] == name
    assert [m["name"] for m in api.get("/v1/machines", search=name)["items"]] == [name]
    pool = api.pool(machine, name=name, description=name)
    assert api.get("/v1/machines", include="pools")["included"][0]["description"] == name
    api.post("/v1/pools", {"name": name}, 400)
    assert api.get(f"/v1/pools/{pool['id']}", include_machines="true")["machines"][0]["name"] == name


def test_a_nul_in_a_name_is_refused(api):
    api.post("/v1/pools", {"name": "a\0b"}, 422)


def test_a_name_cannot_forge_a_line_of_the_log(fleet, api):
    api.machine(name="first\n2026-01-01T00:00:00Z error forged")
    api.get("/v1/machines/first%0A2026-01-01T00:00:00Z%20error%20forged", 422)
    assert all(record["event"] != "forged" for record in fleet.server.log_records())


def test_parameters_come_back_as_sent(api):
    numbers = {"whole": 2**53 + 1, "least": -(2**63), "real": 0.1}
    parameters = {"text": "é🖥️", **numbers, "null": None, "nested": {"list": [1, [True, {}]]}, "": ""}
    machine = api.machine(machine_parameters=parameters)
    assert machine["machine_parameters"] == parameters
    assert list(api.get(f"/v1/machines/{machine['id']}")["machine_parameters"]) == list(parameters)
