/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor_guest.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/file.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/run_folder.h"

#define CELLS_MODE 0710 /* for its group; no set-gid: RestrictSUIDSGID */

static enum err look_at(const char *cookie, struct stat *st)
{
	char *copy = xstrdup(cookie);
	const char *folder = dirname(copy);
	enum err e = OK;

	if (stat(folder, st) != 0) {
		log_error("%s, where the cookie of tor is to be, cannot be "
			  "seen (%s): start tor first, or name the cookie with "
			  "--tor-cookie",
			  folder, strerror(errno));
		e = ERR_NOT_FOUND;
	} else if ((st->st_mode & S_IWOTH) && !(st->st_mode & S_ISVTX)) {
		log_error("others may write to %s, where the cookie of tor is: "
			  "chmod o-w it",
			  folder);
		e = ERR_STATE;
	}
	free(copy);
	return e;
}

enum err tor_guest_check(const char *cookie)
{
	struct stat st;

	return look_at(cookie, &st);
}

/* Before anything is in there. */
static enum err open_cells(const struct conf *conf, gid_t gid)
{
	char *cells = xasprintf("%s/" RUN_CELLS, conf->run);
	struct stat run;
	enum err e = file_make_dir(cells);

	if (e == OK && chown(cells, (uid_t)-1, gid) != 0) {
		log_error("%s cannot be given to the group of tor (%u): make "
			  "the user that umbeld runs as a member of it, as "
			  "by: adduser umbel debian-tor",
			  cells, (unsigned)gid);
		e = ERR_STATE;
	} else if (e != OK || chmod(cells, CELLS_MODE) != 0 ||
		   stat(conf->run, &run) != 0 ||
		   chmod(conf->run, (run.st_mode & 0777) | S_IXOTH) != 0) {
		log_error("%s cannot be opened for tor: %s", cells,
			  strerror(errno));
		e = ERR_IO;
	}
	free(cells);
	return e;
}

enum err tor_guest_prepare(const struct conf *conf, const char *cookie,
			   uid_t *uid)
{
	struct stat st;
	enum err e = look_at(cookie, &st);

	if (e != OK)
		return e;
	*uid = st.st_uid;
	return st.st_uid == geteuid() ? OK : open_cells(conf, st.st_gid);
}
