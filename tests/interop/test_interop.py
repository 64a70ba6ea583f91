# SPDX-License-Identifier: GPL-3.0-or-later
"""An end that was written from doc/PROTOCOL.md alone talks with a real
umbeld, over fake_tor."""

import shutil

import pytest

from daemons import until, wait_delivered
from frames import Close
from noise import REKEY_RECORDS
from world import chat, make_world, texts


@pytest.fixture(name="world")
def world_of_a_test():
    with make_world() as world:
        yield world


@pytest.mark.parametrize("inviter", ["alice", "dora"])
def test_pair_and_chat(world, inviter):
    dora, to_dora = world.paired(inviter)
    chat(world.alice, dora, to_dora)
    assert world.alice.contact("dora")["presence"] == "online"
    assert dora.contact.pair.peer.name == "alice"
    if inviter == "dora":
        dora.until("the invite is gone",
                   lambda: not dora.client.person.hosted)
    else:
        until("the invite is gone", lambda: not world.alice.call(
            "GET", world.alice.user_path("/invites"))["items"])


def test_only_the_daemon_dials(world):
    dora, to_dora = world.paired(dials=False)
    chat(world.alice, dora, to_dora)
    assert not dora.count("session", True)


def test_only_the_document_dials(world):
    """A session that nobody dialled but dora."""
    dora, to_dora = world.paired(dials=False)
    dora.dial_again()
    dora.until("a session", lambda: dora.count("session", True))
    chat(world.alice, dora, to_dora)


STEPS = {
    "alice": ["before CLAIM", "after CLAIM", "before stored",
              "before CARD_OK", "after CARD_OK"],
    "dora": ["before bound", "after bound", "before CARD", "after CARD",
             "before active", "after active"],
}


@pytest.mark.parametrize("inviter,step", [
    (inviter, step) for inviter, steps in STEPS.items() for step in steps])
def test_pairing_is_cut(world, inviter, step):
    """Whoever died at a step goes on from what was on the disk."""
    dora = world.person().start(stop_at=step)
    world.begin_pairing(dora, inviter)
    dora.wait_dead()
    dora.start()
    chat(world.alice, dora, world.conversation(dora))
    assert len(world.alice.contacts()) == 1


def test_pairing_while_streams_are_cut(world):
    """Streams that dora dials end after so many bytes, both ways counted,
    the last in the middle of the card."""
    dora = world.person().start()
    tor = world.net.tors["dora"]
    link = world.alice.invite()
    for count in (976, 2000, 3000):
        tor.set(stream_bytes=count)
        if not dora.client.person.requests:
            dora.connect(link)
        # Who dialled again before it was set may have been quicker.
        until("a cut", lambda: tor.faults.stream_bytes is None
              or dora.count("paired"))
    tor.set(stream_bytes=None)
    chat(world.alice, dora, world.conversation(dora))


def test_records_are_rekeyed(world):
    """More than two times as many records as one key is for, each way."""
    dora, to_dora = world.paired()
    count = 2 * REKEY_RECORDS + 100
    dora.ping(count)
    dora.until("pongs", lambda: dora.count("pong") == count)
    chat(world.alice, dora, to_dora)


def test_waiting_messages_are_sent_again(world):
    """More than the window, composed while the other is away; and killed
    while they come."""
    alice = world.alice
    dora, to_dora = world.paired()
    chat(alice, dora, to_dora)
    dora.kill()
    wanted = [f"to dora {i}" for i in range(300)]
    for text in wanted:
        last = alice.send(to_dora, text)
    dora.start()
    dora.until("some", lambda: dora.count("message") > 50)
    dora.kill()
    dora.start()
    wait_delivered(alice, last)
    assert dora.texts()[1:] == wanted
    alice.stop()
    wanted = [f"to alice {i}" for i in range(300)]
    for text in wanted:
        number = dora.say(text)
    alice.start()
    alice.unlock()
    dora.until("some", lambda: dora.contact.pair.outbox.acked > 50)
    alice.kill("umbel-core")
    alice.unlock_when_up()
    dora.wait_acknowledged(number)
    assert texts(alice, to_dora)[1:] == wanted
    assert not alice.contact("dora")["alarm"]
    assert not dora.contact.pair.alarms


def test_either_end_goes_down(world):
    alice = world.alice
    dora, to_dora = world.paired()
    chat(alice, dora, to_dora)
    dora.close()
    until("offline", lambda: alice.contact("dora")["presence"] == "offline")
    dora.start()
    dora.wait_session()
    chat(alice, dora, to_dora)
    ended = dora.count("session ended")
    alice.stop()
    dora.until("the end", lambda: dora.count("session ended") > ended)


def test_two_sessions_become_one(world):
    """Whoever leads closes the older one, which is the one that came in."""
    alice = world.alice
    dora, to_dora = world.paired(dials=False)
    chat(alice, dora, to_dora)
    dora.dial_again()
    dora.until("two sessions", lambda: dora.count("session", True))
    dora.until("one session", lambda: len(dora.contact.sessions) == 1)
    assert dora.contact.current().link.dialled
    if not dora.contact.pair.epochs.leader:
        assert dora.count("close", Close.OTHER_STAYS) == 1
    chat(alice, dora, to_dora)


def test_disk_of_the_document_went_back(world):
    alice = world.alice
    dora, to_dora = world.paired()
    chat(alice, dora, to_dora)
    file = dora.folder / "person.json"
    shutil.copy(file, dora.folder / "old")
    chat(alice, dora, to_dora)
    dora.kill()
    shutil.copy(dora.folder / "old", file)
    dora.start()
    dora.wait_session()
    chat(alice, dora, to_dora)
    assert dora.contact.pair.alarms
    assert alice.contact("dora")["alarm"]


def test_disk_of_the_daemon_went_back(world):
    alice = world.alice
    dora, to_dora = world.paired()
    chat(alice, dora, to_dora)
    alice.stop()
    shutil.copytree(alice.data, alice.home / "old")
    alice.start()
    alice.unlock()
    chat(alice, dora, to_dora)
    alice.stop()
    shutil.rmtree(alice.data)
    shutil.move(alice.home / "old", alice.data)
    alice.start()
    alice.unlock()
    dora.until("alarm", lambda: dora.contact.pair.alarms)
    dora.wait_acknowledged(dora.say("what have you got"))
    wait_delivered(alice, alice.send(to_dora, "after all"))
    assert dora.texts()[-1] == "after all"
    assert alice.contact("dora")["alarm"]


def test_an_invite_that_is_bound_stays_silent(world):
    """Nobody else gets an answer from it, although he has the secret."""
    dora = world.person().start(stop_at="before stored")
    link = world.alice.invite()
    dora.connect(link)
    dora.wait_dead()
    eve = world.person("eve").start()
    eve.connect(link)
    tor = world.net.tors["eve"]
    until("eve has sent", lambda: tor.relayed >= 488)
    dora.start()
    chat(world.alice, dora, world.conversation(dora))
    assert not eve.client.person.requests[0].may_be_claimed
    assert not eve.client.contacts
    assert len(world.alice.contacts()) == 1
