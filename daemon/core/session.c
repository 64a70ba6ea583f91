/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/session.h"

#include "core/bulk.h"
#include "core/cover.h"
#include "core/eph.h"
#include "core/epoch.h"
#include "core/inbox.h"
#include "core/intake.h"
#include "core/inviter.h"
#include "core/link.h"
#include "core/outbox.h"
#include "core/reach.h"
#include "core/step.h"

enum {
	ACK_MIN_MS = 50,
	ACK_MAX_MS = 250,
	ACK_COUNT_MAX = WINDOW / 4, /* messages; then without delay */
	RENEW_MIN_MS = SESSION_MAX_MS - 2 * 3600 * 1000,
	RENEW_MAX_MS = SESSION_MAX_MS - 600 * 1000,
};

static void plan_ping(struct step *st, struct link *l)
{
	l->ping_ms = step_after(st, PING_MIN_MS, PING_MAX_MS);
}

static void send_hello(struct step *st, struct link *l)
{
	const struct counters *n = &l->owner.contact->row.n;
	struct frame_hello h = {.window = WINDOW};

	h.recv_next = n->recv_next;
	h.chain = n->chain_in;
	l->session.told_recv_next = n->recv_next;
	l->session.hello_sent = true;
	frame_write_hello(link_frame(st, l, FRAME_HELLO_BYTES_MAX), &h);
}

void session_open(struct step *st, struct link *l)
{
	struct session *s = &l->session;

	s->since_ms = st->now_ms;
	/* PROTOCOL 7.6: A session MUST NOT live longer than 12 hours; who
	 * dialled it SHOULD dial the next one before. */
	l->deadline_ms = st->now_ms + SESSION_MAX_MS;
	if (l->ours)
		s->renew_ms = step_after(st, RENEW_MIN_MS, RENEW_MAX_MS);
	plan_ping(st, l);
	reach_session_up(st, l->owner.contact, l);
	inviter_paired(st, l->owner.contact);
	epoch_session(st, l->owner.contact, l);
	send_hello(st, l);
	session_set_cover(st, l);
	intake_update(st, l);
}

void session_set_cover(struct step *st, struct link *l)
{
	if (l->owner.contact->row.cover)
		link_cover(st, l);
	else if (l->cover)
		link_uncover(st, l);
}

void session_refused(struct step *st, struct link *l)
{
	epoch_bad_opening(st, l->owner.contact);
}

static enum err on_hello(struct step *st, struct link *l, const struct frame *f)
{
	struct frame_hello h;
	enum err err = frame_read_hello(f, &h);

	if (err != OK)
		return err;
	/* PROTOCOL 7.3: The features in HELLO MUST be those of the opening. */
	if (l->session.hello_got || (l->ours && h.features != l->features))
		return ERR_STATE;
	l->session.hello_got = true;
	l->session.window = h.window < WINDOW ? h.window : WINDOW;
	err = outbox_hello(st, l, &h);
	if (err != OK)
		return err;
	reach_session_ready(st, l->owner.contact);
	epoch_session(st, l->owner.contact, l);
	return OK;
}

/* PROTOCOL 7.6: Each end sends a PING at random intervals of 60 to 120
 * seconds; a PING MUST be answered by a PONG with the same number. */
static enum err on_ping(struct step *st, struct link *l, const struct frame *f)
{
	uint32_t v;
	enum err err = frame_read_ping(f, &v);

	if (err == OK && l->state == LINK_OPEN)
		frame_write_ping(link_frame(st, l, FRAME_PING_BYTES),
				 FRAME_PONG, v);
	return err;
}

static enum err on_pong(const struct frame *f)
{
	uint32_t v;

	return frame_read_ping(f, &v);
}

/* PROTOCOL 7.5: An end that receives CLOSE MUST hang up that link. */
static enum err on_close(const struct frame *f)
{
	uint8_t code;
	enum err err = frame_read_close(f, &code);

	return err == OK ? ERR_CLOSED : err;
}

static enum err on_ack(struct step *st, struct link *l, const struct frame *f)
{
	struct frame_ack a;
	enum err err = frame_read_ack(f, &a);

	return err == OK ? outbox_ack(st, l, &a) : err;
}

static void owe_ack(struct step *st, struct link *l)
{
	struct session *s = &l->session;

	/* PROTOCOL 7.7: An acknowledgement SHOULD be delayed by a random 50 to
	 * 250 milliseconds. */
	if (s->ack_count++ == 0)
		s->ack_ms = step_after(st, ACK_MIN_MS, ACK_MAX_MS);
	else if (s->ack_count >= ACK_COUNT_MAX)
		s->ack_ms = st->now_ms;
}

static enum err on_msg(struct step *st, struct link *l, const struct frame *f)
{
	enum err err = inbox_message(st, l, f);

	if (err == OK)
		owe_ack(st, l);
	return err;
}

enum err session_frame(struct step *st, struct link *l, const struct frame *f)
{
	/* PROTOCOL 7.3: HELLO MUST be the first frame of each direction and
	 * MUST NOT come again. */
	if (!l->session.hello_got && f->type != FRAME_HELLO)
		return ERR_STATE;
	intake_frame(st, l->owner.contact, f->type);
	switch (f->type) {
	case FRAME_HELLO: return on_hello(st, l, f);
	case FRAME_PING: return on_ping(st, l, f);
	case FRAME_PONG: return on_pong(f);
	case FRAME_CLOSE: return on_close(f);
	case FRAME_MSG: return on_msg(st, l, f);
	case FRAME_ACK: return on_ack(st, l, f);
	case FRAME_EPH: return eph_frame(st, l, f);
	case FRAME_WANT: return bulk_want(st, l, f);
	case FRAME_REKEY_PROP:
	case FRAME_REKEY_ACK:
	case FRAME_REKEY_COMMIT:
	case FRAME_REKEY_DONE: return epoch_frame(st, l, f);
	case FRAME_PAD:
	case FRAME_CLAIM:
	case FRAME_CLAIM_OK:
	case FRAME_CARD:
	case FRAME_CARD_OK:
	case FRAME_PAIRED:
	case FRAME_KNOCK:
	case FRAME_KNOCK_OK:
	case FRAME_REQ:
	case FRAME_DATA:
	case FRAME_NAK:
	case FRAME_CANCEL: break;
	}
	return ERR_STATE;
}

/* PROTOCOL 7.7: A receiver MUST NOT acknowledge a message before it is on its
 * disk so that a loss of power does not lose it.  The order rule sees to
 * that: what we have is saved in this step or was in an earlier one. */
static void send_ack(struct step *st, struct link *l)
{
	const struct counters *n = &l->owner.contact->row.n;
	struct frame_ack a = {.cum = n->recv_next, .chain = n->chain_in};

	frame_write_ack(link_frame(st, l, FRAME_ACK_BYTES_MAX), &a);
	l->session.ack_ms = NEVER;
	l->session.ack_count = 0;
}

static void send_ping(struct step *st, struct link *l)
{
	uint32_t v;

	step_random(st, &v, sizeof(v));
	frame_write_ping(link_frame(st, l, FRAME_PING_BYTES), FRAME_PING, v);
	plan_ping(st, l);
}

/* A link that we do not read is not silent. */
static uint64_t dead_ms(const struct link *l)
{
	return l->owner.contact->intake.is_paused ? NEVER
						  : l->heard_ms + LINK_DEAD_MS;
}

/* When the record goes out that something which is due at at_ms waits for. */
static uint64_t speak_ms(const struct link *l, uint64_t at_ms)
{
	return l->cover ? cover_due_ms(l->cover) : at_ms;
}

static void speak(struct step *st, struct link *l)
{
	struct session *s = &l->session;

	if (!step_is_due(st, speak_ms(l, st->now_ms)))
		return;
	if (l->state == LINK_OPEN && step_is_due(st, l->ping_ms))
		send_ping(st, l);
	if (l->state == LINK_OPEN && step_is_due(st, s->ack_ms))
		send_ack(st, l);
	if (!l->cover)
		return;
	link_pace(st, l);
	if (l == l->owner.contact->transmit)
		outbox_pump(st, l->owner.contact);
}

void session_timers(struct step *st, struct link *l)
{
	struct session *s = &l->session;

	/* PROTOCOL 7.6: A node MUST hang up a link on which nothing was heard
	 * for 180 seconds. */
	if (step_is_due(st, dead_ms(l))) {
		link_hangup(st, l);
		return;
	}
	speak(st, l);
	if (step_is_due(st, s->renew_ms)) {
		s->renew_ms = step_after(st, PING_MIN_MS, PING_MAX_MS);
		reach_dial(st, l->owner.contact);
	}
}

uint64_t session_deadline(const struct link *l)
{
	const struct session *s = &l->session;
	uint64_t at = speak_ms(l, earlier(l->ping_ms, s->ack_ms));

	return earlier(at, earlier(dead_ms(l), s->renew_ms));
}
