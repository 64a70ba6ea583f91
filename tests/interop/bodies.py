# SPDX-License-Identifier: GPL-3.0-or-later
"""What frames hold: HELLO, ACK, numbered messages, cards, claims, knocks,
rekeying, typing, pieces of files (PROTOCOL 5.4 to 5.6, 6.3, 6.4, 9.1, 10.1,
12.3, 12.4)."""

from dataclasses import dataclass
from enum import IntEnum

import invite
import keys
import message
import tlv
from durable import kept
from text import label, utf8
from tlv import Malformed, between, exactly

MAX_NUMBER = 2**63 - 1
MAX_RANGES = 8
WINDOW = 256
ZERO_CHAIN = bytes(16)

Ranges = tuple[tuple[int, int], ...]


def sequence(data: bytes) -> int:
    value = tlv.number(data)
    if not 1 <= value <= MAX_NUMBER:
        raise Malformed("sequence number")
    return value


def _read_ranges(data: bytes, following: int) -> Ranges:
    """5.4.1: Ascending, touching neither each other nor what is below."""
    if len(data) % 16 or len(data) > 16 * MAX_RANGES:
        raise Malformed("size of ranges")
    found, last = [], following
    for at in range(0, len(data), 16):
        low = sequence(data[at:at + 8])
        high = sequence(data[at + 8:at + 16])
        if low <= last or high < low:
            raise Malformed("ranges")
        found.append((low, high))
        last = high + 1
    return tuple(found)


@dataclass(frozen=True)
class Ack:
    next: int
    chain: bytes
    ranges: Ranges = ()

    def write(self) -> bytes:
        return tlv.u(64, self.next) + self.chain

    @classmethod
    def read(cls, body: bytes) -> "Ack":
        if len(body) < 24:
            raise Malformed("size of an ACK")
        following = sequence(body[:8])
        return cls(following, body[8:24], _read_ranges(body[24:], following))


@dataclass(frozen=True)
class Hello:
    next: int = 1
    chain: bytes = ZERO_CHAIN
    window: int = WINDOW
    features: int = 0

    _KNOWN = {1: exactly(8), 2: exactly(8),
              3: tlv.Field(lambda n: n % 16 == 0, required=False),
              5: exactly(2, required=False), 7: exactly(16)}

    def write(self) -> bytes:
        window = None if self.window == WINDOW else tlv.u(16, self.window)
        return tlv.write({1: tlv.u(64, self.features),
                          2: tlv.u(64, self.next), 5: window, 7: self.chain})

    @classmethod
    def read(cls, body: bytes) -> "Hello":
        f = tlv.read(body, cls._KNOWN)
        window = tlv.number(f[5]) if 5 in f else WINDOW
        if not window:
            raise Malformed("no window")
        following = sequence(f[2])
        _read_ranges(f.get(3, b""), following)
        return cls(following, f[7], window, tlv.number(f[1]))


@dataclass(frozen=True)
class Numbered:
    """MSG: a message under its number."""

    number: int
    record: message.Record

    def write(self) -> bytes:
        return tlv.u(64, self.number) + self.record.write()

    @classmethod
    def read(cls, body: bytes) -> "Numbered":
        if len(body) < 8:
            raise Malformed("size of a MSG")
        return cls(sequence(body[:8]), message.Record.read(body[8:]))


@kept
@dataclass(frozen=True)
class Card:
    static: bytes
    auth: bytes
    cell: bytes
    r: bytes
    name: str = ""
    features: int = 0

    _KNOWN = {1: exactly(32), 2: exactly(32), 3: exactly(32), 4: exactly(32),
              5: exactly(8), 9: between(1, 64, required=False)}

    def write(self) -> bytes:
        return tlv.write({1: self.static, 2: self.auth, 3: self.cell,
                          4: self.r, 5: tlv.u(64, self.features),
                          9: self.name.encode() or None})

    @classmethod
    def read(cls, body: bytes) -> "Card":
        f = tlv.read(body, cls._KNOWN)
        try:
            keys.check_x25519(f[1])
            keys.check_x25519(f[2])
            keys.check_onion(f[3])
        except keys.BadKey as error:
            raise Malformed("a key of a card") from error
        return cls(f[1], f[2], f[3], f[4], label(f.get(9, b"")),
                   tlv.number(f[5]))


@dataclass(frozen=True)
class Claim:
    nonce: bytes
    card: Card
    greeting: str = ""

    _KNOWN = {1: exactly(32), 2: between(0, 15598),
              3: between(1, 500, required=False)}

    def write(self) -> bytes:
        return tlv.write({1: self.nonce, 2: self.card.write(),
                          3: self.greeting.encode() or None})

    @classmethod
    def read(cls, body: bytes) -> "Claim":
        f = tlv.read(body, cls._KNOWN)
        return cls(f[1], Card.read(f[2]), utf8(f.get(3, b"")))


@kept
@dataclass(frozen=True)
class Knock:
    invite: bytes
    counter: int
    name: str = ""
    text: str = ""

    _KNOWN = {1: between(1, 64, required=False),
              2: between(1, 500, required=False),
              3: exactly(74), 4: exactly(8)}

    def write(self) -> bytes:
        return tlv.write({1: self.name.encode() or None,
                          2: self.text.encode() or None,
                          3: self.invite, 4: tlv.u(64, self.counter)})

    @classmethod
    def read(cls, body: bytes) -> "Knock":
        f = tlv.read(body, cls._KNOWN)
        if not invite.from_bytes(f[3]).flags & invite.KNOCK:
            raise Malformed("an invite that is not part of a knock")
        return cls(f[3], tlv.number(f[4]), label(f.get(1, b"")),
                   utf8(f.get(2, b"")))


@dataclass(frozen=True)
class Rekey:
    """REKEY_PROP and REKEY_ACK."""

    epoch: int
    r: bytes

    _KNOWN = {1: exactly(8), 2: exactly(32)}

    def write(self) -> bytes:
        return tlv.write({1: tlv.u(64, self.epoch), 2: self.r})

    @classmethod
    def read(cls, body: bytes) -> "Rekey":
        f = tlv.read(body, cls._KNOWN)
        return cls(tlv.number(f[1]), f[2])


class Goes(IntEnum):
    """What the user of an end did with a file."""

    PAUSED = 1
    ON = 2


@dataclass(frozen=True)
class Eph:
    """5.6; goes: a fid, and what becomes of it."""

    typing: bool | None = None
    goes: tuple[bytes, Goes] | None = None

    _KNOWN = {1: exactly(1, required=False), 3: exactly(17, required=False)}

    def write(self) -> bytes:
        return tlv.write({
            1: None if self.typing is None else bytes([self.typing]),
            3: self.goes and self.goes[0] + bytes([self.goes[1]])})

    @classmethod
    def read(cls, body: bytes) -> "Eph":
        """5.6.2: Fields that are not known are skipped, of any type."""
        f = tlv.check(tlv.split(body), cls._KNOWN, any_type=True)
        if f.get(1, b"\0") not in (b"\0", b"\1"):
            raise Malformed("typing")
        typing = f[1] == b"\1" if 1 in f else None
        if 3 not in f:
            return cls(typing)
        if f[3][16] not in list(Goes):
            raise Malformed("what becomes of a file")
        return cls(typing, (f[3][:16], Goes(f[3][16])))


# Files, 12.3 and 12.4.

MANIFEST = 0xFFFFFFFF
MAX_WANT = 4
MAX_DATA_BYTES = 15500


class Reason(IntEnum):
    GONE = 1
    PAUSED = 2
    CHANGED = 3
    BUSY = 4
    TAKEN_BACK = 5


def read_want(body: bytes) -> int:
    if len(body) != 1 or body[0] > MAX_WANT:
        raise Malformed("how many links are wanted")
    return body[0]


@dataclass(frozen=True)
class Req:
    """Also CANCEL, which takes one back."""

    fid: bytes
    index: int

    def write(self) -> bytes:
        return self.fid + tlv.u(32, self.index)

    @classmethod
    def read(cls, body: bytes) -> "Req":
        if len(body) != 20:
            raise Malformed("size of a REQ or a CANCEL")
        return cls(body[:16], tlv.number(body[16:]))


@dataclass(frozen=True)
class Data:
    req: Req
    offset: int
    bytes: bytes

    def write(self) -> bytes:
        return self.req.write() + tlv.u(32, self.offset) + self.bytes

    @classmethod
    def read(cls, body: bytes) -> "Data":
        if not 1 <= len(body) - 24 <= MAX_DATA_BYTES:
            raise Malformed("size of a DATA")
        return cls(Req.read(body[:20]), tlv.number(body[20:24]), body[24:])


@dataclass(frozen=True)
class Nak:
    req: Req
    reason: Reason

    def write(self) -> bytes:
        return self.req.write() + bytes([self.reason])

    @classmethod
    def read(cls, body: bytes) -> "Nak":
        """12.4.8: A reason that is not known is taken for 4."""
        if len(body) != 21:
            raise Malformed("size of a NAK")
        known = body[20] in list(Reason)
        return cls(Req.read(body[:20]),
                   Reason(body[20]) if known else Reason.BUSY)
