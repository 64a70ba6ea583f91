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
	char mark = strchr(path, '?') ? '&' : '?';
	char *next = xasprintf("%s%climit=200", path, mark);

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

			next = xasprintf("%s%climit=200&cursor=%s", path, mark,
					 quoted);
			free(quoted);
		}
		json_decref(page);
	}
	return all;
}

static bool is_user(const json_t *user, const char *wanted)
{
	return strcmp(out_string(user, "name"), wanted) == 0 ||
	       strcmp(out_string(user, "id"), wanted) == 0;
}

/* The one user that is wanted, or for NULL the only one, owned by the caller;
 * *count tells how many may be. */
static json_t *pick_user(const json_t *users, const char *wanted, size_t *count)
{
	json_t *user, *found = NULL;
	size_t i;

	*count = 0;
	json_array_foreach(users, i, user)
	{
		if (wanted && !is_user(user, wanted))
			continue;
		found = user;
		(*count)++;
	}
	return *count == 1 ? json_incref(found) : NULL;
}

json_t *find_user(const struct command_args *a, const char *name,
		  int *exit_code)
{
	json_t *users = find_all(a->http, "/v1/users");
	json_t *user;
	size_t count;

	*exit_code = http_exit_code(a->http);
	if (!users)
		return NULL;
	user = pick_user(users, name, &count);
	if (!user) {
		*exit_code = EXIT_NOT_FOUND;
		if (name)
			say("There is no user '%s' here.", name);
		else if (count == 0)
			say("There is no user yet: make one with "
			    "`umbel user add NAME`.");
		else
			say("There are %zu users: say which with --user USER.",
			    count);
		if (!name && count > 1)
			*exit_code = EXIT_USAGE;
	}
	json_decref(users);
	return user;
}

const char *find_name(const json_t *contact)
{
	const char *alias = out_string(contact, "alias");

	return alias[0] ? alias : out_string(contact, "display_name");
}

static bool has_id(const json_t *contact, const char *who)
{
	return strcmp(out_string(contact, "id"), who) == 0;
}

static bool is_shown_as(const json_t *contact, const char *who)
{
	return strcmp(find_name(contact), who) == 0;
}

static bool calls_himself(const json_t *contact, const char *who)
{
	return strcmp(out_string(contact, "display_name"), who) == 0;
}

/* The one contact that is meant, owned by the caller; *count tells how many
 * may be. */
static json_t *pick_contact(const json_t *contacts, const char *who,
			    size_t *count)
{
	static bool (*const ways[])(const json_t *, const char *) = {
	    has_id, is_shown_as, calls_himself};
	json_t *c, *found = NULL;
	size_t i, way;

	*count = 0;
	for (way = 0; way < ARRAY_SIZE(ways) && *count == 0; way++) {
		json_array_foreach(contacts, i, c)
		{
			if (!ways[way](c, who))
				continue;
			found = c;
			(*count)++;
		}
	}
	return *count == 1 ? json_incref(found) : NULL;
}

json_t *find_contact(const struct command_args *a, const char *user_path,
		     const char *who, int *exit_code)
{
	char *path = xasprintf("%s/contacts", user_path);
	json_t *contacts = find_all(a->http, path);
	json_t *contact;
	size_t count;

	free(path);
	*exit_code = http_exit_code(a->http);
	if (!contacts)
		return NULL;
	contact = pick_contact(contacts, who, &count);
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

char *find_user_path(const struct command_args *a, const char *rest,
		     int *exit_code)
{
	json_t *user = find_user(a, a->user, exit_code);
	char *path;

	if (!user)
		return NULL;
	path = xasprintf("/v1/users/%s%s", out_string(user, "id"), rest);
	json_decref(user);
	return path;
}

char *find_listed_path(const struct command_args *a, const char *user_path,
		       const char *list, const char *rest)
{
	char *id = http_encode(a->http, a->argv[0]);
	char *path = xasprintf("%s/%s/%s%s", user_path, list, id, rest);

	free(id);
	return path;
}

bool find_with(const struct command_args *a, const char *who, struct with *out,
	       int *exit_code)
{
	*out = (struct with){.user = find_user_path(a, "", exit_code)};
	if (out->user)
		out->contact = find_contact(a, out->user, who, exit_code);
	if (out->contact)
		return true;
	with_clear(out);
	return false;
}

void with_clear(struct with *w)
{
	json_decref(w->contact);
	free(w->user);
	*w = (struct with){.user = NULL};
}

char *find_contact_path(const struct command_args *a, const char *who,
			const char *rest, int *exit_code)
{
	struct with w;
	char *path;

	if (!find_with(a, who, &w, exit_code))
		return NULL;
	path = xasprintf("%s/contacts/%s%s", w.user,
			 out_string(w.contact, "id"), rest);
	with_clear(&w);
	return path;
}

char *find_conversation_path(const struct command_args *a, const char *who,
			     const char *rest, int *exit_code)
{
	struct with w;
	char *path;

	if (!find_with(a, who, &w, exit_code))
		return NULL;
	path = xasprintf("%s/conversations/%s%s", w.user,
			 out_string(w.contact, "conversation_id"), rest);
	with_clear(&w);
	return path;
}

json_t *find_names(struct http *h, const char *user_path, const char *key)
{
	char *path = xasprintf("%s/contacts", user_path);
	json_t *contacts = find_all(h, path);
	json_t *names = contacts ? json_object() : NULL;
	json_t *c;
	size_t i;

	free(path);
	json_array_foreach(contacts, i, c)
	{
		json_object_set_new(names, out_string(c, key),
				    json_string(find_name(c)));
	}
	json_decref(contacts);
	return names;
}
