/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_keys.h"
#include "util/mem.h"

#define CREDENTIALS "${CREDENTIALS_DIRECTORY}/"
#define AT(member)  offsetof(struct conf, member)

/* In front of what is wrong stands who has said it. */
static enum err fail_key(const struct conf *c, size_t at,
			 struct conf_error *error, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static enum err fail_key(const struct conf *c, size_t at,
			 struct conf_error *error, const char *fmt, ...)
{
	const struct conf_key *key = conf_key_at(at);
	char what[sizeof(error->text) - CONF_PLACE_MAX - 2];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (c->source[key - conf_keys].origin == CONF_DEFAULT)
		conf_error_set(error, "%s", what);
	else
		conf_error_set(error, "%s: %s", conf_where(c, key).text, what);
	return ERR_RANGE;
}

static enum err fail_section(const struct conf *c, unsigned line,
			     struct conf_error *error, const char *what)
{
	conf_error_set(error, "%s:%u: %s", c->file ? c->file : "umbel.conf",
		       line, what);
	return ERR_RANGE;
}

static bool is_set(const char *path)
{
	/* The XDG specification: a relative path is invalid. */
	return path && path[0] == '/';
}

static void find_folders(struct conf *c, const struct conf_env *env)
{
	if (!c->data && env->is_root)
		c->data = xstrdup("/var/lib/umbel");
	else if (!c->data && is_set(env->xdg_data_home))
		c->data = xasprintf("%s/umbel", env->xdg_data_home);
	else if (!c->data && is_set(env->home))
		c->data = xasprintf("%s/.local/share/umbel", env->home);
	/* Root has XDG_RUNTIME_DIR at a log-in alone, and umbel passes it over.
	 */
	if (!c->run && !env->is_root && is_set(env->xdg_runtime_dir))
		c->run = xasprintf("%s/umbel", env->xdg_runtime_dir);
	else if (!c->run)
		c->run = xstrdup("/run/umbel");
}

static void make_absolute(char **path, const char *cwd)
{
	size_t n;
	char *whole;

	if (!*path)
		return;
	if ((*path)[0] != '/') {
		whole = xasprintf("%s/%s", cwd, *path);
		free(*path);
		*path = whole;
	}
	for (n = strlen(*path); n > 1 && (*path)[n - 1] == '/'; n--)
		(*path)[n - 1] = '\0';
}

static enum err check_run(const struct conf *c, struct conf_error *error)
{
	size_t n = strlen(c->run);

	if (n > CONF_RUN_MAX) {
		return fail_key(c, AT(run), error,
				"the run folder's path has %zu bytes; sockets "
				"need one of at most %d: choose a shorter one "
				"with --run",
				n, CONF_RUN_MAX);
	}
	if (strpbrk(c->run, " \t\r\n\"\\")) {
		return fail_key(
		    c, AT(run), error,
		    "the run folder's path has a space, quote or "
		    "backslash in it, which tor cannot take: choose "
		    "another with --run");
	}
	return OK;
}

/* The first of these keys that somebody has set to something else than the
 * default, which --print-config writes as well. */
static bool find_set(const struct conf *c, const size_t *keys, size_t count,
		     size_t *at)
{
	char value[CONF_VALUE_MAX];
	size_t i;

	for (i = 0; i < count; i++) {
		const struct conf_key *key = conf_key_at(keys[i]);

		*at = keys[i];
		conf_get(c, key, value);
		if (c->source[key - conf_keys].origin != CONF_DEFAULT &&
		    strcmp(value, key->initial ? key->initial : "") != 0)
			return true;
	}
	return false;
}

static enum err finish_tor(struct conf *c, struct conf_error *error)
{
	static const size_t of_others[] = {AT(control_socket), AT(socks_socket),
					   AT(cookie_file), AT(tor_filtered)};
	static const size_t of_ours[] = {AT(tor_extra), AT(tor_writes),
					 AT(tor_bridges), AT(transports)};
	size_t at;

	if (c->tor_child && find_set(c, of_others, ARRAY_SIZE(of_others), &at))
		return fail_key(
		    c, at, error,
		    "control_socket, socks_socket, cookie_file and "
		    "filtered are for child = no: they are about a tor "
		    "that is already there");
	if (!c->tor_child && !(c->control_socket && c->socks_socket))
		return fail_key(c, AT(tor_child), error,
				"child = no needs control_socket and "
				"socks_socket in [tor]");
	if (!c->tor_child && find_set(c, of_ours, ARRAY_SIZE(of_ours), &at))
		return fail_key(c, at, error,
				"extra, writes, bridges and transports are for "
				"our own tor only, not for child = no or "
				"--no-tor-child: tell the tor that is there");
	return OK;
}

static enum err finish_user(const struct conf *c, struct conf_user *u,
			    const struct conf_env *env,
			    struct conf_error *error)
{
	char *file = u->passphrase_file;

	if (!file)
		return fail_section(c, u->line, error,
				    "[user] without a passphrase_file");
	if (strncmp(file, CREDENTIALS, strlen(CREDENTIALS)) != 0 ||
	    env->credentials_elsewhere)
		return OK;
	if (!is_set(env->credentials_directory))
		return env->only_looks
			   ? OK
			   : fail_section(c, u->line, error,
					  "passphrase_file names "
					  "${CREDENTIALS_DIRECTORY}, but "
					  "systemd has handed over no "
					  "credentials");
	u->passphrase_file = xasprintf("%s/%s", env->credentials_directory,
				       file + strlen(CREDENTIALS));
	free(file);
	return OK;
}

static enum err check_hook(const struct conf *c, const struct conf_hook *h,
			   struct conf_error *error)
{
	char what[CONF_HOOK_NAME_MAX + 40];

	if (h->types && h->word_count > 0)
		return OK;
	snprintf(what, sizeof(what), "[hook \"%s\"] without '%s'", h->name,
		 h->types ? "command" : "on");
	return fail_section(c, h->line, error, what);
}

enum err conf_finish(struct conf *c, const struct conf_env *env,
		     struct conf_error *error)
{
	enum err e;
	size_t i;

	find_folders(c, env);
	if (!c->data) {
		conf_error_set(error, "no data folder: neither XDG_DATA_HOME "
				      "nor HOME is set; give one with --data");
		return ERR_RANGE;
	}
	e = finish_tor(c, error);
	for (i = 0; i < c->user_count && e == OK; i++)
		e = finish_user(c, &c->users[i], env, error);
	for (i = 0; i < c->hook_count && e == OK; i++)
		e = check_hook(c, &c->hooks[i], error);
	if (e != OK)
		return e;
	for (i = 0; i < conf_key_count; i++)
		if (conf_keys[i].type == CONF_PATH)
			make_absolute(
			    (char **)(void *)((char *)c + conf_keys[i].at),
			    env->cwd);
	return check_run(c, error);
}
