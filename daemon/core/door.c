/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/door.h"

#include "core/step.h"

void door_come_up(struct node *n, uint64_t at_ms)
{
	(void)n;
	(void)at_ms;
}

void door_changed(struct step *st)
{
	(void)st;
}

enum err door_frame(struct step *st, struct link *l, const struct frame *f)
{
	(void)st;
	(void)l;
	(void)f;
	return ERR_STATE;
}

uint8_t door_difficulty(const struct node *n)
{
	return n->self.difficulty;
}

void door_timers(struct step *st)
{
	(void)st;
}

uint64_t door_deadline(const struct node *n)
{
	(void)n;
	return NEVER;
}
