/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor/socks.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "net/stream.h"
#include "net/timer.h"
#include "util/clock.h"
#include "util/mem.h"

struct dial {
	struct stream *stream; /* NULL until connected, and after a failure */
	struct timer *timer;   /* the limit, or an early end being told */
	struct dial_handler h;
	struct socks socks;
	struct buf out;
	bool is_connected;
	char *onion, *user, *pass;
	enum dial_result result; /* to be told when the timer fires */
};

static void free_text(char *s)
{
	sodium_memzero(s, strlen(s));
	free(s);
}

static void free_dial(struct dial *d)
{
	stream_free(d->stream);
	timer_free(d->timer);
	buf_clear(&d->out);
	free_text(d->onion);
	free_text(d->user);
	free_text(d->pass);
	free(d);
}

static void finish(struct dial *d, enum dial_result r)
{
	struct dial_handler h = d->h;
	int fd = -1;

	if (r == DIAL_OK) {
		fd = stream_take_fd(d->stream);
		d->stream = NULL;
	}
	free_dial(d);
	h.fn(h.arg, r, fd);
}

/* False if the dial has ended. */
static bool send_out(struct dial *d)
{
	enum err e = OK;

	if (d->out.len > 0)
		e = stream_write(d->stream, buf_view(&d->out));
	buf_clear(&d->out);
	if (e != OK)
		finish(d, DIAL_BROKEN);
	return e == OK;
}

static void on_data(struct dial *d, struct bytes data)
{
	socks_step(&d->socks, &data, &d->out);
	if (d->socks.phase == SOCKS_DONE && stream_queued_bytes(d->stream) > 0)
		finish(d, DIAL_BROKEN);
	else if (d->socks.phase == SOCKS_DONE || d->socks.phase == SOCKS_BAD)
		finish(d, d->socks.result);
	else if (send_out(d))
		stream_set_read_max(d->stream, socks_need(&d->socks));
}

static void on_stream(void *arg, struct stream *s, enum stream_event ev,
		      struct bytes data)
{
	struct dial *d = arg;

	switch (ev) {
	case STREAM_CONNECTED:
		d->is_connected = true;
		if (send_out(d))
			stream_set_read_max(s, socks_need(&d->socks));
		return;
	case STREAM_DATA: on_data(d, data); return;
	case STREAM_CLOSED:
	case STREAM_ERROR:
		finish(d, d->is_connected ? DIAL_BROKEN : DIAL_NO_TOR);
		return;
	case STREAM_DRAINED:
	case STREAM_TIMEOUT: return;
	}
}

static void on_timer(void *arg)
{
	struct dial *d = arg;

	finish(d, d->result);
}

struct dial *socks_dial(struct event_base *base, struct way way,
			const struct socks_request *req, uint64_t limit_ms,
			struct dial_handler h)
{
	struct stream_handler sh = {on_stream, NULL};
	struct dial *d = xcalloc(1, sizeof(*d));
	struct socks_request own;
	uint64_t now_ms = clock_mono_ms();

	d->h = h;
	d->timer = timer_new(base, on_timer, d);
	d->result = DIAL_TIMEOUT;
	d->onion = xstrdup(req->onion);
	d->user = xstrdup(req->user);
	d->pass = xstrdup(req->pass);
	buf_init(&d->out, SOCKS_OUT_MAX);
	own = (struct socks_request){d->onion, req->port, d->user, d->pass};
	sh.arg = d;
	if (socks_init(&d->socks, &own, &d->out) != OK)
		d->result = DIAL_BAD_NAME;
	else if (stream_connect(base, way, WAY_SOCKS, sh, SOCKS_OUT_MAX,
				&d->stream) != OK)
		d->result = DIAL_NO_TOR;
	timer_set_ms(d->timer, now_ms + (d->stream ? limit_ms : 0));
	return d;
}

void socks_cancel(struct dial *d)
{
	free_dial(d);
}
