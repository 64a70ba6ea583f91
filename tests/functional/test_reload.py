# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration: where a value comes from, what is looked at before it is
used, and what changes while umbeld runs."""

import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

from daemons import BUILD, LIMIT, Place, Refused, children_of, until
from test_admin import BRIDGE, PLUGIN, put_bridges, torrc
from test_hooks import KEEP, Home, Out, script

READ_AGAIN = "the configuration was read again"
STAYS = "the configuration stays as it was"


@pytest.fixture(name="place")
def make_place():
    with Place() as place:
        yield place


def hang_up(daemon, sign=READ_AGAIN):
    """SIGHUP; what the log has from then on, up to that sign."""
    before = len(daemon.log.read_text())
    daemon.process.send_signal(signal.SIGHUP)

    def told():
        news = daemon.log.read_text()[before:]
        return news if sign in news else None
    return until(sign, told)


def configure(daemon, text):
    daemon.conf.write_text(text)
    return daemon


def umbeld(*arguments, env=None, cwd="/"):
    done = subprocess.run(
        [BUILD / "umbeld", *map(str, arguments)], capture_output=True,
        text=True, timeout=LIMIT, cwd=cwd, check=False,
        env={"PATH": os.environ["PATH"], "ASAN_OPTIONS": "detect_leaks=0",
             **(env or {})})
    return done.returncode, done.stdout, done.stderr


# Where a value comes from

def test_flags_environment_file_default(place):
    conf = place.folder / "umbel.conf"
    conf.write_text("[daemon]\nlog_level = error\n[contacts]\n"
                    "mib_per_day = 5\nstreams_per_hour = 70\n"
                    "[tor]\nbridges = /etc/b\n")
    flags = ["--data", place.folder / "d", "--run", place.folder / "r",
             "--config", conf, "--print-config", "--log-level", "debug"]
    env = {"UMBEL_DAEMON_LOG_LEVEL": "warning",
           "UMBEL_CONTACTS_MIB_PER_DAY": "6", "UMBEL_API_UNIX_ALLOW": "7:token",
           "UMBEL_KDF_PASSES": "", "UMBEL_HOOK": "of no meaning here"}
    status, out, _ = umbeld(*flags, env=env)
    assert status == 0
    for said in ("# --log-level\nlog_level = debug",
                 "# UMBEL_CONTACTS_MIB_PER_DAY\nmib_per_day = 6",
                 f"# {conf}:5\nstreams_per_hour = 70",
                 "# the default\nmessages_per_second = 20",
                 "# UMBEL_API_UNIX_ALLOW\nallow = 7:token",
                 f"# {conf}:7\nbridges = /etc/b",
                 "# not set\n# extra ="):
        assert said in out
    # What it prints is a file that says the same.
    again = place.folder / "again.conf"
    again.write_text(out)
    status, second, _ = umbeld("--config", again, "--print-config")
    assert status == 0

    def values(text):
        return [line for line in text.split("\n") if not line.startswith("#")]
    assert values(second) == values(out)
    # The file itself, by the environment; a flag goes before that.
    env = {"UMBEL_CONFIG": str(again)}
    assert values(umbeld("--print-config", env=env)[1]) == values(out)
    status, _, error = umbeld("--config", "/none", "--print-config", env=env)
    assert (status, "/none cannot be read" in error) == (2, True)


def test_sections_are_printed_too(place):
    conf = place.folder / "umbel.conf"
    (place.folder / "secret").write_text("x")
    text = (f'[user "ann"]\npassphrase_file = {place.folder}/secret\n'
            '[hook "h"]\non = message.received\n'
            'command = /bin/cp "a b" c ""\ntimeout = 7\nuser = ann\n')
    conf.write_text(text)
    status, out, _ = umbeld("--config", conf, "--print-config")
    assert status == 0
    kept = "\n".join(line for line in out.split("\n")
                     if line and not line.startswith("#"))
    assert kept.endswith(text.strip())


@pytest.mark.parametrize("name, value, error", [
    ("UMBEL_TOR_PAHT", "/usr/bin/tor", "is no key of the configuration"),
    ("UMBEL_KDF_PASSES", "1000", "UMBEL_KDF_PASSES: expected a number"),
    ("UMBEL_DAEMON_RUN", "r", "UMBEL_DAEMON_RUN: expected an absolute path"),
    ("UMBEL_DAEMON_LISTEN", "0.0.0.0:1", "expected a loopback address"),
    ("UMBEL_DAEMON_RUN", "/tmp/" + 90 * "x", "UMBEL_DAEMON_RUN: "),
    ("UMBEL_TOR_SOCKS_SOCKET", "/s", "UMBEL_TOR_SOCKS_SOCKET: control_socket"),
])
def test_an_environment_that_is_wrong(place, name, value, error):
    status, out, told = umbeld("--data", place.folder / "d", "--print-config",
                               env={name: value})
    assert (status, out) == (2, "")
    assert error in told
    assert told.count("\n") == 1


# What is looked at

def check(place, text, *flags):
    conf = place.folder / "umbel.conf"
    conf.write_text(text)
    return umbeld("--config", conf, "--data", place.folder / "d", "--run",
                  place.folder / "r", "--check-config", *flags)


@pytest.mark.parametrize("text, error", [
    ("[daemon]\nlogs = 1\n", "umbel.conf:2: expected a key of [daemon]"),
    ("[tor]\ncontrol_socket = /c\n", "umbel.conf:2: control_socket, socks_"),
    ("[tor]\nchild = yes\nfiltered = yes\n", "umbel.conf:3: control_socket"),
    ("\n[tor]\nchild = no\n", "umbel.conf:3: child = no needs"),
    ("[tor]\nchild = no\ncontrol_socket = /c\nsocks_socket = /s\n"
     "transports = obfs4\n", "umbel.conf:5: extra, writes, bridges"),
    ('[user "x"]\n', 'umbel.conf:1: [user] without a passphrase_file'),
    ('[user "x"]\npassphrase_file = /none\n',
     "umbel.conf:1: the passphrase_file cannot be read: No such file"),
    ('[hook "x"]\non = message.received\n',
     "umbel.conf:1: [hook \"x\"] without 'command'"),
    ('[hook "x"]\non = message.received\ncommand = /etc/passwd\n',
     "umbel.conf:1: /etc/passwd cannot be run"),
    ("[tor]\nextra = /none\n", "/none, with lines for tor, cannot be read"),
    ("[tor]\nbridges = /none\n", "/none, with bridges, cannot be read"),
    ("[tor]\npath = /bin/false\n", "/bin/false does not tell a version"),
    ("[tor]\nwrites = /none\n", "/none, where tor may write, is no folder"),
    ("[tor]\ntransports = obfs5\n", "umbel.conf:2: expected obfs4, meek_lite"),
    ("[daemon]\nrun = /tmp/" + 90 * "x" + "\n", ":2: the run folder's path"),
])
def test_check_config_says_where(place, text, error):
    conf = place.folder / "umbel.conf"
    conf.write_text(text)
    arguments = ["--config", conf, "--data", place.folder / "d",
                 "--check-config"]
    if "run =" not in text:
        arguments += ["--run", place.folder / "r"]
    status, out, told = umbeld(*arguments)
    assert (status, out) == (2, "")
    assert error in told
    assert told.count("\n") == 1
    # It has only looked.
    assert sorted(p.name for p in place.folder.iterdir()) == ["umbel.conf"]


@pytest.mark.parametrize("text, error", [
    (b"\xef\xbb\xbf[daemon]\n", "umbel.conf:1: expected UTF-8 without a byte"),
    ("[daemon]\n".encode("utf-16"), "umbel.conf:1: expected UTF-8 without a b"),
    (b"[daemon]\r\n", "umbel.conf:1: expected lines that end as on Unix"),
    (b"[daemon]\nlog_level = a\0b\n", "umbel.conf:2: expected text in UTF-8"),
    (b"x" * 1025, "umbel.conf:1: expected a line of at most 1024"),
    (b"\n" * 65537, "umbel.conf cannot be read: it is too long"),
])
def test_a_file_that_is_no_text_of_ours(place, text, error):
    (place.folder / "umbel.conf").write_bytes(text)
    status, out, told = umbeld("--config", place.folder / "umbel.conf",
                               "--check-config")
    assert (status, out, told.count("\n")) == (2, "", 1)
    assert error in told


def test_what_is_no_file_of_ours(place):
    """One sentence, at once: a FIFO that nobody writes to would wait."""
    conf, link = place.folder / "umbel.conf", place.folder / "link"
    conf.write_text("")
    conf.chmod(0o644)
    link.symlink_to(conf)
    os.mkfifo(place.folder / "fifo")
    for path, error in ((link, "it is a symbolic link: name what"),
                        (place.folder / "fifo", "it is no plain file"),
                        ("/dev/null", "it is no plain file"),
                        ("/dev/zero", "it is no plain file"),
                        (place.folder, "Is a directory"),
                        ("", "a file without a name cannot be read"),
                        ("/none\n<0>x", "/none.<0>x cannot be read")):
        status, _, told = umbeld("--config", path, "--check-config")
        assert (status, error in told, told.count("\n")) == (2, True, 1), told


def test_nobody_else_may_write_what_is_run(place):
    conf, other = place.folder / "umbel.conf", place.folder / "other"
    other.write_text("")
    for mode, want in ((0o664, 0), (0o646, 2)):
        other.chmod(mode)
        for key in ("extra", "bridges"):
            assert check(place, f"[tor]\n{key} = {other}\n")[0] == want
        conf.write_text("")
        conf.chmod(mode)
        status, _, told = umbeld(
            "--config", conf, "--data", place.folder / "d", "--run",
            place.folder / "r", "--check-config")
        assert (status, "everybody may write to it: chmod o-w it" in told) == (
            want, want == 2)
        conf.chmod(0o644)


def test_a_tor_that_is_not_there(place):
    """Its sockets may come later; its folder says as whom it runs."""
    folder = place.folder / "tor"
    text = ("[tor]\nchild = no\n"
            f"control_socket = {folder}/c\nsocks_socket = {folder}/s\n")
    status, out, told = check(place, text)
    assert (status, out) == (2, "")
    assert f"{folder}, where the cookie of tor is to be, cannot be" in told
    folder.mkdir(mode=0o700)
    status, out, told = check(place, text)
    assert (status, out) == (0, "the configuration is right\n")
    assert told.count("umbeld waits for tor") == 2


def test_a_group_that_is_not_there(place):
    status, _, told = check(place, "[api.unix]\nadmins = no-such-group\n")
    assert (status, "umbel.conf:2: there is no group no-such-group" in told
            ) == (2, True)


def test_a_refusal_is_an_error_of_the_journal(place):
    journal = place.folder / "journal"
    with open(journal, "wb") as file:
        st = os.fstat(file.fileno())
        done = subprocess.run(
            [BUILD / "umbeld", "--config", "/none"], stderr=file, check=False,
            env={"JOURNAL_STREAM": f"{st.st_dev}:{st.st_ino}"}, timeout=LIMIT)
    assert done.returncode == 2
    assert journal.read_text().startswith("<3>umbeld: /none cannot be read")


@pytest.mark.parametrize("flag", ["--print-config", "--help", "--version",
                                  "--check-config"])
def test_output_that_goes_nowhere_is_no_success(place, flag):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [BUILD / "umbeld", "--data", place.folder / "d", "--run",
             place.folder / "r", flag], stdout=full, stderr=subprocess.PIPE,
            env={"ASAN_OPTIONS": "detect_leaks=0"}, check=False, timeout=LIMIT)
    assert (done.returncode, done.stderr) == (
        1, b"umbeld: what was asked for cannot be written\n")


@pytest.mark.parametrize("path", ["/tmp/x ", "/tmp/a\nb", "/tmp/\udcff"])
def test_a_path_that_no_file_could_name(place, path):
    """--print-config would print another one, or two lines."""
    status, out, told = umbeld("--data", place.folder / "d", "--tor", path,
                               "--print-config")
    assert (status, out, told.count("\n")) == (2, "", 1)
    assert "--tor: expected a path in UTF-8" in told


def test_check_config_of_lines_for_tor(place):
    extra, bridges = place.folder / "extra", place.folder / "bridges"
    text = f"[tor]\nextra = {extra}\nbridges = {bridges}\n"
    bridges.write_text("# mine\n\nBridge 192.0.2.7:443 " + 40 * "A" + "\n")
    extra.write_text("SocksPort 9050\n")
    status, _, told = check(place, text)
    assert (status, f"with {extra}: extra line 1, 'SocksPort', sets" in told
            ) == (2, True)
    # The rest of it is nobody's business: not the log's either.
    extra.write_text("x\nBridge 192.0.2.9:443 \\\n")
    status, _, told = check(place, text)
    assert (status, "extra line 2, 'Bridge', has a backslash" in told) == (
        2, True)
    assert "192.0" not in told
    # Programs by their whole path only, and not where the core may write.
    for path, error in (("obfs4proxy", "takes the absolute path"),
                        ("./x", "takes the absolute path"),
                        ("/none/x", "there is no pluggable transport at"),
                        (f"{place.folder}/d/x", "must not be in the data")):
        extra.write_text(f"ClientTransportPlugin x exec {path} -a\n")
        status, _, told = check(place, text)
        assert (status, error in told) == (2, True), told
    extra.write_text("ClientTransportPlugin x exec /bin/true -a\n")
    bridges.write_text("x 192.0.2.7:443\nobfs4 192.0.2.8:443\n")
    status, _, told = check(place, text)
    assert (status, f"{bridges}:2: umbel.conf does not allow" in told) == (
        2, True)
    bridges.write_text("x 192.0.2.7:443\n")
    assert check(place, text)[:2] == (0, "the configuration is right\n")


def test_credentials_need_not_be_there_to_look(place):
    text = '[user "x"]\npassphrase_file = ${CREDENTIALS_DIRECTORY}/x\n'
    assert check(place, text)[0] == 0
    os.umask(0o022)
    secret = place.folder / "secret"
    secret.write_text("x")
    status, _, told = check(place, f'[user "x"]\npassphrase_file = {secret}\n')
    assert (status, "umbel.conf:1: the passphrase_file can be read by others"
            in told) == (0, True)


def test_a_signal_that_comes_early(place):
    """By a script that has only just started it."""
    fifo, tor = place.folder / "fifo", place.folder / "tor"
    os.mkfifo(fifo)
    tor.write_text(f"#!/bin/sh\nread line < {fifo}\n"
                   "echo Tor version 0.4.9.11.\n")
    tor.chmod(0o755)
    with subprocess.Popen(
            [BUILD / "umbeld", "--data", place.folder / "d", "--run",
             place.folder / "r", "--tor", tor, "--check-config"],
            env={"ASAN_OPTIONS": "detect_leaks=0"},
            stdout=subprocess.PIPE) as early:
        with open(fifo, "w", encoding="ascii") as go:
            early.send_signal(signal.SIGHUP)
            go.write("\n")
        assert early.stdout.read() == b"the configuration is right\n"
    assert early.returncode == 0


def test_a_passphrase_that_the_core_will_not_read(place):
    """What passed, and then left the user locked."""
    secret, link = place.folder / "secret", place.folder / "link"
    secret.write_text("x")
    secret.chmod(0o600)
    link.symlink_to(secret)
    for path, error in ((link, "it is a symbolic link"),
                        (place.folder, "it is no plain file"),
                        (secret, None)):
        status, _, told = check(place, '[user "zoe"]\npassphrase_file = '
                                f"{path}\n")
        assert status == (2 if error else 0)
        assert not error or f"umbel.conf:1: the passphrase_file cannot be " \
            f"read: {error}" in told, told
    secret.write_text("x" * 4097)
    told = check(place, f'[user "zoe"]\npassphrase_file = {secret}\n')[2]
    assert "umbel.conf:1: the passphrase_file cannot be read: it is too" in told
    lone = place.daemon("lone", start=False)
    lone.conf.write_text(lone.conf.read_text() + '[user "zoe"]\n'
                         f'passphrase_file = {link}\n[hook "h"]\n'
                         "on = message.received\ncommand = /none/x\n")
    lone.start()
    said = lone.log.read_text()
    assert "the passphrase_file of [user] number 1 cannot be read (it is a sym" \
        in said
    assert "/none/x cannot be run" in said
    assert "zoe" not in said


@pytest.mark.skipif(not shutil.which("tor"), reason="needs tor")
def test_tor_itself_is_asked(place):
    extra = place.folder / "extra"
    for line, word in (("NoSuchOption 1", "'NoSuchOption'"),
                       ("Bridge 192.0.2.7:x", "Bridge line did not parse"),
                       ("NewCircuitPeriod 7", None)):
        extra.write_text(line + "\n")
        status, _, told = check(place, f"[tor]\nextra = {extra}\n", "--tor",
                                shutil.which("tor"))
        assert status == (2 if word else 0), told
        assert not word or (f"tor does not take its configuration with {extra}"
                            in told and word in told)
        assert "192.0" not in told and told.count("\n") == (1 if word else 0)
    # Nothing is made for it.
    assert sorted(p.name for p in place.folder.iterdir()) == [
        "extra", "umbel.conf"]


def test_a_tor_that_works_is_not_ended_for_one_that_would_not(place):
    lone = place.daemon("lone")
    tor = lone.pid_of("fake_tor.py")
    before = lone.extra.read_text()
    lone.extra.write_text(before + "NoSuch 1\n")
    said = hang_up(lone, STAYS)
    assert "Unknown option 'NoSuch'" in said
    assert lone.pid_of("fake_tor.py") == tor
    lone.extra.write_text(before + "NewCircuitPeriod 7\n")
    hang_up(lone)
    until("another tor", lambda: children_of(lone.process.pid).get(
        "fake_tor.py") not in (None, tor))


# What changes while it runs

def test_limits_and_levels(place):
    daemon = place.daemon("ann")
    core = daemon.pid_of("umbel-core")
    base = daemon.conf.read_text()
    assert daemon.call("GET", "/v1/settings")["log_level"] == "info"
    configure(daemon, base.replace("calls_per_minute = 0",
                                   "calls_per_minute = 7")
              + "[daemon]\nlog_level = debug\nauto_lock_minutes = 9\n")
    news = hang_up(daemon)
    for key in ("calls_per_minute in [api]", "log_level in [daemon]",
                "auto_lock_minutes in [daemon]"):
        assert f"{key} is changed" in news
    settings = daemon.call("GET", "/v1/settings")
    assert settings["log_level"] == "debug"
    assert settings["auto_lock_minutes"] == 9
    with pytest.raises(Refused) as refused:
        for _ in range(20):
            daemon.call("GET", "/v1/settings")
    assert refused.value.status == 429
    configure(daemon, base)
    hang_up(daemon)
    for _ in range(20):
        daemon.call("GET", "/v1/settings")
    # It is in force for the next core too.
    configure(daemon, base + "[daemon]\nauto_lock_minutes = 11\n")
    hang_up(daemon)
    assert daemon.pid_of("umbel-core") == core
    daemon.kill("umbel-core")
    until("another core", lambda: daemon.pid_of("umbel-core") != core)
    daemon.wait_up()
    assert daemon.call("GET", "/v1/settings")["auto_lock_minutes"] == 11


def test_a_bad_file_changes_nothing(place):
    daemon = place.daemon("ann")
    base = daemon.conf.read_text()
    for text, error in (
            (base + "[daemon]\nlog_level = loud\n", r":\d+: expected error, "),
            (base + "[tor]\nextra = /x\nchild = no\n", "child = no"),
            (base + "[daemon]\nlog_level = debug\n[hook \"x\"]\n"
             "on = message.received\ncommand = /none\n", "/none cannot be run"),
            (base + "[daemon]\nlog_level = debug\n[tor]\nbridges = /none\n",
             "/none, with bridges")):
        configure(daemon, text)
        news = hang_up(daemon, STAYS)
        assert re.search(error, news)
        assert READ_AGAIN not in news
        assert daemon.call("GET", "/v1/settings")["log_level"] == "info"
    daemon.conf.unlink()
    assert "cannot be read" in hang_up(daemon, STAYS)
    configure(daemon, base + "[daemon]\nlog_level = debug\n")
    hang_up(daemon)
    assert daemon.call("GET", "/v1/settings")["log_level"] == "debug"


def test_what_cannot_change_stays(place):
    daemon = place.daemon("ann")
    (place.folder / "secret").write_text("x")
    configure(daemon, daemon.conf.read_text() +
              "[api.unix]\nallow = 7:token\n"
              f'[user "x"]\npassphrase_file = {place.folder}/secret\n')
    news = hang_up(daemon)
    assert re.search(r"umbel\.conf:\d+: allow in \[api\.unix\] changes only "
                     "when umbeld is started again; it stays", news)
    assert "sections change only when" in news
    assert not (daemon.run / "shared").exists()


def test_hooks_come_change_and_go(place):
    out = Out(place.folder / "out")
    out.mkdir()
    first = script(place.folder, "first", KEEP.format(out))
    home = Home(place, "")
    alice = home.alice
    base = alice.conf.read_text()
    assert "umbel-hooks" not in children_of(alice.process.pid)
    home.say("before there is one")
    configure(alice, f'{base}[hook "h"]\non = message.received\n'
              f"command = {first}\n")
    hang_up(alice)
    home.say("one")
    until("the first", lambda: out.texts() == ["one"])
    home.until_hook("h", lambda h: h["runs"] == 1)
    # Another command goes on where the one before was.
    second = Out(place.folder / "second")
    second.mkdir()
    other = script(place.folder, "other", KEEP.format(second))
    before = alice.pid_of("umbel-hooks")
    configure(alice, f'{base}[hook "g"]\non = contact.added\n'
              "command = /bin/true\n"
              f'[hook "h"]\non = message.received\ncommand = {other}\n')
    hang_up(alice)
    home.say("two")
    until("the second", lambda: second.texts() == ["two"])
    assert out.texts() == ["one"]
    assert alice.pid_of("umbel-hooks") != before
    assert [h["name"] for h in alice.call("GET", "/v1/hooks")["items"]] == [
        "g", "h"]
    # Nothing about them is new: nobody is started again.
    before = alice.pid_of("umbel-hooks")
    hang_up(alice)
    assert alice.pid_of("umbel-hooks") == before
    home.say("three")
    until("the same", lambda: second.texts() == ["two", "three"])
    configure(alice, base)
    hang_up(alice)
    until("the end of umbel-hooks",
          lambda: "umbel-hooks" not in children_of(alice.process.pid))
    assert alice.call("GET", "/v1/hooks")["items"] == []
    home.say("four")
    assert second.texts() == ["two", "three"]


def test_bridges_of_the_file(place):
    """They alone count: a core that was taken over has no say in them."""
    daemon = place.daemon("ann", start=False)
    bridges = place.folder / "bridges"
    bridges.write_text(f"# mine\nBridge {BRIDGE}\n")
    daemon.extra.write_text(daemon.extra.read_text() + PLUGIN)
    base = daemon.conf.read_text()
    configure(daemon, f"{base}[tor]\nbridges = {bridges}\n").start()
    daemon.wait_for_tor()
    tor = daemon.pid_of("fake_tor.py")
    assert f"UseBridges 1\nBridge {BRIDGE}\n" in torrc(daemon)
    with pytest.raises(Refused) as refused:
        put_bridges(daemon, False)
    assert refused.value.status == 409
    assert daemon.pid_of("fake_tor.py") == tor
    assert daemon.call("GET", "/v1/tor/bridges")["lines"] == [BRIDGE]
    # Other lines in the same file.
    bridges.write_text("obfs4 192.0.2.9:1 cert=x\n")
    assert "tor is started again" in hang_up(daemon)
    until("another tor", lambda: daemon.pid_of("fake_tor.py") != tor)
    daemon.wait_for_tor()
    assert "Bridge obfs4 192.0.2.9:1 cert=x\n" in torrc(daemon)
    # One that is wrong; then none at all.
    tor = daemon.pid_of("fake_tor.py")
    bridges.write_text("obfs4 example.org:1\n")
    assert f"{bridges}:1: expected ADDRESS:PORT" in hang_up(daemon, STAYS)
    assert daemon.pid_of("fake_tor.py") == tor
    configure(daemon, base)
    hang_up(daemon)
    until("another tor", lambda: daemon.pid_of("fake_tor.py") != tor)
    daemon.wait_for_tor()
    assert "ridge" not in torrc(daemon)
    assert put_bridges(daemon, True, BRIDGE)["use"]


def test_a_terminal_that_closes_ends_it(place):
    """There SIGHUP is no wish to read anything again."""
    daemon = place.daemon("ann", start=False)
    master, slave = os.openpty()
    with open(daemon.log, "ab") as log:
        daemon.process = subprocess.Popen(
            ["setsid", "--ctty", BUILD / "umbeld", "--config", daemon.conf,
             "--data", daemon.data, "--run", daemon.run, "--listen",
             "127.0.0.1:0", *daemon.tor_arguments()],
            stdin=slave, stdout=log, stderr=log, env=daemon.environment())
    os.close(slave)
    daemon.wait_up()
    hang_up(daemon)
    os.close(master)
    assert daemon.process.wait(LIMIT) == 0
    assert not (daemon.run / "admin.header").exists()
