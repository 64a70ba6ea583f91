/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "inherit.h"

#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST_FD 3
#define FDS_MAX	 64
#define NAME	 "http"

static bool read_number(const char *name, long *out)
{
	const char *text = getenv(name);
	char *end;

	if (!text || text[0] < '0' || text[0] > '9')
		return false;
	*out = strtol(text, &end, 10);
	return !*end;
}

/* Where in the list, separated by colons; -1: not there. */
static int find_name(const char *names)
{
	const char *p = names;
	int at;

	for (at = 0;; at++) {
		size_t n = strcspn(p, ":");

		if (n == strlen(NAME) && strncmp(p, NAME, n) == 0)
			return at;
		if (p[n] == '\0')
			return -1;
		p += n + 1;
	}
}

static int find(void)
{
	const char *names = getenv("LISTEN_FDNAMES");
	long pid, count;
	int at;

	/* Meant for somebody else: for who has started us, say. */
	if (!read_number("LISTEN_PID", &pid) || pid != (long)getpid() ||
	    !read_number("LISTEN_FDS", &count) || count < 1 || count > FDS_MAX)
		return -1;
	at = names ? find_name(names) : 0;
	return at >= 0 && at < count ? FIRST_FD + at : -1;
}

int inherit_find(void)
{
	int fd = find();

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return fd;
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static int option_of(int fd, int name)
{
	socklen_t n = sizeof(int);
	int value = 0;

	return getsockopt(fd, SOL_SOCKET, name, &value, &n) == 0 ? value : 0;
}

static bool read_address(int fd, struct conf_listen *l)
{
	union address a;
	socklen_t n = sizeof(a);
	const void *host;

	memset(&a, 0, sizeof(a));
	if (option_of(fd, SO_TYPE) != SOCK_STREAM ||
	    !option_of(fd, SO_ACCEPTCONN) || getsockname(fd, &a.any, &n) != 0 ||
	    (a.any.sa_family != AF_INET && a.any.sa_family != AF_INET6))
		return false;
	l->is_ipv6 = a.any.sa_family == AF_INET6;
	l->port = ntohs(l->is_ipv6 ? a.v6.sin6_port : a.v4.sin_port);
	host = l->is_ipv6 ? (const void *)&a.v6.sin6_addr
			  : (const void *)&a.v4.sin_addr;
	return inet_ntop(a.any.sa_family, host, l->host, sizeof(l->host)) !=
	       NULL;
}

static void put_listen(const struct conf_listen *l, char out[64])
{
	snprintf(out, 64, l->is_ipv6 ? "[%s]:%u" : "%s:%u", l->host, l->port);
}

enum err inherit_listen(int fd, struct conf *conf, struct conf_error *error)
{
	struct conf_listen l = {.port = 0};
	char ours[64], theirs[64];

	if (!read_address(fd, &l)) {
		conf_error_set(error, "what systemd hands over is no TCP "
				      "listener: see systemctl cat "
				      "umbel.socket");
		return ERR_RANGE;
	}
	put_listen(&l, theirs);
	if (!conf_listen_is_loopback(&l)) {
		conf_error_set(error,
			       "systemd hands over a listener on %s, and "
			       "Umbel listens to this machine alone: see "
			       "systemctl cat umbel.socket",
			       theirs);
		return ERR_RANGE;
	}
	put_listen(&conf->listen, ours);
	if (strcmp(ours, CONF_LISTEN_DEFAULT) != 0 && strcmp(ours, theirs) != 0)
		log_warn("listen = %s has no effect: systemd hands over %s "
			 "(systemctl edit umbel.socket)",
			 ours, theirs);
	conf->listen = l;
	return OK;
}
