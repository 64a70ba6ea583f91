# SPDX-License-Identifier: GPL-3.0-or-later
"""Invites: bytes, text and keys, PROTOCOL 3."""

import base64
import re
from dataclasses import dataclass

import keys
import tlv

PREFIX = "umbel:invite/"
ASKED_FIRST, MANY, KNOCK = 1, 2, 4
KNOWN_FLAGS = ASKED_FIRST | KNOCK  # 8.2.1
_REFUSED_FLAGS = 16 | 32 | 64 | 128


@dataclass(frozen=True)
class Invite:
    expiry: int  # in minutes since 1970
    onion_pk: bytes
    secret: bytes
    flags: int = 0

    def write(self) -> bytes:
        data = (bytes([1, self.flags]) + tlv.u(32, self.expiry)
                + self.onion_pk + self.secret)
        return data + _checksum(data)

    def text(self) -> str:
        digits = base64.b32encode(self.write()).decode()
        return PREFIX + digits.rstrip("=").lower()

    def is_expired(self, now: float) -> bool:
        return now // 60 >= self.expiry

    @property
    def auth_secret(self) -> bytes:
        return keys.kdf(self.secret, "umbel1.inv.auth")

    @property
    def psk(self) -> bytes:
        return keys.kdf(self.secret, "umbel1.inv.psk")

    def claimed_psk(self, nonce: bytes) -> bytes:
        return keys.kdf(self.psk, "umbel1.inv.claim", nonce)

    @property
    def prologue(self) -> bytes:
        return b"umbel1 inv" + self.onion_pk


def _checksum(data: bytes) -> bytes:
    return keys.blake2b(256, "umbel1.inv.chk", data)[:4]


def from_bytes(data: bytes) -> Invite:
    if len(data) != 74 or data[-4:] != _checksum(data[:-4]):
        raise tlv.Malformed("size or checksum of an invite")
    if data[0] != 1 or data[1] & _REFUSED_FLAGS:
        raise tlv.Malformed("version or flags of an invite")
    try:
        keys.check_onion(data[6:38])
    except keys.BadKey as error:
        raise tlv.Malformed("key of an invite") from error
    return Invite(tlv.number(data[2:6]), data[6:38], data[38:70], data[1])


def parse(text: str) -> Invite:
    """3.1: Refuses all that is not exactly an invite."""
    if not re.fullmatch(r"umbel:invite/[a-z2-7]{119}|"
                        r"UMBEL:INVITE/[A-Z2-7]{119}", text):
        raise tlv.Malformed("not the text of an invite")
    digits = text[len(PREFIX):].upper()
    data = base64.b32decode(digits + "=")
    if base64.b32encode(data).decode().rstrip("=") != digits:
        raise tlv.Malformed("spare bits are set")
    return from_bytes(data)
