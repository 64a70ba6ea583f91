# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine goes into the network by another way: tor's connections are
dead, which nobody tells it.  The relays are in one network namespace, the
daemon in another, and a cable between them."""

import ctypes
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "functional")]

from daemons import Place, children_of, until  # noqa: E402
from tornet import TorNet  # noqa: E402

CLONE_NEWNET = 0x40000000
ROUTER = "10.9.9.254"
LIMIT = 150  # seconds; only ever reached when something is broken


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class Cable:
    """Between the relays' namespace, which some process is in, and ours."""

    def __init__(self, pid, relays):
        self.relays = relays
        ip("link", "set", "lo", "up")
        ip("link", "add", "here", "type", "veth", "peer", "name", "there",
           "netns", str(pid))
        there = ["nsenter", "-t", str(pid), "-n"]
        for words in (["ip", "addr", "add", f"{ROUTER}/24", "dev", "there"],
                      ["ip", "link", "set", "there", "up"]):
            subprocess.run([*there, *words], check=True)
        # The relays' addresses are of 127/8.
        for name, way in (("there", there), ("here", [])):
            subprocess.run([*way, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/"
                            f"conf/{name}/route_localnet"], check=True)

    def plug_in(self, address):
        ip("addr", "add", f"{address}/24", "dev", "here")
        ip("link", "set", "here", "up")
        ip("route", "add", "default", "via", ROUTER)
        ip("route", "add", self.relays, "via", ROUTER, "table", "local")

    def pull(self, address):
        ip("route", "del", self.relays, "table", "local")
        ip("addr", "del", f"{address}/24", "dev", "here")


@pytest.fixture(name="world", scope="module")
def make_world():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        pytest.skip("no network namespace can be made here: "
                    + os.strerror(ctypes.get_errno()))
    ip("link", "set", "lo", "up")
    with tempfile.TemporaryDirectory(prefix="u", dir="/tmp") as folder, \
            TorNet(folder) as network:
        base = network.authorities.split()[4].rsplit(".", 1)[0]
        # From here on what this thread starts is in the other one.
        assert libc.unshare(CLONE_NEWNET) == 0
        cable = Cable(network.nodes[0].process.pid, f"{base}.0/24")
        cable.plug_in("10.9.9.1")
        with Place(network) as place:
            alice = place.daemon("alice", start=False)
            alice.let_self_test()
            alice.start()
            alice.wait_for_tor()
            alice.add_user()
            yield alice, cable


def state(alice):
    services, = alice.call("GET", "/v1/tor")["onion_services"]
    return services["self_test"]["address"]["state"]


def wait_up(alice):
    until("it is reachable", lambda: state(alice) == "reachable", LIMIT)


def test_another_address(world):
    """Nobody asks for a test, and none is due for half an hour."""
    alice, cable = world
    alice.call("POST", alice.user_path("/self-test"))
    wait_up(alice)
    old = alice.pid_of("tor")
    began = time.monotonic()
    cable.pull("10.9.9.1")
    cable.plug_in("10.9.9.2")
    until("it is in doubt", lambda: state(alice) != "reachable", LIMIT)
    doubt = time.monotonic() - began
    wait_up(alice)
    print(f"in doubt after {doubt:.1f} s, reachable after "
          f"{time.monotonic() - began:.1f} s")
    assert children_of(alice.process.pid)["tor"] != old


def test_away_for_a_while(world):
    """The same as before is no reason to begin anew, only to look whether all
    is well.  And interfaces that lead nowhere come and go on many machines."""
    alice, _ = world
    wait_up(alice)
    old = alice.pid_of("tor")
    ip("link", "add", "other", "type", "veth", "peer", "name", "else")
    ip("addr", "add", "10.8.8.8/24", "dev", "other")
    ip("link", "set", "other", "up")
    ip("link", "del", "other")
    ip("route", "del", "default")
    until("it is away", lambda: "no way leads" in alice.log.read_text(), LIMIT)
    ip("route", "add", "default", "via", ROUTER)
    until("it is back", lambda: "the network is back" in
          alice.log.read_text(), LIMIT)
    until("it is in doubt", lambda: state(alice) != "reachable", LIMIT)
    wait_up(alice)
    assert alice.log.read_text().count("the network is another") == 1
    assert alice.pid_of("tor") == old
