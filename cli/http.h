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

struct json_t;
struct http;

/* NULL, and the reason is said, if there is no daemon at that run folder. */
struct http *http_new(const char *run_dir);
void http_free(struct http *h);

/* method: "GET", "POST" ...; path: from "/v1" or "/", already encoded; body:
 * taken over, NULL for none.  Gives the parsed answer, json_null() for an
 * empty one, or NULL after saying why not. */
struct json_t *http_call(struct http *h, const char *method, const char *path,
			 struct json_t *body);
/* The same as GET, but nothing is said; http_is_away() tells whether it is
 * of use to ask again later. */
struct json_t *http_try(struct http *h, const char *path);
/* After a call that failed: the daemon is not there, not ready, or the user
 * is locked. */
bool http_is_away(const struct http *h);
/* Why the last call failed, in one sentence. */
const char *http_why(const struct http *h);
/* The status of the last answer; 0: there was none. */
long http_status(const struct http *h);
/* The exit code that fits the last call; EXIT_OK after a good one. */
int http_exit_code(const struct http *h);
/* Percent-encodes a query value; free() it. */
char *http_encode(struct http *h, const char *s);

#endif
