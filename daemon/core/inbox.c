/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/inbox.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "core/contact.h"
#include "core/eph.h"
#include "core/message.h"
#include "core/offer.h"
#include "core/outbox.h"
#include "core/step.h"
#include "core/wishes.h"

/* When it was composed, by our clock: never in the future.  It is for people
 * to see.  PROTOCOL 6.5: A time in a message MUST NOT order messages; they are
 * in the order of arrival, and each direction is in the order of its
 * numbers. */
static uint64_t composed_ms(const struct step *st, const struct message *m)
{
	uint64_t age_ms = (uint64_t)m->age_s * 1000;

	return st->wall_ms > age_ms ? st->wall_ms - age_ms : 0;
}

/* PROTOCOL 7.8: A message whose mid is known already MUST be acknowledged and
 * MUST NOT be shown again.  The store leaves out such a row; the counters go
 * on. */
static void put_message(struct step *st, struct contact *c,
			const struct message *m, uint32_t ttl_s)
{
	struct effect e = {.type = FX_SAVE_MESSAGE,
			   .journal = JOURNAL_MESSAGE_RECEIVED};
	bool known = message_kind_is_known(m->kind);

	step_uid(st, &e.message.id);
	e.message.contact_id = c->row.id;
	e.message.dir = MESSAGE_IN;
	e.message.state = MESSAGE_RECEIVED;
	e.message.seq = c->row.n.recv_next;
	e.message.mid = m->mid;
	e.message.chain = m->chain;
	e.message.kind = m->kind;
	/* PROTOCOL 6.1: A receiver MUST keep a message of an unknown kind as
	 * it came, and MUST acknowledge it. */
	e.message.body = known ? m->body : m->raw;
	assert(m->extra.n <= sizeof(e.message.extra));
	if (m->extra.n > 0)
		memcpy(e.message.extra, m->extra.p, m->extra.n);
	e.message.extra_bytes = m->extra.n;
	e.message.ttl_s = ttl_s;
	e.message.sent_ms = composed_ms(st, m);
	e.message.received_ms = st->wall_ms;
	step_put(st, &e);
	if (m->kind == MESSAGE_FILE)
		offer_received(st, c, &e.message);
}

/* What the contact did to a message, or may not do: the store knows whose
 * it is, how old, and whether it is there at all.  PROTOCOL 6.5: An edit or a
 * deletion MUST have an effect only on a message of the same sender in the
 * same conversation, and only on one that is not older than 7 days. */
static void put_change(struct step *st, struct contact *c,
		       const struct message *m, const struct message_fields *f)
{
	struct effect e = {.type = FX_SAVE_CHANGE,
			   .journal = JOURNAL_MESSAGE_REACTION};

	e.change.contact_id = c->row.id;
	e.change.kind = CHANGE_REACTION;
	e.change.by = MESSAGE_IN;
	e.change.ref = f->ref;
	e.change.at_ms = composed_ms(st, m);
	if (m->kind == MESSAGE_EDIT) {
		e.change.kind = CHANGE_EDIT;
		e.change.body = m->body;
		e.journal = JOURNAL_MESSAGE_EDITED;
	} else if (m->kind == MESSAGE_DELETE) {
		offer_deleted(st, c, &f->ref);
		e.change.kind = CHANGE_DELETE;
		e.journal = JOURNAL_MESSAGE_DELETED;
	} else {
		e.change.emoji = f->emoji;
	}
	step_put(st, &e);
}

static void on_timer(struct contact *c, uint32_t ttl_s)
{
	if (c->row.ttl_s == ttl_s)
		return;
	c->row.ttl_s = ttl_s;
	contact_touch(c, JOURNAL_CONVERSATION_UPDATED);
}

static void on_profile(struct contact *c, const struct message_fields *f)
{
	if (memcmp(&c->row.name, &f->name, sizeof(f->name)) == 0 &&
	    memcmp(&c->row.status, &f->status, sizeof(f->status)) == 0)
		return;
	c->row.name = f->name;
	c->row.status = f->status;
	contact_touch(c, JOURNAL_CONTACT_UPDATED);
}

static void act(struct step *st, struct contact *c, const struct message *m)
{
	struct message_fields f;

	message_fields_read(m->extra, &f);
	if (m->kind == MESSAGE_TIMER)
		on_timer(c, f.ttl_s);
	if (message_kind_is_shown(m->kind)) {
		put_message(st, c, m, m->kind == MESSAGE_TIMER ? 0 : f.ttl_s);
		eph_stop(c);
		return;
	}
	switch ((enum message_kind)m->kind) {
	case MESSAGE_EDIT:
	case MESSAGE_DELETE:
	case MESSAGE_REACTION: put_change(st, c, m, &f); break;
	case MESSAGE_READ_UP_TO:
		outbox_read(st, c, &f.ref, composed_ms(st, m));
		break;
	case MESSAGE_FILE_STATE: offer_state(st, c, &f); break;
	case MESSAGE_PROFILE: on_profile(c, &f); break;
	case MESSAGE_INTRODUCTION: wishes_introduced(st, c, &f); break;
	case MESSAGE_WITHDRAWN: /* the chain goes on, and that is all */
	case MESSAGE_TEXT:
	case MESSAGE_FILE:
	case MESSAGE_TIMER: break;
	}
	sodium_memzero(&f, sizeof(f));
}

/* Whether m follows what we have. */
static enum err check_chain(const struct link *l, struct contact *c,
			    const struct message *m)
{
	struct hash32 content;
	struct chain want;

	message_content_hash(m, &content);
	message_chain(&c->row.n.chain_in, &content, &want);
	if (chain_is_equal(&want, &m->chain))
		return OK;
	/* PROTOCOL 7.9: A message that does not follow the last one by its
	 * chain value MUST raise the alarm; it is taken if it is the first
	 * that this session's HELLO asked for, and else ends the link. */
	contact_alarm(c);
	return c->row.n.recv_next == l->session.told_recv_next ? OK : ERR_AUTH;
}

static enum err take(struct step *st, struct link *l, const struct message *m)
{
	struct contact *c = l->owner.contact;
	enum err err = check_chain(l, c, m);

	if (err != OK)
		return err;
	act(st, c, m);
	c->row.n.recv_next++;
	c->row.n.chain_in = m->chain;
	contact_touch_counters(c);
	return OK;
}

enum err inbox_message(struct step *st, struct link *l, const struct frame *f)
{
	uint64_t recv_next = l->owner.contact->row.n.recv_next;
	struct frame_msg frame;
	struct message m;
	enum err err = frame_read_msg(f, &frame);

	if (err == OK)
		err = message_read(frame.record, &m);
	/* PROTOCOL 7.8: A message with a sequence number above the next one
	 * MUST end the link; one below it MUST be dropped and acknowledged
	 * again. */
	if (err == OK && frame.seq > recv_next)
		err = ERR_RANGE;
	if (err == OK && frame.seq == recv_next)
		err = take(st, l, &m);
	return err;
}
