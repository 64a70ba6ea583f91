/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * send_file - files for a contact: brought to the daemon, offered by a
 * message each, and followed if that is wished.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/change.h"
#include "cli/command.h"
#include "cli/events.h"
#include "cli/find.h"
#include "cli/follow.h"
#include "cli/http.h"
#include "cli/messages.h"
#include "cli/out.h"
#include "cli/source.h"
#include "cli/upload.h"
#include "util/mem.h"

/* The message that offers it; file is taken over. */
static json_t *offer(const struct command_args *a, const struct with *w,
		     json_t *file, int *code)
{
	char *path = xasprintf("%s/conversations/%s/messages", w->user,
			       out_string(w->contact, "conversation_id"));
	json_t *body = json_pack("{sss[O]}", "client_id", events_client_id(),
				 "file_ids", json_object_get(file, "id"));
	json_t *message = NULL;

	json_decref(file);
	*code = EXIT_USAGE;
	if (change_put(body, "text", a->text) && messages_put(body, a)) {
		message = http_call(a->http, "POST", path, body);
		*code = http_exit_code(a->http);
	} else {
		say("A message must be UTF-8 text.");
		json_decref(body);
	}
	free(path);
	return message;
}

static const json_t *file_of(const json_t *message)
{
	return json_array_get(json_object_get(message, "files"), 0);
}

/* One file; its id is put at the end of sent. */
static int send_one(const struct command_args *a, const struct with *w,
		    const char *path, json_t *sent)
{
	json_t *file = NULL, *message = NULL;
	struct source source;
	int code = EXIT_USAGE;

	if (!source_open(&source, path))
		return code;
	file = upload(a, w->user, out_string(w->contact, "conversation_id"),
		      &source, &code);
	source_close(&source);
	if (file)
		message = offer(a, w, file, &code);
	if (message) {
		const char *id = out_string(file_of(message), "id");

		json_array_append_new(sent, json_string(id));
		if (a->json && !a->wait)
			out_json(message);
		else if (a->ids && !a->json)
			puts(id);
		fflush(stdout);
	}
	json_decref(message);
	return code;
}

static int wait_for_all(const struct command_args *a, const char *user,
			const json_t *sent)
{
	int code = EXIT_OK, one;
	json_t *id;
	size_t i;

	json_array_foreach(sent, i, id)
	{
		json_t *file = follow(a, user, json_string_value(id), &one);

		if (file)
			one = follow_show(a, file);
		if (one != EXIT_OK)
			code = one;
		json_decref(file);
	}
	return code;
}

int command_send_file(const struct command_args *a)
{
	json_t *sent = json_array();
	struct with w;
	int code, i, waited;

	http_be_patient(a->http);
	if (find_with(a, a->argv[0], &w, &code)) {
		for (i = 1; i < a->argc && code == EXIT_OK; i++)
			code = send_one(a, &w, a->argv[i], sent);
		if (a->wait) {
			waited = wait_for_all(a, w.user, sent);
			code = code == EXIT_OK ? waited : code;
		}
		with_clear(&w);
	}
	json_decref(sent);
	return code;
}
