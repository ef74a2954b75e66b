"""The tunnel: joining, frames and their traps, coming back, and the end."""
import json
import os
import signal
import subprocess
import time
import uuid

import pytest

from conftest import DRIVER
from desktop import Desktop, wait_until
from fake_server import FakeServer

DIMENSIONS = "/computer/display/dimensions"
META = json.dumps({"requestId": "a", "method": "GET", "path": DIMENSIONS, "query": "", "headers": {}})


def test_headers(server, start_driver):
    start_driver("--url", server.url, "--name", "Reception 1")
    tunnel = server.accept()
    assert tunnel.path == "/tunnel/ws"
    assert tunnel.headers["Authorization"] == "Bearer ak_test"
    assert uuid.UUID(tunnel.headers["X-PIGLET-FINGERPRINT"]).version == 4
    assert tunnel.headers["X-PIGLET-VERSION"].startswith("0.")  # below 1.0: one request at a time
    assert tunnel.headers["X-Piglet-Hostname"] == os.uname().nodename
    assert tunnel.headers["X-Cyberdriver-Name"] == "Reception 1"
    assert tunnel.headers["X-Deskfleet-Driver"]
    assert tunnel.is_silent(0.3)


def test_identity_is_kept_and_renewed(server, start_driver):
    seen = []
    for options in [], [], ["--new-identity"], []:
        driver = start_driver("--url", server.url, *options)
        seen.append(server.accept().headers["X-PIGLET-FINGERPRINT"])
        assert driver.stop() == 0
    assert seen[0] == seen[1] != seen[2] == seen[3]


def test_secret_is_not_on_the_command_line(driver, server):
    server.accept()
    with open(f"/proc/{driver.process.pid}/cmdline", "rb") as words:
        assert b"ak_test" not in words.read()
    assert "ak_test" not in driver.log()


def test_answer_frames(tunnel):
    answer = tunnel.request("GET", DIMENSIONS, id="some id")
    assert answer.id == "some id"
    assert answer.headers["content-type"] == "application/json"
    assert len(answer.frames) == 1
    assert tunnel.request("GET", DIMENSIONS, id=17).id == 17


def test_large_answers_come_in_pieces(tunnel):
    answer = tunnel.get("/computer/display/screenshot", "width=3000&height=3000")
    assert sum(answer.frames) == int(answer.headers["content-length"])
    assert all(size <= 64 * 1024 for size in answer.frames)


@pytest.mark.parametrize("method, path, status, detail", [
    ("GET", "/", 404, "Not Found"),
    ("GET", "/computer/display/dimensions/", 404, "Not Found"),
    ("GET", "/computer/nothing", 404, "Not Found"),
    ("POST", DIMENSIONS, 405, "Method Not Allowed"),
    ("HEAD", DIMENSIONS, 405, "Method Not Allowed"),
    ("GET", "/computer/input/mouse/click", 405, "Method Not Allowed"),
])
def test_unknown_operations(tunnel, method, path, status, detail):
    answer = tunnel.request(method, path)
    assert (answer.status, answer.json()) == (status, {"detail": detail})
    assert ("allow" in answer.headers) == (status == 405)


def test_lower_case_method_and_path_without_slash(tunnel):
    assert tunnel.request("get", DIMENSIONS[1:]).status == 200


def test_body_past_the_limit(tunnel):
    answer = tunnel.post("/computer/input/keyboard/type", b'{"text":"' + b"a" * (3 << 20) + b'"}')
    assert answer.status == 413


def test_missing_members(tunnel):
    tunnel.send(json.dumps({"requestId": 1, "method": "GET", "path": DIMENSIONS}), "end")
    assert tunnel.answer().status == 200


def test_second_meta_replaces_the_first(tunnel):
    tunnel.send(META, META.replace('"a"', '"b"'), "end", "end")
    assert tunnel.answer().id == "b"
    assert tunnel.is_silent(0.3)


def test_two_requests_in_a_row_are_answered_in_order(tunnel):
    tunnel.send(META, "end", META.replace('"a"', '"b"'), "end")
    assert [tunnel.answer().id, tunnel.answer().id] == ["a", "b"]


def test_strays_are_ignored(tunnel):
    tunnel.send("end", b"stray", "end")
    assert tunnel.request("GET", DIMENSIONS).status == 200


@pytest.mark.parametrize("text", ["hello", "{", "[]", '{"method":"GET"}', '{"requestId":null}'])
def test_text_that_is_no_meta(tunnel, server, text):
    tunnel.send(text)
    assert tunnel.closed() == 1011
    assert server.accept().request("GET", DIMENSIONS).status == 200


def test_answers_pings(tunnel):
    tunnel.ping()


@pytest.mark.parametrize("code", [1000, 1008, 1011, 4009])
def test_comes_back_after_a_close(tunnel, server, code):
    started = time.monotonic()
    tunnel.close(code, "for a test")
    assert server.accept().request("GET", DIMENSIONS).status == 200
    assert 0.6 <= time.monotonic() - started <= 3


def test_comes_back_after_an_abort_and_a_refusal(tunnel, server):
    server.refusals.put(503)
    tunnel.abort()
    started = time.monotonic()
    assert server.accept().request("GET", DIMENSIONS).status == 200
    assert 0.7 + 1.4 - 0.1 <= time.monotonic() - started  # the first two waits of the table


def test_a_half_sent_request_dies_with_its_connection(tunnel, server):
    tunnel.send(META)
    tunnel.close(1000)
    again = server.accept()
    again.send("end")
    assert again.is_silent(0.3)


def test_waits_as_long_as_it_is_told(tunnel, server):
    started = time.monotonic()
    tunnel.close(4008, "Rate limited. Wait 3 seconds")
    server.accept()
    assert 2.9 <= time.monotonic() - started <= 5


def test_rejected_by_close_code(tunnel, driver):
    tunnel.close(4001, "unknown key")
    assert driver.exit_status() == 3
    assert "rejects this key" in driver.log()


@pytest.mark.parametrize("status", [401, 403])
def test_rejected_at_the_upgrade(server, start_driver, status):
    server.refusals.put(status)
    assert start_driver("--url", server.url).exit_status() == 3
    assert server.attempts.qsize() == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_in_order(tunnel, driver, number):
    driver.process.send_signal(number)
    assert tunnel.closed() == 1000
    assert driver.exit_status() == 0


def test_stops_while_nobody_answers(start_driver):
    driver = start_driver("--url", "http://127.0.0.1:9")
    wait_until(lambda: "driver.refused" in driver.log(), "a refused attempt")
    assert driver.stop() == 0


def test_once(server, start_driver):
    driver = start_driver("--url", server.url, "--once")
    server.accept().close(1000)
    assert driver.exit_status() == 1
    assert server.attempts.qsize() == 1


def test_unix_socket_needs_no_secret_and_waits_for_nobody(start_driver, tmp_path):
    path = str(tmp_path / "tunnel.sock")
    driver = start_driver("--url", f"unix:{path}", secret="")
    time.sleep(0.3)  # it tries in vain meanwhile
    with FakeServer(path) as server:
        tunnel = server.accept(timeout=2)
        assert "Authorization" not in tunnel.headers
        assert tunnel.request("GET", DIMENSIONS).status == 200
        started = time.monotonic()
        tunnel.close(1011)
        server.accept(timeout=2)
        assert time.monotonic() - started < 0.6
        assert driver.stop() == 0


def test_exits_when_the_x_server_is_gone(server, start_driver, tmp_path):
    folder = tmp_path / "other"
    folder.mkdir()
    desktop = Desktop(folder, geometry="320x200", bare=True)
    try:
        driver = start_driver("--url", server.url, on=desktop)
        tunnel = server.accept()
        assert tunnel.request("GET", DIMENSIONS).json() == {"width": 320, "height": 200}
        desktop.server.kill()
        assert tunnel.closed() == 1000
        assert driver.exit_status() == 1
        assert "driver.display_gone" in driver.log()
    finally:
        desktop.close()


def test_no_display(start_driver, server):
    driver = start_driver("--url", server.url, "--display", ":9999")
    assert driver.exit_status() == 1
    assert "cannot open display :9999" in driver.log()


def test_damaged_identity(start_driver, server, tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.json").write_text("{")
    driver = start_driver("--url", server.url)
    assert driver.exit_status() == 1
    assert "--new-identity" in driver.log()


@pytest.mark.parametrize("words, status, text", [
    (["--version"], 0, "deskfleet-driver "),
    (["--help"], 0, "Usage: deskfleet-driver join"),
    (["join", "--help"], 0, "--allow-insecure"),
    ([], 2, "--help"),
    (["join"], 2, "--url"),
    (["join", "--url", "http://example.org", "--secret", "k"], 2, "--allow-insecure"),
])
def test_command_line(words, status, text):
    ran = subprocess.run([DRIVER, *words], capture_output=True, text=True, timeout=20)
    assert ran.returncode == status
    assert text in (ran.stdout if status == 0 else ran.stderr)
