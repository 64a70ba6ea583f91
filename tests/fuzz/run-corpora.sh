#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every fuzz target runs its corpus; a target without a corpus fails.
status=0
for target in $fuzz_targets; do
    name=${target#fuzz_}
    if "$top_builddir/$target" "$top_srcdir/tests/fuzz/corpus/$name" >/tmp/.umbel-fuzz.$$ 2>&1; then
        echo "ok: $target: $(cat /tmp/.umbel-fuzz.$$)"
    else
        echo "FAIL: $target"
        cat /tmp/.umbel-fuzz.$$
        status=1
    fi
done
rm -f /tmp/.umbel-fuzz.$$
exit $status
