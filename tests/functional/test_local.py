# SPDX-License-Identifier: GPL-3.0-or-later
"""What other people, and odd circumstances, on the same machine can do to a
whole daemon.  tests/functional/test_parent.py has what
umbeld alone can show."""

import contextlib
import ctypes
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import stat
import subprocess
import time

import pytest

from daemons import (LIMIT, PASSPHRASE, Place, Refused, children_of, pair,
                     until, wait_delivered)

NOBODY = 65534
GUEST = 31234
PLANTED = {
    "passphrase": "hunted passphrase 7f3a",
    "message": "hunted message 9c51",
    "alias": "hunted alias 2d60",
    "label": "hunted label 66b2",
}


@pytest.fixture(name="place")
def make_place():
    with Place() as place:
        yield place


def pids_of(daemon):
    return [daemon.process.pid, *children_of(daemon.process.pid).values()]


def start_as(daemon, prepare):
    """Starts a daemon after prepare() in its process."""
    real = subprocess.Popen

    def popen(*args, **kwargs):
        first = kwargs.pop("preexec_fn")

        def both():
            first()
            prepare()
        return real(*args, preexec_fn=both, **kwargs)
    subprocess.Popen = popen
    try:
        daemon.start()
    finally:
        subprocess.Popen = real
    return daemon


def files_of(*folders):
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            yield path


# HOSTILE L-01, L-02: another uid

def try_as_nobody(paths, pids, port):
    """What uid nobody is able to do, as a list of complaints."""
    found = []
    for path in paths:
        for how in (os.O_RDONLY, os.O_WRONLY):
            with contextlib.suppress(OSError):
                os.close(os.open(path, how | os.O_NONBLOCK))
                found.append(f"opens {path}")
        with socket.socket(socket.AF_UNIX) as sock:
            with contextlib.suppress(OSError):
                sock.connect(str(path))
                found.append(f"connects to {path}")
        with contextlib.suppress(OSError):
            found += [f"lists {path}: {n}" for n in os.listdir(path)]
    for pid in pids:
        for name in ("environ", "mem", "maps", "auxv", "stack", "io"):
            with contextlib.suppress(OSError):
                with open(f"/proc/{pid}/{name}", "rb") as file:
                    if file.read(1) or name == "mem":
                        found.append(f"reads {name} of {pid}")
        for name in ("fd", "map_files", "fdinfo"):
            with contextlib.suppress(OSError):
                found += [f"lists {name} of {pid}"
                          for _ in os.listdir(f"/proc/{pid}/{name}")]
        with contextlib.suppress(OSError):
            os.kill(pid, 0)
            found.append(f"signals {pid}")
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.ptrace(16, pid, 0, 0) == 0:  # PTRACE_ATTACH
            found.append(f"traces {pid}")
    if not port:
        return found
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(f"GET /v1/users HTTP/1.1\r\nHost: 127.0.0.1:{port}"
                     "\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: sock.recv(65536), b""))
        if not answer.startswith(b"HTTP/1.1 401 "):
            found.append(f"asks for users: {answer[:40]}")
    return found


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to be nobody")
def test_l01_another_user_reaches_nothing(place):
    alice = place.daemon("alice")
    alice.add_user()
    # The folders above are open: it is the daemon's own modes that count.
    place.folder.chmod(0o755)
    alice.home.chmod(0o755)
    port = int(re.search(r":(\d+)/", alice.umbel("open", "--print").stdout)[1])
    paths = [alice.run, alice.data, *files_of(alice.run, alice.data)]
    assert len(paths) > 10
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            found = try_as_nobody(paths, pids_of(alice), port)
            os.write(writer, ("\n".join(found) or "nothing").encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 65536).decode() == "nothing"
    os.close(reader)
    os.close(writer)
    done = subprocess.run(
        [alice.umbel("--version").args[0], "--run", alice.run, "status"],
        user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True,
        text=True, timeout=LIMIT)
    assert done.returncode == 3
    assert "another user's" in done.stderr


def ask_as(uid, path, authorization="", request="GET /v1/users"):
    """The status that a process of this user gets; or what comes instead."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        said = "nothing"
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            with socket.socket(socket.AF_UNIX) as sock:
                sock.settimeout(LIMIT)
                sock.connect(str(path))
                sock.sendall(f"{request} HTTP/1.1\r\nHost: localhost\r\n"
                             f"{authorization}Connection: close\r\n\r\n"
                             .encode())
                said = sock.recv(12).decode()[9:] or "nothing"
        except OSError as error:
            said = type(error).__name__
        finally:
            os.write(writer, said.encode())
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    with open(reader, encoding="ascii") as said:
        return said.read()


def try_guests(alice):
    """[api.unix]: this user, with a token, and nobody and nothing else."""
    token = alice.call("POST", "/v1/tokens", {
        "name": "guest", "scopes": ["users:read"]})["secret"]
    right = f"Authorization: Bearer {token}\r\n"
    admin = (alice.run / "admin.header").read_text().replace("\n", "\r\n")
    session = alice.call("POST", "/v1/session", {
        "user_id": alice.user["id"], "passphrase": PASSPHRASE})["token"]
    shared = alice.run / "shared" / "api.sock"
    assert ask_as(GUEST, shared, right) == "200"
    for wrong in ("", right.replace("\r", "x\r"), admin,
                  f"Authorization: Bearer {session}\r\n"):
        assert ask_as(GUEST, shared, wrong) == "401"
    for request in ("GET /healthz", "GET /v1/openapi.json",
                    "GET /v1/files/content?ticket=x", "POST /v1/session"):
        assert ask_as(GUEST, shared, "Content-Length: 0\r\n", request) in (
            "401", "404")
    assert ask_as(GUEST, shared, right, "GET /healthz") == "200"
    assert ask_as(GUEST, shared, right, "GET /v1/tokens") == "403"
    # On no list, be it root or the one whose daemon it is.
    for uid in (GUEST + 1, 0, NOBODY):
        assert ask_as(uid, shared, right) in ("nothing", "BrokenPipeError",
                                              "ConnectionResetError")
    assert ask_as(GUEST, alice.run / "api.sock", right) == "PermissionError"
    assert ask_as(NOBODY, alice.run / "api.sock", admin) == "200"
    for path, mode in ((alice.run, 0o711), (shared.parent, 0o711),
                       (shared, 0o666)):
        assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to be nobody")
def test_a_daemon_of_somebody_else_than_root(place):
    """The whole as it is meant to run: by a user without any privilege."""
    place.folder.chmod(0o711)
    alice = place.daemon("alice", start=False)
    for path in (alice.home, alice.conf, alice.extra):
        os.chown(path, NOBODY, NOBODY)
    (place.folder / "net").mkdir(exist_ok=True)
    os.chown(place.folder / "net", NOBODY, NOBODY)
    alice.home.chmod(0o711)
    with open(alice.conf, "a", encoding="ascii") as conf:
        conf.write(f"[api.unix]\nallow = 4242:token {GUEST}:token\n")

    def become():
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    start_as(alice, become)
    alice.add_user()
    assert "alice" in alice.umbel("status").stdout
    for pid in pids_of(alice):
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            text = status.read()
        assert re.search(rf"^Uid:(\s+{NOBODY}){{4}}$", text, re.M)
        assert re.search(r"^CapEff:\s+0+$", text, re.M)
    try_guests(alice)
    # Without it the folder is closed again.
    alice.stop()
    alice.conf.write_text(alice.conf.read_text().partition("[api.unix]")[0])
    start_as(alice, become)
    assert stat.S_IMODE(alice.run.stat().st_mode) == 0o710
    assert not (alice.run / "shared").exists()


# HOSTILE L-03: secrets in places where none belong

def test_l03_secrets_are_nowhere(place):
    alice = place.daemon("alice", arguments=["--log-level", "debug"])
    bob = place.daemon("bob", arguments=["--log-level", "debug"])
    alice.user = alice.call("POST", "/v1/users", {
        "name": "alice", "passphrase": PLANTED["passphrase"]})
    bob.add_user()
    link = alice.call("POST", alice.user_path("/invites"),
                      {"label": PLANTED["label"]})["link"]
    request = bob.connect(link, alias=PLANTED["alias"])
    bob.wait_event("request.state", lambda r: r["state"] == "accepted"
                   and r["id"] == request["id"])
    alice.wait_event("contact.added", lambda c: True)
    to_bob = alice.contact("bob")["conversation_id"]
    wait_delivered(alice, alice.send(to_bob, PLANTED["message"]))
    token = alice.call("POST", "/v1/login-tokens")["login_token"]
    status, _, body = alice.request(
        "POST", "/v1/session", {"login_token": token}, {})
    assert status == 201
    session = re.search(rb'"token":"([^"]+)"', body)[1].decode()
    for body in ({"passphrase": PLANTED["passphrase"]},
                 {"passphrase": PLANTED["passphrase"], "x": 1},
                 {PLANTED["passphrase"]: 1}):
        alice.request("POST", alice.user_path("/unlock"), body)
        alice.request("POST", "/v1/nowhere", body)
    alice.request("GET", "/v1/users?" + PLANTED["message"].replace(" ", "+"))
    alice.umbel("send", "bob", PLANTED["message"])
    alice.kill("umbel-core")
    alice.wait_up()
    admin = alice.header()["Authorization"].split()[1]
    secrets = {**PLANTED, "admin": admin, "login": token, "session": session,
               "link": link.split("/")[-1][:40]}
    hits = []
    for daemon in (alice, bob):
        for path in files_of(daemon.home):
            if not stat.S_ISREG(path.lstat().st_mode):
                continue
            hits += hunt(path.read_bytes(), secrets, path)
        for pid in pids_of(daemon):
            for name in ("cmdline", "environ", "comm"):
                data = pathlib.Path(f"/proc/{pid}/{name}").read_bytes()
                hits += hunt(data, secrets, f"{name} of {pid}")
    assert [h for h in hits if not (
        h[0] == "admin" and str(h[1]).endswith("r/admin.header"))] == []
    assert ("admin", alice.run / "admin.header") in hits  # the hunt can find


def hunt(data, secrets, where):
    return [(name, where) for name, text in secrets.items()
            if text.encode() in data
            or text.encode("utf-16-le") in data
            or text.replace(" ", "+").encode() in data]


# HOSTILE L-07, L-11, L-13: limits, masks and descriptors

def test_l11_umask_0_leaves_all_private(place):
    alice = place.daemon("alice", start=False)
    start_as(alice, lambda: os.umask(0))
    bob = place.daemon("bob")
    to_bob, _ = pair(alice, bob)
    wait_delivered(alice, alice.send(to_bob, "hello"))
    open_to_others = [
        (str(path), oct(path.lstat().st_mode))
        for path in (alice.run, alice.data, *files_of(alice.run, alice.data))
        if path.lstat().st_mode & 0o077]
    assert open_to_others == []


def test_l13_without_standard_descriptors(place):
    """No database gets a number that something else writes to."""
    alice = place.daemon("alice", start=False)
    start_as(alice, lambda: [os.close(n) for n in (0, 1, 2)])
    bob = place.daemon("bob")
    to_bob, _ = pair(alice, bob)
    wait_delivered(alice, alice.send(to_bob, "hello"))
    alice.call("POST", alice.user_path("/lock"))
    alice.unlock()
    assert [m["text"] for m in alice.history(to_bob)] == ["hello"]


def limit(what, n):
    return lambda: resource.setrlimit(what, (n, n))


# HOSTILE S-14
def test_l13_few_descriptors(place):
    """With room for little it does little, and goes on doing that."""
    alice = place.daemon("alice", start=False)
    start_as(alice, limit(resource.RLIMIT_NOFILE, 64))
    bob = place.daemon("bob")
    to_bob, _ = pair(alice, bob)
    core = alice.pid_of("umbel-core")
    with contextlib.ExitStack() as stack:
        for _ in range(100):
            sock = stack.enter_context(socket.socket(socket.AF_UNIX))
            sock.settimeout(1)
            with contextlib.suppress(OSError):
                sock.connect(str(alice.run / "api.sock"))
                sock.sendall(b"GET /v1/daemon HTTP/1.1\r\n")
    message = until("served again", lambda: quietly(
        lambda: alice.send(to_bob, "still here")))
    wait_delivered(alice, message)
    assert alice.pid_of("umbel-core") == core


def quietly(ask):
    with contextlib.suppress(OSError, Refused):
        return ask()


@pytest.mark.parametrize("what, n", [
    (resource.RLIMIT_MEMLOCK, 0), (resource.RLIMIT_CORE, -1),
    (resource.RLIMIT_STACK, 256 * 1024), (resource.RLIMIT_NICE, 0),
    (resource.RLIMIT_MSGQUEUE, 0), (resource.RLIMIT_SIGPENDING, 4)],
    ids=lambda v: str(v))
def test_l13_odd_limits(place, what, n):
    alice = place.daemon("alice", start=False)
    start_as(alice, limit(what, n))
    alice.add_user()
    for pid in pids_of(alice):
        name = pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="ascii")
        limits = pathlib.Path(f"/proc/{pid}/limits").read_text("ascii")
        if name.startswith("umbel"):
            assert re.search(r"Max core file size +0 +0 ", limits), name


def test_a_file_size_limit_is_a_full_disk(place):
    """SIGXFSZ would kill the core; instead the write is refused."""
    alice = place.daemon("alice", start=False)
    start_as(alice, limit(resource.RLIMIT_FSIZE, 300000))
    bob = place.daemon("bob")
    to_bob, _ = pair(alice, bob)
    core = alice.pid_of("umbel-core")
    with pytest.raises(Refused) as refused:
        for i in range(400):
            alice.send(to_bob, f"{i} " + 4000 * "x")
    assert refused.value.status == 503
    assert refused.value.problem["code"] in ("no_space", "store_busy")
    assert alice.pid_of("umbel-core") == core
    alice.call("GET", "/v1/daemon")


# places

def test_run_folder_removed_under_a_living_daemon(place):
    alice = place.daemon("alice")
    alice.add_user()
    bob = place.daemon("bob")
    to_bob, to_alice = pair(alice, bob)
    port = alice.port()
    for away in (lambda: shutil.rmtree(alice.run),
                 lambda: alice.run.rename(alice.home / "moved"),
                 (alice.run / "api.sock").unlink):
        away()
        done = alice.umbel("status", check=False)
        assert done.returncode == 3, done.stderr
        # It sees that by itself, and is where it was.
        until("it is back", (alice.run / "api.sock").exists)
        alice.unlock_when_up()
        assert alice.port() == port
        wait_delivered(alice, alice.send(to_bob, "I am back"))
        wait_delivered(bob, bob.send(to_alice, "so you are"))
    assert alice.log.read_text("utf-8").count("made again") == 3
    assert alice.stop() == 0


def test_data_folder_copied_while_locked_opens_elsewhere(place):
    alice = place.daemon("alice")
    alice.add_user()
    alice.stop()
    other = place.daemon("other", start=False)
    shutil.copytree(alice.data, other.data)
    other.start()
    other.user = other.call("GET", "/v1/users")["items"][0]
    assert other.user["name"] == "alice"
    other.unlock()


@pytest.mark.parametrize("name", ["umbel-core", "umbel-httpd"])
def test_a_stopped_child_does_not_keep_the_daemon(place, name):
    """kill -STOP of a child, then SIGTERM: over in 2 s all the same."""
    alice = place.daemon("alice")
    alice.add_user()
    pids = pids_of(alice)
    os.kill(alice.pid_of(name), signal.SIGSTOP)
    begin = time.monotonic()
    alice.stop()
    took = time.monotonic() - begin
    assert took < 60, took
    print(f"{name} stopped: {took:.2f} s")
    for pid in pids:
        until(f"{pid} is gone",
              lambda pid=pid: not pathlib.Path(f"/proc/{pid}/stat").exists())
    alice.start()
    alice.unlock()


def test_a_stopped_core_loses_no_request(place):
    """A machine that sleeps for a moment: the answer comes after it."""
    alice, bob = place.daemon("alice"), place.daemon("bob")
    to_bob, to_alice = pair(alice, bob)
    core = alice.pid_of("umbel-core")
    os.kill(core, signal.SIGSTOP)
    with pytest.raises(OSError):
        alice.request("GET", "/v1/daemon", timeout=0.5)
    sent = bob.send(to_alice, "are you awake")
    os.kill(core, signal.SIGCONT)
    alice.call("GET", "/v1/daemon")
    wait_delivered(bob, sent)
    assert [m["text"] for m in alice.history(to_bob)] == ["are you awake"]


# HOSTILE L-04
def test_l04_second_daemon_changes_nothing(place):
    alice = place.daemon("alice")
    alice.add_user()
    header = alice.header()
    for other in (["--run", str(alice.home / "r2")],
                  ["--data", str(alice.home / "d2")]):
        done = subprocess.run([*alice.process.args, *other], timeout=LIMIT,
                              capture_output=True, text=True)
        assert done.returncode == 2, done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr
    assert alice.header() == header
    assert alice.call("GET", alice.user_path())["state"] == "unlocked"
