/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_keyfile - whatever lies where a key file should be.
 *
 * What is taken must be exactly what would be written.  Each input is tried
 * twice, the second time with a right checksum at its end, so that the
 * fields are reached.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include <sodium.h>

#include "store/keyfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { CHECK_BYTES = 16 };

static void try_one(const uint8_t *data, size_t n)
{
	uint8_t again[KEYFILE_BYTES_MAX];
	struct keyfile kf;

	if (keyfile_parse(bytes_of(data, n), &kf) != OK)
		return;
	assert(strlen(kf.name.s) <= NAME_MAX_BYTES);
	assert(keyfile_encode(&kf, again) == n);
	assert(memcmp(again, data, n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uint8_t copy[2 * KEYFILE_BYTES_MAX];

	try_one(data, n);
	if (n < CHECK_BYTES || n > sizeof(copy))
		return 0;
	memcpy(copy, data, n - CHECK_BYTES);
	crypto_generichash(copy + n - CHECK_BYTES, CHECK_BYTES, copy,
			   n - CHECK_BYTES, NULL, 0);
	try_one(copy, n);
	return 0;
}
