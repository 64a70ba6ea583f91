# SPDX-License-Identifier: GPL-3.0-or-later
"""Command hooks and webhooks over whole daemons: what is told to whom, and
what a hook or a receiver that misbehaves can do, which is nothing.

Names such as L-09 are those of HOSTILE-TESTS.
"""

import base64
import contextlib
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import signal
import socket
import socketserver
import struct
import subprocess
import threading
import time

import pytest

from daemons import (BUILD, LIMIT, PASSPHRASE, Place, Refused, children_of,
                     pair, until)

RECEIVED = "message.received"


def script(folder, name, text):
    """A program for a hook to run."""
    path = pathlib.Path(folder) / name
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o700)
    return path


class Out(pathlib.PosixPath):
    """A folder that a hook leaves its files in."""

    def files(self):
        return sorted(p for p in self.iterdir() if p.suffix == ".json")

    def events(self):
        """In the order in which the hook was given them."""
        found = [json.loads(p.read_text()) for p in self.files()]
        return sorted(found, key=lambda e: e["id"])

    def texts(self):
        return [e["data"]["text"] for e in self.events()]


# One file for each run, renamed when it is whole.
KEEP = 'f={0}/$(date +%s%N).$$; cat >$f.part && mv $f.part $f.json\n'


class Home:
    """alice has hooks, bob writes to her."""

    def __init__(self, place, conf):
        self.folder = place.folder
        self.alice = place.daemon("alice", start=False)
        with open(self.alice.conf, "a", encoding="utf-8") as file:
            file.write(conf)
        self.alice.start()
        self.bob = place.daemon("bob")
        self.to_bob, self.to_alice = pair(self.alice, self.bob)

    def say(self, text):
        """bob says it, and alice has it."""
        before = self.alice.last_event()
        self.bob.send(self.to_alice, text)
        return self.alice.wait_event(
            RECEIVED, lambda m: m["text"] == text, after=before)

    def hook(self, name):
        for hook in self.alice.call("GET", "/v1/hooks")["items"]:
            if hook["name"] == name:
                return hook
        raise AssertionError(name)

    def until_hook(self, name, check):
        """The hook, as it is then."""
        def look():
            hook = self.hook(name)
            return hook if check(hook) else None
        return until(f"hook {name}", look)


def section(name, command, on=RECEIVED, **more):
    return (f'[hook "{name}"]\non = {on}\ncommand = {command}\n'
            + "".join(f"{k} = {v}\n" for k, v in more.items()))


@contextlib.contextmanager
def home_with(make_conf):
    with Place() as place:
        out = Out(place.folder) / "out"
        out.mkdir()
        yield Home(place, make_conf(place.folder, out)), out


def process_tree(pid):
    """All processes below that one."""
    found = []
    for child in children_of(pid).values():
        found += [child, *process_tree(child)]
    return found


def memory_kib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


def is_sanitized(pid):
    return "asan" in pathlib.Path(f"/proc/{pid}/maps").read_text()


def memory_of(pid):
    """All that it can write to."""
    parts = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights = line.split()[:2]
            if rights.startswith("rw"):
                start, end = (int(n, 16) for n in span.split("-"))
                memory.seek(start)
                with contextlib.suppress(OSError):
                    parts.append(memory.read(end - start))
    return b"".join(parts)


# Command hooks.

def test_a_hook_is_given_what_the_api_shows():
    tell = ('env >{0}/env; pwd >{0}/pwd; ls -l /proc/self/fd >{0}/fds\n'
            'ps -o pid=,pgid=,sid= $$ >{0}/ids; echo "$0 $*" >{0}/argv\n')

    def conf(folder, out):
        path = script(folder, "hook.sh", tell.format(out) + KEEP.format(out))
        return section("log", f'{path} one "two three"', user="alice")

    with home_with(conf) as (home, out):
        alice = home.alice
        shown = home.say("hello \"you\"\n$(touch /tmp/x)")
        until("the event", out.files)
        event, = out.events()
        assert event.pop("user_id") == alice.user["id"]
        assert event == shown
        home.until_hook("log", lambda h: h["runs"] == 1)
        hook = home.hook("log")
        assert (hook["failures"], hook["last_exit"]) == (0, 0)
        assert hook["types"] == [RECEIVED]
        # Nothing of ours leaks into it.
        names = {line.split("=")[0]
                 for line in (out / "env").read_text().splitlines()}
        assert names <= {"PATH", "UMBEL_HOOK", "TZ", "PWD", "_", "OLDPWD",
                         "SHLVL"}
        assert (out / "pwd").read_text() == "/\n"
        assert (out / "argv").read_text().endswith("/hook.sh one two three\n")
        fds = [line.split(" -> ")
               for line in (out / "fds").read_text().splitlines()
               if " -> " in line]
        fds = {left.split()[-1]: right for left, right in fds}
        assert "event" in fds["0"] and fds["2"] == "/dev/null"
        # 1 is the file of `ls`, 3 the folder it reads.
        assert set(fds) <= {"0", "1", "2", "3"}
        pid, pgid, sid = (out / "ids").read_text().split()
        assert pid == pgid == sid
        assert "umbel-webhooks" not in children_of(alice.process.pid)


def test_l09_no_secret_where_others_look():
    """L-09: nothing in the arguments and environments of both processes."""
    def conf(folder, out):
        return section("log", script(folder, "h.sh", KEEP.format(out)))

    with home_with(conf) as (home, out):
        alice = home.alice
        made = alice.call("POST", alice.user_path("/webhooks"),
                          {"url": f"unix:{home.folder}/none.sock"})
        home.say("a planted secret")
        until("the event", out.files)
        secrets = [PASSPHRASE, "a planted secret", made["secret"],
                   alice.header()["Authorization"].split()[1]]
        for name in ("umbel-hooks", "umbel-webhooks"):
            pid = alice.pid_of(name)
            for file in ("cmdline", "environ"):
                try:
                    text = pathlib.Path(f"/proc/{pid}/{file}").read_bytes()
                except PermissionError:  # it hides from its own user
                    continue
                for secret in secrets:
                    assert secret.encode() not in text, (name, file)
        log = alice.log.read_text()
        assert not [s for s in secrets if s in log]


def test_the_data_folder_is_closed_to_hooks():
    probe = ('exec 2>{1}/errors\n'
             'ls {0} >{1}/list; cat {0}/lock >{1}/lock; echo >{0}/x\n'
             'ln -s {0} {1}/link; ls {1}/link >>{1}/list\n'
             'echo done >{1}/probed\n')

    def conf(folder, out):
        path = script(folder, "h.sh",
                      probe.format(folder / "alice" / "d", out))
        return section("log", path)

    with home_with(conf) as (home, out):
        home.say("x")
        until("the probe", (out / "probed").exists)
        if "no Landlock" in home.alice.log.read_text():
            pytest.skip("this kernel has no Landlock")
        assert (out / "list").read_text() == ""
        assert (out / "errors").read_text().count("ermission denied") == 4
        assert not (home.alice.data / "x").exists()
        # What it is not forbidden works: the programs, /tmp, this folder.
        home.until_hook("log", lambda h: h["last_exit"] == 0)


def test_types_and_users_are_chosen():
    def conf(folder, out):
        for name in ("contacts", "nobody"):
            (out / name).mkdir()
        return (section("contacts", script(folder, "a.sh",
                                           KEEP.format(out / "contacts")),
                        on="contact.updated message.sent")
                + section("nobody", script(folder, "b.sh",
                                           KEEP.format(out / "nobody")),
                          user="someone else"))

    with home_with(conf) as (home, out):
        alice = home.alice
        home.say("not asked for")
        contact = alice.contact("bob")["id"]
        alice.call("PATCH", alice.user_path(f"/contacts/{contact}"),
                   {"alias": "Robert"})
        alice.send(home.to_bob, "an answer")
        until("both kinds", lambda: {
            e["type"] for e in Out(out / "contacts").events()} == {
                "contact.updated", "message.sent"})
        assert not Out(out / "nobody").files()
        assert home.hook("nobody")["runs"] == 0


def test_a_hook_that_hangs_is_killed():
    """It ignores SIGTERM; others go on meanwhile."""
    hang = "trap '' TERM; echo $$ >>{0}/pids; sleep 1000 & wait; wait\n"

    def conf(folder, out):
        return (section("hang", script(folder, "a.sh", hang.format(out)),
                        timeout=1)
                + section("log", script(folder, "b.sh", KEEP.format(out))))

    with home_with(conf) as (home, out):
        home.say("one")
        home.say("two")
        until("the other hook", lambda: out.texts() == ["one", "two"])
        hook = home.until_hook("hang", lambda h: h["runs"] >= 1)
        assert (hook["failures"], hook["last_exit"]) == (hook["runs"], 128 + 9)
        pid = int((out / "pids").read_text().split()[0])
        assert not pathlib.Path(f"/proc/{pid}").exists()
        assert "did not end in time" in home.alice.log.read_text()


def test_a_hook_that_fails_is_tried_three_times():
    fail = "echo x >>{0}/tries; kill -SEGV $$\n"

    def conf(folder, out):
        return section("bad", script(folder, "a.sh", fail.format(out)))

    with home_with(conf) as (home, out):
        home.say("one")
        home.until_hook("bad", lambda h: h["dropped"] == 1)
        hook = home.hook("bad")
        assert (hook["runs"], hook["failures"]) == (3, 3)
        assert hook["last_exit"] == 128 + 11
        assert (out / "tries").read_text() == 3 * "x\n"
        # It goes on with the next.
        home.say("two")
        home.until_hook("bad", lambda h: h["runs"] >= 4)


def test_a_hook_that_is_not_there():
    with home_with(lambda folder, out: section("gone", "/nonexistent/x")
                   ) as (home, _):
        home.say("one")
        hook = home.until_hook("gone", lambda h: h["runs"] >= 1)
        assert hook["last_exit"] == 127
        assert home.alice.call("GET", "/v1/daemon")


def test_a_hook_leaves_nothing_behind():
    """Forks into its group, into another session, and into the flood."""
    fork = ("sleep 1001 & (sleep 1002 &) ; setsid sleep 1003 &\n"
            "setsid sh -c '(sleep 1004 &) ; exec sleep 1005' &\n"
            "head -c 200000000 /dev/zero; head -c 200000000 /dev/zero >&2\n"
            + KEEP)

    def conf(folder, out):
        return section("fork", script(folder, "a.sh", fork.format(out)))

    with home_with(conf) as (home, out):
        hooks = home.alice.pid_of("umbel-hooks")
        home.say("one")
        home.until_hook("fork", lambda h: h["runs"] == 1)
        assert home.hook("fork")["last_exit"] == 0
        until("the end of all it began", lambda: not process_tree(hooks))
        left = subprocess.run(["pgrep", "-f", "sleep 100[1-5]"], check=False,
                              capture_output=True).stdout
        assert not left
        assert memory_kib(hooks) < 64 * 1024
        assert out.texts() == ["one"]


def test_nothing_is_missed_when_processes_die():
    """kill -9 of umbel-hooks and of the core, while bob writes."""
    def conf(folder, out):
        return section("log", script(folder, "a.sh", KEEP.format(out)))

    with home_with(conf) as (home, out):
        alice, said = home.alice, []
        for turn in range(6):
            for i in range(5):
                said.append(f"{turn}.{i}")
                home.bob.send(home.to_alice, said[-1])
            if turn % 2:
                alice.kill("umbel-core")
                alice.unlock_when_up()
            else:
                alice.kill("umbel-hooks")
        until("all of them", lambda: set(out.texts()) >= set(said))
        order = list(dict.fromkeys(out.texts()))
        assert order == said


def test_a_run_ends_with_its_daemon():
    """Which does not wait until its time is over."""
    hang = "echo $$ >{0}/pid; sleep 1000\n"

    def conf(folder, out):
        return section("hang", script(folder, "a.sh", hang.format(out)),
                       timeout=3600)

    with home_with(conf) as (home, out):
        home.say("one")
        pid = int(until("a run", lambda: (out / "pid").exists() and
                        (out / "pid").read_text()))
        assert home.alice.stop() == 0
        assert not pathlib.Path(f"/proc/{pid}").exists()
        # And comes again.
        (out / "pid").unlink()
        home.alice.start()
        home.alice.unlock()
        until("the same run", (out / "pid").exists)
        os.kill(home.alice.pid_of("umbel-hooks"), signal.SIGTERM)


@pytest.mark.parametrize("lines, sentence", [
    ('[hook "x"]\ncommand = /bin/true\n', "without 'on'"),
    ('[hook "x"]\non = message.received\n', "without 'command'"),
    ('[hook "x"]\non = message.receive\n', "expected types of events"),
    ('[hook "x"]\non = presence\n', "expected types of events"),
    ('[hook "x"]\ncommand = true\n', "absolute path of a program"),
    ('[hook "x"]\ncommand = /bin/sh -c "a\n', "separated by spaces"),
    ('[hook "x"]\ncommand = /bin/sh a"b"\n', "separated by spaces"),
    ('[hook "x"]\ncommand = /bin/sh 1 2 3 4 5 6 7 8\n', "at most 7"),
    ('[hook "x"]\ntimeout = 0\n', "from 1 to 3600"),
    ('[hook "x"]\ntimeout = 1m\n', "from 1 to 3600"),
    ('[hook "x"]\nshell = yes\n', "on, command, timeout, user"),
    ('[hook "x"]\non = file.state\non = file.state\n', "each key once"),
    ('[hook "x"]\n[hook "x"]\n', "each hook once"),
    ('[hook "X y"]\n', 'expected [hook "NAME"]'),
    ('[hook ""]\n', 'expected [hook "NAME"]'),
    ('[hook x]\n', 'expected [hook "NAME"]'),
    ("".join(f'[hook "{i}"]\n' for i in range(17)), "at most 16 hooks"),
])
def test_bad_configurations(tmp_path, lines, sentence):
    conf = tmp_path / "umbel.conf"
    conf.write_text(lines)
    done = subprocess.run(
        [BUILD / "umbeld", "--config", conf, "--check-config", "--data",
         tmp_path / "d", "--run", tmp_path / "r"],
        capture_output=True, text=True, check=False, timeout=LIMIT)
    assert done.returncode == 2
    assert sentence in done.stderr and done.stderr.count("\n") == 1


# Webhooks.

class Receiver(http.server.BaseHTTPRequestHandler):
    """Keeps what it is posted, and answers what the test says."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server = self.server
        with server.changed:
            server.got.append((dict(self.headers), self.path, body))
            status = server.statuses.pop(0) if server.statuses else 204
            server.changed.notify_all()
        if callable(status):
            status(self)
            self.close_connection = True
            return
        self.send_response(status)
        if status in (301, 302, 307, 308):
            self.send_header("Location", server.elsewhere)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address=("127.0.0.1", 0)):
        self.got, self.statuses, self.elsewhere = [], [], ""
        self.changed = threading.Condition()
        super().__init__(address, Receiver)
        threading.Thread(target=self.serve_forever, args=(0.05,),
                         daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/hook"

    def wait(self, count):
        with self.changed:
            assert self.changed.wait_for(
                lambda: len(self.got) >= count, LIMIT), self.got
        return self.got[count - 1]

    def texts(self):
        return [json.loads(body)["data"].get("text")
                for _, _, body in self.got]

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Server6(Server):
    address_family = socket.AF_INET6


class UnixServer(Server):
    address_family = socket.AF_UNIX

    def server_bind(self):
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", 0

    def get_request(self):
        return self.socket.accept()[0], ("unix", 0)


@pytest.fixture(name="home", scope="module")
def make_home():
    with home_with(lambda folder, out: "") as (home, _):
        yield home


@pytest.fixture(name="server")
def make_server():
    with Server() as server:
        yield server


class Hook:
    """A webhook, and the way to it."""

    def __init__(self, home, url, **more):
        self.daemon = home.alice
        made = self.daemon.call("POST", home.alice.user_path("/webhooks"),
                                {"url": url, "types": [RECEIVED], **more})
        self.secret = base64.b64decode(made["secret"].removeprefix("whsec_"))
        self.path = home.alice.user_path(f"/webhooks/{made['id']}")

    def get(self):
        return self.daemon.call("GET", self.path)

    def test(self):
        self.daemon.call("POST", self.path + "/test")

    def until(self, check):
        return until("the webhook", lambda: check(self.get()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.daemon.call("DELETE", self.path)

    def verify(self, headers, body):
        """As the Standard Webhooks say."""
        content = b".".join([headers["Webhook-Id"].encode(),
                             headers["Webhook-Timestamp"].encode(), body])
        mac = hmac.new(self.secret, content, hashlib.sha256).digest()
        assert headers["Webhook-Signature"] == \
            "v1," + base64.b64encode(mac).decode()
        assert abs(int(headers["Webhook-Timestamp"]) - time.time()) < 60


def test_a_webhook_is_posted_and_signed(home, server):
    with Hook(home, server.url + "?a=b") as hook:
        shown = home.say("hello")
        headers, path, body = server.wait(1)
        assert path == "/hook?a=b"
        hook.verify(headers, body)
        event = json.loads(body)
        assert event.pop("user_id") == home.alice.user["id"]
        assert event == shown
        assert headers["Content-Type"] == "application/json"
        assert set(headers) == {
            "Host", "Accept", "User-Agent", "Content-Type", "Content-Length",
            "Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"}
        hook.until(lambda h: h["behind"] == 0 and h["last_status"] == 204)
        for text in ("second", "third"):
            home.say(text)
        server.wait(3)
        assert server.texts() == ["hello", "second", "third"]
        ids = [headers["Webhook-Id"] for headers, _, _ in server.got]
        assert len(set(ids)) == 3


def test_other_addresses_of_this_machine(home):
    with UnixServer(str(home.folder / "hook.sock")) as server, \
            Hook(home, f"unix:{home.folder}/hook.sock:/a/b") as hook:
        home.say("by a socket")
        headers, path, body = server.wait(1)
        assert (path, headers["Host"]) == ("/a/b", "localhost")
        hook.verify(headers, body)
    with Server(("127.77.7.7", 0)) as server, Hook(
            home, f"http://127.77.7.7:{server.server_address[1]}"):
        home.say("by another number")
        server.wait(1)
    try:
        server = Server6(("::1", 0))
    except OSError:
        return  # this machine has no IPv6
    with server, Hook(home, f"http://[::1]:{server.server_address[1]}/"):
        home.say("by IPv6")
        server.wait(1)


def test_it_is_tried_until_it_is_taken(home, server):
    with Hook(home, server.url) as hook:
        server.statuses += [500, 404]
        home.say("again and again")
        first, second, third = (server.wait(n) for n in (1, 2, 3))
        assert first[2] == second[2] == third[2]
        assert first[0]["Webhook-Id"] == third[0]["Webhook-Id"]
        hook.verify(third[0], third[2])
        hook.until(lambda h: h["last_status"] == 204
                   and h["failing_since"] is None)


def test_nobody_listens_and_then_somebody_does(home):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = closed.getsockname()
    with Hook(home, f"http://127.0.0.1:{address[1]}/") as hook:
        home.say("into the dark")
        hook.until(lambda h: h["last_problem"] == "unreachable")
        shown = hook.get()
        assert shown["state"] == "active" and shown["failing_since"]
        assert shown["behind"] >= 1
        with Server(address) as server:
            hook.test()
            server.wait(2)
            kinds = {json.loads(body)["type"] for _, _, body in server.got}
            assert kinds == {"webhook.test", RECEIVED}
            hook.until(lambda h: h["behind"] == 0)


def test_redirects_are_not_followed(home, server):
    """A receiver may not send it elsewhere, neither here nor out."""
    with Server() as other, Hook(home, server.url) as hook:
        server.elsewhere = other.url
        server.statuses += [307, 308]
        home.say("not for others")
        server.wait(3)
        hook.until(lambda h: h["last_status"] == 204)
        assert not other.got


def raw(data):
    def answer(handler):
        with contextlib.suppress(OSError):
            handler.wfile.write(data)
    return answer


def flood(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    with contextlib.suppress(OSError):
        for _ in range(10000):
            handler.wfile.write(bytes(65536))


def test_l09_what_was_posted_is_not_kept(home, server):
    """L-09: not even in what is free of the memory."""
    with Hook(home, server.url) as hook:
        home.say("a secret to be planted")
        server.wait(1)
        hook.until(lambda h: h["behind"] == 0)
        pid = home.alice.pid_of("umbel-webhooks")
        if is_sanitized(pid):
            pytest.skip("a sanitized build keeps what is freed")
        assert memory_of(pid).count(b"a secret to be planted") == 0


@pytest.mark.parametrize("answer, problem", [
    (raw(b""), "garbled"),
    (raw(b"SSH-2.0-x\r\n"), "garbled"),
    (raw(b"HTTP/1.1 200 OK\r\n" + 70000 * b"a" + b"\r\n\r\n"), "garbled"),
    (raw(b"HTTP/1.1 200 OK\r\n" + 9000 * b"a: bbbbbb\r\n" + b"\r\n"), None),
    (flood, None),
], ids=["nothing", "ssh", "line", "head", "body"])
def test_answers_that_are_none(home, server, answer, problem):
    """What is no answer is no arrival; what is too long is not read."""
    with Hook(home, server.url) as hook:
        seen = threading.Event()
        server.statuses.append(answer)
        if problem:
            server.statuses.append(lambda handler: seen.wait(LIMIT) and raw(
                b"HTTP/1.1 204 No Content\r\n\r\n")(handler))
        home.say("to a bad one")
        server.wait(1)
        if problem:
            hook.until(lambda h: h["last_problem"] == problem)
            seen.set()
            server.wait(2)
        hook.until(lambda h: h["behind"] == 0 and h["last_problem"] is None)
        assert memory_kib(home.alice.pid_of("umbel-webhooks")) < 128 * 1024


def test_a_receiver_that_hangs_holds_nobody_up(home, server):
    """It neither answers nor closes; another webhook goes on."""
    done = threading.Event()
    server.statuses.append(lambda handler: done.wait(LIMIT))
    with Hook(home, server.url), Server() as other, Hook(home, other.url):
        home.say("one")
        server.wait(1)
        home.say("two")
        other.wait(2)
        assert other.texts() == ["one", "two"]
        assert len(server.got) == 1
        done.set()


def frame(kind, ident, content):
    return struct.pack(">BIQ", kind, 8 + len(content), ident) + content


def post_frame(ident, url):
    """A PARCEL_POST of doc/INTERNAL.md."""
    strings = [url, "evt_1", "1", "v1,x"]
    return frame(2, ident, b"".join(
        struct.pack(">H", len(s)) + s.encode() for s in strings) + b"{}")


def test_a_post_that_cannot_be_fails_alone(server):
    """umbel-webhooks by itself: a URL that it does not take, and one event more
    than can be on their way, are no reason to drop the others."""
    ctl, its_ctl = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    channel, its_channel = socket.socketpair()
    command = [BUILD / "umbel-webhooks", "--ctl", str(its_ctl.fileno())]
    with subprocess.Popen(command, pass_fds=[its_ctl.fileno()]) as process, \
            ctl, channel:
        its_ctl.close()
        ctl.settimeout(LIMIT)
        channel.settimeout(LIMIT)
        assert ctl.recv(8) == b"R"
        socket.send_fds(ctl, [b"C"], [its_channel.fileno()])
        its_channel.close()
        answers = channel.makefile("rb")

        def end():
            return struct.unpack(">BIQBH", answers.read(16))

        unreachable = (4, 11, 7, 3, 0)
        channel.sendall(post_frame(7, "http://example.org/"))
        assert end() == unreachable
        done = threading.Event()
        server.statuses += 32 * [lambda handler: done.wait(LIMIT)]
        for i in range(32):
            channel.sendall(post_frame(100 + i, server.url))
        server.wait(32)
        channel.sendall(post_frame(7, server.url))
        assert end() == unreachable
        channel.sendall(b"".join(frame(3, 100 + i, b"") for i in range(32)))
        channel.sendall(post_frame(8, server.url))
        assert end() == (4, 11, 8, 2, 204)
        done.set()
        ctl.send(b"S")
    assert process.returncode == 0


def test_a_locked_user_tells_nothing(home, server):
    with Hook(home, server.url):
        home.say("before")
        server.wait(1)
        home.alice.call("POST", home.alice.user_path("/lock"))
        home.bob.send(home.to_alice, "meanwhile")
        home.alice.unlock()
        until("the second", lambda: "meanwhile" in server.texts())
        # The lock may have come before the word that the first was taken.
        assert list(dict.fromkeys(server.texts())) == ["before", "meanwhile"]


@pytest.mark.parametrize("victim", ["umbel-webhooks", "umbel-core"])
def test_processes_die_and_nothing_is_missed(home, server, victim):
    alice = home.alice
    with Hook(home, server.url):
        said = []
        for turn in range(4):
            for i in range(3):
                said.append(f"{victim} {turn}.{i}")
                home.bob.send(home.to_alice, said[-1])
            alice.kill(victim)
            if victim == "umbel-core":
                alice.unlock_when_up()
        until("all of them", lambda: set(server.texts()) >= set(said))
        assert list(dict.fromkeys(server.texts())) == said
        # What came twice came under the same id.
        by_id = {}
        for headers, _, body in server.got:
            by_id.setdefault(headers["Webhook-Id"], set()).add(body)
        assert len(by_id) == len(said)


def test_webhooks_survive_a_restart():
    with home_with(lambda folder, out: "") as (home, _), Server() as server:
        alice = home.alice
        hook = Hook(home, server.url, secret="whsec_" + base64.b64encode(
            bytes(range(32))).decode())
        alice.stop()
        home.bob.send(home.to_alice, "while she was away")
        alice.start()
        assert "umbel-webhooks" not in children_of(alice.process.pid)
        alice.unlock()
        headers, _, body = server.wait(1)
        hook.verify(headers, body)
        assert server.texts() == ["while she was away"]


def test_refusals(home):
    path = home.alice.user_path("/webhooks")
    for url in ("http://example.org/", "http://localhost/",
                "http://10.1.2.3/", "http://127.0.0.1@example.org/",
                "https://127.0.0.1/", "file:///etc/passwd", "unix:x"):
        with pytest.raises(Refused) as refused:
            home.alice.call("POST", path, {"url": url})
        assert refused.value.status == 422
    assert home.alice.call("GET", path)["items"] == []
