/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * search - messages by the words in them, the newest first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/command.h"
#include "cli/find.h"
#include "cli/http.h"
#include "cli/instant.h"
#include "cli/line.h"
#include "cli/out.h"
#include "cli/value.h"
#include "util/mem.h"

#define PAGE_MAX      200
#define COUNT_DEFAULT 20

/* What is looked for, but for the page; NULL: *code tells. */
static char *target_of(const struct command_args *a, const char *user,
		       int *code)
{
	char *words = http_encode(a->http, a->argv[0]), *target;
	char after[INSTANT_TEXT] = "", before[INSTANT_TEXT] = "";
	json_t *contact = NULL;

	if (a->with)
		contact = find_contact(a, user, a->with, code);
	if (a->newer)
		instant_before(a->newer, after);
	if (a->older)
		instant_before(a->older, before);
	target = xasprintf("%s/search?q=%s%s%s%s%s%s%s%s%s", user, words,
			   contact ? "&contact_id=" : "",
			   out_string(contact, "id"), a->kind ? "&kind=" : "",
			   a->kind ? a->kind : "", after[0] ? "&after=" : "",
			   after, before[0] ? "&before=" : "", before);
	free(words);
	if (a->with && !contact) {
		free(target);
		target = NULL;
	}
	json_decref(contact);
	return target;
}

static size_t print_page(const struct line_place *place, const json_t *page)
{
	const json_t *items = json_object_get(page, "items");
	json_t *message;
	size_t i;

	json_array_foreach(items, i, message)
	{
		line_print(place, message);
	}
	return json_array_size(items);
}

/* Page by page; what is partial is looked on in.  How many were found. */
static size_t print_found(const struct line_place *place, const char *target)
{
	struct http *h = place->a->http;
	uint64_t left = value_number(place->a->count, COUNT_DEFAULT);
	char *cursor = xstrdup("");
	size_t found = 0;

	while (cursor && left > 0) {
		char *path = xasprintf(
		    "%s&limit=%llu%s%s", target,
		    (unsigned long long)(left < PAGE_MAX ? left : PAGE_MAX),
		    cursor[0] ? "&cursor=" : "", cursor);
		json_t *page = http_call(h, "GET", path, NULL);
		const char *next = out_string(page, "next_cursor");
		size_t n = print_page(place, page);

		free(path);
		free(cursor);
		cursor = next[0] ? http_encode(h, next) : NULL;
		found += n;
		left -= n < left ? n : left;
		json_decref(page);
	}
	free(cursor);
	return found;
}

int command_search(const struct command_args *a)
{
	char *user, *target = NULL;
	json_t *names = NULL;
	int code;

	user = find_user_path(a, "", &code);
	if (user)
		target = target_of(a, user, &code);
	if (target) {
		names = find_names(a->http, user, "conversation_id");
		code = http_exit_code(a->http);
	}
	if (names) {
		const struct line_place place = {a, user, names};

		if (print_found(&place, target) == 0 && !a->json &&
		    http_exit_code(a->http) == EXIT_OK)
			fputs("Nothing was found.\n", stderr);
		code = http_exit_code(a->http);
	}
	json_decref(names);
	free(target);
	free(user);
	return code;
}
