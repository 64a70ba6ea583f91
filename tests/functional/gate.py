# SPDX-License-Identifier: GPL-3.0-or-later
"""umbel-httpd by itself: its parent and its core, played in Python.

    with Httpd() as httpd:
        httpd.core.answer = lambda request: Answer(200, b"{}")
        httpd.raw(b"GET /v1/x HTTP/1.1\\r\\n...")

The codec is the second implementation of api/gate.h, written from its text.
"""

import contextlib
import dataclasses
import os
import pathlib
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("top_builddir",
                                    HERE.parent.parent / "build"))
LIMIT = 20  # seconds; only ever reached when something is broken

REQUEST, BODY, END, ANSWER, DATA, DONE = range(1, 7)
METHODS = [None, "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
LISTENERS = [None, "tcp", "unix"]


def frame(kind, body=b""):
    return struct.pack(">BI", kind, len(body)) + body


def string(value):
    return struct.pack(">H", len(value)) + value


def take_string(body, at):
    (n,) = struct.unpack_from(">H", body, at)
    return body[at + 2:at + 2 + n].decode("ascii"), at + 2 + n


@dataclasses.dataclass
class Request:
    method: str = ""
    listener: str = ""
    content_length: int = -1
    target: str = ""
    authorization: str = ""
    content_type: str = ""
    accept: str = ""
    last_event_id: str = ""
    if_none_match: str = ""
    range: str = ""
    if_range: str = ""
    upload_offset: str = ""
    upload_complete: str = ""
    request_id: str = ""
    body: bytes = b""
    stream: "Stream" = None

    @classmethod
    def decode(cls, body):
        method, listener, length = struct.unpack_from(">BBq", body)
        made, at = cls(METHODS[method], LISTENERS[listener], length), 10
        for name in ("target", "authorization", "content_type", "accept",
                     "last_event_id", "if_none_match", "range", "if_range",
                     "upload_offset", "upload_complete", "request_id"):
            value, at = take_string(body, at)
            setattr(made, name, value)
        assert at == len(body)
        return made


@dataclasses.dataclass
class Answer:
    status: int = 200
    body: bytes = b"{}"
    content_type: bytes = b"application/json"
    etag: bytes = b""
    location: bytes = b""
    headers: tuple = ()
    length: int = None  # -1: a stream

    def encode_head(self):
        length = len(self.body) if self.length is None else self.length
        body = struct.pack(">Hq", self.status, length)
        body += string(self.content_type) + string(self.etag)
        body += string(self.location) + bytes([len(self.headers)])
        for name, value in self.headers:
            body += string(name) + string(value)
        return frame(ANSWER, body)

    def encode(self):
        data = b"".join(frame(DATA, self.body[i:i + 65536])
                        for i in range(0, len(self.body), 65536))
        return self.encode_head() + data + frame(DONE)


class Stream:
    """The core's end of a gate stream, on a thread of its own."""

    def __init__(self, core, fd):
        self.core = core
        self.sock = socket.socket(fileno=fd)
        self.sock.setblocking(True)
        self.closed = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def read(self, n):
        data = b""
        while len(data) < n:
            part = self.sock.recv(n - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def frame(self):
        kind, n = struct.unpack(">BI", self.read(5))
        assert n <= 65536
        return kind, self.read(n)

    def run(self):
        try:
            while True:
                self.serve_one()
        except (EOFError, OSError):
            pass
        finally:
            self.sock.close()
            self.closed.set()

    def serve_one(self):
        kind, body = self.frame()
        assert kind == REQUEST
        request = Request.decode(body)
        request.stream = self
        early = self.core.early(request) if self.core.early else None
        if early:
            self.sock.sendall(early)
        parts = []
        while True:
            kind, body = self.frame()
            if kind == END:
                break
            assert kind == BODY and 0 < len(body)
            parts.append(body)
        request.body = b"".join(parts)
        self.core.requests.append(request)
        with self.core.changed:
            self.core.changed.notify_all()
        if early:
            return
        answer = self.core.answer(request)
        if answer is not None:
            self.sock.sendall(answer if isinstance(answer, bytes)
                              else answer.encode())


class Core:
    """answer(request) gives an Answer, raw bytes, or None when it has used
    request.stream.sock itself."""

    def __init__(self, channel):
        self.channel = channel
        self.requests = []
        self.streams = []
        self.changed = threading.Condition()
        self.answer = lambda request: Answer()
        self.early = None
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            try:
                data, fds, _, _ = socket.recv_fds(self.channel, 8, 1)
            except OSError:
                return
            if not data:
                return
            assert data == b"G" and len(fds) == 1
            stream = Stream(self, fds[0])
            self.streams.append(stream)
            stream.thread.start()  # now that whoever looks will find it

    def wait_for(self, count):
        with self.changed:
            assert self.changed.wait_for(
                lambda: len(self.requests) >= count, LIMIT)

    def die(self):
        with contextlib.suppress(OSError):
            self.channel.shutdown(socket.SHUT_RDWR)
        self.channel.close()
        for stream in self.streams:
            with contextlib.suppress(OSError):
                stream.sock.shutdown(socket.SHUT_RDWR)
        for stream in self.streams:
            stream.thread.join(LIMIT)
        self.thread.join(LIMIT)


class Reply:
    """An HTTP answer, read to its end from a socket file."""

    def __init__(self, file, method="GET"):
        line = file.readline()
        if not line:
            raise EOFError("closed without an answer")
        assert line.startswith(b"HTTP/1.") and line.endswith(b"\r\n"), line
        self.status = int(line.split()[1])
        self.headers = []
        while (line := file.readline()) != b"\r\n":
            name, value = line.decode("ascii").rstrip("\r\n").split(": ", 1)
            self.headers.append((name.lower(), value))
        self.body = b""
        if self.status == 100:
            return
        if method != "HEAD" and self.status not in (204, 304):
            self.body = self.read_body(file)

    def read_body(self, file):
        if self.get("transfer-encoding") == "chunked":
            return b"".join(chunks(file))
        if self.get("content-length") is None:
            return file.read()
        n = int(self.get("content-length"))
        body = file.read(n)
        assert len(body) == n, f"{len(body)} of {n} bytes"
        return body

    def get(self, name):
        values = [v for k, v in self.headers if k == name]
        assert len(values) <= 1, f"{name}: {values}"
        return values[0] if values else None


def chunks(file):
    """The chunks of a chunked body; EOFError if it is cut."""
    while True:
        line = file.readline()
        if not line:
            raise EOFError
        n = int(line, 16)
        data = file.read(n)
        end = file.read(2)
        if len(data) < n or end != b"\r\n":
            raise EOFError
        if n == 0:
            return
        yield data


class Client:
    """One connection, bytes as they are."""

    def __init__(self, httpd, sock):
        self.httpd = httpd
        self.sock = sock
        self.sock.settimeout(LIMIT)
        self.file = sock.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.file.close()
        self.sock.close()

    def send(self, data):
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.sock.sendall(data)

    def ask(self, target="/v1/x", method="GET", body=None, headers=()):
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self.httpd.host}"]
        lines += [f"{k}: {v}" for k, v in headers]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join(lines) + "\r\n\r\n"
        self.send(head.encode("latin-1") + (body or b""))
        return self.reply(method)

    def reply(self, method="GET"):
        return Reply(self.file, method)

    def is_closed(self, limit=LIMIT):
        """Does the other side end it within limit seconds?"""
        self.sock.settimeout(limit)
        try:
            return self.file.read(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False


class Httpd:
    """The real umbel-httpd, its parent and its core."""

    def __init__(self, *options, core=True):
        self.options = options
        self.dir = tempfile.mkdtemp(prefix="u", dir="/tmp")
        self.path = os.path.join(self.dir, "api.sock")
        self.core = None
        self.process = None
        self.start(core)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def start(self, core):
        tcp = socket.create_server(("127.0.0.1", 0), backlog=512)
        unix = socket.socket(socket.AF_UNIX)
        unix.bind(self.path)
        unix.listen(512)
        self.port = tcp.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.ctl, theirs = socket.socketpair(socket.AF_UNIX,
                                             socket.SOCK_SEQPACKET)
        fds = [s.fileno() for s in (theirs, tcp, unix)]
        self.log = open(os.path.join(self.dir, "log"), "w+b")
        self.process = subprocess.Popen(
            [BUILD / "umbel-httpd", "--ctl", str(fds[0]), "--tcp",
             str(fds[1]), "--unix", str(fds[2]), "--port", str(self.port),
             *self.options], pass_fds=fds, stderr=self.log)
        for sock in (theirs, tcp, unix):
            sock.close()
        self.ctl.settimeout(LIMIT)
        assert self.ctl.recv(1) == b"R", self.log_text()
        if core:
            self.new_core()

    def log_text(self):
        self.log.seek(0)
        return self.log.read().decode()

    def new_core(self):
        """Gives httpd a channel to a fresh core."""
        ours, theirs = socket.socketpair(socket.AF_UNIX,
                                         socket.SOCK_SEQPACKET)
        socket.send_fds(self.ctl, [b"C"], [theirs.fileno()])
        theirs.close()
        self.core = Core(ours)
        return self.core

    def connect(self, unix=False):
        if unix:
            sock = socket.socket(socket.AF_UNIX)
            sock.connect(self.path)
        else:
            sock = socket.create_connection(("127.0.0.1", self.port))
        return Client(self, sock)

    def raw(self, data, unix=False, method="GET"):
        """Sends bytes on a connection of their own; the first answer."""
        with self.connect(unix) as client:
            client.send(data)
            return client.reply(method)

    def ask(self, *args, **kwargs):
        with self.connect() as client:
            return client.ask(*args, **kwargs)

    def get(self, target, *lines):
        """A GET with exactly these header lines."""
        head = "".join(line + "\r\n" for line in lines)
        return self.raw(f"GET {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1"))

    def fd_count(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def rss_kib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    def stop(self):
        """Asks it to stop; returns (exit status, seconds)."""
        start = time.monotonic()
        with contextlib.suppress(OSError):
            self.ctl.send(b"S")
        return self.process.wait(LIMIT), time.monotonic() - start

    def close(self):
        if self.process and self.process.poll() is None:
            try:
                status, _ = self.stop()
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGKILL)
                self.process.wait()
                raise
            assert status == 0, self.log_text()
        self.ctl.close()
        if self.core:
            self.core.die()
        text = self.log_text()
        self.log.close()
        shutil.rmtree(self.dir)
        assert "Sanitizer" not in text and "runtime error" not in text, text


def until(what, check, limit=LIMIT):
    end = time.monotonic() + limit
    while not check():
        assert time.monotonic() < end, f"never: {what}"
        select.select([], [], [], 0.01)
