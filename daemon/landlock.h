/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * landlock - the part of the sandbox that is about paths, by the kernel's
 * Landlock (linux/landlock.h, ABI 1 to 7).  Used by sandbox.c alone.
 */
#ifndef DAEMON_LANDLOCK_H
#define DAEMON_LANDLOCK_H

#include <stddef.h>

#include "util/err.h"

enum landlock_use {
	LANDLOCK_READ, /* read files */
	LANDLOCK_OWN,  /* files, folders and sockets: all but run them */
};

struct landlock_rule {
	const char *path; /* a folder; all below it */
	enum landlock_use use;
};

/* From now on this thread, and those it makes, reach no path but those
 * below the rules' folders, no TCP port, and (ABI 6) no abstract socket and
 * no process outside.  *abi tells the kernel's version.  ERR_VERSION if the
 * kernel has none or it is switched off; ERR_IO (errno) if a folder cannot
 * be opened or the kernel refuses. */
enum err landlock_enter(const struct landlock_rule *rules, size_t count,
			int *abi) MUST_CHECK;

#endif
