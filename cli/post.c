/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/post.h"

#include <stdlib.h>

#include <jansson.h>

#include "cli/command.h"
#include "cli/events.h"
#include "cli/http.h"
#include "cli/out.h"
#include "util/mem.h"

#define WAIT_S 600

/* Looks at it again after each event, until it is over; *it is NULL if that
 * did not happen. */
static int wait_for(const struct post_kind *kind, struct event_cursor *cursor,
		    json_t **it)
{
	char *path = xasprintf("%s/%s/%s", cursor->user, kind->list,
			       out_string(*it, "id"));
	int code = EXIT_OK;

	while (*it && !kind->is_over(out_string(*it, "state"))) {
		json_t *events = events_next(cursor, kind->event);

		json_decref(*it);
		*it = events ? events_get(cursor, path) : NULL;
		json_decref(events);
		if (!*it)
			code = events_exit_code(cursor);
	}
	free(path);
	return code;
}

int post(const struct command_args *a, const struct post_kind *kind,
	 const char *user, char *path, json_t *body)
{
	struct event_cursor cursor;
	json_t *it = NULL;
	int code;

	if (a->wait && !events_start(&cursor, a->http, user, WAIT_S))
		json_decref(body);
	else
		it = http_call(a->http, "POST", path, body);
	free(path);
	code = http_exit_code(a->http);
	if (it && kind->begin)
		kind->begin(a, it);
	if (it && a->wait)
		code = wait_for(kind, &cursor, &it);
	if (it)
		code = kind->end(a, it);
	json_decref(it);
	return code;
}
