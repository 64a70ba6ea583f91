/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * indexing_build - new messages become a block of the index, a little at a
 * time: first their words are read, then they are written.
 */
#include <sodium.h>

#include "store/indexing.h"
#include "store/inside.h"
#include "store/message_text.h"
#include "store/store.h"

enum {
	/* What makes a block before DOCS_MAX messages are there: a search has
	 * to read all that is in none. */
	FRESH_BYTES_MAX = 256 * 1024,
	WORDS_MAX = 1 << 16, /* of a block, and one message more */
	/* One step. */
	READ_COUNT = 256,
	READ_WORDS = 8192,
	WRITE_WORDS = 500,
};

bool store_index_is_due(const struct store *s)
{
	const struct indexing *ix = &s->indexing;

	if (ix->build.is_begun)
		return true;
	return (ix->fresh_count >= DOCS_MAX ||
		ix->fresh_bytes >= FRESH_BYTES_MAX) &&
	       ix->fresh_count >= ix->not_before;
}

static enum err find_number(struct store *s, enum sql which, uint64_t after,
			    uint64_t *out)
{
	struct stmt *q = db_stmt(s->db, which);
	bool row = false;

	*out = 0;
	stmt_put_u64(q, after);
	if (stmt_step(q, &row) == OK && row)
		*out = stmt_take_u64(q);
	return stmt_end(q);
}

static enum err begin(struct store *s)
{
	struct build *b = &s->indexing.build;
	uint64_t first;
	enum err e = find_number(s, SQL_INDEX_FIRST,
				 word_index_end(s->indexing.index), &first);

	if (e != OK || first == 0)
		return e;
	*b = (struct build){.is_begun = true,
			    .block = {.first = first, .from_ms = INT64_MAX},
			    .read_to = first - 1};
	return OK;
}

static void take_message(struct stmt *q, struct build *b)
{
	uint64_t id = stmt_take_u64(q), at_ms = stmt_take_u64(q);
	uint16_t kind = (uint16_t)stmt_take_u64(q);
	struct message_text text;

	message_text_read(kind, stmt_take_bytes(q, TEXT_MAX), &text);
	message_text_put(&text, (uint16_t)(id - b->block.first), &b->words);
	sodium_memzero(&text, sizeof(text));
	if (at_ms < b->block.from_ms)
		b->block.from_ms = at_ms;
	if (at_ms > b->block.to_ms)
		b->block.to_ms = at_ms;
	b->read_to = id;
}

/* Up to `to`, or as much as one step may. */
static enum err read_some(struct store *s, uint64_t to)
{
	struct build *b = &s->indexing.build;
	struct stmt *q = db_stmt(s->db, SQL_INDEX_TEXTS);
	size_t enough = b->words.count + READ_WORDS;
	bool row = true;

	stmt_put_u64(q, b->read_to + 1);
	stmt_put_u64(q, to);
	while (b->words.count < enough && b->words.count < WORDS_MAX &&
	       stmt_step(q, &row) == OK && row)
		take_message(q, b);
	if (!row)
		b->read_to = to;
	return stmt_end(q);
}

static enum err read_step(struct store *s)
{
	struct build *b = &s->indexing.build;
	uint64_t last = b->block.first + DOCS_MAX - 1, newest, to;
	enum err e = find_number(s, SQL_INDEX_NEWEST, 0, &newest);

	if (e != OK)
		return e;
	if (last > newest)
		last = newest;
	to = b->read_to + READ_COUNT;
	e = read_some(s, to < last ? to : last);
	if (e != OK)
		return e;
	b->is_read = b->read_to >= last || b->words.count >= WORDS_MAX;
	if (b->is_read) {
		b->block.last = b->read_to;
		word_bag_sort(&b->words);
	}
	return OK;
}

static void write_step(struct store *s)
{
	struct indexing *ix = &s->indexing;
	struct build *b = &ix->build;
	enum err e = word_index_write(ix->index, &b->block, &b->words,
				      &b->written, WRITE_WORDS);

	if (e != OK) {
		indexing_discard(s, e);
	} else if (b->written == b->words.count) {
		word_bag_clear(&b->words);
		*b = (struct build){.is_begun = false};
		ix->not_before = 0;
		indexing_count_fresh(s);
	}
}

enum err store_index_step(struct store *s)
{
	struct indexing *ix = &s->indexing;
	struct build *b = &ix->build;
	enum err e = OK;

	if (!store_index_is_due(s))
		return OK;
	if (!ix->index) {
		e = indexing_make(s);
		if (e != OK)
			indexing_discard(s, e);
		return OK;
	}
	if (!b->is_begun)
		e = begin(s);
	if (e == OK && b->is_begun && !b->is_read)
		return read_step(s);
	if (e == OK && b->is_begun)
		write_step(s);
	if (e == OK && !b->is_begun)
		indexing_count_fresh(s);
	return e;
}
