/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a user says of himself: address, profile, presence, privacy,
 * preferences.
 */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "api_kit.h"
#include "check.h"
#include "core/address.h"

static const char *address_of(uint8_t n)
{
	struct onion_seed seed = {{n}};
	struct onion_pk pk;
	char text[ADDRESS_TEXT + 1];

	onion_public(&seed, &pk);
	address_encode(&pk, text);
	return fmt("%s", text);
}

static void test_address(void **state)
{
	struct world w;
	struct ask ask = {.method = "GET", .token = ADMIN};
	struct call c;
	const char *link = address_of(1);

	(void)state;
	world_start(&w);
	w.door_is_published = true;
	ask.target = alice(&w, "/address");
	call_start(&c, &w, &ask);
	call_expect(&c, 200, fmt("\"link\":\"%s\"", link));
	call_expect(&c, 200,
		    fmt("\"onion\":\"%s.onion\"", link + strlen("umbel:")));
	call_expect(&c, 200, "\"enabled\":true,\"published\":true");
	call_expect(&c, 200, "\"difficulty\":20,\"created_at\":\"20");
	assert_int_equal(strlen(c.etag), 34);
	call_clear(&c);
	get(&w, alice(&w, "%s", ""), 200, link + strlen("umbel:"));
	get(&w, alice(&w, "/address.svg"), 200, "<svg");
	world_end(&w);
}

/* HOSTILE R-08 */
static void test_address_off(void **state)
{
	struct world w;
	const char *at;

	(void)state;
	world_start(&w);
	at = alice(&w, "/address");
	w.door_is_published = true;
	patch(&w, at, "{\"enabled\":false}", 200, "\"enabled\":false");
	assert_int_equal(w.last.type, EV_CMD_SELF_SET);
	assert_int_equal(w.last.self_set.fields, SELF_DOOR_ON);
	w.door_is_published = false;
	get(&w, at, 200, "\"enabled\":false,\"published\":false");
	get(&w, alice(&w, "/contacts"), 200, "Name 1");
	patch(&w, at, "{\"enabled\":true,\"difficulty\":24}", 200,
	      "\"enabled\":true,\"published\":false,\"difficulty\":24");
	assert_int_equal(w.last.self_set.fields,
			 SELF_DOOR_ON | SELF_DIFFICULTY);
	world_end(&w);
}

static void test_address_is_strict(void **state)
{
	struct world w;
	const char *at;

	(void)state;
	world_start(&w);
	at = alice(&w, "/address");
	w.last.type = EV_TICK;
	patch(&w, at, "{}", 200, "\"difficulty\":20");
	patch(&w, at, "{\"difficulty\":33}", 422, "out_of_range");
	patch(&w, at, "{\"difficulty\":-1}", 422, "out_of_range");
	patch(&w, at, "{\"difficulty\":null}", 422, "cannot be null");
	patch(&w, at, "{\"enabled\":null}", 422, "cannot be null");
	patch(&w, at, "{\"enabled\":1}", 422, "expected true or false");
	patch(&w, at, "{\"enabled\":true,\"door\":1}", 422, "/door");
	assert_int_equal(w.last.type, EV_TICK);
	w.fails = ERR_IO;
	patch(&w, at, "{\"enabled\":true}", 503, "store_busy");
	world_end(&w);
}

static void test_self_test(void **state)
{
	struct world w;
	const char *at;

	(void)state;
	world_start(&w);
	at = alice(&w, "/self-test");
	post(&w, at, NULL, 202, NULL);
	assert_int_equal(w.last.type, EV_CMD_SELF_TEST);
	w.fails = ERR_STATE;
	post(&w, at, NULL, 503, "nothing that could be tested");
	world_end(&w);
}

static void test_rotate(void **state)
{
	struct world w;
	struct ask ask = {.method = "POST", .token = ADMIN};
	struct call c;

	(void)state;
	world_start(&w);
	ask.target = alice(&w, "/address/rotate");
	call_start(&c, &w, &ask);
	call_expect(&c, 200, "\"link\":\"umbel:");
	assert_string_not_equal(call_string(&c, "link"), address_of(1));
	get(&w, alice(&w, "/address"), 200, call_string(&c, "link"));
	assert_int_equal(w.last.self_set.fields, SELF_DOOR_NEW);
	call_clear(&c);
	post(&w, ask.target, "{\"force\":true}", 422, "unknown_field");
	world_end(&w);
}

/* A user who was made a moment ago: his node has saved nothing yet. */
static void test_at_the_very_first(void **state)
{
	static const char *const places[] = {"address", "profile", "presence",
					     "privacy", "address.svg"};
	struct ask ask = {.method = "POST",
			  .target = "/v1/users",
			  .token = ADMIN,
			  .body = "{\"name\":\"dan\",\"passphrase\":"
				  "\"correct horse\"}"};
	struct world w;
	struct call c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		world_start(&w);
		call_start(&c, &w, &ask);
		call_expect(&c, 201, "\"onion\":null");
		get(&w, fmt("%s/%s", c.location, places[i]), 200, NULL);
		assert_int_equal(w.last.type, EV_CMD_SELF_SET);
		assert_int_equal(w.last.self_set.fields, 0);
		get(&w, c.location, 200, ".onion\"");
		call_clear(&c);
		world_end(&w);
	}
}

static void test_merge_patch_type(void **state)
{
	struct world w;
	struct ask ask = {.method = "PATCH", .token = ADMIN, .body = "{}"};

	(void)state;
	world_start(&w);
	ask.target = alice(&w, "/address");
	ask.type = "application/merge-patch+json";
	expect(&w, &ask, 200, NULL);
	ask.type = "application/merge-patch+json; charset=utf-8";
	expect(&w, &ask, 200, NULL);
	ask.type = "application/json-patch+json";
	expect(&w, &ask, 415, "media_type");
	ask.type = "application/merge-patch+jsonx";
	expect(&w, &ask, 415, "media_type");
	ask.method = "PUT";
	ask.target = alice(&w, "/presence");
	ask.type = "application/merge-patch+json";
	expect(&w, &ask, 415, "media_type");
	world_end(&w);
}

static void test_profile(void **state)
{
	struct world w;
	const char *at;

	(void)state;
	world_start(&w);
	at = alice(&w, "/profile");
	get(&w, at, 200,
	    "{\"display_name\":\"alice\",\"status_text\":\"\","
	    "\"avatar_file_id\":null}");
	put(&w, at, "{\"display_name\":\"Al\",\"status_text\":\"away\"}", 200,
	    "{\"display_name\":\"Al\",\"status_text\":\"away\",");
	assert_int_equal(w.last.self_set.fields, SELF_NAME | SELF_STATUS);
	put(&w, at,
	    "{\"display_name\":\"\",\"status_text\":\"\","
	    "\"avatar_file_id\":null}",
	    200, "\"display_name\":\"alice\"");
	put(&w, at, "{\"display_name\":\"Al\"}", 422,
	    "\"pointer\":\"/status_text\",\"code\":\"missing\"");
	put(&w, at, "{\"status_text\":\"\"}", 422,
	    "\"pointer\":\"/display_name\",\"code\":\"missing\"");
	put(&w, at,
	    "{\"display_name\":\"\",\"status_text\":\"\","
	    "\"avatar_file_id\":\"x\"}",
	    422, "\"pointer\":\"/avatar_file_id\"");
	world_end(&w);
}

static const char *profile(const char *name, const char *status)
{
	return fmt("{\"display_name\":\"%s\",\"status_text\":\"%s\"}", name,
		   status);
}

/* HOSTILE C-02, C-03 */
static void test_names_are_plain(void **state)
{
	static const char *const bad[] = {
	    "a\\r\\nb",	 "a\\u0007b", "a\\u001b[2Jb", "a\\u0085b",
	    "a\\u202eb", "a\\u2066b", "a\\u200fb",    "a\\u2028b",
	};
	struct world w;
	const char *at;
	char longer[STATUS_MAX_BYTES + 2];

	(void)state;
	world_start(&w);
	at = alice(&w, "/profile");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		put(&w, at, profile(bad[i], ""), 422,
		    "\"pointer\":\"/display_name\","
		    "\"code\":\"control_character\"");
		put(&w, at, profile("a", bad[i]), 422,
		    "\"pointer\":\"/status_text\","
		    "\"code\":\"control_character\"");
	}
	memset(longer, 'x', sizeof(longer));
	longer[STATUS_MAX_BYTES + 1] = '\0';
	put(&w, at, profile("a", longer), 422, "too_long");
	put(&w, at, profile("a", longer + 1), 200, "xxx");
	longer[NAME_MAX_BYTES + 1] = '\0';
	put(&w, at, profile(longer, ""), 422, "too_long");
	put(&w, at, profile(longer + 1, ""), 200, "xxx");
	world_end(&w);
}

static void test_presence(void **state)
{
	static const char *const modes[] = {"invisible", "offline", "online"};
	struct world w;
	const char *at;

	(void)state;
	world_start(&w);
	at = alice(&w, "/presence");
	get(&w, at, 200, "{\"mode\":\"online\"}");
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		put(&w, at, fmt("{\"mode\":\"%s\"}", modes[i]), 200, modes[i]);
		get(&w, at, 200, modes[i]);
		assert_int_equal(w.last.self_set.fields, SELF_MODE);
	}
	put(&w, at, "{\"mode\":\"busy\"}", 422,
	    "one of online, invisible, offline");
	put(&w, at, "{}", 422, "missing");
	put(&w, at, "{\"mode\":null}", 422, "missing");
	world_end(&w);
}

#define NO_FILES "\"auto_accept_bytes\":0,\"auto_accept_kinds\":[]}"

static void test_privacy(void **state)
{
	struct world w;
	const char *at;

	(void)state;
	world_start(&w);
	at = alice(&w, "/privacy");
	get(&w, at, 200, "{\"read_receipts\":false,\"typing\":false," NO_FILES);
	patch(&w, at, "{\"typing\":true}", 200,
	      "{\"read_receipts\":false,\"typing\":true," NO_FILES);
	assert_int_equal(w.last.self_set.fields, SELF_TYPING);
	patch(&w, at, "{\"read_receipts\":true}", 200,
	      "{\"read_receipts\":true,\"typing\":true," NO_FILES);
	patch(&w, at, "{}", 200,
	      "{\"read_receipts\":true,\"typing\":true," NO_FILES);
	patch(&w, at, "{\"read_receipts\":null}", 422, "cannot be null");
	patch(&w, at, "{\"receipts\":true}", 422, "unknown_field");
	world_end(&w);
}

/* HOSTILE F-07: off, until the user says how large and of which kind. */
static void test_auto_accept(void **state)
{
	struct world w;
	const char *at;

	(void)state;
	world_start(&w);
	at = alice(&w, "/privacy");
	patch(&w, at, "{\"auto_accept_bytes\":68719476736}", 200,
	      "\"auto_accept_bytes\":68719476736,\"auto_accept_kinds\":[]}");
	assert_int_equal(w.last.self_set.fields, SELF_AUTO_BYTES);
	patch(&w, at, "{\"auto_accept_kinds\":[\"voice\",\"file\"]}", 200,
	      "68719476736,\"auto_accept_kinds\":[\"file\",\"voice\"]}");
	assert_int_equal(w.last.self_set.fields, SELF_AUTO_KINDS);
	patch(&w, at, "{\"auto_accept_bytes\":0,\"auto_accept_kinds\":[]}", 200,
	      NO_FILES);
	patch(&w, at, "{\"auto_accept_bytes\":-1}", 422, "out_of_range");
	patch(&w, at, "{\"auto_accept_bytes\":68719476737}", 422,
	      "out_of_range");
	patch(&w, at, "{\"auto_accept_kinds\":\"file\"}", 422,
	      "expected words in an array");
	patch(&w, at, "{\"auto_accept_kinds\":[\"file\",\"film\"]}", 422,
	      "one of file, image, voice");
	patch(&w, at, "{\"auto_accept_kinds\":[1]}", 422,
	      "one of file, image, voice");
	patch(&w, at, "{\"auto_accept_kinds\":null}", 422, "cannot be null");
	get(&w, at, 200, NO_FILES);
	world_end(&w);
}

static void test_preferences(void **state)
{
	struct world w;
	const char *at;

	(void)state;
	world_start(&w);
	at = alice(&w, "/preferences");
	get(&w, at, 200, "{}");
	put(&w, at, "{\"scheme\":\"dark\",\"a.B_9\":-3,\"on\":true}", 200,
	    "{\"scheme\":\"dark\",\"a.B_9\":-3,\"on\":true}");
	put(&w, at, "", 400, "bad_json");
	put(&w, at, "[]", 400, "expected an object");
	put(&w, at, "{\"a\":1,\"a\":2}", 400, "bad_json");
	put(&w, at, "{\"A\":1}", 422, "invalid_name");
	put(&w, at, "{\"\":1}", 422, "invalid_name");
	put(&w, at, "{\"a/~\\u001b\":1}", 422, "invalid_name");
	put(&w, at, "{\"a\":null}", 422, "wrong_type");
	put(&w, at, "{\"a\":1.5,\"b\":{},\"c\":[]}", 422, "3 fields are wrong");
	put(&w, at, "{\"a\":9007199254740992}", 422, "out_of_range");
	put(&w, at, "{\"a\":\"\\n\"}", 422, "control_character");
	put(&w, at, fmt("{\"a\":\"%065d\"}", 0), 422, "too_long");
	put(&w, at, fmt("{\"a%032d\":1}", 0), 422, "invalid_name");
	get(&w, at, 200, "{\"scheme\":\"dark\",\"a.B_9\":-3,\"on\":true}");
	put(&w, at, "{}", 200, "{}");
	get(&w, at, 200, "{}");
	world_end(&w);
}

/* count members, each with that text in JSON n times. */
static const char *members(int count, const char *text, int n)
{
	static char out[16384];
	size_t at = (size_t)snprintf(out, sizeof(out), "{\"first\":1");

	for (int i = 1; i < count; i++) {
		at += (size_t)snprintf(out + at, sizeof(out) - at,
				       ",\"a%030d\":\"", i);
		for (int k = 0; k < n; k++)
			at += (size_t)snprintf(out + at, sizeof(out) - at, "%s",
					       text);
		at += (size_t)snprintf(out + at, sizeof(out) - at, "\"");
	}
	snprintf(out + at, sizeof(out) - at, "}");
	return out;
}

static void test_preferences_are_few(void **state)
{
	struct world w;
	const char *at;

	(void)state;
	world_start(&w);
	at = alice(&w, "/preferences");
	put(&w, at, members(32, "x", 64), 200, "{\"first\":1,");
	put(&w, at, members(33, "x", 1), 422, "at most 32");
	/* What is escaped takes more room. */
	put(&w, at, members(32, "\\\\", 64), 413, "at most 4096 bytes");
	get(&w, at, 200, "xxx\"}");
	world_end(&w);
}

static void test_scopes(void **state)
{
	struct world w;
	const char *token;
	struct ask ask = {.method = "PUT", .body = "{\"mode\":\"offline\"}"};

	(void)state;
	world_start(&w);
	token = fmt("%s", login(&w, ALICE));
	ask.token = token;
	ask.target = alice(&w, "/presence");
	expect(&w, &ask, 200, "offline");
	ask = (struct ask){
	    .method = "GET", .target = "/v1/session", .token = token};
	expect(&w, &ask, 200, "\"profile:write\",\"messages:delete\"");
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_address),
	    cmocka_unit_test(test_address_off),
	    cmocka_unit_test(test_address_is_strict),
	    cmocka_unit_test(test_self_test),
	    cmocka_unit_test(test_rotate),
	    cmocka_unit_test(test_at_the_very_first),
	    cmocka_unit_test(test_merge_patch_type),
	    cmocka_unit_test(test_profile),
	    cmocka_unit_test(test_names_are_plain),
	    cmocka_unit_test(test_presence),
	    cmocka_unit_test(test_privacy),
	    cmocka_unit_test(test_auto_accept),
	    cmocka_unit_test(test_preferences),
	    cmocka_unit_test(test_preferences_are_few),
	    cmocka_unit_test(test_scopes),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
