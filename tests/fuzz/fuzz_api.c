/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_api - any method, path, headers and body, by the admin, a session, a
 * token for one conversation or nobody, against a small store.
 *
 * Input: one byte how commands end, one byte who asks; the token, if 0x40 is
 * set in the first.  Then lines: method
 * and target, Accept, Last-Event-ID, If-None-Match; the rest is the body.  Or,
 * if the highest bit of the first byte is set, a request as it comes over the
 * wire, through the parser of the gate: with all that has to do with content,
 * Range, If-Range, Upload-Offset, Upload-Complete, Content-Type and lengths,
 * in any order and shape, and bodies that end too early.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "../unit/api_kit.h"
#include "../unit/api_token.h"
#include "../unit/check.h"
#include "../unit/store_files.h"
#include "api/httpd/head.h"
#include "api/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct world w;
static char session[64], narrow[96];

enum {
	WHOLE = 1,	   /* the number of a file whose content is here */
	HALF = 2,	   /* and of one of which more is to come */
	HALF_HAS = 262144, /* of it: a chunk */
	RUNS_MAX = 4096,   /* of one world, which fills up */
	RAW = 0x80,
	NARROW = 0x40,
};

static void stop(void)
{
	world_end(&w);
}

static void start(void)
{
	static bool is_again;

	if (sodium_init() < 0)
		abort();
	if (is_again)
		stop();
	world_start(&w);
	snprintf(narrow, sizeof(narrow), "%s", token_narrow(&w, "admin"));
	world_receive(&w, 1, "one");
	world_receive(&w, 1, "two");
	if (!is_again)
		atexit(stop);
	is_again = true;
}

/* An upload of which one chunk is here, and no more is known. */
static void put_half(struct kit *k)
{
	struct file_new f = files_new(HALF, 2 * HALF_HAS + 10);
	uint8_t *chunk = xcalloc(HALF_HAS, 1);
	struct blob_writer *b;
	struct blob_spec spec;
	uint32_t chunks;

	assert_ok(store_upload_create(k->store, &f, KIT_WALL, &spec));
	assert_ok(blob_writer_new(store_blobs(k->store), &spec, 0, &b));
	assert_ok(blob_writer_put(b, bytes_of(chunk, HALF_HAS)));
	assert_ok(blob_writer_sync(b, &chunks));
	assert_ok(store_upload_note(k->store, f.id, chunks, KIT_WALL));
	blob_writer_free(b);
	free(chunk);
}

/* Any input may delete them. */
static void renew_files(void)
{
	struct kit *k = &w.people[ALICE].kit;

	if (!files_is_there(k, kit_uid('U', WHOLE)))
		files_upload(k, WHOLE, 1000, "what is in it; ");
	if (!files_is_there(k, kit_uid('U', HALF)))
		put_half(k);
}

/* Time flies here, and any input may log out. */
static void renew_session(void)
{
	w.is_manual = false;
	w.fails = OK;
	memcpy(session, login(&w, ALICE), SESSION_TEXT + 1);
	w.is_manual = true;
	w.fails = ERR_FULL; /* no new users */
}

/* Cuts a line off the front; NULL if it is empty. */
static char *take_line(char **rest)
{
	char *line = *rest, *end = strchr(line, '\n');

	*rest = end ? end + 1 : line + strlen(line);
	if (end)
		*end = '\0';
	return *line ? line : NULL;
}

/* Only what the gate lets through. */
static bool is_printable(const char *s)
{
	for (; s && *s; s++)
		if (*s < 0x20 || *s > 0x7e)
			return false;
	return true;
}

static bool read_ask(char *text, struct ask *ask)
{
	static const char *const methods[] = {"GET", "HEAD",  "POST",
					      "PUT", "PATCH", "DELETE"};
	char *line = take_line(&text),
	     *target = line ? strchr(line, ' ') : NULL;

	if (!target || target[1] != '/')
		return false;
	*target = '\0';
	ask->target = target + 1;
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (strcmp(line, methods[i]) == 0)
			ask->method = methods[i];
	ask->accept = take_line(&text);
	ask->last_event_id = take_line(&text);
	ask->if_none_match = take_line(&text);
	ask->body = *text ? text : NULL;
	return ask->method && is_printable(ask->target) &&
	       is_printable(ask->accept) && is_printable(ask->last_event_id) &&
	       is_printable(ask->if_none_match);
}

/* Of a request whose body did not come whole nothing is expected. */
static void finish(struct call *c, enum err e, bool is_whole)
{
	for (size_t i = 0; i < w.pending_count; i++)
		api_done(w.api, w.pending[i].ticket, e);
	w.pending_count = 0;
	if (!c->is_done && w.seq < 300)
		world_receive(&w, 2, "news");
	w.mono_ms += 61000;
	api_tick(w.api);
	/* What is left is a stream, well and alive. */
	if (is_whole && !c->is_done && !c->is_aborted &&
	    (c->status != 200 || c->body.len == 0))
		abort();
	call_clear(c);
	w.people[ALICE].user.state = API_USER_UNLOCKED;
	w.people[CAROL].user.state = API_USER_UNLOCKED;
	w.people[BOB].user.state = API_USER_LOCKED;
}

/* As the gate does it, but for who may come in at all. */
static void ask_raw(struct bytes raw, const char *token, size_t piece,
		    enum err end)
{
	struct gate_request request;
	struct head_scan scan = {0};
	struct head head;
	struct bytes body;
	struct call c;
	const char *bearer;

	if (head_scan(&scan, raw.p, raw.n) != FAULT_NONE || scan.end == 0 ||
	    head_parse(bytes_of(raw.p, scan.end), &head) != FAULT_NONE ||
	    !head.is_known)
		return;
	body = bytes_of(raw.p + scan.end, raw.n - scan.end);
	if (head.content_length < (int64_t)body.n)
		body.n =
		    head.content_length > 0 ? (size_t)head.content_length : 0;
	request = head_request(&head, GATE_TCP, "req-0123abcd");
	bearer = token ? fmt("Bearer %s", token) : NULL;
	if (bearer)
		request.authorization = bytes_of(bearer, strlen(bearer));
	call_start_head(&c, &w, &request, body, piece);
	finish(&c, end,
	       head.content_length < 0 ||
		   body.n == (size_t)head.content_length);
}

static void ask_lines(struct bytes input, const char *token, enum err end)
{
	struct ask ask = {.method = NULL, .token = token};
	char *text = xcalloc(1, input.n + 1);
	struct call c;

	memcpy(text, input.p, input.n);
	if (read_ask(text, &ask)) {
		call_start(&c, &w, &ask);
		finish(&c, end, true);
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum err ends[] = {OK,	     ERR_FULL,	  ERR_IO,
					ERR_STATE,   ERR_AUTH,	  ERR_EXISTS,
					ERR_CORRUPT, ERR_NO_SPACE};
	static unsigned count;
	const char *const tokens[] = {ADMIN, session, NULL};
	const char *token;
	struct bytes rest;
	enum err end;

	if (size < 2)
		return 0;
	if (count++ % RUNS_MAX == 0)
		start();
	if (count % 16 == 1) {
		renew_session();
		renew_files();
	}
	token = tokens[data[1] % ARRAY_SIZE(tokens)];
	if (data[0] & NARROW)
		token = narrow;
	end = ends[(data[0] & ~RAW) % ARRAY_SIZE(ends)];
	rest = bytes_of(data + 2, size - 2);
	if (data[0] & RAW)
		ask_raw(rest, token, data[1] / ARRAY_SIZE(tokens), end);
	else
		ask_lines(rest, token, end);
	return 0;
}
