/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * db - one encrypted SQLite file: open, key, statements, transactions.
 *
 * The only file that calls the database library.  Knows no table.  A
 * connection is the only one to its file, in this and in any other process.
 * Values are bound and columns taken from left to right; a mistake on the
 * way (wrong size, no memory) sticks and comes out of stmt_step() or
 * stmt_end().  Errors: ERR_NO_SPACE, ERR_IO, ERR_CORRUPT, ERR_STATE (in use
 * elsewhere), ERR_EXISTS (a unique key), ERR_NOT_FOUND (a foreign key).
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "util/buf.h"
#include "util/err.h"

struct db;
struct stmt;

#define DB_KEY_BYTES 32

/* See store_library_start(). */
enum err db_library_start(const char **what) MUST_CHECK;
/* Whether a cipher_version text names a library that we can use. */
bool db_is_version_good(const char *cipher_version);

/* The statements of a connection: prepared at first use, kept. */
struct db_texts {
	const char *const *sql;
	size_t count;
};

/* Opens an existing file, even an empty one; proves the key by reading.
 * ERR_CORRUPT for a key that does not fit.  After an unclean end all pages
 * are checked first (seconds if there are hundreds of MB).  key and texts are
 * borrowed for the life of the connection. */
enum err db_open(const char *path, const uint8_t key[static DB_KEY_BYTES],
		 struct db_texts texts, struct db **out) MUST_CHECK;
/* Rolls back what is open, checkpoints, frees. */
void db_close(struct db *d);
/* A failed write or sync leaves a connection whose file may differ from what
 * it remembers.  If that happened, opens the file again. */
enum err db_heal(struct db *d) MUST_CHECK;

/* One or more statements without results. */
enum err db_exec(struct db *d, const char *sql) MUST_CHECK;
/* The first column of the first row of a statement of the rare kind. */
enum err db_number(struct db *d, const char *sql, uint64_t *out) MUST_CHECK;

enum err db_begin(struct db *d) MUST_CHECK;
/* Durable when it returns OK, rolled back otherwise. */
enum err db_commit(struct db *d) MUST_CHECK;
void db_rollback(struct db *d);
/* Copies the log into the file and makes it empty; not in a transaction. */
enum err db_empty_log(struct db *d) MUST_CHECK;
/* Makes the file anew, without what is not in use. */
enum err db_rewrite(struct db *d) MUST_CHECK;
/* A copy of it, under the same key, in an empty file; one at a time.  A step
 * copies some pages; what is committed between two steps is in it too.  When
 * a step is *done the copy is as the file is then; until db_copy_end() it is
 * not to be touched.  ERR_STATE: none was begun, or the connection was lost
 * since. */
enum err db_copy_start(struct db *d, const char *path) MUST_CHECK;
enum err db_copy_step(struct db *d, int pages, bool *done) MUST_CHECK;
void db_copy_end(struct db *d);
/* Rows changed by the last statement; rowid of the last insert. */
uint64_t db_changes(struct db *d);
uint64_t db_last_id(struct db *d);

/* A statement of the table, ready to be bound; borrowed from d.  Not while
 * it is in use. */
struct stmt *db_stmt(struct db *d, size_t which);

/* What is bound stays the caller's and must live until stmt_end(). */
void stmt_put_u64(struct stmt *s, uint64_t v);
void stmt_put_blob(struct stmt *s, const void *p, size_t n);
/* n bytes, NULL if they are all zero. */
void stmt_put_id(struct stmt *s, const void *p, size_t n);
void stmt_put_text(struct stmt *s, const char *text);

/* *row tells whether there is one; after none, or an error, only stmt_end()
 * may follow. */
enum err stmt_step(struct stmt *s, bool *row) MUST_CHECK;
uint64_t stmt_take_u64(struct stmt *s);
/* Exactly n bytes; NULL reads as n zero bytes. */
void stmt_take_blob(struct stmt *s, void *out, size_t n);
/* At most max bytes; valid until the next step. */
struct bytes stmt_take_bytes(struct stmt *s, size_t max);
/* With its NUL in at most size bytes. */
void stmt_take_text(struct stmt *s, char *out, size_t size);
/* Whether all columns so far were what they must be. */
enum err stmt_check(const struct stmt *s) MUST_CHECK;

/* Frees the statement for its next use.  OK after the last row or a few of
 * them, else what went wrong. */
enum err stmt_end(struct stmt *s) MUST_CHECK;
/* Step, no row expected, end. */
enum err stmt_run(struct stmt *s) MUST_CHECK;
/* Step, end: only whether there is a row. */
enum err stmt_has_row(struct stmt *s, bool *has) MUST_CHECK;

#endif
