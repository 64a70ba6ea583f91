/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * listener - a unix stream socket that is listened on at a path.
 *
 * Out of descriptors it rests for 100 ms instead of spinning.  The folder
 * must be ours alone: a stale socket of our own is removed before binding.
 */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include <stdbool.h>
#include <sys/types.h>

#include "util/err.h"

/* Bytes of a socket path, without the NUL. */
#define LISTENER_PATH_MAX 107

struct event_base;
struct listener;

struct listener_handler {
	/* fd: non-blocking, close-on-exec, now the callee's.  May free the
	 * listener. */
	void (*fn)(void *arg, int fd OWNED);
	void *arg;
};

/* True if the path is absolute, fits into a socket address and holds only
 * characters that tor takes unquoted: no space, quote, comma, backslash,
 * '#' or control character. */
bool listener_path_is_valid(const char *path);

/* mode: of the socket file, 0600 or, for a tor of another user, 0660.
 * ERR_RANGE for a path too long, ERR_EXISTS if something other than a socket
 * of ours is there, ERR_IO (errno) if the system refuses. */
enum err listener_new(struct event_base *base, const char *path, mode_t mode,
		      struct listener_handler h,
		      struct listener **out) MUST_CHECK;
/* Closes the socket and removes its file.  NULL is fine. */
void listener_free(struct listener *l);

#endif
