#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# run.sh: Redocly and Spectral about api/openapi.json.  They come from npm,
# locked, into the build folder; where they cannot come the test is skipped,
# and says so.  What the document promises is tried in functional/.
set -u
src=${top_srcdir:-$(dirname "$0")/../..}
src=$(cd "$src" && pwd) || exit 1
top_builddir=$(cd "${top_builddir:-$src/build}" && pwd) || exit 1
work=$top_builddir/tests/contract/work

skip() {
    echo "tests/contract: skipped: $*"
    exit 77
}

for program in node npm; do
    command -v $program >/dev/null || skip "there is no $program"
done
node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' ||
    skip "Node.js is older than 20"

mkdir -p "$work" || exit 1
cp -f "$src/tests/contract/check.js" "$src/tests/contract/package.json" \
    "$work" || exit 1
if ! cmp -s "$src/tests/contract/package-lock.json" \
    "$work/package-lock.json" || [ ! -e "$work/installed" ]; then
    rm -f "$work/installed"
    cp -f "$src/tests/contract/package-lock.json" "$work" || exit 1
    (cd "$work" && npm ci --ignore-scripts --no-audit --no-fund) ||
        skip "npm could not install what package-lock.json lists"
    touch "$work/installed"
fi
cd "$work" && exec node check.js "$src/api/openapi.json"
