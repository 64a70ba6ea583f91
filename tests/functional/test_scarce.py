# SPDX-License-Identifier: GPL-3.0-or-later
"""Not enough of something when a daemon starts, and while it runs: it is
refused with one sentence that says what to do, or goes on."""

import os
import resource
import shutil
import subprocess

import pytest

from daemons import LIMIT, Place, pair, wait_delivered
from test_disk import fill, mount, unmount


@pytest.fixture(name="place")
def make_place():
    with Place() as place:
        yield place


def refusal_of(daemon, **more):
    """What a start says that comes to nothing."""
    done = subprocess.run(
        [str(daemon.program()), "--config", str(daemon.conf), "--data",
         str(daemon.data), "--run", str(daemon.run), "--listen",
         "127.0.0.1:0", *daemon.tor_arguments()],
        capture_output=True, text=True, timeout=LIMIT,
        env=daemon.environment(), check=False, **more)
    assert done.returncode == 2, done.stderr
    return [line for line in done.stderr.splitlines() if "error" in line]


def a_limit(what, n):
    return lambda: resource.setrlimit(what, (n, n))


# HOSTILE S-05
def test_a_start_without_room_in_run(place):
    alice = place.daemon("alice", start=False)
    alice.run.mkdir(0o700)
    mount(b"tmpfs", alice.run, b"tmpfs", 0, b"size=1m,mode=0700")
    try:
        # Named as one of ours: RUN with other things in it is refused.
        ballast = fill(alice.run, "admin.header.x")
        said = refusal_of(alice)
        assert len(said) == 1, said
        assert str(alice.run) in said[0] and "space" in said[0]
        ballast.unlink()
        alice.start()
    finally:
        alice.stop()
        unmount(alice.run)


# HOSTILE S-05
def test_a_start_without_room_in_data(place):
    """What is there can be read; and with room it goes on."""
    alice, bob = place.daemon("alice", start=False), place.daemon("bob")
    alice.data.mkdir(0o700)
    mount(b"tmpfs", alice.data, b"tmpfs", 0, b"size=8m,mode=0700")
    try:
        alice.start()
        to_bob, to_alice = pair(alice, bob)
        wait_delivered(alice, alice.send(to_bob, "before"))
        alice.stop()
        ballast = fill(alice.data)
        alice.start()
        assert alice.call("GET", "/v1/users")["items"][0]["name"] == "alice"
        ballast.unlink()
        alice.unlock_when_up()
        wait_delivered(bob, bob.send(to_alice, "after"))
        assert [m["text"] for m in alice.history(to_bob)] == [
            "before", "after"]
    finally:
        for daemon in place.daemons:
            daemon.stop()
        unmount(alice.data)


# HOSTILE S-07
def test_a_read_only_run_folder(place):
    alice = place.daemon("alice", start=False)
    alice.run.mkdir(0o700)
    mount(str(alice.run).encode(), alice.run, None, 4096)  # MS_BIND
    mount(b"none", alice.run, None, 4096 | 32 | 1)  # MS_REMOUNT, MS_RDONLY
    try:
        said = refusal_of(alice)
        assert len(said) == 1, said
        assert str(alice.run) in said[0] and "ead-only" in said[0]
    finally:
        unmount(alice.run)


# HOSTILE T-08
def test_no_tor(place):
    alice = place.daemon("alice", start=False)
    tor = alice.home / "tor"
    alice.tor = tor
    said = refusal_of(alice)
    assert len(said) == 1 and str(tor) in said[0], said


# HOSTILE S-14
def test_a_start_without_descriptors(place):
    alice = place.daemon("alice", start=False)
    said = refusal_of(alice, preexec_fn=a_limit(resource.RLIMIT_NOFILE, 12))
    print("\n".join(said))
    assert said


# HOSTILE X-12
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"),
                    reason="the limit does not count for root, and root "
                           "alone can become somebody else")
def test_no_processes_left(place):
    """umbeld is there and has no children: it says so, and tries again."""
    place.folder.chmod(0o755)
    alice = place.daemon("alice", start=False)
    uid = 61234 + os.getpid() % 1000
    for path in (alice.home, alice.conf, alice.extra):
        os.chown(path, uid, uid)
    process = subprocess.Popen(
        ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups",
         "prlimit", "--nproc=2:2",
         str(alice.program()), "--config", str(alice.conf), "--data",
         str(alice.data), "--run", str(alice.run), "--listen", "127.0.0.1:0",
         *alice.tor_arguments()], stderr=subprocess.PIPE, text=True,
        env=alice.environment())
    with process:
        try:
            said = ""
            while "cannot be started" not in said:
                line = process.stderr.readline()
                assert line, said
                said += line
        finally:
            process.kill()
