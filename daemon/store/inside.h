/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * inside - what the files of the store share and nobody else sees.
 */
#ifndef STORE_INSIDE_H
#define STORE_INSIDE_H

#include "core/effect.h"
#include "store/sql.h"
#include "util/err.h"

struct store {
	struct db *db;
	uint8_t *key;	   /* in locked memory */
	unsigned unpruned; /* journal rows since the last pruning */
};

/* save.c: what store_apply() does inside a transaction. */
enum err save_effect(struct store *s, const struct effect *e,
		     uint64_t wall_ms) MUST_CHECK;

#endif
