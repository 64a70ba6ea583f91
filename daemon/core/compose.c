/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/compose.h"

#include <sodium.h>

#include "core/contact.h"
#include "core/outbox.h"
#include "core/reach.h"
#include "core/step.h"

void compose_send(struct step *st, const struct event *ev)
{
	const struct cmd_send *cmd = &ev->send;
	struct contact *c = contact_find(st->node, &cmd->contact_id);
	struct message_row row = {.kind = MESSAGE_TEXT};
	enum err err = OK;

	if (!c)
		err = ERR_NOT_FOUND;
	else if (c->row.state != CONTACT_ACTIVE)
		err = ERR_STATE;
	else if (!message_text_is_valid(cmd->text))
		err = ERR_RANGE;
	if (err == OK) {
		row.id = cmd->message_id;
		row.client_id = cmd->client_id;
		row.body = cmd->text;
		outbox_put(st, c, &row, JOURNAL_MESSAGE_SENT);
		reach_hurry(st, c);
	}
	step_reply(st, ev, err);
}

void compose_hidden(struct step *st, struct contact *c, uint16_t kind,
		    const struct message_fields *fields, struct bytes body)
{
	struct message_row row = {.kind = kind, .hidden = true, .body = body};

	step_uid(st, &row.id);
	row.extra_bytes = message_fields_write(fields, row.extra);
	outbox_put(st, c, &row, JOURNAL_NONE);
	reach_hurry(st, c);
	sodium_memzero(&row, sizeof(row));
}

void compose_edit(struct step *st, const struct event *ev)
{
	step_reply(st, ev, ERR_STATE);
}

void compose_delete(struct step *st, const struct event *ev)
{
	step_reply(st, ev, ERR_STATE);
}

void compose_react(struct step *st, const struct event *ev)
{
	step_reply(st, ev, ERR_STATE);
}

void compose_timer(struct step *st, const struct event *ev)
{
	step_reply(st, ev, ERR_STATE);
}
