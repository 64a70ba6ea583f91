/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * http - one call to the daemon's API over RUN/api.sock.
 *
 * The credential is RUN/admin.header, which only the daemon's own user can
 * read.  What goes wrong is said on standard error, in one sentence.
 */
#ifndef CLI_HTTP_H
#define CLI_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct json_t;
struct http;

/* run_dir: NULL for where it is if nothing is said.  NULL, and the reason is
 * said, if there is no daemon at that run folder. */
struct http *http_new(const char *run_dir);
void http_free(struct http *h);
/* As it was given to http_new(). */
const char *http_run_dir(const struct http *h);

/* A call may take so long from now on. */
void http_hurry(struct http *h, long seconds);

/* So many calls a minute are allowed, and many files take more.  From now on
 * what is refused for that is asked again until it is not; what is given to
 * http_flow() excepted. */
void http_be_patient(struct http *h);
/* After such a one: waits a little.  false: it was refused for another reason,
 * or nobody is patient. */
bool http_wait(const struct http *h);

/* method: "GET", "POST" ...; path: from "/v1" or "/", already encoded; body:
 * taken over, NULL for none.  Gives the parsed answer, json_null() for an
 * empty one, or NULL after saying why not. */
struct json_t *http_call(struct http *h, const char *method, const char *path,
			 struct json_t *body);
/* The same as GET, but nothing is said; http_is_away() tells whether it is
 * of use to ask again later. */
struct json_t *http_try(struct http *h, const char *path);

/* A call whose body, one way or the other, is not held in memory. */
struct http_flow {
	void *ctx;
	const char *lines[3]; /* further lines of the head; NULL: none */
	/* Up: the next of give_bytes bytes, at most n; -1: there it ends. */
	ssize_t (*give)(void *ctx, char *p, size_t n);
	uint64_t give_bytes;
	/* Down, unless it is refused; false: there it ends. */
	bool (*take)(void *ctx, const char *p, size_t n);
};

/* Nothing is said.  false: http_why() tells, unless give or take ended it, or
 * Ctrl-C, see stop.h. */
bool http_flow(struct http *h, const char *method, const char *path,
	       const struct http_flow *flow);
/* The same without any body. */
bool http_head(struct http *h, const char *path);
/* A line in the head of the last answer, also while its body comes; "" if it
 * is not there.  Borrowed until the next call. */
const char *http_line(const struct http *h, const char *name);

/* After a call that failed: the daemon is not there, not ready, or the user
 * is locked. */
bool http_is_away(const struct http *h);
/* Why the last call failed, in one sentence. */
const char *http_why(const struct http *h);
/* What was answered then; NULL: nothing.  Borrowed until the next call. */
const struct json_t *http_refusal(const struct http *h);
/* The status of the last answer; 0: there was none. */
long http_status(const struct http *h);
/* The exit code that fits the last call; EXIT_OK after a good one. */
int http_exit_code(const struct http *h);
/* The same of any status. */
int http_exit_code_of(long status);
/* Percent-encodes a query value; free() it. */
char *http_encode(struct http *h, const char *s);

#endif
