# SPDX-License-Identifier: GPL-3.0-or-later
"""What a test needs to use a tor, real or not, without umbel: a login, onion
services, SOCKS, and a service that echoes."""

import base64
import os
import socket
import threading

import stem.connection
import stem.control

import fake_tor


def login(path):
    """A stem controller, authenticated; closes at the end of a `with`."""
    control = stem.control.Controller.from_socket_file(str(path))
    control.authenticate()
    return control


def say(control, text):
    """One command; the answer as it came."""
    return control.msg(text).raw_content().replace("\r", "")


def key_pair():
    """(private, public) of client authorisation, as the commands take it."""
    secret = os.urandom(32)
    public = fake_tor.x25519_public(secret)
    return (base64.b64encode(secret).decode(),
            base64.b32encode(public).decode().rstrip("="))


def service_key():
    return base64.b64encode(fake_tor.expand(os.urandom(32))).decode()


def add_onion(control, target, client=None):
    """Publishes target at port 1; the name without .onion."""
    flags = f"V3Auth,DiscardPK ClientAuthV3={client}" if client \
        else "DiscardPK"
    answer = say(control, f"ADD_ONION ED25519-V3:{service_key()} "
                 f"Port=1,unix:{target} Flags={flags}")
    assert answer.startswith("250-ServiceID="), answer
    return answer[len("250-ServiceID="):].split("\n")[0]


def on_upload(control):
    """An event that is set when any service of this tor is published."""
    ready = threading.Event()
    control.add_event_listener(
        lambda event: event.action == "UPLOADED" and ready.set(),
        stem.control.EventType.HS_DESC)
    return ready


def dial(path, host, port=1, user=b"u", password=b"p", timeout=30):
    """(SOCKS reply, socket)"""
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(timeout)
    sock.connect(str(path))
    sock.sendall(b"\5\1\2")
    assert sock.recv(2) == b"\5\2"
    sock.sendall(bytes([1, len(user)]) + user + bytes([len(password)])
                 + password)
    assert sock.recv(2) == b"\1\0"
    host = host.encode()
    sock.sendall(b"\5\1\0\3" + bytes([len(host)]) + host
                 + port.to_bytes(2, "big"))
    reply = _exactly(sock, 4)
    _exactly(sock, {1: 4, 4: 16}[reply[3]] + 2)
    if reply[1]:
        sock.close()
    return reply[1], sock


def _exactly(sock, count):
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        assert more, "closed in the middle of an answer"
        data += more
    return data


class Echo:
    """A unix socket that answers with what it gets, until close()."""

    def __init__(self, path):
        self.path = str(path)
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(self.path)
        self.server.listen(64)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                conn, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(conn,),
                             daemon=True).start()

    @staticmethod
    def _one(conn):
        with conn:
            try:
                while data := conn.recv(1 << 20):
                    conn.sendall(data)
            except OSError:
                pass

    def close(self):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
