/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/events.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include <jansson.h>

#include "cli/command.h"
#include "cli/http.h"
#include "cli/out.h"
#include "cli/stop.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/text.h"

#define POLL_SECONDS 50
#define TRY_AGAIN_MS 200

bool events_start(struct event_cursor *c, struct http *h, const char *user,
		  unsigned limit_s)
{
	char *path = xasprintf("%s/events?limit=1", user);
	json_t *page = http_call(h, "GET", path, NULL);

	free(path);
	if (!page)
		return false;
	*c = (struct event_cursor){.http = h};
	snprintf(c->user, sizeof(c->user), "%s", user);
	/* last_id: the newest there is, whatever was asked for. */
	c->after = json_integer_value(json_object_get(page, "last_id"));
	if (limit_s)
		c->deadline_ms = clock_mono_ms() + limit_s * UINT64_C(1000);
	json_decref(page);
	return true;
}

static unsigned wait_seconds(const struct event_cursor *c)
{
	uint64_t now = clock_mono_ms();

	if (!c->deadline_ms)
		return POLL_SECONDS;
	if (now >= c->deadline_ms)
		return 0;
	if (c->deadline_ms - now > POLL_SECONDS * UINT64_C(1000))
		return POLL_SECONDS;
	return (unsigned)((c->deadline_ms - now + 999) / 1000);
}

static json_int_t last_seen(const json_t *page, const json_t *items)
{
	size_t n = json_array_size(items);

	/* A full page may stop before last_id. */
	if (n == 0)
		return json_integer_value(json_object_get(page, "last_id"));
	return json_integer_value(
	    json_object_get(json_array_get(items, n - 1), "id"));
}

/* The cause of waiting is said once, not at each try. */
static void wait_a_little(const struct event_cursor *c, bool *is_told)
{
	if (!*is_told && http_status(c->http) != 401)
		say("%s Waiting.", http_why(c->http));
	*is_told = *is_told || http_status(c->http) != 401;
	poll(NULL, 0, TRY_AGAIN_MS);
}

static bool is_over(const struct event_cursor *c)
{
	return c->deadline_ms && clock_mono_ms() >= c->deadline_ms;
}

int events_exit_code(const struct event_cursor *c)
{
	if (!is_over(c))
		return http_exit_code(c->http);
	say("Not done yet. The daemon goes on trying.");
	return EXIT_TIMEOUT;
}

json_t *events_get(struct event_cursor *c, const char *path)
{
	bool is_told = false;

	for (;;) {
		json_t *answer = http_try(c->http, path);

		if (answer)
			return answer;
		if (!http_is_away(c->http)) {
			say("%s", http_why(c->http));
			return NULL;
		}
		if (is_over(c) || stop_is_wanted())
			return NULL;
		wait_a_little(c, &is_told);
	}
}

json_t *events_next(struct event_cursor *c, const char *types)
{
	unsigned wait;

	while ((wait = wait_seconds(c)) > 0) {
		char *path = xasprintf("%s/events?after=%lld&wait=%u%s%s",
				       c->user, (long long)c->after, wait,
				       types[0] ? "&types=" : "", types);
		json_t *page = events_get(c, path);
		json_t *items = json_object_get(page, "items");

		free(path);
		if (!page)
			return NULL;
		c->after = last_seen(page, items);
		json_incref(items);
		json_decref(page);
		if (json_array_size(items) > 0)
			return items;
		json_decref(items);
	}
	return NULL;
}

const char *events_uuid(uint8_t b[static 16], unsigned version)
{
	static char text[37];
	char hex[33];

	b[6] = (uint8_t)((b[6] & 0x0fu) | version << 4);
	b[8] = (b[8] & 0x3f) | 0x80;
	hex_encode(b, 16, hex);
	snprintf(text, sizeof(text), "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8,
		 hex + 12, hex + 16, hex + 20);
	return text;
}

const char *events_client_id(void)
{
	uint8_t b[16];

	randombytes_buf(b, sizeof(b));
	return events_uuid(b, 4);
}
