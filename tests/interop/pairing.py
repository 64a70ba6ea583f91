# SPDX-License-Identifier: GPL-3.0-or-later
"""Links on an invite, from either end (PROTOCOL 8)."""

import asyncio
import contextlib
import time
from typing import Any, Protocol

import bodies
import delivery
import link
import noise
import pairs
import tlv
from frames import Frame, Type
from link import Frames, Gone, Link
from onions import NoStream, Tor
from pairs import Hosted, Pair, Person, Request

LINK_SECONDS = 60


class Host(Protocol):
    """What pairing needs of the client.  step(): a point where a test may
    pull the plug."""

    person: Person
    tor: Tor

    def save(self) -> None: ...
    def step(self, name: str) -> None: ...
    def tell(self, *what: Any) -> None: ...
    def find(self, pair_id: str) -> Pair: ...
    def fresh_keys(self, peer: bodies.Card) -> pairs.Mine: ...
    async def meet(self, pair: Pair) -> None: ...


class _Frames:
    """The frames of a link, one after the other."""

    def __init__(self, opened: Link, first: Frames | None = None):
        self._link, self._waiting = opened, list(first or [])

    async def next(self) -> tuple[Type, Any]:
        while not self._waiting:
            self._waiting = await self._link.receive()
        return self._waiting.pop(0)

    async def expect(self, wanted: Type, skip: tuple[Type, ...] = ()) -> Any:
        while True:
            kind, body = await self.next()
            if kind == wanted:
                return body
            if kind not in skip:
                raise delivery.Broken(f"{kind.name}, not {wanted.name}")


@contextlib.asynccontextmanager
async def _whole_life(host: Host, opened: Link):
    """8.7.3, and whatever else ends a link."""
    try:
        async with asyncio.timeout(LINK_SECONDS):
            yield
    except (Gone, TimeoutError, tlv.Malformed, delivery.Broken) as error:
        host.tell("invite link ended", str(error))
    finally:
        opened.stream.close()


# The inviter.

async def answer(host: Host, hosted: Hosted, opened: Link,
                 first: Frames) -> None:
    async with _whole_life(host, opened):
        if first != [(Type.HELLO, bodies.Hello())]:
            raise delivery.Broken("HELLO alone, of a peer that has nothing")
        frames = _Frames(opened)
        if opened.setup.psk == hosted.invite.psk:
            claim = await frames.expect(Type.CLAIM)
            if hosted.nonce:  # 8.3.2
                raise delivery.Broken("a claim on an invite that is bound")
            await _bind(host, hosted, claim)
        pair = host.find(hosted.pair)
        host.step("before CARD")
        card = pair.mine.card(host.person.name)
        await opened.send(Frame(Type.CLAIM_OK, b""),
                          Frame(Type.CARD, card.write()))
        host.step("after CARD")
        await frames.expect(Type.CARD_OK)
        host.step("before active")
        pair.active = True
        host.save()
        host.step("after active")
        host.tell("paired")


async def _bind(host: Host, hosted: Hosted, claim: bodies.Claim) -> None:
    """8.3.1"""
    host.step("before bound")
    pair = pairs.make_pair(host.fresh_keys(claim.card), claim.card, True,
                           time.time())
    hosted.nonce, hosted.pair = claim.nonce, pair.id
    host.person.pairs.append(pair)
    host.save()
    host.step("after bound")
    await host.meet(pair)


# The invitee.

async def claim(host: Host, request: Request) -> bool:
    """One try; True once there is a contact."""
    opened = await _dial(host.tor, request)
    if not opened:
        return False
    done = False
    async with _whole_life(host, opened):
        await opened.send(Frame(Type.HELLO, bodies.Hello().write()))
        if opened.setup.psk == request.invite.psk:
            request.may_be_claimed = True  # 8.2.3
            host.save()
            host.step("before CLAIM")
            await opened.send(Frame(Type.CLAIM, request.claim().write()))
            host.step("after CLAIM")
        frames = _Frames(opened)
        card = await frames.expect(Type.CARD, skip=(Type.CLAIM_OK,))
        host.step("before stored")
        pair = pairs.make_pair(request.mine, card, False, time.time())
        host.person.pairs.append(pair)
        host.person.requests.remove(request)
        done = True
        host.save()
        host.step("before CARD_OK")
        await host.meet(pair)
        await opened.send(Frame(Type.CARD_OK, b""))
        host.step("after CARD_OK")
        host.tell("paired")
        while True:  # the inviter hangs up
            await frames.next()
    return done


async def _dial(tor: Tor, request: Request) -> Link | None:
    """8.5.1: On as many links as there are keys; the first answer counts."""
    onion_pk = request.invite.onion_pk
    await tor.allow(onion_pk, request.invite.auth_secret)

    async def one(setup: noise.Setup) -> Link | None:
        try:
            return await link.initiate(await tor.dial(onion_pk), setup)
        except (NoStream, Gone, TimeoutError, noise.Refused):
            return None

    tries = [asyncio.create_task(one(s)) for s in request.dial_setups()]
    try:
        for first in asyncio.as_completed(tries):
            opened = await first
            if opened:
                return opened
        return None
    finally:
        for task in tries:
            task.cancel()
