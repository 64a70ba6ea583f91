/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "util/kdf_cost.h"
#include "util/mem.h"
#include "util/text.h"

#define CREDENTIALS    "${CREDENTIALS_DIRECTORY}/"
#define PATH_BYTES_MAX 1000
#define HOST_MAX       253

#define AT(member) offsetof(struct conf, member)

const struct conf_key conf_keys[] = {
    {"daemon", "data", CONF_PATH, AT(data), NULL, "data", "DIR",
     "users, their history, tor's state", 0, 0},
    {"daemon", "run", CONF_PATH, AT(run), NULL, "run", "DIR",
     "sockets, and the file admin.header", 0, 0},
    {"daemon", "listen", CONF_LISTEN, AT(listen), "127.0.0.1:7766", "listen",
     "ADDRESS:PORT", "of the API and web page; loopback only", 0, 0},
    {"daemon", "log_level", CONF_LEVEL, AT(log_level), "info", "log-level",
     "LEVEL", "error, warning, info or debug", 0, 0},
    {"daemon", "auto_lock_minutes", CONF_NUMBER, AT(auto_lock_minutes), "0",
     NULL, NULL, NULL, 0, 7 * 24 * 60},
    {"tor", "path", CONF_PATH, AT(tor_path), TOR_PATH, "tor", "PATH",
     "the tor program to start", 0, 0},
    {"tor", "extra", CONF_PATH, AT(tor_extra), NULL, "tor-extra", "FILE",
     "more lines for tor: bridges ...", 0, 0},
    {"tor", "writes", CONF_PATH, AT(tor_writes), NULL, "tor-writes", "DIR",
     "where those lines may make tor write", 0, 0},
    {"tor", "child", CONF_YES_NO, AT(tor_child), "yes", NULL, NULL, NULL, 0, 0},
    {"tor", "self_test", CONF_YES_NO, AT(self_test), "yes", NULL, NULL, NULL, 0,
     0},
    {"tor", "control_socket", CONF_PATH, AT(control_socket), NULL, NULL, NULL,
     NULL, 0, 0},
    {"tor", "socks_socket", CONF_PATH, AT(socks_socket), NULL, NULL, NULL, NULL,
     0, 0},
    {"tor", "cookie_file", CONF_PATH, AT(cookie_file), NULL, "tor-cookie",
     "FILE", "the cookie of a tor that is there", 0, 0},
    {"kdf", "memory_mib", CONF_NUMBER, AT(kdf_memory_mib), "256", NULL, NULL,
     NULL, KDF_MIB_MIN, KDF_MIB_MAX},
    {"kdf", "passes", CONF_NUMBER, AT(kdf_passes), "3", NULL, NULL, NULL,
     KDF_PASSES_MIN, KDF_PASSES_MAX},
    {"api", "calls_per_minute", CONF_NUMBER, AT(calls_per_minute), "600", NULL,
     NULL, NULL, 0, 1000000},
    {"api", "sends_per_minute", CONF_NUMBER, AT(sends_per_minute), "120", NULL,
     NULL, NULL, 0, 1000000},
    {"contacts", "streams_per_hour", CONF_NUMBER, AT(streams_per_hour), "60",
     NULL, NULL, NULL, 10, 1000000},
    {"contacts", "messages_per_second", CONF_NUMBER, AT(messages_per_second),
     "20", NULL, NULL, NULL, 1, 100000},
    {"contacts", "mib_per_day", CONF_NUMBER, AT(mib_per_day), "64", NULL, NULL,
     NULL, 1, 16384},
    {"files", "file_quota_mib", CONF_NUMBER, AT(file_quota_mib), "20480", NULL,
     NULL, NULL, 0, 1 << 26},
    {"files", "contact_quota_mib", CONF_NUMBER, AT(contact_quota_mib), "10240",
     NULL, NULL, NULL, 0, 1 << 26},
    {"files", "disk_reserve_mib", CONF_NUMBER, AT(disk_reserve_mib), "1024",
     NULL, NULL, NULL, 0, 1 << 26},
    {"files", "circuits_max", CONF_NUMBER, AT(circuits_max), "4", NULL, NULL,
     NULL, 1, 4},
    {"api", "hosts", CONF_HOSTS, AT(hosts), NULL, NULL, NULL, NULL, 0, 0},
    {"api.unix", "allow", CONF_GUESTS, AT(guests), NULL, NULL, NULL, NULL, 0,
     0},
};
const size_t conf_key_count = ARRAY_SIZE(conf_keys);

void conf_error_set(struct conf_error *error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(error->text, sizeof(error->text), fmt, ap);
	va_end(ap);
}

static enum err expected(struct conf_error *error, const char *what,
			 const char *text)
{
	conf_error_set(error, "expected %s, not '%s'", what,
		       log_text(text, strlen(text)).s);
	return ERR_SYNTAX;
}

static void replace(char **at, const char *text)
{
	char *copy = xstrdup(text);

	free(*at);
	*at = copy;
}

/* Decimal digits only: strtoul() takes signs and spaces. */
static bool read_number(const char *text, unsigned max, unsigned *out)
{
	unsigned long value = 0;
	size_t i;

	if (!text[0])
		return false;
	for (i = 0; text[i]; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (unsigned long)(text[i] - '0');
		if (value > max)
			return false;
	}
	*out = (unsigned)value;
	return true;
}

static bool is_loopback(const struct conf_listen *l)
{
	static const struct in6_addr one = IN6ADDR_LOOPBACK_INIT;
	struct in6_addr v6;
	struct in_addr v4;

	if (l->is_ipv6)
		return inet_pton(AF_INET6, l->host, &v6) == 1 &&
		       !memcmp(&v6, &one, sizeof(v6));
	return inet_pton(AF_INET, l->host, &v4) == 1 &&
	       (ntohl(v4.s_addr) >> 24) == 127;
}

static enum err set_listen(struct conf_listen *listen, const char *text,
			   struct conf_error *error)
{
	static const char what[] =
	    "a loopback address and a port, as 127.0.0.1:7766 or [::1]:7766";
	struct conf_listen l = {.is_ipv6 = text[0] == '['};
	const char *host = text + l.is_ipv6;
	const char *end = strstr(host, l.is_ipv6 ? "]:" : ":");
	unsigned port;

	if (!end || (size_t)(end - host) >= sizeof(l.host))
		return expected(error, what, text);
	memcpy(l.host, host, (size_t)(end - host));
	if (!read_number(end + 1 + l.is_ipv6, UINT16_MAX, &port) ||
	    !is_loopback(&l))
		return expected(error, what, text);
	l.port = (uint16_t)port;
	*listen = l;
	return OK;
}

static enum err set_path(char **path, const char *text,
			 struct conf_error *error)
{
	if (!strchr(text, '/') || strlen(text) > PATH_BYTES_MAX)
		return expected(error, "a path with a '/' in it", text);
	replace(path, text);
	return OK;
}

static enum err set_yes_no(bool *value, const char *text,
			   struct conf_error *error)
{
	if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
		return expected(error, "yes or no", text);
	*value = text[0] == 'y';
	return OK;
}

static enum err set_number(unsigned *value, const struct conf_key *key,
			   const char *text, struct conf_error *error)
{
	unsigned n;

	if (!read_number(text, key->max, &n) || n < key->min) {
		conf_error_set(
		    error, "expected a number from %u to %u, not '%s'",
		    key->min, key->max, log_text(text, strlen(text)).s);
		return ERR_SYNTAX;
	}
	*value = n;
	return OK;
}

static void clear_hosts(struct conf *c)
{
	while (c->host_count > 0)
		free(c->hosts[--c->host_count]);
}

/* A name, perhaps with a port; what DNS and the Host header know. */
static bool is_host(const char *text, size_t n)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-.:";

	return n > 0 && n <= HOST_MAX && text[0] != '-' && text[0] != ':' &&
	       strspn(text, allowed) >= n;
}

static enum err set_hosts(struct conf *c, const char *text,
			  struct conf_error *error)
{
	const char *p = text;

	clear_hosts(c);
	while (*(p += strspn(p, " "))) {
		size_t n = strcspn(p, " ");

		if (!is_host(p, n))
			return expected(error,
					"host names in lower case, separated "
					"by spaces",
					text);
		if (c->host_count == CONF_HOSTS_MAX) {
			conf_error_set(error, "expected at most %d names",
				       CONF_HOSTS_MAX);
			return ERR_SYNTAX;
		}
		c->hosts[c->host_count++] = xasprintf("%.*s", (int)n, p);
		p += n;
	}
	return OK;
}

/* "UID:token", a word. */
static bool read_guest(const char *text, size_t n, unsigned *uid)
{
	static const char how[] = ":token";
	char number[16];
	size_t digits = strcspn(text, ":");

	if (digits >= sizeof(number) || n != digits + strlen(how) ||
	    strncmp(text + digits, how, strlen(how)) != 0)
		return false;
	memcpy(number, text, digits);
	number[digits] = '\0';
	/* The last one of all stands for none. */
	return read_number(number, UINT32_MAX - 1, uid);
}

static bool has_guest(const struct conf *c, unsigned uid)
{
	size_t i;

	for (i = 0; i < c->guest_count; i++)
		if (c->guests[i] == uid)
			return true;
	return false;
}

static enum err set_guests(struct conf *c, const char *text,
			   struct conf_error *error)
{
	const char *p = text;
	unsigned uid;

	c->guest_count = 0;
	while (*(p += strspn(p, " "))) {
		size_t n = strcspn(p, " ");

		if (!read_guest(p, n, &uid))
			return expected(error,
					"UID:token, with the number of a user "
					"of this machine, or several of these, "
					"separated by spaces",
					text);
		if (has_guest(c, uid))
			return expected(error, "each user once", text);
		if (c->guest_count == CONF_GUESTS_MAX) {
			conf_error_set(error, "expected at most %d users",
				       CONF_GUESTS_MAX);
			return ERR_SYNTAX;
		}
		c->guests[c->guest_count++] = uid;
		p += n;
	}
	return OK;
}

enum err conf_set(struct conf *c, const struct conf_key *key, const char *text,
		  struct conf_error *error)
{
	void *at = (char *)c + key->at;

	switch (key->type) {
	case CONF_PATH: return set_path(at, text, error);
	case CONF_LISTEN: return set_listen(at, text, error);
	case CONF_LEVEL:
		if (log_level_find(text, at) != OK)
			return expected(error, key->help, text);
		return OK;
	case CONF_YES_NO: return set_yes_no(at, text, error);
	case CONF_NUMBER: return set_number(at, key, text, error);
	case CONF_HOSTS: return set_hosts(c, text, error);
	case CONF_GUESTS: return set_guests(c, text, error);
	}
	return ERR_STATE;
}

void conf_init(struct conf *c)
{
	struct conf_error error;
	size_t i;

	memset(c, 0, sizeof(*c));
	for (i = 0; i < conf_key_count; i++)
		if (conf_keys[i].initial &&
		    conf_set(c, &conf_keys[i], conf_keys[i].initial, &error) !=
			OK)
			abort();
}

static void clear_hook(struct conf_hook *h)
{
	while (h->word_count > 0)
		free(h->words[--h->word_count]);
	free(h->name);
	free(h->types);
	free(h->user);
}

void conf_clear(struct conf *c)
{
	size_t i;

	free(c->file);
	for (i = 0; i < conf_key_count; i++)
		if (conf_keys[i].type == CONF_PATH)
			free(*(char **)(void *)((char *)c + conf_keys[i].at));
	for (i = 0; i < c->user_count; i++) {
		free(c->users[i].name);
		free(c->users[i].passphrase_file);
	}
	for (i = 0; i < c->hook_count; i++)
		clear_hook(&c->hooks[i]);
	clear_hosts(c);
	memset(c, 0, sizeof(*c));
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
	if (!c->run && is_set(env->xdg_runtime_dir))
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
		conf_error_set(error,
			       "the run folder's path has %zu bytes; sockets "
			       "need one of at most %d: choose a shorter one "
			       "with --run",
			       n, CONF_RUN_MAX);
		return ERR_RANGE;
	}
	if (strpbrk(c->run, " \t\r\n\"\\")) {
		conf_error_set(error,
			       "the run folder's path has a space, quote or "
			       "backslash in it, which tor cannot take: choose "
			       "another with --run");
		return ERR_RANGE;
	}
	return OK;
}

static enum err finish_tor(struct conf *c, struct conf_error *error)
{
	if (c->tor_child &&
	    (c->control_socket || c->socks_socket || c->cookie_file)) {
		conf_error_set(error, "control_socket, socks_socket and "
				      "cookie_file are for child = no: they "
				      "name a tor that is already there");
		return ERR_RANGE;
	}
	if (!c->tor_child && !(c->control_socket && c->socks_socket)) {
		conf_error_set(error, "child = no needs control_socket and "
				      "socks_socket in [tor]");
		return ERR_RANGE;
	}
	if (!c->tor_child && (c->tor_extra || c->tor_writes)) {
		conf_error_set(error, "lines can be added to the "
				      "configuration of our own tor only, not "
				      "with --no-tor-child");
		return ERR_RANGE;
	}
	return OK;
}

static enum err finish_user(struct conf_user *u, const struct conf_env *env,
			    struct conf_error *error)
{
	char *file = u->passphrase_file;

	if (!file) {
		conf_error_set(error, "[user] without a passphrase_file");
		return ERR_RANGE;
	}
	if (strncmp(file, CREDENTIALS, strlen(CREDENTIALS)) != 0)
		return OK;
	if (!is_set(env->credentials_directory)) {
		conf_error_set(error, "passphrase_file names "
				      "${CREDENTIALS_DIRECTORY}, but systemd "
				      "has handed over no credentials");
		return ERR_RANGE;
	}
	u->passphrase_file = xasprintf("%s/%s", env->credentials_directory,
				       file + strlen(CREDENTIALS));
	free(file);
	return OK;
}

static enum err check_hook(const struct conf_hook *h, struct conf_error *error)
{
	if (h->types && h->word_count > 0)
		return OK;
	conf_error_set(error, "[hook \"%s\"] without '%s'", h->name,
		       h->types ? "command" : "on");
	return ERR_RANGE;
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
		e = finish_user(&c->users[i], env, error);
	for (i = 0; i < c->hook_count && e == OK; i++)
		e = check_hook(&c->hooks[i], error);
	if (e != OK)
		return e;
	for (i = 0; i < conf_key_count; i++)
		if (conf_keys[i].type == CONF_PATH)
			make_absolute(
			    (char **)(void *)((char *)c + conf_keys[i].at),
			    env->cwd);
	return check_run(c, error);
}
