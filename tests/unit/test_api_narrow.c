/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a token for one conversation of three has in sight.
 */
#include <stdio.h>

#include <sodium.h>

#include "api_kit.h"
#include "api_token.h"
#include "check.h"
#include "store_files.h"

#define EVERYTHING                                                             \
	"users:read\",\"users:unlock\",\"contacts:read\",\"contacts:write\","  \
	"\"messages:read\",\"messages:send\",\"messages:delete\","             \
	"\"files:read\",\"files:write\",\"events:read\",\"profile:write\","    \
	"\"tor:read\",\"tokens:create"

static const char *conversation(uint32_t n)
{
	return text_id("cnv", kit_uid('v', n));
}

static const char *contact(uint32_t n)
{
	return text_id("ctc", kit_uid('c', n));
}

static void start(struct call *c, struct world *w, const char *token,
		  const char *target)
{
	struct ask ask = {.method = "GET", .token = token, .target = target};

	call_start(c, w, &ask);
	call_expect(c, 200, NULL);
}

static void stream(struct call *c, struct world *w, const char *token,
		   const char *target)
{
	struct ask ask = {.method = "GET",
			  .token = token,
			  .target = target,
			  .accept = "text/event-stream"};

	call_start(c, w, &ask);
	assert_int_equal(c->status, 200);
}

/* HOSTILE W-15 */
static void test_lists(void **state)
{
	static const char *const lists[] = {"/conversations", "/contacts"};
	const char *token, *cursor;
	struct world w;
	struct call c;

	(void)state;
	world_start(&w);
	token = token_narrow(&w, EVERYTHING);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		start(&c, &w, token, alice(&w, "%s", lists[i]));
		call_expect(&c, 200, conversation(1));
		call_expect(&c, 200, "\"next_cursor\":null");
		assert_int_equal(call_count(&c, "\"conversation_id\":\"cnv_") +
				     call_count(&c, "\"id\":\"cnv_"),
				 1);
		call_clear(&c);
		/* What is in sight fills the page, however much is not. */
		start(&c, &w, token, alice(&w, "%s?limit=1", lists[i]));
		call_expect(&c, 200, conversation(1));
		call_expect(&c, 200, "\"next_cursor\":null");
		call_clear(&c);
	}
	/* A cursor of somebody else's is worth as much as one of nowhere. */
	start(&c, &w, ADMIN, alice(&w, "/conversations?limit=1"));
	cursor = fmt("%s", call_string(&c, "next_cursor"));
	call_clear(&c);
	expect(&w,
	       as(token, "GET", alice(&w, "/conversations?cursor=%s", cursor),
		  NULL),
	       410, "cursor_expired");
	expect(&w, as(token, "GET", "/v1/session", NULL), 200,
	       fmt("\"user_ids\":[\"%s\"],\"conversation_ids\":[\"%s\"]",
		   text_id("usr", w.people[ALICE].user.id), conversation(1)));
	world_end(&w);
}

static const struct {
	const char *method, *rest, *body;
	enum { OF_CONVERSATION, OF_CONTACT, OF_MESSAGE, OF_FILE } of;
} asks[] = {
    {"GET", "", NULL, OF_CONVERSATION},
    {"GET", "/messages", NULL, OF_CONVERSATION},
    {"GET", "/messages?nosuch=1", NULL, OF_CONVERSATION},
    {"PATCH", "", "{\"pinned\":true}", OF_CONVERSATION},
    {"PATCH", "", "{\"no such\":true}", OF_CONVERSATION},
    {"POST", "/messages", "{}", OF_CONVERSATION},
    {"PUT", "/typing", "{\"typing\":true}", OF_CONVERSATION},
    {"DELETE", "", NULL, OF_CONVERSATION},
    {"GET", "", NULL, OF_CONTACT},
    {"GET", "/safety-number", NULL, OF_CONTACT},
    {"PATCH", "", "{\"note\":\"x\"}", OF_CONTACT},
    {"PUT", "/verification", "{\"verified\":true}", OF_CONTACT},
    {"POST", "/introduce", "{}", OF_CONTACT},
    {"DELETE", "", NULL, OF_CONTACT},
    {"GET", "", NULL, OF_MESSAGE},
    {"PATCH", "", "{\"text\":\"x\"}", OF_MESSAGE},
    {"DELETE", "", NULL, OF_MESSAGE},
    {"DELETE", "?for=nobody", NULL, OF_MESSAGE},
    {"POST", "/cancel", NULL, OF_MESSAGE},
    {"POST", "/retry", NULL, OF_MESSAGE},
    {"PUT", "/reactions/x", NULL, OF_MESSAGE},
    {"DELETE", "/reactions/x", NULL, OF_MESSAGE},
    {"GET", "", NULL, OF_FILE},
    {"GET", "/content", NULL, OF_FILE},
    {"GET", "/content?nosuch=1", NULL, OF_FILE},
    {"GET", "/thumbnail", NULL, OF_FILE},
    {"POST", "/ticket", NULL, OF_FILE},
    {"PATCH", "/transfer", "{\"state\":\"running\"}", OF_FILE},
    {"DELETE", "", NULL, OF_FILE},
};

/* Whatever is asked of things of another conversation, the answer is that of
 * things that were never there. */
static void test_single_ones(void **state)
{
	const char *real[4], *none[4];
	struct effect message = kit_message_in(2, 1, "not for it");
	const char *token;
	struct world w;

	(void)state;
	world_start(&w);
	message.message.id = kit_uid('n', 7);
	world_save(&w, &message);
	files_save_offer(&w.people[ALICE].kit, 2, 5);
	real[OF_CONVERSATION] = alice(&w, "/conversations/%s", conversation(2));
	none[OF_CONVERSATION] = alice(&w, "/conversations/%s", conversation(9));
	real[OF_CONTACT] = alice(&w, "/contacts/%s", contact(2));
	none[OF_CONTACT] = alice(&w, "/contacts/%s", contact(9));
	real[OF_MESSAGE] =
	    alice(&w, "/messages/%s", text_id("msg", kit_uid('n', 7)));
	none[OF_MESSAGE] =
	    alice(&w, "/messages/%s", text_id("msg", kit_uid('n', 9)));
	real[OF_FILE] = alice(&w, "/files/%s", text_id("fil", files_id(2, 5)));
	none[OF_FILE] = alice(&w, "/files/%s", text_id("fil", files_id(2, 6)));
	token = token_narrow(&w, EVERYTHING);
	for (size_t i = 0; i < ARRAY_SIZE(asks); i++) {
		struct ask ask = {.method = asks[i].method,
				  .token = token,
				  .body = asks[i].body};
		struct call a, b;

		ask.target = fmt("%s%s", real[asks[i].of], asks[i].rest);
		call_start(&a, &w, &ask);
		call_expect(&a, 404, "not_found");
		ask.target = fmt("%s%s", none[asks[i].of], asks[i].rest);
		call_start(&b, &w, &ask);
		assert_string_equal(call_text(&a), call_text(&b));
		call_clear(&a);
		call_clear(&b);
	}
	assert_int_equal(w.last.type, 0);
	world_end(&w);
}

static void test_own_ones(void **state)
{
	struct effect message = kit_message_in(1, 1, "for it");
	const char *token, *chat;
	struct world w;

	(void)state;
	world_start(&w);
	message.message.id = kit_uid('n', 7);
	world_save(&w, &message);
	files_save_offer(&w.people[ALICE].kit, 1, 5);
	token = token_narrow(&w, EVERYTHING);
	chat = alice(&w, "/conversations/%s", conversation(1));
	expect(&w, as(token, "GET", chat, NULL), 200, "\"last_message\":{");
	expect(&w, as(token, "GET", fmt("%s/messages", chat), NULL), 200,
	       "for it");
	expect(&w,
	       as(token, "POST", fmt("%s/messages", chat),
		  fmt("{\"client_id\":\"%s\",\"text\":\"yes\"}", text_uuid(1))),
	       201, "\"text\":\"yes\"");
	expect(&w, as(token, "PATCH", chat, "{\"pinned\":true}"), 200,
	       "\"pinned\":true");
	expect(&w,
	       as(token, "GET", alice(&w, "/contacts/%s", contact(1)), NULL),
	       200, conversation(1));
	expect(&w,
	       as(token, "GET",
		  alice(&w, "/files/%s", text_id("fil", files_id(1, 5))), NULL),
	       200, "\"state\":\"offered\"");
	expect(&w,
	       as(token, "GET",
		  alice(&w, "/files?conversation_id=%s", conversation(1)),
		  NULL),
	       200, text_id("fil", files_id(1, 5)));
	expect(&w,
	       as(token, "PUT",
		  alice(&w, "/messages/%s/reactions/x",
			text_id("msg", kit_uid('n', 7))),
		  NULL),
	       204, NULL);
	/* Both of them have to be in sight. */
	expect(&w,
	       as(token, "POST",
		  alice(&w, "/contacts/%s/introduce", contact(1)),
		  fmt("{\"to\":\"%s\"}", contact(2))),
	       422, "no such contact");
	expect(&w,
	       as(token, "POST",
		  alice(&w, "/contacts/%s/introduce", contact(1)),
		  fmt("{\"to\":\"%s\"}", contact(9))),
	       422, "no such contact");
	world_end(&w);
}

/* What is bound to no conversation. */
static void test_closed(void **state)
{
	static const char *const paths[] = {"",		"/profile", "/presence",
					    "/privacy", "/address", "/invites",
					    "/requests"};
	const char *token;
	struct world w;

	(void)state;
	world_start(&w);
	token = token_narrow(&w, EVERYTHING);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		expect(&w, as(token, "GET", alice(&w, "%s", paths[i]), NULL),
		       403, "some conversations only");
	expect(&w, as(token, "GET", "/v1/users", NULL), 403,
	       "some conversations");
	expect(&w, as(token, "POST", alice(&w, "/lock"), NULL), 403,
	       "some conversations");
	expect(&w, as(token, "GET", "/v1/daemon", NULL), 200, NULL);
	expect(&w, as(token, "GET", "/v1/tor", NULL), 200,
	       text_id("usr", w.people[ALICE].user.id));
	/* Other users are not even that. */
	expect(&w,
	       as(token, "GET",
		  fmt("/v1/users/%s/contacts",
		      text_id("usr", w.people[CAROL].user.id)),
		  NULL),
	       404, "not_found");
	/* The admin's scope opens none of it either. */
	token = token_narrow(&w, "admin");
	expect(&w, as(token, "GET", alice(&w, "/privacy"), NULL), 403,
	       "some conversations");
	expect(&w,
	       as(token, "PUT", alice(&w, "/passphrase"),
		  "{\"old_passphrase\":\"" PASSPHRASE
		  "\",\"new_passphrase\":\"" PASSPHRASE "\"}"),
	       403, "some conversations");
	expect(&w, as(token, "POST", "/v1/login-tokens", NULL), 403, NULL);
	expect(&w, as(token, "GET", "/v1/tokens", NULL), 403, NULL);
	expect(&w,
	       as(token, "GET", alice(&w, "/conversations/%s", conversation(1)),
		  NULL),
	       200, NULL);
	world_end(&w);
}

static void delete_file(struct world *w, uint32_t n)
{
	const struct effect gone = {.type = FX_DELETE_FILE,
				    .journal = JOURNAL_FILE_STATE,
				    .target = files_id(n, 5)};

	kit_save(&w->people[ALICE].kit, &gone);
}

/* Also once nobody can ask any more whose it was. */
static void test_deleted_files(void **state)
{
	struct world w;
	struct call c;

	(void)state;
	world_start(&w);
	files_save_offer(&w.people[ALICE].kit, 1, 5);
	files_save_offer(&w.people[ALICE].kit, 2, 5);
	delete_file(&w, 1);
	delete_file(&w, 2);
	start(&c, &w, token_narrow(&w, EVERYTHING),
	      alice(&w, "/events?after=0&limit=200"));
	call_expect(&c, 200, text_id("fil", files_id(1, 5)));
	/* When it was offered, and when it was deleted. */
	assert_int_equal(call_count(&c, "\"state\":\"deleted\""), 2);
	assert_int_equal(call_count(&c, text_id("fil", files_id(2, 5))), 0);
	call_clear(&c);
	world_end(&w);
}

static void test_events(void **state)
{
	const struct file_progress p = {10, 5};
	struct uid user;
	const char *token;
	struct call c, poll, daemon;
	struct world w;

	(void)state;
	world_start(&w);
	user = w.people[ALICE].user.id;
	token = token_narrow(&w, EVERYTHING);
	stream(&c, &w, token, alice(&w, "/events?after=0"));
	assert_int_equal(call_count(&c, "event: contact.added"), 1);
	assert_int_equal(call_count(&c, "event: conversation.created"), 1);
	call_expect(&c, 200, conversation(1));
	files_save_offer(&w.people[ALICE].kit, 1, 5);
	files_save_offer(&w.people[ALICE].kit, 2, 5);
	world_receive(&w, 2, "not for it");
	world_receive(&w, 1, "for it");
	world_receive(&w, 3, "nor this");
	call_expect(&c, 200, "\"text\":\"for it\"");
	api_presence(w.api, user, kit_uid('c', 2), true);
	api_typing(w.api, user, kit_uid('c', 3), true);
	api_progress(w.api, user, files_id(2, 5), &p);
	assert_int_equal(call_count(&c, "event: presence"), 0);
	assert_int_equal(call_count(&c, "event: typing"), 0);
	assert_int_equal(call_count(&c, "event: file.progress"), 0);
	api_presence(w.api, user, kit_uid('c', 1), true);
	api_typing(w.api, user, kit_uid('c', 1), true);
	api_progress(w.api, user, files_id(1, 5), &p);
	call_expect(&c, 200, "event: presence");
	call_expect(&c, 200, "event: typing");
	call_expect(&c, 200, "event: file.progress");
	put(&w, alice(&w, "/profile"),
	    "{\"display_name\":\"Al\",\"status_text\":\"\"}", 200, NULL);
	patch(&w, alice(&w, "/contacts/%s", contact(2)), "{\"note\":\"x\"}",
	      200, NULL);
	post(&w, alice(&w, "/invites"), "{}", 201, NULL);
	assert_int_equal(call_count(&c, "profile"), 0);
	assert_int_equal(call_count(&c, conversation(2)), 0);
	assert_int_equal(call_count(&c, conversation(3)), 0);
	assert_int_equal(call_count(&c, contact(2)), 0);
	call_clear(&c);
	/* A poll passes over the others, and waits on. */
	start(&poll, &w, token, alice(&w, "/events?after=0&limit=200"));
	assert_int_equal(call_count(&poll, conversation(2)), 0);
	call_expect(&poll, 200, "for it");
	call_clear(&poll);
	stream(&daemon, &w, token, "/v1/events?users=all");
	world_receive(&w, 2, "not for it");
	world_receive(&w, 1, "all the same for it");
	api_presence(w.api, user, kit_uid('c', 2), true);
	world_lock(&w, CAROL);
	world_lock(&w, ALICE);
	call_expect(&daemon, 200, "all the same for it");
	assert_int_equal(call_count(&daemon, "\nevent: "), 2);
	assert_int_equal(call_count(&daemon, "event: user"), 0);
	call_clear(&daemon);
	world_end(&w);
}

static const char *offer_of(uint32_t n, const char *file)
{
	return fmt("{\"client_id\":\"%s\",\"file_ids\":[\"%s\"]}", text_uuid(n),
		   file);
}

/* A file is not bound to anything before it is offered: then it is for him to
 * see who brings it. */
static void test_uploads(void **state)
{
	const char *one, *two, *mine, *theirs, *chat;
	struct world w;
	struct call c;

	(void)state;
	world_start(&w);
	one = token_narrow(&w, EVERYTHING);
	w.wall_ms++;
	two = token_narrow(&w, EVERYTHING);
	mine = token_upload(&w, one, "mine");
	theirs = token_upload(&w, ADMIN, "theirs");
	chat = alice(&w, "/conversations/%s/messages", conversation(1));
	expect(&w, as(one, "GET", alice(&w, "/files/%s/content", mine), NULL),
	       200, "mine");
	expect(&w, as(one, "GET", alice(&w, "/files/%s", theirs), NULL), 404,
	       NULL);
	expect(&w, as(two, "GET", alice(&w, "/files/%s", mine), NULL), 404,
	       NULL);
	start(&c, &w, one, alice(&w, "/files"));
	call_expect(&c, 200, mine);
	assert_int_equal(call_count(&c, "\"id\":\"fil_"), 1);
	call_clear(&c);
	start(&c, &w, one, alice(&w, "/events?after=0&types=file.state"));
	call_expect(&c, 200, mine);
	assert_int_equal(call_count(&c, theirs), 0);
	call_clear(&c);
	expect(&w, as(one, "POST", chat, offer_of(1, theirs)), 422,
	       "no such file");
	expect(&w, as(two, "POST", chat, offer_of(1, mine)), 422,
	       "no such file");
	expect(&w, as(one, "POST", chat, offer_of(1, mine)), 201, mine);
	/* Now it is of this conversation. */
	expect(&w, as(two, "GET", alice(&w, "/files/%s", mine), NULL), 200,
	       NULL);
	world_end(&w);
}

/* Who brings it is not remembered for ever; he has to know its client_id. */
static void test_upload_after_a_restart(void **state)
{
	static const char body[] = "{\"name\":\"b\",\"size\":10,\"client_id\":"
				   "\"0198f2c0-7a1b-7c3d-8e4f-000000000001\"}";
	char token[96];
	const char *file;
	struct world w;
	struct call c;
	struct ask ask = {.method = "POST", .body = body};

	(void)state;
	world_start(&w);
	snprintf(token, sizeof(token), "%s", token_narrow(&w, EVERYTHING));
	ask.token = token;
	ask.target = alice(&w, "/files");
	call_start(&c, &w, &ask);
	call_expect(&c, 201, "uploading");
	file = alice(&w, "/files/%s", call_string(&c, "id"));
	call_clear(&c);
	world_restart(&w);
	expect(&w, as(token, "GET", file, NULL), 404, "not_found");
	expect(&w, &ask, 200, "uploading");
	expect(&w, as(token, "GET", file, NULL), 200, "uploading");
	world_end(&w);
}

static void test_making(void **state)
{
	const char *token, *child;
	struct world w;

	(void)state;
	world_start(&w);
	token = token_narrow(&w, EVERYTHING);
	expect(&w,
	       as(token, "POST", "/v1/tokens",
		  fmt("{\"name\":\"x\",\"scopes\":[\"messages:read\"],"
		      "\"conversation_ids\":[\"%s\"]}",
		      conversation(2))),
	       422, "/conversation_ids");
	w.wall_ms++;
	child = token_make(&w, token, "messages:read", "");
	expect(&w,
	       as(child, "GET", alice(&w, "/conversations/%s", conversation(1)),
		  NULL),
	       200, NULL);
	expect(&w,
	       as(child, "GET", alice(&w, "/conversations/%s", conversation(2)),
		  NULL),
	       404, NULL);
	/* One for another user has no place among alice's conversations. */
	post(&w, "/v1/tokens",
	     fmt("{\"name\":\"x\",\"scopes\":[\"messages:read\"],"
		 "\"user_ids\":[\"%s\"],\"conversation_ids\":[\"%s\"]}",
		 text_id("usr", w.people[CAROL].user.id), conversation(1)),
	     422, "/conversation_ids");
	/* A conversation that is gone is not every one. */
	del(&w, alice(&w, "/contacts/%s", contact(1)), 204, NULL);
	expect(&w, as(token, "GET", alice(&w, "/conversations"), NULL), 200,
	       "\"items\":[]");
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lists),
	    cmocka_unit_test(test_single_ones),
	    cmocka_unit_test(test_own_ones),
	    cmocka_unit_test(test_closed),
	    cmocka_unit_test(test_events),
	    cmocka_unit_test(test_deleted_files),
	    cmocka_unit_test(test_uploads),
	    cmocka_unit_test(test_upload_after_a_restart),
	    cmocka_unit_test(test_making),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
