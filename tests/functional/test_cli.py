# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line as a person or a script uses it, on whole daemons."""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess

import pytest

from commands import (DENIED, DONE, LOCKED, NO_DAEMON, NOT_FOUND, REFUSED,
                      UMBEL, USAGE, Running, Terminal, fails)
from daemons import (LIMIT, PASSPHRASE, Daemon, children_of, until,
                     wait_delivered)

Daemon.looks_for_leaks = True


@pytest.fixture(name="several", scope="module")
def make_several(place):
    """A daemon with three users, one of them locked."""
    daemon = place.daemon("several")
    for name in ("one", "two", "shut"):
        daemon.umbel("user", "add", name, "--passphrase-file", "-",
                     stdin=PASSPHRASE + "\n")
    daemon.umbel("user", "lock", "shut")
    return daemon


# usage

@pytest.mark.parametrize("words", [
    ["status", "x"], ["user"], ["user", "foo"], ["user", "add"],
    ["user", "add", "a", "b"], ["user", "list", "x"],
    ["user", "unlock", "a", "b"], ["user", "passphrase", "a", "b"],
    ["user", "unlock", "--new-passphrase-file", "x"], ["invite", "x"],
    ["invite", "list", "x"], ["invite", "delete"], ["connect"], ["connect", "a", "b"],
    ["contacts", "x"], ["send"], ["send", "bob"], ["send", "bob", "a", "b"],
    ["tail", "a", "b"], ["open", "x"], ["nonsense"], ["Status"], [""],
    ["contacts", "--follow"], ["tail", "--wait"], ["send", "--print", "a", "b"],
    ["status", "-n", "5"], ["tail", "-n", "0"], ["tail", "-n", "-5"],
    ["tail", "-n", "5x"], ["invite", "--days", "0"], ["--nonsense"],
    ["tail", "-n"], ["user", "list", "--alias", "x"], ["contacts", "--qr"],
    ["invite", "--qr", "--json"], ["invite", "delete", "--qr", "x"],
    ["presence", "away"], ["presence", "Online"], ["privacy", "on"],
    ["privacy", "--receipts", "default"], ["privacy", "--typing", ""],
    ["profile", "x"], ["address", "x"], ["address", "on", "x"],
    ["address", "difficulty"], ["address", "difficulty", "-1"],
    ["address", "difficulty", "1x"], ["address", "difficulty", "99999"],
    ["request"], ["request", "x"], ["request", "accept"], ["requests", "x"],
    ["request", "reject", "--alias", "x", "y"], ["contact"],
    ["contact", "bob"], ["contact", "show"], ["contact", "policy", "bob"],
    ["contact", "policy", "bob", "dial_only"],
    ["contact", "cover", "bob", "maybe"], ["contact", "introduce", "bob"],
    ["contact", "privacy", "bob", "--receipts", "yes"], ["safety"],
    ["safety", "--qr", "--json", "bob"], ["send", "--within", "5", "b", "x"],
    ["send", "--within", "400d", "b", "x"], ["edit", "x"], ["delete"],
    ["delete", "--all", "x"], ["react", "x"], ["react", "--none", "x", "y"],
    ["read"], ["typing", "bob", "yes"], ["timer"], ["timer", "bob", "5"],
    ["timer", "bob", "never"], ["mute", "bob", "1y"], ["pin"], ["clear"],
    ["tail", "--none"], ["edit", "--ids", "x", "y"], ["send-file"],
    ["send-file", "bob"], ["send-file", "bob", "-"], ["file"],
    ["send-file", "--text", "x", "bob", "a", "b"], ["file", "x"],
    ["send-file", "--name", "x", "bob", "a", "b"], ["file", "accept"],
    ["send-file", "--kind", "film", "bob", "a"], ["file", "pause", "x", "y"],
    ["send-file", "--metadata", "yes", "bob", "a"], ["files", "x", "y"],
    ["files", "--state", "deleted"], ["send", "--text", "x", "bob", "y"],
    ["file", "pause", "--wait", "x"], ["get"], ["get", "x", "y", "z"],
    ["get", "--json", "x", "-"], ["get", "--name", "x", "y"],
    ["export"], ["export", "a", "b"], ["export", "-n", "5", "a"],
    ["privacy", "--accept", ""], ["privacy", "--accept", "image,all"],
    ["privacy", "--accept", "image,"], ["privacy", "--up-to", "10MB"],
    ["profile", "--accept", "none"], ["profile", "--state", "done"],
    ["files", "--force"], ["ready", "x"], ["stop", "x"], ["message"],
    ["tail", "--before", "x", "--after", "y"], ["tail", "-f", "--around", "x"],
    ["tail", "--around", "x", "bob"], ["tail", "--around", "x", "-n", "201"],
    ["call"], ["call", "GET"], ["call", "get", "/healthz"],
    ["call", "GET", "healthz"], ["call", "POST", "/v1/users", "{"],
    ["call", "POST", "/v1/users", '{"name":"a","name":"b"}'],
    ["events", "x"], ["events", "--types", ""], ["events", "--daemon", "--user", "x"],
    ["invite", "show"], ["invite", "show", "--qr", "--json", "x"],
    ["file", "link"], ["draft"], ["get", "--thumbnail"], ["conversations", "x"],
    ["token"], ["token", "add", "x"], ["token", "add", "x", "messages"],
    ["token", "add", "x", "admin", "--expires", "5"],
    ["token", "add", "x", "admin", "--rate", "0"], ["token", "revoke"],
    ["consumer", "ack"], ["consumer", "ack", "x", "-1"], ["webhook", "add"],
    ["events", "--consumer", "x", "--after", "5"], ["events", "--all"],
    ["events", "--all", "-f", "--user", "x"], ["webhook", "test"],
    ["events", "--daemon", "--consumer", "x"], ["hooks", "x"], ["search"],
    ["search", "x", "y"], ["search", "x", "--kind", "film"],
    ["search", "x", "--newer", "2026-13-01"], ["job"], ["job", "show"],
    ["settings", "x"], ["settings", "log-level", "loud"],
    ["settings", "auto-lock", "5"],
    ["settings", "auto-lock", "8d"], ["user", "auto-lock", "x", "90s"], ["log", "--level", "x"], ["log", "x"],
    ["user", "destroy"], ["user", "rename", "x"], ["export-user"],
    ["user", "auto-lock", "x"], ["import-user", "a", "b"],
    ["tor", "bridges", "a", "b"], ["tor", "x"], ["metrics", "x"],
    ["status", "--frob"], ["-x"], ["--no", "export-user", "a"], ["--=5"],
    ["--json=yes", "status"], ["tail", "-n"], ["send", "bob", "-quick"]])
def test_wrong_usage(words):
    """Said before a daemon is looked for."""
    done = subprocess.run([UMBEL, "--run", "/nonexistent", *words], text=True,
                          capture_output=True, timeout=LIMIT)
    assert done.returncode == USAGE, done
    assert done.stdout == ""
    assert re.fullmatch("umbel: .+\n", done.stderr), done.stderr


def test_nothing_to_do_shows_the_help():
    done = subprocess.run([UMBEL], capture_output=True, text=True)
    assert done.returncode == USAGE and "Usage:" in done.stdout


def test_no_daemon(tmp_path):
    for words in (["status"], ["user", "add", "x"], ["send", "a", "b"],
                  ["tail", "-f"], ["open"]):
        done = subprocess.run([UMBEL, "--run", str(tmp_path), *words],
                              text=True, capture_output=True, stdin=subprocess.
                              DEVNULL, timeout=LIMIT)
        assert done.returncode == NO_DAEMON
        assert done.stderr == (f"umbel: No daemon runs at {tmp_path}. Start "
                               "umbeld, or name its run folder with --run.\n")


# users

def test_several_users(several):
    listed = several.umbel("user", "list").stdout
    assert re.findall(r"^(\S+) +(\S+) +usr_\w{26}$", listed, re.M) == [
        ("one", "unlocked"), ("two", "unlocked"), ("shut", "locked")]
    fails(several, USAGE, "3 users: say which with --user", "contacts")
    several.umbel("contacts", "--user", "two")
    ident = re.search(r"usr_\w+", listed)[0]
    several.umbel("--user", ident, "contacts")
    fails(several, NOT_FOUND, "no user 'three'", "contacts", "--user", "three")
    fails(several, LOCKED, "locked: umbel user unlock", "contacts", "--user",
          "shut")
    fails(several, REFUSED, "taken", "user", "add", "one",
          "--passphrase-file", "-", stdin=PASSPHRASE)


def test_passphrases(several):
    unlock = ["user", "unlock", "shut", "--passphrase-file"]
    fails(several, USAGE, "no passphrase", *unlock, "-", stdin="")
    fails(several, USAGE, "No such file", *unlock, "/nonexistent")
    fails(several, USAGE, "Is a directory|no passphrase", *unlock, "/tmp")
    fails(several, DENIED, "passphrase", *unlock, "-", stdin="not it at all")
    fails(several, USAGE, "passphrase: 8 to 1024 bytes", "user", "add", "x",
          "--passphrase-file", "-", stdin="short")
    several.umbel(*unlock, "-", stdin=PASSPHRASE + "\r\n")
    # Once more does no harm, and asks nothing.
    assert several.umbel(*unlock, "/nonexistent").stdout == \
        "shut is unlocked\n"
    for _ in range(2):
        assert several.umbel("user", "lock", "shut").stdout == \
            "shut is locked\n"


@pytest.mark.parametrize("name", [
    "\x1b]52;c;aGk=\x07", "a\nb", "x" * 65, "", "\x9b2J", "\r"])
def test_bad_names(several, name):
    fails(several, USAGE, r"name: ", "user", "add", name,
          "--passphrase-file", "-", stdin=PASSPHRASE)


def test_odd_names(place):
    daemon = place.daemon("odd")
    names = ["\N{SEEDLING}\N{SEEDLING}", "-dash", "x" * 64, "a b  c", "$(id)",
             "%s%n", "'\"\\", "\N{ARABIC LETTER ALEF}\N{ARABIC LETTER BEH}"]
    for name in names:
        daemon.umbel("user", "add", "--passphrase-file", "-", "--", name,
                     stdin=PASSPHRASE)
    found = [json.loads(line)["name"] for line in
             daemon.umbel("--json", "user", "list").stdout.splitlines()]
    assert found == names
    for name in names:
        daemon.umbel(f"--user={name}", "contacts")
        assert name in daemon.umbel("status").stdout
    daemon.stop()


def test_at_the_terminal(several):
    run = ["--run", str(several.run)]
    terminal = Terminal(*run, "user", "add", "typed")
    terminal.answer("passphrase for this user", PASSPHRASE + "\n")
    terminal.answer("again", PASSPHRASE + "\n")
    assert terminal.end() == DONE
    assert PASSPHRASE not in terminal.text
    assert "typed is there, and unlocked" in terminal.text
    assert "umbel invite" in terminal.text  # what to do next
    terminal = Terminal(*run, "user", "add", "differs")
    terminal.answer("passphrase for this user", PASSPHRASE + "\n")
    terminal.answer("again", PASSPHRASE + "!\n")
    assert terminal.end() == USAGE
    assert "not the same" in terminal.text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_at_the_prompt_gives_the_echo_back(several, number):
    terminal = Terminal("--run", str(several.run), "user", "unlock", "shut")
    terminal.expect("Passphrase: ")
    until("no echo", lambda: not terminal.echoes())
    if number == signal.SIGINT:
        terminal.write("abc\x03")
    else:
        os.kill(terminal.pid, number)
    until("echo again", terminal.echoes)
    assert terminal.end() == -number


# contacts and messages

def test_links(two):
    alice = two[0]
    link = alice.umbel("invite", "--label", "for carol",
                       "--days", "2").stdout.strip()
    shown = alice.umbel("invite", "list").stdout
    ident = re.search(r"^(inv_\w{26}) .*for carol$", shown, re.M)[1]
    for bad, pattern in (("foo", "link: neither an invite nor an"), ("", "link: "),
                         (link[:-1], "link: "), (link + "a", "link: "),
                         ("http://example.com/", "link: "),
                         ("\x1b[2J", "link: ")):
        fails(alice, USAGE, pattern, "connect", bad)
    fails(alice, USAGE, "UTF-8", "connect", b"\xff\xfe")
    fails(alice, USAGE, "UTF-8", "invite", "--label", b"\xff")
    fails(alice, USAGE, "expires_in_seconds", "invite", "--days", "31")
    fails(alice, USAGE, "inv_ and 26", "invite", "delete", "first")
    fails(alice, USAGE, "dot segments", "invite", "delete", "../../daemon")
    fails(alice, NOT_FOUND, "", "invite", "delete", "inv_" + 26 * "0")
    assert alice.umbel("invite", "delete", ident).stdout == ""
    assert ident not in alice.umbel("invite", "list").stdout


@pytest.mark.parametrize("text", [
    "-5 degrees", "--help", "\N{SEEDLING}" * 2048, "a\tb\nc", " ", "--"])
def test_texts_arrive_as_they_are(two, text):
    alice, bob, to_bob, _ = two
    alice.umbel("send", "--", "bob", text)
    last = alice.history(to_bob)[-1]
    assert last["text"] == text
    wait_delivered(alice, last)


def test_texts_that_are_refused(two):
    alice = two[0]
    fails(alice, USAGE, "text: 1 to 8192 bytes", "send", "bob", "")
    fails(alice, USAGE, "text: 1 to 8192 bytes", "send", "bob", "x" * 8193)
    fails(alice, USAGE, "text: 1 to 8192 bytes", "send", "bob", "-",
          stdin="x" * 8193)
    fails(alice, USAGE, "too long", "send", "bob", "-", stdin="x" * 1000000)
    fails(alice, USAGE, "zero byte", "send", "bob", "-", stdin="a\0b")
    fails(alice, USAGE, "text: 1 to 8192", "send", "bob", "-", stdin="\n\n")
    fails(alice, USAGE, "UTF-8", "send", "bob", b"\xff")
    fails(alice, NOT_FOUND, "no contact 'carol'", "send", "carol", "x")
    fails(alice, NOT_FOUND, r"no contact '\\u{1b}\[2J'", "send", "\x1b[2J",
          "x")


def test_half_a_text_is_not_sent(two):
    folder = os.open("/tmp", os.O_RDONLY)
    done = subprocess.run([UMBEL, "--run", str(two[0].run), "send", "bob", "-"],
                          stdin=folder, text=True, capture_output=True)
    os.close(folder)
    assert (done.returncode, done.stderr) == (
        USAGE, "umbel: Standard input cannot be read: Is a directory.\n")


# HOSTILE C-02, C-03, C-07
def test_what_others_write_is_harmless(two):
    alice, bob, _, to_alice = two
    for text in ("\x1b]52;c;aGk=\x07", "\N{RIGHT-TO-LEFT OVERRIDE}abc",
                 "\x9b2J", "a\rb", "\x7f", "\u2028"):
        wait_delivered(bob, bob.send(to_alice, text))
        for more in ([], ["--json"]):
            out = alice.umbel(*more, "tail", "-n", "1", "bob").stdout
            assert not re.search("[\x00-\x09\x0b-\x1f\x80-\x9f\u202a-\u202e"
                                 "\u2028]", out), out
        assert json.loads(out)["text"] == text
    assert "\x7f" not in alice.umbel("tail", "-n", "1").stdout


def test_tail_counts_and_keeps_the_order(two):
    alice, _, to_bob, _ = two
    for i in range(250):
        alice.send(to_bob, f"count {i}")
    for count in (1, 20, 200, 201, 240):
        lines = alice.umbel("--json", "tail", "-n", str(count)).stdout
        assert [json.loads(m)["text"] for m in lines.splitlines()] == [
            f"count {i}" for i in range(250 - count, 250)]
    assert len(alice.umbel("tail", "bob").stdout.splitlines()) == 20
    everything = alice.umbel("--json", "tail", "-n", "100000").stdout
    assert len(everything.splitlines()) == len(alice.history(to_bob))


def test_json_is_one_object_a_line(two):
    alice = two[0]
    for words in (["status"], ["user", "list"], ["contacts"], ["tail"],
                  ["invite"], ["invite", "list"], ["send", "bob", "x"],
                  ["open"], ["user", "unlock"]):
        out = alice.umbel("--json", *words).stdout
        assert out.isascii()
        for line in out.splitlines():
            assert isinstance(json.loads(line), dict)


def test_output_that_cannot_be_written(two):
    alice, bob, _, to_alice = two
    with open("/dev/full", "w", encoding="ascii") as full:
        for words in (["status"], ["--json", "contacts"], ["tail"],
                      ["metrics"], ["call", "GET", "/v1/openapi.json"]):
            done = subprocess.run(
                [UMBEL, "--run", str(alice.run), *words], stdout=full,
                stderr=subprocess.PIPE, text=True, timeout=LIMIT)
            assert done.returncode == REFUSED
            assert re.fullmatch("umbel: .*cannot be written.\n", done.stderr)
        with subprocess.Popen([UMBEL, "--run", str(alice.run), "tail", "-f"],
                              stdout=full, stderr=subprocess.PIPE) as tail:
            bob.send(to_alice, "nobody reads this")
            assert tail.wait(LIMIT) == REFUSED


def test_send_and_wait(two):
    alice, bob, _, _ = two
    assert alice.umbel("send", "--wait", "bob", "x").stdout == "delivered\n"
    bob.stop()
    with Running(alice, "send", "--wait", "bob", "patience") as waiting:
        until("accepted", lambda: alice.umbel(
            "--json", "tail", "-n", "1").stdout.find("patience") > 0)
        # Also when alice's own daemon goes away meanwhile.
        alice.kill("umbel-httpd")
        bob.start()
        bob.unlock()
        assert waiting.line() == "delivered"
        assert waiting.process.wait(LIMIT) == DONE


# tail --follow

def test_follow_across_everything(two):
    """Nothing is lost and nothing comes twice, whatever is restarted."""
    alice, bob, to_bob, to_alice = two
    wait_delivered(bob, bob.send(to_alice, "before"))
    with Running(alice, "--json", "tail", "-f", "-n", "1", "bob") as tail:
        wanted = ["before"]

        def say(text):
            wait_delivered(bob, bob.send(to_alice, text))
            wanted.append(text)

        def check():
            got = [json.loads(tail.line())["text"] for _ in wanted]
            assert got == wanted
            wanted.clear()
        check()
        say("plain")
        check()
        alice.kill("umbel-httpd")
        say("after httpd")
        check()
        alice.kill("umbel-core")
        alice.unlock_when_up()
        say("after the core")
        check()
        alice.stop()
        last = bob.send(to_alice, "while away")
        wanted.append("while away")
        alice.start()
        alice.umbel("user", "unlock", "--passphrase-file", "-",
                    stdin=PASSPHRASE)
        wait_delivered(bob, last)
        alice.umbel("user", "lock")
        alice.unlock()
        say("after a lock")
        check()
        tail.process.send_signal(signal.SIGINT)
        assert tail.process.wait(LIMIT) == -signal.SIGINT
        said = tail.process.stderr.read().decode()
    assert 1 <= len(said.splitlines()) <= 12, said
    assert "Waiting." in said


def test_follow_says_each_message_once_from_the_start(two):
    alice, bob, _, to_alice = two
    texts = [f"burst {i}" for i in range(60)]
    with contextlib.ExitStack() as stack:
        tails = []
        for i, text in enumerate(texts):
            bob.send(to_alice, text)
            if i % 10 == 0:
                tails.append(stack.enter_context(Running(
                    alice, "--json", "tail", "-f", "-n", "1000")))
        for tail in tails:
            got = []
            while not got or got[-1] != texts[-1]:
                got.append(json.loads(tail.line())["text"])
            assert [t for t in got if t.startswith("burst")] == texts


def test_open_without_a_browser(two):
    alice = two[0]
    done = subprocess.run(
        [UMBEL, "--run", str(alice.run), "open"], capture_output=True,
        text=True, env={"PATH": "/nonexistent"}, timeout=LIMIT)
    assert done.returncode == DONE
    assert re.search(r"^http://127\.0\.0\.1:\d+/ui/#t=\S+$", done.stdout, re.M)


def test_command_line_gives_no_credential_away(two):
    """Neither its memory nor its environment is for others."""
    alice = two[0]
    with Running(alice, "tail", "-f") as tail:
        until("it follows", lambda: children_of(os.getpid()).get("umbel"))
        bits = pathlib.Path(f"/proc/{tail.process.pid}/cmdline").read_bytes()
        token = alice.header()["Authorization"].split()[1]
        assert token.encode() not in bits
        until("not dumpable", lambda: os.stat(
            f"/proc/{tail.process.pid}/mem").st_uid == 0)
