# SPDX-License-Identifier: GPL-3.0-or-later
"""Links to a door, from either end (PROTOCOL 9)."""

import asyncio
import contextlib
from typing import Any, Protocol

import bodies
import door
import link
import noise
import tlv
from frames import Frame, Type
from link import Frames, Gone, Link
from onions import NoStream, Tor
from pairs import Knocking, Person

LINK_SECONDS = 60


class Host(Protocol):
    person: Person
    tor: Tor

    def save(self) -> None: ...
    def tell(self, *what: Any) -> None: ...


async def answer(host: Host, opened: Link, first: Frames) -> None:
    """The door.  9.1.5: What is wrong gets no answer, until the time that
    every link has is over."""
    try:
        async with asyncio.timeout(LINK_SECONDS):
            knock, work = await _read(opened, first)
            if work < opened.difficulty:
                raise tlv.Malformed("stamp")
    except (tlv.Malformed, TimeoutError) as error:
        host.tell("no knock", str(error))
        await opened.stream.read_until(opened.born + LINK_SECONDS)
        return
    host.person.queue.put(knock, work)
    host.save()
    host.tell("knock", knock.name, knock.text)
    with contextlib.suppress(Gone):
        await opened.send(Frame(Type.KNOCK_OK, b""))


async def _read(opened: Link, first: Frames) -> tuple[bodies.Knock, int]:
    """9.1.2"""
    if first != [(Type.HELLO, bodies.Hello())]:
        raise tlv.Malformed("HELLO alone, of a peer that has nothing")
    frames = await opened.receive(door.RECORD_PLAINTEXT)
    if [kind for kind, _ in frames] != [Type.KNOCK]:
        raise tlv.Malformed("KNOCK alone")
    knock = frames[0][1]
    return knock, door.work(opened.hash, knock.counter)


async def knock(host: Host, knocking: Knocking) -> bool:
    """One try; True once the door has answered."""
    try:
        opened = await link.initiate(await host.tor.dial(knocking.door),
                                     door.dial_setup(knocking.door))
    except (NoStream, Gone, TimeoutError, noise.Refused):
        return False
    try:
        async with asyncio.timeout(LINK_SECONDS):
            await opened.send(Frame(Type.HELLO, bodies.Hello().write()))
            counter = await asyncio.to_thread(door.stamp, opened.hash,
                                              opened.difficulty)
            body = bodies.Knock(knocking.hosted, counter, host.person.name,
                                knocking.text)
            await opened.send(Frame(Type.KNOCK, body.write()))
            host.tell("knocked")
            if [kind for kind, _ in await opened.receive()] != [Type.KNOCK_OK]:
                return False
    except (Gone, TimeoutError, tlv.Malformed):
        return False
    finally:
        opened.stream.close()
    knocking.answered = True
    host.save()
    host.tell("knock answered")
    return True
