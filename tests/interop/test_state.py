# SPDX-License-Identifier: GPL-3.0-or-later
"""What the second implementation keeps, against the sentences of
doc/PROTOCOL.md: delivery, epochs, conversations, doors."""

import os

import pytest

import bodies
import door
import durable
import epochs
import frames
import invite
import message
import noise
import pairs
from conversation import Conversation
from delivery import Alarm, Broken, Inbox, Outbox
from frames import Type
from message import Kind

DAY = 86400
NOW = 1_800_000_000.0


# 7.7 to 7.10 Delivery.

class Direction:
    """An outbox here and an inbox there, without anything between."""

    def __init__(self):
        self.out, self.inn = Outbox(), Inbox()
        self.got: list[str] = []

    def put(self, *texts):
        for text in texts:
            self.out.put(message.new_text(text), NOW)

    def session(self):
        """The alarms of either end."""
        hello = self.inn.hello()
        alarms = [self.out.on_hello(hello)]
        for numbered in self.out.due(self.out.acked, 256, NOW):
            self.out.sent_below = numbered.number + 1
            new, alarm = self.inn.take(numbered, hello.next)
            alarms.append(alarm)
            if new:
                self.got.append(numbered.record.fields[5].decode())
        self.out.on_ack(self.inn.ack())
        return [one for one in alarms if one]


def copy(state):
    return durable.loads(durable.dumps(state))


def test_what_is_sent_arrives():
    both = Direction()
    both.put("a", "b")
    assert not both.session() and not both.session()
    both.put("c")
    assert not both.session()
    assert both.got == ["a", "b", "c"]
    assert both.out.acked == both.inn.next == 4


def test_a_chain_value_that_says_nothing_new_is_not_looked_at():
    both = Direction()
    both.put("a")
    both.session()
    assert both.out.on_hello(bodies.Hello(2, os.urandom(16))) is None


def test_window_and_bytes_in_flight():
    out = Outbox()
    for _ in range(300):
        out.put(message.new_text("x" * 8000), NOW)
    assert len(out.due(1, 256, NOW)) == 32
    assert len(out.due(1, 3, NOW)) == 3
    assert [n.number for n in out.due(3, 5, NOW)] == [3, 4, 5]
    assert out.due(1, 1, NOW + 90)[0].record.age == 90


def test_acknowledgements_that_are_not_believed():
    both = Direction()
    both.put("a", "b")
    both.session()
    with pytest.raises(Broken):
        both.out.on_ack(bodies.Ack(4, both.out.chain))
    with pytest.raises(Broken):
        both.out.on_ack(bodies.Ack(3, os.urandom(16)))
    assert both.out.on_ack(bodies.Ack(2, os.urandom(16))) is False


def test_a_hole_ends_the_link():
    both = Direction()
    both.put("a", "b")
    with pytest.raises(Broken):
        both.inn.take(both.out.due(2, 256, NOW)[0], 1)


def test_the_receivers_disk_went_back():
    both = Direction()
    both.put("a")
    both.session()
    old = copy(both.inn)
    both.put("b")
    both.session()
    both.inn = old
    assert both.session() == ["the contact's disk went back"]
    both.put("c")
    assert not both.session()
    assert both.got == ["a", "b", "b", "c"]


def test_the_senders_disk_went_back():
    both = Direction()
    both.put("a")
    both.session()
    old = copy(both.out)
    both.put("b", "c")
    both.session()
    both.out = old
    both.put("d")
    assert both.session() == ["the own disk went back"]
    assert both.got == ["a", "b", "c", "d"]
    both.put("e")
    assert not both.session()


def test_the_senders_disk_went_back_and_it_said_as_much_since():
    both = Direction()
    both.put("a")
    both.session()
    old = copy(both.out)
    both.put("b")
    both.session()
    both.out = old
    both.put("d", "e")
    assert len(both.session()) == 1
    assert both.got == ["a", "b", "d", "e"]


def test_a_number_that_is_far_away():
    with pytest.raises(Broken):
        Outbox().on_hello(bodies.Hello(2**32 + 2))
    assert Outbox().on_hello(bodies.Hello(2**32 + 1))


def test_a_message_that_does_not_follow():
    both = Direction()
    both.put("a", "b", "c")
    first, second, third = both.out.due(1, 256, NOW)
    new, alarm = both.inn.take(first, 1)
    assert new and not alarm
    strange = bodies.Numbered(2, message.Record(second.record.fields,
                                                os.urandom(16)))
    with pytest.raises(Alarm):
        copy(both.inn).take(strange, 1)
    new, alarm = both.inn.take(strange, 2)
    assert new and alarm
    assert both.inn.chain == strange.record.chain
    with pytest.raises(Alarm):
        both.inn.take(third, 2)


# 10 Epochs.

class Rekeying:
    """A leader, a follower, and what is on its way between them."""

    def __init__(self):
        key = os.urandom(32)
        self.ends = {True: epochs.Epochs(True, key, NOW),
                     False: epochs.Epochs(False, key, NOW)}

    @property
    def leader(self):
        return self.ends[True]

    @property
    def follower(self):
        return self.ends[False]

    def carry(self, sent, lost_at=99):
        """Frames back and forth, until one is lost or none is left."""
        to_leader = False
        for step in range(9):
            if not sent or step == lost_at:
                return
            answers = []
            for frame in sent:
                body = frames.READERS[frame.type](frame.body)
                more, alarm = self.ends[to_leader].on_frame(
                    frame.type, body, os.urandom(32), NOW)
                assert not alarm
                answers += more
            sent, to_leader = answers, not to_leader

    def can_open(self, dialler):
        """Whether a dial is let in; and what that says to both."""
        key = self.ends[dialler].key
        if key not in self.ends[not dialler].accepted():
            return False
        for end in self.ends.values():
            end.on_opened(key, NOW)
        return True


def test_epochs_go_on():
    both = Rekeying()
    for number in range(1, 4):
        old = both.leader.key
        both.leader.propose(os.urandom(32))
        both.carry(both.leader.unfinished())
        assert both.leader.key == both.follower.key != old
        assert both.leader.number == both.follower.number == number
        assert both.leader.accepted() == both.follower.accepted()


@pytest.mark.parametrize("lost_at", range(5))
@pytest.mark.parametrize("dialler", [True, False, None])
def test_any_frame_can_be_lost(lost_at, dialler):
    both = Rekeying()
    both.leader.propose(os.urandom(32))
    both.carry(both.leader.unfinished(), lost_at)
    if dialler is not None:
        assert both.can_open(dialler)
    both.carry(both.leader.unfinished())
    assert both.leader.number == both.follower.number == 1
    assert both.leader.key == both.follower.key
    assert both.leader.accepted() == both.follower.accepted() == \
        [both.leader.key]


def test_the_same_proposal_gets_the_same_answer():
    both = Rekeying()
    both.leader.propose(os.urandom(32))
    (proposal,) = both.leader.unfinished()
    body = bodies.Rekey.read(proposal.body)
    answers = [both.follower.on_frame(proposal.type, body, os.urandom(32), NOW)
               for _ in range(2)]
    assert answers[0] == answers[1]
    other = bodies.Rekey(0, os.urandom(32))
    again, alarm = both.follower.on_frame(proposal.type, other,
                                          os.urandom(32), NOW)
    assert again != answers[0][0] and alarm


def test_a_second_answer_that_differs():
    both = Rekeying()
    both.leader.propose(os.urandom(32))
    first, other = (bodies.Rekey(0, os.urandom(32)) for _ in range(2))
    both.leader.on_frame(Type.REKEY_ACK, first, b"", NOW)
    commit, _ = both.leader.on_frame(Type.REKEY_ACK, first, b"", NOW)
    assert [frame.type for frame in commit] == [Type.REKEY_COMMIT]
    with pytest.raises(Alarm):
        both.leader.on_frame(Type.REKEY_ACK, other, b"", NOW)


def test_when_to_propose():
    both = Rekeying()
    assert not both.leader.may_propose(NOW + 6 * 3600 - 1)
    assert both.leader.may_propose(NOW + 6 * 3600)
    assert not both.follower.may_propose(NOW + 7 * 3600)


@pytest.mark.parametrize("to_leader,kind,epoch", [
    (True, Type.REKEY_PROP, 0), (False, Type.REKEY_ACK, 0),
    (True, Type.REKEY_ACK, 0), (True, Type.REKEY_DONE, 0),
    (False, Type.REKEY_COMMIT, 0), (False, Type.REKEY_DONE, 0),
    (False, Type.REKEY_PROP, 1), (False, Type.REKEY_PROP, 2**64 - 1)])
def test_rekey_frames_that_raise_the_alarm(to_leader, kind, epoch):
    both = Rekeying()
    has_r = kind in (Type.REKEY_PROP, Type.REKEY_ACK)
    body = bodies.Rekey(epoch, os.urandom(32)) if has_r else epoch
    with pytest.raises(Alarm):
        both.ends[to_leader].on_frame(kind, body, os.urandom(32), NOW)


# 6.5 What messages do to each other.

def told(talk, record, mine=False, now=NOW, age=0):
    talk.add(message.Record(record.fields, record.chain, age), mine, now)
    return record.mid


def test_edits():
    talk = Conversation()
    mid = told(talk, message.new_text("a"))
    told(talk, message.edit(mid, "theirs is mine?"), mine=True)
    assert talk.find(mid).text == "a"
    told(talk, message.edit(mid, "b"))
    told(talk, message.edit(mid, "c"), now=NOW + 7 * DAY)
    told(talk, message.edit(mid, "late"), now=NOW + 7 * DAY + 1)
    assert talk.find(mid).text == "c" and talk.find(mid).edited
    told(talk, message.delete(mid))
    told(talk, message.edit(mid, "d"))
    assert talk.find(mid).deleted and talk.find(mid).text == ""


def test_an_age_counts():
    """What was written in time may come late."""
    talk = Conversation()
    mid = told(talk, message.new_text("a"), now=NOW, age=DAY)
    told(talk, message.edit(mid, "b"), now=NOW + 30 * DAY, age=25 * DAY)
    assert talk.find(mid).text == "b"


def test_reactions():
    talk = Conversation()
    mid = told(talk, message.new_text("a"))
    told(talk, message.react(mid, "x"))
    told(talk, message.react(mid, "y"))
    told(talk, message.react(mid, "z"), mine=True)
    assert talk.find(mid).reactions == {False: "y", True: "z"}
    told(talk, message.react(mid))
    assert talk.find(mid).reactions == {True: "z"}


def test_what_comes_before_its_message_waits():
    talk = Conversation()
    record = message.new_text("a")
    told(talk, message.edit(record.mid, "b"))
    told(talk, message.react(record.mid, "x"), mine=True)
    told(talk, record, now=NOW + 29 * DAY, age=29 * DAY)
    assert talk.find(record.mid).text == "b"
    assert talk.find(record.mid).reactions == {True: "x"}
    assert not talk.parked
    for _ in range(1001):
        told(talk, message.delete(os.urandom(16)))
    assert len(talk.parked) == 1000
    told(talk, message.delete(os.urandom(16)), now=NOW + 30 * DAY)
    assert len(talk.parked) == 1


def test_read_is_for_what_was_acknowledged():
    talk = Conversation()
    mids = [told(talk, message.new_text(t), mine=True) for t in "abc"]
    talk.on_acknowledged(set(mids[:2]), NOW)
    told(talk, message.read_up_to(mids[2]))
    assert [talk.find(mid).read for mid in mids] == [True, True, False]
    theirs = told(talk, message.new_text("d"))
    told(talk, message.read_up_to(theirs))
    assert not talk.find(theirs).read


def test_messages_disappear():
    talk = Conversation()
    mine = told(talk, message.new_text("a", ttl=60), mine=True)
    theirs = told(talk, message.new_text("b", ttl=60))
    stays = told(talk, message.new_text("c"))
    assert talk.next_wipe() is None
    talk.on_acknowledged({mine}, NOW)
    talk.on_acknowledged({mine}, NOW + 50)
    talk.on_shown(theirs, NOW + 10)
    assert [item.mid for item in talk.wipe(NOW + 60)] == [mine]
    assert [item.mid for item in talk.wipe(NOW + 70)] == [theirs]
    assert [item.mid for item in talk.items] == [stays]


def test_timer_profile_and_what_is_not_known():
    talk = Conversation()
    told(talk, message.timer(60))
    assert talk.ttl == 60
    told(talk, message.profile("Dora", "busy"))
    told(talk, message.profile("Dora"))
    assert (talk.name, talk.status) == ("Dora", "")
    told(talk, message.withdraw(message.new_text("x")))
    kept = told(talk, message.compose(77, {8: b"what"}))
    assert [item.kind for item in talk.items] == [Kind.TIMER, 77]
    assert talk.find(kept).fields[8] == b"what"


# 9 Doors.

def knocked(work):
    return bodies.Knock(pairs.make_invite(NOW, invite.KNOCK).data, work)


def test_queue_of_a_door():
    queue = door.Queue(lowest=3, highest=12)
    for i in range(door.MAX_WAITING):
        assert queue.difficulty() == 3
        assert queue.put(knocked(i), 5 + i % 2)
    assert queue.difficulty() == 6
    assert not queue.put(knocked(0), 5)
    assert queue.put(knocked(0), 20)
    assert len(queue.waiting) == door.MAX_WAITING
    queue.waiting = [door.Waiting(one.knock, 30) for one in queue.waiting]
    assert queue.difficulty() == 12
    again = queue.waiting[7].knock
    assert queue.put(again, 0) and len(queue.waiting) == door.MAX_WAITING


# What is kept.

def test_a_person_comes_back():
    person = pairs.Person("Dora", os.urandom(32))
    person.hosted.append(pairs.make_invite(NOW))
    person.requests.append(pairs.Request(pairs.make_invite(NOW).data, "Dora"))
    person.queue.put(knocked(3), 3)
    person.knocks.append(pairs.Knocking(os.urandom(32), person.hosted[0].data))
    pair = pairs.make_pair(pairs.Mine(), pairs.Mine().card("Eve"), True, NOW)
    told(pair.conversation, message.react(
        told(pair.conversation, message.new_text("a")), "x"), mine=True)
    pair.outbox.put(message.new_text("b"), NOW)
    person.pairs.append(pair)
    assert copy(person) == person


def test_both_ends_of_a_pair_agree():
    one, other = pairs.Mine(), pairs.Mine()
    here = pairs.make_pair(one, other.card("b"), True, NOW)
    there = pairs.make_pair(other, one.card("a"), False, NOW)
    assert here.epochs.key == there.epochs.key
    assert here.epochs.leader != there.epochs.leader
    assert here.safety_number() == there.safety_number()
    opening = noise.Initiator(here.dial_setup())
    setup, _, _ = noise.respond(opening.message, there.answer_setups())
    assert there.key_of(setup) == there.epochs.key
