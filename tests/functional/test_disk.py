# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks that are full, fail, or hold something else than they did: nothing
that was acknowledged is lost, and what is wrong is said in words."""

import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import subprocess

import pytest

from daemons import (LIMIT, PASSPHRASE, Place, Refused, pair, until,
                     wait_delivered)
from files import MIB, blobs, noise, offered, tor_is
from test_backup import SECRET, bring, export, left_of, over, raw, take

CLONE_NEWNS, MS_RDONLY, MS_REC, MS_PRIVATE = 0x20000, 1, 0x4000, 1 << 18


def mount(what, folder, kind, flags, options=b""):
    """In a mount namespace of this process; skips where that is refused."""
    libc = ctypes.CDLL(None, use_errno=True)
    if (libc.unshare(CLONE_NEWNS) or
            libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) or
            libc.mount(what, str(folder).encode(), kind, flags, options)):
        pytest.skip(f"mount: {os.strerror(ctypes.get_errno())}")


def unmount(folder):
    ctypes.CDLL(None).umount2(str(folder).encode(), 2)


@pytest.fixture(name="place")
def make_place():
    with Place() as place:
        yield place


def texts(daemon, conversation, direction):
    return [m["text"] for m in daemon.history(conversation)
            if m["direction"] == direction]


def fill(folder, name="ballast"):
    """Takes all the space there is; gives the file that took it."""
    ballast = folder / name
    with open(ballast, "wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))
    return ballast


def send_until_refused(daemon, conversation, count):
    """The texts that were accepted, and the refusal, if any."""
    accepted = []
    for i in range(count):
        text = f"{i} " + "x" * 2000
        try:
            daemon.send(conversation, text)
        except Refused as refused:
            return accepted, refused
        accepted.append(text)
    return accepted, None


# HOSTILE S-05
def test_full_disk_in_mid_conversation(place):
    alice = place.daemon("alice", start=False)
    alice.data.mkdir(0o700)
    mount(b"tmpfs", alice.data, b"tmpfs", 0, b"size=8m,mode=0700")
    try:
        alice.start()
        bob = place.daemon("bob")
        to_bob, to_alice = pair(alice, bob)
        wait_delivered(alice, alice.send(to_bob, "before"))
        core = alice.pid_of("umbel-core")
        accepted, received = ["before"], []
        for round_ in range(2):
            ballast = fill(alice.data)
            more, refused = send_until_refused(alice, to_bob, 2000)
            accepted += more
            assert refused.status == 503
            assert refused.problem["code"] == "no_space"
            late = bob.send(to_alice, f"full {round_}")
            received.append(f"full {round_}")
            # It lives, tells so, and what can be read can be read.
            with pytest.raises(Refused) as again:
                alice.send(to_bob, "once more")
            assert again.value.status == 503
            assert texts(alice, to_bob, "out") == accepted
            assert bob.call("GET", bob.user_path(
                f"/messages/{late['id']}"))["state"] != "delivered"
            ballast.unlink()
            wait_delivered(bob, late)

            def send(round_=round_):
                try:
                    return alice.send(to_bob, f"space {round_}")
                except Refused as refused:
                    assert refused.status == 503
                    return None
            accepted.append(f"space {round_}")
            wait_delivered(alice, until("it goes on", send))
        assert alice.pid_of("umbel-core") == core
        assert texts(bob, to_alice, "in") == accepted
        assert texts(alice, to_bob, "in") == received
    finally:
        for daemon in place.daemons:
            daemon.stop()
        unmount(alice.data)


@contextlib.contextmanager
def small_disk(place, mib, reserve_mib):
    """Two contacts, the second of whom has a disk of that size."""
    bob = place.daemon("bob", start=False)
    bob.data.mkdir(0o700)
    mount(b"tmpfs", bob.data, b"tmpfs", 0, b"size=%dm,mode=0700" % mib)
    try:
        with open(bob.conf, "a", encoding="utf-8") as conf:
            conf.write(f"[files]\ndisk_reserve_mib = {reserve_mib}\n")
        bob.start()
        alice = place.daemon("alice")
        yield alice, bob, *pair(alice, bob)
    finally:
        for daemon in place.daemons:
            daemon.stop()
        unmount(bob.data)


def chat(alice, bob, to_bob, to_alice):
    wait_delivered(alice, alice.send(to_bob, "to bob"))
    wait_delivered(bob, bob.send(to_alice, "to alice"))


# HOSTILE F-12
def test_no_room_for_a_file(place):
    """It waits; messages have the room that is kept for them."""
    with small_disk(place, 48, 16) as (alice, bob, *ids):
        data = noise(24 * MIB)
        ballast = bob.data / "ballast"
        ballast.write_bytes(bytes(16 * MIB))
        out, into = offered(alice, bob, ids[0], data)
        into.set("running")
        assert into.wait("paused")["problem"]["code"] == "no_space"
        chat(alice, bob, *ids)
        into.set("running")
        assert into.wait("paused")["problem"]["code"] == "no_space"
        ballast.unlink()
        into.set("running")
        into.wait("done")
        assert into.data() == data
        out.wait("done")
        chat(alice, bob, *ids)


# HOSTILE F-12
def test_full_disk_in_the_middle_of_a_file(place):
    """Taken by somebody else, all of it: nothing can be noted any more.  The
    node is read from the disk again and again, and then it goes on."""
    with small_disk(place, 48, 8) as (alice, bob, *ids):
        data = noise(24 * MIB)
        for daemon in (alice, bob):
            tor_is(daemon, stream_rate=2 * MIB)
        out, into = offered(alice, bob, ids[0], data)
        with into.stream() as stream:
            into.set("running")
            into.moves(stream)
        core = bob.pid_of("umbel-core")
        ballast = fill(bob.data)
        late = alice.send(ids[0], "while it is full")
        _, refused = send_until_refused(bob, ids[1], 2000)
        assert refused.status == 503
        assert into.look()["bytes_done"] < len(data)
        ballast.unlink()
        wait_delivered(alice, late)
        for daemon in (alice, bob):
            tor_is(daemon, stream_rate=None)
        if into.look()["state"] == "paused":
            into.set("running")
        into.wait("done")
        assert into.data() == data
        out.wait("done")
        assert bob.pid_of("umbel-core") == core
        assert len(blobs(bob)) == 1
        chat(alice, bob, *ids)


def make_holes(blob, first):
    """Gives back what was reserved for it from there on: as on a file system
    that cannot reserve, what is written then needs room."""
    keep_size, punch_hole = 1, 2
    libc = ctypes.CDLL(None, use_errno=True)
    with open(blob, "r+b") as file:
        blocks = os.fstat(file.fileno()).st_blocks
        assert libc.fallocate64(
            file.fileno(), keep_size | punch_hole, ctypes.c_int64(first),
            ctypes.c_int64(blocks * 512 - first)) == 0


# HOSTILE F-12
def test_a_chunk_that_cannot_be_written(place):
    """The disk of the files is full, that of the messages is not: the file
    waits where it is, and goes on by itself."""
    alice, bob = place.daemon("alice"), place.daemon("bob", start=False)
    with open(bob.conf, "a", encoding="utf-8") as conf:
        conf.write("[files]\ndisk_reserve_mib = 0\n")
    bob.start()
    ids = pair(alice, bob)
    bob.stop()
    folder = bob.data / "users" / bob.user["id"] / "blobs"
    folder.mkdir(0o700, exist_ok=True)
    mount(b"tmpfs", folder, b"tmpfs", 0, b"size=32m,mode=0700")
    try:
        bob.start()
        bob.unlock()
        data = noise(24 * MIB)
        for daemon in (alice, bob):
            tor_is(daemon, stream_rate=MIB)
        out, into = offered(alice, bob, ids[0], data)
        with into.stream() as stream:
            into.set("running")
            into.moves(stream)
        make_holes(next(folder.glob("*")), 16 * MIB)
        ballast = fill(folder)
        for daemon in (alice, bob):
            tor_is(daemon, stream_rate=None)
        waits = into.wait("paused", "no_space")
        assert 0 < waits["bytes_done"] < len(data)
        chat(alice, bob, *ids)
        into.set("running")
        assert into.wait("paused")["problem"]["code"] == "no_space"
        chat(alice, bob, *ids)
        assert out.look()["state"] == "transferring"
        ballast.unlink()
        into.wait("done")
        assert into.data() == data
        out.wait("done")
    finally:
        for daemon in place.daemons:
            daemon.stop()
        unmount(folder)


def no_room_for_backups(alice):
    """An export and an import find the disk full: one clear problem, nothing
    is left but what was brought, and once there is room they work."""
    data = export(alice)
    left = left_of(alice)
    waits = bring(alice, data)
    users = alice.call("GET", "/v1/users")["items"]
    ballast = fill(alice.data)
    status, answer = raw(alice, "POST", "/v1/users/import", data)
    assert (status, json.loads(answer)["code"]) == (503, "no_space")
    job = over(alice, alice.call("POST", alice.user_path("/export"),
                                 {"passphrase": SECRET}))
    assert job["problem"]["code"] == "no_space"
    alice.call("PATCH", f"/v1/jobs/{waits['id']}",
               {"passphrase": SECRET, "name": "another"})
    assert over(alice, waits)["problem"]["code"] == "no_space"
    assert left_of(alice) == sorted([*left, waits["id"]])
    assert alice.call("GET", "/v1/users")["items"] == users
    ballast.unlink()
    alice.call("PATCH", f"/v1/jobs/{waits['id']}",
               {"passphrase": SECRET, "name": "another"})
    assert over(alice, waits)["state"] == "done"
    take(alice, export(alice), "one more")


def test_no_room_for_a_new_user(place):
    alice = place.daemon("alice", start=False)
    alice.data.mkdir(0o700)
    mount(b"tmpfs", alice.data, b"tmpfs", 0, b"size=4m,mode=0700")
    try:
        with open(alice.conf, "a", encoding="utf-8") as conf:
            conf.write("[files]\ndisk_reserve_mib = 0\n")
        alice.start()
        ballast = fill(alice.data)
        with pytest.raises(Refused) as refused:
            alice.add_user()
        assert refused.value.status == 503
        assert refused.value.problem["code"] == "no_space"
        assert alice.call("GET", "/v1/users")["items"] == []
        assert not list((alice.data / "users").iterdir())
        ballast.unlink()
        alice.add_user()
        no_room_for_backups(alice)
    finally:
        alice.stop()
        unmount(alice.data)


# HOSTILE S-07
def test_read_only_data(place):
    alice = place.daemon("alice")
    alice.add_user()
    alice.stop()
    mount(str(alice.data).encode(), alice.data, None, 4096)  # MS_BIND
    mount(b"none", alice.data, None, 4096 | 32 | MS_RDONLY)  # MS_REMOUNT
    try:
        done = subprocess.run(alice.process.args, capture_output=True,
                              text=True, timeout=LIMIT)
        assert done.returncode != 0
        assert str(alice.data) in done.stderr
        assert "ead-only" in done.stderr
    finally:
        unmount(alice.data)
    alice.start()
    alice.unlock()


@contextlib.contextmanager
def injected(daemon, calls):
    """The core's system calls fail as strace is told."""
    core = daemon.pid_of("umbel-core")
    with subprocess.Popen(
            ["strace", "-f", "-qq", "-p", str(core), "-o",
             str(daemon.home / "strace"), "-e", f"inject={calls}"],
            stderr=subprocess.PIPE, text=True) as strace:
        def traced():
            if strace.poll() is not None:
                pytest.skip(strace.stderr.read())
            status = pathlib.Path(f"/proc/{core}/status").read_text()
            return "TracerPid:\t0\n" not in status
        try:
            until("traced", traced)
            yield
        finally:
            strace.terminate()


# HOSTILE S-07
@pytest.mark.skipif(not shutil.which("strace"), reason="no strace")
def test_a_disk_that_becomes_read_only(place):
    """As by errors=remount-ro: what was said can be read, nothing new is
    accepted, nobody is told that it was delivered; and without a restart it
    goes on when the disk does."""
    alice, bob = place.daemon("alice"), place.daemon("bob")
    to_bob, to_alice = pair(alice, bob)
    core = alice.pid_of("umbel-core")
    wait_delivered(alice, alice.send(to_bob, "before"))
    with injected(alice, "pwrite64,ftruncate,fdatasync:error=EROFS"):
        waits = bob.send(to_alice, "in vain")
        for number in range(5):
            with pytest.raises(Refused) as refused:
                alice.send(to_bob, f"refused {number}")
            assert refused.value.status == 503
            print(refused.value)
        assert texts(alice, to_bob, "out") == ["before"]
        assert alice.call("GET", "/v1/daemon")
        assert bob.call("GET", bob.user_path(f"/messages/{waits['id']}"))[
            "state"] != "delivered"
    last = until("it goes on", lambda: _try(alice, to_bob, "last"))
    wait_delivered(alice, last)
    wait_delivered(bob, waits)
    assert alice.pid_of("umbel-core") == core
    assert texts(alice, to_bob, "in") == ["in vain"]
    # What was refused may be there all the same; then at both ends, once.
    got = texts(bob, to_alice, "in")
    assert got == texts(alice, to_bob, "out")
    assert got[0] == "before" and got[-1] == "last"
    assert len(set(got)) == len(got)


# HOSTILE S-06
@pytest.mark.skipif(not shutil.which("strace"), reason="no strace")
@pytest.mark.parametrize("call, error", [
    ("fdatasync", "EIO"), ("pwrite64", "ENOSPC")])
def test_a_call_that_fails_once(place, call, error):
    alice, bob = place.daemon("alice"), place.daemon("bob")
    to_bob, to_alice = pair(alice, bob)
    core = alice.pid_of("umbel-core")
    accepted, refusals = [], 0
    for when in (1, 2):
        with injected(alice, f"{call}:error={error}:when={when}"):
            late = bob.send(to_alice, f"{when}")
            for i in range(20):
                text = f"{when} {i}"
                try:
                    alice.send(to_bob, text)
                    accepted.append(text)
                except Refused as refused:
                    assert refused.status == 503, refused
                    refusals += 1
        wait_delivered(bob, late)
    assert refusals
    last = until("it goes on", lambda: _try(alice, to_bob, "last"))
    accepted.append("last")
    wait_delivered(alice, last)
    assert alice.pid_of("umbel-core") == core
    got = texts(bob, to_alice, "in")
    # A commit that was reported as failed may be there all the same.
    assert [t for t in got if t in accepted] == accepted
    assert len(set(got)) == len(got)
    assert texts(alice, to_bob, "in") == ["1", "2"]
    assert texts(alice, to_bob, "out") == got


def _try(daemon, conversation, text):
    try:
        return daemon.send(conversation, text)
    except Refused as refused:
        assert refused.status == 503
        return None


# What the files may be instead.

def _damage(path, at, count=64):
    with open(path, "r+b") as file:
        file.seek(at)
        old = file.read(count)
        file.seek(at)
        file.write(bytes(b ^ 0xff for b in old))


def _cut(path, size):
    os.truncate(path, size)


DATABASES = {
    "first_page": (lambda db, other: _damage(db, 100), "damaged"),
    "salt": (lambda db, other: _damage(db, 0, 16), "damaged"),
    "cut": (lambda db, other: _cut(db, 5000), "damaged"),
    "empty": (lambda db, other: _cut(db, 0), "damaged"),
    "noise": (lambda db, other: db.write_bytes(os.urandom(20000)), "damaged"),
    "others": (lambda db, other: shutil.copy(other, db), "damaged"),
    "missing": (lambda db, other: db.unlink(), "missing"),
    "folder": (lambda db, other: (db.unlink(), db.mkdir()), None),
    "link": (lambda db, other: (db.unlink(), db.symlink_to(other)), None),
}

KEYS = {
    "damaged": lambda key, other: _damage(key, 60, 1),
    "cut": lambda key, other: _cut(key, 50),
    "longer": lambda key, other: key.write_bytes(key.read_bytes() + b"x"),
    "empty": lambda key, other: _cut(key, 0),
    "missing": lambda key, other: key.unlink(),
    "others": lambda key, other: shutil.copy(other, key),
    "newer": lambda key, other: _damage(key, 8, 1),
}


@pytest.fixture(name="two", scope="module")
def make_two():
    """One daemon with two users, both locked; their folders."""
    with Place() as place:
        daemon = place.daemon("alice")
        folders = []
        for name in ("amy", "alice"):
            user = daemon.call("POST", "/v1/users", {
                "name": name, "passphrase": PASSPHRASE})
            daemon.call("POST", f"/v1/users/{user['id']}/lock")
            folders.append(daemon.data / "users" / user["id"])
        daemon.user = user
        yield daemon, folders[1], folders[0]


def state_of(daemon):
    user = daemon.call("GET", daemon.user_path())
    listed = {u["id"]: u for u in daemon.call("GET", "/v1/users")["items"]}
    assert listed[user["id"]] == user
    return user["state"], user["failure"]


def put_back(copy, file):
    if file.is_dir() and not file.is_symlink():
        file.rmdir()
    with contextlib.suppress(FileNotFoundError):
        file.unlink()
    shutil.copy(copy, file)


# HOSTILE S-08, S-10
@pytest.mark.parametrize("what", DATABASES)
def test_another_database(two, what):
    daemon, mine, other = two
    change, word = DATABASES[what]
    copy = daemon.home / "copy"
    shutil.copy(mine / "user.db", copy)
    change(mine / "user.db", other / "user.db")
    try:
        with pytest.raises(Refused) as refused:
            daemon.unlock()
        print(refused.value)
        if word:
            assert refused.value.problem["code"] == "damaged"
            assert state_of(daemon) == ("failed", f"the database is {word}")
        said = daemon.umbel("--user", "alice", "user", "unlock",
                            "--passphrase-file", "-", stdin=PASSPHRASE,
                            check=False)
        print(said.stderr)
        assert said.returncode and (word or "") in said.stderr
        assert "passphrase" not in said.stderr
        print(daemon.umbel("user", "list").stdout)
        if word:
            assert word in daemon.umbel("user", "list").stdout
    finally:
        put_back(copy, mine / "user.db")
    daemon.unlock()
    assert state_of(daemon) == ("unlocked", None)
    daemon.call("POST", daemon.user_path("/lock"))


@pytest.mark.parametrize("what", KEYS)
def test_another_key_file(two, what):
    daemon, mine, other = two
    copy = daemon.home / "copy"
    shutil.copy(mine / "key", copy)
    daemon.stop()
    KEYS[what](mine / "key", other / "key")
    try:
        daemon.start()
        state, failure = state_of(daemon)
        words = {"missing": "is missing", "newer": "made by a newer Umbel"}
        assert state == "failed" and failure.startswith("the key file ")
        assert failure.endswith(words.get(what, "is damaged"))
        with pytest.raises(Refused) as refused:
            daemon.unlock()
        assert refused.value.problem["code"] == "damaged"
        assert "key file" in daemon.umbel("user", "list").stdout
    finally:
        daemon.stop()
        put_back(copy, mine / "key")
        daemon.start()
    daemon.unlock()
    daemon.call("POST", daemon.user_path("/lock"))


def test_wrong_passphrase_is_no_damage(two):
    daemon = two[0]
    with pytest.raises(Refused) as refused:
        daemon.call("POST", daemon.user_path("/unlock"),
                    {"passphrase": "wrong one"})
    assert refused.value.problem["code"] == "wrong_passphrase"
    assert state_of(daemon) == ("locked", None)
