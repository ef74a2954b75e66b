"""The contract documents as an oracle: is this answer one that the documents allow?"""

import copy
import json
import re
from pathlib import Path

import jsonschema

ROOT = Path(__file__).resolve().parents[2]
METHODS = ("get", "put", "post", "delete", "patch")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")

formats = jsonschema.FormatChecker(formats=())
formats.checks("uuid")(lambda v: not isinstance(v, str) or UUID.fullmatch(v) is not None)
formats.checks("date-time")(lambda v: not isinstance(v, str) or TIME.fullmatch(v) is not None)


def close(node):
    """An answer may carry no field that its document does not name."""
    if isinstance(node, dict):
        for value in node.values():
            close(value)
        if isinstance(node.get("properties"), dict):
            node.setdefault("additionalProperties", False)
    elif isinstance(node, list):
        for value in node:
            close(value)
    return node


def template_pattern(path):
    parts = re.split(r"\{\w+\}", path)
    return re.compile("[^/]+".join(re.escape(part) for part in parts))


class Operation:
    def __init__(self, document, method, path, node):
        self.document, self.method, self.path, self.node = document, method, path, node
        self.id = node["operationId"]
        self.public = node["security"] == []
        self.scope = node.get("x-scope")
        self.listener = node.get("x-listener", "public")
        self.parameters = node.get("parameters", [])
        self.websocket = node.get("x-upgrade") == "websocket"
        self.body = node.get("requestBody", {}).get("content", {}).get("application/json")
        self.pattern = template_pattern(path)

    def __repr__(self):
        return self.id

    def responses(self):
        return {int(s): self.document.resolve(r) for s, r in self.node["responses"].items()}


class Document:
    def __init__(self, name):
        self.raw = (ROOT / "contracts" / f"{name}.openapi.json").read_bytes()
        plain = json.loads(self.raw)
        self.closed = close(copy.deepcopy(plain))
        self.resolver = jsonschema.RefResolver.from_schema(self.closed)
        prefix = plain["servers"][0]["url"].rstrip("/")
        self.operations = [
            Operation(self, method.upper(), prefix + path, item[method])
            for path, item in plain["paths"].items()
            for method in METHODS
            if method in item
        ]

    def resolve(self, node):
        while "$ref" in node:
            _, node = self.resolver.resolve(node["$ref"])
        return node

    def validate(self, schema, value):
        validator = jsonschema.Draft202012Validator(schema, resolver=self.resolver, format_checker=formats)
        validator.validate(value)


DOCUMENTS = {name: Document(name) for name in ("cyberdesk", "vagon", "fleet")}
OPERATIONS = [o for document in DOCUMENTS.values() for o in document.operations]
CYBERDESK = DOCUMENTS["cyberdesk"]
BY_ID = {o.id: o for o in OPERATIONS}


def find(method, path):
    """The operation of a request to a public listener, or None. A literal path wins over one with parameters."""
    wanted = "GET" if method == "HEAD" else method
    public = [o for o in OPERATIONS if o.listener == "public"]
    found = [o for o in public if o.method == wanted and o.pattern.fullmatch(path)]
    return min(found, key=lambda o: o.path.count("{")) if found else None


def check_error(body):
    """An error that belongs to no operation: the shape of an application error."""
    CYBERDESK.validate({"$ref": "#/components/schemas/ApplicationError"}, body)


def check(method, path, status, headers, body):
    """Raises AssertionError or ValidationError when the documents do not allow this answer."""
    assert headers.get("x-request-id"), "no x-request-id"
    operation = find(method, path)
    if operation is None:
        assert status in (404, 405), f"{status} for an unknown operation"
        if method != "HEAD":
            check_error(json.loads(body))
        return
    responses = operation.responses()
    assert status in responses, f"{operation.id} does not list {status}: {body[:500]!r}"
    content = responses[status].get("content")
    if not content:
        assert body == b"" and "content-type" not in headers, f"{status} carries a body"
        return
    media = headers["content-type"].partition(";")[0]
    assert media in content, f"{operation.id} {status} does not list {media}"
    if method != "HEAD" and media == "application/json" and "schema" in content[media]:
        operation.document.validate(content[media]["schema"], json.loads(body))
