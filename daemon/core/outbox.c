/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/outbox.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "core/contact.h"
#include "core/cover.h"
#include "core/due.h"
#include "core/link.h"
#include "core/message.h"
#include "core/step.h"
#include "util/mem.h"

enum {
	FETCH_COUNT_MAX = 64,
	FETCH_BYTES_MAX = 64 * 1024,
	SENT_AFTER_MS = 2000, /* tor has it, and no acknowledgement came */
};

/* How far ahead of us a peer may be after our disk went back. */
#define SHIFT_MAX ((uint64_t)1 << 32)

static void put_state(struct step *st, const struct contact *c, uint64_t from,
		      uint64_t to, enum message_state state)
{
	struct effect e = {.type = FX_SAVE_STATE,
			   .journal = JOURNAL_MESSAGE_STATE};

	e.state.contact_id = c->row.id;
	e.state.from_seq = from;
	e.state.to_seq = to;
	e.state.state = state;
	e.state.at_ms = st->wall_ms;
	step_put(st, &e);
}

/* Own numbers go on, for they name rows on the disk; on the wire the next one
 * is 1. */
void outbox_detach(struct step *st, struct contact *c)
{
	struct counters *n = &c->row.n;
	uint64_t last = n->send_next - 1;

	outbox_offline(st, c);
	if (n->peer_acked < last)
		put_state(st, c, n->peer_acked + 1, last, MESSAGE_FAILED);
	*n = (struct counters){.send_next = last + 1,
			       .send_high = last,
			       .peer_acked = last,
			       .seq_shift = 0 - last,
			       .recv_next = 1};
	contact_renumbered(c);
	c->out.drained = last;
	c->out.read_early = false;
}

/* Own number of a number of the wire; below 1 for one that we never gave. */
static int64_t own_of(const struct counters *n, uint64_t wire)
{
	return (int64_t)(wire - n->seq_shift);
}

void outbox_start(struct step *st, struct contact *c)
{
	const struct counters *n = &c->row.n;

	if (n->peer_acked + 1 < n->send_next)
		put_state(st, c, n->peer_acked + 1, n->send_next - 1,
			  MESSAGE_QUEUED);
}

static struct flight *flight_of(const struct outbox *o, uint64_t seq)
{
	struct flight *f = o->flight ? &o->flight[seq % WINDOW] : NULL;

	return f && f->seq == seq ? f : NULL;
}

/* Messages that may still go out; any one of ours fits.  PROTOCOL 7.7: A
 * sender MUST NOT have more than 256 messages, or the peer's window, or 256
 * KiB unacknowledged in flight. */
static uint64_t room(const struct contact *c)
{
	uint64_t in_flight = c->out.next - 1 - c->row.n.peer_acked;

	if (!c->transmit || c->out.verify_seq || c->out.stuck ||
	    c->out.flight_bytes > FLIGHT_BYTES_MAX - MESSAGE_WRITE_MAX ||
	    in_flight >= c->transmit->session.window ||
	    (c->transmit->cover && cover_is_full(c->transmit->cover)))
		return 0;
	return c->transmit->session.window - in_flight;
}

static void put_fetch(struct step *st, struct contact *c, uint64_t from,
		      uint64_t count)
{
	struct effect e = {.type = FX_FETCH};

	e.fetch.contact_id = c->row.id;
	e.fetch.from_seq = from;
	e.fetch.max_count = count < FETCH_COUNT_MAX ? count : FETCH_COUNT_MAX;
	e.fetch.max_bytes = FETCH_BYTES_MAX;
	c->out.fetching = true;
	c->out.fetch_from = from;
	step_put(st, &e);
}

void outbox_pump(struct step *st, struct contact *c)
{
	struct outbox *o = &c->out;
	uint64_t n = room(c);

	if (!c->transmit || o->fetching || o->stuck)
		return;
	if (o->verify_seq)
		put_fetch(st, c, o->verify_seq, 1);
	else if (n > 0 && o->next < c->row.n.send_next)
		put_fetch(st, c, o->next, n);
}

static void note_flight(struct outbox *o, const struct message_row *row,
			size_t bytes)
{
	struct flight *f;

	if (!o->flight)
		o->flight = xcalloc(WINDOW, sizeof(*o->flight));
	f = &o->flight[row->seq % WINDOW];
	f->seq = row->seq;
	f->bytes = (uint32_t)bytes;
	f->chain = row->chain;
	o->flight_bytes += bytes;
	o->next = row->seq + 1;
	if (o->sent_high < row->seq)
		o->sent_high = row->seq;
}

/* On the disk before it leaves us, so that we know for ever which messages
 * nobody can have. */
static void note_high(struct contact *c, uint64_t seq)
{
	if (c->row.n.send_high >= seq)
		return;
	c->row.n.send_high = seq;
	contact_touch_counters(c);
}

/* PROTOCOL 6.5: Who wipes or deletes a message of his own that is not
 * acknowledged MUST send it withdrawn from then on. */
static void withdraw(const struct message_row *row, struct message *m)
{
	m->kind = MESSAGE_WITHDRAWN;
	memcpy(m->mid.b, row->content.b, sizeof(m->mid.b));
	m->body = bytes_of(row->content.b, sizeof(row->content.b));
	m->extra = bytes_of(NULL, 0);
}

/* Hands the message o->next to the session that transmits. */
static void transmit(struct step *st, struct contact *c,
		     const struct message_row *row)
{
	uint8_t record[MESSAGE_WRITE_MAX];
	struct wire_writer w;
	struct message m = {
	    .kind = row->kind, .mid = row->mid, .chain = row->chain};
	struct frame_msg f;
	uint64_t age_s = 0;

	if (st->wall_ms > row->sent_ms)
		age_s = (st->wall_ms - row->sent_ms) / 1000;
	m.age_s = age_s < UINT32_MAX ? (uint32_t)age_s : UINT32_MAX;
	m.body = row->body;
	m.extra = bytes_of(row->extra, row->extra_bytes);
	if (row->withdrawn)
		withdraw(row, &m);
	wire_write_init(&w, record, sizeof(record));
	message_write(&w, &m);
	f.seq = row->seq + c->row.n.seq_shift;
	f.record = wire_written(&w);
	frame_write_msg(
	    link_frame(st, c->transmit, FRAME_MSG_HEAD_BYTES + f.record.n), &f);
	note_flight(&c->out, row, f.record.n);
	note_high(c, row->seq);
	sodium_memzero(record, f.record.n);
}

static void compose(struct step *st, const struct contact *c,
		    struct message_row *row)
{
	struct message m = {.kind = row->kind, .body = row->body};
	struct hash32 content;

	row->contact_id = c->row.id;
	row->dir = MESSAGE_OUT;
	row->state = MESSAGE_QUEUED;
	row->seq = c->row.n.send_next;
	row->sent_ms = st->wall_ms;
	step_random(st, row->mid.b, sizeof(row->mid.b));
	m.mid = row->mid;
	m.extra = bytes_of(row->extra, row->extra_bytes);
	message_content_hash(&m, &content);
	message_chain(&c->row.n.chain_out, &content, &row->chain);
}

void outbox_put(struct step *st, struct contact *c, struct message_row *row,
		enum journal_type journal)
{
	struct effect e = {.type = FX_SAVE_MESSAGE, .journal = journal};
	struct outbox *o = &c->out;

	compose(st, c, row);
	c->row.n.send_next++;
	c->row.n.chain_out = row->chain;
	contact_touch_counters(c);
	if (room(c) > 0 && o->next == row->seq) {
		row->state = MESSAGE_SENDING;
		o->marked = row->seq;
		transmit(st, c, row);
	}
	e.message = *row;
	step_put(st, &e);
	sodium_memzero(&e, sizeof(e));
}

/* Sends what it can of rows, which are in order. */
static void transmit_rows(struct step *st, struct contact *c,
			  const struct message_row *rows, size_t count)
{
	struct outbox *o = &c->out;
	uint64_t first = o->next;
	size_t i;

	for (i = 0; i < count && room(c) > 0; i++) {
		if (rows[i].seq < o->next)
			continue;
		if (rows[i].seq > o->next)
			break;
		transmit(st, c, &rows[i]);
	}
	if (first <= o->marked)
		first = o->marked + 1;
	if (first >= o->next)
		return;
	put_state(st, c, first, o->next - 1, MESSAGE_SENDING);
	o->marked = o->next - 1;
}

static void put_read(struct step *st, const struct contact *c)
{
	struct effect e = {.type = FX_SAVE_CHANGE,
			   .journal = JOURNAL_MESSAGE_STATE};

	e.change.contact_id = c->row.id;
	e.change.kind = CHANGE_READ;
	e.change.by = MESSAGE_IN;
	e.change.ref = c->out.read_mid;
	e.change.at_ms = c->out.read_ms;
	step_put(st, &e);
}

/* PROTOCOL 6.5: A "read" MUST NOT have an effect on messages that its sender
 * has not acknowledged.  The store marks what is DELIVERED.  But two sessions
 * overtake each other, and what a HELLO acknowledges may have to be looked up
 * first; so it is said once more after the next acknowledgement. */
void outbox_read(struct step *st, struct contact *c, const struct mid *mid,
		 uint64_t at_ms)
{
	c->out.read_early = c->row.n.peer_acked + 1 < c->row.n.send_next;
	c->out.read_mid = *mid;
	c->out.read_ms = at_ms;
	put_read(st, c);
}

/* Everything up to own seq is with the peer. */
static void on_acked(struct step *st, struct contact *c, uint64_t seq)
{
	struct outbox *o = &c->out;
	uint64_t i;

	put_state(st, c, c->row.n.peer_acked + 1, seq, MESSAGE_DELIVERED);
	for (i = c->row.n.peer_acked + 1; i <= seq && i < o->next; i++) {
		const struct flight *f = flight_of(o, i);

		o->flight_bytes -= f ? f->bytes : 0;
	}
	c->row.n.peer_acked = seq;
	contact_touch_counters(c);
	if (o->next <= seq)
		o->next = seq + 1;
	if (o->marked < seq)
		o->marked = seq;
	if (o->sent < seq)
		o->sent = seq;
	if (o->sent_high < seq)
		o->sent_high = seq;
	if (o->read_early)
		put_read(st, c);
	o->read_early = false;
	due_started(st);
}

void outbox_rewind(struct step *st, struct contact *c)
{
	struct outbox *o = &c->out;

	(void)st;
	o->next = c->row.n.peer_acked + 1;
	o->flight_bytes = 0;
	o->stuck = false;
	o->drained = c->row.n.peer_acked;
	o->sent_ms = NEVER;
}

void outbox_offline(struct step *st, struct contact *c)
{
	struct outbox *o = &c->out;

	outbox_rewind(st, c);
	xfree(o->flight, WINDOW * sizeof(*o->flight));
	o->flight = NULL;
	o->verify_seq = 0;
	o->sent_high = c->row.n.peer_acked;
	if (o->marked > c->row.n.peer_acked)
		put_state(st, c, c->row.n.peer_acked + 1, o->marked,
			  MESSAGE_QUEUED);
	o->marked = c->row.n.peer_acked;
	o->sent = c->row.n.peer_acked;
}

/* Those of what tor has that are not SENT yet will be. */
static void wait_for_ack(struct step *st, struct outbox *o)
{
	if (o->sent_ms != NEVER || o->drained <= o->sent)
		return;
	o->waiting = o->drained;
	o->sent_ms = st->now_ms + SENT_AFTER_MS;
}

void outbox_drained(struct step *st, struct link *l)
{
	struct contact *c = l->owner.contact;

	/* Under cover some of it may not even be with tor. */
	if (!c || c->transmit != l || (l->cover && !cover_is_empty(l->cover)))
		return;
	c->out.drained = c->out.next - 1;
	wait_for_ack(st, &c->out);
}

void outbox_timers(struct step *st, struct contact *c)
{
	struct outbox *o = &c->out;

	if (!step_is_due(st, o->sent_ms))
		return;
	o->sent_ms = NEVER;
	if (o->waiting > o->sent) {
		put_state(st, c, o->sent + 1, o->waiting, MESSAGE_SENT);
		o->sent = o->waiting;
	}
	wait_for_ack(st, o);
}

uint64_t outbox_deadline(const struct contact *c)
{
	return c->out.sent_ms;
}

/* A disk went back: own message first becomes number recv_next of the wire.
 * PROTOCOL 7.10: In each of these cases the sender MUST hang up every other
 * link with that contact. */
static void rebase(struct step *st, struct contact *c, const struct link *l,
		   uint64_t first, uint64_t recv_next)
{
	struct outbox *o = &c->out;

	assert(first >= 1);
	contact_alarm(c);
	link_hangup_all(st, (struct link_owner){.contact = c}, l);
	c->row.n.seq_shift = recv_next - first;
	c->row.n.peer_acked = first - 1;
	contact_touch_counters(c);
	outbox_rewind(st, c);
	o->verify_seq = 0;
	o->sent_high = first - 1;
	if (o->flight)
		memset(o->flight, 0, WINDOW * sizeof(*o->flight));
}

/* The peer says that it has all up to own seq; same: by our content. */
static void compare(struct step *st, struct contact *c, const struct link *l,
		    uint64_t seq, bool same)
{
	c->out.verify_seq = 0;
	/* PROTOCOL 7.10: If the chain value is not that of its own message, a
	 * sender MUST raise the alarm and MUST number its first
	 * unacknowledged message with the peer's next number. */
	if (same)
		on_acked(st, c, seq);
	else
		rebase(st, c, l, c->row.n.peer_acked + 1,
		       seq + 1 + c->row.n.seq_shift);
}

static void on_position(struct step *st, struct contact *c,
			const struct link *l, uint64_t seq,
			const struct chain *said)
{
	const struct flight *f = flight_of(&c->out, seq);

	if (seq == c->row.n.send_next - 1) {
		compare(st, c, l, seq,
			chain_is_equal(said, &c->row.n.chain_out));
	} else if (f) {
		compare(st, c, l, seq, chain_is_equal(said, &f->chain));
	} else {
		c->out.verify_seq = seq;
		c->out.verify_chain = *said;
	}
}

enum err outbox_hello(struct step *st, struct link *l,
		      const struct frame_hello *h)
{
	struct contact *c = l->owner.contact;
	const struct counters *n = &c->row.n;
	uint64_t wire_next = n->send_next + n->seq_shift;
	uint64_t first = n->peer_acked + 1;

	if (h->recv_next > wire_next) {
		/* PROTOCOL 7.10: If next is above the sender's own next
		 * number, the sender's disk went back. */
		if (h->recv_next - wire_next > SHIFT_MAX)
			return ERR_RANGE;
		rebase(st, c, l, first, h->recv_next);
	} else if (own_of(n, h->recv_next) < 1) {
		rebase(st, c, l, 1, h->recv_next);
	} else if (h->recv_next - n->seq_shift <= l->session.acked_at_open) {
		/* PROTOCOL 7.10: A peer that expects a number which it
		 * acknowledged before this link was opened has a disk that
		 * went back: the sender MUST raise the alarm and send again
		 * from there. */
		rebase(st, c, l, h->recv_next - n->seq_shift, h->recv_next);
	} else if (h->recv_next - n->seq_shift > first) {
		on_position(st, c, l, h->recv_next - n->seq_shift - 1,
			    &h->chain);
	}
	return OK;
}

enum err outbox_ack(struct step *st, struct link *l, const struct frame_ack *a)
{
	struct contact *c = l->owner.contact;
	const struct flight *f;
	uint64_t seq;

	/* PROTOCOL 7.7: An acknowledgement of less than was acknowledged
	 * before MUST be ignored. */
	if (own_of(&c->row.n, a->cum) < 1)
		return OK;
	seq = a->cum - 1 - c->row.n.seq_shift;
	if (seq <= c->row.n.peer_acked)
		return OK;
	/* PROTOCOL 7.7: An acknowledgement of what was never sent, or with
	 * another chain value, MUST NOT be believed and MUST end the link. */
	f = flight_of(&c->out, seq);
	if (seq > c->out.sent_high || !f ||
	    !chain_is_equal(&f->chain, &a->chain))
		return ERR_AUTH;
	on_acked(st, c, seq);
	outbox_pump(st, c);
	return OK;
}

/* The row by which a HELLO is checked, if it is there. */
static void verify(struct step *st, struct contact *c,
		   const struct message_row *rows, size_t count)
{
	uint64_t seq = c->out.verify_seq;

	if (seq <= c->row.n.peer_acked)
		c->out.verify_seq = 0;
	else
		compare(
		    st, c, c->transmit, seq,
		    count > 0 && rows[0].seq == seq &&
			chain_is_equal(&rows[0].chain, &c->out.verify_chain));
}

void outbox_fetched(struct step *st, struct contact *c,
		    const struct message_row *rows, size_t count)
{
	struct outbox *o = &c->out;

	if (!o->fetching)
		return;
	o->fetching = false;
	if (!c->transmit)
		return;
	if (o->verify_seq && o->verify_seq == o->fetch_from)
		verify(st, c, rows, count);
	else if (o->fetch_from == o->next &&
		 (count == 0 || rows[0].seq > o->next))
		o->stuck = true;
	else if (!o->verify_seq)
		transmit_rows(st, c, rows, count);
	outbox_pump(st, c);
}
