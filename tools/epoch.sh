#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The time that all that is made of these sources bears, as SOURCE_DATE_EPOCH:
# that of the last commit; in a tarball, of the tarball.
top=$(dirname "$0")/..
if [ -n "$SOURCE_DATE_EPOCH" ]; then
    echo "$SOURCE_DATE_EPOCH"
elif [ -e "$top/.git" ]; then
    git -C "$top" log -1 --format=%ct
else
    date -r "$top/configure.ac" +%s
fi
