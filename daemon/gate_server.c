/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gate_server.h"

#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "api/api.h"
#include "api/gate.h"
#include "api/jout.h"
#include "net/stream.h"
#include "util/fdpass.h"
#include "util/list.h"
#include "util/log.h"
#include "util/mem.h"

/* The API drops a slow event stream at 1 MiB; the longest answer may come on
 * top. */
#define QUEUE_MAX_BYTES (API_STREAM_QUEUE_MAX + JOUT_MAX)
#define KEEP_BYTES	65536 /* of the buffer, between two answers */
#define STREAMS_MAX	1024
#define HELLO_MAX	16

struct gate_server {
	struct event_base *base;
	struct api *api;
	int channel;
	struct event *channel_event;
	struct list conns;
	size_t conn_count;
};

/* One stream. */
struct conn {
	struct list_node node;
	struct gate_server *server;
	struct stream *stream;
	struct gate_parser in;
	struct buf out; /* frames, until there is a reason to write them */
	struct request *request;
	struct event *cleanup; /* done and broken ones are taken care of
				* outside of the API's own calls */
	bool is_live;	       /* the answer is a stream: write at once */
	bool is_answered;      /* DONE is written */
	bool is_read;	       /* END has come */
	bool is_held;	       /* the body has to wait */
	bool is_broken;
};

static void conn_free(struct conn *c)
{
	list_take(&c->node);
	c->server->conn_count--;
	if (c->request)
		api_request_free(c->request);
	event_free(c->cleanup);
	stream_free(c->stream);
	gate_parser_clear(&c->in);
	buf_clear(&c->out);
	free(c);
}

static void settle_later(struct conn *c)
{
	event_active(c->cleanup, EV_TIMEOUT, 0);
}

static void fail(struct conn *c)
{
	if (c->is_broken)
		return;
	c->is_broken = true;
	settle_later(c);
}

static void write_out(struct conn *c)
{
	if (!c->is_broken && stream_write(c->stream, buf_view(&c->out)) != OK)
		fail(c);
	if (c->out.cap > KEEP_BYTES)
		buf_clear(&c->out);
	else
		buf_drop(&c->out, c->out.len);
}

/* A short answer goes out in one piece: one call, and one wake-up of the
 * other side. */
static void take_frame(struct conn *c, enum err e)
{
	if (e != OK)
		fail(c);
	else if (c->is_live || c->is_answered)
		write_out(c);
}

static void on_head(void *ctx, const struct gate_answer *a)
{
	struct conn *c = ctx;

	/* A long one is written as it comes, too, and by pieces. */
	c->is_live =
	    a->content_length < 0 || a->content_length > GATE_FRAME_MAX;
	take_frame(c, gate_put_answer(&c->out, a));
}

static void on_data(void *ctx, const void *p, size_t n)
{
	struct conn *c = ctx;

	take_frame(c, gate_put_data(&c->out, GATE_DATA, p, n));
}

static void on_done(void *ctx)
{
	struct conn *c = ctx;

	c->is_answered = true;
	take_frame(c, gate_put_end(&c->out, GATE_DONE));
	settle_later(c);
}

static void on_abort(void *ctx)
{
	fail(ctx);
}

static size_t on_queued(void *ctx)
{
	struct conn *c = ctx;

	return stream_queued_bytes(c->stream);
}

static void on_hold(void *ctx, bool on)
{
	struct conn *c = ctx;

	if (c->is_broken || c->is_held == on)
		return;
	c->is_held = on;
	if (on) {
		stream_pause(c->stream);
		return;
	}
	stream_resume(c->stream);
	settle_later(c); /* with what is here already */
}

static const struct api_sink sink = {
    .head = on_head,
    .data = on_data,
    .done = on_done,
    .abort = on_abort,
    .queued = on_queued,
    .hold = on_hold,
};

static void handle(struct conn *c, const struct gate_frame *f)
{
	switch (f->type) {
	case GATE_REQUEST:
		c->is_answered = c->is_read = c->is_held = false;
		c->request =
		    api_request_new(c->server->api, &f->request, &sink, c);
		break;
	case GATE_BODY:
		if (c->request)
			api_request_body(c->request, f->data);
		break;
	case GATE_END:
		c->is_read = true;
		if (c->request)
			api_request_end(c->request);
		settle_later(c);
		break;
	case GATE_ANSWER:
	case GATE_DATA:
	case GATE_DONE: break; /* the parser refuses them */
	}
}

/* Takes what is there, but not the next request before this one is over. */
static void advance(struct conn *c)
{
	struct gate_frame f;
	enum err e = OK;

	while (!c->is_broken && !c->is_held && !(c->is_read && c->request)) {
		e = gate_parser_take(&c->in, &f);
		if (e != OK)
			break;
		handle(c, &f);
	}
	if (e != OK && e != ERR_SHORT) {
		log_warn("a request stream broke the rules: %s", err_str(e));
		fail(c);
	}
}

static void on_settle(evutil_socket_t fd, short what, void *ctx)
{
	struct conn *c = ctx;

	(void)fd;
	(void)what;
	if (c->is_broken) {
		conn_free(c);
		return;
	}
	if (c->request && c->is_answered && c->is_read) {
		api_request_free(c->request);
		c->request = NULL;
	}
	advance(c);
}

static void on_bytes(struct conn *c, struct bytes data)
{
	if (gate_parser_put(&c->in, data.p, data.n) != OK)
		fail(c);
	else
		advance(c);
}

static void on_stream(void *arg, struct stream *s, enum stream_event ev,
		      struct bytes data)
{
	struct conn *c = arg;

	(void)s;
	switch (ev) {
	case STREAM_DATA: on_bytes(c, data); break;
	case STREAM_DRAINED:
		if (c->request && !c->is_broken)
			api_request_drained(c->request);
		break;
	case STREAM_CLOSED:
	case STREAM_ERROR: conn_free(c); break;
	case STREAM_CONNECTED:
	case STREAM_TIMEOUT: break;
	}
}

static void add_stream(struct gate_server *g, int fd)
{
	struct conn *c;
	struct stream_handler h = {.fn = on_stream};

	if (g->conn_count >= STREAMS_MAX) {
		close(fd);
		return;
	}
	c = xcalloc(1, sizeof(*c));
	c->server = g;
	h.arg = c;
	c->cleanup = event_new(g->base, -1, 0, on_settle, c);
	c->stream = stream_new(g->base, fd, h, QUEUE_MAX_BYTES);
	gate_parser_init(&c->in, GATE_REQUESTS);
	buf_init(&c->out, QUEUE_MAX_BYTES);
	list_put_last(&g->conns, &c->node);
	g->conn_count++;
}

static void drop_channel(struct gate_server *g)
{
	if (g->channel < 0)
		return;
	event_free(g->channel_event);
	close(g->channel);
	g->channel = -1;
}

static void on_channel(evutil_socket_t sock, short what, void *ctx)
{
	struct gate_server *g = ctx;
	char hello[HELLO_MAX];
	size_t n;
	int fd;
	enum err e;

	(void)what;
	e = fdpass_recv((int)sock, hello, sizeof(hello), &n, &fd);
	if (e == ERR_CLOSED)
		drop_channel(g); /* umbeld brings a new one */
	if (e != OK || fd < 0)
		return;
	if (n == 1 && hello[0] == GATE_CHANNEL_HELLO)
		add_stream(g, fd);
	else
		close(fd);
}

struct gate_server *gate_server_new(struct event_base *base, struct api *api)
{
	struct gate_server *g = xcalloc(1, sizeof(*g));

	g->base = base;
	g->api = api;
	g->channel = -1;
	list_init(&g->conns);
	return g;
}

void gate_server_free(struct gate_server *g)
{
	if (!g)
		return;
	drop_channel(g);
	while (!list_is_empty(&g->conns))
		conn_free(list_entry(g->conns.head.next, struct conn, node));
	free(g);
}

void gate_server_set_channel(struct gate_server *g, int fd)
{
	drop_channel(g);
	g->channel = fd;
	evutil_make_socket_nonblocking(fd);
	g->channel_event =
	    event_new(g->base, fd, EV_READ | EV_PERSIST, on_channel, g);
	/* umbel-httpd sees its end and asks for another. */
	if (event_add(g->channel_event, NULL) != 0)
		drop_channel(g);
}
