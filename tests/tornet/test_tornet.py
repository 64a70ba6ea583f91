# SPDX-License-Identifier: GPL-3.0-or-later
"""The private Tor network does what the tests above it rely on."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import pytest

import tornet
from tor_client import (Echo, add_onion, dial, key_pair, login, on_upload,
                        say)

pytestmark = pytest.mark.skipif(
    not shutil.which("tor", path="/usr/bin:/usr/sbin"),
    reason="tor is missing")


@pytest.fixture
def folder():
    path = tempfile.mkdtemp(prefix="u", dir="/tmp")
    yield pathlib.Path(path)
    shutil.rmtree(path)


def tors_below(folder):
    """Process ids of the tors that run on a torrc below the folder."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in entry.read_bytes():
                found.append(int(entry.parent.name))
        except OSError:
            pass
    return [pid for pid in found if pid != os.getpid()]


def test_authorised_stream(folder):
    """One client publishes for one key; the other, with the product's own
    defaults, gets in with that key and not without."""
    echo = Echo(folder / "echo")
    began = time.monotonic()
    with tornet.TorNet(folder / "net") as net:
        print(f"network ready: {time.monotonic() - began:.1f} s")
        a = tornet.TorClient(folder / "a", net)
        b = tornet.TorClient(folder / "b", net, testing=False)
        try:
            for client in (a, b):
                client.launch()
            for client in (a, b):
                client.wait_for("Bootstrapped 100%")
            print(f"clients ready: {time.monotonic() - began:.1f} s")
            with login(a.control_path) as service, \
                    login(b.control_path) as caller:
                secret, public = key_pair()
                ready = on_upload(service)
                began = time.monotonic()
                name = add_onion(service, echo.path, public)
                assert ready.wait(60)
                print(f"published: {time.monotonic() - began:.1f} s")
                assert dial(b.socks_path, name + ".onion")[0] == 0xF4
                say(caller, f"ONION_CLIENT_AUTH_ADD {name} x25519:{secret}")
                began = time.monotonic()
                code, sock = dial(b.socks_path, name + ".onion", timeout=60)
                assert code == 0
                print(f"connected: {time.monotonic() - began:.2f} s")
                sock.sendall(b"hello")
                assert sock.recv(5) == b"hello"
                trips = []
                for _ in range(100):
                    began = time.monotonic()
                    sock.sendall(b"x")
                    assert sock.recv(1) == b"x"
                    trips.append(time.monotonic() - began)
                print(f"one byte and back: {sorted(trips)[50] * 1e3:.1f} ms")
                sock.close()
        finally:
            for client in (a, b):
                client.stop()
            echo.close()
    assert not tors_below(folder)
    assert not list((folder / "net").iterdir())


def run_start(folder):
    child = subprocess.Popen(
        [sys.executable, tornet.__file__, "start", folder / "demo"],
        stdout=subprocess.PIPE, text=True)
    for line in child.stdout:
        if "network ready" in line:
            break
    else:
        pytest.fail("no network")
    deadline = time.monotonic() + 30
    while not (folder / "demo/ready").exists():
        assert child.poll() is None and time.monotonic() < deadline
    assert "DirAuthority" in (folder / "demo/extra.torrc").read_text()
    assert len(tors_below(folder / "demo/net")) == 4
    return child


def ended(child):
    child.wait()
    child.stdout.close()


def test_command_leaves_nothing(folder):
    child = run_start(folder)
    child.send_signal(signal.SIGTERM)
    ended(child)
    assert child.returncode == 0
    assert not tors_below(folder)
    assert not (folder / "demo").exists()


def test_no_tor_outlives_a_killed_command(folder):
    child = run_start(folder)
    child.kill()
    ended(child)
    deadline = time.monotonic() + 30
    while tors_below(folder):
        assert time.monotonic() < deadline
        time.sleep(0.01)
