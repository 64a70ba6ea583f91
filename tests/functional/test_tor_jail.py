# SPDX-License-Identifier: GPL-3.0-or-later
"""What tor may do, whoever has its control port: the broker that guards it
may fail, and the core writes to DATA."""

import contextlib
import pathlib
import re
import shutil

import pytest
import stem
import stem.connection

import tor_client
from daemons import Place, until

REAL_TOR = shutil.which("tor", path="/usr/bin:/usr/sbin")


@pytest.fixture(name="jailed")
def make_jailed():
    with Place() as place:
        daemon = place.daemon("judy", start=False)
        daemon.tor = REAL_TOR
        daemon.extra.write_text("DisableNetwork 0\n")
        (place.folder / "net").mkdir()
        daemon.writes = place.folder / "net"
        yield daemon


def is_up(daemon):
    try:
        return tor_client.login(daemon.run / "tor" / "control")
    except (stem.SocketError, stem.connection.AuthenticationFailure):
        return None


def make_program(daemon):
    """One that the core could have made, and what it leaves behind."""
    program, ran = daemon.data / "program", daemon.data / "tor" / "ran"
    program.write_text(f"#!/bin/sh\n: > {ran}\n")
    program.chmod(0o700)
    return program, ran


def set_transport(daemon, program):
    """True if it ran, False if tor could not run it."""
    said = []
    with until("tor is up", lambda: is_up(daemon)) as control:
        for kind in ("NOTICE", "WARN", "ERR"):
            control.add_event_listener(
                lambda event: said.append(event.message), kind)
        tor_client.say(control, "SETCONF UseBridges=1 "
                       f'ClientTransportPlugin="x exec {program[0]}" '
                       'Bridge="x 192.0.2.1:443"')
        until("tor has tried", lambda: program[1].exists() or any(
            str(program[0]) in line and "erminated" in line for line in said))
    return program[1].exists()


@pytest.mark.skipif(not REAL_TOR, reason="tor is missing")
def test_tor_runs_nothing_and_writes_nowhere(jailed):
    """By SETCONF, by a torrc of the core's, by a log and a service."""
    jailed.start()
    program = make_program(jailed)
    assert not set_transport(jailed, program)
    # Nor can it fill its memory until what is to be run lands somewhere else.
    limits = pathlib.Path(f"/proc/{jailed.pid_of('tor')}/limits").read_text()
    assert re.search(rf"^Max address space +{64 << 30} +{64 << 30} ", limits,
                     re.M)
    outside = jailed.home / "outside"
    for option in (f'Log="notice file {outside}"',
                   f'HiddenServiceDir="{outside}" HiddenServicePort="1"'):
        with until("tor is up", lambda: is_up(jailed)) as control:
            # Where tor cannot go back to what was, it ends.
            with contextlib.suppress(stem.SocketClosed):
                answer = tor_client.say(control, "SETCONF " + option)
                assert answer.startswith("5"), answer
        assert not outside.exists()
    (jailed.data / "tor" / "torrc").write_text("Nickname taken\n")
    with until("tor is up", lambda: is_up(jailed)) as control:
        with contextlib.suppress(stem.SocketClosed):
            tor_client.say(control, "SIGNAL SHUTDOWN")
    with until("another tor", lambda: is_up(jailed)) as control:
        inside = jailed.data / "tor" / "log"
        assert tor_client.say(control, f'SETCONF Log="notice file {inside}"'
                              ).startswith("250")
        text = tor_client.say(control, "GETINFO config-text")
        assert "taken" not in text and "ControlPort" in text


@pytest.mark.skipif(not REAL_TOR, reason="tor is missing")
def test_tor_runs_what_umbel_conf_names(jailed):
    program, ran = jailed.home / "program", jailed.data / "tor" / "ran"
    program.write_text(f"#!/bin/sh\n: > {ran}\n")
    program.chmod(0o700)
    jailed.extra.write_text(f"ClientTransportPlugin x exec {program}\n"
                            "UseBridges 1\nBridge x 192.0.2.1:443\n")
    jailed.start()
    until("it ran", ran.exists)
