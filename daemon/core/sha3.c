/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/sha3.h"

#include <string.h>

enum { RATE = 136, LANES = 25, ROUNDS = 24 };

static uint64_t rotate(uint64_t v, unsigned by)
{
	return by ? v << by | v >> (64 - by) : v;
}

/* Round constant bits from the LFSR of FIPS 202, algorithm 5. */
static uint64_t round_constant(uint8_t *lfsr)
{
	uint64_t rc = 0;
	unsigned j;

	for (j = 0; j < 7; j++) {
		if (*lfsr & 1)
			rc |= (uint64_t)1 << ((1u << j) - 1);
		*lfsr = (uint8_t)(*lfsr << 1 ^ (*lfsr & 0x80 ? 0x71 : 0));
	}
	return rc;
}

static void theta(uint64_t a[static LANES])
{
	uint64_t c[5];
	unsigned x, y;

	for (x = 0; x < 5; x++)
		c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
	for (x = 0; x < 5; x++)
		for (y = 0; y < LANES; y += 5)
			a[x + y] ^= c[(x + 4) % 5] ^ rotate(c[(x + 1) % 5], 1);
}

static void rho_pi(uint64_t a[static LANES])
{
	unsigned x = 1, y = 0, t;
	uint64_t moved = a[1];

	for (t = 0; t < 24; t++) {
		unsigned next_y = (2 * x + 3 * y) % 5;
		uint64_t keep;

		x = y;
		y = next_y;
		keep = a[x + 5 * y];
		a[x + 5 * y] = rotate(moved, (t + 1) * (t + 2) / 2 % 64);
		moved = keep;
	}
}

static void chi(uint64_t a[static LANES])
{
	unsigned x, y;

	for (y = 0; y < LANES; y += 5) {
		uint64_t row[5];

		memcpy(row, a + y, sizeof(row));
		for (x = 0; x < 5; x++)
			a[y + x] ^= ~row[(x + 1) % 5] & row[(x + 2) % 5];
	}
}

static void keccak(uint64_t a[static LANES])
{
	uint8_t lfsr = 1;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		theta(a);
		rho_pi(a);
		chi(a);
		a[0] ^= round_constant(&lfsr);
	}
}

static void absorb(uint64_t a[static LANES], size_t at, uint8_t v)
{
	a[at / 8] ^= (uint64_t)v << (8 * (at % 8));
}

void sha3_256(struct bytes in, uint8_t out[static 32])
{
	uint64_t a[LANES] = {0};
	size_t i, at = 0;

	for (i = 0; i < in.n; i++) {
		absorb(a, at++, in.p[i]);
		if (at == RATE) {
			keccak(a);
			at = 0;
		}
	}
	absorb(a, at, 0x06);
	absorb(a, RATE - 1, 0x80);
	keccak(a);
	for (i = 0; i < 32; i++)
		out[i] = (uint8_t)(a[i / 8] >> (8 * (i % 8)));
}
