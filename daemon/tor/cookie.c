/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor/cookie.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

/* In a user namespace of our own the kernel shows others so
 * (user_namespaces(7)): then that the folder is theirs has to do, which umbeld
 * has seen. */
#define UNMAPPED_UID 65534

static bool is_owner(uid_t owner, uid_t uid)
{
	return owner == geteuid() || owner == uid ||
	       (uid != geteuid() && owner == UNMAPPED_UID);
}

static bool is_trusted(int fd, uid_t uid)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       st.st_size == CONTROL_COOKIE_BYTES && is_owner(st.st_uid, uid) &&
	       (st.st_mode & (S_IWGRP | S_IRWXO)) == 0;
}

enum err cookie_read(const char *path, uid_t uid,
		     uint8_t out[CONTROL_COOKIE_BYTES])
{
	uint8_t raw[CONTROL_COOKIE_BYTES + 1];
	enum err e = ERR_AUTH;
	ssize_t n;
	/* O_NONBLOCK: opening a pipe must not hang. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0 && errno == ENOENT)
		return ERR_NOT_FOUND;
	if (fd < 0)
		return errno == ELOOP ? ERR_AUTH : ERR_IO;
	if (is_trusted(fd, uid)) {
		n = read(fd, raw, sizeof(raw));
		if (n == CONTROL_COOKIE_BYTES)
			e = OK;
	}
	close(fd);
	if (e == OK)
		memcpy(out, raw, CONTROL_COOKIE_BYTES);
	sodium_memzero(raw, sizeof(raw));
	return e;
}
