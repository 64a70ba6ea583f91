/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "store/db_library.h"
#include "store/indexing.h"
#include "store/inside.h"
#include "store/rowio.h"
#include "store/schema.h"
#include "util/file.h"
#include "util/mem.h"

#define SETTING_USER "user_id"
#define BLOBS	     "blobs"

/* What is rewritten whole when something was erased; it takes as much memory
 * as the file has bytes, and a second for each few dozen MB. */
enum { REWRITE_PAGES_MAX = 64 * 1024 * 1024 / 4096 };

enum err store_library_start(const char **what)
{
	return db_library_start(what);
}

/* The master key encrypts nothing itself; number 1 is the database's. */
static uint8_t *derive_key(const struct master_key *mk)
{
	uint8_t *key = sodium_malloc(DB_KEY_BYTES);

	if (key)
		crypto_kdf_derive_from_key(key, DB_KEY_BYTES, 1, "umblstor",
					   mk->b);
	return key;
}

static enum err from_errno(void)
{
	switch (errno) {
	case ENOENT: return ERR_NOT_FOUND;
	case EEXIST: return ERR_EXISTS;
	case ENOSPC:
	case EDQUOT: return ERR_NO_SPACE;
	default: return ERR_IO;
	}
}

/* To the database library an empty or missing file is a new one that any
 * key opens; to us it is a loss. */
static enum err check_file(const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return from_errno();
	if (!S_ISREG(st.st_mode))
		return ERR_IO;
	return st.st_size > 0 ? OK : ERR_CORRUPT;
}

static enum err make_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		      0600);

	if (fd < 0)
		return from_errno();
	close(fd);
	return OK;
}

static char *blobs_beside(const char *path)
{
	const char *slash = strrchr(path, '/');
	int n = slash ? (int)(slash - path + 1) : 0;

	return xasprintf("%.*s%s", n, path, BLOBS);
}

static void remove_files(const char *path)
{
	char *wal = xasprintf("%s-wal", path);

	unlink(wal);
	unlink(path);
	free(wal);
}

static enum err open_store(const char *path, const struct master_key *mk,
			   struct store **out)
{
	struct store *s = xcalloc(1, sizeof(*s));
	enum err e = ERR_IO;

	s->blobs = blobs_beside(path);
	indexing_init(s, path);
	s->file_limits = file_limits_default();
	s->key = derive_key(mk);
	if (s->key && s->indexing.key)
		e = db_open(path, s->key, sql_texts(), &s->db);
	if (e == OK)
		*out = s;
	else
		store_close(s);
	return e;
}

/* What a new database holds. */
struct birth {
	struct uid user_id;
	uint64_t last_event; /* 0: none */
};

/* A row that is no event (JOURNAL_NONE) stands for all that went before: to
 * readers they are too old. */
static enum err write_last_event(struct store *s, uint64_t seq)
{
	struct stmt *q;

	if (seq == 0)
		return OK;
	q = db_stmt(s->db, SQL_JOURNAL_START);
	stmt_put_u64(q, seq);
	return stmt_run(q);
}

static enum err write_birth(struct store *s, const struct birth *b)
{
	struct stmt *q;
	enum err e = db_begin(s->db);

	if (e != OK)
		return e;
	q = db_stmt(s->db, SQL_SETTING_PUT);
	stmt_put_text(q, SETTING_USER);
	rowio_put_uid(q, &b->user_id);
	e = stmt_run(q);
	if (e == OK)
		e = write_last_event(s, b->last_event);
	if (e == OK)
		return db_commit(s->db);
	db_rollback(s->db);
	return e;
}

static enum err check_user(struct store *s, struct uid user_id)
{
	struct stmt *q = db_stmt(s->db, SQL_SETTING_GET);
	struct uid found = {{0}};
	bool row = false;
	enum err e;

	stmt_put_text(q, SETTING_USER);
	if (stmt_step(q, &row) == OK && row)
		found = rowio_take_uid(q);
	e = stmt_end(q);
	if (e != OK)
		return e;
	return row && memcmp(&found, &user_id, sizeof(found)) == 0
		   ? OK
		   : ERR_CORRUPT;
}

/* The last defence against a library that takes the key and does not use
 * it.  Not while the file is open: closing a second descriptor would give up
 * the lock. */
static enum err check_ciphertext(const char *path)
{
	static const char plain[] = "SQLite format 3";
	char head[sizeof(plain)];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n;

	if (fd < 0)
		return from_errno();
	n = read(fd, head, sizeof(head));
	close(fd);
	if (n != (ssize_t)sizeof(head))
		return ERR_IO;
	return memcmp(head, plain, sizeof(plain)) == 0 ? ERR_VERSION : OK;
}

static enum err fill_new(const char *path, const struct master_key *mk,
			 const struct birth *b)
{
	struct store *s;
	enum err e = open_store(path, mk, &s);

	if (e != OK)
		return e;
	/* Only once and before the first table: it writes to the file. */
	e = db_exec(s->db, "PRAGMA auto_vacuum = INCREMENTAL");
	if (e == OK)
		e = schema_migrate(s->db, 0);
	if (e == OK)
		e = write_birth(s, b);
	store_close(s);
	if (e == OK)
		e = check_ciphertext(path);
	if (e == OK)
		e = file_sync_folder_of(path);
	return e;
}

enum err store_create(const char *path, const struct master_key *mk,
		      struct uid user_id)
{
	return store_create_after(path, mk, user_id, 0);
}

enum err store_create_after(const char *path, const struct master_key *mk,
			    struct uid user_id, uint64_t last_event)
{
	const struct birth b = {user_id, last_event};
	enum err e = make_file(path);

	if (e != OK)
		return e;
	e = fill_new(path, mk, &b);
	if (e != OK)
		remove_files(path);
	return e;
}

static enum err is_setting_there(struct store *s, const char *key, bool *is)
{
	struct stmt *q = db_stmt(s->db, SQL_SETTING_GET);

	stmt_put_text(q, key);
	return stmt_has_row(q, is);
}

static enum err forget_setting(struct store *s, const char *key)
{
	struct stmt *q = db_stmt(s->db, SQL_SETTING_DELETE);

	stmt_put_text(q, key);
	return stmt_run(q);
}

/* The library overwrites what it deletes, but leaves copies of rows that it
 * moved from page to page, in parts of pages that are not in use.  What was
 * erased since the last time is in none of them afterwards.  If it does not
 * work now, then the next time. */
static void rewrite_erased(struct store *s)
{
	uint64_t pages;
	bool erased;

	if (is_setting_there(s, SETTING_ERASED, &erased) != OK || !erased ||
	    db_number(s->db, "PRAGMA page_count", &pages) != OK ||
	    pages > REWRITE_PAGES_MAX || db_rewrite(s->db) != OK)
		return;
	if (forget_setting(s, SETTING_ERASED) == OK)
		(void)!db_empty_log(s->db);
}

enum err store_open(const char *path, const struct master_key *mk,
		    struct uid user_id, struct store **out)
{
	struct store *s;
	enum err e = check_file(path);

	if (e == OK)
		e = open_store(path, mk, &s);
	if (e != OK)
		return e;
	e = schema_migrate(s->db, 1);
	if (e == OK)
		e = check_user(s, user_id);
	s->is_ours = e == OK;
	if (e == OK) {
		tidy_at_open(s);
		indexing_open(s);
		rewrite_erased(s);
		*out = s;
	} else {
		store_close(s);
	}
	return e;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	if (s->is_ours) {
		store_rollback(s);
		rewrite_erased(s);
		indexing_close(s);
	}
	db_close(s->db);
	indexing_free(s);
	sodium_free(s->key);
	free(s->doomed);
	free(s->blobs);
	free(s);
}

enum err store_begin(struct store *s)
{
	enum err e = db_heal(s->db);

	return e == OK ? db_begin(s->db) : e;
}

enum err store_apply(struct store *s, const struct effect *e, uint64_t wall_ms)
{
	enum err r = save_effect(s, e, wall_ms);

	if (r != OK)
		store_rollback(s);
	return r;
}

enum err store_commit(struct store *s)
{
	enum err e;

	indexing_commit(s);
	e = db_commit(s->db);
	indexing_committed(s, e == OK);
	/* The log still has what was erased from the file.  If it cannot be
	 * emptied now, then after the next commit, or at the end. */
	if (e == OK && s->erased)
		s->erased = db_empty_log(s->db) != OK;
	/* After an error the rows may be gone or not: the next opening of the
	 * store will see. */
	if (e == OK)
		tidy_drop_doomed(s);
	else
		tidy_spare_doomed(s);
	return e;
}

void store_rollback(struct store *s)
{
	db_rollback(s->db);
	indexing_rollback(s);
	tidy_spare_doomed(s);
}

void store_on_drop(struct store *s, store_drop_fn *fn, void *ctx)
{
	s->on_drop = fn;
	s->drop_ctx = ctx;
}

const char *store_blobs(const struct store *s)
{
	return s->blobs;
}

void store_set_file_limits(struct store *s, const struct file_limits *limits)
{
	s->file_limits = *limits;
}

const struct file_limits *store_file_limits(const struct store *s)
{
	return &s->file_limits;
}
