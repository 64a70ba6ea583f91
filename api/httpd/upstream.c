/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/httpd/upstream.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "util/fdpass.h"
#include "util/list.h"
#include "util/log.h"
#include "util/mem.h"

#define IDLE_MAX    32
#define FLUSH_BYTES 16384 /* of a body, before its end is known */
#define FULL_BYTES  65536
#define OUT_BYTES   (4 * FULL_BYTES)

struct upstream {
	struct event_base *base;
	int channel;
	struct event *channel_read;
	unsigned generation; /* of the core */
	struct list idle;
	size_t idle_count;
	struct list failed; /* calls whose owner must still be told */
	struct event *tell;
	void (*lost)(void *);
	void *lost_ctx;
};

/* One end of a pair; idle, or with a call. */
struct stream {
	struct list_node node;
	struct upstream *up;
	unsigned generation;
	int fd;
	struct event *read, *write;
	struct gate_parser in;
	struct call *call;
};

struct call {
	struct list_node failed_node;
	struct upstream *up;
	const struct call_user *user;
	void *ctx;
	struct stream *stream;
	struct buf out; /* frames for the core */
	bool was_full;
	bool is_ended; /* END is in out, or gone */
	bool is_answered;
	bool is_collected;
	bool is_done;
	enum fault failed;
	struct call_answer answer;
	struct buf text;    /* the strings of answer */
	struct buf content; /* of a collected answer */
	struct bytes now;   /* of a streamed one: the rest of a DATA frame */
};

/* The loop has one thread. */
static uint8_t scratch[GATE_FRAME_MAX];

static void stream_free(struct stream *s)
{
	if (s->node.next)
		s->up->idle_count--;
	list_take(&s->node);
	event_free(s->read);
	event_free(s->write);
	close(s->fd);
	gate_parser_clear(&s->in);
	free(s);
}

/* Takes the stream from its call: into the pool, if it is as new. */
static void release(struct call *c)
{
	struct stream *s = c->stream;
	bool is_clean;

	if (!s)
		return;
	is_clean = c->is_done && c->is_ended && c->out.len == 0 &&
		   gate_parser_is_idle(&s->in) &&
		   s->generation == c->up->generation &&
		   c->up->idle_count < IDLE_MAX;
	c->stream = NULL;
	s->call = NULL;
	if (!is_clean || event_add(s->read, NULL) != 0) {
		stream_free(s);
		return;
	}
	list_put_last(&c->up->idle, &s->node);
	c->up->idle_count++;
}

static void tell_failed(evutil_socket_t fd, short what, void *arg)
{
	struct upstream *u = arg;

	(void)fd;
	(void)what;
	while (!list_is_empty(&u->failed)) {
		struct call *c =
		    list_entry(u->failed.head.next, struct call, failed_node);

		list_take(&c->failed_node);
		c->user->answered(c->ctx, c->failed);
	}
}

/* The owner hears of it from the loop; what was answered cannot be taken
 * back, then call_read() tells. */
static void fail(struct call *c, enum fault f)
{
	if (c->failed != FAULT_NONE || c->is_done)
		return;
	c->failed = f;
	release(c);
	if (c->is_answered)
		return;
	list_put_last(&c->up->failed, &c->failed_node);
	event_active(c->up->tell, EV_TIMEOUT, 1);
}

static void channel_close(struct upstream *u)
{
	if (u->channel < 0)
		return;
	event_free(u->channel_read);
	u->channel_read = NULL;
	close(u->channel);
	u->channel = -1;
}

static void on_channel(evutil_socket_t fd, short what, void *arg)
{
	struct upstream *u = arg;
	char byte;
	ssize_t n = recv((int)fd, &byte, 1, MSG_DONTWAIT);

	(void)what;
	/* The core has nothing to say here: it is the end. */
	if (n < 0 && errno != EBADF && errno != ENOTSOCK)
		return; /* an end comes again, as nothing */
	log_warn("the channel to umbel-core is closed");
	channel_close(u);
	if (u->lost)
		u->lost(u->lost_ctx);
}

void upstream_on_lost(struct upstream *u, void (*lost)(void *), void *ctx)
{
	u->lost = lost;
	u->lost_ctx = ctx;
}

struct upstream *upstream_new(struct event_base *base)
{
	struct upstream *u = xcalloc(1, sizeof(*u));

	u->base = base;
	u->channel = -1;
	list_init(&u->idle);
	list_init(&u->failed);
	u->tell = event_new(base, -1, 0, tell_failed, u);
	if (!u->tell)
		abort();
	return u;
}

static void drop_idle(struct upstream *u)
{
	while (!list_is_empty(&u->idle))
		stream_free(list_entry(u->idle.head.next, struct stream, node));
}

void upstream_free(struct upstream *u)
{
	assert(list_is_empty(&u->failed));
	drop_idle(u);
	channel_close(u);
	event_free(u->tell);
	free(u);
}

void upstream_set_channel(struct upstream *u, OWNED int fd)
{
	channel_close(u);
	drop_idle(u);
	u->generation++;
	if (fd < 0)
		return;
	evutil_make_socket_nonblocking(fd);
	u->channel = fd;
	u->channel_read =
	    event_new(u->base, fd, EV_READ | EV_PERSIST, on_channel, u);
	if (!u->channel_read || event_add(u->channel_read, NULL) != 0)
		abort();
}

bool upstream_is_up(const struct upstream *u)
{
	return u->channel >= 0;
}

size_t upstream_idle_count(const struct upstream *u)
{
	return u->idle_count;
}

/* Answers. */

static const char *keep_string(struct buf *text, struct bytes s)
{
	const char *at = (const char *)text->data + text->len;

	if (s.n == 0)
		return NULL;
	/* There is room for all: see keep_answer(). */
	if (buf_put(text, s.p, s.n) != OK || buf_put(text, "", 1) != OK)
		abort();
	return at;
}

/* Copies it, since the parser's bytes will move. */
static void keep_answer(struct call *c, const struct gate_answer *a)
{
	size_t room = a->content_type.n + a->etag.n + a->location.n + 3;
	size_t i;

	for (i = 0; i < a->header_count; i++)
		room += a->headers[i].name.n + a->headers[i].value.n + 2;
	buf_init(&c->text, room);
	c->text.data = xcalloc(1, room);
	c->text.cap = room;
	c->answer.status = a->status;
	c->answer.content_length = a->content_length;
	c->answer.content_type = keep_string(&c->text, a->content_type);
	c->answer.etag = keep_string(&c->text, a->etag);
	c->answer.location = keep_string(&c->text, a->location);
	c->answer.header_count = a->header_count;
	for (i = 0; i < a->header_count; i++) {
		c->answer.headers[i].name =
		    keep_string(&c->text, a->headers[i].name);
		c->answer.headers[i].value =
		    keep_string(&c->text, a->headers[i].value);
	}
}

static void say_answered(struct call *c)
{
	c->is_answered = true;
	c->user->answered(c->ctx, FAULT_NONE);
}

static void finish_collected(struct call *c)
{
	int64_t want = c->answer.content_length;

	/* The answer to HEAD may come without its content. */
	if (c->content.len > 0 && (int64_t)c->content.len != want) {
		fail(c, FAULT_CORE_WRONG);
		return;
	}
	c->is_done = true;
	c->is_collected = true;
	release(c);
	say_answered(c);
}

/* Takes one frame; true if there may be more to take. */
static bool collect_frame(struct call *c, const struct gate_frame *f)
{
	if (f->type == GATE_ANSWER) {
		int64_t n = f->answer.content_length;

		keep_answer(c, &f->answer);
		if (n >= 0 && n <= UPSTREAM_COLLECT_MAX)
			return true;
		event_del(c->stream->read);
		say_answered(c);
		return false;
	}
	if (f->type == GATE_DONE) {
		finish_collected(c);
		return false;
	}
	if (buf_put(&c->content, f->data.p, f->data.n) == OK)
		return true;
	fail(c, FAULT_CORE_WRONG);
	return false;
}

static void collect(struct call *c)
{
	struct gate_frame f;
	enum err e;

	while ((e = gate_parser_take(&c->stream->in, &f)) == OK)
		if (!collect_frame(c, &f))
			return;
	if (e != ERR_SHORT)
		fail(c, FAULT_CORE_WRONG);
}

/* OK: bytes came.  ERR_SHORT: not now.  ERR_CLOSED: never. */
static enum err receive(struct stream *s)
{
	ssize_t n = recv(s->fd, scratch, sizeof(scratch), MSG_DONTWAIT);
	enum err e;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return ERR_SHORT;
	if (n <= 0)
		return ERR_CLOSED;
	e = gate_parser_put(&s->in, scratch, (size_t)n);
	/* An answer may hold a token, or what somebody wrote. */
	explicit_bzero(scratch, (size_t)n);
	return e;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct stream *s = arg;
	struct call *c = s->call;
	enum err e;

	(void)fd;
	(void)what;
	if (!c) {
		stream_free(s);
		return;
	}
	if (c->is_answered) {
		event_del(s->read);
		c->user->readable(c->ctx);
		return;
	}
	e = receive(s);
	if (e == OK)
		collect(c);
	else if (e != ERR_SHORT)
		fail(c, FAULT_CORE_DOWN);
}

/* Requests. */

static void flush(struct call *c)
{
	ssize_t n;

	if (c->out.len == 0)
		return;
	n = send(c->stream->fd, c->out.data, c->out.len,
		 MSG_NOSIGNAL | MSG_DONTWAIT);
	/* A core that is gone shows at the reading side; what it has
	 * answered before counts.  If it is there, and only this failed, it
	 * hangs up on a request without an end. */
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		buf_drop(&c->out, c->out.len);
		shutdown(c->stream->fd, SHUT_WR);
	} else if (n > 0)
		buf_drop(&c->out, (size_t)n);
	if (c->out.len > 0 && event_add(c->stream->write, NULL) != 0)
		fail(c, FAULT_CORE_DOWN);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct stream *s = arg;
	struct call *c = s->call;

	(void)fd;
	(void)what;
	if (!c)
		return;
	flush(c);
	if (c->was_full && !call_is_full(c)) {
		c->was_full = false;
		c->user->drained(c->ctx);
	}
}

static struct stream *stream_of(struct upstream *u, int fd)
{
	struct stream *s = xcalloc(1, sizeof(*s));

	s->up = u;
	s->generation = u->generation;
	s->fd = fd;
	gate_parser_init(&s->in, GATE_ANSWERS);
	s->read = event_new(u->base, fd, EV_READ | EV_PERSIST, on_readable, s);
	s->write = event_new(u->base, fd, EV_WRITE, on_writable, s);
	if (!s->read || !s->write || event_add(s->read, NULL) != 0)
		abort();
	return s;
}

static enum fault open_stream(struct upstream *u, struct stream **out)
{
	static const char hello = GATE_CHANNEL_HELLO;
	int pair[2];
	enum err e;

	if (u->channel < 0)
		return FAULT_CORE_DOWN;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		       pair) != 0)
		return FAULT_CORE_BUSY;
	e = fdpass_send(u->channel, &hello, 1, pair[1]);
	close(pair[1]);
	if (e == OK) {
		*out = stream_of(u, pair[0]);
		return FAULT_NONE;
	}
	close(pair[0]);
	/* Its end is seen by on_channel(). */
	return e == ERR_FULL ? FAULT_CORE_BUSY : FAULT_CORE_DOWN;
}

static enum fault attach(struct call *c)
{
	struct upstream *u = c->up;
	enum fault f;

	if (list_is_empty(&u->idle)) {
		f = open_stream(u, &c->stream);
		if (f != FAULT_NONE)
			return f;
	} else {
		/* The last one used is the one whose memory is warm. */
		c->stream = list_entry(u->idle.head.prev, struct stream, node);
		list_take(&c->stream->node);
		u->idle_count--;
	}
	c->stream->call = c;
	return FAULT_NONE;
}

static void start(struct call *c)
{
	enum fault f = FAULT_NONE;

	if (c->failed != FAULT_NONE || c->is_done)
		return;
	if (!c->stream)
		f = attach(c);
	if (f != FAULT_NONE)
		fail(c, f);
	else
		flush(c);
}

struct call *call_new(struct upstream *u, const struct call_user *user,
		      void *ctx)
{
	struct call *c = xcalloc(1, sizeof(*c));

	c->up = u;
	c->user = user;
	c->ctx = ctx;
	buf_init(&c->out, OUT_BYTES);
	buf_init(&c->content, UPSTREAM_COLLECT_MAX);
	return c;
}

void call_free(struct call *c)
{
	if (!c)
		return;
	list_take(&c->failed_node);
	release(c);
	buf_clear(&c->out);
	buf_clear(&c->text);
	buf_clear(&c->content);
	free(c);
}

void call_begin(struct call *c, const struct gate_request *head)
{
	if (gate_put_request(&c->out, head) != OK)
		fail(c, FAULT_HEAD_SIZE);
	else if (c->up->channel < 0)
		fail(c, FAULT_CORE_DOWN);
}

void call_put_body(struct call *c, const void *p, size_t n)
{
	if (c->failed != FAULT_NONE || c->is_done)
		return;
	if (gate_put_data(&c->out, GATE_BODY, p, n) != OK)
		fail(c, FAULT_CORE_BUSY);
	else if (c->out.len >= FLUSH_BYTES)
		start(c);
}

void call_end(struct call *c)
{
	if (c->failed != FAULT_NONE || c->is_done)
		return;
	c->is_ended = true;
	if (gate_put_end(&c->out, GATE_END) != OK)
		fail(c, FAULT_CORE_BUSY);
	else
		start(c);
}

bool call_is_full(struct call *c)
{
	c->was_full = c->out.len >= FULL_BYTES;
	return c->was_full;
}

const struct call_answer *call_answer(const struct call *c)
{
	return &c->answer;
}

bool call_is_collected(const struct call *c)
{
	return c->is_collected;
}

struct bytes call_take_content(struct call *c)
{
	struct bytes taken = buf_view(&c->content);

	buf_init(&c->content, 0);
	return taken;
}

/* Makes c->now hold something, if that is possible. */
static enum call_read next_data(struct call *c)
{
	struct gate_frame f;
	enum err e;

	do
		e = gate_parser_take(&c->stream->in, &f);
	while (e == ERR_SHORT && (e = receive(c->stream)) == OK);
	if (e == ERR_SHORT)
		return event_add(c->stream->read, NULL) == 0 ? CALL_LATER
							     : CALL_BROKEN;
	if (e != OK)
		return CALL_BROKEN;
	if (f.type == GATE_DONE) {
		c->is_done = true;
		release(c);
		return CALL_DONE;
	}
	c->now = f.data;
	return CALL_DATA;
}

enum call_read call_read(struct call *c, void *out, size_t cap, size_t *n)
{
	enum call_read r = CALL_DATA;

	if (c->is_done)
		return CALL_DONE;
	if (c->failed != FAULT_NONE)
		return CALL_BROKEN;
	if (c->now.n == 0)
		r = next_data(c);
	if (r == CALL_BROKEN)
		fail(c, FAULT_CORE_DOWN);
	if (r != CALL_DATA)
		return r;
	*n = c->now.n < cap ? c->now.n : cap;
	memcpy(out, c->now.p, *n);
	c->now.p += *n;
	c->now.n -= *n;
	return CALL_DATA;
}
