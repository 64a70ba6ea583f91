# SPDX-License-Identifier: GPL-3.0-or-later
"""Links of class BULK with one contact, and the files on them, asked for and
served (PROTOCOL 12.2 to 12.5)."""

import asyncio
import contextlib
import os
import random
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import bodies
import tlv
from bodies import MANIFEST, Data, Eph, Goes, Nak, Reason, Req
from chunks import LEAF_BYTES, Descriptor, Fetch, Offer, Wrong
from delivery import Broken
from frames import Frame, Type
from link import Frames, Gone, Link
from message import BODY, REF, STATE, FileState, Kind, Record, file_state, offer

PING_SECONDS = (20, 30)
SILENCE_SECONDS = 90
IDLE_SECONDS = 60
AGAIN_SECONDS = {Reason.PAUSED: 300, Reason.BUSY: 5}
REDIAL_SECONDS = 0.2
LINKS = 2
MAX_LINKS = 8
MAX_ASKED = 16
WINDOW = 4  # requests per link; no more than MAX_ASKED


class Asked:
    """A REQ of this side that is not answered yet."""

    def __init__(self, req: Req, size: int):
        self.req, self.size = req, size
        self.got = b""
        self.is_taken_back = False


class BulkLink:
    def __init__(self, link: Link):
        self.link = link
        self.asked: list[Asked] = []
        self.to_serve: deque[Req] = deque()
        self.changed = asyncio.Event()
        self.is_open = False
        self.used = asyncio.get_running_loop().time()

    async def send(self, *frames: Frame) -> None:
        self.used = asyncio.get_running_loop().time()
        with contextlib.suppress(Gone):
            await self.link.send(*frames)

    async def ask(self, req: Req, size: int) -> None:
        self.asked.append(Asked(req, size))
        await self.send(Frame(Type.REQ, req.write()))

    async def take_back(self, req: Req) -> None:
        for one in self.asked:
            if one.req == req and not one.is_taken_back:
                one.is_taken_back = True
                await self.send(Frame(Type.CANCEL, req.write()))

    def find(self, req: Req) -> Asked | None:
        return next((one for one in self.asked if one.req == req), None)


class Peer(Protocol):
    """What files need of the contact they are for."""

    def put(self, record: Record) -> bytes: ...
    async def send_now(self, *frames: Frame) -> None: ...
    def current(self) -> Any: ...
    def is_up(self, session: Any) -> bool: ...
    async def dial_bulk(self) -> None: ...
    def tell(self, *what: Any) -> None: ...


def pieces(req: Req, data: bytes, at: int = 0) -> Iterable[Data]:
    for offset in range(at, len(data), bodies.MAX_DATA_BYTES):
        yield Data(req, offset, data[offset:offset + bodies.MAX_DATA_BYTES])


class Files:
    def __init__(self, peer: Peer):
        self._peer = peer
        self.offers: dict[bytes, Offer] = {}
        self.fetches: dict[bytes, Fetch] = {}
        self.links: list[BulkLink] = []
        # How many links, and the session that it was said on: by the other
        # side, and by this one.
        self._wanted: tuple[int, Any] = (0, None)
        self._said_want: tuple[int, Any] = (0, None)
        self._work = asyncio.Event()
        self._not_before: dict[bytes, float] = {}
        #: What a chunk's or manifest's answer is; tests lie here.
        self.answer: Callable[[Offer, Req], Iterable[Frame]] = self._honest
        #: Tests put their own asking in its place.
        self.asks = True

    # What the user does.

    def offer(self, made: Offer) -> None:
        self.offers[made.descriptor.fid] = made
        made.mid = self._peer.put(offer(made.descriptor))

    def withdraw(self, made: Offer) -> None:
        made.is_live = False
        self._peer.put(file_state(made.mid, FileState.WITHDRAWN))

    async def hold(self, made: Offer, is_paused: bool) -> None:
        made.is_paused = is_paused
        await self._say(made.descriptor.fid, is_paused)

    def accept(self, fetch: Fetch) -> None:
        fetch.accept()
        self._after_take(fetch)
        self.kick()

    def decline(self, fetch: Fetch) -> None:
        fetch.state = "ended"
        self._peer.put(file_state(fetch.mid, FileState.UNWANTED))

    async def cancel(self, fetch: Fetch) -> None:
        self.decline(fetch)
        await self._take_all_back(fetch)

    async def pause(self, fetch: Fetch) -> None:
        fetch.state = "paused"
        await self._say(fetch.descriptor.fid, True)
        await self._take_all_back(fetch)

    async def resume(self, fetch: Fetch) -> None:
        fetch.state = "running"
        await self._say(fetch.descriptor.fid, False)
        self.kick()

    async def _say(self, fid: bytes, is_paused: bool) -> None:
        what = Goes.PAUSED if is_paused else Goes.ON
        await self._peer.send_now(
            Frame(Type.EPH, Eph(goes=(fid, what)).write()))

    async def _take_all_back(self, fetch: Fetch) -> None:
        for link in self.links:
            for one in list(link.asked):
                if one.req.fid == fetch.descriptor.fid:
                    await link.take_back(one.req)

    # What the other side says, on a session.

    def on_message(self, record: Record) -> None:
        match record.kind:
            case Kind.FILE:
                self._on_offer(record)
            case Kind.FILE_STATE:
                self._on_state(record)
            case Kind.DELETE:
                self._on_deleted(record.fields[REF])

    def _on_offer(self, record: Record) -> None:
        """12.2.4: A fid that is known offers nothing else."""
        found = Descriptor.read(record.fields[BODY])
        if found.fid not in self.fetches and found.fid not in self.offers:
            self.fetches[found.fid] = Fetch(found, record.mid)

    def _on_state(self, record: Record) -> None:
        """12.2.1: Each code is for one end to say."""
        ref, code = record.fields[REF], record.fields[STATE][0]
        for made in self.offers.values():
            if made.mid == ref and code in (FileState.UNWANTED,
                                            FileState.RECEIVED):
                made.said.append(code)
                made.is_live = False
        for fetch in self.fetches.values():
            if fetch.mid == ref and code in (FileState.WITHDRAWN,
                                             FileState.FAILED):
                self._over(fetch)

    def _on_deleted(self, ref: bytes) -> None:
        for fetch in self.fetches.values():
            if fetch.mid == ref:
                self._over(fetch)

    @staticmethod
    def _over(fetch: Fetch) -> None:
        if fetch.state != "whole":
            fetch.state = "ended"

    def on_goes(self, fid: bytes, goes: Goes) -> None:
        if fid in self.fetches and goes == Goes.ON:
            self._wait(fid, 0)

    def _wait(self, fid: bytes, seconds: float) -> None:
        """12.4.8: Before that file is asked for again."""
        loop = asyncio.get_running_loop()
        self._not_before[fid] = loop.time() + seconds
        loop.call_later(seconds, self.kick)

    def _is_due(self, fid: bytes) -> bool:
        now = asyncio.get_running_loop().time()
        return now >= self._not_before.get(fid, 0)

    def on_want(self, count: int, session: Any) -> None:
        self._wanted = count, session
        self.kick()

    # How many links.

    def kick(self) -> None:
        self._work.set()

    def is_running(self) -> bool:
        return any(one.state == "running" for one in self.fetches.values())

    def _needed(self) -> int:
        return LINKS if self.is_running() else 0

    def _asked_for(self) -> int:
        """12.3.1: It holds for as long as that session is up."""
        count, session = self._wanted
        return count if self._peer.is_up(session) else 0

    async def keep(self) -> None:
        """Runs for ever."""
        while True:
            await self._work.wait()
            self._work.clear()
            session = self._peer.current()
            if session and session.link.dialled:
                await self._dial()
            elif session:
                await self._say_want(session)
            await self._ask()

    async def _say_want(self, session: Any) -> None:
        count, said_on = self._said_want
        needed = self._needed()
        if needed != (count if said_on is session else 0):
            self._said_want = needed, session
            await self._peer.send_now(Frame(Type.WANT, bytes([needed])))

    async def _dial(self) -> None:
        if len(self.links) >= max(self._needed(), self._asked_for()):
            return
        await self._peer.dial_bulk()
        self._in(REDIAL_SECONDS)

    def _in(self, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self.kick)

    # One link.

    async def run(self, opened: Link, first: Frames | None = None) -> None:
        """first: the frames of the first record, on a link that came in."""
        one = BulkLink(opened)
        self.links.append(one)
        if len(self.links) > MAX_LINKS:  # 12.3.6
            min(self.links, key=lambda l: l.link.heard).link.end()
        tasks = [asyncio.create_task(work)
                 for work in (self._serve(one), self._pulse(one))]
        try:
            await self._open(one, first)
            while True:
                for kind, body in await opened.receive():
                    await self._on_frame(one, kind, body)
        except (Gone, tlv.Malformed, Broken, Wrong) as error:
            self._peer.tell("bulk ended", str(error))
        finally:
            for task in tasks:
                task.cancel()
            self.links.remove(one)
            opened.stream.close()
            self.kick()

    async def _open(self, one: BulkLink, first: Frames | None) -> None:
        """12.3.3"""
        if first is None:
            number = os.urandom(4)
            await one.send(Frame(Type.PING, number))
            answer = await one.link.receive()
            if not answer or answer[0] != (Type.PONG, tlv.number(number)):
                raise Broken("no PONG comes first")
            for kind, body in answer[1:]:
                await self._on_frame(one, kind, body)
        else:
            if [kind for kind, _ in first] != [Type.PING]:
                raise Broken("no PING alone comes first")
            await one.send(Frame(Type.PONG, tlv.u(32, first[0][1])))
        one.is_open = True
        self._peer.tell("bulk", one.link.dialled)
        self.kick()

    async def _on_frame(self, one: BulkLink, kind: Type, body: Any) -> None:
        match kind:
            case Type.PING:
                await one.send(Frame(Type.PONG, tlv.u(32, body)))
            case Type.PONG:
                self._peer.tell("bulk pong", body)
            case Type.REQ:
                self._on_req(one, body)
            case Type.CANCEL:
                await self._on_cancel(one, body)
            case Type.DATA:
                self._on_data(one, body)
            case Type.NAK:
                self._on_nak(one, body)
            case _:
                raise Broken(f"{kind.name} on a BULK link")

    async def _pulse(self, one: BulkLink) -> None:
        """12.3.4, 12.3.5"""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(random.uniform(*PING_SECONDS))
            is_used = one.asked or one.to_serve
            if not is_used and loop.time() - one.used > IDLE_SECONDS \
                    or one.asked \
                    and loop.time() - one.link.heard > SILENCE_SECONDS:
                one.link.end()
            elif is_used:
                await one.send(Frame(Type.PING, os.urandom(4)))

    # Asking.

    async def _ask(self) -> None:
        for fid, fetch in self.fetches.items():
            if fetch.state == "running" and self.asks and self._is_due(fid):
                await self._ask_for(fetch)

    async def _ask_for(self, fetch: Fetch) -> None:
        open_links = [one for one in self.links if one.is_open]
        under_way = {asked.req for one in open_links for asked in one.asked}
        d = fetch.descriptor
        if fetch.manifest is None:
            wanted = [(MANIFEST, LEAF_BYTES * d.count)]
        else:
            wanted = [(i, d.length(i)) for i in fetch.asks_for()]
        for index, size in wanted:
            free = [one for one in open_links if len(one.asked) < WINDOW]
            req = Req(d.fid, index)
            if free and req not in under_way:
                await min(free, key=lambda l: len(l.asked)).ask(req, size)

    def _on_data(self, one: BulkLink, data: Data) -> None:
        """12.4.2, 12.4.4: Requests are answered in their order."""
        asked = one.asked[0] if one.asked else None
        if not asked or data.req != asked.req \
                or data.offset != len(asked.got) \
                or data.offset + len(data.bytes) > asked.size:
            raise Broken("DATA that was not asked for")
        asked.got += data.bytes
        if len(asked.got) == asked.size:
            one.asked.remove(asked)
            self._on_answer(asked)

    def _on_answer(self, asked: Asked) -> None:
        self._peer.tell("answer", asked.req, asked.got)
        fetch = self.fetches.get(asked.req.fid)
        if asked.is_taken_back or not fetch or fetch.state != "running":
            self.kick()
            return
        if asked.req.index == MANIFEST:
            fetch.take_manifest(asked.got)
        else:
            fetch.take(asked.req.index, asked.got)
        self._after_take(fetch)
        self.kick()

    def _after_take(self, fetch: Fetch) -> None:
        if fetch.state == "whole":
            self._peer.put(file_state(fetch.mid, FileState.RECEIVED))
        self._peer.tell("fetched", len(fetch.chunks))

    def _on_nak(self, one: BulkLink, nak: Nak) -> None:
        self._peer.tell("nak", nak.req, nak.reason)
        asked = one.find(nak.req)
        if not asked:
            raise Broken("a NAK to nothing")
        if nak.reason == Reason.TAKEN_BACK and not asked.is_taken_back:
            raise Broken("a NAK 5 to what was not taken back")
        one.asked.remove(asked)
        fetch = self.fetches.get(nak.req.fid)
        if asked.is_taken_back:
            self.kick()
        elif nak.reason in AGAIN_SECONDS:  # 12.4.8
            self._wait(nak.req.fid, AGAIN_SECONDS[nak.reason])
        elif fetch and fetch.state == "running":
            fetch.state = "failed"

    # Answering.

    def _on_req(self, one: BulkLink, req: Req) -> None:
        if len(one.to_serve) >= MAX_ASKED:
            raise Broken("too many requests")
        made = self.offers.get(req.fid)
        if made and made.is_live and (not made.chunks or MANIFEST
                                      != req.index >= len(made.chunks)):
            raise Broken("a chunk that there is not")
        self._peer.tell("asked", req)
        one.to_serve.append(req)
        one.changed.set()

    async def _on_cancel(self, one: BulkLink, req: Req) -> None:
        """12.4.2"""
        if req in one.to_serve:
            one.to_serve.remove(req)
            await self._nak(one, req, Reason.TAKEN_BACK)

    @staticmethod
    async def _nak(one: BulkLink, req: Req, reason: Reason) -> None:
        await one.send(Frame(Type.NAK, Nak(req, reason).write()))

    async def _serve(self, one: BulkLink) -> None:
        while True:
            await one.changed.wait()
            one.changed.clear()
            while one.to_serve:
                req = one.to_serve[0]
                for frame in self._answer(req):
                    await one.send(frame)
                    if not one.to_serve or one.to_serve[0] is not req:
                        break  # taken back
                else:
                    one.to_serve.popleft()

    def _answer(self, req: Req) -> Iterable[Frame]:
        made = self.offers.get(req.fid)
        if not made or not made.is_live:
            return [Frame(Type.NAK, Nak(req, Reason.GONE).write())]
        if made.is_paused:
            return [Frame(Type.NAK, Nak(req, Reason.PAUSED).write())]
        return self.answer(made, req)

    @staticmethod
    def _honest(made: Offer, req: Req) -> Iterable[Frame]:
        data = made.manifest if req.index == MANIFEST \
            else made.chunks[req.index]
        return [Frame(Type.DATA, one.write()) for one in pieces(req, data)]
