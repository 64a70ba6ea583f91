#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# No common misspellings.
cd "${top_srcdir:-.}" || exit 1
if ! command -v codespell >/dev/null; then
    echo "skipped: codespell is missing"
    exit 77
fi
codespell --ignore-words tests/lint/spell.txt \
    --skip '*/corpus/*,*/data/*,*.json,*/__pycache__/*,*.svg' \
    README.md configure.ac run daemon api cli web-ui tests doc
