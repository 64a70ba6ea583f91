# SPDX-License-Identifier: GPL-3.0-or-later
"""The counter that stands over every daemon of every test (packets.py) counts:
whoever makes a socket of another family than AF_UNIX, or sends a packet, in a
namespace like that of umbel-core, is seen.  HOSTILE D-01"""

import subprocess
import sys

import pytest

import packets
from daemons import BUILD, Place, pair, wait_delivered

ALONE = """
import ctypes, fcntl, socket, struct, sys
if ctypes.CDLL(None).unshare(0x40000000):
    print("no namespace", flush=True)
    sys.exit()
up = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
fcntl.ioctl(up, 0x8914, struct.pack("16sH14x", b"lo", 1))
up.close()
%s
print("ready", flush=True)
sys.stdin.read()
"""
DEEDS = {
    "nothing": ("", ""),
    "socket": ("s = socket.socket(socket.AF_INET, socket.SOCK_STREAM); "
               "s.bind(('127.0.0.1', 0)); s.listen()", "a socket in tcp"),
    "datagram": ("socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
                 ".sendto(b'x', ('127.0.0.1', 9))", "Udp OutDatagrams"),
    "attempt": ("s = socket.socket()\n"
                "try: s.connect(('192.0.2.1', 80))\n"
                "except OSError: pass\ns.close()", "OutNoRoutes"),
    "raw": ("s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3)",
            "a packet socket"),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_the_counter_counts(deed):
    code, expected = DEEDS[deed]
    with subprocess.Popen([sys.executable, "-c", ALONE % code],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as process:
        line = process.stdout.readline().strip()
        if line != "ready":
            pytest.skip("no network namespace can be made: not root?")
        assert packets.is_alone(process.pid)
        found = packets.of_namespace(process.pid)
        process.stdin.close()
    assert bool(found) == bool(expected)
    assert any(expected in line for line in found) or not expected


def test_a_daemon_that_talks_sends_none():
    """And it is looked at, where the machine gives it a namespace."""
    with Place() as place:
        alice, bob = place.daemon("alice"), place.daemon("bob")
        to_bob, _ = pair(alice, bob)
        wait_delivered(alice, alice.send(to_bob, "hello"))
        core = alice.pid_of("umbel-core")
        if not packets.is_alone(core):
            pytest.skip("umbel-core has no network namespace of its own here")
        assert packets.watch(core, BUILD) == []
        # The figures are those of its own: the sockets of this test, which
        # talks to the daemon by one of them, are not among them.
        assert packets.of_namespace(core) == []
