# SPDX-License-Identifier: GPL-3.0-or-later
"""The front door of a whole daemon, by raw sockets: bytes as they are, with
umbel-httpd and umbel-core behind them.  Beside gate.Httpd, whose core is
played: here it can be seen whether a request did anything.

    front = Front(alice)
    front.refused(b"GET /v1/users HTTP/1.1\\r\\n...", {400})
    assert front.state() == before
"""

import json
import pathlib
import re
import socket

import gate
from contract import CONTRACT
from daemons import HERE, LIMIT

TOP = HERE.parent.parent
UNKNOWN = "7" + 25 * "z"
# What answers that are data come with, and what the page does.
ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "microphone=(self), camera=(self), geolocation=(), "
                          "usb=(), payment=()",
}
DATA = {
    "cache-control": "no-store",
    "content-security-policy":
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; sandbox",
}
# The files of the page hold nothing of anybody; they may be kept, and are
# asked for again each time.
PAGE = {
    "cache-control": "no-cache",
    "content-security-policy":
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        "img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; "
        "manifest-src 'self'; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'; "
        "trusted-types 'none'",
    "cross-origin-embedder-policy": "require-corp",
}
FORBIDDEN = ("set-cookie", "server", "x-powered-by", "via", "upgrade", "link",
             "refresh", "content-encoding")
PAGES = ["/", "/ui", "/ui/"] + sorted(
    "/ui/" + name for name in re.findall(
        r"web-ui/([\w/.-]+\.\w+)",
        (TOP / "web-ui/module.am").read_text("utf-8")))
NOWHERE = ["/metrics", "/none", "/favicon.ico", "/robots.txt", "/v1", "/v1/",
           "/v2/users", "/ui/none.js"]


def is_page(path):
    return path in ("/", "/ui") or path.startswith("/ui/")


def head_errors(reply, is_of_page=False):
    """W-03 of one answer: what it lacks, or should not have."""
    wanted = {**ALWAYS, **(PAGE if is_of_page else DATA)}
    errors = [f"{name}: {reply.get(name)}" for name, value in wanted.items()
              if reply.get(name) != value]
    return errors + [
        f"{name} is there" for name, _ in reply.headers
        if name in FORBIDDEN or name.startswith("access-control")]


class Client(gate.Client):
    def __init__(self, front, sock):
        super().__init__(front, sock)
        self.sock.settimeout(LIMIT)

    def is_closed(self, limit=LIMIT):
        return super().is_closed(limit)


class Front:
    """Connections to one daemon, and what its user has."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.port = daemon.port()
        self.host = f"127.0.0.1:{self.port}"
        self.key = daemon.header()["Authorization"]
        self.ids = {"user_id": daemon.user["id"], "emoji": "%F0%9F%91%8D"}

    def path(self, pattern):
        """With the ids that are known; what is unknown is never found."""
        return re.sub(
            r"\{(\w+)\}",
            lambda m: self.ids.get(m[1], f"{m[1][:3]}_{UNKNOWN}"), pattern)

    def operations(self):
        """(method, path, description) of all that the API can do."""
        return [(method.upper(), self.path(path), operation)
                for path, item in CONTRACT.checker.document["paths"].items()
                for method, operation in item.items()]

    def targets(self):
        """(method, path) of everything that can be asked for."""
        return ([(method, path) for method, path, _ in self.operations()]
                + [("GET", path) for path in PAGES + NOWHERE])

    def connect(self, unix=False, address="127.0.0.1"):
        if unix:
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(LIMIT)
            sock.connect(str(self.daemon.run / "api.sock"))
        else:
            sock = socket.create_connection((address, self.port), LIMIT)
        return Client(self, sock)

    def head(self, method, path, *lines, host=None, key=True):
        """A request without a body, or the beginning of one."""
        all_lines = [f"{method} {path} HTTP/1.1", f"Host: {host or self.host}"]
        if key:
            all_lines.append(f"Authorization: {self.key}")
        return ("\r\n".join([*all_lines, *lines]) + "\r\n\r\n").encode("latin-1")

    def post(self, rest, body, *lines, **more):
        """A right request of the user with JSON in it."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.head(
            "POST", self.daemon.user_path(rest),
            "Content-Type: application/json",
            f"Content-Length: {len(data)}", *lines, **more) + data

    def ask(self, raw, method="GET", **where):
        """The first answer to these bytes."""
        with self.connect(**where) as client:
            client.send(raw)
            return client.reply(method)

    def refused(self, raw, statuses, method="GET", **where):
        """Answered once, by one of these, as a problem; then closed."""
        with self.connect(**where) as client:
            client.send(raw)
            reply = client.reply(method)
            assert reply.status in statuses, (raw[:300], reply.status,
                                              reply.body[:300])
            assert reply.get("connection") == "close", raw[:300]
            assert client.is_closed(), raw[:300]
        assert not head_errors(reply), (raw[:300], head_errors(reply))
        if method != "HEAD":
            problem = json.loads(reply.body)
            assert problem["status"] == reply.status
        return reply

    def state(self):
        """Whatever a call could have changed."""
        daemon = self.daemon
        users = [{k: u[k] for k in ("id", "name", "state")}
                 for u in daemon.call("GET", "/v1/users")["items"]]
        lists = [daemon.call("GET", daemon.user_path(f"/{name}?limit=200"))
                 for name in ("invites", "requests", "contacts",
                              "conversations", "files")]
        selves = [daemon.call("GET", daemon.user_path(f"/{name}"))
                  for name in ("profile", "presence", "privacy",
                               "preferences")]
        return users, lists, selves, daemon.last_event()


def rss_kib(pid, field="VmRSS"):
    text = pathlib.Path(f"/proc/{pid}/status").read_text("ascii")
    return int(re.search(rf"^{field}:\s+(\d+) kB", text, re.M)[1])
