/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/command.h"
#include "cli/events.h"
#include "cli/find.h"
#include "cli/http.h"
#include "cli/out.h"
#include "util/buf.h"
#include "util/mem.h"

#define TEXT_MAX_BYTES	(64 * 1024) /* the daemon has the real limit */
#define DELIVERY_WAIT_S 600
#define PAGE_MAX	200
#define COUNT_DEFAULT	20

static char *read_text(const char *arg)
{
	struct buf b;
	char chunk[4096], *text = NULL;
	size_t n;
	enum err e = OK;

	if (strcmp(arg, "-") != 0)
		return xstrdup(arg);
	buf_init(&b, TEXT_MAX_BYTES);
	while (e == OK && (n = fread(chunk, 1, sizeof(chunk), stdin)) > 0)
		e = buf_put(&b, chunk, n);
	if (e == OK && b.len > 0 && memchr(b.data, '\0', b.len)) {
		say("A message must be text: there is a zero byte in it.");
		buf_clear(&b);
		return NULL;
	}
	while (b.len > 0 && b.data[b.len - 1] == '\n')
		b.len--;
	if (e == OK)
		e = buf_put(&b, "", 1);
	if (e == OK)
		text = xstrdup((char *)b.data);
	else
		say("That is too long for one message.");
	buf_clear(&b);
	return text;
}

static bool is_final(const char *state)
{
	return strcmp(state, "queued") != 0 && strcmp(state, "sending") != 0 &&
	       strcmp(state, "sent") != 0;
}

/* *message is NULL if nothing final happened to it. */
static int wait_for_delivery(const char *user, json_t **message,
			     struct event_cursor *cursor)
{
	char *path =
	    xasprintf("%s/messages/%s", user, out_string(*message, "id"));
	int code = EXIT_OK;

	while (*message && !is_final(out_string(*message, "state"))) {
		json_t *events = events_next(cursor, "message.state");

		json_decref(*message);
		*message = events ? events_get(cursor, path) : NULL;
		json_decref(events);
		if (!*message)
			code = events_exit_code(cursor);
	}
	free(path);
	return code;
}

static int show_sent(const struct command_args *a, json_t *message)
{
	int code = EXIT_OK;

	if (a->json)
		out_json(message);
	else if (a->wait)
		puts(out_string(message, "state"));
	if (strcmp(out_string(message, "state"), "failed") == 0)
		code = EXIT_REFUSED;
	json_decref(message);
	return code;
}

static int send_to(const struct command_args *a, const char *user,
		   const char *conversation, const char *text)
{
	struct event_cursor cursor;
	json_t *body =
	    json_pack("{ssss}", "client_id", events_client_id(), "text", text);
	json_t *message;
	char *path;
	int code;

	if (!body) {
		say("A message must be UTF-8 text.");
		return EXIT_USAGE;
	}
	if (a->wait && !events_start(&cursor, a->http, user, DELIVERY_WAIT_S)) {
		json_decref(body);
		return http_exit_code(a->http);
	}
	path = xasprintf("%s/conversations/%s/messages", user, conversation);
	message = http_call(a->http, "POST", path, body);
	free(path);
	code = http_exit_code(a->http);
	if (message && a->wait)
		code = wait_for_delivery(user, &message, &cursor);
	return message ? show_sent(a, message) : code;
}

int command_send(const struct command_args *a)
{
	json_t *user, *contact = NULL;
	char *path, *text;
	int code;

	text = read_text(a->argv[1]);
	if (!text)
		return EXIT_USAGE;
	user = find_user(a, a->user, &code);
	if (user)
		contact =
		    find_contact(a, out_string(user, "id"), a->argv[0], &code);
	if (contact) {
		path = xasprintf("/v1/users/%s", out_string(user, "id"));
		code = send_to(a, path, out_string(contact, "conversation_id"),
			       text);
		free(path);
	}
	json_decref(contact);
	json_decref(user);
	free(text);
	return code;
}

/* names: contact id -> what to call him. */
static void print_message(const struct command_args *a, const json_t *names,
			  const json_t *m)
{
	bool out = strcmp(out_string(m, "direction"), "out") == 0;
	const char *who = out_string(names, out_string(m, "conversation_id"));
	char *text;

	if (a->json) {
		out_json(m);
		return;
	}
	text = out_clean(out_string(m, "text"), true);
	printf("%s  %s ", out_time(out_string(m, "sent_at")),
	       out ? "to  " : "from");
	out_text(who, 0);
	printf(": %s", text);
	if (out && strcmp(out_string(m, "state"), "delivered") != 0)
		printf("  (%s)", out_string(m, "state"));
	putchar('\n');
	fflush(stdout);
	free(text);
}

static json_t *name_conversations(const struct command_args *a,
				  const char *user)
{
	char *path = xasprintf("%s/contacts", user);
	json_t *contacts = find_all(a->http, path);
	json_t *names = contacts ? json_object() : NULL;
	json_t *c;
	size_t i;

	free(path);
	json_array_foreach(contacts, i, c)
	{
		const char *alias = out_string(c, "alias");

		json_object_set_new(
		    names, out_string(c, "conversation_id"),
		    json_string(alias[0] ? alias
					 : out_string(c, "display_name")));
	}
	json_decref(contacts);
	return names;
}

/* The last count messages of a conversation, put at the end of all. */
static bool get_history(const struct command_args *a, const char *user,
			const char *conversation, size_t count, json_t *all)
{
	char *path =
	    xasprintf("%s/conversations/%s/messages", user, conversation);
	char *before = xstrdup("");
	json_t *found = NULL;
	bool is_whole = true, more = true;

	while (more && count > 0) {
		size_t n = count < PAGE_MAX ? count : PAGE_MAX;
		char *target = xasprintf("%s?limit=%zu%s", path, n, before);
		json_t *page = http_call(a->http, "GET", target, NULL);
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

/* The last count of them; their ids go to shown. */
static void print_last(const struct command_args *a, const json_t *names,
		       const json_t *all, size_t count, json_t *shown)
{
	struct line *lines = sort_lines(all);
	size_t n = json_array_size(all), i;

	for (i = n > count ? n - count : 0; i < n; i++) {
		print_message(a, names, lines[i].message);
		json_object_set_new(shown, out_string(lines[i].message, "id"),
				    json_true());
	}
	free(lines);
}

static int print_history(const struct command_args *a, const char *user,
			 const char *conversation, const json_t *names,
			 json_t *shown)
{
	size_t count = a->count > 0 ? (size_t)a->count : COUNT_DEFAULT;
	json_t *all = json_array();
	bool is_whole = true;
	const char *id;
	json_t *name;

	json_object_foreach((json_t *)(uintptr_t)names, id, name)
	{
		if (is_whole && (!conversation || !strcmp(id, conversation)))
			is_whole = get_history(a, user, id, count, all);
	}
	if (is_whole)
		print_last(a, names, all, count, shown);
	json_decref(all);
	return is_whole ? EXIT_OK : http_exit_code(a->http);
}

static void print_event(const struct command_args *a, const char *conversation,
			json_t **names, const struct event_cursor *cursor,
			const json_t *m)
{
	const char *where = out_string(m, "conversation_id");

	if (conversation && strcmp(where, conversation) != 0)
		return;
	/* Somebody new may have written. */
	if (!json_object_get(*names, where)) {
		json_t *fresh = name_conversations(a, cursor->user);

		if (fresh) {
			json_decref(*names);
			*names = fresh;
		}
	}
	print_message(a, *names, m);
}

static int follow(const struct command_args *a, struct event_cursor *cursor,
		  const char *conversation, json_t **names, const json_t *shown)
{
	while (!ferror(stdout)) {
		json_t *items =
		    events_next(cursor, "message.received,message.sent");
		json_t *e;
		size_t i;

		if (!items)
			return http_exit_code(a->http);
		json_array_foreach(items, i, e)
		{
			const json_t *m = json_object_get(e, "data");

			if (!json_object_get(shown, out_string(m, "id")))
				print_event(a, conversation, names, cursor, m);
		}
		json_decref(items);
	}
	return EXIT_OK; /* main() tells of it */
}

static int tail(const struct command_args *a, const char *user,
		const char *conversation)
{
	struct event_cursor cursor;
	json_t *names = name_conversations(a, user);
	json_t *shown;
	int code;

	/* First the place in the journal, then the history: nothing that
	 * comes in between can be missed, and what is in both is known. */
	if (!names || !events_start(&cursor, a->http, user, 0)) {
		json_decref(names);
		return http_exit_code(a->http);
	}
	shown = json_object();
	code = print_history(a, user, conversation, names, shown);
	if (code == EXIT_OK && a->follow)
		code = follow(a, &cursor, conversation, &names, shown);
	json_decref(shown);
	json_decref(names);
	return code;
}

int command_tail(const struct command_args *a)
{
	json_t *user, *contact = NULL;
	char *path;
	int code;

	user = find_user(a, a->user, &code);
	if (user && a->argc > 0)
		contact =
		    find_contact(a, out_string(user, "id"), a->argv[0], &code);
	if (user && (contact || a->argc == 0)) {
		path = xasprintf("/v1/users/%s", out_string(user, "id"));
		code = tail(a, path,
			    contact ? out_string(contact, "conversation_id")
				    : NULL);
		free(path);
	}
	json_decref(contact);
	json_decref(user);
	return code;
}
