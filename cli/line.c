/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/amount.h"
#include "cli/command.h"
#include "cli/duration.h"
#include "cli/http.h"
#include "cli/out.h"
#include "cli/style.h"
#include "util/mem.h"

static bool is_own(const json_t *message)
{
	return strcmp(out_string(message, "direction"), "out") == 0;
}

static const char *name_of(const struct line_place *p, const json_t *message)
{
	return out_string(p->names, out_string(message, "conversation_id"));
}

static void print_timer(const json_t *message)
{
	json_int_t seconds = json_integer_value(
	    json_object_get(message, "disappears_after_seconds"));
	char text[DURATION_TEXT];

	if (seconds <= 0) {
		fputs(" (from here on messages stay)", stdout);
		return;
	}
	duration_write((uint32_t)seconds, text);
	printf(" (from here on messages disappear %s after they are read)",
	       text);
}

/* Only a text has a colon before it: nobody can write one of the others. */
static void print_content(const json_t *message)
{
	const char *kind = out_string(message, "kind");

	if (strcmp(kind, "text") == 0) {
		fputs(": ", stdout);
		out_lines(out_string(message, "text"), "    | ");
	} else if (strcmp(kind, "timer") == 0) {
		print_timer(message);
	} else if (strcmp(kind, "deleted") == 0) {
		fputs(" (deleted)", stdout);
	} else if (strcmp(kind, "file") == 0) {
		fputs(" (file)", stdout);
	} else {
		fputs(" (a kind of message that this version does not know)",
		      stdout);
	}
}

/* How far an own one is, unless all is well. */
static void print_state(const json_t *message)
{
	const json_t *problem = json_object_get(message, "problem");
	const char *state = out_string(message, "state");
	const char *why = out_string(problem, "title");

	if (!is_own(message) || strcmp(state, "delivered") == 0)
		return;
	fputs("  (", stdout);
	if (strcmp(state, "failed") == 0)
		style_print(STYLE_BAD, state);
	else
		fputs(state, stdout);
	if (why[0]) {
		fputs(": ", stdout);
		out_text(why, 0);
	}
	putchar(')');
}

/* The message that it answers, as far as it is here. */
static void print_answered(const struct line_place *p, const json_t *message)
{
	const char *id = out_string(message, "reply_to");
	json_t *answered;
	char *path;

	if (!id[0])
		return;
	path = xasprintf("%s/messages/%s", p->user, id);
	answered = http_try(p->a->http, path);
	free(path);
	if (!answered)
		return;
	fputs("    > ", stdout);
	if (strcmp(out_string(answered, "kind"), "text") == 0)
		out_quote(out_string(answered, "text"));
	else
		printf("(%s)", out_string(answered, "kind"));
	putchar('\n');
	json_decref(answered);
}

/* Behind a margin, as all that others have chosen. */
static void print_files(const json_t *message)
{
	const char *caption = out_string(message, "text");
	char size[AMOUNT_TEXT];
	json_t *file;
	size_t i;

	json_array_foreach(json_object_get(message, "files"), i, file)
	{
		amount_bytes(out_number(file, "size"), size);
		printf("    = %s  %s  %s  ", out_string(file, "id"),
		       out_string(file, "state"), size);
		out_text(out_string(file, "name"), 0);
		putchar('\n');
	}
	if (strcmp(out_string(message, "kind"), "file") != 0 || !caption[0])
		return;
	fputs("    | ", stdout);
	out_lines(caption, "    | ");
	putchar('\n');
}

static void print_marks(const json_t *message)
{
	const char *edited = out_string(message, "edited_at");
	const char *until = out_string(message, "expires_at");

	if (edited[0])
		printf("    (edited %s)\n", out_time(edited));
	if (until[0])
		printf("    (disappears %s)\n", out_time(until));
}

static void print_reactions(const struct line_place *p, const json_t *message)
{
	json_t *r;
	size_t i;

	json_array_foreach(json_object_get(message, "reactions"), i, r)
	{
		fputs("    + ", stdout);
		out_text(out_string(r, "emoji"), 0);
		putchar(' ');
		out_text(json_is_true(json_object_get(r, "own"))
			     ? "you"
			     : name_of(p, message),
			 0);
		putchar('\n');
	}
}

void line_print(const struct line_place *p, const json_t *message)
{
	if (p->a->json) {
		out_json(message);
		return;
	}
	if (p->a->ids)
		printf("%s  ", out_string(message, "id"));
	printf("%s  %s ", out_time(out_string(message, "sent_at")),
	       is_own(message) ? "to  " : "from");
	out_text(name_of(p, message), 0);
	print_content(message);
	print_state(message);
	putchar('\n');
	print_answered(p, message);
	print_files(message);
	print_marks(message);
	print_reactions(p, message);
	fflush(stdout);
}
