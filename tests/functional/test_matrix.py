# SPDX-License-Identifier: GPL-3.0-or-later
"""Every operation of api/openapi.json with every kind of credentials that may
not do it, and with every kind of request that it does not take.

Nothing here knows an operation by its name: what is added to the document
comes into the matrix by itself, with ids that were never given out where the
world has no such thing.  What is refused changes nothing; the last test of the
file looks whether that is so.
"""

import json
import re
import uuid

import pytest

from contract import CONTRACT
from daemons import Place
from test_contract import (BODY_MAX, DOCUMENT, METHODS, OPERATIONS, PREFIX,
                           UNKNOWN, World, every, refused)

SCOPES = DOCUMENT["components"]["schemas"]["Scope"]["enum"]
HIDDEN = ("conversation", "contact", "message", "file")
OWNED = set(PREFIX) - {"user", "token", "job"}
# When what was used, and how a webhook fares.
PASSING = re.compile(rb'"(last_used_at|last_seen_at|last_status|last_problem|'
                     rb'failing_since|next_attempt_at)":("[^"]*"|\d+|null)')


def scope_of(operation):
    if operation.get("security") == []:
        return "none"
    return operation["x-scope"]


def is_scoped(_method, _path, operation):
    return scope_of(operation) not in ("none", "any")


def is_open(_method, _path, operation):
    """To a token for some conversations only."""
    return operation.get("x-conversations", False)


def objects(path):
    """Kinds of things in a path, but for its user."""
    return [k for k in re.findall(r"\{([a-z_]+?)(?:_id)?\}", path)
            if k != "user"]


def takes_json(operation):
    return "application/json" in operation.get("requestBody", {}).get(
        "content", ())


def nowhere(path, operation, name):
    """Something for a parameter that is not there."""
    for given in operation.get("parameters", ()):
        given = CONTRACT.checker.deref(given)
        if given["name"] == name:
            schema = CONTRACT.checker.deref(given["schema"])
            start = re.match(r"\^([a-z]{3}_)", schema.get("pattern", ""))
            return start[1] + UNKNOWN if start else "none"
    raise AssertionError(f"{path} does not describe {name}")


class Matrix(World):
    """The world of the contract; its ids are of what alice has with bob, and
    some tokens have to do with carol alone."""

    def __init__(self, place):
        super().__init__(place)
        self.ids["file"] = self.offer()
        self.carols = self.alice.contact("carol")["conversation_id"]
        self.other_user = self.other["id"]
        self.headers = {}
        self.before = self.snapshot()

    def offer(self):
        """A file that is offered to bob."""
        file = self.upload()
        self.create(f"/conversations/{self.to_bob}/messages", {
            "client_id": str(uuid.uuid4()), "file_ids": [file]})
        return file

    def token(self, scopes, **more):
        made = self.alice.call("POST", "/v1/tokens", {
            "name": "x", "scopes": scopes, **more})
        return {"Authorization": f"Bearer {made['secret']}"}

    def scoped(self, *scopes, **more):
        """The same one each time that it is asked for."""
        key = json.dumps([scopes, more])
        if key not in self.headers:
            self.headers[key] = self.token(list(scopes), **more)
        return self.headers[key]

    def without(self, scope):
        return self.scoped(*[s for s in SCOPES if s not in (scope, "admin")])

    def narrow(self):
        return self.scoped(*SCOPES, conversation_ids=[self.carols])

    def find(self, path, operation, **changed):
        """The path with ids in it; those that the world has no thing for are
        of none."""
        ids = {**self.ids, **changed}

        def fill(match):
            kind = match[1].removesuffix("_id")
            if match[1] == "emoji":
                return "%F0%9F%91%8D"
            return ids.get(kind) or nowhere(path, operation, match[1])
        return re.sub(r"\{([a-z_]+)\}", fill, path)

    def harmless(self, path, operation):
        """What is refused whoever asks it: a body, and a query, with a field
        that nobody knows."""
        if takes_json(operation):
            return path, {"no such field": 1}
        return path + ("&" if "?" in path else "?") + "nosuch=1", None

    def snapshot(self):
        """All that the admin can read but what goes on by itself, and how far
        the journals are."""
        seen = {}
        for method, path, operation in OPERATIONS:
            kinds = objects(path)
            if method != "GET" or path.endswith("/events") or \
                    not path.startswith(("/v1/users", "/v1/tokens")) or \
                    not all(k in self.ids for k in kinds):
                continue
            found = self.find(path, operation)
            status, _, data = self.alice.request("GET", found)
            seen[found] = (status, PASSING.sub(b"", data))
        for user in (self.ids["user"], self.other["id"]):
            seen[user] = self.alice.call(
                "GET", f"/v1/users/{user}/events")["last_id"]
        return seen


@pytest.fixture(name="world", scope="module")
def make_world():
    with Place() as place:
        yield Matrix(place)


def ask(world, operation, headers, **changed):
    method, path, described = operation
    target, body = world.harmless(world.find(path, described, **changed),
                                  described)
    return world.ask(method, target, body, headers)


def bearer(text):
    return {"Authorization": f"Bearer {text}"}


# HOSTILE L-02, W-09, W-17
@every(lambda m, p, o: scope_of(o) != "none")
def test_no_token(world, operation):
    """Nobody, or somebody who was: one who is revoked, one whose token is a
    character short or long or another's, or is in any other place."""
    if "revoked" not in world.headers:
        gone = world.alice.call("POST", "/v1/tokens", {
            "name": "gone", "scopes": ["admin"]})
        world.alice.call("DELETE", f"/v1/tokens/{gone['id']}")
        world.headers["revoked"] = bearer(gone["secret"])
    right = world.scoped("admin")["Authorization"].split()[1]
    other = world.scoped("users:read")["Authorization"].split()[1]
    wrong = [{}, world.headers["revoked"], {"Cookie": f"token={right}"},
             *map(bearer, (right[:-1], right + "A", right[:10],
                           right[:37] + other[37:], other[:37] + right[37:],
                           right.replace("tok", "ses"), right.upper()))]
    for headers in wrong:
        answer = ask(world, operation, headers)
        refused(answer, 401, "unauthorized")
        assert "Set-Cookie" not in answer[1]
    method, path, described = operation
    there = world.find(path, described)
    there += f"{'&' if '?' in there else '?'}access_token={right}&token={right}"
    refused(world.ask(method, there, None, {}), 401, "unauthorized")


# HOSTILE W-09
@every(is_scoped)
def test_wrong_scope(world, operation):
    scope = scope_of(operation[2])
    answer = ask(world, operation, world.without(scope))
    refused(answer, 403, "forbidden_scope")
    assert scope in answer[2]["detail"]
    # HEAD goes with GET, and what is no method goes nowhere.
    method, path, described = operation
    if method == "GET":
        head = world.alice.request("HEAD", world.find(path, described),
                                   headers=world.without(scope))
        assert head[0] == 403
    for odd in ("TRACE", "OPTIONS", "CONNECT"):
        assert world.raw(odd, world.find(path, described), None,
                         world.without(scope))[0] in (400, 405)


@every(is_scoped)
def test_that_scope_alone(world, operation):
    """Then it is the request that is wrong."""
    answer = ask(world, operation, world.scoped(scope_of(operation[2])))
    assert answer[0] in (404, 409, 411, 422), answer


@pytest.mark.parametrize("path", list(DOCUMENT["paths"]))
def test_wrong_method(world, path):
    there = {m.upper(): o for m, o in DOCUMENT["paths"][path].items()}
    found = world.find(path, next(iter(there.values())))
    for method in set(METHODS) - set(there):
        answer = world.ask(method, found, None, world.scoped("admin"))
        refused(answer, 405, "method_not_allowed")


@every(lambda m, p, o: takes_json(o))
def test_wrong_content_type(world, operation):
    method, path, described = operation
    for kind in ("text/plain", "application/x-www-form-urlencoded",
                 "multipart/form-data; boundary=x", None):
        headers = {"Content-Type": kind} if kind else {}
        answer = world.raw(method, world.find(path, described), b"{}",
                           {**world.scoped("admin"), **headers})
        refused(answer, 415, "media_type")


@every()
def test_unknown_field(world, operation):
    answer = ask(world, operation, world.scoped("admin"))
    if all(k in world.ids or k == "emoji" for k in objects(operation[1])):
        assert (answer[0], answer[2]["code"]) in (
            (422, "unknown_field"), (422, "invalid"), (411, "length_required"),
            (409, "conflict")), answer
    else:
        assert answer[0] in (404, 422), answer


@every(lambda m, p, o: takes_json(o) or (m != "GET"
                                         and "requestBody" not in o))
def test_oversized(world, operation):
    method, path, described = operation
    answer = world.raw(method, world.find(path, described),
                       b'{"x":"' + BODY_MAX * b"a" + b'"}',
                       {**world.scoped("admin"),
                        "Content-Type": "application/json"})
    refused(answer, 413, "too_large")


def same(world, operation, headers, status, code, **changed):
    """The answer for what is there and for what is not, which is the same."""
    answers = [refused(ask(world, operation, headers, **ids), status, code)[2]
               for ids in ({}, changed)]
    for answer in answers:
        del answer["instance"]
    assert answers[0] == answers[1]


# HOSTILE W-15
@every(lambda m, p, o: "{user_id}" in p)
def test_other_user(world, operation):
    """A token for another user, who may do everything."""
    headers = world.scoped(*SCOPES, user_ids=[world.other_user])
    same(world, operation, headers, 404, "not_found", user="usr_" + UNKNOWN)


# HOSTILE W-15
@every(lambda m, p, o: set(objects(p)[:1]) & OWNED)
def test_things_of_another_user(world, operation):
    """Alice's things are not below the path of a user who is not alice."""
    headers = world.scoped(*SCOPES, user_ids=[world.other_user])
    kind = objects(operation[1])[0]
    method, path, described = operation
    answers = []
    for changed in ({}, {kind: nowhere(path, described, kind + "_id")}):
        target = world.find(path, described, user=world.other_user, **changed)
        body = {} if takes_json(described) else None
        answer = world.ask(method, target, body, headers)
        assert answer[0] in (404, 411), answer
        del answer[2]["instance"]
        answers.append(answer[2])
    assert answers[0] == answers[1]


@every(lambda m, p, o: "{user_id}" not in p and "{job_id}" not in p and
       scope_of(o) in ("admin", "users:create", "tor:control"))
def test_all_users(world, operation):
    """What is about all of them is not for a token for one; a job is about
    one, or not there."""
    headers = world.scoped(*SCOPES, user_ids=[world.other_user])
    refused(ask(world, operation, headers), 403, "forbidden_scope")


# HOSTILE W-15
@every(lambda m, p, o: is_open(m, p, o) and set(objects(p)) & set(HIDDEN))
def test_other_conversation(world, operation):
    """What is of bob is not there for a token that is for carol."""
    kind = next(k for k in objects(operation[1]) if k in HIDDEN)
    same(world, operation, world.narrow(), 404, "not_found",
         **{kind: nowhere(operation[1], operation[2], kind + "_id")})


@every(lambda m, p, o: not is_open(m, p, o) and scope_of(o) != "none")
def test_no_conversation(world, operation):
    """What is bound to none is closed to it."""
    refused(ask(world, operation, world.narrow()), 403, "forbidden_scope")


@every(lambda m, p, o: m == "GET" and is_open(m, p, o) and not
       set(objects(p)) & set(HIDDEN))
def test_lists_tell_nothing_of_others(world, operation):
    _, path, described = operation
    found = world.find(path, described)
    if "{user_id}/events" in path:
        found += "?after=0&limit=200"
    status, _, body = world.alice.request("GET", found,
                                          headers=world.narrow())
    assert status == 200
    for kind in HIDDEN:
        assert world.ids[kind].encode() not in body
    assert world.other_user.encode() not in body
    if "{user_id}" in path:
        assert world.carols.encode() in body or b'"items":[]' in body


def test_what_it_may_see(world):
    """It is not that it sees nothing."""
    user = world.alice.user_path
    for path in ("/conversations", "/contacts", "/events?after=0",
                 f"/conversations/{world.carols}"):
        status, _, body = world.alice.request("GET", user(path),
                                              headers=world.narrow())
        assert (status, world.carols.encode() in body) == (200, True)


def test_nothing_has_changed(world):
    """By no request of all those above."""
    for token in world.alice.call("GET", "/v1/tokens?limit=200")["items"]:
        if token["id"] != world.ids["token"]:
            world.alice.call("DELETE", f"/v1/tokens/{token['id']}")
    after = world.snapshot()
    assert set(after) == set(world.before)
    for path, seen in world.before.items():
        assert after[path] == seen, path
