# SPDX-License-Identifier: GPL-3.0-or-later
"""Slow clients and large requests, against a whole daemon as it is by
default: who dawdles is cut at a time that no byte puts off, what is too large
is refused before it is read, and neither process grows by any of it."""

import contextlib
import json
import os
import pathlib
import select
import socket
import time

import pytest

from daemons import LIMIT, Place
from front import UNKNOWN, Front, head_errors, rss_kib

TICK = 0.25  # seconds between two bytes of somebody slow
HEAD_SECONDS, BODY_SECONDS = 10, 30
MIB = 1 << 20
BODY_MAX = 262144
GROWTH_KIB = 16 * 1024


@pytest.fixture(name="front", scope="module")
def make_front():
    """Freed memory is used again also where a sanitizer would keep it."""
    options = os.environ.get("ASAN_OPTIONS", "")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASAN_OPTIONS", ":".join(filter(None, (
            options, "quarantine_size_mb=1",
            "thread_local_quarantine_size_kb=64"))))
        with Place() as place:
            alice = place.daemon("alice")
            alice.add_user()
            yield Front(alice)


# Slowness.

def is_closed_by_server(sock):
    """Has the far end of this connection been closed?  Not whether its last
    bytes were read."""
    near, far = sock.getsockname(), sock.getpeername()
    ends = f"0100007F:{far[1]:04X} 0100007F:{near[1]:04X} "
    for line in pathlib.Path("/proc/net/tcp").read_text("ascii").splitlines():
        if ends in line:
            return line.split()[3] != "01"  # TCP_ESTABLISHED
    return True


class Slow:
    """One client: says something, then a byte at a time, or nothing."""

    def __init__(self, front, words, seconds, first=b"", bytes_=b"",
                 read_one=False):
        self.words, self.seconds = words, seconds
        self.drops = iter(bytes_)
        self.read_one = read_one
        self.got = b""
        self.is_over = False
        sock = socket.socket()
        if read_one:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(("127.0.0.1", front.port))
        sock.setblocking(False)
        self.sock = sock
        self.born = time.monotonic()
        if first:
            sock.send(first)

    def drip(self):
        """One more byte in either direction."""
        try:
            if self.read_one:
                # What the kernel has of it could be read for hours.
                if is_closed_by_server(self.sock) or not self.sock.recv(1):
                    self.end()
            elif (drop := next(self.drops, None)) is not None:
                self.sock.send(bytes([drop]))
        except BlockingIOError:
            pass
        except ConnectionError:
            if self.read_one:
                self.end()  # others hear it

    def end(self):
        self.is_over = True
        self.took = time.monotonic() - self.born
        self.sock.close()

    def hear(self):
        try:
            more = self.sock.recv(65536)
        except ConnectionError:
            more = b""
        self.got += more
        if not more:
            self.end()


def slow_clients(front, content):
    post = front.post("/invites", {"label": "slow"})
    head, body = post.split(b"\r\n\r\n")
    raw = b"Content-Type: application/octet-stream"
    endless = 4096 * b"x"
    upload = front.head("PUT", front.daemon.user_path("/files?name=x"),
                        raw.decode(), "Content-Length: 50000000")
    lines = b"".join(b"X%d: y\r\n" % i for i in range(60))
    return [
        Slow(front, "silent", HEAD_SECONDS),
        Slow(front, "one byte", HEAD_SECONDS, b"G"),
        Slow(front, "target", HEAD_SECONDS, b"GET /", endless),
        Slow(front, "lines", HEAD_SECONDS, b"GET / HTTP/1.1\r\n", lines),
        Slow(front, "a long line", HEAD_SECONDS,
             b"GET / HTTP/1.1\r\nX: ", endless),
        Slow(front, "the last byte", HEAD_SECONDS, head + b"\r\n\r"),
        Slow(front, "a right head", HEAD_SECONDS, b"", head),
        Slow(front, "a second head", HEAD_SECONDS,
             front.head("GET", "/healthz") + b"GET /", endless),
        Slow(front, "no body", BODY_SECONDS, head + b"\r\n\r\n"),
        Slow(front, "a body", BODY_SECONDS, front.head(
            "POST", front.daemon.user_path("/invites"),
            "Content-Type: application/json", "Content-Length: 4096"),
            endless),
        Slow(front, "a continued body", BODY_SECONDS, front.head(
            "POST", front.daemon.user_path("/invites"),
            "Content-Type: application/json", "Content-Length: 4096",
            "Expect: 100-continue"), endless),
        Slow(front, "an upload", BODY_SECONDS, upload, endless),
        Slow(front, "an upload that stops", BODY_SECONDS,
             upload + 1000 * b"x"),
        Slow(front, "a reader", BODY_SECONDS,
             front.head("GET", content), read_one=True),
    ]


def watch(slow, each_tick):
    """Until all are closed; nobody is let wait for another."""
    end = time.monotonic() + LIMIT
    while any(not one.is_over for one in slow):
        assert time.monotonic() < end, [s.words for s in slow if not s.is_over]
        heard = select.select([s.sock for s in slow if not s.is_over
                               and not s.read_one], [], [], TICK)[0]
        for one in slow:
            if one.sock in heard:
                one.hear()
        for one in slow:
            if not one.is_over:
                one.drip()
        each_tick()


# HOSTILE W-12
def test_a_byte_now_and_then_wins_nothing(front):
    """All at once: each is cut, though none of them ever rests; others are
    served all the while, and nothing of it was carried out."""
    alice = front.daemon
    status, _, body = alice.request(
        "POST", alice.user_path("/files"), {"name": "x", "size": 16 * MIB})
    assert status == 201
    content = alice.user_path(f"/files/{json.loads(body)['id']}/content")
    reply = front.ask(front.head(
        "PATCH", content, "Upload-Offset: 0",
        f"Content-Length: {16 * MIB}") + bytes(16 * MIB))
    assert reply.status == 204
    before = front.state()
    slow = slow_clients(front, content)

    def serve():
        assert front.ask(front.head("GET", "/v1/daemon")).status == 200
    watch(slow, serve)
    for one in slow:
        print(f"{one.words}: {one.took:.1f} s")
        # Not before its time either: the deadline ended it, not a fault.
        assert one.took > one.seconds * 0.9, one.words
        if one.words == "silent":
            assert not one.got
        elif not one.read_one:
            assert b"HTTP/1.1 408 " in one.got, one.words
    assert front.state() == before


# HOSTILE W-12
def test_a_slow_crowd_does_not_keep_the_owner_out(front):
    """More of them than there is room: each new one takes the place of one
    that waits, never of one that is served."""
    with contextlib.ExitStack() as stack:
        for i in range(600):
            client = stack.enter_context(front.connect())
            client.send((b"", b"GET /", front.head(
                "POST", front.daemon.user_path("/invites"),
                "Content-Type: application/json", "Content-Length: 9"))[i % 3])
            if i % 100 == 99:
                assert front.ask(front.head("GET", "/v1/users")).status == 200
                assert front.ask(front.head("GET", "/v1/daemon",
                                            host="localhost"),
                                 unix=True).status == 200


# Sizes.

def pids(front):
    return [front.daemon.pid_of(name) for name in ("umbel-core",
                                                   "umbel-httpd")]


def heads(front):
    """(raw, statuses) of heads of every size."""
    user = front.daemon.user_path()
    for n in (1, 100, 4000, 8000, 8150, 8192, 8193, 65536, 400000):
        yield front.head("GET", "/v1/" + n * "a"), {400, 404, 414}
        yield front.head("GET", f"{user}?x=" + n * "a"), {404, 414, 422}
        yield front.head("GET", "/none", "X: " + n * "a"), {404, 431}
        yield front.head("GET", "/v1/users", "Authorization: Bearer " + n * "a",
                         key=False), {401, 431}
        yield front.head("GET", "/v1/users", "Accept: " + n * "a",
                         'If-None-Match: "' + n * "a"), {200, 431}
    for n in (1, 10, 61, 62, 63, 100, 100000):
        yield front.head("GET", "/healthz", *n * ["a: b"]), {200, 431}
        yield front.head("GET", f"{user}?" + n * "a=b&"), {400, 404, 414, 422}
        yield front.head("GET", f"{user}/" + n * "a/"), {400, 404, 414}
        yield n * b"\r\n", {400}
        yield n * b"a", {414, None}


# HOSTILE W-13
def test_heads_of_every_size(front):
    before = front.state()
    rounds = []
    for _ in range(4):
        for raw, statuses in heads(front):
            with front.connect() as client:
                client.send(raw)
                if None in statuses and len(raw) < 8192:
                    continue  # no head yet
                reply = client.reply()
                assert reply.status in statuses, (raw[:100], reply.status)
                assert not head_errors(reply)
                if reply.status in (400, 414, 431) and \
                        reply.get("connection") == "close":
                    assert client.is_closed()
        rounds.append([rss_kib(pid) for pid in pids(front)])
    for first, last in zip(rounds[0], rounds[-1]):
        assert last - first < GROWTH_KIB, rounds
    assert front.state() == before


def padded(n):
    """A right body of n bytes."""
    text = b'{"display_name":"alice","status_text":""}'
    return text + (n - len(text)) * b" "


FULL = [
    b"[" * BODY_MAX, b"{" * BODY_MAX, b'"' * BODY_MAX, bytes(BODY_MAX),
    b'{"a":' * (BODY_MAX // 5), b"[0" + b",0" * (BODY_MAX // 2 - 2) + b"]",
    b'{"display_name":"' + b"a" * (BODY_MAX - 20) + b'"}',
    b'{"display_name":"' + b"\\u0041" * (BODY_MAX // 6 - 6) + b'"}',
    b"{" + b",".join(b'"%x":0' % i for i in range(26000)) + b"}",
    b'{"display_name":' + b"9" * (BODY_MAX - 20) + b"}",
    b'{"display_name":1e' + b"9" * (BODY_MAX - 20) + b"}",
]


# HOSTILE W-13, P-11
def test_bodies_of_every_size(front):
    """What is announced costs nothing; what came is forgotten."""
    user = front.daemon.user_path
    before = front.state()[:-1]

    def put(length, data, lines=()):
        return front.head("PUT", user("/profile"),
                          "Content-Type: application/json",
                          f"Content-Length: {length}", *lines) + data
    rounds = []
    for _ in range(4):
        for n in (len(padded(0)), 1000, 16384, 65535, 65536, 65537, BODY_MAX):
            assert front.ask(put(n, padded(n))).status == 200
        for data in FULL:
            assert len(data) <= BODY_MAX
            reply = front.ask(put(len(data), data))
            assert reply.status in (400, 422), data[:50]
            assert not head_errors(reply)
        for method, path in (("POST", user("/invites")), ("POST", "/v1/users"),
                             ("POST", "/v1/session"), ("POST", "/none"),
                             ("DELETE", user("/invites/inv_" + UNKNOWN))):
            for length in (BODY_MAX + 1, MIB, 1 << 30, 1 << 40, 1 << 62,
                           (1 << 63) - 1, 1 << 63, (1 << 64) - 1, 1 << 64,
                           10 ** 100):
                front.refused(front.head(
                    method, path, "Content-Type: application/json",
                    f"Content-Length: {length}"), {413})
        # Somebody who does not stop when he is told.
        front.refused(front.head(
            "POST", user("/invites"), "Content-Type: application/json",
            f"Content-Length: {1 << 30}") + bytes(8 * MIB), {413})
        # JSON where a larger body may be: an upload's limit is not its.
        reply = front.ask(put(BODY_MAX + 1, padded(BODY_MAX + 1)))
        assert reply.status == 413
        for length in ((64 << 30) + 1, 1 << 62, 1 << 64):
            front.refused(front.head(
                "PUT", user("/files?name=x"), f"Content-Length: {length}"),
                {413})
        rounds.append([rss_kib(pid) for pid in pids(front)])
    for first, last in zip(rounds[0], rounds[-1]):
        assert last - first < GROWTH_KIB, rounds
    assert front.state()[:-1] == before


# HOSTILE W-13
def test_an_upload_of_more_than_there_is_room_for(front):
    """64 GiB are announced, and begin to come: refused, and nothing kept of it."""
    alice = front.daemon
    before = front.state()
    httpd = alice.pid_of("umbel-httpd")
    held = rss_kib(httpd)
    with front.connect() as client:
        client.send(front.head(
            "PUT", alice.user_path("/files?name=x"),
            f"Content-Length: {64 << 30}") + bytes(8 * MIB))
        reply = client.reply()
        assert reply.status >= 400 and not head_errors(reply)
        assert client.is_closed()
    assert rss_kib(httpd) - held < GROWTH_KIB
    assert front.state() == before
