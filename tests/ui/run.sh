#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# run.sh [FILE...]: the browser tests, or some of them (day.test.js ...).
# The libraries and a copy of the tests are put into the build folder; the
# source tree stays as it is.  UI_NETWORK=fake or tornet for all of them.
set -u
src=${top_srcdir:-$(dirname "$0")/../..}
src=$(cd "$src" && pwd) || exit 1
top_builddir=$(cd "${top_builddir:-$src/build}" && pwd) || exit 1
top_srcdir=$src
UI_PYTHON=${PYTHON3:-/usr/bin/python3}
PYTHONDONTWRITEBYTECODE=1
export top_srcdir top_builddir UI_PYTHON PYTHONDONTWRITEBYTECODE
work=$top_builddir/tests/ui/work

die() {
    echo "tests/ui: $*" >&2
    exit 1
}

for program in node npm; do
    command -v $program >/dev/null ||
        die "$program is missing: install Debian's nodejs and npm"
done
UI_CHROMIUM=${UI_CHROMIUM:-$(command -v chromium)}
[ -n "$UI_CHROMIUM" ] || die "chromium is missing: install Debian's chromium"
UI_FIREFOX=${UI_FIREFOX:-$(command -v firefox-esr)}
[ -n "$UI_FIREFOX" ] ||
    die "firefox-esr is missing: install Debian's firefox-esr"
export UI_CHROMIUM UI_FIREFOX

mkdir -p "$work" || exit 1
rm -rf "$work"/*.js "$work/page"
cp -f "$src"/tests/ui/*.js "$src"/tests/ui/package.json "$work" &&
    cp -R "$src/web-ui" "$work/page" && chmod -R u+w "$work/page" || exit 1
if ! cmp -s "$src/tests/ui/package-lock.json" "$work/package-lock.json" ||
    [ ! -e "$work/installed" ]; then
    rm -f "$work/installed"
    cp -f "$src/tests/ui/package-lock.json" "$work" || exit 1
    (cd "$work" && npm ci --ignore-scripts --no-audit --no-fund) ||
        die "npm could not install what package-lock.json lists"
    touch "$work/installed"
fi

cd "$work" || exit 1
[ $# -gt 0 ] || set -- *.test.js
for file; do
    case $file in
    *.test.js) ;;
    *) exec node "$@" ;;
    esac
done
exec node --test-reporter=tap all.js "$@"
