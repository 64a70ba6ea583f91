/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * messages - what is sent, and what can be done to it afterwards.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/change.h"
#include "cli/command.h"
#include "cli/duration.h"
#include "cli/events.h"
#include "cli/find.h"
#include "cli/http.h"
#include "cli/messages.h"
#include "cli/out.h"
#include "cli/post.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/text.h"

#define TEXT_MAX_BYTES (64 * 1024) /* the daemon has the real limit */

/* All of it; false after saying why not. */
static bool read_input(struct buf *b)
{
	char chunk[4096];
	size_t n;
	enum err e = OK;

	while (e == OK && (n = fread(chunk, 1, sizeof(chunk), stdin)) > 0)
		e = buf_put(b, chunk, n);
	if (e != OK)
		say("That is too long for one message.");
	else if (ferror(stdin))
		say("Standard input cannot be read: %s.", strerror(errno));
	else if (b->len > 0 && memchr(b->data, '\0', b->len))
		say("A message must be text: there is a zero byte in it.");
	else
		return true;
	return false;
}

static char *read_text(const char *arg)
{
	struct buf b;
	char *text = NULL;

	if (strcmp(arg, "-") != 0)
		return xstrdup(arg);
	buf_init(&b, TEXT_MAX_BYTES);
	if (read_input(&b)) {
		while (b.len > 0 && b.data[b.len - 1] == '\n')
			b.len--;
		text = xcalloc(b.len + 1, 1);
		if (b.len > 0)
			memcpy(text, b.data, b.len);
	}
	buf_clear(&b);
	return text;
}

static bool is_final(const char *state)
{
	return strcmp(state, "queued") != 0 && strcmp(state, "sending") != 0 &&
	       strcmp(state, "sent") != 0;
}

/* The id is of use while one waits, too. */
static void show_id(const struct command_args *a, const json_t *message)
{
	if (a->json || !a->ids)
		return;
	puts(out_string(message, "id"));
	fflush(stdout);
}

static int show_sent(const struct command_args *a, const json_t *message)
{
	const char *state = out_string(message, "state");
	const json_t *problem = json_object_get(message, "problem");
	const char *why = out_string(problem, "title");

	if (a->json)
		out_json(message);
	else if (a->wait)
		printf("%s%s%s\n", state, why[0] ? ": " : "", why);
	return strcmp(state, "failed") == 0 ? EXIT_REFUSED : EXIT_OK;
}

static const struct post_kind sending = {
    .list = "messages",
    .event = "message.state",
    .is_over = is_final,
    .begin = show_id,
    .end = show_sent,
};

bool messages_put(json_t *body, const struct command_args *a)
{
	char when[RFC3339_TEXT + 1];
	uint32_t seconds;

	if (a->within && duration_read(a->within, &seconds)) {
		rfc3339_encode(clock_wall_ms() + seconds * UINT64_C(1000),
			       when);
		json_object_set_new(body, "deliver_by", json_string(when));
	}
	return change_put(body, "reply_to", a->reply);
}

/* NULL after saying what is wrong. */
static json_t *message_body(const struct command_args *a)
{
	char *text = read_text(a->argv[1]);
	json_t *body;

	if (!text)
		return NULL;
	body =
	    json_pack("{ssss}", "client_id", events_client_id(), "text", text);
	if (!body || !messages_put(body, a)) {
		say("A message must be UTF-8 text.");
		json_decref(body);
		body = NULL;
	}
	free(text);
	return body;
}

int command_send(const struct command_args *a)
{
	json_t *body = message_body(a);
	struct with w;
	int code;

	if (!body)
		return EXIT_USAGE;
	if (!find_with(a, a->argv[0], &w, &code)) {
		json_decref(body);
		return code;
	}
	code = post(a, &sending, w.user,
		    xasprintf("%s/conversations/%s/messages", w.user,
			      out_string(w.contact, "conversation_id")),
		    body);
	with_clear(&w);
	return code;
}

int command_edit(const struct command_args *a)
{
	char *text = read_text(a->argv[1]);
	json_t *body = text ? change_text("text", text) : NULL;

	free(text);
	return body ? change_listed(a, "PATCH", "messages", "", body)
		    : EXIT_USAGE;
}

int command_delete(const struct command_args *a)
{
	return change_listed(a, "DELETE", "messages",
			     a->for_all ? "?for=everyone" : "?for=me", NULL);
}

int command_cancel(const struct command_args *a)
{
	return change_listed(a, "POST", "messages", "/cancel", NULL);
}

int command_retry(const struct command_args *a)
{
	int code;
	char *user = find_user_path(a, "", &code);

	if (user)
		code =
		    post(a, &sending, user,
			 find_listed_path(a, user, "messages", "/retry"), NULL);
	free(user);
	return code;
}

/* The emoji that we have put to it, owned by the caller; NULL: none, or *code
 * says why it is not known. */
static char *own_reaction(const struct command_args *a, const char *user,
			  int *code)
{
	char *path = find_listed_path(a, user, "messages", ""), *own = NULL;
	json_t *message = http_call(a->http, "GET", path, NULL), *r;
	size_t i;

	free(path);
	*code = http_exit_code(a->http);
	json_array_foreach(json_object_get(message, "reactions"), i, r)
	{
		if (!own && json_is_true(json_object_get(r, "own")))
			own = xstrdup(out_string(r, "emoji"));
	}
	json_decref(message);
	return own;
}

static int put_reaction(const struct command_args *a, const char *user,
			const char *method, const char *emoji)
{
	char *quoted = http_encode(a->http, emoji);
	char *rest = xasprintf("/reactions/%s", quoted);
	int code = change(a, method,
			  find_listed_path(a, user, "messages", rest), NULL);

	free(rest);
	free(quoted);
	return code;
}

int command_react(const struct command_args *a)
{
	int code;
	char *user = find_user_path(a, "", &code), *own;

	if (user && !a->none) {
		code = put_reaction(a, user, "PUT", a->argv[1]);
	} else if (user) {
		own = own_reaction(a, user, &code);
		if (own)
			code = put_reaction(a, user, "DELETE", own);
		free(own);
	}
	free(user);
	return code;
}
