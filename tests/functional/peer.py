# SPDX-License-Identifier: GPL-3.0-or-later
"""A peer that is no Umbel: doc/PROTOCOL.md in Python, for tests that say what
no Umbel would say.  It shares nothing with the daemon but that document.

    link = Link.to_invite(path, Invite(text))     path: what the service named
    link = Link.to_contact(path, pair)

The initiator's part only: a daemon under test is dialled, never dials.
"""

import base64
import contextlib
import hashlib
import os
import socket
import struct

import fake_tor
from dissononce.cipher.chachapoly import ChaChaPolyCipher
from dissononce.dh.x25519.private import PrivateKey
from dissononce.dh.x25519.public import PublicKey
from dissononce.dh.x25519.x25519 import X25519DH
from dissononce.hash.blake2b import Blake2bHash
from dissononce.processing.handshakepatterns.interactive.KK import (
    KKHandshakePattern)
from dissononce.processing.handshakepatterns.interactive.NK import (
    NKHandshakePattern)
from dissononce.processing.impl.cipherstate import CipherState
from dissononce.processing.impl.handshakestate import HandshakeState
from dissononce.processing.impl.symmetricstate import SymmetricState
from dissononce.processing.modifiers.psk import PSKPatternModifier

P = 2**255 - 19
OPENING_BYTES = 488
PLAIN_BYTES = (470, 958, 1934, 3886, 7790, 15598)
REKEY_COUNT = 1024
MAIN = b"\1"

(HELLO, PING, PONG, CLOSE, MSG, ACK) = (1, 2, 3, 4, 0x10, 0x11)
(CLAIM, CLAIM_OK, CARD, CARD_OK, PAIRED) = range(0x18, 0x1d)
(KNOCK, KNOCK_OK) = (0x1d, 0x1e)


class Closed(Exception):
    """The other side ended the link."""


# Encoding: 1.2, 5.2

def bigsize(number):
    if number < 0xfd:
        return bytes([number])
    if number < 0x10000:
        return b"\xfd" + struct.pack(">H", number)
    if number < 0x100000000:
        return b"\xfe" + struct.pack(">I", number)
    return b"\xff" + struct.pack(">Q", number)


def tlv(fields):
    """fields: {type: value}, or a list of pairs that is taken as it is."""
    pairs = sorted(fields.items()) if isinstance(fields, dict) else fields
    return b"".join(bigsize(t) + bigsize(len(v)) + v for t, v in pairs)


def read_tlv(data):
    """Of what a daemon said: always well formed, no field above 0xffff."""
    fields, at = {}, 0

    def number():
        nonlocal at
        at += 1
        if data[at - 1] < 0xfd:
            return data[at - 1]
        assert data[at - 1] == 0xfd
        at += 2
        return int.from_bytes(data[at - 2:at], "big")

    while at < len(data) and data[at]:
        kind, size = number(), number()
        fields[kind] = data[at:at + size]
        at += size
    return fields


def u64(number):
    return struct.pack(">Q", number)


def frame(kind, body=b""):
    return struct.pack(">BH", kind, len(body)) + body


def read_frames(plain):
    frames, at = [], 0
    while at < len(plain) and plain[at]:
        kind, size = struct.unpack_from(">BH", plain, at)
        frames.append((kind, plain[at + 3:at + 3 + size]))
        at += 3 + size
    assert not any(plain[at:])
    return frames


# Keys: 1.1, 2

def blake(label, data, size=32, key=b""):
    return hashlib.blake2b(data, digest_size=size, key=key,
                           person=label.encode().ljust(16, b"\0")).digest()


def kdf(key, label, data=b""):
    return blake(label, data, key=key)


def onion_public(seed):
    return fake_tor._sodium_point("crypto_scalarmult_ed25519_base_noclamp",
                                  fake_tor.expand(seed)[:32])


def onion_name(public):
    check = hashlib.sha3_256(b".onion checksum" + public + b"\3").digest()
    return base64.b32encode(public + check[:2] + b"\3").decode().lower()


def onion_x25519(public):
    y = int.from_bytes(public, "little") & (2**255 - 1)
    return ((1 + y) * pow(1 - y, -1, P) % P).to_bytes(32, "little")


class Invite:
    """3.1, 3.2"""

    def __init__(self, text):
        digits = text[text.index("umbel:invite/") + 13:].upper()
        raw = base64.b32decode(digits + "=" * (-len(digits) % 8))
        assert len(raw) == 74 and raw[0] == 1
        self.onion, secret = raw[6:38], raw[38:70]
        self.psk = kdf(secret, "umbel1.inv.psk")

    def claimed(self, nonce):
        return kdf(self.psk, "umbel1.inv.claim", nonce)


class Pair:
    """What an invitee knows of a contact: 6.3, 8."""

    def __init__(self):
        self.static, self.seed, self.auth, self.r, self.nonce = (
            os.urandom(32) for _ in range(5))
        self.peer_static = self.cell = self.psk = None

    def card(self, name="mallory"):
        public = fake_tor.x25519_public
        return tlv({1: public(self.static), 2: public(self.auth),
                    3: onion_public(self.seed), 4: self.r, 5: bytes(8),
                    9: name.encode()})

    def claim(self, **card):
        return tlv({1: self.nonce, 2: self.card(**card)})

    def take_card(self, body):
        card = read_tlv(body)
        self.peer_static, self.cell = card[1], card[3]
        k0 = blake("umbel1.k0", card[4] + self.r)
        self.psk = kdf(k0, "umbel1.main")

    def use(self, path, invite, **card):
        """The whole exchange; the other side's CARD."""
        with Link.to_invite(path, invite) as link:
            link.send(hello())
            link.send(frame(CLAIM, self.claim(**card)))
            assert link.read() == (CLAIM_OK, b"")
            body = link.read_until(CARD)
            self.take_card(body)
            link.send(frame(CARD_OK))
            assert link.is_ended()
        return body


# Messages: 6.1, 6.2

def record(mid, before, body=b"", kind=1, age=0, more=()):
    """A message that follows the chain value before; with its own chain."""
    tail = [(5, body), *more]
    content = tlv([(1, struct.pack(">H", kind)), (2, mid), *tail])
    chain = blake("umbel1.chain", before + blake("umbel1.content", content),
                  16)
    return chain, tlv([(1, struct.pack(">H", kind)), (2, mid), (3, chain),
                       (4, struct.pack(">I", age)), *tail])


def hello(next_seq=1, chain=bytes(16), **more):
    fields = {1: bytes(8), 2: u64(next_seq), 7: chain}
    fields.update({int(t[1:]): v for t, v in more.items()})
    return frame(HELLO, tlv(fields))


def ack(next_seq, chain, ranges=b""):
    return frame(ACK, u64(next_seq) + chain + ranges)


# Doors: 9

def make_invite(onion, secret, expiry_min, flags=4):
    """74 bytes; of a service that somebody may or may not have."""
    body = struct.pack(">BBI", 1, flags, expiry_min) + onion + secret
    return body + blake("umbel1.inv.chk", body)[:4]


def work_of(h, counter):
    digest = int.from_bytes(blake("umbel1.stamp", h + u64(counter)), "big")
    return 256 - digest.bit_length()


def find_counter(h, bits):
    counter = 0
    while work_of(h, counter) < bits:
        counter += 1
    return counter


# Links: 4, 5.1

class Side:
    """A CipherState that rekeys by itself."""

    def __init__(self, cipher):
        self.cipher = cipher
        self.count = 0

    def seal(self, plain):
        return self._counted(self.cipher.encrypt_with_ad(b"", plain))

    def open(self, sealed):
        return self._counted(self.cipher.decrypt_with_ad(b"", sealed))

    def _counted(self, result):
        self.count += 1
        if self.count % REKEY_COUNT == 0:
            self.cipher.rekey()
            # dissononce 0.34 forgets to cut the tag off, and the nonce.
            self.cipher.initialize_key(self.cipher._key[:32])
            self.cipher.set_nonce(self.count)
        return result


def connect(path, timeout=60):
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(str(path))  # waits where the backlog is full
    sock.settimeout(timeout)
    return sock


def read_exactly(sock, count):
    data = b""
    while len(data) < count:
        try:
            more = sock.recv(count - len(data))
        except ConnectionResetError:
            more = b""
        if not more:
            raise Closed(data)
        data += more
    return data


class Link:
    def __init__(self, sock, base, prologue, psk, static, peer,
                 versions=b"\1", filler=b"\0"):
        self.sock = sock
        self.noise = HandshakeState(
            SymmetricState(CipherState(ChaChaPolyCipher()), Blake2bHash()),
            X25519DH())
        own = static and X25519DH().generate_keypair(PrivateKey(static))
        self.noise.initialize(PSKPatternModifier(0).modify(base()), True,
                              prologue, s=own, rs=PublicKey(peer), psks=[psk])
        payload = tlv({1: versions, 2: os.urandom(8)})
        out = bytearray()
        self.noise.write_message(payload.ljust(438, filler), out)
        self.opening = struct.pack(">H", len(out)) + bytes(out)
        self.tx = self.rx = self.difficulty = self.h = None
        self.frames = []

    @classmethod
    def for_invite(cls, sock, invite, psk=None, **more):
        return cls(sock, NKHandshakePattern, b"umbel1 inv" + invite.onion,
                   psk or invite.psk, None, onion_x25519(invite.onion),
                   **more)

    @classmethod
    def for_door(cls, sock, onion, **more):
        return cls(sock, NKHandshakePattern, b"umbel1 door" + onion,
                   kdf(onion, "umbel1.door"), None, onion_x25519(onion),
                   **more)

    @classmethod
    def for_contact(cls, sock, pair, psk=None, klass=MAIN, **more):
        return cls(sock, KKHandshakePattern,
                   b"umbel1" + klass + pair.cell + b"\0", psk or pair.psk,
                   pair.static, pair.peer_static, **more)

    @classmethod
    def to_invite(cls, path, invite, **more):
        return cls.for_invite(connect(path), invite, **more).open()

    @classmethod
    def to_contact(cls, path, pair, **more):
        return cls.for_contact(connect(path), pair, **more).open()

    def open(self):
        self.sock.sendall(self.opening)
        answer = read_exactly(self.sock, OPENING_BYTES)
        assert answer[:2] == b"\x01\xe6"
        payload = bytearray()
        ciphers = self.noise.read_message(answer[2:], payload)
        said = read_tlv(bytes(payload))
        assert said[1] == b"\1" and len(said[3]) == 8
        self.difficulty = said[5][0] if 5 in said else None
        self.h = self.noise.symmetricstate.get_handshake_hash()
        self.tx, self.rx = map(Side, ciphers)
        return self

    def send_plain(self, plain):
        """A record with exactly this plaintext, whatever its size."""
        sealed = self.tx.seal(plain)
        self.send_raw(struct.pack(">H", len(sealed) & 0xffff) + sealed)

    def send_raw(self, data):
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Closed from error

    def send(self, *frames):
        data = b"".join(frames)
        size = next(n for n in PLAIN_BYTES if n >= len(data))
        self.send_plain(data.ljust(size, b"\0"))

    def read_record(self):
        """The frames of the next record."""
        head = read_exactly(self.sock, 2)
        sealed = read_exactly(self.sock, int.from_bytes(head, "big"))
        plain = self.rx.open(sealed)
        assert len(plain) in PLAIN_BYTES
        return read_frames(plain)

    def read(self):
        """(type, body) of the next frame."""
        while not self.frames:
            self.frames = self.read_record()
        return self.frames.pop(0)

    def read_until(self, kind, accept=lambda body: True):
        """The body of the next such frame; those before it are skipped."""
        while True:
            got, body = self.read()
            if got == kind and accept(body):
                return body

    def is_ended(self):
        """Waits until the other side hangs up; False if it only goes on."""
        try:
            while True:
                self.read()
        except Closed:
            return True
        except TimeoutError:
            return False

    def close(self):
        with contextlib.suppress(OSError):
            self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.close()


def service_path(folder, onion):
    """Where the fake network of a Place leads to."""
    entry = fake_tor.Registry(folder / "net").find(onion_name(onion))
    return entry["ports"]["1"][len("unix:"):] if entry else None


def services(folder):
    """All of a Place's fake network."""
    return fake_tor.Registry(folder / "net").all()
