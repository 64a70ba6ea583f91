#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every C file is as clang-format writes it.
cd "${top_srcdir:-.}" || exit 1
if ! command -v clang-format >/dev/null; then
    echo "skipped: clang-format is missing"
    exit 77
fi
find daemon api cli tests -name '*.[ch]' -print0 |
    xargs -0 -n 8 -P 2 clang-format --dry-run -Werror --ferror-limit=3
