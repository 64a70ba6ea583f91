# SPDX-License-Identifier: GPL-3.0-or-later
"""The second implementation and a real umbeld, over fake_tor: epochs, and
everything that a message can be."""

import os

import pytest

import message
from daemons import until
from message import Kind, Record
from world import chat, make_world, texts


@pytest.fixture(name="world")
def world_of_a_test():
    with make_world() as world:
        yield world


def new_sessions(alice, dora, to_dora):
    """One that dora dials and one that alice does."""
    for dials in (True, False):
        dora.kill()
        dora.dials(dials)
        dora.start()
        dora.wait_session()
        chat(alice, dora, to_dora)


def test_the_document_leads_to_the_next_epoch(world):
    alice = world.alice
    dora, to_dora = world.paired("dora", leads=True)
    for number in (1, 2):
        dora.do(lambda _: dora.contact.rekey())
        dora.until("the end of it", lambda n=number:
                   dora.contact.pair.epochs.number == n
                   and not dora.contact.pair.epochs.older)
        new_sessions(alice, dora, to_dora)
    assert not alice.contact("dora")["alarm"]


@pytest.mark.parametrize("step", [
    "before REKEY_ACK", "after REKEY_ACK", "before REKEY_DONE",
    "after REKEY_DONE"])
def test_rekeying_is_cut(world, step):
    alice = world.alice
    dora, to_dora = world.paired("dora", leads=True)
    chat(alice, dora, to_dora)
    dora.client.stop_at = step
    dora.do(lambda _: dora.contact.rekey())
    dora.wait_dead()
    dora.start()
    dora.until("the end of it", lambda: dora.contact.pair.epochs.number == 1
               and not dora.contact.pair.epochs.older)
    new_sessions(alice, dora, to_dora)
    assert not alice.contact("dora")["alarm"]


def test_a_follower_must_not_propose(world):
    alice = world.alice
    dora, to_dora = world.paired("dora", leads=False)
    chat(alice, dora, to_dora)
    dora.do(lambda _: dora.propose_falsely())
    dora.until("the end", lambda: dora.count("session ended"))
    until("the alarm", lambda: alice.contact("dora")["alarm"])


def test_every_kind_is_taken(world):
    alice = world.alice
    dora, to_dora = world.paired()
    dora.do(lambda _: dora.contact.set_timer(0))
    first = dora.do(lambda _: dora.contact.say("Helo"))
    dora.do(lambda _: dora.contact.edit(first, "Hello"))
    dora.do(lambda _: dora.contact.react(first, "\N{SEEDLING}"))
    dora.do(lambda _: dora.contact.describe("Dora of the document", "here"))
    dora.do(lambda _: dora.contact.typing(True))
    dora.do(lambda _: dora.contact.put(
        message.compose(7777, {message.BODY: b"\xff", 98: b"later"})))
    gone = dora.do(lambda _: dora.contact.say("gone"))
    number = dora.contact.pair.outbox.next - 1
    dora.wait_acknowledged(number)
    dora.do(lambda _: dora.contact.delete(gone))
    dora.wait_acknowledged(number + 1)
    chat(alice, dora, to_dora)
    assert not dora.count("session ended")
    shown = [m["text"] for m in alice.history(to_dora) if m["kind"] == "text"]
    assert shown[0] == "Hello" and "gone" not in shown


def test_what_is_withdrawn_leaves_no_trace(world):
    alice = world.alice
    dora, to_dora = world.paired()
    alice.stop()
    dora.until("alone", lambda: not dora.contact.sessions)
    for text in ("never", "mind"):
        mid = dora.do(lambda _, t=text: dora.contact.say(t))
        dora.do(lambda _, m=mid: dora.contact.delete(m))
    alice.start()
    alice.unlock()
    chat(alice, dora, to_dora)
    assert len(texts(alice, to_dora)) == 1
    assert not alice.contact("dora")["alarm"]


BAD = [
    message.compose(Kind.TEXT, {message.BODY: b""}),
    message.compose(Kind.TEXT, {message.BODY: b"\xff"}),
    message.compose(Kind.TEXT, {message.BODY: b"a", message.REF: bytes(16)}),
    message.compose(Kind.TEXT, {message.BODY: b"a", message.TTL: bytes(3)}),
    message.compose(Kind.TIMER, {message.TTL: b"\0\0\0\4"}),
    message.compose(Kind.EDIT, {message.BODY: b"a"}),
    message.compose(Kind.REACTION, {message.REF: bytes(16),
                                    message.EMOJI: b"\7"}),
    message.compose(Kind.REACTION, {message.REF: bytes(16),
                                    message.EMOJI: "\u200f+".encode()}),
    message.compose(Kind.PROFILE, {message.NAME: "\u202e".encode()}),
    message.compose(Kind.WITHDRAWN, {message.BODY: bytes(31)}),
    message.compose(Kind.INTRODUCTION, {message.INVITE: bytes(73),
                                        message.NAME: b"Eve"})]


@pytest.mark.parametrize("bad", range(len(BAD)))
def test_records_that_are_not_well_formed_end_the_link(world, bad):
    dora, to_dora = world.paired()
    chat(world.alice, dora, to_dora)
    content = {**BAD[bad].fields, message.MID: os.urandom(16)}
    dora.do(lambda _: dora.contact.send(Record(content)))
    dora.until("the end", lambda: dora.count("session ended"))
    assert len(world.alice.history(to_dora)) == 2
