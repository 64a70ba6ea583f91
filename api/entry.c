/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/api.h"

#include <stdlib.h>

#include <sodium.h>

#include "api/admit.h"
#include "api/feed.h"
#include "api/flow.h"
#include "api/form.h"
#include "api/op.h"
#include "api/reply.h"
#include "api/search.h"
#include "api/state.h"
#include "util/mem.h"

struct uid api_new_id(struct api *a)
{
	uint8_t random[10];

	api_random(a, random, sizeof(random));
	return uid_make(api_wall_ms(a), random);
}

void api_end_dead(struct api *a)
{
	feed_end_dead(a);
	flow_end_dead(a);
}

struct request *api_request_new(struct api *a, const struct gate_request *head,
				const struct api_sink *sink, void *sink_ctx)
{
	struct request *r = xcalloc(1, sizeof(*r));
	struct reply *reply;

	r->api = a;
	r->sink = sink;
	r->sink_ctx = sink_ctx;
	r->started_ms = api_mono_ms(a);
	buf_init(&r->body, API_BODY_MAX);
	jout_init(&r->out);
	reply = admit_head(r, head);
	r->store = NULL;
	if (reply)
		reply_send(r, reply);
	return r;
}

void api_request_body(struct request *r, struct bytes data)
{
	if (r->stage != STAGE_BODY)
		return;
	if (r->flow)
		flow_take(r, data);
	else if (buf_put(&r->body, data.p, data.n) != OK)
		reply_send(r, reply_error(r, PROBLEM_TOO_LARGE,
					  "at most %d bytes", API_BODY_MAX));
}

void api_request_end(struct request *r)
{
	struct reply *reply;

	if (r->stage != STAGE_BODY)
		return;
	if (r->flow) {
		flow_end(r);
		return;
	}
	reply = admit_body(r);
	r->store = NULL;
	reply_send(r, reply);
}

void api_request_drained(struct request *r)
{
	feed_drained(r);
	flow_drained(r);
}

void api_request_free(struct request *r)
{
	if (!r)
		return;
	op_leave(r);
	feed_free(r);
	flow_free(r);
	search_free(r);
	reply_clear(&r->reply);
	form_free_json(r);
	buf_clear(&r->body);
	jout_clear(&r->out);
	xfree(r->target, r->target_bytes);
	sodium_memzero(r, sizeof(*r));
	free(r);
}
