/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/inviter.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "core/card.h"
#include "core/contact.h"
#include "core/invite.h"
#include "core/kdf.h"
#include "core/link.h"
#include "core/onion.h"
#include "core/pairing.h"
#include "core/reach.h"
#include "core/relink.h"
#include "core/self.h"
#include "core/step.h"
#include "util/mem.h"

static struct link_owner as_owner(struct inviter *v)
{
	return (struct link_owner){.inviter = v};
}

/* The only place that changes an invite's state. */
static void set_state(struct inviter *v, enum invite_state s)
{
	assert(v->row.state == INVITE_OPEN && s == INVITE_BOUND);
	v->row.state = s;
}

struct inviter *inviter_new(struct node *n, const struct invite_row *row)
{
	struct inviter *v = xcalloc(1, sizeof(*v));

	v->row = *row;
	onion_public(&row->onion, &v->onion);
	v->publish_ms = NEVER;
	list_put_last(&n->inviters, &v->in_node);
	n->inviter_count++;
	return v;
}

void inviter_free(struct node *n, struct inviter *v)
{
	list_take(&v->in_node);
	n->inviter_count--;
	xfree(v, sizeof(*v));
}

struct inviter *inviter_find(const struct node *n, const struct uid *id)
{
	struct list_node *i;

	list_for_each (i, &n->inviters) {
		struct inviter *v = inviter_at(i);

		if (uid_is_equal(&v->row.id, id))
			return v;
	}
	return NULL;
}

struct inviter *inviter_by_onion(const struct node *n,
				 const struct onion_pk *onion)
{
	struct list_node *i;

	list_for_each (i, &n->inviters) {
		struct inviter *v = inviter_at(i);

		if (memcmp(v->onion.b, onion->b, sizeof(onion->b)) == 0)
			return v;
	}
	return NULL;
}

static void put_row(struct step *st, const struct inviter *v,
		    enum journal_type journal)
{
	struct effect e = {.type = FX_SAVE_INVITE, .journal = journal};

	e.invite = v->row;
	step_put(st, &e);
	sodium_memzero(&e, sizeof(e));
}

static void publish(struct step *st, struct inviter *v)
{
	struct effect e = {.type = FX_PUBLISH};
	struct invite_keys keys;

	invite_keys_derive(&v->row.secret, &keys);
	e.publish.service.kind = SERVICE_INVITE;
	e.publish.service.owner = v->row.id;
	e.publish.onion = v->row.onion;
	e.publish.has_auth = true;
	e.publish.auth = keys.client_auth_pub;
	step_put(st, &e);
	v->publish_ms = NEVER;
	invite_keys_clear(&keys);
	sodium_memzero(&e, sizeof(e));
}

static void unpublish(struct step *st, struct inviter *v)
{
	struct effect e = {.type = FX_UNPUBLISH};

	link_hangup_all(st, as_owner(v), NULL);
	e.unpublish.kind = SERVICE_INVITE;
	e.unpublish.owner = v->row.id;
	step_put(st, &e);
}

/* Takes the service down and forgets the invite, on the disk too. */
static void remove_invite(struct step *st, struct inviter *v)
{
	struct effect e = {.type = FX_DELETE_INVITE};

	e.target = v->row.id;
	step_put(st, &e);
	unpublish(st, v);
	inviter_free(st->node, v);
}

void inviter_revoke(struct step *st, struct inviter *v)
{
	struct contact *c = NULL;

	if (v->row.state == INVITE_BOUND)
		c = contact_find(st->node, &v->row.contact_id);
	if (c && c->row.state == CONTACT_PAIRING)
		reach_delete(st, c, JOURNAL_NONE);
	remove_invite(st, v);
}

enum err inviter_room(const struct node *n, const struct uid *id)
{
	if (inviter_find(n, id))
		return ERR_EXISTS;
	return n->inviter_count < INVITES_MAX ? OK : ERR_FULL;
}

void inviter_draw(struct step *st, uint64_t lifetime_ms, struct invite_row *row)
{
	step_random(st, row->onion.b, sizeof(row->onion.b));
	step_random(st, row->secret.b, sizeof(row->secret.b));
	row->created_ms = st->wall_ms;
	/* Whole minutes, as in the invite itself. */
	row->expires_ms = (st->wall_ms + lifetime_ms) / 60000 * 60000;
}

void inviter_add(struct step *st, const struct invite_row *row)
{
	struct inviter *v = inviter_new(st->node, row);

	put_row(st, v, JOURNAL_NONE);
	if (st->node->transport_ready)
		publish(st, v);
}

void inviter_create(struct step *st, const struct event *ev)
{
	const struct cmd_invite_new *cmd = &ev->invite_new;
	struct invite_row row = {.id = cmd->invite_id,
				 .label = cmd->label,
				 .contact_id = cmd->contact_id};
	enum err err = inviter_room(st->node, &cmd->invite_id);

	if (err == OK && !uid_is_zero(&cmd->contact_id))
		err = relink_check(st->node, &cmd->contact_id);
	if (cmd->lifetime_ms < 60000 ||
	    cmd->lifetime_ms > (uint64_t)INVITE_LIFE_MAX_MIN * 60000)
		err = ERR_RANGE;
	if (err == OK) {
		inviter_draw(st, cmd->lifetime_ms, &row);
		inviter_add(st, &row);
	}
	step_reply(st, ev, err);
	sodium_memzero(&row, sizeof(row));
}

void inviter_pack(const struct inviter *v, uint8_t out[static INVITE_BYTES])
{
	struct invite inv = {
	    .flags = v->row.flags, .onion = v->onion, .secret = v->row.secret};

	inv.expiry_min = (uint32_t)(v->row.expires_ms / 60000);
	invite_pack(&inv, out);
	invite_clear(&inv);
}

void inviter_delete(struct step *st, const struct event *ev)
{
	struct inviter *v = inviter_find(st->node, &ev->target);

	if (v)
		inviter_revoke(st, v);
	step_reply(st, ev, v ? OK : ERR_NOT_FOUND);
}

void inviter_come_up(struct inviter *v, uint64_t at_ms)
{
	v->publish_ms = at_ms;
}

static void send_card(struct step *st, struct link *l, const struct contact *c)
{
	uint8_t body[CARD_BYTES_MAX];
	struct wire_writer w;
	struct card card;

	card_of_contact(self_name(st->node), &c->row, &card);
	wire_write_init(&w, body, sizeof(body));
	card_write(&w, &card);
	frame_write_empty(link_frame(st, l, FRAME_HEAD_BYTES), FRAME_CLAIM_OK);
	frame_write(link_frame(st, l, FRAME_HEAD_BYTES + w.len), FRAME_CARD,
		    wire_written(&w));
	l->session.hello_sent = true;
}

/* The contact that a claim makes; its keys, and what the claim says.  It is for
 * the place of old, or NULL. */
static struct contact *contact_from(struct step *st, const struct inviter *v,
				    const struct card *card,
				    const struct contact *old)
{
	struct contact_row row;
	struct contact *c;

	contact_row_new(st, &row);
	row.invite_id = v->row.id;
	if (old)
		row.conversation_id = old->row.conversation_id;
	row.peer_static = card->static_key;
	row.peer_auth = card->client_auth;
	row.peer_cell = card->cell;
	kdf_epoch0(&row.my_r, &card->r, &row.psk);
	memcpy(row.name.s, card->name, sizeof(row.name.s));
	c = contact_new(st->node, &row);
	sodium_memzero(&row, sizeof(row));
	return c;
}

/* PROTOCOL 8.3: At a CLAIM the inviter MUST bind the invite and store the
 * contact, with what its own CARD will say, before it answers. */
static enum err on_claim(struct step *st, struct link *l, const struct frame *f)
{
	struct inviter *v = l->owner.inviter;
	struct claim claim;
	struct contact *c, *old = NULL;
	enum err err = claim_read(f->body, &claim);

	if (err == OK && (l->claim_psk || v->row.state != INVITE_OPEN))
		err = ERR_STATE;
	if (err == OK && st->node->contact_count >= CELLS_MAX)
		err = ERR_FULL;
	if (err != OK)
		return err;
	if (!uid_is_zero(&v->row.contact_id))
		old = contact_find(st->node, &v->row.contact_id);
	c = contact_from(st, v, &claim.card, old);
	st->node->hooks->claimed(st, &v->row.id, c);
	contact_touch(c, JOURNAL_NONE);
	contact_save(st, c);
	set_state(v, INVITE_BOUND);
	v->row.nonce = claim.nonce;
	v->row.contact_id = c->row.id;
	/* One with flags is not the user's, but a request's. */
	put_row(st, v, v->row.flags ? JOURNAL_NONE : JOURNAL_INVITE_USED);
	send_card(st, l, c);
	if (st->node->transport_ready)
		reach_come_up(st, c, st->now_ms);
	return OK;
}

static enum err on_hello(struct step *st, struct link *l, const struct frame *f)
{
	struct contact *c;
	struct frame_hello h;
	enum err err = frame_read_hello(f, &h);

	if (err != OK)
		return err;
	l->session.hello_got = true;
	if (!l->claim_psk)
		return OK;
	/* PROTOCOL 8.4: On a link opened by psk' the inviter MUST send the
	 * same CARD again. */
	c = contact_find(st->node, &l->owner.inviter->row.contact_id);
	if (!c)
		return ERR_NOT_FOUND;
	if (c->row.state == CONTACT_PAIRING)
		send_card(st, l, c);
	return OK;
}

static enum err on_card_ok(struct step *st, struct link *l,
			   const struct frame *f)
{
	struct contact *c;
	enum err err = frame_read_empty(f);

	if (err == OK && !l->session.hello_sent)
		err = ERR_STATE;
	if (err != OK)
		return err;
	c = contact_find(st->node, &l->owner.inviter->row.contact_id);
	if (!c)
		return ERR_NOT_FOUND;
	if (c->row.state == CONTACT_PAIRING && !relink_confirmed(st, c)) {
		contact_activate(st, c);
		st->node->hooks->claimed(st, &l->owner.inviter->row.id, c);
		reach_published(st, c);
	}
	link_hangup(st, l);
	return OK;
}

enum err inviter_frame(struct step *st, struct link *l, const struct frame *f)
{
	if (!l->session.hello_got)
		return f->type == FRAME_HELLO ? on_hello(st, l, f) : ERR_STATE;
	switch (f->type) {
	case FRAME_CLAIM: return on_claim(st, l, f);
	case FRAME_CARD_OK: return on_card_ok(st, l, f);
	case FRAME_CLOSE: return ERR_CLOSED;
	case FRAME_PAD:
	case FRAME_HELLO:
	case FRAME_PING:
	case FRAME_PONG:
	case FRAME_MSG:
	case FRAME_ACK:
	case FRAME_CLAIM_OK:
	case FRAME_CARD:
	case FRAME_PAIRED:
	case FRAME_EPH:
	case FRAME_KNOCK:
	case FRAME_KNOCK_OK:
	case FRAME_REKEY_PROP:
	case FRAME_REKEY_ACK:
	case FRAME_REKEY_COMMIT:
	case FRAME_REKEY_DONE:
	case FRAME_WANT:
	case FRAME_REQ:
	case FRAME_DATA:
	case FRAME_NAK:
	case FRAME_CANCEL: break;
	}
	return ERR_STATE;
}

/* PROTOCOL 8.7: The inviter MUST keep the invite and its service until a
 * session with the contact was up. */
void inviter_paired(struct step *st, struct contact *c)
{
	struct list_node *i;

	list_for_each (i, &st->node->inviters) {
		struct inviter *v = inviter_at(i);

		if (v->row.state != INVITE_BOUND ||
		    !uid_is_equal(&v->row.contact_id, &c->row.id))
			continue;
		st->node->hooks->claimed(st, &v->row.id, c);
		remove_invite(st, v);
		return;
	}
}

void inviter_move(struct step *st, const struct contact *from,
		  const struct contact *to)
{
	struct list_node *i;

	list_for_each (i, &st->node->inviters) {
		struct inviter *v = inviter_at(i);

		if (v->row.state != INVITE_BOUND ||
		    !uid_is_equal(&v->row.contact_id, &from->row.id))
			continue;
		v->row.contact_id = to->row.id;
		put_row(st, v, JOURNAL_NONE);
	}
}

bool inviter_is_for(const struct node *n, const struct inviter *v,
		    const struct contact *c)
{
	const struct contact *bound;

	if (v->row.state == INVITE_OPEN)
		return uid_is_equal(&v->row.contact_id, &c->row.id);
	bound = contact_find(n, &v->row.contact_id);
	return bound && relink_target(n, bound) == c;
}

/* A claim that is under way gets more time: the other side may have stored
 * the contact already. */
static uint64_t expires_ms(const struct inviter *v)
{
	return v->row.expires_ms +
	       (v->row.state == INVITE_BOUND ? CLAIM_GRACE_MS : 0);
}

void inviter_timers(struct step *st, struct inviter *v)
{
	if (step_is_due(st, v->publish_ms))
		publish(st, v);
	if (st->wall_ms >= expires_ms(v))
		inviter_revoke(st, v);
}

uint64_t inviter_deadline(const struct node *n, const struct inviter *v)
{
	return earlier(v->publish_ms, node_at_wall(n, expires_ms(v)));
}
