#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds every #include to the table in layers.txt, and refuses a ring of
includes among the modules of one folder."""

import fnmatch
import graphlib
import os
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.M)


def read_table(path):
    """Returns (headers by kind, row by folder or file)."""
    kinds, rows = {"known": [], "impure": []}, {}
    for line in path.read_text("utf-8").split("\n"):
        words = line.split()
        if not words or line.startswith("#"):
            continue
        if words[0] in kinds:
            kinds[words[0]] += words[1:]
        else:
            place, folders, outside = line.split("|")
            rows[place.strip()] = (folders.split(), outside.split())
    return kinds, rows


def matches(name, words):
    return any(fnmatch.fnmatch(name, word + "*" if word.endswith("/")
                               else word) for word in words)


def row_of(path, rows):
    """The row of the file itself, or of its nearest folder."""
    while str(path) not in rows:
        path = path.parent
    return str(path)


def resolve(name, path):
    """A header as an #include names it, as a path from the top, or None."""
    for base in (path.parent, pathlib.Path("daemon"), pathlib.Path(".")):
        if (base / name).is_file():
            return pathlib.Path(os.path.normpath(base / name))
    return None


def judge_own(name, path, folders, uses):
    target = resolve(name, path)
    if name == "config.h":
        return None
    if not target:
        return f"no such header in the tree: {name}"
    if not matches(str(target.parent), folders):
        return f"must not include {target}"
    if target.suffix == ".c":
        return f"includes {target}"
    if target.parent == path.parent and target.stem != path.stem:
        uses.setdefault(str(path.with_suffix("")), set()).add(
            str(target.with_suffix("")))
    return None


def judge_other(name, path, kinds, outside):
    if matches(name, kinds["known"]):
        if not matches(name, outside):
            return f"must not include <{name}>"
        if path.suffix == ".h" and "*" not in outside:
            return f"<{name}> belongs in .c files"
    elif matches(name, kinds["impure"]) and not matches("impure", outside):
        return f"is pure and must not include <{name}>"
    return None


def main():
    os.chdir(os.environ.get("top_srcdir", "."))
    kinds, rows = read_table(pathlib.Path("tests/lint/layers.txt"))
    paths = sorted(path for top in ("daemon", "api", "cli", "tests")
                   for path in pathlib.Path(top).rglob("*.[ch]"))
    wrong, uses = 0, {}
    for path in paths:
        folders, outside = rows[row_of(path, rows)]
        text = path.read_text("utf-8")
        for match in INCLUDE.finditer(text):
            own, other = match.groups()
            said = judge_own(own, path, folders, uses) if own else \
                judge_other(other, path, kinds, outside)
            if said:
                line = text.count("\n", 0, match.start(1 if own else 2)) + 1
                print(f"{path}:{line}: {said}")
                wrong += 1
    try:
        graphlib.TopologicalSorter(uses).prepare()
    except graphlib.CycleError as ring:
        print("a ring of includes:", " -> ".join(reversed(ring.args[1])))
        wrong += 1
    print(f"layers: {len(paths)} files, {wrong} complaints")
    return 1 if wrong or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
