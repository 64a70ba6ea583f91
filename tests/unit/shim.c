/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shim.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sqlcipher/sqlite3.h>

#include "check.h"
#include "store_kit.h"

enum { SECTOR = 512, NAME_MAX_SHIM = 512 };

enum op_type { OP_WRITE, OP_TRUNCATE, OP_SYNC, OP_ACK, OP_MARK };

struct op {
	enum op_type type;
	enum shim_file file;
	uint64_t at; /* offset, size or acknowledged number */
	size_t n;
	uint8_t *data;
};

struct shim_io {
	sqlite3_file base;
	sqlite3_file *real;
	enum shim_file file;
	bool followed;
};

static struct {
	sqlite3_vfs vfs;
	sqlite3_vfs *real;
	char path[SHIM_FILES][NAME_MAX_SHIM];
	struct shim_content start[SHIM_FILES];
	struct op *ops;
	size_t count, cap;
} shim;

static struct op *note(enum op_type type, enum shim_file file, uint64_t at)
{
	if (shim.count == shim.cap) {
		shim.cap = shim.cap ? 2 * shim.cap : 1024;
		shim.ops = xrealloc(shim.ops, shim.cap * sizeof(*shim.ops));
	}
	shim.ops[shim.count] =
	    (struct op){.type = type, .file = file, .at = at};
	return &shim.ops[shim.count++];
}

static struct shim_io *io_of(sqlite3_file *f)
{
	return (struct shim_io *)(void *)f;
}

static int io_close(sqlite3_file *f)
{
	struct shim_io *io = io_of(f);
	int rc = io->real->pMethods->xClose(io->real);

	free(io->real);
	return rc;
}

static int io_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	return io_of(f)->real->pMethods->xRead(io_of(f)->real, p, n, at);
}

static int io_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	struct shim_io *io = io_of(f);

	if (io->followed) {
		struct op *op = note(OP_WRITE, io->file, (uint64_t)at);

		op->n = (size_t)n;
		op->data = xmemdup(p, (size_t)n);
	}
	return io->real->pMethods->xWrite(io->real, p, n, at);
}

static int io_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	struct shim_io *io = io_of(f);

	if (io->followed)
		note(OP_TRUNCATE, io->file, (uint64_t)size);
	return io->real->pMethods->xTruncate(io->real, size);
}

/* What is there need not be made safe: nobody cuts the power. */
static int io_sync(sqlite3_file *f, int flags)
{
	(void)flags;
	if (io_of(f)->followed)
		note(OP_SYNC, io_of(f)->file, 0);
	return SQLITE_OK;
}

static int io_size(sqlite3_file *f, sqlite3_int64 *out)
{
	return io_of(f)->real->pMethods->xFileSize(io_of(f)->real, out);
}

static int io_lock(sqlite3_file *f, int how)
{
	return io_of(f)->real->pMethods->xLock(io_of(f)->real, how);
}

static int io_unlock(sqlite3_file *f, int how)
{
	return io_of(f)->real->pMethods->xUnlock(io_of(f)->real, how);
}

static int io_check_lock(sqlite3_file *f, int *out)
{
	return io_of(f)->real->pMethods->xCheckReservedLock(io_of(f)->real,
							    out);
}

static int io_control(sqlite3_file *f, int op, void *arg)
{
	return io_of(f)->real->pMethods->xFileControl(io_of(f)->real, op, arg);
}

static int io_sector(sqlite3_file *f)
{
	(void)f;
	return SECTOR;
}

/* None: no promise about what the disk does by itself. */
static int io_device(sqlite3_file *f)
{
	(void)f;
	return 0;
}

/* Version 1: no shared memory, which the store does without. */
static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = io_close,
    .xRead = io_read,
    .xWrite = io_write,
    .xTruncate = io_truncate,
    .xSync = io_sync,
    .xFileSize = io_size,
    .xLock = io_lock,
    .xUnlock = io_unlock,
    .xCheckReservedLock = io_check_lock,
    .xFileControl = io_control,
    .xSectorSize = io_sector,
    .xDeviceCharacteristics = io_device,
};

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *f,
		     int flags, int *out)
{
	struct shim_io *io = io_of(f);
	size_t i;
	int rc;

	(void)vfs;
	io->base.pMethods = NULL;
	io->followed = false;
	for (i = 0; name && i < SHIM_FILES; i++)
		if (strcmp(name, shim.path[i]) == 0) {
			io->file = (enum shim_file)i;
			io->followed = true;
		}
	io->real = xcalloc(1, (size_t)shim.real->szOsFile);
	rc = shim.real->xOpen(shim.real, name, io->real, flags, out);
	if (rc == SQLITE_OK)
		io->base.pMethods = &methods;
	else
		free(io->real);
	return rc;
}

static struct shim_content slurp(const char *path)
{
	struct shim_content c = {NULL, 0, 0};

	if (access(path, F_OK) == 0)
		c.data = kit_slurp(path, &c.n);
	return c;
}

void shim_start(const char *db_path, const char *wal_path)
{
	shim_free();
	strcpy(shim.path[SHIM_DB], db_path);
	strcpy(shim.path[SHIM_WAL], wal_path);
	shim.start[SHIM_DB] = slurp(db_path);
	shim.start[SHIM_WAL] = slurp(wal_path);
	shim.real = sqlite3_vfs_find("unix");
	assert_non_null(shim.real);
	shim.vfs = *shim.real;
	shim.vfs.zName = "shim";
	shim.vfs.szOsFile = sizeof(struct shim_io);
	shim.vfs.pNext = NULL;
	shim.vfs.xOpen = open_file;
	assert_int_equal(sqlite3_vfs_register(&shim.vfs, 1), SQLITE_OK);
}

void shim_stop(void)
{
	assert_int_equal(sqlite3_vfs_register(shim.real, 1), SQLITE_OK);
	sqlite3_vfs_unregister(&shim.vfs);
}

void shim_free(void)
{
	size_t i;

	for (i = 0; i < shim.count; i++)
		free(shim.ops[i].data);
	for (i = 0; i < SHIM_FILES; i++)
		free(shim.start[i].data);
	free(shim.ops);
	memset(&shim, 0, sizeof(shim));
}

void shim_ack(uint64_t n)
{
	note(OP_ACK, SHIM_DB, n);
}

uint64_t shim_mark(void)
{
	note(OP_MARK, SHIM_DB, 0);
	return shim.count - 1;
}

uint64_t shim_count(void)
{
	return shim.count;
}

uint64_t shim_draw(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * 0x2545f4914f6cdd1dULL >> 11;
}

static void resize(struct shim_content *c, size_t n)
{
	if (n >= c->cap) {
		c->cap = 2 * n + 4096;
		c->data = xrealloc(c->data, c->cap);
	}
	if (n > c->n)
		memset(c->data + c->n, 0, n - c->n);
	c->n = n;
}

void shim_put(struct shim_content *c, uint64_t at, const uint8_t *p, size_t n)
{
	if (at + n > c->n)
		resize(c, at + n);
	memcpy(c->data + at, p, n);
}

static void carry_out(struct shim_content *c, const struct op *op)
{
	if (op->type == OP_WRITE)
		shim_put(c, op->at, op->data, op->n);
	else if (op->type == OP_TRUNCATE)
		resize(c, op->at);
}

/* What becomes of something that was not synced. */
enum fate { LOST, LOST_TOO, ARRIVES, ARRIVES_IN_PART, FATES };

/* Sectors as the disk has them, not as the write has. */
static void put_sectors(struct shim_content *c, uint64_t at, const uint8_t *p,
			size_t n, uint64_t *seed)
{
	size_t done, some;

	for (done = 0; done < n; done += some) {
		some = SECTOR - (at + done) % SECTOR;
		some = some < n - done ? some : n - done;
		if (shim_draw(seed) % 2)
			shim_put(c, at + done, p + done, some);
	}
}

void shim_maybe_put(struct shim_content *c, uint64_t at, const uint8_t *p,
		    size_t n, uint64_t *seed)
{
	switch ((enum fate)(shim_draw(seed) % FATES)) {
	case LOST:
	case LOST_TOO: break;
	case ARRIVES: shim_put(c, at, p, n); break;
	case ARRIVES_IN_PART: put_sectors(c, at, p, n, seed); break;
	case FATES: break;
	}
}

static void maybe(struct shim_content *c, const struct op *op, uint64_t *seed)
{
	if (op->type == OP_WRITE)
		shim_maybe_put(c, op->at, op->data, op->n, seed);
	else if (shim_draw(seed) % FATES > LOST_TOO)
		carry_out(c, op);
}

static uint64_t last_sync(enum shim_file file, uint64_t cut, bool blind)
{
	uint64_t i, last = 0;

	for (i = 0; i < cut; i++)
		if (shim.ops[i].type == OP_SYNC && shim.ops[i].file == file &&
		    !(blind && file == SHIM_WAL))
			last = i;
	return last;
}

uint64_t shim_image(const char *const paths[SHIM_FILES], uint64_t cut,
		    uint64_t *seed, bool blind)
{
	uint64_t safe[SHIM_FILES], i, acked = 0;
	struct shim_content c[SHIM_FILES];
	const struct op *op;
	size_t f;

	for (f = 0; f < SHIM_FILES; f++) {
		safe[f] = last_sync((enum shim_file)f, cut, blind);
		c[f] = (struct shim_content){NULL, 0, 0};
		if (shim.start[f].n > 0)
			shim_put(&c[f], 0, shim.start[f].data, shim.start[f].n);
	}
	for (i = 0; i < cut; i++) {
		op = &shim.ops[i];
		if (op->type == OP_ACK)
			acked = op->at;
		else if (op->type == OP_MARK)
			continue;
		else if (i < safe[op->file])
			carry_out(&c[op->file], op);
		else
			maybe(&c[op->file], op, seed);
	}
	for (f = 0; f < SHIM_FILES; f++) {
		kit_spill(paths[f], c[f].n ? c[f].data : (const uint8_t *)"",
			  c[f].n);
		free(c[f].data);
	}
	return acked;
}
