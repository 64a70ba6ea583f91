/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/presence.h"

#include "core/contact.h"
#include "core/door.h"
#include "core/invitee.h"
#include "core/inviter.h"
#include "core/link.h"
#include "core/probe.h"
#include "core/reach.h"
#include "core/step.h"

enum {
	COME_UP_FIRST_MS = 500, /* of several: one every 3 s on average */
	COME_UP_GAP_MS = 3000,
};

/* PROTOCOL 7.4: When several services and dials are due at once, at the start
 * or when Tor came back, each SHOULD get a random time of its own, one every
 * 3 seconds on average.  All are drawn from one stretch, so that neither order
 * nor distance tells which belong together. */
static uint64_t come_up_ms(struct step *st)
{
	const struct node *n = st->node;
	uint64_t count =
	    n->contact_count + n->inviter_count + invitee_count(n) + 1;
	uint64_t most = COME_UP_FIRST_MS + count * COME_UP_GAP_MS;

	return step_after(st, 0, most);
}

static void set_ready(struct step *st, bool ready)
{
	struct node *n = st->node;
	struct list_node *i;

	if (n->transport_ready == ready)
		return;
	n->transport_ready = ready;
	list_for_each (i, &n->contacts) {
		if (ready)
			reach_come_up(st, contact_at(i), come_up_ms(st));
		else
			reach_transport_lost(contact_at(i));
	}
	door_come_up(n, ready ? come_up_ms(st) : NEVER);
	list_for_each (i, &n->inviters)
		inviter_come_up(inviter_at(i), ready ? come_up_ms(st) : NEVER);
	list_for_each (i, &n->invitees)
		invitee_come_up(invitee_at(i), ready ? come_up_ms(st) : NEVER);
	probe_transport(st);
}

bool presence_is_off(const struct node *n)
{
	return n->self.mode == PRESENCE_OFFLINE;
}

static void update(struct step *st)
{
	set_ready(st, st->node->tor_ready && !presence_is_off(st->node));
}

void presence_transport(struct step *st, bool tor_ready)
{
	st->node->tor_ready = tor_ready;
	update(st);
}

/* Contacts and the door see to themselves. */
static void take_down(struct step *st)
{
	struct effect e = {.type = FX_UNPUBLISH};
	struct list_node *i;

	list_for_each (i, &st->node->links)
		link_hangup(st, link_at(i));
	e.unpublish.kind = SERVICE_INVITE;
	list_for_each (i, &st->node->inviters) {
		e.unpublish.owner = inviter_at(i)->row.id;
		step_put(st, &e);
	}
}

void presence_changed(struct step *st)
{
	const struct node *n = st->node;
	struct list_node *i;

	update(st);
	if (presence_is_off(n))
		take_down(st);
	list_for_each (i, &n->contacts)
		reach_changed(st, contact_at(i), come_up_ms(st));
	door_changed(st);
}

void presence_published(struct step *st, const struct service_id *service)
{
	struct contact *c = NULL;

	if (service->kind == SERVICE_CELL)
		c = contact_find(st->node, &service->owner);
	if (c)
		reach_published(st, c);
	else if (service->kind == SERVICE_DOOR)
		door_published(st);
	probe_published(st, service);
}

void presence_wake(struct step *st)
{
	struct list_node *i;

	list_for_each (i, &st->node->contacts)
		reach_wake(st, contact_at(i));
	probe_wake(st);
}

void presence_self_test(struct step *st, const struct event *ev)
{
	probe_now(st, ev);
}

void presence_timers(struct step *st)
{
	door_timers(st);
	probe_timers(st);
}

uint64_t presence_deadline(const struct node *n)
{
	return earlier(door_deadline(n), probe_deadline(n));
}
