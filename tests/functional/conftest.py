# SPDX-License-Identifier: GPL-3.0-or-later
"""What several tests begin with; where one needs it anew for each of its
cases, it has fixtures of these names itself."""

import signal
import socket

import pytest

from daemons import Place, pair
from files import SLOW, tor_is

# Whoever starts the tests in the background has it ignored, and so would all
# that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(name="place", scope="module")
def make_place():
    with Place() as place:
        yield place


@pytest.fixture(name="two", scope="module")
def make_two(place):
    """Two who know each other, and each one's conversation with the other."""
    alice, bob = place.daemon("alice"), place.daemon("bob")
    return alice, bob, *pair(alice, bob)


@pytest.fixture(name="slow")
def make_slow(two):
    """The same, and files take a while, so that they have a middle."""
    for daemon in two[:2]:
        tor_is(daemon, stream_rate=SLOW)
    yield two
    for daemon in two[:2]:
        tor_is(daemon, stream_rate=None)


@pytest.fixture(name="folder")
def make_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(name="free_port")
def make_free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
