# SPDX-License-Identifier: GPL-3.0-or-later
"""What a process has in its memory, and what would be secrets there: the keys
of a user, read from his files with his passphrase.

    keys = vault.secrets_of(alice, PASSPHRASE)      after he was locked
    memory.find(pid, keys)                          [(name, region), ...]

A second implementation of doc/STORAGE.md, "Keys"; the libraries are those
that the daemon itself uses.
"""

import ctypes
import ctypes.util
import dataclasses
import hashlib
import os
import pathlib
import re
import shutil
import struct
import tempfile

import pytest

PAGE = os.sysconf("SC_PAGE_SIZE")
PRESENT = 1 << 63
SHADOW_BYTES = 1 << 32  # no mapping of ours is that large, a sanitizer's is
ROW, DONE = 100, 101
# Secrets in a user's database, by table.
COLUMNS = {
    "contacts": ["my_static", "psk", "my_cell", "my_auth", "my_r",
                 "rekey_my_r", "rekey_other"],
    "invites": ["secret"],
    "requests": ["my_static", "my_cell", "my_auth", "my_r"],
    "self": ["door"],
    "files": ["key"],
}


# Memory.

@dataclasses.dataclass
class Region:
    begin: int
    end: int
    name: str
    flags: frozenset

    def __repr__(self):
        return f"{self.begin:x} {self.name} {' '.join(sorted(self.flags))}"


def regions(pid):
    """What the process can read and has pages of."""
    found, one, rss = [], None, 0
    text = pathlib.Path(f"/proc/{pid}/smaps").read_text("ascii", "replace")
    for line in text.splitlines():
        head = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)",
                        line)
        if head:
            one = Region(int(head[1], 16), int(head[2], 16), head[4],
                         frozenset())
            can_read = head[3][0] == "r"
        elif line.startswith("Rss:"):
            rss = int(line.split()[1])
        elif line.startswith("VmFlags:"):
            one.flags = frozenset(line.split()[1:])
            if can_read and rss and one.end - one.begin < SHADOW_BYTES \
                    and not one.name.startswith("[v"):
                found.append(one)
    return found


def present(pid, region):
    """(begin, end) of each run of pages that are really there."""
    count = (region.end - region.begin) // PAGE
    with open(f"/proc/{pid}/pagemap", "rb", buffering=0) as file:
        data = os.pread(file.fileno(), 8 * count, region.begin // PAGE * 8)
    begin = None
    for i, (entry,) in enumerate(struct.iter_unpack("<Q", data)):
        if entry & PRESENT and begin is None:
            begin = i
        elif not entry & PRESENT and begin is not None:
            yield region.begin + begin * PAGE, region.begin + i * PAGE
            begin = None
    if begin is not None:
        yield region.begin + begin * PAGE, region.end


def is_sanitized(pid):
    return "libasan" in pathlib.Path(f"/proc/{pid}/maps").read_text("utf-8")


def can_read(pid):
    """Only root may, if anybody."""
    try:
        with open(f"/proc/{pid}/mem", "rb"):
            return bool(regions(pid))
    except OSError:
        return False


def find(pid, secrets):
    """[(name, region)] of every secret that is anywhere in the memory."""
    if not can_read(pid):
        pytest.skip("the memory of another process cannot be read here")
    hits = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
        for region in regions(pid):
            for begin, end in present(pid, region):
                try:
                    data = os.pread(file.fileno(), end - begin, begin)
                except OSError:
                    continue
                hits += [(name, region) for name, secret in secrets.items()
                         if secret in data]
    return hits


# Keys.

def library(name):
    return ctypes.CDLL(ctypes.util.find_library(name))


def argon2id(passphrase, salt, passes, mib):
    out = ctypes.create_string_buffer(32)
    assert library("sodium").crypto_pwhash(
        out, ctypes.c_ulonglong(32), passphrase,
        ctypes.c_ulonglong(len(passphrase)), salt, ctypes.c_ulonglong(passes),
        ctypes.c_size_t(mib << 20), ctypes.c_int(2)) == 0
    return out.raw


def unseal(sealed, head, nonce, key):
    out = ctypes.create_string_buffer(len(sealed) - 16)
    assert library("sodium").crypto_aead_xchacha20poly1305_ietf_decrypt(
        out, None, None, sealed, ctypes.c_ulonglong(len(sealed)), head,
        ctypes.c_ulonglong(len(head)), nonce, key) == 0
    return out.raw


def open_key_file(path, passphrase):
    """(wrapping key, master key, key of the database)."""
    data = path.read_bytes()
    assert data[:9] == b"UmbelKey\x02"
    name = 8 + 1 + 1 + 16 + 8 + 4
    at = name + 1 + data[name] + 1
    passes, mib = struct.unpack_from(">II", data, at)
    salt = data[at + 8:at + 24]
    at += 24
    wrap = argon2id(passphrase.encode(), salt, passes, mib)
    # What a slot is bound to is without the minutes and the name.
    head = (data[:name - 4] + bytes(5) + data[name + 1 + data[name]:at])
    for slot in (data[at:at + 73], data[at + 73:at + 146]):
        try:
            plain = unseal(slot[24:], head + slot[:24], slot[:24], wrap)
        except AssertionError:
            continue
        role, master = plain[0], plain[1:]
    assert role == 1
    key = hashlib.blake2b(b"", digest_size=32, key=master,
                          salt=struct.pack("<QQ", 1, 0),
                          person=b"umblstor" + bytes(8)).digest()
    return wrap, master, key


class Database:
    """A copy of a user's database, opened with its key."""

    def __init__(self, path, key):
        self.sql = library("sqlcipher")
        self.sql.sqlite3_column_blob.restype = ctypes.c_void_p
        self.folder = tempfile.mkdtemp(prefix="u", dir="/tmp")
        copy = shutil.copy(path, self.folder)
        self.handle = ctypes.c_void_p()
        assert self.sql.sqlite3_open(str(copy).encode(),
                                     ctypes.byref(self.handle)) == 0
        text = b"x'" + key.hex().encode() + b"'"
        assert self.sql.sqlite3_key(self.handle, text, len(text)) == 0
        for pragma in ("cipher_compatibility = 3", "cipher_page_size = 4096"):
            self.column(f"PRAGMA {pragma}")

    def column(self, statement):
        """The first column of each row, as bytes."""
        rows, made = [], ctypes.c_void_p()
        assert self.sql.sqlite3_prepare_v2(
            self.handle, statement.encode(), -1, ctypes.byref(made),
            None) == 0, statement
        while (status := self.sql.sqlite3_step(made)) == ROW:
            n = self.sql.sqlite3_column_bytes(made, 0)
            at = self.sql.sqlite3_column_blob(made, 0)
            rows.append(ctypes.string_at(at, n) if at else b"")
        assert status == DONE, statement
        self.sql.sqlite3_finalize(made)
        return rows

    def close(self):
        self.sql.sqlite3_close(self.handle)
        shutil.rmtree(self.folder)


def secrets_of(daemon, passphrase):
    """Every key of a locked user by name: those that open his files, and
    those in them."""
    folder = daemon.data / "users" / daemon.user["id"]
    wrap, master, key = open_key_file(folder / "key", passphrase)
    found = {"the wrapping key": wrap, "the master key": master,
             "the database's key": key,
             "the database's key in hex": key.hex().encode()}
    database = Database(folder / "user.db", key)
    for table, columns in COLUMNS.items():
        for column in columns:
            for i, value in enumerate(database.column(
                    f"SELECT {column} FROM {table}")):
                if len(value) >= 16 and any(value):
                    found[f"{table}.{column} {i}"] = value[:32]
    database.close()
    return found


def rss_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])
