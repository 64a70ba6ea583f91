/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "tests/sim/disk_files.h"
#include "tests/sim/inside.h"
#include "tests/sim/item.h"
#include "util/mem.h"

enum {
	BLOB_MS = 20,
	OPS_MAX = 8, /* of one file */
};

static void count(struct world *w, int host, const struct uid *file_id)
{
	struct blob *b = disk_blob_find(w->hosts[host].disk, file_id);

	if (b && ++b->ops > OPS_MAX)
		world_fail(w, host, "too much at one time for a disk");
}

void net_blob(struct world *w, int host, const struct effect *e)
{
	struct host *h = &w->hosts[host];
	struct item item = {.kind = ITEM_BLOB, .host = host, .life = h->life};
	uint64_t at_ms = w->now_ms + 1 + world_random(w, BLOB_MS);

	/* In order. */
	if (at_ms < h->blob_ms)
		at_ms = h->blob_ms;
	h->blob_ms = at_ms;
	item.blob = *e;
	item.n = e->blob.bytes.n;
	item.data = item.n ? xmemdup(e->blob.bytes.p, item.n) : NULL;
	count(w, host, &e->blob.file_id);
	net_put(w, at_ms, &item);
}

void net_blob_done(struct world *w, const struct item *item)
{
	struct host *h = &w->hosts[item->host];
	struct effect e = item->blob;
	struct event ev = {.type = EV_BLOB};
	struct blob *b;

	if (!h->node)
		return;
	e.blob.bytes = bytes_of(item->data, item->n);
	ev.blob.file_id = e.blob.file_id;
	ev.blob.op = e.blob.op;
	ev.blob.index = e.blob.index;
	if (h->blob_err != OK && e.blob.op == BLOB_WRITE) {
		ev.blob.err = h->blob_err;
		h->blob_err = OK;
	} else {
		ev.blob.err = disk_blob(h->disk, &e, &ev.blob.bytes);
	}
	b = disk_blob_find(h->disk, &e.blob.file_id);
	if (b && b->ops > 0)
		b->ops--;
	host_event(w, item->host, &ev);
	free((void *)(uintptr_t)ev.blob.bytes.p);
}
