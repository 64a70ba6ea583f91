/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The other parts of daemon/tor that need no connection.
 * HOSTILE T-08, T-09, T-10
 */
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "tor/control_proto.h"
#include "tor/services.h"
#include "tor/socks_proto.h"
#include "tor/status.h"
#include "tor/torrc.h"
#include "tor/version.h"

#define NAME "piceugn4yzj3u5lnpue6jwhlmpmr2rf4n5qsquxtzhybqdfjyai3yqyd"

static struct bytes text(const char *s)
{
	return bytes_of(s, strlen(s));
}

static void versions_are_compared(void **state)
{
	static const struct {
		const char *s;
		enum err e;
		bool is_enough;
	} v[] = {
	    {"0.4.9.11", OK, true},
	    {"0.4.9.10", OK, false},
	    {"0.4.9.9", OK, false},
	    {"0.4.10.0", OK, true},
	    {"0.5.0.1-alpha", OK, true},
	    {"1.0.0.0", OK, true},
	    {"0.4.8.99 (git-0123456789abcdef)", OK, false},
	    {"Tor version 0.4.9.12.\r\n", OK, true},
	    {"0.4.9.11x", ERR_SYNTAX, false},
	    {"0.4.9", ERR_SYNTAX, false},
	    {"0.4..9", ERR_SYNTAX, false},
	    {"", ERR_SYNTAX, false},
	    {"0.4.9.99999", ERR_RANGE, false},
	};
	struct tor_version out;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(v); i++) {
		assert_err(tor_version_parse(text(v[i].s), &out), v[i].e);
		if (v[i].e == OK)
			assert_int_equal(tor_version_is_enough(&out),
					 v[i].is_enough);
	}
}

static const struct socks_request socks_req = {NAME, 1, "user", "pass"};

/* Plays tor's side up to the answer; returns what was sent last. */
static void socks_run(struct socks *s, struct bytes answer, struct bytes *rest)
{
	static const uint8_t method[] = {5, 2}, ok[] = {1, 0};
	struct buf out;
	struct bytes in;

	buf_init(&out, SOCKS_OUT_MAX);
	assert_ok(socks_init(s, &socks_req, &out));
	assert_int_equal(out.len, 3);
	assert_memory_equal(out.data, "\5\1\2", 3);
	buf_clear(&out);
	assert_int_equal(socks_need(s), 2);
	in = bytes_of(method, 2);
	socks_step(s, &in, &out);
	assert_true(control_is_word(buf_view(&out), "\1\4user\4pass"));
	buf_clear(&out);
	in = bytes_of(ok, 2);
	socks_step(s, &in, &out);
	assert_int_equal(out.len, 4 + 1 + 62 + 2);
	assert_memory_equal(out.data, "\5\1\0\3\x3e" NAME ".onion\0\1", 69);
	buf_clear(&out);
	*rest = answer;
	socks_step(s, rest, &out);
	assert_int_equal(out.len, 0);
}

/* T-09 */
static void socks_codes_are_told_apart(void **state)
{
	struct bytes rest;
	struct socks s;
	unsigned code;

	(void)state;
	for (code = 0; code < 256; code++) {
		uint8_t a[] = {5, (uint8_t)code, 0, 1, 0, 0, 0, 0, 0, 0, 'x'};
		enum dial_result r = dial_result_of_code((uint8_t)code);

		socks_run(&s, bytes_of(a, sizeof(a)), &rest);
		assert_int_equal(s.phase, code ? SOCKS_BAD : SOCKS_DONE);
		assert_int_equal(s.result, r);
		assert_true(strlen(dial_result_str(r)) > 5);
		assert_int_equal(socks_need(&s), 0);
		/* What follows the answer is not touched. */
		if (code == 0)
			assert_int_equal(rest.n, 1);
	}
	assert_int_equal(dial_result_of_code(0xf0), DIAL_NO_DESC);
	assert_int_equal(dial_result_of_code(0xf4), DIAL_NO_KEY);
	assert_int_equal(dial_result_of_code(0xf8), DIAL_UNKNOWN);
}

static void socks_addresses_are_skipped(void **state)
{
	static const struct {
		uint8_t type;
		size_t skip;
	} v[] = {{1, 6}, {4, 18}, {3, 1 + 200 + 2}};
	uint8_t a[300];
	struct bytes rest;
	struct socks s;
	size_t i, n;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(v); i++) {
		memset(a, 0, sizeof(a));
		a[0] = 5;
		a[3] = v[i].type;
		a[4] = 200;
		/* Cut anywhere, it asks for more. */
		for (n = 0; n < 4 + v[i].skip; n++) {
			socks_run(&s, bytes_of(a, n), &rest);
			assert_int_equal(rest.n, 0);
			assert_true(socks_need(&s) > 0);
			assert_true(socks_need(&s) <= 4 + v[i].skip - n);
		}
		socks_run(&s, bytes_of(a, sizeof(a)), &rest);
		assert_int_equal(s.phase, SOCKS_DONE);
		assert_int_equal(rest.n, sizeof(a) - 4 - v[i].skip);
	}
}

static void socks_refuses_what_is_none(void **state)
{
	static const uint8_t bad[][4] = {
	    {4, 0, 0, 1}, {5, 0, 1, 1}, {5, 0, 0, 0}, {5, 0, 0, 2}};
	static const uint8_t methods[][2] = {{5, 0}, {5, 255}, {4, 2}, {0, 2}};
	static const uint8_t auth[][2] = {{1, 1}, {5, 0}};
	struct bytes in;
	struct buf out;
	struct socks s;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		socks_run(&s, bytes_of(bad[i], 4), &in);
		assert_int_equal(s.phase, SOCKS_BAD);
		assert_int_equal(s.result, DIAL_BROKEN);
	}
	buf_init(&out, SOCKS_OUT_MAX);
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		assert_ok(socks_init(&s, &socks_req, &out));
		in = bytes_of(methods[i], 2);
		socks_step(&s, &in, &out);
		assert_int_equal(s.result, DIAL_BROKEN);
		buf_clear(&out);
	}
	for (i = 0; i < ARRAY_SIZE(auth); i++) {
		assert_ok(socks_init(&s, &socks_req, &out));
		in = bytes_of("\5\2", 2);
		socks_step(&s, &in, &out);
		in = bytes_of(auth[i], 2);
		socks_step(&s, &in, &out);
		assert_int_equal(s.result, DIAL_BROKEN);
		buf_clear(&out);
	}
}

static void socks_checks_the_request(void **state)
{
	char big[SOCKS_CREDENTIAL_MAX + 2];
	struct socks_request req = socks_req;
	struct socks s;
	struct buf out;

	(void)state;
	buf_init(&out, SOCKS_OUT_MAX);
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	req.user = big;
	assert_err(socks_init(&s, &req, &out), ERR_RANGE);
	req.user = "";
	assert_err(socks_init(&s, &req, &out), ERR_RANGE);
	req.user = "<torS0X>1";
	assert_err(socks_init(&s, &req, &out), ERR_RANGE);
	req = socks_req;
	req.onion = NAME "\r";
	assert_err(socks_init(&s, &req, &out), ERR_RANGE);
	req.onion = "example.com";
	assert_err(socks_init(&s, &req, &out), ERR_RANGE);
	req = socks_req;
	req.port = 0;
	assert_err(socks_init(&s, &req, &out), ERR_RANGE);
	assert_int_equal(out.len, 0);
}

static enum err make_torrc(const char *data, const char *run, const char *extra,
			   struct buf *out, char why[TORRC_WHY])
{
	struct torrc_config cfg = {data, run, 42, text(extra), NULL};

	buf_init(out, 65536);
	return torrc_put(out, &cfg, why);
}

static bool has_line(const struct buf *b, const char *line)
{
	char *s = xasprintf("\n%.*s", (int)b->len, (const char *)b->data);
	char *want = xasprintf("\n%s\n", line);
	bool found = strstr(s, want) != NULL;

	free(s);
	free(want);
	return found;
}

/* T-10 */
static void torrc_says_what_it_must(void **state)
{
	static const char *const lines[] = {
	    "DataDirectory /d/tor",
	    ("SocksPort unix:/r/tor/socks OnionTrafficOnly IsolateSOCKSAuth "
	     "ExtendedErrors"),
	    "ControlPort unix:/r/tor/control",
	    "CookieAuthentication 1",
	    "CookieAuthFile /r/tor/cookie",
	    "__OwningControllerProcess 42",
	    "SafeLogging 1",
	    "ClientOnly 1",
	    "AvoidDiskWrites 1",
	    "ShutdownWaitLength 0",
	    "UseBridges 1",
	    "Bridge obfs4 192.0.2.1:443 cert=x iat-mode=0",
	};
	char why[TORRC_WHY];
	struct buf b;
	size_t i;

	(void)state;
	assert_ok(make_torrc("/d/tor", "/r/tor",
			     "UseBridges 1\n"
			     "Bridge obfs4 192.0.2.1:443 cert=x iat-mode=0",
			     &b, why));
	for (i = 0; i < ARRAY_SIZE(lines); i++)
		assert_true(has_line(&b, lines[i]));
	buf_clear(&b);
}

static void torrc_refuses_what_it_must(void **state)
{
	static const char *const extras[] = {
	    "SocksPort 9050",
	    "  socksport 9050",
	    "+SocksPort 9050",
	    "/ControlPort",
	    "\tSafeLog 0",
	    "UseBridges 1\r\nControlPort 9051\n",
	    "HashedControlPassword 16:00",
	    "%include /etc/tor/torrc",
	    "UseBridges 1\\\nx",
	    "TransPort 9040",
	    "HiddenServiceSingleHopMode 1",
	};
	static const char *const paths[] = {"/a b", "/a\"b", "/a#b", "/a\nb",
					    "a/b",  "",	     "/a\\b"};
	char why[TORRC_WHY], deep[200];
	struct buf b;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(extras); i++) {
		assert_err(make_torrc("/d", "/r", extras[i], &b, why),
			   ERR_SYNTAX);
		assert_non_null(strstr(why, "extra line "));
		buf_clear(&b);
	}
	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		assert_err(make_torrc(paths[i], "/r", "", &b, why), ERR_RANGE);
		assert_non_null(strstr(why, "data folder"));
		buf_clear(&b);
		assert_err(make_torrc("/d", paths[i], "", &b, why), ERR_RANGE);
		assert_non_null(strstr(why, "run folder"));
		buf_clear(&b);
	}
	memset(deep, 'x', sizeof(deep));
	deep[0] = '/';
	deep[99] = '\0';
	assert_ok(make_torrc("/d", deep, "# SocksPort 1\n\n", &b, why));
	buf_clear(&b);
	deep[99] = 'x';
	deep[100] = '\0';
	assert_err(make_torrc("/d", deep, "", &b, why), ERR_RANGE);
	buf_clear(&b);
}

static void status_follows_events(void **state)
{
	struct control_bootstrap b = {.percent = 50, .tag = "x"};
	struct control_event ev = {.kind = EVENT_CIRCUITS};
	struct tor_status st = {0}, old;

	(void)state;
	status_set_starting(&st);
	assert_int_equal(st.state, TOR_STARTING);
	status_set_version(&st, "0.4.9.11");
	status_set_bootstrap(&st, &b);
	assert_int_equal(st.state, TOR_BOOTSTRAPPING);
	b.percent = 100;
	status_set_bootstrap(&st, &b);
	assert_int_equal(st.state, TOR_READY);
	old = st;
	assert_true(status_is_equal(&old, &st));
	status_on_event(&st, &ev);
	assert_int_equal(st.state, TOR_READY);
	assert_true(st.warning[0] != '\0');
	assert_false(status_is_equal(&old, &st));
	ev.has_circuits = true;
	status_on_event(&st, &ev);
	assert_true(status_is_equal(&old, &st));
	ev.kind = EVENT_CONF_CHANGED;
	status_on_event(&st, &ev);
	assert_true(st.is_conf_changed);
	ev.kind = EVENT_CLOCK_SKEW;
	ev.clock_skew_s = -90;
	status_on_event(&st, &ev);
	assert_true(st.has_clock_skew);
	status_set_down(&st, TOR_STOPPED, "");
	assert_string_equal(st.version, "");
	assert_false(st.has_clock_skew);
	assert_string_equal(tor_state_str(st.state), "stopped");
}

/* T-06: a few at a time, and none waits for ever for one that fails. */
static void services_take_turns(void **state)
{
	struct onion_service spec = {.max_streams = 8};
	struct service *s, *last = NULL;
	struct services t;
	unsigned i;

	(void)state;
	services_init(&t);
	for (i = 0; i < SERVICES_WINDOW + 3; i++)
		services_put(&t, i, &spec);
	for (i = 0; (s = services_next(&t, 0)); i++) {
		assert_int_equal(s->id, i);
		service_set_added(s, false, 0);
	}
	assert_int_equal(i, SERVICES_WINDOW);
	/* However long the bootstrap takes, no more are added. */
	assert_null(services_next(&t, 1000000));
	assert_true(services_deadline_ms(&t, 1000000) == UINT64_MAX);
	services_set_ready(&t, 1000000);
	assert_null(services_next(&t, 1000000));
	assert_true(service_on_uploaded(services_find(&t, 3)));
	assert_false(service_on_uploaded(services_find(&t, 3)));
	last = services_next(&t, 1000000);
	assert_int_equal(last->id, SERVICES_WINDOW);
	assert_null(services_next(&t, 1000000));
	assert_true(services_deadline_ms(&t, 1000000) ==
		    1000000 + SERVICES_PATIENCE_MS);
	s = services_next(&t, 1000000 + SERVICES_PATIENCE_MS);
	assert_int_equal(s->id, SERVICES_WINDOW + 1);
	service_set_resting(s, 5000000);
	assert_non_null(services_next(&t, 2000000));
	assert_null(services_next(&t, 4999999));
	assert_true(services_deadline_ms(&t, 4999999) == 5000000);
	assert_ptr_equal(services_next(&t, 5000000), s);
	services_reset(&t);
	assert_int_equal(services_next(&t, 0)->id, 0);
	services_drop(&t, services_find(&t, 1));
	assert_int_equal(services_next(&t, 0)->id, 2);
	services_clear(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(versions_are_compared),
	    cmocka_unit_test(socks_codes_are_told_apart),
	    cmocka_unit_test(socks_addresses_are_skipped),
	    cmocka_unit_test(socks_refuses_what_is_none),
	    cmocka_unit_test(socks_checks_the_request),
	    cmocka_unit_test(torrc_says_what_it_must),
	    cmocka_unit_test(torrc_refuses_what_it_must),
	    cmocka_unit_test(status_follows_events),
	    cmocka_unit_test(services_take_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
