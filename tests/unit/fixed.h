/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fixed - for tests of the core: bytes that are the same in every run, and a
 * trap for randomness that nobody handed in.
 */
#ifndef TESTS_UNIT_FIXED_H
#define TESTS_UNIT_FIXED_H

#include <stdlib.h>

#include <sodium.h>

#include "tests/unit/check.h"
#include "util/buf.h"
#include "util/text.h"

static inline const char *fixed_trap_name(void)
{
	return "trap";
}

static inline uint32_t fixed_trap_random(void)
{
	abort();
}

static inline void fixed_trap_buf(void *const p, const size_t n)
{
	(void)p;
	(void)n;
	abort();
}

/* Call first: from here on, libsodium's random numbers abort. */
static inline int fixed_start(void)
{
	static struct randombytes_implementation trap = {
	    .implementation_name = fixed_trap_name,
	    .random = fixed_trap_random,
	    .buf = fixed_trap_buf,
	};

	if (sodium_init() < 0)
		return -1;
	return randombytes_set_implementation(&trap);
}

/* n bytes that depend on seed alone. */
static inline void fixed_bytes(void *out, size_t n, uint64_t seed)
{
	static const uint8_t key[32] = "umbel tests: not a secret at all";
	uint8_t nonce[8];

	memcpy(nonce, &seed, sizeof(nonce));
	crypto_stream_chacha20(out, n, nonce, key);
}

/* Bytes of a hex string; aborts on anything else. */
static inline struct bytes fixed_unhex(const char *hex, uint8_t *mem,
				       size_t cap)
{
	size_t n = strlen(hex) / 2;

	if (n > cap || hex_decode(hex, strlen(hex), mem, n) != OK)
		abort();
	return bytes_of(mem, n);
}

static inline struct bytes fixed_text(const char *s)
{
	return bytes_of(s, strlen(s));
}

#define assert_bytes(got, want)                                                \
	do {                                                                   \
		struct bytes got_ = (got), want_ = (want);                     \
		assert_int_equal(got_.n, want_.n);                             \
		assert_memory_equal(got_.p, want_.p, want_.n);                 \
	} while (0)

/* The memory at got is what the hex string says. */
#define assert_hex(got, hex)                                                   \
	do {                                                                   \
		uint8_t mem_[512];                                             \
		struct bytes hex_ = fixed_unhex(hex, mem_, sizeof(mem_));      \
		assert_memory_equal(got, hex_.p, hex_.n);                      \
	} while (0)

#endif
