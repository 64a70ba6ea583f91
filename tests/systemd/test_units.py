# SPDX-License-Identifier: GPL-3.0-or-later
"""The units as they are installed: systemd reads them without a word, and how
exposed it says each one is."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

BUILD = pathlib.Path(os.environ.get("top_builddir", "build"))
SOURCE = pathlib.Path(os.environ.get("top_srcdir", "."))
UNITS = BUILD / "systemd"
# The issue asks for 0.3 and 1.0; SECURITY 7, G11.
EXPOSURE = {"umbel-core@x.service": 0.3, "umbel-httpd@x.service": 0.3,
            "umbel-broker@x.service": 0.3, "umbel.service": 0.6,
            "umbel-webhooks@x.service": 1.0, "umbel-tor@x.service": 1.3,
            "umbel-hooks@x.service": 1.3}
ROLES = ("core", "httpd", "broker", "tor", "hooks", "webhooks")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """As installed, but for where the programs are: in the build."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is missing (apt install systemd)")
    out = tmp_path_factory.mktemp("units")
    for made in UNITS.glob("system/*"):
        text = re.sub(r"/[^ \n]*/(umbel-join|umbeld)\b",
                      lambda m: str(BUILD / m[1]), made.read_text())
        # The sockets look for the template, and only an instance is verified.
        (out / made.name).write_text(text)
        (out / made.name.replace("@.", "@x.")).write_text(text)
    shutil.copy(SOURCE / "systemd/system/umbel.socket", out)
    return out


def analyze(*words, **more):
    return subprocess.run(["systemd-analyze", *map(str, words)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, **more)


def test_systemd_understands_them(folder):
    env = dict(os.environ, SYSTEMD_UNIT_PATH=f"{folder}:")
    names = sorted(p for p in folder.iterdir() if "@." not in p.name)
    assert len(names) == 14
    done = analyze("verify", "--man=no", *names, env=env)
    ours = [line for line in done.stdout.split("\n") if "umbel" in line]
    assert ours == []
    assert done.returncode == 0


def test_user_units_are_understood(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is missing (apt install systemd)")
    text = (UNITS / "user/umbel.service").read_text()
    (tmp_path / "umbel.service").write_text(
        re.sub(r"/\S*/umbeld", str(BUILD / "umbeld"), text))
    shutil.copy(SOURCE / "systemd/user/umbel.socket", tmp_path)
    env = dict(os.environ, SYSTEMD_UNIT_PATH=f"{tmp_path}:",
               XDG_RUNTIME_DIR=str(tmp_path))
    done = analyze("verify", "--user", "--man=no", tmp_path / "umbel.service",
                   env=env)
    assert [x for x in done.stdout.split("\n") if "umbel" in x] == []


@pytest.mark.parametrize("name", EXPOSURE)
def test_exposure(folder, name):
    done = analyze("security", "--offline=true", "--no-pager", folder / name)
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert level, done.stdout
    assert float(level[1]) <= EXPOSURE[name]


def test_only_what_must_has_a_network():
    """And nobody but umbeld comes to where units are started."""
    for role in ROLES:
        text = (UNITS / f"system/umbel-{role}@.service").read_text()
        has = role in ("tor", "hooks", "webhooks")
        assert ("PrivateNetwork=yes" in text) != has, role
        assert "-%t/umbel-units" in text, role
        # HOSTILE L-08
        assert "MemorySwapMax=0" in text or has, role
    assert "IPAddressAllow=localhost" in \
        (UNITS / "system/umbel-webhooks@.service").read_text()


def test_nothing_is_left_open():
    for made in filter(pathlib.Path.is_file, UNITS.rglob("*.*")):
        assert not re.search(r"@[A-Za-z_]+@", made.read_text()), made
