/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * By which keys a puppet opens its link, and which service or dial of the
 * node it stands for.
 */
#include "tests/sim/puppet.h"

#include <string.h>

#include "core/invite.h"
#include "core/kdf.h"
#include "core/knock.h"
#include "core/onion.h"

static void invite_psk(const struct psk *secret, const struct nonce32 *nonce,
		       struct psk *out)
{
	struct invite_keys k;

	invite_keys_derive(secret, &k);
	*out = k.psk;
	if (nonce)
		invite_claim_psk(&k.psk, nonce, out);
}

static void door_keys(const struct onion_seed *seed, struct puppet_keys *k)
{
	k->who.kind = HANDSHAKE_DOOR;
	onion_public(seed, &k->who.onion);
	kdf_door_psk(&k->who.onion, &k->psk);
}

void puppet_keys(struct rig *r, const struct puppet *p, struct puppet_keys *k)
{
	enum link_class class =
	    p->kind == PUPPET_BULK ? CLASS_BULK : CLASS_MAIN;
	const struct contact_row *c = &r->contact;

	memset(k, 0, sizeof(*k));
	k->who.psk = &k->psk;
	k->who.kind = HANDSHAKE_INVITE;
	switch (p->kind) {
	case PUPPET_CONTACT:
	case PUPPET_BULK:
		k->who.kind = HANDSHAKE_LINK;
		k->who.class = class;
		onion_public(p->dialled ? &r->peer_cell : &c->my_cell,
			     &k->who.onion);
		noise_public(&c->my_static, &k->node_static);
		k->who.s = &r->peer_static;
		k->who.rs = &k->node_static;
		kdf_link_psk(&c->psk, class, &k->psk);
		break;
	case PUPPET_INVITEE:
	case PUPPET_CLAIMANT:
		onion_public(&r->invite.onion, &k->who.onion);
		invite_psk(&r->invite.secret,
			   p->kind == PUPPET_CLAIMANT ? &r->nonce : NULL,
			   &k->psk);
		break;
	case PUPPET_INVITER:
		onion_public(&r->inviter_onion, &k->who.onion);
		onion_seed_to_x25519(&r->inviter_onion, &k->onion_static);
		k->who.s = &k->onion_static;
		invite_psk(&r->request_secret, NULL, &k->psk);
		break;
	case PUPPET_KNOCKER: door_keys(&r->disk->self.door, k); break;
	case PUPPET_DOOR:
		door_keys(&r->door_onion, k);
		onion_seed_to_x25519(&r->door_onion, &k->onion_static);
		k->who.s = &k->onion_static;
		break;
	case PUPPET_SELF: break;
	}
}

struct service_id puppet_service(const struct rig *r, enum puppet_kind kind)
{
	switch (kind) {
	case PUPPET_CONTACT:
	case PUPPET_BULK:
		return (struct service_id){SERVICE_CELL, r->contact.id};
	case PUPPET_KNOCKER: return (struct service_id){.kind = SERVICE_DOOR};
	case PUPPET_INVITEE:
	case PUPPET_CLAIMANT:
	case PUPPET_INVITER:
	case PUPPET_DOOR:
	case PUPPET_SELF: break;
	}
	return (struct service_id){SERVICE_INVITE, r->invite.id};
}

enum puppet_kind puppet_who(const struct rig *r, const struct effect *e)
{
	struct onion_pk cell;

	if (e->dial.is_test)
		return PUPPET_SELF;
	onion_public(&r->peer_cell, &cell);
	if (memcmp(&cell, &e->dial.onion, sizeof(cell)) == 0)
		return uid_is_equal(&e->dial.isolation, &r->contact.id)
			   ? PUPPET_CONTACT
			   : PUPPET_BULK;
	return e->dial.has_auth ? PUPPET_INVITER : PUPPET_DOOR;
}

void puppet_connect(struct rig *r, struct puppet *p)
{
	struct event ev = {.type = EV_LINK_UP};

	p->up = true;
	ev.link.id = p->link;
	rig_event(r, &ev);
}

struct puppet *puppet_loop(struct rig *r, const struct puppet *p, bool astray)
{
	struct puppet *q = puppet_arrive(
	    r, p->is_door != astray ? PUPPET_KNOCKER : PUPPET_CONTACT);

	puppet_bytes(r, q, buf_view(&p->in));
	return q;
}

void rig_answer_stamp(struct rig *r)
{
	struct event ev = {.type = EV_STAMPED};

	if (!r->stamping)
		return;
	r->stamping = false;
	ev.link.id = r->stamp.stamp.link;
	if (knock_search(r->stamp.stamp.h, r->stamp.stamp.bits, 0, 1 << 24,
			 &ev.link.counter))
		rig_event(r, &ev);
}
