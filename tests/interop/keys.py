# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys: hashes and labels (PROTOCOL 2), X25519, onion keys and names (1.1)."""

import base64
import hashlib

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519

_RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P


class BadKey(Exception):
    """A public key that must be refused."""


def blake2b(bits: int, label: str, data: bytes, key: bytes = b"") -> bytes:
    return hashlib.blake2b(data, digest_size=bits // 8, key=key,
                           person=label.encode().ljust(16, b"\0")).digest()


def kdf(key: bytes, label: str, data: bytes = b"") -> bytes:
    return blake2b(256, label, data, key)


# X25519.

def x25519_public(secret: bytes) -> bytes:
    key = x25519.X25519PrivateKey.from_private_bytes(secret)
    return key.public_key().public_bytes(*_RAW)


def x25519_shared(secret: bytes, public: bytes) -> bytes:
    """1.1: A zero result is refused."""
    try:
        return x25519.X25519PrivateKey.from_private_bytes(secret).exchange(
            x25519.X25519PublicKey.from_public_bytes(public))
    except ValueError as error:
        raise BadKey("zero Diffie-Hellman result") from error


def check_x25519(public: bytes) -> None:
    """Any private key tells whether the result is zero."""
    x25519_shared(b"\x55" * 32, public)


# Onion keys.

def onion_public(seed: bytes) -> bytes:
    key = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    return key.public_key().public_bytes(*_RAW)


def onion_expanded(seed: bytes) -> bytes:
    """The 64 bytes that tor takes for a service's private key."""
    h = bytearray(hashlib.sha512(seed).digest())
    h[0] &= 248
    h[31] = h[31] & 63 | 64
    return bytes(h)


def onion_x25519_secret(seed: bytes) -> bytes:
    return onion_expanded(seed)[:32]


def onion_x25519_public(onion_pk: bytes) -> bytes:
    """RFC 7748 4.1: u = (1 + y) / (1 - y)"""
    y = int.from_bytes(onion_pk, "little") % 2**255
    return ((1 + y) * pow(1 - y, -1, _P) % _P).to_bytes(32, "little")


def onion_name(onion_pk: bytes) -> str:
    """Tor's rend-spec-v3: the 56 characters before ".onion"."""
    check = hashlib.sha3_256(b".onion checksum" + onion_pk + b"\3").digest()
    return base64.b32encode(onion_pk + check[:2] + b"\3").decode().lower()


_Point = tuple[int, int]
_NEUTRAL = (0, 1)


def _add(a: _Point, b: _Point) -> _Point:
    (x1, y1), (x2, y2) = a, b
    both = _D * x1 * x2 * y1 * y2
    return ((x1 * y2 + x2 * y1) * pow(1 + both, -1, _P) % _P,
            (y1 * y2 + x1 * x2) * pow(1 - both, -1, _P) % _P)


def _multiply(scalar: int, point: _Point) -> _Point:
    result = _NEUTRAL
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


def _decode_point(data: bytes) -> _Point:
    """RFC 8032 5.1.3, with canonical encodings alone."""
    sign, y = data[31] >> 7, int.from_bytes(data, "little") % 2**255
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if x * x % _P != square:
        x = x * pow(2, (_P - 1) // 4, _P) % _P
    if y >= _P or x * x % _P != square or (x == 0 and sign):
        raise BadKey("no canonical encoding of a point")
    return (_P - x if x & 1 != sign else x), y


def check_onion(onion_pk: bytes) -> None:
    """1.1: A point of the main subgroup; and not its neutral element, whose
    X25519 form gives zero."""
    point = _decode_point(onion_pk)
    if point == _NEUTRAL or _multiply(_L, point) != _NEUTRAL:
        raise BadKey("not in the main subgroup")


# What people compare.

def safety_number(one: bytes, other: bytes) -> str:
    low, high = sorted((one, other))
    n = int.from_bytes(blake2b(256, "umbel1.safety", low + high), "big")
    digits = f"{n % 10**60:060d}"
    return " ".join(digits[i:i + 5] for i in range(0, 60, 5))
