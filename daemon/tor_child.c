/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor_child.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "conf_keys.h"
#include "place.h"
#include "tor/torrc.h"
#include "tor/version.h"
#include "tor_ask.h"
#include "tor_guest.h"
#include "util/file.h"
#include "util/mem.h"

#define OUTPUT_MAX 4096
#define TORRC_MAX  65536

static enum err check_version(const char *path)
{
	struct tor_version version;
	char line[OUTPUT_MAX];

	if (access(path, X_OK) != 0) {
		log_error("there is no tor at %s (%s): install it (Debian: "
			  "apt install tor), or say where it is with --tor",
			  path, strerror(errno));
		return ERR_VERSION;
	}
	tor_ask_version(path, line, sizeof(line));
	if (tor_version_parse(bytes_of(line, strlen(line)), &version) != OK) {
		log_error("%s does not tell a version as tor does ('%s'): say "
			  "with --tor where tor " TOR_VERSION_NEEDED
			  " or newer is",
			  path, log_text(line, strlen(line)).s);
		return ERR_VERSION;
	}
	if (!tor_version_is_enough(&version)) {
		log_error(
		    "%s is too old (%s): with tor before " TOR_VERSION_NEEDED
		    " a relay can pose as one of "
		    "your contacts; install a newer one and say where "
		    "it is with --tor",
		    path, log_text(line, strlen(line)).s);
		return ERR_VERSION;
	}
	return OK;
}

static enum err make_folder(const char *path)
{
	enum err e = file_make_dir(path);

	if (e != OK)
		log_error("%s cannot be made, or others may write to it: %s",
			  path, err_str(e));
	return e;
}

/* The programs that tor may run besides itself.  Each is named by who wrote
 * the configuration, and not where umbel-core could put another. */
static enum err check_programs(const struct conf *conf, struct bytes extra)
{
	struct bytes path;

	while (transports_next_program(&extra, &path)) {
		char *program = xasprintf("%.*s", (int)path.n, path.p);
		bool is_plain = program[0] == '/';
		bool is_ours = is_plain && place_is_inside(conf->data, program);
		bool is_there = is_plain && access(program, X_OK) == 0;

		if (!is_plain)
			log_error("ClientTransportPlugin takes the absolute "
				  "path of a program, not '%s'",
				  log_text(path.p, path.n).s);
		else if (is_ours)
			log_error("%s is a program for tor and must not be in "
				  "the data folder",
				  program);
		else if (!is_there)
			log_error("there is no pluggable transport at %s (%s): "
				  "install it (Debian: apt install obfs4proxy "
				  "snowflake-client), or take it out of [tor]",
				  program, strerror(errno));
		free(program);
		if (!is_plain || is_ours || !is_there)
			return ERR_NOT_FOUND;
	}
	return OK;
}

static enum err put_transports(const struct conf *conf, struct buf *out)
{
	enum err e = OK;
	size_t i;

	for (i = 0; i < conf_transport_count && e == OK; i++) {
		const struct conf_transport *t = &conf_transports[i];
		char *line;

		if (!(conf->transports & 1u << i))
			continue;
		line = xasprintf("\nClientTransportPlugin %s exec %s\n",
				 t->name, t->path);
		e = buf_put(out, line, strlen(line));
		free(line);
	}
	return e;
}

/* What the configuration adds to tor's. */
static enum err read_extra(const struct conf *conf, struct buf *out)
{
	const char *path = conf->tor_extra;
	enum err e = path ? file_read_ours(path, out) : OK;

	if (e != OK)
		log_error("%s: %s, with lines for tor, cannot be read: %s",
			  conf_where(conf, conf_key_at(offsetof(struct conf,
								tor_extra)))
			      .text,
			  path, file_why(e));
	if (e == OK)
		e = put_transports(conf, out);
	return e == OK ? check_programs(conf, buf_view(out)) : e;
}

static enum err put_torrc(const struct tor_child *t, const struct conf *conf,
			  struct bytes extra, struct buf *text)
{
	const struct torrc_config config = {.data_dir = t->data,
					    .run_dir = t->run,
					    .owner_pid = getpid(),
					    .extra = extra,
					    .bridges = &t->bridges.now};
	char why[TORRC_WHY] = "";
	enum err e = torrc_put(text, &config, why);

	if (e != OK)
		log_error("tor's configuration%s%s: %s",
			  conf->tor_extra ? " with " : "",
			  conf->tor_extra ? conf->tor_extra : "", why);
	return e;
}

/* Sealed: tor has it as well, and can be told to write to what it has. */
static int make_sealed(struct bytes text)
{
	int fd = memfd_create("torrc", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && (file_write_all(fd, text.p, text.n) != OK ||
			fcntl(fd, F_ADD_SEALS,
			      F_SEAL_SEAL | F_SEAL_WRITE | F_SEAL_GROW |
				  F_SEAL_SHRINK) != 0)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Or a word that is mistyped would end a tor that works for one that does not
 * start. */
static enum err check_torrc(const struct tor_child *t, const struct conf *conf,
			    int fd)
{
	char why[TOR_ASK_WHY];

	if (tor_ask_takes(t->path, fd, why))
		return OK;
	log_error("tor does not take its configuration%s%s: %s",
		  conf->tor_extra ? " with " : "",
		  conf->tor_extra ? conf->tor_extra : "", why);
	return ERR_SYNTAX;
}

/* The next one takes the number of the one before, which is in
 * supervise_plan. */
static enum err keep_torrc(struct tor_child *t, int fd)
{
	if (t->torrc < 0) {
		t->torrc = fd;
		return OK;
	}
	if (dup3(fd, t->torrc, O_CLOEXEC) >= 0) {
		close(fd);
		return OK;
	}
	log_error("tor's configuration cannot be kept: %s", strerror(errno));
	close(fd);
	return ERR_IO;
}

static enum err take_torrc(struct tor_child *t, const struct conf *conf,
			   struct bytes text)
{
	int fd = make_sealed(text);
	enum err e;

	if (fd < 0) {
		log_error("there is no memory for tor's configuration: %s",
			  strerror(errno));
		return ERR_IO;
	}
	e = check_torrc(t, conf, fd);
	if (e == OK)
		return keep_torrc(t, fd);
	close(fd);
	return e;
}

static enum err write_torrc(struct tor_child *t, const struct conf *conf,
			    struct bytes extra)
{
	struct buf text;
	enum err e;

	buf_init(&text, 2 * TORRC_MAX);
	e = put_torrc(t, conf, extra, &text);
	if (e == OK)
		e = take_torrc(t, conf, buf_view(&text));
	if (e == OK)
		crypto_generichash(t->digest, sizeof(t->digest), text.data,
				   text.len, NULL, 0);
	buf_clear(&text);
	return e;
}

/* t is as before unless it is OK. */
static enum err configure(struct tor_child *t, const struct conf *conf)
{
	const struct tor_bridges before = t->bridges;
	struct buf extra;
	enum err e;

	buf_init(&extra, TORRC_MAX);
	e = read_extra(conf, &extra);
	if (e == OK)
		e = tor_bridges_read(&t->bridges, conf->tor_bridges,
				     buf_view(&extra));
	if (e == OK)
		e = write_torrc(t, conf, buf_view(&extra));
	if (e != OK) {
		t->bridges = before;
		buf_clear(&extra);
		return e;
	}
	buf_clear(&t->extra);
	t->extra = extra;
	return OK;
}

enum err tor_child_configure(struct tor_child *t, const struct conf *conf,
			     bool *is_new)
{
	uint8_t before[sizeof(t->digest)];
	enum err e;

	*is_new = false;
	if (!t->path)
		return OK;
	memcpy(before, t->digest, sizeof(before));
	e = configure(t, conf);
	*is_new = e == OK && memcmp(before, t->digest, sizeof(before)) != 0;
	return e;
}

enum err tor_child_set_bridges(struct tor_child *t, const struct conf *conf,
			       struct bytes text)
{
	char before[BRIDGES_TEXT_MAX];
	size_t n = bridges_encode(&t->bridges.now, before);
	enum err e = tor_bridges_set(&t->bridges, text);

	if (e != OK)
		return e;
	e = write_torrc(t, conf, buf_view(&t->extra));
	if (e != OK)
		(void)!tor_bridges_set(&t->bridges, bytes_of(before, n));
	return e;
}

/* Of a version that kept it there. */
static void remove_old_torrc(const char *data)
{
	char *path = xasprintf("%s/torrc", data);

	unlink(path);
	free(path);
}

/* Named here, since the jail, in the child, could only say that it does not
 * close. */
static enum err check_writes(const char *path)
{
	struct stat st;

	if (!path || (stat(path, &st) == 0 && S_ISDIR(st.st_mode)))
		return OK;
	log_error("%s, where tor may write, is no folder: make it, or name "
		  "another with --tor-writes (writes in [tor])",
		  path);
	return ERR_NOT_FOUND;
}

static void name_own(struct tor_child *t, const struct conf *conf)
{
	t->path = conf->tor_path;
	t->data = xasprintf("%s/tor", conf->data);
	t->run = xasprintf("%s/tor", conf->run);
	t->control = xasprintf("%s/" TORRC_CONTROL, t->run);
	t->socks = xasprintf("%s/" TORRC_SOCKS, t->run);
	t->cookie = xasprintf("%s/" TORRC_COOKIE, t->run);
	tor_bridges_open(&t->bridges, t->data);
}

static enum err prepare_own(struct tor_child *t, const struct conf *conf)
{
	enum err e;

	name_own(t, conf);
	e = check_version(conf->tor_path);
	if (e == OK)
		e = check_writes(conf->tor_writes);
	if (e == OK)
		e = make_folder(t->data);
	if (e == OK)
		e = make_folder(t->run);
	if (e == OK)
		remove_old_torrc(t->data);
	if (e == OK)
		e = configure(t, conf);
	return e;
}

/* Debian's place, then those of other set-ups; the first if none is there
 * yet, since that tor may start later than we. */
static char *find_cookie(const char *control)
{
	static const char *const names[] = {"cookie", "control_auth_cookie"};
	char *first = xasprintf("%s.authcookie", control);
	char *copy = xstrdup(control);
	const char *folder = dirname(copy);
	char *found = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names) && !found; i++) {
		found = xasprintf("%s/%s", folder, names[i]);
		if (access(first, F_OK) == 0 || access(found, F_OK) != 0) {
			free(found);
			found = NULL;
		}
	}
	free(copy);
	if (!found)
		return first;
	free(first);
	return found;
}

static void name_foreign(struct tor_child *t, const struct conf *conf)
{
	t->control = xstrdup(conf->control_socket);
	t->socks = xstrdup(conf->socks_socket);
	t->cookie = conf->cookie_file ? xstrdup(conf->cookie_file)
				      : find_cookie(conf->control_socket);
}

static enum err check_foreign(const struct conf *conf)
{
	struct tor_child t = {.torrc = -1};
	enum err e;

	name_foreign(&t, conf);
	e = tor_guest_check(t.cookie);
	tor_child_clear(&t);
	return e;
}

enum err tor_child_check(const struct conf *conf)
{
	struct tor_child t = {.torrc = -1};
	enum err e;

	if (!conf->tor_child)
		return check_foreign(conf);
	name_own(&t, conf);
	e = check_version(conf->tor_path);
	if (e == OK)
		e = check_writes(conf->tor_writes);
	if (e == OK)
		e = configure(&t, conf);
	tor_child_clear(&t);
	return e;
}

enum err tor_child_prepare(struct tor_child *t, const struct conf *conf)
{
	memset(t, 0, sizeof(*t));
	t->torrc = -1;
	t->uid = geteuid();
	if (conf->tor_child)
		return prepare_own(t, conf);
	name_foreign(t, conf);
	return tor_guest_prepare(conf, t->cookie, &t->uid);
}

void tor_child_clear(struct tor_child *t)
{
	free(t->control);
	free(t->socks);
	free(t->cookie);
	free(t->data);
	free(t->run);
	if (t->torrc >= 0)
		close(t->torrc);
	tor_bridges_close(&t->bridges);
	buf_clear(&t->extra);
	memset(t, 0, sizeof(*t));
}
