/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/due.h"

#include "core/compose.h"
#include "core/contact.h"
#include "core/pairing.h"
#include "core/step.h"

/* Less than the least time to live, and one question for many messages. */
enum { LOOK_AFTER_MS = 1000 };

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

/* PROTOCOL 6.5: A deletion leaves a mark that there was a message; a message
 * whose time is over leaves none. */
static void take(struct step *st, const struct due_row *row)
{
	struct contact *c = contact_find(st->node, &row->contact_id);
	struct target t = {.contact_id = row->contact_id,
			   .message_id = row->message_id,
			   .mid = row->mid,
			   .dir = row->dir,
			   .seq = row->seq};

	if (!c)
		return;
	if (!row->is_deadline)
		compose_erase(st, c, &t, ERASE_HIDE, PROBLEM_NONE);
	else if (row->seq > c->row.n.peer_acked)
		compose_erase(st, c, &t, ERASE_FAIL, PROBLEM_TOO_LATE);
}

void due_take(struct step *st, const struct event *ev)
{
	size_t i;

	st->node->due_asked = false;
	for (i = 0; i < ev->due.count; i++)
		take(st, &ev->due.rows[i]);
	due_at(st->node, ev->due.next_ms);
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
