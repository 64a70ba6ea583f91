#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/unit/codec_vectors.h from doc/PROTOCOL.md's definitions, with
Python's hashlib and Debian's python3-cryptography and python3-dissononce:

    /usr/bin/python3 codec_vectors.py | clang-format > ../codec_vectors.h
"""

import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
from cryptography.hazmat.primitives.serialization import (Encoding,
                                                          PublicFormat)
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


def fixed(name):
    return hashlib.blake2b(b"umbel vector " + name.encode(),
                           digest_size=32).digest()


def blake(label, data, size=32, key=b""):
    return hashlib.blake2b(data, digest_size=size, key=key,
                           person=label.encode().ljust(16, b"\0")).digest()


def kdf(key, label, data=b""):
    return blake(label, data, key=key)


def base32(data):
    return base64.b32encode(data).decode().rstrip("=").lower()


def raw(public):
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)


def x25519_public(secret):
    return raw(x25519.X25519PrivateKey.from_private_bytes(secret)
               .public_key())


def onion_public(seed):
    return raw(ed25519.Ed25519PrivateKey.from_private_bytes(seed)
               .public_key())


def onion_name(public):
    check = hashlib.sha3_256(b".onion checksum" + public + b"\3").digest()
    return base32(public + check[:2] + b"\3")


def onion_x25519(public):
    y = int.from_bytes(public, "little") & (2**255 - 1)
    return ((1 + y) * pow(1 - y, -1, P) % P).to_bytes(32, "little")


class FixedDH(X25519DH):
    """Its next key pair is always the same."""

    def __init__(self, ephemeral):
        super().__init__()
        self.ephemeral = ephemeral

    def generate_keypair(self, privatekey=None):
        return super().generate_keypair(privatekey or
                                        PrivateKey(self.ephemeral))


def noise_end(ephemeral):
    cipher = CipherState(ChaChaPolyCipher())
    return HandshakeState(SymmetricState(cipher, Blake2bHash()),
                          FixedDH(fixed(ephemeral)))


def handshake(base, prologue, own, responder, psk=None, tail=""):
    """Hash and records of a link: PROTOCOL 4.2, 4.3, 5.1."""
    pattern = PSKPatternModifier(0).modify(base())
    ends = noise_end("e initiator"), noise_end("e responder")
    key = X25519DH().generate_keypair(PrivateKey(responder))
    mine = own and X25519DH().generate_keypair(PrivateKey(own))
    ends[0].initialize(pattern, True, prologue, s=mine,
                       rs=PublicKey(x25519_public(responder)),
                       psks=[psk or fixed("psk")])
    ends[1].initialize(pattern, False, prologue, s=key,
                       rs=mine and mine.public, psks=[psk or fixed("psk")])
    payloads = (bytes.fromhex("0102010702080908070000000000"),
                bytes.fromhex("01010103088000000000000001" + tail))
    for i, payload in enumerate(payloads):
        out = bytearray()
        ciphers = ends[i].write_message(payload.ljust(438, b"\0"), out)
        assert len(out) == 486
        ends[1 - i].read_message(bytes(out), bytearray())
    # PING 7 in the first record, then nothing, up to a rekeyed one.
    digest = hashlib.sha3_256()
    for i in range(1030):
        plain = bytes.fromhex("02000400000007") if i == 0 else b""
        sealed = ciphers[0].encrypt_with_ad(b"", plain.ljust(470, b"\0"))
        digest.update((486).to_bytes(2, "big") + sealed)
        if i == 1023:
            ciphers[0].rekey()
            # dissononce 0.34 forgets to cut the tag off.
            ciphers[0].initialize_key(ciphers[0]._key[:32])
            ciphers[0].set_nonce(1024)
    return ends[0].symmetricstate.get_handshake_hash(), digest.digest()


def show(name, value):
    text = value if isinstance(value, str) else value.hex()
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    print(f"#define {name} " + " ".join(f'"{line}"' for line in lines))


def main():
    print("/* SPDX-License-Identifier: GPL-3.0-or-later\n *\n"
          " * codec_vectors - made by gen/codec_vectors.py.\n */")
    key = fixed("k")
    show("VEC_K", key)
    show("VEC_PSK_MAIN", kdf(key, "umbel1.main"))
    show("VEC_PSK_BULK", kdf(key, "umbel1.bulk"))
    show("VEC_PSK_RT", kdf(key, "umbel1.rt"))
    show("VEC_R_INVITER", fixed("r inviter"))
    show("VEC_R_INVITEE", fixed("r invitee"))
    show("VEC_K0", blake("umbel1.k0",
                         fixed("r inviter") + fixed("r invitee")))
    show("VEC_K_NEXT", kdf(key, "umbel1.rekey", (5).to_bytes(8, "big") +
                           fixed("r inviter") + fixed("r invitee")))

    one, two = sorted([fixed("static one"), fixed("static two")])
    show("VEC_STATIC_LOW", one)
    show("VEC_STATIC_HIGH", two)
    number = int.from_bytes(blake("umbel1.safety", one + two), "big")
    digits = f"{number % 10**60:060d}"
    show("VEC_SAFETY", " ".join(digits[i:i + 5] for i in range(0, 60, 5)))

    seed = fixed("onion seed")
    public = onion_public(seed)
    expanded = bytearray(hashlib.sha512(seed).digest())
    expanded[0] &= 248
    expanded[31] = expanded[31] & 63 | 64
    assert x25519_public(bytes(expanded[:32])) == onion_x25519(public)
    show("VEC_ONION_SEED", seed)
    show("VEC_ONION_PK", public)
    show("VEC_ONION_EXPANDED", bytes(expanded))
    show("VEC_ONION_NAME", onion_name(public))
    show("VEC_ONION_X25519", onion_x25519(public))

    for name in "s initiator", "s responder", "e initiator", "e responder":
        show("VEC_" + name.upper().replace(" ", "_"), fixed(name))
    show("VEC_PSK", fixed("psk"))
    digest, records = handshake(KKHandshakePattern,
                                b"umbel1" + b"\1" + public + b"\0",
                                fixed("s initiator"), fixed("s responder"))
    show("VEC_LINK_H", digest)
    show("VEC_LINK_RECORDS", records)
    digest, records = handshake(NKHandshakePattern, b"umbel1 inv" + public,
                                None, bytes(expanded[:32]))
    show("VEC_INVITE_H", digest)
    psk = kdf(public, "umbel1.door")
    digest, records = handshake(NKHandshakePattern, b"umbel1 door" + public,
                                None, bytes(expanded[:32]), psk, "05010c")
    show("VEC_DOOR_PSK", psk)
    show("VEC_DOOR_H", digest)
    show("VEC_DOOR_COUNTER", next(filter(
        lambda n: blake("umbel1.stamp", digest + n)[:2] == b"\0\0",
        (i.to_bytes(8, "big") for i in range(1 << 24)))))

    secret = fixed("invite secret")
    body = (b"\1\1" + (28333333).to_bytes(4, "big") + public + secret)
    invite = body + blake("umbel1.inv.chk", body)[:4]
    psk = kdf(secret, "umbel1.inv.psk")
    show("VEC_INVITE_SECRET", secret)
    show("VEC_INVITE", invite)
    show("VEC_INVITE_TEXT", "umbel:invite/" + base32(invite))
    show("VEC_INVITE_AUTH", kdf(secret, "umbel1.inv.auth"))
    show("VEC_INVITE_AUTH_PUB",
         x25519_public(kdf(secret, "umbel1.inv.auth")))
    show("VEC_INVITE_PSK", psk)
    show("VEC_INVITE_NONCE", fixed("nonce"))
    show("VEC_INVITE_CLAIM_PSK", kdf(psk, "umbel1.inv.claim",
                                     fixed("nonce")))

    digests = b"".join(hashlib.sha3_256(bytes(i % 256 for i in range(n)))
                       .digest() for n in range(300))
    show("VEC_SHA3_ALL", hashlib.sha3_256(digests).digest())

    mid, text = fixed("mid")[:16], "gr\u00fc\u00df dich".encode()
    before = fixed("chain")[:16]
    content = (b"\1\2\0\1" + b"\2\x10" + mid + b"\5" + bytes([len(text)])
               + text)
    chain = blake("umbel1.chain",
                  before + blake("umbel1.content", content), 16)
    show("VEC_MESSAGE_MID", mid)
    show("VEC_MESSAGE_BEFORE", before)
    show("VEC_MESSAGE_CHAIN", chain)
    show("VEC_MESSAGE", b"\1\2\0\1" + b"\2\x10" + mid + b"\3\x10" + chain
         + b"\4\4\0\0\0\x2a" + b"\5" + bytes([len(text)]) + text)


main()
