/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/self.h"

#include <string.h>

#include <sodium.h>

#include "core/compose.h"
#include "core/contact.h"
#include "core/door.h"
#include "core/hidden.h"
#include "core/queue.h"
#include "core/step.h"

enum { SELF_DOOR = SELF_DOOR_ON | SELF_DOOR_NEW | SELF_DIFFICULTY };

static void put_row(struct step *st, enum journal_type journal)
{
	struct effect e = {.type = FX_SAVE_SELF, .journal = journal};

	e.self = st->node->self;
	step_put(st, &e);
	sodium_memzero(&e, sizeof(e));
}

/* PROTOCOL 3.3 leads to the door; its key is as random as any other. */
static void new_door(struct step *st)
{
	struct self_row *self = &st->node->self;

	step_random(st, self->door.b, sizeof(self->door.b));
	self->door_created_ms = st->wall_ms;
}

void self_start(struct step *st)
{
	struct node *n = st->node;

	queue_open(n);
	if (n->has_self)
		return;
	n->has_self = true;
	n->self.door_on = true;
	n->self.difficulty = DIFFICULTY_DEFAULT;
	new_door(st);
	put_row(st, JOURNAL_NONE);
}

const struct label *self_name(const struct node *n)
{
	return n->self.name.s[0] ? &n->self.name : &n->name;
}

static void send_profile(struct step *st, struct contact *c)
{
	struct message_fields f = {.name = *self_name(st->node),
				   .status = st->node->self.status};

	hidden_put(st, c, MESSAGE_PROFILE, &f, bytes_of(NULL, 0));
	c->row.profile_stale = false;
}

/* One who is blocked hears of it when he is not. */
static void owe_profile(struct contact *c)
{
	if (c->row.profile_stale)
		return;
	c->row.profile_stale = true;
	contact_touch(c, JOURNAL_NONE);
}

static void tell_contacts(struct step *st)
{
	struct list_node *i;

	list_for_each (i, &st->node->contacts) {
		struct contact *c = contact_at(i);

		if (c->row.state != CONTACT_ACTIVE)
			continue;
		if (c->row.blocked)
			owe_profile(c);
		else
			send_profile(st, c);
	}
}

void self_unblocked(struct step *st, struct contact *c)
{
	if (c->row.profile_stale)
		send_profile(st, c);
}

void self_greet(struct step *st, struct contact *c)
{
	const struct self_row *self = &st->node->self;

	/* The name may have changed after the card was written. */
	if (self->name.s[0] || self->status.s[0])
		send_profile(st, c);
}

/* Whether contacts see a difference. */
static bool set_profile(struct self_row *self, const struct cmd_self_set *cmd)
{
	bool changed = false;

	if ((cmd->fields & SELF_NAME) &&
	    strcmp(self->name.s, cmd->name.s) != 0) {
		self->name = cmd->name;
		changed = true;
	}
	if ((cmd->fields & SELF_STATUS) &&
	    strcmp(self->status.s, cmd->status.s) != 0) {
		self->status = cmd->status;
		changed = true;
	}
	return changed;
}

static void set_settings(struct step *st, const struct cmd_self_set *cmd)
{
	struct self_row *self = &st->node->self;

	if (cmd->fields & SELF_MODE)
		self->mode = cmd->mode;
	if (cmd->fields & SELF_RECEIPTS)
		self->receipts = cmd->receipts;
	if (cmd->fields & SELF_TYPING)
		self->typing = cmd->typing;
	if (cmd->fields & SELF_DOOR_ON)
		self->door_on = cmd->door_on;
	if (cmd->fields & SELF_DIFFICULTY)
		self->difficulty = cmd->difficulty;
	if (cmd->fields & SELF_AUTO_BYTES)
		self->auto_accept_bytes = cmd->auto_accept_bytes;
	if (cmd->fields & SELF_AUTO_KINDS)
		self->auto_accept_kinds = cmd->auto_accept_kinds;
	if (cmd->fields & SELF_DOOR_NEW)
		new_door(st);
}

void self_set(struct step *st, const struct event *ev)
{
	const struct cmd_self_set *cmd = &ev->self_set;
	bool is_news;

	if ((cmd->fields & SELF_DIFFICULTY) &&
	    cmd->difficulty > DIFFICULTY_MAX) {
		step_reply(st, ev, ERR_RANGE);
		return;
	}
	is_news = set_profile(&st->node->self, cmd);
	set_settings(st, cmd);
	if (cmd->fields & SELF_DOOR)
		door_changed(st);
	put_row(st, JOURNAL_PROFILE_UPDATED);
	if (is_news)
		tell_contacts(st);
	step_reply(st, ev, OK);
}
