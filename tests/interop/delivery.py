# SPDX-License-Identifier: GPL-3.0-or-later
"""The two directions of a pair: numbers, chain, acknowledgement, and disks
that went back (PROTOCOL 7.7 to 7.10).  Pure; no links in here."""

from dataclasses import dataclass, field

from bodies import WINDOW, ZERO_CHAIN, Ack, Hello, Numbered
from durable import kept
from message import REF, Kind, Record, withdraw

MAX_FLIGHT_BYTES = 256 * 1024
MAX_JUMP = 2**32


class Broken(Exception):
    """The peer broke a rule: the link ends."""


class Alarm(Broken):
    """... and the user is told of it."""


@kept
@dataclass
class Outgoing:
    number: int
    content: dict[int, bytes]
    composed: float
    chain: bytes

    def record(self, now: float = 0) -> Record:
        age = min(max(int(now - self.composed), 0), 2**32 - 1)
        return Record(self.content, self.chain, age if now else 0)


@kept
@dataclass
class Outbox:
    """All messages of the own direction; those below `acked` arrived."""

    messages: list[Outgoing] = field(default_factory=list)
    acked: int = 1
    next: int = 1
    #: What may have left is below this.
    sent_below: int = 1
    chain: bytes = ZERO_CHAIN
    #: Where a chain goes on from a value that the peer told.
    anchor_number: int = 0
    anchor: bytes = ZERO_CHAIN

    def put(self, record: Record, now: float) -> int:
        return self._append(record.fields, now)

    def _append(self, content: dict[int, bytes], composed: float) -> int:
        number = self.next
        self.chain = Record(content).chain_after(self.chain)
        self.messages.append(Outgoing(number, content, composed, self.chain))
        self.next += 1
        return number

    def find(self, mid: bytes) -> Outgoing | None:
        for one in self.messages:
            if one.record().mid == mid:
                return one
        return None

    def withdraw(self, one: Outgoing) -> None:
        """6.5.7: Its number stays, and its content hash; nothing else."""
        if one.record().kind != Kind.WITHDRAWN:
            one.content = withdraw(one.record()).fields

    def about(self, mid: bytes) -> list[Outgoing]:
        """What quotes a message: it must go when the message goes."""
        return [one for one in self.messages if one.content.get(REF) == mid]

    def acknowledged(self) -> set[bytes]:
        return {one.record().mid for one in self.messages
                if one.number < self.acked}

    def _chain_of(self, number: int) -> bytes | None:
        """The chain value of a message; None if nobody knows it any more."""
        if number == self.anchor_number:
            return self.anchor
        for one in reversed(self.messages):
            if one.number == number:
                return one.chain
        return None

    def waiting(self) -> list[Outgoing]:
        return [one for one in self.messages if one.number >= self.acked]

    def due(self, sent_below: int, window: int, now: float) -> list[Numbered]:
        """7.7.2: What may be sent now on a session on which everything below
        a number went out already."""
        found, flight = [], 0
        for one in self.waiting()[:min(window, WINDOW)]:
            record = one.record(now)
            flight += len(record.write())
            if flight > MAX_FLIGHT_BYTES:
                break
            if one.number >= sent_below:
                found.append(Numbered(one.number, record))
        return found

    def on_ack(self, ack: Ack) -> bool:
        """True if it is news.  7.7.5, 7.7.6"""
        if ack.next > self.sent_below:
            raise Broken("acknowledges what was never sent")
        if ack.next < self.acked:
            return False
        if ack.chain != self._chain_of(ack.next - 1):
            raise Broken("acknowledges another chain")
        news = ack.next > self.acked
        self.acked = ack.next
        return news

    def on_hello(self, hello: Hello) -> str | None:
        """7.10; the text of an alarm if a disk went back."""
        if hello.next > self.next + MAX_JUMP:
            raise Broken("expects a number that is far away")
        if hello.next > self.next:
            self._go_on_from(hello)
            return "the own disk went back"
        if hello.next < self.acked:
            self.acked = hello.next
            return "the contact's disk went back"
        if hello.next == self.acked:  # 7.10.5
            return None
        if hello.chain == self._chain_of(hello.next - 1):
            self.acked = hello.next
            self.sent_below = max(self.sent_below, self.acked)
            return None
        self._go_on_from(hello)
        return "the contact has messages that this disk did not send"

    def _go_on_from(self, hello: Hello) -> None:
        """7.10.2, 7.10.3: The first message that is not acknowledged gets the
        number that the peer expects."""
        waiting = self.waiting()
        self.messages = self.messages[:len(self.messages) - len(waiting)]
        self.acked = self.next = hello.next
        self.anchor_number = hello.next - 1
        self.anchor = self.chain = hello.chain
        for one in waiting:
            self._append(one.content, one.composed)
        self.sent_below = self.next  # 6.5.7: under its old number, it may


@kept
@dataclass
class Inbox:
    """What is known of the peer's direction."""

    mids: list[bytes] = field(default_factory=list)
    next: int = 1
    chain: bytes = ZERO_CHAIN

    def hello(self) -> Hello:
        return Hello(self.next, self.chain)

    def ack(self) -> Ack:
        return Ack(self.next, self.chain)

    def take(self, numbered: Numbered,
             asked_for: int) -> tuple[bool, str | None]:
        """(is it new, the text of an alarm).  asked_for: the next of the
        HELLO on this session."""
        if numbered.number > self.next:
            raise Broken("a message is missing")
        if numbered.number < self.next:
            return False, None
        record, alarm = numbered.record, None
        if record.chain != record.chain_after(self.chain):
            alarm = "a message does not follow the one before"
            if numbered.number != asked_for:
                raise Alarm(alarm)
        new = record.mid not in self.mids
        if new:
            self.mids.append(record.mid)
        self.next += 1
        self.chain = record.chain
        return new, alarm
