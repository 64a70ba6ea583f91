/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "folders.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
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
 * umbeld has given it that group.  Not by path: the sandbox refuses chmod().
 */
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

char *folders_cells(const char *run)
{
	return xasprintf("%s/" RUN_CELLS, run);
}

enum err folders_make(struct folders *f, const char *run, const char *data,
		      bool for_group)
{
	enum err e;

	f->cells = folders_cells(run);
	f->users = xasprintf("%s/users", data);
	f->jobs = xasprintf("%s/jobs", data);
	f->tokens = xasprintf("%s/tokens", data);
	e = file_make_dir(f->cells);
	if (e == OK)
		e = file_make_dir(f->users);
	if (e == OK)
		e = file_make_dir(f->jobs);
	if (e == OK && for_group)
		e = open_to_group(f->cells);
	if (e == OK)
		remove_all(f->jobs);
	else
		log_error("the folders inside %s and %s cannot be made: %s",
			  data, run, err_str(e));
	return e;
}

void folders_clear(struct folders *f)
{
	free(f->cells);
	free(f->users);
	free(f->jobs);
	free(f->tokens);
}
