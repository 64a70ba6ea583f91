/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/expiry.h"

#include "core/compose.h"
#include "core/contact.h"
#include "core/due.h"
#include "core/step.h"

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
	/* PROTOCOL 6.5: A message with a time to live MUST be wiped at both
	 * ends: at the receiver's that long after it was read, at the
	 * sender's that long after it was acknowledged. */
	if (!row->is_deadline)
		compose_erase(st, c, &t, ERASE_HIDE, PROBLEM_NONE);
	else if (row->seq > c->row.n.peer_acked)
		compose_erase(st, c, &t, ERASE_FAIL, PROBLEM_TOO_LATE);
}

void expiry_take(struct step *st, const struct event *ev)
{
	struct effect sweep = {.type = FX_SAVE_SWEEP};
	size_t i;

	for (i = 0; i < ev->due.count; i++)
		take(st, &ev->due.rows[i]);
	if (ev->due.sweep)
		step_put(st, &sweep);
	due_answered(st->node, ev->due.sweep ? 0 : ev->due.next_ms);
}
