#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Daemons for the browser tests, run by one line of JSON after the other.

    {"id": 1, "daemon": "alice", "do": "start", "args": []}
    {"id": 1, "result": ...} or {"id": 1, "error": "..."}

`do` is a method of daemons.Daemon, or one of the words below.  The argument
of the program says over which network: fake or tornet.  It ends, and leaves
nothing, when its input does.
"""

import base64
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import traceback
import uuid

TESTS = pathlib.Path(os.environ["top_srcdir"]).resolve() / "tests"
sys.path[:0] = [str(TESTS / "functional"), str(TESTS / "tornet")]

from daemons import (BUILD, PASSPHRASE, Place, Refused,  # noqa: E402
                     pair, until, wait_delivered)
from files import announce, append, offer, tor_is  # noqa: E402
from tornet import TorNet  # noqa: E402


def login_link(daemon):
    return daemon.call("POST", "/v1/login-tokens")["url"]


def admin_link(daemon):
    """What `umbel open --admin` gives the browser."""
    return daemon.umbel("open", "--print", "--admin").stdout.strip()


def restart(daemon):
    daemon.stop()
    daemon.start()


def wait_text(daemon, after, text):
    daemon.wait_event("message.received", lambda m: m["text"] == text, after)


def faults(daemon, wrong):
    """What its fake tor does wrong from now on; see fake_tor.Faults."""
    tor_is(daemon, **wrong)


def stop_tor(daemon, stops):
    """Neither dies nor answers, or goes on."""
    os.kill(daemon.pid_of("fake_tor.py"),
            signal.SIGSTOP if stops else signal.SIGCONT)


def wait_reach(daemon, state):
    """Until its tests show that; asks on, so that nobody waits for hours."""
    def shown():
        with contextlib.suppress(Refused):
            daemon.call("POST", daemon.user_path("/self-test"))
        services, = daemon.call("GET", "/v1/tor")["onion_services"]
        test = services["self_test"]
        return {test[p]["state"] for p in ("address", "contacts")} == {state}
    until(f"it is {state}", shown)


def try_label(daemon, label):
    """Is it taken as the label of an invite?"""
    try:
        invite = daemon.call("POST", daemon.user_path("/invites"),
                             {"label": label})
    except Refused:
        return False
    daemon.call("DELETE", daemon.user_path(f"/invites/{invite['id']}"))
    return True


def open_page(daemon):
    """What `umbel open` gives the browser."""
    program = daemon.home / "xdg-open"
    program.write_text('#!/bin/sh\necho "$1"\n')
    program.chmod(0o755)
    done = subprocess.run(
        [BUILD / "umbel", "--run", daemon.run, "open"], check=True, text=True,
        env={"PATH": f"{daemon.home}:/bin"}, capture_output=True)
    return done.stdout.strip()


def cut_streams(daemon):
    """Whatever goes through its fake tor, or was to."""
    tor_is(daemon, do="cut", control=False)


def doubt(daemon):
    """Its fake tor notices what may have cut it off."""
    tor_is(daemon, do="say", kind="STATUS_GENERAL",
           text="WARN CLOCK_JUMPED TIME=3600")


def door(daemon):
    """Its address, where to knock costs nothing."""
    path = daemon.user_path("/address")
    daemon.call("PATCH", path, {"difficulty": 0})
    return until("the door is published", lambda: (
        lambda a: a["published"] and a["link"])(daemon.call("GET", path)))


def knock(daemon, link, greeting):
    return daemon.connect(link, greeting=greeting)


def answer(daemon, conversation, text, message):
    return daemon.call(
        "POST", daemon.user_path(f"/conversations/{conversation}/messages"),
        {"client_id": str(uuid.uuid4()), "text": text, "reply_to": message})


def long_life(daemon, count, *how):
    """A user of 300 contacts and that many messages, behind the daemon's
    back; --one: of one contact, each message with its number."""
    subprocess.run(["make", "-s", "history"], cwd=BUILD, check=True,
                   stdout=subprocess.DEVNULL)
    daemon.add_user()
    daemon.stop()
    subprocess.run(
        [BUILD / "history", daemon.data / "users" / daemon.user["id"],
         PASSPHRASE, str(count), *how], check=True,
        stdout=subprocess.DEVNULL, env=daemon.environment())
    daemon.start()
    daemon.unlock()


def offer_file(daemon, conversation, content, about):
    """Offers what stands there in base64, whatever else is said of it."""
    data = base64.b64decode(content)
    made = announce(daemon, len(data), **about)
    assert append(daemon, made, 0, data)[0] == 204
    return offer(daemon, conversation, made)["id"]


def know_user(daemon):
    """That of the page, which is the only one."""
    daemon.user, = daemon.call("GET", "/v1/users")["items"]


def accept_all(daemon):
    """Whoever asks, from the first one on."""
    path = daemon.user_path("/requests")

    def pending():
        return [r for r in daemon.call("GET", path)["items"]
                if r["state"] == "pending"]
    for one in until("somebody asks", pending):
        daemon.call("POST", f"{path}/{one['id']}/accept", {})


def stream_rate(daemon, rate):
    """Bytes a second over its streams; none: as many as there can be."""
    tor_is(daemon, stream_rate=rate)


OWN = {f.__name__: f for f in (
    accept_all, admin_link, answer, cut_streams, door, doubt, faults, knock,
    know_user, login_link, long_life, offer_file, open_page, restart, stop_tor,
    stream_rate, try_label, wait_delivered, wait_reach, wait_text)}


class Words:
    """What is asked of more than one daemon, or is none of its methods."""

    def __init__(self, place):
        self.place = place
        self.daemons = {}

    def run(self, request):
        name, do = request["daemon"], request["do"]
        arguments = request.get("args", [])
        if do == "launch":
            daemon = self.daemons[name] = self.place.daemon(name, start=False)
            if arguments:
                daemon.let_self_test()
            daemon.start()
            # What is tried before is only tried again after seconds.
            if not self.place.network:
                daemon.wait_for_tor()
            return None
        daemon = self.daemons[name]
        if do == "house":
            self.daemons[arguments[0]] = daemon.another_user(arguments[0])
            return None
        if do == "pair":
            return pair(daemon, self.daemons[arguments[0]])
        if do in OWN:
            return OWN[do](daemon, *arguments)
        return getattr(daemon, do)(*arguments)


def serve(words, out):
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"result": words.run(request)}
            text = json.dumps({"id": request["id"], **answer}, default=lambda _: None)
        except Exception:  # whatever it was, the test is to say it
            text = json.dumps({"id": request["id"],
                               "error": traceback.format_exc()})
        print(text, file=out, flush=True)


def main(kind):
    out, sys.stdout = sys.stdout, sys.stderr
    with contextlib.ExitStack() as stack:
        network = None
        if kind == "tornet":
            folder = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="u", dir="/tmp"))
            network = stack.enter_context(TorNet(folder))
        place = stack.enter_context(Place(network))
        print(json.dumps({"id": 0, "result": kind}), file=out, flush=True)
        serve(Words(place), out)


if __name__ == "__main__":
    main(sys.argv[1])
