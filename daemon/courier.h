/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * courier - the core's ends of the channels to umbel-hooks and
 * umbel-webhooks: parcels out, and how it went with them in
 * (doc/INTERNAL.md).
 *
 * A channel that breaks the rules is dropped and not asked for again.
 */
#ifndef DAEMON_COURIER_H
#define DAEMON_COURIER_H

#include <stdbool.h>

#include "api/parcel.h"

struct api;
struct courier;
struct event_base;

struct courier *courier_new(struct event_base *base, struct api *api);
/* NULL is fine.  Does not call the API. */
void courier_free(struct courier *c);

/* A new channel from umbeld, to the one who takes parcels of this type; it
 * replaces the old one. */
/* Nobody is there any more, until there is a new channel. */
void courier_drop_channel(struct courier *c, enum parcel_type type);
void courier_set_channel(struct courier *c, enum parcel_type type,
			 int fd OWNED);
/* False: nobody is there, or he is busy. */
bool courier_deliver(struct courier *c, const struct parcel *p);

#endif
