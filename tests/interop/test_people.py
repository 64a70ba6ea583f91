# SPDX-License-Identifier: GPL-3.0-or-later
"""The second implementation and a real umbeld, over fake_tor: what a daemon
says of its own, doors, introductions, safety numbers."""

import pytest

import door
import message
from daemons import until
from message import Kind
from world import chat, make_world, only

DIFFICULTY = 8


@pytest.fixture(name="world")
def world_of_a_test():
    with make_world() as world:
        yield world


def items(contact, kind=Kind.TEXT):
    return [one for one in contact.pair.conversation.items if one.kind == kind]


def requests(daemon, **wanted):
    found = daemon.call("GET", daemon.user_path("/requests"))["items"]
    return [one for one in found
            if all(one[key] == value for key, value in wanted.items())]


# What the daemon says.

def test_what_the_daemon_says_of_its_messages(world):
    alice = world.alice
    dora, to_dora = world.paired()
    sent = alice.send(to_dora, "Helo")
    dora.until("the message", lambda: items(dora.contact))
    path = alice.user_path(f"/messages/{sent['id']}")
    alice.call("PATCH", path, {"text": "Hello"})
    alice.call("PUT", path + "/reactions/%F0%9F%8C%B1")
    dora.until("the edit", lambda: items(dora.contact)[0].text == "Hello")
    dora.until("the reaction", lambda: items(dora.contact)[0].reactions == {
        False: "\N{SEEDLING}"})
    alice.call("DELETE", path + "/reactions/%F0%9F%8C%B1")
    dora.until("no reaction", lambda: not items(dora.contact)[0].reactions)
    mid = items(dora.contact)[0].mid
    dora.do(lambda _: dora.contact.read(mid))
    until("read", lambda: alice.call("GET", path)["state"] == "read")
    alice.call("DELETE", path + "?for=everyone")
    dora.until("deleted", lambda: items(dora.contact)[0].deleted)
    alice.call("PUT", alice.user_path("/profile"), {
        "display_name": "Alice of the daemon", "status_text": "here"})
    dora.until("the profile", lambda: (
        dora.contact.pair.name() == "Alice of the daemon"
        and dora.contact.pair.conversation.status == "here"))


def test_what_the_daemon_says_of_what_it_was_told(world):
    alice = world.alice
    alice.call("PATCH", alice.user_path("/privacy"), {
        "read_receipts": True, "typing": True})
    dora, to_dora = world.paired()
    mid = dora.do(lambda _: dora.contact.say("Hello"))
    got = alice.wait_event("message.received", lambda m: True)["data"]
    alice.call("PUT", alice.user_path(f"/conversations/{to_dora}/read"),
               {"message_id": got["id"]})
    dora.until("read", lambda: items(dora.contact)[0].read)
    alice.call("PUT", alice.user_path(f"/conversations/{to_dora}/typing"),
               {"typing": True})
    dora.until("typing", lambda: dora.count("typing", True))
    alice.call("POST", alice.user_path(f"/conversations/{to_dora}/messages"), {
        "client_id": "0198f2c0-7a1b-7c3d-8e4f-1a2b3c4d5e6f", "text": "Yes?",
        "reply_to": got["id"]})
    dora.until("the answer", lambda: any(
        one.reply_to == mid for one in items(dora.contact)))


def test_messages_disappear(world):
    """The daemon sets the time; a message each way."""
    alice = world.alice
    dora, to_dora = world.paired()
    alice.call("PATCH", alice.user_path(f"/conversations/{to_dora}"),
               {"disappearing_seconds": message.MIN_TTL})
    dora.until("the timer", lambda: dora.contact.pair.conversation.ttl)
    dora.do(lambda _: dora.contact.say("burn this"))
    got = alice.wait_event("message.received", lambda m: True)["data"]
    assert got["disappears_after_seconds"] == message.MIN_TTL
    alice.call("PUT", alice.user_path(f"/conversations/{to_dora}/read"),
               {"message_id": got["id"]})
    alice.send(to_dora, "and this")
    dora.until("both", lambda: len(items(dora.contact)) == 2)
    theirs = items(dora.contact)[1]
    assert theirs.ttl == message.MIN_TTL
    dora.do(lambda _: dora.contact.read(theirs.mid))
    dora.until("wiped", lambda: not items(dora.contact))
    until("wiped", lambda: not any(
        m["kind"] == "text" for m in alice.history(to_dora)))


def test_what_the_daemon_cancels_is_withdrawn(world):
    alice = world.alice
    dora, to_dora = world.paired()
    chat(alice, dora, to_dora)
    dora.kill()
    until("alone", lambda: alice.contact("dora")["presence"] == "offline")
    sent = alice.send(to_dora, "never mind")
    alice.call("POST", alice.user_path(f"/messages/{sent['id']}/cancel"))
    dora.start()
    dora.wait_session()
    chat(alice, dora, to_dora)
    assert "never mind" not in dora.texts()
    assert not dora.contact.pair.alarms


# Doors.

def test_a_knock_at_the_daemons_door(world):
    alice = world.alice
    alice.call("PATCH", alice.user_path("/address"),
               {"difficulty": DIFFICULTY})
    address = alice.call("GET", alice.user_path("/address"))["link"]
    dora = world.person().start()
    dora.do(lambda c: c.knock(address, "may I?"))
    dora.until("an answer", lambda: dora.count("knock answered"))
    asked = only(requests(alice, origin="door"))
    assert (asked["name"], asked["greeting"]) == ("dora", "may I?")
    assert asked["work"] >= DIFFICULTY
    alice.call("POST", alice.user_path(f"/requests/{asked['id']}/accept"), {})
    chat(alice, dora, world.conversation(dora))


def test_the_daemon_knocks(world):
    alice = world.alice
    dora = world.person().start()
    address = dora.do(lambda c: c.open_door(DIFFICULTY))
    alice.connect(address, greeting="may I?")
    dora.until("the knock", lambda: dora.count("knock", "alice", "may I?"))
    until("it waits", lambda: requests(alice, origin="knock", state="waiting"))
    dora.do(lambda c: c.accept(c.person.queue.waiting[0]))
    chat(alice, dora, world.conversation(dora))


def cheap_stamp(handshake_hash, difficulty):
    """The first counter that is not enough."""
    counter = 0
    while door.work(handshake_hash, counter) >= difficulty:
        counter += 1
    return counter


def test_a_stamp_that_is_worth_less(world, monkeypatch):
    """Nothing is told to who knocks with it, nor to the user."""
    alice = world.alice
    alice.call("PATCH", alice.user_path("/address"),
               {"difficulty": DIFFICULTY})
    address = alice.call("GET", alice.user_path("/address"))["link"]
    monkeypatch.setattr(door, "stamp", cheap_stamp)
    dora = world.person().start()
    dora.do(lambda c: c.knock(address, "may I?"))
    dora.until("it knocked", lambda: dora.count("knocked"))
    tor = world.net.tors["dora"]
    until("all of it is there", lambda: tor.relayed >= 4 * 488)
    assert not dora.count("knock answered")
    dora.kill()
    monkeypatch.undo()
    eve = world.person("eve").start()
    eve.do(lambda c: c.knock(address, "and I?"))
    eve.until("an answer", lambda: eve.count("knock answered"))
    assert only(requests(alice))["name"] == "eve"


# Introductions, safety numbers.

def test_the_daemon_introduces(world):
    alice = world.alice
    dora, eve = (world.person(name).start() for name in ("dora", "eve"))
    for one in (dora, eve):
        one.connect(alice.invite())
        one.wait_session()
    ids = {}
    for name in ("dora", "eve"):
        alice.wait_event("contact.added",
                         lambda c, n=name: c["display_name"] == n)
        ids[name] = alice.contact(name)["id"]
    alice.call("POST", alice.user_path(f"/contacts/{ids['dora']}/introduce"),
               {"to": ids["eve"]})
    for one in (dora, eve):
        with_alice = one.contact_of("alice")
        one.until("the introduction", lambda c=with_alice: items(
            c, Kind.INTRODUCTION))
        (item,) = items(with_alice, Kind.INTRODUCTION)
        one.do(lambda c, i=item: c.agree(i.fields))
    assert dora.contact_of("eve").pair.safety_number() == \
        eve.contact_of("dora").pair.safety_number()


@pytest.mark.parametrize("seed_to", ["alice", "eve"])
def test_the_daemon_is_introduced(world, seed_to):
    alice = world.alice
    dora, eve = (world.person(name).start() for name in ("dora", "eve"))
    dora.connect(alice.invite())
    to_alice = dora.contact_of("alice")
    eve.connect(dora.invite())
    to_eve = dora.contact_of("eve")
    with_dora = eve.contact_of("dora")
    first, second = (to_alice, to_eve) if seed_to == "alice" \
        else (to_eve, to_alice)
    dora.do(lambda c: c.introduce(first, second))
    asked = until("the introduction", lambda: requests(
        alice, origin="introduction", state="pending"))
    assert only(asked)["name"] == "eve"
    alice.call("POST", alice.user_path(
        f"/requests/{asked[0]['id']}/accept"), {})
    eve.until("the introduction", lambda: items(with_dora, Kind.INTRODUCTION))
    (item,) = items(with_dora, Kind.INTRODUCTION)
    eve.do(lambda c: c.agree(item.fields))
    eve.contact_of("alice")
    alice.wait_event("contact.added", lambda c: c["display_name"] == "eve")


def test_both_show_the_same_safety_number(world):
    alice = world.alice
    dora, _ = world.paired()
    shown = alice.call("GET", alice.user_path(
        f"/contacts/{alice.contact('dora')['id']}/safety-number"))
    assert shown["digits"] == dora.contact.pair.safety_number()
