/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/rowio.h"

#include <string.h>

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
	stmt_put_u64(s, n->peer_acked);
	stmt_put_u64(s, n->seq_shift);
	stmt_put_u64(s, n->recv_next);
	PUT(s, n->chain_out);
	PUT(s, n->chain_in);
}

static void take_counters(struct stmt *s, struct counters *out)
{
	out->send_next = stmt_take_u64(s);
	out->peer_acked = stmt_take_u64(s);
	out->seq_shift = stmt_take_u64(s);
	out->recv_next = stmt_take_u64(s);
	TAKE(s, out->chain_out);
	TAKE(s, out->chain_in);
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
}

void rowio_put_message(struct stmt *s, const struct message_row *row,
		       const struct message_place *place)
{
	PUT(s, row->id);
	stmt_put_u64(s, place->conversation);
	stmt_put_u64(s, place->contact);
	PUT_OR_NULL(s, row->client_id);
	stmt_put_u64(s, row->dir);
	stmt_put_u64(s, row->state);
	stmt_put_u64(s, row->seq);
	PUT(s, row->mid);
	PUT(s, row->chain);
	stmt_put_u64(s, row->kind);
	stmt_put_blob(s, row->body.p, row->body.n);
	stmt_put_u64(s, row->sent_ms);
	stmt_put_u64(s, row->received_ms);
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
	out->body = stmt_take_bytes(s, MESSAGE_BYTES_MAX);
	out->sent_ms = stmt_take_u64(s);
	out->received_ms = stmt_take_u64(s);
}
