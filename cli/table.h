/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * table - every command: what it is called, what it takes, what runs it, and
 * what there is to say about it.
 *
 * There is no second place for any of this: the checks of the command line,
 * --help, `umbel help`, the manual and the completions of the shells are all
 * made of these rows and of those in option.h and value.h.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/option.h"

struct command_args;

#define TAKES_MAX 12

struct command {
	const char *name;  /* one word or two: "user add" */
	const char *usage; /* what stands behind it, see value.h; or NULL */
	/* Beside those that all take; OPT_END behind the last. */
	enum option_id takes[TAKES_MAX];
	int (*run)(const struct command_args *a);
	/* Says what is wrong with words that are right one by one; NULL: there
	 * is nothing of the kind. */
	bool (*is_right)(const struct command_args *a);
	/* Where what it is about is listed: of the user, or a whole path; and
	 * what is shown of it, see fields.h.  NULL: nowhere. */
	const char *list, *columns;
	bool is_local;	  /* it needs no daemon */
	const char *help; /* a few words */
	const char *text; /* all there is to say; see markup.h */
};

struct command_group {
	const char *heading;
	const struct command *commands;
	size_t count;
};

extern const struct command_group table_daemon, table_self, table_people,
    table_talk, table_messages, table_files, table_api, table_shell;

/* The groups, in the order in which they are shown; NULL behind the last. */
const struct command_group *table_group(size_t i);
/* All commands of all groups; NULL behind the last. */
const struct command *table_at(size_t i);

/* How many words its name has. */
int command_words(const struct command *c);
/* Does the name begin with these words? */
bool command_begins(const struct command *c, int argc, char *const *argv);
/* The command that the words begin with, the longest; NULL if there is none.
 */
const struct command *table_find(int argc, char *const *argv);
/* The row of the option of that name that the command takes; OPT_END if it
 * takes none.  c: NULL for what all take. */
enum option_id command_takes(const struct command *c, const char *name);

#endif
