/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * arguments - the command line, taken apart by what the tables say of it.
 */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include <stdbool.h>

#include "cli/command.h"
#include "cli/table.h"

struct arguments {
	struct command_args args;
	const struct command *command; /* NULL: there is none */
	struct given *given;	       /* OWNED options, as they came */
	int given_count;
};

/* All options that there are; the words are in args.argv then.  false after
 * saying what is wrong. */
bool arguments_read(struct arguments *a, int argc, char **argv);
/* The command, and whether it takes all this.  false after saying what is
 * wrong. */
bool arguments_settle(struct arguments *a);
void arguments_clear(struct arguments *a);

#endif
