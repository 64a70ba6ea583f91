# SPDX-License-Identifier: GPL-3.0-or-later
"""Two people chat, whole daemons, over fake_tor."""

import json
import signal
import subprocess
import time
import uuid

import pytest

from daemons import (LIMIT, PASSPHRASE, Daemon, Place, Refused, children_of,
                     pair, until, wait_delivered)

Daemon.looks_for_leaks = True


@pytest.fixture(name="place")
def make_place():
    with Place() as place:
        yield place


@pytest.fixture(name="two")
def make_two(place):
    alice, bob = place.daemon("alice"), place.daemon("bob")
    return alice, bob, *pair(alice, bob)


def texts(daemon, conversation, direction):
    return [m["text"] for m in daemon.history(conversation)
            if m["direction"] == direction]


def test_two_people_chat(two):
    alice, bob, to_bob, to_alice = two
    sent = alice.send(to_bob, "Hello Bob \N{SEEDLING}")
    got = bob.wait_event("message.received", lambda m: True)["data"]
    assert got["text"] == "Hello Bob \N{SEEDLING}"
    assert got["direction"] == "in" and got["state"] == "received"
    assert wait_delivered(alice, sent)["delivered_at"]
    back = bob.send(to_alice, "Hello Alice")
    assert alice.wait_event("message.received", lambda m: True)["data"][
        "text"] == "Hello Alice"
    wait_delivered(bob, back)
    assert alice.contact("bob")["presence"] == "online"


def test_a_message_waits_for_one_who_is_away(two):
    alice, bob, to_bob, to_alice = two
    bob.stop()
    wanted = [f"while you were away {i}" for i in range(300)]
    for text in wanted:
        last = alice.send(to_bob, text)
    assert last["state"] in ("queued", "sending")
    alice.stop()
    alice.start()
    alice.unlock()
    bob.start()
    bob.unlock()
    wait_delivered(alice, last)
    assert texts(bob, to_alice, "in") == wanted


def test_client_id_makes_a_send_once(two):
    alice, bob, to_bob, to_alice = two
    client_id = str(uuid.uuid4())
    first = alice.send(to_bob, "once", client_id)
    again = alice.send(to_bob, "once", client_id)
    assert again["id"] == first["id"]
    with pytest.raises(Refused) as refused:
        alice.send(to_bob, "other words", client_id)
    assert refused.value.status == 409
    assert refused.value.problem["code"] == "client_id_reused"
    alice.stop()
    alice.start()
    alice.unlock()
    assert alice.send(to_bob, "once", client_id)["id"] == first["id"]
    wait_delivered(alice, first)
    assert texts(bob, to_alice, "in") == ["once"]


@pytest.mark.parametrize("victim", ["umbel-core", "umbel-httpd", "tor",
                                    "umbel-broker"])
def test_kill_9_of_one_process(two, victim):
    alice, bob, to_bob, to_alice = two
    first = alice.send(to_bob, "before")
    wait_delivered(alice, first)
    name = victim
    if victim == "tor":  # the stand-in is a python script
        name = next(n for n in children_of(alice.process.pid)
                    if not n.startswith("umbel"))
    old = alice.kill(name)
    until("another one", lambda: children_of(alice.process.pid).get(
        name, old) != old)
    alice.wait_up()
    if victim == "umbel-core":
        alice.unlock_when_up()
    wait_delivered(alice, alice.send(to_bob, "after"))
    wait_delivered(bob, bob.send(to_alice, "and back"))
    assert texts(bob, to_alice, "in") == ["before", "after"]


def test_stop_is_quick_and_leaves_nothing(two):
    alice = two[0]
    pids = [alice.process.pid, *children_of(alice.process.pid).values()]
    begin = time.monotonic()
    assert alice.stop() == 0
    took = time.monotonic() - begin
    assert took < LIMIT
    print(f"stopped in {took:.2f} s")
    for pid in pids:
        until(f"{pid} is gone", lambda pid=pid: not _is_alive(pid))
    assert not (alice.run / "admin.header").exists()
    assert not (alice.run / "api.sock").exists()
    assert not list(alice.run.glob("**/*"))


def _is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def test_second_daemon_on_the_same_data_refuses(place):
    alice = place.daemon("alice")
    other = subprocess.run(
        [*alice.process.args[:-2], "--run", str(alice.home / "r2")],
        capture_output=True, text=True, timeout=LIMIT)
    assert other.returncode != 0
    assert str(alice.data) in other.stderr
    alice.call("GET", "/v1/daemon")


def test_wrong_passphrase_is_said_and_harms_nothing(two):
    alice, bob, to_bob, _ = two
    alice.call("POST", alice.user_path("/lock"))
    with pytest.raises(Refused) as refused:
        alice.call("POST", alice.user_path("/unlock"),
                   {"passphrase": "wrong one"})
    assert refused.value.status == 401
    assert refused.value.problem["code"] == "wrong_passphrase"
    with pytest.raises(Refused) as refused:
        alice.contacts()
    assert refused.value.status == 423
    alice.unlock()
    wait_delivered(alice, alice.send(to_bob, "still here"))


def test_passphrase_file_unlocks_unattended(two):
    alice, bob, to_bob, to_alice = two
    secret = alice.home / "pass"
    secret.write_text(PASSPHRASE + "\n")
    secret.chmod(0o600)
    with alice.conf.open("a") as conf:
        conf.write(f'[user "alice"]\npassphrase_file = {secret}\n')
    alice.stop()
    alice.start()
    until("unlocked", lambda: alice.call(
        "GET", alice.user_path())["state"] == "unlocked")
    alice.kill("umbel-core")
    until("unlocked again", lambda: _state(alice) == "unlocked")
    wait_delivered(alice, alice.send(to_bob, "nobody typed a thing"))


def _state(daemon):
    try:
        return daemon.call("GET", daemon.user_path())["state"]
    except (OSError, Refused):
        return None


def test_an_invite_works_once(place):
    alice, bob, carol = (place.daemon(n) for n in ("alice", "bob", "carol"))
    for daemon in (alice, bob, carol):
        daemon.add_user()
    link = alice.invite()
    request = bob.connect(link)
    bob.wait_event("request.state", lambda r: r["state"] == "accepted")
    alice.wait_event("contact.added", lambda c: True)
    request = carol.connect(link)
    assert carol.call("GET", carol.user_path(
        f"/requests/{request['id']}"))["state"] != "accepted"
    until("the invite is gone", lambda: not alice.call(
        "GET", alice.user_path("/invites"))["items"])
    assert [c["display_name"] for c in alice.contacts()] == ["bob"]


def test_command_line(two):
    alice, bob, to_bob, to_alice = two
    assert "alice" in alice.umbel("status").stdout
    alice.umbel("send", "--wait", "bob", "from the command line")
    assert "from the command line" in bob.umbel("tail").stdout
    lines = bob.umbel("--json", "tail").stdout.splitlines()
    assert json.loads(lines[-1])["text"] == "from the command line"
    alice.umbel("send", "bob", "-", stdin="two\nlines\n")
    bob.wait_event("message.received", lambda m: m["text"] == "two\nlines")
    assert alice.umbel("send", "nobody", "x", check=False).returncode == 6
    assert alice.umbel("nonsense", check=False).returncode == 2
    alice.umbel("user", "lock")
    assert alice.umbel("contacts", check=False).returncode == 4
    assert alice.umbel("user", "unlock", "--passphrase-file", "-",
                       stdin="wrong\n", check=False).returncode == 5
    alice.umbel("user", "unlock", "--passphrase-file", "-",
                stdin=PASSPHRASE + "\n")
    link = alice.umbel("open", "--print").stdout.strip()
    assert link.startswith("http://127.0.0.1:") and "/ui/#t=" in link


def test_command_line_follows(two):
    alice, bob, to_bob, to_alice = two
    with subprocess.Popen(
            [*_umbel(bob), "--json", "tail", "--follow"],
            stdout=subprocess.PIPE, text=True) as tail:
        try:
            for i in range(20):
                alice.send(to_bob, f"line {i}")
            seen = [json.loads(tail.stdout.readline())["text"]
                    for i in range(20)]
        finally:
            tail.send_signal(signal.SIGTERM)
    assert seen == [f"line {i}" for i in range(20)]


def _umbel(daemon):
    return [daemon.umbel("--version").args[0], "--run", str(daemon.run)]
