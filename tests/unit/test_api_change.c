/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What can be done to messages and to conversations.
 */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "api_kit.h"
#include "check.h"

static const char *conversation(struct world *w, uint32_t n, const char *rest)
{
	return alice(w, "/conversations/%s%s", text_id("cnv", kit_uid('v', n)),
		     rest);
}

/* Sends a text to contact 1 and gives its path. */
static const char *say(struct world *w, uint32_t client, const char *text)
{
	struct ask ask = {.method = "POST", .token = ADMIN};
	struct call c;
	const char *at;

	ask.target = conversation(w, 1, "/messages");
	ask.body = fmt("{\"client_id\":\"%s\",\"text\":\"%s\"}",
		       text_uuid(client), text);
	call_start(&c, w, &ask);
	call_expect(&c, 201, "\"state\":\"queued\"");
	at = fmt("%s", c.location);
	call_clear(&c);
	return at;
}

static const char *id_of(const char *path)
{
	return strrchr(path, '/') + 1;
}

/* What contact 1 says. */
static const char *hear(struct world *w)
{
	world_receive(w, 1, "From him");
	return alice(w, "/messages/%s",
		     text_id("msg", kit_uid('n', 1000000 + (uint32_t)w->seq)));
}

static void set_state(struct world *w, enum message_state state)
{
	struct effect e = {.type = FX_SAVE_STATE,
			   .journal = JOURNAL_MESSAGE_STATE};

	e.state.contact_id = kit_uid('c', 1);
	e.state.from_seq = 1;
	e.state.to_seq = w->seq;
	e.state.state = state;
	e.state.at_ms = w->wall_ms;
	world_save(w, &e);
}

static void test_edit(void **state)
{
	struct world w;
	const char *at;

	(void)state;
	world_start(&w);
	at = say(&w, 1, "Helo");
	get(&w, at, 200, "\"edited_at\":null");
	patch(&w, at, "{\"text\":\"Hello\"}", 200, "\"text\":\"Hello\"");
	assert_int_equal(w.last.type, EV_CMD_EDIT);
	get(&w, at, 200, "\"edited_at\":\"20");
	get(&w, alice(&w, "/events?after=0&types=message.edited"), 200,
	    "\"text\":\"Hello\"");
	/* The repeat of the send finds it as it is now. */
	post(&w, conversation(&w, 1, "/messages"),
	     fmt("{\"client_id\":\"%s\",\"text\":\"Helo\"}", text_uuid(1)), 200,
	     "\"text\":\"Hello\"");
	patch(&w, at, "{\"text\":\"\"}", 422, "too_short");
	patch(&w, at, "{\"text\":null}", 422, "missing");
	patch(&w, at, "{}", 422, "missing");
	patch(&w, at, "{\"text\":\"a\",\"kind\":\"text\"}", 422, "/kind");
	w.fails = ERR_STATE; /* too old, says the node */
	patch(&w, at, "{\"text\":\"Hi\"}", 409, "conflict");
	world_end(&w);
}

/* HOSTILE P-12 */
static void test_only_own_messages(void **state)
{
	struct world w;
	const char *his;

	(void)state;
	world_start(&w);
	his = hear(&w);
	w.last.type = EV_TICK;
	patch(&w, his, "{\"text\":\"I never said that\"}", 409,
	      "a message of the contact");
	del(&w, fmt("%s?for=everyone", his), 409, "a message of the contact");
	post(&w, fmt("%s/cancel", his), NULL, 409, "a message of the contact");
	post(&w, fmt("%s/retry", his), NULL, 409, "a message of the contact");
	assert_int_equal(w.last.type, EV_TICK);
	get(&w, his, 200, "\"text\":\"From him\"");
	world_end(&w);
}

static void test_delete(void **state)
{
	struct world w;
	const char *one, *two, *his;

	(void)state;
	world_start(&w);
	one = say(&w, 1, "for all");
	two = say(&w, 2, "for me");
	his = hear(&w);
	del(&w, fmt("%s?for=none", one), 422, "one of me, everyone");
	del(&w, fmt("%s?for=everyone", one), 204, "");
	assert_int_equal(w.last.delete.how, DELETE_FOR_ALL);
	get(&w, one, 200, "\"kind\":\"deleted\",\"text\":\"\"");
	patch(&w, one, "{\"text\":\"x\"}", 409, "it is no text");
	put(&w, fmt("%s/reactions/x", one), NULL, 409, "it was deleted");
	del(&w, two, 204, "");
	assert_int_equal(w.last.delete.how, DELETE_FOR_ME);
	get(&w, two, 404, NULL);
	del(&w, two, 404, NULL);
	/* A repeat of the send does not send it again. */
	w.last.type = EV_TICK;
	post(&w, conversation(&w, 1, "/messages"),
	     fmt("{\"client_id\":\"%s\",\"text\":\"for me\"}", text_uuid(2)),
	     409, "deleted here");
	assert_int_equal(w.last.type, EV_TICK);
	del(&w, fmt("%s?for=me", his), 204, "");
	get(&w, his, 404, NULL);
	get(&w, alice(&w, "/events?after=0&types=message.deleted"), 200,
	    fmt("\"data\":{\"id\":\"%s\"}", id_of(two)));
	world_end(&w);
}

static void test_cancel_and_retry(void **state)
{
	struct world w;
	struct ask ask = {.method = "POST", .token = ADMIN};
	struct call c;
	const char *at;

	(void)state;
	world_start(&w);
	at = say(&w, 1, "Wait");
	post(&w, fmt("%s/retry", at), NULL, 409, "it has not failed");
	post(&w, fmt("%s/cancel", at), NULL, 200,
	     "\"problem\":{\"code\":\"cancelled\",\"title\":");
	get(&w, at, 200, "\"text\":\"Wait\"");
	get(&w, at, 200, "\"state\":\"failed\"");
	post(&w, fmt("%s/cancel", at), NULL, 409, "does not wait");
	ask.target = fmt("%s/retry", at);
	call_start(&c, &w, &ask);
	call_expect(&c, 202, "\"text\":\"Wait\"");
	call_expect(&c, 202, "\"state\":\"queued\"");
	assert_string_not_equal(call_string(&c, "id"), id_of(at));
	get(&w, c.location, 200, call_string(&c, "id"));
	call_clear(&c);
	get(&w, at, 404, NULL);
	post(&w, ask.target, NULL, 404, NULL);
	world_end(&w);
}

static void test_retry_twice_at_once(void **state)
{
	struct world w;
	struct ask ask = {.method = "POST", .token = ADMIN};
	struct call a, b;
	const char *at;

	(void)state;
	world_start(&w);
	at = say(&w, 1, "Once");
	post(&w, fmt("%s/cancel", at), NULL, 200, "\"state\":\"failed\"");
	w.is_manual = true;
	ask.target = fmt("%s/retry", at);
	call_start(&a, &w, &ask);
	call_start(&b, &w, &ask);
	assert_int_equal(w.pending_count, 1);
	world_commit(&w);
	call_expect(&a, 202, "\"text\":\"Once\"");
	call_expect(&b, 202, "\"text\":\"Once\"");
	assert_string_equal(call_string(&a, "id"), call_string(&b, "id"));
	call_clear(&a);
	call_clear(&b);
	world_end(&w);
}

/* What is said of a message that is about to go would go to the contact, and
 * stay, when nothing is left of the message. */
static void test_change_at_once_with_the_end(void **state)
{
	static const char *const ends[][2] = {
	    {"DELETE", ""}, {"DELETE", "?for=everyone"}, {"POST", "/cancel"}};
	struct ask ask = {.token = ADMIN};
	struct world w;
	struct call c;
	const char *at;
	size_t i;

	(void)state;
	world_start(&w);
	for (i = 0; i < 3; i++) {
		at = say(&w, (uint32_t)i + 1, "Secret");
		w.is_manual = true;
		ask.method = ends[i][0];
		ask.target = fmt("%s%s", at, ends[i][1]);
		call_start(&c, &w, &ask);
		patch(&w, at, "{\"text\":\"Secrets\"}", 409, "about to");
		put(&w, fmt("%s/reactions/x", at), NULL, 409, "about to");
		assert_int_equal(w.pending_count, 1);
		world_commit(&w);
		call_clear(&c);
		w.is_manual = false;
	}
	world_end(&w);
}

static void test_cancel_too_late(void **state)
{
	struct world w;
	const char *at;

	(void)state;
	world_start(&w);
	at = say(&w, 1, "Gone");
	set_state(&w, MESSAGE_SENT);
	get(&w, at, 200, "\"state\":\"sent\"");
	set_state(&w, MESSAGE_DELIVERED);
	get(&w, at, 200, "\"state\":\"delivered\"");
	post(&w, fmt("%s/cancel", at), NULL, 409, "does not wait");
	world_end(&w);
}

static void test_reactions(void **state)
{
	struct world w;
	const char *his, *thumb, *heart;

	(void)state;
	world_start(&w);
	his = hear(&w);
	thumb = fmt("%s/reactions/%%F0%%9F%%91%%8D", his);
	heart = fmt("%s/reactions/%%E2%%9D%%A4%%EF%%B8%%8F", his);
	put(&w, thumb, NULL, 204, "");
	get(&w, his, 200,
	    "\"reactions\":[{\"emoji\":\"\xf0\x9f\x91\x8d\","
	    "\"contact_id\":null,\"own\":true,\"at\":\"20");
	put(&w, heart, NULL, 204, "");
	get(&w, his, 200,
	    "\"reactions\":[{\"emoji\":\"\xe2\x9d\xa4\xef\xb8\x8f\",");
	/* Not the one that is there. */
	w.last.type = EV_TICK;
	del(&w, thumb, 204, "");
	assert_int_equal(w.last.type, EV_TICK);
	del(&w, heart, 204, "");
	get(&w, his, 200, "\"reactions\":[]");
	get(&w, alice(&w, "/events?after=0&types=message.reaction"), 200,
	    "From him");
	put(&w,
	    alice(&w, "/messages/%s/reactions/x",
		  text_id("msg", kit_uid('z', 1))),
	    NULL, 404, NULL);
	world_end(&w);
}

static void test_bad_reactions(void **state)
{
	static const char *const bad[] = {
	    "%00",    "%0a",	     "%1b", "a%e2%80%ae", "%ff",
	    "%f0%9f", "%F0%9F%91%8", "%",   "%zz",	  "%c0%af",
	};
	char longer[EMOJI_MAX_BYTES + 2];
	struct world w;
	const char *his;

	(void)state;
	world_start(&w);
	his = hear(&w);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		put(&w, fmt("%s/reactions/%s", his, bad[i]), NULL, 422,
		    "\"parameter\":\"emoji\",\"code\":\"invalid_emoji\"");
	memset(longer, 'x', sizeof(longer));
	longer[EMOJI_MAX_BYTES + 1] = '\0';
	put(&w, fmt("%s/reactions/%s", his, longer), NULL, 422, "1 to 32");
	put(&w, fmt("%s/reactions/%s", his, longer + 1), NULL, 204, "");
	put(&w, fmt("%s/reactions/", his), NULL, 404, "no such path");
	world_end(&w);
}

static const char *reply_body(uint32_t client, const char *to)
{
	return fmt(
	    "{\"client_id\":\"%s\",\"text\":\"Yes\",\"reply_to\":\"%s\"}",
	    text_uuid(client), to);
}

static void test_reply(void **state)
{
	struct world w;
	const char *his, *at, *want;

	(void)state;
	world_start(&w);
	his = hear(&w);
	at = conversation(&w, 1, "/messages");
	want = fmt("\"reply_to\":\"%s\"", id_of(his));
	post(&w, at, reply_body(1, id_of(his)), 201, want);
	assert_true(w.last.send.has_reply_to);
	post(&w, at, reply_body(1, id_of(his)), 200, want);
	/* Other content: another target, or none. */
	post(&w, at, reply_body(1, id_of(say(&w, 2, "mine"))), 409,
	     "client_id_reused");
	post(&w, at,
	     fmt("{\"client_id\":\"%s\",\"text\":\"Yes\"}", text_uuid(1)), 409,
	     "client_id_reused");
	post(&w, at, reply_body(3, text_id("msg", kit_uid('z', 1))), 422,
	     "\"pointer\":\"/reply_to\",\"code\":\"not_found\"");
	/* HOSTILE P-12: of another conversation. */
	post(&w, conversation(&w, 2, "/messages"), reply_body(4, id_of(his)),
	     422, "\"pointer\":\"/reply_to\",\"code\":\"not_found\"");
	del(&w, his, 204, "");
	post(&w, at, reply_body(1, id_of(his)), 200, "\"reply_to\":null");
	world_end(&w);
}

static const char *late_body(uint32_t client, const char *deliver_by)
{
	return fmt(
	    "{\"client_id\":\"%s\",\"text\":\"Now\",\"deliver_by\":\"%s\"}",
	    text_uuid(client), deliver_by);
}

/* KIT_WALL is 2027-01-15T08:00:00Z. */
static void test_deadline(void **state)
{
	struct world w;
	const char *at, *by = "2027-01-15T09:00:00.500Z";

	(void)state;
	world_start(&w);
	at = conversation(&w, 1, "/messages");
	post(&w, at, late_body(1, by), 201, fmt("\"deliver_by\":\"%s\"", by));
	assert_int_equal(w.last.send.deadline_ms, KIT_WALL + 3600500);
	post(&w, at, late_body(1, "2027-01-15T10:00:00.5+01:00"), 200, by);
	post(&w, at, late_body(1, "2027-01-15T09:00:00Z"), 409,
	     "client_id_reused");
	/* A repeat when it is over is a repeat all the same. */
	w.wall_ms = KIT_WALL + 4000000;
	post(&w, at, late_body(1, by), 200, by);
	post(&w, at, late_body(2, by), 422,
	     "\"pointer\":\"/deliver_by\",\"code\":\"in_the_past\"");
	post(&w, at, late_body(3, "1970-01-01T00:00:00Z"), 422, "in_the_past");
	/* Over when the node looks. */
	w.fails = ERR_RANGE;
	post(&w, at, late_body(4, "2027-01-15T11:00:00Z"), 422, "in_the_past");
	world_end(&w);
}

/* HOSTILE P-07 */
static void test_times_that_are_none(void **state)
{
	static const char *const bad[] = {
	    "",
	    "now",
	    "0",
	    "1800000000",
	    "2027-01-15",
	    "2027-02-29T00:00:00Z",
	    "2027-13-01T00:00:00Z",
	    "2027-00-01T00:00:00Z",
	    "2027-01-15T25:00:00Z",
	    "2027-01-15T09:00:00",
	    "2027-01-15T09:00:00.Z",
	    "2027-01-15T09:00:00.1234567890Z",
	    "2027-01-15T09:00:00Zx",
	    "-2027-01-15T09:00:00Z",
	    "1000000-01-15T09:00:00Z",
	    "0000-01-01T00:00:00Z",
	    "1969-12-31T23:59:59Z",
	    "2027-01-15T09:00:00+24:00",
	};
	struct world w;
	const char *at;

	(void)state;
	world_start(&w);
	at = conversation(&w, 1, "/messages");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		post(&w, at, late_body(1, bad[i]), 422,
		     "\"pointer\":\"/deliver_by\",\"code\":\"invalid_time\"");
		patch(&w, conversation(&w, 1, ""),
		      fmt("{\"muted_until\":\"%s\"}", bad[i]), 422,
		      "invalid_time");
	}
	post(&w, at,
	     fmt("{\"client_id\":\"%s\",\"text\":\"x\",\"deliver_by\":%s}",
		 text_uuid(1), "9007199254740992"),
	     422, "wrong_type");
	post(&w, at, late_body(1, "2026-01-15T09:00:00Z"), 422, "in_the_past");
	post(&w, at, late_body(1, "9999-12-31T23:59:59.999Z"), 201,
	     "\"deliver_by\":\"9999-12-31T23:59:59.999Z\"");
	world_end(&w);
}

static void test_conversation_patch(void **state)
{
	struct world w;
	const char *at;

	(void)state;
	world_start(&w);
	at = conversation(&w, 1, "");
	get(&w, at, 200,
	    "\"muted_until\":null,\"archived\":false,\"pinned\":false,"
	    "\"disappearing_seconds\":0,\"draft\":\"\"");
	patch(&w, at, "{\"muted_until\":\"2027-02-01T00:00:00Z\"}", 200,
	      "\"muted_until\":\"2027-02-01T00:00:00.000Z\"");
	assert_int_equal(w.last.conversation_set.fields, CONVERSATION_MUTED);
	patch(&w, at, "{\"archived\":true,\"pinned\":true}", 200,
	      "\"archived\":true,\"pinned\":true");
	patch(&w, at, "{\"draft\":\"Dear\\nBob\"}", 200,
	      "\"draft\":\"Dear\\nBob\"");
	patch(&w, at, "{\"muted_until\":null,\"draft\":null}", 200,
	      "\"muted_until\":null,\"archived\":true,\"pinned\":true,"
	      "\"disappearing_seconds\":0,\"draft\":\"\"");
	patch(&w, at, "{}", 200, "\"archived\":true");
	get(&w, alice(&w, "/events?after=0&types=conversation.updated"), 200,
	    "\"pinned\":true");
	patch(&w, at, "{\"archived\":null}", 422, "cannot be null");
	patch(&w, at, "{\"title\":\"Bob\"}", 422, "unknown_field");
	patch(&w, conversation(&w, 9, ""), "{\"pinned\":true}", 404, NULL);
	world_end(&w);
}

static void test_draft_limit(void **state)
{
	static char draft[TEXT_MAX + 2];
	struct world w;
	const char *at;
	char body[TEXT_MAX + 32];

	(void)state;
	world_start(&w);
	at = conversation(&w, 1, "");
	memset(draft, 'x', sizeof(draft));
	draft[TEXT_MAX + 1] = '\0';
	snprintf(body, sizeof(body), "{\"draft\":\"%s\"}", draft + 1);
	patch(&w, at, body, 200, draft + 1);
	snprintf(body, sizeof(body), "{\"draft\":\"%s\"}", draft);
	patch(&w, at, body, 422, "too_long");
	world_end(&w);
}

static void test_timer(void **state)
{
	struct world w;
	const char *at;

	(void)state;
	world_start(&w);
	at = conversation(&w, 1, "");
	patch(&w, at, "{\"disappearing_seconds\":60}", 200,
	      "\"disappearing_seconds\":60");
	assert_int_equal(w.last.type, EV_CMD_TIMER);
	assert_int_equal(w.last.timer.ttl_s, 60);
	get(&w, conversation(&w, 1, "/messages"), 200,
	    "\"kind\":\"timer\",\"text\":\"\"");
	get(&w, conversation(&w, 1, "/messages"), 200,
	    "\"disappears_after_seconds\":60");
	/* It is so already: nothing is sent. */
	w.last.type = EV_TICK;
	patch(&w, at, "{\"disappearing_seconds\":60}", 200,
	      "\"disappearing_seconds\":60");
	patch(&w, at, "{\"disappearing_seconds\":4}", 422, "out_of_range");
	patch(&w, at, "{\"disappearing_seconds\":-1}", 422, "out_of_range");
	patch(&w, at, "{\"disappearing_seconds\":31622401}", 422,
	      "out_of_range");
	patch(&w, at, "{\"disappearing_seconds\":null}", 422, "wrong_type");
	patch(&w, at, "{\"disappearing_seconds\":0,\"pinned\":true}", 422,
	      "exclusive");
	assert_int_equal(w.last.type, EV_TICK);
	patch(&w, at, "{\"disappearing_seconds\":0}", 200,
	      "\"disappearing_seconds\":0");
	world_end(&w);
}

static void test_history_delete(void **state)
{
	struct world w;

	(void)state;
	world_start(&w);
	say(&w, 1, "One");
	hear(&w);
	del(&w, conversation(&w, 1, ""), 204, "");
	assert_int_equal(w.last.type, EV_CMD_HISTORY_DELETE);
	get(&w, conversation(&w, 1, "/messages"), 200, "{\"items\":[],");
	get(&w, conversation(&w, 1, ""), 200, "\"last_message\":null");
	del(&w, conversation(&w, 9, ""), 404, NULL);
	world_end(&w);
}

static void test_typing(void **state)
{
	struct world w;
	const char *at;

	(void)state;
	world_start(&w);
	at = conversation(&w, 1, "/typing");
	put(&w, at, "{\"typing\":true}", 204, "");
	assert_int_equal(w.last.type, EV_CMD_TYPING);
	assert_true(w.last.typing.on);
	put(&w, at, "{\"typing\":false}", 204, "");
	assert_false(w.last.typing.on);
	put(&w, at, "{}", 422, "missing");
	put(&w, at, "{\"typing\":\"yes\"}", 422, "wrong_type");
	put(&w, conversation(&w, 9, "/typing"), "{\"typing\":true}", 404, NULL);
	world_end(&w);
}

/* What is read is told by the last that the contact sent. */
static void test_read_tells_of_his_last(void **state)
{
	struct world w;
	struct uid mid;
	const char *own;

	(void)state;
	world_start(&w);
	own = say(&w, 1, "First");
	put(&w, conversation(&w, 1, "/read"),
	    fmt("{\"message_id\":\"%s\"}", id_of(own)), 200, NULL);
	assert_false(w.last.read.has_mid);
	hear(&w);
	mid = kit_uid('d', 1000000 + (uint32_t)w.seq);
	own = say(&w, 2, "Last");
	put(&w, conversation(&w, 1, "/read"),
	    fmt("{\"message_id\":\"%s\"}", id_of(own)), 200,
	    "\"unread_count\":0");
	assert_true(w.last.read.has_mid);
	assert_memory_equal(w.last.read.mid.b, mid.b, sizeof(mid.b));
	world_end(&w);
}

static void test_unsupported_kind(void **state)
{
	struct effect e = kit_message_in(1, 101, "\x01\x02\xff");
	struct world w;

	(void)state;
	world_start(&w);
	e.message.kind = 77;
	world_save(&w, &e);
	get(&w,
	    alice(&w, "/messages/%s", text_id("msg", kit_uid('n', 1000101))),
	    200, "\"kind\":\"unsupported\",\"text\":\"\"");
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_edit),
	    cmocka_unit_test(test_only_own_messages),
	    cmocka_unit_test(test_delete),
	    cmocka_unit_test(test_cancel_and_retry),
	    cmocka_unit_test(test_retry_twice_at_once),
	    cmocka_unit_test(test_change_at_once_with_the_end),
	    cmocka_unit_test(test_cancel_too_late),
	    cmocka_unit_test(test_reactions),
	    cmocka_unit_test(test_bad_reactions),
	    cmocka_unit_test(test_reply),
	    cmocka_unit_test(test_deadline),
	    cmocka_unit_test(test_times_that_are_none),
	    cmocka_unit_test(test_conversation_patch),
	    cmocka_unit_test(test_draft_limit),
	    cmocka_unit_test(test_timer),
	    cmocka_unit_test(test_history_delete),
	    cmocka_unit_test(test_typing),
	    cmocka_unit_test(test_read_tells_of_his_last),
	    cmocka_unit_test(test_unsupported_kind),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
