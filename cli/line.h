/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * line - one message, as a person or a script gets to see it.
 *
 * What somebody wrote begins a line only behind a margin of ours, so that no
 * text can look like another message, or like what we say about it.
 */
#ifndef CLI_LINE_H
#define CLI_LINE_H

struct command_args;
struct json_t;

/* user: "/v1/users/ID"; names: by the id of the conversation. */
struct line_place {
	const struct command_args *a;
	const char *user;
	const struct json_t *names;
};

void line_print(const struct line_place *p, const struct json_t *message);

#endif
