"""What an operator meets: start and stop, logs, metrics, and hosts that are not as they should be."""

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import httpx
import pytest

from api import api_of, message
from data_dir import database, is_intact, key_file, query
from driver import Driver, gate
from raw import Connection, request
from server import DESKFLEET, Server, init, run, wait_until


def refuses_to_serve(data_dir, *options, user=None):
    """The error line of a serve that must not come up."""
    done = run("serve", "--data-dir", data_dir, "--listen", "127.0.0.1:0", *options, check=False, user=user)
    assert done.returncode != 0 and done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert lines, "it says why"
    return lines[-1]


# -- start and stop


def test_the_ready_line(tmp_path):
    init(tmp_path / "data")
    with Server(tmp_path / "data", listen=["127.0.0.1:0", f"unix:{tmp_path}/socket"]) as server:
        assert re.fullmatch(r"127\.0\.0\.1:\d+", server.listeners[0])
        assert server.listeners[1] == f"unix:{tmp_path}/socket"
        assert re.fullmatch(r"127\.0\.0\.1:\d+", server.operator)


def test_ready_means_ready(tmp_path):
    key = init(tmp_path / "data")["api_key"]
    for _ in range(5):
        with Server(tmp_path / "data") as server:
            api_of(server, key).get("/v1/machines")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains(tmp_path, number):
    key = init(tmp_path / "data")["api_key"]
    server = Server(tmp_path / "data").start()
    answer, open_gate = gate()
    driver = Driver(f"ws://{server.host}:{server.port}", key, answer=answer).start()
    api = api_of(server, key)
    [machine] = api.get("/v1/machines")["items"]
    got = []

    def ask():
        got.append(api_of(server, key).get(f"/v1/computer/{machine['id']}/display/dimensions"))

    caller = threading.Thread(target=ask)
    caller.start()
    driver.wait_requests(1)
    with Connection(server) as idle:
        os.kill(server.pid, number)
        assert idle.closed() == b"", "an idle connection is closed at once"
    open_gate()
    caller.join()
    assert got == [{"width": 1280, "height": 800}], "the request in flight was answered"
    assert server.process.wait(10) == 0
    driver.stop()
    server.stop()


def test_a_drain_does_not_wait_for_ever(tmp_path):
    key = init(tmp_path / "data")["api_key"]
    with Server(tmp_path / "data", config={"drain-ms": 500}) as server:
        part = b"POST /v1/pools HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\n{"
        slow = [Connection(server).send(part) for _ in range(20)]
        api_of(server, key).get("/v1/pools")
        begin = time.monotonic()
    assert time.monotonic() - begin < 5
    assert all(connection.closed()[:5] in (b"", b"HTTP/") for connection in slow)


def test_one_server_on_a_data_directory(tmp_path):
    key = init(tmp_path / "data")["api_key"]
    with Server(tmp_path / "data") as server:
        assert "another server" in refuses_to_serve(tmp_path / "data")
        api_of(server, key).pool()
    with Server(tmp_path / "data") as server:
        assert api_of(server, key).get("/v1/pools")["total"] == 1


def test_a_killed_server_leaves_no_lock(tmp_path):
    init(tmp_path / "data")
    Server(tmp_path / "data").start().kill()
    with Server(tmp_path / "data"):
        pass


def test_an_address_in_use(tmp_path):
    init(tmp_path / "one"), init(tmp_path / "two")
    with Server(tmp_path / "one") as server:
        done = run("serve", "--data-dir", tmp_path / "two", "--listen", f"127.0.0.1:{server.port}", check=False)
        assert done.returncode != 0 and str(server.port) in done.stderr


# -- logs and metrics


def logged(server, answer):
    """The one line of the log about a request."""
    wanted = answer.headers["x-request-id"]

    def find():
        return [r for r in server.log_records() if r["event"] == "request" and r["request"] == wanted]

    [record] = wait_until(find, "the request in the log")
    return record


def test_log_lines_carry_the_request_id(fleet, api):
    machine = api.machine()
    path = f"/v1/machines/{machine['id']}"
    for client, method, status in ((api, "DELETE", "204"), (api, "DELETE", "404"), (fleet.api(), "GET", "403")):
        record = logged(fleet.server, client.request(method, path))
        told = record["method"], record["path"], record["status"]
        assert told == (method, "/v1/machines/{machine_id}", status)


def test_at_debug_level_successful_reads_are_logged_too(tmp_path):
    key = init(tmp_path / "data")["api_key"]
    with Server(tmp_path / "data", "--log-level", "debug") as server:
        assert logged(server, api_of(server, key).request("GET", "/v1/machines"))["status"] == "200"


def test_a_failure_says_why_in_the_log(fleet, api):
    machine = api.machine()
    wanted = api.request("GET", f"/v1/computer/{machine['id']}/display/screenshot").headers["x-request-id"]
    [record] = [r for r in fleet.server.log_records() if r["event"] == "call.failed" and r["request"] == wanted]
    assert machine["id"] in record["message"]


def test_no_credentials_in_the_log(fleet, api):
    api.get("/v1/machines")
    fleet.api("ak_mistyped_by_somebody").get("/v1/machines", 401)
    log = fleet.server.log()
    assert api.key not in log and "ak_mistyped" not in log


def test_metrics_stand_on_the_operators_listener_only(fleet, api):
    api.get("/v1/machines")
    answer = httpx.get(f"http://{fleet.server.operator}/metrics", trust_env=False)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    samples = [line for line in lines if line and not line.startswith("#")]
    sample = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*(\{[^{}]*\})? [-+]?(\d+(\.\d+)?([eE][-+]?\d+)?|Inf|NaN)")
    assert samples and all(sample.fullmatch(line) for line in samples)
    named = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    assert all(any(re.split(r"[{ ]", line)[0].startswith(name) for name in named) for line in samples)
    assert any("list_machines" in line for line in samples)
    assert fleet.api().request("GET", "/metrics").status_code == 404
    assert httpx.get(f"http://{fleet.server.operator}/v1/machines", trust_env=False).status_code == 404


def test_metrics_hold_no_names_of_tenants(fleet, api):
    machine = api.machine(name="secret name")
    text = httpx.get(f"http://{fleet.server.operator}/metrics", trust_env=False).text
    assert machine["id"] not in text and "secret name" not in text


# -- configuration


def config(tmp_path, text):
    path = tmp_path / "deskfleet.conf"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "text, named",
    [
        ("nonsense-key = 1\n", "nonsense-key"),
        ("# comment\n\nlow-disk-watermark = many\n", "low-disk-watermark"),
        ("tunnel-timeout-ms\n", "1"),
        ("tunnel-timeout-ms = -5\n", "tunnel-timeout-ms"),
        ("tunnel-timeout-ms = 99999999999999999999\n", "tunnel-timeout-ms"),
    ],
)
def test_a_wrong_configuration_is_refused(tmp_path, text, named):
    init(tmp_path / "data")
    line = refuses_to_serve(tmp_path / "data", "--config", config(tmp_path, text))
    assert named in line and "deskfleet.conf" in line


def test_a_missing_configuration_is_refused(tmp_path):
    init(tmp_path / "data")
    assert "nowhere.conf" in refuses_to_serve(tmp_path / "data", "--config", tmp_path / "nowhere.conf")


def test_options_of_the_command_line_stand_in_the_file_too(tmp_path):
    key = init(tmp_path / "data")["api_key"]
    path = config(tmp_path, f"data-dir = {tmp_path / 'data'}\nlisten = 127.0.0.1:0\nlow-disk-watermark = 0\n")
    server = Server(tmp_path / "data")
    server.command = [DESKFLEET, "serve", "--config", str(path)]
    with server:
        api_of(server, key).get("/v1/machines")


# -- hosts that are not as they should be


def test_no_data_directory(tmp_path):
    assert "nowhere" in refuses_to_serve(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_a_file_that_is_no_database(tmp_path):
    init(tmp_path / "data")
    database(tmp_path / "data").write_bytes(b"this is a diary\n" * 1000)
    refuses_to_serve(tmp_path / "data")


def test_a_database_of_a_newer_version(tmp_path):
    init(tmp_path / "data")
    query(tmp_path / "data", "UPDATE settings SET value = '999' WHERE key = 'schema_version'")
    before = database(tmp_path / "data").read_bytes()
    line = refuses_to_serve(tmp_path / "data")
    assert "newer" in line and "999" in line
    assert database(tmp_path / "data").read_bytes() == before


def test_a_missing_key_file(tmp_path):
    init(tmp_path / "data")
    path = key_file(tmp_path / "data")
    path.unlink()
    assert path.name in refuses_to_serve(tmp_path / "data")
    assert not path.exists(), "no new one is made in silence"


def test_the_key_file_of_another_installation(tmp_path):
    init(tmp_path / "data"), init(tmp_path / "other")
    shutil.copy(key_file(tmp_path / "other"), key_file(tmp_path / "data"))
    assert "key" in refuses_to_serve(tmp_path / "data")


def test_a_damaged_key_file(tmp_path):
    init(tmp_path / "data")
    path = key_file(tmp_path / "data")
    for text in ("", "deskfleet-keys 1\n", path.read_text()[:-20]):
        path.write_text(text)
        assert path.name in refuses_to_serve(tmp_path / "data")


def test_a_key_file_that_others_may_read(tmp_path):
    init(tmp_path / "data")
    path = key_file(tmp_path / "data")
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    assert path.name in refuses_to_serve(tmp_path / "data")


def test_files_are_the_owners_alone(tmp_path):
    init(tmp_path / "data")
    with Server(tmp_path / "data"):
        assert all(p.stat().st_mode & 0o077 == 0 for p in (tmp_path / "data").rglob("*") if p.is_file())


def test_a_data_directory_that_may_not_be_written():
    """Root may write anywhere, so as root this runs the server as another user."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        user = None
        init(data)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            user = nobody.pw_uid
            for path in [Path(folder), data, *data.rglob("*")]:
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
        for path in [*data.rglob("*"), data]:
            path.chmod(0o500 if path.is_dir() else 0o400)
        line = refuses_to_serve(data, user=user)
        assert str(data) in line
        data.chmod(0o700)


# -- disks


def test_the_watermark_refuses_what_is_new_and_keeps_the_rest(tmp_path):
    key = init(tmp_path / "data")["api_key"]
    with Server(tmp_path / "data") as server:
        api = api_of(server, key)
        machine, pool = api.machine(), api.pool()
    with Server(tmp_path / "data", config={"low-disk-watermark": 1 << 60}) as server:
        api = api_of(server, key)
        body = api.post("/v1/pools", {"name": "new"}, 503)
        assert "disk" in message(body)
        api.post("/v1/machines", {"fingerprint": "f", "unkey_key_id": "k"}, 503)
        assert api.get(f"/v1/machines/{machine['id']}")["id"] == machine["id"]
        api.delete(f"/v1/pools/{pool['id']}")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 8 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("mounting a small tmpfs needs root")
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder]
    mounted = subprocess.run(mount, capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"this host does not let us mount a tmpfs: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk(small_disk):
    key = init(small_disk / "data")["api_key"]
    server = Server(small_disk / "data")
    server.log_path = small_disk.parent / "log"
    with server:
        api = api_of(server, key)
        kept, refused = [], []
        for number in range(2000):
            answer = api.request("POST", "/v1/pools", json={"name": f"p{number}", "description": "d" * 20_000})
            (kept if answer.status_code == 201 else refused).append(answer)
            if len(refused) == 5:
                break
        assert kept and len(refused) == 5, "the disk did fill up"
        assert all(r.status_code in (500, 503) and message(r.json()) for r in refused)
        assert api.get("/v1/pools", limit=1)["total"] == len(kept)
        api.get("/v1/health")
    assert is_intact(small_disk / "data")
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    with Server(small_disk / "data") as server:
        api = api_of(server, key)
        assert api.get("/v1/pools", limit=1)["total"] == len(kept)
        api.pool()


def test_a_pipe_nobody_reads_does_not_stop_the_server(tmp_path):
    """The ready line and the log go to whoever started the server; it may have left."""
    key = init(tmp_path / "data")["api_key"]
    server = Server(tmp_path / "data").start()
    server.process.stdout.close()
    with Connection(server) as connection:
        assert connection.send(request("GET", "/v1/machines", key)).answer().status == 200
    os.kill(server.pid, signal.SIGTERM)
    assert server.process.wait(10) == 0


def test_a_key_file_from_before_a_rotation_is_refused(tmp_path):
    """It opens what was sealed at first, but not what has been resealed since."""
    data = tmp_path / "data"
    key = init(data)["api_key"]
    old = key_file(data).read_bytes()
    with Server(data) as server:
        api_of(server, key).machine(machine_sensitive_parameters={"password": "hunter2"})
        run("key-file", "rotate", "--data-dir", data)
        wait_until(lambda: any(r["event"] == "maintenance.resealed" for r in server.log_records()), "the resealing")
    key_file(data).write_bytes(old)
    assert "lacks key 2" in refuses_to_serve(data)
