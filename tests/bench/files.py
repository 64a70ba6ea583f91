#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast files go between two daemons, by the private Tor network, each
figure against raw sockets over onion services of the same tors in the same
run.  Prints ratios, asserts nothing.

    files.py [--short] [--rounds N] [--delay MS]

--short: small files, and once instead of five times.
--delay: so long takes each way between a daemon's tor and its first relay;
         without it all is done twice, without delay and with DELAY_MS.

A rate is that of the second half of what was sent: by then every circuit has
its window, and a transfer has as many circuits as it wants.  All relays and
both ends share this machine: where its processors are the limit, the raw
sockets meet it too.  With a delay they are not, as in the public Tor network:
a circuit then brings what its window holds, once a round trip.
"""

import argparse
import collections
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "functional"), str(HERE.parent / "tornet")]

import tor_client  # noqa: E402
from daemons import BUILD, Place, UnixConnection, pair, until  # noqa: E402
from tornet import Delay, TorNet  # noqa: E402

MIB = 1 << 20
PIECE = 1 << 18
LONG = 3600  # seconds for a transfer; only ever reached when it hangs
MANY = 4     # circuits, at most
DELAY_MS = 80

# MiB of files: by one circuit, by all, beside messages, and to watch memory;
# and how many messages.
Sizes = collections.namedtuple("Sizes", "one four beside memory messages")
PLAIN = Sizes(64, 256, 512, 1024, 200)
PLAIN_SHORT = Sizes(24, 96, 128, 256, 40)
DELAYED = Sizes(32, 128, 96, None, 100)
DELAYED_SHORT = Sizes(16, 96, 64, None, 30)


# Raw sockets.

def serve(path):
    """Sends to whoever connects, as fast as it goes, until it is killed."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(64)
    data = os.urandom(PIECE)

    def pour(conn):
        with conn, contextlib.suppress(OSError):
            while True:
                conn.sendall(data)

    print("ready", flush=True)
    while True:
        threading.Thread(target=pour, args=(server.accept()[0],),
                         daemon=True).start()


@contextlib.contextmanager
def source(daemon):
    """An onion service of the daemon's tor that sends: its name."""
    path = str(daemon.home / "source")
    words = [sys.executable, __file__, "--serve", path]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process, \
            tor_client.login(daemon.run / "tor" / "control") as control:
        try:
            process.stdout.readline()
            yield tor_client.add_onion(control, path) + ".onion"
        finally:
            process.kill()


def dial(daemon, onion, port=1):
    """A stream on a circuit of its own.  Some seconds pass until what was
    just published is found."""
    def once():
        code, peer = tor_client.dial(
            daemon.run / "tor" / "socks", onion, port,
            password=os.urandom(8).hex().encode(), timeout=300)
        return None if code else peer
    return until(f"a stream to {onion}", once)


class Samples:
    """(time, bytes so far)"""

    def __init__(self):
        self.begin = time.monotonic()
        self.points = [(self.begin, 0)]

    def add(self, count):
        self.points.append((time.monotonic(), count))

    def seconds(self):
        return self.points[-1][0] - self.begin

    def rate(self):
        """MB/s of the second half."""
        end, whole = self.points[-1]
        half = next(p for p in self.points if p[1] >= whole / 2)
        return (whole - half[1]) / max(end - half[0], 1e-9) / 1e6


class Pool:
    """Circuits to a source, each with a password of its own."""

    def __init__(self, receiver, onion, circuits):
        self.count = 0
        self.lock = threading.Lock()
        self.peers = [dial(receiver, onion) for _ in range(circuits)]
        for peer in self.peers:
            threading.Thread(target=self._read, args=(peer,),
                             daemon=True).start()

    def _read(self, peer):
        buffer = bytearray(PIECE)
        with contextlib.suppress(OSError):
            while n := peer.recv_into(buffer):
                with self.lock:
                    self.count += n

    def close(self):
        for peer in self.peers:
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)
            peer.close()


def raw(receiver, onion, circuits, size):
    pool = Pool(receiver, onion, circuits)
    samples = Samples()
    while pool.count < size:
        time.sleep(0.05)
        samples.add(pool.count)
    pool.close()
    return samples


# Files.

def upload(daemon, size):
    """A file of noise; its id."""
    connection = UnixConnection(daemon.run / "api.sock", LONG)
    with contextlib.closing(connection):
        data = os.urandom(MIB)
        connection.request(
            "PUT", daemon.user_path("/files?name=noise.bin"),
            (data for _ in range(size // MIB)),
            {**daemon.header(), "Content-Length": str(size)})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 201, body
    return json.loads(body)["id"]


def file_of(daemon, made):
    return daemon.call("GET", daemon.user_path(f"/files/{made}"))


def offer(sender, receiver, conversation, size):
    """Of a new file: its ids at the sender and at the receiver."""
    made = upload(sender, size)
    sender.call("POST", sender.user_path(
        f"/conversations/{conversation}/messages"),
        {"client_id": str(uuid.uuid4()), "file_ids": [made]})

    def offered():
        page = receiver.call("GET", receiver.user_path("/files?limit=1"))
        return [f["id"] for f in page["items"] if f["state"] == "offered"]

    return made, until("the offer is there", offered)[0]


class Watch(threading.Thread):
    """What else is to be known of a transfer: memory, and circuits."""

    def __init__(self, *daemons):
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.pids = [d.pid_of("umbel-core") for d in daemons]
        self.before = [pss_kib(pid) for pid in self.pids]
        self.most = list(self.before)
        self.controls = [tor_client.login(d.run / "tor" / "control")
                         for d in daemons]
        self.streams = self.count()
        self.circuits = 0

    def count(self):
        """Streams that were dialled by either."""
        return sum(" SUCCEEDED " in line for control in self.controls
                   for line in control.get_info("stream-status").split("\n"))

    def run(self):
        # Seldom: it takes of the processors that tor needs.
        while not self.over.wait(2):
            self.most = [max(m, pss_kib(pid))
                         for m, pid in zip(self.most, self.pids)]
            self.circuits = max(self.circuits,
                                self.count() - self.streams)

    def stop(self):
        self.over.set()
        self.join()

    def rest(self):
        """A circuit is slow or fast by chance: the next shall be others."""
        until("the circuits are gone",
              lambda: self.count() <= self.streams, LONG)
        self.close()

    def close(self):
        for control in self.controls:
            control.close()

    def grown_mib(self):
        return max(m - b for m, b in zip(self.most, self.before)) / 1024


def transfer(sender, receiver, conversation, size):
    """Samples of one file, and what was seen of it."""
    made, came = offer(sender, receiver, conversation, size)
    path = receiver.user_path(f"/files/{came}")
    watch = Watch(sender, receiver)
    watch.start()
    samples = Samples()
    receiver.call("PATCH", path + "/transfer", {"state": "running"})
    while True:
        file = receiver.call("GET", path)
        samples.add(file["bytes_done"])
        if file["state"] == "done":
            break
        assert file["state"] in ("transferring", "offered"), file
        assert samples.seconds() < LONG, file
        # A poll takes a millisecond; the end is to be known exactly.
        is_near = file["bytes_done"] > 0.9 * size
        time.sleep(0.02 if is_near else 0.2)
    watch.stop()
    for daemon, which in ((receiver, came), (sender, made)):
        daemon.call("DELETE", daemon.user_path(f"/files/{which}"))
    return samples, watch


# Messages meanwhile.

class Delivered(threading.Thread):
    """Reads a sender's events and notes when a message was delivered."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.connection = UnixConnection(daemon.run / "api.sock", LONG)
        self.connection.request(
            "GET", daemon.user_path("/events?types=message.state"),
            headers={**daemon.header(), "Accept": "text/event-stream"})
        self.answer = self.connection.getresponse()
        self.when = {}
        self.news = threading.Condition()
        self.start()

    def run(self):
        with contextlib.suppress(OSError, ValueError, AttributeError,
                                 http.client.HTTPException):
            while line := self.answer.readline():
                now = time.monotonic()
                if not line.startswith(b"data:") or b"delivered" not in line:
                    continue
                with self.news:
                    self.when[json.loads(line[5:])["data"]["id"]] = now
                    self.news.notify_all()

    def wait(self, message):
        with self.news:
            assert self.news.wait_for(lambda: message in self.when, 300)
            return self.when[message]


def round_trips_ms(sender, conversation, go_on):
    """Of messages one after another, as long as go_on says so."""
    delivered, times = Delivered(sender), []
    while go_on(times):
        begin = time.monotonic()
        message = sender.send(conversation, f"ping {len(times)}")
        times.append((delivered.wait(message["id"]) - begin) * 1000)
    return times


def raw_trips_ms(sender, receiver, go_on):
    echo = tor_client.Echo(receiver.home / f"echo{time.monotonic_ns()}")
    times = []
    with tor_client.login(receiver.run / "tor" / "control") as control:
        onion = tor_client.add_onion(control, echo.path)
        with dial(sender, onion + ".onion") as peer:
            while go_on(times):
                begin = time.monotonic()
                peer.sendall(b"x")
                peer.recv(1)
                times.append((time.monotonic() - begin) * 1000)
    echo.close()
    return times


def p95(times):
    return statistics.quantiles(times, n=20)[-1]


# OnionShare.

def onionshare(sender, receiver, size):
    """Samples of one file from onionshare-cli with the sender's tor."""
    home = sender.home / "onionshare"
    home.mkdir(exist_ok=True)
    (home / "config").write_text(json.dumps({
        "connection_type": "socket_file", "auth_type": "no_auth",
        "socket_file_path": str(sender.run / "tor" / "control")}))
    with open(home / "noise.bin", "wb") as file:
        for _ in range(size // MIB):
            file.write(os.urandom(MIB))
    words = ["onionshare-cli", "--public", "--config", str(home / "config"),
             str(home / "noise.bin")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                          env={**os.environ, "HOME": str(home)}) as process:
        try:
            onion = None
            for line in process.stdout:
                if line.strip().endswith(".onion"):
                    onion = line.strip().split("//")[1]
                    break
            assert onion, "onionshare-cli gave no address"
            threading.Thread(target=process.stdout.read, daemon=True).start()
            return get(receiver, onion, "/download", size)
        finally:
            process.kill()
            shutil.rmtree(home)


def get(receiver, onion, path, size):
    """Samples of an answer of so many bytes, by HTTP/1.1 at port 80."""
    peer = dial(receiver, onion, 80)
    samples = Samples()
    peer.sendall(f"GET {path} HTTP/1.1\r\nHost: {onion}\r\n"
                 "Connection: close\r\n\r\n".encode())
    count, buffer = 0, bytearray(PIECE)
    with peer:
        while n := peer.recv_into(buffer):
            if not count:
                assert b" 200 " in buffer[:20], bytes(buffer[:200])
            count += n
            samples.add(count)
    assert count >= size, f"{count} bytes of {size}"
    return samples


# All of it.

def pss_kib(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in text.splitlines()
                if line.startswith("Pss:"))


def middle(values):
    return statistics.median(values)


def daemon_with(place, name, circuits):
    daemon = place.daemon(name, start=False)
    with open(daemon.conf, "a", encoding="utf-8") as conf:
        conf.write(f"[files]\ncircuits_max = {circuits}\n")
    daemon.contract = None
    return daemon.start()


class Bench:
    def __init__(self, place, rounds, sizes):
        self.rounds, self.sizes = rounds, sizes
        self.alice, self.bob, self.carl = (
            daemon_with(place, *who) for who in (
                ("alice", MANY), ("bob", MANY), ("carl", 1)))
        for daemon in (self.alice, self.bob, self.carl):
            daemon.wait_for_tor()
        self.to_bob, _ = pair(self.alice, self.bob)
        self.to_carl, _ = pair(self.alice, self.carl)
        self.one, self.four = [], []  # MB/s of raw sockets, and of files
        self.raw_one, self.raw_four, self.used = [], [], []

    def speeds(self, onion):
        small, large = self.sizes.one, self.sizes.four
        for i in range(self.rounds):
            self.raw_one.append(raw(self.carl, onion, 1, small * MIB).rate())
            ours, watch = transfer(self.alice, self.carl, self.to_carl,
                                   small * MIB)
            self.one.append(ours.rate())
            watch.rest()
            self.raw_four.append(
                raw(self.bob, onion, MANY, large * MIB).rate())
            ours, watch = transfer(self.alice, self.bob, self.to_bob,
                                   large * MIB)
            self.four.append(ours.rate())
            self.used.append(watch.circuits)
            print(f"  round {i + 1}: raw 1 {self.raw_one[-1]:.1f}, file 1 "
                  f"{self.one[-1]:.1f}, raw {MANY} {self.raw_four[-1]:.1f}, "
                  f"file {self.four[-1]:.1f} MB/s by {watch.circuits} "
                  f"circuits, whole in {ours.seconds():.1f} s", flush=True)
            watch.rest()
        one, four = middle(self.one), middle(self.four)
        raw_one, raw_four = middle(self.raw_one), middle(self.raw_four)
        print(f"one circuit: {one:.1f} MB/s, a raw stream {raw_one:.1f}, "
              f"ratio {one / raw_one:.2f} (aim 0.90)")
        print(f"by default: {four:.1f} MB/s by {middle(self.used):.0f} "
              f"circuits, {MANY} raw streams {raw_four:.1f}, ratio "
              f"{four / raw_four:.2f} (aim 0.90)")
        print(f"by default against one circuit: {four / one:.1f} times (aim "
              f"3; raw sockets {raw_four / raw_one:.1f})", flush=True)

    def memory(self):
        size = self.sizes.memory
        if not size:
            return
        samples, watch = transfer(self.alice, self.bob, self.to_bob,
                                  size * MIB)
        watch.close()
        print(f"{size} MiB in {samples.seconds():.0f} s: PSS of a core grew "
              f"by {watch.grown_mib():.1f} MiB (aim 16)", flush=True)

    def messages(self, onion):
        count = self.sizes.messages
        idle = round_trips_ms(self.alice, self.to_bob,
                              lambda t: len(t) < count)
        raw_idle = raw_trips_ms(self.alice, self.bob, lambda t: len(t) < count)
        busy = self.beside_a_file(self.sizes.beside * MIB)
        pool = Pool(self.bob, onion, MANY)
        raw_busy = raw_trips_ms(self.alice, self.bob,
                                lambda t: len(t) < count)
        pool.close()
        print(f"message and its receipt: p95 {p95(busy):.0f} ms beside a file "
              f"(n = {len(busy)}), {p95(idle):.0f} ms idle, ratio "
              f"{p95(busy) / p95(idle):.1f} (aim 2); a raw byte and back: "
              f"{p95(raw_busy):.0f} ms beside {MANY} raw streams, "
              f"{p95(raw_idle):.0f} ms idle, ratio "
              f"{p95(raw_busy) / p95(raw_idle):.1f}", flush=True)

    def beside_a_file(self, size):
        went = threading.Thread(target=lambda: transfer(
            self.alice, self.bob, self.to_bob, size)[1].close())
        went.start()
        times = round_trips_ms(self.alice, self.to_bob,
                               lambda t: went.is_alive() or len(t) < 20)
        went.join()
        return times

    def others(self):
        if not shutil.which("onionshare-cli"):
            print("onionshare-cli is not installed: no comparison")
            return
        size = self.sizes.one * MIB
        rates = [onionshare(self.alice, self.bob, size).rate()
                 for _ in range(self.rounds)]
        one, four, theirs = middle(self.one), middle(self.four), middle(rates)
        print(f"onionshare-cli: {theirs:.1f} MB/s; one circuit is "
              f"{one / theirs:.2f} times as fast (aim 1), default "
              f"{four / theirs:.1f} times (aim 3)", flush=True)


def bench_files(folder, rounds, sizes, delay):
    with TorNet(folder, delay=delay) as network, Place(network) as place:
        bench = Bench(place, rounds, sizes)
        with source(bench.alice) as onion:
            bench.speeds(onion)
            bench.messages(onion)
        bench.others()
        bench.memory()


def run(rounds, is_short, delay_ms):
    if delay_ms:
        sizes = DELAYED_SHORT if is_short else DELAYED
        delaying = Delay(BUILD / "delay", delay_ms)
        print(f"with {delay_ms} ms from each tor to its first relay:")
    else:
        sizes = PLAIN_SHORT if is_short else PLAIN
        delaying = contextlib.nullcontext()
        print("without any delay:")
    with tempfile.TemporaryDirectory(prefix="u", dir="/tmp") as folder, \
            delaying as delay:
        bench_files(folder, rounds, sizes, delay)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--delay", type=int)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        serve(args.serve)
    rounds = args.rounds or (1 if args.short else 5)
    for delay_ms in (0, DELAY_MS) if args.delay is None else (args.delay,):
        run(rounds, args.short, delay_ms)


if __name__ == "__main__":
    sys.exit(main())
