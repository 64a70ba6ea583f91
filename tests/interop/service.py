# SPDX-License-Identifier: GPL-3.0-or-later
"""The unix socket behind one onion service, and the streams that come in on
it before they are links (PROTOCOL 7.1)."""

import asyncio
import contextlib
import pathlib
import random
import socket
from collections.abc import Awaitable, Callable

import link
import noise

MAX_UNPROVEN = 4
MAX_UNPROVEN_DOOR = 16

Trials = Callable[[], list[noise.Setup]]
OnLink = Callable[[link.Link, link.Frames], Awaitable[None]]


class Service:
    """trials: what an opening may be, asked anew for each stream.
    on_link: the rest of a link's life, given its first record."""

    def __init__(self, path: pathlib.Path, trials: Trials, on_link: OnLink,
                 stays_unproven: bool = False, most: int = MAX_UNPROVEN):
        self.path = path
        self.on_unknown: Callable[[], None] = lambda: None
        self.difficulty = 0
        self._trials, self._on_link = trials, on_link
        self._stays_unproven, self._most = stays_unproven, most
        self._unproven: list[asyncio.Task] = []
        self._tasks: set[asyncio.Task] = set()
        self.path.unlink(missing_ok=True)
        self._sock = socket.socket(socket.AF_UNIX)
        self._sock.bind(str(path))
        self._sock.listen(64)
        self._sock.setblocking(False)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                sock, _ = await loop.sock_accept(self._sock)
                self._make_room()
                task = loop.create_task(self._answer(sock))
                self._unproven.append(task)
                self._tasks.add(task)
                task.add_done_callback(self._forget)
        finally:
            self._sock.close()
            self.path.unlink(missing_ok=True)
            for task in self._tasks:
                task.cancel()

    def _forget(self, task: asyncio.Task) -> None:
        self._tasks.discard(task)
        with contextlib.suppress(ValueError):
            self._unproven.remove(task)

    def _make_room(self) -> None:
        """7.1.4"""
        if len(self._unproven) >= self._most:
            victim = random.choice(self._unproven)
            self._unproven.remove(victim)
            victim.cancel()

    async def _answer(self, sock: socket.socket) -> None:
        with contextlib.suppress(link.Gone):
            opened = await link.respond(sock, self._trials(),
                                        self.difficulty, self.on_unknown)
            if not opened:
                return
            if not self._stays_unproven:
                self._unproven.remove(asyncio.current_task())
            try:
                await self._on_link(*opened)
            finally:
                opened[0].stream.close()
