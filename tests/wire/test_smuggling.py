"""Requests that two parsers could read differently (docs/decisions/0001-http-parser.md). Each gets
400, or what the table says, and the connection ends: nothing after it is taken for a request."""

import pytest

from raw import Connection

HOST = b"Host: test\r\n"
CHUNKED = b"POST /v1/pools HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
INNER = b"GET /v1/health HTTP/1.1\r\nHost: test\r\n\r\n"


def get(*lines):
    return b"GET /v1/health HTTP/1.1\r\n" + HOST + b"".join(lines) + b"\r\n"


def post(*lines, body=b""):
    return b"POST /v1/pools HTTP/1.1\r\n" + HOST + b"".join(lines) + b"\r\n" + body


CASES = {
    "length and chunked": post(b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", body=b"0\r\n\r\n"),
    "chunked and length": post(b"Transfer-Encoding: chunked\r\n", b"Content-Length: 5\r\n", body=b"0\r\n\r\n"),
    "two lengths": post(b"Content-Length: 2\r\n", b"Content-Length: 3\r\n", body=b"{}"),
    "a list of lengths": post(b"Content-Length: 2, 3\r\n", body=b"{}"),
    "length with a sign": post(b"Content-Length: +2\r\n", body=b"{}"),
    "negative length": post(b"Content-Length: -2\r\n", body=b"{}"),
    "hexadecimal length": post(b"Content-Length: 0x2\r\n", body=b"{}"),
    "length with a space inside": post(b"Content-Length: 1 1\r\n", body=b"{}"),
    "length with letters": post(b"Content-Length: 2a\r\n", body=b"{}"),
    "empty length": post(b"Content-Length: \r\n"),
    "length past 64 bits": post(b"Content-Length: 99999999999999999999\r\n"),
    "length folded": post(b"Content-Length:\r\n 2\r\n", body=b"{}"),
    "space before the colon": post(b"Content-Length : 2\r\n", body=b"{}"),
    "tab before the colon": post(b"Transfer-Encoding\t: chunked\r\n", body=b"0\r\n\r\n"),
    "unknown coding": post(b"Transfer-Encoding: xchunked\r\n", body=b"0\r\n\r\n"),
    "identity coding": post(b"Transfer-Encoding: identity\r\n"),
    "coding after chunked": post(b"Transfer-Encoding: chunked, identity\r\n", body=b"0\r\n\r\n"),
    "chunked twice": post(b"Transfer-Encoding: chunked, chunked\r\n", body=b"0\r\n\r\n"),
    "two codings in two headers":
        post(b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: identity\r\n", body=b"0\r\n\r\n"),
    "gzip before chunked": post(b"Transfer-Encoding: gzip, chunked\r\n", body=b"0\r\n\r\n"),
    "quoted coding": post(b'Transfer-Encoding: "chunked"\r\n', body=b"0\r\n\r\n"),
    "coding with a control character": post(b"Transfer-Encoding: \x0bchunked\r\n", body=b"0\r\n\r\n"),
    "chunked in HTTP/1.0": b"POST /v1/pools HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "folded header": get(b"X-A: b\r\n c\r\n"),
    "folded header with a tab": get(b"X-A: b\r\n\tc\r\n"),
    "fold before the first header": b"GET /v1/health HTTP/1.1\r\n X-A: b\r\nHost: test\r\n\r\n",
    "bare CR in a value": get(b"X-A: b\rX-B: c\r\n"),
    "bare CR after an empty value": get(b"X-A:\rX-B: c\r\n"),
    "bare LF after a header": get(b"X-A: b\n", b"X-B: c\r\n"),
    "bare LF everywhere": b"GET /v1/health HTTP/1.1\nHost: test\n\n",
    "bare LF at the end": b"GET /v1/health HTTP/1.1\r\nHost: test\r\n\n",
    "CR CR LF": get(b"X-A: b\r\r\n"),
    "NUL in a value": get(b"X-A: b\0c\r\n"),
    "NUL in a name": get(b"X\0A: b\r\n"),
    "control character in a value": get(b"X-A: b\x07c\r\n"),
    "no colon": get(b"nonsense\r\n"),
    "empty name": get(b": b\r\n"),
    "space in a name": get(b"X A: b\r\n"),
    "bytes past ASCII in a name": get(b"X-\xc3\xa9: b\r\n"),
    "no Host": b"GET /v1/health HTTP/1.1\r\n\r\n",
    "two Hosts": get(b"Host: other\r\n"),
    "two spaces in the request line": b"GET  /v1/health HTTP/1.1\r\nHost: test\r\n\r\n",
    "tab in the request line": b"GET\t/v1/health HTTP/1.1\r\nHost: test\r\n\r\n",
    "space in the target": b"GET /v1/ health HTTP/1.1\r\nHost: test\r\n\r\n",
    "NUL in the target": b"GET /v1/\0health HTTP/1.1\r\nHost: test\r\n\r\n",
    "empty line in front": b"\r\nGET /v1/health HTTP/1.1\r\nHost: test\r\n\r\n",
    "no version": b"GET /v1/health\r\nHost: test\r\n\r\n",
    "lower-case protocol": b"GET /v1/health http/1.1\r\nHost: test\r\n\r\n",
    "version with more digits": b"GET /v1/health HTTP/1.10\r\nHost: test\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200) + b"\r\n\r\n",
    "chunk size with 0x": CHUNKED + b"0x2\r\n{}\r\n0\r\n\r\n",
    "negative chunk size": CHUNKED + b"-2\r\n{}\r\n0\r\n\r\n",
    "chunk size with a sign": CHUNKED + b"+2\r\n{}\r\n0\r\n\r\n",
    "space before the chunk size": CHUNKED + b" 2\r\n{}\r\n0\r\n\r\n",
    "empty chunk size": CHUNKED + b"\r\n{}\r\n0\r\n\r\n",
    "chunk size past 64 bits": CHUNKED + b"10000000000000002\r\n{}\r\n0\r\n\r\n",
    "bare LF after the chunk size": CHUNKED + b"2\n{}\r\n0\r\n\r\n",
    "bare CR after the chunk size": CHUNKED + b"2\r{}\r\n0\r\n\r\n",
    "no CRLF after the chunk": CHUNKED + b"2\r\n{}0\r\n\r\n",
    "wrong bytes after the chunk": CHUNKED + b"2\r\n{}xx0\r\n\r\n",
    "bare LF after the chunk": CHUNKED + b"2\r\n{}\n0\r\n\r\n",
    "bare LF in a chunk extension": CHUNKED + b"2;a=b\nc\r\n{}\r\n0\r\n\r\n",
    "second extension after a plain value": CHUNKED + b"2;a=b;c=d\r\n{}\r\n0\r\n\r\n",
    "framing among the trailers": CHUNKED + b"2\r\n{}\r\n0\r\nContent-Length: 9\r\n\r\n",
    "folded trailer": CHUNKED + b"0\r\nX-A: b\r\n c\r\n\r\n",
    "bare CR in a trailer": CHUNKED + b"0\r\nX-A: b\rc\r\n\r\n",
}  # fmt: skip

CODINGS = [
    "unknown coding", "identity coding", "gzip before chunked", "quoted coding", "coding with a control character",
    "chunked twice", "coding after chunked", "two codings in two headers",
]  # fmt: skip
OTHER_STATUS = {
    **dict.fromkeys(CODINGS, {400, 501}),
    "version with more digits": {400, 505},
    "length past 64 bits": {400, 413},
}


@pytest.mark.parametrize("name", CASES)
def test_refused(fleet, name):
    with Connection(fleet.server) as connection:
        connection.send(CASES[name] + INNER)
        answer = connection.answer()
        assert answer.status in OTHER_STATUS.get(name, {400})
        assert answer.json()["message"]
        assert connection.closed() == b"", "nothing after it was answered"


@pytest.mark.parametrize("version", [b"HTTP/2.0", b"HTTP/1.2", b"HTTP/0.9", b"HTTP/3.0"])
def test_other_versions(fleet, version):
    with Connection(fleet.server) as connection:
        connection.send(b"GET /v1/health " + version + b"\r\nHost: test\r\n\r\n")
        assert connection.answer().status in ({200, 505} if version == b"HTTP/1.2" else {400, 505})


def test_the_preface_of_http2(fleet):
    with Connection(fleet.server) as connection:
        connection.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert connection.answer().status in (400, 505)
        assert connection.closed() == b""


def test_equal_lengths_are_one_request_or_none(fleet):
    with Connection(fleet.server) as connection:
        connection.send(post(b"Content-Length: 2\r\n", b"Content-Length: 2\r\n", body=b"{}") + INNER)
        assert connection.answer().status in (400, 403)


@pytest.mark.parametrize("name", ["length and chunked", "chunk size with 0x", "folded header", "bare CR in a value"])
def test_refused_wherever_the_bytes_are_split(fleet, name):
    data = CASES[name]
    for at in range(1, len(data), 7):
        with Connection(fleet.server) as connection:
            connection.send(data[:at])
            connection.send(data[at:])
            assert connection.answer().status == 400


def test_the_server_is_still_well(fleet):
    fleet.api().get("/v1/health")
