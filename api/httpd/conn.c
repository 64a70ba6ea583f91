/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/httpd/conn.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "api/httpd/route.h"
#include "util/log.h"
#include "util/mem.h"

#define IN_BYTES     32768 /* a head, or pipelined bytes */
#define PULL_BYTES   65536 /* of an answer, taken from MHD at once */
#define LINGER_MS    1000
#define PROGRESS_MIN 65536 /* bytes of a body that win a new deadline */

static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

enum state {
	CONN_HEAD,   /* waits for a head */
	CONN_BODY,   /* a call is begun, its body comes */
	CONN_ANSWER, /* waits for the answer, or writes it */
	CONN_LINGER, /* all is said; waits for the client to close */
};

struct conn {
	struct list_node node, waiting_node;
	struct conns *set;
	int fd;
	enum gate_listener listener;
	struct event *read, *write, *timer, *link_read;
	enum state state;
	struct buf in; /* from the client */
	struct head_scan scan;
	bool is_idle;	/* nothing of a next head has come */
	struct buf out; /* for the client, who does not take it */
	size_t moved;	/* of a body, since the deadline was set */
	/* the request */
	char id[REQUEST_ID_MAX];
	bool is_head, is_1_0, wants_close;
	int64_t body_left;
	struct call *call;
	bool is_stream; /* counted in stream_count */
	/* its answer */
	struct mhd_link *link;
	int link_fd;
	bool is_complete;  /* all of it is in the link or beyond */
	bool is_link_over; /* the link gave its end */
};

/* The loop has one thread.  Wiped: a passphrase may have been in it. */
static uint8_t scratch[PULL_BYTES];

/* The client has to do something, and this long for it. */
static void wait_for_client(struct conn *c, unsigned ms)
{
	struct timeval tv = {ms / 1000, (suseconds_t)(ms % 1000 * 1000)};

	list_take(&c->waiting_node);
	list_put_last(&c->set->waiting, &c->waiting_node);
	event_add(c->timer, &tv);
}

static void stop_waiting(struct conn *c)
{
	list_take(&c->waiting_node);
	event_del(c->timer);
}

static void wait_for_body(struct conn *c)
{
	c->moved = 0;
	wait_for_client(c, c->set->limits.body_ms);
}

/* The client gave, or took, so much of a body. */
static void note_moved(struct conn *c, size_t n)
{
	c->moved += n;
	if (c->moved >= PROGRESS_MIN)
		wait_for_body(c);
}

static void end_call(struct conn *c)
{
	call_free(c->call);
	c->call = NULL;
	if (c->is_stream)
		c->set->stream_count--;
	c->is_stream = false;
}

static void close_link(struct conn *c)
{
	if (!c->link)
		return;
	event_free(c->link_read);
	mhd_link_close(c->link);
	c->link = NULL;
}

/* The end of c: nothing may touch it afterwards. */
static void conn_close(struct conn *c)
{
	list_take(&c->node);
	list_take(&c->waiting_node);
	c->set->counts[c->listener]--;
	event_free(c->read);
	event_free(c->write);
	event_free(c->timer);
	close(c->fd);
	close_link(c);
	end_call(c);
	buf_clear(&c->in);
	buf_clear(&c->out);
	free(c);
}

/* From the link to the client. */

/* Everything is said.  Closing with bytes unread would send a RST, and the
 * client might never see the answer. */
static void linger(struct conn *c)
{
	close_link(c);
	end_call(c);
	c->state = CONN_LINGER;
	shutdown(c->fd, SHUT_WR);
	buf_clear(&c->in);
	event_add(c->read, NULL);
	wait_for_client(c, LINGER_MS);
}

static void next_request(struct conn *c)
{
	end_call(c);
	c->state = CONN_HEAD;
	c->scan = (struct head_scan){0};
	c->id[0] = '\0';
	c->is_complete = false;
	event_add(c->read, NULL);
	c->is_idle = c->in.len == 0;
	wait_for_client(c, c->is_idle ? c->set->limits.idle_ms
				      : c->set->limits.head_ms);
	/* What is here already makes no event. */
	if (c->in.len)
		event_active(c->read, EV_TIMEOUT, 1);
}

/* Sends, and keeps the rest.  False: the client is gone. */
static bool put_out(struct conn *c, const void *p, size_t n)
{
	const uint8_t *at = p;
	ssize_t done = 0;

	if (c->out.len == 0)
		done = send(c->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (done < 0 && errno != EAGAIN && errno != EINTR)
		return false;
	if (done < 0)
		done = 0;
	if ((size_t)done == n)
		return true;
	event_add(c->write, NULL);
	return buf_put(&c->out, at + done, n - (size_t)done) == OK;
}

enum pulled { PULLED_ALL, PULLED_STUCK, PULLED_GONE };

/* Moves bytes from the link to the client until one of them has no more. */
static enum pulled pull_some(struct conn *c)
{
	while (c->out.len == 0) {
		ssize_t n =
		    recv(c->link_fd, scratch, sizeof(scratch), MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return PULLED_ALL;
		c->is_link_over = n <= 0;
		if (n <= 0)
			return PULLED_ALL;
		if (!put_out(c, scratch, (size_t)n))
			return PULLED_GONE;
		explicit_bzero(scratch, (size_t)n);
		if ((size_t)n < sizeof(scratch) && c->out.len == 0)
			return PULLED_ALL;
	}
	return PULLED_STUCK;
}

static void pull(struct conn *c)
{
	if (!c->link)
		return;
	switch (pull_some(c)) {
	case PULLED_GONE: conn_close(c); return;
	case PULLED_STUCK:
		event_del(c->link_read);
		if (c->state == CONN_ANSWER && !c->waiting_node.next)
			wait_for_body(c);
		return;
	case PULLED_ALL: break;
	}
	if (c->is_link_over)
		linger(c);
	else if (c->is_complete && !c->wants_close)
		next_request(c);
}

static void on_link(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	pull(arg);
}

static void on_moved(void *ctx, bool is_complete)
{
	struct conn *c = ctx;

	if (is_complete)
		c->is_complete = true;
	pull(c);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	ssize_t n =
	    send(c->fd, c->out.data, c->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);

	(void)fd;
	(void)what;
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		conn_close(c);
		return;
	}
	if (n > 0)
		buf_drop(&c->out, (size_t)n);
	if (c->out.len > 0) {
		event_add(c->write, NULL);
		if (c->state == CONN_ANSWER && n > 0)
			note_moved(c, (size_t)n);
		return;
	}
	if (c->state != CONN_ANSWER)
		return;
	stop_waiting(c);
	if (c->link) {
		event_add(c->link_read, NULL);
		pull(c);
	}
}

/* Answers. */

static bool open_link(struct conn *c)
{
	if (c->link)
		return true;
	if (mhd_link_new(c->set->mhd, on_moved, c, &c->link, &c->link_fd) != OK)
		return false;
	c->link_read = event_new(c->set->base, c->link_fd, EV_READ | EV_PERSIST,
				 on_link, c);
	if (!c->link_read || event_add(c->link_read, NULL) != 0)
		abort();
	return true;
}

static void new_id(struct conn *c)
{
	/* An odd factor: all 2^32 ids come before one comes again. */
	c->set->last_id += 0x9e3779b1u;
	snprintf(c->id, sizeof(c->id), "req-%08x", c->set->last_id);
}

/* May close c. */
static void answer(struct conn *c, struct answer a)
{
	struct mhd_ask ask;

	c->state = CONN_ANSWER;
	stop_waiting(c);
	a.is_head = c->is_head;
	memcpy(a.request_id, c->id, sizeof(c->id));
	ask = (struct mhd_ask){a, c->is_1_0, c->wants_close};
	if (!open_link(c) || mhd_link_ask(c->link, &ask) != OK) {
		log_warn("%s: no answer can be written", c->id);
		conn_close(c);
	}
}

static void answer_fault(struct conn *c, enum fault f)
{
	const struct fault_info *info = fault_info(f);

	log_debug("%s: %u %s: %s", c->id, info->status, info->code,
		  info->detail);
	answer(c, (struct answer){.kind = ANSWER_FAULT, .fault = f});
}

/* Nothing more is read as a request from this client. */
static void refuse(struct conn *c, enum fault f)
{
	if (c->id[0] == '\0')
		new_id(c);
	c->wants_close = true;
	answer_fault(c, f);
}

/* Requests to the core. */

static bool may_stream(struct conn *c)
{
	const struct call_answer *a = call_answer(c->call);

	if (a->content_length >= 0)
		return true;
	/* To HEAD MHD 0.9.75 would send the last chunk of no body. */
	if (c->is_head) {
		c->is_1_0 = true;
		c->wants_close = true;
		return true;
	}
	/* Some connections must be left for short requests. */
	if (c->set->stream_count >= c->set->limits.count / 4 * 3)
		return false;
	c->set->stream_count++;
	c->is_stream = true;
	return true;
}

static void on_answered(void *ctx, enum fault f)
{
	struct conn *c = ctx;

	/* The rest of the body is nobody's. */
	if (c->state == CONN_BODY)
		c->wants_close = true;
	if (f == FAULT_NONE && !may_stream(c))
		f = FAULT_STREAMS;
	if (f != FAULT_NONE) {
		end_call(c);
		answer_fault(c, f);
		return;
	}
	answer(c, (struct answer){.kind = ANSWER_CALL, .call = c->call});
}

static void on_call_readable(void *ctx)
{
	struct conn *c = ctx;

	mhd_link_wake(c->link);
}

/* Hands on what is here of the body. */
static void feed(struct conn *c)
{
	while (c->body_left > 0 && c->in.len > 0 && !call_is_full(c->call)) {
		size_t n = c->in.len;

		if ((int64_t)n > c->body_left)
			n = (size_t)c->body_left;
		call_put_body(c->call, c->in.data, n);
		buf_drop(&c->in, n);
		c->body_left -= (int64_t)n;
		note_moved(c, n);
	}
	if (c->body_left == 0) {
		c->state = CONN_ANSWER;
		stop_waiting(c);
		call_end(c->call);
	} else if (c->in.len > 0) {
		stop_waiting(c); /* it is the core that lets wait */
	} else if (!c->waiting_node.next) {
		wait_for_body(c);
	}
	if (c->in.len < IN_BYTES)
		event_add(c->read, NULL);
}

static void on_call_drained(void *ctx)
{
	struct conn *c = ctx;

	if (c->state == CONN_BODY)
		feed(c);
}

static const struct call_user call_user = {on_answered, on_call_readable,
					   on_call_drained};

/* May close c. */
static void begin_call(struct conn *c, const struct head *h)
{
	const struct gate_request r = head_request(h, c->listener, c->id);
	bool has_more = c->in.len > c->scan.end;

	c->call = call_new(c->set->upstream, &call_user, c);
	c->body_left = h->content_length > 0 ? h->content_length : 0;
	call_begin(c->call, &r);
	buf_drop(&c->in, c->scan.end);
	if (c->body_left > 0) {
		c->state = CONN_BODY;
		wait_for_body(c);
		if (h->wants_continue && !has_more &&
		    !put_out(c, go_on, sizeof(go_on) - 1)) {
			conn_close(c);
			return;
		}
	}
	feed(c);
}

static void answer_asset(struct conn *c, const struct head *h,
			 const struct asset *asset)
{
	struct answer a = {.kind = ANSWER_ASSET, .asset = asset};

	if (answer_tag_matches(asset->etag, h->if_none_match.p,
			       h->if_none_match.n))
		a.kind = ANSWER_NOT_MODIFIED;
	buf_drop(&c->in, c->scan.end);
	answer(c, a);
}

static void route(struct conn *c, const struct head *h)
{
	const struct asset *asset;

	switch (route_find(h->path, &asset)) {
	case ROUTE_CORE: begin_call(c, h); return;
	case ROUTE_ASSET: answer_asset(c, h, asset); return;
	case ROUTE_HOME:
		buf_drop(&c->in, c->scan.end);
		answer(c, (struct answer){.kind = ANSWER_REDIRECT});
		return;
	case ROUTE_NONE: break;
	}
	if (h->content_length > 0)
		c->wants_close = true;
	buf_drop(&c->in, c->scan.end);
	answer_fault(c, FAULT_NOT_FOUND);
}

/* A whole head is in c->in. */
static void begin(struct conn *c)
{
	struct head h;
	enum fault f = head_parse(bytes_of(c->in.data, c->scan.end), &h);

	new_id(c);
	c->is_head = h.is_known && h.method == GATE_HEAD;
	c->is_1_0 = h.version == HEAD_VERSION_1_0;
	c->wants_close = h.wants_close;
	if (f == FAULT_NONE)
		f = policy_check(c->set->policy, c->listener, &h);
	if (f != FAULT_NONE)
		refuse(c, f);
	else
		route(c, &h);
}

/* Goes on with what is in c->in.  May close c. */
static void advance(struct conn *c)
{
	enum fault f;

	if (c->state == CONN_BODY)
		feed(c);
	if (c->state != CONN_HEAD)
		return;
	f = head_scan(&c->scan, c->in.data, c->in.len);
	if (f != FAULT_NONE)
		refuse(c, f);
	else if (c->scan.end > 0)
		begin(c);
}

/* Client events. */

static void take_in(struct conn *c, size_t n)
{
	if (c->state != CONN_LINGER && buf_put(&c->in, scratch, n) != OK)
		abort();
	explicit_bzero(scratch, n);
	if (c->state == CONN_LINGER)
		return;
	if (c->is_idle) {
		c->is_idle = false;
		wait_for_client(c, c->set->limits.head_ms);
	}
	if (c->in.len == IN_BYTES)
		event_del(c->read);
	advance(c);
}

static void read_client(struct conn *c)
{
	size_t room = IN_BYTES - c->in.len;
	ssize_t n;

	if (room == 0)
		return;
	n = recv(c->fd, scratch, room, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* Also a client that only stops sending: what it asked for is not
	 * worth more than noticing those that are gone. */
	if (n <= 0)
		conn_close(c);
	else
		take_in(c, (size_t)n);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	if (what & EV_READ)
		read_client(c);
	else
		advance(c);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	bool is_half =
	    c->state == CONN_BODY || (c->state == CONN_HEAD && c->in.len > 0);

	(void)fd;
	(void)what;
	end_call(c);
	if (is_half && c->out.len == 0)
		refuse(c, FAULT_TIMEOUT);
	else
		conn_close(c);
}

void conns_init(struct conns *cs)
{
	list_init(&cs->all);
	list_init(&cs->waiting);
}

void conns_clear(struct conns *cs)
{
	while (!list_is_empty(&cs->all))
		conn_close(list_entry(cs->all.head.next, struct conn, node));
}

bool conns_evict(struct conns *cs, bool but_the_owner)
{
	struct list_node *n;

	list_for_each (n, &cs->waiting) {
		struct conn *c = list_entry(n, struct conn, waiting_node);

		if (!but_the_owner || c->listener != GATE_UNIX) {
			conn_close(c);
			return true;
		}
	}
	return false;
}

void conns_add(struct conns *cs, OWNED int fd, enum gate_listener listener)
{
	static const int on = 1;
	struct conn *c = xcalloc(1, sizeof(*c));

	if (listener == GATE_TCP)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c->set = cs;
	c->fd = fd;
	c->listener = listener;
	buf_init(&c->in, IN_BYTES);
	buf_init(&c->out, PULL_BYTES);
	c->read = event_new(cs->base, fd, EV_READ | EV_PERSIST, on_readable, c);
	c->write = event_new(cs->base, fd, EV_WRITE, on_writable, c);
	c->timer = evtimer_new(cs->base, on_deadline, c);
	if (!c->read || !c->write || !c->timer || event_add(c->read, NULL) != 0)
		abort();
	list_put_last(&cs->all, &c->node);
	cs->counts[listener]++;
	wait_for_client(c, cs->limits.head_ms);
	/* Its request is mostly here already. */
	read_client(c);
}
