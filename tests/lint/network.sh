#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# HOSTILE D-03: what could reach the network beside Tor is not even linked: no
# resolver, and connect() in umbel-broker, and where umbeld comes to systemd's
# sockets.  What libcurl does for umbel-webhooks, its sandbox and daemon/poster.c see to.
cd "${top_builddir:-.}" || exit 1
status=0
for program in umbeld umbel-core umbel-httpd umbel-hooks umbel-webhooks \
    umbel-join; do
    found=$("${NM:-nm}" -D --undefined-only "$program" 2>/dev/null |
        sed -n 's/.* U \([A-Za-z_0-9]*\).*/\1/p' |
        grep -E '^(getaddrinfo|gethostby|getnameinfo|res_|__res_|dns_|evdns|evutil_getaddrinfo|evhttp)')
    if [ -n "$found" ]; then
        echo "$program asks for: $found"
        status=1
    fi
done
cd "$top_srcdir" || exit 1
places=$(grep -rlE '[^_a-z]connect\([a-z]' --include='*.c' daemon api | sort)
expected='daemon/broker.c
daemon/launch.c
daemon/notify.c'
if [ "$places" != "$expected" ]; then
    echo "connect() is called in: $places; expected: $expected"
    status=1
fi
exit $status
