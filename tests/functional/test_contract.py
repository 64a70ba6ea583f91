# SPDX-License-Identifier: GPL-3.0-or-later
"""The API of a whole daemon is what api/openapi.json says, for good requests
and for bad ones.  Every answer is validated by contract.py on its way."""

import contextlib
import json
import re
import subprocess
import uuid

import pytest

from contract import CONTRACT
from daemons import (BUILD, LIMIT, PASSPHRASE, Daemon, Place, UnixConnection,
                     pair, until, wait_delivered, wait_used)

Daemon.looks_for_leaks = True

DOCUMENT = CONTRACT.checker.document
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
BODY_MAX = 262144
UNKNOWN = "7" + 25 * "z"
PREFIX = {"user": "usr", "conversation": "cnv", "message": "msg",
          "contact": "ctc", "invite": "inv", "request": "req", "file": "fil",
          "token": "tok", "webhook": "whk", "job": "job"}
SECRET = "another passphrase"  # of an export
NAMED = "?name=x"
NEEDED = {"uploadFile": NAMED, "search": "?q=x"}  # what they cannot be without

OPERATIONS = [(method.upper(), path + NEEDED.get(operation["operationId"], ""),
               operation)
              for path, item in DOCUMENT["paths"].items()
              for method, operation in item.items()]


def words(operation):
    method, path, _ = operation
    return f"{method} {path}"


class World:
    """One daemon with two users of its own and two friends on others, and
    somebody at the door."""

    def __init__(self, place):
        self.alice = place.daemon("alice", start=False)
        self.alice.let_self_test()
        self.alice.start()
        self.bob = place.daemon("bob")
        self.carol = place.daemon("carol")
        alice = self.alice
        self.to_bob, _ = pair(alice, self.bob)
        pair(alice, self.carol)
        self.friend = alice.contact("carol")["id"]
        self.message = alice.send(self.to_bob, "the first")
        wait_delivered(alice, self.message)
        wait_used(alice)
        self.invite = self.create("/invites", {})
        self.stranger = self.knock()
        link = self.bob.invite()
        for friend in (self.bob, self.carol):
            friend.stop()  # so that things wait
        self.own = self.create(
            "/requests", {"link": link, "client_id": str(uuid.uuid4())})
        self.ids = {
            "user": alice.user["id"], "conversation": self.to_bob,
            "message": self.message["id"], "invite": self.invite["id"],
            "contact": alice.contact("bob")["id"],
            "request": self.stranger["id"],
        }
        self.ids["token"] = alice.call("POST", "/v1/tokens", {
            "name": "bot", "scopes": ["users:read"]})["id"]
        self.ids["file"] = self.upload()
        alice.call("PUT", alice.user_path("/consumers/backup"),
                   {"acked_id": 0})
        self.ids["webhook"] = self.create("/webhooks", {
            "url": f"unix:{place.folder}/none.sock"})["id"]
        self.ids["job"] = self.over(self.create(
            "/export", {"passphrase": SECRET}))["id"]
        # Another user of the same daemon; alice's objects are not hers.
        self.other = alice.call("POST", "/v1/users", {
            "name": "other", "passphrase": PASSPHRASE + " 2"})
        self.shut = alice.call("POST", "/v1/users", {
            "name": "shut", "passphrase": PASSPHRASE})
        alice.call("POST", f"/v1/users/{self.shut['id']}/lock")
        status, _, body = alice.request(
            "POST", "/v1/session",
            {"user_id": self.other["id"], "passphrase": PASSPHRASE + " 2"}, {})
        assert status == 201
        self.other_token = {
            "Authorization": f"Bearer {json.loads(body)['token']}"}

    def knock(self):
        """Another user of carol's daemon asks; the request as alice has it."""
        alice, before = self.alice, self.alice.last_event()
        alice.call("PATCH", alice.user_path("/address"), {"difficulty": 0})
        link = alice.call("GET", alice.user_path("/address"))["link"]
        dan = self.carol.call("POST", "/v1/users", {
            "name": "dan", "passphrase": PASSPHRASE})
        self.carol.call("POST", f"/v1/users/{dan['id']}/requests", {
            "link": link, "greeting": "Hello", "client_id": str(uuid.uuid4())})
        return alice.wait_event("request.received", lambda r: True,
                                after=before)["data"]

    def upload(self):
        made = self.create("/files", {
            "name": "x", "size": 1, "thumbnail": "/9j/AAAA"})
        path = self.alice.user_path(f"/files/{made['id']}/content")
        assert self.raw("PATCH", path, b"x", {"Upload-Offset": "0"})[0] == 204
        return made["id"]

    def over(self, job):
        """The job, once it is done."""
        def look():
            now = self.alice.call("GET", f"/v1/jobs/{job['id']}")
            return now if now["state"] == "done" else None
        return until("a job is done", look)

    def create(self, rest, body):
        return self.alice.call("POST", self.alice.user_path(rest), body)

    def path(self, pattern, **changed):
        ids = {**self.ids, **changed}
        path = re.sub(r"\{([a-z]+)_id\}", lambda m: ids[m[1]], pattern)
        path = path.replace("{emoji}", "%F0%9F%91%8D")
        return path.replace("{consumer}", "backup")

    def body(self, operation):
        """One that is right, for the operations that take one."""
        return {
            "createSession": {"user_id": self.ids["user"],
                              "passphrase": PASSPHRASE},
            "createToken": {
                "name": "x", "scopes": ["messages:send", "events:read"],
                "user_ids": [self.ids["user"]],
                "conversation_ids": [self.ids["conversation"]],
                "expires_at": "2099-01-01T00:00:00Z", "rate_per_minute": 60},
            "createUser": {"name": f"u{uuid.uuid4().hex[:8]}",
                           "passphrase": PASSPHRASE},
            "unlockUser": {"passphrase": PASSPHRASE},
            "changePassphrase": {"old_passphrase": PASSPHRASE,
                                 "new_passphrase": PASSPHRASE},
            "createInvite": {"label": "x", "expires_in_seconds": 3600,
                             "max_uses": 1},
            "createRequest": {"link": self.invite["link"], "alias": "x",
                              "greeting": "Hello",
                              "client_id": str(uuid.uuid4())},
            "patchAddress": {"enabled": True, "difficulty": 0},
            "putProfile": {"display_name": "alice", "status_text": ""},
            "putPresence": {"mode": "online"},
            "putPreferences": {},
            "patchPrivacy": {"read_receipts": False, "typing": False,
                             "auto_accept_bytes": 1 << 20,
                             "auto_accept_kinds": ["image"]},
            "acceptRequest": {"alias": "Dan"},
            "patchContact": {
                "alias": None, "note": "", "blocked": False,
                "policy": "visible", "read_receipts": "default",
                "typing": "default", "cover": False, "alarm": False},
            "putVerification": {"verified": False, "method": "digits"},
            "introduceContact": {"to": self.friend},
            "patchConversation": {
                "muted_until": "2099-01-01T00:00:00Z", "archived": False,
                "pinned": False, "draft": ""},
            "putReadMarker": {"message_id": self.ids["message"]},
            "putTyping": {"typing": False},
            "sendMessage": {"client_id": str(uuid.uuid4()), "text": "hello",
                            "reply_to": self.ids["message"],
                            "deliver_by": "2099-01-01T00:00:00Z"},
            "editMessage": {"text": "the first"},
            "createFile": {"name": "x", "size": 1, "kind": "file",
                           "media_type": "image/png", "sha256": 64 * "0",
                           "strip_metadata": False, "width": 1, "height": 1,
                           "duration_ms": 1, "thumbnail": "/9j/AAAA"},
            "updateTransfer": {"state": "paused"},
            "putConsumer": {"acked_id": 0},
            "createWebhook": {"url": "http://127.0.0.1:9/x",
                              "types": ["message.received"],
                              "secret": "whsec_" + 32 * "A"},
            "exportUser": {"passphrase": SECRET, "with_files": True},
            "startImport": {"passphrase": SECRET, "name": "again"},
            "destroyUser": {"passphrase": PASSPHRASE,
                            "confirm_name": "alice"},
            "updateSettings": {"log_level": "info", "auto_lock_minutes": 0},
            "updateUser": {"name": "alice", "auto_lock_minutes": 0},
            "setDuressPassphrase": {"passphrase": PASSPHRASE,
                                    "duress_passphrase": "under duress"},
            "putBridges": {"use": False, "lines": ["192.0.2.1:443"]},
        }.get(operation["operationId"])

    def ask(self, method, path, body=None, headers=None):
        status, head, data = self.alice.request(method, path, body, headers)
        return status, head, json.loads(data) if data else None

    def raw(self, method, path, data, headers):
        """With a body that is not JSON, or none at all."""
        connection = UnixConnection(self.alice.run / "api.sock", LIMIT)
        with contextlib.closing(connection):
            connection.request(method, path, data,
                               {**self.alice.header(), **headers})
            answer = connection.getresponse()
            head, got = dict(answer.getheaders()), answer.read()
        CONTRACT.judge(method, path, answer.status, head, got)
        return answer.status, head, json.loads(got) if got else None


@pytest.fixture(name="world", scope="module")
def make_world():
    with Place() as place:
        yield World(place)


def refused(answer, status, code):
    assert (answer[0], answer[2] and answer[2]["code"]) == (status, code), \
        answer[2]
    return answer


def every(condition=lambda method, path, operation: True):
    """Runs the test with each operation that fits."""
    chosen = [o for o in OPERATIONS if condition(*o)]
    return pytest.mark.parametrize("operation", chosen, ids=words)


def has_body(_method, _path, operation):
    return "application/json" in operation.get("requestBody", {}).get(
        "content", ())


def is_merge_patch(method, path, operation):
    """The others that are PATCH start something."""
    return method == "PATCH" and has_body(method, path, operation) and \
        operation["operationId"] not in ("updateTransfer", "startImport")


def is_raw(method, path, operation):
    return "requestBody" in operation and not has_body(method, path, operation)


def has_key(_method, _path, operation):
    return operation.get("security") != []


def test_route_table_is_the_document():
    out = subprocess.run([BUILD / "umbel-core", "--list-routes"], check=True,
                         capture_output=True, text=True).stdout
    described = {f"{method} {path.split('?')[0]} "
                 f"{operation.get('x-scope', 'none')}"
                 for method, path, operation in OPERATIONS}
    assert set(out.splitlines()) == described


# Good requests: every operation, on a daemon of its own.

def run(world, name, status, **changed):
    """One operation by its name, with the right body."""
    method, path, operation = next(
        o for o in OPERATIONS if o[2]["operationId"] == name)
    answer = world.ask(method, world.path(path, **changed),
                       world.body(operation))
    assert answer[0] == status, answer
    return answer[2]


def change_daemon(world):
    run(world, "updateSettings", 200)
    run(world, "updateUser", 200)
    run(world, "setDuressPassphrase", 204)
    run(world, "selfTest", 202)
    run(world, "newCircuits", 202)
    run(world, "putBridges", 200)  # the last one: tor is started again


def change_self(world):
    for name in ("patchAddress", "rotateAddress", "putProfile", "putPresence",
                 "patchPrivacy", "putPreferences"):
        run(world, name, 200)


def change_messages(world):
    alice, user = world.alice, world.alice.user_path
    message = world.body({"operationId": "sendMessage"})
    sending = user(f"/conversations/{world.to_bob}/messages")
    assert world.ask("POST", sending, message)[0] == 201
    status, _, sent = world.ask("POST", sending, message)
    assert (status, sent["state"]) == (200, "queued")
    assert sent["reply_to"] == world.message["id"]
    run(world, "putTyping", 204)
    run(world, "putReadMarker", 200)
    run(world, "patchConversation", 200)
    assert run(world, "editMessage", 200)["edited_at"]
    run(world, "putReaction", 204)
    run(world, "deleteReaction", 204)
    failed = run(world, "cancelMessage", 200, message=sent["id"])
    assert failed["problem"]["code"] == "cancelled"
    again = run(world, "retryMessage", 202, message=sent["id"])
    alice.call("DELETE", user(f"/messages/{again['id']}?for=everyone"))
    run(world, "deleteMessage", 204)
    run(world, "deleteConversation", 204)


def change_people(world):
    alice, user = world.alice, world.alice.user_path
    run(world, "patchContact", 200)
    run(world, "putVerification", 200)
    run(world, "introduceContact", 202)
    run(world, "rejectRequest", 204)
    run(world, "acceptRequest", 202)
    run(world, "deleteContact", 204, contact=world.friend)
    run(world, "revokeInvite", 204)
    alice.call("DELETE", user(f"/requests/{world.own['id']}"))


def change_files(world):
    run(world, "createFile", 201)
    run(world, "createFileTicket", 201)
    files = world.alice.user_path("/files")
    assert world.raw("PUT", files + NAMED, b"x", {})[0] == 201
    run(world, "updateTransfer", 409)  # it is not offered: test_files.py
    run(world, "deleteFile", 204)


def change_tokens(world):
    made = run(world, "createToken", 201)
    assert made["secret"].startswith("umbel_tok_")
    assert made["scopes"] == ["messages:send", "events:read"]
    run(world, "revokeToken", 204)


def change_webhooks(world):
    made = run(world, "createWebhook", 201)
    run(world, "testWebhook", 202)
    run(world, "deleteWebhook", 204, webhook=made["id"])


def change_jobs(world):
    job = world.over(run(world, "exportUser", 202))
    content = world.alice.request("GET", f"/v1/jobs/{job['id']}/content")[2]
    run(world, "cancelJob", 204, job=job["id"])
    status, _, job = world.raw("POST", "/v1/users/import", content, {})
    assert status == 202
    made = world.over(run(world, "startImport", 202, job=job["id"]))
    again = made["result"]["user_id"]
    assert world.ask("POST", f"/v1/users/{again}/destroy", {
        "passphrase": SECRET, "confirm_name": "again"})[0] == 202


def test_a_session_with_every_operation():
    with Place() as place:
        seen = CONTRACT.seen
        seen.clear()
        world = World(place)
        alice, user = world.alice, world.alice.user_path
        for method, path, operation in OPERATIONS:
            if method != "GET":
                continue
            path = world.path(path)
            status, head, data = alice.request("GET", path)
            assert status == 200
            for name in ("ETag", "Content-Type"):
                assert alice.request("HEAD", path)[1].get(name) == \
                    head.get(name)
            if "304" in operation["responses"]:
                status, _, data = alice.request("GET", path, headers={
                    **alice.header(), "If-None-Match": head["ETag"]})
                assert (status, data) == (304, b"")
        change_self(world)
        change_messages(world)
        change_people(world)
        change_files(world)
        change_tokens(world)
        run(world, "putConsumer", 200)
        run(world, "deleteConsumer", 204)
        change_webhooks(world)
        change_jobs(world)
        for page in ("/invites", "/requests", "/contacts", "/conversations",
                     "/conversations/" + world.to_bob + "/messages"):
            alice.call("GET", user(page + "?limit=1"))
        wanted = {"wait": "0", "after": "0", "limit": "200"}
        query = "&".join(f"{k}={v}" for k, v in wanted.items())
        kinds = {e["type"] for e in alice.call(
            "GET", user(f"/events?{query}"))["items"]}
        assert {"message.sent", "message.state", "message.edited",
                "message.deleted", "message.reaction", "contact.added",
                "contact.updated", "contact.removed", "conversation.created",
                "conversation.read", "conversation.updated", "request.state",
                "request.received", "profile.updated", "file.state"} <= kinds
        token = alice.call("POST", "/v1/login-tokens")["login_token"]
        status, _, body = alice.request(
            "POST", "/v1/session", {"login_token": token}, {})
        assert status == 201
        bearer = {"Authorization": f"Bearer {json.loads(body)['token']}"}
        assert alice.request("GET", "/v1/session", headers=bearer)[0] == 200
        assert alice.request("DELETE", "/v1/session",
                             headers=bearer)[0] == 204
        alice.call("PUT", user("/passphrase"),
                   world.body({"operationId": "changePassphrase"}))
        alice.call("POST", user("/lock"))
        alice.unlock()
        change_daemon(world)
        alice.call("POST", "/v1/daemon/shutdown")
        assert alice.process.wait(LIMIT) == 0
        good = {name for name, status in seen if status < 300}
        assert good == {o["operationId"] for _, _, o in OPERATIONS
                        } - {"updateTransfer"}


# Bad requests: the matrix.

@every(has_key)
def test_without_or_with_wrong_credentials(world, operation):
    method, path, described = operation
    right = world.alice.header()["Authorization"]
    body = world.body(described)
    for value in (None, "Bearer", "Bearer ", right[:-1], right + "A",
                  right[:-1] + ("A" if right[-1] != "A" else "B"),
                  right.replace("Bearer", "Basic"),
                  right.split()[1], "Bearer umbel_adm_", right + " " + right,
                  "Bearer umbel_ses_" + 43 * "A"):
        headers = {} if value is None else {"Authorization": value}
        answer = world.ask(method, world.path(path), body, headers)
        refused(answer, 401, "unauthorized")
    # Nothing but the header counts.
    token = right.split()[1]
    refused(world.ask(method, world.path(path), body,
                      {"Cookie": f"token={token}; umbel={token}"}),
            401, "unauthorized")
    refused(world.ask(method, world.path(path) + f"?access_token={token}",
                      body, {}), 401, "unauthorized")


@pytest.mark.parametrize("path", list(DOCUMENT["paths"]))
def test_wrong_method(world, path):
    there = {m.upper() for m in DOCUMENT["paths"][path]}
    for method in METHODS:
        if method in there:
            continue
        answer = world.raw(method, world.path(path),
                           None if method in ("GET", "DELETE") else b"", {})
        refused(answer, 405, "method_not_allowed")
        allowed = set(answer[1]["Allow"].split(", "))
        assert allowed == there | ({"HEAD"} if "GET" in there else set())
    for method in ("OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get"):
        answer = world.raw(method, world.path(path), None, {})
        assert answer[0] in (400, 405)


@every(has_body)
def test_wrong_content_type(world, operation):
    method, path, described = operation
    data = json.dumps(world.body(described))
    for kind in ("text/plain", "application/x-www-form-urlencoded",
                 "multipart/form-data; boundary=x", "application/jsonp",
                 "text/json", ""):
        answer = world.raw(method, world.path(path), data,
                           {"Content-Type": kind})
        refused(answer, 415, "media_type")
    refused(world.raw(method, world.path(path), data, {}), 415, "media_type")


BROKEN = [b"", b"{", b"{}}", b'{"a":1,"a":2}', b"{'a':1}", b'{"a":01}',
          b'{"a":NaN}', b'{"a":"\xff"}', b'{"a":"\\ud800"}', b'{"a":1,}',
          b'{"a":"\\u0000"}', b"\xef\xbb\xbf{}", b'{"a":1e999}', b"{}\x00",
          b'{"a":"\xc0\xaf"}', b"nul", 17 * b'{"a":' + b"1" + 17 * b"}",
          b"[" * 100000]


# HOSTILE P-11
@every(has_body)
def test_bad_json(world, operation):
    method, path, _ = operation
    for data in BROKEN:
        answer = world.raw(method, world.path(path), data,
                           {"Content-Type": "application/json"})
        refused(answer, 400, "bad_json")


@every(has_body)
def test_not_an_object(world, operation):
    method, path, _ = operation
    for value in ([], 1, "x", None, True):
        answer = world.raw(method, world.path(path), json.dumps(value),
                           {"Content-Type": "application/json"})
        assert answer[0] in (400, 422), answer


def schema_of(operation):
    content = operation["requestBody"]["content"]["application/json"]
    return CONTRACT.checker.deref(content["schema"])


@every(has_body)
def test_unknown_and_wrong_fields(world, operation):
    """What the document says that a field cannot be is refused."""
    method, path, described = operation
    body, schema = world.body(described), schema_of(described)
    # Where clients choose the names, not every one will do.
    is_open = "propertyNames" in schema
    answer = refused(world.ask(method, world.path(path),
                               {**body, "a~/\x7f\N{SNOWMAN}": 1}),
                     422, "invalid" if is_open else "unknown_field")
    error, = answer[2]["errors"]
    assert error["pointer"] == "/a~0~1\x7f\N{SNOWMAN}"
    if not is_open:
        assert (error["code"], error["detail"]) == ("unknown_field",
                                                    "not known here")
    for name in body:
        for wrong in (None, 1.5, [], {}, True, 2**60, "\N{SNOWMAN}"):
            if wrong is None and not is_merge_patch(*operation) and \
                    name not in schema.get("required", ()):
                continue  # the same as absent
            changed = {**body, name: wrong}
            if not CONTRACT.checker.schema_errors(schema, changed):
                continue
            answer = refused(world.ask(method, world.path(path), changed),
                             422, "invalid")
            assert answer[2]["errors"][0]["pointer"] == "/" + name
            assert answer[2]["errors"][0]["detail"]


@every(has_body)
def test_missing_fields(world, operation):
    method, path, described = operation
    body = world.body(described)
    for name in schema_of(described).get("required", ()):
        less = {k: v for k, v in body.items() if k != name}
        answer = refused(world.ask(method, world.path(path), less),
                         422, "invalid")
        assert f"/{name}" in {e["pointer"] for e in answer[2]["errors"]}


@every(is_merge_patch)
def test_merge_patch(world, operation):
    """Both media types; nothing in it changes nothing."""
    method, path, described = operation
    required = schema_of(described).get("required", ())
    body = {k: world.body(described)[k] for k in required}
    for kind in ("application/json", "application/merge-patch+json"):
        answer = world.raw(method, world.path(path), json.dumps(body),
                           {"Content-Type": kind})
        assert answer[0] == 200, answer


@every(lambda m, p, o: not is_raw(m, p, o))
def test_oversized_body(world, operation):
    method, path, _ = operation
    if method == "GET":
        return
    answer = world.raw(method, world.path(path),
                       b'{"x":"' + BODY_MAX * b"a" + b'"}',
                       {"Content-Type": "application/json"})
    refused(answer, 413, "too_large")


@every(lambda m, p, o: m != "GET" and "requestBody" not in o)
def test_body_where_none_belongs(world, operation):
    method, path, described = operation
    if described["operationId"] in ("deleteInvite", "shutdownDaemon"):
        path = world.path(path, invite="inv_" + UNKNOWN)
    answer = world.raw(method, world.path(path), b'{"force":true}',
                       {"Content-Type": "application/json"})
    refused(answer, 422, "unknown_field")


@every()
def test_unknown_parameter(world, operation):
    method, path, described = operation
    for query, codes in (
            ("?nonsense=1", {"unknown_field"}), ("?limit=1&limit=2", None),
            ("?limit=%ff", None), ("?=", None),
            ("?" + "&".join(f"a{i}=1" for i in range(300)), None)):
        more = query.replace("?", "&") if "?" in path else query
        answer = world.ask(method, world.path(path) + more,
                           world.body(described))
        assert answer[0] in (400, 422), (query, answer)
        assert not codes or answer[2]["code"] in codes


@every(lambda m, p, o: "parameters" in o and m == "GET")
def test_wrong_values_of_parameters(world, operation):
    method, path, described = operation
    for given in described["parameters"]:
        name = CONTRACT.checker.deref(given)
        if name["in"] != "query":
            continue
        bare = path.split("?")[0] if name["name"] == "q" else path
        mark = "&" if "?" in bare else "?"
        values = ["", "%00", "A" * 2000]
        if name["name"] != "q":  # of which any word is right
            values += ["-1", "99999999999999999999", "x%20y", "1e2", "0x10",
                       "inv_" + UNKNOWN]
        for value in values:
            answer = world.ask(method, world.path(bare)
                               + f"{mark}{name['name']}={value}")
            assert answer[0] in (400, 404, 410, 422), (name, value, answer)


@every(lambda m, p, o: "{" in p)
def test_ids_in_the_path(world, operation):
    method, path, described = operation
    for kind in re.findall(r"\{([a-z]+)_id\}", path):
        body = world.body(described)
        gone = f"{PREFIX[kind]}_{UNKNOWN}"
        refused(world.ask(method, world.path(path, **{kind: gone}), body),
                404, "not_found")
        wrong = "ctc" if kind != "contact" else "usr"
        own = world.ids[kind]
        for bad in (wrong + own[3:], own[:-1], own + "0", own.upper(),
                    own[:-1] + "u", own[:-1] + "%C3%A9", own[4:], "%20"):
            answer = refused(
                world.ask(method, world.path(path, **{kind: bad}), body),
                422, "invalid")
            assert answer[2]["errors"][0]["code"] == "invalid_id"
            assert answer[2]["errors"][0]["parameter"] == kind + "_id"


@every(lambda m, p, o: p.count("_id}") == 2)
def test_objects_of_another_user(world, operation):
    """The same 404 as for an id that was never given out."""
    method, path, described = operation
    body = world.body(described)
    kind = re.findall(r"\{([a-z]+)_id\}", path)[1]
    answers = []
    for ident in (world.ids[kind], f"{PREFIX[kind]}_{UNKNOWN}"):
        there = world.path(path, user=world.other["id"], **{kind: ident})
        answer = refused(world.ask(method, there, body), 404, "not_found")
        del answer[2]["instance"]
        answers.append(answer[2])
    assert answers[0] == answers[1]


@every(lambda m, p, o: "{" in p)
def test_session_of_another_user(world, operation):
    """A session that began with one user's passphrase sees that one only."""
    method, path, described = operation
    body = world.body(described)
    refusal = (404, "not_found")
    if described["x-scope"] == "admin":
        refusal = (403, "forbidden_scope")
    answers = []
    for user in (world.ids["user"], "usr_" + UNKNOWN):
        answer = world.ask(method, world.path(path, user=user), body,
                           world.other_token)
        refused(answer, *refusal)
        del answer[2]["instance"]
        answers.append(answer[2])
    assert answers[0] == answers[1]


@every(lambda m, p, o: "423" in o["responses"])
def test_locked_user(world, operation):
    method, path, described = operation
    answer = world.ask(method, world.path(path, user=world.shut["id"]),
                       world.body(described))
    refused(answer, 423, "user_locked")
    assert world.shut["id"] in answer[2]["detail"]


def test_session_does_what_it_may(world):
    for method, path, described in OPERATIONS:
        if described.get("x-scope") != "admin":
            continue
        refused(world.ask(method, world.path(path), world.body(described),
                          world.other_token), 403, "forbidden_scope")
    listed = world.ask("GET", "/v1/users", headers=world.other_token)[2]
    assert [u["id"] for u in listed["items"]] == [world.other["id"]]


@pytest.mark.parametrize("path", [
    "/v1", "/v1/", "/v2/users", "/v1/user", "/v1/users/", "/metric",
    "/v1/openapi.json/", "/v1/users/%2e%2e/daemon", "/v1/nothing/at/all",
    "/favicon.ico", "/ui/../v1/users"])
def test_paths_that_are_not_there(world, path):
    assert world.raw("GET", path, None, {})[0] in (400, 404)


def test_state_is_unchanged_after_all_that(world):
    """No refusal has left anything behind."""
    alice = world.alice
    history = [m["text"] for m in alice.history(world.to_bob)]
    assert history == ["the first"]
    assert sorted(c["display_name"] for c in alice.contacts()) == [
        "bob", "carol"]
    assert len(alice.call("GET", "/v1/users")["items"]) == 3
    assert len(alice.call("GET", alice.user_path("/invites"))["items"]) == 1
    states = [r["state"] for r in alice.call(
        "GET", alice.user_path("/requests"))["items"]]
    assert sorted(states) == ["pending", "queued"]
