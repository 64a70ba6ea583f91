/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier.h"

#include <stdlib.h>

#include "api/hook.h"
#include "net/stream.h"
#include "util/log.h"
#include "util/mem.h"

/* All that can be on its way at once, with room for what is dropped. */
#define QUEUE_MAX_BYTES ((PARCEL_FLIGHTS_MAX + 1) * PARCEL_FRAME_MAX)
#define END_BYTES_MAX	65536 /* of answers that are not read yet */

struct line {
	struct courier *courier;
	enum parcel_type type;
	struct stream *stream; /* NULL: nobody is there */
	struct buf in;
};

struct courier {
	struct event_base *base;
	struct api *api;
	struct line hooks, posts;
};

static void drop(struct line *l)
{
	if (!l->stream)
		return;
	stream_free(l->stream);
	l->stream = NULL;
	buf_clear(&l->in);
	api_courier(l->courier->api, l->type, false);
}

/* Takes all that is there; an error if it is nothing that may come. */
static enum err take_all(struct line *l)
{
	struct parcel p;
	enum err e = OK;
	size_t n;

	while (e == OK) {
		e = parcel_take(buf_view(&l->in), &n, &p);
		if (e == OK && p.type != PARCEL_END)
			e = ERR_SYNTAX;
		if (e == OK) {
			buf_drop(&l->in, n);
			api_parcel_end(l->courier->api, &p);
		}
	}
	return e == ERR_SHORT ? OK : e;
}

static void on_bytes(struct line *l, struct bytes data)
{
	enum err e = buf_put(&l->in, data.p, data.n);

	if (e == OK)
		e = take_all(l);
	if (e == OK)
		return;
	log_error("%s broke the rules (%s): it is not used any more",
		  l->type == PARCEL_RUN ? "umbel-hooks" : "umbel-webhooks",
		  err_str(e));
	drop(l);
}

static void on_stream(void *arg, struct stream *s, enum stream_event ev,
		      struct bytes data)
{
	struct line *l = arg;

	(void)s;
	switch (ev) {
	case STREAM_DATA: on_bytes(l, data); break;
	case STREAM_CLOSED:
	case STREAM_ERROR: drop(l); break;
	case STREAM_CONNECTED:
	case STREAM_DRAINED:
	case STREAM_TIMEOUT: break;
	}
}

static void line_init(struct line *l, struct courier *c, enum parcel_type type)
{
	l->courier = c;
	l->type = type;
	buf_init(&l->in, END_BYTES_MAX);
}

static void line_clear(struct line *l)
{
	stream_free(l->stream);
	buf_clear(&l->in);
}

static struct line *line_of(struct courier *c, enum parcel_type type)
{
	return type == PARCEL_RUN ? &c->hooks : &c->posts;
}

struct courier *courier_new(struct event_base *base, struct api *api)
{
	struct courier *c = xcalloc(1, sizeof(*c));

	c->base = base;
	c->api = api;
	line_init(&c->hooks, c, PARCEL_RUN);
	line_init(&c->posts, c, PARCEL_POST);
	return c;
}

void courier_free(struct courier *c)
{
	if (!c)
		return;
	line_clear(&c->hooks);
	line_clear(&c->posts);
	free(c);
}

void courier_drop_channel(struct courier *c, enum parcel_type type)
{
	drop(line_of(c, type));
}

void courier_set_channel(struct courier *c, enum parcel_type type, int fd)
{
	struct line *l = line_of(c, type);
	const struct stream_handler h = {.fn = on_stream, .arg = l};

	drop(l);
	l->stream = stream_new(c->base, fd, h, QUEUE_MAX_BYTES);
	api_courier(c->api, type, true);
}

bool courier_deliver(struct courier *c, const struct parcel *p)
{
	struct line *l = line_of(c, p->type);
	struct buf frame;
	enum err e;

	if (!l->stream)
		return false;
	buf_init(&frame, PARCEL_FRAME_MAX);
	e = parcel_put(&frame, p);
	if (e == OK)
		e = stream_write(l->stream, buf_view(&frame));
	buf_clear(&frame);
	return e == OK;
}
