/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * talk - what can be set about a conversation.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/change.h"
#include "cli/command.h"
#include "cli/duration.h"
#include "cli/find.h"
#include "cli/http.h"
#include "cli/out.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/text.h"

static json_t *get_conversation(const struct command_args *a, int *code)
{
	char *path = find_conversation_path(a, a->argv[0], "", code);
	json_t *conversation;

	if (!path)
		return NULL;
	conversation = http_call(a->http, "GET", path, NULL);
	*code = http_exit_code(a->http);
	free(path);
	return conversation;
}

/* The body is taken over. */
static int set(const struct command_args *a, const char *method,
	       const char *rest, json_t *body)
{
	int code;
	char *path = find_conversation_path(a, a->argv[0], rest, &code);

	if (path)
		return change(a, method, path, body);
	json_decref(body);
	return code;
}

static int set_switch(const struct command_args *a, const char *key, bool on)
{
	return set(a, "PATCH", "", json_pack("{sb}", key, on));
}

int command_read(const struct command_args *a)
{
	int code;
	char *path = find_conversation_path(a, a->argv[0], "", &code);
	json_t *conversation;
	const char *last;

	if (!path)
		return code;
	conversation = http_call(a->http, "GET", path, NULL);
	last = out_string(json_object_get(conversation, "last_message"), "id");
	code = http_exit_code(a->http);
	/* There may be nothing to be read. */
	if (last[0])
		code = change(a, "PUT", xasprintf("%s/read", path),
			      change_text("message_id", last));
	json_decref(conversation);
	free(path);
	return code;
}

int command_typing(const struct command_args *a)
{
	bool on = a->argc < 2 || strcmp(a->argv[1], "on") == 0;

	return set(a, "PUT", "/typing", json_pack("{sb}", "typing", on));
}

static int show_timer(const struct command_args *a)
{
	int code;
	json_t *conversation = get_conversation(a, &code);
	char text[DURATION_TEXT];

	if (!conversation)
		return code;
	duration_write((uint32_t)json_integer_value(json_object_get(
			   conversation, "disappearing_seconds")),
		       text);
	if (a->json)
		out_json(conversation);
	else
		puts(text);
	json_decref(conversation);
	return code;
}

int command_timer(const struct command_args *a)
{
	uint32_t seconds = 0;

	if (a->argc < 2)
		return show_timer(a);
	if (strcmp(a->argv[1], "off") != 0 &&
	    !duration_read(a->argv[1], &seconds))
		return EXIT_USAGE;
	return set(
	    a, "PATCH", "",
	    json_pack("{sI}", "disappearing_seconds", (json_int_t)seconds));
}

/* Without a text it is shown; an empty one takes it away. */
int command_draft(const struct command_args *a)
{
	json_t *conversation, *body;
	int code;

	if (a->argc > 1) {
		body = change_text("draft", a->argv[1]);
		return body ? set(a, "PATCH", "", body) : EXIT_USAGE;
	}
	conversation = get_conversation(a, &code);
	if (conversation && a->json) {
		out_json(conversation);
	} else if (conversation) {
		out_lines(out_string(conversation, "draft"), "");
		putchar('\n');
	}
	json_decref(conversation);
	return code;
}

int command_mute(const struct command_args *a)
{
	char until[RFC3339_TEXT + 1] = DURATION_FOR_EVER;
	uint32_t seconds;

	if (a->argc > 1 && !duration_read(a->argv[1], &seconds))
		return EXIT_USAGE;
	if (a->argc > 1)
		rfc3339_encode(clock_wall_ms() + seconds * UINT64_C(1000),
			       until);
	return set(a, "PATCH", "", change_text("muted_until", until));
}

int command_unmute(const struct command_args *a)
{
	return set(a, "PATCH", "", json_pack("{sn}", "muted_until"));
}

int command_pin(const struct command_args *a)
{
	return set_switch(a, "pinned", true);
}

int command_unpin(const struct command_args *a)
{
	return set_switch(a, "pinned", false);
}

int command_archive(const struct command_args *a)
{
	return set_switch(a, "archived", true);
}

int command_unarchive(const struct command_args *a)
{
	return set_switch(a, "archived", false);
}

int command_clear(const struct command_args *a)
{
	return set(a, "DELETE", "", NULL);
}
