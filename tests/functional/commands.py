# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line, as the tests of it run it."""

import codecs
import contextlib
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import termios
import time

import pytest

from daemons import BUILD, LIMIT, until

SHELLS = pathlib.Path(__file__).resolve().parent.parent.parent / "cli/shells"
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


class Terminal:
    """The command on a terminal of its own."""

    def __init__(self, *arguments, program=UMBEL, env=None):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(program, [program, *arguments], env or os.environ)
        self.text = ""
        # A read may end in the midst of a character.
        self.decoder = codecs.getincrementaldecoder("utf-8")()

    def expect(self, pattern):
        end = time.monotonic() + LIMIT
        while not re.search(pattern, self.text):
            assert time.monotonic() < end, self.text
            if select.select([self.fd], [], [], 1)[0]:
                try:
                    self.text += self.decoder.decode(
                        os.read(self.fd, 4096))
                except OSError:
                    break
        assert re.search(pattern, self.text), self.text

    def answer(self, prompt, text):
        """Once it listens: what is typed earlier is thrown away."""
        self.expect(prompt)
        until("no echo", lambda: not self.echoes())
        self.write(text)

    def write(self, text):
        os.write(self.fd, text.encode())

    def echoes(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def end(self):
        """Exit code, or minus the signal."""
        with contextlib.suppress(OSError):
            while data := os.read(self.fd, 4096):
                self.text += self.decoder.decode(data)
        status = os.waitpid(self.pid, 0)[1]
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


class Shell(Terminal):
    """A person's shell on a terminal, with our completions in it."""
    BEGIN = {
        "bash": (["--norc", "--noprofile", "-i"], ". '{}/umbel.bash'"),
        "zsh": (["-f", "-i"], "fpath=('{}' $fpath); autoload -Uz compinit; "
                "compinit -u -D"),
        "fish": (["--no-config", "-i"], "source '{}/umbel.fish'"),
    }

    def __init__(self, name, folder):
        program = shutil.which(name)
        if not program:
            pytest.skip(f"{name} is not installed")
        words, load = self.BEGIN[name]
        env = {"PATH": f"{BUILD}:{os.environ['PATH']}", "TERM": "xterm",
               "HOME": str(folder), "LC_ALL": "C.UTF-8", "HISTFILE": "",
               "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder),
               "NO_COLOR": "1"}
        super().__init__(*words, program=program, env=env)
        self.write(load.format(SHELLS) + "; echo rea''dy\r")
        self.expect("ready")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGKILL)
        self.end()
