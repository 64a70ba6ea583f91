/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * outlets - where events go by themselves: webhooks and consumers.
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
#include "cli/out.h"
#include "cli/secret.h"
#include "cli/value.h"
#include "util/mem.h"

static json_t *types_of(const char *list)
{
	json_t *types = json_array();
	size_t n;

	for (;; list += n + 1) {
		n = strcspn(list, ",");
		json_array_append_new(types, json_stringn(list, n));
		if (!list[n])
			return types;
	}
}

/* NULL after saying what is wrong. */
static json_t *webhook_body(const struct command_args *a)
{
	json_t *body = change_text("url", a->argv[0]);
	char *secret;

	if (body && a->types)
		json_object_set_new(body, "types", types_of(a->types));
	if (!body || !a->secret_file)
		return body;
	secret = secret_read(a->secret_file, "Secret: ", false);
	if (!secret || !change_put(body, "secret", secret)) {
		json_decref(body);
		body = NULL;
	}
	secret_free(secret);
	return body;
}

int command_webhook_add(const struct command_args *a)
{
	json_t *body = webhook_body(a), *webhook;
	char *path;
	int code;

	if (!body)
		return EXIT_USAGE;
	path = find_user_path(a, "/webhooks", &code);
	if (!path) {
		json_decref(body);
		return code;
	}
	webhook = http_call(a->http, "POST", path, body);
	free(path);
	if (webhook && a->json)
		out_json(webhook);
	else if (webhook)
		puts(out_string(webhook, "secret"));
	if (webhook && !a->json && isatty(1))
		fprintf(stderr,
			"The receiver checks signatures with it; nobody can "
			"show it again. It is %s.\n",
			out_string(webhook, "id"));
	json_decref(webhook);
	return http_exit_code(a->http);
}

int command_webhook_test(const struct command_args *a)
{
	return change_listed(a, "POST", "webhooks", "/test", NULL);
}

/* Without a number, all that there is. */
int command_consumer_ack(const struct command_args *a)
{
	char *user, *path;
	json_int_t last = 0;
	json_t *page;
	int code;

	user = find_user_path(a, "", &code);
	if (!user)
		return code;
	if (a->argc > 1) {
		last = (json_int_t)value_number(a->argv[1], 0);
	} else {
		path = xasprintf("%s/events?limit=1", user);
		page = http_call(a->http, "GET", path, NULL);
		last = json_integer_value(json_object_get(page, "last_id"));
		code = http_exit_code(a->http);
		json_decref(page);
		free(path);
	}
	if (code == EXIT_OK)
		code =
		    change(a, "PUT", find_listed_path(a, user, "consumers", ""),
			   json_pack("{sI}", "acked_id", last));
	free(user);
	return code;
}
