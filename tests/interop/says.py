# SPDX-License-Identifier: GPL-3.0-or-later
"""What one says to a contact: every kind of message from the user's side, and
what becomes of it there (PROTOCOL 6.1, 6.5, 5.6)."""

import asyncio
import contextlib
import time

import bodies
import message
from frames import Frame, Type
from message import Kind
from session import Contact


class Says(Contact):
    def say(self, text: str, reply_to: bytes | None = None) -> bytes:
        """The mid, as of each that follows."""
        ttl = self.pair.conversation.ttl
        return self.put(message.new_text(text, reply_to, ttl))

    def edit(self, mid: bytes, text: str) -> bytes:
        return self.put(message.edit(mid, text))

    def react(self, mid: bytes, emoji: str) -> bytes:
        return self.put(message.react(mid, emoji))

    def read(self, mid: bytes, tell: bool = True) -> None:
        self.pair.conversation.on_shown(mid, time.time())
        if tell:
            self.put(message.read_up_to(mid))
        self.host.save()
        self.changed()

    def set_timer(self, seconds: int) -> bytes:
        return self.put(message.timer(seconds))

    def describe(self, name: str, status: str) -> bytes:
        return self.put(message.profile(name, status))

    async def typing(self, is_typing: bool) -> None:
        await self.send_now(Frame(Type.EPH, bodies.Eph(is_typing).write()))

    def delete(self, mid: bytes) -> None:
        """6.5.7: Whatever of it was not acknowledged goes withdrawn; if it
        cannot have left, that is all."""
        may_have_left = self._forget(mid)
        record = message.delete(mid)
        self.pair.conversation.add(record, True, time.time())
        if may_have_left:
            self.send(record)
        self.host.save()

    def _forget(self, mid: bytes) -> bool:
        outbox = self.pair.outbox
        one = outbox.find(mid)
        if not one:
            return True
        for other in outbox.about(mid):
            if other.record().kind == Kind.EDIT:
                outbox.withdraw(other)
        outbox.withdraw(one)
        return one.number < outbox.sent_below

    # What goes by itself.

    def on_acknowledged(self) -> None:
        """Also 11.3: an introduction has done its work."""
        outbox = self.pair.outbox
        self.pair.conversation.on_acknowledged(outbox.acknowledged(),
                                               time.time())
        for one in outbox.messages:
            if one.number < outbox.acked and \
                    one.record().kind == Kind.INTRODUCTION:
                item = self.pair.conversation.find(one.record().mid)
                if item:
                    item.fields = {}
                outbox.withdraw(one)
        self.changed()

    async def tidy(self) -> None:
        """Runs for ever; wipes what disappears, when it does."""
        while True:
            due = self.pair.conversation.next_wipe()
            wait = None if due is None else max(due - time.time(), 0)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self.renewed.wait()
            self.renewed.clear()
            gone = self.pair.conversation.wipe(time.time())
            for item in gone:
                if item.mine:
                    self._forget(item.mid)
            if gone:
                self.host.save()
                self.host.tell("wiped", len(gone))
