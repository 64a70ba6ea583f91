/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "api/session.h"
#include "api_kit.h"
#include "check.h"

enum { HEARTBEAT_MS = 15000 };

static const char *const sse = "text/event-stream";

static void start(struct call *c, struct world *w, const char *query,
		  const char *last_id)
{
	struct ask ask = {.method = "GET",
			  .target = alice(w, "/events%s", query),
			  .token = ADMIN,
			  .accept = sse,
			  .last_event_id = last_id};

	call_start(c, w, &ask);
	assert_int_equal(c->status, 200);
	assert_string_equal(c->type, sse);
	assert_false(c->is_done);
}

static void poll(struct call *c, struct world *w, const char *query)
{
	struct ask ask = {.method = "GET",
			  .target = alice(w, "/events%s", query),
			  .token = ADMIN};

	call_start(c, w, &ask);
}

static void test_stream(void **state)
{
	struct world w;
	struct call c;

	(void)state;
	world_start(&w);
	start(&c, &w, "", NULL);
	call_expect(&c, 200,
		    "retry: 2000\n\nevent: hello\ndata: {\"last_id\":");
	assert_int_equal(call_count(&c, "event: "), 1);
	world_receive(&w, 1, "Hi \\ \"there\"\n\nevent: forged");
	call_expect(&c, 200, "\n\nevent: message.received\nid: ");
	call_expect(&c, 200, "Hi \\\\ \\\"there\\\"\\n\\nevent: forged");
	assert_int_equal(call_count(&c, "\nevent: "), 2);
	call_clear(&c);
	/* From the beginning: contacts were added, conversations made. */
	start(&c, &w, "?after=0", NULL);
	call_expect(&c, 200, "event: contact.added");
	call_expect(&c, 200, "event: message.received");
	call_clear(&c);
	start(&c, &w, "?after=0&types=message.received,presence", NULL);
	assert_int_equal(call_count(&c, "\nevent: "), 2);
	call_clear(&c);
	get(&w, alice(&w, "/events?types=no.such"), 422, "unknown_type");
	get(&w, alice(&w, "/events?after=x"), 422, "invalid_id");
	get(&w, alice(&w, "/events?wait=61"), 422, "out_of_range");
	world_end(&w);
}

static void test_presence(void **state)
{
	struct world w;
	struct call c;

	(void)state;
	world_start(&w);
	start(&c, &w, "", NULL);
	api_presence(w.api, w.people[ALICE].user.id, kit_uid('c', 1), true);
	call_expect(&c, 200, "event: presence\ndata: {\"type\":\"presence\"");
	api_presence(w.api, w.people[CAROL].user.id, kit_uid('c', 1), true);
	assert_int_equal(call_count(&c, "event: presence"), 1);
	call_clear(&c);
	world_end(&w);
}

static void test_typing(void **state)
{
	struct uid user, one = kit_uid('c', 1), two = kit_uid('c', 2);
	struct world w;
	struct call c;

	(void)state;
	world_start(&w);
	user = w.people[ALICE].user.id;
	start(&c, &w, "?types=typing", NULL);
	api_typing(w.api, user, one, true);
	call_expect(&c, 200, "event: typing\ndata: {\"type\":\"typing\"");
	call_expect(&c, 200,
		    fmt("\"data\":{\"contact_id\":\"%s\",\"typing\":true}",
			text_id("ctc", one)));
	api_typing(w.api, user, two, true);
	assert_int_equal(call_count(&c, "event: typing"), 2);
	/* The node tells one a second of each contact, by its own clock: the
	 * last word of it is not lost when ours says a little less. */
	w.mono_ms += 999;
	api_typing(w.api, user, one, false);
	call_expect(&c, 200, "\"typing\":false");
	assert_int_equal(call_count(&c, "event: typing"), 3);
	/* It is of one user only, and in no journal. */
	api_typing(w.api, w.people[CAROL].user.id, one, true);
	assert_int_equal(call_count(&c, "event: typing"), 3);
	assert_int_equal(call_count(&c, "\nid: "), 0);
	call_clear(&c);
	get(&w, alice(&w, "/events?after=0&types=typing"), 200, "\"items\":[]");
	world_end(&w);
}

static void test_profile_event(void **state)
{
	struct world w;
	struct call c;

	(void)state;
	world_start(&w);
	start(&c, &w, "?types=profile.updated", NULL);
	put(&w, alice(&w, "/profile"),
	    "{\"display_name\":\"Al\",\"status_text\":\"here\"}", 200, NULL);
	call_expect(&c, 200, "event: profile.updated\nid: ");
	call_expect(&c, 200,
		    "\"data\":{\"display_name\":\"Al\","
		    "\"status_text\":\"here\",\"avatar_file_id\":null}");
	call_clear(&c);
	world_end(&w);
}

static void test_reset(void **state)
{
	struct ask ask = {.method = "GET", .token = ADMIN, .accept = sse};
	struct world w;
	struct call c;

	(void)state;
	world_start(&w);
	start(&c, &w, "?after=0", "999999");
	call_expect(&c, 200, "event: reset\ndata: {\"last_id\":");
	world_receive(&w, 1, "after the gap");
	call_expect(&c, 200, "after the gap");
	call_clear(&c);
	get(&w, alice(&w, "/events?after=999999"), 410, "cursor_expired");
	/* One that is too long is not none. */
	ask.target = alice(&w, "/events");
	ask.last_event_id = fmt("%0100d", 1);
	expect(&w, &ask, 422, "Last-Event-ID");
	world_end(&w);
}

static void test_locked(void **state)
{
	struct world w;
	struct call stream, waiting;

	(void)state;
	world_start(&w);
	start(&stream, &w, "", NULL);
	poll(&waiting, &w, "?wait=30");
	assert_false(waiting.is_headed);
	world_lock(&w, ALICE);
	call_expect(&stream, 200, "event: locked\n");
	assert_true(stream.is_done);
	call_expect(&waiting, 423, "user_locked");
	call_clear(&stream);
	call_clear(&waiting);
	world_end(&w);
}

static void test_poll(void **state)
{
	struct world w;
	struct call c;
	const char *query;

	(void)state;
	world_start(&w);
	poll(&c, &w, "");
	call_expect(&c, 200, "{\"items\":[],\"last_id\":");
	call_clear(&c);
	poll(&c, &w, "?wait=30");
	assert_int_equal(api_deadline(w.api), w.mono_ms + 30000);
	assert_false(c.is_headed);
	world_receive(&w, 1, "news");
	call_expect(&c, 200, "news");
	assert_true(c.is_done);
	assert_int_equal(api_deadline(w.api), UINT64_MAX);
	call_clear(&c);
	/* Nothing of the asked type, and in the end nothing at all. */
	query = "?wait=5&types=request.state";
	poll(&c, &w, query);
	world_receive(&w, 1, "other news");
	assert_false(c.is_headed);
	w.mono_ms += 4999;
	api_tick(w.api);
	assert_false(c.is_headed);
	w.mono_ms += 1;
	api_tick(w.api);
	call_expect(&c, 200, "\"items\":[]");
	call_clear(&c);
	poll(&c, &w, "?after=0&limit=2");
	assert_int_equal(call_count(&c, "\"at\""), 2);
	call_clear(&c);
	/* Gone before the end. */
	poll(&c, &w, "?wait=5");
	call_clear(&c);
	world_receive(&w, 1, "nobody hears");
	world_end(&w);
}

/* The numbers after "id: ", or in the items, go on from *last without a
 * gap. */
static void take_ids(struct call *c, const char *mark, unsigned *last)
{
	const char *at = call_text(c);

	while ((at = strstr(at, mark))) {
		unsigned id;

		at += strlen(mark);
		if (*at == '"') /* of the object in it */
			continue;
		id = (unsigned)strtoul(at, NULL, 10);
		assert_int_equal(id, *last + 1);
		*last = id;
	}
}

static void test_nothing_missed(void **state)
{
	struct world w;
	unsigned last = 0, made = 0;
	uint32_t dice = 1;

	(void)state;
	world_start(&w);
	while (made < 300) {
		struct call c;
		bool by_stream = dice & 0x10000;

		dice = dice * 1103515245 + 12345;
		if (by_stream)
			start(&c, &w, "", fmt("%u", last));
		else
			poll(&c, &w, fmt("?wait=9&after=%u", last));
		for (unsigned i = dice >> 24 & 7; i > 0; i--, made++)
			world_receive(&w, 1 + made % 3, fmt("n%u", made));
		if (made % 50 == 49)
			w.mono_ms += 9000;
		api_tick(w.api);
		take_ids(&c, by_stream ? "\nid: " : "{\"id\":", &last);
		call_clear(&c);
		if ((dice >> 20 & 15) == 0)
			world_restart(&w);
	}
	for (unsigned before = 0; before != last;) {
		struct call c;

		before = last;
		poll(&c, &w, fmt("?after=%u&limit=50", last));
		take_ids(&c, "{\"id\":", &last);
		call_clear(&c);
	}
	/* Three contacts with their conversations, and the messages. */
	assert_true(last >= made + 3);
	world_end(&w);
}

static void test_heartbeat(void **state)
{
	struct world w;
	struct call c;

	(void)state;
	world_start(&w);
	start(&c, &w, "", NULL);
	for (size_t i = 1; i <= 10; i++) {
		assert_int_equal(api_deadline(w.api), w.mono_ms + HEARTBEAT_MS);
		w.mono_ms += HEARTBEAT_MS;
		api_tick(w.api);
		assert_int_equal(call_count(&c, "\n: "), i);
	}
	call_clear(&c);
	world_end(&w);
}

/* One that reads slowly gets all of it in the end; one that does not read is
 * cut off, and takes no memory meanwhile. */
static void test_slow_client(void **state)
{
	struct world w;
	struct call slow, dead;
	size_t before;

	(void)state;
	world_start(&w);
	start(&slow, &w, "", NULL);
	start(&dead, &w, "", NULL);
	slow.unread = dead.unread = API_STREAM_QUEUE_MAX / 2;
	before = slow.body.len;
	for (unsigned i = 0; i < 200; i++)
		world_receive(&w, 1, "more");
	assert_int_equal(slow.body.len, before);
	slow.unread = 0;
	api_request_drained(slow.r);
	assert_int_equal(call_count(&slow, "event: message.received"), 200);
	for (unsigned i = 0; i < 4; i++) {
		assert_false(dead.is_aborted);
		w.mono_ms += HEARTBEAT_MS;
		api_tick(w.api);
	}
	assert_true(dead.is_aborted);
	assert_false(slow.is_aborted);
	world_receive(&w, 1, "on");
	assert_int_equal(call_count(&slow, "event: message.received"), 201);
	call_clear(&slow);
	call_clear(&dead);
	world_end(&w);
}

static void test_session_ends(void **state)
{
	struct world w;
	struct call c;
	struct ask ask = {.method = "GET", .accept = sse};
	char token[64];

	(void)state;
	world_start(&w);
	snprintf(token, sizeof(token), "%s", login(&w, ALICE));
	ask.target = alice(&w, "/events");
	ask.token = token;
	call_start(&c, &w, &ask);
	assert_false(c.is_done);
	ask = (struct ask){
	    .method = "DELETE", .target = "/v1/session", .token = token};
	expect(&w, &ask, 204, "");
	assert_true(c.is_done);
	call_clear(&c);
	snprintf(token, sizeof(token), "%s", login(&w, ALICE));
	ask = (struct ask){.method = "GET",
			   .target = alice(&w, "/events"),
			   .token = token,
			   .accept = sse};
	call_start(&c, &w, &ask);
	w.mono_ms += SESSION_IDLE_MS;
	api_tick(w.api);
	assert_true(c.is_done);
	call_clear(&c);
	world_end(&w);
}

static void test_too_many(void **state)
{
	struct world w;
	struct call *c = calloc(API_STREAMS_PER_USER, sizeof(*c));

	(void)state;
	world_start(&w);
	for (size_t i = 0; i < API_STREAMS_PER_USER; i++)
		start(&c[i], &w, "", NULL);
	get(&w, alice(&w, "/events?wait=1"), 429, NULL);
	call_clear(&c[7]);
	start(&c[7], &w, "", NULL);
	world_receive(&w, 1, "to all");
	for (size_t i = 0; i < API_STREAMS_PER_USER; i++) {
		assert_int_equal(call_count(&c[i], "to all"), 1);
		call_clear(&c[i]);
	}
	free(c);
	world_end(&w);
}

static void start_daemon_stream(struct call *c, struct world *w,
				const char *token, const char *last_id)
{
	struct ask ask = {.method = "GET",
			  .target = "/v1/events",
			  .token = token,
			  .accept = sse,
			  .last_event_id = last_id};

	call_start(c, w, &ask);
	assert_int_equal(c->status, 200);
}

static void test_daemon_events(void **state)
{
	struct world w;
	struct call c, other;
	char token[64], last[64];

	(void)state;
	world_start(&w);
	snprintf(token, sizeof(token), "%s", login(&w, CAROL));
	start_daemon_stream(&c, &w, ADMIN, NULL);
	start_daemon_stream(&other, &w, token, NULL);
	snprintf(last, sizeof(last), "%s", call_string(&c, "last_id"));
	world_lock(&w, ALICE);
	call_expect(&c, 200, NULL);
	post(&w, alice(&w, "/unlock"), "{\"passphrase\":\"correct horse\"}",
	     200, NULL);
	call_expect(&c, 200, "event: user.unlocked\nid: ");
	world_lock(&w, ALICE);
	call_expect(&c, 200, "event: user.locked\nid: ");
	assert_int_equal(call_count(&other, "user."), 0);
	w.tor.state = API_TOR_FAILED;
	w.tor.percent = 5;
	api_tor_changed(w.api);
	api_tor_changed(w.api);
	call_expect(&other, 200, "event: tor.bootstrap\nid: ");
	assert_int_equal(call_count(&other, "event: tor.state"), 1);
	call_clear(&other);
	start_daemon_stream(&other, &w, ADMIN, last);
	assert_int_equal(call_count(&other, "\nid: "), 4);
	api_stopping(w.api);
	call_expect(&c, 200, "event: daemon.stopping");
	assert_true(c.is_done && other.is_done);
	call_clear(&c);
	call_clear(&other);
	world_restart(&w);
	w.random++;
	start_daemon_stream(&c, &w, ADMIN, "00000000-1");
	call_expect(&c, 200, "event: reset");
	call_clear(&c);
	get(&w, "/v1/events?after=00000000-1", 410, NULL);
	get(&w, "/v1/events?after=1", 422, "invalid_id");
	get(&w, "/v1/events", 200, "\"items\":[]");
	world_end(&w);
}

/* More than the ring holds goes by. */
static void test_daemon_ring(void **state)
{
	struct world w;
	struct call c;
	char first[64];

	(void)state;
	world_start(&w);
	start_daemon_stream(&c, &w, ADMIN, NULL);
	snprintf(first, sizeof(first), "%s", call_string(&c, "last_id"));
	for (unsigned i = 0; i < 300; i++) {
		w.tor.percent = i % 100;
		api_tor_changed(w.api);
	}
	assert_int_equal(call_count(&c, "event: tor.bootstrap"), 300);
	call_clear(&c);
	start_daemon_stream(&c, &w, ADMIN, first);
	call_expect(&c, 200, "event: reset");
	call_clear(&c);
	get(&w, fmt("/v1/events?after=%s", first), 410, NULL);
	world_end(&w);
}

/* More at once than a stream takes at a time, and all of the types asked
 * for. */
static void test_filter_misses_nothing(void **state)
{
	struct world w;
	struct call c;

	(void)state;
	world_start(&w);
	for (int i = 0; i < 150; i++)
		world_receive(&w, 1, "again");
	start(&c, &w, "?after=0&types=message.received", NULL);
	assert_int_equal(call_count(&c, "event: message.received"), 150);
	call_clear(&c);
	world_end(&w);
}

/* What is asked for stands behind much else: others have their turn meanwhile,
 * and nobody is told that there is nothing. */
static void test_filter_takes_turns(void **state)
{
	static const char *const queries[] = {
	    "?after=0&types=message.received",
	    "?after=0&types=message.received&wait=1",
	};
	struct effect e = {.type = FX_SAVE_REQUEST,
			   .journal = JOURNAL_REQUEST_STATE,
			   .request = kit_request(1)};
	struct world w;
	struct kit *k = &w.people[ALICE].kit;
	struct call poll_now, poll_later, stream, all;
	struct ask ask = {.method = "GET",
			  .target = "/v1/events?users=all&consumer=c"
				    "&types=message.received",
			  .token = ADMIN};
	unsigned turns = 0;

	(void)state;
	world_start(&w);
	put(&w, alice(&w, "/consumers/c"), "{\"acked_id\":1}", 200, NULL);
	assert_ok(store_begin(k->store));
	for (int i = 0; i < 20000; i++)
		assert_ok(store_apply(k->store, &e, KIT_WALL));
	assert_ok(store_commit(k->store));
	world_receive(&w, 1, "the needle");
	start(&stream, &w, queries[0], NULL);
	poll(&poll_now, &w, queries[0]);
	poll(&poll_later, &w, queries[1]);
	call_start(&all, &w, &ask);
	while (api_deadline(w.api) <= w.mono_ms) {
		assert_false(poll_now.is_done && turns < 2);
		w.mono_ms += 1000; /* the wait is over, the work is not */
		api_tick(w.api);
		turns++;
	}
	assert_in_range(turns, 3, 10);
	call_expect(&poll_now, 200, "the needle");
	call_expect(&poll_later, 200, "the needle");
	call_expect(&all, 200, "the needle");
	assert_int_equal(call_count(&stream, "the needle"), 1);
	call_clear(&poll_now);
	call_clear(&poll_later);
	call_clear(&stream);
	call_clear(&all);
	world_end(&w);
}

/* Each byte of two texts is escaped to six, 200 times. */
static void test_longest_page(void **state)
{
	char escapes[6 * TEXT_MAX + 1], text[TEXT_MAX + 1];
	struct world w;
	struct call c;

	(void)state;
	world_start(&w);
	memset(text, 1, TEXT_MAX);
	text[TEXT_MAX] = '\0';
	for (size_t i = 0; i < TEXT_MAX; i++)
		memcpy(escapes + 6 * i, "\\u0001", 7);
	world_receive(&w, 1, text);
	for (int i = 0; i < 200; i++) {
		struct buf body;

		/* One that changes nothing is no event. */
		escapes[5] = (char)('1' + i % 2);
		buf_init(&body, 2 * sizeof(escapes));
		assert_ok(buf_put(&body, "{\"draft\":\"", 10));
		assert_ok(buf_put(&body, escapes, sizeof(escapes) - 1));
		assert_ok(buf_put(&body, "\"}", 3));
		patch(&w,
		      alice(&w, "/conversations/%s",
			    text_id("cnv", kit_uid('v', 1))),
		      (const char *)body.data, 200, NULL);
		buf_clear(&body);
	}
	poll(&c, &w, "?after=0&types=conversation.updated&limit=200");
	assert_int_equal(c.status, 200);
	assert_int_equal(call_count(&c, "conversation.updated"), 200);
	call_clear(&c);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_stream),
	    cmocka_unit_test(test_presence),
	    cmocka_unit_test(test_typing),
	    cmocka_unit_test(test_profile_event),
	    cmocka_unit_test(test_reset),
	    cmocka_unit_test(test_locked),
	    cmocka_unit_test(test_poll),
	    cmocka_unit_test(test_nothing_missed),
	    cmocka_unit_test(test_heartbeat),
	    cmocka_unit_test(test_filter_misses_nothing),
	    cmocka_unit_test(test_filter_takes_turns),
	    cmocka_unit_test(test_longest_page),
	    cmocka_unit_test(test_slow_client),
	    cmocka_unit_test(test_session_ends),
	    cmocka_unit_test(test_too_many),
	    cmocka_unit_test(test_daemon_events),
	    cmocka_unit_test(test_daemon_ring),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
