#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Reads what the linker sees: the core and the parsers of Tor's protocols may
# need nothing but what pure.txt lists, so no clock, no I/O, no randomness.
cd "${top_builddir:-.}" || exit 1
src=${top_srcdir:-.}
status=0
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# allowed SYMBOL
allowed() {
    ok=1
    while read -r pattern; do
        # shellcheck disable=SC2254
        case $pattern in
        '' | '#'*) ;;
        '!'*) case $1 in ${pattern#!}) return 1 ;; esac ;;
        *) case $1 in $pattern) ok=0 ;; esac ;;
        esac
    done <"$src/tests/lint/pure.txt"
    return $ok
}

# check NAME FILE...
check() {
    name=$1
    shift
    "${NM:-nm}" -g --defined-only "$@" 2>/dev/null |
        awk 'NF == 3 { print $3 }' | sort -u >"$dir/has"
    "${NM:-nm}" -gu "$@" 2>/dev/null |
        awk 'NF == 2 { print $2 }' | sort -u >"$dir/needs"
    for symbol in $(comm -13 "$dir/has" "$dir/needs"); do
        if ! allowed "$symbol"; then
            echo "$name is not pure, it needs: $symbol"
            "${NM:-nm}" -guA "$@" 2>/dev/null | grep -w "$symbol" | head -3
            status=1
        fi
    done
    echo "$name: $(wc -l <"$dir/has") symbols, needs $(wc -l <"$dir/needs")"
}

if [ -n "$(find "$src/daemon/core" -name '*.c')" ]; then
    [ -f libcore.a ] || { echo "libcore.a is missing"; exit 1; }
    check core libcore.a
fi
set --
for part in control_proto control_msg socks_proto onion status version; do
    set -- "$@" daemon/tor/*"-$part.o"
done
for object; do
    [ -f "$object" ] || { echo "$object is missing"; exit 1; }
done
check tor "$@"
exit $status
