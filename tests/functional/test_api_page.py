# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of doc/API.md, run as they stand there."""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

import pytest

from daemons import LIMIT, until

PAGE = pathlib.Path(__file__).resolve().parents[2] / "doc" / "API.md"
SHELL, PYTHON = ("sh", "bot.sh", "echo.header"), (sys.executable, "bot.py",
                                                  "count.header")


def programs():
    """Those blocks whose first line gives them a name."""
    return dict(re.findall(r"^```\w+ (\w+\.\w+)\n(.*?)^```$",
                           PAGE.read_text(encoding="utf-8"), re.M | re.S))


class Desk:
    """Where somebody works who has copied them all."""

    def __init__(self, folder, alice, bob, to_bob, to_alice):
        self.folder = folder
        self.alice, self.bob = alice, bob
        self.to_bob, self.to_alice = to_bob, to_alice
        self.api = f"http://127.0.0.1:{alice.port()}"
        self.conversation = self.api + alice.user_path(
            f"/conversations/{to_bob}")
        for name, text in programs().items():
            (folder / name).write_text(text, encoding="utf-8")

    def environment(self, **more):
        return {"PATH": os.environ["PATH"], "RUN": str(self.alice.run),
                "API": self.api, **more}

    def run(self, *words, stdin=b""):
        return subprocess.run(words, cwd=self.folder, input=stdin,
                              env=self.environment(), timeout=LIMIT,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              check=False)

    def source(self, *names, **more):
        """One shell that reads these, one after another."""
        text = "set -eu\n" + "".join(f". ./{name}\n" for name in names)
        done = subprocess.run(["sh", "-c", text], cwd=self.folder,
                              timeout=LIMIT, env=self.environment(**more),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done

    @contextlib.contextmanager
    def running(self, *words):
        """A program, and all that it starts, until it is killed."""
        with open(self.folder / "log", "ab") as log, subprocess.Popen(
                words, cwd=self.folder, env=self.environment(), stdout=log,
                stderr=log, start_new_session=True) as process:
            try:
                yield process
                assert process.poll() is None, self.log()
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    def log(self):
        return (self.folder / "log").read_text(encoding="utf-8")

    def told(self, text):
        """bob says it, and alice has it."""
        before = self.alice.last_event()
        self.bob.send(self.to_alice, text)
        return self.alice.wait_event("message.received",
                                     lambda m: m["text"] == text, before)

    def heard(self):
        """What bob has from alice."""
        return [m["text"] for m in self.bob.history(self.to_alice)
                if m["direction"] == "in"]

    def said(self):
        return [m["text"] for m in self.alice.history(self.to_bob)
                if m["direction"] == "out"]


@pytest.fixture(name="desk", scope="module")
def make_desk(two, tmp_path_factory):
    desk = Desk(tmp_path_factory.mktemp("desk"), *two)
    desk.shown = desk.source("tour.sh", "wrong.sh", "token.sh", "bots.sh",
                             "backups.sh")
    return desk


def test_the_tour(desk):
    until("the greeting", lambda: "Hello from a script" in desk.heard())
    assert desk.said().count("Hello from a script") == 1
    for line in ("alice is unlocked", "bob", desk.conversation):
        assert line in desk.shown.stdout.splitlines()
    assert ',"message.sent",' in desk.shown.stdout
    # Whoever reads the headers may do what they say: nobody else does.
    for header in desk.folder.glob("*.header"):
        assert header.stat().st_mode & 0o777 == 0o600


def test_nothing_else_is_needed():
    """Of commands: what a Debian machine has, beside curl, jq and python3; in
    the blocks without a name, too."""
    blocks = re.findall(r"^```sh.*?\n(.*?)^```$",
                        PAGE.read_text(encoding="utf-8"), re.M | re.S)
    ours = {name for text in blocks
            for name in re.findall(r"^(\w+)\(\) {$", text, re.M)}
    used = {name for text in blocks
            for name in re.findall(r"\$\((?:umask 077 && )?(\w+)", text)}
    assert used - ours <= {"cat", "printf", "tr", "curl", "jq"}


def test_a_mistake_is_explained(desk):
    assert '"pointer": "/txet"' in desk.shown.stdout
    assert desk.shown.stderr == \
        "curl: (22) The requested URL returned error: 422\n"


def test_an_alarm(desk):
    """The token can send there, and can do nothing else."""
    alert = ("sh", "alert.sh", "alerts.header", desk.conversation)
    before = desk.said()
    assert desk.run(*alert).returncode == 0
    assert desk.said() == before
    for data, text in (
            (b'disk full "now"\n', 'disk full "now"\n'),
            (3000 * "\u20ac\n".encode(), 1000 * "\u20ac\n"),
            (b"\xff\0 no \x1b[31m text", "\ufffd no \x1b[31m text")):
        assert desk.run(*alert, stdin=data).returncode == 0
        assert desk.said()[-1] == text
    read = desk.run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}",
                    "-H", "@alerts.header", f"{desk.conversation}/messages")
    assert read.stdout == b"403"


@pytest.mark.parametrize("words, question, answer", [
    (SHELL, 'one\n"two"', 'You said: one\n"two"'),
    (SHELL, 8192 * "x", "You said: " + 2000 * "x"),
    (SHELL, 2048 * "\U0001f600", "You said: " + 2000 * "\U0001f600"),
    (PYTHON, "one two three four five", "Words: 5"),
], ids=["shell", "long", "wide", "python"])
def test_a_bot(desk, words, question, answer):
    """It is killed as soon as it answered, before it has noted that down,
    perhaps: no answer comes twice, and none is missing."""
    name = words[-1].removesuffix(".header")
    number = desk.told(question)["id"]
    for _ in range(3):
        with desk.running(*words):
            until("the answer", lambda: answer in desk.said())
    with desk.running(*words):
        until("the place", lambda: desk.alice.call("GET", desk.alice.user_path(
            f"/consumers/{name}"))["acked_id"] >= number)
    assert desk.said().count(answer) == 1


@pytest.mark.parametrize("words", [SHELL, PYTHON], ids=["shell", "python"])
def test_a_bot_does_not_stumble_over_one_who_is_blocked(desk, words):
    name = words[-1].removesuffix(".header")
    path = desk.alice.user_path(
        f"/contacts/{desk.alice.contact('bob')['id']}")
    number = desk.told(f"the last words to {name}")["id"]
    desk.alice.call("PATCH", path, {"blocked": True})
    with desk.running(*words):
        until("the place", lambda: desk.alice.call("GET", desk.alice.user_path(
            f"/consumers/{name}"))["acked_id"] >= number)
    desk.alice.call("PATCH", path, {"blocked": False})


def test_a_backup(desk):
    alice, out = desk.alice, desk.folder / "out"

    def backed_up():
        done = desk.run(sys.executable, "backup.py", "backup.header", "out")
        assert (done.returncode, done.stderr) == (0, b"")
        return [json.loads(line)["id"] for page in sorted(out.iterdir())
                for line in page.read_text("utf-8").splitlines()]

    def history():
        return [m["id"] for m in alice.history(desk.to_bob)]

    desk.told("to be kept")
    assert backed_up() == history()
    # As if it had been killed in its middle, or before it noted that down.
    alice.send(desk.to_bob, "this as well")
    page = alice.call("GET", alice.user_path(
        "/events?consumer=backup&types=message.sent"))["items"]
    for name in (f"{alice.user['id']}-{page[0]['id']:012}.jsonl", "part"):
        (out / name).write_text("no JSON")
    assert backed_up() == history()
    assert out.stat().st_mode & 0o77 == 0


def test_a_receiver(desk, free_port):
    desk.source("tour.sh", "webhook.sh", PORT=str(free_port))
    hook, = desk.alice.call("GET", desk.alice.user_path("/webhooks"))["items"]
    assert desk.folder.joinpath("webhook.secret").stat().st_mode & 0o77 == 0
    with desk.running(sys.executable, "receiver.py", str(free_port),
                      "webhook.secret"):
        event = desk.told("by a webhook")
        until("it is printed", lambda: "by a webhook" in desk.log())
        forged = desk.run(
            "curl", "-s", "-w", "%{http_code}", "-H", "Webhook-Id: 1",
            "-H", "Webhook-Timestamp: 1", "-H", "Webhook-Signature: v1,x",
            "-d", "forged", f"http://127.0.0.1:{free_port}/")
        assert forged.stdout == b"403"
    printed = json.loads(desk.log().splitlines()[-1])
    assert printed == event | {"user_id": desk.alice.user["id"]}
    desk.alice.call("DELETE", desk.alice.user_path(f"/webhooks/{hook['id']}"))
