/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/upload.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "cli/bar.h"
#include "cli/change.h"
#include "cli/events.h"
#include "cli/http.h"
#include "cli/out.h"
#include "cli/source.h"
#include "cli/stop.h"
#include "util/clock.h"
#include "util/mem.h"

#define TRY_AGAIN_MS 200
/* So long a daemon may be away, or another command hold the file. */
#define WAIT_S 600
#define BUSY_S 10
/* A daemon that drops it so often will not take it. */
#define CUTS_MAX 100
/* Uploads of the same file to the same person that are told apart. */
#define REPEATS_MAX 16

struct upload {
	const struct command_args *a;
	struct http *http;
	const struct source *source;
	char *file_path;    /* /v1/users/ID/files/ID */
	char *content_path; /* and the content */
	uint64_t at;
	struct bar bar;
	bool is_broken; /* the source, which has been said */
	bool is_told;	/* that it waits */
	int code;
};

/* What browsers can show, by the end of the name; the other side looks at
 * the content as well. */
static const char *type_of(const char *name)
{
	static const char *const types[][2] = {
	    {".jpg", "image/jpeg"},  {".jpeg", "image/jpeg"},
	    {".png", "image/png"},   {".gif", "image/gif"},
	    {".webp", "image/webp"}, {".webm", "video/webm"},
	    {".mp4", "video/mp4"},   {".ogg", "audio/ogg"},
	    {".opus", "audio/opus"}, {".m4a", "audio/mp4"},
	};
	const char *dot = strrchr(name, '.');
	size_t i;

	for (i = 0; dot && i < ARRAY_SIZE(types); i++)
		if (strcasecmp(dot, types[i][0]) == 0)
			return types[i][1];
	return NULL;
}

static const char *name_of(const struct upload *u)
{
	return u->a->name ? u->a->name : source_name(u->source);
}

/* NULL if a text in it is no UTF-8. */
static json_t *announcement(const struct upload *u)
{
	const struct command_args *a = u->a;
	const char *type = a->type ? a->type : type_of(name_of(u));
	json_t *body = json_pack("{sssI}", "name", name_of(u), "size",
				 (json_int_t)u->source->size);

	if (body && a->metadata)
		json_object_set_new(
		    body, "strip_metadata",
		    json_boolean(strcmp(a->metadata, "strip") == 0));
	if (body && change_put(body, "media_type", type) &&
	    change_put(body, "kind", a->kind))
		return body;
	say("The name of a file must be UTF-8; --name gives another.");
	json_decref(body);
	return NULL;
}

static bool is_free(const json_t *file)
{
	const char *state = out_string(file, "state");

	return strcmp(state, "uploading") == 0 || strcmp(state, "ready") == 0;
}

/* The one that was begun before, or a new one. */
static json_t *announce(struct upload *u, const char *user, const char *context)
{
	json_t *body = announcement(u), *file = NULL;
	char *path = xasprintf("%s/files", user);
	char *what, *text;
	unsigned number;

	u->code = EXIT_USAGE;
	if (!body)
		goto out;
	/* With other words it is another upload. */
	text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
	what = xasprintf("%s %s", context, text);
	for (number = 0; number <= REPEATS_MAX && !file; number++) {
		const char *id = number < REPEATS_MAX && !u->source->is_memory
				     ? source_client_id(u->source, what, number)
				     : events_client_id();

		json_object_set_new(body, "client_id", json_string(id));
		file = http_call(u->http, "POST", path, json_incref(body));
		u->code = http_exit_code(u->http);
		if (!file)
			break;
		if (!is_free(file)) {
			json_decref(file);
			file = NULL;
		}
	}
	free(what);
	free(text);
	json_decref(body);
out:
	free(path);
	return file;
}

static ssize_t give(void *ctx, char *p, size_t n)
{
	struct upload *u = ctx;
	ssize_t got;

	bar_move(&u->bar, u->at);
	if (stop_is_wanted())
		return -1;
	got = source_read(u->source, u->at, p, n);
	if (got < 0)
		u->is_broken = true;
	else
		u->at += (uint64_t)got;
	return got;
}

/* From u->at to the end; true: it is whole. */
static bool send_rest(struct upload *u)
{
	char *at = xasprintf("Upload-Offset: %llu", (unsigned long long)u->at);
	struct http_flow flow = {
	    .ctx = u,
	    .lines = {at, "Upload-Complete: ?1"},
	    .give = give,
	    .give_bytes = u->source->size - u->at,
	};
	uint64_t from = u->at;
	bool is_sent;

	do {
		u->at = from;
		is_sent = http_flow(u->http, "PATCH", u->content_path, &flow);
	} while (!is_sent && http_wait(u->http));
	free(at);
	return is_sent;
}

static void tell(struct upload *u)
{
	/* The only field that the content can be at odds with. */
	if (http_status(u->http) == 422)
		say("%s cannot be freed of metadata; --metadata keep sends it "
		    "as it is.",
		    name_of(u));
	else
		say("%s", http_why(u->http));
	u->code = http_exit_code(u->http);
}

/* Once more, after a while?  The cause is said once. */
static bool is_patient(struct upload *u, uint64_t since_ms)
{
	bool is_held = http_status(u->http) == 409;
	uint64_t limit_s = is_held ? BUSY_S : WAIT_S;

	if (stop_is_wanted())
		return false;
	if (!is_held && !http_is_away(u->http)) {
		tell(u);
		return false;
	}
	if (clock_mono_ms() - since_ms >= limit_s * 1000) {
		if (is_held)
			say("Another command brings this file right now.");
		else
			tell(u);
		return false;
	}
	if (!is_held && !u->is_told && http_status(u->http) != 401) {
		say("%s Waiting.", http_why(u->http));
		u->is_told = true;
	}
	poll(NULL, 0, TRY_AGAIN_MS);
	return true;
}

/* Where it goes on; false: it does not, or it is whole already. */
static bool find_place(struct upload *u, bool *is_whole)
{
	uint64_t since_ms = clock_mono_ms();
	unsigned long long at;

	while (!http_head(u->http, u->content_path))
		if (!is_patient(u, since_ms))
			return false;
	u->is_told = false;
	*is_whole = strcmp(http_line(u->http, "Upload-Complete"), "?1") == 0;
	if (*is_whole)
		return false;
	at = strtoull(http_line(u->http, "Upload-Offset"), NULL, 10);
	u->at = at <= u->source->size ? at : 0;
	return true;
}

/* Was it lost on the way, so that it is worth to ask how far it came?  408:
 * this command was stopped for a while, or the disk it reads from was. */
static bool is_cut(const struct upload *u)
{
	long status = http_status(u->http);

	return http_is_away(u->http) || status == 408 || status == 409;
}

static bool bring(struct upload *u)
{
	bool is_whole = false;
	int i;

	for (i = 0; i < CUTS_MAX && find_place(u, &is_whole); i++) {
		if (send_rest(u))
			return true;
		if (u->is_broken || stop_is_wanted())
			return false;
		if (!is_cut(u) || i + 1 == CUTS_MAX) {
			tell(u);
			return false;
		}
	}
	return is_whole;
}

static void drop(const struct upload *u)
{
	json_decref(http_call(u->http, "DELETE", u->file_path, NULL));
}

/* What is left of one that did not come to its end. */
static void leave(struct upload *u, const json_t *file)
{
	bool is_lost = u->is_broken || u->source->is_memory;

	if (is_lost)
		drop(u);
	if (stop_is_wanted() && !is_lost)
		say("Interrupted. The same command goes on from there; umbel "
		    "file delete %s drops it.",
		    out_string(file, "id"));
	else if (stop_is_wanted())
		say("Interrupted: nothing is left of it.");
}

static bool carry(struct upload *u, const json_t *file)
{
	json_int_t done =
	    json_integer_value(json_object_get(file, "bytes_done"));
	bool is_whole = strcmp(out_string(file, "state"), "ready") == 0;

	if (is_whole)
		return true;
	stop_hold();
	bar_begin(&u->bar, name_of(u), u->source->size, (uint64_t)done);
	is_whole = bring(u);
	bar_end(&u->bar, is_whole);
	if (is_whole && !source_is_same(u->source)) {
		is_whole = false;
		u->is_broken = true;
	}
	if (!is_whole)
		leave(u, file);
	stop_release();
	return is_whole;
}

json_t *upload(const struct command_args *a, const char *user,
	       const char *context, const struct source *source, int *exit_code)
{
	struct upload u = {.a = a, .http = a->http, .source = source};
	json_t *file = announce(&u, user, context), *whole = NULL;

	if (file) {
		u.file_path =
		    xasprintf("%s/files/%s", user, out_string(file, "id"));
		u.content_path = xasprintf("%s/content", u.file_path);
		u.code = EXIT_REFUSED;
		if (carry(&u, file)) {
			whole = http_call(u.http, "GET", u.file_path, NULL);
			u.code = http_exit_code(u.http);
		}
		if (whole && !is_free(whole)) {
			say("Another command has sent this file just now.");
			u.code = EXIT_REFUSED;
			json_decref(whole);
			whole = NULL;
		}
		free(u.content_path);
		free(u.file_path);
	}
	json_decref(file);
	*exit_code = u.code;
	return whole;
}
