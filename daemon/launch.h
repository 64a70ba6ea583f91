/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * launch - how umbeld has a process started that is a unit of systemd, rather
 * than a child of its own.
 *
 * umbeld connects to the unit's socket, and systemd starts umbel-join with that
 * connection, which is the control channel from then on.  umbel-join says
 * hello, is told words and descriptors, and becomes the process.
 * doc/INTERNAL.md, doc/decisions/units.md
 */
#ifndef DAEMON_LAUNCH_H
#define DAEMON_LAUNCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "util/err.h"

#define LAUNCH_HELLO	 'J'
#define LAUNCH_WORDS	 'N'
#define LAUNCH_FD	 'F'
#define LAUNCH_MAX	 131072 /* bytes of the words with all around them */
#define LAUNCH_WORDS_MAX 1024
#define LAUNCH_FDS_MAX	 4

/* umbeld: a connection to folder/role, non-blocking; -1 (errno). */
int launch_connect(const char *folder, const char *role);

/* umbeld: reads the hello.  *pid is what the kernel says of the sender, and
 * *pidfd, which is the caller's, stands for it; it can be signalled, and polled
 * for its end.  ERR_SHORT: nothing there yet; ERR_CLOSED; ERR_SYNTAX: not a
 * hello, or not from our own user. */
enum err launch_take_hello(int ctl, pid_t *pid, int *pidfd) MUST_CHECK;

/* umbeld: what the process becomes.  ERR_FULL: too much. */
enum err launch_tell(int ctl, char *const *words, const int *fds,
		     size_t count) MUST_CHECK;

/* umbel-join: says hello and waits for the rest, for as long as it takes.  The
 * words end with NULL and stay for good; the descriptors are in the order they
 * were sent.  ERR_CLOSED: umbeld has changed its mind; ERR_SYNTAX. */
struct launch {
	char *words[LAUNCH_WORDS_MAX + 1];
	size_t word_count;
	int fds[LAUNCH_FDS_MAX];
	size_t fd_count;
};
enum err launch_receive(int ctl, struct launch *l) MUST_CHECK;

#endif
