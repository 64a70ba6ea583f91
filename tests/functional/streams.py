# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of the event streams, and one that survives whatever happens to
the daemon.  Each event is held against api/openapi.json."""

import contextlib
import http.client
import json
import socket
import threading
import time

from contract import CONTRACT
from daemons import LIMIT, Refused, UnixConnection


class Frame:
    def __init__(self, event, ident, data):
        self.event, self.id, self.data = event, ident, data

    def __repr__(self):
        return f"{self.event} {self.id} {str(self.data)[:120]}"


class Stream:
    """One open event stream."""

    def __init__(self, daemon, path, last_id=None, headers=None, limit=LIMIT):
        self.path = path
        self.connection = UnixConnection(daemon.run / "api.sock", limit)
        sent = {**(daemon.header() if headers is None else headers),
                "Accept": "text/event-stream"}
        if last_id is not None:
            sent["Last-Event-ID"] = str(last_id)
        self.comments = 0
        try:
            self.connection.request("GET", path, headers=sent)
            self.answer = self.connection.getresponse()
            head = dict(self.answer.getheaders())
            body = b"" if self.answer.status == 200 else self.answer.read()
            CONTRACT.judge("GET", path, self.answer.status, head, body)
        except BaseException:
            self.connection.close()
            raise
        if self.answer.status != 200:
            self.connection.close()
            raise Refused(self.answer.status, json.loads(body))
        assert head["Content-Type"] == "text/event-stream"

    def close(self):
        self.connection.close()

    def cut(self):
        """From another thread: who waits for a frame is woken."""
        with contextlib.suppress(OSError, AttributeError):
            self.answer.fp.raw._sock.shutdown(socket.SHUT_RDWR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def frame(self):
        """The next one; None at a clean end of the stream."""
        event, ident, data = None, None, None
        while True:
            raw = self.answer.readline()
            if not raw and event is None:
                return None
            assert raw.endswith(b"\n"), "cut in the midst of a frame"
            name, _, value = raw[:-1].decode().partition(": ")
            if raw == b"\n":
                if event:
                    return self.checked(Frame(event, ident, data))
            elif name == "event":
                event = value
            elif name == "id":
                ident = value
            elif name == "data":
                assert data is None
                data = json.loads(value)
            elif raw.startswith(b":"):
                self.comments += 1
            else:
                assert name == "retry", raw

    def checked(self, frame):
        if frame.event in ("hello", "reset", "locked"):
            assert frame.id is None
            return frame
        errors = CONTRACT.event_errors(self.path, frame.data)
        assert not errors, f"{frame}: {errors}"
        assert frame.data["type"] == frame.event
        if frame.id is not None:
            assert str(frame.data["id"]) == frame.id
        else:  # of users in a stream over all of them, and hints
            assert "id" not in frame.data or frame.data.get("user_id")
        return frame

    def hello(self):
        frame = self.frame()
        if frame is None:
            raise ConnectionResetError("a stream without a word")
        assert frame.event == "hello"
        return frame.data

    def until(self, condition):
        """The first frame that fits; what comes before is dropped."""
        while True:
            frame = self.frame()
            assert frame, "the stream has ended"
            if condition(frame):
                return frame


class Follower(threading.Thread):
    """Keeps a list of all events with an id, whatever breaks; goes away and
    comes back by itself after each rng.randint() frames."""

    def __init__(self, daemon, after, rng, by_polls=False):
        super().__init__(daemon=True)
        self.daemon_, self.after, self.rng = daemon, after, rng
        self.by_polls = by_polls
        self.stream = None
        self.seen, self.error, self.reconnects = [], None, 0
        self.is_over = threading.Event()
        self.news = threading.Condition()

    def take(self, ident, data):
        with self.news:
            self.seen.append((ident, data["type"], data["data"].get("id")))
            self.after = ident
            self.news.notify_all()

    def read_stream(self):
        path = self.daemon_.user_path("/events")
        left = self.rng.randint(1, 40)
        with Stream(self.daemon_, path, self.after) as stream:
            self.stream = stream
            stream.hello()
            while left and not self.is_over.is_set():
                frame = stream.frame()
                if frame is None or frame.event == "locked":
                    return
                assert frame.event != "reset"
                if frame.id:
                    self.take(int(frame.id), frame.data)
                    left -= 1

    def read_polls(self):
        limit = self.rng.randint(1, 40)
        page = self.daemon_.call("GET", self.daemon_.user_path(
            f"/events?after={self.after}&wait=2&limit={limit}"))
        for event in page["items"]:
            self.take(event["id"], event)
        if not page["items"]:
            assert page["last_id"] == self.after

    def run(self):
        while not self.is_over.is_set():
            self.reconnects += 1
            try:
                self.read_polls() if self.by_polls else self.read_stream()
            except Refused as refused:
                if refused.status not in (401, 423, 503):
                    self.error = refused
                    return
            except (OSError, http.client.HTTPException):
                pass
            except AssertionError as error:
                if "cut in the midst" not in str(error):
                    self.error = error
                    return
            self.is_over.wait(0.02)

    def wait_for(self, ident, limit=LIMIT):
        """Until the event of that id is there."""
        end = time.monotonic() + limit
        with self.news:
            while self.after < ident:
                assert not self.error, self.error
                assert time.monotonic() < end, f"{ident} never came"
                self.news.wait(1)

    def stop(self):
        self.is_over.set()
        if self.stream:
            self.stream.cut()
        self.join(LIMIT)
        assert not self.error, self.error


@contextlib.contextmanager
def unread(daemon, path):
    """A stream whose client asks and then never reads."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(LIMIT)
        sock.connect(str(daemon.run / "api.sock"))
        (name, value), = daemon.header().items()
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n"
                     f"{name}: {value}\r\nAccept: text/event-stream\r\n\r\n"
                     .encode())
        yield sock
