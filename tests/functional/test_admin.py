# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon as its owner sees it: readiness, metrics, the log."""

import contextlib
import json
import pathlib
import re
import signal

import pytest

import fake_tor
from daemons import (PASSPHRASE, Daemon, Place, Refused, pair, until,
                     wait_delivered)
from streams import Stream

Daemon.looks_for_leaks = True

SAMPLE = re.compile(r'([a-z_]+)(\{[a-z_]+="[^"\n]*"(?:,[a-z_]+="[^"\n]*")*\})?'
                    r" (-?[0-9.]+(?:e[+-]?[0-9]+)?)$")


def metrics(daemon):
    """Every sample by its name and labels; each line is looked at."""
    status, head, body = daemon.request("GET", "/metrics")
    assert status == 200
    assert head["Content-Type"] == "text/plain; version=0.0.4"
    samples, typed = {}, set()
    for line in body.decode().splitlines():
        if line.startswith("# "):
            word, name, _rest = line[2:].split(" ", 2)
            if word == "TYPE":
                typed.add(name)
            continue
        name, labels, value = SAMPLE.match(line).groups()
        assert name in typed or re.sub("_(bucket|sum|count)$", "",
                                       name) in typed, line
        key = name + (labels or "")
        assert key not in samples, line
        samples[key] = float(value)
    return samples


def test_metrics_of_a_conversation(two):
    """Figures of what happened, and nothing of who it was."""
    alice, bob, to_bob, to_alice = two
    before = metrics(alice)
    for text in ("one", "two"):
        wait_delivered(alice, alice.send(to_bob, text))
    got = bob.send(to_alice, "three")
    wait_delivered(bob, got)
    after = until("all is acknowledged", lambda: (
        lambda m: m if m["umbel_send_queue"] == 0 else None)(metrics(alice)))

    def grown(key):
        return after[key] - before.get(key, 0)
    assert grown('umbel_messages_total{direction="out"}') == 2
    assert grown('umbel_messages_total{direction="in"}') == 1
    assert grown('umbel_http_requests_total{method="POST",route="/v1/users/'
                 '{user_id}/conversations/{conversation_id}/messages",'
                 'code="201"}') == 2
    assert grown("umbel_db_seconds_count") >= 3
    assert grown("umbel_db_seconds_sum") > 0
    assert after["umbel_peers_connected"] == 1
    assert after['umbel_users{state="unlocked"}'] == 1
    assert after["umbel_tor_ready"] == 1
    assert after["process_resident_memory_bytes"] > 1 << 20
    assert 5 < after["process_open_fds"] < 1000
    assert after["process_cpu_seconds_total"] > before[
        "process_cpu_seconds_total"]
    text = alice.request("GET", "/metrics")[2].decode()
    for secret in ("alice", "bob", ".onion", alice.user["id"], to_bob,
                   got["id"]):
        assert secret not in text


def test_buckets_add_up(two):
    alice = two[0]
    samples = metrics(alice)
    for name in ("umbel_http_request_seconds", "umbel_db_seconds"):
        buckets = [value for key, value in samples.items()
                   if key.startswith(name + "_bucket")]
        assert buckets == sorted(buckets)
        assert buckets[-1] == samples[name + "_count"] > 0


def test_ready_when_tor_is(place):
    daemon = place.daemon("late")
    daemon.wait_for_tor()
    status, _, body = daemon.request("GET", "/readyz", headers={})
    assert (status, json.loads(body)) == (
        200, {"status": "ok", "checks": {"tor": "ok", "store": "ok",
                                        "reach": "off"}})
    daemon.kill("fake_tor.py")
    def gone():
        status, _, body = daemon.request("GET", "/readyz", headers={})
        return status == 503 and json.loads(body)["status"] == "degraded"
    until("tor is seen to be gone", gone)
    until("and back", lambda: daemon.request(
        "GET", "/readyz", headers={})[0] == 200)


def log_lines(daemon, query=""):
    items, cursor = [], ""
    while True:
        page = daemon.call("GET", f"/v1/daemon/log?limit=20{query}{cursor}")
        items += page["items"]
        if not page["next_cursor"]:
            return items
        cursor = f"&cursor={page['next_cursor']}"


def test_log_is_the_log(two):
    """What the API tells is in the log, and no more than that."""
    alice, _, to_bob, _ = two
    alice.send(to_bob, "a secret sentence")
    lines = log_lines(alice)
    assert lines and lines == sorted(
        lines, key=lambda line: line["at"], reverse=True)
    whole = alice.log.read_text()
    for line in lines:
        assert line["module"] == "umbel-core"
        assert line["text"] in whole
    told = json.dumps(lines)
    for secret in ("alice", "bob", "secret", ".onion", alice.user["id"]):
        assert secret not in told
    assert [line for line in lines if line["text"] == "tor: ready"]
    assert all(line["level"] in ("error", "warning")
               for line in log_lines(alice, "&level=warning"))


@pytest.mark.parametrize("path", ["/metrics", "/v1/daemon/log"])
def test_closed_without_credentials(two, path):
    for headers in ({}, {"Authorization": "Bearer umbel_adm_" + 43 * "A"}):
        assert two[0].request("GET", path, headers=headers)[0] == 401


def refused(daemon, method, path, body, code):
    with pytest.raises(Refused) as problem:
        daemon.call(method, path, body)
    assert problem.value.problem["code"] == code
    return problem.value.problem


@pytest.fixture(name="lone")
def make_lone():
    with Place() as place:
        lone = place.daemon("lone", start=False)
        lone.conf.write_text(lone.conf.read_text() +
                             "[daemon]\nauto_lock_minutes = 77\n")
        lone.start()
        lone.add_user()
        yield lone


def settings(daemon, **patch):
    if patch:
        return daemon.call("PATCH", "/v1/settings", patch)
    return daemon.call("GET", "/v1/settings")


def test_settings_go_before_the_configuration(lone):
    given = {"log_level": "info", "auto_lock_minutes": 77}
    assert settings(lone) == given
    assert settings(lone, log_level="debug") == {**given, "log_level": "debug"}
    assert settings(lone, auto_lock_minutes=5)["auto_lock_minutes"] == 5
    refused(lone, "PATCH", "/v1/settings", {"auto_lock_minutes": "5"},
            "invalid")
    kept = {"log_level": "debug", "auto_lock_minutes": 5}
    # After a crash of the core, and after a restart of all.
    lone.kill("umbel-core")
    until("the core is back", lambda: lone.request(
        "GET", "/v1/settings")[0] == 200)
    assert settings(lone) == kept
    lone.stop()
    lone.start()
    assert settings(lone) == kept
    assert (lone.data / "api/settings").stat().st_mode & 0o777 == 0o600
    assert settings(lone, log_level=None, auto_lock_minutes=None) == given
    lone.stop()
    # A file that cannot be understood is no reason not to start.
    for text in ("log_level = loud\n", "auto_lock_minutes = -1\n", "\0\n",
                 "x" * 1000, "auto_lock_minutes = 10081\n", "log_level"):
        (lone.data / "api/settings").write_text(text)
        known = len(lone.log.read_text())
        lone.start()
        assert settings(lone) == given
        assert "cannot be used" in lone.log.read_text()[known:]
        lone.stop()
    lone.start()
    assert settings(lone, auto_lock_minutes=0)["auto_lock_minutes"] == 0


def test_log_level_counts_at_once(lone):
    def lines():
        return lone.call("GET", "/v1/daemon/log?limit=200")["items"]
    assert not [x for x in lines() if x["level"] == "debug"]
    settings(lone, log_level="error")
    count = len(lines())
    lone.call("POST", lone.user_path("/lock"))
    lone.unlock()
    assert len(lines()) == count


def test_another_name(lone):
    lone.call("POST", "/v1/users", {"name": "other", "passphrase": PASSPHRASE})
    refused(lone, "PATCH", lone.user_path(), {"name": "other"}, "conflict")
    shown = lone.call("PATCH", lone.user_path(),
                      {"name": "Löne", "auto_lock_minutes": 90})
    assert (shown["name"], shown["auto_lock_minutes"]) == ("Löne", 90)
    profile = lone.call("GET", lone.user_path("/profile"))
    assert profile["display_name"] == "Löne"
    lone.call("POST", lone.user_path("/lock"))
    lone.call("PATCH", lone.user_path(), {"name": "alone"})
    lone.kill_all()
    lone.start()
    shown = lone.call("GET", lone.user_path())
    assert (shown["name"], shown["auto_lock_minutes"]) == ("alone", 90)
    assert lone.unlock()["name"] == "alone"


def test_contacts_who_come_later_see_it():
    """Who has no display_name is seen under his name, as it is then."""
    with Place() as place:
        alice, bob = place.daemon("alice"), place.daemon("bob")
        alice.add_user()
        bob.add_user()
        alice.call("PATCH", alice.user_path(), {"name": "Alicia"})
        before = bob.last_event()
        bob.connect(alice.invite())
        bob.wait_event("contact.added",
                       lambda c: c["display_name"] == "Alicia", after=before)


def test_who_is_not_used_is_locked(place, monkeypatch):
    """The time is told in minutes: so this one takes a minute.  Who is
    unlocked by a file, here a credential of systemd's, stays, unless it is
    said of him; and he is found by his id, whatever he is called."""
    daemon = place.daemon("idle")
    daemon.add_user()
    bot = daemon.another_user("bot")
    daemon.stop()
    credentials = daemon.home / "credentials"
    credentials.mkdir(mode=0o700)
    secret = credentials / "bot"
    secret.write_text(PASSPHRASE + "\n")
    secret.chmod(0o400)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    daemon.conf.write_text(
        daemon.conf.read_text() + f'[user "{bot.user["id"]}"]\n'
        "passphrase_file = ${CREDENTIALS_DIRECTORY}/bot\n")
    daemon.start()
    until("the bot is unlocked", lambda: bot.call(
        "GET", bot.user_path())["state"] == "unlocked")
    settings(daemon, auto_lock_minutes=1)
    with Stream(daemon, "/v1/events") as told:
        told.hello()
        daemon.unlock()
        with Stream(daemon, daemon.user_path("/events")) as stream:
            stream.hello()
            stream.until(lambda frame: frame.event == "locked")
        frame = told.until(lambda frame: frame.event == "user.locked")
        assert frame.data["data"]["id"] == daemon.user["id"]
    assert daemon.call("GET", daemon.user_path())["state"] == "locked"
    assert bot.call("GET", bot.user_path())["state"] == "unlocked"
    assert "since nobody uses him" in daemon.log.read_text()


# Bridges

BRIDGE = "127.0.0.1:9 4352E58420E68F5E40BF7C74FADDCCD9D1349413"
PLUGIN = "ClientTransportPlugin obfs4 exec /usr/bin/false\n"


@pytest.fixture(name="bridged")
def make_bridged():
    with Place() as place:
        daemon = place.daemon("crossed", start=False)
        daemon.extra.write_text(daemon.extra.read_text() + PLUGIN)
        daemon.start()
        daemon.wait_for_tor()
        yield daemon


def torrc(daemon):
    """As the tor that runs has it."""
    pid = daemon.pid_of("fake_tor.py")
    with contextlib.suppress(OSError):  # it ends
        return pathlib.Path(f"/proc/{pid}/fd/3").read_text()
    return ""


def put_bridges(daemon, use, *lines):
    return daemon.call("PUT", "/v1/tor/bridges",
                       {"use": use, "lines": list(lines)})


def test_bridges_are_used_and_kept(bridged):
    daemon = bridged
    empty = {"use": False, "lines": [], "transports": ["obfs4"]}
    assert daemon.call("GET", "/v1/tor/bridges") == empty
    core, tor = daemon.pid_of("umbel-core"), daemon.pid_of("fake_tor.py")
    lines = [BRIDGE, "obfs4 192.0.2.7:443 cert=x iat-mode=0"]
    want = {"use": True, "lines": lines, "transports": ["obfs4"]}
    assert put_bridges(daemon, True, *lines) == want
    # Another tor, with them, and the core goes on.
    until("tor is another", lambda: daemon.pid_of("fake_tor.py") != tor)
    daemon.wait_for_tor()
    assert daemon.pid_of("umbel-core") == core
    assert torrc(daemon).endswith(
        "UseBridges 1\n" + "".join(f"Bridge {line}\n" for line in lines))
    assert daemon.call("GET", "/v1/tor")["bridges"] == 2
    assert "tor is started again" in daemon.log.read_text()
    for kill in ("fake_tor.py", "umbel-core"):
        daemon.kill(kill)
        until("back", lambda: daemon.request(
            "GET", "/v1/tor/bridges")[0] == 200)
        daemon.wait_for_tor()
        assert daemon.call("GET", "/v1/tor/bridges") == want
    daemon.stop()
    daemon.start()
    assert daemon.call("GET", "/v1/tor/bridges") == want
    assert "UseBridges 1" in torrc(daemon)
    # Kept, and not used.
    assert put_bridges(daemon, False, *lines) == {**want, "use": False}
    until("tor is another", lambda: (text := torrc(daemon)) and
          "ridge" not in text)
    assert put_bridges(daemon, False) == empty


def test_bridges_take_nothing_else_along(bridged):
    """What is written to `extra` holds when it is asked for, and not before."""
    daemon = bridged
    more = PLUGIN.replace("obfs4", "snowflake")
    daemon.extra.write_text(daemon.extra.read_text() + more)
    put_bridges(daemon, True, BRIDGE)
    assert more not in until("tor has it", lambda: (
        text := torrc(daemon)) and BRIDGE in text and text)
    daemon.process.send_signal(signal.SIGHUP)
    # By then the one that was asked whether it takes it has gone.
    until("it is known", lambda: daemon.call("GET", "/v1/tor/bridges")[
        "transports"] == ["obfs4", "snowflake"])
    until("tor has both", lambda: more in torrc(daemon))
    assert BRIDGE in torrc(daemon)


@pytest.mark.parametrize("line", [
    "meek 192.0.2.7:443", "192.0.2.7:443\nControlPort 9051",
    "192.0.2.7:443 # x", "example.org:443", "exec /bin/sh",
    "ClientTransportPlugin x exec /bin/sh"])
def test_bridges_set_nothing_else(bridged, line):
    """An API that could set commands would be a shell."""
    before, tor = torrc(bridged), bridged.pid_of("fake_tor.py")
    problem = refused(bridged, "PUT", "/v1/tor/bridges",
                      {"use": True, "lines": [BRIDGE, line]}, "invalid")
    assert problem["errors"][0]["pointer"] == "/lines/1"
    assert torrc(bridged) == before
    assert bridged.pid_of("fake_tor.py") == tor


def test_no_start_without_its_bridges(bridged):
    """Tor that went without them would show that it is tor."""
    put_bridges(bridged, True, "obfs4 192.0.2.7:443 cert=x")
    bridged.stop()
    bridged.extra.write_text(bridged.extra.read_text().replace(PLUGIN, ""))
    with pytest.raises(AssertionError):
        bridged.start()
    assert bridged.process.wait() == 2
    assert "tor is not started without its bridges" in bridged.log.read_text()
    (bridged.data / "tor" / "bridges").unlink()
    bridged.start()
    assert bridged.call("GET", "/v1/tor/bridges") == {
        "use": False, "lines": [], "transports": []}


def test_new_circuits(place):
    alice, bob = place.daemon("nina"), place.daemon("otto")
    to_bob, _ = pair(alice, bob)
    wait_delivered(alice, alice.send(to_bob, "before"))
    with Stream(alice, alice.user_path("/events")) as stream:
        stream.hello()
        assert alice.call("POST", "/v1/tor/new-circuits") is None
        gone = stream.until(lambda frame: frame.event == "presence")
        assert gone.data["data"]["presence"] == "offline"
        stream.until(lambda frame: frame.event == "presence" and
                     frame.data["data"]["presence"] == "online")
    wait_delivered(alice, alice.send(to_bob, "after"))
    refused(alice, "POST", "/v1/tor/new-circuits", None, "rate_limited")


def test_a_foreign_tor_is_left_alone(place):
    with fake_tor.FakeNet(place.folder / "foreign") as net:
        tor = net.add("tor")
        daemon = place.daemon("guest", arguments=[
            "--no-tor-child", str(tor.control_path), str(tor.socks_path),
            "--tor-cookie", str(tor.cookie_path)])
        daemon.wait_for_tor()
        assert daemon.call("GET", "/v1/tor/bridges")["transports"] == []
        refused(daemon, "PUT", "/v1/tor/bridges",
                {"use": True, "lines": [BRIDGE]}, "conflict")
        assert daemon.call("POST", "/v1/tor/new-circuits") is None
        daemon.stop()
