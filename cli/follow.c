/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/follow.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/bar.h"
#include "cli/events.h"
#include "cli/http.h"
#include "cli/out.h"
#include "cli/stop.h"
#include "util/mem.h"

#define LOOK_MS 500

bool follow_is_lost(const json_t *file)
{
	const char *state = out_string(file, "state");

	return strcmp(state, "failed") == 0 || strcmp(state, "cancelled") == 0;
}

static bool is_over(const json_t *file)
{
	return follow_is_lost(file) ||
	       strcmp(out_string(file, "state"), "done") == 0;
}

static const char *why(const json_t *file)
{
	return out_string(json_object_get(file, "problem"), "title");
}

/* What it waits for, if it does not run. */
static void show(struct bar *bar, const json_t *file)
{
	const char *state = out_string(file, "state");
	bool is_running = strcmp(state, "transferring") == 0;
	char *text = xasprintf("%s%s%s", is_running ? "" : state,
			       why(file)[0] ? ": " : "", why(file));

	bar_tell(bar, out_number(file, "bytes_done"),
		 out_number(file, "bytes_per_second"), text);
	free(text);
}

/* Until there may be news.  Progress is no event of the journal. */
static bool wait_for_news(struct event_cursor *cursor, const struct bar *bar)
{
	json_t *events;

	if (bar->is_on) {
		poll(NULL, 0, LOOK_MS);
		return true;
	}
	events = events_next(cursor, "file.state");
	json_decref(events);
	return events != NULL;
}

static json_t *watch(struct event_cursor *cursor, struct bar *bar,
		     const char *path)
{
	json_t *file = events_get(cursor, path);

	while (file && !is_over(file) && !stop_is_wanted()) {
		if (!bar->label)
			bar_begin(bar, out_string(file, "name"),
				  out_number(file, "size"),
				  out_number(file, "bytes_done"));
		show(bar, file);
		json_decref(file);
		file = wait_for_news(cursor, bar) ? events_get(cursor, path)
						  : NULL;
	}
	return file;
}

json_t *follow(const struct command_args *a, const char *user, const char *id,
	       int *exit_code)
{
	struct event_cursor cursor;
	struct bar bar = {.is_on = false};
	json_t *file = NULL;
	char *path;

	if (!events_start(&cursor, a->http, user, 0)) {
		*exit_code = http_exit_code(a->http);
		return NULL;
	}
	path = xasprintf("%s/files/%s", user, id);
	/* The bar is taken away first. */
	stop_hold();
	file = watch(&cursor, &bar, path);
	bar_end(&bar, strcmp(out_string(file, "state"), "done") == 0);
	stop_release();
	free(path);
	*exit_code = http_exit_code(a->http);
	return file;
}

json_t *follow_run(const struct command_args *a, const char *user,
		   const char *id, int *exit_code)
{
	char *path = xasprintf("%s/files/%s/transfer", user, id);
	json_t *file = http_call(a->http, "PATCH", path,
				 json_pack("{ss}", "state", "running"));

	free(path);
	*exit_code = http_exit_code(a->http);
	if (!file)
		return NULL;
	json_decref(file);
	return follow(a, user, id, exit_code);
}

void follow_say(const json_t *file)
{
	say("It did not come: %s%s%s.", out_string(file, "state"),
	    why(file)[0] ? ": " : "", why(file));
}

int follow_show(const struct command_args *a, const json_t *file)
{
	const char *state = out_string(file, "state");

	if (a->json)
		out_json(file);
	else
		printf("%s%s%s\n", state, why(file)[0] ? ": " : "", why(file));
	return strcmp(state, "done") == 0 ? EXIT_OK : EXIT_REFUSED;
}
