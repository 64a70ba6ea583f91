/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * backup - a user as one encrypted file, and back; and his end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "cli/bar.h"
#include "cli/change.h"
#include "cli/command.h"
#include "cli/find.h"
#include "cli/get.h"
#include "cli/http.h"
#include "cli/job.h"
#include "cli/out.h"
#include "cli/secret.h"
#include "cli/source.h"
#include "cli/stop.h"
#include "util/buf.h"
#include "util/mem.h"

#define ANSWER_MAX_BYTES (64 * 1024)
#define PASSPHRASE_TRIES 3

/* {key: passphrase}; NULL after saying why not. */
static json_t *ask_body(const char *file, const char *key, const char *prompt,
			bool is_new)
{
	char *secret = secret_read(file, prompt, is_new);
	json_t *body = secret ? change_text(key, secret) : NULL;

	secret_free(secret);
	return body;
}

/* Said before hours of work are for nothing. */
static bool has_place(const struct command_args *a, const json_t *user)
{
	char *name = xasprintf("%s.umbel", out_string(user, "name"));
	bool is = strcmp(a->argv[0], "-") == 0 ||
		  target_is_free(a->argv[0], name,
				 a->force ? TARGET_REPLACE : TARGET_KEEP);

	free(name);
	return is;
}

/* The job's file, as get_content() wants it described. */
static int fetch(const struct command_args *a, const json_t *job,
		 const json_t *user)
{
	const json_t *result = json_object_get(job, "result");
	char *content = xasprintf("/v1/jobs/%s/content", out_string(job, "id"));
	char *name = xasprintf("%s.umbel", out_string(user, "name"));
	json_t *file =
	    json_pack("{sssssO}", "id", out_string(job, "id"), "name", name,
		      "size", json_object_get(result, "size"));
	const struct get_place place = {
	    .content = content,
	    .path = a->argv[0],
	    .rule = a->force ? TARGET_REPLACE : TARGET_KEEP,
	    .is_quiet = a->json,
	    .is_once = true,
	};
	int code = file ? get_content(a->http, "", file, &place) : EXIT_REFUSED;

	json_decref(file);
	free(name);
	free(content);
	return code;
}

/* What was fetched need not lie around, nor what nobody will fetch. */
static void forget(const struct command_args *a, const json_t *job)
{
	char *path = xasprintf("/v1/jobs/%s", out_string(job, "id"));

	json_decref(http_call(a->http, "DELETE", path, NULL));
	free(path);
}

/* job: taken over. */
static int fetch_made(const struct command_args *a, json_t *job,
		      const json_t *user)
{
	int code;

	job = job_wait(a, job, "export", &code);
	if (!job)
		return code;
	code = fetch(a, job, user);
	if (code == EXIT_OK && a->json)
		out_json(job);
	if (code != EXIT_NO_DAEMON || stop_is_wanted())
		forget(a, job);
	json_decref(job);
	return code;
}

int command_export_user(const struct command_args *a)
{
	json_t *user, *body = NULL, *job;
	char *path;
	int code;

	user = find_user(a, a->user, &code);
	if (!user)
		return code;
	code = EXIT_REFUSED;
	if (has_place(a, user)) {
		code = EXIT_USAGE;
		body = ask_body(
		    a->passphrase_file, "passphrase",
		    "A passphrase for the file (it cannot be recovered): ",
		    true);
	}
	if (body) {
		json_object_set_new(body, "with_files",
				    json_boolean(!a->no_files));
		path = xasprintf("/v1/users/%s/export", out_string(user, "id"));
		stop_hold();
		job = http_call(a->http, "POST", path, body);
		code = http_exit_code(a->http);
		free(path);
		if (job)
			code = fetch_made(a, job, user);
		stop_release();
	}
	json_decref(user);
	return code;
}

struct carry {
	const struct source *source;
	uint64_t at;
	struct bar bar;
	struct buf answer;
};

static ssize_t give(void *ctx, char *p, size_t n)
{
	struct carry *c = ctx;
	ssize_t got = source_read(c->source, c->at, p, n);

	if (got > 0)
		c->at += (uint64_t)got;
	bar_move(&c->bar, c->at);
	return got;
}

static bool take(void *ctx, const char *p, size_t n)
{
	struct carry *c = ctx;

	return buf_put(&c->answer, p, n) == OK;
}

/* The file to the daemon: the job that waits for its passphrase. */
static json_t *bring(const struct command_args *a, const struct source *source,
		     int *code)
{
	struct carry c = {.source = source};
	const struct http_flow flow = {
	    .ctx = &c,
	    .lines = {"Content-Type: application/octet-stream"},
	    .give = give,
	    .give_bytes = source->size,
	    .take = take,
	};
	json_t *job = NULL;
	bool is_whole;

	buf_init(&c.answer, ANSWER_MAX_BYTES);
	stop_hold();
	bar_begin(&c.bar, source_name(source), source->size, 0);
	is_whole = http_flow(a->http, "POST", "/v1/users/import", &flow);
	bar_end(&c.bar, is_whole);
	stop_release();
	*code = http_exit_code(a->http);
	if (!is_whole)
		say("%s", http_why(a->http));
	else
		job = json_loadb((const char *)c.answer.data, c.answer.len, 0,
				 NULL);
	buf_clear(&c.answer);
	return job;
}

static int end_import(const struct command_args *a, const json_t *job)
{
	const char *id = out_string(json_object_get(job, "result"), "user_id");
	json_t *user;
	int code;

	if (a->json) {
		out_json(job);
		return EXIT_OK;
	}
	user = find_user(a, id, &code);
	if (!user)
		return code;
	out_text(out_string(user, "name"), 0);
	puts(" is there, and locked");
	json_decref(user);
	return EXIT_OK;
}

/* What opens it, and how the user is to be called; NULL after saying why. */
static json_t *ask_how(const struct command_args *a)
{
	json_t *body = ask_body(a->passphrase_file, "passphrase",
				"The passphrase of the file: ", false);

	if (!body || change_put(body, "name", a->name))
		return body;
	json_decref(body);
	return NULL;
}

/* The job at its good end; NULL after saying why. */
static json_t *try_import(const struct command_args *a, const char *path,
			  json_t *body, int *code)
{
	json_t *job = http_call(a->http, "PATCH", path, body);

	*code = http_exit_code(a->http);
	return job ? job_wait(a, job, "import", code) : NULL;
}

/* Who slips is asked again, and need not bring gigabytes again. */
static int finish_import(const struct command_args *a, const char *path,
			 json_t *body)
{
	int code = EXIT_USAGE, tries = PASSPHRASE_TRIES;
	json_t *job = NULL;

	while (body && tries-- > 0) {
		job = try_import(a, path, body, &code);
		body = NULL;
		if (!job && code == EXIT_DENIED && tries > 0 &&
		    secret_is_asked(a->passphrase_file))
			body = ask_how(a);
	}
	if (job)
		code = end_import(a, job);
	else if (http_exit_code(a->http) == EXIT_OK)
		/* The file is here: nothing has to wait for us over there. */
		json_decref(http_call(a->http, "DELETE", path, NULL));
	json_decref(job);
	return code;
}

/* Asked for first: nobody wants to bring gigabytes and be asked then. */
int command_import_user(const struct command_args *a)
{
	struct source source;
	json_t *body, *job = NULL;
	int code = EXIT_USAGE;
	char *path;

	if (!source_open(&source, a->argv[0]))
		return code;
	body = ask_how(a);
	if (body)
		job = bring(a, &source, &code);
	source_close(&source);
	if (!job) {
		json_decref(body);
		return code;
	}
	path = xasprintf("/v1/jobs/%s", out_string(job, "id"));
	json_decref(job);
	code = finish_import(a, path, body);
	free(path);
	return code;
}

/* The name as it is typed once more; NULL after saying that it is another. */
static const char *confirmed(const struct command_args *a, const json_t *user)
{
	const char *name = out_string(user, "name");

	if (a->confirm && strcmp(a->confirm, name) == 0)
		return name;
	say("That destroys the user and all his messages for ever. If you "
	    "mean it, add --confirm '%s'.",
	    name);
	return NULL;
}

int command_user_destroy(const struct command_args *a)
{
	json_t *user, *body = NULL, *job = NULL;
	const char *name;
	char *path;
	int code;

	user = find_user(a, a->argv[0], &code);
	if (!user)
		return code;
	name = confirmed(a, user);
	code = EXIT_USAGE;
	if (name)
		body = ask_body(a->passphrase_file, "passphrase",
				"The passphrase of this user: ", false);
	if (body && change_put(body, "confirm_name", name)) {
		path =
		    xasprintf("/v1/users/%s/destroy", out_string(user, "id"));
		job = http_call(a->http, "POST", path, body);
		code = http_exit_code(a->http);
		free(path);
	}
	if (job)
		job = job_wait(a, job, "destroy", &code);
	if (job && a->json)
		out_json(job);
	json_decref(job);
	json_decref(user);
	return code;
}
