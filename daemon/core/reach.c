/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/reach.h"

#include <string.h>

#include <sodium.h>

#include "core/contact.h"
#include "core/cover.h"
#include "core/due.h"
#include "core/eph.h"
#include "core/intake.h"
#include "core/kdf.h"
#include "core/link.h"
#include "core/noise.h"
#include "core/outbox.h"
#include "core/policy.h"
#include "core/step.h"

enum {
	REDIAL_MIN_MS = 200,
	REDIAL_MAX_MS = 2000,
	DIAL_GAP_MS = 5000,	/* at least, when hurried */
	LASTING_MS = 60 * 1000, /* a session of that age was no accident */
	WAKE_PING_MIN_MS = 500,
	WAKE_PING_MAX_MS = 10 * 1000,
	WAKE_ANSWER_MS = 60 * 1000,
	WAKE_GAP_MS = 3000,
	SURPLUS_MIN_MS = 3000,
	SURPLUS_MAX_MS = 6000,
	SEEN_GRAIN_MS = 60 * 1000,
	CLOSE_WAIT_MS = 5000,
	HOUR_MS = 3600 * 1000,
	REST_MIN_MS = 1 * HOUR_MS,
	REST_MAX_MS = 6 * HOUR_MS,
};

static struct link_owner as_owner(struct contact *c)
{
	return (struct link_owner){.contact = c};
}

static void put_service(struct step *st, const struct contact *c,
			enum effect_type type)
{
	struct effect e = {.type = type};
	struct secret own;

	if (type == FX_PUBLISH) {
		e.publish.service.kind = SERVICE_CELL;
		e.publish.service.owner = c->row.id;
		e.publish.onion = c->row.my_cell;
		e.publish.has_auth = true;
		e.publish.auth = c->row.peer_auth;
		e.publish.is_tested = true;
		kdf_test_auth(&c->row.my_cell, &own);
		noise_public(&own, &e.publish.test_auth);
		sodium_memzero(&own, sizeof(own));
	} else {
		e.unpublish.kind = SERVICE_CELL;
		e.unpublish.owner = c->row.id;
	}
	step_put(st, &e);
	sodium_memzero(&e, sizeof(e));
}

bool reach_is_hosted(const struct node *n, const struct contact *c)
{
	return policy_hosts(n, c) && c->rest_ms == NEVER;
}

static void plan_publish(struct step *st, struct contact *c, uint64_t at_ms)
{
	const struct node *n = st->node;

	c->publish_ms =
	    n->transport_ready && reach_is_hosted(n, c) ? at_ms : NEVER;
}

static void publish(struct step *st, struct contact *c)
{
	c->publish_ms = NEVER;
	c->is_hosted = true;
	c->hosted_ms = st->now_ms;
	put_service(st, c, FX_PUBLISH);
}

void reach_publish_again(struct step *st, struct contact *c)
{
	c->is_published = false;
	put_service(st, c, FX_UNPUBLISH);
	publish(st, c);
}

static void take_down(struct step *st, struct contact *c)
{
	c->publish_ms = NEVER;
	if (c->is_hosted)
		put_service(st, c, FX_UNPUBLISH);
	c->is_hosted = c->is_published = false;
}

static bool wants_dial(const struct node *n, const struct contact *c)
{
	return n->transport_ready && c->row.state == CONTACT_ACTIVE &&
	       policy_dials(n, c) && !c->dialling && c->session_count == 0;
}

static void plan_dial(struct step *st, struct contact *c, uint64_t at_ms)
{
	c->dial_ms = wants_dial(st->node, c) ? at_ms : NEVER;
}

void reach_come_up(struct step *st, struct contact *c, uint64_t at_ms)
{
	plan_publish(st, c, at_ms);
	backoff_reset(&c->backoff);
	plan_dial(st, c, at_ms);
}

void reach_transport_lost(struct contact *c)
{
	c->publish_ms = NEVER;
	c->dial_ms = NEVER;
	c->is_published = false;
}

void reach_published(struct step *st, struct contact *c)
{
	c->is_published = c->is_hosted;
	c->hosted_ms = st->now_ms;
	backoff_reset(&c->backoff);
	plan_dial(
	    st, c,
	    earlier(c->dial_ms, step_after(st, REDIAL_MIN_MS, REDIAL_MAX_MS)));
}

void reach_hurry(struct step *st, struct contact *c)
{
	uint64_t at_ms = c->dialled_ms + DIAL_GAP_MS;

	if (c->dialled_ms == 0 || at_ms <= st->now_ms)
		at_ms = st->now_ms + 1;
	/* PROTOCOL 7.4: A message that is newly queued resets the back-off,
	 * but two dials SHOULD be 5 seconds apart. */
	if (c->dial_ms == NEVER || c->dial_ms <= at_ms)
		return;
	backoff_reset(&c->backoff);
	plan_dial(st, c, at_ms);
}

void reach_dial(struct step *st, struct contact *c)
{
	c->dial_ms = NEVER;
	if (!st->node->transport_ready || !policy_dials(st->node, c) ||
	    c->dialling)
		return;
	c->dialled_ms = st->now_ms;
	c->dialling = link_dial(st, as_owner(c), &c->row.peer_cell,
				&c->row.my_auth, &c->row.id);
}

static void put_presence(struct step *st, const struct contact *c, bool online)
{
	struct effect e = {.type = FX_PRESENCE};

	e.presence.contact_id = c->row.id;
	e.presence.online = online;
	step_put(st, &e);
}

static void note_seen(struct step *st, struct contact *c)
{
	if (st->wall_ms >= c->row.last_seen_ms &&
	    st->wall_ms - c->row.last_seen_ms < SEEN_GRAIN_MS)
		return;
	c->row.last_seen_ms = st->wall_ms;
	contact_touch(c, JOURNAL_NONE);
}

/* PROTOCOL 7.5: A sender MUST transmit on the session that was established
 * last among those on which the peer's HELLO came. */
static struct link *best_session(const struct contact *c)
{
	size_t i;

	for (i = c->session_count; i-- > 0;) {
		struct link *l = c->sessions[i];

		if (l->state == LINK_OPEN && l->session.hello_got)
			return l;
	}
	return NULL;
}

static void pick_transmit(struct step *st, struct contact *c)
{
	struct link *best = best_session(c);

	if (best == c->transmit)
		return;
	c->transmit = best;
	/* PROTOCOL 7.5: When this is another session than before, it MUST
	 * transmit again everything that is not acknowledged. */
	outbox_rewind(st, c);
}

/* PROTOCOL 7.5: Of two sessions only the leader closes the older one, with
 * CLOSE, some seconds after the peer's HELLO came on the newer. */
static void plan_surplus(struct step *st, struct contact *c)
{
	const struct link *newest;

	c->surplus_ms = NEVER;
	if (!c->is_leader || c->session_count < SESSIONS_MAX)
		return;
	newest = c->sessions[c->session_count - 1];
	if (newest->session.hello_got)
		c->surplus_ms = step_after(st, SURPLUS_MIN_MS, SURPLUS_MAX_MS);
}

void reach_session_up(struct step *st, struct contact *c, struct link *l)
{
	bool first = c->session_count == 0;

	if (c->dialling == l)
		c->dialling = NULL;
	else if (c->dialling && c->dialling->state == LINK_DIALLING)
		link_hangup(st, c->dialling);
	if (c->session_count == SESSIONS_MAX)
		link_hangup(st, c->sessions[0]);
	c->sessions[c->session_count++] = l;
	c->dial_ms = NEVER;
	if (!l->ours)
		c->proved_ms = st->now_ms;
	note_seen(st, c);
	if (c->row.state == CONTACT_PAIRING)
		contact_activate(st, c);
	if (first)
		put_presence(st, c, true);
}

void reach_session_ready(struct step *st, struct contact *c)
{
	backoff_reset(&c->backoff);
	/* That links of class BULK failed says nothing of this one. */
	backoff_reset(&c->bulk.backoff);
	c->bulk.dial_ms = 0;
	pick_transmit(st, c);
	plan_surplus(st, c);
	outbox_pump(st, c);
}

/* True if l was one of the sessions. */
static bool remove_session(struct contact *c, const struct link *l)
{
	size_t i;

	for (i = 0; i < c->session_count; i++) {
		if (c->sessions[i] != l)
			continue;
		c->session_count--;
		memmove(&c->sessions[i], &c->sessions[i + 1],
			(c->session_count - i) * sizeof(c->sessions[0]));
		return true;
	}
	return false;
}

static void on_session_lost(struct step *st, struct contact *c,
			    const struct link *l)
{
	uint64_t wait_ms;

	pick_transmit(st, c);
	plan_surplus(st, c);
	if (c->session_count > 0) {
		outbox_pump(st, c);
		return;
	}
	outbox_offline(st, c);
	eph_offline(c);
	note_seen(st, c);
	put_presence(st, c, false);
	/* A peer that hangs up at once again and again is not worth a dial
	 * every second. */
	if (st->now_ms - l->session.since_ms >= LASTING_MS)
		backoff_reset(&c->backoff);
	wait_ms = backoff_next_ms(&c->backoff, &st->rng);
	plan_dial(
	    st, c,
	    st->now_ms + wait_ms +
		wait_between_ms(&st->rng, REDIAL_MIN_MS, REDIAL_MAX_MS / 2));
}

void reach_link_lost(struct step *st, struct contact *c, struct link *l)
{
	if (remove_session(c, l)) {
		on_session_lost(st, c, l);
	} else if (l == c->dialling) {
		c->dialling = NULL;
		plan_dial(st, c,
			  st->now_ms + backoff_next_ms(&c->backoff, &st->rng));
	}
}

static void close_surplus(struct step *st, struct contact *c)
{
	struct link *l = c->sessions[0];

	c->surplus_ms = NEVER;
	if (c->session_count < SESSIONS_MAX || l->state != LINK_OPEN)
		return;
	frame_write_close(link_frame(st, l, FRAME_CLOSE_BYTES), CLOSE_DOUBLE);
	/* The peer hangs up; what it sent before still counts. */
	link_leave(l, CLOSE_WAIT_MS +
			  (l->cover ? cover_due_ms(l->cover) : st->now_ms));
	pick_transmit(st, c);
}

void reach_timers(struct step *st, struct contact *c)
{
	if (step_is_due(st, c->rest_ms)) {
		c->rest_ms = NEVER;
		plan_publish(st, c, st->now_ms);
	}
	if (step_is_due(st, c->publish_ms))
		publish(st, c);
	if (step_is_due(st, c->dial_ms))
		reach_dial(st, c);
	if (step_is_due(st, c->surplus_ms))
		close_surplus(st, c);
}

uint64_t reach_deadline(const struct contact *c)
{
	return earlier(earlier(c->publish_ms, c->rest_ms),
		       earlier(c->dial_ms, c->surplus_ms));
}

/* Those that came in by the cell and are nobody's yet. */
static void hangup_unproven(struct step *st, const struct contact *c)
{
	struct list_node *i;

	list_for_each (i, &st->node->links) {
		struct link *l = link_at(i);

		if (l->owner.contact == c && !l->ours &&
		    l->state != LINK_OPEN && l->state != LINK_LEAVING)
			link_hangup(st, l);
	}
}

void reach_changed(struct step *st, struct contact *c, uint64_t at_ms)
{
	bool hosts = policy_hosts(st->node, c);
	bool dials = policy_dials(st->node, c);

	if (!hosts) {
		take_down(st, c);
		hangup_unproven(st, c);
	} else if (!c->is_hosted && c->publish_ms == NEVER) {
		plan_publish(st, c, at_ms);
	}
	if (!dials) {
		link_hangup_all(st, as_owner(c), NULL);
		c->dial_ms = NEVER;
	} else if (c->dial_ms == NEVER) {
		backoff_reset(&c->backoff);
		plan_dial(st, c, at_ms);
	}
}

/* PROTOCOL 7.4: Where there are more than 60 at once or 60 an hour on average,
 * the service SHOULD be taken down for a random time of 1 to 6 hours; links
 * that are up stay, and the node still dials. */
bool reach_stream_in(struct step *st, struct contact *c, bool is_spared)
{
	if (!reach_is_hosted(st->node, c))
		return false;
	if (!is_spared && intake_stream(st, c)) {
		c->rest_ms = step_after(st, REST_MIN_MS, REST_MAX_MS);
		take_down(st, c);
	}
	return true;
}

/* It has less time than usual: who slept has been silent for long. */
static void look_alive(struct step *st, struct link *l)
{
	if (l->state != LINK_OPEN)
		return;
	l->ping_ms = earlier(
	    l->ping_ms, step_after(st, WAKE_PING_MIN_MS, WAKE_PING_MAX_MS));
	if (st->now_ms + WAKE_ANSWER_MS > l->heard_ms &&
	    st->now_ms + WAKE_ANSWER_MS >= LINK_DEAD_MS)
		l->heard_ms = earlier(l->heard_ms, st->now_ms + WAKE_ANSWER_MS -
						       LINK_DEAD_MS);
}

void reach_wake(struct step *st, struct contact *c)
{
	uint64_t most =
	    WAKE_PING_MAX_MS + WAKE_GAP_MS * st->node->contact_count;
	size_t i;

	for (i = 0; i < c->session_count; i++)
		look_alive(st, c->sessions[i]);
	if (c->dial_ms == NEVER)
		return;
	backoff_reset(&c->backoff);
	plan_dial(st, c,
		  earlier(c->dial_ms, step_after(st, REDIAL_MIN_MS, most)));
}

void reach_detach(struct step *st, struct contact *c)
{
	take_down(st, c);
	link_hangup_all(st, as_owner(c), NULL);
	c->rest_ms = NEVER;
	c->dial_ms = NEVER;
	backoff_reset(&c->backoff);
	backoff_reset(&c->bulk.backoff);
}

void reach_delete(struct step *st, struct contact *c, enum journal_type journal)
{
	struct effect e = {.type = FX_DELETE_CONTACT, .journal = journal};

	link_hangup_all(st, as_owner(c), NULL);
	e.target = c->row.id;
	step_put(st, &e);
	due_started(st);
	take_down(st, c);
	contact_free(st->node, c);
}
