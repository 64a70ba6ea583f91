#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# backports.sh TARBALL [TESTS...] - what `make backports-check` runs: Umbel
# with SQLCipher 4 of bookworm-backports, in a root of its own; the tests that
# are named, or all; and databases carried from SQLCipher 3 to 4 and back.
#
# shellcheck disable=SC2016 # what is quoted so runs in the root
# The root is kept below SUITE_ROOTS (here: roots).  BROWSER=1 puts browsers into it, which
# the tests of the page want; 300 MB.  CARRY=only leaves the suite away; JOBS= is as with make -j.
set -eu
here=$(dirname "$(readlink -f "$0")")
tarball=$(readlink -f "$1")
shift
roots=${SUITE_ROOTS:-$PWD/roots}
root=$roots/bookworm-backports
place=$root/umbel
# Without browsers, what comes from npm is left away as well.
browsers='chromium|firefox-esr|nodejs|npm'
[ -z "${BROWSER-}" ] || browsers='-'
offline=--offline
[ -z "${BROWSER-}" ] || offline=

say() {
    echo "backports: $*"
}

in_root() {
    # shellcheck disable=SC2086
    "$here/root.sh" enter "$root" $offline "$@"
}

# All files of a tarball have one date: what is the same as the last time gets
# that of the last time again, so that make has to do no more than it must.
unpack() {
    local new=$place/src.new
    rm -rf "$new"
    mkdir -p "$new"
    tar -xf "$tarball" -C "$new" --strip-components=1 --no-same-owner
    # shellcheck disable=SC2016
    (cd "$new" && find . -type f -exec sh -c 'now=$(date +%s)
        for f; do
            if cmp -s "$f" "$0/$f"; then
                touch -r "$0/$f" "$f"
            else
                touch -d "@$now" "$f"
            fi
        done' "$place/src" {} +)
    rm -rf "$place/src"
    mv "$new" "$place/src"
}

# The packages that ./run check asks for, by the words of ./run itself.
make_root() {
    local list
    mkdir -p "$roots"
    [ -d "$root" ] || "$here/root.sh" make "$root" || return
    unpack
    list=$("$here/root.sh" enter "$root" /umbel/src/run packages check |
        tr ' ' '\n' | grep -vxE "libsqlcipher-dev|$browsers" | tr '\n' ' ')
    # shellcheck disable=SC2086
    "$here/root.sh" make "$root" --backports libsqlcipher-dev \
        libsqlcipher0 strace $list || return
    # The headers of SQLCipher 3 cannot be installed beside those of 4.
    [ -d "$root/opt/sqlcipher-3/usr" ] ||
        "$here/root.sh" enter "$root" sh -ec '
            cd /tmp && apt-get -qq download libsqlcipher-dev/'"$suite"' \
                libsqlcipher0
            for f in *.deb; do dpkg -x $f /opt/sqlcipher-3; done'
}
suite=${SUITE_DEBIAN:-bookworm}

# build FOLDER CONFIGURE_ARGUMENT...: incrementally, from one time to the next
build() {
    local folder=$1
    shift
    say "building $folder"
    in_root sh -c 'mkdir -p "$0" && cd "$0" && {
            [ -f Makefile ] || ../src/configure --enable-werror \
                --enable-sanitizers "$@" >configure.log 2>&1
        } && make -s -j"$(nproc)" all >make.log 2>&1 ||
            { tail -20 configure.log make.log; exit 1; }' \
        "/umbel/$folder" "$@"
    say "$folder has $(in_root ldd "/umbel/$folder/umbel-core" |
        sed -n 's/.*\(libsqlcipher.so.*\) (.*/\1/p')"
}

carry() {
    say "databases carried from SQLCipher 3 to 4 and back"
    in_root env top_srcdir=/umbel/src top_builddir=/umbel/build-4 \
        SUITE_OTHER_BUILD=/umbel/build-3 \
        /umbel/src/tests/run-py /umbel/src/tests/roots/test_carry.py
}

check() {
    say "make check, with SQLCipher 4"
    in_root sh -c 'cd /umbel/build-4 && find . -name "*.trs" -delete &&
        make -k -j"$0" check ${1:+TESTS="$1"} >check.log 2>&1
        status=$?
        grep -E "^(SKIP|FAIL|ERROR|XPASS): " check.log
        /usr/bin/python3 ../src/tests/count.py . $status' \
        "${JOBS:-$((3 * $(nproc)))}" "$*" || {
        say "the logs are in $place/build-4"
        return 1
    }
}

status=0
make_root || exit
build build-3 SQLCIPHER_CFLAGS=-I/opt/sqlcipher-3/usr/include \
    SQLCIPHER_LIBS="-L/opt/sqlcipher-3/usr/lib/$(in_root gcc -dumpmachine |
        sed 's/-pc//') -lsqlcipher"
build build-4
carry || status=1
[ "${CARRY-}" = only ] || check "$@" || status=1
exit $status
