/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sodium.h>

#include "api_kit.h"
#include "check.h"
#include "store_files.h"

/* The first id of this kind that the body of an answer names. */
static const char *made(struct call *c)
{
	const char *id = fmt("%s", call_string(c, "id"));

	assert_true(strncmp(id, "fil_", 4) == 0);
	return id;
}

static struct ask ask_for(const char *method, const char *target,
			  const char *body)
{
	return (struct ask){.method = method,
			    .target = target,
			    .token = ADMIN,
			    .type = "application/octet-stream",
			    .body = body};
}

static const char *upload(struct world *w, const char *query, const char *body)
{
	struct ask ask =
	    ask_for("PUT", alice(w, "/files?name=a.txt%s", query), body);
	const char *id;
	struct call c;

	call_start(&c, w, &ask);
	call_expect(&c, 201, "\"state\":\"ready\"");
	assert_true(c.is_done && !c.is_held);
	id = made(&c);
	assert_non_null(strstr(c.location, id));
	call_clear(&c);
	return id;
}

static const char *announce(struct world *w, const char *body)
{
	struct ask ask = {.method = "POST",
			  .target = alice(w, "/files"),
			  .token = ADMIN,
			  .body = body};
	const char *id;
	struct call c;

	call_start(&c, w, &ask);
	call_expect(&c, 201, "\"state\":\"uploading\"");
	id = made(&c);
	call_clear(&c);
	return id;
}

static void one_file(void **state)
{
	struct world w;
	const char *id, *path;

	(void)state;
	world_start(&w);
	id = upload(&w, "&media_type=text/plain", "hello");
	path = alice(&w, "/files/%s", id);
	get(&w, alice(&w, "/files"), 200, id);
	get(&w, path, 200, "\"size\":5");
	get(&w, fmt("%s/content", path), 200, "hello");
	get(&w, fmt("%s/thumbnail", path), 404, "not_found");
	post(&w, fmt("%s/ticket", path), NULL, 201, "?ticket=");
	patch(&w, fmt("%s/transfer", path), "{\"state\":\"running\"}", 409,
	      "conflict");
	del(&w, path, 204, NULL);
	get(&w, path, 404, "not_found");
	world_end(&w);
}

static void in_pieces(void **state)
{
	struct world w;
	struct call c;
	struct ask ask;
	const char *id, *path;

	(void)state;
	world_start(&w);
	id = announce(&w, "{\"name\":\"b\",\"size\":10,\"thumbnail\":\"/9j/"
			  "AAAA\"}");
	path = alice(&w, "/files/%s", id);
	get(&w, fmt("%s/thumbnail", path), 200, NULL);
	ask = ask_for("PATCH", fmt("%s/content", path), "12345");
	ask.upload_offset = "0";
	expect(&w, &ask, 204, NULL);
	expect(&w, &ask, 409, "conflict");
	get(&w, path, 200, "\"bytes_done\":5");
	ask = ask_for("HEAD", fmt("%s/content", path), NULL);
	call_start(&c, &w, &ask);
	call_expect(&c, 204, NULL);
	assert_non_null(strstr(c.headers, "Upload-Offset: 5\n"));
	call_clear(&c);
	/* Long idle, it is let go, and begins anew: no chunk was whole. */
	w.mono_ms += 11 * 60 * 1000;
	api_tick(w.api);
	get(&w, path, 200, "\"bytes_done\":0");
	ask = ask_for("PATCH", fmt("%s/content", path), "1234567890");
	ask.upload_offset = "0";
	ask.upload_complete = "?1";
	expect(&w, &ask, 204, NULL);
	get(&w, fmt("%s/content", path), 200, "1234567890");
	world_end(&w);
}

/* Nobody goes on with it, and it holds what others might need. */
static void given_up(void **state)
{
	const uint64_t day_ms = 24 * 60 * 60 * 1000;
	struct world w;
	const char *old, *new, *ready;
	struct ask ask;

	(void)state;
	world_start(&w);
	ready = upload(&w, "", "hello");
	old = announce(&w, "{\"name\":\"b\",\"size\":10}");
	w.wall_ms += 6 * day_ms;
	new = announce(&w, "{\"name\":\"c\",\"size\":5}");
	get(&w, alice(&w, "/files/%s", old), 200, "uploading");
	w.wall_ms += 2 * day_ms;
	upload(&w, "", "more");
	get(&w, alice(&w, "/files/%s", old), 404, "not_found");
	get(&w, alice(&w, "/files/%s", ready), 200, "ready");
	ask = ask_for("PATCH", alice(&w, "/files/%s/content", new), "12345");
	ask.upload_offset = "0";
	expect(&w, &ask, 204, NULL);
	/* Also of a user who comes back. */
	old = announce(&w, "{\"name\":\"b\",\"size\":10}");
	w.wall_ms += 8 * day_ms;
	api_user_state_changed(w.api, w.people[ALICE].user.id);
	get(&w, alice(&w, "/files/%s", old), 404, "not_found");
	get(&w, alice(&w, "/files/%s", new), 200, "ready");
	world_end(&w);
}

static void ranges(void **state)
{
	struct world w;
	struct ask ask;
	struct call c;

	(void)state;
	world_start(&w);
	ask = ask_for("GET",
		      alice(&w, "/files/%s/content", upload(&w, "", "hello")),
		      NULL);
	ask.range = "bytes=1-3";
	call_start(&c, &w, &ask);
	call_expect(&c, 206, "ell");
	assert_int_equal(c.body.len, 3);
	assert_non_null(strstr(c.headers, "Content-Range: bytes 1-3/5\n"));
	call_clear(&c);
	ask.range = "bytes=5-";
	expect(&w, &ask, 416, "range");
	world_end(&w);
}

/* What waits for a reader does not go on by itself. */
static void slow_reader(void **state)
{
	static char big[300000];
	struct world w;
	struct ask ask;
	struct call c;
	size_t got;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	world_start(&w);
	ask = ask_for(
	    "GET", alice(&w, "/files/%s/content", upload(&w, "", big)), NULL);
	call_start(&c, &w, &ask);
	got = c.body.len;
	assert_true(!c.is_done && got < sizeof(big) - 1);
	c.unread = 1;
	api_tick(w.api);
	assert_int_equal(c.body.len, got);
	c.unread = 0;
	while (!c.is_done) {
		api_request_drained(c.r);
		assert_true(c.body.len > got);
		got = c.body.len;
	}
	assert_int_equal(c.body.len, sizeof(big) - 1);
	call_clear(&c);
	/* The user is locked: cut. */
	call_start(&c, &w, &ask);
	post(&w, alice(&w, "/lock"), NULL, 200, "locked");
	assert_true(c.is_aborted);
	call_clear(&c);
	world_end(&w);
}

static void tickets(void **state)
{
	struct world w;
	struct ask ask;
	struct call c;
	const char *id, *url;

	(void)state;
	world_start(&w);
	id = upload(&w, "", "hello");
	ask = ask_for("POST", alice(&w, "/files/%s/ticket", id), NULL);
	call_start(&c, &w, &ask);
	url = fmt("%s", call_string(&c, "url"));
	call_clear(&c);
	ask = ask_for("GET", url, NULL);
	ask.token = NULL;
	expect(&w, &ask, 200, "hello");
	w.mono_ms += 5 * 60 * 1000;
	expect(&w, &ask, 401, "unauthorized");
	world_end(&w);
}

static void offered(void **state)
{
	struct world w;
	struct kit *k;
	const char *path;

	(void)state;
	world_start(&w);
	k = &w.people[ALICE].kit;
	files_save_offer(k, 1, 5);
	path = alice(&w, "/files/%s", text_id("fil", files_id(1, 5)));
	get(&w, path, 200, "\"state\":\"offered\"");
	get(&w, fmt("%s/content", path), 409, "conflict");
	get(&w, fmt("%s/thumbnail", path), 200, "preview");
	patch(&w, fmt("%s/transfer", path), "{\"state\":\"running\"}", 200,
	      "\"direction\":\"in\"");
	assert_int_equal(w.last.file_set.wish, FILE_RUN);
	patch(&w, fmt("%s/transfer", path), "{\"state\":\"fast\"}", 422,
	      "/state");
	get(&w,
	    alice(&w, "/messages/%s",
		  text_id("msg", files_row(1, 5).file.message_id)),
	    200, "\"kind\":\"file\",\"text\":\"\",\"files\":[{\"id\":\"fil_");
	files_set(k, 1, 5, FILE_PAUSED);
	get(&w, alice(&w, "/events?after=0&types=file.state"), 200,
	    "\"state\":\"paused\"");
	del(&w, path, 204, NULL);
	assert_int_equal(w.last.type, EV_CMD_FILE_DELETE);
	world_end(&w);
}

static void progress(void **state)
{
	const struct file_progress p = {10, 5};
	struct uid file = files_id(1, 5);
	struct world w;
	struct ask ask = {.method = "GET", .token = ADMIN};
	struct call c;

	(void)state;
	world_start(&w);
	files_save_offer(&w.people[ALICE].kit, 1, 5);
	ask.target = alice(&w, "/events?types=file.progress");
	ask.accept = "text/event-stream";
	call_start(&c, &w, &ask);
	api_progress(w.api, w.people[ALICE].user.id, file, &p);
	call_expect(&c, 200,
		    "\"size\":196708,\"bytes_done\":10,"
		    "\"bytes_per_second\":5,\"seconds_left\":39340}");
	assert_null(strstr(call_text(&c), "id: 1"));
	call_clear(&c);
	world_end(&w);
}

static const char *sending(struct world *w)
{
	return alice(w, "/conversations/%s/messages",
		     text_id("cnv", kit_uid('v', 1)));
}

static const char *offer_of(const char *file, const char *text)
{
	return fmt("{\"client_id\":\"%s\",\"file_ids\":[\"%s\"]%s%s%s}",
		   text_uuid(1), file, text ? ",\"text\":\"" : "",
		   text ? text : "", text ? "\"" : "");
}

/* A message that offers it; its path. */
static const char *offer(struct world *w, const char *file, const char *text)
{
	struct ask ask = {.method = "POST", .token = ADMIN};
	const char *at;
	struct call c;

	ask.target = sending(w);
	ask.body = offer_of(file, text);
	call_start(&c, w, &ask);
	call_expect(&c, 201, "\"kind\":\"file\"");
	call_expect(&c, 201, file);
	at = fmt("%s", c.location);
	call_clear(&c);
	return at;
}

static void sent(void **state)
{
	struct world w;
	const char *file, *other, *at, *to;

	(void)state;
	world_start(&w);
	to = sending(&w);
	file = upload(&w, "", "hello");
	other = upload(&w, "", "hello");
	post(&w, to, offer_of("fil_0000000000000000000000000z", NULL), 422,
	     "no such file");
	post(&w, to, offer_of("fil_x", NULL), 422, "invalid_id");
	post(&w, to,
	     fmt("{\"client_id\":\"%s\",\"file_ids\":[]}", text_uuid(1)), 422,
	     "/file_ids");
	at = offer(&w, file, "the view");
	assert_int_equal(w.last.type, EV_CMD_SEND);
	get(&w, at, 200, "\"text\":\"the view\"");
	get(&w, alice(&w, "/files/%s", file), 200, "\"state\":\"offered\"");

	/* Once more, as after an answer that was lost; and as another. */
	w.last.type = EV_START;
	post(&w, to, offer_of(file, "the view"), 200, file);
	post(&w, to, offer_of(file, "a view"), 409, "client_id_reused");
	post(&w, to, offer_of(file, NULL), 409, "client_id_reused");
	post(&w, to, offer_of(other, "the view"), 409, "client_id_reused");
	post(&w, to, fmt("{\"client_id\":\"%s\",\"text\":\"x\"}", text_uuid(1)),
	     409, "client_id_reused");
	assert_int_equal(w.last.type, EV_START);
	/* What the node alone knows. */
	w.fails = ERR_EXISTS;
	post(&w, to,
	     fmt("{\"client_id\":\"%s\",\"file_ids\":[\"%s\"]}", text_uuid(3),
		 other),
	     422, "offered already");
	w.fails = ERR_FULL;
	post(&w, to,
	     fmt("{\"client_id\":\"%s\",\"file_ids\":[\"%s\"]}", text_uuid(3),
		 other),
	     409, "one has to be taken first");
	w.fails = OK;
	/* In another message it cannot be. */
	post(&w, to,
	     fmt("{\"client_id\":\"%s\",\"file_ids\":[\"%s\"]}", text_uuid(2),
		 file),
	     422, "not_ready");
	world_end(&w);
}

static void sent_once_more(void **state)
{
	struct ask ask = {.method = "POST", .token = ADMIN};
	struct world w;
	struct call c;
	const char *file, *at;

	(void)state;
	world_start(&w);
	file = upload(&w, "", "hello");
	at = offer(&w, file, "the view");
	post(&w, fmt("%s/retry", at), NULL, 409, "it has not failed");
	post(&w, fmt("%s/cancel", at), NULL, 200, "\"state\":\"failed\"");
	get(&w, alice(&w, "/files/%s", file), 200, "\"withdrawn\"");
	ask.target = fmt("%s/retry", at);
	call_start(&c, &w, &ask);
	call_expect(&c, 202, "\"text\":\"the view\"");
	call_expect(&c, 202, file);
	get(&w, alice(&w, "/files/%s", file), 200, call_string(&c, "id"));
	get(&w, alice(&w, "/files/%s", file), 200, "\"state\":\"offered\"");
	get(&w, at, 404, NULL);

	/* Of one whose file was deleted there is nothing to send. */
	at = fmt("%s", c.location);
	call_clear(&c);
	post(&w, fmt("%s/cancel", at), NULL, 200, "\"state\":\"failed\"");
	del(&w, alice(&w, "/files/%s", file), 204, NULL);
	post(&w, fmt("%s/retry", at), NULL, 409, "not here any more");
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_file),	   cmocka_unit_test(in_pieces),
	    cmocka_unit_test(given_up),	   cmocka_unit_test(ranges),
	    cmocka_unit_test(slow_reader), cmocka_unit_test(tickets),
	    cmocka_unit_test(progress),	   cmocka_unit_test(offered),
	    cmocka_unit_test(sent),	   cmocka_unit_test(sent_once_more),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
