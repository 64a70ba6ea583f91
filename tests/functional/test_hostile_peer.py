# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes from the network: strangers, thieves of invites, and a contact
that keeps no rule.  Straight to the sockets that tor would connect to, by a
peer that is written from doc/PROTOCOL.md alone (peer.py).

Always: the core lives on, a stranger never gets a byte, and an honest contact
notices nothing."""

import contextlib
import os
import pathlib
import random
import select
import struct
import time
import uuid

import pytest

from daemons import (Daemon, Place, pair, until, wait_delivered,
                     wait_used)
from peer import (ACK, CARD, CARD_OK, CLAIM, CLAIM_OK, CLOSE, HELLO, KNOCK,
                  MSG, PAIRED, PING, PLAIN_BYTES, PONG, Closed, Invite, Link,
                  Pair, ack, bigsize, connect, frame, hello, read_exactly,
                  read_tlv,
                  record, service_path, services, tlv, u64)

HALF_OPEN = 1000
# Descriptors that come and go with what the daemon does by itself.
OWN = 16
FIRST = bytes(16)  # the chain before the first message
PER_LINK = 4096


class World:
    """alice is attacked; bob is her honest contact, mallory a dishonest one."""

    def __init__(self, place, kind=Daemon):
        self.place = place
        self.alice = place.daemon("alice", kind=kind)
        self.bob = place.daemon("bob")
        self.to_bob, self.to_alice = pair(self.alice, self.bob)
        wait_used(self.alice)
        self.core = self.alice.pid_of("umbel-core")
        self.bobs_path = until("one cell", self.only_cell)

    def only_cell(self):
        """The one service of alice that opens to bob, and to her own tests:
        an invite has one client, the door none."""
        cells = [entry["ports"]["1"][len("unix:"):]
                 for entry in services(self.place.folder)
                 if len(entry["clients"]) == 2 and str(self.alice.run)
                 in entry["ports"]["1"]]
        return cells[0] if len(cells) == 1 else None

    def check(self):
        """Alice's core is the same, and talks with bob, both ways."""
        for here, there, conversation in (
                (self.alice, self.bob, self.to_bob),
                (self.bob, self.alice, self.to_alice)):
            after = there.last_event()
            text = f"probe {uuid.uuid4()}"
            here.send(conversation, text)
            there.wait_event("message.received",
                             lambda m, text=text: m["text"] == text, after)
        assert self.alice.pid_of("umbel-core") == self.core

    def path_of(self, onion):
        return until("published", lambda: service_path(self.place.folder,
                                                       onion))

    def invite(self, fresh=True):
        """(Invite, path) of a new one; those of tests before are gone."""
        for item in self.alice.call("GET", self.alice.user_path(
                "/invites?limit=200"))["items"]:
            if fresh:
                self.alice.call("DELETE", self.alice.user_path(
                    f"/invites/{item['id']}"))
        invite = Invite(self.alice.invite())
        return invite, self.path_of(invite.onion)

    def dial(self, mallory):
        return connect(self.path_of(mallory.cell))

    def open(self, mallory, **more):
        """A session, HELLO not sent yet."""
        return Link.for_contact(self.dial(mallory), mallory, **more).open()

    def contact_of(self, mallory):
        return self.alice.contact(mallory.name)

    def heard(self, mallory):
        conversation = self.contact_of(mallory)["conversation_id"]
        return [m["text"] for m in self.alice.history(conversation)
                if m["direction"] == "in"]

    def rss(self):
        status = pathlib.Path(f"/proc/{self.core}/status").read_text()
        line = next(x for x in status.splitlines() if x.startswith("VmRSS"))
        return int(line.split()[1]) * 1024

    def fds(self):
        return len(os.listdir(f"/proc/{self.core}/fd"))

    def is_sanitized(self):
        return "libasan" in pathlib.Path(f"/proc/{self.core}/maps").read_text()


@pytest.fixture(name="world", scope="module")
def make_world():
    with Place() as place:
        yield World(place)


@pytest.fixture(autouse=True)
def unharmed(world):
    yield
    world.check()


def claim(world, **card):
    """Pairs a new mallory with alice: PROTOCOL 8.1."""
    mallory = Pair()
    mallory.name = card.setdefault("name", f"m{uuid.uuid4().hex[:8]}")
    invite, path = world.invite()
    mallory.use(path, invite, **card)
    with world.open(mallory) as link:
        link.send(hello())
        link.read_until(HELLO)
    return mallory


@pytest.fixture(name="mallory")
def make_mallory(world):
    return claim(world)


def is_silent(sock):
    """Nothing has come, and the other side has not closed."""
    return not select.select([sock], [], [], 0)[0]


def assert_nothing_but_end(sock):
    """Reads to the end, which the peer that is tested will bring."""
    with contextlib.suppress(ConnectionResetError):
        assert sock.recv(1) == b""


def say(sock, data):
    """Sends what it can: the stream may be cut off at any time."""
    with contextlib.suppress(OSError):
        sock.sendall(data)


# Strangers

STRANGE = {
    "http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "tls": bytes.fromhex("1603010200010001fc0303") + bytes(505),
    "ssh": b"SSH-2.0-OpenSSH_9.9\r\n",
    "smtp": b"EHLO x\r\n",
    "tor": bytes.fromhex("00000703000003040005"),
    "zeros": bytes(5000),
    "ones": b"\xff" * 5000,
    "right_length": b"\x01\xe6" + bytes(486),
    "length_0": b"\0\0",
    "length_485": b"\x01\xe5" + bytes(485),
    "length_487": b"\x01\xe7" + bytes(487),
    "length_max": b"\xff\xff" + bytes(65535),
}


def service_paths(world, mallory):
    """Of a contact's cell, and of an open invite."""
    return {"cell": world.path_of(mallory.cell), "invite": world.invite()[1]}


@pytest.mark.parametrize("service", ["cell", "invite"])
def test_strangers_get_nothing_and_no_quick_end(world, mallory, service):
    path = service_paths(world, mallory)[service]
    for first in range(0, len(STRANGE), 4):  # no more are kept at once
        socks = [connect(path) for _ in range(4)]
        for sock, name in zip(socks, list(STRANGE)[first:first + 4]):
            sock.sendall(STRANGE[name])
        world.check()  # a while, in which the core took all of it
        for sock in socks:
            assert is_silent(sock)
            sock.close()


# HOSTILE N-01
@pytest.mark.parametrize("service", ["cell", "invite"])
def test_random_bytes_of_many_lengths(world, mallory, service):
    path = service_paths(world, mallory)[service]
    seed = random.getrandbits(32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    sizes = [*range(0, 40), *range(480, 500), *range(970, 985),
             *(rng.randrange(65536) for _ in range(25))]
    for size in sizes:
        with connect(path) as sock:
            say(sock, rng.randbytes(size))
            sock.shutdown(1)
            assert_nothing_but_end(sock)


# HOSTILE N-04
def test_every_split_of_an_opening(world, mallory):
    """As the network may cut it: a byte at a time, and in two pieces."""
    for cut in (1, 2, 3, 34, 35, 487):
        with Link.for_contact(world.dial(mallory), mallory) as link:
            link.sock.sendall(link.opening[:cut])
            world.alice.call("GET", "/v1/daemon")
            link.opening = link.opening[cut:]
            link.open()
    with Link.for_contact(world.dial(mallory), mallory) as link:
        for i in range(487):
            link.sock.sendall(link.opening[i:i + 1])
        link.opening = link.opening[487:]
        link.open()
        link.send(hello())
        link.read_until(HELLO)


# HOSTILE K-06
def test_an_opening_with_any_bit_wrong(world, mallory):
    rng = random.Random(1)
    path = world.path_of(mallory.cell)
    for _ in range(60):
        with Link.for_contact(connect(path), mallory) as link:
            wrong = bytearray(link.opening)
            wrong[rng.randrange(488)] ^= 1 << rng.randrange(8)
            link.sock.sendall(bytes(wrong) + rng.randbytes(488))
            link.sock.shutdown(1)
            assert_nothing_but_end(link.sock)


WRONG_KEYS = {
    "psk": {"psk": bytes(32)},
    "class_bulk": {"klass": b"\2"},
    "class_0": {"klass": b"\0"},
    "version_2": {"versions": b"\2"},
    "version_0": {"versions": b"\0"},
    "versions_descend": {"versions": b"\2\1"},
    "versions_none": {"versions": b""},
    "versions_many": {"versions": bytes(range(1, 10))},
    "filler": {"filler": b"\1"},
}


@pytest.mark.parametrize("wrong", WRONG_KEYS)
def test_an_opening_that_is_not_accepted(world, mallory, wrong):
    with Link.for_contact(world.dial(mallory), mallory,
                          **WRONG_KEYS[wrong]) as link:
        link.sock.sendall(link.opening + bytes(488))
        link.sock.shutdown(1)
        assert_nothing_but_end(link.sock)


# HOSTILE K-10
def test_versions_to_come_are_offered_in_vain(world, mallory):
    with world.open(mallory, versions=b"\1\7\xff") as link:
        link.send(hello())
        link.read_until(HELLO)


# HOSTILE N-13
def test_keys_of_another_contact(world, mallory):
    """One contact's keys at another one's cell."""
    other = claim(world)
    mixed = Pair()
    mixed.__dict__.update(mallory.__dict__)
    for cell, path in ((other.cell, other.cell), (mallory.cell, other.cell)):
        mixed.cell = cell
        sock = connect(world.path_of(path))
        with Link.for_contact(sock, mixed) as link:
            link.sock.sendall(link.opening)
            link.sock.shutdown(1)
            assert_nothing_but_end(link.sock)


# HOSTILE N-07
def test_an_opening_sent_again(world, mallory):
    """Who recorded it gets an answer, but proves nothing and changes
    nothing: PROTOCOL 4.2.7."""
    with world.open(mallory) as link:
        opening = link.opening
    before = world.contact_of(mallory)
    for _ in range(20):
        with connect(world.path_of(mallory.cell)) as sock:
            sock.sendall(opening + os.urandom(488))
            read_exactly(sock, 488)
            sock.shutdown(1)
            assert_nothing_but_end(sock)
    assert world.contact_of(mallory) == before
    assert before["presence"] != "online"


# HOSTILE N-07
def test_own_answer_and_own_opening_reflected(world, mallory):
    with world.open(mallory) as link:
        pass
    link = Link.for_contact(world.dial(mallory), mallory)
    with link:
        link.sock.sendall(link.opening)
        answer = read_exactly(link.sock, 488)
        link.sock.sendall(answer)
        link.sock.shutdown(1)
        assert_nothing_but_end(link.sock)


@pytest.mark.parametrize("size", PLAIN_BYTES[1:])
def test_first_record_of_the_wrong_size(world, mallory, size):
    with world.open(mallory) as link:
        with contextlib.suppress(Closed):
            link.send_plain(hello().ljust(size, b"\0"))
        link.sock.shutdown(1)
        assert_nothing_but_end(link.sock)


# HOSTILE X-02
def test_thousand_half_open(world, mallory):
    """On both kinds of service; few are kept, and bob notices nothing."""
    for path in (str(world.bobs_path), world.path_of(mallory.cell),
                 world.invite()[1]):
        before = world.fds()
        rss = world.rss()
        with contextlib.ExitStack() as stack:
            socks = []
            for i in range(HALF_OPEN):
                socks.append(stack.enter_context(connect(path)))
                say(socks[-1], b"\x01\xe6" + bytes(i % 487))
                if i % 250 == 0:
                    world.check()
            world.check()
            held = world.fds() - before
            assert held <= 8, held
            grown = world.rss() - rss
            print(f"{held} held of {HALF_OPEN}, {grown // 1024} KiB more")
            if not world.is_sanitized():
                assert grown <= PER_LINK * HALF_OPEN
            for sock in socks:
                if not is_silent(sock):
                    assert_nothing_but_end(sock)
        until("they are gone", lambda b=before: world.fds() < b + OWN)


def test_strangers_on_all_services_at_once(world):
    """PROTOCOL 7.1: four on each."""
    world.invite()
    paths = [world.invite(fresh=False)[1] for _ in range(15)]
    before = world.fds()
    with contextlib.ExitStack() as stack:
        for path in paths * 6:
            say(stack.enter_context(connect(path)), b"x" * 300)
        world.check()
        assert world.fds() - before <= 4 * len(paths) + 2


def test_a_stranger_who_never_stops(world, mallory):
    """As fast as a socket takes it, on four streams, for the time of some
    messages to bob."""
    socks = [connect(world.path_of(mallory.cell)) for _ in range(4)]
    junk = os.urandom(1 << 16)
    for sock in socks:
        sock.setblocking(False)
    pid = os.fork()
    if pid == 0:
        while True:
            for sock in socks:
                with contextlib.suppress(OSError):
                    sock.send(junk)
    try:
        took = []
        for _ in range(5):
            begin = time.monotonic()
            world.check()
            took.append(time.monotonic() - begin)
        print(f"check took {max(took):.2f} s at most")
        assert max(took) < 60
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        for sock in socks:
            sock.close()


# Who has an invite

def claim_body(**changed):
    """A CLAIM whose card has these fields changed, or left out: None."""
    mallory = Pair()
    card = read_tlv(mallory.card())
    card.update({int(k[1:]): v for k, v in changed.items()})
    card = {k: v for k, v in card.items() if v is not None}
    return tlv({1: mallory.nonce, 2: tlv(card)})


BAD_CLAIMS = {
    "empty": b"",
    "no_card": tlv({1: bytes(32)}),
    "card_empty": tlv({1: bytes(32), 2: b""}),
    "static_zero": claim_body(t1=bytes(32)),
    "static_one": claim_body(t1=b"\1" + bytes(31)),
    "static_short": claim_body(t1=bytes(31)),
    "auth_zero": claim_body(t2=bytes(32)),
    "auth_missing": claim_body(t2=None),
    "cell_zero": claim_body(t3=bytes(32)),
    "cell_small_order": claim_body(t3=b"\1" + bytes(31)),
    "cell_not_canonical": claim_body(t3=b"\xee" + b"\xff" * 30 + b"\x7f"),
    "cell_no_point": claim_body(t3=b"\2" + bytes(31)),
    "r_missing": claim_body(t4=None),
    "name_empty": claim_body(t9=b""),
    "name_long": claim_body(t9=b"x" * 65),
    "name_nul": claim_body(t9=b"a\0b"),
    "name_escape": claim_body(t9=b"a\x1b[31m"),
    "name_newline": claim_body(t9=b"a\nb"),
    "name_separator": claim_body(t9="a\u2028b".encode()),
    "name_latin1": claim_body(t9=b"\xe4"),
    "name_overlong": claim_body(t9=b"\xc0\xaf"),
    "name_surrogate": claim_body(t9=b"\xed\xa0\x80"),
    "type_even": claim_body(t8=b"x"),
    "greeting_long": tlv({1: bytes(32), 2: Pair().card(), 3: b"x" * 501}),
    "greeting_nul": tlv({1: bytes(32), 2: Pair().card(), 3: b"\0"}),
    "unknown_even": tlv({1: bytes(32), 2: Pair().card(), 4: b""}),
    "card_first": tlv([(2, Pair().card()), (1, bytes(32))]),
    "card_twice": tlv([(1, bytes(32)), (2, Pair().card()),
                       (2, Pair().card())]),
    "not_shortest": b"\xfd\0\1\x20" + bytes(32) + tlv({2: Pair().card()}),
    "length_past_end": b"\1\xff" + b"\xff" * 8,
    "type_0": b"\0\0" + Pair().claim(),
}


def test_bad_claims_change_nothing(world):
    invite, path = world.invite()
    contacts = len(world.alice.contacts())
    for name, body in BAD_CLAIMS.items():
        with Link.to_invite(path, invite) as link:
            link.send(hello())
            link.send(frame(CLAIM, body))
            assert link.is_ended(), name
    assert len(world.alice.contacts()) == contacts
    with Link.to_invite(path, invite) as link:  # and it is as good as new
        link.send(hello())
        link.send(frame(CLAIM, Pair().claim(name="late")))
        assert link.read() == (CLAIM_OK, b"")


OUT_OF_ORDER = {
    "claim_before_hello": [frame(CLAIM, Pair().claim())],
    "hello_twice": [hello(), hello()],
    "message": [hello(), frame(MSG, u64(1) + record(bytes(16), FIRST)[1])],
    "card_ok_first": [hello(), frame(CARD_OK)],
    "card": [hello(), frame(CARD, Pair().card())],
    "ping": [hello(), frame(PING, bytes(4))],
    "ack": [hello(), ack(1, FIRST)],
    "paired": [hello(), frame(PAIRED)],
}


# HOSTILE N-10
@pytest.mark.parametrize("order", OUT_OF_ORDER)
def test_an_invite_holder_out_of_order(world, order):
    invite, path = world.invite()
    with Link.to_invite(path, invite) as link:
        with contextlib.suppress(Closed):
            for one in OUT_OF_ORDER[order]:
                link.send(one)
        assert link.is_ended()


def test_an_invite_is_claimed_once(world):
    """By whom it was, again and again, with the same CARD; by others never:
    PROTOCOL 8.3, 8.4."""
    invite, path = world.invite()
    first, second = Pair(), Pair()
    late = Link.to_invite(path, invite)
    late.send(hello())
    unproven = Link.to_invite(path, invite)
    with Link.to_invite(path, invite) as link:
        link.send(hello())
        link.send(frame(CLAIM, first.claim(name="first")))
        card = link.read_until(CARD)
    with contextlib.suppress(Closed):
        late.send(frame(CLAIM, second.claim()))
    assert late.is_ended()
    unproven.send(hello())
    unproven.sock.shutdown(1)
    assert_nothing_but_end(unproven.sock)
    with Link.for_invite(connect(path), invite) as link:
        link.sock.sendall(link.opening)
        link.sock.shutdown(1)
        assert_nothing_but_end(link.sock)
    for _ in range(3):
        with Link.to_invite(path, invite,
                            psk=invite.claimed(first.nonce)) as link:
            link.send(hello())
            assert link.read_until(CARD) == card
    with Link.to_invite(path, invite,
                        psk=invite.claimed(first.nonce)) as link:
        link.send(hello())
        link.send(frame(CLAIM, second.claim()))
        assert link.is_ended()


# A contact

def test_a_peer_by_the_document(world, mallory):
    """Messages and acknowledgements both ways, over more than one rekey."""
    with world.open(mallory) as link:
        link.send(hello())
        link.read_until(HELLO)
        chain = FIRST
        count = 1100
        for i in range(1, count + 1):
            chain, data = record(os.urandom(16), chain, f"line {i}".encode())
            link.send(frame(MSG, u64(i) + data))
            if i % 200 == 0 or i == count:
                link.read_until(ACK, lambda body, i=i: body[:8] == u64(i + 1))
        link.send(frame(PING, b"abcd"))
        assert link.read_until(PONG) == b"abcd"
        conversation = world.contact_of(mallory)["conversation_id"]
        after = world.alice.last_event()
        sent = world.alice.send(conversation, "to mallory")
        body = link.read_until(MSG)
        said = read_tlv(body[8:])
        assert body[:8] == u64(1) and said[5] == b"to mallory"
        assert record(said[2], FIRST, said[5])[0] == said[3]
        link.send(ack(2, said[3]))
        wait_delivered(world.alice, sent, after)
    assert world.heard(mallory) == [f"line {i}" for i in range(1, count + 1)]


def message(number, body=b"x", before=FIRST, mid=None, **more):
    return frame(MSG, u64(number) + record(mid or os.urandom(16), before,
                                           body, **more)[1])


NOT_OF_A_CONTACT = {
    "claim": [frame(CLAIM, Pair().claim())],
    "claim_ok": [frame(CLAIM_OK)],
    "card": [frame(CARD, Pair().card())],
    "card_ok": [frame(CARD_OK)],
    "paired": [frame(PAIRED)],
    "knock": [frame(KNOCK)],
    "hello_again": [hello()],
    "even_from_0x80": [frame(0x80)],
    "odd_below_0x80": [frame(0x21)],
    "gap": [message(2)],
    "gap_huge": [message(2**63 - 1)],
    "number_0": [message(0)],
    "number_2_63": [message(2**63)],
    "number_max": [message(2**64 - 1)],
    "no_record": [frame(MSG, u64(1))],
    "no_number": [frame(MSG, b"\0\0\1")],
    "no_kind": [frame(MSG, u64(1) + tlv({2: bytes(16), 3: FIRST, 4: bytes(4),
                                         5: b"x"}))],
    "kind_wide": [frame(MSG, u64(1) + tlv({1: bytes(4), 2: bytes(16),
                                           3: FIRST, 4: bytes(4)}))],
    "text_empty": [message(1, b"")],
    "text_long": [message(1, b"x" * 8193)],
    "text_longest": [message(1, b"x" * 15000)],
    "text_nul": [message(1, b"a\0b")],
    "text_latin1": [message(1, b"caf\xe9")],
    "text_overlong": [message(1, b"\xc0\x80")],
    "text_surrogate": [message(1, b"\xed\xa0\x80")],
    "text_beyond": [message(1, b"\xf4\x90\x80\x80")],
    "even_field": [message(1, more=[(6, b"x")])],
    "many_fields": [message(1, more=[(2 * i + 7, b"") for i in range(70)])],
    "ack_never_sent": [ack(2, bytes(16))],
    "ack_absurd": [ack(2**63 - 1, bytes(16))],
    "ack_0": [ack(0, bytes(16))],
    "ack_2_63": [ack(2**63, bytes(16))],
    "ack_short": [frame(ACK, bytes(7))],
    "ack_ranges_touch": [ack(1, FIRST, u64(1) + u64(5))],
    "ack_ranges_descend": [ack(1, FIRST, u64(9) + u64(9) + u64(3) + u64(3))],
    "ack_ranges_empty": [ack(1, FIRST, u64(9) + u64(8))],
    "ack_ranges_many": [ack(1, FIRST, b"".join(
        u64(3 * i + 5) + u64(3 * i + 5) for i in range(9)))],
    "ping_short": [frame(PING, b"abc")],
    "pong_long": [frame(PONG, b"abcde")],
    "close_empty": [frame(CLOSE)],
    "close": [frame(CLOSE, b"\0")],
    "close_unknown": [frame(CLOSE, b"\xff")],
}


# HOSTILE P-02
def test_rules_that_a_contact_breaks(world, mallory):
    for name, frames in NOT_OF_A_CONTACT.items():
        with world.open(mallory) as link:
            link.send(hello())
            with contextlib.suppress(Closed):
                link.send(*frames)
            assert link.is_ended(), name
    assert world.heard(mallory) == []


def raw_record(size):
    return struct.pack(">H", size) + bytes(min(size, 20000))


BAD_RECORDS = {
    "length_0": raw_record(0),
    "length_15": raw_record(15),
    "length_487": raw_record(487),
    "length_max": raw_record(65535),
    "forged": struct.pack(">H", 486) + bytes(486),
    "forged_largest": struct.pack(">H", 15614) + bytes(15614),
}

BAD_PLAINS = {
    "empty": b"",
    "one": b"\0",
    "469": bytes(469),
    "not_padded": frame(PING, bytes(4)),
    "too_large": bytes(15599),
    "frame_past_end": struct.pack(">BH", PING, 468).ljust(470, b"\0"),
    "head_cut": frame(0x81, bytes(465)) + b"\x81\0",
    "zeros_then_frame": b"\0\0\0" + frame(PING, bytes(4)).ljust(467, b"\0"),
    "filler": frame(PING, bytes(4)).ljust(469, b"\0") + b"\1",
    "good_then_bad": (frame(MSG, u64(1) + record(bytes(16), FIRST, b"x")[1])
                      + frame(0x24)).ljust(470, b"\0"),
}


def test_records_that_are_none(world, mallory):
    for name, data in BAD_RECORDS.items():
        with world.open(mallory) as link:
            link.send(hello())
            with contextlib.suppress(Closed):
                link.send_raw(data)
            assert link.is_ended(), name
    for name, plain in BAD_PLAINS.items():
        with world.open(mallory) as link:
            link.send(hello())
            with contextlib.suppress(Closed):
                link.send_plain(plain)
            assert link.is_ended(), name
    assert world.heard(mallory) == []


def test_records_again_and_out_of_order(world, mallory):
    def record_of(link, *frames):
        sealed = link.tx.seal(b"".join(frames).ljust(470, b"\0"))
        return struct.pack(">H", len(sealed)) + sealed

    for order in ([0, 0], [1], [1, 0]):
        with world.open(mallory) as link:
            link.send(hello())
            records = [record_of(link, frame(PING, bytes([i] * 4)))
                       for i in range(2)]
            with contextlib.suppress(Closed):
                for i in order:
                    link.send_raw(records[i])
            assert link.is_ended(), order


BAD_HELLOS = {
    "empty": frame(HELLO),
    "next_0": hello(0),
    "next_2_63": hello(2**63),
    "next_max": hello(2**64 - 1),
    "next_absurd": hello(2**63 - 1),
    "next_far": hello(2**32 + 2),
    "no_chain": frame(HELLO, tlv({1: bytes(8), 2: u64(1)})),
    "chain_short": hello(1, bytes(15)),
    "window_0": hello(t5=bytes(2)),
    "window_wide": hello(t5=bytes(4)),
    "ranges_odd": hello(t3=bytes(15)),
    "ranges_bad": hello(t3=u64(1) + u64(1)),
    "even_unknown": hello(t8=b""),
    "not_hello": frame(PING, bytes(4)),
    "nothing": b"",
}


def test_bad_hellos(world, mallory):
    for name, data in BAD_HELLOS.items():
        with world.open(mallory) as link:
            with contextlib.suppress(Closed):
                link.send(data)
                link.send(frame(PING, bytes(4)))
            assert link.is_ended(), name
    assert not world.contact_of(mallory).get("alarm")


def test_unknown_things_that_are_allowed(world, mallory):
    """PROTOCOL 1.2.5, 4.3.3, 5.2.3, 6.1.1, 6.1.2."""
    with world.open(mallory) as link:
        link.send(hello(t9=b"later", t11=b""))
        link.read_until(HELLO)
        chain, data = record(os.urandom(16), FIRST, b"\xff\0", kind=999,
                             more=[(6, b"even")])
        link.send(frame(0x81, b"x"), frame(MSG, u64(1) + data),
                  frame(0xff, bytes(300)))
        link.read_until(ACK, lambda body: body == u64(2) + chain)
        chain, data = record(os.urandom(16), chain, b"plain",
                             more=[(17, b"odd")])
        link.send(frame(MSG, u64(2) + data))
        link.read_until(ACK, lambda body: body == u64(3) + chain)
    assert world.heard(mallory)[-1] == "plain"


# HOSTILE P-08
def test_the_same_mid_again(world, mallory):
    """Acknowledged, and shown once: PROTOCOL 7.8.2."""
    mid = os.urandom(16)
    with world.open(mallory) as link:
        link.send(hello())
        chain, first = record(mid, FIRST, b"once")
        link.send(frame(MSG, u64(1) + first))
        link.send(frame(MSG, u64(1) + first))
        chain, again = record(mid, chain, b"once")
        link.send(frame(MSG, u64(2) + again))
        chain, other = record(mid, chain, b"other words")
        link.send(frame(MSG, u64(3) + other))
        link.read_until(ACK, lambda body: body == u64(4) + chain)
    with world.open(mallory) as link:
        link.send(hello())
        link.send(frame(MSG, u64(1) + first), frame(MSG, u64(3) + other))
        link.read_until(ACK, lambda body: body == u64(4) + chain)
    assert world.heard(mallory) == ["once"]


def test_a_chain_that_breaks(world, mallory):
    """The alarm, once a HELLO asked for that message: PROTOCOL 7.9."""
    with world.open(mallory) as link:
        link.send(hello())
        chain, data = record(os.urandom(16), FIRST, b"one")
        link.send(frame(MSG, u64(1) + data))
        link.read_until(ACK, lambda body: body[:8] == u64(2))
        link.send(message(2, b"two", before=b"x" * 16))
        assert link.is_ended()
    assert world.heard(mallory) == ["one"]


# HOSTILE P-04
def test_acknowledgements_that_lie(world, mallory):
    """Nothing is delivered by them."""
    conversation = world.contact_of(mallory)["conversation_id"]
    sent = world.alice.send(conversation, "not yet")
    path = world.alice.user_path(f"/messages/{sent['id']}")
    for lie in (ack(2, bytes(16)), ack(3, bytes(16)), ack(2**40, bytes(16))):
        with world.open(mallory) as link:
            link.send(hello())
            link.read_until(MSG)
            with contextlib.suppress(Closed):
                link.send(lie)
            assert link.is_ended()
        assert world.alice.call("GET", path)["state"] != "delivered"
    with world.open(mallory) as link:  # ranges change nothing
        link.send(hello(t3=u64(3) + u64(9)))
        link.read_until(MSG)
        link.send(ack(1, FIRST, u64(3) + u64(2**62)))
        link.send(frame(PING, bytes(4)))
        link.read_until(PONG)
    assert world.alice.call("GET", path)["state"] != "delivered"


def test_a_peer_whose_disk_goes_to_and_fro(world, mallory):
    """HELLO says a thing each time: everything is sent again, the alarm is
    raised, and the core stays calm: PROTOCOL 7.10."""
    conversation = world.contact_of(mallory)["conversation_id"]
    for i in range(3):
        world.alice.send(conversation, f"m{i}")
    for number in (1, 4, 2, 2**32, 1, 2**32, 2**33, 7, 2**32, 1):
        with world.open(mallory) as link:
            link.send(hello(number, b"z" * 16))
            link.read_until(HELLO)
            got = link.read_until(MSG)
            assert int.from_bytes(got[:8], "big") >= number
    assert world.contact_of(mallory)["alarm"]


# HOSTILE X-06
def test_a_contact_that_floods(world, mallory):
    """PINGs as many as a record holds, on two sessions; nobody reads."""
    pings = frame(PING, bytes(4)) * (PLAIN_BYTES[-1] // 7)
    rss = world.rss()
    with world.open(mallory) as one, world.open(mallory) as two:
        for link in (one, two):
            link.send(hello())
            link.sock.settimeout(2)
            with contextlib.suppress(Closed, TimeoutError):
                for _ in range(400):
                    link.send(pings)
        world.check()
    grown = world.rss() - rss
    print(f"{grown // 1024} KiB more")
    assert grown < (64 << 20)


# HOSTILE P-10
def test_a_contact_who_never_reads(world, mallory):
    """What is said to it waits on the disk, not in memory."""
    conversation = world.contact_of(mallory)["conversation_id"]
    with world.open(mallory) as link:
        link.send(hello())
        link.read_until(HELLO)
        rss = world.rss()
        for _ in range(400):
            world.alice.send(conversation, "z" * 8000)
        world.check()
        grown = world.rss() - rss
        print(f"{grown // 1024} KiB more")
        if not world.is_sanitized():
            assert grown < (4 << 20)


# HOSTILE P-09, X-05
def test_sessions_without_end(world, mallory):
    """Two are kept: PROTOCOL 7.5.1."""
    before = world.fds()
    with contextlib.ExitStack() as stack:
        links = []
        for _ in range(60):
            links.append(stack.enter_context(world.open(mallory)))
            links[-1].send(hello())
        world.check()
        assert world.fds() - before <= 4
        links[-1].send(frame(PING, b"last"))
        links[-1].read_until(PONG)


def test_messages_as_fast_as_can_be(world, mallory):
    """All taken, all acknowledged, bob not kept waiting."""
    count = 3000
    with world.open(mallory) as link:
        link.send(hello())
        chain, batch, number = FIRST, [], 0
        begin = time.monotonic()
        while number < count:
            batch = []
            for _ in range(50):
                number += 1
                chain, data = record(os.urandom(16), chain, b"flood")
                batch.append(frame(MSG, u64(number) + data))
            link.send(*batch)
            if number % 1000 == 0:
                world.check()
        link.read_until(ACK, lambda body: body == u64(count + 1) + chain)
        print(f"{count} in {time.monotonic() - begin:.1f} s")
    assert len(world.heard(mallory)) == count


def test_bigsize_is_what_the_document_says():
    assert [bigsize(n).hex() for n in (0, 252, 253, 65535, 65536, 2**32)] == [
        "00", "fc", "fd00fd", "fdffff", "fe00010000", "ff0000000100000000"]
