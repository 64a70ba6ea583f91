/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/self.h"

#include <sodium.h>

#include "core/step.h"

/* PROTOCOL 3.3 leads to the door; its key is as random as any other. */
void self_start(struct step *st)
{
	struct node *n = st->node;
	struct effect e = {.type = FX_SAVE_SELF};

	if (n->has_self)
		return;
	n->has_self = true;
	n->self.door_on = true;
	n->self.difficulty = DIFFICULTY_DEFAULT;
	n->self.door_created_ms = st->wall_ms;
	step_random(st, n->self.door.b, sizeof(n->self.door.b));
	e.self = n->self;
	step_put(st, &e);
	sodium_memzero(&e, sizeof(e));
}

void self_set(struct step *st, const struct event *ev)
{
	step_reply(st, ev, ERR_STATE);
}

const struct label *self_name(const struct node *n)
{
	return n->self.name.s[0] ? &n->self.name : &n->name;
}

void self_greet(struct step *st, struct contact *c)
{
	(void)st;
	(void)c;
}
