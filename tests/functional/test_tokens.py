# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens of a whole daemon: their file, restarts and kills, what ends with
them, and what a script with one of a single conversation gets."""

import contextlib
import datetime
import json
import pathlib
import stat
import threading
import uuid

import pytest

from daemons import (LIMIT, PASSPHRASE, Place, Refused, UnixConnection, pair,
                     until)
from streams import Stream


def make(daemon, *scopes, **more):
    """(the token as it was made, the header that carries it)"""
    made = daemon.call("POST", "/v1/tokens", {
        "name": "bot", "scopes": list(scopes), **more})
    return made, {"Authorization": f"Bearer {made['secret']}"}


def ask(daemon, headers, method, path, body=None):
    status, _, data = daemon.request(method, path, body, headers)
    return status, json.loads(data) if data else None


def revoke(daemon, token):
    daemon.call("DELETE", f"/v1/tokens/{token['id']}")


@pytest.fixture(name="three", scope="module")
def make_three(place):
    """alice knows bob and carol: herself, and her conversations with them."""
    alice, bob, carol = map(place.daemon, ("alice", "bob", "carol"))
    return alice, bob, carol, pair(alice, bob), pair(alice, carol)


# HOSTILE L-02
def test_file(three):
    """Hashes alone, for the owner alone; nothing of a secret in the log or in
    what other processes show."""
    alice = three[0]
    made, headers = make(alice, "users:read")
    path = alice.data / "api/tokens"
    mode = path.stat()
    assert stat.S_IMODE(mode.st_mode) == 0o600
    assert stat.S_IMODE(alice.data.stat().st_mode) == 0o700
    assert not (alice.data / "api/tokens.tmp").exists()
    assert ask(alice, headers, "GET", "/v1/users")[0] == 200
    assert ask(alice, {"Authorization": headers["Authorization"] + "x"},
               "GET", "/v1/users")[0] == 401
    secret = made["secret"][37:].encode()
    assert made["id"].encode() in path.read_bytes()
    places = [path, alice.log]
    for name in ("umbel-core", "umbel-httpd"):
        proc = pathlib.Path("/proc") / str(alice.pid_of(name))
        places += [proc / "cmdline", proc / "environ"]
    for one in places:
        with contextlib.suppress(PermissionError):
            assert secret not in one.read_bytes(), one
    revoke(alice, made)
    assert made["id"].encode() not in path.read_bytes()


def test_over_restarts_and_kills(place):
    daemon = place.daemon("dora")
    daemon.add_user()
    kept, headers = make(daemon, "users:read", rate_per_minute=1000)
    gone, old = make(daemon, "users:read")
    revoke(daemon, gone)
    for end in (daemon.stop, daemon.kill_all):
        end()
        daemon.start()
        assert ask(daemon, headers, "GET", "/v1/users")[0] == 200
        assert ask(daemon, old, "GET", "/v1/users")[0] == 401
        # The user is locked; that the token is right is known all the same.
        assert ask(daemon, headers, "GET", daemon.user_path())[0] == 200
    daemon.kill("umbel-core")
    until("the token is known again", lambda: ask(
        daemon, headers, "GET", "/v1/users")[0] == 200)
    shown = daemon.call("GET", f"/v1/tokens/{kept['id']}")
    assert shown["last_used_at"] and shown["secret"] is None


def test_locked_user(place):
    daemon = place.daemon("emil")
    daemon.add_user()
    _, headers = make(daemon, "contacts:read", "users:unlock")
    daemon.call("POST", daemon.user_path("/lock"))
    contacts = daemon.user_path("/contacts")
    assert ask(daemon, headers, "GET", contacts)[0] == 423
    wrong = {"Authorization": headers["Authorization"][:-1]}
    assert ask(daemon, wrong, "GET", contacts)[0] == 401
    assert ask(daemon, headers, "POST", daemon.user_path("/unlock"),
               {"passphrase": PASSPHRASE})[0] == 200
    assert ask(daemon, headers, "GET", contacts)[0] == 200


def test_damaged_file(place):
    """The daemon comes up and says so; it neither lets anybody in nor writes
    over what there is."""
    daemon = place.daemon("fred")
    _, headers = make(daemon, "users:read")
    daemon.stop()
    path = daemon.data / "api/tokens"
    right = path.read_bytes()
    for wrong in (right[:-9], right.replace(b"bot", b"bat"), b"",
                  right.replace(b"tokens 1", b"tokens 2")):
        path.write_bytes(wrong)
        known = len(daemon.log.read_text())
        daemon.start()
        assert "the file of tokens cannot be used" in \
            daemon.log.read_text()[known:]
        assert ask(daemon, headers, "GET", "/v1/users")[0] == 401
        for method, rest, body in (
                ("GET", "", None),
                ("POST", "", {"name": "x", "scopes": ["admin"]})):
            with pytest.raises(Refused) as refused:
                daemon.call(method, "/v1/tokens" + rest, body)
            assert refused.value.problem["code"] == "damaged"
        assert daemon.call("GET", "/v1/users") == {
            "items": [], "next_cursor": None}
        assert daemon.stop() == 0
        assert path.read_bytes() == wrong
    path.write_bytes(right)
    daemon.start()
    assert ask(daemon, headers, "GET", "/v1/users")[0] == 200


def poll(daemon, headers, path, results):
    def run():
        results.append(ask(daemon, headers, "GET", path))
    thread = threading.Thread(target=run)
    thread.start()
    return thread


def open_streams(stack, alice, seconds):
    """A token, its header, and two streams of it, if it lives as long."""
    more = {}
    if seconds:
        end = datetime.datetime.now(datetime.UTC)
        end += datetime.timedelta(seconds=seconds)
        more["expires_at"] = end.isoformat()
    made, headers = make(alice, "events:read", "messages:read", **more)
    try:
        streams = [stack.enter_context(Stream(alice, path, headers=headers))
                   for path in (alice.user_path("/events"), "/v1/events")]
        for one in streams:
            one.hello()
    except (Refused, ConnectionResetError):
        return None
    return made, headers, streams


# None: it is revoked.  A slow machine may need a longer life.
@pytest.mark.parametrize("lives", ((None,), (3, 10, 30, 100)))
def test_open_streams_end(three, lives):
    """Streams and polls of who is revoked, or expires, end at once; those of
    others do not."""
    alice, results = three[0], []
    path = alice.user_path("/events")
    with contextlib.ExitStack() as stack:
        other = stack.enter_context(Stream(alice, path))
        other.hello()
        made, headers, (stream, second) = next(filter(None, (
            open_streams(stack, alice, seconds) for seconds in lives)))
        waiting = poll(alice, headers, path + "?wait=60", results)
        if lives == (None,):
            revoke(alice, made)
        assert stream.frame() is None
        assert second.frame() is None
        waiting.join()
        assert results[0][0] == 401
        note = {"note": uuid.uuid4().hex}
        alice.call("PATCH", alice.user_path(
            f"/contacts/{alice.contact('bob')['id']}"), note)
        other.until(lambda f: f.data["data"].get("note") == note["note"])


def test_alarm_script(three):
    """HOSTILE W-09: what may send to one conversation can do that, and knows
    nothing."""
    alice, bob, _, (to_bob, _), (to_carol, _) = three
    _, headers = make(alice, "messages:send", conversation_ids=[to_bob],
                      rate_per_minute=10)
    sending = alice.user_path("/conversations/{}/messages")
    body = {"client_id": str(uuid.uuid4()), "text": "the cellar is wet"}
    status, sent = ask(alice, headers, "POST", sending.format(to_bob), body)
    assert (status, set(sent)) == (201, {"id", "client_id", "state"})
    status, again = ask(alice, headers, "POST", sending.format(to_bob), body)
    assert (status, again["id"]) == (200, sent["id"])
    bob.wait_event("message.received",
                   lambda m: m["text"] == body["text"])
    assert ask(alice, headers, "POST", sending.format(to_carol),
               {**body, "client_id": str(uuid.uuid4())})[0] == 404
    for path in ("/conversations", f"/conversations/{to_bob}", "/contacts",
                 f"/messages/{sent['id']}", "/events", "/files", "/profile"):
        assert ask(alice, headers, "GET", alice.user_path(path))[0] == 403
    # Ten in a minute, whatever they are.
    status = 403
    while status == 403:
        status, problem = ask(alice, headers, "GET", alice.user_path("/files"))
    assert (status, problem["code"]) == (429, "rate_limited")


def test_bot_of_one_conversation(three):
    """It hears what is said there and nothing else, now and from the journal,
    and may bring files to it."""
    alice, bob, carol, (to_bob, from_bob), (to_carol, from_carol) = three
    _, headers = make(alice, "messages:read", "messages:send", "events:read",
                      "contacts:read", "files:read", "files:write",
                      conversation_ids=[to_carol])
    word = uuid.uuid4().hex
    with Stream(alice, alice.user_path("/events"), headers=headers) as stream:
        start = stream.hello()["last_id"]
        bob.send(from_bob, "to alice " + word)
        alice.wait_event("message.received",
                         lambda m: m["text"] == "to alice " + word)
        carol.send(from_carol, "hello " + word)
        frame = stream.until(lambda f: f.event == "message.received")
        assert frame.data["data"]["text"] == "hello " + word
        # Before it there was nothing of bob.
        status, page = ask(alice, headers, "GET", alice.user_path(
            f"/events?after={start}&limit=200"))
    assert status == 200
    assert all(to_bob not in json.dumps(item) for item in page["items"])
    assert any(word in json.dumps(item) for item in page["items"])
    listed = ask(alice, headers, "GET", alice.user_path("/conversations"))[1]
    assert [c["id"] for c in listed["items"]] == [to_carol]
    made = ask(alice, headers, "POST", alice.user_path("/files"),
               {"name": "x", "size": 0})[1]
    offer = {"client_id": str(uuid.uuid4()), "file_ids": [made["id"]]}
    for conversation, expected in ((to_bob, 404), (to_carol, 422)):
        assert ask(alice, headers, "POST", alice.user_path(
            f"/conversations/{conversation}/messages"), offer)[0] == expected
    hidden = alice.call("POST", alice.user_path("/files"),
                        {"name": "y", "size": 1})
    assert ask(alice, headers, "GET",
               alice.user_path(f"/files/{hidden['id']}"))[0] == 404


def test_upload_of_who_is_revoked(three):
    """It ends in the midst, and nothing of it is left."""
    alice = three[0]
    made, headers = make(alice, "files:write", "files:read")
    before = alice.call("GET", alice.user_path("/files"))["items"]
    (name, value), = headers.items()
    connection = UnixConnection(alice.run / "api.sock", LIMIT)
    with contextlib.closing(connection):
        connection.putrequest("PUT", alice.user_path("/files?name=cut"))
        connection.putheader(name, value)
        connection.putheader("Content-Length", "2000000")
        connection.endheaders()
        connection.send(bytes(1000000))
        until("it has begun", lambda: len(alice.call(
            "GET", alice.user_path("/files"))["items"]) > len(before))
        revoke(alice, made)
        answer = connection.getresponse()
        assert answer.status == 401
    assert alice.call("GET", alice.user_path("/files"))["items"] == before


def test_child(three):
    """What a token made ends with it."""
    alice = three[0]
    parent, headers = make(alice, "tokens:create", "users:read")
    status, child = ask(alice, headers, "POST", "/v1/tokens", {
        "name": "child", "scopes": ["users:read"]})
    assert (status, child["made_by"]) == (201, parent["id"])
    carried = {"Authorization": f"Bearer {child['secret']}"}
    assert ask(alice, carried, "GET", "/v1/users")[0] == 200
    status, problem = ask(alice, headers, "POST", "/v1/tokens", {
        "name": "more", "scopes": ["messages:read"]})
    assert (status, problem["code"]) == (403, "forbidden_scope")
    revoke(alice, parent)
    assert ask(alice, carried, "GET", "/v1/users")[0] == 401


def test_users_of_others_are_not_shown():
    """HOSTILE W-15: three users, and a token for each one."""
    with Place() as place:
        daemon = place.daemon("grace")
        users = [daemon.call("POST", "/v1/users", {
            "name": f"u{n}", "passphrase": PASSPHRASE}) for n in range(3)]
        for mine in users:
            _, headers = make(daemon, "users:read", "contacts:read",
                              "tor:read", user_ids=[mine["id"]])
            listed = ask(daemon, headers, "GET", "/v1/users")[1]["items"]
            assert [u["id"] for u in listed] == [mine["id"]]
            tor = ask(daemon, headers, "GET", "/v1/tor")[1]
            assert [s["user_id"] for s in tor["onion_services"]] == [
                mine["id"]]
            for user in users:
                status = ask(daemon, headers, "GET",
                             f"/v1/users/{user['id']}/contacts")[0]
                assert status == (200 if user is mine else 404)
