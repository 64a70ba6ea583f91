# SPDX-License-Identifier: GPL-3.0-or-later
"""Daemons whose time goes faster than ours, or whose clock on the wall says
something else: all processes of Umbel, not tor, by fast_clock.so."""

import mmap
import os
import shutil
import struct
import time

import daemons
from daemons import BUILD, IS_SANITIZED

YEAR = 365 * 24 * 3600


class ClockDaemon(daemons.Daemon):
    """Its programs are in a folder of their own, where scripts load the
    clock: umbeld hands on no LD_PRELOAD."""

    # Times far from now are in the answers.
    speed = 1

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        self.board_path = self.home / "clock"
        self.board_path.write_bytes(bytes(mmap.PAGESIZE))
        with open(self.board_path, "r+b") as file:
            self.board = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        struct.pack_into("qqq", self.board, 0, self.speed,
                         time.clock_gettime_ns(time.CLOCK_MONOTONIC), 0)
        self.programs = self.home / "p"
        self.programs.mkdir()
        shutil.copy(BUILD / "umbeld", self.programs)
        preload = " ".join(f"{k}={v}" for k, v in self.preload().items())
        for name in ("umbel-core", "umbel-httpd"):
            script = self.programs / name
            script.write_text(f"#!/bin/sh\nexec env {preload} "
                              f"{BUILD}/{name} \"$@\"\n")
            script.chmod(0o755)
        for name in ("umbel-hooks", "umbel-webhooks"):
            (self.programs / name).symlink_to(BUILD / name)

    def preload(self):
        more = {"LD_PRELOAD": str(BUILD / "fast_clock.so"),
                "FAST_CLOCK": str(self.board_path)}
        if IS_SANITIZED:
            more["ASAN_OPTIONS"] = (os.environ.get("ASAN_OPTIONS", "") +
                                    ":verify_asan_link_order=0"
                                    ":detect_leaks=0").lstrip(":")
        return more

    def program(self):
        return self.programs / "umbeld"

    def environment(self):
        return {**super().environment(), **self.preload()}

    def umbel(self, *arguments, **more):
        raise NotImplementedError("its environment is that of the daemon")

    def stand_still(self, seconds, suspended=False):
        """For so long, while it was stopped, time went on: as in a container
        that is frozen, or in a machine that sleeps."""
        at = 32 if suspended else 24
        before, = struct.unpack_from("q", self.board, at)
        struct.pack_into("q", self.board, at, before + seconds * 10 ** 9)

    def set_wall(self, seconds):
        """So far is its clock off from now on."""
        struct.pack_into("q", self.board, 16, int(seconds * 10 ** 9))
