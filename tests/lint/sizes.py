#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds every C file to the limits of size of doc/HACKING.md.

There is no list of exceptions.  A function is what stands between a '{' and
a '}' in column one, which clang-format sees to.
"""

import os
import pathlib
import re
import sys

FILE_LINES = {".c": 600, ".h": 200}
FUNCTION_LINES = 60
PARAMETERS = 6
NESTING = 4
PROJECT_INCLUDES = 15

LITERAL = re.compile(
    r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S
)


def blank(match):
    """A comment or literal, emptied; its lines stay countable."""
    return '""' + "\n" * match.group().count("\n")


def parameters(signature):
    """How many parameters the last parenthesis of a signature holds."""
    signature = re.sub(r"__attribute__\s*\(\(.*\)\)", "", signature)
    start = signature.find("(")
    depth, count = 0, 1
    for char in signature[start:]:
        depth += char in "([{"
        depth -= char in ")]}"
        count += char == "," and depth == 1
        if depth == 0:
            break
    return count if signature[start + 1 : -1].strip() else 0


def nesting(lines):
    """The deepest block of a body; braces of values do not count."""
    stack, deepest, before = [], 0, ")"
    for char in "".join(lines):
        if char == "{":
            stack.append(before not in "=,{(" or not stack)
            deepest = max(deepest, sum(stack) - 1)
        elif char == "}" and stack:
            stack.pop()
        if not char.isspace():
            before = char
    return deepest


def functions(lines):
    """Yields (first line, signature, lines of the body) of each function."""
    start = None
    for at, line in enumerate(lines):
        if line.rstrip() == "{":
            start = at
        elif line.startswith("}") and start is not None:
            head = start
            while head and lines[head - 1].strip() and \
                    lines[head - 1][0] not in "#}/" and \
                    not lines[head - 1].rstrip().endswith(";"):
                head -= 1
            yield head + 1, " ".join(lines[head:start]), lines[start : at + 1]
            start = None


def complaints(path):
    lines = LITERAL.sub(blank, path.read_text("utf-8")).split("\n")
    limit = FILE_LINES[path.suffix]
    if len(lines) - 1 > limit:
        yield 1, f"{len(lines) - 1} lines, more than {limit}"
    count = sum(bool(re.match(r'\s*#\s*include\s*"', x)) for x in lines)
    if count > PROJECT_INCLUDES:
        yield 1, f"{count} includes of the project, more than " \
            f"{PROJECT_INCLUDES}"
    for at, signature, body in functions(lines):
        if len(body) - 2 > FUNCTION_LINES:
            yield at, f"function of {len(body) - 2} lines, more than " \
                f"{FUNCTION_LINES}"
        if parameters(signature) > PARAMETERS and "NOLINT" not in signature:
            yield at, f"{parameters(signature)} parameters, more than " \
                f"{PARAMETERS}"
        if nesting(body) > NESTING:
            yield at, f"nested {nesting(body)} deep, more than {NESTING}"


def main():
    os.chdir(os.environ.get("top_srcdir", "."))
    paths = sorted(
        path
        for top in ("daemon", "api", "cli", "tests")
        for path in pathlib.Path(top).rglob("*.[ch]")
    )
    found = 0
    for path in paths:
        for line, text in complaints(path):
            print(f"{path}:{line}: {text}")
            found += 1
    print(f"sizes: {len(paths)} files, {found} complaints")
    return 1 if found or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
