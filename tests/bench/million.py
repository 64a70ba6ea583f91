#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A history of a million messages: how long a page, a search and unlocking
take, and how much memory.  Prints figures, asserts nothing.

    million.py [--messages N] [--keep FOLDER]

--keep: the folder of the daemon is made there, or used again if it is there.
"""

import argparse
import json
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "functional")]

from bench import pss_kib  # noqa: E402
from daemons import BUILD, PASSPHRASE, Daemon, children_of  # noqa: E402

WORDS, CONTACTS = 50000, 300


def word(n):
    """history.c has the same."""
    text = ""
    while len(text) < 4 or n > 0:
        text += "bcdfghjklmnprstvwxyz"[n % 20] + "aeiou"[n // 20 % 5]
        n //= 100
    return text


def timed(call):
    begin = time.perf_counter()
    result = call()
    return (time.perf_counter() - begin) * 1000, result


def line(name, times, aim=""):
    times = sorted(times)
    print(f"{name}: p50 {statistics.median(times):.1f} ms, p95 "
          f"{times[int(len(times) * 0.95)]:.1f} ms, max {times[-1]:.1f} ms"
          f"{aim}", flush=True)


def search(daemon, **query):
    path = daemon.user_path("/search?" + urllib.parse.urlencode(query))
    return timed(lambda: daemon.call("GET", path))


def conversations(daemon):
    found, cursor = [], ""
    while cursor is not None:
        page = daemon.call("GET", daemon.user_path(
            f"/conversations?limit=200{cursor}"))
        found += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"] and "&cursor=" + page["next_cursor"]
    return found


def pages(daemon, places, dice, count):
    times = []
    for _ in range(count):
        place = places[int(len(places) ** dice.random()) - 1]
        path = daemon.user_path(f"/conversations/{place}/messages?limit=50")
        took, page = timed(lambda: daemon.call("GET", path))
        times.append(took)
        while page["next_cursor"] and dice.random() < 0.7:
            before = f"{path}&before={page['next_cursor']}"
            took, page = timed(lambda: daemon.call("GET", before))
            times.append(took)
    return times


def queries(dice, places):
    """What people look for, as far as a bench can know."""
    def rank(least, most):
        return word(int(dice.uniform(least ** 0.5, most ** 0.5) ** 2))
    rare, middle, common = (rank(20000, WORDS - 1), rank(1000, 20000),
                            rank(1, 100))
    place = places[int(len(places) ** dice.random()) - 1]
    return {
        "rare": {"q": f'"{rare}"'},
        "middle": {"q": f'"{middle}"'},
        "common": {"q": f'"{common}"'},
        "two": {"q": f"{common} {middle}"},
        "three": {"q": f'{common} {rank(1, 100)} "{rare}"'},
        "beginning": {"q": middle[:3]},
        "phrase": {"q": f'"{common} {rank(1, 100)}"'},
        "phrase of rare": {"q": f'"{middle} {rare}"'},
        "nowhere": {"q": '"qqqq"'},
        "rare, one conversation": {"q": rare, "conversation_id": place},
        "common, one conversation": {"q": common, "conversation_id": place},
        "two, one conversation": {"q": f"{common} {middle}",
                                  "conversation_id": place},
        "pictures": {"q": common, "kind": "image"},
    }


def searches(daemon, dice, places, rounds):
    times, partial = {}, 0
    for _ in range(rounds):
        for name, query in queries(dice, places).items():
            took, page = search(daemon, **query)
            times.setdefault(name, []).append(took)
            partial += page["is_partial"]
    for name, list_ in times.items():
        line(f"  {name}", list_)
    everything = [took for list_ in times.values() for took in list_]
    line("search", everything, f" (aim: p95 60), {partial} partial")


def unlock(daemon, user):
    path = f"/v1/users/{user['id']}"
    took, _ = timed(lambda: daemon.request("POST", f"{path}/unlock",
                                           {"passphrase": PASSPHRASE}))
    return took


def unlocks(daemon, empty):
    """Beyond the key derivation: what an empty user takes, is not counted."""
    more = []
    for user in (empty, daemon.user):
        unlock(daemon, user)
    for _ in range(7):
        times = []
        for user in (empty, daemon.user):
            daemon.call("POST", f"/v1/users/{user['id']}/lock")
            times.append(unlock(daemon, user))
        more.append(times[1] - times[0])
    line("unlock beyond that of an empty user", more, " (aim 100)")


def settle(daemon):
    """Until the index is as large as it gets."""
    path = daemon.data / "users" / daemon.user["id"] / "words.db"
    begin, last, since = time.monotonic(), -1, time.monotonic()
    while time.monotonic() - since < 5:
        size = sum(one.stat().st_mtime_ns + one.stat().st_size
                   for one in path.parent.glob(path.name + "*"))
        if size != last:
            last, since = size, time.monotonic()
        time.sleep(0.2)
    print(f"index: {path.stat().st_size / 1e6:.0f} MB after "
          f"{since - begin:.0f} s", flush=True)


def make(folder, messages):
    daemon = Daemon(folder, "a", None, "", [
        "--no-tor-child", f"{folder}/control", f"{folder}/socks"])
    daemon.contract = None
    known = daemon.home / "users.json"
    if known.exists():
        daemon.start()
        daemon.user, empty = json.loads(known.read_text())
        return daemon, empty
    daemon.start()
    empty = daemon.call("POST", "/v1/users", {
        "name": "empty", "passphrase": PASSPHRASE})
    daemon.user = daemon.call("POST", "/v1/users", {
        "name": "old", "passphrase": PASSPHRASE})
    known.write_text(json.dumps([daemon.user, empty]))
    daemon.stop()
    took, made = timed(lambda: subprocess.run(
        [str(BUILD / "history"),
         str(daemon.data / "users" / daemon.user["id"]), PASSPHRASE,
         str(messages)], check=True, capture_output=True, text=True).stdout)
    print(f"{messages} messages: {took / 1000:.0f} s, "
          f"{int(made.split()[-2]) / 1e6:.0f} MB", flush=True)
    daemon.start()
    print(f"first unlock: {unlock(daemon, daemon.user):.0f} ms")
    dice = random.Random(1)
    times = [search(daemon, **query)[0]
             for query in queries(dice, conversations(daemon)).values()]
    line("search without an index", times)
    settle(daemon)
    return daemon, empty


def measure(folder, messages):
    daemon, empty = make(folder, messages)
    dice = random.Random(2)
    try:
        unlocks(daemon, empty)
        places = conversations(daemon)
        core = children_of(daemon.process.pid)["umbel-core"]
        line("page of 50", pages(daemon, places, dice, 300), " (aim 3)")
        searches(daemon, dice, places, 30)
        print(f"PSS of the core: {pss_kib(core) / 1024:.1f} MiB (aim 40)")
    finally:
        daemon.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=1000000)
    parser.add_argument("--keep")
    args = parser.parse_args()
    if args.keep:
        pathlib.Path(args.keep).mkdir(exist_ok=True)
        measure(args.keep, args.messages)
        return
    with tempfile.TemporaryDirectory(prefix="u", dir="/tmp") as folder:
        measure(folder, args.messages)


if __name__ == "__main__":
    sys.exit(main())
