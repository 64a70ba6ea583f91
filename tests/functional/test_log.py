# SPDX-License-Identifier: GPL-3.0-or-later
"""The log: whoever reads it, or does not, has no say in what the daemon does;
and one line is one line."""

import contextlib
import os
import re
import signal
import subprocess

import pytest

from daemons import LIMIT, Place, die_with_parent, until


@pytest.fixture(name="place")
def make_place():
    with Place() as place:
        yield place


def start(daemon, stream, *more, env=None):
    daemon.process = subprocess.Popen(
        [str(daemon.program()), "--config", str(daemon.conf), "--data",
         str(daemon.data), "--run", str(daemon.run), "--listen",
         "127.0.0.1:0", *daemon.tor_arguments(), *more],
        stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
        preexec_fn=die_with_parent, env={**daemon.environment(), **(env or {})})
    daemon.log.touch()
    daemon.wait_up()
    return daemon


def fill(pipe):
    """Until not one byte more goes in."""
    os.set_blocking(pipe, False)
    for piece in (b"x" * 512, b"x"):
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(pipe, piece)
    # The daemon has the same end, and takes it as it comes.
    os.set_blocking(pipe, True)


def drain(pipe):
    os.set_blocking(pipe, False)
    text = b""
    with contextlib.suppress(BlockingIOError):
        while True:
            text += os.read(pipe, 1 << 16)
    return text.decode()


def test_who_reads_no_more_stops_nothing(place):
    """umbeld 2>&1 | less, and nobody there."""
    lone = place.daemon("lone", start=False)
    ours, theirs = os.pipe()
    start(lone, theirs, "--log-level", "debug")
    fill(theirs)
    lone.process.send_signal(signal.SIGHUP)
    lone.add_user()
    lone.wait_for_tor()
    drain(ours)
    # Who reads on is told.
    text = ""

    def told():
        nonlocal text
        lone.process.send_signal(signal.SIGHUP)
        text += drain(ours)
        return re.search(r"umbeld: warning: [1-9]\d* lines before this one are"
                         " lost", text)
    until("a word of what is lost", told)
    fill(theirs)
    lone.process.terminate()
    assert lone.process.wait(LIMIT) == 0
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize("stream", ["/dev/full", None])
def test_no_room_and_no_log_stop_nothing(place, stream):
    lone = place.daemon("lone", start=False)
    if stream:
        with open(stream, "w", encoding="ascii") as full:
            start(lone, full)
    else:
        ours, theirs = os.pipe()
        os.close(ours)  # SIGPIPE, if it were not ignored
        start(lone, theirs)
        os.close(theirs)
    lone.add_user()
    assert lone.stop() == 0


def test_a_path_makes_no_line_of_its_own(place):
    """Of the journal: "<0>" at the front of it would be an emergency."""
    lone = place.daemon("lone", start=False)
    name = f"{place.folder}/a\n<0>\x1b[2Jforged"
    done = subprocess.run(
        [lone.program(), "--data", lone.data, "--run", lone.run, "--config",
         lone.conf, "--tor", name, "--check-config"], stderr=subprocess.PIPE,
        env=lone.environment(), timeout=LIMIT, check=False)
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1 and b"\x1b" not in done.stderr
