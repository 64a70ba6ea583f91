/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The control connection and a tor that is too old, hangs, or is none.
 * HOSTILE T-01, T-02, T-03, T-04, T-05, T-08
 */
#include "tests/unit/check.h"
#include "tests/unit/tor_world.h"

#include <sys/stat.h>

#include <sodium.h>

static void expect_failure(struct world *w, const char *part)
{
	world_open(w, 0);
	loop_until(&w->l, world_is_failed, w);
	if (!strstr(w->st.warning, part))
		fail_msg("'%s' is not in '%s'", part, w->st.warning);
	/* It tries again. */
	loop_until(&w->l, world_has_connected_twice, w);
}

/* T-08: and then a tor that is new enough. */
static void old_tor_is_refused(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	w.tor.version = "0.4.9.10";
	expect_failure(&w, "tor 0.4.9.10 is too old: install tor 0.4.9.11");
	assert_int_equal(w.tor.logins, 0);
	w.tor.version = NULL;
	loop_until(&w.l, world_is_ready, &w);
	assert_string_equal(w.st.warning, "");
	world_clear(&w);
}

/* T-03 */
static void only_safecookie_will_do(void **state)
{
	static const char *const methods[] = {"NULL", "COOKIE",
					      "COOKIE,HASHEDPASSWORD"};
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		world_init(&w);
		w.tor.methods = methods[i];
		expect_failure(&w, "SAFECOOKIE");
		assert_int_equal(w.tor.logins, 0);
		world_clear(&w);
	}
	world_init(&w);
	w.tor.has_bad_hash = true;
	expect_failure(&w, "does not know the content");
	assert_int_equal(w.tor.logins, 0);
	w.tor.has_bad_hash = false;
	loop_until(&w.l, world_is_ready, &w);
	world_clear(&w);
}

static bool has_tried(void *arg)
{
	struct world *w = arg;

	return w->tor.connects >= 2 && w->st_count > 0;
}

/* T-04 */
static void cookie_file_is_distrusted(void **state)
{
	char other[108];
	struct world w;

	(void)state;
	world_init(&w);
	fake_tor_write_cookie(&w.tor, 31, 0600);
	expect_failure(&w, "cookie file");
	fake_tor_write_cookie(&w.tor, 33, 0600);
	w.tor.connects = 0;
	loop_until(&w.l, world_has_connected_twice, &w);
	fake_tor_write_cookie(&w.tor, 32, 0604);
	w.tor.connects = 0;
	loop_until(&w.l, world_has_connected_twice, &w);
	fake_tor_write_cookie(&w.tor, 32, 0620);
	unlink(w.tor.cookie_path);
	assert_int_equal(mkfifo(w.tor.cookie_path, 0600), 0);
	w.tor.connects = 0;
	loop_until(&w.l, world_has_connected_twice, &w);
	fake_tor_write_cookie(&w.tor, 32, 0600);
	loop_path(&w.l, "other", other);
	assert_int_equal(rename(w.tor.cookie_path, other), 0);
	assert_int_equal(symlink(other, w.tor.cookie_path), 0);
	w.tor.connects = 0;
	loop_until(&w.l, world_has_connected_twice, &w);
	assert_int_equal(w.tor.logins, 0);
	/* It appears late. */
	unlink(other);
	unlink(w.tor.cookie_path);
	w.tor.connects = 0;
	loop_until(&w.l, has_tried, &w);
	assert_int_equal(w.tor.logins, 0);
	fake_tor_write_cookie(&w.tor, 32, 0600);
	loop_until(&w.l, world_is_ready, &w);
	assert_int_equal(w.tor.logins, 1);
	world_clear(&w);
}

/* T-01 */
static void floods_are_cut(void **state)
{
	static char endless[40000], lines[20000];
	static const char event[] = "650 CIRC 1 BUILT\r\n";
	static char events[(sizeof(event) - 1) * 11000 + 1];
	struct world w;
	size_t i;

	(void)state;
	memset(endless, 'x', sizeof(endless) - 1);
	memcpy(endless, "250 ", 4);
	for (i = 0; i + 8 < sizeof(lines); i += 7)
		memcpy(lines + i, "250-x\r\n", 8);
	for (i = 0; i < 11000; i++)
		memcpy(events + i * (sizeof(event) - 1), event, sizeof(event));
	world_init(&w);
	w.tor.greeting = endless;
	expect_failure(&w, "breaks the protocol");
	w.tor.greeting = lines;
	w.tor.connects = 0;
	loop_until(&w.l, world_has_connected_twice, &w);
	w.tor.greeting = "650 STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=100 "
			 "TAG=done SUMMARY=\"Done\"\r\n";
	w.tor.connects = 0;
	loop_until(&w.l, world_has_connected_twice, &w);
	assert_int_equal(w.tor.logins, 0);
	w.tor.greeting = NULL;
	loop_until(&w.l, world_is_ready, &w);
	fake_tor_say(&w.tor, events);
	loop_until(&w.l, world_is_failed, &w);
	assert_non_null(strstr(w.st.warning, "too many events"));
	world_clear(&w);
}

static void unasked_answers_end_it(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	world_open(&w, 0);
	loop_until(&w.l, world_is_ready, &w);
	fake_tor_say(&w.tor, "250 OK\r\n");
	loop_until(&w.l, world_is_failed, &w);
	loop_until(&w.l, world_is_ready, &w);
	assert_int_equal(w.tor.logins, 2);
	world_clear(&w);
}

/* T-05: stuck. */
static void hung_tor_is_dropped(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	w.tor.is_mute = true;
	world_open(&w, 50);
	loop_until(&w.l, world_is_failed, &w);
	assert_non_null(strstr(w.st.warning, "does not answer"));
	w.tor.is_mute = false;
	loop_until(&w.l, world_is_ready, &w);
	w.tor.is_silent_on_add = true;
	assert_ok(control_publish(w.c, 0, &w.spec[0]));
	loop_until(&w.l, world_is_failed, &w);
	w.tor.is_silent_on_add = false;
	loop_until(&w.l, world_is_first_published, &w);
	world_clear(&w);
}

/* T-02 */
static void bad_service_ids_end_it(void **state)
{
	static const char *const bad[] = {
	    "250-ServiceID=aaaa\r\n250 OK\r\n",
	    "250-ServiceID=\r\n250 OK\r\n",
	    "250 OK\r\n",
	    "250-ServiceID=\"a\" b\r\n250 OK\r\n",
	};
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		world_init(&w);
		w.tor.add_reply = bad[i];
		world_open(&w, 0);
		assert_ok(control_publish(w.c, 0, &w.spec[0]));
		loop_until(&w.l, world_is_failed, &w);
		w.tor.add_reply = NULL;
		loop_until(&w.l, world_is_first_published, &w);
		world_clear(&w);
	}
	/* A well-formed name that is not ours: the service, and no more. */
	world_init(&w);
	w.tor.add_reply = "250-ServiceID=piceugn4yzj3u5lnpue6jwhlmpmr2rf4n5qsqu"
			  "xtzhybqdfjyai3yqyd\r\n250 OK\r\n";
	world_open(&w, 0);
	assert_ok(control_publish(w.c, 0, &w.spec[0]));
	loop_until(&w.l, world_is_first_failed, &w);
	assert_non_null(strstr(w.reason, "another name"));
	assert_int_equal(w.st.state, TOR_READY);
	assert_int_equal(w.tor.adds, 1);
	world_clear(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(old_tor_is_refused),
	    cmocka_unit_test(only_safecookie_will_do),
	    cmocka_unit_test(cookie_file_is_distrusted),
	    cmocka_unit_test(floods_are_cut),
	    cmocka_unit_test(unasked_answers_end_it),
	    cmocka_unit_test(hung_tor_is_dropped),
	    cmocka_unit_test(bad_service_ids_end_it),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
