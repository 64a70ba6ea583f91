/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/blob.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "util/file.h"
#include "util/mem.h"
#include "util/text.h"

struct blob {
	int fd;
};

/* PROTOCOL 12.1: a receiver MUST NOT take it for a path.  The names in here
 * are random. */
#define NAME_TEXT (2 * sizeof(struct blob_name))

static enum err from_errno(void)
{
	switch (errno) {
	case ENOENT: return ERR_NOT_FOUND;
	case EEXIST: return ERR_EXISTS;
	case ENOSPC:
	case EDQUOT:
	case EFBIG: return ERR_NO_SPACE;
	default: return ERR_IO;
	}
}

static int open_folder(const char *folder)
{
	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* A name is looked up in the folder that is open, whatever becomes of the
 * path meanwhile. */
static int open_in(int folder, const struct blob_name *name, int flags)
{
	char text[NAME_TEXT + 1];

	hex_encode(name->b, sizeof(name->b), text);
	return openat(folder, text,
		      flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
			  O_NOCTTY,
		      0600);
}

static struct blob *blob_of(int fd)
{
	struct blob *b = xcalloc(1, sizeof(*b));

	b->fd = fd;
	return b;
}

static enum err make_folder(const char *folder)
{
	struct stat st;
	enum err e;

	if (lstat(folder, &st) == 0)
		return S_ISDIR(st.st_mode) ? OK : ERR_IO;
	e = file_make_dir(folder);
	return e == OK ? file_sync_folder_of(folder) : e;
}

enum err blob_create(const char *folder, const struct blob_name *name,
		     struct blob **out)
{
	enum err e = make_folder(folder);
	int dir, fd;

	if (e != OK)
		return e;
	dir = open_folder(folder);
	if (dir < 0)
		return ERR_IO;
	fd = open_in(dir, name, O_CREAT | O_EXCL);
	if (fd < 0)
		e = from_errno();
	else if (fsync(dir) != 0)
		e = from_errno();
	close(dir);
	if (e == OK)
		*out = blob_of(fd);
	else if (fd >= 0)
		close(fd);
	return e;
}

enum err blob_open(const char *folder, const struct blob_name *name,
		   struct blob **out)
{
	int dir = open_folder(folder), fd;
	struct stat st;
	enum err e;

	if (dir < 0)
		return from_errno();
	fd = open_in(dir, name, 0);
	e = fd < 0 ? from_errno() : OK;
	close(dir);
	if (e != OK)
		return e;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return ERR_IO;
	}
	*out = blob_of(fd);
	return OK;
}

void blob_close(struct blob *b)
{
	if (!b)
		return;
	close(b->fd);
	xfree(b, sizeof(*b));
}

/* Where the file system cannot reserve, writing will tell. */
static enum err allocate(int fd, uint64_t bytes)
{
	if (bytes == 0 ||
	    fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)bytes) == 0 ||
	    errno == EOPNOTSUPP || errno == ENOSYS)
		return OK;
	return from_errno();
}

enum err blob_reserve(struct blob *b, const struct chunk_plan *p,
		      uint64_t keep_free_bytes)
{
	uint64_t want = chunk_blob_bytes(p), has, left;
	struct statvfs fs;
	struct stat st;

	if (fstat(b->fd, &st) != 0 || fstatvfs(b->fd, &fs) != 0)
		return ERR_IO;
	has = (uint64_t)st.st_blocks * 512;
	left = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (has < want &&
	    (left < keep_free_bytes || left - keep_free_bytes < want - has))
		return ERR_NO_SPACE;
	return allocate(b->fd, want);
}

size_t blob_piece_bytes(const struct chunk_plan *p, uint32_t index)
{
	if (index == BLOB_MANIFEST)
		return manifest_bytes(p);
	return index < chunk_count(p) ? chunk_sealed_bytes(p, index) : 0;
}

/* The manifest lies where one chunk more would. */
static off_t place_of(const struct chunk_plan *p, uint32_t index)
{
	if (index == BLOB_MANIFEST)
		return (off_t)(chunk_blob_bytes(p) - manifest_bytes(p));
	return (off_t)chunk_offset(p, index);
}

static bool has_piece(const struct chunk_plan *p, uint32_t index)
{
	return index == BLOB_MANIFEST || index < chunk_count(p);
}

enum err blob_read(struct blob *b, const struct chunk_plan *p, uint32_t index,
		   uint8_t *out)
{
	size_t left = blob_piece_bytes(p, index);
	off_t at;

	if (!has_piece(p, index))
		return ERR_RANGE;
	for (at = place_of(p, index); left > 0;) {
		ssize_t n = pread(b->fd, out, left, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? from_errno() : ERR_CORRUPT;
		out += n;
		at += n;
		left -= (size_t)n;
	}
	return OK;
}

enum err blob_write(struct blob *b, const struct chunk_plan *p, uint32_t index,
		    struct bytes sealed)
{
	off_t at;

	if (!has_piece(p, index) || sealed.n != blob_piece_bytes(p, index))
		return ERR_RANGE;
	for (at = place_of(p, index); sealed.n > 0;) {
		ssize_t n = pwrite(b->fd, sealed.p, sealed.n, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return from_errno();
		sealed.p += n;
		sealed.n -= (size_t)n;
		at += n;
	}
	return OK;
}

enum err blob_sync(struct blob *b)
{
	return fdatasync(b->fd) == 0 ? OK : from_errno();
}

enum err blob_length(struct blob *b, uint64_t *bytes)
{
	struct stat st;

	if (fstat(b->fd, &st) != 0)
		return ERR_IO;
	*bytes = (uint64_t)st.st_size;
	return OK;
}

int blob_unlink(const char *folder, const struct blob_name *name)
{
	char text[NAME_TEXT + 1];
	int dir = open_folder(folder), fd;

	if (dir < 0)
		return -1;
	hex_encode(name->b, sizeof(name->b), text);
	fd = openat(dir, text, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	unlinkat(dir, text, 0);
	close(dir);
	return fd;
}

void blob_drop(const char *folder, const struct blob_name *name)
{
	int fd = blob_unlink(folder, name);

	if (fd >= 0)
		close(fd);
}

bool blob_exists(const char *folder, const struct blob_name *name)
{
	char text[NAME_TEXT + 1];
	int dir = open_folder(folder);
	struct stat st;
	bool is;

	if (dir < 0)
		return false;
	hex_encode(name->b, sizeof(name->b), text);
	is = fstatat(dir, text, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	     S_ISREG(st.st_mode);
	close(dir);
	return is;
}

enum err blob_list(const char *folder,
		   void (*fn)(void *ctx, const struct blob_name *name),
		   void *ctx)
{
	struct blob_name name;
	struct dirent *d;
	int fd = open_folder(folder);
	DIR *dir;

	if (fd < 0)
		return errno == ENOENT ? OK : ERR_IO;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return ERR_IO;
	}
	while ((d = readdir(dir)))
		if (hex_decode(d->d_name, strlen(d->d_name), name.b,
			       sizeof(name.b)) == OK)
			fn(ctx, &name);
	closedir(dir);
	return OK;
}
