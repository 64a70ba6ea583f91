/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/find.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/http.h"
#include "cli/out.h"
#include "util/mem.h"

json_t *find_all(struct http *h, const char *path)
{
	json_t *all = json_array();
	char *next = xasprintf("%s?limit=200", path);

	while (next) {
		json_t *page = http_call(h, "GET", next, NULL);
		const char *cursor;

		free(next);
		next = NULL;
		if (!page) {
			json_decref(all);
			return NULL;
		}
		json_array_extend(all, json_object_get(page, "items"));
		cursor =
		    json_string_value(json_object_get(page, "next_cursor"));
		if (cursor) {
			char *quoted = http_encode(h, cursor);

			next =
			    xasprintf("%s?limit=200&cursor=%s", path, quoted);
			free(quoted);
		}
		json_decref(page);
	}
	return all;
}

static bool matches(const json_t *item, const char *const *keys,
		    const char *wanted)
{
	for (; *keys; keys++)
		if (strcmp(out_string(item, *keys), wanted) == 0)
			return true;
	return false;
}

/* The one item that matches, owned by the caller; *count tells how many do. */
static json_t *pick(const json_t *items, const char *const *keys,
		    const char *wanted, size_t *count)
{
	json_t *item, *found = NULL;
	size_t i;

	*count = 0;
	json_array_foreach(items, i, item)
	{
		if (wanted && !matches(item, keys, wanted))
			continue;
		found = item;
		(*count)++;
	}
	return *count == 1 ? json_incref(found) : NULL;
}

json_t *find_user(const struct command_args *a, const char *name,
		  int *exit_code)
{
	static const char *const keys[] = {"name", "id", NULL};
	json_t *users = find_all(a->http, "/v1/users");
	json_t *user;
	size_t count;

	*exit_code = http_exit_code(a->http);
	if (!users)
		return NULL;
	user = pick(users, keys, name, &count);
	if (!user) {
		*exit_code = EXIT_NOT_FOUND;
		if (name)
			say("There is no user '%s' here.", name);
		else if (count == 0)
			say("There is no user yet: make one with "
			    "`umbel user add NAME`.");
		else
			say("There are %zu users: say which with --user NAME.",
			    count);
		if (!name && count > 1)
			*exit_code = EXIT_USAGE;
	}
	json_decref(users);
	return user;
}

json_t *find_contact(const struct command_args *a, const char *user_id,
		     const char *who, int *exit_code)
{
	static const char *const keys[] = {"id", "alias", "display_name", NULL};
	char *path = xasprintf("/v1/users/%s/contacts", user_id);
	json_t *contacts = find_all(a->http, path);
	json_t *contact;
	size_t count;

	free(path);
	*exit_code = http_exit_code(a->http);
	if (!contacts)
		return NULL;
	contact = pick(contacts, keys, who, &count);
	if (!contact) {
		*exit_code = EXIT_NOT_FOUND;
		if (count)
			say("%zu contacts are called '%s': use the id that "
			    "`umbel contacts` shows.",
			    count, who);
		else
			say("There is no contact '%s'; `umbel contacts` shows "
			    "who is there.",
			    who);
	}
	json_decref(contacts);
	return contact;
}

char *find_user_path(const struct command_args *a, int *exit_code)
{
	json_t *user = find_user(a, a->user, exit_code);
	char *path;

	if (!user)
		return NULL;
	path = xasprintf("/v1/users/%s", out_string(user, "id"));
	json_decref(user);
	return path;
}
