/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * umbel-core - started by umbeld; see doc/INTERNAL.md for its command line.
 */
#include <libgen.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

#include "api/api.h"
#include "app.h"
#include "core_args.h"
#include "folders.h"
#include "process.h"
#include "sandbox.h"
#include "store/store.h"
#include "util/file.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/text.h"

#define KEPT_BYTES (4 << 20) /* that are free, at most */

/* NAME=PATH; a name holds no '=' in the configuration file. */
static enum err read_passphrase(const char *arg, struct app_unlock *u)
{
	const char *eq = strchr(arg, '=');
	struct stat st;
	struct buf b;
	enum err e;

	if (!eq || eq == arg || (size_t)(eq - arg) > NAME_MAX_BYTES)
		return ERR_SYNTAX;
	memcpy(u->name.s, arg, (size_t)(eq - arg));
	buf_init(&b, PASSPHRASE_FILE_MAX);
	if (stat(eq + 1, &st) == 0 && (st.st_mode & 077))
		log_warn("a passphrase_file can be read by others than its "
			 "owner");
	e = file_read(eq + 1, &b);
	if (e == OK) {
		u->len = b.len;
		if (u->len > 0 && b.data[u->len - 1] == '\n')
			u->len--;
		u->passphrase = sodium_malloc(u->len + 1);
		if (!u->passphrase)
			e = ERR_FULL;
		else if (u->len > 0)
			memcpy(u->passphrase, b.data, u->len);
	}
	buf_clear(&b);
	return e;
}

/* Before the sandbox closes: these files may be anywhere. */
static void read_passphrases(struct core_args *a)
{
	size_t i, n = 0;

	for (i = 0; i < a->app.unlock_count; i++) {
		enum err e = read_passphrase(a->unlock_args[i], &a->unlocks[n]);

		if (e == OK)
			n++;
		else
			log_error("the passphrase_file of [user] number %zu "
				  "cannot be read (%s): that user stays locked",
				  i + 1, file_why(e));
	}
	a->app.unlocks = a->unlocks;
	a->app.unlock_count = n;
}

static enum err close_sandbox(const struct core_args *a)
{
	char *cookie = xstrdup(a->app.tor_cookie);
	const struct sandbox_paths paths =
	    folders_allowed(a->app.folders, dirname(cookie));
	enum err e = sandbox_enter(SANDBOX_CORE, &paths);

	free(cookie);
	return e;
}

/* Chunks of files come and go all the time: to hand their memory back and to
 * ask for it again costs as much as to read them. */
static void keep_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
	mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
}

static int run_inside(struct core_args *a)
{
	struct folders folders;
	enum err e = folders_make(&folders, a->app.run, a->app.data,
				  a->app.tor_is_foreign);
	int status = 1;

	a->app.folders = &folders;
	if (e == OK && (e = close_sandbox(a)) != OK) {
		log_error("the sandbox cannot be closed: %s", err_str(e));
		status = 2;
	}
	if (e == OK)
		status = app_run(&a->app) == OK ? 0 : 1;
	folders_clear(&folders);
	return status;
}

/* 2 tells umbeld that it is no use to start us again. */
static int run(struct core_args *a)
{
	const char *what = NULL;
	enum err e;

	if (sodium_init() < 0)
		return 1;
	log_start("umbel-core", a->app.log_level);
	keep_memory();
	signal(SIGPIPE, SIG_IGN);
	/* A limit on file sizes is a full disk, and not our death. */
	signal(SIGXFSZ, SIG_IGN);
	/* umbeld decides when to stop; a Ctrl-C reaches the whole group. */
	signal(SIGINT, SIG_IGN);
	e = store_library_start(&what);
	if (e != OK) {
		log_error("the database library is not usable: %s",
			  what ? what : err_str(e));
		return 2;
	}
	read_passphrases(a);
	process_open();
	return run_inside(a);
}

int main(int argc, char **argv)
{
	static struct core_args a;

	if (!core_args_read(argc, argv, &a)) {
		fputs("umbel-core is started by umbeld, not by hand.\n",
		      stderr);
		return 2;
	}
	if (a.list_routes) {
		api_routes_print(stdout);
		return 0;
	}
	return run(&a);
}
