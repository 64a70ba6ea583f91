/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/op.h"

#include <stdlib.h>

#include "api/job.h"
#include "api/reply.h"
#include "api/state.h"
#include "api/work.h"
#include "util/mem.h"

struct op *op_new(struct request *r, enum op_kind kind, op_then_fn *then)
{
	struct op *op = xcalloc(1, sizeof(*op));
	struct api *a = r->api;

	op->ticket = ++a->last_ticket;
	op->kind = kind;
	op->user = request_user(r);
	op->then = then;
	op->first = r;
	list_init(&op->waiters);
	list_put_last(&a->ops, &op->node);
	if (kind == OP_KDF)
		a->kdf_count++;
	op_join(op, r);
	return op;
}

struct op *op_find(struct api *a, struct uid user, struct uid place,
		   struct uid client_id)
{
	struct list_node *n;

	list_for_each (n, &a->ops) {
		struct op *op = list_entry(n, struct op, node);

		if (op->kind == OP_COMMAND &&
		    uid_is_equal(&op->client_id, &client_id) &&
		    uid_is_equal(&op->place, &place) &&
		    uid_is_equal(&op->user, &user))
			return op;
	}
	return NULL;
}

void op_join(struct op *op, struct request *r)
{
	r->op = op;
	r->stage = STAGE_WAIT;
	list_put_last(&op->waiters, &r->op_node);
}

void op_leave(struct request *r)
{
	if (!r->op)
		return;
	if (r->op->first == r)
		r->op->first = NULL;
	list_take(&r->op_node);
	r->op = NULL;
}

static void end(struct api *a, struct op *op, enum err e)
{
	list_take(&op->node);
	if (op->kind == OP_KDF)
		a->kdf_count--;
	if (op->settle)
		op->settle(a, op, e);
	while (!list_is_empty(&op->waiters)) {
		struct request *r =
		    list_entry(op->waiters.head.next, struct request, op_node);
		struct reply *reply;

		r->store = api_store(a, op->user);
		reply = op->then(r, op, e);
		r->store = NULL;
		op_leave(r);
		reply_send(r, reply);
	}
	free(op);
}

void op_fail_user(struct api *a, struct uid user, enum err e)
{
	struct list_node *n, *t;

	list_for_each_safe (n, t, &a->ops) {
		struct op *op = list_entry(n, struct op, node);

		if (op->kind == OP_COMMAND && uid_is_equal(&op->user, &user))
			end(a, op, e);
	}
}

void op_free_all(struct api *a)
{
	while (!list_is_empty(&a->ops)) {
		struct op *op = list_entry(a->ops.head.next, struct op, node);

		list_take(&op->node);
		free(op);
	}
}

struct reply *op_submit(struct request *r, struct op *op, struct event *ev)
{
	struct api *a = r->api;

	ev->cmd = op->ticket;
	ev->wall_ms = api_wall_ms(a);
	a->ports.submit(a->ports.ctx, op->user, ev);
	return reply_later(r);
}

void api_done(struct api *a, uint64_t ticket, enum err err)
{
	struct list_node *n;

	list_for_each (n, &a->ops) {
		struct op *op = list_entry(n, struct op, node);

		if (op->ticket != ticket)
			continue;
		end(a, op, err);
		return;
	}
	if (!work_end(a, ticket, err))
		job_done(a, ticket, err);
}
