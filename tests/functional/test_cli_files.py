# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on the command line: sent, followed, fetched, cut, and badly named."""

import contextlib
import fcntl
import json
import os
import pathlib
import re
import signal
import stat
import subprocess

import pytest

from commands import (DONE, NO_DAEMON, NOT_FOUND, REFUSED, UMBEL, USAGE,
                      Running, Terminal, fails)
from daemons import LIMIT, children_of, until
from files import MIB, announce, append, noise, offer, tor_is, upload
from test_disk import mount, unmount


def listed(daemon, *words):
    out = daemon.umbel("--json", "files", *words).stdout
    return [json.loads(line) for line in out.splitlines()]


def file_of(daemon, ident):
    return daemon.call("GET", daemon.user_path(f"/files/{ident}"))


def arrives(daemon, name):
    """The id under which the other side hears of it."""
    return until(f"{name} is offered", lambda: [
        f["id"] for f in listed(daemon, "--state", "offered")
        if f["name"] == name])[-1]


def here(daemon, data, name="a.bin"):
    """Whole here, and not yet offered to anybody: its id."""
    made = announce(daemon, len(data), name=name)
    assert append(daemon, made, 0, data)[0] == 204
    return made["id"]


def large(folder, size, name="large.bin"):
    """Takes a while, and is not all the same."""
    path = folder / name
    block = noise(MIB)
    with path.open("wb") as file:
        for i in range(size // MIB):
            file.write(i.to_bytes(4, "big") + block[4:])
    return path


def moves(daemon, state="uploading", least=MIB):
    """The file of that state, once something of it has gone over."""
    found = until("it moves", lambda: [
        f for f in listed(daemon, "--state", state)
        if f["bytes_done"] >= least])
    return found[-1]["id"]


def tag_of(daemon, ident):
    _, head, _ = daemon.request(
        "HEAD", daemon.user_path(f"/files/{ident}/content"))
    return {k.lower(): v for k, v in head.items()}["etag"].strip('"')


# there and back

def test_there_and_back(two, folder):
    alice, bob = two[:2]
    data = noise(3 * MIB + 5)
    (folder / "view.bin").write_bytes(data)
    ident = alice.umbel("send-file", "--ids", "--text", "From\nthe hill",
                        "bob", str(folder / "view.bin")).stdout.strip()
    assert file_of(alice, ident)["state"] == "offered"
    there = arrives(bob, "view.bin")
    assert bob.umbel("tail", "-n", "1").stdout.splitlines()[-3:] == [
        f"    = {there}  offered  3.0 MiB  view.bin",
        "    | From", "    | the hill"]
    fails(bob, REFUSED, "not here as a whole, but offered", "get", there)
    assert bob.umbel("file", "accept", "--wait", there).stdout == "done\n"
    line = [x for x in bob.umbel("files", "alice").stdout.splitlines()
            if x.startswith(there)]
    assert re.fullmatch(there + " +from alice +3.0 MiB +done +view.bin",
                        line[0])
    until("she knows as well", lambda: file_of(alice, ident)["state"] == "done")
    line = alice.umbel("files", "bob", "--state", "done").stdout
    assert re.search(rf"^{ident} +to +bob ", line, re.M)
    assert alice.umbel("files", "--state", "paused").stdout == ""
    (folder / "in").mkdir()
    shown = bob.umbel("get", there, str(folder / "in")).stdout
    got = folder / "in" / "view.bin"
    assert shown == f"{got}\n"
    assert got.read_bytes() == data
    assert stat.S_IMODE(got.stat().st_mode) == 0o600
    assert os.listdir(folder / "in") == ["view.bin"]
    fails(bob, REFUSED, "it is over", "file", "pause", there)
    bob.umbel("file", "delete", there)
    fails(bob, NOT_FOUND, "", "get", there)
    fails(bob, NOT_FOUND, "", "file", "accept", "fil_" + 26 * "0")
    fails(bob, USAGE, "dot segments", "get", "../../daemon")


def test_get_accepts_and_waits(two, folder):
    alice, bob = two[:2]
    names = ["one.bin", "two.jpeg", "empty"]
    for name, size in zip(names, (MIB, 10, 0)):
        (folder / name).write_bytes(noise(size))
    with Running(alice, "send-file", "--wait", "--ids", "--metadata", "keep",
                 "bob", *names) as sending:
        idents = [sending.line() for _ in names]
        for name in names:
            out = bob.umbel("get", "--wait", arrives(bob, name),
                            f"{name}.got").stdout
            assert out == f"{name}.got\n"
            assert (folder / f"{name}.got").read_bytes() == \
                (folder / name).read_bytes()
        assert [sending.line() for _ in names] == ["done"] * 3
        assert sending.process.wait(LIMIT) == DONE
    two_jpeg = file_of(alice, idents[1])
    assert (two_jpeg["media_type"], two_jpeg["kind"]) == ("image/jpeg", "image")
    assert file_of(alice, idents[0])["kind"] == "file"


def test_options_of_a_file(two, folder):
    alice, bob = two[:2]
    (folder / "x").write_bytes(b"OggS")
    message = json.loads(alice.umbel(
        "--json", "send-file", "--name", "hello.ogg", "--kind", "voice",
        "--type", "audio/ogg", "--within", "1d", "bob", "x").stdout)
    file, = message["files"]
    assert (file["name"], file["kind"], file["media_type"]) == (
        "hello.ogg", "voice", "audio/ogg")
    assert message["deliver_by"] and message["text"] == ""
    reply = json.loads(alice.umbel(
        "--json", "send-file", "--reply", message["id"], "bob", "x").stdout)
    assert reply["reply_to"] == message["id"]
    fails(alice, USAGE, "not_possible|metadata", "send-file", "--metadata",
          "strip", "bob", "x")
    assert "x" not in [f["name"] for f in listed(alice, "--state", "ready")]
    fails(alice, USAGE, "media_type", "send-file", "--type", "ogg", "bob", "x")
    fails(alice, USAGE, "text: ", "send-file", "--text", "x" * 2001, "bob",
          "x")
    fails(alice, USAGE, "UTF-8", "send-file", "--name", b"\xff", "bob", "x")
    fails(alice, USAGE, "UTF-8", "send-file", "--text", b"\xff", "bob", "x")
    fails(alice, NOT_FOUND, "no contact", "send-file", "carol", "x")
    assert arrives(bob, "hello.ogg")


def test_how_it_ended(slow, folder):
    """Whoever waits is told, at both ends, and by the exit code."""
    alice, bob = slow[:2]
    (folder / "unwanted").write_bytes(noise(1000))
    with Running(alice, "send-file", "--wait", "bob", "unwanted") as sending:
        there = arrives(bob, "unwanted")
        bob.umbel("file", "decline", there)
        assert sending.line() == "cancelled: The receiver does not want it"
        assert sending.process.wait(LIMIT) == REFUSED
    for words in ((), ("--wait",)):
        fails(bob, REFUSED, "did not come: cancelled", "get", *words, there)
    large(folder, 24 * MIB)
    ident = alice.umbel("send-file", "--ids", "bob", "large.bin").stdout.strip()
    there = arrives(bob, "large.bin")
    fails(bob, REFUSED, "", "file", "pause", there)
    with Running(bob, "get", "--wait", there) as getting:
        moves(alice, "transferring")
        alice.umbel("file", "pause", ident)
        assert "paused" in alice.umbel("files").stdout
        alice.umbel("file", "resume", ident)
        moves(bob, "transferring")
        alice.umbel("file", "cancel", ident)
        assert getting.process.wait(LIMIT) == REFUSED
        # The link tells it sooner than the message does, or later.
        assert re.fullmatch(
            b"umbel: It did not come: (cancelled: The sender took it back|"
            b"failed: The sender has it no more)[.]\n",
            getting.process.stderr.read())
    assert os.listdir(folder).count("large.bin") == 1


def test_the_bar(two, folder):
    """On a terminal alone, and never wider than it is."""
    alice, bob = two[:2]
    large(folder, 48 * MIB, "a\N{SEEDLING}\x1b[2J.bin")
    run = ["--run", str(alice.run)]
    terminal = Terminal(*run, "send-file", "--wait", "bob",
                        "--name", "a\N{SEEDLING}b.bin",
                        "a\N{SEEDLING}\x1b[2J.bin")
    terminal.expect(r"\d+%")
    there = arrives(bob, "a\N{SEEDLING}b.bin")
    terminal.expect("offered")
    # So that there is a speed to be seen.
    for daemon in (alice, bob):
        tor_is(daemon, stream_rate=8 * MIB)
    bob.umbel("file", "accept", there)
    assert terminal.end() == DONE
    for daemon in (alice, bob):
        tor_is(daemon, stream_rate=None)
    assert terminal.text.endswith("done\r\n")
    frames = re.split("\r\n?|\x1b\\[K", terminal.text)
    assert max(map(len, frames)) < 80
    whole = [f for f in frames if "100%" in f]
    assert re.match(r"a\N{SEEDLING}b.bin +(\[#+\] )?100%  48.0 MiB of 48.0 MiB",
                    whole[0])
    assert re.search(r"MiB/s +\d+:\d\d", terminal.text)
    terminal = Terminal("--run", str(bob.run), "get", there, "out")
    assert terminal.end() == DONE
    assert "100%" in terminal.text and terminal.text.endswith("out\r\n")
    # What would go to the terminal could do more than be shown.
    terminal = Terminal("--run", str(bob.run), "get", there, "-")
    assert terminal.end() == USAGE
    assert "as it is" in terminal.text


# bad input

def test_no_files(two, folder):
    alice = two[0]
    before = listed(alice)
    fails(alice, USAGE, "No such file", "send-file", "bob", "missing")
    fails(alice, USAGE, "is a folder", "send-file", "bob", str(folder))
    fails(alice, USAGE, "Input/output error", "send-file", "bob",
          "/proc/self/mem")
    fails(alice, USAGE, "longer than 256 MiB", "send-file", "bob", "/dev/zero")
    (folder / "loop").symlink_to("loop")
    fails(alice, USAGE, "symbolic links", "send-file", "bob", "loop")
    for size in (40 << 30, (64 << 30) + 1):
        with (folder / "huge").open("wb") as file:
            file.truncate(size)
        fails(alice, USAGE, "", "send-file", "bob", "huge")
    odd = os.fsencode(folder) + b"/\xff"
    pathlib.Path(os.fsdecode(odd)).write_bytes(b"x")
    fails(alice, USAGE, "UTF-8", "send-file", "bob", odd)
    # The first that is none ends it.
    (folder / "good").write_bytes(b"x")
    fails(alice, USAGE, "No such file", "send-file", "bob", "missing", "good")
    assert listed(alice) == before


def test_standard_input(two, folder):
    alice, bob = two[:2]

    def send(stdin, name):
        done = subprocess.run(
            [UMBEL, "--run", str(alice.run), "send-file", "--name", name,
             "bob", "-"], stdin=stdin, check=True, timeout=LIMIT)
        assert done.returncode == DONE
        there = arrives(bob, name)
        bob.umbel("get", "--wait", there, name)
        return (folder / name).read_bytes()

    data = noise(2 * MIB + 3)
    (folder / "in").write_bytes(data)
    with (folder / "in").open("rb") as file:
        assert send(file, "whole") == data
    with (folder / "in").open("rb", buffering=0) as file:
        file.read(1000)
        assert send(file, "rest") == data[1000:]
        file.seek(0, os.SEEK_END)
        assert send(file, "nothing") == b""
    with subprocess.Popen(["cat", "in"], stdout=subprocess.PIPE) as cat:
        assert send(cat.stdout, "pipe") == data
    assert send(subprocess.DEVNULL, "null") == b""
    closed = subprocess.run(
        ["sh", "-c", 'exec "$0" --run "$1" send-file --name x bob - <&-',
         UMBEL, str(alice.run)], capture_output=True, text=True)
    assert closed.returncode == USAGE and "Bad file" in closed.stderr


@pytest.mark.parametrize("what", ["shrinks", "grows", "changes"])
def test_a_file_that_changes(two, folder, what):
    """Nothing of it is sent, and nothing is left."""
    alice = two[0]
    path = large(folder, 256 * MIB, what)
    before = len(listed(alice))
    with Running(alice, "send-file", "bob", what) as sending:
        moves(alice)
        if what == "shrinks":
            os.truncate(path, 1000)
        elif what == "grows":
            with path.open("ab") as file:
                file.write(b"x")
        else:
            with path.open("rb+") as file:
                file.seek(200 * MIB)
                file.write(b"x")
        assert sending.process.wait(LIMIT) == REFUSED
        said = sending.process.stderr.read().decode()
    assert re.fullmatch(f"umbel: {what} (became shorter|was changed) while "
                        "it was read[^\n]*\n", said)
    assert len(listed(alice)) == before


# broken off

@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM,
                                    signal.SIGKILL])
def test_broken_off_and_gone_on_with(two, folder, number):
    alice, bob = two[:2]
    name = f"cut{number}"
    path = large(folder, 192 * MIB, name)
    with Running(alice, "send-file", "bob", name) as sending:
        ident = moves(alice)
        sending.process.send_signal(number)
        assert sending.process.wait(LIMIT) == -number
        said = sending.process.stderr.read().decode()
    if number != signal.SIGKILL:
        assert re.fullmatch("umbel: Interrupted. The same command goes on "
                            f"from there; umbel file delete {ident} drops "
                            "it.\n", said)
    assert MIB <= file_of(alice, ident)["bytes_done"] < 192 * MIB
    assert name not in [file["name"] for file in listed(bob)]
    assert alice.umbel("send-file", "--ids", "bob",
                       name).stdout.strip() == ident
    alice.umbel("get", ident, "back")
    assert subprocess.run(["cmp", "back", name]).returncode == 0
    # Once more, it is another.
    assert alice.umbel("send-file", "--ids", "bob",
                       name).stdout.strip() != ident
    # And once more after a touch.
    os.utime(path)
    for file in listed(alice):
        if file["name"] == name:
            alice.umbel("file", "delete", file["id"])


def test_ctrl_c_on_a_terminal(two, folder):
    alice = two[0]
    large(folder, 192 * MIB)
    terminal = Terminal("--run", str(alice.run), "send-file", "bob",
                        "large.bin")
    terminal.expect(r" [1-9]\d*%")
    terminal.write("\x03")
    assert terminal.end() == -signal.SIGINT
    # The bar is gone from the line on which it is said.
    assert re.search("\r\x1b\\[Kumbel: Interrupted[^\r]*\r\n$", terminal.text)
    for file in listed(alice, "--state", "uploading"):
        alice.umbel("file", "delete", file["id"])
    # Nor is half a line left of waiting.
    large(folder, MIB, "small.bin")
    terminal = Terminal("--run", str(alice.run), "send-file", "--wait", "bob",
                        "small.bin")
    terminal.expect("offered")
    terminal.write("\x03")
    assert terminal.end() == -signal.SIGINT
    assert terminal.text.endswith("\r\x1b[K")


def test_nothing_is_left_of_a_pipe(two):
    alice = two[0]
    before = len(listed(alice))
    with subprocess.Popen(["head", "-c", str(200 * MIB), "/dev/urandom"],
                          stdout=subprocess.PIPE) as source:
        with subprocess.Popen(
                [UMBEL, "--run", str(alice.run), "send-file", "--name", "p",
                 "bob", "-"], stdin=source.stdout,
                stderr=subprocess.PIPE) as sending:
            moves(alice)
            sending.send_signal(signal.SIGINT)
            assert sending.wait(LIMIT) == -signal.SIGINT
            assert b"nothing is left" in sending.stderr.read()
        source.kill()
    assert len(listed(alice)) == before


@pytest.mark.parametrize("process", ["umbel-core", "umbel-httpd"])
def test_the_daemon_is_killed(two, folder, process):
    """It goes on by itself, once the daemon is there and unlocked."""
    alice, bob = two[:2]
    name = f"through-{process}"
    large(folder, 192 * MIB, name)
    with Running(alice, "send-file", "--ids", "bob", name) as sending:
        moves(alice, least=16 * MIB)
        alice.kill(process)
        if process == "umbel-core":
            alice.unlock_when_up()
        ident = sending.line()
        assert sending.process.wait(LIMIT) == DONE
        said = sending.process.stderr.read().decode()
    assert len(said.splitlines()) <= 2 and "Interrupted" not in said
    alice.umbel("get", ident, "back")
    assert subprocess.run(["cmp", "back", name]).returncode == 0
    assert arrives(bob, name)


def test_two_at_once(two, folder):
    """Each says what it does not do; none sends half a file."""
    alice = two[0]
    large(folder, 192 * MIB)
    with Running(alice, "send-file", "--ids", "bob", "large.bin") as first:
        moves(alice)
        second = alice.umbel("send-file", "bob", "large.bin", check=False)
        assert second.returncode in (REFUSED, USAGE)
        assert re.search("Another command|offered already", second.stderr)
        ident = first.line()
        assert first.process.wait(LIMIT) == DONE
    assert file_of(alice, ident)["state"] == "offered"
    assert [f["id"] for f in listed(alice)
            if f["name"] == "large.bin" and f["state"] == "offered"] == [ident]


# get

def test_nothing_is_replaced(two, folder):
    alice = two[0]
    ident = here(alice, b"new", "x")
    for place in ("x", "y", "link", "dangling"):
        if place == "link":
            (folder / place).symlink_to(folder / "x")
        elif place == "dangling":
            (folder / place).symlink_to("nowhere")
        else:
            (folder / place).write_bytes(b"old")
        words = ["get", ident] + ([] if place == "x" else [place])
        fails(alice, REFUSED, "is there already", *words)
        assert sorted(os.listdir(folder)).count(".umbel") == 0
    assert (folder / "x").read_bytes() == b"old"
    for place in ("y", "link", "dangling"):
        alice.umbel("get", "--force", ident, place)
        assert not (folder / place).is_symlink()
        assert (folder / place).read_bytes() == b"new"
    assert (folder / "x").read_bytes() == b"old"
    assert not (folder / "nowhere").exists()
    (folder / "full" / "x").mkdir(parents=True)
    fails(alice, REFUSED, "is there already", "get", ident, "full")
    fails(alice, REFUSED, "Is a directory", "get", "--force", ident, "full")
    fails(alice, REFUSED, "No such file", "get", ident, "missing/x")
    fails(alice, REFUSED, "No such file", "get", ident, "missing/")
    fails(alice, REFUSED, "Not a directory", "get", ident, "x/y")
    assert not [f for f in os.listdir(folder) if f.startswith(".umbel")]


# HOSTILE F-01
@pytest.mark.parametrize("name, wanted", [
    ("../../x", "_._.._x"), ("/etc/x", "_etc_x"), ("..\\x", "_._x"),
    (".", "_"), ("..", "_."), (".bashrc", "_bashrc"), ("-rf", "_rf"),
    ("~", "_"), ("a" * 255, "a" * 255), ("x.desktop", "x.desktop"),
    ("\u2215etc\u2215x", "\u2215etc\u2215x"), ("$(id) `id`;x", "$(id) `id`;x"),
    ("%2e%2e%2fx", "%2e%2e%2fx"), ("ü" * 127, "ü" * 127)])
def test_names_stay_in_the_folder(two, folder, name, wanted):
    alice, bob, to_bob, _ = two
    made = upload(alice, b"abc", "placeholder")
    made = {"id": here(alice, b"abc", name)}
    offer(alice, to_bob, made)
    there = arrives(bob, name)
    (folder / "a" / "b").mkdir(parents=True)
    bob.umbel("get", "--wait", there, "a/b")
    assert [p for p in folder.rglob("*") if p.is_file()] == [
        folder / "a" / "b" / wanted]
    assert (folder / "a" / "b" / wanted).read_bytes() == b"abc"


def test_get_to_a_pipe(two):
    alice = two[0]
    data = noise(5 * MIB)
    ident = here(alice, data)
    words = [UMBEL, "--run", str(alice.run), "get", ident, "-"]
    done = subprocess.run(words, capture_output=True, check=True)
    assert done.stdout == data and done.stderr == b""
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == REFUSED
    assert len(done.stderr.splitlines()) == 1
    assert b"cannot be written" in done.stderr


def test_get_goes_on(two, folder):
    """What is there is not fetched again, if it is of the same content."""
    alice = two[0]
    data = noise(3 * MIB)
    ident = here(alice, data)
    part = folder / f".umbel-{tag_of(alice, ident)}.part"

    def get(left):
        part.write_bytes(left)
        alice.umbel("get", "--force", ident, "out")
        assert not part.exists()
        return (folder / "out").read_bytes()

    assert get(b"") == data
    assert get(b"KEPT" + data[4:MIB]) == b"KEPT" + data[4:]
    assert get(b"KEPT" + data[4:]) == b"KEPT" + data[4:]
    # Longer than the file: of something else.
    assert get(b"KEPT" + data[4:] + b"more") == data


def test_get_takes_nothing_from_others(two, folder):
    """A beginning that somebody put there, or that leads elsewhere."""
    alice = two[0]
    data = noise(MIB)
    ident = here(alice, data)
    part = folder / f".umbel-{tag_of(alice, ident)}.part"
    victim = folder / "victim"
    victim.write_bytes(b"mine")
    part.symlink_to(victim)
    fails(alice, REFUSED, "cannot be written", "get", ident, "out")
    part.unlink()
    os.link(victim, part)
    fails(alice, REFUSED, "not from here", "get", ident, "out")
    part.unlink()
    part.write_bytes(data[:10])
    part.chmod(0o666)
    fails(alice, REFUSED, "not from here", "get", ident, "out")
    part.chmod(0o600)
    if os.geteuid() == 0:
        os.chown(part, 65534, -1)
        fails(alice, REFUSED, "not from here", "get", ident, "out")
        os.chown(part, 0, -1)
    os.mkfifo(folder / "pipe")
    part.unlink()
    (folder / "pipe").rename(part)
    fails(alice, REFUSED, "cannot be written|not from here", "get", ident,
          "out")
    part.unlink()
    with part.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        fails(alice, REFUSED, "Another command", "get", ident, "out")
    assert victim.read_bytes() == b"mine" and not (folder / "out").exists()
    alice.umbel("get", ident, "out")
    assert (folder / "out").read_bytes() == data


@pytest.mark.parametrize("how", ["SIGINT", "SIGKILL", "umbel-core"])
def test_get_is_broken_off(two, folder, how):
    """Nothing under the final name, and the same command goes on."""
    alice = two[0]
    path = large(folder, 256 * MIB)
    with path.open("rb") as file:
        made = announce(alice, 256 * MIB, name="whole")
        assert append(alice, made, 0, file,
                      **{"Content-Length": str(256 * MIB)})[0] == 204
    ident = made["id"]
    part = folder / f".umbel-{tag_of(alice, ident)}.part"
    with Running(alice, "get", ident) as getting:
        until("it grows", lambda: part.exists()
              and part.stat().st_size > 2 * MIB)
        if how.startswith("SIG"):
            getting.process.send_signal(signal.Signals[how])
        else:
            alice.kill(how)
        code = getting.process.wait(LIMIT)
        said = getting.process.stderr.read().decode()
    if how.startswith("SIG"):
        assert code == -signal.Signals[how]
    else:
        assert code == NO_DAEMON
        assert "does not answer" in said or "is not running" in said
    assert how == "SIGKILL" or len(said.splitlines()) == 1
    assert not (folder / "whole").exists()
    if how == "umbel-core":
        alice.unlock_when_up()
    # What is fetched now is the rest.
    left = part.stat().st_size
    assert 2 * MIB < left < 256 * MIB
    with part.open("rb+") as file:
        file.write(b"KEPT")
    alice.umbel("get", ident)
    assert not part.exists()
    with (folder / "whole").open("rb") as file:
        assert file.read(4) == b"KEPT"
    assert subprocess.run(["cmp", "--ignore-initial=4", "whole",
                           path]).returncode == 0


def test_get_on_a_full_disk(two, folder):
    alice = two[0]
    data = noise(6 * MIB)
    ident = here(alice, data)
    (folder / "small").mkdir()
    mount(b"tmpfs", folder / "small", b"tmpfs", 0, b"size=4m,mode=0700")
    try:
        said = fails(alice, REFUSED, "No space left on device", "get", ident,
                     "small/out").stderr
        assert "small/out cannot be written" in said
        left, = os.listdir(folder / "small")
        assert left.startswith(".umbel-")
        with contextlib.suppress(OSError):
            alice.umbel("get", ident, "out")
        assert (folder / "out").read_bytes() == data
    finally:
        unmount(folder / "small")


def test_nobody_reads_along(two, folder):
    """No credential is for others, whatever it does."""
    alice = two[0]
    large(folder, 128 * MIB)
    with Running(alice, "send-file", "bob", "large.bin") as sending:
        until("it runs", lambda: children_of(os.getpid()).get("umbel"))
        moves(alice)
        token = alice.header()["Authorization"].split()[1].encode()
        words = pathlib.Path(f"/proc/{sending.process.pid}/cmdline")
        assert token not in words.read_bytes()
        assert os.stat(f"/proc/{sending.process.pid}/mem").st_uid == 0
        sending.process.send_signal(signal.SIGTERM)
        sending.process.wait(LIMIT)


# export

def test_export(two, folder):
    """Each once, under a name that is free, whatever happens in between."""
    alice, bob, to_bob, _ = two
    out = folder / "out"
    out.mkdir()
    fails(bob, REFUSED, "No such file", "export", "missing")
    bob.umbel("export", "out")
    for name in os.listdir(out):
        if name != ".umbel-exported":
            (out / name).unlink()
    assert bob.umbel("export", "out").stdout == ""
    assert os.listdir(out) == [".umbel-exported"]
    with Running(bob, "export", "--follow", "out") as export:
        def come(data, name, wanted):
            offer(alice, to_bob, {"id": here(alice, data, name)})
            bob.umbel("file", "accept", arrives(bob, name))
            assert export.line() == f"out/{wanted}"
            assert (out / wanted).read_bytes() == data
        come(b"1", "a.b.txt", "a.b.txt")
        come(b"2", "a.b.txt", "a.b (2).txt")
        come(b"3", "a.b.txt", "a.b (3).txt")
        fails(bob, REFUSED, "Another command exports", "export", "out")
        long = "\N{SEEDLING}" * 63 + "abc"
        come(b"4", long, long)
        come(b"5", long, "\N{SEEDLING}" * 62 + " (2)")
        come(b"6", "../.x", "_._.x")
        bob.kill("umbel-httpd")
        bob.wait_up()
        come(b"", "empty", "empty")
        bob.kill("umbel-core")
        bob.unlock_when_up()
        come(noise(3 * MIB), "after", "after")
        export.process.send_signal(signal.SIGINT)
        assert export.process.wait(LIMIT) == -signal.SIGINT
    assert bob.umbel("export", "out").stdout == ""
    assert len(os.listdir(out)) == 9
    for name in os.listdir(out):
        assert stat.S_IMODE((out / name).stat().st_mode) == 0o600


def test_export_to_a_full_disk(two, folder):
    alice, bob, to_bob, _ = two
    (folder / "small").mkdir()
    mount(b"tmpfs", folder / "small", b"tmpfs", 0, b"size=4m,mode=0700")
    try:
        data = noise(6 * MIB)
        offer(alice, to_bob, {"id": here(alice, data, "big")})
        there = arrives(bob, "big")
        for file in listed(bob, "--state", "done"):
            bob.umbel("file", "delete", file["id"])
        bob.umbel("file", "accept", "--wait", there)
        fails(bob, REFUSED, "small/big cannot be written: No space", "export",
              "small")
        assert (folder / "small" / ".umbel-exported").read_bytes() == b""
    finally:
        unmount(folder / "small")
    assert bob.umbel("export", "small").stdout == "small/big\n"
    assert (folder / "small" / "big").read_bytes() == data
