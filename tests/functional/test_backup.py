# SPDX-License-Identifier: GPL-3.0-or-later
"""A user in one file, and back: export, import, the end of a user, and contacts
who are linked anew."""

import json
import os
import pathlib
import signal
import uuid

import pytest

from daemons import PASSPHRASE, Place, Refused, pair, until, wait_delivered

SECRET = "another passphrase"
FILE = os.urandom(300000)


@pytest.fixture(name="place")
def make_place():
    with Place() as place:
        yield place


def raw(daemon, method, path, data=None, **headers):
    """(status, bytes) of a call whose bodies are bytes."""
    import contextlib
    from daemons import UnixConnection, LIMIT
    connection = UnixConnection(daemon.run / "api.sock", LIMIT)
    with contextlib.closing(connection):
        connection.request(method, path, data,
                           {**daemon.header(), **headers})
        answer = connection.getresponse()
        head, got = dict(answer.getheaders()), answer.read()
    daemon.contract.judge(method, path, answer.status, head, got)
    return answer.status, got


def over(daemon, job):
    """The job at its end."""
    def check():
        now = daemon.call("GET", f"/v1/jobs/{job['id']}")
        return now if now["state"] not in ("waiting", "running") else None
    return until("the end of a job", check)


def export(daemon, **more):
    job = over(daemon, daemon.call("POST", daemon.user_path("/export"),
                                   {"passphrase": SECRET, **more}))
    assert job["state"] == "done", job
    path = f"/v1/jobs/{job['id']}/content"
    status, data = raw(daemon, "GET", path)
    assert status == 200 and len(data) == job["result"]["size"]
    status, part = raw(daemon, "GET", path, Range="bytes=100-199")
    assert status == 206 and part == data[100:200]
    return data


def bring(daemon, data):
    status, got = raw(daemon, "POST", "/v1/users/import", data)
    assert status == 202, got
    return json.loads(got)


def start_import(daemon, data, passphrase=SECRET, **more):
    job = bring(daemon, data)
    assert job["state"] == "waiting"
    daemon.call("PATCH", f"/v1/jobs/{job['id']}",
                {"passphrase": passphrase, **more})
    return over(daemon, job)


def take(daemon, data, name):
    """The user of an export, unlocked."""
    job = start_import(daemon, data, name=name)
    assert job["state"] == "done", job
    daemon.user = daemon.call("GET", f"/v1/users/{job['result']['user_id']}")
    assert daemon.user["state"] == "locked" and daemon.user["name"] == name
    daemon.user = daemon.call("POST", daemon.user_path("/unlock"),
                              {"passphrase": SECRET})
    daemon.name = name


def destroy(daemon):
    return daemon.call("POST", daemon.user_path("/destroy"), {
        "passphrase": PASSPHRASE, "confirm_name": daemon.user["name"]})


def left_of(daemon):
    """What lies in the folders of users and of jobs."""
    return sorted(path.name for folder in ("users", "jobs")
                  for path in (pathlib.Path(daemon.data) / folder).iterdir())


def send_file(daemon, conversation):
    status, got = raw(daemon, "PUT", daemon.user_path(
        "/files?name=noise.bin"), FILE)
    assert status == 201
    fil = json.loads(got)
    daemon.call("POST", daemon.user_path(
        f"/conversations/{conversation}/messages"), {
            "client_id": str(uuid.uuid4()), "file_ids": [fil["id"]]})
    return fil["id"]


def texts(messages):
    return [m["text"] for m in messages]


# HOSTILE S-19
def test_there_and_back(place):
    """History, names, drafts and files come back; the contact is detached, and
    cannot be sent to."""
    alice, bob = place.daemon("alice"), place.daemon("bob")
    to_bob, to_alice = pair(alice, bob)
    for text in ("one", "two", "three of them"):
        wait_delivered(alice, alice.send(to_bob, text))
        wait_delivered(bob, bob.send(to_alice, text.upper()))
    fil = send_file(alice, to_bob)
    contact = alice.contact("bob")
    alice.call("PATCH", alice.user_path(f"/contacts/{contact['id']}"),
               {"alias": "Bob", "note": "from the choir"})
    alice.call("PATCH", alice.user_path(f"/conversations/{to_bob}"),
               {"draft": "not yet"})
    before = alice.history(to_bob)
    data = export(alice)
    # Nothing that is short: random bytes say "two" now and then.
    for word in ("from the choir", "three of them", SECRET):
        assert word.encode() not in data
    job = destroy(alice)
    assert job["kind"] == "destroy" and job["state"] == "done"
    assert alice.call("GET", "/v1/users")["items"] == []

    take(alice, data, "alice again")
    after = alice.history(to_bob)
    assert [m["id"] for m in after] == [m["id"] for m in before]
    assert texts(after) == texts(before)
    assert [m["sent_at"] for m in after] == [m["sent_at"] for m in before]
    status, got = raw(alice, "GET", alice.user_path(f"/files/{fil}/content"))
    assert status == 200 and got == FILE
    again = alice.contact("Bob")
    assert again["id"] == contact["id"]
    assert again["note"] == "from the choir"
    assert again["state"] == "detached"
    assert alice.call("GET", alice.user_path(
        f"/conversations/{to_bob}"))["draft"] == "not yet"
    with pytest.raises(Refused) as refused:
        alice.send(to_bob, "nobody hears this")
    assert refused.value.status == 409
    assert "detached" in refused.value.problem["detail"]
    with pytest.raises(Refused) as refused:
        alice.call("GET", alice.user_path(
            f"/contacts/{again['id']}/safety-number"))
    assert refused.value.status == 409


# HOSTILE D-15
def test_an_export_is_of_one_user(place):
    """Of two of one daemon, who know the same person: what one takes along
    tells nothing of the other."""
    alice, bob = place.daemon("alice"), place.daemon("bob")
    to_bob, _ = pair(alice, bob)
    wait_delivered(alice, alice.send(to_bob, "of alice"))
    one = alice.user
    alice.user = alice.call("POST", "/v1/users", {
        "name": "dora-1c7e", "passphrase": PASSPHRASE})
    theirs = alice.user["id"]
    request = alice.connect(bob.invite())
    alice.wait_event("request.state", lambda r: r["id"] == request["id"] and
                     r["state"] == "accepted")
    wait_delivered(alice, alice.send(
        alice.contact("bob")["conversation_id"], "dora-1c7e"))
    alice.call("PUT", alice.user_path("/profile"), {
        "display_name": "dora-1c7e", "status_text": "dora-1c7e"})
    alice.user = one
    data = export(alice)
    there = place.daemon("there")
    take(there, data, "alice")
    assert [u["name"] for u in there.call("GET", "/v1/users")["items"]] == [
        "alice"]
    contact, = there.contacts()
    assert texts(there.history(contact["conversation_id"])) == ["of alice"]
    for path in ("", "/profile", "/address", "/contacts", "/conversations",
                 "/requests", "/invites", "/files", "/events"):
        told = json.dumps(there.call("GET", there.user_path(path)))
        assert "dora-1c7e" not in told and theirs not in told, path


@pytest.mark.parametrize("damage", ["cut", "flip", "foreign", "empty",
                                    "passphrase"])
def test_what_is_no_good_leaves_nothing(place, damage):
    alice = place.daemon("alice")
    alice.add_user()
    data = bytearray(export(alice))
    before = [u["id"] for u in alice.call("GET", "/v1/users")["items"]]
    passphrase = SECRET
    if damage == "cut":
        del data[-20:]
    elif damage == "flip":
        data[-30] ^= 1
    elif damage == "foreign":
        data = b"PK\x03\x04" + bytes(1000)
    elif damage == "empty":
        data = b""
    else:
        passphrase = "wrong passphrase"
    job = start_import(alice, bytes(data), passphrase, name="another")
    assert job["state"] == "failed"
    assert job["problem"]["code"] == {
        "cut": "damaged", "flip": "damaged", "foreign": "invalid",
        "empty": "invalid", "passphrase": "wrong_passphrase"}[damage]
    assert [u["id"] for u in alice.call("GET", "/v1/users")["items"]] == before
    # What was brought waits for a better passphrase, and goes with its user.
    left = [n for n in left_of(alice) if job["id"] in n or ".new" in n]
    assert left == ([job["id"]] if damage == "passphrase" else [])
    if damage == "passphrase":
        alice.call("PATCH", f"/v1/jobs/{job['id']}",
                   {"passphrase": SECRET, "name": "another"})
        assert over(alice, job)["state"] == "done"
        assert [n for n in left_of(alice) if job["id"] in n] == []
    # A name that is there already is told as such.
    if damage == "cut":
        job = start_import(alice, export(alice))
        assert job["problem"]["code"] == "conflict"


def test_destroying(place):
    alice = place.daemon("alice")
    other = alice.another_user("other")
    alice.add_user()
    folder = pathlib.Path(alice.data) / "users" / alice.user["id"]
    key = (folder / "key").read_bytes()
    for body, status in (
            ({"passphrase": "wrong", "confirm_name": "alice"}, 401),
            ({"passphrase": PASSPHRASE, "confirm_name": "other"}, 422)):
        with pytest.raises(Refused) as refused:
            alice.call("POST", alice.user_path("/destroy"), body)
        assert refused.value.status == status
    assert (folder / "key").read_bytes() == key
    # All that a folder can have, the index of a search too, from before and
    # after an opening.
    for name in ("words.db", "words.db-wal", "words.db-journal", "key.tmp",
                 "user.db-journal"):
        if not (folder / name).exists():
            (folder / name).write_bytes(b"planted")
    (folder / "blobs").mkdir(exist_ok=True)
    (folder / "blobs" / ("ab" * 16)).write_bytes(b"planted")
    # Also of one who is locked.
    alice.call("POST", alice.user_path("/lock"))
    assert {"key", "last", "user.db"} <= {p.name for p in folder.iterdir()}
    destroy(alice)
    assert left_of(alice) == [other.user["id"]]
    everything = [path for path in pathlib.Path(alice.data).rglob("*")
                  if path.is_file()]
    assert not [path for path in everything
                if b"planted" in path.read_bytes()
                or alice.user["id"] in str(path)]
    with pytest.raises(Refused) as refused:
        alice.unlock()
    assert refused.value.status in (401, 404)
    assert other.call("GET", other.user_path())["state"] == "unlocked"


def test_a_crash_ends_it(place):
    """What an export, an import and a destruction leave when the core dies is
    gone after the next start."""
    alice = place.daemon("alice")
    alice.add_user()
    data = export(alice)
    bring(alice, data)
    users = pathlib.Path(alice.data) / "users"
    old = users / f".old-{'0' * 26}"
    old.mkdir()
    (old / "key").write_bytes(b"secret")
    (old / "blobs").mkdir()
    (old / "blobs" / ("ab" * 16)).write_bytes(b"sealed")
    assert len(left_of(alice)) == 4
    pid = alice.kill("umbel-core")
    until("another core", lambda: alice.pid_of("umbel-core") != pid)
    alice.unlock_when_up()
    assert left_of(alice) == [alice.user["id"]]


def begin_import(daemon, data):
    job = bring(daemon, data)
    return daemon.call("PATCH", f"/v1/jobs/{job['id']}",
                       {"passphrase": SECRET, "name": "another"})


def begin_export(daemon, _data):
    return daemon.call("POST", daemon.user_path("/export"),
                       {"passphrase": SECRET})


def test_broken_off_in_its_midst(place):
    """A kill -9 of the core while an export, or an import, is being made, and
    one that is called off: nothing is left of it, nothing of the user is lost,
    and the next one works."""
    alice = place.daemon("alice")
    alice.add_user()
    ann = alice.another_user("ann")
    to_ann, _ = pair(alice, ann)
    wait_delivered(alice, alice.send(to_ann, "what stays"))
    send_file(alice, to_ann)
    before = texts(alice.history(to_ann))
    data = export(alice)
    users = sorted([alice.user["id"], ann.user["id"]])
    # Two calls must come in its midst, on a busy machine too.
    quick = alice.take_long_for_keys(mib=512)
    for daemon in (alice, ann):
        daemon.unlock()
    for begin in (begin_export, begin_import):
        job = begin(alice, data)
        assert job["state"] == "running"
        alice.call("DELETE", f"/v1/jobs/{job['id']}")
        assert over(alice, job)["state"] == "cancelled"
        job = begin(alice, data)
        assert job["state"] == "running"
        pid = alice.kill("umbel-core")
        until("another core", lambda pid=pid:
              alice.pid_of("umbel-core") not in (None, pid))
        alice.unlock_when_up()
        assert left_of(alice) == users
        assert alice.request("GET", f"/v1/jobs/{job['id']}")[0] == 404
    alice.configure_anew(quick)
    alice.unlock()
    assert texts(alice.history(to_ann)) == before
    take(alice, export(alice), "another")
    assert texts(alice.history(to_ann)) == before


def relink(place, alice, bob, contact, other):
    """alice makes an invite for her contact, bob uses it for his."""
    link = alice.call("POST", alice.user_path("/invites"),
                      {"contact_id": contact["id"]})["link"]
    before = alice.last_event()
    bob_before = bob.last_event()
    request = bob.connect(link, contact_id=other["id"])
    bob.wait_event("request.state", lambda r: r["id"] == request["id"]
                   and r["state"] == "accepted")
    alice.wait_event("contact.updated", lambda c: c["id"] == contact["id"]
                     and c["state"] == "active" and not c["verified"], before)
    bob.wait_event("contact.updated", lambda c: c["id"] == other["id"]
                   and not c["verified"], bob_before)


def test_a_contact_is_linked_anew(place):
    """After an import, by an invite for that contact at both ends: the same
    conversations go on, and verification begins anew."""
    alice, bob = place.daemon("alice"), place.daemon("bob")
    to_bob, to_alice = pair(alice, bob)
    wait_delivered(alice, alice.send(to_bob, "before"))
    data = export(alice)
    destroy(alice)
    waits = bob.send(to_alice, "are you there?")
    other = bob.contact("alice")
    bob.call("PUT", bob.user_path(f"/contacts/{other['id']}/verification"),
             {"verified": True})
    take(alice, data, "alice")
    contact = alice.contact("bob")
    relink(place, alice, bob, contact, other)

    wait_delivered(alice, alice.send(to_bob, "after"))
    wait_delivered(bob, bob.send(to_alice, "yes"))
    assert texts(alice.history(to_bob)) == ["before", "after", "yes"]
    assert texts(bob.history(to_alice)) == [
        "before", "are you there?", "after", "yes"]
    # What was on its way is said to have failed, and can be sent again.
    path = bob.user_path(f"/messages/{waits['id']}")
    assert bob.call("GET", path)["state"] == "failed"
    assert bob.call("GET", path)["problem"]["code"] == "detached"
    again = bob.call("POST", path + "/retry")
    wait_delivered(bob, again)
    assert len(alice.contacts()) == len(bob.contacts()) == 1
    numbers = {d.call("GET", d.user_path(
        f"/contacts/{c['id']}/safety-number"))["digits"]
        for d, c in ((alice, contact), (bob, other))}
    assert len(numbers) == 1
    # It holds over restarts.
    for daemon, passphrase in ((alice, SECRET), (bob, PASSPHRASE)):
        daemon.stop()
        daemon.start()
        daemon.call("POST", daemon.user_path("/unlock"),
                    {"passphrase": passphrase})
    wait_delivered(bob, bob.send(to_alice, "still"))
    wait_delivered(alice, alice.send(to_bob, "here"))


def test_relinking_one_who_is_there(place):
    """Nothing was lost, and nobody is detached: the new relation takes the place
    of the old one, at one end or at both."""
    alice, bob = place.daemon("alice"), place.daemon("bob")
    to_bob, to_alice = pair(alice, bob)
    wait_delivered(alice, alice.send(to_bob, "old"))
    relink(place, alice, bob, alice.contact("bob"), bob.contact("alice"))
    wait_delivered(alice, alice.send(to_bob, "new"))
    wait_delivered(bob, bob.send(to_alice, "too"))
    assert texts(bob.history(to_alice)) == ["old", "new", "too"]
    # At one end only: the other has a second contact.
    link = alice.call("POST", alice.user_path("/invites"), {
        "contact_id": alice.contact("bob")["id"]})["link"]
    request = bob.connect(link, alias="alice two")
    bob.wait_event("request.state", lambda r: r["id"] == request["id"]
                   and r["state"] == "accepted")
    second = bob.contact("alice two")["conversation_id"]
    wait_delivered(bob, bob.send(second, "by the second"))
    assert texts(alice.history(to_bob)) == ["old", "new", "too",
                                            "by the second"]


def test_invites_for_whom(place):
    alice = place.daemon("alice")
    alice.add_user()
    nobody = "ctc_" + "0" * 25 + "1"
    for body, status in (({"contact_id": nobody}, 404),
                         ({"contact_id": "bob"}, 422)):
        with pytest.raises(Refused) as refused:
            alice.call("POST", alice.user_path("/invites"), body)
        assert refused.value.status == status


def test_a_kill_while_it_is_linked_anew(place):
    """kill -9 of both cores at some place of the pairing: either relation holds,
    and messages go through."""
    alice, bob = place.daemon("alice"), place.daemon("bob")
    to_bob, to_alice = pair(alice, bob)
    contact, other = alice.contact("bob"), bob.contact("alice")
    link = alice.call("POST", alice.user_path("/invites"),
                      {"contact_id": contact["id"]})["link"]
    request = bob.connect(link, contact_id=other["id"])
    for daemon in (alice, bob, alice):
        os.kill(daemon.pid_of("umbel-core"), signal.SIGKILL)
        daemon.unlock_when_up()
    bob.wait_event("request.state", lambda r: r["id"] == request["id"]
                   and r["state"] == "accepted")
    wait_delivered(bob, bob.send(to_alice, "hello"))
    wait_delivered(alice, alice.send(to_bob, "hello, too"))
    assert len(alice.contacts()) == len(bob.contacts()) == 1
