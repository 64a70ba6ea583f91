# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that a message can be, as a script would use it: whole daemons,
over fake_tor."""

import datetime
import uuid
from urllib.parse import quote

import pytest

from daemons import Refused, wait_delivered
from streams import Stream

THUMB = "\N{THUMBS UP SIGN}"


def refused(status, call, *arguments):
    with pytest.raises(Refused) as caught:
        call(*arguments)
    assert caught.value.status == status
    return caught.value.problem


def say(daemon, conversation, text, **more):
    return daemon.call(
        "POST", daemon.user_path(f"/conversations/{conversation}/messages"),
        {"client_id": str(uuid.uuid4()), "text": text, **more})


def path_of(daemon, message, rest=""):
    return daemon.user_path(f"/messages/{message['id']}{rest}")


def look(daemon, message):
    return daemon.call("GET", path_of(daemon, message))


def wait(daemon, kind, match):
    return daemon.wait_event(kind, match)["data"]


def cross(here, there, conversation, text, **more):
    """Says it and waits until it is there: as both have it."""
    sent = say(here, conversation, text, **more)
    got = wait(there, "message.received", lambda m: m.get("text") == text)
    wait_delivered(here, sent)
    return sent, got


def away(daemon):
    """For a while: with daemon stopped, then started again."""
    class Away:
        def __enter__(self):
            daemon.stop()

        def __exit__(self, *_):
            daemon.start()
            daemon.unlock()
    return Away()


def test_edit(two):
    alice, bob, to_bob, _ = two
    sent, got = cross(alice, bob, to_bob, "tho word")
    edited = alice.call("PATCH", path_of(alice, sent), {"text": "the word"})
    assert edited["text"] == "the word" and edited["edited_at"]
    seen = wait(bob, "message.edited", lambda m: m.get("id") == got["id"])
    assert seen["text"] == "the word" and seen["edited_at"]
    # HOSTILE P-12
    refused(409, bob.call, "PATCH", path_of(bob, got), {"text": "mine"})
    assert look(alice, sent)["text"] == "the word"


def test_edit_before_it_was_sent(two):
    alice, bob, to_bob, to_alice = two
    with away(bob):
        sent = say(alice, to_bob, "first thought")
        alice.call("PATCH", path_of(alice, sent), {"text": "second thought"})
    wait(bob, "message.edited", lambda m: m.get("text") == "second thought")
    texts = [m["text"] for m in bob.history(to_alice)]
    assert "second thought" in texts and "first thought" not in texts


def test_delete_for_all(two):
    alice, bob, to_bob, _ = two
    sent, got = cross(alice, bob, to_bob, "forget it")
    # HOSTILE P-12
    refused(409, bob.call, "DELETE", path_of(bob, got, "?for=everyone"))
    alice.call("DELETE", path_of(alice, sent, "?for=everyone"))
    assert look(alice, sent)["kind"] == "deleted"
    seen = wait(bob, "message.deleted", lambda m: m["id"] == got["id"])
    assert (seen["kind"], seen["text"]) == ("deleted", "")
    refused(409, alice.call, "PATCH", path_of(alice, sent), {"text": "x"})


def test_delete_for_me(two):
    alice, bob, to_bob, to_alice = two
    sent, got = cross(alice, bob, to_bob, "only here")
    bob.call("DELETE", path_of(bob, got))
    refused(404, look, bob, got)
    assert got["id"] not in [m["id"] for m in bob.history(to_alice)]
    assert look(alice, sent)["text"] == "only here"


def test_reactions(two):
    alice, bob, to_bob, _ = two
    sent, got = cross(alice, bob, to_bob, "dinner?")
    for emoji in ("\N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}", THUMB):
        bob.call("PUT", path_of(bob, got, f"/reactions/{quote(emoji)}"))
    seen = wait(alice, "message.reaction",
                lambda m: m["id"] == sent["id"]
                and [r["emoji"] for r in m["reactions"]] == [THUMB])
    assert seen["reactions"][0]["own"] is False
    assert seen["reactions"][0]["contact_id"] == alice.contact("bob")["id"]
    alice.call("PUT", path_of(alice, sent, f"/reactions/{quote(THUMB)}"))
    wait(bob, "message.reaction",
         lambda m: m["id"] == got["id"] and len(m["reactions"]) == 2)
    bob.call("DELETE", path_of(bob, got, f"/reactions/{quote(THUMB)}"))
    wait(alice, "message.reaction", lambda m: m["id"] == sent["id"]
         and [r["own"] for r in m["reactions"]] == [True])


def test_reply(two):
    alice, bob, to_bob, to_alice = two
    sent, got = cross(alice, bob, to_bob, "a question")
    answer, came = cross(bob, alice, to_alice, "an answer",
                         reply_to=got["id"])
    assert answer["reply_to"] == got["id"]
    assert came["reply_to"] == sent["id"]
    own, _ = cross(alice, bob, to_bob, "to myself", reply_to=sent["id"])
    assert own["reply_to"] == sent["id"]


def test_read_receipts_only_if_wanted(two):
    alice, bob, to_bob, to_alice = two
    sent, got = cross(alice, bob, to_bob, "quietly read")
    read = bob.user_path(f"/conversations/{to_alice}/read")
    bob.call("PUT", read, {"message_id": got["id"]})
    bob.call("PATCH", bob.user_path("/privacy"), {"read_receipts": True})
    second, got = cross(alice, bob, to_bob, "openly read")
    assert look(alice, sent)["state"] == "delivered"
    bob.call("PUT", read, {"message_id": got["id"]})
    seen = wait(alice, "message.state", lambda m: m["id"] == second["id"]
                and m["state"] == "read")
    assert seen["read_at"]
    bob.call("PATCH", bob.user_path(
        f"/contacts/{bob.contact('alice')['id']}"), {"read_receipts": "off"})
    third, got = cross(alice, bob, to_bob, "not for you")
    bob.call("PUT", read, {"message_id": got["id"]})
    wait_delivered(bob, say(bob, to_alice, "later"))
    assert look(alice, third)["state"] == "delivered"


def test_typing_only_if_wanted(two):
    alice, bob, to_bob, to_alice = two
    cross(alice, bob, to_bob, "are you there")
    typing = bob.user_path(f"/conversations/{to_alice}/typing")
    with Stream(alice, alice.user_path(
            "/events?types=typing,message.received")) as stream:
        stream.hello()
        bob.call("PUT", typing, {"typing": True})
        bob.send(to_alice, "nobody saw me write")
        assert stream.frame().event == "message.received"
        bob.call("PATCH", bob.user_path("/privacy"), {"typing": True})
        bob.call("PUT", typing, {"typing": True})
        frame = stream.frame()
        assert (frame.event, frame.id) == ("typing", None)
        assert frame.data["data"] == {
            "contact_id": alice.contact("bob")["id"], "typing": True}


def test_messages_that_disappear(two):
    alice, bob, to_bob, to_alice = two
    conversation = alice.user_path(f"/conversations/{to_bob}")
    changed = alice.call("PATCH", conversation, {"disappearing_seconds": 5})
    assert changed["disappearing_seconds"] == 5
    line = wait(bob, "message.received", lambda m: m.get("kind") == "timer")
    assert line["disappears_after_seconds"] == 5
    assert bob.call("GET", bob.user_path(f"/conversations/{to_alice}"))[
        "disappearing_seconds"] == 5
    sent, got = cross(alice, bob, to_bob, "five seconds")
    assert got["disappears_after_seconds"] == 5
    # As it was then: by now it may be gone.
    assert wait(alice, "message.state", lambda m: m["id"] == sent["id"] and
                m["state"] == "delivered")["expires_at"]
    assert got["expires_at"] is None
    bob.call("PUT", bob.user_path(f"/conversations/{to_alice}/read"),
             {"message_id": got["id"]})
    for daemon, message in ((alice, sent), (bob, got)):
        wait(daemon, "message.deleted",
             lambda m, message=message: m == {"id": message["id"]})
        refused(404, look, daemon, message)
    alice.call("PATCH", conversation, {"disappearing_seconds": 0})
    wait(bob, "message.received", lambda m: m.get("kind") == "timer"
         and m["disappears_after_seconds"] == 0)


def test_cancel_and_send_again(two):
    alice, bob, to_bob, to_alice = two
    with away(bob):
        sent = say(alice, to_bob, "think twice")
        refused(409, alice.call, "POST", path_of(alice, sent, "/retry"))
        failed = alice.call("POST", path_of(alice, sent, "/cancel"))
        assert failed["state"] == "failed"
        assert failed["problem"]["code"] == "cancelled"
    cross(alice, bob, to_bob, "something else")
    assert "think twice" not in [m["text"] for m in bob.history(to_alice)]
    again = alice.call("POST", path_of(alice, sent, "/retry"))
    assert again["id"] != sent["id"] and again["text"] == "think twice"
    wait_delivered(alice, again)
    refused(404, look, alice, sent)
    refused(409, alice.call, "POST", path_of(alice, again, "/cancel"))


def test_deadline(two):
    alice, bob, to_bob, to_alice = two
    with away(bob):
        soon = (datetime.datetime.now(datetime.timezone.utc)
                + datetime.timedelta(seconds=2)).isoformat()
        sent = say(alice, to_bob, "only now", deliver_by=soon)
        assert sent["deliver_by"]
        seen = wait(alice, "message.state", lambda m: m["id"] == sent["id"]
                    and m["state"] == "failed")
        assert seen["problem"]["code"] == "too_late"
        assert seen["text"] == "only now"
    cross(alice, bob, to_bob, "later")
    assert "only now" not in [m["text"] for m in bob.history(to_alice)]


def test_delete_the_history(two):
    alice, bob, to_bob, to_alice = two
    cross(alice, bob, to_bob, "a last word")
    alice.call("DELETE", alice.user_path(f"/conversations/{to_bob}"))
    assert alice.history(to_bob) == []
    assert bob.history(to_alice)
    cross(bob, alice, to_alice, "and a first one")
    assert [m["text"] for m in alice.history(to_bob)] == ["and a first one"]


def test_what_only_the_user_sees_of_a_conversation(two):
    alice, _, to_bob, _ = two
    path = alice.user_path(f"/conversations/{to_bob}")
    wanted = {"muted_until": "2099-01-01T00:00:00.000Z", "archived": True,
              "pinned": True, "draft": "Dear Bob,\n"}
    alice.call("PATCH", path, wanted)
    with away(alice):
        pass
    kept = alice.call("GET", path)
    assert {k: kept[k] for k in wanted} == wanted
    cleared = alice.call("PATCH", path, {"muted_until": None, "draft": None})
    assert (cleared["muted_until"], cleared["draft"]) == (None, "")
    assert cleared["pinned"] is True
