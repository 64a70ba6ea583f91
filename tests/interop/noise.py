# SPDX-License-Identifier: GPL-3.0-or-later
"""The handshake of a link, PROTOCOL 4: one message each way."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from dissononce.cipher.chachapoly import ChaChaPolyCipher
from dissononce.dh.keypair import KeyPair
from dissononce.dh.private import PrivateKey
from dissononce.dh.public import PublicKey
from dissononce.dh.x25519.x25519 import X25519DH
from dissononce.exceptions.decrypt import DecryptFailedException
from dissononce.hash.blake2b import Blake2bHash
from dissononce.processing.handshakepatterns.interactive.KK import \
    KKHandshakePattern
from dissononce.processing.handshakepatterns.interactive.NK import \
    NKHandshakePattern
from dissononce.processing.impl.cipherstate import CipherState
from dissononce.processing.impl.handshakestate import HandshakeState
from dissononce.processing.impl.symmetricstate import SymmetricState
from dissononce.processing.modifiers.psk import PSKPatternModifier

import keys
import tlv

VERSION = 1
MESSAGE_BYTES = 488
PAYLOAD_BYTES = 438
MAX_TRIALS = 6
REKEY_RECORDS = 1024
MAIN, BULK, RT = 1, 2, 3
CLASS_LABELS = {MAIN: "umbel1.main", BULK: "umbel1.bulk", RT: "umbel1.rt"}

_OFFER = {1: tlv.between(1, 8), 2: tlv.exactly(8)}
_ANSWER = {1: tlv.exactly(1), 3: tlv.exactly(8)}
_DOOR_ANSWER = {**_ANSWER, 5: tlv.exactly(1)}
MAX_DIFFICULTY = 32


class Refused(Exception):
    """A handshake message that is not accepted."""


class Unknown(Refused):
    """A first message that none of the keys opens."""


class NotOpened(tlv.Malformed):
    """A record that does not open."""


class _Cipher(ChaChaPolyCipher):
    def rekey(self, key):
        """Noise 4.2; the library forgets to cut off the tag."""
        return super().rekey(key)[:32]


class Direction:
    """One CipherState of a link that is open."""

    def __init__(self, state: CipherState):
        self._state = state
        self._count = 0

    def _next(self) -> None:
        """5.1.3: A new key after each 1024 records; the nonce goes on."""
        self._count += 1
        if self._count % REKEY_RECORDS == 0:
            self._state.rekey()
            self._state.set_nonce(self._count)

    def seal(self, plaintext: bytes) -> bytes:
        sealed = self._state.encrypt_with_ad(b"", plaintext)
        self._next()
        return sealed

    def open(self, ciphertext: bytes) -> bytes:
        try:
            opened = self._state.decrypt_with_ad(b"", ciphertext)
        except DecryptFailedException as error:
            raise NotOpened("a record that does not open") from error
        self._next()
        return opened


@dataclass
class Secured:
    """What a finished handshake leaves."""

    send: Direction
    receive: Direction
    hash: bytes
    features: int
    difficulty: int = 0


@dataclass(frozen=True)
class Setup:
    """All that both ends of a handshake must agree on beforehand, seen from
    one of them.  secret: the own static; without one, the pattern is NK."""

    prologue: bytes
    psk: bytes
    secret: bytes | None
    peer: bytes | None
    is_door: bool = False

    def begin(self, initiator: bool) -> HandshakeState:
        pattern = KKHandshakePattern() if self.secret and self.peer \
            else NKHandshakePattern()
        state = HandshakeState(
            SymmetricState(CipherState(_Cipher()), Blake2bHash()), X25519DH())
        state.initialize(
            PSKPatternModifier(0).modify(pattern), initiator, self.prologue,
            s=self.secret and KeyPair(
                PublicKey(32, keys.x25519_public(self.secret)),
                PrivateKey(self.secret)),
            rs=self.peer and PublicKey(32, self.peer), psks=[self.psk])
        return state


def contact_psk(k: bytes, link_class: int) -> bytes:
    return keys.kdf(k, CLASS_LABELS[link_class])


def contact_setup(k: bytes, link_class: int, responder_onion: bytes,
                  secret: bytes, peer: bytes) -> Setup:
    """4.1, 4.2.3: Between contacts."""
    prologue = b"umbel1" + bytes([link_class]) + responder_onion + b"\0"
    return Setup(prologue, contact_psk(k, link_class), secret, peer)


def _write(state: HandshakeState, fields: dict[int, bytes]):
    message = bytearray()
    ciphers = state.write_message(
        tlv.write(fields).ljust(PAYLOAD_BYTES, b"\0"), message)
    return tlv.u(16, len(message)) + bytes(message), ciphers


def _read(state: HandshakeState, message: bytes, known):
    if len(message) != MESSAGE_BYTES or tlv.number(message[:2]) != 486:
        raise Refused("length")
    payload = bytearray()
    try:
        ciphers = state.read_message(message[2:], payload)
    except (DecryptFailedException, ValueError) as error:
        raise Unknown(str(error)) from error
    try:
        return tlv.read(bytes(payload), known, padded=True), ciphers
    except tlv.Malformed as error:
        raise Refused(str(error)) from error


class Initiator:
    def __init__(self, setup: Setup):
        self._setup = setup
        self._state = setup.begin(True)
        self.message, _ = _write(
            self._state, {1: bytes([VERSION]), 2: os.urandom(8)})

    def finish(self, answer: bytes) -> Secured:
        known = _DOOR_ANSWER if self._setup.is_door else _ANSWER
        fields, (mine, theirs) = _read(self._state, answer, known)
        if fields[1] != bytes([VERSION]):
            raise Refused("a version that was not offered")
        difficulty = tlv.number(fields.get(5, b""))
        if difficulty > MAX_DIFFICULTY:
            raise Refused("difficulty")
        return Secured(Direction(mine), Direction(theirs),
                       self._state.symmetricstate.get_handshake_hash(),
                       tlv.number(fields[3]), difficulty)


def respond(message: bytes, trials: Sequence[Setup],
            difficulty: int = 0) -> tuple[Setup, bytes, Secured]:
    """(which of the trials it is, answer, keys).  difficulty: a door's."""
    for setup in trials[:MAX_TRIALS]:
        state = setup.begin(False)
        try:
            fields, _ = _read(state, message, _OFFER)
        except Unknown:
            continue
        versions = list(fields[1])
        if versions != sorted(set(versions)) or 0 in versions \
                or VERSION not in versions:
            raise Refused("versions")
        said = {1: bytes([VERSION]), 3: tlv.u(64, 0)}
        if setup.is_door:
            said[5] = bytes([difficulty])
        answer, (theirs, mine) = _write(state, said)
        return setup, answer, Secured(
            Direction(mine), Direction(theirs),
            state.symmetricstate.get_handshake_hash(), 0, difficulty)
    raise Unknown("no trial opens it")
