/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * index_state - what indexing.c remembers between two calls.
 */
#ifndef STORE_INDEX_STATE_H
#define STORE_INDEX_STATE_H

#include "store/word_index.h"

/* The block that is to be next. */
struct build {
	bool is_begun, is_read;
	struct word_block block;
	uint64_t read_to; /* messages up to here are in the bag */
	struct word_bag words;
	size_t written; /* of the words */
};

/* A part of struct store. */
struct indexing {
	char *path;
	uint8_t *key;		  /* in locked memory */
	struct word_index *index; /* NULL: there is none */
	struct build build;
	/* About what is behind the end of the index. */
	uint64_t fresh_count, fresh_bytes;
	uint64_t not_before; /* fresh_count for a new try */
	size_t changed;	     /* words in this transaction */
	bool is_ahead;	     /* committed, and the database is not yet */
};

#endif
