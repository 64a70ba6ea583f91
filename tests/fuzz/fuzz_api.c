/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_api - any method, path, headers and body, by the admin, a session or
 * nobody, against a small store.
 *
 * Input: one byte how commands end, one byte who asks, then lines: method
 * and target, Accept, Last-Event-ID, If-None-Match; the rest is the body.
 */
#include <stdint.h>
#include <stdlib.h>

#include <sodium.h>

#include "../unit/api_kit.h"
#include "../unit/check.h"
#include "api/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct world w;
static char session[64];

static void stop(void)
{
	world_end(&w);
}

static void start(void)
{
	if (sodium_init() < 0)
		abort();
	world_start(&w);
	world_receive(&w, 1, "one");
	world_receive(&w, 1, "two");
	atexit(stop);
}

/* Time flies here, and any input may log out. */
static void renew_session(void)
{
	w.is_manual = false;
	w.fails = OK;
	memcpy(session, login(&w, ALICE), TOKEN_TEXT + 1);
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

static void finish(struct call *c, enum err e)
{
	for (size_t i = 0; i < w.pending_count; i++)
		api_done(w.api, w.pending[i].ticket, e);
	w.pending_count = 0;
	if (!c->is_done && w.seq < 300)
		world_receive(&w, 2, "news");
	w.mono_ms += 61000;
	api_tick(w.api);
	/* What is left is a stream, well and alive. */
	if (!c->is_done && (c->status != 200 || c->body.len == 0))
		abort();
	call_clear(c);
	w.people[ALICE].user.state = API_USER_UNLOCKED;
	w.people[CAROL].user.state = API_USER_UNLOCKED;
	w.people[BOB].user.state = API_USER_LOCKED;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum err ends[] = {OK,	     ERR_FULL,	  ERR_IO,
					ERR_STATE,   ERR_AUTH,	  ERR_EXISTS,
					ERR_CORRUPT, ERR_NO_SPACE};
	static unsigned count;
	const char *const tokens[] = {ADMIN, session, NULL};
	struct ask ask = {.method = NULL};
	struct call c;
	char *text;

	if (!w.api)
		start();
	if (size < 2)
		return 0;
	text = calloc(1, size);
	memcpy(text, data + 2, size - 2);
	ask.token = tokens[data[1] % ARRAY_SIZE(tokens)];
	if (count++ % 16 == 0)
		renew_session();
	if (read_ask(text, &ask)) {
		call_start(&c, &w, &ask);
		finish(&c, ends[data[0] % ARRAY_SIZE(ends)]);
	}
	free(text);
	return 0;
}
