# SPDX-License-Identifier: GPL-3.0-or-later
"""Files over the API of a whole daemon: brought, resumed, read, cut, refused;
and never more of one in memory than a piece (HOSTILE-TESTS F)."""

import base64
import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import re
import socket
import struct
import subprocess
import time
import uuid
import zlib

import pytest

from daemons import LIMIT, Place, Refused, until
from files import (MIB, PIECE, announce, append, ask, blobs, connect, content,
                   noise, upload)


@pytest.fixture(name="alice", scope="module")
def fixture_alice():
    with Place() as place:
        alice = place.daemon("alice")
        alice.add_user()
        yield alice


def offset_of(daemon, made):
    status, head, _ = ask(daemon, "HEAD", content(daemon, made))
    assert status == 204 and head["upload-complete"] == "?0"
    return int(head["upload-offset"])


def rss_kib(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1])


# One request.

@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, PIECE - 1, PIECE, PIECE + 1,
                                  3 * MIB + 5])
def test_put_and_get(alice, size):
    data = noise(size)
    made = upload(alice, data)
    assert made["state"] == "ready" and made["is_here"]
    assert made["size"] == size == made["bytes_done"]
    assert made["sha256"] == hashlib.sha256(data).hexdigest()
    assert made["kind"] == "file" and made["message_id"] is None
    status, head, got = ask(alice, "GET", content(alice, made))
    assert status == 200 and got == data
    assert head["content-length"] == str(size)
    assert head["content-type"] == "application/octet-stream"
    assert head["accept-ranges"] == "bytes"
    assert head["content-disposition"] == "attachment; filename*=UTF-8''a.bin"
    assert head["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in head["content-security-policy"]
    assert "sandbox" in head["content-security-policy"]
    assert head["cache-control"] == "no-store"
    status, again, got = ask(alice, "GET", content(alice, made),
                             headers={"If-None-Match": head["etag"]})
    assert status == 304 and not got and again["etag"] == head["etag"]
    status, head, got = ask(alice, "HEAD", content(alice, made))
    assert status == 200 and head["content-length"] == str(size)
    assert head["upload-complete"] == "?1"


def test_curl(alice, tmp_path):
    (tmp_path / "x.txt").write_bytes(b"hello")
    done = subprocess.run(
        ["curl", "-sS", "--unix-socket", str(alice.run / "api.sock"), "-H",
         f"@{alice.run}/admin.header", "-T", str(tmp_path / "x.txt"),
         "http://localhost" + alice.user_path("/files?name=x.txt")],
        capture_output=True, check=True)
    assert json.loads(done.stdout)["size"] == 5


def test_events_and_list(alice):
    upload(alice, b"y")
    before = alice.last_event()
    made = upload(alice, b"x")
    states = [e["data"]["state"] for e in alice.events(before, "file.state")]
    assert states == ["uploading", "ready"]
    page = alice.call("GET", alice.user_path("/files?limit=1"))
    assert page["items"][0]["id"] == made["id"] and page["next_cursor"]
    page = alice.call("GET", alice.user_path(
        f"/files?limit=1&cursor={page['next_cursor']}"))
    assert page["items"][0]["id"] != made["id"]
    items = alice.call("GET", alice.user_path(
        "/files?state=ready&limit=200"))["items"]
    assert made["id"] in [f["id"] for f in items]
    assert {f["state"] for f in items} == {"ready"}
    assert not alice.call("GET", alice.user_path(
        "/files?state=paused"))["items"]
    for bad in ("state=gone", "state=", "conversation_id=x", "kind=file"):
        status, _, _ = alice.request("GET", alice.user_path(f"/files?{bad}"))
        assert status == 422, bad
    none = "cnv_" + "0" * 26
    status, _, _ = alice.request("GET", alice.user_path(
        f"/files?conversation_id={none}"))
    assert status == 404
    before = alice.last_event()
    alice.call("DELETE", alice.user_path(f"/files/{made['id']}"))
    event, = alice.events(before, "file.state")
    assert event["data"] == {"id": made["id"], "state": "deleted"}
    assert ask(alice, "GET", content(alice, made))[0] == 404


def test_refusals(alice):
    path = alice.user_path("/files")
    assert ask(alice, "PUT", path, b"x")[0] == 422
    assert ask(alice, "PUT", path + "?name=x&what=y", b"x")[0] == 422
    assert ask(alice, "PUT", path + "?name=%0A", b"x")[0] == 422
    assert ask(alice, "PUT", path + "?name=" + "x" * 256, b"x")[0] == 422
    assert ask(alice, "PUT", path + "?name=x&media_type=jpeg", b"x")[0] == 422
    assert ask(alice, "PUT", path + "?name=x", b"x", token=False)[0] == 401
    connection = connect(alice)
    with contextlib.closing(connection):
        connection.putrequest("PUT", path + "?name=x")
        for line in alice.header().items():
            connection.putheader(*line)
        connection.endheaders()
        assert connection.getresponse().status == 411
    for size in (-1, (64 << 30) + 1, "1"):
        with pytest.raises(Refused) as refused:
            announce(alice, size)
        assert refused.value.status == 422


def test_too_large(alice):
    """Over the quota: refused before it is sent, and while it is."""
    before = len(blobs(alice))
    with pytest.raises(Refused) as refused:
        announce(alice, 60 << 30)
    assert refused.value.status in (413, 503)
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(str(alice.run / "api.sock"))
    with contextlib.closing(sock):
        sock.settimeout(LIMIT)
        token = alice.header()["Authorization"]
        sock.sendall((f"PUT {alice.user_path('/files?name=x')} HTTP/1.1\r\n"
                      f"Host: localhost\r\nAuthorization: {token}\r\n"
                      f"Content-Length: {60 << 30}\r\n\r\n").encode())
        with contextlib.suppress(ConnectionError):
            for _ in range(1000):
                sock.sendall(bytes(65536))
        assert re.match(rb"HTTP/1.1 (413|503) ", sock.recv(100))
    assert len(blobs(alice)) == before


def test_cut_in_the_middle(alice):
    """Nothing is left of an upload in one request that breaks off."""
    before = {f["id"] for f in alice.call(
        "GET", alice.user_path("/files?limit=200"))["items"]}
    count = len(blobs(alice))
    connection = connect(alice)
    connection.putrequest("PUT", alice.user_path("/files?name=cut"))
    for line in {**alice.header(), "Content-Length": str(MIB)}.items():
        connection.putheader(*line)
    connection.endheaders(noise(MIB // 2))
    until("it begins", lambda: len(blobs(alice)) > count)
    connection.close()
    until("it is gone", lambda: len(blobs(alice)) == count)
    after = {f["id"] for f in alice.call(
        "GET", alice.user_path("/files?limit=200"))["items"]}
    assert after == before


# Several requests.

def test_resumed(alice):
    data = noise(2 * MIB + 77)
    made = announce(alice, len(data),
                    sha256=hashlib.sha256(data).hexdigest())
    assert made["state"] == "uploading" and made["bytes_done"] == 0
    assert offset_of(alice, made) == 0
    status, head, _ = append(alice, made, 0, data[:1000])
    assert status == 204 and head["upload-offset"] == "1000"
    assert head["upload-complete"] == "?0"
    for wrong in (0, 999, 1001, len(data)):
        status, head, _ = append(alice, made, wrong, b"x")
        assert status == 409 and head["upload-offset"] == "1000"
    assert append(alice, made, "x", b"x")[0] == 422
    assert ask(alice, "PATCH", content(alice, made), b"x")[0] == 422
    assert append(alice, made, 1000, data)[0] == 413
    assert append(alice, made, 1000, b"x", **{"Upload-Complete": "?1"})[0] == 422
    assert append(alice, made, 1000, b"x", **{"Upload-Complete": "1"})[0] == 422
    assert ask(alice, "GET", content(alice, made))[0] == 409
    assert append(alice, made, 1000, data[1000:MIB], **{
        "Upload-Complete": "?0"})[0] == 204
    assert offset_of(alice, made) == MIB
    status, head, _ = append(alice, made, MIB, data[MIB:],
                             **{"Upload-Complete": "?1"})
    assert status == 204 and head["upload-complete"] == "?1"
    assert ask(alice, "GET", content(alice, made))[2] == data
    assert append(alice, made, len(data), b"")[0] == 409


def test_resumed_after_a_cut(alice):
    data = noise(MIB)
    made = announce(alice, len(data))
    connection = connect(alice)
    connection.putrequest("PATCH", content(alice, made))
    for line in {**alice.header(), "Upload-Offset": "0",
                 "Content-Length": str(MIB)}.items():
        connection.putheader(*line)
    connection.endheaders(data[:MIB // 2])

    def moved():
        return alice.call("GET", alice.user_path(
            f"/files/{made['id']}"))["bytes_done"] > 300000
    until("it comes", moved)
    assert append(alice, made, 0, b"x")[0] == 409  # two at once
    connection.close()
    until("it is free", lambda: ask(
        alice, "HEAD", content(alice, made))[0] == 204)
    assert offset_of(alice, made) > 300000
    at = offset_of(alice, made)
    assert append(alice, made, at, data[at:])[0] == 204
    assert ask(alice, "GET", content(alice, made))[2] == data


def test_empty_and_repeated(alice):
    key = str(uuid.uuid4())
    made = announce(alice, 0, client_id=key)
    status, _, body = alice.request("POST", alice.user_path("/files"), {
        "name": "a.bin", "size": 0, "client_id": key})
    assert status == 200 and json.loads(body)["id"] == made["id"]
    with pytest.raises(Refused) as refused:
        announce(alice, 1, client_id=key)
    assert refused.value.problem["code"] == "client_id_reused"
    assert append(alice, made, 0, b"")[0] == 204
    assert ask(alice, "GET", content(alice, made))[2] == b""


def test_wrong_checksum(alice):
    made = announce(alice, 3, sha256="0" * 64)
    status, _, body = append(alice, made, 0, b"abc")
    assert status == 422 and json.loads(body)["errors"][0]["code"] == "mismatch"
    assert ask(alice, "GET", content(alice, made))[0] == 404


def test_goes_on_after_a_crash():
    with Place() as place:
        alice = place.daemon("alice")
        alice.add_user()
        data = noise(20 * MIB)
        made = announce(alice, len(data))
        assert append(alice, made, 0, data[:17 * MIB + 5])[0] == 204
        alice.kill("umbel-core")
        alice.unlock_when_up()
        at = offset_of(alice, made)
        assert 16 * MIB <= at <= 17 * MIB and at % PIECE == 0
        assert append(alice, made, at, data[at:])[0] == 204
        whole = alice.call("GET", alice.user_path(f"/files/{made['id']}"))
        assert whole["sha256"] == hashlib.sha256(data).hexdigest()
        assert ask(alice, "GET", content(alice, made))[2] == data


def test_wishes_survive_a_crash():
    with Place() as place:
        alice = place.daemon("alice")
        alice.add_user()
        big = noise(18 * MIB)
        wrong = announce(alice, len(big), sha256="1" * 64)
        assert append(alice, wrong, 0, big[:17 * MIB])[0] == 204
        picture = PICTURE + noise(1 * MIB)
        made = [announce(alice, len(picture), strip_metadata=strip)
                for strip in (True, False)] + [announce(alice, len(picture))]
        for one in made:
            assert append(alice, one, 0, picture[:MIB])[0] == 204
        alice.kill("umbel-core")
        alice.unlock_when_up()
        for one in made:
            at = offset_of(alice, one)
            assert append(alice, one, at, picture[at:])[0] == 204
        stripped, kept, default = [ask(alice, "GET", content(alice, one))[2]
                                   for one in made]
        assert kept == picture and b"GPS" not in stripped[:90000]
        assert default == stripped
        whole = upload(alice, picture, "p")
        assert stripped == ask(alice, "GET", content(alice, whole))[2]
        at = offset_of(alice, wrong)
        assert at >= 16 * MIB
        status, _, body = append(alice, wrong, at, big[at:])
        assert status == 422
        assert json.loads(body)["errors"][0]["code"] == "mismatch"
        assert ask(alice, "GET", content(alice, wrong))[0] == 404


# Parts.

RANGES = [
    ("bytes=0-0", 0, 1), ("bytes=0-99", 0, 100), ("bytes=5-", 5, None),
    ("bytes=-7", -7, None), (f"bytes={PIECE - 1}-{PIECE}", PIECE - 1, PIECE + 1),
    ("bytes=100-999999999", 100, None), ("bytes=-999999999", 0, None),
]


@pytest.fixture(name="some", scope="module")
def fixture_some(alice):
    data = noise(PIECE * 2 + 1234, 3)
    return upload(alice, data), data


@pytest.mark.parametrize("text, start, end", RANGES)
def test_range(alice, some, text, start, end):
    made, data = some
    status, head, got = ask(alice, "GET", content(alice, made),
                            headers={"Range": text})
    want = data[start:end]
    assert status == 206 and got == want
    first = max(start if start >= 0 else len(data) + start, 0)
    assert head["content-range"] == \
        f"bytes {first}-{first + len(want) - 1}/{len(data)}"


@pytest.mark.parametrize("text", [
    "bytes=0-1,5-6", "lines=0-1", "bytes=5-2", "bytes=x-", "bytes=",
    "bytes=-", "bytes 0-1", "bytes=1-2x", "bytes=" + "9" * 40 + "-"])
def test_no_range(alice, some, text):
    made, data = some
    status, head, got = ask(alice, "GET", content(alice, made),
                            headers={"Range": text})
    assert status == 200 and got == data and "content-range" not in head


def test_range_beyond(alice, some):
    made, data = some
    for text in (f"bytes={len(data)}-", "bytes=-0"):
        status, head, _ = ask(alice, "GET", content(alice, made),
                              headers={"Range": text})
        assert status == 416
        assert head["content-range"] == f"bytes */{len(data)}"


def test_if_range(alice, some):
    made, data = some
    _, head, _ = ask(alice, "HEAD", content(alice, made))
    for tag, want in ((head["etag"], 206), ('"other"', 200),
                      ("Fri, 27 Nov 2026 03:00:00 GMT", 200)):
        assert ask(alice, "GET", content(alice, made), headers={
            "Range": "bytes=0-1", "If-Range": tag})[0] == want


# Names and types.

# HOSTILE F-01
@pytest.mark.parametrize("name", [
    "../../x", "/etc/x", "..\\x", "C:\\x", ".", "..", "CON", "-rf", ".bashrc",
    "x.desktop", "x. ", "\u2215etc\u2215x", "a" * 255,
    'x"; filename=y', "%2e%2e%2f", "ü" * 127])
def test_names_are_labels(alice, name):
    made = announce(alice, 1, name=name)
    assert append(alice, made, 0, b"x")[0] == 204
    shown = alice.call("GET", alice.user_path(f"/files/{made['id']}"))
    assert shown["name"] == name
    _, head, _ = ask(alice, "GET", content(alice, made))
    sent = re.fullmatch(r"attachment; filename\*=UTF-8''([A-Za-z0-9._%-]+)",
                        head["content-disposition"])[1]
    for bad in ("%2F", "%5C", "%00", "%0A", "/", "\\"):
        assert bad not in sent
    assert not sent.startswith(".")
    for blob in blobs(alice):
        assert re.fullmatch("[0-9a-f]{32}", blob.name)
        assert not blob.is_symlink() and blob.stat().st_mode & 0o777 == 0o600


# HOSTILE F-01
@pytest.mark.parametrize("name", [
    "", "a" * 256, "a" * 4096, "a\0b", "a\nb", "\u202egpj.exe"])
def test_names_that_are_none(alice, name):
    with pytest.raises(Refused) as refused:
        announce(alice, 1, name=name)
    assert refused.value.status in (400, 422)


HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
JPEG = b"\xff\xd8\xff\xd9" + HTML
TYPES = [
    ("photo.jpg.exe", "application/x-msdownload", b"MZ", None),
    ("x.desktop", "application/x-desktop", b"[Desktop Entry]", None),
    ("x.html", "text/html", HTML, None), ("x.jpg", "image/jpeg", HTML, None),
    ("x.svg", "image/svg+xml", SVG, None), ("x.png", "image/png", SVG, None),
    ("x.xhtml", "application/xhtml+xml", HTML, None),
    ("x.pdf", "application/pdf", b"%PDF-1.7 /JS", None),
    ("x.html", "text/html", JPEG, None), ("x.png", "image/png", JPEG, None),
    ("x.jpg", "image/jpeg", JPEG, "image/jpeg"),
    ("x.webp", "image/webp", b"RIFF\0\0\0\0WEBP", "image/webp"),
    ("x.gif", "image/gif", b"GIF89a" + HTML, "image/gif"),
    ("x.webm", "audio/webm; codecs=opus", b"\x1a\x45\xdf\xa3x", "audio/webm"),
    ("x.mp4", "video/mp4", b"\0\0\0\x18ftypisom", "video/mp4"),
]


# HOSTILE F-04
@pytest.mark.parametrize("name, declared, data, served", TYPES)
def test_types(alice, name, declared, data, served):
    made = announce(alice, len(data), name=name, media_type=declared,
                    strip_metadata=False)
    assert append(alice, made, 0, data)[0] == 204
    _, head, _ = ask(alice, "GET", content(alice, made))
    assert head["content-type"] == (served or "application/octet-stream")
    assert head["content-disposition"].startswith("attachment; ")
    assert head["x-content-type-options"] == "nosniff"
    assert "sandbox" in head["content-security-policy"]


# Tickets.

# HOSTILE F-05
def test_opened_by_its_address(alice):
    data = HTML
    made = upload(alice, data, "x.html", media_type="text/html")
    path = content(alice, made)
    assert ask(alice, "GET", path, token=False)[0] == 401
    assert ask(alice, "GET", path + "?ticket=", token=False)[0] == 401
    assert ask(alice, "GET", path + "?ticket=" + "A" * 43,
               token=False)[0] == 401
    ticket = alice.call("POST", alice.user_path(f"/files/{made['id']}/ticket"))
    status, head, got = ask(alice, "GET", ticket["url"], token=False)
    assert status == 200 and got == data
    assert head["content-type"] == "application/octet-stream"
    assert head["content-disposition"].startswith("attachment; ")
    assert "sandbox" in head["content-security-policy"]
    # One file, and nothing but its content.
    secret = ticket["url"].split("?")[1]
    other = upload(alice, data)
    for path in (content(alice, other),
                 alice.user_path(f"/files/{made['id']}"),
                 alice.user_path("/files")):
        assert ask(alice, "GET", f"{path}?{secret}", token=False)[0] == 401
    assert ask(alice, "PATCH", ticket["url"], b"",
               token=False)[0] == 401
    # A typed address, as a browser marks it.
    assert ask(alice, "GET", ticket["url"], token=False,
               headers={"Sec-Fetch-Site": "none"})[0] == 403


def test_ticket_dies_with_its_session(alice):
    made = upload(alice, b"x")
    token = alice.call("POST", "/v1/login-tokens")
    login = re.search(r"#t=([\w-]+)", token["url"])[1]
    _, _, body = alice.request("POST", "/v1/session",
                               {"login_token": login}, {})
    bearer = {"Authorization": "Bearer " + json.loads(body)["token"]}
    _, _, body = alice.request(
        "POST", alice.user_path(f"/files/{made['id']}/ticket"), None, bearer)
    url = json.loads(body)["url"]
    assert ask(alice, "GET", url, token=False)[0] == 200
    assert alice.request("DELETE", "/v1/session", None, bearer)[0] == 204
    assert ask(alice, "GET", url, token=False)[0] == 401


# Pictures.

def segment(code, body):
    return bytes([0xff, code]) + struct.pack(">H", len(body) + 2) + body


TIFF = (b"MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"
        b"GPS 52.5N 13.4E Canon")
PICTURE = (b"\xff\xd8" + segment(0xe0, b"JFIF\0\1\2\1\0\x48\0\x48\0\0")
           + segment(0xe1, b"Exif\0\0" + TIFF)
           + segment(0xfe, b"comment GPS") + segment(0xda, b"scan")
           + bytes(100000) + b"\xff\xd9GPS")


def chunk(kind, body):
    return (struct.pack(">I", len(body)) + kind + body
            + struct.pack(">I", zlib.crc32(kind + body)))


PNG = (b"\x89PNG\r\n\x1a\n"
       + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
       + chunk(b"tEXt", b"Comment\0GPS") + chunk(b"eXIf", TIFF)
       + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b""))


# HOSTILE F-10
@pytest.mark.parametrize("data", [PICTURE, PNG], ids=["jpeg", "png"])
def test_metadata_goes(alice, data):
    made = upload(alice, data, "p", media_type="image/jpeg")
    _, _, got = ask(alice, "GET", content(alice, made))
    assert made["size"] == len(got) < len(data) and made["kind"] == "image"
    assert made["sha256"] == hashlib.sha256(got).hexdigest()
    assert b"GPS" not in got and b"Canon" not in got
    assert b"\x01\x12\0\3\0\0\0\1\0\6" in got  # which way is up
    kept = upload(alice, data, "p", strip_metadata="false")
    assert ask(alice, "GET", content(alice, kept))[2] == data
    # In several requests too.
    made = announce(alice, len(data), strip_metadata=True,
                    sha256=hashlib.sha256(data).hexdigest())
    for at in range(0, len(data), 50001):
        assert append(alice, made, at, data[at:at + 50001])[0] == 204
    assert ask(alice, "GET", content(alice, made))[2] == got


# HOSTILE F-10
def test_metadata_that_cannot_go(alice):
    path = alice.user_path("/files?name=x&strip_metadata=true")
    assert ask(alice, "PUT", path, b"%PDF-1.7 no picture")[0] == 422
    assert ask(alice, "PUT", path, b"short")[0] == 422
    broken = PICTURE[:40] + b"\0\0\0\0" + PICTURE[40:]
    path = alice.user_path("/files?name=x")
    status, _, body = ask(alice, "PUT", path, b"\xff\xd8\xff\xe0\0\1" + broken)
    assert status == 422
    assert json.loads(body)["errors"][0]["code"] == "not_possible"


def test_thumbnail(alice):
    small = b"\xff\xd8\xff" + noise(1000)
    made = announce(alice, 1, thumbnail=base64.b64encode(small).decode(), width=4000, height=3000, media_type="image/jpeg")
    assert made["has_thumbnail"]
    assert made["image"] == {"width": 4000, "height": 3000}
    path = alice.user_path(f"/files/{made['id']}/thumbnail")
    status, head, got = ask(alice, "GET", path)
    assert status == 200 and got == small
    assert head["content-type"] == "image/jpeg"
    assert ask(alice, "GET", alice.user_path(
        f"/files/{upload(alice, b'x')['id']}/thumbnail"))[0] == 404


# Memory.

@pytest.fixture(name="lean")
def fixture_lean(monkeypatch):
    """A daemon in which memory that is freed is really given back."""
    monkeypatch.setenv("ASAN_OPTIONS", os.environ.get("ASAN_OPTIONS", "")
                       + ":quarantine_size_mb=1")
    with Place() as place:
        lean = place.daemon("lean")
        lean.add_user()
        yield lean


def test_large_files_in_little_memory(lean):
    """200 MB up and down; a slow reader holds nobody up."""
    alice = lean
    pids = [alice.pid_of("umbel-core"), alice.pid_of("umbel-httpd")]
    size = 200 * 1000 * 1000
    block = noise(MIB)
    upload(alice, block)
    before = [rss_kib(pid) for pid in pids]
    most = list(before)

    def look():
        for i, pid in enumerate(pids):
            most[i] = max(most[i], rss_kib(pid))

    def blocks():
        left = size
        while left:
            part = block[:left]
            left -= len(part)
            look()
            yield part

    _, _, body = ask(alice, "PUT", alice.user_path("/files?name=big"),
                     blocks(), {"Content-Length": str(size)})
    made = json.loads(body)
    assert made["size"] == size
    slow = connect(alice)
    slow.request("GET", content(alice, made), None, alice.header())
    assert slow.getresponse().read(10) == block[:10]
    for start in (0, size // 2 + 17, size - 5 * MIB):
        connection = connect(alice)
        with contextlib.closing(connection):
            connection.request("GET", content(alice, made), None, {
                **alice.header(), "Range": f"bytes={start}-"})
            answer, at = connection.getresponse(), start
            assert answer.status == 206
            while True:
                got = answer.read(MIB)
                if not got:
                    break
                look()
                where = at % MIB
                assert got[:100] == (block + block)[where:where + len(got)][:100]
                at += len(got)
        assert at == size
    slow.close()
    for i, grown in enumerate(m - b for m, b in zip(most, before)):
        assert grown < 16 * 1024, (pids[i], grown)


def test_disk_full(alice):
    """Less is free than must stay so: 503, and nothing is left."""
    free = os.statvfs(alice.data)
    size = free.f_bavail * free.f_frsize - 64 * MIB
    if size > 19 << 30:
        pytest.skip("there is more room than a user may have")
    count = len(blobs(alice))
    with pytest.raises(Refused) as refused:
        announce(alice, size)
    assert refused.value.problem["code"] == "no_space"
    assert len(blobs(alice)) == count


def test_locked_in_the_middle():
    with Place() as place:
        alice = place.daemon("alice")
        alice.add_user()
        made = announce(alice, MIB)
        connection = connect(alice)
        connection.putrequest("PATCH", content(alice, made))
        for line in {**alice.header(), "Upload-Offset": "0",
                     "Content-Length": str(MIB)}.items():
            connection.putheader(*line)
        connection.endheaders(bytes(MIB // 2))
        time.sleep(0.1)
        alice.call("POST", alice.user_path("/lock"))
        with contextlib.suppress(ConnectionError, http.client.HTTPException):
            assert connection.getresponse().status == 423
        connection.close()
        alice.unlock()
        at = offset_of(alice, made)
        assert append(alice, made, at, bytes(MIB - at))[0] == 204
