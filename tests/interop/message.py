# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages: the record TLV, its kinds, and the chain (PROTOCOL 6.1, 6.2)."""

import os
from dataclasses import dataclass
from enum import IntEnum

import keys
import text
import tlv
from chunks import Descriptor
from tlv import Malformed, between, exactly

MAX_BYTES = 15500
KIND, MID, CHAIN, AGE, BODY, REF, TTL, REPLY = 1, 2, 3, 4, 5, 6, 7, 9
EMOJI, STATE, INVITE, NAME, SEED, STATUS = 10, 11, 12, 13, 14, 15
MIN_TTL, MAX_TTL = 5, 366 * 86400


class FileState(IntEnum):
    """12.2; other codes have no effect."""

    UNWANTED = 1
    WITHDRAWN = 2
    RECEIVED = 3
    FAILED = 4


class Kind(IntEnum):
    TEXT = 1
    EDIT = 2
    DELETE = 3
    REACTION = 4
    READ = 5
    FILE = 6
    FILE_STATE = 7
    TIMER = 8
    PROFILE = 9
    INTRODUCTION = 10
    WITHDRAWN = 14


#: What is not shown itself.
SILENT = {Kind.EDIT, Kind.DELETE, Kind.REACTION, Kind.READ, Kind.FILE_STATE,
          Kind.PROFILE}
_HEAD = {KIND: exactly(2), MID: exactly(16), CHAIN: exactly(16),
         AGE: exactly(4)}
_TEXT, _ID = between(1, 8192), exactly(16)
_OPTIONAL = {TTL: exactly(4, required=False),
             REPLY: exactly(16, required=False)}
_FIELDS = {
    Kind.TEXT: {BODY: _TEXT, **_OPTIONAL},
    Kind.EDIT: {REF: _ID, BODY: _TEXT},
    Kind.DELETE: {REF: _ID},
    Kind.REACTION: {REF: _ID, EMOJI: between(1, 32, required=False)},
    Kind.READ: {REF: _ID},
    Kind.FILE: {BODY: between(1, 8192), **_OPTIONAL},
    Kind.FILE_STATE: {REF: _ID, STATE: exactly(1)},
    Kind.TIMER: {TTL: exactly(4)},
    Kind.PROFILE: {NAME: between(1, 64, required=False),
                   STATUS: between(1, 200, required=False)},
    Kind.INTRODUCTION: {INVITE: exactly(74), NAME: between(1, 64),
                        SEED: exactly(32, required=False)},
    Kind.WITHDRAWN: {BODY: exactly(32)},
}


def _check_values(kind: int, f: dict[int, bytes]) -> None:
    if kind in (Kind.TEXT, Kind.EDIT):
        text.utf8(f[BODY])
    if kind == Kind.FILE:
        Descriptor.read(f[BODY])
    for one in (EMOJI, NAME, STATUS):
        if one in f:
            text.label(f[one])
    ttl = tlv.number(f.get(TTL, b""))
    if ttl and not MIN_TTL <= ttl <= MAX_TTL:
        raise Malformed("time to live")


@dataclass(frozen=True)
class Record:
    """A message.  fields: all but the chain and the age."""

    fields: dict[int, bytes]
    chain: bytes = bytes(16)
    age: int = 0

    @property
    def kind(self) -> int:
        return tlv.number(self.fields[KIND])

    @property
    def mid(self) -> bytes:
        return self.fields[MID]

    def content_hash(self) -> bytes:
        """6.2; field order and number forms have one spelling only, so that
        writing again gives what was encoded."""
        if self.kind == Kind.WITHDRAWN:
            return self.fields[BODY]
        return keys.blake2b(256, "umbel1.content", tlv.write(self.fields))

    def chain_after(self, before: bytes) -> bytes:
        return keys.blake2b(128, "umbel1.chain", before + self.content_hash())

    def write(self) -> bytes:
        return tlv.write({**self.fields, CHAIN: self.chain,
                          AGE: tlv.u(32, self.age)})

    @classmethod
    def read(cls, data: bytes) -> "Record":
        if len(data) > MAX_BYTES:
            raise Malformed("size of a message")
        f = tlv.split(data)
        kind = tlv.number(tlv.check(f, _HEAD, any_type=True)[KIND])
        if kind in _FIELDS:
            _check_listed(kind, f)
            _check_values(kind, f)
        content = {k: v for k, v in f.items() if k not in (CHAIN, AGE)}
        return cls(content, f[CHAIN], tlv.number(f[AGE]))


def _check_listed(kind: int, f: dict[int, bytes]) -> None:
    """6.1.3: Every field that the kind requires, and none that it does not
    list; odd types above 15 are skipped."""
    known = {**_HEAD, **_FIELDS[Kind(kind)]}
    for one in f:
        if one not in known and (one <= 15 or one % 2 == 0):
            raise Malformed(f"kind {kind} with a field {one}")
    tlv.check(f, known)


# What can be said.

def compose(kind: int, fields: dict[int, bytes | None]) -> Record:
    """A fresh message; None stands for a field that is absent."""
    given = {k: v for k, v in fields.items() if v is not None}
    return Record({KIND: tlv.u(16, kind), MID: os.urandom(16), **given})


def new_text(body: str, reply_to: bytes | None = None, ttl: int = 0) -> Record:
    return compose(Kind.TEXT, {BODY: body.encode(), REPLY: reply_to,
                               TTL: tlv.u(32, ttl) if ttl else None})


def edit(ref: bytes, body: str) -> Record:
    return compose(Kind.EDIT, {REF: ref, BODY: body.encode()})


def delete(ref: bytes) -> Record:
    return compose(Kind.DELETE, {REF: ref})


def react(ref: bytes, emoji: str = "") -> Record:
    return compose(Kind.REACTION, {REF: ref, EMOJI: emoji.encode() or None})


def read_up_to(ref: bytes) -> Record:
    return compose(Kind.READ, {REF: ref})


def offer(descriptor: Descriptor) -> Record:
    return compose(Kind.FILE, {BODY: descriptor.write()})


def file_state(ref: bytes, state: int) -> Record:
    return compose(Kind.FILE_STATE, {REF: ref, STATE: bytes([state])})


def timer(ttl: int) -> Record:
    return compose(Kind.TIMER, {TTL: tlv.u(32, ttl)})


def profile(name: str = "", status: str = "") -> Record:
    return compose(Kind.PROFILE, {NAME: name.encode() or None,
                                  STATUS: status.encode() or None})


def introduce(parts: bytes, name: str, seed: bytes | None = None) -> Record:
    return compose(Kind.INTRODUCTION,
                   {INVITE: parts, NAME: name.encode(), SEED: seed})


def withdraw(record: Record) -> Record:
    """6.2: What goes under a message's number instead of it."""
    return compose(Kind.WITHDRAWN, {BODY: record.content_hash()})
