# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine with systemd as its first process, on this one: a Debian root by
debootstrap below an overlay, in namespaces of its own (boot.sh)."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
LIMIT = 60  # seconds; only ever reached when something is broken
MIRROR = os.environ.get("SUITE_MIRROR", "http://deb.debian.org/debian")
ROOTS = pathlib.Path(os.environ.get("SUITE_ROOTS", "roots")).resolve()
ROOT = ROOTS / "bookworm-systemd"
PACKAGES = ("systemd,systemd-sysv,dbus,tor,libevent-core-2.1-7,libsodium23,"
            "libsqlcipher0,libmicrohttpd12,libjansson4,libqrencode4,"
            "libseccomp2,libcurl4,procps,curl,libpam-systemd,dbus-user-session")


def cgroup_root():
    """Where version 2 is mounted; None: nowhere."""
    for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
        if line.split()[2] == "cgroup2":
            return pathlib.Path(line.split()[1])
    return None


def why_not():
    """A sentence why there can be no machine here, or None."""
    if os.geteuid() != 0:
        return "needs root, for namespaces and mounts"
    if not cgroup_root():
        return "there are no cgroups of version 2 here"
    for tool in ("unshare", "nsenter", "pivot_root", "ip"):
        if not shutil.which(tool):
            return f"{tool} is missing"
    if not ROOT.exists() and not shutil.which("debootstrap"):
        return "debootstrap is missing (apt install debootstrap)"
    return make_root()


def make_root():
    if ROOT.exists():
        return None
    ROOTS.mkdir(parents=True, exist_ok=True)
    new = pathlib.Path(f"{ROOT}.{os.getpid()}")
    with open(f"{ROOT}.log", "wb") as log:
        done = subprocess.run(
            ["debootstrap", "--variant=minbase", f"--include={PACKAGES}",
             "bookworm", new, MIRROR], stdout=log, stderr=log, check=False)
    if done.returncode != 0:
        shutil.rmtree(new, ignore_errors=True)
        return f"debootstrap could not make a root from {MIRROR}: {ROOT}.log"
    new.rename(ROOT)
    return None


class Machine:
    def __init__(self, install):
        """install: called with the folder that lies above the root's."""
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="umbel-vm", dir="/tmp"))
        for name in ("root", "upper", "work"):
            (self.dir / name).mkdir()
        (self.dir / "upper").chmod(0o755)
        self.cgroup = cgroup_root() / self.dir.name
        self.process = self.pid = None
        install(self.dir / "upper")

    def boot(self):
        self.cgroup.mkdir(exist_ok=True)
        procs = self.cgroup / "cgroup.procs"
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--net",
             "--cgroup", "--ipc", "--uts", HERE / "boot.sh", ROOT, self.dir],
            stdin=subprocess.DEVNULL, stdout=open(self.dir / "log", "ab"),
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: procs.write_text(str(os.getpid())))
        self.pid = self.until("systemd", self._find_init)
        self.until("the end of the start", lambda: self.run(
            "systemctl", "is-system-running", check=False) in
            ("running", "degraded"))
        return self

    def _find_init(self):
        assert self.process.poll() is None, (self.dir / "log").read_text()
        children = pathlib.Path(f"/proc/{self.process.pid}/task/"
                                f"{self.process.pid}/children").read_text()
        for pid in children.split():
            if pathlib.Path(f"/proc/{pid}/comm").read_text() == "systemd\n":
                return int(pid)
        return None

    def halt(self):
        """Power is gone."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.until("its end", self._is_empty)
        # Those below first.
        for folder, _, _ in os.walk(self.cgroup, topdown=False):
            os.rmdir(folder)

    def _is_empty(self):
        events = (self.cgroup / "cgroup.events").read_text()
        return "populated 0" in events

    def remove(self):
        if self.process and self.process.returncode is None:
            self.halt()
        shutil.rmtree(self.dir)

    def command(self, *words):
        return ["nsenter", "-t", str(self.pid), "-m", "-p", "-n", "-C", "-u",
                "-i", "--", *map(str, words)]

    def run(self, *words, check=True, text=None):
        done = subprocess.run(self.command(*words), text=True, input=text,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=LIMIT, check=False,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        assert not check or done.returncode == 0, (words, done.stdout,
                                                   self.log())
        return done.stdout.strip()

    def sh(self, script, check=True, text=None):
        return self.run("sh", "-c", script, check=check, text=text)

    def write(self, path, text, mode=0o644):
        self.sh(f"mkdir -p '{pathlib.Path(path).parent}' && cat >'{path}' && "
                f"chmod {mode:o} '{path}'", text=text)

    def show(self, unit, name):
        return self.run("systemctl", "show", "--value", "-p", name, unit)

    def log(self):
        self.run("journalctl", "--sync", check=False)
        return self.run("journalctl", "--no-pager", "-n", "60", "-u",
                        "umbel*", check=False) if self.pid else ""

    def until(self, what, check):
        end = time.monotonic() + LIMIT
        while True:
            found = check()
            if found:
                return found
            assert time.monotonic() < end, f"never: {what}\n{self.log()}"
            time.sleep(0.05)
