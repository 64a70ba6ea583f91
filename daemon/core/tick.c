/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/tick.h"

#include "core/bulk.h"
#include "core/due.h"
#include "core/eph.h"
#include "core/epoch.h"
#include "core/intake.h"
#include "core/invitee.h"
#include "core/inviter.h"
#include "core/link.h"
#include "core/outbox.h"
#include "core/presence.h"
#include "core/reach.h"
#include "core/receipts.h"
#include "core/replace.h"
#include "core/step.h"

void tick_start(struct step *st)
{
	struct list_node *i;

	list_for_each (i, &st->node->contacts)
		outbox_start(st, contact_at(i));
	due_look(st->node);
}

void tick_timers(struct step *st)
{
	struct node *n = st->node;
	struct list_node *i, *t;

	replace_finish(st);
	list_for_each (i, &n->links)
		link_timers(st, link_at(i));
	list_for_each_safe (i, t, &n->inviters)
		inviter_timers(st, inviter_at(i));
	list_for_each_safe (i, t, &n->invitees)
		invitee_timers(st, invitee_at(i));
	list_for_each (i, &n->contacts) {
		reach_timers(st, contact_at(i));
		intake_timers(st, contact_at(i));
		epoch_timers(st, contact_at(i));
		eph_timers(st, contact_at(i));
		receipts_timers(st, contact_at(i));
		outbox_timers(st, contact_at(i));
		bulk_timers(st, contact_at(i));
	}
	due_timers(st);
	presence_timers(st);
}

uint64_t tick_deadline(const struct node *n)
{
	uint64_t at = NEVER;
	struct list_node *i;

	list_for_each (i, &n->links)
		if (link_at(i)->state != LINK_GONE)
			at = earlier(at, link_deadline(n, link_at(i)));
	list_for_each (i, &n->contacts) {
		at = earlier(at, reach_deadline(contact_at(i)));
		at = earlier(at, intake_deadline(n, contact_at(i)));
		at = earlier(at, epoch_deadline(contact_at(i)));
		at = earlier(at, eph_deadline(contact_at(i)));
		at = earlier(at, receipts_deadline(contact_at(i)));
		at = earlier(at, outbox_deadline(contact_at(i)));
		at = earlier(at, bulk_deadline(n, contact_at(i)));
	}
	at = earlier(at, earlier(presence_deadline(n), due_deadline(n)));
	list_for_each (i, &n->inviters)
		at = earlier(at, inviter_deadline(n, inviter_at(i)));
	list_for_each (i, &n->invitees)
		at = earlier(at, invitee_deadline(n, invitee_at(i)));
	return at;
}
