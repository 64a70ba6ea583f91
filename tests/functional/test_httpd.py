# SPDX-License-Identifier: GPL-3.0-or-later
"""umbel-httpd against everything a local network client can do wrong
(also by itself what HOSTILE W-03 to W-14 name), with a core played by gate.py."""

import json
import re
import select
import signal
import socket
import struct
import threading
import time

import pytest

import gate
from gate import Answer, Httpd

COMMON = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


@pytest.fixture(name="httpd")
def fixture_httpd():
    with Httpd() as httpd:
        yield httpd


HEAD_SECONDS = 10  # of an umbel-httpd that is told nothing else


@pytest.fixture(name="shared", scope="module")
def fixture_shared():
    """For tests that leave no trace."""
    with Httpd("--host", "chat.example:8443") as httpd:
        yield httpd


def check_headers(reply, page=False):
    """HOSTILE W-03"""
    for name, value in COMMON.items():
        assert reply.get(name) == value, name
    assert reply.get("permissions-policy")
    csp = reply.get("content-security-policy")
    for part in ("default-src 'none'", "base-uri 'none'", "form-action 'none'",
                 "frame-ancestors 'none'"):
        assert part in csp
    if page:
        assert reply.get("cache-control") == "no-cache"
        assert reply.get("cross-origin-embedder-policy") == "require-corp"
        assert "require-trusted-types-for 'script'" in csp
        assert "script-src 'self'" in csp and "unsafe" not in csp
    else:
        assert reply.get("cache-control") == "no-store"
        assert reply.get("api-version")
    assert reply.get("set-cookie") is None
    assert not [k for k, _ in reply.headers if k.startswith("access-control")]
    assert reply.get("server") is None


def check_problem(reply, status, code=None):
    assert reply.status == status, reply.body
    check_headers(reply)
    if not reply.body:
        return
    assert reply.get("content-type") == "application/problem+json"
    problem = json.loads(reply.body)
    assert problem["status"] == status
    assert problem["type"] == f"urn:umbel:problem:{problem['code']}"
    assert problem["title"] and problem["detail"]
    assert re.fullmatch(r"req-[0-9a-f]{8}", problem["instance"])
    if code:
        assert problem["code"] == code


def refused(httpd, raw, status, code=None):
    """Answered with status and closed, and the core never heard of it."""
    before = len(httpd.core.requests)
    with httpd.connect() as client:
        client.send(raw if isinstance(raw, bytes) else raw.encode("latin-1"))
        reply = client.reply()
        check_problem(reply, status, code)
        assert reply.get("connection") == "close"
        assert client.is_closed()
    assert len(httpd.core.requests) == before


# What goes through.

def test_request_reaches_the_core(shared):
    shared.core.answer = lambda r: Answer(
        201, b'{"a":1}', etag=b'"e"', location=b"/v1/y",
        headers=((b"Retry-After", b"3"), (b"Set-Thing", b"x"),
                 (b"Cache-Control", b"public"), (b"Connection", b"upgrade")))
    reply = shared.ask("/v1/users?x=1", "POST", b'{"n":2}', [
        ("Authorization", "Bearer t"), ("Content-Type", "application/json"),
        ("Accept", "text/x"), ("Last-Event-ID", "7"),
        ("If-None-Match", '"q"'), ("Cookie", "no"), ("X-Other", "no"),
        ("Range", "bytes=1-"), ("If-Range", '"r"'), ("Upload-Offset", "5"),
        ("Upload-Complete", "?1"),
        ("Origin", f"http://{shared.host}"), ("Sec-Fetch-Site", "same-origin")])
    request = shared.core.requests[-1]
    assert (request.method, request.listener) == ("POST", "tcp")
    assert request.target == "/v1/users?x=1"
    assert request.authorization == "Bearer t"
    assert request.content_type == "application/json"
    assert request.accept == "text/x"
    assert request.last_event_id == "7"
    assert request.if_none_match == '"q"'
    assert (request.range, request.if_range) == ("bytes=1-", '"r"')
    assert (request.upload_offset, request.upload_complete) == ("5", "?1")
    assert re.fullmatch("req-[0-9a-f]{8}", request.request_id)
    assert request.content_length == 7 and request.body == b'{"n":2}'
    assert reply.status == 201 and reply.body == b'{"a":1}'
    check_headers(reply)
    assert reply.get("content-type") == "application/json"
    assert reply.get("etag") == '"e"'
    assert reply.get("location") == "/v1/y"
    assert reply.get("retry-after") == "3"
    assert reply.get("set-thing") == "x"
    assert reply.get("connection") in (None, "Keep-Alive")
    shared.core.answer = lambda r: Answer()


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "POST"])
def test_methods(shared, method):
    reply = shared.ask("/v1/x", method)
    request = shared.core.requests[-1]
    assert reply.status == 200 and request.method == method
    assert request.content_length == -1 and request.body == b""


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/v1/a"])
def test_paths_of_the_core(shared, path):
    assert shared.ask(path).status == 200
    assert shared.core.requests[-1].target == path


@pytest.mark.parametrize("with_body", [True, False])
def test_head_has_no_body(httpd, with_body):
    whole = Answer(200, b"x" * 100)
    httpd.core.answer = lambda r: (
        whole if with_body else whole.encode_head() + gate.frame(gate.DONE))
    with httpd.connect() as client:
        for _ in range(3):
            reply = client.ask("/v1/x", "HEAD")
            assert reply.status == 200
            assert reply.get("content-length") == "100"
            check_headers(reply)
    assert httpd.core.requests[-1].method == "HEAD"


def test_head_of_a_stream_ends_it(httpd):
    httpd.core.answer = lambda r: Answer(length=-1).encode_head()
    with httpd.connect() as client:
        reply = client.ask("/v1/events", "HEAD")
        assert reply.status == 200 and reply.get("content-length") is None
        assert client.is_closed()
        assert httpd.core.requests[-1].stream.closed.wait(gate.LIMIT)


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_content(httpd, status):
    httpd.core.answer = lambda r: Answer(status, b"", b"")
    with httpd.connect() as client:
        for _ in range(2):
            reply = client.ask("/v1/x", "DELETE" if status == 204 else "GET")
            assert reply.status == status and reply.body == b""
            check_headers(reply)


@pytest.mark.parametrize("size", [0, 1, 4096, 65535, 65536, 65537, 3000000])
def test_sizes_of_answers(httpd, size):
    body = bytes(i * 7 & 255 for i in range(size))
    httpd.core.answer = lambda r: Answer(body=body)
    with httpd.connect() as client:
        for _ in range(2):
            assert client.ask("/v1/x").body == body


@pytest.mark.parametrize("size", [0, 1, 16384, 65536, 262144])
def test_sizes_of_bodies(httpd, size):
    body = bytes(i * 7 & 255 for i in range(size))
    with httpd.connect() as client:
        for _ in range(2):
            assert client.ask("/v1/x", "POST", body).status == 200
            assert httpd.core.requests[-1].body == body
    assert len(httpd.core.streams) == 1


def test_unix_socket(shared):
    reply = shared.raw(b"GET /v1/x HTTP/1.1\r\nHost: localhost\r\n\r\n",
                       unix=True)
    assert reply.status == 200
    assert shared.core.requests[-1].listener == "unix"
    check_problem(shared.raw(b"GET /v1/x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
                             unix=True), 421, "wrong_host")


def test_keep_alive_uses_one_stream(httpd):
    with httpd.connect() as client:
        for _ in range(50):
            assert client.ask().status == 200
    for _ in range(10):
        assert httpd.ask().status == 200
    assert len(httpd.core.streams) == 1


def test_pipelined_requests_are_answered_in_order(httpd):
    httpd.core.answer = lambda r: Answer(body=r.target.encode() + r.body)
    raw = b""
    for i in range(40):
        body = b"x" * i
        raw += (f"POST /v1/{i} HTTP/1.1\r\nHost: {httpd.host}\r\n"
                f"Content-Length: {i}\r\n\r\n").encode() + body
    with httpd.connect() as client:
        client.send(raw)
        for i in range(40):
            assert client.reply().body == f"/v1/{i}".encode() + b"x" * i
    assert len(httpd.core.requests) == 40


def test_close_when_asked(shared):
    for line in ("HTTP/1.1\r\nConnection: close", "HTTP/1.0"):
        with shared.connect() as client:
            client.send(f"GET /v1/x {line}\r\nHost: {shared.host}\r\n\r\n"
                        .encode())
            reply = client.reply()
            assert reply.status == 200 and reply.body == b"{}"
            assert reply.get("connection") == "close"
            assert client.is_closed()


def test_expect_continue(shared):
    head = (f"PUT /v1/x HTTP/1.1\r\nHost: {shared.host}\r\n"
            "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n").encode()
    with shared.connect() as client:
        client.send(head)
        assert client.reply().status == 100
        client.send(b"hello")
        assert client.reply().status == 200
        assert shared.core.requests[-1].body == b"hello"
        client.send(head + b"again")
        assert client.reply().status == 200


def test_byte_by_byte(shared):
    raw = (f"PUT /v1/x HTTP/1.1\r\nHost: {shared.host}\r\n"
           "Content-Length: 3\r\n\r\nabc").encode()
    with shared.connect() as client:
        for i in range(len(raw)):
            client.send(raw[i:i + 1])
        assert client.reply().status == 200
    assert shared.core.requests[-1].body == b"abc"


# The web page.

def test_page(shared):
    page = shared.ask("/ui/")
    assert page.status == 200 and b"<title>" in page.body
    assert page.get("content-type") == "text/html; charset=utf-8"
    check_headers(page, page=True)
    tag = page.get("etag")
    assert re.fullmatch('"[0-9a-f]{32}"', tag)
    assert shared.ask("/ui/index.html?x=1").body == page.body
    for match in (tag, f'"x", W/{tag}', "*"):
        again = shared.ask("/ui/", headers=[("If-None-Match", match)])
        assert again.status == 304 and again.body == b""
        assert again.get("etag") == tag
        check_headers(again, page=True)
    other = shared.ask("/ui/", headers=[("If-None-Match", tag[:-2] + '"')])
    assert other.status == 200
    head = shared.ask("/ui/", "HEAD")
    assert head.get("content-length") == str(len(page.body))
    assert not [r for r in shared.core.requests if r.target.startswith("/ui")]


def test_home_leads_to_the_page(shared):
    for path in ("/", "/ui"):
        reply = shared.ask(path)
        assert reply.status == 302 and reply.get("location") == "/ui/"
        check_headers(reply)


def test_unknown_paths(shared):
    for path in ("/x", "/v2/x", "/v1", "/ui/none.js", "/healthz/x",
                 "/ui/%69ndex.html", "/favicon.ico"):
        with shared.connect() as client:
            check_problem(client.ask(path), 404, "not_found")
            assert client.ask("/v1/x").status == 200


# HOSTILE W-05: DNS rebinding.

HOSTS = [
    ("evil.example", 421), ("evil.example:{port}", 421),
    ("127.0.0.1.evil:{port}", 421), ("", 421), ("127.0.0.1", 421),
    ("127.0.0.1:1", 421), ("LOCALHOST:{port}", 421),
    ("localhost.:{port}", 421), ("x@127.0.0.1:{port}", 421),
    ("0.0.0.0:{port}", 421), ("127.1:{port}", 421),
    ("2130706433:{port}", 421), ("[::ffff:127.0.0.1]:{port}", 421),
    ("127.0.0.2:{port}", 421), ("127.0.0.1:{port} x", 421),
    ("127.0.0.1:{port}\0", 400), ("127.0.0.1:{port}\tx", 400),
    ("chat.example", 421),
]


@pytest.mark.parametrize("path", ["/", "/ui/", "/v1/x", "/healthz", "/none"])
@pytest.mark.parametrize("host, status", HOSTS)
def test_wrong_host(shared, path, host, status):
    raw = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"
    refused(shared, raw.replace("{port}", str(shared.port)), status)


@pytest.mark.parametrize("path", ["/", "/ui/", "/v1/x"])
def test_no_or_two_hosts(shared, path):
    host = f"Host: {shared.host}\r\n"
    refused(shared, f"GET {path} HTTP/1.1\r\n\r\n", 400)
    refused(shared, f"GET {path} HTTP/1.0\r\n\r\n", 400)
    refused(shared, f"GET {path} HTTP/1.1\r\n{host}{host}\r\n", 400)
    refused(shared, f"GET {path} HTTP/1.1\r\n{host}Host: evil\r\n\r\n", 400)
    refused(shared, f"GET {path} HTTP/1.1\r\nHost : x\r\n{host}\r\n", 400)
    refused(shared, f"GET http://{shared.host}{path} HTTP/1.1\r\n{host}\r\n",
            400)


def test_right_hosts(shared):
    for host in (f"127.0.0.1:{shared.port}", f"localhost:{shared.port}",
                 f"[::1]:{shared.port}", "chat.example:8443"):
        assert shared.get("/v1/x", f"Host: {host}").status == 200
    text = shared.get("/v1/x", "Host: evil").body
    assert b"api.hosts" in text


# HOSTILE W-07, W-08: other people's pages.

@pytest.mark.parametrize("path", ["/", "/ui/", "/v1/users", "/healthz"])
@pytest.mark.parametrize("line", [
    "Origin: null", "Origin: http://evil.example", "Origin: ",
    "Origin: http://127.0.0.1:1", "Origin: https://{host}",
    "Origin: http://localhost:{port}", "Origin: http://{host}/",
    "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site",
    "Sec-Fetch-Site: x", "Sec-Fetch-Site: "])
def test_other_origins(shared, path, line):
    line = line.replace("{host}", shared.host).replace("{port}",
                                                       str(shared.port))
    head = f"HTTP/1.1\r\nHost: {shared.host}\r\n{line}\r\n"
    refused(shared, f"GET {path} {head}\r\n", 403, "wrong_origin")
    refused(shared, f"POST {path} {head}Content-Type: text/plain\r\n"
            "Content-Length: 2\r\n\r\n{}", 403, "wrong_origin")


def test_typed_address(shared):
    host, site = f"Host: {shared.host}", "Sec-Fetch-Site: none"
    assert shared.get("/", host, site).status == 302
    assert shared.get("/ui/", host, site).status == 200
    check_problem(shared.get("/v1/users", host, site), 403, "wrong_origin")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_followed_link(shared, site):
    """By a person, to a whole page of ours, and to nothing else."""
    host, site = f"Host: {shared.host}", f"Sec-Fetch-Site: {site}"
    visit = [host, site, "Sec-Fetch-Mode: navigate",
             "Sec-Fetch-Dest: document"]
    assert shared.get("/", *visit).status == 302
    assert shared.get("/ui/", *visit).status == 200
    for path in ("/v1/users", "/healthz", "/none"):
        check_problem(shared.get(path, *visit), 403, "wrong_origin")
    for mode, dest in (("navigate", "iframe"), ("navigate", "embed"),
                       ("no-cors", "document"), ("no-cors", "image"),
                       ("cors", "empty"), ("navigate", "")):
        check_problem(shared.get(
            "/ui/", host, site, f"Sec-Fetch-Mode: {mode}",
            f"Sec-Fetch-Dest: {dest}"), 403, "wrong_origin")
    for odd in ("Sec-Fetch-Site: x", "Sec-Fetch-Site: ", "Origin: null"):
        lines = [odd, *visit[2:]] if "Site" in odd else [odd, *visit[1:]]
        check_problem(shared.get("/ui/", host, *lines), 403, "wrong_origin")
    raw = "\r\n".join(["POST /ui/ HTTP/1.1", *visit, "", ""])
    refused(shared, raw, 403, "wrong_origin")


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PROPFIND", "get"])
def test_other_methods(shared, method):
    for path in ("/v1/users", "/ui/", "/none"):
        raw = f"{method} {path} HTTP/1.1\r\nHost: {shared.host}\r\n"
        refused(shared, raw + "\r\n", 405)
        reply = shared.raw((raw + "\r\n").encode())
        assert reply.get("allow") == "GET, HEAD, POST, PUT, PATCH, DELETE"
        refused(shared, raw + "Origin: http://evil.example\r\n"
                "Access-Control-Request-Method: POST\r\n\r\n", 403)


def test_pages_cannot_be_written(shared):
    raw = f"POST /ui/ HTTP/1.1\r\nHost: {shared.host}\r\n\r\n"
    refused(shared, raw, 405)
    assert shared.raw(raw.encode()).get("allow") == "GET, HEAD"


# HOSTILE W-11: smuggling.  A second request hides behind each.

SMUGGLED = "GET /v1/smuggled HTTP/1.1\r\nHost: {host}\r\n\r\n"
FRAMINGS = [
    ("Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400),
    ("Content-Length: 5\r\nContent-Length: 0\r\n\r\nhello", 400),
    ("Content-Length: 5, 5\r\n\r\nhello", 400),
    ("Content-Length: +5\r\n\r\nhello", 400),
    ("Content-Length: 5 \x0b\r\n\r\nhello", 400),
    ("Content-Length: 0x5\r\n\r\nhello", 400),
    ("Content-Length: -5\r\n\r\nhello", 400),
    ("Content-Length : 5\r\n\r\nhello", 400),
    ("Content-Length:\r\n 5\r\n\r\nhello", 400),
    ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
    ("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
    ("Transfer-Encoding: chunked\r\n\r\n5;a=\"b\"\r\nhello\r\n0\r\n\r\n", 411),
    ("Transfer-Encoding: identity\r\n\r\n", 411),
    ("Transfer-Encoding: \x0bchunked\r\n\r\n", 400),
    ("Transfer-Encoding\r\n\r\n", 400),
    ("X: a\nContent-Length: 5\r\n\r\nhello", 400),
    ("X: a\r\n\nContent-Length: 5\r\n\r\nhello", 400),
    ("X: a\rContent-Length: 5\r\n\r\nhello", 400),
    ("X: a\0b\r\n\r\n", 400),
    ("X: a\r\n b\r\n\r\n", 400),
    (" X: a\r\n\r\n", 400),
    (": a\r\n\r\n", 400),
    ("Expect: 200\r\n\r\n", 417),
    ("Authorization: a\r\nAuthorization: b\r\n\r\n", 400),
    ("Content-Type: a\r\nContent-Type: b\r\n\r\n", 400),
]


@pytest.mark.parametrize("rest, status", FRAMINGS)
def test_smuggling(shared, rest, status):
    raw = f"POST /v1/x HTTP/1.1\r\nHost: {shared.host}\r\n{rest}"
    refused(shared, raw + SMUGGLED.replace("{host}", shared.host), status)


@pytest.mark.parametrize("line, status", [
    ("GET /v1/x", 400), ("GET /v1/x HTTP/1.1 ", 400), ("GET", 400),
    ("GET  /v1/x HTTP/1.1", 400), ("GET\t/v1/x HTTP/1.1", 400),
    ("\0GET /v1/x HTTP/1.1", 400), ("GET /v1/x HTTP/1.2", 505),
    ("GET /v1/x HTTP/0.9", 505), ("PRI * HTTP/2.0", 505),
    ("GET /v1/x HTTP/11", 400), ("GET /v1/x ICY/1.1", 400),
    ("CONNECT evil:80 HTTP/1.1", 400), ("OPTIONS * HTTP/1.1", 400),
    ("GET * HTTP/1.1", 400), ("GET evil HTTP/1.1", 400), ("", 400)])
def test_request_lines(shared, line, status):
    refused(shared, f"{line}\r\nHost: {shared.host}\r\n\r\n", status)


def test_tls_hello(shared):
    refused(shared, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(9),
            400)


def test_refusal_ends_a_pipeline(httpd):
    good = f"GET /v1/a HTTP/1.1\r\nHost: {httpd.host}\r\n\r\n".encode()
    with httpd.connect() as client:
        client.send(good + b"GET /v1/b HTTP/1.1\r\n\r\n" + good)
        assert client.reply().status == 200
        check_problem(client.reply(), 400)
        assert client.is_closed()
    assert [r.target for r in httpd.core.requests] == ["/v1/a"]


# HOSTILE W-12: slowness.

def test_slow_head_has_an_absolute_end():
    with Httpd("--head-timeout-ms", "700") as httpd, httpd.connect() as client:
        start = time.monotonic()
        head = b"GET /v1/x HTTP/1.1\r\nX: " + b"a" * 100
        for i in range(len(head)):
            client.send(head[i:i + 1])
            if select.select([client.sock], [], [], 0.05)[0]:
                break
        check_problem(client.reply(), 408, "timeout")
        assert 0.6 < time.monotonic() - start < HEAD_SECONDS
        assert client.is_closed()


def test_silent_client_is_closed():
    with Httpd("--head-timeout-ms", "300", "--idle-timeout-ms", "500") as httpd:
        with httpd.connect() as client:
            start = time.monotonic()
            assert client.is_closed()
            assert 0.25 < time.monotonic() - start < HEAD_SECONDS
        with httpd.connect() as client:
            assert client.ask().status == 200
            start = time.monotonic()
            assert client.is_closed()
            assert time.monotonic() - start > 0.45


def test_slow_body_has_an_absolute_end():
    with Httpd("--body-timeout-ms", "700") as httpd, httpd.connect() as client:
        start = time.monotonic()
        client.send((f"POST /v1/x HTTP/1.1\r\nHost: {httpd.host}\r\n"
                     "Content-Length: 1000\r\n\r\n").encode())
        while not select.select([client.sock], [], [], 0.05)[0]:
            client.send(b"x")
        check_problem(client.reply(), 408, "timeout")
        assert time.monotonic() - start > 0.6
        assert client.is_closed()
        assert not httpd.core.requests


def test_slow_body_that_moves_on_may_be_long():
    with Httpd("--body-timeout-ms", "3000") as httpd, httpd.connect() as client:
        start = time.monotonic()
        client.send((f"PUT /v1/x HTTP/1.1\r\nHost: {httpd.host}\r\n"
                     "Content-Length: 1310720\r\n\r\n").encode())
        for _ in range(20):
            client.send(bytes(65536))
            time.sleep(0.2)
        assert client.reply().status == 200
        assert time.monotonic() - start > 3
        assert len(httpd.core.requests[-1].body) == 1310720


def test_slow_core_is_waited_for_and_bounded():
    """F: an upload is held back, and no more of it kept than 64 KiB twice."""
    go_on = threading.Event()

    def early(request):
        go_on.wait(gate.LIMIT)

    with Httpd("--body-timeout-ms", "5000") as httpd, httpd.connect() as client:
        httpd.core.early = early
        client.sock.settimeout(0.7)
        before = httpd.rss_kib()
        sent = 0
        with pytest.raises(TimeoutError):
            client.sock.sendall((
                f"PUT /v1/x HTTP/1.1\r\nHost: {httpd.host}\r\n"
                f"Content-Length: {64 << 20}\r\n\r\n").encode())
            while True:
                sent += client.sock.send(bytes(65536))
        assert sent < 16 << 20
        assert httpd.rss_kib() - before < 4096
        go_on.set()
        client.sock.settimeout(gate.LIMIT)
        client.send(bytes((64 << 20) - sent))
        assert client.reply().status == 200
        assert httpd.rss_kib() - before < 4096
        assert len(httpd.core.requests[-1].body) == 64 << 20


def test_slow_reader_is_closed():
    with Httpd("--body-timeout-ms", "700") as httpd:
        httpd.core.answer = lambda r: Answer(body=bytes(30 << 20))
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", httpd.port))
        with gate.Client(httpd, slow) as client:
            client.send(f"GET /v1/x HTTP/1.1\r\nHost: {httpd.host}\r\n\r\n"
                        .encode())
            httpd.core.wait_for(1)
            stream = httpd.core.requests[0].stream
            while not stream.closed.wait(0.05):
                client.sock.recv(1)
            before = httpd.rss_kib()
            assert httpd.ask("/ui/").status == 200
            assert before < 300000


def test_reader_that_pauses_gets_all(httpd):
    body = bytes(i * 11 & 255 for i in range(8 << 20))
    httpd.core.answer = lambda r: Answer(body=body)
    with httpd.connect() as client:
        client.send(f"GET /v1/x HTTP/1.1\r\nHost: {httpd.host}\r\n\r\n"
                    .encode())
        httpd.core.wait_for(1)
        select.select([], [], [], 0.3)
        assert client.reply().body == body
        httpd.core.answer = lambda r: Answer()
        assert client.ask().status == 200


# HOSTILE W-13: sizes.

@pytest.mark.parametrize("length, status", [
    ("1073741824", 413), ("262145", 413), ("18446744073709551616", 413),
    ("9" * 400, 413), ("1e3", 400)])
def test_body_too_large(shared, length, status):
    refused(shared, f"POST /v1/x HTTP/1.1\r\nHost: {shared.host}\r\n"
            f"Content-Length: {length}\r\n\r\nxxxx", status)


def test_head_too_large(shared):
    host = f"Host: {shared.host}\r\n"
    before = shared.rss_kib()
    refused(shared, f"GET /v1/x HTTP/1.1\r\n{host}" + "a: b\r\n" * 100000, 431)
    refused(shared, f"GET /v1/x HTTP/1.1\r\n{host}X: " + "a" * 100000, 431)
    refused(shared, "GET /v1/" + "a" * 65536, 414)
    refused(shared, "GET /v1/x?" + "a=b&" * 100000, 414)
    refused(shared, b"a" * 100000, 414)
    refused(shared, f"POST /v1/x HTTP/1.1\r\n{host}Content-Length: "
            "1073741824\r\n\r\n" + "x" * (8 << 20), 413)
    assert shared.rss_kib() < before + 20000


# HOSTILE W-14: paths.

@pytest.mark.parametrize("path", [
    "/ui/../v1/x", "/ui/%2e%2e/x", "/ui/.%2E/x", "/ui/./x", "/ui/..",
    "/ui/%00", "/ui/x%00.js", "//ui/", "/ui//x", "/ui\\x", "/ui/%5c..",
    "/ui/%2f", "/ui%2findex.html", "/v1/\xc3\xbc", "/v1/%c0%ae", "/v1/%ff",
    "/v1/%0d%0aX", "/v1/%", "/v1/%g0", "/v1/#x", "/v1/<", "/v1/\x7f"])
def test_bad_paths(shared, path):
    refused(shared, f"GET {path} HTTP/1.1\r\nHost: {shared.host}\r\n\r\n", 400)


def test_escaped_unicode_reaches_the_core(shared):
    assert shared.ask("/v1/%c3%bc?q=%2F").status == 200
    assert shared.core.requests[-1].target == "/v1/%c3%bc?q=%2F"


# Streams.

class EventStream:
    """Answers each request with an open event stream."""

    def __init__(self, core):
        self.streams = []
        core.answer = self.answer

    def answer(self, request):
        self.streams.append(request.stream)
        request.stream.sock.sendall(
            Answer(length=-1, content_type=b"text/event-stream").encode_head())

    def send(self, index, data):
        self.streams[index].sock.sendall(gate.frame(gate.DATA, data))


def open_stream(httpd, client, count):
    client.send(f"GET /v1/events HTTP/1.1\r\nHost: {httpd.host}\r\n\r\n"
                .encode())
    httpd.core.wait_for(count)
    line = client.file.readline()
    assert line == b"HTTP/1.1 200 OK\r\n", line
    while client.file.readline() != b"\r\n":
        pass
    return gate.chunks(client.file)


def test_events_arrive_one_by_one(httpd):
    events = EventStream(httpd.core)
    with httpd.connect() as client:
        # The head comes before there is any event.
        got = open_stream(httpd, client, 1)
        for i in range(100):
            data = b"data: %d\n\n" % i
            events.send(0, data)
            assert next(got) == data
        events.streams[0].sock.sendall(gate.frame(gate.DONE))
        assert list(got) == []
        httpd.core.answer = lambda r: Answer()
        assert client.ask().status == 200
    assert len(httpd.core.streams) == 1


def test_many_streams(httpd):
    events = EventStream(httpd.core)
    clients = [httpd.connect() for _ in range(100)]
    readers = [open_stream(httpd, c, i + 1) for i, c in enumerate(clients)]
    for i in range(100):
        events.send(i, b"x")
    for reader in readers:
        assert next(reader) == b"x"
    for client in clients:
        client.close()
    for stream in events.streams:
        assert stream.closed.wait(gate.LIMIT)


def test_streams_leave_room():
    with Httpd("--connections", "16") as httpd:
        EventStream(httpd.core)
        clients = [httpd.connect() for _ in range(12)]
        for i, client in enumerate(clients):
            open_stream(httpd, client, i + 1)
        check_problem(httpd.ask("/v1/events"), 503, "too_many_streams")
        assert httpd.ask("/ui/").status == 200
        clients.pop().close()

        def is_open():
            with httpd.connect() as client:
                client.send("GET /v1/events HTTP/1.1\r\n"
                            f"Host: {httpd.host}\r\n\r\n".encode())
                return b" 200 " in client.file.readline()

        gate.until("room again", is_open)
        for client in clients:
            client.close()


@pytest.mark.parametrize("kind", ["stream", "waiting", "body"])
def test_client_that_goes_ends_the_call(httpd, kind):
    httpd.core.early = httpd.core.answer = lambda r: None
    if kind == "stream":
        EventStream(httpd.core)
    client = httpd.connect()
    if kind == "body":
        client.send((f"POST /v1/x HTTP/1.1\r\nHost: {httpd.host}\r\n"
                     "Content-Length: 100000\r\n\r\n").encode() +
                    b"x" * 50000)
        gate.until("a stream", lambda: httpd.core.streams)
    else:
        client.send(f"GET /v1/x HTTP/1.1\r\nHost: {httpd.host}\r\n\r\n"
                    .encode())
        httpd.core.wait_for(1)
    client.close()
    assert httpd.core.streams[0].closed.wait(gate.LIMIT)
    httpd.core.early = None
    httpd.core.answer = lambda r: Answer()
    assert httpd.ask().status == 200


def test_slow_stream_reader_holds_the_core_back(httpd):
    httpd.core.answer = lambda r: None
    with httpd.connect() as client:
        client.send(f"GET /v1/events HTTP/1.1\r\nHost: {httpd.host}\r\n\r\n"
                    .encode())
        httpd.core.wait_for(1)
        sock = httpd.core.requests[0].stream.sock
        sock.settimeout(1)
        sent = 0
        with pytest.raises(TimeoutError):
            sock.sendall(Answer(length=-1).encode_head())
            for _ in range(10000):
                sock.sendall(gate.frame(gate.DATA, bytes(16384)))
                sent += 16384
        assert sent < 32 << 20
        assert httpd.ask("/ui/").status == 200


# The core.

def test_answer_before_the_body_is_here(httpd):
    httpd.core.early = lambda r: Answer(401, b"no").encode()
    with httpd.connect() as client:
        client.send((f"POST /v1/x HTTP/1.1\r\nHost: {httpd.host}\r\n"
                     "Content-Length: 200000\r\n\r\n").encode() +
                    b"x" * 100000)
        reply = client.reply()
        assert reply.status == 401 and reply.body == b"no"
        assert reply.get("connection") == "close"
        assert client.is_closed()
    assert httpd.core.streams[0].closed.wait(gate.LIMIT)


def test_no_core():
    with Httpd(core=False) as httpd:
        with httpd.connect() as client:
            for _ in range(2):
                check_problem(client.ask(), 503, "core_down")
            assert client.ask("/ui/").status == 200
            httpd.new_core()
            gate.until("the core", lambda: client.ask().status == 200)


def test_core_restarts(httpd):
    streams = EventStream(httpd.core)
    with httpd.connect() as client, httpd.connect() as other, \
            httpd.connect() as idle:
        got = open_stream(httpd, client, 1)
        streams.send(0, b"x")
        assert next(got) == b"x"
        httpd.core.answer = lambda r: None
        other.send(f"GET /v1/x HTTP/1.1\r\nHost: {httpd.host}\r\n\r\n"
                   .encode())
        httpd.core.wait_for(2)
        httpd.core.die()
        with pytest.raises(EOFError):
            next(got)
        check_problem(other.reply(), 503, "core_down")
        check_problem(idle.ask(), 503, "core_down")
        httpd.new_core()
        for one in (other, idle):
            gate.until("the core", lambda c=one: c.ask().status == 200)


def test_new_core_replaces_the_old(httpd):
    old = httpd.core
    assert httpd.ask().status == 200
    httpd.new_core()
    assert old.streams[0].closed.wait(gate.LIMIT)
    assert httpd.ask().status == 200
    assert len(old.requests) == 1 and len(httpd.core.requests) == 1
    old.die()


@pytest.mark.parametrize("raw", [
    b"\x09\0\0\0\0", gate.frame(gate.DONE), gate.frame(gate.DATA, b"x"),
    gate.frame(gate.ANSWER, b"x"), b"\4\xff\xff\xff\xff",
    Answer(99).encode(), Answer(etag=b"a\r\nb").encode(),
    Answer(body=b"abc", length=4).encode(),
    Answer(body=b"abc", length=2).encode()])
def test_core_that_talks_nonsense(httpd, raw):
    httpd.core.answer = lambda r: raw
    check_problem(httpd.ask(), 502, "internal")
    httpd.core.answer = lambda r: Answer()
    assert httpd.ask().status == 200


def test_long_answer_that_breaks_is_cut(httpd):
    def answer(request):
        raw = Answer(body=bytes(300000)).encode()
        request.stream.sock.sendall(raw[:200000])
        request.stream.sock.shutdown(socket.SHUT_RDWR)

    httpd.core.answer = answer
    with pytest.raises(AssertionError, match="of 300000 bytes"):
        httpd.ask()


# HOSTILE X-08, and the process.

def test_half_open_connections(httpd):
    clients = []
    for i in range(450):
        client = httpd.connect()
        client.send((b"", b"GET /v1/", b"POST /v1/x HTTP/1.1\r\nHost: " +
                     httpd.host.encode() + b"\r\nContent-Length: 9\r\n\r\n")
                    [i % 3])
        clients.append(client)
        if i % 50 == 49:
            assert httpd.ask().status == 200
    assert clients[0].is_closed()
    assert httpd.fd_count() < 384 * 2 + 40
    for client in clients:
        client.close()


def test_flood_of_connections(httpd):
    for _ in range(2000):
        with httpd.connect() as client:
            client.send(b"GET / HT")
    assert httpd.ask().status == 200


def test_limit_when_all_are_served():
    with Httpd("--connections", "8") as httpd:
        httpd.core.answer = lambda r: None
        clients = [httpd.connect() for _ in range(8)]
        for client in clients:
            client.send(f"GET /v1/x HTTP/1.1\r\nHost: {httpd.host}\r\n\r\n"
                        .encode())
        httpd.core.wait_for(8)
        with httpd.connect() as one_more:
            assert one_more.is_closed()
        for client in clients:
            client.close()


def test_no_descriptor_is_lost(httpd):
    def round_of_everything():
        events = EventStream(httpd.core)
        with httpd.connect() as client:
            got = open_stream(httpd, client, len(httpd.core.requests) + 1)
            events.send(0, b"x")
            next(got)
        assert events.streams[0].closed.wait(gate.LIMIT)
        httpd.core.answer = lambda r: Answer()
        httpd.core.early = None
        for target in ("/v1/x", "/ui/", "/", "/none", "/v1/../x"):
            httpd.ask(target)
        httpd.connect().close()
        with httpd.connect() as client:
            client.send(b"GET")

    before = httpd.fd_count()
    for _ in range(30):
        round_of_everything()
    # A stream or two may be kept for the next request.
    gate.until("the same descriptors",
               lambda: httpd.fd_count() <= before + 2)


@pytest.mark.parametrize("how", ["order", "signal", "parent"])
def test_stops_at_once(how):
    # Nobody is waited for: none of them would end by itself.
    with Httpd("--head-timeout-ms", "3600000", "--idle-timeout-ms",
               "3600000") as httpd:
        EventStream(httpd.core)
        with httpd.connect() as client, httpd.connect() as half, \
                httpd.connect() as other:
            open_stream(httpd, client, 1)
            half.send(b"GET")
            assert other.ask("/ui/").status == 200
            if how == "order":
                httpd.ctl.send(b"S")
            elif how == "signal":
                httpd.process.send_signal(signal.SIGTERM)
            else:
                httpd.ctl.close()
            assert httpd.process.wait(gate.LIMIT) == 0


def test_reset_by_the_client(httpd):
    """RST in every state."""
    httpd.core.answer = lambda r: Answer(body=bytes(4 << 20))
    for data in (b"", b"GET /v1/x", b"GET /v1/x HTTP/1.1\r\nHost: " +
                 httpd.host.encode() + b"\r\n\r\n", b"\0"):
        for _ in range(5):
            with httpd.connect() as client:
                client.send(data)
                client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                       struct.pack("ii", 1, 0))
    httpd.core.answer = lambda r: Answer()
    assert httpd.ask().status == 200


def test_wrong_orders_are_ignored(httpd):
    httpd.ctl.send(b"?")
    httpd.ctl.send(b"C")
    httpd.ctl.send(b"two")
    assert httpd.ask().status == 200
