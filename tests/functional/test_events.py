# SPDX-License-Identifier: GPL-3.0-or-later
"""Event streams and long polls of whole daemons: nothing is missed, nothing
comes twice, whatever breaks in between."""

import contextlib
import http.client
import os
import random
import re
import signal
import threading
import time
import uuid

import pytest

from daemons import (LIMIT, PASSPHRASE, Refused, children_of, pair, until,
                     wait_delivered)
from memory import is_sanitized, rss_kib
from streams import Follower, Stream, unread

SEED = int(os.environ.get("SEED", time.time_ns() % 1000000))
TALK, KILLS = 200, 12
IDLE_SECONDS = 35  # longer than any time limit of umbel-httpd


@pytest.fixture(name="two", scope="module")
def make_two(place):
    """Two who unlock by themselves, so that a killed core is back at once."""
    both = [place.daemon(name) for name in ("alice", "bob")]
    conversations = pair(*both)
    for daemon in both:
        secret = daemon.home / "pass"
        secret.write_text(PASSPHRASE)
        secret.chmod(0o600)
        with daemon.conf.open("a") as conf:
            conf.write(f'[user "{daemon.name}"]\npassphrase_file = {secret}\n')
        daemon.stop()
        daemon.start()
        wait_unlocked(daemon)
    # Nobody comes online later on, into what a test reads.
    for here, there, conversation in zip(both, reversed(both), conversations):
        wait_delivered(here, here.send(conversation, f"to {there.name}"))
    return (*both, *conversations)


@pytest.fixture(name="idle", scope="module", autouse=True)
def make_idle(place):
    """A stream on which nothing happens while the other tests run."""
    carol = place.daemon("carol")
    with Stream(carol, "/v1/events?types=user.unlocked") as stream:
        stream.hello()
        yield carol, stream, time.monotonic()


def wait_unlocked(daemon):
    def check():
        with contextlib.suppress(OSError, Refused, http.client.HTTPException):
            return daemon.call("GET", daemon.user_path())["state"] == \
                "unlocked"
    until(f"{daemon.name} unlocks", check)


def journal(daemon, after=0):
    """All there is after that id, by pages."""
    found = []
    while True:
        page = daemon.events(after, wait=0)
        if not page:
            return found
        found += [(e["id"], e["type"], e["data"].get("id")) for e in page]
        after = page[-1]["id"]


def events_path(daemon, query=""):
    return daemon.user_path("/events" + query)


def test_hello_is_first_and_tells_where_we_are(two):
    alice, _, to_bob, _ = two
    last = alice.last_event()
    with Stream(alice, events_path(alice)) as stream:
        hello = stream.hello()
        assert hello["last_id"] == last
        assert hello["first_available_id"] == 1
        sent = alice.send(to_bob, "for the stream")
        frame = stream.frame()
        assert (frame.event, frame.id) == ("message.sent", str(last + 1))
        assert frame.data["data"]["id"] == sent["id"]
        assert frame.data["data"]["text"] == "for the stream"


def test_resume_by_header_and_by_query(two):
    alice, _, to_bob, _ = two
    after = alice.last_event()
    sent = [alice.send(to_bob, f"resume {i}") for i in range(3)]
    wait_delivered(alice, sent[-1], after)
    wanted = journal(alice, after)
    for last_id, query in ((after, ""), (None, f"?after={after}"),
                           (after, "?after=0"), (after, "?limit=1")):
        with Stream(alice, events_path(alice, query), last_id) as stream:
            stream.hello()
            got = [stream.frame() for _ in wanted]
        assert [int(f.id) for f in got] == [w[0] for w in wanted]


def test_types_are_filtered(two):
    alice, bob, to_bob, to_alice = two
    with Stream(alice, events_path(
            alice, "?types=message.received,contact.added")) as stream:
        stream.hello()
        wait_delivered(alice, alice.send(to_bob, "not this"))
        bob.send(to_alice, "but this")
        frame = stream.frame()
        assert frame.event == "message.received"
        assert frame.data["data"]["text"] == "but this"
    # A poll that passes all of it over says how far it has come.
    page = alice.call("GET", events_path(
        alice, "?after=0&types=invite.used&wait=0"))
    assert page["last_id"] == alice.last_event()


@pytest.mark.parametrize("after", [10**6, 10**14])
def test_an_id_from_the_future_means_reset(two, after):
    alice = two[0]
    with Stream(alice, events_path(alice), after) as stream:
        last = stream.hello()["last_id"]
        frame = stream.frame()
        assert (frame.event, frame.data["last_id"]) == ("reset", last)
        alice.send(two[2], "after the reset")
        assert stream.frame().id == str(last + 1)
    with pytest.raises(Refused) as refused:
        alice.events(after, wait=0)
    assert refused.value.status == 410
    assert refused.value.problem["code"] == "cursor_expired"


@pytest.mark.parametrize("last_id", ["x", "-1", "1.5", "1 2", "9" * 40])
def test_nonsense_for_an_id(two, last_id):
    with pytest.raises(Refused) as refused:
        Stream(two[0], events_path(two[0]), last_id)
    assert refused.value.status == 422
    assert refused.value.problem["errors"][0]["parameter"] == "Last-Event-ID"


def test_a_poll_waits_and_is_woken(two):
    alice, bob, _, to_alice = two
    after = alice.last_event()
    begin = time.monotonic()
    assert alice.events(after, "invite.used", wait=1) == []
    assert 0.9 < time.monotonic() - begin < 30
    got = []
    waiting = threading.Thread(target=lambda: got.extend(
        alice.events(after, "message.received", wait=60)))
    waiting.start()
    bob.send(to_alice, "wake up")
    waiting.join(LIMIT)
    assert [e["data"]["text"] for e in got] == ["wake up"]


def test_slow_reader_gets_all_and_disturbs_nobody(two):
    alice, _, to_bob, _ = two
    core = alice.pid_of("umbel-core")
    after = alice.last_event()
    text = "0123456789abcdef" * 500
    with unread(alice, events_path(alice, f"?after={after}")) as slow:
        before = rss_kib(core)
        for i in range(200):
            alice.send(to_bob, f"{i} {text}")
        if not is_sanitized(core):  # which keeps what is freed
            assert rss_kib(core) - before < 16 * 1024
        last = alice.last_event()
        wanted = [n for n, _, _ in journal(alice, after) if n <= last]
        answer = http.client.HTTPResponse(slow)
        answer.begin()
        got = []
        while not got or got[-1] < last:
            line = answer.readline()
            assert line, f"cut after {got[-1:]}, {last} is wanted"
            if match := re.match(rb"id: (\d+)", line):
                got.append(int(match[1]))
    assert [n for n in got if n <= last] == wanted


def test_100_streams_get_one_event(two):
    alice, _, to_bob, _ = two
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(Stream(alice, events_path(
            alice, "?types=message.sent"))) for _ in range(100)]
        for stream in streams:
            stream.hello()
        begin = time.monotonic()
        sent = alice.send(to_bob, "to all")
        for stream in streams:
            assert stream.frame().data["data"]["id"] == sent["id"]
        print(f"100 streams: {1000 * (time.monotonic() - begin):.0f} ms")


def test_too_many_streams_are_refused_and_calls_still_served(two):
    alice = two[0]
    with contextlib.ExitStack() as stack:
        with pytest.raises(Refused) as refused:
            for _ in range(600):
                stack.enter_context(Stream(alice, events_path(alice)))
        assert refused.value.status in (429, 503)
        alice.call("GET", alice.user_path())
    until("room again", lambda: opens(alice))


def opens(daemon):
    with contextlib.suppress(Refused):
        Stream(daemon, events_path(daemon)).close()
        return True


def test_locking_ends_streams_and_polls(two):
    alice = two[0]
    after = alice.last_event()
    refusals = []

    def poll():
        try:
            alice.events(after, wait=60)
        except Refused as refused:
            refusals.append(refused.status)
    waiting = threading.Thread(target=poll)
    with Stream(alice, events_path(alice)) as stream, \
            Stream(alice, "/v1/events") as daemon_stream:
        stream.hello()
        daemon_stream.hello()
        waiting.start()
        alice.call("POST", alice.user_path("/lock"))
        stream.until(lambda frame: frame.event == "locked")
        assert stream.frame() is None
        assert daemon_stream.frame().event == "user.locked"
        waiting.join(LIMIT)
        assert refusals in ([423], [])
        alice.unlock()
        assert daemon_stream.frame().event == "user.unlocked"


def test_logging_out_ends_streams(two):
    alice = two[0]
    token = alice.call("POST", "/v1/login-tokens")["login_token"]
    _, _, body = alice.request("POST", "/v1/session",
                               {"login_token": token}, {})
    session = {"Authorization": "Bearer " + re.search(
        rb'"token":"([^"]+)"', body)[1].decode()}
    with Stream(alice, events_path(alice), headers=session) as stream, \
            Stream(alice, "/v1/events", headers=session) as second:
        stream.hello()
        second.hello()
        assert alice.request("DELETE", "/v1/session", headers=session)[0] \
            == 204
        for each in (stream, second):
            while each.frame():  # somebody may have come online before
                pass


def test_presence_has_no_id_and_moves_nothing(two):
    alice, bob, to_bob, _ = two
    wait_delivered(alice, alice.send(to_bob, "are you there"))
    with Stream(alice, events_path(alice, "?types=presence")) as stream:
        stream.hello()
        bob.stop()
        frame = stream.frame()
        assert (frame.event, frame.id) == ("presence", None)
        assert frame.data["data"] == {
            "contact_id": alice.contact("bob")["id"], "presence": "offline"}
        bob.start()
        wait_unlocked(bob)
        assert stream.frame().data["data"]["presence"] == "online"
    assert all(kind != "presence" for _, kind, _ in journal(alice))


class Talker(threading.Thread):
    """Says so many things, each until it is accepted."""

    def __init__(self, daemon, conversation):
        super().__init__(daemon=True)
        self.daemon_, self.conversation = daemon, conversation
        self.sent = []

    def run(self):
        for i in range(TALK):
            client_id = str(uuid.uuid4())
            while True:
                try:
                    self.sent.append(self.daemon_.send(
                        self.conversation, f"{self.daemon_.name} {i}",
                        client_id)["id"])
                    break
                except (OSError, http.client.HTTPException):
                    time.sleep(0.02)
                except Refused as refused:
                    assert refused.status in (401, 423, 503), refused
                    time.sleep(0.02)


def test_followers_miss_nothing_while_processes_are_killed(two):
    alice, bob, to_bob, to_alice = two
    print(f"SEED={SEED}")
    rng = random.Random(SEED)
    followers = []
    for daemon in (alice, bob):
        after = daemon.last_event()
        for by_polls in (False, False, True):
            followers.append(Follower(daemon, after,
                                      random.Random(rng.random()), by_polls))
            followers[-1].begin = after
            followers[-1].start()
    talkers = [Talker(alice, to_bob), Talker(bob, to_alice)]
    for talker in talkers:
        talker.start()
    for _ in range(KILLS):
        daemon = rng.choice((alice, bob))
        name = rng.choice(("umbel-core", "umbel-httpd"))
        old = daemon.kill(name)
        until(f"another {name}", lambda d=daemon, n=name, o=old: children_of(
            d.process.pid).get(n, o) != o)
        time.sleep(rng.random() / 2)  # the storm's pace; nothing awaits it
    for talker, daemon, peer, theirs in ((talkers[0], alice, bob, to_alice),
                                         (talkers[1], bob, alice, to_bob)):
        talker.join(LIMIT)
        assert len(talker.sent) == TALK
        for one in (daemon, peer):
            one.wait_up()
            wait_unlocked(one)
        wait_delivered(daemon, {"id": talker.sent[-1]})
        texts = [m["text"] for m in peer.history(theirs)
                 if m["text"].startswith(daemon.name + " ")]
        assert texts == [f"{daemon.name} {i}" for i in range(TALK)]
    for follower in followers:
        last = follower.daemon_.last_event()
        follower.wait_for(last)
        follower.stop()
        wanted = journal(follower.daemon_, follower.begin)
        assert follower.seen == wanted[:len(follower.seen)]
        assert len(follower.seen) >= last - follower.begin
        print(f"{follower.daemon_.name}: {len(follower.seen)} events, "
              f"{follower.reconnects} times connected")
    received = [i for _, kind, i in followers[0].seen
                if kind == "message.received"]
    assert len(received) == len(set(received)) == TALK


def test_daemon_events_of_another_run_mean_reset(two):
    alice = two[0]
    old = alice.call("GET", "/v1/events?limit=1")["last_id"]
    alice.kill("umbel-core")

    def anew():
        with contextlib.suppress(OSError, Refused, http.client.HTTPException):
            return alice.call("GET", "/v1/events?limit=1")["last_id"] != old
    until("a new epoch", anew)
    wait_unlocked(alice)
    with Stream(alice, "/v1/events", old) as stream:
        stream.hello()
        assert stream.frame().event == "reset"
    with pytest.raises(Refused) as refused:
        alice.call("GET", f"/v1/events?after={old}")
    assert refused.value.status == 410


def test_stopped_httpd_is_waited_for(two):
    """kill -STOP for a moment, as when a laptop sleeps: all is still there."""
    alice, _, to_bob, _ = two
    with Stream(alice, events_path(
            alice, "?types=message.sent")) as stream:
        stream.hello()
        pid = alice.pid_of("umbel-httpd")
        os.kill(pid, signal.SIGSTOP)
        got = []
        waiting = threading.Thread(target=lambda: got.append(
            alice.send(to_bob, "through the pause")))
        waiting.start()
        waiting.join(0.3)
        assert not got
        os.kill(pid, signal.SIGCONT)
        waiting.join(LIMIT)
        assert stream.frame().data["data"]["id"] == got[0]["id"]


def test_stopping_ends_streams_cleanly(two):
    alice = two[0]
    with Stream(alice, events_path(
            alice, "?types=message.sent")) as stream, \
            Stream(alice, "/v1/events") as daemon_stream:
        stream.hello()
        daemon_stream.hello()
        begin = time.monotonic()
        assert alice.stop() == 0
        assert time.monotonic() - begin < 10
        assert daemon_stream.frame().event == "daemon.stopping"
        assert daemon_stream.frame() is None
        assert stream.frame() is None
    alice.start()
    wait_unlocked(alice)


def test_an_idle_stream_lives(idle):
    carol, stream, since = idle
    # It is time itself that is tested; most of it has passed already.
    time.sleep(max(0, since + IDLE_SECONDS - time.monotonic()))
    carol.add_user()
    assert stream.frame().data["data"]["id"] == carol.user["id"]
    assert stream.comments >= 2
