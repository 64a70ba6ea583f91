# SPDX-License-Identifier: GPL-3.0-or-later
"""Files between a real umbeld and an end that was written from
doc/PROTOCOL.md alone: fetched and served, broken off and gone on with,
refused; and what an end does that lies (PROTOCOL 12)."""

import dataclasses
import os
import uuid

import pytest

import bodies
import chunks
import message
from bodies import MANIFEST, Data, Goes, Nak, Reason, Req
from bulk import pieces
from daemons import Refused, until
from files import MIB, blobs, noise, offer, upload
from frames import Frame, Type
from message import FileState, Kind
from world import chat, make_world

LOG2 = 16


@pytest.fixture(name="world")
def world_of_a_test():
    with make_world() as world:
        yield world


# The daemon's side.

def offer_from(alice, conversation, data):
    made = upload(alice, data)
    offer(alice, conversation, made, "a caption")
    return made["id"]


def at(alice, file_id):
    return alice.call("GET", alice.user_path(f"/files/{file_id}"))


def wait_state(alice, file_id, *states):
    """The file as it is then; there is an event for each state."""
    def check():
        found = at(alice, file_id)
        return found if found["state"] in states else None
    return until(f"{states} of {file_id}", check)


def transfer(alice, file_id, state):
    alice.call("PATCH", alice.user_path(f"/files/{file_id}/transfer"),
               {"state": state})


def content(alice, file_id):
    """(status, bytes)"""
    status, _, data = alice.request("GET", alice.user_path(
        f"/files/{file_id}/content"))
    return status, data


def incoming(alice, count=1):
    def check():
        found = [one for one in alice.call(
            "GET", alice.user_path("/files?limit=200"))["items"]
            if one["direction"] == "in"]
        return found if len(found) >= count else None
    return until("an offer", check)


# The document's side.

def offered_to(dora):
    dora.until("an offer", lambda: dora.contact.files.fetches)
    return next(iter(dora.contact.files.fetches.values()))


def accept(dora, fetch):
    dora.do(lambda _: dora.contact.files.accept(fetch))


def wait_fetch(dora, fetch, state):
    dora.until(state, lambda: fetch.state == state)


def offer_to(alice, dora, data, name="b.bin", **more):
    """(what dora has, its id at alice)"""
    made = chunks.make_offer(data, name, LOG2, **more)
    dora.do(lambda _: dora.contact.files.offer(made))
    return made, incoming(alice)[0]["id"]


def break_links(dora):
    def work(_):
        for one in dora.contact.files.links:
            one.link.end()
    dora.do(work)


def raw(dora, *frames):
    """On the first of the links."""
    async def work():
        for frame in frames:
            await dora.contact.files.links[0].link.send(frame)
    dora.do(lambda _: work())


def whole(alice, file_id, data):
    found = wait_state(alice, file_id, "done", "failed", "cancelled")
    assert found["state"] == "done" and found["is_here"]
    assert content(alice, file_id) == (200, data)


def never_whole(alice, file_id, state="failed"):
    found = wait_state(alice, file_id, state)
    assert not found["is_here"]
    assert content(alice, file_id)[0] >= 400
    return found["problem"] and found["problem"]["code"]


# Fetched.

@pytest.mark.parametrize("dials", [True, False])
@pytest.mark.parametrize("size", [0, 1, 2 * MIB + 77])
def test_a_file_of_the_daemon(world, size, dials):
    """PROTOCOL 12.4: A receiver MUST check the manifest by the root, and MUST
    NOT write a chunk whose leaf is not that of the manifest."""
    alice, data = world.alice, noise(size)
    dora, to_dora = world.paired(dials=False)
    if dials:
        dora.dial_again()
        dora.until("a session", lambda: dora.count("session", True))
        dora.until("only one", lambda: len(dora.contact.sessions) == 1)
    file_id = offer_from(alice, to_dora, data)
    fetch = offered_to(dora)
    assert fetch.descriptor.name == "a.bin"
    assert fetch.descriptor.caption == "a caption"
    assert at(alice, file_id)["state"] == "offered"
    assert not dora.contact.files.links
    accept(dora, fetch)
    wait_fetch(dora, fetch, "whole")
    assert fetch.content() == data
    assert at(alice, file_id)["size"] == size
    wait_state(alice, file_id, "done")
    if size:
        assert dora.count("bulk", dials) and not dora.count("bulk", not dials)


def test_goes_on_after_broken_links(world):
    """Nothing that came whole is asked for again."""
    alice, data = world.alice, noise(4 * MIB)
    dora, to_dora = world.paired()
    offer_from(alice, to_dora, data)
    fetch = offered_to(dora)
    accept(dora, fetch)
    for count in (2, 5, 9):
        dora.until(f"{count} chunks", lambda n=count: len(fetch.chunks) >= n)
        break_links(dora)
    world.net.tors["dora"].cut(control=False)
    wait_fetch(dora, fetch, "whole")
    assert fetch.content() == data
    answers = [one[1] for one in dora.client.told if one[0] == "answer"]
    assert len(answers) == len(set(answers)) == fetch.descriptor.count + 1


def test_goes_on_after_the_daemon_died(world):
    alice, data = world.alice, noise(4 * MIB)
    dora, to_dora = world.paired()
    offer_from(alice, to_dora, data)
    fetch = offered_to(dora)
    accept(dora, fetch)
    dora.until("some", lambda: len(fetch.chunks) >= 3)
    alice.kill("umbel-core")
    alice.unlock_when_up()
    wait_fetch(dora, fetch, "whole")
    assert fetch.content() == data


def test_the_document_does_not_want_it(world):
    alice = world.alice
    dora, to_dora = world.paired()
    file_id = offer_from(alice, to_dora, noise(MIB))
    fetch = offered_to(dora)
    dora.do(lambda _: dora.contact.files.decline(fetch))
    found = wait_state(alice, file_id, "cancelled")
    assert found["problem"]["code"] == "declined"
    assert asks(dora, fetch, 0) == Reason.GONE


def hold_back(dora, fetch, count):
    """Until that many are here, and then a pause.  It never comes whole."""
    fetch.most = count + 8
    assert fetch.most < fetch.descriptor.count
    accept(dora, fetch)
    dora.until("some", lambda: len(fetch.chunks) >= count)
    dora.do(lambda _: dora.contact.files.pause(fetch))
    dora.until("all taken back", lambda: not any(
        one.asked for one in dora.contact.files.links))


def test_the_document_pauses(world):
    """PROTOCOL 12.4: A REQ that was taken back is answered by NAK 5, unless
    the answer was sent already."""
    alice, data = world.alice, noise(8 * MIB)
    dora, to_dora = world.paired()
    file_id = offer_from(alice, to_dora, data)
    fetch = offered_to(dora)
    hold_back(dora, fetch, 2)
    assert fetch.state == "paused"
    chat(alice, dora, to_dora)
    assert at(alice, file_id)["state"] != "done"
    fetch.most = None
    dora.do(lambda _: dora.contact.files.resume(fetch))
    wait_fetch(dora, fetch, "whole")
    assert fetch.content() == data


def test_the_document_cancels(world):
    alice = world.alice
    dora, to_dora = world.paired()
    file_id = offer_from(alice, to_dora, noise(8 * MIB))
    fetch = offered_to(dora)
    hold_back(dora, fetch, 2)
    dora.do(lambda _: dora.contact.files.cancel(fetch))
    found = wait_state(alice, file_id, "cancelled")
    assert found["problem"]["code"] == "declined"


def test_the_daemon_pauses_and_cancels_what_it_sends(world):
    """PROTOCOL 12.4: After NAK 2 or 4 a receiver asks again later; an EPH may
    say when."""
    alice = world.alice
    dora, to_dora = world.paired()
    file_id = offer_from(alice, to_dora, noise(8 * MIB))
    fetch = offered_to(dora)
    hold_back(dora, fetch, 0)
    transfer(alice, file_id, "paused")
    fid = fetch.descriptor.fid
    dora.until("told", lambda: dora.count("goes", fid, Goes.PAUSED))
    dora.do(lambda _: dora.contact.files.resume(fetch))
    dora.until("a NAK", lambda: any(
        one[0] == "nak" and one[2] == Reason.PAUSED
        for one in dora.client.told))
    assert fetch.state == "running"
    transfer(alice, file_id, "running")
    dora.until("told", lambda: dora.count("goes", fid, Goes.ON))
    dora.until("more", lambda: fetch.chunks)
    transfer(alice, file_id, "cancelled")
    dora.until("an end", lambda: fetch.state in ("ended", "whole"))


def test_the_daemon_deletes_its_message(world):
    """PROTOCOL 12.2: A file ends with the message that offers it: where one
    end deletes that message, or its time is over, or the contact is blocked,
    the end that did so MUST say it to the other, by a file state or by the
    deletion."""
    alice = world.alice
    dora, to_dora = world.paired()
    file_id = offer_from(alice, to_dora, noise(MIB))
    fetch = offered_to(dora)
    message_id = at(alice, file_id)["message_id"]
    alice.call("DELETE", alice.user_path(
        f"/messages/{message_id}?for=everyone"))
    wait_fetch(dora, fetch, "ended")
    assert asks(dora, fetch, MANIFEST) == Reason.GONE


# Served.

@pytest.mark.parametrize("dials", [True, False])
@pytest.mark.parametrize("size", [0, 1, 2 * MIB + 77])
def test_a_file_of_the_document(world, size, dials):
    alice, data = world.alice, noise(size)
    dora, _ = world.paired(dials=False)
    if dials:
        dora.dial_again()
        dora.until("a session", lambda: dora.count("session", True))
        dora.until("only one", lambda: len(dora.contact.sessions) == 1)
    made, file_id = offer_to(alice, dora, data)
    found = at(alice, file_id)
    assert (found["state"], found["size"]) == ("offered", size)
    assert content(alice, file_id)[0] >= 400
    assert not dora.count("asked") and not dora.contact.files.links
    transfer(alice, file_id, "running")
    whole(alice, file_id, data)
    dora.until("told", lambda: made.said == [FileState.RECEIVED])


def test_the_daemon_goes_on_after_broken_links(world):
    alice, data = world.alice, noise(4 * MIB)
    dora, _ = world.paired()
    _made, file_id = offer_to(alice, dora, data)
    transfer(alice, file_id, "running")
    for count in (5, 20, 30):
        dora.until(f"{count} asked", lambda n=count: dora.count("asked") >= n)
        break_links(dora)
    world.net.tors["dora"].cut(control=False)
    whole(alice, file_id, data)


def test_the_daemon_died_and_goes_on(world):
    alice, data = world.alice, noise(4 * MIB)
    dora, _ = world.paired()
    _made, file_id = offer_to(alice, dora, data)
    transfer(alice, file_id, "running")
    dora.until("some asked", lambda: dora.count("asked") >= 20)
    alice.kill("umbel-core")
    alice.unlock_when_up()
    whole(alice, file_id, data)


def test_the_daemon_does_not_want_it(world):
    alice = world.alice
    dora, _ = world.paired()
    made, file_id = offer_to(alice, dora, noise(MIB))
    transfer(alice, file_id, "cancelled")
    dora.until("told", lambda: made.said == [FileState.UNWANTED])
    assert never_whole(alice, file_id, "cancelled") is not None \
        or not dora.count("asked")


def test_the_document_withdraws(world):
    alice = world.alice
    dora, _ = world.paired()
    made, file_id = offer_to(alice, dora, noise(MIB))
    dora.do(lambda _: dora.contact.files.withdraw(made))
    assert never_whole(alice, file_id, "cancelled") == "withdrawn"
    with pytest.raises(Refused):
        transfer(alice, file_id, "running")


def test_an_offer_that_nobody_accepts_in_time(world):
    """PROTOCOL 12.1: An offer that was not accepted MUST NOT be accepted after
    its time.  One that was is fetched for as long as it takes."""
    alice, data = world.alice, noise(MIB)
    dora, to_dora = world.paired()
    made, kept = offer_to(alice, dora, data, "kept.bin", life=20)
    made.is_paused = True
    transfer(alice, kept, "running")
    dora.until("asked", lambda: dora.count("asked"))
    late = chunks.make_offer(data, "late.bin", LOG2, life=20)
    dora.do(lambda _: dora.contact.files.offer(late))
    file_id, = (one["id"] for one in incoming(alice, 2)
                if one["name"] == "late.bin")
    assert never_whole(alice, file_id) == "expired"
    with pytest.raises(Refused) as refused:
        transfer(alice, file_id, "running")
    assert refused.value.status == 409
    assert at(alice, kept)["state"] == "transferring"
    assert at(alice, kept)["expires_at"] is None
    chat(alice, dora, to_dora)
    dora.do(lambda _: dora.contact.files.hold(made, False))
    whole(alice, kept, data)
    assert not late.said and not blobs(alice)[1:]


def test_the_document_holds_what_it_sends(world):
    alice, data = world.alice, noise(2 * MIB)
    dora, to_dora = world.paired()
    made, file_id = offer_to(alice, dora, data)
    made.is_paused = True  # and not said: it hears of it by asking
    transfer(alice, file_id, "running")
    dora.until("asked", lambda: dora.count("asked"))
    chat(alice, dora, to_dora)
    assert at(alice, file_id)["state"] in ("transferring", "paused")
    dora.do(lambda _: dora.contact.files.hold(made, False))
    whole(alice, file_id, data)


def test_the_daemon_pauses_what_it_fetches(world):
    alice, data = world.alice, noise(2 * MIB)
    dora, _ = world.paired()
    made, file_id = offer_to(alice, dora, data)
    made.is_paused = True  # and not said: it hears of it by asking
    transfer(alice, file_id, "running")
    dora.until("asked", lambda: dora.count("asked"))
    transfer(alice, file_id, "paused")
    fid = made.descriptor.fid
    dora.until("told", lambda: dora.count("goes", fid, Goes.PAUSED))
    dora.do(lambda _: dora.contact.files.hold(made, False))
    assert at(alice, file_id)["state"] == "paused"
    made.is_paused = True  # what is whole is not said to go on
    transfer(alice, file_id, "running")
    dora.until("told", lambda: dora.count("goes", fid, Goes.ON))
    dora.do(lambda _: dora.contact.files.hold(made, False))
    whole(alice, file_id, data)


# An end that serves and lies.

def data_frames(req, data, offset=0):
    return [Frame(Type.DATA, Data(req, offset + one.offset,
                                  one.bytes).write())
            for one in pieces(req, data)]


def flipped(data):
    return bytes([data[0] ^ 1]) + data[1:]


def right(made, req):
    return made.manifest if req.index == MANIFEST else made.chunks[req.index]


def wrong_chunk(made, req):
    data = right(made, req)
    return data_frames(req, data if req.index == MANIFEST else flipped(data))


def wrong_leaf(made, req):
    data = right(made, req)
    return data_frames(req, flipped(data) if req.index == MANIFEST else data)


def other_chunk(made, req):
    """A true chunk, under another's number."""
    if req.index == MANIFEST:
        return data_frames(req, made.manifest)
    return data_frames(req, made.chunks[1 if req.index == 0 else 0])


@pytest.mark.parametrize("answer", [wrong_chunk, wrong_leaf, other_chunk],
                         ids=lambda f: f.__name__)
def test_what_was_not_offered_fails_the_file(world, answer):
    """PROTOCOL 12.4: An answer that is not what was offered MUST end the link;
    the second one fails the file."""
    alice = world.alice
    dora, to_dora = world.paired()
    dora.contact.files.answer = answer
    _made, file_id = offer_to(alice, dora, noise(4 << LOG2))
    transfer(alice, file_id, "running")
    assert never_whole(alice, file_id) == "corrupt"
    dora.until("links ended", lambda: dora.count("bulk ended") >= 2)
    chat(alice, dora, to_dora)


def test_one_wrong_chunk_is_forgiven(world):
    alice, data = world.alice, noise(4 << LOG2)
    dora, _ = world.paired()
    lies = iter([wrong_chunk])

    def answer(made, req):
        lie = req.index != MANIFEST and next(lies, None)
        return (lie or (lambda m, r: data_frames(r, right(m, r))))(made, req)

    dora.contact.files.answer = answer
    _made, file_id = offer_to(alice, dora, data)
    transfer(alice, file_id, "running")
    whole(alice, file_id, data)
    assert dora.count("bulk ended")


@pytest.mark.parametrize("size", [0, 4 << LOG2])
def test_a_root_that_is_wrong(world, size):
    alice = world.alice
    dora, _ = world.paired()
    made = chunks.make_offer(noise(size), "b.bin", LOG2)
    made.descriptor = dataclasses.replace(made.descriptor, root=bytes(32))
    dora.do(lambda _: dora.contact.files.offer(made))
    file_id = incoming(alice)[0]["id"]
    transfer(alice, file_id, "running")
    assert never_whole(alice, file_id) == "corrupt"


def test_chunks_that_do_not_open(world):
    """Leaves and root are right, and the key is another's."""
    alice = world.alice
    dora, _ = world.paired()
    made = chunks.make_offer(noise(4 << LOG2), "b.bin", LOG2)
    made.descriptor = dataclasses.replace(made.descriptor, key=bytes(32))
    dora.do(lambda _: dora.contact.files.offer(made))
    file_id = incoming(alice)[0]["id"]
    transfer(alice, file_id, "running")
    assert never_whole(alice, file_id) == "corrupt"


def not_asked(made, req):
    return data_frames(Req(req.fid, 3 if req.index != 3 else 2),
                       made.chunks[3 if req.index != 3 else 2])


def other_file(made, req):
    return data_frames(Req(os.urandom(16), req.index), right(made, req))


def backwards(made, req):
    return data_frames(req, right(made, req))[::-1]


def with_a_gap(made, req):
    return data_frames(req, right(made, req)[10:], offset=10)


def twice(made, req):
    return 2 * data_frames(req, right(made, req))


def too_much(made, req):
    return data_frames(req, right(made, req) + b"\0")


def with_nothing(made, req):
    return [Frame(Type.DATA, Data(req, 0, b"").write())]


def more_than_fits_a_data(made, req):
    return [Frame(Type.DATA, Data(req, 0, right(made, req)[:15501]).write())]


def nak_of_nothing(_made, req):
    return [Frame(Type.NAK, Nak(Req(req.fid, 77), Reason.BUSY).write())]


def not_taken_back(_made, req):
    return [Frame(Type.NAK, Nak(req, Reason.TAKEN_BACK).write())]


@pytest.mark.parametrize("answer", [
    not_asked, other_file, backwards, with_a_gap, twice, too_much,
    with_nothing, more_than_fits_a_data, nak_of_nothing, not_taken_back], ids=lambda f: f.__name__)
def test_data_that_ends_the_link(world, answer):
    """PROTOCOL 12.4: DATA that was not asked for, out of its order, or beyond
    what was asked for MUST end the link.  An end that is honest afterwards
    still gets rid of its file."""
    alice, data = world.alice, noise(4 << LOG2)
    dora, to_dora = world.paired()
    files = dora.contact.files
    honest = files.answer

    def answer_chunks(made, req):
        return (honest if req.index == MANIFEST else answer)(made, req)

    files.answer = answer_chunks
    _made, file_id = offer_to(alice, dora, data)
    transfer(alice, file_id, "running")
    dora.until("links ended", lambda: dora.count("bulk ended"))
    # What comes twice is right the first time: one chunk for each link.
    assert answer is twice or not at(alice, file_id)["is_here"]
    files.answer = honest
    whole(alice, file_id, data)
    chat(alice, dora, to_dora)


@pytest.mark.parametrize("reason", [Reason.PAUSED, Reason.BUSY, 77])
def test_endless_naks(world, reason):
    """PROTOCOL 12.4: A reason that is not known is taken for 4.  The daemon
    asks again when it is time, and not as fast as it is told no; after NAK 2
    an EPH says when it is."""
    alice, data = world.alice, noise(4 << LOG2)
    dora, to_dora = world.paired()
    files = dora.contact.files
    honest = files.answer
    files.answer = lambda _, req: [
        Frame(Type.NAK, Nak(req, reason).write())]
    made, file_id = offer_to(alice, dora, data)
    transfer(alice, file_id, "running")
    least = 1 if reason == Reason.PAUSED else 2
    dora.until("asked again", lambda: dora.count("asked") >= least)
    for _ in range(5):
        chat(alice, dora, to_dora)
    assert dora.count("asked") < 20
    assert not at(alice, file_id)["is_here"]
    files.answer = honest
    if reason == Reason.PAUSED:
        dora.do(lambda _: files.hold(made, False))
    whole(alice, file_id, data)


@pytest.mark.parametrize("reason,problem", [
    (Reason.GONE, "gone"), (Reason.CHANGED, "changed")])
def test_naks_that_fail_the_file(world, reason, problem):
    alice = world.alice
    dora, _ = world.paired()
    dora.contact.files.answer = lambda _, req: [
        Frame(Type.NAK, Nak(req, reason).write())]
    _made, file_id = offer_to(alice, dora, noise(4 << LOG2))
    transfer(alice, file_id, "running")
    assert never_whole(alice, file_id) == problem


# An end that asks for what it must not have.

def asks(dora, fetch, index):
    """The reason of the NAK, to a request on a link of its own."""
    files = dora.contact.files
    req = Req(fetch.descriptor.fid, index)

    async def work():
        await dora.contact.dial_bulk()
        await dora.client.until(lambda: any(
            one.is_open for one in files.links))
        link = next(one for one in files.links if one.is_open)
        await link.ask(req, 1)
    dora.do(lambda _: work())
    dora.until("an answer", lambda: dora.count("nak", req))
    return next(one[2] for one in dora.client.told
                if one[:2] == ("nak", req))


def opened(world, size=4 << LOG2):
    """(dora, fetch, conversation): a link is up, and nothing asked for."""
    dora, to_dora = world.paired()
    offer_from(world.alice, to_dora, noise(size))
    fetch = offered_to(dora)
    dora.contact.files.asks = False
    accept(dora, fetch)
    dora.until("links", lambda: any(
        one.is_open for one in dora.contact.files.links))
    return dora, fetch, to_dora


@pytest.mark.parametrize("index", [4, 16384, MANIFEST - 1])
def test_requests_beyond_the_end(world, index):
    """PROTOCOL 12.4: So MUST a NAK to nothing that was asked for, a NAK 5 to
    what was not taken back, and a REQ for a chunk that a live file does not
    have."""
    dora, fetch, to_dora = opened(world)
    raw(dora, Frame(Type.REQ, Req(fetch.descriptor.fid, index).write()))
    dora.until("an end", lambda: dora.count("bulk ended"))
    chat(world.alice, dora, to_dora)


def test_requests_for_what_was_never_offered(world):
    """PROTOCOL 12.5: To everything else it says NAK 1."""
    dora, fetch, to_dora = opened(world)
    unknown = dataclasses.replace(fetch, descriptor=dataclasses.replace(
        fetch.descriptor, fid=os.urandom(16)))
    assert asks(dora, unknown, 0) == Reason.GONE
    assert asks(dora, unknown, MANIFEST) == Reason.GONE
    chat(world.alice, dora, to_dora)


def test_too_many_requests(world):
    """PROTOCOL 12.4: A receiver MUST NOT have more than 16 requests on one
    link that are not answered."""
    dora, fetch, to_dora = opened(world, 32 * MIB)
    fid = fetch.descriptor.fid
    frames = [Frame(Type.REQ, Req(fid, i).write()) for i in range(18)]
    raw_at_once(dora, frames)
    dora.until("an end", lambda: dora.count("bulk ended"))
    chat(world.alice, dora, to_dora)


def raw_at_once(dora, frames):
    async def work():
        await dora.contact.files.links[0].link.send(*frames)
    dora.do(lambda _: work())


def test_many_links_are_wanted(world):
    """A flood of WANTs brings four links, and delays no message."""
    alice = world.alice
    dora, to_dora = world.paired(dials=False)
    offer_from(alice, to_dora, noise(4 << LOG2))
    fetch = offered_to(dora)
    dora.contact.files.asks = False

    async def flood():
        for i in range(500):
            await dora.contact.send_now(Frame(Type.WANT, bytes([i % 5])))
        await dora.contact.send_now(Frame(Type.WANT, b"\4"))
    dora.do(lambda _: flood())
    chat(alice, dora, to_dora)
    dora.until("four", lambda: len(dora.contact.files.links) == 4)
    dora.contact.files.asks = True
    accept(dora, fetch)
    wait_fetch(dora, fetch, "whole")
    assert len(dora.contact.files.links) <= 4
    chat(alice, dora, to_dora)


FRAMES = {
    "want_5": Frame(Type.WANT, b"\5"), "want_0_bytes": Frame(Type.WANT, b""),
    "req_on_main": Frame(Type.REQ, Req(bytes(16), 0).write()),
    "data_on_main": Frame(Type.DATA, Data(Req(bytes(16), 0), 0,
                                          b"x").write()),
    "nak_on_main": Frame(Type.NAK, Nak(Req(bytes(16), 0),
                                       Reason.GONE).write()),
    "cancel_on_main": Frame(Type.CANCEL, Req(bytes(16), 0).write())}


@pytest.mark.parametrize("name", FRAMES)
def test_frames_that_end_a_session(world, name):
    dora, to_dora = world.paired()
    chat(world.alice, dora, to_dora)
    dora.do(lambda _: dora.contact.send_now(FRAMES[name]))
    dora.until("the end", lambda: dora.count("session ended"))


BULK_FRAMES = {
    "hello": Frame(Type.HELLO, b""),
    "msg": Frame(Type.MSG, bytes(8)),
    "eph": Frame(Type.EPH, b"\1\1\1"),
    "close": Frame(Type.CLOSE, b"\0"),
    "want": Frame(Type.WANT, b"\1"),
    "ack": Frame(Type.ACK, (1).to_bytes(8, "big") + bytes(16)),
    "rekey_done": Frame(Type.REKEY_DONE, bytes(8)),
    "short_req": Frame(Type.REQ, bytes(19)),
    "nak_6": Frame(Type.NAK, bytes(20) + b"\6"),
    "nak_0": Frame(Type.NAK, bytes(21)),
    "nak_of_nothing": Frame(Type.NAK, bytes(20) + b"\1"),
    "data": Frame(Type.DATA, bytes(25))}


@pytest.mark.parametrize("name", BULK_FRAMES)
def test_frames_that_end_a_bulk_link(world, name):
    """PROTOCOL 12.3: There are only PING, PONG, REQ, DATA, NAK and CANCEL on
    it;"""
    dora, _fetch, to_dora = opened(world)
    raw(dora, BULK_FRAMES[name])
    dora.until("the end", lambda: dora.count("bulk ended"))
    assert not dora.count("session ended")
    chat(world.alice, dora, to_dora)


def test_a_cancel_of_nothing(world):
    dora, _fetch, to_dora = opened(world)
    for _ in range(10):
        raw(dora, Frame(Type.CANCEL, Req(os.urandom(16), 3).write()))
    raw(dora, Frame(Type.PING, bytes(4)))
    dora.until("a pong", lambda: dora.count("bulk pong", 0))
    assert not dora.count("bulk ended")
    chat(world.alice, dora, to_dora)


OPENINGS = {
    "req": [Frame(Type.REQ, Req(bytes(16), 0).write())],
    "pong": [Frame(Type.PONG, bytes(4))], "nothing": [],
    "hello": [Frame(Type.HELLO, bodies.Hello().write())],
    "ping_and_req": [Frame(Type.PING, bytes(4)),
                     Frame(Type.REQ, Req(bytes(16), 0).write())],
    "two_pings": [Frame(Type.PING, bytes(4)), Frame(Type.PING, bytes(4))]}


@pytest.mark.parametrize("name", OPENINGS)
def test_openings_that_end_the_link(world, monkeypatch, name):
    """PROTOCOL 12.3: The first record of a BULK link's initiator MUST be a
    PING alone."""
    dora, to_dora = world.paired()
    files = dora.contact.files

    async def open_badly(one, _first):
        await one.send(*OPENINGS[name])
        one.is_open = True
    monkeypatch.setattr(files, "_open", open_badly)
    dora.do(lambda _: dora.contact.dial_bulk())
    if name == "nothing":
        dora.until("it is open", lambda: files.links
                   and files.links[0].is_open)
        raw(dora, Frame(Type.REQ, Req(bytes(16), 0).write()))
    dora.until("the end", lambda: dora.count("bulk ended"))
    chat(world.alice, dora, to_dora)


# Descriptors.

def bad_descriptor(**more):
    good = chunks.make_offer(b"x", "b.bin", LOG2).descriptor
    return dataclasses.replace(good, **more).write()


BAD = {
    "size": bad_descriptor(size=64 * 2**30 + 1, log2=22),
    "chunks": bad_descriptor(size=16384 * 2**16 + 1),
    "log2_15": bad_descriptor(log2=15), "log2_23": bad_descriptor(log2=23),
    "size_7": bad_descriptor().replace(b"\4\x08", b"\4\x07", 1),
    "root_31": bad_descriptor(root=bytes(31)),
    "fid_15": bad_descriptor(fid=bytes(15)),
    "key_0": bad_descriptor(key=b""),
    "no_name": bad_descriptor(name=""), "name_256": bad_descriptor(
        name="x" * 256),
    "name_control": bad_descriptor(name="a\nb"),
    "name_nul": bad_descriptor(name="a\0b"),
    "name_turned": bad_descriptor(name="\u202egpj.exe"),
    "name_escape": bad_descriptor(name="\x1b[2J"),
    "media": bad_descriptor(media="image/\x7f"),
    "media_65": bad_descriptor(media="x" * 65),
    "preview_5121": bad_descriptor(preview=bytes(5121)),
    "pixels_3": bad_descriptor(pixels=bytes(3)),
    "duration_3": bad_descriptor(duration=bytes(3)),
    "caption_2001": bad_descriptor(caption="x" * 2001),
    "even_26": bad_descriptor() + b"\x1a\0", "half": bad_descriptor()[:-1]}


@pytest.mark.parametrize("name", BAD)
def test_descriptors_that_break_a_rule(world, name):
    """PROTOCOL 6.1: Nor is a file whose descriptor breaks a rule of 12.1."""
    dora, to_dora = world.paired()
    chat(world.alice, dora, to_dora)
    dora.do(lambda _: dora.contact.send(
        message.compose(Kind.FILE, {message.BODY: BAD[name]})))
    dora.until("the end", lambda: dora.count("session ended"))
    assert not world.alice.call(
        "GET", world.alice.user_path("/files"))["items"]


def test_names_are_labels_and_odd_fields_are_skipped(world):
    """PROTOCOL 12.1: The name is a label for people; a receiver MUST NOT take
    it for a path."""
    alice, data = world.alice, noise(1000)
    dora, _ = world.paired()
    name = "../../../../tmp/" + uuid.uuid4().hex + "/a;b\"c"
    made, file_id = offer_to(alice, dora, data, name, kind=7,
                             media="text/html; x", life=3600)
    assert at(alice, file_id)["name"] == name
    assert at(alice, file_id)["kind"] == "file"
    transfer(alice, file_id, "running")
    whole(alice, file_id, data)
    assert len(blobs(alice)) == 1
    assert not os.path.exists("/tmp/" + name.split("/")[5])
    odd = message.compose(Kind.FILE, {
        message.BODY: bad_descriptor() + b"\x1b\1x"})
    dora.do(lambda _: dora.contact.send(odd))
    assert len(incoming(alice, 2)) == 2
    assert made.said == [FileState.RECEIVED]


def test_a_fid_offers_one_file(world):
    """PROTOCOL 12.2: A fid that is known of a contact MUST NOT offer another
    file."""
    alice, data = world.alice, noise(1000)
    dora, to_dora = world.paired()
    made, file_id = offer_to(alice, dora, data)
    other = dataclasses.replace(made.descriptor, root=bytes(32), name="other")
    dora.do(lambda _: dora.contact.send(message.offer(other)))
    chat(alice, dora, to_dora)
    assert [one["name"] for one in incoming(alice)
            if one["state"] in ("offered", "transferring")] == ["b.bin"]
    transfer(alice, file_id, "running")
    whole(alice, file_id, data)


@pytest.mark.parametrize("code", [FileState.UNWANTED, FileState.RECEIVED, 0,
                                  5, 255])
def test_states_that_are_not_for_its_end_to_say(world, code):
    """PROTOCOL 12.2: A file state MUST have an effect only on a file between
    the two, and only if it comes from the end that its code names."""
    alice, data = world.alice, noise(1000)
    dora, to_dora = world.paired()
    made, file_id = offer_to(alice, dora, data)
    dora.do(lambda _: dora.contact.put(message.file_state(made.mid, code)))
    dora.do(lambda _: dora.contact.put(
        message.file_state(os.urandom(16), code)))
    chat(alice, dora, to_dora)
    assert at(alice, file_id)["state"] == "offered"
    transfer(alice, file_id, "running")
    whole(alice, file_id, data)


@pytest.mark.parametrize("code", [FileState.WITHDRAWN, FileState.FAILED, 0,
                                  5])
def test_states_of_the_daemons_file_that_are_its_own_to_say(world, code):
    alice, data = world.alice, noise(1000)
    dora, to_dora = world.paired()
    file_id = offer_from(alice, to_dora, data)
    fetch = offered_to(dora)
    dora.do(lambda _: dora.contact.put(message.file_state(fetch.mid, code)))
    chat(alice, dora, to_dora)
    assert at(alice, file_id)["state"] == "offered"
    accept(dora, fetch)
    wait_fetch(dora, fetch, "whole")
    wait_state(alice, file_id, "done")
