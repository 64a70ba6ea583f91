/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Contacts and those who want to be: change, remove, verify, introduce;
 * requests of both directions.
 */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "api_kit.h"
#include "check.h"
#include "core/address.h"
#include "core/kdf.h"

static const char *contact(struct world *w, uint32_t n, const char *rest)
{
	return alice(w, "/contacts/%s%s", text_id("ctc", kit_uid('c', n)),
		     rest);
}

static const char *request(struct world *w, uint32_t n, const char *rest)
{
	return alice(w, "/requests/%s%s", text_id("req", kit_uid('r', n)),
		     rest);
}

static void test_contact_patch(void **state)
{
	struct world w;
	const char *at;

	(void)state;
	world_start(&w);
	at = contact(&w, 1, "");
	patch(&w, at, "{\"alias\":\"Rob\"}", 200, "\"alias\":\"Rob\"");
	assert_int_equal(w.last.contact_set.fields, CONTACT_ALIAS);
	patch(&w, at, "{\"note\":\"two\\nlines\"}", 200,
	      "\"note\":\"two\\nlines\"");
	patch(&w, at, "{\"alias\":null,\"note\":null}", 200,
	      "\"alias\":null,\"display_name\":\"Name 1\","
	      "\"status_text\":\"\",\"note\":\"\"");
	patch(&w, at, "{\"policy\":\"mail_only\",\"cover\":true}", 200,
	      "\"policy\":\"mail_only\"");
	patch(&w, at, "{\"read_receipts\":\"on\",\"typing\":\"off\"}", 200,
	      "\"read_receipts\":\"on\",\"typing\":\"off\",\"cover\":true");
	patch(&w, at, "{\"alarm\":false}", 200, "\"alarm\":false");
	assert_int_equal(w.last.contact_set.fields, CONTACT_ALARM);
	patch(&w, at, "{}", 200, "\"alarm\":false");
	get(&w, at, 200, "\"policy\":\"mail_only\"");
	world_end(&w);
}

static void test_contact_patch_is_strict(void **state)
{
	static const char *const bad[] = {
	    "{\"alarm\":true}",
	    "{\"alarm\":null}",
	    "{\"blocked\":null}",
	    "{\"blocked\":\"yes\"}",
	    "{\"policy\":\"hidden\"}",
	    "{\"policy\":null}",
	    "{\"read_receipts\":true}",
	    "{\"typing\":\"ON\"}",
	    "{\"alias\":7}",
	    "{\"alias\":\"a\\nb\"}",
	    "{\"note\":[]}",
	    "{\"verified\":true}",
	    "{\"display_name\":\"Mine\"}",
	    "{\"cover\":0}",
	};
	struct world w;
	char note[NOTE_MAX_BYTES + 2];

	(void)state;
	world_start(&w);
	w.last.type = EV_TICK;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		patch(&w, contact(&w, 1, ""), bad[i], 422, "\"pointer\"");
	memset(note, 'x', sizeof(note));
	note[NOTE_MAX_BYTES + 1] = '\0';
	patch(&w, contact(&w, 1, ""), fmt("{\"note\":\"%s\"}", note), 422,
	      "too_long");
	patch(&w, contact(&w, 9, ""), "{\"alias\":\"x\"}", 404, NULL);
	patch(&w, contact(&w, 9, ""), "{\"nonsense\":1}", 404, NULL);
	assert_int_equal(w.last.type, EV_TICK);
	patch(&w, contact(&w, 1, ""), fmt("{\"note\":\"%s\"}", note + 1), 200,
	      "xxx");
	world_end(&w);
}

static void test_block(void **state)
{
	struct world w;

	(void)state;
	world_start(&w);
	patch(&w, contact(&w, 2, ""), "{\"blocked\":true}", 200,
	      "\"blocked\":true");
	assert_int_equal(w.last.contact_set.fields, CONTACT_BLOCKED);
	assert_true(w.last.contact_set.blocked);
	get(&w, alice(&w, "/contacts"), 200, "\"blocked\":true");
	patch(&w, contact(&w, 2, ""), "{\"blocked\":false}", 200,
	      "\"blocked\":false");
	/* The node refuses to send to one who is blocked. */
	w.fails = ERR_STATE;
	post(&w,
	     alice(&w, "/conversations/%s/messages",
		   text_id("cnv", kit_uid('v', 2))),
	     fmt("{\"client_id\":\"%s\",\"text\":\"x\"}", text_uuid(1)), 409,
	     "conflict");
	world_end(&w);
}

static void test_contact_delete(void **state)
{
	struct world w;

	(void)state;
	world_start(&w);
	del(&w, contact(&w, 1, ""), 204, "");
	get(&w, contact(&w, 1, ""), 404, NULL);
	del(&w, contact(&w, 1, ""), 404, NULL);
	get(&w, alice(&w, "/conversations/%s", text_id("cnv", kit_uid('v', 1))),
	    404, NULL);
	get(&w, alice(&w, "/events?after=0&types=contact.removed"), 200,
	    fmt("\"data\":{\"id\":\"%s\"}", text_id("ctc", kit_uid('c', 1))));
	world_end(&w);
}

static void test_safety_number(void **state)
{
	struct world w;
	struct contact_row row = kit_contact(1);
	struct ask ask = {.method = "GET", .token = ADMIN};
	struct call c;
	struct pubkey mine;
	char digits[SAFETY_TEXT + 1];

	(void)state;
	world_start(&w);
	crypto_scalarmult_base(mine.b, row.my_static.b);
	kdf_safety_number(&mine, &row.peer_static, digits);
	ask.target = contact(&w, 1, "/safety-number");
	call_start(&c, &w, &ask);
	call_expect(&c, 200, fmt("\"digits\":\"%s\"", digits));
	call_expect(&c, 200, fmt("\"link\":\"umbel:safety/%.5s", digits));
	assert_int_equal(strlen(call_string(&c, "link")), 13 + SAFETY_DIGITS);
	call_clear(&c);
	get(&w, contact(&w, 1, "/safety-number.svg"), 200, "<svg");
	get(&w, contact(&w, 9, "/safety-number"), 404, NULL);
	get(&w, contact(&w, 9, "/safety-number.svg"), 404, NULL);
	world_end(&w);
}

static void test_verification(void **state)
{
	struct world w;
	const char *at;

	(void)state;
	world_start(&w);
	at = contact(&w, 1, "/verification");
	get(&w, contact(&w, 1, "/safety-number"), 200,
	    "\"verified\":false,\"verified_at\":null");
	put(&w, at, "{\"verified\":true,\"method\":\"qr\"}", 200,
	    "\"verified\":true,\"verified_at\":\"20");
	assert_int_equal(w.last.contact_set.fields, CONTACT_VERIFIED);
	get(&w, contact(&w, 1, "/safety-number"), 200,
	    "\"verified\":true,\"verified_at\":\"20");
	put(&w, at, "{\"verified\":false}", 200,
	    "\"verified\":false,\"verified_at\":null");
	put(&w, at, "{\"verified\":true,\"method\":\"words\"}", 422,
	    "one of digits, qr");
	put(&w, at, "{\"method\":\"qr\"}", 422, "missing");
	put(&w, contact(&w, 9, "/verification"), "{\"verified\":true}", 404,
	    NULL);
	world_end(&w);
}

static void test_introduce(void **state)
{
	struct world w;
	struct uid one = kit_uid('c', 1), two = kit_uid('c', 2);
	const char *at, *to;

	(void)state;
	world_start(&w);
	at = contact(&w, 1, "/introduce");
	to = fmt("{\"to\":\"%s\"}", text_id("ctc", two));
	post(&w, at, to, 202, "");
	assert_int_equal(w.last.type, EV_CMD_INTRODUCE);
	assert_true(uid_is_equal(&w.last.introduce.contact_id[0], &one));
	assert_true(uid_is_equal(&w.last.introduce.contact_id[1], &two));
	post(&w, at, fmt("{\"to\":\"%s\"}", text_id("ctc", one)), 422, "same");
	post(&w, at, fmt("{\"to\":\"%s\"}", text_id("ctc", kit_uid('c', 9))),
	     422, "\"pointer\":\"/to\",\"code\":\"not_found\"");
	post(&w, at, "{\"to\":\"bob\"}", 422, "invalid_id");
	post(&w, at, "{}", 422, "missing");
	post(&w, contact(&w, 9, "/introduce"), to, 404, NULL);
	w.fails = ERR_STATE;
	post(&w, at, to, 409, "conflict");
	world_end(&w);
}

/* Somebody knocks at alice's door, and is called so. */
static void knock_in(struct world *w, uint32_t n, const char *name)
{
	struct effect e = {.type = FX_SAVE_REQUEST,
			   .journal = JOURNAL_REQUEST_RECEIVED};

	e.request = (struct request_row){
	    .id = kit_uid('r', n),
	    .client_id = kit_uid('k', n),
	    .origin = REQUEST_AT_DOOR,
	    .state = REQUEST_PENDING,
	    .work = 21,
	    .greeting = {"Let me in"},
	    .created_ms = w->wall_ms,
	    .expires_ms = w->wall_ms + 86400000,
	};
	snprintf(e.request.name.s, sizeof(e.request.name.s), "%s", name);
	world_save(w, &e);
}

/* What a contact or our user wants of the other kinds. */
static void other_request(struct world *w, uint32_t n,
			  enum request_origin origin)
{
	struct effect e = {.type = FX_SAVE_REQUEST,
			   .journal = JOURNAL_REQUEST_RECEIVED};

	e.request = (struct request_row){
	    .id = kit_uid('r', n),
	    .client_id = kit_uid('k', n),
	    .origin = origin,
	    .state = REQUEST_PENDING,
	    .introducer = kit_uid('c', 2),
	    .name = {"Dan"},
	    .created_ms = w->wall_ms,
	};
	world_save(w, &e);
}

static void test_request_of_an_introduction(void **state)
{
	static const enum request_origin both[] = {REQUEST_INTRODUCED,
						   REQUEST_SERVED};
	struct world w;

	(void)state;
	world_start(&w);
	for (uint32_t i = 0; i < 2; i++) {
		other_request(&w, i + 1, both[i]);
		get(&w, request(&w, i + 1, ""), 200,
		    "\"direction\":\"in\",\"origin\":\"introduction\","
		    "\"state\":\"pending\",\"display_name\":\"Dan\"");
		get(&w, request(&w, i + 1, ""), 200,
		    fmt("\"work\":null,\"introduced_by\":\"%s\"",
			text_id("ctc", kit_uid('c', 2))));
		post(&w, request(&w, i + 1, "/accept"), "{}", 202,
		     "\"state\":\"queued\"");
	}
	world_end(&w);
}

static void test_request_in(void **state)
{
	struct world w;
	const char *at;

	(void)state;
	world_start(&w);
	knock_in(&w, 1, "Eve");
	at = request(&w, 1, "");
	get(&w, at, 200, "\"direction\":\"in\",\"origin\":\"door\"");
	get(&w, at, 200,
	    "\"state\":\"pending\",\"display_name\":\"Eve\",\"name\":\"Eve\","
	    "\"alias\":null,\"greeting\":\"Let me in\",\"work\":21,"
	    "\"introduced_by\":null,\"looks_like_contact_id\":null");
	get(&w, alice(&w, "/requests"), 200, "\"name\":\"Eve\"");
	get(&w, alice(&w, "/events?after=0&types=request.received"), 200,
	    "\"name\":\"Eve\"");
	post(&w, request(&w, 1, "/accept"), "{\"alias\":\"Evi\"}", 202,
	     "\"state\":\"queued\",\"display_name\":\"Evi\",\"name\":\"Eve\"");
	assert_int_equal(w.last.type, EV_CMD_REQUEST_ACCEPT);
	assert_false(uid_is_zero(&w.last.request_accept.invite_id));
	post(&w, request(&w, 1, "/accept"), "{}", 409, "it is decided");
	post(&w, request(&w, 1, "/reject"), NULL, 409, "it is decided");
	del(&w, at, 204, "");
	get(&w, at, 404, NULL);
	world_end(&w);
}

/* HOSTILE R-05 */
static void test_reject_and_change_ones_mind(void **state)
{
	struct world w;

	(void)state;
	world_start(&w);
	knock_in(&w, 1, "Eve");
	post(&w, request(&w, 1, "/reject"), NULL, 204, "");
	get(&w, request(&w, 1, ""), 200, "\"state\":\"rejected\"");
	post(&w, request(&w, 1, "/reject"), NULL, 409, "it is decided");
	post(&w, request(&w, 1, "/accept"), "{}", 202, "\"state\":\"queued\"");
	world_end(&w);
}

static void test_request_is_strict(void **state)
{
	struct world w;

	(void)state;
	world_start(&w);
	knock_in(&w, 1, "Eve");
	other_request(&w, 2, REQUEST_BY_INVITE);
	other_request(&w, 3, REQUEST_BY_KNOCK);
	post(&w, request(&w, 2, "/accept"), "{}", 409, "the other decides");
	post(&w, request(&w, 3, "/reject"), NULL, 409, "the other decides");
	post(&w, request(&w, 1, "/accept"), "{\"alias\":\"a\\u0007\"}", 422,
	     "control_character");
	post(&w, request(&w, 1, "/accept"), "{\"name\":\"x\"}", 422,
	     "unknown_field");
	post(&w, request(&w, 9, "/accept"), "{}", 404, NULL);
	post(&w, request(&w, 9, "/reject"), NULL, 404, NULL);
	w.fails = ERR_FULL;
	post(&w, request(&w, 1, "/accept"), "{}", 409, "a limit is reached");
	world_end(&w);
}

static void looks(struct world *w, uint32_t n, const char *name, uint32_t like)
{
	const char *want = "\"looks_like_contact_id\":null";

	if (like)
		want = fmt("\"looks_like_contact_id\":\"%s\"",
			   text_id("ctc", kit_uid('c', like)));
	knock_in(w, n, name);
	get(w, request(w, n, ""), 200, want);
}

/* HOSTILE R-07, C-05 */
static void test_lookalikes(void **state)
{
	struct world w;
	uint32_t n = 10;

	(void)state;
	world_start(&w);
	looks(&w, n++, "Name 1", 1);
	looks(&w, n++, "Alias 2", 2);
	looks(&w, n++, "nAME 1", 1);
	looks(&w, n++, "  Name  1 ", 1);
	looks(&w, n++, "Na\xe2\x80\x8bme 1", 1);
	looks(&w, n++,
	      "Name\xc2\xa0"
	      "1",
	      1);
	looks(&w, n++, "\xef\xbb\xbfName 1\xe2\x81\xa0", 1);
	looks(&w, n++, "Name\xef\xb8\x8f 1", 1);
	looks(&w, n++, "Name 12", 0);
	looks(&w, n++, "Name", 0);
	looks(&w, n++, " \xe2\x80\x8b ", 0);
	looks(&w, n++, "", 0);
	/* It is never taken for him: another request, another key. */
	get(&w, request(&w, 10, ""), 200, "\"contact_id\":null");
	get(&w, alice(&w, "/contacts"), 200, "\"next_cursor\":null");
	world_end(&w);
}

/* HOSTILE R-04 */
static void test_request_text_is_inert(void **state)
{
	static const char nasty[] = "<img src=x onerror=alert(1)>\xe2\x80\xae"
				    "http://x.example/\n\x1b[2J\"\\";
	struct effect e = {.type = FX_SAVE_REQUEST, .request = kit_request(1)};
	struct world w;

	(void)state;
	world_start(&w);
	e.request.origin = REQUEST_AT_DOOR;
	e.request.state = REQUEST_PENDING;
	snprintf(e.request.greeting.s, sizeof(e.request.greeting.s), "%s",
		 nasty);
	world_save(&w, &e);
	get(&w, request(&w, 1, ""), 200,
	    "\"greeting\":\"<img src=x onerror=alert(1)>\xe2\x80\xae"
	    "http://x.example/\\n\\u001b[2J\\\"\\\\\"");
	world_end(&w);
}

/* HOSTILE C-06 */
static void test_name_changed_to_another(void **state)
{
	struct effect e = {.type = FX_SAVE_CONTACT,
			   .journal = JOURNAL_CONTACT_UPDATED};
	struct world w;

	(void)state;
	world_start(&w);
	assert_ok(query_contact(w.people[ALICE].kit.store, kit_uid('c', 2),
				&e.contact));
	snprintf(e.contact.name.s, sizeof(e.contact.name.s), "Name 1");
	world_save(&w, &e);
	get(&w, contact(&w, 2, ""), 200,
	    "\"alias\":\"Alias 2\",\"display_name\":\"Name 1\"");
	get(&w, alice(&w, "/conversations/%s", text_id("cnv", kit_uid('v', 2))),
	    200, "\"title\":\"Alias 2\"");
	get(&w, contact(&w, 1, ""), 200, "\"alias\":\"Alias 1\"");
	world_end(&w);
}

static const char *address_of(uint8_t n)
{
	struct onion_seed seed = {{n}};
	struct onion_pk pk;
	char text[ADDRESS_TEXT + 1];

	onion_public(&seed, &pk);
	address_encode(&pk, text);
	return fmt("%s", text);
}

static const char *knock_body(const char *link, const char *greeting)
{
	return fmt("{\"link\":\"%s\",\"greeting\":\"%s\",\"client_id\":\"%s\"}",
		   link, greeting, text_uuid(1));
}

static void test_knock(void **state)
{
	struct world w;
	struct ask ask = {.method = "POST", .token = ADMIN};
	struct call c;
	const char *link = address_of(5), *at;

	(void)state;
	world_start(&w);
	at = alice(&w, "/requests");
	ask.target = at;
	ask.body = knock_body(link, "It is me");
	call_start(&c, &w, &ask);
	call_expect(&c, 201, "\"direction\":\"out\",\"origin\":\"knock\"");
	call_expect(&c, 201, "\"greeting\":\"It is me\",\"work\":null");
	assert_int_equal(w.last.type, EV_CMD_KNOCK);
	assert_string_equal(w.last.knock.text.s, "It is me");
	assert_false(uid_is_zero(&w.last.knock.invite_id));
	expect(&w, &ask, 200, call_string(&c, "id"));
	get(&w, c.location, 200, "\"state\":\"queued\"");
	call_clear(&c);
	/* Other spellings of the same address are the same request. */
	post(&w, at, knock_body(fmt("%s.onion", link), "It is me"), 200, NULL);
	post(&w, at, knock_body(link + strlen("umbel:"), "It is me"), 200,
	     NULL);
	post(&w, at, knock_body(link, "Other"), 409, "client_id_reused");
	post(&w, at, knock_body(address_of(6), "It is me"), 409,
	     "client_id_reused");
	world_end(&w);
}

static void test_knock_is_strict(void **state)
{
	struct world w;
	const char *at, *link = address_of(5);
	char wrong[ADDRESS_TEXT + 1];

	(void)state;
	world_start(&w);
	at = alice(&w, "/requests");
	w.last.type = EV_TICK;
	post(&w, at, knock_body(address_of(1), ""), 409, "your own address");
	snprintf(wrong, sizeof(wrong), "%s", link);
	wrong[10] = wrong[10] == 'a' ? 'b' : 'a';
	post(&w, at, knock_body(wrong, ""), 422, "mistyped_link");
	post(&w, at, knock_body("umbel:", ""), 422, "invalid_link");
	post(&w, at, knock_body("UMBEL:abc", ""), 422, "invalid_link");
	post(&w, at, knock_body(fmt("%s.onion.onion", link), ""), 422,
	     "invalid_link");
	post(&w, at, knock_body(fmt(" %s", link), ""), 422, "invalid_link");
	assert_int_equal(w.last.type, EV_TICK);
	w.fails = ERR_EXISTS;
	post(&w, at, knock_body(link, ""), 409, "in use already");
	world_end(&w);
}

/* Those that a knock or an introduction has made. */
static void test_invites_of_requests_are_not_shown(void **state)
{
	static const uint8_t flags[] = {1, 4};
	struct effect e = {.type = FX_SAVE_INVITE, .invite = kit_invite(4)};
	struct world w;
	const char *at;

	(void)state;
	world_start(&w);
	at = alice(&w, "/invites/%s", text_id("inv", e.invite.id));
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		e.invite.flags = flags[i];
		world_save(&w, &e);
		get(&w, alice(&w, "/invites"), 200, "{\"items\":[],");
		get(&w, at, 404, NULL);
		get(&w, fmt("%s/qr.svg", at), 404, NULL);
		del(&w, at, 404, NULL);
	}
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_contact_patch),
	    cmocka_unit_test(test_contact_patch_is_strict),
	    cmocka_unit_test(test_block),
	    cmocka_unit_test(test_contact_delete),
	    cmocka_unit_test(test_safety_number),
	    cmocka_unit_test(test_verification),
	    cmocka_unit_test(test_introduce),
	    cmocka_unit_test(test_request_in),
	    cmocka_unit_test(test_request_of_an_introduction),
	    cmocka_unit_test(test_reject_and_change_ones_mind),
	    cmocka_unit_test(test_request_is_strict),
	    cmocka_unit_test(test_lookalikes),
	    cmocka_unit_test(test_request_text_is_inert),
	    cmocka_unit_test(test_name_changed_to_another),
	    cmocka_unit_test(test_knock),
	    cmocka_unit_test(test_knock_is_strict),
	    cmocka_unit_test(test_invites_of_requests_are_not_shown),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
