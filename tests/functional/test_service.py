# SPDX-License-Identifier: GPL-3.0-or-later
"""umbeld under a service manager, with one that keeps to the protocols: it
takes what sd_notify(3) says, hands over a listener as sd_listen_fds(3) has it,
and starts the units of umbeld's children when it is connected to.
tests/systemd runs the same under systemd itself.
"""

import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import time

import pytest

from daemons import children_of
from test_parent import (BUILD, LIMIT, STOP_LIMIT, Parent, home, is_alive,
                         refused, until)

# Seconds.  A hang is half of it.
WATCHDOG = 4
ROLES = ("core", "httpd", "broker", "tor", "hooks", "webhooks")


class Manager:
    """The socket of a service manager, and what came."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(LIMIT)
        name = address if isinstance(address, str) else "@" + address[1:].decode()
        self.env = {"PATH": os.environ["PATH"], "NOTIFY_SOCKET": name,
                    "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}
        self.seen = []

    def next(self):
        text = self.socket.recv(4096).decode()
        self.seen.append(text)
        return text.split("\n")

    def until(self, line):
        while line not in self.next():
            pass

    def close(self):
        self.socket.close()


@pytest.fixture(params=["path", "abstract"])
def manager(request, home):
    one = Manager(str(home.folder / "notify") if request.param == "path"
                  else b"\0umbel-" + home.folder.name.encode())
    yield one
    one.close()


@pytest.fixture
def notify(home):
    one = Manager(str(home.folder / "notify"))
    yield one
    one.close()


# readiness and status

def test_says_when_it_is_ready_and_when_it_stops(home, manager):
    parent = home.start(env=manager.env)
    manager.until("READY=1")
    # Not before both of them serve.
    assert parent.find(r"umbel-core\[\d+\] dies by")
    assert parent.find(r"umbel-httpd\[\d+\] dies by")
    assert "NOTIFY_SOCKET" not in parent.text()
    parent.process.send_signal(signal.SIGTERM)
    manager.until("STOPPING=1")
    assert parent.wait() == 0
    assert manager.seen.count("READY=1") == 1


def test_is_not_ready_without_httpd(home, notify):
    home.child_does("umbel-httpd", "refuse")
    parent = home.start(env=notify.env)
    assert parent.wait() == 2
    notify.until("STOPPING=1")
    assert not [text for text in notify.seen if "READY=1" in text]


def test_a_reload_says_nothing_before_it_is_ready(home, notify):
    home.child_does("umbel-core", "mute")
    conf = home.folder / "umbel.conf"
    conf.write_text("")
    parent = home.start("--config", conf, env=notify.env)
    parent.pid_of("umbel-core")
    parent.process.send_signal(signal.SIGHUP)
    parent.find("the configuration was read again")
    assert parent.stop()[0] == 0
    notify.until("STOPPING=1")
    assert not [text for text in notify.seen
                if "READY=1" in text or "RELOADING=1" in text]


def test_the_status_is_of_the_core_that_lives(home, notify):
    home.child_does("umbel-core", "up")
    parent = home.start(env=notify.env)
    notify.until("STATUS=Tor is ready")
    home.child_does("umbel-core", "")
    os.kill(parent.pid_of("umbel-core"), signal.SIGKILL)
    notify.until("STATUS=starting")
    notify.until("STATUS=no Tor yet")
    assert parent.stop()[0] == 0


@pytest.mark.parametrize("address", ["relative", "/nowhere/notify", "@",
                                     "/" + 200 * "x"])
def test_socket_of_a_manager_that_is_none(home, address):
    parent = home.start(env={"NOTIFY_SOCKET": address}).ready()
    parent.find("NOTIFY_SOCKET cannot be used")
    assert parent.stop()[0] == 0


# watchdog

def watched(manager, seconds=WATCHDOG, pid=None):
    env = dict(manager.env, WATCHDOG_USEC=str(int(seconds * 1e6)))
    if pid:
        env["WATCHDOG_PID"] = str(pid)
    return env


def test_is_petted_while_all_is_well(home, notify):
    parent = home.start(env=watched(notify))
    notify.until("READY=1")
    for _ in range(3):
        notify.until("WATCHDOG=1")
    assert parent.stop()[0] == 0


def test_a_watchdog_of_somebody_else(home, notify):
    """WATCHDOG_PID names another: nothing is to be petted."""
    parent = home.start(env=watched(notify, 0.2, pid=1))
    notify.until("READY=1")
    notify.socket.settimeout(1)
    with pytest.raises(TimeoutError):
        notify.until("WATCHDOG=1")
    assert parent.stop()[0] == 0


@pytest.mark.parametrize("name", ["umbel-core", "umbel-httpd"])
def test_one_that_hangs_is_killed_and_started_again(home, notify, name):
    home.child_does(name, "hang")
    parent = home.start(env=watched(notify)).ready()
    first = parent.pid_of(name)
    parent.find(f"{name} does not answer")
    (home.bin / f"{name}.does").unlink()
    parent.find(f"{name} is back")
    until("its end", lambda: not is_alive(first))
    notify.until("WATCHDOG=1")
    assert parent.stop()[0] == 0


def test_one_that_is_stopped_is_killed(home, notify):
    """A process that the kernel does not run answers as little."""
    parent = home.start(env=watched(notify)).ready()
    core = parent.pid_of("umbel-core")
    os.kill(core, signal.SIGSTOP)
    parent.find("umbel-core does not answer")
    parent.find("umbel-core is back")
    assert not is_alive(core)
    assert parent.stop()[0] == 0


def test_a_broker_that_is_stopped_is_killed(home, notify):
    parent = home.start(env=watched(notify)).ready()
    def broker_of():
        return children_of(parent.process.pid).get("umbel-broker")
    broker = until("the broker", broker_of)
    os.kill(broker, signal.SIGSTOP)
    parent.find("umbel-broker does not answer")
    parent.find("umbel-broker is back")
    assert not is_alive(broker)
    assert parent.stop()[0] == 0


def test_what_hangs_again_and_again_is_not_petted(home, notify):
    """Then it is for the service manager to start all of it anew."""
    home.child_does("umbel-core", "die")
    parent = home.start(env=watched(notify, 1))
    parent.find("umbel-core was killed", 3)
    # httpd is there, and that is not enough.
    parent.pid_of("umbel-httpd")
    notify.socket.settimeout(2)
    with pytest.raises(TimeoutError):
        notify.until("WATCHDOG=1")
    assert parent.stop()[0] == 0


# socket activation

ACTIVATE = ('LISTEN_PID=$$ LISTEN_FDS=$N LISTEN_FDNAMES=$NAMES '
            'exec "$0" "$@"')


def activated(home, sockets, names, *more, listen="127.0.0.1:0"):
    """umbeld, started as systemd does it: descriptors from 3 on."""
    arguments = [str(a) for a in home.arguments(*more)]
    arguments[arguments.index("127.0.0.1:0")] = listen
    # What is to be dup'ed must not be in the way.
    fds = [os.dup(s.fileno()) for s in sockets]
    lines = "".join(f"exec {3 + i}>&{fd}; " if fd != 3 + i else ""
                    for i, fd in enumerate(fds))
    assert all(fd >= 3 + len(fds) for fd in fds)
    shim = home.folder / "activate"
    shim.write_text(f"#!/bin/bash\n{lines}\nN={len(fds)} NAMES={names}\n"
                    f"export N NAMES\n{ACTIVATE.replace('$0', str(home.bin / 'umbeld'))}\n")
    shim.chmod(0o700)
    parent = Activated(home, shim, arguments, fds)
    home.parents.append(parent)
    for fd in fds:
        os.close(fd)
    return parent



class Activated(Parent):
    def __init__(self, home, shim, arguments, fds):
        self.home = home
        self.lines = []
        self.changed = threading.Condition()
        self.born = time.monotonic()
        self.process = subprocess.Popen(
            [shim, *arguments], stdin=subprocess.DEVNULL, pass_fds=fds,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()


def listener(family=socket.AF_INET, host="127.0.0.1"):
    s = socket.socket(family)
    s.bind((host, 0))
    s.listen(16)
    return s


@pytest.fixture
def spare():
    """So many descriptors that what is dup'ed lies above them."""
    files = [open("/dev/null", "rb") for _ in range(16)]
    yield
    for f in files:
        f.close()


def test_listener_of_the_manager(home, spare):
    with listener() as mine:
        port = mine.getsockname()[1]
        parent = activated(home, [mine], "http").ready()
        parent.find(f"ready, listening on 127.0.0.1:{port}$")
        parent.find(rf"umbel-httpd\[\d+\] arg {port}$")
        inode = os.fstat(mine.fileno()).st_ino
        parent.find(rf"umbel-httpd\[\d+\] fd 4 socket:\[{inode}\]")
        assert "LISTEN_" not in "".join(
            line for line in parent.text().split("\n") if " env " in line)
        # It stays the manager's: who comes while we are away waits in it.
        assert parent.stop()[0] == 0
        with socket.create_connection(("127.0.0.1", port), LIMIT):
            pass


def test_the_one_that_is_meant(home, spare):
    with listener() as other, listener() as mine:
        port = mine.getsockname()[1]
        parent = activated(home, [other, mine], "other:http").ready()
        parent.find(f"ready, listening on 127.0.0.1:{port}$")
        assert parent.stop()[0] == 0


def test_none_that_is_meant(home, spare):
    with listener() as other:
        port = other.getsockname()[1]
        parent = activated(home, [other], "other").ready()
        assert f":{port}" not in parent.text()
        assert parent.stop()[0] == 0


def test_configured_elsewhere(home, spare):
    with listener() as mine:
        port = mine.getsockname()[1]
        parent = activated(home, [mine], "http",
                           listen="127.0.0.1:7000").ready()
        parent.find(rf"listen = 127.0.0.1:7000 has no effect: systemd hands "
                    rf"over 127.0.0.1:{port}")
        assert parent.stop()[0] == 0


def test_listener_that_is_open_to_others(home, spare):
    with listener(host="0.0.0.0") as mine:
        refused(activated(home, [mine], "http"),
                r"hands over a listener on 0.0.0.0:\d+, and Umbel listens to "
                "this machine alone")


@pytest.mark.parametrize("kind", ["unix", "udp", "connected"])
def test_what_is_no_listener(home, spare, kind):
    a, b = socket.socketpair()
    if kind == "udp":
        a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    elif kind == "unix":
        a = socket.socket(socket.AF_UNIX)
        a.bind(str(home.folder / "x"))
        a.listen()
    with a, b:
        refused(activated(home, [a], "http"), "is no TCP listener")


def test_meant_for_somebody_else(home):
    """LISTEN_PID of another process: as if there were none."""
    parent = home.start(env={"LISTEN_PID": "1", "LISTEN_FDS": "1",
                             "LISTEN_FDNAMES": "http"}).ready()
    assert parent.stop()[0] == 0


# units

class Units:
    """Starts umbel-join for who connects, as Accept=yes does."""

    def __init__(self, home):
        self.home = home
        self.folder = home.folder / "units"
        self.folder.mkdir()
        self.read, self.write = os.pipe()
        self.lines = []
        self.changed = threading.Condition()
        self.pids = []
        self.listeners = {}
        self.refuses = set()
        self.waits = {}  # by role: until that is set
        for name in ("umbel-join",):
            shutil.copy(BUILD / name, home.bin / name)
        for role in ROLES:
            s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            s.bind(str(self.folder / role))
            s.listen(8)
            self.listeners[role] = s
            threading.Thread(target=self._serve, args=(role, s),
                             daemon=True).start()
        threading.Thread(target=self._listen, daemon=True).start()

    def _serve(self, role, listener):
        while True:
            try:
                conn, _ = listener.accept()
            except OSError:
                return
            if role in self.refuses:
                conn.close()
                continue
            if role in self.waits:
                self.waits[role].wait(LIMIT)
            env = {"CREDENTIALS_DIRECTORY": str(self.home.folder / "cred"),
                   "HOME": "/", "LISTEN_FDS": "1",
                   "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}
            fd = os.dup(conn.fileno())
            pid = os.posix_spawn(
                self.home.bin / "umbel-join", ["umbel-join", role], env,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, self.write, 1),
                    (os.POSIX_SPAWN_DUP2, self.write, 2),
                    (os.POSIX_SPAWN_DUP2, fd, 3)])
            os.close(fd)
            conn.close()
            self.pids.append(pid)
            threading.Thread(target=os.waitpid, args=(pid, 0),
                             daemon=True).start()

    def _listen(self):
        for line in os.fdopen(self.read, errors="replace"):
            with self.changed:
                self.lines.append((0, line.rstrip("\n")))
                self.changed.notify_all()

    find = Parent.find
    text = Parent.text
    pid_of = Parent.pid_of

    def close(self):
        for s in self.listeners.values():
            s.shutdown(socket.SHUT_RDWR)
            s.close()
        for pid in self.pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        os.close(self.write)


@pytest.fixture
def units(home):
    one = Units(home)
    yield one
    one.close()


def test_each_process_is_a_unit(home, units):
    conf = home.folder / "umbel.conf"
    (home.folder / "cred").mkdir()
    conf.write_text('[user "alice"]\n'
                    'passphrase_file = ${CREDENTIALS_DIRECTORY}/alice\n')
    parent = home.start("--units", units.folder, "--config", conf).ready()
    core, httpd = units.pid_of("umbel-core"), units.pid_of("umbel-httpd")
    assert {core, httpd} <= set(units.pids)
    units.find(rf"umbel-core\[{core}\] heard hello from umbel-httpd")
    units.find(rf"umbel-httpd\[{httpd}\] heard hello from umbel-core")
    lock = (home.data / "lock").resolve()
    units.find(rf"umbel-core\[{core}\] fd 4 {lock}$")
    assert len(units.find(rf"umbel-core\[{core}\] fd ")) == 5
    # Of the core's own unit, which umbeld knows nothing of.
    units.find(rf"umbel-core\[{core}\] arg alice={home.folder}/cred/alice$")
    assert not units.text().count("env HOME")
    # Nothing but tor's version was asked for by a process of its own.
    assert not subprocess.run(["pgrep", "-P", str(parent.process.pid)],
                              capture_output=True, check=False).stdout
    until("tor's socket", (home.run / "tor" / "control").exists)
    status, took = parent.stop()
    assert (status, took < STOP_LIMIT) == (0, True)
    for pid in units.pids:
        until(f"end of {pid}", lambda pid=pid: not is_alive(pid))


@pytest.mark.parametrize("name", ["umbel-core", "umbel-httpd"])
def test_a_unit_that_dies_is_started_again(home, units, name):
    parent = home.start("--units", units.folder).ready()
    os.kill(units.pid_of(name), signal.SIGKILL)
    parent.find(f"{name} has ended; started again in 100 ms")
    parent.find(f"{name} is back")
    assert units.pid_of(name, 2) != units.pid_of(name)
    assert parent.stop()[0] == 0


def test_a_unit_that_hangs_is_killed(home, units, notify):
    parent = home.start("--units", units.folder, env=watched(notify)).ready()
    core = units.pid_of("umbel-core")
    os.kill(core, signal.SIGSTOP)
    parent.find("umbel-core does not answer")
    parent.find("umbel-core is back")
    assert not is_alive(core)
    assert parent.stop()[0] == 0


def test_a_reload_while_a_unit_is_on_its_way(home, units):
    """It is told what to become first, and that is what is new."""
    conf = home.folder / "umbel.conf"
    conf.write_text("")
    units.waits = {role: threading.Event() for role in ("core", "tor")}
    parent = home.start("--units", units.folder, "--config", conf)
    units.pid_of("umbel-httpd")
    home.extra.write_text(home.extra.read_text() + "MaxCircuitDirtiness 700\n")
    parent.process.send_signal(signal.SIGHUP)
    parent.find("the configuration was read again")
    for event in units.waits.values():
        event.set()
    parent.ready()
    until("tor's socket", (home.run / "tor" / "control").exists)
    assert "has ended" not in parent.text()
    assert parent.stop()[0] == 0


def test_tor_of_a_unit_dies_with_the_rest(home, units):
    parent = home.start("--units", units.folder).ready()
    until("tor's socket", (home.run / "tor" / "control").exists)
    os.kill(parent.process.pid, signal.SIGKILL)
    parent.wait()
    for name in ("umbel-core", "umbel-httpd"):
        until(f"end of {name}", lambda n=name: not is_alive(units.pid_of(n)))


def test_a_unit_that_cannot_be_started(home, units):
    units.refuses.add("core")
    parent = home.start("--units", units.folder)
    parent.find("umbel-core was not started by systemd .*journalctl -u "
                r"'umbel-core@\*'")
    assert parent.wait() == 2


def test_no_socket_of_a_unit(home, units):
    (units.folder / "webhooks").unlink()
    home.child_does("umbel-core", "wish")
    parent = home.start("--units", units.folder).ready()
    parent.find("umbel-webhooks cannot be started: No such file")
    assert parent.stop()[0] == 0


def test_hello_of_something_else(home, units):
    """What answers and is no umbel-join is not told anything."""
    units.listeners["core"].shutdown(socket.SHUT_RDWR)
    (units.folder / "core").unlink()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.bind(str(units.folder / "core"))
        s.listen()
        parent = home.start("--units", units.folder)
        s.settimeout(LIMIT)
        conn, _ = s.accept()
        with conn:
            conn.send(b"R")
            conn.settimeout(LIMIT)
            assert conn.recv(4096) == b""
        parent.find("umbel-core was not started by systemd")
        assert parent.wait() == 2


@pytest.mark.parametrize("message", [b"x", b"N", b"N\0", b"N\0words",
                                     b"N\x09words\0", b"N\x01umbel-core\0"])
def test_join_is_told_nonsense(home, units, message):
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with a, b:
        join = subprocess.Popen(
            ["/bin/bash", "-c", f'exec "$0" core 3>&{b.fileno()}',
             home.bin / "umbel-join"], pass_fds=[b.fileno()],
            stderr=subprocess.PIPE, text=True)
        b.close()
        assert a.recv(16) == b"J"
        a.send(message)
        if message[1:2] == b"\x01":
            a.send(b"F")  # and no descriptor with it
        a.shutdown(socket.SHUT_WR)
        assert join.wait(LIMIT) == 2
        assert "umbeld does not say what is to be started" in join.stderr.read()
        join.stderr.close()


def test_join_by_hand(home, units):
    done = subprocess.run([home.bin / "umbel-join", "core"], text=True,
                          capture_output=True, check=False)
    assert done.returncode == 2
    assert "started by systemd for umbeld, not by hand" in done.stderr


# administrators

def test_a_group_of_administrators(home):
    if os.geteuid() != 0:
        pytest.skip("a group of one's own is root's to give")
    parent = home.start("--admins", "daemon").ready()
    gid = 1
    for name, mode in (("", 0o710), ("admin.header", 0o640),
                       ("api.sock", 0o660)):
        st = (home.run / name).stat()
        assert (st.st_gid, stat.S_IMODE(st.st_mode)) == (gid, mode), name
    for folder in (home.data, home.run / "tor"):
        assert not folder.stat().st_mode & 0o077
    assert parent.stop()[0] == 0
    # And without it nobody is left in.
    parent = home.start().ready()
    assert (home.run / "admin.header").stat().st_mode & 0o077 == 0
    assert parent.stop()[0] == 0


def test_no_such_group(home):
    refused(home.start("--admins", "umbel-nobody"),
            r"there is no group umbel-nobody .*groupadd --system")
