/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tokens - credentials for programs, that can do only what they must.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "cli/change.h"
#include "cli/command.h"
#include "cli/find.h"
#include "cli/http.h"
#include "cli/instant.h"
#include "cli/out.h"
#include "cli/value.h"
#include "util/mem.h"

typedef json_t *find_fn(const struct command_args *a, const char *name,
			int *code);

/* What each name of a list stands for, as the API wants it; NULL after saying
 * why not. */
static json_t *ids_of(const struct command_args *a, const char *list,
		      find_fn *find, const char *key, int *code)
{
	char *words = xstrdup(list), *rest = words, *word;
	json_t *ids = json_array(), *found;

	while (ids && (word = strsep(&rest, ",")) != NULL) {
		found = find(a, word, code);
		if (found) {
			json_array_append_new(
			    ids, json_string(out_string(found, key)));
		} else {
			json_decref(ids);
			ids = NULL;
		}
		json_decref(found);
	}
	free(words);
	return ids;
}

static json_t *find_with_user(const struct command_args *a, const char *who,
			      int *code)
{
	struct with w;
	json_t *contact;

	if (!find_with(a, who, &w, code))
		return NULL;
	contact = json_incref(w.contact);
	with_clear(&w);
	return contact;
}

static json_t *words_of(const char *list)
{
	json_t *words = json_array();
	char *copy = xstrdup(list), *rest = copy, *word;

	while ((word = strsep(&rest, ",")) != NULL)
		json_array_append_new(words, json_string(word));
	free(copy);
	return words;
}

/* What it is narrowed to. */
static bool put_limits(const struct command_args *a, json_t *body, int *code)
{
	char until[INSTANT_TEXT];
	json_t *ids;

	if (a->users) {
		ids = ids_of(a, a->users, find_user, "id", code);
		if (!ids)
			return false;
		json_object_set_new(body, "user_ids", ids);
	}
	if (a->with) {
		ids =
		    ids_of(a, a->with, find_with_user, "conversation_id", code);
		if (!ids)
			return false;
		json_object_set_new(body, "conversation_ids", ids);
	}
	if (a->expires) {
		instant_after(a->expires, until);
		json_object_set_new(body, "expires_at", json_string(until));
	}
	if (a->rate)
		json_object_set_new(
		    body, "rate_per_minute",
		    json_integer((json_int_t)value_number(a->rate, 0)));
	return true;
}

int command_token_add(const struct command_args *a)
{
	json_t *body = change_text("name", a->argv[0]), *token;
	int code = EXIT_USAGE;

	if (!body)
		return code;
	json_object_set_new(body, "scopes", words_of(a->argv[1]));
	if (!put_limits(a, body, &code)) {
		json_decref(body);
		return code;
	}
	token = http_call(a->http, "POST", "/v1/tokens", body);
	if (token && a->json)
		out_json(token);
	else if (token)
		puts(out_string(token, "secret"));
	if (token && !a->json && isatty(1))
		fputs("Nobody can show it again. A program sends it as "
		      "`Authorization: Bearer TOKEN`.\n",
		      stderr);
	json_decref(token);
	return http_exit_code(a->http);
}
