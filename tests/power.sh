#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# power.sh IMAGES - what `make power` runs: as many images of a disk that lost
# power, nine of ten of a database, the tenth of files, in slices with a story
# and seeds of their own.  SEED= repeats the first of them.
images=${1:-100000}
seed=${SEED:-1}
slice=5000
cd "$top_builddir" || exit 1
log=$(mktemp /tmp/umbel-power.XXXXXX) || exit 1
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM HUP
begin=$(date +%s)

# slice PROGRAM COUNT
slice() {
    if env SEEDS="$2" SEED="$seed" "./$1" >"$log" 2>&1; then
        seed=$((seed + $2))
    else
        cat "$log"
        echo "power: failed; again by: SEED=$seed SEEDS=$2 ./$1"
        exit 1
    fi
}

# many PROGRAM COUNT
many() {
    left=$2
    while [ "$left" -gt 0 ]; do
        now=$((left < slice ? left : slice))
        slice "$1" "$now"
        left=$((left - now))
    done
}

files=$((images / 10))
many test_power $((images - files))
many test_power_files "$files"
echo "power: $images images, $files of them of files, in" \
    "$(($(date +%s) - begin)) s; 0 acknowledged rows lost"
