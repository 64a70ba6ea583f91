/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Webhooks of the API: what is posted, how it is signed, and for how long it is
 * tried.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "check.h"
#include "outlet_kit.h"
#include "store/webhook.h"

#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define URL    "http://127.0.0.1:9000/hook"
#define DAY_MS (24ULL * 3600 * 1000)

static const char *make(struct world *w, const char *body)
{
	struct ask ask = {.method = "POST",
			  .target = alice(w, "/webhooks"),
			  .token = ADMIN,
			  .body = body};
	struct call c;
	const char *id;

	call_start(&c, w, &ask);
	call_expect(&c, 201, "\"state\":\"active\"");
	id = call_string(&c, "id");
	assert_string_equal(c.location, alice(w, "/webhooks/%s", id));
	call_clear(&c);
	return id;
}

static const char *make_signed(struct world *w)
{
	return make(w, "{\"url\":\"" URL "\",\"secret\":\"" SECRET
		       "\",\"types\":[\"message.received\"]}");
}

static void is_signed(const struct sent *s)
{
	uint8_t key[64], mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state st;
	char text[96] = "v1,";
	const char *content =
	    fmt("%s.%s.%s", s->message_id, s->timestamp, s->body);
	size_t n;

	assert_int_equal(sodium_base642bin(key, sizeof(key), &SECRET[6],
					   strlen(SECRET) - 6, NULL, &n, NULL,
					   sodium_base64_VARIANT_ORIGINAL),
			 0);
	assert_int_equal(n, 24);
	crypto_auth_hmacsha256_init(&st, key, n);
	crypto_auth_hmacsha256_update(&st, (const uint8_t *)content,
				      strlen(content));
	crypto_auth_hmacsha256_final(&st, mac);
	sodium_bin2base64(text + 3, sizeof(text) - 3, mac, sizeof(mac),
			  sodium_base64_VARIANT_ORIGINAL);
	assert_string_equal(s->signature, text);
}

static void a_webhook_is_signed(void **state)
{
	const char *id, *first;
	struct world w;
	struct sent *s;

	(void)state;
	world_start_hooks(&w, NULL, 0);
	assert_int_equal(w.poster_count, 0);
	id = make_signed(&w);
	world_receive(&w, 1, "first");
	s = last_sent(&w);
	assert_int_equal(s->type, PARCEL_POST);
	assert_string_equal(s->url, URL);
	assert_string_equal(s->timestamp, fmt("%" PRIu64, w.wall_ms / 1000));
	is_signed(s);
	first = fmt("%s", s->message_id);
	assert_string_equal(first, fmt("evt_%s_%" PRIu64,
				       text_id("", w.people[ALICE].user.id) + 1,
				       newest(&w)));
	answers(&w, 500);
	sends_after(&w, 1000);
	/* The same event, signed anew. */
	s = last_sent(&w);
	assert_string_equal(s->message_id, first);
	assert_string_not_equal(s->signature, w.sent[0].signature);
	is_signed(s);
	answers(&w, 204);
	assert_int_equal(acked(&w, fmt("webhook:%s", id)), newest(&w));
	get(&w, alice(&w, "/webhooks/%s", id), 200,
	    "\"last_status\":204,\"last_problem\":null,"
	    "\"failing_since\":null,\"next_attempt_at\":null");
	world_end(&w);
}

/* L-07: what signs is told once. */
static void the_secret_is_shown_once(void **state)
{
	struct world w;
	struct call c;
	struct ask ask = {
	    .method = "POST", .token = ADMIN, .body = "{\"url\":\"" URL "\"}"};
	const char *id, *secret;

	(void)state;
	world_start_hooks(&w, NULL, 0);
	ask.target = alice(&w, "/webhooks");
	call_start(&c, &w, &ask);
	call_expect(&c, 201, "\"types\":[]");
	id = call_string(&c, "id");
	secret = call_string(&c, "secret");
	assert_memory_equal(secret, "whsec_", 6);
	assert_int_equal(strlen(secret), 6 + 44);
	call_clear(&c);
	ask = (struct ask){
	    .method = "GET", .target = alice(&w, "/webhooks"), .token = ADMIN};
	call_start(&c, &w, &ask);
	call_expect(&c, 200, id);
	assert_null(strstr(call_text(&c), "whsec_"));
	call_clear(&c);
	ask.target = alice(&w, "/webhooks/%s", id);
	call_start(&c, &w, &ask);
	call_expect(&c, 200, URL);
	assert_null(strstr(call_text(&c), "whsec_"));
	call_clear(&c);
	world_end(&w);
}

static void waits_double_up_to_an_hour(void **state)
{
	uint64_t wait_ms = 1000;
	const char *id;
	struct world w;

	(void)state;
	world_start_hooks(&w, NULL, 0);
	id = make_signed(&w);
	world_receive(&w, 1, "first");
	world_receive(&w, 1, "second");
	for (int i = 0; i < 30; i++) {
		end(&w, last_sent(&w)->id, PARCEL_UNREACHABLE, 0);
		/* News do not hurry it. */
		world_receive(&w, 1, "more");
		get(&w, alice(&w, "/webhooks/%s", id), 200,
		    "\"last_status\":null,\"last_problem\":\"unreachable\"");
		sends_after(&w, wait_ms);
		wait_ms *= 2;
		if (wait_ms > 3600 * 1000)
			wait_ms = 3600 * 1000;
	}
	assert_non_null(strstr(last_sent(&w)->body, "first"));
	answers(&w, 200);
	assert_non_null(strstr(last_sent(&w)->body, "second"));
	answers(&w, 299);
	assert_non_null(strstr(last_sent(&w)->body, "more"));
	/* A redirect is no arrival, and nobody follows it. */
	answers(&w, 302);
	get(&w, alice(&w, "/webhooks/%s", id), 200,
	    "\"last_status\":302,\"last_problem\":\"status\"");
	sends_after(&w, 1000);
	world_end(&w);
}

static void failing_after_a_day(void **state)
{
	const char *id;
	struct world w;

	(void)state;
	world_start_hooks(&w, NULL, 0);
	id = make_signed(&w);
	world_receive(&w, 1, "first");
	answers(&w, 503);
	w.wall_ms += DAY_MS - 1;
	get(&w, alice(&w, "/webhooks/%s", id), 200, "\"state\":\"active\"");
	/* Also over a restart. */
	world_restart(&w);
	api_courier(w.api, PARCEL_POST, true);
	api_user_state_changed(w.api, w.people[ALICE].user.id);
	w.wall_ms++;
	get(&w, alice(&w, "/webhooks"), 200, "\"state\":\"failing\"");
	get(&w, alice(&w, "/webhooks"), 200, "\"last_status\":503");
	answers(&w, 200);
	get(&w, alice(&w, "/webhooks/%s", id), 200, "\"state\":\"active\"");
	world_restart(&w);
	api_user_state_changed(w.api, w.people[ALICE].user.id);
	get(&w, alice(&w, "/webhooks/%s", id), 200,
	    "\"last_status\":200,\"last_problem\":null");
	world_end(&w);
}

static void a_test_goes_at_once(void **state)
{
	const char *id;
	struct world w;

	(void)state;
	world_start_hooks(&w, NULL, 0);
	id = make_signed(&w);
	post(&w, alice(&w, "/webhooks/%s/test", id), NULL, 202, NULL);
	assert_int_equal(w.sent_count, 1);
	assert_non_null(strstr(last_sent(&w)->body,
			       fmt("\"type\":\"webhook.test\",\"at\":\"")));
	assert_non_null(strstr(last_sent(&w)->body, id));
	assert_memory_equal(last_sent(&w)->message_id, "test_", 5);
	is_signed(last_sent(&w));
	/* Twice is once, while it is on its way. */
	post(&w, alice(&w, "/webhooks/%s/test", id), NULL, 202, NULL);
	post(&w, alice(&w, "/webhooks/%s/test", id), NULL, 202, NULL);
	assert_int_equal(w.sent_count, 1);
	answers(&w, 404);
	assert_int_equal(w.sent_count, 1);
	sends_after(&w, 1000);
	answers(&w, 200);
	assert_int_equal(w.sent_count, 2);
	/* In the midst of a long wait it goes, and ends the wait. */
	world_receive(&w, 1, "first");
	for (int i = 0; i < 8; i++) {
		answers(&w, 500);
		pass_ms(&w, 1000ULL << i);
	}
	answers(&w, 500);
	post(&w, alice(&w, "/webhooks/%s/test", id), NULL, 202, NULL);
	assert_non_null(strstr(last_sent(&w)->body, "webhook.test"));
	answers(&w, 200);
	assert_non_null(strstr(last_sent(&w)->body, "first"));
	world_end(&w);
}

static void deleted_is_gone(void **state)
{
	const char *id;
	struct world w;
	uint64_t parcel;

	(void)state;
	world_start_hooks(&w, NULL, 0);
	id = make_signed(&w);
	world_receive(&w, 1, "first");
	parcel = last_sent(&w)->id;
	del(&w, alice(&w, "/webhooks/%s", id), 204, NULL);
	assert_int_equal(last_sent(&w)->type, PARCEL_DROP);
	assert_int_equal(last_sent(&w)->id, parcel);
	assert_int_equal(acked(&w, fmt("webhook:%s", id)), UINT64_MAX);
	end(&w, parcel, PARCEL_ANSWERED, 200);
	world_receive(&w, 1, "second");
	assert_int_equal(w.sent_count, 2);
	get(&w, alice(&w, "/webhooks"), 200, "{\"items\":[],");
	get(&w, alice(&w, "/webhooks/%s", id), 404, "not_found");
	del(&w, alice(&w, "/webhooks/%s", id), 404, "not_found");
	post(&w, alice(&w, "/webhooks/%s/test", id), NULL, 404, "not_found");
	/* Locking lets go of what is on its way, too. */
	make_signed(&w);
	world_receive(&w, 1, "third");
	world_lock(&w, ALICE);
	assert_int_equal(last_sent(&w)->type, PARCEL_DROP);
	get(&w, alice(&w, "/webhooks"), 423, "user_locked");
	world_end(&w);
}

static void bad_webhooks(void **state)
{
	static const struct {
		const char *body, *part;
	} bad[] = {
	    {"{}", "required"},
	    {"{\"url\":\"\"}", "/url"},
	    {"{\"url\":\"http://example.org/\"}", "not_loopback"},
	    {"{\"url\":\"http://localhost:1/\"}", "not_loopback"},
	    {"{\"url\":\"https://127.0.0.1/\"}", "invalid_url"},
	    {"{\"url\":\"" URL "\",\"types\":\"message.received\"}",
	     "wrong_type"},
	    {"{\"url\":\"" URL "\",\"types\":[\"presence\"]}", "unknown_value"},
	    {"{\"url\":\"" URL "\",\"types\":[\"message.receive\"]}",
	     "unknown_value"},
	    {"{\"url\":\"" URL "\",\"secret\":\"x\"}", "invalid_secret"},
	    {"{\"url\":\"" URL "\",\"secret\":\"whsec_AAAA\"}",
	     "invalid_secret"},
	    {"{\"url\":\"" URL "\",\"secret\":\"whsec_!!!!\"}",
	     "invalid_secret"},
	    {"{\"url\":\"" URL "\",\"command\":\"/bin/sh\"}", "unknown_field"},
	};
	struct world w;

	(void)state;
	world_start_hooks(&w, NULL, 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		post(&w, alice(&w, "/webhooks"), bad[i].body, 422, bad[i].part);
	get(&w, alice(&w, "/webhooks"), 200, "{\"items\":[],");
	for (int i = 0; i < WEBHOOKS_MAX; i++)
		make_signed(&w);
	post(&w, alice(&w, "/webhooks"), "{\"url\":\"" URL "\"}", 409,
	     "at most 16 webhooks");
	get(&w, alice(&w, "/webhooks?limit=5"), 200, "\"next_cursor\":\"");
	world_end(&w);
}

/* More users, beside those who are there. */
static void add_users(struct world *w, int count)
{
	for (int i = 0; i < count; i++) {
		post(w, "/v1/users",
		     fmt("{\"name\":\"dan%d\",\"passphrase\":\"" PASSPHRASE
			 "\"}",
			 i),
		     201, "dan");
		api_user_state_changed(w->api, w->people[PEOPLE + i].user.id);
	}
}

static void give_webhooks(struct world *w, int who, int count)
{
	while (count-- > 0)
		post(w, users_path(w, who, "/webhooks"),
		     "{\"url\":\"" URL "\",\"types\":[\"message.received\"]}",
		     201, "whk_");
}

/* Only so many are on their way at once, whoever they are of. */
static void many_webhooks(void **state)
{
	static const int who[] = {ALICE, CAROL, PEOPLE, PEOPLE + 1, PEOPLE + 2};
	struct world w;
	size_t i;

	(void)state;
	world_start_hooks(&w, NULL, 0);
	add_users(&w, 3);
	for (i = 0; i < ARRAY_SIZE(who); i++)
		give_webhooks(&w, who[i], WEBHOOKS_MAX);
	for (i = 0; i < 4; i++) {
		comes_to(&w, who[i], "first");
		assert_int_equal(w.sent_count,
				 (i + 1) * PARCEL_FLIGHTS_MAX / 4);
	}
	comes_to(&w, who[4], "first");
	assert_int_equal(w.sent_count, PARCEL_FLIGHTS_MAX);
	assert_int_equal(api_deadline(w.api), UINT64_MAX);
	end(&w, w.sent[0].id, PARCEL_UNREACHABLE, 0);
	assert_int_equal(w.sent_count, PARCEL_FLIGHTS_MAX + 1);
	assert_int_equal(w.poster_count, 0);
	world_end(&w);
}

/* All that went from there on up to now is late. */
static void are_late(struct world *w, size_t from)
{
	size_t to = w->sent_count;

	for (; from < to; from++)
		end(w, w->sent[from].id, PARCEL_LATE, 0);
}

/* Sixteen receivers that hang, and one more of the same user, and another's:
 * those who answer do not wait for them. */
static void those_that_hang_have_a_part(void **state)
{
	size_t before;
	struct world w;
	const char *one;

	(void)state;
	world_start_hooks(&w, NULL, 0);
	give_webhooks(&w, ALICE, WEBHOOKS_MAX - 1);
	give_webhooks(&w, CAROL, 1);
	comes_to(&w, ALICE, "first");
	assert_int_equal(w.sent_count, 8);
	comes_to(&w, CAROL, "first");
	assert_int_equal(w.sent_count, 9);
	answers(&w, 200);
	/* The second half goes when the first is late; then all have failed. */
	are_late(&w, 0);
	assert_int_equal(w.sent_count, 9 + WEBHOOKS_MAX - 1 - 8);
	are_late(&w, 9);
	before = w.sent_count;
	pass_ms(&w, 1000);
	assert_int_equal(w.sent_count, before + 4);
	/* There is room for hers that answers, and she is not awake for
	 * nothing. */
	assert_int_equal(api_deadline(w.api), UINT64_MAX);
	one = make(&w, "{\"url\":\"http://127.0.0.1:1/\","
		       "\"types\":[\"message.received\"]}");
	comes_to(&w, ALICE, "second");
	assert_int_equal(w.sent_count, before + 5);
	assert_string_equal(last_sent(&w)->url, "http://127.0.0.1:1/");
	answers(&w, 200);
	comes_to(&w, ALICE, "third");
	assert_string_equal(last_sent(&w)->url, "http://127.0.0.1:1/");
	get(&w, alice(&w, "/webhooks/%s", one), 200, "\"last_status\":200");
	/* The next of those that wait is one that was not tried just now. */
	before = w.sent_count;
	end(&w, w.sent[before - 5].id, PARCEL_LATE, 0);
	assert_int_equal(w.sent_count, before + 1);
	world_end(&w);
}

static void the_poster_is_asked_for(void **state)
{
	struct world w;

	(void)state;
	world_start(&w);
	make_signed(&w);
	make_signed(&w);
	assert_int_equal(w.poster_count, 1);
	world_receive(&w, 1, "first");
	assert_int_equal(w.sent_count, 0);
	api_courier(w.api, PARCEL_POST, true);
	assert_int_equal(w.sent_count, 2);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_webhook_is_signed),
	    cmocka_unit_test(the_secret_is_shown_once),
	    cmocka_unit_test(waits_double_up_to_an_hour),
	    cmocka_unit_test(failing_after_a_day),
	    cmocka_unit_test(a_test_goes_at_once),
	    cmocka_unit_test(deleted_is_gone),
	    cmocka_unit_test(bad_webhooks),
	    cmocka_unit_test(many_webhooks),
	    cmocka_unit_test(those_that_hang_have_a_part),
	    cmocka_unit_test(the_poster_is_asked_for),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
