/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_step - bytes become events for a node with a contact, an invite and a
 * request; its peers are puppets that hold the right keys, so that what the
 * fuzzer invents gets through the encryption.
 */
#include <sodium.h>

#include "core/onion.h"
#include "tests/sim/puppet.h"
#include "tests/sim/talk.h"

enum { TALK = 244 };   /* ops from here on are about messages */
enum { DAEMON = 128 }; /* operands of the op for tor: not about tor */
enum { OPS_MAX = 150, SPARE_PUPPETS = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *p;
	size_t n;
};

static uint8_t take(struct input *in)
{
	if (in->n == 0)
		return 0;
	in->n--;
	return *in->p++;
}

static struct bytes take_bytes(struct input *in)
{
	size_t n = take(in);
	struct bytes b;

	if (n > in->n)
		n = in->n;
	b = bytes_of(in->p, n);
	in->p += n;
	in->n -= n;
	return b;
}

static struct puppet *pick(struct rig *r, struct input *in)
{
	uint8_t i = take(in);

	/* The newest are the most interesting. */
	return r->puppet_count
		   ? r->puppets[r->puppet_count - 1 -
				i % (r->puppet_count < 8 ? r->puppet_count : 8)]
		   : NULL;
}

static const struct chain *chain_of(struct rig *r, struct input *in)
{
	static const struct chain zero;
	const struct message_row *m = disk_message(
	    r->disk, &r->contact.id, MESSAGE_OUT, (size_t)take(in) % 8);

	return m ? &m->chain : &zero;
}

static void op_record(struct rig *r, struct input *in, struct puppet *p)
{
	struct chain c = rig_counters(r)->chain_in;
	uint64_t n = take(in);

	if (!p->is_open || p->is_ended)
		return;
	switch (n % 5) {
	case 0: {
		enum frame_type type = (enum frame_type)take(in);

		frame_write(&p->builder.w, type, take_bytes(in));
		puppet_flush(r, p);
		break;
	}
	case 1: puppet_hello(r, p, 1 + take(in) % 16, chain_of(r, in)); break;
	case 2:
		puppet_text(r, p, rig_counters(r)->recv_next + take(in) % 3 - 1,
			    "text", &c, &c);
		break;
	case 3: puppet_ack(r, p, 1 + take(in) % 16, chain_of(r, in)); break;
	default: {
		struct bytes b = take_bytes(in);

		wire_write_bytes(&p->builder.w, b);
		puppet_flush(r, p);
		break;
	}
	}
}

/* A command about somebody who is no contact yet, or about the door. */
static void fill_wish(struct rig *r, struct input *in, struct event *ev)
{
	const struct disk *d = r->disk;
	struct uid id = {{0}};

	if (d->request_count > 0)
		id = d->requests[take(in) % d->request_count].id;
	switch (take(in) % 4) {
	case 0:
		ev->type = EV_CMD_REQUEST_ACCEPT;
		ev->request_accept.request_id = id;
		rng_bytes(&r->rng, ev->request_accept.invite_id.b, 16);
		break;
	case 1:
		ev->type = EV_CMD_REQUEST_REJECT;
		ev->target = id;
		break;
	case 2:
		ev->type = EV_CMD_KNOCK;
		rng_bytes(&r->rng, ev->knock.request_id.b, 16);
		rng_bytes(&r->rng, ev->knock.invite_id.b, 16);
		onion_public(&r->door_onion, &ev->knock.door);
		break;
	default:
		ev->type = EV_CMD_SELF_SET;
		ev->self_set.fields =
		    SELF_DOOR_ON | SELF_DOOR_NEW | SELF_DIFFICULTY;
		ev->self_set.door_on = take(in) & 1;
		break;
	}
}

static void op_command(struct rig *r, struct input *in)
{
	struct event ev = {.cmd = 1};

	switch (take(in) % 6) {
	case 0:
		ev.type = EV_CMD_READ;
		ev.read.contact_id = r->contact.id;
		break;
	case 1:
		ev.type = EV_CMD_INVITE_NEW;
		rng_bytes(&r->rng, ev.invite_new.invite_id.b, 16);
		ev.invite_new.lifetime_ms = (uint64_t)take(in) * 60000;
		break;
	case 2:
		ev.type = EV_CMD_INVITE_DELETE;
		ev.target = r->invite.id;
		break;
	case 3:
		ev.type = EV_CMD_REQUEST_DELETE;
		ev.target = r->request.id;
		break;
	case 4: fill_wish(r, in, &ev); break;
	default:
		ev.type = EV_CMD_CONNECT;
		rng_bytes(&r->rng, ev.connect.request_id.b, 16);
		memcpy(ev.connect.invite, r->request.invite, INVITE_BYTES);
		break;
	}
	rig_event(r, &ev);
}

/* The contact says something of any kind, about any message. */
static void op_say(struct rig *r, struct input *in)
{
	const struct message_row *m =
	    rig_row(r, take(in) & 1 ? MESSAGE_OUT : MESSAGE_IN, take(in) % 8);
	struct puppet *p = pick(r, in);
	uint16_t kind = take(in) % 16;
	unsigned has = take(in);
	struct message_fields f = {.has_ref = has & 1,
				   .has_ttl = has & 2,
				   .has_reply_to = has & 4,
				   .has_invite = has & 8};

	if (!p || !p->is_open || p->is_ended)
		return;
	if (m)
		f.ref = f.reply_to = m->mid;
	f.ttl_s = (uint32_t)take(in) * 1000;
	if (has & 16)
		strcpy(f.emoji.s, "+");
	if (has & 32)
		strcpy(f.name.s, "Eve");
	puppet_say(r, p, kind, &f,
		   kind == MESSAGE_WITHDRAWN
		       ? "thirty-two bytes of what it says"
		   : has & 64 ? "said"
			      : NULL);
}

/* What the user does with a message, if there is such a one. */
static void op_change(struct rig *r, struct input *in)
{
	const struct message_row *m =
	    rig_row(r, take(in) & 1 ? MESSAGE_OUT : MESSAGE_IN, take(in) % 8);
	uint8_t how = take(in);

	if (!m || m->hidden)
		return;
	switch (how % 4) {
	case 0: (void)!rig_cmd(r, talk_edit(m, "edited")); break;
	case 1: (void)!rig_cmd(r, talk_react(m, how & 4 ? "+" : "")); break;
	case 2: (void)!rig_cmd(r, talk_read(r->disk, m)); break;
	default:
		(void)!rig_cmd(r,
			       talk_delete(m, (enum delete_how)(how / 4 % 3)));
		break;
	}
}

static void op_talk(struct rig *r, struct input *in)
{
	struct event ev = {.type = EV_LINK_DRAINED};
	const struct puppet *p;

	switch (take(in) % 8) {
	case 0:
	case 1: op_say(r, in); break;
	case 2:
	case 3: op_change(r, in); break;
	case 4:
		(void)!rig_cmd(r, talk_typing(&r->contact.id, take(in) & 1));
		break;
	case 5:
		(void)!rig_cmd(r,
			       talk_timer(&r->contact.id, &r->rng, take(in)));
		break;
	case 6: rig_answer_due(r); break;
	default:
		p = pick(r, in);
		if (!p)
			break;
		ev.link.id = p->link;
		rig_event(r, &ev);
		break;
	}
}

static void op_dial(struct rig *r, struct input *in)
{
	struct event ev = {.type = EV_DIAL_FAILED};
	uint8_t how = take(in);
	struct puppet *p = puppet_dialled(r, how & 64  ? PUPPET_DOOR
					     : how & 1 ? PUPPET_CONTACT
						       : PUPPET_INVITER);

	if (!p)
		return;
	if (how & 2) {
		puppet_open(r, p);
		return;
	}
	p->is_ended = true;
	ev.link.id = p->link;
	rig_event(r, &ev);
}

static void op_arrive(struct rig *r, struct input *in)
{
	uint8_t how = take(in);
	struct puppet *p =
	    puppet_arrive(r, (enum puppet_kind)(how % (PUPPET_KNOCKER + 1)));

	if (how & 64)
		puppet_open(r, p);
	if (how & 128)
		op_record(r, in, p);
}

/* What tor makes of a test of our own services. */
static void op_test(struct rig *r, struct input *in)
{
	struct event ev = {.type = EV_DIAL_FAILED};
	struct puppet *p = puppet_dialled(r, PUPPET_SELF);
	uint8_t how = take(in);

	if (!p)
		return;
	if (how & 128) {
		p->is_ended = true;
		ev.link.id = p->link;
		ev.link.failure =
		    (enum dial_failure)(how % (FAILURE_NO_TOR + 1));
		rig_event(r, &ev);
		return;
	}
	puppet_connect(r, p);
	if (how & 1)
		puppet_loop(r, p, how & 2);
	if (how & 4 && !p->is_ended)
		puppet_down(r, p);
}

static void op_limits(struct rig *r, struct input *in)
{
	struct limits l = limits_default();

	l.messages_per_s = 1 + take(in);
	l.messages_burst = 10 * l.messages_per_s;
	l.bytes_per_day = (uint64_t)(1 + take(in)) << 20;
	l.streams_per_hour = 1 + take(in);
	l.bulk_links = 1 + take(in) % PICK_LINKS_MAX;
	rig_set_limits(r, &l);
}

/* What the rest of the daemon has to say while a node lives. */
static void op_daemon(struct rig *r, struct input *in)
{
	struct event ev = {.type = EV_WAKE, .cmd = 1};
	struct label name = {{0}};

	switch (take(in) % 8) {
	case 0: rig_event(r, &ev); break;
	case 1:
		ev.type = EV_CMD_SELF_TEST;
		rig_event(r, &ev);
		break;
	case 2: op_limits(r, in); break;
	case 3:
		name.s[0] = (char)('a' + take(in) % 26);
		node_set_name(r->node, &name);
		break;
	case 4:
		ev.type = EV_PUBLISHED;
		ev.service.kind = take(in) & 1 ? SERVICE_DOOR : SERVICE_INVITE;
		if (ev.service.kind == SERVICE_INVITE)
			ev.service.owner = r->invite.id;
		rig_event(r, &ev);
		break;
	case 5:
		r->self_test = take(in) & 1;
		rig_reload(r);
		break;
	default: op_test(r, in); break;
	}
}

/* One after the other, whatever the compiler. */
static void op_tick(struct rig *r, struct input *in)
{
	uint64_t ms = take(in);

	rig_tick(r, 1 + (ms << take(in) % 20));
}

static void op_transport(struct rig *r, struct input *in)
{
	uint8_t how = take(in);

	if (how >= DAEMON)
		op_daemon(r, in);
	else
		rig_transport(r, how & 1);
}

static void op(struct rig *r, struct input *in)
{
	struct event ev = {.type = EV_PUBLISHED};
	uint8_t what = take(in);
	struct puppet *p;

	if (what >= TALK) {
		op_talk(r, in);
		return;
	}
	switch (what % 12) {
	case 0: op_tick(r, in); break;
	case 1: op_transport(r, in); break;
	case 2: op_arrive(r, in); break;
	case 3:
		p = pick(r, in);
		if (p)
			puppet_bytes(r, p, take_bytes(in));
		break;
	case 4:
	case 5:
		p = pick(r, in);
		if (p)
			op_record(r, in, p);
		break;
	case 6:
		p = pick(r, in);
		if (p)
			puppet_down(r, p);
		break;
	case 7: (void)!rig_say(r, "said"); break;
	case 8:
		rig_answer_fetch(r);
		rig_answer_stamp(r);
		break;
	case 9: op_dial(r, in); break;
	case 10: op_command(r, in); break;
	default:
		if (take(in) & 1) {
			rig_reload(r);
			break;
		}
		ev.service.kind = SERVICE_CELL;
		ev.service.owner = r->contact.id;
		rig_event(r, &ev);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct rig *r;
	int i;

	if (sodium_init() < 0)
		return 0;
	r = rig_new(take(&in) % 4);
	rig_transport(r, true);
	for (i = 0; i < OPS_MAX && in.n > 0 &&
		    r->puppet_count < PUPPETS_MAX - SPARE_PUPPETS;
	     i++)
		op(r, &in);
	rig_free(r);
	return 0;
}
