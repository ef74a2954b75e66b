"""Sensitive parameters: real values go in and never come out, to nobody, in no file."""

import uuid


def everything_written(fleet):
    files = [p for p in fleet.data_dir.rglob("*") if p.is_file()] + [fleet.server.log_path]
    return b"".join(p.read_bytes() for p in files)


def test_answers_carry_aliases(api):
    machine = api.machine(machine_sensitive_parameters={"password": "hunter2", "pin": "0000"})
    aliases = machine["machine_sensitive_parameters"]
    assert aliases.keys() == {"password", "pin"}
    assert len(set(aliases.values())) == 2 and not {"hunter2", "0000"} & set(aliases.values())
    assert api.get(f"/v1/machines/{machine['id']}")["machine_sensitive_parameters"] == aliases
    assert api.get("/v1/machines")["items"][0]["machine_sensitive_parameters"] == aliases


def test_equal_values_have_different_aliases(api):
    first, second = (api.machine(machine_sensitive_parameters={"a": "same"}) for _ in range(2))
    assert first["machine_sensitive_parameters"] != second["machine_sensitive_parameters"]


def test_values_are_replaced_and_cleared(api):
    machine = api.machine(machine_sensitive_parameters={"a": "1", "b": "2"})
    path = f"/v1/machines/{machine['id']}"
    assert api.patch(path, {"machine_sensitive_parameters": {"c": "3"}})["machine_sensitive_parameters"].keys() == {"c"}
    assert not api.patch(path, {"machine_sensitive_parameters": {}})["machine_sensitive_parameters"]
    assert not api.get(path)["machine_sensitive_parameters"]


def test_values_are_in_no_answer_file_or_log(fleet, api):
    values = [f"secret-{uuid.uuid4()}" for _ in range(4)]
    key = {"headers": {"Idempotency-Key": str(uuid.uuid4())}}
    body = {"fingerprint": str(uuid.uuid4()), "unkey_key_id": "k"}
    body["machine_sensitive_parameters"] = {"a": values[0]}
    machine = api.post("/v1/machines", body, **key)
    answers = [api.last.content, api.request("POST", "/v1/machines", json=body, **key).content]
    path = f"/v1/machines/{machine['id']}"
    api.patch(path, {"machine_sensitive_parameters": {"a": values[1], "é": values[2]}}, **key)
    answers.append(api.last.content)
    api.patch(path, {"machine_sensitive_parameters": {"a": values[3], "b": 5}}, 422)
    api.get(path)
    answers.append(api.last.content)
    written = everything_written(fleet)
    for value in values[:3]:
        assert value.encode() not in written
        assert all(value.encode() not in answer for answer in answers)
    assert values[3].encode() not in written


def test_keys_are_stored_as_hashes_only(fleet, api):
    assert api.key.encode() not in everything_written(fleet)
    assert fleet.first["hmac_secret"].encode() not in everything_written(fleet)


def test_stored_answers_are_sealed(fleet, api):
    name = f"name-{uuid.uuid4()}"
    pool = api.post("/v1/pools", {"name": name}, headers={"Idempotency-Key": str(uuid.uuid4())})
    api.delete(f"/v1/pools/{pool['id']}")
    alias = api.machine(machine_sensitive_parameters={"a": "v"})["machine_sensitive_parameters"]["a"]
    assert alias.encode() in everything_written(fleet), "this look at the files sees what is stored openly"
