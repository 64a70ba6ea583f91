/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/indexing.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "store/inside.h"
#include "store/message_text.h"
#include "util/log.h"
#include "util/mem.h"

#define SETTING_INDEX "index"
#define FILE_BESIDE   "words.db"

enum {
	/* The setting: the key, and the generation that belongs to it. */
	SETTING_BYTES = DB_KEY_BYTES + 8,
	LONG_WORDS = 4000,
	/* Messages until it is tried once more to make an index. */
	RETRY_COUNT = 256,
};

void indexing_init(struct store *s, const char *path)
{
	const char *slash = strrchr(path, '/');
	int n = slash ? (int)(slash - path + 1) : 0;

	s->indexing.path = xasprintf("%.*s" FILE_BESIDE, n, path);
	s->indexing.key = sodium_malloc(DB_KEY_BYTES);
	word_bag_init(&s->indexing.build.words);
}

void indexing_free(struct store *s)
{
	struct indexing *ix = &s->indexing;

	word_index_abandon(ix->index);
	word_bag_clear(&ix->build.words);
	sodium_free(ix->key);
	free(ix->path);
}

static enum err forget_setting(struct store *s)
{
	struct stmt *q = db_stmt(s->db, SQL_SETTING_DELETE);

	stmt_put_text(q, SETTING_INDEX);
	return stmt_run(q);
}

static enum err note_erasure(struct store *s)
{
	struct stmt *q = db_stmt(s->db, SQL_SETTING_KEEP);

	s->erased = true;
	stmt_put_text(q, SETTING_ERASED);
	stmt_put_blob(q, NULL, 0);
	return stmt_run(q);
}

/* Its key goes, so that nobody can read what is left of the file on the
 * disk.  If that fails the file is gone all the same, and the next opening
 * tries again. */
static void drop_file(struct store *s)
{
	struct indexing *ix = &s->indexing;

	word_index_abandon(ix->index);
	ix->index = NULL;
	word_bag_clear(&ix->build.words);
	ix->build = (struct build){.is_begun = false};
	ix->not_before = ix->fresh_count + RETRY_COUNT;
	word_index_remove_file(ix->path);
}

void indexing_discard(struct store *s, enum err why)
{
	log_warn("the index of a search cannot be used (%s): it is made anew",
		 err_str(why));
	drop_file(s);
	if (note_erasure(s) != OK || forget_setting(s) != OK)
		log_warn("its key could not be removed");
}

static enum err write_setting(struct store *s, uint64_t generation)
{
	uint8_t value[SETTING_BYTES];
	struct stmt *q = db_stmt(s->db, SQL_SETTING_REPLACE);
	enum err e;
	int i;

	memcpy(value, s->indexing.key, DB_KEY_BYTES);
	for (i = 0; i < 8; i++)
		value[DB_KEY_BYTES + i] = (uint8_t)(generation >> (56 - 8 * i));
	stmt_put_text(q, SETTING_INDEX);
	stmt_put_blob(q, value, sizeof(value));
	e = stmt_run(q);
	sodium_memzero(value, sizeof(value));
	return e;
}

static enum err read_setting(struct store *s, uint64_t *generation,
			     bool *is_there)
{
	struct stmt *q = db_stmt(s->db, SQL_SETTING_GET);
	uint8_t value[SETTING_BYTES] = {0};
	int i;

	*is_there = false;
	stmt_put_text(q, SETTING_INDEX);
	if (stmt_step(q, is_there) == OK && *is_there)
		stmt_take_blob(q, value, sizeof(value));
	memcpy(s->indexing.key, value, DB_KEY_BYTES);
	for (*generation = 0, i = DB_KEY_BYTES; i < SETTING_BYTES; i++)
		*generation = *generation << 8 | value[i];
	sodium_memzero(value, sizeof(value));
	return stmt_end(q);
}

enum err indexing_make(struct store *s)
{
	struct indexing *ix = &s->indexing;
	enum err e;

	randombytes_buf(ix->key, DB_KEY_BYTES);
	e = write_setting(s, 0);
	return e == OK ? word_index_create(ix->path, ix->key, &ix->index) : e;
}

/* One that was made for another state of the database is of no use: that has
 * been put back to an older one, or a commit that both were to make was made
 * by one of them. */
static enum err check(struct store *s, uint64_t generation)
{
	struct indexing *ix = &s->indexing;
	uint64_t newest = 0;
	enum err e = db_number(s->db,
			       "SELECT ifnull(max(seq), 0) FROM sqlite_sequence"
			       " WHERE name = 'messages'",
			       &newest);

	if (e != OK)
		return e;
	return word_index_generation(ix->index) == generation &&
		       word_index_end(ix->index) <= newest
		   ? OK
		   : ERR_STATE;
}

void indexing_count_fresh(struct store *s)
{
	struct indexing *ix = &s->indexing;
	struct stmt *q = db_stmt(s->db, SQL_INDEX_FRESH);
	bool row = false;

	stmt_put_u64(q, ix->index ? word_index_end(ix->index) : 0);
	stmt_put_u64(q, DOCS_MAX);
	if (stmt_step(q, &row) == OK && row) {
		ix->fresh_count = stmt_take_u64(q);
		ix->fresh_bytes = stmt_take_u64(q);
	}
	(void)!stmt_end(q);
}

void indexing_open(struct store *s)
{
	struct indexing *ix = &s->indexing;
	uint64_t generation;
	bool is_there;
	enum err e = read_setting(s, &generation, &is_there);

	if (e == OK && is_there) {
		e = word_index_open(ix->path, ix->key, &ix->index);
		if (e == OK)
			e = check(s, generation);
		if (e != OK)
			indexing_discard(s, e);
	} else {
		word_index_remove_file(ix->path);
	}
	ix->not_before = 0;
	indexing_count_fresh(s);
}

void indexing_close(struct store *s)
{
	word_index_close(s->indexing.index);
	s->indexing.index = NULL;
}

void indexing_note(struct store *s, size_t bytes)
{
	s->indexing.fresh_count++;
	s->indexing.fresh_bytes += bytes;
}

/* --- changes --- */

static enum err begin(struct store *s)
{
	struct word_index *x = s->indexing.index;
	enum err e;

	if (word_index_is_changing(x))
		return OK;
	e = word_index_begin(x);
	if (e != OK) {
		indexing_discard(s, e);
		return OK;
	}
	return write_setting(s, word_index_generation(x));
}

static enum err read_words(struct store *s, uint64_t message,
			   struct word_bag *out)
{
	struct stmt *q = db_stmt(s->db, SQL_INDEX_TEXT);
	struct message_text text;
	bool row = false;
	enum err e;

	word_bag_init(out);
	stmt_put_u64(q, message);
	if (stmt_step(q, &row) == OK && row) {
		uint16_t kind = (uint16_t)stmt_take_u64(q);

		message_text_read(kind, stmt_take_bytes(q, TEXT_MAX), &text);
		message_text_put(&text, 0, out);
		sodium_memzero(&text, sizeof(text));
	}
	e = stmt_end(q);
	word_bag_sort(out);
	return e;
}

typedef enum err change_fn(struct word_index *x, uint64_t message,
			   const struct word_bag *words);

static enum err change(struct store *s, uint64_t message, change_fn *fn)
{
	struct word_bag words;
	enum err e = read_words(s, message, &words), failed = OK;

	if (e == OK && words.count > 0)
		e = begin(s);
	if (e == OK && words.count > 0 && s->indexing.index)
		failed = fn(s->indexing.index, message, &words);
	s->indexing.changed += words.count;
	word_bag_clear(&words);
	if (failed != OK)
		indexing_discard(s, failed);
	return e;
}

/* The block that is being made has read it. */
static enum err begin_block_anew(struct store *s)
{
	struct build *b = &s->indexing.build;
	bool is_written = b->written > 0;
	enum err e, failed = OK;

	word_bag_clear(&b->words);
	*b = (struct build){.is_begun = false};
	if (!is_written)
		return OK;
	e = begin(s);
	if (e == OK && s->indexing.index)
		failed = word_index_drop_block(s->indexing.index);
	if (failed != OK)
		indexing_discard(s, failed);
	return e;
}

enum err indexing_forget(struct store *s, uint64_t message)
{
	const struct indexing *ix = &s->indexing;
	const struct build *b = &ix->build;

	if (!ix->index)
		return OK;
	if (b->is_begun && message >= b->block.first && message <= b->read_to)
		return begin_block_anew(s);
	return message <= word_index_end(ix->index)
		   ? change(s, message, word_index_forget)
		   : OK;
}

enum err indexing_renew(struct store *s, uint64_t message)
{
	const struct indexing *ix = &s->indexing;

	return ix->index && message <= word_index_end(ix->index)
		   ? change(s, message, word_index_add)
		   : OK;
}

bool indexing_is_long(const struct store *s)
{
	return s->indexing.changed >= LONG_WORDS;
}

/* If it is durable and the other one is not, the index lacks something, and
 * that shows: indexing_committed(), check(). */
void indexing_commit(struct store *s)
{
	struct word_index *x = s->indexing.index;
	enum err e;

	s->indexing.changed = 0;
	if (!x || !word_index_is_changing(x))
		return;
	s->indexing.is_ahead = true;
	e = word_index_commit(x);
	if (e != OK)
		indexing_discard(s, e);
}

void indexing_committed(struct store *s, bool is_durable)
{
	if (!is_durable && s->indexing.is_ahead && s->indexing.index)
		indexing_discard(s, ERR_STATE);
	s->indexing.is_ahead = false;
}

void indexing_rollback(struct store *s)
{
	s->indexing.changed = 0;
	if (s->indexing.index)
		word_index_rollback(s->indexing.index);
}
