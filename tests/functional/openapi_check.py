# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds answers of the API against api/openapi.json.

    openapi_check.py OPENAPI ANSWERS...

ANSWERS have one answer a line: method, target, status, media type, body in
hexadecimal ("-": none).  The functional tests use class Checker.
"""

import fileinput
import json
import re
import sys

import jsonschema

REGISTRY_ID = "urn:umbel:openapi"

# Statuses of refusals that no operation is asked about: "default" in the
# document, and the only ones where the path or the method is not there.
FRONT = {405, 408, 411, 414, 417, 431, 505}
EVERYWHERE = FRONT | {400, 403, 413, 421, 502, 503}


def refer(node):
    """The same schema with references into the one registered document."""
    if isinstance(node, dict):
        return {
            key: REGISTRY_ID + value if key == "$ref" else refer(value)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [refer(value) for value in node]
    return node


class Checker:
    """Finds the operation of an answer and validates it."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.document = json.load(file)
        document = refer(self.document)
        document["$id"] = REGISTRY_ID
        self.resolver = jsonschema.RefResolver(
            REGISTRY_ID, document, store={REGISTRY_ID: document}
        )
        self.patterns = [
            (re.compile(re.sub(r"\{[a-z_]+\}", "[^/]+", path) + "$"), item)
            for path, item in self.document["paths"].items()
        ]
        self.validators = {}

    def item_of(self, target):
        """What the document says of a path; None if nothing."""
        path = target.split("?")[0]
        if path in self.document["paths"]:
            return self.document["paths"][path]
        for pattern, item in self.patterns:
            if pattern.match(path):
                return item
        return None

    def deref(self, node):
        """Follows one local reference."""
        if "$ref" not in node:
            return node
        found = self.document
        for part in node["$ref"][2:].split("/"):
            found = found[part]
        return found

    def schema_errors(self, schema, value):
        """What the value lacks, in words."""
        key = json.dumps(schema)
        if key not in self.validators:
            self.validators[key] = jsonschema.Draft202012Validator(
                refer(schema),
                resolver=self.resolver,
                format_checker=jsonschema.FormatChecker(),
            )
        return [
            f"{'/'.join(str(p) for p in e.absolute_path)}: {e.message[:200]}"
            for e in self.validators[key].iter_errors(value)
        ]

    def problem(self, name, body):
        """Validates against a schema by name."""
        return self.schema_errors(
            {"$ref": f"#/components/schemas/{name}"}, body
        )

    def refusal(self, method, body):
        """A problem, if the method lets it be told."""
        if method == "HEAD":
            return []
        return self.problem("Problem", json.loads(body))

    def check(self, method, target, status, media_type, body):
        """A list of complaints about one answer; body: bytes."""
        item = self.item_of(target)
        if item is None:
            if status != 404 and status not in EVERYWHERE:
                return [f"status {status} for a path that is not described"]
            return self.refusal(method, body)
        if method.lower() not in item and not (
            method == "HEAD" and "get" in item
        ):
            if status not in EVERYWHERE:
                return [f"status {status} for a method that is not there"]
            return self.refusal(method, body)
        operation = item["get" if method == "HEAD" else method.lower()]
        name = "default" if status in FRONT else str(status)
        if name not in operation["responses"]:
            return [f"status {status} is not described"]
        answer = self.deref(operation["responses"][name])
        if method == "HEAD":
            return []
        content = answer.get("content")
        if not content:
            return ["a body where none is described"] if body else []
        media_type = media_type.split(";")[0]
        if media_type not in content:
            return [f"media type {media_type} is not described"]
        if media_type == "text/event-stream":
            return []
        schema = content[media_type]["schema"]
        if schema.get("format") == "binary":
            return []
        value = json.loads(body) if "json" in media_type else body.decode()
        return self.schema_errors(schema, value)

    def check_event(self, data, is_daemon=False):
        """The data of one frame of an event stream, and the object in it."""
        if "id" not in data:
            return []
        errors = self.problem("DaemonEvent" if is_daemon else "Event", data)
        kind = {
            "message": "Message",
            "conversation": "Conversation",
            "contact": "Contact",
            "request": "ContactRequest",
            "invite": "Invite",
            "tor": "Tor",
            "profile": "Profile",
            "file": "File",
            "user": "User",
            "job": "Job",
        }.get(data["type"].split(".")[0])
        if kind and not set(data["data"]) <= {"id", "state"}:
            errors += self.problem(kind, data["data"])
        return errors


def main(document, answers):
    checker = Checker(document)
    count, bad, seen = 0, 0, set()
    with fileinput.input(answers, encoding="utf-8") as lines:
        for line in lines:
            method, target, status, media_type, body = line.split(" ")
            raw = b"" if body.strip() == "-" else bytes.fromhex(body)
            errors = checker.check(
                method, target, int(status), media_type, raw
            )
            item = checker.item_of(target)
            if item and method.lower() in item and int(status) < 300:
                seen.add(item[method.lower()]["operationId"])
            if "/events" in target and b'"at":' in raw:
                for event in json.loads(raw).get("items", []):
                    errors += checker.check_event(
                        event, target.startswith("/v1/events")
                    )
            count += 1
            for error in errors:
                bad += 1
                print(f"{method} {target} {status}: {error}")
    every = {
        operation["operationId"]
        for item in checker.document["paths"].values()
        for operation in item.values()
    }
    for name in sorted(every - seen):
        bad += 1
        print(f"{name}: no good answer was seen")
    print(f"openapi_check: {count} answers, {bad} complaints")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
