# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the second implementation share: a daemon, other ends,
and fake_tor between them."""

import contextlib

import fake_tor
from daemons import Place, wait_delivered
from person import Person


class World:
    """alice is a daemon; whoever person() makes is not."""

    def __init__(self, place, net, daemon=True):
        self.place, self.net = place, net
        self.alice = place.daemon("alice") if daemon else None
        if daemon:
            self.alice.add_user()
        self.made = []

    def person(self, name="dora", **more):
        tor = self.net.tors.get(name) or self.net.add(name)
        person = Person(self.place.folder / name, name, tor.control_path,
                        tor.socks_path, **more)
        self.made.append(person)
        return person

    def paired(self, inviter="alice", **more):
        """(dora, alice's conversation with her)"""
        dora = self.person(**more).start()
        self.begin_pairing(dora, inviter)
        return dora, self.conversation(dora)

    def begin_pairing(self, dora, inviter):
        if inviter == "alice":
            dora.connect(self.alice.invite(), "hello from a document")
        else:
            self.alice.connect(dora.invite())

    def conversation(self, dora):
        dora.wait_session()
        self.alice.wait_event("contact.added", lambda c: True)
        return self.alice.contact("dora")["conversation_id"]


@contextlib.contextmanager
def make_world(daemon=True):
    with Place() as place, fake_tor.FakeNet(place.folder) as net:
        world = World(place, net, daemon)
        try:
            yield world
        finally:
            for one in world.made:
                one.__exit__()


def only(found):
    (one,) = found
    return one


def texts(daemon, conversation):
    return [m["text"] for m in daemon.history(conversation)
            if m["direction"] == "in"]


def chat(alice, dora, to_dora):
    """One message each way, the last of all there are."""
    got, had = len(dora.texts()), len(texts(alice, to_dora))
    dora.wait_acknowledged(dora.say(f"from the document {had}"))
    assert texts(alice, to_dora)[-1] == f"from the document {had}"
    wait_delivered(alice, alice.send(to_dora, f"from the daemon {got}"))
    assert dora.texts()[-1] == f"from the daemon {got}"
