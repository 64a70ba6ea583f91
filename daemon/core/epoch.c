/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/epoch.h"

#include <sodium.h>

#include "core/contact.h"
#include "core/link.h"
#include "core/pairing.h"
#include "core/reach.h"
#include "core/rekey.h"
#include "core/step.h"

enum {
	PROPOSE_MIN_MS = 1000, /* after the epoch is old enough */
	PROPOSE_MAX_MS = 10 * 1000,
	/* What was said on a session that is gone, while another stays. */
	REPEAT_MIN_MS = 5 * 60 * 1000,
	REPEAT_MAX_MS = 10 * 60 * 1000,
	REDIAL_MIN_MS = 1000,
	REDIAL_MAX_MS = 10 * 1000,
};

/* Whether the present epoch is younger than that.  If the clock was set back
 * since it began nobody knows its age: it is old, for another costs little. */
static bool is_younger(const struct step *st, const struct contact *c,
		       uint64_t ms)
{
	uint64_t since_ms = c->row.rekey.since_ms;

	return st->wall_ms >= since_ms && st->wall_ms - since_ms < ms;
}

static bool is_old(const struct step *st, const struct contact *c)
{
	return !is_younger(st, c, st->node->limits.rekey_age_ms);
}

/* When the leader will have something to say, if nothing comes before. */
static void plan(struct step *st, struct contact *c)
{
	const struct node *n = st->node;
	uint64_t at_ms = st->now_ms;

	c->rekey_ms = NEVER;
	if (!c->is_leader || !c->transmit)
		return;
	if (c->row.rekey.state != REKEY_IDLE) {
		c->rekey_ms = step_after(st, REPEAT_MIN_MS, REPEAT_MAX_MS);
		return;
	}
	if (!is_old(st, c))
		at_ms = node_at_wall(n, c->row.rekey.since_ms +
					    n->limits.rekey_age_ms);
	c->rekey_ms =
	    at_ms + wait_between_ms(&st->rng, PROPOSE_MIN_MS, PROPOSE_MAX_MS);
}

static void say(struct step *st, struct contact *c, struct link *l,
		const struct rekey_frame *f)
{
	/* Of two sessions one may be leaving; without any, it is said again
	 * on the next. */
	if (l->state != LINK_OPEN)
		l = c->transmit;
	if (l)
		rekey_frame_write(link_frame(st, l, REKEY_FRAME_BYTES_MAX), f);
}

static void on_turn(struct step *st, struct contact *c)
{
	c->row.rekey.since_ms = st->wall_ms;
	c->calm_ms = st->now_ms + st->node->limits.rekey_grace_ms;
	/* PROTOCOL 10.3: The leader SHOULD dial a new session soon after an
	 * epoch ended. */
	if (c->is_leader && c->row.rekey.state == REKEY_IDLE)
		c->redial_ms = step_after(st, REDIAL_MIN_MS, REDIAL_MAX_MS);
}

static void carry_out(struct step *st, struct contact *c, struct link *l,
		      struct rekey_todo *todo)
{
	if (todo->turned)
		on_turn(st, c);
	if (todo->save)
		contact_touch(c, JOURNAL_NONE);
	if (todo->forked) {
		contact_alarm(c);
		link_hangup_all(st, (struct link_owner){.contact = c}, l);
	}
	if (todo->has_say)
		say(st, c, l, &todo->say);
	plan(st, c);
	sodium_memzero(todo, sizeof(*todo));
}

/* PROTOCOL 10.3: Who ended it SHOULD wait as after many failures before it
 * dials again. */
static void on_breach(struct contact *c)
{
	contact_alarm(c);
	backoff_lengthen(&c->backoff);
}

enum err epoch_frame(struct step *st, struct link *l, const struct frame *f)
{
	struct contact *c = l->owner.contact;
	struct rekey_todo todo;
	struct rekey_frame got;
	struct nonce32 r;
	enum err err = rekey_frame_read(f, &got);

	if (err != OK)
		return err;
	step_random(st, r.b, sizeof(r.b));
	err = rekey_on_frame(&c->row, c->is_leader, &got, &r, &todo);
	if (err == OK)
		carry_out(st, c, l, &todo);
	else
		on_breach(c);
	sodium_memzero(&r, sizeof(r));
	sodium_memzero(&got, sizeof(got));
	return err;
}

void epoch_session(struct step *st, struct contact *c, struct link *l)
{
	struct rekey_todo todo;

	/* Who came in has shown that he has the key; who was dialled shows by
	 * his HELLO that he has taken it for the present one. */
	if (!l->ours || l->session.hello_got) {
		rekey_opened_by(&c->row, l->epoch, &todo);
		carry_out(st, c, l, &todo);
	}
	/* PROTOCOL 10.3: What an arrow tells MUST be on the sender's disk
	 * before; each frame can be lost and is sent again on the next
	 * session. */
	if (l->session.hello_got) {
		rekey_again(&c->row, &todo);
		carry_out(st, c, l, &todo);
	}
}

/* PROTOCOL 10.3: The leader SHOULD propose when its epoch is 6 hours old and a
 * session is up, and MUST NOT propose while it keeps an older key. */
static void speak(struct step *st, struct contact *c)
{
	struct rekey_todo todo;
	struct nonce32 r;

	if (!c->transmit)
		return;
	if (c->row.rekey.state != REKEY_IDLE) {
		rekey_again(&c->row, &todo);
		carry_out(st, c, c->transmit, &todo);
	} else if (is_old(st, c)) {
		step_random(st, r.b, sizeof(r.b));
		rekey_propose(&c->row, &r, &todo);
		carry_out(st, c, c->transmit, &todo);
		sodium_memzero(&r, sizeof(r));
	} else {
		plan(st, c);
	}
}

void epoch_timers(struct step *st, struct contact *c)
{
	if (step_is_due(st, c->rekey_ms)) {
		c->rekey_ms = NEVER;
		speak(st, c);
	}
	if (step_is_due(st, c->redial_ms)) {
		c->redial_ms = NEVER;
		if (c->transmit && c->transmit->epoch != c->row.epoch)
			reach_dial(st, c);
	}
}

uint64_t epoch_deadline(const struct contact *c)
{
	return earlier(c->rekey_ms, c->redial_ms);
}

/* By the clock of this life, which nobody sets; and by the wall clock, for
 * rekeys of an earlier one. */
static bool is_calm(const struct step *st, const struct contact *c)
{
	return !step_is_due(st, c->calm_ms) ||
	       (c->row.epoch > 0 &&
		is_younger(st, c, st->node->limits.rekey_grace_ms));
}

/* PROTOCOL 7.2: It MUST NOT in the 10 minutes after a rekey, when an opening
 * may be under way that was right when it began. */
void epoch_bad_opening(struct step *st, struct contact *c)
{
	if (!is_calm(st, c))
		contact_alarm(c);
}
