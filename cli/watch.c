/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * watch - the events of a user, of all of them, or of the daemon: what there
 * is, and with --follow what comes, across restarts of the daemon.
 *
 * A consumer acknowledges what was written to standard output, so that a
 * script which is ended anywhere gets the rest the next time.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/command.h"
#include "cli/find.h"
#include "cli/http.h"
#include "cli/out.h"
#include "cli/stop.h"
#include "cli/stream.h"
#include "util/clock.h"
#include "util/mem.h"

#define TRY_AGAIN_MS   200
#define ACKNOWLEDGE_MS 500
#define PAGE_MAX       "200"

struct watch {
	const struct command_args *a;
	char *path;  /* OWNED "/v1/events" or that of a user */
	char *user;  /* OWNED "/v1/users/ID"; NULL with --daemon and --all */
	char *after; /* OWNED; NULL: not known yet */
	struct stream stream;
	/* For acknowledgements, while the other carries the stream. */
	struct http *second;
	json_t *pending; /* ids by the paths of consumers */
	uint64_t acknowledged_ms;
	bool is_told; /* that the daemon is away */
};

static void set_after(struct watch *w, const char *id)
{
	free(w->after);
	w->after = xstrdup(id);
}

/* A number in a journal, else the daemon's own; free() it. */
static char *id_of(const json_t *event)
{
	const json_t *id = json_object_get(event, "id");

	if (json_is_integer(id))
		return xasprintf("%lld", (long long)json_integer_value(id));
	return xstrdup(out_string(event, "id"));
}

/* What it is about, in a few words. */
static void print_about(const json_t *data)
{
	static const char *const keys[] = {"id", "state", "mode", "presence",
					   "name"};
	const char *text = out_string(data, "text");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!out_string(data, keys[i])[0])
			continue;
		fputs("  ", stdout);
		out_text(out_string(data, keys[i]), 0);
	}
	if (text[0]) {
		fputs("  | ", stdout);
		out_quote(text);
	}
}

static void print_event(const struct watch *w, const json_t *event)
{
	char *id;

	if (w->a->json) {
		out_json(event);
		return;
	}
	id = id_of(event);
	printf("%s  ", out_time(out_string(event, "at")));
	out_text(id[0] ? id : "-", 7);
	fputs("  ", stdout);
	if (out_string(event, "user_id")[0]) {
		out_text(out_string(event, "user_id"), 0);
		fputs("  ", stdout);
	}
	out_text(out_string(event, "type"), 20);
	print_about(json_object_get(event, "data"));
	putchar('\n');
	free(id);
}

/* It is written, so it will be acknowledged. */
static void note(struct watch *w, const json_t *event)
{
	const json_t *id = json_object_get(event, "id");
	const char *user = out_string(event, "user_id");
	char *name, *path;

	if (!w->a->consumer || !json_is_integer(id))
		return;
	name = http_encode(w->a->http, w->a->consumer);
	path = user[0] ? xasprintf("/v1/users/%s/consumers/%s", user, name)
		       : xasprintf("%s/consumers/%s", w->user, name);
	json_object_set(w->pending, path, (json_t *)(uintptr_t)id);
	free(path);
	free(name);
}

/* One of them.  That of a user who was locked meanwhile is let go: he begins
 * where his consumer is, and a script may see a little of it again. */
static bool acknowledge_one(struct http *h, const char *path, json_t *id)
{
	json_t *answer =
	    http_call(h, "PUT", path, json_pack("{sO}", "acked_id", id));

	json_decref(answer);
	return answer || http_status(h) == 423;
}

/* h: a connection that carries nothing else.  What cannot be acknowledged
 * while the daemon is away stays for the next time; false: it never can. */
static bool acknowledge(struct watch *w, struct http *h)
{
	const char *path;
	json_t *id;
	void *next;

	if (json_object_size(w->pending) == 0)
		return true;
	/* What is not written yet is not done with. */
	if (fflush(stdout) != 0)
		return false;
	json_object_foreach_safe(w->pending, next, path, id)
	{
		if (acknowledge_one(h, path, id))
			json_object_del(w->pending, path);
		else if (!http_is_away(h))
			return false;
	}
	w->acknowledged_ms = clock_mono_ms();
	return true;
}

static const char *or_nothing(const char *text)
{
	return text ? text : "";
}

/* The path of the next call.  A consumer has its place at the daemon. */
static char *target_of(const struct watch *w, const char *more)
{
	const struct command_args *a = w->a;
	char *name = http_encode(a->http, or_nothing(a->consumer));
	char *types = http_encode(a->http, or_nothing(a->types));
	bool has_after = w->after && !(a->consumer && w->user);
	char *target = xasprintf(
	    "%s?%s%s%s%s%s%s%s%s", w->path, more, a->all ? "&users=all" : "",
	    a->types ? "&types=" : "", types, a->consumer ? "&consumer=" : "",
	    name, has_after ? "&after=" : "", has_after ? w->after : "");

	free(types);
	free(name);
	return target;
}

/* Pages, until there is nothing more. */
static int print_what_is_there(struct watch *w)
{
	size_t count = 1;

	while (count > 0) {
		char *target = target_of(w, "limit=" PAGE_MAX);
		json_t *page = http_call(w->a->http, "GET", target, NULL);
		json_t *items = json_object_get(page, "items"), *event;
		size_t i;

		free(target);
		if (!page)
			return http_exit_code(w->a->http);
		count = json_array_size(items);
		json_array_foreach(items, i, event)
		{
			char *id = id_of(event);

			print_event(w, event);
			note(w, event);
			/* A user's, among those of all, moves his consumer. */
			if (!out_string(event, "user_id")[0])
				set_after(w, id);
			free(id);
		}
		json_decref(page);
		if (ferror(stdout) || !acknowledge(w, w->a->http))
			return EXIT_REFUSED;
	}
	return EXIT_OK;
}

static bool is_control(const char *type)
{
	return strcmp(type, "hello") == 0 || strcmp(type, "reset") == 0 ||
	       strcmp(type, "locked") == 0;
}

/* Where the stream begins; with a consumer that is the daemon's to know. */
static void take_control(struct watch *w, const char *type, const json_t *event)
{
	const json_t *last = json_object_get(event, "last_id");
	char *id;

	if (strcmp(type, "reset") == 0)
		say("Some events are not there any more.");
	if (!last || w->after || (w->a->consumer && !w->a->all) ||
	    out_string(event, "user_id")[0])
		return;
	id = json_is_integer(last)
		 ? xasprintf("%lld", (long long)json_integer_value(last))
		 : xstrdup(out_string(event, "last_id"));
	set_after(w, id);
	free(id);
}

static bool take_event(void *ctx, const char *type, const char *id,
		       const char *data)
{
	struct watch *w = ctx;
	json_t *event = json_loads(data, 0, NULL);

	if (!event)
		return true;
	if (is_control(type)) {
		take_control(w, type, event);
	} else {
		print_event(w, event);
		fflush(stdout);
		note(w, event);
		if (id[0])
			set_after(w, id);
	}
	json_decref(event);
	return !ferror(stdout);
}

/* Whatever comes, and if it is only the sign of life of a quiet stream. */
static bool take(void *ctx, const char *p, size_t n)
{
	struct watch *w = ctx;

	w->is_told = false;
	if (!stream_feed(&w->stream, p, n))
		return false;
	return clock_mono_ms() - w->acknowledged_ms < ACKNOWLEDGE_MS ||
	       acknowledge(w, w->second);
}

/* Is it of use to ask again? */
static bool goes_on(struct watch *w)
{
	struct http *h = w->a->http;

	if (stop_is_wanted() || ferror(stdout))
		return false;
	if (http_exit_code(h) != EXIT_OK && !http_is_away(h)) {
		say("%s", http_why(h));
		return false;
	}
	if (http_is_away(h) && !w->is_told && http_status(h) != 401) {
		say("%s Waiting.", http_why(h));
		w->is_told = true;
	}
	poll(NULL, 0, TRY_AGAIN_MS);
	return true;
}

static int follow(struct watch *w)
{
	const struct http_flow flow = {
	    .ctx = w, .take = take, .lines = {"Accept: text/event-stream"}};
	char *target;

	stop_hold();
	do {
		/* Else what it is about would come again. */
		if (json_object_size(w->pending) == 0) {
			target = target_of(w, "");
			stream_restart(&w->stream);
			http_flow(w->a->http, "GET", target, &flow);
			free(target);
		}
	} while (acknowledge(w, w->second) && goes_on(w));
	stop_release();
	return ferror(stdout) ? EXIT_REFUSED : http_exit_code(w->a->http);
}

/* Before the oldest that there is: "17", or "epoch-17". */
static bool start_at_the_beginning(struct watch *w)
{
	char *path = xasprintf("%s?limit=1", w->path);
	json_t *page = http_call(w->a->http, "GET", path, NULL);
	const json_t *first = json_object_get(page, "first_available_id");
	char *id = xstrdup(out_string(page, "first_available_id"));
	char *number = strrchr(id, '-');
	long long before = json_integer_value(first);

	if (number) {
		*number++ = '\0';
		before = strtoll(number, NULL, 10);
	}
	free(w->after);
	w->after = xasprintf("%s%s%lld", id, number ? "-" : "",
			     before > 0 ? before - 1 : 0);
	free(id);
	json_decref(page);
	free(path);
	return page != NULL;
}

/* Made at its first use; where it is already, it stays where it is. */
static bool make_consumer(const struct watch *w)
{
	char *name = http_encode(w->a->http, w->a->consumer);
	char *path = xasprintf("%s/consumers/%s", w->user, name);
	json_t *answer = http_call(w->a->http, "PUT", path,
				   json_pack("{si}", "acked_id", 0));

	json_decref(answer);
	free(path);
	free(name);
	return answer != NULL;
}

static int run(struct watch *w)
{
	const struct command_args *a = w->a;

	if (a->consumer && w->user && !make_consumer(w))
		return http_exit_code(a->http);
	if (a->after)
		set_after(w, a->after);
	if (!a->follow) {
		if (!a->after && !(a->consumer && w->user) &&
		    !start_at_the_beginning(w))
			return http_exit_code(a->http);
		return print_what_is_there(w);
	}
	w->second = http_new(a->run_dir);
	return w->second ? follow(w) : EXIT_NO_DAEMON;
}

int command_events(const struct command_args *a)
{
	struct watch w = {.a = a, .pending = json_object()};
	int code = EXIT_OK;

	if (!a->daemon && !a->all)
		w.user = find_user_path(a, "", &code);
	if (w.user || a->daemon || a->all) {
		w.path = xasprintf("%s/events", w.user ? w.user : "/v1");
		stream_init(&w.stream, &w, take_event);
		code = run(&w);
		stream_clear(&w.stream);
	}
	json_decref(w.pending);
	http_free(w.second);
	free(w.after);
	free(w.user);
	free(w.path);
	return code;
}
