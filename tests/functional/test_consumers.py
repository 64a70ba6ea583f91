# SPDX-License-Identifier: GPL-3.0-or-later
"""Named consumers and events over all users, of whole daemons; and more
streams than anybody needs."""

import collections
import contextlib
import http.client
import re
import resource
import select
import socket
import threading
import time

import pytest

from daemons import (LIMIT, PASSPHRASE, Refused, children_of, pair, until,
                     wait_delivered)
from memory import is_sanitized, rss_kib
from streams import Stream, unread

FLOOD = 10000
SERVED = 288  # streams and polls


@pytest.fixture(name="two", scope="module")
def make_two(place):
    """Two users of one daemon, and each one's conversation with the other."""
    alice = place.daemon("alice")
    alice.add_user()
    ann = alice.another_user("ann")
    return (alice, ann, *pair(alice, ann))


@pytest.fixture(name="unread", scope="module", autouse=True)
def make_unread(two):
    """Clients that ask for all there is and never read."""
    alice, _, to_ann, _ = two
    for i in range(40):
        alice.send(to_ann, f"{i} " + 8000 * "x")
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(unread(
            alice, alice.user_path("/events?after=0"))) for _ in range(50)]


def put(daemon, name, ident):
    return daemon.call("PUT", daemon.user_path(f"/consumers/{name}"),
                       {"acked_id": ident})


def get(daemon, name):
    return daemon.call("GET", daemon.user_path(f"/consumers/{name}"))


def poll(daemon, name, wait=0):
    return daemon.call("GET", daemon.user_path(
        f"/events?consumer={name}&wait={wait}&limit=200"))["items"]


def restart(daemon, kill):
    if kill:
        daemon.kill("umbel-core")
        with contextlib.suppress(OSError, Refused, http.client.HTTPException):
            daemon.call("GET", "/v1/daemon")
    else:
        daemon.stop()
        daemon.start()


def unlock_both(*users):
    for user in users:
        def check(one=user):
            one.unlock_when_up()
            return one.call("GET", one.user_path())["state"] == "unlocked"
        until(f"{user.name} is open", check)


@pytest.mark.parametrize("kill", [False, True])
def test_a_place_outlives_the_daemon(two, kill):
    alice, ann, to_ann, _ = two
    name = f"keeps-{int(kill)}"
    put(alice, name, alice.last_event())
    for i in range(5):
        wait_delivered(alice, alice.send(to_ann, f"{i}"))
    first = poll(alice, name)
    assert len(first) >= 10
    assert poll(alice, name) == first
    done = first[6]["id"]
    assert put(alice, name, done)["acked_id"] == done
    restart(alice, kill)
    unlock_both(alice, ann)
    assert get(alice, name)["acked_id"] == done
    assert [e["id"] for e in poll(alice, name)][:len(first) - 7] == \
        [e["id"] for e in first[7:]]
    with Stream(alice, alice.user_path(f"/events?consumer={name}")) as stream:
        stream.hello()
        assert stream.frame().id == str(done + 1)
    alice.call("DELETE", alice.user_path(f"/consumers/{name}"))
    with pytest.raises(Refused) as refused:
        poll(alice, name)
    assert refused.value.status == 404


def test_two_who_acknowledge_at_once(two):
    """Whoever is last, the place is the furthest."""
    alice, _, to_ann, _ = two
    for i in range(20):
        alice.send(to_ann, f"{i}")
    last = alice.last_event()
    put(alice, "race", 0)
    ids = list(range(last - 40, last + 1))
    threads = [threading.Thread(target=lambda part=ids[i::4]: [
        put(alice, "race", ident) for ident in part]) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    assert get(alice, "race")["acked_id"] == last


def test_all_users_in_one_stream(two):
    """One is locked, and comes back: the stream stays, and misses nothing."""
    alice, ann, to_ann, to_alice = two
    wait_delivered(alice, alice.send(to_ann, "all before has come"))
    for one in (alice, ann):
        put(one, "both", one.last_event())
    kinds = "message.received,user.locked,user.unlocked"
    with Stream(alice, f"/v1/events?users=all&consumer=both&types={kinds}") \
            as stream:
        stream.hello()
        alice.send(to_ann, "to ann")
        frame = stream.frame()
        assert (frame.data["user_id"], frame.data["data"]["text"]) == \
            (ann.user["id"], "to ann")
        ann.send(to_alice, "to alice")
        assert stream.frame().data["user_id"] == alice.user["id"]
        ann.call("POST", ann.user_path("/lock"))
        frame = stream.frame()
        assert (frame.event, frame.data["user_id"]) == ("user.locked", None)
        sent = alice.send(to_ann, "while she was away")
        ann.unlock()
        assert stream.frame().event == "user.unlocked"
        wait_delivered(alice, sent)
        frame = stream.frame()
        assert frame.data["data"]["text"] == "while she was away"
        put(ann, "both", frame.data["id"])
    page = alice.call("GET", "/v1/events?users=all&consumer=both&limit=200")
    assert [e["data"]["text"] for e in page["items"]
            if e["type"] == "message.received"] == ["to alice"]


def test_a_user_made_later_joins(two):
    alice = two[0]
    with Stream(alice, "/v1/events?users=all&consumer=joins"
                "&types=profile.updated") as stream:
        stream.hello()
        late = alice.another_user("late")
        late.call("PUT", late.user_path("/profile"), {
            "display_name": "Late", "status_text": ""})
        frame = stream.frame()
        assert frame.data["user_id"] == late.user["id"]
        assert frame.data["data"]["display_name"] == "Late"


def test_of_other_users_nothing_is_told(two):
    """W-15: a session that began with ann's passphrase."""
    alice, ann, to_ann, _ = two
    _, _, body = alice.request("POST", "/v1/session", {
        "user_id": ann.user["id"], "passphrase": PASSPHRASE}, {})
    token = re.search(rb'"token":"([^"]+)"', body)[1].decode()
    with Stream(alice, "/v1/events?users=all", headers={
            "Authorization": f"Bearer {token}"}) as stream:
        stream.hello()
        message = alice.send(to_ann, "for her eyes")
        wait_delivered(alice, message)
        seen = [stream.frame()]
        while seen[-1].event != "message.received":
            seen.append(stream.frame())
        assert {f.data["user_id"] for f in seen} <= {ann.user["id"], None}


def tcp_of(daemon, path, accept):
    """Where to connect to, and what to ask."""
    link = daemon.umbel("open", "--print").stdout
    port = int(link.split("127.0.0.1:")[1].split("/")[0])
    (name, value), = daemon.header().items()
    return ("127.0.0.1", port), (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"{name}: {value}\r\nAccept: {accept}\r\n\r\n").encode()


def look(clients, found):
    """Notes the status of those who have an answer by now; 0: closed."""
    poller = select.poll()
    by_fd = {c.fileno(): c for c in clients if c not in found}
    for fd in by_fd:
        poller.register(fd, select.POLLIN)
    for fd, _ in poller.poll(0):
        data = b""
        with contextlib.suppress(ConnectionError):
            data = by_fd[fd].recv(65536)
        found[by_fd[fd]] = int(data.split(b" ", 2)[1]) if data else 0


def test_ten_thousand_streams(two):
    """W-10: as many as we serve are served, the others are told so or closed,
    memory stays, and calls are answered all the while."""
    alice, _, to_ann, _ = two
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(FLOOD, hard - 500)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    pids = children_of(alice.process.pid)
    pids = [pids["umbel-core"], pids["umbel-httpd"]]
    before = sum(map(rss_kib, pids))
    address, ask = tcp_of(alice, alice.user_path(
        "/events?types=message.sent"), "text/event-stream")
    found = {}
    with contextlib.ExitStack() as stack:
        clients = []
        for i in range(count):
            client = stack.enter_context(
                socket.create_connection(address, LIMIT))
            with contextlib.suppress(OSError):
                client.sendall(ask)
            clients.append(client)
            if i % 500 == 499:
                assert alice.call("GET", alice.user_path())
                look(clients, found)
        until("the last is answered", lambda: look(clients, found)
              or len(found) == count)
        served = [c for c, status in found.items() if status == 200]
        print(f"{count} streams asked for: "
              f"{collections.Counter(found.values())}")
        assert 150 < len(served) <= SERVED
        assert set(found.values()) <= {200, 429, 503, 0}
        if not is_sanitized(pids[0]):  # which keeps what is freed
            assert sum(map(rss_kib, pids)) - before < 64 * 1024
        sent = alice.send(to_ann, "to those who are served")
        for client in served:
            data = b""
            while sent["id"].encode() not in data:
                part = client.recv(65536)
                assert part, "a stream that was served is cut"
                data += part
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    def opens():
        with contextlib.suppress(Refused):
            Stream(alice, alice.user_path("/events")).close()
            return True
    until("room again", opens)


def test_resting_polls_leave_room(two):
    alice = two[0]
    address, ask = tcp_of(alice, alice.user_path("/events?wait=60"),
                          "application/json")
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection(
            address, LIMIT)) for _ in range(350)]
        for client in clients:
            client.sendall(ask)
        found = {}
        until("the last is refused", lambda: look(clients, found)
              or 429 in found.values())
        assert alice.call("GET", alice.user_path())


def test_who_never_reads_is_cut(unread):
    """By a limit of time that began long ago."""
    begin = time.monotonic()
    for client in unread:
        poller = select.poll()
        poller.register(client, 0)
        assert poller.poll(LIMIT * 1000)[0][1] & select.POLLHUP
    print(f"cut {time.monotonic() - begin:.0f} s after the last test")
