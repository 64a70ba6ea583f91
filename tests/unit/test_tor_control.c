/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The control connection and a tor that means well, but dies, is slow, or
 * has a service already.  HOSTILE T-05, T-06, T-07, T-11
 */
#include "tests/unit/check.h"
#include "tests/unit/tor_world.h"

#include <sodium.h>

static void logs_in_and_publishes(void **state)
{
	struct world w;
	unsigned i;

	(void)state;
	world_init(&w);
	world_open(&w, 0);
	assert_int_equal(control_status(w.c)->state, TOR_STOPPED);
	world_publish_all(&w);
	loop_until(&w.l, world_is_all_published, &w);
	assert_int_equal(w.st.state, TOR_READY);
	assert_int_equal(w.st.percent, 100);
	assert_string_equal(w.st.version, "0.4.9.11");
	assert_string_equal(w.st.warning, "");
	assert_string_equal(w.tor.first_command, "PROTOCOLINFO 1");
	for (i = 0; i < WORLD_SERVICES; i++) {
		assert_int_equal(w.published[i], 1);
		assert_int_equal(w.failed[i], 0);
		assert_true(fake_tor_has(&w.tor, w.spec[i].onion));
	}
	assert_int_equal(w.tor.adds, WORLD_SERVICES);
	assert_non_null(strstr(w.tor.last_add, " Port=1,unix:/run/c/19"));
	control_unpublish(w.c, 3);
	control_unpublish(w.c, 99);
	loop_settle(&w.l);
	assert_false(fake_tor_has(&w.tor, w.spec[3].onion));
	assert_int_equal(w.tor.dels, 1);
	/* The same again changes nothing, another target does. */
	assert_ok(control_publish(w.c, 4, &w.spec[4]));
	loop_settle(&w.l);
	assert_int_equal(w.tor.adds, WORLD_SERVICES);
	snprintf(w.spec[4].target, sizeof(w.spec[4].target), "/run/c/new");
	assert_ok(control_publish(w.c, 4, &w.spec[4]));
	loop_settle(&w.l);
	assert_int_equal(w.tor.adds, WORLD_SERVICES + 1);
	assert_int_equal(w.published[4], 2);
	world_clear(&w);
}

static void bad_services_are_refused(void **state)
{
	struct onion_service s;
	struct world w;

	(void)state;
	world_init(&w);
	world_open(&w, 0);
	s = w.spec[0];
	s.key[1] ^= 1;
	assert_err(control_publish(w.c, 0, &s), ERR_AUTH);
	s = w.spec[0];
	s.onion[0] = 'A';
	assert_err(control_publish(w.c, 0, &s), ERR_RANGE);
	s = w.spec[0];
	snprintf(s.target, sizeof(s.target), "/a\r\nQUIT");
	assert_err(control_publish(w.c, 0, &s), ERR_RANGE);
	snprintf(s.target, sizeof(s.target), "/a ClientAuthV3=x");
	assert_err(control_publish(w.c, 0, &s), ERR_RANGE);
	s = w.spec[0];
	s.max_streams = 0;
	assert_err(control_publish(w.c, 0, &s), ERR_RANGE);
	assert_ok(control_publish(w.c, 0, &w.spec[0]));
	assert_err(control_publish(w.c, 1, &w.spec[0]), ERR_EXISTS);
	world_clear(&w);
}

/* T-05: services come back once, whatever happens to tor. */
static void services_come_back(void **state)
{
	struct world w;
	unsigned i;

	(void)state;
	world_init(&w);
	world_open(&w, 0);
	world_publish_all(&w);
	loop_until(&w.l, world_is_all_published, &w);
	fake_tor_cut(&w.tor);
	loop_until(&w.l, world_is_stopped, &w);
	assert_false(control_is_published(w.c, 0));
	loop_until(&w.l, world_is_all_published, &w);
	assert_int_equal(w.tor.adds, 2 * WORLD_SERVICES);
	fake_tor_stop(&w.tor);
	loop_until(&w.l, world_is_stopped, &w);
	control_unpublish(w.c, 5);
	fake_tor_start(&w.tor);
	assert_ok(control_publish(w.c, 5, &w.spec[5]));
	loop_until(&w.l, world_is_all_published, &w);
	assert_int_equal(w.tor.adds, 3 * WORLD_SERVICES);
	for (i = 0; i < WORLD_SERVICES; i++)
		assert_int_equal(w.published[i], 3);
	world_clear(&w);
}

/* T-05: closed at every byte of every reply, up to the last upload. */
static void is_cut_at_every_byte(void **state)
{
	struct world w;
	size_t at, end;

	(void)state;
	world_init(&w);
	world_open(&w, 0);
	assert_ok(control_publish(w.c, 0, &w.spec[0]));
	loop_until(&w.l, world_is_first_published, &w);
	end = w.tor.sent;
	assert_true(end > 500);
	control_free(w.c);
	loop_settle(&w.l);
	for (at = 1; at < end; at++) {
		w.tor.sent = 0;
		w.tor.connects = 0;
		w.tor.cut_after = at;
		w.st.state = TOR_STOPPED;
		world_open(&w, 0);
		assert_ok(control_publish(w.c, 0, &w.spec[0]));
		loop_until(&w.l, world_has_connected_twice, &w);
		loop_until(&w.l, world_is_first_published, &w);
		assert_int_equal(w.tor.connects, 2);
		assert_int_equal(w.tor.up_count, 1);
		control_free(w.c);
		loop_settle(&w.l);
	}
	w.c = NULL;
	world_clear(&w);
}

/* T-11 */
static void collisions_are_solved(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	w.tor.collisions = 1;
	world_open(&w, 0);
	assert_ok(control_publish(w.c, 0, &w.spec[0]));
	loop_until(&w.l, world_is_first_published, &w);
	assert_int_equal(w.tor.adds, 2);
	assert_int_equal(w.tor.dels, 1);
	assert_int_equal(w.failed[0], 0);
	world_clear(&w);
	world_init(&w);
	w.tor.collisions = 2;
	w.tor.has_foreign_services = true;
	world_open(&w, 0);
	assert_ok(control_publish(w.c, 0, &w.spec[0]));
	loop_until(&w.l, world_is_first_failed, &w);
	assert_int_equal(w.tor.adds, 2);
	assert_int_equal(w.st.state, TOR_READY);
	world_clear(&w);
	world_init(&w);
	w.tor.add_reply = "512 Bad\r\n";
	world_open(&w, 0);
	assert_ok(control_publish(w.c, 0, &w.spec[0]));
	loop_until(&w.l, world_is_first_failed, &w);
	assert_non_null(strstr(w.reason, "512"));
	world_clear(&w);
}

static bool has_eight(void *arg)
{
	return ((struct world *)arg)->tor.adds >= 8;
}

/* T-06: added is not published; and not all are added at once. */
static void publishing_is_paced_and_true(void **state)
{
	struct world w;
	unsigned i;

	(void)state;
	world_init(&w);
	w.tor.never_uploads = true;
	world_open(&w, 0);
	world_publish_all(&w);
	loop_until(&w.l, has_eight, &w);
	loop_settle(&w.l);
	assert_int_equal(w.tor.adds, 8);
	for (i = 0; i < WORLD_SERVICES; i++)
		assert_false(control_is_published(w.c, i));
	/* An upload makes room for the next. */
	for (i = 0; i < 2; i++) {
		char *s = xasprintf("650 HS_DESC UPLOADED %s UNKNOWN $A~r\r\n",
				    w.spec[i].onion);

		fake_tor_say(&w.tor, s);
		fake_tor_say(&w.tor, s);
		free(s);
	}
	loop_settle(&w.l);
	assert_int_equal(w.tor.adds, 10);
	assert_int_equal(w.published[0], 1);
	assert_true(control_is_published(w.c, 1));
	assert_false(control_is_published(w.c, 2));
	world_clear(&w);
	world_init(&w);
	w.tor.has_refusing_dirs = true;
	world_open(&w, 0);
	assert_ok(control_publish(w.c, 0, &w.spec[0]));
	loop_until(&w.l, world_is_first_failed, &w);
	assert_int_equal(w.failed[0], 1);
	assert_non_null(strstr(w.reason, "UPLOAD_REJECTED"));
	assert_false(control_is_published(w.c, 0));
	world_clear(&w);
}

static bool is_done(void *arg)
{
	return ((struct world *)arg)->done_count > 0;
}

static void on_done(void *arg, enum err e)
{
	struct world *w = arg;

	w->done = e;
	w->done_count++;
}

static enum err add_auth(struct world *w, const char *onion, uint8_t first)
{
	struct client_auth_handler h = {on_done, w};
	uint8_t key[X25519_KEY_BYTES] = {first};

	w->done_count = 0;
	control_add_client_auth(w->c, onion, key, h);
	assert_int_equal(w->done_count, 0);
	loop_until(&w->l, is_done, w);
	loop_settle(&w->l);
	assert_int_equal(w->done_count, 1);
	return w->done;
}

static void client_auth_is_told_once(void **state)
{
	struct client_auth_handler h;
	uint8_t key[X25519_KEY_BYTES] = {9};
	struct world w;

	(void)state;
	world_init(&w);
	world_open(&w, 0);
	assert_err(add_auth(&w, w.spec[0].onion, 1), ERR_CLOSED);
	loop_until(&w.l, world_is_ready, &w);
	assert_ok(add_auth(&w, w.spec[0].onion, 1));
	assert_ok(add_auth(&w, w.spec[0].onion, 1));
	assert_int_equal(w.tor.auth_adds, 1);
	assert_ok(add_auth(&w, w.spec[0].onion, 2));
	assert_ok(add_auth(&w, w.spec[1].onion, 2));
	assert_int_equal(w.tor.auth_adds, 3);
	assert_err(add_auth(&w, "x\r\nQUIT", 2), ERR_RANGE);
	control_remove_client_auth(w.c, w.spec[0].onion);
	assert_ok(add_auth(&w, w.spec[0].onion, 2));
	assert_int_equal(w.tor.auth_adds, 4);
	assert_int_equal(w.tor.auth_removes, 1);
	/* Whoever gave up is not called. */
	w.done_count = 0;
	h = (struct client_auth_handler){on_done, &w};
	control_add_client_auth(w.c, w.spec[2].onion, key, h);
	control_cancel_client_auth(w.c, &w);
	loop_settle(&w.l);
	assert_int_equal(w.tor.auth_adds, 5);
	assert_int_equal(w.done_count, 0);
	/* The connection breaks before the answer. */
	w.tor.cut_after = w.tor.sent + 3;
	assert_err(add_auth(&w, w.spec[3].onion, 2), ERR_CLOSED);
	loop_until(&w.l, world_is_ready, &w);
	assert_ok(add_auth(&w, w.spec[1].onion, 2));
	assert_int_equal(w.tor.auth_adds, 7);
	world_clear(&w);
}

/* T-07 and the clock. */
static void warnings_are_told(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	world_open(&w, 0);
	loop_until(&w.l, world_is_ready, &w);
	fake_tor_say(&w.tor, "650 STATUS_GENERAL WARN CLOCK_SKEW SKEW=7200 "
			     "SOURCE=CONSENSUS\r\n");
	loop_settle(&w.l);
	assert_true(w.st.has_clock_skew);
	assert_int_equal(w.st.clock_skew_s, 7200);
	fake_tor_say(&w.tor, "650-CONF_CHANGED\r\n650-SocksPort=9050\r\n"
			     "650 OK\r\n");
	loop_settle(&w.l);
	assert_true(w.st.is_conf_changed);
	assert_true(w.st.warning[0] != '\0');
	fake_tor_say(&w.tor, "650 STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=85 "
			     "TAG=x SUMMARY=\"y\"\r\n");
	loop_settle(&w.l);
	assert_int_equal(w.st.state, TOR_BOOTSTRAPPING);
	assert_int_equal(w.st.percent, 85);
	world_clear(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(logs_in_and_publishes),
	    cmocka_unit_test(bad_services_are_refused),
	    cmocka_unit_test(services_come_back),
	    cmocka_unit_test(is_cut_at_every_byte),
	    cmocka_unit_test(collisions_are_solved),
	    cmocka_unit_test(publishing_is_paced_and_true),
	    cmocka_unit_test(client_auth_is_told_once),
	    cmocka_unit_test(warnings_are_told),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
