# SPDX-License-Identifier: GPL-3.0-or-later
"""How people meet and part, as a script would do it: whole daemons, over
fake_tor."""

import uuid

import pytest

from daemons import Daemon, Place, Refused, pair, until, wait_delivered

Daemon.looks_for_leaks = True


@pytest.fixture(name="place")
def make_place():
    with Place() as place:
        yield place


@pytest.fixture(name="two")
def make_two(place):
    alice, bob = place.daemon("alice"), place.daemon("bob")
    return alice, bob, *pair(alice, bob)


def strangers(place, *names):
    daemons = [place.daemon(name) for name in names]
    for daemon in daemons:
        daemon.add_user()
    return daemons


def refused(status, call, *arguments):
    with pytest.raises(Refused) as caught:
        call(*arguments)
    assert caught.value.status == status
    return caught.value.problem


def patch(daemon, rest, **fields):
    return daemon.call("PATCH", daemon.user_path(rest), fields)


def put(daemon, rest, **fields):
    return daemon.call("PUT", daemon.user_path(rest), fields)


def address(daemon):
    """The link of its door, once strangers can come.  Cheap, since the test
    is not about work."""
    patch(daemon, "/address", difficulty=0)
    return until("the door is published", lambda: (
        lambda a: a["published"] and a["link"])(
            daemon.call("GET", daemon.user_path("/address"))))


def knock(knocker, door, link, **more):
    """What both have of it: the knocker's request, and the door's."""
    before = door.last_event()
    own = knocker.connect(link, **more)
    came = door.wait_event("request.received",
                           lambda r: r["state"] == "pending", after=before)
    # It is a while until its knocker hears that.
    knocker.wait_event("request.state", lambda r: r["id"] == own["id"] and
                       r["state"] != "queued")
    return own, came["data"]


def decide(daemon, request, word, body=None):
    return daemon.call(
        "POST", daemon.user_path(f"/requests/{request['id']}/{word}"), body)


def request_of(daemon, request):
    return daemon.call("GET", daemon.user_path(f"/requests/{request['id']}"))


def wait_accepted(daemon, request):
    return daemon.wait_event(
        "request.state", lambda r: r["id"] == request["id"]
        and r["state"] == "accepted")["data"]


def contact_path(daemon, name, rest=""):
    return f"/contacts/{daemon.contact(name)['id']}{rest}"


def chat(one, other):
    """A message each way between two who are contacts."""
    for here, there in ((one, other), (other, one)):
        to = here.contact(there.name)["conversation_id"]
        wait_delivered(here, here.send(to, f"from {here.name}"))


# The door.

def test_knock_and_accept(place):
    alice, bob = strangers(place, "alice", "bob")
    own, came = knock(bob, alice, address(alice), alias="Alice",
                      greeting="It is Bob from the choir")
    assert (own["direction"], own["origin"]) == ("out", "knock")
    assert (came["direction"], came["origin"]) == ("in", "door")
    assert came["greeting"] == "It is Bob from the choir"
    assert came["name"] == "bob" and came["contact_id"] is None
    assert decide(alice, came, "accept", {"alias": "Bobby"})["state"] in (
        "queued", "waiting")
    assert wait_accepted(alice, came)["contact_id"] == \
        alice.contact("Bobby")["id"]
    assert wait_accepted(bob, own)["contact_id"] == bob.contact("Alice")["id"]
    assert alice.contact("bob")["alias"] == "Bobby"
    chat(alice, bob)
    refused(409, decide, alice, came, "accept", {})
    refused(409, decide, alice, came, "reject")


# HOSTILE R-05
def test_a_refusal_tells_nothing_and_can_be_taken_back(place):
    alice, bob, carol = strangers(place, "alice", "bob", "carol")
    link = address(alice)
    own, came = knock(bob, alice, link)
    other, ignored = knock(carol, alice, link)
    decide(alice, came, "reject")
    assert request_of(alice, came)["state"] == "rejected"
    assert request_of(alice, ignored)["state"] == "pending"
    # To bob and to carol it is the same.
    seen = [request_of(d, r) for d, r in ((bob, own), (carol, other))]
    assert [r["state"] for r in seen] == ["waiting", "waiting"]
    hidden = {"id", "created_at", "expires_at"}
    assert {k: v for k, v in seen[0].items() if k not in hidden} == \
        {k: v for k, v in seen[1].items() if k not in hidden}
    decide(alice, came, "accept", {})
    wait_accepted(alice, came)
    wait_accepted(bob, own)
    chat(alice, bob)


def test_a_request_that_was_deleted_can_be_made_again(place):
    alice, bob = strangers(place, "alice", "bob")
    link = address(alice)
    own, came = knock(bob, alice, link)
    alice.call("DELETE", alice.user_path(f"/requests/{came['id']}"))
    assert not alice.call("GET", alice.user_path("/requests"))["items"]
    bob.call("DELETE", bob.user_path(f"/requests/{own['id']}"))
    own, came = knock(bob, alice, link)
    decide(alice, came, "accept", {})
    wait_accepted(bob, own)


def test_a_knock_is_made_once(place):
    alice, bob = strangers(place, "alice", "bob")
    link, ident = address(alice), str(uuid.uuid4())
    body = {"link": link, "client_id": ident, "greeting": "me"}
    first = bob.call("POST", bob.user_path("/requests"), body)
    again = bob.call("POST", bob.user_path("/requests"),
                     {**body, "link": link.upper()})
    assert again["id"] == first["id"]
    problem = refused(409, bob.call, "POST", bob.user_path("/requests"),
                      {**body, "greeting": "not me"})
    assert problem["code"] == "client_id_reused"
    problem = refused(409, alice.connect, link)
    assert "own address" in problem["detail"]
    for broken in (link[:-1], link + "a", link[:20] + "aaaa" + link[24:]):
        refused(422, bob.connect, broken)


# HOSTILE R-07, C-05
def test_a_stranger_with_the_name_of_a_contact(place):
    alice, bob, eve = strangers(place, "alice", "bob", "eve")
    pair(alice, bob)
    put(eve, "/profile", display_name=" B\N{ZERO WIDTH SPACE}OB ",
        status_text="")
    _, came = knock(eve, alice, address(alice))
    assert came["looks_like_contact_id"] == alice.contact("bob")["id"]
    decide(alice, came, "accept", {})
    became = wait_accepted(alice, came)["contact_id"]
    assert became != alice.contact("bob")["id"]
    numbers = {
        alice.call("GET", alice.user_path(f"/contacts/{c['id']}/safety-number"))
        ["digits"] for c in alice.contacts()}
    assert len(alice.contacts()) == len(numbers) == 2


# HOSTILE R-08
def test_no_door_and_contacts_come_all_the_same(two):
    alice, bob, *_ = two
    assert address(alice)
    assert patch(alice, "/address", enabled=False)["enabled"] is False
    until("it is gone", lambda: not alice.call(
        "GET", alice.user_path("/address"))["published"])
    alice.stop()
    alice.start()
    alice.unlock()
    shut = alice.call("GET", alice.user_path("/address"))
    assert (shut["enabled"], shut["published"]) == (False, False)
    chat(alice, bob)
    patch(alice, "/address", enabled=True)
    assert address(alice) == shut["link"]


def test_another_address(place):
    alice, bob = strangers(place, "alice", "bob")
    old = address(alice)
    new = alice.call("POST", alice.user_path("/address/rotate"))["link"]
    assert new != old
    assert address(alice) == new
    lost = bob.connect(old)
    _, came = knock(bob, alice, new)
    assert request_of(bob, lost)["state"] == "queued"
    assert [r["id"] for r in alice.call(
        "GET", alice.user_path("/requests"))["items"]] == [came["id"]]


# Contacts.

def test_block_and_unblock(two):
    alice, bob, to_bob, to_alice = two
    blocked = patch(alice, contact_path(alice, "bob"), blocked=True)
    assert blocked["blocked"] is True
    until("bob sees nobody", lambda: bob.contact("alice")["presence"]
          == "offline")
    waits = bob.send(to_alice, "do you hear me")
    refused(409, alice.send, to_bob, "no")
    # A restart changes nothing.
    alice.stop()
    alice.start()
    alice.unlock()
    assert alice.contact("bob")["blocked"] is True
    assert alice.history(to_bob) == []
    assert bob.call("GET", bob.user_path(f"/messages/{waits['id']}"))[
        "state"] in ("queued", "sending")
    patch(alice, contact_path(alice, "bob"), blocked=False)
    wait_delivered(bob, waits)
    chat(alice, bob)


def test_profile_of_both(two):
    alice, bob, *_ = two
    assert alice.call("GET", alice.user_path("/profile")) == {
        "display_name": "alice", "status_text": "", "avatar_file_id": None}
    put(alice, "/profile", display_name="Alice L.", status_text="on the hill")
    seen = bob.wait_event(
        "contact.updated", lambda c: c["display_name"] == "Alice L.")["data"]
    assert seen["status_text"] == "on the hill" and seen["alias"] is None
    own = alice.wait_event("profile.updated", lambda p: True)["data"]
    assert own["display_name"] == "Alice L."
    # One who was away learns it as he comes.
    before = bob.last_event()
    bob.stop()
    put(alice, "/profile", display_name="", status_text="")
    bob.start()
    bob.unlock()
    bob.wait_event("contact.updated",
                   lambda c: c["display_name"] == "alice"
                   and c["status_text"] == "", after=before)


# HOSTILE C-06
def test_a_name_that_changes_to_that_of_another(place):
    alice, bob, carol = (place.daemon(n) for n in ("alice", "bob", "carol"))
    pair(alice, bob)
    pair(alice, carol)
    ids = {c["display_name"]: c["id"] for c in alice.contacts()}
    patch(alice, contact_path(alice, "bob"), alias="Bobby")
    put(bob, "/profile", display_name="carol", status_text="")
    seen = alice.wait_event(
        "contact.updated", lambda c: c["id"] == ids["bob"]
        and c["display_name"] == "carol")["data"]
    assert seen["alias"] == "Bobby"
    there = {c["contact_id"]: c["title"] for c in alice.call(
        "GET", alice.user_path("/conversations"))["items"]}
    assert there == {ids["bob"]: "Bobby", ids["carol"]: "carol"}


def test_what_is_kept_about_a_contact(two):
    alice, _, *_ = two
    path = contact_path(alice, "bob")
    changed = patch(alice, path, alias="B", note="two\nlines",
                    policy="dial_only", read_receipts="on", typing="off")
    alice.stop()
    alice.start()
    alice.unlock()
    kept = alice.contact("B")
    for name in ("alias", "note", "policy", "read_receipts", "typing"):
        assert kept[name] == changed[name]
    assert patch(alice, path, alias=None, note=None)["alias"] is None


def test_remove_a_contact(two):
    alice, bob, to_bob, to_alice = two
    chat(alice, bob)
    alice.call("DELETE", alice.user_path(contact_path(alice, "bob")))
    assert alice.contacts() == []
    refused(404, alice.history, to_bob)
    alice.wait_event("contact.removed", lambda c: set(c) == {"id"})
    assert bob.send(to_alice, "hello")["state"] in ("queued", "sending")
    assert bob.contact("alice")


def test_presence(two):
    alice, bob, to_bob, to_alice = two
    chat(alice, bob)
    for mode in ("invisible", "offline"):
        put(alice, "/presence", mode=mode)
        until("alice is gone", lambda: bob.contact("alice")["presence"]
              == "offline")
        waits = bob.send(to_alice, mode)
        put(alice, "/presence", mode="online")
        wait_delivered(bob, waits)
    assert alice.call("GET", alice.user_path("/presence")) == {
        "mode": "online"}


def test_safety_number(two):
    alice, bob, *_ = two

    def number(daemon, name):
        return daemon.call("GET", daemon.user_path(
            contact_path(daemon, name, "/safety-number")))
    ours, theirs = number(alice, "bob"), number(bob, "alice")
    assert ours == theirs
    assert len(ours["digits"].split()) == 12
    assert ours["link"] == "umbel:safety/" + ours["digits"].replace(" ", "")
    status, head, picture = alice.request("GET", alice.user_path(
        contact_path(alice, "bob", "/safety-number.svg")))
    assert (status, head["Content-Type"]) == (200, "image/svg+xml")
    assert b"<svg" in picture
    seen = put(alice, contact_path(alice, "bob", "/verification"),
               verified=True, method="digits")
    assert seen["verified"] and seen["verified_at"]
    assert number(alice, "bob")["verified_at"] == seen["verified_at"]
    assert number(bob, "alice")["verified"] is False
    alice.wait_event("contact.updated", lambda c: c["verified"])


def test_introduction(place):
    alice, bob, carol = (place.daemon(n) for n in ("alice", "bob", "carol"))
    pair(alice, bob)
    pair(alice, carol)
    alice.call("POST", alice.user_path(contact_path(alice, "bob",
                                                    "/introduce")),
               {"to": alice.contact("carol")["id"]})
    asked = {}
    for daemon, other in ((bob, "carol"), (carol, "bob")):
        came = daemon.wait_event("request.received", lambda r: True)["data"]
        assert (came["origin"], came["direction"]) == ("introduction", "in")
        assert came["name"] == other
        assert came["introduced_by"] == daemon.contact("alice")["id"]
        asked[daemon] = came
    for daemon, came in asked.items():
        decide(daemon, came, "accept", {})
    for daemon, came in asked.items():
        wait_accepted(daemon, came)
    chat(bob, carol)
    # It is no longer alice's business.
    alice.stop()
    chat(carol, bob)
