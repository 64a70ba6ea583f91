/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/probe_state.h"

#include "core/contact.h"
#include "core/probe_plan.h"
#include "core/reach.h"
#include "core/step.h"

enum {
	MINUTE_MS = 60 * 1000,
	SLOW_MS = MINUTE_MS / 2, /* a test that takes longer is a bad sign */
	STALE_MS = 3 * 60 * MINUTE_MS, /* what was proven then is only hoped */
};

bool probe_has_service(const struct node *n, const struct probe *p)
{
	struct list_node *i;

	if (n->self.mode == PRESENCE_OFFLINE)
		return false;
	if (p == &n->probe_door)
		return n->self.door_on;
	list_for_each (i, &n->contacts)
		if (reach_is_hosted(n, contact_at(i)))
			return true;
	return false;
}

/* What is proven is so for some hours, if no test hangs meanwhile. */
static bool is_proven(const struct node *n, const struct probe *p)
{
	return p->proven_ms && n->now_ms - p->proven_ms < STALE_MS &&
	       (!p->link || n->now_ms - p->started_ms < SLOW_MS);
}

uint64_t probe_stale_ms(const struct probe *p)
{
	uint64_t slow_ms = p->link ? p->started_ms + SLOW_MS : NEVER;

	return p->told == PROBE_REACHABLE
		   ? earlier(p->proven_ms + STALE_MS, slow_ms)
		   : NEVER;
}

static bool is_any_published(const struct node *n, const struct probe *p)
{
	struct list_node *i;

	if (p == &n->probe_door)
		return n->door.is_published;
	list_for_each (i, &n->contacts)
		if (contact_at(i)->is_published)
			return true;
	return false;
}

static enum probe_state state_of(const struct node *n, const struct probe *p)
{
	if (!probe_has_service(n, p))
		return PROBE_OFF;
	if (!n->transport_ready)
		return PROBE_WAITING;
	if (probe_plan_is_down(p->part.failures))
		return PROBE_UNREACHABLE;
	if (!is_any_published(n, p))
		return PROBE_WAITING;
	return is_proven(n, p) ? PROBE_REACHABLE : PROBE_CHECKING;
}

static bool update(const struct node *n, struct probe *p)
{
	enum probe_state was = p->told;

	p->told = state_of(n, p);
	return p->told != was;
}

void probe_tell(struct step *st)
{
	struct effect e = {.type = FX_REACH};
	struct node *n = st->node;
	bool is_news = update(n, &n->probe_door);

	is_news |= update(n, &n->probe_cells);
	if (is_news && n->has_probes)
		step_put(st, &e);
}

void probe_show(const struct node *n, struct probe_report *out)
{
	out->door = n->probe_door.part;
	out->door.state = state_of(n, &n->probe_door);
	out->cells = n->probe_cells.part;
	out->cells.state = state_of(n, &n->probe_cells);
}
