/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core_args.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "api/event_names.h"
#include "core/pick.h"
#include "util/mem.h"

enum option_id {
	OPT_CTL = 1,
	OPT_DATA,
	OPT_RUN,
	OPT_PORT,
	OPT_TOR_COOKIE,
	OPT_TOR_FOREIGN,
	OPT_NO_SELF_TEST,
	OPT_TOR_UID,
	OPT_TOR_FILTERED,
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
    {"tor-filtered", no_argument, NULL, OPT_TOR_FILTERED},
    {"tor-uid", required_argument, NULL, OPT_TOR_UID},
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

static bool take_number(struct core_args *a, int id, const char *value)
{
	unsigned v;

	if (!read_number(value, id == OPT_TOR_UID ? UINT32_MAX : 1u << 30, &v))
		return false;
	switch (id) {
	case OPT_CTL: a->app.ctl_fd = (int)v; return true;
	case OPT_TOR_UID: a->app.tor_uid = (uid_t)v; return true;
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
static bool take_hook(struct core_args *a, int id, const char *value)
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

static bool take_option(struct core_args *a, int id, const char *value)
{
	switch (id) {
	case OPT_DATA: a->app.data = value; return true;
	case OPT_RUN: a->app.run = value; return true;
	case OPT_TOR_COOKIE: a->app.tor_cookie = value; return true;
	case OPT_TOR_FOREIGN: a->app.tor_is_foreign = true; return true;
	case OPT_NO_SELF_TEST: a->app.no_self_test = true; return true;
	case OPT_TOR_FILTERED: a->app.tor_is_filtered = true; return true;
	case OPT_LIST_ROUTES: a->list_routes = true; return true;
	case OPT_PASSPHRASE_FILE:
		if (a->app.unlock_count >= CORE_UNLOCKS_MAX)
			return false;
		a->unlock_args[a->app.unlock_count++] = value;
		return true;
	default:
		return value &&
		       (take_number(a, id, value) || take_hook(a, id, value));
	}
}

bool core_args_read(int argc, char **argv, struct core_args *a)
{
	int id;

	*a = (struct core_args){
	    .app = {.ctl_fd = -1,
		    .tor_uid = geteuid(),
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

/* What of the command line can be said again. */
static bool is_live(int id)
{
	switch (id) {
	case OPT_KDF_MEMORY:
	case OPT_KDF_PASSES:
	case OPT_CALLS:
	case OPT_SENDS:
	case OPT_STREAMS:
	case OPT_MESSAGES:
	case OPT_MIB:
	case OPT_FILE_QUOTA:
	case OPT_CONTACT_QUOTA:
	case OPT_DISK_RESERVE:
	case OPT_CIRCUITS:
	case OPT_LOG_LEVEL:
	case OPT_AUTO_LOCK:
	case OPT_HOOK:
	case OPT_HOOK_TYPES:
	case OPT_HOOK_USER: return true;
	default: return false;
	}
}

static const struct option *find_option(const char *word)
{
	const struct option *o;

	for (o = options; o->name; o++)
		if (strncmp(word, "--", 2) == 0 && !strcmp(word + 2, o->name))
			return o;
	return NULL;
}

/* The next string before the end; NULL if none ends there. */
static char *next_word(char **at, const char *end)
{
	char *word = *at;
	char *nul =
	    word < end ? memchr(word, '\0', (size_t)(end - word)) : NULL;

	if (nul)
		*at = nul + 1;
	return nul ? word : NULL;
}

enum err core_change_read(struct bytes text, const struct app_config *now,
			  struct core_change **out)
{
	struct core_change *c = xcalloc(1, sizeof(*c));
	char *at, *end, *word, *value;
	bool is_fine = true;

	c->args.app = *now;
	c->args.app.hooks = c->args.hooks;
	c->args.app.hook_count = 0;
	c->text = at = xcalloc(1, text.n + 1);
	memcpy(c->text, text.p, text.n);
	end = c->text + text.n;
	while (is_fine && at < end) {
		const struct option *o;

		word = next_word(&at, end);
		value = next_word(&at, end);
		o = word ? find_option(word) : NULL;
		is_fine = o && value && is_live(o->val) &&
			  take_option(&c->args, o->val, value);
	}
	if (!is_fine) {
		core_change_free(c);
		return ERR_SYNTAX;
	}
	*out = c;
	return OK;
}

void core_change_free(struct core_change *c)
{
	if (!c)
		return;
	free(c->text);
	free(c);
}
