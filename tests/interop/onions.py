# SPDX-License-Identifier: GPL-3.0-or-later
"""Tor, as a client of the protocol needs it: services, client authorisation,
streams.  Works with the real one and with fake_tor."""

import asyncio
import base64
import os
import pathlib
import socket

import stem.connection
import stem.control
import stem.socket

import keys

PORT = 1


class NoStream(Exception):
    """Tor could not connect; the text is the SOCKS reply."""


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=")


class Tor:
    """One controller; its services end with it."""

    def __init__(self, control_path, socks_path):
        self._control_path = str(control_path)
        self._socks_path = str(socks_path)
        self._control: stem.control.BaseController | None = None

    async def start(self) -> None:
        """A plain Controller would make tor end with the connection, where
        tor's owner is this process."""
        def log_in():
            self._control = stem.control.BaseController(
                stem.socket.ControlSocketFile(self._control_path))
            stem.connection.authenticate(self._control)
        await asyncio.to_thread(log_in)

    def stop(self) -> None:
        if self._control:
            self._control.close()

    async def _say(self, command: str) -> None:
        answer = await asyncio.to_thread(self._control.msg, command)
        if not answer.is_ok() and not str(answer).startswith("Client for"):
            raise RuntimeError(f"{command.split()[0]}: {answer}")

    async def publish(self, seed: bytes, target: pathlib.Path,
                      client: bytes | None) -> None:
        """Streams to the service of this seed come to the unix socket.
        client: the public key of the one that may reach it."""
        key = base64.b64encode(keys.onion_expanded(seed)).decode()
        only = f",V3Auth ClientAuthV3={_base32(client)}" if client else ""
        await self._say(f"ADD_ONION ED25519-V3:{key} Port={PORT},"
                        f"unix:{target} Flags=DiscardPK{only}")

    async def withdraw(self, onion_pk: bytes) -> None:
        await self._say(f"DEL_ONION {keys.onion_name(onion_pk)}")

    async def allow(self, onion_pk: bytes, secret: bytes) -> None:
        """Opens a service with client authorisation to the own dials."""
        await self._say(f"ONION_CLIENT_AUTH_ADD {keys.onion_name(onion_pk)} "
                        f"x25519:{base64.b64encode(secret).decode()}")

    async def dial(self, onion_pk: bytes) -> socket.socket:
        """Each stream gets a circuit of its own."""
        sock = socket.socket(socket.AF_UNIX)
        sock.setblocking(False)
        try:
            await self._greet(sock, onion_pk)
        except BaseException:
            sock.close()
            raise
        return sock

    async def _greet(self, sock: socket.socket, onion_pk: bytes) -> None:
        loop = asyncio.get_running_loop()

        async def ask(data: bytes, count: int) -> bytes:
            await loop.sock_sendall(sock, data)
            answer = b""
            while len(answer) < count:
                more = await loop.sock_recv(sock, count - len(answer))
                if not more:
                    raise NoStream("closed")
                answer += more
            return answer

        try:
            await loop.sock_connect(sock, self._socks_path)
            await ask(b"\5\1\2", 2)
            user = os.urandom(8).hex().encode()
            await ask(bytes([1, len(user)]) + user + b"\1-", 2)
            host = keys.onion_name(onion_pk).encode() + b".onion"
            head = await ask(b"\5\1\0\3" + bytes([len(host)]) + host
                             + PORT.to_bytes(2, "big"), 4)
            await ask(b"", {1: 6, 4: 18}[head[3]])
        except OSError as error:
            raise NoStream(str(error)) from error
        if head[1]:
            raise NoStream(f"{head[1]:#x}")
