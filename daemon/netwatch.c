/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netwatch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/mem.h"

/* A change comes in many messages; this long after the first of them. */
#define SETTLES_MS  2000
#define TABLE_BYTES 8192
/* Of an address of IPv6: what is behind it changes by itself, daily where there
 * are temporary ones, and connections from the old one go on. */
#define PREFIX6_BYTES 8

/* Of the world, and of no one in particular: nothing is sent there. */
static const uint8_t world4[4] = {1};
static const uint8_t world6[16] = {0x20};

struct question {
	struct nlmsghdr head;
	struct rtmsg route;
	struct rtattr attr;
	uint8_t where[16];
};

int netwatch_open(void)
{
	struct sockaddr_nl me = {
	    .nl_family = AF_NETLINK,
	    .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE |
			 RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_ROUTE);
	int was;

	if (fd < 0 || bind(fd, (const struct sockaddr *)&me, sizeof(me)) == 0)
		return fd;
	was = errno;
	close(fd);
	errno = was;
	return -1;
}

static bool is_netlink(int fd)
{
	int domain = 0, protocol = -1;
	socklen_t n = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) == 0 &&
	       domain == AF_NETLINK &&
	       getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &n) == 0 &&
	       protocol == NETLINK_ROUTE;
}

bool netwatch_use(struct netwatch *w, int fd, uint64_t now_ms)
{
	if (!is_netlink(fd)) {
		close(fd);
		return false;
	}
	if (w->fd >= 0)
		close(w->fd);
	w->fd = fd;
	w->due_ms = now_ms;
	return true;
}

void netwatch_close(struct netwatch *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
	w->due_ms = 0;
}

static bool ask(int fd, uint8_t family)
{
	const uint8_t size = family == AF_INET ? 4 : 16;
	struct question q = {
	    .head = {.nlmsg_len = (uint32_t)(NLMSG_LENGTH(sizeof(q.route)) +
					     RTA_LENGTH(size)),
		     .nlmsg_type = RTM_GETROUTE,
		     .nlmsg_flags = NLM_F_REQUEST,
		     .nlmsg_seq = family},
	    .route = {.rtm_family = family, .rtm_dst_len = size * 8},
	    .attr = {.rta_len = (uint16_t)RTA_LENGTH(size),
		     .rta_type = RTA_DST},
	};

	memcpy(q.where, family == AF_INET ? world4 : world6, size);
	return send(fd, &q, q.head.nlmsg_len, MSG_DONTWAIT) ==
	       (ssize_t)q.head.nlmsg_len;
}

static void take(void *to, size_t cap, struct rtattr *a)
{
	size_t n = RTA_PAYLOAD(a);

	memcpy(to, RTA_DATA(a), n < cap ? n : cap);
}

static struct netway read_way(struct nlmsghdr *m)
{
	struct rtmsg *r = NLMSG_DATA(m);
	struct netway way = {.is_there = r->rtm_type == RTN_UNICAST ||
					 r->rtm_type == RTN_LOCAL};
	struct rtattr *a = RTM_RTA(r);
	int left = (int)RTM_PAYLOAD(m);

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == RTA_OIF)
			take(&way.interface, sizeof(way.interface), a);
		else if (a->rta_type == RTA_GATEWAY)
			take(way.router, sizeof(way.router), a);
		else if (a->rta_type == RTA_PREFSRC)
			take(way.source,
			     r->rtm_family == AF_INET6 ? PREFIX6_BYTES
						       : sizeof(way.source),
			     a);
	}
	return way;
}

static uint32_t own_port(int fd)
{
	struct sockaddr_nl me = {.nl_pid = 0};
	socklen_t n = sizeof(me);

	return getsockname(fd, (struct sockaddr *)&me, &n) == 0 ? me.nl_pid : 0;
}

/* Of one datagram.  True: there is something that we have not asked for. */
static bool read_all(struct nlmsghdr *m, size_t n, uint32_t port,
		     struct netway *way)
{
	bool is_news = false;

	for (; NLMSG_OK(m, n); m = NLMSG_NEXT(m, n)) {
		if (m->nlmsg_pid != port)
			is_news = true;
		else if (m->nlmsg_type == RTM_NEWROUTE && way &&
			 m->nlmsg_len >= NLMSG_LENGTH(sizeof(struct rtmsg)))
			*way = read_way(m);
	}
	return is_news;
}

/* Whatever is there; way: of the answer, if one is. */
static bool drain(int fd, struct netway *way)
{
	_Alignas(struct nlmsghdr) uint8_t data[TABLE_BYTES];
	uint32_t port = own_port(fd);
	bool is_news = false;
	ssize_t n;

	/* ENOBUFS: so much that some was lost.  Whoever else has the socket may
	 * have made it wait. */
	while ((n = recv(fd, data, sizeof(data), MSG_DONTWAIT)) > 0 ||
	       (n < 0 && (errno == EINTR || errno == ENOBUFS))) {
		if (n < 0)
			is_news = true;
		else if (read_all((struct nlmsghdr *)(void *)data, (size_t)n,
				  port, way))
			is_news = true;
	}
	return is_news;
}

static void note(struct netwatch *w, bool is_news, uint64_t now_ms)
{
	if (is_news && w->due_ms == 0)
		w->due_ms = now_ms + SETTLES_MS;
}

void netwatch_read(struct netwatch *w, uint64_t now_ms)
{
	note(w, drain(w->fd, NULL), now_ms);
}

/* The kernel answers before send() is over.  tor goes by IPv4 where it can;
 * addresses of IPv6 come and go while connections stay. */
static struct netway find_way(struct netwatch *w, uint64_t now_ms)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	struct netway way = {.is_there = false};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(families) && !way.is_there; i++) {
		way = (struct netway){.is_there = false};
		note(w, drain(w->fd, NULL), now_ms);
		if (ask(w->fd, families[i]))
			note(w, drain(w->fd, &way), now_ms);
	}
	return way;
}

static bool is_same(const struct netway *a, const struct netway *b)
{
	return a->interface == b->interface &&
	       memcmp(a->router, b->router, sizeof(a->router)) == 0 &&
	       memcmp(a->source, b->source, sizeof(a->source)) == 0;
}

enum netwatch_news netwatch_look(struct netwatch *w, uint64_t now_ms)
{
	struct netway way, was = w->last;
	bool was_gone = w->is_gone;

	w->due_ms = 0;
	way = find_way(w, now_ms);
	w->is_gone = !way.is_there;
	if (!way.is_there)
		return was_gone ? NETWATCH_SAME : NETWATCH_GONE;
	w->last = way;
	/* The first one, or nothing has gone by it yet. */
	if (!was.is_there)
		return was_gone ? NETWATCH_BACK : NETWATCH_SAME;
	if (!is_same(&was, &way))
		return NETWATCH_OTHER;
	return was_gone ? NETWATCH_BACK : NETWATCH_SAME;
}
