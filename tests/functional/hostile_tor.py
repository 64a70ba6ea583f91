#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tor that means harm, or is broken: fake_tor with one misbehaviour.

    tor = net.add("mallory", make=hostile("endless_line"))
    HOSTILE=endless_line hostile_tor.py DIR        or called as tor is

tor.received holds every byte that a daemon sent to the control socket, and
tor.sent counts what it was sent.  KINDS lists the misbehaviours.
"""

import base64
import os
import sys

import fake_tor

CHUNK = b"a" * 65536


class Tap(fake_tor.Control):
    """Control that keeps what it hears and counts what it says."""

    def data_received(self, data):
        self.tor.received += data
        super().data_received(data)

    def connection_made(self, transport):
        self.paused = False
        super().connection_made(transport)

    def pause_writing(self):
        self.paused = True

    def resume_writing(self):
        self.paused = False

    def flood(self, head, chunk):
        """Sends head, and chunk without end."""
        self.transport.write(head)

        def more():
            if self.transport.is_closing():
                return
            if not self.paused:
                self.transport.write(chunk)
                self.tor.sent += len(chunk)
            self.tor.loop.call_later(0.001 if self.paused else 0, more)

        more()


class Hostile(fake_tor.Instance):
    control_protocol = Tap

    def __init__(self, *args, **kwargs):
        self.received = b""
        self.sent = 0
        super().__init__(*args, **kwargs)


# T-01: replies without end.

class EndlessLine(Tap):
    def do_getinfo(self, _rest):
        self.flood(b"250-version=", CHUNK)
        raise fake_tor.Refusal("")


class EndlessLines(Tap):
    def do_getinfo(self, _rest):
        self.flood(b"", b"250-version=0.4.9.11\r\n" * 1000)
        raise fake_tor.Refusal("")


class EndlessData(Tap):
    def do_getinfo(self, _rest):
        self.flood(b"250+version=\r\n", b"0.4.9.11\r\n" * 1000)
        raise fake_tor.Refusal("")


class EndlessGreeting(Tap):
    """Before any login."""

    def do_protocolinfo(self, _rest):
        self.flood(b"250-", CHUNK)
        raise fake_tor.Refusal("")


class EventFlood(Tap):
    def do_setevents(self, rest):
        super().do_setevents(rest)
        event = b"650 HS_DESC UPLOADED " + b"a" * 56 + b" UNKNOWN $AA\r\n"
        self.send("250 OK")
        self.flood(b"", event * 1000)
        raise fake_tor.Refusal("")


# T-02: a service that is not what was asked for.

def identity(lines):
    """ADD_ONION is answered with these lines; {id} is the right name."""

    class Identity(Tap):
        def do_add_onion(self, rest):
            right = [line for line in super().do_add_onion(rest)]
            name = right[0].split("=")[1]
            return [line.format(id=name, key=base64.b64encode(
                bytes(64)).decode()) for line in lines]
    return Identity


# T-03, T-04: the cookie.

class NoSafeCookie(Tap):
    def do_protocolinfo(self, rest):
        return [line.replace("COOKIE,SAFECOOKIE", "NULL,COOKIE")
                for line in super().do_protocolinfo(rest)]


class WrongHash(Tap):
    def _hash(self, side, client, server):
        good = super()._hash(side, client, server)
        return bytes(32) if side.startswith("server") else good


class NoHash(Tap):
    def do_authchallenge(self, rest):
        raise fake_tor.Refusal(f"250 AUTHCHALLENGE SERVERNONCE={'00' * 32}")


class AnyLogin(Tap):
    """Says OK to everything, right proof or not."""

    def do_authchallenge(self, rest):
        raise fake_tor.Refusal(f"250 AUTHCHALLENGE SERVERHASH={'11' * 32} "
                               f"SERVERNONCE={'00' * 32}")

    def do_authenticate(self, rest):
        self.authenticated = True


def cookie(write):
    """write(path) puts what the daemon finds in place of the cookie."""

    class Place(Hostile):
        def write_cookie(self):
            super().write_cookie()
            os.unlink(self.cookie_path)
            write(self)
    return Place


def _secret_elsewhere(tor):
    """32 bytes that are not ours to have, behind a symbolic link."""
    other = tor.cookie_path.with_name("secret")
    other.write_bytes(b"S" * 32)
    os.chmod(other, 0o600)
    os.symlink(other, tor.cookie_path)


def _fifo(tor):
    os.mkfifo(tor.cookie_path, 0o600)


def _sized(count, mode=0o600):
    def write(tor):
        tor.cookie_path.write_bytes(tor.cookie[:32] * 2)
        os.truncate(tor.cookie_path, count)
        os.chmod(tor.cookie_path, mode)
    return write


def _late(tor):
    tor.loop.call_later(0.5, _sized(32), tor)


# T-09: SOCKS.

def socks(answer, close=True):
    """The request is answered with these bytes."""

    class Answer(fake_tor.Socks):
        async def connect(self, *_args):
            self.transport.write(answer)
            if close:
                self.transport.close()
    return Answer


class SocksEarly(fake_tor.Socks):
    """Sends data before the greeting is read."""

    def connection_made(self, transport):
        super().connection_made(transport)
        transport.write(b"\5\2\1\0\5\0\0\1\0\0\0\0\0\0" + b"x" * 4096)


def _kind(control=Tap, socks_side=fake_tor.Socks, base=Hostile):
    return type("Hostile", (base,), {"control_protocol": control,
                                     "socks_protocol": socks_side})


KINDS = {
    "endless_line": _kind(EndlessLine),
    "endless_lines": _kind(EndlessLines),
    "endless_data": _kind(EndlessData),
    "endless_greeting": _kind(EndlessGreeting),
    "event_flood": _kind(EventFlood),
    "id_other": _kind(identity(["250-ServiceID=" + "a" * 56])),
    "id_short": _kind(identity(["250-ServiceID=abc"])),
    "id_space": _kind(identity(["250-ServiceID={id} x"])),
    "id_quote": _kind(identity(['250-ServiceID="{id}"'])),
    "id_crlf": _kind(identity(["250-ServiceID={id}\r\n250-DEL_ONION x"])),
    "id_missing": _kind(identity([])),
    "id_twice": _kind(identity(["250-ServiceID={id}"] * 2)),
    "id_and_key": _kind(identity(["250-ServiceID={id}",
                                  "250-PrivateKey=RSA1024:{key}"])),
    "no_safecookie": _kind(NoSafeCookie),
    "wrong_hash": _kind(WrongHash),
    "no_hash": _kind(NoHash),
    "any_login": _kind(AnyLogin),
    "cookie_symlink": _kind(base=cookie(_secret_elsewhere)),
    "cookie_fifo": _kind(base=cookie(_fifo)),
    "cookie_short": _kind(base=cookie(_sized(31))),
    "cookie_long": _kind(base=cookie(_sized(33))),
    "cookie_open": _kind(base=cookie(_sized(32, 0o666))),
    "cookie_late": _kind(base=cookie(_late)),
    "socks_short": _kind(socks_side=socks(b"\5\0\0\1\0\0")),
    "socks_version": _kind(socks_side=socks(b"\4\0\0\1" + bytes(6))),
    "socks_refuses": _kind(socks_side=socks(b"\5\1\0\1" + bytes(6) + CHUNK)),
    "socks_name": _kind(socks_side=socks(b"\5\0\0\3\xff" + b"x" * 257)),
    "socks_kind": _kind(socks_side=socks(b"\5\0\0\x09" + bytes(300))),
    "socks_silent": _kind(socks_side=socks(b"", close=False)),
    "socks_early": _kind(socks_side=SocksEarly),
}


def hostile(kind):
    """The class of one misbehaviour, for FakeNet.add(make=...)."""
    return KINDS[kind]


if __name__ == "__main__":
    sys.exit(fake_tor.main(sys.argv[1:], KINDS[os.environ["HOSTILE"]]))
