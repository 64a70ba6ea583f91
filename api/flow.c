/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/flow.h"

#include <stdlib.h>

#include "api/auth.h"
#include "api/command.h"
#include "api/reply.h"
#include "api/state.h"
#include "util/mem.h"

enum { TURN_PIECES = 8 /* of one answer, then others have their turn */ };

struct flow {
	struct list_node node;
	struct request *r;
	const struct flow_kind *kind;
	void *ctx;
	uint64_t left; /* of an answer */
	bool is_out;
	bool is_due; /* goes on with the next tick */
	bool is_held;
};

/* The loop has one thread. */
static uint8_t scratch[FLOW_PIECE];

static struct flow *add(struct request *r, const struct flow_kind *kind,
			void *ctx)
{
	struct flow *f = xcalloc(1, sizeof(*f));

	f->r = r;
	f->kind = kind;
	f->ctx = ctx;
	r->flow = f;
	list_put_last(&r->api->flows, &f->node);
	return f;
}

void flow_free(struct request *r)
{
	struct flow *f = r->flow;

	if (!f)
		return;
	if (f->is_held)
		r->sink->hold(r->sink_ctx, false);
	r->flow = NULL;
	list_take(&f->node);
	f->kind->drop(f->ctx);
	free(f);
}

struct reply *flow_in(struct request *r, const struct flow_kind *kind,
		      void *ctx)
{
	add(r, kind, ctx);
	return reply_later(r);
}

void flow_hold(struct request *r, bool on)
{
	r->flow->is_held = on;
	r->sink->hold(r->sink_ctx, on);
}

void flow_answer(struct request *r, struct reply *reply)
{
	flow_free(r);
	reply_send(r, reply);
}

/* What has begun goes on as long as the credentials last, and the user whose
 * it is. */
static struct reply *check(struct request *r)
{
	if (!auth_is_live(r->api, &r->caller))
		return reply_error(r, PROBLEM_UNAUTHORIZED, NULL);
	auth_touch(r);
	if (uid_is_zero(&request_user(r)))
		return NULL;
	r->store = api_store(r->api, request_user(r));
	return r->store ? NULL : command_locked(r, request_user(r));
}

void flow_take(struct request *r, struct bytes piece)
{
	struct flow *f = r->flow;
	struct reply *bad = check(r);

	if (!bad)
		bad = f->kind->take(r, f->ctx, piece);
	r->store = NULL;
	if (bad)
		flow_answer(r, bad);
}

void flow_end(struct request *r)
{
	struct flow *f = r->flow;
	struct reply *reply = check(r);

	if (!reply)
		reply = f->kind->end(r, f->ctx);
	r->store = NULL;
	if (reply->kind != REPLY_LATER)
		flow_answer(r, reply);
	else if (r->stage == STAGE_BODY)
		r->stage = STAGE_WAIT;
}

static void stop(struct request *r)
{
	r->stage = STAGE_OVER;
	flow_free(r);
}

/* Cut: the head is out, and there is no other way to say it. */
static void cut(struct request *r)
{
	stop(r);
	r->sink->abort(r->sink_ctx);
}

static bool send_piece(struct flow *f)
{
	size_t n = f->left < FLOW_PIECE ? (size_t)f->left : FLOW_PIECE;

	if (f->kind->read(f->ctx, scratch, n) != OK)
		return false;
	f->left -= n;
	f->r->sink->data(f->r->sink_ctx, scratch, n);
	return true;
}

static void pump(struct flow *f)
{
	struct request *r = f->r;

	f->is_due = false;
	if (!auth_is_live(r->api, &r->caller)) {
		cut(r);
		return;
	}
	auth_touch(r);
	for (int i = 0; f->left > 0; i++) {
		if (r->sink->queued(r->sink_ctx) > 0)
			return;
		if (i == TURN_PIECES) {
			f->is_due = true;
			return;
		}
		if (!send_piece(f)) {
			cut(r);
			return;
		}
	}
	stop(r);
	r->sink->done(r->sink_ctx);
}

static void start(struct request *r)
{
	r->stage = STAGE_FLOW;
	pump(r->flow);
}

struct reply *flow_out(struct request *r, struct reply *reply,
		       const struct flow_kind *kind, void *ctx, uint64_t bytes)
{
	struct flow *f = add(r, kind, ctx);

	f->is_out = true;
	f->left = bytes;
	reply->flow_bytes = (int64_t)bytes;
	reply->go = start;
	return reply;
}

void flow_drained(struct request *r)
{
	if (r->flow && r->flow->is_out && r->stage == STAGE_FLOW)
		pump(r->flow);
}

void flow_end_user(struct api *a, const struct uid *user)
{
	struct list_node *n, *t;

	list_for_each_safe (n, t, &a->flows) {
		struct flow *f = list_entry(n, struct flow, node);
		struct request *r = f->r;

		if (!uid_is_equal(&request_user(r), user))
			continue;
		if (f->is_out)
			cut(r);
		else
			flow_answer(r, command_locked(r, *user));
	}
}

void flow_end_dead(struct api *a)
{
	struct list_node *n, *t;

	list_for_each_safe (n, t, &a->flows) {
		struct flow *f = list_entry(n, struct flow, node);
		struct request *r = f->r;

		if (auth_is_live(a, &r->caller))
			continue;
		if (f->is_out)
			cut(r);
		else
			flow_answer(r,
				    reply_error(r, PROBLEM_UNAUTHORIZED, NULL));
	}
}

uint64_t flow_deadline(const struct api *a)
{
	struct list_node *n;

	list_for_each (n, &a->flows)
		if (list_entry(n, struct flow, node)->is_due)
			return 0;
	return UINT64_MAX;
}

void flow_tick(struct api *a)
{
	struct list_node *n, *t;

	flow_end_dead(a);
	list_for_each_safe (n, t, &a->flows) {
		struct flow *f = list_entry(n, struct flow, node);

		if (f->is_due)
			pump(f);
	}
}
