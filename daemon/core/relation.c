/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/relation.h"

#include "core/contact.h"
#include "core/due.h"
#include "core/inviter.h"
#include "core/offer.h"
#include "core/reach.h"
#include "core/replace.h"
#include "core/self.h"
#include "core/session.h"
#include "core/step.h"

enum {
	/* What the user has changed comes up within that time. */
	COME_UP_MAX_MS = 3000,
};

/* The contact that a command is about, if it is one already. */
static enum err find(const struct node *n, const struct uid *id,
		     struct contact **out)
{
	*out = contact_find(n, id);
	if (!*out)
		return ERR_NOT_FOUND;
	return (*out)->row.state != CONTACT_PAIRING ? OK : ERR_STATE;
}

static void set_row(struct step *st, struct contact_row *row,
		    const struct cmd_contact_set *cmd)
{
	if (cmd->fields & CONTACT_ALIAS)
		row->alias = cmd->alias;
	if (cmd->fields & CONTACT_NOTE)
		row->note = cmd->note;
	if (cmd->fields & CONTACT_BLOCKED)
		row->blocked = cmd->blocked;
	if (cmd->fields & CONTACT_POLICY)
		row->policy = cmd->policy;
	if (cmd->fields & CONTACT_RECEIPTS)
		row->receipts = cmd->receipts;
	if (cmd->fields & CONTACT_TYPING)
		row->typing = cmd->typing;
	if (cmd->fields & CONTACT_COVER)
		row->cover = cmd->cover;
	if (cmd->fields & CONTACT_VERIFIED) {
		row->verified = cmd->verified;
		row->verified_ms = cmd->verified ? st->wall_ms : 0;
	}
	if (cmd->fields & CONTACT_ALARM)
		row->alarm = false;
}

/* What follows from it on the network, at once. */
static void apply(struct step *st, struct contact *c, unsigned fields)
{
	size_t i;

	if (c->row.blocked)
		offer_blocked(st, c);
	else
		self_unblocked(st, c);
	/* One that is to link him anew would show that we are there; and so
	 * would the invite by which he came. */
	if (c->row.blocked)
		replace_forget(st, c);
	if (c->row.blocked || c->row.policy == POLICY_MAIL_ONLY)
		inviter_paired(st, c);
	if (fields & (CONTACT_BLOCKED | CONTACT_POLICY))
		reach_changed(st, c, step_after(st, 1, COME_UP_MAX_MS));
	if (fields & CONTACT_COVER)
		for (i = 0; i < c->session_count; i++)
			session_set_cover(st, c->sessions[i]);
}

void relation_set(struct step *st, const struct event *ev)
{
	const struct cmd_contact_set *cmd = &ev->contact_set;
	struct contact *c;
	enum err err = find(st->node, &cmd->contact_id, &c);

	if (err == OK) {
		set_row(st, &c->row, cmd);
		contact_touch(c, JOURNAL_CONTACT_UPDATED);
		apply(st, c, cmd->fields);
	}
	step_reply(st, ev, err);
}

void relation_delete(struct step *st, const struct event *ev)
{
	struct contact *c;
	enum err err = find(st->node, &ev->target, &c);

	if (err == OK) {
		inviter_paired(st, c);
		replace_forget(st, c);
		reach_delete(st, c, JOURNAL_CONTACT_REMOVED);
	}
	step_reply(st, ev, err);
}

void relation_conversation_set(struct step *st, const struct event *ev)
{
	struct effect e = {.type = FX_SAVE_CONVERSATION,
			   .journal = JOURNAL_CONVERSATION_UPDATED};
	struct contact *c;
	enum err err = find(st->node, &ev->conversation_set.contact_id, &c);

	if (err == OK && ev->conversation_set.draft.n > TEXT_MAX)
		err = ERR_RANGE;
	if (err == OK) {
		e.conversation = ev->conversation_set;
		step_put(st, &e);
	}
	step_reply(st, ev, err);
}

void relation_history_delete(struct step *st, const struct event *ev)
{
	struct effect e = {.type = FX_SAVE_ERASE_ALL,
			   .journal = JOURNAL_CONVERSATION_UPDATED};
	struct contact *c;
	enum err err = find(st->node, &ev->target, &c);

	if (err == OK) {
		e.erase_all = c->row.id;
		step_put(st, &e);
		offer_erased_all(st, c);
		due_started(st);
	}
	step_reply(st, ev, err);
}
