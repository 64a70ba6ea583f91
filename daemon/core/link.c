/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/link.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "core/cover.h"
#include "core/opening.h"
#include "core/step.h"
#include "util/mem.h"

enum {
	DIAL_TIMEOUT_MS = 150 * 1000,
	KNOCK_WIRE_MAX = RECORD_HEAD_BYTES + KNOCK_PLAIN_MAX + NOISE_TAG_BYTES,
};

/* The only place that changes a link's state. */
static void set_state(struct link *l, enum link_state s)
{
	switch (s) {
	case LINK_NEW: assert(false); break;
	case LINK_DIALLING: assert(l->ours && l->state == LINK_NEW); break;
	case LINK_OPENING:
		assert(l->state == (l->ours ? LINK_DIALLING : LINK_NEW));
		break;
	case LINK_PROVING: assert(!l->ours && l->state == LINK_OPENING); break;
	case LINK_OPEN:
		assert(l->state == (l->ours ? LINK_OPENING : LINK_PROVING));
		break;
	case LINK_LEAVING: assert(l->state == LINK_OPEN); break;
	case LINK_MUTE:
		assert(!l->ours &&
		       (l->state == LINK_OPENING || l->state == LINK_PROVING ||
			(l->state == LINK_OPEN && l->owner.door)));
		break;
	case LINK_GONE: assert(l->state != LINK_GONE); break;
	}
	l->state = s;
}

static bool owner_equal(struct link_owner a, struct link_owner b)
{
	return a.contact == b.contact && a.inviter == b.inviter &&
	       a.invitee == b.invitee && a.door == b.door;
}

/* No contact, or not known to be one.  Who has an invite counts: the invite
 * may be in many hands. */
static bool is_stranger(const struct link *l)
{
	return !l->ours &&
	       (l->state == LINK_OPENING || l->state == LINK_PROVING ||
		l->state == LINK_MUTE ||
		(l->state == LINK_OPEN && (l->owner.inviter || l->owner.door)));
}

static struct link *link_new(struct step *st, uint64_t id, bool ours,
			     struct link_owner owner)
{
	struct link *l = xcalloc(1, sizeof(*l));

	l->id = id;
	l->ours = ours;
	l->owner = owner;
	l->class = CLASS_MAIN;
	l->silent_ms = NEVER;
	l->ping_ms = NEVER;
	l->heard_ms = st->now_ms;
	l->session.renew_ms = NEVER;
	l->session.ack_ms = NEVER;
	/* Nobody at a door has more to say. */
	buf_init(&l->record, owner.door ? KNOCK_WIRE_MAX : RECORD_WIRE_MAX);
	list_put_last(&st->node->links, &l->in_node);
	return l;
}

static void bulk_free(struct bulk_link *b)
{
	if (!b)
		return;
	xfree(b->piece, b->piece_bytes);
	xfree(b->chunk, b->chunk_bytes);
	xfree(b, sizeof(*b));
}

static void link_free(struct link *l)
{
	list_take(&l->in_node);
	xfree(l->handshake, sizeof(*l->handshake));
	buf_clear(&l->record);
	cover_free(l->cover);
	bulk_free(l->bulk);
	xfree(l, sizeof(*l));
}

struct link *link_find(const struct node *n, uint64_t id)
{
	struct list_node *i;

	list_for_each (i, &n->links) {
		struct link *l = link_at(i);

		if (l->id == id && l->state != LINK_GONE)
			return l;
	}
	return NULL;
}

struct link *link_dial(struct step *st, struct link_owner owner,
		       const struct onion_pk *onion, const struct secret *auth,
		       const struct uid *isolation)
{
	struct link *l = link_new(st, st->node->next_link, true, owner);
	struct effect e = {.type = FX_DIAL};

	st->node->next_link += 2;
	l->deadline_ms = st->now_ms + DIAL_TIMEOUT_MS;
	set_state(l, LINK_DIALLING);
	e.dial.link = l->id;
	e.dial.peer =
	    owner.contact ? owner.contact->row.id : owner.invitee->row.id;
	e.dial.onion = *onion;
	e.dial.has_auth = auth != NULL;
	if (auth)
		e.dial.auth = *auth;
	e.dial.isolation = *isolation;
	step_put(st, &e);
	sodium_memzero(&e, sizeof(e));
	return l;
}

/* Cuts off the k-th stranger, of one owner if it is given. */
static void evict(struct step *st, const struct link_owner *owner, uint64_t k)
{
	struct list_node *i;

	list_for_each (i, &st->node->links) {
		struct link *l = link_at(i);

		if (!is_stranger(l) ||
		    (owner && !owner_equal(l->owner, *owner)) || k-- > 0)
			continue;
		link_hangup(st, l);
		return;
	}
}

void link_accept(struct step *st, uint64_t id, struct link_owner owner,
		 bool is_spared)
{
	struct list_node *i;
	uint64_t here = 0, all = 0;
	struct link *l;

	list_for_each (i, &st->node->links) {
		const struct link *o = link_at(i);

		all += is_stranger(o);
		here += is_stranger(o) && owner_equal(o->owner, owner);
	}
	/* PROTOCOL 7.1: Where a limit is reached a responder MUST cut off one
	 * of the unproven streams, picked at random, and MUST NOT refuse the
	 * new one. */
	if (is_spared)
		here = all = 0;
	if (here >= (owner.door ? STRANGERS_DOOR : STRANGERS_MAX))
		evict(st, &owner, rng_below(&st->rng, here));
	else if (all >= STRANGERS_ALL)
		evict(st, NULL, rng_below(&st->rng, all));
	l = link_new(st, id, false, owner);
	l->deadline_ms = st->now_ms + HANDSHAKE_TIMEOUT_MS;
	l->silent_ms = step_after(st, SILENT_CLOSE_MIN_MS, SILENT_CLOSE_MAX_MS);
	set_state(l, LINK_OPENING);
}

void link_dialled(struct step *st, struct link *l)
{
	if (l->state != LINK_DIALLING)
		return;
	l->deadline_ms = st->now_ms + HANDSHAKE_TIMEOUT_MS;
	set_state(l, LINK_OPENING);
	if (opening_start(st, l) != OK)
		link_hangup(st, l);
}

/* PROTOCOL 7.1: After an initiator's message that it does not accept, or a
 * first record that does not open, or 30 seconds without either, a responder
 * MUST go on reading and MUST NOT send another byte. */
void link_mute(struct link *l)
{
	/* At a door that is open it is time for that, too, when it is time
	 * for an end of any kind. */
	if (l->state == LINK_OPEN)
		l->silent_ms = l->deadline_ms;
	set_state(l, LINK_MUTE);
	buf_clear(&l->record);
	record_channel_clear(&l->channel);
	sodium_memzero(l->opening, sizeof(l->opening));
}

void link_leave(struct link *l, uint64_t deadline_ms)
{
	set_state(l, LINK_LEAVING);
	l->deadline_ms = deadline_ms;
}

void link_lost(struct step *st, struct link *l)
{
	if (l->state == LINK_GONE)
		return;
	if (st->node->builder_link == l) {
		record_builder_clear(&st->node->builder);
		st->node->builder_link = NULL;
	}
	set_state(l, LINK_GONE);
	st->node->hooks->lost(st, l);
}

void link_hangup(struct step *st, struct link *l)
{
	struct effect e = {.type = FX_HANGUP};

	if (l->state == LINK_GONE)
		return;
	e.hangup = l->id;
	link_lost(st, l);
	step_put(st, &e);
}

void link_hangup_all(struct step *st, struct link_owner owner,
		     const struct link *but)
{
	struct list_node *i;

	list_for_each (i, &st->node->links) {
		struct link *l = link_at(i);

		if (l != but && owner_equal(l->owner, owner))
			link_hangup(st, l);
	}
}

void link_sweep(struct node *n)
{
	struct list_node *i, *t;

	list_for_each_safe (i, t, &n->links) {
		struct link *l = link_at(i);

		if (l->state == LINK_GONE)
			link_free(l);
	}
}

struct wire_writer *link_frame(struct step *st, struct link *l, size_t bytes)
{
	struct node *n = st->node;

	assert(l->state == LINK_OPEN || l->state == LINK_LEAVING);
	/* Where there is cover, the outbox must see how much waits. */
	if (n->builder_link != l || record_room(&n->builder) < bytes ||
	    l->cover)
		link_flush(st);
	n->builder_link = l;
	return &n->builder.w;
}

/* What is in the builder, as one record. */
static void put_record(struct step *st, struct link *l)
{
	struct effect e = {.type = FX_SEND};
	uint8_t wire[RECORD_WIRE_MAX];

	e.send.link = l->id;
	e.send.bytes.p = wire;
	e.send.bytes.n = record_seal(&st->node->builder, &l->channel, wire);
	step_put(st, &e);
}

void link_flush(struct step *st)
{
	struct node *n = st->node;
	struct link *l = n->builder_link;
	enum err err;

	n->builder_link = NULL;
	if (!l)
		return;
	if (!l->cover) {
		put_record(st, l);
		return;
	}
	err = cover_put(l->cover, wire_written(&n->builder.w));
	record_builder_clear(&n->builder);
	/* Who asks for that many answers gets none.  Not now: somebody may be
	 * in the middle of a message. */
	if (err != OK)
		l->deadline_ms = st->now_ms + 1;
}

void link_cover(struct step *st, struct link *l)
{
	link_flush(st);
	if (l->state == LINK_OPEN && !l->cover)
		l->cover = cover_new(&st->rng, st->now_ms);
}

void link_uncover(struct step *st, struct link *l)
{
	struct node *n = st->node;

	link_flush(st);
	while (l->cover && !cover_is_empty(l->cover)) {
		cover_take(l->cover, &n->builder.w, &st->rng, st->now_ms);
		put_record(st, l);
	}
	cover_free(l->cover);
	l->cover = NULL;
}

void link_pace(struct step *st, struct link *l)
{
	if (!l->cover || !step_is_due(st, cover_due_ms(l->cover)))
		return;
	link_flush(st);
	cover_take(l->cover, &st->node->builder.w, &st->rng, st->now_ms);
	put_record(st, l);
}

/* A rule is broken.  PROTOCOL 7.2: A node MUST hang up a link on which a
 * proven peer breaks a rule.  At a door nobody is proven. */
static void refuse(struct step *st, struct link *l)
{
	if (l->owner.door)
		link_mute(l);
	else
		link_hangup(st, l);
}

static bool is_up(const struct link *l)
{
	return l->state == LINK_OPEN || l->state == LINK_LEAVING;
}

/* Acts on the frames of a record that opened. */
static void on_plain(struct step *st, struct link *l, struct bytes plain)
{
	struct record_reader r;
	struct frame f;

	l->heard_ms = st->now_ms;
	st->node->hooks->record(st, l, plain.n);
	if (record_reader_init(&r, plain) != OK ||
	    (l->owner.door && !record_is_single(&r))) {
		refuse(st, l);
		return;
	}
	while (is_up(l) && record_next(&r, &f))
		if (st->node->hooks->frame(st, l, &f) != OK)
			refuse(st, l);
}

static void on_record(struct step *st, struct link *l, struct bytes wire)
{
	uint8_t plain[RECORD_PLAIN_MAX];
	size_t n = 0;

	/* The peer has proved itself long ago: no need to hide now. */
	if (record_open(&l->channel, wire, plain, &n) == OK)
		on_plain(st, l, bytes_of(plain, n));
	else
		refuse(st, l);
	sodium_memzero(plain, n);
}

/* How long the record is whose start is here, as far as that is known. */
static enum err record_need(const struct link *l, size_t *need)
{
	enum err err = OK;

	*need = RECORD_HEAD_BYTES;
	if (l->record.len >= RECORD_HEAD_BYTES)
		err = record_size(l->record.data, need);
	return err == OK && *need > l->record.max ? ERR_RANGE : err;
}

/* Takes what belongs to the present record off in. */
static void take_record(struct step *st, struct link *l, struct bytes *in)
{
	size_t need = 0, n;
	enum err err = record_need(l, &need);

	if (err == OK) {
		n = need - l->record.len < in->n ? need - l->record.len : in->n;
		err = buf_put(&l->record, in->p, n);
		in->p += n;
		in->n -= n;
	}
	if (err == OK)
		err = record_need(l, &need);
	if (err != OK) {
		refuse(st, l);
		return;
	}
	if (l->record.len < need)
		return;
	on_record(st, l, buf_view(&l->record));
	if (is_up(l))
		buf_drop(&l->record, l->record.len);
}

/* Takes what belongs to the opening; true once it is whole.  PROTOCOL 7.1: A
 * responder MUST NOT hold more than 488 bytes of what came on an unproven
 * stream. */
static bool take_opening(struct link *l, struct bytes *in)
{
	size_t n = sizeof(l->opening) - l->have;

	if (n > in->n)
		n = in->n;
	memcpy(l->opening + l->have, in->p, n);
	l->have += n;
	in->p += n;
	in->n -= n;
	return l->have == sizeof(l->opening);
}

/* Everything a link needs from its first authentic byte on. */
static void on_open(struct step *st, struct link *l)
{
	set_state(l, LINK_OPEN);
	l->heard_ms = st->now_ms;
	l->silent_ms = NEVER;
	st->node->hooks->open(st, l);
}

static void on_answer(struct step *st, struct link *l)
{
	if (opening_finish(st, l) == OK)
		on_open(st, l);
	else
		link_hangup(st, l);
}

static void on_opening(struct step *st, struct link *l)
{
	enum err err = opening_answer(st, l);

	if (err == OK) {
		set_state(l, LINK_PROVING);
		return;
	}
	link_mute(l);
	/* Not those that opened and then said something strange. */
	if (err == ERR_AUTH || err == ERR_RANGE)
		st->node->hooks->refused(st, l);
}

/* The first record, which decides whether this was a stranger.  PROTOCOL 7.1:
 * The first record of an initiator MUST have the smallest size; so it has
 * room where the opening was. */
static void on_proof(struct step *st, struct link *l)
{
	uint8_t plain[RECORD_PLAIN_MAX];
	size_t n = 0;

	l->have = 0;
	if (record_open(&l->channel, bytes_of(l->opening, sizeof(l->opening)),
			plain, &n) == OK &&
	    opening_is_still_good(l)) {
		on_open(st, l);
		if (l->state == LINK_OPEN)
			on_plain(st, l, bytes_of(plain, n));
	} else {
		link_mute(l);
	}
	sodium_memzero(plain, n);
}

void link_bytes(struct step *st, struct link *l, struct bytes in)
{
	while (in.n > 0) {
		switch (l->state) {
		case LINK_OPENING:
			if (!take_opening(l, &in)) {
				if (!l->ours && l->have == PROBE_BYTES)
					st->node->hooks->murmur(st, l);
				break;
			}
			l->have = 0;
			if (l->ours)
				on_answer(st, l);
			else
				on_opening(st, l);
			break;
		case LINK_PROVING:
			if (take_opening(l, &in))
				on_proof(st, l);
			break;
		case LINK_OPEN:
		case LINK_LEAVING: take_record(st, l, &in); break;
		case LINK_NEW:
		case LINK_DIALLING:
		case LINK_MUTE:
		case LINK_GONE: return;
		}
	}
}

static void on_timeout(struct step *st, struct link *l)
{
	if (l->ours || l->state == LINK_OPEN || l->state == LINK_LEAVING) {
		link_hangup(st, l);
		return;
	}
	l->deadline_ms = NEVER;
	if (l->state != LINK_MUTE)
		link_mute(l);
}

static bool has_timers(const struct link *l)
{
	return l->state == LINK_OPEN || (l->state == LINK_LEAVING && l->cover);
}

void link_timers(struct step *st, struct link *l)
{
	if (l->state != LINK_GONE && step_is_due(st, l->deadline_ms))
		on_timeout(st, l);
	/* PROTOCOL 7.1: It MUST close such a stream at a time that was drawn
	 * when it came in, 30 to 90 seconds later, whatever was sent on it. */
	if (l->state != LINK_GONE && step_is_due(st, l->silent_ms))
		link_hangup(st, l);
	if (has_timers(l))
		st->node->hooks->timers(st, l);
}

uint64_t link_deadline(const struct node *n, const struct link *l)
{
	uint64_t at = earlier(l->deadline_ms, l->silent_ms);

	if (has_timers(l))
		at = earlier(at, n->hooks->deadline(l));
	return at;
}
