# SPDX-License-Identifier: GPL-3.0-or-later
"""Over the real tor: who can be reached says so, who cannot does not, and
it is put right without anybody's doing."""

import os
import pathlib
import signal
import sys
import tempfile
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "functional")]

from daemons import (Place, Refused, children_of, pair, until,  # noqa: E402
                     wait_delivered)
from tornet import TorNet  # noqa: E402

PARTS = ("address", "contacts")
UP = {part: "reachable" for part in PARTS}
LIMIT = 200  # seconds; only ever reached when something is broken


@pytest.fixture(name="network", scope="module")
def make_network():
    with tempfile.TemporaryDirectory(prefix="u", dir="/tmp") as folder:
        with TorNet(folder) as network:
            yield network


@pytest.fixture(name="two", scope="module")
def make_two(network):
    """Alice, who tests herself, and a friend of hers."""
    with Place(network) as place:
        alice, bob = (place.daemon(name, start=False)
                      for name in ("alice", "bob"))
        alice.let_self_test()
        for daemon in (alice, bob):
            daemon.start()
            daemon.wait_for_tor()
        yield alice, bob, *pair(alice, bob)


def self_test(alice):
    services, = alice.call("GET", "/v1/tor")["onion_services"]
    return services["self_test"]


def states(alice):
    return {part: self_test(alice)[part]["state"] for part in PARTS}


def wait(alice, what, check):
    """Asks for tests meanwhile, so as not to wait for a back-off."""
    def tried():
        try:
            alice.call("POST", alice.user_path("/self-test"))
        except Refused as refused:
            assert refused.status == 503
        return check()
    until(what, tried, LIMIT)


def wait_up(alice):
    wait(alice, "all is reachable", lambda: states(alice) == UP)


def test_door_and_cell(two):
    """A directory is asked, and our own cell opens to the second of its two
    keys: this tor does all that fake_tor pretends."""
    alice, *_ = two
    wait_up(alice)
    for part in PARTS:
        assert self_test(alice)[part]["last_failure"] is None
        assert self_test(alice)[part]["repairs"] == 0


def test_new_circuits(two):
    """With them tor forgets our keys, and is given them again."""
    alice, bob, to_bob, to_alice = two
    wait_up(alice)
    for daemon in (alice, bob):
        daemon.call("POST", "/v1/tor/new-circuits")
    last = self_test(alice)["contacts"]["last_success_at"]
    wait(alice, "tried again", lambda: self_test(alice)["contacts"][
        "last_success_at"] > last)
    wait_delivered(alice, alice.send(to_bob, "other ways"))
    wait_delivered(bob, bob.send(to_alice, "for both"))
    assert self_test(alice)["contacts"]["repairs"] == 0


# HOSTILE T-05
def test_tor_is_killed(two):
    alice, *_ = two
    wait_up(alice)
    old = alice.kill("tor")
    until("another tor", lambda: children_of(
        alice.process.pid).get("tor", old) != old)
    until("it is in doubt", lambda: states(alice) != UP)
    wait_up(alice)


def test_the_network_stands_still(network, two):
    """HOSTILE T-06: every relay is there, and does nothing: neither tor nor
    an open connection shows it."""
    alice, bob, to_bob, _ = two
    wait_up(alice)
    for relay in network.nodes:
        relay.process.send_signal(signal.SIGSTOP)
    try:
        wait(alice, "nobody says that it is reachable", lambda:
             "reachable" not in states(alice).values())
    finally:
        for relay in network.nodes:
            relay.process.send_signal(signal.SIGCONT)
    wait_up(alice)
    wait_delivered(alice, alice.send(to_bob, "it moves"))


def test_relays_lose_what_they_had(network, two):
    """HOSTILE T-06: descriptors are gone from every directory, and every circuit ends."""
    alice, bob, to_bob, _ = two
    wait_up(alice)
    began = time.monotonic()
    for relay in network.nodes:
        relay.stop(signal.SIGKILL)
    wait(alice, "it is in doubt", lambda: states(alice) != UP)
    for relay in network.nodes:
        relay.launch()
    wait_up(alice)
    print(f"reachable after {time.monotonic() - began:.0f} s")
    wait_delivered(alice, alice.send(to_bob, "they are back"))


def test_a_tor_that_hangs(two):
    """A process that is there and does nothing: shown, and then another is
    started.  60 s, since a machine may be busy."""
    alice, bob, to_bob, _ = two
    wait_up(alice)
    old = alice.pid_of("tor")
    os.kill(old, signal.SIGSTOP)
    # Any command will do, or one that is sent every 30 s.
    alice.call("POST", "/v1/tor/new-circuits")
    sent = alice.send(to_bob, "later")
    until("it is shown", lambda: "does not answer" in (
        alice.call("GET", "/v1/tor")["bootstrap"]["warning"] or ""), LIMIT)
    assert "reachable" not in states(alice).values()
    until("another tor", lambda: children_of(
        alice.process.pid).get("tor", old) != old, LIMIT)
    wait_up(alice)
    wait_delivered(alice, sent)


def test_a_tor_that_stood_still(two):
    """For a moment: it is the same afterwards."""
    alice, bob, to_bob, to_alice = two
    wait_up(alice)
    tor = alice.pid_of("tor")
    os.kill(tor, signal.SIGSTOP)
    sent = alice.send(to_bob, "a moment"), bob.send(to_alice, "one more")
    os.kill(tor, signal.SIGCONT)
    wait_delivered(alice, sent[0])
    wait_delivered(bob, sent[1])
    wait_up(alice)
    assert alice.pid_of("tor") == tor
