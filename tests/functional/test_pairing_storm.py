# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairing that is cut, killed and frozen at every stage: it comes to its end,
makes one contact on each side, and messages pass."""

import contextlib
import os
import random
import signal
import time

import pytest

import fake_tor
import storm
from daemons import Place, until, wait_delivered

ROUNDS = int(os.environ.get("ROUNDS", "2"))


def two_of(place):
    two = place.daemon("alice"), place.daemon("bob")
    for daemon in two:
        daemon.add_user()
        storm.settle(daemon)
    return two


@pytest.fixture(name="two", scope="module")
def make_two():
    with Place() as place:
        yield two_of(place)


@pytest.fixture(name="fresh")
def make_fresh():
    """With many contacts they would take a while to come up again."""
    with Place() as place:
        yield two_of(place)


def admin(daemon, **words):
    with contextlib.suppress(OSError):
        fake_tor.ask_admin(daemon.data / "tor" / "admin", **words)


def connected(inviter, invitee, pair):
    """The conversations of the new contact, one on each side."""
    request, known = pair
    here, there = known
    state = storm.patiently("the request", lambda: invitee.call(
        "GET", invitee.user_path(f"/requests/{request['id']}")))["state"]
    assert state in ("queued", "waiting", "accepted"), state
    if state != "accepted":
        return None
    new = [{c["id"]: c for c in storm.patiently("contacts", d.contacts)
            if c["id"] not in old}
           for d, old in ((inviter, here), (invitee, there))]
    if not all(new):
        return None
    assert [len(n) for n in new] == [1, 1]
    return [next(iter(n.values()))["conversation_id"] for n in new]


def start_pairing(inviter, invitee):
    known = [{c["id"] for c in storm.patiently("contacts", d.contacts)}
             for d in (inviter, invitee)]
    link = storm.patiently("an invite", inviter.invite)
    return invitee.connect(link), known


def finish(inviter, invitee, pair):
    to_invitee, to_inviter = until(
        "paired", lambda: connected(inviter, invitee, pair), 120)
    for daemon, conversation in ((inviter, to_invitee),
                                 (invitee, to_inviter)):
        sent = storm.patiently("accepted", lambda d=daemon, c=conversation:
                               d.send(c, "hello"))
        wait_delivered(daemon, sent)
    until("the invite is gone", lambda: not inviter.call(
        "GET", inviter.user_path("/invites"))["items"])


@pytest.mark.parametrize("cut", [0, 487, 488, 976, 977, 1465, 1952, 2440])
def test_cut_after_so_many_bytes(two, cut):
    """Each message of the pairing, to the byte, on the invitee's side."""
    alice, bob = two
    admin(bob, stream_bytes=cut)
    pair = start_pairing(alice, bob)
    finish(alice, bob, pair)
    admin(bob, stream_bytes=None)


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_blows_at_any_time(fresh, round_):
    seed = random.getrandbits(32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    for daemon in fresh:
        admin(daemon, latency=0.04)
    pair = start_pairing(*fresh)
    for _ in range(4):
        time.sleep(rng.expovariate(20))
        daemon = rng.choice(fresh)
        kind = rng.choice(["core", "tor", "cut", "tree", "stop"])
        print(daemon.name, kind)
        if kind == "core":
            with contextlib.suppress(ProcessLookupError):
                daemon.kill("umbel-core")
        elif kind == "tor":
            tor = storm.tor_of(daemon)
            if tor:
                os.kill(tor[1], signal.SIGKILL)
        elif kind == "cut":
            admin(daemon, do="cut")
        elif kind == "tree":
            storm.kill_tree(daemon)
        else:
            storm.disturb(rng, daemon, False)
    finish(*fresh, pair)
