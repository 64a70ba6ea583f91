/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * export - every file that has come is copied into a folder, once.
 *
 * This is not done by the daemon: of all processes the one that has the keys
 * shall not write under names that strangers chose, and its sandbox knows no
 * folder but its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <jansson.h>

#include "cli/command.h"
#include "cli/events.h"
#include "cli/find.h"
#include "cli/get.h"
#include "cli/http.h"
#include "cli/out.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/mem.h"

#define LIST_NAME      ".umbel-exported"
#define LIST_MAX_BYTES (64 << 20)
/* Between two attempts at what the daemon cannot give at present. */
#define PAUSE_MS 5000

struct export
{
	const struct command_args *a;
	const char *user;
	char *folder;  /* ends in a slash */
	int list;      /* what was exported: an id a line */
	json_t *seen;  /* the same */
	bool has_lost; /* what cannot be had, which has been said */
	struct event_cursor cursor;
};

static bool failed(const struct export *x)
{
	say("%s%s cannot be used: %s.", x->folder, LIST_NAME, strerror(errno));
	return false;
}

static bool read_list(struct export *x, const char *path)
{
	struct buf b;
	char *line, *rest;
	bool is_read;

	buf_init(&b, LIST_MAX_BYTES);
	is_read = file_read(path, &b) == OK;
	/* Cut in a line: what is appended is another one. */
	if (is_read && b.len > 0 && b.data[b.len - 1] != '\n')
		is_read = file_write_all(x->list, "\n", 1) == OK;
	is_read = is_read && buf_put(&b, "", 1) == OK;
	rest = (char *)b.data;
	while (is_read && (line = strsep(&rest, "\n")) != NULL)
		if (line[0])
			json_object_set_new(x->seen, line, json_true());
	buf_clear(&b);
	return is_read;
}

/* One command at a time for a folder. */
static bool open_list(struct export *x)
{
	char *path = xasprintf("%s%s", x->folder, LIST_NAME);
	bool is_right;

	x->list = open(path,
		       O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW |
			   O_NONBLOCK,
		       0600);
	is_right = x->list >= 0 && flock(x->list, LOCK_EX | LOCK_NB) == 0;
	if (!is_right && errno == EWOULDBLOCK)
		say("Another command exports to %s.", x->folder);
	else if (!is_right || !read_list(x, path))
		is_right = failed(x);
	free(path);
	return is_right;
}

/* After the file itself is safe: should this be lost, it is exported once
 * more, under a number. */
static bool note(struct export *x, const char *id)
{
	char *line = xasprintf("%s\n", id);
	bool is_noted = file_write_all(x->list, line, strlen(line)) == OK &&
			fsync(x->list) == 0;

	free(line);
	json_object_set_new(x->seen, id, json_true());
	return is_noted || failed(x);
}

static bool is_due(const struct export *x, const json_t *file)
{
	return strcmp(out_string(file, "direction"), "in") == 0 &&
	       strcmp(out_string(file, "state"), "done") == 0 &&
	       !json_object_get(x->seen, out_string(file, "id"));
}

static int fetch(struct export *x, const json_t *file)
{
	bool is_lost = false;
	const struct get_place place = {
	    .path = x->folder, .rule = TARGET_NUMBER, .is_lost = &is_lost};
	int code = get_content(x->a->http, x->user, file, &place);

	if (!is_lost)
		return code;
	/* The others are none the worse for it. */
	x->has_lost = true;
	return EXIT_NOT_FOUND;
}

/* false: there is no point in going on. */
static bool export_one(struct export *x, const json_t *file, int *code)
{
	*code = EXIT_OK;
	if (!is_due(x, file))
		return true;
	*code = fetch(x, file);
	if (*code == EXIT_OK && !note(x, out_string(file, "id")))
		*code = EXIT_REFUSED;
	/* Who is told of it may end this command: it is noted by then. */
	fflush(stdout);
	/* It was deleted meanwhile. */
	if (*code == EXIT_NOT_FOUND)
		*code = EXIT_OK;
	return *code == EXIT_OK;
}

static bool is_away(int code)
{
	return code == EXIT_NO_DAEMON || code == EXIT_LOCKED;
}

/* The oldest first.  With --follow a daemon that goes away is waited for. */
static int export_all(struct export *x)
{
	char *path = xasprintf("%s/files", x->user);
	json_t *files = find_all(x->a->http, path);
	int code = http_exit_code(x->a->http);
	size_t i;

	for (i = json_array_size(files); i > 0; i--)
		if (!export_one(x, json_array_get(files, i - 1), &code))
			break;
	json_decref(files);
	free(path);
	return code;
}

/* Once there is a daemon again: all that is due, since what came meanwhile is
 * in the list. */
static int export_again(struct export *x)
{
	char *path = xasprintf("%s/files?limit=1", x->user);
	json_t *page;

	poll(NULL, 0, PAUSE_MS);
	page = events_get(&x->cursor, path);
	free(path);
	if (!page)
		return http_exit_code(x->a->http);
	json_decref(page);
	return export_all(x);
}

static int export_news(struct export *x)
{
	json_t *events = events_next(&x->cursor, "file.state"), *e;
	int code = EXIT_OK;
	size_t i;

	if (!events)
		return http_exit_code(x->a->http);
	json_array_foreach(events, i, e)
	{
		if (!export_one(x, json_object_get(e, "data"), &code))
			break;
	}
	json_decref(events);
	return code;
}

static int follow(struct export *x)
{
	int code = export_all(x);

	while (code == EXIT_OK || is_away(code))
		code = is_away(code) ? export_again(x) : export_news(x);
	return code;
}

static int run(struct export *x)
{
	int code;

	if (!open_list(x) || !events_start(&x->cursor, x->a->http, x->user, 0))
		return x->list >= 0 && http_exit_code(x->a->http)
			   ? http_exit_code(x->a->http)
			   : EXIT_REFUSED;
	code = x->a->follow ? follow(x) : export_all(x);
	return code == EXIT_OK && x->has_lost ? EXIT_REFUSED : code;
}

int command_export(const struct command_args *a)
{
	struct export x = {.a = a, .list = -1};
	const char *folder = a->argv[0];
	size_t n = strlen(folder);
	char *user;
	int code;

	/* As a shell makes it of a variable that is not set. */
	if (n == 0) {
		say("Say which folder; . is the current one.");
		return EXIT_USAGE;
	}
	http_be_patient(a->http);
	user = find_user_path(a, "", &code);
	if (!user)
		return code;
	x.user = user;
	/* A folder, also if it is missing. */
	x.folder = xasprintf("%s%s", folder, folder[n - 1] == '/' ? "" : "/");
	x.seen = json_object();
	code = run(&x);
	if (x.list >= 0)
		close(x.list);
	json_decref(x.seen);
	free(x.folder);
	free(user);
	return code;
}
