/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "core/invite.h"
#include "core/noise.h"
#include "core/onion.h"
#include "tests/sim/epochs.h"
#include "tests/sim/files_world.h"
#include "tests/sim/inside.h"
#include "tests/sim/places.h"
#include "tests/sim/world.h"
#include "util/text.h"

static void draw(struct world *w, void *out, size_t n)
{
	rng_bytes(&w->rng, out, n);
}

struct uid world_invite_for(struct world *w, int host,
			    const struct uid *contact)
{
	struct event ev = {.type = EV_CMD_INVITE_NEW, .cmd = 1};

	if (contact)
		ev.invite_new.contact_id = *contact;

	draw(w, ev.invite_new.invite_id.b, 16);
	ev.invite_new.lifetime_ms = 24 * 3600 * 1000;
	w->hosts[host].last_reply = ERR_IO;
	host_event(w, host, &ev);
	return ev.invite_new.invite_id;
}

struct uid world_invite(struct world *w, int host)
{
	return world_invite_for(w, host, NULL);
}

enum err world_connect(struct world *w, int host, int inviter,
		       const struct uid *invite)
{
	return world_connect_for(w, host, inviter, invite, NULL);
}

enum err world_connect_for(struct world *w, int host, int inviter,
			   const struct uid *invite, const struct uid *contact)
{
	const struct disk *d = w->hosts[inviter].disk;
	struct event ev = {.type = EV_CMD_CONNECT, .cmd = 2};
	struct invite inv = {0};
	size_t i;

	for (i = 0; i < d->invite_count; i++) {
		const struct invite_row *row = &d->invites[i];

		if (memcmp(&row->id, invite, sizeof(*invite)) != 0)
			continue;
		inv.expiry_min = (uint32_t)(row->expires_ms / 60000);
		inv.secret = row->secret;
		onion_public(&row->onion, &inv.onion);
	}
	if (inv.expiry_min == 0)
		return ERR_NOT_FOUND;
	draw(w, ev.connect.request_id.b, 16);
	draw(w, ev.connect.client_id.b, 16);
	if (contact)
		ev.connect.contact_id = *contact;
	invite_pack(&inv, ev.connect.invite);
	strcpy(ev.connect.greeting.s, "hello");
	w->hosts[host].last_reply = ERR_IO;
	host_event(w, host, &ev);
	return w->hosts[host].last_reply;
}

enum err world_send(struct world *w, int host, const struct uid *contact)
{
	struct event ev = {.type = EV_CMD_SEND, .cmd = 3};
	char text[256];
	size_t n = 1 + world_random(w, sizeof(text) - 1);

	memset(text, 'x', sizeof(text));
	ev.send.contact_id = *contact;
	draw(w, ev.send.message_id.b, 16);
	draw(w, ev.send.client_id.b, 16);
	ev.send.text = bytes_of(text, n);
	w->hosts[host].last_reply = ERR_IO;
	host_event(w, host, &ev);
	return w->hosts[host].last_reply;
}

struct contact_row *world_peer(struct world *w, const struct contact_row *c,
			       int other)
{
	const struct disk *d = w->hosts[other].disk;
	struct pubkey pub;
	size_t k;

	for (k = 0; k < d->contact_count; k++) {
		noise_public(&d->contacts[k].my_static, &pub);
		if (memcmp(&pub, &c->peer_static, sizeof(pub)) == 0)
			return &d->contacts[k];
	}
	return NULL;
}

struct contact_row *world_contact(struct world *w, int host, int other)
{
	const struct disk *d = w->hosts[host].disk;
	size_t i;

	for (i = 0; i < d->contact_count; i++)
		if (world_peer(w, &d->contacts[i], other))
			return &d->contacts[i];
	return NULL;
}

struct pair {
	int a, b;
};

static bool is_paired(struct world *w, void *ctx)
{
	const struct pair *p = ctx;
	const struct contact_row *x = world_contact(w, p->a, p->b);
	const struct contact_row *y = world_contact(w, p->b, p->a);

	return x && y && x->state == CONTACT_ACTIVE &&
	       y->state == CONTACT_ACTIVE &&
	       node_is_online(w->hosts[p->a].node, x->id) &&
	       node_is_online(w->hosts[p->b].node, y->id);
}

void world_pair(struct world *w, int a, int b)
{
	struct uid invite = world_invite(w, a);
	struct pair p = {a, b};

	if (w->hosts[a].last_reply != OK)
		world_fail(w, a, "no invite");
	if (world_connect(w, b, a, &invite) != OK)
		world_fail(w, b, "does not connect");
	if (!world_until(w, is_paired, &p, 3600 * 1000))
		world_fail(w, b, "never paired");
}

void world_say(struct world *w, int from, int to, unsigned count)
{
	struct contact_row *c = world_contact(w, from, to);
	struct uid id;

	if (!c)
		world_fail(w, from, "has no such contact");
	id = c->id;
	while (count-- > 0)
		if (world_send(w, from, &id) != OK)
			world_fail(w, from, "does not send");
}

void world_set(struct world *w, int host, int other,
	       const struct cmd_contact_set *cmd)
{
	const struct contact_row *c = world_contact(w, host, other);
	struct event ev = {.type = EV_CMD_CONTACT_SET, .contact_set = *cmd};

	if (!c || c->state != CONTACT_ACTIVE)
		return;
	ev.contact_set.contact_id = c->id;
	host_event(w, host, &ev);
}

void world_set_mode(struct world *w, int host, enum presence_mode mode)
{
	struct event ev = {.type = EV_CMD_SELF_SET};

	ev.self_set.fields = SELF_MODE;
	ev.self_set.mode = mode;
	host_event(w, host, &ev);
}

/* Everyone is there for everyone. */
static void reconcile(struct world *w)
{
	const struct cmd_contact_set cmd = {.fields = CONTACT_BLOCKED |
						      CONTACT_POLICY};
	int i, k;

	for (i = 0; i < w->host_count; i++) {
		world_set_mode(w, i, PRESENCE_ONLINE);
		for (k = 0; k < w->host_count; k++)
			if (k != i)
				world_set(w, i, k, &cmd);
	}
}

bool world_all_delivered(struct world *w, int from, int to)
{
	const struct contact_row *c = world_contact(w, from, to);
	const struct disk *d = w->hosts[from].disk;
	size_t i;

	for (i = 0; c && i < d->message_count; i++)
		if (d->messages[i].dir == MESSAGE_OUT &&
		    memcmp(&d->messages[i].contact_id, &c->id, 16) == 0 &&
		    d->messages[i].state < MESSAGE_DELIVERED)
			return false;
	return c != NULL;
}

void world_cut(struct world *w, int a, int b)
{
	size_t i;

	for (i = 0; i < w->stream_count; i++) {
		struct stream *s = w->streams[i];

		if ((s->host[0] == a && s->host[1] == b) ||
		    (s->host[0] == b && s->host[1] == a))
			net_cut(w, s);
	}
}

void world_backup(struct world *w, int host)
{
	struct host *h = &w->hosts[host];

	disk_free(h->old_disk);
	h->old_disk = disk_clone(h->disk);
	trace_note(w, host, "backup");
}

void world_put_back(struct world *w, int host)
{
	struct host *h = &w->hosts[host];

	world_crash(w, host);
	trace_note(w, host, "disk put back");
	disk_free(h->disk);
	h->disk = disk_clone(h->old_disk);
	h->went_back = true;
}

size_t world_service(struct world *w, int host, enum service_kind kind)
{
	const struct host *h = &w->hosts[host];
	size_t i;

	for (i = 0; i < h->service_count; i++)
		if (h->services[i].id.kind == kind)
			return i;
	world_fail(w, host, "has no such service");
	return 0;
}

struct stream *world_stranger(struct world *w, int host, size_t service,
			      const uint8_t *bytes, size_t n)
{
	struct event ev = {.type = EV_LINK_IN};
	struct host *h = &w->hosts[host];
	struct stream *s = net_open(w, -1, host);

	s->life[1] = h->life;
	s->id[1] = h->next_link;
	s->open[0] = s->open[1] = true;
	s->service = h->services[service].id;
	h->next_link += 2;
	h->link_count++;
	ev.link.id = s->id[1];
	ev.link.service = s->service;
	host_event(w, host, &ev);
	if (n >= HANDSHAKE_BYTES)
		epochs_provoke(w, host, &s->service);
	if (n > 0)
		net_send(w, s, 1, bytes_of(bytes, n));
	return s;
}

/* Whether there is somebody with whom it can be in session. */
static bool has_peer(struct world *w, int host, const struct contact_row *c)
{
	const struct contact_row *peer;
	int i;

	for (i = 0; i < w->host_count; i++) {
		peer = i == host ? NULL : world_peer(w, c, i);
		if (peer && !epochs_parted(c, peer))
			return true;
	}
	return false;
}

bool world_went_back(const struct world *w)
{
	int i;

	for (i = 0; i < w->host_count; i++)
		if (w->hosts[i].went_back)
			return true;
	return false;
}

/* Somebody has the invite, which is known by the secret at its end. */
static bool is_served(const struct world *w, const uint8_t *invite)
{
	size_t k;
	int i;

	for (i = 0; i < w->host_count; i++) {
		const struct disk *d = w->hosts[i].disk;

		for (k = 0; k < d->invite_count; k++)
			if (memcmp(&d->invites[k].secret, invite + 38, 32) == 0)
				return true;
	}
	return false;
}

/* Nobody can do anything about it but people. */
static bool request_is_settled(const struct world *w,
			       const struct request_row *r)
{
	if (r->state != REQUEST_QUEUED && r->state != REQUEST_WAITING)
		return true;
	switch (r->origin) {
	case REQUEST_BY_INVITE: return false;
	case REQUEST_BY_KNOCK: return r->state == REQUEST_WAITING;
	case REQUEST_SERVED: return true;
	case REQUEST_AT_DOOR:
	case REQUEST_INTRODUCED: return !is_served(w, r->invite);
	}
	return false;
}

static bool pairing_is_settled(const struct world *w, const struct disk *d)
{
	size_t i;

	for (i = 0; i < d->request_count; i++)
		if (!request_is_settled(w, &d->requests[i]))
			return false;
	for (i = 0; i < d->invite_count; i++)
		if (d->invites[i].state != INVITE_OPEN)
			return false;
	return true;
}

static bool contact_is_settled(struct world *w, int host,
			       const struct contact_row *c)
{
	const struct host *h = &w->hosts[host];
	const struct disk *d = h->disk;
	size_t i;

	/* A disk that went back may have forgotten a pairing, or an epoch. */
	if (world_went_back(w) && !has_peer(w, host, c))
		return true;
	if (c->state != CONTACT_ACTIVE || !node_is_online(h->node, c->id))
		return false;
	for (i = 0; i < d->message_count; i++)
		if (d->messages[i].state < MESSAGE_DELIVERED &&
		    memcmp(&d->messages[i].contact_id, &c->id, 16) == 0)
			return false;
	/* What failed is sent too, as withdrawn. */
	return c->n.peer_acked + 1 == c->n.send_next;
}

bool world_is_settled(struct world *w, void *unused)
{
	size_t k;
	int i;

	(void)unused;
	for (i = 0; i < w->host_count; i++) {
		const struct host *h = &w->hosts[i];

		if (!h->node)
			return false;
		if (!world_went_back(w) && !pairing_is_settled(w, h->disk))
			return false;
		for (k = 0; k < h->disk->contact_count; k++)
			if (!contact_is_settled(w, i, &h->disk->contacts[k]))
				return false;
		if (!files_are_settled(w, i))
			return false;
	}
	return true;
}

void world_heal(struct world *w)
{
	int i;

	memset(&w->faults, 0, sizeof(w->faults));
	w->faults.at_host = -1;
	for (i = 0; i < w->host_count; i++) {
		world_start(w, i);
		world_set_tor(w, i, true);
	}
	reconcile(w);
	world_until(w, world_is_settled, NULL, 6 * 3600 * 1000);
	/* What a disk forgot is marked as delivered at the other side. */
	if (world_went_back(w))
		world_run(w, 3600 * 1000);
}
