# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept: pairs, invites that are hosted, requests that are under way
(PROTOCOL 1.1, 3, 8).  Pure."""

import os
from dataclasses import dataclass, field

import invite
import keys
import noise
from bodies import Card, Claim
from conversation import Conversation
from delivery import Inbox, Outbox
from door import Queue
from durable import kept
from epochs import Epochs, first_key

WEEK_SECONDS = 7 * 86400


@kept
@dataclass(frozen=True)
class Mine:
    """The own secrets of one pair; 6.3.1: random, fresh, for it alone."""

    static: bytes = field(default_factory=lambda: os.urandom(32))
    auth: bytes = field(default_factory=lambda: os.urandom(32))
    cell: bytes = field(default_factory=lambda: os.urandom(32))
    r: bytes = field(default_factory=lambda: os.urandom(32))

    @property
    def static_public(self) -> bytes:
        return keys.x25519_public(self.static)

    @property
    def cell_public(self) -> bytes:
        return keys.onion_public(self.cell)

    def card(self, name: str) -> Card:
        return Card(self.static_public, keys.x25519_public(self.auth),
                    self.cell_public, self.r, name)


@kept
@dataclass
class Pair:
    mine: Mine
    peer: Card
    epochs: Epochs
    outbox: Outbox = field(default_factory=Outbox)
    inbox: Inbox = field(default_factory=Inbox)
    conversation: Conversation = field(default_factory=Conversation)
    active: bool = False
    alarms: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.mine.cell_public.hex()

    def name(self) -> str:
        """What the other calls himself."""
        return self.conversation.name or self.peer.name

    def dial_setup(self, link_class: int = noise.MAIN) -> noise.Setup:
        return self._setup(self.epochs.key, link_class, self.peer.cell)

    def answer_setups(self) -> list[noise.Setup]:
        return [self._setup(key, link_class, self.mine.cell_public)
                for link_class in (noise.MAIN, noise.BULK)
                for key in self.epochs.accepted()]

    def _setup(self, key: bytes, link_class: int,
               responder: bytes) -> noise.Setup:
        return noise.contact_setup(key, link_class, responder,
                                   self.mine.static, self.peer.static)

    def key_of(self, setup: noise.Setup,
               link_class: int = noise.MAIN) -> bytes | None:
        """Which epoch's key a link was opened with, if it still counts."""
        for key in self.epochs.accepted():
            if noise.contact_psk(key, link_class) == setup.psk:
                return key
        return None

    def safety_number(self) -> str:
        return keys.safety_number(self.mine.static_public, self.peer.static)


def make_pair(mine: Mine, peer: Card, is_inviter: bool, now: float) -> Pair:
    """2.2, 7.5.4"""
    r = (mine.r, peer.r) if is_inviter else (peer.r, mine.r)
    epochs = Epochs(mine.static_public < peer.static, first_key(*r), now)
    return Pair(mine, peer, epochs)


@kept
@dataclass
class Hosted:
    """An invite of the own side.  pair: whom it is bound to."""

    data: bytes
    seed: bytes
    nonce: bytes | None = None
    pair: str | None = None

    @property
    def invite(self) -> invite.Invite:
        return invite.from_bytes(self.data)

    def answer_setups(self) -> list[noise.Setup]:
        """8.3.2"""
        i = self.invite
        psk = i.claimed_psk(self.nonce) if self.nonce else i.psk
        return [noise.Setup(i.prologue, psk,
                            keys.onion_x25519_secret(self.seed), None)]

    def is_over(self, now: float) -> bool:
        """8.3.3"""
        return self.invite.is_expired(now - WEEK_SECONDS if self.pair else now)


def make_invite(now: float, flags: int = 0,
                seconds: int = WEEK_SECONDS) -> Hosted:
    seed = os.urandom(32)
    data = invite.Invite(int(now + seconds) // 60, keys.onion_public(seed),
                         os.urandom(32), flags).write()
    return Hosted(data, seed)


@kept
@dataclass
class Request:
    """An invite of somebody else's that is being used.  8.2.2: all of it is
    made once."""

    data: bytes
    name: str = ""
    greeting: str = ""
    mine: Mine = field(default_factory=Mine)
    nonce: bytes = field(default_factory=lambda: os.urandom(32))
    may_be_claimed: bool = False

    @property
    def invite(self) -> invite.Invite:
        return invite.from_bytes(self.data)

    def claim(self) -> Claim:
        return Claim(self.nonce, self.mine.card(self.name), self.greeting)

    def name(self) -> str:
        """What the other calls himself."""
        return self.conversation.name or self.peer.name

    def dial_setups(self) -> list[noise.Setup]:
        """8.5.1; K_psk comes first."""
        i = self.invite
        psks = [i.psk]
        if self.may_be_claimed:
            psks.append(i.claimed_psk(self.nonce))
        static = keys.onion_x25519_public(i.onion_pk)
        return [noise.Setup(i.prologue, psk, None, static) for psk in psks]

    def is_over(self, now: float) -> bool:
        """8.2.4"""
        return self.invite.is_expired(
            now - WEEK_SECONDS if self.may_be_claimed else now)


@kept
@dataclass
class Knocking:
    """A door at which the own side knocks, with an invite that it hosts."""

    door: bytes
    hosted: bytes
    text: str = ""
    answered: bool = False


@kept
@dataclass
class Person:
    """All that one user keeps."""

    name: str
    door: bytes | None = None  # the seed
    queue: Queue = field(default_factory=Queue)
    knocks: list[Knocking] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    hosted: list[Hosted] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
