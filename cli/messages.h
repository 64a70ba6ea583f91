/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * messages - what all messages that are sent have in common.
 */
#ifndef CLI_MESSAGES_H
#define CLI_MESSAGES_H

#include <stdbool.h>

struct command_args;
struct json_t;

/* What --reply and --within say; false if it is not UTF-8. */
bool messages_put(struct json_t *body, const struct command_args *a);

#endif
