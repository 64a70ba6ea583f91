/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tokens over the API: made, shown, revoked, kept, and what each may not do.
 * What is in sight of those for some conversations is in test_api_narrow.c.
 */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "api/token.h"
#include "api_kit.h"
#include "api_token.h"
#include "check.h"

#define HOUR_MS UINT64_C(3600000)

static void test_making(void **state)
{
	struct ask ask = {.method = "POST",
			  .target = "/v1/tokens",
			  .token = ADMIN,
			  .body =
			      "{\"name\":\"bot\",\"scopes\":[\"messages:send\","
			      "\"events:read\"],\"rate_per_minute\":60,"
			      "\"expires_at\":\"2099-01-01T00:00:00Z\"}"};
	const char *secret, *path;
	struct world w;
	struct call c;

	(void)state;
	world_start(&w);
	call_start(&c, &w, &ask);
	call_expect(&c, 201, "\"scopes\":[\"messages:send\",\"events:read\"]");
	call_expect(&c, 201,
		    "\"user_ids\":[],\"conversation_ids\":[],"
		    "\"rate_per_minute\":60,\"made_by\":null");
	call_expect(&c, 201,
		    "\"last_used_at\":null,"
		    "\"expires_at\":\"2099-01-01T00:00:00.000Z\"");
	secret = fmt("%s", call_string(&c, "secret"));
	path = fmt("/v1/tokens/%s", call_string(&c, "id"));
	assert_string_equal(c.location, path);
	call_clear(&c);
	assert_int_equal(strlen(secret), TOKEN_TEXT);
	assert_memory_equal(secret + 10, path + strlen("/v1/tokens/tok_"), 26);
	/* Told once, and kept nowhere. */
	get(&w, path, 200, "\"secret\":null");
	get(&w, "/v1/tokens", 200, "\"name\":\"bot\",\"secret\":null");
	assert_null(memmem(w.tokens.data, w.tokens.len, secret + 37, 43));
	expect(
	    &w, as(secret, "GET", "/v1/session", NULL), 200,
	    "\"scopes\":[\"messages:send\",\"events:read\"],"
	    "\"expires_at\":\"2099-01-01T00:00:00.000Z\",\"token_id\":\"tok_");
	expect(&w, as(secret, "DELETE", "/v1/session", NULL), 409, "conflict");
	world_restart(&w);
	expect(&w, as(secret, "GET", "/v1/session", NULL), 200, NULL);
	get(&w, path, 200, "\"name\":\"bot\"");
	del(&w, path, 204, NULL);
	expect(&w, as(secret, "GET", "/v1/session", NULL), 401, "unauthorized");
	get(&w, path, 404, "not_found");
	del(&w, path, 404, "not_found");
	world_restart(&w);
	expect(&w, as(secret, "GET", "/v1/session", NULL), 401, "unauthorized");
	world_end(&w);
}

static void test_pages(void **state)
{
	struct ask ask = {.method = "GET", .token = ADMIN};
	const char *cursor;
	struct world w;
	struct call c;

	(void)state;
	world_start(&w);
	for (unsigned i = 0; i < 5; i++) {
		w.wall_ms++;
		token_make(&w, ADMIN, "messages:read", "");
	}
	ask.target = "/v1/tokens?limit=3";
	call_start(&c, &w, &ask);
	assert_int_equal(call_count(&c, "\"made_by\""), 3);
	cursor = fmt("%s", call_string(&c, "next_cursor"));
	call_clear(&c);
	ask.target = fmt("/v1/tokens?limit=3&cursor=%s", cursor);
	call_start(&c, &w, &ask);
	assert_int_equal(call_count(&c, "\"made_by\""), 2);
	call_expect(&c, 200, "\"next_cursor\":null");
	call_clear(&c);
	world_end(&w);
}

static void test_faults(void **state)
{
	static const struct {
		const char *body, *part;
	} bad[] = {
	    {"{\"scopes\":[\"admin\"]}", "/name"},
	    {"{\"name\":\"\",\"scopes\":[\"admin\"]}", "/name"},
	    {"{\"name\":\"a\"}", "/scopes"},
	    {"{\"name\":\"a\",\"scopes\":[]}", "/scopes"},
	    {"{\"name\":\"a\",\"scopes\":[\"calls\"]}", "unknown_value"},
	    {"{\"name\":\"a\",\"scopes\":[\"any\"]}", "unknown_value"},
	    {"{\"name\":\"a\",\"scopes\":\"admin\"}", "wrong_type"},
	    {"{\"name\":\"a\",\"scopes\":[\"admin\"],\"user_ids\":[\"usr_1\"]}",
	     "invalid_id"},
	    {"{\"name\":\"a\",\"scopes\":[\"admin\"],\"user_ids\":"
	     "[\"usr_00000000000000000000000001\"]}",
	     "\"pointer\":\"/user_ids\",\"code\":\"not_found\""},
	    {"{\"name\":\"a\",\"scopes\":[\"admin\"],\"conversation_ids\":"
	     "[\"cnv_00000000000000000000000001\"]}",
	     "\"pointer\":\"/conversation_ids\",\"code\":\"not_found\""},
	    {"{\"name\":\"a\",\"scopes\":[\"admin\"],\"expires_at\":"
	     "\"2020-01-01T00:00:00Z\"}",
	     "in_the_past"},
	    {"{\"name\":\"a\",\"scopes\":[\"admin\"],\"rate_per_minute\":0}",
	     "out_of_range"},
	    {"{\"name\":\"a\",\"scopes\":[\"admin\"],\"secret\":\"x\"}",
	     "unknown_field"},
	};
	struct world w;

	(void)state;
	world_start(&w);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		post(&w, "/v1/tokens", bad[i].body, 422, bad[i].part);
	get(&w, "/v1/tokens", 200, "\"items\":[]");
	assert_int_equal(w.tokens_saved, 0);
	/* Of a user who is locked nobody can say what is his. */
	w.people[ALICE].user.state = API_USER_LOCKED;
	post(&w, "/v1/tokens",
	     fmt("{\"name\":\"a\",\"scopes\":[\"messages:send\"],"
		 "\"conversation_ids\":[\"%s\"]}",
		 text_id("cnv", kit_uid('v', 1))),
	     422, "not_found");
	world_end(&w);
}

/* HOSTILE L-02 */
static void test_wrong_ones(void **state)
{
	char right[TOKEN_TEXT + 1], path[80];
	const char *other;
	struct world w;

	(void)state;
	world_start(&w);
	snprintf(right, sizeof(right), "%s",
		 token_make(&w, ADMIN, "messages:read", ""));
	w.wall_ms++;
	other = token_make(&w, ADMIN, "messages:read", "");
	snprintf(path, sizeof(path), "%s", alice(&w, "/conversations"));
	expect(&w, as(right, "GET", path, NULL), 200, NULL);
	expect(&w, as(NULL, "GET", path, NULL), 401, "unauthorized");
	expect(&w, as(fmt("%.79s", right), "GET", path, NULL), 401,
	       "unauthorized");
	expect(&w, as(fmt("%sA", right), "GET", path, NULL), 401,
	       "unauthorized");
	expect(&w, as(fmt("%.10s", right), "GET", path, NULL), 401,
	       "unauthorized");
	expect(&w, as(fmt("%.37s%s", right, other + 37), "GET", path, NULL),
	       401, "unauthorized");
	expect(&w,
	       as(NULL, "GET", fmt("%s?access_token=%s", path, right), NULL),
	       401, "unauthorized");
	/* However often: the right one is not kept out. */
	for (unsigned i = 0; i < 1000; i++)
		expect(&w, as(fmt("%.79s%u", right, i % 10), "GET", path, NULL),
		       401, "unauthorized");
	expect(&w, as(right, "GET", path, NULL), 200, NULL);
	world_end(&w);
}

static void test_users(void **state)
{
	struct world w;
	const char *token;

	(void)state;
	world_start(&w);
	token = token_make(&w, ADMIN, "users:read\",\"tor:read\",\"admin",
			   fmt(",\"user_ids\":[\"%s\",\"%s\"]",
			       text_id("usr", w.people[BOB].user.id),
			       text_id("usr", w.people[CAROL].user.id)));
	expect(&w, as(token, "GET", "/v1/users", NULL), 200,
	       "\"items\":[{\"id\":\"usr_");
	expect(&w, as(token, "GET", alice(&w, "%s", ""), NULL), 404,
	       "not_found");
	expect(&w, as(token, "GET", alice(&w, "/contacts"), NULL), 404,
	       "not_found");
	/* Known while its user is locked. */
	expect(&w,
	       as(token, "GET",
		  fmt("/v1/users/%s/contacts",
		      text_id("usr", w.people[BOB].user.id)),
		  NULL),
	       423, "user_locked");
	expect(&w,
	       as(fmt("%sx", token), "GET",
		  fmt("/v1/users/%s/contacts",
		      text_id("usr", w.people[BOB].user.id)),
		  NULL),
	       401, "unauthorized");
	/* All of what there is, is not for it, whatever its scopes. */
	expect(&w,
	       as(token, "POST", "/v1/users",
		  "{\"name\":\"eve\",\"passphrase\":\"" PASSPHRASE "\"}"),
	       403, "some users only");
	expect(&w, as(token, "POST", "/v1/login-tokens", NULL), 403,
	       "some users only");
	expect(&w, as(token, "GET", "/v1/tokens", NULL), 403,
	       "some users only");
	expect(&w, as(token, "POST", "/v1/daemon/shutdown", NULL), 403,
	       "some users only");
	assert_int_equal(w.shutdown_count, 0);
	expect(&w, as(token, "GET", "/v1/tor/bridges", NULL), 403,
	       "some users only");
	expect(&w, as(token, "POST", "/v1/tor/new-circuits", NULL), 403,
	       "some users only");
	/* Nor which services others have. */
	expect(&w, as(token, "GET", "/v1/tor", NULL), 200,
	       fmt("\"onion_services\":[{\"user_id\":\"%s\"",
		   text_id("usr", w.people[CAROL].user.id)));
	world_end(&w);
}

static void makes(struct world *w, const char *token, const char *body,
		  unsigned status, const char *part)
{
	expect(w, as(token, "POST", "/v1/tokens", body), status, part);
}

/* The admin of some users has what he asks for, and nothing of the others. */
static void test_jobs(void **state)
{
	struct ask ask = {.method = "POST",
			  .body = "{\"passphrase\":\"long enough\"}"};
	const char *mine, *others, *path;
	struct world w;
	struct call c;

	(void)state;
	world_start(&w);
	mine = token_make(&w, ADMIN, "admin",
			  fmt(",\"user_ids\":[\"%s\"]",
			      text_id("usr", w.people[ALICE].user.id)));
	w.wall_ms++;
	others = token_make(&w, ADMIN, "admin",
			    fmt(",\"user_ids\":[\"%s\"]",
				text_id("usr", w.people[CAROL].user.id)));
	ask.token = mine;
	ask.target = alice(&w, "/export");
	call_start(&c, &w, &ask);
	path = fmt("%s", c.location);
	call_clear(&c);
	expect(&w, as(mine, "GET", fmt("%s/content", path), NULL), 200,
	       EXPORTED);
	expect(&w, as(others, "GET", fmt("%s/content", path), NULL), 404,
	       "not_found");
	expect(&w, as(others, "DELETE", path, NULL), 404, "not_found");
	expect(&w, as(mine, "DELETE", path, NULL), 204, NULL);
	world_end(&w);
}

/* A token makes none that may do more. */
static void test_no_more_than_it_has(void **state)
{
	struct world w;
	const char *parent, *child, *id, *a, *c;

	(void)state;
	world_start(&w);
	a = text_id("usr", w.people[ALICE].user.id);
	c = text_id("usr", w.people[CAROL].user.id);
	parent = token_make(&w, ADMIN, "tokens:create\",\"messages:read",
			    fmt(",\"user_ids\":[\"%s\"],"
				"\"rate_per_minute\":60,"
				"\"expires_at\":\"2030-01-01T00:00:00Z\"",
				a));
	makes(&w, parent, "{\"name\":\"x\",\"scopes\":[\"admin\"]}", 403,
	      "the scope admin itself");
	makes(&w, parent, "{\"name\":\"x\",\"scopes\":[\"messages:send\"]}",
	      403, "the scope messages:send itself");
	makes(&w, parent,
	      fmt("{\"name\":\"x\",\"scopes\":[\"messages:read\"],"
		  "\"user_ids\":[\"%s\"]}",
		  c),
	      422, "/user_ids");
	makes(&w, parent,
	      "{\"name\":\"x\",\"scopes\":[\"messages:read\"],"
	      "\"expires_at\":\"2030-01-01T00:00:01Z\"}",
	      422, "/expires_at");
	makes(&w, parent,
	      "{\"name\":\"x\",\"scopes\":[\"messages:read\"],"
	      "\"rate_per_minute\":61}",
	      422, "/rate_per_minute");
	/* What is not said is as its own. */
	makes(&w, parent, "{\"name\":\"x\",\"scopes\":[\"messages:read\"]}",
	      201,
	      fmt("\"user_ids\":[\"%s\"],\"conversation_ids\":[],"
		  "\"rate_per_minute\":60,\"made_by\":\"tok_",
		  a));
	w.wall_ms++;
	child = token_make(&w, parent, "messages:read", "");
	expect(&w, as(child, "GET", alice(&w, "/conversations"), NULL), 200,
	       NULL);
	expect(&w, as(child, "GET", fmt("/v1/users/%s/conversations", c), NULL),
	       404, "not_found");
	expect(&w,
	       as(child, "POST", "/v1/tokens",
		  "{\"name\":\"x\",\"scopes\":[\"messages:read\"]}"),
	       403, "tokens:create");
	/* With it goes what it made. */
	id = fmt("%.26s", parent + 10);
	del(&w, fmt("/v1/tokens/tok_%s", id), 204, NULL);
	expect(&w, as(child, "GET", alice(&w, "/conversations"), NULL), 401,
	       "unauthorized");
	get(&w, "/v1/tokens", 200, "\"items\":[]");
	world_end(&w);
}

static void test_rate(void **state)
{
	struct world w;
	const char *slow, *fast, *path;

	(void)state;
	world_start_limited(&w, 8, 8);
	slow = token_make(&w, ADMIN, "messages:read", ",\"rate_per_minute\":2");
	w.wall_ms++;
	fast =
	    token_make(&w, ADMIN, "messages:read", ",\"rate_per_minute\":1000");
	path = alice(&w, "/conversations");
	for (unsigned i = 0; i < 2; i++)
		expect(&w, as(slow, "GET", path, NULL), 200, NULL);
	expect(&w, as(slow, "GET", path, NULL), 429, "rate_limited");
	for (unsigned i = 0; i < 8; i++)
		expect(&w, as(fast, "GET", path, NULL), 200, NULL);
	expect(&w, as(fast, "GET", path, NULL), 429, "rate_limited");
	w.mono_ms += 30000;
	expect(&w, as(slow, "GET", path, NULL), 200, NULL);
	expect(&w, as(slow, "GET", path, NULL), 429, "rate_limited");
	world_end(&w);
}

/* The file is not written for each call. */
static void test_last_use(void **state)
{
	struct world w;
	const char *token, *path;
	unsigned saved;

	(void)state;
	world_start(&w);
	w.wall_ms -= w.wall_ms % HOUR_MS;
	token = token_make(&w, ADMIN, "messages:read", "");
	path = fmt("/v1/tokens/tok_%.26s", token + 10);
	saved = w.tokens_saved;
	for (unsigned i = 0; i < 10; i++)
		expect(&w, as(token, "GET", "/v1/session", NULL), 200, NULL);
	get(&w, path, 200, "\"last_used_at\":\"2027-01-15T08:00:00.000Z\"");
	assert_int_equal(w.tokens_saved, saved);
	assert_true(api_deadline(w.api) <= w.mono_ms + 60000);
	w.mono_ms += 60000;
	w.wall_ms += 60000;
	api_tick(w.api);
	assert_int_equal(w.tokens_saved, saved + 1);
	expect(&w, as(token, "GET", "/v1/session", NULL), 200, NULL);
	assert_true(api_deadline(w.api) == UINT64_MAX);
	/* What is not written is at the end. */
	w.wall_ms += HOUR_MS;
	expect(&w, as(token, "GET", "/v1/session", NULL), 200, NULL);
	world_restart(&w);
	assert_int_equal(w.tokens_saved, saved + 2);
	get(&w, path, 200, "\"last_used_at\":\"2027-01-15T09:00:00.000Z\"");
	world_end(&w);
}

static void start(struct world *w, struct call *c, const char *token,
		  const char *target, const char *accept)
{
	struct ask ask = {.method = "GET",
			  .target = target,
			  .token = token,
			  .accept = accept};

	call_start(c, w, &ask);
}

static void test_ends_at_once(void **state)
{
	enum { STREAM, POLL, DAEMON, DOWN, COUNT };
	static char big[300000];
	const char *admin = ADMIN, *token, *file, *event = "text/event-stream";
	struct call c[COUNT], up;
	struct world w;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	for (unsigned by_time = 0; by_time < 2; by_time++) {
		world_start(&w);
		file = token_upload(&w, admin, big);
		token = token_make(
		    &w, ADMIN,
		    "events:read\",\"files:read\",\"files:write\","
		    "\"messages:read",
		    by_time ? ",\"expires_at\":\"2027-01-15T08:10:00Z\"" : "");
		assert_true(api_deadline(w.api) ==
			    (by_time ? w.mono_ms + 500000 : UINT64_MAX));
		token_upload_start(&up, &w, token);
		start(&w, &c[STREAM], token, alice(&w, "/events"), event);
		start(&w, &c[POLL], token, alice(&w, "/events?wait=60"), NULL);
		start(&w, &c[DAEMON], token, "/v1/events", event);
		start(&w, &c[DOWN], token, alice(&w, "/files/%s/content", file),
		      NULL);
		c[DOWN].unread = 1;
		assert_false(c[STREAM].is_done || c[POLL].is_done ||
			     c[DAEMON].is_done || c[DOWN].is_done ||
			     up.is_done);
		if (by_time) {
			w.mono_ms += 500000;
			w.wall_ms += 500000;
			assert_true(api_deadline(w.api) <= w.mono_ms);
			api_tick(w.api);
		} else {
			del(&w, fmt("/v1/tokens/tok_%.26s", token + 10), 204,
			    NULL);
		}
		assert_true(c[STREAM].is_done && c[DAEMON].is_done);
		call_expect(&c[POLL], 401, "unauthorized");
		assert_true(c[DOWN].is_aborted);
		call_expect(&up, 401, "unauthorized");
		/* Nothing of what it brought is left. */
		get(&w, alice(&w, "/files?limit=1"), 200,
		    "\"next_cursor\":null");
		for (unsigned i = 0; i < COUNT; i++)
			call_clear(&c[i]);
		call_clear(&up);
		world_end(&w);
	}
}

/* A link, and the session that it began, are worth no more than the token that
 * had it made. */
static void test_login(void **state)
{
	const char *token, *link, *session, *path;
	struct world w;
	struct call c;

	(void)state;
	world_start(&w);
	path = alice(&w, "/conversations");
	token = token_make(&w, ADMIN, "admin",
			   ",\"expires_at\":\"2027-01-15T08:10:00Z\","
			   "\"rate_per_minute\":5");
	session = login_by(&w, login_link(&w, token));
	expect(&w, as(session, "GET", "/v1/session", NULL), 200,
	       "\"expires_at\":\"2027-01-15T08:10:00.000Z\"");
	for (unsigned i = 0; i < 3; i++)
		expect(&w, as(session, "GET", path, NULL), 200, NULL);
	expect(&w, as(session, "GET", path, NULL), 429, "rate_limited");
	expect(&w, as(token, "GET", path, NULL), 429, "rate_limited");
	w.mono_ms += 60000;
	w.wall_ms += 60000;
	link = login_link(&w, token);
	start(&w, &c, session, "/v1/events", "text/event-stream");
	del(&w, fmt("/v1/tokens/tok_%.26s", token + 10), 204, NULL);
	assert_true(c.is_done);
	expect(&w, as(session, "GET", path, NULL), 401, "unauthorized");
	expect(&w, as(NULL, "POST", "/v1/session", link), 401, "unauthorized");
	call_clear(&c);
	world_end(&w);
}

/* A ticket is worth no more than who had it made. */
static void test_ticket(void **state)
{
	struct ask ask = {.method = "POST"};
	const char *token, *file, *url;
	struct world w;
	struct call c;

	(void)state;
	world_start(&w);
	file = token_upload(&w, ADMIN, "hello");
	token = token_make(&w, ADMIN, "files:read", "");
	ask.token = token;
	ask.target = alice(&w, "/files/%s/ticket", file);
	call_start(&c, &w, &ask);
	call_expect(&c, 201, "ticket=");
	url = fmt("%s", call_string(&c, "url"));
	call_clear(&c);
	expect(&w, as(NULL, "GET", url, NULL), 200, "hello");
	del(&w, fmt("/v1/tokens/tok_%.26s", token + 10), 204, NULL);
	expect(&w, as(NULL, "GET", url, NULL), 401, "unauthorized");
	world_end(&w);
}

static void test_full_disk(void **state)
{
	struct world w;
	const char *token, *path;

	(void)state;
	world_start(&w);
	token = token_make(&w, ADMIN, "messages:read", "");
	path = fmt("/v1/tokens/tok_%.26s", token + 10);
	w.tokens_fail = ERR_NO_SPACE;
	post(&w, "/v1/tokens", "{\"name\":\"x\",\"scopes\":[\"admin\"]}", 503,
	     "no_space");
	get(&w, "/v1/tokens", 200, "\"next_cursor\":null");
	/* It is closed; only, somebody has to see to it that it stays so. */
	del(&w, path, 503, "no_space");
	expect(&w, as(token, "GET", "/v1/session", NULL), 401, "unauthorized");
	get(&w, path, 200, "\"id\":\"tok_");
	w.tokens_fail = OK;
	del(&w, path, 204, NULL);
	get(&w, "/v1/tokens", 200, "\"items\":[]");
	world_restart(&w);
	get(&w, "/v1/tokens", 200, "\"items\":[]");
	world_end(&w);
}

static void test_damaged_file(void **state)
{
	struct world w;
	const char *token;
	unsigned saved;

	(void)state;
	world_start(&w);
	token = token_make(&w, ADMIN, "messages:read", "");
	w.tokens.data[w.tokens.len / 2] ^= 1;
	saved = w.tokens_saved;
	world_restart(&w);
	expect(&w, as(token, "GET", "/v1/session", NULL), 401, "unauthorized");
	get(&w, "/v1/tokens", 500, "damaged");
	get(&w, fmt("/v1/tokens/tok_%.26s", token + 10), 500, "damaged");
	del(&w, fmt("/v1/tokens/tok_%.26s", token + 10), 500, "damaged");
	post(&w, "/v1/tokens", "{\"name\":\"x\",\"scopes\":[\"admin\"]}", 500,
	     "damaged");
	get(&w, alice(&w, "/conversations"), 200, NULL);
	/* Nothing has touched what there is. */
	assert_int_equal(w.tokens_saved, saved);
	w.tokens.data[w.tokens.len / 2] ^= 1;
	world_restart(&w);
	expect(&w, as(token, "GET", "/v1/session", NULL), 200, NULL);
	world_end(&w);
}

static void test_too_many(void **state)
{
	static const char body[] =
	    "{\"name\":\"x\",\"scopes\":[\"tokens:create\"]}";
	char maker[TOKEN_TEXT + 1];
	struct world w;

	(void)state;
	world_start(&w);
	/* One alone does not shut the others out. */
	snprintf(maker, sizeof(maker), "%s",
		 token_make(&w, ADMIN, "tokens:create", ""));
	for (unsigned i = 0; i < TOKENS_BELOW_MAX; i++)
		token_make(&w, maker, "tokens:create", "");
	expect(&w, as(maker, "POST", "/v1/tokens", body), 409, "made 64");
	for (unsigned i = TOKENS_BELOW_MAX + 1; i < TOKENS_MAX; i++) {
		w.wall_ms++;
		token_make(&w, ADMIN, "messages:read", "");
	}
	post(&w, "/v1/tokens", body, 409, "256 tokens");
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_making),
	    cmocka_unit_test(test_pages),
	    cmocka_unit_test(test_faults),
	    cmocka_unit_test(test_wrong_ones),
	    cmocka_unit_test(test_users),
	    cmocka_unit_test(test_jobs),
	    cmocka_unit_test(test_no_more_than_it_has),
	    cmocka_unit_test(test_rate),
	    cmocka_unit_test(test_last_use),
	    cmocka_unit_test(test_ends_at_once),
	    cmocka_unit_test(test_login),
	    cmocka_unit_test(test_ticket),
	    cmocka_unit_test(test_full_disk),
	    cmocka_unit_test(test_damaged_file),
	    cmocka_unit_test(test_too_many),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
