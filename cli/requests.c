/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * requests - to ask somebody to become a contact, and to be asked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/change.h"
#include "cli/command.h"
#include "cli/events.h"
#include "cli/find.h"
#include "cli/http.h"
#include "cli/out.h"
#include "cli/post.h"
#include "util/mem.h"

static bool is_settled(const char *state)
{
	return strcmp(state, "queued") != 0 && strcmp(state, "waiting") != 0;
}

static int show_outcome(const struct command_args *a, const json_t *request)
{
	const char *state = out_string(request, "state");
	bool is_accepted = strcmp(state, "accepted") == 0;

	if (a->json)
		out_json(request);
	else if (is_accepted)
		puts("Connected.");
	else if (is_settled(state))
		say("It did not work: %s.", state);
	else
		puts("It goes on in the background, also when the other one "
		     "is away now;\n`umbel requests` shows how far it is.");
	return is_settled(state) && !is_accepted ? EXIT_REFUSED : EXIT_OK;
}

static const struct post_kind asking = {
    .list = "requests",
    .event = "request.state",
    .is_over = is_settled,
    .end = show_outcome,
};

int command_connect(const struct command_args *a)
{
	json_t *body = json_object(), *contact = NULL;
	char *user;
	int code;

	if (!change_put(body, "link", a->argv[0]) ||
	    !change_put(body, "alias", a->alias) ||
	    !change_put(body, "greeting", a->greeting) ||
	    !change_put(body, "client_id", events_client_id())) {
		say("Link, alias and greeting must be UTF-8 text.");
		json_decref(body);
		return EXIT_USAGE;
	}
	user = find_user_path(a, "", &code);
	if (user && a->for_contact)
		contact = find_contact(a, user, a->for_contact, &code);
	if (contact)
		change_put(body, "contact_id", out_string(contact, "id"));
	if (user && (contact || !a->for_contact))
		code = post(a, &asking, user, xasprintf("%s/requests", user),
			    body);
	else
		json_decref(body);
	json_decref(contact);
	free(user);
	return code;
}

int command_request_accept(const struct command_args *a)
{
	json_t *body = json_object();
	char *user;
	int code;

	if (!change_put(body, "alias", a->alias)) {
		say("The alias must be UTF-8 text.");
		json_decref(body);
		return EXIT_USAGE;
	}
	user = find_user_path(a, "", &code);
	if (user)
		code = post(a, &asking, user,
			    find_listed_path(a, user, "requests", "/accept"),
			    body);
	else
		json_decref(body);
	free(user);
	return code;
}

int command_request_reject(const struct command_args *a)
{
	return change_listed(a, "POST", "requests", "/reject", NULL);
}

static const char *or_nobody(const char *name)
{
	return name[0] ? name : "(no name)";
}

/* What one has to know before one says yes. */
static void print_warning(const json_t *request, const json_t *names)
{
	const char *like = out_string(request, "looks_like_contact_id");
	const char *by = out_string(request, "introduced_by");

	puts("    A new person, whatever the name says.");
	if (like[0]) {
		fputs("    It looks like the name of your contact ", stdout);
		out_text(or_nobody(out_string(names, like)), 0);
		fputs(", and is somebody else.\n", stdout);
	}
	if (by[0]) {
		fputs("    Introduced by ", stdout);
		out_text(or_nobody(out_string(names, by)), 0);
		fputs(", who calls them so.\n", stdout);
	}
}

static void print_request(const json_t *request, const json_t *names)
{
	bool is_in = strcmp(out_string(request, "direction"), "in") == 0;
	const char *greeting = out_string(request, "greeting");
	const char *until = out_string(request, "expires_at");

	printf("%s  %s ", out_string(request, "id"), is_in ? "from" : "to  ");
	out_text(or_nobody(out_string(request, "display_name")), 20);
	printf(" %s", out_string(request, "state"));
	if (until[0])
		printf(", until %s", out_time(until));
	putchar('\n');
	if (is_in && strcmp(out_string(request, "state"), "accepted") != 0)
		print_warning(request, names);
	if (greeting[0]) {
		fputs("    | ", stdout);
		out_lines(greeting, "    | ");
		putchar('\n');
	}
}

static void print_requests(const json_t *requests, const json_t *names)
{
	json_t *r;
	size_t i;

	json_array_foreach(requests, i, r)
	{
		print_request(r, names);
	}
	if (json_array_size(requests) == 0)
		fputs("Nobody asks you, and you ask nobody.\n", stderr);
}

int command_requests(const struct command_args *a)
{
	json_t *requests = NULL, *names = NULL, *r;
	char *user, *path;
	size_t i;
	int code;

	user = find_user_path(a, "", &code);
	if (!user)
		return code;
	path = xasprintf("%s/requests", user);
	requests = find_all(a->http, path);
	if (requests && !a->json)
		names = find_names(a->http, user, "id");
	if (a->json) {
		json_array_foreach(requests, i, r)
		{
			out_json(r);
		}
	} else if (names) {
		print_requests(requests, names);
	}
	json_decref(names);
	json_decref(requests);
	free(path);
	free(user);
	return http_exit_code(a->http);
}
