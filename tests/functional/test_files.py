# SPDX-License-Identifier: GPL-3.0-or-later
"""Files from one daemon to another: offered, accepted, stopped from either
side, killed in the middle; over fake_tor, which is told how fast it is."""

import base64
import datetime
import uuid

import pytest

from daemons import Daemon, Place, Refused, pair, wait_delivered
from files import (MIB, PIECE, SLOW, End, announce, append, ask, blobs, noise,
                   offer, offered, tor_is, upload)

Daemon.looks_for_leaks = True

CRAWL = SLOW // 16
SOME = 24 * MIB  # takes a while at that rate


def fast(*daemons):
    for daemon in daemons:
        tor_is(daemon, stream_rate=None)


def refused(status, call, *arguments):
    with pytest.raises(Refused) as caught:
        call(*arguments)
    assert caught.value.status == status
    return caught.value.problem


def message_of(end):
    return end.daemon.user_path(f"/messages/{end.message['id']}")


def arrives(out, into, data):
    """Both ends come to know that it is whole, and it is."""
    whole = into.wait("done")
    assert whole["is_here"] and whole["bytes_done"] == len(data)
    assert into.data() == data
    assert out.wait("done")["bytes_done"] == len(data)
    # One file, no more: what it was made of is not beside it.
    assert into.look()["problem"] is None


def chats(two, word):
    """Messages go both ways, whatever becomes of files."""
    alice, bob, to_bob, to_alice = two
    wait_delivered(alice, alice.send(to_bob, f"{word} from alice"))
    wait_delivered(bob, bob.send(to_alice, f"{word} from bob"))


# The way of a file.

@pytest.mark.parametrize("size", [
    0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * MIB + 5])
def test_sizes(two, size):
    alice, bob, to_bob, _ = two
    data = noise(size, size)
    out, into = offered(alice, bob, to_bob, data)
    assert into.look()["state"] == "offered" and not into.look()["is_here"]
    assert ask(bob, "GET", into.path("/content"))[0] == 409
    assert into.set("running")["state"] in ("transferring", "done")
    arrives(out, into, data)


def seconds(event):
    return datetime.datetime.fromisoformat(
        event["at"].replace("Z", "+00:00")).timestamp()


def judge_progress(frames, size):
    """Not too often, never back, and told how long it will take."""
    steps = [f.data["data"] for f in frames]
    done = [s["bytes_done"] for s in steps]
    assert done == sorted(done) and done[-1] <= size
    times = [seconds(f.data) for f in frames]
    assert len(times) - 1 <= 4 * (times[-1] - times[0]) + 1
    for step in steps:
        assert step["size"] == size
        rate, left = step["bytes_per_second"], step["seconds_left"]
        if rate:
            assert left == -(-(size - step["bytes_done"]) // rate)
        else:
            assert left is None
    return steps


def test_a_large_one(slow):
    """With a caption, as it goes, and what a client reads of it then."""
    alice, bob, to_bob, _ = slow
    data = noise(50 * MIB + 321)
    out, into = offered(alice, bob, to_bob, data, "the view")
    assert out.message["text"] == into.message["text"] == "the view"
    assert out.message["kind"] == into.message["kind"] == "file"
    shown, = into.message["files"]
    assert (shown["size"], shown["direction"]) == (len(data), "in")
    assert shown["message_id"] == into.message["id"]
    with into.stream() as to, out.stream() as away:
        into.set("running")
        for stream, end in ((to, into), (away, out)):
            frames = []
            while True:
                frame = stream.until(lambda f, end=end: f.event != "hello"
                                     and f.data["data"]["id"] == end.id)
                if frame.data["data"].get("state") == "done":
                    break
                if frame.event == "file.progress":
                    frames.append(frame)
            steps = judge_progress(frames, len(data))
            assert len(steps) > 4
            assert any(s["bytes_per_second"] for s in steps)
    arrives(out, into, data)
    _, head, _ = ask(bob, "HEAD", into.path("/content"))
    got = b""
    while len(got) < len(data):
        status, part, more = ask(
            bob, "GET", into.path("/content"), headers={
                "Range": f"bytes={len(got)}-{len(got) + 20 * MIB - 1}",
                "If-Range": head["etag"]})
        assert status == 206 and part["etag"] == head["etag"]
        got += more
    assert got == data


def test_declined(two):
    alice, bob, to_bob, _ = two
    out, into = offered(alice, bob, to_bob, b"not wanted")
    before = len(blobs(bob))
    assert into.set("cancelled")["problem"]["code"] == "declined"
    assert out.wait("cancelled")["problem"]["code"] == "declined"
    assert len(blobs(bob)) == before
    for end in (out, into):
        refused(409, end.set, "running")
    assert ask(bob, "GET", into.path("/content"))[0] == 409
    # It is her file all the same.
    assert out.data() == b"not wanted"


def test_what_cannot_be_asked(two):
    alice, bob, to_bob, _ = two
    out, into = offered(alice, bob, to_bob, b"x")
    refused(409, out.set, "running")  # that is the other's to say
    refused(409, into.set, "paused")
    refused(422, into.set, "offered")
    into.set("running")
    arrives(out, into, b"x")
    refused(409, into.set, "paused")
    refused(409, out.set, "cancelled")


@pytest.mark.parametrize("side", ["sender", "receiver"])
def test_pause_and_resume(slow, side):
    alice, bob, to_bob, _ = slow
    data = noise(SOME, 7)
    out, into = offered(alice, bob, to_bob, data)
    who = out if side == "sender" else into
    with into.stream() as stream:
        into.set("running")
        out.wait("transferring")
        into.moves(stream)
        assert who.set("paused")["state"] == "paused"
        who.wait("paused")
        chats(slow, "meanwhile")
        done = into.look()["bytes_done"]
        assert 0 < done < len(data)
        assert who.set("running")["state"] == "transferring"
        fast(alice, bob)
        arrives(out, into, data)


def test_paused_by_both(slow):
    """It goes on when both want it to, and not before."""
    alice, bob, to_bob, _ = slow
    data = noise(SOME, 8)
    out, into = offered(alice, bob, to_bob, data)
    with into.stream() as stream:
        into.set("running")
        out.wait("transferring")
        into.moves(stream)
        for end in (out, into):
            end.set("paused")
        into.set("running")
        chats(slow, "still paused by one")
        assert into.look()["bytes_done"] < len(data)
        out.set("running")
        fast(alice, bob)
        arrives(out, into, data)


@pytest.mark.parametrize("side", ["sender", "receiver"])
def test_cancel(slow, side):
    alice, bob, to_bob, _ = slow
    out, into = offered(alice, bob, to_bob, noise(SOME, 9))
    before = len(blobs(bob))
    with into.stream() as stream:
        into.set("running")
        into.moves(stream)
    assert len(blobs(bob)) == before + 1
    who, other, why = ((out, into, "withdrawn") if side == "sender" else
                       (into, out, "declined"))
    who.set("cancelled")
    other.wait("cancelled", why)
    who.wait("cancelled", why)
    assert len(blobs(bob)) == before
    assert ask(bob, "GET", into.path("/content"))[0] == 409
    chats(slow, "after that")


# While it runs.

@pytest.mark.parametrize("side", ["sender", "receiver"])
def test_message_deleted(slow, side):
    alice, bob, to_bob, _ = slow
    out, into = offered(alice, bob, to_bob, noise(SOME, 10))
    before = len(blobs(bob))
    with into.stream() as stream:
        into.set("running")
        into.moves(stream)
    if side == "sender":
        alice.call("DELETE", message_of(out) + "?for=everyone")
        into.wait("deleted")
    else:
        bob.call("DELETE", message_of(into))
        out.wait("cancelled", "declined")
    who = out if side == "sender" else into
    refused(404, who.look)
    assert len(blobs(bob)) == before - 0
    chats(slow, "after that")


def test_file_deleted(slow):
    """The file alone: the message stays, and says that it is gone."""
    alice, bob, to_bob, _ = slow
    out, into = offered(alice, bob, to_bob, noise(SOME, 11))
    with into.stream() as stream:
        into.set("running")
        into.moves(stream)
    bob.call("DELETE", into.path())
    out.wait("cancelled", "declined")
    refused(404, into.look)
    assert bob.call("GET", message_of(into))["files"] == []


def test_chat_goes_on(slow):
    alice, bob, to_bob, to_alice = slow
    for daemon in (alice, bob):
        tor_is(daemon, stream_rate=CRAWL)
    data = noise(SOME, 12)
    out, into = offered(alice, bob, to_bob, data)
    with into.stream() as stream:
        into.set("running")
        into.moves(stream)
        for i in range(3):
            wait_delivered(alice, alice.send(to_bob, f"beside it {i}"))
            wait_delivered(bob, bob.send(to_alice, f"and back {i}"))
        assert into.look()["state"] == "transferring"
    fast(alice, bob)
    arrives(out, into, data)


def test_several_at_once(place, two):
    """From two contacts, to one of them: each whole, at its end."""
    alice, bob, to_bob, to_alice = two
    carol = place.daemon("carol")
    carol_to_bob, _ = pair(carol, bob)
    ends = []
    for i in range(6):
        for here, there, conversation in (
                (alice, bob, to_bob), (bob, alice, to_alice),
                (carol, bob, carol_to_bob)):
            data = noise(PIECE * i + i, 20 + i)
            ends.append((*offered(here, there, conversation, data), data))
    for _, into, _ in ends:
        into.set("running")
    for out, into, data in ends:
        arrives(out, into, data)


# Somebody who is shut out, and what died.

@pytest.fixture(name="pairs")
def make_pairs():
    """Two of its own, for what cannot be taken back."""
    with Place() as place:
        alice, bob = place.daemon("alice"), place.daemon("bob")
        ends = pair(alice, bob)
        for daemon in (alice, bob):
            tor_is(daemon, stream_rate=SLOW)
        yield alice, bob, *ends


def in_the_middle(four, data, least=1):
    alice, bob, to_bob, _ = four
    out, into = offered(alice, bob, to_bob, data)
    with into.stream() as stream:
        into.set("running")
        into.moves(stream, least)
    return out, into


@pytest.mark.parametrize("side", ["sender", "receiver"])
def test_contact_blocked(pairs, side):
    out, into = in_the_middle(pairs, noise(SOME, 50))
    who = out if side == "sender" else into
    other = pairs[1] if side == "sender" else pairs[0]
    contact = who.daemon.contact(other.name)
    who.daemon.call("PATCH", who.daemon.user_path(
        f"/contacts/{contact['id']}"), {"blocked": True})
    ended = who.wait("cancelled")
    assert ended["problem"]["code"] == (
        "withdrawn" if side == "sender" else "declined")
    refused(409, who.set, "running")
    assert len(blobs(into.daemon)) == (side == "sender")
    who.daemon.call("PATCH", who.daemon.user_path(
        f"/contacts/{contact['id']}"), {"blocked": False})
    ends = (out, into)
    ends[side == "sender"].wait("cancelled")
    chats(pairs, "again")
    assert not blobs(into.daemon)


@pytest.mark.parametrize("side", ["sender", "receiver"])
def test_contact_removed(pairs, side):
    out, into = in_the_middle(pairs, noise(SOME, 51))
    who, other = (out, into) if side == "sender" else (into, out)
    contact = who.daemon.contact(other.daemon.name)
    who.daemon.call("DELETE", who.daemon.user_path(
        f"/contacts/{contact['id']}"))
    refused(404, who.look)
    assert not blobs(who.daemon)
    assert other.look()["state"] in ("transferring", "cancelled")


def relayed(*daemons):
    return sum(tor_is(daemon, do="stats")["relayed"] for daemon in daemons)


# HOSTILE F-11
@pytest.mark.parametrize("side", ["sender", "receiver"])
def test_killed(pairs, side):
    """What is on the disk is not fetched again: all that went over, both
    times, is the file, what was under way, and what was not synced."""
    alice, bob, *_ = pairs
    data = noise(SOME, 52)
    out, into = in_the_middle(pairs, data, SOME // 2)
    victim = alice if side == "sender" else bob
    victim.kill("umbel-core")
    victim.unlock_when_up()
    fast(alice, bob)
    arrives(out, into, data)
    assert relayed(alice, bob) < len(data) * 1.05 + 12 * MIB
    chats(pairs, "after it")
    assert len(blobs(bob)) == 1


# HOSTILE F-11
@pytest.mark.parametrize("side", ["sender", "receiver", "both"])
def test_restarted(pairs, side):
    alice, bob, *_ = pairs
    data = noise(SOME, 53)
    out, into = in_the_middle(pairs, data)
    victims = {"sender": [alice], "receiver": [bob], "both": [alice, bob]}
    for daemon in victims[side]:
        assert daemon.stop() == 0
    for daemon in victims[side]:
        daemon.start()
        daemon.unlock()
    if bob in victims[side]:
        assert into.look()["bytes_done"] > 0
    arrives(out, into, data)


@pytest.mark.parametrize("side", ["sender", "receiver"])
def test_locked(pairs, side):
    """Locked, and unlocked again: another node, the same worker."""
    data = noise(SOME, 54)
    out, into = in_the_middle(pairs, data)
    who = out if side == "sender" else into
    for _ in range(3):
        who.daemon.call("POST", who.daemon.user_path("/lock"))
        refused(423, who.look)
        who.daemon.unlock()
    arrives(out, into, data)


def test_paused_survives(pairs):
    data = noise(SOME, 55)
    out, into = in_the_middle(pairs, data)
    into.set("paused")
    into.wait("paused")
    into.daemon.kill("umbel-core")
    into.daemon.unlock_when_up()
    chats(pairs, "paused all the same")
    assert into.look()["state"] == "paused"
    fast(*pairs[:2])
    into.set("running")
    arrives(out, into, data)


# HOSTILE F-12
def test_quota():
    """What is over it waits, and everything else goes on."""
    with Place() as place:
        alice = place.daemon("alice")
        bob = place.daemon("bob", start=False)
        with open(bob.conf, "a", encoding="utf-8") as conf:
            conf.write("[files]\ncontact_quota_mib = 3\n")
        bob.start()
        four = alice, bob, *pair(alice, bob)
        first, second = noise(2 * MIB, 60), noise(2 * MIB, 61)
        out, into = offered(alice, bob, four[2], first)
        into.set("running")
        arrives(out, into, first)
        out, late = offered(alice, bob, four[2], second)
        late.set("running")
        late.wait("paused", "quota")
        chats(four, "over the quota")
        assert late.look()["state"] == "paused"
        bob.call("DELETE", into.path())
        late.set("running")
        arrives(out, late, second)


# Again.

def test_repeat_of_a_send(two):
    """One client_id is one message, whatever happened to the first answer."""
    alice, bob, to_bob, _ = two
    made, key = upload(alice, b"once"), str(uuid.uuid4())
    first = offer(alice, to_bob, made, "text", key)
    again = offer(alice, to_bob, made, "text", key)
    assert again["id"] == first["id"]
    problem = refused(409, offer, alice, to_bob, made, "other text", key)
    assert problem["code"] == "client_id_reused"
    other = upload(alice, b"twice")
    refused(409, offer, alice, to_bob, other, "text", key)
    problem = refused(422, offer, alice, to_bob, made)
    assert problem["errors"][0]["code"] == "not_ready"
    wait_delivered(alice, first)


def test_retry(place, two):
    """What was not sent in time, or was taken back, is offered anew."""
    alice, bob, to_bob, _ = two
    data = noise(PIECE + 1, 30)
    bob.stop()
    made = upload(alice, data, "again.bin")
    sent = offer(alice, to_bob, made, "once more")
    path = alice.user_path(f"/messages/{sent['id']}")
    failed = alice.call("POST", path + "/cancel")
    assert failed["state"] == "failed"
    again = alice.call("POST", path + "/retry")
    assert again["kind"] == "file" and again["text"] == "once more"
    file, = again["files"]
    assert file["state"] == "offered" and file["name"] == "again.bin"
    bob.start()
    bob.unlock()
    got = bob.wait_event("message.received", lambda m: [
        f["name"] for f in m.get("files", [])] == ["again.bin"])["data"]
    into = End(bob, got["files"][0], got)
    into.set("running")
    arrives(End(alice, file, again), into, data)


def test_retry_of_what_had_come(two):
    """It is there when it is taken back, but she does not know yet: then the
    same file comes a second time, by another message."""
    alice, bob, to_bob, _ = two
    data = noise(PIECE + 2, 31)
    for daemon in (alice, bob):
        tor_is(daemon, latency=4.0)
    out, first = offered(alice, bob, to_bob, data)
    path = message_of(out)
    assert alice.call("POST", path + "/cancel")["state"] == "failed"
    again = alice.call("POST", path + "/retry")
    for daemon in (alice, bob):
        tor_is(daemon, latency=0)
    name = again["files"][0]["name"]
    got = bob.wait_event("message.received", lambda m: (
        m["id"] != first.message["id"] and
        [f["name"] for f in m.get("files", [])] == [name]))["data"]
    refused(404, first.look)
    into = End(bob, got["files"][0], got)
    into.set("running")
    arrives(End(alice, again["files"][0], again), into, data)


# What is not what it was, or not what it seems.

# HOSTILE F-11
def test_changed_meanwhile(slow):
    """What lies on the sender's disk is not what was offered any more."""
    alice, bob, to_bob, _ = slow
    before = set(blobs(alice))
    out, into = offered(alice, bob, to_bob, noise(SOME, 70))
    blob, = set(blobs(alice)) - before
    with into.stream() as stream:
        into.set("running")
        into.moves(stream)
    into.set("paused")
    with open(blob, "r+b") as file:
        file.seek(SOME - PIECE)
        file.write(bytes(PIECE))
    into.set("running")
    into.wait("failed", "changed")
    out.wait("failed", "changed")
    assert ask(bob, "GET", into.path("/content"))[0] == 409
    assert not into.look()["is_here"]


BOMB = (b"\x89PNG\r\n\x1a\n" + b"\0\0\0\x0dIHDR" + 8 * b"\xff"
        + b"\x08\6\0\0\0" + 300 * b"\0")
SCRIPT = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"


# HOSTILE F-09
@pytest.mark.parametrize("preview, served", [
    (BOMB, "image/png"), (SCRIPT, "application/octet-stream")])
def test_previews_are_not_looked_into(two, preview, served):
    """They pass as they are, and nothing in the daemon could decode them."""
    alice, bob, to_bob, _ = two
    made = announce(alice, 1, name=f"{uuid.uuid4()}", kind="image",
                    strip_metadata=False, width=65535, height=65535,
                    thumbnail=base64.b64encode(preview).decode())
    assert append(alice, made, 0, b"x")[0] == 204
    offer(alice, to_bob, made)
    got = bob.wait_event("message.received", lambda m: [
        f["name"] for f in m.get("files", [])] == [made["name"]])["data"]
    into = End(bob, got["files"][0])
    assert into.look()["image"] == {"width": 65535, "height": 65535}
    status, head, data = ask(bob, "GET", into.path("/thumbnail"))
    assert (status, data) == (200, preview)
    assert head["content-type"] == served
    assert head["content-disposition"] == "attachment"
    assert head["x-content-type-options"] == "nosniff"
    assert "sandbox" in head["content-security-policy"]
    into.set("cancelled")
    maps = f"/proc/{bob.pid_of('umbel-core')}/maps"
    with open(maps, encoding="utf-8") as file:
        loaded = file.read()
    for name in ("png", "jpeg", "webp", "gif", "avcodec", "gdk", "magic"):
        assert f"/lib{name}" not in loaded


# Beforehand.

def test_auto_accept(two):
    alice, bob, to_bob, _ = two
    path = bob.user_path("/privacy")
    kept = bob.call("PATCH", path, {"auto_accept_bytes": PIECE,
                                    "auto_accept_kinds": ["image"]})
    assert kept["auto_accept_bytes"] == PIECE
    assert kept["auto_accept_kinds"] == ["image"]
    data = noise(PIECE, 40)
    _, plain = offered(alice, bob, to_bob, data)
    _, large = offered(alice, bob, to_bob, data + b"x", kind="image",
                       strip_metadata="false")
    out, into = offered(alice, bob, to_bob, data, kind="image",
                        strip_metadata="false")
    arrives(out, into, data)
    for end in (plain, large):
        assert end.look()["state"] == "offered"
        end.set("cancelled")
    bob.call("PATCH", path, {"auto_accept_bytes": 0})
    _, into = offered(alice, bob, to_bob, data, kind="image",
                      strip_metadata="false")
    assert into.look()["state"] == "offered"
