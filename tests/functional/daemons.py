# SPDX-License-Identifier: GPL-3.0-or-later
"""Real daemons for tests: umbeld with all its children, over fake_tor or over
the private Tor network, and a client for their API.

    with Place() as place:                  one temporary folder
        alice = place.daemon("alice")       umbeld, started and answering
        pair(alice, bob)

Nothing sleeps for a result: the API's long poll says when something happened.
"""

import contextlib
import copy
import ctypes
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse
import uuid

import packets
from contract import CONTRACT

LIMIT = 120  # seconds; only ever reached when something is broken
PASSPHRASE = "correct horse battery"
HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(
    os.environ.get("top_builddir", HERE.parent.parent / "build")).resolve()
PR_SET_PDEATHSIG = 1
IS_SANITIZED = "#define SANITIZERS 1" in (BUILD / "config.h").read_text()
# The least that a build takes, see daemon/util/kdf_cost.h.
KDF_MIB, KDF_PASSES = (8, 1) if IS_SANITIZED else (64, 2)


class Refused(Exception):
    def __init__(self, status, problem):
        super().__init__(f"{status} {problem}")
        self.status = status
        self.problem = problem


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def until(what, check, limit=LIMIT):
    """Asks again until check() gives something; for things that have no
    event to wait for, such as the start of a process."""
    end = time.monotonic() + limit
    while True:
        result = check()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"never: {what}")
        time.sleep(0.01)


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def children_of(pid):
    """pid by process name of the living children."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            match = re.match(r"(\d+) \((.*)\) (\S) (\d+)", pathlib.Path(
                "/proc", name, "stat").read_text())
            if match and int(match[4]) == pid and match[3] not in "ZX":
                found[match[2]] = int(match[1])
    return found


def look_at_each(folder, look):
    """What look(path) gives, of all in a folder that do not go meanwhile."""
    found = []
    for path in pathlib.Path(folder).iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found.append(look(path))
    return found


def descriptors_of(pid):
    """Where the open descriptors of a process lead."""
    return look_at_each(f"/proc/{pid}/fd", os.readlink)


def threads_of(pid):
    """The status of each thread of a process, as text."""
    return look_at_each(f"/proc/{pid}/task",
                        lambda task: (task / "status").read_text("ascii"))


def sockets_of(pid):
    """The inodes of a process's sockets, as text."""
    return {match[1] for link in descriptors_of(pid)
            if (match := re.fullmatch(r"socket:\[(\d+)\]", link))}


class Daemon:
    contract = CONTRACT  # None: answers are not looked at, for speed
    build = BUILD  # where its programs are; for the next start
    # To look for leaks takes half the time of a short process.  The tests of
    # a daemon's and of the command line's whole life do.
    looks_for_leaks = False

    def __init__(self, folder, name, tor, extra, arguments=()):
        self.name = name
        self.home = pathlib.Path(folder) / name
        self.home.mkdir(mode=0o700, exist_ok=True)
        self.data = self.home / "d"
        self.run = self.home / "r"
        self.conf = self.home / "umbel.conf"
        if not self.conf.exists():
            self.conf.write_text(
                f"[kdf]\nmemory_mib = {KDF_MIB}\npasses = {KDF_PASSES}\n"
                "[api]\ncalls_per_minute = 0\nsends_per_minute = 0\n"
                # Storms: what a contact may do is tried out elsewhere.
                "[contacts]\nstreams_per_hour = 1000000\n"
                "messages_per_second = 100000\nmib_per_day = 16384\n"
                # Dials of its own would be among those that are counted; see
                # let_self_test().
                "[tor]\nself_test = no\n")
        self.extra = self.home / "extra.torrc"
        self.extra.write_text(extra)
        self.tor = tor
        self.writes = self.home.parent
        self.arguments = list(arguments)
        self.process = None
        self.user = None
        self.packets = []
        self.log = self.home / "log"

    # the process

    def tor_arguments(self):
        if "--no-tor-child" in self.arguments:
            return []
        return ["--tor", str(self.tor), "--tor-extra", str(self.extra),
                # Where the services of fake_tor are: the FakeNet.
                "--tor-writes", str(self.writes)]

    def start(self, port=0):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [str(self.program()), "--config", str(self.conf),
                 "--data", str(self.data), "--run", str(self.run),
                 "--listen", f"127.0.0.1:{port}", *self.tor_arguments(),
                 *self.arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=die_with_parent, env=self.environment())
        self.wait_up()
        return self

    def program(self):
        return self.build / "umbeld"

    def environment(self):
        options = os.environ.get("ASAN_OPTIONS", "")
        if not self.looks_for_leaks:
            options += ":detect_leaks=0"
        return {**os.environ, "ASAN_OPTIONS": options}

    def wait_up(self):
        """Until the API answers, through umbel-httpd from umbel-core."""
        def check():
            if self.process.poll() is not None:
                raise AssertionError(f"umbeld ended:\n{self.log.read_text()}")
            try:
                return self.call("GET", "/v1/daemon")
            except (OSError, http.client.HTTPException):
                return None
            except Refused as refused:
                if refused.status in (401, 503):
                    return None
                raise
        try:
            until(f"{self.name} answers", check)
        except AssertionError:
            print(self.log.read_text())
            raise

    def pid_of(self, name):
        return until(f"a process {name}",
                     lambda: children_of(self.process.pid).get(name))

    def kill(self, name):
        """kill -9 of one of its processes."""
        pid = self.pid_of(name)
        if name in packets.WATCHED:
            self.packets += packets.watch(pid, BUILD)
        os.kill(pid, signal.SIGKILL)
        return pid

    def look_at_packets(self):
        """What its processes had to do with a network: see packets.py."""
        for name, pid in children_of(self.process.pid).items():
            if name in packets.WATCHED:
                self.packets += packets.watch(pid, BUILD)

    def kill_all(self):
        self.look_at_packets()
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.look_at_packets()
            self.process.terminate()
            self.process.wait(LIMIT)
        return self.process.returncode if self.process else None

    # the API

    def header(self):
        name, value = (self.run / "admin.header").read_text().strip().split(": ")
        return {name: value}

    def request(self, method, path, body=None, headers=None, timeout=LIMIT):
        """(status, headers, bytes) of one call over api.sock."""
        connection = UnixConnection(self.run / "api.sock", timeout)
        with contextlib.closing(connection):
            sent = self.header() if headers is None else dict(headers)
            data = None
            if body is not None:
                data = json.dumps(body)
                sent.setdefault("Content-Type", "application/json")
            connection.request(method, path, data, sent)
            answer = connection.getresponse()
            head, got = dict(answer.getheaders()), answer.read()
        if self.contract:
            self.contract.judge(method, path, answer.status, head, got)
        return answer.status, head, got

    def port(self):
        """That of 127.0.0.1, where a link to log in leads to."""
        link = self.call("POST", "/v1/login-tokens")["url"]
        return urllib.parse.urlsplit(link).port

    def call(self, method, path, body=None):
        status, _headers, data = self.request(method, path, body)
        parsed = json.loads(data) if data else None
        if status >= 300:
            raise Refused(status, parsed)
        return parsed

    def user_path(self, rest=""):
        return f"/v1/users/{self.user['id']}{rest}"

    def add_user(self):
        self.user = self.call("POST", "/v1/users", {
            "name": self.name, "passphrase": PASSPHRASE})
        return self.user

    def another_user(self, name):
        """The same daemon, seen by another of its users."""
        other = copy.copy(self)
        other.name = name
        other.add_user()
        return other

    def unlock(self):
        return self.call("POST", self.user_path("/unlock"),
                         {"passphrase": PASSPHRASE})

    def unlock_when_up(self):
        """After a crash: waits for the new core, then unlocks."""
        def check():
            try:
                return self.unlock()
            except (OSError, http.client.HTTPException):
                return None
            except Refused as refused:
                if refused.status in (401, 503):
                    return None
                raise
        return until(f"{self.name} unlocks", check)

    def configure_anew(self, text):
        self.conf.write_text(text)
        self.stop()
        self.start()

    def take_long_for_keys(self, mib=128):
        """Started again so that new keys, exports and imports take a while,
        about 0.4 s for each 128 MiB: time for something to happen in the midst
        of one.  Gives the configuration from before."""
        text = self.conf.read_text()
        slow = text.replace(f"passes = {KDF_PASSES}\n", "passes = 8\n")
        assert slow != text
        self.configure_anew(slow.replace(f"memory_mib = {KDF_MIB}\n",
                                         f"memory_mib = {mib}\n"))
        return text

    def wait_for_tor(self):
        def ready():
            return self.call("GET", "/v1/tor")["state"] == "ready"
        return until(f"{self.name}'s tor", ready)

    def last_event(self):
        return self.call("GET", self.user_path("/events?limit=1"))["last_id"]

    def events(self, after, types="", wait=30):
        page = self.call("GET", self.user_path(
            f"/events?after={after}&wait={wait}&limit=200"
            + (f"&types={types}" if types else "")))
        return page["items"]

    def wait_event(self, kind, match, after=0, limit=LIMIT):
        """The first event of that type that match(data) accepts."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            for item in self.events(after, kind, wait=10):
                after = item["id"]
                if match(item["data"]):
                    return item
        raise AssertionError(
            f"{self.name}: no {kind}\n{self.log.read_text()[-4000:]}")

    def invite(self):
        return self.call("POST", self.user_path("/invites"), {})["link"]

    def connect(self, link, **more):
        return self.call("POST", self.user_path("/requests"), {
            "link": link, "client_id": str(uuid.uuid4()), **more})

    def contacts(self):
        return self.call("GET", self.user_path("/contacts"))["items"]

    def contact(self, name):
        for contact in self.contacts():
            if name in (contact["alias"], contact["display_name"]):
                return contact
        raise AssertionError(f"{self.name} has no contact {name}")

    def send(self, conversation, text, client_id=None):
        return self.call(
            "POST", self.user_path(f"/conversations/{conversation}/messages"),
            {"client_id": client_id or str(uuid.uuid4()), "text": text})

    def history(self, conversation):
        """All messages, oldest first, by pages."""
        messages, before = [], ""
        while True:
            page = self.call("GET", self.user_path(
                f"/conversations/{conversation}/messages?limit=200{before}"))
            messages[:0] = page["items"]
            if len(page["items"]) < 200:
                return messages
            before = f"&before={page['items'][0]['id']}"

    def let_self_test(self):
        """From the next start on."""
        self.conf.write_text(self.conf.read_text().replace(
            "self_test = no", "self_test = yes"))

    def umbel(self, *arguments, stdin=None, check=True):
        """The command line, as a person would use it."""
        done = subprocess.run(
            [str(self.build / "umbel"), "--run", str(self.run), *arguments],
            input=stdin, capture_output=True, text=True, timeout=LIMIT,
            env=self.environment())
        if check and done.returncode:
            raise AssertionError(f"umbel {arguments}: {done.stderr}")
        return done


class Place:
    """A temporary folder with a network and daemons in it."""

    def __init__(self, network=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="u", dir="/tmp"))
        self.network = network
        self.daemons = []
        self.dies_on_purpose = False  # a sanitizer reports that as well

    def daemon(self, name, start=True, arguments=(), kind=Daemon):
        if self.network:
            tor, extra = shutil.which("tor"), self.network.extra()
        else:
            tor = HERE / "fake_tor.py"
            extra = f"# FakeNet {self.folder}/net\n"
        daemon = kind(self.folder, name, tor, extra, arguments)
        self.daemons.append(daemon)
        return daemon.start() if start else daemon

    def __enter__(self):
        return self

    def __exit__(self, kind, _value, _trace):
        for daemon in self.daemons:
            try:
                daemon.stop()
            except subprocess.TimeoutExpired:
                daemon.kill_all()
                if not kind:
                    raise
        logs = {d.name: d.log.read_text("utf-8", "replace")
                for d in self.daemons if d.log.exists()}
        reports = [name for name, log in logs.items()
                   if re.search("Sanitizer|runtime error:", log)]
        for name in logs if kind else reports:
            print(f"--- {name}\n{logs[name][-6000:]}")
        shutil.rmtree(self.folder)
        assert kind or self.dies_on_purpose or not reports
        network = [line for d in self.daemons for line in d.packets]
        assert kind or not network, network


def pair(inviter, invitee):
    """Two contacts; gives (inviter's, invitee's) conversation ids."""
    for daemon in (inviter, invitee):
        if not daemon.user:
            daemon.add_user()
    before = inviter.last_event()
    request = invitee.connect(inviter.invite())
    invitee.wait_event(
        "request.state",
        lambda r: r["id"] == request["id"] and r["state"] == "accepted")
    inviter.wait_event("contact.added", lambda c: True, after=before)
    return (inviter.contact(invitee.name)["conversation_id"],
            invitee.contact(inviter.name)["conversation_id"])


def wait_used(daemon):
    """Until no invite is left: one is kept until its contact was seen once."""
    until("the invites are used up", lambda: not daemon.call(
        "GET", daemon.user_path("/invites"))["items"])


def wait_delivered(daemon, message, after=0):
    """Until the other side has it: the message as it is then."""
    path = daemon.user_path(f"/messages/{message['id']}")
    daemon.wait_event(
        "message.state",
        lambda m: m["id"] == message["id"] and m["state"] == "delivered",
        after=after)
    return daemon.call("GET", path)


@contextlib.contextmanager
def fake_tor_world(kind):
    """kind(place), which has a FakeNet of its own as .net: daemons go first."""
    with Place() as place:
        world = kind(place)
        try:
            yield world
        finally:
            for daemon in place.daemons:
                daemon.stop()
            world.net.close()
