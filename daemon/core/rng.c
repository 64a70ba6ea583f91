/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/rng.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "core/wire.h"

void rng_init(struct rng *r, const uint8_t entropy[static 32])
{
	memcpy(r->key, entropy, sizeof(r->key));
	r->calls = 0;
}

void rng_clear(struct rng *r)
{
	sodium_memzero(r, sizeof(*r));
}

void rng_bytes(struct rng *r, void *out, size_t n)
{
	uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];

	be64_put(nonce, r->calls++);
	crypto_stream_chacha20(out, n, nonce, r->key);
}

uint64_t rng_below(struct rng *r, uint64_t bound)
{
	uint64_t least, v;
	uint8_t b[8];

	assert(bound > 0);
	/* 2^64 mod bound: below it the values are one too many. */
	least = (0 - bound) % bound;
	do {
		rng_bytes(r, b, sizeof(b));
		v = be64_get(b);
	} while (v < least);
	sodium_memzero(b, sizeof(b));
	return v % bound;
}
