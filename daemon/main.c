/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * umbeld - the parent: reads the configuration, opens what is to be opened,
 * starts and restarts the other processes.  It touches no user data.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "broker.h"
#include "conf_change.h"
#include "conf_check.h"
#include "conf_print.h"
#include "conf_read.h"
#include "core_args.h"
#include "place.h"
#include "start.h"
#include "supervise.h"
#include "tor/tor_log.h"
#include "tor_child.h"
#include "tor_jail.h"
#include "util/mem.h"
#include "util/run_folder.h"
#include "words.h"

#define EXIT_REFUSED 2
/* The first descriptors of a child: spawn.h, doc/INTERNAL.md. */
#define CTL_FD	"3"
#define TCP_FD	"4"
#define UNIX_FD "5"

struct daemon {
	int argc;
	char **argv;
	struct conf_flags flags;
	struct conf conf;
	struct place place;
	struct tor_child tor;
	struct tor_jail jail;
	struct tor_log tor_log;
	struct broker broker;
	char *cells;
	char *core_path;
	char *httpd_path;
	char *hooks_path;
	char *webhooks_path;
	struct words core;
	struct words httpd;
	struct words hooks;
	struct words webhooks;
	struct words tor_words;
	struct words broker_words; /* of their units: join_main.c */
	struct words jail_words;
	struct notify notify;
	int http; /* a listener that was handed to us; -1: none */
	struct supervise_plan *plan; /* while the children run */
	struct buf news;	     /* the last one, for the core */
	char where[64];
};

static int refuse(const char *sentence)
{
	log_last_words("umbeld", sentence);
	return EXIT_REFUSED;
}

/* What the core can be told again while it runs. */
static void add_live_words(struct words *w, const struct conf *c)
{
	size_t i;

	words_number(w, "--kdf-memory-mib", c->kdf_memory_mib);
	words_number(w, "--kdf-passes", c->kdf_passes);
	words_number(w, "--calls-per-minute", c->calls_per_minute);
	words_number(w, "--sends-per-minute", c->sends_per_minute);
	words_number(w, "--streams-per-hour", c->streams_per_hour);
	words_number(w, "--messages-per-second", c->messages_per_second);
	words_number(w, "--mib-per-day", c->mib_per_day);
	words_number(w, "--file-quota-mib", c->file_quota_mib);
	words_number(w, "--contact-quota-mib", c->contact_quota_mib);
	words_number(w, "--disk-reserve-mib", c->disk_reserve_mib);
	words_number(w, "--circuits-max", c->circuits_max);
	words_number(w, "--log-level", (unsigned)c->log_level);
	words_number(w, "--auto-lock-minutes", c->auto_lock_minutes);
	for (i = 0; i < c->hook_count; i++) {
		words_pair(w, "--hook", c->hooks[i].name);
		words_pair(w, "--hook-types", c->hooks[i].types);
		if (c->hooks[i].user)
			words_pair(w, "--hook-user", c->hooks[i].user);
	}
}

static void make_core_words(struct daemon *d)
{
	const struct conf *c = &d->conf;
	struct words *w = &d->core;
	size_t i;

	words_clear(w);
	words_add(w, "umbel-core");
	words_pair(w, "--ctl", CTL_FD);
	words_pair(w, "--data", c->data);
	words_pair(w, "--run", c->run);
	words_number(w, "--port", d->place.port);
	words_pair(w, "--tor-cookie", d->tor.cookie);
	if (!d->tor.path) {
		words_add(w, "--tor-foreign");
		words_number(w, "--tor-uid", (unsigned)d->tor.uid);
		if (c->tor_filtered)
			words_add(w, "--tor-filtered");
	}
	if (!c->self_test)
		words_add(w, "--no-self-test");
	add_live_words(w, c);
	/* The core reads these files before its sandbox closes; what is in
	 * them never stands on a command line. */
	for (i = 0; i < c->user_count; i++) {
		char *both = xasprintf("%s=%s", c->users[i].name,
				       c->users[i].passphrase_file);

		words_pair(w, "--user-passphrase-file", both);
		free(both);
	}
}

/* The commands are told to nobody else. */
static void make_hooks_words(struct daemon *d)
{
	struct words *w = &d->hooks;
	size_t i, k;

	words_clear(w);
	words_add(w, "umbel-hooks");
	words_pair(w, "--ctl", CTL_FD);
	words_pair(w, "--data", d->conf.data);
	if (d->conf.log_level == LOG_LEVEL_DEBUG)
		words_add(w, "--verbose");
	for (i = 0; i < d->conf.hook_count; i++) {
		const struct conf_hook *h = &d->conf.hooks[i];

		words_pair(w, "--hook", h->name);
		words_number(w, "--timeout", h->timeout_s);
		for (k = 0; k < h->word_count; k++)
			words_pair(w, "--word", h->words[k]);
	}
}

static void make_webhooks_words(struct daemon *d)
{
	words_clear(&d->webhooks);
	words_add(&d->webhooks, "umbel-webhooks");
	words_pair(&d->webhooks, "--ctl", CTL_FD);
	if (d->conf.log_level == LOG_LEVEL_DEBUG)
		words_add(&d->webhooks, "--verbose");
}

static void make_httpd_words(struct daemon *d)
{
	const struct conf_listen *l = &d->conf.listen;
	struct words *w = &d->httpd;
	size_t i;

	words_clear(w);
	words_add(w, "umbel-httpd");
	words_pair(w, "--ctl", CTL_FD);
	words_pair(w, "--tcp", TCP_FD);
	words_pair(w, "--unix", UNIX_FD);
	words_number(w, "--port", d->place.port);
	if (d->conf.log_level == LOG_LEVEL_DEBUG)
		words_add(w, "--verbose");
	/* It knows 127.0.0.1, ::1 and localhost by itself. */
	if (strcmp(l->host, "127.0.0.1") != 0 && !l->is_ipv6)
		words_pair(w, "--host", d->where);
	for (i = 0; i < d->conf.host_count; i++)
		words_pair(w, "--host", d->conf.hosts[i]);
}

static void make_tor_words(struct daemon *d)
{
	struct words *w = &d->tor_words;

	words_add(w, d->conf.tor_path);
	words_pair(w, "--defaults-torrc", "/dev/null");
	words_pair(w, "-f", TOR_CHILD_TORRC);
}

/* The same jail, for umbel-join to close. */
static void make_jail_words(struct daemon *d)
{
	size_t i;

	words_clear(&d->jail_words);
	words_add(&d->jail_words, d->jail.runs_programs ? "yes" : "no");
	for (i = 0; i < d->jail.folder_count; i++)
		words_add(&d->jail_words, d->jail.folders[i]);
	words_add(&d->jail_words, "--");
	for (i = 0; i < d->tor_words.count; i++)
		words_add(&d->jail_words, d->tor_words.word[i]);
}

static void make_broker_words(struct daemon *d)
{
	char level[16];

	words_clear(&d->broker_words);
	snprintf(level, sizeof(level), "%d", (int)d->broker.log_level);
	words_add(&d->broker_words, d->broker.control);
	words_add(&d->broker_words, d->broker.socks);
	words_add(&d->broker_words, d->broker.cells);
	words_add(&d->broker_words, level);
}

/* Beside our own program, as in the build folder, or where it belongs. */
static char *find_program(const char *name)
{
	char own[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *path;

	if (n > 0) {
		own[n] = '\0';
		path = xasprintf("%s/%s", dirname(own), name);
		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	path = xasprintf("%s/%s", PKGLIBEXECDIR, name);
	if (access(path, X_OK) == 0)
		return path;
	log_error("%s is missing: install Umbel again", path);
	free(path);
	return NULL;
}

static void withdraw(void *arg)
{
	struct daemon *d = arg;

	place_withdraw(&d->place);
}

static bool is_whole(void *arg)
{
	const struct daemon *d = arg;

	if (place_is_whole(&d->place))
		return true;
	log_error("the folder %s is gone, or what was in it: it is made "
		  "again and all is started again; whoever has no "
		  "passphrase_file must unlock",
		  d->conf.run);
	return false;
}

static size_t put_bridges(void *arg, char *out)
{
	const struct daemon *d = arg;

	return bridges_encode(&d->tor.bridges.now, out);
}

static size_t put_transports(void *arg, char *out)
{
	const struct daemon *d = arg;

	return transports_encode(&d->tor.bridges.known, out);
}

static enum err set_bridges(void *arg, struct bytes text)
{
	struct daemon *d = arg;

	return tor_child_set_bridges(&d->tor, &d->conf, text);
}

static enum err plan_jail(struct daemon *d, const char **path)
{
	const char *const folders[] = {d->tor.data, d->tor.run,
				       d->conf.tor_writes};
	enum err e = tor_jail_path(d->tor.path, path);
	size_t i;

	if (e != OK)
		log_error("%s cannot be run: %s", d->tor.path, err_str(e));
	for (i = 0; i < ARRAY_SIZE(folders); i++)
		if (folders[i])
			d->jail.folders[d->jail.folder_count++] = folders[i];
	return e;
}

static void hear_tor(void *arg, struct bytes text)
{
	tor_log_take(arg, text);
}

static enum err plan_tor(struct daemon *d, struct supervise_plan *plan)
{
	const char *path;
	enum err e = plan_jail(d, &path);

	if (e != OK)
		return e;
	make_tor_words(d);
	make_jail_words(d);
	plan->put_bridges = put_bridges;
	plan->put_transports = put_transports;
	plan->set_bridges = set_bridges;
	plan->child[SUPERVISE_TOR] =
	    (struct supervise_child){.name = "tor",
				     .path = path,
				     .argv = d->tor_words.word,
				     .unit = "tor",
				     .unit_words = d->jail_words.word,
				     .fds = {d->tor.torrc},
				     .fd_count = 1,
				     .prepare = tor_jail_enter,
				     .arg = &d->jail,
				     .hear = hear_tor,
				     .hear_arg = &d->tor_log};
	return OK;
}

/* Once more after the configuration was read again. */
static void make_live(struct daemon *d, struct supervise_plan *plan)
{
	make_core_words(d);
	make_httpd_words(d);
	make_hooks_words(d);
	make_webhooks_words(d);
	d->jail.runs_programs = d->tor.bridges.known.count > 0;
	d->broker.log_level = d->conf.log_level;
	/* The first time there is nothing of these yet. */
	if (d->tor_words.count > 0)
		make_jail_words(d);
	if (d->broker_words.count > 0)
		make_broker_words(d);
	plan->child[SUPERVISE_HOOKS] = (struct supervise_child){
	    .name = "umbel-hooks",
	    .unit = "hooks",
	    .path = d->conf.hook_count > 0 ? d->hooks_path : NULL,
	    .argv = d->hooks.word};
}

/* 'G' and 'g' in doc/INTERNAL.md. */
static void make_news(struct daemon *d, struct supervise_news *news)
{
	struct words live = {.count = 0};
	enum err e = OK;
	size_t i;

	add_live_words(&live, &d->conf);
	buf_clear(&d->news);
	buf_init(&d->news, CORE_MESSAGE_MAX);
	e = buf_put(&d->news, news->hooks ? "G" : "g", 1);
	for (i = 0; i < live.count && e == OK; i++)
		e = buf_put(&d->news, live.word[i], strlen(live.word[i]) + 1);
	if (e != OK)
		abort(); /* the limits of the file do not allow so much */
	words_clear(&live);
	news->text = d->news.data;
	news->n = d->news.len;
	news->log_level = d->conf.log_level;
}

/* All of it is fit for use, or nothing of it is. */
static enum err read_again(struct daemon *d, struct conf *fresh,
			   struct supervise_news *news)
{
	struct conf_error error;
	enum err e = conf_read(d->argc, d->argv, &d->flags, fresh, &error);

	if (e == OK && d->conf.file && !fresh->file) {
		conf_error_set(&error, "%s is gone", d->conf.file);
		e = ERR_NOT_FOUND;
	}
	if (e != OK)
		log_error("%s; the configuration stays as it was", error.text);
	else if ((e = place_check(fresh)) != OK ||
		 (e = conf_check_sections(fresh)) != OK ||
		 (e = tor_child_configure(&d->tor, fresh, &news->tor)) != OK)
		log_error("the configuration stays as it was");
	return e;
}

static enum err reload(void *arg, struct supervise_news *news)
{
	struct daemon *d = arg;
	struct conf fresh;
	enum err e;

	conf_init(&fresh);
	e = read_again(d, &fresh, news);
	if (e == OK) {
		/* A level that is lower may say nothing of the change. */
		news->hooks = conf_change(&d->conf, &fresh).hooks;
		log_set_level(d->conf.log_level);
		make_live(d, d->plan);
		make_news(d, news);
	}
	conf_clear(&fresh);
	return e;
}

static void plan_hooks(struct daemon *d, struct supervise_plan *plan)
{
	plan->child[SUPERVISE_WEBHOOKS] =
	    (struct supervise_child){.name = "umbel-webhooks",
				     .unit = "webhooks",
				     .path = d->webhooks_path,
				     .argv = d->webhooks.word,
				     .on_demand = true};
}

static void plan_broker(struct daemon *d, struct supervise_plan *plan)
{
	d->cells = xasprintf("%s/" RUN_CELLS, d->conf.run);
	d->broker = (struct broker){.control = d->tor.control,
				    .socks = d->tor.socks,
				    .cells = d->cells,
				    .log_level = d->conf.log_level};
	make_broker_words(d);
	plan->child[SUPERVISE_BROKER] =
	    (struct supervise_child){.name = "umbel-broker",
				     .unit = "broker",
				     .unit_words = d->broker_words.word,
				     .path = "/proc/self/exe",
				     .prepare = broker_run,
				     .arg = &d->broker};
}

static int run_children(struct daemon *d)
{
	struct supervise_plan plan = {
	    .secret = d->place.secret,
	    .where = d->where,
	    .units = d->flags.units,
	    .notify = &d->notify,
	    .guests = &d->place.guests,
	    .withdraw = withdraw,
	    .is_whole = is_whole,
	    .reload = reload,
	    .arg = d,
	};

	d->plan = &plan;
	make_live(d, &plan);
	/* The lock lives as long as a core does, whatever becomes of us. */
	plan.child[SUPERVISE_CORE] =
	    (struct supervise_child){.name = "umbel-core",
				     .unit = "core",
				     .path = d->core_path,
				     .argv = d->core.word,
				     .fds = {d->place.lock},
				     .fd_count = 1};
	plan.child[SUPERVISE_HTTPD] =
	    (struct supervise_child){.name = "umbel-httpd",
				     .unit = "httpd",
				     .path = d->httpd_path,
				     .argv = d->httpd.word,
				     .fds = {d->place.tcp, d->place.api},
				     .fd_count = 2};
	if (d->tor.path && plan_tor(d, &plan) != OK)
		return EXIT_REFUSED;
	plan_hooks(d, &plan);
	plan_broker(d, &plan);
	return supervise_run(&plan);
}

static int run(struct daemon *d)
{
	const struct conf_listen *l = &d->conf.listen;
	int status = EXIT_REFUSED;

	start_prepare();
	d->core_path = find_program("umbel-core");
	d->httpd_path = find_program("umbel-httpd");
	d->hooks_path = find_program("umbel-hooks");
	d->webhooks_path = find_program("umbel-webhooks");
	if (d->core_path && d->httpd_path && d->hooks_path &&
	    d->webhooks_path &&
	    place_open(&d->place, &d->conf, d->http) == OK) {
		if (tor_child_prepare(&d->tor, &d->conf) == OK) {
			snprintf(d->where, sizeof(d->where),
				 l->is_ipv6 ? "[%s]:%u" : "%s:%u", l->host,
				 d->place.port);
			log_info("starting on %s", d->where);
			conf_check_tell_hooks(&d->conf);
			status = run_children(d);
		}
		tor_child_clear(&d->tor);
	}
	/* Whoever has a page open finds it again. */
	if (status == SUPERVISE_AGAIN)
		d->conf.listen.port = (uint16_t)d->place.port;
	if (d->place.conf)
		place_close(&d->place);
	words_clear(&d->core);
	words_clear(&d->httpd);
	words_clear(&d->hooks);
	words_clear(&d->webhooks);
	words_clear(&d->tor_words);
	words_clear(&d->broker_words);
	words_clear(&d->jail_words);
	buf_clear(&d->news);
	free(d->cells);
	free(d->core_path);
	free(d->httpd_path);
	free(d->hooks_path);
	free(d->webhooks_path);
	return status;
}

static int check(const struct conf *conf)
{
	log_start("umbeld", LOG_LEVEL_WARN);
	if (conf_check(conf) != OK)
		return EXIT_REFUSED;
	puts("the configuration is right");
	return conf_print_end();
}

/* The listener and RUN are the service manager's. */
static bool is_managed(const struct daemon *d)
{
	return d->notify.fd >= 0 || d->http >= 0 || d->flags.units;
}

/* As before run(). */
static void forget(struct daemon *d)
{
	*d = (struct daemon){.argc = d->argc,
			     .argv = d->argv,
			     .flags = d->flags,
			     .conf = d->conf,
			     .notify = d->notify,
			     .http = d->http};
}

static int serve(struct daemon *d)
{
	int status;

	log_start("umbeld", d->conf.log_level);
	notify_open(&d->notify);
	do {
		forget(d);
		status = run(d);
	} while (status == SUPERVISE_AGAIN && !is_managed(d));
	notify_close(&d->notify);
	/* A failure: it has the folder made and starts us again. */
	return status == SUPERVISE_AGAIN ? 1 : status;
}

int main(int argc, char **argv)
{
	struct daemon d = {.argc = argc, .argv = argv, .http = start_clean()};
	struct conf_flags flags;
	struct conf_error error;
	int status = 0;

	if (conf_flags_scan(argc, argv, &flags, &error) != OK)
		return refuse(error.text);
	flags.http = d.http;
	if (flags.help || flags.version) {
		(flags.help ? conf_flags_print_help
			    : conf_flags_print_version)(stdout);
		return conf_print_end();
	}
	if (sodium_init() < 0)
		return refuse("libsodium cannot be used");
	conf_init(&d.conf);
	if (conf_read(argc, argv, &flags, &d.conf, &error) != OK) {
		status = refuse(error.text);
	} else if (flags.print) {
		conf_print(&d.conf, stdout);
		status = conf_print_end();
	} else if (flags.check) {
		status = check(&d.conf);
	} else {
		d.flags = flags;
		status = serve(&d);
	}
	conf_clear(&d.conf);
	return status;
}
