# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for tor behaves as tor does where umbel looks.

stem is the judge of the control port: it was written for the real one.
"""

import base64
import contextlib
import hmac
import os
import pathlib
import re
import shutil
import socket
import stat
import subprocess
import tempfile
import threading

import pytest

import fake_tor
import hostile_tor
from tor_client import (Echo, add_onion, dial, key_pair, login, on_upload, say,
                        service_key)

REAL_TOR = shutil.which("tor", path="/usr/bin:/usr/sbin")


@pytest.fixture
def net():
    folder = tempfile.mkdtemp(prefix="u", dir="/tmp")
    with fake_tor.FakeNet(folder) as network:
        yield network
    shutil.rmtree(folder)


@pytest.fixture
def echo(net):
    """The path of a service that answers with what it gets."""
    service = Echo(net.folder / "echo")
    yield service.path
    service.close()


def test_login_is_by_safecookie(net):
    tor = net.add("a")
    with login(tor.control_path) as control:
        assert str(control.get_version()).startswith(fake_tor.VERSION)
        assert "PROGRESS=100" in control.get_info("status/bootstrap-phase")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(tor.control_path))
        sock.sendall(b"AUTHENTICATE " + tor.cookie.hex().encode() + b"\r\n")
        assert sock.recv(100).startswith(b"515 ")
        assert sock.recv(100) == b""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(tor.control_path))
        sock.sendall(b"GETINFO version\r\n")
        assert sock.recv(100).startswith(b"514 ")
        assert sock.recv(100) == b""


def test_stream_reaches_the_service(net, echo):
    a, b = net.add("a"), net.add("b")
    with login(a.control_path) as service:
        ready = on_upload(service)
        name = add_onion(service, echo)
        assert ready.wait(10)
        code, sock = dial(b.socks_path, name + ".onion")
        assert code == fake_tor.GRANTED
        data = os.urandom(3 << 20)
        threading.Thread(target=sock.sendall, args=(data,)).start()
        got = b""
        while len(got) < len(data):
            got += sock.recv(1 << 20)
        assert got == data
        say(service, "DEL_ONION " + name)
        sock.sendall(b"x")
        assert sock.recv(1) == b"x"     # streams outlive DEL_ONION
        assert dial(b.socks_path, name + ".onion")[0] == \
            fake_tor.DESC_MISSING
        name = add_onion(service, echo)
        a.stats()
        assert dial(b.socks_path, name + ".onion", 2)[0] == fake_tor.REFUSED
    while a.stats()["controls"]:
        pass
    assert dial(b.socks_path, name + ".onion")[0] == fake_tor.DESC_MISSING


def test_client_authorisation(net, echo):
    a, b = net.add("a"), net.add("b")
    secret, public = key_pair()
    with login(a.control_path) as service, login(b.control_path) as client:
        name = add_onion(service, echo, public)
        a.stats()
        assert dial(b.socks_path, name + ".onion")[0] == \
            fake_tor.AUTH_MISSING
        wrong = key_pair()[0]
        assert say(client, f"ONION_CLIENT_AUTH_ADD {name} x25519:{wrong}") \
            .startswith("250 ")
        assert dial(b.socks_path, name + ".onion")[0] == fake_tor.AUTH_WRONG
        assert say(client, f"ONION_CLIENT_AUTH_ADD {name} x25519:{secret}") \
            .startswith("251 ")
        assert dial(b.socks_path, name + ".onion")[0] == fake_tor.GRANTED
        say(client, f"ONION_CLIENT_AUTH_REMOVE {name}")
        assert dial(b.socks_path, name + ".onion")[0] == \
            fake_tor.AUTH_MISSING


def test_socks_refusals(net):
    a = net.add("a")
    for host, code in (("example.org", 2), ("a" * 56 + ".onion", 0xF6),
                       ("short.onion", 0xF6)):
        assert dial(a.socks_path, host)[0] == code


def test_faults(net, echo):
    a, b = net.add("a"), net.add("b")
    with login(a.control_path) as service:
        name = add_onion(service, echo) + ".onion"
        a.stats()
        b.set(socks=fake_tor.INTRO_FAILED)
        assert dial(b.socks_path, name)[0] == fake_tor.INTRO_FAILED
        b.set(socks=None, stream_bytes=3)
        code, sock = dial(b.socks_path, name)
        sock.sendall(b"12345")
        got = b""
        while True:
            more = sock.recv(10)
            if not more:
                break
            got += more
        assert code == 0 and len(got) < 5
        code, sock = dial(b.socks_path, name)
        b.cut(control=False)
        with pytest.raises(ConnectionError):
            if not sock.recv(1):
                raise ConnectionError
        b.set(freeze=True)
        code, sock = dial(b.socks_path, name)
        sock.sendall(b"1")
        sock.settimeout(0.1)
        with pytest.raises(TimeoutError):
            sock.recv(1)
        a.set(freeze=False)
        a.restart()
        assert dial(b.socks_path, name)[0] == fake_tor.DESC_MISSING


def test_in_place_of_tor(net, echo):
    """As umbeld starts it: a torrc, an owner, kill -9, another start."""
    home = net.folder / "child"
    home.mkdir()
    torrc = home / "torrc"
    torrc.write_text(f"""DataDirectory {home}
ControlPort unix:{home}/control
SocksPort unix:"{home}/socks" ExtendedErrors OnionTrafficOnly
CookieAuthentication 1
__OwningControllerProcess {os.getpid()}
#FakeNet {net.registry.folder}
""")
    program = pathlib.Path(fake_tor.__file__)
    client = net.add("client")
    for _ in range(2):
        child = subprocess.Popen([program, "-f", torrc],
                                 stdout=subprocess.PIPE, text=True)
        assert "100%" in child.stdout.readline()
        with login(home / "control") as service:
            name = add_onion(service, echo) + ".onion"
            service.msg("GETINFO version")
            assert dial(client.socks_path, name)[0] == 0
            assert fake_tor.ask_admin(home / "admin", do="stats")[
                "services"] == [name[:56]]
            child.kill()
            child.wait()
        child.stdout.close()
        assert dial(client.socks_path, name)[0] == fake_tor.INTRO_FAILED


COMMANDS = """GETINFO nothing
GETINFO dormant
SETEVENTS NOSUCH
SETEVENTS HS_DESC STATUS_CLIENT CONF_CHANGED
NOSUCH
SIGNAL NOSUCH
ADD_ONION ED25519-V3:AAAA Port=1,unix:/tmp/x
ADD_ONION RSA1024:{key} Port=1,unix:/tmp/x
ADD_ONION ED25519-V3:{key}
ADD_ONION ED25519-V3:{key} Port=0,unix:/tmp/x
ADD_ONION ED25519-V3:{key} Flags=V3Auth Port=1,unix:/tmp/x
ADD_ONION ED25519-V3:{key} Flags=V3Auth,DiscardPK Port=1,unix:/tmp/x ClientAuthV3={public}
ADD_ONION ED25519-V3:{key} Flags=DiscardPK Port=1,unix:/tmp/x
ADD_ONION ED25519-V3:{other} Flags=V3Auth Port=1,unix:/tmp/x ClientAuthV3=ABC
ADD_ONION ED25519-V3:{other} Port=1,unix:/tmp/x Port=2,unix:/tmp/y
GETINFO onions/current
DEL_ONION {name}
DEL_ONION {name}
DEL_ONION abc
GETINFO onions/detached
ONION_CLIENT_AUTH_ADD {name} x25519:{secret}
ONION_CLIENT_AUTH_ADD {name} x25519:{secret}
ONION_CLIENT_AUTH_ADD {name} x25519:AAAA
ONION_CLIENT_AUTH_ADD {name} rsa:AAAA
ONION_CLIENT_AUTH_ADD abc x25519:{secret}
ONION_CLIENT_AUTH_VIEW
ONION_CLIENT_AUTH_REMOVE {name}
ONION_CLIENT_AUTH_REMOVE {name}
ONION_CLIENT_AUTH_REMOVE abc
GETCONF SafeLogging
TAKEOWNERSHIP
"""


@pytest.mark.skipif(not REAL_TOR, reason="tor is missing")
def test_same_answers_as_tor(net):
    """The real tor, its network off, and ours are asked the same; what
    counts is the code, and the whole line where it carries a value."""
    home = net.folder / "real"
    home.mkdir(mode=0o700)
    (home / "torrc").touch()
    child = subprocess.Popen(
        [REAL_TOR, "-f", home / "torrc", "--defaults-torrc",
         home / "torrc", "--DataDirectory", home, "--SocksPort", "0",
         "--DisableNetwork", "1", "--ControlPort", f"unix:{home}/control",
         "--CookieAuthentication", "1", "--__OwningControllerProcess",
         str(os.getpid())],
        stdout=subprocess.PIPE, text=True)
    try:
        assert any("Opened Control listener" in line
                   for line in child.stdout)
        raw, other = (fake_tor.expand(os.urandom(32)) for _ in range(2))
        secret, public = key_pair()
        words = {"key": base64.b64encode(raw).decode(), "secret": secret,
                 "other": base64.b64encode(other).decode(),
                 "public": public, "name": fake_tor.onion_of(raw)}
        with login(home / "control") as real, \
                login(net.add("ours").control_path) as ours:
            differ = []
            for command in COMMANDS.format(**words).split("\n")[:-1]:
                want, have = say(real, command), say(ours, command)
                print(command, want, have, sep="\n")
                if codes(have) != codes(want):
                    differ.append(command)
            assert not differ
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def codes(answer):
    """The lines of an answer; of a sentence for people, only the code.
    Sorted: tor lists onions/current in no order."""
    return sorted(line if "=" in line or len(line) == 56 else line[:4]
                  for line in answer.strip().split("\n"))


@pytest.mark.parametrize("kind", sorted(hostile_tor.KINDS))
def test_hostile_kinds_are_hostile(net, kind):
    """Each misbehaviour is seen by a plain client, so that a daemon that
    passes was really tried."""
    tor = net.add("mallory", make=hostile_tor.hostile(kind),
                  no_login=True)
    if kind.startswith("socks_"):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(20)
            sock.connect(str(tor.socks_path))
            sock.sendall(b"\5\1\2\1\1u\1p\5\1\0\3\1a\0\1")
            got = sock.recv(4)
            sock.settimeout(0.3)
            with contextlib.suppress(TimeoutError):
                while more := sock.recv(4096):
                    got += more
        assert got[:4] == b"\5\2\1\0" and \
            got[4:] != bytes([5, 2, 0, 4]) + bytes(18)
        return
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(5)
        sock.connect(str(tor.control_path))
        if kind.startswith("cookie_"):
            try:
                status = os.lstat(tor.cookie_path)
            except FileNotFoundError:
                assert kind == "cookie_late"
                return
            good = stat.S_ISREG(status.st_mode) and status.st_size == 32 \
                and stat.S_IMODE(status.st_mode) == 0o600
            assert not good
            return
        floods = kind.startswith(("endless", "event"))
        secret = service_key()
        sock.sendall(b"PROTOCOLINFO 1\r\nAUTHCHALLENGE SAFECOOKIE " +
                     b"00" * 32 + b"\r\n")
        sock.sendall(b"SETEVENTS HS_DESC\r\nGETINFO version\r\nADD_ONION "
                     b"ED25519-V3:" + secret.encode() +
                     b" Port=1,unix:/x\r\n")
        got = b""
        with contextlib.suppress(ConnectionError):
            while more := sock.recv(1 << 16):
                got += more
                if not floods and b"250 OK" in \
                        got.partition(b"version=0.4")[2].partition(
                            b"250 OK")[2]:
                    break
                if len(got) > 1 << 22:
                    break
    name = fake_tor.onion_of(base64.b64decode(secret)).encode()
    if kind.startswith("id_"):
        last = got.partition(b"version=0.4")[2].partition(b"250 OK\r\n")[2]
        assert last != b"250-ServiceID=" + name + b"\r\n250 OK\r\n"
    elif kind == "no_safecookie":
        assert b"SAFECOOKIE" not in got.partition(b"250 OK")[0]
    elif kind in ("wrong_hash", "no_hash", "any_login"):
        match = re.search(b"SERVERHASH=([0-9A-F]+) SERVERNONCE=([0-9A-F]+)",
                          got)
        right = match and hmac.new(
            b"Tor safe cookie authentication server-to-controller hash",
            tor.cookie + bytes(32) + bytes.fromhex(match[2].decode()),
            "sha256").hexdigest().upper().encode()
        assert not match or match[1] != right
    else:
        assert len(got) > 1 << 22
    assert b"PROTOCOLINFO" in tor.received
