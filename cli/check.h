/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * check - are the words behind a command of those that it knows?  Asked
 * before a daemon is looked for.  Each returns true, or false after saying
 * what is wrong.
 */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include <stdbool.h>

struct command_args;

bool check_presence(const struct command_args *a);
bool check_privacy(const struct command_args *a);
bool check_bits(const struct command_args *a);
bool check_policy(const struct command_args *a);
bool check_contact_privacy(const struct command_args *a);
bool check_cover(const struct command_args *a);
bool check_send(const struct command_args *a);
bool check_send_file(const struct command_args *a);
bool check_files(const struct command_args *a);
bool check_get(const struct command_args *a);
bool check_react(const struct command_args *a);
bool check_typing(const struct command_args *a);
bool check_timer(const struct command_args *a);
bool check_mute(const struct command_args *a);

#endif
