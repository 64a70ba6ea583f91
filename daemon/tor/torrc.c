/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor/torrc.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/log.h"
#include "util/mem.h"

#define SOCKET_PATH_MAX 107 /* bytes of a unix socket's path */
#define PATH_BYTES_MAX	4000

/* What an extra line may not touch.  tor takes any unambiguous beginning of
 * a name for the whole, in any case, so these are compared that way. */
static const char *const reserved[] = {
    "ControlPort",
    "ControlSocket",
    "CookieAuthFile",
    "CookieAuthFileGroupReadable",
    "CookieAuthentication",
    "DataDirectory",
    "DNSPort",
    "ExtORPort",
    "HashedControlPassword",
    "HiddenServiceNonAnonymousMode",
    "HiddenServiceSingleHopMode",
    "HTTPTunnelPort",
    "MetricsPort",
    "NATDPort",
    "ORPort",
    "RunAsDaemon",
    "SafeLogging",
    "SocksPort",
    "TransPort",
    "User",
    "__ControlPort",
    "__DNSPort",
    "__HashedControlSessionPassword",
    "__NATDPort",
    "__OwningControllerFD",
    "__OwningControllerProcess",
    "__SocksPort",
    "__TransPort",
};

static enum err put(struct buf *out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static enum err put(struct buf *out, const char *fmt, ...)
{
	char line[PATH_BYTES_MAX + 200];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(line))
		return ERR_FULL;
	return buf_put(out, line, (size_t)n);
}

/* tor ends a path at a space and reads quotes, '#' and backslashes. */
static bool is_plain(const char *path)
{
	const unsigned char *p = (const unsigned char *)path;

	for (; *p; p++)
		if (*p <= ' ' || *p == 0x7f || strchr("\"'#\\,%", *p))
			return false;
	return true;
}

static enum err check_path(const char *what, const char *path, size_t max,
			   char why[TORRC_WHY])
{
	struct log_text shown = log_text(path, strlen(path));

	if (path[0] != '/') {
		snprintf(why, TORRC_WHY,
			 "the %s folder must be an absolute path, not '%s'",
			 what, shown.s);
		return ERR_RANGE;
	}
	if (!is_plain(path)) {
		snprintf(why, TORRC_WHY,
			 "the path of the %s folder, '%s', has a character "
			 "that tor cannot take: choose one without spaces, "
			 "quotes, ',', '#', '%%' and '\\'",
			 what, shown.s);
		return ERR_RANGE;
	}
	if (strlen(path) > max) {
		snprintf(why, TORRC_WHY,
			 "the path of the %s folder has %zu bytes and may "
			 "have %zu: choose a shorter one than '%s'",
			 what, strlen(path), max, shown.s);
		return ERR_RANGE;
	}
	return OK;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The option's name at the front of a line, without tor's '+' and '/'. */
static struct bytes name_of(struct bytes line)
{
	size_t from = 0, to;

	while (from < line.n && is_space(line.p[from]))
		from++;
	if (from < line.n && (line.p[from] == '+' || line.p[from] == '/'))
		from++;
	to = from;
	while (to < line.n && !is_space(line.p[to]) && line.p[to] != '#')
		to++;
	return bytes_of(line.p + from, to - from);
}

static bool is_reserved(struct bytes name)
{
	static const char *const include = "%include";
	size_t i;

	if (name.n == 0)
		return false;
	if (name.n == strlen(include) &&
	    strncasecmp((const char *)name.p, include, name.n) == 0)
		return true;
	for (i = 0; i < ARRAY_SIZE(reserved); i++)
		if (name.n <= strlen(reserved[i]) &&
		    strncasecmp((const char *)name.p, reserved[i], name.n) == 0)
			return true;
	return false;
}

static enum err refuse_line(size_t number, struct bytes line, const char *what,
			    char why[TORRC_WHY])
{
	/* No more of it: the rest may be the address of a bridge. */
	struct bytes name = name_of(line);

	snprintf(why, TORRC_WHY, "extra line %zu, '%s', %s", number,
		 log_text(name.p, name.n).s, what);
	return ERR_SYNTAX;
}

/* A line that a backslash carries on is refused too: what tor makes of it
 * is not worth following. */
static enum err put_extra(struct buf *out, struct bytes extra,
			  char why[TORRC_WHY])
{
	enum err e = OK;
	size_t number;

	for (number = 1; e == OK && extra.n > 0; number++) {
		const uint8_t *nl = memchr(extra.p, '\n', extra.n);
		size_t n = nl ? (size_t)(nl - extra.p) : extra.n;
		struct bytes line = bytes_of(extra.p, n);

		extra = bytes_of(extra.p + n, extra.n - n);
		if (extra.n > 0)
			extra = bytes_of(extra.p + 1, extra.n - 1);
		if (memchr(line.p, '\0', line.n))
			return refuse_line(number, line, "has a NUL byte", why);
		if (memchr(line.p, '\\', line.n))
			return refuse_line(number, line, "has a backslash",
					   why);
		if (is_reserved(name_of(line)))
			return refuse_line(
			    number, line,
			    "sets, or may be short for, an option that umbeld "
			    "sets itself or does not allow",
			    why);
		e = buf_put(out, line.p, line.n);
		if (e == OK)
			e = buf_put(out, "\n", 1);
	}
	return e;
}

static enum err put_own(struct buf *out, const struct torrc_config *cfg)
{
	return put(out,
		   "DataDirectory %s\n"
		   "SocksPort unix:%s/" TORRC_SOCKS
		   " OnionTrafficOnly IsolateSOCKSAuth ExtendedErrors\n"
		   "ControlPort unix:%s/" TORRC_CONTROL "\n"
		   "CookieAuthentication 1\n"
		   "CookieAuthFile %s/" TORRC_COOKIE "\n"
		   "__OwningControllerProcess %ld\n"
		   "ClientOnly 1\n"
		   "SafeLogging 1\n"
		   "Log notice stdout\n"
		   "AvoidDiskWrites 1\n"
		   "ShutdownWaitLength 0\n"
		   "RunAsDaemon 0\n",
		   cfg->data_dir, cfg->run_dir, cfg->run_dir, cfg->run_dir,
		   (long)cfg->owner_pid);
}

/* They have been checked. */
static enum err put_bridges(struct buf *out, const struct bridges *b)
{
	enum err e = OK;
	size_t i;

	if (!b || !b->use)
		return OK;
	e = put(out, "UseBridges 1\n");
	for (i = 0; i < b->count && e == OK; i++)
		e = put(out, "Bridge %s\n", b->lines[i]);
	return e;
}

enum err torrc_put(struct buf *out, const struct torrc_config *cfg,
		   char why[TORRC_WHY])
{
	static const size_t longest_name = sizeof("/" TORRC_CONTROL) - 1;
	enum err e;

	why[0] = '\0';
	e = check_path("data", cfg->data_dir, PATH_BYTES_MAX / 4, why);
	if (e == OK)
		e = check_path("run", cfg->run_dir,
			       SOCKET_PATH_MAX - longest_name, why);
	if (e == OK)
		e = put_own(out, cfg);
	if (e == OK)
		e = put_extra(out, cfg->extra, why);
	if (e == OK)
		e = put_bridges(out, cfg->bridges);
	if (e != OK && !why[0])
		snprintf(why, TORRC_WHY, "the extra lines are too long");
	return e;
}
