/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/told.h"

#include <stdlib.h>

#include "api/state.h"
#include "api/view_event.h"
#include "util/mem.h"

enum { TOLD_MAX = 16 };

struct told_event {
	struct uid user;
	uint64_t seq; /* 0: none */
	struct jout data;
};

struct told {
	unsigned depth;			    /* of told_begin() */
	struct told_event events[TOLD_MAX]; /* seq % TOLD_MAX */
};

struct told *told_new(void)
{
	struct told *t = xcalloc(1, sizeof(*t));

	for (size_t i = 0; i < TOLD_MAX; i++)
		jout_init(&t->events[i].data);
	return t;
}

void told_free(struct told *t)
{
	free(t);
}

static void forget(struct told_event *e)
{
	e->seq = 0;
	jout_clear(&e->data);
}

void told_begin(struct told *t)
{
	t->depth++;
}

void told_end(struct told *t)
{
	if (--t->depth > 0)
		return;
	for (size_t i = 0; i < TOLD_MAX; i++)
		forget(&t->events[i]);
}

enum err told_data(struct api *a, struct uid user,
		   const struct journal_info *row, struct bytes *data)
{
	struct told_event *kept = &a->told->events[row->seq % TOLD_MAX];
	bool is_there =
	    kept->seq == row->seq && uid_is_equal(&kept->user, &user);
	enum err e = OK;

	if (!is_there) {
		forget(kept);
		e = view_event_data(&kept->data, a, user, row);
		kept->user = user;
		kept->seq = e == OK ? row->seq : 0;
	}
	*data = buf_view(&kept->data.out);
	return e;
}
