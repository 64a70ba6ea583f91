/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/rowio.h"

#include <string.h>

#include <sodium.h>

#include "core/message.h"

/* Values of one size: keys, nonces, ids. */
#define PUT(s, v)	  stmt_put_blob((s), (v).b, sizeof((v).b))
#define PUT_OR_NULL(s, v) stmt_put_id((s), (v).b, sizeof((v).b))
#define TAKE(s, v)	  stmt_take_blob((s), (v).b, sizeof((v).b))
#define TAKE_TEXT(s, v)	  stmt_take_text((s), (v).s, sizeof((v).s))

void rowio_put_uid(struct stmt *s, const struct uid *id)
{
	PUT(s, *id);
}

struct uid rowio_take_uid(struct stmt *s)
{
	struct uid id;

	TAKE(s, id);
	return id;
}

void rowio_put_counters(struct stmt *s, const struct counters *n)
{
	stmt_put_u64(s, n->send_next);
	stmt_put_u64(s, n->send_high);
	stmt_put_u64(s, n->peer_acked);
	stmt_put_u64(s, n->seq_shift);
	stmt_put_u64(s, n->recv_next);
	PUT(s, n->chain_out);
	PUT(s, n->chain_in);
}

static void take_counters(struct stmt *s, struct counters *out)
{
	out->send_next = stmt_take_u64(s);
	out->send_high = stmt_take_u64(s);
	out->peer_acked = stmt_take_u64(s);
	out->seq_shift = stmt_take_u64(s);
	out->recv_next = stmt_take_u64(s);
	TAKE(s, out->chain_out);
	TAKE(s, out->chain_in);
}

static void put_rekey(struct stmt *s, const struct rekey *r)
{
	stmt_put_u64(s, r->state);
	PUT_OR_NULL(s, r->my_r);
	PUT_OR_NULL(s, r->peer_r);
	PUT_OR_NULL(s, r->other);
	stmt_put_u64(s, r->since_ms);
}

static void take_rekey(struct stmt *s, struct rekey *out)
{
	out->state = (enum rekey_state)stmt_take_u64(s);
	TAKE(s, out->my_r);
	TAKE(s, out->peer_r);
	TAKE(s, out->other);
	out->since_ms = stmt_take_u64(s);
}

/* What our user decided about a contact, and the contact said of himself. */
static void put_manners(struct stmt *s, const struct contact_row *row)
{
	stmt_put_text(s, row->status.s);
	stmt_put_text(s, row->note.s);
	stmt_put_u64(s, row->blocked);
	stmt_put_u64(s, row->verified);
	stmt_put_u64(s, row->policy);
	stmt_put_u64(s, row->receipts);
	stmt_put_u64(s, row->typing);
	stmt_put_u64(s, row->cover);
	stmt_put_u64(s, row->ttl_s);
	stmt_put_u64(s, row->verified_ms);
	stmt_put_u64(s, row->profile_stale);
}

static void take_manners(struct stmt *s, struct contact_row *out)
{
	TAKE_TEXT(s, out->status);
	TAKE_TEXT(s, out->note);
	out->blocked = stmt_take_u64(s) != 0;
	out->verified = stmt_take_u64(s) != 0;
	out->policy = (enum contact_policy)stmt_take_u64(s);
	out->receipts = (enum choice)stmt_take_u64(s);
	out->typing = (enum choice)stmt_take_u64(s);
	out->cover = stmt_take_u64(s) != 0;
	out->ttl_s = (uint32_t)stmt_take_u64(s);
	out->verified_ms = stmt_take_u64(s);
	out->profile_stale = stmt_take_u64(s) != 0;
}

void rowio_put_contact(struct stmt *s, const struct contact_row *row)
{
	PUT(s, row->id);
	PUT(s, row->conversation_id);
	PUT_OR_NULL(s, row->invite_id);
	stmt_put_u64(s, row->state);
	PUT(s, row->my_static);
	PUT(s, row->peer_static);
	PUT(s, row->psk);
	stmt_put_u64(s, row->epoch);
	PUT(s, row->my_cell);
	PUT(s, row->peer_auth);
	PUT(s, row->peer_cell);
	PUT(s, row->my_auth);
	PUT_OR_NULL(s, row->my_r);
	stmt_put_u64(s, row->alarm);
	stmt_put_text(s, row->name.s);
	stmt_put_text(s, row->alias.s);
	stmt_put_u64(s, row->created_ms);
	stmt_put_u64(s, row->last_seen_ms);
	rowio_put_counters(s, &row->n);
	put_rekey(s, &row->rekey);
	put_manners(s, row);
}

void rowio_take_contact(struct stmt *s, struct contact_row *out)
{
	memset(out, 0, sizeof(*out));
	TAKE(s, out->id);
	TAKE(s, out->conversation_id);
	TAKE(s, out->invite_id);
	out->state = (enum contact_state)stmt_take_u64(s);
	TAKE(s, out->my_static);
	TAKE(s, out->peer_static);
	TAKE(s, out->psk);
	out->epoch = stmt_take_u64(s);
	TAKE(s, out->my_cell);
	TAKE(s, out->peer_auth);
	TAKE(s, out->peer_cell);
	TAKE(s, out->my_auth);
	TAKE(s, out->my_r);
	out->alarm = stmt_take_u64(s) != 0;
	TAKE_TEXT(s, out->name);
	TAKE_TEXT(s, out->alias);
	out->created_ms = stmt_take_u64(s);
	out->last_seen_ms = stmt_take_u64(s);
	take_counters(s, &out->n);
	take_rekey(s, &out->rekey);
	take_manners(s, out);
}

void rowio_put_invite(struct stmt *s, const struct invite_row *row)
{
	PUT(s, row->id);
	stmt_put_u64(s, row->state);
	PUT(s, row->onion);
	PUT(s, row->secret);
	stmt_put_u64(s, row->flags);
	stmt_put_text(s, row->label.s);
	PUT_OR_NULL(s, row->nonce);
	PUT_OR_NULL(s, row->contact_id);
	stmt_put_u64(s, row->created_ms);
	stmt_put_u64(s, row->expires_ms);
}

void rowio_take_invite(struct stmt *s, struct invite_row *out)
{
	memset(out, 0, sizeof(*out));
	TAKE(s, out->id);
	out->state = (enum invite_state)stmt_take_u64(s);
	TAKE(s, out->onion);
	TAKE(s, out->secret);
	out->flags = (uint8_t)stmt_take_u64(s);
	TAKE_TEXT(s, out->label);
	TAKE(s, out->nonce);
	TAKE(s, out->contact_id);
	out->created_ms = stmt_take_u64(s);
	out->expires_ms = stmt_take_u64(s);
}

void rowio_put_request(struct stmt *s, const struct request_row *row)
{
	PUT(s, row->id);
	PUT_OR_NULL(s, row->client_id);
	stmt_put_u64(s, row->state);
	stmt_put_id(s, row->invite, sizeof(row->invite));
	stmt_put_text(s, row->alias.s);
	stmt_put_text(s, row->greeting.s);
	PUT_OR_NULL(s, row->my_static);
	PUT_OR_NULL(s, row->my_cell);
	PUT_OR_NULL(s, row->my_auth);
	PUT_OR_NULL(s, row->my_r);
	PUT_OR_NULL(s, row->nonce);
	PUT_OR_NULL(s, row->contact_id);
	stmt_put_u64(s, row->created_ms);
	stmt_put_u64(s, row->origin);
	PUT_OR_NULL(s, row->door);
	PUT_OR_NULL(s, row->seed);
	PUT_OR_NULL(s, row->invite_id);
	PUT_OR_NULL(s, row->introducer);
	stmt_put_text(s, row->name.s);
	stmt_put_u64(s, row->work);
	stmt_put_u64(s, row->expires_ms);
}

void rowio_take_request(struct stmt *s, struct request_row *out)
{
	memset(out, 0, sizeof(*out));
	TAKE(s, out->id);
	TAKE(s, out->client_id);
	out->state = (enum request_state)stmt_take_u64(s);
	stmt_take_blob(s, out->invite, sizeof(out->invite));
	TAKE_TEXT(s, out->alias);
	TAKE_TEXT(s, out->greeting);
	TAKE(s, out->my_static);
	TAKE(s, out->my_cell);
	TAKE(s, out->my_auth);
	TAKE(s, out->my_r);
	TAKE(s, out->nonce);
	TAKE(s, out->contact_id);
	out->created_ms = stmt_take_u64(s);
	out->origin = (enum request_origin)stmt_take_u64(s);
	TAKE(s, out->door);
	TAKE(s, out->seed);
	TAKE(s, out->invite_id);
	TAKE(s, out->introducer);
	TAKE_TEXT(s, out->name);
	out->work = (uint8_t)stmt_take_u64(s);
	out->expires_ms = stmt_take_u64(s);
}

void rowio_put_self(struct stmt *s, const struct self_row *row)
{
	stmt_put_text(s, row->name.s);
	stmt_put_text(s, row->status.s);
	stmt_put_u64(s, row->mode);
	stmt_put_u64(s, row->receipts);
	stmt_put_u64(s, row->typing);
	stmt_put_u64(s, row->door_on);
	PUT(s, row->door);
	stmt_put_u64(s, row->door_created_ms);
	stmt_put_u64(s, row->difficulty);
	stmt_put_u64(s, row->auto_accept_bytes);
	stmt_put_u64(s, row->auto_accept_kinds);
}

void rowio_take_self(struct stmt *s, struct self_row *out)
{
	memset(out, 0, sizeof(*out));
	TAKE_TEXT(s, out->name);
	TAKE_TEXT(s, out->status);
	out->mode = (enum presence_mode)stmt_take_u64(s);
	out->receipts = stmt_take_u64(s) != 0;
	out->typing = stmt_take_u64(s) != 0;
	out->door_on = stmt_take_u64(s) != 0;
	TAKE(s, out->door);
	out->door_created_ms = stmt_take_u64(s);
	out->difficulty = (uint8_t)stmt_take_u64(s);
	out->auto_accept_bytes = stmt_take_u64(s);
	out->auto_accept_kinds = (uint32_t)stmt_take_u64(s);
}

void rowio_find_links(const struct message_row *row, struct message_links *out)
{
	struct message_fields f = {.has_ref = false};

	memset(out, 0, sizeof(*out));
	if (row->extra_bytes == 0 || !message_kind_is_known(row->kind))
		return;
	message_fields_read(bytes_of(row->extra, row->extra_bytes), &f);
	if (row->hidden &&
	    (row->kind == MESSAGE_EDIT || row->kind == MESSAGE_REACTION))
		out->ref = f.ref;
	if (f.has_reply_to)
		out->reply_to = f.reply_to;
	sodium_memzero(&f, sizeof(f));
}

void rowio_put_message(struct stmt *s, const struct message_row *row,
		       const struct message_place *place,
		       const struct message_links *links)
{
	static const struct hash32 shown;
	static const struct chain none;

	PUT(s, row->id);
	stmt_put_u64(s, place->conversation);
	stmt_put_u64(s, place->contact);
	PUT_OR_NULL(s, row->client_id);
	stmt_put_u64(s, row->dir);
	stmt_put_u64(s, row->state);
	stmt_put_u64(s, row->seq);
	PUT(s, row->mid);
	/* Nobody asks for the peer's, and beside a row that was erased it
	 * would help to guess what stood there. */
	stmt_put_blob(s, row->dir == MESSAGE_OUT ? row->chain.b : none.b,
		      sizeof(none.b));
	stmt_put_u64(s, row->kind);
	stmt_put_u64(s, row->hidden);
	stmt_put_u64(s, row->deleted);
	stmt_put_id(s, row->withdrawn ? row->content.b : shown.b,
		    sizeof(shown.b));
	stmt_put_blob(s, row->body.p, row->body.n);
	stmt_put_blob(s, row->extra, row->extra_bytes);
	stmt_put_u64(s, row->ttl_s);
	stmt_put_u64(s, row->deadline_ms);
	stmt_put_u64(s, row->sent_ms);
	stmt_put_u64(s, row->received_ms);
	PUT_OR_NULL(s, links->ref);
	PUT_OR_NULL(s, links->reply_to);
}

static void take_extra(struct stmt *s, struct message_row *out)
{
	struct bytes b = stmt_take_bytes(s, sizeof(out->extra));

	if (b.n > 0)
		memcpy(out->extra, b.p, b.n);
	out->extra_bytes = b.n;
}

void rowio_take_message(struct stmt *s, struct message_row *out)
{
	memset(out, 0, sizeof(*out));
	TAKE(s, out->id);
	TAKE(s, out->contact_id);
	TAKE(s, out->client_id);
	out->dir = (enum message_dir)stmt_take_u64(s);
	out->state = (enum message_state)stmt_take_u64(s);
	out->seq = stmt_take_u64(s);
	TAKE(s, out->mid);
	TAKE(s, out->chain);
	out->kind = (uint16_t)stmt_take_u64(s);
	out->hidden = stmt_take_u64(s) != 0;
	out->deleted = stmt_take_u64(s) != 0;
	TAKE(s, out->content);
	out->withdrawn =
	    !sodium_is_zero(out->content.b, sizeof(out->content.b));
	out->body = stmt_take_bytes(s, MESSAGE_BYTES_MAX);
	take_extra(s, out);
	out->ttl_s = (uint32_t)stmt_take_u64(s);
	out->deadline_ms = stmt_take_u64(s);
	out->sent_ms = stmt_take_u64(s);
	out->received_ms = stmt_take_u64(s);
}
