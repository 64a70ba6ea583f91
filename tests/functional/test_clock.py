# SPDX-License-Identifier: GPL-3.0-or-later
"""Clocks that are wrong, or are set below a daemon: it starts, says what to
do if the time cannot be, and nothing is lost or out of order."""

import os
import signal

import pytest

import fake_tor
from clocks import YEAR, ClockDaemon
from daemons import Place, children_of, pair, wait_delivered

AT = {"epoch": -56 * YEAR, "years back": -10 * YEAR, "years ahead": 10 * YEAR,
      "2038": 13 * YEAR, "2106": 80 * YEAR}


@pytest.fixture(name="place")
def make_place():
    with Place() as place:
        yield place


def texts(daemon, conversation):
    return [m["text"] for m in daemon.history(conversation)]


# HOSTILE S-13, L-14
@pytest.mark.parametrize("when", AT)
def test_a_start_with_a_wrong_clock(place, when):
    alice = place.daemon("alice", start=False, kind=ClockDaemon)
    alice.set_wall(AT[when])
    alice.start()
    bob = place.daemon("bob")
    # An invite is good for some days, by the clock of whoever made it.
    if AT[when] < 0:
        to_alice, to_bob = pair(bob, alice)
    else:
        to_bob, to_alice = pair(alice, bob)
    wait_delivered(alice, alice.send(to_bob, "one"))
    wait_delivered(bob, bob.send(to_alice, "two"))
    said = [line for line in alice.log.read_text("utf-8").splitlines()
            if "set the clock" in line]
    assert len(said) == (AT[when] < -5 * YEAR)
    # Somebody sets it right: no restart.
    alice.set_wall(0)
    wait_delivered(alice, alice.send(to_bob, "three"))
    wait_delivered(bob, bob.send(to_alice, "four"))
    assert texts(alice, to_bob) == ["one", "two", "three", "four"]
    assert texts(bob, to_alice) == ["one", "two", "three", "four"]
    alice.stop()
    alice.start()
    alice.unlock()
    assert texts(alice, to_bob) == ["one", "two", "three", "four"]


# HOSTILE S-13, L-14
def test_a_clock_that_jumps(place):
    """Years ahead and back, an hour as by daylight saving, a second as by a
    leap: order is by number, waiting by a clock that nobody sets."""
    alice, bob = place.daemon("alice", kind=ClockDaemon), place.daemon("bob")
    to_bob, to_alice = pair(alice, bob)
    core = alice.pid_of("umbel-core")
    expected = []
    for i, off in enumerate((10 * YEAR, -10 * YEAR, 0, 3600, -3600, 1, 0,
                             80 * YEAR, 0)):
        alice.set_wall(off)
        for daemon, conversation in ((alice, to_bob), (bob, to_alice)):
            text = f"{daemon.name} {i}"
            wait_delivered(daemon, daemon.send(conversation, text))
            expected.append(text)
        assert alice.call("GET", "/v1/tor")["state"] == "ready"
    assert alice.pid_of("umbel-core") == core
    assert texts(alice, to_bob) == expected
    assert texts(bob, to_alice) == expected


# HOSTILE L-14
@pytest.mark.parametrize("suspended", [False, True])
def test_an_hour_later(place, suspended):
    """It stood still for an hour, its circuits are gone and its peer talked
    on: all of that arrives once, in order, and it answers at once."""
    alice, bob = place.daemon("alice", kind=ClockDaemon), place.daemon("bob")
    to_bob, to_alice = pair(alice, bob)
    expected = []
    for hours in (1, 24):
        core = alice.pid_of("umbel-core")
        pids = [alice.process.pid, *children_of(alice.process.pid).values()]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        sent = [bob.send(to_alice, f"{hours} {i}") for i in range(10)]
        fake_tor.ask_admin(bob.data / "tor" / "admin", do="cut")
        alice.stand_still(hours * 3600, suspended)
        for pid in reversed(pids):
            os.kill(pid, signal.SIGCONT)
        for message in sent:
            wait_delivered(bob, message)
        wait_delivered(alice, alice.send(to_bob, f"{hours} awake"))
        expected += [m["text"] for m in sent] + [f"{hours} awake"]
        assert alice.pid_of("umbel-core") == core
    assert texts(alice, to_bob) == expected
    assert texts(bob, to_alice) == expected
