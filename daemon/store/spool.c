/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <sodium.h>

#include "util/file.h"
#include "util/mem.h"

/* How much is written before the disk is looked at again. */
#define LOOK_BYTES (UINT64_C(8) << 20)

struct spool {
	int fd;
	char *path;
	uint64_t bytes;
	uint64_t look_at; /* at this length; 0: never */
	uint64_t keep_free_bytes;
	struct noise *noise; /* what there is in its place, or NULL */
};

struct noise {
	uint8_t key[crypto_stream_chacha20_KEYBYTES];
	uint8_t head[SPOOL_HEAD_MAX];
	size_t head_bytes;
};

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

static enum err check_room(int fd, uint64_t bytes, uint64_t keep_free_bytes)
{
	struct statvfs fs;
	uint64_t left;

	if (fstatvfs(fd, &fs) != 0)
		return ERR_IO;
	left = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (left < keep_free_bytes || left - keep_free_bytes < bytes)
		return ERR_NO_SPACE;
	return OK;
}

static struct spool *spool_of(int fd, const char *path, uint64_t bytes)
{
	struct spool *s = xcalloc(1, sizeof(*s));

	*s = (struct spool){.fd = fd, .path = xstrdup(path), .bytes = bytes};
	return s;
}

enum err spool_create(const char *path, uint64_t bytes,
		      uint64_t keep_free_bytes, struct spool **out)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		      0600);
	enum err e;

	if (fd < 0)
		return from_errno();
	e = check_room(fd, bytes, keep_free_bytes);
	if (e == OK) {
		*out = spool_of(fd, path, 0);
		(*out)->look_at = LOOK_BYTES;
		(*out)->keep_free_bytes = keep_free_bytes;
		return OK;
	}
	close(fd);
	unlink(path);
	return e;
}

enum err spool_open(const char *path, struct spool **out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return from_errno();
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return ERR_IO;
	}
	*out = spool_of(fd, path, (uint64_t)st.st_size);
	return OK;
}

void spool_free(struct spool *s, bool keep)
{
	if (!s)
		return;
	close(s->fd);
	if (!keep)
		unlink(s->path);
	if (s->noise)
		xfree(s->noise, sizeof(*s->noise));
	free(s->path);
	free(s);
}

void spool_unlink(const struct spool *s)
{
	unlink(s->path);
}

void spool_become_noise(struct spool *s, struct bytes head)
{
	if (s->noise)
		return;
	s->noise = xcalloc(1, sizeof(*s->noise));
	randombytes_buf(s->noise->key, sizeof(s->noise->key));
	if (head.n > 0)
		memcpy(s->noise->head, head.p, head.n);
	s->noise->head_bytes = head.n;
	/* It is closed later: that may take the disk a while. */
	unlink(s->path);
}

/* One block of it, or what is wanted of that; how much that is. */
static size_t make_noise(const struct noise *x, uint64_t offset, uint8_t *out,
			 size_t n)
{
	static const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
	uint8_t block[64] = {0};
	size_t at = offset % sizeof(block);

	if (n > sizeof(block) - at)
		n = sizeof(block) - at;
	crypto_stream_chacha20_xor_ic(block, block, sizeof(block), nonce,
				      offset / sizeof(block), x->key);
	memcpy(out, block + at, n);
	for (size_t i = 0; i < n && offset + i < x->head_bytes; i++)
		out[i] = x->head[offset + i];
	return n;
}

static enum err get_noise(const struct spool *s, uint64_t offset, uint8_t *out,
			  size_t n)
{
	if (offset > s->bytes || n > s->bytes - offset)
		return ERR_SHORT;
	while (n > 0) {
		size_t made = make_noise(s->noise, offset, out, n);

		out += made;
		offset += made;
		n -= made;
	}
	return OK;
}

uint64_t spool_bytes(const struct spool *s)
{
	return s->bytes;
}

enum err spool_put(struct spool *s, struct bytes b)
{
	enum err e = OK;

	if (s->look_at && s->bytes >= s->look_at) {
		s->look_at = s->bytes + LOOK_BYTES;
		e = check_room(s->fd, 0, s->keep_free_bytes);
	}
	if (e == OK)
		e = file_write_all(s->fd, b.p, b.n);
	if (e == OK)
		s->bytes += b.n;
	return e;
}

enum err spool_get(const struct spool *s, uint64_t offset, void *out, size_t n)
{
	uint8_t *p = out;

	if (s->noise)
		return get_noise(s, offset, out, n);
	while (n > 0) {
		ssize_t got = pread(s->fd, p, n, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? ERR_IO : ERR_SHORT;
		p += got;
		offset += (uint64_t)got;
		n -= (size_t)got;
	}
	return OK;
}

enum err spool_sync(struct spool *s)
{
	return fsync(s->fd) == 0 ? OK : from_errno();
}
