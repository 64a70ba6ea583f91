/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * folders - where the core keeps its files: made at the start, and cleared of
 * what an earlier run left in them that nobody knows of any more.
 */
#ifndef DAEMON_FOLDERS_H
#define DAEMON_FOLDERS_H

#include <stdbool.h>

#include "util/err.h"

struct folders {
	char *cells;  /* RUN/c, for the sockets of onion services */
	char *users;  /* DATA/users */
	char *jobs;   /* DATA/jobs */
	char *tokens; /* DATA/tokens, a file */
};

/* Where the cells are; the caller frees it. */
char *folders_cells(const char *run);
/* To be cleared, whatever it says.  for_group: a tor of our group is to reach
 * the sockets. */
enum err folders_make(struct folders *f, const char *run, const char *data,
		      bool for_group) MUST_CHECK;
void folders_clear(struct folders *f);

#endif
