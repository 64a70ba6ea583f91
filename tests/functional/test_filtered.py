# SPDX-License-Identifier: GPL-3.0-or-later
"""A tor behind a filter that has logged in to it: the profile in
contrib/onion-grater lets through all that Umbel asks for, and no more.

The filter here does with the profile what onion-grater does; it is none.
"""

import pathlib
import re
import socket
import threading

import pytest
import stem.connection
import stem.socket

import fake_tor
from daemons import Place, pair, wait_delivered

PROFILE = (pathlib.Path(__file__).resolve().parents[2] /
           "contrib/onion-grater/umbel.yml")


def read_profile():
    """Patterns by command, and the events: the part of YAML that is used."""
    text = "\n".join(line for line in PROFILE.read_text().split("\n")
                     if not line.lstrip().startswith("#"))
    commands = text.partition("\n  commands:\n")[2].partition("\n  events:")[0]
    found, name = {}, None
    for line in commands.split("\n"):
        if match := re.fullmatch(r"    (\w+):", line):
            name = match[1]
        elif match := re.fullmatch(r"      - '(.*)'", line):
            found.setdefault(name, []).append(match[1])
    events = re.findall(r"^    (\w+):$", text.partition("\n  events:")[2], re.M)
    return found, set(events)


class Filter:
    """onion-grater's answers; what is let through goes to tor as it is."""

    def __init__(self, path, control, run):
        self.commands, self.events = read_profile()
        # The profile names the run folder of the system's service.
        self.run = str(run)
        self.control, self.path = control, path
        self.refused = []
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(path))
        self.server.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                conn, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(conn,),
                             daemon=True).start()

    def _talk(self, conn):
        inner = stem.socket.ControlSocketFile(str(self.control))
        stem.connection.authenticate(inner)
        tor = inner._socket
        threading.Thread(target=self._pump, args=(tor, conn),
                         daemon=True).start()
        with conn, conn.makefile("r", encoding="ascii", newline="\r\n") as lines:
            for line in lines:
                self._take(line.rstrip("\r\n"), conn, tor)
        inner.close()

    @staticmethod
    def _pump(tor, conn):
        try:
            while data := tor.recv(65536):
                conn.sendall(data)
        except OSError:
            pass

    def allows(self, command, rest):
        if command == "SETEVENTS":
            return set(rest.split()) <= self.events
        return any(re.fullmatch(pattern.replace("/run/umbel", self.run), rest)
                   for pattern in self.commands.get(command, []))

    def _take(self, line, conn, tor):
        command, _, rest = line.partition(" ")
        if command == "PROTOCOLINFO":
            conn.sendall(b"250-PROTOCOLINFO 1\r\n250-AUTH METHODS=NULL\r\n"
                         b'250-VERSION Tor="0.4.9.11"\r\n250 OK\r\n')
        elif command == "AUTHENTICATE":
            conn.sendall(b"250 OK\r\n")
        elif self.allows(command, rest):
            tor.sendall(line.encode() + b"\r\n")
        else:
            self.refused.append(line)
            print("refused:", line[:60])
            conn.sendall(b"510 Command filtered\r\n")

    def close(self):
        self.server.close()


@pytest.fixture(name="place")
def make_place():
    with Place() as place:
        yield place


def test_through_the_profile(place):
    with fake_tor.FakeNet(place.folder / "net") as net:
        net.add("alice")
        net.add("bob")
        folder = place.folder / "net" / "alice"
        alice = place.daemon("alice", start=False, arguments=[
            "--no-tor-child", place.folder / "filter", folder / "socks"])
        with open(alice.conf, "a", encoding="utf-8") as conf:
            conf.write("[tor]\nfiltered = yes\n")
        tor = Filter(place.folder / "filter", folder / "control", alice.run)
        alice.start()
        alice.wait_for_tor()
        other = place.folder / "net" / "bob"
        bob = place.daemon("bob", arguments=[
            "--no-tor-child", other / "control", other / "socks"])
        to_bob, to_alice = pair(alice, bob)
        wait_delivered(alice, alice.send(to_bob, "through"))
        wait_delivered(bob, bob.send(to_alice, "and back"))
        alice.call("POST", "/v1/tor/new-circuits")
        alice.call("DELETE", alice.user_path(
            f"/contacts/{alice.contact('bob')['id']}"))
        assert alice.stop() == 0
        tor.close()
        assert tor.refused == []


def test_the_profile_lets_nothing_else_through(place):
    probe = Filter(place.folder / "f", place.folder / "c", "/run/umbel")
    for line in ("SETCONF SocksPort=0", "GETINFO address", "SIGNAL SHUTDOWN",
                 "ADD_ONION NEW:BEST Flags=DiscardPK Port=1,unix:/run/umbel/c/a",
                 "ADD_ONION ED25519-V3:aa Flags=DiscardPK,MaxStreamsClose"
                 "Circuit MaxStreams=1 Port=1,unix:/run/umbel/c/../tor/control",
                 "ADD_ONION ED25519-V3:aa Flags=DiscardPK,MaxStreamsClose"
                 "Circuit MaxStreams=1 Port=1,unix:/run/tor/control",
                 "SETEVENTS STREAM", "GETCONF Bridge",
                 "ONION_CLIENT_AUTH_VIEW"):
        command, _, rest = line.partition(" ")
        assert not probe.allows(command, rest), line
    probe.close()
