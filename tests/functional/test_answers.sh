#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every answer that the unit tests of the API see is as openapi.json says,
# and every operation was answered well at least once.
src=$(cd "${top_srcdir:-.}" && pwd)
dir=$(mktemp -d /tmp/ansXXXXXX) || exit 99
trap 'rm -rf "$dir"' EXIT
UMBEL_API_ANSWERS=$dir/answers
export UMBEL_API_ANSWERS
for name in test_api test_api_chat test_api_matrix test_api_events \
    test_api_self test_api_people test_api_change test_api_files \
    test_api_tokens test_api_scopes test_api_narrow test_api_consumers \
    test_api_admin test_api_jobs test_api_search test_outlets \
    test_webhooks; do
    ./"$name" >"$dir/log" 2>&1 || {
        tail -20 "$dir/log"
        exit 1
    }
done
/usr/bin/python3 -W ignore "$src/tests/functional/openapi_check.py" \
    "$src/api/openapi.json" "$UMBEL_API_ANSWERS"
