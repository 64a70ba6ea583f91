/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * errand - what umbel-hooks and umbel-webhooks have in common: the control
 * channel to umbeld, and the channel on which the core sends parcels
 * (doc/INTERNAL.md).
 *
 * The caller waits for both descriptors with poll().
 */
#ifndef DAEMON_ERRAND_H
#define DAEMON_ERRAND_H

#include <stdbool.h>

#include "api/parcel.h"

struct errand {
	int ctl;
	int channel;	 /* -1: none */
	struct buf in;	 /* what has come over it */
	size_t used;	 /* at the front: the last parcel taken */
	bool is_renewed; /* nobody waits for what was taken before; the caller
			  * sets it back */
};

void errand_init(struct errand *e, int ctl);
void errand_clear(struct errand *e);
/* Tells umbeld that we can begin. */
enum err errand_ready(const struct errand *e) MUST_CHECK;

/* The control channel can be read.  False: stop. */
bool errand_on_ctl(struct errand *e);
/* The channel can be read. */
void errand_on_channel(struct errand *e);
/* The next parcel, valid until the next call for this errand; false: none.  A
 * core that breaks the rules is not listened to any more. */
bool errand_take(struct errand *e, struct parcel *p);
void errand_refuse(struct errand *e, const char *why);
void errand_end(struct errand *e, uint64_t id, enum parcel_end end,
		unsigned code);

#endif
