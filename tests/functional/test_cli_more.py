# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line for those who automate and administer: tokens, consumers,
webhooks, search, settings, backups; on whole daemons."""

import http.server
import json
import os
import re
import signal
import subprocess
import threading

import pytest

from commands import (DENIED, NOT_FOUND, REFUSED, UMBEL, USAGE, Running,
                      Terminal, fails)
from daemons import BUILD, LIMIT, PASSPHRASE, pair, until, wait_delivered
from files import announce, append, noise, offer

ROUTES = subprocess.run([BUILD / "umbel-core", "--list-routes"], check=True,
                        capture_output=True, text=True).stdout


def needs(path):
    return pytest.mark.skipif(f" {path} " not in ROUTES,
                              reason=f"no {path} in this build")


def objects(daemon, *words, **more):
    return [json.loads(line) for line in
            daemon.umbel("--json", *words, **more).stdout.splitlines()]


# tokens

@needs("/v1/tokens")
def test_tokens(two):
    alice, _, to_bob, _ = two
    secret = alice.umbel("token", "add", "alerts", "messages:send", "--with",
                         "bob", "--rate", "60", "--expires", "7d").stdout
    assert re.fullmatch(r"umbel_tok_\w{26}_[\w-]{43}\n", secret)
    token = objects(alice, "token", "list")[0]
    assert token["scopes"] == ["messages:send"]
    assert token["conversation_ids"] == [to_bob]
    assert token["rate_per_minute"] == 60 and token["expires_at"]
    assert not token["secret"]
    line = alice.umbel("token", "list").stdout
    assert re.fullmatch(rf"{token['id']}  alerts  messages:send  -  "
                        r"\d{4}-\d\d-\d\d \d\d:\d\d\n", line), line
    assert "Name:" in alice.umbel("token", "show", token["id"]).stdout
    head = {"Authorization": "Bearer " + secret.strip()}
    path = alice.user_path(f"/conversations/{to_bob}/messages")
    assert alice.request("GET", path, headers=head)[0] == 403
    other = objects(alice, "token", "add", "reader",
                    "messages:read,events:read", "--users", "alice")[0]
    assert other["user_ids"] == [alice.user["id"]] and other["secret"]
    alice.umbel("token", "revoke", token["id"])
    assert alice.request("GET", path, headers=head)[0] == 401
    fails(alice, NOT_FOUND, "", "token", "show", token["id"])
    fails(alice, NOT_FOUND, "no user 'x'", "token", "add", "y", "admin",
          "--users", "alice,x")
    fails(alice, NOT_FOUND, "no contact 'x'", "token", "add", "y", "admin",
          "--with", "bob,x")
    fails(alice, USAGE, "none of these", "token", "add", "y",
          "messages:write")
    fails(alice, USAGE, "nor a date", "token", "add", "y", "admin",
          "--expires", "2026-02-30")
    alice.umbel("token", "revoke", other["id"])


# consumers

@needs("/v1/users/{user_id}/consumers")
def test_a_consumer_misses_nothing(two):
    alice, bob, _, to_alice = two
    first = objects(alice, "events", "--consumer", "backup")
    assert first and objects(alice, "events", "--consumer", "backup") == []
    listed = objects(alice, "consumer", "list")
    assert [(c["name"], c["acked_id"]) for c in listed] == [
        ("backup", first[-1]["id"])]
    got = []

    def say(text):
        wait_delivered(bob, bob.send(to_alice, text))

    def read(tail, last):
        while True:
            event = json.loads(tail.line())
            got.append(event["id"])
            if event["data"].get("text") == last:
                return
    say("while nobody listened")
    for number, text in enumerate(("first", "second", "third")):
        with Running(alice, "--json", "events", "-f", "--consumer",
                     "backup", "--types", "message.received") as tail:
            say(text)
            read(tail, text)
            if number == 1:
                alice.kill("umbel-core")
                alice.unlock_when_up()
                say("after a crash")
                read(tail, "after a crash")
            tail.process.send_signal(signal.SIGINT)
            assert tail.process.wait(LIMIT) == -signal.SIGINT
    assert got == sorted(set(got)), "each once, in order"
    alice.umbel("consumer", "ack", "backup")
    assert objects(alice, "events", "--consumer", "backup") == []
    alice.umbel("consumer", "delete", "backup")
    assert objects(alice, "consumer", "list") == []
    fails(alice, NOT_FOUND, "", "consumer", "delete", "backup")
    fails(alice, USAGE, "", "consumer", "ack", "Not a name")


@needs("/v1/users/{user_id}/consumers")
def test_events_of_all_users(two):
    alice, bob, _, to_alice = two
    seen = objects(alice, "events", "--all", "--consumer", "everything")
    assert {e["user_id"] for e in seen if e.get("user_id")} == {
        alice.user["id"]}
    wait_delivered(bob, bob.send(to_alice, "to all"))
    with Running(alice, "--json", "events", "--all", "-f", "--consumer",
                 "everything") as tail:
        while True:
            event = json.loads(tail.line())
            if event["data"].get("text") == "to all":
                break
        tail.process.send_signal(signal.SIGTERM)
        assert tail.process.wait(LIMIT) == -signal.SIGTERM
    alice.umbel("consumer", "delete", "everything")


# webhooks

class Receiver(http.server.BaseHTTPRequestHandler):
    got = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((dict(self.headers), json.loads(body)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


@needs("/v1/users/{user_id}/webhooks")
def test_webhooks(two):
    alice = two[0]
    server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/hook"
    secret = alice.umbel("webhook", "add", url, "--types",
                         "message.received,message.sent").stdout
    assert secret.startswith("whsec_")
    hook = objects(alice, "webhook", "list")[0]
    assert hook["types"] == ["message.received", "message.sent"]
    alice.umbel("webhook", "test", hook["id"])
    until("it arrives", lambda: Receiver.got)
    assert Receiver.got[0][1]["type"] == "webhook.test"
    assert url in alice.umbel("webhook", "list").stdout
    assert "Url:" in alice.umbel("webhook", "show", hook["id"]).stdout
    alice.umbel("webhook", "delete", hook["id"])
    assert alice.umbel("webhook", "list").stdout == ""
    fails(alice, USAGE, "", "webhook", "add", "http://example.com/")
    fails(alice, USAGE, "", "webhook", "add", url, "--secret-file", "-",
          stdin="short\n")
    server.shutdown()
    server.server_close()


@needs("/v1/hooks")
def test_hooks_are_listed(two):
    assert objects(two[0], "hooks") == []
    assert two[0].umbel("hooks").stderr == "There are none.\n"


# search

@needs("/v1/users/{user_id}/search")
def test_search(two):
    alice, bob, to_bob, to_alice = two
    wait_delivered(bob, bob.send(to_alice, "Der Bär tanzt im \x1b[2J Wald"))
    alice.send(to_bob, "kein Wald")

    def found(*words):
        return [m["text"] for m in objects(alice, "search", *words)]
    assert found("wald") == ["kein Wald", "Der Bär tanzt im \x1b[2J Wald"]
    assert found("bar tan") == ["Der Bär tanzt im \x1b[2J Wald"]
    assert found("wald", "-n", "1") == ["kein Wald"]
    assert found("wald", "--with", "bob", "--newer", "1d", "--kind",
                 "text") == ["kein Wald", "Der Bär tanzt im \x1b[2J Wald"]
    assert found("wald", "--older", "2026-01-01") == []
    assert "\\u{1b}[2J" in alice.umbel("search", "bär").stdout
    assert alice.umbel("search", "nowhere").stderr == "Nothing was found.\n"
    fails(alice, NOT_FOUND, "no contact", "search", "x", "--with", "nobody")
    fails(alice, USAGE, "nor a date", "search", "x", "--newer", "yesterday")


# the daemon

@needs("/v1/settings")
def test_settings_log_and_metrics(two):
    alice = two[0]
    before = objects(alice, "settings")[0]
    alice.umbel("settings", "log-level", "debug")
    alice.umbel("settings", "auto-lock", "2h")
    shown = alice.umbel("settings").stdout
    assert re.search(r"^Log level: +debug$", shown, re.M)
    assert re.search(r"^Auto lock minutes: +120$", shown, re.M)
    fails(alice, USAGE, "whole minutes", "settings", "auto-lock", "90s")
    alice.umbel("settings", "log-level", "default")
    alice.umbel("settings", "auto-lock", "default")
    assert objects(alice, "settings")[0] == before
    lines = objects(alice, "log", "-n", "5")
    assert 1 <= len(lines) <= 5
    assert [x["at"] for x in lines] == sorted(x["at"] for x in lines)
    assert all(x["level"] == "error" or x["level"] == "warning" for x in
               objects(alice, "log", "--level", "warning"))
    assert "\numbel_build_info" in "\n" + alice.umbel("metrics").stdout


@needs("/v1/tor/bridges")
def test_bridges_and_circuits(two, folder):
    alice = two[0]
    line = "192.0.2.1:443 " + "0123456789ABCDEF" * 2 + "01234567"
    (folder / "bridges").write_text(f"# mine\n\n  {line}\n")
    alice.umbel("tor", "bridges", "bridges")
    assert objects(alice, "tor", "bridges")[0]["lines"] == [line]
    assert "through bridges" in alice.umbel("tor").stdout
    out = alice.umbel("tor", "bridges", "off").stdout
    assert out == f"Bridges are not used.\n  {line}\n"
    fails(alice, USAGE, "No such file", "tor", "bridges", "nowhere")
    fails(alice, USAGE, "", "tor", "bridges", "-", stdin="no bridge\n")
    fails(alice, USAGE, "no list", "tor", "bridges", "-", stdin="x\n" * 300)
    alice.wait_for_tor()
    alice.umbel("tor", "new-circuits")


@needs("/v1/users/{user_id}/duress")
def test_rename_auto_lock_and_duress(place):
    daemon = place.daemon("renamed")
    daemon.add_user()
    daemon.umbel("user", "rename", "renamed", "other")
    assert objects(daemon, "user", "show", "other")[0]["name"] == "other"
    daemon.umbel("user", "auto-lock", "other", "30m")
    assert objects(daemon, "user", "show")[0]["auto_lock_minutes"] == 30
    daemon.umbel("user", "auto-lock", "other", "never")
    daemon.umbel("user", "auto-lock", "other", "default")
    daemon.umbel("user", "duress", "--passphrase-file", "-",
                 "--new-passphrase-file", "-",
                 stdin=f"{PASSPHRASE}\nforget it all\n")
    fails(daemon, DENIED, "", "user", "duress", "--none", "--passphrase-file",
          "-", stdin="not it at all")
    daemon.umbel("user", "duress", "--none", "--passphrase-file", "-",
                 stdin=PASSPHRASE)
    daemon.umbel("user", "lock")
    fails(daemon, DENIED, "", "user", "unlock", "--passphrase-file", "-",
          stdin="forget it all")
    daemon.stop()


# backups

def interrupted(daemon, *words):
    """Before it is done, which it may be already on a busy machine."""
    for number in range(10):
        terminal = Terminal(
            "--run", str(daemon.run), "--user", "carol", "--passphrase-file",
            "secret", *(word.format(number) for word in words))
        terminal.expect("(ex|im)port  ")
        terminal.write("\x03")
        if terminal.end() == -signal.SIGINT:
            break
    assert re.search("umbel: Interrupted[a-z, ]*\\.\r\n$", terminal.text)


@needs("/v1/jobs/{job_id}")
def test_export_and_import(place, folder):
    carol, dave = place.daemon("carol"), place.daemon("dave")
    carol.take_long_for_keys()
    to_dave, to_carol = pair(carol, dave)
    wait_delivered(carol, carol.send(to_dave, "before the fire"))
    data = noise(300000)
    made = announce(carol, len(data), name="kept.bin")
    append(carol, made, 0, data)
    offer(carol, to_dave, made)
    carol.umbel("export-user", "carol.umbel", "--passphrase-file", "-",
                stdin="the other one\n")
    size = (folder / "carol.umbel").stat().st_size
    assert size > 300000
    assert b"before the fire" not in (folder / "carol.umbel").read_bytes()
    # Said before anything is asked, let alone made.
    fails(carol, REFUSED, "there already", "export-user", "carol.umbel",
          "--passphrase-file", "nowhere")
    (folder / "secret").write_text("the other one\n", "ascii")
    interrupted(carol, "export-user", "half{}.umbel")
    assert not [x for x in os.listdir(folder) if x.startswith(".umbel-")]
    out = subprocess.run(
        [UMBEL, "--run", str(carol.run), "export-user", "-", "--no-files",
         "--passphrase-file", "-"], input=b"the other one\n",
        capture_output=True, timeout=LIMIT, check=True).stdout
    assert 0 < len(out) < size - 200000
    jobs = carol.data / "jobs"
    before = list(jobs.iterdir())
    fails(carol, DENIED, "", "import-user", "carol.umbel",
          "--passphrase-file", "-", "--name", "again", stdin="not this one\n")
    assert list(jobs.iterdir()) == before
    # Who can be asked again is, and the file is not brought again.
    terminal = Terminal("--run", str(carol.run), "import-user",
                        str(folder / "carol.umbel"), "--name", "carol")
    terminal.answer("passphrase of the file: ", "not this one\n")
    terminal.answer("(?s)rong.*passphrase of the file: ", "the other one\n")
    assert terminal.end() == REFUSED and "taken" in terminal.text
    assert list(jobs.iterdir()) == before
    shown = carol.umbel("import-user", "carol.umbel", "--passphrase-file",
                        "-", "--name", "again", stdin="the other one\n")
    assert shown.stdout == "again is there, and locked\n"
    carol.umbel("user", "unlock", "again", "--passphrase-file", "-",
                stdin="the other one\n")
    again = ["--user", "again"]
    assert "before the fire" in carol.umbel(*again, "tail").stdout
    assert "  detached" in carol.umbel(*again, "contacts").stdout
    fails(carol, REFUSED, "", *again, "send", "dave", "x")
    link = carol.umbel(*again, "invite", "--for", "dave").stdout.strip()
    dave.umbel("connect", link, "--wait", "--for", "carol")
    until("attached", lambda: "detached" not in carol.umbel(
        *again, "contacts").stdout)
    fails(carol, NOT_FOUND, "no contact", *again, "invite", "--for", "x")
    fails(carol, USAGE, "--confirm", "user", "destroy", "again")
    fails(carol, USAGE, "--confirm", "user", "destroy", "again", "--confirm",
          "carol")
    fails(carol, DENIED, "", "user", "destroy", "again", "--confirm",
          "again", "--passphrase-file", "-", stdin="not it at all\n")
    carol.umbel("user", "destroy", "again", "--confirm", "again",
                "--passphrase-file", "-", stdin="the other one\n")
    assert "again" not in carol.umbel("user", "list").stdout
    fails(carol, NOT_FOUND, "", "job", "show", "job_" + 26 * "0")
    fails(carol, USAGE, "No such file", "import-user", "nowhere")
    interrupted(carol, "import-user", "carol.umbel", "--name", "half{}")
    until("nothing left", lambda: not list(
        (carol.data / "jobs").glob("job_*")))
    carol.stop()
    dave.stop()
