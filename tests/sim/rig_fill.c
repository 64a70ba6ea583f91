/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/invite.h"
#include "core/noise.h"
#include "core/onion.h"
#include "tests/sim/puppet.h"

static void fill_contact(struct rig *r)
{
	struct contact_row *c = &r->contact;

	rng_bytes(&r->rng, c->id.b, sizeof(c->id.b));
	rng_bytes(&r->rng, c->conversation_id.b, 16);
	c->state = CONTACT_ACTIVE;
	rng_bytes(&r->rng, c->my_static.b, 32);
	rng_bytes(&r->rng, c->my_cell.b, 32);
	rng_bytes(&r->rng, c->my_auth.b, 32);
	rng_bytes(&r->rng, c->psk.b, 32);
	rng_bytes(&r->rng, r->peer_static.b, 32);
	rng_bytes(&r->rng, r->peer_cell.b, 32);
	rng_bytes(&r->rng, r->peer_auth.b, 32);
	noise_public(&r->peer_static, &c->peer_static);
	noise_public(&r->peer_auth, &c->peer_auth);
	onion_public(&r->peer_cell, &c->peer_cell);
	c->rekey.since_ms = 1000000000;
	c->n.send_next = c->n.recv_next = 1;
}

static void fill_pairing(struct rig *r)
{
	struct invite_row *i = &r->invite;
	struct request_row *q = &r->request;
	struct invite inv = {.expiry_min = 10000000};

	rng_bytes(&r->rng, i->id.b, sizeof(i->id.b));
	rng_bytes(&r->rng, i->onion.b, 32);
	rng_bytes(&r->rng, i->secret.b, 32);
	i->expires_ms = (uint64_t)10000000 * 60000;
	rng_bytes(&r->rng, r->nonce.b, 32);
	rng_bytes(&r->rng, q->id.b, sizeof(q->id.b));
	rng_bytes(&r->rng, q->my_static.b, 32);
	rng_bytes(&r->rng, q->my_cell.b, 32);
	rng_bytes(&r->rng, q->my_auth.b, 32);
	rng_bytes(&r->rng, q->my_r.b, 32);
	rng_bytes(&r->rng, q->nonce.b, 32);
	rng_bytes(&r->rng, r->inviter_onion.b, 32);
	rng_bytes(&r->rng, r->request_secret.b, 32);
	rng_bytes(&r->rng, r->door_onion.b, 32);
	onion_public(&r->inviter_onion, &inv.onion);
	inv.secret = r->request_secret;
	invite_pack(&inv, q->invite);
}

void rig_fill(struct rig *r)
{
	fill_contact(r);
	fill_pairing(r);
}
