#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/unit/noise_vectors.h with Debian's python3-dissononce.

noise_vectors.go writes the same file with golang-github-flynn-noise-dev:

    /usr/bin/python3 noise_vectors.py > a
    GO111MODULE=off GOPATH=/usr/share/gocode go run noise_vectors.go > b
    cmp a b && clang-format < a > ../noise_vectors.h

Every key is the BLAKE2b-256 hash of a name, so nothing here is random.
"""

import hashlib

from dissononce.cipher.chachapoly import ChaChaPolyCipher
from dissononce.dh.x25519.private import PrivateKey
from dissononce.dh.x25519.x25519 import X25519DH
from dissononce.hash.blake2b import Blake2bHash
from dissononce.processing.handshakepatterns.interactive.KK import (
    KKHandshakePattern)
from dissononce.processing.handshakepatterns.interactive.NK import (
    NKHandshakePattern)
from dissononce.processing.handshakepatterns.oneway.K import KHandshakePattern
from dissononce.processing.impl.cipherstate import CipherState
from dissononce.processing.impl.handshakestate import HandshakeState
from dissononce.processing.impl.symmetricstate import SymmetricState
from dissononce.processing.modifiers.psk import PSKPatternModifier

PAYLOADS = [b"", b"second", b"after the handshake", bytes(470), b"x", b""]


def secret(name):
    return hashlib.blake2b(b"umbel vector " + name.encode(),
                           digest_size=32).digest()


class FixedDH(X25519DH):
    """Its next key pair is always the same."""

    def __init__(self, ephemeral):
        super().__init__()
        self.ephemeral = ephemeral

    def generate_keypair(self, privatekey=None):
        return super().generate_keypair(privatekey or
                                        PrivateKey(self.ephemeral))


def state(ephemeral):
    cipher = CipherState(ChaChaPolyCipher())
    return HandshakeState(SymmetricState(cipher, Blake2bHash()),
                          FixedDH(ephemeral))


def pair(name):
    return X25519DH().generate_keypair(PrivateKey(secret(name)))


def run(base, protocol):
    one_way = base is KHandshakePattern
    pattern = PSKPatternModifier(0).modify(base())
    prologue = b"umbel vector " + protocol.encode()
    keys = pair("s initiator"), pair("s responder")
    initiator, responder = state(secret("e initiator")), state(
        secret("e responder"))
    # A K in the first place: the initiator's static is known beforehand.
    knows_s = not protocol.startswith("N")
    initiator.initialize(pattern, True, prologue,
                         s=keys[0] if knows_s else None,
                         rs=keys[1].public, psks=[secret("psk")])
    responder.initialize(pattern, False, prologue, s=keys[1],
                         rs=keys[0].public if knows_s else None,
                         psks=[secret("psk")])
    messages, ciphers = [], None
    for i, payload in enumerate(PAYLOADS[:3] if one_way else PAYLOADS):
        out = bytearray()
        writer, reader = ((initiator, responder) if one_way or i % 2 == 0
                          else (responder, initiator))
        if ciphers is None:
            ciphers = writer.write_message(payload, out)
            reader.read_message(bytes(out), bytearray())
            digest = initiator.symmetricstate.get_handshake_hash()
        else:
            out = ciphers[0 if writer is initiator else 1].encrypt_with_ad(
                b"", payload)
        messages.append((payload, bytes(out)))
    show(protocol, prologue, digest, messages)


def field(name, value):
    print(f"\t.{name} =")
    text = value.hex()
    lines = [text[i:i + 60] for i in range(0, len(text), 60)] or [""]
    for line in lines[:-1]:
        print(f'\t    "{line}"')
    print(f'\t    "{lines[-1]}",')


def show(protocol, prologue, digest, messages):
    print(f'    {{\n\t.protocol = "Noise_{protocol}_25519_ChaChaPoly_BLAKE2b",')
    field("prologue", prologue)
    field("h", digest)
    for i, (payload, message) in enumerate(messages):
        field(f"messages[{i}].payload", payload)
        field(f"messages[{i}].bytes", message)
    print("    },")


def main():
    print("/* SPDX-License-Identifier: GPL-3.0-or-later\n *\n"
          " * noise_vectors - made by gen/noise_vectors.py and .go, which "
          "agree.\n */")
    for name in "s initiator", "s responder", "e initiator", "e responder":
        macro = "VECTOR_" + name.upper().replace(" ", "_")
        print(f'#define {macro} \\\n\t"{secret(name).hex()}"')
    print(f'#define VECTOR_PSK \\\n\t"{secret("psk").hex()}"\n')
    print("static const struct vector vectors[] = {")
    run(KKHandshakePattern, "KKpsk0")
    run(NKHandshakePattern, "NKpsk0")
    run(KHandshakePattern, "Kpsk0")
    print("};")


main()
