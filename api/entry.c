/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/api.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "api/admit.h"
#include "api/daemon_events.h"
#include "api/document.h"
#include "api/events.h"
#include "api/feed.h"
#include "api/flow.h"
#include "api/job.h"
#include "api/op.h"
#include "api/state.h"
#include "api/token_keep.h"
#include "api/upload.h"
#include "api/work.h"
#include "util/mem.h"
#include "util/text.h"

struct api *api_new(const struct api_ports *ports,
		    const struct api_config *config)
{
	struct api *a = xcalloc(1, sizeof(*a));
	uint8_t hash[16];
	uint32_t seed;

	a->ports = *ports;
	a->config = *config;
	a->started_ms = api_wall_ms(a);
	list_init(&a->ops);
	list_init(&a->flows);
	list_init(&a->works);
	list_init(&a->uploads);
	list_init(&a->jobs);
	list_init(&a->feeds);
	guard_init(&a->guard);
	api_random(a, a->sessions.nobody_key, sizeof(a->sessions.nobody_key));
	api_random(a, &seed, sizeof(seed));
	form_start_library(seed);
	crypto_generichash(hash, sizeof(hash), api_document().p,
			   api_document().n, NULL, 0);
	a->document_etag[0] = '"';
	hex_encode(hash, sizeof(hash), a->document_etag + 1);
	a->document_etag[33] = '"';
	a->document_etag[34] = '\0';
	daemon_events_start(a);
	token_keep_start(a);
	return a;
}

void api_free(struct api *a)
{
	if (!a)
		return;
	assert(list_is_empty(&a->feeds) && list_is_empty(&a->flows));
	token_keep_end(a);
	tokens_clear(&a->tokens);
	op_free_all(a);
	uploads_free_all(a);
	work_free_all(a);
	jobs_free_all(a);
	guard_clear(&a->guard);
	daemon_events_clear(a);
	sodium_memzero(&a->sessions, sizeof(a->sessions));
	sodium_memzero(a->tickets, sizeof(a->tickets));
	free(a);
}

void api_set_admin_secret(struct api *a, struct bytes secret)
{
	sessions_set_admin(&a->sessions, secret);
}

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
	reply_clear(&r->reply);
	form_free_json(r);
	buf_clear(&r->body);
	jout_clear(&r->out);
	free(r->target);
	sodium_memzero(r, sizeof(*r));
	free(r);
}

void api_journal_advanced(struct api *a, struct uid user)
{
	if (api_store(a, user))
		feed_wake(a, &user);
}

void api_user_state_changed(struct api *a, struct uid user)
{
	if (!api_store(a, user)) {
		op_fail_user(a, user, ERR_STATE);
		feed_end_locked(a, &user);
		flow_end_user(a, &user);
		uploads_end_user(a, &user);
		jobs_end_user(a, &user);
	} else {
		uploads_drop_stale(a, user);
	}
	daemon_events_user(a, user);
}

void api_tor_changed(struct api *a)
{
	daemon_events_tor(a);
}

void api_presence(struct api *a, struct uid user, struct uid contact,
		  bool online)
{
	events_presence(a, user, contact, online);
}

void api_typing(struct api *a, struct uid user, struct uid contact, bool on)
{
	events_typing(a, user, contact, on);
}

void api_progress(struct api *a, struct uid user, struct uid file,
		  const struct file_progress *p)
{
	events_progress(a, user, file, p);
}

void api_stopping(struct api *a)
{
	a->is_stopping = true;
	daemon_events_stopping(a);
	feed_end_all(a);
}

uint64_t api_deadline(const struct api *a)
{
	uint64_t due_ms = feed_deadline(a);
	const uint64_t others[] = {flow_deadline(a), uploads_deadline(a),
				   token_keep_deadline(a), jobs_deadline(a)};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (others[i] < due_ms)
			due_ms = others[i];
	return due_ms;
}

void api_tick(struct api *a)
{
	token_keep_tick(a);
	flow_tick(a);
	uploads_tick(a);
	jobs_tick(a);
	feed_tick(a);
}
