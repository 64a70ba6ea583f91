# SPDX-License-Identifier: GPL-3.0-or-later
"""Files, used as nobody was told to: slowly, by the hundred, with a damaged
one among them, into places that are none."""

import contextlib
import json
import os
import pathlib
import re
import socket
import stat
import subprocess
import threading

import pytest

from commands import DONE, REFUSED, UMBEL, USAGE, Terminal, fails
from daemons import LIMIT, pair, until
from files import MIB, PIECE, announce, append, ask, blobs, noise, offer


def here(daemon, data, name="a.bin"):
    made = announce(daemon, len(data), name=name)
    assert append(daemon, made, 0, data)[0] == 204
    return made["id"]


def came(two, data, name):
    """Sent by Alice, and whole at Bob: his id of it, and where it lies."""
    alice, bob, to_bob, _ = two
    before = set(blobs(bob))
    offer(alice, to_bob, {"id": here(alice, data, name)})
    got = bob.wait_event(
        "message.received",
        lambda m: [f["name"] for f in m.get("files", [])] == [name])["data"]
    ident = got["files"][0]["id"]
    assert bob.umbel("file", "accept", "--wait", ident).stdout == "done\n"
    blob, = set(blobs(bob)) - before
    return ident, blob


class Between:
    """A run folder whose socket leads to the daemon's, until so many bytes
    went one way; then, once, it is cut, with or without a last word."""

    def __init__(self, daemon, folder, up=None, down=None, says=b""):
        self.run = folder / "between"
        self.run.mkdir()
        (self.run / "admin.header").write_bytes(
            (daemon.run / "admin.header").read_bytes())
        self.there = str(daemon.run / "api.sock")
        self.left = {"up": up, "down": down}
        self.says, self.cuts = says, 0
        self.door = socket.socket(socket.AF_UNIX)
        self.door.bind(str(self.run / "api.sock"))
        self.door.listen(8)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.door.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(self.there)
                for way, a, b in ("up", near, far), ("down", far, near):
                    threading.Thread(target=self.carry, args=(way, a, b),
                                     daemon=True).start()

    def carry(self, way, a, b):
        with contextlib.suppress(OSError):
            while data := a.recv(65536):
                if self.left[way] is not None:
                    self.left[way] -= len(data)
                    if self.left[way] < 0:
                        self.left[way] = None
                        self.cuts += 1
                        (a if way == "up" else b).sendall(self.says)
                        break
                b.sendall(data)
        for end in (a, b):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.door.close()


# what cannot be read any more

@pytest.mark.parametrize("how", ["first", "later", "gone"])
def test_a_damaged_file_among_others(two, folder, how):
    """The others are exported, and it is said which one is not."""
    bob = two[1]
    (folder / "out").mkdir()
    bob.umbel("export", "out", check=False)
    for name in os.listdir("out"):
        if name != ".umbel-exported":
            (folder / "out" / name).unlink()
    came(two, b"before", f"{how}-before")
    bad, blob = came(two, noise(3 * PIECE), f"{how}-bad")
    came(two, b"after", f"{how}-after")
    kept = blob.read_bytes()
    if how == "gone":
        blob.unlink()
    else:
        with blob.open("rb+") as file:
            file.seek(100 if how == "first" else 2 * PIECE + 100)
            file.write(b"damage")
    done = bob.umbel("export", "out", check=False)
    assert done.returncode == REFUSED
    assert done.stdout.splitlines() == [
        f"out/{how}-before", f"out/{how}-after"]
    assert f"{bad} is damaged" in done.stderr, done.stderr
    path = bob.user_path(f"/files/{bad}/content")
    if how != "later":
        status, _, body = ask(bob, "GET", path)
        assert (status, json.loads(body)["code"]) == (500, "damaged")
    # Found again, it comes too.
    blob.write_bytes(kept)
    blob.chmod(0o600)
    assert bob.umbel("export", "out").stdout == f"out/{how}-bad\n"
    assert (folder / "out" / f"{how}-bad").read_bytes() == noise(3 * PIECE)
    bob.umbel("file", "delete", bad)


def test_accepted_when_it_has_come(two):
    """Perhaps it came between the look and the yes."""
    bob = two[1]
    ident, _ = came(two, b"x", "quick")
    path = bob.user_path(f"/files/{ident}/transfer")
    assert bob.call("PATCH", path, {"state": "running"})["state"] == "done"
    assert bob.umbel("file", "accept", "--wait", ident).stdout == "done\n"
    fails(bob, REFUSED, "it is over", "file", "decline", ident)


# places

def test_export_wants_a_folder(two, folder):
    """Of a variable that is not set a shell makes nothing, not /."""
    fails(two[1], USAGE, "which folder", "export", "")
    assert not pathlib.Path("/.umbel-exported").exists()


def test_a_list_that_was_cut(two, folder):
    """The disk was full in the middle of a line."""
    bob = two[1]
    ident, _ = came(two, b"x", "listed")
    (folder / "out").mkdir()
    bob.umbel("export", "out")
    listed = folder / "out" / ".umbel-exported"
    listed.write_text(f"{ident[:9]}")
    bob.umbel("export", "out")
    assert ident in listed.read_text().split()
    assert bob.umbel("export", "out").stdout == ""


def test_force_replaces_files_only(two, folder):
    alice = two[0]
    ident = here(alice, b"new")
    os.mkfifo("pipe")
    (folder / "link").symlink_to("/dev/null")
    for name in ("pipe", "link"):
        before = os.lstat(name).st_ino
        fails(alice, REFUSED, f"{name} is no file", "get", "--force", ident,
              name)
        assert os.lstat(name).st_ino == before
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    assert os.listdir() != [] and not [
        f for f in os.listdir() if f.startswith(".umbel")]


def test_a_name_that_no_folder_takes(two, folder):
    """Said before it is fetched, and not that it is there."""
    alice = two[0]
    ident = here(alice, noise(MIB))
    for words in ([], ["--force"]):
        fails(alice, REFUSED, "cannot be written: File name too long", "get",
              *words, ident, "x" * 256)
    assert os.listdir() == []


# slowly

def test_a_slow_reader_of_a_pipe(two, folder):
    """The daemon cuts one who does not read for half a minute; nobody could
    go on with what went into a pipe, so the command does."""
    alice = two[0]
    data = noise(6 * MIB)
    ident = here(alice, data)
    with Between(alice, folder, down=3 * MIB) as between:
        done = subprocess.run(
            [UMBEL, "--run", str(between.run), "get", ident, "-"],
            capture_output=True, timeout=LIMIT)
    assert between.cuts == 1
    assert (done.returncode, done.stderr) == (DONE, b"")
    assert done.stdout == data


def test_a_slow_sender(two, folder):
    """Stopped for a while, as by Ctrl-Z: it goes on by itself."""
    alice = two[0]
    data = noise(6 * MIB)
    (folder / "slow").write_bytes(data)
    with Between(alice, folder, up=3 * MIB,
                 says=b"HTTP/1.1 408 Request Timeout\r\n"
                 b"Content-Length: 0\r\nConnection: close\r\n\r\n") as between:
        done = subprocess.run(
            [UMBEL, "--run", str(between.run), "send-file", "--ids", "bob",
             "slow"], capture_output=True, text=True, timeout=LIMIT)
    assert between.cuts == 1
    assert (done.returncode, done.stderr) == (DONE, "")
    ident = done.stdout.strip()
    assert ask(alice, "GET", alice.user_path(
        f"/files/{ident}/content"))[2] == data


def test_more_than_so_many_calls_a_minute(place, folder):
    """Whoever sends or exports a folder need not count."""
    carol, dave = place.daemon("carol"), place.daemon("dave")
    pair(carol, dave)
    dave.umbel("privacy", "--accept", "file", "--up-to", "1K")
    carol.stop()
    text = carol.conf.read_text()
    carol.conf.write_text(text.replace("calls_per_minute = 0",
                                       "calls_per_minute = 110"))
    carol.start()
    carol.unlock()
    names = [f"{i:02}" for i in range(25)]
    for name in names:
        (folder / name).write_text(name)
    done = carol.umbel("send-file", "dave", *names)
    assert done.stderr == ""
    until("all have come", lambda: len([
        f for f in dave.call("GET", dave.user_path("/files?limit=200"))["items"]
        if f["state"] == "done"]) == len(names))
    dave.stop()
    text = dave.conf.read_text()
    dave.conf.write_text(text.replace("calls_per_minute = 0",
                                      "calls_per_minute = 45"))
    dave.start()
    dave.unlock()
    (folder / "out").mkdir()
    done = dave.umbel("export", "out")
    assert done.stderr == ""
    assert sorted(done.stdout.split()) == [f"out/{name}" for name in names]


def test_a_picture_that_is_none(two, folder):
    """It is said what can be done about it."""
    alice = two[0]
    (folder / "x.jpg").write_bytes(b"\xff\xd8\xff\xe0\0\1 and more")
    fails(alice, USAGE, "x.jpg cannot be freed of metadata; --metadata keep",
          "send-file", "bob", "x.jpg")
    alice.umbel("send-file", "--metadata", "keep", "bob", "x.jpg")


# a small window

@pytest.mark.parametrize("columns", [1, 4, 10, 20, 40])
def test_the_bar_in_a_small_window(two, folder, columns):
    """It never becomes two lines, and tells how far it is if that fits."""
    alice = two[0]
    ident = here(alice, noise(20 * MIB), "a name of some length.bin")
    terminal = Terminal("-c", f'stty cols {columns}; "$0" --run "$1" get '
                        f'{ident} out.{columns}', UMBEL, str(alice.run),
                        program="/bin/sh")
    assert terminal.end() == DONE
    frames = re.split("\r\n?|\x1b\\[K", terminal.text)
    bars = [f for f in frames if f and not f.startswith("out.")]
    assert bars or columns == 1
    assert max(map(len, bars), default=0) < columns or columns == 1
    if columns >= 5:
        assert re.search("100%", bars[-1])
