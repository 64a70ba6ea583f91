#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for tor: control port, SOCKS and onion services on unix sockets.

No cryptography on the way and no network: a stream is relayed from the SOCKS
socket straight to the unix socket that ADD_ONION named.  What tor does at its
edges is there: SAFECOOKIE, client authorisation, services that end with their
control connection, events, extended SOCKS errors.  All instances that share a
registry folder reach each other, whatever process they live in.

Three ways to use it:

    net = FakeNet(folder); tor = net.add("alice")     in a test; see Instance
    fake_tor.py DIR...             serves DIR/control, DIR/socks, DIR/cookie
                                   for each DIR; registry: parent of the first
    fake_tor.py -f TORRC ...       called as tor is: `umbeld --tor fake_tor.py`
                                   with the line "FakeNet FOLDER" (or the same
                                   after a #) in --tor-extra for the registry,
                                   which --tor-writes must contain

Faults are attributes of Instance.faults, and of the admin socket (DIR/admin,
or DataDirectory/admin): one JSON object a line, such as {"socks": 1},
{"do": "cut"}, {"do": "stats"}; the answer is one line too.
"""

import sys

VERSION = "0.4.9.11"
if __name__ == "__main__":
    if "--version" in sys.argv:
        # Before all that takes long: each daemon asks as it starts.
        print(f"Tor version {VERSION}.\nThis is fake_tor, for tests only.")
        sys.exit()
    if "--verify-config" in sys.argv:
        with open(sys.argv[sys.argv.index("-f") + 1], encoding="ascii") as f:
            if any(line.startswith("NoSuch") for line in f):
                print("Nov 28 02:37:42.000 [warn] Failed to parse/validate "
                      "config: Unknown option 'NoSuch'.  Failing.\n"
                      "Nov 28 02:37:42.000 [err] Reading config failed")
                sys.exit(1)
        print("Configuration was valid")
        sys.exit()
    sys.modules["ssl"] = None  # asyncio can do without

import asyncio  # noqa: E402 - and what is below
import base64
import binascii
import collections
import contextlib
import ctypes
import hashlib
import hmac
import json
import os
import pathlib
import re
import shlex
import signal
import tempfile
import threading
import time

READ_BYTES = 1 << 20
EVENTS = set(
    "BW CIRC CLIENTS_SEEN CONF_CHANGED ERR GUARD HS_DESC HS_DESC_CONTENT INFO "
    "NETWORK_LIVENESS NEWDESC NOTICE NS ORCONN SIGNAL STATUS_CLIENT "
    "STATUS_GENERAL STATUS_SERVER STREAM STREAM_BW WARN ADDRMAP BUILDTIMEOUT_SET "
    "CELL_STATS CIRC_BW CIRC_MINOR CONN_BW DEBUG DESCCHANGED NEWCONSENSUS "
    "TRANSPORT_LAUNCHED".split()
)

# SOCKS replies, extended errors of tor among them.
GRANTED, GENERAL, NOT_ALLOWED, REFUSED, TIMED_OUT, NO_COMMAND, NO_ADDRESS = (
    0, 1, 2, 5, 6, 7, 8)
DESC_MISSING, INTRO_FAILED, AUTH_MISSING, AUTH_WRONG, ADDRESS_BAD = (
    0xF0, 0xF2, 0xF4, 0xF5, 0xF6)

# By name: to look for it takes programs and files, which tor may not.
_sodium = ctypes.CDLL("libsodium.so.23")


def _sodium_point(function, scalar):
    point = ctypes.create_string_buffer(32)
    if getattr(_sodium, function)(point, scalar) != 0:
        raise ValueError("bad scalar")
    return point.raw


def x25519_public(secret):
    return _sodium_point("crypto_scalarmult_base", secret)


def expand(seed):
    """An ed25519 seed as the 64 bytes that tor keeps."""
    h = bytearray(hashlib.sha512(seed).digest())
    h[0] &= 248
    h[31] = h[31] & 63 | 64
    return bytes(h)


def _checksum(public):
    text = b".onion checksum" + public + b"\3"
    return hashlib.sha3_256(text).digest()[:2]


def onion_of(expanded):
    """The 56 characters of the service with this expanded key."""
    public = _sodium_point("crypto_scalarmult_ed25519_base_noclamp",
                           expanded[:32])
    text = base64.b32encode(public + _checksum(public) + b"\3")
    return text.decode().lower()


def onion_is_valid(name):
    if not re.fullmatch("[a-z2-7]{56}", name):
        return False
    raw = base64.b32decode(name.upper())
    return raw[32:34] == _checksum(raw[:32]) and raw[34] == 3


def _started(pid):
    """When a process started, in the kernel's units; None without it."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return text.rsplit(")", 1)[1].split()[19]


class Registry:
    """Which onion service is where: one small file each, in a folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def put(self, name, owner, ports, clients):
        entry = {"pid": os.getpid(), "start": _started(os.getpid()),
                 "owner": owner, "ports": ports, "clients": clients}
        with tempfile.NamedTemporaryFile("w", dir=self.folder, prefix=".",
                                         delete=False) as file:
            json.dump(entry, file)
        os.rename(file.name, self.folder / name)

    def find(self, name):
        """The entry, None for no such service, or False if its tor died."""
        try:
            entry = json.loads((self.folder / name).read_text())
        except (FileNotFoundError, ValueError):
            return None
        if _started(entry["pid"]) != entry["start"]:
            return False
        return entry

    def all(self):
        """Those whose tor lives."""
        found = (self.find(path.name) for path in self.folder.iterdir()
                 if not path.name.startswith("."))
        return [entry for entry in found if entry]

    def drop(self, name, owner):
        entry = self.find(name)
        if entry and entry["owner"] == owner:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.folder / name)


class Faults:
    """What an instance does wrong; the defaults are: nothing."""

    def __init__(self):
        self.no_login = False      # obey without any authentication
        self.hang_control = False  # accept, never answer
        self.hang_socks = False
        self.control_bytes = None  # close control after so many bytes sent
        self.socks = None          # answer every request with this number
        self.socks_delay = 0.0     # seconds before a SOCKS answer
        self.latency = 0.0         # seconds each way on a stream
        self.stream_rate = None    # bytes a second of each end of a stream
        self.stream_bytes = None   # cut a stream after so many bytes, summed
        self.freeze = False        # streams stay open and pass nothing
        self.bootstrap = 100       # progress to report
        self.publish = "ok"        # or "failed", "never"
        self.publish_delay = 0.0   # seconds until a service can be reached
        self.dead_guard = False    # until NEWNYM, no dial gets anywhere

    def set(self, **values):
        for name, value in values.items():
            if name not in self.__dict__:
                raise KeyError(name)
            setattr(self, name, value)


class Refusal(Exception):
    """A reply other than 250; or, empty, none at all."""


class Control(asyncio.Protocol):
    """One connection to a control socket."""

    def __init__(self, tor):
        self.tor = tor
        self.buffer = b""
        self.authenticated = False
        self.challenge = None
        self.events = set()
        self.services = set()
        self.owner = False
        self.left = tor.faults.control_bytes

    def connection_made(self, transport):
        self.transport = transport
        self.authenticated = self.tor.faults.no_login
        self.tor.controls.add(self)

    def connection_lost(self, _exc):
        self.tor.controls.discard(self)
        for name in self.services:
            self.tor.unpublish(name)
        if self.owner:
            self.tor.quit()

    def data_received(self, data):
        if self.tor.faults.hang_control:
            return
        self.buffer += data
        while b"\n" in self.buffer and not self.transport.is_closing():
            line, self.buffer = self.buffer.split(b"\n", 1)
            self.command(line.rstrip(b"\r").decode("latin-1"))

    def send(self, *lines):
        data = "".join(line + "\r\n" for line in lines).encode("latin-1")
        if self.left is not None:
            data = data[:self.left]
            self.left -= len(data)
        self.transport.write(data)
        if self.left == 0:
            self.transport.close()

    def event(self, kind, *lines):
        if kind not in self.events:
            return
        first, rest = lines[0], lines[1:]
        if rest:
            self.send(f"650-{kind}{first}", *(f"650-{x}" for x in rest),
                      "650 OK")
        else:
            self.send(f"650 {kind}{first}")

    def command(self, line):
        verb, _, rest = line.partition(" ")
        verb = verb.upper()
        self.tor.commands.append(verb)
        early = ("PROTOCOLINFO", "AUTHCHALLENGE", "AUTHENTICATE", "QUIT")
        if not self.authenticated and verb not in early:
            self.send("514 Authentication required.")
            self.transport.close()
            return
        handler = getattr(self, "do_" + verb.lower(), None)
        if not handler:
            self.send(f'510 Unrecognized command "{verb}"')
            return
        try:
            self.send(*(handler(rest) or ()), "250 OK")
        except Refusal as refusal:
            if str(refusal):
                self.send(str(refusal))

    # Logging in.

    def do_protocolinfo(self, _rest):
        path = str(self.tor.cookie_path)
        quoted = path.replace("\\", "\\\\").replace('"', '\\"')
        return ("250-PROTOCOLINFO 1",
                f'250-AUTH METHODS=COOKIE,SAFECOOKIE COOKIEFILE="{quoted}"',
                f'250-VERSION Tor="{VERSION}"')

    def _hash(self, side, client, server):
        key = f"Tor safe cookie authentication {side} hash".encode()
        return hmac.new(key, self.tor.cookie + client + server,
                        "sha256").digest()

    def do_authchallenge(self, rest):
        match = re.fullmatch(r"SAFECOOKIE ([0-9A-Fa-f]+)", rest.strip())
        if not match or len(match.group(1)) % 2:
            raise Refusal("513 AUTHCHALLENGE only supports SAFECOOKIE "
                          "authentication")
        client, server = binascii.unhexlify(match.group(1)), os.urandom(32)
        self.challenge = self._hash("controller-to-server", client, server)
        proof = self._hash("server-to-controller", client, server)
        raise Refusal(f"250 AUTHCHALLENGE SERVERHASH={proof.hex().upper()} "
                      f"SERVERNONCE={server.hex().upper()}")

    def do_authenticate(self, rest):
        try:
            given = binascii.unhexlify(rest.strip().strip('"'))
        except (ValueError, binascii.Error):
            given = b""
        if not self.challenge or not hmac.compare_digest(given,
                                                         self.challenge):
            self.send("515 Authentication failed: Safe cookie response did "
                      "not match expected value.")
            self.transport.close()
            raise Refusal("")
        self.authenticated = True

    def do_quit(self, _rest):
        self.send("250 closing connection")
        self.transport.close()
        raise Refusal("")

    # Asking and setting.

    def do_getinfo(self, rest):
        done = self.tor.faults.bootstrap
        known = {
            "version": VERSION,
            "status/bootstrap-phase": self.tor.bootstrap_text("NOTICE"),
            "status/circuit-established": str(int(done == 100)),
            "status/enough-dir-info": str(int(done >= 75)),
            "network-liveness": "up" if done else "down",
            "net/listeners/socks": f'"unix:{self.tor.socks_path}"',
            "net/listeners/control": f'"unix:{self.tor.control_path}"',
            "onions/current": "\r\n".join(sorted(self.services)),
            "onions/detached": "\r\n".join(sorted(self.tor.detached)),
            "process/pid": str(os.getpid()),
            "dormant": "0",
            "traffic/read": "0",
            "traffic/written": "0",
        }
        for key in rest.split():
            if key not in known:
                raise Refusal(f'552 Unrecognized key "{key}"')
            if "\r\n" in known[key]:
                yield f"250+{key}="
                yield known[key]
                yield "."
            else:
                yield f"250-{key}={known[key]}"

    def do_getconf(self, rest):
        words = rest.split()
        for i, key in enumerate(words):
            dash = " " if i + 1 == len(words) else "-"
            value = self.tor.conf.get(key.lower())
            line = f"250{dash}{key}" + ("" if value is None else f"={value}")
            if dash == " ":
                raise Refusal(line)
            self.send(line)

    def do_setconf(self, rest):
        changed = {}
        for word in shlex.split(rest):
            key, _, value = word.partition("=")
            changed[key] = value
        self.tor.set_conf(changed)

    def do_setevents(self, rest):
        names = {word.upper() for word in rest.split()} - {"EXTENDED"}
        if names - EVENTS:
            raise Refusal(f'552 Unrecognized event "{min(names - EVENTS)}"')
        self.events = names

    def do_takeownership(self, _rest):
        self.owner = True

    def do_signal(self, rest):
        name = rest.strip().upper()
        if name not in ("RELOAD", "HUP", "NEWNYM", "SHUTDOWN", "INT", "HALT",
                        "TERM", "ACTIVE", "DORMANT", "CLEARDNSCACHE",
                        "HEARTBEAT", "DUMP", "DEBUG"):
            raise Refusal(f'552 Unrecognized signal code "{name}"')
        if name in ("SHUTDOWN", "INT", "HALT", "TERM"):
            self.send("250 OK")
            self.tor.quit()
            raise Refusal("")
        if name == "NEWNYM":
            # As tor does: keys that came over the control port go too.
            self.tor.client_keys.clear()
            self.tor.faults.dead_guard = False
        for control in self.tor.controls:
            control.event("SIGNAL", f" {name}")

    def do_hsfetch(self, rest):
        name = rest.strip()
        if not onion_is_valid(name):
            raise Refusal(f'512 Invalid argument "{name}"')
        self.tor.loop.call_soon(self.tor.look_up, name)

    # Onion services.

    def do_add_onion(self, rest):
        words = rest.split()
        kind, _, blob = (words or [""])[0].partition(":")
        options = [word.partition("=")[::2] for word in words[1:]]
        flags = [f for key, value in options if key.lower() == "flags"
                 for f in value.split(",")]
        clients = [v for k, v in options if k.lower() == "clientauthv3"]
        ports = dict(self._port(v) for k, v in options if k.lower() == "port")
        if not ports:
            raise Refusal("512 Missing 'Port' argument")
        if bool(clients) != ("V3Auth" in flags):
            raise Refusal("512 V3Auth flag and ClientAuthV3 go together")
        secret = self._secret(kind, blob)
        name = onion_of(secret)
        if name in self.services or name in self.tor.detached:
            raise Refusal("550 Onion address collision")
        public = [self._client(text) for text in clients]
        yield f"250-ServiceID={name}"
        if "DiscardPK" not in flags and kind == "NEW":
            yield "250-PrivateKey=ED25519-V3:" + \
                base64.b64encode(secret).decode()
        for text in clients:
            yield f"250-ClientAuthV3={text}"
        (self.tor.detached if "Detach" in flags else self.services).add(name)
        self.tor.publish(name, ports, public)

    @staticmethod
    def _port(value):
        virtual, _, target = value.partition(",")
        if not virtual.isdigit() or not 1 <= int(virtual) <= 65535:
            raise Refusal("512 Invalid VIRTPORT/TARGET")
        return virtual, target

    @staticmethod
    def _secret(kind, blob):
        if kind == "NEW" and blob in ("BEST", "ED25519-V3"):
            return expand(os.urandom(32))
        if kind != "ED25519-V3":
            raise Refusal("513 Invalid key type")
        try:
            secret = base64.b64decode(blob, validate=True)
        except binascii.Error:
            secret = b""
        if len(secret) != 64:
            raise Refusal("512 Failed to decode ED25519-V3 key")
        return secret

    @staticmethod
    def _client(text):
        try:
            raw = base64.b32decode(text.upper() + "====")
        except binascii.Error:
            raw = b""
        if len(raw) != 32:
            raise Refusal("512 Cannot decode v3 client auth key")
        return raw.hex()

    def do_del_onion(self, rest):
        name = rest.strip()
        if not onion_is_valid(name):
            raise Refusal("512 Malformed Onion Service id")
        if name not in self.services | self.tor.detached:
            raise Refusal("552 Unknown Onion Service id")
        self.services.discard(name)
        self.tor.detached.discard(name)
        self.tor.unpublish(name)

    def do_onion_client_auth_add(self, rest):
        words = rest.split()
        if len(words) < 2 or not onion_is_valid(words[0]):
            raise Refusal(f'512 Invalid v3 address "{(words or [""])[0]}"')
        kind, _, blob = words[1].partition(":")
        if kind != "x25519":
            raise Refusal("552 Unrecognized key type")
        try:
            secret = base64.b64decode(blob, validate=True)
        except binascii.Error:
            secret = b""
        if len(secret) != 32:
            raise Refusal("512 Failed to decode x25519 private key")
        there = words[0] in self.tor.client_keys
        self.tor.client_keys[words[0]] = secret
        if there:
            raise Refusal("251 Client for onion existed and replaced")

    def do_onion_client_auth_remove(self, rest):
        name = rest.strip()
        if not onion_is_valid(name):
            raise Refusal(f'512 Invalid v3 address "{name}"')
        if self.tor.client_keys.pop(name, None) is None:
            raise Refusal(f'251 No credentials for "{name}"')

    def do_onion_client_auth_view(self, _rest):
        yield "250-ONION_CLIENT_AUTH_VIEW"
        for name, secret in sorted(self.tor.client_keys.items()):
            yield f"250-CLIENT {name} x25519:" + \
                base64.b64encode(secret).decode()


class Side(asyncio.Protocol):
    """One end of a stream; what comes in goes out at the other."""

    def __init__(self, tor):
        self.tor = tor
        self.other = None
        self.transport = None
        self.queue = collections.deque()
        self.held = set()  # why it is not read from

    def connection_made(self, transport):
        self.transport = transport
        transport.max_size = READ_BYTES
        transport.set_write_buffer_limits(high=READ_BYTES)
        self.tor.streams.add(self)

    def connection_lost(self, _exc):
        self.tor.streams.discard(self)
        if self.other:
            self.later(self.other.transport.close)

    def later(self, function, *args):
        """Does it after the latency; what was asked first comes first."""
        if self.tor.faults.latency or self.queue:
            self.queue.append((function, args))
            self.tor.loop.call_later(self.tor.faults.latency, self.next)
        else:
            function(*args)

    def next(self):
        function, args = self.queue.popleft()
        function(*args)

    def data_received(self, data):
        faults = self.tor.faults
        if faults.freeze:
            return
        if faults.stream_bytes is not None:
            data = data[:faults.stream_bytes]
            faults.stream_bytes -= len(data)
        self.tor.relayed += len(data)
        self.later(self.other.transport.write, data)
        if faults.stream_rate:
            self.hold("rate")
            self.tor.loop.call_later(len(data) / faults.stream_rate,
                                     self.release, "rate")
        if faults.stream_bytes == 0:
            faults.stream_bytes = None
            self.later(self.transport.close)

    def hold(self, why):
        self.held.add(why)
        self.transport.pause_reading()

    def release(self, why):
        self.held.discard(why)
        if not self.held and not self.transport.is_closing():
            self.transport.resume_reading()

    def pause_writing(self):
        if self.other:
            self.other.hold("full")

    def resume_writing(self):
        if self.other:
            self.other.release("full")


class Socks(Side):
    """The client's end of a stream, from its SOCKS greeting on."""

    def __init__(self, tor):
        super().__init__(tor)
        self.buffer = b""
        self.step = self.greeting
        self.user = None

    def data_received(self, data):
        if self.other:
            super().data_received(data)
            return
        self.buffer += data
        if self.tor.faults.hang_socks:
            return
        while self.step and self.step():
            pass

    def take(self, count):
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def greeting(self):
        if len(self.buffer) < 2 or len(self.buffer) < 2 + self.buffer[1]:
            return False
        version, count = self.take(2)
        methods = self.take(count)
        if version != 5 or not set(methods) & {0, 2}:
            self.transport.write(b"\5\xff")
            self.transport.close()
            return False
        method = 2 if 2 in methods else 0
        self.transport.write(bytes([5, method]))
        self.step = self.password if method else self.request
        return True

    def password(self):
        b = self.buffer
        if len(b) < 2 or len(b) < 3 + b[1] or len(b) < 3 + b[1] + b[2 + b[1]]:
            return False
        user = self.take(2 + b[1])[2:]
        self.user = (user, self.take(1 + b[2 + len(user)])[1:])
        self.tor.isolations.add(self.user)
        self.transport.write(b"\1\0")
        self.step = self.request
        return True

    def request(self):
        b = self.buffer
        if len(b) < 5:
            return False
        size = {1: 4, 3: 1 + b[4], 4: 16}.get(b[3])
        if size is not None and len(b) < 6 + size:
            return False
        self.step = None
        self.take(4)
        address = self.take(size or 0)
        port = str(int.from_bytes(self.take(2), "big"))
        asyncio.ensure_future(self.connect(b[1], b[3], address, port))
        return False

    def reply(self, code):
        # On a unix socket tor gives the bound address as IPv6; as IPv4 only
        # where it could not even parse the request.
        kind, size = (1, 6) if code in (NO_COMMAND, NO_ADDRESS) else (4, 18)
        self.transport.write(bytes([5, code, 0, kind]) + bytes(size))
        if code != GRANTED:
            self.transport.close()

    async def connect(self, command, kind, address, port):
        faults = self.tor.faults
        self.transport.pause_reading()
        if faults.socks_delay:
            await asyncio.sleep(faults.socks_delay)
        if command != 1 or kind not in (1, 3, 4):
            code, path = (NO_COMMAND if command != 1 else NO_ADDRESS), None
        elif faults.socks is not None:
            code, path = faults.socks, None
        elif faults.dead_guard:
            code, path = TIMED_OUT, None
        elif kind != 3:
            code, path = NOT_ALLOWED, None
        else:
            name = address[1:].decode("latin-1").lower()
            code, path = self.tor.route(name, port)
        if path:
            try:
                _, side = await self.tor.loop.create_unix_connection(
                    lambda: Side(self.tor), path)
            except OSError:
                code = GENERAL
        if self.transport.is_closing():
            if path and code == GRANTED:
                side.transport.close()
            return
        self.reply(code)
        if path and code == GRANTED:
            self.other, side.other = side, self
            if self.buffer:
                super().data_received(self.take(len(self.buffer)))
            self.transport.resume_reading()


class Instance:
    """One tor.  Made by FakeNet.add(); the methods of the lower half may be
    called from any thread."""

    control_protocol = Control
    socks_protocol = Socks

    def __init__(self, loop, registry, control_path, socks_path, cookie_path,
                 quit=None):
        self.loop = loop
        self.registry = registry
        self.control_path = pathlib.Path(control_path)
        self.socks_path = pathlib.Path(socks_path)
        self.cookie_path = pathlib.Path(cookie_path)
        self.faults = Faults()
        self.conf = {"safelogging": "1"}
        self.quit = quit or self._stop
        self.commands = collections.deque(maxlen=10000)
        self.owner = os.urandom(8).hex()
        self.relayed = 0
        self.servers = []
        self.cookie = None
        self.forget()

    def forget(self):
        self.controls, self.streams = set(), set()
        self.detached, self.client_keys = set(), {}
        self.isolations = set()
        self.published = {}

    # Inside the loop.

    async def _start(self):
        self.forget()
        self.write_cookie()
        for path, protocol in ((self.socks_path, self.socks_protocol),
                               (self.control_path, self.control_protocol)):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
            old = os.umask(0o177)
            try:
                self.servers.append(await self.loop.create_unix_server(
                    lambda protocol=protocol: protocol(self), path,
                    backlog=512))
            finally:
                os.umask(old)

    def write_cookie(self):
        self.cookie = os.urandom(32)
        temporary = self.cookie_path.with_suffix(".new")
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
                          0o600), "wb") as file:
            file.write(self.cookie)
        os.rename(temporary, self.cookie_path)

    def _stop(self):
        for server in self.servers:
            server.close()
        self.servers = []
        for path in (self.socks_path, self.control_path):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        self._cut()
        for name in list(self.published):
            self.unpublish(name)

    def _cut(self, streams=True, control=True):
        for one in list(self.streams if streams else ()):
            one.transport.abort()
        for one in list(self.controls if control else ()):
            one.transport.abort()

    def bootstrap_text(self, level):
        done = self.faults.bootstrap
        tag, text = ("done", "Done") if done == 100 else \
            ("loading_descriptors", "Loading relay descriptors")
        return f'{level} BOOTSTRAP PROGRESS={done} TAG={tag} SUMMARY="{text}"'

    def tell(self, kind, *lines):
        for control in list(self.controls):
            control.event(kind, *lines)

    def set_conf(self, changed):
        self.conf.update((k.lower(), v) for k, v in changed.items())
        self.tell("CONF_CHANGED", "", *(f"{k}={v}" for k, v in
                                         changed.items()))

    def publish(self, name, ports, clients):
        self.published[name] = None
        place = "$" + "AB" * 20 + "~fake"
        descriptor = base64.b64encode(hashlib.sha256(
            name.encode()).digest()).decode().rstrip("=")

        def up():
            if name not in self.published or self.faults.publish == "never":
                return
            self.tell("HS_DESC", f" UPLOAD {name} UNKNOWN {place} "
                      f"{descriptor} HSDIR_INDEX={'00' * 32}")
            if self.faults.publish == "failed":
                self.tell("HS_DESC", f" FAILED {name} UNKNOWN {place} "
                          f"{descriptor} REASON=UPLOAD_REJECTED")
                return
            self.registry.put(name, self.owner, ports, clients)
            self.tell("HS_DESC", f" UPLOADED {name} UNKNOWN {place}")

        # Without a delay: after the answer, and before the next command.
        if self.faults.publish_delay:
            self.loop.call_later(self.faults.publish_delay, up)
        else:
            self.loop.call_soon(up)

    def look_up(self, name):
        """What HSFETCH leads to: one directory has it, or none."""
        place = "$" + "CD" * 20 + "~fake"
        descriptor = "x" * 43
        if self.faults.dead_guard:
            self.tell("HS_DESC", f" FAILED {name} NO_AUTH UNKNOWN "
                      f"{descriptor} REASON=QUERY_NO_HSDIR")
            return
        if self.registry.find(name) is not None:
            self.tell("HS_DESC", f" RECEIVED {name} NO_AUTH {place} "
                      f"{descriptor}")
            return
        self.tell("HS_DESC", f" FAILED {name} NO_AUTH {place} {descriptor} "
                  "REASON=NOT_FOUND")
        self.tell("HS_DESC", f" FAILED {name} NO_AUTH UNKNOWN {descriptor} "
                  "REASON=QUERY_NO_HSDIR")

    def _lose(self, *names):
        for name in names or list(self.published):
            self.registry.drop(name, self.owner)

    def lose(self, *names):
        """The directories have forgotten these services, or all, and nobody
        says so."""
        self._call(self._lose, *names)

    def say(self, kind, text):
        """An event of tor's, of any kind."""
        self._call(self.tell, kind, " " + text)

    def unpublish(self, name):
        if self.published.pop(name, self) is not self:
            self.registry.drop(name, self.owner)

    def route(self, host, port):
        """(SOCKS reply, unix socket of the target or None)"""
        if not host.endswith(".onion"):
            return NOT_ALLOWED, None
        name = host[:-len(".onion")].rsplit(".", 1)[-1]
        if not onion_is_valid(name):
            return ADDRESS_BAD, None
        entry = self.registry.find(name)
        if not entry:
            return (DESC_MISSING if entry is None else INTRO_FAILED), None
        if entry["clients"]:
            key = self.client_keys.get(name)
            if key is None:
                return AUTH_MISSING, None
            if x25519_public(key).hex() not in entry["clients"]:
                return AUTH_WRONG, None
        target = entry["ports"].get(port)
        if target is None:
            return REFUSED, None
        if not target.startswith("unix:"):
            return GENERAL, None
        return GRANTED, target[len("unix:"):]

    # From any thread.

    def _call(self, function, *args, **kwargs):
        async def run():
            result = function(*args, **kwargs)
            return await result if asyncio.iscoroutine(result) else result
        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(20)

    def start(self):
        self._call(self._start)

    def stop(self):
        """As if tor were killed: no socket, no stream, no service is left."""
        self._call(self._stop)

    def restart(self):
        self.stop()
        self.start()

    def cut(self, streams=True, control=True):
        """Ends what is open; new connections are welcome."""
        self._call(self._cut, streams, control)

    def set(self, **faults):
        self._call(self._set, **faults)

    def _set(self, **faults):
        self.faults.set(**faults)
        if "bootstrap" in faults:
            self.tell("STATUS_CLIENT", " " + self.bootstrap_text("NOTICE"))

    def change_conf(self, **changed):
        """As another controller would: SETCONF."""
        self._call(self.set_conf, changed)

    def stats(self):
        return self._call(self._stats)

    def _stats(self):
        count = collections.Counter(self.commands)
        return {"services": sorted(self.published),
                "streams": sum(isinstance(s, Socks) for s in self.streams),
                "controls": len(self.controls), "relayed": self.relayed,
                "isolations": len(self.isolations),
                "client_keys": sorted(self.client_keys),
                "commands": dict(count)}


class Admin(asyncio.Protocol):
    """Faults by JSON, one object a line."""

    def __init__(self, tor):
        self.tor = tor
        self.buffer = b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        while b"\n" in self.buffer:
            line, self.buffer = self.buffer.split(b"\n", 1)
            asyncio.ensure_future(self.answer(line))

    async def answer(self, line):
        try:
            words = json.loads(line)
            what = words.pop("do", None)
            if what == "cut":
                self.tor._cut(**words)
            elif what == "stop":
                self.tor._stop()
            elif what == "start":
                await self.tor._start()
            elif what == "conf":
                self.tor.set_conf(words)
            elif what == "lose":
                self.tor._lose(*words.get("names", ()))
            elif what == "say":
                self.tor.tell(words["kind"], " " + words["text"])
            elif what in (None, "stats"):
                self.tor._set(**words)
            else:
                raise KeyError(what)
            reply = self.tor._stats() if what == "stats" else {"ok": True}
        except (ValueError, KeyError, TypeError, OSError) as error:
            reply = {"error": repr(error)}
        self.transport.write(json.dumps(reply).encode() + b"\n")


class FakeNet:
    """A registry, a loop in a thread of its own, and instances by name.

        with FakeNet(folder) as net:
            tor = net.add("alice")      # folder/alice/{control,socks,cookie}
    """

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.registry = Registry(self.folder / "net")
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever,
                                       name="fake_tor", daemon=True)
        self.thread.start()
        self.tors = {}

    def add(self, name, make=Instance, **faults):
        home = self.folder / name
        home.mkdir(mode=0o700, exist_ok=True)
        tor = make(self.loop, self.registry, home / "control",
                   home / "socks", home / "cookie")
        tor.faults.set(**faults)
        tor.start()
        self.tors[name] = tor
        return tor

    def close(self):
        for tor in self.tors.values():
            tor.stop()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.close()


def ask_admin(path, **words):
    """One request to an admin socket, from another process, once it is there:
    a tor that is started is asked about its configuration first."""
    import socket
    end = time.monotonic() + 60
    while not pathlib.Path(path).exists() and time.monotonic() < end:
        time.sleep(0.02)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(20)
        sock.connect(str(path))
        sock.sendall(json.dumps(words).encode() + b"\n")
        with sock.makefile() as file:
            answer = json.loads(file.readline())
        assert not (isinstance(answer, dict) and "error" in answer), answer
        return answer


def read_torrc(arguments):
    """The options of a command line and torrc of tor, last one wins."""
    given, conf = {}, {}
    flags = ("--hush", "--quiet", "--ignore-missing-torrc", "--verify-config")
    words = iter(arguments)
    for word in words:
        if word not in flags:
            given[word.lstrip("-").lower()] = next(words, "")
    for line in pathlib.Path(given["f"]).read_text().split("\n"):
        match = re.match(r"\s*(#\s*FakeNet|[A-Za-z_]\w*)\s+(.*?)\s*$", line)
        if match:
            conf[match.group(1).lstrip("# ").lower()] = match.group(2)
    conf.update(given)
    return conf


def unix_path(value):
    """The path in `unix:/a/b WorldWritable` or `unix:"/a b"`."""
    match = re.match(r'unix:(?:"([^"]*)"|(\S+))', value)
    if not match:
        raise SystemExit(f"fake_tor: not a unix socket: {value}")
    return match.group(1) or match.group(2)


async def serve(tors, admin_paths, owner=None):
    """Serves until SIGTERM, or until process owner is gone."""
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, done.set)
    for tor, path in zip(tors, admin_paths):
        tor.loop = loop
        tor.quit = done.set if owner or len(tors) == 1 else tor._stop
        await tor._start()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        await loop.create_unix_server(lambda tor=tor: Admin(tor), path)
    print("Bootstrapped 100% (done): Done", flush=True)
    born = _started(owner) if owner else None
    while not done.is_set():
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(done.wait(), 0.5 if owner else None)
        if owner and _started(owner) != born:
            break
    for tor, path in zip(tors, admin_paths):
        tor._stop()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def main(arguments, make=Instance):
    if not arguments:
        print(__doc__)
        return 2
    if not arguments[0].startswith("-"):
        homes = [pathlib.Path(word) for word in arguments]
        registry = Registry(homes[0].parent / "net")
        for home in homes:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
        tors = [make(None, registry, home / "control", home / "socks",
                     home / "cookie") for home in homes]
        asyncio.run(serve(tors, [home / "admin" for home in homes]))
        return 0
    conf = read_torrc(arguments)
    if "--verify-config" in arguments:
        return 0
    data = pathlib.Path(conf["datadirectory"].strip('"'))
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    cookie = conf.get("cookieauthfile", str(data / "control_auth_cookie"))
    tor = make(None, Registry(conf["fakenet"]),
               unix_path(conf["controlport"]), unix_path(conf["socksport"]),
               cookie.strip('"'))
    owner = conf.get("__owningcontrollerprocess")
    asyncio.run(serve([tor], [data / "admin"], int(owner) if owner else None))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
