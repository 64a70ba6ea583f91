#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# reproducible.sh TARBALL - builds it twice, in another folder, time, time
# zone, locale, umask, name of the machine, with another number of processes,
# home and path, and compares: what is installed, the tarball that
# each makes in turn, and the Debian packages where there is debhelper.
# KEEP=FOLDER keeps all of it.
set -eu
here=$(dirname "$(readlink -f "$0")")
tarball=$(readlink -f "$1")
case $tarball in *.gz) ;; *) exit 2 ;; esac
if [ -n "${KEEP-}" ]; then
    work=$(readlink -f "$KEEP")
    mkdir -p "$work"
else
    work=$(mktemp -d /tmp/umbel-twice.XXXXXX)
    trap 'rm -rf "$work"' EXIT
fi
SOURCE_DATE_EPOCH=$("$here/../../tools/epoch.sh")
export SOURCE_DATE_EPOCH
status=0

say() {
    echo "reproducible: $*"
}

# The compiler as it is; a cache in front of it has no say here.
compiler() {
    case ${CC-} in
    ccache*) echo "${CC#ccache }" ;;
    *) echo "${CC:-cc}" ;;
    esac
}

# one NAME FOLDER COMMAND...: in a world of its own
one() {
    local folder=$1
    shift
    mkdir -p "$folder/home"
    case $folder in
    */first)
        (umask 022 && cd "$folder" && env -u LANGUAGE TZ=UTC LC_ALL=C \
            HOME="$folder/home" USER=first jobs=1 "$@")
        ;;
    *)
        # shellcheck disable=SC2046
        (umask 077 && cd "$folder" && env LC_ALL="$(other_locale)" \
            LANGUAGE=de TZ=Pacific/Kiritimati HOME="$folder/home" \
            USER=second PATH="$PATH:/nowhere" jobs=3 \
            CLOCK_SHIFT=$((400 * 86400 + 40000)) LD_PRELOAD="$work/clock.so" \
            $(other_machine) "$@")
        ;;
    esac
}

# One that sorts and writes numbers in another way, if there is one.
other_locale() {
    locale -a | grep -iE '^(de|fr|es|tr|et|cs)_.*utf-?8' | head -1 |
        grep . || echo C.UTF-8
}

# As root, a name as well; and an older Linux, by what it says.
other_machine() {
    local shell='hostname elsewhere; exec "$@"'
    setarch --uname-2.6 true 2>/dev/null && echo setarch --uname-2.6
    if [ "$(id -u)" = 0 ] && unshare --uts true 2>/dev/null; then
        printf '#!/bin/sh\n%s\n' "$shell" >"$work/elsewhere"
        chmod 755 "$work/elsewhere"
        echo unshare --uts "$work/elsewhere"
    fi
}

# In the first the folder of the build is below the sources, in the second far
# from it.
# shellcheck disable=SC2016
programs='set -e
    mkdir -p "$source" "$build"
    tar -xf "$tarball" -C "$source" --strip-components=1 --no-same-owner
    cd "$build"
    "$source/configure" CC="$compiler" --prefix=/usr --sysconfdir=/etc \
        >configure.log
    make -s -j$jobs all >make.log 2>&1 || { tail make.log; exit 1; }
    make -s install DESTDIR="$PWD/tree" >install.log 2>&1
    make -s sbom >>make.log
    make -s dist-gzip >dist.log 2>&1'

# Names, modes and contents; no more is anybody given.
listed() {
    (cd "$1" && find . ! -type d -printf '%P %m %l\n' | LC_ALL=C sort &&
        find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
}

compare() {
    local what=$1
    shift
    if cmp -s "$1" "$2"; then
        say "the same: $what"
        return
    fi
    status=1
    say "DIFFERENT: $what"
    diff "$1" "$2" | head -20 || :
}

cc -shared -fPIC -O2 -o "$work/clock.so" -D_GNU_SOURCE "$here/clock.c" -ldl
first=$work/first
second="$work/second-in-a-much-longer/folder"
export tarball
compiler=$(compiler)
export compiler

say "programs, twice"
source=$first/src build=$first/src/build one "$first" sh -c "$programs"
source=$second/s build=$second/b/u/i/l/d one "$second" sh -c "$programs"
one=$first/src/build two=$second/b/u/i/l/d
listed "$one/tree" >"$first/list"
listed "$two/tree" >"$second/list"
compare "all $(grep -c '  ' "$first/list") files of make install" \
    "$first/list" "$second/list"
compare "the tarball, made again of itself" "$tarball" "$one"/umbel-*.tar.gz
compare "the tarball" "$one"/umbel-*.tar.gz "$two"/umbel-*.tar.gz
compare "the list of parts" "$one"/umbel-*.cdx.json "$two"/umbel-*.cdx.json

if command -v dpkg-buildpackage >/dev/null && command -v dh >/dev/null; then
    say "Debian packages, twice"
    export DEB_BUILD_OPTIONS=nocheck
    for world in "$first" "$second"; do
        one "$world" "$here/../../tools/deb.sh" "$tarball" "$world/deb" \
            --build=full
        (cd "$world/deb" && sha256sum -- *.deb *.dsc *.tar.* *.cdx.json) >"$world/debs"
    done
    compare "$(grep -c . "$first/debs") files of the Debian package" \
        "$first/debs" "$second/debs"
    cat "$first/debs"
else
    say "not tried: Debian packages, since debhelper is missing"
fi
exit $status
