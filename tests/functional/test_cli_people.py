# SPDX-License-Identifier: GPL-3.0-or-later
"""People, requests and all that a message can be, by the command line alone:
two and more whole daemons over fake_tor."""

import json
import re

import pytest

from commands import DONE, NOT_FOUND, REFUSED, USAGE, Running, fails
from daemons import LIMIT, pair, until, wait_delivered

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e"
                     "\u2028\u2066-\u2069]")
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d"


def arrive(place, name):
    daemon = place.daemon(name)
    daemon.add_user()
    return daemon


def shown(daemon, *words):
    return daemon.umbel(*words).stdout


def objects(daemon, *words):
    return [json.loads(line) for line in
            shown(daemon, "--json", *words).splitlines()]


def address_of(daemon):
    """Cheap to knock at, and published."""
    shown(daemon, "address", "difficulty", "0")
    until("published", lambda: "It is published" in shown(daemon, "address"))
    return shown(daemon, "address").splitlines()[0]


def waiting_request(daemon):
    """Id of the only one that waits for a decision."""
    return until("a request", lambda: [
        r["id"] for r in objects(daemon, "requests")
        if r["state"] == "pending"])[0]


def last_line(daemon, who, text):
    """How tail shows the message that begins with that text."""
    out = shown(daemon, "tail", "-n", "50", who)
    found = re.findall(rf"^{TIME}  (?:from|to  ) [^\n]*: {re.escape(text)}"
                       r"[^\n]*\n(?:    [^\n]*\n)*", out, re.M)
    assert found, out
    return found[-1]


# oneself

def test_profile_presence_and_privacy(place):
    alone = arrive(place, "alone")
    assert shown(alone, "profile") == "Name:     alone\nStatus:   \n"
    shown(alone, "profile", "--status", "at sea")
    assert shown(alone, "profile", "--name", "Ahab") == (
        "Name:     Ahab\nStatus:   at sea\n")
    assert objects(alone, "profile")[0]["status_text"] == "at sea"
    fails(alone, USAGE, "display_name: ", "profile", "--name", "x" * 65)
    fails(alone, USAGE, "UTF-8", "profile", "--name", b"\xff")

    assert shown(alone, "presence") == "online\n"
    for mode in ("invisible", "offline", "online"):
        assert shown(alone, "presence", mode) == f"{mode}\n"
        assert shown(alone, "presence") == f"{mode}\n"

    none = "accept none up to 0 B\n"
    assert shown(alone, "privacy") == "receipts off\ntyping off\n" + none
    shown(alone, "privacy", "--receipts", "on")
    assert shown(alone, "privacy", "--typing", "on") == (
        "receipts on\ntyping on\n" + none)
    shown(alone, "privacy", "--receipts", "off", "--typing", "off")
    assert objects(alone, "privacy") == [
        {"read_receipts": False, "typing": False, "auto_accept_bytes": 0,
         "auto_accept_kinds": []}]
    shown(alone, "privacy", "--up-to", "10M")
    assert shown(alone, "privacy", "--accept", "voice,image") == (
        "receipts off\ntyping off\naccept image,voice up to 10.0 MiB\n")
    fails(alone, USAGE, "auto_accept_bytes", "privacy", "--up-to", "65G")
    assert shown(alone, "privacy", "--accept", "none", "--up-to", "0") == (
        "receipts off\ntyping off\n" + none)

    assert shown(alone, "preferences") == ""
    likes = '{"scheme": "dark", "notify": true}'
    assert "dark" in shown(alone, "preferences", likes)
    assert objects(alone, "preferences") == [{"scheme": "dark",
                                              "notify": True}]
    fails(alone, USAGE, "no JSON", "preferences", "{")
    fails(alone, USAGE, "k: ", "preferences", '{"k": []}')


def test_address(two):
    alice = two[0]
    first = address_of(alice)
    assert re.fullmatch("umbel:[a-z2-7]{56}", first)
    assert "0 bits of work" in shown(alice, "address")
    assert "\N{FULL BLOCK}" in shown(alice, "address", "--qr")
    assert "switched off" in shown(alice, "address", "off")
    assert shown(alice, "address").splitlines()[0] == first
    assert "switched off" not in shown(alice, "address", "on")
    second = shown(alice, "address", "rotate").splitlines()[0]
    assert re.fullmatch("umbel:[a-z2-7]{56}", second) and second != first
    assert objects(alice, "address")[0]["link"] == second
    fails(alice, USAGE, "difficulty: ", "address", "difficulty", "33")


# people

def test_knock_accept_and_reject(place, two):
    alice, carol = two[0], arrive(place, "carol")
    link = address_of(alice)
    fails(carol, USAGE, "link: ", "connect", link[:-1])
    with Running(carol, "connect", "--wait", "--alias", "A.", "--greeting",
                 "From the\nmarket", link) as asking:
        ident = waiting_request(alice)
        out = shown(alice, "requests")
        assert re.search(rf"^{ident}  from carol +pending, until {TIME}\n"
                         "    A new person, whatever the name says.\n"
                         "    | From the\n    | market$", out, re.M), out
        assert "looks like" not in out
        assert re.search(r"^req_\w{26}  to   A\. +\w+",
                         shown(carol, "requests"), re.M)
        shown(alice, "request", "reject", ident)
        assert "rejected" in shown(alice, "requests")
        assert shown(alice, "request", "accept", "--wait", "--alias", "Caro",
                     ident) == "Connected.\n"
        assert asking.line() == "Connected."
        assert asking.process.wait(LIMIT) == DONE
    assert re.search(r"^Caro +\w+ +ctc_\w{26}$", shown(alice, "contacts"),
                     re.M)
    shown(carol, "send", "--wait", "A.", "hello")
    fails(alice, REFUSED, "decided", "request", "accept", ident)
    shown(alice, "request", "delete", ident)
    assert ident not in shown(alice, "requests")
    fails(alice, NOT_FOUND, "", "request", "accept", ident)
    fails(alice, USAGE, "req_ and 26", "request", "reject", "first")
    for words in (["request", "delete", ".."], ["request", "delete", "."]):
        fails(alice, USAGE, "dot segments", *words)


# HOSTILE C-05, P-05
def test_a_name_is_not_a_person(place, two):
    """Somebody who calls himself as a contact does is told apart."""
    alice, mallory = two[0], arrive(place, "mallory")
    shown(mallory, "profile", "--name", "Bob ")
    shown(mallory, "connect", address_of(alice))
    ident = waiting_request(alice)
    assert re.search(rf"^{ident}  from Bob .*\n"
                     "    A new person, whatever the name says.\n"
                     "    It looks like the name of your contact bob, and is "
                     "somebody else.$", shown(alice, "requests"), re.M)
    shown(alice, "request", "delete", ident)


# HOSTILE C-06
def test_no_name_takes_over_another(place, two):
    """An alias means whom the user called so, whatever others choose."""
    alice, dave = two[0], arrive(place, "dave")
    pair(alice, dave)
    shown(alice, "contact", "alias", "dave", "captain")
    shown(two[1], "profile", "--name", "captain")
    until("renamed", lambda: any(c["display_name"] == "captain" for c in
                                 objects(alice, "contacts")))
    # bob is shown as captain now too: nobody is meant
    fails(alice, NOT_FOUND, "2 contacts are called 'captain'", "send",
          "captain", "x")
    ident = next(c["id"] for c in objects(alice, "contacts")
                 if c["display_name"] == "captain")
    shown(alice, "contact", "alias", ident, "bob")
    assert objects(alice, "contact", "show", "captain")[0]["display_name"] \
        == "dave"
    shown(two[1], "profile", "--name", "bob")
    until("renamed", lambda: objects(alice, "contact", "show", ident)[0][
        "display_name"] == "bob")
    shown(alice, "contact", "alias", ident, "")
    shown(alice, "contact", "remove", "dave")
    assert "dave" not in shown(alice, "contacts")
    fails(alice, NOT_FOUND, "no contact 'dave'", "tail", "dave")


def test_what_is_kept_about_a_contact(two):
    alice, bob = two[0], two[1]
    shown(bob, "profile", "--status", "gone fishing")
    shown(alice, "contact", "alias", "bob", "Robert")
    assert shown(alice, "contact", "alias", "Robert") == "Robert\n"
    shown(alice, "contact", "note", "bob", "owes me\na book")
    shown(alice, "contact", "policy", "bob", "dial-only")
    shown(alice, "contact", "privacy", "bob", "--typing", "on")
    assert shown(alice, "contact", "privacy", "bob") == (
        "receipts default\ntyping on\n")
    shown(alice, "contact", "cover", "bob", "on")
    shown(alice, "contact", "verify", "bob")
    assert re.search(r"^Robert .* verified$", shown(alice, "contacts"), re.M)
    shown(alice, "pin", "bob")
    shown(alice, "archive", "bob")
    shown(alice, "mute", "bob", "8h")
    until("his status", lambda: "gone fishing" in shown(
        alice, "contact", "show", "bob"))
    out = shown(alice, "contact", "show", "bob")
    for line in ("Alias:     Robert", "Name:      bob",
                 "Note:      owes me\n           a book", "Policy:    dial-only",
                 "Receipts:  default", "Typing:    on", "Timer:     off",
                 "Pinned", "Archived", "Covered by traffic"):
        assert f"\n{line}" in f"\n{out}", (line, out)
    assert re.search(f"^Verified:  since {TIME}$", out, re.M)
    assert re.search(f"^Muted:     until {TIME}$", out, re.M)
    assert "Blocked" not in out and "ALARM" not in out

    for words in (["unverify"], ["alarm-seen"], ["policy", "visible"],
                  ["cover", "off"], ["alias", ""], ["note", ""]):
        shown(alice, "contact", words[0], "bob", *words[1:])
    for word in ("unpin", "unarchive", "unmute"):
        shown(alice, word, "bob")
    shown(alice, "contact", "privacy", "bob", "--typing", "default")
    contact = objects(alice, "contact", "show", "bob")[0]
    assert (contact["alias"], contact["note"], contact["policy"],
            contact["cover"], contact["verified"], contact["typing"]) == (
                None, "", "visible", False, False, "default")


def test_block(two):
    alice, bob = two[0], two[1]
    shown(alice, "contact", "block", "bob")
    assert re.search("^bob .*  blocked$", shown(alice, "contacts"), re.M)
    fails(alice, REFUSED, "", "send", "bob", "x")
    with Running(bob, "send", "--wait", "alice", "through a wall") as waiting:
        until("queued", lambda: "through a wall" in shown(
            bob, "tail", "-n", "1", "alice"))
        shown(alice, "contact", "unblock", "bob")
        assert waiting.line() == "delivered"


def test_safety_number(two):
    alice, bob = two[0], two[1]
    seen = [re.findall(r"\b\d{5}\b", shown(one, "safety", other))
            for one, other in ((alice, "bob"), (bob, "alice"))]
    assert len(seen[0]) == 12 and seen[0] == seen[1]
    out = shown(alice, "safety", "bob")
    assert "not compared yet" in out and "contact verify" in out
    assert "\N{FULL BLOCK}" in shown(alice, "safety", "--qr", "bob")
    shown(alice, "contact", "verify", "bob")
    assert "You have compared it." in shown(alice, "safety", "bob")
    shown(alice, "contact", "unverify", "bob")


def test_introduction(place, two):
    alice, bob = two[0], two[1]
    erin = arrive(place, "erin")
    pair(alice, erin)
    shown(alice, "contact", "introduce", "bob", "erin")
    for one, other in ((bob, "erin"), (erin, "bob")):
        ident = waiting_request(one)
        assert re.search(
            rf"^{ident}  from {other} .*\n    A new person, whatever the name "
            r"says\.\n    Introduced by alice, who calls them so\.",
            shown(one, "requests"), re.M)
        shown(one, "request", "accept", ident)
    until("they met", lambda: "erin" in shown(bob, "contacts"))
    assert shown(bob, "send", "--wait", "erin", "hi") == "delivered\n"
    fails(alice, NOT_FOUND, "no contact 'x'", "contact", "introduce", "bob",
          "x")


# messages

def test_reply_edit_react_delete(two):
    alice, bob = two[0], two[1]
    first = shown(alice, "send", "--ids", "--wait", "bob",
                  "Shall we\nmeet?").split()[0]
    place = bob.last_event()
    ident = shown(bob, "tail", "--ids", "-n", "1", "alice").split()[0]
    shown(bob, "send", "--wait", "--reply", ident, "alice", "Yes")
    shown(bob, "react", ident, "\N{THUMBS UP SIGN}")
    assert last_line(alice, "bob", "Yes").endswith(": Yes\n    > Shall we...\n")
    until("a reaction", lambda: "    + \N{THUMBS UP SIGN} bob\n" in last_line(
        alice, "bob", "Shall we"))
    assert "\n    | meet?\n" in last_line(bob, "alice", "Shall we")
    assert "\n    + \N{THUMBS UP SIGN} you\n" in last_line(
        bob, "alice", "Shall we")

    shown(alice, "edit", first, "Shall we go?")
    bob.wait_event("message.edited", lambda m: m["id"] == ident, after=place)
    assert re.search(rf"Shall we go\?\n    \(edited {TIME}\)\n",
                     last_line(bob, "alice", "Shall we"))
    shown(bob, "react", ident, "--none")
    shown(bob, "react", ident, "--none")
    until("no reaction", lambda: "+" not in last_line(alice, "bob",
                                                      "Shall we"))
    fails(bob, REFUSED, "message of the contact", "edit", ident, "x")
    fails(bob, REFUSED, "message of the contact", "delete", "--for-all",
          ident)

    shown(alice, "delete", "--for-all", first)
    bob.wait_event("message.deleted", lambda m: m["id"] == ident, after=place)
    for one in (alice, bob):
        out = shown(one, "tail", "-n", "2")
        assert "Shall we" not in out
        assert re.search(r"^\S+ \S+  (to   bob|from alice) \(deleted\)$", out,
                         re.M), out
    shown(bob, "delete", ident)
    assert "(deleted)" not in shown(bob, "tail", "-n", "2")
    fails(bob, NOT_FOUND, "", "delete", ident)
    for word in ("delete", "cancel", "retry"):
        fails(bob, USAGE, "msg_ and 26", word, "first")
        fails(bob, USAGE, "dot segments", word, "..")


def test_states(two):
    alice, bob = two[0], two[1]
    shown(bob, "contact", "privacy", "alice", "--receipts", "on")
    shown(alice, "send", "--wait", "bob", "are you there")
    assert last_line(alice, "bob", "are you").endswith("there\n")
    shown(bob, "read", "alice")
    until("read", lambda: last_line(alice, "bob", "are you").endswith(
        "there  (read)\n"))
    shown(bob, "contact", "privacy", "alice", "--receipts", "default")
    bob.stop()
    ident = shown(alice, "send", "--ids", "bob", "never mind").strip()
    assert "(queued)" in last_line(alice, "bob", "never mind")
    shown(alice, "cancel", ident)
    assert "(failed: It was cancelled)" in last_line(alice, "bob", "never")
    fails(alice, REFUSED, "does not wait", "cancel", ident)
    done = alice.umbel("send", "--wait", "--within", "1s", "bob", "lunch",
                       check=False)
    assert (done.returncode, done.stdout) == (
        REFUSED, "failed: It was not delivered in time\n")
    with Running(alice, "retry", "--ids", "--wait", ident) as again:
        fresh = until("again", lambda: [
            m["id"] for m in objects(alice, "tail", "-n", "5", "bob")
            if m["text"] == "never mind" and m["id"] != ident])
        bob.start()
        bob.unlock()
        assert again.line() == fresh[0] and again.line() == "delivered"
    fails(alice, REFUSED, "not failed", "retry", fresh[0])


def test_an_id_is_of_use_while_one_waits(two):
    alice, bob = two[0], two[1]
    bob.stop()
    with Running(alice, "send", "--ids", "--wait", "bob", "wait") as sending:
        shown(alice, "cancel", sending.line())
        assert sending.line() == "failed: It was cancelled"
        assert sending.process.wait(LIMIT) == REFUSED
    bob.start()
    bob.unlock()


def test_timer_and_the_rest_of_a_conversation(two):
    alice, bob = two[0], two[1]
    assert shown(alice, "timer", "bob") == "off\n"
    shown(alice, "timer", "bob", "7d")
    assert shown(alice, "timer", "bob") == "1 week\n"
    until("on both sides", lambda: shown(bob, "timer", "alice") == "1 week\n")
    assert re.search(r"from alice \(from here on messages disappear 1 week "
                     r"after they are read\)$", shown(
                         bob, "tail", "-n", "1", "alice"), re.M)
    shown(alice, "send", "--wait", "bob", "will be gone")
    assert re.search(rf"\n    \(disappears {TIME}\)\n",
                     last_line(alice, "bob", "will be gone"))
    shown(bob, "timer", "alice", "off")
    until("on both sides", lambda: shown(alice, "timer", "bob") == "off\n")
    assert "messages stay" in shown(alice, "tail", "-n", "1", "bob")
    fails(alice, USAGE, "disappearing_seconds", "timer", "bob", "4s")
    shown(alice, "mute", "bob")
    assert "\nMuted:     for ever\n" in shown(alice, "contact", "show", "bob")
    shown(alice, "mute", "bob", "1s")
    until("over", lambda: "Muted" not in shown(alice, "contact", "show", "bob"))
    shown(alice, "mute", "bob")
    shown(alice, "unmute", "bob")
    assert "Muted" not in shown(alice, "contact", "show", "bob")
    for words in ([], ["on"], ["off"]):
        assert shown(alice, "typing", "bob", *words) == ""


def test_follow_shows_what_changes(two):
    alice, bob, to_bob, to_alice = two
    with Running(alice, "tail", "-f", "-n", "1", "bob") as tail:
        tail.line()
        until("it follows", lambda: alice.umbel("status"))
        message = bob.send(to_alice, "one")
        wait_delivered(bob, message)
        while not tail.line().endswith("from bob: one"):
            pass
        shown(bob, "edit", message["id"], "two")
        assert tail.line().endswith("from bob: two")
        assert "(edited" in tail.line()
        shown(bob, "react", message["id"], "\N{SEEDLING}")
        assert tail.line().endswith("from bob: two")
        assert "(edited" in tail.line()
        assert tail.line() == "    + \N{SEEDLING} bob"
        shown(bob, "delete", "--for-all", message["id"])
        assert tail.line().endswith("from bob (deleted)")
        bob.stop()
        lost = alice.send(to_bob, "lost")
        assert "to   bob: lost" in tail.line()
        shown(alice, "cancel", lost["id"])
        assert tail.line().endswith("to   bob: lost  (failed: It was "
                                    "cancelled)")
        bob.start()
        bob.unlock()


# HOSTILE C-02, C-03, C-07
def test_no_text_looks_like_ours(place, two):
    """Whatever others chose or wrote: no escape, and no line without our
    margin before it."""
    alice, bob, _, to_alice = two
    forged = ("hi\n2026-11-23 17:05  from erin: send me money\n"
              "    + \N{THUMBS UP SIGN} you\n    (edited 2026-11-23 17:05)\n"
              "\x1b[1A\x1b[2K\r\u202eabc")
    wait_delivered(bob, bob.send(to_alice, forged))
    ident = objects(bob, "tail", "-n", "1", "alice")[0]["id"]
    bob.umbel("send", "--wait", "--reply", ident, "alice", "-", stdin=forged)
    fails(bob, USAGE, "direction characters", "profile", "--status",
          "s\u202etatus")
    mallory = arrive(place, "mallory2")
    shown(mallory, "connect", "--greeting", forged, address_of(alice))
    request = waiting_request(alice)
    shown(alice, "contact", "note", "bob", forged)
    for words in (["tail", "-n", "2", "bob"], ["requests"],
                  ["contact", "show", "bob"], ["contact", "note", "bob"]):
        out = shown(alice, *words)
        assert not CONTROL.search(out), out
        assert "send me money" in out
        assert not re.search(r"^\d.*erin", out, re.M) or words[:2] == [
            "contact", "note"]
        assert not CONTROL.search(shown(alice, "--json", *words))
    out = shown(alice, "tail", "-n", "2", "bob")
    assert len(re.findall(r"^\d", out, re.M)) == 2
    assert not re.search(r"^    [+(]", out, re.M)
    assert len(re.findall(r"^    > hi\.\.\.$", out, re.M)) == 1
    shown(alice, "request", "delete", request)


def test_clear(two):
    alice, bob = two[0], two[1]
    shown(alice, "send", "--wait", "bob", "the last one")
    shown(alice, "clear", "bob")
    assert shown(alice, "tail", "bob") == ""
    assert "the last one" in shown(bob, "tail", "alice")
    assert "bob" in shown(alice, "contacts")
