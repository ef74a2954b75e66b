"""Compares an OpenAPI document of ours with a vendor's, operation by operation and schema by schema."""

import json
from pathlib import Path

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"
METHODS = ("get", "put", "post", "delete", "patch")
ANNOTATIONS = {"title", "description", "example", "examples", "deprecated"}
KEYWORDS = {
    "$ref", "type", "properties", "required", "additionalProperties", "items", "enum", "anyOf",
    "format", "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "minItems", "maxItems", "default", "nullable",
}  # fmt: skip
ABSENT = "absent"


def load(name):
    return json.loads((CONTRACTS / name).read_text())


def operations(document):
    """Yields (method, path, operation)."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def resolve(document, node):
    while isinstance(node, dict) and "$ref" in node:
        target = document
        for key in node["$ref"].removeprefix("#/").split("/"):
            target = target[key]
        node = target
    return node


def responses(document, operation):
    return {s: resolve(document, r) for s, r in operation["responses"].items()}


class Comparison:
    """Collects differences as {where: (ours, theirs)}; a named schema is compared once."""

    def __init__(self, ours, theirs):
        self.ours, self.theirs = ours, theirs
        self.found = {}
        self.seen = set()
        self.waiting = []

    def differ(self, where, ours, theirs):
        self.found[where] = (ours, theirs)

    def equal(self, where, ours, theirs):
        if ours != theirs:
            self.differ(where, ours, theirs)

    def run(self):
        our_operations = {(m, p): o for m, p, o in operations(self.ours)}
        for method, path, theirs in operations(self.theirs):
            where = f"{method.upper()} {path}"
            ours = our_operations.get((method, path))
            if ours is None:
                self.differ(where, ABSENT, "present")
            else:
                self.operation(where, ours, theirs)
        while self.waiting:
            self.schema(*self.waiting.pop())
        return self.found

    def operation(self, where, ours, theirs):
        for key in ("operationId", "tags"):
            self.equal(f"{where} {key}", ours.get(key), theirs.get(key))
        self.equal(f"{where} security", self.schemes(self.ours, ours), self.schemes(self.theirs, theirs))
        self.parameters(where, ours, theirs)
        our_body, their_body = ours.get("requestBody", {}), theirs.get("requestBody", {})
        self.equal(f"{where} body required", our_body.get("required"), their_body.get("required"))
        self.content(f"{where} body", our_body, their_body)
        our_answers, their_answers = responses(self.ours, ours), responses(self.theirs, theirs)
        more = sorted(set(our_answers) - set(their_answers))
        if more:
            self.differ(f"{where} further statuses", more, [])
        for status, answer in their_answers.items():
            if status in our_answers:
                self.content(f"{where} {status}", our_answers[status], answer)
            else:
                self.differ(f"{where} {status}", ABSENT, "present")

    @staticmethod
    def schemes(document, operation):
        used = operation.get("security", document.get("security", []))
        return sorted(name for one in used for name in one)

    def parameters(self, where, ours, theirs):
        ours = {(p["in"], p["name"]): p for p in ours.get("parameters", [])}
        theirs = {(p["in"], p["name"]): p for p in theirs.get("parameters", [])}
        for key in ours.keys() | theirs.keys():
            at = f"{where} {key[0]} {key[1]}"
            if key not in ours or key not in theirs:
                self.differ(at, *("present" if key in side else ABSENT for side in (ours, theirs)))
                continue
            our_need, their_need = (p[key].get("required", False) for p in (ours, theirs))
            self.equal(f"{at} required", our_need, their_need)
            self.schema(at, ours[key]["schema"], theirs[key]["schema"])

    def content(self, where, ours, theirs):
        ours, theirs = ours.get("content", {}), theirs.get("content", {})
        self.equal(f"{where} media types", sorted(ours), sorted(theirs))
        for media in ours.keys() & theirs.keys():
            self.schema(where, ours[media].get("schema", {}), theirs[media].get("schema", {}))

    def schema(self, where, ours, theirs):
        if "$ref" in ours or "$ref" in theirs:
            self.reference(where, ours, theirs)
            return
        for key in sorted((ours.keys() | theirs.keys()) - ANNOTATIONS):
            at, mine, their = f"{where} {key}", ours.get(key, ABSENT), theirs.get(key, ABSENT)
            if key == "properties" and ABSENT not in (mine, their):
                self.properties(where, mine, their)
            elif key == "anyOf" and len(mine) == len(their):
                for position, pair in enumerate(zip(mine, their)):
                    self.schema(f"{where} anyOf[{position}]", *pair)
            elif isinstance(mine, dict) and isinstance(their, dict):
                self.schema(at, mine, their)
            elif key == "required" and ABSENT not in (mine, their):
                self.equal(at, sorted(mine), sorted(their))
            else:
                self.equal(at, mine, their)

    def properties(self, where, ours, theirs):
        for name in sorted(ours.keys() | theirs.keys()):
            at = f"{where}.{name}"
            if name in ours and name in theirs:
                self.schema(at, ours[name], theirs[name])
            else:
                self.differ(at, *("present" if name in side else ABSENT for side in (ours, theirs)))

    def reference(self, where, ours, theirs):
        name = theirs.get("$ref", where).rpartition("/")[2]
        pair = (ours.get("$ref", where), name)
        if pair not in self.seen:
            self.seen.add(pair)
            self.waiting.append((name, resolve(self.ours, ours), resolve(self.theirs, theirs)))


def schemas(document):
    """Yields (where, schema) for every schema of the document, nested ones too."""
    roots = [(n, s) for n, s in document.get("components", {}).get("schemas", {}).items()]
    for method, path, operation in operations(document):
        where = f"{method.upper()} {path}"
        roots += [(f"{where} {p['name']}", p["schema"]) for p in operation.get("parameters", [])]
        holders = list(responses(document, operation).items())
        holders.append(("body", operation.get("requestBody", {})))
        for name, holder in holders:
            for media in holder.get("content", {}).values():
                if "schema" in media:
                    roots.append((f"{where} {name}", media["schema"]))
    while roots:
        where, schema = roots.pop()
        yield where, schema
        roots += [(f"{where}.{n}", s) for n, s in schema.get("properties", {}).items()]
        roots += [(f"{where} anyOf", s) for s in schema.get("anyOf", [])]
        for key in ("items", "additionalProperties"):
            if isinstance(schema.get(key), dict):
                roots.append((f"{where} {key}", schema[key]))
