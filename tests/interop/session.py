# SPDX-License-Identifier: GPL-3.0-or-later
"""All links with one contact: HELLO, messages, acknowledgements, signs of
life, two sessions at once, rekeying (PROTOCOL 5.5, 7.3 to 7.10, 10)."""

import asyncio
import contextlib
import os
import random
import time
from typing import Any, Protocol

import bodies
import delivery
import message
import tlv
from bulk import Files
from frames import Close, Frame, Type
from link import Frames, Gone, Link
from pairs import Pair

ACK_SECONDS = (0.05, 0.25)
PING_SECONDS = (60, 120)
SILENCE_SECONDS = 180
LIFE_SECONDS = 12 * 3600
CLOSE_OLDER_SECONDS = (2, 5)
MAX_SESSIONS = 2
AFTER_REKEY_SECONDS = 600
#: Frames that change nothing that is kept.
PASSING = {Type.PING, Type.PONG, Type.EPH, Type.WANT}
REKEYING = {Type.REKEY_PROP, Type.REKEY_ACK, Type.REKEY_COMMIT,
            Type.REKEY_DONE}


class Host(Protocol):
    """What a contact needs of the client."""

    def save(self) -> None: ...
    def step(self, name: str) -> None: ...
    def tell(self, *what: Any) -> None: ...
    def proven(self, pair: Pair) -> None: ...
    async def dial_bulk(self, pair: Pair, files: Files) -> None: ...


class Session:
    """One link with a contact, from its HELLO on."""

    def __init__(self, link: Link, asked_for: int):
        self.link = link
        self.asked_for = asked_for
        self.hello: bodies.Hello | None = None
        self.sent_below = 1
        self.ack: asyncio.Task | None = None
        self.closer: asyncio.Task | None = None


class Contact:
    def __init__(self, host: Host, pair: Pair):
        self.host = host
        self.pair = pair
        self.sessions: list[Session] = []
        self.idle = asyncio.Event()  # no session
        self.idle.set()
        self.breached = False  # this end hung up for a breach
        self.renewed = asyncio.Event()  # the conversation changed
        self.files = Files(self)
        self._sender: Session | None = None
        self._work = asyncio.Event()

    # Sending.

    def put(self, record: message.Record) -> bytes:
        """From the user; the mid."""
        self.pair.conversation.add(record, True, time.time())
        self.send(record)
        return record.mid

    def send(self, record: message.Record) -> int:
        number = self.pair.outbox.put(record, time.time())
        self.host.save()
        self._work.set()
        return number

    def changed(self) -> None:
        self.renewed.set()

    def on_acknowledged(self) -> None:
        """More of what was sent arrived."""

    async def send_now(self, *frames: Frame) -> None:
        """On the session in use; nothing without one."""
        session = self.current()
        if session:
            with contextlib.suppress(Gone):
                await session.link.send(*frames)

    def is_up(self, session: Session) -> bool:
        return session in self.sessions

    async def dial_bulk(self) -> None:
        await self.host.dial_bulk(self.pair, self.files)

    def tell(self, *what: Any) -> None:
        self.host.tell(*what)

    def current(self) -> Session | None:
        """7.5.2"""
        greeted = [one for one in self.sessions if one.hello]
        return greeted[-1] if greeted else None

    async def deliver(self) -> None:
        """Runs for ever; sends what waits on the session in use."""
        while True:
            await self._work.wait()
            self._work.clear()
            session = self.current()
            if session:
                with contextlib.suppress(Gone):
                    await self._deliver_on(session)

    async def _deliver_on(self, session: Session) -> None:
        outbox = self.pair.outbox
        if session is not self._sender:  # 7.5.3
            self._sender, session.sent_below = session, outbox.acked
        due = outbox.due(session.sent_below, session.hello.window, time.time())
        if due and due[-1].number >= outbox.sent_below:
            outbox.sent_below = due[-1].number + 1
            self.host.save()
        for numbered in due:
            if numbered.record.kind == message.Kind.READ and session.ack:
                await asyncio.wait([session.ack])  # 6.5.4: or it is in vain
            await session.link.send(Frame(Type.MSG, numbered.write()))
            session.sent_below = numbered.number + 1

    # One session.

    async def run(self, link: Link, first: Frames | None = None) -> None:
        """first: the frames of the first record, on a link that came in."""
        hello = self.pair.inbox.hello()
        session = Session(link, hello.next)
        self.sessions.append(session)
        self.idle.clear()
        if len(self.sessions) > MAX_SESSIONS:
            self.sessions[0].link.end()
        pulse = asyncio.create_task(self._pulse(session))
        try:
            await link.send(Frame(Type.HELLO, hello.write()))
            while True:
                frames = first or await link.receive()
                first = None
                if not await self._on_record(session, frames):
                    return
        except (Gone, tlv.Malformed) as error:
            self.host.tell("link ended", str(error))
        except delivery.Broken as error:
            self.breached = True
            self.host.tell("link ended", str(error))
            if isinstance(error, delivery.Alarm):
                self._alarm(str(error))
        finally:
            pulse.cancel()
            if session.ack:
                session.ack.cancel()
            self.sessions.remove(session)
            link.stream.close()
            if not self.sessions:
                self.idle.set()
            self._work.set()
            self.files.kick()
            self.host.tell("session ended")

    async def _on_record(self, session: Session, frames: Frames) -> bool:
        """False after a CLOSE.  What it changes is on disk before anything
        is answered."""
        answers: list[Frame] = []
        for kind, body in frames:
            if (kind == Type.HELLO) == bool(session.hello):
                raise delivery.Broken("HELLO comes first, and once")
            if kind == Type.CLOSE:
                self.host.tell("close", body)
                return False
            answers += self._on_frame(session, kind, body)
        if any(kind not in PASSING for kind, _ in frames):
            self.host.save()
        for kind, _ in frames:
            if kind in REKEYING:
                self.host.step(f"after {kind.name}")
        if answers:
            await session.link.send(*answers)
        self._work.set()
        return True

    def _on_frame(self, session: Session, kind: Type,
                  body: Any) -> list[Frame]:
        match kind:
            case Type.HELLO:
                return self._on_hello(session, body)
            case Type.PING:
                self.host.tell("ping", body)
                return [Frame(Type.PONG, tlv.u(32, body))]
            case Type.PONG:
                self.host.tell("pong", body)
            case Type.MSG:
                self._on_message(session, body)
            case Type.ACK:
                if self.pair.outbox.on_ack(body):
                    self.on_acknowledged()
                    self.host.tell("acknowledged", body.next)
            case Type.EPH:
                self._on_eph(body)
            case Type.WANT:
                self.files.on_want(body, session)
            case _ if kind in REKEYING:
                self.host.step(f"before {kind.name}")
                return self._on_rekey(session, kind, body)
            case _:
                raise delivery.Broken(f"{kind.name} between contacts")
        return []

    def _on_eph(self, eph: bodies.Eph) -> None:
        if eph.typing is not None:
            self.host.tell("typing", eph.typing)
        if eph.goes:
            self.host.tell("goes", *eph.goes)
            self.files.on_goes(*eph.goes)

    def _on_hello(self, session: Session, hello: bodies.Hello) -> list[Frame]:
        key = self.pair.key_of(session.link.setup)
        if not key:
            raise Gone("opened with a key that was dropped since")  # 10.3.6
        session.hello = hello
        alarm = self.pair.outbox.on_hello(hello)
        if alarm:
            self._alarm(alarm)
            self._end_others(session)  # 7.10.4
        self.on_acknowledged()
        session.sent_below = self.pair.outbox.acked
        self.pair.epochs.on_opened(key, time.time())
        self.pair.active = True
        self.host.proven(self.pair)
        self.host.tell("session", session.link.dialled)
        self.files.kick()
        if self.pair.epochs.leader and len(self.sessions) > 1:
            session.closer = asyncio.create_task(self._close_older())
        return self.pair.epochs.unfinished()

    def _on_message(self, session: Session, numbered: bodies.Numbered) -> None:
        new, alarm = self.pair.inbox.take(numbered, session.asked_for)
        if alarm:
            self._alarm(alarm)
        if new:
            self.pair.conversation.add(numbered.record, False, time.time())
            self.files.on_message(numbered.record)
            self.changed()
            self.host.tell("message", numbered.record)
        if not session.ack or session.ack.done():
            session.ack = asyncio.create_task(self._acknowledge(session))

    async def _acknowledge(self, session: Session) -> None:
        """7.7.4; 7.7.3 because what came is saved at once."""
        await asyncio.sleep(random.uniform(*ACK_SECONDS))
        with contextlib.suppress(Gone):
            await session.link.send(
                Frame(Type.ACK, self.pair.inbox.ack().write()))

    async def _pulse(self, session: Session) -> None:
        """7.6"""
        loop, link = asyncio.get_running_loop(), session.link
        with contextlib.suppress(Gone):
            while True:
                await asyncio.sleep(random.uniform(*PING_SECONDS))
                if loop.time() - link.heard > SILENCE_SECONDS \
                        or loop.time() - link.born > LIFE_SECONDS:
                    link.end()
                    return
                await link.send(Frame(Type.PING, os.urandom(4)))

    # Two sessions.

    async def _close_older(self) -> None:
        """7.5.4"""
        await asyncio.sleep(random.uniform(*CLOSE_OLDER_SECONDS))
        stays = self.current()
        for one in self.sessions[:self.sessions.index(stays)] if stays else []:
            await self._close(one, Close.OTHER_STAYS)

    async def close(self, code: Close) -> None:
        for one in list(self.sessions):
            await self._close(one, code)

    @staticmethod
    async def _close(session: Session, code: Close) -> None:
        with contextlib.suppress(Gone):
            await session.link.send(Frame(Type.CLOSE, bytes([code])))
        session.link.end()

    def _end_others(self, session: Session) -> None:
        for one in self.sessions:
            if one is not session:
                one.link.end()

    # Alarm and epochs.

    def on_unknown(self) -> None:
        """7.2.3: Somebody has the way to the cell, and not the key."""
        epochs = self.pair.epochs
        if not epochs.number or \
                time.time() - epochs.since > AFTER_REKEY_SECONDS:
            self._alarm("an opening with another key")

    def _alarm(self, text: str) -> None:
        self.pair.alarms.append(text)
        self.host.save()
        self.host.tell("alarm", text)

    async def rekey(self) -> None:
        """The leader's proposal."""
        self.pair.epochs.propose(os.urandom(32))
        self.host.save()
        await self.send_now(*self.pair.epochs.unfinished())

    def _on_rekey(self, session: Session, kind: Type,
                  body: bodies.Rekey | int) -> list[Frame]:
        answers, alarm = self.pair.epochs.on_frame(
            kind, body, os.urandom(32), time.time())
        if alarm:
            self._alarm(alarm)
            self._end_others(session)
        self.host.tell("epoch", self.pair.epochs.number)
        return answers
