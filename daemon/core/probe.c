/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/probe.h"

#include <string.h>

#include <sodium.h>

#include "core/contact.h"
#include "core/door.h"
#include "core/kdf.h"
#include "core/link.h"
#include "core/onion.h"
#include "core/probe_plan.h"
#include "core/reach.h"
#include "core/step.h"

enum {
	MINUTE_MS = 60 * 1000,
	/* The shell gives up before: a descriptor, then a dial. */
	DIAL_MS = 4 * MINUTE_MS,
	ANSWER_MS = MINUTE_MS / 2,
	AGAIN_MIN_MS = 2 * 1000, /* between the starts of two, when asked */
	/* Tor has said "OK" and then nothing for so long: as good as refused.
	 */
	STUCK_MS = 10 * MINUTE_MS,
	FRESH_MS = MINUTE_MS / 4, /* since it was published */
};

static bool is_door(const struct node *n, const struct probe *p)
{
	return p == &n->probe_door;
}

static struct probe *probe_of(struct node *n, enum service_kind kind)
{
	switch (kind) {
	case SERVICE_DOOR: return &n->probe_door;
	case SERVICE_CELL: return &n->probe_cells;
	case SERVICE_INVITE: break;
	}
	return NULL;
}

static bool is_same(const struct service_id *a, const struct service_id *b)
{
	return a->kind == b->kind && uid_is_equal(&a->owner, &b->owner);
}

static struct contact *cell_of(const struct node *n, const struct probe *p)
{
	return p->service.kind == SERVICE_CELL
		   ? contact_find(n, &p->service.owner)
		   : NULL;
}

void probe_init(struct node *n)
{
	n->probe_door.next_ms = NEVER;
	n->probe_cells.next_ms = NEVER;
	n->probe_door.service.kind = SERVICE_DOOR;
}

/* --- which one --- */

/* A cell that is up, or should have been for long. */
static bool can_test(const struct node *n, const struct contact *c)
{
	return c->is_hosted && c->publish_ms == NEVER &&
	       reach_is_hosted(n, c) &&
	       (c->is_published || n->now_ms - c->hosted_ms >= STUCK_MS);
}

/* Through which nothing came for longest; of several one at random. */
static struct contact *oldest(struct step *st)
{
	struct contact *best = NULL;
	struct list_node *i;
	uint64_t ties = 0;

	list_for_each (i, &st->node->contacts) {
		struct contact *c = contact_at(i);

		if (!can_test(st->node, c) ||
		    (best && c->proved_ms > best->proved_ms))
			continue;
		if (!best || c->proved_ms < best->proved_ms)
			ties = 0;
		if (rng_below(&st->rng, ++ties) == 0)
			best = c;
	}
	return best;
}

static bool has_unproved(const struct node *n)
{
	struct list_node *i;

	list_for_each (i, &n->contacts)
		if (contact_at(i)->proved_ms == 0 && can_test(n, contact_at(i)))
			return true;
	return false;
}

/* False: there is none now. */
static bool choose(struct step *st, struct probe *p)
{
	const struct node *n = st->node;
	const struct contact *c = cell_of(n, p);

	if (is_door(n, p))
		return n->door.is_up && n->door.publish_ms == NEVER &&
		       (n->door.is_published ||
			n->now_ms - n->door.hosted_ms >= STUCK_MS);
	if (c && p->part.failures > 0 && reach_is_hosted(n, c))
		return can_test(n, c);
	p->part.failures = 0;
	c = oldest(st);
	if (!c)
		return false;
	p->service.kind = SERVICE_CELL;
	p->service.owner = c->row.id;
	return true;
}

/* --- a test --- */

static void plan(struct step *st, struct probe *p, uint64_t wait_ms)
{
	p->next_ms = st->node->has_probes && st->node->transport_ready
			 ? st->now_ms + wait_ms
			 : NEVER;
	p->planned_ms = p->next_ms;
}

static void plan_soon(struct step *st, struct probe *p)
{
	uint64_t at_ms = p->next_ms;

	plan(st, p, probe_plan_soon_ms(&st->rng));
	p->next_ms = p->planned_ms = earlier(p->next_ms, at_ms);
}

static void hangup(struct step *st, struct probe *p)
{
	struct effect e = {.type = FX_HANGUP, .hangup = p->link};

	if (p->link)
		step_put(st, &e);
	p->link = 0;
	sodium_memzero(p->nonce, sizeof(p->nonce));
}

static void dial(struct step *st, struct probe *p)
{
	const struct contact *c = cell_of(st->node, p);
	struct effect e = {.type = FX_DIAL};

	p->link = st->node->next_link;
	st->node->next_link += 2;
	p->started_ms = st->now_ms;
	p->limit_ms = st->now_ms + DIAL_MS;
	p->is_connected = false;
	p->streams = 0;
	step_random(st, p->nonce, sizeof(p->nonce));
	e.dial.link = p->link;
	e.dial.is_test = true;
	/* Circuits of its own, which nothing else went over or will. */
	step_random(st, &e.dial.isolation, sizeof(e.dial.isolation));
	e.dial.peer = e.dial.isolation;
	if (c) {
		e.dial.onion = c->onion;
		e.dial.has_auth = true;
		kdf_test_auth(&c->row.my_cell, &e.dial.auth);
	} else {
		e.dial.onion = st->node->door.onion;
	}
	step_put(st, &e);
	sodium_memzero(&e, sizeof(e));
}

static void publish_again(struct step *st, const struct probe *p)
{
	struct contact *c = cell_of(st->node, p);

	if (c)
		reach_publish_again(st, c);
	else
		door_publish_again(st);
}

static void repair(struct step *st, struct probe *p, enum probe_repair how)
{
	struct effect e = {.type = FX_NEW_CIRCUITS};

	if (how == REPAIR_NONE)
		return;
	p->part.repair = how;
	p->part.repairs++;
	p->part.repaired_ms = st->wall_ms;
	if (how == REPAIR_PUBLISH)
		publish_again(st, p);
	else
		step_put(st, &e);
}

static bool is_published(const struct node *n, const struct probe *p)
{
	const struct contact *c = cell_of(n, p);

	return c ? c->is_published : n->door.is_published;
}

/* One directory has it; the others are getting it. */
static bool is_fresh(const struct step *st, const struct probe *p)
{
	const struct contact *c = cell_of(st->node, p);
	uint64_t at_ms = c ? c->hosted_ms : st->node->door.hosted_ms;

	return is_published(st->node, p) && st->now_ms - at_ms < FRESH_MS;
}

/* What a result means, while others came in by the same service: who keeps it
 * full can cut us off at random, and yet it is there for all. */
static enum probe_result judge(const struct step *st, const struct probe *p,
			       enum probe_result r)
{
	unsigned own = p->is_connected ? 1 : 0;

	if (r == PROBE_NO_DESCRIPTOR)
		return is_fresh(st, p) ? PROBE_UNCLEAR : r;
	return r != PROBE_PASSED && p->streams > own ? PROBE_UNCLEAR : r;
}

static void on_passed(struct step *st, struct probe *p)
{
	struct contact *c = cell_of(st->node, p);

	if (c)
		c->proved_ms = st->now_ms;
	p->proven_ms = st->now_ms;
	p->part.passed_ms = st->wall_ms;
	p->part.failures = 0;
	plan(st, p,
	     probe_plan_calm_ms(&st->rng, !is_door(st->node, p) &&
					      has_unproved(st->node)));
}

/* Somebody asks again and again: one more failure is no news, and each repair
 * would be seen by the directories. */
static bool is_early(const struct step *st, const struct probe *p)
{
	return probe_plan_is_patient(p->part.failures) &&
	       p->planned_ms != NEVER && st->now_ms < p->planned_ms;
}

static enum probe_repair on_failed(struct step *st, struct probe *p,
				   enum probe_result r)
{
	enum probe_repair how;

	p->proven_ms = 0;
	p->part.failure = r;
	p->part.failed_ms = st->wall_ms;
	if (is_early(st, p)) {
		p->next_ms = p->planned_ms;
		return REPAIR_NONE;
	}
	how = probe_plan_repair(++p->part.failures);
	plan(st, p, probe_plan_failed_ms(&st->rng, p->part.failures));
	repair(st, p, how);
	return how;
}

static void conclude(struct step *st, struct probe *p, enum probe_result r)
{
	struct effect e = {.type = FX_SELF_TEST};

	hangup(st, p);
	r = judge(st, p, r);
	e.self_test.result = r;
	e.self_test.repair = REPAIR_NONE;
	p->unclear = r == PROBE_UNCLEAR ? p->unclear + 1 : 0;
	/* What was proven is no longer so by itself, nor refuted. */
	if (probe_plan_is_down(p->unclear))
		p->proven_ms = 0;
	if (r == PROBE_PASSED)
		on_passed(st, p);
	else if (r == PROBE_UNCLEAR)
		plan(st, p,
		     is_fresh(st, p)
			 ? probe_plan_soon_ms(&st->rng)
			 : probe_plan_unclear_ms(&st->rng, p->unclear));
	else
		e.self_test.repair = on_failed(st, p, r);
	step_put(st, &e);
}

static void start(struct step *st, struct probe *p)
{
	p->next_ms = NEVER;
	if (!st->node->transport_ready)
		return;
	if (!choose(st, p)) {
		/* Perhaps it will have been published by then. */
		plan(st, p, STUCK_MS);
		return;
	}
	p->is_connected = false;
	p->streams = 0;
	if (is_published(st->node, p))
		dial(st, p);
	else
		conclude(st, p, PROBE_NO_DESCRIPTOR);
}

/* --- what happens --- */

static void forget(struct step *st, struct probe *p)
{
	hangup(st, p);
	p->proven_ms = 0;
	p->part.failures = 0;
	p->unclear = 0;
}

static void on_transport(struct step *st, struct probe *p)
{
	forget(st, p);
	plan(st, p, STUCK_MS);
}

void probe_transport(struct step *st)
{
	on_transport(st, &st->node->probe_door);
	on_transport(st, &st->node->probe_cells);
}

void probe_published(struct step *st, const struct service_id *service)
{
	struct probe *p = probe_of(st->node, service->kind);
	const struct contact *c;

	if (!p || p->link)
		return;
	c = contact_find(st->node, &service->owner);
	/* One more cell does not make the others doubtful, and waits its
	 * turn if that is soon. */
	if (p->proven_ms == 0 || !c || c->proved_ms == 0 ||
	    is_same(service, &p->service))
		plan_soon(st, p);
}

/* What is tested, or was last, is up: else nothing is known of it. */
static bool is_there(const struct node *n, const struct probe *p)
{
	const struct contact *c = cell_of(n, p);

	if (is_door(n, p))
		return n->door.is_up;
	return p->service.kind == 0 || (c && c->is_hosted);
}

static void let_go(struct step *st, struct probe *p)
{
	/* Or what it has shown is what was said of all of them. */
	bool was_busy = p->link || p->part.failures > 0 || p->proven_ms != 0;

	forget(st, p);
	if (is_door(st->node, p))
		return;
	p->service = (struct service_id){0};
	if (was_busy)
		plan_soon(st, p);
}

static void wake(struct step *st, struct probe *p)
{
	if (p->link) {
		hangup(st, p);
		p->next_ms = NEVER;
	}
	p->proven_ms = 0;
	plan_soon(st, p);
}

void probe_wake(struct step *st)
{
	struct list_node *i;

	/* One cell that is reached then says nothing of the others. */
	list_for_each (i, &st->node->contacts)
		contact_at(i)->proved_ms = 0;
	wake(st, &st->node->probe_door);
	wake(st, &st->node->probe_cells);
}

static bool ask(struct step *st, struct probe *p)
{
	uint64_t at_ms, first_ms = p->started_ms + AGAIN_MIN_MS;

	if (!probe_has_service(st->node, p))
		return false;
	if (p->link)
		return true;
	at_ms =
	    st->now_ms + probe_plan_asked_ms(&st->rng, is_door(st->node, p));
	if (p->started_ms != 0 && at_ms < first_ms)
		at_ms = first_ms;
	p->next_ms = earlier(p->next_ms, at_ms);
	return true;
}

void probe_now(struct step *st, const struct event *ev)
{
	struct node *n = st->node;
	bool is_something;

	if (!n->has_probes || !n->transport_ready) {
		step_reply(st, ev, ERR_STATE);
		return;
	}
	is_something = ask(st, &n->probe_door);
	is_something |= ask(st, &n->probe_cells);
	step_reply(st, ev, is_something ? OK : ERR_STATE);
}

static struct probe *by_link(struct node *n, uint64_t link)
{
	if (link != 0 && n->probe_door.link == link)
		return &n->probe_door;
	if (link != 0 && n->probe_cells.link == link)
		return &n->probe_cells;
	return NULL;
}

static void on_connected(struct step *st, struct probe *p)
{
	struct effect e = {.type = FX_SEND};

	p->is_connected = true;
	p->limit_ms = st->now_ms + ANSWER_MS;
	e.send.link = p->link;
	e.send.bytes = bytes_of(p->nonce, sizeof(p->nonce));
	step_put(st, &e);
}

static enum probe_result result_of(enum dial_failure f)
{
	switch (f) {
	case FAILURE_UNREACHABLE: return PROBE_NO_ANSWER;
	case FAILURE_NO_DESCRIPTOR: return PROBE_NO_DESCRIPTOR;
	case FAILURE_REFUSED: return PROBE_REFUSED;
	case FAILURE_NO_TOR: return PROBE_UNCLEAR;
	}
	return PROBE_UNCLEAR;
}

/* The link is gone: nothing is left to hang up. */
static void on_lost(struct step *st, struct probe *p, enum probe_result r)
{
	p->link = 0;
	conclude(st, p, r);
}

void probe_link_event(struct step *st, const struct event *ev)
{
	struct probe *p = by_link(st->node, ev->link.id);

	if (!p)
		return;
	if (ev->type == EV_LINK_UP)
		on_connected(st, p);
	else if (ev->type == EV_DIAL_FAILED)
		on_lost(st, p, result_of(ev->link.failure));
	else if (ev->type == EV_LINK_DOWN)
		on_lost(st, p, PROBE_NOT_US);
}

bool probe_stream_in(struct step *st, const struct service_id *service)
{
	struct probe *p = probe_of(st->node, service->kind);

	return p && p->link && is_same(service, &p->service) &&
	       p->streams++ == 0;
}

static bool is_at(const struct link *l, const struct probe *p)
{
	if (l->owner.door)
		return p->service.kind == SERVICE_DOOR;
	return l->owner.contact && p->service.kind == SERVICE_CELL &&
	       uid_is_equal(&l->owner.contact->row.id, &p->service.owner);
}

void probe_murmur(struct step *st, struct link *l)
{
	struct probe *p =
	    l->owner.door ? &st->node->probe_door : &st->node->probe_cells;

	if (!p->link || !p->is_connected || !is_at(l, p) ||
	    sodium_memcmp(l->opening, p->nonce, sizeof(p->nonce)) != 0)
		return;
	link_hangup(st, l);
	conclude(st, p, PROBE_PASSED);
}

static void timers(struct step *st, struct probe *p)
{
	if (!is_there(st->node, p))
		let_go(st, p);
	if (p->link && step_is_due(st, p->limit_ms))
		conclude(st, p,
			 p->is_connected ? PROBE_NOT_US : PROBE_NO_ANSWER);
	else if (!p->link && step_is_due(st, p->next_ms))
		start(st, p);
}

/* --- time --- */

static uint64_t deadline(const struct probe *p)
{
	return earlier(p->link ? p->limit_ms : p->next_ms, probe_stale_ms(p));
}

uint64_t probe_deadline(const struct node *n)
{
	return earlier(deadline(&n->probe_door), deadline(&n->probe_cells));
}

void probe_timers(struct step *st)
{
	timers(st, &st->node->probe_door);
	timers(st, &st->node->probe_cells);
	probe_tell(st);
}
