/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/eph.h"

#include "core/contact.h"
#include "core/link.h"
#include "core/step.h"

enum {
	FIELD_TYPING = 1,
	EPH_TYPING_BYTES = FRAME_HEAD_BYTES + 3,
	/* PROTOCOL 5.6: A sender MUST NOT send more than 2 in a second. */
	SAY_GAP_MS = 600,
	SAY_AGAIN_MS = 4000, /* or the peer takes it for over */
	OVER_MS = 10 * 1000,
	TELL_GAP_MS = 1000, /* to our user */
};

/* --- what we say --- */

static bool may_say(const struct node *n, const struct contact *c)
{
	return c->transmit && choice_is_on(c->row.typing, n->self.typing);
}

static void say(struct step *st, struct contact *c)
{
	struct typing_out *t = &c->typing_out;
	uint8_t value = t->wanted, mem[EPH_TYPING_BYTES];
	struct wire_writer w;

	wire_write_init(&w, mem, sizeof(mem));
	tlv_write(&w, FIELD_TYPING, bytes_of(&value, 1));
	frame_write(link_frame(st, c->transmit, EPH_TYPING_BYTES), FRAME_EPH,
		    wire_written(&w));
	t->said = t->wanted;
	t->said_ms = st->now_ms;
	t->say_ms = NEVER;
}

/* Whether the contact would learn anything new. */
static bool is_news(const struct step *st, const struct typing_out *t, bool on)
{
	return on != t->said ||
	       (on && step_is_due(st, t->said_ms + SAY_AGAIN_MS));
}

void eph_typing(struct step *st, const struct event *ev)
{
	struct contact *c = contact_find(st->node, &ev->typing.contact_id);
	struct typing_out *t;

	if (!c || c->row.state != CONTACT_ACTIVE || c->row.blocked) {
		step_reply(st, ev, c ? ERR_STATE : ERR_NOT_FOUND);
		return;
	}
	step_reply(st, ev, OK);
	t = &c->typing_out;
	t->wanted = ev->typing.on;
	t->say_ms = NEVER;
	/* The timers of this step see to it, if it is time. */
	if (may_say(st->node, c) && is_news(st, t, t->wanted))
		t->say_ms = t->said_ms ? t->said_ms + SAY_GAP_MS : st->now_ms;
}

void eph_sent(struct contact *c)
{
	c->typing_out.said = false;
	c->typing_out.say_ms = NEVER;
}

/* --- what the contact says --- */

static void tell(struct step *st, struct contact *c)
{
	struct effect e = {.type = FX_TYPING};

	e.typing.contact_id = c->row.id;
	e.typing.on = c->typing_in.on;
	step_put(st, &e);
	c->typing_in.told = c->typing_in.on;
	c->typing_in.told_ms = st->now_ms;
}

/* PROTOCOL 5.6: A receiver MUST NOT store what an EPH says, and MUST skip a
 * field of it that it does not know. */
enum err eph_frame(struct step *st, struct link *l, const struct frame *f)
{
	struct tlv t[] = {{.type = FIELD_TYPING, .min = 1, .max = 1}};
	struct typing_in *in = &l->owner.contact->typing_in;
	enum err err = tlv_scan(f->body, t, 1);

	if (err != OK || !t[0].present)
		return err;
	if (t[0].value.p[0] > 1)
		return ERR_RANGE;
	in->on = t[0].value.p[0] == 1;
	in->over_ms = st->now_ms + OVER_MS;
	return OK;
}

void eph_stop(struct contact *c)
{
	c->typing_in.on = false;
}

void eph_offline(struct contact *c)
{
	eph_stop(c);
	eph_sent(c);
}

/* --- both --- */

/* When the user is to be told; NEVER: he knows. */
static uint64_t tell_ms(const struct typing_in *in)
{
	if (in->on == in->told)
		return NEVER;
	return in->told_ms ? in->told_ms + TELL_GAP_MS : 0;
}

void eph_timers(struct step *st, struct contact *c)
{
	struct typing_in *in = &c->typing_in;

	if (step_is_due(st, c->typing_out.say_ms)) {
		c->typing_out.say_ms = NEVER;
		if (may_say(st->node, c))
			say(st, c);
	}
	/* PROTOCOL 5.6: A receiver takes "typing" for over when a message that
	 * is shown comes, when the session ends, and 10 seconds after it was
	 * last said. */
	if (in->on && step_is_due(st, in->over_ms))
		in->on = false;
	if (step_is_due(st, tell_ms(in)))
		tell(st, c);
}

uint64_t eph_deadline(const struct contact *c)
{
	const struct typing_in *in = &c->typing_in;
	uint64_t at = earlier(c->typing_out.say_ms, tell_ms(in));

	return in->on ? earlier(at, in->over_ms) : at;
}
