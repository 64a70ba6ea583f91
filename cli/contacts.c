/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "cli/command.h"
#include "cli/events.h"
#include "cli/find.h"
#include "cli/http.h"
#include "cli/out.h"
#include "util/mem.h"

#define SECONDS_PER_DAY 86400
#define ACCEPT_WAIT_S	600

static char *invites_path(const struct command_args *a, int *code)
{
	char *user = find_user_path(a, code);
	char *path = user ? xasprintf("%s/invites", user) : NULL;

	free(user);
	return path;
}

int command_invite(const struct command_args *a)
{
	int code;
	char *path = invites_path(a, &code);
	json_t *body, *invite;

	if (!path)
		return code;
	body = json_object();
	if (a->label)
		json_object_set_new(body, "label", json_string(a->label));
	if (a->days > 0)
		json_object_set_new(body, "expires_in_seconds",
				    json_integer(a->days * SECONDS_PER_DAY));
	invite = http_call(a->http, "POST", path, body);
	free(path);
	if (!invite)
		return http_exit_code(a->http);
	if (a->json)
		out_json(invite);
	else
		puts(out_string(invite, "link"));
	if (a->qr && !out_qr(out_string(invite, "link")))
		code = EXIT_REFUSED;
	if (!a->json && isatty(1))
		fprintf(stderr,
			"Give this to one person, by a way that only they "
			"read. It works once,\nuntil %s. They type: umbel "
			"connect LINK\n",
			out_time(out_string(invite, "expires_at")));
	json_decref(invite);
	return code;
}

int command_invite_list(const struct command_args *a)
{
	int code;
	char *path = invites_path(a, &code);
	json_t *invites, *v;
	size_t i;

	if (!path)
		return code;
	invites = find_all(a->http, path);
	free(path);
	if (!invites)
		return http_exit_code(a->http);
	json_array_foreach(invites, i, v)
	{
		if (a->json) {
			out_json(v);
			continue;
		}
		printf("%s  until %s  ", out_string(v, "id"),
		       out_time(out_string(v, "expires_at")));
		out_text(out_string(v, "label"), 0);
		putchar('\n');
		if (a->qr && !out_qr(out_string(v, "link")))
			code = EXIT_REFUSED;
	}
	json_decref(invites);
	return code;
}

int command_invite_delete(const struct command_args *a)
{
	int code;
	char *path = invites_path(a, &code);
	char *one, *quoted;

	if (!path)
		return code;
	quoted = http_encode(a->http, a->argv[0]);
	one = xasprintf("%s/%s", path, quoted);
	json_decref(http_call(a->http, "DELETE", one, NULL));
	free(one);
	free(quoted);
	free(path);
	return http_exit_code(a->http);
}

static bool is_settled(const char *state)
{
	return strcmp(state, "queued") != 0 &&
	       strcmp(state, "connecting") != 0 &&
	       strcmp(state, "waiting") != 0;
}

/* Looks at the request again after each event, until it is settled; *request
 * is NULL if that did not happen. */
static int wait_for_request(const char *user, json_t **request,
			    struct event_cursor *cursor)
{
	char *path =
	    xasprintf("%s/requests/%s", user, out_string(*request, "id"));
	int code = EXIT_OK;

	while (*request && !is_settled(out_string(*request, "state"))) {
		json_t *events = events_next(cursor, "request.state");

		json_decref(*request);
		*request = events ? events_get(cursor, path) : NULL;
		json_decref(events);
		if (!*request)
			code = events_exit_code(cursor);
	}
	free(path);
	return code;
}

static int show_request(const struct command_args *a, json_t *request)
{
	const char *state;
	int code = EXIT_OK;

	state = out_string(request, "state");
	if (a->json)
		out_json(request);
	else if (strcmp(state, "accepted") == 0)
		puts("Connected.");
	else if (is_settled(state))
		say("It did not work: %s.", state);
	else
		puts("Asked. It goes on in the background, also when the "
		     "other one is away now;\n`umbel contacts` shows when it "
		     "is done.");
	if (is_settled(state) && strcmp(state, "accepted") != 0)
		code = EXIT_REFUSED;
	json_decref(request);
	return code;
}

int command_connect(const struct command_args *a)
{
	struct event_cursor cursor;
	char *user, *path;
	json_t *body, *request = NULL;
	int code;

	user = find_user_path(a, &code);
	if (!user)
		return code;
	body = json_pack("{ssss}", "link", a->argv[0], "client_id",
			 events_client_id());
	if (body && a->alias)
		json_object_set_new(body, "alias", json_string(a->alias));
	path = xasprintf("%s/requests", user);
	if (!body) {
		say("The link must be UTF-8 text.");
		code = EXIT_USAGE;
	} else if (!events_start(&cursor, a->http, user, ACCEPT_WAIT_S)) {
		json_decref(body);
		code = http_exit_code(a->http);
	} else {
		request = http_call(a->http, "POST", path, body);
		code = http_exit_code(a->http);
		if (request && a->wait)
			code = wait_for_request(user, &request, &cursor);
		if (request)
			code = show_request(a, request);
	}
	free(path);
	free(user);
	return code;
}

int command_contacts(const struct command_args *a)
{
	char *user, *path;
	json_t *contacts, *c;
	size_t i;
	int code;

	user = find_user_path(a, &code);
	if (!user)
		return code;
	path = xasprintf("%s/contacts", user);
	contacts = find_all(a->http, path);
	free(path);
	free(user);
	json_array_foreach(contacts, i, c)
	{
		const char *alias = out_string(c, "alias");

		if (a->json) {
			out_json(c);
			continue;
		}
		out_text(alias[0] ? alias : out_string(c, "display_name"), 20);
		printf(" %-8s %s\n", out_string(c, "presence"),
		       out_string(c, "id"));
	}
	if (contacts && !a->json && json_array_size(contacts) == 0)
		fputs("No contacts yet: `umbel invite` makes a link for "
		      "someone, `umbel connect LINK` takes one.\n",
		      stderr);
	json_decref(contacts);
	return http_exit_code(a->http);
}
