/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * umbel-core - started by umbeld; see doc/INTERNAL.md for its command line.
 */
#include <getopt.h>
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
#include "api/event_names.h"
#include "api/hook.h"
#include "app.h"
#include "folders.h"
#include "process.h"
#include "sandbox.h"
#include "store/store.h"
#include "util/file.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/text.h"

#define UNLOCKS_MAX    64
#define PASSPHRASE_MAX 4096
#define KEPT_BYTES     (4 << 20) /* that are free, at most */

enum option_id {
	OPT_CTL = 1,
	OPT_DATA,
	OPT_RUN,
	OPT_PORT,
	OPT_TOR_COOKIE,
	OPT_TOR_FOREIGN,
	OPT_NO_SELF_TEST,
	OPT_KDF_MEMORY,
	OPT_KDF_PASSES,
	OPT_CALLS,
	OPT_SENDS,
	OPT_STREAMS,
	OPT_MESSAGES,
	OPT_MIB,
	OPT_FILE_QUOTA,
	OPT_CONTACT_QUOTA,
	OPT_DISK_RESERVE,
	OPT_CIRCUITS,
	OPT_LOG_LEVEL,
	OPT_AUTO_LOCK,
	OPT_PASSPHRASE_FILE,
	OPT_LIST_ROUTES,
	OPT_HOOK,
	OPT_HOOK_TYPES,
	OPT_HOOK_USER,
};

static const struct option options[] = {
    {"ctl", required_argument, NULL, OPT_CTL},
    {"data", required_argument, NULL, OPT_DATA},
    {"run", required_argument, NULL, OPT_RUN},
    {"port", required_argument, NULL, OPT_PORT},
    {"tor-cookie", required_argument, NULL, OPT_TOR_COOKIE},
    {"tor-foreign", no_argument, NULL, OPT_TOR_FOREIGN},
    {"no-self-test", no_argument, NULL, OPT_NO_SELF_TEST},
    {"kdf-memory-mib", required_argument, NULL, OPT_KDF_MEMORY},
    {"kdf-passes", required_argument, NULL, OPT_KDF_PASSES},
    {"calls-per-minute", required_argument, NULL, OPT_CALLS},
    {"sends-per-minute", required_argument, NULL, OPT_SENDS},
    {"streams-per-hour", required_argument, NULL, OPT_STREAMS},
    {"messages-per-second", required_argument, NULL, OPT_MESSAGES},
    {"mib-per-day", required_argument, NULL, OPT_MIB},
    {"file-quota-mib", required_argument, NULL, OPT_FILE_QUOTA},
    {"contact-quota-mib", required_argument, NULL, OPT_CONTACT_QUOTA},
    {"disk-reserve-mib", required_argument, NULL, OPT_DISK_RESERVE},
    {"circuits-max", required_argument, NULL, OPT_CIRCUITS},
    {"log-level", required_argument, NULL, OPT_LOG_LEVEL},
    {"auto-lock-minutes", required_argument, NULL, OPT_AUTO_LOCK},
    {"user-passphrase-file", required_argument, NULL, OPT_PASSPHRASE_FILE},
    {"list-routes", no_argument, NULL, OPT_LIST_ROUTES},
    {"hook", required_argument, NULL, OPT_HOOK},
    {"hook-types", required_argument, NULL, OPT_HOOK_TYPES},
    {"hook-user", required_argument, NULL, OPT_HOOK_USER},
    {NULL, 0, NULL, 0},
};

struct arguments {
	struct app_config app;
	struct app_unlock unlocks[UNLOCKS_MAX];
	const char *unlock_args[UNLOCKS_MAX]; /* NAME=PATH */
	struct api_hook hooks[PARCEL_HOOKS_MAX];
	bool list_routes;
};

static bool read_number(const char *text, unsigned max, unsigned *out)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (!*text || *end || v > max)
		return false;
	*out = (unsigned)v;
	return true;
}

/* What is read from a contact at once is ten seconds' worth. */
static bool take_peer_limit(struct limits *l, int id, uint64_t v)
{
	switch (id) {
	case OPT_STREAMS: l->streams_per_hour = v; break;
	case OPT_MESSAGES:
		l->messages_per_s = v;
		l->messages_burst = 10 * v;
		break;
	case OPT_MIB: l->bytes_per_day = v << 20; break;
	default: return false;
	}
	return v > 0 && v <= (id == OPT_MIB ? 1u << 14 : 1u << 20);
}

static bool take_file_limit(struct file_limits *l, int id, uint64_t mib)
{
	switch (id) {
	case OPT_FILE_QUOTA: l->user_bytes = mib << 20; return true;
	case OPT_CONTACT_QUOTA: l->contact_bytes = mib << 20; return true;
	case OPT_DISK_RESERVE: l->keep_free_bytes = mib << 20; return true;
	default: return false;
	}
}

static bool take_number(struct arguments *a, int id, const char *value)
{
	unsigned v;

	if (!read_number(value, 1u << 30, &v))
		return false;
	switch (id) {
	case OPT_CTL: a->app.ctl_fd = (int)v; return true;
	case OPT_PORT: a->app.port = (uint16_t)v; return v <= 65535;
	case OPT_KDF_MEMORY: a->app.kdf.memory_mib = v; return true;
	case OPT_KDF_PASSES: a->app.kdf.passes = v; return true;
	case OPT_CALLS: a->app.limits.calls_per_minute = v; return true;
	case OPT_SENDS: a->app.limits.sends_per_minute = v; return true;
	case OPT_CIRCUITS:
		a->app.peers.bulk_links = v;
		return v > 0 && v <= PICK_LINKS_MAX;
	case OPT_LOG_LEVEL: a->app.log_level = v; return v <= LOG_LEVEL_DEBUG;
	case OPT_AUTO_LOCK:
		a->app.auto_lock_minutes = v;
		return v <= AUTO_LOCK_MINUTES_MAX;
	default:
		return take_file_limit(&a->app.files, id, v) ||
		       take_peer_limit(&a->app.peers, id, v);
	}
}

/* --hook NAME, and what follows is about it. */
static bool take_hook(struct arguments *a, int id, const char *value)
{
	size_t n = a->app.hook_count;
	struct api_hook *h = n > 0 ? &a->hooks[n - 1] : NULL;

	switch (id) {
	case OPT_HOOK:
		if (n == PARCEL_HOOKS_MAX)
			return false;
		a->hooks[n].name = value;
		a->app.hook_count++;
		return true;
	case OPT_HOOK_TYPES:
		return h && (h->types = event_names_read(value)) != 0;
	case OPT_HOOK_USER:
		if (h)
			h->user = value;
		return h != NULL;
	default: return false;
	}
}

static bool take_option(struct arguments *a, int id, const char *value)
{
	switch (id) {
	case OPT_DATA: a->app.data = value; return true;
	case OPT_RUN: a->app.run = value; return true;
	case OPT_TOR_COOKIE: a->app.tor_cookie = value; return true;
	case OPT_TOR_FOREIGN: a->app.tor_is_foreign = true; return true;
	case OPT_NO_SELF_TEST: a->app.no_self_test = true; return true;
	case OPT_LIST_ROUTES: a->list_routes = true; return true;
	case OPT_PASSPHRASE_FILE:
		if (a->app.unlock_count >= UNLOCKS_MAX)
			return false;
		a->unlock_args[a->app.unlock_count++] = value;
		return true;
	default:
		return value &&
		       (take_number(a, id, value) || take_hook(a, id, value));
	}
}

static bool read_arguments(int argc, char **argv, struct arguments *a)
{
	int id;

	*a = (struct arguments){
	    .app = {.ctl_fd = -1,
		    .kdf = {.passes = 3, .memory_mib = 256},
		    .limits = {API_CALLS_PER_MINUTE, API_SENDS_PER_MINUTE},
		    .peers = limits_default(),
		    .files = file_limits_default(),
		    .log_level = LOG_LEVEL_INFO}};
	a->app.hooks = a->hooks;
	while ((id = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (id == '?' || !take_option(a, id, optarg))
			return false;
	if (a->list_routes)
		return optind == argc;
	return optind == argc && a->app.ctl_fd >= 0 && a->app.data &&
	       a->app.run && a->app.tor_cookie;
}

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
	buf_init(&b, PASSPHRASE_MAX);
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
static void read_passphrases(struct arguments *a)
{
	size_t i, n = 0;

	for (i = 0; i < a->app.unlock_count; i++) {
		enum err e = read_passphrase(a->unlock_args[i], &a->unlocks[n]);

		if (e == OK)
			n++;
		else
			log_error("a passphrase_file cannot be read (%s): "
				  "that user stays locked",
				  err_str(e));
	}
	a->app.unlocks = a->unlocks;
	a->app.unlock_count = n;
}

/* Nothing of RUN but the cells: an onion service leads to what is in there,
 * and must not lead to tor's own sockets. */
static enum err close_sandbox(const struct arguments *a)
{
	char *cookie = xstrdup(a->app.tor_cookie);
	char *cells = folders_cells(a->app.run);
	const struct sandbox_paths paths = {
	    .data = a->app.data, .cells = cells, .tor_read = dirname(cookie)};
	enum err e = file_make_dir(cells);

	if (e == OK)
		e = sandbox_enter(SANDBOX_CORE, &paths);
	else
		log_error("%s cannot be made: %s", cells, err_str(e));
	free(cookie);
	free(cells);
	return e;
}

/* Chunks of files come and go all the time: to hand their memory back and to
 * ask for it again costs as much as to read them. */
static void keep_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
	mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
}

/* 2 tells umbeld that it is no use to start us again. */
static int run(struct arguments *a)
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
	e = close_sandbox(a);
	if (e != OK) {
		log_error("the sandbox cannot be closed: %s", err_str(e));
		return 2;
	}
	return app_run(&a->app) == OK ? 0 : 1;
}

int main(int argc, char **argv)
{
	static struct arguments a;

	if (!read_arguments(argc, argv, &a)) {
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
