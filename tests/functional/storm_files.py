#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two daemons send each other files while their processes are killed with -9,
at random, one after the other, umbeld and tor among them.  Then each file
must be at its receiver, whole; and each upload, too.

    storm_files.py [--files N] [--kills N] [--seed N] [--pause S] [--tornet]

Prints the seed first and a line of figures last.
"""

import contextlib
import hashlib
import json
import pathlib
import random
import sys
import threading
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tornet"))

from daemons import LIMIT, Place, Refused, UnixConnection, pair, until  # noqa: E402
from storm import (AWAY, END_LIMIT, kill_one, main, patiently,  # noqa: E402
                   settle, share)

def size_of(rng):
    """Small ones are as many as large ones, up to 32 MiB; now and then nothing
    at all."""
    return 0 if rng.random() < 0.05 else int(2 ** rng.uniform(10, 25))


def raw(daemon, method, path, body=None, headers=None):
    """(status, headers by lower-case name, bytes)."""
    connection = UnixConnection(daemon.run / "api.sock", LIMIT)
    with contextlib.closing(connection):
        connection.request(method, daemon.user_path(path), body,
                           {**daemon.header(), **(headers or {})})
        answer = connection.getresponse()
        data = answer.read()
    if answer.status >= 400:
        raise Refused(answer.status, json.loads(data) if data else None)
    return (answer.status,
            {k.lower(): v for k, v in answer.getheaders()}, data)


def bring(daemon, name, data):
    """An upload that goes on where a crash cut it; gives the file's id."""
    client_id = str(uuid.uuid4())
    made = patiently("a file is announced", lambda: daemon.call(
        "POST", daemon.user_path("/files"),
        {"client_id": client_id, "name": name, "size": len(data)}))

    def go_on():
        view = daemon.call("GET", daemon.user_path(f"/files/{made['id']}"))
        if view["state"] != "uploading":
            return view
        _, head, _ = raw(daemon, "HEAD", f"/files/{made['id']}/content")
        at = int(head["upload-offset"])
        try:
            raw(daemon, "PATCH", f"/files/{made['id']}/content", data[at:],
                {"Upload-Offset": str(at),
                 "Content-Type": "application/octet-stream"})
        except Refused as refused:
            if refused.status != 409:  # the one before us still ends
                raise
        return None
    until(f"{name} is brought", lambda: patiently("to go on", go_on),
          END_LIMIT)
    return made["id"]


class Sender(threading.Thread):
    """Brings and offers its files one after the other, no further than
    allowed."""

    def __init__(self, daemon, conversation, sizes, seed):
        super().__init__(name=daemon.name, daemon=True)
        self.daemon_ = daemon
        self.conversation = conversation
        self.sizes = sizes
        self.rng = random.Random(seed)
        self.allowed = threading.Semaphore(0)
        self.sums = {}  # by name
        self.error = None

    def allow(self, count):
        for _ in range(count):
            self.allowed.release()

    def offer(self, file_id):
        client_id = str(uuid.uuid4())
        patiently("a file is offered", lambda: self.daemon_.call(
            "POST", self.daemon_.user_path(
                f"/conversations/{self.conversation}/messages"),
            {"client_id": client_id, "file_ids": [file_id]}))

    def run(self):
        try:
            for i, size in enumerate(self.sizes):
                self.allowed.acquire()
                data = self.rng.randbytes(size)
                name = f"{self.daemon_.name} {i}"
                self.sums[name] = hashlib.sha256(data).digest()
                self.offer(bring(self.daemon_, name, data))
        except Exception as error:  # told by the main thread
            self.error = error
            raise


def files_of(daemon, direction):
    """{name: what the API says of it}, of all."""
    found, cursor = {}, ""
    while True:
        page = daemon.call("GET", daemon.user_path(
            f"/files?limit=200{cursor}"))
        found.update({f["name"]: f for f in page["items"]
                      if f["direction"] == direction})
        if not page["next_cursor"]:
            return found
        cursor = f"&cursor={page['next_cursor']}"


class Taker(threading.Thread):
    """Accepts what is offered, until it is told to stop."""

    def __init__(self, daemon):
        super().__init__(name=f"{daemon.name} takes", daemon=True)
        self.daemon_ = daemon
        self.stopped = threading.Event()
        self.error = None

    def take(self):
        for f in files_of(self.daemon_, "in").values():
            if f["state"] == "offered":
                with contextlib.suppress(Refused):
                    self.daemon_.call("PATCH", self.daemon_.user_path(
                        f"/files/{f['id']}/transfer"), {"state": "running"})

    def run(self):
        try:
            while not self.stopped.wait(0.2):
                patiently("to accept", self.take)
        except Exception as error:
            self.error = error
            raise


def count_wrong(daemon, sums):
    """Files of the other's that are not here as he had them."""
    files, wrong = files_of(daemon, "in"), 0
    for name, wanted in sums.items():
        f = files.get(name)
        if not f or f["state"] != "done":
            print(f"{daemon.name}: {name}: {f}", flush=True)
            wrong += 1
            continue
        _, _, data = raw(daemon, "GET", f"/files/{f['id']}/content")
        wrong += hashlib.sha256(data).digest() != wanted
    return wrong


def is_over(daemon, sums, direction):
    files = patiently("the files", lambda: files_of(daemon, direction))
    return all(name in files and files[name]["state"]
               in ("done", "failed", "cancelled") for name in sums)


def is_moving(daemon):
    """Whether a file is on its way to it, as it says."""
    files = patiently("the files", lambda: daemon.call(
        "GET", daemon.user_path("/files?limit=20"))["items"])
    return any(f["state"] == "transferring" and f["direction"] == "in"
               for f in files)


def wait_for_motion(rng, daemons):
    """Any moment will do, but most of them shall be bad ones."""
    end = time.monotonic() + (5 if rng.random() < 0.8 else 0)
    while not any(is_moving(d) for d in daemons):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def blow(rng, daemons, senders, kills, pause):
    """The storm itself; gives how often what was hit, and how often files
    were under way then."""
    tally = {"under way": 0}
    for i in range(kills):
        for sender in senders:
            sender.allow(share(len(sender.sizes), kills, i))
        # Not to wait for anything: the moment shall be any.
        time.sleep(rng.expovariate(1 / pause))
        tally["under way"] += wait_for_motion(rng, daemons)
        hit = kill_one(rng, rng.choice(daemons))
        tally[hit] = tally.get(hit, 0) + 1
        if (i + 1) % 20 == 0:
            print(f"{i + 1} kills, {[len(s.sums) for s in senders]} files",
                  flush=True)
    return tally


def finish(threads):
    for thread in threads:
        thread.join()
        if thread.error:
            raise thread.error


def storm(network, files, kills, seed, pause=2.0):
    """pause: seconds between kills, in the mean."""
    rng = random.Random(seed)
    begin = time.monotonic()
    with Place(network) as place:
        alice, bob = place.daemon("alice"), place.daemon("bob")
        for daemon in (alice, bob):
            daemon.wait_for_tor()
        to_bob, to_alice = pair(alice, bob)
        for daemon in (alice, bob):
            daemon.contract = None
            settle(daemon)
        senders = [Sender(d, c, [size_of(rng) for _ in range(files // 2)],
                          rng.random())
                   for d, c in ((alice, to_bob), (bob, to_alice))]
        takers = [Taker(alice), Taker(bob)]
        for thread in senders + takers:
            thread.start()
        tally = blow(rng, (alice, bob), senders, kills, pause)
        finish(senders)
        for daemon, other in ((alice, senders[1]), (bob, senders[0])):
            until(f"all have come to {daemon.name}",
                  lambda d=daemon, o=other: is_over(d, o.sums, "in"),
                  END_LIMIT)
            until(f"{other.daemon_.name} knows",
                  lambda o=other: is_over(o.daemon_, o.sums, "out"),
                  END_LIMIT)
        for taker in takers:
            taker.stopped.set()
        finish(takers)
        wrong = (count_wrong(bob, senders[0].sums)
                 + count_wrong(alice, senders[1].sums))
    total = sum(sum(s.sizes) for s in senders)
    print(f"storm: {files} files, {total >> 20} MiB, {kills} kills {tally}, "
          f"{time.monotonic() - begin:.0f} s: {wrong} lost", flush=True)
    return wrong == 0


if __name__ == "__main__":
    sys.exit(main("files", 200, 200, 2.0, storm))
