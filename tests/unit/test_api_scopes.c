/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What tokens with some scopes only are told: of what they send, and by events;
 * and what they can do to others.
 */
#include <stdio.h>

#include <sodium.h>

#include "api/token.h"
#include "api_kit.h"
#include "api_token.h"
#include "check.h"

static void start(struct world *w, struct call *c, const char *token,
		  const char *target, const char *accept)
{
	struct ask ask = {.method = "GET",
			  .target = target,
			  .token = token,
			  .accept = accept};

	call_start(c, w, &ask);
}

static const char *send_body(unsigned n)
{
	return fmt("{\"client_id\":\"%s\",\"text\":\"alarm\"}", text_uuid(n));
}

/* One that sends and does not read is told nothing that it did not say. */
static void test_send_only(void **state)
{
	struct ask ask = {.method = "POST"};
	const char *token, *chat, *message;
	struct world w;
	struct call c;

	(void)state;
	world_start(&w);
	world_receive(&w, 1, "secret of somebody");
	token = token_make(&w, ADMIN, "messages:send", "");
	chat = alice(&w, "/conversations/%s", text_id("cnv", kit_uid('v', 1)));
	for (unsigned again = 0; again < 2; again++) {
		ask.token = token;
		ask.target = fmt("%s/messages", chat);
		ask.body = send_body(1);
		call_start(&c, &w, &ask);
		call_expect(&c, again ? 200 : 201, NULL);
		message = fmt("%s", call_string(&c, "id"));
		assert_string_equal(call_text(&c),
				    fmt("{\"id\":\"%s\",\"client_id\":\"%s\","
					"\"state\":\"queued\"}",
					message, text_uuid(1)));
		call_clear(&c);
	}
	message = alice(&w, "/messages/%s", message);
	expect(&w, as(token, "PATCH", message, "{\"text\":\"alert\"}"), 200,
	       fmt("\"client_id\":\"%s\",\"state\":\"queued\"}", text_uuid(1)));
	expect(&w, as(token, "POST", fmt("%s/cancel", message), NULL), 200,
	       "\"state\":\"failed\"}");
	expect(&w, as(token, "POST", fmt("%s/retry", message), NULL), 202,
	       "\"state\":\"queued\"}");
	expect(&w, as(token, "PATCH", chat, "{\"pinned\":true}"), 200,
	       fmt("{\"id\":\"%s\"}", text_id("cnv", kit_uid('v', 1))));
	expect(&w, as(token, "GET", chat, NULL), 403, "messages:read");
	expect(&w, as(token, "GET", fmt("%s/messages", chat), NULL), 403,
	       "messages:read");
	expect(&w, as(token, "DELETE", message, NULL), 403, "messages:delete");
	world_end(&w);
}

static void test_events_by_scope(void **state)
{
	struct world w;
	struct call c;
	const char *token;

	(void)state;
	world_start(&w);
	token = token_make(&w, ADMIN, "events:read", "");
	expect(&w, as(token, "GET", alice(&w, "/events?after=0"), NULL), 403,
	       "forbidden_scope");
	expect(
	    &w,
	    as(token, "GET", alice(&w, "/events?types=message.received"), NULL),
	    403, "messages:read");
	w.wall_ms++;
	token = token_make(&w, ADMIN, "events:read\",\"messages:read", "");
	expect(&w,
	       as(token, "GET", alice(&w, "/events?types=contact.added"), NULL),
	       403, "contacts:read");
	expect(&w,
	       as(token, "GET", alice(&w, "/events?types=file.progress"), NULL),
	       403, "files:read");
	start(&w, &c, token, alice(&w, "/events?after=0"), "text/event-stream");
	call_expect(&c, 200, "event: conversation.created");
	assert_int_equal(call_count(&c, "event: contact"), 0);
	api_typing(w.api, w.people[ALICE].user.id, kit_uid('c', 1), true);
	world_receive(&w, 1, "hello");
	call_expect(&c, 200, "event: message.received");
	assert_int_equal(call_count(&c, "event: typing"), 0);
	call_clear(&c);
	/* The daemon's. */
	expect(&w, as(token, "GET", "/v1/events?types=tor.state", NULL), 403,
	       "tor:read");
	expect(&w, as(token, "GET", "/v1/events?types=user.locked", NULL), 403,
	       "users:read");
	start(&w, &c, token, "/v1/events", "text/event-stream");
	w.tor.percent = 5;
	api_tor_changed(w.api);
	world_lock(&w, CAROL);
	assert_int_equal(call_count(&c, "event: tor"), 0);
	assert_int_equal(call_count(&c, "event: user"), 0);
	api_stopping(w.api);
	call_expect(&c, 200, "event: daemon.stopping");
	call_clear(&c);
	world_end(&w);
}

/* Of tor a stream tells what the answer does. */
static void test_tor_events(void **state)
{
	struct world w;
	struct call c;
	const char *token;

	(void)state;
	world_start(&w);
	token = token_make(&w, ADMIN, "events:read\",\"tor:read",
			   fmt(",\"user_ids\":[\"%s\"]",
			       text_id("usr", w.people[CAROL].user.id)));
	start(&w, &c, token, "/v1/events", "text/event-stream");
	w.tor.percent = 7;
	api_tor_changed(w.api);
	call_expect(&c, 200, "\"percent\":7");
	call_expect(&c, 200, text_id("usr", w.people[CAROL].user.id));
	assert_int_equal(
	    call_count(&c, text_id("usr", w.people[ALICE].user.id)), 0);
	call_clear(&c);
	world_end(&w);
}

#define WRONG "{\"passphrase\":\"wrong\"}"
#define RIGHT "{\"passphrase\":\"" PASSPHRASE "\"}"

/* Whoever guesses shuts himself out, and what he made, and nobody else. */
static void test_guessing(void **state)
{
	static const char login[] =
	    "{\"user_name\":\"alice\",\"passphrase\":\"wrong\"}";
	char bad[TOKEN_TEXT + 1], good[TOKEN_TEXT + 1];
	char path[64];
	const char *child;
	struct world w;

	(void)state;
	world_start(&w);
	snprintf(path, sizeof(path), "%s", alice(&w, "/unlock"));
	world_lock(&w, ALICE);
	snprintf(bad, sizeof(bad), "%s",
		 token_make(&w, ADMIN, "users:unlock\",\"tokens:create", ""));
	snprintf(good, sizeof(good), "%s",
		 token_make(&w, ADMIN, "users:unlock", ""));
	child = token_make(&w, bad, "users:unlock", "");
	for (int i = 0; i < 5; i++) {
		expect(&w, as(i % 2 ? bad : child, "POST", path, WRONG), 401,
		       "wrong_passphrase");
		expect(&w, as(NULL, "POST", "/v1/session", login), 401,
		       "wrong_passphrase");
	}
	expect(&w, as(bad, "POST", path, RIGHT), 429, "rate_limited");
	expect(&w, as(child, "POST", path, RIGHT), 429, "rate_limited");
	child = token_make(&w, bad, "users:unlock", "");
	expect(&w, as(child, "POST", path, RIGHT), 429, "rate_limited");
	expect(&w, as(NULL, "POST", "/v1/session", login), 429, "rate_limited");
	expect(&w, as(good, "POST", path, WRONG), 401, "wrong_passphrase");
	post(&w, path, WRONG, 401, "wrong_passphrase");
	expect(&w, as(good, "POST", path, RIGHT), 200, "unlocked");
	world_lock(&w, ALICE);
	post(&w, path, RIGHT, 200, "unlocked");
	world_end(&w);
}

/* So many begin to unlock with these credentials, and then there is no room. */
static void fill(struct world *w, const char *token, size_t count,
		 struct call *calls)
{
	const char *path = token ? alice(w, "/unlock") : "/v1/session";
	const char *body = WRONG;

	for (size_t i = 0; i < count; i++) {
		if (!token)
			body = fmt("{\"user_name\":\"n%zu\","
				   "\"passphrase\":\"wrong\"}",
				   i);
		call_start(&calls[i], w, as(token, "POST", path, body));
		assert_false(calls[i].is_done);
	}
	expect(w, as(token, "POST", path, body), 503, "store_busy");
}

/* Nor does he take all places of those whose passphrases are being checked. */
static void test_places_for_guessing(void **state)
{
	struct call calls[8];
	struct world w;
	const char *token;

	(void)state;
	world_start(&w);
	world_lock(&w, ALICE);
	token = token_make(&w, ADMIN, "users:unlock", "");
	w.is_manual = true;
	fill(&w, NULL, 4, calls);
	fill(&w, token, 2, calls + 4);
	fill(&w, ADMIN, 2, calls + 6);
	world_commit(&w);
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		call_expect(&calls[i], 401, "wrong_passphrase");
		call_clear(&calls[i]);
	}
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_send_only),
	    cmocka_unit_test(test_events_by_scope),
	    cmocka_unit_test(test_tor_events),
	    cmocka_unit_test(test_guessing),
	    cmocka_unit_test(test_places_for_guessing),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
