#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# soak.sh SECONDS SEEDS - what `make soak` runs: rounds of simulated worlds,
# power cuts, and kill -9 of the store and of whole daemons, every round with
# seeds of its own, until the time is over.  SEEDS: worlds in a round.
limit=${1:-60}
worlds=${2:-2000}
cd "$top_builddir" || exit 1
log=$(mktemp /tmp/umbel-soak.XXXXXX) || exit 1
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM HUP
begin=$(date +%s)
seed=$begin
rounds=0
failed=0

elapsed() {
    echo $(($(date +%s) - begin))
}

# part WORD COMMAND...: the line of figures in which WORD is, or all that it
# said when it fails
part() {
    word=$1
    shift
    if env -u SECONDS "$@" >"$log" 2>&1; then
        grep -v '^\[' "$log" | grep "$word"
    else
        cat "$log"
        echo "soak: this failed: $*"
        failed=$((failed + 1))
    fi
}

# A longer soak has longer storms, up to what the product promises.
kills=$((limit / 4))
[ $kills -ge 10 ] || kills=10
[ $kills -le 500 ] || kills=500

while [ $failed = 0 ] && [ "$(elapsed)" -lt "$limit" ]; do
    rounds=$((rounds + 1))
    part worlds, env SEEDS="$worlds" FIRST="$seed" ./sim_sweep
    part noted env SEEDS=$((worlds / 10 + 1)) SEED="$seed" ./test_power
    part noted env SEEDS=$((worlds / 30 + 1)) SEED="$seed" ./test_power_files
    part messages env KILLS=$((worlds / 100 + 1)) ./test_crash
    part lost, "$top_srcdir/tests/run-py" "$top_srcdir/tests/functional/storm.py" \
        --messages $((kills * 10)) --kills $kills --seed "$seed"
    part lost "$top_srcdir/tests/run-py" \
        "$top_srcdir/tests/functional/storm_files.py" \
        --files $kills --kills $kills --seed "$seed"
    part missed "$top_srcdir/tests/run-py" \
        "$top_srcdir/tests/functional/storm_events.py" \
        --events $((kills * 200)) --kills $kills --seed "$seed"
    seed=$((seed + worlds))
done
echo "soak: $(elapsed) s, $rounds rounds, $((rounds * worlds)) worlds," \
    "$((3 * rounds * kills)) processes killed; $failed failed"
[ $failed = 0 ]
