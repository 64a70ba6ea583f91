/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * folders - where the core keeps its files: made at the start, and cleared of
 * what an earlier run left in them that nobody knows of any more.  The sandbox
 * lets it reach these and no other.
 */
#ifndef DAEMON_FOLDERS_H
#define DAEMON_FOLDERS_H

#include <stdbool.h>

#include "sandbox.h"
#include "util/err.h"

struct folders {
	char *cells;	/* RUN/c, for the sockets of onion services */
	char *users;	/* DATA/users */
	char *jobs;	/* DATA/jobs */
	char *api;	/* DATA/api */
	char *tokens;	/* DATA/api/tokens, a file */
	char *settings; /* DATA/api/settings, a file */
};

/* To be cleared, whatever it says.  for_group: a tor of our group is to reach
 * the sockets. */
enum err folders_make(struct folders *f, const char *run, const char *data,
		      bool for_group) MUST_CHECK;
void folders_clear(struct folders *f);
/* All that the core may reach of them, and to read, that of tor's cookie.  Of
 * RUN the cells alone, since an onion service leads to what is in there, and
 * must not lead to tor's own sockets; of DATA not DATA/tor, since who writes
 * there chooses the guards.  Borrowed from both. */
struct sandbox_paths folders_allowed(const struct folders *f,
				     const char *tor_read);

#endif
