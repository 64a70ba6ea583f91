#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""sbom.py VERSION EPOCH PROGRAM...: what the programs of a build consist of.

CycloneDX 1.5, JSON, on standard output: the programs with their hashes, each
library that they load, by way of others too, with the Debian package, source
and licences it is of, which needs which, tor, which is run, and the compiler.
All of it is read from the programs and from dpkg; nothing is fetched, and the
same build gives the same list.
"""

import functools
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import time
import uuid

# What is not linked: run, or what made it.
RUN = ["tor"]
TOOLS = ["gcc", "binutils", "libc6-dev"]
NAMESPACE = uuid.UUID("1b2f5f0e-6a39-5f6c-9d3f-0d6f1e4a7c55")


def output(*command):
    done = subprocess.run(command, capture_output=True, text=True,
                          env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"})
    return done.stdout if done.returncode == 0 else ""


def sha256(path):
    return {"alg": "SHA-256",
            "content": hashlib.sha256(path.read_bytes()).hexdigest()}


@functools.cache
def needed(path):
    """The names of libraries that the file itself asks for."""
    return re.findall(r"NEEDED.*\[(.*)\]", output("readelf", "-dW", str(path)))


@functools.cache
def loaded(path):
    """name -> path of all that the loader brings for a program."""
    return {name: pathlib.Path(where) for name, where in
            re.findall(r"(\S+) => (/\S+)", output("ldd", str(path)))}


@functools.cache
def package_of(path):
    """name:architecture of the Debian package that a file is of."""
    forms = [str(path), str(path.resolve())]
    forms += [form.removeprefix("/usr") if form.startswith("/usr/")
              else "/usr" + form for form in forms]
    for form in forms:
        found = re.search(r"^(\S+?): ", output("dpkg-query", "-S", form))
        if found:
            return found[1]
    return None


@functools.cache
def facts(package):
    """(name, version, architecture, source), None where it is not there."""
    lines = output(
        "dpkg-query", "-W", "-f",
        "${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\t"
        "${source:Package}\n", package).splitlines()
    for line in lines:
        status, *rest = line.split("\t")
        if status.startswith("ii"):
            return rest
    return None


def licences(name):
    """As its copyright file names them; none where it is no such file."""
    try:
        text = pathlib.Path(f"/usr/share/doc/{name}/copyright").read_text(
            "utf-8", "replace")
    except OSError:
        return []
    if not re.match(r"Format:", text):
        return []
    names = sorted(set(re.findall(r"^License: *(\S.*?) *$", text, re.M)))
    return [{"license": {"name": name}} for name in names]


def distribution():
    fields = dict(re.findall(r'^(\w+)="?(.*?)"?$', pathlib.Path(
        "/etc/os-release").read_text("utf-8"), re.M))
    return fields.get("ID", "linux"), fields.get("VERSION_ID", "")


def of_package(package, kind, scope):
    """A component, and its reference."""
    name, version, architecture, source = facts(package)
    system, release = distribution()
    purl = f"pkg:deb/{system}/{name}@{version.replace('+', '%2B')}" \
           f"?arch={architecture}&distro={system}-{release}"
    component = {"type": kind, "bom-ref": purl, "name": name,
                 "version": version, "scope": scope, "purl": purl,
                 "properties": [{"name": "debian:source", "value": source}]}
    if licences(name):
        component["licenses"] = licences(name)
    return component


class Bom:
    def __init__(self):
        self.components = {}
        self.needs = {}

    def add(self, component):
        self.components.setdefault(component["bom-ref"], component)
        return component["bom-ref"]

    def library(self, name, where):
        package = package_of(where)
        if package:
            reference = self.add(of_package(package, "library", "required"))
        else:
            reference = self.add({"type": "library", "bom-ref": name,
                                  "name": name, "scope": "required"})
        files = self.components[reference].setdefault("components", [])
        ref = f"{reference}#{name}"
        if all(file["bom-ref"] != ref for file in files):
            files.append({"type": "file", "bom-ref": ref, "name": name,
                          "hashes": [sha256(where)]})
            files.sort(key=lambda file: file["name"])
        return reference

    def program(self, path):
        reference = self.add({
            "type": "application", "bom-ref": f"program:{path.name}",
            "name": path.name, "scope": "required", "hashes": [sha256(path)]})
        libraries = loaded(path)
        of = {name: self.library(name, where)
              for name, where in libraries.items()}
        self.needs[reference] = {of[n] for n in needed(path) if n in of}
        for name, where in libraries.items():
            own = {of[n] for n in needed(where) if n in of} - {of[name]}
            self.needs.setdefault(of[name], set()).update(own)
        return reference


def main(version, epoch, programs):
    bom = Bom()
    root = f"umbel@{version}"
    bom.needs[root] = {bom.program(pathlib.Path(p)) for p in programs}
    for names, kind, scope in ((RUN, "application", "required"),
                               (TOOLS, "application", "excluded")):
        for name in names:
            if facts(name):
                reference = bom.add(of_package(name, kind, scope))
                if scope == "required":
                    bom.needs[root].add(reference)
    components = [bom.components[ref] for ref in sorted(bom.components)]
    text = json.dumps(components)
    print(json.dumps({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(NAMESPACE, root + text)}",
        "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ",
                                       time.gmtime(int(epoch))),
            "tools": {"components": [
                {"type": "application", "name": "tools/sbom.py"}]},
            "component": {
                "type": "application", "bom-ref": root, "name": "umbel",
                "version": version,
                "licenses": [{"license": {"id": "GPL-3.0-or-later"}}]},
        },
        "components": components,
        "dependencies": [{"ref": ref, "dependsOn": sorted(bom.needs[ref])}
                         for ref in sorted(bom.needs)],
    }, indent=1, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
