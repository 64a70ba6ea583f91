/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/relation.h"

#include "core/step.h"

void relation_set(struct step *st, const struct event *ev)
{
	step_reply(st, ev, ERR_STATE);
}

void relation_delete(struct step *st, const struct event *ev)
{
	step_reply(st, ev, ERR_STATE);
}

void relation_conversation_set(struct step *st, const struct event *ev)
{
	step_reply(st, ev, ERR_STATE);
}

void relation_history_delete(struct step *st, const struct event *ev)
{
	step_reply(st, ev, ERR_STATE);
}

bool relation_hosts(const struct node *n, const struct contact *c)
{
	(void)n;
	(void)c;
	return true;
}

bool relation_dials(const struct node *n, const struct contact *c)
{
	(void)n;
	(void)c;
	return true;
}
