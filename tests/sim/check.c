/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include <sodium.h>

#include "core/noise.h"
#include "core/state.h"
#include "tests/sim/epochs.h"
#include "tests/sim/files_world.h"
#include "tests/sim/inside.h"
#include "tests/sim/world.h"

/* Where in the history of all messages this one was composed; SIZE_MAX. */
static size_t composed_at(const struct world *w, const struct mid *mid)
{
	size_t i;

	for (i = w->composed_count; i-- > 0;)
		if (memcmp(&w->composed[i].mid, mid, sizeof(*mid)) == 0)
			return i;
	return SIZE_MAX;
}

/* A message is about to be saved at its receiver. */
void check_message(struct world *w, int host, const struct effect *e)
{
	const struct disk *d = w->hosts[host].disk;
	const struct uid *contact = &e->message.contact_id;
	size_t at = composed_at(w, &e->message.mid);
	size_t i;

	if (at == SIZE_MAX)
		world_fail(w, host, "a message from nowhere");
	if (disk_by_mid(d, contact, MESSAGE_IN, &e->message.mid))
		return;
	for (i = d->message_count; i-- > 0;) {
		const struct message_row *m = &d->messages[i];

		if (m->dir != MESSAGE_IN ||
		    memcmp(&m->contact_id, contact, sizeof(*contact)) != 0)
			continue;
		if (composed_at(w, &m->mid) > at && !world_went_back(w))
			world_fail(w, host, "messages out of order");
		return;
	}
}

static bool is_received(const struct world *w, const struct mid *mid)
{
	size_t k;
	int i;

	for (i = 0; i < w->host_count; i++) {
		const struct disk *d = w->hosts[i].disk;

		for (k = d->message_count; k-- > 0;)
			if (d->messages[k].dir == MESSAGE_IN &&
			    memcmp(&d->messages[k].mid, mid, sizeof(*mid)) == 0)
				return true;
	}
	return false;
}

/* Not those of which the receiver keeps no row: what is no line of the
 * conversation, and what was sent as withdrawn. */
static bool leaves_a_row(const struct message_row *m)
{
	return !m->hidden && !m->withdrawn;
}

/* Who removed the contact has removed the messages. */
static bool is_removed(struct world *w, int host, const struct uid *contact)
{
	const struct contact_row *c =
	    disk_contact(w->hosts[host].disk, contact);
	int i;

	for (i = 0; c && i < w->host_count; i++)
		if (i != host && world_peer(w, c, i))
			return false;
	return true;
}

/* Messages are about to be marked as delivered at their sender. */
void check_delivered(struct world *w, int host, const struct effect *e)
{
	const struct disk *d = w->hosts[host].disk;
	size_t k;
	int i;

	/* What a receiver had before its disk went back, it had. */
	for (i = 0; i < w->host_count; i++)
		if (i != host && w->hosts[i].went_back)
			return;
	if (is_removed(w, host, &e->state.contact_id))
		return;
	for (k = 0; k < d->message_count; k++) {
		const struct message_row *m = &d->messages[k];

		if (m->dir == MESSAGE_OUT &&
		    memcmp(&m->contact_id, &e->state.contact_id, 16) == 0 &&
		    m->seq >= e->state.from_seq && m->seq <= e->state.to_seq &&
		    m->state < MESSAGE_DELIVERED && leaves_a_row(m) &&
		    !is_received(w, &m->mid))
			world_fail(w, host, "delivered to nobody");
	}
}

/* No message is on its way to somebody who is not there. */
static void check_sending(struct world *w, int host)
{
	struct host *h = &w->hosts[host];
	const struct disk *d = h->disk;
	size_t i;

	if (d->message_count > 300)
		return;
	for (i = 0; i < d->message_count; i++)
		if ((d->messages[i].state == MESSAGE_SENDING ||
		     d->messages[i].state == MESSAGE_SENT) &&
		    !node_is_online(h->node, d->messages[i].contact_id))
			world_fail(w, host, "sending to nobody");
}

/* Requests that may have links. */
static size_t open_count(const struct disk *d)
{
	size_t i, n = 0;

	for (i = 0; i < d->request_count; i++)
		n += d->requests[i].state <= REQUEST_FAILED;
	return n;
}

void check_step(struct world *w, int host)
{
	struct host *h = &w->hosts[host];
	/* Two tests of ourselves, both ends of each among them. */
	size_t i, most = 4 + (w->self_test ? 4 : 0) +
			 (h->disk->contact_count + h->disk->invite_count) * 17 +
			 STRANGERS_DOOR;

	if (!disk_equals(h->disk, h->node))
		world_fail(w, host, "memory is not what the disk says");
	check_sending(w, host);
	for (i = 0; i < h->disk->contact_count; i++) {
		const struct contact_row *c = &h->disk->contacts[i];

		if (c->alarm && !world_went_back(w) &&
		    !epochs_provoked(w, host, &c->id))
			world_fail(w, host, "a false alarm");
	}
	if (h->link_count > h->link_most)
		h->link_most = h->link_count;
	if (h->link_count > most + 2 * open_count(h->disk))
		world_fail(w, host, "too many links");
}

void check_epoch(struct world *w, int host, const struct contact_row *c)
{
	const struct rekey *k = &c->rekey;
	const struct contact_row *peer;
	int i;

	if (k->state == REKEY_IDLE &&
	    (!sodium_is_zero(k->other.b, sizeof(k->other.b)) ||
	     !sodium_is_zero(k->my_r.b, sizeof(k->my_r.b)) ||
	     !sodium_is_zero(k->peer_r.b, sizeof(k->peer_r.b))))
		world_fail(w, host, "a key is kept for nothing");
	for (i = 0; i < w->host_count && !world_went_back(w); i++) {
		peer = i == host ? NULL : world_peer(w, c, i);
		if (peer && epochs_parted(c, peer))
			world_fail(w, host, "their epochs have parted");
	}
}

/* Every message that from's disk holds for the other is there, in order. */
static void check_direction(struct world *w, int from, int to,
			    const struct contact_row *out,
			    const struct contact_row *in)
{
	const struct disk *a = w->hosts[from].disk, *b = w->hosts[to].disk;
	size_t i, k, at = 0;

	for (i = 0; i < a->message_count; i++) {
		const struct message_row *m = &a->messages[i];

		if (m->dir != MESSAGE_OUT ||
		    memcmp(&m->contact_id, &out->id, 16) != 0)
			continue;
		if (m->state < MESSAGE_DELIVERED)
			world_fail(w, from, "a message was never delivered");
		/* FAILED, and not withdrawn: its relation is no more. */
		if (!leaves_a_row(m) || m->state == MESSAGE_FAILED)
			continue;
		for (k = at; k < b->message_count; k++)
			if (b->messages[k].dir == MESSAGE_IN &&
			    !memcmp(&b->messages[k].contact_id, &in->id, 16) &&
			    !memcmp(&b->messages[k].mid, &m->mid, 16))
				break;
		if (k == b->message_count)
			world_fail(w, to, "a message is lost, or late");
		at = k + 1;
	}
}

static void check_contact(struct world *w, int host,
			  const struct contact_row *c)
{
	const struct contact_row *peer;
	int i, peers = 0;

	for (i = 0; i < w->host_count; i++) {
		peer = i == host ? NULL : world_peer(w, c, i);
		if (!peer)
			continue;
		/* Of two that cannot meet any more nothing is promised. */
		if (!world_went_back(w) || !epochs_parted(c, peer))
			check_direction(w, host, i, c, peer);
		peers++;
	}
	if (peers != 1 && !world_went_back(w))
		world_fail(w, host, "a contact without a peer");
}

void check_end(struct world *w)
{
	size_t k;
	int i;

	check_files(w);
	for (i = 0; i < w->host_count; i++) {
		for (k = 0; k < w->hosts[i].disk->contact_count; k++)
			check_contact(w, i, &w->hosts[i].disk->contacts[k]);
		if (changes_has_work(&w->hosts[i].disk->changes))
			world_fail(w, i, "what is cleared is not erased");
	}
}
