# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line, as the tests of it run it."""

import os
import re
import select
import subprocess

from daemons import BUILD, LIMIT

UMBEL = str(BUILD / "umbel")
DONE, REFUSED, USAGE, NO_DAEMON, LOCKED, DENIED, NOT_FOUND = range(7)


def fails(daemon, code, pattern, *arguments, stdin=""):
    """One sentence on standard error, nothing on the other, and the code."""
    done = daemon.umbel(*arguments, stdin=stdin, check=False)
    assert done.returncode == code, (arguments, done)
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert re.search(pattern, done.stderr), done.stderr
    return done


class Running:
    """A command that goes on, and its lines as they come."""

    def __init__(self, daemon, *arguments):
        self.process = subprocess.Popen(
            [UMBEL, "--run", str(daemon.run), *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.data = b""

    def line(self):
        pipe = self.process.stdout.fileno()
        while b"\n" not in self.data:
            assert select.select([pipe], [], [], LIMIT)[0], "no line"
            more = os.read(pipe, 65536)
            assert more, f"it ended: {self.process.stderr.read()}"
            self.data += more
        line, _, self.data = self.data.partition(b"\n")
        return line.decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()
