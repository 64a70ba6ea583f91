/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * http - one call to the daemon's API over RUN/api.sock.
 *
 * The credential is RUN/admin.header, which only the daemon's own user can
 * read.  What goes wrong is said on standard error, in one sentence.
 */
#ifndef CLI_HTTP_H
#define CLI_HTTP_H

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
/* The exit code that fits the last call; EXIT_OK after a good one. */
int http_exit_code(const struct http *h);
/* Percent-encodes a query value; free() it. */
char *http_encode(struct http *h, const char *s);

#endif
