# SPDX-License-Identifier: GPL-3.0-or-later
"""What programs use of the command line: events, any call, single objects;
and that nothing of the API is out of its reach."""

import json
import os
import re
import select
import shutil
import signal
import subprocess

import pytest

from commands import (DONE, NO_DAEMON, NOT_FOUND, REFUSED, SHELLS, UMBEL,
                      USAGE, Running, Shell, Terminal, fails)
from daemons import BUILD, LIMIT, Daemon, until, wait_delivered
from files import announce, append, noise
from test_cli_help import COMMANDS

Daemon.looks_for_leaks = True

# What each operation is done by; one that is missing here, or a command that
# is none, fails.
ANY = "call"
COVERED = {
    "GET /healthz": "ready", "GET /readyz": "ready",
    "GET /v1/openapi.json": ANY, "GET /v1/daemon": "status",
    "POST /v1/daemon/shutdown": "stop", "GET /v1/tor": "tor",
    # A browser's; the command line has the admin header.
    "GET /v1/session": ANY, "POST /v1/session": ANY,
    "DELETE /v1/session": ANY, "POST /v1/login-tokens": "open",
    "GET /v1/users": "user list", "POST /v1/users": "user add",
    "GET U": "user show", "POST U/unlock": "user unlock",
    "POST U/lock": "user lock", "PUT U/passphrase": "user passphrase",
    "GET U/address": "address", "PATCH U/address": "address difficulty",
    "POST U/address/rotate": "address rotate",
    # Drawn here, from the link.
    "GET U/address.svg": "address",
    "GET U/invites/{invite_id}/qr.svg": "invite show",
    "GET U/contacts/{contact_id}/safety-number.svg": "safety",
    "GET U/profile": "profile", "PUT U/profile": "profile",
    "GET U/presence": "presence", "PUT U/presence": "presence",
    "GET U/privacy": "privacy", "PATCH U/privacy": "privacy",
    "GET U/preferences": "preferences", "PUT U/preferences": "preferences",
    "GET U/invites": "invite list", "POST U/invites": "invite",
    "GET U/invites/{invite_id}": "invite show",
    "DELETE U/invites/{invite_id}": "invite delete",
    "GET U/requests": "requests", "POST U/requests": "connect",
    "GET U/requests/{request_id}": "request show",
    "DELETE U/requests/{request_id}": "request delete",
    "POST U/requests/{request_id}/accept": "request accept",
    "POST U/requests/{request_id}/reject": "request reject",
    "GET U/contacts": "contacts",
    "GET U/contacts/{contact_id}": "contact show",
    "PATCH U/contacts/{contact_id}": "contact alias",
    "DELETE U/contacts/{contact_id}": "contact remove",
    "GET U/contacts/{contact_id}/safety-number": "safety",
    "PUT U/contacts/{contact_id}/verification": "contact verify",
    "POST U/contacts/{contact_id}/introduce": "contact introduce",
    "GET U/conversations": "conversations",
    "GET U/conversations/{conversation_id}": "timer",
    "PATCH U/conversations/{conversation_id}": "draft",
    "DELETE U/conversations/{conversation_id}": "clear",
    "PUT U/conversations/{conversation_id}/typing": "typing",
    "PUT U/conversations/{conversation_id}/read": "read",
    "GET U/conversations/{conversation_id}/messages": "tail",
    "POST U/conversations/{conversation_id}/messages": "send",
    "GET U/messages/{message_id}": "message",
    "PATCH U/messages/{message_id}": "edit",
    "DELETE U/messages/{message_id}": "delete",
    "POST U/messages/{message_id}/cancel": "cancel",
    "POST U/messages/{message_id}/retry": "retry",
    "PUT U/messages/{message_id}/reactions/{emoji}": "react",
    "DELETE U/messages/{message_id}/reactions/{emoji}": "react",
    "GET U/files": "files", "POST U/files": "send-file",
    "PUT U/files": "send-file", "GET U/files/{file_id}": "file show",
    "DELETE U/files/{file_id}": "file delete",
    "GET U/files/{file_id}/content": "get",
    "PATCH U/files/{file_id}/content": "send-file",
    "GET U/files/{file_id}/thumbnail": "get",
    "POST U/files/{file_id}/ticket": "file link",
    "PATCH U/files/{file_id}/transfer": "file accept",
    "GET U/events": "events", "GET /v1/events": "events",
    "GET U/consumers": "consumer list", "GET U/consumers/{consumer}": ANY,
    "PUT U/consumers/{consumer}": "consumer ack",
    "DELETE U/consumers/{consumer}": "consumer delete",
    "GET U/webhooks": "webhook list", "POST U/webhooks": "webhook add",
    "GET U/webhooks/{webhook_id}": "webhook show",
    "DELETE U/webhooks/{webhook_id}": "webhook delete",
    "POST U/webhooks/{webhook_id}/test": "webhook test",
    "GET /v1/hooks": "hooks",
    "GET /v1/tokens": "token list", "POST /v1/tokens": "token add",
    "GET /v1/tokens/{token_id}": "token show",
    "DELETE /v1/tokens/{token_id}": "token revoke",
    "GET U/search": "search",
    "GET /v1/jobs/{job_id}": "job show",
    "PATCH /v1/jobs/{job_id}": "import-user",
    "DELETE /v1/jobs/{job_id}": "job cancel",
    "GET /v1/jobs/{job_id}/content": "export-user",
    "POST U/export": "export-user", "POST /v1/users/import": "import-user",
    "POST U/destroy": "user destroy", "PUT U/duress": "user duress",
    "PATCH U": "user rename", "GET /v1/settings": "settings",
    "PATCH /v1/settings": "settings log-level",
    "GET /v1/daemon/log": "log", "GET /metrics": "metrics",
    "GET /v1/tor/bridges": "tor bridges",
    "PUT /v1/tor/bridges": "tor bridges",
    "POST /v1/tor/new-circuits": "tor new-circuits",
    "POST U/self-test": "self-test",
}


def test_nothing_is_out_of_reach():
    out = subprocess.run([BUILD / "umbel-core", "--list-routes"], check=True,
                         capture_output=True, text=True).stdout
    routes = [" ".join(line.split()[:2]).replace("/v1/users/{user_id}", "U")
              for line in out.splitlines()]
    assert len(routes) > 60
    assert [x for x in routes if x not in COVERED] == []
    assert set(COVERED.values()) <= set(COMMANDS)


def objects(daemon, *words):
    return [json.loads(line) for line in
            daemon.umbel("--json", *words).stdout.splitlines()]


# single objects

def test_one_of_each(two):
    alice, bob, to_bob, to_alice = two
    user = objects(alice, "user", "show")[0]
    assert user["id"] == alice.user["id"]
    shown = alice.umbel("user", "show", "alice").stdout
    assert re.search(r"^Name: +alice$", shown, re.M)
    assert re.search(r"^State: +unlocked$", shown, re.M)
    assert "Failure" not in shown  # it is null
    invite = objects(alice, "invite", "--label", "for carol")[0]
    shown = alice.umbel("invite", "show", invite["id"], "--qr").stdout
    assert invite["link"] in shown
    assert re.search(r"^Expires at: +\d{4}-\d\d-\d\d \d\d:\d\d$", shown, re.M)
    assert objects(alice, "invite", "show", invite["id"]) == [invite]
    alice.umbel("invite", "delete", invite["id"])
    request = objects(bob, "connect", invite["link"])[0]
    assert objects(bob, "request", "show", request["id"])[0]["id"] == \
        request["id"]
    bob.umbel("request", "delete", request["id"])
    for words in (["invite", "show", invite["id"]],
                  ["request", "show", "req_" + 26 * "0"],
                  ["message", "msg_" + 26 * "0"],
                  ["file", "show", "fil_" + 26 * "0"],
                  ["file", "link", "fil_" + 26 * "0"],
                  ["get", "--thumbnail", "fil_" + 26 * "0"]):
        fails(alice, NOT_FOUND, "", *words)
    fails(alice, USAGE, "dot segments", "invite", "show", "..")


def test_conversations_and_drafts(two):
    alice, bob, to_bob, to_alice = two
    wait_delivered(bob, bob.send(to_alice, "one"))
    alice.umbel("draft", "bob", "not yet\nsent")
    assert alice.umbel("draft", "bob").stdout == "not yet\nsent\n"
    alice.umbel("pin", "bob")
    alice.umbel("mute", "bob", "1h")
    line = alice.umbel("conversations").stdout
    assert re.fullmatch(
        rf"{to_bob}  bob {{17}}  \d{{4}}-\d\d-\d\d \d\d:\d\d  1 unread  "
        r"pinned  muted  draft\n", line), line
    alice.umbel("read", "bob")
    alice.umbel("draft", "bob", "")
    alice.umbel("unpin", "bob")
    alice.umbel("unmute", "bob")
    assert alice.umbel("conversations").stdout.endswith("  -\n")
    assert objects(alice, "conversations")[0]["draft"] == ""


def test_messages_around_one(two):
    alice, bob, to_bob, _ = two
    sent = [alice.send(to_bob, f"around {i}") for i in range(7)]

    def texts(*words):
        return [m["text"][7:] for m in objects(alice, "tail", *words)]
    middle = sent[3]["id"]
    assert texts("--before", middle, "-n", "2") == ["1", "2"]
    assert texts("--after", middle, "-n", "2") == ["4", "5"]
    assert "3" in texts("--around", middle, "-n", "3")
    assert objects(alice, "message", middle)[0]["text"] == "around 3"
    shown = alice.umbel("message", middle).stdout
    assert shown.endswith(": around 3\n") or ": around 3  (" in shown
    fails(alice, NOT_FOUND, "", "tail", "--around", "msg_" + 26 * "0")


# files

def test_link_of_a_file(two):
    alice = two[0]
    data = noise(5000)
    made = announce(alice, len(data), name="linked.bin")
    append(alice, made, 0, data)
    link = alice.umbel("file", "link", made["id"]).stdout.strip()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/v1/users/\S+ticket=\S+",
                        link)
    got = subprocess.run(["curl", "-s", "--noproxy", "*", link],
                         capture_output=True, timeout=LIMIT).stdout
    assert got == data
    fails(alice, NOT_FOUND, "no thumbnail", "get", "--thumbnail", made["id"])
    shown = alice.umbel("file", "show", made["id"]).stdout
    assert re.search(r"^Size: +4.9 KiB$", shown, re.M), shown


# any call

def test_any_call(two):
    alice = two[0]
    out = alice.umbel("call", "GET", "/v1/daemon").stdout
    assert json.loads(out)["name"] == "umbel"
    path = alice.user_path("/profile")
    alice.umbel("call", "PUT", path, "-",
                stdin='{"display_name":"alice","status_text":"by call"}')
    assert json.loads(alice.umbel("call", "GET", path).stdout)[
        "status_text"] == "by call"
    assert alice.umbel("call", "PUT", alice.user_path(
        f"/conversations/{two[2]}/typing"), '{"typing":false}').stdout == ""
    fails(alice, NOT_FOUND, "no such path", "call", "GET", "/v1/nothing")
    fails(alice, USAGE, "Refused: ", "call", "PUT", path, '{"x":1}')
    fails(alice, USAGE, "too long", "call", "PUT", path, "-",
          stdin="[" * 2000000)
    # What a terminal would obey is shown to it, not done.
    path = alice.user_path("/messages/" + alice.send(
        two[2], "\N{RIGHT-TO-LEFT OVERRIDE}x\x9b2J")["id"])
    terminal = Terminal("--run", str(alice.run), "call", "GET", path)
    assert terminal.end() == DONE
    assert "\\u{202e}x" in terminal.text and "\x9b" not in terminal.text


# events

def test_events_that_are_there(two):
    alice, bob, to_bob, to_alice = two
    everything = objects(alice, "events")
    ids = [e["id"] for e in everything]
    assert ids == sorted(set(ids)) and len(ids) > 3
    wait_delivered(bob, bob.send(to_alice, "\x1b[2J event"))
    new = objects(alice, "events", "--after", str(ids[-1]))
    assert "message.received" in [e["type"] for e in new]
    assert {e["type"] for e in objects(
        alice, "events", "--types", "message.received,contact.added")} == {
            "message.received", "contact.added"}
    line = alice.umbel("events", "--after", str(ids[-1]), "--types",
                       "message.received").stdout
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d  \d+ +  message\.received +  "
        r"msg_\w{26}  \S+  \| \\u\{1b\}\[2J event\n", line), line
    types = [e["type"] for e in objects(alice, "events", "--daemon")]
    assert "tor.bootstrap" in types or "tor.state" in types
    fails(alice, USAGE, "after", "events", "--after", "x")


def test_events_are_followed_across_everything(two):
    alice, bob, to_bob, to_alice = two
    with Running(alice, "--json", "events", "-f", "--types",
                 "message.received") as tail:
        def follows():
            wait_delivered(bob, bob.send(to_alice, "is it there?"))
            return select.select([tail.process.stdout], [], [], 0.2)[0]
        until("it follows", follows)
        seen = 0

        def say(text):
            nonlocal seen
            wait_delivered(bob, bob.send(to_alice, text))
            while True:
                event = json.loads(tail.line())
                assert event["id"] > seen
                seen = event["id"]
                if event["data"]["text"] == text:
                    return
        say("plain")
        alice.kill("umbel-httpd")
        say("after httpd")
        alice.kill("umbel-core")
        alice.unlock_when_up()
        say("after the core")
        alice.umbel("user", "lock")
        alice.unlock()
        say("after a lock")
        tail.process.send_signal(signal.SIGINT)
        assert tail.process.wait(LIMIT) == -signal.SIGINT
        said = tail.process.stderr.read().decode()
    assert "Waiting." in said and len(said.splitlines()) <= 12, said


def test_the_log_is_followed_across_a_restart(two):
    alice = two[0]
    with Running(alice, "--json", "log", "-f", "-n", "1") as log:
        def next_id():
            start, number = json.loads(log.line())["id"].split("-")
            return start, int(number)
        before, number = next_id()
        alice.kill("umbel-core")
        alice.unlock_when_up()
        # Each line once, in order, of the one that ended and of the next.
        start, next_number = next_id()
        while start == before:
            assert next_number == number + 1
            number = next_number
            start, next_number = next_id()
        assert next_number == 1
        assert next_id() == (start, 2)


def test_presence_is_an_event(two):
    alice, bob = two[:2]
    with Running(alice, "--json", "events", "-f", "--types",
                 "presence") as tail:
        def is_told():
            for mode in ("offline", "online"):
                bob.umbel("presence", mode)
                if select.select([tail.process.stdout], [], [], 1)[0]:
                    return True
            return False
        until("presence", is_told)
        assert json.loads(tail.line())["type"] == "presence"
        bob.umbel("presence", "online")


def test_events_nobody_can_write_down(two):
    alice = two[0]
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run(
            [UMBEL, "--run", str(alice.run), "events"], stdout=full,
            stderr=subprocess.PIPE, text=True, timeout=LIMIT)
    assert done.returncode == REFUSED and "cannot be written" in done.stderr


# the daemon

def test_ready_tor_and_stop(place):
    daemon = place.daemon("ends")
    daemon.wait_for_tor()
    assert daemon.umbel("ready", "--wait").stdout.splitlines()[0] == "tor: ok"
    assert objects(daemon, "ready")[0]["status"] == "ok"
    assert daemon.umbel("tor").stdout.startswith("Tor:     ready")
    assert objects(daemon, "tor")[0]["state"] == "ready"
    assert daemon.umbel("stop").stdout == ""
    assert daemon.process.wait(LIMIT) == 0
    fails(daemon, NO_DAEMON, "No daemon runs", "ready")


# completions, of what only the daemon knows

HOSTILE_NAMES = ["$(touch pwned)", "`touch pwned`", "a b", "it's", 'say "x"',
                 "; touch pwned;", "\\", "*", "~", "<x", "-dash", "$HOME",
                 "\N{SEEDLING} s", "!!", "#x"]


@pytest.fixture(name="named")
def make_named(two):
    """alice, whose only contact is called by each of these in turn."""
    alice = two[0]
    ident = alice.contact("bob")["id"]

    def call(name):
        alice.umbel("contact", "alias", "--", ident, name)
        return alice
    yield call
    call("")


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_bash_takes_a_name_for_nothing_but_a_word(named, name, folder):
    """HOSTILE C-02: what a peer is called is never run by a shell."""
    alice = named(name)
    script = f"""
. '{SHELLS}/umbel.bash'
compopt() {{ :; }}
COMP_WORDS=(umbel --run '{alice.run}' contact show '') COMP_CWORD=5
_umbel
echo "${{#COMPREPLY[@]}}"
eval "set -- ${{COMPREPLY[0]}}"
printf '%s\\n' "$#" "$1"
COMP_WORDS=(umbel --run '{alice.run}' contact show '"') COMP_CWORD=5
_umbel
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(
        ["bash", "--norc", "-c", script], text=True, capture_output=True,
        env={**os.environ, "PATH": f"{BUILD}:{os.environ['PATH']}",
             "LC_ALL": "C.UTF-8"}, timeout=LIMIT)
    lines = done.stdout.splitlines()
    assert lines[:3] == ["1", "1", name], done
    assert lines[3:] == ([""] if re.search("['\"\\\\$`!]", name) else [name])
    assert os.listdir() == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize("name", ["$(touch pwned)", "`touch pwned`; x",
                                  "it's \\ \"x\" *"])
def test_nor_does_any_shell_when_the_key_is_pressed(named, folder, shell, name):
    """HOSTILE C-02, C-07: the line as it was completed, and run."""
    alice = named(name)
    with Shell(shell, folder) as terminal:
        terminal.write(f"umbel --run {alice.run} contact note \t"
                       " 'it is this one'; echo do''ne\r")
        terminal.expect("done")
    assert alice.umbel("contact", "note", name).stdout == "it is this one\n"
    alice.umbel("contact", "note", name, "")
    assert not (folder / "pwned").exists()


def test_fish_offers_no_folder(named, folder):
    """It quotes all but a tilde in front, which would become one."""
    if not shutil.which("fish"):
        pytest.skip("fish is not installed")
    alice = named("~")
    done = subprocess.run(
        ["fish", "--no-config", "-c", f"source '{SHELLS}/umbel.fish'; complete "
         f"-C 'umbel --run {alice.run} contact show '; and complete "
         "-C 'umbel contact sho'"], text=True, capture_output=True,
        env={**os.environ, "PATH": f"{BUILD}:{os.environ['PATH']}",
             "HOME": str(folder)}, timeout=LIMIT)
    assert [x.split("\t")[0] for x in done.stdout.splitlines()] == ["show"], \
        done


def test_names_and_ids_are_offered(named):
    alice = named("Bobby")

    def offered(*words):
        out = alice.umbel("complete", "--", *words).stdout.splitlines()
        assert out[0] == "words"
        return [x.split("\t")[0] for x in out[1:]]
    assert offered("contact", "show", "B") == ["Bobby"]
    assert offered("--user", "al") == ["alice"]
    assert offered("user", "unlock", "") == ["alice"]
    invite = objects(alice, "invite")[0]["id"]
    assert offered("invite", "show", "inv_") == [invite]
    alice.umbel("invite", "delete", invite)
    assert offered("contact", "show", "--user", "nobody", "") == []
