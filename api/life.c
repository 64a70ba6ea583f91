/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/api.h"

#include <assert.h>
#include <stdlib.h>

#include <sodium.h>

#include "api/daemon_events.h"
#include "api/document.h"
#include "api/form.h"
#include "api/idle.h"
#include "api/job.h"
#include "api/op.h"
#include "api/search.h"
#include "api/state.h"
#include "api/token_keep.h"
#include "api/told.h"
#include "api/upload.h"
#include "api/work.h"
#include "util/mem.h"

void api_set_limits(struct api *a, struct api_rate calls, struct api_rate sends,
		    uint64_t keep_free_bytes)
{
	a->config.calls = calls;
	a->config.sends = sends;
	a->config.jobs.keep_free_bytes = keep_free_bytes;
}

struct api *api_new(const struct api_ports *ports,
		    const struct api_config *config)
{
	struct api *a = xcalloc(1, sizeof(*a));
	uint32_t seed;

	a->ports = *ports;
	a->config = *config;
	a->started_ms = api_wall_ms(a);
	a->started_mono_ms = api_mono_ms(a);
	list_init(&a->ops);
	list_init(&a->flows);
	list_init(&a->works);
	list_init(&a->searches);
	a->search_portions = SEARCH_PORTIONS;
	list_init(&a->uploads);
	list_init(&a->jobs);
	list_init(&a->feeds);
	a->told = told_new();
	outlets_init(&a->outlets);
	guard_init(&a->guard);
	api_random(a, a->sessions.nobody_key, sizeof(a->sessions.nobody_key));
	api_random(a, &seed, sizeof(seed));
	form_start_library(seed);
	api_document_etag(a->document_etag);
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
	told_free(a->told);
	outlets_clear(&a->outlets);
	guard_clear(&a->guard);
	daemon_events_clear(a);
	meter_clear(&a->meter);
	idle_clear(a);
	sodium_memzero(&a->sessions, sizeof(a->sessions));
	sodium_memzero(a->tickets, sizeof(a->tickets));
	free(a);
}

void api_set_admin_secret(struct api *a, struct bytes secret)
{
	sessions_set_admin(&a->sessions, secret);
}
