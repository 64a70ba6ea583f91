# SPDX-License-Identifier: GPL-3.0-or-later
"""A file over the real tor: what the receiver has survives kill -9, and
messages pass it."""

import pathlib
import sys
import tempfile

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "functional")]

from daemons import Place, pair, wait_delivered  # noqa: E402
from files import MIB, noise, offered  # noqa: E402
from tornet import TorNet  # noqa: E402

SIZE = 24 * MIB


@pytest.fixture(name="network", scope="module")
def make_network():
    with tempfile.TemporaryDirectory(prefix="u", dir="/tmp") as folder:
        with TorNet(folder) as network:
            yield network


# HOSTILE F-11
def test_killed_in_the_middle(network):
    with Place(network) as place:
        alice, bob = place.daemon("alice"), place.daemon("bob")
        for daemon in (alice, bob):
            daemon.wait_for_tor()
        to_bob, to_alice = pair(alice, bob)
        data = noise(SIZE)
        out, into = offered(alice, bob, to_bob, data, "over tor")
        with into.stream() as stream:
            into.set("running")
            into.moves(stream, SIZE // 3)
        wait_delivered(alice, alice.send(to_bob, "beside it"))
        bob.kill("umbel-core")
        bob.unlock_when_up()
        kept = into.look()["bytes_done"]
        assert kept > 0
        late = bob.send(to_alice, "I was gone")
        into.wait("done")
        wait_delivered(bob, late)
        assert into.data() == data
        out.wait("done")
