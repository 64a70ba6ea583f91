# SPDX-License-Identifier: GPL-3.0-or-later
"""What messages do to each other: edits, deletions, reactions, what was read,
what disappears (PROTOCOL 6.5).  Pure: the time is an argument.

A message says of itself how old it is; that, and not when it came, is what
the limit of 7 days is about.
"""

from dataclasses import dataclass, field

import message
import tlv
from durable import kept
from message import Kind, Record

MAX_AGE_SECONDS = 7 * 86400
PARKED_SECONDS = 30 * 86400
MAX_PARKED = 1000


@kept
@dataclass
class Item:
    """A message as it is shown, or the mark that there was one."""

    mid: bytes
    kind: int
    mine: bool
    composed: float
    text: str = ""
    ttl: int = 0
    reply_to: bytes | None = None
    edited: bool = False
    deleted: bool = False
    acknowledged: bool = False
    read: bool = False
    wipe_at: float | None = None
    #: Whether it is mine, and the emoji.
    reactions: dict[bool, str] = field(default_factory=dict)
    #: 6.1.2: Of a kind that is not known, and of an introduction.
    fields: dict[int, bytes] = field(default_factory=dict)


@kept
@dataclass
class Parked:
    """What refers to a message that is not there (yet)."""

    content: dict[int, bytes]
    mine: bool
    composed: float
    since: float

    @property
    def record(self) -> Record:
        return Record(self.content)

    @property
    def ref(self) -> bytes:
        return self.content[message.REF]


@kept
@dataclass
class Conversation:
    items: list[Item] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    ttl: int = 0
    #: What the other says of himself; empty if he never did.
    name: str = ""
    status: str = ""

    def find(self, mid: bytes) -> Item | None:
        return next((one for one in self.items if one.mid == mid), None)

    def add(self, record: Record, mine: bool, now: float) -> None:
        """A message of either side, in its order."""
        match record.kind:
            case Kind.EDIT | Kind.DELETE | Kind.REACTION:
                self._refer(Parked(record.fields, mine, now - record.age, now))
            case Kind.READ:
                self._read(record.fields[message.REF], mine, now)
            case Kind.PROFILE:
                if not mine:
                    self._describe(record.fields)
            case Kind.FILE_STATE | Kind.WITHDRAWN:
                pass
            case _:
                self._show(record, mine, now)

    # What is shown.

    def _show(self, record: Record, mine: bool, now: float) -> None:
        f = record.fields
        item = Item(record.mid, record.kind, mine, now - record.age)
        self.items.append(item)
        ttl = tlv.number(f.get(message.TTL, b""))
        match record.kind:
            case Kind.TEXT:
                item.text = f[message.BODY].decode()
                item.ttl, item.reply_to = ttl, f.get(message.REPLY)
            case Kind.TIMER:
                self.ttl = ttl
            case _:
                item.fields = f
        waiting = [one for one in self.parked if one.ref == record.mid]
        self.parked = [one for one in self.parked if one not in waiting]
        for one in waiting:
            if now - one.since < PARKED_SECONDS:
                self._refer(one)

    def _describe(self, f: dict[int, bytes]) -> None:
        self.name = f.get(message.NAME, b"").decode()
        self.status = f.get(message.STATUS, b"").decode()

    # What refers to something that is shown.

    def _refer(self, what: Parked) -> None:
        item, kind = self.find(what.ref), what.record.kind
        if not item:
            self._park(what)
        elif kind == Kind.REACTION:
            self._react(item, what)
        elif (item.mine == what.mine and not item.deleted
              and what.composed - item.composed <= MAX_AGE_SECONDS):
            if kind == Kind.DELETE:
                self._delete(item)
            elif item.kind == Kind.TEXT:
                item.text = what.content[message.BODY].decode()
                item.edited = True

    def _park(self, what: Parked) -> None:
        """6.5.5; the oldest makes room."""
        fresh = [one for one in self.parked
                 if what.since - one.since < PARKED_SECONDS]
        self.parked = [*fresh, what][-MAX_PARKED:]

    @staticmethod
    def _react(item: Item, what: Parked) -> None:
        emoji = what.content.get(message.EMOJI, b"").decode()
        item.reactions.pop(what.mine, None)
        if emoji and not item.deleted:
            item.reactions[what.mine] = emoji

    @staticmethod
    def _delete(item: Item) -> None:
        """6.5.10: A mark stays."""
        item.deleted = True
        item.text, item.reply_to = "", None
        item.reactions, item.fields = {}, {}

    # Reading, and what follows from it.

    def _read(self, ref: bytes, mine: bool, now: float) -> None:
        """It and all before it, of whom this is said to.  6.5.4"""
        item = self.find(ref)
        if not item or item.mine == mine:
            return
        for one in self.items[:self.items.index(item) + 1]:
            if one.mine != mine and (mine or one.acknowledged):
                one.read = True
                if mine:
                    self._start(one, now)

    def on_shown(self, mid: bytes, now: float) -> None:
        """The user of this side read it and all before it, whether or not the
        other is told."""
        self._read(mid, True, now)

    def on_acknowledged(self, mids: set[bytes], now: float) -> None:
        """6.5.6: At the sender's the time runs from here."""
        for one in self.items:
            if one.mine and one.mid in mids and not one.acknowledged:
                one.acknowledged = True
                self._start(one, now)

    @staticmethod
    def _start(item: Item, now: float) -> None:
        if item.ttl and item.wipe_at is None:
            item.wipe_at = now + item.ttl

    def next_wipe(self) -> float | None:
        return min((one.wipe_at for one in self.items
                    if one.wipe_at is not None), default=None)

    def wipe(self, now: float) -> list[Item]:
        """What disappeared; of it no mark stays."""
        gone = [one for one in self.items
                if one.wipe_at is not None and one.wipe_at <= now]
        self.items = [one for one in self.items if one not in gone]
        return gone
