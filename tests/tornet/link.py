# SPDX-License-Identifier: GPL-3.0-or-later
"""The network of one daemon's tor, which a test can take away.

    with Link() as link:        a SOCKS proxy on loopback, for the torrc:
        link.torrc()
        link.cut()              as without an interface: everything ends, and
                                nothing can be opened
        link.freeze()           as behind a router that is gone: what is open
                                stays, silently, and what is opened hangs
        link.mend()             all is well, but what was frozen stays so for
                                ever: as at another address

One thread moves all bytes.
"""

import contextlib
import selectors
import socket
import struct
import threading

CHUNK = 65536
NO_LOGIN = b"\5\0"
DONE = b"\5\0\0\1\0\0\0\0\0\0"


class _End:
    """One of two sockets.  What it is sent waits in .out."""

    def __init__(self, sock):
        self.sock = sock
        self.peer = None
        self.out = b""
        self.asked = b""  # by tor, until the other side is there
        self.greeted = False


class Link:
    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.waker, self.wakes = socket.socketpair()
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.selector.register(self.wakes, selectors.EVENT_READ)
        self.ends = {}
        self.frozen = []  # held, so that nobody is told of an end
        self.orders = []
        self.state = "well"
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def torrc(self):
        return f"Socks5Proxy 127.0.0.1:{self.port}\n"

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_exc):
        self._order("end")
        self.thread.join()
        for sock in (*self.ends, *self.frozen, self.listener, self.waker,
                     self.wakes):
            sock.close()
        self.selector.close()

    def cut(self):
        self._order("cut")

    def freeze(self):
        self._order("frozen")

    def mend(self):
        self._order("well")

    def _order(self, what):
        self.done.clear()
        self.orders.append(what)
        self.waker.send(b"x")
        self.done.wait()

    # what follows runs in the thread

    def _run(self):
        while self.state != "end":
            for key, events in self.selector.select():
                if key.fileobj is self.listener:
                    self._accept()
                elif key.fileobj is self.wakes:
                    self._obey()
                elif key.fileobj in self.ends:
                    self._serve(self.ends[key.fileobj], events)
        self.done.set()

    def _obey(self):
        self.wakes.recv(1)
        self.state = self.orders.pop(0)
        if self.state in ("cut", "frozen"):
            for end in list(self.ends.values()):
                self._forget(end, self.state == "frozen")
        if self.state != "end":
            self.done.set()

    def _accept(self):
        sock, _address = self.listener.accept()
        if self.state == "cut":
            sock.close()
        elif self.state == "frozen":
            self.frozen.append(sock)
        else:
            self._watch(_End(sock))

    def _watch(self, end):
        end.sock.setblocking(False)
        self.ends[end.sock] = end
        self.selector.register(end.sock, selectors.EVENT_READ)

    def _forget(self, end, keep=False):
        if self.ends.pop(end.sock, None) is None:
            return
        self.selector.unregister(end.sock)
        if keep:
            self.frozen.append(end.sock)
        else:
            end.sock.close()
        if end.peer:
            self._forget(end.peer, keep)

    def _serve(self, end, events):
        try:
            if events & selectors.EVENT_WRITE:
                self._flush(end)
            if events & selectors.EVENT_READ:
                data = end.sock.recv(CHUNK)
                if not data:
                    raise ConnectionError
                self._on_data(end, data)
        except BlockingIOError:
            pass
        except OSError:
            self._forget(end)

    def _on_data(self, end, data):
        if end.peer:
            self._send(end.peer, data)
            return
        end.asked += data
        if not end.greeted and len(end.asked) >= 2 + end.asked[1]:
            end.asked = end.asked[2 + end.asked[1]:]
            end.greeted = True
            self._send(end, NO_LOGIN)
        if end.greeted and len(end.asked) >= 10:
            self._connect(end)

    def _connect(self, end):
        version, command, _zero, kind = end.asked[:4]
        assert (version, command, kind) == (5, 1, 1), end.asked
        port, = struct.unpack("!H", end.asked[8:10])
        # Loopback: it answers at once, or refuses.
        sock = socket.create_connection(
            (socket.inet_ntoa(end.asked[4:8]), port))
        end.peer = _End(sock)
        end.peer.peer = end
        self._watch(end.peer)
        self._send(end, DONE)
        if end.asked[10:]:
            self._send(end.peer, end.asked[10:])

    def _send(self, end, data):
        end.out += data
        self._flush(end)

    def _flush(self, end):
        with contextlib.suppress(BlockingIOError):
            end.out = end.out[end.sock.send(end.out):]
        wanted = selectors.EVENT_READ | (
            selectors.EVENT_WRITE if end.out else 0)
        self.selector.modify(end.sock, wanted)
