# SPDX-License-Identifier: GPL-3.0-or-later
"""What surrounds a whole daemon: somebody who sits on its port, the
environment that it was started in, the cage of its processes, and time that
stands still."""

import os
import pathlib
import re
import signal
import socket
import subprocess

import pytest

import fake_tor
from daemons import (BUILD, LIMIT, PASSPHRASE, Place, children_of,
                     pair, sockets_of, threads_of, wait_delivered)
from front import Front

OURS = ("umbel-core", "umbel-httpd")
needs_root = pytest.mark.skipif(os.geteuid() != 0,
                                reason="needs root to look into processes")


@pytest.fixture(name="place")
def make_place():
    with Place() as place:
        yield place


# HOSTILE L-02
def test_l02_guesses_do_not_keep_the_owner_out(place):
    """A thousand wrong tokens, and wrong passphrases until the form is
    closed: who has the right token, or the socket, notices nothing."""
    alice = place.daemon("alice")
    alice.add_user()
    front = Front(alice)
    right = front.key.split()[1]
    with front.connect() as client:
        for i in range(1000):
            wrong = right[:10 + i % 43] + "A" * (43 - i % 43)
            if wrong == right:
                continue
            client.send(front.head("GET", "/v1/users", "Authorization: Bearer "
                                   + wrong, key=False))
            assert client.reply().status == 401
    login = {"user_id": alice.user["id"], "passphrase": "not this one"}
    statuses = [alice.request("POST", "/v1/session", login, {})[0]
                for _ in range(7)]
    assert statuses == 5 * [401] + 2 * [429]
    alice.call("POST", alice.user_path("/lock"))
    alice.unlock()
    assert alice.call("GET", alice.user_path())["state"] == "unlocked"
    # Also the right passphrase has to wait at the form, and only there.
    login["passphrase"] = PASSPHRASE
    status, head, _ = alice.request("POST", "/v1/session", login, {})
    assert status == 429 and 0 < int(head["Retry-After"]) <= 60
    token = alice.call("POST", "/v1/login-tokens")["login_token"]
    assert alice.request("POST", "/v1/session", {"login_token": token},
                         {})[0] == 201


# HOSTILE L-05
def test_l05_a_squatter_is_not_taken_for_us(place):
    """Somebody has our port: the daemon says so and ends; the command line,
    which asks by a socket in a folder of ours, gives nobody a link."""
    alice = place.daemon("alice")
    alice.add_user()
    front = Front(alice)
    token = alice.call("POST", "/v1/login-tokens")["login_token"]
    alice.stop()
    with socket.create_server(("127.0.0.1", front.port)) as squatter:
        with pytest.raises(AssertionError, match=f"port {front.port} of "
                           r"127\.0\.0\.1 is taken by another program"):
            alice.start(port=front.port)
        assert alice.process.wait(LIMIT) == 2
        done = alice.umbel("open", "--print", check=False)
        assert done.returncode == 3 and "http" not in done.stdout
        squatter.setblocking(False)
        with pytest.raises(BlockingIOError):
            squatter.accept()
    # What he may have been told by a page that was still open is worth
    # nothing: no secret of one run opens the next.
    alice.start(port=front.port)
    for credential in (front.key, f"Bearer {token}"):
        assert alice.request("GET", "/v1/users", headers={
            "Authorization": credential})[0] == 401
    assert alice.request("POST", "/v1/session", {"login_token": token},
                         {})[0] == 401
    # And nobody gets in beside it while it runs.
    for options in ([], [socket.SO_REUSEADDR], [socket.SO_REUSEPORT],
                    [socket.SO_REUSEADDR, socket.SO_REUSEPORT]):
        for address in ("127.0.0.1", "0.0.0.0"):
            with socket.socket() as sock:
                for option in options:
                    sock.setsockopt(socket.SOL_SOCKET, option, 1)
                with pytest.raises(OSError):
                    sock.bind((address, front.port))
                    sock.listen()


# HOSTILE L-10
@needs_root
def test_l10_nothing_of_a_wrapper_gets_in(place):
    """Whatever is in the environment: other programs of the same names, a
    library to be loaded first, other folders, another language."""
    trap = place.folder / "trap"
    trap.mkdir()
    for name in ("tor", *OURS, "umbel", "sh"):
        (trap / name).write_text(f"#!/bin/sh\n: > {trap}/called\n")
        (trap / name).chmod(0o755)
    hostile = {
        "PATH": str(trap), "HOME": "/nonexistent", "TMPDIR": str(trap),
        "SQLITE_TMPDIR": str(trap), "XDG_RUNTIME_DIR": str(trap),
        "XDG_DATA_HOME": str(trap), "XDG_CONFIG_HOME": str(trap),
        "LC_ALL": "tr_TR.UTF-8", "LANGUAGE": "tr", "LANG": "tr_TR.UTF-8",
        "LD_PRELOAD": str(trap / "preloaded.so"),
        "LD_LIBRARY_PATH": str(trap), "LD_AUDIT": str(trap / "audit.so"),
        "OPENSSL_CONF": str(trap / "ssl"), "EVENT_SHOW_METHOD": "1",
        "EVENT_NOEPOLL": "1", "MALLOC_PERTURB_": "7", "GCONV_PATH": str(trap),
        "http_proxy": "http://127.0.0.1:1", "SSLKEYLOGFILE": str(trap / "k"),
        "IFS": "u", "TZ": "../../etc/shadow", "PLANTED": "planted secret",
    }
    alice, bob = place.daemon("alice", start=False), place.daemon("bob")
    kept = {name: os.environ[name] for name in ("ASAN_OPTIONS",
                                                "UBSAN_OPTIONS")
            if name in os.environ}
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name not in kept:
                patch.delenv(name)
        for name, value in hostile.items():
            patch.setenv(name, value)
        if "ASAN_OPTIONS" not in kept:  # it wants to be the first library
            patch.setenv("ASAN_OPTIONS", "verify_asan_link_order=0")
        alice.start()
    to_bob, _ = pair(alice, bob)
    wait_delivered(alice, alice.send(to_bob, "hello"))
    assert [p.name for p in trap.iterdir() if p.name == "called"] == []
    children = children_of(alice.process.pid)
    assert set(OURS) <= set(children)
    for pid in children.values():
        names = {entry.partition(b"=")[0].decode() for entry in pathlib.Path(
            f"/proc/{pid}/environ").read_bytes().split(b"\0") if entry}
        assert names <= {"TZ", "JOURNAL_STREAM", *kept, "ASAN_OPTIONS"}
        maps = pathlib.Path(f"/proc/{pid}/maps").read_text("utf-8")
        assert str(trap) not in maps
    for name in OURS:
        program = os.readlink(f"/proc/{children[name]}/exe")
        assert program == str(BUILD / name)
    # The loader complains once of what umbeld itself was told, and no more.
    log = alice.log.read_text("utf-8", "replace")
    assert log.count("preloaded.so") <= 1
    done = subprocess.run(
        [str(BUILD / "umbel"), "--run", str(alice.run), "status"],
        env={**hostile, "ASAN_OPTIONS": "verify_asan_link_order=0"},
        capture_output=True, text=True, timeout=LIMIT)
    assert done.returncode == 0 and "alice" in done.stdout


# HOSTILE L-12, D-04
@needs_root
def test_l12_the_cage_is_closed(place):
    """What the processes that hold the keys, and meet the bytes of others,
    are in: no network, no capability, no new program, no way back.  What it
    refuses is tried in tests/unit/test_sandbox.c."""
    alice = place.daemon("alice")
    alice.add_user()
    own = os.readlink("/proc/self/ns/net")
    for name in OURS:
        pid = alice.pid_of(name)
        status = pathlib.Path(f"/proc/{pid}/status").read_text("ascii")
        values = dict(re.findall(r"^(\w+):\s+(.*)$", status, re.M))
        assert values["Seccomp"] == "2"
        assert values["NoNewPrivs"] == "1"
        for capabilities in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            assert int(values[capabilities], 16) == 0, capabilities
        threads = threads_of(pid)
        assert threads
        for text in threads:
            assert re.search(r"^Seccomp:\s+2$", text, re.M), text
        if "namespace empty" in alice.log.read_text("utf-8"):
            assert os.readlink(f"/proc/{pid}/ns/net") != own
            network = pathlib.Path(f"/proc/{pid}/net/dev").read_text("ascii")
            assert [line.split(":")[0].strip()
                    for line in network.splitlines()[2:]] == ["lo"]
    core = alice.pid_of("umbel-core")
    sockets = sockets_of(core)
    # Each is listed where it was made, by one or the other of them.
    known = {line.split()[6]
             for pid in ("self", *children_of(alice.process.pid).values())
             for line in pathlib.Path(f"/proc/{pid}/net/unix").read_text(
                 "ascii").splitlines()[1:]}
    assert sockets and sockets <= known  # of the unix family, all of them


# HOSTILE L-14
def test_l14_a_daemon_that_slept(place):
    """All of its processes stand still, as in a frozen container or a
    machine that was suspended, while the other end talks on and loses the
    circuit: afterwards everything is there, and once."""
    alice, bob = place.daemon("alice"), place.daemon("bob")
    to_bob, to_alice = pair(alice, bob)
    first = bob.send(to_alice, "0")
    wait_delivered(bob, first)
    before = alice.last_event()
    pids = [alice.process.pid, *children_of(alice.process.pid).values()]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    sent = [bob.send(to_alice, str(i)) for i in range(1, 20)]
    # tor's ends are cut while she cannot notice.
    fake_tor.ask_admin(bob.data / "tor" / "admin", do="cut")
    with pytest.raises(OSError):
        alice.request("GET", "/v1/daemon", timeout=0.5)
    sent += [bob.send(to_alice, str(i)) for i in range(20, 40)]
    for pid in reversed(pids):
        os.kill(pid, signal.SIGCONT)
    for message in sent:
        wait_delivered(bob, message)
    wait_delivered(alice, alice.send(to_bob, "awake"))
    texts = [m["text"] for m in alice.history(to_bob)]
    assert texts == [str(i) for i in range(40)] + ["awake"]
    received = [e["data"]["text"] for e in alice.call("GET", alice.user_path(
        f"/events?after={before}&limit=200&types=message.received"))["items"]]
    assert received == [str(i) for i in range(1, 40)]
    assert [pid for pid in pids if not pathlib.Path(f"/proc/{pid}").exists()
            ] == []
