#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Small habits: the licence line, no typedef of a struct, no empty comment, no
# note of work to be done, nothing generated in git.
cd "${top_srcdir:-.}" || exit 1
status=0
say() {
    echo "$1"
    status=1
}

code=$(find daemon api cli tests web-ui -name corpus -prune -o -type f \
    \( -name '*.[ch]' -o -name '*.py' -o -name '*.sh' -o -name '*.js' \) \
    -print | LC_ALL=C sort)
c=$(echo "$code" | grep '\.[ch]$')

for file in $code; do
    head -3 "$file" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' ||
        say "$file: no SPDX line"
done
# shellcheck disable=SC2086
{
    grep -nE '^typedef (struct|enum|union)[^(]*$' $c && say "typedef of a struct"
    grep -nE '/\*[* ]*\*/' $c && say "empty comment"
    grep -nE '\balloca *\(' $c && say "alloca"
    grep -nwE 'TODO|FIXME|XXX|HACK' $code | grep -v '^tests/lint/' &&
        say "work left undone belongs in an issue"
    grep -nE '[[:blank:]]$' $code && say "white space at the end of a line"
}

if [ -e .git ] && command -v git >/dev/null; then
    git ls-files | grep -E '(^|/)(Makefile(\.in)?|configure|config\.h|aclocal\.m4|assets\.c|vendor\.js|__pycache__|node_modules)($|/)|\.(o|a|so|log|trs|pyc|db)$' &&
        say "generated, yet in git"
fi
exit $status
