/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/opening.h"

#include <string.h>

#include <sodium.h>

#include "core/invite.h"
#include "core/kdf.h"
#include "core/onion.h"
#include "core/queue.h"
#include "core/rekey.h"
#include "core/step.h"
#include "util/mem.h"

/* One set of keys to try. */
struct candidate {
	struct handshake_who who;
	struct secret s;
	struct psk psk;
	bool claim_psk;
	uint64_t epoch;
};

static void invite_psk(const struct psk *secret, const struct nonce32 *nonce,
		       struct psk *out)
{
	struct invite_keys keys;

	invite_keys_derive(secret, &keys);
	if (nonce)
		invite_claim_psk(&keys.psk, nonce, out);
	else
		*out = keys.psk;
	invite_keys_clear(&keys);
}

/* What a link with a contact can be for. */
static const enum link_class classes[] = {CLASS_MAIN, CLASS_BULK};

_Static_assert(ARRAY_SIZE(classes) * REKEY_KEYS_MAX <= HANDSHAKE_TRIALS_MAX,
	       "PROTOCOL 1.3 limits the trials");

static void for_key(const struct contact *c, bool ours, enum link_class class,
		    const struct rekey_key *key, struct candidate *out)
{
	out->who.kind = HANDSHAKE_LINK;
	out->who.class = class;
	out->who.onion = ours ? c->row.peer_cell : c->onion;
	out->who.s = &c->row.my_static;
	out->who.rs = &c->row.peer_static;
	out->epoch = key->epoch;
	kdf_link_psk(key->psk, class, &out->psk);
}

/* PROTOCOL 10.3: Each end dials with the key of its present epoch. */
static size_t for_contact(const struct contact *c, const struct link *l,
			  struct candidate *out)
{
	struct rekey_key keys[REKEY_KEYS_MAX];
	size_t i, k, n = 0, key_count = rekey_keys(&c->row, keys);

	if (l->ours) {
		for_key(c, true, l->class, &keys[0], out);
		return 1;
	}
	for (i = 0; i < ARRAY_SIZE(classes); i++)
		for (k = 0; k < key_count; k++)
			for_key(c, false, classes[i], &keys[k], &out[n++]);
	return n;
}

static void for_inviter(const struct inviter *v, struct candidate *out)
{
	/* PROTOCOL 8.3: An invite that is bound MUST NOT be opened by K_psk
	 * any more, only by psk'. */
	out->claim_psk = v->row.state == INVITE_BOUND;
	out->who.kind = HANDSHAKE_INVITE;
	out->who.onion = v->onion;
	onion_seed_to_x25519(&v->row.onion, &out->s);
	out->who.s = &out->s;
	invite_psk(&v->row.secret, out->claim_psk ? &v->row.nonce : NULL,
		   &out->psk);
}

static void for_door(const struct node *n, struct candidate *out)
{
	out->who.kind = HANDSHAKE_DOOR;
	out->who.onion = n->door.onion;
	onion_seed_to_x25519(&n->self.door, &out->s);
	out->who.s = &out->s;
	kdf_door_psk(&out->who.onion, &out->psk);
}

static enum err for_invitee(const struct invitee *v, bool claim_psk,
			    struct candidate *out)
{
	struct invite inv;
	enum err err;

	if (v->row.origin == REQUEST_BY_KNOCK) {
		out->who.kind = HANDSHAKE_DOOR;
		out->who.onion = v->row.door;
		kdf_door_psk(&out->who.onion, &out->psk);
		return OK;
	}
	err = invite_unpack(v->row.invite, &inv);
	if (err != OK)
		return err;
	out->claim_psk = claim_psk;
	out->who.kind = HANDSHAKE_INVITE;
	out->who.onion = inv.onion;
	invite_psk(&inv.secret, claim_psk ? &v->row.nonce : NULL, &out->psk);
	invite_clear(&inv);
	return OK;
}

/* The sets of keys by which this link may be opened, best first. */
static size_t candidates(const struct node *n, const struct link *l,
			 struct candidate out[HANDSHAKE_TRIALS_MAX])
{
	size_t i, count = 1;

	memset(out, 0, HANDSHAKE_TRIALS_MAX * sizeof(*out));
	if (l->owner.contact)
		count = for_contact(l->owner.contact, l, out);
	else if (l->owner.inviter)
		for_inviter(l->owner.inviter, out);
	else if (l->owner.door)
		for_door(n, out);
	else if (for_invitee(l->owner.invitee, l->claim_psk, out) != OK)
		return 0;
	for (i = 0; i < count; i++)
		out[i].who.psk = &out[i].psk;
	return count;
}

static void put_send(struct step *st, const struct link *l,
		     const uint8_t msg[static HANDSHAKE_BYTES])
{
	struct effect e = {.type = FX_SEND};

	e.send.link = l->id;
	e.send.bytes = bytes_of(msg, HANDSHAKE_BYTES);
	step_put(st, &e);
}

/* A peer that answers from now on has at least what it acknowledged. */
static void note_acked(struct link *l)
{
	if (l->owner.contact)
		l->session.acked_at_open = l->owner.contact->row.n.peer_acked;
}

enum err opening_start(struct step *st, struct link *l)
{
	struct candidate c[HANDSHAKE_TRIALS_MAX];
	struct handshake_offer offer = {.versions_count = 1};
	uint8_t msg[HANDSHAKE_BYTES];
	struct secret e;
	enum err err = ERR_STATE;

	offer.versions[0] = PROTOCOL_VERSION;
	step_random(st, offer.link_nonce, sizeof(offer.link_nonce));
	step_random(st, e.b, sizeof(e.b));
	if (candidates(st->node, l, c) > 0) {
		l->handshake = xcalloc(1, sizeof(*l->handshake));
		err = handshake_start(l->handshake, &c[0].who, &offer, &e, msg);
		l->epoch = c[0].epoch;
	}
	if (err == OK) {
		note_acked(l);
		put_send(st, l, msg);
	}
	sodium_memzero(c, sizeof(c));
	sodium_memzero(&e, sizeof(e));
	return err;
}

enum err opening_finish(struct step *st, struct link *l)
{
	struct handshake_answer answer;
	enum err err;

	(void)st;
	err = handshake_finish(l->handshake, l->opening, &answer, &l->channel);
	if (err == OK && !opening_is_still_good(l))
		err = ERR_STATE;
	if (err == OK) {
		l->features = answer.features;
		l->difficulty = answer.difficulty;
	}
	xfree(l->handshake, sizeof(*l->handshake));
	l->handshake = NULL;
	return err;
}

/* Tries all keys; on OK hs holds a handshake that awaits its answer. */
static enum err try_all(const struct node *n, struct link *l,
			struct handshake *hs)
{
	struct candidate c[HANDSHAKE_TRIALS_MAX];
	struct noise_memo memo = {0};
	enum err err = ERR_AUTH;
	size_t i, count = candidates(n, l, c);

	for (i = 0; i < count && err == ERR_AUTH; i++) {
		err = handshake_accept(hs, &c[i].who, &memo, l->opening);
		l->claim_psk = c[i].claim_psk;
		l->epoch = c[i].epoch;
		if (l->owner.contact)
			l->class = c[i].who.class;
	}
	if (err == OK && handshake_choose(&hs->offer) == 0) {
		handshake_clear(hs);
		err = ERR_VERSION;
	}
	noise_memo_clear(&memo);
	sodium_memzero(c, sizeof(c));
	return err;
}

/* PROTOCOL 4.2: Nothing on disk may change because of an initiator's message,
 * for it can be a replay: no state MUST change before the first record. */
enum err opening_answer(struct step *st, struct link *l)
{
	struct handshake_answer answer = {.features = 0};
	struct handshake hs;
	uint8_t msg[HANDSHAKE_BYTES];
	struct secret e;
	enum err err = try_all(st->node, l, &hs);

	if (err != OK)
		return err;
	answer.version = handshake_choose(&hs.offer);
	if (l->owner.door)
		answer.difficulty = l->difficulty = queue_difficulty(st->node);
	step_random(st, e.b, sizeof(e.b));
	err = handshake_answer(&hs, &answer, &e, msg, &l->channel);
	sodium_memzero(&e, sizeof(e));
	if (err != OK)
		return err;
	note_acked(l);
	put_send(st, l, msg);
	return OK;
}

/* PROTOCOL 10.3: After COMMIT, and after a link by the newer key, the follower
 * MUST NOT accept an opening with the older; after DONE the leader MUST NOT. */
bool opening_is_still_good(const struct link *l)
{
	if (l->owner.contact)
		return rekey_accepts(&l->owner.contact->row, l->epoch);
	return !l->owner.inviter ||
	       l->claim_psk == (l->owner.inviter->row.state == INVITE_BOUND);
}
