#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two daemons talk both ways while their processes are killed with -9, at
random, one after the other, umbeld among them; between the kills tor is
stopped for a while, and streams are cut.  Then every message must be there
once, in order.

    storm.py [--messages N] [--kills N] [--seed N] [--pause S] [--tornet]

Prints the seed first and a line of figures last.
"""

import argparse
import contextlib
import http.client
import os
import pathlib
import random
import signal
import sys
import tempfile
import threading
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tornet"))

from daemons import (PASSPHRASE, Place, Refused, children_of,  # noqa: E402
                     pair, until)
from fake_tor import ask_admin  # noqa: E402

# The API may be away for a moment at any time during the storm.
AWAY = (OSError, http.client.HTTPException)
END_LIMIT = 600


def patiently(what, call):
    """Repeats a call that a crash may have cut; it must be repeatable."""
    def attempt():
        try:
            return [call()]
        except AWAY:
            return None
        except Refused as refused:
            if refused.status in (401, 423, 503):
                return None
            raise
    return until(what, attempt, END_LIMIT)[0]


class Talker(threading.Thread):
    """Sends its messages one after the other, each until it is accepted, and
    no further than allowed: so the talk lasts as long as the storm."""

    def __init__(self, daemon, conversation, count):
        super().__init__(name=daemon.name)
        self.daemon_ = daemon
        self.conversation = conversation
        self.wanted = [f"{daemon.name} {i}" for i in range(count)]
        self.allowed = threading.Semaphore(0)
        self.accepted = 0
        self.error = None

    def allow(self, count):
        self.allowed.release(count)

    def run(self):
        try:
            for text in self.wanted:
                client_id = str(uuid.uuid4())
                self.allowed.acquire()
                patiently("a message is accepted", lambda t=text, c=client_id:
                          self.daemon_.send(self.conversation, t, c))
                self.accepted += 1
        except Exception as error:  # told by the main thread
            self.error = error
            raise


def settle(daemon):
    """Gives the passphrase to a core that has come up without one."""
    secret = daemon.home / "pass"
    secret.write_text(PASSPHRASE)
    secret.chmod(0o600)
    with daemon.conf.open("a") as conf:
        conf.write(f'[user "{daemon.name}"]\npassphrase_file = {secret}\n')
    daemon.stop()
    daemon.start()
    patiently("unlocked", lambda: daemon.history)


def tor_of(daemon):
    """(name, pid) of its tor, which may be a stand-in under another name."""
    for name, pid in children_of(daemon.process.pid).items():
        if not name.startswith("umbel"):
            return name, pid
    return None


def kill_tree(daemon):
    """umbeld; its children must die with it."""
    old = children_of(daemon.process.pid).values()
    daemon.kill_all()
    until("the children are gone", lambda: not any(
        os.path.exists(f"/proc/{pid}/exe") for pid in old))
    daemon.start()
    return "umbeld"


def kill_child(rng, daemon):
    living = until("processes", lambda: children_of(daemon.process.pid))
    name = rng.choice(sorted(living))
    with contextlib.suppress(ProcessLookupError):
        os.kill(living[name], signal.SIGKILL)
    until(f"another {name}", lambda: children_of(daemon.process.pid).get(
        name, living[name]) != living[name])
    return name if name.startswith("umbel") else "tor"


def kill_one(rng, daemon):
    """What was killed; one in fifteen times all of it."""
    return kill_tree(daemon) if rng.random() < 1 / 15 else kill_child(
        rng, daemon)


def disturb(rng, daemon, fake):
    """Something that kills nobody."""
    kind = rng.choice(["stopped", "cut", "torn"] if fake else ["stopped"])
    tor = tor_of(daemon)
    with contextlib.suppress(OSError):
        if kind == "stopped" and tor:
            os.kill(tor[1], signal.SIGSTOP)
            time.sleep(rng.random())
            os.kill(tor[1], signal.SIGCONT)
        elif kind == "cut":
            ask_admin(daemon.data / "tor" / "admin", do="cut",
                      control=rng.random() < 0.5)
        elif kind == "torn":
            ask_admin(daemon.data / "tor" / "admin",
                      stream_bytes=rng.randrange(4000))
    return kind


def wait_all_there(daemon, conversation, wanted):
    def check():
        page = patiently("the history", lambda: daemon.call(
            "GET", daemon.user_path(
                f"/conversations/{conversation}/messages?limit=200")))
        return any(m["text"] == wanted[-1] and m["direction"] == "in"
                   for m in page["items"])
    until(f"the last message reaches {daemon.name}", check, END_LIMIT)
    history = patiently("the history", lambda: daemon.history(conversation))
    return [m["text"] for m in history if m["direction"] == "in"]


def compare(got, wanted):
    lost = len(set(wanted) - set(got))
    doubled = len(got) - len(set(got))
    in_order = [t for t in wanted if t in set(got)]
    seen, unique = set(), []
    for text in got:
        if text not in seen:
            unique.append(text)
            seen.add(text)
    misplaced = sum(a != b for a, b in zip(unique, in_order))
    return lost, doubled, misplaced


def share(total, parts, i):
    """The i-th of so many parts, which add up to total."""
    return total * (i + 1) // parts - total * i // parts


def blow(rng, daemons, talkers, kills, pause, fake):
    """The storm itself; gives how often what was hit."""
    tally = {}
    for i in range(kills):
        for talker in talkers:
            talker.allow(share(len(talker.wanted), kills, i))
        # Not to wait for anything: the moment shall be any.
        time.sleep(rng.expovariate(1 / pause))
        hits = [kill_one(rng, rng.choice(daemons))]
        if rng.random() < 0.2:
            hits.append(disturb(rng, rng.choice(daemons), fake))
        for hit in hits:
            tally[hit] = tally.get(hit, 0) + 1
        if (i + 1) % 50 == 0:
            print(f"{i + 1} kills, accepted "
                  f"{[t.accepted for t in talkers]}", flush=True)
    return tally


def storm(network, messages, kills, seed, pause=1.0):
    """pause: seconds between kills, in the mean.  umbeld lets a child wait
    longer each time that it dies young, so quicker is not more."""
    rng = random.Random(seed)
    begin = time.monotonic()
    with Place(network) as place:
        alice, bob = place.daemon("alice"), place.daemon("bob")
        if network:
            alice.wait_for_tor()
            bob.wait_for_tor()
        to_bob, to_alice = pair(alice, bob)
        settle(alice)
        settle(bob)
        talkers = [Talker(alice, to_bob, messages // 2),
                   Talker(bob, to_alice, messages // 2)]
        for talker in talkers:
            talker.start()
        tally = blow(rng, (alice, bob), talkers, kills, pause, not network)
        for talker in talkers:
            talker.join()
            if talker.error:
                raise talker.error
        results = [
            compare(wait_all_there(bob, to_alice, talkers[0].wanted),
                    talkers[0].wanted),
            compare(wait_all_there(alice, to_bob, talkers[1].wanted),
                    talkers[1].wanted)]
    lost, doubled, misplaced = (sum(column) for column in zip(*results))
    print(f"storm: {messages} messages, {kills} kills {tally}, "
          f"{time.monotonic() - begin:.0f} s: {lost} lost, {doubled} doubled, "
          f"{misplaced} out of order", flush=True)
    return lost + doubled + misplaced == 0


def main(what, count, kills, pause, run):
    """run(network or None, count, kills, seed, pause): whether all went
    well.  The figures are what is done if the command line says nothing."""
    parser = argparse.ArgumentParser()
    parser.add_argument(f"--{what}", dest="count", type=int, default=count)
    parser.add_argument("--kills", type=int, default=kills)
    parser.add_argument("--seed", type=int, default=random.getrandbits(32))
    parser.add_argument("--pause", type=float, default=pause)
    parser.add_argument("--tornet", action="store_true")
    args = parser.parse_args()
    print(f"storm: seed {args.seed}", flush=True)
    rest = (args.count, args.kills, args.seed, args.pause)
    if not args.tornet:
        return 0 if run(None, *rest) else 1
    from tornet import TorNet
    with tempfile.TemporaryDirectory(prefix="u", dir="/tmp") as folder:
        with TorNet(folder) as network:
            return 0 if run(network, *rest) else 1


if __name__ == "__main__":
    sys.exit(main("messages", 5000, 500, 1.0, storm))
