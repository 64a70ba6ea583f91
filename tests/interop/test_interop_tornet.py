# SPDX-License-Identifier: GPL-3.0-or-later
"""The second implementation, with a tor of its own, and a real umbeld over
the private Tor network: pairing in both roles, and coming back."""

import pathlib
import tempfile

import pytest

from daemons import Place, wait_delivered
from person import Person
from tornet import TorClient, TorNet
from world import chat


@pytest.fixture(name="network", scope="module")
def make_network():
    with tempfile.TemporaryDirectory(prefix="u", dir="/tmp") as folder:
        with TorNet(folder) as network:
            tor = TorClient(pathlib.Path(folder) / "dora", network).start()
            try:
                yield network, tor
            finally:
                tor.stop()


@pytest.mark.parametrize("inviter", ["alice", "dora"])
def test_pair_chat_and_come_back(network, inviter):
    network, tor = network
    with Place(network) as place:
        alice = place.daemon("alice")
        alice.add_user()
        alice.wait_for_tor()
        with Person(place.folder / "dora", "dora", tor.control_path,
                    tor.socks_path) as dora:
            if inviter == "alice":
                dora.connect(alice.invite())
            else:
                alice.connect(dora.invite())
            dora.wait_session()
            alice.wait_event("contact.added", lambda c: True)
            to_dora = alice.contact("dora")["conversation_id"]
            chat(alice, dora, to_dora)
            dora.kill()
            waits = alice.send(to_dora, "while you were away")
            dora.start()
            wait_delivered(alice, waits)
            chat(alice, dora, to_dora)
            assert not alice.contact("dora")["alarm"]
