/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/backoff.h"

enum { TRIES_MAX = 11 }; /* from here on the bound is the last */

void backoff_reset(struct backoff *b)
{
	b->tries = 0;
}

void backoff_lengthen(struct backoff *b)
{
	b->tries = TRIES_MAX;
}

uint64_t backoff_next_ms(struct backoff *b, struct rng *r)
{
	uint64_t bound = BACKOFF_LAST_MS;

	/* Full jitter: two that lost each other do not meet in step. */
	if (b->tries < TRIES_MAX &&
	    (uint64_t)BACKOFF_FIRST_MS << b->tries < bound)
		bound = (uint64_t)BACKOFF_FIRST_MS << b->tries;
	b->tries++;
	return 1 + rng_below(r, bound);
}

uint64_t wait_between_ms(struct rng *r, uint64_t low, uint64_t high)
{
	return low + rng_below(r, high - low + 1);
}
