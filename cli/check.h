/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * check - do the words and options of a command, each of which is right, go
 * together?  Asked before a daemon is looked for.  Each returns true, or false
 * after saying what is wrong.
 */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include <stdbool.h>

struct command_args;

bool check_send_file(const struct command_args *a);
bool check_get(const struct command_args *a);
bool check_tail(const struct command_args *a);
bool check_events(const struct command_args *a);
bool check_react(const struct command_args *a);

#endif
