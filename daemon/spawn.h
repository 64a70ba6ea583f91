/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * spawn - starts another program with nothing but what it is given.
 */
#ifndef DAEMON_SPAWN_H
#define DAEMON_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/err.h"

#define SPAWN_FDS_MAX  4
#define SPAWN_FIRST_FD 3
/* The exit status of a child whose program could not be run. */
#define SPAWN_NO_PROGRAM 127

struct spawn {
	const char *path; /* absolute; PATH is never searched */
	char *const *argv;
	/* These become 3, 4, ... in the child; all others are closed. */
	int fds[SPAWN_FDS_MAX];
	size_t fd_count;
	int out; /* standard output; -1: where standard error goes */
	/* In the child, last of all; or NULL.  One that does not come back is
	 * all there is of the child. */
	bool (*prepare)(void *arg);
	void *arg;
	/* Of what is not ours: */
	bool is_foreign;  /* in and env count; no output at all */
	int in;		  /* standard input */
	char *const *env; /* all of it */
};

/* For our own programs standard input is /dev/null.  Of the environment only
 * JOURNAL_STREAM, TZ and, in a sanitizer build, the sanitizers' options are
 * handed on.  Signals are as at birth, the session is its own, and the kernel
 * kills the child when we are gone.  ERR_IO (errno) if it cannot fork. */
enum err spawn_start(const struct spawn *s, pid_t *pid) MUST_CHECK;

/* How long to wait before starting again a child that was up for up_ms,
 * when the wait before was last_ms (0: none): 100 ms, doubled up to 10 s as
 * long as it keeps dying early.  Early is within ten times the wait, and
 * never after a minute. */
unsigned spawn_wait_ms(unsigned last_ms, uint64_t up_ms);
/* How a child ended, in words, from waitpid()'s status. */
void spawn_describe_end(char *text, size_t cap, int status);

#endif
