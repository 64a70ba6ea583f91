# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole daemons under every kind of hostile_tor: the core lives on, stays
small, says in GET /v1/tor what is wrong, gives nothing away, and goes on when
a good tor comes back."""

import pathlib

import pytest

import fake_tor
import hostile_tor
from daemons import (PASSPHRASE, fake_tor_world, pair, until,
                     wait_delivered)

GROWTH_MAX = 48 << 20  # bytes; a sanitized build keeps freed memory a while

# What the warning must say.  Those that are not here let us log in.
SAYS = {
    "endless_line": "breaks the protocol",
    "endless_lines": "breaks the protocol",
    "endless_data": "breaks the protocol",
    "endless_greeting": "breaks the protocol",
    "event_flood": "too many events",
    "no_safecookie": "SAFECOOKIE",
    "wrong_hash": "does not know the content",
    "no_hash": "breaks the protocol",
    "any_login": "does not know the content",
    "cookie_symlink": "cookie file",
    "cookie_fifo": "cookie file",
    "cookie_short": "cookie file",
    "cookie_long": "cookie file",
    "cookie_open": "cookie file",
}
COMES_UP = {"cookie_late"}
LOGS_IN = {"event_flood"}  # and misbehaves then


class World:
    def __init__(self, place):
        self.place = place
        self.net = fake_tor.FakeNet(place.folder)
        self.bobs = self.net.add("tb")
        self.tor = self.net.add("ta")
        self.alice = self.daemon("alice", self.tor)
        self.bob = self.daemon("bob", self.bobs)
        self.to_bob, self.to_alice = pair(self.alice, self.bob)
        # One service is enough to look at.
        self.alice.call("PATCH", self.alice.user_path("/address"),
                        {"enabled": False})
        until("the invite is gone", lambda: not self.alice.call(
            "GET", self.alice.user_path("/invites"))["items"])
        secret = self.alice.home / "pass"
        secret.write_text(PASSPHRASE)
        secret.chmod(0o600)
        with self.alice.conf.open("a") as conf:
            conf.write(f'[user "alice"]\npassphrase_file = {secret}\n')

    def daemon(self, name, tor):
        return self.place.daemon(name, arguments=[
            "--no-tor-child", str(tor.control_path), str(tor.socks_path),
            "--tor-cookie", str(tor.cookie_path)])

    def turn(self, make):
        """Alice's tor becomes another one, at the same place."""
        self.tor.stop()
        self.tor = self.net.add("ta", make=make)
        return self.tor

    def core_rss(self):
        status = pathlib.Path(f"/proc/{self.core}/status").read_text()
        line = next(x for x in status.splitlines() if x.startswith("VmRSS"))
        return int(line.split()[1]) * 1024

    def start(self):
        self.alice.start()
        self.core = self.alice.pid_of("umbel-core")
        until("unlocked", lambda: self.alice.call(
            "GET", self.alice.user_path())["state"] == "unlocked")

    def status(self):
        return self.alice.call("GET", "/v1/tor")

    def published(self):
        """How many services are; all that shall be is the one for bob."""
        services, = self.status()["onion_services"]
        assert services["count"] == 1
        assert services["published"] == (services["published_count"] == 1)
        return services["published_count"]


@pytest.fixture(name="world", scope="module")
def make_world():
    with fake_tor_world(World) as world:
        yield world


def check_logged_out(world, kind):
    """It says so, and says the same thing while it tries again."""
    def says():
        status = world.status()
        assert status["state"] != "ready" or kind in LOGS_IN, status
        return SAYS[kind] in (status["bootstrap"]["warning"] or "")
    until(f"'{SAYS[kind]}' is said", says, 20)
    assert world.published() == 0


def has_what_it_shows(world, kind):
    """The misbehaviour has come to pass."""
    if kind in SAYS:
        check_logged_out(world, kind)
        return
    if kind in COMES_UP:
        until("tor is ready", lambda: world.status()["state"] == "ready", 20)
        return
    if kind.startswith("id_"):
        until("services are asked for",
              lambda: b"ADD_ONION" in world.tor.received, 20)
        until("it says so", lambda: world.published() == 0 and (
            world.status()["bootstrap"]["warning"]
            or world.status()["state"] != "ready"), 20)
        return
    until("tor is ready", lambda: world.status()["state"] == "ready", 20)
    until("a dial", lambda: b"ONION_CLIENT_AUTH_ADD" in world.tor.received,
          20)


# HOSTILE D-05, T-01, T-02, T-03, T-04
@pytest.mark.parametrize("kind", hostile_tor.KINDS)
def test_hostile_tor(world, kind):
    alice, bob = world.alice, world.bob
    alice.stop()
    world.bobs.set(socks=fake_tor.INTRO_FAILED)  # alice must dial
    tor = world.turn(hostile_tor.hostile(kind))
    world.start()
    rss = world.core_rss()
    after = alice.last_event()
    sent = alice.send(world.to_bob, f"under {kind}")
    has_what_it_shows(world, kind)
    print(world.status())
    assert b"S" * 8 not in tor.received
    assert b"53" * 16 not in tor.received
    if kind in SAYS:
        assert b"ADD_ONION ED25519" not in tor.received or kind in LOGS_IN, \
            "a key went to who has not logged in"
    world.bobs.set(socks=None)
    world.turn(fake_tor.Instance)
    wait_delivered(alice, sent, after)
    # What the bad one did is not held against the good one.
    until("ready", lambda: world.status()["state"] == "ready")
    assert not world.status()["bootstrap"]["warning"]
    assert alice.pid_of("umbel-core") == world.core
    grown = world.core_rss() - rss
    print(f"{grown // 1024} KiB more")
    assert grown < GROWTH_MAX
    back = bob.send(world.to_alice, f"after {kind}")
    wait_delivered(bob, back)
