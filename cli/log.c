/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * log - what the daemon has logged, and what it logs from now on.
 */
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/command.h"
#include "cli/events.h"
#include "cli/http.h"
#include "cli/out.h"
#include "cli/style.h"
#include "cli/value.h"
#include "util/mem.h"

#define PAGE_MAX      200
#define COUNT_DEFAULT 20
#define LOOK_MS	      500

static void print_line(const json_t *line)
{
	const char *level = out_string(line, "level");
	bool is_bad = strcmp(level, "error") == 0;

	printf("%s  ", out_time(out_string(line, "at")));
	if (is_bad)
		style_begin(STYLE_BAD);
	out_text(level, 7);
	if (is_bad)
		style_end();
	fputs("  ", stdout);
	out_text(out_string(line, "text"), 0);
	putchar('\n');
}

/* Newest first from the daemon, newest last here. */
static void print_lines(const struct command_args *a, const json_t *lines)
{
	for (size_t i = json_array_size(lines); i > 0; i--) {
		const json_t *line = json_array_get(lines, i - 1);

		if (a->json)
			out_json(line);
		else
			print_line(line);
	}
	fflush(stdout);
}

static char *page_path(const struct command_args *a, uint64_t left,
		       const char *cursor)
{
	return xasprintf(
	    "/v1/daemon/log?limit=%llu%s%s%s%s",
	    (unsigned long long)(left < PAGE_MAX ? left : PAGE_MAX),
	    a->level ? "&level=" : "", a->level ? a->level : "",
	    cursor[0] ? "&cursor=" : "", cursor);
}

/* Takes what is newer than the line with that id; false: that line is there. */
static bool take_newer(json_t *all, const json_t *items, const char *id)
{
	size_t i;
	json_t *line;

	json_array_foreach(items, i, line)
	{
		if (strcmp(out_string(line, "id"), id) == 0)
			return false;
		json_array_append(all, line);
	}
	return true;
}

/* At most left of them, the newest first, back to the line with that id.  Its
 * first page is given; the daemon may be another one at the next, which has
 * nothing older then. */
static json_t *read_back(const struct command_args *a, json_t *page,
			 uint64_t left, const char *id)
{
	json_t *all = json_array();

	while (page && take_newer(all, json_object_get(page, "items"), id)) {
		char *cursor =
		    http_encode(a->http, out_string(page, "next_cursor"));
		char *path;

		left -= json_array_size(json_object_get(page, "items"));
		json_decref(page);
		page = NULL;
		path = page_path(a, left, cursor);
		if (cursor[0] && left > 0)
			page = http_try(a->http, path);
		free(path);
		free(cursor);
	}
	json_decref(page);
	return all;
}

/* A daemon that is away is waited for: what it logs as it starts is what one
 * wants to see. */
static void follow(const struct command_args *a, char *last)
{
	struct event_cursor patience = {.http = a->http};
	char *path = page_path(a, PAGE_MAX, "");
	json_t *page, *lines;

	while (!ferror(stdout)) {
		poll(NULL, 0, LOOK_MS);
		page = events_get(&patience, path);
		if (!page)
			break;
		lines = read_back(a, page, UINT64_MAX, last);
		print_lines(a, lines);
		if (json_array_size(lines) > 0) {
			free(last);
			last =
			    xstrdup(out_string(json_array_get(lines, 0), "id"));
		}
		json_decref(lines);
	}
	free(path);
	free(last);
}

int command_log(const struct command_args *a)
{
	uint64_t count = value_number(a->count, COUNT_DEFAULT);
	char *path = page_path(a, count, "");
	json_t *page = http_call(a->http, "GET", path, NULL), *lines;
	int code = http_exit_code(a->http);

	free(path);
	if (!page)
		return code;
	lines = read_back(a, page, count, "");
	print_lines(a, lines);
	if (a->follow)
		follow(a, xstrdup(out_string(json_array_get(lines, 0), "id")));
	json_decref(lines);
	return a->follow ? http_exit_code(a->http) : code;
}
