# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file is on the wire: its descriptor, its sealed chunks, their leaves
and the root (PROTOCOL 12.1).  Pure."""

import os
import re
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

import keys
import text
import tlv
from tlv import Malformed, between, exactly

MAX_SIZE = 64 * 2**30
MAX_CHUNKS = 16384
LOG2 = range(16, 23)
LEAF_BYTES = 32
TAG_BYTES = 16
LIFE_SECONDS = 30 * 86400
IMAGE, VOICE = 1, 2


class Wrong(Exception):
    """Not what was offered."""


@dataclass(frozen=True)
class Descriptor:
    fid: bytes
    size: int
    key: bytes
    log2: int
    root: bytes
    name: str
    kind: int = 0
    media: str = ""
    preview: bytes = b""
    pixels: bytes = b""
    duration: bytes = b""
    caption: str = ""
    life: int = LIFE_SECONDS

    _KNOWN = {2: exactly(16), 4: exactly(8), 6: exactly(32), 8: exactly(1),
              10: exactly(32), 12: between(1, 255),
              13: exactly(1, required=False), 15: between(1, 64, False),
              17: between(1, 5120, False), 19: exactly(4, required=False),
              21: exactly(4, required=False), 23: between(1, 2000, False),
              25: exactly(4, required=False)}

    @property
    def count(self) -> int:
        return -(-self.size // 2**self.log2)

    def length(self, index: int) -> int:
        """Of a chunk as it is sent."""
        last = self.size - (self.count - 1) * 2**self.log2
        plain = last if index == self.count - 1 else 2**self.log2
        return plain + TAG_BYTES

    def write(self) -> bytes:
        return tlv.write({
            2: self.fid, 4: tlv.u(64, self.size), 6: self.key,
            8: bytes([self.log2]), 10: self.root, 12: self.name.encode(),
            13: bytes([self.kind]) if self.kind else None,
            15: self.media.encode() or None, 17: self.preview or None,
            19: self.pixels or None, 21: self.duration or None,
            23: self.caption.encode() or None,
            25: None if self.life == LIFE_SECONDS else tlv.u(32, self.life)})

    @classmethod
    def read(cls, body: bytes) -> "Descriptor":
        f = tlv.read(body, cls._KNOWN)
        found = cls(
            f[2], tlv.number(f[4]), f[6], f[8][0], f[10], text.label(f[12]),
            tlv.number(f.get(13, b"")), f.get(15, b"").decode("latin-1"),
            f.get(17, b""), f.get(19, b""), f.get(21, b""),
            text.utf8(f.get(23, b"")),
            tlv.number(f[25]) if 25 in f else LIFE_SECONDS)
        if found.size > MAX_SIZE or found.log2 not in LOG2 \
                or found.count > MAX_CHUNKS:
            raise Malformed("size of a file or of its chunks")
        if not re.fullmatch("[ -~]*", found.media):
            raise Malformed("media type")
        return found


def _bound(d: Descriptor, index: int) -> tuple[bytes, bytes]:
    return (index.to_bytes(4, "little") + bytes(8),
            d.fid + tlv.u(32, index) + tlv.u(32, d.count))


def seal(d: Descriptor, index: int, plain: bytes) -> bytes:
    nonce, data = _bound(d, index)
    return ChaCha20Poly1305(d.key).encrypt(nonce, plain, data)


def unseal(d: Descriptor, index: int, sealed: bytes) -> bytes:
    nonce, data = _bound(d, index)
    try:
        return ChaCha20Poly1305(d.key).decrypt(nonce, sealed, data)
    except InvalidTag as error:
        raise Wrong("a chunk that does not open") from error


def leaf(index: int, sealed: bytes) -> bytes:
    return keys.blake2b(256, "umbel1.leaf", tlv.u(32, index) + sealed)


def root(d: Descriptor, manifest: bytes) -> bytes:
    return keys.blake2b(256, "umbel1.root", d.fid + tlv.u(64, d.size)
                        + bytes([d.log2]) + manifest)


@dataclass
class Offer:
    """A file of the own side, sealed."""

    descriptor: Descriptor
    chunks: list[bytes]
    manifest: bytes
    mid: bytes = b""
    is_live: bool = True
    is_paused: bool = False
    #: What the other said of it, by file states.
    said: list[int] = field(default_factory=list)


def make_offer(data: bytes, name: str, log2: int = 18, **more) -> Offer:
    """12.1.2: fid and key are fresh."""
    bare = Descriptor(os.urandom(16), len(data), os.urandom(32), log2,
                      bytes(32), name, **more)
    sealed = [seal(bare, i, data[i << log2:(i + 1) << log2])
              for i in range(bare.count)]
    manifest = b"".join(leaf(i, one) for i, one in enumerate(sealed))
    full = Descriptor(bare.fid, len(data), bare.key, log2,
                      root(bare, manifest), name, **more)
    return Offer(full, sealed, manifest)


@dataclass
class Fetch:
    """A file that the other side offers, as far as it is here."""

    descriptor: Descriptor
    mid: bytes
    #: offered, running, paused, whole, failed, ended
    state: str = "offered"
    manifest: bytes | None = None
    chunks: dict[int, bytes] = field(default_factory=dict)
    wrong: int = 0
    #: Chunks that are asked for; tests keep it from coming whole.
    most: int | None = None

    def accept(self) -> None:
        self.state = "running"
        if not self.descriptor.count:
            self.take_manifest(b"")

    def take_manifest(self, manifest: bytes) -> None:
        """12.4.5"""
        if root(self.descriptor, manifest) != self.descriptor.root:
            self._refuse("manifest")
        self.manifest = manifest
        self._look()

    def take(self, index: int, sealed: bytes) -> None:
        wanted = self.manifest[LEAF_BYTES * index:LEAF_BYTES * (index + 1)]
        if leaf(index, sealed) != wanted or not self._opens(index, sealed):
            self._refuse("chunk")
        self.chunks[index] = sealed
        self._look()

    def _opens(self, index: int, sealed: bytes) -> bool:
        try:
            unseal(self.descriptor, index, sealed)
        except Wrong:
            return False
        return True

    def _look(self) -> None:
        if self.manifest is not None and not self.lacks():
            self.state = "whole"

    def _refuse(self, what: str) -> None:
        """12.4.6: The second one fails the file."""
        self.wrong += 1
        if self.wrong == 2:
            self.state = "failed"
        raise Wrong(what)

    def lacks(self) -> list[int]:
        return [i for i in range(self.descriptor.count)
                if i not in self.chunks]

    def asks_for(self) -> list[int]:
        lacks = self.lacks()
        if self.most is None:
            return lacks
        return lacks[:max(0, self.most - len(self.chunks))]

    def content(self) -> bytes:
        return b"".join(unseal(self.descriptor, i, self.chunks[i])
                        for i in range(self.descriptor.count))
