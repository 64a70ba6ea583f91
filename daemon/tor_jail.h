/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tor_jail - what the kernel lets our own tor do.
 *
 * tor reads what strangers send, and by its control port any option can be set:
 * a pluggable transport is a program to run, a log is a file to write.  So it
 * runs no program unless umbel.conf names one as a
 * transport, and writes nowhere but to its folders.  doc/decisions/tor-jail.md
 */
#ifndef DAEMON_TOR_JAIL_H
#define DAEMON_TOR_JAIL_H

#include <stdbool.h>
#include <stddef.h>

#include "util/err.h"

enum { TOR_JAIL_FOLDERS = 3 };

/* Borrowed. */
struct tor_jail {
	/* Where it may write; they exist. */
	const char *folders[TOR_JAIL_FOLDERS];
	size_t folder_count;
	bool runs_programs; /* there are pluggable transports */
};

/* The program's path, at the one address from which the jail lets exec take
 * one; there is one such path in a process.  ERR_FULL: it is too long; ERR_IO:
 * no memory there. */
enum err tor_jail_path(const char *path, const char **at) MUST_CHECK;
/* Closes the jail around the calling process, which must have no_new_privs,
 * and all that comes of it; exec of tor_jail_path() is what is left to do.
 * False, logged: the kernel refuses, and tor must not be run.  A kernel without
 * Landlock costs a warning.  Made for struct spawn: jail is a struct tor_jail
 * *. */
bool tor_jail_enter(void *jail) MUST_CHECK;

#endif
