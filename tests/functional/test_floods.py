# SPDX-License-Identifier: GPL-3.0-or-later
"""Much of everything at a daemon that has somebody honest to talk to."""

import collections
import contextlib
import os
import re
import resource
import select
import signal

import pytest

from clocks import ClockDaemon
from daemons import PASSPHRASE, Place, Refused, until
from peer import (KNOCK, MSG, PING, PLAIN_BYTES, Closed, Link, connect, frame,
                  hello, record, u64)
from streams import Stream
from test_hostile_peer import FIRST, OWN, STRANGE, World, claim, say

MANY = 10000
OPENING_BYTES = 488
LINES_OF_A_KIND = 51  # in a minute, with how many more there were


class Fast(ClockDaemon):
    """A minute's deadlines are there in three seconds."""

    contract = None
    speed = 20


@pytest.fixture(name="world", scope="module")
def make_world():
    with Place() as place:
        yield World(place)


@pytest.fixture(name="mallory")
def make_mallory(world):
    return claim(world)


@pytest.fixture(name="many_files")
def make_many_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def still_open(socks, wait_ms):
    """Those that the other end has not closed within that time; nobody was
    told anything."""
    poll = select.poll()
    for sock in socks:
        poll.register(sock, select.POLLRDHUP | select.POLLIN)
    ended = {fd for fd, _ in poll.poll(wait_ms)}
    left = []
    for sock in socks:
        if sock.fileno() not in ended:
            left.append(sock)
            continue
        with contextlib.suppress(ConnectionResetError):
            assert sock.recv(1) == b""
        sock.close()
    return left


# HOSTILE X-02
def test_openings_that_never_end(many_files):
    """Ten thousand who send a byte now and then: each is gone at a deadline
    that no byte puts off, long before its opening is whole."""
    with Place() as place:
        world = World(place, kind=Fast)
        mallory = claim(world)
        path = world.path_of(mallory.cell)
        before = world.fds()
        socks = []
        try:
            for number in range(MANY):
                socks.append(connect(path))
                say(socks[-1], b"\x01\xe6")
                if number % 500 == 499:
                    socks = still_open(socks, 0)
            sent = 2
            while socks and sent < OPENING_BYTES:
                for sock in socks:
                    say(sock, b"x")
                sent += 1
                socks = still_open(socks, 100)
            assert not socks, f"{len(socks)} live on"
            print(f"{MANY} openings, the last gone after {sent} bytes")
        finally:
            for sock in socks:
                sock.close()
        until("they are gone", lambda: world.fds() < before + OWN)
        world.check()


# HOSTILE X-03
def test_connections_that_come_and_go(world, mallory):
    """As fast as it goes, on two kinds of service: what the core holds does
    not grow with how many there were."""
    paths = [world.path_of(mallory.cell), str(world.bobs_path)]
    fds, rss = [], []
    for _part in range(4):
        for number in range(MANY):
            with connect(paths[number % 2]) as sock:
                if number % 4 == 0:
                    say(sock, b"\x01\xe6" + bytes(number % OPENING_BYTES))
        world.check()
        until("they are gone", lambda: not fds or world.fds() < fds[0] + OWN)
        fds.append(world.fds())
        rss.append(world.rss() >> 10)
    print(f"descriptors {fds}, KiB {rss}")
    if not world.is_sanitized():
        assert rss[-1] - rss[1] < 256


def flood(world, mallory):
    """For ever: messages that are right, pings, and new sessions where the
    old ones are cut."""
    chain, number = FIRST, 0
    pings = frame(PING, bytes(4)) * (PLAIN_BYTES[-1] // 7)
    while True:
        with contextlib.suppress(Closed, OSError, AssertionError), \
                world.open(mallory) as link:
            link.send(hello())
            link.sock.settimeout(1)
            while True:
                number += 1
                chain, data = record(os.urandom(16), chain, b"flood")
                link.send(frame(MSG, u64(number) + data))
                link.send(pings)


# HOSTILE X-06
def test_others_while_one_floods(mallory, world):
    """For the whole time of two hundred messages between alice and bob; in
    virtual time, where it is exact: sim/scenario_people.c."""
    world.check()
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            flood(world, mallory)
        os._exit(1)
    try:
        for _ in range(100):
            world.check()
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    assert world.heard(mallory)


# HOSTILE X-11
def test_a_busy_machine(world):
    """Everybody who runs beside us wants all of it, and we are the last: no
    link is lost for that, nobody seems to be away."""
    pids = [world.alice.process.pid, world.core]
    for pid in pids:
        os.setpriority(os.PRIO_PROCESS, pid, 19)
    hogs = []

    def is_message(frame):
        assert frame.event != "presence", frame.data
        return frame.event == "message.received"
    try:
        for _ in range(4 * os.cpu_count()):
            pid = os.fork()
            if pid == 0:
                while True:
                    pass
            hogs.append(pid)
        with Stream(world.alice, world.alice.user_path("/events")) as stream:
            stream.hello()
            for _ in range(30):
                world.check()
                stream.until(is_message)
    finally:
        for pid in hogs:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def attacks(world, mallory):
    """What somebody may do who has no token, or is a contact."""
    alice = world.alice
    words = b"PLANTED"
    invite, path = world.invite()

    def stranger():
        with connect(world.path_of(mallory.cell)) as sock:
            for data in (*STRANGE.values(), words):
                say(sock, data)

    def thief():
        with connect(path) as sock:
            say(sock, Link.for_invite(sock, invite, os.urandom(32)).opening)

    def contact():
        with contextlib.suppress(Closed), world.open(mallory) as link:
            link.send(hello())
            link.send(frame(KNOCK, words))
            link.send_plain(words * 3)
            link.send_raw(words)

    def guesser():
        alice.request("GET", "/v1/users/PLANTED?x=PLANTED", headers={
            "Authorization": "Bearer PLANTED"})

    def client():
        alice.request("PUT", "/v1/users/PLANTED", {"PLANTED": words.decode()})

    def passphrases():
        with contextlib.suppress(Refused):
            alice.call("PUT", alice.user_path("/passphrase"), {
                "old_passphrase": "PLANTED " + PASSPHRASE,
                "new_passphrase": "PLANTED, too"})

    return stranger, contact, guesser, client, thief, passphrases


# HOSTILE X-09
def test_a_log_that_is_to_be_filled(world, mallory):
    """Two hundred times each: no kind of line more often than the limit, and
    no word of what was said."""
    mark = world.alice.log.stat().st_size
    done = collections.Counter()
    for attack in attacks(world, mallory):
        # A guess of a passphrase takes a while, and is answered after it.
        for _ in range(200 if attack.__name__ != "passphrases" else 20):
            attack()
            done[attack.__name__] += 1
    world.check()
    with open(world.alice.log, encoding="utf-8") as file:
        file.seek(mark)
        lines = file.read().splitlines()
    kinds = collections.Counter(
        re.sub(r"\d+", "0", re.sub(r"^\S+ ", "", line)) for line in lines)
    print(f"{sum(done.values())} attacks, {len(lines)} lines: {kinds}")
    assert all(n <= LINES_OF_A_KIND for n in kinds.values()), kinds
    assert len(kinds) < 20
    assert not [line for line in lines if "PLANTED" in line]
