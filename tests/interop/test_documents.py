# SPDX-License-Identifier: GPL-3.0-or-later
"""Two ends that were written from the document talk with each other over
fake_tor: doors, introductions, epochs, everything that can be said."""

import pytest

import message
from message import Kind
from world import make_world


@pytest.fixture(name="world")
def world_of_a_test():
    with make_world(daemon=False) as world:
        yield world


def pair(one, other):
    """Their contacts: of the one with the other, and back."""
    other.connect(one.invite())
    return one.contact_of(other.name), other.contact_of(one.name)


def items(contact, kind=Kind.TEXT):
    return [item for item in contact.pair.conversation.items
            if item.kind == kind]


def test_all_that_can_be_said(world):
    dora, eve = (world.person(name).start() for name in ("dora", "eve"))
    to_eve, to_dora = pair(dora, eve)
    dora.do(lambda _: to_eve.set_timer(3600))
    mid = dora.do(lambda _: to_eve.say("Helo"))
    eve.until("the message", lambda: items(to_dora))
    dora.do(lambda _: to_eve.edit(mid, "Hello"))
    dora.do(lambda _: to_eve.describe("Dora", "busy"))
    eve.do(lambda _: to_dora.react(mid, "x"))
    eve.do(lambda _: to_dora.say("Yes?", reply_to=mid))
    eve.do(lambda _: to_dora.read(mid))
    eve.until("the edit", lambda: items(to_dora)[0].text == "Hello")
    eve.until("the profile", lambda: to_dora.pair.name() == "Dora")
    dora.until("read", lambda: items(to_eve)[0].read)
    assert items(to_eve)[0].reactions == {False: "x"}
    assert items(to_eve)[1].reply_to == mid
    assert items(to_dora)[0].ttl == items(to_dora)[1].ttl == 3600
    dora.do(lambda _: to_eve.typing(True))
    eve.until("typing", lambda: eve.count("typing", True))
    dora.do(lambda _: to_eve.delete(mid))
    eve.until("the end of it", lambda: items(to_dora)[0].deleted)
    assert items(to_dora)[0].text == ""
    assert b"Hello".hex() not in (dora.folder / "person.json").read_text()


def test_what_never_left_is_withdrawn(world):
    dora, eve = (world.person(name).start() for name in ("dora", "eve"))
    to_eve, to_dora = pair(dora, eve)
    eve.kill()
    dora.until("alone", lambda: not to_eve.sessions)
    mid = dora.do(lambda _: to_eve.say("never mind"))
    dora.do(lambda _: to_eve.delete(mid))
    dora.do(lambda _: to_eve.say("hello"))
    eve.start()
    eve.wait_texts(["hello"])
    assert eve.contact.pair.inbox.next == 3
    assert not eve.contact.pair.alarms


def test_messages_disappear_at_both_ends(world):
    dora, eve = (world.person(name).start() for name in ("dora", "eve"))
    to_eve, to_dora = pair(dora, eve)
    dora.do(lambda _: to_eve.set_timer(message.MIN_TTL))
    mid = dora.do(lambda _: to_eve.say("burn this"))
    eve.until("the message", lambda: items(to_dora))
    eve.do(lambda _: to_dora.read(mid))
    for one, contact in ((dora, to_eve), (eve, to_dora)):
        one.until("wiped", lambda c=contact: not items(c))
        one.until("saved", lambda o=one: o.count("wiped"))
        assert b"burn this".hex() not in (
            one.folder / "person.json").read_text()


def test_a_knock_is_accepted(world):
    dora, eve = (world.person(name).start() for name in ("dora", "eve"))
    address = dora.do(lambda c: c.open_door(difficulty=8))
    eve.do(lambda c: c.knock(address, "may I?"))
    dora.until("the knock", lambda: dora.count("knock", "eve", "may I?"))
    eve.until("an answer", lambda: eve.count("knock answered"))
    assert not dora.client.contacts
    dora.do(lambda c: c.accept(c.person.queue.waiting[0]))
    dora.contact_of("eve")
    eve.contact_of("dora")
    assert not dora.client.person.queue.waiting


def test_an_introduction(world):
    dora, eve, bob = (world.person(name).start()
                      for name in ("dora", "eve", "bob"))
    to_eve, _ = pair(dora, eve)
    to_bob, _ = pair(dora, bob)
    dora.do(lambda c: c.introduce(to_eve, to_bob))
    for one, other in ((eve, "bob"), (bob, "eve")):
        with_dora = one.contact_of("dora")
        one.until("the introduction", lambda c=with_dora: items(
            c, Kind.INTRODUCTION))
        (item,) = items(with_dora, Kind.INTRODUCTION)
        assert item.fields[message.NAME].decode() == other
        one.do(lambda c, i=item: c.agree(i.fields))
    assert eve.contact_of("bob").pair.safety_number() == \
        bob.contact_of("eve").pair.safety_number()
    dora.until("nothing is left", lambda: not any(
        one.record().kind == Kind.INTRODUCTION
        for contact in dora.client.contacts.values()
        for one in contact.pair.outbox.messages))


def test_epochs(world):
    dora = world.person("dora", leads=True).start()
    eve = world.person("eve").start()
    to_eve, to_dora = pair(dora, eve)
    for number in (1, 2):
        dora.do(lambda _: to_eve.rekey())
        dora.until("the end of it", lambda n=number:
                   to_eve.pair.epochs.number == n
                   and not to_eve.pair.epochs.older)
        assert to_dora.pair.epochs.key == to_eve.pair.epochs.key
    eve.kill()
    eve.start()
    eve.wait_session()
    eve.wait_acknowledged(eve.say("hello"))
