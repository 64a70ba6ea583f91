# SPDX-License-Identifier: GPL-3.0-or-later
"""TLV streams, PROTOCOL 1.2: numbers, fields, and what a reader refuses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

MAX_FIELDS = 64


class Malformed(Exception):
    """Bytes from outside that break a rule of their encoding."""


@dataclass(frozen=True)
class Field:
    """What a reader knows of one type: which lengths, and if it must come."""

    fits: Callable[[int], bool]
    required: bool = True


def exactly(*sizes: int, required: bool = True) -> Field:
    return Field(lambda n: n in sizes, required)


def between(low: int, high: int, required: bool = True) -> Field:
    return Field(lambda n: low <= n <= high, required)


def u(bits: int, value: int) -> bytes:
    return value.to_bytes(bits // 8, "big")


def number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def write_bigsize(value: int) -> bytes:
    if value < 0xFD:
        return bytes([value])
    if value < 0x10000:
        return b"\xfd" + u(16, value)
    if value < 0x100000000:
        return b"\xfe" + u(32, value)
    return b"\xff" + u(64, value)


def read_bigsize(data: bytes, at: int) -> tuple[int, int]:
    """(value, where it ends)"""
    first = data[at:at + 1]
    if not first:
        raise Malformed("no number")
    size = {0xFD: 2, 0xFE: 4, 0xFF: 8}.get(first[0], 0)
    end = at + 1 + size
    if end > len(data):
        raise Malformed("half a number")
    value = number(data[at + 1:end]) if size else first[0]
    if write_bigsize(value) != data[at:end]:
        raise Malformed("a number that is not in its shortest form")
    return value, end


def write(fields: Mapping[int, bytes | None]) -> bytes:
    """The fields in order of type; None stands for one that is absent."""
    return b"".join(
        write_bigsize(kind) + write_bigsize(len(value)) + value
        for kind, value in sorted(fields.items()) if value is not None)


def split(data: bytes, padded: bool = False) -> dict[int, bytes]:
    """Any stream's fields.  padded: zeros may follow it to the end."""
    fields: dict[int, bytes] = {}
    at = last = 0
    while at < len(data):
        if padded and data[at] == 0:
            if any(data[at:]):
                raise Malformed("padding that is not zero")
            break
        kind, at = read_bigsize(data, at)
        size, at = read_bigsize(data, at)
        if kind <= last:
            raise Malformed(f"type {kind} after {last}")
        if size > len(data) - at:
            raise Malformed("half a field")
        if len(fields) == MAX_FIELDS:
            raise Malformed("too many fields")
        fields[kind], at, last = data[at:at + size], at + size, kind
    return fields


def check(fields: Mapping[int, bytes], known: Mapping[int, Field],
          any_type: bool = False) -> dict[int, bytes]:
    """Only the known fields.  any_type: unknown even types do not matter."""
    for kind, value in fields.items():
        if kind not in known:
            if kind % 2 == 0 and not any_type:
                raise Malformed(f"unknown type {kind}")
        elif not known[kind].fits(len(value)):
            raise Malformed(f"type {kind} with {len(value)} bytes")
    for kind, field in known.items():
        if field.required and kind not in fields:
            raise Malformed(f"no type {kind}")
    return {kind: fields[kind] for kind in fields if kind in known}


def read(data: bytes, known: Mapping[int, Field],
         padded: bool = False) -> dict[int, bytes]:
    return check(split(data, padded), known)
