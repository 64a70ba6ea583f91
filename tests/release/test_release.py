# SPDX-License-Identifier: GPL-3.0-or-later
"""What a release says of itself: its parts, its versions, its time."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

SOURCE = pathlib.Path(os.environ["top_srcdir"])
BUILD = pathlib.Path(os.environ["top_builddir"])
PROGRAMS = [BUILD / name for name in (
    "umbel", "umbeld", "umbel-core", "umbel-httpd", "umbel-hooks",
    "umbel-webhooks", "umbel-join")]


def text(name):
    return (SOURCE / name).read_text("utf-8")


def version():
    return re.search(r"AC_INIT\(\[umbel\], \[(.*?)\]\)",
                     text("configure.ac"))[1]


@pytest.fixture(name="bom", scope="module")
def make_bom():
    command = [SOURCE / "tools/sbom.py", version(), "1000000000", *PROGRAMS]
    one, two = (subprocess.run(command, check=True, capture_output=True,
                               text=True).stdout for _ in range(2))
    assert one == two
    return json.loads(one)


@pytest.mark.skipif(not shutil.which("dpkg-query"), reason="no dpkg")
def test_every_library_is_in_the_list(bom):
    """By the other way, what a program asks for itself: objdump."""
    files = {part["name"]: part for component in bom["components"]
             for part in component.get("components", [])}
    for program in PROGRAMS:
        out = subprocess.run(["objdump", "-p", program], check=True,
                             capture_output=True, text=True).stdout
        asked = set(re.findall(r"NEEDED +(\S+)", out))
        assert asked and asked <= set(files)
    names = {c["name"] for c in bom["components"]}
    assert {"tor", *(p.name for p in PROGRAMS)} <= names
    for component in bom["components"]:
        if component["type"] == "library":
            assert component["purl"].startswith("pkg:deb/"), component
            assert component["version"]


def test_the_list_holds_together(bom):
    assert (bom["bomFormat"], bom["specVersion"]) == ("CycloneDX", "1.5")
    assert bom["metadata"]["timestamp"] == "2001-09-09T01:46:40Z"
    references = {c["bom-ref"] for c in bom["components"]}
    references.add(bom["metadata"]["component"]["bom-ref"])
    assert len(references) == len(bom["components"]) + 1
    reached, next_ones = set(), {bom["metadata"]["component"]["bom-ref"]}
    needs = {d["ref"]: d["dependsOn"] for d in bom["dependencies"]}
    while next_ones:
        reached |= next_ones
        next_ones = {n for r in next_ones for n in needs.get(r, ())} - reached
    assert reached <= references
    # Nothing hangs in the air but what only made it.
    assert {c["bom-ref"] for c in bom["components"]
            if c["scope"] != "excluded"} <= reached


def test_one_version_everywhere():
    assert json.loads(text("api/openapi.json"))["info"]["version"]
    assert re.match(rf"umbel \({re.escape(version())}(-\S+)?\) ",
                    text("debian/changelog"))
    out = subprocess.run([BUILD / "umbeld", "--version"], check=True,
                         capture_output=True, text=True).stdout
    assert version() in out


def test_the_package_asks_for_what_configure_does():
    """Each library that configure.ac looks for is built against, and no older
    one."""
    control = text("debian/control")
    configure = text("configure.ac")
    packages = {"libsodium": "libsodium", "libevent_core": "libevent",
                "libmicrohttpd": "libmicrohttpd", "jansson": "libjansson",
                "libqrencode": "libqrencode", "libseccomp": "libseccomp"}
    for module, package in packages.items():
        least = re.search(rf"\[{module} >= ([\d.]+)\]", configure)[1]
        assert f"{package}-dev (>= {least})" in control
    least = re.search(r"tor ([\d.]+) or later", text("README.md"))[1]
    assert f" tor (>= {least})," in control


def test_the_time_is_what_one_says():
    def epoch(**more):
        env = {k: v for k, v in os.environ.items()
               if k != "SOURCE_DATE_EPOCH"}
        return subprocess.run(
            ["sh", SOURCE / "tools/epoch.sh"], check=True, text=True,
            capture_output=True, env={**env, **more}).stdout.strip()
    assert epoch(SOURCE_DATE_EPOCH="12345") == "12345"
    assert re.fullmatch(r"\d{9,}", epoch())
