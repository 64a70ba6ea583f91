/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * follow - a transfer on its way to the other side, until it is over.
 */
#ifndef CLI_FOLLOW_H
#define CLI_FOLLOW_H

#include <stdbool.h>

#include "cli/command.h"

struct json_t;

/* The file of that id; a bar on a terminal.  No time limit: the other person
 * has to say yes.  The file as it is at the end; NULL after saying why not. */
struct json_t *follow(const struct command_args *a, const char *user,
		      const char *id, int *exit_code);
/* The same, once it is accepted or goes on; that is asked for if it does not
 * run yet. */
struct json_t *follow_run(const struct command_args *a, const char *user,
			  const char *id, int *exit_code);
/* It came to a bad end: it failed, or somebody did not want it. */
bool follow_is_lost(const struct json_t *file);
/* Says why it did not come to a good end. */
void follow_say(const struct json_t *file);
/* Prints how it ended, and gives the exit code that fits. */
int follow_show(const struct command_args *a, const struct json_t *file);

#endif
