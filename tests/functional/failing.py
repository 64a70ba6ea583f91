#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets every system call of a daemon's start, of sending, of receiving and of
stopping fail, one at a time, and looks that nothing that was acknowledged is
lost and that nothing hangs.  HOSTILE S-03

    failing.py                      all of them: half an hour
    failing.py --sample 30 --seed 7     so many of each
    failing.py --only core --phase send     of one program, in one phase

It fails what a program asks of the kernel, for any reason that the manual of
the call names (--variant has others).  A program may end for that: then it is
started again, or umbeld says why it is refused.  What is looked for:

    lost     a message that was accepted and is not there, or there twice
    hang     no answer and no end within ten seconds
"""

import argparse
import collections
import contextlib
import errno
import http.client
import mmap
import os
import random
import re
import struct
import subprocess
import sys
import time
import uuid

import daemons
from daemons import BUILD, PASSPHRASE, Place, Refused, pair

HANG = 10  # seconds
PATIENCE = 60  # for what has a back-off before it: another start, a new link
ROLES = {"umbeld": 0, "core": 1, "httpd": 2, "forked": 3}
TARGET, ROLE, HIT = 32, 40, 48  # places on the board, see failing.c
CANNOT = 77


class Hang(Exception):
    pass


class Cannot(Exception):
    """This machine lets nobody be traced."""


class Board:
    """What failing.c and we have in common."""

    def __init__(self, path):
        path.write_bytes(bytes(mmap.PAGESIZE))
        self.path = path
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), mmap.PAGESIZE)

    def count(self, role):
        return struct.unpack_from("Q", self.map, 8 * ROLES[role])[0]

    def clear(self):
        self.map[:56] = bytes(56)

    def arm(self, role, at, variant):
        """The call number `at` of that program from now on is to fail."""
        struct.pack_into("II", self.map, HIT, 0, 0)
        struct.pack_into("II", self.map, ROLE, ROLES[role], variant)
        struct.pack_into("Q", self.map, TARGET, self.count(role) + at)

    def disarm(self):
        struct.pack_into("Q", self.map, TARGET, 0)

    def hit(self):
        """(number of the call, name of the error), if it came to that."""
        call, error = struct.unpack_from("II", self.map, HIT)
        return (call, errno.errorcode[error]) if error else None


class Failing(daemons.Daemon):
    """A daemon below failing.c."""

    contract = None
    board = None

    def start(self, port=0):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [str(BUILD / "failing"), str(self.board.path),
                 str(BUILD / "umbeld"), "--config", str(self.conf),
                 "--data", str(self.data), "--run", str(self.run),
                 "--listen", f"127.0.0.1:{port}", *self.tor_arguments()],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=daemons.die_with_parent, env=self.environment())
        return self

    def ask(self, method, path, body=None, limit=HANG):
        """(status, answer), or (0, None) if there is no answer at all."""
        try:
            status, _, data = self.request(method, path, body, timeout=limit)
            return status, data
        except TimeoutError as late:
            raise Hang(f"{method} {path}") from late
        except (OSError, http.client.HTTPException):
            return 0, None

    def is_over(self):
        return self.process.poll() is not None

    def come_up(self, limit=PATIENCE):
        """Unlocked and answering, or over."""
        end = time.monotonic() + limit
        while not self.is_over():
            status, data = self.ask("GET", "/v1/daemon")
            if status == 200 and not self.user:
                return True
            if status == 200:
                status, data = self.ask("POST", self.user_path("/unlock"),
                                        {"passphrase": PASSPHRASE})
                if status == 200 or b"already_unlocked" in (data or b""):
                    return True
            if time.monotonic() > end:
                raise Hang(f"it does not come up: {status} {data}")
            time.sleep(0.01)
        return False


class Trial:
    """Two who know each other, and what was accepted so far."""

    def __init__(self, place, options):
        self.options = options
        self.alice = place.daemon("alice", start=False, kind=Failing)
        self.alice.board = Board(place.folder / "board")
        self.alice.looks_for_leaks = False
        self.bob = place.daemon("bob")
        self.bob.contract = None
        self.alice.start()
        if self.alice.process.poll() == CANNOT:
            raise Cannot
        assert self.alice.come_up()
        self.to_bob, self.to_alice = pair(self.alice, self.bob)
        self.sent, self.received, self.doubtful = [], [], set()
        self.kinds = collections.Counter()
        self.calls = collections.Counter()
        self.numbers = iter(range(10 ** 9))
        self.wrong = []

    # what is looked for

    def check_history(self):
        """All that was accepted is there once, in its order."""
        for direction, accepted in (("out", self.sent), ("in", self.received)):
            texts = [m["text"] for m in self.alice.history(self.to_bob)
                     if m["direction"] == direction]
            there = [t for t in texts if t not in self.doubtful]
            if there != accepted or len(set(texts)) != len(texts):
                raise AssertionError(
                    f"lost or doubled: {set(accepted) ^ set(there)}")

    def check_other_end(self):
        """And at the other end as well."""
        end = time.monotonic() + 2 * PATIENCE
        while True:
            texts = [m["text"] for m in self.bob.history(self.to_alice)
                     if m["direction"] == "in"]
            there = [t for t in texts if t not in self.doubtful]
            if there == self.sent and len(set(texts)) == len(texts):
                return
            if time.monotonic() > end:
                raise AssertionError(
                    f"not at the other end: {set(there) ^ set(self.sent)}")
            time.sleep(0.05)

    # what is done

    def send(self, limit=PATIENCE):
        """One message, asked for until it is accepted: with one client_id,
        so that it is there once."""
        text, client_id = f"out {next(self.numbers)}", str(uuid.uuid4())
        path = self.alice.user_path(f"/conversations/{self.to_bob}/messages")
        body = {"client_id": client_id, "text": text}
        end = time.monotonic() + limit
        self.doubtful.add(text)
        first = True
        while True:
            status, data = self.alice.ask("POST", path, body)
            if status in (200, 201):
                break
            if first:
                self.kinds[f"send: {status or 'no answer'}"] += 1
            first = False
            # Without a core, or with one that does not know the passphrase.
            if status in (0, 401, 403, 409, 423, 500, 503):
                if self.alice.is_over():
                    return False
                self.alice.come_up()
            else:
                raise AssertionError(f"{status} {data}")
            if time.monotonic() > end:
                raise Hang(f"{status} {data}")
            time.sleep(0.01)
        self.doubtful.discard(text)
        self.sent.append(text)
        return True

    def receive(self, limit=PATIENCE):
        text = f"in {next(self.numbers)}"
        self.bob.send(self.to_alice, text)
        path = self.alice.user_path(
            f"/conversations/{self.to_bob}/messages?limit=1")
        end = time.monotonic() + limit
        while True:
            status, data = self.alice.ask("GET", path)
            if status == 200 and text.encode() in data:
                break
            if status != 200 and not self.alice.come_up():
                return False
            if time.monotonic() > end:
                raise Hang(f"{text} does not come: {status}")
            time.sleep(0.005)
        self.received.append(text)
        return True

    def stop(self):
        self.alice.process.terminate()
        try:
            self.alice.process.wait(HANG)
        except subprocess.TimeoutExpired as late:
            raise Hang("it does not stop") from late

    # the phases

    def note(self, phase, role, at, what):
        """One call that failed."""
        hit = self.alice.board.hit()
        if hit:
            self.calls[phase] += 1
            self.kinds[f"{phase}: {what}"] += 1
        if self.options.verbose and hit:
            print(f"{phase} {role} {at}: call {hit[0]} {hit[1]}: {what}",
                  flush=True)
        return hit

    def start_life(self, role, at):
        """A start of which one call fails; then one without, if it was
        refused."""
        self.alice.board.clear()
        mark = self.alice.log.stat().st_size
        if at:
            self.alice.board.arm(role, at, self.options.variant)
        self.alice.start()
        up = self.alice.come_up()
        with open(self.alice.log, "rb") as log:
            log.seek(mark)
            said = log.read().decode("utf-8", "replace")
        what = "it works"
        if not up:
            what = "refused, and says why" if said.strip() else "silent"
            self.alice.process.wait()
        elif re.search("started again in", said):
            what = "a process was started again"
        counted = {r: self.alice.board.count(r) for r in ROLES}
        self.alice.board.disarm()
        if at:
            self.note("start", role, at, what)
        if not up:
            self.alice.board.clear()
            self.alice.start()
            assert self.alice.come_up()
        return counted

    def stop_life(self, role, at):
        begin = {r: self.alice.board.count(r) for r in ROLES}
        if at:
            self.alice.board.arm(role, at, self.options.variant)
        self.stop()
        if at:
            self.note("stop", role, at,
                      f"status {self.alice.process.returncode}")
        return {r: self.alice.board.count(r) - begin[r] for r in ROLES}

    def numbers_of(self, counted, role):
        """Which calls of so many are to fail."""
        last = counted[role]
        some = list(range(self.options.first, last + 1))
        if 0 < self.options.sample < len(some):
            some = sorted(self.options.random.sample(
                some, self.options.sample))
        return some

    def roles(self):
        return [self.options.only] if self.options.only else list(ROLES)

    def lives(self):
        """Starts and stops, both in each life as long as there are any."""
        counts_stop = self.stop_life(None, 0)
        counts_start = self.start_life(None, 0)
        starts = [(r, n) for r in self.roles()
                  for n in self.numbers_of(counts_start, r)]
        stops = [(r, n) for r in self.roles()
                 for n in self.numbers_of(counts_stop, r)]
        if self.options.phase == "start":
            stops = []
        if self.options.phase == "stop":
            starts = []
        print(f"a start has {counts_start} calls, a stop {counts_stop}",
              flush=True)
        for i in range(max(len(starts), len(stops))):
            self.tell(self.stop_life, *(stops[i:] or [(None, 0)])[0])
            self.tell(self.start_life, *(starts[i:] or [(None, 0)])[0])
            assert self.tell(self.send)
            self.tell(self.check_history)

    def talk(self, phase, deed):
        """Until a whole deed goes by without reaching the call."""
        for role in self.roles():
            at, done = 0, 0
            while not self.options.sample or done < self.options.sample:
                at += 1 if not self.options.sample else \
                    self.options.random.randint(1, 5)
                self.alice.board.arm(role, at, self.options.variant)
                assert self.tell(deed)
                self.alice.board.disarm()
                if not self.note(phase, role, at, "it works"):
                    break
                done += 1
                assert self.tell(self.send) and self.tell(self.receive)
                self.tell(self.check_history)

    def tell(self, deed, *arguments):
        """Where it was, if it hangs or loses something; goes on after."""
        try:
            return deed(*arguments)
        except (Hang, AssertionError) as wrong:
            log = self.alice.log.read_text("utf-8", "replace")
            self.wrong.append(f"{deed.__name__} {arguments} "
                              f"{self.alice.board.hit()}: {wrong!r}")
            print(f"{self.wrong[-1]}\n{log[-1500:]}", flush=True)
        self.alice.kill_all()
        self.alice.board.clear()
        self.alice.start()
        assert self.alice.come_up()
        texts = {d: [m["text"] for m in self.alice.history(self.to_bob)
                     if m["direction"] == d] for d in ("in", "out")}
        self.sent, self.received = texts["out"], texts["in"]
        return True


def run(options):
    """The figures, as one line."""
    options.random = random.Random(options.seed)
    with Place() as place:
        place.dies_on_purpose = True  # without memory a sanitizer gives up
        trial = Trial(place, options)
        if options.phase in (None, "send"):
            trial.talk("send", trial.send)
        if options.phase in (None, "receive"):
            trial.talk("receive", trial.receive)
        if options.phase in (None, "start", "stop"):
            trial.lives()
        trial.check_history()
        trial.check_other_end()
        assert not trial.wrong, "\n".join(trial.wrong)
        for kind, count in sorted(trial.kinds.items()):
            print(f"{count:6} {kind}")
        calls = ", ".join(f"{n} of {phase}" for phase, n
                          in trial.calls.items())
        return (f"failing: {sum(trial.calls.values())} calls failed ({calls}),"
                f" {len(trial.sent)} messages sent, {len(trial.received)} "
                f"received; 0 lost, 0 hangs over {HANG} s")


def options_of(arguments):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--variant", type=int, default=0)
    parser.add_argument("--only", choices=ROLES)
    parser.add_argument("--phase",
                        choices=("start", "send", "receive", "stop"))
    parser.add_argument("--verbose", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        print(run(options_of(sys.argv[1:])))
