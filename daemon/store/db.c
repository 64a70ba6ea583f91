/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/db.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>
#include <sqlcipher/sqlite3.h>

#include "util/mem.h"
#include "util/text.h"

#define LIBRARY_MIN 3015002 /* what SQLCipher 3.4.1 is made of */

enum {
	VALUE_BYTES_MAX = 1 << 20,
	SQL_BYTES_MAX = 1 << 16,
};

struct stmt {
	struct db *db;
	sqlite3_stmt *handle;
	int next;     /* parameter or column */
	enum err err; /* the first thing that went wrong */
	bool busy;
};

struct db {
	sqlite3 *handle;
	char *path;
	const uint8_t *key;
	struct db_texts texts;
	struct stmt *stmts;
	bool broken; /* db_heal() has work to do */
	sqlite3_backup *copy;
	struct db *copy_to;
};

/* Profile P1 of STORAGE 0.1: one format for SQLCipher 3 and 4.  Before the
 * first read.  What a version does not know it ignores. */
static const char *const open_pragmas[] = {
    "PRAGMA cipher_log_level = NONE", "PRAGMA cipher_compatibility = 3",
    "PRAGMA cipher_page_size = 4096", "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA temp_store = MEMORY",     "PRAGMA mmap_size = 0",
    "PRAGMA trusted_schema = OFF",    "PRAGMA cell_size_check = ON",
    "PRAGMA foreign_keys = ON",	      "PRAGMA secure_delete = ON",
    "PRAGMA cache_size = -2000",
};

static const char *const probe_pragmas[] = {
    "PRAGMA cipher_log_level = NONE", "PRAGMA cipher_compatibility = 3",
    "PRAGMA cipher_page_size = 4096", "PRAGMA temp_store = MEMORY",
    "PRAGMA mmap_size = 0",	      "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",    "PRAGMA cache_size = -2000",
};

static enum err map_io(sqlite3 *h)
{
	int e = sqlite3_system_errno(h);

	/* The library knows ENOSPC by itself. */
	return e == EDQUOT || e == EFBIG ? ERR_NO_SPACE : ERR_IO;
}

static enum err map_constraint(int extended)
{
	switch (extended) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY: return ERR_EXISTS;
	case SQLITE_CONSTRAINT_FOREIGNKEY: return ERR_NOT_FOUND;
	default: return ERR_STATE;
	}
}

static enum err map_result(sqlite3 *h, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE: return OK;
	case SQLITE_FULL: return ERR_NO_SPACE;
	case SQLITE_NOMEM: /* 4.14 says so of a page with a wrong MAC, */
	case SQLITE_ERROR: /* 3.4.1 of one that a long row goes on in */
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB: return ERR_CORRUPT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return ERR_STATE;
	case SQLITE_TOOBIG: return ERR_RANGE;
	case SQLITE_CONSTRAINT: return map_constraint(rc);
	case SQLITE_IOERR: return map_io(h);
	default: return ERR_IO;
	}
}

static enum err note_result(struct db *d, int rc)
{
	enum err e = map_result(d->handle, rc);

	if (e == ERR_IO || e == ERR_NO_SPACE)
		d->broken = true;
	return e;
}

bool db_is_version_good(const char *text)
{
	unsigned major, minor, patch;

	if (sscanf(text, "%3u.%3u.%3u", &major, &minor, &patch) != 3)
		return false;
	/* Loses rows in ROLLBACK TO; STORAGE 1.4. */
	if (major == 4 && minor == 5 && patch == 0)
		return false;
	return major > 3 || (major == 3 && minor > 4) ||
	       (major == 3 && minor == 4 && patch >= 1);
}

static bool read_cipher_version(sqlite3 *h, char *out, size_t size)
{
	sqlite3_stmt *s = NULL;
	bool found = false;

	if (sqlite3_prepare_v2(h, "PRAGMA cipher_version", -1, &s, NULL) ==
		SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW && sqlite3_column_text(s, 0)) {
		snprintf(out, size, "%s",
			 (const char *)sqlite3_column_text(s, 0));
		found = true;
	}
	sqlite3_finalize(s);
	return found;
}

enum err db_library_start(const char **what)
{
	static char version[64];
	sqlite3 *h = NULL;
	bool found;

	*what = "too old a database library";
	if (sodium_init() < 0 || sqlite3_libversion_number() < LIBRARY_MIN)
		return ERR_VERSION;
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	*what = "the database library does not start";
	if (sqlite3_initialize() != SQLITE_OK ||
	    sqlite3_open(":memory:", &h) != SQLITE_OK) {
		sqlite3_close(h);
		return ERR_VERSION;
	}
	found = read_cipher_version(h, version, sizeof(version));
	/* For the whole process: what is not said per connection (a copy made
	 * by the library) must get the same format. */
	sqlite3_exec(h,
		     "PRAGMA cipher_log_level = NONE;"
		     "PRAGMA cipher_default_compatibility = 3;"
		     "PRAGMA cipher_default_page_size = 4096",
		     NULL, NULL, NULL);
	sqlite3_close(h);
	*what = found ? version : "a database library without encryption";
	return found && db_is_version_good(version) ? OK : ERR_VERSION;
}

static enum err set_key(struct db *d)
{
	char text[3 + 2 * DB_KEY_BYTES + 1];
	int rc;

	memcpy(text, "x'", 2);
	hex_encode(d->key, DB_KEY_BYTES, text + 2);
	memcpy(text + 2 + 2 * DB_KEY_BYTES, "'", 2);
	rc = sqlite3_key(d->handle, text, (int)sizeof(text) - 1);
	sodium_memzero(text, sizeof(text));
	return map_result(d->handle, rc);
}

static void set_limits(sqlite3 *h)
{
	sqlite3_extended_result_codes(h, 1);
	sqlite3_limit(h, SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX);
	sqlite3_limit(h, SQLITE_LIMIT_SQL_LENGTH, SQL_BYTES_MAX);
	sqlite3_limit(h, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_limit(h, SQLITE_LIMIT_TRIGGER_DEPTH, 10);
#ifdef SQLITE_DBCONFIG_DEFENSIVE
	sqlite3_db_config(h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
#endif
}

/* The answer of a pragma must be `want`, else `otherwise`. */
static enum err expect_text(struct db *d, const char *sql, const char *want,
			    enum err otherwise)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(d->handle, sql, -1, &s, NULL);
	enum err e;

	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	e = map_result(d->handle, rc);
	if (rc == SQLITE_ROW &&
	    (!sqlite3_column_text(s, 0) ||
	     strcmp((const char *)sqlite3_column_text(s, 0), want) != 0))
		e = otherwise;
	sqlite3_finalize(s);
	return e;
}

/* Up to the first read, which proves the key. */
static enum err open_keyed(struct db *d, int flags, const char *const *pragmas,
			   size_t count)
{
	uint64_t tables;
	enum err e;
	size_t i;

	e = map_result(d->handle,
		       sqlite3_open_v2(d->path, &d->handle,
				       flags | SQLITE_OPEN_NOMUTEX, NULL));
	if (e == OK)
		e = set_key(d);
	if (e != OK)
		return e;
	set_limits(d->handle);
	for (i = 0; i < count && e == OK; i++)
		e = db_exec(d, pragmas[i]);
	if (e == OK)
		e = db_number(d, "SELECT count(*) FROM sqlite_master", &tables);
	return e;
}

static enum err connect_file(struct db *d)
{
	enum err e = open_keyed(d, SQLITE_OPEN_READWRITE, open_pragmas,
				ARRAY_SIZE(open_pragmas));

	if (e == OK)
		e = expect_text(d, "PRAGMA journal_mode = WAL", "wal", ERR_IO);
	if (e == OK)
		e = db_exec(d, "PRAGMA synchronous = FULL;"
			       "PRAGMA journal_size_limit = 4194304");
	return e;
}

static void disconnect(struct db *d)
{
	size_t i;

	db_copy_end(d);
	for (i = 0; i < d->texts.count; i++) {
		sqlite3_finalize(d->stmts[i].handle);
		d->stmts[i].handle = NULL;
	}
	sqlite3_close(d->handle);
	d->handle = NULL;
}

/* A log left by a crash will be copied into the file, at the latest when it
 * is closed.  If it is not this file's log (a backup put back beside it), that
 * would destroy what is there: so look first, with a descriptor that cannot
 * write, and only then open. */
static enum err probe_log(struct db *d)
{
	char *wal = xasprintf("%s-wal", d->path);
	char *shm = xasprintf("%s-shm", d->path);
	struct stat st;
	enum err e = OK;

	if (stat(wal, &st) == 0 && st.st_size > 0) {
		e = open_keyed(d, SQLITE_OPEN_READONLY, probe_pragmas,
			       ARRAY_SIZE(probe_pragmas));
		if (e == OK)
			e = expect_text(d, "PRAGMA quick_check(1)", "ok",
					ERR_CORRUPT);
		disconnect(d);
		unlink(shm);
	}
	free(shm);
	free(wal);
	return e;
}

enum err db_open(const char *path, const uint8_t key[static DB_KEY_BYTES],
		 struct db_texts texts, struct db **out)
{
	struct db *d = xcalloc(1, sizeof(*d));
	enum err e;
	size_t i;

	d->path = xstrdup(path);
	d->key = key;
	d->texts = texts;
	d->stmts = xcalloc(texts.count, sizeof(*d->stmts));
	for (i = 0; i < texts.count; i++)
		d->stmts[i].db = d;
	e = probe_log(d);
	if (e == OK)
		e = connect_file(d);
	if (e == OK)
		*out = d;
	else
		db_close(d);
	return e;
}

void db_close(struct db *d)
{
	if (!d)
		return;
	db_rollback(d);
	disconnect(d);
	free(d->stmts);
	free(d->path);
	free(d);
}

enum err db_heal(struct db *d)
{
	enum err e;

	if (!d->broken)
		return OK;
	db_rollback(d);
	disconnect(d);
	e = connect_file(d);
	if (e != OK)
		disconnect(d);
	d->broken = e != OK;
	return e;
}

enum err db_exec(struct db *d, const char *sql)
{
	return note_result(d, sqlite3_exec(d->handle, sql, NULL, NULL, NULL));
}

enum err db_number(struct db *d, const char *sql, uint64_t *out)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(d->handle, sql, -1, &s, NULL);
	enum err e;

	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	e = note_result(d, rc);
	if (rc == SQLITE_ROW)
		*out = (uint64_t)sqlite3_column_int64(s, 0);
	else if (e == OK)
		e = ERR_NOT_FOUND;
	sqlite3_finalize(s);
	return e;
}

enum err db_begin(struct db *d)
{
	return db_exec(d, "BEGIN IMMEDIATE");
}

enum err db_commit(struct db *d)
{
	enum err e = db_exec(d, "COMMIT");

	if (e != OK)
		db_rollback(d);
	return e;
}

void db_rollback(struct db *d)
{
	size_t i;

	for (i = 0; i < d->texts.count; i++)
		if (d->stmts[i].busy)
			(void)!stmt_end(&d->stmts[i]);
	if (d->handle && !sqlite3_get_autocommit(d->handle))
		sqlite3_exec(d->handle, "ROLLBACK", NULL, NULL, NULL);
}

enum err db_empty_log(struct db *d)
{
	return db_exec(d, "PRAGMA wal_checkpoint(TRUNCATE)");
}

enum err db_rewrite(struct db *d)
{
	enum err e;

	/* It attaches the copy that it makes. */
	sqlite3_limit(d->handle, SQLITE_LIMIT_ATTACHED, 1);
	e = db_exec(d, "VACUUM");
	sqlite3_limit(d->handle, SQLITE_LIMIT_ATTACHED, 0);
	return e;
}

enum err db_copy_start(struct db *d, const char *path)
{
	struct db *to = d->copy_to = xcalloc(1, sizeof(*to));
	enum err e;

	to->path = xstrdup(path);
	to->key = d->key;
	e = open_keyed(to, SQLITE_OPEN_READWRITE, probe_pragmas,
		       ARRAY_SIZE(probe_pragmas));
	if (e == OK)
		e = db_exec(to, "PRAGMA journal_mode = OFF;"
				"PRAGMA synchronous = OFF");
	if (e == OK && d->handle)
		d->copy =
		    sqlite3_backup_init(to->handle, "main", d->handle, "main");
	if (d->copy)
		return OK;
	db_copy_end(d);
	return e == OK ? ERR_IO : e;
}

enum err db_copy_step(struct db *d, int pages, bool *done)
{
	int rc = d->copy ? sqlite3_backup_step(d->copy, pages) : SQLITE_BUSY;

	*done = rc == SQLITE_DONE;
	if (!d->copy)
		return ERR_STATE;
	return rc == SQLITE_BUSY ? OK : map_result(d->copy_to->handle, rc);
}

void db_copy_end(struct db *d)
{
	sqlite3_backup_finish(d->copy);
	db_close(d->copy_to);
	d->copy = NULL;
	d->copy_to = NULL;
}

uint64_t db_changes(struct db *d)
{
	return (uint64_t)sqlite3_changes(d->handle);
}

uint64_t db_last_id(struct db *d)
{
	return (uint64_t)sqlite3_last_insert_rowid(d->handle);
}

static void stick(struct stmt *s, enum err e)
{
	if (s->err == OK)
		s->err = e;
}

struct stmt *db_stmt(struct db *d, size_t which)
{
	struct stmt *s;

	assert(which < d->texts.count);
	s = &d->stmts[which];
	assert(!s->busy);
	s->err = OK;
	s->next = 1;
	s->busy = true;
	if (!d->handle)
		stick(s, ERR_IO);
	else if (!s->handle)
		stick(s, note_result(d, sqlite3_prepare_v2(
					    d->handle, d->texts.sql[which], -1,
					    &s->handle, NULL)));
	return s;
}

static void stick_bind(struct stmt *s, int rc)
{
	stick(s, rc == SQLITE_OK ? OK : ERR_RANGE);
}

void stmt_put_u64(struct stmt *s, uint64_t v)
{
	if (s->err == OK)
		stick_bind(s, sqlite3_bind_int64(s->handle, s->next++,
						 (sqlite3_int64)v));
}

void stmt_put_blob(struct stmt *s, const void *p, size_t n)
{
	if (s->err == OK && n > VALUE_BYTES_MAX)
		stick(s, ERR_RANGE);
	/* A null pointer would be bound as NULL. */
	if (s->err == OK)
		stick_bind(s,
			   sqlite3_bind_blob(s->handle, s->next++, n ? p : "",
					     (int)n, SQLITE_STATIC));
}

void stmt_put_id(struct stmt *s, const void *p, size_t n)
{
	if (!sodium_is_zero(p, n))
		stmt_put_blob(s, p, n);
	else if (s->err == OK)
		stick_bind(s, sqlite3_bind_null(s->handle, s->next++));
}

void stmt_put_text(struct stmt *s, const char *text)
{
	if (s->err == OK)
		stick_bind(s, sqlite3_bind_text(s->handle, s->next++, text, -1,
						SQLITE_STATIC));
}

enum err stmt_step(struct stmt *s, bool *row)
{
	int rc;

	if (s->err != OK)
		return s->err;
	rc = sqlite3_step(s->handle);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
		stick(s, note_result(s->db, rc));
		return s->err;
	}
	s->next = 0;
	*row = rc == SQLITE_ROW;
	return OK;
}

uint64_t stmt_take_u64(struct stmt *s)
{
	return (uint64_t)sqlite3_column_int64(s->handle, s->next++);
}

struct bytes stmt_take_bytes(struct stmt *s, size_t max)
{
	const void *p = sqlite3_column_blob(s->handle, s->next);
	size_t n = (size_t)sqlite3_column_bytes(s->handle, s->next);

	s->next++;
	if (n > max) {
		stick(s, ERR_CORRUPT);
		n = 0;
	}
	return bytes_of(p, n);
}

void stmt_take_blob(struct stmt *s, void *out, size_t n)
{
	bool null = sqlite3_column_type(s->handle, s->next) == SQLITE_NULL;
	struct bytes b = stmt_take_bytes(s, n);

	memset(out, 0, n);
	if (b.n == n)
		memcpy(out, b.p, n);
	else if (!null)
		stick(s, ERR_CORRUPT);
}

void stmt_take_text(struct stmt *s, char *out, size_t size)
{
	struct bytes b = stmt_take_bytes(s, size - 1);

	memset(out, 0, size);
	if (b.n > 0)
		memcpy(out, b.p, b.n);
	if (memchr(out, '\0', b.n))
		stick(s, ERR_CORRUPT);
}

enum err stmt_check(const struct stmt *s)
{
	return s->err;
}

enum err stmt_end(struct stmt *s)
{
	if (s->handle) {
		sqlite3_reset(s->handle);
		sqlite3_clear_bindings(s->handle);
	}
	s->busy = false;
	return s->err;
}

enum err stmt_run(struct stmt *s)
{
	bool row = false;
	enum err e = stmt_step(s, &row);

	assert(e != OK || !row);
	return stmt_end(s);
}

enum err stmt_has_row(struct stmt *s, bool *has)
{
	*has = false;
	/* An error sticks until the end. */
	(void)!stmt_step(s, has);
	return stmt_end(s);
}
