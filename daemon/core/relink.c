/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/relink.h"

#include <string.h>

#include <sodium.h>

#include "core/contact.h"
#include "core/link.h"
#include "core/outbox.h"
#include "core/reach.h"
#include "core/step.h"

enum err relink_check(const struct node *n, const struct uid *id)
{
	const struct contact *c = contact_find(n, id);

	if (!c)
		return ERR_NOT_FOUND;
	return c->row.state == CONTACT_PAIRING || c->row.blocked ? ERR_STATE
								 : OK;
}

struct contact *relink_target(const struct node *n, const struct contact *c)
{
	struct list_node *i;

	if (c->row.state != CONTACT_PAIRING)
		return NULL;
	list_for_each (i, &n->contacts) {
		struct contact *old = contact_at(i);

		if (old != c && uid_is_equal(&old->row.conversation_id,
					     &c->row.conversation_id))
			return old;
	}
	return NULL;
}

/* What our user decided stays; that he compared numbers does not. */
static void take_row(struct contact_row *old, const struct contact_row *fresh)
{
	old->state = CONTACT_ACTIVE;
	old->my_static = fresh->my_static;
	old->peer_static = fresh->peer_static;
	old->psk = fresh->psk;
	old->epoch = fresh->epoch;
	old->rekey = fresh->rekey;
	old->my_cell = fresh->my_cell;
	old->peer_auth = fresh->peer_auth;
	old->peer_cell = fresh->peer_cell;
	old->my_auth = fresh->my_auth;
	if (fresh->name.s[0])
		old->name = fresh->name;
	old->alarm = false;
	old->verified = false;
	old->verified_ms = 0;
	old->profile_stale = false;
}

/* PROTOCOL 8.8: The new relation MUST have keys of its own, and MUST begin at
 * epoch 0 and at number 1 in both directions.  PROTOCOL 8.8: Links and cell of
 * the old relation MUST be taken down. */
void relink_take(struct step *st, struct contact *old,
		 const struct contact_row *fresh)
{
	reach_detach(st, old);
	outbox_detach(st, old);
	take_row(&old->row, fresh);
	contact_rekeyed(old);
	old->is_new = true;
	contact_touch(old, JOURNAL_CONTACT_UPDATED);
	if (st->node->transport_ready)
		reach_come_up(st, old, st->now_ms);
}

bool relink_confirmed(struct step *st, struct contact *c)
{
	c->takes_place = relink_target(st->node, c) != NULL;
	return c->takes_place;
}

bool relink_opened(struct step *st, struct link *l)
{
	if (!relink_confirmed(st, l->owner.contact))
		return false;
	link_hangup(st, l);
	return true;
}
