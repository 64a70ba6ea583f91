# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests inside of requests, against a whole daemon.  Whatever is said of a
message's length in a way that two readers could take for two lengths gets one
refusal and the end of the connection; the request that is hidden behind it
carries the right token, and is never carried out."""

import json
import random

import pytest

from daemons import Place
from front import UNKNOWN, Front, head_errors

LISTENERS = pytest.mark.parametrize("unix", [False, True],
                                    ids=["tcp", "unix"])
HIDDEN = {"label": "smuggled"}


@pytest.fixture(name="front", scope="module")
def make_front():
    with Place() as place:
        alice = place.daemon("alice")
        alice.add_user()
        yield Front(alice)


@pytest.fixture(name="same")
def make_same(front):
    before = front.state()
    yield
    assert front.state() == before


def hidden(front, unix=False):
    return front.post("/invites", HIDDEN,
                      host="localhost" if unix else front.host)


def outer(front, rest, unix=False):
    """A right request up to the lines that tell its length."""
    host = "localhost" if unix else front.host
    return (f"POST {front.daemon.user_path('/invites')} HTTP/1.1\r\n"
            f"Host: {host}\r\nAuthorization: {front.key}\r\n"
            f"Content-Type: application/json\r\n{rest}").encode("latin-1")


# Two bytes of body, "{}", would be right where one is meant.
LENGTHS = [
    "Content-Length: 2\r\nContent-Length: 2\r\n",
    "Content-Length: 2\r\nContent-Length: 0\r\n",
    "Content-Length: 0\r\nContent-Length: 2\r\n",
    "Content-Length: 2\r\ncontent-length: 2\r\n",
    "Content-Length: 2, 2\r\n", "Content-Length: 2,2\r\n",
    "Content-Length: 2 2\r\n", "Content-Length: 2;\r\n",
    "Content-Length: +2\r\n", "Content-Length: -2\r\n",
    "Content-Length: 2.0\r\n", "Content-Length: 0x2\r\n",
    "Content-Length: 2e0\r\n", "Content-Length: two\r\n",
    "Content-Length: '2'\r\n", 'Content-Length: "2"\r\n',
    "Content-Length:\r\n", "Content-Length: \r\n",
    "Content-Length: \xb2\r\n", "Content-Length: 2\x0b\r\n",
    "Content-Length: \x0c2\r\n", "Content-Length: 2\0\r\n",
    "Content-Length: 2\x85\r\n", "Content-Length: 2\xa0\r\n",
    "Content-Length : 2\r\n", "Content-Length\t: 2\r\n",
    " Content-Length: 2\r\n", "\tContent-Length: 2\r\n",
    "Content-Length:\r\n 2\r\n", "Content-Length: 0\r\n 2\r\n",
    "X: a\r\n Content-Length: 2\r\n", "X: a\nContent-Length: 2\r\n",
    "X: a\rContent-Length: 2\r\n", "X: a\r\r\nContent-Length: 2\r\n",
    "X: a\0\r\nContent-Length: 2\r\n", "Content-Length: 2\n",
    "Content-Length: 2\r", "Content-Length 2\r\n", ": 2\r\n",
    "Content-Length: 18446744073709551618\r\n",
    "Content-Length: 4294967298\r\n", f"Content-Length: {'0' * 30}2\r\n",
    # Codings.
    "Transfer-Encoding: chunked\r\n", "transfer-encoding: chunked\r\n",
    "Transfer-Encoding: CHUNKED\r\n", "Transfer-Encoding: identity\r\n",
    "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: chunked, x\r\n",
    "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding: chunked;a=b\r\n",
    "Transfer-Encoding:\r\n", "Transfer-Encoding: \x0bchunked\r\n",
    "Transfer-Encoding\r\n: chunked\r\n", "Transfer-Encoding : chunked\r\n",
    "Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
    "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
    "Content-Length: 0\r\nTransfer-Encoding: identity\r\n",
    "Content-Length: 2\r\n Transfer-Encoding: chunked\r\n",
    "X: a\nTransfer-Encoding: chunked\r\n",
    "Expect: 200-ok\r\nContent-Length: 2\r\n",
    "Expect: 100-continue, x\r\nContent-Length: 2\r\n",
]
BODIES = ["{}", "0\r\n\r\n", "2\r\n{}\r\n0\r\n\r\n",
          '2;a="\r\n{}\r\n0\r\n\r\n', "2\r\n{}\r\n0\r\nX: y\r\n\r\n",
          "ffffffffffffffff2\r\n{}\r\n0\r\n\r\n", ""]


# HOSTILE W-11
@LISTENERS
@pytest.mark.parametrize("lines", LENGTHS)
def test_a_length_in_doubt_is_none(front, same, lines, unix):
    for body in BODIES:
        raw = outer(front, f"{lines}\r\n{body}", unix) + hidden(front, unix)
        front.refused(raw, {400, 411, 413, 417}, unix=unix)


# HOSTILE W-11
@pytest.mark.parametrize("lines", LENGTHS)
def test_wherever_the_bytes_are_cut(front, same, lines):
    """The same answer when they come in pieces."""
    rng = random.Random(lines)
    raw = outer(front, f"{lines}\r\n{{}}") + hidden(front)
    statuses = set()
    for _ in range(4):
        ends = sorted(rng.randrange(len(raw)) for _ in range(4)) + [len(raw)]
        with front.connect() as client:
            begin = 0
            for end in ends:
                client.send(raw[begin:end])
                begin = end
            statuses.add(client.reply().status)
            assert client.is_closed()
    assert len(statuses) == 1 and statuses <= {400, 411, 413, 417}


# HOSTILE W-11
@LISTENERS
@pytest.mark.parametrize("line", [
    "GET {path} HTTP/1.1\r\nContent-Length: {n}", "HEAD {path} HTTP/1.1\r\n"
    "Content-Length: {n}", "POST {path} HTTP/1.1\nX: y",
    "POST {path} HTTP/1.1\r\n\r\nX: y", "POST {path}\r\nX: y",
    "POST {path} HTTP/0.9\r\nX: y", "POST {path} HTTP/2.0\r\nX: y",
    "PRI * HTTP/2.0\r\nX: y", "POST {path} HTTP/1.1 HTTP/1.1\r\nX: y",
    "POST {path}\tHTTP/1.1\r\nX: y", "POST  {path} HTTP/1.1\r\nX: y",
    "\r\nPOST {path} HTTP/1.1\r\nX: y", "POST {path} http/1.1\r\nX: y",
    "POST {path} HTTP/1.1\r\nX", "POST {path}%0d%0aX: y HTTP/1.1\r\nX: y"])
def test_a_head_in_doubt_is_none(front, same, line, unix):
    inner = hidden(front, unix)
    line = line.replace("{path}", front.daemon.user_path("/invites"))
    raw = (f"{line.replace('{n}', str(len(inner)))}\r\n"
           f"Host: {'localhost' if unix else front.host}\r\n"
           f"Authorization: {front.key}\r\n\r\n").encode() + inner
    method = "HEAD" if line.startswith("HEAD") else "GET"
    front.refused(raw, {400, 405, 505}, method, unix=unix)


def outsiders(front):
    """(words, head lines) of requests that are refused for what they are,
    each with a body that looks like a request."""
    user = front.daemon.user_path()
    json_type = "Content-Type: application/json"
    return [
        ("no token", "POST", f"{user}/invites", [json_type], False),
        ("no such path", "POST", "/v1/nothing", [json_type], True),
        ("outside", "POST", "/none", [json_type], True),
        ("a page", "POST", "/ui/", [json_type], True),
        ("method", "PUT", f"{user}/invites", [json_type], True),
        ("type", "POST", f"{user}/invites", ["Content-Type: text/x"], True),
        ("no JSON", "POST", f"{user}/invites", [json_type], True),
        ("no such user", "POST", f"/v1/users/usr_{UNKNOWN}/invites",
         [json_type], True),
        ("no such object", "DELETE", f"{user}/invites/inv_{UNKNOWN}",
         [json_type], True),
        ("a file of nobody", "PATCH", f"{user}/files/fil_{UNKNOWN}/content",
         ["Upload-Offset: 0"], True),
        ("other site", "POST", f"{user}/invites",
         [json_type, "Origin: null"], True),
        ("other method", "PROPFIND", f"{user}/invites", [json_type], True),
        ("expects", "POST", f"{user}/invites",
         ["Content-Type: text/x", "Expect: 100-continue"], True),
        ("goes", "POST", f"{user}/invites",
         ["Content-Type: text/x", "Connection: close"], True),
    ]


# HOSTILE W-11
@LISTENERS
@pytest.mark.parametrize("big", [False, True], ids=["short", "long"])
def test_the_body_of_a_refused_request_is_a_body(front, same, unix, big):
    """It is read to its end, or the connection is closed; its bytes are
    never a request, however early the refusal came."""
    inner = hidden(front, unix)
    if big:
        inner *= 200000 // len(inner)
    for words, method, path, lines, key in outsiders(front):
        head = front.head(method, path, *lines,
                          f"Content-Length: {len(inner)}", key=key,
                          host="localhost" if unix else None)
        with front.connect(unix) as client:
            client.send(head + inner + front.head(
                "GET", "/healthz", host="localhost" if unix else None))
            reply = client.reply()
            while reply.status == 100:
                reply = client.reply()
            assert reply.status >= 400, words
            assert not head_errors(reply), words
            if reply.get("connection") == "close":
                assert client.is_closed(), words
            else:
                assert client.reply().body == b'{"status":"ok"}', words


# HOSTILE W-11
def test_answers_are_as_many_as_requests(front):
    """Pipelining, where every length is clear: each is carried out once."""
    before = front.state()
    labels = [f"label {i}" for i in range(12)]
    raw = b"".join(front.post("/invites", {"label": label})
                   + front.head("GET", "/healthz") for label in labels)
    with front.connect() as client:
        client.send(raw + front.head("GET", "/none", "Connection: close"))
        made = []
        for _ in labels:
            made.append(json.loads(client.reply().body))
            assert client.reply().body == b'{"status":"ok"}'
        assert client.reply().status == 404
        assert client.is_closed()
    assert [m["label"] for m in made] == labels
    daemon = front.daemon
    assert len(daemon.call("GET", daemon.user_path("/invites"))["items"]) \
        == len(labels) + len(before[1][0]["items"])
    for one in made:
        daemon.call("DELETE", daemon.user_path(f"/invites/{one['id']}"))


# HOSTILE W-11
def test_an_upgrade_is_not_offered(front, same):
    """After it, what follows would be another protocol's."""
    for lines in (["Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings",
                   "HTTP2-Settings: AAMAAABkAAQAAP__"],
                  ["Upgrade: websocket", "Connection: Upgrade"],
                  ["Upgrade: TLS/1.0", "Connection: Upgrade"]):
        with front.connect() as client:
            client.send(front.head("GET", "/v1/daemon", *lines)
                        + front.head("GET", "/healthz"))
            assert client.reply().status == 200
            assert client.reply().body == b'{"status":"ok"}'
