/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "util/mem.h"

static enum err from_errno(void)
{
	if (errno == ENOSPC || errno == EDQUOT)
		return ERR_NO_SPACE;
	return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
}

static enum err read_fd(int fd, struct buf *out)
{
	uint8_t chunk[4096];
	enum err e = OK;
	ssize_t n = 1;

	while (e == OK && n != 0) {
		n = read(fd, chunk, sizeof(chunk));
		if (n > 0)
			e = buf_put(out, chunk, (size_t)n);
		else if (n < 0 && errno != EINTR)
			e = ERR_IO;
	}
	/* It may be a passphrase. */
	sodium_memzero(chunk, sizeof(chunk));
	return e;
}

static enum err read_plain(const char *path, mode_t unwanted, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st = {.st_mode = 0};
	enum err e = ERR_IO;
	int saved;

	if (fd < 0)
		return from_errno();
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		e = st.st_mode & unwanted ? ERR_STATE : read_fd(fd, out);
	else
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
	saved = errno;
	close(fd);
	errno = saved;
	return e;
}

enum err file_read(const char *path, struct buf *out)
{
	return read_plain(path, 0, out);
}

enum err file_read_ours(const char *path, struct buf *out)
{
	return read_plain(path, S_IWOTH, out);
}

/* Nobody takes "Too many levels of symbolic links" for what it means here. */
const char *file_why(enum err e)
{
	if (e == ERR_FULL)
		return "it is too long";
	if (e == ERR_STATE)
		return "everybody may write to it: chmod o-w it";
	if (errno == ELOOP)
		return "it is a symbolic link: name what it leads to";
	return errno == EINVAL ? "it is no plain file" : strerror(errno);
}

enum err file_write_all(int fd, const void *data, size_t n)
{
	const char *p = data;

	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return from_errno();
		p += done;
		n -= (size_t)done;
	}
	return OK;
}

enum err file_sync_folder_of(const char *path)
{
	char *dir = xstrdup(path);
	char *slash = strrchr(dir, '/');
	enum err e = OK;
	int fd;

	if (slash)
		slash[slash == dir ? 1 : 0] = '\0';
	fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		e = ERR_IO;
	if (fd >= 0)
		close(fd);
	free(dir);
	return e;
}

static enum err write_new(const char *path, const void *data, size_t n,
			  mode_t mode)
{
	int fd = open(
	    path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	enum err e;

	if (fd < 0)
		return from_errno();
	e = file_write_all(fd, data, n);
	if (e == OK && fsync(fd) != 0)
		e = from_errno();
	if (close(fd) != 0 && e == OK)
		e = from_errno();
	return e;
}

enum err file_replace(const char *path, const void *data, size_t n, mode_t mode)
{
	char *tmp = xasprintf("%s.tmp", path);
	enum err e;

	/* A leftover of a crash; we are the only writer of this folder. */
	unlink(tmp);
	e = write_new(tmp, data, n, mode);
	if (e == OK && rename(tmp, path) != 0)
		e = from_errno();
	if (e == OK)
		e = file_sync_folder_of(path);
	else
		unlink(tmp);
	free(tmp);
	return e;
}

enum err file_make_dir(const char *path)
{
	struct stat st;

	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return from_errno();
	if (lstat(path, &st) != 0)
		return from_errno();
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)))
		return ERR_STATE;
	return OK;
}
