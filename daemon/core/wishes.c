/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/wishes.h"

#include <string.h>

#include <sodium.h>

#include "core/compose.h"
#include "core/contact.h"
#include "core/hidden.h"
#include "core/invite.h"
#include "core/invitee.h"
#include "core/inviter.h"
#include "core/link.h"
#include "core/onion.h"
#include "core/queue.h"
#include "core/request.h"
#include "core/self.h"
#include "core/step.h"

enum { INTRODUCTIONS_MAX = 10 /* that wait, by one contact */ };

/* --- our knock --- */

static bool is_knocked(const struct node *n, const struct onion_pk *door)
{
	struct list_node *i;

	list_for_each (i, &n->invitees) {
		const struct request_row *r = &invitee_at(i)->row;

		if (r->origin == REQUEST_BY_KNOCK &&
		    memcmp(r->door.b, door->b, sizeof(door->b)) == 0)
			return true;
	}
	return false;
}

static enum err check_knock(const struct node *n, const struct cmd_knock *cmd)
{
	struct onion_pk own;
	enum err err;

	if (!onion_pk_is_usable(&cmd->door))
		return ERR_AUTH;
	onion_public(&n->self.door, &own);
	if (memcmp(own.b, cmd->door.b, sizeof(own.b)) == 0)
		return ERR_STATE;
	if (invitee_find(n, &cmd->request_id) || is_knocked(n, &cmd->door))
		return ERR_EXISTS;
	err = inviter_room(n, &cmd->invite_id);
	return err == OK ? invitee_room(n) : err;
}

/* PROTOCOL 9.1: The invite MUST be fresh, for one use, and have flag 4; it
 * MUST be on disk and its service wanted before the first dial. */
static void start_knock(struct step *st, const struct cmd_knock *cmd)
{
	struct invite_row invite = {
	    .id = cmd->invite_id, .flags = INVITE_REPLY, .label = cmd->alias};
	struct request_row row = {.id = cmd->request_id,
				  .client_id = cmd->client_id,
				  .origin = REQUEST_BY_KNOCK,
				  .door = cmd->door,
				  .invite_id = cmd->invite_id,
				  .alias = cmd->alias,
				  .greeting = cmd->text};
	struct invitee *v;

	inviter_draw(st, INVITE_DEFAULT_MS, &invite);
	inviter_add(st, &invite);
	row.created_ms = st->wall_ms;
	row.expires_ms = invite.expires_ms;
	v = invitee_new(st->node, &row);
	invitee_save(st, v, JOURNAL_REQUEST_STATE);
	invitee_start(st, v);
	sodium_memzero(&invite, sizeof(invite));
}

void wishes_knock(struct step *st, const struct event *ev)
{
	enum err err = check_knock(st->node, &ev->knock);

	if (err == OK)
		start_knock(st, &ev->knock);
	step_reply(st, ev, err);
}

void wishes_door_open(struct step *st, struct link *l)
{
	struct effect e = {.type = FX_STAMP};

	invitee_hello(st, l);
	/* Too dear: perhaps it is cheaper at the next try. */
	if (l->difficulty > KNOCK_BITS_MAX) {
		link_hangup(st, l);
		return;
	}
	e.stamp.link = l->id;
	memcpy(e.stamp.h, l->channel.h, sizeof(e.stamp.h));
	e.stamp.bits = l->difficulty;
	step_put(st, &e);
}

static void send_knock(struct step *st, struct link *l,
		       const struct inviter *ours, uint64_t counter)
{
	struct knock k = {.name = *self_name(st->node),
			  .text = l->owner.invitee->row.greeting,
			  .counter = counter};
	uint8_t body[KNOCK_BYTES_MAX];
	struct wire_writer w;

	inviter_pack(ours, k.invite);
	wire_write_init(&w, body, sizeof(body));
	knock_write(&w, &k);
	/* PROTOCOL 9.1: KNOCK MUST be the second record of the link, alone in
	 * it, and the record MUST NOT have more than 958 bytes of
	 * plaintext. */
	frame_write(link_frame(st, l, FRAME_HEAD_BYTES + w.len), FRAME_KNOCK,
		    wire_written(&w));
	link_flush(st);
	l->session.hello_sent = true;
	sodium_memzero(&k, sizeof(k));
	sodium_memzero(body, sizeof(body));
}

void wishes_stamped(struct step *st, const struct event *ev)
{
	struct link *l = link_find(st->node, ev->link.id);
	const struct invitee *v = l ? l->owner.invitee : NULL;
	const struct inviter *ours;

	if (!v || v->row.origin != REQUEST_BY_KNOCK || l->state != LINK_OPEN ||
	    l->session.hello_sent)
		return;
	ours = inviter_find(st->node, &v->row.invite_id);
	if (ours)
		send_knock(st, l, ours, ev->link.counter);
}

enum err wishes_door_frame(struct step *st, struct link *l,
			   const struct frame *f)
{
	struct invitee *v = l->owner.invitee;

	if (f->type != FRAME_KNOCK_OK || frame_read_empty(f) != OK ||
	    !l->session.hello_sent)
		return ERR_STATE;
	if (v->row.state == REQUEST_QUEUED) {
		invitee_set_state(v, REQUEST_WAITING);
		invitee_save(st, v, JOURNAL_REQUEST_STATE);
	}
	link_hangup(st, l);
	return OK;
}

static struct invitee *by_own_invite(const struct node *n,
				     const struct uid *invite_id)
{
	struct list_node *i;

	list_for_each (i, &n->invitees) {
		struct invitee *v = invitee_at(i);

		if ((v->row.state == REQUEST_QUEUED ||
		     v->row.state == REQUEST_WAITING) &&
		    uid_is_equal(&v->row.invite_id, invite_id))
			return v;
	}
	return NULL;
}

void wishes_claimed(struct step *st, const struct uid *invite_id,
		    struct contact *c)
{
	struct invitee *v = by_own_invite(st->node, invite_id);

	if (!v)
		return;
	/* He has our knock, whether or not we heard that. */
	if (v->row.state == REQUEST_QUEUED) {
		invitee_set_state(v, REQUEST_WAITING);
		link_hangup_all(st, (struct link_owner){.invitee = v}, NULL);
		v->dial_ms = NEVER;
		invitee_save(st, v, JOURNAL_REQUEST_STATE);
	}
	if (c->row.state == CONTACT_PAIRING) {
		c->row.alias = v->row.alias;
	} else {
		v->row.contact_id = c->row.id;
		invitee_finish(st, v, REQUEST_ACCEPTED);
	}
}

/* --- what others ask --- */

/* A new one that waits for our user. */
static void ask(struct step *st, struct request_row *row)
{
	uint64_t expires_ms = invite_expires_ms(row->invite);

	step_uid(st, &row->id);
	row->state = REQUEST_PENDING;
	row->created_ms = st->wall_ms;
	row->expires_ms = earlier(expires_ms, st->wall_ms + INVITE_LIFE_MAX_MS);
	invitee_save(st, invitee_new(st->node, row), JOURNAL_REQUEST_RECEIVED);
}

enum err wishes_knocked(struct step *st, const struct knock *k, uint8_t work)
{
	struct request_row row = {.origin = REQUEST_AT_DOOR,
				  .name = k->name,
				  .greeting = k->text,
				  .work = work};
	struct queue q = queue_like(st->node, &row, REQUEST_PENDING);
	bool is_full = queue_is_full(&q);

	/* Again, since our answer was lost; or ours, from whoever had it. */
	if (invitee_by_invite(st->node, k->invite) ||
	    invitee_check(st, k->invite) != OK)
		return OK;
	/* PROTOCOL 9.1: Where there are as many, a new one takes the place of
	 * the one with the least work in its stamp, if it has more; */
	if (is_full && work <= q.least->row.work)
		return OK;
	if (!queue_pay(st->node, st->now_ms))
		return ERR_FULL;
	if (is_full)
		invitee_forget(st, q.least, JOURNAL_REQUEST_STATE);
	memcpy(row.invite, k->invite, sizeof(row.invite));
	ask(st, &row);
	sodium_memzero(&row, sizeof(row));
	return OK;
}

/* What another's invite needs: keys of ours, and a dial. */
static enum err accept_as_invitee(struct step *st, struct invitee *v)
{
	enum err err = invitee_check(st, v->row.invite);

	if (err != OK)
		return err;
	invitee_draw_keys(st, &v->row);
	invitee_set_state(v, REQUEST_QUEUED);
	v->row.expires_ms = 0;
	return OK;
}

/* PROTOCOL 11: Who has the seed then serves the invite as if it were his own,
 * and the other uses it as section 8 says. */
static enum err accept_as_inviter(struct step *st, struct invitee *v,
				  const struct cmd_request_accept *cmd)
{
	struct invite_row row = {.id = cmd->invite_id,
				 .onion = v->row.seed,
				 .label = cmd->alias,
				 .created_ms = st->wall_ms};
	struct invite inv;
	enum err err = inviter_room(st->node, &cmd->invite_id);

	if (err == OK)
		err = invite_unpack(v->row.invite, &inv);
	/* An introducer may have given the same seed to two. */
	if (err == OK && inviter_by_onion(st->node, &inv.onion))
		err = ERR_STATE;
	if (err == OK) {
		/* Whatever the introducer says: it is none of the user's. */
		row.flags = inv.flags | INVITE_ASKS;
		row.secret = inv.secret;
		row.expires_ms = v->row.expires_ms / 60000 * 60000;
		inviter_add(st, &row);
		invitee_set_state(v, REQUEST_WAITING);
		v->row.invite_id = cmd->invite_id;
		sodium_memzero(&v->row.seed, sizeof(v->row.seed));
	}
	sodium_memzero(&row, sizeof(row));
	invite_clear(&inv);
	return err;
}

/* What our user has to decide about, or could decide anew. */
static enum err find_asked(const struct node *n, const struct uid *id,
			   struct invitee **out)
{
	struct invitee *v = invitee_find(n, id);

	if (!v)
		return ERR_NOT_FOUND;
	if (!request_is_asked(&v->row))
		return ERR_STATE;
	*out = v;
	return OK;
}

void wishes_accept(struct step *st, const struct event *ev)
{
	const struct cmd_request_accept *cmd = &ev->request_accept;
	struct invitee *v;
	enum err err = find_asked(st->node, &cmd->request_id, &v);

	if (err == OK)
		err = invitee_room(st->node);
	if (err == OK)
		err = v->row.origin == REQUEST_SERVED
			  ? accept_as_inviter(st, v, cmd)
			  : accept_as_invitee(st, v);
	if (err == OK) {
		v->row.alias = cmd->alias;
		invitee_save(st, v, JOURNAL_REQUEST_STATE);
		invitee_start(st, v);
	}
	step_reply(st, ev, err);
}

/* PROTOCOL 9.1: Who does not sends nothing. */
void wishes_reject(struct step *st, const struct event *ev)
{
	struct invitee *v;
	struct queue q;
	enum err err = find_asked(st->node, &ev->target, &v);

	if (err == OK && v->row.state == REQUEST_PENDING) {
		/* Of these not more are kept than of those that wait. */
		q = queue_like(st->node, &v->row, REQUEST_REJECTED);
		if (queue_is_full(&q))
			invitee_forget(st, q.oldest, JOURNAL_REQUEST_STATE);
		invitee_set_state(v, REQUEST_REJECTED);
		invitee_save(st, v, JOURNAL_REQUEST_STATE);
	}
	step_reply(st, ev, err);
}

/* --- introductions --- */

/* What he calls himself; if that is nothing, what our user calls him. */
static const struct label *name_of(const struct contact *c)
{
	return c->row.name.s[0] ? &c->row.name : &c->row.alias;
}

static enum err check_introduce(const struct contact *a,
				const struct contact *b)
{
	if (!a || !b)
		return ERR_NOT_FOUND;
	if (a == b || a->row.state != CONTACT_ACTIVE ||
	    b->row.state != CONTACT_ACTIVE || a->row.blocked ||
	    b->row.blocked || !name_of(a)->s[0] || !name_of(b)->s[0])
		return ERR_STATE;
	return OK;
}

/* PROTOCOL 11: The introducer MUST forget seed and secret when both
 * introductions are acknowledged.  Beside what is on its way in the outbox
 * nothing of them is ever kept. */
static void introduce(struct step *st, struct contact *a, struct contact *b)
{
	struct message_fields f = {.has_invite = true};
	struct invite inv = {.flags = INVITE_ASKS};
	struct invite_row row = {.flags = 0};

	inviter_draw(st, INVITE_DEFAULT_MS, &row);
	inv.expiry_min = (uint32_t)(row.expires_ms / 60000);
	inv.secret = row.secret;
	onion_public(&row.onion, &inv.onion);
	invite_pack(&inv, f.invite);
	f.name = *name_of(a);
	hidden_put(st, b, MESSAGE_INTRODUCTION, &f, bytes_of(NULL, 0));
	f.name = *name_of(b);
	f.has_seed = true;
	f.seed = row.onion;
	hidden_put(st, a, MESSAGE_INTRODUCTION, &f, bytes_of(NULL, 0));
	sodium_memzero(&f, sizeof(f));
	sodium_memzero(&row, sizeof(row));
	invite_clear(&inv);
}

void wishes_introduce(struct step *st, const struct event *ev)
{
	const struct uid *id = ev->introduce.contact_id;
	struct contact *a = contact_find(st->node, &id[0]);
	struct contact *b = contact_find(st->node, &id[1]);
	enum err err = check_introduce(a, b);

	if (err == OK)
		introduce(st, a, b);
	step_reply(st, ev, err);
}

/* The seed is that of the invite. */
static bool seed_fits(const struct message_fields *f)
{
	struct onion_pk onion;
	struct invite inv;
	bool fits;

	onion_public(&f->seed, &onion);
	fits = invite_unpack(f->invite, &inv) == OK &&
	       memcmp(onion.b, inv.onion.b, sizeof(onion.b)) == 0;
	invite_clear(&inv);
	return fits;
}

/* PROTOCOL 11: Nothing MUST happen before the user of a receiving node
 * agrees. */
void wishes_introduced(struct step *st, struct contact *by,
		       const struct message_fields *f)
{
	struct request_row row = {.introducer = by->row.id, .name = f->name};
	struct queue q;

	row.origin = f->has_seed ? REQUEST_SERVED : REQUEST_INTRODUCED;
	q = queue_like(st->node, &row, REQUEST_PENDING);
	if (queue_is_full(&q) || q.by_introducer >= INTRODUCTIONS_MAX ||
	    invitee_by_invite(st->node, f->invite) ||
	    invitee_check(st, f->invite) != OK ||
	    (f->has_seed && !seed_fits(f)))
		return;
	memcpy(row.invite, f->invite, sizeof(row.invite));
	row.seed = f->seed;
	ask(st, &row);
	sodium_memzero(&row, sizeof(row));
}
