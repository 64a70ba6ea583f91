/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/door.h"

#include <string.h>

#include <sodium.h>

#include "core/link.h"
#include "core/onion.h"
#include "core/step.h"

enum {
	/* Between an old address and a new one: else who watches sees that
	 * one goes when the other comes.  The same one again needs no wait. */
	COME_UP_MIN_MS = 500,
	COME_UP_MAX_MS = 30 * 1000,
	FORGOTTEN_MS = 10 * 60 * 1000, /* the old one is gone for so long */
};

static bool is_wanted(const struct node *n)
{
	return n->transport_ready && n->self.door_on;
}

void door_come_up(struct node *n, uint64_t at_ms)
{
	n->door.is_published = false;
	n->door.publish_ms = is_wanted(n) ? at_ms : NEVER;
}

static void put_unpublish(struct step *st)
{
	struct effect e = {.type = FX_UNPUBLISH};

	e.unpublish.kind = SERVICE_DOOR;
	step_put(st, &e);
}

static void publish(struct step *st)
{
	struct effect e = {.type = FX_PUBLISH};
	struct door *d = &st->node->door;

	onion_public(&st->node->self.door, &d->onion);
	d->publish_ms = NEVER;
	d->is_up = true;
	d->hosted_ms = st->now_ms;
	e.publish.service.kind = SERVICE_DOOR;
	e.publish.onion = st->node->self.door;
	step_put(st, &e);
	sodium_memzero(&e, sizeof(e));
}

static void take_down(struct step *st)
{
	struct link_owner owner = {.door = &st->node->door};
	struct door *d = &st->node->door;

	d->is_up = d->is_published = false;
	d->gone_ms = st->now_ms;
	link_hangup_all(st, owner, NULL);
	put_unpublish(st);
}

void door_publish_again(struct step *st)
{
	st->node->door.is_published = false;
	put_unpublish(st);
	publish(st);
}

void door_published(struct step *st)
{
	st->node->door.is_published = st->node->door.is_up;
	st->node->door.hosted_ms = st->now_ms;
}

static bool is_another(const struct node *n)
{
	struct onion_pk onion;

	onion_public(&n->self.door, &onion);
	return memcmp(onion.b, n->door.onion.b, sizeof(onion.b)) != 0;
}

/* Those who watch the old one are not to see which one follows it. */
static bool follows_another(const struct step *st)
{
	const struct door *d = &st->node->door;

	return d->gone_ms != 0 && st->now_ms - d->gone_ms < FORGOTTEN_MS &&
	       is_another(st->node);
}

void door_changed(struct step *st)
{
	struct node *n = st->node;
	struct door *d = &n->door;

	if (d->is_up && (!is_wanted(n) || is_another(n)))
		take_down(st);
	if (!is_wanted(n))
		d->publish_ms = NEVER;
	else if (!d->is_up && d->publish_ms == NEVER)
		d->publish_ms =
		    follows_another(st)
			? step_after(st, COME_UP_MIN_MS, COME_UP_MAX_MS)
			: st->now_ms;
}

void door_timers(struct step *st)
{
	if (step_is_due(st, st->node->door.publish_ms))
		publish(st);
}

uint64_t door_deadline(const struct node *n)
{
	return n->door.publish_ms;
}
