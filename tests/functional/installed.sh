#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# installed.sh UMBELD UMBEL LIBEXECDIR - what `make installcheck` runs: an
# installed umbeld finds its own parts where they were installed, comes up,
# answers, and stops.
umbeld=$1
umbel=$2
libexec=$3
dir=$(mktemp -d /tmp/uXXXXXX) || exit 1
trap 'kill "$pid" 2>/dev/null; rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM HUP
pid=
mkdir -m 700 "$dir/d" "$dir/r"

fail() {
    cat "$dir/log"
    echo "installed: $1"
    exit 1
}

port=$((20000 + $$ % 10000))
"$umbeld" --data "$dir/d" --run "$dir/r" --listen 127.0.0.1:$port \
    --no-tor-child "$dir/control" "$dir/socks" >"$dir/log" 2>&1 &
pid=$!
tries=0
until "$umbel" --run "$dir/r" status >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 600 ] || fail "it never answers"
    kill -0 $pid 2>/dev/null || fail "it ended"
    sleep 0.1
done
# Their links cannot be read by others than root, since they hide from dumps.
for child in $(pgrep -P $pid); do
    exe=$(readlink "/proc/$child/exe") || continue
    # umbel-broker is a part of umbeld.
    [ "$exe" != "$(readlink -f "$umbeld")" ] || continue
    [ "${exe%/*}" = "$(readlink -f "$libexec")" ] || fail "what is $exe?"
done
kill $pid
wait $pid || fail "it did not stop as it should"
pid=
