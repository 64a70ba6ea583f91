/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * buf - growable bytes with a hard cap, and borrowed views of bytes.
 */
#ifndef UTIL_BUF_H
#define UTIL_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

/* A borrowed view: valid as long as what it was taken from. */
struct bytes {
	const uint8_t *p;
	size_t n;
};

static inline struct bytes bytes_of(const void *p, size_t n)
{
	return (struct bytes){p, n};
}

bool bytes_equal(struct bytes a, struct bytes b);

struct buf {
	uint8_t *data;
	size_t len;
	size_t cap;
	size_t max; /* len never exceeds this */
};

void buf_init(struct buf *b, size_t max_bytes);
/* Wipes the content, frees it, and leaves an empty buffer of the same cap. */
void buf_clear(struct buf *b);
/* ERR_FULL, and nothing is added, if the cap would be exceeded. */
enum err buf_put(struct buf *b, const void *p, size_t n) MUST_CHECK;
/* Removes n bytes from the front; n <= len. */
void buf_drop(struct buf *b, size_t n);
struct bytes buf_view(const struct buf *b);

#endif
