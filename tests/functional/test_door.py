# SPDX-License-Identifier: GPL-3.0-or-later
"""Strangers at the one address that everybody may know.  Straight to the
socket that tor would connect to, by a peer that is no Umbel (peer.py)."""

import base64
import contextlib
import os
import random
import resource
import time
import uuid

import pytest

from daemons import Place, Refused, pair, until, wait_delivered
from peer import (KNOCK, KNOCK_OK, Closed, Link, connect, find_counter, frame,
                  hello, make_invite, onion_public, service_path, tlv,
                  u64, work_of)
from test_hostile_peer import STRANGE, World, is_silent, say

FLOOD = 10000
PER_LINK = 4096
HELD = 16
PENDING = 100
MINUTES = int(time.time() / 60)


class Door(World):
    def __init__(self, place):
        super().__init__(place)
        self.patch(difficulty=0)
        self.onion = self.published()

    def published(self):
        """The key of the door, once it can be dialled."""
        name = until("published", lambda: (
            lambda a: a["published"] and a["onion"])(self.address()))
        raw = base64.b32decode(name.removesuffix(".onion").upper())
        return raw[:32]

    def address(self):
        return self.alice.call("GET", self.alice.user_path("/address"))

    def patch(self, **fields):
        return self.alice.call(
            "PATCH", self.alice.user_path("/address"), fields)

    def socket(self):
        return connect(self.path_of(self.onion))

    def link(self):
        """Open, and HELLO said."""
        link = Link.for_door(self.socket(), self.onion).open()
        link.send(hello())
        return link

    def requests(self):
        return [r for r in self.alice.call("GET", self.alice.user_path(
            "/requests?limit=200"))["items"] if r["origin"] == "door"]

    def forget_all(self):
        for request in self.requests():
            self.alice.call("DELETE", self.alice.user_path(
                f"/requests/{request['id']}"))


@pytest.fixture(name="door", scope="module")
def make_door():
    with Place() as place:
        yield Door(place)


@pytest.fixture(autouse=True)
def unharmed(door):
    yield
    door.check()
    door.forget_all()


def invite_of_nobody(**more):
    return make_invite(onion_public(os.urandom(32)), os.urandom(32),
                       MINUTES + 60 * 24, **more)


def knock_body(link, bits=None, **changed):
    fields = {1: b"mallory", 2: b"Let me in", 3: invite_of_nobody(),
              4: u64(find_counter(link.h, link.difficulty
                                  if bits is None else bits))}
    fields.update({int(k[1:]): v for k, v in changed.items()})
    return tlv({k: v for k, v in fields.items() if v is not None})


def knock(door, **more):
    with door.link() as link:
        link.send(frame(KNOCK, knock_body(link, **more)))
        assert link.read() == (KNOCK_OK, b"")
        assert link.is_ended()


def test_a_knock_is_answered_and_asked_about(door):
    after = door.alice.last_event()
    knock(door)
    came = door.alice.wait_event("request.received", lambda r: True, after)
    assert came["data"]["greeting"] == "Let me in"
    assert came["data"]["name"] == "mallory"
    assert came["data"]["direction"] == "in"


# HOSTILE N-14
def test_strange_protocols(door):
    for words in STRANGE.values():
        with door.socket() as sock:
            say(sock, words)
            door.check()
            assert is_silent(sock)


BAD_KNOCKS = {
    "empty": b"",
    "no_invite": {"t3": None},
    "invite_short": {"t3": bytes(73)},
    "invite_zeros": {"t3": bytes(74)},
    "invite_expired": {"t3": make_invite(onion_public(bytes(range(32))),
                                         bytes(32), 1)},
    "invite_no_point": {"t3": make_invite(b"\2" + bytes(31), bytes(32),
                                          MINUTES + 100)},
    "invite_other_flag": {"t3": invite_of_nobody(flags=2)},
    "invite_no_reply": {"t3": invite_of_nobody(flags=0)},
    "no_counter": {"t4": None},
    "counter_short": {"t4": bytes(7)},
    "name_empty": {"t1": b""},
    "name_long": {"t1": b"x" * 65},
    "name_nul": {"t1": b"a\0b"},
    "name_newline": {"t1": b"a\nb"},
    "name_turned": {"t1": "a\u202eb".encode()},
    "name_latin1": {"t1": b"\xe4"},
    "name_surrogate": {"t1": b"\xed\xa0\x80"},
    "text_empty": {"t2": b""},
    "text_long": {"t2": b"x" * 501},
    "text_nul": {"t2": b"a\0"},
    "text_overlong": {"t2": b"\xc0\xaf"},
    "unknown_even": {"t6": b"x"},
}


# HOSTILE N-05, N-06, R-04
@pytest.mark.parametrize("what", BAD_KNOCKS)
def test_bad_knocks_get_silence(door, what):
    with door.link() as link:
        bad = BAD_KNOCKS[what]
        link.send(frame(KNOCK, knock_body(link, **bad)
                        if isinstance(bad, dict) else bad))
        door.check()
        assert is_silent(link.sock)
    assert not door.requests()


# HOSTILE N-02, N-03
def test_records_that_are_too_long(door):
    for head in (b"\x07\x9e", b"\x3c\xfe", b"\xff\xff", b"\0\0"):
        with door.link() as link:
            say(link.sock, head + b"x")
            door.check()
            assert is_silent(link.sock)


# HOSTILE N-10
def test_frames_out_of_order(door):
    def twice(link):
        link.send(frame(KNOCK, knock_body(link)))
        assert link.read() == (KNOCK_OK, b"")
        with contextlib.suppress(Closed):
            link.send(frame(KNOCK, knock_body(link)))

    def with_company(link):
        link.send(frame(KNOCK, knock_body(link)), frame(2, bytes(4)))

    def another_hello(link):
        link.send(hello())

    for act in (twice, with_company, another_hello):
        with door.link() as link:
            act(link)
            door.check()
        # That of the first, whoever came after him.
        assert len(door.requests()) == 1
    with Link.for_door(door.socket(), door.onion).open() as link:
        link.send(frame(KNOCK, knock_body(link))[:467])
        door.check()
        assert is_silent(link.sock)
    assert len(door.requests()) == 1


# HOSTILE R-02
def test_work_has_to_be_done(door):
    door.patch(difficulty=12)
    try:
        with door.link() as link:
            assert link.difficulty == 12
            lazy = next(i for i in range(1 << 20) if work_of(link.h, i) < 12)
            link.send(frame(KNOCK, knock_body(link, bits=0, t4=u64(lazy))))
            door.check()
            assert is_silent(link.sock)
        assert not door.requests()
        knock(door)
        assert door.requests()[0]["work"] >= 12
    finally:
        door.patch(difficulty=0)


# HOSTILE
def test_a_full_queue(door):
    """A hundred wait; who works more takes the place of who worked least, and
    nobody is told anything but that he was heard."""
    for _ in range(PENDING):
        knock(door)
    assert len(door.requests()) == PENDING
    with door.link() as link:
        least = min(r["work"] for r in door.requests())
        assert link.difficulty == least + 1
    after = door.alice.last_event()
    for _ in range(20):
        knock(door)
    assert len(door.requests()) == PENDING
    knock(door, t1=b"honest", bits=10)
    door.alice.wait_event("request.received",
                          lambda r: r.get("name") == "honest", after)
    names = [r["name"] for r in door.requests()]
    assert len(names) == PENDING and "honest" in names


# HOSTILE N-12
def test_ten_thousand_at_the_door(door):
    """Half of them open properly and then say nothing more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    rng = random.Random(1)
    path = door.path_of(door.onion)
    before, rss = door.fds(), door.rss()
    begin = time.monotonic()
    most = 0
    socks = []
    try:
        for i in range(FLOOD):
            sock = connect(path)
            if i % 10 == 0:
                say(sock, Link.for_door(sock, door.onion).opening)
            else:
                say(sock, b"\x01\xe6" + rng.randbytes(i % 487))
            socks.append(sock)
            if len(socks) > 500:
                socks.pop(0).close()
            if i % 1000 == 0:
                door.check()
                most = max(most, door.fds() - before)
        door.check()
        grown = door.rss() - rss
        print(f"{FLOOD} in {time.monotonic() - begin:.1f} s, {most} held, "
              f"{grown // 1024} KiB more")
        assert most <= HELD + 6
        if not door.is_sanitized():
            assert grown <= PER_LINK * (HELD + 6) + (256 << 10)
    finally:
        for sock in socks:
            sock.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    until("they are gone", lambda: door.fds() <= before)
    knock(door, t1=f"h{uuid.uuid4().hex[:8]}".encode())


# HOSTILE D-14
def test_own_address(door):
    """A user cannot ask himself."""
    with pytest.raises(Refused) as refused:
        door.alice.connect(door.address()["link"])
    assert refused.value.status == 409


# HOSTILE R-08
def test_shut_means_gone(door):
    door.patch(enabled=False)
    try:
        until("the address is gone", lambda: service_path(
            door.place.folder, door.onion) is None)
        door.check()
    finally:
        door.patch(enabled=True)
        door.published()


def test_pair_is_not_disturbed(door):
    """Who holds all places at the door keeps out no friend."""
    carol = door.place.daemon("carol")
    with contextlib.ExitStack() as held:
        links = [held.enter_context(door.link()) for _ in range(HELD)]
        to_carol, _ = pair(door.alice, carol)
        wait_delivered(door.alice, door.alice.send(to_carol, "Come in"))
        assert any(is_silent(link.sock) for link in links)
    carol.stop()
