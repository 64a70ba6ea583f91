/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * backoff - how long to wait before the next try, and random waits at large.
 */
#ifndef CORE_BACKOFF_H
#define CORE_BACKOFF_H

#include "core/rng.h"

enum {
	BACKOFF_FIRST_MS = 1000,
	BACKOFF_LAST_MS = 30 * 60 * 1000,
};

struct backoff {
	unsigned tries; /* since the last success */
};

void backoff_reset(struct backoff *b);
/* As after many failures. */
void backoff_lengthen(struct backoff *b);
/* Uniform in 1 .. the present bound; the bound doubles with every call. */
uint64_t backoff_next_ms(struct backoff *b, struct rng *r);

/* Uniform in low .. high. */
uint64_t wait_between_ms(struct rng *r, uint64_t low, uint64_t high);

#endif
