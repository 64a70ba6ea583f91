# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole end of the protocol: one person with a file, a tor, contacts.

It is written from doc/PROTOCOL.md alone, so that tests can say whether the
document describes what Umbel does.  Everything here runs in one asyncio loop;
person.py drives it from tests.
"""

import asyncio
import contextlib
import os
import pathlib
import random
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import bulk
import door
import durable
import invite
import keys
import knocking
import link
import message
import noise
import onions
import pairing
import pairs
from bodies import Card
from frames import Close
from pairs import Hosted, Knocking, Pair, Person, Request
from says import Says
from service import MAX_UNPROVEN, MAX_UNPROVEN_DOOR, Service

MAX_BACKOFF_SECONDS = 30 * 60
MIN_BETWEEN_DIALS = 5


class Backoff:
    """7.4.3"""

    def __init__(self) -> None:
        self.bound = 1.0

    def reset(self) -> None:
        self.bound = 1.0

    async def pause(self) -> None:
        await asyncio.sleep(random.uniform(0, self.bound))
        self.bound = min(2 * self.bound, MAX_BACKOFF_SECONDS)


class Client:
    """dials: whether it dials its contacts, or only waits for them.
    leads: whether it is to be the leader of pairs that it invites (7.5.4)."""

    def __init__(self, folder: pathlib.Path, name: str, tor: onions.Tor,
                 dials: bool = True, leads: bool | None = None):
        self.folder = folder
        self.tor = tor
        self.dials = dials
        self.leads = leads
        self.person: Person = durable.load(self._file, Person(name))
        self.contacts: dict[str, Says] = {}
        self.told: list[tuple[Any, ...]] = []
        self.stop_at: str | None = None
        self.dead = asyncio.Event()
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task] = set()
        self._services: dict[bytes, asyncio.Task] = {}

    @property
    def _file(self) -> pathlib.Path:
        return self.folder / "person.json"

    # What the parts ask for.

    def save(self) -> None:
        durable.save(self._file, self.person)

    def tell(self, *what: Any) -> None:
        self.told.append(what)
        self._spawn(self._notify())

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def until(self, check: Callable[[], Any]) -> Any:
        """The first true value of the check, asked at each change."""
        async with self._changed:
            while not (result := check()):
                await self._changed.wait()
            return result

    def step(self, name: str) -> None:
        if name == self.stop_at:
            self.kill()
            raise asyncio.CancelledError

    def find(self, pair_id: str) -> Pair:
        return next(one for one in self.person.pairs if one.id == pair_id)

    def fresh_keys(self, peer: Card) -> pairs.Mine:
        while True:
            mine = pairs.Mine()
            leads = mine.static_public < peer.static
            if self.leads in (None, leads):
                return mine

    def proven(self, pair: Pair) -> None:
        """8.7.2: A session was up, so that the invite has done its work."""
        for hosted in [h for h in self.person.hosted if h.pair == pair.id]:
            self.person.hosted.remove(hosted)
            self._spawn(self._take_down(hosted.invite.onion_pk))

    async def meet(self, pair: Pair) -> None:
        """A cell for the pair, and dials."""
        contact = Says(self, pair)
        self.contacts[pair.id] = contact

        async def on_link(opened: link.Link, first: link.Frames) -> None:
            if pair.key_of(opened.setup):
                await contact.run(opened, first)
            elif pair.key_of(opened.setup, noise.BULK):
                await contact.files.run(opened, first)
            else:  # 10.3.6
                await opened.stream.read_until(opened.ends)

        service = await self._publish(pair.mine.cell, pair.answer_setups,
                                      on_link, pair.peer.auth)
        service.on_unknown = contact.on_unknown
        await self.tor.allow(pair.peer.cell, pair.mine.auth)
        self._spawn(contact.deliver())
        self._spawn(contact.tidy())
        self._spawn(contact.files.keep())
        if self.dials:
            self._spawn(self._keep_dialling(contact))

    # From start to end.

    async def start(self) -> None:
        await self.tor.start()
        now = time.time()
        self.person.hosted = [h for h in self.person.hosted
                              if not h.is_over(now)]
        for pair in self.person.pairs:
            await self.meet(pair)
        for hosted in self.person.hosted:
            await self._host(hosted)
        for request in self.person.requests:
            self._spawn(self._pursue(request))
        for one in self.person.knocks:
            self._spawn(self._knock(one))
        if self.person.door:
            await self._serve_door(self.person.door)

    async def close(self) -> None:
        """Politely."""
        for contact in self.contacts.values():
            await contact.close(Close.GOING_DOWN)
        self.kill()

    def kill(self) -> None:
        """As if the power went: nothing is sent or stored any more."""
        for task in [*self._tasks, *self._services.values()]:
            task.cancel()
        self.tor.stop()
        self.dead.set()

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        if self.dead.is_set():
            work.close()
            return
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            self.told.append(("failed", repr(task.exception())))
            raise task.exception()

    async def _publish(self, seed: bytes, trials: Callable[[], list],
                       on_link: Callable[..., Awaitable[None]],
                       only: bytes | None, unproven: bool = False) -> Service:
        onion_pk = keys.onion_public(seed)
        path = self.folder / onion_pk.hex()[:16]
        service = Service(path, trials, on_link, unproven,
                          MAX_UNPROVEN if only else MAX_UNPROVEN_DOOR)
        self._services[onion_pk] = asyncio.create_task(service.run())
        await self.tor.publish(seed, path, only)
        return service

    async def _take_down(self, onion_pk: bytes) -> None:
        self._services.pop(onion_pk).cancel()
        await self.tor.withdraw(onion_pk)

    # Pairing.

    async def new_invite(self, flags: int = 0) -> Hosted:
        hosted = pairs.make_invite(time.time(), flags)
        await self._add_hosted(hosted)
        return hosted

    async def _add_hosted(self, hosted: Hosted) -> None:
        self.person.hosted.append(hosted)
        self.save()
        await self._host(hosted)

    async def _host(self, hosted: Hosted) -> None:
        async def on_link(opened: link.Link, first: link.Frames) -> None:
            await pairing.answer(self, hosted, opened, first)

        auth = keys.x25519_public(hosted.invite.auth_secret)
        await self._publish(hosted.seed, hosted.answer_setups, on_link, auth,
                            unproven=True)

    def connect(self, found: invite.Invite, greeting: str = "") -> None:
        """3.1.5, 8.2.1"""
        if found.is_expired(time.time()) or found.flags & ~invite.KNOWN_FLAGS:
            raise ValueError("an invite that must not be used")
        request = Request(found.write(), self.person.name, greeting)
        self.person.requests.append(request)
        self.save()
        self._spawn(self._pursue(request))

    async def _pursue(self, request: Request) -> None:
        backoff = Backoff()
        while not request.is_over(time.time()):
            if await pairing.claim(self, request):
                return
            await backoff.pause()
        self.person.requests.remove(request)
        self.save()

    # Contacts.

    async def _keep_dialling(self, contact: Says) -> None:
        """7.4: Whenever there is no session."""
        loop, backoff, last = asyncio.get_running_loop(), Backoff(), 0.0
        while True:
            await contact.idle.wait()
            await backoff.pause()
            await asyncio.sleep(last + MIN_BETWEEN_DIALS - loop.time())
            if not contact.idle.is_set():
                continue
            last = loop.time()
            if await self._dial(contact):
                backoff.reset()
            if contact.breached:  # 7.2.2, 10.3.7
                contact.breached = False
                backoff.bound = MAX_BACKOFF_SECONDS

    async def _dial(self, contact: Says) -> bool:
        """True after a session that was up."""
        try:
            sock = await self.tor.dial(contact.pair.peer.cell)
            opened = await link.initiate(sock, contact.pair.dial_setup())
        except (onions.NoStream, link.Gone, TimeoutError, noise.Refused):
            return False
        await contact.run(opened)
        return True

    async def dial_bulk(self, pair: Pair, files: bulk.Files) -> None:
        with contextlib.suppress(onions.NoStream, link.Gone, TimeoutError,
                                 noise.Refused):
            sock = await self.tor.dial(pair.peer.cell)
            opened = await link.initiate(sock, pair.dial_setup(noise.BULK))
            self._spawn(files.run(opened))

    def dial_again(self, contact: Says) -> None:
        self._spawn(self._dial(contact))

    # Doors.

    async def open_door(self, difficulty: int = 0) -> str:
        self.person.door = os.urandom(32)
        self.person.queue.lowest = difficulty
        self.save()
        await self._serve_door(self.person.door)
        return door.address(keys.onion_public(self.person.door))

    async def _serve_door(self, seed: bytes) -> None:
        async def on_link(opened: link.Link, first: link.Frames) -> None:
            await knocking.answer(self, opened, first)
            service.difficulty = self.person.queue.difficulty()

        service = await self._publish(
            seed, lambda: [door.answer_setup(seed)], on_link, None,
            unproven=True)
        service.difficulty = self.person.queue.difficulty()

    async def knock(self, address: str, text: str = "") -> None:
        """9.1.1: The invite is served before the first dial."""
        onion_pk = door.parse_address(address)
        hosted = await self.new_invite(invite.KNOCK)
        one = Knocking(onion_pk, hosted.data, text)
        self.person.knocks.append(one)
        self.save()
        self._spawn(self._knock(one))

    async def _knock(self, one: Knocking) -> None:
        """9.1.6"""
        backoff = Backoff()
        expires = invite.from_bytes(one.hosted)
        while not one.answered and not expires.is_expired(time.time()):
            if not await knocking.knock(self, one):
                await backoff.pause()

    def accept(self, waiting: door.Waiting) -> None:
        """9.1.8"""
        self.person.queue.waiting.remove(waiting)
        self.connect(invite.from_bytes(waiting.knock.invite))

    # Introductions.

    def introduce(self, one: Says, other: Says) -> None:
        """11: Both get the invite, the first of them also the seed."""
        hosted = pairs.make_invite(time.time(), invite.ASKED_FIRST)
        one.put(message.introduce(hosted.data, other.pair.name(), hosted.seed))
        other.put(message.introduce(hosted.data, one.pair.name()))

    async def agree(self, introduction: dict[int, bytes]) -> None:
        """11.1, 11.2: The user wants to know the one he was introduced to."""
        found = invite.from_bytes(introduction[message.INVITE])
        seed = introduction.get(message.SEED)
        if not seed:
            self.connect(found)
        elif keys.onion_public(seed) == found.onion_pk:
            await self._add_hosted(Hosted(found.write(), seed))
        else:
            raise ValueError("a seed of another invite")
