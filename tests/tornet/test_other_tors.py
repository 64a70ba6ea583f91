# SPDX-License-Identifier: GPL-3.0-or-later
"""A tor that is not ours, as Debian's package runs it, and our own behind
bridges with Debian's obfs4proxy: in a private network on loopback."""

import contextlib
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tempfile

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "functional")]

from daemons import (LIMIT, Place, children_of, pair,  # noqa: E402
                     sockets_of, until, wait_delivered)
from test_local import start_as  # noqa: E402
from tornet import TESTING_CLIENT, Tor, TorNet  # noqa: E402

# Numbers of nobody on this machine: no user has to be made.
TOR, TOR_GROUP, UMBEL = 61414, 61415, 61416
OBFS4PROXY = "/usr/bin/obfs4proxy"


@pytest.fixture(name="network", scope="module")
def make_network():
    with tempfile.TemporaryDirectory(prefix="u", dir="/tmp") as folder:
        with TorNet(folder) as network:
            yield network


class SystemTor:
    """tor with the options of /usr/share/tor/tor-service-defaults-torrc, under
    a user and a group of its own."""

    def __init__(self, folder, network):
        self.run, self.state = folder / "tor", folder / "state"
        # As `install -d` of tor@default.service: it stays over a restart.
        self.run.mkdir(exist_ok=True)
        self.state.mkdir(mode=0o700, exist_ok=True)
        for path in (self.run, self.state):
            os.chown(path, TOR, TOR_GROUP)
        self.run.chmod(0o2755)
        self.control, self.socks = self.run / "control", self.run / "socks"
        self.torrc = folder / "torrc"
        self.torrc.write_text(
            f"{network.extra()}DataDirectory {self.state}\n"
            f"ControlSocket {self.control} GroupWritable RelaxDirModeCheck\n"
            "ControlSocketsGroupWritable 1\n"
            f"SocksPort unix:{self.socks} WorldWritable\n"
            "CookieAuthentication 1\nCookieAuthFileGroupReadable 1\n"
            f"CookieAuthFile {self.run}/control.authcookie\n"
            "Log notice stdout\n"
            f"__OwningControllerProcess {os.getpid()}\n")
        self.torrc.chmod(0o644)
        self.log = open(folder / "tor.log", "ab")
        self.process = subprocess.Popen(
            ["setpriv", f"--reuid={TOR}", f"--regid={TOR_GROUP}",
             "--clear-groups", network.program, "--defaults-torrc",
             "/dev/null", "-f", self.torrc],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        until("tor's cookie", lambda: (self.run / "control.authcookie").exists())
        until("tor's sockets", lambda: self.control.exists() and
              self.socks.exists())

    def stop(self):
        self.process.terminate()
        self.process.wait(LIMIT)
        self.log.close()
        print(pathlib.Path(self.log.name).read_text()[-4000:])


def become(*groups):
    def prepare():
        os.setgroups(groups)
        os.setresgid(UMBEL, UMBEL, UMBEL)
        os.setresuid(UMBEL, UMBEL, UMBEL)
    return prepare


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"),
                    reason="needs root, to run tor as another user")
def test_the_tor_of_the_system(network):
    with Place(network) as place, contextlib.ExitStack() as stack:
        place.folder.chmod(0o711)
        tor = SystemTor(place.folder, network)
        stack.callback(tor.stop)
        alice = place.daemon("alice", start=False, arguments=[
            "--no-tor-child", tor.control, tor.socks])
        for path in (alice.home, alice.conf):
            os.chown(path, UMBEL, UMBEL)
        alice.home.chmod(0o711)  # tor has to get through
        # Without the group it says what is missing.
        with pytest.raises(AssertionError, match="adduser umbel debian-tor"):
            start_as(alice, become())
        start_as(alice, become(TOR_GROUP))
        alice.wait_for_tor()
        bob = place.daemon("bob")
        to_bob, to_alice = pair(alice, bob)
        wait_delivered(alice, alice.send(to_bob, "over yours"))
        wait_delivered(bob, bob.send(to_alice, "over mine"))
        cells = alice.run / "c"
        info = cells.stat()
        assert (stat.S_IMODE(info.st_mode), info.st_uid, info.st_gid) == (
            0o710, UMBEL, TOR_GROUP)
        sockets = [path.lstat() for path in cells.iterdir()]
        assert sockets
        for info in sockets:
            assert stat.S_ISSOCK(info.st_mode)
            assert stat.S_IMODE(info.st_mode) == 0o666
        assert stat.S_IMODE(alice.run.stat().st_mode) == 0o701
        assert stat.S_IMODE((alice.run / "api.sock").stat().st_mode) == 0o600
        # A tor that is started again is found again.
        tor.stop()
        until("no tor", lambda: alice.call("GET", "/v1/tor")["state"]
              != "ready")
        tor = SystemTor(place.folder, network)
        stack.callback(tor.stop)
        alice.wait_for_tor()
        wait_delivered(alice, alice.send(to_bob, "once more"))
        assert alice.stop() == 0


# Bridges

def bridge_address(network):
    """Beside the authorities, which have the first four."""
    first = re.search(r" (127\.\d+\.\d+)\.\d+:9030 ", network.authorities)[1]
    return f"{first}.9"


def start_bridge(folder, network):
    """A bridge that speaks obfs4, and the line that leads to it."""
    address = bridge_address(network)
    bridge = Tor(folder, f"""Nickname thebridge
Address {address}
OutboundBindAddress {address}
ORPort {address}:9001
SocksPort 0
BridgeRelay 1
PublishServerDescriptor 0
ExitPolicy reject *:*
AssumeReachable 1
ExtORPort auto
ServerTransportPlugin obfs4 exec {OBFS4PROXY}
ServerTransportListenAddr obfs4 {address}:9443
{TESTING_CLIENT}{network.authorities}""", network.program)
    bridge.launch()
    bridge.wait_for("Bootstrapped 100%")
    lines = folder / "pt_state" / "obfs4_bridgeline.txt"
    until("the line of the bridge", lambda: lines.exists() and
          "cert=" in lines.read_text())
    arguments = re.search(r"cert=\S+ iat-mode=\d", lines.read_text())[0]
    fingerprint = (folder / "fingerprint").read_text().split()[1]
    return bridge, f"obfs4 {address}:9443 {fingerprint} {arguments}"


def peers_of(pid):
    """Addresses that a process has TCP connections to."""
    inodes = sockets_of(pid)
    found = set()
    lines = pathlib.Path(f"/proc/{pid}/net/tcp").read_text().split("\n")[1:]
    for line in filter(None, lines):
        words = line.split()
        if words[9] in inodes and words[3] == "01":
            host = bytes.fromhex(words[2].partition(":")[0])[::-1]
            found.add(".".join(map(str, host)))
    return found


@pytest.mark.skipif(not os.access(OBFS4PROXY, os.X_OK),
                    reason="needs Debian's obfs4proxy")
def test_bridges_with_obfs4(network):
    """Nobody on the way sees where tor goes: it talks to its transport alone,
    and that to the bridge; nor does the log tell."""
    with Place(network) as place, contextlib.ExitStack() as stack:
        folder = place.folder / "bridge"
        bridge, line = start_bridge(folder, network)
        stack.callback(bridge.stop)
        alice = place.daemon("alice", start=False)
        (alice.home / "bridges").write_text(f"# ours\nBridge {line}\n")
        with open(alice.conf, "a", encoding="utf-8") as conf:
            conf.write(f"[tor]\ntransports = obfs4\n"
                       f"bridges = {alice.home}/bridges\n")
        alice.start()
        alice.wait_for_tor()
        assert alice.call("GET", "/v1/tor/bridges")["lines"] == [line]
        bob = place.daemon("bob")
        to_bob, to_alice = pair(alice, bob)
        wait_delivered(alice, alice.send(to_bob, "through the bridge"))
        wait_delivered(bob, bob.send(to_alice, "and back"))
        tor = alice.pid_of("tor")
        transport = until("the transport",
                          lambda: children_of(tor).get("obfs4proxy"))
        assert peers_of(tor) == {"127.0.0.1"}
        assert bridge_address(network) in peers_of(transport) <= {
            "127.0.0.1", bridge_address(network)}
        log = alice.log.read_text()
        assert "new bridge descriptor" in log and "[scrubbed]" in log
        for word in (bridge_address(network), line.split()[2]):
            assert word not in log
        # It dies with tor, and comes with the next one.
        os.kill(transport, 9)
        alice.kill("tor")
        until("another tor", lambda: alice.pid_of("tor") != tor)
        alice.wait_for_tor()
        wait_delivered(alice, alice.send(to_bob, "again"))
