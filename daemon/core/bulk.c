/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/bulk.h"

#include <string.h>

#include "core/asks.h"
#include "core/bulk_frame.h"
#include "core/files.h"
#include "core/intake.h"
#include "core/link.h"
#include "core/policy.h"
#include "core/reach.h"
#include "core/serve.h"
#include "core/step.h"
#include "core/transfer.h"
#include "util/mem.h"

enum {
	BULK_PING_MIN_MS = 20 * 1000,
	BULK_PING_MAX_MS = 30 * 1000,
	BULK_DEAD_MS = 90 * 1000,
	BULK_IDLE_MS = 60 * 1000,
	LASTING_MS = 60 * 1000, /* a link of that age was no accident */
	TRIES_ALONE = 3, /* that failed; then the other is asked to dial */
	ASKED_IN_VAIN_MS = 120 * 1000,
	LOOK_MS = 1000, /* how often what it gains is looked at */
	DIALS_MAX = 2,	/* at one time */
	OPS_FULL = 4,	/* on the disk; then it is not read on */
	OPS_GO_ON = 2,
};

/* --- one link --- */

/* Something is to come, or to go. */
static bool is_busy(const struct link *l)
{
	return l->bulk->ask_count > 0 || l->bulk->want_count > 0;
}

static void plan_ping(struct step *st, struct link *l)
{
	l->ping_ms = step_after(st, BULK_PING_MIN_MS, BULK_PING_MAX_MS);
}

static void send_ping(struct step *st, struct link *l)
{
	uint32_t v;

	step_random(st, &v, sizeof(v));
	frame_write_ping(link_frame(st, l, FRAME_PING_BYTES), FRAME_PING, v);
	plan_ping(st, l);
}

/* One that both ends have is heard of sooner or later. */
static struct link *quietest(const struct contact *c)
{
	struct link *l = c->bulk.links[0];
	size_t i;

	for (i = 1; i < c->bulk.count; i++)
		if (c->bulk.links[i]->heard_ms < l->heard_ms)
			l = c->bulk.links[i];
	return l;
}

void bulk_open(struct step *st, struct link *l)
{
	struct bulk *k = &l->owner.contact->bulk;

	if (l->owner.contact->row.state != CONTACT_ACTIVE) {
		link_hangup(st, l);
		return;
	}
	if (k->count == BULK_LINKS_MAX)
		link_hangup(st, quietest(l->owner.contact));
	k->dials -= l->ours;
	l->bulk = xcalloc(1, sizeof(*l->bulk));
	l->bulk->used_ms = st->now_ms;
	l->session.since_ms = st->now_ms;
	/* PROTOCOL 12.3: It MUST NOT live longer than 12 hours. */
	l->deadline_ms = st->now_ms + SESSION_MAX_MS;
	k->links[k->count++] = l;
	plan_ping(st, l);
	/* PROTOCOL 12.3: The first record of a BULK link's initiator MUST be a
	 * PING alone. */
	if (l->ours)
		send_ping(st, l);
	else
		intake_stream_proved(st, l->owner.contact);
	intake_update(st, l);
}

static enum err on_ping(struct step *st, struct link *l, const struct frame *f)
{
	uint32_t v;
	enum err err = frame_read_ping(f, &v);

	if (err != OK)
		return err;
	intake_frame(st, l->owner.contact, f->type);
	if (l->state == LINK_OPEN)
		frame_write_ping(link_frame(st, l, FRAME_PING_BYTES),
				 FRAME_PONG, v);
	return OK;
}

static enum err on_pong(const struct frame *f)
{
	uint32_t v;

	return frame_read_ping(f, &v);
}

void bulk_record(struct link *l)
{
	l->bulk->is_begun = l->bulk->is_proved;
}

/* PROTOCOL 12.3: The first record of a BULK link's initiator MUST be a PING
 * alone.
 * PROTOCOL 12.3: The first frame of its responder MUST be the PONG to it, and
 * the initiator MUST NOT send anything else before. */
static bool is_in_place(const struct link *l, const struct frame *f)
{
	if (!l->bulk->is_proved)
		return f->type == (l->ours ? FRAME_PONG : FRAME_PING);
	return l->ours || l->bulk->is_begun;
}

enum err bulk_frame(struct step *st, struct link *l, const struct frame *f)
{
	if (!is_in_place(l, f))
		return ERR_STATE;
	l->bulk->is_proved = true;
	/* PROTOCOL 12.3: There are only PING, PONG, REQ, DATA, NAK and CANCEL
	 * on it; it is no session for 7.3 to 7.10, and for section 10 its
	 * opening with the key of epoch n+1 is neither COMMIT nor DONE.  No
	 * switch: everything that is not named ends the link. */
	if (f->type == FRAME_DATA)
		return asks_data(st, l, f);
	if (f->type == FRAME_NAK)
		return asks_nak(st, l, f);
	if (f->type == FRAME_PING)
		return on_ping(st, l, f);
	if (f->type == FRAME_PONG)
		return on_pong(f);
	if (f->type == FRAME_REQ)
		return serve_req(st, l, f);
	if (f->type != FRAME_CANCEL)
		return ERR_STATE;
	intake_frame(st, l->owner.contact, f->type);
	return serve_cancel(st, l, f);
}

/* True if l was one of the open ones. */
static bool remove_link(struct bulk *k, const struct link *l)
{
	size_t i;

	for (i = 0; i < k->count; i++) {
		if (k->links[i] != l)
			continue;
		k->count--;
		memmove(&k->links[i], &k->links[i + 1],
			(k->count - i) * sizeof(k->links[0]));
		return true;
	}
	return false;
}

/* Two that fail together are one failure. */
static void wait_to_dial(struct step *st, struct bulk *k)
{
	if (step_is_due(st, k->dial_ms))
		k->dial_ms =
		    st->now_ms + backoff_next_ms(&k->backoff, &st->rng);
}

void bulk_lost(struct step *st, struct link *l)
{
	struct bulk *k = &l->owner.contact->bulk;

	if (remove_link(k, l)) {
		asks_lost(l);
		serve_lost(l);
		if (st->now_ms - l->session.since_ms >= LASTING_MS)
			backoff_reset(&k->backoff);
	} else {
		k->dials -= l->ours;
	}
	if (l->ours)
		wait_to_dial(st, k);
}

static uint64_t dead_ms(const struct link *l)
{
	return l->is_paused || !is_busy(l) ? NEVER : l->heard_ms + BULK_DEAD_MS;
}

static uint64_t idle_ms(const struct link *l)
{
	/* Whoever dialled it knows whether he has another use for it. */
	uint64_t wait_ms = l->bulk->is_spare && l->ours ? 0 : BULK_IDLE_MS;

	return is_busy(l) ? NEVER : l->bulk->used_ms + wait_ms;
}

static uint64_t ping_ms(const struct link *l)
{
	return is_busy(l) ? l->ping_ms : NEVER;
}

void bulk_link_timers(struct step *st, struct link *l)
{
	if (is_busy(l)) {
		/* What came while nothing was to come tells nothing now. */
		if (!l->bulk->was_busy)
			l->heard_ms = st->now_ms;
		l->bulk->used_ms = st->now_ms;
	}
	l->bulk->was_busy = is_busy(l);
	/* PROTOCOL 12.3: A BULK link on which something is to come and nothing
	 * was heard for 90 seconds MUST be hung up, and one that was not used
	 * for 60 seconds SHOULD be. */
	if (step_is_due(st, dead_ms(l)) || step_is_due(st, idle_ms(l)))
		link_hangup(st, l);
	else if (step_is_due(st, ping_ms(l)))
		send_ping(st, l);
}

uint64_t bulk_link_deadline(const struct link *l)
{
	return earlier(earlier(dead_ms(l), idle_ms(l)), ping_ms(l));
}

/* --- how many --- */

enum err bulk_want(struct step *st, struct link *l, const struct frame *f)
{
	struct bulk *k = &l->owner.contact->bulk;
	uint8_t count;
	enum err err = frame_read_want(f, &count);

	(void)st;
	if (err != OK)
		return err;
	k->wanted = count;
	k->wanted_on = l->id;
	return OK;
}

/* Links that we want as a receiver. */
static unsigned needed(struct step *st, struct contact *c)
{
	struct bulk *k = &c->bulk;
	unsigned up = 0;
	size_t i;

	if (!transfer_needs_links(st, c)) {
		k->ladder.since_ms = 0;
		return 0;
	}
	for (i = 0; i < k->count; i++)
		up += k->links[i]->bulk->is_proved;
	return pick_links(&k->ladder, st->node->limits.bulk_links, up, k->moved,
			  st->now_ms);
}

static bool asked_in_vain(const struct step *st, const struct bulk *k)
{
	return k->told > 0 && k->count == 0 && step_is_due(st, k->alone_ms);
}

/* Whom we have no cell for cannot dial. */
static bool is_dialler(const struct step *st, const struct contact *c)
{
	return c->transmit &&
	       (c->transmit->ours || !reach_is_hosted(st->node, c) ||
		asked_in_vain(st, &c->bulk));
}

/* His dials may succeed where ours do not. */
static bool has_to_ask(const struct step *st, const struct contact *c)
{
	return reach_is_hosted(st->node, c) &&
	       (!c->transmit->ours || c->bulk.backoff.tries >= TRIES_ALONE);
}

static bool has_to_give(const struct contact *c)
{
	struct list_node *i;

	list_for_each (i, &c->files)
		if (transfer_at(i)->row.dir == MESSAGE_OUT &&
		    !transfer_at(i)->is_over)
			return true;
	return false;
}

/* Links that the contact wants, as he said on a session that is still up, and
 * has a use for. */
static unsigned wanted(const struct contact *c)
{
	size_t i;

	if (!has_to_give(c))
		return 0;
	for (i = 0; i < c->session_count; i++)
		if (c->sessions[i]->id == c->bulk.wanted_on)
			return c->bulk.wanted;
	return 0;
}

/* PROTOCOL 12.3: The end that dialled the session on which it transmits dials
 * the BULK links; the other asks it to, with WANT. */
static void ask_for_links(struct step *st, struct contact *c, unsigned count)
{
	struct bulk *k = &c->bulk;
	unsigned told;

	if (!c->transmit)
		return;
	if (!has_to_ask(st, c))
		count = 0;
	told = c->transmit->id == k->told_on ? k->told : 0;
	if (told == 0 || k->count > 0)
		k->alone_ms = st->now_ms + ASKED_IN_VAIN_MS;
	if (count == told)
		return;
	k->told = count;
	k->told_on = c->transmit->id;
	frame_write_want(link_frame(st, c->transmit, FRAME_WANT_BYTES),
			 (uint8_t)count);
}

static void dial(struct step *st, struct contact *c)
{
	struct uid isolation;
	struct link *l;

	step_random(st, isolation.b, sizeof(isolation.b));
	l = link_dial(st, (struct link_owner){.contact = c}, &c->row.peer_cell,
		      &c->row.my_auth, &isolation);
	l->class = CLASS_BULK;
	c->bulk.dials++;
}

/* PROTOCOL 12.3: A BULK link MUST NOT be dialled without a session, and MAY
 * live on without one. */
static bool may_dial(const struct step *st, const struct contact *c,
		     unsigned target)
{
	const struct bulk *k = &c->bulk;

	return c->transmit && k->dials < DIALS_MAX &&
	       k->count + k->dials < target && step_is_due(st, k->dial_ms) &&
	       st->node->transport_ready && policy_dials(st->node, c);
}

/* The youngest are of no more use. */
static void mark_spare(struct contact *c, unsigned need)
{
	size_t i;

	for (i = 0; i < c->bulk.count; i++)
		c->bulk.links[i]->bulk->is_spare =
		    need > 0 && i >= need && i >= wanted(c);
}

static unsigned target_of(const struct step *st, const struct contact *c,
			  unsigned need)
{
	unsigned theirs = wanted(c), ours = is_dialler(st, c) ? need : 0;

	return theirs > ours ? theirs : ours;
}

/* --- not faster than the disk --- */

static void throttle(struct step *st, struct contact *c)
{
	unsigned ops = transfer_ops(c);
	size_t i;

	for (i = 0; i < c->bulk.count; i++) {
		struct link *l = c->bulk.links[i];
		struct bulk_link *b = l->bulk;

		b->is_full = b->is_full ? ops > OPS_GO_ON : ops >= OPS_FULL;
		intake_update(st, l);
	}
}

/* --- all of it --- */

/* What became of files in this step. */
static void settle(struct step *st, struct contact *c)
{
	struct list_node *i;

	list_for_each (i, &c->files) {
		struct transfer *t = transfer_at(i);
		enum nak_reason why = (enum nak_reason)t->nak;

		if (t->take_back)
			asks_take_back(st, t);
		t->take_back = false;
		t->nak = 0;
		if (why)
			serve_refuse(st, t, why);
	}
}

void bulk_blob(struct step *st, const struct event *ev)
{
	struct transfer *t = files_find(st->node, &ev->blob.file_id);

	if (!t)
		return;
	if (t->row.dir == MESSAGE_OUT) {
		serve_blob(st, t, ev);
	} else if (t->ops > 0) { /* not asked for in an earlier life */
		t->ops--;
		transfer_blob(st, t, ev);
	}
}

void bulk_timers(struct step *st, struct contact *c)
{
	unsigned need;

	if (list_is_empty(&c->files) && c->bulk.count == 0 && wanted(c) == 0 &&
	    c->bulk.told == 0)
		return;
	transfer_timers(st, c);
	settle(st, c);
	throttle(st, c);
	need = c->bulk.need = needed(st, c);
	ask_for_links(st, c, need);
	mark_spare(c, need);
	while (may_dial(st, c, target_of(st, c, need)))
		dial(st, c);
	asks_fill(st, c);
}

uint64_t bulk_deadline(const struct node *n, const struct contact *c)
{
	uint64_t at = transfer_deadline(n, c);

	if (c->bulk.dial_ms > n->now_ms && c->transmit &&
	    c->bulk.dials < DIALS_MAX)
		at = earlier(at, c->bulk.dial_ms);
	if (c->bulk.told > 0 && c->bulk.count == 0 &&
	    c->bulk.alone_ms > n->now_ms)
		at = earlier(at, c->bulk.alone_ms);
	if (c->bulk.count > 0 && c->bulk.need > 0)
		at = earlier(at, n->now_ms + LOOK_MS);
	return at;
}
