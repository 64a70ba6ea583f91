/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_bridges - bridge lines as the core hands them to umbeld, and the names
 * of transports in tor's configuration: what is taken comes out as it went in,
 * and is nothing but lines of printable ASCII.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tor/bridges.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct transports known = {.names = {"obfs4"}, .count = 1};
	char out[BRIDGES_TEXT_MAX];
	struct transports found;
	struct bridges b;
	const char *why = NULL;
	size_t i;

	transports_read(bytes_of(data, size), &found);
	assert(found.count <= TRANSPORTS_MAX);
	if (bridges_decode(bytes_of(data, size), &known, &b, &why) != OK) {
		assert(why);
		return 0;
	}
	assert(bridges_encode(&b, out) == size);
	assert(memcmp(out, data, size) == 0);
	for (i = 0; i < size; i++)
		assert(out[i] == '\n' || (out[i] >= ' ' && out[i] <= '~'));
	return 0;
}
