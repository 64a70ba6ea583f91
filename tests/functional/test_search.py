# SPDX-License-Identifier: GPL-3.0-or-later
"""Search over whole daemons: what both sides do to messages, a history long
enough for an index, and what becomes of it."""

import uuid
from urllib.parse import urlencode

import pytest

from daemons import Refused, until, wait_delivered


def search(daemon, q, **more):
    """All that is found, page by page."""
    items, cursor = [], None
    while True:
        query = {"q": q, "limit": 7, **more}
        if cursor:
            query["cursor"] = cursor
        page = daemon.call("GET",
                           daemon.user_path("/search?" + urlencode(query)))
        items += page["items"]
        cursor = page["next_cursor"]
        if not cursor:
            return items


def texts(daemon, q, **more):
    return [message["text"] for message in search(daemon, q, **more)]


def cross(here, there, conversation, text):
    sent = here.send(conversation, text)
    there.wait_event("message.received", lambda m: m["text"] == text)
    wait_delivered(here, sent)
    return sent


def test_both_ends_find_what_is_there_now(two):
    alice, bob, to_bob, _ = two
    sent = cross(alice, bob, to_bob, "The quick brown fox")
    for one in two[:2]:
        assert texts(one, "fox QUICK") == ["The quick brown fox"]
        assert texts(one, '"fox quick"') == []
    path = alice.user_path(f"/messages/{sent['id']}")
    alice.call("PATCH", path, {"text": "The slow red fox"})
    bob.wait_event("message.edited", lambda m: m["text"] == "The slow red fox")
    for one in two[:2]:
        assert texts(one, "quick") == []
        assert texts(one, "slow red") == ["The slow red fox"]
    alice.call("DELETE", f"{path}?for=everyone")
    bob.wait_event("message.deleted", lambda m: m["kind"] == "deleted")
    for one in two[:2]:
        assert texts(one, "fox") == []


def test_no_syntax_of_a_query_means_anything(two):
    """HOSTILE C-04: what is hostile elsewhere is text here as well."""
    alice, bob, to_bob, _ = two
    payload = '<img src=x onerror=alert(1)> \' OR 1=1; -- NEAR/3 * "'
    cross(alice, bob, to_bob, payload)
    for q in (payload, "onerror", "' OR 1=1; --", "near/3", "1=1", '"img src"'):
        assert texts(bob, q) == [payload], q
    for q in ("*", '"', "%", "_", "--", "'", "()", "\u202e", ""):
        with pytest.raises(Refused) as caught:
            search(bob, q)
        assert caught.value.status == 422, q
    with pytest.raises(Refused) as caught:
        bob.call("GET", bob.user_path("/search?q=%00a&kind=text&q=b"))
    assert caught.value.status in (400, 422)


def test_queries_are_in_no_log(two):
    """HOSTILE-TESTS L-03: a planted word, wanted and never written down."""
    alice = two[0]
    assert texts(alice, "plantedquery") == []
    with pytest.raises(Refused):
        search(alice, "plantedquery", kind="plantedkind")
    log = alice.log.read_text()
    assert "planted" not in log


def test_conversations_and_users_are_apart(place, two):
    alice, bob, to_bob, to_alice = two
    carol = place.daemon("carol")
    carol.add_user()
    dave = alice.another_user("dave")
    cross(bob, alice, to_alice, "apart from all")
    assert texts(alice, "apart", conversation_id=to_bob) == ["apart from all"]
    assert texts(dave, "apart") == []
    for query in ({"conversation_id": "cnv_" + "0" * 26},
                  {"contact_id": "ctc_" + "0" * 26}):
        with pytest.raises(Refused) as caught:
            search(alice, "apart", **query)
        assert caught.value.status == 404
    with pytest.raises(Refused) as caught:
        search(dave, "apart", conversation_id=to_bob)
    assert caught.value.status == 404


def long_text(n):
    return " ".join(f"w{n}x{i}" for i in range(900))


def index_of(daemon):
    return daemon.data / "users" / daemon.user["id"] / "words.db"


def index_bytes(daemon):
    """With its log: that is copied into it now and then."""
    path = index_of(daemon)
    return sum(one.stat().st_size for one in path.parent.glob(path.name + "*"))


def test_an_index_is_made_kept_and_made_anew(two):
    """Long texts fill a block of it soon.  A crash, damage, a file that is
    gone: nobody notices."""
    alice, bob, to_bob, to_alice = two
    bob.stop()
    for n in range(45):
        alice.send(to_bob, long_text(n))
    until("an index", lambda: index_of(alice).exists())

    def check():
        for n in (0, 7, 44):
            assert [m["text"][:4] for m in search(alice, f'"w{n}x899"')] == [
                long_text(n)[:4]]
        assert len(search(alice, "w4")) == 6  # w4x..., w40x... to w44x...
        assert len(search(alice, "w4x1 w4x2")) == 1
        assert search(alice, "w45") == []

    check()
    until("a block", lambda: index_bytes(alice) > 500000)
    check()
    for harm in (lambda path: None,
                 lambda path: path.write_bytes(b"\x5a" * 8192),
                 lambda path: path.write_bytes(
                     path.read_bytes()[:-5000] + bytes(5000)),
                 lambda path: path.unlink(missing_ok=True),
                 lambda path: path.write_bytes(b"")):
        alice.kill_all()
        harm(index_of(alice))
        alice.start()
        alice.unlock()
        check()
    gone = alice.send(to_bob, "ephemeralword " + str(uuid.uuid4()))
    alice.call("DELETE", alice.user_path(f"/messages/{gone['id']}?for=me"))
    assert search(alice, "ephemeralword") == []
    alice.call("DELETE", alice.user_path(f"/conversations/{to_bob}"))
    assert search(alice, "w4") == []
    bob.start()
    bob.unlock()
    assert texts(bob, "nothing at all", conversation_id=to_alice) == []
