#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# deb.sh TARBALL FOLDER [DPKG_BUILDPACKAGE_FLAG...]: Debian packages of what is
# in the tarball, source and binary, unsigned, into FOLDER, which is made anew,
# and a list of the parts of the programs in them.
set -eu
tarball=$(readlink -f "$1")
folder=$2
shift 2
for program in dpkg-buildpackage dh; do
    command -v $program >/dev/null || {
        echo "deb.sh: $program is missing: install dpkg-dev and debhelper" >&2
        exit 77
    }
done
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
tar -xf "$tarball" --no-same-owner
name=$(echo umbel-*)
cd "$name"
[ $# != 0 ] || set -- --build=full
if ! dpkg-buildpackage -us -uc "$@" >../build.log 2>&1; then
    tail -30 ../build.log >&2
    exit 1
fi
cd ..
for deb in umbel_*.deb; do
    [ -e "$deb" ] || continue
    dpkg-deb -x "$deb" parts
    TZ=UTC0 "$name/tools/sbom.py" "${name#umbel-}" \
        "$("$name/tools/epoch.sh")" parts/usr/bin/umbel parts/usr/sbin/umbeld \
        parts/usr/libexec/umbel/* >"${deb%.deb}.cdx.json"
done
rm -rf "$name" parts
