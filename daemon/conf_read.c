/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf_environ.h"
#include "conf_ini.h"
#include "inherit.h"
#include "util/file.h"
#include "util/mem.h"

static char *default_file(void)
{
	const char *folder = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	if (geteuid() == 0)
		return xstrdup("/etc/umbel/umbel.conf");
	if (folder && folder[0] == '/')
		return xasprintf("%s/umbel/umbel.conf", folder);
	return home ? xasprintf("%s/.config/umbel/umbel.conf", home) : NULL;
}

static enum err read_file(const char *given, struct conf *conf,
			  struct conf_error *error)
{
	const char *set = getenv(CONF_ENVIRON_FILE);
	char *path;
	struct buf text;
	enum err e;

	if (!given && set && set[0])
		given = set;
	path = given ? xstrdup(given) : default_file();
	buf_init(&text, CONF_INI_FILE_MAX);
	e = path ? file_read_ours(path, &text) : ERR_NOT_FOUND;
	if (e == OK) {
		e = conf_ini_parse(buf_view(&text), path, conf, error);
		conf->file = xstrdup(path);
	} else if (e == ERR_NOT_FOUND && !given) {
		e = OK;
	} else {
		conf_error_set(error, "%s cannot be read: %s",
			       path[0] ? path : "a file without a name",
			       file_why(e));
	}
	buf_clear(&text);
	free(path);
	return e;
}

enum err conf_read(int argc, char *const *argv, const struct conf_flags *flags,
		   struct conf *conf, struct conf_error *error)
{
	char *cwd = getcwd(NULL, 0);
	const struct conf_env env = {
	    .cwd = cwd ? cwd : "/",
	    .home = getenv("HOME"),
	    .xdg_data_home = getenv("XDG_DATA_HOME"),
	    .xdg_runtime_dir = getenv("XDG_RUNTIME_DIR"),
	    .credentials_directory = getenv("CREDENTIALS_DIRECTORY"),
	    .credentials_elsewhere = flags->units != NULL,
	    .is_root = geteuid() == 0,
	    .only_looks = flags->check || flags->print,
	};
	enum err e = read_file(flags->file, conf, error);

	if (e == OK)
		e = conf_environ_apply(environ, conf, error);
	if (e == OK)
		e = conf_flags_apply(argc, argv, conf, error);
	if (e == OK)
		e = conf_finish(conf, &env, error);
	if (e == OK && flags->http >= 0)
		e = inherit_listen(flags->http, conf, error);
	free(cwd);
	return e;
}
