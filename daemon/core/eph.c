/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/eph.h"

#include "core/step.h"

void eph_typing(struct step *st, const struct event *ev)
{
	step_reply(st, ev, ERR_STATE);
}

enum err eph_frame(struct step *st, struct link *l, const struct frame *f)
{
	(void)st;
	(void)l;
	(void)f;
	return ERR_STATE;
}

void eph_stop(struct step *st, struct contact *c)
{
	(void)st;
	(void)c;
}

void eph_timers(struct step *st, struct contact *c)
{
	(void)st;
	(void)c;
}

uint64_t eph_deadline(const struct contact *c)
{
	(void)c;
	return NEVER;
}
