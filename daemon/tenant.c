/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tenant.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "guests.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/run_folder.h"

static bool is_file(const char *name, mode_t mode)
{
	/* open.html may be another's: root has asked for it. */
	static const char *const ours[] = {"admin.header", "open.html"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ours) && S_ISREG(mode); i++)
		/* Or its .tmp, of one that was killed. */
		if (strncmp(name, ours[i], strlen(ours[i])) == 0)
			return true;
	return S_ISSOCK(mode) && strcmp(name, "api.sock") == 0;
}

static bool is_folder(const char *name, mode_t mode)
{
	return S_ISDIR(mode) &&
	       (strcmp(name, RUN_CELLS) == 0 || strcmp(name, "tor") == 0 ||
		strcmp(name, GUESTS_FOLDER) == 0);
}

/* The next entry; NULL at the end. */
static const char *next(DIR *d, struct stat *st)
{
	struct dirent *entry;

	while ((entry = readdir(d)))
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0 &&
		    fstatat(dirfd(d), entry->d_name, st, AT_SYMLINK_NOFOLLOW) ==
			0)
			return entry->d_name;
	return NULL;
}

static enum err refuse(const char *path, const char *name, const char *flag)
{
	log_error("%s is not Umbel's: it has %s in it; choose a folder that is "
		  "new or empty with %s",
		  path, log_text(name, strlen(name)).s, flag);
	return ERR_STATE;
}

enum err tenant_check_run(const char *path)
{
	DIR *d = opendir(path);
	const char *name;
	struct stat st, all;
	enum err e = OK;

	if (!d)
		return OK;
	/* /run/tor, of Debian's tor, is another's. */
	if (fstat(dirfd(d), &all) == 0)
		while (e == OK && (name = next(d, &st)))
			if (!is_file(name, st.st_mode) &&
			    !(is_folder(name, st.st_mode) &&
			      st.st_uid == all.st_uid))
				e = refuse(path, name, "--run");
	closedir(d);
	return e;
}

/* It may have been copied without the lock. */
static bool is_data(const char *name, mode_t mode)
{
	return (!S_ISDIR(mode) && strcmp(name, "lock") == 0) ||
	       (S_ISDIR(mode) && strcmp(name, "users") == 0);
}

enum err tenant_check_data(const char *path)
{
	DIR *d = opendir(path);
	char other[NAME_MAX + 1] = "";
	const char *name;
	struct stat st;
	bool is_ours = false;

	if (!d)
		return OK;
	while (!is_ours && (name = next(d, &st))) {
		is_ours = is_data(name, st.st_mode);
		/* A disk of its own has that one. */
		if (strcmp(name, "lost+found") != 0)
			strcpy(other, name);
	}
	closedir(d);
	return is_ours || !other[0] ? OK : refuse(path, other, "--data");
}
