# SPDX-License-Identifier: GPL-3.0-or-later
"""What other people's pages, and whoever reaches the port, try against a
whole daemon: every request here is refused, and changed nothing."""

import itertools
import json
import os
import pathlib
import re
import socket

import pytest

from daemons import Place, children_of, sockets_of
from front import NOWHERE, PAGES, Front, head_errors, is_page

@pytest.fixture(name="front", scope="module")
def make_front():
    with Place() as place:
        alice = place.daemon("alice")
        alice.add_user()
        # Before, a look at /readyz is an answer of its own kind.
        alice.wait_for_tor()
        front = Front(alice)
        made = alice.call("POST", alice.user_path("/invites"), {"label": "x"})
        front.ids["invite_id"] = made["id"]
        yield front


@pytest.fixture(name="same")
def make_same(front):
    """After the test everything is as it was before."""
    before, pids = front.state(), children_of(front.daemon.process.pid)
    yield
    assert front.state() == before
    assert children_of(front.daemon.process.pid) == pids


def fill(front, text):
    return text.replace("{host}", front.host).replace("{port}",
                                                      str(front.port))


# What every answer says.

def answers_of(front):
    """(request, answer) of every kind that there is."""
    asked = [(method, path, front.head(method, path))
             for method, path in front.targets() if method == "GET"
             and not path.endswith("/events")]
    asked += [("HEAD", path, front.head("HEAD", path))
              for _, path, _ in asked]
    asked += [(method, path, front.head(method, path, key=False))
              for method, path in front.targets()]
    asked += [(method, path, front.head(method, path))
              for method in ("OPTIONS", "TRACE", "PROPFIND")
              for path in PAGES[:3] + NOWHERE + ["/v1/users"]]
    users = "/v1/users"
    asked += [("GET", users, raw) for raw in (
        b"\0", b"GET /v1/users HTTP/1.1\r\n\r\n", b"GET / HTTP/3.0\r\n\r\n",
        b"GET " + 9000 * b"a", front.head("GET", users, host="evil"),
        front.head("GET", users, "Origin: null"),
        front.head("GET", users, "a: b\r\n" * 99),
        front.head("GET", users, "Expect: x"),
        front.head("POST", users, "Content-Length: 999999999"),
        front.head("POST", users, "Transfer-Encoding: chunked"),
        front.head("POST", users, "Content-Length: 0"),
        front.post("/invites", b"{"), front.post("/invites", {"x": 1}),
        front.head("GET", users, 'If-None-Match: "x"'),
        front.head("GET", front.daemon.user_path("/events?after=0&wait=0")))]
    for method, path, raw in asked:
        yield method, path, raw, front.ask(raw, method)


# HOSTILE W-03, W-04, W-08, W-17
def test_every_answer_has_its_headers(front, same):
    """Whoever asks for what, however wrongly; so also no page of somebody
    else can show one of ours in a frame, and no cookie is ever set."""
    seen, bad = set(), []
    for method, path, raw, reply in answers_of(front):
        good = reply.status in (200, 304) and path != "/" and path != "/ui"
        errors = head_errors(reply, is_page(path) and good)
        if errors:
            bad.append((raw[:100], reply.status, errors))
        seen.add(reply.status)
        if reply.status >= 400 and method != "HEAD":
            assert reply.get("content-type") == "application/problem+json"
            assert json.loads(reply.body)["status"] == reply.status
    assert not bad
    assert {200, 302, 400, 401, 403, 404, 405, 411, 413, 414, 417, 421, 422,
            431, 505} <= seen


# HOSTILE W-04
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_frame_of_another_page_stays_empty(front, same, site):
    """Another origin, and another port of this machine, which is the same
    site: what a frame would show is refused before it is looked for."""
    for path in PAGES + ["/v1/users"]:
        front.refused(front.head(
            "GET", path, f"Sec-Fetch-Site: {site}", "Sec-Fetch-Mode: navigate",
            "Sec-Fetch-Dest: iframe", key=False), {403})


# Names.

HOSTS = [
    "evil.example", "evil.example:{port}", "127.0.0.1.evil:{port}", "",
    "127.0.0.1", "127.0.0.1:1", "127.0.0.1:{port}0", "127.0.0.1:0{port}",
    "127.0.0.1:+{port}", "127.0.0.1:{port}.", "LOCALHOST:{port}",
    "localhost.:{port}", "localhost", "x@127.0.0.1:{port}",
    "127.0.0.1@evil:{port}", "0.0.0.0:{port}", "0:{port}", "127.1:{port}",
    "127.0.1:{port}", "2130706433:{port}", "0x7f000001:{port}",
    "0177.0.0.1:{port}", "127.0.0.2:{port}", "127.255.255.254:{port}",
    "[::]:{port}", "::1:{port}", "[::1]", "[::1%25lo]:{port}",
    "[::ffff:127.0.0.1]:{port}", "[0:0:0:0:0:0:0:1]:{port}",
    "127.0.0.1:{port} x", "127.0.0.1:{port},evil", "127.0.0.1:{port}/",
    "127.0.0.1:{port}#", "http://127.0.0.1:{port}",
    "localtest.me:{port}", "xn--lcalhost-54a:{port}",
]
BROKEN_HOSTS = ["127.0.0.1:{port}\0", "127.0.0.1:{port}\tx", "\x7f", "\xe9",
                "127.0.0.1:{port}\x01.evil"]


# HOSTILE W-05
@pytest.mark.parametrize("host", HOSTS)
def test_rebinding_reaches_no_path(front, same, host):
    """A name that somebody else owns may lead here: every path of the route
    table and every file of the page knows only its own."""
    host = fill(front, host)
    for method, path in front.targets():
        raw = front.head(method, path, host=host or " ")
        assert front.refused(raw, {421}).status == 421
    # As a browser would, once it believes the name.
    front.refused(front.head("POST", "/v1/session", f"Origin: http://{host}",
                             "Sec-Fetch-Site: same-origin", host=host or " "),
                  {421})


# HOSTILE W-05
@pytest.mark.parametrize("lines", [
    "", "Host: {host}\r\nHost: {host}\r\n", "Host: {host}\r\nHost: evil\r\n",
    "Host: evil\r\nhost: {host}\r\n", "Host : {host}\r\n", "Host\r\n",
    " Host: {host}\r\n", "Host: {host}\r\n evil\r\n", "Host\t: {host}\r\n",
    *[f"Host: {host}\r\n" for host in BROKEN_HOSTS]])
def test_a_head_that_names_nobody_or_two(front, same, lines):
    lines = fill(front, lines)
    for method, path in front.targets():
        for version in ("1.0", "1.1"):
            raw = f"{method} {path} HTTP/{version}\r\n{lines}" \
                  f"Authorization: {front.key}\r\n\r\n"
            front.refused(raw.encode("latin-1"), {400})


# HOSTILE W-05
@pytest.mark.parametrize("prefix", [
    "http://{host}", "http://evil.example", "HTTP://{host}", "//evil.example",
    "//{host}", "{host}", "http:", "\\\\evil", "/\\evil", "/http://evil/.."])
def test_an_address_in_place_of_a_path(front, same, prefix):
    for method, path in front.targets():
        front.refused(front.head(method, fill(front, prefix) + path), {400})


# HOSTILE W-05
@pytest.mark.parametrize("line", [
    "X-Forwarded-Host: evil", "Forwarded: host=evil", "X-Host: evil",
    "X-Original-URL: /v1/daemon/shutdown", "X-Rewrite-URL: /v1/users",
    "X-HTTP-Method-Override: DELETE", "X-Forwarded-Proto: https",
    "X-Forwarded-For: 127.0.0.1", "Upgrade-Insecure-Requests: 1",
    "Connection: authorization", "Proxy-Authorization: x", "TE: trailers"])
def test_lines_that_proxies_believe_mean_nothing(front, same, line):
    reply = front.ask(front.head("GET", "/v1/daemon", line))
    assert reply.status == 200
    assert b"evil" not in reply.body
    assert front.ask(front.head("GET", "/v1/users", line, key=False)
                     ).status == 401


# Addresses.

def listening(daemon):
    """(family, address, port) of every socket its processes listen on."""
    pids = [daemon.process.pid, *children_of(daemon.process.pid).values()]
    inodes = set().union(*map(sockets_of, pids))
    found = []
    for name in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
        for pid in pids:
            table = pathlib.Path(f"/proc/{pid}/net/{name}").read_text("ascii")
            for line in table.splitlines()[1:]:
                words = line.split()
                is_open = words[3] == "0A" or not name.startswith("tcp")
                if words[9] in inodes and is_open:
                    found.append((name, words[1]))
    return set(found)


# HOSTILE W-06
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to see sockets")
def test_listens_on_one_address(front):
    wanted = {("tcp", f"0100007F:{front.port:04X}")}
    assert listening(front.daemon) == wanted


# HOSTILE W-06
@pytest.mark.parametrize("address", [
    "127.0.0.2", "127.1.2.3", "127.255.255.254", "::1"])
def test_other_loopback_addresses_are_nobody(front, address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as sock:
        assert sock.connect_ex((address, front.port)) != 0


# HOSTILE W-06
@pytest.mark.parametrize("address, host", [
    ("0.0.0.0", "0.0.0.0"), ("127.0.0.1", "127.1"),
    ("127.0.0.1", "2130706433"), ("::ffff:127.0.0.1", "[::ffff:127.0.0.1]")])
def test_other_spellings_of_it_are_refused(front, same, address, host):
    """The kernel takes them for 127.0.0.1; the Host header does not lie."""
    try:
        front.connect(address=address).close()
    except OSError:
        assert ":" in address
        pytest.skip("no IPv6 here")
    for path in ("/", "/ui/", "/v1/users"):
        front.refused(front.head("GET", path, host=f"{host}:{front.port}"),
                      {421}, address=address)


# Other people's pages.

SITES = [
    "Origin: null", "Origin: http://evil.example", "Origin: ",
    "Origin: http://127.0.0.1:1", "Origin: http://127.0.0.1",
    "Origin: https://{host}", "Origin: http://localhost:{port}",
    "Origin: http://{host}.evil.example", "Origin: http://{host}/",
    "Origin: http://evil.example http://{host}", "Origin: HTTP://{host}",
    "Origin: chrome-extension://x", "Origin: file://",
    "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site",
    "Sec-Fetch-Site: ", "Sec-Fetch-Site: Same-Origin",
    "Origin: http://{host}\r\nSec-Fetch-Site: cross-site",
    "Origin: null\r\nSec-Fetch-Site: same-origin"]
CONTENTS = [("application/x-www-form-urlencoded", b"label=evil"),
            ("text/plain", b'{"label":"evil"}'),
            ("multipart/form-data; boundary=x",
             b'--x\r\nContent-Disposition: form-data; name="label"\r\n\r\n'
             b"evil\r\n--x--\r\n"),
            ("application/json", b'{"label":"evil"}')]


# HOSTILE W-07
@pytest.mark.parametrize("site", SITES)
def test_another_page_can_do_nothing(front, same, site):
    """Forms, images, beacons, fetches without CORS, redirects, even with the
    right token: all say where they come from."""
    site, contents = fill(front, site), itertools.cycle(CONTENTS)
    for method, path in front.targets():
        front.refused(front.head(method, path, site), {403}, method)
        if method in ("GET", "DELETE"):
            continue
        kind, data = next(contents)
        front.refused(front.head(
            method, path, site, f"Content-Type: {kind}",
            f"Content-Length: {len(data)}") + data, {403}, method)


# HOSTILE W-07
def test_a_link_that_is_followed_opens_the_page_alone(front, same):
    """A visit, of a person, from somewhere else: he sees the page."""
    visit = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate",
             "Sec-Fetch-Dest: document"]
    for method, path in front.targets():
        if is_page(path):
            assert front.ask(front.head(method, path, *visit, key=False)
                             ).status in (200, 302, 404)
        else:
            front.refused(front.head(method, path, *visit), {403}, method)
    for path in PAGES:
        front.refused(front.head("POST", path, *visit), {403})


# HOSTILE W-07
def test_a_page_typed_into_the_address_bar_is_all_that_opens(front, same):
    """Sec-Fetch-Site: none is a person; he can open the page, and no more."""
    site = "Sec-Fetch-Site: none"
    for method, path in front.targets():
        if is_page(path):
            assert front.ask(front.head(method, path, site, key=False)
                             ).status in (200, 302, 404)
        else:
            front.refused(front.head(method, path, site), {403})


# HOSTILE W-07
def test_an_old_browser_has_no_token(front, same):
    """One that tells nothing of its pages still cannot make them send
    a header of ours."""
    for method, path, operation in front.operations():
        if method == "GET" or operation.get("security") == []:
            continue
        for kind, data in CONTENTS:
            reply = front.ask(front.head(
                method, path, f"Content-Type: {kind}",
                f"Content-Length: {len(data)}", key=False) + data, method)
            assert reply.status == 401, (method, path, kind)
            assert reply.get("www-authenticate")


# HOSTILE W-07
def test_nobody_is_logged_in_by_a_form(front, same):
    """The one writing call that needs no token takes nothing that a page
    can send without being asked first."""
    for kind, data in CONTENTS[:3]:
        reply = front.ask(front.head(
            "POST", "/v1/session", f"Content-Type: {kind}",
            f"Content-Length: {len(data)}", key=False) + data)
        assert reply.status == 415


# HOSTILE W-08
@pytest.mark.parametrize("origin, status", [
    ("http://evil.example", 403), ("null", 403), ("http://localhost:1", 403),
    ("http://{host}", 405)])
def test_no_page_is_told_that_it_may(front, same, origin, status):
    for path in {path for _, path in front.targets()}:
        reply = front.refused(front.head(
            "OPTIONS", path, f"Origin: {fill(front, origin)}",
            "Access-Control-Request-Method: POST",
            "Access-Control-Request-Headers: authorization, content-type",
            "Access-Control-Request-Private-Network: true", key=False),
            {status}, "OPTIONS")
        assert not [k for k, _ in reply.headers if k.startswith("access-")]
        assert reply.get("vary") is None


# HOSTILE W-09
@pytest.mark.parametrize("method", [
    "OPTIONS", "TRACE", "TRACK", "DEBUG", "PROPFIND", "MOVE", "LINK", "QUERY",
    "SEARCH", "get", "Post", "GETX", "GE", "M-SEARCH"])
def test_methods_that_nobody_needs(front, same, method):
    for path in {path for _, path in front.targets()}:
        reply = front.refused(front.head(method, path), {405})
        assert reply.get("allow") == "GET, HEAD, POST, PUT, PATCH, DELETE"


# HOSTILE W-09
def test_head_tells_what_get_tells(front, same):
    for method, path, _ in front.operations():
        if method != "GET" or path.endswith("/events"):
            continue
        for key in (True, False):
            one = front.ask(front.head("HEAD", path, key=key), "HEAD")
            other = front.ask(front.head("GET", path, key=key))
            assert one.status == other.status
            # Figures get longer between one look and the next.
            is_still = one.status == 200 and path != "/metrics"
            for name in ("content-type", "etag", "content-length"):
                if name != "content-length" or is_still:
                    assert one.get(name) == other.get(name), (path, name)


# HOSTILE W-10
@pytest.mark.parametrize("path", ["/v1/events", "{user}/events"])
def test_a_stream_is_opened_by_nobody_else(front, same, path):
    """From another page, with the token in the address, or as a WebSocket,
    which no rule about origins holds back."""
    path = path.replace("{user}", front.daemon.user_path())
    stream = "Accept: text/event-stream"
    for site in SITES:
        front.refused(front.head("GET", path, stream, fill(front, site)), {403})
    token = front.key.split()[1]
    for query in (f"?token={token}", f"?access_token={token}",
                  f"?authorization=Bearer%20{token}"):
        reply = front.ask(front.head("GET", path + query, stream, key=False))
        assert reply.status == 401
        assert token.encode() not in reply.body
    socket_lines = ["Connection: Upgrade", "Upgrade: websocket",
                    "Sec-WebSocket-Version: 13",
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
    reply = front.ask(front.head("GET", path, *socket_lines, key=False))
    assert reply.status == 401
    reply = front.ask(front.head("GET", path + "?after=0&wait=0",
                                 *socket_lines))
    assert reply.status in (200, 410, 422)  # what it is without those lines
    assert reply.get("upgrade") is None


# HOSTILE W-17
def test_a_cookie_opens_nothing(front, same):
    token = front.key.split()[1]
    for cookie in (token, f"token={token}", f"umbel={token}; session={token}",
                   f"Authorization={front.key}", f"__Host-umbel={token}"):
        for method, path, operation in front.operations():
            if operation.get("security") == []:
                continue
            reply = front.ask(front.head(method, path, f"Cookie: {cookie}",
                                         key=False), method)
            assert reply.status == 401


# Paths.

# HOSTILE W-14
@pytest.mark.parametrize("path", [
    "/ui/../v1/users", "/ui/%2e%2e/v1/users", "/ui/.%2E/x", "/ui/./x",
    "/ui/..", "/ui/%00", "/ui/index.html%00.js", "//ui/", "/ui//index.html",
    "/ui\\index.html", "/ui/%5c..", "/ui/%2f", "/ui%2findex.html",
    "/ui/\xc3\xbc", "/ui/%c0%ae%c0%ae/", "/ui/%ff", "/ui/%0d%0aX: y",
    "/ui/%", "/ui/%g0", "/ui/#x", "/ui/<", "/ui/\x7f",
    "/v1/users/../daemon", "/v1/users/%2e%2e%2fdaemon", "/v1//users",
    "/v1/users/", "/v1/users/.", "/v1/users;a=b", "/v1/users%3fx",
    "/v1/users/%00", "/../etc/passwd", "/ui/....//etc/passwd",
    "/ui/%252e%252e/passwd", "/ui/index.html/", "/ui/index.html/..",
    "/ui/INDEX.HTML", "/ui/index.htm", "/ui/main.js.map", "/ui/.git/config",
    "/v1/openapi.json/../users", "/v1/openapi%2ejson", "/%76%31/users",
    "/v1/users/usr_%00", "/v1/users/%20", "/v1/users/%e2%80%ae",
    "/v1/\xff\xfe", "/ui/ index.html"])
def test_odd_paths_lead_nowhere(front, same, path):
    """The page is inside the program: there is no path on a disk at all."""
    reply = front.ask(front.head("GET", path))
    assert reply.status in (400, 404, 422), (path, reply.status)
    assert not head_errors(reply)
    problem = json.loads(reply.body)
    assert b"root:" not in reply.body and "passwd" not in problem["detail"]


# HOSTILE W-14
def test_escapes_of_plain_letters_are_another_path(front, same):
    """One spelling for each: no filter before us is passed by another."""
    for path in ("/%75i/", "/ui/%6dain.js", "/v1/%75sers", "/healt%68z"):
        assert front.ask(front.head("GET", path)).status == 404
