/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * change - commands that change one thing, and print nothing unless a script
 * asks for JSON.
 */
#ifndef CLI_CHANGE_H
#define CLI_CHANGE_H

#include <stdbool.h>

struct command_args;
struct json_t;

/* One call; path and body are taken over, body may be NULL. */
int change(const struct command_args *a, const char *method, char *path,
	   struct json_t *body);
/* The same of an object in a list of the user: see find_listed_path(). */
int change_listed(const struct command_args *a, const char *method,
		  const char *list, const char *rest, struct json_t *body);
/* The end of a command that got this answer, which is taken over; NULL: it is
 * said already what went wrong. */
int change_end(const struct command_args *a, struct json_t *answer);
/* body[key] = text, unless that is NULL; false if it is not UTF-8. */
bool change_put(struct json_t *body, const char *key, const char *text);
/* {key: text}; NULL after saying that it must be UTF-8. */
struct json_t *change_text(const char *key, const char *text);

#endif
