/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * post - commands that begin something, and with --wait stay until it is
 * over.
 */
#ifndef CLI_POST_H
#define CLI_POST_H

#include <stdbool.h>

struct command_args;
struct json_t;

/* Of what is begun. */
struct post_kind {
	const char *list;  /* "messages": /v1/users/ID/messages/ID is one */
	const char *event; /* that tells of its state */
	bool (*is_over)(const char *state);
	/* Once it has begun; may be NULL. */
	void (*begin)(const struct command_args *a, const struct json_t *it);
	/* At the end; gives the exit code. */
	int (*end)(const struct command_args *a, const struct json_t *it);
};

/* POSTs to path of the user at "/v1/users/ID"; path and body are taken
 * over. */
int post(const struct command_args *a, const struct post_kind *kind,
	 const char *user, char *path, struct json_t *body);

#endif
