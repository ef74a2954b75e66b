"""The same smoke over every kind of listener: plain, TLS and unix socket, and all of them together."""

import contextlib
import socket
import ssl
import uuid

import httpx
import pytest

import contract
from api import Api
from driver import SCREEN, Driver
from raw import Connection, request
from server import Server, init


class Way:
    """How to reach a server."""

    def __init__(self, kind, server, key, context, unix):
        self.kind, self.server, self.key = kind, server, key
        self.context = context if kind == "tls" else None
        self.unix = unix if kind == "unix" else None
        self.scheme = "s" if self.context else ""
        self.host = "localhost" if self.unix else f"{'localhost' if self.context else '127.0.0.1'}:{server.port}"

    def api(self, key):
        options = {"transport": httpx.HTTPTransport(uds=self.unix)} if self.unix else {}
        return Api(f"http{self.scheme}://{self.host}", key, verify=self.context or True, **options)

    def driver(self, **options):
        return Driver(f"ws{self.scheme}://{self.host}", self.key, ssl=self.context, unix=self.unix, **options)

    def connect(self):
        return Connection(self.server, self.context, self.unix)


@contextlib.contextmanager
def serving(kind, folder, certificate):
    cert, key_file, context = certificate
    data, unix = folder / "data", str(folder / "socket")
    key = init(data)["api_key"]
    options = ["--tls-cert", cert, "--tls-key", key_file] if kind == "tls" else []
    with Server(data, *options, listen=[f"unix:{unix}" if kind == "unix" else "127.0.0.1:0"]) as server:
        assert len(server.listeners) == 1
        yield Way(kind, server, key, context, unix)


@pytest.fixture(scope="module", params=["plain", "tls", "unix"])
def way(request, tmp_path_factory, certificate):
    with serving(request.param, tmp_path_factory.mktemp(request.param), certificate) as made:
        yield made


@pytest.fixture
def api(way):
    made = way.api(way.key)
    yield made
    made.client.close()


def test_reads_and_writes(api):
    api.get("/v1/health")
    machine = api.machine(name="é🖥️")
    pool = api.pool(machine)
    assert api.get(f"/v1/pools/{pool['id']}", include_machines="true")["machines"][0]["name"] == "é🖥️"
    api.post("/v1/pools", {"name": 5}, 422)
    api.delete(f"/v1/machines/{machine['id']}")


def test_credentials_are_asked_for(way):
    way.api(None).get("/v1/machines", 403)
    way.api("ak_wrong").get("/v1/machines", 401)


def test_a_large_answer_and_a_large_request(api):
    text = "d" * 1_000_000
    pool = api.pool(description=text)
    assert api.get(f"/v1/pools/{pool['id']}")["description"] == text
    api.delete(f"/v1/pools/{pool['id']}")


def test_pipelining_and_keep_alive(way):
    with way.connect() as connection:
        connection.send(request("GET", "/v1/health") * 10)
        assert [connection.answer().status for _ in range(10)] == [200] * 10


def test_a_chunked_body(way):
    body = b'{"name":"%s"}' % uuid.uuid4().bytes.hex().encode()
    head = request("POST", "/v1/pools", way.key, headers=["Transfer-Encoding: chunked"])
    with way.connect() as connection:
        for part in (head, b"5\r\n", body[:5], b"\r\n%x\r\n" % len(body[5:]), body[5:], b"\r\n0\r\n\r\n"):
            connection.send(part)
        assert connection.answer().status == 201


def test_a_driver(way, api):
    driver = way.driver().start()
    try:
        [machine] = [m for m in api.get("/v1/machines")["items"] if m["fingerprint"] == driver.fingerprint]
        assert machine["status"] == "connected"
        assert api.get(f"/v1/computer/{machine['id']}/display/screenshot") == SCREEN
        api.post(f"/v1/computer/{machine['id']}/input/keyboard/type", {"text": "x" * 100_000}, 204)
    finally:
        driver.stop()


def test_a_client_that_sends_nothing(way):
    with way.connect():
        way.api(None).get("/v1/health")


# -- what only TLS can get wrong


@pytest.fixture(scope="module")
def tls(tmp_path_factory, certificate):
    with serving("tls", tmp_path_factory.mktemp("tls"), certificate) as made:
        yield made


def test_plain_http_to_a_tls_listener(tls):
    with Connection(tls.server) as connection:
        rest = connection.send(request("GET", "/v1/health")).closed()
        assert b"200" not in rest[:12]
    tls.api(None).get("/v1/health")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_versions(tls, version):
    tls.context.minimum_version = tls.context.maximum_version = version
    try:
        with tls.connect() as connection:
            assert connection.socket.version() == version.name.replace("_", ".")
            assert connection.send(request("GET", "/v1/health")).answer().status == 200
    finally:
        tls.context.minimum_version = ssl.TLSVersion.TLSv1_2
        tls.context.maximum_version = ssl.TLSVersion.MAXIMUM_SUPPORTED


def test_half_a_handshake(tls):
    for data in (b"\x16\x03\x01", b"\x16\x03\x01\xff\xff" + b"x" * 5000, b"\0" * 100):
        with Connection(tls.server) as connection:
            connection.send(data)
            tls.api(None).get("/v1/health")


def test_a_cut_connection_is_no_end_of_a_body(tls):
    with tls.connect() as connection:
        connection.send(request("POST", "/v1/pools", tls.key, headers=["Content-Length: 100"]) + b'{"name":"cut"}')
        connection.socket.shutdown(socket.SHUT_RDWR)
    assert all(p["name"] != "cut" for p in tls.api(tls.key).get("/v1/pools", limit=1000)["items"])


# -- several listeners, and what cannot be bound


def test_several_listeners_at_once(tmp_path):
    data, unix = tmp_path / "data", tmp_path / "socket"
    key = init(data)["api_key"]
    with Server(data, listen=["127.0.0.1:0", f"unix:{unix}", "127.0.0.1:0"]) as server:
        assert len(server.listeners) == 3 and len(set(server.listeners)) == 3
        assert unix.stat().st_mode & 0o777 == 0o600
        for address in server.listeners:
            kind = "unix" if address.startswith("unix:") else "plain"
            server.port = None if kind == "unix" else int(address.rpartition(":")[2])
            Way(kind, server, key, None, str(unix)).api(key).get("/v1/machines")
    assert not unix.exists(), "the socket is removed"


def test_a_stale_unix_socket_is_replaced(tmp_path):
    data, unix = tmp_path / "data", tmp_path / "socket"
    init(data)
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(unix))
    with Server(data, listen=[f"unix:{unix}"]):
        contract.check_error(httpx.Client(transport=httpx.HTTPTransport(uds=str(unix))).get("http://x/nowhere").json())


def test_a_unix_socket_in_use_is_left_alone(tmp_path):
    unix = tmp_path / "socket"
    init(tmp_path / "one"), init(tmp_path / "two")
    with Server(tmp_path / "one", listen=[f"unix:{unix}"]):
        second = Server(tmp_path / "two", listen=[f"unix:{unix}"])
        with pytest.raises(AssertionError, match="ready line"):
            second.start()
        assert second.process.wait(10) != 0
        Way("unix", None, None, None, str(unix)).api(None).get("/v1/health")
