/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The worker of a world's hosts, which finds stamps.
 */
#include "core/knock.h"
#include "tests/sim/inside.h"
#include "tests/sim/item.h"

enum { STAMP_MS = 3000, SLICE = 1000 };

/* A worker looks for it, a slice at a time. */
void net_stamp(struct world *w, int host, const struct effect *e)
{
	struct item item = {.kind = ITEM_STAMP, .host = host};
	uint64_t from = 0;

	while (!knock_search(e->stamp.h, e->stamp.bits, from, SLICE,
			     &item.counter))
		from += SLICE;
	item.life = w->hosts[host].life;
	item.link = e->stamp.link;
	net_put(w, w->now_ms + world_random(w, STAMP_MS), &item);
}

void net_stamped(struct world *w, const struct item *item)
{
	struct event ev = {.type = EV_STAMPED};

	ev.link.id = item->link;
	ev.link.counter = item->counter;
	host_event(w, item->host, &ev);
}
