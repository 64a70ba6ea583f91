# SPDX-License-Identifier: GPL-3.0-or-later
"""Files, as a client of the API brings, offers, accepts and reads them."""

import contextlib
import json
import random
import uuid

import fake_tor
from daemons import LIMIT, UnixConnection
from streams import Stream

MIB = 1 << 20
SLOW = MIB  # bytes a second, of each stream
PIECE = 256 * 1024  # of what lies on the disk: a chunk


def noise(n, seed=1):
    return random.Random(seed).randbytes(n)


def connect(daemon):
    return UnixConnection(daemon.run / "api.sock", LIMIT)


def ask(daemon, method, path, body=None, headers=None, token=True):
    """(status, headers by lower-case name, bytes); body goes as it is."""
    sent = {**(daemon.header() if token else {}), **(headers or {})}
    connection = connect(daemon)
    with contextlib.closing(connection):
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        head, data = dict(answer.getheaders()), answer.read()
    if daemon.contract:
        daemon.contract.judge(method, path, answer.status, head, data)
    return answer.status, {k.lower(): v for k, v in head.items()}, data


def upload(daemon, data, name="a.bin", **query):
    more = "".join(f"&{k}={v}" for k, v in query.items())
    status, head, body = ask(
        daemon, "PUT", daemon.user_path(f"/files?name={name}{more}"), data)
    made = json.loads(body)
    assert status == 201, made
    assert head["location"].endswith("/files/" + made["id"])
    return made


def announce(daemon, size, **more):
    return daemon.call("POST", daemon.user_path("/files"),
                       {"name": "a.bin", "size": size, **more})


def content(daemon, made):
    return daemon.user_path(f"/files/{made['id']}/content")


def append(daemon, made, offset, data, **headers):
    return ask(daemon, "PATCH", content(daemon, made), data,
               {"Upload-Offset": str(offset), **headers})


def blobs(daemon):
    folder = daemon.data / "users" / daemon.user["id"] / "blobs"
    return list(folder.glob("*")) if folder.exists() else []


# Between two daemons.

def tor_is(daemon, **faults):
    """What its fake tor does from now on; see fake_tor.Faults."""
    return fake_tor.ask_admin(daemon.data / "tor" / "admin", **faults)


class End:
    """A file as one of the two has it, and what became of it since."""

    def __init__(self, daemon, made, message=None, after=0):
        self.daemon, self.id, self.message = daemon, made["id"], message
        self.after = after

    def path(self, rest=""):
        return self.daemon.user_path(f"/files/{self.id}{rest}")

    def look(self):
        return self.daemon.call("GET", self.path())

    def set(self, state):
        return self.daemon.call("PATCH", self.path("/transfer"),
                                {"state": state})

    def wait(self, state, problem=None):
        """The next event of that state."""
        def fits(file):
            return file["id"] == self.id and file["state"] == state and (
                problem is None or (file.get("problem") or {}).get("code") ==
                problem)
        event = self.daemon.wait_event("file.state", fits, self.after)
        self.after = event["id"]
        return event["data"]

    def data(self):
        status, _, got = ask(self.daemon, "GET", self.path("/content"))
        assert status == 200, got
        return got

    def stream(self):
        return Stream(self.daemon, self.daemon.user_path(
            "/events?types=file.progress,file.state"))

    def moves(self, stream, least=1):
        """Until some of it has gone over, and not all of it."""
        frame = stream.until(
            lambda f: f.event == "file.progress"
            and f.data["data"]["id"] == self.id
            and f.data["data"]["bytes_done"] >= least)
        assert frame.data["data"]["bytes_done"] < self.look()["size"]
        return frame.data["data"]


def offer(daemon, conversation, made, text=None, client_id=None):
    """The message that offers it; made is as upload() gave it."""
    body = {"client_id": client_id or str(uuid.uuid4()),
            "file_ids": [made["id"]]}
    if text is not None:
        body["text"] = text
    return daemon.call("POST", daemon.user_path(
        f"/conversations/{conversation}/messages"), body)


def offered(here, there, conversation, data, text=None, **query):
    """Brings it, offers it, and waits until it is heard of: both ends."""
    name = query.pop("name", None) or f"{uuid.uuid4().hex[:8]}.bin"
    made = upload(here, data, name, **query)
    sent = offer(here, conversation, made, text)
    got = there.wait_event(
        "message.received",
        lambda m: [f["name"] for f in m.get("files", [])] == [name])["data"]
    return (End(here, made, sent),
            End(there, got["files"][0], got))
