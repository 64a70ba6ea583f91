/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sim/talk.h"

#include <assert.h>
#include <string.h>

struct event talk_edit(const struct message_row *m, const char *text)
{
	struct event ev = {.type = EV_CMD_EDIT, .cmd = 1};

	ev.edit.target = disk_target(m);
	ev.edit.text = bytes_of(text, strlen(text));
	return ev;
}

struct event talk_delete(const struct message_row *m, enum delete_how how)
{
	struct event ev = {.type = EV_CMD_DELETE, .cmd = 1};

	ev.delete.target = disk_target(m);
	ev.delete.how = how;
	return ev;
}

struct event talk_react(const struct message_row *m, const char *emoji)
{
	struct event ev = {.type = EV_CMD_REACT, .cmd = 1};

	ev.react.target = disk_target(m);
	assert(strlen(emoji) < sizeof(ev.react.emoji.s));
	strcpy(ev.react.emoji.s, emoji);
	return ev;
}

struct event talk_read(const struct disk *d, const struct message_row *m)
{
	struct event ev = {.type = EV_CMD_READ, .cmd = 1};
	const struct message_row *i;

	ev.read.contact_id = m->contact_id;
	ev.read.message_id = m->id;
	for (i = d->messages; i <= m; i++) {
		if (i->dir != MESSAGE_IN || i->hidden || i->deleted ||
		    !uid_is_equal(&i->contact_id, &m->contact_id))
			continue;
		ev.read.has_mid = true;
		ev.read.mid = i->mid;
	}
	return ev;
}

struct event talk_timer(const struct uid *contact_id, struct rng *rng,
			uint32_t ttl_s)
{
	struct event ev = {.type = EV_CMD_TIMER, .cmd = 1};

	ev.timer.contact_id = *contact_id;
	rng_bytes(rng, ev.timer.message_id.b, sizeof(ev.timer.message_id.b));
	ev.timer.ttl_s = ttl_s;
	return ev;
}

struct event talk_typing(const struct uid *contact_id, bool on)
{
	struct event ev = {.type = EV_CMD_TYPING, .cmd = 1};

	ev.typing.contact_id = *contact_id;
	ev.typing.on = on;
	return ev;
}

struct event talk_send(const struct uid *contact_id, struct rng *rng,
		       const char *text)
{
	struct event ev = {.type = EV_CMD_SEND, .cmd = 1};

	ev.send.contact_id = *contact_id;
	rng_bytes(rng, ev.send.message_id.b, sizeof(ev.send.message_id.b));
	rng_bytes(rng, ev.send.client_id.b, sizeof(ev.send.client_id.b));
	ev.send.text = bytes_of(text, strlen(text));
	return ev;
}

enum err rig_cmd(struct rig *r, struct event ev)
{
	r->reply = ERR_IO;
	rig_event(r, &ev);
	return r->reply;
}

const struct message_row *rig_row(struct rig *r, enum message_dir dir, size_t i)
{
	return disk_message(r->disk, &r->contact.id, dir, i);
}

struct puppet *rig_session(struct rig *r)
{
	struct puppet *p = puppet_arrive(r, PUPPET_CONTACT);
	const struct counters *n = rig_counters(r);
	const struct chain *chain = NULL;
	struct puppet_frame f;
	size_t i;

	puppet_open(r, p);
	assert(p->is_open);
	for (i = 0; i < r->disk->message_count; i++)
		if (r->disk->messages[i].dir == MESSAGE_OUT &&
		    r->disk->messages[i].seq == n->peer_acked)
			chain = &r->disk->messages[i].chain;
	puppet_hello(r, p, n->peer_acked + 1 + n->seq_shift, chain);
	assert(puppet_next(p, &f) && f.type == FRAME_HELLO);
	assert(!p->is_ended);
	return p;
}

void puppet_record(struct rig *r, struct puppet *p, uint64_t seq,
		   struct bytes record)
{
	struct frame_msg f = {.seq = seq, .record = record};

	frame_write_msg(&p->builder.w, &f);
	puppet_flush(r, p);
}

struct mid puppet_say(struct rig *r, struct puppet *p, uint16_t kind,
		      const struct message_fields *f, const char *body)
{
	return puppet_say_bytes(r, p, kind, f,
				bytes_of(body, body ? strlen(body) : 0));
}

struct mid puppet_say_bytes(struct rig *r, struct puppet *p, uint16_t kind,
			    const struct message_fields *f, struct bytes body)
{
	struct message m = {.kind = kind, .body = body};
	uint8_t extra[MESSAGE_EXTRA_MAX], record[MESSAGE_WRITE_MAX];
	struct hash32 content;
	struct wire_writer w;

	rng_bytes(&r->rng, m.mid.b, sizeof(m.mid.b));
	if (f)
		m.extra = bytes_of(extra, message_fields_write(f, extra));
	message_content_hash(&m, &content);
	message_chain(&rig_counters(r)->chain_in, &content, &m.chain);
	wire_write_init(&w, record, sizeof(record));
	message_write(&w, &m);
	puppet_record(r, p, rig_counters(r)->recv_next, wire_written(&w));
	return m.mid;
}

bool puppet_heard(struct puppet *p, struct message *m)
{
	struct puppet_frame f;
	struct frame_msg msg;
	enum err err;

	if (!puppet_find(p, FRAME_MSG, &f))
		return false;
	err = frame_read_msg(&(struct frame){f.type, f.body}, &msg);
	if (err == OK)
		err = message_read(msg.record, m);
	assert(err == OK);
	return true;
}

void puppet_ack_all(struct rig *r, struct puppet *p)
{
	const struct counters *n;

	while (r->fetching)
		rig_answer_fetch(r);
	n = rig_counters(r);
	puppet_ack(r, p, n->send_next + n->seq_shift, &n->chain_out);
}
