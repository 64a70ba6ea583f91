#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every shell script passes shellcheck, every Python file parses.  (SC2154:
# the tests' scripts get top_srcdir and the like from the environment.)
cd "${top_srcdir:-.}" || exit 1
find tests api web-ui doc -name '*.py' -print0 |
    xargs -0 "${PYTHON3:-/usr/bin/python3}" -c '
import ast, sys
for name in sys.argv[1:]:
    ast.parse(open(name, encoding="utf-8").read(), name)
' || exit 1
if ! command -v shellcheck >/dev/null; then
    echo "skipped: shellcheck is missing"
    exit 77
fi
find . -path './build*' -prune -o -path ./build-aux -prune -o \
    -path ./node_modules -prune -o \
    \( -name '*.sh' -o -path ./run -o -path ./tests/run-py -o -path ./.ci/run \) -type f -print0 |
    xargs -0 shellcheck -e SC2154
