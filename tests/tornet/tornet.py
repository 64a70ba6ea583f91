#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A private Tor network on loopback: four directory authorities that are
relays too, and nothing else.

    with TorNet(folder) as net:            keys, start, wait, and stop at the end
        net.extra()                        lines for the torrc of a client
        TorClient(folder, net).start()     a plain client, for tests and baselines

    tornet.py start DIR     the same in the foreground, until SIGINT or SIGTERM;
                            DIR/extra.torrc and then DIR/ready appear when
                            clients can use it, and are gone afterwards

Every relay has an address of its own in 127/8; the middle two numbers come
from the process id, so that networks run side by side.  Nothing waits for
seconds: what is waited for is said by each tor.  Should this process be
killed, its tors die with it (PDEATHSIG, and tor's own watch over its owner).
"""

import argparse
import contextlib
import ctypes
import fcntl
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

COUNT = 4
START_LIMIT = 90  # seconds; only ever reached when something is broken
# Seconds from start to the first vote, and three more.  The first is enough
# unless the machine is very busy.
LEADS = (5, 15, 30)
LEAD_SLACK = 20
PR_SET_PDEATHSIG = 1

# What every node needs, and what makes an authority of one.
COMMON = """AvoidDiskWrites 1
ShutdownWaitLength 0
NumCPUs 1
RunAsDaemon 0
SafeLogging 0
Log notice stdout
"""
AUTHORITY = """TestingTorNetwork 1
SocksPort 0
ExitPolicy reject *:*
AssumeReachable 1
ContactInfo nobody@example.invalid
AuthoritativeDirectory 1
V3AuthoritativeDirectory 1
AuthDirTestReachability 0
TestingDirAuthVoteGuard *
TestingDirAuthVoteHSDir *
TestingV3AuthInitialVoteDelay 2 seconds
TestingV3AuthInitialDistDelay 2 seconds
V3AuthVotingInterval 1 hour
V3AuthVoteDelay 2 seconds
V3AuthDistDelay 2 seconds
"""
TESTING_CLIENT = """TestingTorNetwork 1
LearnCircuitBuildTimeout 0
"""
# The defaults of the product, but for what a network of four on loopback
# cannot do without.
PRODUCT_CLIENT = """UseDefaultFallbackDirs 0
DirAllowPrivateAddresses 1
EnforceDistinctSubnets 0
ClientRejectInternalAddresses 0
ExtendAllowPrivateAddresses 1
ClientBootstrapConsensusAuthorityDownloadInitialDelay 0
LearnCircuitBuildTimeout 0
"""

_libc = ctypes.CDLL(None)


def _die_with_parent():
    """Runs in the child, before it becomes tor."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


class Failed(Exception):
    """A tor did not do what it should; the text holds its last words."""


class Tor:
    """One tor process.  Start it from a thread that outlives it."""

    def __init__(self, folder, torrc, program="tor"):
        self.folder = pathlib.Path(folder)
        self.torrc = torrc
        self.program = program
        self.process = None
        self.lines = []
        self.changed = threading.Condition()

    def launch(self):
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.chmod(self.folder, 0o700)
        (self.folder / "torrc").write_text(
            f"{self.torrc}DataDirectory {self.folder}\n{COMMON}"
            f"__OwningControllerProcess {os.getpid()}\n")
        (self.folder / "none").touch()
        self.lines = []
        self.process = subprocess.Popen(
            [self.program, "-f", self.folder / "torrc", "--defaults-torrc",
             self.folder / "none"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True, preexec_fn=_die_with_parent)
        threading.Thread(target=self._read, args=(self.process,),
                         daemon=True).start()

    def _read(self, process):
        with open(self.folder / "log", "a", encoding="utf-8") as log, \
                process.stdout:
            for line in process.stdout:
                log.write(line)
                log.flush()
                with self.changed:
                    self.lines.append(line.rstrip())
                    self.changed.notify_all()
        with self.changed:
            self.lines.append("(end of log)")
            self.changed.notify_all()

    def wait_for(self, words, deadline=None):
        """Waits until a line of the log holds the words."""
        deadline = deadline or time.monotonic() + START_LIMIT
        seen = 0
        with self.changed:
            while True:
                for line in self.lines[seen:]:
                    if words in line:
                        return line
                seen = len(self.lines)
                left = deadline - time.monotonic()
                if left <= 0 or self.lines[-1:] == ["(end of log)"]:
                    raise Failed("\n".join(
                        [f"{self.folder}: no '{words}'"] + self.lines[-15:]))
                self.changed.wait(left)

    def stop(self, number=signal.SIGINT):
        """Ends the process, politely unless told otherwise."""
        if not self.process:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


class TorClient(Tor):
    """A client with control and SOCKS sockets in its folder."""

    def __init__(self, folder, net, testing=True):
        folder = pathlib.Path(folder)
        self.control_path = folder / "control"
        self.socks_path = folder / "socks"
        super().__init__(folder, net.extra(testing) + f"""ClientOnly 1
ControlPort unix:{self.control_path}
CookieAuthentication 1
SocksPort unix:{self.socks_path} ExtendedErrors IsolateSOCKSAuth
""", net.program)

    def start(self):
        self.launch()
        self.wait_for("Bootstrapped 100%")
        return self


def _run(command, **kwargs):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, **kwargs)
    if done.returncode:
        raise Failed(f"{command[0]}: {done.stdout}")
    return done.stdout


def _make_keys(folder, nickname, program, gencert):
    """Long-term keys of one authority, without any address in them."""
    keys = folder / "keys"
    keys.mkdir(mode=0o700, parents=True)
    os.chmod(folder, 0o700)
    _run([gencert, "--create-identity-key", "--passphrase-fd", "0",
          "-m", "24", "-i", keys / "authority_identity_key",
          "-s", keys / "authority_signing_key",
          "-c", keys / "authority_certificate"],
         input=secrets.token_hex(16) + "\n")
    (folder / "none").touch()
    _run([program, "--list-fingerprint", "-f", folder / "none",
          "--defaults-torrc", folder / "none", "--DataDirectory", folder,
          "--ORPort", "127.0.0.1:9001", "--SocksPort", "0", "--Nickname",
          nickname, "--Log", "err stdout", "--AssumeReachable", "1"])
    # The identity is only for renewing the certificate: never needed here.
    (keys / "authority_identity_key").unlink()


class Delay:
    """A proxy that clients talk to relays through: tests/bench/delay.c.
    It ends with us, who hold its standard input."""

    def __init__(self, program, milliseconds):
        self.process = subprocess.Popen(
            [program, str(milliseconds)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def torrc(self):
        return f"Socks5Proxy 127.0.0.1:{self.port}\n"

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.process.communicate()


class TorNet:
    """The network.  keys: a folder where keys are made once and kept.
    delay: a Delay for all clients.  The relays cannot have one: authorities
    do not vote by a SOCKS proxy."""

    def __init__(self, folder, keys=None, program="tor", say=None, *,
                 delay=None):
        self.folder = pathlib.Path(folder).resolve()
        self.keys = pathlib.Path(keys or self._default_keys()).resolve()
        self.program = shutil.which(program, path=os.environ.get(
            "PATH", "") + ":/usr/bin:/usr/sbin")
        if not self.program:
            raise Failed("tor is not installed")
        self.say = say or (lambda text: None)
        self.nodes = []
        self.authorities = ""
        self.proxy = delay.torrc() if delay else ""

    @staticmethod
    def _default_keys():
        top = os.environ.get("top_builddir")
        if top:
            return pathlib.Path(top) / "tests/tornet/keys"
        return pathlib.Path(__file__).resolve().parents[2] / "build/tornet-keys"

    def _prepare_keys(self):
        """Makes the keys, unless they are there and good for a month."""
        self.keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(self.keys / "lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for i in range(COUNT):
                place = self.keys / f"auth{i}"
                if self._is_good(place):
                    continue
                self.say(f"keys of authority {i + 1} of {COUNT}")
                half = self.keys / f"half{i}"
                for old in (place, half):
                    shutil.rmtree(old, ignore_errors=True)
                _make_keys(half, f"auth{i}", self.program,
                           shutil.which("tor-gencert") or
                           "/usr/bin/tor-gencert")
                os.rename(half, place)

    @staticmethod
    def _is_good(place):
        try:
            text = (place / "keys/authority_certificate").read_text()
        except OSError:
            return False
        ends = re.search(r"dir-key-expires (\S+ \S+)", text).group(1)
        return ends > time.strftime("%Y-%m-%d %H:%M:%S",
                                    time.gmtime(time.time() + 30 * 86400))

    @staticmethod
    def _pick_addresses():
        """Four addresses that are free: the sockets hold them meanwhile."""
        for step in range(254 * 256):
            number = (os.getpid() + step) % (254 * 256)
            base = f"127.{1 + number % 254}.{number // 254}"
            found = [f"{base}.{1 + i}" for i in range(COUNT)]
            try:
                for address in found:
                    for port in (9001, 9030):
                        with socket.socket() as sock:
                            sock.bind((address, port))
            except OSError:
                continue
            return found
        raise Failed("no free addresses in 127/8")

    def _describe(self, place, nickname, address):
        certificate = (place / "keys/authority_certificate").read_text()
        v3ident = re.search(r"^fingerprint (\w+)", certificate, re.M).group(1)
        fingerprint = (place / "fingerprint").read_text().split()[1]
        return (f"DirAuthority {nickname} orport=9001 v3ident={v3ident} "
                f"{address}:9030 {fingerprint}\n")

    def _authority(self, i, address, lead):
        folder = self.folder / f"auth{i}"
        shutil.copytree(self.keys / f"auth{i}", folder)
        return Tor(folder, f"""Nickname auth{i}
Address {address}
OutboundBindAddress {address}
ORPort {address}:9001
DirPort {address}:9030
ControlPort unix:{folder}/control
CookieAuthentication 1
TestingV3AuthInitialVotingInterval {lead} seconds
TestingV3AuthVotingStartOffset {(int(time.time()) + 1) % lead}
{AUTHORITY}{self.authorities}""", self.program)

    def start(self):
        began = time.monotonic()
        self._prepare_keys()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        addresses = self._pick_addresses()
        self.authorities = "".join(
            self._describe(self.keys / f"auth{i}", f"auth{i}", address)
            for i, address in enumerate(addresses))
        for lead in LEADS:
            try:
                self._attempt(addresses, lead)
                break
            except Failed as error:
                self.stop()
                if lead == LEADS[-1]:
                    raise
                self.say(f"no useful consensus, once more slowly: {error}"
                         .split("\n", maxsplit=1)[0])
            except BaseException:
                self.stop()
                raise
        self.say(f"network ready after {time.monotonic() - began:.1f} s")
        return self

    def _attempt(self, addresses, lead):
        """Votes fall on multiples of the lead since midnight, plus an offset,
        which makes it a second from now; that one is missed, since votes are
        cast 4 seconds ahead, and the next is the first.  By then each
        authority must have heard of all others: the consensus is kept for an
        hour, also if it lists one relay."""
        self.nodes = [self._authority(i, address, lead)
                      for i, address in enumerate(addresses)]
        self.say("four authorities start")
        for node in self.nodes:
            node.launch()
        deadline = time.monotonic() + lead + LEAD_SLACK
        for i, node in enumerate(self.nodes):
            node.wait_for("Bootstrapped 100%", deadline)
            self.say(f"relay {i + 1} of {COUNT} is ready")

    def extra(self, testing=True):
        """Lines for a client's torrc; not testing: with the defaults of the
        product as far as they go."""
        return (TESTING_CLIENT if testing else PRODUCT_CLIENT) + \
            self.proxy + self.authorities

    def stop(self):
        for node in self.nodes:
            node.stop()
        for node in self.nodes:
            shutil.rmtree(node.folder, ignore_errors=True)
        self.nodes = []

    def __enter__(self):
        return self.start()

    def __exit__(self, *_exc):
        self.stop()


def _command_start(arguments):
    stop = threading.Event()

    def on_signal(_number, _frame):
        stop.set()
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    folder = pathlib.Path(arguments.folder).resolve()
    made = not folder.exists()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = [folder / "extra.torrc", folder / "ready"]
    net = TorNet(folder / "net", arguments.keys, arguments.tor,
                 lambda text: print(f"tornet: {text}", flush=True))
    try:
        net.start()
        files[0].write_text(net.extra(not arguments.product))
        files[1].write_text(f"{os.getpid()}\n")
        stop.wait()
    except KeyboardInterrupt:
        pass
    except Failed as error:
        print(f"tornet: {error}", file=sys.stderr)
        return 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        net.stop()
        for path in files:
            path.unlink(missing_ok=True)
        shutil.rmtree(folder / "net", ignore_errors=True)
        if made:
            with contextlib.suppress(OSError):
                folder.rmdir()
    return 0


def main():
    parser = argparse.ArgumentParser(
        description="A private Tor network on loopback.")
    parser.add_argument("command", choices=["start"])
    parser.add_argument("folder", help="an own folder for it")
    parser.add_argument("--keys", help="where the keys are made and kept")
    parser.add_argument("--tor", default="tor", help="the tor program")
    parser.add_argument("--product", action="store_true",
                        help="clients without TestingTorNetwork")
    return _command_start(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
