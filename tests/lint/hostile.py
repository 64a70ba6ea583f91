#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the hostile cases of tests/hostile.txt are automated, and where.

Without arguments a check: every case is carried by a test (a comment with
the word HOSTILE and its name) or has a reason why not, no test carries a
name that is not in the list, and the tables in doc/TESTING.md say the same.
With --report it prints all of it, with --write it mends those tables.
"""

import os
import pathlib
import re
import sys

NAME = re.compile(r"\b[A-Z]-\d\d\b")
MARK = re.compile(r"HOSTILE((?:[ ,]+[A-Z]-\d\d)+)")
ENDS = (".c", ".py", ".js", ".sh")
ROW = re.compile(r"^\| ([A-Z]-\d\d) \| .* \|$", re.M)
MANUAL = pathlib.Path("doc/TESTING.md")


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


def row(name, known, carried):
    """One line of a table in the manual."""
    where = ", ".join(f"`{path[len('tests/'):]}`"
                      for path in sorted(carried.get(name, ())))
    what, reason = known[name]
    return f"| {name} | {what} | {where or 'not yet: ' + reason} |"


def manual_as_it_should_be(known, carried):
    """With the rows of every group that it has, of which one is enough."""
    text = MANUAL.read_text("utf-8")
    for group in sorted({m[1][0] for m in ROW.finditer(text)}):
        rows = [row(name, known, carried) for name in known
                if name[0] == group]
        found = [m for m in ROW.finditer(text) if m[1][0] == group]
        text = "\n".join([text[:found[0].start()].rstrip("\n"), *rows]) + \
            text[found[-1].end():]
    return text


def main():
    os.chdir(os.environ.get("top_srcdir", "."))
    known, carried = cases(), carriers()
    if "--report" in sys.argv:
        report(known, carried)
    manual = manual_as_it_should_be(known, carried)
    if "--write" in sys.argv:
        MANUAL.write_text(manual, "utf-8")
    wrong = 0
    if MANUAL.read_text("utf-8") != manual:
        print(f"{MANUAL}: another table than the tests; "
              "tests/lint/hostile.py --write mends it")
        wrong += 1
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
