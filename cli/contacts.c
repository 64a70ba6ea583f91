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

static int make_invite(const struct command_args *a, const char *path)
{
	json_t *body = json_object();
	json_t *invite;

	if (a->label)
		json_object_set_new(body, "label", json_string(a->label));
	if (a->days > 0)
		json_object_set_new(body, "expires_in_seconds",
				    json_integer(a->days * SECONDS_PER_DAY));
	invite = http_call(a->http, "POST", path, body);
	if (!invite)
		return http_exit_code(a->http);
	if (a->json)
		out_json(invite);
	else
		puts(out_string(invite, "link"));
	if (!a->json && isatty(1))
		fprintf(stderr,
			"Give this to one person, by a way that only they "
			"read. It works once,\nuntil %s. They type: umbel "
			"connect LINK\n",
			out_time(out_string(invite, "expires_at")));
	json_decref(invite);
	return EXIT_OK;
}

static int list_invites(const struct command_args *a, const char *path)
{
	json_t *invites = find_all(a->http, path);
	json_t *v;
	size_t i;

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
	}
	json_decref(invites);
	return EXIT_OK;
}

static int delete_invite(const struct command_args *a, const char *path)
{
	char *one, *quoted;
	json_t *answer;

	if (a->argc != 2) {
		say("Say which: umbel invite delete ID");
		return EXIT_USAGE;
	}
	quoted = http_encode(a->http, a->argv[1]);
	one = xasprintf("%s/%s", path, quoted);
	answer = http_call(a->http, "DELETE", one, NULL);
	free(one);
	free(quoted);
	json_decref(answer);
	return http_exit_code(a->http);
}

int command_invite(const struct command_args *a)
{
	const char *what = a->argc > 0 ? a->argv[0] : "";
	char *user, *path;
	int code;

	user = find_user_path(a, &code);
	if (!user)
		return code;
	path = xasprintf("%s/invites", user);
	if (strcmp(what, "") == 0) {
		code = make_invite(a, path);
	} else if (strcmp(what, "list") == 0) {
		code = list_invites(a, path);
	} else if (strcmp(what, "delete") == 0) {
		code = delete_invite(a, path);
	} else {
		say("umbel invite knows list and delete, not '%s'.", what);
		code = EXIT_USAGE;
	}
	free(path);
	free(user);
	return code;
}

static bool is_settled(const char *state)
{
	return strcmp(state, "queued") != 0 &&
	       strcmp(state, "connecting") != 0 &&
	       strcmp(state, "waiting") != 0;
}

/* Looks at the request again after each event, until it is settled. */
static json_t *wait_for_request(const struct command_args *a, const char *user,
				json_t *request, struct event_cursor *cursor)
{
	char *path =
	    xasprintf("%s/requests/%s", user, out_string(request, "id"));

	while (request && !is_settled(out_string(request, "state"))) {
		json_t *events = events_next(cursor, "request.state");

		json_decref(request);
		if (!events) {
			request = NULL;
			break;
		}
		json_decref(events);
		request = http_call(a->http, "GET", path, NULL);
	}
	free(path);
	return request;
}

static int show_request(const struct command_args *a, json_t *request)
{
	const char *state;
	int code = EXIT_OK;

	if (!request)
		return http_exit_code(a->http) ? http_exit_code(a->http)
					       : EXIT_TIMEOUT;
	state = out_string(request, "state");
	if (a->json)
		out_json(request);
	else if (strcmp(state, "accepted") == 0)
		puts("Connected.");
	else if (is_settled(state))
		printf("It did not work: %s.\n", state);
	else
		puts("Asked. It goes on in the background; `umbel contacts` "
		     "shows when it is done.");
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

	if (a->argc != 1) {
		say("Say with whom: umbel connect LINK");
		return EXIT_USAGE;
	}
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
		if (request && a->wait)
			request = wait_for_request(a, user, request, &cursor);
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
