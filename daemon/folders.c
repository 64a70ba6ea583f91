/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "folders.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/file.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/run_folder.h"

static int open_folder(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* Lets a tor of the folder's group reach the sockets, and list nothing.
 * umbeld has given it that group. */
static enum err open_to_group(const char *path)
{
	int fd = open_folder(path);
	enum err e = fd >= 0 && fchmod(fd, 0710) == 0 ? OK : ERR_IO;

	if (fd >= 0)
		close(fd);
	return e;
}

/* Nobody knows of the jobs any more. */
static void remove_all(const char *path)
{
	int fd = open_folder(path);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *d;

	while (dir && (d = readdir(dir)))
		if (d->d_name[0] != '.')
			unlinkat(fd, d->d_name, 0);
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
}

/* Umbel of before had them beside DATA/tor, where the core may not write any
 * more. */
static void move_in(const char *data, const char *name, const char *path)
{
	char *old = xasprintf("%s/%s", data, name);

	if (access(path, F_OK) != 0 && rename(old, path) != 0 &&
	    errno != ENOENT)
		log_warn("%s cannot be moved to %s: %s", old, path,
			 strerror(errno));
	free(old);
}

enum err folders_make(struct folders *f, const char *run, const char *data,
		      bool for_group)
{
	const char *const all[] = {
	    f->cells = xasprintf("%s/" RUN_CELLS, run),
	    f->users = xasprintf("%s/users", data),
	    f->jobs = xasprintf("%s/jobs", data),
	    f->api = xasprintf("%s/api", data),
	};
	enum err e = OK;
	size_t i;

	f->tokens = xasprintf("%s/tokens", f->api);
	f->settings = xasprintf("%s/settings", f->api);
	for (i = 0; i < ARRAY_SIZE(all) && e == OK; i++)
		e = file_make_dir(all[i]);
	if (e == OK && for_group)
		e = open_to_group(f->cells);
	if (e != OK) {
		log_error("the folders inside %s and %s cannot be made: %s",
			  data, run, err_str(e));
		return e;
	}
	remove_all(f->jobs);
	move_in(data, "tokens", f->tokens);
	move_in(data, "settings", f->settings);
	return OK;
}

struct sandbox_paths folders_allowed(const struct folders *f,
				     const char *tor_read)
{
	return (struct sandbox_paths){.own = {f->users, f->jobs, f->api},
				      .cells = f->cells,
				      .tor_read = tor_read};
}

void folders_clear(struct folders *f)
{
	free(f->cells);
	free(f->users);
	free(f->jobs);
	free(f->api);
	free(f->tokens);
	free(f->settings);
}
