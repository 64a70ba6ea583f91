#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Reads what the linker made: every program can be loaded anywhere, has
# nothing to write that it was not given to write, and no stack that runs.
cd "${top_builddir:-.}" || exit 1
if ! command -v readelf >/dev/null; then
    echo "skipped: readelf is missing"
    exit 77
fi
status=0

complain() {
    echo "$1: $2"
    status=1
}

# has PATTERN: in what readelf said
has() {
    printf '%s\n' "$elf" | grep -Eq "$1"
}

for program in umbeld umbel-core umbel-httpd umbel-hooks umbel-webhooks \
    umbel; do
    elf=$(readelf -hldW "$program") || complain $program "is not there"
    has 'Type: +DYN' || complain $program "is not position independent"
    has 'GNU_RELRO' || complain $program "has no RELRO"
    has '\(FLAGS\).*BIND_NOW|\(FLAGS_1\).*NOW' ||
        complain $program "binds late"
    has 'GNU_STACK.* RW ' || complain $program "has a stack that runs"
    ! has 'LOAD.* RWE ' || complain $program "can write what it runs"
    ! has 'TEXTREL' || complain $program "is written to when it is loaded"
    ! has 'RPATH|RUNPATH' || complain $program "looks for libraries elsewhere"
    # Sanitizers have checks of their own.
    case $cppflags in *_FORTIFY_SOURCE*)
        elf=$(readelf --dyn-syms -W "$program")
        has ' __[a-z]+_chk(@|$)' || complain $program "is not fortified"
        has '__stack_chk_fail' || complain $program "has no stack protector"
        ;;
    esac
done
exit $status
