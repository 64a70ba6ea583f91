/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/handlers.h"
#include "api/reply.h"
#include "api/state.h"
#include "api/views.h"

struct reply *api_tor_get(struct request *r)
{
	view_tor(reply_body(r), r->api, &r->caller);
	return reply_json(r, 200);
}

/* Tor itself makes no new ones more often than that. */
enum { CIRCUITS_REST_MS = 10000 };

struct reply *api_circuits_post(struct request *r)
{
	struct api *a = r->api;
	uint64_t now_ms = api_mono_ms(a);

	if (now_ms < a->circuits_ms)
		return reply_wait(r, a->circuits_ms - now_ms);
	if (a->ports.new_circuits(a->ports.ctx))
		return reply_error(r, PROBLEM_TOR_NOT_READY, NULL);
	a->circuits_ms = now_ms + CIRCUITS_REST_MS;
	return reply_empty(r, 202);
}
