# SPDX-License-Identifier: GPL-3.0-or-later
"""A client for tests: in a loop and thread of its own, killed and brought
back at will."""

import asyncio
import pathlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import bodies
import invite
import onions
import tlv
from client import Client
from frames import Frame, Type
from message import Kind
from says import Says

LIMIT = 120  # seconds; only ever reached when something is broken


class Person:
    """`with Person(folder, name, control, socks) as dora:`"""

    def __init__(self, folder, name: str, control_path, socks_path, **more):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.name = name
        self._paths = control_path, socks_path
        self._more = more
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever,
                                        daemon=True)
        self._thread.start()
        self.client: Client | None = None

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        async def limited():
            async with asyncio.timeout(LIMIT):
                return await work
        return asyncio.run_coroutine_threadsafe(limited(), self._loop).result()

    def start(self, stop_at: str | None = None) -> "Person":
        """stop_at: the step at which it dies, see Client.step()."""
        async def work():
            self.client = Client(self.folder, self.name,
                                 onions.Tor(*self._paths), **self._more)
            self.client.stop_at = stop_at
            await self.client.start()
        self._do(work())
        return self

    def kill(self) -> None:
        self.do(lambda client: client.kill())
        self._do(self._settle())

    def close(self) -> None:
        self._do(self.client.close())
        self._do(self._settle())

    def wait_dead(self) -> None:
        self._do(self.client.dead.wait())
        self._do(self._settle())

    def __enter__(self) -> "Person":
        return self.start()

    async def _settle(self) -> None:
        """Until nothing runs any more."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)

    def __exit__(self, *_exc) -> None:
        self.kill()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def until(self, what: str, check: Callable[[], Any]) -> Any:
        try:
            return self._do(self.client.until(check))
        except TimeoutError as error:
            last = [repr(one)[:200] for one in self.client.told[-50:]]
            raise AssertionError(f"never: {what}; told: {last}") from error

    # What people do.

    def invite(self) -> str:
        return self._do(self.client.new_invite()).invite.text()

    def connect(self, text: str, greeting: str = "") -> None:
        self.do(lambda client: client.connect(invite.parse(text), greeting))

    def do(self, what: Callable[[Client], Any]) -> Any:
        """Anything that a client can, in its own thread."""
        async def work():
            result = what(self.client)
            return await result if asyncio.iscoroutine(result) else result
        return self._do(work())

    def texts_of(self, contact: Says, mine: bool) -> list[str]:
        return [one.text for one in contact.pair.conversation.items
                if one.kind == Kind.TEXT and one.mine == mine]

    def contact_of(self, name: str) -> Says:
        """... who calls himself so, once there is a session with him."""
        def check():
            for one in self.client.contacts.values():
                if one.pair.name() == name and one.current():
                    return one
            return None
        return self.until(f"a session with {name}", check)

    @property
    def contact(self) -> Says:
        """The only one."""
        (found,) = self.client.contacts.values()
        return found

    def say(self, text: str) -> int:
        """The number of the message."""
        self.do(lambda _: self.contact.say(text))
        return self.contact.pair.outbox.next - 1

    def ping(self, count: int) -> None:
        async def work():
            for i in range(count):
                await self.contact.send_now(Frame(Type.PING, tlv.u(32, i)))
        self._do(work())

    def dials(self, whether: bool) -> None:
        """From the next start on."""
        self._more["dials"] = whether

    async def propose_falsely(self) -> None:
        """Against 10.3, the follower."""
        body = bodies.Rekey(self.contact.pair.epochs.number, bytes(32))
        await self.contact.send_now(Frame(Type.REKEY_PROP, body.write()))

    def dial_again(self) -> None:
        """Another session, beside the one that is up."""
        self.do(lambda client: client.dial_again(self.contact))

    # What tests wait for.

    def count(self, *what: Any) -> int:
        return sum(one[:len(what)] == what for one in self.client.told)

    def wait_session(self) -> None:
        self.until("a session", lambda: self.client.contacts
                   and self.contact.current())

    def wait_acknowledged(self, number: int) -> None:
        self.until(f"{number} acknowledged", lambda:
                   self.contact.pair.outbox.acked > number)

    def texts(self) -> list[str]:
        return self.texts_of(self.contact, mine=False)

    def wait_texts(self, wanted: list[str]) -> None:
        self.until(f"{len(wanted)} texts", lambda: self.client.contacts
                   and len(self.texts()) >= len(wanted))
        assert self.texts() == wanted
