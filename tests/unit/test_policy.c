/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include <stdio.h>

#include "api/httpd/policy.h"

static struct policy policy;

static int setup(void **state)
{
	static char name[] = "chat.example:8443";
	char *const hosts[] = {name};

	(void)state;
	return policy_init(&policy, 7766, hosts, 1) == OK ? 0 : -1;
}

struct ask {
	enum gate_listener listener;
	const char *line, *host, *more;
	enum fault want;
};

static const char home[] = "GET /ui/ HTTP/1.1";
static const char api[] = "GET /v1/users HTTP/1.1";
static const char post[] = "POST /v1/users HTTP/1.1";
static const char own[] = "127.0.0.1:7766";

static const struct ask asks[] = {
    {GATE_TCP, api, "127.0.0.1:7766", "", FAULT_NONE},
    {GATE_TCP, api, "localhost:7766", "", FAULT_NONE},
    {GATE_TCP, api, "[::1]:7766", "", FAULT_NONE},
    {GATE_TCP, api, "chat.example:8443", "", FAULT_NONE},
    {GATE_UNIX, api, "localhost", "", FAULT_NONE},
    {GATE_UNIX, api, "localhost:7766", "", FAULT_HOST},
    {GATE_UNIX, api, "127.0.0.1:7766", "", FAULT_HOST},
    {GATE_TCP, api, "localhost", "", FAULT_HOST},
    {GATE_TCP, api, "", "", FAULT_HOST},
    {GATE_TCP, home, "evil.example", "", FAULT_HOST},
    {GATE_TCP, home, "evil.example:7766", "", FAULT_HOST},
    {GATE_TCP, home, "127.0.0.1.evil:7766", "", FAULT_HOST},
    {GATE_TCP, home, "127.0.0.1:7767", "", FAULT_HOST},
    {GATE_TCP, home, "127.0.0.1:07766", "", FAULT_HOST},
    {GATE_TCP, home, "LOCALHOST:7766", "", FAULT_HOST},
    {GATE_TCP, home, "localhost.:7766", "", FAULT_HOST},
    {GATE_TCP, home, "a@localhost:7766", "", FAULT_HOST},
    {GATE_TCP, home, "localhost:7766 ,x", "", FAULT_HOST},
    {GATE_TCP, home, "chat.example", "", FAULT_HOST},
    {GATE_TCP, "FROB /x HTTP/1.1", "evil", "Origin: null\r\n", FAULT_HOST},

    {GATE_TCP, post, own, "Origin: http://127.0.0.1:7766\r\n", FAULT_NONE},
    {GATE_TCP, post, own, "Origin: http://localhost:7766\r\n", FAULT_ORIGIN},
    {GATE_TCP, post, own, "Origin: https://127.0.0.1:7766\r\n", FAULT_ORIGIN},
    {GATE_TCP, post, own, "Origin: null\r\n", FAULT_ORIGIN},
    {GATE_TCP, post, own, "Origin:\r\n", FAULT_ORIGIN},
    {GATE_TCP, post, own, "Origin: http://evil\r\n", FAULT_ORIGIN},
    {GATE_TCP, post, own, "Origin: http://127.0.0.1:7766.evil\r\n",
     FAULT_ORIGIN},
    {GATE_TCP, home, own, "Origin: http://evil\r\n", FAULT_ORIGIN},
    {GATE_TCP, post, "chat.example:8443",
     "Origin: https://chat.example:8443\r\n", FAULT_NONE},

    {GATE_TCP, api, own, "Sec-Fetch-Site: same-origin\r\n", FAULT_NONE},
    {GATE_TCP, api, own, "Sec-Fetch-Site: none\r\n", FAULT_FETCH_SITE},
    {GATE_TCP, api, own, "Sec-Fetch-Site: same-site\r\n", FAULT_FETCH_SITE},
    {GATE_TCP, home, own, "Sec-Fetch-Site: cross-site\r\n", FAULT_FETCH_SITE},
    {GATE_TCP, home, own, "Sec-Fetch-Site:\r\n", FAULT_FETCH_SITE},
    {GATE_TCP, home, own, "Sec-Fetch-Site: none\r\n", FAULT_NONE},
    {GATE_TCP, "GET / HTTP/1.1", own, "Sec-Fetch-Site: none\r\n", FAULT_NONE},
    {GATE_TCP, "HEAD /ui/app.js HTTP/1.1", own, "Sec-Fetch-Site: none\r\n",
     FAULT_NONE},
    {GATE_TCP, "POST /ui/ HTTP/1.1", own, "Sec-Fetch-Site: none\r\n",
     FAULT_FETCH_SITE},

    {GATE_TCP, "OPTIONS /v1/x HTTP/1.1", own, "", FAULT_METHOD},
    {GATE_TCP, "TRACE / HTTP/1.1", own, "", FAULT_METHOD},
    {GATE_TCP, "get /v1/x HTTP/1.1", own, "", FAULT_METHOD},
    {GATE_TCP, "POST / HTTP/1.1", own, "", FAULT_METHOD_OF_PAGE},
    {GATE_TCP, "DELETE /ui/x HTTP/1.1", own, "", FAULT_METHOD_OF_PAGE},
    {GATE_TCP, "DELETE /uix HTTP/1.1", own, "", FAULT_NONE},
};

static void asks_by_table(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(asks); i++) {
		const struct ask *a = &asks[i];
		struct head h;
		char raw[512];
		int n = snprintf(raw, sizeof(raw), "%s\r\nHost: %s\r\n%s\r\n",
				 a->line, a->host, a->more);

		assert_int_equal(head_parse(bytes_of(raw, (size_t)n), &h),
				 FAULT_NONE);
		if (policy_check(&policy, a->listener, &h) != a->want)
			fail_msg("%s", raw);
	}
}

static void hosts_have_limits(void **state)
{
	static char name[POLICY_HOST_LEN + 1];
	char *hosts[POLICY_HOSTS_MAX + 1];
	struct policy p;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(hosts); i++)
		hosts[i] = name;
	assert_err(policy_init(&p, 1, hosts, 1), ERR_RANGE);
	memset(name, 'a', POLICY_HOST_LEN - 1);
	assert_ok(policy_init(&p, 1, hosts, POLICY_HOSTS_MAX));
	assert_err(policy_init(&p, 1, hosts, POLICY_HOSTS_MAX + 1), ERR_FULL);
	name[POLICY_HOST_LEN - 1] = 'a';
	assert_err(policy_init(&p, 1, hosts, 1), ERR_RANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(asks_by_table),
	    cmocka_unit_test(hosts_have_limits),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
