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
#include "conf.h"
#include "conf_flags.h"
#include "conf_ini.h"
#include "config.h"
#include "place.h"
#include "spawn.h"
#include "supervise.h"
#include "tor_child.h"
#include "tor_jail.h"
#include "util/file.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/run_folder.h"

#define EXIT_REFUSED 2
#define WORDS_MAX    512
#define FILES_WANTED 65536
/* The first descriptors of a child: spawn.h, doc/INTERNAL.md. */
#define CTL_FD	"3"
#define TCP_FD	"4"
#define UNIX_FD "5"

/* A command line under construction; owns its words. */
struct words {
	char *word[WORDS_MAX + 1];
	size_t count;
};

struct daemon {
	struct conf conf;
	struct place place;
	struct tor_child tor;
	struct tor_jail jail;
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
	char where[64];
};

static int refuse(const char *sentence)
{
	fprintf(stderr, "umbeld: %s\n", sentence);
	return EXIT_REFUSED;
}

/* HOSTILE-TESTS L-13: whatever the one who starts us has left open, closed,
 * blocked or ignored. */
static void start_clean(void)
{
	const struct rlimit no_core = {0, 0};
	struct rlimit files;
	sigset_t none;
	int i, fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	close_range(3, ~0U, 0);
	for (i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(077);
	setrlimit(RLIMIT_CORE, &no_core);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max < FILES_WANTED ? files.rlim_max
							       : FILES_WANTED;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static void add(struct words *w, const char *word)
{
	if (w->count == WORDS_MAX)
		abort();
	w->word[w->count++] = xstrdup(word);
}

static void add_pair(struct words *w, const char *flag, const char *value)
{
	add(w, flag);
	add(w, value);
}

static void add_number(struct words *w, const char *flag, unsigned value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	add_pair(w, flag, text);
}

static void words_clear(struct words *w)
{
	while (w->count > 0)
		free(w->word[--w->count]);
}

static void make_core_words(struct daemon *d)
{
	const struct conf *c = &d->conf;
	struct words *w = &d->core;
	size_t i;

	add(w, "umbel-core");
	add_pair(w, "--ctl", CTL_FD);
	add_pair(w, "--data", c->data);
	add_pair(w, "--run", c->run);
	add_number(w, "--port", d->place.port);
	add_pair(w, "--tor-cookie", d->tor.cookie);
	if (!d->tor.path)
		add(w, "--tor-foreign");
	if (!c->self_test)
		add(w, "--no-self-test");
	add_number(w, "--kdf-memory-mib", c->kdf_memory_mib);
	add_number(w, "--kdf-passes", c->kdf_passes);
	add_number(w, "--calls-per-minute", c->calls_per_minute);
	add_number(w, "--sends-per-minute", c->sends_per_minute);
	add_number(w, "--streams-per-hour", c->streams_per_hour);
	add_number(w, "--messages-per-second", c->messages_per_second);
	add_number(w, "--mib-per-day", c->mib_per_day);
	add_number(w, "--file-quota-mib", c->file_quota_mib);
	add_number(w, "--contact-quota-mib", c->contact_quota_mib);
	add_number(w, "--disk-reserve-mib", c->disk_reserve_mib);
	add_number(w, "--circuits-max", c->circuits_max);
	add_number(w, "--log-level", (unsigned)c->log_level);
	add_number(w, "--auto-lock-minutes", c->auto_lock_minutes);
	/* The core reads these files before its sandbox closes; what is in
	 * them never stands on a command line. */
	for (i = 0; i < c->user_count; i++) {
		char *both = xasprintf("%s=%s", c->users[i].name,
				       c->users[i].passphrase_file);

		add_pair(w, "--user-passphrase-file", both);
		free(both);
	}
	for (i = 0; i < c->hook_count; i++) {
		add_pair(w, "--hook", c->hooks[i].name);
		add_pair(w, "--hook-types", c->hooks[i].types);
		if (c->hooks[i].user)
			add_pair(w, "--hook-user", c->hooks[i].user);
	}
}

/* The commands are told to nobody else. */
static void make_hooks_words(struct daemon *d)
{
	struct words *w = &d->hooks;
	size_t i, k;

	add(w, "umbel-hooks");
	add_pair(w, "--ctl", CTL_FD);
	add_pair(w, "--data", d->conf.data);
	if (d->conf.log_level == LOG_LEVEL_DEBUG)
		add(w, "--verbose");
	for (i = 0; i < d->conf.hook_count; i++) {
		const struct conf_hook *h = &d->conf.hooks[i];

		add_pair(w, "--hook", h->name);
		add_number(w, "--timeout", h->timeout_s);
		for (k = 0; k < h->word_count; k++)
			add_pair(w, "--word", h->words[k]);
	}
}

static void make_webhooks_words(struct daemon *d)
{
	add(&d->webhooks, "umbel-webhooks");
	add_pair(&d->webhooks, "--ctl", CTL_FD);
	if (d->conf.log_level == LOG_LEVEL_DEBUG)
		add(&d->webhooks, "--verbose");
}

static void make_httpd_words(struct daemon *d)
{
	const struct conf_listen *l = &d->conf.listen;
	struct words *w = &d->httpd;
	size_t i;

	add(w, "umbel-httpd");
	add_pair(w, "--ctl", CTL_FD);
	add_pair(w, "--tcp", TCP_FD);
	add_pair(w, "--unix", UNIX_FD);
	add_number(w, "--port", d->place.port);
	if (d->conf.log_level == LOG_LEVEL_DEBUG)
		add(w, "--verbose");
	/* It knows 127.0.0.1, ::1 and localhost by itself. */
	if (strcmp(l->host, "127.0.0.1") != 0 && !l->is_ipv6)
		add_pair(w, "--host", d->where);
	for (i = 0; i < d->conf.host_count; i++)
		add_pair(w, "--host", d->conf.hosts[i]);
}

static void make_tor_words(struct daemon *d)
{
	struct words *w = &d->tor_words;

	add(w, d->conf.tor_path);
	add_pair(w, "--defaults-torrc", "/dev/null");
	add_pair(w, "-f", TOR_CHILD_TORRC);
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
	d->jail.runs_programs = d->tor.bridges.known.count > 0;
	for (i = 0; i < ARRAY_SIZE(folders); i++)
		if (folders[i])
			d->jail.folders[d->jail.folder_count++] = folders[i];
	return e;
}

static enum err plan_tor(struct daemon *d, struct supervise_plan *plan)
{
	const char *path;
	enum err e = plan_jail(d, &path);

	if (e != OK)
		return e;
	make_tor_words(d);
	plan->put_bridges = put_bridges;
	plan->put_transports = put_transports;
	plan->set_bridges = set_bridges;
	plan->child[SUPERVISE_TOR] =
	    (struct supervise_child){.name = "tor",
				     .path = path,
				     .argv = d->tor_words.word,
				     .fds = {d->tor.torrc},
				     .fd_count = 1,
				     .prepare = tor_jail_enter,
				     .arg = &d->jail};
	return OK;
}

static void plan_hooks(struct daemon *d, struct supervise_plan *plan)
{
	make_hooks_words(d);
	make_webhooks_words(d);
	if (d->conf.hook_count > 0)
		plan->child[SUPERVISE_HOOKS] =
		    (struct supervise_child){.name = "umbel-hooks",
					     .path = d->hooks_path,
					     .argv = d->hooks.word};
	plan->child[SUPERVISE_WEBHOOKS] =
	    (struct supervise_child){.name = "umbel-webhooks",
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
	plan->child[SUPERVISE_BROKER] =
	    (struct supervise_child){.name = "umbel-broker",
				     .path = "/proc/self/exe",
				     .prepare = broker_run,
				     .arg = &d->broker};
}

static int run_children(struct daemon *d)
{
	struct supervise_plan plan = {
	    .secret = d->place.secret,
	    .where = d->where,
	    .guests = &d->place.guests,
	    .withdraw = withdraw,
	    .arg = d,
	};

	make_core_words(d);
	make_httpd_words(d);
	/* The lock lives as long as a core does, whatever becomes of us. */
	plan.child[SUPERVISE_CORE] =
	    (struct supervise_child){.name = "umbel-core",
				     .path = d->core_path,
				     .argv = d->core.word,
				     .fds = {d->place.lock},
				     .fd_count = 1};
	plan.child[SUPERVISE_HTTPD] =
	    (struct supervise_child){.name = "umbel-httpd",
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

	supervise_hold_signals();
	d->core_path = find_program("umbel-core");
	d->httpd_path = find_program("umbel-httpd");
	d->hooks_path = find_program("umbel-hooks");
	d->webhooks_path = find_program("umbel-webhooks");
	if (d->core_path && d->httpd_path && d->hooks_path &&
	    d->webhooks_path && place_open(&d->place, &d->conf) == OK) {
		if (tor_child_prepare(&d->tor, &d->conf) == OK) {
			snprintf(d->where, sizeof(d->where),
				 l->is_ipv6 ? "[%s]:%u" : "%s:%u", l->host,
				 d->place.port);
			log_info("starting on %s", d->where);
			status = run_children(d);
		}
		tor_child_clear(&d->tor);
	}
	if (d->place.conf)
		place_close(&d->place);
	words_clear(&d->core);
	words_clear(&d->httpd);
	words_clear(&d->hooks);
	words_clear(&d->webhooks);
	words_clear(&d->tor_words);
	free(d->cells);
	free(d->core_path);
	free(d->httpd_path);
	free(d->hooks_path);
	free(d->webhooks_path);
	return status;
}

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
	char *path = given ? xstrdup(given) : default_file();
	struct buf text;
	enum err e;

	buf_init(&text, CONF_INI_FILE_MAX);
	e = path ? file_read(path, &text) : ERR_NOT_FOUND;
	if (e == OK) {
		e = conf_ini_parse(buf_view(&text), path, conf, error);
		conf->file = xstrdup(path);
	} else if (e == ERR_NOT_FOUND && !given) {
		e = OK;
	} else {
		conf_error_set(error, "%s cannot be read: %s", path,
			       e == ERR_FULL ? "it is too long"
					     : strerror(errno));
	}
	buf_clear(&text);
	free(path);
	return e;
}

static enum err read_all(int argc, char **argv, const struct conf_flags *flags,
			 struct conf *conf, struct conf_error *error)
{
	char *cwd = getcwd(NULL, 0);
	const struct conf_env env = {
	    .cwd = cwd ? cwd : "/",
	    .home = getenv("HOME"),
	    .xdg_data_home = getenv("XDG_DATA_HOME"),
	    .xdg_runtime_dir = getenv("XDG_RUNTIME_DIR"),
	    .credentials_directory = getenv("CREDENTIALS_DIRECTORY"),
	    .is_root = geteuid() == 0,
	};
	enum err e = read_file(flags->file, conf, error);

	if (e == OK)
		e = conf_flags_apply(argc, argv, conf, error);
	if (e == OK)
		e = conf_finish(conf, &env, error);
	free(cwd);
	return e;
}

int main(int argc, char **argv)
{
	struct daemon d = {.core = {.count = 0}};
	struct conf_flags flags;
	struct conf_error error;
	int status = 0;

	start_clean();
	if (conf_flags_scan(argc, argv, &flags, &error) != OK)
		return refuse(error.text);
	if (flags.help) {
		conf_flags_print_help(stdout);
		return 0;
	}
	if (flags.version) {
		puts("umbeld " PACKAGE_VERSION);
		return 0;
	}
	if (sodium_init() < 0)
		return refuse("libsodium cannot be used");
	conf_init(&d.conf);
	if (read_all(argc, argv, &flags, &d.conf, &error) != OK) {
		status = refuse(error.text);
	} else if (flags.check) {
		puts("the configuration is right");
	} else {
		log_start("umbeld", d.conf.log_level);
		status = run(&d);
	}
	conf_clear(&d.conf);
	return status;
}
