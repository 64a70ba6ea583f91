/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/eph.h"

#include <string.h>

#include "core/contact.h"
#include "core/files.h"
#include "core/link.h"
#include "core/step.h"

enum {
	FIELD_TYPING = 1,
	FIELD_FILE = 3,
	FILE_BYTES = 16 + 1,
	EPH_TYPING_BYTES = FRAME_HEAD_BYTES + 3,
	EPH_FILE_BYTES = FRAME_HEAD_BYTES + 2 + FILE_BYTES,
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
	t->next_ms = st->now_ms + SAY_GAP_MS;
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
		t->say_ms = t->next_ms > st->now_ms ? t->next_ms : st->now_ms;
}

void eph_file(struct step *st, struct transfer *t, uint8_t what)
{
	(void)st;
	/* A hint: who is not there asks, and is told.  What was not said yet
	 * is not true any more. */
	t->say = t->contact->transmit ? what : 0;
}

/* The first of which something is to be said; NULL: there is none. */
static struct transfer *untold(const struct contact *c)
{
	struct list_node *i;

	if (!c->transmit)
		return NULL;
	list_for_each (i, &c->files)
		if (transfer_at(i)->say)
			return transfer_at(i);
	return NULL;
}

static void say_file(struct step *st, struct contact *c, struct transfer *t)
{
	uint8_t value[FILE_BYTES], mem[EPH_FILE_BYTES];
	struct wire_writer w, v;

	wire_write_init(&v, value, sizeof(value));
	wire_write_bytes(&v, bytes_of(t->row.fid.b, sizeof(t->row.fid.b)));
	wire_write_u8(&v, t->say);
	wire_write_init(&w, mem, sizeof(mem));
	tlv_write(&w, FIELD_FILE, wire_written(&v));
	frame_write(link_frame(st, c->transmit, EPH_FILE_BYTES), FRAME_EPH,
		    wire_written(&w));
	t->say = 0;
	c->typing_out.next_ms = st->now_ms + SAY_GAP_MS;
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

/* Of a file that we send it tells nothing that we would act upon. */
static enum err on_file(struct step *st, struct contact *c,
			const uint8_t value[static FILE_BYTES])
{
	struct transfer *t;
	struct fid fid;
	uint8_t what = value[sizeof(fid.b)];

	if (what != EPH_FILE_PAUSED && what != EPH_FILE_GOES_ON)
		return ERR_RANGE;
	memcpy(fid.b, value, sizeof(fid.b));
	t = files_find_fid(c, MESSAGE_IN, &fid);
	if (t && what == EPH_FILE_GOES_ON)
		t->wait_ms = 0;
	else if (t)
		files_wait(t, st->now_ms + FILE_PAUSED_WAIT_MS);
	return OK;
}

/* PROTOCOL 5.6: A receiver MUST NOT store what an EPH says, and MUST skip a
 * field of it that it does not know. */
enum err eph_frame(struct step *st, struct link *l, const struct frame *f)
{
	struct tlv t[] = {
	    {.type = FIELD_TYPING, .min = 1, .max = 1},
	    {.type = FIELD_FILE, .min = FILE_BYTES, .max = FILE_BYTES}};
	struct typing_in *in = &l->owner.contact->typing_in;
	enum err err = tlv_scan(f->body, t, 2);

	if (err == OK && t[1].present)
		err = on_file(st, l->owner.contact, t[1].value.p);
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
	if (untold(c) && step_is_due(st, c->typing_out.next_ms))
		say_file(st, c, untold(c));
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

	if (untold(c))
		at = earlier(at, c->typing_out.next_ms);
	return in->on ? earlier(at, in->over_ms) : at;
}
