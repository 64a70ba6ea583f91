/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * guests - other people's programs on this machine, let in by [api.unix] in
 * umbel.conf: RUN/shared/api.sock, which is there only if somebody is.
 *
 * Who connects is asked of the kernel here, in umbeld: umbel-httpd is in a
 * user namespace of its own, where all others are nobody.
 */
#ifndef DAEMON_GUESTS_H
#define DAEMON_GUESTS_H

#include <stddef.h>

#include "conf.h"
#include "util/err.h"

#define GUESTS_FOLDER "shared"

struct guests {
	const struct conf *conf; /* borrowed */
	int fd;			 /* listens; -1: nobody is let in */
};

/* Makes the folder and the socket, and opens RUN for passing through; without
 * guests it closes RUN to others.  ERR_IO, logged. */
enum err guests_open(struct guests *g, const struct conf *conf) MUST_CHECK;
/* The next connection, non-blocking.  ERR_NOT_FOUND: none, or of somebody who
 * is not on the list; ERR_FULL, logged: it waits, but there are no descriptors
 * or no memory. */
enum err guests_accept(const struct guests *g, int *fd) MUST_CHECK;
void guests_close(struct guests *g);

#endif
