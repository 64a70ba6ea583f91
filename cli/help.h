/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * help - what the tables say, for whoever reads it on the screen.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stddef.h>

/* Everything, in a line each. */
void help_print(void);
/* All about the command of that name, or of all whose names begin so; the
 * exit code. */
int help_print_command(int argc, char *const *argv);

/* One of the exit codes; NULL behind the last. */
struct exit_text {
	int code;
	const char *help, *text;
};
const struct exit_text *help_exit(size_t i);

#endif
