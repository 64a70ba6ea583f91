# SPDX-License-Identifier: GPL-3.0-or-later
"""The pair's secret and its renewal, PROTOCOL 10.  Pure.

Whatever is returned as a frame may be sent once the state is on disk.
"""

from dataclasses import dataclass

import keys
import tlv
from bodies import Rekey
from delivery import Alarm
from durable import kept
from frames import Frame, Type

AFTER_SECONDS = 6 * 3600


def first_key(inviter_r: bytes, invitee_r: bytes) -> bytes:
    """2.2"""
    return keys.blake2b(256, "umbel1.k0", inviter_r + invitee_r)


def next_key(key: bytes, epoch: int, asked: bytes, answered: bytes) -> bytes:
    """10.2"""
    return keys.kdf(key, "umbel1.rekey", tlv.u(64, epoch) + asked + answered)


@kept
@dataclass
class Epochs:
    leader: bool
    key: bytes
    since: float
    number: int = 0
    older: bytes | None = None     # the leader's, until DONE
    asked: bytes | None = None     # r of the proposal, while it is open
    answered: bytes | None = None  # the follower's r, while it is open
    last_answer: bytes | None = None  # at the leader: what made this epoch

    @property
    def following(self) -> bytes | None:
        """The follower's next key, once it has answered."""
        if self.asked is None or self.answered is None:
            return None
        return next_key(self.key, self.number, self.asked, self.answered)

    def accepted(self) -> list[bytes]:
        """10.3.4: The keys that an opening may have, the present one first."""
        other = self.older if self.leader else self.following
        return [self.key] + ([other] if other else [])

    def may_propose(self, now: float) -> bool:
        """10.3.2"""
        return (self.leader and self.older is None
                and now - self.since >= AFTER_SECONDS)

    def propose(self, r: bytes) -> None:
        assert self.leader and self.older is None
        self.asked = self.asked or r

    def unfinished(self) -> list[Frame]:
        """10.3.1: What is sent, and on each new session sent again."""
        if not self.leader:
            return []
        if self.older:
            return [self._epoch_frame(Type.REKEY_COMMIT, self.number - 1)]
        if self.asked:
            return [Frame(Type.REKEY_PROP,
                          Rekey(self.number, self.asked).write())]
        return []

    @staticmethod
    def _epoch_frame(kind: Type, epoch: int) -> Frame:
        return Frame(kind, tlv.u(64, epoch))

    def _step(self, key: bytes, now: float) -> None:
        self.key, self.number, self.since = key, self.number + 1, now
        self.asked = self.answered = None

    def on_opened(self, key: bytes, now: float) -> None:
        """10.3.5: A session by the newer key says what COMMIT and DONE say."""
        if key == self.key:
            self.older = None
        elif key == self.following:
            self._step(key, now)

    def on_frame(self, kind: Type, body: Rekey | int, r: bytes,
                 now: float) -> tuple[list[Frame], str | None]:
        """(the answers, the text of an alarm that does not end the link).
        r: fresh random bytes, should they be needed."""
        epoch = body.epoch if isinstance(body, Rekey) else body
        from_leader = kind in (Type.REKEY_PROP, Type.REKEY_COMMIT)
        if from_leader == self.leader:
            raise Alarm("a rekey frame from the wrong end")
        if epoch not in (self.number, self.number - 1):
            raise Alarm("a rekey frame of another epoch")
        if epoch < self.number:
            return self._repeated(kind, body), None
        if kind == Type.REKEY_PROP:
            return self._on_proposal(body, r)
        if kind == Type.REKEY_ACK and self.asked:
            return self._on_answer(body, now), None
        if kind == Type.REKEY_COMMIT and self.following:
            self._step(self.following, now)
            return [self._epoch_frame(Type.REKEY_DONE, epoch)], None
        raise Alarm("an answer to what was never proposed")

    def _repeated(self, kind: Type, body: Rekey | int) -> list[Frame]:
        """10.3.7: Of the epoch before this one."""
        if kind == Type.REKEY_COMMIT:
            return [self._epoch_frame(Type.REKEY_DONE, body)]
        if kind == Type.REKEY_ACK:
            if body.r != self.last_answer:
                raise Alarm("a second answer that differs from the first")
            return self.unfinished()
        if kind == Type.REKEY_DONE:
            self.older = None
        return []

    def _on_proposal(self, body: Rekey,
                     r: bytes) -> tuple[list[Frame], str | None]:
        """10.3.3: The same answer to the same proposal."""
        alarm = None
        if body.r != self.asked:
            if self.asked:
                alarm = "a proposal from a disk that went back"
            self.asked, self.answered = body.r, r
        answer = Rekey(body.epoch, self.answered)
        return [Frame(Type.REKEY_ACK, answer.write())], alarm

    def _on_answer(self, body: Rekey, now: float) -> list[Frame]:
        older, self.last_answer = self.key, body.r
        self._step(next_key(self.key, self.number, self.asked, body.r), now)
        self.older = older
        return self.unfinished()
