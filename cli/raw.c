/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/raw.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "cli/command.h"
#include "cli/http.h"
#include "cli/out.h"
#include "util/buf.h"
#include "util/mem.h"

#define BODY_MAX_BYTES	(1 << 20) /* the daemon has the real limit */
#define SHOWN_MAX_BYTES (16 << 20)

static bool read_input(struct buf *b)
{
	char chunk[4096];
	size_t n;
	enum err e = OK;

	while (e == OK && (n = fread(chunk, 1, sizeof(chunk), stdin)) > 0)
		e = buf_put(b, chunk, n);
	if (e != OK)
		say("That is too long for a call.");
	else if (ferror(stdin))
		say("Standard input cannot be read: %s.", strerror(errno));
	return e == OK && !ferror(stdin);
}

json_t *raw_read_body(const char *arg)
{
	json_error_t error;
	json_t *body = NULL;
	struct buf b;

	buf_init(&b, BODY_MAX_BYTES);
	if (strcmp(arg, "-") != 0 ? buf_put(&b, arg, strlen(arg)) == OK
				  : read_input(&b)) {
		body = json_loadb((const char *)b.data, b.len,
				  JSON_REJECT_DUPLICATES, &error);
		if (!body)
			say("That is no JSON: %s.", error.text);
	}
	buf_clear(&b);
	return body;
}

static bool take(void *ctx, const char *p, size_t n)
{
	struct buf *b = ctx;

	return b ? buf_put(b, p, n) == OK : fwrite(p, 1, n, stdout) == n;
}

int raw_get(const struct command_args *a, const char *path)
{
	bool is_terminal = isatty(1) == 1;
	struct http_flow flow = {.take = take};
	struct buf shown;
	int code = EXIT_OK;

	buf_init(&shown, SHOWN_MAX_BYTES);
	if (is_terminal)
		flow.ctx = &shown;
	if (!http_flow(a->http, "GET", path, &flow)) {
		/* main() tells if it is ours. */
		if (!ferror(stdout))
			say("%s", http_why(a->http));
		code = http_exit_code(a->http);
	} else if (is_terminal && buf_put(&shown, "", 1) == OK) {
		out_lines((const char *)shown.data, "");
		putchar('\n');
	}
	buf_clear(&shown);
	return code;
}

static bool is_body(const char *arg)
{
	json_t *body;

	if (strcmp(arg, "-") == 0)
		return true;
	body = raw_read_body(arg);
	json_decref(body);
	return body != NULL;
}

bool raw_is_body(const struct command_args *a)
{
	return a->argc < 1 || is_body(a->argv[0]);
}

bool raw_is_right(const struct command_args *a)
{
	if (a->argv[1][0] != '/') {
		say("'%s' is no path of the API, such as /v1/daemon.",
		    a->argv[1]);
		return false;
	}
	return a->argc < 3 || is_body(a->argv[2]);
}

int command_call(const struct command_args *a)
{
	const char *method = a->argv[0], *path = a->argv[1];
	json_t *body = NULL, *answer;

	if (a->argc < 3 && strcmp(method, "GET") == 0)
		return raw_get(a, path);
	if (a->argc > 2) {
		body = raw_read_body(a->argv[2]);
		if (!body)
			return EXIT_USAGE;
	}
	answer = http_call(a->http, method, path, body);
	if (answer && !json_is_null(answer))
		out_json(answer);
	json_decref(answer);
	return http_exit_code(a->http);
}
