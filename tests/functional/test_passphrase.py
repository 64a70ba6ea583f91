# SPDX-License-Identifier: GPL-3.0-or-later
"""Another passphrase: the old one opens nothing any more, and whatever happens
in the middle of a change, exactly one of the two opens the user."""

import contextlib
import http.client
import pathlib
import shutil
import subprocess

import pytest

from daemons import PASSPHRASE, Place, Refused, threads_of, until
from test_cli import DENIED, DONE, USAGE, Terminal, fails
from test_disk import fill, mount, unmount

NEW = "battery staple"
NEWER = "a third passphrase"

needs_strace = pytest.mark.skipif(not shutil.which("strace"),
                                  reason="no strace")
# What a change does to the folder of the user, one after the other; which of
# the passphrases counts if it is killed before that.
STEPS = [("openat", 1, PASSPHRASE), ("unlink", 1, PASSPHRASE),
         ("openat", 2, PASSPHRASE),
         ("write", 1, PASSPHRASE), ("fsync", 1, PASSPHRASE),
         ("close", 1, PASSPHRASE), ("rename", 1, PASSPHRASE),
         ("openat", 3, NEW), ("fsync", 2, NEW), ("close", 2, NEW)]


@pytest.fixture(name="place")
def make_place():
    with Place() as place:
        yield place


@pytest.fixture(name="alice")
def make_alice(place):
    alice = place.daemon("alice")
    alice.add_user()
    # The first save: SQLite syncs the user's folder then, and not again, so
    # that what is counted below are steps of the change.
    alice.call("PUT", alice.user_path("/profile"),
               {"display_name": "alice", "status_text": "saved"})
    return alice


def change(daemon, old, new):
    daemon.call("PUT", daemon.user_path("/passphrase"),
                {"old_passphrase": old, "new_passphrase": new})


def folder_of(daemon):
    return daemon.data / "users" / daemon.user["id"]


def state_of(daemon):
    return daemon.call("GET", daemon.user_path())["state"]


def opens(daemon, passphrase):
    """Does it unlock the user?  Locked afterwards."""
    try:
        daemon.call("POST", daemon.user_path("/unlock"),
                    {"passphrase": passphrase})
    except Refused as refused:
        assert refused.problem["code"] == "wrong_passphrase"
        return False
    daemon.call("POST", daemon.user_path("/lock"))
    return True


def lock(daemon):
    daemon.call("POST", daemon.user_path("/lock"))


def test_change_and_restart(alice):
    label = alice.call("POST", alice.user_path("/invites"),
                       {"label": "kept"})["label"]
    with pytest.raises(Refused) as refused:
        change(alice, NEW, NEWER)
    assert (refused.value.status, refused.value.problem["code"]) == (
        401, "wrong_passphrase")
    change(alice, PASSPHRASE, NEW)
    assert state_of(alice) == "unlocked"
    alice.stop()
    alice.start()
    assert state_of(alice) == "locked"
    assert not opens(alice, PASSPHRASE) and opens(alice, NEW)
    change(alice, NEW, NEWER)
    assert state_of(alice) == "locked"
    assert not opens(alice, NEW)
    alice.kill_all()
    alice.start()
    alice.call("POST", alice.user_path("/unlock"), {"passphrase": NEWER})
    assert [i["label"] for i in alice.call(
        "GET", alice.user_path("/invites"))["items"]] == [label]


def test_sessions_end(alice):
    status, _, _ = alice.request("POST", "/v1/session", {
        "user_id": alice.user["id"], "passphrase": PASSPHRASE}, {})
    assert status == 201
    change(alice, PASSPHRASE, NEW)
    login = {"user_id": alice.user["id"], "passphrase": PASSPHRASE}
    assert alice.request("POST", "/v1/session", login, {})[0] == 401
    login["passphrase"] = NEW
    assert alice.request("POST", "/v1/session", login, {})[0] == 201


# The command.

def test_command(alice, tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text(PASSPHRASE + "\n")
    new.write_text(NEW + "\n")
    command = ["user", "passphrase", "alice"]
    files = ["--passphrase-file", str(old), "--new-passphrase-file", str(new)]
    said = alice.umbel(*command, *files).stdout
    assert said == "alice has a new passphrase\n"
    fails(alice, DENIED, "passphrase", *command, *files)
    # Without files and without a terminal: two lines.
    alice.umbel(*command, stdin=f"{NEW}\r\n{NEWER}\n")
    fails(alice, USAGE, "no passphrase", *command, stdin=NEWER + "\n")
    fails(alice, USAGE, "new_passphrase: 8 to 1024 bytes", *command,
          stdin=f"{NEWER}\nshort\n")
    fails(alice, USAGE, "No such file", *command, "--new-passphrase-file",
          "/nonexistent", stdin=NEWER)
    # One from a file, the other from standard input; the user by default.
    alice.umbel("user", "passphrase", "--new-passphrase-file", str(old),
                stdin=NEWER)
    lock(alice)
    assert opens(alice, PASSPHRASE)


def test_command_at_the_terminal(alice):
    run = ["--run", str(alice.run), "user", "passphrase"]
    terminal = Terminal(*run)
    terminal.answer("present passphrase", PASSPHRASE + "\n")
    terminal.answer("new one", NEW + "\n")
    terminal.answer("again", NEW + "\n")
    assert terminal.end() == DONE
    assert PASSPHRASE not in terminal.text and NEW not in terminal.text
    assert "alice has a new passphrase" in terminal.text
    terminal = Terminal(*run)
    terminal.answer("present passphrase", NEW + "\n")
    terminal.answer("new one", NEWER + "\n")
    terminal.answer("again", NEWER + "!\n")
    assert terminal.end() == USAGE
    assert "not the same" in terminal.text
    lock(alice)
    assert opens(alice, NEW)


# Disks and crashes.

def test_full_disk(place):
    alice = place.daemon("alice", start=False)
    alice.data.mkdir(0o700)
    mount(b"tmpfs", alice.data, b"tmpfs", 0, b"size=2m,mode=0700")
    try:
        alice.start()
        alice.add_user()
        for is_locked in (False, True):
            if is_locked:
                lock(alice)
            ballast = fill(alice.data)
            with pytest.raises(Refused) as refused:
                change(alice, PASSPHRASE, NEW)
            assert refused.value.status == 503
            assert refused.value.problem["code"] == "no_space"
            assert not (folder_of(alice) / "key.tmp").exists()
            ballast.unlink()
            assert state_of(alice) == ("locked" if is_locked else "unlocked")
        assert opens(alice, PASSPHRASE) and not opens(alice, NEW)
        change(alice, PASSPHRASE, NEW)
        assert opens(alice, NEW)
    finally:
        alice.stop()
        unmount(alice.data)


@contextlib.contextmanager
def tampered(daemon, injection):
    """What the core does to the user's folder and key files goes wrong."""
    core, folder = daemon.pid_of("umbel-core"), folder_of(daemon)
    paths = [arg for path in (folder, folder / "key", folder / "key.tmp")
             for arg in ("-P", str(path))]
    with subprocess.Popen(
            ["strace", "-f", "-qq", "-p", str(core), "-o", "/dev/null",
             *paths, "-e", f"inject={injection}"],
            stderr=subprocess.PIPE, text=True) as strace:
        try:
            def traced():
                if strace.poll() is not None:
                    pytest.skip(strace.stderr.read())
                return all("TracerPid:\t0\n" not in status
                           for status in threads_of(core))
            until("traced", traced)
            yield core
        finally:
            strace.terminate()


@needs_strace
@pytest.mark.parametrize("call, when, right", STEPS,
                         ids=[f"{c}-{w}" for c, w, _ in STEPS])
def test_kill_at_every_step(alice, call, when, right):
    with tampered(alice, f"{call}:signal=KILL:when={when}") as core:
        with pytest.raises((Refused, OSError, http.client.HTTPException)):
            change(alice, PASSPHRASE, NEW)
        until("another core", lambda: alice.pid_of("umbel-core") != core)
    alice.wait_up()
    assert state_of(alice) == "locked"
    assert [p for p in (PASSPHRASE, NEW) if opens(alice, p)] == [right]
    assert sorted(p.name for p in folder_of(alice).iterdir()
                  if p.name.startswith("key")) == ["key"]
    change(alice, right, NEWER)
    assert opens(alice, NEWER)


@needs_strace
@pytest.mark.parametrize("call, when, error, code, right", [
    ("write", 1, "ENOSPC", "no_space", PASSPHRASE),
    ("fsync", 1, "EIO", "store_busy", PASSPHRASE),
    ("fsync", 1, "EDQUOT", "no_space", PASSPHRASE),
    ("rename", 1, "EIO", "store_busy", PASSPHRASE),
    ("fsync", 2, "EIO", "store_busy", NEW)])
def test_disk_that_fails(alice, call, when, error, code, right):
    """What is said to be right is what the disk has, now and later."""
    with tampered(alice, f"{call}:error={error}:when={when}"):
        with pytest.raises(Refused) as refused:
            change(alice, PASSPHRASE, NEW)
        assert refused.value.status == 503
        assert refused.value.problem["code"] == code
    lock(alice)
    for _ in range(2):
        assert [p for p in (PASSPHRASE, NEW) if opens(alice, p)] == [right]
        assert not (folder_of(alice) / "key.tmp").exists()
        alice.kill_all()
        alice.start()
