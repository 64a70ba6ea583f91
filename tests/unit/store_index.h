/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * store_index - histories long enough for an index, and what is in it.
 */
#ifndef TESTS_UNIT_STORE_INDEX_H
#define TESTS_UNIT_STORE_INDEX_H

#include "store/query_search.h"
#include "store_talk.h"

/* Saves incoming messages from..to of contact n, many in a transaction; text
 * says what is in each (in a buffer of its own that may change). */
typedef const char *index_text_fn(uint64_t seq);
void index_fill(struct kit *k, uint32_t n, uint64_t from, uint64_t to,
		index_text_fn *text);
/* Lets the store do what is due. */
void index_settle(struct kit *k);

/* Of k's store, which is open. */
uint64_t index_end(const struct kit *k);
void index_key(const struct kit *k, uint8_t key[static 32]);
/* Where its file is; valid until the next call. */
const char *index_path(const struct kit *k);

/* The store is closed, the words and documents in the file are counted, and it
 * is opened again. */
size_t index_postings(struct kit *k);
/* What there should be: looks at every message that is in a block. */
size_t index_wanted(struct kit *k);

/* Ids of what was found, all of it, portion by portion. */
struct found_ids {
	struct uid id[512];
	size_t count;  /* may be more */
	size_t wanted; /* 0: all */
};
struct search index_query(const char *query);
struct found_ids index_search(struct kit *k, struct search search);
size_t index_count(struct kit *k, const char *query);

/* INDEX_MANY messages of contact 1: one block, and some that are in none.  Each
 * has "all" and its number; every third, tenth and hundredth a word of its
 * own. */
enum { INDEX_MANY = 2300 };
const char *index_text(uint64_t seq);
void index_start(struct kit *k);
/* All of them, and nothing else. */
void index_finds_all(struct kit *k);
/* What is in the index is what the messages say. */
void index_is_in_step(struct kit *k);

#endif
