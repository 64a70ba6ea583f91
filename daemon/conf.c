/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_keys.h"
#include "util/mem.h"
#include "util/text.h"

#define PATH_BYTES_MAX 1000
#define HOST_MAX       253
#define HOSTS_MAX      1000 /* bytes; so does a line of the file hold them */
#define CONF_GROUP_MAX 32

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

bool conf_listen_is_loopback(const struct conf_listen *l)
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
	    !conf_listen_is_loopback(&l))
		return expected(error, what, text);
	l.port = (uint16_t)port;
	*listen = l;
	return OK;
}

static enum err set_path(char **path, const char *text,
			 struct conf_error *error)
{
	size_t n = strlen(text);

	if (!strchr(text, '/') || n > PATH_BYTES_MAX)
		return expected(error, "a path with a '/' in it", text);
	/* No file of ours could say it, nor what --print-config writes. */
	if (!utf8_is_label((const uint8_t *)text, n) || text[n - 1] == ' ')
		return expected(error,
				"a path in UTF-8 without control characters or "
				"a space at its end",
				text);
	replace(path, text);
	return OK;
}

/* What groupadd takes, and a little more. */
static enum err set_group(char **group, const char *text,
			  struct conf_error *error)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_.-";
	size_t n = strlen(text);

	if (n == 0 || n > CONF_GROUP_MAX || text[0] == '-' ||
	    strspn(text, allowed) != n)
		return expected(error, "the name of a group", text);
	replace(group, text);
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

	if (strlen(text) > HOSTS_MAX)
		return expected(error, "at most 1000 bytes of names", text);
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

static const struct conf_transport *find_transport(const char *text, size_t n,
						   unsigned *bit)
{
	size_t i;

	for (i = 0; i < conf_transport_count; i++)
		if (strlen(conf_transports[i].name) == n &&
		    !strncmp(conf_transports[i].name, text, n)) {
			*bit = 1u << i;
			return &conf_transports[i];
		}
	return NULL;
}

static enum err set_transports(unsigned *bits, const char *text,
			       struct conf_error *error)
{
	const char *p = text;
	unsigned found = 0, bit;

	while (*(p += strspn(p, " "))) {
		size_t n = strcspn(p, " ");

		if (!find_transport(p, n, &bit))
			return expected(error,
					"obfs4, meek_lite or snowflake, or "
					"several of these, separated by spaces",
					text);
		found |= bit;
		p += n;
	}
	*bits = found;
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
	case CONF_GROUP: return set_group(at, text, error);
	case CONF_TRANSPORTS: return set_transports(at, text, error);
	}
	return ERR_STATE;
}

void conf_note(struct conf *c, const struct conf_key *key,
	       enum conf_origin origin, unsigned line)
{
	c->source[key - conf_keys] = (struct conf_source){origin, line};
}

struct conf_place conf_where(const struct conf *c, const struct conf_key *key)
{
	const struct conf_source *s = &c->source[key - conf_keys];
	struct conf_place place = {"the default"};
	char variable[CONF_VARIABLE_MAX];

	switch (s->origin) {
	case CONF_DEFAULT: break;
	case CONF_FILE:
		snprintf(place.text, sizeof(place.text), "%s:%u",
			 c->file ? c->file : "umbel.conf", s->line);
		break;
	case CONF_ENVIRONMENT:
		conf_key_variable(key, variable);
		snprintf(place.text, sizeof(place.text), "%s", variable);
		break;
	case CONF_FLAG:
		/* The keys without one are set together, by this. */
		snprintf(place.text, sizeof(place.text), "--%s",
			 key->flag ? key->flag : "no-tor-child");
		break;
	}
	return place;
}

static void join_texts(char *out, size_t n, const char *text)
{
	size_t at = strlen(out);

	snprintf(out + at, n - at, "%s%s", at ? " " : "", text);
}

static void get_list(const struct conf *c, enum conf_type type,
		     char out[CONF_VALUE_MAX])
{
	char guest[32];
	size_t i;

	for (i = 0; type == CONF_HOSTS && i < c->host_count; i++)
		join_texts(out, CONF_VALUE_MAX, c->hosts[i]);
	for (i = 0; type == CONF_GUESTS && i < c->guest_count; i++) {
		snprintf(guest, sizeof(guest), "%u:token", c->guests[i]);
		join_texts(out, CONF_VALUE_MAX, guest);
	}
	for (i = 0; type == CONF_TRANSPORTS && i < conf_transport_count; i++)
		if (c->transports & 1u << i)
			join_texts(out, CONF_VALUE_MAX,
				   conf_transports[i].name);
}

void conf_get(const struct conf *c, const struct conf_key *key,
	      char out[CONF_VALUE_MAX])
{
	const void *at = (const char *)c + key->at;
	const struct conf_listen *l = at;
	const char *path;

	out[0] = '\0';
	switch (key->type) {
	case CONF_GROUP:
	case CONF_PATH:
		path = *(char *const *)at;
		snprintf(out, CONF_VALUE_MAX, "%s", path ? path : "");
		break;
	case CONF_LISTEN:
		snprintf(out, CONF_VALUE_MAX, l->is_ipv6 ? "[%s]:%u" : "%s:%u",
			 l->host, l->port);
		break;
	case CONF_LEVEL:
		snprintf(out, CONF_VALUE_MAX, "%s",
			 log_level_words[*(const enum log_level *)at]);
		break;
	case CONF_YES_NO:
		snprintf(out, CONF_VALUE_MAX, "%s",
			 *(const bool *)at ? "yes" : "no");
		break;
	case CONF_NUMBER:
		snprintf(out, CONF_VALUE_MAX, "%u", *(const unsigned *)at);
		break;
	case CONF_HOSTS:
	case CONF_GUESTS:
	case CONF_TRANSPORTS: get_list(c, key->type, out); break;
	}
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
		if (conf_keys[i].type == CONF_PATH ||
		    conf_keys[i].type == CONF_GROUP)
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
