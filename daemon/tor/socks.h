/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * socks - dials an onion name through tor's SOCKS socket, WAY_SOCKS.
 *
 * Each pair of user and password is a circuit identity of its own
 * (IsolateSOCKSAuth): the caller gives one per contact and class.
 */
#ifndef TOR_SOCKS_H
#define TOR_SOCKS_H

#include <stdint.h>

#include "net/way.h"
#include "tor/socks_proto.h"

struct event_base;
struct dial;

struct dial_handler {
	/* Called once, from the loop.  fd: with DIAL_OK a connected,
	 * non-blocking socket, now the callee's, of which nothing has been
	 * read beyond tor's answer; otherwise -1.  The dial is gone. */
	void (*fn)(void *arg, enum dial_result r, int fd OWNED);
	void *arg;
};

/* Never fails at once: what is wrong is told by the handler.  req
 * is copied.  limit_ms: for all of it, from now. */
struct dial *socks_dial(struct event_base *base, struct way way,
			const struct socks_request *req, uint64_t limit_ms,
			struct dial_handler h);
/* Drops the dial without a call; only before the handler was called. */
void socks_cancel(struct dial *d OWNED);

#endif
