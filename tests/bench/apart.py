#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does a flood at one user show in the latency of another of the same daemon
(D-06 of the hostile cases)?  A contact of the second times the answers to his
PINGs while connections come to the door of the first; and, as the baseline,
while the same flood goes to another daemon on this machine.

    apart.py [--samples N] [--rate N]

--samples: of each, in all rounds together; 10,000 if nothing is said.
--rate: connections a second, half of them with an opening that is wrong.
    100 if nothing is said.
"""

import argparse
import bisect
import contextlib
import itertools
import math
import os
import pathlib
import select
import statistics
import struct
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "functional"))

from daemons import Place, until  # noqa: E402
from peer import (OPENING_BYTES, PING, PONG, Invite, Link,  # noqa: E402
                  Pair, connect, frame, hello, service_path, services)

ROUNDS = 10
HELD = 100


def flood(path, rate):
    """Until standard input ends."""
    socks = []
    for i in itertools.count():
        if select.select([sys.stdin], [], [], 1 / rate)[0]:
            return
        with contextlib.suppress(OSError):
            socks.append(connect(path))
            if i % 2:
                socks[-1].sendall(b"\x01\xe6" + os.urandom(OPENING_BYTES - 2))
        if len(socks) > HELD:
            socks.pop(0).close()


@contextlib.contextmanager
def flooded(path, rate):
    words = [sys.executable, __file__, "--flood", path, "--rate", str(rate)]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as process:
        yield
        process.stdin.close()


def only_service(place, daemon):
    """Of a daemon that has one: where its door is."""
    def look():
        found = [e["ports"]["1"][len("unix:"):]
                 for e in services(place.folder)
                 if str(daemon.run) in e["ports"]["1"]]
        return found[0] if len(found) == 1 else None
    return until("one service", look)


def befriend(place, user):
    """An open session with the user's contact, who is no Umbel."""
    mallory, invite = Pair(), Invite(user.invite())
    path = until("published", lambda: service_path(place.folder, invite.onion))
    mallory.use(path, invite)
    path = until("published", lambda: service_path(place.folder, mallory.cell))
    link = Link.to_contact(path, mallory)
    link.send(hello())
    return link


def answers_ms(link, count):
    times = []
    for i in range(count):
        number = struct.pack(">I", i)
        begin = time.monotonic()
        link.send(frame(PING, number))
        link.read_until(PONG, lambda body, n=number: body == n)
        times.append((time.monotonic() - begin) * 1000)
    return times


def kolmogorov_p(a, b):
    """How likely such samples are, at least as far apart, if both come from
    one distribution: the two-sample test of Kolmogorov and Smirnov, for
    large samples."""
    a, b = sorted(a), sorted(b)
    distance = max(abs(bisect.bisect_right(a, x) / len(a) -
                       bisect.bisect_right(b, x) / len(b)) for x in a + b)
    x = distance * math.sqrt(len(a) * len(b) / (len(a) + len(b)))
    if x < 0.2:  # the series needs many terms there, and is 1
        return 1.0
    return min(1.0, 2 * sum((-1) ** (k - 1) * math.exp(-2 * (k * x) ** 2)
                            for k in range(1, 100)))


def bench_apart(samples, rate):
    with Place() as place:
        anna, other = place.daemon("anna"), place.daemon("other")
        for daemon in (anna, other):
            daemon.add_user()
        beside, elsewhere = (only_service(place, d) for d in (anna, other))
        times = {beside: [], elsewhere: []}
        with befriend(place, anna.another_user("berta")) as link:
            answers_ms(link, 100)
            quiet = statistics.median(answers_ms(link, samples // ROUNDS))
            for path in [beside, elsewhere] * ROUNDS:
                with flooded(path, rate):
                    times[path] += answers_ms(link, samples // ROUNDS)
    ours, base = times[beside], times[elsewhere]
    shift = statistics.median(ours) - statistics.median(base)
    p95 = [statistics.quantiles(t, n=20)[-1] for t in (ours, base)]
    print(f"PING of a user while {rate}/s come to the door of another: p50 "
          f"{statistics.median(ours):.3f} ms, p95 {p95[0]:.3f} ms; to another "
          f"daemon: {statistics.median(base):.3f} ms, {p95[1]:.3f} ms; quiet "
          f"{quiet:.3f} ms; shift {shift:.3f} ms (aim < 1), KS p = "
          f"{kolmogorov_p(ours, base):.2g} (n = {len(ours)})", flush=True)
    return shift


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=10000)
    parser.add_argument("--rate", type=int, default=100)
    parser.add_argument("--flood", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.flood:
        flood(args.flood, args.rate)
    else:
        bench_apart(args.samples, args.rate)


if __name__ == "__main__":
    sys.exit(main())
