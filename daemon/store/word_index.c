/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/word_index.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/mem.h"

/* More words than that which begin alike tell little. */
enum { PREFIX_ROWS_MAX = 1000 };

/* What is rewritten whole when something was erased, as in store.c. */
enum { REWRITE_PAGES_MAX = 64 * 1024 * 1024 / 4096 };

struct word_index {
	struct db *db;
	uint64_t end;
	uint64_t generation;
	bool is_writing; /* there may be words behind the end */
	bool is_changing;
};

/* One row of `words` for each word in each block: the block's first number,
 * and a doc_set. */
static const char schema[] = "CREATE TABLE meta("
			     "  id INTEGER PRIMARY KEY CHECK(id = 1),"
			     "  version INTEGER NOT NULL,"
			     "  generation INTEGER NOT NULL,"
			     "  erased INTEGER NOT NULL);"
			     "CREATE TABLE blocks("
			     "  first INTEGER PRIMARY KEY,"
			     "  last INTEGER NOT NULL,"
			     "  from_ms INTEGER NOT NULL,"
			     "  to_ms INTEGER NOT NULL);"
			     "CREATE TABLE words("
			     "  block INTEGER NOT NULL,"
			     "  word BLOB NOT NULL,"
			     "  docs BLOB NOT NULL,"
			     "  PRIMARY KEY(block, word)) WITHOUT ROWID;";

enum sql_word {
	SQL_META_PUT,
	SQL_META,
	SQL_META_CHANGE,
	SQL_META_CLEAN,
	SQL_END,
	SQL_TRIM,
	SQL_BLOCK_PUT,
	SQL_BLOCK,
	SQL_WORD,
	SQL_PREFIX,
	SQL_WORD_INSERT,
	SQL_WORD_UPDATE,
	SQL_WORD_DELETE,
	SQL_WORD_COUNT
};

static const char *const texts[SQL_WORD_COUNT] = {
    [SQL_META_PUT] =
	"INSERT INTO meta(id, version, generation, erased) VALUES(1, ?1, 0, 0)",
    [SQL_META] = "SELECT version, generation FROM meta WHERE id = 1",
    [SQL_META_CHANGE] = "UPDATE OR FAIL meta SET generation = ?1, erased = 1",
    [SQL_META_CLEAN] = "UPDATE OR FAIL meta SET erased = 0",
    [SQL_END] = "SELECT max(last) FROM blocks WHERE first ="
		" (SELECT max(first) FROM blocks)",
    /* the end: what is behind it belongs to a block that was not ended */
    [SQL_TRIM] = "DELETE FROM words WHERE block > ?1",
    [SQL_BLOCK_PUT] =
	"INSERT INTO blocks(first, last, from_ms, to_ms) VALUES(?1, ?2, ?3,"
	" ?4)",
    [SQL_BLOCK] = "SELECT first, last, from_ms, to_ms FROM blocks"
		  " WHERE first < ?1 ORDER BY first DESC LIMIT 1",
    [SQL_WORD] = "SELECT docs FROM words WHERE block = ?1 AND word = ?2",
    /* the least that begins so, the first that does not */
    [SQL_PREFIX] = "SELECT docs FROM words WHERE block = ?1 AND word >= ?2"
		   " AND word < ?3",
    /* OR FAIL: see sql.c */
    [SQL_WORD_INSERT] =
	"INSERT OR FAIL INTO words(block, word, docs) VALUES(?1, ?2, ?3)",
    [SQL_WORD_UPDATE] =
	"UPDATE OR FAIL words SET docs = ?3 WHERE block = ?1 AND word = ?2",
    [SQL_WORD_DELETE] = "DELETE FROM words WHERE block = ?1 AND word = ?2",
};

static enum err read_end(struct word_index *x)
{
	struct stmt *q = db_stmt(x->db, SQL_END);
	bool row = false;

	x->end = 0;
	if (stmt_step(q, &row) == OK && row)
		x->end = stmt_take_u64(q);
	return stmt_end(q);
}

static enum err trim(struct word_index *x)
{
	struct stmt *q = db_stmt(x->db, SQL_TRIM);

	x->is_writing = false;
	stmt_put_u64(q, x->end);
	return stmt_run(q);
}

/* ERR_VERSION if its words are not those of today. */
static enum err read_meta(struct word_index *x)
{
	struct stmt *q = db_stmt(x->db, SQL_META);
	uint64_t version = 0;
	bool row = false;
	enum err e;

	if (stmt_step(q, &row) == OK && row) {
		version = stmt_take_u64(q);
		x->generation = stmt_take_u64(q);
	}
	e = stmt_end(q);
	if (e != OK)
		return e;
	return version == WORDS_VERSION ? OK : ERR_VERSION;
}

/* As store.c does, and why. */
static void rewrite_erased(struct word_index *x)
{
	uint64_t pages, erased;

	if (db_number(x->db, "SELECT erased FROM meta", &erased) != OK ||
	    !erased || db_number(x->db, "PRAGMA page_count", &pages) != OK ||
	    pages > REWRITE_PAGES_MAX || db_rewrite(x->db) != OK)
		return;
	if (stmt_run(db_stmt(x->db, SQL_META_CLEAN)) == OK)
		(void)!db_empty_log(x->db);
}

static enum err index_open(const char *path, const uint8_t *key,
			   struct word_index **out)
{
	struct word_index *x = xcalloc(1, sizeof(*x));
	struct db_texts t = {{texts}, ARRAY_SIZE(texts)};
	enum err e = db_open_derived(path, key, t, &x->db);

	if (e == OK)
		*out = x;
	else
		free(x);
	return e;
}

static void index_close(struct word_index *x)
{
	db_close(x->db);
	free(x);
}

enum err word_index_open(const char *path,
			 const uint8_t key[static DB_KEY_BYTES],
			 struct word_index **out)
{
	struct word_index *x;
	enum err e = index_open(path, key, &x);

	if (e != OK)
		return e;
	e = read_meta(x);
	if (e == OK)
		e = read_end(x);
	if (e == OK)
		e = trim(x);
	if (e != OK) {
		index_close(x);
		return e;
	}
	rewrite_erased(x);
	*out = x;
	return OK;
}

static enum err fill_new(struct word_index *x)
{
	struct stmt *q;
	enum err e = db_begin(x->db);

	if (e != OK)
		return e;
	e = db_exec(x->db, schema);
	if (e == OK) {
		q = db_stmt(x->db, SQL_META_PUT);
		stmt_put_u64(q, WORDS_VERSION);
		e = stmt_run(q);
	}
	return e == OK ? db_commit(x->db) : e;
}

enum err word_index_create(const char *path,
			   const uint8_t key[static DB_KEY_BYTES],
			   struct word_index **out)
{
	struct word_index *x;
	enum err e;
	int fd;

	word_index_remove_file(path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		  0600);
	if (fd < 0)
		return ERR_IO;
	close(fd);
	e = index_open(path, key, &x);
	if (e != OK)
		return e;
	e = fill_new(x);
	if (e == OK)
		*out = x;
	else
		index_close(x);
	return e;
}

void word_index_close(struct word_index *x)
{
	if (!x)
		return;
	word_index_rollback(x);
	if (!x->is_writing || trim(x) == OK)
		rewrite_erased(x);
	index_close(x);
}

void word_index_abandon(struct word_index *x)
{
	if (x)
		index_close(x);
}

void word_index_remove_file(const char *path)
{
	char *wal = xasprintf("%s-wal", path);

	unlink(wal);
	unlink(path);
	free(wal);
}

uint64_t word_index_end(const struct word_index *x)
{
	return x->end;
}

uint64_t word_index_generation(const struct word_index *x)
{
	return x->generation;
}

/* --- changes --- */

enum err word_index_begin(struct word_index *x)
{
	struct stmt *q;
	enum err e;

	if (x->is_changing)
		return OK;
	e = db_begin(x->db);
	if (e != OK)
		return e;
	x->is_changing = true;
	q = db_stmt(x->db, SQL_META_CHANGE);
	stmt_put_u64(q, ++x->generation);
	return stmt_run(q);
}

static enum err read_docs(struct stmt *q, struct doc_set *out)
{
	struct bytes b = stmt_take_bytes(q, DOC_SET_BYTES);

	return stmt_check(q) == OK && doc_set_read(b, out) == OK ? OK
								 : ERR_CORRUPT;
}

/* An empty set for a word that the block has not. */
enum err word_index_find(struct word_index *x, uint64_t block,
			 struct bytes word, struct doc_set *out)
{
	struct stmt *q = db_stmt(x->db, SQL_WORD);
	enum err e = OK, end;
	bool row = false;

	*out = doc_set_below(0);
	stmt_put_u64(q, block);
	stmt_put_blob(q, word.p, word.n);
	if (stmt_step(q, &row) == OK && row)
		e = read_docs(q, out);
	end = stmt_end(q);
	return end == OK ? e : end;
}

static enum err put_docs(struct word_index *x, enum sql_word how,
			 uint64_t block, struct bytes word,
			 const struct doc_set *docs)
{
	struct stmt *q = db_stmt(x->db, how);
	uint8_t out[DOC_SET_BYTES];

	stmt_put_u64(q, block);
	stmt_put_blob(q, word.p, word.n);
	if (how != SQL_WORD_DELETE)
		stmt_put_blob(q, out, doc_set_write(docs, out));
	return stmt_run(q);
}

static enum err change_word(struct word_index *x, uint64_t block, size_t doc,
			    struct bytes word, bool is_there)
{
	enum sql_word how = SQL_WORD_UPDATE;
	struct doc_set docs;
	enum err e = word_index_find(x, block, word, &docs);

	if (e != OK || doc_set_has(&docs, doc) == is_there)
		return e;
	if (doc_set_count(&docs) == 0)
		how = SQL_WORD_INSERT;
	if (is_there)
		doc_set_put(&docs, doc);
	else
		doc_set_take(&docs, doc);
	if (doc_set_count(&docs) == 0)
		how = SQL_WORD_DELETE;
	return put_docs(x, how, block, word, &docs);
}

static enum err change_words(struct word_index *x, uint64_t message,
			     const struct word_bag *words, bool is_there)
{
	struct word_block b;
	bool found;
	size_t i;
	enum err e = word_index_block(x, message + 1, &b, &found);

	if (e != OK || !found || message > b.last)
		return e;
	for (i = 0; i < words->count && e == OK; i++) {
		const struct posting *p = &words->list[i];

		e = change_word(x, b.first, (size_t)(message - b.first),
				bytes_of(p->p, p->n), is_there);
	}
	return e;
}

enum err word_index_forget(struct word_index *x, uint64_t message,
			   const struct word_bag *words)
{
	assert(x->is_changing);
	return change_words(x, message, words, false);
}

enum err word_index_add(struct word_index *x, uint64_t message,
			const struct word_bag *words)
{
	assert(x->is_changing);
	return change_words(x, message, words, true);
}

enum err word_index_drop_block(struct word_index *x)
{
	assert(x->is_changing);
	return trim(x);
}

bool word_index_is_changing(const struct word_index *x)
{
	return x->is_changing;
}

enum err word_index_commit(struct word_index *x)
{
	enum err e = db_commit(x->db);

	x->is_changing = false;
	return e == OK ? db_empty_log(x->db) : e;
}

void word_index_rollback(struct word_index *x)
{
	if (!x->is_changing)
		return;
	x->generation--;
	x->is_changing = false;
	x->is_writing = true;
	db_rollback(x->db);
}

/* --- blocks --- */

static struct bytes word_of(const struct posting *p)
{
	return bytes_of(p->p, p->n);
}

/* All that have the word of the posting at *at, which moves behind them. */
static enum err write_word(struct word_index *x, uint64_t block,
			   const struct word_bag *words, size_t *at)
{
	struct bytes word = word_of(&words->list[*at]);
	struct doc_set docs = doc_set_below(0);

	while (*at < words->count &&
	       bytes_equal(word, word_of(&words->list[*at])))
		doc_set_put(&docs, words->list[(*at)++].doc);
	return put_docs(x, SQL_WORD_INSERT, block, word, &docs);
}

static enum err put_block(struct word_index *x, const struct word_block *b)
{
	struct stmt *q = db_stmt(x->db, SQL_BLOCK_PUT);

	stmt_put_u64(q, b->first);
	stmt_put_u64(q, b->last);
	stmt_put_u64(q, b->from_ms);
	stmt_put_u64(q, b->to_ms);
	return stmt_run(q);
}

enum err word_index_write(struct word_index *x, const struct word_block *b,
			  const struct word_bag *words, size_t *done,
			  size_t max)
{
	size_t at = *done, i;
	enum err e;

	assert(b->first > x->end && !x->is_changing);
	e = db_begin(x->db);
	if (e != OK)
		return e;
	if (at == 0 && x->is_writing)
		e = trim(x);
	x->is_writing = true;
	for (i = 0; i < max && at < words->count && e == OK; i++)
		e = write_word(x, b->first, words, &at);
	if (e == OK && at == words->count)
		e = put_block(x, b);
	if (e == OK)
		e = db_commit(x->db);
	else
		db_rollback(x->db);
	if (e != OK)
		return e;
	*done = at;
	if (at == words->count) {
		x->end = b->last;
		x->is_writing = false;
	}
	return OK;
}

enum err word_index_block(struct word_index *x, uint64_t before,
			  struct word_block *out, bool *found)
{
	struct stmt *q = db_stmt(x->db, SQL_BLOCK);
	enum err e;

	*found = false;
	stmt_put_u64(q, before);
	if (stmt_step(q, found) == OK && *found) {
		out->first = stmt_take_u64(q);
		out->last = stmt_take_u64(q);
		out->from_ms = stmt_take_u64(q);
		out->to_ms = stmt_take_u64(q);
	}
	e = stmt_end(q);
	if (e == OK && *found &&
	    (out->last < out->first || out->last - out->first >= DOCS_MAX))
		return ERR_CORRUPT;
	return e;
}

/* The least word that is greater than all that begin so.  A word is UTF-8, so
 * no byte of it is 0xff. */
static struct bytes after_prefix(struct bytes prefix,
				 uint8_t out[static WORD_BYTES_MAX])
{
	memcpy(out, prefix.p, prefix.n);
	out[prefix.n - 1]++;
	return bytes_of(out, prefix.n);
}

enum err word_index_find_prefix(struct word_index *x, uint64_t block,
				struct bytes prefix, struct doc_set *out,
				size_t *rows)
{
	struct stmt *q = db_stmt(x->db, SQL_PREFIX);
	uint8_t after[WORD_BYTES_MAX];
	struct bytes end = after_prefix(prefix, after);
	struct doc_set docs;
	enum err e = OK, ended;
	bool row;

	*out = doc_set_below(0);
	*rows = 0;
	stmt_put_u64(q, block);
	stmt_put_blob(q, prefix.p, prefix.n);
	stmt_put_blob(q, end.p, end.n);
	while (e == OK && *rows < PREFIX_ROWS_MAX && stmt_step(q, &row) == OK &&
	       row) {
		e = read_docs(q, &docs);
		if (e == OK)
			doc_set_unite(out, &docs);
		++*rows;
	}
	if (*rows == PREFIX_ROWS_MAX)
		*out = doc_set_below(DOCS_MAX);
	ended = stmt_end(q);
	return ended == OK ? e : ended;
}
