# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials of a whole daemon: admin header, login tokens, sessions, and
what happens to those who guess."""

import concurrent.futures
import json
import stat
import time

import pytest

from daemons import PASSPHRASE, Place, Refused


@pytest.fixture(name="alice")
def make_alice():
    with Place() as place:
        alice = place.daemon("alice")
        alice.add_user()
        yield alice


def ask(daemon, method, path, body=None, token=None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    status, head, data = daemon.request(method, path, body, headers)
    return status, head, json.loads(data) if data else None


def login(daemon, **body):
    return ask(daemon, "POST", "/v1/session", body)


def wrong(daemon):
    return login(daemon, user_id=daemon.user["id"], passphrase="not that one")


def test_admin_header_is_new_each_time_and_private(alice):
    header = alice.run / "admin.header"
    assert stat.S_IMODE(header.stat().st_mode) == 0o600
    assert stat.S_IMODE((alice.run / "api.sock").stat().st_mode) == 0o600
    for folder in (alice.run, alice.data):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    old = alice.header()
    alice.stop()
    assert not header.exists()
    alice.start()
    assert alice.header() != old
    assert alice.request("GET", "/v1/daemon", headers=old)[0] == 401
    # A core that comes back has the same secret still.
    now = alice.header()
    alice.kill("umbel-core")
    alice.wait_up()
    assert alice.header() == now


def test_login_token_works_once(alice):
    token = alice.call("POST", "/v1/login-tokens")["login_token"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(
            lambda _: login(alice, login_token=token)[0], range(16)))
    assert sorted(answers) == [201] + 15 * [401]
    for bad in (token[:-1], token + "A", token.lower(), "x", 128 * "A"):
        assert login(alice, login_token=bad)[0] == 401
    # A login token is no credential by itself.
    fresh = alice.call("POST", "/v1/login-tokens")["login_token"]
    assert ask(alice, "GET", "/v1/session", token=fresh)[0] == 401


def test_login_tokens_and_sessions_end_with_the_core(alice):
    token = alice.call("POST", "/v1/login-tokens")["login_token"]
    session = login(alice, login_token=token)[2]["token"]
    unused = alice.call("POST", "/v1/login-tokens")["login_token"]
    alice.kill("umbel-core")
    alice.wait_up()
    assert ask(alice, "GET", "/v1/session", token=session)[0] == 401
    assert login(alice, login_token=unused)[0] == 401


def test_a_link_with_all_rights(alice):
    """And no more than the token that asked for it, nor for longer."""
    end = "2099-01-01T00:00:00.000Z"
    made = alice.call("POST", "/v1/tokens", {
        "name": "maker", "scopes": ["admin"], "expires_at": end})
    def begin(rights, headers=None):
        status, _, link = alice.request(
            "POST", f"/v1/login-tokens?rights={rights}", headers=headers)
        assert status == 201, link
        return login(alice, login_token=json.loads(link)["login_token"])[2]
    assert "admin" not in begin("usual")["scopes"]
    assert ask(alice, "GET", "/v1/settings",
               token=begin("usual")["token"])[0] == 403
    session = begin("admin")
    assert session["scopes"] == ["admin"]
    for path in ("/v1/settings", "/v1/tokens", "/v1/tor/bridges"):
        assert ask(alice, "GET", path, token=session["token"])[0] == 200
    status, _, problem = alice.request("POST", "/v1/login-tokens?rights=x")
    assert status == 422, problem

    by_token = {"Authorization": f"Bearer {made['secret']}"}
    below = begin("admin", by_token)["token"]
    auth = {"Authorization": f"Bearer {below}"}
    further = begin("admin", auth)["token"]
    status, _, token = alice.request(
        "POST", "/v1/tokens", {"name": "x", "scopes": ["admin"]}, auth)
    assert status == 201
    token = json.loads(token)
    assert (token["expires_at"], token["made_by"]) == (end, made["id"])
    alice.call("DELETE", f"/v1/tokens/{made['id']}")
    for gone in (below, further, token["secret"]):
        assert ask(alice, "GET", "/v1/session", token=gone)[0] == 401
    for left in alice.call("GET", "/v1/tokens")["items"]:
        assert left["name"] not in ("maker", "x")
    alice.call("GET", "/v1/daemon")


def test_a_link_with_all_rights_is_not_for_everybody(alice):
    path = "/v1/login-tokens?rights=admin"
    usual = login(alice, login_token=alice.call(
        "POST", "/v1/login-tokens")["login_token"])[2]["token"]
    own = login(alice, user_name="alice", passphrase=PASSPHRASE)[2]["token"]
    few = {"name": "few", "scopes": ["admin"],
           "user_ids": [alice.user["id"]]}
    for token in (usual, own, alice.call("POST", "/v1/tokens", few)["secret"]):
        assert ask(alice, "POST", path, token=token)[0] == 403
    link = alice.call("POST", path)["login_token"]
    for nobody in (link, "", "x"):
        assert ask(alice, "POST", path, token=nobody)[0] == 401
    for other in ("http://evil.example", "null"):
        assert alice.request("POST", path, None, {
            **alice.header(), "Origin": other})[0] == 403
    for query in ("rights=", "rights=ADMIN", "rights=admin%00", "right=admin",
                  "rights=usual&rights=admin", "rights=usual%2cadmin"):
        status, _, said = alice.request("POST", f"/v1/login-tokens?{query}")
        assert status in (400, 422), (query, said)

    # Whoever asked for it is no more when it is used.
    made = alice.call("POST", "/v1/tokens",
                      {"name": "maker", "scopes": ["admin"]})
    status, _, late = ask(alice, "POST", path, token=made["secret"])
    assert status == 201
    alice.call("DELETE", f"/v1/tokens/{made['id']}")
    assert login(alice, login_token=late["login_token"])[0] == 401
    assert login(alice, login_token=link)[2]["scopes"] == ["admin"]


def test_session_by_passphrase(alice):
    for who in ({"user_id": alice.user["id"]}, {"user_name": "alice"}):
        status, _, session = login(alice, passphrase=PASSPHRASE, **who)
        assert status == 201
        assert session["user_ids"] == [alice.user["id"]]
        assert "admin" not in session["scopes"]
        token = session["token"]
        shown = ask(alice, "GET", "/v1/session", token=token)[2]
        assert shown["token"] is None
        assert ask(alice, "DELETE", "/v1/session", token=token)[0] == 204
        assert ask(alice, "GET", "/v1/session", token=token)[0] == 401
        assert ask(alice, "DELETE", "/v1/session", token=token)[0] == 401


def test_session_by_passphrase_unlocks(alice):
    alice.call("POST", alice.user_path("/lock"))
    assert wrong(alice)[0] == 401
    assert alice.call("GET", alice.user_path())["state"] == "locked"
    assert login(alice, user_id=alice.user["id"],
                 passphrase=PASSPHRASE)[0] == 201
    assert alice.call("GET", alice.user_path())["state"] == "unlocked"


def test_unknown_user_looks_like_a_wrong_passphrase(alice):
    known = wrong(alice)
    unknown = login(alice, user_id="usr_" + 26 * "0",
                    passphrase="not that one")
    name = login(alice, user_name="nobody", passphrase="not that one")
    for status, _, problem in (known, unknown, name):
        del problem["instance"]
        assert status == 401
    assert known[2] == unknown[2] == name[2]


def test_sessions_do_not_add_up(alice):
    """The oldest makes room; the admin is not touched."""
    first = None
    for _ in range(200):
        token = alice.call("POST", "/v1/login-tokens")["login_token"]
        status, _, session = login(alice, login_token=token)
        assert status == 201
        first = first or session["token"]
    assert ask(alice, "GET", "/v1/session", token=session["token"])[0] == 200
    assert ask(alice, "GET", "/v1/session", token=first)[0] == 401
    alice.call("GET", "/v1/daemon")


def test_guessing_is_slowed_and_locks_nobody_out(alice):
    other = alice.call("POST", "/v1/users", {
        "name": "other", "passphrase": PASSPHRASE})
    alice.call("POST", alice.user_path("/lock"))
    assert [wrong(alice)[0] for _ in range(5)] == 5 * [401]
    status, head, problem = wrong(alice)
    assert status == 429 and 0 < int(head["Retry-After"]) <= 60
    assert 0 < problem["retry_after_ms"] <= 60000
    # By that door nobody comes in now, also with the right passphrase.
    assert login(alice, user_id=alice.user["id"],
                 passphrase=PASSPHRASE)[0] == 429
    # The owner has others; and other users are not concerned.
    assert login(alice, user_id=other["id"], passphrase=PASSPHRASE)[0] == 201
    alice.unlock()
    token = alice.call("POST", "/v1/login-tokens")["login_token"]
    assert login(alice, login_token=token)[0] == 201


def test_wrong_passphrases_at_unlock_are_slowed(alice):
    alice.call("POST", alice.user_path("/lock"))
    for _ in range(5):
        with pytest.raises(Refused) as refused:
            alice.call("POST", alice.user_path("/unlock"),
                       {"passphrase": "not that one"})
        assert refused.value.status == 401
    with pytest.raises(Refused) as refused:
        alice.unlock()
    assert refused.value.status == 429
    assert refused.value.problem["retry_after_ms"] <= 60000


def test_a_right_passphrase_wipes_the_slate(alice):
    for _ in range(2):
        assert [wrong(alice)[0] for _ in range(4)] == 4 * [401]
        assert login(alice, user_id=alice.user["id"],
                     passphrase=PASSPHRASE)[0] == 201


def test_many_guesses_at_once_leave_the_daemon_answering(alice):
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        guesses = [pool.submit(wrong, alice) for _ in range(64)]
        slowest = 0
        while not all(g.done() for g in guesses):
            begin = time.monotonic()
            alice.call("GET", "/v1/daemon")
            slowest = max(slowest, time.monotonic() - begin)
    statuses = [g.result()[0] for g in guesses]
    assert statuses.count(401) <= 5
    assert set(statuses) <= {401, 429, 503}
    print(f"slowest answer meanwhile: {1000 * slowest:.0f} ms")
    assert slowest < 60
