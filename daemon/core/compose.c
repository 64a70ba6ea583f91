/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/compose.h"

#include <string.h>

#include <sodium.h>

#include "core/contact.h"
#include "core/due.h"
#include "core/eph.h"
#include "core/hidden.h"
#include "core/offer.h"
#include "core/outbox.h"
#include "core/reach.h"
#include "core/step.h"
#include "util/text.h"

/* --- what may be done --- */

static enum err check_contact(const struct contact *c)
{
	if (!c)
		return ERR_NOT_FOUND;
	if (c->row.state != CONTACT_ACTIVE || c->row.blocked)
		return ERR_STATE;
	return OK;
}

/* What the contact has, or will have. */
static bool is_alive(const struct target *t)
{
	return t->state != MESSAGE_FAILED && !t->deleted;
}

static enum err check_ours(const struct target *t)
{
	return t->dir == MESSAGE_OUT && is_alive(t) ? OK : ERR_STATE;
}

/* PROTOCOL 6.5: An edit or a deletion MUST have an effect only on a message
 * of the same sender in the same conversation, and only on one that is not
 * older than 7 days. */
static enum err check_age(const struct step *st, const struct target *t)
{
	return st->wall_ms < t->sent_ms + CHANGE_AGE_MAX_MS ? OK : ERR_STATE;
}

static enum err check_send(const struct step *st, const struct contact *c,
			   const struct cmd_send *cmd)
{
	if (!cmd->file && !message_text_is_valid(cmd->text))
		return ERR_RANGE;
	if (cmd->deadline_ms && cmd->deadline_ms <= st->wall_ms)
		return ERR_RANGE;
	return cmd->file ? offer_check(st->node, c, cmd) : OK;
}

static enum err check_edit(const struct step *st, const struct cmd_edit *cmd)
{
	enum err err = check_ours(&cmd->target);

	if (err == OK && cmd->target.kind != MESSAGE_TEXT)
		err = ERR_STATE;
	if (err == OK)
		err = check_age(st, &cmd->target);
	if (err == OK && !message_text_is_valid(cmd->text))
		err = ERR_RANGE;
	return err;
}

static enum err check_delete(const struct step *st, const struct contact *c,
			     const struct cmd_delete *cmd)
{
	const struct target *t = &cmd->target;
	enum err err = OK;

	switch (cmd->how) {
	case DELETE_FOR_ME: break;
	case DELETE_FOR_ALL:
		err = check_contact(c);
		if (err == OK)
			err = check_ours(t);
		if (err == OK)
			err = check_age(st, t);
		break;
	case DELETE_CANCEL:
		err = check_ours(t);
		if (err == OK && (t->state >= MESSAGE_DELIVERED ||
				  t->seq <= c->row.n.peer_acked))
			err = ERR_STATE;
		break;
	}
	return err;
}

static enum err check_react(const struct cmd_react *cmd)
{
	const char *s = cmd->emoji.s;

	if (!is_alive(&cmd->target) || !message_kind_is_shown(cmd->target.kind))
		return ERR_STATE;
	if (s[0] && !utf8_is_label((const uint8_t *)s, strlen(s)))
		return ERR_RANGE;
	return OK;
}

static bool ttl_is_valid(uint32_t ttl_s)
{
	return ttl_s == 0 || (ttl_s >= TTL_MIN_S && ttl_s <= TTL_MAX_S);
}

/* --- what is done --- */

static void put_erase(struct step *st, const struct contact *c,
		      const struct uid *message_id, enum erase_how how,
		      enum message_problem problem)
{
	struct effect e = {.type = FX_SAVE_ERASE,
			   .journal = how == ERASE_FAIL
					  ? JOURNAL_MESSAGE_STATE
					  : JOURNAL_MESSAGE_DELETED};

	e.erase.contact_id = c->row.id;
	e.erase.message_id = *message_id;
	e.erase.how = how;
	e.erase.problem = problem;
	step_put(st, &e);
}

static void put_change(struct step *st, const struct contact *c,
		       struct change_row *change, enum journal_type journal)
{
	struct effect e = {.type = FX_SAVE_CHANGE, .journal = journal};

	change->contact_id = c->row.id;
	change->by = MESSAGE_OUT;
	change->at_ms = st->wall_ms;
	e.change = *change;
	step_put(st, &e);
}

static struct message_fields about(const struct mid *ref)
{
	return (struct message_fields){.has_ref = true, .ref = *ref};
}

/* A message with a line in the conversation. */
static void put_shown(struct step *st, struct contact *c,
		      struct message_row *row, const struct message_fields *f)
{
	row->extra_bytes = message_fields_write(f, row->extra);
	outbox_put(st, c, row, JOURNAL_MESSAGE_SENT);
	eph_sent(c);
	reach_hurry(st, c);
}

static void put_deletion(struct step *st, struct contact *c,
			 const struct mid *ref)
{
	struct message_fields f = about(ref);

	hidden_put(st, c, MESSAGE_DELETE, &f, bytes_of(NULL, 0));
}

/* After an erasure the store has the row as withdrawn.  PROTOCOL 6.5: If it may
 * have been sent before, a deletion follows. */
void compose_erase(struct step *st, struct contact *c, const struct target *t,
		   enum erase_how how, enum message_problem problem)
{
	put_erase(st, c, &t->message_id, how, problem);
	if (t->dir == MESSAGE_OUT && is_alive(t) &&
	    t->seq > c->row.n.peer_acked && t->seq <= c->row.n.send_high)
		put_deletion(st, c, &t->mid);
	offer_erased(st, c, t, how);
}

/* --- commands --- */

void compose_send(struct step *st, const struct event *ev)
{
	const struct cmd_send *cmd = &ev->send;
	struct contact *c = contact_find(st->node, &cmd->contact_id);
	struct message_row row = {.kind =
				      cmd->file ? MESSAGE_FILE : MESSAGE_TEXT};
	struct message_fields f = {0};
	enum err err = check_contact(c);

	if (err == OK)
		err = check_send(st, c, cmd);
	step_reply(st, ev, err);
	if (err != OK)
		return;
	row.id = cmd->message_id;
	row.client_id = cmd->client_id;
	row.body = cmd->file ? cmd->descriptor : cmd->text;
	row.ttl_s = f.ttl_s = c->row.ttl_s;
	f.has_ttl = f.ttl_s > 0;
	f.has_reply_to = cmd->has_reply_to;
	f.reply_to = cmd->reply_to;
	row.deadline_ms = cmd->deadline_ms;
	if (row.deadline_ms)
		due_at(st->node, row.deadline_ms);
	put_shown(st, c, &row, &f);
	if (cmd->file)
		offer_sent(st, c, cmd, &row);
	/* Last: what it offered is of the new one by now. */
	if (!uid_is_zero(&cmd->replaces))
		put_erase(st, c, &cmd->replaces, ERASE_HIDE, PROBLEM_NONE);
}

void compose_edit(struct step *st, const struct event *ev)
{
	const struct cmd_edit *cmd = &ev->edit;
	struct contact *c = contact_find(st->node, &cmd->target.contact_id);
	struct change_row change = {
	    .kind = CHANGE_EDIT, .ref = cmd->target.mid, .body = cmd->text};
	struct message_fields f = about(&cmd->target.mid);
	enum err err = check_contact(c);

	if (err == OK)
		err = check_edit(st, cmd);
	step_reply(st, ev, err);
	if (err != OK)
		return;
	put_change(st, c, &change, JOURNAL_MESSAGE_EDITED);
	hidden_put(st, c, MESSAGE_EDIT, &f, cmd->text);
}

void compose_delete(struct step *st, const struct event *ev)
{
	const struct cmd_delete *cmd = &ev->delete;
	const struct target *t = &cmd->target;
	struct contact *c = contact_find(st->node, &t->contact_id);
	enum err err = c ? check_delete(st, c, cmd) : ERR_NOT_FOUND;

	step_reply(st, ev, err);
	if (err != OK)
		return;
	switch (cmd->how) {
	case DELETE_FOR_ME:
		compose_erase(st, c, t, ERASE_HIDE, PROBLEM_NONE);
		break;
	case DELETE_FOR_ALL:
		compose_erase(st, c, t, ERASE_MARK, PROBLEM_NONE);
		if (t->seq <= c->row.n.peer_acked)
			put_deletion(st, c, &t->mid);
		break;
	case DELETE_CANCEL:
		compose_erase(st, c, t, ERASE_FAIL, PROBLEM_CANCELLED);
		break;
	}
}

void compose_react(struct step *st, const struct event *ev)
{
	const struct cmd_react *cmd = &ev->react;
	struct contact *c = contact_find(st->node, &cmd->target.contact_id);
	struct change_row change = {.kind = CHANGE_REACTION,
				    .ref = cmd->target.mid,
				    .emoji = cmd->emoji};
	struct message_fields f = about(&cmd->target.mid);
	enum err err = check_contact(c);

	if (err == OK)
		err = check_react(cmd);
	step_reply(st, ev, err);
	if (err != OK)
		return;
	f.emoji = cmd->emoji;
	put_change(st, c, &change, JOURNAL_MESSAGE_REACTION);
	hidden_put(st, c, MESSAGE_REACTION, &f, bytes_of(NULL, 0));
}

void compose_timer(struct step *st, const struct event *ev)
{
	const struct cmd_timer *cmd = &ev->timer;
	struct contact *c = contact_find(st->node, &cmd->contact_id);
	struct message_row row = {.id = cmd->message_id, .kind = MESSAGE_TIMER};
	struct message_fields f = {.has_ttl = true, .ttl_s = cmd->ttl_s};
	enum err err = check_contact(c);

	if (err == OK && !ttl_is_valid(cmd->ttl_s))
		err = ERR_RANGE;
	step_reply(st, ev, err);
	if (err != OK)
		return;
	c->row.ttl_s = cmd->ttl_s;
	contact_touch(c, JOURNAL_CONVERSATION_UPDATED);
	put_shown(st, c, &row, &f);
}
