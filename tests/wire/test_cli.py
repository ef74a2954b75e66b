"""The command line as a script uses it: exit codes, error lines, JSON."""

import json
import re
import subprocess

import pytest

from api import api_of
from data_dir import key_file
from server import DESKFLEET, Server, init, run, run_json

GROUPS = [["key"], ["org"], ["key-file"]]
VERBS = [
    ["init"], ["serve"], ["key", "create"], ["key", "list"], ["key", "revoke"],
    ["org", "create"], ["org", "list"], ["org", "set"], ["backup"], ["restore"], ["key-file", "rotate"],
]  # fmt: skip
NO_VERB = [[], ["nonsense"], ["key"], ["key", "nonsense"], ["org"], ["key-file"], ["--nonsense"]]
TOO_LITTLE = [["key", "revoke"], ["backup"], ["restore"], ["init", "--data-dir"], ["serve", "--listen"]]
NO_DATA = [
    ["init"], ["serve", "--listen", "127.0.0.1:0"], ["key", "create"], ["key", "list"], ["key", "revoke", "x"],
    ["org", "create", "--name", "x"], ["org", "list"], ["org", "set", "x", "--name", "y"],
    ["backup", "backup-x"], ["restore", "backup-x"], ["key-file", "rotate"],
]  # fmt: skip
TOO_MUCH = [["init", "extra"], ["serve", "extra"], ["key", "revoke", "a", "b"], ["backup", "a", "b"]]
WITH_DATA = [["key", "list"], ["org", "list"], ["key", "create"], ["org", "create", "--name", "x"], ["key-file", "rotate"]]


def fails(*arguments):
    """The error line of a command that must fail."""
    done = run(*arguments, check=False)
    assert done.returncode != 0 and done.stdout == ""
    first = done.stderr.splitlines()[0]
    assert first.startswith("deskfleet"), first
    return first


def misused(*arguments):
    """The error line of a command used wrongly: exit code 2."""
    done = run(*arguments, check=False)
    assert done.returncode == 2, done
    return done.stderr


def listed_line(wanted, *arguments):
    [line] = [line for line in run(*arguments).stdout.splitlines() if wanted in line]
    return line


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("cli") / "data"
    init(path)
    return path


# -- help and misuse


@pytest.mark.parametrize("words", [[], *GROUPS, *VERBS], ids=" ".join)
def test_help_everywhere(words):
    done = run(*words, "--help")
    assert done.stderr == "" and "deskfleet" in done.stdout
    assert all(len(line) <= 100 for line in done.stdout.splitlines())
    if words in VERBS:
        assert done.stdout.startswith(f"usage: deskfleet {' '.join(words)}") and "--data-dir" in done.stdout


def test_help_names_every_verb():
    text = run("--help").stdout
    assert all(" ".join(verb) in text or verb[0] in text for verb in VERBS)


def test_version():
    assert re.fullmatch(r"deskfleet \d+\.\d+\.\d+\n", run("--version").stdout)


@pytest.mark.parametrize("words", NO_VERB, ids=" ".join)
def test_what_is_no_verb(words):
    assert misused(*words)


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_what_is_no_option(verb):
    assert "--nonsense" in misused(*verb, "--nonsense")


@pytest.mark.parametrize("words", TOO_LITTLE, ids=" ".join)
def test_what_is_missing(words):
    assert misused(*words)


@pytest.mark.parametrize("words", NO_DATA, ids=" ".join)
def test_every_verb_needs_a_data_directory(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run(*words, check=False)
    assert done.returncode in (1, 2) and "--data-dir" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", TOO_MUCH, ids=" ".join)
def test_what_is_too_much(words, tmp_path):
    assert misused(*words, "--data-dir", tmp_path / "data")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:x", "unix:", "[::1:80", ""])
def test_a_listen_address_that_is_none(data, address):
    fails("serve", "--data-dir", data, "--listen", address)


def test_a_certificate_needs_its_key(data, certificate):
    serve = ["serve", "--data-dir", data, "--listen", "127.0.0.1:0"]
    fails(*serve, "--tls-cert", certificate[0])
    fails(*serve, "--tls-cert", "/nowhere", "--tls-key", "/nowhere")
    fails(*serve, "--tls-cert", certificate[0], "--tls-key", certificate[0])


# -- init


def test_init(tmp_path):
    made = init(tmp_path / "data")
    assert made.keys() == {"organization_id", "api_key", "hmac_key", "hmac_secret"}
    assert made["organization_id"].startswith("org_") and made["api_key"].startswith("ak_")
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert key_file(tmp_path / "data").stat().st_mode & 0o777 == 0o600


def test_init_for_people_names_everything_once(tmp_path):
    text = run("init", "--data-dir", tmp_path / "data").stdout
    assert "ak_" in text and "org_" in text and not text.startswith("{")


def test_init_twice_harms_nothing(tmp_path):
    made = init(tmp_path / "data")
    assert re.search("already|exists", fails("init", "--data-dir", tmp_path / "data"))
    with Server(tmp_path / "data") as server:
        api_of(server, made["api_key"]).get("/v1/machines")


def test_init_where_it_cannot(tmp_path):
    (tmp_path / "file").write_text("")
    fails("init", "--data-dir", tmp_path / "file")
    fails("init", "--data-dir", tmp_path / "file" / "below")


@pytest.mark.parametrize("verb", WITH_DATA, ids=" ".join)
def test_without_a_data_directory(tmp_path, verb):
    assert "nowhere" in fails(*verb, "--data-dir", tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


# -- keys and organizations


def test_keys(data):
    made = run_json("key", "create", "--data-dir", data, "--scopes", "read,control", "--name", 'CI "é" key')
    assert made.keys() >= {"id", "api_key", "scopes"} and sorted(made["scopes"]) == ["control", "read"]
    listed = run("key", "list", "--data-dir", data).stdout
    assert made["id"] in listed and made["api_key"] not in listed and "CI" in listed
    run("key", "revoke", made["id"], "--data-dir", data)
    assert "revoked" in listed_line(made["id"], "key", "list", "--data-dir", data)
    fails("key", "revoke", made["id"], "--data-dir", data)
    fails("key", "revoke", "key_unknown", "--data-dir", data)


@pytest.mark.parametrize("scopes", ["nonsense", "read,nonsense", "", ","])
def test_scopes_that_are_none(data, scopes):
    done = run("key", "create", "--data-dir", data, "--scopes", scopes, check=False)
    assert done.returncode != 0 and done.stdout == ""


def test_a_key_of_an_unknown_organization(data):
    fails("key", "create", "--data-dir", data, "--org", "org_unknown")


def test_organizations(data):
    made = run_json("org", "create", "--data-dir", data, "--name", "Zürich\nbranch")
    assert made.keys() == {"organization_id", "api_key", "hmac_key", "hmac_secret"}
    assert made["organization_id"] in run("org", "list", "--data-dir", data).stdout
    run("org", "set", made["organization_id"], "--name", "Renamed", "--data-dir", data)
    assert "Renamed" in listed_line(made["organization_id"], "org", "list", "--data-dir", data)
    fails("org", "set", "org_unknown", "--name", "x", "--data-dir", data)
    fails("org", "create", "--data-dir", data, "--name", "")
    fails("org", "create", "--data-dir", data, "--name", "n" * 256)


def test_lists_as_json(tmp_path):
    made = init(tmp_path / "data")
    [key] = json.loads(run("key", "list", "--data-dir", tmp_path / "data", "--json").stdout)
    [organization] = json.loads(run("org", "list", "--data-dir", tmp_path / "data", "--json").stdout)
    assert key["id"].startswith("key_") and key["revoked_at"] is None and "api_key" not in key
    assert organization["id"] == made["organization_id"]


def test_several_organizations_must_be_told_apart(tmp_path):
    init(tmp_path / "data")
    run_json("key", "create", "--data-dir", tmp_path / "data")
    run_json("org", "create", "--data-dir", tmp_path / "data", "--name", "second")
    for verb in (["create"], ["list"], ["revoke", "key_x"]):
        assert "--org" in fails("key", *verb, "--data-dir", tmp_path / "data")


def test_the_command_line_works_beside_a_server(fleet):
    made = run_json("org", "create", "--data-dir", fleet.data_dir, "--name", "beside")
    api = fleet.api(made["api_key"])
    api.pool()
    run("key", "list", "--org", made["organization_id"], "--data-dir", fleet.data_dir)


def test_rotating_the_key_file(tmp_path):
    data = tmp_path / "data"
    made = init(data)
    before = key_file(data).read_text()
    with Server(data) as server:
        api = api_of(server, made["api_key"])
        options = {"headers": {"Idempotency-Key": "before"}}
        machine = api.machine(machine_sensitive_parameters={"a": "v"})
        pool = api.post("/v1/pools", {"name": "n"}, **options)
    run("key-file", "rotate", "--data-dir", data)
    after = key_file(data).read_text()
    assert after.startswith(before.rstrip("\n")) and len(after.splitlines()) == len(before.splitlines()) + 1
    with Server(data) as server:
        api = api_of(server, made["api_key"])
        assert api.post("/v1/pools", {"name": "n"}, **options) == pool
        assert api.get(f"/v1/machines/{machine['id']}")["machine_sensitive_parameters"].keys() == {"a"}


def test_rotating_while_a_server_runs(tmp_path):
    data = tmp_path / "data"
    made = init(data)
    with Server(data) as server:
        api = api_of(server, made["api_key"])
        run("key-file", "rotate", "--data-dir", data)
        api.post("/v1/pools", {"name": "n"}, headers={"Idempotency-Key": "after"})
    with Server(data) as server:
        api = api_of(server, made["api_key"])
        api.post("/v1/pools", {"name": "n"}, headers={"Idempotency-Key": "after"})
        assert api.get("/v1/pools")["total"] == 1


@pytest.mark.parametrize("words", ["key list --scopes read", "key revoke x --json", "backup b --key-file k", "org list --name n"])
def test_a_verb_refuses_options_that_have_no_effect_on_it(tmp_path, words):
    done = run(*words.split(), "--data-dir", tmp_path / "data", check=False)
    assert done.returncode == 2 and "unknown option" in done.stderr


def test_keys_that_cannot_be_shown_are_an_error(tmp_path):
    """They are shown once: a full disk behind the pipe must not look like success."""
    with open("/dev/full", "w") as full:
        done = subprocess.run([DESKFLEET, "init", "--data-dir", tmp_path / "data"], stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1 and b"standard output" in done.stderr
    init(tmp_path / "data")  # and nothing stands in the way of the next try
