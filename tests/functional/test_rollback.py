# SPDX-License-Identifier: GPL-3.0-or-later
"""Data that is copied: while somebody writes, to another machine, and back
over what came later.  What was acknowledged is there, or it is said that
something is wrong; and peers notice a copy that lives twice."""

import shutil
import subprocess
import threading

import pytest

from daemons import Place, Refused, pair, until, wait_delivered
from test_backup import export, take

COPIES = 5


@pytest.fixture(name="place")
def make_place():
    with Place() as place:
        yield place


class Writer(threading.Thread):
    """Says one thing after the other, until it is told to stop."""

    def __init__(self, daemon, conversation):
        super().__init__(daemon=True)
        self.sender, self.conversation = daemon, conversation
        self.count = 0  # of those that were accepted
        self.is_over = False

    def run(self):
        while not self.is_over:
            self.sender.send(self.conversation, str(self.count))
            self.count += 1

    def __enter__(self):
        self.start()
        self.wait_for(5)
        return self

    def wait_for(self, more):
        aim = self.count + more
        until("more is written", lambda: self.count >= aim)

    def __exit__(self, *_):
        self.is_over = True
        self.join()


def texts(daemon, conversation, direction=("in", "out")):
    return [m["text"] for m in daemon.history(conversation)
            if m["direction"] in direction]


def assert_all_up_to(found, at_least, at_most):
    """Whole, from the first one on."""
    assert found == [str(i) for i in range(len(found))]
    assert at_least <= len(found) <= at_most


def twin(place, daemon, name, data):
    """Another machine, with that copy of the data."""
    other = place.daemon(name, start=False)
    shutil.copytree(data, other.data)
    other.user = daemon.user
    return other.start()


# HOSTILE S-19
def test_an_export_while_somebody_writes(place):
    """It is of one moment; on another machine it says so much and no more,
    and the contact waits to be linked anew."""
    alice, bob = place.daemon("alice"), place.daemon("bob")
    to_bob, _ = pair(alice, bob)
    with Writer(alice, to_bob) as writer:
        for number in range(2):
            before = writer.count
            data = export(alice)
            after = writer.count + 1  # one may be on its way
            writer.wait_for(5)
            other = place.daemon(f"other{number}")
            take(other, data, "alice")
            assert_all_up_to(texts(other, to_bob), before, after)
            contact = other.contact("bob")
            assert contact["state"] == "detached"
            with pytest.raises(Refused) as refused:
                other.send(to_bob, "by no key of alice's")
            assert refused.value.status == 409
            other.stop()
    assert_all_up_to(texts(alice, to_bob), writer.count, writer.count)


# HOSTILE S-19
def test_files_copied_while_somebody_writes(place):
    """By cp, of a daemon that was not stopped: doc/ADMIN.md says not to.  What
    was there before is there, or the database is said to be damaged."""
    alice, bob = place.daemon("alice"), place.daemon("bob")
    to_bob, _ = pair(alice, bob)
    bob.stop()
    copies = []
    with Writer(alice, to_bob) as writer:
        for number in range(COPIES):
            copy = place.folder / f"copy{number}"
            before = writer.count
            subprocess.run(["cp", "-r", alice.data, copy], check=True)
            copies.append((copy, before, writer.count + 1))
            writer.wait_for(20)
    alice.stop()
    refusals = 0
    for number, (copy, before, after) in enumerate(copies):
        # Sockets of tor are no data.
        shutil.rmtree(copy / "tor", ignore_errors=True)
        other = twin(place, alice, f"twin{number}", copy)
        try:
            other.unlock()
            assert_all_up_to(texts(other, to_bob), before, after)
        except Refused as refused:
            assert refused.problem["code"] == "damaged"
            refusals += 1
        other.stop()
    print(f"{refusals} of {COPIES} copies were refused")
    alice.start()
    alice.unlock()
    assert_all_up_to(texts(alice, to_bob), writer.count, writer.count)


def test_put_back(place):
    """HOSTILE S-11, K-09: the whole of the data as it was some messages
    before.  All that is said from then on arrives, once, and both are told."""
    alice, bob = place.daemon("alice"), place.daemon("bob")
    to_bob, to_alice = pair(alice, bob)
    wait_delivered(alice, alice.send(to_bob, "a 1"))
    wait_delivered(bob, bob.send(to_alice, "b 1"))
    alice.stop()
    copy = place.folder / "older"
    shutil.copytree(alice.data, copy)
    alice.start()
    alice.unlock()
    for number in (2, 3):
        wait_delivered(alice, alice.send(to_bob, f"a {number}"))
        wait_delivered(bob, bob.send(to_alice, f"b {number}"))
    alice.stop()
    shutil.rmtree(alice.data)
    shutil.copytree(copy, alice.data)
    alice.start()
    alice.unlock()
    wait_delivered(alice, alice.send(to_bob, "a 4"))
    wait_delivered(bob, bob.send(to_alice, "b 4"))
    for daemon, name in ((alice, "bob"), (bob, "alice")):
        until("an alarm", lambda d=daemon, n=name: d.contact(n)["alarm"])
    assert texts(bob, to_alice, "in") == ["a 1", "a 2", "a 3", "a 4"]
    heard = texts(alice, to_bob, "in")
    assert heard[0] == "b 1" and heard[-1] == "b 4"
    assert len(set(heard)) == len(heard)


def test_a_life_twice(place):
    """HOSTILE S-19, L-04, K-09: the same data on two machines at once, where
    no lock can help.  Bob is told, and what he hears he hears once."""
    alice, bob = place.daemon("alice"), place.daemon("bob")
    to_bob, to_alice = pair(alice, bob)
    wait_delivered(alice, alice.send(to_bob, "before"))
    alice.stop()
    shutil.copytree(alice.data, place.folder / "copy")
    other = twin(place, alice, "other", place.folder / "copy")
    alice.start()
    for daemon in (alice, other):
        daemon.unlock()
    for number in range(5):
        for daemon in (alice, other):
            daemon.send(to_bob, f"{daemon.name} {number}")
    until("an alarm", lambda: bob.contact("alice")["alarm"])
    heard = texts(bob, to_alice, "in")
    assert heard[0] == "before" and len(set(heard)) == len(heard)
