#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A day in the life of two daemons, in an hour: their time goes 24 times as
fast as ours (fast_clock.c), they talk, send files, lose their circuits, are
locked and unlocked, and none of their processes may grow.

    soak_day.py --seconds 3600          a day
    soak_day.py --seconds 300           two hours of it

Growth is the mean memory of the last fifth of the time against that of the
fifth after the first two.  Before all of that comes a history that is larger than
the databases' caches (2 MB each, one of them for words, from 2000 messages on):
else it is these that grow.  HOSTILE X-14
"""

import argparse
import os
import pathlib
import statistics
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "functional"))

import fake_tor  # noqa: E402
from clocks import ClockDaemon  # noqa: E402
from daemons import (IS_SANITIZED, Place, children_of, pair,  # noqa: E402
                     wait_delivered)
from files import noise, offered  # noqa: E402

NAMES = ("umbeld", "umbel-core", "umbel-httpd", "umbel-broker")
KIB = 1024
LIMIT_KIB = 1024
PAGE = os.sysconf("SC_PAGESIZE")
# Seconds of ours between two of them: of theirs, two hours, one, six.
FILE_EVERY, CUT_EVERY, LOCK_EVERY = 300, 150, 900
HISTORY = 5000  # messages


class FastDaemon(ClockDaemon):
    contract = None
    speed = 24


def resident_kib(daemon):
    """By process."""
    pids = {"umbeld": daemon.process.pid, **children_of(daemon.process.pid)}
    found = {}
    for name in NAMES:
        text = pathlib.Path(f"/proc/{pids[name]}/statm").read_text("ascii")
        found[daemon.name, name] = int(text.split()[1]) * PAGE // KIB
    return found


class Day:
    def __init__(self, place, options):
        self.options = options
        self.alice = place.daemon("alice", kind=FastDaemon)
        self.bob = place.daemon("bob", kind=FastDaemon)
        self.to_bob, self.to_alice = pair(self.alice, self.bob)
        self.samples = []
        self.messages = self.files = self.cuts = self.locks = 0

    def talk(self):
        """A few words each way, read at once."""
        for one, other, there, back in (
                (self.alice, self.bob, self.to_bob, self.to_alice),
                (self.bob, self.alice, self.to_alice, self.to_bob)):
            text = f"{self.messages} " + "word " * (self.messages % 50)
            wait_delivered(one, one.send(there, text))
            last = other.call("GET", other.user_path(
                f"/conversations/{back}/messages?limit=1"))["items"][0]
            assert last["text"] == text, (last["text"], text)
            other.call("PUT", other.user_path(
                f"/conversations/{back}/read"), {"message_id": last["id"]})
            self.messages += 1

    def send_file(self):
        out, into = offered(self.alice, self.bob, self.to_bob,
                            noise(256 * KIB))
        into.set("running")
        into.wait("done")
        out.wait("done")
        self.files += 1

    def cut(self):
        fake_tor.ask_admin(self.alice.data / "tor" / "admin", cut=True)
        self.cuts += 1

    def lock(self):
        self.bob.call("POST", self.bob.user_path("/lock"))
        self.bob.unlock()
        self.locks += 1

    def run(self):
        while self.messages < HISTORY:
            self.talk()
        begin = time.monotonic()
        due = {self.send_file: FILE_EVERY, self.cut: CUT_EVERY,
               self.lock: LOCK_EVERY}
        scale = min(1, self.options.seconds / 3600 * 4)
        times = {deed: begin + every * scale / 2
                 for deed, every in due.items()}
        while (now := time.monotonic()) < begin + self.options.seconds:
            self.talk()
            for deed, every in due.items():
                if times[deed] <= now:
                    times[deed] += every * scale
                    deed()
            self.samples.append((time.monotonic() - begin, {
                **resident_kib(self.alice), **resident_kib(self.bob)}))
            # Not as fast as it goes, but as people talk: every 24 seconds.
            time.sleep(max(0, now + 1 - time.monotonic()))

    def growth_kib(self):
        """By daemon and process."""
        whole = self.options.seconds

        def mean(who, first, last):
            return statistics.mean(
                kib[who] for at, kib in self.samples
                if first * whole <= at < last * whole)
        return {who: (mean(who, .8, 1) - mean(who, .4, .6),
                      mean(who, .8, 1)) for who in self.samples[0][1]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=3600)
    options = parser.parse_args()
    if IS_SANITIZED:
        print("soak-day: this build has sanitizers: its figures are of no use")
    with Place() as place:
        day = Day(place, options)
        day.run()
        worst = 0
        for (name, process), (grown, kib) in day.growth_kib().items():
            print(f"{name:6} {process:13} {kib:8.0f} KiB, "
                  f"{grown:+7.0f} KiB")
            worst = max(worst, grown)
        hours = options.seconds * FastDaemon.speed / 3600
        print(f"soak-day: {hours:.1f} h in {options.seconds} s, "
              f"{day.messages} messages, {day.files} files, {day.cuts} cuts, "
              f"{day.locks} locks; drift {worst:.0f} KiB of {LIMIT_KIB}")
    return 0 if worst < LIMIT_KIB or IS_SANITIZED else 1


if __name__ == "__main__":
    sys.exit(main())
