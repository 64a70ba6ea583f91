# SPDX-License-Identifier: GPL-3.0-or-later
"""Two daemons over the real tor, in a private network on loopback."""

import pathlib
import random
import sys
import tempfile

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "functional")]

import storm  # noqa: E402
from daemons import Place, children_of, pair, until, wait_delivered  # noqa: E402
from tornet import TorNet  # noqa: E402


@pytest.fixture(name="network", scope="module")
def make_network():
    with tempfile.TemporaryDirectory(prefix="u", dir="/tmp") as folder:
        with TorNet(folder) as network:
            yield network


def test_pair_chat_kill_9_and_tor_killed(network):
    with Place(network) as place:
        alice, bob = place.daemon("alice"), place.daemon("bob")
        alice.wait_for_tor()
        bob.wait_for_tor()
        to_bob, to_alice = pair(alice, bob)
        storm.settle(alice)
        storm.settle(bob)
        wanted = [f"message {i}" for i in range(30)]
        for i, text in enumerate(wanted):
            if i == 10:
                bob.kill("umbel-core")
            if i == 20:
                old = alice.kill("tor")
                until("another tor", lambda: children_of(
                    alice.process.pid).get("tor", old) != old)
            last = storm.patiently("accepted", lambda t=text: alice.send(
                to_bob, t))
        wait_delivered(alice, last)
        assert storm.wait_all_there(bob, to_alice, wanted) == wanted
        wait_delivered(bob, bob.send(to_alice, "all of them"))


def test_storm(network):
    seed = random.getrandbits(32)
    print(f"seed {seed}")
    assert storm.storm(network, 60, 6, seed)
