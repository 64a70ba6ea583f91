# SPDX-License-Identifier: GPL-3.0-or-later
"""The network of the real tor goes and comes back, tor stands still, tor is
upgraded: what is shown is true, and all is well again with nobody's help.
test_reach.py asks for tests so as not to wait; here nobody asks."""

import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "functional")]

from daemons import Place, children_of, pair, until, wait_delivered  # noqa: E402
from link import Link  # noqa: E402
from test_reach import UP, states  # noqa: E402
from tornet import TorNet  # noqa: E402

LIMIT = 300  # seconds; only ever reached when something is broken


@pytest.fixture(name="world", scope="module")
def make_world():
    """Alice, whose tor is a copy of her own behind a link of her own, and a
    friend of hers."""
    with tempfile.TemporaryDirectory(prefix="u", dir="/tmp") as folder, \
            TorNet(folder) as network, Link() as link, \
            Place(network) as place:
        alice, bob = (place.daemon(name, start=False)
                      for name in ("alice", "bob"))
        alice.let_self_test()
        alice.extra.write_text(network.extra() + link.torrc())
        alice.tor = alice.home / "tor"
        shutil.copy(network.program, alice.tor)
        for daemon in (alice, bob):
            daemon.start()
            daemon.wait_for_tor()
        yield alice, bob, link, *pair(alice, bob)


def is_up(alice):
    return states(alice) == UP


def wait_up(alice, what):
    began = time.monotonic()
    until(f"all is reachable, {what}", lambda: is_up(alice), LIMIT)
    print(f"reachable {what}: after {time.monotonic() - began:.0f} s")


def wait_doubt(alice, what):
    began = time.monotonic()
    until(f"nothing is said to be reachable, {what}", lambda:
          "reachable" not in states(alice).values(), LIMIT)
    print(f"in doubt {what}: after {time.monotonic() - began:.0f} s")
    assert ": can be reached" not in alice.umbel("status").stdout


def test_the_network_goes(world):
    """HOSTILE T-06: neither tor's state nor its log tells; what is sent
    meanwhile comes."""
    alice, bob, link, to_bob, to_alice = world
    wait_up(alice, "at first")
    link.cut()
    wait_doubt(alice, "without a network")
    sent = [(alice, alice.send(to_bob, "into the void")),
            (bob, bob.send(to_alice, "out of it"))]
    link.mend()
    wait_up(alice, "with a network")
    for daemon, message in sent:
        wait_delivered(daemon, message)


def test_tor_is_stopped(world):
    """HOSTILE T-05: its sockets are there, and nobody answers."""
    alice, _bob, _link, to_bob, _to_alice = world
    wait_up(alice, "at first")
    pid = alice.pid_of("tor")
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_doubt(alice, "with a tor that is stopped")
        assert alice.call("GET", "/v1/tor")["state"] != "ready"
        sent = alice.send(to_bob, "to a tor that is stopped")
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_up(alice, "with a tor that goes on")
    wait_delivered(alice, sent)
    assert alice.pid_of("tor") == pid


def other_version(program, old, new):
    """The same tor, which says that it is another."""
    assert len(old) == len(new)
    data = program.read_bytes()
    assert old in data
    return data.replace(old, new)


def replace(program, data):
    """As dpkg does it: the running one keeps its file."""
    fresh = program.with_suffix(".new")
    fresh.write_bytes(data)
    fresh.chmod(0o755)
    os.rename(fresh, program)


def kill_tor(alice):
    old = alice.kill("tor")
    until("that tor is missed", lambda: children_of(
        alice.process.pid).get("tor") != old)


def test_tor_is_upgraded(world):
    """HOSTILE T-05: the program is another when tor is started again; it may
    be missing, or be no program, for a while."""
    alice, _bob, _link, to_bob, _to_alice = world
    wait_up(alice, "at first")
    version = alice.call("GET", "/v1/tor")["version"]
    newer = version[:-1] + ("9" if version[-1] != "9" else "8")
    upgraded = other_version(alice.tor, version.encode(), newer.encode())
    replace(alice.tor, b"no program")
    assert is_up(alice)  # who runs does not mind
    kill_tor(alice)
    wait_doubt(alice, "without a tor that runs")
    sent = alice.send(to_bob, "to the next tor")
    alice.tor.unlink()
    replace(alice.tor, upgraded)
    wait_up(alice, "with another tor")
    assert alice.call("GET", "/v1/tor")["version"] == newer
    wait_delivered(alice, sent)
