/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "api_kit.h"
#include "check.h"
#include "core/invite.h"
#include "core/onion.h"
#include "util/qr.h"

enum { MINUTE_MS = 60 * 1000 };

static const char *messages(struct world *w)
{
	return alice(w, "/conversations/%s/messages",
		     text_id("cnv", kit_uid('v', 1)));
}

static const char *send_body(uint32_t client, const char *text)
{
	return fmt("{\"client_id\":\"%s\",\"text\":\"%s\"}", text_uuid(client),
		   text);
}

static void test_rate(void **state)
{
	struct world w;
	const char *token;
	struct ask ask = {.method = "GET", .target = "/v1/daemon"};

	(void)state;
	world_start_limited(&w, 10, 3);
	token = login_all(&w);
	ask.token = token;
	for (int i = 0; i < 10; i++)
		expect(&w, &ask, 200, NULL);
	expect(&w, &ask, 429, "rate_limited");
	w.mono_ms += 6000;
	expect(&w, &ask, 200, NULL);
	expect(&w, &ask, 429, NULL);
	/* The admin has a bucket of his own. */
	w.mono_ms += MINUTE_MS;
	for (uint32_t i = 0; i < 3; i++)
		post(&w, messages(&w), send_body(i, "x"), 201, NULL);
	post(&w, messages(&w), send_body(3, "x"), 429, NULL);
	post(&w, messages(&w), send_body(2, "x"), 200, NULL);
	world_end(&w);
}

static void test_send(void **state)
{
	struct world w;
	struct ask ask = {.method = "POST", .token = ADMIN};
	struct call c;

	(void)state;
	world_start(&w);
	ask.target = messages(&w);
	ask.body = send_body(1, "Hello");
	call_start(&c, &w, &ask);
	call_expect(&c, 201, "\"text\":\"Hello\"");
	call_expect(&c, 201, "\"state\":\"queued\"");
	call_expect(&c, 201, text_uuid(1));
	assert_string_equal(c.location,
			    alice(&w, "/messages/%s", call_string(&c, "id")));
	get(&w, c.location, 200, "Hello");
	call_clear(&c);
	expect(&w, &ask, 200, "Hello");
	post(&w, ask.target, send_body(1, "Other"), 409, "client_id_reused");
	world_restart(&w);
	expect(&w, &ask, 200, "Hello");
	post(&w, ask.target, send_body(1, "Other"), 409, "client_id_reused");
	/* The same client_id elsewhere is another message. */
	post(&w,
	     alice(&w, "/conversations/%s/messages",
		   text_id("cnv", kit_uid('v', 2))),
	     send_body(1, "Hello"), 201, NULL);
	world_end(&w);
}

static void test_send_twice_at_once(void **state)
{
	struct world w;
	struct ask ask = {.method = "POST", .token = ADMIN};
	struct call a, b, other;

	(void)state;
	world_start(&w);
	w.is_manual = true;
	ask.target = messages(&w);
	ask.body = send_body(1, "Hello");
	call_start(&a, &w, &ask);
	call_start(&b, &w, &ask);
	ask.body = send_body(1, "Other");
	call_start(&other, &w, &ask);
	assert_false(a.is_done || b.is_done || other.is_done);
	assert_int_equal(w.pending_count, 1);
	world_commit(&w);
	call_expect(&a, 201, "Hello");
	call_expect(&b, 200, "Hello");
	call_expect(&other, 409, "client_id_reused");
	assert_string_equal(call_string(&a, "id"), call_string(&b, "id"));
	call_clear(&a);
	call_clear(&b);
	call_clear(&other);
	world_end(&w);
}

/* Who sent it goes away before the commit: it is sent all the same, and a
 * repeat finds it. */
static void test_send_and_leave(void **state)
{
	struct world w;
	struct ask ask = {.method = "POST", .token = ADMIN};
	struct call a, b;

	(void)state;
	world_start(&w);
	w.is_manual = true;
	ask.target = messages(&w);
	ask.body = send_body(1, "Hello");
	call_start(&a, &w, &ask);
	call_start(&b, &w, &ask);
	call_clear(&a);
	world_commit(&w);
	call_expect(&b, 200, "Hello");
	call_clear(&b);
	expect(&w, &ask, 200, "Hello");
	assert_int_equal(w.pending_count, 0);
	world_end(&w);
}

static void test_send_fails(void **state)
{
	struct world w;
	struct ask ask = {.method = "POST", .token = ADMIN};
	struct call c;

	(void)state;
	world_start(&w);
	w.fails = ERR_NO_SPACE;
	post(&w, messages(&w), send_body(1, "Hello"), 503, "no_space");
	w.fails = ERR_IO;
	post(&w, messages(&w), send_body(1, "Hello"), 503, "store_busy");
	w.fails = OK;
	w.is_manual = true;
	ask.target = messages(&w);
	ask.body = send_body(1, "Hello");
	call_start(&c, &w, &ask);
	world_lock(&w, ALICE);
	call_expect(&c, 423, "user_locked");
	call_clear(&c);
	/* Its ticket comes home later: nobody is there. */
	world_commit(&w);
	api_done(w.api, 123456, OK);
	w.people[ALICE].user.state = API_USER_UNLOCKED;
	expect(&w, &ask, 200, "Hello");
	world_end(&w);
}

static const char *long_text(size_t n)
{
	static char text[TEXT_MAX + 8];

	memset(text, 'x', n);
	text[n] = '\0';
	return text;
}

static void test_send_limits(void **state)
{
	struct world w;
	const char *to;
	char body[TEXT_MAX + 200];

	(void)state;
	world_start(&w);
	to = messages(&w);
	snprintf(body, sizeof(body), "{\"client_id\":\"%s\",\"text\":\"%s\"}",
		 text_uuid(1), long_text(TEXT_MAX));
	post(&w, to, body, 201, NULL);
	snprintf(body, sizeof(body), "{\"client_id\":\"%s\",\"text\":\"%s\"}",
		 text_uuid(2), long_text(TEXT_MAX + 1));
	post(&w, to, body, 422, "\"pointer\":\"/text\",\"code\":\"too_long\"");
	post(&w, to, send_body(3, ""), 422, "too_short");
	post(&w, to, "{\"client_id\":\"x\",\"text\":\"a\"}", 422,
	     "\"pointer\":\"/client_id\",\"code\":\"invalid_uuid\"");
	post(&w, to, "{\"text\":7}", 422,
	     "\"pointer\":\"/client_id\",\"code\":\"missing\"");
	post(&w, to, "{\"text\":7}", 422,
	     "\"pointer\":\"/text\",\"code\":\"wrong_type\"");
	post(&w, to,
	     "{\"client_id\":\"00000000-0000-0000-0000-000000000000\","
	     "\"text\":\"a\"}",
	     422, "invalid_uuid");
	post(&w, to, send_body(4, "\\ud83e\\udd14\\u0001\\\"\\\\\\n"), 201,
	     "\xf0\x9f\xa4\x94\\u0001\\\"\\\\\\n");
	post(&w, to, send_body(5, "\\ud83e"), 400, "bad_json");
	post(&w, to, send_body(5, "\\u0000"), 400, "bad_json");
	post(&w, to, send_body(5, "\xff"), 400, "bad_json");
	post(&w,
	     alice(&w, "/conversations/%s/messages",
		   text_id("cnv", kit_uid('v', 99))),
	     send_body(1, "a"), 404, NULL);
	world_end(&w);
}

/* HOSTILE P-11 */
static void test_bodies(void **state)
{
	struct world w;
	struct ask ask = {.method = "POST", .token = ADMIN};
	const char *to;
	char deep[200001];

	(void)state;
	world_start(&w);
	to = messages(&w);
	post(&w, to, "", 400, "bad_json");
	post(&w, to, "[]", 400, "expected an object");
	post(&w, to, "{", 400, "bad_json");
	post(&w, to, "{} x", 400, "bad_json");
	post(&w, to, "{\"text\":\"a\",\"text\":\"b\"}", 400, "bad_json");
	post(&w, to, "{\"a\":99999999999999999999999}", 400, "bad_json");
	post(&w, to, "{\"a/b~c\":1}", 422,
	     "{\"pointer\":\"/a~1b~0c\",\"code\":\"unknown_field\",");
	post(&w, to, "{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", 400,
	     "nested");
	post(&w, to, "{\"[[[[[[[[[[[[[[[[[[[[[\\\"{{{\":1}", 422,
	     "unknown_field");
	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	post(&w, to, deep, 400, "nested");
	post(&w, "/v1/login-tokens", "{}", 201, NULL);
	post(&w, "/v1/login-tokens", "{\"a\":1}", 422, "unknown_field");
	ask.target = to;
	ask.body = send_body(1, "a");
	ask.type = "application/json; charset=utf-8";
	expect(&w, &ask, 201, NULL);
	ask.type = "application/jsonx";
	expect(&w, &ask, 415, "media_type");
	world_end(&w);
}

/* HOSTILE P-05: who says it follows from the credentials and the path. */
static void test_nobody_else_can_be_named(void **state)
{
	static const char *const fields[] = {
	    "sender_contact_id", "contact_id", "direction", "id",
	    "conversation_id",	 "state",      "sent_at",   "user_id",
	};
	struct world w;

	(void)state;
	world_start(&w);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		post(&w, messages(&w),
		     fmt("{\"client_id\":\"%s\",\"text\":\"x\",\"%s\":\"%s\"}",
			 text_uuid(1), fields[i],
			 text_id("ctc", kit_uid('c', 2))),
		     422, "unknown_field");
	get(&w, messages(&w), 200, "\"items\":[]");
	world_end(&w);
}

/* Reads backwards, then forwards, page by page: 1 .. 25 each time. */
static void test_message_pages(void **state)
{
	struct world w;
	struct ask ask = {.method = "GET", .token = ADMIN};
	struct call c;
	const char *next;
	char first[40];
	unsigned count = 0;

	(void)state;
	world_start(&w);
	for (uint32_t i = 1; i <= 25; i++)
		post(&w, messages(&w), send_body(i, fmt("number %u.", i)), 201,
		     NULL);
	ask.target = fmt("%s?limit=10", messages(&w));
	do {
		call_start(&c, &w, &ask);
		call_expect(&c, 200, fmt("number %u.", 25 - count));
		count += (unsigned)call_count(&c, "\"kind\"");
		next = call_string(&c, "next_cursor");
		snprintf(first, sizeof(first), "%s", call_string(&c, "id"));
		ask.target = fmt("%s?limit=10&before=%s", messages(&w), next);
		call_clear(&c);
	} while (*next);
	assert_int_equal(count, 25);
	for (next = first, count = 1; *next;) {
		ask.target = fmt("%s?limit=7&after=%s", messages(&w), next);
		call_start(&c, &w, &ask);
		call_expect(&c, 200, fmt("number %u.", count + 1));
		count += (unsigned)call_count(&c, "\"kind\"");
		next = call_string(&c, "next_cursor");
		call_clear(&c);
	}
	assert_int_equal(count, 25);
	get(&w, fmt("%s?limit=5&around=%s", messages(&w), first), 200,
	    "number 1.");
	get(&w, fmt("%s?after=%s&before=%s", messages(&w), first, first), 422,
	    "exclusive");
	get(&w,
	    fmt("%s?after=%s", messages(&w), text_id("msg", kit_uid('z', 1))),
	    404, NULL);
	get(&w, fmt("%s?after=cnv_x", messages(&w)), 422, "invalid_id");
	world_end(&w);
}

static void test_lists(void **state)
{
	struct world w;
	const char *contact;

	(void)state;
	world_start(&w);
	w.contact_1_online = true;
	contact = text_id("ctc", kit_uid('c', 1));
	get(&w, alice(&w, "/contacts"), 200, "\"presence\":\"offline\"");
	get(&w, alice(&w, "/contacts/%s", contact), 200,
	    "\"presence\":\"online\"");
	get(&w, alice(&w, "/contacts/%s", contact), 200, "\"alarm\":true");
	w.tor.state = API_TOR_STARTING;
	get(&w, alice(&w, "/contacts"), 200, "\"presence\":\"unknown\"");
	get(&w, alice(&w, "/contacts/%s", text_id("ctc", kit_uid('c', 9))), 404,
	    NULL);
	get(&w, alice(&w, "/contacts/%s", text_id("cnv", kit_uid('v', 1))), 422,
	    "\"parameter\":\"contact_id\"");
	get(&w, alice(&w, "/contacts/x"), 422, "invalid_id");
	get(&w, alice(&w, "/contacts/"), 404, NULL);
	get(&w, alice(&w, "/contactz"), 404, "no such path");
	get(&w, "/v1/users/x", 422, "\"parameter\":\"user_id\"");
	get(&w, "/", 404, NULL);
	get(&w, "//v1/users", 404, NULL);
	world_end(&w);
}

static void test_contact_pages(void **state)
{
	struct world w;
	struct ask ask = {.method = "GET", .token = ADMIN};
	struct call c;
	size_t count = 0;
	const char *next;

	(void)state;
	world_start(&w);
	ask.target = alice(&w, "/conversations?limit=2");
	do {
		call_start(&c, &w, &ask);
		call_expect(&c, 200, "\"last_message\":null");
		count += call_count(&c, "\"direct\"");
		next = call_string(&c, "next_cursor");
		ask.target =
		    alice(&w, "/conversations?limit=2&cursor=%s", next);
		call_clear(&c);
	} while (*next);
	assert_int_equal(count, 3);
	ask.target = alice(&w, "/contacts?limit=2");
	for (count = 0;; count++) {
		call_start(&c, &w, &ask);
		call_expect(&c, 200, "\"display_name\"");
		next = call_string(&c, "next_cursor");
		ask.target = alice(&w, "/contacts?limit=2&cursor=%s", next);
		call_clear(&c);
		if (!*next)
			break;
	}
	assert_int_equal(count, 1);
	world_end(&w);
}

static void test_read_marker(void **state)
{
	struct world w;
	struct ask ask = {.method = "PUT", .token = ADMIN};
	const char *place;

	(void)state;
	world_start(&w);
	world_receive(&w, 1, "one");
	world_receive(&w, 1, "two");
	place = text_id("cnv", kit_uid('v', 1));
	get(&w, alice(&w, "/conversations/%s", place), 200,
	    "\"unread_count\":2");
	get(&w, alice(&w, "%s", ""), 200, "\"unread_count\":2");
	ask.target = alice(&w, "/conversations/%s/read", place);
	ask.body = fmt("{\"message_id\":\"%s\"}",
		       text_id("msg", kit_uid('n', 1000101)));
	expect(&w, &ask, 200, "\"unread_count\":1");
	ask.body = fmt("{\"message_id\":\"%s\"}",
		       text_id("msg", kit_uid('n', 1000102)));
	expect(&w, &ask, 200, "\"unread_count\":0");
	ask.target = alice(&w, "/conversations/%s/read",
			   text_id("cnv", kit_uid('v', 2)));
	expect(&w, &ask, 422, "\"pointer\":\"/message_id\"");
	world_end(&w);
}

static void test_invites(void **state)
{
	struct world w;
	struct ask ask = {.method = "POST", .token = ADMIN};
	struct call c;

	(void)state;
	world_start(&w);
	ask.target = alice(&w, "/invites");
	ask.body = "{\"label\":\"for Eve\",\"expires_in_seconds\":3600}";
	call_start(&c, &w, &ask);
	call_expect(&c, 201, "\"link\":\"umbel:invite/");
	call_expect(&c, 201, "\"uses\":0,\"max_uses\":1");
	ask =
	    (struct ask){.method = "GET", .target = c.location, .token = ADMIN};
	expect(&w, &ask, 200, call_string(&c, "link"));
	get(&w, alice(&w, "/invites"), 200, "for Eve");
	ask.method = "DELETE";
	expect(&w, &ask, 204, "");
	expect(&w, &ask, 404, NULL);
	call_clear(&c);
	post(&w, alice(&w, "/invites"), "{}", 201, NULL);
	post(&w, alice(&w, "/invites"), "{\"max_uses\":2}", 422,
	     "out_of_range");
	post(&w, alice(&w, "/invites"), "{\"expires_in_seconds\":1}", 422,
	     "out_of_range");
	post(&w, alice(&w, "/invites"), "{\"expires_in_seconds\":3600.5}", 422,
	     "wrong_type");
	w.fails = ERR_FULL;
	post(&w, alice(&w, "/invites"), "{}", 409, "conflict");
	world_end(&w);
}

/* The modules themselves are test_qr's to look at. */
static void test_invite_as_picture(void **state)
{
	struct world w;
	struct ask ask = {.method = "POST", .token = ADMIN};
	struct call made, c;
	char link[INVITE_TEXT + 1];
	struct buf want;

	(void)state;
	world_start(&w);
	ask.target = alice(&w, "/invites");
	ask.body = "{}";
	call_start(&made, &w, &ask);
	snprintf(link, sizeof(link), "%s", call_string(&made, "link"));
	for (char *p = link; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	buf_init(&want, 1 << 20);
	assert_ok(qr_svg(link, &want));
	ask = (struct ask){.method = "GET",
			   .target = fmt("%s/qr.svg", made.location),
			   .token = ADMIN};
	call_start(&c, &w, &ask);
	call_expect(&c, 200, "<path");
	assert_string_equal(c.type, "image/svg+xml");
	assert_string_equal(c.etag, "");
	assert_true(bytes_equal(buf_view(&c.body), buf_view(&want)));
	call_clear(&c);
	ask.method = "HEAD";
	call_start(&c, &w, &ask);
	call_expect(&c, 200, NULL);
	assert_string_equal(c.type, "image/svg+xml");
	assert_int_equal(c.body.len, 0);
	call_clear(&c);
	ask.method = "DELETE";
	ask.target = made.location;
	expect(&w, &ask, 204, "");
	ask.method = "GET";
	ask.target = fmt("%s/qr.svg", made.location);
	expect(&w, &ask, 404, "not_found");
	buf_clear(&want);
	call_clear(&made);
	world_end(&w);
}

static const char *make_link(struct world *w)
{
	struct onion_seed seed = {{5}};
	struct invite inv = {
	    .expiry_min = (uint32_t)(w->wall_ms / MINUTE_MS) + 10,
	    .secret = {{7}},
	};
	char text[INVITE_TEXT + 1];

	onion_public(&seed, &inv.onion);
	invite_encode(&inv, text);
	return fmt("%s", text);
}

static const char *connect_body(const char *link, const char *alias)
{
	return fmt("{\"link\":\"%s\",\"alias\":\"%s\",\"client_id\":\"%s\"}",
		   link, alias, text_uuid(1));
}

static void test_requests(void **state)
{
	struct world w;
	struct ask ask = {.method = "POST", .token = ADMIN};
	struct call c;
	const char *link;

	(void)state;
	world_start(&w);
	link = make_link(&w);
	ask.target = alice(&w, "/requests");
	ask.body = connect_body(link, "Bob");
	call_start(&c, &w, &ask);
	call_expect(&c, 201, "\"display_name\":\"Bob\"");
	call_expect(&c, 201, "\"state\":\"queued\"");
	expect(&w, &ask, 200, call_string(&c, "id"));
	post(&w, ask.target, connect_body(link, "Rob"), 409,
	     "client_id_reused");
	get(&w, ask.target, 200, "\"direction\":\"out\"");
	get(&w, c.location, 200, "\"contact_id\":null");
	/* Expired by now: a repeat gets the same answer. */
	w.wall_ms += 60 * MINUTE_MS;
	expect(&w, &ask, 200, call_string(&c, "id"));
	ask = (struct ask){
	    .method = "DELETE", .target = c.location, .token = ADMIN};
	expect(&w, &ask, 204, "");
	call_clear(&c);
	ask.target = alice(&w, "/requests");
	post(&w, ask.target, connect_body(link, "Bob"), 422, "expired_link");
	post(&w, ask.target, connect_body("umbel:invite/", "Bob"), 422,
	     "\"pointer\":\"/link\"");
	post(&w, ask.target, connect_body("http://x", "Bob"), 422,
	     "invalid_link");
	world_end(&w);
}

static void test_etags(void **state)
{
	struct world w;
	struct ask ask = {.method = "GET", .token = ADMIN};
	struct call c;
	char etag[64];

	(void)state;
	world_start(&w);
	ask.target = alice(&w, "/contacts/%s", text_id("ctc", kit_uid('c', 2)));
	call_start(&c, &w, &ask);
	assert_int_equal(strlen(c.etag), 34);
	snprintf(etag, sizeof(etag), "%s", c.etag);
	call_clear(&c);
	ask.if_none_match = fmt("\"x\", %s", etag);
	expect(&w, &ask, 304, "");
	w.tor.state = API_TOR_FAILED;
	expect(&w, &ask, 200, "unknown");
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rate),
	    cmocka_unit_test(test_send),
	    cmocka_unit_test(test_send_twice_at_once),
	    cmocka_unit_test(test_send_and_leave),
	    cmocka_unit_test(test_send_fails),
	    cmocka_unit_test(test_send_limits),
	    cmocka_unit_test(test_bodies),
	    cmocka_unit_test(test_nobody_else_can_be_named),
	    cmocka_unit_test(test_message_pages),
	    cmocka_unit_test(test_lists),
	    cmocka_unit_test(test_contact_pages),
	    cmocka_unit_test(test_read_marker),
	    cmocka_unit_test(test_invites),
	    cmocka_unit_test(test_invite_as_picture),
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_etags),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
