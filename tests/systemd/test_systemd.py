# SPDX-License-Identifier: GPL-3.0-or-later
"""Umbel as a system service, under a systemd that is one: `make
systemd-check`, which names the folder of a build for /usr."""

import json
import os
import re
import subprocess

import pytest

import machine
from machine import Machine

BUILD = os.environ.get("SUITE_SERVICE_BUILD")
CHILDREN = ("core", "httpd", "broker", "tor")
RUN = "/run/umbel"


def install(upper):
    subprocess.run(["make", "-s", "-C", BUILD, "install", f"DESTDIR={upper}"],
                   check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def vm():
    why = machine.why_not() if BUILD else "make systemd-check runs it"
    if why:
        pytest.skip(why)
    one = Machine(install)
    try:
        one.boot()
        # As a package does after it was unpacked.
        one.run("systemd-sysusers")
        one.run("systemd-tmpfiles", "--create")
        one.run("systemctl", "daemon-reload")
        # Debian's own is of no use here.
        one.run("systemctl", "disable", "--now", "tor")
        one.run("systemctl", "enable", "umbel.service")
        yield one
    finally:
        one.remove()


@pytest.fixture
def umbel(vm):
    """Running, with the units as they are installed."""
    vm.sh("rm -rf /etc/systemd/system/umbel*.d; systemctl daemon-reload; "
          "systemctl reset-failed 'umbel*'; systemctl restart umbel.service")
    return vm


def drop_in(vm, unit, text):
    vm.write(f"/etc/systemd/system/{unit}.d/test.conf", text)
    vm.run("systemctl", "daemon-reload")


def pid_of(vm, role):
    """Of the one instance there is; None: there is not."""
    units = vm.run("systemctl", "list-units", "--plain", "--no-legend",
                   "--state=running", f"umbel-{role}@*").split("\n")
    names = [line.split()[0] for line in units if line]
    assert len(names) <= 1, names
    return int(vm.show(names[0], "MainPID")) if names else None


def answers(vm):
    return "version" in vm.run("umbel", "status", check=False)


def active(vm):
    return vm.run("systemctl", "is-active", "umbel.service", check=False)


def restarts(vm):
    return int(vm.show("umbel.service", "NRestarts"))


# life

def test_starts_as_units(umbel):
    assert active(umbel) == "active"
    umbel.until("a word on tor", lambda: re.fullmatch(
        r"Tor \d+ %", umbel.show("umbel.service", "StatusText")))
    names = {"core": "umbel-core", "httpd": "umbel-httpd", "tor": "tor",
             "broker": "umbel-broker"}
    for role in CHILDREN:
        pid = pid_of(umbel, role)
        assert umbel.sh(f"cat /proc/{pid}/comm") == names[role]
        assert umbel.sh(f"ps -o user= -p {pid}") == "umbel"
    # systemd, not umbeld, is the parent of all.
    main = umbel.show("umbel.service", "MainPID")
    assert umbel.sh(f"pgrep -P {main}", check=False) == ""
    assert answers(umbel)


def test_networks(umbel):
    """None but tor's has more than loopback, and the core reaches nobody."""
    inits = umbel.sh("readlink /proc/1/ns/net")
    for role in ("core", "httpd", "broker"):
        pid = pid_of(umbel, role)
        assert umbel.sh(f"readlink /proc/{pid}/ns/net") != inits, role
        table = umbel.sh(f"nsenter -t {pid} -n cat /proc/net/dev")
        assert re.findall(r"^\s*(\w+):", table, re.M) == ["lo"], role
    assert umbel.sh(f"readlink /proc/{pid_of(umbel, 'tor')}/ns/net") == inits
    sees = umbel.sh("journalctl -o cat -u 'umbel-core@*' | grep closed: | "
                    "tail -1")
    assert "network namespace of loopback alone" in sees
    assert "system call filter on" in sees


def change_network(vm, script):
    """With the ip of this machine: that one has none."""
    subprocess.run(["nsenter", "-t", str(vm.pid), "-n", "sh", "-ec", script],
                   check=True)


def test_another_network(umbel):
    """umbeld, which has none, hears of it by a socket of tor's."""
    before = pid_of(umbel, "tor")
    change_network(umbel, """ip link add here type veth peer name there
        ip link set here up; ip link set there up
        ip addr add 10.9.9.1/24 dev here
        ip route add default via 10.9.9.254""")
    umbel.until("it is noticed", lambda: "the network is back" in umbel.log())
    change_network(umbel, """ip addr del 10.9.9.1/24 dev here
        ip addr add 10.9.9.2/24 dev here
        ip route replace default via 10.9.9.254""")
    umbel.until("another tor", lambda: pid_of(umbel, "tor") not in
                (None, before))
    assert "the network is another" in umbel.log()
    change_network(umbel, "ip link del here")


def as_role(vm, role, script):
    """Where that process is, as whom it is: what it could do."""
    return vm.sh(f"nsenter -t {pid_of(vm, role)} -m setpriv --reuid umbel "
                 f"--regid umbel --clear-groups sh -c '{script}'", check=False)


@pytest.mark.parametrize("role", CHILDREN)
def test_what_lies_around(umbel, role):
    """A process that was taken over finds nobody to start others by."""
    assert "umbel.db" not in umbel.sh("ls -d /var/lib/umbel")
    assert as_role(umbel, role, "ls /run/umbel-units 2>&1").endswith(
        "Permission denied")
    assert as_role(umbel, role, "ls /run/systemd/private 2>&1; "
                   "ls /run/dbus 2>&1").count("Permission denied") >= 1
    assert "Read-only" in as_role(umbel, role, "touch /etc/x 2>&1") or \
        "denied" in as_role(umbel, role, "touch /etc/x 2>&1")
    users = as_role(umbel, role, "ls /var/lib/umbel 2>&1")
    assert (role == "core") == ("users" in users)
    if role == "tor":
        assert users == "tor"


def test_permissions(umbel):
    assert umbel.sh(f"stat -c '%a %U %G %n' /var/lib/umbel {RUN} {RUN}/c "
                    f"{RUN}/admin.header {RUN}/api.sock").split("\n") == [
        "700 umbel umbel /var/lib/umbel", f"710 umbel umbel {RUN}",
        f"700 umbel umbel {RUN}/c", f"640 umbel umbel {RUN}/admin.header",
        f"660 umbel umbel {RUN}/api.sock"]


def test_stops_and_leaves_nothing(umbel):
    umbel.sh("systemctl stop umbel.service")
    assert umbel.show("umbel.service", "Result") == "success"
    assert umbel.sh("pgrep -u umbel", check=False) == ""
    assert umbel.sh("systemctl list-units --plain --no-legend 'umbel*'"
                    ).split()[0] == "umbel.socket"
    assert umbel.sh(f"ls {RUN} /run/umbel-units", check=False).count("\n") <= 1
    assert "killed" not in umbel.sh("journalctl -o cat -u 'umbel*' "
                                    "--since=-5s | grep -i kill", check=False)


def test_started_by_who_comes(umbel):
    umbel.sh("systemctl stop umbel.service")
    code = umbel.sh("curl -s -o /dev/null -w '%{http_code}' "
                    "http://127.0.0.1:7766/readyz")
    assert code in ("200", "503")
    umbel.until("ready", lambda: active(umbel) == "active")


def test_nobody_is_turned_away_by_a_restart(umbel):
    """100 that come while it goes and comes."""
    umbel.write("/root/knock", """
i=0
while [ $i -lt 100 ]; do
    curl -s -o /dev/null --max-time 30 http://127.0.0.1:7766/ || echo lost
    i=$((i + 1))
done
""")
    knocks = subprocess.Popen(umbel.command("sh", "/root/knock"),
                              stdout=subprocess.PIPE, text=True)
    umbel.sh("systemctl restart umbel.service")
    out, _ = knocks.communicate(timeout=machine.LIMIT)
    # Those whose request was under way have lost it; no other has.
    assert out.count("lost") <= 1


# death

@pytest.mark.parametrize("role", CHILDREN)
def test_one_dies(umbel, role):
    before = pid_of(umbel, role)
    umbel.sh(f"kill -KILL {before}")
    umbel.until(f"another {role}",
                lambda: pid_of(umbel, role) not in (None, before))
    umbel.until("an answer", lambda: answers(umbel))
    assert (active(umbel), restarts(umbel)) == ("active", 0)


def test_umbeld_dies(umbel):
    before = {role: pid_of(umbel, role) for role in CHILDREN}
    umbel.sh(f"kill -KILL {umbel.show('umbel.service', 'MainPID')}")
    umbel.until("a restart", lambda: restarts(umbel) == 1)
    umbel.until("an answer", lambda: answers(umbel))
    for role, pid in before.items():
        assert pid_of(umbel, role) != pid
        assert umbel.sh(f"cat /proc/{pid}/comm", check=False).endswith(
            "No such file or directory")


def test_umbeld_dies_while_the_core_hangs(umbel):
    """It holds the lock on the data: systemd kills what is left."""
    umbel.sh(f"kill -STOP {pid_of(umbel, 'core')}; "
             f"kill -KILL {umbel.show('umbel.service', 'MainPID')}")
    umbel.until("a restart", lambda: restarts(umbel) == 1)
    umbel.until("an answer", lambda: answers(umbel))


@pytest.mark.parametrize("role", ["core", "httpd", "broker"])
def test_one_hangs(umbel, role):
    drop_in(umbel, "umbel.service", "[Service]\nWatchdogSec=4\n")
    umbel.sh("systemctl restart umbel.service")
    before = pid_of(umbel, role)
    umbel.sh(f"kill -STOP {before}")
    umbel.until(f"another {role}",
                lambda: pid_of(umbel, role) not in (None, before))
    umbel.until("an answer", lambda: answers(umbel))
    assert (active(umbel), restarts(umbel)) == ("active", 0)
    assert f"umbel-{role} does not answer" in umbel.log()


def test_umbeld_hangs(umbel):
    drop_in(umbel, "umbel.service", "[Service]\nWatchdogSec=4\nRestartSec=1\n")
    umbel.sh("systemctl restart umbel.service")
    umbel.sh(f"kill -STOP {umbel.show('umbel.service', 'MainPID')}")
    umbel.until("a restart", lambda: restarts(umbel) == 1)
    umbel.until("an answer", lambda: answers(umbel))
    assert "watchdog" in umbel.sh("journalctl -u umbel.service -o cat "
                                  "| grep -i watchdog").lower()


def test_what_cannot_start_says_why(umbel):
    umbel.sh("systemctl stop umbel.service; cp /etc/umbel/umbel.conf /root/c; "
             "echo nonsense >>/etc/umbel/umbel.conf")
    said = umbel.run("systemctl", "start", "umbel.service", check=False)
    log = umbel.sh("journalctl --sync; "
                   "journalctl -o cat -u umbel.service -n 30")
    umbel.sh("cp /root/c /etc/umbel/umbel.conf")
    assert "failed" in said
    assert re.search(r"/etc/umbel/umbel.conf:\d+: ", log)
    # Put right, it comes by itself.
    umbel.until("an answer", lambda: answers(umbel))


def test_many_restarts_are_no_reason_to_give_up(umbel):
    """Nor is the port let go, which anybody could take then."""
    held = umbel.show("umbel.socket", "ActiveEnterTimestampMonotonic")
    umbel.sh("for i in 1 2 3 4 5 6 7; do systemctl restart umbel.service && "
             "systemctl stop umbel.service && systemctl start umbel.service "
             "|| exit 1; done")
    assert umbel.show("umbel.socket", "ActiveEnterTimestampMonotonic") == held
    assert answers(umbel)


def test_the_tor_of_the_system(umbel):
    """As doc/TOR-ADMIN.md has it."""
    umbel.sh("usermod -aG debian-tor umbel; systemctl start tor@default; "
             "cp /etc/umbel/umbel.conf /root/c")
    umbel.sh("cat >>/etc/umbel/umbel.conf", text="""
[tor]
child = no
control_socket = /run/tor/control
socks_socket = /run/tor/socks
""")
    try:
        umbel.sh("systemctl restart umbel.service")
        umbel.until("tor", lambda: re.search(
            r"tor [\d.]+: logged in", umbel.log()))
        assert umbel.sh(f"stat -c '%a %U %G' {RUN} {RUN}/c").split("\n") == [
            "711 umbel umbel", "710 umbel debian-tor"]
        assert pid_of(umbel, "tor") is None
        umbel.sh("systemctl reload umbel.service")
    finally:
        umbel.sh("cp /root/c /etc/umbel/umbel.conf; gpasswd -d umbel "
                 "debian-tor; systemctl stop tor@default")


def test_reload(umbel):
    """Without a process that is another."""
    before = {role: pid_of(umbel, role) for role in CHILDREN}
    umbel.sh("cp /etc/umbel/umbel.conf /root/c && "
             "printf '[api]\\ncalls_per_minute = 599\\n' "
             ">>/etc/umbel/umbel.conf")
    umbel.sh("systemctl reload umbel.service; cp /root/c /etc/umbel/umbel.conf")
    umbel.until("a word", lambda: "the configuration was read again" in
                umbel.log())
    # What it does not take is no success.
    umbel.sh("echo nonsense >>/etc/umbel/umbel.conf; "
             "! systemctl reload umbel.service && "
             "cp /root/c /etc/umbel/umbel.conf")
    assert re.search(r"umbel.conf:\d+: ", umbel.log())
    umbel.until("its end", lambda: active(umbel) == "active")
    assert before == {role: pid_of(umbel, role) for role in CHILDREN}


# people

PASSPHRASE = "a passphrase for the test of the service"


@pytest.fixture
def alice(umbel):
    if "alice" not in umbel.run("umbel", "user", "list"):
        umbel.sh("umbel --passphrase-file - user add alice", text=PASSPHRASE)
    return umbel


def state_of(vm, name):
    lines = [line for line in vm.run("umbel", "user", "list", check=False).split("\n")
             if name in line]
    return "unlocked" if lines and "unlocked" in lines[0] else \
        "locked" if lines and "locked" in lines[0] else None


PLAIN = "LoadCredential=alice:/etc/umbel/alice.pass"
SEALED = "LoadCredentialEncrypted=alice:/etc/umbel/alice.cred"


@pytest.mark.parametrize("credential", [PLAIN, SEALED])
def test_credentials(alice, credential):
    vm = alice
    vm.write("/etc/umbel/alice.pass", PASSPHRASE, 0o400)
    vm.sh("systemd-creds encrypt --name=alice - /etc/umbel/alice.cred",
          text=PASSPHRASE)
    vm.sh("cp /etc/umbel/umbel.conf /root/c")
    vm.sh("cat >>/etc/umbel/umbel.conf",
          text='[user "alice"]\n'
               'passphrase_file = ${CREDENTIALS_DIRECTORY}/alice\n')
    try:
        vm.sh("systemctl restart umbel.service")
        assert state_of(vm, "alice") == "locked"
        assert "has no LoadCredential" in vm.log()
        drop_in(vm, "umbel-core@.service",
                f"[Service]\n{credential}\n")
        vm.sh("systemctl restart umbel.service")
        vm.until("alice", lambda: state_of(vm, "alice") == "unlocked")
        # Nor is a person needed after a crash.
        vm.sh(f"kill -KILL {pid_of(vm, 'core')}")
        vm.until("alice", lambda: state_of(vm, "alice") == "unlocked")
        vm.sh("systemctl reload umbel.service")
        for role in ("httpd", "tor", "broker"):
            assert as_role(vm, role, "cat /run/credentials/*/alice 2>&1"
                           ).endswith(("denied", "No such file or directory"))
    finally:
        vm.sh("cp /root/c /etc/umbel/umbel.conf")


def test_a_wrong_credential_says_so(alice):
    vm = alice
    vm.write("/etc/umbel/alice.pass", "not hers", 0o400)
    vm.sh("cp /etc/umbel/umbel.conf /root/c")
    vm.sh("cat >>/etc/umbel/umbel.conf",
          text='[user "alice"]\n'
               'passphrase_file = ${CREDENTIALS_DIRECTORY}/alice\n')
    drop_in(vm, "umbel-core@.service", f"[Service]\n{PLAIN}\n")
    try:
        vm.sh("systemctl restart umbel.service")
        vm.until("a word", lambda: "it holds another passphrase" in vm.log())
        assert state_of(vm, "alice") == "locked"
    finally:
        vm.sh("cp /root/c /etc/umbel/umbel.conf")


HOOK = """
[hook "mark"]
on = profile.updated
command = /root/hook
"""


def test_a_hook_has_what_its_unit_has(alice):
    """The data are closed to it, and what it may write to is given to it."""
    vm = alice
    vm.write("/usr/local/bin/mark", "#!/bin/sh\n"
             "ls /var/lib/umbel /run/umbel-units >/srv/mark/seen 2>&1\n"
             "touch /etc/mark /srv/mark/done\n", 0o755)
    vm.sh("mkdir -p /srv/mark && chown umbel /srv/mark && "
          "cp /etc/umbel/umbel.conf /root/c")
    vm.sh("cat >>/etc/umbel/umbel.conf",
          text=HOOK.replace("/root/hook", "/usr/local/bin/mark"))
    drop_in(vm, "umbel-hooks@.service",
            "[Service]\nReadWritePaths=/srv/mark\n")
    try:
        vm.sh("systemctl restart umbel.service")
        vm.sh("umbel --passphrase-file - user unlock alice", text=PASSPHRASE)
        vm.sh("umbel --user alice --name Alice profile")
        vm.until("the hook", lambda: "done" in vm.sh("ls /srv/mark"))
        assert vm.sh("cat /srv/mark/seen").count("Permission denied") == 2
        vm.sh("systemctl reload umbel.service")
        assert "mark" not in vm.sh("ls /etc")
    finally:
        vm.sh("cp /root/c /etc/umbel/umbel.conf; rm -rf /srv/mark")


def test_webhooks_reach_this_machine_alone(alice):
    """Our own port will do: it answers, with what it thinks of that."""
    vm = alice
    vm.sh("umbel --passphrase-file - user unlock alice", check=False,
          text=PASSPHRASE)
    assert pid_of(vm, "webhooks") is None
    made = vm.sh("umbel --user alice --json webhook add "
                 "http://127.0.0.1:7766/nothing")
    hook = json.loads(made)["id"]
    vm.until("the unit", lambda: pid_of(vm, "webhooks"))
    try:
        vm.sh(f"umbel --user alice webhook test {hook}")
        vm.until("an answer", lambda: re.search(r"\b40[0-9]\b", vm.sh(
            f"umbel --user alice --json webhook show {hook}")))
    finally:
        vm.sh(f"umbel --user alice webhook delete {hook}")


def test_who_may_administer(alice):
    vm = alice
    vm.sh("id bob || useradd -m -G umbel bob; id eve || useradd -m eve")
    def status(who):
        return vm.sh(f"setpriv --reuid {who} --regid {who} --init-groups "
                     f"env -i HOME=/home/{who} PATH=$PATH umbel status",
                     check=False)
    assert "version" in status("bob")
    # The same with a session, in which there is no daemon of his own.
    assert "version" in vm.sh(
        "setpriv --reuid bob --regid bob --init-groups env -i HOME=/home/bob "
        "PATH=$PATH XDG_RUNTIME_DIR=/run/user/none umbel status")
    assert "version" not in status("eve")
    assert "/run/umbel/admin.header cannot be read" in status("eve")
    assert vm.sh("setpriv --reuid bob --regid bob --init-groups "
                 "ls /var/lib/umbel", check=False).endswith("denied")


def test_upgrade(alice):
    """New programs over old ones, and a restart: all is there."""
    vm = alice
    before = vm.sh("stat -c %i /usr/sbin/umbeld /usr/libexec/umbel/*")
    vm.sh("for f in /usr/sbin/umbeld /usr/libexec/umbel/*; do "
          "cp -p $f $f.new && mv $f.new $f; done")
    assert vm.sh("stat -c %i /usr/sbin/umbeld /usr/libexec/umbel/*") != before
    assert answers(vm)
    vm.sh("systemctl daemon-reload; systemctl restart umbel.service")
    umbeld = vm.show("umbel.service", "MainPID")
    assert "(deleted)" not in vm.sh(f"readlink /proc/{umbeld}/exe")
    assert state_of(vm, "alice") == "locked"
    vm.sh("umbel --passphrase-file - user unlock alice", text=PASSPHRASE)
    assert state_of(vm, "alice") == "unlocked"


def test_power_comes_back(alice):
    """It is enabled, and there after the machine was started."""
    vm = alice
    vm.sh("sync")
    vm.halt()
    vm.boot()
    vm.until("an answer", lambda: answers(vm))
    assert state_of(vm, "alice") == "locked"
    assert (active(vm), restarts(vm)) == ("active", 0)


def test_user_service(umbel):
    """One's own, with the manager of one's own session."""
    vm = umbel
    vm.sh("id bob || useradd -m -G umbel bob")
    uid = vm.sh("id -u bob")
    vm.sh(f"systemctl start user@{uid}.service")
    me = (f"setpriv --reuid bob --regid bob --init-groups env -i "
          f"HOME=/home/bob PATH=$PATH XDG_RUNTIME_DIR=/run/user/{uid} ")
    vm.sh(f"mkdir -p /home/bob/.config/systemd/user/umbel.socket.d && "
          "printf '[Socket]\\nListenStream=\\nListenStream=127.0.0.1:7777\\n' "
          ">/home/bob/.config/systemd/user/umbel.socket.d/port.conf && "
          "chown -R bob: /home/bob/.config")
    vm.sh(me + "systemctl --user daemon-reload")
    vm.sh(me + "systemctl --user start umbel.service")
    assert re.match(r"Tor|starting|no Tor", vm.sh(
        me + "systemctl --user show --value -p StatusText umbel.service"))
    assert "version" in vm.sh(me + "umbel status")
    assert vm.sh("curl -s -o /dev/null -w '%{http_code}' "
                 "http://127.0.0.1:7777/readyz") in ("200", "503")
    core = vm.sh("pgrep -u bob umbel-core")
    assert vm.sh(f"readlink /proc/{core}/ns/net") != vm.sh(
        "readlink /proc/1/ns/net")
    vm.sh(me + "systemctl --user stop umbel.service")
    assert vm.sh("pgrep -u bob umbel", check=False) == ""
    # The data stays.
    assert "users" in vm.sh("ls /home/bob/.local/share/umbel")
