/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/replace.h"

#include "core/invitee.h"
#include "core/inviter.h"
#include "core/reach.h"
#include "core/relink.h"

/* PROTOCOL 8.7: The inviter MUST keep the invite and its service until a
 * session with the contact was up. */
static void finish(struct step *st, struct contact *c)
{
	struct contact *old = relink_target(st->node, c);

	inviter_move(st, c, old);
	relink_take(st, old, &c->row);
	reach_delete(st, c, JOURNAL_NONE);
}

void replace_finish(struct step *st)
{
	struct list_node *i, *t;

	list_for_each_safe (i, t, &st->node->contacts)
		if (contact_at(i)->takes_place)
			finish(st, contact_at(i));
}

void replace_forget(struct step *st, const struct contact *c)
{
	struct node *n = st->node;
	struct list_node *i, *t;

	list_for_each_safe (i, t, &n->inviters)
		if (inviter_is_for(n, inviter_at(i), c))
			inviter_revoke(st, inviter_at(i));
	list_for_each_safe (i, t, &n->invitees)
		if (!invitee_is_over(invitee_at(i)) &&
		    uid_is_equal(&invitee_at(i)->row.contact_id, &c->row.id))
			invitee_forget(st, invitee_at(i),
				       JOURNAL_REQUEST_STATE);
}
