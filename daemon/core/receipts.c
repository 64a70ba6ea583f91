/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/receipts.h"

#include "core/compose.h"
#include "core/contact.h"
#include "core/due.h"
#include "core/hidden.h"
#include "core/step.h"

enum { TELL_MIN_MS = 1000, TELL_MAX_MS = 3000 };

static bool may_tell(const struct node *n, const struct contact *c)
{
	return c->row.state == CONTACT_ACTIVE && !c->row.blocked &&
	       choice_is_on(c->row.receipts, n->self.receipts);
}

void receipts_read(struct step *st, const struct event *ev)
{
	struct contact *c = contact_find(st->node, &ev->read.contact_id);
	struct effect e = {.type = FX_SAVE_READ,
			   .journal = JOURNAL_CONVERSATION_READ};

	if (!c) {
		step_reply(st, ev, ERR_NOT_FOUND);
		return;
	}
	e.read = ev->read;
	step_put(st, &e);
	due_started(st);
	if (ev->read.has_mid && may_tell(st->node, c)) {
		c->receipt_out.mid = ev->read.mid;
		if (c->receipt_out.at_ms == NEVER)
			c->receipt_out.at_ms =
			    step_after(st, TELL_MIN_MS, TELL_MAX_MS);
	}
	step_reply(st, ev, OK);
}

void receipts_timers(struct step *st, struct contact *c)
{
	struct message_fields f = {.has_ref = true, .ref = c->receipt_out.mid};

	if (!step_is_due(st, c->receipt_out.at_ms))
		return;
	c->receipt_out.at_ms = NEVER;
	/* He may have been blocked, or the choice made anew, since. */
	if (may_tell(st->node, c))
		hidden_put(st, c, MESSAGE_READ_UP_TO, &f, bytes_of(NULL, 0));
}

uint64_t receipts_deadline(const struct contact *c)
{
	return c->receipt_out.at_ms;
}
