# SPDX-License-Identifier: GPL-3.0-or-later
"""Records and frames, PROTOCOL 5: what is sealed and what it holds.

read_plaintext() checks all of a record, down to the fields in its frames, and
only then gives any of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import bodies
import tlv
from tlv import Malformed

SIZES = (470, 958, 1934, 3886, 7790, 15598)
TAG_BYTES = 16
FIRST_BYTES = 2 + SIZES[0] + TAG_BYTES
_SKIPPED_FROM = 0x80


class Type(IntEnum):
    HELLO = 0x01
    PING = 0x02
    PONG = 0x03
    CLOSE = 0x04
    MSG = 0x10
    ACK = 0x11
    EPH = 0x12
    CLAIM = 0x18
    CLAIM_OK = 0x19
    CARD = 0x1A
    CARD_OK = 0x1B
    PAIRED = 0x1C
    KNOCK = 0x1D
    KNOCK_OK = 0x1E
    REKEY_PROP = 0x20
    REKEY_ACK = 0x21
    REKEY_COMMIT = 0x22
    REKEY_DONE = 0x23
    WANT = 0x40
    REQ = 0x41
    DATA = 0x42
    NAK = 0x43
    CANCEL = 0x44


class Close(IntEnum):
    GOING_DOWN = 0
    OTHER_STAYS = 1
    NEW_TAKES_OVER = 2
    RULE_BROKEN = 3


@dataclass(frozen=True)
class Frame:
    type: Type
    body: bytes


def _sized(size: int) -> Callable[[bytes], object]:
    def check(body: bytes) -> int:
        if len(body) != size:
            raise Malformed("size of a frame")
        return tlv.number(body)
    return check


def _close(body: bytes) -> Close:
    try:
        return Close(_sized(1)(body))
    except ValueError as error:
        raise Malformed("code of a CLOSE") from error


READERS: dict[Type, Callable[[bytes], object]] = {
    Type.HELLO: bodies.Hello.read,
    Type.PING: _sized(4),
    Type.PONG: _sized(4),
    Type.CLOSE: _close,
    Type.MSG: bodies.Numbered.read,
    Type.ACK: bodies.Ack.read,
    Type.EPH: bodies.Eph.read,
    Type.CLAIM: bodies.Claim.read,
    Type.CLAIM_OK: _sized(0),
    Type.CARD: bodies.Card.read,
    Type.CARD_OK: _sized(0),
    Type.PAIRED: _sized(0),
    Type.KNOCK: bodies.Knock.read,
    Type.KNOCK_OK: _sized(0),
    Type.REKEY_PROP: bodies.Rekey.read,
    Type.REKEY_ACK: bodies.Rekey.read,
    Type.REKEY_COMMIT: _sized(8),
    Type.REKEY_DONE: _sized(8),
    Type.WANT: bodies.read_want,
    Type.REQ: bodies.Req.read,
    Type.DATA: bodies.Data.read,
    Type.NAK: bodies.Nak.read,
    Type.CANCEL: bodies.Req.read,
}


def write_plaintext(frames: list[Frame]) -> bytes:
    """5.1.6: The smallest size that holds the frames."""
    data = b"".join(bytes([f.type]) + tlv.u(16, len(f.body)) + f.body
                    for f in frames)
    return data.ljust(next(size for size in SIZES if size >= len(data)), b"\0")


def read_plaintext(data: bytes) -> list[tuple[Type, object]]:
    found = []
    at = 0
    while at < len(data) and data[at]:
        end = at + 3 + tlv.number(data[at + 1:at + 3])
        if at + 3 > len(data) or end > len(data):
            raise Malformed("a frame that spans records")
        kind, body, at = data[at], data[at + 3:end], end
        if kind in Type.__members__.values():
            found.append((Type(kind), READERS[Type(kind)](body)))
        elif kind < _SKIPPED_FROM or kind % 2 == 0:
            raise Malformed(f"frame type {kind:#x}")
    if any(data[at:]):
        raise Malformed("something after the last frame")
    return found


def has_size(length: int) -> bool:
    """5.1.4, before anything more is read."""
    return length - TAG_BYTES in SIZES
