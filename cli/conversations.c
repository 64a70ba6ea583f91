/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * conversations - the list of them, the newest activity first; and one
 * message alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/command.h"
#include "cli/duration.h"
#include "cli/find.h"
#include "cli/http.h"
#include "cli/line.h"
#include "cli/out.h"
#include "cli/style.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/text.h"

#define TITLE_COLUMNS 20

static bool is_muted(const json_t *conversation)
{
	char now[RFC3339_TEXT + 1];

	rfc3339_encode(clock_wall_ms(), now);
	return strcmp(out_string(conversation, "muted_until"), now) > 0;
}

static void print_marks(const json_t *conversation)
{
	static const char *const marks[] = {"pinned", "archived"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(marks); i++)
		if (json_is_true(json_object_get(conversation, marks[i])))
			printf("  %s", marks[i]);
	if (is_muted(conversation))
		fputs("  muted", stdout);
	if (out_string(conversation, "draft")[0])
		fputs("  draft", stdout);
}

static void print_conversation(const json_t *conversation)
{
	const json_t *last = json_object_get(conversation, "last_message");
	unsigned long long unread = out_number(conversation, "unread_count");

	printf("%s  ", out_string(conversation, "id"));
	out_text(out_string(conversation, "title"), TITLE_COLUMNS);
	printf("  %16s  ", json_is_object(last)
			       ? out_time(out_string(last, "sent_at"))
			       : "-");
	if (unread > 0) {
		style_begin(STYLE_BOLD);
		printf("%llu unread", unread);
		style_end();
	} else {
		putchar('-');
	}
	print_marks(conversation);
	putchar('\n');
}

int command_conversations(const struct command_args *a)
{
	int code;
	char *path = find_user_path(a, "/conversations", &code);
	json_t *conversations, *c;
	size_t i;

	if (!path)
		return code;
	conversations = find_all(a->http, path);
	free(path);
	json_array_foreach(conversations, i, c)
	{
		if (a->json)
			out_json(c);
		else
			print_conversation(c);
	}
	json_decref(conversations);
	return http_exit_code(a->http);
}

int command_message(const struct command_args *a)
{
	json_t *names = NULL, *message = NULL;
	char *user, *path;
	int code;

	user = find_user_path(a, "", &code);
	if (!user)
		return code;
	path = find_listed_path(a, user, "messages", "");
	message = http_call(a->http, "GET", path, NULL);
	if (message)
		names = find_names(a->http, user, "conversation_id");
	if (names) {
		const struct line_place place = {a, user, names};

		line_print(&place, message);
	}
	json_decref(names);
	json_decref(message);
	free(path);
	free(user);
	return http_exit_code(a->http);
}
