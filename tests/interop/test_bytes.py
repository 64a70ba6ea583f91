# SPDX-License-Identifier: GPL-3.0-or-later
"""The bytes of the second implementation, against the sentences of
doc/PROTOCOL.md: encodings, keys, invites, handshake, frames, kinds."""

import os

import pytest

import bodies
import door
import frames
import invite
import keys
import message
import noise
import pairs
import tlv
from frames import Frame, Type

DAY = 86400
NOW = 1_800_000_000.0


# 1.2 TLV.

@pytest.mark.parametrize("value", [0, 0xFC, 0xFD, 0xFFFF, 0x10000, 2**32 - 1,
                                   2**32, 2**64 - 1])
def test_numbers_have_one_form(value):
    data = tlv.write_bigsize(value)
    assert tlv.read_bigsize(data, 0) == (value, len(data))
    for head, size in ((0xFD, 2), (0xFE, 4), (0xFF, 8)):
        if len(data) < 1 + size:
            longer = bytes([head]) + value.to_bytes(size, "big")
            with pytest.raises(tlv.Malformed):
                tlv.read_bigsize(longer, 0)


@pytest.mark.parametrize("data", [
    "0000", "01", "0105", "010002", "020001000000", "01000100", "020003",
    "0100fd0002"])
def test_streams_that_are_refused(data):
    with pytest.raises(tlv.Malformed):
        tlv.read(bytes.fromhex(data), {1: tlv.exactly(0)})


def test_fields():
    known = {1: tlv.exactly(1), 4: tlv.exactly(1, 2, required=False)}
    assert tlv.read(b"\1\1a\3\0\5\2xy", known) == {1: b"a"}
    assert tlv.read(b"\1\1a\0\0", known, padded=True) == {1: b"a"}
    for bad in (b"", b"\1\1a\2\0", b"\1\1a\4\3xyz", b"\1\1a\0\1"):
        with pytest.raises(tlv.Malformed):
            tlv.read(bad, known, padded=True)
    many = tlv.write({2 * i + 1: b"" for i in range(65)})
    with pytest.raises(tlv.Malformed):
        tlv.split(many)


# 1.1 Keys.

def test_points_that_are_refused():
    good = keys.onion_public(os.urandom(32))
    keys.check_onion(good)
    order_8 = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0"
                            "d5dfac05d3c63339b13802886d53fc05")
    neutral = bytes([1]) + bytes(31)
    not_canonical = (2**255 - 18).to_bytes(32, "little")
    for bad in (order_8, neutral, not_canonical, bytes(32), b"\2" + bytes(31)):
        with pytest.raises(keys.BadKey):
            keys.check_onion(bad)
    with pytest.raises(keys.BadKey):
        keys.check_x25519(bytes(32))


def test_onion_key_has_an_x25519_form():
    seed = os.urandom(32)
    assert keys.onion_x25519_public(keys.onion_public(seed)) == \
        keys.x25519_public(keys.onion_x25519_secret(seed))


def test_safety_number():
    one, other = os.urandom(32), os.urandom(32)
    number = keys.safety_number(one, other)
    assert number == keys.safety_number(other, one)
    assert [len(group) for group in number.split()] == [5] * 12


# 3 Invites, 3.3 addresses.

def test_invite_text():
    made = pairs.make_invite(NOW, invite.MANY).invite
    text = made.text()
    assert invite.parse(text) == invite.parse(text.upper()) == made
    assert not made.is_expired(NOW)
    assert made.is_expired(made.expiry * 60)
    last = text[:-1] + chr(ord(text[-1]) + 1)
    for bad in (text[:-1], text + "a", " " + text, last,
                text[:20] + text[20:].upper(), text[13:],
                text[:13].upper() + text[13:]):
        with pytest.raises(tlv.Malformed):
            invite.parse(bad)


@pytest.mark.parametrize("at,value", [(0, 2), (1, 16), (1, 128)])
def test_invites_that_are_refused(at, value):
    data = bytearray(pairs.make_invite(NOW).data[:70])
    data[at] = value
    data += keys.blake2b(256, "umbel1.inv.chk", bytes(data))[:4]
    with pytest.raises(tlv.Malformed):
        invite.from_bytes(bytes(data))


def test_an_invite_whose_checksum_does_not_fit():
    data = pairs.make_invite(NOW).data
    with pytest.raises(tlv.Malformed):
        invite.from_bytes(data[:-1] + bytes([data[-1] ^ 1]))


def test_address_text():
    onion_pk = keys.onion_public(os.urandom(32))
    text = door.address(onion_pk)
    bare = text.removeprefix("umbel:")
    for good in (text, bare, bare + ".onion", text + ".onion", text.upper(),
                 bare.upper() + ".ONION"):
        assert door.parse_address(good) == onion_pk
    other = "a" if bare[10] != "a" else "b"
    for bad in (text.title(), bare + ".ONION", "UMBEL:" + bare,
                bare[:-1] + "e", bare[:10] + other + bare[11:], bare + " "):
        with pytest.raises(tlv.Malformed):
            door.parse_address(bad)


# 4 Handshake.

def test_handshake_takes_what_both_know():
    one, other, k = pairs.Mine(), pairs.Mine(), os.urandom(32)
    here = noise.contact_setup(k, noise.MAIN, other.cell_public, one.static,
                               other.static_public)
    there = noise.contact_setup(k, noise.MAIN, other.cell_public, other.static,
                                one.static_public)
    wrong = noise.contact_setup(os.urandom(32), noise.MAIN, other.cell_public,
                                other.static, one.static_public)
    opening = noise.Initiator(here)
    assert len(opening.message) == noise.MESSAGE_BYTES
    which, answer, theirs = noise.respond(opening.message, [wrong, there])
    mine = opening.finish(answer)
    assert which is there and mine.hash == theirs.hash
    for i in range(2 * noise.REKEY_RECORDS + 1):
        text = str(i).encode()
        assert theirs.receive.open(mine.send.seal(text)) == text
    assert mine.receive.open(theirs.send.seal(b"x")) == b"x"
    with pytest.raises(noise.Refused):
        noise.respond(noise.Initiator(here).message, [wrong])
    with pytest.raises(noise.Refused):
        noise.respond(noise.Initiator(here).message,
                      [wrong] * noise.MAX_TRIALS + [there])


def test_door_names_its_difficulty():
    seed = os.urandom(32)
    opening = noise.Initiator(door.dial_setup(keys.onion_public(seed)))
    _, answer, theirs = noise.respond(opening.message,
                                      [door.answer_setup(seed)], 9)
    mine = opening.finish(answer)
    assert mine.difficulty == 9
    counter = door.stamp(mine.hash, 9)
    assert door.work(theirs.hash, counter) >= 9


# 5 Records and frames.

def test_record_sizes():
    for body, size in ((0, 470), (467, 470), (468, 958), (15595, 15598)):
        frame = Frame(Type.CARD_OK, bytes(body))
        assert len(frames.write_plaintext([frame])) == size


def test_records_that_are_refused():
    ping = bytes([Type.PING, 0, 4, 1, 2, 3, 4])
    skipped = bytes([0x81, 0, 1, 9])
    assert frames.read_plaintext(ping + skipped + bytes(9)) == \
        [(Type.PING, 0x01020304)]
    for bad in (ping + b"\0\1", b"\x82\0\0", b"\x05\0\0", ping[:-1],
                ping + b"\2", b"\2\0\3abc", b"\4\0\1\4"):
        with pytest.raises(tlv.Malformed):
            frames.read_plaintext(bad)


def test_bodies_come_back():
    mine = pairs.Mine()
    card = mine.card("Dora")
    claim = bodies.Claim(os.urandom(32), card, "hello")
    knock = bodies.Knock(pairs.make_invite(NOW, invite.KNOCK).data, 7, "D",
                         "t")
    hello = bodies.Hello(5, os.urandom(16), 3)
    rekey = bodies.Rekey(3, os.urandom(32))
    for one in (card, claim, knock, hello, rekey, bodies.Ack(9, bytes(16))):
        assert type(one).read(one.write()) == one
    for eph in (bodies.Eph(True), bodies.Eph(False), bodies.Eph(
            goes=(bytes(16), bodies.Goes.PAUSED))):
        assert bodies.Eph.read(eph.write()) == eph
    assert bodies.Eph.read(b"\2\0") == bodies.Eph()
    req = bodies.Req(os.urandom(16), bodies.MANIFEST)
    for one in (req, bodies.Data(req, 7, b"x" * bodies.MAX_DATA_BYTES),
                bodies.Nak(req, bodies.Reason.BUSY)):
        assert type(one).read(one.write()) == one
    with pytest.raises(tlv.Malformed):
        bodies.Knock.read(bodies.Knock(pairs.make_invite(NOW).data, 7).write())


@pytest.mark.parametrize("ranges,good", [
    ("", True), ("6-6", True), ("6-7 9-9", True), ("5-6", False),
    ("7-6", False), ("6-7 8-9", False), ("9-9 6-7", False),
    (" ".join(f"{i}-{i}" for i in range(6, 24, 2)), False)])
def test_ranges_of_an_ack(ranges, good):
    body = tlv.u(64, 5) + bytes(16)
    for one in ranges.split():
        body += b"".join(tlv.u(64, int(n)) for n in one.split("-"))
    if good:
        assert bodies.Ack.read(body).next == 5
    else:
        with pytest.raises(tlv.Malformed):
            bodies.Ack.read(body)


# 6.1 Kinds.

EVERY_KIND = [
    message.new_text("x" * 8192, os.urandom(16), 5),
    message.edit(os.urandom(16), "new"), message.delete(os.urandom(16)),
    message.react(os.urandom(16), "\N{SEEDLING}"),
    message.react(os.urandom(16)),
    message.read_up_to(os.urandom(16)), message.timer(0), message.timer(60),
    message.profile("Dora", "busy"), message.profile(),
    message.introduce(pairs.make_invite(NOW, 1).data, "Eve", os.urandom(32)),
    message.withdraw(message.new_text("gone")),
    message.compose(77, {8: b"even", 99: b""})]


@pytest.mark.parametrize("record", EVERY_KIND, ids=lambda r: str(r.kind))
def test_every_kind_comes_back(record):
    assert message.Record.read(record.write()) == record


@pytest.mark.parametrize("kind,fields", [
    (1, {}), (1, {5: b""}), (1, {5: b"\xff"}), (1, {5: b"a\0"}),
    (1, {5: b"x" * 8193}), (1, {5: b"a", 6: bytes(16)}),
    (1, {5: b"a", 7: tlv.u(32, 4)}), (1, {5: b"a", 16: b""}),
    (1, {5: b"a", 11: b""}), (2, {5: b"a"}), (2, {6: bytes(16)}),
    (3, {6: bytes(15)}), (4, {6: bytes(16), 10: b"\x07"}),
    (4, {6: bytes(16), 10: b"x" * 33}),
    (4, {6: bytes(16), 10: "\u200f+".encode()}), (8, {}), (8, {7: tlv.u(32, 4)}),
    (8, {7: tlv.u(32, 367 * DAY)}), (9, {13: b"a\nb"}), (9, {15: b"x" * 201}),
    (10, {12: bytes(73), 13: b"a"}), (14, {5: bytes(31)})])
def test_records_that_are_not_well_formed(kind, fields):
    with pytest.raises(tlv.Malformed):
        message.Record.read(message.compose(kind, fields).write())


def test_odd_fields_above_15_are_skipped_but_hashed():
    plain = message.compose(1, {5: b"a"})
    more = message.Record({**plain.fields, 17: b"later"})
    assert message.Record.read(more.write()) == more
    assert more.content_hash() != plain.content_hash()


def test_a_withdrawn_message_keeps_its_place_in_the_chain():
    record = message.new_text("said too much")
    other = message.withdraw(record)
    before = os.urandom(16)
    assert record.chain_after(before) == other.chain_after(before)
    assert other.mid != record.mid
