#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# search.sh SECONDS - what `make fuzz` runs in a build with --enable-fuzz:
# every target for so long, from its corpus and from what earlier runs found.
# All of that is kept in found/NAME; what breaks a target, in found/crashes.
limit=${1:-10}
found=$top_builddir/found
mkdir -p "$found/crashes" || exit 1
log=$(mktemp /tmp/umbel-fuzz.XXXXXX) || exit 1
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM HUP
targets=0
inputs=0
broken=0

count_files() {
    find "$found" -type f ! -path "$found/crashes/*" | wc -l
}

figure() {
    sed -n "s/^stat::$1: *//p" "$log" | tail -n 1
}

before=$(count_files)
for target in $fuzz_targets; do
    name=${target#fuzz_}
    mkdir -p "$found/$name"
    "$top_builddir/$target" -max_total_time="$limit" -timeout=20 \
        -print_final_stats=1 -artifact_prefix="$found/crashes/$name-" \
        "$found/$name" "$top_srcdir/tests/fuzz/corpus/$name" >"$log" 2>&1
    status=$?
    runs=$(figure number_of_executed_units)
    new=$(figure new_units_added)
    targets=$((targets + 1))
    inputs=$((inputs + ${runs:-0}))
    if [ $status = 0 ]; then
        echo "ok: $target: ${runs:-0} inputs, ${new:-0} new"
    else
        broken=$((broken + 1))
        tail -n 40 "$log"
        echo "FAIL: $target"
    fi
done
echo "fuzz: $targets targets, $limit s each, $inputs inputs," \
    "$(($(count_files) - before)) kept in $found; $broken broken"
[ $broken = 0 ]
