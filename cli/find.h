/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * find - from what a person types to the object that is meant.
 */
#ifndef CLI_FIND_H
#define CLI_FIND_H

#include "cli/command.h"

struct json_t;

/* All pages of a list as one array; NULL after saying why not. */
struct json_t *find_all(struct http *h, const char *path);

/* The user called name (or of that id), or, for NULL, the only one there
 * is; sets *exit_code and returns NULL after saying why not. */
struct json_t *find_user(const struct command_args *a, const char *name,
			 int *exit_code);
/* The contact with that alias, name or id. */
struct json_t *find_contact(const struct command_args *a, const char *user_id,
			    const char *who, int *exit_code);
/* "/v1/users/ID" of the user that is meant; free() it. */
char *find_user_path(const struct command_args *a, int *exit_code);

#endif
