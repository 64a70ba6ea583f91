# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases carried between two builds with different SQLCiphers, and back:
history, search, files, keys and what a kill left unfinished.

top_builddir and SUITE_OTHER_BUILD are the two; `make backports-check` has
one with SQLCipher 3.4.1 and one with 4.6.1.
"""

import os
import pathlib
import re
import subprocess

import pytest

import files
from daemons import BUILD, PASSPHRASE, Place, pair, until, wait_delivered
from test_backup import export, take
from test_search import search

OTHER = pathlib.Path(os.environ.get("SUITE_OTHER_BUILD", BUILD))
pytestmark = pytest.mark.skipif(
    OTHER == BUILD, reason="SUITE_OTHER_BUILD names no second build")
WAYS = [pytest.param(OTHER, BUILD, id="other-to-this"),
        pytest.param(BUILD, OTHER, id="this-to-other")]
FILE = os.urandom(300000)


def library(build):
    """The SQLCipher that a build's core has in it."""
    out = subprocess.run(["ldd", build / "umbel-core"], check=True,
                         capture_output=True, text=True).stdout
    return re.search(r"libsqlcipher\.so\.\d+", out)[0]


def carry(daemon, build, killed=False):
    """The same folder, from now on with that build."""
    (daemon.kill_all if killed else daemon.stop)()
    daemon.build = build
    daemon.start()
    daemon.unlock()
    daemon.wait_for_tor()


@pytest.fixture(name="place")
def make_place():
    with Place() as place:
        yield place


def two(place, build):
    """Alice with that build; Bob stays with the other one all the time, so
    that what travels between them does as well."""
    alice = place.daemon("alice", start=False)
    alice.build = build
    alice.start()
    bob = place.daemon("bob", start=False)
    bob.build = OTHER if build == BUILD else BUILD
    bob.start()
    return alice, bob, *pair(alice, bob)


def everything(daemon, conversation):
    """What must be the same after a carry, word for word."""
    return {
        "history": daemon.history(conversation),
        "contacts": [{k: v for k, v in c.items() if k in (
            "id", "alias", "note", "fingerprint", "verified")}
            for c in daemon.contacts()],
        "found": search(daemon, "fox"),
    }


def test_they_differ():
    assert library(BUILD) != library(OTHER)


@pytest.mark.parametrize("first,second", WAYS)
def test_there_and_back(place, first, second):
    alice, bob, to_bob, to_alice = two(place, first)
    made = files.upload(alice, FILE)
    for turn, build in enumerate([second, first, second, first]):
        for n in range(10):
            sent = alice.send(to_bob, f"the quick fox {turn} {n} äöü 🦊")
            bob.send(to_alice, f"heard of the fox {turn} {n}")
        wait_delivered(alice, sent)
        gone = alice.send(to_bob, f"not this fox {turn}")
        alice.call("DELETE",
                   alice.user_path(f"/messages/{gone['id']}?for=me"))
        alice.call("PATCH", alice.user_path(f"/messages/{sent['id']}"),
                   {"text": f"the slow fox {turn}"})
        alice.wait_event(
            "message.received",
            lambda m, turn=turn: m["text"] == f"heard of the fox {turn} 9")
        before = everything(alice, to_bob)
        assert len(before["found"]) == 20 * (turn + 1)
        carry(alice, build)
        assert everything(alice, to_bob) == before
        status, _head, data = files.ask(
            alice, "GET", files.content(alice, made))
        assert (status, data) == (200, FILE)


@pytest.mark.parametrize("first,second", WAYS)
def test_a_journal_of_the_other_one(place, first, second):
    """A kill leaves all in the write-ahead log, which the other reads."""
    alice, _bob, to_bob, _ = two(place, first)
    for turn, build in enumerate([second, first, second]):
        told = [alice.send(to_bob, f"fox {turn} {n}") for n in range(30)]
        folder = alice.data / "users" / alice.user["id"]
        assert any(path.stat().st_size for path in folder.glob("*-wal"))
        carry(alice, build, killed=True)
        there = {m["id"]: m["text"] for m in alice.history(to_bob)}
        assert [there[m["id"]] for m in told] == [m["text"] for m in told]
        assert len(search(alice, "fox")) == 30 * (turn + 1)


@pytest.mark.parametrize("first,second", WAYS)
def test_an_export_of_the_other_one(place, first, second):
    alice, _bob, to_bob, _ = two(place, first)
    for n in range(20):
        alice.send(to_bob, f"fox {n}")
    before = [(m["id"], m["text"]) for m in alice.history(to_bob)]
    data = export(alice)
    carol = place.daemon("carol", start=False)
    carol.build = second
    carol.start()
    take(carol, data, "alice again")
    assert [(m["id"], m["text"]) for m in carol.history(to_bob)] == before
    assert len(search(carol, "fox")) == 20


@pytest.mark.parametrize("first,second", WAYS)
def test_a_passphrase_changed_by_the_other_one(place, first, second):
    alice, _bob, to_bob, _ = two(place, first)
    alice.send(to_bob, "fox")
    for build, old, new in ((second, PASSPHRASE, "another passphrase"),
                            (first, "another passphrase", PASSPHRASE)):
        alice.stop()
        alice.build = build
        alice.start()
        alice.call("POST", alice.user_path("/unlock"), {"passphrase": old})
        alice.call("PUT", alice.user_path("/passphrase"),
                   {"old_passphrase": old, "new_passphrase": new})
        until("a message", lambda: search(alice, "fox"))
    carry(alice, second)
    assert len(search(alice, "fox")) == 1
