/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The daemon as its owner sees it: readiness, figures, the log, settings.
 */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "api_kit.h"
#include "check.h"
#include "util/log_ring.h"

static void fetch(struct call *c, struct world *w, const char *target)
{
	const struct ask ask = {
	    .method = "GET", .target = target, .token = ADMIN};

	call_start(c, w, &ask);
	call_expect(c, 200, NULL);
}

static void readiness_is_of_tor_and_stores(void **state)
{
	struct world w;

	(void)state;
	world_start(&w);
	get(&w, "/readyz", 200, "\"store\":\"ok\"");
	w.measures.damaged_users = 1;
	get(&w, "/readyz", 503, "{\"status\":\"degraded\"");
	get(&w, "/readyz", 503, "\"store\":\"damaged\"");
	w.measures.failing_users = 1;
	get(&w, "/readyz", 503, "\"store\":\"failing\"");
	w.measures.is_disk_full = true;
	get(&w, "/readyz", 503, "\"store\":\"disk full\"");
	/* It is alive all the same. */
	get(&w, "/healthz", 200, "\"ok\"");
	w.measures = (struct api_measures){0};
	w.tor.state = API_TOR_STARTING;
	get(&w, "/readyz", 503, "\"tor\":\"starting\",\"store\":\"ok\"");
	world_end(&w);
}

static void metrics_count_what_was_done(void **state)
{
	struct world w;
	struct call c;

	(void)state;
	world_start(&w);
	w.measures = (struct api_measures){
	    .messages_in = 3,
	    .messages_out = 4,
	    .cancelled = 1,
	    .too_late = 2,
	    .file_bytes_in = 500,
	    .file_bytes_out = 600,
	    .commits = {.count = {[0] = 5, [HISTOGRAM_BOUNDS] = 1},
			.sum_us = 1500000},
	    .peers_connected = 2,
	    .send_queue = 7,
	    .resident_bytes = 4096,
	    .open_fds = 9,
	    .cpu_us = 2500000,
	};
	get(&w, alice(&w, "/contacts"), 200, NULL);
	get(&w, alice(&w, "/contacts"), 200, NULL);
	get(&w, alice(&w, "/contacts?nonsense=1"), 422, NULL);
	get(&w, "/v1/nothing", 404, NULL);
	w.mono_ms += 90500;
	fetch(&c, &w, "/metrics");
	assert_string_equal(c.type, "text/plain; version=0.0.4");
	call_expect(&c, 200, "umbel_build_info{version=\"0.0-test\"} 1\n");
	call_expect(&c, 200, "\numbel_uptime_seconds 90.500\n");
	call_expect(&c, 200,
		    "umbel_http_requests_total{method=\"GET\",route=\"/v1/users"
		    "/{user_id}/contacts\",code=\"200\"} 2\n");
	call_expect(&c, 200, "/contacts\",code=\"422\"} 1\n");
	call_expect(&c, 200, "route=\"none\",code=\"404\"} 1\n");
	call_expect(&c, 200, "umbel_http_request_seconds_count 4\n");
	call_expect(&c, 200, "umbel_users{state=\"unlocked\"} 2\n");
	call_expect(&c, 200, "umbel_users{state=\"locked\"} 1\n");
	call_expect(&c, 200, "umbel_tor_bootstrap_percent 100\n");
	call_expect(&c, 200, "umbel_tor_ready 1\n");
	call_expect(&c, 200, "umbel_messages_total{direction=\"in\"} 3\n");
	call_expect(&c, 200, "umbel_messages_total{direction=\"out\"} 4\n");
	call_expect(&c, 200, "umbel_send_queue 7\n");
	call_expect(&c, 200, "_failures_total{reason=\"cancelled\"} 1\n");
	call_expect(&c, 200, "_failures_total{reason=\"too_late\"} 2\n");
	call_expect(&c, 200, "umbel_files_bytes_total{direction=\"in\"} 500\n");
	call_expect(&c, 200, "_bytes_total{direction=\"out\"} 600\n");
	call_expect(&c, 200, "umbel_db_seconds_bucket{le=\"0.001\"} 5\n");
	call_expect(&c, 200, "umbel_db_seconds_bucket{le=\"10\"} 5\n");
	call_expect(&c, 200, "umbel_db_seconds_bucket{le=\"+Inf\"} 6\n");
	call_expect(&c, 200, "umbel_db_seconds_sum 1.500000\n");
	call_expect(&c, 200, "umbel_db_seconds_count 6\n");
	call_expect(&c, 200, "umbel_peers_connected 2\n");
	call_expect(&c, 200, "process_cpu_seconds_total 2.500000\n");
	call_expect(&c, 200, "process_resident_memory_bytes 4096\n");
	call_expect(&c, 200, "process_open_fds 9\n");
	call_clear(&c);
	world_end(&w);
}

/* Neither an id nor a name of anybody, however paths were called. */
static void metrics_name_nobody(void **state)
{
	struct world w;
	struct call c;

	(void)state;
	world_start(&w);
	get(&w, alice(&w, "/contacts/%s", text_id("ctc", kit_uid('c', 1))), 200,
	    NULL);
	get(&w, alice(&w, "/secret-looking-path"), 404, NULL);
	fetch(&c, &w, "/metrics");
	assert_int_equal(call_count(&c, "alice"), 0);
	assert_int_equal(call_count(&c, "usr_"), 0);
	assert_int_equal(call_count(&c, "ctc_"), 0);
	assert_int_equal(call_count(&c, ".onion"), 0);
	assert_int_equal(call_count(&c, "secret"), 0);
	call_clear(&c);
	world_end(&w);
}

/* Open streams are counted, and do not make the answers look slow. */
static void streams_are_no_slow_answers(void **state)
{
	struct ask ask = {
	    .method = "GET", .token = ADMIN, .accept = "text/event-stream"};
	struct world w;
	struct call c, stream;

	(void)state;
	world_start(&w);
	ask.target = alice(&w, "/events");
	call_start(&stream, &w, &ask);
	fetch(&c, &w, "/metrics");
	call_expect(&c, 200, "umbel_streams 1\n");
	call_expect(&c, 200, "/events\",code=\"200\"} 1\n");
	call_expect(&c, 200, "umbel_http_request_seconds_count 0\n");
	call_clear(&c);
	call_clear(&stream);
	fetch(&c, &w, "/metrics");
	call_expect(&c, 200, "umbel_streams 0\n");
	call_clear(&c);
	world_end(&w);
}

static void the_log_is_read_by_pages(void **state)
{
	struct world w;
	struct call c;
	const char *cursor;

	(void)state;
	world_start(&w);
	for (int i = 1; i <= 5; i++)
		log_info("line %d of five", i);
	log_error("one that is worse");
	get(&w, "/v1/daemon/log?limit=1", 200,
	    "\"level\":\"error\",\"module\":\"umbel-core\",\"text\":\"one that "
	    "is worse\"}]");
	fetch(&c, &w, "/v1/daemon/log?limit=3");
	call_expect(&c, 200, "line 4 of five\"}],\"next_cursor\":\"");
	cursor = call_string(&c, "next_cursor");
	call_clear(&c);
	log_info("one that came between");
	fetch(&c, &w, fmt("/v1/daemon/log?limit=3&cursor=%s", cursor));
	assert_int_equal(call_count(&c, "line 4"), 0);
	call_expect(&c, 200, "line 3 of five");
	call_expect(&c, 200, "line 1 of five\"}],\"next_cursor\":");
	call_clear(&c);
	fetch(&c, &w, "/v1/daemon/log?level=error&limit=200");
	call_expect(&c, 200, "one that is worse");
	assert_int_equal(call_count(&c, "\"info\""), 0);
	call_clear(&c);
	get(&w, "/v1/daemon/log?level=loud", 422, "\"parameter\":\"level\"");
	get(&w, "/v1/daemon/log?cursor=x", 422, "invalid_cursor");
	/* Its numbers begin anew with the process. */
	w.wall_ms++;
	world_restart(&w);
	get(&w, fmt("/v1/daemon/log?cursor=%s", cursor), 410, "cursor_expired");
	world_end(&w);
}

static void the_log_forgets_the_oldest(void **state)
{
	struct log_kept line = {.number = UINT64_MAX};
	unsigned count = 0;

	(void)state;
	/* As debug, of which a flood is no flood. */
	log_set_level(LOG_LEVEL_DEBUG);
	for (int i = 0; i < 2 * LOG_RING_LINES; i++)
		log_debug("filler %d", i);
	log_set_level(LOG_LEVEL_INFO);
	while (log_ring_find(line.number, LOG_LEVEL_DEBUG, &line)) {
		if (count++ == 0)
			assert_string_equal(line.text, "filler 1023");
	}
	assert_int_equal(count, LOG_RING_LINES);
	assert_string_equal(line.text, "filler 512");
	/* Long ones are cut, and what is not logged is not kept. */
	log_warn("%0*d", 2 * LOG_RING_TEXT, 7);
	assert_true(log_ring_find(UINT64_MAX, LOG_LEVEL_WARN, &line));
	assert_int_equal(strlen(line.text), LOG_RING_TEXT);
	log_debug("not at this level");
	assert_true(log_ring_find(UINT64_MAX, LOG_LEVEL_DEBUG, &line));
	assert_int_equal(line.level, LOG_LEVEL_WARN);
	assert_false(log_ring_find(1, LOG_LEVEL_DEBUG, &line));
	assert_false(log_ring_find(0, LOG_LEVEL_DEBUG, &line));
}

static void settings_are_patched(void **state)
{
	struct world w;

	(void)state;
	world_start(&w);
	get(&w, "/v1/settings", 200,
	    "{\"log_level\":\"info\",\"auto_lock_minutes\":0}");
	patch(&w, "/v1/settings", "{\"log_level\":\"debug\"}", 200,
	      "{\"log_level\":\"debug\",\"auto_lock_minutes\":0}");
	assert_true(w.settings.has_log_level);
	assert_false(w.settings.has_auto_lock_minutes);
	patch(&w, "/v1/settings", "{\"auto_lock_minutes\":30}", 200,
	      "{\"log_level\":\"debug\",\"auto_lock_minutes\":30}");
	patch(&w, "/v1/settings", "{\"log_level\":null}", 200,
	      "{\"log_level\":\"info\",\"auto_lock_minutes\":30}");
	assert_false(w.settings.has_log_level);
	patch(&w, "/v1/settings", "{}", 200, "\"auto_lock_minutes\":30");
	patch(&w, "/v1/settings", "{\"log_level\":\"loud\"}", 422,
	      "/log_level");
	patch(&w, "/v1/settings", "{\"auto_lock_minutes\":10081}", 422,
	      "/auto_lock_minutes");
	patch(&w, "/v1/settings", "{\"auto_lock_minutes\":-1}", 422, NULL);
	patch(&w, "/v1/settings", "{\"data\":\"/\"}", 422, "unknown_field");
	w.fails = ERR_NO_SPACE;
	patch(&w, "/v1/settings", "{\"auto_lock_minutes\":1}", 503, "no_space");
	w.fails = OK;
	get(&w, "/v1/settings", 200, "\"auto_lock_minutes\":30");
	world_end(&w);
}

static const char *me(struct world *w)
{
	return alice(w, "%s", "");
}

static void a_user_is_patched(void **state)
{
	struct world w;

	(void)state;
	world_start(&w);
	get(&w, me(&w), 200, "\"auto_lock_minutes\":null");
	patch(&w, me(&w), "{\"name\":\"Al\"}", 200, "\"name\":\"Al\"");
	patch(&w, me(&w), "{\"auto_lock_minutes\":0}", 200,
	      "\"auto_lock_minutes\":0");
	patch(&w, me(&w), "{\"auto_lock_minutes\":null}", 200,
	      "\"auto_lock_minutes\":null");
	patch(&w, me(&w), "{}", 200, "\"name\":\"Al\"");
	patch(&w, me(&w), "{\"name\":\"\"}", 422, "too_short");
	patch(&w, me(&w), "{\"name\":null}", 422, "/name");
	patch(&w, me(&w), "{\"name\":\"a\\nb\"}", 422, "/name");
	patch(&w, me(&w), "{\"state\":\"locked\"}", 422, "unknown_field");
	/* Locked too. */
	world_lock(&w, ALICE);
	patch(&w, me(&w), "{\"name\":\"Alice\"}", 200, "\"state\":\"locked\"");
	w.fails = ERR_EXISTS;
	patch(&w, me(&w), "{\"name\":\"bob\"}", 409, "taken");
	w.fails = ERR_STATE;
	patch(&w, me(&w), "{\"name\":\"Z\"}", 409, "unlock the user");
	w.fails = ERR_CORRUPT;
	patch(&w, me(&w), "{\"name\":\"Z\"}", 500, "damaged");
	world_end(&w);
}

#define DURESS "\"duress_passphrase\":\"under duress\""

static void a_duress_passphrase_is_set(void **state)
{
	struct world w;
	const char *target;

	(void)state;
	world_start(&w);
	target = alice(&w, "/duress");
	put(&w, target, "{\"passphrase\":\"" PASSPHRASE "\"," DURESS "}", 204,
	    NULL);
	assert_string_equal(w.duress.s, "under duress");
	/* It has to be said that there is to be none. */
	put(&w, target, "{\"passphrase\":\"" PASSPHRASE "\"}", 422,
	    "/duress_passphrase");
	put(&w, target,
	    "{\"passphrase\":\"" PASSPHRASE "\",\"duress_passphrase\":null}",
	    204, NULL);
	assert_string_equal(w.duress.s, "");
	put(&w, target,
	    "{\"passphrase\":\"" PASSPHRASE
	    "\",\"duress_passphrase\":\"" PASSPHRASE "\"}",
	    422, "/duress_passphrase");
	put(&w, target,
	    "{\"passphrase\":\"" PASSPHRASE
	    "\",\"duress_passphrase\":\"short\"}",
	    422, "too_short");
	/* No GET tells, and wrong ones are counted. */
	get(&w, target, 405, NULL);
	for (int i = 0; i < 5; i++)
		put(&w, target, "{\"passphrase\":\"wrong\"," DURESS "}", 401,
		    "wrong_passphrase");
	put(&w, target, "{\"passphrase\":\"wrong\"," DURESS "}", 429, NULL);
	world_end(&w);
}

/* Minutes pass, one at a time. */
static void pass(struct world *w, unsigned minutes)
{
	while (minutes-- > 0) {
		w->mono_ms += 60000;
		if (api_deadline(w->api) <= w->mono_ms)
			api_tick(w->api);
	}
}

static void expect_state(struct world *w, int who, enum api_user_state state)
{
	assert_int_equal(w->people[who].user.state, state);
}

static void who_is_not_used_is_locked(void **state)
{
	struct world w;

	(void)state;
	world_start(&w);
	pass(&w, 100000);
	expect_state(&w, ALICE, API_USER_UNLOCKED);
	patch(&w, "/v1/settings", "{\"auto_lock_minutes\":10}", 200, NULL);
	pass(&w, 9);
	get(&w, alice(&w, "/contacts"), 200, NULL);
	pass(&w, 1);
	/* carol was not used, alice was a minute ago. */
	expect_state(&w, CAROL, API_USER_LOCKED);
	expect_state(&w, ALICE, API_USER_UNLOCKED);
	pass(&w, 8);
	/* What is refused is no use. */
	get(&w, alice(&w, "/contacts?x=1"), 422, NULL);
	expect_state(&w, ALICE, API_USER_UNLOCKED);
	pass(&w, 10);
	expect_state(&w, ALICE, API_USER_LOCKED);
	/* And unlocking begins it anew. */
	post(&w, alice(&w, "/unlock"), "{\"passphrase\":\"" PASSPHRASE "\"}",
	     200, "\"unlocked\"");
	pass(&w, 9);
	expect_state(&w, ALICE, API_USER_UNLOCKED);
	pass(&w, 1);
	expect_state(&w, ALICE, API_USER_LOCKED);
	world_end(&w);
}

static void each_has_his_own_time(void **state)
{
	struct world w;

	(void)state;
	world_start(&w);
	patch(&w, "/v1/settings", "{\"auto_lock_minutes\":10}", 200, NULL);
	patch(&w, me(&w), "{\"auto_lock_minutes\":0}", 200, NULL);
	pass(&w, 1000);
	expect_state(&w, ALICE, API_USER_UNLOCKED);
	expect_state(&w, CAROL, API_USER_LOCKED);
	patch(&w, me(&w), "{\"auto_lock_minutes\":2}", 200, NULL);
	pass(&w, 1);
	expect_state(&w, ALICE, API_USER_UNLOCKED);
	pass(&w, 1);
	expect_state(&w, ALICE, API_USER_LOCKED);
	world_end(&w);
}

/* An export may take longer than anybody asks for anything. */
static void a_job_is_use(void **state)
{
	struct world w;

	(void)state;
	world_start(&w);
	patch(&w, "/v1/settings", "{\"auto_lock_minutes\":5}", 200, NULL);
	w.is_manual = true;
	post(&w, alice(&w, "/export"), "{\"passphrase\":\"long enough\"}", 202,
	     NULL);
	pass(&w, 100);
	expect_state(&w, ALICE, API_USER_UNLOCKED);
	world_commit(&w);
	pass(&w, 5);
	expect_state(&w, ALICE, API_USER_LOCKED);
	world_end(&w);
}

/* Who only listens keeps nobody open, and hears that he was locked. */
static void listening_is_no_use(void **state)
{
	struct ask ask = {
	    .method = "GET", .token = ADMIN, .accept = "text/event-stream"};
	struct call stream;
	struct world w;

	(void)state;
	world_start(&w);
	patch(&w, "/v1/settings", "{\"auto_lock_minutes\":5}", 200, NULL);
	ask.target = alice(&w, "/events");
	call_start(&stream, &w, &ask);
	pass(&w, 3);
	get(&w, alice(&w, "/events?wait=0"), 200, NULL);
	world_receive(&w, 1, "hello");
	pass(&w, 2);
	expect_state(&w, ALICE, API_USER_LOCKED);
	call_expect(&stream, 200, "event: locked");
	assert_true(stream.is_done);
	call_clear(&stream);
	world_end(&w);
}

static void an_upload_is_use_all_the_time(void **state)
{
	const char *token = fmt("Bearer %s", ADMIN);
	struct gate_request head = {
	    .method = GATE_PUT,
	    .listener = GATE_TCP,
	    .content_length = 1000,
	    .authorization = bytes_of(token, strlen(token)),
	};
	struct world w;
	struct call c;

	(void)state;
	world_start(&w);
	patch(&w, "/v1/settings", "{\"auto_lock_minutes\":5}", 200, NULL);
	head.target = bytes_of(alice(&w, "/files?name=x"), 0);
	head.target.n = strlen((const char *)head.target.p);
	call_start_head(&c, &w, &head, bytes_of("part", 4), 4);
	w.mono_ms += 290000;
	api_request_body(c.r, bytes_of("more", 4));
	w.mono_ms += 10000;
	api_tick(w.api);
	expect_state(&w, ALICE, API_USER_UNLOCKED);
	expect_state(&w, CAROL, API_USER_LOCKED);
	call_clear(&c);
	pass(&w, 5);
	expect_state(&w, ALICE, API_USER_LOCKED);
	world_end(&w);
}

#define LINE  "192.0.2.1:443"
#define LINES "\"lines\":[\"" LINE "\"]"

static void bridges_are_set(void **state)
{
	struct world w;

	(void)state;
	world_start(&w);
	get(&w, "/v1/tor/bridges", 200,
	    "{\"use\":false,\"lines\":[],\"transports\":[\"obfs4\"]}");
	get(&w, "/v1/tor", 200, "\"bridges\":0");
	put(&w, "/v1/tor/bridges", "{\"use\":true," LINES "}", 200,
	    "{\"use\":true,\"lines\":[\"" LINE "\"]");
	get(&w, "/v1/tor", 200, "\"bridges\":1");
	put(&w, "/v1/tor/bridges", "{\"use\":false," LINES "}", 200, LINE);
	get(&w, "/v1/tor", 200, "\"bridges\":0");
	put(&w, "/v1/tor/bridges", "{\"use\":true,\"lines\":[]}", 422,
	    "/lines");
	put(&w, "/v1/tor/bridges", "{\"use\":true,\"lines\":[\"x\",\"!\",7]}",
	    422, "{\"pointer\":\"/lines/1\",\"code\":\"invalid_bridge\"");
	put(&w, "/v1/tor/bridges", "{\"use\":true,\"lines\":[\"x\",\"!\",7]}",
	    422, "/lines/2");
	put(&w, "/v1/tor/bridges", "{\"lines\":[]}", 422, "/use");
	put(&w, "/v1/tor/bridges", "{\"use\":true,\"lines\":\"x\"}", 422,
	    "/lines");
	put(&w, "/v1/tor/bridges",
	    "{\"use\":true,\"lines\":[1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,"
	    "1,2,3,4,5,6,7,8,9,0,1,2,3]}",
	    422, "at most 32");
	get(&w, "/v1/tor/bridges", 200, LINE);
	w.fails = ERR_STATE;
	put(&w, "/v1/tor/bridges", "{\"use\":true," LINES "}", 409,
	    "not a child");
	world_end(&w);
}

static void new_circuits_are_made_now_and_then(void **state)
{
	struct world w;

	(void)state;
	world_start(&w);
	w.tor.state = API_TOR_STOPPED;
	post(&w, "/v1/tor/new-circuits", NULL, 503, "tor_not_ready");
	w.tor.state = API_TOR_READY;
	post(&w, "/v1/tor/new-circuits", NULL, 202, NULL);
	post(&w, "/v1/tor/new-circuits", NULL, 429, "\"retry_after_ms\":10000");
	w.mono_ms += 10000;
	post(&w, "/v1/tor/new-circuits", NULL, 202, NULL);
	assert_int_equal(w.circuits_count, 2);
	world_end(&w);
}

/* L-02: what is the owner's is closed to a browser. */
static void sessions_see_none_of_it(void **state)
{
	static const char *const targets[] = {
	    "/metrics", "/v1/daemon/log", "/v1/settings", "/v1/tor/bridges"};
	struct world w;
	struct ask ask = {.method = "GET"};

	(void)state;
	world_start(&w);
	ask.token = login_all(&w);
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		ask.target = targets[i];
		expect(&w, &ask, 403, "forbidden_scope");
	}
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(readiness_is_of_tor_and_stores),
	    cmocka_unit_test(metrics_count_what_was_done),
	    cmocka_unit_test(metrics_name_nobody),
	    cmocka_unit_test(streams_are_no_slow_answers),
	    cmocka_unit_test(the_log_is_read_by_pages),
	    cmocka_unit_test(the_log_forgets_the_oldest),
	    cmocka_unit_test(settings_are_patched),
	    cmocka_unit_test(a_user_is_patched),
	    cmocka_unit_test(a_duress_passphrase_is_set),
	    cmocka_unit_test(who_is_not_used_is_locked),
	    cmocka_unit_test(each_has_his_own_time),
	    cmocka_unit_test(a_job_is_use),
	    cmocka_unit_test(listening_is_no_use),
	    cmocka_unit_test(an_upload_is_use_all_the_time),
	    cmocka_unit_test(bridges_are_set),
	    cmocka_unit_test(new_circuits_are_made_now_and_then),
	    cmocka_unit_test(sessions_see_none_of_it),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("api_admin", tests, NULL, NULL);
}
