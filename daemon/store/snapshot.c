/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "store/inside.h"
#include "util/mem.h"

enum { STEP_PAGES = 64 };

struct snapshot {
	struct store *of; /* NULL: it is done */
	char *path, *blobs;
	uint8_t *key;
};

static enum err make_empty(const char *path)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		  0600);
	if (fd < 0)
		return errno == ENOSPC || errno == EDQUOT ? ERR_NO_SPACE
							  : ERR_IO;
	close(fd);
	return OK;
}

static uint8_t *copy_key(const uint8_t *key)
{
	uint8_t *copy = sodium_malloc(DB_KEY_BYTES);

	if (copy)
		memcpy(copy, key, DB_KEY_BYTES);
	return copy;
}

enum err snapshot_start(struct store *s, const char *path,
			struct snapshot **out)
{
	struct snapshot *n = xcalloc(1, sizeof(*n));
	enum err e;

	n->path = xstrdup(path);
	n->blobs = xstrdup(s->blobs);
	n->key = copy_key(s->key);
	e = n->key ? make_empty(path) : ERR_FULL;
	if (e == OK)
		e = db_copy_start(s->db, path);
	if (e == OK) {
		n->of = s;
		*out = n;
	} else {
		snapshot_free(n);
	}
	return e;
}

enum err snapshot_step(struct snapshot *n, bool *done)
{
	enum err e = db_copy_step(n->of->db, STEP_PAGES, done);

	if (e != OK || !*done)
		return e;
	db_copy_end(n->of->db);
	n->of = NULL;
	return OK;
}

enum err snapshot_open(const struct snapshot *n, struct store **out)
{
	struct store *s = xcalloc(1, sizeof(*s));
	enum err e = ERR_FULL;

	s->blobs = xstrdup(n->blobs);
	s->key = copy_key(n->key);
	if (s->key)
		e = db_open(n->path, s->key, sql_texts(), &s->db);
	if (e == OK)
		*out = s;
	else
		store_close(s);
	return e;
}

void snapshot_free(struct snapshot *n)
{
	char *wal;

	if (!n)
		return;
	if (n->of)
		db_copy_end(n->of->db);
	wal = xasprintf("%s-wal", n->path);
	unlink(wal);
	unlink(n->path);
	free(wal);
	free(n->path);
	free(n->blobs);
	sodium_free(n->key);
	free(n);
}
