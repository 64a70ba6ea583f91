# SPDX-License-Identifier: GPL-3.0-or-later
"""QR codes of whole daemons, read by a reader of codes that is not ours."""

import os
import pty
import re
import select
import shutil
import subprocess

import pytest

from daemons import BUILD, LIMIT, Place

QUIET = 4  # modules
# Which of two modules a character draws; what is drawn is light.
LIGHT = {" ": (0, 0), "\N{UPPER HALF BLOCK}": (1, 0),
         "\N{LOWER HALF BLOCK}": (0, 1), "\N{FULL BLOCK}": (1, 1)}
COLOURS = "\x1b[38;5;231;48;5;16m"
PLAIN = "\x1b[0m"

needs_reader = pytest.mark.skipif(not shutil.which("zbarimg"),
                                  reason="no zbarimg (zbar-tools)")


@pytest.fixture(name="alice", scope="module")
def make_alice():
    with Place() as place:
        alice = place.daemon("alice")
        alice.add_user()
        yield alice


def modules_of_svg(svg):
    """Rows of 0 (light) and 1 (dark)."""
    match = re.fullmatch(
        r'<svg xmlns="http://www\.w3\.org/2000/svg" width="(\d+)" '
        r'height="\1" viewBox="0 0 (\d+) \2" shape-rendering="crispEdges">'
        r'<rect width="\2" height="\2" fill="#fff"/>'
        r'<path fill="#000" d="((?:M\d+ \d+h\d+v1h-\d+z)+)"/></svg>\n', svg)
    assert match, svg[:300]
    side = int(match[2])
    rows = [[0] * side for _ in range(side)]
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)", match[3]):
        for i in range(int(x), int(x) + int(width)):
            rows[int(y)][i] = 1
    return rows


def modules_of_blocks(lines):
    rows = []
    for line in lines:
        for half in (0, 1):
            rows.append([1 - LIGHT[c][half] for c in line])
    return rows


def is_quiet(rows):
    """Nothing in the margin, and something in each line next to it."""
    inside = [row[QUIET:-QUIET] for row in rows[QUIET:len(rows[0]) - QUIET]]
    return (sum(map(sum, rows)) == sum(map(sum, inside))
            and all(map(any, (inside[0], inside[-1],
                              [r[0] for r in inside]))))


def read_code(rows, folder):
    """What zbarimg reads."""
    scale, path = 4, folder / "code.pgm"
    data = b"".join(scale * b"".join(scale * (b"\0" if dark else b"\xff")
                                     for dark in row) for row in rows)
    path.write_bytes(b"P5 %d %d 255\n" % (scale * len(rows[0]),
                                          scale * len(rows)) + data)
    done = subprocess.run(
        ["zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", path],
        capture_output=True, text=True, timeout=LIMIT)
    assert done.returncode == 0, done
    return done.stdout.removesuffix("\n")


def svg_of(daemon, invite):
    status, head, body = daemon.request(
        "GET", daemon.user_path(f"/invites/{invite['id']}/qr.svg"))
    assert status == 200
    return head, body.decode()


def test_picture_of_an_invite(alice):
    invite = alice.call("POST", alice.user_path("/invites"), {})
    head, svg = svg_of(alice, invite)
    assert head["Content-Type"] == "image/svg+xml"
    assert head["Cache-Control"] == "no-store"
    assert head["Content-Security-Policy"].startswith("default-src 'none'")
    assert "ETag" not in head
    assert svg_of(alice, invite)[1] == svg
    rows = modules_of_svg(svg)
    assert is_quiet(rows)
    assert len(rows) == 41 + 2 * QUIET  # version 6: alphanumeric


@needs_reader
def test_picture_is_read_as_the_link(alice, tmp_path):
    invite = alice.call("POST", alice.user_path("/invites"), {})
    rows = modules_of_svg(svg_of(alice, invite)[1])
    assert read_code(rows, tmp_path) == invite["link"].upper()


def code_lines(text):
    """Link, and the lines of the code behind it."""
    link, *lines = text.splitlines()
    assert len(lines) == 25 and {len(line) for line in lines} == {49}
    return link, lines


def test_command_draws_blocks(alice):
    link, lines = code_lines(alice.umbel("invite", "--qr").stdout)
    invite = next(i for i in alice.call(
        "GET", alice.user_path("/invites"))["items"] if i["link"] == link)
    rows = modules_of_blocks(lines)
    # One row more than the code has, since characters have two.
    assert not any(rows.pop())
    assert rows == modules_of_svg(svg_of(alice, invite)[1])
    listed = alice.umbel("invite", "list", "--qr").stdout
    assert "\n".join(lines) in listed
    count = len(alice.call("GET", alice.user_path("/invites"))["items"])
    assert len(listed.splitlines()) == count * 26
    assert "\N{FULL BLOCK}" not in alice.umbel("invite", "list").stdout


@needs_reader
def test_blocks_are_read_and_lead_to_a_contact(tmp_path):
    with Place() as place:
        alice, bob = place.daemon("alice"), place.daemon("bob")
        alice.add_user()
        bob.add_user()
        _, lines = code_lines(alice.umbel("invite", "--qr").stdout)
        read = read_code(modules_of_blocks(lines), tmp_path)
        assert bob.umbel("connect", "--wait", read).stdout == "Connected.\n"


def test_terminal_gets_colours(alice):
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(BUILD / "umbel", ["umbel", "--run", str(alice.run),
                                   "invite", "--qr"])
    data = b""
    while select.select([fd], [], [], LIMIT)[0]:
        try:
            more = os.read(fd, 65536)
        except OSError:
            break
        data += more
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(fd)
    lines = [line for line in data.decode().split("\r\n") if "\x1b" in line]
    assert len(lines) == 25
    for line in lines:
        assert line.startswith(COLOURS) and line.endswith(PLAIN)
    rows = modules_of_blocks(
        line[len(COLOURS):-len(PLAIN)] for line in lines)
    assert is_quiet(rows)
