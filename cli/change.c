/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/change.h"

#include <stdlib.h>

#include <jansson.h>

#include "cli/command.h"
#include "cli/find.h"
#include "cli/http.h"
#include "cli/out.h"

int change_end(const struct command_args *a, json_t *answer)
{
	/* Some answers are empty. */
	if (a->json && json_is_object(answer))
		out_json(answer);
	json_decref(answer);
	return http_exit_code(a->http);
}

int change(const struct command_args *a, const char *method, char *path,
	   json_t *body)
{
	json_t *answer = http_call(a->http, method, path, body);

	free(path);
	return change_end(a, answer);
}

int change_listed(const struct command_args *a, const char *method,
		  const char *list, const char *rest, json_t *body)
{
	int code;
	char *user = find_user_path(a, "", &code);

	if (user)
		code = change(a, method, find_listed_path(a, user, list, rest),
			      body);
	else
		json_decref(body);
	free(user);
	return code;
}

bool change_put(json_t *body, const char *key, const char *text)
{
	return !text || json_object_set_new(body, key, json_string(text)) == 0;
}

json_t *change_text(const char *key, const char *text)
{
	json_t *body = json_pack("{ss}", key, text);

	if (!body)
		say("Texts must be UTF-8.");
	return body;
}
