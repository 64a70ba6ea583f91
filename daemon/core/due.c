/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/due.h"

#include "core/pairing.h"
#include "core/step.h"

/* Less than the least time to live, and one question for many messages. */
enum { LOOK_AFTER_MS = 1000, NEXT_LOT_MS = 50 };

void due_look(struct node *n)
{
	n->due_ms = 0;
}

void due_at(struct node *n, uint64_t wall_ms)
{
	n->due_ms = earlier(n->due_ms, wall_ms);
}

void due_started(const struct step *st)
{
	due_at(st->node, st->wall_ms + LOOK_AFTER_MS);
}

void due_answered(struct node *n, uint64_t next_ms)
{
	uint64_t soonest_ms = n->wall_ms + NEXT_LOT_MS;

	/* Others want to be served between one lot and the next. */
	n->due_asked = false;
	due_at(n, next_ms < soonest_ms ? soonest_ms : next_ms);
}

void due_timers(struct step *st)
{
	struct node *n = st->node;
	struct effect e = {.type = FX_DUE, .due_ms = st->wall_ms};

	if (st->wall_ms < n->due_seen_ms)
		due_look(n);
	n->due_seen_ms = st->wall_ms;
	if (n->due_asked || n->due_ms > st->wall_ms)
		return;
	n->due_asked = true;
	n->due_ms = NEVER;
	step_put(st, &e);
}

uint64_t due_deadline(const struct node *n)
{
	return n->due_asked ? NEVER : node_at_wall(n, n->due_ms);
}
