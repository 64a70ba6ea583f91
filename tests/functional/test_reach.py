# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether one can be reached is tried, not believed: a daemon dials itself,
finds out what tor does not say, and puts it right.  Tor is fake_tor."""

import json
import os
import signal

import pytest

import fake_tor
from daemons import Refused, fake_tor_world, pair, until, wait_delivered

PARTS = ("address", "contacts")
UP = {part: "reachable" for part in PARTS}


class World:
    """Alice, who tests herself, and Bob, who does not."""

    def __init__(self, place):
        self.net = fake_tor.FakeNet(place.folder)
        self.tor, other = self.net.add("ta"), self.net.add("tb")
        self.alice, self.bob = (
            place.daemon(name, start=False, arguments=[
                "--no-tor-child", str(tor.control_path), str(tor.socks_path),
                "--tor-cookie", str(tor.cookie_path)])
            for name, tor in (("alice", self.tor), ("bob", other)))
        self.alice.let_self_test()
        for daemon in (self.alice, self.bob):
            daemon.start()
        self.to_bob, self.to_alice = pair(self.alice, self.bob)
        wait_delivered(self.alice, self.alice.send(self.to_bob, "first"))
        wait_delivered(self.bob, self.bob.send(self.to_alice, "second"))

    def self_test(self):
        services, = self.alice.call("GET", "/v1/tor")["onion_services"]
        return services["self_test"]

    def states(self):
        test = self.self_test()
        return {part: test[part]["state"] for part in PARTS}

    def ask(self):
        """As often as it likes: who asks too early is heard later."""
        try:
            self.alice.call("POST", self.alice.user_path("/self-test"))
        except Refused as refused:
            assert refused.status == 503

    def until(self, what, check):
        """Asks on and on, so that nobody waits for a back-off."""
        def tried():
            self.ask()
            return check()
        return until(what, tried)

    def until_up(self):
        self.until("all is reachable", lambda: self.states() == UP)

    def ready(self):
        """(status, checks.reach) of /readyz"""
        status, _, data = self.alice.request("GET", "/readyz")
        return status, json.loads(data)["checks"]["reach"]

    def metric(self, name):
        _, _, data = self.alice.request("GET", "/metrics")
        for line in data.decode().splitlines():
            if line.startswith(name + " "):
                return int(line.split()[1])
        raise AssertionError(f"no metric {name}")

    def repairs(self, kind):
        return self.metric(f'umbel_self_test_repairs_total{{repair="{kind}"}}')


@pytest.fixture(name="world", scope="module")
def make_world():
    with fake_tor_world(World) as world:
        yield world


def test_what_is_published_is_tried(world):
    assert set(world.states().values()) <= {"waiting", "checking", "reachable"}
    world.until_up()
    test = world.self_test()
    for part in PARTS:
        assert test[part]["last_success_at"]
        assert test[part]["last_failure"] is None
        assert test[part]["repairs"] == 0
    assert world.ready() == (200, "reachable")
    assert world.metric('umbel_self_tests_total{result="passed"}') >= 2
    assert world.metric('umbel_reach_users{state="reachable"}') == 1
    # Bob has it switched off, and says that he does not know.
    services, = world.bob.call("GET", "/v1/tor")["onion_services"]
    assert services["self_test"] is None
    with pytest.raises(Refused):
        world.bob.call("POST", world.bob.user_path("/self-test"))
    text = world.alice.umbel("status").stdout
    assert "can be reached" in text
    assert "can be reached" not in world.bob.umbel("status").stdout


def test_it_is_no_session(world):
    """HOSTILE D-11: each goes over circuits of its own, and nobody but
    ourselves hears of it."""
    world.until_up()
    before = world.tor.stats()["isolations"]
    online = [c["presence"] for c in world.alice.contacts()]
    passed = world.metric('umbel_self_tests_total{result="passed"}')
    events = world.alice.last_event(), world.bob.last_event()
    world.until("two more", lambda: world.metric(
        'umbel_self_tests_total{result="passed"}') >= passed + 2)
    assert world.tor.stats()["isolations"] >= before + 2
    assert [c["presence"] for c in world.alice.contacts()] == online
    assert (world.alice.last_event(), world.bob.last_event()) == events
    # The key that opens our own cell is gone from tor with the test.
    ours = set(world.tor.stats()["services"])
    until("tor has no key of ours", lambda: not ours & set(
        world.tor.stats()["client_keys"]))


def test_lost_descriptors(world):
    """HOSTILE T-06: Tor has said that all is up, and it is not."""
    world.until_up()
    wait_delivered(world.alice, world.alice.send(world.to_bob, "before"))
    after = world.alice.call("GET", "/v1/events?wait=0")["last_id"]
    again = world.repairs("published_again")
    world.tor.lose()
    assert all(s["published"] for s in world.alice.call(
        "GET", "/v1/tor")["onion_services"])
    world.until("it is known", lambda: "unreachable" in
                world.states().values())
    status, reach = world.ready()
    assert (status, reach) == (503, "unreachable") or reach == "reachable"
    world.until_up()
    assert world.ready() == (200, "reachable")
    test = world.self_test()
    for part in PARTS:
        assert test[part]["last_failure"] == "no_descriptor"
        assert "directory" in test[part]["last_failure_detail"]
        assert test[part]["last_repair"] == "published_again"
        assert test[part]["failures"] == 0
    assert world.repairs("published_again") == again + 2
    assert world.repairs("new_circuits") == 0
    # Who listens has heard of it, and Bob has not been cut off.
    heard = world.alice.call("GET", f"/v1/events?after={after}&wait=0")
    told = [item["data"]["onion_services"][0]["self_test"]["state"]
            for item in heard["items"] if item["type"] == "tor.state"]
    assert "unreachable" in told and told[-1] == "reachable"
    wait_delivered(world.alice, world.alice.send(world.to_bob, "after"))


def test_dead_guard(world):
    """HOSTILE T-06: first published again, which does not help, then new circuits."""
    world.until_up()
    again = world.repairs("published_again")
    world.tor.set(dead_guard=True)
    world.until("new circuits", lambda: world.repairs("new_circuits") > 0)
    assert world.repairs("published_again") > again
    until("tor has heard", lambda: not world.tor.faults.dead_guard)
    world.until_up()
    test = world.self_test()
    assert "new_circuits" in [test[part]["last_repair"] for part in PARTS]
    assert test["address"]["last_failure"] == "no_answer"
    wait_delivered(world.alice, world.alice.send(world.to_bob, "round"))


def test_new_circuits(world):
    """For the node that is as if tor had gone and come back; its services
    have been up all the time."""
    world.until_up()
    world.until("new circuits", lambda: world.alice.request(
        "POST", "/v1/tor/new-circuits")[0] == 202)
    world.until_up()
    wait_delivered(world.alice, world.alice.send(world.to_bob, "another"))
    # Each of them dials with a key that tor has forgotten with NEWNYM.
    world.bob.call("POST", "/v1/tor/new-circuits")
    wait_delivered(world.bob, world.bob.send(world.to_alice, "one more"))


def test_tor_restarts(world):
    """HOSTILE T-05: as an upgrade does it."""
    world.until_up()
    world.tor.stop()
    until("tor is missed", lambda: set(world.states().values()) ==
          {"waiting"})
    assert world.ready()[0] == 503
    with pytest.raises(Refused):
        world.alice.call("POST", world.alice.user_path("/self-test"))
    world.tor.start()
    world.until_up()


def shown(world):
    tor = world.alice.call("GET", "/v1/tor")
    return tor["state"], tor["bootstrap"]["percent"]


def test_the_broker_is_stopped(world):
    """HOSTILE T-05: tor is well and nobody leads to it.  Nothing is killed,
    and all of it goes on."""
    world.until_up()
    broker = world.alice.pid_of("umbel-broker")
    os.kill(broker, signal.SIGSTOP)
    try:
        until("tor is missed", lambda: set(world.states().values()) ==
              {"waiting"})
        assert shown(world)[0] != "ready"
        assert world.ready()[0] == 503
        sent = world.alice.send(world.to_bob, "by nobody")
    finally:
        os.kill(broker, signal.SIGCONT)
    wait_delivered(world.alice, sent)
    world.until_up()
    assert world.alice.pid_of("umbel-broker") == broker


@pytest.mark.parametrize("percent", [0, 10, 85, 99])
def test_tor_is_stuck(world, percent):
    """HOSTILE T-05: its log and its control port are well, and it does not
    get on.  Nothing is said to work; when it goes on, all does, and nothing
    was lost."""
    world.until_up()
    world.tor.set(bootstrap=percent)
    world.tor.restart()
    try:
        # The one before said it, too, just before it went.
        until("it is stuck", lambda: f"{percent} %" in world.alice.umbel(
            "status").stdout)
        until("it is said", lambda: shown(world) == ("bootstrapping", percent))
        status, reach = world.ready()
        assert status == 503 and reach != "reachable"
        told = world.alice.umbel("ready", check=False)
        assert told.returncode == 3 and told.stderr == (
            "umbel: It is not ready.\n")
        assert f"tor: bootstrapping {percent}%" in told.stdout
        assert "reachable" not in world.states().values()
        sent = world.alice.send(world.to_bob, f"from {percent}")
    finally:
        world.tor.set(bootstrap=100)
    wait_delivered(world.alice, sent)
    world.until_up()
    services = world.tor.stats()["services"]
    assert len(services) == len(set(services))


@pytest.mark.parametrize("publish", ["never", "failed"])
def test_tor_says_ok(world, publish):
    """HOSTILE T-06: 250 OK to each service, and no directory takes it."""
    world.until_up()
    world.tor.set(publish=publish)
    def added():
        return world.tor.stats()["commands"].get("ADD_ONION", 0)
    before = added()
    world.tor.restart()
    until("services are added", lambda: added() > before)
    until("tor is there", lambda: shown(world)[0] == "ready")
    services, = world.alice.call("GET", "/v1/tor")["onion_services"]
    assert not services["published"] and services["published_count"] == 0
    assert world.ready()[1] != "reachable"
    assert set(world.states().values()) <= {"waiting", "unreachable"}
    assert "can be reached" not in world.alice.umbel("status").stdout
    world.tor.set(publish="ok")
    world.tor.restart()
    world.until_up()
    wait_delivered(world.alice, world.alice.send(world.to_bob, publish))


# HOSTILE T-05
def test_control_socket_gone(world):
    world.until_up()
    passed = world.self_test()["address"]["last_success_at"]
    world.tor.cut(streams=False)
    world.until("it has been tried again", lambda: world.self_test()[
        "address"]["last_success_at"] > passed and world.states() == UP)


@pytest.mark.parametrize("kind,text", [
    ("STATUS_GENERAL", "WARN CLOCK_JUMPED TIME=3600"),
    ("NETWORK_LIVENESS", "UP"),
    ("GUARD", f"ENTRY ${40 * 'A'}~relay DOWN"),
    ("GUARD", f"ENTRY ${40 * 'A'}~relay UP"),
])
def test_what_tor_notices(world, kind, text):
    """HOSTILE T-05: what was proven is in doubt, and proven again."""
    world.until_up()
    world.tor.say(kind, text)
    until("it is in doubt", lambda: "checking" in world.states().values())
    world.until_up()


def test_offline_is_silent(world):
    """HOSTILE D-05: nothing is dialled while the user is not there."""
    world.until_up()
    path = world.alice.user_path("/presence")
    world.alice.call("PUT", path, {"mode": "offline"})
    until("all is off", lambda: set(world.states().values()) == {"off"})
    before = world.tor.stats()["isolations"]
    with pytest.raises(Refused):
        world.alice.call("POST", world.alice.user_path("/self-test"))
    assert world.tor.stats()["isolations"] == before
    world.alice.call("PUT", path, {"mode": "online"})
    world.until_up()


def test_own_address_off_and_on(world):
    """It is back at once: 10 to 30 seconds are for another one."""
    world.until_up()
    path = world.alice.user_path("/address")
    world.alice.call("PATCH", path, {"enabled": False})
    until("it is off", lambda: world.states()["address"] == "off")
    begun = world.tor.stats()["commands"].get("ADD_ONION", 0)
    world.alice.call("PATCH", path, {"enabled": True})
    # In the same step: tor has been told before anything else is.
    until("it is added", lambda: world.tor.stats()["commands"][
        "ADD_ONION"] > begun)
    world.until_up()
