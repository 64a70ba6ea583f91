/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/backoff.h"

void backoff_reset(struct backoff *b)
{
	b->tries = 0;
}

uint64_t backoff_next_ms(struct backoff *b, struct rng *r)
{
	uint64_t bound = BACKOFF_LAST_MS;

	/* Full jitter: two that lost each other do not meet in step. */
	if (b->tries < 11 && (uint64_t)BACKOFF_FIRST_MS << b->tries < bound)
		bound = (uint64_t)BACKOFF_FIRST_MS << b->tries;
	b->tries++;
	return 1 + rng_below(r, bound);
}

uint64_t wait_between_ms(struct rng *r, uint64_t low, uint64_t high)
{
	return low + rng_below(r, high - low + 1);
}

uint64_t wait_exp_ms(struct rng *r, uint64_t mean_ms)
{
	/* Halvings of a coin, and a straight line within each: close enough
	 * to -ln(u), and free of floating point. */
	uint64_t bits = rng_below(r, UINT64_MAX);
	uint64_t half_ms = mean_ms * 69 / 100;
	uint64_t ms = rng_below(r, half_ms + 1);

	while (bits & 1) {
		ms += half_ms;
		bits >>= 1;
	}
	return ms;
}
