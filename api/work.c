/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/work.h"

#include <stdlib.h>

#include "api/state.h"
#include "util/mem.h"

struct work {
	struct list_node node;
	uint64_t ticket;
	work_done_fn *done;
	void *arg;
};

void work_start(struct api *a, work_run_fn *run, work_done_fn *done, void *arg)
{
	struct work *w = xcalloc(1, sizeof(*w));

	w->ticket = ++a->last_ticket;
	w->done = done;
	w->arg = arg;
	list_put_last(&a->works, &w->node);
	a->ports.work(a->ports.ctx, w->ticket, run, arg);
}

static void end(struct work *w, enum err e)
{
	list_take(&w->node);
	w->done(w->arg, e);
	free(w);
}

bool work_end(struct api *a, uint64_t ticket, enum err e)
{
	struct list_node *n;

	list_for_each (n, &a->works) {
		struct work *w = list_entry(n, struct work, node);

		if (w->ticket != ticket)
			continue;
		end(w, e);
		return true;
	}
	return false;
}

void work_free_all(struct api *a)
{
	while (!list_is_empty(&a->works))
		end(list_entry(a->works.head.next, struct work, node),
		    ERR_CLOSED);
}
