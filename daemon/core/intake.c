/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/intake.h"

#include "core/step.h"

enum {
	SECOND_MS = 1000,
	HOUR_MS = 3600 * 1000,
	DAY_MS = 24 * 3600 * 1000,
	/* Reading goes on when there is room for a second's messages, and for
	 * that part of a day's bytes: not for every single one. */
	DAY_PARTS = 1024,
	/* PROTOCOL 7.4: Streams that come in on a cell are counted, proven or
	 * not; but not those of class BULK once they are proven, up to 60 times
	 * as many. */
	BULK_STREAMS = 60,
};

static struct budget_rate message_rate(const struct node *n)
{
	return (struct budget_rate){n->limits.messages_per_s, SECOND_MS,
				    n->limits.messages_burst};
}

static struct budget_rate byte_rate(const struct node *n)
{
	return (struct budget_rate){n->limits.bytes_per_day, DAY_MS,
				    n->limits.bytes_per_day};
}

static struct budget_rate stream_rate(const struct node *n)
{
	return (struct budget_rate){n->limits.streams_per_hour, HOUR_MS,
				    n->limits.streams_per_hour};
}

static struct budget_rate bulk_stream_rate(const struct node *n)
{
	uint64_t per_hour = BULK_STREAMS * n->limits.streams_per_hour;

	return (struct budget_rate){per_hour, HOUR_MS, per_hour};
}

void intake_init(const struct node *n, struct contact *c)
{
	struct budget_rate messages = message_rate(n), bytes = byte_rate(n);
	struct budget_rate streams = stream_rate(n);
	struct budget_rate bulk_streams = bulk_stream_rate(n);

	budget_init(&c->intake.messages, &messages, n->now_ms);
	budget_init(&c->intake.bytes, &bytes, n->now_ms);
	budget_init(&c->intake.streams, &streams, n->now_ms);
	budget_init(&c->intake.bulk_streams, &bulk_streams, n->now_ms);
}

bool intake_stream(struct step *st, struct contact *c)
{
	struct budget_rate r = stream_rate(st->node);

	budget_spend(&c->intake.streams, &r, 1, st->now_ms);
	return budget_is_overdrawn(&c->intake.streams);
}

void intake_stream_proved(struct step *st, struct contact *c)
{
	struct budget_rate r = stream_rate(st->node);
	struct budget_rate bulk = bulk_stream_rate(st->node);

	budget_spend(&c->intake.bulk_streams, &bulk, 1, st->now_ms);
	if (!budget_is_overdrawn(&c->intake.bulk_streams))
		budget_give(&c->intake.streams, &r, 1, st->now_ms);
}

static void put(struct step *st, enum effect_type type, const struct link *l)
{
	struct effect e = {.type = type, .pause = l->id};

	step_put(st, &e);
}

void intake_update(struct step *st, struct link *l)
{
	bool pause =
	    l->owner.contact->intake.is_paused || (l->bulk && l->bulk->is_full);

	if (l->is_paused == pause)
		return;
	l->is_paused = pause;
	/* That we did not listen is not that it was silent. */
	if (!pause)
		l->heard_ms = st->now_ms;
	put(st, pause ? FX_PAUSE : FX_RESUME, l);
}

static void update_all(struct step *st, struct contact *c)
{
	size_t i;

	for (i = 0; i < c->session_count; i++)
		intake_update(st, c->sessions[i]);
	for (i = 0; i < c->bulk.count; i++)
		intake_update(st, c->bulk.links[i]);
}

/* PROTOCOL 7.8: A receiver reads from a contact 20 messages a second, with 200
 * at once, and 64 MiB a day; beyond that it leaves the link unread for a
 * while. */
static void pause_if_due(struct step *st, struct contact *c)
{
	struct intake *in = &c->intake;

	if (in->is_paused || (!budget_is_overdrawn(&in->messages) &&
			      !budget_is_overdrawn(&in->bytes)))
		return;
	in->is_paused = true;
	update_all(st, c);
}

void intake_record(struct step *st, struct contact *c, size_t bytes)
{
	struct budget_rate r = byte_rate(st->node);

	budget_spend(&c->intake.bytes, &r, bytes, st->now_ms);
	pause_if_due(st, c);
}

/* Every frame that makes us write or answer something counts.  An
 * acknowledgement does not: it comes because of what we sent. */
void intake_frame(struct step *st, struct contact *c, enum frame_type type)
{
	struct budget_rate r = message_rate(st->node);

	if (type == FRAME_ACK)
		return;
	budget_spend(&c->intake.messages, &r, 1, st->now_ms);
	pause_if_due(st, c);
}

uint64_t intake_deadline(const struct node *n, const struct contact *c)
{
	struct budget_rate messages = message_rate(n), bytes = byte_rate(n);
	uint64_t a, b;

	if (!c->intake.is_paused)
		return NEVER;
	a = budget_ready_ms(&c->intake.messages, &messages,
			    n->limits.messages_per_s);
	b = budget_ready_ms(&c->intake.bytes, &bytes,
			    n->limits.bytes_per_day / DAY_PARTS);
	return a > b ? a : b;
}

void intake_timers(struct step *st, struct contact *c)
{
	if (!step_is_due(st, intake_deadline(st->node, c)))
		return;
	c->intake.is_paused = false;
	update_all(st, c);
}
