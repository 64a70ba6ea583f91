/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * get - the content of a file, into a file or to standard output.
 */
#ifndef CLI_GET_H
#define CLI_GET_H

#include "cli/command.h"
#include "cli/target.h"

struct json_t;

struct get_place {
	const char *content; /* its path in the API; NULL: that of the file */
	const char *path;    /* as of target_open(), or "-" */
	enum target_rule rule;
	bool is_quiet; /* the name is not printed */
	bool is_once;  /* it can be had this one time: nothing goes on later */
	/* Or NULL; set if it is the file that cannot be had, while the daemon
	 * is there and the place is not to blame. */
	bool *is_lost;
};

/* A file that is here as a whole, of the user at that path; says what goes
 * wrong.  On Ctrl-C it does not come back. */
int get_content(struct http *h, const char *user, const struct json_t *file,
		const struct get_place *place);

#endif
