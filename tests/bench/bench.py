#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Speed and memory of whole daemons, each against a raw baseline in the same
run, since machines differ and are shared.  Prints figures, asserts nothing.

    bench.py [--seconds N] [--fake]

--seconds: how long each load lasts, of five rounds; 3 if nothing is said.
--fake: the latency over fake_tor instead of the private Tor network.
"""

import argparse
import contextlib
import http.client
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "functional"), str(HERE.parent / "tornet")]

import tor_client  # noqa: E402
from apart import bench_apart  # noqa: E402
from daemons import (BUILD, Place, UnixConnection, children_of,  # noqa: E402
                     pair)


def median(values):
    return statistics.median(values)


def load(port, connections, seconds, method, path, header=None):
    words = [str(BUILD / "load"), str(port), str(connections), str(seconds),
             method, path] + ([str(header)] if header else [])
    return float(subprocess.run(words, check=True, capture_output=True,
                                text=True).stdout)


@contextlib.contextmanager
def bare_http():
    with subprocess.Popen([str(BUILD / "bare_http")], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as server:
        yield int(server.stdout.readline())
        server.stdin.close()


def port_of(daemon):
    link = daemon.umbel("open", "--print").stdout
    return int(link.split("127.0.0.1:")[1].split("/")[0])


def bench_get(daemon, rounds, seconds):
    header = daemon.run / "admin.header"
    port, ratios = port_of(daemon), []
    with bare_http() as bare:
        for _ in range(rounds):
            base = load(bare, 32, seconds, "GET", "/")
            ours = load(port, 32, seconds, "GET", daemon.user_path(), header)
            ratios.append((ours / base, ours, base))
    ratio, ours, base = sorted(ratios)[len(ratios) // 2]
    print(f"GET: {ours:.0f}/s, bare libmicrohttpd and echo {base:.0f}/s, "
          f"ratio {ratio:.2f} (aim 0.7)", flush=True)
    return ratio


def bare_commits(seconds):
    words = [str(BUILD / "bench_store"), "--bare", str(seconds)]
    return float(subprocess.run(words, check=True, capture_output=True,
                                text=True).stdout.split()[-1])


def bench_send(daemon, conversation, rounds, seconds):
    header = daemon.run / "admin.header"
    port, ratios = port_of(daemon), []
    path = daemon.user_path(f"/conversations/{conversation}/messages")
    for _ in range(rounds):
        base = bare_commits(seconds)
        ours = load(port, 32, seconds, "POST", path, header)
        one = load(port, 1, seconds, "POST", path, header)
        ratios.append((ours / base, ours, one, base))
    ratio, ours, one, base = sorted(ratios)[len(ratios) // 2]
    print(f"durable send: {ours:.0f}/s with 32 connections, {one:.0f}/s with "
          f"one, bare commit loop {base:.0f}/s, ratio {ratio:.2f} (aim 0.6)",
          flush=True)
    return ratio


def pss_kib(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in text.splitlines()
                if line.startswith("Pss:"))


def bench_memory(daemon):
    pids = children_of(daemon.process.pid)
    core, httpd = pss_kib(pids["umbel-core"]), pss_kib(pids["umbel-httpd"])
    print(f"PSS, one user, idle: core {core / 1024:.1f} MiB + httpd "
          f"{httpd / 1024:.1f} MiB = {(core + httpd) / 1024:.1f} MiB "
          f"(aim 12)", flush=True)
    return (core + httpd) / 1024


def bench_start(place, rounds):
    times = []
    for i in range(rounds):
        # Without a tor child: starting tor is tor's time, and the stand-in
        # is a slow script.
        daemon = place.daemon(f"start{i}", start=False, arguments=(
            "--no-tor-child", str(place.folder / "c"), str(place.folder / "s")))
        begin = time.monotonic()
        daemon.start()
        times.append((time.monotonic() - begin) * 1000)
        daemon.stop()
    print(f"exec to first answer: {median(times):.0f} ms (aim 150)",
          flush=True)
    return median(times)


class Arrivals(threading.Thread):
    """Reads a daemon's event stream and notes when each text came."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.connection = UnixConnection(daemon.run / "api.sock", 600)
        self.connection.request(
            "GET", daemon.user_path("/events?types=message.received"),
            headers={**daemon.header(), "Accept": "text/event-stream"})
        self.answer = self.connection.getresponse()
        self.came = {}
        self.news = threading.Condition()

    def run(self):
        with contextlib.suppress(OSError, ValueError, AttributeError,
                                 http.client.HTTPException):
            while True:
                line = self.answer.readline()
                now = time.monotonic()
                if not line:
                    return
                if line.startswith(b"data:") and b'"text"' in line:
                    text = json.loads(line[5:])["data"]["text"]
                    with self.news:
                        self.came[text] = now
                        self.news.notify_all()

    def wait(self, text):
        with self.news:
            if not self.news.wait_for(lambda: text in self.came, 120):
                raise AssertionError(f"{text} did not come")
            return self.came[text]


def one_way_ms(sender, receiver, conversation, count):
    arrivals = Arrivals(receiver)
    arrivals.start()
    times = []
    connection = UnixConnection(sender.run / "api.sock", 600)
    path = sender.user_path(f"/conversations/{conversation}/messages")
    for i in range(count):
        text = f"latency {i} {time.monotonic_ns()}"
        body = json.dumps({"text": text, "client_id":
                           f"00000000-0000-4000-8000-{time.monotonic_ns():012x}"
                           [:36]})
        begin = time.monotonic()
        connection.request("POST", path, body, {
            **sender.header(), "Content-Type": "application/json"})
        connection.getresponse().read()
        times.append((arrivals.wait(text) - begin) * 1000)
    return times


def raw_half_trips_ms(sender, receiver, count):
    """Half a one-byte ping-pong between the same two tors, over an onion
    service of its own on the receiver's."""
    echo = tor_client.Echo(receiver.home / "echo")
    with tor_client.login(receiver.run / "tor" / "control") as control:
        up = tor_client.on_upload(control)
        onion = tor_client.add_onion(control, echo.path)
        assert up.wait(120), "the echo service was not published"
        code, peer = tor_client.dial(sender.run / "tor" / "socks",
                                     onion + ".onion")
        assert code == 0, f"SOCKS answer {code}"
        times = []
        with peer:
            for _ in range(count):
                begin = time.monotonic()
                peer.sendall(b"x")
                peer.recv(1)
                times.append((time.monotonic() - begin) * 500)
    echo.close()
    return times


def bench_latency(network, count):
    with Place(network) as place:
        alice, bob = place.daemon("alice"), place.daemon("bob")
        if network:
            alice.wait_for_tor()
            bob.wait_for_tor()
        to_bob, _ = pair(alice, bob)
        one_way_ms(alice, bob, to_bob, 10)
        raw = raw_half_trips_ms(alice, bob, count)
        ours = one_way_ms(alice, bob, to_bob, count)
    where = "the private Tor network" if network else "fake_tor"
    print(f"one way over {where}: p50 {median(ours):.1f} ms, raw half trip "
          f"p50 {median(raw):.1f} ms, difference "
          f"{median(ours) - median(raw):.1f} ms (aim 10)", flush=True)
    return median(ours) - median(raw)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", default="")
    parser.add_argument("--fake", action="store_true")
    args = parser.parse_args()
    seconds = int(args.seconds or 3)
    rounds, count = 5, max(30, 100 * seconds)
    with Place() as place:
        start = bench_start(place, rounds)
        alice, bob = place.daemon("alice"), place.daemon("bob")
        to_bob, _ = pair(alice, bob)
        memory = bench_memory(alice)
        get = bench_get(alice, rounds, seconds)
        bob.stop()  # so that sends are not paced by the other side
        send = bench_send(alice, to_bob, rounds, seconds)
    apart = bench_apart(3000 * seconds, 100)
    if args.fake:
        late = bench_latency(None, count)
    else:
        from tornet import TorNet
        with tempfile.TemporaryDirectory(prefix="u", dir="/tmp") as folder:
            with TorNet(folder) as network:
                late = bench_latency(network, count)
    print(f"bench: start {start:.0f} ms, PSS {memory:.1f} MiB, GET ratio "
          f"{get:.2f}, send ratio {send:.2f}, one way raw + {late:.1f} ms, users "
          f"apart by {apart:.3f} ms")


if __name__ == "__main__":
    sys.exit(main())
