"""A backup of a running server, restored into an empty directory, is the same fleet."""

import shutil
import threading

import pytest

from api import api_of
from data_dir import database, is_intact, key_file
from server import Server, init, run, run_json

LISTS = [
    ("/v1/machines", {"include": "pools"}),
    ("/v1/pools", {"include": "machines"}),
    ("/v1/connections", {}),
    ("/v1/request-logs", {}),
]


def picture(api):
    return [api.get(path, limit=1000, **query) for path, query in LISTS]


def furnish(api):
    machines = []
    for n in range(20):
        parameters = {"machine_parameters": {"n": n}, "machine_sensitive_parameters": {"p": f"v{n}"}}
        machines.append(api.machine(name=f"é🖥️ {n}", **parameters))
    for machine in machines[::2]:
        api.pool(machine, *machines[:3], description="d")
        api.connection(machine)
        api.request_log(machine, status_code=200)
    api.patch(f"/v1/machines/{machines[0]['id']}", {"status": "error", "is_available": False})


@pytest.fixture(scope="module")
def backed_up(tmp_path_factory):
    """(folder, keys of two organizations, what their APIs showed, an idempotent answer)."""
    folder = tmp_path_factory.mktemp("backup")
    first = init(folder / "data")
    second = run_json("org", "create", "--data-dir", folder / "data", "--name", "second")
    keys = [first["api_key"], second["api_key"]]
    with Server(folder / "data") as server:
        apis = [api_of(server, key) for key in keys]
        for api in apis:
            furnish(api)
        stored = apis[0].post("/v1/pools", {"name": "stored"}, headers={"Idempotency-Key": "k"})
        pictures = [picture(api) for api in apis]
        run("backup", folder / "copy", "--data-dir", folder / "data")
        apis[0].pool(name="made after the backup")
    return folder, keys, pictures, stored


def restore(folder, target, copy="copy"):
    """The key file is kept apart from backups; the operator brings it."""
    run("restore", folder / copy, "--data-dir", target, "--key-file", key_file(folder / "data"))


def test_the_restored_fleet_is_the_same(backed_up, tmp_path):
    folder, keys, pictures, stored = backed_up
    restore(folder, tmp_path / "restored")
    assert is_intact(tmp_path / "restored")
    with Server(tmp_path / "restored") as server:
        apis = [api_of(server, key) for key in keys]
        assert [picture(api) for api in apis] == pictures
        assert apis[0].post("/v1/pools", {"name": "stored"}, headers={"Idempotency-Key": "k"}) == stored
        apis[0].pool()


def test_a_backup_holds_no_key_file(backed_up):
    folder, *_ = backed_up
    lines = key_file(folder / "data").read_text().splitlines()
    seals = [line.split()[-1] for line in lines if line.startswith(("seal", "mac"))]
    everything = b"".join(p.read_bytes() for p in (folder / "copy").rglob("*") if p.is_file())
    assert seals and not any(bytes.fromhex(seal) in everything or seal.encode() in everything for seal in seals)


def test_a_backup_is_its_owners_alone(backed_up):
    folder, *_ = backed_up
    assert all(p.stat().st_mode & 0o077 == 0 for p in [folder / "copy", *(folder / "copy").rglob("*")])


def test_a_restored_fleet_without_its_key_file_says_so(backed_up, tmp_path):
    folder, *_ = backed_up
    assert key_file(folder / "data").name in run("restore", folder / "copy", "--data-dir", tmp_path / "restored").stdout
    done = run("serve", "--data-dir", tmp_path / "restored", "--listen", "127.0.0.1:0", check=False)
    assert done.returncode != 0 and key_file(folder / "data").name in done.stderr


def test_a_backup_of_a_stopped_server(backed_up, tmp_path):
    folder, *_ = backed_up
    run("backup", tmp_path / "copy", "--data-dir", folder / "data")
    run("restore", tmp_path / "copy", "--data-dir", tmp_path / "restored")
    assert is_intact(tmp_path / "restored")


def test_nothing_is_overwritten(backed_up, tmp_path):
    folder, *_ = backed_up
    data, copy = database(folder / "data"), database(folder / "copy")
    before = data.read_bytes(), copy.read_bytes()
    for verb, path in (("backup", folder / "copy"), ("backup", folder / "data"), ("restore", folder / "copy")):
        assert run(verb, path, "--data-dir", folder / "data", check=False).returncode != 0
    assert (data.read_bytes(), copy.read_bytes()) == before


def cut(data):
    return data[: len(data) // 2]


def scratch(data):
    return data[:4096] + b"\xff" * 8192 + data[12288:]


def empty(data):
    return b""


@pytest.mark.parametrize("damage", [cut, scratch, empty])
def test_a_damaged_backup_is_refused(backed_up, tmp_path, damage):
    folder, *_ = backed_up
    copy, target = tmp_path / "copy", tmp_path / "restored"
    shutil.copytree(folder / "copy", copy)
    path = database(copy)
    path.write_bytes(damage(path.read_bytes()))
    assert run("restore", copy, "--data-dir", target, check=False).returncode != 0
    assert not target.exists() or not any(target.iterdir())


def test_what_is_no_backup(tmp_path):
    (tmp_path / "empty").mkdir()
    for source in ("empty", "nowhere"):
        assert run("restore", tmp_path / source, "--data-dir", tmp_path / "restored", check=False).returncode != 0


def test_backups_while_writes_go_on(tmp_path):
    """Each backup is one moment: of pairs written one after the other, never the second alone."""
    key = init(tmp_path / "data")["api_key"]
    stop = threading.Event()

    def write(server):
        api = api_of(server, key)
        number = 0
        while not stop.is_set():
            api.pool(name=f"first {number}")
            api.pool(name=f"second {number}")
            number += 1

    with Server(tmp_path / "data") as server:
        writer = threading.Thread(target=write, args=[server])
        writer.start()
        try:
            for number in range(3):
                run("backup", tmp_path / f"copy{number}", "--data-dir", tmp_path / "data")
        finally:
            stop.set()
            writer.join()
    for number in range(3):
        restore(tmp_path, tmp_path / f"restored{number}", f"copy{number}")
        with Server(tmp_path / f"restored{number}") as server:
            names = {p["name"] for p in api_of(server, key).get("/v1/pools", limit=1000)["items"]}
        assert all(name.replace("second", "first") in names for name in names)
