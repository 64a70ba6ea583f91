#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the hostile cases of tests/hostile.txt are automated, and where.

Without arguments a check: every case is carried by a test (a comment with
the word HOSTILE and its name) or has a reason why not, and no test carries a
name that is not in the list.  With --report it prints the whole table.
"""

import os
import pathlib
import re
import sys

NAME = re.compile(r"\b[A-Z]-\d\d\b")
MARK = re.compile(r"HOSTILE((?:[ ,]+[A-Z]-\d\d)+)")
ENDS = (".c", ".py", ".js", ".sh")


def cases():
    found = {}
    for line in pathlib.Path("tests/hostile.txt").read_text().split("\n"):
        if line and not line.startswith("#"):
            words, _, reason = line.partition(" | ")
            name, _, what = words.partition(" ")
            found[name] = (what, reason)
    return found


def carriers():
    """The files that carry each name."""
    found = {}
    for path in sorted(pathlib.Path("tests").rglob("*")):
        if path.suffix not in ENDS or path.name == "hostile.py":
            continue
        for marks in MARK.findall(path.read_text("utf-8", "replace")):
            for name in NAME.findall(marks):
                found.setdefault(name, set()).add(str(path))
    return found


def report(known, carried):
    for name, (what, reason) in known.items():
        print(f"{name}  {what}")
        for path in sorted(carried.get(name, ())):
            print(f"        {path}")
        if reason:
            print(f"        not: {reason}")


def main():
    os.chdir(os.environ.get("top_srcdir", "."))
    known, carried = cases(), carriers()
    if "--report" in sys.argv:
        report(known, carried)
    wrong = 0
    for name in sorted(carried.keys() - known.keys()):
        print(f"{', '.join(sorted(carried[name]))}: {name} is not in the list")
        wrong += 1
    for name, (_, reason) in known.items():
        if bool(carried.get(name)) == bool(reason):
            print(f"{name}: " + ("automated, and has a reason not to be"
                                 if reason else "neither a test nor a reason"))
            wrong += 1
    print(f"hostile: {len(carried)} of {len(known)} cases automated, "
          f"{wrong} complaints")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
