# SPDX-License-Identifier: GPL-3.0-or-later
"""Every answer that a functional test gets is held against api/openapi.json.

Daemon.request() and Stream hand their answers to judge(); what is not as the
document says fails the test at that place.  The counts are for test_contract.
"""

import json
import os
import pathlib

import openapi_check

HERE = pathlib.Path(__file__).resolve().parent
DOCUMENT = pathlib.Path(
    os.environ.get("SUITE_OPENAPI", HERE.parent.parent / "api/openapi.json"))

# On whatever is answered, by whichever process.
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
    "API-Version": "1.0",
}
NEVER = ("Set-Cookie", "Access-Control-", "Server", "X-Powered-By")
# What a status must come with.
WITH = {401: "WWW-Authenticate", 405: "Allow", 429: "Retry-After",
        503: "Retry-After"}


class Contract:
    """The document, and what was seen of it."""

    def __init__(self):
        self.checker = openapi_check.Checker(DOCUMENT)
        self.seen = set()  # (operation id, status)
        self.count = 0

    def operation_of(self, method, target):
        item = self.checker.item_of(target) or {}
        method = "get" if method == "HEAD" else method.lower()
        return item.get(method)

    def head_errors(self, operation, status, headers):
        low = {name.lower(): value for name, value in headers.items()}
        errors = [f"{name}: {low.get(name.lower())}"
                  for name, value in ALWAYS.items()
                  if low.get(name.lower()) != value]
        errors += [f"{name} is sent" for name in headers
                   if name.lower().startswith(
                       tuple(n.lower() for n in NEVER))]
        wanted = {WITH[status]} if status in WITH else set()
        described = (operation or {}).get("responses", {}).get(str(status), {})
        wanted |= set(self.checker.deref(described).get("headers", {}))
        errors += [f"no {name}" for name in wanted if name.lower() not in low]
        if not low.get("content-security-policy", "").startswith(
                "default-src 'none'"):
            errors.append("no Content-Security-Policy")
        return errors

    @staticmethod
    def problem_errors(status, body):
        problem = json.loads(body)
        errors = []
        if problem["status"] != status:
            errors.append(f"status {problem['status']} in the body")
        if problem["type"] != f"urn:umbel:problem:{problem['code']}":
            errors.append(f"type {problem['type']}")
        if not problem.get("instance", "").startswith("req-"):
            errors.append("no instance")
        return errors

    def judge(self, method, target, status, headers, body):
        """Raises AssertionError unless the answer is as described."""
        path = target.split("?")[0]
        if path == "/" or path.startswith("/ui"):
            return
        operation = self.operation_of(method, target)
        media = next((value for name, value in headers.items()
                      if name.lower() == "content-type"), "")
        errors = self.checker.check(method, target, status, media, body)
        errors += self.head_errors(operation, status, headers)
        # /readyz says in its own words that something is not ready.
        if status >= 400 and method != "HEAD" and path != "/readyz":
            errors += self.problem_errors(status, body)
        if body and status == 200 and path.endswith("/events"):
            for event in json.loads(body)["items"]:
                errors += self.event_errors(target, event)
        self.count += 1
        if operation:
            self.seen.add((operation["operationId"], status))
        assert not errors, f"{method} {target}: {status} {errors} {body[:300]}"

    def event_errors(self, target, event):
        return self.checker.check_event(event,
                                        target.startswith("/v1/events"))


CONTRACT = Contract()
