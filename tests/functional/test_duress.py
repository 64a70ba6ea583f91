# SPDX-License-Identifier: GPL-3.0-or-later
"""The duress passphrase over whole daemons: what it destroys, and that nothing
tells of it, before or after."""

import contextlib
import http.client
import json
import pathlib
import re

import pytest

from daemons import PASSPHRASE, Place, Refused, pair, until, wait_delivered
from streams import Stream
from test_backup import over, raw, start_import
from test_passphrase import folder_of, needs_strace, opens, tampered

DURESS = "under duress"


@pytest.fixture(name="both")
def make_both():
    """alice, who has a contact, a history and a file."""
    with Place() as place:
        alice, bob = place.daemon("alice"), place.daemon("bob")
        to_bob, _ = pair(alice, bob)
        wait_delivered(alice, alice.send(to_bob, "what nobody may read"))
        status, _, _ = alice.request(
            "POST", alice.user_path("/files"), {"name": "x", "size": 1})
        assert status == 201
        yield alice, bob


@pytest.fixture(name="alone")
def make_alone():
    with Place() as place:
        alice = place.daemon("alice")
        alice.add_user()
        until("an address", lambda: alice.call(
            "GET", alice.user_path())["onion"])
        yield alice


def set_duress(daemon, duress=DURESS, passphrase=PASSPHRASE):
    return daemon.call("PUT", daemon.user_path("/duress"),
                       {"passphrase": passphrase, "duress_passphrase": duress})


def lock(daemon):
    daemon.call("POST", daemon.user_path("/lock"))


def unlock(daemon, passphrase):
    return daemon.request("POST", daemon.user_path("/unlock"),
                          {"passphrase": passphrase})


def told(daemon):
    """What the daemon says of itself, without what is different each time."""
    lines = daemon.call("GET", "/v1/daemon/log?limit=200")["items"]
    return [re.sub(r"\b[0-9a-f]{8}\b", "ID", line["text"]) for line in lines]


def heard(daemon, passphrase):
    """(answer, events of the daemon, lines of the log) of one unlocking"""
    lock(daemon)
    before = len(told(daemon))
    with Stream(daemon, "/v1/events") as stream:
        stream.hello()
        status, head, body = unlock(daemon, passphrase)
        frame = stream.until(lambda frame: frame.event == "user.unlocked")
    lines = told(daemon)
    user = json.loads(body)
    kept = {key: user[key] for key in ("id", "name", "state", "created_at",
                                       "failure", "auto_lock_minutes")}
    return (status, sorted(head), sorted(user), kept, frame.event,
            sorted(frame.data["data"]), lines[:len(lines) - before])


def test_nothing_tells(both):
    alice, _bob = both
    onion = alice.call("GET", alice.user_path())["onion"]
    assert set_duress(alice) is None
    real = heard(alice, PASSPHRASE)
    assert len(alice.contacts()) == 1
    assert heard(alice, DURESS) == real
    # An empty user of the same name, id and age.
    assert alice.contacts() == []
    for path in ("/conversations", "/files", "/requests", "/invites"):
        assert alice.call("GET", alice.user_path(path))["items"] == []
    assert alice.call("GET", alice.user_path())["onion"] != onion
    # For good, and for every way in.
    for _ in range(2):
        assert unlock(alice, PASSPHRASE)[0] in (401, 409)
        lock(alice)
        assert not opens(alice, PASSPHRASE) and opens(alice, DURESS)
        alice.kill_all()
        alice.start()
        unlock(alice, DURESS)
    assert not list((folder_of(alice) / "blobs").glob("*")) \
        if (folder_of(alice) / "blobs").exists() else True
    assert not (folder_of(alice) / "blobs.old").exists()
    # He can be used as any user.
    assert alice.invite()


def test_programs_read_on(both):
    """Who knows how far it has read has missed nothing, and an export that was
    made is still there: but no passphrase opens it.  A crash before changes
    nothing."""
    alice, _bob = both
    set_duress(alice)
    last = alice.last_event()
    assert last > 5
    core = alice.kill("umbel-core")
    until("another core", lambda: alice.pid_of("umbel-core") != core)
    alice.unlock_when_up()
    last = alice.last_event()
    job = over(alice, alice.call("POST", alice.user_path("/export"),
                                 {"passphrase": "of the export"}))
    path = f"/v1/jobs/{job['id']}"
    status, data = raw(alice, "GET", path + "/content")
    assert status == 200
    lock(alice)
    assert unlock(alice, DURESS)[0] == 200
    for after in (last, last - 1):
        page = alice.call("GET", alice.user_path(f"/events?after={after}"))
        assert page["last_id"] >= last
        assert [e for e in page["items"] if int(e["id"]) <= last] == []
    assert alice.call("GET", path) == job
    status, noise = raw(alice, "GET", path + "/content")
    assert status == 200 and len(noise) == len(data) and noise != data
    assert raw(alice, "GET", path + "/content", Range="bytes=90-200") == (
        206, noise[90:201])
    assert start_import(alice, noise, "of the export", name="another")[
        "problem"]["code"] == "wrong_passphrase"
    # What is new is told as ever.
    alice.invite()
    assert alice.last_event() >= last
    # And so it is the next time.
    alice.kill_all()
    alice.start()
    assert unlock(alice, DURESS)[0] == 200
    assert alice.last_event() >= last


def test_files_look_alike(alone):
    """With or without: the same files, of the same lengths, and a GET tells
    nothing."""
    def seen():
        return {path.name: path.stat().st_size
                for path in folder_of(alone).iterdir()
                if path.name.startswith("key")}
    before, user = seen(), alone.call("GET", alone.user_path())
    set_duress(alone)
    assert seen() == before
    assert alone.call("GET", alone.user_path()) == user
    set_duress(alone, None)
    assert seen() == before
    lock(alone)
    assert opens(alone, PASSPHRASE) and not opens(alone, DURESS)


def test_it_is_guarded_like_the_passphrase(alone):
    for body, code in (
            ({"passphrase": "wrong one", "duress_passphrase": DURESS},
             "wrong_passphrase"),
            ({"passphrase": PASSPHRASE, "duress_passphrase": PASSPHRASE},
             "invalid"),
            ({"passphrase": PASSPHRASE, "duress_passphrase": "short"},
             "invalid"),
            ({"passphrase": PASSPHRASE}, "invalid")):
        with pytest.raises(Refused) as refused:
            alone.call("PUT", alone.user_path("/duress"), body)
        assert refused.value.problem["code"] == code
    assert alone.request("GET", alone.user_path("/duress"))[0] == 405
    lock(alone)
    assert opens(alone, PASSPHRASE)


def test_a_change_of_the_passphrase_keeps_it(alone):
    set_duress(alone)
    alone.call("PUT", alone.user_path("/passphrase"), {
        "old_passphrase": PASSPHRASE, "new_passphrase": "battery staple"})
    lock(alone)
    assert opens(alone, "battery staple")
    assert opens(alone, DURESS)
    assert not opens(alone, "battery staple")


def test_by_the_login_form_while_unlocked(both):
    """Who has the page open sees it end; the form lets in as always."""
    alice, _bob = both
    set_duress(alice)
    with Stream(alice, alice.user_path("/events")) as stream:
        stream.hello()
        status, _, body = alice.request("POST", "/v1/session", {
            "user_id": alice.user["id"], "passphrase": DURESS}, {})
        assert status == 201
        stream.until(lambda frame: frame.event == "locked")
    token = {"Authorization": f"Bearer {json.loads(body)['token']}"}
    status, _, body = alice.request(
        "GET", alice.user_path("/contacts"), headers=token)
    assert (status, json.loads(body)["items"]) == (200, [])


def test_in_the_place_of_the_old_passphrase(both):
    alice, _bob = both
    set_duress(alice)
    alice.call("PUT", alice.user_path("/passphrase"), {
        "old_passphrase": DURESS, "new_passphrase": "battery staple"})
    assert alice.contacts() == []
    lock(alice)
    assert not opens(alice, PASSPHRASE) and not opens(alice, DURESS)
    assert opens(alice, "battery staple")


# (call, its how manieth, is the real one whole if killed before it),
# of those at the key file; test_decoy has them all.
STEPS = [("pwrite64", 1, True), ("fsync", 1, False), ("unlink", 1, False),
         ("write", 1, False), ("rename", 1, False), ("fsync", 2, False)]


@needs_strace
@pytest.mark.parametrize("call, when, whole", STEPS,
                         ids=[f"{c}-{w}" for c, w, _ in STEPS])
def test_kill_at_a_step(both, call, when, whole):
    alice, _bob = both
    set_duress(alice)
    lock(alice)
    with tampered(alice, f"{call}:signal=KILL:when={when}") as core:
        with contextlib.suppress(OSError, http.client.HTTPException):
            unlock(alice, DURESS)
        until("another core", lambda: alice.pid_of("umbel-core") != core)
    alice.wait_up()
    assert opens(alice, PASSPHRASE) == whole
    assert alice.call("GET", alice.user_path())["state"] == "locked"
    assert unlock(alice, DURESS)[0] == 200
    assert alice.contacts() == []
    lock(alice)
    assert not opens(alice, PASSPHRASE) and opens(alice, DURESS)


# L-03
def test_secrets_are_nowhere(both):
    """Neither the passphrases nor what was destroyed, in any file left."""
    alice, _bob = both
    set_duress(alice)
    lock(alice)
    assert unlock(alice, DURESS)[0] == 200
    planted = [word.encode() for word in (PASSPHRASE, DURESS,
                                          "what nobody may read")]
    for folder in (alice.data, alice.run):
        for path in pathlib.Path(folder).rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                assert not [w for w in planted if w in data], path
    log = alice.log.read_text()
    for word in (PASSPHRASE, DURESS, "duress", "decoy"):
        assert word not in log
