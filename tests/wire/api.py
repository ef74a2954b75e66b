"""A client whose every answer is checked against the contract documents."""

import socket
import uuid

import httpx

import contract
from server import DEADLINE


def send_at_once(response):
    """httpx sends headers and body apart, and the kernel holds the second back for 40 ms (Nagle)."""
    connection = response.extensions["network_stream"].get_extra_info("socket")
    if connection.family == socket.AF_INET:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Api:
    def __init__(self, base, key=None, **options):
        headers = {"authorization": f"Bearer {key}"} if key else {}
        options.update(timeout=DEADLINE, trust_env=False, event_hooks={"response": [send_at_once]})
        self.base, self.key = base, key
        self.client = httpx.Client(base_url=base, headers=headers, **options)
        self.last = None

    def request(self, method, path, **options):
        response = self.client.request(method, path, **options)
        contract.check(method, response.request.url.path, response.status_code, response.headers, response.content)
        self.last = response
        return response

    def expect(self, status, method, path, **options):
        """The body of an answer that must have this status."""
        response = self.request(method, path, **options)
        assert response.status_code == status, f"{method} {path}: {response.status_code} {response.text[:2000]}"
        if not response.content:
            return None
        return response.json() if "json" in response.headers["content-type"] else response.content

    def get(self, path, expected=200, /, **query):
        return self.expect(expected, "GET", path, params=query)

    def post(self, path, body=None, status=201, **options):
        return self.expect(status, "POST", path, json=body, **options)

    def put(self, path, body, status=200, **options):
        return self.expect(status, "PUT", path, json=body, **options)

    def patch(self, path, body, status=200, **options):
        return self.expect(status, "PATCH", path, json=body, **options)

    def delete(self, path, status=204, **options):
        return self.expect(status, "DELETE", path, **options)

    # What most tests begin with.

    def machine(self, **fields):
        body = {"fingerprint": str(uuid.uuid4()), "unkey_key_id": "key_test", **fields}
        return self.post("/v1/machines", body)

    def pool(self, *machines, **fields):
        pool = self.post("/v1/pools", {"name": f"pool {uuid.uuid4()}", **fields})
        if machines:
            self.post(f"/v1/pools/{pool['id']}/machines", {"machine_ids": [m["id"] for m in machines]}, 200)
        return pool

    def connection(self, machine, **fields):
        return self.post("/v1/connections", {"websocket_id": "ws-1", "machine_id": machine["id"], **fields})

    def request_log(self, machine, **fields):
        body = {"request_id": "r-1", "method": "GET", "path": "/computer", "machine_id": machine["id"], **fields}
        return self.post("/v1/request-logs", body)


def api_of(server, key):
    """The API of a server that the test runs itself."""
    return Api(f"http://{server.host}:{server.port}", key)


def message(body):
    """What an application error says."""
    return body["message"]


def details(body):
    """What a validation error says: {place: type}."""
    return {tuple(entry["loc"]): entry["type"] for entry in body["detail"]}
