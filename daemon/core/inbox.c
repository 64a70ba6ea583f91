/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/inbox.h"

#include "core/contact.h"
#include "core/message.h"
#include "core/step.h"

/* PROTOCOL 7.8: A message whose mid is known already MUST be acknowledged and
 * MUST NOT be shown again.  The store leaves out such a row; the counters go
 * on. */
static void put_message(struct step *st, const struct contact *c,
			const struct message *m)
{
	struct effect e = {.type = FX_SAVE_MESSAGE,
			   .journal = JOURNAL_MESSAGE_RECEIVED};
	uint64_t age_ms = (uint64_t)m->age_s * 1000;

	step_uid(st, &e.message.id);
	e.message.contact_id = c->row.id;
	e.message.dir = MESSAGE_IN;
	e.message.state = MESSAGE_RECEIVED;
	e.message.seq = c->row.n.recv_next;
	e.message.mid = m->mid;
	e.message.chain = m->chain;
	e.message.kind = m->kind;
	e.message.body = m->kind == MESSAGE_TEXT ? m->body : m->raw;
	e.message.sent_ms = st->wall_ms > age_ms ? st->wall_ms - age_ms : 0;
	e.message.received_ms = st->wall_ms;
	step_put(st, &e);
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
	put_message(st, c, m);
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

void inbox_read(struct step *st, const struct event *ev)
{
	struct effect e = {.type = FX_SAVE_READ,
			   .journal = JOURNAL_CONVERSATION_READ};

	if (!contact_find(st->node, &ev->read.contact_id)) {
		step_reply(st, ev, ERR_NOT_FOUND);
		return;
	}
	e.read = ev->read;
	step_put(st, &e);
	step_reply(st, ev, OK);
}
