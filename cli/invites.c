/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "cli/change.h"
#include "cli/command.h"
#include "cli/find.h"
#include "cli/http.h"
#include "cli/out.h"
#include "cli/value.h"
#include "util/mem.h"

#define SECONDS_PER_DAY 86400

/* NULL after saying what is wrong. */
static json_t *invite_body(const struct command_args *a)
{
	json_t *body = json_object();

	if (a->days)
		json_object_set_new(
		    body, "expires_in_seconds",
		    json_integer((json_int_t)value_number(a->days, 0) *
				 SECONDS_PER_DAY));
	if (change_put(body, "label", a->label))
		return body;
	say("The label must be UTF-8 text.");
	json_decref(body);
	return NULL;
}

/* That contact shall be had anew; false after saying who there is not. */
static bool put_contact(const struct command_args *a, const char *user,
			json_t *body, int *code)
{
	json_t *contact;

	if (!a->for_contact)
		return true;
	contact = find_contact(a, user, a->for_contact, code);
	if (contact)
		change_put(body, "contact_id", out_string(contact, "id"));
	json_decref(contact);
	return contact != NULL;
}

int command_invite(const struct command_args *a)
{
	json_t *body = invite_body(a), *invite;
	char *user, *path;
	int code;

	if (!body)
		return EXIT_USAGE;
	user = find_user_path(a, "", &code);
	if (!user || !put_contact(a, user, body, &code)) {
		json_decref(body);
		free(user);
		return code;
	}
	path = xasprintf("%s/invites", user);
	free(user);
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
	char *path = find_user_path(a, "/invites", &code);
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
