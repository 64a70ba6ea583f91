# SPDX-License-Identifier: GPL-3.0-or-later
"""How people meet and part, over the real tor: what a stranger, a contact and
a blocked contact see of somebody, by the answers of their own tor."""

import pathlib
import sys
import tempfile
import uuid

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "functional")]

from daemons import Place, pair, until, wait_delivered  # noqa: E402
from tor_client import dial, login, say  # noqa: E402
from tornet import TorNet  # noqa: E402


@pytest.fixture(name="network", scope="module")
def make_network():
    with tempfile.TemporaryDirectory(prefix="u", dir="/tmp") as folder:
        with TorNet(folder) as network:
            yield network


@pytest.fixture(name="place")
def make_place(network):
    with Place(network) as place:
        yield place


def ready(place, *names):
    daemons = [place.daemon(name) for name in names]
    for daemon in daemons:
        daemon.wait_for_tor()
    return daemons


def tor_folder(daemon):
    return daemon.run / "tor"


def tor_of(daemon):
    return login(tor_folder(daemon) / "control")


def knows(daemon):
    """{onion name: private key}: what its tor may open."""
    with tor_of(daemon) as control:
        lines = say(control, "ONION_CLIENT_AUTH_VIEW").split("\n")
    return {words[1]: words[2] for words in map(str.split, lines)
            if words[:1] == ["250-CLIENT"]}


def look(daemon, onion, limit=130):
    """What its tor says to a connection, with circuits of its own; None: it has
    found no way in that many seconds."""
    try:
        reply, sock = dial(tor_folder(daemon) / "socks", onion + ".onion",
                           password=uuid.uuid4().bytes, timeout=limit)
    except TimeoutError:
        return None
    sock.close()
    return reply


def is_unheard(daemon, onion):
    """As if nobody was there: no descriptor, no introduction, no rendezvous, or
    nothing at all for a while, since introduction points that have not noticed
    yet that a service went let one wait.  Any other answer is one that a
    service, or its tor, has given."""
    reply = look(daemon, onion, 40)
    print(f"unheard: {reply}")
    return reply in (0xF0, 0xF2, 0xF3, 0xF7, 6, None)


def patch(daemon, path, **fields):
    return daemon.call("PATCH", daemon.user_path(path), fields)


def published_address(daemon):
    return until(f"{daemon.name}'s door is published", lambda: (
        lambda a: a if a["published"] else None)(
            daemon.call("GET", daemon.user_path("/address"))))


def meet_at_the_door(owner, knocker, text="Hello, it is me"):
    """Knocks, is let in; gives (owner's, knocker's) conversation ids."""
    after, before = owner.last_event(), knocker.last_event()
    address = published_address(owner)
    request = knocker.connect(address["link"], greeting=text)
    came = owner.wait_event("request.received", lambda r: True, after)["data"]
    assert came["greeting"] == text and came["state"] == "pending"
    knocker.wait_event("request.state", lambda r: r["id"] == request["id"]
                       and r["state"] == "waiting", before)
    owner.call("POST", owner.user_path(f"/requests/{came['id']}/accept"), {})
    for daemon, after_ in ((owner, after), (knocker, before)):
        daemon.wait_event("contact.added", lambda c: True, after_)
    return (owner.contact(knocker.name)["conversation_id"],
            knocker.contact(owner.name)["conversation_id"])


def test_a_knock_at_a_door(place):
    alice, bob = ready(place, "alice", "bob")
    for daemon in (alice, bob):
        daemon.add_user()
    to_bob, to_alice = meet_at_the_door(alice, bob)
    wait_delivered(alice, alice.send(to_bob, "Come in"))
    wait_delivered(bob, bob.send(to_alice, "Thank you"))


# HOSTILE D-09, N-11
def test_blocked_is_like_absent(place):
    alice, bob, carol = ready(place, "alice", "bob", "carol")
    to_bob, to_alice = pair(alice, bob)
    to_carol, _ = pair(alice, carol)
    wait_delivered(bob, bob.send(to_alice, "before"))
    cell = next(iter(knows(bob)))
    assert look(bob, cell) == 0

    gone = bob.last_event()
    contact = alice.contact("bob")["id"]
    patch(alice, f"/contacts/{contact}", blocked=True)
    assert is_unheard(bob, cell)
    # Nothing tells him, and nobody else notices.
    waits = bob.send(to_alice, "are you there?")
    wait_delivered(alice, alice.send(to_carol, "we are"))
    assert not [e for e in bob.events(gone, wait=0)
                if e["type"].startswith("contact.")]
    assert bob.call("GET", bob.user_path(f"/messages/{waits['id']}"))[
        "state"] in ("queued", "sending", "sent")
    # Her tor does not even keep the key to his cell.
    theirs = knows(alice)
    patch(alice, f"/contacts/{contact}", blocked=False)
    wait_delivered(bob, waits)
    assert len(knows(alice)) == len(theirs) + 1
    assert [m["text"] for m in alice.history(to_bob)] == [
        "before", "are you there?"]
    alice.stop()
    assert is_unheard(bob, cell)


# HOSTILE R-08
def test_a_door_that_is_shut(place):
    alice, bob = ready(place, "alice", "bob")
    to_bob, to_alice = pair(alice, bob)
    door = published_address(alice)["onion"].removesuffix(".onion")
    # Published is what one directory has; bob's tor may ask another one.
    until("the door is open", lambda: look(bob, door) == 0)
    patch(alice, "/address", enabled=False)
    assert is_unheard(bob, door)
    with tor_of(alice) as control:
        assert door not in say(control, "GETINFO onions/current")
    wait_delivered(bob, bob.send(to_alice, "contacts come in"))
    patch(alice, "/address", enabled=True)
    assert published_address(alice)["onion"] == door + ".onion"
    until("the door is open again", lambda: look(bob, door) == 0)
    alice.call("POST", alice.user_path("/address/rotate"))
    other = published_address(alice)["onion"].removesuffix(".onion")
    assert other != door
    until("the new door is open", lambda: look(bob, other) == 0)
    assert is_unheard(bob, door)
    wait_delivered(alice, alice.send(to_bob, "and go out"))


# HOSTILE D-11
def test_circuits_are_not_shared(place):
    """A name of its own for whatever alice dials: tor puts no two of them on
    one circuit."""
    alice, bob, carol = ready(place, "alice", "bob", "carol")
    with tor_of(alice) as control:
        pair(bob, alice)
        pair(carol, alice)
        dialled = {}
        for line in say(control, "GETINFO circuit-status").split("\n"):
            fields = dict(w.split("=", 1) for w in line.split() if "=" in w)
            # One without a name has had no stream yet.
            if fields.get("PURPOSE", "") == "HS_CLIENT_REND" and \
                    "SOCKS_USERNAME" in fields:
                name = fields["SOCKS_USERNAME"], fields["SOCKS_PASSWORD"]
                dialled.setdefault(name, set()).add(fields["REND_QUERY"])
    assert len(dialled) >= 2
    assert all(len(onions) == 1 for onions in dialled.values())
