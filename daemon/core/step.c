/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/step.h"

#include <string.h>

void step_random(struct step *st, void *out, size_t n)
{
	rng_bytes(&st->rng, out, n);
}

void step_uid(struct step *st, struct uid *out)
{
	unsigned i;

	step_random(st, out->b, sizeof(out->b));
	for (i = 0; i < 6; i++)
		out->b[i] = (uint8_t)(st->wall_ms >> (40 - 8 * i));
}

void step_put(struct step *st, const struct effect *e)
{
	effects_put(st->fx, e);
}

void step_reply(struct step *st, const struct event *ev, enum err err)
{
	struct effect e = {.type = FX_REPLY};

	e.reply.cmd = ev->cmd;
	e.reply.err = err;
	step_put(st, &e);
}

uint64_t step_after(struct step *st, uint64_t low_ms, uint64_t high_ms)
{
	return st->now_ms + wait_between_ms(&st->rng, low_ms, high_ms);
}

bool step_is_due(const struct step *st, uint64_t at_ms)
{
	return at_ms <= st->now_ms;
}

uint64_t earlier(uint64_t a_ms, uint64_t b_ms)
{
	return a_ms < b_ms ? a_ms : b_ms;
}
