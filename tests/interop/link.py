# SPDX-License-Identifier: GPL-3.0-or-later
"""One stream, from its first byte to its end: the handshake at either end
and the records after it (PROTOCOL 4.2, 5.1, 7.1)."""

import asyncio
import contextlib
import random
import socket
from collections.abc import Callable, Sequence
from typing import Any

import frames
import noise
import tlv
from frames import Frame, Type

Frames = list[tuple[Type, Any]]

ANSWER_SECONDS = 30
UNPROVEN_SECONDS = (30, 90)


class Gone(Exception):
    """The stream ended."""


class Stream:
    """A socket; reads no byte more than is asked for (7.1.5)."""

    def __init__(self, sock: socket.socket):
        sock.setblocking(False)
        self._sock = sock
        self._loop = asyncio.get_running_loop()

    async def read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            try:
                more = await self._loop.sock_recv(self._sock,
                                                  count - len(data))
            except OSError as error:
                raise Gone(str(error)) from error
            if not more:
                raise Gone("end of stream")
            data += more
        return data

    async def write(self, data: bytes) -> None:
        try:
            await self._loop.sock_sendall(self._sock, data)
        except OSError as error:
            raise Gone(str(error)) from error

    def end(self) -> None:
        """Whoever reads or writes now is told."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.end()
        self._sock.close()

    async def read_until(self, when: float) -> None:
        """7.1.2, 7.1.3: Goes on reading, says nothing, ends at its time."""
        with contextlib.suppress(Gone, asyncio.TimeoutError):
            async with asyncio.timeout_at(when):
                while True:
                    await self.read(1)


class Link:
    """A stream whose handshake is done."""

    def __init__(self, stream: Stream, secured: noise.Secured,
                 setup: noise.Setup, dialled: bool):
        self.stream = stream
        self.setup = setup
        self.dialled = dialled
        self.hash = secured.hash
        self.features = secured.features
        self.difficulty = secured.difficulty
        self._send, self._receive = secured.send, secured.receive
        self._turn = asyncio.Lock()
        self.ends = 0.0  # 7.1.3, of a link that came in
        self.heard = self.born = asyncio.get_running_loop().time()

    async def send(self, *what: Frame) -> None:
        """One record."""
        async with self._turn:
            data = self._send.seal(frames.write_plaintext(list(what)))
            await self.stream.write(tlv.u(16, len(data)) + data)

    async def receive(self, most: int = frames.SIZES[-1]) -> Frames:
        """The frames of the next record; all of it is well formed."""
        length = tlv.number(await self.stream.read(2))
        if not frames.has_size(length) or length > most + frames.TAG_BYTES:
            raise tlv.Malformed("length of a record")
        return await self._receive_rest(length)

    async def receive_first(self) -> Frames:
        """7.1.1: What a responder reads first has the smallest size."""
        length = tlv.number(await self.stream.read(2))
        if length + 2 != frames.FIRST_BYTES:
            raise noise.Refused("length of the first record")
        return await self._receive_rest(length)

    async def _receive_rest(self, length: int) -> Frames:
        data = self._receive.open(await self.stream.read(length))
        self.heard = asyncio.get_running_loop().time()
        return frames.read_plaintext(data)

    def end(self) -> None:
        self.stream.end()


async def initiate(sock: socket.socket, setup: noise.Setup) -> Link:
    """4.2, and 7.1.6 if there is no answer."""
    stream = Stream(sock)
    try:
        opening = noise.Initiator(setup)
        await stream.write(opening.message)
        async with asyncio.timeout(ANSWER_SECONDS):
            answer = await stream.read(noise.MESSAGE_BYTES)
        return Link(stream, opening.finish(answer), setup, True)
    except BaseException:
        stream.close()
        raise


async def respond(sock: socket.socket, trials: Sequence[noise.Setup],
                  difficulty: int = 0, on_unknown: Callable[[], None] =
                  lambda: None) -> tuple[Link, Frames] | None:
    """(link, frames of the first record); None, after as long as 7.1.3 wants,
    for one that was not let in.  on_unknown: no key fits."""
    stream = Stream(sock)
    ends = (asyncio.get_running_loop().time()
            + random.uniform(*UNPROVEN_SECONDS))
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            message = await stream.read(noise.MESSAGE_BYTES)
            setup, answer, secured = noise.respond(message, trials, difficulty)
            await stream.write(answer)
            link = Link(stream, secured, setup, False)
            link.ends = ends
            return link, await link.receive_first()
    except (noise.Refused, noise.NotOpened, TimeoutError) as error:
        if isinstance(error, noise.Unknown):
            on_unknown()
        await stream.read_until(ends)
        stream.close()
        return None
    except BaseException:
        stream.close()
        raise
