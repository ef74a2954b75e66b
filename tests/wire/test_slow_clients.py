"""Ten thousand clients that send a byte now and then, or nothing: the others do not feel them."""

import resource
import select
import socket
import time

import pytest

from server import DEADLINE

WANTED = 10_000


@pytest.fixture
def room():
    """Raises this process's limit of open files as far as it goes; the server inherits it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < WANTED + 500:
        pytest.skip(f"only {hard} files may be open (RLIMIT_NOFILE)")
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def wait_connected(client):
    poll = select.poll()
    poll.register(client, select.POLLOUT)
    assert poll.poll(DEADLINE * 1000), "the server accepts no more"


def connect(server, count):
    clients = []
    for _ in range(count):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex((server.host, server.port))
        clients.append(client)
        if len(clients) % 500 == 0:
            wait_connected(client)
    return clients


def test_ten_thousand_slow_clients(room, fleet, api):
    pool = api.pool()
    clients = connect(fleet.server, WANTED)
    try:
        for client in clients:
            client.send(b"GET /v1/health HTTP/1.1\r\nX-Slow:")
        begin = time.monotonic()
        for _ in range(200):
            api.get(f"/v1/pools/{pool['id']}")
        assert time.monotonic() - begin < 10, "200 requests beside the slow ones"
        fresh = fleet.api(api.key)
        fresh.get("/v1/pools")
        api.pool()
    finally:
        for client in clients:
            client.close()
    fleet.api(api.key).get("/v1/pools")
