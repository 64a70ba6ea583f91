/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * landlock - the part of the sandbox that is about paths, by the kernel's
 * Landlock (linux/landlock.h, ABI 1 to 7).  Used by sandbox.c, by
 * umbel-hooks for what it runs, and by umbeld for tor.
 */
#ifndef DAEMON_LANDLOCK_H
#define DAEMON_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "util/err.h"

enum landlock_use {
	LANDLOCK_READ, /* read files */
	LANDLOCK_OWN,  /* files and folders: all but run them */
	LANDLOCK_BIND, /* make, list and remove sockets */
};

struct landlock_rule {
	const char *path; /* a folder; all below it */
	enum landlock_use use;
};

/* From now on this thread, and those it makes, reach no path but those
 * below the rules' folders, no TCP port (connects: it may connect to any, and
 * open none), and (ABI 6) no abstract socket and
 * no process outside.  *abi tells the kernel's version.  ERR_VERSION if the
 * kernel has none or it is switched off; ERR_IO (errno) if a folder cannot
 * be opened or the kernel refuses. */
enum err landlock_enter(const struct landlock_rule *rules, size_t count,
			bool connects, int *abi) MUST_CHECK;
/* From now on this thread, and what it becomes by exec, reaches nothing below
 * that folder, whatever the way there, and can make nothing in the folders
 * above it: those can only be had whole.  The same errors. */
enum err landlock_close(const char *folder) MUST_CHECK;
/* From now on this thread, and what it becomes by exec, changes nothing on the
 * disk but below those folders, and what it has open.  Reading, running and
 * connecting are as before; abstract sockets are closed (ABI 6).  The same
 * errors. */
enum err landlock_write_only_to(const char *const *folders,
				size_t count) MUST_CHECK;
/* 0: the kernel has none, or it is switched off. */
int landlock_abi(void);

#endif
