/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/webhook_url.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "util/text.h"

#define HTTP	 "http://"
#define UNIX	 "unix:"
#define HOST_MAX 46
#define PORT_MAX 65535

/* RFC 3986 without '#', which is not sent, and without what no URL has. */
static bool is_path(const char *s)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._~/?:@!$&'()*+,;=%";

	return s[0] == '/' && s[strspn(s, allowed)] == '\0';
}

/* Decimal, without a sign or a leading zero. */
static bool is_port(const char *s, size_t n)
{
	unsigned v = 0;
	size_t i;

	if (n == 0 || n > 5 || s[0] == '0')
		return false;
	for (i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = 10 * v + (unsigned)(s[i] - '0');
	}
	return v <= PORT_MAX;
}

/* A name is refused, even one that means this machine everywhere: what it
 * means is not ours to say. */
static enum err check_host(const char *host, size_t n)
{
	static const struct in6_addr one = IN6ADDR_LOOPBACK_INIT;
	bool is_ipv6 = n > 2 && host[0] == '[' && host[n - 1] == ']';
	char text[HOST_MAX];
	struct in6_addr v6;
	struct in_addr v4;

	if (n >= sizeof(text))
		return ERR_RANGE;
	snprintf(text, sizeof(text), "%.*s", (int)n - (is_ipv6 ? 2 : 0),
		 host + is_ipv6);
	if (is_ipv6)
		return inet_pton(AF_INET6, text, &v6) == 1 &&
			       memcmp(&v6, &one, sizeof(v6)) == 0
			   ? OK
			   : ERR_RANGE;
	return inet_pton(AF_INET, text, &v4) == 1 &&
		       ntohl(v4.s_addr) >> 24 == 127
		   ? OK
		   : ERR_RANGE;
}

static enum err read_http(const char *text, struct webhook_url *out)
{
	const char *host = text + strlen(HTTP);
	size_t n = strcspn(host, "/?"), colon = n;
	const char *path = host + n;

	while (colon > 0 && host[colon - 1] != ':' && host[colon - 1] != ']')
		colon--;
	if (colon > 0 && host[colon - 1] == ':') {
		if (!is_port(host + colon, n - colon))
			return ERR_SYNTAX;
		n = colon - 1;
	}
	if (n == 0 || (path[0] && !is_path(path)))
		return ERR_SYNTAX;
	snprintf(out->http, sizeof(out->http), "%s", text);
	return check_host(host, n);
}

static enum err read_unix(const char *text, struct webhook_url *out)
{
	const char *socket = text + strlen(UNIX);
	size_t n = strcspn(socket, ":");
	const char *path = socket[n] ? socket + n + 1 : "/";

	if (socket[0] != '/' || n > WEBHOOK_SOCKET_MAX || !is_path(path))
		return ERR_SYNTAX;
	snprintf(out->socket, sizeof(out->socket), "%.*s", (int)n, socket);
	snprintf(out->http, sizeof(out->http), HTTP "localhost%s", path);
	return OK;
}

enum err webhook_url_read(struct bytes text, struct webhook_url *out)
{
	struct webhook_url url = {.socket = ""};
	char s[WEBHOOK_URL_MAX + 1];
	enum err e = ERR_SYNTAX;

	/* Nothing else fits into a parcel, and it would wait for ever. */
	if (text.n == 0 || text.n > WEBHOOK_URL_MAX ||
	    !ascii_is_printable(text.p, text.n))
		return ERR_SYNTAX;
	memcpy(s, text.p, text.n);
	s[text.n] = '\0';
	if (strncmp(s, HTTP, strlen(HTTP)) == 0)
		e = read_http(s, &url);
	else if (strncmp(s, UNIX, strlen(UNIX)) == 0)
		e = read_unix(s, &url);
	if (e == OK)
		*out = url;
	return e;
}
