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
/* The contact of the user at that path who has that id; else who is shown
 * under that name; else who calls himself so.  In this order, so that nobody
 * takes over another's name by choosing it. */
struct json_t *find_contact(const struct command_args *a, const char *user_path,
			    const char *who, int *exit_code);
/* "/v1/users/ID" of the user that is meant, and what stands behind it;
 * free() it.  NULL after saying why not. */
char *find_user_path(const struct command_args *a, const char *rest,
		     int *exit_code);
/* USER/LIST/ID and what stands behind it: of the message, request or the like
 * whose id is the first word of the command; free() it. */
char *find_listed_path(const struct command_args *a, const char *user_path,
		       const char *list, const char *rest);

/* A user and one of his contacts. */
struct with {
	char *user; /* "/v1/users/ID" */
	struct json_t *contact;
};

/* The user that is meant, and the contact that he calls who; false after
 * saying why not. */
bool find_with(const struct command_args *a, const char *who, struct with *out,
	       int *exit_code);
void with_clear(struct with *w);
/* The path of that contact, or of the conversation with him, and what stands
 * behind it; free() it.  NULL after saying why not. */
char *find_contact_path(const struct command_args *a, const char *who,
			const char *rest, int *exit_code);
char *find_conversation_path(const struct command_args *a, const char *who,
			     const char *rest, int *exit_code);

/* What all contacts are called, by their "id" or "conversation_id"; NULL
 * after saying why not. */
struct json_t *find_names(struct http *h, const char *user_path,
			  const char *key);
/* What a contact is called: as the user decided, else as he says himself;
 * borrowed. */
const char *find_name(const struct json_t *contact);

#endif
