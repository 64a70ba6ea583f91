/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "api/session.h"
#include "api_kit.h"
#include "check.h"

enum { MINUTE_MS = 60 * 1000 };

static void test_daemon(void **state)
{
	struct world w;
	struct ask ask = {.method = "GET", .target = "/v1/openapi.json"};
	struct call c;
	char etag[64];

	(void)state;
	world_start(&w);
	get(&w, "/healthz", 200, "{\"status\":\"ok\"}");
	get(&w, "/readyz", 200, "\"tor\":\"ok\"");
	w.tor.state = API_TOR_BOOTSTRAPPING;
	w.tor.percent = 45;
	get(&w, "/readyz", 503, "bootstrapping 45%");
	get(&w, "/v1/daemon", 200, "\"version\":\"0.0-test\"");
	get(&w, "/v1/tor", 200, "\"published_count\":2");
	call_start(&c, &w, &ask);
	call_expect(&c, 200, "openapi");
	snprintf(etag, sizeof(etag), "%s", c.etag);
	call_clear(&c);
	ask.if_none_match = etag;
	expect(&w, &ask, 304, "");
	ask = (struct ask){
	    .method = "HEAD", .target = "/v1/daemon", .token = ADMIN};
	call_start(&c, &w, &ask);
	assert_int_equal(c.status, 200);
	assert_int_equal(c.body.len, 0);
	call_clear(&c);
	assert_int_equal(w.shutdown_count, 0);
	post(&w, "/v1/daemon/shutdown", NULL, 202, "");
	assert_int_equal(w.shutdown_count, 1);
	api_stopping(w.api);
	get(&w, "/v1/daemon", 503, "shutting_down");
	world_end(&w);
}

static void test_users(void **state)
{
	struct world w;
	struct call c;
	struct ask ask = {.method = "POST",
			  .target = "/v1/users",
			  .token = ADMIN,
			  .body = "{\"name\":\"d\\u00e9j\\u00e0 vu\","
				  "\"passphrase\":\"long enough\"}"};

	(void)state;
	world_start(&w);
	call_start(&c, &w, &ask);
	call_expect(&c, 201, "déjà vu");
	assert_string_equal(c.location,
			    fmt("/v1/users/%s", call_string(&c, "id")));
	get(&w, c.location, 200, "\"unread_count\":0");
	call_clear(&c);
	expect(&w, &ask, 409, "the name is taken");
	post(&w, "/v1/users", "{\"name\":\"x\",\"passphrase\":\"short\"}", 422,
	     "\"pointer\":\"/passphrase\",\"code\":\"too_short\"");
	post(&w, "/v1/users", "{\"name\":\"\",\"passphrase\":\"long enough\"}",
	     422, "\"pointer\":\"/name\"");
	post(&w, "/v1/users",
	     "{\"name\":\"a\\nb\",\"passphrase\":\"long enough\"}", 422,
	     "control_character");
	get(&w, "/v1/users", 200, "\"name\":\"bob\",\"state\":\"locked\"");
	world_end(&w);
}

static void test_user_pages(void **state)
{
	struct world w;
	struct ask ask = {
	    .method = "GET", .target = "/v1/users?limit=1", .token = ADMIN};
	struct call c;
	unsigned pages = 0;

	(void)state;
	world_start(&w);
	for (;;) {
		const char *next;

		call_start(&c, &w, &ask);
		call_expect(&c, 200, NULL);
		assert_int_equal(call_count(&c, "\"state\""), 1);
		next = call_string(&c, "next_cursor");
		call_clear(&c);
		pages++;
		if (!*next)
			break;
		ask.target = fmt("/v1/users?limit=1&cursor=%s", next);
	}
	assert_int_equal(pages, PEOPLE);
	get(&w, "/v1/users?cursor=aaaa", 422, "\"parameter\":\"cursor\"");
	get(&w, "/v1/users?limit=0", 422, "\"parameter\":\"limit\"");
	get(&w, "/v1/users?limit=201", 422, "out_of_range");
	get(&w, "/v1/users?limit=x", 422, "wrong_type");
	get(&w, "/v1/users?limi=1", 422, "unknown_field");
	get(&w, "/v1/users?limit=1&limit=2", 422, "query");
	get(&w, "/v1/users?limit=%4", 422, "query");
	get(&w, "/v1/daemon?x=1", 422, "unknown_field");
	world_end(&w);
}

static void test_unlock(void **state)
{
	struct world w;
	const char *bob, *unlock;

	(void)state;
	world_start(&w);
	bob = fmt("/v1/users/%s", text_id("usr", w.people[BOB].user.id));
	unlock = fmt("%s/unlock", bob);
	get(&w, fmt("%s/contacts", bob), 423, "user_locked");
	post(&w, fmt("%s/lock", bob), NULL, 423, "user_locked");
	post(&w, unlock, "{\"passphrase\":\"wrong\"}", 401, "wrong_passphrase");
	post(&w, unlock, "{\"passphrase\":\"correct horse\"}", 200, "unlocked");
	post(&w, unlock, "{\"passphrase\":\"correct horse\"}", 409,
	     "already_unlocked");
	get(&w, fmt("%s/contacts", bob), 200, "\"items\":[]");
	post(&w, fmt("%s/lock", bob), NULL, 200, "\"state\":\"locked\"");
	get(&w, fmt("%s/contacts", bob), 423, "user_locked");
	world_end(&w);
}

static void test_guessing(void **state)
{
	struct world w;
	struct ask ask = {.method = "POST", .target = "/v1/session"};
	struct call c;
	const char *unlock;

	(void)state;
	world_start(&w);
	unlock =
	    fmt("/v1/users/%s/unlock", text_id("usr", w.people[BOB].user.id));
	ask.body = fmt("{\"user_id\":\"%s\",\"passphrase\":\"wrong\"}",
		       text_id("usr", w.people[BOB].user.id));
	for (int i = 0; i < 5; i++)
		expect(&w, &ask, 401, "wrong_passphrase");
	call_start(&c, &w, &ask);
	call_expect(&c, 429, "\"retry_after_ms\":60000");
	assert_non_null(strstr(c.headers, "Retry-After: 60\n"));
	call_clear(&c);
	/* Who has a token is not kept out by it. */
	post(&w, unlock, "{\"passphrase\":\"wrong\"}", 401, NULL);
	w.mono_ms += MINUTE_MS;
	expect(&w, &ask, 401, NULL);
	expect(&w, &ask, 429, "\"retry_after_ms\":120000");
	w.mono_ms += 5 * MINUTE_MS;
	expect(&w, &ask, 401, NULL);
	w.mono_ms += 5 * MINUTE_MS;
	ask.body = fmt("{\"user_id\":\"%s\",\"passphrase\":\"correct horse\"}",
		       text_id("usr", w.people[BOB].user.id));
	expect(&w, &ask, 201, "umbel_ses_");
	assert_int_equal(w.people[BOB].user.state, API_USER_UNLOCKED);
	world_end(&w);
}

static void expect_session(struct world *w, const char *token, unsigned status)
{
	struct ask ask = {
	    .method = "GET", .target = "/v1/session", .token = token};

	expect(w, &ask, status, NULL);
}

static const char *change_body(const char *old, const char *fresh)
{
	return fmt("{\"old_passphrase\":\"%s\",\"new_passphrase\":\"%s\"}", old,
		   fresh);
}

static void test_passphrase(void **state)
{
	static const char *const no_new[] = {"", "sevenby"};
	struct world w;
	struct ask ask = {.method = "PUT", .token = ADMIN};
	const char *bob;

	(void)state;
	world_start(&w);
	bob = fmt("/v1/users/%s", text_id("usr", w.people[BOB].user.id));
	ask.target = fmt("%s/passphrase", bob);
	for (size_t i = 0; i < ARRAY_SIZE(no_new); i++) {
		ask.body = change_body(PASSPHRASE, no_new[i]);
		expect(&w, &ask, 422, "\"pointer\":\"/new_passphrase\"");
	}
	ask.body = change_body("", "eight by");
	expect(&w, &ask, 422, "\"pointer\":\"/old_passphrase\"");
	/* Locked or not, and it stays so. */
	ask.body = change_body(PASSPHRASE, "eight by");
	expect(&w, &ask, 204, "");
	assert_int_equal(w.people[BOB].user.state, API_USER_LOCKED);
	ask.target = alice(&w, "/passphrase");
	expect(&w, &ask, 204, "");
	assert_int_equal(w.people[ALICE].user.state, API_USER_UNLOCKED);
	w.fails = ERR_NO_SPACE;
	expect(&w, &ask, 503, "no_space");
	w.fails = ERR_IO;
	expect(&w, &ask, 503, "store_busy");
	w.fails = ERR_STATE;
	expect(&w, &ask, 409, "changed meanwhile");
	w.fails = ERR_CORRUPT;
	expect(&w, &ask, 500, "damaged");
	w.fails = OK;
	ask.target =
	    fmt("/v1/users/%s/passphrase", text_id("usr", kit_uid('x', 1)));
	expect(&w, &ask, 404, "not_found");
	world_end(&w);
}

/* Wrong ones are counted together with those of unlocking. */
static void test_guessing_by_changing(void **state)
{
	struct world w;
	struct ask ask = {.method = "PUT", .token = ADMIN};
	const char *unlock;

	(void)state;
	world_start(&w);
	unlock =
	    fmt("/v1/users/%s/unlock", text_id("usr", w.people[BOB].user.id));
	ask.target = fmt("/v1/users/%s/passphrase",
			 text_id("usr", w.people[BOB].user.id));
	ask.body = change_body("wrong", "eight by");
	for (int i = 0; i < 4; i++)
		expect(&w, &ask, 401, "wrong_passphrase");
	post(&w, unlock, "{\"passphrase\":\"wrong\"}", 401, NULL);
	expect(&w, &ask, 429, "\"retry_after_ms\":60000");
	ask.body = change_body(PASSPHRASE, "eight by");
	expect(&w, &ask, 429, "rate_limited");
	post(&w, unlock, "{\"passphrase\":\"correct horse\"}", 429, NULL);
	w.mono_ms += MINUTE_MS;
	expect(&w, &ask, 204, "");
	/* The right one forgives. */
	post(&w, unlock, "{\"passphrase\":\"wrong\"}", 401, NULL);
	post(&w, unlock, "{\"passphrase\":\"correct horse\"}", 200, NULL);
	world_end(&w);
}

/* Who knew the old passphrase is out; others stay. */
static void test_change_ends_sessions(void **state)
{
	struct world w;
	struct ask ask = {.method = "PUT", .token = ADMIN};
	struct ask listen = {.method = "GET", .accept = "text/event-stream"};
	struct call stream;
	char mine[64], others[64], all[64];

	(void)state;
	world_start(&w);
	snprintf(mine, sizeof(mine), "%s", login(&w, ALICE));
	snprintf(others, sizeof(others), "%s", login(&w, CAROL));
	snprintf(all, sizeof(all), "%s", login_all(&w));
	ask.target = alice(&w, "/passphrase");
	ask.body = change_body("wrong", "eight by");
	expect(&w, &ask, 401, "wrong_passphrase");
	expect_session(&w, mine, 200);
	listen.target = alice(&w, "/events");
	listen.token = mine;
	call_start(&stream, &w, &listen);
	assert_false(stream.is_done);
	ask.body = change_body(PASSPHRASE, "eight by");
	expect(&w, &ask, 204, "");
	assert_true(stream.is_done);
	call_clear(&stream);
	expect_session(&w, mine, 401);
	expect_session(&w, others, 200);
	expect_session(&w, all, 200);
	world_end(&w);
}

/* Locking takes back an unlock that is on its way. */
static void test_lock_while_unlocking(void **state)
{
	struct world w;
	struct ask ask = {.method = "POST",
			  .token = ADMIN,
			  .body = "{\"passphrase\":\"correct horse\"}"};
	struct call unlock, lock;
	const char *bob;

	(void)state;
	world_start(&w);
	w.is_manual = true;
	bob = fmt("/v1/users/%s", text_id("usr", w.people[BOB].user.id));
	ask.target = fmt("%s/unlock", bob);
	call_start(&unlock, &w, &ask);
	ask.target = fmt("%s/lock", bob);
	ask.body = NULL;
	call_start(&lock, &w, &ask);
	world_commit(&w);
	call_expect(&unlock, 409, "locked meanwhile");
	call_expect(&lock, 200, "\"state\":\"locked\"");
	call_clear(&unlock);
	call_clear(&lock);
	world_end(&w);
}

/* Attempts that are still running count, or a burst would go through. */
static void test_guessing_at_once(void **state)
{
	struct world w;
	struct ask ask = {.method = "POST", .token = ADMIN};
	struct call c[12];
	unsigned refused = 0;

	(void)state;
	world_start(&w);
	w.is_manual = true;
	ask.target =
	    fmt("/v1/users/%s/unlock", text_id("usr", w.people[BOB].user.id));
	ask.body = "{\"passphrase\":\"wrong\"}";
	for (size_t i = 0; i < 12; i++) {
		call_start(&c[i], &w, &ask);
		refused += c[i].is_done && c[i].status == 429;
	}
	assert_int_equal(refused, 7);
	world_commit(&w);
	for (size_t i = 0; i < 12; i++) {
		assert_true(c[i].is_done);
		call_clear(&c[i]);
	}
	world_end(&w);
}

static void test_sessions(void **state)
{
	struct world w;
	const char *one, *all;
	struct ask ask = {.method = "GET"};

	(void)state;
	world_start(&w);
	one = login(&w, ALICE);
	all = login_all(&w);
	ask.token = one;
	ask.target = "/v1/users";
	expect(&w, &ask, 200, "\"next_cursor\":null");
	ask.target = alice(&w, "/contacts?limit=1");
	expect(&w, &ask, 200, "next_cursor");
	ask.target =
	    fmt("/v1/users/%s", text_id("usr", w.people[CAROL].user.id));
	expect(&w, &ask, 404, NULL);
	ask.token = all;
	expect(&w, &ask, 200, "carol");
	ask = (struct ask){
	    .method = "POST", .target = "/v1/login-tokens", .token = all};
	expect(&w, &ask, 403, "forbidden_scope");
	ask = (struct ask){
	    .method = "DELETE", .target = "/v1/session", .token = one};
	expect(&w, &ask, 204, "");
	expect_session(&w, one, 401);
	expect_session(&w, all, 200);
	ask.token = ADMIN;
	expect(&w, &ask, 409, NULL);
	expect_session(&w, ADMIN, 200);
	world_end(&w);
}

static void test_login_by_name(void **state)
{
	struct world w;
	struct ask ask = {.method = "POST", .target = "/v1/session"};

	(void)state;
	world_start(&w);
	ask.body = "{\"user_name\":\"alic\",\"passphrase\":\"" PASSPHRASE "\"}";
	expect(&w, &ask, 401, "wrong_passphrase");
	ask.body = "{\"user_name\":\"alice\",\"passphrase\":\"wrong\"}";
	expect(&w, &ask, 401, "wrong_passphrase");
	ask.body = "{\"user_name\":\"alice\"}";
	expect(&w, &ask, 422, "\"pointer\":\"/passphrase\"");
	ask.body = fmt("{\"user_name\":\"alice\",\"user_id\":\"%s\","
		       "\"passphrase\":\"" PASSPHRASE "\"}",
		       text_id("usr", w.people[ALICE].user.id));
	expect(&w, &ask, 422, "\"pointer\":\"/user_id\"");
	ask.body =
	    "{\"user_name\":\"alice\",\"passphrase\":\"" PASSPHRASE "\"}";
	expect(&w, &ask, 201, "umbel_ses_");
	world_end(&w);
}

/* Who tries names learns nothing about who is here. */
static void test_unknown_name_looks_like_a_wrong_passphrase(void **state)
{
	static const char *const bodies[] = {
	    "{\"user_name\":\"alice\",\"passphrase\":\"wrong\"}",
	    "{\"user_name\":\"nobody\",\"passphrase\":\"wrong\"}",
	    ("{\"user_id\":\"usr_01kqv3m8x2f6t9c4b7n5d0hjwe\","
	     "\"passphrase\":\"wrong\"}"),
	};
	struct world w;
	struct ask ask = {.method = "POST", .target = "/v1/session"};
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bodies); i++) {
		world_start(&w);
		ask.body = bodies[i];
		for (n = 0; n < 5; n++)
			expect(&w, &ask, 401, "wrong_passphrase");
		expect(&w, &ask, 429, "rate_limited");
		world_end(&w);
	}
}

/* Only a session that acts for every user makes another one. */
static void test_session_makes_a_user(void **state)
{
	struct world w;
	struct ask ask = {
	    .method = "POST",
	    .target = "/v1/users",
	    .body = "{\"name\":\"dora\",\"passphrase\":\"" PASSPHRASE "\"}"};

	(void)state;
	world_start(&w);
	ask.token = login(&w, ALICE);
	expect(&w, &ask, 403, "needs the scope users:create");
	ask.token = login_all(&w);
	expect(&w, &ask, 201, "\"name\":\"dora\"");
	world_end(&w);
}

static void test_session_times(void **state)
{
	struct world w;
	const char *token;
	struct ask ask = {.method = "POST",
			  .target = "/v1/session",
			  .body = "{\"login_token\":\"abc\"}"};
	struct call c;

	(void)state;
	world_start(&w);
	expect(&w, &ask, 401, "login token");
	ask.body = "{\"login_token\":\"abc\",\"passphrase\":\"x\"}";
	expect(&w, &ask, 422, "\"pointer\":\"/passphrase\"");
	ask.body = "{}";
	expect(&w, &ask, 422, "\"pointer\":\"/user_id\",\"code\":\"missing\"");
	token = login_all(&w);
	w.mono_ms += SESSION_IDLE_MS - 1;
	expect_session(&w, token, 200);
	w.mono_ms += SESSION_IDLE_MS;
	expect_session(&w, token, 401);
	token = login_all(&w);
	for (int i = 0; i < 24; i++) {
		w.mono_ms += SESSION_IDLE_MS - 1;
		expect_session(&w, token, 200);
	}
	w.mono_ms += 24;
	expect_session(&w, token, 401);
	/* A login token lives a minute, and once. */
	ask = (struct ask){
	    .method = "POST", .target = "/v1/login-tokens", .token = ADMIN};
	call_start(&c, &w, &ask);
	ask = (struct ask){.method = "POST",
			   .target = "/v1/session",
			   .body = fmt("{\"login_token\":\"%s\"}",
				       call_string(&c, "login_token"))};
	call_clear(&c);
	expect(&w, &ask, 201, NULL);
	expect(&w, &ask, 401, NULL);
	world_end(&w);
}

static void test_tokens_that_are_wrong(void **state)
{
	static const char *const tokens[] = {"", "x", ADMIN "x", "umbel_adm_",
					     "umbel_ses_"};
	struct world w;
	struct ask ask = {.method = "GET", .target = "/v1/daemon"};
	struct call c;

	(void)state;
	world_start(&w);
	for (size_t i = 0; i < ARRAY_SIZE(tokens); i++) {
		ask.token = tokens[i];
		call_start(&c, &w, &ask);
		call_expect(&c, 401, "unauthorized");
		assert_string_equal(c.headers, "WWW-Authenticate: Bearer\n");
		call_clear(&c);
	}
	api_set_admin_secret(w.api, bytes_of("", 0));
	ask.token = ADMIN;
	expect(&w, &ask, 401, NULL);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_daemon),
	    cmocka_unit_test(test_users),
	    cmocka_unit_test(test_user_pages),
	    cmocka_unit_test(test_unlock),
	    cmocka_unit_test(test_passphrase),
	    cmocka_unit_test(test_guessing_by_changing),
	    cmocka_unit_test(test_change_ends_sessions),
	    cmocka_unit_test(test_lock_while_unlocking),
	    cmocka_unit_test(test_guessing),
	    cmocka_unit_test(test_guessing_at_once),
	    cmocka_unit_test(test_sessions),
	    cmocka_unit_test(test_login_by_name),
	    cmocka_unit_test(test_unknown_name_looks_like_a_wrong_passphrase),
	    cmocka_unit_test(test_session_makes_a_user),
	    cmocka_unit_test(test_session_times),
	    cmocka_unit_test(test_tokens_that_are_wrong),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
