/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/block.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

struct block {
	_Alignas(max_align_t) size_t bytes;
};

void *block_new(size_t bytes)
{
	struct block *b;

	if (bytes > SIZE_MAX - sizeof(*b))
		return NULL;
	b = malloc(sizeof(*b) + bytes);
	if (!b)
		return NULL;
	b->bytes = bytes;
	return b + 1;
}

size_t block_bytes(const void *p)
{
	const struct block *b = p;

	return b[-1].bytes;
}

void *block_resize(void *p, size_t bytes)
{
	void *fresh = block_new(bytes);
	size_t had = p ? block_bytes(p) : 0;

	if (!fresh)
		return NULL;
	if (had > 0)
		memcpy(fresh, p, had < bytes ? had : bytes);
	block_free(p);
	return fresh;
}

void block_free(void *p)
{
	if (!p)
		return;
	sodium_memzero(p, block_bytes(p));
	free((struct block *)p - 1);
}
