/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor/control_link.h"

#include <assert.h>
#include <stdlib.h>

#include "net/stream.h"
#include "net/timer.h"
#include "util/clock.h"
#include "util/mem.h"

#define RETRY_MAX_MS 5000
#define STEADY_MS    5000 /* up for so long: the next retry is quick */
#define QUEUE_MAX    (256 * 1024)

struct control_link {
	struct event_base *base;
	struct way way;
	struct control_link_handler h;
	struct stream *stream; /* NULL: not connected */
	struct control_parser parser;
	struct timer *timer; /* to connect, or to end a broken connection */
	struct list unanswered;
	uint64_t reply_limit_ms, first_retry_ms, retry_ms, up_since_ms;
	struct failure why;
	unsigned silences; /* timeouts since tor last said anything */
	bool is_up, is_broken, is_connected;
};

static void drop(struct control_link *l)
{
	uint64_t now_ms = clock_mono_ms();

	if (l->is_up && now_ms - l->up_since_ms >= STEADY_MS)
		l->retry_ms = l->first_retry_ms;
	stream_free(l->stream);
	control_parser_clear(&l->parser);
	l->stream = NULL;
	l->is_up = false;
	l->is_broken = false;
	l->is_connected = false;
	timer_set_ms(l->timer, now_ms + l->retry_ms);
	l->retry_ms *= 2;
	if (l->retry_ms > RETRY_MAX_MS)
		l->retry_ms = RETRY_MAX_MS;
	l->h.down(l->h.arg, &l->why);
	assert(list_is_empty(&l->unanswered));
}

/* Counts anew with each answer: tor answers in order. */
static void set_deadline(struct control_link *l)
{
	uint64_t at_ms = TIMER_NEVER;

	if (!list_is_empty(&l->unanswered))
		at_ms = clock_mono_ms() + l->reply_limit_ms;
	stream_set_deadline_ms(l->stream, at_ms);
}

static bool on_reply(struct control_link *l, const struct control_reply *r)
{
	struct list_node *cmd = l->unanswered.head.next;

	if (r->code == CONTROL_CODE_EVENT)
		return l->h.reply(l->h.arg, NULL, r, &l->why);
	if (list_is_empty(&l->unanswered))
		return failure_set_syntax(&l->why);
	list_take(cmd);
	set_deadline(l);
	return l->h.reply(l->h.arg, cmd, r, &l->why);
}

static void on_data(struct control_link *l, struct bytes in)
{
	const struct control_reply *r = NULL;
	bool is_fine = true;

	l->silences = 0;
	while (is_fine && !l->is_broken) {
		if (control_parser_step(&l->parser, &in, &r) != OK)
			is_fine = failure_set_syntax(&l->why);
		else if (!r)
			break;
		else
			is_fine = on_reply(l, r);
	}
	if (is_fine && !l->is_broken)
		l->h.settled(l->h.arg);
	else
		drop(l);
}

static void on_stream(void *arg, struct stream *s, enum stream_event ev,
		      struct bytes data)
{
	struct control_link *l = arg;

	(void)s;
	switch (ev) {
	case STREAM_CONNECTED:
		l->is_connected = true;
		l->h.connected(l->h.arg);
		return;
	case STREAM_DATA: on_data(l, data); return;
	case STREAM_TIMEOUT:
		failure_set(&l->why, TOR_FAILED,
			    "tor does not answer: it hangs, or the machine is "
			    "overloaded");
		/* Before that it is the broker who does not answer. */
		l->silences += l->is_connected ? 1 : 0;
		drop(l);
		return;
	case STREAM_CLOSED:
	case STREAM_ERROR: drop(l); return;
	case STREAM_DRAINED: return;
	}
}

static void on_timer(void *arg)
{
	struct control_link *l = arg;
	struct stream_handler h = {on_stream, l};

	if (l->stream) {
		drop(l);
		return;
	}
	failure_set(&l->why, TOR_STOPPED, "");
	control_parser_init(&l->parser);
	if (stream_connect(l->base, l->way, WAY_CONTROL, h, QUEUE_MAX,
			   &l->stream) != OK)
		drop(l);
	else
		stream_set_deadline_ms(l->stream,
				       clock_mono_ms() + l->reply_limit_ms);
}

struct control_link *control_link_new(struct event_base *base,
				      const struct control_link_config *cfg,
				      const struct control_link_handler *h)
{
	struct control_link *l = xcalloc(1, sizeof(*l));

	l->base = base;
	l->way = cfg->way;
	l->h = *h;
	l->reply_limit_ms = cfg->reply_limit_ms;
	l->first_retry_ms = l->retry_ms = cfg->retry_ms;
	control_parser_init(&l->parser);
	list_init(&l->unanswered);
	l->timer = timer_new(base, on_timer, l);
	timer_set_ms(l->timer, 0);
	return l;
}

void control_link_free(struct control_link *l)
{
	if (!l)
		return;
	assert(list_is_empty(&l->unanswered));
	stream_free(l->stream);
	control_parser_clear(&l->parser);
	timer_free(l->timer);
	free(l);
}

void control_link_hurry(struct control_link *l)
{
	l->retry_ms = l->first_retry_ms;
	if (!l->stream)
		timer_set_ms(l->timer, 0);
}

bool control_link_is_open(const struct control_link *l)
{
	return l->stream && !l->is_broken;
}

void control_link_set_up(struct control_link *l)
{
	l->is_up = true;
	l->up_since_ms = clock_mono_ms();
}

void control_link_send(struct control_link *l, struct buf *line,
		       struct list_node *cmd)
{
	bool is_first = list_is_empty(&l->unanswered);

	list_put_last(&l->unanswered, cmd);
	if (stream_write(l->stream, buf_view(line)) != OK) {
		l->is_broken = true;
		timer_set_ms(l->timer, 0);
	} else if (is_first) {
		set_deadline(l);
	}
	buf_clear(line);
}

unsigned control_link_silences(const struct control_link *l)
{
	return l->silences;
}

struct list *control_link_unanswered(struct control_link *l)
{
	return &l->unanswered;
}
