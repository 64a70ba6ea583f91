/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * raw - any call of the API, for what no other command does.
 */
#ifndef CLI_RAW_H
#define CLI_RAW_H

#include "cli/command.h"

struct json_t;

/* What that path answers, which need not be JSON, to standard output; made
 * harmless for a terminal. */
int raw_get(const struct command_args *a, const char *path);
/* What is typed, or with "-" comes from standard input; NULL after saying
 * what is wrong. */
struct json_t *raw_read_body(const char *arg);
/* Is what is typed JSON, if anything is?  Asked before a daemon is looked
 * for. */
bool raw_is_body(const struct command_args *a);
/* Are the words of a call right?  Asked before a daemon is looked for. */
bool raw_is_right(const struct command_args *a);

#endif
