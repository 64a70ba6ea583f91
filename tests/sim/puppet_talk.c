/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a puppet says, and what it has heard.
 */
#include "tests/sim/puppet.h"

#include <assert.h>
#include <string.h>

#include "core/message.h"

void puppet_hello(struct rig *r, struct puppet *p, uint64_t recv_next,
		  const struct chain *chain)
{
	struct frame_hello h = {.recv_next = recv_next, .window = WINDOW};

	if (chain)
		h.chain = *chain;
	frame_write_hello(&p->builder.w, &h);
	puppet_flush(r, p);
}

struct puppet *puppet_session(struct rig *r)
{
	struct puppet *p = puppet_arrive(r, PUPPET_CONTACT);

	puppet_open(r, p);
	assert(p->is_open);
	puppet_hello(r, p, 1, NULL);
	return p;
}

void puppet_text(struct rig *r, struct puppet *p, uint64_t seq,
		 const char *text, const struct chain *prev,
		 struct chain *chain)
{
	struct message m = {.kind = MESSAGE_TEXT,
			    .body = bytes_of(text, strlen(text))};
	uint8_t record[MESSAGE_BYTES_MAX];
	struct frame_msg f = {.seq = seq};
	struct hash32 content;
	struct wire_writer w;

	rng_bytes(&r->rng, m.mid.b, sizeof(m.mid.b));
	message_content_hash(&m, &content);
	message_chain(prev, &content, &m.chain);
	wire_write_init(&w, record, sizeof(record));
	message_write(&w, &m);
	f.record = wire_written(&w);
	frame_write_msg(&p->builder.w, &f);
	puppet_flush(r, p);
	*chain = m.chain;
}

void puppet_ack(struct rig *r, struct puppet *p, uint64_t cum,
		const struct chain *chain)
{
	struct frame_ack a = {.cum = cum, .chain = *chain};

	frame_write_ack(&p->builder.w, &a);
	puppet_flush(r, p);
}

bool puppet_next(struct puppet *p, struct puppet_frame *f)
{
	if (p->frame_next == p->frame_count)
		return false;
	*f = p->frames[p->frame_next++ % FRAMES_MAX];
	return true;
}

bool puppet_find(struct puppet *p, enum frame_type type, struct puppet_frame *f)
{
	while (puppet_next(p, f))
		if (f->type == type)
			return true;
	return false;
}
