/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/get.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "cli/bar.h"
#include "cli/find.h"
#include "cli/follow.h"
#include "cli/http.h"
#include "cli/out.h"
#include "cli/stop.h"
#include "util/buf.h"
#include "util/mem.h"

#define THUMBNAIL_MAX_BYTES (1 << 20)

struct get {
	struct http *http;
	char *path;	       /* of the content */
	char *tag;	       /* its ETag */
	struct target *target; /* NULL: standard output */
	struct bar bar;
	uint64_t have_bytes;
	bool has_begun; /* this answer */
	bool is_broken; /* the place where it goes, which has been said */
	bool is_lost;	/* the daemon has it no more, or cannot read it */
};

static bool put(struct get *g, const char *p, size_t n)
{
	if (g->target)
		return target_put(g->target, p, n);
	/* main() tells if it cannot. */
	return fwrite(p, 1, n, stdout) == n;
}

/* If the daemon sends all of it again, all is taken again. */
static bool begin(struct get *g)
{
	g->has_begun = true;
	if (g->have_bytes == 0 || http_line(g->http, "Content-Range")[0])
		return true;
	if (!g->target) {
		say("It is another file now.");
		return false;
	}
	g->have_bytes = 0;
	return target_restart(g->target);
}

static bool take(void *ctx, const char *p, size_t n)
{
	struct get *g = ctx;

	if ((!g->has_begun && !begin(g)) || !put(g, p, n)) {
		g->is_broken = true;
		return false;
	}
	g->have_bytes += n;
	bar_move(&g->bar, g->have_bytes);
	return true;
}

/* From where we are to the end. */
static bool fetch(struct get *g)
{
	char *range = NULL, *same = NULL;
	struct http_flow flow = {.ctx = g, .take = take};
	bool is_whole;

	if (g->have_bytes > 0) {
		range = xasprintf("Range: bytes=%llu-",
				  (unsigned long long)g->have_bytes);
		same = xasprintf("If-Range: %s", g->tag);
		flow.lines[0] = range;
		flow.lines[1] = same;
	}
	g->has_begun = false;
	is_whole = http_flow(g->http, "GET", g->path, &flow);
	free(range);
	free(same);
	return is_whole;
}

/* The answer says nothing itself: it has no body. */
static void tell_head(struct get *g, const json_t *file)
{
	long status = http_status(g->http);

	g->is_lost = status == 500;
	if (status == 404)
		say("%s is not here any more.", out_string(file, "id"));
	else if (status == 500)
		say("%s is damaged: the daemon cannot read it.",
		    out_string(file, "id"));
	else
		say("%s", http_why(g->http));
}

/* Cut, and nothing had come.  Is it worth to try again? */
static bool is_there(struct get *g, const json_t *file, bool is_dry)
{
	char *why = xstrdup(http_why(g->http));
	bool is = http_is_away(g->http) && http_head(g->http, g->path);

	/* It is there, and yet it ends at this place. */
	if (is && is_dry) {
		g->is_lost = true;
		say("%s is damaged: the daemon cannot read all of it.",
		    out_string(file, "id"));
	} else if (!is) {
		say("%s", why);
	}
	free(why);
	return is && !is_dry;
}

/* The daemon cuts those who do not read for a while: a pipe that is full, a
 * command that was stopped.  But it is not waited for: the same command goes
 * on, and nobody else has to be there. */
static bool carry(struct get *g, const json_t *file)
{
	uint64_t size = out_number(file, "size"), before;
	bool is_dry = false; /* the attempt before brought nothing */

	for (;;) {
		before = g->have_bytes;
		if (before == size || fetch(g))
			return true;
		if (g->is_broken || stop_is_wanted())
			return false;
		if (g->have_bytes > before) {
			is_dry = false;
			continue;
		}
		if (!is_there(g, file, is_dry))
			return false;
		is_dry = true;
	}
}

static int exit_code(const struct get *g)
{
	int code = http_exit_code(g->http);

	return g->is_broken || g->is_lost || code == EXIT_OK ? EXIT_REFUSED
							     : code;
}

static void say_stopped(bool is_once)
{
	say("Interrupted.%s",
	    is_once ? "" : " The same command goes on from there.");
}

static int run(struct get *g, const json_t *file, const struct get_place *place)
{
	uint64_t size = out_number(file, "size");
	bool is_whole;

	stop_hold();
	bar_begin(&g->bar, out_string(file, "name"), size, g->have_bytes);
	is_whole = carry(g, file);
	bar_end(&g->bar, is_whole);
	if (is_whole && g->target && !target_finish(g->target)) {
		is_whole = false;
		g->is_broken = true;
	}
	if (stop_is_wanted() && g->target)
		say_stopped(place->is_once);
	return is_whole ? EXIT_OK : exit_code(g);
}

static int run_to_file(struct get *g, const json_t *file,
		       const struct get_place *place)
{
	char *tag = xstrdup(g->tag[0] == '"' ? g->tag + 1 : "");
	struct target target;
	int code = EXIT_REFUSED;

	tag[strspn(tag, "0123456789abcdef")] = '\0';
	if (target_open(&target, place->path, out_string(file, "name"), tag,
			place->rule)) {
		g->target = &target;
		g->have_bytes = target.have_bytes;
		/* What is longer is of something else. */
		if (g->have_bytes > out_number(file, "size") &&
		    target_restart(&target))
			g->have_bytes = 0;
		code = run(g, file, place);
		if (code != EXIT_OK && place->is_once)
			target.have_bytes = 0;
		if (code == EXIT_OK && !place->is_quiet)
			printf("%s%s\n", target.path, target.name);
		target_close(&target);
		stop_release();
	}
	free(tag);
	return code;
}

static bool is_output(const struct get_place *place)
{
	return place->path && strcmp(place->path, "-") == 0;
}

int get_content(struct http *h, const char *user, const json_t *file,
		const struct get_place *place)
{
	struct get g = {
	    .http = h,
	    .path = place->content ? xstrdup(place->content)
				   : xasprintf("%s/files/%s/content", user,
					       out_string(file, "id")),
	};
	int code;

	if (!http_head(h, g.path)) {
		code = http_exit_code(h);
		tell_head(&g, file);
	} else {
		g.tag = xstrdup(http_line(h, "ETag"));
		if (is_output(place)) {
			code = run(&g, file, place);
			stop_release();
		} else {
			code = run_to_file(&g, file, place);
		}
	}
	if (place->is_lost)
		*place->is_lost = g.is_lost;
	free(g.tag);
	free(g.path);
	return code;
}

static bool is_here(const json_t *file)
{
	return json_is_true(json_object_get(file, "is_here"));
}

/* As it is now, or with --wait at the end of its way; *code if not. */
static json_t *find_whole(const struct command_args *a, const char *user,
			  int *code)
{
	char *path = find_listed_path(a, user, "files", "");
	json_t *file = http_call(a->http, "GET", path, NULL), *end;

	*code = http_exit_code(a->http);
	free(path);
	if (file && a->wait && !is_here(file) && !follow_is_lost(file)) {
		end = follow_run(a, user, out_string(file, "id"), code);
		json_decref(file);
		file = end;
	}
	if (!file || is_here(file))
		return file;
	if (a->wait || follow_is_lost(file))
		follow_say(file);
	else
		say("It is not here as a whole, but %s: umbel get --wait "
		    "accepts it and waits.",
		    out_string(file, "state"));
	*code = EXIT_REFUSED;
	json_decref(file);
	return NULL;
}

static bool take_thumbnail(void *ctx, const char *p, size_t n)
{
	return buf_put(ctx, p, n) == OK;
}

static bool put_thumbnail(const struct buf *b, const struct get_place *place,
			  const json_t *file)
{
	struct target target;
	char *label;
	bool is_whole;

	if (place->path && strcmp(place->path, "-") == 0)
		return fwrite(b->data, 1, b->len, stdout) == b->len;
	label = xasprintf("thumbnail-%s", out_string(file, "name"));
	is_whole = target_open(&target, place->path, label,
			       out_string(file, "id"), place->rule);
	free(label);
	if (!is_whole)
		return false;
	is_whole = target_restart(&target) &&
		   target_put(&target, b->data, b->len) &&
		   target_finish(&target);
	if (is_whole && !place->is_quiet)
		printf("%s%s\n", target.path, target.name);
	target_close(&target);
	return is_whole;
}

/* It is small, and here whether the file is or not. */
static int get_thumbnail(const struct command_args *a, const char *user,
			 const struct get_place *place)
{
	char *path = find_listed_path(a, user, "files", "");
	json_t *file = http_call(a->http, "GET", path, NULL);
	char *thumbnail = xasprintf("%s/thumbnail", path);
	struct buf b;
	const struct http_flow flow = {.ctx = &b, .take = take_thumbnail};
	int code = http_exit_code(a->http);

	buf_init(&b, THUMBNAIL_MAX_BYTES);
	if (file && !http_flow(a->http, "GET", thumbnail, &flow)) {
		code = http_exit_code(a->http);
		say("%s", code == EXIT_NOT_FOUND ? "It has no thumbnail."
						 : http_why(a->http));
	} else if (file && !put_thumbnail(&b, place, file)) {
		code = EXIT_REFUSED;
	}
	if (file && a->json && code == EXIT_OK)
		out_json(file);
	buf_clear(&b);
	json_decref(file);
	free(thumbnail);
	free(path);
	return code;
}

int command_get(const struct command_args *a)
{
	const struct get_place place = {
	    .path = a->argc > 1 ? a->argv[1] : NULL,
	    .rule = a->force ? TARGET_REPLACE : TARGET_KEEP,
	    .is_quiet = a->json,
	};
	json_t *file = NULL;
	char *user;
	int code;

	user = find_user_path(a, "", &code);
	if (user && a->thumbnail)
		code = get_thumbnail(a, user, &place);
	else if (user)
		file = find_whole(a, user, &code);
	if (file)
		code = get_content(a->http, user, file, &place);
	if (file && a->json && code == EXIT_OK)
		out_json(file);
	json_decref(file);
	free(user);
	return code;
}
