"""HTTP/1.1 as clients and proxies use it, and as they misuse it."""

import json
import socket
import time
import uuid

import pytest

import contract
from raw import Connection, exchange, request


def pool_body(name=None):
    return json.dumps({"name": name or str(uuid.uuid4())}).encode()


# -- connections


def test_a_connection_serves_many_requests(fleet):
    with Connection(fleet.server) as connection:
        for _ in range(50):
            assert connection.send(request("GET", "/v1/health")).answer().status == 200


def test_pipelined_requests_are_answered_in_order(fleet, api):
    pools = [api.pool() for _ in range(20)]
    with Connection(fleet.server) as connection:
        connection.send(b"".join(request("GET", f"/v1/pools/{p['id']}", api.key) for p in pools))
        assert [connection.answer().json()["id"] for _ in pools] == [p["id"] for p in pools]


def test_pipelined_writes_and_reads(fleet, api):
    with Connection(fleet.server) as connection:
        data = b""
        for number in range(10):
            data += request("POST", "/v1/pools", api.key, pool_body(f"p{number}")) + request("GET", "/v1/pools", api.key)
        connection.send(data)
        for number in range(10):
            assert connection.answer().status == 201
            assert connection.answer().json()["total"] == number + 1


def test_an_error_does_not_end_the_connection(fleet, api):
    with Connection(fleet.server) as connection:
        for data, status in (
            (request("GET", "/nowhere"), 404),
            (request("GET", "/v1/machines"), 403),
            (request("POST", "/v1/pools", api.key, b"{"), 422),
            (request("GET", "/v1/health"), 200),
        ):
            assert connection.send(data).answer().status == status


def test_connection_close_is_obeyed(fleet):
    with Connection(fleet.server) as connection:
        answer = connection.send(request("GET", "/v1/health", headers=["Connection: close"]) * 2).answer()
        assert answer.status == 200 and answer.headers["connection"].lower() == "close"
        assert connection.closed() == b""


def test_http10_closes_unless_asked(fleet):
    with Connection(fleet.server) as connection:
        assert connection.send(b"GET /v1/health HTTP/1.0\r\n\r\n").answer().status == 200
        assert connection.closed() == b""


def test_a_half_closed_client_gets_its_answers(fleet, api):
    with Connection(fleet.server) as connection:
        connection.send(request("GET", "/v1/health") + request("POST", "/v1/pools", api.key, pool_body()))
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.answer().status == 200 and connection.answer().status == 201
        assert connection.closed() == b""


PARTS = [
    b"", b"G", b"GET /v1/health HTTP/1.1\r\nHost:", b"POST /v1/pools HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\n{",
]  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
def test_half_closing_inside_a_request_ends_it(fleet, part):
    with Connection(fleet.server) as connection:
        connection.send(part)
        connection.socket.shutdown(socket.SHUT_WR)
        rest = connection.closed()
        assert rest == b"" or rest.startswith((b"HTTP/1.1 400", b"HTTP/1.1 403", b"HTTP/1.1 408"))


def test_bytes_one_by_one(fleet, api):
    with Connection(fleet.server) as connection:
        for byte in request("POST", "/v1/pools", api.key, pool_body()):
            connection.send(bytes([byte]))
        assert connection.answer().status == 201


def test_a_client_that_vanishes_disturbs_nobody(fleet, api):
    for _ in range(20):
        with Connection(fleet.server) as connection:
            connection.send(request("GET", "/v1/pools", api.key) * 5)
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    api.get("/v1/health")


# -- methods and targets


@pytest.mark.parametrize("path", ["/v1/health", "/openapi.json", "/v1/pools", "/nowhere"])
def test_head_is_get_without_the_body(fleet, api, path):
    with Connection(fleet.server) as connection:
        whole = connection.send(request("GET", path, api.key)).answer()
        head = connection.send(request("HEAD", path, api.key)).answer("HEAD")
        again = connection.send(request("GET", "/v1/health")).answer()
    assert head.status == whole.status and head.headers["content-type"] == whole.headers["content-type"]
    assert int(head.headers["content-length"]) == len(whole.body)
    assert again.status == 200


ALLOWED = {
    "/v1/machines": "GET HEAD POST",
    "/v1/health": "GET HEAD",
    f"/v1/machines/{uuid.uuid4()}": "DELETE GET HEAD PATCH",
    f"/v1/pools/{uuid.uuid4()}/machines": "DELETE POST",
    "/docs": "GET HEAD",
}


@pytest.mark.parametrize("path", ALLOWED)
@pytest.mark.parametrize("method", ["PUT", "OPTIONS", "TRACE", "PROPFIND", "get"])
def test_a_wrong_method_is_405_and_says_which_are_right(fleet, path, method):
    answer = exchange(fleet.server, request(method, path))
    if answer.status != 405:
        assert method in ("PROPFIND", "get") and answer.status in (400, 501)
        return
    contract.check_error(answer.json())
    assert sorted(word.strip() for word in answer.headers["allow"].split(",")) == ALLOWED[path].split()


UNKNOWN = [
    "/v1/machines/", "/v1//machines", "//v1/machines", "/v1", "/V1/machines", "/v1/machines%2F", "/v1/machines/../health",
    "/v1/./machines", "/v1/%6dachines%", "/v1/machines/%zz", "/v1/health%00", "/%2e%2e/etc/passwd", "/metrics", "/v1/runs",
]  # fmt: skip


@pytest.mark.parametrize("path", UNKNOWN)
def test_an_unknown_path_is_404_and_no_redirect(fleet, path):
    answer = exchange(fleet.server, request("GET", path))
    assert answer.status in ((404, 400) if "%" in path else (404,))
    contract.check_error(answer.json())


def test_an_escaped_path_is_the_same_path(fleet):
    assert exchange(fleet.server, request("GET", "/v1/%68ealth")).status == 200


def test_a_target_in_absolute_form(fleet):
    assert exchange(fleet.server, request("GET", "http://test/v1/health")).status == 200


def test_a_query_is_decoded_once(fleet, api):
    api.machine(name="a b+c%20&d=é")
    target = "/v1/machines?search=a+b%2Bc%2520%26d%3D%C3%A9"
    assert exchange(fleet.server, request("GET", target, api.key)).json()["total"] == 1


ODD = ["search=%zz", "search=%", "search=%ff", "search=%00", "skip=%31", "=", "&&&", "skip=1&skip=2", "a" * 2000]


@pytest.mark.parametrize("query", ODD)
def test_odd_queries_are_answered_calmly(fleet, api, query):
    assert exchange(fleet.server, request("GET", f"/v1/machines?{query}", api.key)).status in (200, 400, 422)


# -- limits


def test_a_target_too_long_is_414(fleet):
    answer = exchange(fleet.server, request("GET", "/v1/health?" + "a" * 100_000))
    assert answer.status == 414
    contract.check_error(answer.json())


def test_headers_too_large_are_431(fleet):
    assert exchange(fleet.server, request("GET", "/v1/health", headers=["X-Large: " + "a" * 200_000])).status == 431


def test_too_many_headers_are_431(fleet):
    assert exchange(fleet.server, request("GET", "/v1/health", headers=[f"X-{n}: 1" for n in range(2000)])).status == 431


def test_an_endless_header_is_cut_off(fleet):
    with Connection(fleet.server) as connection:
        connection.send(b"GET /v1/health HTTP/1.1\r\nX: ")
        end = time.monotonic() + 10
        try:
            while time.monotonic() < end:
                connection.socket.sendall(b"a" * 65536)
            pytest.fail("10 s of one header were taken")
        except (BrokenPipeError, ConnectionResetError):
            pass


def test_a_body_too_large_is_refused_before_it_is_sent(fleet, api):
    with Connection(fleet.server) as connection:
        headers = [f"Content-Length: {10 << 30}", "Content-Type: application/json"]
        answer = connection.send(request("POST", "/v1/pools", api.key, headers=headers)).answer()
        assert answer.status == 413
        contract.check_error(answer.json())
        assert connection.closed() == b""


def test_a_chunked_body_too_large_is_413(fleet, api):
    with Connection(fleet.server) as connection:
        connection.send(request("POST", "/v1/pools", api.key, headers=["Transfer-Encoding: chunked"]))
        for _ in range(40):
            connection.send(b"10000\r\n" + b" " * 65536 + b"\r\n")
        assert connection.answer().status == 413


def test_a_chunk_of_many_gigabytes_is_413(fleet, api):
    head = request("POST", "/v1/pools", api.key, headers=["Transfer-Encoding: chunked"])
    assert exchange(fleet.server, head + b"7fffffffffffffff\r\n{").status in (400, 413)


def test_an_endless_chunk_extension_is_cut_off(fleet, api):
    with Connection(fleet.server) as connection:
        connection.send(request("POST", "/v1/pools", api.key, headers=["Transfer-Encoding: chunked"]) + b"2;")
        for _ in range(64):
            connection.send(b"a" * 65536)
        assert connection.closed()[:12] in (b"", b"HTTP/1.1 400", b"HTTP/1.1 413", b"HTTP/1.1 431")


# -- bodies


@pytest.mark.parametrize("size", [1, 3, 100])
def test_a_chunked_body(fleet, api, size):
    body = pool_body()
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in [*parts, b""])
    headers = ["Transfer-Encoding: chunked", "Content-Type: application/json"]
    assert exchange(fleet.server, request("POST", "/v1/pools", api.key, headers=headers) + chunks).status == 201


def test_chunk_extensions_and_trailers_are_passed_over(fleet, api):
    body = pool_body()
    head = request("POST", "/v1/pools", api.key, headers=["Transfer-Encoding: Chunked"])
    data = head + b"%X;a=\"b c\"\r\n%s\r\n0;last\r\nX-Trailer: v\r\n\r\n" % (len(body), body)
    with Connection(fleet.server) as connection:
        assert connection.send(data + request("GET", "/v1/health")).answer().status == 201
        assert connection.answer().status == 200


def test_expect_continue(fleet, api):
    body = pool_body()
    with Connection(fleet.server) as connection:
        headers = [f"Content-Length: {len(body)}", "Content-Type: application/json", "Expect: 100-continue"]
        connection.send(request("POST", "/v1/pools", api.key, headers=headers))
        assert connection.head().status == 100
        assert connection.send(body).answer().status == 201


def test_expect_continue_of_a_body_too_large(fleet, api):
    with Connection(fleet.server) as connection:
        headers = ["Content-Length: 99999999", "Expect: 100-continue"]
        assert connection.send(request("POST", "/v1/pools", api.key, headers=headers)).answer().status == 413


def test_another_expectation_is_417(fleet):
    assert exchange(fleet.server, request("GET", "/v1/health", headers=["Expect: miracles"])).status == 417


# -- answers


def test_every_answer_has_an_id_of_its_own(fleet, api):
    ids = [api.request("GET", path).headers["x-request-id"] for path in ("/v1/health", "/nowhere", "/v1/machines") * 5]
    assert len(set(ids)) == len(ids)


def test_a_refused_request_has_an_id_too(fleet):
    assert exchange(fleet.server, b"nonsense\r\n\r\n").headers["x-request-id"]


def test_answers_are_not_stored_or_sniffed(api):
    headers = api.request("GET", "/v1/machines").headers
    assert headers["content-type"] == "application/json"
    assert headers.get("x-content-type-options", "nosniff") == "nosniff"
    assert "server" not in headers or "/" not in headers["server"], "no version is told"


def test_a_header_cannot_be_injected_through_an_id(fleet):
    answer = exchange(fleet.server, request("GET", "/v1/machines/%0d%0aX-Evil:%201", "ak_x"))
    assert "x-evil" not in answer.headers
