/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * doc_set - which of the documents of a block: numbers below DOCS_MAX.
 *
 * Pure.  Written as the gaps between them, or, where that is longer, as one
 * bit for each.
 */
#ifndef STORE_DOC_SET_H
#define STORE_DOC_SET_H

#include <stdbool.h>

#include "util/buf.h"

enum { DOCS_MAX = 2048, DOC_SET_BYTES = DOCS_MAX / 8 };

struct doc_set {
	uint8_t bits[DOC_SET_BYTES];
};

/* Those below n. */
struct doc_set doc_set_below(size_t n);
void doc_set_put(struct doc_set *s, size_t doc);
void doc_set_take(struct doc_set *s, size_t doc);
bool doc_set_has(const struct doc_set *s, size_t doc);
size_t doc_set_count(const struct doc_set *s);
/* s becomes what is in both, or in any of them. */
void doc_set_intersect(struct doc_set *s, const struct doc_set *other);
void doc_set_unite(struct doc_set *s, const struct doc_set *other);

/* Returns the length; 0 for an empty one. */
size_t doc_set_write(const struct doc_set *s,
		     uint8_t out[static DOC_SET_BYTES]);
/* ERR_SYNTAX for what doc_set_write() does not write. */
enum err doc_set_read(struct bytes in, struct doc_set *out) MUST_CHECK;

#endif
