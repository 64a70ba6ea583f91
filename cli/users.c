/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/command.h"
#include "cli/find.h"
#include "cli/http.h"
#include "cli/out.h"
#include "cli/secret.h"
#include "util/mem.h"

static int show(const struct command_args *a, json_t *user, const char *what)
{
	if (!user)
		return http_exit_code(a->http);
	if (a->json) {
		out_json(user);
	} else {
		out_text(out_string(user, "name"), 0);
		printf(" %s\n", what);
	}
	json_decref(user);
	return EXIT_OK;
}

static int add(const struct command_args *a)
{
	char *pass;
	json_t *body;

	if (a->argc != 2) {
		say("Say what the user is to be called: umbel user add NAME");
		return EXIT_USAGE;
	}
	pass = secret_read(a->passphrase_file,
			   "A passphrase for this user (it cannot be "
			   "recovered): ",
			   true);
	if (!pass)
		return EXIT_USAGE;
	body = json_pack("{ssss}", "name", a->argv[1], "passphrase", pass);
	secret_free(pass);
	if (!body) {
		say("Name and passphrase must be UTF-8 text.");
		return EXIT_USAGE;
	}
	return show(a, http_call(a->http, "POST", "/v1/users", body),
		    "is there, and unlocked");
}

static int list(const struct command_args *a)
{
	json_t *users = find_all(a->http, "/v1/users");
	json_t *u;
	size_t i;

	if (!users)
		return http_exit_code(a->http);
	json_array_foreach(users, i, u)
	{
		if (a->json) {
			out_json(u);
			continue;
		}
		out_text(out_string(u, "name"), 20);
		printf(" %-10s %s", out_string(u, "state"),
		       out_string(u, "id"));
		out_failure(u);
		putchar('\n');
	}
	json_decref(users);
	return EXIT_OK;
}

static json_t *post_unlock(const struct command_args *a, const char *path)
{
	char *pass = secret_read(a->passphrase_file, "Passphrase: ", false);
	json_t *body;

	if (!pass)
		return NULL;
	body = json_pack("{ss}", "passphrase", pass);
	secret_free(pass);
	return http_call(a->http, "POST", path, body);
}

static int lock_or_unlock(const struct command_args *a, bool unlock)
{
	const char *name = a->argc > 1 ? a->argv[1] : a->user;
	json_t *user, *answer;
	char *path;
	int code;

	user = find_user(a, name, &code);
	if (!user)
		return code;
	path = xasprintf("/v1/users/%s/%s", out_string(user, "id"),
			 unlock ? "unlock" : "lock");
	answer = unlock ? post_unlock(a, path)
			: http_call(a->http, "POST", path, NULL);
	free(path);
	json_decref(user);
	return show(a, answer, unlock ? "is unlocked" : "is locked");
}

int command_user(const struct command_args *a)
{
	const char *what = a->argc > 0 ? a->argv[0] : "list";

	if (strcmp(what, "add") == 0)
		return add(a);
	if (strcmp(what, "list") == 0)
		return list(a);
	if (strcmp(what, "unlock") == 0)
		return lock_or_unlock(a, true);
	if (strcmp(what, "lock") == 0)
		return lock_or_unlock(a, false);
	say("umbel user knows add, list, unlock and lock, not '%s'.", what);
	return EXIT_USAGE;
}
