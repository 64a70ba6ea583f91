/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shim_blobs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "store_kit.h"

enum { NAME_BYTES = 40, BLOBS_MAX = 256 };

enum op_type { OP_MAKE, OP_REMOVE, OP_SYNC_FOLDER, OP_WRITE, OP_SYNC };

struct op {
	enum op_type type;
	uint64_t number; /* by shim_mark() */
	size_t blob;
	uint64_t at;
	size_t n;
	uint8_t *data;
};

static struct {
	bool is_on;
	ino_t folder;
	char name[BLOBS_MAX][NAME_BYTES];
	ino_t inode[BLOBS_MAX];
	size_t count;
	struct op *ops;
	size_t op_count, op_cap;
} shim;

static struct op *note(enum op_type type, size_t blob)
{
	if (shim.op_count == shim.op_cap) {
		shim.op_cap = shim.op_cap ? 2 * shim.op_cap : 1024;
		shim.ops = xrealloc(shim.ops, shim.op_cap * sizeof(*shim.ops));
	}
	shim.ops[shim.op_count] =
	    (struct op){.type = type, .number = shim_mark(), .blob = blob};
	return &shim.ops[shim.op_count++];
}

static ino_t inode_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_ino;
}

/* The youngest: the numbers of those that were removed are used again. */
static bool find_inode(ino_t inode, size_t *blob)
{
	for (*blob = shim.count; (*blob)-- > 0;)
		if (shim.inode[*blob] == inode)
			return true;
	return false;
}

static bool find_name(const char *name, size_t *blob)
{
	for (*blob = shim.count; (*blob)-- > 0;)
		if (strcmp(shim.name[*blob], name) == 0)
			return true;
	return false;
}

/* --- the calls --- */

int __real_openat(int folder, const char *name, int flags, ...);
ssize_t __real_pwrite(int fd, const void *p, size_t n, off_t at);
int __real_unlinkat(int folder, const char *name, int flags);

int __wrap_openat(int folder, const char *name, int flags, ...);
ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t at);
int __wrap_unlinkat(int folder, const char *name, int flags);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);

int __wrap_openat(int folder, const char *name, int flags, ...)
{
	va_list ap;
	mode_t mode;
	int fd;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	fd = __real_openat(folder, name, flags, mode);
	if (!shim.is_on || fd < 0 || !(flags & O_CREAT))
		return fd;
	assert_true(shim.count < BLOBS_MAX && strlen(name) < NAME_BYTES);
	strcpy(shim.name[shim.count], name);
	shim.inode[shim.count] = inode_of(fd);
	note(OP_MAKE, shim.count++);
	return fd;
}

ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t at)
{
	ssize_t done = __real_pwrite(fd, p, n, at);
	size_t blob;

	if (shim.is_on && done > 0 && find_inode(inode_of(fd), &blob)) {
		struct op *op = note(OP_WRITE, blob);

		op->at = (uint64_t)at;
		op->n = (size_t)done;
		op->data = xmemdup(p, op->n);
	}
	return done;
}

int __wrap_unlinkat(int folder, const char *name, int flags)
{
	size_t blob;

	if (shim.is_on && find_name(name, &blob))
		note(OP_REMOVE, blob);
	return __real_unlinkat(folder, name, flags);
}

/* What is there need not be made safe: nobody cuts the power. */
static int sync_any(int fd)
{
	size_t blob;

	if (!shim.is_on)
		return 0;
	if (inode_of(fd) == shim.folder)
		note(OP_SYNC_FOLDER, 0);
	else if (find_inode(inode_of(fd), &blob))
		note(OP_SYNC, blob);
	return 0;
}

int __wrap_fsync(int fd)
{
	return sync_any(fd);
}

int __wrap_fdatasync(int fd)
{
	return sync_any(fd);
}

void shim_blobs_start(const char *folder)
{
	struct stat st;

	shim_blobs_free();
	assert_int_equal(stat(folder, &st), 0);
	shim.folder = st.st_ino;
	shim.is_on = true;
}

void shim_blobs_stop(void)
{
	shim.is_on = false;
}

void shim_blobs_free(void)
{
	size_t i;

	for (i = 0; i < shim.op_count; i++)
		free(shim.ops[i].data);
	free(shim.ops);
	memset(&shim, 0, sizeof(shim));
}

/* --- images --- */

/* The first thing that is not safe. */
static size_t safe_up_to(enum op_type sync, size_t blob, uint64_t cut)
{
	size_t i, safe = 0;

	for (i = 0; i < shim.op_count && shim.ops[i].number < cut; i++)
		if (shim.ops[i].type == sync && shim.ops[i].blob == blob)
			safe = i;
	return safe;
}

/* Whether its name is in the folder. */
static bool is_there(size_t blob, uint64_t cut, uint64_t *seed)
{
	size_t i, safe = safe_up_to(OP_SYNC_FOLDER, 0, cut);
	bool there = false;

	for (i = 0; i < shim.op_count && shim.ops[i].number < cut; i++) {
		const struct op *op = &shim.ops[i];

		if (op->blob != blob ||
		    (op->type != OP_MAKE && op->type != OP_REMOVE))
			continue;
		if (i < safe || shim_draw(seed) % 2)
			there = op->type == OP_MAKE;
	}
	return there;
}

static struct shim_content content(size_t blob, uint64_t cut, uint64_t *seed,
				   bool blind)
{
	size_t i, safe = blind ? 0 : safe_up_to(OP_SYNC, blob, cut);
	struct shim_content c = {NULL, 0, 0};

	for (i = 0; i < shim.op_count && shim.ops[i].number < cut; i++) {
		const struct op *op = &shim.ops[i];

		if (op->blob != blob || op->type != OP_WRITE)
			continue;
		if (i < safe)
			shim_put(&c, op->at, op->data, op->n);
		else
			shim_maybe_put(&c, op->at, op->data, op->n, seed);
	}
	return c;
}

static void empty(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *d;

	assert_non_null(dir);
	while ((d = readdir(dir)))
		if (d->d_name[0] != '.')
			__real_unlinkat(dirfd(dir), d->d_name, 0);
	closedir(dir);
}

void shim_blobs_image(const char *folder, uint64_t cut, uint64_t *seed,
		      bool blind)
{
	size_t i;

	empty(folder);
	for (i = 0; i < shim.count; i++) {
		struct shim_content c;
		char *path;

		if (!is_there(i, cut, seed))
			continue;
		c = content(i, cut, seed, blind);
		path = xasprintf("%s/%s", folder, shim.name[i]);
		kit_spill(path, c.n ? c.data : (const uint8_t *)"", c.n);
		free(path);
		free(c.data);
	}
}
