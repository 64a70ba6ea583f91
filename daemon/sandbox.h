/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sandbox - what the kernel lets umbel-core, umbel-httpd, umbel-webhooks and
 * umbel-broker do.
 *
 * umbel-core promises: files below its folders, sockets in another, unix stream
 * sockets that are listened on, threads; no network, no connection of its own,
 * no other program, no other path.
 * umbel-httpd promises: the descriptors it was given; no path, no new
 * socket but a pair, no connection of its own, no other program.
 * umbel-webhooks promises: stream sockets that connect, by TCP or to unix
 * sockets; no path, no other program.  That it is this machine it connects to
 * no layer can say: daemon/poster.c does.
 * umbel-broker promises: unix stream sockets that connect; no path, no
 * network, no other program.  Where it connects to daemon/broker.c says.
 *
 * Three layers, each able to stand alone: an empty network namespace (not
 * for umbel-webhooks), Landlock, seccomp.  A refused system call answers EPERM
 * or EACCES. Libraries that open files when they start must have done so
 * before.
 */
#ifndef DAEMON_SANDBOX_H
#define DAEMON_SANDBOX_H

#include "util/err.h"

enum sandbox_profile {
	SANDBOX_CORE,
	SANDBOX_HTTPD,
	SANDBOX_WEBHOOKS,
	SANDBOX_BROKER,
};

#define SANDBOX_OWN_MAX 3

/* Absolute paths of folders that exist; all are ignored but for SANDBOX_CORE.
 */
struct sandbox_paths {
	/* All below them: read, write, make, remove; NULL: no more of them. */
	const char *own[SANDBOX_OWN_MAX];
	const char *cells;    /* sockets in it, and nothing else */
	const char *tor_read; /* NULL, or the folder of tor's cookie: to read */
};

/* Closes the sandbox around the calling process, for good.  Call it once,
 * before the first thread is made.  Drops all capabilities, forbids core
 * dumps and ptrace.  One log line tells what is active; Landlock or
 * namespaces that the kernel lacks cost a warning.  ERR_IO, and the process
 * must not go on, if seccomp cannot be set up or paths cannot be opened.
 * paths may be NULL but for SANDBOX_CORE. */
enum err sandbox_enter(enum sandbox_profile profile,
		       const struct sandbox_paths *paths) MUST_CHECK;

#endif
