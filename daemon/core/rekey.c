/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/rekey.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "core/kdf.h"
#include "util/mem.h"

/* 4 is kept for a KEM's key and ciphertext. */
enum { REKEY_N = 1, REKEY_R = 2 };

static bool has_r(enum frame_type type)
{
	return type == FRAME_REKEY_PROP || type == FRAME_REKEY_ACK;
}

void rekey_frame_write(struct wire_writer *w, const struct rekey_frame *f)
{
	uint8_t body[REKEY_FRAME_BYTES_MAX - FRAME_HEAD_BYTES];
	struct wire_writer b;

	wire_write_init(&b, body, sizeof(body));
	if (has_r(f->type)) {
		tlv_write_u64(&b, REKEY_N, f->n);
		tlv_write(&b, REKEY_R, bytes_of(f->r.b, sizeof(f->r.b)));
	} else {
		wire_write_u64(&b, f->n);
	}
	frame_write(w, f->type, wire_written(&b));
	sodium_memzero(body, sizeof(body));
}

static enum err read_with_r(struct bytes body, struct rekey_frame *out)
{
	struct tlv t[] = {
	    {.type = REKEY_N, .min = 8, .max = 8, .required = true},
	    {.type = REKEY_R, .min = 32, .max = 32, .required = true},
	};
	enum err err = tlv_read(body, t, ARRAY_SIZE(t));

	if (err != OK)
		return err;
	out->n = be64_get(t[0].value.p);
	memcpy(out->r.b, t[1].value.p, sizeof(out->r.b));
	return OK;
}

enum err rekey_frame_read(const struct frame *f, struct rekey_frame *out)
{
	struct rekey_frame got = {.type = f->type};
	enum err err = OK;

	if (has_r(f->type))
		err = read_with_r(f->body, &got);
	else if (f->body.n != 8)
		err = ERR_SYNTAX;
	else
		got.n = be64_get(f->body.p);
	if (err == OK)
		*out = got;
	sodium_memzero(&got, sizeof(got));
	return err;
}

/* The only place that changes the state of an exchange. */
static void set_state(struct rekey *k, enum rekey_state s)
{
	switch (s) {
	case REKEY_IDLE:
		assert(k->state == REKEY_ANSWERED ||
		       k->state == REKEY_COMMITTED);
		break;
	case REKEY_PROPOSED: assert(k->state == REKEY_IDLE); break;
	case REKEY_ANSWERED:
		assert(k->state == REKEY_IDLE || k->state == REKEY_ANSWERED);
		break;
	case REKEY_COMMITTED: assert(k->state == REKEY_PROPOSED); break;
	}
	k->state = s;
}

static void say(struct rekey_todo *todo, enum frame_type type, uint64_t n,
		const struct nonce32 *r)
{
	todo->has_say = true;
	todo->say.type = type;
	todo->say.n = n;
	if (r)
		todo->say.r = *r;
}

/* The exchange is over, and what it needed is of no use but to thieves. */
static void end(struct contact_row *row, struct rekey_todo *todo)
{
	struct rekey *k = &row->rekey;

	set_state(k, REKEY_IDLE);
	sodium_memzero(&k->other, sizeof(k->other));
	sodium_memzero(&k->my_r, sizeof(k->my_r));
	sodium_memzero(&k->peer_r, sizeof(k->peer_r));
	todo->save = todo->turned = true;
}

/* Follower: from K_n to K_n+1, with nothing kept. */
static void turn(struct contact_row *row, struct rekey_todo *todo)
{
	row->psk = row->rekey.other;
	row->epoch++;
	end(row, todo);
}

static bool is_past(const struct contact_row *row, uint64_t n)
{
	return row->epoch > 0 && n == row->epoch - 1;
}

static bool is_same(const struct nonce32 *a, const struct nonce32 *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

void rekey_propose(struct contact_row *row, const struct nonce32 *r,
		   struct rekey_todo *todo)
{
	memset(todo, 0, sizeof(*todo));
	set_state(&row->rekey, REKEY_PROPOSED);
	row->rekey.my_r = *r;
	todo->save = true;
	say(todo, FRAME_REKEY_PROP, row->epoch, r);
}

void rekey_again(const struct contact_row *row, struct rekey_todo *todo)
{
	memset(todo, 0, sizeof(*todo));
	switch (row->rekey.state) {
	case REKEY_PROPOSED:
		say(todo, FRAME_REKEY_PROP, row->epoch, &row->rekey.my_r);
		break;
	case REKEY_COMMITTED:
		say(todo, FRAME_REKEY_COMMIT, row->epoch - 1, NULL);
		break;
	case REKEY_IDLE:
	case REKEY_ANSWERED: break;
	}
}

static enum err on_prop(struct contact_row *row, const struct rekey_frame *f,
			const struct nonce32 *r, struct rekey_todo *todo)
{
	struct rekey *k = &row->rekey;

	/* On a slower link; what it proposed is done. */
	if (is_past(row, f->n))
		return OK;
	if (f->n != row->epoch)
		return ERR_STATE;
	if (k->state == REKEY_IDLE || !is_same(&f->r, &k->peer_r)) {
		todo->forked = k->state == REKEY_ANSWERED;
		todo->turned = todo->forked;
		todo->save = true;
		set_state(k, REKEY_ANSWERED);
		k->peer_r = f->r;
		k->my_r = *r;
		kdf_epoch_next(&row->psk, f->n, &k->peer_r, &k->my_r,
			       &k->other);
	}
	/* PROTOCOL 10.3: To a proposal that it has answered the follower MUST
	 * give the same answer again. */
	say(todo, FRAME_REKEY_ACK, f->n, &k->my_r);
	return OK;
}

static enum err on_ack(struct contact_row *row, const struct rekey_frame *f,
		       struct rekey_todo *todo)
{
	struct rekey *k = &row->rekey;
	struct psk next;

	if (is_past(row, f->n)) {
		if (k->state != REKEY_COMMITTED)
			return OK;
		/* PROTOCOL 10.3: So MUST a second answer that differs from
		 * the first. */
		if (!is_same(&f->r, &k->peer_r))
			return ERR_STATE;
		say(todo, FRAME_REKEY_COMMIT, f->n, NULL);
		return OK;
	}
	if (f->n != row->epoch || k->state != REKEY_PROPOSED)
		return ERR_STATE;
	set_state(k, REKEY_COMMITTED);
	k->peer_r = f->r;
	kdf_epoch_next(&row->psk, f->n, &k->my_r, &k->peer_r, &next);
	k->other = row->psk;
	row->psk = next;
	row->epoch++;
	todo->save = todo->turned = true;
	say(todo, FRAME_REKEY_COMMIT, f->n, NULL);
	sodium_memzero(&next, sizeof(next));
	return OK;
}

static enum err on_commit(struct contact_row *row, const struct rekey_frame *f,
			  struct rekey_todo *todo)
{
	if (!is_past(row, f->n)) {
		if (f->n != row->epoch || row->rekey.state != REKEY_ANSWERED)
			return ERR_STATE;
		turn(row, todo);
	}
	say(todo, FRAME_REKEY_DONE, f->n, NULL);
	return OK;
}

static enum err on_done(struct contact_row *row, const struct rekey_frame *f,
			struct rekey_todo *todo)
{
	if (!is_past(row, f->n))
		return ERR_STATE;
	if (row->rekey.state == REKEY_COMMITTED)
		end(row, todo);
	return OK;
}

/* PROTOCOL 10.3: A REKEY frame of an epoch that is neither the present one nor
 * the one before, a proposal from the follower, or an answer or end of what
 * was never proposed MUST raise the alarm and MUST end the link. */
enum err rekey_on_frame(struct contact_row *row, bool is_leader,
			const struct rekey_frame *f, const struct nonce32 *r,
			struct rekey_todo *todo)
{
	bool to_leader =
	    f->type == FRAME_REKEY_ACK || f->type == FRAME_REKEY_DONE;

	memset(todo, 0, sizeof(*todo));
	if (to_leader != is_leader)
		return ERR_STATE;
	if (f->type == FRAME_REKEY_PROP)
		return on_prop(row, f, r, todo);
	if (f->type == FRAME_REKEY_ACK)
		return on_ack(row, f, todo);
	if (f->type == FRAME_REKEY_COMMIT)
		return on_commit(row, f, todo);
	assert(f->type == FRAME_REKEY_DONE);
	return on_done(row, f, todo);
}

/* PROTOCOL 10.3: A session that opens with the key of epoch n+1 MUST count as
 * REKEY_COMMIT n at the follower and as REKEY_DONE n at the leader. */
void rekey_opened_by(struct contact_row *row, uint64_t epoch,
		     struct rekey_todo *todo)
{
	enum rekey_state s = row->rekey.state;

	memset(todo, 0, sizeof(*todo));
	if (s == REKEY_ANSWERED && epoch == row->epoch + 1)
		turn(row, todo);
	else if (s == REKEY_COMMITTED && epoch == row->epoch)
		end(row, todo);
}

/* PROTOCOL 10.3: The leader accepts openings with that and with the one it
 * keeps, the follower with that and with the next. */
size_t rekey_keys(const struct contact_row *row,
		  struct rekey_key out[static REKEY_KEYS_MAX])
{
	out[0] = (struct rekey_key){&row->psk, row->epoch};
	out[1].psk = &row->rekey.other;
	switch (row->rekey.state) {
	case REKEY_ANSWERED: out[1].epoch = row->epoch + 1; return 2;
	case REKEY_COMMITTED: out[1].epoch = row->epoch - 1; return 2;
	case REKEY_IDLE:
	case REKEY_PROPOSED: break;
	}
	return 1;
}

bool rekey_accepts(const struct contact_row *row, uint64_t epoch)
{
	struct rekey_key keys[REKEY_KEYS_MAX];
	size_t i, n = rekey_keys(row, keys);

	for (i = 0; i < n; i++)
		if (keys[i].epoch == epoch)
			return true;
	return false;
}
