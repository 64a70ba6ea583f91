/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bridge_desk - the core's side of tor's bridges: what there is, as umbeld
 * said last, and the one change that is on its way to it.
 *
 * umbeld owns tor's configuration; the core may only ask (doc/INTERNAL.md).
 */
#ifndef DAEMON_BRIDGE_DESK_H
#define DAEMON_BRIDGE_DESK_H

#include <stdint.h>

#include "tor/bridges.h"

struct api_bridges;

struct bridge_desk {
	int ctl_fd;   /* to umbeld */
	bool is_ours; /* the tor is a child of umbeld */
	struct bridges now;
	struct transports known;
	uint64_t ticket;       /* of the change; 0: none */
	struct bridges wanted; /* by it */
	void *ctx;
	void (*done)(void *ctx, uint64_t ticket, enum err e);
};

enum { BRIDGE_DESK_MESSAGE = 1 + BRIDGES_TEXT_MAX };

/* A message of umbeld's; false if it is none of these. */
bool bridge_desk_take(struct bridge_desk *d, const char *message, size_t n);
/* What is borrowed stays until the next message. */
void bridge_desk_show(const struct bridge_desk *d, struct api_bridges *out);
/* Lines that bridge_check() has let through; done() follows. */
void bridge_desk_set(struct bridge_desk *d, uint64_t ticket,
		     const struct api_bridges *b);

#endif
