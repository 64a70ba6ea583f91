/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * word_index - which messages hold a word: an encrypted file of its own.
 *
 * Knows words and numbers of messages, and nothing else of them.  Messages
 * come in blocks of at most DOCS_MAX numbers, which are written once, in
 * order; a word has one row in each block in which it is.  What it holds can
 * be had again from the database, so whatever goes wrong here, the file is
 * thrown away.  (doc/decisions/search.md)
 */
#ifndef STORE_WORD_INDEX_H
#define STORE_WORD_INDEX_H

#include "store/db.h"
#include "store/doc_set.h"
#include "store/words.h"

struct word_index;

/* An empty file in the place of whatever is there. */
enum err word_index_create(const char *path,
			   const uint8_t key[static DB_KEY_BYTES],
			   struct word_index **out) MUST_CHECK;
/* Any error: remove it.  key is borrowed for its life. */
enum err word_index_open(const char *path,
			 const uint8_t key[static DB_KEY_BYTES],
			 struct word_index **out) MUST_CHECK;
/* Rolls back what is open; makes the file anew if something was erased. */
void word_index_close(struct word_index *x);
/* Without that: the file goes. */
void word_index_abandon(struct word_index *x);
void word_index_remove_file(const char *path);

/* All messages up to this number are in it; 0: none. */
uint64_t word_index_end(const struct word_index *x);
/* Grows with each commit that changed what was in it already. */
uint64_t word_index_generation(const struct word_index *x);

/* --- changes --- */

/* A transaction of changes; nothing if one is open. */
enum err word_index_begin(struct word_index *x) MUST_CHECK;
/* The text of a message with these (sorted) words is there no more, or is
 * there now.  Numbers of no block are none of its business. */
enum err word_index_forget(struct word_index *x, uint64_t message,
			   const struct word_bag *words) MUST_CHECK;
enum err word_index_add(struct word_index *x, uint64_t message,
			const struct word_bag *words) MUST_CHECK;
/* The block that is being written is to be begun anew. */
enum err word_index_drop_block(struct word_index *x) MUST_CHECK;
bool word_index_is_changing(const struct word_index *x);
/* Durable when it returns OK, and what was forgotten is not in the log. */
enum err word_index_commit(struct word_index *x) MUST_CHECK;
void word_index_rollback(struct word_index *x);

/* --- blocks --- */

struct word_block {
	uint64_t first, last; /* last < first + DOCS_MAX */
	uint64_t from_ms, to_ms;
};

/* Writes the (sorted) postings from *done on, at most max words of them, in a
 * transaction of its own; docs count from b->first, which lies behind the end.
 * When all are written the block is there. */
enum err word_index_write(struct word_index *x, const struct word_block *b,
			  const struct word_bag *words, size_t *done,
			  size_t max) MUST_CHECK;
/* The last one that begins before this number. */
enum err word_index_block(struct word_index *x, uint64_t before,
			  struct word_block *out, bool *found) MUST_CHECK;
/* Which messages of the block have the word, or one that begins so; if there
 * are very many of those, all. */
enum err word_index_find(struct word_index *x, uint64_t block,
			 struct bytes word, struct doc_set *out) MUST_CHECK;
enum err word_index_find_prefix(struct word_index *x, uint64_t block,
				struct bytes prefix, struct doc_set *out,
				size_t *rows) MUST_CHECK;

#endif
