"""Our documents against what is known of the vendors', and against our own rules for documents."""

import json
from pathlib import Path

import pytest

from documents import ANNOTATIONS, KEYWORDS, Comparison, load, operations, resolve, responses, schemas

SCOPES = {"join", "read", "control", "power", "create", "money", "files", "admin"}
DOCUMENTS = ["cyberdesk", "vagon", "fleet"]
VENDORS = ["cyberdesk", "vagon"]
TABLE = json.loads((Path(__file__).parent / "differences.json").read_text())


def ours(name):
    return load(f"{name}.openapi.json")


def theirs(name):
    return load(f"conformance/{name}.json")


def every_operation(names=DOCUMENTS):
    for name in names:
        document = ours(name)
        for method, path, operation in operations(document):
            yield pytest.param(document, method, path, operation, id=operation["operationId"])


@pytest.mark.parametrize("name", VENDORS)
def test_differences_are_the_listed_ones(name):
    differences = Comparison(ours(name), theirs(name)).run()
    found = {where: {"ours": o, "theirs": t} for where, (o, t) in differences.items()}
    listed = {r["where"]: {"ours": r["ours"], "theirs": r["theirs"]} for r in TABLE[name]}
    assert found == listed


@pytest.mark.parametrize("name", VENDORS)
def test_every_listed_difference_has_one_reason(name):
    places = [row["where"] for row in TABLE[name]]
    assert len(places) == len(set(places))
    assert all(len(row["reason"]) > 10 for row in TABLE[name])


def change_limit(d):
    d["components"]["schemas"]["MachineUpdate"]["properties"]["version"]["anyOf"][0]["maxLength"] = 51


def drop_property(d):
    del d["components"]["schemas"]["MachineResponse"]["properties"]["last_seen"]


def drop_required(d):
    d["components"]["schemas"]["PoolResponse"]["required"].remove("name")


def change_enum(d):
    d["components"]["schemas"]["MachineStatus"]["enum"].append("asleep")


def drop_operation(d):
    del d["paths"]["/v1/pools/{pool_id}/machines"]["post"]


def drop_status(d):
    del d["paths"]["/v1/machines/{machine_id}"]["patch"]["responses"]["200"]


def open_operation(d):
    d["paths"]["/v1/machines/{machine_id}"]["patch"]["security"] = []


def change_parameter(d):
    d["paths"]["/v1/machines/{machine_id}"]["patch"]["parameters"][0]["schema"] = {"type": "string"}


CHANGES = [
    change_limit, drop_property, drop_required, change_enum,
    drop_operation, drop_status, open_operation, change_parameter,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_comparison_sees(change):
    changed, vendor = ours("cyberdesk"), theirs("cyberdesk")
    change(changed)
    assert Comparison(changed, vendor).run() != Comparison(ours("cyberdesk"), vendor).run()


def test_operation_ids_are_unique():
    ids = [o["operationId"] for name in DOCUMENTS for _, _, o in operations(ours(name))]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("document, method, path, operation", every_operation())
def test_operation_is_described(document, method, path, operation):
    declared = {tag["name"] for tag in document["tags"]}
    assert operation["tags"] and set(operation["tags"]) <= declared
    assert operation["summary"] and operation["description"]
    assert operation["summary"] != operation["description"]


@pytest.mark.parametrize("document, method, path, operation", every_operation())
def test_operation_says_who_may_call_it(document, method, path, operation):
    answers = responses(document, operation)
    if operation["security"] == []:
        assert "x-scope" not in operation
        assert not {"401", "403"} & answers.keys()
        return
    assert operation["x-scope"] in SCOPES
    assert "403" in answers
    assert "401" in answers or operation.get("x-upgrade") == "websocket"


@pytest.mark.parametrize("document, method, path, operation", every_operation())
def test_operation_lists_its_answers(document, method, path, operation):
    answers = responses(document, operation)
    assert "500" in answers
    assert any(status < "400" for status in answers)
    assert all(answer["description"] for answer in answers.values())
    if "requestBody" in operation or "parameters" in operation:
        assert "422" in answers
    if "requestBody" in operation:
        assert "413" in answers


@pytest.mark.parametrize("document, method, path, operation", every_operation())
def test_path_parameters_are_declared(document, method, path, operation):
    named = {part[1:-1] for part in path.split("/") if part.startswith("{")}
    declared = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
    assert named == declared


@pytest.mark.parametrize("document, method, path, operation", every_operation(["cyberdesk"]))
def test_writes_take_an_idempotency_key(document, method, path, operation):
    keys = [p for p in operation.get("parameters", []) if p["name"] == "Idempotency-Key"]
    assert len(keys) == (method != "get")
    assert ("409" in responses(document, operation)) == (method != "get")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_schemas_use_supported_keywords(name):
    for where, schema in schemas(ours(name)):
        assert set(schema) <= KEYWORDS | ANNOTATIONS, where
        assert schema.get("format", "uuid") in ("uuid", "date-time"), where
        if "$ref" in schema:
            assert resolve(ours(name), schema), where
