/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rng - stretches the 32 bytes of entropy that one step is given.
 *
 * ChaCha20 keyed by them.  Lives for one step; wiped at its end.
 */
#ifndef CORE_RNG_H
#define CORE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
	uint8_t key[32];
	uint64_t calls; /* nonce of the next call */
};

void rng_init(struct rng *r, const uint8_t entropy[static 32]);
void rng_clear(struct rng *r);
void rng_bytes(struct rng *r, void *out, size_t n);
/* Uniform in 0..bound-1; bound > 0. */
uint64_t rng_below(struct rng *r, uint64_t bound);

#endif
