# SPDX-License-Identifier: GPL-3.0-or-later
"""Several users of one daemon: nothing of one reaches another, and nobody
outside can tell that they live together."""

import pathlib

import pytest

from daemons import Daemon, Place, Refused, pair, until, wait_delivered
from peer import (HELLO, MSG, Invite, Link, Pair, connect, hello, read_tlv,
                  service_path, services)

Daemon.looks_for_leaks = True

INVITES = 16


@pytest.fixture(name="place")
def make_place():
    with Place() as place:
        yield place


@pytest.fixture(name="both")
def make_both(place):
    anna = place.daemon("anna")
    anna.add_user()
    return anna, anna.another_user("berta")


def count_services(place, daemon):
    return sum(str(daemon.run) in entry["ports"]["1"]
               for entry in services(place.folder))


def address(user):
    return user.call("GET", user.user_path("/address"))


def test_locking_one_leaves_the_other(place, both):
    anna, berta = both
    carl = place.daemon("carl")
    to_carl, to_anna = pair(anna, carl)
    berta_to_carl, to_berta = pair(berta, carl)
    until("two doors, two cells", lambda: count_services(place, anna) == 4)
    anna.call("POST", anna.user_path("/lock"))
    until("one of each", lambda: count_services(place, anna) == 2)
    waits = carl.send(to_anna, "anna?")
    wait_delivered(carl, carl.send(to_berta, "berta?"))
    wait_delivered(berta, berta.send(berta_to_carl, "here"))
    with pytest.raises(Refused) as refused:
        anna.contacts()
    assert refused.value.status == 423
    anna.unlock()
    wait_delivered(carl, waits)
    assert [m["text"] for m in anna.history(to_carl)] == ["anna?"]
    assert [m["text"] for m in berta.history(berta_to_carl)] == [
        "berta?", "here"]


def test_each_has_files_and_keys_of_his_own(both):
    anna, berta = both
    folders = sorted(path.name for path in
                     (pathlib.Path(anna.data) / "users").iterdir())
    assert folders == sorted(u.user["id"] for u in both)
    assert len({address(u)["onion"] for u in both}) == 2
    anna.invite()
    assert [len(u.call("GET", u.user_path("/invites"))["items"])
            for u in both] == [1, 0]


# HOSTILE D-07
def test_limits_of_one_are_not_those_of_another(both):
    anna, berta = both
    before = address(berta)
    for _ in range(INVITES):
        anna.invite()
    with pytest.raises(Refused):
        anna.invite()
    assert berta.invite()
    assert {**address(berta), "published": None} == {
        **before, "published": None}


def claim(place, user):
    """(card that mallory was given, features and sizes of the session)"""
    mallory = Pair()
    invite = Invite(user.invite())
    path = until("published", lambda: service_path(place.folder, invite.onion))
    seen = []
    card = mallory.use(path, invite)
    path = until("published", lambda: service_path(place.folder, mallory.cell))
    with Link.for_contact(connect(path), mallory).open() as link:
        link.send(hello())
        seen.append(link.read_until(HELLO))
        user.send(user.contact("mallory")["conversation_id"], "same words")
        seen.append(len(link.read_until(MSG)))
    return read_tlv(card), seen


# HOSTILE D-12, D-13
def test_a_contact_of_both_learns_nothing_from_it(place, both):
    """All that a peer gets from two users of one daemon: keys have nothing in
    common, all else is the same, but for the names; there is no clock."""
    (card_a, seen_a), (card_b, seen_b) = (claim(place, u) for u in both)
    assert card_a.keys() == card_b.keys() == {1, 2, 3, 4, 5, 9}
    for field in (1, 2, 3, 4):
        assert card_a[field] != card_b[field]
    assert card_a[5] == card_b[5] and len(card_a[9]) + len(card_b[9]) == 9
    assert seen_a == seen_b
    assert read_tlv(seen_a[0]).keys() == {1, 2, 5, 7}


# HOSTILE D-14
def test_oneself(both):
    anna, berta = both
    for user in both:
        with pytest.raises(Refused) as refused:
            user.connect(address(user)["link"])
        assert refused.value.status in (409, 422)
        with pytest.raises(Refused) as refused:
            user.connect(user.invite())
        assert refused.value.status in (409, 422)
    # Two of one's own may talk: they are as apart as any two.
    to_berta, to_anna = pair(anna, berta)
    wait_delivered(anna, anna.send(to_berta, "hello, me"))
    wait_delivered(berta, berta.send(to_anna, "hello, I"))


def test_preferences_are_kept_for_each(both):
    """Whatever a client wants to be put there, and over a restart."""
    anna, berta = both
    at = anna.user_path("/preferences")
    likes = {"language": "fr", "scheme": "dark", "notify": True, "later.x": -7}
    assert anna.call("PUT", at, likes) == likes
    assert anna.call("GET", berta.user_path("/preferences")) == {}
    for bad in ({f"k{i}": 1 for i in range(33)}, {"k": {"a": 1}}, {"k": [1]},
                {"k": None}, {"k": 0.5}, {"k": "x" * 65}, {"k": "\u202e"},
                {"__proto__": True}, {"K": 1}, {"k" * 33: 1}, {"k": 2 ** 60},
                {f"k{i:030}": '"' * 64 for i in range(32)}):
        with pytest.raises(Refused) as refused:
            anna.call("PUT", at, bad)
        assert refused.value.status in (413, 422), bad
    assert anna.call("GET", at) == likes
    anna.stop()
    anna.start()
    anna.unlock_when_up()
    assert anna.call("GET", at) == likes
    berta.unlock_when_up()
    assert berta.call("PUT", berta.user_path("/preferences"), {}) == {}
    assert anna.call("GET", at) == likes
