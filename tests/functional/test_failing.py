# SPDX-License-Identifier: GPL-3.0-or-later
"""System calls of start, send, receive and stop that fail, some of each from
one seed; failing.py by hand, or `make failing-all`, has all of them.
HOSTILE S-03, K-11, X-10"""

import subprocess

import pytest

import failing
from daemons import BUILD


def test_some_calls_fail():
    if not (BUILD / "failing").exists() or subprocess.run(
            [str(BUILD / "failing"), "/nonexistent", "/bin/true"],
            check=False, capture_output=True).returncode == failing.CANNOT:
        pytest.skip("no calls can be made to fail on this kind of machine")
    try:
        print(failing.run(failing.options_of(["--sample", "5", "--verbose"])))
    except failing.Cannot:
        pytest.skip("this machine lets nobody be traced")
