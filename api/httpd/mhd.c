/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/httpd/mhd.h"

#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "api/httpd/upstream.h"
#include "util/list.h"
#include "util/log.h"
#include "util/mem.h"

#define MEMORY_PER_LINK 32768
#define STOP_TURNS	16

struct mhd {
	struct event_base *base;
	struct MHD_Daemon *daemon;
	struct event *ready; /* MHD's epoll descriptor */
	struct event *timer;
	struct event *kick; /* of its own: re-arming timer would cancel it */
	struct list links;
	struct list touched;
};

struct mhd_link {
	struct list_node node;
	struct list_node touched_node;
	struct mhd *mhd;
	mhd_moved *moved; /* NULL: closed by its owner */
	void *ctx;
	int fd, far_fd;
	struct MHD_Connection *connection; /* NULL: not yet, or no more */
	struct answer answer;
	bool is_asked;
	bool is_complete;
	bool is_suspended;
};

static void link_free(struct mhd_link *l)
{
	list_take(&l->node);
	list_take(&l->touched_node);
	free(l);
}

static void touch(struct mhd_link *l)
{
	if (!l->touched_node.next)
		list_put_last(&l->mhd->touched, &l->touched_node);
}

static void kick(struct mhd *m)
{
	event_active(m->kick, EV_TIMEOUT, 1);
}

/* MHD's calls to us: all from within MHD_run(). */

static struct mhd_link *find_link(struct mhd *m, int far_fd)
{
	struct list_node *n;

	list_for_each (n, &m->links) {
		struct mhd_link *l = list_entry(n, struct mhd_link, node);

		if (l->far_fd == far_fd && !l->connection)
			return l;
	}
	return NULL;
}

static void on_connection(void *ctx, struct MHD_Connection *connection,
			  void **socket_ctx,
			  enum MHD_ConnectionNotificationCode what)
{
	struct mhd_link *l;
	const union MHD_ConnectionInfo *info;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		info = MHD_get_connection_info(
		    connection, MHD_CONNECTION_INFO_CONNECTION_FD);
		l = find_link(ctx, info->connect_fd);
		assert(l);
		l->connection = connection;
		*socket_ctx = l;
		return;
	}
	l = *socket_ctx;
	l->connection = NULL;
	l->far_fd = -1;
	if (l->moved)
		touch(l);
	else
		link_free(l);
}

static struct mhd_link *link_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection,
				       MHD_CONNECTION_INFO_SOCKET_CONTEXT)
	    ->socket_context;
}

static void on_completed(void *ctx, struct MHD_Connection *connection,
			 void **request_ctx,
			 enum MHD_RequestTerminationCode code)
{
	struct mhd_link *l = link_of(connection);

	(void)ctx;
	(void)request_ctx;
	if (!l->moved || code != MHD_REQUEST_TERMINATED_COMPLETED_OK)
		return;
	l->is_complete = true;
	touch(l);
}

static ssize_t on_read(void *ctx, uint64_t at, char *out, size_t max)
{
	struct mhd_link *l = ctx;
	size_t n;

	(void)at;
	if (!l->moved)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	touch(l);
	switch (call_read(l->answer.call, out, max, &n)) {
	case CALL_DATA: return (ssize_t)n;
	case CALL_DONE: return MHD_CONTENT_READER_END_OF_STREAM;
	case CALL_BROKEN: return MHD_CONTENT_READER_END_WITH_ERROR;
	case CALL_LATER: break;
	}
	l->is_suspended = true;
	MHD_suspend_connection(l->connection);
	return 0;
}

/* What MHD would tell of a request: we know it better, it is our own. */
#define UNUSED __attribute__((unused))
#define REQUEST_LINE                                                           \
	const char *url UNUSED, const char *method UNUSED,                     \
	    const char *version UNUSED
#define UPLOAD const char *upload_data UNUSED, size_t *upload_size UNUSED

/* NOLINTNEXTLINE(readability-function-size): the library's callback */
static enum MHD_Result on_request(void *ctx UNUSED,
				  struct MHD_Connection *connection,
				  REQUEST_LINE, UPLOAD, void **request_ctx)
{
	struct mhd_link *l = link_of(connection);
	struct MHD_Response *r;
	enum MHD_Result done;
	unsigned status;

	if (!l->moved || !l->is_asked)
		return MHD_NO;
	/* To an answer at the first call MHD adds "Connection: close", since
	 * a body might follow.  Being set, it has on_completed called. */
	if (!*request_ctx) {
		*request_ctx = l;
		return MHD_YES;
	}
	l->is_asked = false;
	r = answer_make(&l->answer, on_read, l, &status);
	if (!r)
		return MHD_NO;
	done = MHD_queue_response(connection, status, r);
	MHD_destroy_response(r);
	touch(l);
	return done;
}

static void on_log(void *ctx, const char *fmt, va_list ap)
{
	(void)ctx;
	(void)fmt;
	(void)ap;
}

/* The loop's calls. */

static void tell_touched(struct mhd *m)
{
	while (!list_is_empty(&m->touched)) {
		struct mhd_link *l = list_entry(m->touched.head.next,
						struct mhd_link, touched_node);
		bool is_complete = l->is_complete;

		list_take(&l->touched_node);
		l->is_complete = false;
		l->moved(l->ctx, is_complete);
	}
}

/* MHD's epoll is edge-triggered: without its timeout it would hang. */
static void arm(struct mhd *m)
{
	MHD_UNSIGNED_LONG_LONG ms;
	struct timeval tv;

	if (MHD_get_timeout(m->daemon, &ms) != MHD_YES) {
		event_del(m->timer);
		return;
	}
	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	event_add(m->timer, &tv);
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
	struct mhd *m = arg;

	(void)fd;
	(void)what;
	MHD_run(m->daemon);
	arm(m);
	tell_touched(m);
}

static struct MHD_Daemon *start(struct mhd *m, unsigned links_max)
{
	return MHD_start_daemon(
	    MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME,
	    0, NULL, NULL, on_request, m, MHD_OPTION_EXTERNAL_LOGGER, on_log,
	    NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection, m,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, m,
	    MHD_OPTION_CONNECTION_LIMIT, links_max,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_PER_LINK,
	    MHD_OPTION_CONNECTION_TIMEOUT, 0u,
	    MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_STRICT_FOR_CLIENT,
	    1, MHD_OPTION_END);
}

enum err mhd_new(struct event_base *base, unsigned links_max, struct mhd **out)
{
	struct mhd *m = xcalloc(1, sizeof(*m));
	const union MHD_DaemonInfo *info;

	m->base = base;
	list_init(&m->links);
	list_init(&m->touched);
	m->daemon = start(m, links_max);
	if (!m->daemon) {
		free(m);
		return ERR_IO;
	}
	info = MHD_get_daemon_info(m->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	m->ready =
	    event_new(base, info->epoll_fd, EV_READ | EV_PERSIST, on_event, m);
	m->timer = event_new(base, -1, 0, on_event, m);
	m->kick = event_new(base, -1, 0, on_event, m);
	if (!m->ready || !m->timer || !m->kick ||
	    event_add(m->ready, NULL) != 0)
		abort();
	*out = m;
	return OK;
}

void mhd_free(struct mhd *m)
{
	unsigned i;

	/* Suspended connections must have been resumed and seen their end
	 * before MHD may be stopped. */
	for (i = 0; i < STOP_TURNS && !list_is_empty(&m->links); i++)
		MHD_run(m->daemon);
	event_free(m->ready);
	event_free(m->timer);
	event_free(m->kick);
	MHD_stop_daemon(m->daemon);
	assert(list_is_empty(&m->links));
	free(m);
}

static enum err add_far_end(struct mhd *m, int fd)
{
	/* Not AF_INET: MHD would set TCP options on it. */
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	if (MHD_add_connection(m->daemon, fd, (const struct sockaddr *)&sa,
			       sizeof(sa)) == MHD_YES)
		return OK;
	return ERR_FULL; /* and MHD has closed fd */
}

enum err mhd_link_new(struct mhd *m, mhd_moved *moved, void *ctx,
		      struct mhd_link **out, int *fd)
{
	struct mhd_link *l;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		       pair) != 0)
		return ERR_IO;
	l = xcalloc(1, sizeof(*l));
	l->mhd = m;
	l->moved = moved;
	l->ctx = ctx;
	l->fd = pair[0];
	l->far_fd = pair[1];
	list_put_last(&m->links, &l->node);
	if (add_far_end(m, pair[1]) != OK) {
		close(pair[0]);
		link_free(l);
		return ERR_FULL;
	}
	*out = l;
	*fd = l->fd;
	return OK;
}

enum err mhd_link_ask(struct mhd_link *l, const struct mhd_ask *ask)
{
	char head[96];
	int n = snprintf(
	    head, sizeof(head), "%s / HTTP/1.%c\r\nHost: umbel\r\n%s\r\n",
	    ask->answer.is_head ? "HEAD" : "GET", ask->is_1_0 ? '0' : '1',
	    ask->wants_close ? "Connection: close\r\n" : "");

	assert(n > 0 && n < (int)sizeof(head));
	/* The pair is empty in this direction: it goes whole or not. */
	if (send(l->fd, head, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) != n)
		return ERR_CLOSED;
	l->answer = ask->answer;
	l->is_asked = true;
	kick(l->mhd);
	return OK;
}

static void resume(struct mhd_link *l)
{
	if (!l->is_suspended)
		return;
	l->is_suspended = false;
	MHD_resume_connection(l->connection);
	kick(l->mhd);
}

void mhd_link_wake(struct mhd_link *l)
{
	resume(l);
}

void mhd_link_close(struct mhd_link *l)
{
	l->moved = NULL;
	list_take(&l->touched_node);
	close(l->fd);
	if (l->far_fd < 0) {
		link_free(l);
		return;
	}
	/* MHD notices the end of a suspended connection only when resumed;
	 * on_connection() frees l then. */
	resume(l);
	kick(l->mhd);
}
