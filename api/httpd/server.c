/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/httpd/server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/listener.h>

#include "util/fdpass.h"
#include "util/log.h"
#include "util/mem.h"

#define ORDER_CORE   'C' /* with a descriptor: a new channel to the core */
#define ORDER_GUEST  'U' /* with a descriptor: his connection */
#define ORDER_STOP   'S'
#define ORDER_LIVE   '?' /* and the loop that answers does */
#define REPORT_LIVE  '!'
#define ORDER_LEVEL  'L' /* and a digit, as the log has it */
#define REPORT_READY 'R'
#define REPORT_LOST  'J' /* the channel to the core: umbeld makes another */

#define ACCEPT_PAUSE_MS 100

struct server {
	struct event_base *base;
	struct mhd *mhd;
	struct upstream *upstream;
	struct conns conns;
	int ctl;
	struct event *ctl_read, *term, *interrupt, *accept_again;
	struct evconnlistener *tcp, *unix_listener;
};

static void stop(struct server *s)
{
	event_base_loopbreak(s->base);
}

static void on_signal(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	stop(arg);
}

/* What the core said last is on its way to the clients yet. */
static const struct timeval last_words = {0, 50 * 1000};

/* One connection in 16 is kept for the owner's unix socket: anybody who has a
 * process here may open some over TCP, and shall not shut him out. */
static bool make_room(struct conns *cs, enum gate_listener listener)
{
	size_t most = cs->limits.count;
	size_t others = cs->counts[GATE_TCP] + cs->counts[GATE_GUESTS];

	if (listener != GATE_UNIX && others >= most - most / 16)
		return conns_evict(cs, true);
	return others + cs->counts[GATE_UNIX] < most || conns_evict(cs, false);
}

/* Over the limit it is this one that is closed, if all are being served. */
static void add_conn(struct server *s, int fd, enum gate_listener listener)
{
	if (make_room(&s->conns, listener))
		conns_add(&s->conns, fd, listener);
	else
		close(fd);
}

/* If the core is gone, its next one brings a channel by itself. */
static void on_lost(void *arg)
{
	static const char lost = REPORT_LOST;
	struct server *s = arg;

	if (fdpass_send(s->ctl, &lost, 1, -1) != OK)
		log_debug("umbeld does not listen");
}

static void obey(struct server *s, char order, OWNED int fd)
{
	if (order == ORDER_CORE && fd >= 0) {
		upstream_set_channel(s->upstream, fd);
		return;
	}
	if (order == ORDER_GUEST && fd >= 0) {
		add_conn(s, fd, GATE_GUESTS);
		return;
	}
	if (fd >= 0)
		close(fd);
	if (order == ORDER_STOP)
		event_base_loopexit(s->base, &last_words);
	if (order == ORDER_LIVE)
		log_tell_due();
	if (order == ORDER_LIVE &&
	    fdpass_send_now(s->ctl, (const char[]){REPORT_LIVE}, 1, -1) != OK)
		log_debug("umbeld does not listen");
}

static void on_order(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	int passed = -1;
	char order[2];
	size_t n;
	enum err e = fdpass_recv((int)fd, order, sizeof(order), &n, &passed);

	(void)what;
	if (e == OK && order[0] == ORDER_LEVEL && n == sizeof(order))
		log_set_level((enum log_level)(order[1] - '0'));
	if (e == OK)
		obey(s, order[0], passed);
	else if (e == ERR_RANGE)
		on_lost(s); /* no descriptor was left for it */
	else if (e == ERR_CLOSED)
		stop(s); /* the parent is gone */
}

static void on_tcp(struct evconnlistener *l, evutil_socket_t fd,
		   struct sockaddr *sa, int len, void *arg)
{
	struct server *s = arg;

	(void)l;
	(void)sa;
	(void)len;
	add_conn(s, (int)fd, GATE_TCP);
}

static void on_unix(struct evconnlistener *l, evutil_socket_t fd,
		    struct sockaddr *sa, int len, void *arg)
{
	struct server *s = arg;

	(void)l;
	(void)sa;
	(void)len;
	add_conn(s, (int)fd, GATE_UNIX);
}

/* Off is for a moment; and what the kernel does not let on is tried again. */
static void set_accepting(struct server *s, bool on)
{
	static const struct timeval pause = {0, ACCEPT_PAUSE_MS * 1000};
	struct evconnlistener *const l[] = {s->tcp, s->unix_listener};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(l); i++) {
		if (!l[i])
			continue;
		if (!on)
			evconnlistener_disable(l[i]);
		else if (evconnlistener_enable(l[i]) != 0)
			event_add(s->accept_again, &pause);
	}
	if (!on)
		event_add(s->accept_again, &pause);
}

static void on_accept_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	set_accepting(arg, true);
}

/* No descriptors or memory left: make room, and do not spin. */
static void on_accept_error(struct evconnlistener *l, void *arg)
{
	struct server *s = arg;

	(void)l;
	log_shortage("no connection can be taken now", errno);
	conns_evict(&s->conns, false);
	set_accepting(s, false);
}

static struct evconnlistener *listen_on(struct server *s, int fd,
					evconnlistener_cb cb)
{
	struct evconnlistener *l;

	if (fd < 0)
		return NULL;
	evutil_make_socket_nonblocking(fd);
	/* Backlog 0: it listens already. */
	l = evconnlistener_new(s->base, cb, s,
			       LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC |
				   LEV_OPT_DISABLED,
			       0, fd);
	if (!l)
		abort();
	evconnlistener_set_error_cb(l, on_accept_error);
	return l;
}

static void add_events(struct server *s)
{
	evutil_make_socket_nonblocking(s->ctl);
	s->ctl_read =
	    event_new(s->base, s->ctl, EV_READ | EV_PERSIST, on_order, s);
	s->term = evsignal_new(s->base, SIGTERM, on_signal, s);
	s->interrupt = evsignal_new(s->base, SIGINT, on_signal, s);
	s->accept_again = evtimer_new(s->base, on_accept_again, s);
	if (!s->ctl_read || !s->term || !s->interrupt || !s->accept_again ||
	    event_add(s->ctl_read, NULL) != 0 ||
	    event_add(s->term, NULL) != 0 || event_add(s->interrupt, NULL) != 0)
		abort();
}

enum err server_new(const struct server_config *config, struct server **out)
{
	struct server *s = xcalloc(1, sizeof(*s));

	s->base = event_base_new();
	if (!s->base || mhd_new(s->base, config->limits.count * 2, &s->mhd)) {
		if (s->base)
			event_base_free(s->base);
		free(s);
		return ERR_IO;
	}
	s->upstream = upstream_new(s->base);
	upstream_on_lost(s->upstream, on_lost, s);
	s->conns = (struct conns){.base = s->base,
				  .policy = config->policy,
				  .mhd = s->mhd,
				  .upstream = s->upstream,
				  .limits = config->limits};
	conns_init(&s->conns);
	s->ctl = config->ctl;
	add_events(s);
	s->tcp = listen_on(s, config->tcp, on_tcp);
	s->unix_listener = listen_on(s, config->unix_fd, on_unix);
	*out = s;
	return OK;
}

void server_run(struct server *s)
{
	static const char ready = REPORT_READY;

	if (fdpass_send(s->ctl, &ready, 1, -1) != OK)
		return;
	set_accepting(s, true);
	event_base_dispatch(s->base);
}

void server_free(struct server *s)
{
	struct event *const events[] = {s->ctl_read, s->term, s->interrupt,
					s->accept_again};
	size_t i;

	conns_clear(&s->conns);
	mhd_free(s->mhd);
	upstream_free(s->upstream);
	if (s->tcp)
		evconnlistener_free(s->tcp);
	if (s->unix_listener)
		evconnlistener_free(s->unix_listener);
	for (i = 0; i < ARRAY_SIZE(events); i++)
		event_free(events[i]);
	close(s->ctl);
	event_base_free(s->base);
	free(s);
}
