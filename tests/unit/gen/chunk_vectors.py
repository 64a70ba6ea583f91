#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/unit/chunk_vectors.h from section 12.1 of doc/PROTOCOL.md, with
Python's hashlib and Debian's python3-cryptography:

    /usr/bin/python3 chunk_vectors.py | clang-format > ../chunk_vectors.h

The file has 2 * 65536 + 5 bytes: byte k is k * 7 + (k >> 8), modulo 256.
"""

import hashlib

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

LOG2 = 16
SIZE = 2 * (1 << LOG2) + 5


def fixed(name):
    return hashlib.blake2b(b"umbel vector " + name.encode(),
                           digest_size=32).digest()


def blake(label, data):
    return hashlib.blake2b(data, digest_size=32,
                           person=label.encode().ljust(16, b"\0")).digest()


def show(name, value):
    print(f'#define {name} "{value.hex()}"')


def u32(n):
    return n.to_bytes(4, "big")


def main():
    fid, key = fixed("fid")[:16], fixed("file key")
    content = bytes((k * 7 + (k >> 8)) % 256 for k in range(SIZE))
    pieces = [content[at:at + (1 << LOG2)]
              for at in range(0, SIZE, 1 << LOG2)]
    n = len(pieces)
    sealed = [ChaCha20Poly1305(key).encrypt(
        i.to_bytes(4, "little") + bytes(8), piece, fid + u32(i) + u32(n))
        for i, piece in enumerate(pieces)]
    leaves = [blake("umbel1.leaf", u32(i) + c) for i, c in enumerate(sealed)]
    head = fid + SIZE.to_bytes(8, "big") + bytes([LOG2])
    empty = fid + bytes(8) + bytes([18])
    print("/* SPDX-License-Identifier: GPL-3.0-or-later\n *\n"
          " * chunk_vectors - made by gen/chunk_vectors.py.\n */")
    show("VEC_FID", fid)
    show("VEC_FILE_KEY", key)
    show("VEC_CHUNK_LAST", sealed[2])
    show("VEC_CHUNK_0_END", sealed[0][-32:])
    for i, leaf in enumerate(leaves):
        show(f"VEC_LEAF_{i}", leaf)
    show("VEC_ROOT", blake("umbel1.root", head + b"".join(leaves)))
    show("VEC_ROOT_EMPTY", blake("umbel1.root", empty))


main()
