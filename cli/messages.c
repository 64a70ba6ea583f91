/* SPDX-License-Identifier: GPL-3.0-or-later */
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

static json_t *wait_for_delivery(const struct command_args *a, const char *user,
				 json_t *message, struct event_cursor *cursor)
{
	char *path =
	    xasprintf("%s/messages/%s", user, out_string(message, "id"));

	while (message && !is_final(out_string(message, "state"))) {
		json_t *events = events_next(cursor, "message.state");

		json_decref(message);
		message = NULL;
		if (!events)
			break;
		json_decref(events);
		message = http_call(a->http, "GET", path, NULL);
	}
	free(path);
	return message;
}

static int show_sent(const struct command_args *a, json_t *message)
{
	int code = EXIT_OK;

	if (!message && http_exit_code(a->http) == EXIT_OK) {
		say("Not delivered yet. The daemon goes on trying.");
		return EXIT_TIMEOUT;
	}
	if (!message)
		return http_exit_code(a->http);
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
	if (message && a->wait)
		message = wait_for_delivery(a, user, message, &cursor);
	return show_sent(a, message);
}

int command_send(const struct command_args *a)
{
	json_t *user, *contact = NULL;
	char *path, *text;
	int code;

	if (a->argc != 2) {
		say("Say to whom and what: umbel send WHO TEXT "
		    "(TEXT - reads it from standard input)");
		return EXIT_USAGE;
	}
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

static int print_history(const struct command_args *a, const char *user,
			 const char *conversation, const json_t *names)
{
	char *path = xasprintf("%s/conversations/%s/messages?limit=%ld", user,
			       conversation, a->count > 0 ? a->count : 20);
	json_t *page = http_call(a->http, "GET", path, NULL);
	json_t *m;
	size_t i;

	free(path);
	if (!page)
		return http_exit_code(a->http);
	json_array_foreach(json_object_get(page, "items"), i, m)
	    print_message(a, names, m);
	json_decref(page);
	return EXIT_OK;
}

static void print_event(const struct command_args *a, const char *conversation,
			const json_t *names, const json_t *event)
{
	const json_t *m = json_object_get(event, "data");

	if (!conversation ||
	    strcmp(out_string(m, "conversation_id"), conversation) == 0)
		print_message(a, names, m);
}

static int follow(const struct command_args *a, struct event_cursor *cursor,
		  const char *conversation, json_t **names)
{
	for (;;) {
		json_t *items =
		    events_next(cursor, "message.received,message.sent");
		json_t *fresh, *e;
		size_t i;

		if (!items)
			return http_exit_code(a->http);
		/* Somebody new may have written. */
		fresh = name_conversations(a, cursor->user);
		if (fresh) {
			json_decref(*names);
			*names = fresh;
		}
		json_array_foreach(items, i, e)
		    print_event(a, conversation, *names, e);
		json_decref(items);
	}
}

static int tail(const struct command_args *a, const char *user,
		const char *conversation)
{
	struct event_cursor cursor;
	json_t *names = name_conversations(a, user);
	const char *id;
	json_t *name;
	int code = http_exit_code(a->http);

	/* First the place in the journal, then the history: nothing that
	 * comes in between can be missed. */
	if (!names || !events_start(&cursor, a->http, user, 0)) {
		json_decref(names);
		return http_exit_code(a->http);
	}
	json_object_foreach(names, id, name)
	{
		if (!conversation || strcmp(id, conversation) == 0)
			code = print_history(a, user, id, names);
		if (code != EXIT_OK)
			break;
	}
	if (code == EXIT_OK && a->follow)
		code = follow(a, &cursor, conversation, &names);
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
