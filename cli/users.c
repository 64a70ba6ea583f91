/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "cli/command.h"
#include "cli/fields.h"
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

static const char next_steps[] =
    "What comes next:\n"
    "  umbel invite         a link for someone who has Umbel too\n"
    "  umbel connect LINK   take a link that someone gave you\n"
    "  umbel open           all of it as a page in the browser\n";

int command_user_add(const struct command_args *a)
{
	char *pass;
	json_t *body, *user;

	pass = secret_read(a->passphrase_file,
			   "A passphrase for this user (it cannot be "
			   "recovered): ",
			   true);
	if (!pass)
		return EXIT_USAGE;
	body = json_pack("{ssss}", "name", a->argv[0], "passphrase", pass);
	secret_free(pass);
	if (!body) {
		say("Name and passphrase must be UTF-8 text.");
		return EXIT_USAGE;
	}
	user = http_call(a->http, "POST", "/v1/users", body);
	if (user && !a->json && isatty(1))
		fputs(next_steps, stderr);
	return show(a, user, "is there, and unlocked");
}

int command_user_show(const struct command_args *a)
{
	int code;
	json_t *user = find_user(a, a->argc > 0 ? a->argv[0] : a->user, &code);

	if (!user)
		return code;
	if (a->json)
		out_json(user);
	else
		fields_print(user);
	json_decref(user);
	return code;
}

int command_user_list(const struct command_args *a)
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

static int post_unlock(const struct command_args *a, const char *path)
{
	char *pass = secret_read(a->passphrase_file, "Passphrase: ", false);
	json_t *body;

	if (!pass)
		return EXIT_USAGE;
	body = json_pack("{ss}", "passphrase", pass);
	secret_free(pass);
	if (!body) {
		say("The passphrase must be UTF-8 text.");
		return EXIT_USAGE;
	}
	return show(a, http_call(a->http, "POST", path, body), "is unlocked");
}

static int set_state(const struct command_args *a, const char *verb,
		     const char *state)
{
	const char *name = a->argc > 0 ? a->argv[0] : a->user;
	char *path, *what = xasprintf("is %s", state);
	int code;
	json_t *user = find_user(a, name, &code);

	if (user && strcmp(out_string(user, "state"), state) == 0) {
		code = show(a, user, what);
	} else if (user) {
		path =
		    xasprintf("/v1/users/%s/%s", out_string(user, "id"), verb);
		json_decref(user);
		if (strcmp(verb, "unlock") == 0)
			code = post_unlock(a, path);
		else
			code = show(a, http_call(a->http, "POST", path, NULL),
				    what);
		free(path);
	}
	free(what);
	return code;
}

int command_user_unlock(const struct command_args *a)
{
	return set_state(a, "unlock", "unlocked");
}

int command_user_lock(const struct command_args *a)
{
	return set_state(a, "lock", "locked");
}

static json_t *ask_for_change(const struct command_args *a)
{
	char *old, *fresh = NULL;
	json_t *body = NULL;

	old =
	    secret_read(a->passphrase_file, "The present passphrase: ", false);
	if (old)
		fresh =
		    secret_read(a->new_passphrase_file,
				"The new one (it cannot be recovered): ", true);
	if (fresh) {
		body = json_pack("{ssss}", "old_passphrase", old,
				 "new_passphrase", fresh);
		if (!body)
			say("Passphrases must be UTF-8 text.");
	}
	secret_free(old);
	secret_free(fresh);
	return body;
}

int command_user_passphrase(const struct command_args *a)
{
	const char *name = a->argc > 0 ? a->argv[0] : a->user;
	char *path;
	int code;
	json_t *user = find_user(a, name, &code), *body;

	if (!user)
		return code;
	body = ask_for_change(a);
	code = EXIT_USAGE;
	if (body) {
		path = xasprintf("/v1/users/%s/passphrase",
				 out_string(user, "id"));
		json_decref(http_call(a->http, "PUT", path, body));
		code = http_exit_code(a->http);
		free(path);
	}
	if (code == EXIT_OK)
		code = show(a, json_incref(user), "has a new passphrase");
	json_decref(user);
	return code;
}
