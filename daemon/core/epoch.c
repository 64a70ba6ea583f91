/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/epoch.h"

#include "core/step.h"

enum err epoch_frame(struct step *st, struct link *l, const struct frame *f)
{
	(void)st;
	(void)l;
	(void)f;
	return ERR_STATE;
}

void epoch_session(struct step *st, struct contact *c, struct link *l)
{
	(void)st;
	(void)c;
	(void)l;
}

void epoch_timers(struct step *st, struct contact *c)
{
	(void)st;
	(void)c;
}

uint64_t epoch_deadline(const struct node *n, const struct contact *c)
{
	(void)n;
	(void)c;
	return NEVER;
}

void epoch_bad_opening(struct step *st, struct contact *c)
{
	(void)st;
	(void)c;
}
