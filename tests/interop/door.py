# SPDX-License-Identifier: GPL-3.0-or-later
"""Doors: addresses, stamps, and the requests that wait (PROTOCOL 3.3, 9).
Pure."""

import base64
import re
from dataclasses import dataclass, field

import keys
import noise
import tlv
from bodies import Knock
from durable import kept

MAX_WAITING = 100
RECORD_PLAINTEXT = 958


def address(onion_pk: bytes) -> str:
    return "umbel:" + keys.onion_name(onion_pk)


def parse_address(text: str) -> bytes:
    """The onion key."""
    match = re.fullmatch(r"(?:umbel:)?([a-z2-7]{56})(?:\.onion)?", text) or \
        re.fullmatch(r"(?:UMBEL:)?([A-Z2-7]{56})(?:\.ONION)?", text)
    if not match:
        raise tlv.Malformed("not the text of an address")
    onion_pk = base64.b32decode(match[1].upper())[:32]
    if keys.onion_name(onion_pk) != match[1].lower():
        raise tlv.Malformed("checksum or version of an address")
    try:
        keys.check_onion(onion_pk)
    except keys.BadKey as error:
        raise tlv.Malformed("key of an address") from error
    return onion_pk


# Links.

def _psk(onion_pk: bytes) -> bytes:
    return keys.kdf(onion_pk, "umbel1.door")


def dial_setup(onion_pk: bytes) -> noise.Setup:
    return noise.Setup(b"umbel1 door" + onion_pk, _psk(onion_pk), None,
                       keys.onion_x25519_public(onion_pk), is_door=True)


def answer_setup(seed: bytes) -> noise.Setup:
    onion_pk = keys.onion_public(seed)
    return noise.Setup(b"umbel1 door" + onion_pk, _psk(onion_pk),
                       keys.onion_x25519_secret(seed), None, is_door=True)


# Stamps.

def work(handshake_hash: bytes, counter: int) -> int:
    digest = keys.blake2b(256, "umbel1.stamp",
                          handshake_hash + tlv.u(64, counter))
    return 256 - int.from_bytes(digest, "big").bit_length()


def stamp(handshake_hash: bytes, difficulty: int) -> int:
    """The first counter with enough work."""
    counter = 0
    while work(handshake_hash, counter) < difficulty:
        counter += 1
    return counter


# What waits for the user.

@kept
@dataclass
class Waiting:
    knock: Knock
    work: int


@kept
@dataclass
class Queue:
    lowest: int = 0  # the user's own difficulty
    highest: int = noise.MAX_DIFFICULTY  # the most that he allows
    waiting: list[Waiting] = field(default_factory=list)

    def _least(self) -> Waiting:
        return min(self.waiting, key=lambda one: one.work)

    def difficulty(self) -> int:
        """9.2.2"""
        if len(self.waiting) < MAX_WAITING:
            return self.lowest
        return min(max(self.lowest, self._least().work + 1), self.highest)

    def put(self, knock: Knock, done: int) -> bool:
        """9.1.7; whether it stays.  It is answered in any case."""
        if any(one.knock.invite == knock.invite for one in self.waiting):
            return True  # he got no answer, or not in time
        if len(self.waiting) == MAX_WAITING:
            least = self._least()
            if done <= least.work:
                return False
            self.waiting.remove(least)
        self.waiting.append(Waiting(knock, done))
        return True
