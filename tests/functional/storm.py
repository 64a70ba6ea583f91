#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two daemons talk both ways while their processes are killed with -9, at
random, one after the other; then every message must be there once, in order.

    storm.py [--messages N] [--kills N] [--seed N] [--tornet]

Prints the seed first and a line of figures last.
"""

import argparse
import contextlib
import http.client
import os
import pathlib
import random
import sys
import threading
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tornet"))

from daemons import (PASSPHRASE, Place, Refused, children_of,  # noqa: E402
                     pair, until)

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
    """Sends its messages one after the other, each until it is accepted."""

    def __init__(self, daemon, conversation, count):
        super().__init__(name=daemon.name)
        self.daemon_ = daemon
        self.conversation = conversation
        self.wanted = [f"{daemon.name} {i}" for i in range(count)]
        self.accepted = 0
        self.error = None

    def run(self):
        try:
            for text in self.wanted:
                client_id = str(uuid.uuid4())
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


def kill_one(rng, daemons, tally):
    daemon = rng.choice(daemons)
    living = children_of(daemon.process.pid)
    names = sorted(living)
    if not names:
        return False
    name = rng.choice(names)
    with contextlib.suppress(ProcessLookupError):
        os.kill(living[name], 9)
    kind = name if name.startswith("umbel") else "tor"
    tally[kind] = tally.get(kind, 0) + 1
    until(f"another {name}", lambda: children_of(daemon.process.pid).get(
        name, living[name]) != living[name])
    return True


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


def storm(network, messages, kills, seed):
    rng = random.Random(seed)
    tally = {}
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
        done = 0
        while done < kills:
            done += kill_one(rng, (alice, bob), tally)
            # Spread the kills over the whole conversation.
            goal = messages * done // kills
            until("the talk goes on", lambda: sum(
                t.accepted for t in talkers) >= goal or not any(
                    t.is_alive() for t in talkers), END_LIMIT)
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
    print(f"storm: {messages} messages, {sum(tally.values())} kills {tally}, "
          f"{time.monotonic() - begin:.0f} s: {lost} lost, {doubled} doubled, "
          f"{misplaced} out of order", flush=True)
    return lost + doubled + misplaced == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=random.getrandbits(32))
    parser.add_argument("--tornet", action="store_true")
    args = parser.parse_args()
    print(f"storm: seed {args.seed}", flush=True)
    if not args.tornet:
        return 0 if storm(None, args.messages, args.kills, args.seed) else 1
    import tempfile
    from tornet import TorNet
    with tempfile.TemporaryDirectory(prefix="u", dir="/tmp") as folder:
        with TorNet(folder) as network:
            return 0 if storm(network, args.messages, args.kills,
                              args.seed) else 1


if __name__ == "__main__":
    sys.exit(main())
