/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * netwatch - whether this machine goes into the network by another way.
 *
 * tor is not told: its connections hang for a quarter of an hour, until the
 * kernel gives them up.  The kernel says by netlink that something has
 * changed; then it is asked, without a packet, which way it would take into
 * the world: only that counts, or else every container that starts would.
 */
#ifndef DAEMON_NETWATCH_H
#define DAEMON_NETWATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "util/err.h"

/* Interface, router and our own address. */
struct netway {
	bool is_there;
	uint32_t interface;
	uint8_t router[16], source[16];
};

/* All zero but for fd: nothing is known yet. */
struct netwatch {
	int fd;		    /* -1: nothing is watched */
	uint64_t due_ms;    /* when to ask; 0: nothing has changed */
	bool is_gone;	    /* there was no way the last time */
	struct netway last; /* the last that there was */
};

enum netwatch_news {
	NETWATCH_SAME,
	NETWATCH_GONE,	/* there is none now; said once */
	NETWATCH_BACK,	/* there was none for a while: the same as before */
	NETWATCH_OTHER, /* what was connected is cut off */
};

/* A socket of the network that the caller is in; -1: errno tells. */
int netwatch_open(void) MUST_CHECK;
/* From now on this one, which is the watch's.  False, and it is closed, if it
 * is no such socket: where umbel-join sends one, tor could later. */
bool netwatch_use(struct netwatch *w, int fd OWNED, uint64_t now_ms) MUST_CHECK;
/* fd can be read. */
void netwatch_read(struct netwatch *w, uint64_t now_ms);
/* At due_ms.  Asks. */
enum netwatch_news netwatch_look(struct netwatch *w, uint64_t now_ms);
void netwatch_close(struct netwatch *w);

#endif
