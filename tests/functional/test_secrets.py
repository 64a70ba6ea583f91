# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets are planted, and hunted for: in what others on the machine can see
of the processes, in files, in what a crash leaves, and in the memory after
the user was locked."""

import json
import os
import pathlib
import re
import resource
import signal
import stat
import subprocess
import urllib.parse

import pytest

import files
import memory
from daemons import (BUILD, LIMIT, Place, Refused, children_of,
                     descriptors_of, pair, until, wait_delivered)
from test_local import NOBODY, pids_of, start_as, try_as_nobody
from test_parent import is_alive

PLANTED = {
    "passphrase": "planted passphrase 0f8e2b",
    "message": "planted message 51c7d9",
    "file name": "planted file name a3d4.txt",
    "alias": "planted alias 77b1c0",
    "draft": "planted draft 9e6a42",
}
WRONG = "another passphrase 4d1b93"
needs_root = pytest.mark.skipif(os.geteuid() != 0,
                                reason="needs root to be nobody")


@pytest.fixture(name="place")
def make_place():
    with Place() as place:
        yield place


def spellings(secrets):
    """As they are, and as they would be in an address, in JSON, in UTF-16."""
    found = {}
    for name, value in secrets.items():
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        for how, data in (
                ("", text.encode()),
                ("+", urllib.parse.quote_plus(text).encode()),
                ("%", urllib.parse.quote(text).encode()),
                ("16", text.encode("utf-16-le"))):
            found.setdefault(data, f"{name} {how}".strip())
    return {name: data for data, name in found.items()}


class Planted:
    """A daemon that was given every secret, by every way that there is."""

    def __init__(self, place, prepare=lambda: None):
        self.place = place
        self.alice = place.daemon("alice", False, ["--log-level", "debug"])
        start_as(self.alice, prepare)
        self.bob = place.daemon("bob", arguments=["--log-level", "debug"])
        alice = self.alice
        alice.user = alice.call("POST", "/v1/users", {
            "name": "alice", "passphrase": PLANTED["passphrase"]})
        self.to_bob, _ = pair(alice, self.bob)
        self.contact = alice.contact("bob")["id"]
        wait_delivered(alice, alice.send(self.to_bob, PLANTED["message"]))
        files.upload(alice, files.noise(70000),
                     urllib.parse.quote(PLANTED["file name"]))
        alice.call("PATCH", alice.user_path(f"/contacts/{self.contact}"),
                   {"alias": PLANTED["alias"]})
        alice.call("PATCH", alice.user_path(f"/conversations/{self.to_bob}"),
                   {"draft": PLANTED["draft"]})
        self.tokens = {"admin": alice.header()["Authorization"].split()[1]}
        self.log_in()

    def log_in(self):
        alice = self.alice
        made = alice.call("POST", "/v1/login-tokens")
        self.tokens["login"] = made["login_token"]
        for name, body in (
                ("session by link", {"login_token": made["login_token"]}),
                ("session", {"user_id": alice.user["id"],
                             "passphrase": PLANTED["passphrase"]})):
            status, _, answer = alice.request("POST", "/v1/session", body, {})
            assert status == 201
            self.tokens[name] = json.loads(answer)["token"]

    def ask_wrongly(self):
        """Secrets where they do not belong: what is refused is logged."""
        alice = self.alice
        for secret in [*PLANTED.values(), *self.tokens.values()]:
            word = urllib.parse.quote(secret)
            for method, path, body in (
                    ("GET", f"/v1/users?{word}=1", None),
                    ("GET", f"/v1/{word}", None),
                    ("GET", f"/v1/users/{word}", None),
                    ("GET", f"/v1/users?cursor={word}", None),
                    ("POST", "/v1/nowhere", {secret: secret}),
                    ("POST", alice.user_path("/invites"), {secret: secret}),
                    ("POST", alice.user_path("/invites"), {"label": [secret]})):
                assert alice.request(method, path, body)[0] >= 400
        for secret in self.tokens.values():
            alice.request("GET", "/v1/users", headers={
                "Authorization": f"Bearer {secret}x"})

    def pids(self):
        """Without tor, which here is a script."""
        return {name: pid for name, pid in [
            ("umbeld", self.alice.process.pid),
            *children_of(self.alice.process.pid).items()]
            if name.startswith("umbel")}

    def files(self):
        for folder in (self.alice.home, self.place.folder / "net"):
            for path in sorted(folder.rglob("*")):
                if stat.S_ISREG(path.lstat().st_mode):
                    yield path

    def hunt_files(self):
        """The one file that has one of them is the one that is to."""
        wanted = spellings({**PLANTED, **self.tokens})
        hits = [(name, path) for path in self.files()
                for name, data in wanted.items() if data in path.read_bytes()]
        header = self.alice.run / "admin.header"
        assert [h for h in hits if h != ("admin", header)] == []
        return hits


# HOSTILE L-03
@pytest.mark.parametrize("level", ["error", "warning", "info", "debug"])
def test_l03_no_level_of_the_log_tells_of_people(place, level):
    """Contents at none; names and addresses of people at none but debug."""
    people = {"name": "planted-name-2c9e", "shown": "planted shown 55aa0e",
              "other": "planted-other-81bd"}
    alice = place.daemon("alice", arguments=["--log-level", level])
    bob = place.daemon("bob", arguments=["--log-level", level])
    alice.user = alice.call("POST", "/v1/users", {
        "name": people["name"], "passphrase": PLANTED["passphrase"]})
    bob.user = bob.call("POST", "/v1/users", {
        "name": people["other"], "passphrase": PLANTED["passphrase"]})
    bob.name = people["other"]
    alice.name = people["name"]
    to_bob, to_alice = pair(alice, bob)
    alice.call("PUT", alice.user_path("/profile"), {
        "display_name": people["shown"], "status_text": PLANTED["message"]})
    wait_delivered(alice, alice.send(to_bob, PLANTED["message"]))
    wait_delivered(bob, bob.send(to_alice, PLANTED["draft"]))
    door = alice.call("GET", alice.user_path("/address"))
    people["address"] = re.search(r"[a-z2-7]{56}", json.dumps(door) +
                                  alice.invite())[0]
    # What goes wrong is logged as well.
    for daemon in (alice, bob):
        daemon.kill("umbel-core")
        daemon.wait_up()
        daemon.call("POST", daemon.user_path("/unlock"),
                    {"passphrase": PLANTED["passphrase"]})
        daemon.request("POST", daemon.user_path("/unlock"),
                       {"passphrase": WRONG})
    wait_delivered(alice, alice.send(to_bob, PLANTED["message"]))
    wanted = {**PLANTED, "wrong": WRONG,
              **(people if level != "debug" else {})}
    for daemon in (alice, bob):
        log = daemon.log.read_bytes()
        assert [name for name, data in spellings(wanted).items()
                if data in log] == []
        if level != "debug":
            assert not re.search(rb"[a-z2-7]{56}|[0-9A-F]{40}", log)


# HOSTILE L-03
@needs_root
def test_l03_nothing_shows_a_secret(place):
    """Files, logs at their loudest, arguments, environments, names of
    sockets and descriptors; also when the core was killed and came back."""
    world = Planted(place)
    world.ask_wrongly()
    alice = world.alice
    wanted = spellings({**PLANTED, **world.tokens})
    for _ in range(2):
        hits = []
        for name, pid in [*world.pids().items(), *children_of(
                alice.process.pid).items()]:
            folder = pathlib.Path(f"/proc/{pid}")
            data = b"".join((folder / word).read_bytes() for word in (
                "cmdline", "environ", "comm", "maps", "net/unix"))
            data += "\n".join(descriptors_of(pid)).encode()
            hits += [(what, name) for what, text in wanted.items()
                     if text in data]
        assert hits == []
        world.hunt_files()
        alice.kill("umbel-core")
        alice.wait_up()
    alice.call("POST", alice.user_path("/unlock"),
               {"passphrase": PLANTED["passphrase"]})
    alice.stop()
    assert ("admin", alice.run / "admin.header") not in world.hunt_files()


# HOSTILE L-03
def test_l03_the_programs_of_a_person_show_none(place):
    """The command line takes secrets from files and terminals only; what it
    starts is told none either."""
    alice = place.daemon("alice", arguments=["--log-level", "debug"])
    alice.add_user()
    folder = place.folder / "trap"
    folder.mkdir()
    seen = folder / "seen"
    trap = folder / "xdg-open"
    trap.write_text("#!/bin/sh\n"
                    f"tr '\\0' '\\n' < /proc/$$/cmdline > {seen}\n"
                    f"env >> {seen}\ncp \"${{1#file://}}\" {folder}/page\n")
    trap.chmod(0o755)
    done = subprocess.run(
        [str(BUILD / "umbel"), "--run", str(alice.run), "open"],
        env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"},
        capture_output=True, text=True, timeout=LIMIT)
    assert done.returncode == 0, done.stderr
    page = (folder / "page").read_text("utf-8")
    link = re.search(r"http://127\.0\.0\.1:\d+/ui/#t=([\w-]{43})", page)
    assert link[1] not in seen.read_text("utf-8")
    kept = alice.run / "open.html"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    # It is what it should be: a key that opens, once.
    for status in (201, 401):
        assert alice.request("POST", "/v1/session",
                             {"login_token": link[1]}, {})[0] == status
    alice.stop()
    assert not kept.exists()


# HOSTILE L-06
@needs_root
def test_l06_the_same_user_sees_nothing_either(place):
    """Another program of the same person: no memory, no environment, no
    trace.  Best effort, since he could as well replace the programs."""
    place.folder.chmod(0o711)
    alice = place.daemon("alice", start=False)
    (place.folder / "net").mkdir(exist_ok=True)
    for path in (alice.home, alice.conf, alice.extra, place.folder / "net"):
        os.chown(path, NOBODY, NOBODY)

    def become():
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    start_as(alice, become)
    alice.add_user()
    pids = [pid for name, pid in [("umbeld", alice.process.pid),
                                  *children_of(alice.process.pid).items()]
            if name.startswith("umbel")]
    assert len(pids) == 4
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            become()
            found = [f for f in try_as_nobody([], pids, None)
                     if not f.startswith("signals")]
            os.write(writer, ("\n".join(found) or "nothing").encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    assert os.read(reader, 65536).decode() == "nothing"
    os.close(reader)


# HOSTILE L-07
@pytest.mark.parametrize("number", [
    signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGQUIT,
    signal.SIGTRAP, signal.SIGSYS], ids=lambda n: n.name)
def test_l07_a_crash_leaves_nothing(place, number):
    """With every limit open, each process dies of a signal that dumps."""
    place.dies_on_purpose = True
    crashes = place.folder / "cwd"
    crashes.mkdir()

    def prepare():
        os.chdir(crashes)
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    alice = place.daemon("alice", start=False)
    start_as(alice, prepare)
    alice.user = alice.call("POST", "/v1/users", {
        "name": "alice", "passphrase": PLANTED["passphrase"]})
    alice.call("PUT", alice.user_path("/profile"), {
        "display_name": "alice", "status_text": PLANTED["message"]})
    for name in ("umbel-core", "umbel-httpd", "umbel-broker"):
        pid = alice.pid_of(name)
        os.kill(pid, number)
        until(f"end of {name}", lambda pid=pid, name=name: children_of(
            alice.process.pid).get(name) not in (pid, None))
        alice.wait_up()
    pids = pids_of(alice)
    os.kill(alice.process.pid, number)
    pid, status = os.waitpid(alice.process.pid, 0)
    alice.process.returncode = 1
    assert not os.WCOREDUMP(status)
    for one in pids:
        until(f"end of {one}", lambda one=one: not is_alive(one))
    assert list(crashes.iterdir()) == []
    wanted = spellings(PLANTED)
    for path in alice.home.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not [n for n, text in wanted.items() if text in data], path
    assert not [p for p in place.folder.rglob("*") if "core" in p.name]


# Memory.

def rest(world):
    """Locked and logged out, with a few harmless calls since."""
    alice = world.alice
    for name in ("session", "session by link"):
        alice.request("DELETE", "/v1/session", headers={
            "Authorization": f"Bearer {world.tokens[name]}"})
    alice.call("POST", alice.user_path("/lock"))
    until("locked", lambda: alice.call(
        "GET", alice.user_path())["state"] == "locked")


# HOSTILE L-09
@needs_root
def test_l09_no_key_outlives_the_lock(place):
    """Of the passphrase, of what is made from it, and of every key in the
    database not one byte string is left in any of the processes."""
    world = Planted(place)
    alice = world.alice
    pids = world.pids()

    def hunt():
        # A sanitizer's library is bound late, and the loader saves vector
        # registers on the stack for that, with what memcpy() had in them.
        return [(name, what, region) for name, pid in pids.items()
                for what, region in memory.find(pid, wanted)
                if region.name != "[stack]" or not memory.is_sanitized(pid)]
    rest(world)
    keys = memory.secrets_of(alice, PLANTED["passphrase"])
    assert len([k for k in keys if k.startswith("contacts.")]) >= 4
    wanted = {**keys, "passphrase": PLANTED["passphrase"].encode()}
    assert hunt() == []
    # The hunt can find: unlocked, they are there.
    alice.call("POST", alice.user_path("/unlock"),
               {"passphrase": PLANTED["passphrase"]})
    def in_core():
        return {what for name, what, _ in hunt() if name == "umbel-core"}
    there = in_core()
    assert "the database's key" in there
    assert [name for name in there if name.startswith("contacts.")]
    # The answer may be here before what brought the question is wiped.
    until("what opened it is gone", lambda: not in_core() & {
        "passphrase", "the wrapping key", "the master key"})
    # A wrong one, perhaps that of something else, is as secret.
    with pytest.raises(Refused):
        alice.call("POST", alice.user_path("/unlock"),
                   {"passphrase": WRONG})
    rest(world)
    wanted["a wrong passphrase"] = WRONG.encode()
    assert hunt() == []


# HOSTILE L-09
@needs_root
def test_l09_a_contact_who_is_removed_leaves_no_key(place):
    """Though the user goes on: the relation is over, and what it rested on
    is nowhere."""
    world = Planted(place)
    alice = world.alice
    rest(world)
    keys = {name: key for name, key in memory.secrets_of(
        alice, PLANTED["passphrase"]).items() if name.startswith("contacts.")}
    alice.call("POST", alice.user_path("/unlock"),
               {"passphrase": PLANTED["passphrase"]})
    before = alice.last_event()
    core = world.pids()["umbel-core"]
    assert memory.find(core, keys)
    alice.call("DELETE", alice.user_path(f"/contacts/{world.contact}"))
    alice.wait_event("contact.removed", lambda c: True, after=before)
    assert memory.find(core, keys) == []


# HOSTILE L-08
@needs_root
def test_l08_keys_of_ours_are_where_no_swap_reaches(place):
    """Locked and kept out of dumps; what the database library has of its key
    is its own, see doc/STORAGE.md."""
    world = Planted(place)
    alice = world.alice
    rest(world)
    keys = memory.secrets_of(alice, PLANTED["passphrase"])
    alice.call("POST", alice.user_path("/unlock"),
               {"passphrase": PLANTED["passphrase"]})
    core = world.pids()["umbel-core"]
    places = [region.flags for name, region in memory.find(core, keys)
              if name == "the database's key"]
    assert [flags for flags in places if "dd" in flags]
    if not memory.is_sanitized(core):  # there mlock() does nothing
        assert [flags for flags in places if {"lo", "dd"} <= flags]
    for name in ("umbel-httpd", "umbeld"):
        assert memory.find(world.pids()[name], keys) == []
    # What opens everything is nowhere, so no swap can have it.  The keys of
    # contacts are on the heap, see doc/THREATS.md; MemorySwapMax=0 in the
    # units is for those.
    core_has = {name for name, _ in memory.find(core, keys)}
    assert not {"the wrapping key", "the master key"} & core_has
