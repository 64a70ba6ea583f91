/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/out.h"
#include "util/file.h"
#include "util/label.h"
#include "util/mem.h"

#define NUMBERS_MAX	    9999
#define EXTENSION_MAX_BYTES 16

static bool is_folder(const char *path)
{
	struct stat st;

	return path[0] == '\0' || path[strlen(path) - 1] == '/' ||
	       (stat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

static bool failed(const struct target *t, const char *what)
{
	say("%s%s cannot be %s: %s.", t->path, t->name, what, strerror(errno));
	return false;
}

/* Splits what the user wrote into a folder, and a name; only his own words may
 * hold a slash. */
static void split(struct target *t, const char *path, const char *label)
{
	char name[LABEL_MAX_BYTES + 1];
	const char *slash = path ? strrchr(path, '/') : NULL;

	if (path && !is_folder(path)) {
		t->path = xasprintf("%.*s", slash ? (int)(slash + 1 - path) : 0,
				    path);
		t->name = xstrdup(slash ? slash + 1 : path);
		return;
	}
	label_to_name(label, name);
	t->name = xstrdup(name);
	t->path = xasprintf("%s%s", path ? path : "",
			    path && path[0] && (!slash || slash[1]) ? "/" : "");
}

/* A device or a pipe, also behind a link: to replace it is never meant. */
static bool is_replaceable(const struct target *t)
{
	struct stat st;

	if (fstatat(t->folder, t->name, &st, 0) != 0 || S_ISREG(st.st_mode))
		return true;
	errno = EISDIR;
	if (S_ISDIR(st.st_mode))
		return failed(t, "written");
	say("%s%s is no file, and stays: - is for standard output.", t->path,
	    t->name);
	return false;
}

static bool is_name_free(const struct target *t)
{
	struct stat st;

	if (t->rule == TARGET_NUMBER)
		return true;
	if (fstatat(t->folder, t->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT || failed(t, "written");
	if (t->rule == TARGET_REPLACE)
		return is_replaceable(t);
	say("%s%s is there already: --force replaces it.", t->path, t->name);
	return false;
}

/* Ours alone: what another put there would become the beginning of it. */
static bool open_temporary(struct target *t)
{
	struct stat st;

	t->fd = openat(t->folder, t->temporary,
		       O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		       0600);
	if (t->fd < 0 || fstat(t->fd, &st) != 0)
		return failed(t, "written");
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    st.st_nlink != 1 || (st.st_mode & (S_IWGRP | S_IWOTH))) {
		say("%s%s is not from here: take it away first.", t->path,
		    t->temporary);
		return false;
	}
	if (flock(t->fd, LOCK_EX | LOCK_NB) != 0) {
		say("Another command fetches %s right now.", t->name);
		return false;
	}
	t->have_bytes = (uint64_t)st.st_size;
	return lseek(t->fd, 0, SEEK_END) >= 0 || failed(t, "written");
}

/* Is there room for it at that place? */
static bool find_place(struct target *t, const char *path, const char *label,
		       enum target_rule rule)
{
	*t = (struct target){.folder = -1, .fd = -1, .rule = rule};
	split(t, path, label);
	t->folder = open(t->path[0] ? t->path : ".",
			 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->folder < 0 || faccessat(t->folder, ".", W_OK, AT_EACCESS) != 0)
		return failed(t, "written");
	return is_name_free(t);
}

bool target_is_free(const char *path, const char *label, enum target_rule rule)
{
	struct target t;
	bool is = find_place(&t, path, label, rule);

	target_close(&t);
	return is;
}

bool target_open(struct target *t, const char *path, const char *label,
		 const char *tag, enum target_rule rule)
{
	bool is_free = find_place(t, path, label, rule);

	t->temporary = xasprintf(".umbel-%s.part", tag);
	if (is_free && open_temporary(t))
		return true;
	/* Another's is left alone. */
	t->have_bytes = 1;
	target_close(t);
	return false;
}

bool target_put(struct target *t, const void *p, size_t n)
{
	if (file_write_all(t->fd, p, n) != OK)
		return failed(t, "written");
	t->have_bytes += n;
	return true;
}

bool target_restart(struct target *t)
{
	if (ftruncate(t->fd, 0) != 0 || lseek(t->fd, 0, SEEK_SET) != 0)
		return failed(t, "written");
	t->have_bytes = 0;
	return true;
}

/* Never over what has come there meanwhile. */
static int give_new_name(const struct target *t)
{
	if (renameat2(t->folder, t->temporary, t->folder, t->name,
		      RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* A file system that knows only the old way. */
	if (linkat(t->folder, t->temporary, t->folder, t->name, 0) != 0)
		return -1;
	return unlinkat(t->folder, t->temporary, 0);
}

/* "film.mp4" becomes "film (2).mp4", and a long one stays within what a
 * folder takes, no character cut in two. */
static char *numbered(const char *name, int number)
{
	const char *dot = strrchr(name, '.');
	char *mark = xasprintf(" (%d)", number), *whole;
	size_t n, tail;

	if (!dot || dot == name || strlen(dot) > EXTENSION_MAX_BYTES)
		dot = name + strlen(name);
	n = (size_t)(dot - name);
	tail = strlen(mark) + strlen(dot);
	if (n + tail > LABEL_MAX_BYTES)
		n = LABEL_MAX_BYTES - tail;
	while (n > 0 && ((unsigned char)name[n] & 0xc0) == 0x80)
		n--;
	whole = xasprintf("%.*s%s%s", (int)n, name, mark, dot);
	free(mark);
	return whole;
}

static int give_free_name(struct target *t)
{
	char *first = xstrdup(t->name);
	int i, rc = give_new_name(t);

	for (i = 2; rc != 0 && errno == EEXIST && i <= NUMBERS_MAX; i++) {
		free(t->name);
		t->name = numbered(first, i);
		rc = give_new_name(t);
	}
	free(first);
	return rc;
}

static int give_name(struct target *t)
{
	switch (t->rule) {
	case TARGET_KEEP: return give_new_name(t);
	case TARGET_REPLACE:
		return renameat(t->folder, t->temporary, t->folder, t->name);
	case TARGET_NUMBER: return give_free_name(t);
	}
	return -1;
}

bool target_finish(struct target *t)
{
	if (fsync(t->fd) != 0) {
		failed(t, "written");
		/* Nobody knows what of it is on the disk. */
		if (ftruncate(t->fd, 0) == 0)
			t->have_bytes = 0;
		return false;
	}
	if (give_name(t) != 0)
		return failed(t, "written");
	return fsync(t->folder) == 0 || failed(t, "written");
}

void target_close(struct target *t)
{
	if (t->fd >= 0 && t->have_bytes == 0)
		unlinkat(t->folder, t->temporary, 0);
	if (t->fd >= 0)
		close(t->fd);
	if (t->folder >= 0)
		close(t->folder);
	free(t->path);
	free(t->temporary);
	free(t->name);
	*t = (struct target){.folder = -1, .fd = -1};
}
