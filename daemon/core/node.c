/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/node.h"

#include <assert.h>

#include <sodium.h>

#include "core/command.h"
#include "core/contact.h"
#include "core/hooks.h"
#include "core/invitee.h"
#include "core/inviter.h"
#include "core/link.h"
#include "core/outbox.h"
#include "core/presence.h"
#include "core/probe.h"
#include "core/reach.h"
#include "core/self.h"
#include "core/step.h"
#include "core/tick.h"
#include "util/mem.h"

enum {
	TIMER_ROUNDS_MAX = 16,
};

struct node *node_new(const struct node_config *config)
{
	struct node *n = xcalloc(1, sizeof(*n));

	n->name = config->name;
	n->limits = config->limits ? *config->limits : limits_default();
	n->hooks = &link_hooks_all;
	n->next_link = 1;
	list_init(&n->contacts);
	list_init(&n->inviters);
	list_init(&n->invitees);
	list_init(&n->links);
	n->due_ms = NEVER;
	n->door.publish_ms = NEVER;
	n->has_probes = config->self_test;
	probe_init(n);
	record_begin(&n->builder);
	return n;
}

void node_set_limits(struct node *n, const struct limits *limits)
{
	n->limits = *limits;
}

void node_free(struct node *n)
{
	struct list_node *i, *t;

	if (!n)
		return;
	list_for_each (i, &n->links)
		link_at(i)->state = LINK_GONE;
	link_sweep(n);
	list_for_each_safe (i, t, &n->invitees)
		invitee_free(n, invitee_at(i));
	list_for_each_safe (i, t, &n->inviters)
		inviter_free(n, inviter_at(i));
	list_for_each_safe (i, t, &n->contacts)
		contact_free(n, contact_at(i));
	xfree(n, sizeof(*n));
}

void node_load_contact(struct node *n, const struct contact_row *row)
{
	contact_new(n, row);
}

void node_load_invite(struct node *n, const struct invite_row *row)
{
	inviter_new(n, row);
}

void node_load_request(struct node *n, const struct request_row *row)
{
	invitee_load(n, row);
}

void node_load_self(struct node *n, const struct self_row *row)
{
	n->has_self = true;
	n->self = *row;
}

void node_load_file(struct node *n, const struct file_row *row)
{
	contact_load_file(n, row);
}

static void export_files(const struct contact *c, const struct node_sink *sink)
{
	struct list_node *i;

	list_for_each (i, &c->files)
		if (sink->file)
			sink->file(sink->ctx, &transfer_at(i)->row);
}

void node_export(const struct node *n, const struct node_sink *sink)
{
	struct list_node *i;

	if (n->has_self)
		sink->self(sink->ctx, &n->self);
	list_for_each (i, &n->contacts) {
		sink->contact(sink->ctx, &contact_at(i)->row);
		export_files(contact_at(i), sink);
	}
	list_for_each (i, &n->inviters)
		sink->invite(sink->ctx, &inviter_at(i)->row);
	list_for_each (i, &n->invitees)
		if (!invitee_is_over(invitee_at(i)))
			sink->request(sink->ctx, &invitee_at(i)->row);
}

static void on_start(struct step *st)
{
	self_start(st);
	tick_start(st);
}

static struct link_owner owner_of(struct node *n, const struct service_id *s)
{
	struct link_owner owner = {0};

	switch (s->kind) {
	case SERVICE_CELL: owner.contact = contact_find(n, &s->owner); break;
	case SERVICE_INVITE: owner.inviter = inviter_find(n, &s->owner); break;
	case SERVICE_DOOR: owner.door = n->door.is_up ? &n->door : NULL; break;
	}
	return owner;
}

static void on_link_in(struct step *st, const struct event *ev)
{
	struct effect e = {.type = FX_HANGUP, .hangup = ev->link.id};
	struct link_owner owner = owner_of(st->node, &ev->link.service);
	bool is_spared = probe_stream_in(st, &ev->link.service);

	/* On its way when the service was taken down. */
	if (presence_is_off(st->node) ||
	    (owner.contact && !reach_stream_in(st, owner.contact, is_spared)))
		owner = (struct link_owner){0};
	if (owner.contact || owner.inviter || owner.door)
		link_accept(st, ev->link.id, owner, is_spared);
	else
		step_put(st, &e);
}

static void on_fetched(struct step *st, const struct event *ev)
{
	struct contact *c = contact_find(st->node, &ev->fetched.contact_id);

	if (c)
		outbox_fetched(st, c, ev->fetched.rows, ev->fetched.count);
}

static void on_link_event(struct step *st, const struct event *ev)
{
	struct link *l = link_find(st->node, ev->link.id);

	if (!l) {
		probe_link_event(st, ev);
		return;
	}
	if (ev->type == EV_LINK_UP)
		link_dialled(st, l);
	else if (ev->type == EV_LINK_BYTES)
		link_bytes(st, l, ev->link.bytes);
	else if (ev->type == EV_LINK_DRAINED)
		st->node->hooks->drained(st, l);
	else
		link_lost(st, l);
}

static void dispatch(struct step *st, const struct event *ev)
{
	switch (ev->type) {
	case EV_START: on_start(st); break;
	case EV_TICK: break;
	case EV_TRANSPORT: presence_transport(st, ev->transport_ready); break;
	case EV_PUBLISHED: presence_published(st, &ev->service); break;
	case EV_WAKE: presence_wake(st); break;
	case EV_LINK_IN: on_link_in(st, ev); break;
	case EV_LINK_UP:
	case EV_DIAL_FAILED:
	case EV_LINK_BYTES:
	case EV_LINK_DRAINED:
	case EV_LINK_DOWN: on_link_event(st, ev); break;
	case EV_FETCHED: on_fetched(st, ev); break;
	case EV_DUE:
	case EV_STAMPED:
	case EV_CMD_SEND:
	case EV_CMD_EDIT:
	case EV_CMD_DELETE:
	case EV_CMD_REACT:
	case EV_CMD_READ:
	case EV_CMD_TIMER:
	case EV_CMD_TYPING:
	case EV_CMD_CONVERSATION_SET:
	case EV_CMD_HISTORY_DELETE:
	case EV_CMD_INVITE_NEW:
	case EV_CMD_INVITE_DELETE:
	case EV_CMD_CONNECT:
	case EV_CMD_KNOCK:
	case EV_CMD_REQUEST_ACCEPT:
	case EV_CMD_REQUEST_REJECT:
	case EV_CMD_REQUEST_DELETE:
	case EV_CMD_CONTACT_SET:
	case EV_CMD_CONTACT_DELETE:
	case EV_CMD_INTRODUCE:
	case EV_CMD_SELF_SET:
	case EV_BLOB:
	case EV_CMD_FILE_SET:
	case EV_CMD_FILE_DELETE:
	case EV_CMD_SELF_TEST: command_step(st, ev); break;
	}
}

static void finish_contact(struct step *st, struct contact *c)
{
	if (c->is_new)
		self_greet(st, c);
	c->is_new = false;
	contact_finish(st, c);
}

void node_step(struct node *n, const struct event *ev, uint64_t now_ms,
	       const uint8_t entropy[static 32], struct effects *out)
{
	struct step st = {
	    .node = n, .now_ms = now_ms, .wall_ms = ev->wall_ms, .fx = out};
	struct list_node *i;
	int rounds = 0;

	rng_init(&st.rng, entropy);
	n->now_ms = now_ms;
	n->wall_ms = ev->wall_ms;
	dispatch(&st, ev);
	do {
		/* A timer that is always due is a bug of ours. */
		assert(rounds++ < TIMER_ROUNDS_MAX);
		tick_timers(&st);
	} while (node_deadline(n) <= now_ms);
	list_for_each (i, &n->contacts)
		finish_contact(&st, contact_at(i));
	link_flush(&st);
	link_sweep(n);
	rng_clear(&st.rng);
}

uint64_t node_deadline(const struct node *n)
{
	return tick_deadline(n);
}

bool node_is_online(const struct node *n, struct uid contact_id)
{
	const struct contact *c = contact_find(n, &contact_id);

	return c && c->session_count > 0;
}

void node_set_name(struct node *n, const struct label *name)
{
	n->name = *name;
}

size_t node_count_services(const struct node *n)
{
	struct list_node *i;
	size_t count = n->door.is_up;

	if (!presence_is_off(n))
		count += n->inviter_count;
	list_for_each (i, &n->contacts)
		count += reach_is_hosted(n, contact_at(i));
	return count;
}

size_t node_count_online(const struct node *n)
{
	struct list_node *i;
	size_t count = 0;

	list_for_each (i, &n->contacts)
		count += contact_at(i)->session_count > 0;
	return count;
}

void node_probes(const struct node *n, struct probe_report *out)
{
	probe_show(n, out);
}

uint64_t node_count_queue(const struct node *n)
{
	struct list_node *i;
	uint64_t count = 0;

	list_for_each (i, &n->contacts) {
		const struct counters *c = &contact_at(i)->row.n;

		if (c->send_next > c->peer_acked + 1)
			count += c->send_next - c->peer_acked - 1;
	}
	return count;
}
