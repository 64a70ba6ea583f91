/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Named readers of events, and events over all users.
 */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "api_kit.h"
#include "check.h"
#include "store/consumer.h"

static const char *const sse = "text/event-stream";

static const char *person(struct world *w, int who, const char *rest)
{
	return fmt("/v1/users/%s%s", text_id("usr", w->people[who].user.id),
		   rest);
}

static void start(struct call *c, struct world *w, const char *target,
		  const char *last_id)
{
	struct ask ask = {.method = "GET",
			  .target = target,
			  .token = ADMIN,
			  .accept = sse,
			  .last_event_id = last_id};

	call_start(c, w, &ask);
	assert_int_equal(c->status, 200);
	assert_string_equal(c->type, sse);
}

static void poll(struct call *c, struct world *w, const char *target)
{
	struct ask ask = {.method = "GET", .target = target, .token = ADMIN};

	call_start(c, w, &ask);
}

/* A change that is carol's. */
static void carol_changes(struct world *w)
{
	struct kit *k = &w->people[CAROL].kit;
	struct effect e = {.type = FX_SAVE_REQUEST,
			   .journal = JOURNAL_REQUEST_STATE,
			   .request = kit_request(9)};

	kit_save(k, &e);
	api_journal_advanced(w->api, w->people[CAROL].user.id);
}

static uint64_t last_of(struct world *w, int who)
{
	struct journal_range r;

	assert_ok(query_journal_range(w->people[who].kit.store, &r));
	return r.last;
}

static void ack(struct world *w, int who, const char *name, uint64_t id,
		unsigned status, const char *part)
{
	put(w, person(w, who, fmt("/consumers/%s", name)),
	    fmt("{\"acked_id\":%llu}", (unsigned long long)id), status, part);
}

static void test_one(void **state)
{
	struct world w;
	uint64_t last;

	(void)state;
	world_start(&w);
	world_receive(&w, 1, "one");
	last = last_of(&w, ALICE);
	get(&w, alice(&w, "/consumers/backup"), 404, "not_found");
	del(&w, alice(&w, "/consumers/backup"), 404, "not_found");
	ack(&w, ALICE, "backup", last + 1, 409, "no event has that id");
	get(&w, alice(&w, "/consumers/backup"), 404, "not_found");
	ack(&w, ALICE, "backup", last - 1, 200,
	    fmt("{\"name\":\"backup\",\"acked_id\":%llu,\"behind\":1,",
		(unsigned long long)last - 1));
	ack(&w, ALICE, "backup", last, 200, "\"behind\":0");
	ack(&w, ALICE, "backup", 0, 200,
	    fmt("\"acked_id\":%llu", (unsigned long long)last));
	world_receive(&w, 1, "two");
	get(&w, alice(&w, "/consumers/backup"), 200, "\"behind\":1");
	/* It is alice's alone. */
	get(&w, person(&w, CAROL, "/consumers/backup"), 404, "not_found");
	del(&w, alice(&w, "/consumers/backup"), 204, NULL);
	get(&w, alice(&w, "/consumers"), 200,
	    "{\"items\":[],\"next_cursor\":null}");
	world_end(&w);
}

static void test_bad_input(void **state)
{
	static const char *const bodies[] = {
	    "{}",
	    "{\"acked_id\":null}",
	    "{\"acked_id\":-1}",
	    "{\"acked_id\":1.5}",
	    "{\"acked_id\":\"1\"}",
	    "{\"acked_id\":9007199254740992}",
	    "{\"acked_id\":1,\"acked\":1}",
	};
	static const char *const names[] = {
	    "Backup",
	    "back%20up",
	    "%62ackup",
	    "webhook:x",
	    "b%3Ax",
	    "b~",
	    ("0123456789012345678901234567890123456789012345678901234567890123"
	     "4")};
	struct world w;

	(void)state;
	world_start(&w);
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
		put(&w, alice(&w, "/consumers/backup"), bodies[i], 422,
		    "\"pointer\":\"/acked");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		ack(&w, ALICE, names[i], 0, 422, "invalid_name");
		get(&w, alice(&w, "/events?consumer=%s", names[i]),
		    names[i][0] == '%' ? 404 : 422, NULL);
	}
	get(&w, alice(&w, "/consumers"), 200, "\"items\":[]");
	ack(&w, ALICE, "a.b-c_0", 0, 200, "a.b-c_0");
	get(&w, alice(&w, "/consumers?cursor=x"), 422, "invalid_cursor");
	world_end(&w);
}

static void test_list(void **state)
{
	const struct consumer_name own = {"webhook:1"};
	struct consumer_info info;
	struct world w;
	struct call c;
	char cursor[64];

	(void)state;
	world_start(&w);
	for (int i = 0; i < CONSUMERS_MAX; i++)
		ack(&w, ALICE, fmt("c%d", i), 0, 200, NULL);
	ack(&w, ALICE, "more", 0, 409, "at most 64");
	assert_ok(
	    consumer_ack(w.people[ALICE].kit.store, &own, 0, KIT_WALL, &info));
	poll(&c, &w, alice(&w, "/consumers?limit=60"));
	assert_int_equal(call_count(&c, "\"name\":"), 60);
	snprintf(cursor, sizeof(cursor), "%s", call_string(&c, "next_cursor"));
	call_clear(&c);
	poll(&c, &w, alice(&w, "/consumers?limit=60&cursor=%s", cursor));
	assert_int_equal(call_count(&c, "\"name\":"), 4);
	call_expect(&c, 200, "\"c63\"");
	call_expect(&c, 200, "\"next_cursor\":null");
	call_clear(&c);
	world_end(&w);
}

/* The number of events in the answer to a poll. */
static size_t polled(struct world *w, const char *target)
{
	struct call c;
	size_t n;

	poll(&c, w, target);
	assert_int_equal(c.status, 200);
	n = call_count(&c, "\"at\":");
	call_clear(&c);
	return n;
}

static void test_begin_at_consumer(void **state)
{
	struct world w;
	struct call c;
	uint64_t at;

	(void)state;
	world_start(&w);
	get(&w, alice(&w, "/events?consumer=bot"), 404, "make it with PUT");
	at = last_of(&w, ALICE);
	ack(&w, ALICE, "bot", at, 200, NULL);
	for (int i = 0; i < 5; i++)
		world_receive(&w, 1, "news");
	/* The same again until it says that it has them. */
	for (int i = 0; i < 2; i++)
		assert_int_equal(polled(&w, alice(&w, "/events?consumer=bot")),
				 5);
	ack(&w, ALICE, "bot", at + 2, 200, NULL);
	assert_int_equal(polled(&w, alice(&w, "/events?consumer=bot")), 3);
	world_restart(&w);
	start(&c, &w, alice(&w, "/events?consumer=bot"), NULL);
	assert_int_equal(call_count(&c, "\nid: "), 3);
	world_receive(&w, 1, "more");
	assert_int_equal(call_count(&c, "\nid: "), 4);
	call_clear(&c);
	/* A stream that was cut goes on from where it was, but not from before
	 * what is done with. */
	start(&c, &w, alice(&w, "/events?consumer=bot"),
	      fmt("%llu", (unsigned long long)at + 4));
	assert_int_equal(call_count(&c, "\nid: "), 2);
	call_clear(&c);
	start(&c, &w, alice(&w, "/events?consumer=bot"), "1");
	assert_int_equal(call_count(&c, "\nid: "), 4);
	call_clear(&c);
	get(&w, alice(&w, "/events?consumer=bot&after=1"), 422, "exclusive");
	get(&w, alice(&w, "/events?consumer=bot&users=all"), 422,
	    "unknown_field");
	world_end(&w);
}

/* What a consumer waits for is gone: it is told so until it goes on. */
static void test_gap(void **state)
{
	struct world w;
	struct kit *k;
	struct call c;
	struct effect e = {.type = FX_SAVE_REQUEST,
			   .journal = JOURNAL_REQUEST_STATE,
			   .request = kit_request(1)};
	const uint64_t month = 31ULL * 24 * 3600 * 1000;
	uint64_t last;

	(void)state;
	world_start(&w);
	ack(&w, ALICE, "away", 1, 200, NULL);
	k = &w.people[ALICE].kit;
	assert_ok(store_begin(k->store));
	for (int i = 0; i < 101000; i++)
		assert_ok(store_apply(k->store, &e, KIT_WALL + month));
	assert_ok(store_commit(k->store));
	last = last_of(&w, ALICE);
	get(&w, alice(&w, "/events?consumer=away"), 410, "cursor_expired");
	get(&w, "/v1/events?users=all&consumer=away", 410,
	    text_id("usr", w.people[ALICE].user.id));
	start(&c, &w, alice(&w, "/events?consumer=away"), NULL);
	call_expect(&c, 200,
		    fmt("event: reset\ndata: {\"last_id\":%llu}",
			(unsigned long long)last));
	world_receive(&w, 1, "after the gap");
	call_expect(&c, 200, "after the gap");
	call_clear(&c);
	start(&c, &w, "/v1/events?users=all&consumer=away", NULL);
	call_expect(&c, 200,
		    fmt("event: reset\ndata: {\"user_id\":\"%s\","
			"\"last_id\":%llu}",
			text_id("usr", w.people[ALICE].user.id),
			(unsigned long long)last + 1));
	call_clear(&c);
	ack(&w, ALICE, "away", last, 200, NULL);
	assert_int_equal(polled(&w, alice(&w, "/events?consumer=away")), 1);
	world_end(&w);
}

static void test_all(void **state)
{
	struct world w;
	struct call c, plain;

	(void)state;
	world_start(&w);
	start(&plain, &w, "/v1/events", NULL);
	start(&c, &w, "/v1/events?users=all", NULL);
	assert_int_equal(call_count(&c, "event: "), 1);
	world_receive(&w, 1, "to alice");
	call_expect(&c, 200, "event: message.received\ndata: {\"id\":");
	call_expect(&c, 200,
		    fmt(",\"user_id\":\"%s\",\"type\":\"message.received\"",
			text_id("usr", w.people[ALICE].user.id)));
	carol_changes(&w);
	call_expect(&c, 200,
		    fmt(",\"user_id\":\"%s\",\"type\":\"request.state\"",
			text_id("usr", w.people[CAROL].user.id)));
	api_presence(w.api, w.people[CAROL].user.id, kit_uid('c', 1), true);
	call_expect(&c, 200,
		    fmt("event: presence\ndata: {\"user_id\":\"%s\"",
			text_id("usr", w.people[CAROL].user.id)));
	/* The daemon's own have an id to go on from, and no user. */
	w.tor.percent = 5;
	api_tor_changed(w.api);
	call_expect(&c, 200, "event: tor.bootstrap\nid: ");
	call_expect(&c, 200, "\"user_id\":null,\"type\":\"tor.bootstrap\"");
	assert_int_equal(call_count(&plain, "event: "), 2);
	assert_int_equal(call_count(&plain, "\"user_id\":null"), 0);
	call_clear(&c);
	call_clear(&plain);
	world_end(&w);
}

static void unlock(struct world *w, int who)
{
	post(w, person(w, who, "/unlock"),
	     "{\"passphrase\":\"" PASSPHRASE "\"}", 200, NULL);
}

static void save_message(struct world *w, int who, const char *text)
{
	struct effect e = kit_message_in(1, ++w->seq, text);

	kit_save(&w->people[who].kit, &e);
}

/* One who is locked keeps his place; one who comes later joins. */
static void test_all_come_and_go(void **state)
{
	struct world w;
	struct call c;

	(void)state;
	world_start(&w);
	kit_save_contact(&w.people[BOB].kit, 1);
	save_message(&w, BOB, "before");
	api_user_state_changed(w.api, w.people[ALICE].user.id);
	start(&c, &w, "/v1/events?users=all&types=message.received,user.locked",
	      NULL);
	world_lock(&w, ALICE);
	call_expect(&c, 200, "event: user.locked\nid: ");
	assert_false(c.is_done);
	save_message(&w, ALICE, "written by the last commit");
	carol_changes(&w);
	assert_int_equal(call_count(&c, "\nevent: "), 2);
	unlock(&w, ALICE);
	call_expect(&c, 200, "written by the last commit");
	unlock(&w, BOB);
	assert_int_equal(call_count(&c, "\nevent: "), 3);
	save_message(&w, BOB, "after");
	api_journal_advanced(w.api, w.people[BOB].user.id);
	call_expect(&c, 200, "after");
	assert_int_equal(call_count(&c, "\nevent: "), 4);
	call_clear(&c);
	world_end(&w);
}

/* A journal that is another one when its user comes back. */
static void test_all_another_journal(void **state)
{
	struct world w;
	struct call c;

	(void)state;
	world_start(&w);
	start(&c, &w, "/v1/events?users=all", NULL);
	world_lock(&w, ALICE);
	carol_changes(&w);
	kit_end(&w.people[ALICE].kit);
	kit_start(&w.people[ALICE].kit);
	unlock(&w, ALICE);
	call_expect(&c, 200,
		    fmt("event: reset\ndata: {\"user_id\":\"%s\","
			"\"last_id\":0}",
			text_id("usr", w.people[ALICE].user.id)));
	call_clear(&c);
	world_end(&w);
}

static void test_all_by_consumer(void **state)
{
	const char *const path = "/v1/events?users=all&consumer=bot";
	struct world w;
	struct call c;

	(void)state;
	world_start(&w);
	kit_save_contact(&w.people[BOB].kit, 1);
	save_message(&w, BOB, "to bob");
	ack(&w, ALICE, "bot", last_of(&w, ALICE), 200, NULL);
	ack(&w, CAROL, "bot", 0, 200, NULL);
	get(&w, path, 200, "{\"items\":[],\"last_id\":\"");
	/* Whose consumer it is not yet misses nothing either. */
	unlock(&w, BOB);
	get(&w, path, 200, "to bob");
	ack(&w, BOB, "bot", last_of(&w, BOB), 200, NULL);
	assert_int_equal(polled(&w, path), 0);
	poll(&c, &w, fmt("%s&wait=30", path));
	assert_false(c.is_headed);
	carol_changes(&w);
	call_expect(&c, 200,
		    fmt("{\"items\":[{\"id\":1,\"user_id\":\"%s\"",
			text_id("usr", w.people[CAROL].user.id)));
	call_clear(&c);
	assert_int_equal(polled(&w, path), 1);
	/* Nobody waits until another is done. */
	for (int i = 0; i < 100; i++)
		world_receive(&w, 1, "flood");
	poll(&c, &w, fmt("%s&limit=20", path));
	assert_int_equal(call_count(&c, "\"at\":"), 20);
	assert_int_equal(call_count(&c, "\"type\":\"request.state\""), 1);
	call_clear(&c);
	start(&c, &w, path, NULL);
	assert_int_equal(call_count(&c, "\nevent: "), 1 + 101);
	call_clear(&c);
	world_end(&w);
}

static void test_all_bad_queries(void **state)
{
	struct world w;

	(void)state;
	world_start(&w);
	get(&w, "/v1/events?users=all", 422, "\"parameter\":\"consumer\"");
	get(&w, "/v1/events?users=some", 422, "\"parameter\":\"users\"");
	get(&w, "/v1/events?consumer=bot", 422, "goes with users=all");
	get(&w, "/v1/events?users=all&consumer=A", 422, "invalid_name");
	get(&w, "/v1/events?users=all&consumer=a&after=1", 422, "invalid_id");
	get(&w, "/v1/events?users=all&consumer=a&types=no.such", 422,
	    "unknown_type");
	get(&w, "/v1/events?types=message.received", 422, "unknown_type");
	get(&w, "/v1/events?users=all&consumer=a&after=00000000-1", 410,
	    "cursor_expired");
	world_end(&w);
}

/* W-15: of others one hears nothing. */
static void test_all_that_one_may_see(void **state)
{
	struct world w;
	struct call c;
	struct ask ask = {.method = "GET", .accept = sse};
	char token[64];

	(void)state;
	world_start(&w);
	snprintf(token, sizeof(token), "%s", login(&w, CAROL));
	ask.token = token;
	ask.target = "/v1/events?users=all";
	call_start(&c, &w, &ask);
	world_receive(&w, 1, "to alice");
	api_typing(w.api, w.people[ALICE].user.id, kit_uid('c', 1), true);
	world_lock(&w, ALICE);
	assert_int_equal(call_count(&c, "\nevent: "), 1);
	carol_changes(&w);
	assert_int_equal(call_count(&c, "\nevent: "), 2);
	call_expect(&c, 200, "request.state");
	call_clear(&c);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one),
	    cmocka_unit_test(test_bad_input),
	    cmocka_unit_test(test_list),
	    cmocka_unit_test(test_begin_at_consumer),
	    cmocka_unit_test(test_gap),
	    cmocka_unit_test(test_all),
	    cmocka_unit_test(test_all_come_and_go),
	    cmocka_unit_test(test_all_another_journal),
	    cmocka_unit_test(test_all_by_consumer),
	    cmocka_unit_test(test_all_bad_queries),
	    cmocka_unit_test(test_all_that_one_may_see),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
