# SPDX-License-Identifier: GPL-3.0-or-later
"""What a process of ours had to do with any network: the counters of the
network namespace that it made for itself.  The kernel counts there whatever
the process tries, whoever looks away.  HOSTILE D-01."""

import os
import pathlib
import re

# Who holds keys, or reads what strangers send, and has no business there.
WATCHED = ("umbel-core", "umbel-broker")
# In these, a figure that is not zero by itself.
SETTINGS = {"Forwarding", "DefaultTTL", "RtoAlgorithm", "RtoMin", "RtoMax",
            "MaxConn"}
# One line per socket of another family than AF_UNIX, under a head.
LISTS = ("tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "raw", "raw6",
         "icmp", "icmp6")


def _devices(folder):
    """Packets that went in or out, or were thrown away, at any device."""
    for line in (folder / "dev").read_text("ascii").splitlines()[2:]:
        name, _, figures = line.partition(":")
        for i, figure in enumerate(figures.split()):
            if int(figure):
                yield f"{name.strip()}: column {i} is {figure}"


def _protocols(folder):
    """IP and what goes over it: even what was refused is counted."""
    lines = (folder / "snmp").read_text("ascii").splitlines()
    for head, row in zip(lines[::2], lines[1::2]):
        kind = head.partition(":")[0]
        for name, figure in zip(head.split()[1:], row.split()[1:]):
            if name not in SETTINGS and int(figure):
                yield f"{kind} {name} is {figure}"
    six = folder / "snmp6"
    for line in six.read_text("ascii").splitlines() if six.exists() else ():
        name, figure = line.split()
        if int(figure):
            yield f"{name} is {figure}"


def _sockets(folder):
    for name in LISTS:
        path = folder / name
        for line in path.read_text("ascii").splitlines()[1:] \
                if path.exists() else ():
            yield f"a socket in {name}: {line.strip()}"
    for line in (folder / "packet").read_text("ascii").splitlines()[1:] \
            if (folder / "packet").exists() else ():
        yield f"a packet socket: {line.strip()}"


def of_namespace(pid):
    """All that is counted in the network namespace of that process."""
    folder = pathlib.Path(f"/proc/{pid}/net")
    return [*_devices(folder), *_protocols(folder), *_sockets(folder)]


def is_alone(pid):
    """It has a namespace of its own (not every machine gives one)."""
    try:
        return os.readlink(f"/proc/{pid}/ns/net") != \
            os.readlink("/proc/self/ns/net")
    except PermissionError:
        # Not dumpable, and we are not root: nothing but its own device.
        text = pathlib.Path(f"/proc/{pid}/net/dev").read_text("ascii")
        return re.findall(r"^\s*(\S+):", text, re.M) == ["lo"] and \
            not re.search(r"lo:\s*[1-9]", text)


def watch(pid, build):
    """Nothing, or what a core that is about to go had to do with a network.
    Keeps a tally for `make packets`."""
    try:
        if not is_alone(pid):
            return []
        found = of_namespace(pid)
    except (FileNotFoundError, ProcessLookupError):
        return []  # gone by itself
    tally = pathlib.Path(build) / "tests" / "packets"
    tally.parent.mkdir(exist_ok=True)
    with open(tally, "a", encoding="ascii") as file:
        file.write(f"{len(found)}\n")
    return found
