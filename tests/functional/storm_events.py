#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that read events by named consumers, while they and the daemon are
killed with -9 at random: each event must come to each of them, and none after
it was acknowledged.

    storm_events.py [--events N] [--kills N] [--seed N]

Two users of one daemon write to each other until there were so many events and
so many kills.  One program reads those of the one, another those of the other,
by polls and streams, and a third those of all users.  A program is away now and
then for as long as it takes.  Prints the seed first and figures last.
"""

import argparse
import collections
import contextlib
import http.client
import json
import pathlib
import random
import subprocess
import sys
import threading
import time
import uuid

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from daemons import (PASSPHRASE, Place, UnixConnection,  # noqa: E402
                     die_with_parent, pair, until)
from storm import AWAY, END_LIMIT, kill_child, kill_tree, patiently  # noqa: E402

AWAY_ODDS = 0.3  # that a killed program stays away for some kills


class Sender(threading.Thread):
    """Writes until told to stop; each message until it is accepted."""

    def __init__(self, daemon, conversation):
        super().__init__(daemon=True)
        self.daemon_, self.conversation = daemon, conversation
        self.is_over, self.last, self.count = threading.Event(), None, 0
        self.connection = None

    def ask(self, body):
        if not self.connection:
            self.connection = UnixConnection(
                self.daemon_.run / "api.sock", 60)
        self.connection.request(
            "POST", self.daemon_.user_path(
                f"/conversations/{self.conversation}/messages"),
            json.dumps(body), {**self.daemon_.header(),
                               "Content-Type": "application/json"})
        answer = self.connection.getresponse()
        data = answer.read()
        if answer.status in (401, 423, 503):
            raise http.client.HTTPException
        assert answer.status < 300, data
        return json.loads(data)

    def send(self):
        body = {"client_id": str(uuid.uuid4()), "text": f"{self.count}"}
        while True:
            try:
                self.last = self.ask(body)
                self.count += 1
                return
            except (OSError, ValueError, http.client.HTTPException):
                self.connection = None
                time.sleep(0.02)

    def run(self):
        while not self.is_over.is_set():
            self.send()


class Program:
    """reader.py, and what it has noted."""

    def __init__(self, daemon, name, users):
        self.daemon, self.name, self.users = daemon, name, users
        self.log = daemon.home / f"{name}.log"
        self.process, self.away = None, 0
        self.start_at = {u: 0 for u in users}

    def start(self, rng):
        self.process = subprocess.Popen(
            ["/usr/bin/python3", str(HERE / "reader.py"),
             str(self.daemon.run), self.name, str(self.log),
             str(rng.randrange(1 << 30)), *self.users],
            preexec_fn=die_with_parent)

    def kill(self):
        if self.process:
            assert self.process.poll() is None, f"{self.name} has ended"
            self.process.kill()
            self.process.wait()
        self.process = None

    def is_done(self):
        for user in self.users:
            path = f"/v1/users/{user}/consumers/{self.name}"
            if self.daemon.call("GET", path)["behind"] > 0:
                return False
        return True

    def judge(self, last):
        """Raises unless all is as promised; how many events came again."""
        seen = {u: set() for u in self.users}
        acked = dict(self.start_at)
        before, again = {}, 0  # of each user, on this connection
        for line in self.log.read_text().splitlines():
            kind, *rest = line.split()
            if kind == "c":
                before = {}
                continue
            user, ident = rest[0], int(rest[1])
            if kind == "a":
                acked[user] = ident
            elif kind == "g":
                assert ident > acked[user], f"{line} after {acked[user]}"
                if user in before:
                    assert ident == before[user] + 1, f"{line} {before}"
                again += ident in seen[user]
                seen[user].add(ident)
                before[user] = ident
        for user in self.users:
            wanted = set(range(self.start_at[user] + 1, last[user] + 1))
            assert seen[user] >= wanted, (
                f"{self.name} missed {len(wanted - seen[user])}: "
                f"{sorted(wanted - seen[user])[:10]}")
        return sum(map(len, seen.values())), again


class Storm:
    def __init__(self, place, seed):
        self.rng = random.Random(seed)
        self.alice = place.daemon("alice")
        self.alice.contract = None
        self.alice.add_user()
        self.ann = self.alice.another_user("ann")
        self.both = (self.alice, self.ann)
        talks = pair(self.alice, self.ann)
        self.unattended()
        self.senders = [Sender(d, c) for d, c in zip(self.both, talks)]
        ids = [d.user["id"] for d in self.both]
        self.programs = [Program(self.alice, "one", ids[:1]),
                         Program(self.alice, "two", ids[1:]),
                         Program(self.alice, "all", ids)]
        for program in self.programs:
            for user in program.users:
                made = patiently("a consumer", lambda p=program, u=user:
                                 self.alice.call(
                                     "PUT", f"/v1/users/{u}/consumers/{p.name}",
                                     {"acked_id": 0}))
                program.start_at[user] = made["acked_id"]
            program.start(self.rng)
        self.killed = collections.Counter()

    def unattended(self):
        """Both users open by themselves after a crash."""
        secret = self.alice.home / "pass"
        secret.write_text(PASSPHRASE)
        secret.chmod(0o600)
        with self.alice.conf.open("a") as conf:
            for name in ("alice", "ann"):
                conf.write(f'[user "{name}"]\npassphrase_file = {secret}\n')
        self.alice.stop()
        self.alice.start()
        for one in self.both:
            patiently("unlocked", one.last_event)

    def events(self):
        return sum(patiently("a number", one.last_event) for one in self.both)

    def kill_program(self):
        program = self.rng.choice(self.programs)
        if program.process:
            program.kill()
            program.away = (self.rng.randint(1, 8)
                            if self.rng.random() < AWAY_ODDS else 0)
            self.killed["program"] += 1
        for one in self.programs:
            one.away -= one.away > 0
            if not one.process and not one.away:
                one.start(self.rng)

    def kill_one(self):
        dice = self.rng.random()
        if dice < 0.6:
            self.kill_program()
        elif dice < 0.67:
            self.killed[kill_tree(self.alice)] += 1
        else:
            with contextlib.suppress(*AWAY):
                self.killed[kill_child(self.rng, self.alice)] += 1

    def rage(self, events, kills):
        for sender in self.senders:
            sender.start()
        while sum(self.killed.values()) < kills or self.events() < events:
            # The pace of the storm; nothing awaits it.
            time.sleep(self.rng.random() / 4)
            if sum(self.killed.values()) < kills:
                self.kill_one()
        for sender in self.senders:
            sender.is_over.set()
            sender.join(END_LIMIT)

    def calm(self):
        for program in self.programs:
            if not program.process:
                program.start(self.rng)
        for one, sender in zip(self.both, self.senders):
            path = one.user_path(f"/messages/{sender.last['id']}")
            until("all is delivered", lambda o=one, p=path: patiently(
                "a state", lambda: o.call("GET", p))["state"] == "delivered",
                  END_LIMIT)
        for program in self.programs:
            until(f"{program.name} has all", lambda p=program: patiently(
                "places", p.is_done), END_LIMIT)
            program.kill()


def storm(events, kills, seed):
    """A line of figures; raises if anything was lost or came once more."""
    begin = time.monotonic()
    with Place() as place:
        one = Storm(place, seed)
        one.rage(events, kills)
        one.calm()
        last = {d.user["id"]: d.last_event() for d in one.both}
        came, again = map(sum, zip(*(p.judge(last) for p in one.programs)))
    killed = ", ".join(f"{n} {what}" for what, n in one.killed.items())
    return (f"{sum(last.values())} events, to 3 programs: {came} came, "
            f"0 missed, 0 after they were acknowledged, {again} again before "
            f"that; killed: {killed}; {time.monotonic() - begin:.0f} s")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=3000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.getrandbits(32))
    args = parser.parse_args()
    print(f"SEED={args.seed}", flush=True)
    print(storm(args.events, args.kills, args.seed))


if __name__ == "__main__":
    sys.exit(main())
