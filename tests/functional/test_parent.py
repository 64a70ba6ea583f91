# SPDX-License-Identifier: GPL-3.0-or-later
"""umbeld alone: its children are tests/functional/stub_child.c, which
speaks their letters and tells what it sees; tor is fake_tor.py.
"""

import fcntl
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("top_builddir",
                                    HERE.parent.parent / "build"))
FAKE_TOR = HERE / "fake_tor.py"
LIMIT = 30  # seconds; only ever reached when something is broken
STOP_LIMIT = 10  # of systemd, see systemd/system/umbel.service.in


def until(what, check):
    end = time.monotonic() + LIMIT
    while True:
        result = check()
        if result:
            return result
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.01)


def is_alive(pid):
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] not in "ZX"


class Parent:
    """One umbeld, and every line it and its children wrote."""

    def __init__(self, home, *arguments, env=None, **popen):
        self.home = home
        self.lines = []
        self.changed = threading.Condition()
        self.born = time.monotonic()
        self.process = subprocess.Popen(
            [home.bin / "umbeld", *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, env=env, **popen)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append((time.monotonic(), line.rstrip("\n")))
                self.changed.notify_all()

    def find(self, pattern, count=1):
        """Waits for that many lines; returns their matches."""
        def found():
            return [m for _, line in self.lines
                    if (m := re.search(pattern, line))]
        with self.changed:
            assert self.changed.wait_for(lambda: len(found()) >= count,
                                         LIMIT), (pattern, self.text())
            return found()

    def text(self):
        return "\n".join(line for _, line in self.lines)

    def pid_of(self, name, nth=1):
        return int(self.find(rf"{name}\[(\d+)\] dies by", nth)[nth - 1][1])

    def ready(self):
        self.find("umbeld: info: ready")
        return self

    def wait(self):
        status = self.process.wait(LIMIT)
        self.thread.join(LIMIT)
        self.process.stdout.close()
        return status

    def stop(self, number=signal.SIGTERM):
        """Returns the exit status and how long it took."""
        start = time.monotonic()
        self.process.send_signal(number)
        status = self.process.wait(LIMIT)
        took = time.monotonic() - start
        self.wait()
        return status, took


class Home:
    """Folders for a daemon, and copies of the programs."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.bin = self.folder / "b"
        self.data = self.folder / "d"
        self.run = self.folder / "r"
        self.extra = self.folder / "extra"
        self.bin.mkdir()
        shutil.copy(BUILD / "umbeld", self.bin / "umbeld")
        # A user without rights may not see into the folder of the sources.
        self.tor = shutil.copy(FAKE_TOR, self.bin / "fake_tor.py")
        for name in ("umbel-core", "umbel-httpd", "umbel-hooks",
                     "umbel-webhooks"):
            shutil.copy(BUILD / "stub_child", self.bin / name)
        self.extra.write_text(f"#FakeNet {self.folder}/net\n")
        self.parents = []

    def arguments(self, *more):
        return ["--data", self.data, "--run", self.run, "--listen",
                "127.0.0.1:0", "--tor", self.tor, "--tor-extra", self.extra,
                "--tor-writes", self.folder, *more]

    def start(self, *more, **popen):
        parent = Parent(self, *self.arguments(*more), **popen)
        self.parents.append(parent)
        return parent

    def start_bare(self, *arguments, **popen):
        parent = Parent(self, *arguments, **popen)
        self.parents.append(parent)
        return parent

    def child_does(self, name, what):
        (self.bin / f"{name}.does").write_text(what)


@pytest.fixture
def home():
    folder = tempfile.mkdtemp(prefix="u", dir="/tmp")
    home = Home(folder)
    yield home
    for parent in home.parents:
        if parent.process.poll() is None:
            parent.process.kill()
        parent.process.wait()
        for pid in set(re.findall(r"\w\[(\d+)\] dies by", parent.text())):
            until(f"end of {pid}", lambda pid=pid: not is_alive(int(pid)))
    shutil.rmtree(folder)


def refused(parent, pattern):
    """It ends with status 2 and one clear sentence."""
    assert parent.wait() == 2, parent.text()
    assert re.search(pattern, parent.text()), parent.text()


# life

def test_starts_joins_and_stops(home):
    parent = home.start().ready()
    core, httpd = parent.pid_of("umbel-core"), parent.pid_of("umbel-httpd")
    parent.find(rf"umbel-core\[{core}\] heard hello from "
                rf"umbel-httpd\[{httpd}\]")
    parent.find(rf"umbel-httpd\[{httpd}\] heard hello from "
                rf"umbel-core\[{core}\]")
    secret = parent.find(r"umbel-core\[\d+\] secret (.*)")[0][1]
    assert re.fullmatch(r"umbel_adm_[A-Za-z0-9_-]{43}", secret)
    header = home.run / "admin.header"
    assert header.read_text() == f"Authorization: Bearer {secret}\n"
    assert stat.S_IMODE(header.stat().st_mode) == 0o600
    api = home.run / "api.sock"
    assert stat.S_IMODE(api.stat().st_mode) == 0o600
    assert stat.S_ISSOCK(api.stat().st_mode)
    for folder in (home.data, home.run, home.data / "tor", home.run / "tor"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    until("tor's socket", (home.run / "tor" / "control").exists)
    status, took = parent.stop()
    assert status == 0
    assert took < STOP_LIMIT
    assert not is_alive(core) and not is_alive(httpd)
    assert not list(home.run.iterdir())
    assert not subprocess.run(["pgrep", "-f", str(home.data)],
                              capture_output=True, check=False).stdout
    # The secret is of one run.
    again = home.start().ready()
    assert again.find(r"secret (.*)")[0][1] != secret


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT])
def test_other_signals_stop_too(home, number):
    status, took = home.start().ready().stop(number)
    assert (status, took < STOP_LIMIT) == (0, True)


def test_listens_where_it_says(home):
    parent = home.start().ready()
    port = int(parent.find(r"ready, listening on 127\.0\.0\.1:(\d+)")[0][1])
    assert port > 0
    socket.create_connection(("127.0.0.1", port), LIMIT).close()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(home.run / "api.sock"))
    for name in ("umbel-core", "umbel-httpd"):
        arguments = re.findall(rf"{name}\[\d+\] arg (.*)", parent.text())
        assert arguments[arguments.index("--port") + 1] == str(port)
    parent.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), LIMIT)


def test_command_lines(home):
    passphrase = home.folder / "passphrase"
    passphrase.write_text("planted secret\n")
    conf = home.folder / "umbel.conf"
    conf.write_text("[kdf]\nmemory_mib = 64\npasses = 2\n"
                    "[api]\nhosts = umbel.example\ncalls_per_minute = 7\n"
                    "[contacts]\nstreams_per_hour = 99\n"
                    f'[user "bot"]\npassphrase_file = {passphrase}\n')
    parent = home.start("--config", conf, "--log-level", "debug").ready()

    def arguments(name):
        return " ".join(re.findall(rf"{name}\[\d+\] arg (.*)", parent.text()))

    port = parent.find(r"ready, listening on 127\.0\.0\.1:(\d+)")[0][1]
    assert arguments("umbel-httpd") == (
        f"--ctl 3 --tcp 4 --unix 5 --port {port} --verbose "
        "--host umbel.example")
    assert arguments("umbel-core") == (
        f"--ctl 3 --data {home.data} --run {home.run} --port {port} "
        f"--tor-cookie {home.run}/tor/cookie "
        "--kdf-memory-mib 64 --kdf-passes 2 "
        "--calls-per-minute 7 --sends-per-minute 120 "
        "--streams-per-hour 99 --messages-per-second 20 --mib-per-day 64 "
        "--file-quota-mib 20480 --contact-quota-mib 10240 "
        "--disk-reserve-mib 1024 --circuits-max 4 "
        "--log-level 3 --auto-lock-minutes 0 "
        f"--user-passphrase-file bot={passphrase}")
    assert "planted secret" not in parent.text()


def test_another_loopback_address(home):
    parent = home.start("--listen", "127.9.8.7:0").ready()
    port = int(parent.find(r"ready, listening on 127\.9\.8\.7:(\d+)")[0][1])
    socket.create_connection(("127.9.8.7", port), LIMIT).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), LIMIT)
    parent.find(rf"umbel-httpd\[\d+\] arg 127\.9\.8\.7:{port}$")


def test_without_a_tor_of_its_own(home):
    theirs = home.folder / "theirs"
    theirs.mkdir()
    parent = home.start_bare(
        "--data", home.data, "--run", home.run, "--listen", "127.0.0.1:0",
        "--no-tor-child", theirs / "control", theirs / "socks").ready()
    core = " ".join(re.findall(r"umbel-core\[\d+\] arg (.*)", parent.text()))
    assert f"--tor-cookie {theirs}/control.authcookie --tor-foreign" in core
    parent.stop()
    (theirs / "cookie").write_bytes(bytes(32))
    parent = home.start_bare(
        "--data", home.data, "--run", home.run, "--listen", "127.0.0.1:0",
        "--no-tor-child", theirs / "control", theirs / "socks").ready()
    assert f"--tor-cookie {theirs}/cookie" in " ".join(
        re.findall(r"umbel-core\[\d+\] arg (.*)", parent.text()))
    assert not (home.data / "tor").exists()


# death

@pytest.mark.parametrize("name", ["umbel-core", "umbel-httpd"])
def test_a_dead_child_comes_back(home, name):
    other = "umbel-httpd" if name == "umbel-core" else "umbel-core"
    parent = home.start().ready()
    other_pid = parent.pid_of(other)
    os.kill(parent.pid_of(name), signal.SIGKILL)
    parent.find(f"{name} was killed by signal 9; started again in 100 ms")
    parent.find(f"{name} is back")
    pid = parent.pid_of(name, 2)
    # A new channel for both, and the same secret.
    parent.find(rf"{other}\[{other_pid}\] heard hello from {name}\[{pid}\]")
    parent.find(rf"{name}\[{pid}\] heard hello from "
                rf"{other}\[{other_pid}\]")
    assert len(set(re.findall(r"secret (.*)", parent.text()))) == 1
    assert parent.stop()[0] == 0


def test_a_dead_tor_comes_back(home):
    parent = home.start("--log-level", "debug").ready()
    pid = int(parent.find(r"tor is process (\d+)")[0][1])
    until("tor's socket", (home.run / "tor" / "control").exists)
    os.kill(pid, signal.SIGKILL)
    parent.find("tor was killed by signal 9")
    second = int(parent.find(r"tor is process (\d+)", 2)[1][1])
    until("tor", lambda: is_alive(second))
    assert parent.stop()[0] == 0
    assert not is_alive(second)


def test_never_a_tight_loop(home):
    home.child_does("umbel-core", "die")
    parent = home.start()
    waits = [int(m[1]) for m in
             parent.find(r"umbel-core was .* again in (\d+) ms", 5)]
    assert waits[:5] == [100, 200, 400, 800, 1600]
    starts = [at for at, line in parent.lines
              if re.search(r"umbel-core\[\d+\] dies by", line)]
    for i in range(1, 5):
        assert starts[i] - parent.born >= sum(waits[:i]) / 1000
    # Stopped in the middle of a wait.
    status, took = parent.stop()
    assert (status, took < STOP_LIMIT) == (0, True)


def test_a_refusal_is_not_repeated(home):
    home.child_does("umbel-core", "refuse")
    parent = home.start()
    assert parent.wait() == 2
    assert "umbel-core exited with status 2" in parent.text()
    assert not (home.run / "admin.header").exists()


def test_lines_for_the_journal(home):
    """With a level, and without a second time; also what tor says."""
    log = home.folder / "log"
    with open(log, "wb") as out:
        stat_of = os.fstat(out.fileno())
        process = subprocess.Popen(
            [home.bin / "umbeld", *map(str, home.arguments())], stdout=out,
            stderr=out, env={**os.environ, "JOURNAL_STREAM":
                             f"{stat_of.st_dev}:{stat_of.st_ino}"})
    try:
        until("tor's line", lambda: "<6>tor: Bootstrapped 100%"
              in log.read_text())
        until("ready", lambda: "<6>ready, listening" in log.read_text())
    finally:
        process.terminate()
        process.wait(LIMIT)
    ours = [line for line in log.read_text().split("\n")
            if line and not re.match(r"[\w-]+\[\d+\]", line)]
    assert ours
    assert [line for line in ours if not re.match(r"<[3467]>", line)] == []
    assert not re.search(r"\d\d:\d\d:\d\d", "\n".join(ours))


def test_a_missing_program(home):
    (home.bin / "umbel-httpd").unlink()
    refused(home.start(), "umbel-httpd is missing: install Umbel again")


def test_a_program_that_cannot_run(home):
    (home.bin / "umbel-core").write_text("no program\n")
    refused(home.start(), "umbel-core cannot be run")


def test_deaf_children_are_killed_in_time(home):
    for name in ("umbel-core", "umbel-httpd"):
        home.child_does(name, "stay")
    parent = home.start().ready()
    pids = [parent.pid_of(name) for name in ("umbel-core", "umbel-httpd")]
    os.kill(pids[1], signal.SIGSTOP)
    status, took = parent.stop()
    assert (status, took < STOP_LIMIT) == (0, True)
    assert "umbel-core did not stop; killed" in parent.text()
    assert not any(map(is_alive, pids))
    assert not list(home.run.iterdir())


def test_the_core_may_ask_to_stop(home):
    home.child_does("umbel-core", "shutdown")
    parent = home.start()
    parent.find("stopping, as asked over the API")
    assert parent.process.wait(30) == 0
    assert not list(home.run.iterdir())


def test_nobody_else_may_ask_to_stop(home):
    home.child_does("umbel-httpd", "shutdown")
    parent = home.start()
    parent.find("umbel-httpd was killed by signal 9")
    home.child_does("umbel-httpd", "")
    parent.ready()


def test_nobody_else_may_say_that_tor_hangs(home):
    home.child_does("umbel-httpd", "blame tor")
    home.start().find("umbel-httpd sent what is no message")


@pytest.mark.parametrize("name", ["umbel-core", "umbel-hooks"])
def test_who_has_no_use_for_another_channel(home, name):
    conf = home.folder / "umbel.conf"
    conf.write_text('[hook "x"]\non = message.received\n'
                    'command = /bin/true\n')
    home.child_does(name, "join")
    home.start("--config", conf).find(f"{name} sent what is no message")


def test_hooks_are_started_if_there_are_any(home):
    conf = home.folder / "umbel.conf"
    conf.write_text('[hook "log"]\non = message.received file.state\n'
                    'command = /bin/x -a "b c"\ntimeout = 5\n'
                    '[hook "all"]\non = contact.added\ncommand = /bin/y\n'
                    "user = ann\n")
    parent = home.start("--config", conf, "--log-level", "debug").ready()
    parent.find("umbel-core.* channel H")
    parent.pid_of("umbel-hooks")  # it has told all
    arguments = re.findall(r"umbel-hooks\[\d+\] arg (.*)", parent.text())
    assert arguments == [
        "--ctl", "3", "--data", str(home.data), "--verbose",
        "--hook", "log", "--timeout", "5",
        "--word", "/bin/x", "--word", "-a", "--word", "b c",
        "--hook", "all", "--timeout", "30", "--word", "/bin/y"]
    told = re.findall(r"umbel-core\[\d+\] arg (.*)", parent.text())
    assert told[told.index("--hook"):] == [
        "--hook", "log", "--hook-types", "message.received file.state",
        "--hook", "all", "--hook-types", "contact.added",
        "--hook-user", "ann"]
    # Whichever dies, both have a new channel.
    os.kill(parent.pid_of("umbel-hooks"), signal.SIGKILL)
    parent.find("umbel-core.* channel H", 2)
    os.kill(parent.pid_of("umbel-core"), signal.SIGKILL)
    parent.find("umbel-core.* channel H", 3)
    assert "umbel-webhooks[" not in parent.text()
    status, took = parent.stop()
    assert (status, took < STOP_LIMIT) == (0, True)


def test_webhooks_are_started_when_asked_for(home):
    home.child_does("umbel-core", "wish")
    parent = home.start().ready()
    webhooks = parent.pid_of("umbel-webhooks")
    parent.find("umbel-core.* channel P")
    assert "umbel-hooks[" not in parent.text()
    # A new core asks again, and that is no news.
    os.kill(parent.pid_of("umbel-core"), signal.SIGKILL)
    parent.find("umbel-core.* channel P", 2)
    os.kill(webhooks, signal.SIGKILL)
    parent.find("umbel-core.* channel P", 3)
    assert len(parent.find(r"umbel-webhooks\[\d+\] dies by", 2)) == 2
    assert parent.stop()[0] == 0


def test_only_the_core_may_ask_for_webhooks(home):
    home.child_does("umbel-httpd", "wish")
    parent = home.start()
    parent.find("umbel-httpd was killed by signal 9")
    home.child_does("umbel-httpd", "")
    parent.ready()
    assert "umbel-webhooks[" not in parent.text()


def test_a_hook_process_that_refuses_stops_nobody(home):
    """It is started again; the rest goes on."""
    conf = home.folder / "umbel.conf"
    conf.write_text('[hook "x"]\non = file.state\ncommand = /bin/x\n')
    home.child_does("umbel-hooks", "refuse")
    parent = home.start("--config", conf).ready()
    parent.find("umbel-hooks exited with status 2; started again", 2)
    home.child_does("umbel-hooks", "")
    parent.find("umbel-core.* channel H")
    assert parent.stop()[0] == 0


@pytest.mark.parametrize("what", ["babble", "close"])
def test_a_child_out_of_order_is_replaced(home, what):
    home.child_does("umbel-httpd", what)
    parent = home.start()
    parent.find("umbel-httpd was killed by signal 9")
    home.child_does("umbel-httpd", "")
    parent.ready()


def test_children_die_with_the_parent(home):
    parent = home.start("--log-level", "debug").ready()
    pids = [int(m[1]) for m in parent.find(r" is process (\d+)", 3)]
    parent.process.kill()
    parent.process.wait()
    for pid in pids:
        until(f"end of {pid}", lambda pid=pid: not is_alive(pid))
    # What lies about does not disturb the next, which is not kept waiting.
    home.start().ready()


# HOSTILE L-04: a second daemon on the same folder

def test_l04_second_daemon_is_refused(home):
    first = home.start().ready()
    header = (home.run / "admin.header").read_text()
    second = home.start_bare(
        "--data", home.data, "--run", home.folder / "r2", "--listen",
        "127.0.0.1:0", "--tor", FAKE_TOR)
    refused(second, f"another umbeld uses the folder {home.data}: stop it")
    third = home.start_bare(
        "--data", home.folder / "d2", "--run", home.run, "--listen",
        "127.0.0.1:0", "--tor", FAKE_TOR)
    refused(third, f"another umbeld uses the folder {home.run}: stop it")
    assert (home.run / "admin.header").read_text() == header
    assert (home.run / "api.sock").exists()
    assert is_alive(first.pid_of("umbel-core"))
    assert first.stop()[0] == 0


def test_l04_stale_lock_means_nothing(home):
    home.data.mkdir(mode=0o700)
    (home.data / "lock").write_text(f"{os.getpid()}\n")
    assert home.start().ready().stop()[0] == 0


def test_l04_lock_lives_as_long_as_a_core(home):
    parent = home.start().ready()
    lock = rf"umbel-core\[\d+\] fd 4 {home.data}/lock"
    parent.find(lock)
    with open(home.data / "lock", "rb") as file:
        with pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        parent.stop()
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_l04_lock_is_no_symlink(home):
    home.data.mkdir(mode=0o700)
    (home.data / "lock").symlink_to(home.folder / "victim")
    refused(home.start(), "lock cannot be opened")
    assert not (home.folder / "victim").exists()


# HOSTILE L-05: somebody has our port

def test_l05_taken_port_is_refused(home):
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        port = squatter.getsockname()[1]
        parent = home.start("--listen", f"127.0.0.1:{port}")
        refused(parent, rf"port {port} of 127\.0\.0\.1 is taken by another "
                r"program: stop it, or choose another with --listen")
    assert not (home.run / "admin.header").exists()
    assert "umbel-core[" not in parent.text()


# HOSTILE L-10: what a wrapper may have put into the environment

def test_l10_environment_is_not_handed_on(home):
    trap = home.folder / "trap"
    trap.mkdir()
    (trap / "tor").write_text("#!/bin/sh\ntouch " f"{trap}/called\n")
    (trap / "tor").chmod(0o755)
    env = {"PATH": str(trap), "HOME": "/nonexistent", "TMPDIR": str(trap),
           "XDG_DATA_HOME": str(trap), "XDG_RUNTIME_DIR": str(trap),
           "XDG_CONFIG_HOME": str(trap), "LC_ALL": "tr_TR.UTF-8",
           "LD_LIBRARY_PATH": str(trap), "OPENSSL_CONF": str(trap / "ssl"),
           "PLANTED": "planted secret", "TZ": "UTC",
           "JOURNAL_STREAM": "8:1234", "ASAN_OPTIONS": "verify_asan_link_order=0"}
    parent = home.start(env=env)
    # That was told to somebody else.
    parent.ready()
    names = {line.partition("=")[0] for line in
             re.findall(r"\] env (.*)", parent.text())}
    assert names - {"ASAN_OPTIONS"} == {"TZ", "JOURNAL_STREAM"}
    assert "planted secret" not in parent.text()
    assert not (trap / "called").exists()
    assert sorted(p.name for p in trap.iterdir()) == ["tor"]


# [api.unix]

def test_no_descriptors_for_a_guest(home):
    """It waits for some, and does not turn round and round meanwhile."""
    def cpu_ticks():
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
        return sum(map(int, text.rpartition(")")[2].split()[11:13]))

    conf = home.folder / "u.conf"
    conf.write_text(f"[api.unix]\nallow = {os.getuid()}:token\n")
    parent = home.start("--config", conf).ready()
    pid = parent.process.pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    # All below are in use, and poll() takes as many, and no more.
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (9, hard))
    with socket.socket(socket.AF_UNIX) as guest:
        guest.connect(str(home.run / "shared" / "api.sock"))
        parent.find("no connection can be taken now")
        before = cpu_ticks()
        time.sleep(0.5)
        assert cpu_ticks() - before < 10
        assert len(parent.find("no connection can be taken now")) <= 2
        assert not re.search("channel U", parent.text())
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
        parent.find("channel U")
    parent.stop()


# HOSTILE L-11: unsafe places

@pytest.mark.parametrize("mode", [0o777, 0o775])
@pytest.mark.parametrize("which", ["data", "run"])
def test_l11_writable_parent_is_refused(home, which, mode):
    loose = home.folder / "loose"
    loose.mkdir()
    loose.chmod(mode)
    setattr(home, which, loose / "x")
    refused(home.start(), f"{loose}/x is not safe: others may write to "
            f"{loose}")
    assert not (loose / "x").exists()


def test_l11_sticky_parent_will_do(home):
    sticky = home.folder / "sticky"
    sticky.mkdir()
    sticky.chmod(0o1777)
    home.data = sticky / "x"
    home.start().ready()


def test_l11_writable_grandparent_is_refused(home):
    loose = home.folder / "loose"
    (loose / "own").mkdir(parents=True)
    loose.chmod(0o777)
    home.data = loose / "own" / "x"
    refused(home.start(), f"others may write to {loose};")


@pytest.mark.parametrize("which", ["data", "run"])
def test_l11_writable_folder_is_refused(home, which):
    getattr(home, which).mkdir()
    getattr(home, which).chmod(0o770)
    refused(home.start(), "is not safe: it is no folder of ours, or others "
            "may write to it")


def test_l11_symlink_is_refused(home):
    home.data.symlink_to(home.folder / "b")
    refused(home.start(), "is not safe: it is no folder of ours")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_l11_foreign_folder_is_refused(home):
    home.data.mkdir(mode=0o700)
    os.chown(home.data, 65534, 65534)
    refused(home.start(), "is not safe: it is no folder of ours")


def test_l11_umask_does_not_matter(home):
    parent = home.start(preexec_fn=lambda: os.umask(0)).ready()
    for path in home.data.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    for path in home.run.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    parent.stop()


def test_l11_open_data_folder_is_closed(home):
    home.data.mkdir(mode=0o755)
    home.start().ready()
    assert stat.S_IMODE(home.data.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_a_file_that_is_gone_is_no_empty_one(home):
    """An editor that deletes and writes anew, and a signal between."""
    conf = home.folder / "c" / "umbel" / "umbel.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text("[daemon]\nauto_lock_minutes = 7\n")
    for path in (home.folder, *home.folder.rglob("*")):
        os.chown(path, 65534, 65534)
    parent = home.start(user=65534, group=65534, extra_groups=[],
                        env={"XDG_CONFIG_HOME": str(home.folder / "c")})
    parent.ready()
    conf.unlink()
    parent.process.send_signal(signal.SIGHUP)
    parent.find(f"{conf} is gone; the configuration stays as it was")
    conf.write_text("")
    parent.process.send_signal(signal.SIGHUP)
    parent.find("auto_lock_minutes in .daemon. is changed")
    parent.stop()


# What is not ours stays as it is

def test_data_of_others_is_left_alone(home):
    """--data /etc, and nobody but root could log in any more."""
    home.data.mkdir(mode=0o755)
    (home.data / "passwd").write_text("x")
    for more in ([], ["--check-config"]):
        refused(home.start(*more),
                f"{home.data} is not Umbel's: it has passwd in it; choose a ")
    assert stat.S_IMODE(home.data.stat().st_mode) == 0o755
    assert [p.name for p in home.data.iterdir()] == ["passwd"]
    # A disk of its own; and a copy of one that was there.
    (home.data / "passwd").unlink()
    (home.data / "lost+found").mkdir()
    home.start().ready().stop()
    (home.data / "notes").write_text("x")
    home.start().ready().stop()
    (home.data / "lock").unlink()
    (home.data / "users").mkdir(mode=0o700, exist_ok=True)
    home.start().ready()


@pytest.mark.parametrize("theirs", ["docker.sock", "tor/control"])
def test_run_of_others_is_left_alone(home, theirs):
    """--run /run, and the sockets of all services would be gone."""
    home.run.mkdir(mode=0o755)
    path = home.run / theirs
    path.parent.mkdir(exist_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        if path.parent != home.run:
            if os.geteuid() != 0:
                pytest.skip("needs root, for a folder of another's")
            os.chown(path.parent, 65534, 65534)
        for more in ([], ["--check-config"]):
            refused(home.start(*more), f"{home.run} is not Umbel's: it has "
                    f"{pathlib.PurePath(theirs).parts[0]} in it; choose a ")
        assert path.is_socket()
    assert stat.S_IMODE(home.run.stat().st_mode) == 0o755


# What umbel-core may write to

def test_run_is_not_inside_data(home):
    """Or it moves tor's control socket to RUN/c."""
    link = home.folder / "link"
    link.symlink_to(home.data)
    for run in (home.data / "r", home.data, link / "r"):
        home.run = run
        refused(home.start(), f"{run} must not be in the data folder")
    home.run = home.folder / "d2"  # only the names are alike
    home.start().ready()


def test_what_is_run_is_not_inside_data(home):
    """Or it is another program the next time."""
    home.data.mkdir(mode=0o700)
    conf = home.folder / "u.conf"
    inside = home.data / "file"
    shutil.copy(home.extra, inside)
    for text, more in (
            ("", ["--config", inside]),
            ("", ["--tor-extra", inside]),
            ("", ["--tor", inside]),
            (f'[hook "a"]\non = file.state\ncommand = {inside}\n', []),
            (f"[tor]\nchild = no\ncontrol_socket = {inside}\n"
             f"socks_socket = {home.folder}/s\n", None)):
        conf.write_text(text)
        arguments = ["--config", conf]
        if more is None:
            parent = home.start_bare("--data", home.data, "--run", home.run,
                                     "--listen", "127.0.0.1:0", *arguments)
        else:
            parent = home.start(*arguments, *more)
        refused(parent, f"{inside} must not be in the data folder")


# HOSTILE L-13: what is inherited

def test_l13_descriptors_signals_limits(home):
    def spoil():
        os.open("/etc/passwd", os.O_RDONLY)
        for number in (5, 9, 100):
            os.dup2(2, number)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
        resource.setrlimit(resource.RLIMIT_CORE, (4096, 4096))
    parent = home.start(preexec_fn=spoil, close_fds=False).ready()
    parent.find("umbel-core.* blocked 0 ignored 0")
    parent.find("umbel-httpd.* blocked 0 ignored 0")
    kinds = dict(re.findall(r"umbel-core\[\d+\] fd (\d+) (\S*)",
                            parent.text()))
    assert sorted(map(int, kinds)) == [0, 1, 2, 3, 4]
    assert kinds["0"] == "/dev/null"
    kinds = dict(re.findall(r"umbel-httpd\[\d+\] fd (\d+) (\S*)",
                            parent.text()))
    assert sorted(map(int, kinds)) == [0, 1, 2, 3, 4, 5]
    assert all(kinds[n].startswith("socket:") for n in "345")
    for pid in (parent.process.pid, parent.pid_of("umbel-core")):
        limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
        assert re.search(r"Max core file size\s+0\s+0", limits)
    own = os.listdir(f"/proc/{parent.process.pid}/fd")
    assert "100" not in own
    os.kill(parent.pid_of("umbel-core"), signal.SIGKILL)
    parent.find("umbel-core is back")
    assert parent.stop()[0] == 0


def test_l13_closed_standard_descriptors(home):
    """What is opened first must not become standard error."""
    def close_all():
        for number in (0, 1, 2):
            os.close(number)
    process = subprocess.Popen(
        [home.bin / "umbeld", *map(str, home.arguments())],
        preexec_fn=close_all)
    try:
        until("admin.header", (home.run / "admin.header").exists)
        for number in (0, 1, 2):
            assert os.readlink(f"/proc/{process.pid}/fd/{number}") == \
                "/dev/null"
        assert not (home.data / "lock").read_bytes()
    finally:
        process.terminate()
        assert process.wait(LIMIT) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="others see it by /proc's rule")
def test_l13_parent_is_not_dumpable(home):
    """What is not dumpable belongs to root, whoever runs it."""
    os.chmod(home.folder, 0o755)
    place = home.folder / "nobody"
    place.mkdir()
    os.chown(place, 65534, 65534)
    home.data, home.run = place / "d", place / "r"
    os.chmod(home.extra, 0o644)
    parent = home.start(user=65534, group=65534, extra_groups=[],
                        env={"HOME": "/nonexistent"}).ready()
    mem = pathlib.Path(f"/proc/{parent.process.pid}/environ")
    assert mem.stat().st_uid == 0
    assert parent.stop()[0] == 0


# HOSTILE T-08: which tor

def make_tor(home, text, mode=0o755):
    path = home.folder / "sometor"
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("output, pattern", [
    ("Tor version 0.4.9.10.", r"is too old .*install a newer one"),
    ("Tor version 0.4.8.21.", "is too old"),
    ("Tor version 0.3.5.18 (git-1).", "is too old"),
    ("Tor version 99.", "does not tell a version as tor does"),
    ("hello", "does not tell a version as tor does"),
    ("", "does not tell a version as tor does"),
])
def test_t08_other_tors_are_refused(home, output, pattern):
    tor = make_tor(home, f'#!/bin/sh\necho "{output}"\n')
    parent = home.start("--tor", tor)
    refused(parent, pattern)
    assert str(tor) in parent.text()
    assert "umbel-core[" not in parent.text()
    assert not (home.run / "admin.header").exists()


def test_t08_endless_output(home):
    tor = make_tor(home, "#!/bin/sh\nexec /usr/bin/yes x\n")
    refused(home.start("--tor", tor), "does not tell a version")


def test_t08_missing_and_not_executable(home):
    refused(home.start("--tor", home.folder / "nothing"),
            f"there is no tor at {home.folder}/nothing .*apt install tor")
    tor = make_tor(home, "Tor version 0.4.9.11.\n", 0o644)
    refused(home.start("--tor", tor), "there is no tor at")


def test_t08_name_without_a_folder(home):
    """PATH is never searched."""
    refused(home.start("--tor", "tor"), "--tor: expected a path with a '/'")


def test_a_folder_for_tor_that_is_not_there(home):
    refused(home.start("--tor-writes", home.folder / "nothing"),
            f"{home.folder}/nothing, where tor may write, is no folder")


def test_t08_lines_that_undo_ours(home):
    home.extra.write_text("SocksPort 9050\n")
    refused(home.start(), f"tor's configuration with {home.extra}: extra "
            "line 1, 'SocksPort', sets")
    home.extra.unlink()
    refused(home.start(), "with lines for tor, cannot be read")


# configuration

@pytest.mark.parametrize("arguments, pattern", [
    (["--frob"], "^umbeld: unknown flag '--frob'"),
    (["--listen", "0.0.0.0:7766"], "^umbeld: --listen: expected a loopback"),
    (["--config", "/nonexistent"], "^umbeld: /nonexistent cannot be read"),
    (["--run", "/tmp/a b"], "^umbeld: --run: the run folder's path has a space"),
    (["--run", "/tmp/" + "x" * 80], "^umbeld: .* has 85 bytes"),
])
def test_bad_flags(home, arguments, pattern):
    parent = home.start_bare(*arguments)
    refused(parent, pattern)
    assert len(parent.lines) == 1


def test_bad_file(home):
    conf = home.folder / "u.conf"
    conf.write_text("[daemon]\n\nlog_level = loud\n")
    parent = home.start_bare("--config", conf)
    refused(parent, f"^umbeld: {conf}:3: expected error, warning, info or "
            "debug, not 'loud'$")
    refused(home.start_bare("--config", conf, "--check-config"), "u.conf:3")
    conf.write_text("[daemon]\nlog_level = debug\n")
    parent = home.start_bare("--config", conf, "--check-config",
                             "--data", home.data, "--run", home.run)
    assert parent.wait() == 0
    assert parent.text() == "the configuration is right"
    assert not home.data.exists()


def test_help_and_version(home):
    parent = home.start_bare("--help")
    assert parent.wait() == 0
    for flag in ("--config FILE", "--data DIR", "--run DIR", "--listen",
                 "--tor PATH", "--tor-extra FILE", "--tor-writes DIR",
                 "--no-tor-child",
                 "--version", "--check-config", "--log-level"):
        assert flag in parent.text()
    assert all(len(line) < 80 for _, line in parent.lines)
    parent = home.start_bare("--version")
    assert parent.wait() == 0
    assert re.fullmatch(r"umbeld \d+\.\d+\.\d+", parent.text())


def test_default_file(home):
    folder = home.folder / "umbel"
    folder.mkdir()
    (folder / "umbel.conf").write_text("[nonsense]\n")
    home.folder.chmod(0o755)
    # Root's is in /etc.
    nobody = {"user": 65534, "group": 65534, "extra_groups": []}
    refused(home.start_bare(env={"XDG_CONFIG_HOME": str(home.folder)},
                            **(nobody if os.geteuid() == 0 else {})),
            "umbel.conf:1: expected")


def test_manual_is_whole(home):
    """Every flag and every key has its paragraph."""
    top = HERE.parent.parent
    parent = home.start_bare("--help")
    parent.wait()
    flags = re.findall(r"^  --([a-z-]+)", parent.text(), re.M)
    manual = (top / "doc/man/umbeld.8").read_text()
    assert len(flags) >= 12
    assert [f for f in flags if f".It Fl -{f}" not in manual] == []
    manual = (top / "doc/man/umbel.conf.5").read_text()
    section, listed, documented = "", set(), set()
    parent = home.start_bare("--data", home.data, "--print-config")
    parent.wait()
    for line in parent.text().split("\n"):
        if match := re.match(r"\[(.*)\]", line):
            section = match[1]
        elif match := re.match(r"(?:# )?(\w+) =", line):
            listed.add((section, match[1]))
    assert len(listed) >= 25
    for part in manual.split(".Ss ")[1:]:
        section = re.match(r"\[([a-z.]+)", part)[1]
        part = part.partition("\n.Sh")[0]
        documented |= {(section, key) for key in
                       re.findall(r"^\.It Cm (\w+)$", part, re.M)}
    # Sections of which there may be several are not in the table.
    several = {("user", "passphrase_file"), ("hook", "on"), ("hook", "command"),
               ("hook", "timeout"), ("hook", "user")}
    assert documented == listed | several
