/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/buf.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "util/mem.h"

#define FIRST_CAP 64

bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

void buf_init(struct buf *b, size_t max_bytes)
{
	*b = (struct buf){.max = max_bytes};
}

void buf_clear(struct buf *b)
{
	if (b->data) {
		sodium_memzero(b->data, b->cap);
		free(b->data);
	}
	buf_init(b, b->max);
}

/* realloc() would leave a copy of secrets behind. */
static void grow(struct buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : FIRST_CAP;
	uint8_t *data;

	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	data = xcalloc(1, cap);
	if (b->data) {
		memcpy(data, b->data, b->len);
		sodium_memzero(b->data, b->cap);
		free(b->data);
	}
	b->data = data;
	b->cap = cap;
}

enum err buf_put(struct buf *b, const void *p, size_t n)
{
	if (n > b->max - b->len)
		return ERR_FULL;
	if (n == 0)
		return OK;
	if (b->len + n > b->cap)
		grow(b, b->len + n);
	memcpy(b->data + b->len, p, n);
	b->len += n;
	return OK;
}

void buf_drop(struct buf *b, size_t n)
{
	assert(n <= b->len);
	if (n == 0)
		return;
	memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
	/* The buffer may live long; what was in it is not to. */
	sodium_memzero(b->data + b->len, n);
}

struct bytes buf_view(const struct buf *b)
{
	return bytes_of(b->data, b->len);
}
