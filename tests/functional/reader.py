#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that lives on events, by a named consumer, and may be killed at
any time: storm_events.py does.

    reader.py RUN NAME LOG SEED USER        by that user's path
    reader.py RUN NAME LOG SEED USER...     of all of them, by /v1/events

LOG gets a line for all it does: "c" a connection begins, "g USER ID" an event
came, "w USER ID" it is about to acknowledge, "a USER ID" it was told 200.
"""

import contextlib
import http.client
import json
import os
import pathlib
import random
import socket
import sys
import threading

AWAY = (OSError, http.client.HTTPException, AssertionError)


class Connection(http.client.HTTPConnection):
    def __init__(self, run):
        super().__init__("localhost", timeout=60)
        self.run = run

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.run / "api.sock"))


class Reader:
    def __init__(self, run, name, log, seed, *users):
        self.run, self.name, self.users = pathlib.Path(run), name, users
        self.rng = random.Random(int(seed))
        self.log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        # By user, on this connection, since the last acknowledgement.  What
        # came before comes again, and is acknowledged when it does: a stream
        # does not leave out what is acknowledged while it goes on.
        self.got = {}
        self.last = None  # of the only user
        self.pause = threading.Event()

    def note(self, *what):
        os.write(self.log, (" ".join(map(str, what)) + "\n").encode())

    def header(self):
        text = (self.run / "admin.header").read_text()
        name, _, value = text.strip().partition(": ")
        assert value
        return {name: value}

    def ask(self, connection, method, path, body=None, **headers):
        connection.request(method, path, body and json.dumps(body), {
            **self.header(), **headers,
            **({"Content-Type": "application/json"} if body else {})})
        answer = connection.getresponse()
        assert answer.status == 200, (answer.status, answer.read())
        return answer

    def path(self):
        if len(self.users) > 1:
            return f"/v1/events?users=all&consumer={self.name}"
        return f"/v1/users/{self.users[0]}/events?consumer={self.name}"

    def take(self, event):
        user = event.get("user_id", self.users[0])
        if user is None or "id" not in event or user not in self.users:
            return
        self.note("g", user, event["id"])
        self.got[user] = self.last = event["id"]

    def acknowledge(self):
        with contextlib.closing(Connection(self.run)) as connection:
            for user, ident in sorted(self.got.items()):
                self.note("w", user, ident)
                self.ask(connection, "PUT",
                         f"/v1/users/{user}/consumers/{self.name}",
                         {"acked_id": ident}).read()
                self.note("a", user, ident)
        self.got = {}

    def begin(self):
        self.got = {}
        self.note("c")

    def poll(self):
        limit = self.rng.randint(1, 200)
        with contextlib.closing(Connection(self.run)) as connection:
            self.begin()
            page = json.load(self.ask(
                connection, "GET", f"{self.path()}&wait=5&limit={limit}",
                Accept="application/json"))
        for event in page["items"]:
            self.take(event)

    def stream(self):
        headers = {"Accept": "text/event-stream"}
        if self.last and len(self.users) == 1 and self.rng.random() < 0.5:
            headers["Last-Event-ID"] = str(self.last)
        left = self.rng.randint(1, 2000)
        with contextlib.closing(Connection(self.run)) as connection:
            self.begin()
            answer = self.ask(connection, "GET", self.path(), **headers)
            while left:
                line = answer.readline()
                assert line.endswith(b"\n")
                assert line != b"event: reset\n"
                if line.startswith(b'data: {"id"'):
                    self.take(json.loads(line[6:]))
                    left -= 1
                if line.startswith(b":") or self.rng.random() < 0.005:
                    self.acknowledge()

    def run_for_ever(self):
        while True:
            try:
                self.rng.choice((self.poll, self.stream))()
                self.acknowledge()
            except AWAY:
                self.pause.wait(0.02)


if __name__ == "__main__":
    Reader(*sys.argv[1:]).run_for_ever()
