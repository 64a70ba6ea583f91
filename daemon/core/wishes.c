/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/wishes.h"

#include "core/step.h"

void wishes_knock(struct step *st, const struct event *ev)
{
	step_reply(st, ev, ERR_STATE);
}

void wishes_accept(struct step *st, const struct event *ev)
{
	step_reply(st, ev, ERR_STATE);
}

void wishes_reject(struct step *st, const struct event *ev)
{
	step_reply(st, ev, ERR_STATE);
}

void wishes_introduce(struct step *st, const struct event *ev)
{
	step_reply(st, ev, ERR_STATE);
}

void wishes_stamped(struct step *st, const struct event *ev)
{
	(void)st;
	(void)ev;
}

void wishes_claimed(struct step *st, const struct uid *invite_id,
		    struct contact *c)
{
	(void)st;
	(void)invite_id;
	(void)c;
}

void wishes_introduced(struct step *st, struct contact *by,
		       const struct message_fields *f)
{
	(void)st;
	(void)by;
	(void)f;
}
