/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * files - the list of them, and what can be done about one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/amount.h"
#include "cli/change.h"
#include "cli/command.h"
#include "cli/find.h"
#include "cli/follow.h"
#include "cli/http.h"
#include "cli/out.h"
#include "cli/style.h"
#include "util/mem.h"

/* "transferring, 43% at 1.2 MiB/s"; "failed: The sender took it back". */
static char *state_of(const json_t *file)
{
	const char *state = out_string(file, "state");
	const char *until = out_string(file, "expires_at");
	const char *why = out_string(json_object_get(file, "problem"), "title");
	uint64_t done = out_number(file, "bytes_done"),
		 size = out_number(file, "size");
	char rate[AMOUNT_TEXT];

	if (why[0])
		return xasprintf("%s: %s", state, why);
	if (until[0])
		return xasprintf("%s, until %s", state, out_time(until));
	if (strcmp(state, "transferring") == 0) {
		amount_bytes(out_number(file, "bytes_per_second"), rate);
		return xasprintf(
		    "%s, %d%% at %s/s", state,
		    (int)(size ? (double)done * 100 / (double)size : 100),
		    rate);
	}
	if (size > done && done > 0)
		return xasprintf("%s, %d%%", state,
				 (int)((double)done * 100 / (double)size));
	return xstrdup(state);
}

static void print_file(const json_t *file, const json_t *names)
{
	bool is_in = strcmp(out_string(file, "direction"), "in") == 0;
	const char *where = out_string(file, "conversation_id");
	char *state = state_of(file);
	char size[AMOUNT_TEXT];

	amount_bytes(out_number(file, "size"), size);
	printf("%s  %s ", out_string(file, "id"), is_in ? "from" : "to  ");
	out_text(where[0] ? out_string(names, where) : "-", 16);
	printf(" %9s  ", size);
	if (strcmp(out_string(file, "state"), "failed") == 0)
		style_begin(STYLE_BAD);
	out_text(state, 12);
	style_end();
	fputs("  ", stdout);
	out_text(out_string(file, "name"), 0);
	putchar('\n');
	free(state);
}

/* The oldest first, as tail does. */
static void print_files(const struct command_args *a, const json_t *files,
			const json_t *names)
{
	size_t i;

	for (i = json_array_size(files); i > 0; i--) {
		const json_t *file = json_array_get(files, i - 1);

		if (a->json)
			out_json(file);
		else
			print_file(file, names);
	}
	if (json_array_size(files) == 0 && !a->json)
		fputs("There are no such files.\n", stderr);
}

/* conversation: "" for all of them. */
static int list(const struct command_args *a, const char *user,
		const char *conversation)
{
	char *path =
	    xasprintf("%s/files?%s%s%s%s", user, a->state ? "&state=" : "",
		      a->state ? a->state : "",
		      conversation[0] ? "&conversation_id=" : "", conversation);
	json_t *files = find_all(a->http, path), *names = NULL;

	if (files && !a->json)
		names = find_names(a->http, user, "conversation_id");
	if (files && (a->json || names))
		print_files(a, files, names);
	json_decref(names);
	json_decref(files);
	free(path);
	return http_exit_code(a->http);
}

int command_files(const struct command_args *a)
{
	struct with w = {.user = NULL};
	const char *conversation = "";
	int code;

	if (a->argc == 0)
		w.user = find_user_path(a, "", &code);
	else if (find_with(a, a->argv[0], &w, &code))
		conversation = out_string(w.contact, "conversation_id");
	if (w.user)
		code = list(a, w.user, conversation);
	with_clear(&w);
	return code;
}

static int set_state(const struct command_args *a, const char *state)
{
	return change_listed(a, "PATCH", "files", "/transfer",
			     json_pack("{ss}", "state", state));
}

static int run_to_the_end(const struct command_args *a)
{
	char *user, *id;
	json_t *file;
	int code;

	user = find_user_path(a, "", &code);
	if (!user)
		return code;
	id = http_encode(a->http, a->argv[0]);
	file = follow_run(a, user, id, &code);
	if (file)
		code = follow_show(a, file);
	json_decref(file);
	free(id);
	free(user);
	return code;
}

int command_file_run(const struct command_args *a)
{
	return a->wait ? run_to_the_end(a) : set_state(a, "running");
}

int command_file_pause(const struct command_args *a)
{
	return set_state(a, "paused");
}

int command_file_cancel(const struct command_args *a)
{
	return set_state(a, "cancelled");
}

/* The daemon's address, from the one link that it makes: what it is there for
 * is not used. */
static char *origin_of(const struct command_args *a)
{
	json_t *token = http_call(a->http, "POST", "/v1/login-tokens", NULL);
	const char *url = out_string(token, "url");
	const char *end = strstr(url, "/ui/");
	char *origin = NULL;

	if (end)
		origin = xasprintf("%.*s", (int)(end - url), url);
	json_decref(token);
	return origin;
}

int command_file_link(const struct command_args *a)
{
	json_t *ticket = NULL;
	char *user, *path, *origin = NULL;
	int code;

	user = find_user_path(a, "", &code);
	if (!user)
		return code;
	path = find_listed_path(a, user, "files", "/ticket");
	ticket = http_call(a->http, "POST", path, NULL);
	if (ticket && a->json)
		out_json(ticket);
	else if (ticket)
		origin = origin_of(a);
	if (origin)
		printf("%s%s\n", origin, out_string(ticket, "url"));
	free(origin);
	json_decref(ticket);
	free(path);
	free(user);
	return http_exit_code(a->http);
}
