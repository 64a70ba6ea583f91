/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tail - the last messages, and those that come.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/command.h"
#include "cli/events.h"
#include "cli/find.h"
#include "cli/http.h"
#include "cli/line.h"
#include "cli/out.h"
#include "cli/value.h"
#include "util/mem.h"

#define PAGE_MAX      200
#define COUNT_DEFAULT 20

/* What is followed: what comes, and what changes afterwards. */
#define FOLLOWED                                                               \
	"message.received,message.sent,message.edited,message.deleted,"        \
	"message.reaction,message.state"

struct tail {
	const struct command_args *a;
	const char *user;	  /* "/v1/users/ID" */
	const char *conversation; /* its id; NULL: all of them */
	json_t *names;		  /* by the ids of conversations */
	json_t *shown;		  /* ids of messages of the history */
	struct event_cursor cursor;
};

static void print(const struct tail *t, const json_t *message)
{
	const struct line_place place = {t->a, t->user, t->names};

	line_print(&place, message);
}

/* The last count messages of a conversation, put at the end of all. */
static bool get_history(const struct tail *t, const char *conversation,
			size_t count, json_t *all)
{
	char *path =
	    xasprintf("%s/conversations/%s/messages", t->user, conversation);
	char *before = xstrdup("");
	json_t *found = NULL;
	bool is_whole = true, more = true;

	while (more && count > 0) {
		size_t n = count < PAGE_MAX ? count : PAGE_MAX;
		char *target = xasprintf("%s?limit=%zu%s", path, n, before);
		json_t *page = http_call(t->a->http, "GET", target, NULL);
		json_t *items = json_object_get(page, "items");

		is_whole = page != NULL;
		more = json_array_size(items) == n;
		count -= json_array_size(items);
		free(before);
		before = xasprintf("&before=%s",
				   out_string(json_array_get(items, 0), "id"));
		/* Each page is older than the one before. */
		json_array_extend(items, found);
		json_decref(found);
		found = json_incref(items);
		json_decref(page);
		free(target);
	}
	json_array_extend(all, found);
	json_decref(found);
	free(before);
	free(path);
	return is_whole;
}

/* Of the conversation of a message: what is before, after or around it. */
static int print_page(const struct tail *t, const char *where, const char *id)
{
	uint64_t count = value_number(t->a->count, COUNT_DEFAULT);
	char *quoted = http_encode(t->a->http, id);
	char *path = xasprintf("%s/messages/%s", t->user, quoted);
	json_t *message = http_call(t->a->http, "GET", path, NULL);
	json_t *page = NULL, *m;
	size_t i;

	free(path);
	path =
	    xasprintf("%s/conversations/%s/messages?limit=%llu&%s=%s", t->user,
		      out_string(message, "conversation_id"),
		      (unsigned long long)(count < PAGE_MAX ? count : PAGE_MAX),
		      where, quoted);
	if (message)
		page = http_call(t->a->http, "GET", path, NULL);
	json_array_foreach(json_object_get(page, "items"), i, m)
	{
		print(t, m);
	}
	json_decref(page);
	json_decref(message);
	free(path);
	free(quoted);
	return http_exit_code(t->a->http);
}

struct line {
	json_t *message;
	const char *at; /* never before the one above it */
	size_t index;
};

static int compare_lines(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int order = strcmp(x->at, y->at);

	return order ? order : x->index < y->index ? -1 : 1;
}

/* By the time here, and within a conversation as they stand there. */
static struct line *sort_lines(const json_t *all)
{
	size_t n = json_array_size(all), i;
	struct line *lines = xcalloc(n + 1, sizeof(*lines));
	const char *where = "", *last = "";

	for (i = 0; i < n; i++) {
		json_t *m = json_array_get(all, i);
		const char *at = out_string(m, "received_at");

		if (!at[0])
			at = out_string(m, "sent_at");
		if (strcmp(where, out_string(m, "conversation_id")) == 0 &&
		    strcmp(at, last) < 0)
			at = last;
		where = out_string(m, "conversation_id");
		last = at;
		lines[i] = (struct line){m, at, i};
	}
	qsort(lines, n, sizeof(*lines), compare_lines);
	return lines;
}

/* The last count of them. */
static void print_last(const struct tail *t, const json_t *all, size_t count)
{
	struct line *lines = sort_lines(all);
	size_t n = json_array_size(all), i;

	for (i = n > count ? n - count : 0; i < n; i++) {
		print(t, lines[i].message);
		json_object_set_new(
		    t->shown, out_string(lines[i].message, "id"), json_true());
	}
	free(lines);
}

static int print_history(const struct tail *t)
{
	size_t count = value_number(t->a->count, COUNT_DEFAULT);
	json_t *all = json_array();
	bool is_whole = true;
	const char *id;
	json_t *name;

	json_object_foreach(t->names, id, name)
	{
		if (is_whole &&
		    (!t->conversation || !strcmp(id, t->conversation)))
			is_whole = get_history(t, id, count, all);
	}
	if (is_whole)
		print_last(t, all, count);
	json_decref(all);
	return is_whole ? EXIT_OK : http_exit_code(t->a->http);
}

/* Of those that only tell how far an own one is, a failure alone matters. */
static bool is_news(const struct tail *t, const char *type, const json_t *m)
{
	const char *where = out_string(m, "conversation_id");

	/* There is only its id, if it is gone by now. */
	if (!where[0] ||
	    (t->conversation && strcmp(where, t->conversation) != 0))
		return false;
	if (strcmp(type, "message.state") == 0)
		return strcmp(out_string(m, "state"), "failed") == 0;
	if (strcmp(type, "message.received") == 0 ||
	    strcmp(type, "message.sent") == 0)
		return !json_object_get(t->shown, out_string(m, "id"));
	return true;
}

static void print_event(struct tail *t, const json_t *m)
{
	/* Somebody new may have written. */
	if (!json_object_get(t->names, out_string(m, "conversation_id"))) {
		json_t *fresh =
		    find_names(t->a->http, t->user, "conversation_id");

		if (fresh) {
			json_decref(t->names);
			t->names = fresh;
		}
	}
	print(t, m);
}

static int follow(struct tail *t)
{
	while (!ferror(stdout)) {
		json_t *items = events_next(&t->cursor, FOLLOWED);
		json_t *e;
		size_t i;

		if (!items)
			return http_exit_code(t->a->http);
		json_array_foreach(items, i, e)
		{
			const json_t *m = json_object_get(e, "data");

			if (is_news(t, out_string(e, "type"), m))
				print_event(t, m);
		}
		json_decref(items);
	}
	return EXIT_OK; /* main() tells of it */
}

static int run(struct tail *t)
{
	int code;

	/* First the place in the journal, then the history: nothing that
	 * comes in between can be missed, and what is in both is known. */
	t->names = find_names(t->a->http, t->user, "conversation_id");
	if (t->names && t->a->before)
		return print_page(t, "before", t->a->before);
	if (t->names && t->a->after)
		return print_page(t, "after", t->a->after);
	if (t->names && t->a->around)
		return print_page(t, "around", t->a->around);
	if (!t->names || !events_start(&t->cursor, t->a->http, t->user, 0))
		return http_exit_code(t->a->http);
	code = print_history(t);
	if (code == EXIT_OK && t->a->follow)
		code = follow(t);
	return code;
}

int command_tail(const struct command_args *a)
{
	struct tail t = {.a = a};
	struct with w = {.user = NULL};
	int code;

	if (a->argc > 0) {
		if (!find_with(a, a->argv[0], &w, &code))
			return code;
		t.conversation = out_string(w.contact, "conversation_id");
	} else {
		w.user = find_user_path(a, "", &code);
		if (!w.user)
			return code;
	}
	t.user = w.user;
	t.shown = json_object();
	code = run(&t);
	json_decref(t.shown);
	json_decref(t.names);
	with_clear(&w);
	return code;
}
