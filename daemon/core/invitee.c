/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/invitee.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "core/card.h"
#include "core/contact.h"
#include "core/invite.h"
#include "core/inviter.h"
#include "core/kdf.h"
#include "core/link.h"
#include "core/pairing.h"
#include "core/reach.h"
#include "core/relink.h"
#include "core/request.h"
#include "core/self.h"
#include "core/step.h"
#include "util/mem.h"

/* Which of the two links: the psk it is opened with. */
enum { BY_INVITE = 0, BY_CLAIM = 1 };

enum {
	REQUESTS_MAX = 16,
	FIRST_DIAL_MAX_MS = 1000, /* of the contact; the peer just spoke */
};

/* With a day for clocks that differ. */
#define HELD_MAX_MS (INVITE_LIFE_MAX_MS + 24 * 3600 * 1000)

static struct link_owner as_owner(struct invitee *v)
{
	return (struct link_owner){.invitee = v};
}

bool invitee_is_over(const struct invitee *v)
{
	return !request_is_open(&v->row);
}

static bool wants_dial(const struct invitee *v)
{
	if (invitee_is_over(v) || request_is_asked(&v->row))
		return false;
	/* PROTOCOL 9.1: A knocker that got KNOCK_OK MUST NOT knock again for
	 * the same request; without an answer it tries again by the back-off
	 * of 7.4, until the invite expires. */
	if (request_is_served(&v->row))
		return v->row.origin == REQUEST_BY_KNOCK &&
		       v->row.state == REQUEST_QUEUED;
	return true;
}

/* The only place that changes a request's state. */
void invitee_set_state(struct invitee *v, enum request_state s)
{
	switch (s) {
	case REQUEST_PENDING: assert(false); break;
	case REQUEST_QUEUED: assert(request_is_asked(&v->row)); break;
	case REQUEST_REJECTED: assert(v->row.state == REQUEST_PENDING); break;
	case REQUEST_WAITING:
		assert(v->row.state == REQUEST_QUEUED ||
		       request_is_asked(&v->row));
		break;
	case REQUEST_ACCEPTED: assert(v->row.state == REQUEST_WAITING); break;
	case REQUEST_EXPIRED:
	case REQUEST_FAILED:
		assert(!invitee_is_over(v) && !request_is_asked(&v->row));
		break;
	}
	v->row.state = s;
}

struct invitee *invitee_new(struct node *n, const struct request_row *row)
{
	struct invitee *v = xcalloc(1, sizeof(*v));

	v->row = *row;
	v->dial_ms = NEVER;
	list_put_last(&n->invitees, &v->in_node);
	n->invitee_count++;
	return v;
}

void invitee_load(struct node *n, const struct request_row *row)
{
	if (request_is_open(row))
		invitee_new(n, row);
}

void invitee_free(struct node *n, struct invitee *v)
{
	list_take(&v->in_node);
	n->invitee_count--;
	xfree(v, sizeof(*v));
}

struct invitee *invitee_find(const struct node *n, const struct uid *id)
{
	struct list_node *i;

	list_for_each (i, &n->invitees) {
		struct invitee *v = invitee_at(i);

		if (uid_is_equal(&v->row.id, id))
			return v;
	}
	return NULL;
}

struct invitee *invitee_by_invite(const struct node *n,
				  const uint8_t invite[static INVITE_BYTES])
{
	struct list_node *i;

	list_for_each (i, &n->invitees) {
		struct invitee *v = invitee_at(i);

		if (sodium_memcmp(v->row.invite, invite, INVITE_BYTES) == 0)
			return v;
	}
	return NULL;
}

size_t invitee_count(const struct node *n)
{
	struct list_node *i;
	size_t count = 0;

	list_for_each (i, &n->invitees) {
		const struct invitee *v = invitee_at(i);

		count += !invitee_is_over(v) && !request_is_asked(&v->row);
	}
	return count;
}

enum err invitee_room(const struct node *n)
{
	size_t count = invitee_count(n);

	return count < REQUESTS_MAX && n->contact_count + count < CELLS_MAX
		   ? OK
		   : ERR_FULL;
}

void invitee_save(struct step *st, const struct invitee *v,
		  enum journal_type journal)
{
	struct effect e = {.type = FX_SAVE_REQUEST, .journal = journal};

	e.request = v->row;
	step_put(st, &e);
	sodium_memzero(&e, sizeof(e));
}

void invitee_finish(struct step *st, struct invitee *v, enum request_state s)
{
	struct request_row *r = &v->row;

	invitee_set_state(v, s);
	sodium_memzero(r->invite, sizeof(r->invite));
	sodium_memzero(&r->seed, sizeof(r->seed));
	sodium_memzero(&r->my_static, sizeof(r->my_static));
	sodium_memzero(&r->my_cell, sizeof(r->my_cell));
	sodium_memzero(&r->my_auth, sizeof(r->my_auth));
	sodium_memzero(&r->my_r, sizeof(r->my_r));
	sodium_memzero(&r->nonce, sizeof(r->nonce));
	v->dial_ms = NEVER;
	invitee_save(st, v, JOURNAL_REQUEST_STATE);
}

void invitee_forget(struct step *st, struct invitee *v,
		    enum journal_type journal)
{
	struct effect e = {.type = FX_DELETE_REQUEST, .journal = journal};

	link_hangup_all(st, as_owner(v), NULL);
	e.target = v->row.id;
	step_put(st, &e);
	invitee_free(st->node, v);
}

enum err invitee_check(const struct step *st,
		       const uint8_t invite[static INVITE_BYTES])
{
	struct invite inv;
	enum err err = invite_unpack(invite, &inv);

	if (err != OK)
		return err;
	/* PROTOCOL 8.2: An invitee MUST NOT use an invite with a flag that it
	 * does not know. */
	if (inv.flags & ~INVITE_KNOWN)
		err = ERR_VERSION;
	else if (invite_is_expired(&inv, st->wall_ms) ||
		 inviter_by_onion(st->node, &inv.onion))
		err = ERR_STATE;
	invite_clear(&inv);
	return err;
}

static enum err check_connect(const struct step *st,
			      const struct cmd_connect *cmd)
{
	enum err err = invitee_check(st, cmd->invite);

	if (err == OK && !uid_is_zero(&cmd->contact_id))
		err = relink_check(st->node, &cmd->contact_id);
	if (err == OK && (invitee_find(st->node, &cmd->request_id) ||
			  invitee_by_invite(st->node, cmd->invite)))
		err = ERR_EXISTS;
	return err == OK ? invitee_room(st->node) : err;
}

void invitee_draw_keys(struct step *st, struct request_row *row)
{
	step_random(st, row->my_static.b, sizeof(row->my_static.b));
	step_random(st, row->my_cell.b, sizeof(row->my_cell.b));
	step_random(st, row->my_auth.b, sizeof(row->my_auth.b));
	step_random(st, row->my_r.b, sizeof(row->my_r.b));
	step_random(st, row->nonce.b, sizeof(row->nonce.b));
}

void invitee_start(struct step *st, struct invitee *v)
{
	backoff_reset(&v->backoff);
	if (st->node->transport_ready && wants_dial(v))
		v->dial_ms = st->now_ms;
}

void invitee_create(struct step *st, const struct event *ev)
{
	const struct cmd_connect *cmd = &ev->connect;
	struct request_row row = {.id = cmd->request_id,
				  .client_id = cmd->client_id,
				  .alias = cmd->alias,
				  .greeting = cmd->greeting,
				  .contact_id = cmd->contact_id};
	enum err err = check_connect(st, cmd);
	struct invitee *v;

	if (err == OK) {
		memcpy(row.invite, cmd->invite, sizeof(row.invite));
		invitee_draw_keys(st, &row);
		row.created_ms = st->wall_ms;
		v = invitee_new(st->node, &row);
		invitee_save(st, v, JOURNAL_REQUEST_STATE);
		invitee_start(st, v);
	}
	step_reply(st, ev, err);
	sodium_memzero(&row, sizeof(row));
}

/* The invite by which a request of ours was to go on. */
static struct inviter *inviter_of(const struct node *n, const struct invitee *v)
{
	return request_is_served(&v->row) ? inviter_find(n, &v->row.invite_id)
					  : NULL;
}

void invitee_delete(struct step *st, const struct event *ev)
{
	struct invitee *v = invitee_find(st->node, &ev->target);
	struct effect e = {.type = FX_DELETE_REQUEST};
	struct inviter *ours = NULL;

	if (v && !invitee_is_over(v))
		ours = inviter_of(st->node, v);
	if (ours)
		inviter_revoke(st, ours);
	if (v) {
		invitee_forget(st, v, JOURNAL_NONE);
	} else {
		/* Those that came to their end are on the disk only. */
		e.target = ev->target;
		step_put(st, &e);
	}
	step_reply(st, ev, OK);
}

void invitee_come_up(struct invitee *v, uint64_t at_ms)
{
	backoff_reset(&v->backoff);
	v->dial_ms = wants_dial(v) ? at_ms : NEVER;
}

static void dial_door(struct step *st, struct invitee *v)
{
	if (!v->links[0])
		v->links[0] =
		    link_dial(st, as_owner(v), &v->row.door, NULL, &v->row.id);
}

static void dial_one(struct step *st, struct invitee *v, int which)
{
	struct invite_keys keys;
	struct invite inv;

	if (v->links[which] || invite_unpack(v->row.invite, &inv) != OK)
		return;
	invite_keys_derive(&inv.secret, &keys);
	v->links[which] = link_dial(st, as_owner(v), &inv.onion,
				    &keys.client_auth, &v->row.id);
	v->links[which]->claim_psk = which == BY_CLAIM;
	invite_keys_clear(&keys);
	invite_clear(&inv);
}

/* PROTOCOL 8.5: Once CLAIM may have been sent, the invitee MUST try K_psk and
 * psk' on two links at the same time. */
static void dial(struct step *st, struct invitee *v)
{
	v->dial_ms = NEVER;
	if (v->row.origin == REQUEST_BY_KNOCK) {
		dial_door(st, v);
		return;
	}
	dial_one(st, v, BY_INVITE);
	if (v->row.state == REQUEST_WAITING)
		dial_one(st, v, BY_CLAIM);
}

void invitee_hello(struct step *st, struct link *l)
{
	struct frame_hello h = {.recv_next = 1, .window = WINDOW};

	frame_write_hello(link_frame(st, l, FRAME_HELLO_BYTES_MAX), &h);
	/* PROTOCOL 7.3: On a link to an invite or a door only the initiator
	 * sends HELLO; its next is 1 and its chain zero, and it MUST be alone
	 * in its record. */
	link_flush(st);
}

static void send_claim(struct step *st, struct link *l)
{
	const struct invitee *v = l->owner.invitee;
	struct claim claim = {.nonce = v->row.nonce};
	uint8_t body[CLAIM_BYTES_MAX];
	struct wire_writer w;

	card_of_request(self_name(st->node), &v->row, &claim.card);
	/* Else it is what the other side said. */
	if (v->row.origin == REQUEST_BY_INVITE)
		memcpy(claim.greeting, v->row.greeting.s,
		       sizeof(claim.greeting));
	wire_write_init(&w, body, sizeof(body));
	claim_write(&w, &claim);
	frame_write(link_frame(st, l, FRAME_HEAD_BYTES + w.len), FRAME_CLAIM,
		    wire_written(&w));
}

void invitee_open(struct step *st, struct link *l)
{
	struct invitee *v = l->owner.invitee;
	struct link *other = v->links[l->claim_psk ? BY_INVITE : BY_CLAIM];

	if (other)
		link_hangup(st, other);
	invitee_hello(st, l);
	if (l->claim_psk)
		return;
	/* PROTOCOL 8.2: That CLAIM may have been sent MUST be on disk before
	 * it is sent. */
	if (v->row.state == REQUEST_QUEUED) {
		invitee_set_state(v, REQUEST_WAITING);
		invitee_save(st, v, JOURNAL_REQUEST_STATE);
	}
	send_claim(st, l);
}

/* A new contact, or the one whose place the relation takes; NULL: he is gone.
 */
static struct contact *contact_from(struct step *st, const struct invitee *v,
				    const struct card *card)
{
	struct contact_row row;
	struct contact *c;

	contact_row_new(st, &row);
	row.my_static = v->row.my_static;
	row.my_cell = v->row.my_cell;
	row.my_auth = v->row.my_auth;
	row.peer_static = card->static_key;
	row.peer_auth = card->client_auth;
	row.peer_cell = card->cell;
	kdf_epoch0(&card->r, &v->row.my_r, &row.psk);
	memcpy(row.name.s, card->name, sizeof(row.name.s));
	row.alias = v->row.alias;
	if (uid_is_zero(&v->row.contact_id)) {
		c = contact_new(st->node, &row);
		contact_activate(st, c);
	} else {
		c = contact_find(st->node, &v->row.contact_id);
		if (c)
			relink_take(st, c, &row);
	}
	sodium_memzero(&row, sizeof(row));
	return c;
}

/* PROTOCOL 8.6: At a CARD the invitee MUST store the contact before it sends
 * CARD_OK; then it publishes its cell and dials the inviter's. */
static enum err on_card(struct step *st, struct link *l, const struct frame *f)
{
	struct invitee *v = l->owner.invitee;
	struct contact *c;
	struct card card;
	enum err err = card_read(f->body, &card);

	if (err == OK && (!l->session.hello_got || invitee_is_over(v)))
		err = ERR_STATE;
	if (err != OK)
		return err;
	c = contact_from(st, v, &card);
	if (!c)
		return ERR_NOT_FOUND;
	v->row.contact_id = c->row.id;
	invitee_finish(st, v, REQUEST_ACCEPTED);
	frame_write_empty(link_frame(st, l, FRAME_HEAD_BYTES), FRAME_CARD_OK);
	if (!st->node->transport_ready)
		return OK;
	reach_come_up(st, c, st->now_ms);
	c->dial_ms = step_after(st, 1, FIRST_DIAL_MAX_MS);
	return OK;
}

enum err invitee_frame(struct step *st, struct link *l, const struct frame *f)
{
	enum err err;

	switch (f->type) {
	case FRAME_CLAIM_OK:
		err = frame_read_empty(f);
		if (err == OK && l->session.hello_got)
			err = ERR_STATE;
		l->session.hello_got = true;
		return err;
	case FRAME_CARD: return on_card(st, l, f);
	case FRAME_PAD:
	case FRAME_HELLO:
	case FRAME_PING:
	case FRAME_PONG:
	case FRAME_CLOSE:
	case FRAME_MSG:
	case FRAME_ACK:
	case FRAME_CLAIM:
	case FRAME_CARD_OK:
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

void invitee_link_lost(struct step *st, struct invitee *v, struct link *l)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(v->links); i++)
		if (v->links[i] == l)
			v->links[i] = NULL;
	if (v->links[0] || v->links[1])
		return;
	v->dial_ms = NEVER;
	if (wants_dial(v) && st->node->transport_ready)
		v->dial_ms =
		    st->now_ms + backoff_next_ms(&v->backoff, &st->rng);
}

/* With an invite of ours it is over when that is. */
static uint64_t expires_ms(const struct invitee *v)
{
	if (invitee_is_over(v))
		return NEVER;
	if (request_is_asked(&v->row))
		return v->row.expires_ms;
	if (request_is_served(&v->row))
		return NEVER;
	/* Whatever it says: PROTOCOL 1.3 has a longest lifetime. */
	return earlier(invite_expires_ms(v->row.invite),
		       v->row.created_ms + HELD_MAX_MS) +
	       (v->row.state == REQUEST_WAITING ? CLAIM_GRACE_MS : 0);
}

static void expire(struct step *st, struct invitee *v)
{
	invitee_finish(st, v,
		       request_is_served(&v->row) &&
			       st->wall_ms < v->row.expires_ms
			   ? REQUEST_FAILED
			   : REQUEST_EXPIRED);
	link_hangup_all(st, as_owner(v), NULL);
}

void invitee_timers(struct step *st, struct invitee *v)
{
	bool is_past = st->wall_ms >= expires_ms(v);

	/* What a stranger began leaves nothing behind when it is over. */
	if (is_past && request_is_asked(&v->row)) {
		invitee_forget(st, v, JOURNAL_REQUEST_STATE);
		return;
	}
	if (is_past || (!invitee_is_over(v) && !request_is_asked(&v->row) &&
			request_is_served(&v->row) && !inviter_of(st->node, v)))
		expire(st, v);
	if (invitee_is_over(v) && !v->links[0] && !v->links[1]) {
		invitee_free(st->node, v);
		return;
	}
	if (step_is_due(st, v->dial_ms))
		dial(st, v);
}

uint64_t invitee_deadline(const struct node *n, const struct invitee *v)
{
	return earlier(v->dial_ms, node_at_wall(n, expires_ms(v)));
}
