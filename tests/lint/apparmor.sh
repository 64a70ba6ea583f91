#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The profiles of contrib/apparmor are such that AppArmor reads them.  Whether
# they hold is seen on a machine whose kernel has AppArmor.
top=${top_srcdir:-.}
parser=$(PATH=$PATH:/usr/sbin:/sbin command -v apparmor_parser)
if [ -z "$parser" ]; then
    echo "skipped: apparmor_parser is missing (Debian: apparmor)"
    exit 77
fi
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
sed -e 's|@sbindir@|/usr/sbin|g' -e 's|@pkglibexecdir@|/usr/libexec/umbel|g' \
    -e 's|@TOR_PATH@|/usr/bin/tor|g' \
    "$top/contrib/apparmor/umbel.in" >"$folder/umbel"
if grep -n '@[a-zA-Z_]*@' "$folder/umbel"; then
    echo "contrib/apparmor/umbel.in: a name that nothing is put in for"
    exit 1
fi
# In a folder of its own: that of the machine may have it installed.
"$parser" -Q -K -I /etc/apparmor.d "$folder/umbel" || exit 1
{
    printf 'profile umbel_system_tor {\n'
    cat "$top/contrib/apparmor/local-system_tor"
    printf '}\n'
} >"$folder/tor"
"$parser" -Q -K -I /etc/apparmor.d "$folder/tor" || exit 1
# Each is there.
for name in umbeld umbel-core umbel-httpd umbel-broker; do
    if ! grep -q "^profile ${name}[ {]" "$folder/umbel"; then
        echo "there is no profile $name"
        exit 1
    fi
done
