#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How soon an event is with those who wait for it, by streams and by long
polls, each beside a raw baseline from the same run.  Prints figures, asserts
nothing.

    events.py [--clients N] [--rounds N]
"""

import argparse
import contextlib
import json
import pathlib
import select
import socket
import statistics
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "functional")]

from daemons import Place, UnixConnection, pair  # noqa: E402


class Clients:
    """Event streams over TCP, read by one who notes when all have it."""

    def __init__(self, port, ask, count):
        self.epoll = select.epoll()
        self.by_fd = {}
        for _ in range(count):
            client = socket.create_connection(("127.0.0.1", port))
            client.sendall(ask)
            self.by_fd[client.fileno()] = client
            self.epoll.register(client, select.EPOLLIN)
        self.wait(b"event: hello")

    def wait(self, mark):
        """When each of them has seen it (monotonic)."""
        data, at = dict.fromkeys(self.by_fd, b""), {}
        while len(at) < len(self.by_fd):
            for fd, _ in self.epoll.poll():
                data[fd] += self.by_fd[fd].recv(65536)
                if mark in data[fd] and fd not in at:
                    at[fd] = time.monotonic()
        return sorted(at.values())

    def close(self):
        for client in self.by_fd.values():
            client.close()


def head_of(daemon, path):
    (name, value), = daemon.header().items()
    return (f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port_of(daemon)}\r\n"
            f"{name}: {value}\r\nAccept: text/event-stream\r\n\r\n").encode()


def port_of(daemon):
    link = daemon.umbel("open", "--print").stdout
    return int(link.split("127.0.0.1:")[1].split("/")[0])


class Caller:
    """One connection, kept."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.connection = UnixConnection(daemon.run / "api.sock", 120)

    def ask(self, method, path, body=None):
        self.connection.request(method, path, body and json.dumps(body), {
            **self.daemon.header(), "Content-Type": "application/json"})
        answer = self.connection.getresponse()
        return json.loads(answer.read() or b"null")


@contextlib.contextmanager
def bare_writer(count):
    """Clients of somebody who does nothing but write to all of them, and what
    makes him write."""
    with socket.create_server(("127.0.0.1", 0), backlog=count) as server:
        go, told = socket.socketpair()
        served = []

        def serve():
            for _ in range(count):
                one = server.accept()[0]
                one.recv(65536)
                one.sendall(b"event: hello\n")
                served.append(one)
            while (text := told.recv(65536)):
                for one in served:
                    one.send(text)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        clients = Clients(server.getsockname()[1], b"x", count)
        yield clients, go.send
        clients.close()
        go.close()
        thread.join()


def spread(clients, make, rounds, size):
    """Median times until half of them and until all have it, in ms."""
    half, all_ = [], []
    for i in range(rounds):
        mark = f"mark {i} {time.monotonic_ns()} ".ljust(size, "x")
        begin = time.monotonic()
        make(mark)
        at = clients.wait(mark.encode())
        half.append(1000 * (at[len(at) // 2] - begin))
        all_.append(1000 * (at[-1] - begin))
    return statistics.median(half), statistics.median(all_)


def bench_streams(daemon, conversation, count, rounds):
    draft = daemon.user_path(f"/conversations/{conversation}")
    path = daemon.user_path("/events?types=conversation.updated")
    clients = Clients(port_of(daemon), head_of(daemon, path), count)
    caller = Caller(daemon)

    def make(mark):
        caller.ask("PATCH", draft, {"draft": mark})
    half, all_ = spread(clients, make, rounds, 100)
    clients.close()
    with bare_writer(count) as (bare, send):
        base = spread(bare, lambda mark: send(mark.encode()), rounds, 1000)
    print(f"one event to {count} streams: half of them have it {half:.1f} ms "
          f"after the PATCH was sent, all {all_:.1f} ms (aim 20); written by "
          f"nobody but a loop {base[0]:.1f} and {base[1]:.1f} ms", flush=True)
    return all_


def bench_polls(daemon, conversation, rounds):
    draft = daemon.user_path(f"/conversations/{conversation}")
    poller, caller = Caller(daemon), Caller(daemon)
    late, plain = [], []
    after = daemon.last_event()
    for i in range(rounds):
        came = []

        def poll(since=after):
            page = poller.ask("GET", daemon.user_path(
                f"/events?after={since}&wait=30"))
            came.append((time.monotonic(), page["last_id"]))
        waiting = threading.Thread(target=poll)
        waiting.start()
        # The poll is to be at rest by then, or nothing is measured.
        time.sleep(0.01)
        begin = time.monotonic()
        caller.ask("PATCH", draft, {"draft": f"poll {i} {begin}"})
        plain.append(1000 * (time.monotonic() - begin))
        waiting.join()
        late.append(1000 * (came[0][0] - begin))
        after = came[0][1]
    begin = time.monotonic()
    for _ in range(rounds * 10):
        poller.ask("GET", daemon.user_path("/events?after=0&limit=1"))
    rate = rounds * 10 / (time.monotonic() - begin)
    print(f"a long poll at rest: its answer {statistics.median(late):.1f} ms "
          f"after the PATCH was sent, the PATCH's own "
          f"{statistics.median(plain):.1f} ms; {rate:.0f} polls of one event "
          f"a second, one after the other", flush=True)


def bench_catching_up(daemon, conversation, count):
    """Events a second for a program that was away."""
    draft = daemon.user_path(f"/conversations/{conversation}")
    caller, after = Caller(daemon), daemon.last_event()
    for i in range(count):
        caller.ask("PATCH", draft, {"draft": f"{i}"})
    begin, got, at = time.monotonic(), 0, after
    while got < count:
        page = caller.ask("GET", daemon.user_path(
            f"/events?after={at}&limit=200"))
        got, at = got + len(page["items"]), page["last_id"]
    polls = count / (time.monotonic() - begin)
    port = port_of(daemon)
    begin = time.monotonic()
    client = socket.create_connection(("127.0.0.1", port))
    client.sendall(head_of(daemon, daemon.user_path(f"/events?after={after}")))
    data = b""
    while f"\nid: {after + count}\n".encode() not in data:
        data = data[-64:] + client.recv(1 << 20)
    stream = count / (time.monotonic() - begin)
    client.close()
    print(f"after {count} events away: {polls:.0f} a second by polls of 200, "
          f"{stream:.0f} by a stream", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=50)
    args = parser.parse_args()
    with Place() as place:
        alice, bob = place.daemon("alice"), place.daemon("bob")
        alice.contract = None
        to_bob, _ = pair(alice, bob)
        bob.stop()
        bench_streams(alice, to_bob, args.clients, args.rounds)
        bench_polls(alice, to_bob, args.rounds)
        bench_catching_up(alice, to_bob, 20 * args.rounds)


if __name__ == "__main__":
    sys.exit(main())
