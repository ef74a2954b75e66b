"""The documents are served as they are in the repository, and every operation in them answers."""

import json
import re
import uuid

import pytest

import contract

SERVED = {
    "cyberdesk": "/openapi.json",
    "vagon": "/organization-management/v1/openapi.json",
    "fleet": "/api/v1/openapi.json",
}


@pytest.mark.parametrize("name", SERVED)
def test_a_document_is_served(fleet, name):
    assert fleet.api().get(SERVED[name]) == json.loads(contract.DOCUMENTS[name].raw)


def test_the_root_leads_to_the_documents(fleet):
    answer = fleet.api().request("GET", "/")
    assert answer.status_code == 307 and answer.headers["location"] == "/docs"


def test_the_documents_can_be_browsed(fleet):
    page = fleet.api().get("/docs").decode()
    for path in SERVED.values():
        assert path in page
    addresses = re.findall(r"""(?:src|href)=["'](https?:)?//""", page)
    assert addresses == [], "the page loads nothing from elsewhere"
    policy = fleet.api().request("GET", "/docs").headers.get("content-security-policy", "")
    assert policy, "a page of ours says what it may load"


PLAIN = [o for o in contract.OPERATIONS if o.listener == "public" and not o.websocket]


@pytest.mark.parametrize("operation", PLAIN, ids=[o.id for o in PLAIN])
def test_every_operation_answers(api, operation):
    """With the example of its document; the client checks the answer against the document."""
    path = re.sub(r"\{\w+\}", lambda _: str(uuid.uuid4()), operation.path)
    body = operation.body["example"] if operation.body else None
    assert api.request(operation.method, path, json=body).status_code < 500


def test_every_example_is_taken(api):
    """No example of a body fails validation."""
    for operation in PLAIN:
        if operation.body:
            path = re.sub(r"\{\w+\}", lambda _: str(uuid.uuid4()), operation.path)
            answer = api.request(operation.method, path, json=operation.body["example"])
            assert answer.status_code in (201, 404), f"{operation.id}: {answer.status_code} {answer.text}"


def test_the_driver_version(fleet):
    assert re.fullmatch(r"\d+\.\d+\.\d+", fleet.api().get("/v1/internal/cyberdriver-version")["latest_version"])
