# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies, parameters and ids that are almost right, for every operation that
the document has; the same ones each time.  Each answer is one that the
document describes, none is a fault of ours, and the daemon that got them all
is the same process as before."""

import copy
import json
import random
import re
import urllib.parse

import pytest

from contract import CONTRACT
from daemons import PASSPHRASE, Place, children_of
from front import UNKNOWN
from test_contract import OPERATIONS, PREFIX, World, words

ROUNDS = 40
# Behind these there is nothing left to ask.
LAST = ("shutdownDaemon",)
TEXTS = ["", " ", "\0", "\n", "\x1b[2J", "\x7f", "\u202e", "\u2066", "\ufeff",
         "\ufffe", "\U0001f44d", "\U000e0041", "a\u0301" * 40, "../../x",
         "<img src=x onerror=alert(1)>", "%s%n%x", "'; DROP TABLE x; --",
         "$(id)", "{{7*7}}", "null", "true", "0", "1e5", "NaN",
         "9007199254740993", "2099-01-01T00:00:00Z", "2099-13-01T00:00:00Z",
         "0000-00-00T00:00:00Z", "1970-01-01T00:00:00.000+00:00",
         "usr_" + UNKNOWN, "msg_" + UNKNOWN.upper(), "umbel:", "umbel:invite/",
         "http://127.0.0.1/", "file:///etc/passwd", 26 * "z", 64 * "a",
         65 * "a", 1024 * "b", 1025 * "b", 8192 * "c", 8193 * "c",
         3000 * "\U0001f600", 60000 * "d"]
NUMBERS = [0, -0.0, 1, -1, 2, 16, 17, 255, 256, 65535, 65536, 2**31 - 1, 2**31,
           -2**31, 2**32, 2**53 - 1, 2**53, 2**53 + 1, 2**63 - 1, -2**63, 0.5,
           1e15, 1e300, -1e300, 5e-324]
OTHERS = [None, True, False, [], {}, [[]], [None], [1, "a"], {"": ""},
          {"a": {"b": {"c": [{}]}}}, 1000 * [0], 300 * ["x"]]
RAW = ["", "%00", "%0a", "%ff", "%c0%af", "%", "%zz", "+", "%20", "&", "=",
       "%e2%80%ae", "..", "%2e%2e", "*", "-1", "0", "1", "200", "201", "1e3",
       "0x1", "01", "18446744073709551615", "18446744073709551616",
       "9" * 400, "true", "null", "a,b", ",", "message.received,nothing",
       "usr_" + UNKNOWN, "cnv_" + UNKNOWN, 2000 * "a"]


def lasting(daemon):
    """Its processes but tor, which other bridges start anew."""
    return {name: pid for name, pid in children_of(daemon.process.pid).items()
            if name != "fake_tor.py"}


@pytest.fixture(name="world", scope="module")
def make_world():
    with Place() as place:
        world = World(place)
        alive = lasting(world.alice)
        yield world
        assert lasting(world.alice) == alive
        log = world.alice.log.read_text("utf-8", "replace")
        assert "Sanitizer" not in log and "runtime error" not in log


def deep(rng, levels):
    value = rng.choice(TEXTS[:20])
    for _ in range(levels):
        value = {"a": value} if rng.random() < 0.5 else [value]
    return value


def odd(rng):
    """Something else: a text, a number, anything."""
    kind = rng.randrange(8)
    if kind < 3:
        return rng.choice(TEXTS)
    if kind < 5:
        return rng.choice(NUMBERS)
    if kind == 5:
        return deep(rng, rng.choice([1, 2, 13, 14, 15, 16, 17, 100]))
    return copy.deepcopy(rng.choice(OTHERS))


def near(rng, value):
    """A little beside what is right."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + rng.choice([-1, 1, 2**32, -2**31, 0.5])
    if isinstance(value, str) and value:
        at = rng.randrange(len(value))
        return rng.choice([
            value[:at], value[:at] + rng.choice("\0 \nA0\u202e") + value[at:],
            value * 2, value.swapcase(), value + " ", " " + value,
            value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1:]])
    return odd(rng)


def changed(rng, body):
    """Another object than the right one, by one to three changes."""
    body = copy.deepcopy(body)
    for _ in range(rng.randint(1, 3)):
        names = list(body)
        what = rng.randrange(6)
        if what == 0 or not names:
            body[rng.choice(["x", "", "a" * 300, "id", "user_id", "__proto__",
                             "Name", "\u0130d"])] = odd(rng)
        elif what == 1:
            del body[rng.choice(names)]
        elif what == 2:
            one = rng.choice(names)
            body[one] = near(rng, body[one])
        elif what == 3:
            one = rng.choice(names)
            body[one.swapcase()] = body.pop(one)
        else:
            body[rng.choice(names)] = odd(rng)
    return body


def is_fit(answer, what):
    status, _, body = answer
    assert status < 500 or (status == 503 and body["code"] in (
        "tor_not_ready", "store_busy")), (what, answer)
    if status >= 400:
        # A refusal quotes nothing but names of fields.
        text = json.dumps(body)
        assert len(text) < 65536 and PASSPHRASE not in text


def pick(condition):
    return pytest.mark.parametrize("operation", [
        o for o in OPERATIONS if o[2]["operationId"] not in LAST
        and condition(o)], ids=words)


# HOSTILE W-15
@pick(lambda o: "application/json" in o[2].get("requestBody", {}).get(
    "content", ()))
def test_bodies_that_are_almost_right(world, operation):
    method, path, described = operation
    rng = random.Random(described["operationId"])
    for _ in range(ROUNDS):
        right = world.body(described)
        body = changed(rng, right)
        if body != right:
            is_fit(world.ask(method, world.path(path), body), body)


# HOSTILE W-15
@pick(lambda o: "application/json" in o[2].get("requestBody", {}).get(
    "content", ()))
def test_texts_that_are_almost_json(world, operation):
    """Bytes of a right body that are cut, doubled, flipped or moved."""
    method, path, described = operation
    rng = random.Random("raw " + described["operationId"])
    for _ in range(ROUNDS):
        data = bytearray(json.dumps(world.body(described)).encode())
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(data) + 1)
            how = rng.randrange(5)
            if how == 0:
                del data[at:at + rng.randint(1, 8)]
            elif how == 1:
                data[at:at] = rng.choice([
                    b"\0", b'"', b"\\", b"{", b"}", b"[", b",", b":", b"\xff",
                    b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b"//", b"1" * 400])
            elif how == 2:
                data[at:at] = data[at:at + rng.randint(1, 30)]
            elif at < len(data):
                data[at] ^= 1 << rng.randrange(8)
        if not data:
            continue
        is_fit(world.raw(method, world.path(path), bytes(data),
                         {"Content-Type": "application/json"}), bytes(data))


# HOSTILE W-15
@pick(lambda o: o[0] == "GET" and not o[1].endswith("/events"))
def test_parameters_that_are_almost_right(world, operation):
    """Those of the operation, and those of others."""
    method, path, described = operation
    rng = random.Random(described["operationId"])
    names = [CONTRACT.checker.deref(p)["name"]
             for p in described.get("parameters", ())
             if CONTRACT.checker.deref(p)["in"] == "query"]
    names += ["limit", "cursor", "after", "before", "wait", "types", "x", ""]
    for _ in range(ROUNDS):
        query = "&".join(f"{rng.choice(names)}={rng.choice(RAW)}"
                         for _ in range(rng.randint(1, 4)))
        is_fit(world.ask(method, world.path(path) + "?" + query), query)


# HOSTILE W-15
@pick(lambda o: "_id}" in o[1])
def test_ids_that_are_almost_right(world, operation):
    """Every id in the path in turn: of another kind, another user, nobody, or
    none at all; what is well formed gets the answer of an unknown one."""
    method, path, described = operation
    rng = random.Random(described["operationId"])
    for kind in re.findall(r"\{([a-z]+)_id\}", path):
        own = world.ids[kind]
        well_formed = f"{PREFIX[kind]}_{UNKNOWN}"
        others = [world.ids[k] for k in world.ids if k != kind]
        others += [near(rng, own) for _ in range(10)]
        others += [well_formed, world.other["id"], world.friend]
        for other in others:
            if other == own:
                continue
            body = world.body(described)
            there = world.path(path, **{kind: urllib.parse.quote(
                other, safe="")})
            answer = world.ask(method, there, body)
            is_fit(answer, there)
            # Another living user, or contact, is not what this is about.
            if other in (world.other["id"], world.friend):
                continue
            assert answer[0] in (400, 404, 405, 422), (there, answer)
